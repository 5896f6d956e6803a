//! Places at the door: who may hold a connection open, and how long. In: addresses, certificates' hashes. Out: places. Never: a stranger who keeps a producer out.
//!
//! A handshake takes none of the places of producers. Where as many are open as may be, the oldest of the source that has the most is broken off: a flood crowds out itself, and whoever is quick comes through. Behind the
//! handshake each listed certificate has places of its own; all others share a few, are answered once and sent away.

use crate::config::Producer;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Handshakes at a time.
const HANDSHAKES_MAX: usize = 256;
/// Connections of one listed certificate at a time; who comes later waits.
const CONNECTIONS_MAX: usize = 32;
/// Connections of others at a time.
const STRANGERS_MAX: usize = 16;
/// Longest wait for a place of one's own.
const PLACE_WAIT: Duration = Duration::from_secs(5);

/// Where a handshake comes from: an address, or a customer's network of version 6.
type Source = [u8; 16];

fn source(address: IpAddr) -> Source {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => {
            let mut octets = address.octets();
            octets[8..].fill(0);
            octets
        }
    }
}

#[derive(Default)]
struct Open {
    next: u64,
    /// By number, so in their order: dropping the sender breaks one off.
    all: BTreeMap<u64, (Source, oneshot::Sender<()>)>,
}

impl Open {
    /// The oldest of the source that has the most.
    fn crowded(&self) -> Option<u64> {
        let mut counts: BTreeMap<Source, (usize, u64)> = BTreeMap::new();
        for (number, (source, _)) in &self.all {
            counts.entry(*source).or_insert((0, *number)).0 += 1;
        }
        let most = counts
            .values()
            .max_by_key(|(count, oldest)| (*count, u64::MAX - oldest));
        most.map(|(_, oldest)| *oldest)
    }
}

/// Handshakes that are open.
#[derive(Clone, Default)]
pub(super) struct Handshakes(Arc<Mutex<Open>>);

/// One of them; its place is free when it is dropped.
pub(super) struct Handshake {
    of: Handshakes,
    number: u64,
    /// Ends when the handshake is broken off.
    pub(super) broken: oneshot::Receiver<()>,
}

impl Handshakes {
    pub(super) fn begin(&self, from: IpAddr) -> Handshake {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all.len() >= HANDSHAKES_MAX
            && let Some(number) = open.crowded()
        {
            open.all.remove(&number);
        }
        let (keep, broken) = oneshot::channel();
        let number = open.next;
        open.next += 1;
        open.all.insert(number, (source(from), keep));
        Handshake {
            of: self.clone(),
            number,
            broken,
        }
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        let mut open = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.all.remove(&self.number);
    }
}

/// Places of one certificate.
struct Own {
    free: Arc<Semaphore>,
    /// Who waits for one.
    waiting: Arc<Semaphore>,
}

/// Places behind the handshake.
pub(super) struct Places {
    own: BTreeMap<[u8; 32], Own>,
    strangers: Arc<Semaphore>,
}

impl Places {
    pub(super) fn of(producers: &[Producer]) -> Self {
        let own = |_| Own {
            free: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            waiting: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        };
        let listed = producers.iter().filter_map(Producer::fingerprint);
        Self {
            own: listed.map(|hash| (hash, own(hash))).collect(),
            strangers: Arc::new(Semaphore::new(STRANGERS_MAX)),
        }
    }

    /// A place of a listed certificate; nothing where there is none in time.
    pub(super) async fn own(&self, hash: &[u8; 32]) -> Option<OwnedSemaphorePermit> {
        let own = self.own.get(hash)?;
        if let Ok(place) = Arc::clone(&own.free).try_acquire_owned() {
            return Some(place);
        }
        let _waits = own.waiting.try_acquire().ok()?;
        let place = Arc::clone(&own.free).acquire_owned();
        tokio::time::timeout(PLACE_WAIT, place).await.ok()?.ok()
    }

    /// A place of anybody else; nothing where all are taken.
    pub(super) fn stranger(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.strangers).try_acquire_owned().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[test]
    fn a_flood_crowds_out_itself() {
        let handshakes = Handshakes::default();
        let own = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
        let mut quiet = handshakes.begin(own);
        // One network of version 6, whatever its addresses are.
        let flood = |at: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 9, 0, 0, at));
        let mut all: Vec<Handshake> = (0..1000).map(|at| handshakes.begin(flood(at))).collect();
        let is_broken = |one: &mut Handshake| {
            matches!(
                one.broken.try_recv(),
                Err(oneshot::error::TryRecvError::Closed)
            )
        };
        assert!(!is_broken(&mut quiet));
        let broken: Vec<bool> = all.iter_mut().map(is_broken).collect();
        let left = HANDSHAKES_MAX - 1;
        assert!(broken.iter().take(1000 - left).all(|is| *is), "the oldest");
        assert!(!broken.iter().skip(1000 - left).any(|is| *is));
        // A place is free again behind its handshake.
        drop(all);
        let open = handshakes.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(open.all.len(), 1);
    }
}
