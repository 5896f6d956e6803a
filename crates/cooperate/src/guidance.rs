//! Guidance and advice, with a list that the operator ticks. In: what the office advises; ticks. Out: where it stands, its clock. Never: a word about another victim: the
//! office writes it for one operator; an answer that leaves a line open.
//!
//! Act 42/2025 art. 10.

use crate::FieldError;
use crate::calendar::Date;
use crate::clock::{Due, Times, What, Who, set_day};
use crate::limits::LINES_MAX;
use crate::plain::{line, text};
use crate::rules::Rule;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// One line to tick.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "tick", deny_unknown_fields)]
pub enum Tick {
    /// It is done.
    Done,
    /// It will be, by a date.
    Planned {
        /// The date.
        by: Date,
    },
    /// It does not apply.
    NotApplicable {
        /// Why not.
        why: String,
    },
    /// It will not be done.
    NotDone {
        /// Why not.
        why: String,
    },
}

impl Tick {
    /// In English, with its day or reason.
    pub fn en(&self) -> String {
        match self {
            Self::Done => "done".to_owned(),
            Self::Planned { by } => format!("planned by {by}"),
            Self::NotApplicable { why } => format!("does not apply: {why}"),
            Self::NotDone { why } => format!("not done: {why}"),
        }
    }

    /// In Japanese, with its day or reason.
    pub fn ja(&self) -> String {
        match self {
            Self::Done => "実施済".to_owned(),
            Self::Planned { by } => format!("{by}までに実施予定"),
            Self::NotApplicable { why } => format!("対象外：{why}"),
            Self::NotDone { why } => format!("不実施：{why}"),
        }
    }
}

/// An answer: a tick for each line, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuidanceAnswer {
    /// When it came.
    #[serde(with = "crate::text")]
    pub at: Seconds,
    /// The ticks.
    pub ticks: Vec<Tick>,
}

/// A guidance. JSON as a node keeps it; what is read back is the node's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guidance {
    #[serde(with = "crate::text")]
    id: Name,
    #[serde(with = "crate::text")]
    to: Name,
    subject: String,
    lines: Vec<String>,
    answer_by: Date,
    #[serde(with = "crate::text::option")]
    acknowledged: Option<Seconds>,
    answers: Vec<GuidanceAnswer>,
}

impl Guidance {
    /// A guidance to one operator.
    ///
    /// # Errors
    /// Fields that break a rule.
    pub fn issue(
        id: Name,
        to: Name,
        subject: &str,
        lines: &[String],
        answer_by: Date,
    ) -> Result<Self, Vec<FieldError>> {
        let mut errors: Vec<FieldError> = line("subject", subject).into_iter().collect();
        if lines.is_empty() || lines.len() > LINES_MAX {
            let what = "has no line, or more than 200";
            errors.push(FieldError::new("lines", Rule::TextBounds, what));
        }
        for (at, each) in lines.iter().enumerate() {
            errors.extend(text(&format!("lines[{at}]"), each));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            id,
            to,
            subject: subject.to_owned(),
            lines: lines.to_vec(),
            answer_by,
            acknowledged: None,
            answers: Vec::new(),
        })
    }

    /// Its id.
    pub const fn id(&self) -> &Name {
        &self.id
    }

    /// To whom.
    pub const fn to(&self) -> &Name {
        &self.to
    }

    /// What it is about, one line.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// By when an answer is asked for.
    pub const fn answer_by(&self) -> Date {
        self.answer_by
    }

    /// Its lines.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// All answers, the first first; the last counts.
    pub fn answers(&self) -> &[GuidanceAnswer] {
        &self.answers
    }

    /// When the operator was known to have seen it first.
    pub const fn acknowledged(&self) -> Option<Seconds> {
        self.acknowledged
    }

    /// The operator has seen it; the first time counts.
    pub fn acknowledge(&mut self, at: Seconds) {
        self.acknowledged.get_or_insert(at);
    }

    /// Takes an answer; a later one is kept behind the earlier. An answer acknowledges too.
    ///
    /// # Errors
    /// Every line that is not answered as it can be; nothing is taken then.
    pub fn answer(&mut self, ticks: &[Tick], at: Seconds) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        if ticks.len() != self.lines.len() {
            let what = format!("{} ticks for {} lines", ticks.len(), self.lines.len());
            errors.push(FieldError::new("ticks", Rule::FieldMissing, what));
        }
        if self.answers.len() == LINES_MAX {
            let what = "has been answered 200 times";
            errors.push(FieldError::new("ticks", Rule::TextBounds, what));
        }
        for (number, tick) in ticks.iter().enumerate() {
            let field = format!("ticks[{number}]");
            match tick {
                Tick::Planned { by } if *by < Date::of(at) => {
                    let what = "is planned for a day that is over";
                    errors.push(FieldError::new(field, Rule::ReportValue, what));
                }
                Tick::Done | Tick::Planned { .. } => {}
                Tick::NotApplicable { why } | Tick::NotDone { why } => {
                    errors.extend(text(&field, why));
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        self.acknowledge(at);
        let ticks = ticks.to_vec();
        self.answers.push(GuidanceAnswer { at, ticks });
        Ok(())
    }

    /// Its clock.
    pub fn clock(&self, now: Seconds) -> Due {
        let deadline = set_day(self.answer_by);
        let times = Times {
            deadline: &deadline,
            done: self.answers.first().map(|answer| answer.at),
            now,
            // Guidance asks; it does not order.
            soft: true,
        };
        Due::new(self.id.as_str(), (Who::Operator, What::Guidance), times)
    }
}
