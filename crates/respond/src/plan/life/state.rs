//! The state that records come to. In: records in their order. Out: where a measure stands, what is in force, what is owed. Never: a state that no records lead to.

use super::super::Plan;
use super::super::command::Command;
use super::super::form::Digest;
use super::duty::{Clock, Duty};
use super::event::{Decision, Kill};
use super::play::{Play, Playing};
use super::record::{Fact, Found, Record};
use super::{Ended, Stage, Why};
use sakimori_authority::measure;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How one effect stands, as far as the office knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    /// Nothing was done.
    Not,
    /// It was commanded and not answered.
    Asked,
    /// It was read back in force.
    There,
    /// It could not be put in force, or only half.
    Failed,
    /// Its end was commanded and not answered.
    Taking,
    /// It is gone.
    Gone,
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// How it stands.
    pub at: At,
    /// The last command.
    pub command: Option<Command>,
    /// The number of the last command that put it in force, for an answer that comes late.
    pub begun: Option<String>,
    /// The first second in which it is not in force any more, by that command.
    pub until: Option<Seconds>,
    /// When the last command was last sent.
    pub sent: Seconds,
    /// How often it was sent again.
    pub again: u32,
    /// The revision of the measure's text under which the last command was made: sent again behind a renewal it is the same message.
    pub text: u64,
    /// Whether it was taken out for good.
    pub narrowed: bool,
}

impl Effect {
    const fn new() -> Self {
        Self {
            at: At::Not,
            command: None,
            begun: None,
            until: None,
            sent: Seconds(0),
            again: 0,
            text: 0,
            narrowed: false,
        }
    }

    /// Whether a command is its last one.
    fn is_of(&self, command: &str) -> bool {
        self.command.as_ref().is_some_and(|one| one.id == command)
    }

    /// Whether it can be in force.
    pub const fn stands(&self) -> bool {
        matches!(self.at, At::Asked | At::There | At::Failed | At::Taking)
    }
}

/// A renewal that is before the commission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewing {
    /// SHA-256 of its text.
    pub text: Digest,
    /// The plan with what is new.
    pub plan: Plan,
    /// What it came to when it was asked for.
    pub found: Found,
}

/// What records come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub(super) plan: Plan,
    pub(super) drafted_by: Name,
    pub(super) drafted: Seconds,
    pub(super) reviewed_by: Option<Name>,
    pub(super) found: Option<Found>,
    pub(super) stage: Stage,
    pub(super) text: Option<Digest>,
    pub(super) decision: Option<Decision>,
    pub(super) decided: Option<Seconds>,
    pub(super) authority: Option<AuthorityId>,
    pub(super) approvals: Vec<AuthorityId>,
    pub(super) urgent_until: Option<Seconds>,
    pub(super) invoked: Option<Seconds>,
    pub(super) officers: Vec<Name>,
    pub(super) in_force: Option<Seconds>,
    pub(super) ratified: bool,
    pub(super) questions: BTreeSet<String>,
    pub(super) effects: Vec<Effect>,
    pub(super) revision: u64,
    pub(super) wave: u8,
    pub(super) soak_until: Option<Seconds>,
    pub(super) held: bool,
    pub(super) halted: bool,
    pub(super) first_dispatch: Option<Seconds>,
    pub(super) dispatched_by: Vec<Name>,
    pub(super) suspended: Option<Why>,
    pub(super) suspended_at: Option<Seconds>,
    pub(super) renewal: Option<Box<Renewing>>,
    pub(super) renewals: u64,
    pub(super) clocks: BTreeMap<Duty, Clock>,
    pub(super) complaints: BTreeMap<String, Option<bool>>,
    pub(super) end: Option<Ended>,
    pub(super) ended: Option<Seconds>,
    pub(super) playing: Playing,
    pub(super) flags: u64,
    pub(super) out_of_sequence: u64,
    pub(super) last: Seconds,
}

impl State {
    pub(super) fn new(plan: Plan, by: Name, at: Seconds) -> Self {
        let effects = plan.aims.iter().map(|_| Effect::new()).collect();
        Self {
            plan,
            drafted_by: by,
            drafted: at,
            reviewed_by: None,
            found: None,
            stage: Stage::Drafted,
            text: None,
            decision: None,
            decided: None,
            authority: None,
            approvals: Vec::new(),
            urgent_until: None,
            invoked: None,
            officers: Vec::new(),
            in_force: None,
            ratified: false,
            questions: BTreeSet::new(),
            effects,
            revision: 0,
            wave: 0,
            soak_until: None,
            held: false,
            halted: false,
            first_dispatch: None,
            dispatched_by: Vec::new(),
            suspended: None,
            suspended_at: None,
            renewal: None,
            renewals: 0,
            clocks: BTreeMap::new(),
            complaints: BTreeMap::new(),
            end: None,
            ended: None,
            playing: Playing::default(),
            flags: 0,
            out_of_sequence: 0,
            last: at,
        }
    }

    /// Takes a record in; what it says was judged when it was made.
    pub(super) fn take(&mut self, record: &Record) {
        let at = record.at;
        self.last = self.last.max(at);
        match &record.fact {
            Fact::Drafted { plan, by } => {
                // What holds dispatch does not end with another draft.
                *self = Self {
                    held: self.held,
                    halted: self.halted,
                    flags: self.flags,
                    out_of_sequence: self.out_of_sequence,
                    last: self.last,
                    ..Self::new((**plan).clone(), by.clone(), at)
                }
            }
            Fact::Reviewed { .. }
            | Fact::SentBack { .. }
            | Fact::Asked { .. }
            | Fact::Questioned { .. }
            | Fact::Answered { .. } => self.proposed(&record.fact),
            Fact::Approved(_)
            | Fact::Refused { .. }
            | Fact::Invoked { .. }
            | Fact::Ratified(_)
            | Fact::RenewalAsked { .. }
            | Fact::Renewed(_)
            | Fact::RenewalRefused { .. } => self.decided(&record.fact, at),
            Fact::Owed { .. }
            | Fact::Told { .. }
            | Fact::Withheld { .. }
            | Fact::Escalated { .. }
            | Fact::Complaint { .. }
            | Fact::Complained { .. } => self.owed(&record.fact, at),
            Fact::Dispatched { .. }
            | Fact::Commanded(_)
            | Fact::Sent { .. }
            | Fact::ReadBack { .. }
            | Fact::Soaking { .. }
            | Fact::Wave { .. }
            | Fact::InForce
            | Fact::Over { .. }
            | Fact::Narrowed { .. }
            | Fact::Held { .. }
            | Fact::Stopped { .. } => self.rolled(&record.fact, at),
            Fact::Suspended { .. }
            | Fact::Resumed { .. }
            | Fact::Ending { .. }
            | Fact::Ended
            | Fact::Reported { .. } => self.stopped(&record.fact, at),
            Fact::Come { .. } | Fact::Called { .. } | Fact::Played(_) | Fact::PlayedOut { .. } => {
                self.plays(&record.fact, at);
            }
            Fact::Flagged {
                out_of_sequence, ..
            } => {
                self.flags += 1;
                self.out_of_sequence += u64::from(*out_of_sequence);
            }
        }
    }

    fn proposed(&mut self, fact: &Fact) {
        match fact {
            Fact::Reviewed { by, found } => {
                self.reviewed_by = Some(by.clone());
                self.found = Some(found.clone());
                self.stage = Stage::Reviewed;
            }
            Fact::SentBack { .. } => {
                self.reviewed_by = None;
                self.found = None;
                self.stage = Stage::Drafted;
            }
            Fact::Asked { text, found, .. } => {
                self.text = Some(*text);
                self.found = Some(found.clone());
                self.stage = Stage::Asked;
            }
            Fact::Questioned { id } => {
                self.questions.insert(id.clone());
                self.stage = Stage::Questioned;
            }
            Fact::Answered { id } => {
                self.questions.remove(id);
                if self.questions.is_empty() {
                    self.stage = Stage::Asked;
                }
            }
            _ => {}
        }
    }

    fn decided(&mut self, fact: &Fact, at: Seconds) {
        match fact {
            Fact::Approved(decision) => {
                self.decide(decision, at);
                self.stage = Stage::Approved;
            }
            Fact::Refused { .. } => self.stage = Stage::Refused,
            Fact::Invoked {
                officers,
                text,
                authority,
                until,
                found,
            } => {
                self.officers.clone_from(officers);
                self.invoked = Some(at);
                self.text = Some(*text);
                self.rests_on(*authority);
                self.urgent_until = Some(*until);
                self.found = Some(found.clone());
                self.decided = Some(at);
                self.stage = Stage::Urgent;
            }
            Fact::Ratified(decision) => {
                self.decide(decision, at);
                self.urgent_until = None;
                self.ratified = true;
                if self.stage == Stage::Urgent {
                    self.stage = Stage::Approved;
                }
            }
            Fact::RenewalAsked {
                text, plan, found, ..
            } => {
                self.renewal = Some(Box::new(Renewing {
                    text: *text,
                    plan: (**plan).clone(),
                    found: found.clone(),
                }));
            }
            Fact::Renewed(decision) => {
                self.decide(decision, at);
                if let Some(renewing) = self.renewal.take() {
                    self.plan = renewing.plan;
                    self.found = Some(renewing.found);
                }
                self.renewals += 1;
            }
            Fact::RenewalRefused { .. } => self.renewal = None,
            _ => {}
        }
    }

    fn decide(&mut self, decision: &Decision, at: Seconds) {
        self.text = Some(decision.text);
        self.rests_on(decision.authority);
        self.decision = Some(decision.clone());
        self.decided = Some(at);
    }

    fn rests_on(&mut self, id: AuthorityId) {
        self.authority = Some(id);
        if !self.approvals.contains(&id) {
            self.approvals.push(id);
        }
    }

    fn owed(&mut self, fact: &Fact, at: Seconds) {
        match fact {
            Fact::Owed { duty, term } => {
                self.clocks
                    .entry(duty.clone())
                    .or_insert_with(|| Clock::new(at, *term));
            }
            Fact::Told { duty } => {
                if let Some(clock) = self.clocks.get_mut(duty) {
                    clock.late |= at > clock.due;
                    clock.done = Some(at);
                }
            }
            Fact::Withheld {
                duty,
                reason,
                review,
                ..
            } => {
                if let Some(clock) = self.clocks.get_mut(duty) {
                    clock.late |= at > clock.due;
                    clock.withheld = Some(reason.clone());
                    clock.due = *review;
                    clock.steps = 0;
                }
            }
            Fact::Escalated { duty, steps } => {
                if let Some(clock) = self.clocks.get_mut(duty) {
                    clock.steps = *steps;
                    clock.late = true;
                }
            }
            Fact::Complaint { reference, .. } => {
                self.complaints.insert(reference.clone(), None);
            }
            Fact::Complained { reference, upheld } => {
                self.complaints.insert(reference.clone(), Some(*upheld));
            }
            _ => {}
        }
    }

    fn rolled(&mut self, fact: &Fact, at: Seconds) {
        match fact {
            Fact::Dispatched { by, .. } => {
                self.dispatched_by.clone_from(by);
                // What was dispatched before goes on where it stands.
                if !self.runs() {
                    self.begin(at);
                }
            }
            Fact::Commanded(command) => {
                self.revision = self.revision.max(command.revision);
                let text = self.renewals + 1;
                if let Some(effect) = self.effects.get_mut(command.aim) {
                    effect.at = if command.begins() {
                        At::Asked
                    } else {
                        At::Taking
                    };
                    if command.begins() {
                        effect.begun = Some(command.id.clone());
                        // A renewal that fails leaves the earlier end, which is not later.
                        effect.until = effect.until.max(command.until);
                    }
                    effect.command = Some(command.clone());
                    effect.sent = at;
                    effect.again = 0;
                    effect.text = text;
                }
            }
            Fact::Sent { command } => {
                let mut effects = self.effects.iter_mut();
                if let Some(effect) = effects.find(|effect| effect.is_of(command)) {
                    effect.sent = at;
                    effect.again += 1;
                }
            }
            Fact::ReadBack { command, well } => self.answered(command, *well),
            Fact::Soaking { until, .. } => self.soak_until = Some(*until),
            Fact::Wave { wave } => {
                self.wave = *wave;
                self.soak_until = None;
            }
            Fact::InForce => {
                self.stage = Stage::InForce;
                self.in_force = Some(at);
                self.soak_until = None;
            }
            Fact::Over { aim } => {
                if let Some(effect) = self.effects.get_mut(*aim) {
                    effect.at = At::Gone;
                }
            }
            Fact::Narrowed { aims, .. } => {
                for aim in aims {
                    if let Some(effect) = self.effects.get_mut(*aim) {
                        effect.narrowed = true;
                    }
                }
            }
            Fact::Held { held } => self.held = *held,
            Fact::Stopped { stopped } => self.halted = *stopped,
            _ => {}
        }
    }

    /// It is put in force from the first effect on.
    fn begin(&mut self, at: Seconds) {
        self.first_dispatch.get_or_insert(at);
        self.wave = 0;
        self.soak_until = None;
        // A playbook begins anew with each dispatch.
        self.playing = Playing {
            began: self.plan.playbook.map(|_| at),
            ..Playing::default()
        };
        for effect in self.effects.iter_mut().filter(|effect| !effect.narrowed) {
            effect.at = At::Not;
        }
        self.stage = Stage::Dispatching;
    }

    fn plays(&mut self, fact: &Fact, at: Seconds) {
        match fact {
            Fact::Come { aim } => self.playing.come.push(*aim),
            Fact::Called { at, .. } => self.playing.called = Some(*at),
            Fact::Played(play) => self.playing.answers.push((at, play.clone())),
            Fact::PlayedOut { .. } => self.playing.out = true,
            _ => {}
        }
    }

    fn answered(&mut self, command: &str, well: bool) {
        let mut effects = self.effects.iter_mut();
        let mine =
            |effect: &&mut Effect| effect.command.as_ref().is_some_and(|one| one.id == command);
        if let Some(effect) = effects.find(mine) {
            effect.at = match (effect.at, well) {
                (At::Asked, true) => At::There,
                (At::Asked | At::There, false) => At::Failed,
                (At::Taking, true) => At::Gone,
                (at, _) => at,
            };
        }
    }

    fn stopped(&mut self, fact: &Fact, at: Seconds) {
        match fact {
            Fact::Suspended { why, .. } => {
                self.suspended = Some(*why);
                self.suspended_at = Some(at);
                self.soak_until = None;
                self.stage = Stage::Suspended;
            }
            Fact::Resumed { .. } => {
                self.suspended = None;
                self.stage = if self.urgent_until.is_some() {
                    Stage::Urgent
                } else {
                    Stage::Approved
                };
            }
            Fact::Ending { end } => {
                self.end = Some(*end);
                self.soak_until = None;
                self.stage = Stage::Ending;
            }
            Fact::Ended => {
                self.ended = Some(at);
                self.stage = Stage::Ended;
            }
            Fact::Reported { .. } => self.stage = Stage::Reported,
            _ => {}
        }
    }

    /// Where it stands.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The plan.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Its effects, in the order of its aims.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// The level that it was found to have; 2 where nobody found one.
    pub fn level(&self) -> u64 {
        self.found.as_ref().map_or(2, |found| found.level)
    }

    /// Whether it is dispatched, and neither suspended nor at an end.
    const fn runs(&self) -> bool {
        matches!(self.stage, Stage::Dispatching | Stage::InForce)
    }

    /// Whether there is another among these people than who carries it out.
    pub(super) fn has_another(&self, people: &[Name]) -> bool {
        let executor = &self.plan.chain.executor.officer;
        people.iter().any(|name| name != executor)
    }

    /// Whether a renewal rose to a level at which two people dispatch, and one alone did: what is in force goes on to its own end, and nothing is commanded before two dispatch it.
    pub fn waits_for_two(&self) -> bool {
        self.runs() && self.level() > 1 && !self.has_another(&self.dispatched_by)
    }

    /// What it came to when it was last held against the rules.
    pub const fn found(&self) -> Option<&Found> {
        self.found.as_ref()
    }

    /// The decision of the commission.
    pub const fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// The first second in which nothing of it is in force any more.
    pub fn until(&self) -> Option<Seconds> {
        let decided = self
            .decision
            .as_ref()
            .map(|decision| decision.not_after.plus(1));
        self.urgent_until.or(decided)
    }

    /// What is owed, by when.
    pub const fn clocks(&self) -> &BTreeMap<Duty, Clock> {
        &self.clocks
    }

    /// Complaints by their reference, and whether the block was wrong, where that is decided.
    pub const fn complaints(&self) -> &BTreeMap<String, Option<bool>> {
        &self.complaints
    }

    /// How it ended, or ends.
    pub const fn end(&self) -> Option<Ended> {
        self.end
    }

    /// When it was drafted.
    pub const fn drafted(&self) -> Seconds {
        self.drafted
    }

    /// When it was last decided.
    pub const fn decided_at(&self) -> Option<Seconds> {
        self.decided
    }

    /// When it was suspended last.
    pub const fn suspended_at(&self) -> Option<Seconds> {
        self.suspended_at
    }

    /// When it was first dispatched.
    pub const fn dispatched(&self) -> Option<Seconds> {
        self.first_dispatch
    }

    /// When it ended.
    pub const fn ended(&self) -> Option<Seconds> {
        self.ended
    }

    /// Whether two officers decided it, and whether the commission ratified that.
    pub const fn urgent(&self) -> Option<bool> {
        if self.invoked.is_some() {
            Some(self.ratified)
        } else {
            None
        }
    }

    /// When two officers decided it.
    pub const fn invoked(&self) -> Option<Seconds> {
        self.invoked
    }

    /// Since when all of it was in force, the last time.
    pub const fn in_force_since(&self) -> Option<Seconds> {
        self.in_force
    }

    /// Who drafted it.
    pub const fn drafted_by(&self) -> &Name {
        &self.drafted_by
    }

    /// The revision of the text under which a command was made, or that of now for one that is none of the last.
    pub fn text_revision(&self, command: &str) -> u64 {
        let mut effects = self.effects.iter();
        let of = effects.find(|effect| effect.is_of(command));
        of.map_or(self.renewals + 1, |effect| effect.text)
    }

    /// How often it was renewed.
    pub const fn renewals(&self) -> u64 {
        self.renewals
    }

    /// Questions of the commission that wait for an answer.
    pub const fn questions(&self) -> &BTreeSet<String> {
        &self.questions
    }

    /// SHA-256 of the text that is before the commission, or was approved.
    pub const fn text(&self) -> Option<Digest> {
        self.text
    }

    /// SHA-256 of the text of a renewal that is before the commission.
    pub fn renewal(&self) -> Option<Digest> {
        self.renewal.as_ref().map(|renewing| renewing.text)
    }

    /// The renewal that is before the commission, with its plan.
    pub fn renewing(&self) -> Option<&Renewing> {
        self.renewal.as_deref()
    }

    /// The statement that it rests on.
    pub const fn authority(&self) -> Option<AuthorityId> {
        self.authority
    }

    /// All statements that it ever rested on, the newest last: what takes back is about each of them.
    pub fn approvals(&self) -> &[AuthorityId] {
        &self.approvals
    }

    /// Events that were refused, and how many of them were out of sequence.
    pub const fn flags(&self) -> (u64, u64) {
        (self.flags, self.out_of_sequence)
    }

    /// Why it is suspended.
    pub const fn suspended(&self) -> Option<Why> {
        self.suspended
    }

    /// Whether the kill switch holds its dispatch, its own or that of the whole office.
    pub const fn is_held(&self) -> bool {
        self.held || self.halted
    }

    /// Whether a kill switch is about this measure.
    pub fn is_met(&self, kill: &Kill) -> bool {
        let chain = &self.plan.chain;
        match kill {
            Kill::Dispatch | Kill::All | Kill::Measure => true,
            Kill::Authority(id) => self.approvals.contains(id),
            Kill::Designation(number) => chain.executor.number == *number,
            Kill::Route(route) => chain.route() == *route,
        }
    }

    /// Whether the stop of the whole office holds it.
    pub const fn is_halted(&self) -> bool {
        self.halted
    }

    /// When the run of its playbook began; none where it follows none, or was not dispatched.
    pub const fn play_began(&self) -> Option<Seconds> {
        self.playing.began
    }

    /// Effects that the playbook has come to, in its order.
    pub fn come(&self) -> &[usize] {
        &self.playing.come
    }

    /// For which task of the playbook a person was called, counted by the answers before it.
    pub const fn called(&self) -> Option<usize> {
        self.playing.called
    }

    /// Answers to the tasks of the playbook, in their order.
    pub fn played(&self) -> &[(Seconds, Play)] {
        &self.playing.answers
    }

    /// Whether the playbook is over.
    pub const fn is_played_out(&self) -> bool {
        self.playing.out
    }

    /// What all revisions of the measure share.
    pub fn family(&self) -> Digest {
        Digest(measure::family(self.plan.id))
    }
}
