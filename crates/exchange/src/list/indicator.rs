//! One indicator. In: a word as people write it, made harmless or not. Out: what it is. Never: a guess; a word that could be two things is refused.

use sakimori_select::Prefix;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// What an indicator or a sighting is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// An address.
    Address(IpAddr),
    /// A prefix.
    Prefix(Prefix),
    /// A number of an autonomous system (RFC 6793).
    As(u32),
    /// A domain name in small ASCII letters, without the final dot.
    Domain(String),
    /// A URL as written, its scheme and host in small letters.
    Url(String),
    /// A hash in small hexadecimal digits.
    Hash(HashKind, String),
}

/// The kind of a hash, by its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashKind {
    /// 32 digits.
    Md5,
    /// 40 digits.
    Sha1,
    /// 64 digits.
    Sha256,
    /// 128 digits.
    Sha512,
}

impl HashKind {
    /// Its name in MISP.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

/// Longest URL in bytes.
const URL_BYTES_MAX: usize = 4096;

/// A word with what makes it harmless taken away: `hxxp`, `[.]`, `(dot)` and the like.
pub fn refanged(word: &str) -> String {
    let mut out = word.trim().to_owned();
    for (written, meant) in [
        ("[.]", "."),
        ("(.)", "."),
        ("{.}", "."),
        ("[dot]", "."),
        ("(dot)", "."),
        ("[DOT]", "."),
        ("[:]", ":"),
        ("[://]", "://"),
        ("[/]", "/"),
        ("\\.", "."),
    ] {
        out = out.replace(written, meant);
    }
    for (written, meant) in [("hxxps", "https"), ("hxxp", "http"), ("fxp", "ftp")] {
        let begins = out
            .get(..written.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(written));
        if let Some(rest) = out.get(written.len()..).filter(|_| begins)
            && rest.starts_with(':')
        {
            return format!("{meant}{rest}");
        }
    }
    out
}

impl What {
    /// Reads a word.
    ///
    /// # Errors
    /// What is wrong with it, for its sender.
    pub fn read(word: &str) -> Result<Self, &'static str> {
        let word = refanged(word);
        if word.is_empty() {
            return Err("there is nothing");
        }
        if let Ok(address) = word.parse::<IpAddr>() {
            return Ok(Self::Address(address.to_canonical()));
        }
        if word.contains("://") {
            return url(&word);
        }
        if let Some((base, _)) = word.split_once('/') {
            if base.parse::<IpAddr>().is_ok() {
                return prefix(&word).map(Self::Prefix);
            }
            return Err("is a path without a scheme such as https://");
        }
        let number = word.strip_prefix("AS").or_else(|| word.strip_prefix("as"));
        if let Some(number) = number.filter(|n| n.bytes().all(|byte| byte.is_ascii_digit())) {
            return number
                .parse()
                .map(Self::As)
                .map_err(|_| "is no number of an autonomous system");
        }
        if word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let kind = match word.len() {
                32 => Some(HashKind::Md5),
                40 => Some(HashKind::Sha1),
                64 => Some(HashKind::Sha256),
                128 => Some(HashKind::Sha512),
                _ => None,
            };
            if let Some(kind) = kind {
                return Ok(Self::Hash(kind, word.to_ascii_lowercase()));
            }
        }
        domain(&word).map(Self::Domain)
    }

    /// The host of a URL, or the thing itself: what an owner may own.
    pub fn host(&self) -> Option<Self> {
        let Self::Url(url) = self else {
            return None;
        };
        let (_, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = authority.rsplit('@').next()?;
        if let Some(inner) = host.strip_prefix('[') {
            let (address, _) = inner.split_once(']')?;
            return address.parse().ok().map(Self::Address);
        }
        let host = host.split(':').next()?;
        match host.parse::<IpAddr>() {
            Ok(address) => Some(Self::Address(address)),
            Err(_) => domain(host).ok().map(Self::Domain),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Prefix(prefix) => prefix.fmt(f),
            Self::As(number) => write!(f, "AS{number}"),
            Self::Domain(text) | Self::Url(text) | Self::Hash(_, text) => f.write_str(text),
        }
    }
}

fn url(word: &str) -> Result<What, &'static str> {
    if word.len() > URL_BYTES_MAX {
        return Err("is too long for a URL");
    }
    let (scheme, rest) = word.split_once("://").ok_or("is no URL")?;
    let scheme = scheme.to_ascii_lowercase();
    if !["http", "https", "ftp"].contains(&scheme.as_str()) {
        return Err("has a scheme that is not http, https or ftp");
    }
    if rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("has a space in its URL");
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).ok_or("is no URL")?;
    let found = What::Url(format!(
        "{scheme}://{}{path}",
        authority.to_ascii_lowercase()
    ));
    if found.host().is_none() {
        return Err("has no host in its URL");
    }
    Ok(found)
}

/// Reads a prefix; host bits have to be zero.
///
/// # Errors
/// What is wrong with it.
pub fn prefix(word: &str) -> Result<Prefix, &'static str> {
    let (base, bits) = word.split_once('/').ok_or("is no prefix")?;
    let base: IpAddr = base.parse().map_err(|_| "has a malformed address")?;
    let more = if base.is_ipv4() { 96 } else { 0 };
    let bits: u8 = bits.parse().map_err(|_| "has a malformed prefix length")?;
    let bits = bits
        .checked_add(more)
        .filter(|bits| *bits <= 128)
        .ok_or("has a prefix length that cannot be")?;
    let found = Prefix {
        first: number(base),
        bits,
    };
    if u128::MAX.checked_shr(u32::from(bits)).unwrap_or(0) & found.first != 0 {
        return Err("has host bits that are not zero");
    }
    Ok(found)
}

/// An address as a number in the space of mapped addresses.
pub(crate) fn number(address: IpAddr) -> u128 {
    let mapped = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    u128::from(mapped)
}

/// The address of a number.
pub(crate) fn address(number: u128) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from(number)).to_canonical()
}

/// A domain name: at least two labels, letters, digits, hyphens and underscores (RFC 1035 section 2.3.4, RFC 8552).
pub(crate) fn domain(word: &str) -> Result<String, &'static str> {
    let name = word.strip_suffix('.').unwrap_or(word).to_ascii_lowercase();
    if !name.is_ascii() {
        return Err("has letters that a name only has in its xn-- form");
    }
    if name.len() > 253 {
        return Err("is too long for a name");
    }
    let labels: Vec<&str> = name.split('.').collect();
    if labels.len() < 2 {
        return Err("is no address, prefix, name, URL, hash or AS number");
    }
    for label in &labels {
        let fits = (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !fits {
            return Err("has a part that no name can have");
        }
    }
    let numeric = labels
        .last()
        .is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    if numeric {
        return Err("looks like an address, but is none");
    }
    Ok(name)
}
