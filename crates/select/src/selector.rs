//! Selectors: each a type with one text. In: a line of a pack. Out: a typed rule. Never: two texts for one rule.

use crate::limits::NAME_BYTES_MAX;
use sakimori_custody::behaviour::Parameters;
use sakimori_custody::evidence::Behaviour;
use sakimori_custody::record::{address, address_bytes};
use std::fmt;
use std::net::IpAddr;

/// A numbered rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// Id, unique in its pack, never 0.
    pub id: u32,
    /// What matches.
    pub rule: Rule,
}

/// Bits of an address that count, in the 128-bit space of mapped addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix {
    /// First address.
    pub first: u128,
    /// Leading bits, 0–128; an IPv4 prefix has 96 more than its text says.
    pub bits: u8,
}

/// The 36 characters of a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ja4Text(pub [u8; 36]);

/// What a selector matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// One address, as source or destination.
    Address([u8; 16]),
    /// A prefix, as source or destination.
    Prefix(Prefix),
    /// An address with a port and protocol, on the same side.
    Endpoint([u8; 16], u16, u8),
    /// A name as a whole.
    Domain(String),
    /// A name and everything below it.
    Subdomains(String),
    /// A TLS client's fingerprint.
    Ja4(Ja4Text),
    /// A behaviour with its thresholds.
    Behaviour(Parameters),
}

/// Numbers of protocols that an endpoint may name.
const PROTOCOLS: &[(&str, u8)] = &[("tcp", 6), ("udp", 17), ("sctp", 132)];

impl Prefix {
    /// Last address.
    pub const fn last(&self) -> u128 {
        self.first | self.host_bits()
    }

    const fn host_bits(&self) -> u128 {
        match u128::MAX.checked_shr(self.bits as u32) {
            Some(bits) => bits,
            None => 0,
        }
    }

    /// Whether it lies in the IPv4 part of the space.
    pub const fn is_v4(&self) -> bool {
        self.bits >= 96 && self.first >> 32 == 0xffff
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let (base, bits) = text
            .split_once('/')
            .ok_or("is no prefix such as 203.0.113.0/24")?;
        let base: IpAddr = base.parse().map_err(|_| "has a malformed address")?;
        let more = if base.is_ipv4() { 96 } else { 0 };
        let bits: u8 = bits.parse().map_err(|_| "has a malformed prefix length")?;
        let bits = bits
            .checked_add(more)
            .filter(|&b| b <= 128)
            .ok_or("has a prefix length that cannot be")?;
        let prefix = Self {
            first: u128::from_be_bytes(address_bytes(base)),
            bits,
        };
        if prefix.first & prefix.host_bits() != 0 {
            return Err("has host bits that are not zero");
        }
        Ok(prefix)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v4 = self.is_v4();
        let base = address(self.first.to_be_bytes());
        if v4 {
            write!(f, "{base}/{}", self.bits - 96)
        } else {
            // A prefix that is wider than the IPv4 part is written as IPv6, also where it begins with it.
            write!(f, "{}/{}", std::net::Ipv6Addr::from(self.first), self.bits)
        }
    }
}

impl Rule {
    /// Reads the words behind the id.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with the line.
    pub fn parse(words: &[&str]) -> Result<Self, &'static str> {
        match *words {
            ["address", text] => Ok(Self::Address(parse_address(text)?)),
            ["prefix", text] => Prefix::parse(text).map(Self::Prefix),
            ["endpoint", text, port, protocol] => {
                let port = port
                    .parse()
                    .ok()
                    .filter(|&p| p != 0)
                    .ok_or("has a malformed port")?;
                let known = PROTOCOLS.iter().find(|(name, _)| *name == protocol);
                let (_, number) = known.ok_or("names a protocol other than tcp, udp, sctp")?;
                Ok(Self::Endpoint(parse_address(text)?, port, *number))
            }
            ["domain", name] => domain(name).map(Self::Domain),
            ["subdomains", name] => domain(name).map(Self::Subdomains),
            ["ja4", text] => ja4(text).map(Self::Ja4),
            ["behaviour", name, ref parameters @ ..] => behaviour(name, parameters),
            ["port", ..] | ["endpoint", "*", ..] => {
                Err("names a port alone, which everybody uses; give an address with it")
            }
            _ => Err("has no known selector"),
        }
    }
}

fn parse_address(text: &str) -> Result<[u8; 16], &'static str> {
    text.parse()
        .map(address_bytes)
        .map_err(|_| "has a malformed address")
}

/// A host name in lower case: letters, digits, hyphens, underscores; at least two labels or one.
fn domain(text: &str) -> Result<String, &'static str> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let good = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if name.len() > NAME_BYTES_MAX || !name.split('.').all(good) {
        return Err("has a name that is no domain in ASCII (A-label) form");
    }
    Ok(name)
}

/// `t13d1516h2_8daaf6152771_02713d6af862`: ten characters, two hashes of twelve hex digits.
fn ja4(text: &str) -> Result<Ja4Text, &'static str> {
    let bad = "has no JA4 of 36 characters";
    let bytes: [u8; 36] = text.as_bytes().try_into().map_err(|_| bad)?;
    let hex = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b);
    let (head, rest) = bytes.split_at(10);
    let [b'_', first @ .., _, _, _, _, _, _, _, _, _, _, _, _, _] = rest else {
        return Err(bad);
    };
    let good = first.iter().all(hex)
        && rest.get(13) == Some(&b'_')
        && rest.iter().skip(14).all(hex)
        && head.iter().all(u8::is_ascii_alphanumeric)
        && matches!(head.first(), Some(b't' | b'q' | b'd'));
    if good { Ok(Ja4Text(bytes)) } else { Err(bad) }
}

fn behaviour(name: &str, words: &[&str]) -> Result<Rule, &'static str> {
    let behaviour = Behaviour::from_name(name).ok_or("names a behaviour that is not built")?;
    let ranges = Parameters::ranges(behaviour);
    let mut values = [ranges[0].usual, ranges[1].usual];
    let mut given = [false; 2];
    for word in words {
        let (name, value) = word.split_once('=').ok_or("has a parameter without `=`")?;
        let at = ranges.iter().position(|r| r.name == name);
        let at = at.ok_or("has a parameter that the behaviour does not know")?;
        if std::mem::replace(&mut given[at], true) {
            return Err("gives a parameter twice");
        }
        values[at] = value
            .parse()
            .map_err(|_| "has a parameter that is no number")?;
    }
    let parameters = Parameters::new(behaviour, values);
    parameters
        .map(Rule::Behaviour)
        .ok_or("has a parameter that is out of its range")
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(bytes) => write!(f, "address {}", address(*bytes)),
            Self::Prefix(prefix) => write!(f, "prefix {prefix}"),
            Self::Endpoint(bytes, port, number) => {
                let name = PROTOCOLS
                    .iter()
                    .find(|p| p.1 == *number)
                    .map_or("tcp", |p| p.0);
                write!(f, "endpoint {} {port} {name}", address(*bytes))
            }
            Self::Domain(name) => write!(f, "domain {name}"),
            Self::Subdomains(name) => write!(f, "subdomains {name}"),
            Self::Ja4(text) => write!(f, "ja4 {}", String::from_utf8_lossy(&text.0)),
            Self::Behaviour(parameters) => {
                write!(f, "behaviour {}", parameters.behaviour())?;
                let ranges = Parameters::ranges(parameters.behaviour());
                ranges
                    .iter()
                    .zip(parameters.values())
                    .try_for_each(|(r, v)| write!(f, " {}={v}", r.name))
            }
        }
    }
}
