//! A plan held against all its rules. In: the plan, the terms, what the protected lists say of its targets, the time. Out: its level, its estimates, what others saw; or every problem. Never: the first problem alone.

use super::collateral::{Estimate, Level, Reason, estimate};
use super::form::Digest;
use super::observe::{Seen, fresh_seconds, verify};
use super::read::Problem;
use super::{Aim, FORM, Plan, Terms};
use crate::safety::{self, Class, Protected, Target};
use sakimori_authority::measure::{Deed, EFFECTS_MAX, SECONDS_MAX, TARGET_BYTES_MAX};
use sakimori_custody::time::Seconds;
use std::collections::{BTreeMap, BTreeSet};

/// Longest soak, seconds; the text of a measure has no longer one.
const SOAK_SECONDS_MAX: u64 = 86_400;

/// Most cautions of a target that are told one by one.
const CAUTIONS_MAX: usize = 20;

/// What the protected lists say of targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Version of the lists.
    pub version: u64,
    /// SHA-256 of the lists.
    pub sha256: [u8; 32],
    /// The strongest class that a target runs into, by its text; a target that is not in it was not judged.
    pub classes: BTreeMap<String, Option<Class>>,
    /// What it runs into, and what could be done instead, in words.
    pub words: BTreeMap<String, String>,
    /// What a person looks at before saying yes, by target: every entry that a target runs into and that does not forbid it.
    pub cautions: BTreeMap<String, Vec<String>>,
}

impl Judgement {
    /// Judges the targets of a plan; `seen` is what names lead to now.
    pub fn of(
        plan: &Plan,
        lists: &Protected,
        seen: &BTreeMap<String, safety::Seen>,
        version: u64,
        sha256: [u8; 32],
    ) -> Self {
        let mut judgement = Self {
            version,
            sha256,
            ..Self::default()
        };
        let nothing = safety::Seen::default();
        for aim in &plan.aims {
            let Ok(target) = Target::parse(&aim.target) else {
                continue;
            };
            let judged = lists.judge(&target, seen.get(&aim.target).unwrap_or(&nothing));
            let class = judged.class();
            if let Some(hit) = judged.hits.last() {
                let instead = instead(judged.instead.as_deref());
                let words = format!("{} of `{}`{instead}", hit.entry, hit.list);
                judgement.words.insert(aim.target.clone(), words);
            }
            let cautions: Vec<String> = cautions(&judged.hits).collect();
            if !cautions.is_empty() {
                judgement.cautions.insert(aim.target.clone(), cautions);
            }
            judgement.classes.insert(aim.target.clone(), class);
        }
        judgement
    }

    /// The strongest class of a target.
    ///
    /// # Errors
    /// Words for people: it is protected, or was not judged and has to be.
    pub fn of_target(&self, target: &str) -> Result<Option<Class>, String> {
        match self.classes.get(target) {
            Some(Some(Class::Never)) => {
                let why = self.words.get(target).map_or("", String::as_str);
                Err(format!("{target} is protected: {why}"))
            }
            Some(class) => Ok(*class),
            // A thing on a host is in no list: the owner's policy protects it.
            None if Target::parse(target).is_err() => Ok(None),
            None => Err(format!("{target} was not held against the protected lists")),
        }
    }
}

/// Entries that do not forbid, in words, the strongest first; beyond [`CAUTIONS_MAX`] how many more there are.
fn cautions(hits: &[safety::Hit]) -> impl Iterator<Item = String> {
    let told = hits.iter().rev().filter(|hit| hit.class < Class::Never);
    let more = told.clone().count().saturating_sub(CAUTIONS_MAX);
    let lines = told.take(CAUTIONS_MAX).map(|hit| {
        let safety::Hit {
            class,
            list,
            entry,
            met,
            ..
        } = hit;
        format!("{met} runs into {entry} of `{list}` ({class})")
    });
    lines.chain((more > 0).then(|| format!("and {more} more")))
}

/// What a plan comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// 1, or 2 where more people have to agree.
    pub level: u64,
    /// Who else is met, by target.
    pub estimates: BTreeMap<String, Estimate>,
    /// Who else is met by all: at least and at most.
    pub collateral: (u64, u64),
    /// What others agree on, by target.
    pub seen: BTreeMap<String, Seen>,
    /// Version of the protected lists.
    pub version: u64,
    /// SHA-256 of the protected lists.
    pub lists: Digest,
}

impl Plan {
    /// Holds a plan against all rules. `urgent` asks for what an urgent act takes.
    ///
    /// # Errors
    /// Every problem: the officer who proposes acts on them.
    pub fn assess(
        &self,
        terms: &Terms,
        judgement: &Judgement,
        urgent: bool,
        now: Seconds,
    ) -> Result<Assessment, Vec<Problem>> {
        let mut found = Vec::new();
        self.frame(terms, now, &mut found);
        self.dossier.problems("/dossier", now, &mut found);
        let abroad = self.abroad(terms);
        self.chain
            .problems("/chain", abroad, self.not_after, now, &mut found);
        if let (Some(target), None) = (abroad, &self.dossier.international) {
            let words = format!(
                "{target} is abroad or nobody knows where: there is no signed sheet on international law"
            );
            found.push(Problem::new("/dossier/international", words));
        }
        let mut targets = Targets {
            plan: self,
            terms,
            judgement,
            urgent,
            now,
            assessment: Assessment {
                level: 1,
                estimates: BTreeMap::new(),
                collateral: (0, 0),
                seen: BTreeMap::new(),
                version: judgement.version,
                lists: Digest(judgement.sha256),
            },
            found,
        };
        let mut known = BTreeSet::new();
        for (number, aim) in self.aims.iter().take(EFFECTS_MAX).enumerate() {
            if !known.insert((aim.deed, &aim.actuator, &aim.target)) {
                targets.add(format!("/aims/{number}"), "stands twice");
            }
            targets.aim(number, aim);
        }
        let Targets {
            mut assessment,
            mut found,
            ..
        } = targets;
        assessment.collateral = Estimate::sum(assessment.estimates.values());
        let others = self.dossier.others.as_deref();
        if assessment.level > 1 && others.is_none_or(|text| text.trim().is_empty()) {
            let words = "at level 2 it has to be told in words who else is met";
            found.push(Problem::new("/dossier/others", words));
        }
        if urgent && assessment.level > 1 {
            // Who else is met is weighed by everybody who sits: two officers are not that.
            let words = "at level 2 the commission decides, everybody who sits voting for it; it cannot be urgent";
            found.push(Problem::new("/aims", words));
        }
        if found.is_empty() {
            Ok(assessment)
        } else {
            Err(found)
        }
    }

    /// Form, window and roll-out.
    fn frame(&self, terms: &Terms, now: Seconds, found: &mut Vec<Problem>) {
        let mut add = |place: &str, words: String| found.push(Problem::new(place, words));
        if self.form != FORM {
            add("/form", format!("not `{FORM}`"));
        }
        if self.aims.is_empty() || self.aims.len() > EFFECTS_MAX {
            add("/aims", format!("1 to {EFFECTS_MAX} effects"));
        }
        if self.not_after <= self.not_before || self.not_after <= now {
            add(
                "/not_after",
                "it ends before it begins, or has ended".to_owned(),
            );
        }
        let length = self.not_after.0.saturating_sub(self.not_before.0);
        if length >= terms.window.seconds {
            add(
                "/not_after",
                format!("longer than {} s", terms.window.seconds),
            );
        }
        if self.soak_seconds > SOAK_SECONDS_MAX {
            add("/soak_seconds", format!("at most {SOAK_SECONDS_MAX}"));
        }
        if !(1..=SECONDS_MAX).contains(&self.effect_seconds) {
            add("/effect_seconds", format!("1 to {SECONDS_MAX}"));
        }
        if self.most < self.aims.len() as u64 || self.most > EFFECTS_MAX as u64 {
            add(
                "/most",
                format!("as many as there are effects, and at most {EFFECTS_MAX}"),
            );
        }
        if self.renewals > terms.renewals {
            add("/renewals", format!("at most {}", terms.renewals));
        }
    }
}

/// Targets one by one, and what they come to.
struct Targets<'a> {
    plan: &'a Plan,
    terms: &'a Terms,
    judgement: &'a Judgement,
    urgent: bool,
    now: Seconds,
    assessment: Assessment,
    found: Vec<Problem>,
}

impl Targets<'_> {
    fn add(&mut self, place: String, words: impl Into<String>) {
        self.found.push(Problem::new(place, words));
    }

    fn aim(&mut self, number: usize, aim: &Aim) {
        let place = format!("/aims/{number}");
        if self.urgent && !self.terms.urgent_deeds.contains(&aim.deed) {
            let words = format!("`{}` is not among what may be done urgently", aim.deed);
            self.add(format!("{place}/deed"), words);
        }
        aim.form(&place, &mut self.found);
        let at = format!("{place}/target");
        match self.judgement.of_target(&aim.target) {
            Err(words) => self.add(at.clone(), words),
            Ok(Some(Class::Level2)) => self.assessment.level = 2,
            Ok(_) => {}
        }
        if !self.assessment.estimates.contains_key(&aim.target) {
            self.seen(aim, &at);
            self.estimated(aim, &at);
        }
        if aim.deed == Deed::Stop {
            self.irreversible(aim);
        }
        let seen = self.assessment.seen.get(&aim.target);
        if let Some(country) = seen
            .map(|seen| seen.country)
            .filter(|at| *at != aim.country)
        {
            self.add(
                format!("{place}/country"),
                format!("observers say `{country}`"),
            );
        }
    }

    fn seen(&mut self, aim: &Aim, at: &str) {
        let fresh = fresh_seconds(self.terms, self.urgent);
        match verify(&aim.target, &self.plan.observations, fresh, self.now) {
            Err(error) => self.add(at.to_owned(), error.to_string()),
            Ok(verified) => {
                self.assessment
                    .seen
                    .insert(aim.target.clone(), verified.seen);
            }
        }
    }

    /// What nobody can take back takes more people, whoever else is met; every other deed has its inverse.
    fn irreversible(&mut self, aim: &Aim) {
        self.assessment.level = 2;
        if let Some(estimate) = self.assessment.estimates.get_mut(&aim.target) {
            estimate.level = estimate.level.max(Level::Two);
            estimate.reasons.push(Reason {
                level: Level::Two,
                words: format!("`{}` cannot be taken back", aim.deed),
            });
        }
    }

    fn estimated(&mut self, aim: &Aim, at: &str) {
        let mut facts = self.plan.facts.iter();
        let facts = facts.find(|facts| facts.target == aim.target);
        let estimate = estimate(&aim.target, facts, &self.terms.collateral, self.now);
        match estimate.level {
            Level::One => {}
            Level::Two => self.assessment.level = 2,
            Level::Refused => {
                let reasons = estimate.reasons.iter();
                let worst = reasons.filter(|reason| reason.level == Level::Refused);
                let worst: Vec<&str> = worst.map(|reason| reason.words.as_str()).collect();
                let instead = instead(estimate.instead.as_deref());
                let words = format!("too many others are met: {}{instead}", worst.join("; "));
                self.add(at.to_owned(), words);
            }
        }
        self.assessment
            .estimates
            .insert(aim.target.clone(), estimate);
    }
}

fn instead(words: Option<&str>) -> String {
    words.map_or_else(String::new, |words| format!("; instead: {words}"))
}

impl Aim {
    /// Whether the target has its one form, and the deed is one for it.
    fn form(&self, place: &str, found: &mut Vec<Problem>) {
        let target = self.target.as_str();
        let printable = target.bytes().all(|byte| byte.is_ascii_graphic());
        if target.is_empty() || target.len() > TARGET_BYTES_MAX || !printable {
            let words =
                format!("1 to {TARGET_BYTES_MAX} printable characters of ASCII without a space");
            found.push(Problem::new(format!("{place}/target"), words));
            return;
        }
        if self.deed == Deed::Notify {
            let words = "no actuator does `notify`: notices are the office's own";
            found.push(Problem::new(format!("{place}/deed"), words.to_owned()));
            return;
        }
        let known = Target::parse(target);
        if let Ok(known) = &known
            && known.to_string() != target
        {
            let words = format!("not its one form, `{known}`");
            found.push(Problem::new(format!("{place}/target"), words));
        }
        let fits = match self.deed {
            Deed::Block | Deed::BlackHole | Deed::FlowRule => matches!(known, Ok(Target::Net(_))),
            Deed::NoAnswer | Deed::Sinkhole => matches!(known, Ok(Target::Name { .. })),
            Deed::Freeze | Deed::Stop => target.starts_with("process:"),
            Deed::Quarantine => target.starts_with("file:"),
            Deed::Isolate => target.starts_with("host:"),
            Deed::Notify => false,
        };
        if !fits {
            let words = format!("`{}` cannot be done with `{target}`", self.deed);
            found.push(Problem::new(format!("{place}/deed"), words));
        }
    }
}
