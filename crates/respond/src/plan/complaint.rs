//! Complaints of those who are met. In: what somebody wrote, what is known of the target. Out: a reference, what the rules say at once, a register without names. Never: a reference that can be guessed; a register that tells who complained.

use super::collateral::Estimate;
use super::form;
use super::observe::{Seen, differences};
use sakimori_authority::measure::family;
use sakimori_custody::ids::{AuthorityId, hex};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// Longest words of a complaint in bytes.
pub const WORDS_BYTES_MAX: usize = 8 << 10;
/// Letters of references: no two that look alike (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A complaint as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complaint {
    /// Its reference: whoever has it may ask how it stands.
    pub reference: String,
    /// When it came.
    #[serde(with = "form::text")]
    pub at: Seconds,
    /// About which target, as whoever complains wrote it.
    pub target: String,
    /// In their words.
    pub words: String,
}

/// Why a complaint is not taken. Whoever complains corrects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComplaintError {
    /// Nothing is said.
    #[error("say which address or name, and what is wrong")]
    Empty,
    /// Too long.
    #[error("longer than {WORDS_BYTES_MAX} bytes")]
    Long,
}

/// A reference of 16 random bytes: 26 letters.
pub fn reference(random: [u8; 16]) -> String {
    let mut bits = u128::from_be_bytes(random);
    let mut out = [b'0'; 26];
    for place in out.iter_mut().rev() {
        *place = LETTERS.get((bits & 31) as usize).copied().unwrap_or(b'0');
        bits >>= 5;
    }
    out.iter().map(|letter| char::from(*letter)).collect()
}

/// The reference of a measure that a sinkhole tells in its TXT record, so that whoever is led there can say which block it is: the first twelve hexadecimal digits of what all revisions of the measure share.
pub fn measure_reference(family: &[u8; 32]) -> String {
    hex(family.get(..6).unwrap_or_default())
}

/// The same of a measure's id.
pub fn reference_of(measure: AuthorityId) -> String {
    measure_reference(&family(measure))
}

impl Complaint {
    /// Takes a complaint in. `random` is of a source that nobody can guess.
    ///
    /// # Errors
    /// [`ComplaintError`].
    pub fn take(
        target: &str,
        words: &str,
        random: [u8; 16],
        at: Seconds,
    ) -> Result<Self, ComplaintError> {
        let (target, words) = (target.trim(), words.trim());
        if target.is_empty() || words.is_empty() {
            return Err(ComplaintError::Empty);
        }
        if target.len() + words.len() > WORDS_BYTES_MAX {
            return Err(ComplaintError::Long);
        }
        Ok(Self {
            reference: reference(random),
            at,
            target: target.to_owned(),
            words: words.to_owned(),
        })
    }
}

/// What the rules say of a complaint at once; a person decides it behind that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// Whether the measure is suspended until a person has decided.
    pub suspend: bool,
    /// Why, or why not.
    pub words: String,
}

/// What is known for a review.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// The target, where the complaint is about one of the measure.
    pub target: Option<&'k str>,
    /// What it was when it was approved.
    pub before: Option<&'k Seen>,
    /// What it is now, by whoever looked last; nothing where nobody can tell.
    pub now: Option<&'k Seen>,
    /// Who else was to be met, by the estimate of then.
    pub estimate: Option<&'k Estimate>,
    /// Names on it now.
    pub names: Option<u64>,
    /// Complaints about the measure before this one.
    pub before_it: usize,
}

/// Reviews a complaint by rule. What speaks for whoever complains, or cannot be told, suspends.
pub fn review(known: &Known<'_>) -> Ruling {
    let suspend = |words: String| Ruling {
        suspend: true,
        words,
    };
    let Some(target) = known.target else {
        return Ruling {
            suspend: false,
            words: "it is about nothing that this measure acts on".to_owned(),
        };
    };
    let (Some(before), Some(now)) = (known.before, known.now) else {
        return suspend(format!(
            "{target}: nobody can tell whether it is what it was"
        ));
    };
    if let Some(difference) = differences(target, before, now).first() {
        return suspend(difference.to_string());
    }
    let Some(estimate) = known.estimate else {
        return suspend(format!("{target}: nobody estimated who else is met"));
    };
    if let (Some(names), Some(high)) = (known.names, estimate.high)
        && names > high
    {
        return suspend(format!(
            "{target}: {names} names are on it, {high} others were estimated at most"
        ));
    }
    if known.before_it as u64 >= estimate.high.unwrap_or(u64::MAX) && known.before_it > 0 {
        let count = known.before_it + 1;
        return suspend(format!(
            "{target}: {count} complaints, more than others were estimated"
        ));
    }
    Ruling {
        suspend: false,
        words: format!(
            "{target} is what it was when it was approved, and no more others are met than estimated"
        ),
    }
}

/// Complaints in numbers, for everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Complaints that came.
    pub received: u64,
    /// Not decided yet.
    pub open: u64,
    /// The block was right.
    pub dismissed: u64,
    /// The block was wrong.
    pub upheld: u64,
    /// Measures that ended for a complaint.
    pub ended: u64,
}
