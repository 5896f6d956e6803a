//! Values that are texts in JSON. In: what has one text form. Out: that text, and the value again. Never: a second form.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use std::fmt::Display;
use std::str::FromStr;

pub(crate) fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: FromStr,
    T::Err: Display,
    D: Deserializer<'de>,
{
    let text = String::deserialize(from)?;
    text.parse().map_err(D::Error::custom)
}

/// The same for a value that may be missing.
pub(crate) mod option {
    use super::{Deserialize, Deserializer, Display, Error, FromStr, Serializer};

    #[expect(
        clippy::ref_option,
        reason = "this is how serde hands over a field of a struct"
    )]
    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr,
        T::Err: Display,
        D: Deserializer<'de>,
    {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

/// A marking by its word.
pub(crate) mod tlp {
    use super::{Deserialize, Deserializer, Error, Serializer};
    use sakimori_release::Tlp;

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "this is how serde hands over a field of a struct"
    )]
    pub(crate) fn serialize<S: Serializer>(value: &Tlp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Tlp, D::Error> {
        let text = String::deserialize(from)?;
        Tlp::known(&text)
            .ok_or_else(|| D::Error::custom("is no marking of the Traffic Light Protocol"))
    }
}
