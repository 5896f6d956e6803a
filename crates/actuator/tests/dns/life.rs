//! From the beginning of an effect to its end: two measures on one name, falls, timers, the guard.

use crate::servers::{
    EXPIRE_SECONDS, Options, Servers, TestClock, ZONE, effect, gone, key_of, real, sunk, within,
};
use sakimori_actuator::dns::{Guard, Guarded, ORPHAN, Rpz};
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, InForce};
use std::sync::atomic::Ordering;

fn unbound_only() -> Options {
    Options {
        bind: false,
        ..Options::default()
    }
}

#[test]
fn a_name_that_two_measures_hold_is_free_when_the_last_one_ends() {
    let Some(servers) = Servers::start("two_measures", unbound_only()) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    let one = effect(1, Deed::NoAnswer, "bad.example", 600, &*clock);
    let two = effect(2, Deed::NoAnswer, "bad.example", 300, &*clock);
    let wide = effect(3, Deed::NoAnswer, "*.bad.example", 300, &*clock);
    for effect in [&one, &two, &wide] {
        rpz.apply(effect).unwrap();
        // The same again changes nothing.
        rpz.apply(effect).unwrap();
    }
    assert_eq!(rpz.look().unwrap().len(), 3);
    rpz.remove(&one.key, None).unwrap();
    assert!(gone(servers.unbound, "bad.example"));
    rpz.remove(&two.key, None).unwrap();
    // All below it is still another measure's, and that means the name too.
    assert!(gone(servers.unbound, "bad.example") && gone(servers.unbound, "x.bad.example"));
    rpz.remove(&wide.key, None).unwrap();
    assert!(real(servers.unbound, "bad.example") && real(servers.unbound, "x.bad.example"));
    // One that is not there is no error.
    rpz.remove(&wide.key, None).unwrap();
    assert_eq!(rpz.look().unwrap(), []);
}

#[test]
fn a_name_cannot_be_gone_and_lead_somewhere_at_a_time() {
    let Some(servers) = Servers::start("two_deeds", unbound_only()) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    rpz.apply(&effect(1, Deed::Sinkhole, "bad.example", 600, &*clock))
        .unwrap();
    let other = effect(2, Deed::NoAnswer, "bad.example", 600, &*clock);
    for refused in [
        rpz.apply(&other),
        rpz.rehearse(Deed::NoAnswer, "bad.example"),
    ] {
        let Err(Fault::Now { why, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(why, "sinkhole stands on bad.example");
    }
    assert!(sunk(servers.unbound, "bad.example"));
    rpz.remove(&key_of(1, Deed::Sinkhole, "bad.example"), None)
        .unwrap();
    rpz.apply(&other).unwrap();
    assert!(gone(servers.unbound, "bad.example"));
}

#[test]
fn an_effect_ends_without_the_engine_whatever_the_wall_clock_says() {
    let Some(servers) = Servers::start("own_timer", Options::default()) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    let short = effect(1, Deed::NoAnswer, "short.example", 12, &*clock);
    let longer = effect(1, Deed::NoAnswer, "longer.example", 12, &*clock);
    rpz.apply(&short).unwrap();
    rpz.apply(&longer).unwrap();
    rpz.apply(&effect(1, Deed::NoAnswer, "longer.example", 600, &*clock))
        .unwrap();
    // Signatures bear five minutes; the ends are a matter of what is counted.
    clock.ahead.store(-250, Ordering::SeqCst);
    assert!(gone(servers.bind, "short.example"));
    // From here nothing is called: the thread of the ends is alone.
    let ended = within(60, "the end", || {
        real(servers.unbound, "short.example") && real(servers.bind, "short.example")
    });
    println!("ended by itself after {ended:?}");
    assert!(gone(servers.bind, "longer.example") && gone(servers.unbound, "longer.example"));
    assert_eq!(rpz.look().unwrap().len(), 1);
}

#[test]
fn a_fall_loses_nothing_and_what_others_put_there_is_an_orphan() {
    let Some(servers) = Servers::start("restart", unbound_only()) else {
        return;
    };
    let clock = TestClock::new();
    let one = effect(1, Deed::NoAnswer, "bad.example", 600, &*clock);
    let two = effect(2, Deed::Sinkhole, "*.worse.example", 700, &*clock);
    {
        let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
        rpz.apply(&one).unwrap();
        rpz.apply(&two).unwrap();
    }
    servers.by_hand(&[
        format!("update add put.example.{ZONE} 5 CNAME ."),
        format!("update add led.example.{ZONE} 5 A 192.0.2.1"),
    ]);
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    let mut found = rpz.look().unwrap();
    found.sort_by(|a, b| a.key.cmp(&b.key));
    let orphan = |deed, target: &str| InForce {
        key: sakimori_respond::engine::Key {
            measure: ORPHAN,
            deed,
            target: target.to_owned(),
        },
        until: Seconds(0),
    };
    let held = |effect: &sakimori_respond::engine::Effect| InForce {
        key: effect.key.clone(),
        until: effect.until,
    };
    let put = orphan(Deed::NoAnswer, "put.example");
    let led = orphan(Deed::Sinkhole, "led.example");
    assert_eq!(found, [put.clone(), led.clone(), held(&one), held(&two)]);
    within(10, "the orphan", || gone(servers.unbound, "put.example"));
    rpz.remove(&put.key, None).unwrap();
    rpz.remove(&led.key, None).unwrap();
    assert!(real(servers.unbound, "put.example") && real(servers.unbound, "led.example"));
    assert_eq!(rpz.look().unwrap(), [held(&one), held(&two)]);
    // A hole that somebody puts into a measure makes it one that is not in force, until it is asked for again.
    servers.by_hand(&[format!(
        "update add www.worse.example.{ZONE} 5 CNAME rpz-passthru."
    )]);
    let found = rpz.look().unwrap();
    assert!(!found.contains(&held(&two)) && found.contains(&held(&one)));
    rpz.apply(&two).unwrap();
    assert!(sunk(servers.unbound, "www.worse.example"));
    assert_eq!(rpz.look().unwrap(), [held(&one), held(&two)]);
}

#[test]
fn the_guard_takes_everything_back_when_the_actuator_is_silent() {
    let options = Options {
        silence_seconds_max: 5,
        exempt: vec!["*.own.example"],
        ..Options::default()
    };
    let Some(servers) = Servers::start("guard", options) else {
        return;
    };
    let clock = TestClock::new();
    let one = effect(1, Deed::NoAnswer, "bad.example", 600, &*clock);
    let short = effect(1, Deed::NoAnswer, "short.example", 4, &*clock);
    let mut guard = Guard::new(servers.config(), clock.clone()).unwrap();
    {
        let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
        rpz.apply(&one).unwrap();
        rpz.apply(&short).unwrap();
        guard.step().unwrap();
    }
    // The actuator is gone. What is over ends first, then all of it.
    let mut steps = Vec::new();
    within(60, "the guard", || {
        steps.push(guard.step().unwrap());
        steps.last().is_some_and(|step| step.released)
    });
    let ended: usize = steps.iter().map(|step| step.ended).sum();
    assert_eq!(ended, 1, "{steps:?}");
    assert!(real(servers.unbound, "bad.example"));
    within(60, "BIND", || real(servers.bind, "bad.example"));
    assert_eq!(guard.step().unwrap(), Guarded::default());
    // An actuator that lives again puts in force what it is asked for, and switches Unbound on.
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    assert_eq!(rpz.look().unwrap(), []);
    rpz.apply(&one).unwrap();
    assert!(gone(servers.unbound, "bad.example") && gone(servers.bind, "bad.example"));
    assert_eq!(guard.step().unwrap(), Guarded::default());
    assert!(gone(servers.unbound, "bad.example"));
}

#[test]
fn with_the_server_gone_bind_lets_go_by_itself_and_the_guard_switches_unbound_off() {
    let options = Options {
        silence_seconds_max: 5,
        ..Options::default()
    };
    let Some(mut servers) = Servers::start("expire", options) else {
        return;
    };
    let clock = TestClock::new();
    let mut guard = Guard::new(servers.config(), clock.clone()).unwrap();
    {
        let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
        rpz.apply(&effect(1, Deed::NoAnswer, "bad.example", 600, &*clock))
            .unwrap();
        guard.step().unwrap();
    }
    servers.primary.kill();
    let bind = within(60, "BIND", || real(servers.bind, "bad.example"));
    println!(
        "BIND let go {bind:?} after the server was gone; the zone expires in {EXPIRE_SECONDS} s"
    );
    within(60, "Unbound", || {
        servers
            .unbound_control(&["list_auth_zones"])
            .contains("expired")
    });
    // Unbound 1.17 says that the zone has expired and enforces it on: that is why there is a guard.
    println!(
        "Unbound enforces an expired zone: {}",
        gone(servers.unbound, "bad.example")
    );
    within(60, "the guard", || {
        // The zone cannot be cleared, which is told; what can be switched off is.
        guard.step().is_err() && real(servers.unbound, "bad.example")
    });
}

#[test]
fn a_stop_takes_all_of_the_zone_but_the_owner_s_exemptions() {
    let options = Options {
        exempt: vec!["*.own.example"],
        ..Options::default()
    };
    let Some(servers) = Servers::start("stop", options) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    for at in 0..20 {
        let target = format!("n{at}.example");
        rpz.apply(&effect(1, Deed::Sinkhole, &target, 600, &*clock))
            .unwrap();
    }
    servers.by_hand(&[format!("update add put.example.{ZONE} 5 CNAME .")]);
    rpz.release().unwrap();
    for port in [servers.unbound, servers.bind] {
        assert!(real(port, "n3.example") && real(port, "put.example"));
        assert!(real(port, "x.own.example"));
    }
    assert_eq!(rpz.look().unwrap(), []);
    rpz.release().unwrap();
    // Another actuator of the same zone sees the same.
    let mut again = Rpz::open(servers.config(), clock.clone()).unwrap();
    assert_eq!(again.look().unwrap(), []);
}

#[test]
fn writers_at_the_same_time_lose_nothing_of_each_other() {
    let Some(servers) = Servers::start("writers", unbound_only()) else {
        return;
    };
    let clock = TestClock::new();
    std::thread::scope(|scope| {
        for measure in 1..=3 {
            let (servers, clock) = (&servers, &clock);
            scope.spawn(move || {
                let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
                for at in 0..10 {
                    let target = format!("n{at}.example");
                    let one = effect(measure, Deed::NoAnswer, &target, 600, &**clock);
                    rpz.apply(&one).unwrap();
                    if at % 2 == 1 {
                        rpz.remove(&one.key, None).unwrap();
                    }
                }
            });
        }
    });
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    let found = rpz.look().unwrap();
    assert_eq!(found.len(), 15, "{found:?}");
    assert!(gone(servers.unbound, "n0.example") && real(servers.unbound, "n1.example"));
}

#[test]
fn a_disk_that_takes_nothing_lets_effects_end_and_none_begin() {
    let Some(servers) = Servers::start("disk", unbound_only()) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    let one = effect(1, Deed::NoAnswer, "bad.example", 600, &*clock);
    let two = effect(1, Deed::NoAnswer, "worse.example", 600, &*clock);
    rpz.apply(&one).unwrap();
    rpz.apply(&two).unwrap();
    // No mark can be written any more.
    for mark in ["sign", "off"] {
        let path = servers.folder.path().join(mark);
        std::fs::remove_file(&path).ok();
        std::fs::create_dir(&path).unwrap();
    }
    let refused = rpz.apply(&effect(1, Deed::NoAnswer, "new.example", 600, &*clock));
    assert!(matches!(refused, Err(Fault::Now { .. })), "{refused:?}");
    assert_eq!(rpz.look().unwrap().len(), 2);
    rpz.remove(&one.key, None).unwrap();
    assert!(real(servers.unbound, "bad.example") && gone(servers.unbound, "worse.example"));
    // The stop is told to be without its mark, and is a stop.
    let stopped = rpz.release();
    assert!(matches!(stopped, Err(Fault::Now { .. })), "{stopped:?}");
    assert!(real(servers.unbound, "worse.example"));
}

#[test]
fn a_try_changes_another_zone_and_not_the_one_in_force() {
    let options = Options {
        rehearsal: true,
        ..unbound_only()
    };
    let Some(servers) = Servers::start("rehearse", options) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    let before = servers.unbound_control(&["list_auth_zones"]);
    rpz.rehearse(Deed::Sinkhole, "*.bad.example").unwrap();
    rpz.rehearse(Deed::NoAnswer, "bad.example").unwrap();
    assert_eq!(servers.unbound_control(&["list_auth_zones"]), before);
    assert_eq!(rpz.look().unwrap(), []);
    assert!(real(servers.unbound, "bad.example"));
}
