//! One owner's actuator: engine, journal, approvals that were proven, a substrate with timers of its own. In: folders, commands as bytes, time. Out: answers as bytes; what is in force. Never: the office's word for what is approved.

use super::super::*;
use super::{Dice, GRACE};
use sakimori_authority::clock::{BoundedClock, Judged};
use sakimori_respond::consumer::{Heard, Known, STEP_MAX, Wanted, hear};
use sakimori_respond::engine::{
    self, Bounds, Deed, Engine, Holder, InForce, Key, Permit, Record as Kept,
};
use sakimori_respond::openc2::{MEDIA_TYPE, Status};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What an authority folder says at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) authority: AuthorityId,
    pub(super) permit: Permit,
    pub(super) lease: u64,
    /// How many suspensions and resumptions were signed, and whether the last one suspends.
    pub(super) suspension: (u64, bool),
    pub(super) revoked: bool,
}

/// What is durable of a folder, and when its stops came.
struct Taken {
    folder: Folder,
    revoked: Option<u64>,
    suspended: Option<u64>,
}

pub(super) struct Site {
    pub(super) name: Name,
    /// How far its wall clock is off.
    pub(super) off: i64,
    counted: u64,
    clock: Option<BoundedClock>,
    remembered: Seconds,
    journal: Vec<Kept>,
    pub(super) engine: Option<Engine>,
    /// What is in force: until which count the substrate's timer lets it, and the end that it was told.
    pub(super) substrate: BTreeMap<Key, (u64, Seconds)>,
    /// Whether the substrate's timers fire.
    pub(super) timers: bool,
    runs: u64,
    pub(super) up_since: Option<u64>,
    /// What it is told next.
    events: VecDeque<engine::Event>,
    /// Answers of the substrate that come late.
    late: Vec<(u64, engine::Event)>,
    /// Effects that the substrate refused to take back the last time.
    refused: BTreeSet<Key>,
    folders: BTreeMap<AuthorityId, Taken>,
    waiting: BTreeMap<String, Wanted>,
    /// Answers for whoever commanded, as bytes.
    pub(super) said: Vec<(String, Vec<u8>)>,
    answers: BTreeMap<String, Vec<Status>>,
    /// Every effect that was in force once, with its end.
    pub(super) ever: BTreeSet<(Key, Seconds)>,
    /// The last command on an effect that was answered as taken back.
    pub(super) taken_back: BTreeMap<Key, u64>,
    pub(super) stopped: Option<u64>,
    pub(super) applied: u64,
}

impl Site {
    pub(super) fn new(number: usize, now: u64, timers: bool, dice: &mut Dice) -> Self {
        let mut site = Self {
            name: name(&format!("edge-{number}")),
            off: 0,
            counted: 1000,
            clock: None,
            remembered: Seconds(0),
            journal: Vec::new(),
            engine: None,
            substrate: BTreeMap::new(),
            timers,
            runs: 0,
            up_since: None,
            events: VecDeque::new(),
            late: Vec::new(),
            refused: BTreeSet::new(),
            folders: BTreeMap::new(),
            waiting: BTreeMap::new(),
            said: Vec::new(),
            answers: BTreeMap::new(),
            ever: BTreeSet::new(),
            taken_back: BTreeMap::new(),
            stopped: None,
            applied: 0,
        };
        site.contact(now);
        site.rise(now, dice);
        site
    }

    const fn wall(&self, now: u64) -> Seconds {
        Seconds(now.saturating_add_signed(self.off))
    }

    /// A signed time comes.
    pub(super) fn contact(&mut self, now: u64) {
        let wall = self.wall(now);
        if let Some(clock) = &mut self.clock {
            clock.witness(1, Seconds(now), self.counted);
            return;
        }
        let begun = BoundedClock::begin(self.remembered, Seconds(now), wall, self.counted);
        self.clock = begun.ok();
    }

    fn judged(&mut self, now: u64) -> Judged {
        let (wall, counted) = (self.wall(now), self.counted);
        let judged = match &mut self.clock {
            Some(clock) => clock.judge(wall, counted),
            None => Judged::Behind(self.remembered),
        };
        self.remembered = judged.time();
        judged
    }

    pub(super) fn rise(&mut self, now: u64, dice: &mut Dice) {
        self.up_since = Some(now);
        self.runs += 1;
        let restored = Engine::restore(Bounds::default(), self.runs, self.journal.clone());
        self.engine = Some(restored);
        self.stand(now, dice);
        self.give(engine::Event::Seen(self.seen()), now, dice);
    }

    pub(super) fn fall(&mut self) {
        self.engine = None;
        self.up_since = None;
        self.events.clear();
        // Whoever waited for an answer waits in vain, and sends again.
        self.waiting.clear();
    }

    /// The machine starts anew: nothing is in force, nothing was counted.
    pub(super) fn power(&mut self) {
        self.fall();
        self.substrate.clear();
        self.clock = None;
        self.counted = 0;
    }

    /// What the proofs come to, told to the engine.
    fn stand(&mut self, now: u64, dice: &mut Dice) {
        let mut events = Vec::new();
        let mut held: BTreeMap<[u8; 32], bool> = BTreeMap::new();
        for Taken { folder, .. } in self.folders.values() {
            let (measure, revision) = (folder.permit.measure, folder.permit.revision);
            if folder.revoked {
                events.push(engine::Event::Revoked { measure, revision });
            }
            *held.entry(measure).or_default() |= folder.suspension.1;
        }
        let by = Holder::Note;
        events.extend(held.into_iter().map(|(measure, held)| {
            if held {
                engine::Event::Suspended { measure, by }
            } else {
                engine::Event::Resumed { measure, by }
            }
        }));
        for folder in self.folders.values().map(|taken| &taken.folder) {
            let (measure, revision) = (folder.permit.measure, folder.permit.revision);
            events.push(engine::Event::Permit(folder.permit.clone()));
            events.push(engine::Event::Lease {
                measure,
                revision,
                until: Seconds(folder.lease),
            });
        }
        for event in events {
            self.give(event, now, dice);
        }
    }

    /// A folder comes; whether it was taken to its end.
    pub(super) fn take(&mut self, folder: &Folder, now: u64, dice: &mut Dice) -> bool {
        if self.engine.is_none() {
            return false;
        }
        let fresh = || Taken {
            folder: folder.clone(),
            revoked: None,
            suspended: None,
        };
        let taken = self.folders.entry(folder.authority).or_insert_with(fresh);
        // An older word does not take a newer one back.
        if folder.suspension.0 >= taken.folder.suspension.0 {
            taken.folder.suspension = folder.suspension;
        }
        taken.folder.lease = taken.folder.lease.max(folder.lease);
        taken.folder.revoked |= folder.revoked;
        if taken.folder.revoked {
            taken.revoked.get_or_insert(now);
        }
        taken.suspended = match (taken.suspended, taken.folder.suspension.1) {
            (since, true) => Some(since.unwrap_or(now)),
            (_, false) => None,
        };
        self.contact(now);
        self.stand(now, dice);
        self.engine.is_some()
    }

    /// A command comes, as bytes.
    pub(super) fn hear(&mut self, body: &[u8], now: u64, dice: &mut Dice) {
        let judged = self.judged(now);
        let Some(engine) = &self.engine else {
            return;
        };
        let known = Known {
            actuator: &self.name,
            deeds: Deed::ALL,
            commands_a_minute: 600,
            state: engine.state(),
            now: judged.time().0 * 1000,
        };
        match hear(body, MEDIA_TYPE, &known) {
            Heard::Say(reply) => {
                let body: serde_json::Value = serde_json::from_slice(body).unwrap();
                let id = body["command_id"].as_str().unwrap().to_owned();
                self.said.push((id, reply.bytes("edge", now * 1000)));
            }
            Heard::Do(wanted) => {
                let intent = wanted.intent.clone();
                self.waiting.insert(intent.id.clone(), *wanted);
                self.give(engine::Event::Command(intent), now, dice);
            }
        }
    }

    fn seen(&self) -> Vec<InForce> {
        let each = self.substrate.iter();
        let seen = each.map(|(key, (_, until))| InForce {
            key: key.clone(),
            until: *until,
        });
        seen.collect()
    }

    /// Gives an event to the engine and does its acts, and then what comes of them; it may fall between any two acts.
    pub(super) fn give(&mut self, event: engine::Event, now: u64, dice: &mut Dice) {
        self.events.push_back(event);
        while let Some(event) = self.events.pop_front() {
            let judged = self.judged(now);
            let Some(engine) = &mut self.engine else {
                self.events.clear();
                return;
            };
            for act in engine.take(event, judged) {
                if dice.one_in(250) {
                    self.fall();
                }
                if self.engine.is_some() {
                    self.act(act, now, dice);
                }
            }
        }
    }

    fn act(&mut self, act: engine::Act, now: u64, dice: &mut Dice) {
        match act {
            engine::Act::Keep(record) => self.journal.push(record),
            engine::Act::Apply(ticket, effect) => {
                self.recorded(dice, |state| {
                    state
                        .wanted()
                        .any(|(key, until)| *key == effect.key && until == effect.until)
                });
                let well = !dice.one_in(15);
                if well || dice.one_in(2) {
                    let timer = self.counted + effect.seconds * 1000;
                    self.substrate
                        .insert(effect.key.clone(), (timer, effect.until));
                    self.ever.insert((effect.key.clone(), effect.until));
                    self.applied += 1;
                }
                if dice.one_in(60) {
                    self.fall();
                    return;
                }
                let key = effect.key;
                self.answer(&engine::Event::Applied { key, ticket, well }, now, dice);
            }
            engine::Act::Remove(ticket, key) => {
                self.recorded(dice, |state| {
                    !state.wanted().any(|(known, _)| *known == key)
                });
                // It refuses once, not for ever.
                let well = !dice.one_in(15) || !self.refused.insert(key.clone());
                if well {
                    self.refused.remove(&key);
                    self.substrate.remove(&key);
                }
                self.answer(&engine::Event::Removed { key, ticket, well }, now, dice);
            }
            engine::Act::Look => self.events.push_back(engine::Event::Seen(self.seen())),
            engine::Act::Say(id, answer) => {
                let wanted = self.waiting.get(&id);
                let ends = wanted.is_some_and(|wanted| wanted.intent.until.is_none());
                // An end that is doubled is judged anew each time: all of its answers are true when they are given.
                if !ends {
                    let says = self.answers.entry(id.clone()).or_default();
                    says.push(answer.status);
                }
                let Some(wanted) = wanted else {
                    return;
                };
                if answer.status == Status::Ok && wanted.intent.until.is_none() {
                    let last = self.taken_back.entry(wanted.intent.key.clone());
                    let last = last.or_default();
                    // The text's revision stands above the number of the step.
                    *last = (*last).max(wanted.intent.revision & STEP_MAX);
                }
                let bytes = wanted.reply(&answer, None).bytes("edge", now * 1000);
                self.said.push((id, bytes));
            }
        }
    }

    /// What is durable leads to an act; looked at now and then, for it reads the whole journal.
    fn recorded(&self, dice: &mut Dice, holds: impl Fn(&engine::State) -> bool) {
        if dice.one_in(8) {
            let journal = self.journal.clone();
            let durable = Engine::restore(Bounds::default(), 0, journal);
            assert!(holds(durable.state()), "an act without its record");
        }
    }

    /// An answer of the substrate: most come at once, some late, twice or never.
    fn answer(&mut self, event: &engine::Event, now: u64, dice: &mut Dice) {
        let comes = dice.roll(12);
        if comes == 1 || comes == 2 {
            self.late.push((now + dice.roll(12), event.clone()));
        }
        if comes > 1 {
            self.events.push_back(event.clone());
        }
    }

    /// A second passes: timers fire where they do, late answers come.
    pub(super) fn pass(&mut self, now: u64, dice: &mut Dice) {
        self.counted += 1000;
        let (counted, timers) = (self.counted, self.timers);
        self.substrate
            .retain(|_, (until, _)| !timers || *until > counted);
        let late = std::mem::take(&mut self.late);
        let (due, later) = late.into_iter().partition(|(at, _)| *at <= now);
        self.late = later;
        let due: Vec<(u64, engine::Event)> = due;
        for (_, event) in due {
            self.give(event, now, dice);
        }
        self.give(engine::Event::Tick, now, dice);
    }

    /// The owner stops everything, or lets it go on. Who sees it fall meanwhile says it again.
    pub(super) fn owner(&mut self, now: u64, dice: &mut Dice) {
        if self.engine.is_none() {
            return;
        }
        let stops = self.stopped.is_none();
        for _ in 0..20 {
            let event = if stops {
                engine::Event::Stopped
            } else {
                engine::Event::Freed
            };
            self.give(event, now, dice);
            if self.engine.is_none() {
                self.rise(now, dice);
            }
            let engine = self.engine.as_ref();
            if let Some(is) = engine.map(|engine| engine.state().is_stopped())
                && is == stops
            {
                self.stopped = stops.then_some(now);
                return;
            }
        }
        panic!("twenty falls one after the other");
    }

    /// Seconds that it has been up since: who is dead takes nothing back, the substrate's timer does.
    pub(super) fn alive_since(&self, when: u64, now: u64) -> u64 {
        self.up_since
            .map_or(0, |up| now.saturating_sub(when.max(up)))
    }

    /// What came to it holds: what was revoked, suspended or stopped there has nothing in force.
    pub(super) fn hold(&self, seed: u64, now: u64) {
        for (key, (_, until)) in &self.substrate {
            let since = |when: u64, what: &str| {
                assert!(
                    self.alive_since(when, now) <= GRACE,
                    "seed {seed}: {key:?} until {until} is in force at {}, {} s behind {what}",
                    self.name,
                    now - when
                );
            };
            if let Some(when) = self.stopped {
                since(when, "the owner's stop");
            }
            for Taken {
                folder,
                revoked,
                suspended,
            } in self.folders.values()
            {
                if folder.permit.measure != key.measure {
                    continue;
                }
                if let Some(when) = suspended {
                    since(*when, "its suspension");
                }
                let others = self.folders.values().map(|taken| &taken.folder.permit);
                let newest = others
                    .filter(|permit| permit.measure == key.measure)
                    .map(|permit| permit.revision)
                    .max();
                // A later revision that was not revoked carries it.
                if let (Some(when), true) = (revoked, newest == Some(folder.permit.revision)) {
                    since(*when, "its revocation");
                }
            }
        }
    }

    /// Nothing is left, and no command was answered in two ways.
    pub(super) fn settled(&self, seed: u64) {
        let left = &self.substrate;
        assert!(left.is_empty(), "seed {seed}: {} has {left:?}", self.name);
        for (id, said) in &self.answers {
            let last = |status: &&Status| {
                !matches!(status, Status::Processing | Status::ServiceUnavailable)
            };
            let ends: BTreeSet<&Status> = said.iter().filter(last).collect();
            assert!(ends.len() <= 1, "seed {seed}: {id} was answered {said:?}");
        }
        let journal = self.journal.clone();
        let again = Engine::restore(Bounds::default(), 0, journal);
        let engine = self.engine.as_ref().unwrap();
        assert_eq!(again.state(), engine.state(), "seed {seed}: replayed");
        assert_eq!(engine.state().wanted().count(), 0, "seed {seed}: wanted");
    }
}
