//! What is owed by when, and to whom it goes where it is late. In: when it began, the terms, the time. Out: how it stands, the steps of escalation that are due. Never: a duty that is forgotten: it goes up by itself.

use super::super::form;
use super::super::terms::{Term, Terms};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Steps of escalation.
pub const STEPS: u8 = 3;

/// What is owed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// The commission is told that something was done.
    Commission,
    /// Whoever controls a system that is acted on is told.
    Administrator(#[serde(with = "form::text")] Name),
    /// Victims are told.
    Victims,
    /// Others who are met are told.
    Others,
    /// The report behind the end.
    Report,
    /// Whoever complained gets an answer, by the reference.
    Complaint(String),
}

impl Duty {
    /// Whether it may be withheld, with a reason and a day of review. What the commission is owed may not.
    pub const fn can_be_withheld(&self) -> bool {
        matches!(self, Self::Administrator(_) | Self::Victims | Self::Others)
    }

    /// The term that it has; an urgent act tells the commission at once.
    pub fn term(&self, terms: &Terms, urgent: bool) -> Term {
        match self {
            Self::Commission if urgent => terms.commission_urgent,
            Self::Commission => terms.commission,
            Self::Administrator(_) => terms.administrator,
            Self::Victims => terms.victims,
            Self::Others => terms.others,
            Self::Report => terms.report,
            Self::Complaint(_) => terms.complaint,
        }
    }
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commission => f.pad("notice to the commission"),
            Self::Administrator(name) => write!(f, "notice to the administrator {name}"),
            Self::Victims => f.pad("notice to victims"),
            Self::Others => f.pad("notice to others who are met"),
            Self::Report => f.pad("report behind the end"),
            Self::Complaint(reference) => write!(f, "answer to complaint {reference}"),
        }
    }
}

/// To whom something goes that is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum To {
    /// The superior who ordered the measure.
    Superior,
    /// The head of the office.
    Head,
    /// The commission.
    Commission,
}

impl To {
    /// Who it is at a step, counted from 1.
    pub const fn step(step: u8) -> Option<Self> {
        match step {
            0 => None,
            1 => Some(Self::Superior),
            2 => Some(Self::Head),
            _ => Some(Self::Commission),
        }
    }
}

/// A clock of one duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// When it began.
    pub began: Seconds,
    /// The last second in which it is in time.
    pub due: Seconds,
    /// Whether somebody verified the term.
    pub verified: bool,
    /// When it was done.
    pub done: Option<Seconds>,
    /// Why it is withheld; it is due again on the day of review.
    pub withheld: Option<String>,
    /// Steps of escalation that were taken.
    pub steps: u8,
    /// Whether it was late when it was done, or is.
    pub late: bool,
}

/// How a clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It runs.
    Due,
    /// It is withheld until its review.
    Withheld,
    /// Its last second has passed; whoever is named was told.
    Overdue(Option<To>),
    /// It is done in time.
    Done,
    /// It is done, late.
    DoneLate,
}

impl Clock {
    /// A clock that begins.
    pub const fn new(began: Seconds, term: Term) -> Self {
        Self {
            began,
            due: began.plus(term.seconds),
            verified: term.verified,
            done: None,
            withheld: None,
            steps: 0,
            late: false,
        }
    }

    /// How it stands.
    pub fn standing(&self, now: Seconds) -> Standing {
        match self.done {
            Some(_) if self.late => Standing::DoneLate,
            Some(_) => Standing::Done,
            None if now > self.due => Standing::Overdue(To::step(self.steps)),
            None if self.withheld.is_some() => Standing::Withheld,
            None => Standing::Due,
        }
    }

    /// How many steps of escalation are due: one in the first second behind the last in time, one more with each further term.
    pub fn steps_due(&self, now: Seconds, each_seconds: u64) -> u8 {
        if self.done.is_some() || now <= self.due {
            return 0;
        }
        let late = now.0 - self.due.0 - 1;
        let more = late.checked_div(each_seconds).unwrap_or(u64::from(STEPS));
        u8::try_from(more.saturating_add(1))
            .unwrap_or(STEPS)
            .min(STEPS)
    }
}
