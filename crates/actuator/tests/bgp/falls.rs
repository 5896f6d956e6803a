//! Falls: of the actuator, of the daemon, of the disk, and what is left behind.

use crate::lab::{
    Lab, NEIGHBOUR, Speaks, TAG, TARGET, TARGET6, counted_ms, effect, key, read, until,
};
use sakimori_actuator::bgp::{self, Bgp};
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_respond::engine::Deed;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

#[test]
fn catalogue_a_route_that_a_fall_left_behind_is_found_and_withdrawn() {
    let test = "catalogue_a_route_that_a_fall_left_behind_is_found_and_withdrawn";
    let Some(lab) = Lab::new(test, Speaks::Gobgp) else {
        return;
    };
    let _owners = lab.owners();
    let mut bgp = lab.open(false);
    let (hole, rule) = (
        key(1, Deed::BlackHole, TARGET),
        key(2, Deed::FlowRule, TARGET6),
    );
    let (hole_effect, rule_effect) = (effect(hole.clone(), 600), effect(rule, 600));
    bgp.apply(&hole_effect).unwrap();
    bgp.apply(&rule_effect).unwrap();
    until("the router hears all", 6_000, || lab.heard().len() == 3);
    drop(bgp);
    // The daemon is the owner's and goes on. Beside ours somebody announces everything under our tag; the owner has routes of his own; the file knows of a key that never came to be.
    for words in [
        format!(
            "global rib add -a ipv4 0.0.0.0/0 nexthop 192.0.2.1 community 65535:666 large-community {TAG}"
        ),
        format!(
            "global rib add -a ipv4-flowspec match destination 0.0.0.0/0 then discard large-community {TAG}"
        ),
        "global rib add -a ipv4 203.0.113.9/32 nexthop 192.0.2.1 community 65535:666".to_owned(),
        format!(
            "global rib add -a ipv4-flowspec match destination {NEIGHBOUR}/32 protocol tcp then discard large-community {TAG}"
        ),
    ] {
        assert_eq!(lab.gobgp(&words), "");
    }
    let text = read(&lab.path("held.json"));
    std::fs::write(
        lab.path("held.json"),
        text.replace("2001:db8::7/128", "2001:db8::9/128"),
    )
    .unwrap();

    let mut bgp = lab.open(false);
    let seen = bgp.look().unwrap();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!((&seen[0].key, seen[0].until), (&hole, hole_effect.until));
    // Two for everything, and the two rules of the key that the file lost.
    assert_eq!((bgp.orphans(), bgp.strange()), (4, 1));
    assert_eq!(bgp.counts(), [("orphans", 4), ("strange", 1)]);
    until("the router has what is to be", 6_000, || {
        let heard = lab.heard();
        let has = |net: &str| heard.iter().any(|heard| heard.starts_with(net));
        heard.len() == 3
            && has("198.51.100.7/32")
            && has("203.0.113.9/32")
            && has("flow4 { dst 198.51.100.8/32; proto 6; }")
    });
    // A key that the file knew and that never came to be does not come back with the next one.
    let next = key(3, Deed::FlowRule, TARGET);
    bgp.apply(&effect(next, 600)).unwrap();
    until("the router hears the next", 6_000, || {
        lab.heard().len() == 5
    });
    assert!(!lab.hears("flow6"));
    bgp.release().unwrap();
    until("the owner's route alone is left", 6_000, || {
        lab.heard().len() == 2 && lab.hears("203.0.113.9/32")
    });
}

#[test]
fn what_ended_while_nobody_ran_is_withdrawn_at_the_start() {
    let test = "what_ended_while_nobody_ran_is_withdrawn_at_the_start";
    let Some(lab) = Lab::new(test, Speaks::Bird) else {
        return;
    };
    let _owners = lab.owners();
    let mut bgp = lab.open(false);
    bgp.apply(&effect(key(1, Deed::BlackHole, TARGET), 1))
        .unwrap();
    drop(bgp);
    assert!(lab.hears("198.51.100.7/32"));
    let begin = counted_ms();
    until("its end is past", 5_000, || counted_ms() - begin > 1_200);
    assert!(lab.hears("198.51.100.7/32"));
    let _bgp = Bgp::open(lab.config(false), bgp::system()).unwrap();
    until("the timer withdraws it", 6_000, || lab.heard().is_empty());
}

#[test]
fn nothing_is_announced_that_is_not_on_disk_before() {
    let test = "nothing_is_announced_that_is_not_on_disk_before";
    for speaks in [Speaks::Gobgp, Speaks::Bird] {
        let Some(lab) = Lab::new(test, speaks) else {
            continue;
        };
        let mut config = lab.config(true);
        std::fs::create_dir(lab.path("disk")).unwrap();
        config.state = lab.path("disk/held.json");
        let mut bgp = Bgp::open(config, bgp::system()).unwrap();
        lab.ready(&mut bgp);
        let held = key(1, Deed::BlackHole, "198.51.100.9/32");
        bgp.apply(&effect(held.clone(), 600)).unwrap();
        // The disk is gone.
        std::fs::rename(lab.path("disk"), lab.path("gone")).unwrap();
        let failed = bgp.apply(&effect(key(1, Deed::BlackHole, TARGET), 600));
        assert!(
            matches!(&failed, Err(Fault::Now { why, .. }) if why.contains("held.json")),
            "{failed:?}"
        );
        assert_eq!(bgp.look().unwrap().len(), 1);
        assert!(!lab.hears("198.51.100.7/32"));
        // An end needs no disk.
        bgp.remove(&held, None).unwrap();
        until("the router has it no more", 6_000, || {
            lab.heard().is_empty()
        });
    }
}

#[test]
fn a_file_that_cannot_be_read_stops_the_start() {
    let test = "a_file_that_cannot_be_read_stops_the_start";
    let Some(lab) = Lab::new(test, Speaks::Bird) else {
        return;
    };
    std::fs::write(lab.path("held.json"), "{\"version\":1").unwrap();
    let opened = Bgp::open(lab.config(false), bgp::system()).map(drop);
    assert!(
        matches!(&opened, Err(Fault::Now { why, .. }) if why.contains("held.json")),
        "{opened:?}"
    );
}

/// The pid that listens for BGP in the announcer's namespace: `ip` became the daemon.
fn announcers(lab: &Lab) -> Vec<String> {
    let ran = Command::new("ip")
        .args(["netns", "pids", &lab.ns("a")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_death_of_the_announcer_withdraws_all_and_nothing_comes_back_unasked() {
    let test = "the_death_of_the_announcer_withdraws_all_and_nothing_comes_back_unasked";
    for speaks in [Speaks::Gobgp, Speaks::Bird, Speaks::Exabgp] {
        let Some(lab) = Lab::new(test, speaks) else {
            continue;
        };
        let mut bgp = lab.open(true);
        for (deed, target) in [(Deed::BlackHole, TARGET), (Deed::FlowRule, TARGET6)] {
            bgp.apply(&effect(key(1, deed, target), 600)).unwrap();
        }
        until("the router hears all", 6_000, || lab.heard().len() == 3);
        let begin = counted_ms();
        for pid in announcers(&lab) {
            assert!(
                Command::new("kill")
                    .args(["-KILL", &pid])
                    .status()
                    .unwrap()
                    .success()
            );
        }
        until("the router has nothing", 20_000, || lab.heard().is_empty());
        println!(
            "{speaks:?}: all gone at the router {} ms after its death",
            counted_ms() - begin
        );
        until("the kernel has no hole", 6_000, || {
            lab.kernel_holes().is_empty()
        });
        // The next look starts it anew, with nothing.
        until("it is looked at again", 20_000, || {
            bgp.look().is_ok_and(|seen| seen.is_empty())
        });
        lab.ready(&mut bgp);
        assert_eq!(lab.heard(), [""; 0]);
        bgp.apply(&effect(key(1, Deed::BlackHole, TARGET), 600))
            .unwrap();
        until("the router hears the one", 6_000, || lab.heard().len() == 1);
    }
}

/// Names the file of a configuration; a process that has it holds an announcer until it is killed.
const HOLDER: &str = "SAKIMORI_BGP_HOLDER";

#[test]
fn the_announcer_dies_with_its_holder() {
    let test = "the_announcer_dies_with_its_holder";
    if let Some(config) = std::env::var_os(HOLDER) {
        let text = std::fs::read_to_string(config).unwrap();
        let _bgp = Bgp::open(serde_json::from_str(&text).unwrap(), bgp::system()).unwrap();
        let mut out = std::io::stdout();
        writeln!(out, "held").unwrap();
        out.flush().unwrap();
        // Until it is killed; an end of input ends it too.
        std::io::stdin().lines().for_each(drop);
        return;
    }
    for speaks in [Speaks::Gobgp, Speaks::Bird, Speaks::Exabgp] {
        let Some(lab) = Lab::new(test, speaks) else {
            continue;
        };
        std::fs::write(lab.path("holder.json"), lab.config_text(true)).unwrap();
        let mut holder = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "--nocapture",
                "falls::the_announcer_dies_with_its_holder",
            ])
            .env(HOLDER, lab.path("holder.json"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("held")));
        until("its session is up", 40_000, || {
            lab.router_says("show protocols announcer")
                .contains("Established")
        });
        let begin = counted_ms();
        holder.kill().unwrap();
        holder.wait().unwrap();
        until("the announcer is gone", 6_000, || {
            announcers(&lab).is_empty()
        });
        until("the session is down", 6_000, || {
            !lab.router_says("show protocols announcer")
                .contains("Established")
        });
        println!(
            "{speaks:?}: the session was down {} ms after its holder's death",
            counted_ms() - begin
        );
    }
}
