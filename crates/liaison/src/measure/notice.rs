//! Notices of measures, and before them: who can put an end to an attack, or is met, is told. In: a notice as it is written, what happened to it. Out: the notice with its steps. Never: a step that does not follow; an address that nobody
//! named.

use super::OFFICE;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, all, first, newest};
use crate::report::refused;
use sakimori_custody::time::Seconds;
use sakimori_respond::notice::{Reference, State, Ticket};
use sakimori_store::{Change, Store, View};
use serde::{Deserialize, Serialize};

/// Most notices that are listed at once.
const NOTICES_MAX: usize = 10_000;
/// Longest text of a notice, and longest report with it, in bytes.
const TEXT_BYTES_MAX: usize = 256 << 10;

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticePaper {
    /// The measure that it belongs to, hex; none for one that is tried before there is a measure.
    pub measure: Option<String>,
    /// Whom it is owed to, as the measure's clock has it, in JSON; none for one that is not owed.
    pub duty: Option<String>,
    /// What it is about.
    pub target: String,
    /// To which addresses; empty where it goes another way.
    pub to: Vec<String>,
    /// Where the addresses come from, for people: a registry's answer, the register.
    pub found: String,
    /// Its first line.
    pub subject: String,
    /// What people read.
    pub text: String,
    /// The report that machines read, X-ARF v4.
    pub report: Option<String>,
    /// What happened to it: seconds since 1970, the state's word, words of whoever entered it.
    pub steps: Vec<NoticeStep>,
}

/// Something that happened to a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeStep {
    /// When, seconds since 1970.
    pub at: u64,
    /// The state's word.
    pub state: String,
    /// More, in words.
    pub words: String,
}

impl Document for NoticePaper {
    const KIND: &'static str = "measure-notice";
}

impl NoticePaper {
    /// The ticket of its steps.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`]: the steps do not follow each other.
    pub fn ticket(&self, reference: Reference) -> Result<Ticket, LiaisonError> {
        let mut steps = self.steps.iter();
        let begun = steps
            .next()
            .ok_or_else(|| refused("steps", "there are none"))?;
        let mut ticket = Ticket::draft(reference, Seconds(begun.at));
        for step in steps {
            let state = State::from_name(&step.state);
            let state =
                state.ok_or_else(|| refused("state", format!("`{}` is none", step.state)))?;
            let taken = ticket.step(Seconds(step.at), state);
            taken.map_err(|error| refused("state", error.to_string()))?;
        }
        Ok(ticket)
    }

    /// The change that writes it for the first time.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`]: it is too long.
    pub fn begin(
        &self,
        reference: Reference,
        at: Seconds,
        by: &str,
    ) -> Result<Change, LiaisonError> {
        let report = self.report.as_ref().map_or(0, String::len);
        if self.text.len() > TEXT_BYTES_MAX || report > TEXT_BYTES_MAX {
            return Err(refused(
                "text",
                format!("longer than {TEXT_BYTES_MAX} bytes"),
            ));
        }
        let begun = Self {
            steps: vec![NoticeStep {
                at: at.0,
                state: State::Drafted.name().to_owned(),
                words: String::new(),
            }],
            ..self.clone()
        };
        let standing = Standing {
            state: State::Drafted.name(),
            due: None,
            at: at.0,
            by,
        };
        first(OFFICE, &reference.to_string(), &begun, standing)
    }
}

/// A notice by its reference.
///
/// # Errors
/// [`LiaisonError::Missing`], [`LiaisonError::Unreadable`], what the store says.
pub async fn notice(
    store: &dyn Store,
    reference: Reference,
) -> Result<Written<NoticePaper>, LiaisonError> {
    newest(store, OFFICE, &reference.to_string()).await
}

/// Notices, of one measure or all; `true` beside them where there are more than `NOTICES_MAX`.
///
/// # Errors
/// As [`notice`].
pub async fn notices(
    store: &dyn Store,
    measure: Option<&str>,
) -> Result<(Vec<Written<NoticePaper>>, bool), LiaisonError> {
    let (mut found, more) = all::<NoticePaper>(store, View::All, None, NOTICES_MAX).await?;
    found.retain(|one| measure.is_none() || one.said.measure.as_deref() == measure);
    Ok((found, more))
}

/// Enters what happened to a notice.
///
/// # Errors
/// [`LiaisonError::Refused`] where it does not follow; as [`notice`].
pub async fn keep_notice(
    store: &dyn Store,
    reference: Reference,
    state: State,
    words: &str,
    at: Seconds,
    by: &str,
) -> Result<Written<NoticePaper>, LiaisonError> {
    let written = notice(store, reference).await?;
    let mut said = written.said.clone();
    let words = words.trim();
    if words.len() > TEXT_BYTES_MAX {
        return Err(refused(
            "words",
            format!("longer than {TEXT_BYTES_MAX} bytes"),
        ));
    }
    said.steps.push(NoticeStep {
        at: at.0,
        state: state.name().to_owned(),
        words: words.to_owned(),
    });
    said.ticket(reference)?;
    let standing = Standing {
        state: state.name(),
        due: None,
        at: at.0,
        by,
    };
    store.apply(&[written.next(&said, standing)?]).await?;
    notice(store, reference).await
}
