//! Pairs of failing calls: one in the life of a process, one in the next life on what the first left. In: stories. Out: what the campaign's row tells. Never: a pair that is counted and
//! was not judged.
//!
//! A whole life fails in some thousand ways, and two in a million. Within each story every pair is tried, of those across stories a share, for they can show nothing more: a life ends at
//! its first failure, and every story has a bucket, a lock and shares of its own. What two stories have in common are the folders above, in which a call of another story can make a name
//! durable and can do nothing else. So a story alone stands on the hardest ground; that of the new bucket begins without any folder, and
//! makes the shares that the others only read.
//!
//! Lives that did the same to the disk and promised the same leave the same, and what comes behind them is looked at once: [`World::digest`].

use super::{Promised, Story, WHOLE, World, count, faults, keeps, lives, number, prepared};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::num::NonZero;
use std::slice;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// From so many pairs on all of each story are tried.
const EVERY: u64 = 1_000_000;
/// Pairs across stories that are tried at most.
const ACROSS_MAX: u64 = 1_000;

/// What some first lives left: each ended by a fault, and then by a kill or a power cut.
struct Left {
    world: World,
    promised: Promised,
    /// Which they are, of all first faults.
    firsts: Vec<usize>,
}

/// How many pairs there are behind some first lives, and how many of them were tried.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    tried: u64,
    all: u64,
}

/// The world that the next process finds: after a kill, or a power cut.
fn next(left: &World, seed: u64) -> World {
    if seed.is_multiple_of(3) {
        left.clone()
    } else {
        left.after_power_cut(seed)
    }
}

/// A trial of stories.
struct Trial<'s> {
    stories: &'s [Story],
    /// Which share of the pairs is tried.
    seed: u64,
    /// What was looked at.
    judged: Mutex<BTreeSet<(u64, u64)>>,
}

impl Trial<'_> {
    /// First lives with a fault each, one of so many, and what they leave to a process behind a kill or a power cut.
    fn firsts(&self, wanted: u64) -> (Vec<Left>, usize, usize) {
        let (world, promised) = prepared(self.stories);
        let probe = world.clone().run(None);
        lives(self.stories, &probe, 1, &mut promised.clone(), "probe");
        let faults = faults(&probe.seen());
        let stride = faults.len() / wanted.clamp(1, faults.len() as u64) as usize;
        let mut left = BTreeMap::new();
        for (at, plan) in faults.iter().enumerate().step_by(stride) {
            let running = world.clone().run(Some(*plan));
            let mut promised = promised.clone();
            let told = format!("{:?}: {plan:?}", self.stories);
            lives(self.stories, &running, 1, &mut promised, &told);
            assert!(running.failed().is_some(), "{told}: the call was not made");
            let world = next(&running.left(), at as u64);
            let digests = (world.digest(), promised.digest());
            let same = left.entry(digests).or_insert_with(|| Left {
                world,
                promised,
                firsts: Vec::new(),
            });
            same.firsts.push(at);
        }
        let tried = faults.len().div_ceil(stride);
        (left.into_values().collect(), tried, faults.len())
    }

    /// Second lives on what first ones left, a fault in each; what they leave is looked at as it is and behind a power cut.
    fn seconds(&self, left: &Left, each: u64) -> Tally {
        let first = left.firsts[0];
        let told = format!("{:?}: first fault {first}", self.stories);
        let probe = left.world.clone().run(None);
        lives(self.stories, &probe, 2, &mut left.promised.clone(), &told);
        let faults = faults(&probe.seen());
        let all = faults.len() as u64;
        let each = each.min(all);
        for n in 0..each {
            let from = (self.seed - 1).wrapping_mul(each);
            let choice = n.wrapping_add(from).wrapping_mul(7919) + first as u64 * 31;
            let choice = if each == all { n } else { choice % all };
            let plan = faults[choice as usize];
            let told = format!("{told}, then {plan:?}");
            let running = left.world.clone().run(Some(plan));
            let mut promised = left.promised.clone();
            lives(self.stories, &running, 2, &mut promised, &told);
            assert!(running.failed().is_some(), "{told}: the call was not made");
            let world = running.left();
            for first in &left.firsts {
                let cut = self.seed.wrapping_mul(EVERY) + *first as u64 * all + choice;
                let after = world.after_power_cut(cut);
                self.judge(after, &promised, &format!("{told}, power cut {cut}"));
            }
            self.judge(world, &promised, &told);
        }
        let firsts = left.firsts.len() as u64;
        Tally {
            tried: each * firsts,
            all: all * firsts,
        }
    }

    /// Looks at what is left, unless the same was looked at before.
    fn judge(&self, world: World, promised: &Promised, told: &str) {
        let digests = (world.digest(), promised.digest());
        if self.judged.lock().unwrap().insert(digests) {
            keeps(self.stories, world, promised.clone(), told);
        }
    }

    /// As many pairs as are wanted at least, or all.
    fn run(&self, wanted: u64) -> Tally {
        let (left, firsts, faults) = self.firsts(wanted);
        let ends: usize = left.iter().map(|left| left.firsts.len()).sum();
        let every = wanted >= EVERY;
        let each = if every {
            u64::MAX
        } else {
            wanted.div_ceil(ends as u64)
        };
        let next = AtomicUsize::new(0);
        let work = || {
            let mut sum = Tally::default();
            while let Some(left) = left.get(next.fetch_add(1, Ordering::Relaxed)) {
                sum = sum.and(self.seconds(left, each));
            }
            sum
        };
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let sum = std::thread::scope(|scope| {
            let threads = 0..if every { threads } else { 1 };
            let threads: Vec<_> = threads.map(|_| scope.spawn(work)).collect();
            let each = threads.into_iter().map(|thread| thread.join().unwrap());
            each.fold(Tally::default(), Tally::and)
        });
        assert!(sum.tried >= wanted.min(sum.all), "{sum:?}");
        assert!(!every || (firsts == faults && sum.tried == sum.all));
        sum
    }

    /// How many different disks were looked at.
    fn judged(&self) -> usize {
        self.judged.lock().unwrap().len()
    }
}

impl Tally {
    fn and(self, other: Self) -> Self {
        Self {
            tried: self.tried + other.tried,
            all: self.all + other.all,
        }
    }
}

fn trial(stories: &[Story]) -> Trial<'_> {
    Trial {
        stories,
        seed: number("SAKIMORI_SEED").unwrap_or(1).max(1),
        judged: Mutex::default(),
    }
}

/// Tells what was tried; the campaign reads it from here, where the runner does not take it.
fn tell(told: &str) {
    writeln!(std::io::stderr(), "CAMPAIGN {told}").ok();
}

/// Pairs within each story.
pub(super) fn of_each_story() {
    let every = count() >= EVERY;
    let share = count().div_ceil(WHOLE.len() as u64);
    for story in WHOLE {
        let trial = trial(slice::from_ref(story));
        let Tally { tried, all } = trial.run(if every { EVERY } else { share });
        let pairs = if every {
            format!("{tried} of {all} pairs, which is all")
        } else {
            format!("{tried} pairs")
        };
        let judged = trial.judged();
        tell(&format!("{story:?}: {pairs}, {judged} disks looked at"));
    }
}

/// A share of the pairs of which each may be of another story.
pub(super) fn across_stories() {
    let trial = trial(WHOLE);
    let tried = trial.run(count().div_ceil(3).min(ACROSS_MAX)).tried;
    let judged = trial.judged();
    tell(&format!(
        "across stories: {tried} pairs, {judged} disks looked at"
    ));
}
