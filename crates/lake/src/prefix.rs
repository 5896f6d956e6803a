//! Address prefixes as questions are asked with them. In: `203.0.113.0/24`, `2001:db8::/32` or a single address. Out: a range of 16-byte
//! addresses. Never: a prefix with host bits set, which is nearly always a slip.

use sakimori_custody::record::{address, address_bytes};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A text that is not a prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// Not of the form address/length.
    #[error("`{0}` is not an address or a prefix such as 203.0.113.0/24")]
    Form(String),
    /// The bits behind the length are not zero.
    #[error("`{0}` has bits set behind its length")]
    HostBits(String),
}

/// A set of addresses with the same first bits; IPv4 counts as its mapped form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    low: u128,
    bits: u8,
}

impl Prefix {
    /// The prefix of one address alone.
    pub const fn single(address: [u8; 16]) -> Self {
        Self {
            low: u128::from_be_bytes(address),
            bits: 128,
        }
    }

    /// Whether an address lies in it.
    pub const fn contains(&self, address: [u8; 16]) -> bool {
        (u128::from_be_bytes(address) ^ self.low) & self.mask() == 0
    }

    /// The lowest and highest address, as bytes that sort.
    pub const fn range(&self) -> ([u8; 16], [u8; 16]) {
        let high = self.low | !self.mask();
        (self.low.to_be_bytes(), high.to_be_bytes())
    }

    const fn mask(&self) -> u128 {
        // BOUND: `bits` is at most 128; a shift by 128 is no shift, hence the branch.
        if self.bits == 0 {
            0
        } else {
            u128::MAX << (128 - self.bits)
        }
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let quoted = || text.chars().take(80).collect::<String>();
        let form = || PrefixError::Form(quoted());
        let (host, length) = match text.split_once('/') {
            Some((host, length)) => (host, Some(length)),
            None => (text, None),
        };
        let host: IpAddr = host.parse().map_err(|_| form())?;
        let width = if host.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => width,
            Some(digits) => decimal(digits).filter(|n| *n <= width).ok_or_else(form)?,
        };
        let prefix = Self {
            low: u128::from_be_bytes(address_bytes(host)),
            bits: 128 - width + length,
        };
        if prefix.low & !prefix.mask() == 0 {
            Ok(prefix)
        } else {
            Err(PrefixError::HostBits(quoted()))
        }
    }
}

/// A decimal number without sign or leading zero.
fn decimal(digits: &str) -> Option<u8> {
    let number: u8 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = address(self.low.to_be_bytes());
        let length = if host.is_ipv4() {
            self.bits.saturating_sub(96)
        } else {
            self.bits
        };
        write!(f, "{host}/{length}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_hold_their_addresses_and_no_others() {
        let cases = [
            ("203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
            ("0.0.0.0/0", "255.255.255.255", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("198.51.100.7", "198.51.100.7", "198.51.100.8"),
            ("::/0", "192.0.2.1", ""),
        ];
        for (text, inside, outside) in cases {
            let prefix: Prefix = text.parse().unwrap();
            assert!(
                prefix.contains(address_bytes(inside.parse().unwrap())),
                "{text}"
            );
            if let Ok(outside) = outside.parse() {
                assert!(!prefix.contains(address_bytes(outside)), "{text}");
            }
            let (low, high) = prefix.range();
            assert!(prefix.contains(low) && prefix.contains(high));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "/",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0/8",
            "x/8",
        ] {
            assert!(
                matches!(text.parse::<Prefix>(), Err(PrefixError::Form(_))),
                "{text}"
            );
        }
        assert!(matches!(
            "10.0.0.1/8".parse::<Prefix>(),
            Err(PrefixError::HostBits(_))
        ));
    }

    proptest::proptest! {
        #[test]
        fn a_prefix_reads_back(octets: [u8; 4], length in 0u8..=32) {
            let mask = if length == 0 { 0 } else { u32::MAX << (32 - length) };
            let host = std::net::Ipv4Addr::from(u32::from(std::net::Ipv4Addr::from(octets)) & mask);
            let text = format!("{host}/{length}");
            let prefix: Prefix = text.parse().unwrap();
            proptest::prop_assert_eq!(prefix.to_string(), text);
        }
    }
}
