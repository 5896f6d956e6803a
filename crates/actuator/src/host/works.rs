//! The four deeds, done, read back and undone. In: effects, the owner's policy as it is now, the time. Out: processes, files and the network of this host, changed and as they were. Never: a deed that the policy
//! does not allow at that moment; a change before its record; an end that needs whoever asked.
//!
//! Several effects can hold one process, file or host: what was done to it is undone when the last of them goes.

mod files;
mod processes;

use super::clock::{Clock, boot_id};
use super::file::{Moved, Store};
use super::isolation::Isolation;
use super::limits::HOLDS_MAX;
use super::policy::Policy;
use super::record::{Hold, Object, Records, Stage, private};
use super::{DEEDS, Settings, never, now, words};
use crate::substrate::{Fault, Met};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, InForce, Key};
use sakimori_respond::host::HostTarget;
use std::collections::BTreeMap;

/// Most words that are kept for whoever asks next.
const SAID_MAX: usize = 16;

/// What is called after each step that a fall could come behind, with its name; it does nothing outside of tests.
pub type AfterStep = Box<dyn FnMut(&'static str) + Send>;

/// All that is done on this host.
pub struct Works {
    settings: Settings,
    clock: Box<dyn Clock>,
    records: Records,
    stores: Vec<Store>,
    isolation: Isolation,
    boot: String,
    /// Why a record cannot be read, where one cannot.
    damaged: Option<Fault>,
    /// By target.
    objects: BTreeMap<String, Object>,
    after: AfterStep,
    /// What whoever asks next is told beside.
    said: Vec<String>,
}

/// An effect that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which.
    pub key: Key,
    /// Its target, read.
    pub target: HostTarget,
    /// The first second in which it is not in force any more.
    pub until: Seconds,
    /// Seconds until then.
    pub seconds: u64,
}

impl Works {
    /// Opens records and stores, and finishes or undoes what a fall left half done.
    ///
    /// # Errors
    /// [`Fault`]: nothing can be done, for folders or records are not as they must be.
    pub fn open(
        settings: Settings,
        clock: Box<dyn Clock>,
        after: AfterStep,
    ) -> Result<Self, Fault> {
        private(&settings.state)?;
        let records = Records::open(&settings.state.join("records"))?;
        let stores = settings
            .stores
            .iter()
            .map(|path| Store::open(path))
            .collect::<Result<Vec<_>, _>>()?;
        let boot =
            boot_id().map_err(|e| now(format!("this start of the machine has no number: {e}")))?;
        let (read, damaged) = records.read(&boot, clock.now())?;
        let isolation = Isolation::new(settings.nft.clone());
        let mut works = Self {
            settings,
            clock,
            records,
            stores,
            isolation,
            boot,
            damaged,
            objects: read
                .into_iter()
                .map(|object| (object.target.clone(), object))
                .collect(),
            after,
            said: Vec::new(),
        };
        works.recover();
        Ok(works)
    }

    /// The owner's policy as it is now.
    fn policy(&self) -> Result<Policy, Fault> {
        Policy::read(&self.settings.policy).map_err(|e| never(e.to_string()))
    }

    /// Keeps words for whoever asks next, a few at most.
    fn say(&mut self, words: String) {
        if self.said.len() < SAID_MAX {
            self.said.push(words);
        }
    }

    /// What happened that is no fault and has to be known, once.
    pub fn told(&mut self) -> String {
        std::mem::take(&mut self.said).join("; ")
    }

    fn step(&mut self, name: &'static str) {
        (self.after)(name);
    }

    /// Finishes or undoes each object that a fall left on its way. What cannot be is tried again with each turn of the timer.
    fn recover(&mut self) {
        let targets: Vec<String> = self.objects.keys().cloned().collect();
        for text in targets {
            let Some(object) = self.objects.get(&text).cloned() else {
                continue;
            };
            let done = match HostTarget::parse(&text) {
                Ok(HostTarget::Process { .. }) => self.recover_process(&object),
                Ok(HostTarget::File { .. }) => self.recover_file(&object),
                Ok(HostTarget::Host { .. }) => self.rearm(&text),
                Err(_) => self.forget(&text),
            };
            // It stays in the records, and `look` shows it.
            drop(done);
        }
        self.turn();
    }

    /// Tries an effect without a change.
    ///
    /// # Errors
    /// [`Fault`]: it would be refused.
    pub fn rehearse(
        &mut self,
        deed: Deed,
        target: &HostTarget,
        measure: Option<&[u8; 32]>,
    ) -> Result<String, Fault> {
        let text = target.to_string();
        if !DEEDS.contains(&deed) || !target.fits(deed) {
            return Err(never(format!("{deed} is not done to such a target")));
        }
        let policy = self.policy()?;
        policy
            .allows(deed, &text, measure)
            .map_err(|e| never(e.to_string()))?;
        match target {
            HostTarget::Process { pid, start, hash } => {
                self.judge_process(&policy, deed, &text, (*pid, *start, hash))
            }
            HostTarget::File { hash, path } => self.judge_file(&policy, &text, hash, path),
            HostTarget::Host { name } => {
                policy.isolates(name).map_err(|e| never(e.to_string()))?;
                if !self.objects.contains_key(&text) {
                    self.isolation.rehearse(&policy)?;
                }
                Ok(format!(
                    "undone by taking our table away; management={} dns={} exceptions={}",
                    policy.management.len(),
                    policy.dns.len(),
                    policy.exceptions.len()
                ))
            }
        }
    }

    /// Puts an effect in force, or lets it end at another time.
    ///
    /// # Errors
    /// [`Fault`]: it is not in force; what was begun was taken back, or is in the records to be.
    pub fn apply(&mut self, asked: &Asked) -> Result<(), Fault> {
        let text = asked.key.target.as_str();
        let held: usize = self.objects.values().map(|object| object.holds.len()).sum();
        if held >= HOLDS_MAX {
            return Err(now("as many effects are held as can be"));
        }
        self.rehearse(asked.key.deed, &asked.target, Some(&asked.key.measure))?;
        if self
            .objects
            .get(text)
            .is_some_and(|object| object.stage != Stage::Done)
        {
            return Err(now(
                "what was begun with this target is still being taken back",
            ));
        }
        match &asked.target {
            HostTarget::Process { pid, start, hash } if asked.key.deed == Deed::Stop => {
                self.stop(asked, (*pid, *start, hash))
            }
            HostTarget::Process { pid, start, hash } => self.freeze(asked, (*pid, *start, hash)),
            HostTarget::File { hash, path } => self.quarantine(asked, hash, path),
            HostTarget::Host { .. } => self.isolate(asked),
        }
    }

    /// Takes an effect back; one that is not held is no error.
    ///
    /// # Errors
    /// [`Fault`]: it can still be in force.
    pub fn remove(&mut self, key: &Key) -> Result<(), Fault> {
        let Some(object) = self.objects.get(&key.target) else {
            return Ok(());
        };
        if !object.holds.iter().any(|hold| hold.is(key)) {
            return Ok(());
        }
        let mut left = object.clone();
        left.holds.retain(|hold| !hold.is(key));
        let still = match key.deed {
            // A stop without a freeze would keep a process frozen that nobody holds so any more.
            Deed::Freeze => left.holds_deed(Deed::Freeze) || left.holds_deed(Deed::Stop),
            _ => !left.holds.is_empty(),
        };
        if still && object.stage == Stage::Done {
            // On a full disk the record keeps the hold: it is found over, or is taken back again, after a fall. No end waits for that.
            drop(self.records.keep(&left));
            self.objects.insert(key.target.clone(), left);
            return self.ease(&key.target);
        }
        self.undo(&key.target)
    }

    /// What is left of an effect can be less: an isolation ends with the last hold's end.
    fn ease(&mut self, text: &str) -> Result<(), Fault> {
        match HostTarget::parse(text) {
            Ok(HostTarget::Host { .. }) => self.rearm(text),
            _ => Ok(()),
        }
    }

    /// Undoes what was done to an object, whoever holds it.
    fn undo(&mut self, text: &str) -> Result<(), Fault> {
        let moved = self.lift(text)?;
        self.settle(text, moved.as_ref())
    }

    /// Undoes what was done to an object, as fast as that goes. What cannot be undone is tried again with each turn of the timer.
    ///
    /// Nothing is written before: the record still has all that is needed, and a fall in the middle finds the object either as it was or held.
    fn lift(&mut self, text: &str) -> Result<Option<Moved>, Fault> {
        let done = match HostTarget::parse(text) {
            Ok(HostTarget::Process { pid, start, .. }) => {
                self.lift_process(text, pid, start).map(|()| None)
            }
            Ok(HostTarget::File { hash, path }) => self.lift_file(text, &hash, &path),
            Ok(HostTarget::Host { .. }) => self.isolation.release().map(|()| None),
            Err(_) => Ok(None),
        };
        if done.is_err()
            && let Some(object) = self.objects.get_mut(text)
            && object.stage == Stage::Done
        {
            object.stage = Stage::Undoing;
        }
        done
    }

    /// Makes durable that an object is as it was, then takes its record away.
    fn settle(&mut self, text: &str, moved: Option<&Moved>) -> Result<(), Fault> {
        if let Some(moved) = moved {
            moved.sync()?;
        }
        self.step("lifted");
        self.forget(text)
    }

    fn forget(&mut self, text: &str) -> Result<(), Fault> {
        self.records.forget(text)?;
        self.objects.remove(text);
        self.step("forgotten");
        Ok(())
    }

    /// Makes an object durable, then known.
    fn keep(&mut self, object: Object, step: &'static str) -> Result<(), Fault> {
        self.records.keep(&object)?;
        self.objects.insert(object.target.clone(), object);
        self.step(step);
        Ok(())
    }

    /// Adds the hold of an effect to its object, or gives it another end.
    fn hold(&mut self, asked: &Asked, again: bool) -> Result<(), Fault> {
        let at = self.clock.now();
        let Some(mut object) = self.objects.get(&asked.key.target).cloned() else {
            return Err(now("its record is gone"));
        };
        let mut hold = Hold::new(&asked.key, asked.until, asked.seconds, at);
        if let Some(known) = object.holds.iter().find(|known| known.is(&asked.key)) {
            hold.again = known.again + u64::from(again);
        }
        object.holds.retain(|known| !known.is(&asked.key));
        object.holds.push(hold);
        object.stage = Stage::Done;
        // Ends of an earlier start of the machine were carried over when the records were read.
        object.boot.clone_from(&self.boot);
        self.keep(object, "held")
    }

    fn isolate(&mut self, asked: &Asked) -> Result<(), Fault> {
        let text = &asked.key.target;
        let known = self.objects.contains_key(text);
        let again = known && !self.isolation.is_armed();
        if !known {
            let object = Object {
                target: text.clone(),
                boot: self.boot.clone(),
                stage: Stage::Done,
                holds: Vec::new(),
                process: None,
                file: None,
            };
            self.objects.insert(text.clone(), object);
        }
        let done = self.hold(asked, again).and_then(|()| self.rearm(text));
        if done.is_err() {
            // Half an isolation is none.
            if known {
                self.remove(&asked.key)
            } else {
                self.undo(text)
            }?;
        }
        done
    }

    /// Puts the isolation in force until the last end of who holds it.
    fn rearm(&mut self, text: &str) -> Result<(), Fault> {
        let at = self.clock.now();
        let ends = self
            .objects
            .get(text)
            .map(|object| object.holds.iter().map(|hold| hold.end_ms).max());
        let left = ends
            .flatten()
            .map(|end| end.saturating_sub(at.boot_ms).div_ceil(1000));
        let Some(seconds) = left.filter(|seconds| *seconds > 0) else {
            return self.undo(text);
        };
        let policy = self.policy()?;
        self.isolation.arm(&policy, seconds)?;
        self.step("armed");
        Ok(())
    }

    /// One turn of the timer: ends what is over, takes back what the owner does not allow any more, and tries again what could not be undone. Returns the milliseconds since the machine was started at which the
    /// next end is.
    pub fn turn(&mut self) -> Option<u64> {
        let at = self.clock.now();
        let policy = if self.objects.is_empty() {
            None
        } else {
            Some(self.policy())
        };
        let mut over = Vec::new();
        let mut undo = Vec::new();
        for object in self.objects.values() {
            if object.stage != Stage::Done {
                undo.push(object.target.clone());
                continue;
            }
            for hold in &object.holds {
                let Some(key) = hold.key(&object.target) else {
                    undo.push(object.target.clone());
                    continue;
                };
                let allowed = matches!(&policy, Some(Ok(policy)) if policy.allows(key.deed, &key.target, Some(&key.measure)).is_ok() && covers(policy, object));
                if hold.end_ms <= at.boot_ms || !allowed {
                    over.push(key);
                }
            }
        }
        // What fails now is tried again with the next turn, and the reconciler of whoever asked sees it.
        for key in over {
            drop(self.remove(&key));
        }
        for text in undo {
            drop(self.undo(&text));
        }
        if let Some(Ok(policy)) = &policy
            && self.isolation.is_of_another(policy)
        {
            let hosts = self.objects.keys().filter(|text| text.starts_with("host:"));
            for text in hosts.cloned().collect::<Vec<_>>() {
                drop(self.rearm(&text));
            }
        }
        let holds = self.objects.values().flat_map(|object| &object.holds);
        holds.map(|hold| hold.end_ms).min()
    }

    /// What is in force: what the records say and the host shows.
    ///
    /// # Errors
    /// [`Fault`]: a record is damaged, so what is in force is not known. What the others say is still ended.
    pub fn look(&mut self) -> Result<Vec<InForce>, Fault> {
        if let Some(fault) = &self.damaged {
            return Err(fault.clone());
        }
        let armed = self.isolation.is_armed();
        let mut found = Vec::new();
        for object in self.objects.values() {
            let target = HostTarget::parse(&object.target);
            for hold in &object.holds {
                let Some(key) = hold.key(&object.target) else {
                    continue;
                };
                let real = match &target {
                    Ok(HostTarget::Process { pid, start, .. }) => {
                        processes::is_in_force(key.deed, *pid, *start)
                    }
                    Ok(HostTarget::File { .. }) => self.is_away(object),
                    Ok(HostTarget::Host { .. }) => armed,
                    Err(_) => false,
                };
                // What is only half undone is shown, so that it is asked for again.
                if real || object.stage != Stage::Done {
                    found.push(InForce {
                        key,
                        until: hold.until(),
                    });
                }
            }
        }
        Ok(found)
    }

    /// What each effect met: an isolation what it dropped, any other how often somebody undid it.
    pub fn met(&mut self) -> Vec<(Key, Met)> {
        let dropped = if self
            .objects
            .values()
            .any(|object| object.holds_deed(Deed::Isolate))
        {
            self.isolation.met()
        } else {
            Met::default()
        };
        let mut found = Vec::new();
        for object in self.objects.values() {
            for hold in &object.holds {
                let Some(key) = hold.key(&object.target) else {
                    continue;
                };
                let met = match key.deed {
                    Deed::Isolate => dropped,
                    _ => Met {
                        times: hold.again,
                        bytes: 0,
                    },
                };
                found.push((key, met));
            }
        }
        found
    }

    /// Undoes everything, the network first.
    ///
    /// # Errors
    /// [`Fault`]: what could not be undone, after all else was.
    pub fn release(&mut self) -> Result<(), Fault> {
        let mut targets: Vec<String> = self.objects.keys().cloned().collect();
        targets.sort_by_key(|text| text.starts_with("file:"));
        let lifted: Vec<(String, Result<Option<Moved>, Fault>)> = targets
            .into_iter()
            .map(|text| {
                let done = self.lift(&text);
                (text, done)
            })
            .collect();
        let mut first = Ok(());
        // The disk is waited for when everything is lifted.
        for (text, done) in lifted {
            let done = done.and_then(|moved| self.settle(&text, moved.as_ref()));
            first = first.and(done);
        }
        first
    }

    /// Does nothing more: a next helper has the records. An isolation of this one goes when that one's is there.
    pub(super) fn step_down(&mut self) {
        self.objects.clear();
        self.isolation.let_go();
    }

    /// Whether nothing is held.
    pub fn is_idle(&self) -> bool {
        self.objects.is_empty()
    }
}

/// A value as one printable word.
fn word(text: impl AsRef<[u8]>) -> String {
    words(text.as_ref()).replace(' ', "\\x20")
}

/// Whether the policy still covers what an object is.
fn covers(policy: &Policy, object: &Object) -> bool {
    match HostTarget::parse(&object.target) {
        Ok(HostTarget::Process { .. }) => object.process.as_ref().is_some_and(|before| {
            policy
                .covers(super::file::path_of(&before.program), before.user)
                .is_ok()
        }),
        Ok(HostTarget::File { path, .. }) => object.file.as_ref().is_some_and(|before| {
            policy
                .covers(super::file::path_of(&path), before.attributes.user)
                .is_ok()
        }),
        Ok(HostTarget::Host { name }) => policy.isolates(&name).is_ok(),
        Err(_) => false,
    }
}
