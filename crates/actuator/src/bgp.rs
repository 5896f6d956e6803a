//! Routes lead nowhere, by a BGP speaker of the owner. In: effects. Out: remotely triggered black holes (RFC 5635, RFC 7999) and rules for flows (RFC 8955, RFC 8956) that a daemon announces to the
//! owner's routers. Never: a route that the [`Guard`] did not make; a daemon of another machine; a route of the owner that is replaced or withdrawn.
//!
//! Nothing here speaks BGP: `GoBGP`, `BIRD` or `ExaBGP` does, driven through its own program. Every route carries a large community of ours, by which it is known again; whom it is for stands in a file that is written before
//! it is announced. A thread withdraws what is over, without the engine.
//!
//! BGP counts nothing: that a route stands in a table is no count of packets, so [`Substrate::met`] is empty.

mod announcer;
mod bird;
mod call;
mod clock;
mod exabgp;
mod gobgp;
mod guard;
mod held;
mod pipe;
mod speaker;
mod state;

pub use announcer::Config as AnnouncerConfig;
pub use bird::Config as BirdConfig;
pub use clock::{Clock, Reading, system};
pub use exabgp::Config as ExabgpConfig;
pub use gobgp::Config as GobgpConfig;
pub use guard::{Guard, Kind, Line, NEVER_MAX, Refused, Route, Sides, Table};
pub use speaker::{Marks, Seen, Speaker, Tag};

use crate::substrate::{Fault, Met, Substrate};
use held::{Held, Parts, Why};
use sakimori_respond::engine::{Deed, Effect, InForce, Key};
use serde::Deserialize;
use state::End;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How it is called.
const NAME: &str = "bgp";
/// Longest pause of the timer: a clock that slept or was moved is seen after as long.
const PAUSE: Duration = Duration::from_millis(250);

/// Which daemon speaks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Daemon {
    /// `GoBGP`.
    Gobgp(GobgpConfig),
    /// `BIRD`.
    Bird(BirdConfig),
    /// `ExaBGP`.
    Exabgp(ExabgpConfig),
}

/// The owner's word on what is announced, by whom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The file of what is held for whom; its folder exists, and a second file with `.new` at its end stands beside it for a moment.
    pub state: PathBuf,
    /// Which daemon.
    pub daemon: Daemon,
    /// The daemon as a process that we hold, so that all is withdrawn when we are gone. Without it the owner runs the daemon, and what is announced outlives us until the actuator starts anew.
    pub announcer: Option<AnnouncerConfig>,
    /// The large community of our routes. No other route of the owner carries it.
    pub tag: Tag,
    /// The next hop that the owner's routers discard, for IPv4.
    #[serde(default = "discard_v4")]
    pub discard_v4: Ipv4Addr,
    /// The same for IPv6 (RFC 6666).
    #[serde(default = "discard_v6")]
    pub discard_v6: Ipv6Addr,
    /// Which flows of a target rules drop.
    #[serde(default)]
    pub sides: Sides,
    /// Fewest bits of a prefix in a rule for IPv4, 24 to 32. A black hole is always one address.
    #[serde(default = "whole_v4")]
    pub least_v4: u8,
    /// The same for IPv6, 120 to 128.
    #[serde(default = "whole_v6")]
    pub least_v6: u8,
    /// Blocks that no route of ours touches: routers, peers, next hops, the way to the office.
    #[serde(default)]
    pub never: Vec<String>,
    /// Sessions that have to carry a route, at least.
    #[serde(default = "one")]
    pub sessions: usize,
    /// Most effects at a time.
    #[serde(default = "thousand")]
    pub most: usize,
}

const fn discard_v4() -> Ipv4Addr {
    Ipv4Addr::new(192, 0, 2, 1)
}

const fn discard_v6() -> Ipv6Addr {
    Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 1)
}

const fn whole_v4() -> u8 {
    32
}

const fn whole_v6() -> u8 {
    128
}

const fn one() -> usize {
    1
}

const fn thousand() -> usize {
    1_000
}

struct Shared {
    held: Mutex<Option<Held>>,
    /// Told when an end was added or all is over.
    moved: Condvar,
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        // Whoever fell while it was held left a state that the next comparison puts right.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Black holes and rules for flows through a BGP speaker of the owner.
pub struct Bgp {
    shared: Arc<Shared>,
    timer: Option<JoinHandle<()>>,
}

impl Bgp {
    /// Reads what is held and starts the timer; with an announcer of ours, starts it too. Nothing is announced.
    ///
    /// # Errors
    /// [`Fault::Never`] for a configuration that cannot be; [`Fault::Now`] where the file cannot be read or the announcer not be started.
    pub fn open(config: Config, clock: Clock) -> Result<Self, Fault> {
        let marks = Marks {
            tag: config.tag,
            discard_v4: config.discard_v4,
            discard_v6: config.discard_v6,
        };
        let wrong = |why: String| fault(Why::Never(why));
        let mut never = config.never;
        // A hole for its own next hop would lead every other hole to nowhere known.
        never.extend([marks.discard_v4.to_string(), marks.discard_v6.to_string()]);
        let guard = Guard::new(config.sides, config.least_v4, config.least_v6, &never)
            .map_err(|refused| wrong(refused.to_string()))?;
        if config.sessions == 0 {
            return Err(wrong("an effect without any session is none".to_owned()));
        }
        let speaker: Box<dyn Speaker> = match config.daemon {
            Daemon::Gobgp(gobgp) => Box::new(gobgp::Gobgp::new(gobgp, marks)),
            Daemon::Bird(bird) => Box::new(bird::Bird::new(bird, marks).map_err(wrong)?),
            Daemon::Exabgp(exabgp) => Box::new(exabgp::Exabgp::new(&exabgp, marks).map_err(wrong)?),
        };
        let mut held = Held::new(Parts {
            guard,
            speaker,
            clock,
            path: config.state,
            sessions: config.sessions,
            most: config.most,
        })
        .map_err(fault)?;
        if let Some(announcer) = config.announcer {
            held.hold(announcer).map_err(fault)?;
        }
        let shared = Arc::new(Shared {
            held: Mutex::new(Some(held)),
            moved: Condvar::new(),
        });
        let for_timer = Arc::clone(&shared);
        let timer = std::thread::Builder::new()
            .name("bgp-timer".to_owned())
            .spawn(move || run_timer(&for_timer))
            .map_err(|error| fault(Why::Now(format!("no thread for the timer: {error}"))))?;
        Ok(Self {
            shared,
            timer: Some(timer),
        })
    }

    /// How many routes with our tag that nobody had asked for were withdrawn since the start.
    pub fn orphans(&self) -> u64 {
        self.shared.held().as_ref().map_or(0, |held| held.orphans)
    }

    /// How many rules with our tag stood in the daemon at the last look that are not of our make. They are the owner's to remove.
    pub fn strange(&self) -> usize {
        self.shared.held().as_ref().map_or(0, |held| held.strange)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Held) -> Result<T, Why>) -> Result<T, Fault> {
        let mut held = self.shared.held();
        let held = held
            .as_mut()
            .ok_or_else(|| Why::Now("it is over".to_owned()));
        held.and_then(work).map_err(fault)
    }
}

impl Drop for Bgp {
    fn drop(&mut self) {
        // An announcer of ours ends here, and all that it announced with it.
        drop(self.shared.held().take());
        self.shared.moved.notify_all();
        if let Some(timer) = self.timer.take() {
            timer.join().ok();
        }
    }
}

/// Withdraws what is over. Where that fails it is tried again at the next turn.
fn run_timer(shared: &Shared) {
    let mut held = shared.held();
    while let Some(here) = held.as_mut() {
        let (next_ms, done) = here.over();
        // Ends are whole milliseconds; a pause of none would be a loop without one.
        let pause = match (next_ms, done) {
            (Some(ms), Ok(())) => PAUSE.min(Duration::from_millis(ms.max(1))),
            _ => PAUSE,
        };
        let waited = shared.moved.wait_timeout(held, pause);
        held = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(held, _)| held);
    }
}

fn fault(why: Why) -> Fault {
    let substrate = NAME;
    match why {
        Why::Never(why) => Fault::Never { substrate, why },
        Why::Now(why) => Fault::Now { substrate, why },
    }
}

impl Substrate for Bgp {
    fn name(&self) -> &'static str {
        NAME
    }

    fn deeds(&self) -> &'static [Deed] {
        &[Deed::BlackHole, Deed::FlowRule]
    }

    fn rehearse(&mut self, deed: Deed, target: &str) -> Result<(), Fault> {
        self.with(|held| held.rehearse(deed, target))
    }

    /// Nothing is to be known: a route of ours is beside those of the owner, or is not announced.
    fn before(&mut self, effect: &Effect) -> Result<String, Fault> {
        self.with(|held| held.routes(effect.key.deed, &effect.key.target))?;
        Ok(String::new())
    }

    fn apply(&mut self, effect: &Effect) -> Result<(), Fault> {
        self.with(|held| {
            let now = (held.clock)().counted_ms;
            let end = End {
                until: effect.until,
                counted_ms: now.saturating_add(effect.seconds.saturating_mul(1000)),
            };
            held.apply(&effect.key, end)
        })?;
        self.shared.moved.notify_all();
        Ok(())
    }

    fn remove(&mut self, key: &Key, _before: Option<&str>) -> Result<(), Fault> {
        self.with(|held| held.remove(std::slice::from_ref(key)))
    }

    fn look(&mut self) -> Result<Vec<InForce>, Fault> {
        self.with(Held::look)
    }

    fn met(&mut self) -> Result<Vec<(Key, Met)>, Fault> {
        Ok(Vec::new())
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("orphans", self.orphans()),
            ("strange", self.strange() as u64),
        ]
    }

    fn release(&mut self) -> Result<(), Fault> {
        self.with(Held::release)
    }
}
