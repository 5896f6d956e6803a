//! Rounds of looks. In: what each hand has in force. Out: one whole picture for the engine. Never: a picture in which a substrate that does not answer seems empty.

use super::hand::{self, Job};
use super::{Done, ROUND_WAIT_MS, Runner};
use crate::substrate::Fault;
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Event, InForce, Key};
use std::collections::{BTreeMap, BTreeSet};

/// A round that is not over.
pub(super) struct Round {
    waits_for: BTreeSet<usize>,
    until_ms: u64,
}

impl Runner {
    /// Begins a round where it is time, or `now`.
    pub(super) fn look(&mut self, now: bool) {
        let counted = self.counted();
        if let Some(round) = &self.round {
            if counted < round.until_ms {
                return;
            }
            // Who has not answered in this time is told as one that cannot be seen.
            for hand in round.waits_for.clone() {
                self.unheard(hand, "it does not answer");
            }
            self.round = None;
            self.see();
        }
        if !now && counted.saturating_sub(self.looked_ms) < self.look_ms {
            return;
        }
        self.looked_ms = counted;
        self.round = Some(Round {
            waits_for: (0..self.hands.len()).collect(),
            until_ms: counted.saturating_add(ROUND_WAIT_MS),
        });
        for hand in &self.hands {
            hand.give(Job::Look);
        }
        if self.hands.is_empty() {
            self.round = None;
            self.see();
        }
    }

    fn unheard(&mut self, hand: usize, why: &str) {
        let name = self.hands.get(hand).map_or("", |hand| hand.name);
        if let Some(seen) = self.seen.get_mut(hand) {
            if seen.fault.is_none() {
                tracing::error!(substrate = name, why, "what is in force cannot be seen");
            }
            seen.fault = Some(why.to_owned());
        }
    }

    /// What a hand has done.
    pub(super) fn done(&mut self, hand: usize, done: Done) {
        match done {
            Done::Before(ticket, effect, Ok(before)) => self.started(hand, ticket, effect, before),
            Done::Before(ticket, effect, Err(fault)) => {
                self.starting.remove(&effect.key);
                self.failed(hand, &fault);
                self.give(Event::Applied {
                    key: effect.key,
                    ticket,
                    well: false,
                });
            }
            Done::Applied(ticket, effect, done) => {
                let well = done.is_ok();
                match done {
                    Ok(()) => self.there(hand, &effect.key, Some(effect.until)),
                    Err(fault) => self.failed(hand, &fault),
                }
                self.give(Event::Applied {
                    key: effect.key,
                    ticket,
                    well,
                });
            }
            Done::Removed(ticket, key, done) => {
                let well = done.is_ok();
                match done {
                    Ok(()) => {
                        self.there(hand, &key, None);
                        self.met.remove(&key);
                    }
                    Err(fault) => self.failed(hand, &fault),
                }
                self.give(Event::Removed { key, ticket, well });
                self.settle_releases();
            }
            Done::Looked(looked, told) => self.looked(hand, looked, told),
            Done::Released(done) => self.released(hand, &done),
            Done::Rehearsed(number, faults) => self.rehearsed_by(number, faults),
        }
    }

    fn there(&mut self, hand: usize, key: &Key, until: Option<Seconds>) {
        let seen = self.seen.get_mut(hand);
        let Some(there) = seen.and_then(|seen| seen.there.as_mut()) else {
            return;
        };
        match until {
            Some(until) => {
                there.insert(key.clone(), until);
            }
            None => {
                there.remove(key);
            }
        }
    }

    pub(super) fn failed(&self, hand: usize, fault: &Fault) {
        let name = self.hands.get(hand).map_or("", |hand| hand.name);
        tracing::error!(substrate = name, %fault, "a substrate refused");
    }

    fn looked(&mut self, hand: usize, looked: Result<Vec<InForce>, Fault>, told: hand::Told) {
        if let Some(seen) = self.seen.get_mut(hand) {
            seen.counts = told.counts;
        }
        match looked {
            Err(fault) => self.unheard(hand, &fault.to_string()),
            Ok(found) => {
                let found: BTreeMap<Key, Seconds> =
                    found.into_iter().map(|one| (one.key, one.until)).collect();
                let before = self.seen.get(hand).and_then(|seen| seen.there.as_ref());
                let wanted: BTreeMap<&Key, Seconds> = self.engine.state().wanted().collect();
                let now = self.time_shown();
                let gone: Vec<&Key> = before
                    .into_iter()
                    .flatten()
                    .map(|(key, _)| key)
                    .filter(|key| !found.contains_key(*key))
                    // What ends in this moment is no gap.
                    .filter(|key| wanted.get(key).is_some_and(|until| until.0 > now.0 + 2))
                    .collect();
                self.gaps += gone.len() as u64;
                let is_known = |key: &Key| before.is_some_and(|before| before.contains_key(key));
                let orphans: Vec<(&Key, &Seconds)> = found
                    .iter()
                    .filter(|(key, _)| !wanted.contains_key(key) && !is_known(key))
                    // What ends in this moment is none either.
                    .filter(|(_, until)| until.0.abs_diff(now.0) > 2)
                    .collect();
                self.orphans += orphans.len() as u64;
                for (key, until) in orphans {
                    tracing::warn!(target = key.target, deed = %key.deed, %until, "an effect that nobody wants was found in force; it is taken back");
                }
                for key in gone {
                    tracing::error!(target = key.target, deed = %key.deed, "an effect was gone that nobody took back; it is put in force again");
                }
                if let Some(seen) = self.seen.get_mut(hand) {
                    seen.there = Some(found);
                    seen.fault = None;
                }
                self.met.extend(told.met);
            }
        }
        let over = self.round.as_mut().is_some_and(|round| {
            round.waits_for.remove(&hand);
            round.waits_for.is_empty()
        });
        if over {
            self.round = None;
            self.see();
        }
        self.settle_releases();
    }

    /// Gives the engine the whole picture. A substrate that was never heard is taken to have what the journal wants of it, one that does not answer now what it had.
    fn see(&mut self) {
        let mut all = Vec::new();
        let in_force = |(key, until): (&Key, Seconds)| InForce {
            key: key.clone(),
            until,
        };
        for (number, seen) in self.seen.iter().enumerate() {
            if let Some(there) = &seen.there {
                all.extend(there.iter().map(|(key, until)| in_force((key, *until))));
            } else {
                let of = |(key, _): &(&Key, Seconds)| self.by.get(&key.deed) == Some(&number);
                let wanted = self.engine.state().wanted();
                all.extend(wanted.filter(of).map(in_force));
            }
        }
        self.give(Event::Seen(all));
    }
}
