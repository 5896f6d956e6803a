//! An alert and what becomes of it. In: sightings that match, answers, the time. Out: one alert for one thing however often it is seen, and what owners say about each
//! source. Never: two alerts for one thing at one time.

use super::register::Match;
use crate::feed::{Grade, Kind, Sighting};
use crate::list::What;
use sakimori_custody::time::Seconds;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Most sources that one alert names.
pub const SOURCES_MAX: usize = 64;

/// What an owner answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It was seen.
    Seen,
    /// Something was done about it.
    Acted,
    /// It is not so.
    False,
    /// It is so, and of no matter to the owner.
    NotRelevant,
}

/// An answer with who gave it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// The answer.
    pub answer: Answer,
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: Seconds,
}

/// How long things stay one alert. The operator's schedule says them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Seconds without a sighting after which the next one is a new alert.
    pub quiet_seconds: u64,
    /// Seconds for which an answer of `False` or `NotRelevant` keeps the same sighting from being told again.
    pub muted_seconds: u64,
}

/// An alert to one owner about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its identifier: what makes two sightings one alert, and when it began.
    pub id: [u8; 16],
    /// The owner.
    pub owner: String,
    /// The owner's registered thing.
    pub asset: What,
    /// What was seen.
    pub what: What,
    /// What it means.
    pub kind: Kind,
    /// What it is, in the source's word.
    pub about: String,
    /// The best grade of the sightings.
    pub grade: Grade,
    /// Who saw it.
    pub sources: BTreeSet<String>,
    /// When it was first seen.
    pub first: Seconds,
    /// When it was last seen.
    pub last: Seconds,
    /// How often it was seen.
    pub count: u64,
    /// The fields of the last sighting.
    pub fields: Vec<(String, String)>,
    /// Answers, the last one behind.
    pub answers: Vec<AnswerRow>,
}

/// What a further sighting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The same, seen again: nobody is told.
    Same,
    /// The same, and the owner said that it is false or of no matter.
    Muted,
    /// A new alert: the old one is over, or was acted on.
    New,
}

/// Most answers that are kept of one alert.
pub const ANSWERS_MAX: usize = 100;

impl Alert {
    /// What makes two sightings one alert, for a look-up of the open one: owner, thing, kind and word.
    pub fn key(owner: &str, sighting: &Sighting) -> [u8; 32] {
        let mut hash = Sha256::new();
        let what = sighting.what.to_string();
        for part in [owner, &what, sighting.kind.name(), &sighting.about] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// Opens an alert.
    pub fn open(of: &Match<'_>, sighting: &Sighting) -> Self {
        let mut hash = Sha256::new();
        hash.update(Self::key(of.owner, sighting));
        hash.update(sighting.when.0.to_be_bytes());
        let mut id = [0u8; 16];
        for (to, from) in id.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        Self {
            id,
            owner: of.owner.to_owned(),
            asset: of.asset.clone(),
            what: sighting.what.clone(),
            kind: sighting.kind,
            about: sighting.about.clone(),
            grade: sighting.grade,
            sources: BTreeSet::from([sighting.source.clone()]),
            first: sighting.when,
            last: sighting.when,
            count: 1,
            fields: sighting.fields.clone(),
            answers: Vec::new(),
        }
    }

    /// The last answer.
    pub fn answered(&self) -> Option<&AnswerRow> {
        self.answers.last()
    }

    /// Takes a further sighting with the same key. For [`Again::New`] nothing changes, and the caller opens a new alert.
    pub fn again(&mut self, sighting: &Sighting, windows: Windows) -> Again {
        let over = sighting.when > self.last.plus(windows.quiet_seconds);
        let verdict = match self.answered().map(|row| (row.answer, row.at)) {
            Some((Answer::Acted, at)) if sighting.when > at => Again::New,
            Some((Answer::False | Answer::NotRelevant, at)) => {
                if sighting.when > at.plus(windows.muted_seconds) {
                    Again::New
                } else {
                    Again::Muted
                }
            }
            _ if over => Again::New,
            _ => Again::Same,
        };
        if verdict == Again::New {
            return verdict;
        }
        self.count = self.count.saturating_add(1);
        self.first = self.first.min(sighting.when);
        if sighting.when >= self.last {
            self.last = sighting.when;
            self.fields.clone_from(&sighting.fields);
        }
        self.grade = self.grade.min(sighting.grade);
        if self.sources.len() < SOURCES_MAX {
            self.sources.insert(sighting.source.clone());
        }
        verdict
    }

    /// Takes an answer. Whether it was kept: of more than [`ANSWERS_MAX`] the first ones go.
    pub fn answer(&mut self, answer: Answer, by: &str, at: Seconds) {
        if self.answers.len() == ANSWERS_MAX {
            self.answers.remove(0);
        }
        self.answers.push(AnswerRow {
            answer,
            by: by.to_owned(),
            at,
        });
    }
}

/// What owners say about a source. Each alert counts once, by its last answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Alerts.
    pub alerts: u64,
    /// Not answered.
    pub silent: u64,
    /// Seen.
    pub seen: u64,
    /// Acted on.
    pub acted: u64,
    /// Not so.
    pub not_so: u64,
    /// Of no matter.
    pub not_relevant: u64,
}

impl Rates {
    /// The share of answers other than `Seen` that say that it is not so, in thousandths; nothing without such answers.
    pub const fn false_per_mille(&self) -> Option<u64> {
        let judged = self.acted + self.not_so + self.not_relevant;
        match (self.not_so * 1000).checked_div(judged) {
            Some(share) => Some(share),
            None => None,
        }
    }
}

/// The rates of each source.
pub fn rates<'a>(alerts: impl Iterator<Item = &'a Alert>) -> BTreeMap<&'a str, Rates> {
    let mut out: BTreeMap<&str, Rates> = BTreeMap::new();
    for alert in alerts {
        for source in &alert.sources {
            let row = out.entry(source).or_default();
            row.alerts += 1;
            match alert.answered().map(|row| row.answer) {
                None => row.silent += 1,
                Some(Answer::Seen) => row.seen += 1,
                Some(Answer::Acted) => row.acted += 1,
                Some(Answer::False) => row.not_so += 1,
                Some(Answer::NotRelevant) => row.not_relevant += 1,
            }
        }
    }
    out
}
