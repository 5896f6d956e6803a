//! What the engine remembers, and what it asks for. In: records in their order. Out: the state that they come to. Never: a state that no records lead to.

use super::model::{
    CommandId, Effect, Holder, InForce, Intent, Key, Permit, Ticket, Wish, producer,
};
use super::{ANSWERS_MAX, Status};
use sakimori_custody::time::Seconds;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An approval came whose proof holds.
    Permit(Permit),
    /// Approvals of a measure up to a revision are void.
    Revoked {
        /// The measure.
        measure: [u8; 32],
        /// The largest revision that is void.
        revision: u64,
    },
    /// New effects of an approval may begin until then.
    Lease {
        /// The measure.
        measure: [u8; 32],
        /// The approval's revision.
        revision: u64,
        /// The last second.
        until: Seconds,
    },
    /// A measure is held back: what it has in force ends, nothing of it begins.
    Suspended {
        /// The measure.
        measure: [u8; 32],
        /// By whom.
        by: Holder,
    },
    /// Who held a measure back lets it go on.
    Resumed {
        /// The measure.
        measure: [u8; 32],
        /// Who.
        by: Holder,
    },
    /// A command came.
    Command(Intent),
    /// The substrate has put an effect in force, or not.
    Applied {
        /// Which.
        key: Key,
        /// Of the ask that is answered.
        ticket: Ticket,
        /// Whether it is.
        well: bool,
    },
    /// The substrate has taken an effect back, or not.
    Removed {
        /// Which.
        key: Key,
        /// Of the ask that is answered.
        ticket: Ticket,
        /// Whether it is gone.
        well: bool,
    },
    /// All that is in force at the moment in which it is given.
    Seen(Vec<InForce>),
    /// The owner stops everything: all is taken back, nothing new begins.
    Stopped,
    /// The owner lets it go on.
    Freed,
    /// Time has passed.
    Tick,
}

/// What has to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Make it durable before anything that stands behind it.
    Keep(Record),
    /// Put it in force, with a timer of the substrate.
    Apply(Ticket, Effect),
    /// Take it back.
    Remove(Ticket, Key),
    /// Say what is in force, by [`Event::Seen`].
    Look,
    /// Answer a command.
    Say(CommandId, Answer),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How it went.
    pub status: Status,
    /// The same for people.
    pub words: String,
}

impl Answer {
    /// An answer.
    pub fn new(status: Status, words: impl Into<String>) -> Self {
        Self {
            status,
            words: words.into(),
        }
    }
}

/// A durable fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An approval.
    Permit(Permit),
    /// An approval's last second has passed.
    PermitOver {
        /// The measure.
        measure: [u8; 32],
        /// The approval's revision.
        revision: u64,
    },
    /// Approvals are void.
    Revoked {
        /// The measure.
        measure: [u8; 32],
        /// The largest revision that is void.
        revision: u64,
    },
    /// Until when new effects of an approval may begin.
    Lease {
        /// The measure.
        measure: [u8; 32],
        /// The approval's revision.
        revision: u64,
        /// The last second.
        until: Seconds,
    },
    /// A measure is held back.
    Suspended {
        /// The measure.
        measure: [u8; 32],
        /// By whom.
        by: Holder,
    },
    /// Who held a measure back lets it go on.
    Resumed {
        /// The measure.
        measure: [u8; 32],
        /// Who.
        by: Holder,
    },
    /// Which command of a producer on an effect was the last, where nothing else says so.
    Revision {
        /// The effect.
        key: Key,
        /// Whose.
        producer: String,
        /// Its number.
        revision: u64,
    },
    /// A command of anybody took an effect back, or found nothing of it.
    Undone {
        /// The effect.
        key: Key,
        /// Its number.
        revision: u64,
        /// When it came, by our own clock.
        at: Seconds,
    },
    /// A command is being done.
    Waiting {
        /// Its number.
        id: CommandId,
        /// SHA-256 of what it says.
        digest: [u8; 32],
        /// Which command on the effect it is.
        revision: u64,
        /// The effect.
        key: Key,
        /// Until when; nothing for one that takes it back.
        until: Option<Seconds>,
    },
    /// A command was answered.
    Answered {
        /// Its number.
        id: CommandId,
        /// SHA-256 of what it says.
        digest: [u8; 32],
        /// The answer.
        answer: Answer,
    },
    /// An effect is not wanted any more.
    Ended(Key),
    /// An effect that was to go on longer ends when it was to end before.
    Kept {
        /// Which.
        key: Key,
        /// The first second in which it is not in force any more.
        until: Seconds,
    },
    /// The owner stopped everything.
    Stopped,
    /// The owner let it go on.
    Freed,
}

/// What is wanted of one effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The first second in which it is not wanted any more.
    pub(super) until: Seconds,
}

/// The last commands on one effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Orders {
    /// Of each producer.
    last: BTreeMap<String, u64>,
    /// Of anybody that took it back.
    undone: Undone,
}

impl Orders {
    fn records(&self, key: &Key) -> impl Iterator<Item = Record> {
        let last = self
            .last
            .iter()
            .map(|(producer, revision)| Record::Revision {
                key: key.clone(),
                producer: producer.clone(),
                revision: *revision,
            });
        let undone = (self.undone != Undone::default()).then(|| Record::Undone {
            key: key.clone(),
            revision: self.undone.revision,
            at: self.undone.at,
        });
        last.chain(undone)
    }
}

/// The commands that took an effect back, whoever sent them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Undone {
    /// The largest number.
    revision: u64,
    /// When the last one came, by our own clock.
    at: Seconds,
}

impl Undone {
    /// Whether a command that begins stands behind them: it is the earlier by its number and was made before the last of them came. A number alone holds nothing off: each producer chooses its own.
    pub(super) fn holds_off(self, revision: u64, created: Seconds) -> bool {
        revision <= self.revision && created <= self.at
    }
}

/// What records come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Approvals by measure and revision: each ends by its own window, a later one takes nothing from an earlier.
    pub(super) permits: BTreeMap<([u8; 32], u64), Permit>,
    pub(super) revoked: BTreeMap<[u8; 32], u64>,
    pub(super) leases: BTreeMap<([u8; 32], u64), Seconds>,
    pub(super) held: BTreeMap<[u8; 32], BTreeSet<Holder>>,
    pub(super) wanted: BTreeMap<Key, Wanted>,
    pub(super) waiting: BTreeMap<CommandId, Wish>,
    orders: BTreeMap<Key, Orders>,
    pub(super) answers: BTreeMap<CommandId, ([u8; 32], Answer)>,
    answered: VecDeque<CommandId>,
    pub(super) stopped: bool,
}

impl State {
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each record, and nothing else"
    )]
    pub(super) fn take(&mut self, record: Record) {
        match record {
            Record::Permit(permit) => {
                self.permits
                    .insert((permit.measure, permit.revision), permit);
            }
            Record::PermitOver { measure, revision } => {
                self.permits.remove(&(measure, revision));
                self.leases.remove(&(measure, revision));
                if self.of(&measure).next().is_none() {
                    self.orders.retain(|key, _| key.measure != measure);
                }
            }
            Record::Revoked { measure, revision } => {
                self.revoked.insert(measure, revision);
            }
            Record::Lease {
                measure,
                revision,
                until,
            } => {
                self.leases.insert((measure, revision), until);
            }
            Record::Suspended { measure, by } => {
                self.held.entry(measure).or_default().insert(by);
            }
            Record::Resumed { measure, by } => {
                if let Some(holders) = self.held.get_mut(&measure) {
                    holders.remove(&by);
                    if holders.is_empty() {
                        self.held.remove(&measure);
                    }
                }
            }
            Record::Revision {
                key,
                producer,
                revision,
            } => self.ordered(key, &producer, revision),
            Record::Undone { key, revision, at } => {
                let undone = &mut self.orders.entry(key).or_default().undone;
                undone.revision = undone.revision.max(revision);
                undone.at = undone.at.max(at);
            }
            Record::Waiting {
                id,
                digest,
                revision,
                key,
                until,
            } => {
                // Where a journal was written anew, [`Record::Revision`] says it.
                if revision > 0 {
                    self.ordered(key.clone(), producer(&id), revision);
                }
                // A command that takes back is the end of what is wanted, also where the engine falls before it says so.
                let before = match until {
                    Some(until) => self.wanted.insert(key.clone(), Wanted { until }),
                    None => self.wanted.remove(&key),
                };
                let before = before.map(|wanted| wanted.until);
                self.waiting.insert(
                    id,
                    Wish {
                        digest,
                        key,
                        until,
                        before,
                    },
                );
            }
            Record::Answered { id, digest, answer } => {
                self.waiting.remove(&id);
                if self.answers.insert(id.clone(), (digest, answer)).is_none() {
                    self.answered.push_back(id);
                }
                if self.answered.len() > ANSWERS_MAX
                    && let Some(oldest) = self.answered.pop_front()
                {
                    self.answers.remove(&oldest);
                }
            }
            Record::Ended(key) => {
                self.wanted.remove(&key);
            }
            Record::Kept { key, until } => {
                self.wanted.insert(key, Wanted { until });
            }
            Record::Stopped => self.stopped = true,
            Record::Freed => self.stopped = false,
        }
    }

    /// A command of a producer was taken.
    fn ordered(&mut self, key: Key, producer: &str, revision: u64) {
        let orders = self.orders.entry(key).or_default();
        let last = orders.last.entry(producer.to_owned()).or_default();
        *last = revision.max(*last);
    }

    /// The last command of a producer on an effect, 0 where there was none; what took it back.
    pub(super) fn last(&self, key: &Key, producer: &str) -> (u64, Undone) {
        let orders = self.orders.get(key);
        let of = orders.and_then(|orders| orders.last.get(producer));
        let undone = orders.map(|orders| orders.undone);
        (of.copied().unwrap_or(0), undone.unwrap_or_default())
    }

    /// Whether an approval that is not void allows an effect, now or later.
    pub(super) fn is_allowed(&self, key: &Key) -> bool {
        let mut allowed = self.valid(&key.measure).flat_map(|permit| &permit.allowed);
        allowed.any(|one| one.deed == key.deed && one.target == key.target)
    }

    /// The approvals of a measure.
    fn of(&self, measure: &[u8; 32]) -> impl Iterator<Item = &Permit> {
        let range = (*measure, 0)..=(*measure, u64::MAX);
        self.permits.range(range).map(|(_, permit)| permit)
    }

    /// The approvals of a measure that are not void.
    pub(super) fn valid(&self, measure: &[u8; 32]) -> impl Iterator<Item = &Permit> {
        let void = self.revoked.get(measure).copied();
        self.of(measure)
            .filter(move |permit| void.is_none_or(|void| permit.revision > void))
    }

    /// The approvals that cover an effect now and until a second.
    pub(super) fn allowing(
        &self,
        key: &Key,
        until: Seconds,
        now: Seconds,
    ) -> impl Iterator<Item = &Permit> {
        self.valid(&key.measure).filter(move |permit| {
            let mut allowed = permit.allowed.iter();
            let covered = allowed.any(|one| one.deed == key.deed && one.target == key.target);
            covered && permit.not_before <= now && until.0 <= permit.not_after.0.saturating_add(1)
        })
    }

    /// The last second in which new effects of an approval may begin.
    pub(super) fn lease_of(&self, permit: &Permit) -> Seconds {
        let at = (permit.measure, permit.revision);
        self.leases.get(&at).copied().unwrap_or_default()
    }

    pub(super) fn is_held_by(&self, measure: &[u8; 32], by: Holder) -> bool {
        self.held
            .get(measure)
            .is_some_and(|holders| holders.contains(&by))
    }

    /// Whether somebody holds a measure back.
    pub fn is_held(&self, measure: &[u8; 32]) -> bool {
        self.held.contains_key(measure)
    }

    /// Measures that are held back, and by whom.
    pub fn held(&self) -> impl Iterator<Item = (&[u8; 32], &BTreeSet<Holder>)> {
        self.held.iter()
    }

    /// Approvals that are stored, void ones too.
    pub fn permits(&self) -> impl Iterator<Item = &Permit> {
        self.permits.values()
    }

    /// Whether an approval of a measure with this revision is stored and not void.
    pub fn is_approved(&self, measure: &[u8; 32], revision: u64) -> bool {
        self.valid(measure).any(|one| one.revision == revision)
    }

    /// The largest revision of a measure that is void.
    pub fn void(&self, measure: &[u8; 32]) -> Option<u64> {
        self.revoked.get(measure).copied()
    }

    /// The last second in which new effects of an approval may begin, where there was a lease.
    pub fn leased(&self, measure: &[u8; 32], revision: u64) -> Option<Seconds> {
        self.leases.get(&(*measure, revision)).copied()
    }

    /// Whether a command was answered.
    pub fn is_answered(&self, id: &str) -> bool {
        self.answers.contains_key(id)
    }

    /// Commands that wait for their answer.
    pub fn waiting(&self) -> impl Iterator<Item = (&CommandId, &Wish)> {
        self.waiting.iter()
    }

    /// The shortest records that come to this state: for a journal that is written anew.
    pub fn records(&self) -> Vec<Record> {
        let mut out = Vec::new();
        out.extend(self.permits.values().cloned().map(Record::Permit));
        let revoked = self.revoked.iter();
        out.extend(revoked.map(|(measure, revision)| Record::Revoked {
            measure: *measure,
            revision: *revision,
        }));
        let leases = self.leases.iter();
        out.extend(leases.map(|((measure, revision), until)| Record::Lease {
            measure: *measure,
            revision: *revision,
            until: *until,
        }));
        for (measure, holders) in &self.held {
            out.extend(holders.iter().map(|by| Record::Suspended {
                measure: *measure,
                by: *by,
            }));
        }
        let kept = |key: &Key, until: Seconds| Record::Kept {
            key: key.clone(),
            until,
        };
        for (id, wish) in &self.waiting {
            // What it was to be before is said first, so that the command finds it.
            out.push(match wish.before {
                Some(before) => kept(&wish.key, before),
                None => Record::Ended(wish.key.clone()),
            });
            out.push(Record::Waiting {
                id: id.clone(),
                digest: wish.digest,
                revision: 0,
                key: wish.key.clone(),
                until: wish.until,
            });
            out.push(Record::Ended(wish.key.clone()));
        }
        out.extend(
            self.wanted
                .iter()
                .map(|(key, wanted)| kept(key, wanted.until)),
        );
        for id in &self.answered {
            if let Some((digest, answer)) = self.answers.get(id) {
                out.push(Record::Answered {
                    id: id.clone(),
                    digest: *digest,
                    answer: answer.clone(),
                });
            }
        }
        for (key, orders) in &self.orders {
            out.extend(orders.records(key));
        }
        if self.stopped {
            out.push(Record::Stopped);
        }
        out
    }

    /// What is wanted now, and until when.
    pub fn wanted(&self) -> impl Iterator<Item = (&Key, Seconds)> {
        self.wanted.iter().map(|(key, wanted)| (key, wanted.until))
    }

    /// Whether the owner has stopped it.
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }
}
