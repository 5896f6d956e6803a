//! Drawn schedules on the real nftables: effects begin, move and end, elements and the whole table are lost. In: a schedule. Out: after each step what the kernel lists, held against who wants what. Ends come by the kernel's timers too.

use crate::catalogue::signal;
use crate::net::{Site, TABLE, effect, key, until};
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};
use sakimori_actuator::packet::Nftables;
use sakimori_actuator::substrate::Substrate;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Prefixes in each other and beside each other.
const TARGETS: [&str; 6] = [
    "10.88.0.0/24",
    "10.88.0.0/28",
    "10.88.0.0/32",
    "10.88.0.1/32",
    "fd88::/120",
    "fd88::/128",
];

#[derive(Clone, Debug)]
enum Step {
    Apply {
        measure: u8,
        target: usize,
        seconds: u64,
    },
    Remove {
        measure: u8,
        target: usize,
    },
    Lose {
        target: usize,
    },
    Fall,
    Release,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let target = || 0..TARGETS.len();
    let seconds = prop_oneof![Just(1u64), Just(2), Just(600), Just(3600)];
    let step = prop_oneof![
        8 => (0..3u8, target(), seconds).prop_map(|(measure, target, seconds)| Step::Apply { measure, target, seconds }),
        4 => (0..3u8, target()).prop_map(|(measure, target)| Step::Remove { measure, target }),
        1 => target().prop_map(|target| Step::Lose { target }),
        1 => Just(Step::Fall),
        1 => Just(Step::Release),
    ];
    prop::collection::vec(step, 1..24)
}

/// Who wants what until when.
type Wanted = BTreeMap<(u8, usize), (u64, Instant)>;

/// The elements as `nft` lists them to anybody.
fn listed(site: &Site) -> BTreeSet<String> {
    let text = site.nft(&format!("list table inet {TABLE}")).1;
    let mut bits = "";
    let mut out = BTreeSet::new();
    for line in text.lines().map(str::trim) {
        let set = line
            .strip_prefix("set v4_")
            .or(line.strip_prefix("set v6_"));
        bits = set.and_then(|set| set.strip_suffix(" {")).unwrap_or(bits);
        for (at, _) in line.match_indices(" counter packets") {
            let first = line.get(..at).unwrap().rsplit(' ').next().unwrap();
            out.insert(format!("{first}/{bits}"));
        }
    }
    out
}

/// What has to be there, and what may: timers have whole seconds, and the machine is busy.
fn check(site: &Site, wanted: &Wanted, step: &Step) {
    let may = targets(
        wanted,
        Instant::now()
            .checked_sub(Duration::from_millis(3500))
            .unwrap(),
    );
    let found = listed(site);
    let must = targets(wanted, Instant::now());
    assert!(
        must.is_subset(&found),
        "{must:?} wanted, {found:?} there after {step:?}"
    );
    assert!(
        found.is_subset(&may),
        "{may:?} wanted, {found:?} there after {step:?}"
    );
}

fn targets(wanted: &Wanted, now: Instant) -> BTreeSet<String> {
    let open = wanted.iter().filter(|(_, (_, ends))| *ends > now);
    open.map(|((_, target), _)| TARGETS[*target].to_owned())
        .collect()
}

fn run(site: &Site, filter: &mut Nftables, steps: &[Step]) {
    let mut wanted = Wanted::new();
    for step in steps {
        match *step {
            Step::Apply {
                measure,
                target,
                seconds,
            } => {
                // The end is fixed before the call: what it takes is not added to it.
                let ends = Instant::now() + Duration::from_secs(seconds);
                filter
                    .apply(&effect(measure, TARGETS[target], seconds))
                    .unwrap();
                let known = wanted.get(&(measure, target));
                // The same again changes nothing, unless it was over or lost.
                let same = known.filter(|(before, at)| {
                    *before == seconds && seconds > 2 && *at > Instant::now()
                });
                if same.is_none() {
                    wanted.insert((measure, target), (seconds, ends));
                }
            }
            Step::Remove { measure, target } => {
                filter.remove(&key(measure, TARGETS[target]), None).unwrap();
                wanted.remove(&(measure, target));
            }
            Step::Lose { target } => {
                let (set, first) = (
                    set_of(TARGETS[target]),
                    TARGETS[target].split('/').next().unwrap(),
                );
                let input = format!("/proc/{}/fd/0", filter.holder().unwrap());
                std::fs::write(
                    input,
                    format!("delete element inet {TABLE} {set} {{ {first} }}\n"),
                )
                .unwrap();
                // Whatever comes next is read behind it.
                mend(filter, &wanted);
            }
            Step::Fall => {
                signal(filter, rustix::process::Signal::KILL);
                assert!(until(5, || !site.is_there()));
                filter.look().unwrap_err();
                mend(filter, &wanted);
            }
            Step::Release => {
                filter.release().unwrap();
                wanted.clear();
            }
        }
        check(site, &wanted, step);
    }
    // The short ones end by themselves.
    let long = |wanted: &Wanted| targets(wanted, Instant::now() + Duration::from_mins(1));
    assert!(
        until(8, || listed(site) == long(&wanted)),
        "{:?}",
        listed(site)
    );
    filter.release().unwrap();
    assert!(listed(site).is_empty());
}

/// As the engine does it at a look.
fn mend(filter: &mut Nftables, wanted: &Wanted) {
    let there: BTreeSet<_> = filter
        .look()
        .unwrap()
        .into_iter()
        .map(|one| one.key)
        .collect();
    for ((measure, target), (seconds, ends)) in wanted {
        let left = ends
            .saturating_duration_since(Instant::now())
            .as_millis()
            .div_ceil(1000);
        let key = key(*measure, TARGETS[*target]);
        if left == 0 || there.contains(&key) {
            continue;
        }
        let mut again = effect(*measure, TARGETS[*target], *seconds);
        again.seconds = left.try_into().unwrap();
        filter.apply(&again).unwrap();
    }
}

fn set_of(target: &str) -> String {
    let bits = target.split('/').next_back().unwrap();
    let family = if target.contains(':') { 6 } else { 4 };
    format!("v{family}_{bits}")
}

#[test]
fn what_the_kernel_has_is_what_somebody_wants() {
    let name = "what_the_kernel_has_is_what_somebody_wants";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    let cases = Cases {
        cases: 10,
        failure_persistence: None,
        max_shrink_iters: 20,
        ..Cases::default()
    };
    let filter = std::cell::RefCell::new(&mut filter);
    let outcome = TestRunner::new(cases).run(&steps(), |steps| {
        let mut filter = filter.borrow_mut();
        // A case that failed leaves nothing to the next.
        filter.release().ok();
        filter.look().unwrap();
        run(&site, &mut filter, &steps);
        Ok(())
    });
    outcome.unwrap();
}
