//! Names at the owner's resolvers: a response policy zone, changed by signed updates and followed by Unbound and BIND. In: effects on names. Out: the zone, read back by a signed transfer, and which state of it
//! each resolver enforces. Never: a root, a public suffix, a name that the owner exempts; an effect that only the server has and no resolver enforces; a server's word that is not signed.
//!
//! One server has the zone and takes updates (RFC 2136, signed by RFC 8945); the resolvers fetch it from there and are told of changes (RFC 1996). Each effect is a record of the zone beside the policy that it
//! asks for, so that the zone alone says what is in force, until when and for whom: nothing is known by memory. Changes rest on the state that was read, so that actuator, timer and guard can work at once.
//!
//! How it is set up, and what was measured: `docs/reference/actuators.md`, record 32.

mod clock;
mod config;
mod ends;
mod follower;
mod judge;
mod keeper;
mod log;
mod lookup;
mod marks;
pub mod policy;
mod primary;
mod probe;
mod view;

pub use clock::{Clock, MachineClock};
pub use config::{Config, ConfigError, Control, Key as TsigKey, Kind, REFERENCE, Resolver};
pub use ends::{Guard, Guarded, STEP};
pub use view::ORPHAN;

use crate::led::Eyes;
use crate::substrate::{Fault, Met, Substrate};
use config::Checked;

use ends::{Ends, Planned};
use follower::{Follower, State, Wait, each};
use keeper::Keeper;
use marks::{Marks, Watch};
use policy::Reach;
use primary::{Primary, Trouble};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, Effect, InForce, Key};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::File;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use view::{Means, View};

/// Its name.
const NAME: &str = "resolver";

/// The resolvers of one owner.
pub struct Rpz {
    checked: Checked,
    means: Means,
    primary: Primary,
    followers: Vec<Follower>,
    marks: Marks,
    clock: Arc<dyn Clock>,
    planned: Planned,
    /// By resolver, the rules that were not answered as they say when they were last asked for.
    unmet: BTreeMap<usize, BTreeSet<Reach>>,
    /// The last rule that was asked for in a look.
    asked: Option<Reach>,
    counts: BTreeMap<Key, u64>,
    signs: u64,
    /// The owner's stop.
    halt: Arc<AtomicBool>,
    timer: Option<(SyncSender<()>, JoinHandle<()>)>,
    /// By it the guard knows that an actuator is there.
    life: Option<File>,
    keeper: Option<Keeper>,
}

fn never(why: impl Into<String>) -> Fault {
    Fault::Never {
        substrate: NAME,
        why: why.into(),
    }
}

fn now(why: impl Into<String>) -> Fault {
    Fault::Now {
        substrate: NAME,
        why: why.into(),
    }
}

fn means(checked: &Checked) -> Means {
    Means {
        sinkhole: checked.config.sinkhole.clone(),
        complaint: checked.config.complaint.clone(),
        exempt: checked.exempt.clone(),
    }
}

fn primary(checked: &Checked, zone: &str, clock: &Arc<dyn Clock>) -> Result<Primary, ConfigError> {
    let key = (checked.config.key.name.as_str(), checked.secret.as_slice());
    let clock = Arc::clone(clock);
    let ttl = checked.config.ttl_seconds;
    Primary::new(checked.config.primary, zone, key, ttl, clock).map_err(|why| {
        let field = "key";
        ConfigError::Field { field, why }
    })
}

fn followers(checked: &Checked, clock: &Arc<dyn Clock>) -> Result<Vec<Follower>, ConfigError> {
    let zone = &checked.config.zone;
    let resolvers = checked.config.resolvers.iter().cloned();
    resolvers
        .map(|resolver| {
            Follower::new(resolver, zone, Arc::clone(clock)).map_err(|why| {
                let field = "resolvers";
                ConfigError::Field { field, why }
            })
        })
        .collect()
}

/// Switches the zone off wherever that can be done at once, at all resolvers at a time. The mark is there before, so that whoever puts something in force later switches it on again. `firm`: how long it is asked whether it is so.
fn switch_off(marks: &Marks, followers: &[Follower], firm: &Wait) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let any = followers.iter().any(|one| one.resolver.control.is_some());
    if any && let Err(error) = marks::write(&marks.off, b"off\n") {
        troubles.push(format!("{}: {error}", marks.off.display()));
    }
    let off = each(followers, |one| {
        if !one.disable(firm)? {
            return Ok(());
        }
        match one.state(firm)? {
            State::Nothing => Ok(()),
            State::Generation(_) => {
                Err(format!("{}: it still enforces the zone", one.resolver.name))
            }
        }
    });
    troubles.extend(off.into_iter().filter_map(Result::err));
    troubles
}

impl Rpz {
    /// Reads the configuration and begins to keep the ends of what is in the zone already. Nothing is changed by it.
    ///
    /// # Errors
    /// [`ConfigError`]: the owner's configuration cannot be used.
    pub fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let checked = config.checked()?;
        let means = means(&checked);
        let planned = Planned::default();
        let own = primary(&checked, &checked.config.zone, &clock)?;
        let timers = primary(&checked, &checked.config.zone, &clock)?;
        let ends = Ends::new(
            timers,
            means.clone(),
            Arc::clone(&clock),
            Arc::clone(&planned),
        );
        let (stop, stopped) = std::sync::mpsc::sync_channel(1);
        let builder = std::thread::Builder::new().name("ends of names".to_owned());
        let thread = builder.spawn(move || ends.run(&stopped)).map_err(|error| {
            let why = format!("no thread for the ends: {error}");
            let field = "folder";
            ConfigError::Field { field, why }
        })?;
        let mut substrate = Self {
            followers: followers(&checked, &clock)?,
            marks: Marks::new(&checked.config.folder),
            checked,
            means,
            primary: own,
            clock,
            planned,
            unmet: BTreeMap::new(),
            asked: None,
            counts: BTreeMap::new(),
            signs: 0,
            halt: Arc::default(),
            timer: Some((stop, thread)),
            life: None,
            keeper: None,
        };
        let field = "folder";
        let wrong = |why| ConfigError::Field { field, why };
        substrate.live().map_err(wrong)?;
        let life = substrate.marks.life().map_err(|e| wrong(e.to_string()))?;
        substrate.life = Some(life);
        Ok(substrate)
    }

    /// Keeps a guard beside it, a process that `words` start: nothing of names begins while none watches.
    #[must_use]
    pub fn guarded(mut self, words: Vec<OsString>) -> Self {
        let config = &self.checked.config;
        let silence = Duration::from_secs(config.silence_seconds_max);
        self.keeper = Some(Keeper::new(words, config.zone.clone(), silence));
        self.tend();
        self
    }

    /// Starts a guard where one is wanted and none is. What is in force stays so.
    fn tend(&mut self) {
        let now = self.clock.counted();
        if let Some(keeper) = &mut self.keeper
            && let Err(error) = keeper.tend(&self.marks, now)
        {
            tracing::error!(error, "names would outlive this actuator");
        }
    }

    /// Whether a guard watches, where one is wanted.
    fn watched(&mut self) -> Result<(), Fault> {
        let wait = self.wait();
        match &mut self.keeper {
            Some(keeper) => keeper.ensure(&self.marks, &*self.clock, &wait).map_err(now),
            None => Ok(()),
        }
    }

    /// A sign of life for the guard.
    fn live(&mut self) -> Result<(), Trouble> {
        self.signs += 1;
        let counted = self.clock.counted().as_nanos();
        let text = format!("{} {} {counted}\n", std::process::id(), self.signs);
        marks::write(&self.marks.sign, text.as_bytes())
            .map_err(|error| format!("{}: {error}", self.marks.sign.display()))
    }

    fn until(&self) -> Duration {
        self.clock.counted() + Duration::from_millis(self.checked.config.settle_ms_max)
    }

    /// A wait for resolvers that ends where the owner stops everything.
    fn wait(&self) -> Wait {
        Wait::heeding(self.until(), &self.halt)
    }

    /// Waits until every resolver enforces what was read back, each beside the others. `off`: one that was switched off is as good.
    fn settle(&self, view: &View, off: bool, wait: &Wait) -> Result<(), Fault> {
        let Some(generation) = view.generation() else {
            return Ok(());
        };
        let switched = self.marks.is_off();
        let followed = each(&self.followers, |one| {
            one.nudge(wait);
            let off = off && switched && one.resolver.control.is_some();
            one.follows(generation, off, wait)
        });
        let troubles: Vec<Trouble> = followed.into_iter().filter_map(Result::err).collect();
        if troubles.is_empty() {
            Ok(())
        } else {
            Err(now(troubles.join("; ")))
        }
    }

    /// Switches on what one of us switched off, now that the zone says what it shall.
    fn switch_on(&self, view: &View, wait: &Wait) -> Result<(), Fault> {
        if !self.marks.is_off() {
            return Ok(());
        }
        let on = each(&self.followers, |one| one.enable(view.serial, wait));
        for one in on {
            one.map_err(now)?;
        }
        std::fs::remove_file(&self.marks.off).map_err(|error| now(error.to_string()))
    }

    /// Tries an effect in the zone that nobody follows.
    fn rehearse_in(&self, zone: &str, key: &Key) -> Result<(), Fault> {
        let told = |error: ConfigError| now(error.to_string());
        let other = primary(&self.checked, zone, &self.clock).map_err(told)?;
        let means = Means {
            exempt: BTreeSet::new(),
            ..self.means.clone()
        };
        let come: BTreeMap<Key, Seconds> = [(key.clone(), Seconds(0))].into();
        let tried = other.change(&|view| Ok(view.change(&means, &come, &BTreeSet::new())));
        let whole = tried.as_ref().is_ok_and(|view| {
            let standing = view.standing(&means);
            standing.iter().any(|one| one.key == *key && one.whole)
        });
        other
            .change(&|view| Ok(view.cleared(&means)))
            .map_err(now)?;
        tried.map_err(now)?;
        if whole {
            Ok(())
        } else {
            Err(now("the server took it, and the zone does not show it"))
        }
    }
}

impl Substrate for Rpz {
    fn name(&self) -> &'static str {
        NAME
    }

    fn deeds(&self) -> &'static [Deed] {
        &[Deed::NoAnswer, Deed::Sinkhole]
    }

    fn eyes(&self) -> Option<Arc<dyn Eyes>> {
        let config = &self.checked.config;
        let own = config.resolvers.iter().map(|one| one.address);
        let resolvers = if config.lookup.is_empty() {
            own.collect()
        } else {
            config.lookup.clone()
        };
        let sinkhole = config.sinkhole.iter().copied().collect();
        let clock = Arc::clone(&self.clock);
        Some(Arc::new(lookup::Lookup::new(resolvers, sinkhole, clock)))
    }

    fn heed(&mut self, halt: Arc<AtomicBool>) {
        self.halt = halt;
    }

    fn rehearse(&mut self, deed: Deed, target: &str) -> Result<(), Fault> {
        self.judge(deed, target)?;
        self.watched()?;
        let key = Key {
            measure: ORPHAN,
            deed,
            target: target.to_owned(),
        };
        let view = self.primary.read().map_err(now)?;
        if let Some(other) = view.conflict(&key) {
            return Err(now(format!("{} stands on {target}", other.deed)));
        }
        match self.checked.config.rehearsal.clone() {
            Some(zone) => self.rehearse_in(&zone, &key),
            None => Ok(()),
        }
    }

    fn before(&mut self, effect: &Effect) -> Result<String, Fault> {
        self.judge(effect.key.deed, &effect.key.target)?;
        // What a name was answered before is the rest of the world's to say: taking the policy back is enough.
        Ok(String::new())
    }

    fn apply(&mut self, effect: &Effect) -> Result<(), Fault> {
        self.live().map_err(now)?;
        self.judge(effect.key.deed, &effect.key.target)?;
        self.watched()?;
        let at = self.clock.counted() + Duration::from_secs(effect.seconds);
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        planned.insert(effect.key.clone(), (effect.until, at));
        drop(planned);
        let come: BTreeMap<Key, Seconds> = [(effect.key.clone(), effect.until)].into();
        let after = self
            .primary
            .change(&|view| match view.conflict(&effect.key) {
                Some(other) => Err(format!("{} stands on {}", other.deed, effect.key.target)),
                None => Ok(view.change(&self.means, &come, &BTreeSet::new())),
            })
            .map_err(now)?;
        let standing = after.standing(&self.means);
        let mine = standing.iter().find(|one| one.key == effect.key);
        if !mine.is_some_and(|one| one.whole && one.until == effect.until) {
            return Err(now("the zone does not show it as it should"));
        }
        let wait = self.wait();
        self.switch_on(&after, &wait)?;
        self.settle(&after, false, &wait)?;
        self.answered(&after, &Reach::of(&effect.key.target), &wait)
    }

    fn remove(&mut self, key: &Key, _before: Option<&str>) -> Result<(), Fault> {
        // A full disk keeps nothing from ending; without a sign the guard takes the rest back.
        self.live().ok();
        let go: BTreeSet<Key> = [key.clone()].into();
        let after = self
            .primary
            .change(&|view| Ok(view.change(&self.means, &BTreeMap::new(), &go)))
            .map_err(now)?;
        self.planned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key);
        self.counts.remove(key);
        if after.keys().contains_key(key) {
            return Err(now("the zone still has it"));
        }
        self.settle(&after, true, &self.wait())
    }

    fn look(&mut self) -> Result<Vec<InForce>, Fault> {
        self.live().ok();
        self.tend();
        let view = self.primary.read().map_err(now)?;
        let mut found = view.orphans(&self.means);
        let standing = view.standing(&self.means);
        if standing.is_empty() && found.is_empty() {
            return Ok(found);
        }
        let wait = self.wait();
        self.settle(&view, false, &wait)?;
        self.probe(&view, &wait)?;
        for one in standing.into_iter().filter(|one| one.whole) {
            let reach = Reach::of(&one.key.target);
            if !self.unmet.values().any(|unmet| unmet.contains(&reach)) {
                found.push(InForce {
                    key: one.key,
                    until: one.until,
                });
            }
        }
        Ok(found)
    }

    fn met(&mut self) -> Result<Vec<(Key, Met)>, Fault> {
        if self.followers.iter().all(|one| one.counter.is_none()) {
            // Without a log nothing is known, which is not the same as none.
            return Ok(Vec::new());
        }
        let view = self.primary.read().map_err(now)?;
        let keys = view.keys();
        let wanted = self.means.wanted(keys.keys());
        let mut of_rule: BTreeMap<Reach, u64> = BTreeMap::new();
        for one in &mut self.followers {
            let Some(counter) = &mut one.counter else {
                continue;
            };
            let name = &one.resolver.name;
            let counted = counter.read();
            let counted = counted.map_err(|error| now(format!("log of {name}: {error}")))?;
            for (asked, times) in counted {
                let wild = |above: &str| wanted.get(&format!("*.{above}"));
                let entry = wanted
                    .get(&asked)
                    .or_else(|| policy::above(&asked).find_map(wild));
                if let Some((_, entry)) = entry {
                    *of_rule.entry(entry.rule.clone()).or_insert(0) += times;
                }
            }
        }
        self.counts.retain(|key, _| keys.contains_key(key));
        for key in keys.keys() {
            let more = of_rule.get(&Reach::of(&key.target)).copied();
            *self.counts.entry(key.clone()).or_insert(0) += more.unwrap_or(0);
        }
        let met = |times: u64| Met { times, bytes: 0 };
        Ok(self
            .counts
            .iter()
            .map(|(key, times)| (key.clone(), met(*times)))
            .collect())
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        let Some(keeper) = &self.keeper else {
            return Vec::new();
        };
        let watch = keeper.watch(&self.marks, self.clock.counted());
        vec![
            ("guards", u64::from(watch == Watch::Awake)),
            ("guards_started", keeper.started),
        ]
    }

    fn release(&mut self) -> Result<(), Fault> {
        // At once where that can be done; the zone itself follows.
        let firm = Wait::firm(self.until());
        let (marks, followers) = (&self.marks, &self.followers);
        let (mut troubles, cleared) = std::thread::scope(|scope| {
            let off = scope.spawn(|| switch_off(marks, followers, &firm));
            // The zone does not wait for who is switched off, nor the other way round.
            let cleared = self.primary.change(&|view| Ok(view.cleared(&self.means)));
            let fell = |_| vec!["switching the zone off fell".to_owned()];
            (off.join().unwrap_or_else(fell), cleared)
        });
        self.planned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.counts.clear();
        match cleared {
            Ok(after) if after.is_clear(&self.means) => {
                if let Err(Fault::Now { why, .. } | Fault::Never { why, .. }) =
                    self.settle(&after, true, &firm)
                {
                    troubles.push(why);
                }
            }
            Ok(_) => troubles.push("the zone still has something".to_owned()),
            Err(why) => troubles.push(why),
        }
        if troubles.is_empty() {
            Ok(())
        } else {
            Err(now(troubles.join("; ")))
        }
    }
}

impl Drop for Rpz {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.timer.take() {
            // Its end is near even where it is in an exchange: each is bounded.
            stop.try_send(()).ok();
            drop(stop);
            thread.join().ok();
        }
        // From here on nothing is put in the zone, and the guard may go where it is clear.
        drop(self.life.take());
    }
}
