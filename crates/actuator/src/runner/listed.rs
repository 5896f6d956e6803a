//! Protected lists at the runner: those that changed, those that are brought, and what they mean for measures in force. In: readings, bundles. Out: measures that are held back, answers. Never: a list that is read on the runner's own thread; a measure that is let
//! go on because nobody can tell.

use super::{Answer, Message, Runner, Told};
use crate::lists::{ListsError, Protects, Read, Reading};
use sakimori_custody::ids::hex;
use sakimori_respond::engine::{Event, Holder, Key};
use sakimori_respond::safety::list::{BundleError, Newest};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the lists of now say of a measure.
enum Verdict {
    Free,
    Met,
    Unknown,
}

fn refused(error: &ListsError) -> Told {
    let detail = error.to_string();
    match error {
        ListsError::Bundle(BundleError::Older { known, .. }) => Told {
            status: 409,
            body: json!({"refused": "lists-older", "version": known, "detail": detail}),
        },
        ListsError::Bundle(_) | ListsError::Protected(_) => Told {
            status: 403,
            body: json!({"refused": "lists-refused", "detail": detail}),
        },
        _ => Told {
            status: 500,
            body: json!({"refused": "not-taken", "detail": detail}),
        },
    }
}

fn in_use(newest: Option<Newest>) -> Value {
    json!({
        "version": newest.map(|newest| newest.version),
        "sha256": newest.map(|newest| hex(&newest.digest)),
    })
}

impl Runner {
    /// Reads, beside all else.
    fn read(&mut self, reading: Reading) {
        let to = self.to.clone();
        let started = std::thread::Builder::new()
            .name("lists".to_owned())
            .spawn(move || {
                // Where the runner has ended, nobody waits for it.
                let _ = to.send(Message::Listed(Box::new(reading.run())));
            });
        if let Err(error) = started {
            tracing::error!(%error, "protected lists cannot be read");
            self.lists.failed();
            self.listed(None);
        }
    }

    /// Reads again what has changed.
    pub(super) fn lists_again(&mut self) {
        let (root, now) = (self.approvals.root(), self.time.now().time());
        if let Some(reading) = self.lists.again(&root, now) {
            self.read(reading);
        }
    }

    /// A bundle is brought.
    pub(super) fn bring_lists(&mut self, note: Vec<u8>, file: Vec<u8>, answer: Answer<Told>) {
        let (root, now) = (self.approvals.root(), self.time.asked());
        match self.lists.bring(note, file, &root, now) {
            Some(reading) => {
                self.bringing = Some(answer);
                self.read(reading);
            }
            None => answer(super::owner::told(503, "other lists are being read")),
        }
    }

    /// What came of a reading; nothing where none was possible.
    pub(super) fn listed(&mut self, read: Option<Read>) {
        let done = read.map(|read| self.lists.take(read));
        if let Some(Ok(true)) = done {
            self.told_unlisted = false;
            self.judge_lists();
        }
        let Some(answer) = self.bringing.take() else {
            return;
        };
        answer(match done {
            None => super::owner::told(503, "protected lists cannot be read now"),
            Some(Err(error)) => refused(&error),
            Some(Ok(is_new)) => {
                let mut body = in_use(self.lists.in_use());
                if let Some(body) = body.as_object_mut() {
                    body.insert("new".to_owned(), json!(is_new));
                    body.insert("held_back".to_owned(), json!(self.held_by_lists()));
                }
                Told { status: 200, body }
            }
        });
    }

    /// Which bundle is in use.
    pub(super) fn lists_shown(&self) -> Told {
        Told {
            status: 200,
            body: in_use(self.lists.in_use()),
        }
    }

    fn held_by_lists(&self) -> Vec<String> {
        let held = self.engine.state().held();
        let held = held.filter(|(_, by)| by.contains(&Holder::Lists));
        held.map(|(measure, _)| self.id(measure)).collect()
    }

    /// Holds back measures whose targets are protected now, and lets go those that are not any more.
    pub(super) fn judge_lists(&mut self) {
        let now = self.time.now().time();
        let state = self.engine.state();
        let mut verdicts: BTreeMap<[u8; 32], Verdict> = BTreeMap::new();
        for permit in state.permits() {
            let void = state.void(&permit.measure);
            if void.is_some_and(|void| void >= permit.revision) || now > permit.not_after {
                continue;
            }
            for one in &permit.allowed {
                let key = Key {
                    measure: permit.measure,
                    deed: one.deed,
                    target: one.target.clone(),
                };
                let verdict = verdicts.entry(permit.measure).or_insert(Verdict::Free);
                match (self.protects(&key), &*verdict) {
                    (Some(Protects::Hit(why)), Verdict::Free | Verdict::Unknown) => {
                        tracing::error!(why, "a measure meets what is protected and is held back");
                        *verdict = Verdict::Met;
                    }
                    (Some(Protects::Unknown(_)), Verdict::Free) => *verdict = Verdict::Unknown,
                    _ => {}
                }
            }
        }
        let by = Holder::Lists;
        for (measure, verdict) in verdicts {
            match verdict {
                Verdict::Met => self.give(Event::Suspended { measure, by }),
                Verdict::Free => self.give(Event::Resumed { measure, by }),
                Verdict::Unknown => {}
            }
        }
    }

    /// Why a target is refused by the lists of now, before it is known where it leads.
    pub(super) fn listed_of(&self, key: &Key) -> Option<Protects> {
        let now = self.time_shown();
        let level = self
            .approvals
            .level(&key.measure, key.deed, &key.target, now);
        self.lists.refuse(key.deed, &key.target, level, now)
    }

    /// Why an effect is refused by the lists of now, with what was seen of its target when it began.
    pub(super) fn protects(&self, key: &Key) -> Option<Protects> {
        let now = self.time_shown();
        let level = self
            .approvals
            .level(&key.measure, key.deed, &key.target, now);
        let seen = self.led_of(key).unwrap_or_default().seen;
        self.lists
            .refuse_led(key.deed, &key.target, &seen, level, now)
    }
}
