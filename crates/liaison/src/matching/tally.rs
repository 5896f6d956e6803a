//! What advisories come to, in numbers. In: papers of matches. Out: by advisory, how many operators and assets it concerns. Never: an operator's name.

use super::question::MatchPaper;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a paper comes to.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// Place of its last version.
    sequence: u64,
    advisory: (String, String),
    title: String,
    affected: u64,
    not_affected: u64,
    questions: u64,
}

impl Tally {
    pub(super) fn of(sequence: u64, paper: &MatchPaper) -> Self {
        let count = |outcome: &str| {
            let rows = paper.rows.iter().filter(|row| row.outcome == outcome);
            rows.count() as u64
        };
        Self {
            sequence,
            advisory: paper.advisory.clone(),
            title: paper.title.clone(),
            affected: count("affected"),
            not_affected: count("not-affected"),
            questions: count("question"),
        }
    }

    const fn is_empty(&self) -> bool {
        self.affected + self.not_affected + self.questions == 0
    }
}

/// What an advisory comes to, for the office: exact numbers, which are not for a maker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Place of what was written last about it.
    pub place: u64,
    /// Namespace of its publisher and tracking id.
    pub advisory: (String, String),
    /// Its title.
    pub title: String,
    /// Operators whose assets may be meant.
    pub operators: u64,
    /// Assets that are affected.
    pub affected: u64,
    /// Assets that are not.
    pub not_affected: u64,
    /// Questions that are open.
    pub questions: u64,
}

/// By advisory, those that changed last first.
pub(super) fn told<'t>(tallies: impl Iterator<Item = (&'t String, &'t Tally)>) -> Vec<Told> {
    let mut all: BTreeMap<&(String, String), (Told, BTreeSet<&String>)> = BTreeMap::new();
    for (owner, tally) in tallies {
        let none = || {
            let told = Told {
                place: 0,
                advisory: tally.advisory.clone(),
                title: String::new(),
                operators: 0,
                affected: 0,
                not_affected: 0,
                questions: 0,
            };
            (told, BTreeSet::new())
        };
        let (told, owners) = all.entry(&tally.advisory).or_insert_with(none);
        if tally.sequence > told.place {
            told.place = tally.sequence;
            told.title.clone_from(&tally.title);
        }
        told.affected += tally.affected;
        told.not_affected += tally.not_affected;
        told.questions += tally.questions;
        if !tally.is_empty() {
            owners.insert(owner);
        }
    }
    let counted = all.into_values().map(|(told, owners)| Told {
        operators: owners.len() as u64,
        ..told
    });
    let mut out: Vec<Told> = counted.collect();
    out.sort_by_key(|told| std::cmp::Reverse(told.place));
    out
}
