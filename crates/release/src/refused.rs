//! Why something does not leave, or does not become another class. In: nothing. Out: stable codes with one sentence each. Never: a code that comes to mean
//! something else, content of a product.

use sakimori_custody::coded;
use std::fmt;

coded! {
    /// Why a release or a step is refused. The number is the first counter of the entry; 0 is what was released.
    Code: u8 {
        /// The matrix refuses this recipient for this class, or the product holds what its class may not.
        ClassViolation = 1 "CLASS_VIOLATION",
        /// A condition that the law asks for is not there.
        ConditionMissing = 2 "CONDITION_MISSING",
        /// A condition is there and has ended.
        ConditionExpired = 3 "CONDITION_EXPIRED",
        /// A condition is there and was withdrawn.
        ConditionWithdrawn = 4 "CONDITION_WITHDRAWN",
        /// A condition is there and does not hold yet.
        ConditionEarly = 5 "CONDITION_EARLY",
        /// The marking is looser than the class lets it be.
        TlpLooser = 6 "TLP_LOOSER",
        /// The marking does not let this recipient have it.
        TlpAudience = 7 "TLP_AUDIENCE",
        /// The recipient reads TLP 1 only, which has no word for the marking.
        TlpVersion = 8 "TLP_VERSION",
        /// Nothing was taken out where only the needed part may go, or a transform did not do what it says.
        NotMinimised = 9 "NOT_MINIMISED",
        /// It is for its own reporter or party alone, and this is another.
        NotOwn = 10 "NOT_OWN",
        /// Nobody is named, somebody twice, or too many.
        Audience = 11 "AUDIENCE",
        /// Legal basis or note on the rights of communication parties is missing.
        BasisMissing = 12 "BASIS_MISSING",
        /// A transform names a field that the product has not, or is none.
        TransformForm = 13 "TRANSFORM_FORM",
        /// The product, or what is said about it, is too large.
        TooLarge = 14 "TOO_LARGE",
        /// It is for members of the council, and this is none.
        NotMember = 15 "NOT_MEMBER",
        /// The submitter's opinion on handling says otherwise, and nobody overrode it with a reason.
        OpinionAgainst = 16 "OPINION_AGAINST",
    }
}

impl Code {
    /// One sentence for people, without its full stop.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::ClassViolation => "this class of information may not go there",
            Self::ConditionMissing => "what the law asks for beside is not there",
            Self::ConditionExpired => "what the law asks for beside has ended",
            Self::ConditionWithdrawn => "what the law asks for beside was withdrawn",
            Self::ConditionEarly => "what the law asks for beside does not hold yet",
            Self::TlpLooser => "its marking is looser than its class",
            Self::TlpAudience => "its marking does not let it go there",
            Self::TlpVersion => "the recipient cannot read its marking",
            Self::NotMinimised => "it was not cut down to the needed part",
            Self::NotOwn => "it is for the one whose own it is",
            Self::Audience => "it is not said for whom it is",
            Self::BasisMissing => "its legal basis or its note on rights is missing",
            Self::TransformForm => "a transform is none for this product",
            Self::TooLarge => "it is too large",
            Self::NotMember => "the recipient is no member of the council",
            Self::OpinionAgainst => "the submitter's opinion on handling says otherwise",
        }
    }
}

/// A code with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refused {
    /// Which code.
    pub code: Code,
    /// The object: a recipient, a condition, a field's name. Never what a field holds.
    pub detail: String,
}

impl Refused {
    /// A code and the words for its object.
    pub fn new(code: Code, detail: impl fmt::Display) -> Self {
        // BOUND: a line of an answer.
        let detail = detail.to_string().chars().take(300).collect();
        Self { code, detail }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sentence, code) = (self.code.sentence(), self.code);
        write!(f, "{sentence} [{code}]: {}", self.detail)
    }
}

/// Refuses with a code and its object unless something holds.
pub(crate) fn hold(holds: bool, code: Code, detail: impl fmt::Display) -> Result<(), Refused> {
    if holds {
        Ok(())
    } else {
        Err(Refused::new(code, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_its_own_number_word_and_sentence() {
        let all = Code::ALL.len();
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        let sentences: BTreeSet<_> = Code::ALL.iter().map(|code| code.sentence()).collect();
        let numbers: Vec<_> = Code::ALL.iter().map(|code| code.code()).collect();
        assert_eq!((names.len(), sentences.len()), (all, all));
        assert_eq!(numbers, (1..=all as u8).collect::<Vec<_>>());
        let known = "CLASS_VIOLATION CONDITION_MISSING CONDITION_EXPIRED TLP_LOOSER NOT_MINIMISED";
        for word in known.split(' ') {
            assert!(names.contains(word), "{word}");
        }
    }

    #[test]
    fn a_refusal_is_a_bounded_line() {
        let refused = Refused::new(Code::NotOwn, "x".repeat(1 << 20));
        assert_eq!(refused.detail.len(), 300);
        assert_eq!(
            Refused::new(Code::NotOwn, "reporter/acme").to_string(),
            "it is for the one whose own it is [NOT_OWN]: reporter/acme"
        );
    }
}
