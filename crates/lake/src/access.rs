//! Who looks, why, and that the looking is on record. In: names, a purpose, the log's answer. Out: an [`Access`] that every
//! look-up takes. Never: an access without purpose, case or logged query: there is no way to make one.

use sakimori_custody::Recorded;
use sakimori_custody::ids::{AuthorityId, BucketId, Name};
use std::fmt;
use std::str::FromStr;

use crate::error::LakeError;
use crate::limits::PURPOSE_BYTES_MAX;

/// A purpose that says nothing or too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a purpose has 1 to {PURPOSE_BYTES_MAX} bytes of text without control characters")]
pub struct AccessError;

/// Why somebody looks, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose(String);

impl Purpose {
    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Purpose {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let words = text.trim();
        let fits = !words.is_empty() && words.len() <= PURPOSE_BYTES_MAX;
        if fits && !words.chars().any(char::is_control) {
            Ok(Self(words.to_owned()))
        } else {
            Err(AccessError)
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Evidence that the query entry with outcome `opened` is in the log (`docs/reference/formats.md` section 7, type 40).
#[derive(Clone, Copy, Debug)]
pub struct QueryOpened(Recorded);

impl QueryOpened {
    /// Made by the node from the log's answer to the query entry, before any row is read.
    pub const fn logged(entry: Recorded) -> Self {
        Self(entry)
    }

    /// Index of the query entry.
    pub const fn index(self) -> u64 {
        self.0.index()
    }

    /// The evidence with which rows pass the release gate.
    pub const fn recorded(self) -> Recorded {
        self.0
    }
}

/// One person's logged reason to look at the records of one authority.
///
/// ```
/// use sakimori_custody::Recorded;
/// use sakimori_lake::{Access, QueryOpened};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let access = Access {
///     actor: "a.tanaka".parse()?,
///     purpose: "beacon to a known server".parse()?,
///     case: "case-7".parse()?,
///     authority: "000102030405060708090a0b0c0d0e0f".parse()?,
///     opened: QueryOpened::logged(Recorded::at(42)),
/// };
/// # let _ = access; Ok(()) }
/// ```
/// The same without its logged query does not compile:
/// ```compile_fail,E0063
/// use sakimori_lake::Access;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let access = Access {
///     actor: "a.tanaka".parse()?,
///     purpose: "beacon to a known server".parse()?,
///     case: "case-7".parse()?,
///     authority: "000102030405060708090a0b0c0d0e0f".parse()?,
/// };
/// # let _ = access; Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Access {
    /// Who looks.
    pub actor: Name,
    /// Why.
    pub purpose: Purpose,
    /// The case that it belongs to.
    pub case: Name,
    /// The authority whose records are looked at, and no others.
    pub authority: AuthorityId,
    /// That it is on record.
    pub opened: QueryOpened,
}

impl Access {
    /// Whether this access reaches a bucket.
    ///
    /// # Errors
    /// [`LakeError::WrongAuthority`]: ask under the authority that filled the bucket.
    pub fn covers(&self, bucket: &BucketId) -> Result<(), LakeError> {
        if bucket.authority == self.authority {
            Ok(())
        } else {
            Err(LakeError::WrongAuthority {
                bucket: bucket.clone(),
                authority: self.authority,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_says_something() {
        for text in ["", "   ", "a\nb", &"x".repeat(PURPOSE_BYTES_MAX + 1)] {
            assert_eq!(text.parse::<Purpose>(), Err(AccessError));
        }
        let purpose: Purpose = " beacon to a known server ".parse().unwrap();
        assert_eq!(purpose.as_str(), "beacon to a known server");
    }
}
