//! Names of DNS, in one form. In: a name as somebody wrote it. Out: its labels in ASCII and small letters. Never: two forms of one name, a name that is an address.

use std::fmt;
use std::net::IpAddr;

/// Longest name in characters, RFC 1035 section 2.3.4.
const NAME_MAX: usize = 253;
/// Longest label.
const LABEL_MAX: usize = 63;

/// A name of DNS: ASCII, small letters, no dot at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text is no name. Who wrote it acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It does not follow the rules of names (RFC 1123 section 2.1, RFC 5891, UTS 46).
    #[error("this is no name of DNS")]
    Malformed,
    /// An address.
    #[error("this is an address, not a name")]
    Address,
    /// The root, or nothing.
    #[error("there is no label")]
    Empty,
}

impl Name {
    /// Reads a name in whatever form: with other letters, wide letters, a dot at the end.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let bare = text
            .strip_prefix('[')
            .and_then(|t| t.strip_suffix(']'))
            .unwrap_or(text);
        if bare.parse::<IpAddr>().is_ok() {
            return Err(NameError::Address);
        }
        let ascii = idna::domain_to_ascii(text).map_err(|_| NameError::Malformed)?;
        let name = ascii.strip_suffix('.').unwrap_or(&ascii);
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        // What folds to an address (`１２７.0.0.1`, `0x7f.1`) is one for those who resolve it.
        let numeric = name.rsplit('.').next().is_some_and(|last| {
            last.bytes().all(|b| b.is_ascii_digit())
                || last
                    .strip_prefix("0x")
                    .is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
        });
        if numeric {
            return Err(NameError::Address);
        }
        let label = |label: &str| {
            let inner =
                |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
            !label.is_empty()
                && label.len() <= LABEL_MAX
                && label.bytes().all(inner)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if name.len() > NAME_MAX || !name.split('.').all(label) {
            return Err(NameError::Malformed);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name and every name above it, the longest first.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        let mut rest = Some(self.0.as_str());
        std::iter::from_fn(move || {
            let here = rest?;
            rest = here.split_once('.').map(|(_, above)| above);
            Some(here)
        })
    }

    /// Whether another name is this one or lies below it.
    pub fn holds(&self, other: &Self) -> bool {
        other.ancestors().any(|name| name == self.0)
    }

    /// Whether everybody registers below it: it is a public suffix, or above one. `Some(true)` where a registry says so (of IANA), `Some(false)` where its owner does (a provider of names).
    pub fn is_suffix(&self) -> Option<bool> {
        let registry = |suffix: psl::Suffix<'_>| suffix.typ() != Some(psl::Type::Private);
        // The suffix of what lies below one is a part of it; only a whole one counts.
        let own = psl::suffix(self.0.as_bytes()).filter(|s| s.as_bytes().len() == self.0.len());
        // Where every name below it is a suffix (`*.kobe.jp`), it is above them.
        let below = format!("x.{}", self.0);
        let above = psl::suffix(below.as_bytes()).filter(|s| s.as_bytes().len() == below.len());
        match (own.map(registry), above.map(registry)) {
            (None, None) => None,
            (own, above) => Some(own == Some(true) || above == Some(true)),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
