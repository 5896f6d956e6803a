//! Measures at an office and at two actuators, in one world that falls, loses, delays, doubles, reorders and sets clocks, whose commission decides, suspends, revokes and renews: drawn schedules of one seed each. In: a seed. Out: what was in force at
//! every second of the true time, held against what was approved, and every act against its records. Never: a rule of office or engine that is asked for its own verdict.

mod office;
mod site;

use super::*;
use office::Measure;
use sakimori_respond::engine::Key;
use site::{Folder, Site};
use std::collections::BTreeMap;
use std::io::Write as _;

/// Seconds after which an end, or a revocation that came, has to be true.
const GRACE: u64 = 2;
/// Seconds of calm after which nothing stands that the office has taken back: two rounds, a command sent again, the grace.
const CALM: u64 = 12;

/// A small generator, so that a seed is a schedule.
struct Dice {
    state: u64,
    /// Nothing goes wrong any more: nobody falls, everything comes at once.
    calm: bool,
}

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        if self.calm {
            return sides - 1;
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// What the world knows was approved: neither office nor engine is asked.
#[derive(Clone, Debug)]
struct Approval {
    authority: AuthorityId,
    /// Which measure.
    of: usize,
    revision: u64,
    text: Digest,
    not_before: u64,
    not_after: u64,
    lease: u64,
    suspension: (u64, bool),
    revoked: bool,
    /// Of an urgent act: what the commission said of it, if it did.
    urgent: Option<Option<bool>>,
}

impl Approval {
    const fn new(
        authority: AuthorityId,
        of: usize,
        revision: u64,
        text: Digest,
        (not_before, not_after): (u64, u64),
    ) -> Self {
        Self {
            authority,
            of,
            revision,
            text,
            not_before,
            not_after,
            lease: 0,
            suspension: (0, false),
            revoked: false,
            urgent: None,
        }
    }
}

/// What is on its way.
#[derive(Clone)]
enum Mail {
    Folder(usize, Box<Folder>),
    /// That a folder was taken.
    Took(usize, Box<Folder>),
    Command(usize, Vec<u8>),
    Answer(String, Vec<u8>),
}

struct World {
    dice: Dice,
    now: u64,
    measures: Vec<Measure>,
    office_up: Option<u64>,
    office_off: i64,
    /// Whether the stop of the whole office is on, which is kept beside the measures.
    halted: bool,
    log_up: bool,
    sites: [Site; 2],
    approvals: Vec<Approval>,
    authorities: u64,
    /// Commands by their numbers: of which measure they are, and the message.
    sent: BTreeMap<String, (usize, Command, Vec<u8>)>,
    wires: Vec<(u64, Mail)>,
    /// Whether messages are lost, doubled and delayed.
    storm: bool,
    /// Since when none are, the log takes what comes and the office's clock is right.
    calm: u64,
    /// What people do a little later.
    later: Vec<(usize, Event)>,
    tally: BTreeMap<&'static str, u64>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            calm: false,
        };
        let timers = !seed.is_multiple_of(3);
        let sites = [0, 1].map(|number| Site::new(number, NOW, timers, &mut dice));
        Self {
            dice,
            now: NOW,
            measures: Vec::new(),
            office_up: Some(NOW),
            office_off: 0,
            halted: false,
            log_up: true,
            sites,
            approvals: Vec::new(),
            authorities: 0,
            sent: BTreeMap::new(),
            wires: Vec::new(),
            storm: false,
            calm: NOW,
            later: Vec::new(),
            tally: BTreeMap::new(),
        }
    }

    /// A message goes off; in a storm it is lost, doubled or late.
    fn mail(&mut self, mail: Mail) {
        if !self.storm {
            self.wires.push((self.now, mail));
            return;
        }
        for _ in 0..=u64::from(self.dice.one_in(4)) {
            let late = if self.dice.one_in(2) {
                self.dice.roll(60)
            } else {
                0
            };
            if !self.dice.one_in(4) {
                self.wires.push((self.now + late, mail.clone()));
            }
        }
    }

    /// What is due comes, and what comes of it at once, some times over.
    fn deliver(&mut self) {
        for _ in 0..6 {
            let wires = std::mem::take(&mut self.wires);
            let (due, later) = wires.into_iter().partition(|(at, _)| *at <= self.now);
            self.wires = later;
            let due: Vec<(u64, Mail)> = due;
            if due.is_empty() {
                return;
            }
            for (_, mail) in due {
                self.come(mail);
            }
        }
    }

    fn come(&mut self, mail: Mail) {
        let now = self.now;
        match mail {
            Mail::Folder(site, folder) => {
                if self.sites[site].take(&folder, now, &mut self.dice) {
                    self.mail(Mail::Took(site, folder));
                }
            }
            Mail::Took(site, folder) => self.gave(site, *folder),
            Mail::Command(site, body) => self.sites[site].hear(&body, now, &mut self.dice),
            Mail::Answer(id, bytes) => self.answered(&id, &bytes),
        }
        self.hear();
    }

    /// Answers of actuators go off.
    fn hear(&mut self) {
        for site in 0..2 {
            for (id, bytes) in std::mem::take(&mut self.sites[site].said) {
                self.mail(Mail::Answer(id, bytes));
            }
        }
    }

    /// What the commission does.
    fn commission(&mut self) {
        let (now, log_up) = (self.now, self.log_up);
        if !log_up || self.measures.is_empty() {
            return;
        }
        let at = self.dice.roll(self.measures.len() as u64) as usize;
        self.decide(at);
        for number in 0..self.approvals.len() {
            let draw = self.dice.roll(60);
            let approval = &mut self.approvals[number];
            if approval.revoked || approval.not_after < now {
                continue;
            }
            match draw {
                0..=8 if !approval.suspension.1 => approval.lease = now + 40,
                9 if self.dice.one_in(5) => approval.revoked = true,
                // A suspension of the commission itself, or its end.
                10 if self.dice.one_in(4) || approval.suspension.1 => {
                    approval.suspension = (approval.suspension.0 + 1, !approval.suspension.1);
                }
                11..=13 if approval.urgent == Some(None) => {
                    let well = !self.dice.one_in(3);
                    approval.urgent = Some(Some(well));
                    approval.revoked |= !well;
                }
                _ => {}
            }
        }
    }

    /// Decides what is before it.
    fn decide(&mut self, at: usize) {
        let state = self.measures[at].case.life.state();
        let asked = matches!(state.stage(), Stage::Asked | Stage::Questioned);
        let Some(text) = state.renewal().or(state.text().filter(|_| asked)) else {
            return;
        };
        let revision = state.renewals() + 1 + u64::from(!asked);
        let decided = |one: &Approval| one.of == at && one.text == text;
        if self.approvals.iter().any(decided) || !self.dice.one_in(3) {
            return;
        }
        if self.dice.one_in(8) {
            self.measures[at].refused = true;
            return;
        }
        self.authorities += 1;
        let authority = AuthorityId(u128::from(self.authorities).to_be_bytes());
        let asked = state.renewing().map_or(0, |one| one.plan.not_before.0);
        let begin = asked.max(self.now) + self.dice.roll(4) * self.dice.roll(4);
        let window = (begin, begin + 30 + self.dice.roll(150));
        let mut approval = Approval::new(authority, at, revision, text, window);
        approval.lease = self.now + 40;
        self.approvals.push(approval);
    }

    fn draw(&mut self) {
        let (now, site) = (self.now, self.dice.roll(2) as usize);
        match self.dice.roll(24) {
            0 => self.storm = self.dice.one_in(3),
            1 if self.dice.one_in(3) => self.log_up = !self.log_up,
            2 if self.dice.one_in(5) => self.office_falls(),
            3 if self.dice.one_in(4) => {
                let days = self.dice.roll(3).cast_signed() - 1;
                self.sites[site].off = if self.dice.one_in(3) {
                    days * 86_400
                } else {
                    0
                };
            }
            4 if self.dice.one_in(10) => {
                let days = self.dice.roll(3).cast_signed() - 1;
                self.office_off = days * 86_400;
            }
            5 => self.office_off = 0,
            6 if self.dice.one_in(5) => self.sites[site].fall(),
            7 if self.dice.one_in(25) => self.sites[site].power(),
            8 if self.dice.one_in(12) || self.sites[site].stopped.is_some() => {
                self.sites[site].owner(now, &mut self.dice);
            }
            9 => self.sites[site].contact(now),
            10 | 11 => self.propose(),
            12 if self.office_up.is_some() && (self.halted || self.dice.one_in(40)) => {
                self.halt_all();
            }
            _ if self.office_up.is_some() && !self.measures.is_empty() => {
                // Most is done with the last ones.
                let back = self.dice.roll(3).min(self.dice.roll(3)) as usize;
                let at = self.measures.len().saturating_sub(1 + back);
                self.person(at);
            }
            _ => {}
        }
        if self.storm || !self.log_up || self.office_off != 0 {
            self.calm = self.now + 1;
        }
    }

    fn second(&mut self) {
        for _ in 0..=self.dice.roll(3) {
            self.draw();
        }
        self.commission();
        self.deliver();
        self.go_on();
        self.now += 1;
        for site in 0..2 {
            self.sites[site].pass(self.now, &mut self.dice);
        }
        self.hear();
    }

    /// Who is down may rise; the office has its round.
    fn go_on(&mut self) {
        let now = self.now;
        for site in 0..2 {
            if self.sites[site].engine.is_none() && self.dice.one_in(3) {
                self.sites[site].rise(now, &mut self.dice);
            }
        }
        if self.office_up.is_none() && self.dice.one_in(4) {
            self.office_rises();
        }
        if self.office_up.is_some() && now.is_multiple_of(2) {
            self.round();
            self.deliver();
        }
    }

    /// What is in force was approved, commanded on record, and not taken back.
    fn hold(&self, seed: u64) {
        let now = self.now;
        for (number, site) in self.sites.iter().enumerate() {
            site.hold(seed, now);
            // Who is dead, or has not been up for long, takes nothing back: then timers do, where they fire.
            let ends = site.timers || site.alive_since(NOW, now) > GRACE;
            for key in site.substrate.keys() {
                self.approved(seed, number, key, ends);
                self.wanted(seed, number, key, ends);
            }
        }
    }

    fn approved(&self, seed: u64, site: usize, key: &Key, ends: bool) {
        let now = self.now;
        let approved = self.approvals.iter().any(|one| {
            let measure = &self.measures[one.of];
            let plan = measure.case.life.state().plan();
            let mut aims = plan.aims.iter().enumerate();
            let covers = aims.any(|(aim, _)| measure.key(aim) == *key && aim % 2 == site);
            let begun = one.not_before <= now + GRACE;
            covers && begun && (!ends || now <= one.not_after + 1 + GRACE)
        });
        assert!(
            approved,
            "seed {seed}: {key:?} is in force at edge-{site} without an approval, {now}"
        );
    }

    fn wanted(&self, seed: u64, number: usize, key: &Key, ends: bool) {
        let (now, site) = (self.now, &self.sites[number]);
        let found = self.measures.iter().enumerate().find_map(|(at, measure)| {
            let aims = 0..measure.over.len();
            let aim = aims.into_iter().find(|aim| measure.key(*aim) == *key)?;
            Some((at, aim))
        });
        let (at, aim) = found.unwrap();
        let measure = &self.measures[at];
        let last = site.taken_back.get(key).copied().unwrap_or(0);
        let commanded = measure
            .case
            .records
            .iter()
            .any(|record| match &record.fact {
                sakimori_respond::plan::life::Fact::Commanded(command) => {
                    let in_time = command.until.is_some_and(|until| now < until.0 + GRACE);
                    command.aim == aim && command.revision > last && (in_time || !ends)
                }
                _ => false,
            });
        assert!(
            commanded,
            "seed {seed}: {key:?} is in force at {now} behind every end that was commanded"
        );
        // In calm weather the office's own word is true a little later.
        let (Some(office), Some(up)) = (self.office_up, site.up_since) else {
            return;
        };
        if let Some(since) = measure.over[aim].filter(|_| !measure.ahead) {
            let since = since.max(office).max(up).max(self.calm);
            assert!(
                now.saturating_sub(since) <= CALM,
                "seed {seed}: {key:?} is in force at {now}, {} s after the office took it back: {:?}",
                now - since,
                measure.case.life.state().effects()[aim]
            );
        }
    }

    /// Clocks are right, nobody falls by himself, no timer helps: all comes to its end.
    fn settle(&mut self, seed: u64) {
        self.dice.calm = true;
        (self.storm, self.log_up, self.office_off) = (false, true, 0);
        for second in 0..420 {
            for site in &mut self.sites {
                site.off = 0;
                site.timers = false;
                site.contact(self.now);
            }
            if self.office_up.is_none() {
                self.office_rises();
            }
            for site in 0..2 {
                if self.sites[site].engine.is_none() {
                    self.sites[site].rise(self.now, &mut self.dice);
                }
            }
            self.deliver();
            if second % 2 == 0 {
                self.round();
                self.deliver();
            }
            self.now += 1;
            for site in 0..2 {
                self.sites[site].pass(self.now, &mut self.dice);
            }
            self.hear();
        }
        for site in &self.sites {
            site.settled(seed);
        }
        for measure in &self.measures {
            let state = measure.case.life.state();
            let replayed = Life::restore(&measure.case.records).unwrap();
            assert_eq!(replayed.state(), state, "seed {seed}: replayed");
            let stands = state.effects().iter().filter(|one| one.stands()).count();
            assert_eq!(
                stands, 0,
                "seed {seed}: the office holds that {stands} stand"
            );
            assert!(
                !state.stage().is_decided(),
                "seed {seed}: {:?}",
                state.stage()
            );
        }
    }
}

/// One schedule; gives how many effects it put in force.
fn schedule(seed: u64, tally: &mut BTreeMap<&'static str, u64>) -> u64 {
    let mut world = World::new(seed);
    for _ in 0..400 {
        world.second();
        world.hold(seed);
    }
    world.settle(seed);
    for (word, count) in world.tally {
        *tally.entry(word).or_default() += count;
    }
    world.sites.iter().map(|site| site.applied).sum()
}

#[test]
fn no_schedule_around_office_and_actuators_leaves_an_effect_without_its_approval_or_an_act_without_its_record()
 {
    let number = |name: &str, usual: u64| {
        let said = std::env::var(name).ok().and_then(|text| text.parse().ok());
        said.unwrap_or(usual)
    };
    let count = number("SAKIMORI_SCHEDULES", 60);
    let first = number("SAKIMORI_SEED", 1) << 20;
    let mut tally = BTreeMap::new();
    let seeds = first..first + count;
    let applied: u64 = seeds.map(|seed| schedule(seed, &mut tally)).sum();
    let words: Vec<String> = tally
        .iter()
        .map(|(word, n)| format!("{n} {word}"))
        .collect();
    let told = words.join(", ");
    writeln!(
        std::io::stderr(),
        "CAMPAIGN with an office: {applied} effects put in force, {told}"
    )
    .ok();
    // The schedules reach what they are to test.
    assert!(
        applied > count * 5,
        "{applied} effects in {count} schedules"
    );
    for word in [
        "in force",
        "suspended",
        "resumed",
        "renewed",
        "renewed to level 2 by one",
        "dispatched anew by two",
        "urgent",
        "ratified",
        "lapsed",
        "revoked",
        "killed",
        "ended in time",
        "narrowed",
        "held with the whole office",
    ] {
        let reached = tally.get(word).copied().unwrap_or(0);
        assert!(
            reached > 0,
            "no schedule of {count} has one that is {word}: {tally:?}"
        );
    }
}
