//! How far a source is to be believed. In: letters and numbers. Out: a grade. Never: a source that grades itself better than the reader grades it.
//!
//! The Admiralty system: STANAG 2511, AJP-2.1.

use std::fmt;
use std::str::FromStr;

/// How reliable a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reliability {
    /// A: completely.
    A,
    /// B: usually.
    B,
    /// C: fairly.
    C,
    /// D: not usually.
    D,
    /// E: not.
    E,
    /// F: cannot be judged.
    F,
}

/// How credible what it says is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credibility {
    /// 1: confirmed by others.
    Confirmed = 1,
    /// 2: probably true.
    Probable = 2,
    /// 3: possibly true.
    Possible = 3,
    /// 4: doubtful.
    Doubtful = 4,
    /// 5: improbable.
    Improbable = 5,
    /// 6: cannot be judged.
    Unknown = 6,
}

/// Both, such as `B2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grade {
    /// Of the source.
    pub reliability: Reliability,
    /// Of what it says.
    pub credibility: Credibility,
}

impl Credibility {
    /// The credibility of a number from 1 to 6.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Confirmed),
            2 => Some(Self::Probable),
            3 => Some(Self::Possible),
            4 => Some(Self::Doubtful),
            5 => Some(Self::Improbable),
            6 => Some(Self::Unknown),
            _ => None,
        }
    }

    /// What a source's own word of percent stands for.
    pub const fn of_percent(percent: u8) -> Self {
        match percent {
            90.. => Self::Probable,
            60.. => Self::Possible,
            30.. => Self::Doubtful,
            _ => Self::Improbable,
        }
    }
}

impl Grade {
    /// The same source with what it says of its own word: never better than the reader's grade.
    #[must_use]
    pub fn with_own_word(self, own: Option<Credibility>) -> Self {
        Self {
            reliability: self.reliability,
            credibility: self.credibility.max(own.unwrap_or(self.credibility)),
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{}", self.reliability, self.credibility as u8)
    }
}

/// A text that is no grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a grade is a letter from A to F and a number from 1 to 6")]
pub struct GradeError;

impl FromStr for Grade {
    type Err = GradeError;

    fn from_str(text: &str) -> Result<Self, GradeError> {
        let &[letter, digit] = text.as_bytes() else {
            return Err(GradeError);
        };
        let reliability = match letter {
            b'A' => Reliability::A,
            b'B' => Reliability::B,
            b'C' => Reliability::C,
            b'D' => Reliability::D,
            b'E' => Reliability::E,
            b'F' => Reliability::F,
            _ => return Err(GradeError),
        };
        let credibility = Credibility::from_number(digit.wrapping_sub(b'0'));
        Ok(Self {
            reliability,
            credibility: credibility.ok_or(GradeError)?,
        })
    }
}
