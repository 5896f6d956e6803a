//! What a target is, so that two texts for one thing are one thing. In: targets as they stand in a measure. Out: addresses from one to another, names, things of a host; whether two have anything in common. Never: an IPv4 address that is
//! another because IPv6 carries it.

use super::carrier::CARRIERS;
use crate::grammar::number;
use std::net::IpAddr;

/// What a target is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// Addresses from one to another, of version 6 or not.
    Net(bool, u128, u128),
    /// A name in small letters, with all below it or alone.
    Name(String, bool),
    /// A thing of a host, which has a colon.
    Thing(String),
}

/// What the targets of a measure are, each once.
pub fn spots<'t>(targets: impl IntoIterator<Item = &'t str>) -> Vec<Spot> {
    let mut all: Vec<Spot> = targets.into_iter().flat_map(Spot::of).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn mask(bits: u8) -> u128 {
    u128::MAX
        .checked_shl(128 - u32::from(bits))
        .unwrap_or_default()
}

/// The addresses of version 4 whose first `bits` bits are those of an address.
fn v4(address: u32, bits: u8) -> Spot {
    let rest = u32::MAX.checked_shr(u32::from(bits)).unwrap_or(0);
    Spot::Net(false, (address & !rest).into(), (address | rest).into())
}

impl Spot {
    /// What a target is: one thing, and of addresses of version 6 also those of version 4 that they carry.
    pub fn of(target: &str) -> Vec<Self> {
        let (address, bits) = match net(target) {
            Some((IpAddr::V4(address), bits)) => return vec![v4(address.into(), bits)],
            Some((IpAddr::V6(address), bits)) => (u128::from(address), bits),
            None => return vec![Self::named(target)],
        };
        let mut all = vec![Self::Net(true, address & mask(bits), address | !mask(bits))];
        for form in &CARRIERS {
            let common = mask(form.bits.min(bits));
            if address & common != form.first & common {
                continue;
            }
            if bits < form.bits {
                // The whole form lies in it, and so does every address.
                all.push(v4(0, 0));
                continue;
            }
            let carried = (address >> (96 - u32::from(form.at))) as u32;
            let carried = if form.turned { !carried } else { carried };
            all.push(v4(carried, bits.saturating_sub(form.at).min(32)));
        }
        all
    }

    fn named(target: &str) -> Self {
        let text = target.to_ascii_lowercase();
        if text.contains(':') {
            return Self::Thing(text);
        }
        match text.strip_prefix("*.") {
            Some(name) => Self::Name(name.to_owned(), true),
            None => Self::Name(text, false),
        }
    }

    /// Whether the two have anything in common.
    pub fn meets(&self, other: &Self) -> bool {
        let lies = |name: &str, above: &str| {
            let rest = name.strip_suffix(above);
            rest.is_some_and(|rest| rest.ends_with('.'))
        };
        match (self, other) {
            (Self::Net(six, first, last), Self::Net(other_six, other_first, other_last)) => {
                six == other_six && first <= other_last && other_first <= last
            }
            (Self::Name(one, below), Self::Name(two, below_two)) => {
                one == two || (*below && lies(two, one)) || (*below_two && lies(one, two))
            }
            _ => self == other,
        }
    }
}

/// An address with the length of its prefix.
pub(super) fn net(target: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = match target.split_once('/') {
        Some((address, bits)) => (address, Some(number(bits)?)),
        None => (target, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |bits| u8::try_from(bits).ok())?;
    (bits <= most).then_some((address, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meet(one: &str, two: &str) -> bool {
        let (one, two) = (Spot::of(one), Spot::of(two));
        one.iter().any(|one| two.iter().any(|two| one.meets(two)))
    }

    #[test]
    fn one_thing_in_another_form_is_the_same_thing() {
        for carried in [
            "::ffff:198.51.100.7",
            "::198.51.100.7",
            "::ffff:0:198.51.100.7",
            "64:ff9b::198.51.100.7/128",
            "64:ff9b::/96",
            "::/0",
            "2002:c633:6407::/48",
            "2002:c633:6407:1::5",
            "2001:0:c633:6407::1",
            "2001:0:1:2:3:4:39cc:9bf8",
        ] {
            assert!(meet("198.51.100.7", carried), "{carried}");
            let other = carried.ends_with("::/96") || carried == "::/0";
            assert_eq!(meet("198.51.101.7/32", carried), other, "{carried}");
        }
        assert!(meet("*.bad.example", "A.bad.example") && meet("x.b.example", "*.b.example"));
        assert!(meet("*.bad.example", "bad.example") && meet("*.a.b.example", "*.b.example"));
        assert!(!meet("bad.example", "a.bad.example") && !meet("*.bad.example", "abad.example"));
        assert!(
            !meet("process:1:2:ab", "process:1:2:ac") && meet("process:1:2:AB", "process:1:2:ab")
        );
        assert!(!meet("198.51.100.7", "2001:db8::7") && !meet("2001:db8::7", "2001:db8::8"));
    }
}
