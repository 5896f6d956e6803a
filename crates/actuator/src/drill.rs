//! The drill: a substrate that changes nothing but a file, so that an owner can rehearse approvals, commands, ends and falls. In: effects. Out: a JSON file of what would be in force. Never: a packet, a name, a process.
//!
//! It ends effects by its own timer, as real ones do, counts how often each was put in force, and can let the whole process fall at a chosen act: what a drill of a power cut needs. Of another start of the machine it has nothing in force, as a
//! kernel has.

use crate::files;
use crate::journal::Disk;
use crate::led::{Eyes, Led, LedError};
use crate::substrate::{Fault, Met, Substrate};
use crate::time::Clock;
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, Effect, InForce, Key};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NAME: &str = "drill";
const BYTES_MAX: u64 = 64 << 20;

coded! {
    /// At which act the process falls.
    FallAt: u8 {
        /// When a record is durable.
        Record = 1 "record",
        /// Before an effect is put in force.
        BeforeApply = 2 "before-apply",
        /// When it is.
        AfterApply = 3 "after-apply",
        /// Before one is taken back.
        BeforeRemove = 4 "before-remove",
        /// When it is gone.
        AfterRemove = 5 "after-remove",
        /// Before the journal is written anew.
        BeforeRewrite = 6 "before-rewrite",
        /// When it is.
        AfterRewrite = 7 "after-rewrite",
    }
}

/// How the drill is set up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrillConfig {
    /// The file of what would be in force.
    pub file: PathBuf,
    /// A file with how many seconds the wall clock is off, and behind it how many the counted one is: where that number changes, the machine was started anew. None for the machine's own time.
    pub clock: Option<PathBuf>,
    /// Where the process falls.
    pub fall: Option<Fall>,
    /// A file of where names lead: JSON, by target `aliases`, `addresses`, `unanswered`. A target that is not in it leads nowhere; a file that is not there is a resolver that does not answer. Without it nothing is looked up.
    pub leads: Option<PathBuf>,
}

/// Where the process falls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fall {
    /// At which act: `record`, `before-apply`, `after-apply`, `before-remove`, `after-remove`, `before-rewrite`, `after-rewrite`.
    pub at: String,
    /// At which of them, from 1.
    pub number: u64,
}

/// Counts acts, and falls.
#[derive(Clone, Debug)]
struct Falling {
    at: Option<FallAt>,
    left: u64,
}

impl Falling {
    fn of(fall: Option<&Fall>) -> Self {
        Self {
            at: fall.and_then(|fall| FallAt::from_name(&fall.at)),
            left: fall.map_or(0, |fall| fall.number),
        }
    }

    /// An act; the process ends here as if its power were cut, without a word and without any file being closed.
    fn act(&mut self, at: FallAt) {
        if self.at != Some(at) {
            return;
        }
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            let own = rustix::process::getpid();
            // BOUND: a process may always end itself; where it could not, it would go on, and the drill would show it.
            let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
        }
    }
}

/// One effect of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drilled {
    /// The measure.
    pub measure: String,
    /// What would be done.
    pub deed: String,
    /// With what.
    pub target: String,
    /// Whether it is in force.
    pub in_force: bool,
    /// Until when.
    pub until: u64,
    /// When the own timer ends it, in milliseconds that are counted.
    pub ends_ms: u64,
    /// The start of the machine in which it was put in force.
    pub boot: String,
    /// How often it came in force that was not.
    pub begun: u64,
    /// How often it was gone that was in force.
    pub ended: u64,
    /// What it met; whoever plays the drill writes it.
    pub times: u64,
}

/// The drill.
pub struct Drill {
    path: PathBuf,
    clock: Clock,
    /// The file of the clocks.
    clocks: Option<PathBuf>,
    falling: Falling,
    leads: Option<PathBuf>,
}

/// Looks where names lead, in a file.
struct Leads(PathBuf);

impl Eyes for Leads {
    fn led(&self, target: &str) -> Result<Led, LedError> {
        let wrong = |why: &dyn std::fmt::Display| LedError {
            target: target.to_owned(),
            why: why.to_string(),
        };
        let bytes = files::read(&self.0, BYTES_MAX).map_err(|e| wrong(&e))?;
        let bytes = bytes.ok_or_else(|| wrong(&"no resolver answers"))?;
        let all: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&bytes).map_err(|e| wrong(&e))?;
        let led = all.get(target).map(|led| Led::of_text(&led.to_string()));
        led.unwrap_or_else(|| Some(Led::default()))
            .ok_or_else(|| wrong(&"the file holds what is no look-up"))
    }
}

fn broken(why: &dyn std::fmt::Display) -> Fault {
    Fault::Now {
        substrate: NAME,
        why: why.to_string(),
    }
}

/// Which start of the machine it is: the kernel's number of it, and how far the counted clock is off.
///
/// # Errors
/// The kernel does not show it.
pub fn boot(clocks: Option<&Path>) -> io::Result<String> {
    let off = clocks.map_or(0, |clocks| crate::time::seconds(clocks, 1));
    Ok(format!("{} {off}", crate::host::clock::boot_id()?))
}

impl Drill {
    /// A drill.
    pub fn new(config: &DrillConfig, clock: Clock) -> Self {
        Self {
            path: config.file.clone(),
            clock,
            clocks: config.clock.clone(),
            falling: Falling::of(config.fall.as_ref()),
            leads: config.leads.clone(),
        }
    }

    fn read(&self) -> Result<Vec<Drilled>, Fault> {
        let bytes = files::read(&self.path, BYTES_MAX).map_err(|e| broken(&e))?;
        let Some(bytes) = bytes else {
            return Ok(Vec::new());
        };
        let mut all: Vec<Drilled> = serde_json::from_slice(&bytes).map_err(|e| broken(&e))?;
        let now = self.clock.counted_ms();
        let boot = self.boot()?;
        for one in &mut all {
            if one.in_force && (one.ends_ms <= now || one.boot != boot) {
                one.in_force = false;
                one.ended += 1;
            }
        }
        Ok(all)
    }

    fn boot(&self) -> Result<String, Fault> {
        boot(self.clocks.as_deref()).map_err(|e| broken(&e))
    }

    fn write(&self, all: &[Drilled]) -> Result<(), Fault> {
        let bytes = serde_json::to_vec_pretty(all).map_err(|e| broken(&e))?;
        files::write(&self.path, &bytes).map_err(|e| broken(&e))
    }
}

fn is(one: &Drilled, key: &Key) -> bool {
    one.measure == hex(&key.measure) && one.deed == key.deed.name() && one.target == key.target
}

fn key(one: &Drilled) -> Option<Key> {
    Some(Key {
        measure: unhex(&one.measure)?,
        deed: Deed::from_name(&one.deed)?,
        target: one.target.clone(),
    })
}

impl Substrate for Drill {
    fn name(&self) -> &'static str {
        NAME
    }

    fn deeds(&self) -> &'static [Deed] {
        Deed::ALL
    }

    fn eyes(&self) -> Option<Arc<dyn Eyes>> {
        let leads = self.leads.clone()?;
        Some(Arc::new(Leads(leads)))
    }

    fn rehearse(&mut self, _: Deed, _: &str) -> Result<(), Fault> {
        self.read().map(|_| ())
    }

    fn before(&mut self, effect: &Effect) -> Result<String, Fault> {
        let all = self.read()?;
        let before = all.iter().find(|one| is(one, &effect.key));
        Ok(match before {
            Some(one) if one.in_force => format!("in force until {}", one.until),
            _ => "not in force".to_owned(),
        })
    }

    fn apply(&mut self, effect: &Effect) -> Result<(), Fault> {
        self.falling.act(FallAt::BeforeApply);
        let mut all = self.read()?;
        let boot = self.boot()?;
        let at = all.iter().position(|one| is(one, &effect.key));
        let at = at.unwrap_or_else(|| {
            all.push(Drilled {
                measure: hex(&effect.key.measure),
                deed: effect.key.deed.name().to_owned(),
                target: effect.key.target.clone(),
                in_force: false,
                until: 0,
                ends_ms: 0,
                boot: String::new(),
                begun: 0,
                ended: 0,
                times: 0,
            });
            all.len() - 1
        });
        if let Some(one) = all.get_mut(at) {
            one.begun += u64::from(!one.in_force);
            one.in_force = true;
            one.until = effect.until.0;
            let seconds = effect.seconds.saturating_mul(1000);
            one.ends_ms = self.clock.counted_ms().saturating_add(seconds);
            one.boot = boot;
        }
        self.write(&all)?;
        self.falling.act(FallAt::AfterApply);
        Ok(())
    }

    fn remove(&mut self, key: &Key, _: Option<&str>) -> Result<(), Fault> {
        self.falling.act(FallAt::BeforeRemove);
        let mut all = self.read()?;
        for one in all.iter_mut().filter(|one| is(one, key)) {
            one.ended += u64::from(one.in_force);
            one.in_force = false;
        }
        self.write(&all)?;
        self.falling.act(FallAt::AfterRemove);
        Ok(())
    }

    fn look(&mut self) -> Result<Vec<InForce>, Fault> {
        let all = self.read()?;
        let in_force = all.iter().filter(|one| one.in_force);
        let read = in_force.map(|one| {
            Some(InForce {
                key: key(one)?,
                until: Seconds(one.until),
            })
        });
        let read: Option<Vec<InForce>> = read.collect();
        read.ok_or_else(|| broken(&"the file holds what is no effect"))
    }

    fn met(&mut self) -> Result<Vec<(Key, Met)>, Fault> {
        let all = self.read()?;
        let met = all.iter().filter(|one| one.in_force).filter_map(|one| {
            let met = Met {
                times: one.times,
                bytes: 0,
            };
            Some((key(one)?, met))
        });
        Ok(met.collect())
    }

    fn release(&mut self) -> Result<(), Fault> {
        let mut all = self.read()?;
        for one in &mut all {
            one.ended += u64::from(one.in_force);
            one.in_force = false;
        }
        self.write(&all)
    }
}

/// A journal's place at which the process falls when a record is durable, or around its being written anew.
pub struct FallingDisk<D> {
    inner: D,
    falling: Falling,
}

impl<D: Disk> FallingDisk<D> {
    /// Over another place.
    pub fn over(inner: D, fall: Option<&Fall>) -> Self {
        Self {
            inner,
            falling: Falling::of(fall),
        }
    }
}

impl<D: Disk> Disk for FallingDisk<D> {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        self.inner.read()
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.append(bytes)?;
        self.falling.act(FallAt::Record);
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.inner.truncate(length)
    }

    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.falling.act(FallAt::BeforeRewrite);
        self.inner.replace(bytes)?;
        self.falling.act(FallAt::AfterRewrite);
        Ok(())
    }
}
