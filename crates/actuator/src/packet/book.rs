//! Who holds what. In: effects, prefixes, the time in milliseconds. Out: which elements are to be, what each key met. Never: a clock, a process.
//!
//! Keys that hold the same prefix share one element; its timer is that of the longest. What it met is counted for all of them, and for those that hold a prefix around it.

use super::net::Net;
use super::table::{Element, Listed};
use crate::substrate::Met;
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Effect, InForce, Key};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How far the end of the same effect may move before its timer is set anew, in milliseconds: its seconds are whole.
const SAME_MS: u64 = 2000;
/// Most keys whose count is kept after a fall.
const FALLEN_MAX: usize = 65_536;

/// A key that holds a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Holder {
    until: Seconds,
    ends_ms: u64,
    met: Met,
}

/// A prefix that is held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Held {
    holders: BTreeMap<Key, Holder>,
    /// The mark of its element.
    mark: String,
    /// The timer of its element.
    seconds: u64,
    /// What the element had met when it was last read.
    last: Met,
}

/// All that is held.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    held: BTreeMap<Net, Held>,
    /// What keys met before the table fell, until they are put in force again.
    fallen: BTreeMap<Key, Met>,
}

fn plus(a: Met, b: Met) -> Met {
    Met {
        times: a.times.saturating_add(b.times),
        bytes: a.bytes.saturating_add(b.bytes),
    }
}

/// The element of holders at a time; nothing where all are over.
fn element(net: Net, holders: &BTreeMap<Key, Holder>, now_ms: u64) -> Option<Element> {
    let open = || holders.iter().filter(|(_, one)| one.ends_ms > now_ms);
    let (longest, last) = open().max_by_key(|(_, one)| one.ends_ms)?;
    let mut digest = Sha256::new();
    digest.update(b"sakimori packet filter\n");
    digest.update(now_ms.to_be_bytes());
    for (key, one) in open() {
        digest.update(key.measure);
        digest.update([key.deed.code()]);
        digest.update((key.target.len() as u64).to_be_bytes());
        digest.update(key.target.as_bytes());
        digest.update(one.until.0.to_be_bytes());
    }
    let mark = hex(digest.finalize().as_slice(), 16);
    let measure = hex(&longest.measure, 8);
    let (count, until) = (open().count(), last.until.0);
    Some(Element {
        net,
        seconds: (last.ends_ms - now_ms).div_ceil(1000),
        comment: format!("{mark} measure {measure} of {count} until {until}"),
        mark,
    })
}

fn hex(bytes: &[u8], most: usize) -> String {
    let mut out = String::new();
    for byte in bytes.iter().take(most) {
        // Writing to a text does not fail.
        write!(out, "{byte:02x}").ok();
    }
    out
}

impl Book {
    /// How many effects there are.
    pub(super) fn len(&self) -> usize {
        self.held.values().map(|held| held.holders.len()).sum()
    }

    /// Whether a key holds a prefix.
    pub(super) fn holds(&self, net: Net, key: &Key) -> bool {
        let held = self.held.get(&net);
        held.is_some_and(|held| held.holders.contains_key(key))
    }

    /// Whether an element is there for a prefix, as far as is known.
    pub(super) fn has(&self, net: Net) -> bool {
        self.held.contains_key(&net)
    }

    /// The mark of the element, where this effect is in force already with the same end.
    pub(super) fn same(&self, net: Net, effect: &Effect, now_ms: u64) -> Option<&str> {
        let held = self.held.get(&net)?;
        let one = held.holders.get(&effect.key)?;
        let ends_ms = ends(effect, now_ms);
        let same = one.until == effect.until && one.ends_ms.abs_diff(ends_ms) <= SAME_MS;
        (same && one.ends_ms > now_ms).then_some(held.mark.as_str())
    }

    /// The element that has to be with an effect more; nothing where its end is past.
    pub(super) fn with(&self, net: Net, effect: &Effect, now_ms: u64) -> Option<Element> {
        let mut holders = self.holders(net);
        holders.insert(effect.key.clone(), holder(effect, now_ms));
        element(net, &holders, now_ms)
    }

    /// The element that has to be with an effect less; nothing where none has to be.
    pub(super) fn without(&self, net: Net, key: &Key, now_ms: u64) -> Option<Element> {
        let mut holders = self.holders(net);
        holders.remove(key);
        element(net, &holders, now_ms)
    }

    fn holders(&self, net: Net) -> BTreeMap<Key, Holder> {
        let held = self.held.get(&net);
        held.map(|held| held.holders.clone()).unwrap_or_default()
    }

    /// An effect is in force by an element that was put in now.
    pub(super) fn begun(&mut self, element: &Element, effect: &Effect, now_ms: u64) {
        let before = self.fallen.remove(&effect.key);
        let held = self.held.entry(element.net).or_default();
        let known = held.holders.get(&effect.key).map(|one| one.met);
        let mut one = holder(effect, now_ms);
        one.met = known.or(before).unwrap_or_default();
        held.holders.insert(effect.key.clone(), one);
        held.put(element);
    }

    /// An effect is taken back; with the element that was put in for those that are left, or none.
    pub(super) fn ended(&mut self, net: Net, key: &Key, element: Option<&Element>) {
        self.fallen.remove(key);
        let Some(element) = element else {
            self.held.remove(&net);
            return;
        };
        if let Some(held) = self.held.get_mut(&net) {
            held.holders.remove(key);
            held.put(element);
        }
    }

    /// Nothing is in force any more, by a fall: what was met is kept for those that come again. Gives how many were not over.
    pub(super) fn fell(&mut self, now_ms: u64) -> u64 {
        let mut lost = 0;
        for (_, held) in std::mem::take(&mut self.held) {
            lost += self.keep(held, now_ms);
        }
        lost
    }

    fn keep(&mut self, held: Held, now_ms: u64) -> u64 {
        let mut lost = 0;
        // Those that are over do not come again.
        let open = held
            .holders
            .into_iter()
            .filter(|(_, one)| one.ends_ms > now_ms);
        for (key, one) in open {
            if self.fallen.len() >= FALLEN_MAX {
                // They did not come again.
                self.fallen.clear();
            }
            self.fallen.insert(key, one.met);
            lost += 1;
        }
        lost
    }

    /// Everything was taken back.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.fallen.clear();
    }

    /// Counts what one element met since it was read last.
    pub(super) fn count(&mut self, net: Net, met: Met, now_ms: u64) {
        let Some(held) = self.held.get_mut(&net) else {
            return;
        };
        let more = Met {
            times: met.times.saturating_sub(held.last.times),
            bytes: met.bytes.saturating_sub(held.last.bytes),
        };
        held.last = met;
        if more == Met::default() {
            return;
        }
        // At most nine lengths are blocked.
        for bits in net.bits.saturating_sub(8)..=net.bits {
            let Some(around) = self.held.get_mut(&net.cut(bits)) else {
                continue;
            };
            let open = around
                .holders
                .values_mut()
                .filter(|one| one.ends_ms > now_ms);
            for one in open {
                one.met = plus(one.met, more);
            }
        }
    }

    /// Holds what is listed against what is known: counts, and forgets what is not there any more. Gives the elements that nobody here put in as they are, and how many effects were lost before their end.
    pub(super) fn seen(&mut self, listed: &BTreeMap<Net, Listed>, now_ms: u64) -> (Vec<Net>, u64) {
        for (net, one) in listed {
            if self.is_as_put(*net, one) {
                self.count(*net, one.met, now_ms);
            }
        }
        let stands = |net: &Net| listed.get(net).is_some_and(|one| self.is_as_put(*net, one));
        let gone: Vec<Net> = self
            .held
            .keys()
            .filter(|net| !stands(net))
            .copied()
            .collect();
        let mut lost = 0;
        for net in gone {
            if let Some(held) = self.held.remove(&net) {
                lost += self.keep(held, now_ms);
            }
        }
        let mut strays = listed.keys().copied().collect::<Vec<_>>();
        strays.retain(|net| !self.held.contains_key(net));
        (strays, lost)
    }

    fn is_as_put(&self, net: Net, listed: &Listed) -> bool {
        let held = self.held.get(&net);
        held.is_some_and(|held| {
            listed.seconds == held.seconds && listed.comment.starts_with(&held.mark)
        })
    }

    /// What is in force.
    pub(super) fn in_force(&self) -> Vec<InForce> {
        let holders = self.held.values().flat_map(|held| &held.holders);
        holders
            .map(|(key, one)| InForce {
                key: key.clone(),
                until: one.until,
            })
            .collect()
    }

    /// What each effect met.
    pub(super) fn met(&self) -> Vec<(Key, Met)> {
        let holders = self.held.values().flat_map(|held| &held.holders);
        holders.map(|(key, one)| (key.clone(), one.met)).collect()
    }
}

impl Held {
    fn put(&mut self, element: &Element) {
        self.mark.clone_from(&element.mark);
        self.seconds = element.seconds;
        self.last = Met::default();
    }
}

fn ends(effect: &Effect, now_ms: u64) -> u64 {
    now_ms.saturating_add(effect.seconds.saturating_mul(1000))
}

fn holder(effect: &Effect, now_ms: u64) -> Holder {
    Holder {
        until: effect.until,
        ends_ms: ends(effect, now_ms),
        met: Met::default(),
    }
}

#[cfg(test)]
mod tests;
