//! Address ranges. In: text as RFC 4632 section 3.1 and RFC 4291 section 2.3 write it. Out: an address and the length of its prefix. Never: a range that was widened or narrowed to fit.

use super::at::{At, Fault};
use sakimori_exchange::json::Node;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A range of IPv4 addresses, section 3.4.1.9. Without a prefix it is one host; bits behind the prefix stay as they were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct V4Net {
    /// The address.
    pub address: Ipv4Addr,
    /// Bits of the prefix, at most 32.
    pub prefix: u8,
}

/// A range of IPv6 addresses, section 3.4.1.11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct V6Net {
    /// The address.
    pub address: Ipv6Addr,
    /// Bits of the prefix, at most 128.
    pub prefix: u8,
}

fn parts(text: &str, most: u8) -> Option<(&str, u8)> {
    let Some((address, length)) = text.split_once('/') else {
        return Some((text, most));
    };
    let plain = length.len() <= 3 && length.bytes().all(|b| b.is_ascii_digit());
    let plain = plain && (length.len() == 1 || !length.starts_with('0'));
    let length: u8 = plain.then(|| length.parse().ok()).flatten()?;
    (length <= most).then_some((address, length))
}

impl V4Net {
    /// Reads a range.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = parts(text, 32)?;
        let address = address.parse().ok()?;
        Some(Self { address, prefix })
    }

    /// Whether no bit stands behind the prefix.
    pub fn is_exact(self) -> bool {
        let host = u32::MAX.checked_shr(u32::from(self.prefix)).unwrap_or(0);
        u32::from(self.address) & host == 0
    }

    pub(super) fn read(at: &At<'_>, node: &Node<'_>) -> Result<Self, Fault> {
        Self::parse(at.text(node)?).ok_or_else(|| {
            at.fault("an IPv4 address range is asked for, such as `198.51.100.0/24`")
        })
    }
}

impl V6Net {
    /// Reads a range.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = parts(text, 128)?;
        let address = address.parse().ok()?;
        Some(Self { address, prefix })
    }

    /// Whether no bit stands behind the prefix.
    pub fn is_exact(self) -> bool {
        let host = u128::MAX.checked_shr(u32::from(self.prefix)).unwrap_or(0);
        u128::from(self.address) & host == 0
    }

    pub(super) fn read(at: &At<'_>, node: &Node<'_>) -> Result<Self, Fault> {
        Self::parse(at.text(node)?)
            .ok_or_else(|| at.fault("an IPv6 address range is asked for, such as `2001:db8::/32`"))
    }
}

impl fmt::Display for V4Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl fmt::Display for V6Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}
