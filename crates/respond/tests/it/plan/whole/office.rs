//! The office of a simulated world: lives by their records, rounds that bring folders and send again, people who propose, dispatch and stop. In: what is drawn. Out: records, messages. Never: an act that its records do not say.

use super::super::*;
use super::site::Folder;
use super::{Approval, Mail, World};
use sakimori_respond::engine::{Allowed, Key, Permit};
use sakimori_respond::plan::complaint::Ruling;
use sakimori_respond::plan::life::{Duty, Ended, Fact, Kill, urgent_targets};
use sakimori_respond::producer::{Came, came, message};
use std::collections::BTreeMap;

/// Longest urgent act of the simulation, seconds.
const URGENT: u64 = 60;

/// One measure at the office.
pub(super) struct Measure {
    pub(super) case: Case,
    pub(super) reader: drawn::Reader,
    /// What each actuator took of each approval, as far as the office remembers.
    given: BTreeMap<(AuthorityId, usize), Folder>,
    /// Whether the commission refused it.
    pub(super) refused: bool,
    /// Since when nothing of an aim is to be in force, by the records.
    pub(super) over: Vec<Option<u64>>,
    /// Whether a clock that was ahead made a record: what was past by it is past for the office, and goes on at actuators until its own end.
    pub(super) ahead: bool,
}

impl Measure {
    fn new(number: u8, count: usize) -> Self {
        let mut plan = plan(count);
        plan.id = AuthorityId([number; 16]);
        for (aim, line) in plan.aims.iter_mut().enumerate() {
            line.actuator = name(&format!("edge-{}", aim % 2));
        }
        plan.soak_seconds = 4;
        plan.effect_seconds = 90;
        plan.renewals = 2;
        let mut case = Case::new(plan);
        case.terms.urgent = Some(sakimori_respond::plan::terms::Term::proposed(URGENT));
        case.terms.answer.seconds = 5;
        let mut reader = drawn::Reader::default();
        for record in &case.records {
            reader.read(record);
        }
        Self {
            over: vec![Some(0); case.life.state().effects().len()],
            case,
            reader,
            given: BTreeMap::new(),
            refused: false,
            ahead: false,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        let stage = self.case.stage();
        !matches!(stage, Stage::Refused | Stage::Ended | Stage::Reported)
    }

    /// The key of an aim's effect.
    pub(super) fn key(&self, aim: usize) -> Key {
        let state = self.case.life.state();
        let line = &state.plan().aims[aim];
        Key {
            measure: state.family().0,
            deed: line.deed,
            target: line.target.clone(),
        }
    }

    /// Since when nothing of each aim is wanted.
    fn note(&mut self, now: u64) {
        let state = self.case.life.state();
        let stopped = !state.stage().is_decided() || state.stage() == Stage::Suspended;
        for (effect, over) in state.effects().iter().zip(&mut self.over) {
            let begins = effect.command.as_ref().is_some_and(Command::begins);
            if stopped || effect.narrowed || !begins {
                over.get_or_insert(now);
            } else {
                *over = None;
            }
        }
    }
}

impl World {
    pub(super) fn office_rises(&mut self) {
        self.office_up = Some(self.now);
        let now = self.now;
        for measure in &mut self.measures {
            measure.case.life = Life::restore(&measure.case.records).unwrap();
            measure.given.clear();
            measure.note(now);
        }
    }

    pub(super) fn office_falls(&mut self) {
        self.office_up = None;
    }

    /// A new measure, where few are open.
    pub(super) fn propose(&mut self) {
        let open = self.measures.iter().filter(|one| one.is_open()).count();
        if self.office_up.is_some() && open < 2 && self.measures.len() < 100 {
            let number = self.measures.len() as u8 + 1;
            let count = 1 + self.dice.roll(12) as usize;
            self.measures.push(Measure::new(number, count));
        }
    }

    /// Takes an event: records first, then acts. It may fall before the records are durable, and between any two acts.
    pub(super) fn event(&mut self, at: usize, event: &Event) -> bool {
        if self.office_up.is_none() {
            return false;
        }
        let wall = self.now.saturating_add_signed(self.office_off);
        let states = || self.measures.iter().map(|one| one.case.life.state());
        let load = Load::of(states(), 60, Seconds(wall));
        let others = self.measures.iter().enumerate();
        let others = others.filter(|(other, _)| *other != at);
        let mut urgent = urgent_targets(others.map(|(_, one)| one.case.life.state()));
        // A month of the simulation is half a minute.
        urgent.retain(|(_, at)| wall.saturating_sub(at.0) < 30);
        let case = &mut self.measures[at].case;
        (case.load, case.urgent_before, case.now) = (load, urgent, wall);
        case.load.halted = self.halted;
        let before = case.records.len();
        let waited = case.life.state().waits_for_two();
        let step = case.take(event);
        if self.dice.one_in(300) {
            // Nothing of it was durable.
            self.measures[at].case.records.truncate(before);
            self.office_falls();
            return false;
        }
        let measure = &mut self.measures[at];
        for record in &measure.case.records[before..] {
            measure.reader.read(record);
            tally(&mut self.tally, &record.fact);
            measure.ahead |= record.at.0 > self.now;
        }
        let state = measure.case.life.state();
        let word = match (waited, state.waits_for_two(), state.stage()) {
            (false, true, _) => Some("renewed to level 2 by one"),
            (true, false, Stage::Dispatching | Stage::InForce) => Some("dispatched anew by two"),
            _ => None,
        };
        if let Some(word) = word {
            *self.tally.entry(word).or_default() += 1;
        }
        told_before(&measure.case.records[before..]);
        measure.note(self.now);
        let well = step.refused.is_none();
        for act in step.acts {
            if self.dice.one_in(300) {
                self.office_falls();
            }
            if self.office_up.is_none() {
                return false;
            }
            self.act(at, act);
        }
        well
    }

    /// Does an act, which its records say.
    fn act(&mut self, at: usize, act: Act) {
        let records = &self.measures[at].case.records;
        let says = |fact: &dyn Fn(&Fact) -> bool| records.iter().any(|one| fact(&one.fact));
        match act {
            Act::Command(command) => {
                assert!(says(
                    &|fact| matches!(fact, Fact::Commanded(one) if *one == command)
                ));
                self.send(at, &command);
            }
            Act::Notice(duty) => {
                assert!(says(
                    &|fact| matches!(fact, Fact::Owed { duty: one, .. } if *one == duty)
                ));
                if self.log_up && self.dice.one_in(3) {
                    self.later.push((at, Event::Told { duty }));
                }
            }
            Act::Escalate(duty, _) => {
                assert!(says(
                    &|fact| matches!(fact, Fact::Escalated { duty: one, .. } if *one == duty)
                ));
            }
            Act::Suspend => {
                assert!(says(&|fact| matches!(
                    fact,
                    Fact::Suspended { .. } | Fact::Ending { .. }
                )));
                self.halt(at, true);
            }
            Act::Resume => {
                assert!(says(&|fact| matches!(fact, Fact::Resumed { .. })));
                self.halt(at, false);
            }
            Act::Page(words) => assert!(!words.is_empty()),
        }
    }

    /// What takes back does not wait for the log; what puts in force does.
    fn send(&mut self, at: usize, command: &Command) {
        if command.begins() && !self.log_up {
            return;
        }
        let state = self.measures[at].case.life.state();
        let revision = state.text_revision(&command.id);
        let body = message(command, state.plan().id, revision);
        let body = body.unwrap().to_string().into_bytes();
        let known = self.sent.entry(command.id.clone());
        let known = known.or_insert_with(|| (at, command.clone(), body.clone()));
        assert_eq!(known.2, body, "one number, two commands");
        let site = usize::from(command.actuator.as_str() == "edge-1");
        self.mail(Mail::Command(site, body));
    }

    /// The office's own suspension of the approval, or the end of it; both are entries of the log.
    fn halt(&mut self, at: usize, suspends: bool) {
        let authority = self.measures[at].case.life.state().authority();
        let found = self.approvals.iter_mut();
        let Some(approval) = found
            .into_iter()
            .find(|one| Some(one.authority) == authority)
        else {
            return;
        };
        if self.log_up && approval.suspension.1 != suspends {
            approval.suspension = (approval.suspension.0 + 1, suspends);
        }
        self.bring(at);
    }

    /// Folders that changed go to the actuators of a measure.
    fn bring(&mut self, at: usize) {
        let of_measure = |one: &&Approval| one.of == at;
        let all: Vec<Approval> = self.approvals.iter().filter(of_measure).cloned().collect();
        for approval in all {
            for site in 0..2 {
                let folder = approval.folder(site, &self.measures[at]);
                let known = self.measures[at].given.get(&(approval.authority, site));
                if folder.permit.allowed.is_empty() || known == Some(&folder) {
                    continue;
                }
                self.mail(Mail::Folder(site, Box::new(folder)));
            }
        }
    }

    /// An actuator took a folder.
    pub(super) fn gave(&mut self, site: usize, folder: Folder) {
        let of = |one: &&Approval| one.authority == folder.authority;
        let at = self.approvals.iter().find(of).map(|one| one.of);
        if let (Some(at), true) = (at, self.office_up.is_some()) {
            let spot = (folder.authority, site);
            self.measures[at].given.insert(spot, folder);
        }
    }

    /// The answer of an actuator comes.
    pub(super) fn answered(&mut self, id: &str, bytes: &[u8]) {
        let Some((at, command, _)) = self.sent.get(id).cloned() else {
            panic!("an answer to a command that nobody gave: {id}");
        };
        let (came, _) = came(bytes).unwrap();
        let (begins, command_id) = (command.begins(), command.id.clone());
        let well = match came {
            Came::Later => return,
            Came::Done => true,
            Came::Gone => !begins,
            Came::Not => false,
        };
        let event = if begins {
            if well {
                let site = usize::from(command.actuator.as_str() == "edge-1");
                let key = self.measures[at].key(command.aim);
                let there = self.sites[site]
                    .ever
                    .contains(&(key, command.until.unwrap()));
                assert!(there, "{id} was answered as in force and never was");
            }
            Event::ReadBack {
                command: command_id,
                well,
            }
        } else {
            Event::Released {
                command: command_id,
                well,
            }
        };
        self.event(at, &event);
    }

    /// A round: folders, time, what is open, what the commission said.
    pub(super) fn round(&mut self) {
        for at in 0..self.measures.len() {
            if !self.measures[at].is_open() && self.dice.one_in(2) {
                continue;
            }
            self.bring(at);
            self.event(at, &Event::Tick);
            if self.office_up.is_none() {
                return;
            }
            let wall = Seconds(self.now.saturating_add_signed(self.office_off));
            for act in self.measures[at].case.life.pending(wall) {
                self.act(at, act);
            }
            if let Some(event) = self.learned(at).filter(|_| self.log_up) {
                let heard = self.event(at, &event);
                self.measures[at].refused &= !(heard && matches!(event, Event::Refuse { .. }));
            }
        }
        for (at, event) in std::mem::take(&mut self.later) {
            self.event(at, &event);
        }
    }

    /// What is on record and not in the life yet.
    fn learned(&self, at: usize) -> Option<Event> {
        let measure = &self.measures[at];
        let state = measure.case.life.state();
        let asked = matches!(state.stage(), Stage::Asked | Stage::Questioned);
        let decided = state.stage().is_decided();
        let wanted = state.renewal().or(state.text().filter(|_| asked));
        let mine = self.approvals.iter().filter(|one| one.of == at);
        let rests = |one: &&Approval| Some(one.authority) == state.authority();
        let current = mine.clone().find(rests);
        if current.is_some_and(|one| decided && one.revoked) {
            let words = "no".to_owned();
            return Some(match state.urgent() {
                Some(false) => Event::Refuse { words },
                _ => Event::Revoke,
            });
        }
        let mut open = mine.filter(|one| Some(one.text) == wanted && one.urgent.is_none());
        if let Some(approval) = open.next() {
            let decision = approval.decision();
            let begun = approval.not_before <= self.now;
            return if asked {
                Some(Event::Approve(decision))
            } else {
                begun.then_some(Event::Renew(decision))
            };
        }
        if decided && measure.refused && state.renewal().is_some() {
            let words = "no".to_owned();
            return Some(Event::Refuse { words });
        }
        if asked && measure.refused {
            let words = "no".to_owned();
            return Some(Event::Refuse { words });
        }
        let ratified = current.is_some_and(|one| one.urgent == Some(Some(true)));
        (ratified && decided && state.urgent() == Some(false))
            .then(|| current.map(|one| Event::Ratify(one.decision())))?
    }

    /// What a person of the office does with a measure.
    pub(super) fn person(&mut self, at: usize) {
        let state = self.measures[at].case.life.state();
        let by = name("ito");
        let words = || "it is in order".to_owned();
        let event = match state.stage() {
            Stage::Drafted => Event::Review { by: name("suzuki") },
            Stage::Reviewed if self.dice.one_in(3) => return self.invoke(at),
            Stage::Reviewed => Event::Ask {
                by,
                text: digest("text 1"),
                weighed: most(),
            },
            Stage::Asked if self.dice.one_in(6) => return self.invoke(at),
            Stage::Asked if self.dice.one_in(30) => Event::Withdraw { by },
            Stage::Approved | Stage::Urgent => self.dispatch(at),
            _ if state.waits_for_two() && self.dice.one_in(3) => self.dispatch(at),
            Stage::Suspended if self.dice.one_in(3) => Event::Resume { by, words: words() },
            Stage::Ended => Event::Report {
                by,
                sha256: digest("report"),
            },
            Stage::Dispatching | Stage::InForce => match self.stops(at) {
                Some(event) => event,
                None => return,
            },
            _ => return,
        };
        self.event(at, &event);
    }

    /// A dispatch by one alone, or by two.
    fn dispatch(&mut self, at: usize) -> Event {
        let people: &[&str] = if self.dice.one_in(2) {
            &["tanaka"]
        } else {
            &["tanaka", "mori"]
        };
        let case = &mut self.measures[at].case;
        case.now = self.now;
        case.dispatch_by(people)
    }

    /// The stop of the whole office, or its end: all measures are told.
    pub(super) fn halt_all(&mut self) {
        self.halted = !self.halted;
        for at in 0..self.measures.len() {
            let event = if self.halted {
                Event::Kill(Kill::All)
            } else {
                Event::FreeAll { by: name("ito") }
            };
            self.event(at, &event);
        }
    }

    /// What stops, narrows or renews.
    fn stops(&mut self, at: usize) -> Option<Event> {
        let state = self.measures[at].case.life.state();
        let words = || "words".to_owned();
        let (aims, authority) = (state.plan().aims.len() as u64, state.authority()?);
        let text = digest(&format!("text {} {}", state.renewals() + 2, self.now));
        let targets = self.measures[at].case.targets();
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let wall = self.now.saturating_add_signed(self.office_off);
        Some(match self.dice.roll(130) {
            0 => Event::Collateral { words: words() },
            1 => Event::ListHit {
                target: target(1),
                words: words(),
            },
            2 => Event::SuccessMet,
            3 => Event::StopMet,
            4 => Event::Kill(Kill::Measure),
            5 => Event::Kill(Kill::Authority(authority)),
            6 => Event::Kill(Kill::Dispatch),
            7..=16 => Event::Free { by: name("ito") },
            17..=20 => Event::Narrow {
                by: name("ito"),
                aims: vec![self.dice.roll(aims) as usize],
            },
            21..=60 if state.renewal().is_none() => Event::AskRenewal {
                by: name("sato"),
                text,
                weighed: Weighed {
                    level: 1 + self.dice.roll(2),
                    ..most()
                },
                renewal: Box::new(Renewal {
                    form: sakimori_respond::plan::renewal::FORM.to_owned(),
                    evidence: vec![evidence(
                        &format!("e-{}", state.renewals() + 2),
                        Class::Selected,
                        wall,
                    )],
                    observations: observed(&targets, "JP", wall),
                    facts: Vec::new(),
                    not_before: Seconds(wall),
                    not_after: Seconds(wall + DAY),
                }),
            },
            61 => Event::Complaint {
                reference: "r-1".to_owned(),
                ruling: Ruling {
                    suspend: self.dice.one_in(2),
                    words: words(),
                },
            },
            62 => Event::Complained {
                reference: "r-1".to_owned(),
                upheld: self.dice.one_in(2),
            },
            63 => Event::Observed(observed(&targets, "GB", wall)),
            _ => return None,
        })
    }

    /// Two officers decide: the log has the act before anything follows of it.
    fn invoke(&mut self, at: usize) {
        if !self.log_up {
            return;
        }
        self.authorities += 1;
        let authority = AuthorityId(u128::from(self.authorities).to_be_bytes());
        let text = digest("text 1");
        let event = Event::Invoke {
            officers: [name("sato"), name("suzuki")],
            text,
            authority,
        };
        let before = self.measures[at].case.records.len();
        self.event(at, &event);
        let new = &self.measures[at].case.records;
        let invoked = new
            .iter()
            .skip(before)
            .find_map(|record| match &record.fact {
                Fact::Invoked { until, .. } => Some(*until),
                _ => None,
            });
        let Some(until) = invoked else { return };
        let mut approval = Approval::new(authority, at, 1, text, (self.now, until.0 - 1));
        approval.urgent = Some(None);
        approval.lease = self.now + 30;
        // The officers' clock does not make it longer than the law.
        approval.not_after = approval.not_after.min(self.now + URGENT);
        self.approvals.push(approval);
    }
}

impl Approval {
    /// What the folder of one of its actuators says now.
    fn folder(&self, site: usize, measure: &Measure) -> Folder {
        let state = measure.case.life.state();
        let actuator = format!("edge-{site}");
        let aims = state.plan().aims.iter();
        let mine = aims.filter(|aim| aim.actuator.as_str() == actuator);
        Folder {
            authority: self.authority,
            permit: Permit {
                measure: state.family().0,
                revision: self.revision,
                not_before: Seconds(self.not_before),
                not_after: Seconds(self.not_after),
                allowed: mine
                    .map(|aim| Allowed {
                        deed: aim.deed,
                        target: aim.target.clone(),
                    })
                    .collect(),
                most: 100,
            },
            lease: self.lease,
            suspension: self.suspension,
            revoked: self.revoked,
        }
    }

    fn decision(&self) -> Decision {
        Decision {
            authority: self.authority,
            text: self.text,
            votes: vec![name("chair"), name("member-1"), name("member-2")],
            not_before: at(self.not_before),
            not_after: at(self.not_after),
        }
    }
}

/// The notice of an urgent act stands before the act, in the same transaction.
fn told_before(records: &[Record]) {
    let invoked = |one: &Record| matches!(one.fact, Fact::Invoked { .. });
    if let Some(place) = records.iter().position(invoked) {
        let owed = |one: &Record| {
            matches!(
                one.fact,
                Fact::Owed {
                    duty: Duty::Commission,
                    ..
                }
            )
        };
        let told = records[..place].iter().any(owed);
        assert!(told, "an urgent act before its notice");
    }
}

/// What the schedules reached.
fn tally(tally: &mut BTreeMap<&'static str, u64>, fact: &Fact) {
    let word = match fact {
        Fact::InForce => "in force",
        Fact::Suspended { .. } => "suspended",
        Fact::Resumed { .. } => "resumed",
        Fact::Renewed(_) => "renewed",
        Fact::Invoked { .. } => "urgent",
        Fact::Ratified(_) => "ratified",
        Fact::Ending {
            end: Ended::Unratified,
        } => "lapsed",
        Fact::Ending {
            end: Ended::Revoked,
        } => "revoked",
        Fact::Ending { end: Ended::Killed } => "killed",
        Fact::Ending { end: Ended::Window } => "ended in time",
        Fact::Narrowed { .. } => "narrowed",
        Fact::Stopped { stopped: true } => "held with the whole office",
        _ => return,
    };
    *tally.entry(word).or_default() += 1;
}
