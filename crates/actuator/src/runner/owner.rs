//! The owner's word. In: stop, hold, free, release. Out: what came of it, when it is so. Never: a question to the platform; a stop that waits behind other work.

use super::hand::Job;
use super::{Answer, RELEASE_WAIT_MS, Runner, Told, Under};
use crate::substrate::Fault;
use sakimori_authority::measure::family;
use sakimori_custody::ids::AuthorityId;
use sakimori_respond::engine::{Event, Holder};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::sync::atomic::Ordering;

/// An owner who waits until something is gone.
pub(super) struct Releasing {
    /// The measures; none for everything.
    measures: Vec<[u8; 32]>,
    /// Hands that have not released everything yet.
    waits_for: BTreeSet<usize>,
    faults: Vec<String>,
    begun_ms: u64,
    answer: Answer<Told>,
}

impl Runner {
    /// Everything is taken back, nothing new begins: until the owner frees it.
    pub(super) fn stop(&mut self, answer: Answer<Told>) {
        // First what no disk and no queue can hold up.
        self.halt.store(true, Ordering::SeqCst);
        for hand in &self.hands {
            hand.give(Job::Release);
        }
        let mut faults = Vec::new();
        if let Err(error) = self.flag.set(true) {
            faults.push(format!("the stop is not on the disk: {error}"));
        }
        tracing::warn!("the owner stops everything");
        self.give(Event::Stopped);
        self.releases.push(Releasing {
            measures: Vec::new(),
            waits_for: (0..self.hands.len()).collect(),
            faults,
            begun_ms: self.counted(),
            answer,
        });
        self.settle_releases();
    }

    /// Lets everything, or one measure, go on.
    pub(super) fn free(&mut self, measure: Option<AuthorityId>) -> Told {
        if let Some(id) = measure {
            let (measure, by) = (family(id), Holder::Owner);
            self.give(Event::Resumed { measure, by });
            return told(200, "the owner does not hold the measure back any more");
        }
        if let Err(error) = self.flag.set(false) {
            return told(500, &format!("the disk does not take it: {error}"));
        }
        self.give(Event::Freed);
        if !self.owed.is_empty() {
            return told(
                500,
                "the journal does not take it; a restart would stop again",
            );
        }
        self.halt.store(false, Ordering::SeqCst);
        tracing::warn!("the owner lets it go on");
        told(
            200,
            "commands are taken again; what was taken back stays so",
        )
    }

    /// One measure is taken back, and nothing of it begins until the owner frees it.
    pub(super) fn release(&mut self, id: AuthorityId, answer: Answer<Told>) {
        let (measure, by) = (family(id), Holder::Owner);
        tracing::warn!(measure = %id, "the owner releases a measure");
        self.give(Event::Suspended { measure, by });
        self.releases.push(Releasing {
            measures: vec![measure],
            waits_for: BTreeSet::new(),
            faults: Vec::new(),
            begun_ms: self.counted(),
            answer,
        });
        self.settle_releases();
    }

    /// Nothing new begins, or it does again. What is in force stays, and what was taken before goes on.
    pub(super) fn hold(&mut self, on: bool) -> Told {
        let set = self.hold.set(on);
        tracing::warn!(on, "the owner lets nothing new begin");
        match (set, on) {
            (Ok(()), true) => told(200, "nothing new begins; what is in force stays"),
            (Ok(()), false) => told(200, "new effects are taken again"),
            (Err(error), true) => told(
                500,
                &format!("nothing new begins, but a restart may forget it: {error}"),
            ),
            (Err(error), false) => told(
                500,
                &format!("new effects are taken again, but a restart may forget it: {error}"),
            ),
        }
    }

    /// All of an authority is taken back, and nothing of it begins until the owner frees it: also of approvals that come later.
    pub(super) fn release_all(&mut self, under: Under, answer: Answer<Told>) {
        tracing::warn!(%under, "the owner releases all of an authority");
        let covered = self.approvals.held().filter(|held| under.covers(held));
        let measures = covered.map(|held| held.permit.measure).collect();
        let mut faults = Vec::new();
        match self.withheld.add(under) {
            Err(error) if error.kind() == ErrorKind::QuotaExceeded => {
                answer(told(
                    503,
                    "as many authorities are released as may be; nothing was done",
                ));
                return;
            }
            Err(error) => faults.push(format!("the release is not on the disk: {error}")),
            Ok(()) => {}
        }
        self.withhold();
        self.releases.push(Releasing {
            measures,
            waits_for: BTreeSet::new(),
            faults,
            begun_ms: self.counted(),
            answer,
        });
        self.settle_releases();
    }

    /// Lets all of an authority go on.
    pub(super) fn free_all(&mut self, under: &Under) -> Told {
        if let Err(error) = self.withheld.remove(under) {
            return told(500, &format!("the disk does not take it: {error}"));
        }
        tracing::warn!(%under, "the owner lets all of an authority go on");
        self.withhold();
        told(200, "the owner does not hold it back any more")
    }

    /// Holds back measures of authorities that the owner has released, and lets go on those of which nothing is.
    pub(super) fn withhold(&mut self) {
        let by = Holder::Authority;
        let now = self.time_shown();
        let state = self.engine.state();
        let held = state.held().filter(|(_, by_whom)| by_whom.contains(&by));
        let mut all: BTreeMap<[u8; 32], bool> = held.map(|(id, _)| (*id, false)).collect();
        for held in self.approvals.held() {
            let permit = &held.permit;
            let void = state.void(&permit.measure);
            let void = void.is_some_and(|void| void >= permit.revision);
            if !void && now <= permit.not_after && self.withheld.covers(held) {
                all.insert(permit.measure, true);
            }
        }
        for (measure, is_released) in all {
            self.give(if is_released {
                Event::Suspended { measure, by }
            } else {
                Event::Resumed { measure, by }
            });
        }
    }

    pub(super) fn released(&mut self, hand: usize, done: &Result<(), Fault>) {
        match done {
            Ok(()) => {
                if let Some(there) = self.seen.get_mut(hand).and_then(|seen| seen.there.as_mut()) {
                    there.clear();
                }
            }
            Err(fault) => self.failed(hand, fault),
        }
        for one in &mut self.releases {
            if one.waits_for.remove(&hand)
                && let Err(fault) = done
            {
                one.faults.push(fault.to_string());
            }
        }
        self.settle_releases();
    }

    /// Answers owners whose word is done.
    pub(super) fn settle_releases(&mut self) {
        let mut waiting = Vec::new();
        for one in std::mem::take(&mut self.releases) {
            let left = one.measures.iter().any(|measure| self.is_left(measure));
            if !one.waits_for.is_empty() || left {
                waiting.push(one);
                continue;
            }
            let ms = self.counted().saturating_sub(one.begun_ms);
            let status = if one.faults.is_empty() { 200 } else { 500 };
            (one.answer)(Told {
                status,
                body: json!({"released": one.faults.is_empty(), "milliseconds": ms, "faults": one.faults}),
            });
        }
        self.releases = waiting;
    }

    /// Whether something of a measure is still in force, as far as is known.
    fn is_left(&self, measure: &[u8; 32]) -> bool {
        let there = self.seen.iter().filter_map(|seen| seen.there.as_ref());
        let mut keys = there.flat_map(|there| there.keys());
        keys.any(|key| key.measure == *measure)
    }

    pub(super) fn late_releases(&mut self, counted: u64) {
        let mut waiting = Vec::new();
        for one in std::mem::take(&mut self.releases) {
            if counted.saturating_sub(one.begun_ms) < RELEASE_WAIT_MS {
                waiting.push(one);
                continue;
            }
            (one.answer)(Told {
                status: 500,
                body: json!({"released": false, "faults": one.faults, "waits": "a substrate has not answered; it is tried again at each look"}),
            });
        }
        self.releases = waiting;
    }
}

pub(super) fn told(status: u16, words: &str) -> Told {
    Told {
        status,
        body: json!({"detail": words}),
    }
}
