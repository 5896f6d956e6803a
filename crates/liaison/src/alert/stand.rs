//! Where a registration stands. In: what its paper says, the time. Out: its state, by when something has to happen, what the last looks gave. Never: a look; a state that the proof
//! does not have by the rules.

use super::Timing;
use super::registration::{Claim, RegistrationPaper};
use crate::asset::Act;
use sakimori_custody::time::Seconds;
use sakimori_exchange::alert::Method;
use serde::{Deserialize, Serialize};

/// Looks that a paper names; those before are in its earlier versions.
const TRIED_MAX: usize = 20;
/// Longest words of a look that are kept, characters.
const WORDS_CHARS_MAX: usize = 300;

/// What a look gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// When.
    pub at: u64,
    /// Who looked.
    pub by: String,
    /// `shown`; `written` where the contact was written to; `nothing`; or what was found that is not what was asked for: `txt`, `file`, `mail`, `paper`.
    pub found: String,
    /// What the place said, or why it could not be reached.
    pub words: String,
}

/// Keeps what a look gave.
pub(super) fn tried(said: &mut RegistrationPaper, act: &Act<'_>, found: &str, words: &str) {
    let clean = words.chars().take(WORDS_CHARS_MAX);
    let words = clean
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    said.tried.push(Tried {
        at: act.at.0,
        by: act.by.to_owned(),
        found: found.to_owned(),
        words,
    });
    let most = said.tried.len().saturating_sub(TRIED_MAX);
    said.tried.drain(..most);
}

/// Whether the office's node can look by itself: a paper is seen by people alone.
pub(super) const fn looks_by_itself(method: Method) -> bool {
    !matches!(method, Method::RegistryPaper)
}

/// When the office's node looks first at a claim.
pub(super) fn first_look(method: Method, now: Seconds, timing: &Timing) -> Option<u64> {
    looks_by_itself(method).then(|| now.plus(timing.looks.first_delay_seconds).0)
}

/// When it looks next, behind so many looks: each delay is twice as long, up to the longest; nothing where it looked often enough.
pub(super) fn next_look(tries: u32, now: Seconds, timing: &Timing) -> Option<u64> {
    let looks = timing.looks;
    if tries >= looks.tries_max {
        return None;
    }
    let doubled = looks.first_delay_seconds.checked_shl(tries.min(63));
    let delay = doubled.map_or(looks.delay_seconds_max, |delay| {
        delay.clamp(looks.first_delay_seconds, looks.delay_seconds_max)
    });
    Some(now.plus(delay).0)
}

impl Claim {
    /// Until when the challenge can be met.
    pub(super) fn until(&self) -> Seconds {
        Seconds(self.asked_at).plus(self.challenge_seconds)
    }
}

impl RegistrationPaper {
    /// The claim that can still be met.
    pub(super) fn open_claim(&self, now: Seconds) -> Option<&Claim> {
        self.asked.as_ref().filter(|claim| now < claim.until())
    }

    /// From when the operator is to be told that its proof ends; nothing where it was, or where there is none.
    pub(super) fn remind_from(&self, now: Seconds) -> Option<Seconds> {
        let from = self.renewable_from(now)?;
        let shown = self.shown.as_ref().and_then(|claim| claim.verified_at);
        (self.reminded != shown).then_some(from)
    }
}

/// Where a registration stands, and by when something has to happen: a look, a reminder, an end.
pub(super) fn standing(said: &RegistrationPaper, now: Seconds) -> (&'static str, Option<u64>) {
    let holds = said.holds_until(now);
    let open = said.open_claim(now);
    let state = match (holds, open) {
        (Some(_), _) => "shown",
        (None, Some(_)) => "asked",
        (None, None) => "ended",
    };
    let look = open.map(|claim| {
        let until = claim.until().0;
        claim.next_look.map_or(until, |next| next.min(until))
    });
    let end = holds.map(|until| said.remind_from(now).map_or(until.0, |from| from.0));
    (state, look.into_iter().chain(end).min())
}
