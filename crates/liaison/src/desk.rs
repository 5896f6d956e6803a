//! The office's side: reports that come in, cases with clock, timeline, tasks and observables, guidance, letters, tickets, numbers. In: documents of operators, acts of officers.
//! Out: papers owned by the operator whom they are about, signed receipts, clocks. Never: two cases made one; a document that is changed; a word of one operator to another.
//!
//! | paper | its versions |
//! |---|---|
//! | [`Taken`] | what the operator filed: version 1, 2, 3 … of the case |
//! | [`Working`] | what the office did with the case; each version says what it did |
//! | guidance, letter, ticket | the documents of `cooperate`, step by step |
//! | [`Opinion`] | the same of an opinion, owned by the minister |

mod advice;
mod alike;
mod case;
mod handed;
mod intake;
mod letters;
mod lists;
mod numbers;
mod others;
mod routed;
mod tickets;

pub use alike::{Alike, Observable, observables};
pub use case::{CaseFile, Happened, Listed};
pub use intake::{Answered, Way};
pub(crate) use letters::step_error;
pub use letters::{End, Opinion, OpinionSays, Sheet};
pub use lists::Page;
pub(crate) use lists::urgent;
pub use routed::{Bureau, PAGE_MAX, Routed, Wanted};
pub use tickets::{Asked, TicketSheet, ticket_id};

use crate::error::LiaisonError;
use crate::paper::{Document, Written};
use crate::report::refused;
use sakimori_cooperate::Terms;
use sakimori_cooperate::calendar::{Date, Deadline};
use sakimori_cooperate::clock::{Due, Times, What, Who, acknowledgement};
use sakimori_cooperate::report::{Case, CommonForm, Stage};
use sakimori_cooperate::routing::{Route, route};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Store};
use sakimori_tlog::key::NoteSigner;
use serde::{Deserialize, Serialize};

/// Most tasks of a case.
pub const TASKS_MAX: usize = 200;
/// Longest note of an officer, characters.
pub const NOTE_CHARS_MAX: usize = 8000;
/// Most versions of a case's working paper: one an hour for a year.
pub const STEPS_MAX: u64 = 8760;

/// The office's side at a moment.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The office's store.
    pub store: &'a dyn Store,
    /// The schedule of duties.
    pub terms: &'a Terms,
    /// The office's key, which signs receipts.
    pub signer: &'a NoteSigner,
    /// Now.
    pub now: Seconds,
    /// Who acts, for the record.
    pub by: &'a str,
}

/// A document as it was taken; when is the paper's own time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// Its text, byte for byte.
    pub text: String,
    /// The receipt that was given for it.
    pub receipt: String,
    /// How it came.
    pub way: Way,
}

impl Document for Taken {
    const KIND: &'static str = "report";
}

/// What a version of the working paper did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `received`, `acknowledged`, `note`, `task`, `task-done`, `same`, `closed`, `opened`.
    pub word: String,
    /// More, in words.
    pub text: String,
}

/// Something that the office has set itself to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What.
    pub text: String,
    /// By which day.
    pub by: Option<Date>,
    /// When it was done, seconds since 1970.
    pub done_at: Option<u64>,
}

/// The office's own paper on a case. States: `new`, `acknowledged`, `closed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Working {
    /// What this version did.
    pub step: Step,
    /// The form of the newest document.
    pub form: CommonForm,
    /// The sector that it names.
    pub sector: String,
    /// The prefecture that it names, JIS X 0401; with the sector it says where the case goes.
    #[serde(default)]
    pub prefecture: Option<u8>,
    /// The furthest stage that was filed.
    pub reached: Stage,
    /// How many versions came.
    pub received: u64,
    /// When the operator recognised the event, seconds since 1970.
    pub recognised_at: u64,
    /// When the first document came.
    pub first_at: u64,
    /// When the full report came.
    pub full_at: Option<u64>,
    /// When the office acknowledged the case.
    pub acknowledged_at: Option<u64>,
    /// From when to when the event was, as far as the documents say.
    pub window: (u64, u64),
    /// What the documents name as indicators.
    pub observables: Vec<Observable>,
    /// Tasks.
    pub tasks: Vec<Task>,
    /// Cases that an officer holds to be about the same event: `operator/case`. A remark, nothing is merged.
    pub same_as: Vec<String>,
}

impl Document for Working {
    const KIND: &'static str = "report-case";
}

impl Working {
    /// Where the case goes by the schedule in force: minister, bureau, Cabinet Office.
    pub fn route(&self, terms: &Terms) -> Route {
        route(&self.sector, self.prefecture, terms)
    }

    /// The case's clocks: the office's acknowledgement, the operator's prompt report and full report.
    ///
    /// # Errors
    /// [`LiaisonError::Calendar`].
    pub fn clocks(
        &self,
        (operator, case): (&str, &str),
        now: Seconds,
        terms: &Terms,
    ) -> Result<Vec<Due>, LiaisonError> {
        let about = format!("{operator}/{case}");
        let done = self.acknowledged_at.map(Seconds);
        let acknowledged = acknowledgement(&about, Seconds(self.first_at), done, now, terms)?;
        let (prompt, full) = self.deadlines((operator, case), terms)?;
        let due = |what, deadline: &Deadline, done: Option<u64>, soft| {
            let done = done.map(Seconds);
            let times = Times {
                deadline,
                done,
                now,
                soft,
            };
            Due::new(&about, (Who::Operator, what), times)
        };
        Ok(vec![
            acknowledged,
            due(What::PromptReport, &prompt, Some(self.first_at), true),
            due(What::FullReport, &full, self.full_at, false),
        ])
    }

    fn deadlines(
        &self,
        (operator, case): (&str, &str),
        terms: &Terms,
    ) -> Result<(Deadline, Deadline), LiaisonError> {
        let (operator, case) = (name("operator", operator)?, name("case", case)?);
        let open = Case::open(case, operator, Seconds(self.recognised_at));
        Ok(open.deadlines(terms)?)
    }

    /// Where the case stands, and the last second until which the next thing has to happen.
    fn standing(
        &self,
        owner: (&str, &str),
        closed: bool,
        terms: &Terms,
    ) -> Result<(&'static str, Option<u64>), LiaisonError> {
        if closed {
            return Ok(("closed", None));
        }
        let (_, full) = self.deadlines(owner, terms)?;
        let full = self.full_at.is_none().then(|| full.last.end().0);
        if self.acknowledged_at.is_none() {
            let first = Seconds(self.first_at);
            let own = acknowledgement(owner.1, first, None, first, terms)?;
            let own = own.last.end().0;
            return Ok(("new", Some(full.map_or(own, |full| full.min(own)))));
        }
        let open = self.tasks.iter().filter(|task| task.done_at.is_none());
        let task = open.filter_map(|task| Some(task.by?.end().0)).min();
        Ok(("acknowledged", full.into_iter().chain(task).min()))
    }
}

pub(crate) fn name(field: &str, text: &str) -> Result<Name, LiaisonError> {
    text.parse()
        .map_err(|e: sakimori_custody::ids::IdError| refused(field, e.to_string()))
}

/// A text of a person: neither empty nor too long, without control characters but line ends.
pub(crate) fn words(field: &str, text: &str, most: usize) -> Result<String, LiaisonError> {
    let text = text.replace("\r\n", "\n").trim().to_owned();
    if text.is_empty() {
        return Err(refused(field, "is empty"));
    }
    if text.chars().count() > most {
        return Err(refused(field, format!("is longer than {most} characters")));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(refused(field, "has control characters"));
    }
    Ok(text)
}

impl Desk<'_> {
    fn audit(&self, act: &str, object: String, detail: &str) -> Change {
        Change::Audit {
            at: self.now.0,
            by: self.by.to_owned(),
            act: act.to_owned(),
            object,
            detail: detail.to_owned(),
        }
    }

    /// The change that writes the next version of a working paper.
    fn step(
        &self,
        known: &Written<Working>,
        next: &Working,
        closed: bool,
    ) -> Result<Change, LiaisonError> {
        if known.version >= STEPS_MAX {
            return Err(LiaisonError::Full {
                what: "steps of this case",
                most: STEPS_MAX,
            });
        }
        let owner = (known.owner.as_str(), known.id.as_str());
        let (state, due) = next.standing(owner, closed, self.terms)?;
        known.next(
            next,
            crate::paper::Standing {
                state,
                due,
                at: self.now.0,
                by: self.by,
            },
        )
    }
}
