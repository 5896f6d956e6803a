//! Who sees which part. In: a case, an instant. Out: what the reporter sees, what one maker sees. Never: in a maker's part another maker, that there is one, or anything that follows
//! from one's acts; the reporter's words or name; in the reporter's part what a maker said.
//!
//! The office sees the room itself. What its people write to a party, that party reads: also why an hour was changed, which all parties read.

use super::event::Actor;
use super::maker::{ClockState, Notice, Request, Told, Word};
use super::{Letter, Room, Stage, maker_stage};
use crate::publish::case::MakerState;
use sakimori_custody::time::Seconds;
use serde::Serialize;

/// A change of the hour as all parties see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HourSeen {
    /// When it was changed.
    #[serde(with = "crate::text")]
    pub at: Seconds,
    /// The new hour, with its zone.
    pub hour: String,
    /// Why.
    pub why: String,
    /// Whether it was set because it had become known.
    pub leaked: bool,
}

/// What all parties see of the hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Embargo {
    /// The hour in force, with its zone; none where none is set.
    pub hour: Option<String>,
    /// The same instant in UTC.
    #[serde(with = "crate::text::option")]
    pub utc: Option<Seconds>,
    /// Every change, by the office, the first one first.
    pub changes: Vec<HourSeen>,
    /// Since when it is public.
    #[serde(with = "crate::text::option")]
    pub public_since: Option<Seconds>,
}

/// What one maker sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MakerView {
    /// The case.
    pub case: String,
    /// The maker.
    pub maker: String,
    /// How far the case has come as this maker knows it.
    pub stage: Stage,
    /// Where its products stand.
    pub state: MakerState,
    /// Until when its answer is waited for.
    #[serde(with = "crate::text::option")]
    pub answer_by: Option<Seconds>,
    /// The hour.
    pub embargo: Embargo,
    /// What it was told.
    pub told: Vec<Told>,
    /// What it said.
    pub said: Vec<Word>,
    /// Official requests, each with its clock.
    pub requests: Vec<(Request, ClockState)>,
    /// Urgent notices.
    pub notices: Vec<Notice>,
}

/// What the reporter sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReporterView {
    /// The case; none before there is one.
    pub case: String,
    /// How far it has come.
    pub stage: Stage,
    /// The hour.
    pub embargo: Embargo,
    /// What was said: when, whether by the office, what.
    pub letters: Vec<(String, bool, String)>,
    /// Why nothing more is done.
    pub closed: Option<String>,
}

impl Room {
    /// What all parties see of the hour.
    pub fn embargo(&self, now: Seconds) -> Embargo {
        let seen = |change: &super::HourChange| HourSeen {
            at: change.at,
            hour: change.hour.to_string(),
            why: change.why.clone(),
            leaked: change.leaked,
        };
        let releases = self.releases().into_iter().map(|(_, release)| release);
        Embargo {
            hour: self.hour().map(|hour| hour.to_string()),
            utc: self.hour().map(|hour| hour.at),
            changes: self.hours.iter().map(seen).collect(),
            public_since: releases.min().filter(|release| *release <= now),
        }
    }

    /// What a maker sees; none where it is not in the case.
    pub fn for_maker(&self, name: &str, now: Seconds) -> Option<MakerView> {
        let maker = self.makers.get(name)?;
        let stage = if self.closed.is_some() {
            Stage::Closed
        } else if self.is_public(now) {
            Stage::Published
        } else {
            maker_stage(maker, now)
        };
        let clocked = |request: &Request| (request.clone(), request.clock(now));
        Some(MakerView {
            case: self.id.clone(),
            maker: name.to_owned(),
            stage,
            state: maker.state(now),
            answer_by: maker.waits_until(),
            embargo: self.embargo(now),
            told: maker.told.clone(),
            said: maker.said.clone(),
            requests: maker.requests.iter().map(clocked).collect(),
            notices: maker.notices.clone(),
        })
    }

    /// The maker into whose room a link leads.
    pub fn maker_of_link(&self, hash: &str, now: Seconds) -> Option<&str> {
        let opens = |maker: &super::Maker| {
            let mut links = maker.links.iter();
            links.any(|link| link.opens(hash, now))
        };
        let found = self.makers.iter().find(|(_, maker)| opens(maker));
        found.map(|(name, _)| name.as_str())
    }

    /// What the reporter sees.
    pub fn for_reporter(&self, now: Seconds) -> ReporterView {
        let letter = |letter: &Letter| {
            let by_office = letter.by != Actor::Reporter;
            (
                letter.said.at.to_string(),
                by_office,
                letter.said.text.clone(),
            )
        };
        ReporterView {
            case: self.id.clone(),
            stage: self.stage(now),
            embargo: self.embargo(now),
            letters: self.letters.iter().map(letter).collect(),
            closed: self.closed.as_ref().map(|closed| closed.text.clone()),
        }
    }
}
