//! How often an address may begin to sign in or to register. In: an address, the machine's counted time. Out: whether it may. Never: a table that grows with strangers; a word on whether a
//! person or a code exists.

use crate::limits::{STARTS_MAX, STARTS_WINDOW};
use crate::problem::{Answer, Code, Problem};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Most addresses that are remembered; the one that began first is forgotten for a new one.
const ADDRESSES_MAX: usize = 4096;

#[derive(Clone, Copy)]
struct Counted {
    since_ms: u64,
    starts: u32,
}

/// Starts by address.
#[derive(Default)]
pub struct Starts(Mutex<BTreeMap<IpAddr, Counted>>);

impl Starts {
    /// Counts a start.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] where the address began too often in the window.
    pub fn take(&self, address: IpAddr, now_ms: u64) -> Answer<()> {
        self.take_at_most(address, now_ms, (STARTS_MAX, STARTS_WINDOW))
    }

    /// As [`Starts::take`] with another bound: so many within a window.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`].
    pub fn take_at_most(
        &self,
        address: IpAddr,
        now_ms: u64,
        (most, within): (u32, Duration),
    ) -> Answer<()> {
        let window = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = network(address);
        if !table.contains_key(&place) && table.len() >= ADDRESSES_MAX {
            table.retain(|_, of| now_ms.saturating_sub(of.since_ms) < window);
            let oldest = table.iter().min_by_key(|(_, of)| of.since_ms);
            if table.len() >= ADDRESSES_MAX
                && let Some(oldest) = oldest.map(|(place, _)| *place)
            {
                table.remove(&oldest);
            }
        }
        let fresh = Counted {
            since_ms: now_ms,
            starts: 0,
        };
        let of = table.entry(place).or_insert(fresh);
        if now_ms.saturating_sub(of.since_ms) >= window {
            *of = fresh;
        }
        of.starts = of.starts.saturating_add(1);
        if of.starts <= most {
            return Ok(());
        }
        let seconds = within.as_secs();
        let text = format!("at most {most} starts of an address in {seconds} s");
        Err(Problem::new(Code::TooManyRequests, text))
    }
}

/// What counts as one address: of version 6 the /64, which one subscriber has whole.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let bits = u128::from(v6) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(bits))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v6(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_refused_beyond_the_bound_and_taken_again_after_the_window() {
        let starts = Starts::default();
        let (one, other) = (v6("2001:db8::1"), v6("192.0.2.1"));
        for _ in 0..STARTS_MAX {
            starts.take(one, 1000).unwrap();
        }
        let neighbour = v6("2001:db8::ffff");
        let refused = starts.take(neighbour, 2000).unwrap_err();
        assert_eq!(refused.code, Code::TooManyRequests);
        starts.take(other, 2000).unwrap();
        starts.take(v6("2001:db8:0:1::1"), 2000).unwrap();
        let mapped = v6("::ffff:192.0.2.1");
        for _ in 1..STARTS_MAX {
            starts.take(mapped, 2000).unwrap();
        }
        assert!(starts.take(other, 2000).is_err(), "it is the same address");
        starts.take(one, 61_000).unwrap();
    }

    #[test]
    fn a_crowd_of_addresses_is_bounded() {
        let starts = Starts::default();
        for at in 0..5000_u32 {
            starts.take(IpAddr::from(at.to_be_bytes()), 5).unwrap();
        }
        assert!(starts.0.lock().unwrap().len() <= ADDRESSES_MAX);
    }
}
