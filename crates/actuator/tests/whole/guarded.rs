//! The guard of a policy zone, which the actuator starts: names end at their time though the actuator is gone. In: kills of either. Out: what a resolver answers, which processes there are. Never: one that outlives its test.

use crate::owner::Owner;
use crate::servers::{Options, Servers, gone, real};
use crate::world::{counted, wait};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};

const NAME: &str = "bad.example";

/// Servers, and an actuator with an approval that waits for no slow resolver.
fn begun(test: &str) -> Option<(Servers, Owner)> {
    let options = Options {
        bind: false,
        settle_ms_max: 1_000,
        ..Options::default()
    };
    let servers = Servers::start(test, options)?;
    let section = ("resolver", servers.config_value());
    let owner = Owner::start(section, &[format!("no-answer {NAME}")]);
    owner.ready();
    let said = owner.approve();
    assert_eq!(said["faults"], json!([]), "{said}");
    Some((servers, owner))
}

fn deny(owner: &mut Owner, seconds: u64) -> (u16, Value) {
    let name = json!({ "domain_name": NAME });
    owner.try_deny("no-answer", name, &Value::Null, seconds)
}

/// The guard that watches and is not this one.
fn other_than(servers: &Servers, old: Option<Pid>) -> Pid {
    let mut found = None;
    wait("a guard watches", 20, || {
        found = servers.guard().filter(|pid| Some(*pid) != old);
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn a_name_ends_at_its_time_with_the_actuator_killed_and_its_guard_ends_behind_it() {
    let test = "a_name_ends_at_its_time_with_the_actuator_killed_and_its_guard_ends_behind_it";
    let Some((servers, mut owner)) = begun(test) else {
        return;
    };
    let first = other_than(&servers, None);
    let begin = counted();
    let (status, said) = deny(&mut owner, 12);
    assert_eq!(status, 200, "{said}: {}", owner.world.log());
    assert!(gone(servers.unbound, NAME));
    // A guard that is killed is started again.
    kill_process(first, Signal::KILL).unwrap();
    let second = other_than(&servers, Some(first));
    owner.world.kill();
    assert!(gone(servers.unbound, NAME), "it ended with the actuator");
    wait("the name is answered again", 30, || {
        real(servers.unbound, NAME)
    });
    let took = counted() - begin;
    println!("an actuator is killed: a name of 12 s is answered again after {took} ms");
    assert!((11_000..15_000).contains(&took), "{took} ms");
    wait("the guard ends", 20, || test_kill_process(second).is_err());
    assert_eq!(servers.guard(), None);
}

#[test]
fn a_guard_that_runs_is_taken_over_and_ends_with_the_last_actuator() {
    let test = "a_guard_that_runs_is_taken_over_and_ends_with_the_last_actuator";
    let Some((servers, mut owner)) = begun(test) else {
        return;
    };
    assert_eq!(deny(&mut owner, 600).0, 200);
    let guard = other_than(&servers, None);
    owner.world.end();
    assert!(gone(servers.unbound, NAME));
    owner.world.start();
    owner.ready();
    assert_eq!(servers.guard(), Some(guard));
    owner.stop();
    assert!(real(servers.unbound, NAME));
    // Nothing is in the zone, and it stays for what may come.
    assert_eq!(servers.guard(), Some(guard));
    owner.world.end();
    wait("the guard ends", 20, || test_kill_process(guard).is_err());
}

#[test]
fn no_name_begins_while_no_guard_watches_and_what_is_in_force_ends() {
    let test = "no_name_begins_while_no_guard_watches_and_what_is_in_force_ends";
    let Some((servers, mut owner)) = begun(test) else {
        return;
    };
    let guard = other_than(&servers, None);
    // Somebody has the turn who watches nothing.
    let mark = std::fs::File::options()
        .write(true)
        .open(servers.folder.path().join("guard"))
        .unwrap();
    std::thread::scope(|scope| {
        let turn = scope.spawn(|| mark.lock().unwrap());
        wait("the turn", 10, || {
            // One that was started meanwhile goes too.
            if let Some(watches) = servers.guard() {
                kill_process(watches, Signal::KILL).ok();
            }
            turn.is_finished()
        });
    });
    mark.set_len(0).unwrap();
    let (status, said) = deny(&mut owner, 600);
    assert!(status >= 500, "{status} {said}");
    assert!(real(servers.unbound, NAME));
    let guards = || owner.world.shown()["substrates"][0]["counts"]["guards"].clone();
    wait("its owner is told", 20, || guards() == 0);
    drop(mark);
    other_than(&servers, Some(guard));
    wait("its owner is told again", 20, || guards() == 1);
    wait("a name begins", 20, || deny(&mut owner, 600).0 == 200);
    assert!(gone(servers.unbound, NAME));
    owner.stop();
    assert!(real(servers.unbound, NAME));
}
