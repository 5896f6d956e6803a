//! Packets to and from addresses are dropped, by nftables. In: effects on addresses and prefixes, the owner's exemptions. Out: elements with timers and counters in sets of one table, read back. Never: a change
//! in a table of others; a rule that stays when this process ends, however it ends; a packet of an exemption dropped; an effect without an end.
//!
//! One `nft` is held, and the table belongs to it (`flags owner`, Linux 5.12): with our process its input closes, with the input it ends, with it the kernel takes the table away. A table that is not owned is not
//! worked with. Elements carry the kernel's own timers, so an effect ends on time also where nobody asks for it.
//!
//! A target is met where packets come in, before connection tracking, where this machine's own go out, and behind translation of destinations; each packet is judged for itself, so open flows end too. What others
//! accept does not matter: in nftables an accept ends one chain, a drop ends the packet.

mod book;
mod child;
mod config;
mod net;
mod start;
mod table;

pub use config::{Config, ConfigError, EFFECTS_MAX, EXEMPT_MAX};
pub use start::StartError;

use crate::substrate::{Fault, Met, Substrate};
use book::Book;
use child::{Answer, Child, Trouble, counted, once};
use net::Net;
use sakimori_respond::engine::{Deed, Effect, InForce, Key};
use serde_json::Value;
use table::{Element, Layout, listing, met_in};

/// Its name.
const NAME: &str = "nftables";
/// What it can do.
const DEEDS: &[Deed] = &[Deed::Block];
/// Longest effect in seconds: `nft` 1.0.6 counts a timer's milliseconds in 31 bits.
const SECONDS_MAX: u64 = 2_000_000;
/// Longest wait in milliseconds for an answer when everything is taken back; then the process is ended instead, which does the same.
const RELEASE_MS_MAX: u64 = 400;
/// Elements that are taken away at once: two such lines fit in a question.
const TAKEN_AT_ONCE: usize = 100;

/// How often something happened that its owner wants to know. Since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Effects refused because as many were in force as the owner allows.
    pub ceiling: u64,
    /// Elements found in the table that this substrate did not put in, or not so; they were taken away.
    pub strays: u64,
    /// Effects found gone before their time; the next look of the engine puts them in force again.
    pub lost: u64,
    /// Times that `nft` ended, hung or talked nonsense and the table fell with it.
    pub falls: u64,
    /// Tables that an earlier run left behind; they were taken away.
    pub orphans: u64,
}

/// The packet filter.
pub struct Nftables {
    program: Vec<String>,
    answer_ms_max: u64,
    layout: Layout,
    /// The held process; none after a fall, until the next look.
    child: Option<Child>,
    /// The table as it was when it was made.
    shape: Vec<Value>,
    book: Book,
    counts: Counts,
}

impl Nftables {
    /// Starts it with an empty table. A table of our name and our parts that nobody owns any more is taken away first; [`Nftables::found_orphan`] tells.
    ///
    /// # Errors
    /// [`StartError`]: there is no table of ours.
    pub fn start(config: &Config) -> Result<Self, StartError> {
        let exempt = config.checked()?;
        let mut own = Self {
            program: config.program.clone(),
            answer_ms_max: config.answer_ms_max,
            layout: Layout {
                table: config.table.clone(),
                exempt,
                addresses_max: config.addresses_max,
                effects_max: config.effects_max,
            },
            child: None,
            shape: Vec::new(),
            book: Book::default(),
            counts: Counts::default(),
        };
        own.open()?;
        Ok(own)
    }

    /// Whether a table was found that an earlier run left behind, and taken away.
    pub const fn found_orphan(&self) -> bool {
        self.counts.orphans > 0
    }

    /// What happened so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The number of the process that holds the table: whoever ends it ends all effects. Nothing after a fall.
    pub fn holder(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// The table is lost with its process, or nobody knows how it is: then it is made to be lost.
    fn fall(&mut self, why: &dyn std::fmt::Display) -> Fault {
        self.counts.falls += 1;
        self.counts.lost += self.book.fell(counted());
        let gone = self.child.take().is_none_or(Child::end);
        if gone {
            now(&format!("{why}; nothing is in force until the next look"))
        } else {
            now(&format!(
                "{why}; it does not end, so effects can be in force until their timers end"
            ))
        }
    }

    fn ask_within(&mut self, lines: &[String], ms_max: u64) -> Result<Answer, Fault> {
        let Some(child) = &mut self.child else {
            return Err(now(&"the table fell; the next look makes it anew"));
        };
        match child.ask(lines, ms_max) {
            Ok(answer) => Ok(answer),
            // The process was not asked.
            Err(trouble @ Trouble::Long(_)) => Err(now(&trouble)),
            Err(trouble) => Err(self.fall(&trouble)),
        }
    }

    fn ask(&mut self, lines: &[String]) -> Result<Answer, Fault> {
        self.ask_within(lines, self.answer_ms_max)
    }

    fn aim(&self, deed: Deed, target: &str) -> Result<Net, Fault> {
        if deed != Deed::Block {
            return Err(never(&format!("`{deed}` is none of its deeds")));
        }
        let shown = || target.escape_debug().take(80).collect::<String>();
        let net = Net::aim(target, self.layout.addresses_max)
            .map_err(|why| never(&format!("`{}`: {why}", shown())))?;
        let mut exempt = self.layout.exempt.iter();
        exempt
            .find(|exempt| exempt.contains(net))
            .map_or(Ok(net), |exempt| {
                Err(never(&format!(
                    "{net} lies in {exempt}, which the owner exempts"
                )))
            })
    }

    /// Puts an element in, in the place of one that is there, and reads it back.
    fn put(&mut self, element: &Element) -> Result<(), Fault> {
        // One that is known, or one that nobody here put in.
        let mut instead = self.book.has(element.net);
        let mut why = None;
        // The second time what was found decides: one can have ended in between, or be there against what is known.
        for _ in 0..2 {
            if instead {
                let there = self.ask(&[self.layout.ask(element.net)])?;
                let met = met_in(&there.text());
                instead = met.is_some();
                if let Some(met) = met {
                    self.book.count(element.net, met, counted());
                }
            }
            let lines = [
                self.layout.put(element, instead),
                self.layout.ask(element.net),
            ];
            let said = self.ask(&lines)?;
            if said.text().contains(&element.mark) {
                return Ok(());
            }
            why = said.refusal();
            instead = true;
        }
        let why = why.unwrap_or_else(|| "it is not there when read back".to_owned());
        Err(now(&format!("{} is not in force: {why}", element.net)))
    }

    /// Takes an element away and reads back that it is gone.
    fn clear(&mut self, net: Net) -> Result<(), Fault> {
        let there = self.ask(&[self.layout.ask(net)])?;
        if met_in(&there.text()).is_none() {
            return Ok(());
        }
        let lines = [self.layout.take([net]), self.layout.ask(net)];
        let said = self.ask(&lines)?;
        if met_in(&said.text()).is_none() {
            return Ok(());
        }
        let why = said
            .refusal()
            .unwrap_or_else(|| "it is there when read back".to_owned());
        Err(now(&format!("{net} is still in force: {why}")))
    }

    /// Reads the table and holds it against what is known.
    fn read(&mut self) -> Result<(), Fault> {
        let said = self.ask(&self.layout.list())?;
        let found = listing(&said.json());
        let Some(found) = found.filter(|found| found.shape == self.shape) else {
            // Whoever changed it: what it drops is not known.
            return Err(self.fall(&"the table is not as it was made"));
        };
        let (strays, lost) = self.book.seen(&found.elements, counted());
        self.counts.lost += lost;
        self.counts.strays += strays.len() as u64;
        for net in &strays {
            tracing::warn!(%net, "an element that nobody here put in is taken away");
        }
        for some in strays.chunks(TAKEN_AT_ONCE) {
            let said = self.ask(&[self.layout.take(some.iter().copied())])?;
            if let Some(why) = said.refusal() {
                // One of them can have ended in between; the next look tries again.
                return Err(now(&format!("elements of nobody are in force: {why}")));
            }
        }
        Ok(())
    }

    /// Whether nothing of ours is there, by another process.
    fn none_left(&mut self) -> Result<(), Fault> {
        match self.shown() {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(now(&"the table is still there")),
            Err(error) => Err(now(&error)),
        }
    }
}

fn never(why: &dyn std::fmt::Display) -> Fault {
    Fault::Never {
        substrate: NAME,
        why: why.to_string(),
    }
}

fn now(why: &dyn std::fmt::Display) -> Fault {
    Fault::Now {
        substrate: NAME,
        why: why.to_string(),
    }
}

impl Substrate for Nftables {
    fn name(&self) -> &'static str {
        NAME
    }

    fn deeds(&self) -> &'static [Deed] {
        DEEDS
    }

    fn rehearse(&mut self, deed: Deed, target: &str) -> Result<(), Fault> {
        let net = self.aim(deed, target)?;
        let words = ["-c", "-j", "-f", "-"];
        let said = once(
            &self.program,
            &words,
            &self.layout.trial(net),
            self.answer_ms_max,
        )
        .map_err(|error| now(&format!("the check of {net} failed: {error}")))?;
        if said.well {
            return Ok(());
        }
        Err(now(&format!("{net} would be refused: {}", said.refusal())))
    }

    fn before(&mut self, effect: &Effect) -> Result<String, Fault> {
        // An element has no state before it: taking it away is the whole of its undoing.
        self.aim(effect.key.deed, &effect.key.target)?;
        Ok(String::new())
    }

    fn apply(&mut self, effect: &Effect) -> Result<(), Fault> {
        let net = self.aim(effect.key.deed, &effect.key.target)?;
        if effect.seconds > SECONDS_MAX {
            return Err(never(&format!(
                "{} seconds are more than {SECONDS_MAX}",
                effect.seconds
            )));
        }
        if effect.seconds == 0 {
            return Err(now(&"its end is past"));
        }
        if !self.book.holds(net, &effect.key) && self.book.len() >= self.layout.effects_max {
            self.counts.ceiling += 1;
            return Err(now(&format!(
                "{} effects are in force, as many as the owner allows",
                self.book.len()
            )));
        }
        let time = counted();
        if let Some(mark) = self.book.same(net, effect, time).map(str::to_owned) {
            let there = self.ask(&[self.layout.ask(net)])?;
            if there.text().contains(&mark) {
                return Ok(());
            }
        }
        let Some(element) = self.book.with(net, effect, time) else {
            return Err(now(&"its end is past"));
        };
        self.put(&element)?;
        self.book.begun(&element, effect, time);
        Ok(())
    }

    fn remove(&mut self, key: &Key, _before: Option<&str>) -> Result<(), Fault> {
        // What cannot be in force is gone.
        let Ok(net) = Net::aim(&key.target, u32::MAX) else {
            return Ok(());
        };
        if !self.book.holds(net, key) && self.book.has(net) {
            return Ok(());
        }
        let left = self.book.without(net, key, counted());
        match &left {
            Some(element) => self.put(element)?,
            None => self.clear(net)?,
        }
        self.book.ended(net, key, left.as_ref());
        Ok(())
    }

    fn look(&mut self) -> Result<Vec<InForce>, Fault> {
        if self.child.is_none() {
            self.open().map_err(|error| now(&error))?;
        }
        self.read()?;
        Ok(self.book.in_force())
    }

    fn met(&mut self) -> Result<Vec<(Key, Met)>, Fault> {
        self.read()?;
        Ok(self.book.met())
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        let own = self.counts;
        vec![
            ("ceiling", own.ceiling),
            ("strays", own.strays),
            ("lost", own.lost),
            ("falls", own.falls),
            ("orphans", own.orphans),
        ]
    }

    fn release(&mut self) -> Result<(), Fault> {
        if self.child.is_some() {
            let mut lines = vec![self.layout.gone(), self.layout.owned(), self.layout.lay()];
            lines.extend(self.layout.list());
            let ms_max = self.answer_ms_max.min(RELEASE_MS_MAX);
            if let Ok(said) = self.ask_within(&lines, ms_max) {
                let found = listing(&said.json()).unwrap_or_default();
                if found.shape == self.shape && found.elements.is_empty() {
                    self.book.clear();
                    return Ok(());
                }
                self.fall(&"the table is not empty after the stop");
            }
        }
        // With its process the table went.
        self.book.clear();
        self.none_left()
    }
}
