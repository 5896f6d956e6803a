//! A maker in a case. In: what it was told, what it said, requests, notices. Out: where its products stand at an instant, its clocks. Never: silence taken for an answer; an
//! answer taken for silence.

use super::event::Notifier;
use crate::publish::case::MakerState;
use sakimori_custody::time::Seconds;
use serde::Serialize;

/// A maker and all that passed between it and the office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maker {
    /// Its place among the events: a version that was approved before does not name it.
    pub(super) place: usize,
    /// Where it is written to.
    pub contact: Option<String>,
    /// What it was told.
    pub told: Vec<Told>,
    /// What it said.
    pub said: Vec<Word>,
    /// Official requests.
    pub requests: Vec<Request>,
    /// Urgent notices.
    pub notices: Vec<Notice>,
    /// Links into its room.
    pub links: Vec<Link>,
}

/// What a maker was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// When.
    #[serde(with = "crate::text")]
    pub at: Seconds,
    /// What.
    pub text: String,
    /// Until when an answer is waited for.
    #[serde(with = "crate::text")]
    pub answer_by: Seconds,
    #[serde(skip)]
    pub(super) place: usize,
}

/// What a maker said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// When.
    #[serde(with = "crate::text")]
    pub at: Seconds,
    /// Where its products stand.
    pub state: MakerState,
    /// In its own words.
    pub words: Option<String>,
    /// Whether somebody of the office wrote down what the maker said elsewhere.
    pub by_office: bool,
    /// The coordinator that wrote down what the maker said to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    #[serde(skip)]
    pub(super) place: usize,
}

/// An official request for measures (Act 42/2025 art. 42). The maker has to endeavour; no fine follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// When it was issued.
    #[serde(with = "crate::text")]
    pub at: Seconds,
    /// Whose it is.
    pub minister: String,
    /// The number of its letter among those to this maker, from 1.
    pub letter: usize,
    /// Why there is a basis.
    pub ground: String,
    /// What is requested.
    pub text: String,
    /// By when an answer is due.
    #[serde(with = "crate::text")]
    pub reply_by: Seconds,
    /// The answer.
    pub reply: Option<Said>,
    /// Why it was taken back, if it was.
    pub withdrawn: Option<Said>,
}

/// A text with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// When.
    #[serde(with = "crate::text")]
    pub at: Seconds,
    /// What.
    pub text: String,
}

/// An urgent notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// When.
    #[serde(with = "crate::text")]
    pub at: Seconds,
    /// The number of its letter among those to this maker, from 1.
    pub letter: usize,
    /// Who notified.
    pub notifier: Notifier,
    /// Name of the office that notified.
    pub minister: String,
    /// Why there was no time.
    pub urgency: String,
    /// What the maker was told.
    pub text: String,
}

/// A link into a maker's room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
    /// The second from which it opens nothing.
    pub until: Seconds,
}

impl Link {
    /// Whether a secret of this hash opens a room at an instant.
    pub(super) fn opens(&self, hash: &str, now: Seconds) -> bool {
        self.hash == hash && self.until > now
    }
}

/// Where a clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockState {
    /// It runs.
    Running,
    /// It is over, and nothing came.
    Late,
    /// Something came in time.
    Done,
    /// Something came, late.
    DoneLate,
    /// It was taken back.
    Withdrawn,
}

impl Request {
    /// Where its clock stands. The last second is in time.
    pub fn clock(&self, now: Seconds) -> ClockState {
        match (&self.reply, &self.withdrawn) {
            (Some(reply), _) if reply.at <= self.reply_by => ClockState::Done,
            (Some(_), _) => ClockState::DoneLate,
            (None, Some(_)) => ClockState::Withdrawn,
            (None, None) if now <= self.reply_by => ClockState::Running,
            (None, None) => ClockState::Late,
        }
    }

    /// Whether it waits for an answer.
    pub const fn is_open(&self) -> bool {
        self.reply.is_none() && self.withdrawn.is_none()
    }
}

impl Maker {
    /// Where its products stand at an instant.
    pub fn state(&self, now: Seconds) -> MakerState {
        standing(self.told.last(), self.said.last(), now)
    }

    /// The same as far as a version of a publication knows it: all that had come when it was approved, and what came before its hour.
    pub(super) fn state_for(&self, (place, release): (usize, Seconds)) -> MakerState {
        let told = self
            .told
            .iter()
            .rfind(|told| told.place < place || told.at < release);
        let said = self
            .said
            .iter()
            .rfind(|said| said.place < place || said.at < release);
        standing(told, said, release)
    }

    /// Its last words that somebody read before the version was approved.
    pub(super) fn words_for(&self, place: usize) -> Option<&str> {
        let said = self.said.iter().rfind(|said| said.place < place)?;
        said.words.as_deref()
    }

    /// The number of the next official letter to it. It counts its own alone: a number of the case would tell how much others are written to.
    pub fn next_letter(&self) -> usize {
        self.requests.len() + self.notices.len() + 1
    }

    /// Until when its answer is waited for, where it has not come.
    pub fn waits_until(&self) -> Option<Seconds> {
        let told = self.told.last()?;
        let answered = self.said.iter().any(|said| said.place > told.place);
        let known = self
            .said
            .last()
            .is_some_and(|said| said.state != MakerState::Unknown);
        (!answered && !known).then_some(told.answer_by)
    }
}

/// What a maker said last counts. One that was asked, and has since not said anything that decides it, is silent once its time is over.
fn standing(told: Option<&Told>, said: Option<&Word>, now: Seconds) -> MakerState {
    let known = said.map_or(MakerState::Unknown, |said| said.state);
    let Some(told) = told.filter(|_| known == MakerState::Unknown) else {
        return known;
    };
    let answered = said.is_some_and(|said| said.place > told.place);
    if answered || now <= told.answer_by {
        MakerState::Unknown
    } else {
        MakerState::Silent
    }
}
