//! The owner's stop with a resolver that is dead: the others let go as if there were none.

use crate::servers::{Options, Servers, TestClock, effect, gone, real, within};
use crate::times::in_time;
use sakimori_actuator::dns::{Clock, Config, Rpz};
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_respond::engine::Deed;
use serde_json::json;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The servers' configuration with resolvers before theirs that hear and never answer, whose control hangs.
fn with_dead(servers: &Servers, dead: usize) -> (Config, Vec<UdpSocket>) {
    let mut config = servers.config();
    let program = servers.folder.path().join("hangs");
    std::fs::write(&program, "#!/bin/sh\nexec sleep 60\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut sockets = Vec::new();
    for at in 0..dead {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let one = json!({
            "name": format!("dead-{at}"), "kind": "unbound", "address": address.to_string(),
            "control": { "program": program, "config": "/dev/null" },
        });
        config
            .resolvers
            .insert(0, serde_json::from_value(one).unwrap());
        sockets.push(socket);
    }
    (config, sockets)
}

#[test]
fn acceptance_05_the_owners_stop_is_in_time_with_resolvers_that_are_dead() {
    let options = Options {
        settle_ms_max: 1_000,
        ..Options::default()
    };
    let Some(servers) = Servers::start("dead_resolvers", options) else {
        return;
    };
    let clock = TestClock::new();
    let (config, _sockets) = with_dead(&servers, 4);
    let mut rpz = Rpz::open(config, clock.clone()).unwrap();
    let one = effect(1, Deed::NoAnswer, "bad.example", 600, &*clock);
    let bounds = [
        ("Unbound", Duration::from_secs(1)),
        ("BIND", Duration::from_secs(6)),
    ];
    in_time(
        "the owner's stop beside four dead resolvers",
        bounds,
        || {
            // The dead ones are told, and the others have it.
            let Err(Fault::Now { why, .. }) = rpz.apply(&one) else {
                panic!("a dead resolver enforces it");
            };
            assert!(
                (0..4).all(|at| why.contains(&format!("dead-{at}"))),
                "{why}"
            );
            within(20, "the living have it", || {
                gone(servers.unbound, "bad.example") && gone(servers.bind, "bad.example")
            });
            std::thread::scope(|scope| {
                let watch = |port| {
                    scope.spawn(move || within(60, "the stop", || real(port, "bad.example")))
                };
                let (unbound, bind) = (watch(servers.unbound), watch(servers.bind));
                let stopped = rpz.release();
                assert!(matches!(stopped, Err(Fault::Now { .. })), "{stopped:?}");
                [unbound.join().unwrap(), bind.join().unwrap()]
            })
        },
    );
}

#[test]
fn acceptance_05_the_owners_stop_does_not_wait_behind_what_waits_for_a_dead_resolver() {
    let options = Options {
        bind: false,
        settle_ms_max: 20_000,
        ..Options::default()
    };
    let Some(servers) = Servers::start("stop_overtakes", options) else {
        return;
    };
    let clock = TestClock::new();
    let (config, _sockets) = with_dead(&servers, 1);
    let halt = Arc::new(AtomicBool::new(false));
    let mut rpz = Rpz::open(config, clock.clone()).unwrap();
    rpz.heed(Arc::clone(&halt));
    let one = effect(1, Deed::NoAnswer, "bad.example", 600, &*clock);
    let bounds = [("Unbound", Duration::from_secs(1))];
    in_time(
        "the owner's stop while an effect waits for a dead resolver",
        bounds,
        || {
            halt.store(false, Ordering::SeqCst);
            std::thread::scope(|scope| {
                let stopper = scope.spawn(|| {
                    within(20, "the living one has it", || {
                        gone(servers.unbound, "bad.example")
                    });
                    let begun = clock.counted();
                    halt.store(true, Ordering::SeqCst);
                    within(60, "the stop", || real(servers.unbound, "bad.example"));
                    clock.counted().saturating_sub(begun)
                });
                // As the hand does: one after the other, the stop as soon as the other has ended.
                let applied = rpz.apply(&one);
                assert!(matches!(applied, Err(Fault::Now { .. })), "{applied:?}");
                assert!(rpz.release().is_err());
                [stopper.join().unwrap()]
            })
        },
    );
    // What is asked under the stop is done as ever, and the dead one is told.
    assert!(rpz.remove(&one.key, None).is_err());
}
