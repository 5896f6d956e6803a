//! Alerts as they are kept. In: alerts, answers. Out: papers of their owners, lists, the rates of each source. Never: an alert of another owner; an answer that is lost when a
//! sighting comes at the same moment.

use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::{Alert, Answer, AnswerRow, Rates};
use sakimori_exchange::feed::Kind;
use sakimori_exchange::list::What;
use sakimori_store::{NEWEST, Papers, Store, StoreError, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest sum of the fields that are kept of the last sighting, in bytes; what lies behind is counted.
const FIELDS_BYTES_MAX: usize = 32 << 10;
/// How often an act that came at the moment of another is tried anew.
pub(super) const TRIES_MAX: usize = 8;

/// An alert as its paper says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertPaper {
    /// The owner's registered thing.
    pub asset: String,
    /// What was seen.
    pub what: String,
    /// What it means.
    pub kind: String,
    /// What it is, in the source's word.
    pub about: String,
    /// The best grade of the sightings.
    pub grade: String,
    /// Who saw it.
    pub sources: Vec<String>,
    /// Whether a form was read that nobody compared with its maker's software.
    pub unverified: bool,
    /// When it was first seen.
    pub first: u64,
    /// When it was last seen.
    pub last: u64,
    /// How often it was seen.
    pub count: u64,
    /// The fields of the last sighting.
    pub fields: Vec<(String, String)>,
    /// How many fields were left out.
    pub fields_cut: usize,
    /// Answers, the last one behind.
    pub answers: Vec<Answered>,
    /// The feeds that it was written from, the last one behind.
    pub feeds: Vec<String>,
    /// What warning lists say of what was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The answer's word.
    pub answer: String,
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: u64,
}

impl Document for AlertPaper {
    const KIND: &'static str = "alert";
}

/// Which alert is the open one of owner, thing, kind and word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThreadPaper {
    pub(super) alert: String,
}

impl Document for ThreadPaper {
    const KIND: &'static str = "alert-thread";
}

const ANSWERS: [(Answer, &str); 4] = [
    (Answer::Seen, "seen"),
    (Answer::Acted, "acted"),
    (Answer::False, "false"),
    (Answer::NotRelevant, "not-relevant"),
];

/// The word of an answer.
pub fn answer_word(answer: Answer) -> &'static str {
    let found = ANSWERS.iter().find(|(each, _)| *each == answer);
    found.map_or("", |(_, word)| word)
}

/// The answer of a word.
pub fn answer_of(word: &str) -> Option<Answer> {
    let found = ANSWERS.iter().find(|(_, each)| *each == word);
    found.map(|(answer, _)| *answer)
}

const KINDS: [Kind; 3] = [Kind::ActiveCompromise, Kind::Vulnerability, Kind::Exposure];

impl AlertPaper {
    pub(super) fn of(alert: &Alert, feeds: Vec<String>, unverified: bool) -> Self {
        let mut room = FIELDS_BYTES_MAX;
        let mut fields = Vec::new();
        for (name, text) in &alert.fields {
            match room.checked_sub(name.len() + text.len()) {
                Some(left) => room = left,
                None => continue,
            }
            fields.push((name.clone(), text.clone()));
        }
        let answered = alert.answers.iter().map(|row| Answered {
            answer: answer_word(row.answer).to_owned(),
            by: row.by.clone(),
            at: row.at.0,
        });
        Self {
            asset: alert.asset.to_string(),
            what: alert.what.to_string(),
            kind: alert.kind.name().to_owned(),
            about: alert.about.clone(),
            grade: alert.grade.to_string(),
            sources: alert.sources.iter().cloned().collect(),
            unverified,
            first: alert.first.0,
            last: alert.last.0,
            count: alert.count,
            fields_cut: alert.fields.len() - fields.len(),
            fields,
            answers: answered.collect(),
            feeds,
            warnings: Vec::new(),
        }
    }

    /// The state of its paper: the last answer, or `open`.
    pub fn state(&self) -> &str {
        self.answers
            .last()
            .map_or("open", |row| row.answer.as_str())
    }

    /// What a webhook or interface says of it.
    pub fn shown(&self, id: &str) -> Shown<'_> {
        Shown {
            id: id.to_owned(),
            state: self.state(),
            asset: &self.asset,
            what: &self.what,
            kind: &self.kind,
            about: &self.about,
            grade: &self.grade,
            sources: &self.sources,
            unverified: self.unverified,
            first: Seconds(self.first).to_string(),
            last: Seconds(self.last).to_string(),
            count: self.count,
            warnings: &self.warnings,
        }
    }
}

/// An alert for who receives it: without the fields of the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown<'a> {
    /// Its id.
    pub id: String,
    /// `open`, or the last answer.
    pub state: &'a str,
    /// The owner's registered thing.
    pub asset: &'a str,
    /// What was seen.
    pub what: &'a str,
    /// What it means.
    pub kind: &'a str,
    /// What it is, in the source's word.
    pub about: &'a str,
    /// The best grade of the sightings.
    pub grade: &'a str,
    /// Who saw it.
    pub sources: &'a [String],
    /// Whether a form was read that nobody compared with its maker's software.
    pub unverified: bool,
    /// When it was first seen.
    pub first: String,
    /// When it was last seen.
    pub last: String,
    /// How often.
    pub count: u64,
    /// What warning lists say of what was seen.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub warnings: &'a [String],
}

fn unreadable(id: &str) -> LiaisonError {
    LiaisonError::Refused {
        field: format!("alert `{id}`"),
        rule: "is not what this program writes: the database was changed beside it".to_owned(),
    }
}

/// The alert that a paper says.
pub(super) fn alert(written: &Written<AlertPaper>) -> Result<Alert, LiaisonError> {
    let bad = || unreadable(&written.id);
    let said = &written.said;
    let thing = |text: &str| What::read(text).map_err(|_| bad());
    let kind = KINDS.into_iter().find(|kind| kind.name() == said.kind);
    let answers = said.answers.iter().map(|row| {
        Some(AnswerRow {
            answer: answer_of(&row.answer)?,
            by: row.by.clone(),
            at: Seconds(row.at),
        })
    });
    Ok(Alert {
        id: unhex(&written.id).ok_or_else(bad)?,
        owner: written.owner.clone(),
        asset: thing(&said.asset)?,
        what: thing(&said.what)?,
        kind: kind.ok_or_else(bad)?,
        about: said.about.clone(),
        grade: said.grade.parse().map_err(|_| bad())?,
        sources: said.sources.iter().cloned().collect(),
        first: Seconds(said.first),
        last: Seconds(said.last),
        count: said.count,
        fields: said.fields.clone(),
        answers: answers.collect::<Option<_>>().ok_or_else(bad)?,
    })
}

/// The id of an alert's paper.
pub(super) fn id_of(alert: &Alert) -> String {
    hex(&alert.id)
}

/// One alert of an owner.
///
/// # Errors
/// [`LiaisonError::Missing`], also where it is another's; what the store says.
pub async fn one(
    store: &(impl Papers + ?Sized),
    owner: &str,
    id: &str,
) -> Result<Written<AlertPaper>, LiaisonError> {
    paper::newest(store, owner, id).await
}

/// Alerts, those that changed last first, at most 100, those `before` a place; with a state those that stand there.
///
/// # Errors
/// What the store says.
pub async fn latest(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    state: Option<&str>,
    before: Option<u64>,
) -> Result<Vec<Written<AlertPaper>>, LiaisonError> {
    let before = before.unwrap_or(NEWEST);
    let kept = store.latest(view, AlertPaper::KIND, state, before).await?;
    kept.into_iter().map(paper::read).collect()
}

/// Takes an owner's answer.
///
/// # Errors
/// [`LiaisonError::Missing`], also where the alert is another's; what the store says.
pub async fn answer(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    id: &str,
    answer: Answer,
) -> Result<AlertPaper, LiaisonError> {
    let mut tries = 0;
    loop {
        let kept = one(store, act.owner, id).await?;
        let mut alert = alert(&kept)?;
        alert.answer(answer, act.by, act.at);
        let said = AlertPaper {
            fields_cut: kept.said.fields_cut,
            warnings: kept.said.warnings.clone(),
            ..AlertPaper::of(&alert, kept.said.feeds.clone(), kept.said.unverified)
        };
        let changes = [
            kept.next(&said, act.standing(said.state(), None))?,
            act.audit("answer-alert", id, answer_word(answer).to_owned()),
        ];
        tries += 1;
        match store.apply(&changes).await {
            // A sighting came between: the answer is about what it is now.
            Err(StoreError::Stale { .. }) if tries < TRIES_MAX => {}
            done => return done.map(|()| said).map_err(LiaisonError::from),
        }
    }
}

/// What owners say about each source, over the alerts in a view; at most `most` of them, and `true` beside them where there are more.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn source_rates(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    most: usize,
) -> Result<(BTreeMap<String, Rates>, bool), LiaisonError> {
    let (all, more) = paper::all::<AlertPaper>(store, view, None, most).await?;
    let alerts: Result<Vec<Alert>, LiaisonError> = all.iter().map(alert).collect();
    Ok((rates(&alerts?), more))
}

/// The rates of some alerts, by source.
pub fn rates(alerts: &[Alert]) -> BTreeMap<String, Rates> {
    let rows = sakimori_exchange::alert::rates(alerts.iter());
    rows.into_iter()
        .map(|(source, rates)| (source.to_owned(), rates))
        .collect()
}
