//! Addresses and prefixes that can be blocked. In: the text of a target. Out: a prefix of one family. Never: a prefix that is wider than the owner allows, one of everything, one that a
//! system needs to speak at all.

use sakimori_respond::safety::{SIZE_MAX, Target, size};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A prefix of IPv4 or IPv6; its bits behind its length are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Net {
    /// The first address.
    pub(super) first: IpAddr,
    /// The length of the prefix.
    pub(super) bits: u8,
}

/// Why something cannot be blocked here. Whoever named it acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NetError {
    /// Not an address or a prefix.
    #[error("it is no address and no prefix of addresses")]
    NotNet,
    /// Not in the form of targets.
    #[error("its form is not the one of targets, which is `{0}`")]
    Form(String),
    /// Wider than allowed.
    #[error("{addresses} addresses; at most {most} are blocked at once")]
    Wide {
        /// How many it has.
        addresses: u128,
        /// How many it may have.
        most: u128,
    },
    /// In it lie addresses of the machine itself, of its link, or of groups.
    #[error("it lies in {0}, which every machine needs")]
    Needed(Net),
}

const fn v4(a: u8, b: u8, bits: u8) -> Net {
    Net {
        first: IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)),
        bits,
    }
}

const fn v6(first: u16, bits: u8) -> Net {
    Net {
        first: IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0)),
        bits,
    }
}

/// This machine, its links, groups, everybody (RFC 6890; RFC 4291 section 2.4). The safety engine's lists have more; these hold also where no list is.
const NEEDED: [Net; 8] = [
    v4(0, 0, 8),
    v4(127, 0, 8),
    v4(169, 254, 16),
    v4(224, 0, 4),
    v4(240, 0, 4),
    v6(0, 96),
    v6(0xfe80, 10),
    v6(0xff00, 8),
];

impl Net {
    /// Reads an address or a prefix.
    pub(super) fn parse(text: &str) -> Result<Self, NetError> {
        match Target::parse(text) {
            Ok(Target::Net(prefix)) => Ok(Self::from_space(prefix.first, prefix.bits)),
            _ => Err(NetError::NotNet),
        }
    }

    /// Reads what is to be blocked: exactly in the form of targets, at most so many addresses.
    pub(super) fn aim(text: &str, most: u32) -> Result<Self, NetError> {
        let Ok(target) = Target::parse(text) else {
            return Err(NetError::NotNet);
        };
        let Target::Net(prefix) = target else {
            return Err(NetError::NotNet);
        };
        let form = target.to_string();
        if form != text {
            return Err(NetError::Form(form));
        }
        let addresses = size(prefix);
        let most = u128::from(most).min(SIZE_MAX);
        if addresses > most {
            return Err(NetError::Wide { addresses, most });
        }
        let net = Self::from_space(prefix.first, prefix.bits);
        let needed = NEEDED.iter().find(|needed| needed.contains(net));
        needed.map_or(Ok(net), |needed| Err(NetError::Needed(*needed)))
    }

    /// Out of the space of mapped addresses.
    fn from_space(first: u128, bits: u8) -> Self {
        if bits >= 96 && first >> 32 == 0xffff {
            return Self {
                first: IpAddr::V4(Ipv4Addr::from(first as u32)),
                bits: bits - 96,
            };
        }
        Self {
            first: IpAddr::V6(Ipv6Addr::from(first)),
            bits,
        }
    }

    /// Whether another prefix lies wholly in this one.
    pub(super) fn contains(self, other: Self) -> bool {
        self.first.is_ipv4() == other.first.is_ipv4()
            && self.bits <= other.bits
            && other.cut(self.bits) == self
    }

    /// The prefix of another length that it begins in.
    pub(super) fn cut(self, bits: u8) -> Self {
        let first = match self.first {
            IpAddr::V4(address) => {
                let mask = u32::MAX
                    .checked_shl(32u32.saturating_sub(bits.into()))
                    .unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from(u32::from(address) & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX
                    .checked_shl(128u32.saturating_sub(bits.into()))
                    .unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask))
            }
        };
        Self { first, bits }
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_blocked_is_told_from_what_never_is() {
        for good in [
            "198.51.100.7/32",
            "198.51.100.0/24",
            "2001:db8::7/128",
            "2001:db8::/120",
        ] {
            assert_eq!(Net::aim(good, 256).unwrap().to_string(), good);
        }
        for (bad, word) in [
            ("0.0.0.0/0", "at most 256"),
            ("::/0", "at most 256"),
            ("198.51.100.0/23", "at most 256"),
            ("2001:db8::/119", "at most 256"),
            ("198.51.100.7", "form"),
            (" 198.51.100.7/32", "form"),
            ("::ffff:198.51.100.7/128", "form"),
            ("198.51.100.7/24", "no address"),
            ("bad.example", "no address"),
            ("", "no address"),
            ("127.0.0.1/32", "127.0.0.0/8"),
            ("0.0.0.0/32", "0.0.0.0/8"),
            ("224.0.0.1/32", "224.0.0.0/4"),
            ("255.255.255.255/32", "240.0.0.0/4"),
            ("169.254.169.254/32", "169.254.0.0/16"),
            ("::1/128", "::/96"),
            ("fe80::1/128", "fe80::/10"),
            ("ff02::1/128", "ff00::/8"),
        ] {
            let why = Net::aim(bad, 256).unwrap_err().to_string();
            assert!(why.contains(word), "{bad}: {why}");
        }
        let why = Net::aim("198.51.100.0/31", 1).unwrap_err().to_string();
        assert_eq!(why, "2 addresses; at most 1 are blocked at once");
        // No owner's number goes beyond the safety engine's.
        assert!(Net::aim("198.51.0.0/16", u32::MAX).is_err());
    }

    #[test]
    fn a_prefix_has_what_lies_in_it_and_nothing_of_the_other_family() {
        let net = |text| Net::parse(text).unwrap();
        assert!(net("0.0.0.0/0").contains(net("198.51.100.7")));
        assert!(net("198.51.100.0/24").contains(net("198.51.100.0/24")));
        assert!(!net("198.51.100.0/24").contains(net("198.51.0.0/16")));
        assert!(!net("::/0").contains(net("198.51.100.7")));
        assert!(net("2001:db8::/32").contains(net("2001:db8:ffff::/48")));
    }
}
