//! Approvals come. In: bytes of a set of files. Out: events for the engine, a rehearsal of what was approved, an answer. Never: a permit that the gate did not let through.

use super::hand::{Job, Rehearsing};
use super::owner::told;
use super::{Answer, Runner, Told};
use crate::approvals::{ApprovalError, Bundle, Held};
use sakimori_custody::ids::AuthorityId;
use sakimori_respond::engine::Deed;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long a rehearsal may take, in milliseconds.
const REHEARSAL_WAIT_MS: u64 = 8_000;

/// A rehearsal that is not over.
pub(super) struct Rehearsal {
    left: usize,
    faults: Vec<Value>,
    /// Targets of which nobody could tell where they lead.
    unanswered: Vec<Value>,
    /// The level that was approved.
    pub(super) level: u64,
    begun_ms: u64,
    body: Value,
    answer: Answer<Told>,
}

impl Rehearsal {
    fn end(self, is_whole: bool) {
        let mut body = self.body;
        if let Some(body) = body.as_object_mut() {
            body.insert("rehearsed".to_owned(), json!(is_whole));
            body.insert("faults".to_owned(), json!(self.faults));
            body.insert("unanswered".to_owned(), json!(self.unanswered));
        }
        (self.answer)(Told { status: 200, body });
    }
}

fn status(error: &ApprovalError) -> u16 {
    match error {
        ApprovalError::Bundle(_) | ApprovalError::OtherId | ApprovalError::Target(..) => 400,
        ApprovalError::Refused(_) | ApprovalError::Protected(_) => 403,
        ApprovalError::Full => 503,
        ApprovalError::Disk(_) => 500,
    }
}

impl Runner {
    /// Takes an approval, or a part of one.
    pub(super) fn approve(&mut self, id: Option<AuthorityId>, bytes: &[u8], answer: Answer<Told>) {
        let bundle = match Bundle::parse(bytes) {
            Ok(bundle) => bundle,
            Err(error) => {
                answer(told(400, &error.to_string()));
                return;
            }
        };
        let now = self.time.asked();
        let lists = &self.lists;
        let protects = |held: &Held| {
            let mut allowed = held.permit.allowed.iter();
            allowed.find_map(|one| lists.refuse(one.deed, &one.target, held.level, now))
        };
        let words = |held: &Held| protects(held).map(crate::lists::Protects::into_words);
        let taken = self.approvals.take(id, bundle, now, &words);
        if let Some((who, cosigned)) = taken.cosigned {
            self.time.witness(who, cosigned);
        }
        for event in taken.events {
            self.give(event);
        }
        self.prove();
        self.withhold();
        let held = match taken.held {
            Ok(held) => held,
            Err(error) => {
                tracing::warn!(%error, "an approval is not taken");
                let name = match &error {
                    ApprovalError::Refused(refused) => refused.name(),
                    _ => "not-taken",
                };
                let body = json!({"refused": name, "detail": error.to_string()});
                answer(Told {
                    status: status(&error),
                    body,
                });
                return;
            }
        };
        let permit = &held.permit;
        let known = self
            .engine
            .state()
            .is_approved(&permit.measure, permit.revision);
        let body = json!({
            "statement": held.statement.to_string(),
            "measure": held.id.to_string(),
            "revision": permit.revision,
            "effects": permit.allowed.len(),
            "not_before": permit.not_before.to_string(),
            "not_after": permit.not_after.to_string(),
            "lease": held.lease.map(|lease| lease.to_string()),
            "in_force": known,
        });
        self.rehearse(&held, body, answer);
    }

    /// Asks each substrate whether it would take what was approved.
    fn rehearse(&mut self, held: &Held, body: Value, answer: Answer<Told>) {
        let mut of: BTreeMap<usize, Vec<(Deed, String)>> = BTreeMap::new();
        let mut faults = Vec::new();
        for one in &held.permit.allowed {
            match self.by.get(&one.deed) {
                Some(hand) => {
                    let all = of.entry(*hand).or_default();
                    all.push((one.deed, one.target.clone()));
                }
                None => faults.push(json!({
                    "deed": one.deed.name(),
                    "target": one.target,
                    "fault": "no substrate here does this",
                })),
            }
        }
        self.rehearsed += 1;
        let number = self.rehearsed;
        let effects: Vec<(Deed, String)> = of.values().flatten().cloned().collect();
        let (lookups, unasked) = self.look_up(number, &effects);
        let unasked = unasked.into_iter();
        let unanswered = unasked
            .map(|target| json!({"target": target, "why": "too many names are being looked up"}))
            .collect();
        let rehearsal = Rehearsal {
            left: of.len() + lookups,
            faults,
            unanswered,
            level: held.level,
            begun_ms: self.counted(),
            body,
            answer,
        };
        if of.is_empty() {
            rehearsal.end(true);
            return;
        }
        self.rehearsals.insert(number, rehearsal);
        for (hand, effects) in of {
            if let Some(hand) = self.hands.get(hand) {
                hand.give(Job::Rehearse(Rehearsing::of(number, effects)));
            }
        }
    }

    pub(super) fn rehearsed_by(
        &mut self,
        number: u64,
        faults: Vec<(Deed, String, crate::substrate::Fault)>,
    ) {
        let faults = faults.into_iter().map(|(deed, target, fault)| {
            json!({"deed": deed.name(), "target": target, "fault": fault.to_string()})
        });
        self.rehearsal_part(number, faults, None);
    }

    /// A part of a rehearsal is over: a hand's, or a look-up.
    pub(super) fn rehearsal_part(
        &mut self,
        number: u64,
        faults: impl IntoIterator<Item = Value>,
        unanswered: Option<Value>,
    ) {
        let Some(rehearsal) = self.rehearsals.get_mut(&number) else {
            return;
        };
        rehearsal.left = rehearsal.left.saturating_sub(1);
        rehearsal.faults.extend(faults);
        rehearsal.unanswered.extend(unanswered);
        if rehearsal.left == 0
            && let Some(rehearsal) = self.rehearsals.remove(&number)
        {
            rehearsal.end(true);
        }
    }

    pub(super) fn late_rehearsals(&mut self, counted: u64) {
        let late: Vec<u64> = self
            .rehearsals
            .iter()
            .filter(|(_, one)| counted.saturating_sub(one.begun_ms) >= REHEARSAL_WAIT_MS)
            .map(|(number, _)| *number)
            .collect();
        for number in late {
            self.lookups.forget(number);
            if let Some(rehearsal) = self.rehearsals.remove(&number) {
                rehearsal.end(false);
            }
        }
    }
}
