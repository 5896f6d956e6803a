//! What an advisory means for one asset, as its operator keeps it. In: what the rules say alone, an answer. Out: what comes of both. Never: an answer that hides what the rules said: who takes
//! it back finds the question as it was.

use sakimori_advisory::matching::{Answered, Doubt, Names, Outcome};
use serde::{Deserialize, Serialize};

/// An asset that an advisory may mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchRow {
    /// Its number in the operator's register.
    pub number: u64,
    /// Maker and product as the advisory has them.
    pub product: (String, String),
    /// Maker, product and model as they are registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Names>,
    /// Version as it is registered.
    pub version: Option<String>,
    /// `affected`, `not-affected`, `question`, or `not-this-product` where the operator said so.
    pub outcome: String,
    /// What is not certain, in the order in which it is asked.
    pub doubts: Vec<String>,
    /// What the rules say without an answer, where that is something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Judged>,
    /// Key of the claim, by which an answer is remembered.
    pub claim: (String, String, String),
    /// Its range of versions as it is written.
    pub range: String,
    /// What the operator answered.
    pub answer: Option<RowAnswer>,
}

/// An outcome with its doubts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// `affected`, `not-affected` or `question`.
    pub outcome: String,
    /// What is not certain.
    pub doubts: Vec<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowAnswer {
    /// The answer's word.
    pub answer: String,
    /// The version that was registered then.
    pub version: Option<String>,
    /// The range of the advisory then; that of the row where it was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: u64,
    /// The advisory on which it was given, where that is another one: namespace of its publisher and tracking id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<(String, String)>,
}

const ANSWERS: [(Answered, &str); 4] = [
    (Answered::NotThisProduct, "not-this-product"),
    (Answered::NotThisVersion, "not-this-version"),
    (Answered::ThisProduct, "this-product"),
    (Answered::Affected, "affected"),
];

/// The word by which an answer is taken back.
pub const TAKEN_BACK: &str = "taken-back";

/// The answer of a word: `not-this-product`, `not-this-version`, `this-product`, `affected`.
pub fn answered_of(word: &str) -> Option<Answered> {
    let found = ANSWERS.iter().find(|(_, each)| *each == word);
    found.map(|(answered, _)| *answered)
}

/// Whether a word is an answer, or takes one back.
pub fn is_answer(word: &str) -> bool {
    word == TAKEN_BACK || answered_of(word).is_some()
}

pub(super) const fn word_of(answered: Answered) -> &'static str {
    match answered {
        Answered::NotThisProduct => "not-this-product",
        Answered::NotThisVersion => "not-this-version",
        Answered::ThisProduct => "this-product",
        Answered::Affected => "affected",
    }
}

const fn doubt_word(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Product => "product",
        Doubt::Maker => "maker",
        Doubt::Model => "model",
        Doubt::VersionUnknown => "version-unknown",
        Doubt::Version => "version",
        Doubt::Status => "status",
    }
}

fn is_of_product(doubt: &str) -> bool {
    matches!(doubt, "product" | "maker" | "model")
}

pub(super) fn judged(outcome: &Outcome) -> Judged {
    let (outcome, doubts) = match outcome {
        Outcome::Affected => ("affected", &[][..]),
        Outcome::NotAffected => ("not-affected", &[][..]),
        Outcome::Question(doubts) => ("question", doubts.as_slice()),
    };
    let word = |doubt: &Doubt| doubt_word(*doubt).to_owned();
    Judged {
        outcome: outcome.to_owned(),
        doubts: doubts.iter().map(word).collect(),
    }
}

impl MatchRow {
    /// Whether something is still asked.
    pub fn is_open(&self) -> bool {
        self.outcome == "question"
    }

    /// Whether it is the operator's, for all that is known.
    pub fn is_theirs(&self) -> bool {
        self.outcome != "not-this-product"
    }

    /// What was answered.
    pub(super) fn answered(&self) -> Option<(Answered, &RowAnswer)> {
        let said = self.answer.as_ref()?;
        Some((answered_of(&said.answer)?, said))
    }

    /// The row with an answer, or without one.
    pub(super) fn settle(&mut self, answer: Option<RowAnswer>) {
        let alone = self.rules.take().unwrap_or_else(|| Judged {
            outcome: self.outcome.clone(),
            doubts: self.doubts.clone(),
        });
        self.answer = answer;
        let now = self.after(&alone);
        (self.outcome, self.doubts) = (now.outcome.clone(), now.doubts.clone());
        self.rules = (now != alone).then_some(alone);
    }

    /// What comes of the rules with the answer; as the memory judges it ([`sakimori_advisory::matching::Memory::left`]).
    fn after(&self, alone: &Judged) -> Judged {
        let Some((answered, said)) = self.answered() else {
            return alone.clone();
        };
        let sure = |outcome: &str| Judged {
            outcome: outcome.to_owned(),
            doubts: Vec::new(),
        };
        let range = said.range.as_ref().unwrap_or(&self.range);
        let same = said.version == self.version && *range == self.range;
        match answered {
            Answered::NotThisProduct => return sure("not-this-product"),
            Answered::NotThisVersion if same => return sure("not-affected"),
            Answered::Affected if same => return sure("affected"),
            _ => {}
        }
        if alone.outcome != "question" {
            return alone.clone();
        }
        let mut doubts = alone.doubts.clone();
        doubts.retain(|doubt| !is_of_product(doubt));
        if doubts.is_empty() {
            return sure("affected");
        }
        Judged {
            outcome: "question".to_owned(),
            doubts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_answers_read_back() {
        for (answered, word) in ANSWERS {
            assert_eq!(
                (word_of(answered), answered_of(word)),
                (word, Some(answered))
            );
        }
        assert!(is_answer("taken-back") && answered_of("taken-back").is_none());
        assert!(!is_answer("perhaps"));
    }
}
