//! Is this version in that range? In: a version as somebody registered it, a range as somebody published it. Out: yes, no or unsure. Never: a guess; what is not
//! understood is unsure and becomes a question to a person, because a "no" here hides a weakness.
//!
//! [`order`] compares two versions, [`range`] holds bounds, [`vers`] and [`text`] read them, [`cpe`] and [`purl`] read names of products.

pub mod cpe;
pub mod order;
pub mod purl;
pub mod range;
pub mod text;
pub mod vers;

pub use order::{Scheme, Version};
pub use range::Range;

/// An answer of three values (strong logic of Kleene, "Introduction to Metamathematics", § 64).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Known not to be so.
    No,
    /// Not known.
    Unsure,
    /// Known to be so.
    Yes,
}

impl Answer {
    /// Yes only if both are; no if one is.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Yes if one is; no only if both are.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl std::ops::Not for Answer {
    type Output = Self;

    /// The opposite; unsure stays unsure.
    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unsure => Self::Unsure,
        }
    }
}

impl From<bool> for Answer {
    fn from(known: bool) -> Self {
        if known { Self::Yes } else { Self::No }
    }
}

/// Reads a range in whichever way it is written: `vers:`, a list of comparisons, or the words of an advisory.
pub fn read(written: &str) -> Range {
    let written = written.trim();
    if written
        .get(..5)
        .is_some_and(|s| s.eq_ignore_ascii_case("vers:"))
    {
        return vers::read(written);
    }
    text::read(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unsure_is_never_made_known_by_itself() {
        use Answer::{No, Unsure, Yes};
        let all = [No, Unsure, Yes];
        for a in all {
            for b in all {
                assert_eq!(!(a.and(b)), (!a).or(!b));
                if a.and(b) == Yes {
                    assert_eq!((a, b), (Yes, Yes));
                }
            }
        }
        assert_eq!(!Unsure, Unsure);
    }

    proptest! {
        #[test]
        fn any_texts_are_answered_without_a_panic(range in ".{0,60}", version in ".{0,30}") {
            let range = read(&range);
            let _ = range.holds(&Version::read(&version, range.scheme()));
        }

        #[test]
        fn texts_of_the_trade_are_answered_without_a_panic(
            range in "[<>=!|vV0-9. *,xSPbeforndail/-]{0,40}", version in "[vV]?[0-9]{1,20}([._ -][0-9a-zA-Z]{1,4}){0,4}",
        ) {
            let range = read(&range);
            let _ = range.holds(&Version::read(&version, range.scheme()));
        }
    }
}
