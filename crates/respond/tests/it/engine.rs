//! The engine in a world that falls, loses, delays, doubles, reorders and sets clocks, whose substrate answers late, twice or never and whose timers may not fire: drawn schedules of one seed each. In: a seed. Out: what was in force at every second of the true time, held against what
//! was approved. Never: a rule of the engine that is asked for its own verdict.

use sakimori_authority::clock::{BoundedClock, Judged};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{
    Act, Allowed, Bounds, Deed, Engine, Event, Holder, InForce, Intent, Key, Permit, Record,
};
use sakimori_respond::openc2::Status;
use std::collections::BTreeMap;
use std::io::Write as _;

/// Seconds after which an end, a revocation that came or the owner's stop has to be true.
const GRACE: u64 = 2;
/// When the world begins.
const BEGIN: u64 = 1_800_000_000;
/// Effects at a time that an approval of a measure allows.
const MOST: usize = 3;

/// A small generator, so that a seed is a schedule.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

fn key(measure: u64, at: u64) -> Key {
    Key {
        measure: [measure as u8; 32],
        deed: Deed::Block,
        target: format!("198.51.100.{at}/32"),
    }
}

/// What the world knows was approved: the engine is not asked.
#[derive(Clone, Debug)]
struct Approved {
    revision: u64,
    not_before: u64,
    not_after: u64,
    targets: Vec<u64>,
}

struct World {
    dice: Dice,
    /// The true time.
    now: u64,
    /// How far the wall clock is off.
    off: i64,
    /// Milliseconds counted since the machine started.
    counted: u64,
    clock: Option<BoundedClock>,
    remembered: Seconds,
    journal: Vec<Record>,
    engine: Option<Engine>,
    /// What is in force: until which count the substrate's timer lets it, and the end that it was told.
    substrate: BTreeMap<Key, (u64, Seconds)>,
    /// Whether the substrate's timers fire; where they do not, the engine alone takes back.
    timers: bool,
    /// Runs of the engine.
    runs: u64,
    /// Messages on their way: when they come.
    sent: Vec<(u64, Event)>,
    approved: BTreeMap<u64, Vec<Approved>>,
    /// When a revocation came, of which revision.
    revoked: BTreeMap<u64, (u64, u64)>,
    stopped: Option<u64>,
    /// Since when the owner holds a measure back.
    held: BTreeMap<u64, u64>,
    /// Commands by their number: which on the effect, the effect, until when.
    commands: BTreeMap<String, (u64, Key, Option<u64>)>,
    /// The last command on an effect that was answered as taken back.
    taken_back: BTreeMap<Key, u64>,
    revisions: u64,
    /// Since when the engine is up; nothing while it is not.
    up_since: Option<u64>,
    /// Effects that the substrate refused to take back the last time: it does so once, not for ever.
    refused: std::collections::BTreeSet<Key>,
    answers: BTreeMap<String, Vec<Status>>,
    applied: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            now: BEGIN,
            off: 0,
            counted: 1000,
            clock: None,
            remembered: Seconds(0),
            journal: Vec::new(),
            engine: None,
            substrate: BTreeMap::new(),
            timers: !seed.is_multiple_of(3),
            runs: 0,
            taken_back: BTreeMap::new(),
            sent: Vec::new(),
            approved: BTreeMap::new(),
            revoked: BTreeMap::new(),
            stopped: None,
            held: BTreeMap::new(),
            commands: BTreeMap::new(),
            revisions: 0,
            up_since: None,
            refused: std::collections::BTreeSet::new(),
            answers: BTreeMap::new(),
            applied: 0,
        };
        world.contact();
        world.rise();
        world
    }

    fn wall(&self) -> Seconds {
        Seconds(self.now.saturating_add_signed(self.off))
    }

    /// The platform is reached: its time is signed.
    fn contact(&mut self) {
        let wall = self.wall();
        if let Some(clock) = &mut self.clock {
            clock.witness(1, Seconds(self.now), self.counted);
            return;
        }
        let begun = BoundedClock::begin(self.remembered, Seconds(self.now), wall, self.counted);
        self.clock = begun.ok();
    }

    fn judged(&mut self) -> Judged {
        let (wall, counted) = (self.wall(), self.counted);
        let judged = match &mut self.clock {
            Some(clock) => clock.judge(wall, counted),
            None => Judged::Behind(self.remembered),
        };
        self.remembered = judged.time();
        judged
    }

    fn rise(&mut self) {
        self.up_since = Some(self.now);
        self.runs += 1;
        // Now and then the journal is written anew, shorter.
        if self.dice.one_in(3) {
            let long = Engine::restore(Bounds::default(), self.runs, self.journal.clone());
            let short = long.state().records();
            let again = Engine::restore(Bounds::default(), self.runs, short.clone());
            assert_eq!(again.state(), long.state(), "records that are written anew");
            self.journal = short;
        }
        self.engine = Some(Engine::restore(
            Bounds::default(),
            self.runs,
            self.journal.clone(),
        ));
        self.look();
    }

    fn fall(&mut self) {
        self.engine = None;
        self.up_since = None;
    }

    fn look(&mut self) {
        let seen = self
            .substrate
            .iter()
            .map(|(key, (_, until))| InForce {
                key: key.clone(),
                until: *until,
            })
            .collect();
        self.give(Event::Seen(seen));
    }

    /// Gives an event to the engine and does its acts; it may fall between any two.
    fn give(&mut self, event: Event) {
        let now = self.judged();
        let Some(engine) = &mut self.engine else {
            return;
        };
        let acts = engine.take(event, now);
        for act in acts {
            if self.dice.one_in(150) {
                self.fall();
                return;
            }
            match act {
                Act::Keep(record) => self.journal.push(record),
                Act::Apply(ticket, effect) => {
                    let well = !self.dice.one_in(12);
                    if well || self.dice.one_in(2) {
                        let timer = self.counted + effect.seconds * 1000;
                        self.substrate
                            .insert(effect.key.clone(), (timer, effect.until));
                        self.applied += 1;
                    }
                    if self.dice.one_in(60) {
                        self.fall();
                        return;
                    }
                    self.answer(&Event::Applied {
                        key: effect.key,
                        ticket,
                        well,
                    });
                }
                Act::Remove(ticket, key) => {
                    let well = !self.dice.one_in(12) || !self.refused.insert(key.clone());
                    if well {
                        self.refused.remove(&key);
                        self.substrate.remove(&key);
                    }
                    self.answer(&Event::Removed { key, ticket, well });
                }
                Act::Look => self.look(),
                Act::Say(id, answer) => self.said(id, answer.status),
            }
            if self.engine.is_none() {
                return;
            }
        }
    }

    /// An answer of the substrate: most come at once, some late, twice or never.
    fn answer(&mut self, event: &Event) {
        match self.dice.roll(10) {
            0 => {}
            1 => {
                let late = self.now + self.dice.roll(12);
                self.sent.push((late, event.clone()));
            }
            2 => {
                let late = self.now + self.dice.roll(12);
                self.sent.push((late, event.clone()));
                self.give(event.clone());
            }
            _ => self.give(event.clone()),
        }
    }

    fn said(&mut self, id: String, status: Status) {
        if let (Status::Ok, Some((revision, key, None))) = (&status, self.commands.get(&id)) {
            let last = self.taken_back.entry(key.clone()).or_default();
            *last = (*last).max(*revision);
        }
        self.answers.entry(id).or_default().push(status);
    }

    /// A second passes; the substrate's timers fire, where they do.
    fn pass(&mut self) {
        self.now += 1;
        self.counted += 1000;
        let (counted, timers) = (self.counted, self.timers);
        self.substrate
            .retain(|_, (until, _)| !timers || *until > counted);
        self.give(Event::Tick);
    }

    fn send(&mut self, event: &Event) {
        for _ in 0..=u64::from(self.dice.one_in(4)) {
            let delay = if self.dice.one_in(3) {
                self.dice.roll(40)
            } else {
                0
            };
            if !self.dice.one_in(10) {
                self.sent.push((self.now + delay, event.clone()));
            }
        }
    }

    #[expect(
        clippy::too_many_lines,
        reason = "everything that can happen, one after the other"
    )]
    fn draw(&mut self) {
        let measure = self.dice.roll(3);
        match self.dice.roll(15) {
            0 | 1 => {
                let known = self.approved.entry(measure).or_default();
                let revision = known.len() as u64 + 1;
                let not_before = self.now + self.dice.roll(3) * self.dice.roll(10);
                let not_after = not_before + 20 + self.dice.roll(200);
                let targets: Vec<u64> = (0..4).filter(|_| !self.dice.one_in(3)).collect();
                known.push(Approved {
                    revision,
                    not_before,
                    not_after,
                    targets: targets.clone(),
                });
                let allowed = targets.iter().map(|at| Allowed {
                    deed: Deed::Block,
                    target: key(measure, *at).target,
                });
                self.send(&Event::Permit(Permit {
                    measure: [measure as u8; 32],
                    revision,
                    not_before: Seconds(not_before),
                    not_after: Seconds(not_after),
                    allowed: allowed.collect(),
                    most: MOST,
                }));
            }
            2 if self.dice.one_in(3) => {
                let revision = self
                    .approved
                    .get(&measure)
                    .map_or(0, |all| all.len() as u64);
                if revision > 0 {
                    self.send(&Event::Revoked {
                        measure: [measure as u8; 32],
                        revision,
                    });
                }
            }
            3 | 4 => {
                let newest = self
                    .approved
                    .get(&measure)
                    .map_or(0, |all| all.len() as u64);
                for revision in newest.saturating_sub(1)..=newest {
                    self.send(&Event::Lease {
                        measure: [measure as u8; 32],
                        revision,
                        until: Seconds(self.now + 60),
                    });
                }
            }
            5..=8 => {
                let (mut at, ends) = (self.dice.roll(4), self.dice.one_in(5));
                let mut last = self.now + 1 + self.dice.roll(100);
                // Most commands are what the newest approval allows; the others ask for more.
                let newest = self.approved.get(&measure).and_then(|all| all.last());
                if let (Some(newest), false) = (newest.cloned(), self.dice.one_in(4)) {
                    let chosen = self.dice.roll(newest.targets.len().max(1) as u64) as usize;
                    at = newest.targets.get(chosen).copied().unwrap_or(at);
                    last = last.min(newest.not_after);
                }
                let until = (!ends).then_some(last);
                self.revisions += 1;
                let id = format!("c-{}", self.revisions);
                let key = key(measure, at);
                self.commands
                    .insert(id.clone(), (self.revisions, key.clone(), until));
                self.send(&Event::Command(Intent {
                    id,
                    digest: [self.revisions as u8; 32],
                    created: Seconds(self.now),
                    revision: self.revisions,
                    key,
                    until: until.map(Seconds),
                }));
            }
            9 => {
                let days = if self.dice.one_in(3) {
                    self.dice.roll(3).cast_signed() - 1
                } else {
                    0
                };
                self.off = days * 86_400;
            }
            10 if self.engine.is_some() && self.dice.one_in(4) => self.fall(),
            11 if self.dice.one_in(12) => {
                // The machine starts anew: nothing is in force, nothing was counted.
                self.fall();
                self.substrate.clear();
                self.clock = None;
                self.counted = 0;
            }
            12 if self.dice.one_in(8) || (self.stopped.is_some() && self.dice.one_in(2)) => {
                if self.stopped.take().is_some() {
                    self.give(Event::Freed);
                    if self
                        .engine
                        .as_ref()
                        .is_none_or(|engine| engine.state().is_stopped())
                    {
                        self.stopped = Some(self.now);
                    }
                } else if self.engine.is_some() {
                    self.stopped = Some(self.now);
                    self.give(Event::Stopped);
                    // Who stops it and sees it fall stops it again.
                    while !self
                        .engine
                        .as_ref()
                        .is_some_and(|engine| engine.state().is_stopped())
                    {
                        self.rise();
                        self.give(Event::Stopped);
                    }
                }
            }
            13 if self.dice.one_in(4)
                || (self.held.contains_key(&measure) && self.dice.one_in(2)) =>
            {
                self.hold_back(measure);
            }
            _ => self.contact(),
        }
    }

    /// The owner holds a measure back, or lets it go on.
    fn hold_back(&mut self, measure: u64) {
        let (of, by) = ([measure as u8; 32], Holder::Owner);
        if self.engine.is_none() {
            return;
        }
        if self.held.remove(&measure).is_some() {
            self.give(Event::Resumed { measure: of, by });
        } else {
            self.give(Event::Suspended { measure: of, by });
        }
        // What was kept counts, also where it fell behind it.
        if self.engine.is_none() {
            self.rise();
        }
        let is_held = |engine: &Engine| engine.state().is_held(&of);
        if self.engine.as_ref().is_some_and(is_held) {
            self.held.insert(measure, self.now);
        }
    }

    fn second(&mut self) {
        for _ in 0..self.dice.roll(3) {
            self.draw();
        }
        let mut due: Vec<(u64, Event)> = Vec::new();
        let now = self.now;
        self.sent.retain(|(at, event)| {
            let comes = *at <= now;
            if comes {
                due.push((*at, event.clone()));
            }
            !comes
        });
        for (_, event) in due {
            let reaches = self.engine.is_some();
            let revoked = match &event {
                Event::Revoked { measure, revision } if reaches => {
                    Some((u64::from(measure[0]), *revision))
                }
                _ => None,
            };
            self.give(event);
            if let (Some((measure, revision)), true) = (revoked, self.engine.is_some()) {
                let known = self.revoked.get(&measure).map_or(0, |(known, _)| *known);
                if revision > known {
                    self.revoked.insert(measure, (revision, self.now));
                }
            }
        }
        if self.engine.is_none() && self.dice.one_in(3) {
            self.rise();
        }
        self.pass();
    }

    /// What is in force is approved, within the grace.
    fn hold(&self, seed: u64) {
        for measure in 0..3 {
            let of = |key: &&Key| u64::from(key.measure[0]) == measure;
            let count = self.substrate.keys().filter(of).count();
            assert!(
                count <= MOST,
                "seed {seed}: {count} effects of one measure at {}",
                self.now
            );
        }
        for key in self.substrate.keys() {
            let measure = u64::from(key.measure[0]);
            let at: u64 = key
                .target
                .trim_start_matches("198.51.100.")
                .trim_end_matches("/32")
                .parse()
                .unwrap();
            let void = self.revoked.get(&measure);
            // Who is dead, or has not been up for long, takes nothing back: then the substrate's timers do, where they fire.
            if !self.timers && self.alive_since(BEGIN) <= GRACE {
                continue;
            }
            let approved = self
                .approved
                .get(&measure)
                .into_iter()
                .flatten()
                .any(|one| {
                    let covers = one.targets.contains(&at);
                    let in_time =
                        one.not_before <= self.now + GRACE && self.now <= one.not_after + 1 + GRACE;
                    let gone = void.is_some_and(|(revision, when)| {
                        one.revision <= *revision && self.alive_since(*when) > GRACE
                    });
                    covers && in_time && !gone
                });
            assert!(
                approved,
                "seed {seed}: {key:?} is in force at {} without an approval",
                self.now
            );
            let last = self.taken_back.get(key).copied().unwrap_or(0);
            let wanted = self.commands.values().any(|(revision, of, until)| {
                of == key && *revision > last && until.is_some_and(|until| self.now < until + GRACE)
            });
            assert!(
                wanted,
                "seed {seed}: {key:?} is in force at {} behind every end that was commanded, or behind the answer that it was taken back",
                self.now
            );
            if let Some(when) = self.held.get(&measure) {
                assert!(
                    self.alive_since(*when) <= GRACE,
                    "seed {seed}: {key:?} is in force {} s after its measure was held back",
                    self.now - when
                );
            }
            if let Some(when) = self.stopped {
                assert!(
                    self.alive_since(when) <= GRACE,
                    "seed {seed}: {key:?} is in force {} s behind the owner's stop",
                    self.now - when
                );
            }
        }
    }

    /// Seconds that the engine has been up since: who is dead takes nothing back, the substrate's timer does.
    fn alive_since(&self, when: u64) -> u64 {
        self.up_since
            .map_or(0, |up| self.now.saturating_sub(when.max(up)))
    }
}

/// One schedule; gives how many effects it put in force.
fn schedule(seed: u64) -> u64 {
    let mut world = World::new(seed);
    for _ in 0..400 {
        world.second();
        world.hold(seed);
    }
    // All is over: nothing is left.
    world.off = 0;
    world.contact();
    // No timer helps any more: the engine itself takes all back.
    world.timers = false;
    for _ in 0..260 {
        if world.engine.is_none() {
            world.rise();
        }
        world
            .sent
            .retain(|(_, event)| matches!(event, Event::Applied { .. } | Event::Removed { .. }));
        let due = std::mem::take(&mut world.sent);
        for (at, event) in due {
            if at <= world.now {
                world.give(event);
            } else {
                world.sent.push((at, event));
            }
        }
        world.pass();
    }
    assert!(world.substrate.is_empty(), "seed {seed}: something is left");
    for (id, said) in &world.answers {
        let ends: std::collections::BTreeSet<&Status> = said
            .iter()
            .filter(|status| !matches!(status, Status::Processing | Status::ServiceUnavailable))
            .collect();
        assert!(
            ends.len() <= 1,
            "seed {seed}: {id} was answered in several ways: {said:?}"
        );
    }
    world.applied
}

#[test]
fn no_schedule_of_falls_delays_doubles_and_clocks_leaves_an_effect_without_its_approval() {
    let number = |name: &str, usual: u64| {
        let said = std::env::var(name).ok().and_then(|text| text.parse().ok());
        said.unwrap_or(usual)
    };
    let count = number("SAKIMORI_SCHEDULES", 300);
    let first = number("SAKIMORI_SEED", 1) << 20;
    let applied: u64 = (first..first + count).map(schedule).sum();
    writeln!(
        std::io::stderr(),
        "CAMPAIGN engine alone: {applied} effects put in force"
    )
    .ok();
    // The schedules do something: some effects each, on average.
    assert!(
        applied > count * 5,
        "{applied} effects in {count} schedules"
    );
}
