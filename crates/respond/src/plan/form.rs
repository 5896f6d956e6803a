//! How values stand in documents. In: words, times, digests. Out: the same as JSON strings. Never: a second text for one value.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

use sakimori_custody::ids::{hex, unhex};

/// SHA-256 of something that lies elsewhere; 64 hex digits in documents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes.as_ref()).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no SHA-256 of 64 hex digits in small letters")]
pub struct DigestError;

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        unhex(text).map(Self).ok_or(DigestError)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        text::deserialize(from)
    }
}

/// Values that have a text and a parser of it.
pub(crate) mod text {
    use super::{Deserialize, Deserializer, FromStr, Serializer, de, fmt};

    pub(crate) fn serialize<T: fmt::Display, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr,
        T::Err: fmt::Display,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The same, where there may be none.
pub(crate) mod text_option {
    use super::{Deserialize, Deserializer, FromStr, Serialize, Serializer, de, fmt};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(crate) fn serialize<T: fmt::Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(ToString::to_string).serialize(to)
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr,
        T::Err: fmt::Display,
        D: Deserializer<'de>,
    {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(de::Error::custom))
            .transpose()
    }
}

/// The same, in a list.
pub(crate) mod text_list {
    use super::{Deserialize, Deserializer, FromStr, Serializer, de, fmt};

    pub(crate) fn serialize<T: fmt::Display, S: Serializer>(
        values: &[T],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(ToString::to_string))
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<Vec<T>, D::Error>
    where
        T: FromStr,
        T::Err: fmt::Display,
        D: Deserializer<'de>,
    {
        let texts = Vec::<String>::deserialize(from)?;
        let read = |text: String| text.parse().map_err(de::Error::custom);
        texts.into_iter().map(read).collect()
    }
}

/// Makes the reader and writer of a word that another room defines.
macro_rules! word {
    ($($module:ident $type:ty, $what:literal;)+) => {$(
        pub(crate) mod $module {
            use serde::{Deserialize, Deserializer, Serializer, de};
            pub(crate) fn serialize<S: Serializer>(value: &$type, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(value.name())
            }
            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                let text = String::deserialize(from)?;
                <$type>::from_name(&text).ok_or_else(|| de::Error::custom(concat!("no ", $what)))
            }
        }
    )+};
}

word! {
    class sakimori_custody::class::Class, "class of information";
    deed sakimori_authority::measure::Deed, "deed of the closed list";
    body sakimori_authority::measure::Body, "body of police or defence";
    route sakimori_authority::measure::Route, "route of the law";
}

/// Countries: two upper-case letters, or `--` where nobody knows.
pub(crate) mod country {
    use super::{Deserialize, Deserializer, Serializer, de};
    use sakimori_custody::record::Country;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(crate) fn serialize<S: Serializer>(value: &Country, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Country, D::Error> {
        let text = String::deserialize(from)?;
        let code: Option<[u8; 2]> = text.as_bytes().try_into().ok();
        code.and_then(Country::new)
            .ok_or_else(|| de::Error::custom("no country of two upper-case letters, and not `--`"))
    }
}
