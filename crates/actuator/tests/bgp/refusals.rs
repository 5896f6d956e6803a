//! What is refused: too wide, the owner's own, without a session; and daemons that answer anything.

use crate::lab::{Lab, Speaks, TARGET, counted_ms, effect, key, until};
use sakimori_actuator::bgp::{self, Bgp, Config};
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_respond::engine::Deed;
use std::process::Command;

const WIDE: [&str; 6] = [
    "0.0.0.0/0",
    "::/0",
    "198.51.100.0/24",
    "198.51.100.6/31",
    "2001:db8::/64",
    "",
];

#[test]
fn catalogue_bird_takes_everything_so_the_guard_does_not() {
    let test = "catalogue_bird_takes_everything_so_the_guard_does_not";
    let Some(lab) = Lab::new(test, Speaks::Bird) else {
        return;
    };
    // BIRD reads a rule that discards everything, and would announce it.
    let rule = "router id 192.0.2.1;\nflow4 table f4;\nprotocol static wide { flow4; route flow4 { dst 0.0.0.0/0; } { bgp_ext_community.add((generic, 0x80060000, 0x0)); }; }\n";
    std::fs::write(lab.path("wide.conf"), rule).unwrap();
    let read = Command::new("/usr/sbin/bird")
        .arg("-p")
        .arg("-c")
        .arg(lab.path("wide.conf"))
        .output()
        .unwrap();
    assert!(read.status.success(), "{read:?}");
    let mut bgp = lab.open(true);
    let before = crate::lab::read(&lab.path("sakimori.conf"));
    for target in WIDE {
        for deed in [Deed::BlackHole, Deed::FlowRule] {
            let effect = effect(key(1, deed, target), 600);
            for refused in [
                bgp.rehearse(deed, target),
                bgp.before(&effect).map(drop),
                bgp.apply(&effect),
            ] {
                assert!(
                    matches!(refused, Err(Fault::Never { .. })),
                    "{target}: {refused:?}"
                );
            }
        }
    }
    // Not a byte of it came into a file that BIRD reads, and nothing to the router.
    assert_eq!(crate::lab::read(&lab.path("sakimori.conf")), before);
    assert!(!lab.path("held.json").exists());
    assert_eq!(lab.heard(), [""; 0]);
}

#[test]
fn a_route_of_the_owner_is_neither_replaced_nor_withdrawn() {
    let test = "a_route_of_the_owner_is_neither_replaced_nor_withdrawn";
    let Some(lab) = Lab::new(test, Speaks::Gobgp) else {
        return;
    };
    let mut bgp = lab.open(true);
    let own =
        format!("global rib add -a ipv4 {TARGET} nexthop 192.0.2.1 med 7 community 65535:666");
    assert_eq!(lab.gobgp(&own), "");
    until("the router hears it", 6_000, || lab.heard().len() == 1);
    let before = lab.heard();
    let refused = bgp.apply(&effect(key(1, Deed::BlackHole, TARGET), 600));
    assert!(
        matches!(&refused, Err(Fault::Now { why, .. }) if why.contains("the owner announces")),
        "{refused:?}"
    );
    assert!(bgp.rehearse(Deed::BlackHole, TARGET).is_err());
    assert_eq!(bgp.look().unwrap(), []);
    bgp.remove(&key(1, Deed::BlackHole, TARGET), None).unwrap();
    bgp.release().unwrap();
    assert_eq!(lab.heard(), before);
}

#[test]
fn without_a_session_nothing_is_said_to_be_in_force() {
    let test = "without_a_session_nothing_is_said_to_be_in_force";
    for speaks in [Speaks::Gobgp, Speaks::Bird, Speaks::Exabgp] {
        let Some(lab) = Lab::new(test, speaks) else {
            continue;
        };
        let mut bgp = lab.open(true);
        let held = key(1, Deed::BlackHole, TARGET);
        bgp.apply(&effect(held.clone(), 600)).unwrap();
        lab.router_says("disable announcer");
        let mut refused = String::new();
        until("the session is down", 10_000, || {
            let tried = bgp.apply(&effect(key(1, Deed::BlackHole, "198.51.100.9/32"), 600));
            tried.is_err_and(|fault| {
                refused = fault.to_string();
                true
            })
        });
        assert!(refused.contains("sessions are up"), "{refused}");
        // An end needs no session: when it comes back, nothing is announced.
        bgp.release().unwrap();
        lab.router_says("enable announcer");
        lab.ready(&mut bgp);
        assert_eq!(lab.heard(), [""; 0]);
        assert_eq!(bgp.look().unwrap(), []);
    }
}

#[test]
fn a_daemon_that_answers_anything_or_nothing_is_a_fault_in_bounded_time() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("gobgp");
    for (line, words) in [
        ("exit 0", "JSON"),
        ("echo '[[['", "JSON"),
        ("echo '{\"a\":7}'", "cannot be read"),
        ("echo no >&2; exit 1", "no"),
        ("exec cat /dev/zero", "more than"),
        ("exec sleep 60", "did not answer"),
    ] {
        // Written by another process: a file that this one has open for writing while another test forks cannot be started.
        let written = Command::new("sh")
            .args([
                "-c",
                "printf '#!/bin/sh\n%s\n' \"$1\" > \"$2\" && chmod 700 \"$2\"",
                "sh",
                line,
            ])
            .arg(&program)
            .status();
        assert!(written.unwrap().success());
        let config = serde_json::json!({
            "state": folder.path().join("held.json"),
            "daemon": {"gobgp": {"program": program, "socket": "/nowhere"}},
            "tag": {"as": 64512, "first": 21315, "second": 1},
        });
        let config: Config = serde_json::from_value(config).unwrap();
        let mut bgp = Bgp::open(config, bgp::system()).unwrap();
        let begin = counted_ms();
        let refused = bgp.apply(&effect(key(1, Deed::BlackHole, TARGET), 600));
        assert!(
            matches!(&refused, Err(Fault::Now { why, .. }) if why.contains(words)),
            "{line}: {refused:?}"
        );
        assert!(bgp.look().is_err(), "{line}");
        assert!(bgp.release().is_err(), "{line}");
        assert!(counted_ms() - begin < 20_000);
        assert!(!crate::lab::read(&folder.path().join("held.json")).contains("198.51.100.7"));
    }
}

#[test]
fn a_configuration_with_anything_more_is_none() {
    let good = serde_json::json!({
        "state": "/var/lib/sakimori/bgp.json",
        "daemon": {"bird": {"socket": "/run/bird.ctl", "include": "/etc/bird/sakimori.conf"}},
        "tag": {"as": 64512, "first": 21315, "second": 1},
        "announcer": {"program": "/usr/sbin/bird", "arguments": ["-f"]},
        "sides": "to",
        "least-v4": 24,
    });
    assert!(serde_json::from_value::<Config>(good.clone()).is_ok());
    for place in ["", "/daemon/bird", "/tag", "/announcer"] {
        let mut more = good.clone();
        more.pointer_mut(place).unwrap()["more"] = 1.into();
        assert!(serde_json::from_value::<Config>(more).is_err(), "{place}");
    }
    let opened = |place: &str, value: serde_json::Value| {
        let mut other = good.clone();
        *other.pointer_mut(place).unwrap() = value;
        let config = serde_json::from_value::<Config>(other).unwrap();
        matches!(
            Bgp::open(config, bgp::system()).map(drop),
            Err(Fault::Never { .. })
        )
    };
    assert!(opened("/least-v4", 8.into()));
    assert!(opened("/daemon/bird/include", "sakimori.conf".into()));
    assert!(opened("/daemon/bird/include", "/etc/a\";b".into()));
}
