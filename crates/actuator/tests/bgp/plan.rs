//! One plan by each speaker: the same effect at the router, in its kernel, and for packets.

use crate::lab::{Lab, NEIGHBOUR, Speaks, TARGET, TARGET6, effect, key, until};
use crate::times::in_time;
use sakimori_actuator::bgp::{self, Bgp};
use sakimori_actuator::substrate::Substrate;
use sakimori_respond::engine::{Deed, Key};
use std::time::Duration;

/// Longest wait for what has no bound of its own.
const MS_MAX: u64 = 6_000;
const ALL: [Speaks; 3] = [Speaks::Gobgp, Speaks::Bird, Speaks::Exabgp];

/// What the plan does, and what the router then has.
fn deeds() -> [(Key, &'static [&'static str]); 4] {
    [
        (
            key(1, Deed::BlackHole, TARGET),
            &["198.51.100.7/32 blackhole"],
        ),
        (
            key(1, Deed::BlackHole, TARGET6),
            &["2001:db8::7/128 blackhole"],
        ),
        (
            key(1, Deed::FlowRule, TARGET),
            &[
                "flow4 { dst 198.51.100.7/32; }",
                "flow4 { src 198.51.100.7/32; }",
            ],
        ),
        (
            key(1, Deed::FlowRule, TARGET6),
            &[
                "flow6 { dst 2001:db8::7/128; }",
                "flow6 { src 2001:db8::7/128; }",
            ],
        ),
    ]
}

/// Runs the plan; what the router had while all was in force.
fn run(lab: &Lab, speaks: Speaks) -> Vec<String> {
    let mut bgp = lab.open(true);
    assert_eq!(
        [TARGET, TARGET6, NEIGHBOUR].map(|one| lab.answers(one)),
        [true; 3]
    );
    assert_eq!(lab.heard(), [""; 0]);

    for (key, nets) in deeds() {
        let effect = effect(key, 600);
        bgp.rehearse(effect.key.deed, &effect.key.target).unwrap();
        assert_eq!(bgp.before(&effect).unwrap(), "");
        let begin = crate::lab::counted_ms();
        bgp.apply(&effect).unwrap();
        until("the router hears it", MS_MAX, || {
            nets.iter().all(|net| lab.hears(net))
        });
        let took = crate::lab::counted_ms() - begin;
        println!(
            "{speaks:?}: {} {} in force at the router in {took} ms",
            effect.key.deed.name(),
            effect.key.target
        );
        // The same again changes nothing.
        bgp.apply(&effect).unwrap();
    }
    let heard = lab.heard();
    assert_eq!(heard.len(), 6, "{heard:?}");
    until("the kernel has the holes", MS_MAX, || {
        lab.kernel_holes() == ["198.51.100.7", "2001:db8::7"]
    });
    assert!(!lab.answers(TARGET) && !lab.answers(TARGET6));
    assert!(lab.answers(NEIGHBOUR));
    let mut seen: Vec<Key> = bgp.look().unwrap().into_iter().map(|one| one.key).collect();
    let mut wanted: Vec<Key> = deeds().map(|(key, _)| key).into();
    seen.sort();
    wanted.sort();
    assert_eq!(seen, wanted);
    assert_eq!(bgp.met().unwrap(), []);

    for (key, nets) in deeds() {
        let begin = crate::lab::counted_ms();
        bgp.remove(&key, None).unwrap();
        until("the router has it no more", MS_MAX, || {
            !nets.iter().any(|net| lab.hears(net))
        });
        let took = crate::lab::counted_ms() - begin;
        println!(
            "{speaks:?}: {} {} gone at the router in {took} ms",
            key.deed.name(),
            key.target
        );
    }
    until("the kernel has no hole", MS_MAX, || {
        lab.kernel_holes().is_empty()
    });
    assert!(lab.answers(TARGET) && lab.answers(TARGET6));
    // What is not in force is taken back without a word.
    bgp.remove(&deeds()[0].0, None).unwrap();
    assert_eq!(bgp.look().unwrap(), []);
    assert_eq!((bgp.orphans(), bgp.strange()), (0, 0));
    heard
}

#[test]
fn acceptance_07_the_same_plan_has_the_same_effect_by_gobgp_bird_and_exabgp() {
    let test = "acceptance_07_the_same_plan_has_the_same_effect_by_gobgp_bird_and_exabgp";
    let mut all = Vec::new();
    for speaks in ALL {
        let Some(lab) = Lab::new(test, speaks) else {
            continue;
        };
        let heard = run(&lab, speaks);
        for line in &heard {
            assert!(
                line.contains("large_community: (64512, 21315, 1)"),
                "{line}"
            );
            let mark = if line.starts_with("flow") {
                // A rate of 0: RFC 8955 section 7.1.
                "ext_community: (generic, 0x80060000, 0x0)"
            } else {
                "community: (65535,666)"
            };
            assert!(line.contains(mark), "{line}");
        }
        all.push((speaks, heard));
    }
    for pair in all.windows(2) {
        assert_eq!(pair[0].1, pair[1].1, "{:?} and {:?}", pair[0].0, pair[1].0);
    }
}

#[test]
fn acceptance_05_the_owners_stop_takes_all_back_within_two_seconds() {
    let test = "acceptance_05_the_owners_stop_takes_all_back_within_two_seconds";
    for speaks in ALL {
        let Some(lab) = Lab::new(test, speaks) else {
            continue;
        };
        let mut bgp = lab.open(true);
        // Few are withdrawn one by one; for more than that the announcer ends, and all with it.
        for more in [0, 12] {
            let many = (0..more)
                .map(|last| key(2, Deed::BlackHole, &format!("198.51.100.{}/32", 100 + last)));
            let keys: Vec<Key> = deeds()
                .map(|(key, _)| key)
                .into_iter()
                .chain(many)
                .collect();
            let of = format!("{speaks:?}, {} routes", keys.len() + 2);
            let bounds = [("the owner's stop at the router", Duration::from_secs(2))];
            in_time(&of, bounds, || {
                lab.ready(&mut bgp);
                for key in &keys {
                    bgp.apply(&effect(key.clone(), 600)).unwrap();
                }
                until("the router hears all", MS_MAX, || {
                    lab.heard().len() == keys.len() + 2
                });
                let begin = crate::lab::counted_ms();
                bgp.release().unwrap();
                until("the router has nothing", MS_MAX, || lab.heard().is_empty());
                let took = crate::lab::counted_ms() - begin;
                until("the kernel has no hole", MS_MAX, || {
                    lab.kernel_holes().is_empty()
                });
                assert!(lab.answers(TARGET));
                assert!(!crate::lab::read(&lab.path("held.json")).contains("198.51.100.7"));
                [Duration::from_millis(took)]
            });
        }
    }
}

#[test]
fn a_gobgp_hears_what_bird_announces_as_the_bird_does() {
    let test = "a_gobgp_hears_what_bird_announces_as_the_bird_does";
    let Some(lab) = Lab::new(test, Speaks::Bird) else {
        return;
    };
    let (Some(_), Some(_)) = (
        sakimori_testkit::program(test, "gobgpd"),
        sakimori_testkit::program(test, "gobgp"),
    ) else {
        return;
    };
    let _second = lab.second();
    let mut config = lab.config(true);
    config.sessions = 2;
    let mut bgp = Bgp::open(config, bgp::system()).unwrap();
    lab.ready(&mut bgp);
    for (key, _) in deeds() {
        bgp.apply(&effect(key, 600)).unwrap();
    }
    let tables = [
        ("ipv4", "\"198.51.100.7/32\""),
        ("ipv6", "\"2001:db8::7/128\""),
        ("ipv4-flowspec", "[source: 198.51.100.7/32]"),
        ("ipv6-flowspec", "[destination: 2001:db8::7/128/0]"),
    ];
    let heard = |family: &str| lab.gobgp_at("second", &format!("-j global rib -a {family}"));
    for (family, net) in tables {
        until("the second router hears it", MS_MAX, || {
            let text = heard(family);
            let mark = if family.ends_with("flowspec") {
                // Type 0x80 and 0x06: traffic-rate-bytes.
                "{\"type\":128,\"subtype\":6,\"as\":0,\"rate\":0}"
            } else {
                // 65535:666.
                "4294902426"
            };
            text.contains(net) && text.contains(mark) && text.contains("\"LocalData1\":21315")
        });
    }
    bgp.release().unwrap();
    for (family, _) in tables {
        until("the second router has nothing", MS_MAX, || {
            heard(family).trim() == "{}"
        });
    }
}
