//! What was promised: the same effect at both resolvers, in time, and a look that says what is not in force.

use crate::servers::{
    Options, SINK, Servers, TestClock, ZONE, effect, gone, key_of, real, said, sunk, within,
};
use crate::times::in_time;
use domain::base::Rtype;
use sakimori_actuator::dns::{Clock, Rpz};
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_respond::engine::{Deed, Effect};
use std::collections::BTreeSet;
use std::time::Duration;

#[test]
fn acceptance_05_unbound_lets_go_in_under_a_second_and_bind_in_under_six() {
    let test = "acceptance_05";
    let Some(servers) = Servers::start(test, Options::default()) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    let one = effect(1, Deed::NoAnswer, "bad.example", 600, &*clock);
    let other = effect(2, Deed::Sinkhole, "*.worse.example", 600, &*clock);
    let (second, six) = (Duration::from_secs(1), Duration::from_secs(6));
    let bounds = [
        ("an end at Unbound", second),
        ("an end at BIND", six),
        ("the owner's stop at Unbound", second),
        ("the owner's stop at BIND", six),
    ];
    in_time("policy zone", bounds, || {
        rpz.apply(&one).unwrap();
        assert!(gone(servers.unbound, "bad.example") && gone(servers.bind, "bad.example"));
        rpz.apply(&other).unwrap();
        let [unbound, bind] = ended(&mut rpz, &servers, &one);
        // The owner's stop.
        rpz.apply(&one).unwrap();
        let [at_unbound, at_bind] = stopped(&mut rpz, &servers);
        assert_eq!(rpz.look().unwrap(), []);
        [unbound, bind, at_unbound, at_bind]
    });
    // What comes later switches Unbound on again.
    rpz.apply(&one).unwrap();
    assert!(gone(servers.unbound, "bad.example"));
    assert!(real(servers.unbound, "a.worse.example"));
}

/// The end of one effect: when each resolver lets go. What is not over stays.
fn ended(rpz: &mut Rpz, servers: &Servers, one: &Effect) -> [Duration; 2] {
    let times = std::thread::scope(|scope| {
        let watch = |port| scope.spawn(move || within(60, "an end", || real(port, "bad.example")));
        let (unbound, bind) = (watch(servers.unbound), watch(servers.bind));
        rpz.remove(&one.key, None).unwrap();
        [unbound.join().unwrap(), bind.join().unwrap()]
    });
    assert!(sunk(servers.unbound, "a.worse.example") && sunk(servers.bind, "a.worse.example"));
    times
}

/// The owner's stop: when each resolver has let go of all.
fn stopped(rpz: &mut Rpz, servers: &Servers) -> [Duration; 2] {
    std::thread::scope(|scope| {
        let watch = |port| {
            scope.spawn(move || {
                within(60, "the stop", || {
                    real(port, "bad.example") && real(port, "a.worse.example")
                })
            })
        };
        let (unbound, bind) = (watch(servers.unbound), watch(servers.bind));
        rpz.release().unwrap();
        [unbound.join().unwrap(), bind.join().unwrap()]
    })
}

#[test]
fn acceptance_05_unbound_lets_go_at_once_also_where_the_server_with_the_zone_is_gone() {
    let options = Options {
        bind: false,
        ..Options::default()
    };
    let Some(mut servers) = Servers::start("acceptance_05_without_primary", options) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    rpz.apply(&effect(1, Deed::NoAnswer, "bad.example", 600, &*clock))
        .unwrap();
    servers.primary.kill();
    let begun = clock.counted();
    let stopped = rpz.release();
    println!(
        "stop without the server: {:?}",
        clock.counted().saturating_sub(begun)
    );
    assert!(real(servers.unbound, "bad.example"));
    // The zone could not be cleared, and that is told.
    assert!(matches!(stopped, Err(Fault::Now { .. })), "{stopped:?}");
}

/// Questions and what both resolvers have to say to them.
fn expected() -> Vec<(&'static str, Rtype, &'static str, Vec<String>)> {
    let [four, six] = SINK.map(str::to_owned);
    let real = crate::servers::REAL.to_owned();
    let words = |measure: &str| {
        format!("\"by order; complaints: https://owner.example/c reference {measure}\"")
    };
    vec![
        ("bad.example", Rtype::A, "NXDOMAIN", vec![]),
        ("bad.example", Rtype::AAAA, "NXDOMAIN", vec![]),
        ("below.bad.example", Rtype::A, "NOERROR", vec![real.clone()]),
        ("sink.example", Rtype::A, "NOERROR", vec![four.clone()]),
        ("sink.example", Rtype::AAAA, "NOERROR", vec![six]),
        ("sink.example", Rtype::MX, "NOERROR", vec![]),
        (
            "sink.example",
            Rtype::TXT,
            "NOERROR",
            vec![words("020202020202"), words("070707070707")],
        ),
        ("wide.example", Rtype::A, "NXDOMAIN", vec![]),
        ("a.wide.example", Rtype::A, "NXDOMAIN", vec![]),
        ("b.a.wide.example", Rtype::A, "NXDOMAIN", vec![]),
        // A measure on a name within, and the names beside and below it.
        ("c.b.wide.example", Rtype::A, "NOERROR", vec![four]),
        ("b.wide.example", Rtype::A, "NXDOMAIN", vec![]),
        ("x.b.wide.example", Rtype::A, "NXDOMAIN", vec![]),
        ("x.c.b.wide.example", Rtype::A, "NXDOMAIN", vec![]),
        // What the owner exempts within.
        ("www.wide.example", Rtype::A, "NOERROR", vec![real.clone()]),
        ("x.www.wide.example", Rtype::A, "NXDOMAIN", vec![]),
        ("all.wide.example", Rtype::A, "NOERROR", vec![real.clone()]),
        (
            "x.all.wide.example",
            Rtype::A,
            "NOERROR",
            vec![real.clone()],
        ),
        ("good.example", Rtype::A, "NOERROR", vec![real]),
    ]
}

#[test]
fn acceptance_07_both_resolvers_have_the_same_effect_for_each_name_and_type() {
    let options = Options {
        exempt: vec!["www.wide.example", "*.all.wide.example"],
        ..Options::default()
    };
    let Some(servers) = Servers::start("acceptance_07", options) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    for (measure, deed, target) in [
        (1, Deed::NoAnswer, "bad.example"),
        (2, Deed::Sinkhole, "sink.example"),
        (7, Deed::Sinkhole, "sink.example"),
        (3, Deed::NoAnswer, "*.wide.example"),
        (4, Deed::Sinkhole, "c.b.wide.example"),
    ] {
        rpz.apply(&effect(measure, deed, target, 600, &*clock))
            .unwrap();
    }
    for (name, qtype, code, records) in expected() {
        for port in [servers.unbound, servers.bind] {
            let said = said(port, name, qtype).unwrap();
            let records: BTreeSet<String> = records.iter().cloned().collect();
            assert_eq!(said.code, code, "{name} {qtype} at {port}: {said:?}");
            assert_eq!(said.records, records, "{name} {qtype} at {port}");
        }
    }
    assert_eq!(rpz.look().unwrap().len(), 5);
}

#[test]
fn catalogue_citadel_a_look_says_which_twenty_of_a_hundred_are_not_enforced() {
    let name = |at: usize| format!("c2-{at:03}.example");
    let options = Options {
        bind: false,
        ..Options::default()
    };
    let Some(servers) = Servers::start("catalogue_citadel", options) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    for at in 0..100 {
        rpz.apply(&effect(1, Deed::Sinkhole, &name(at), 600, &*clock))
            .unwrap();
    }
    assert_eq!(rpz.look().unwrap().len(), 100);
    // Ten somebody takes out of the zone, ten somebody answers at the resolver itself: the zone does not show those, and only asking for them does.
    let lines: Vec<String> = (0..10)
        .map(|at| format!("update delete {}.{ZONE}", name(at * 7)))
        .collect();
    servers.by_hand(&lines);
    for at in 0..10 {
        let data = format!("{} A 198.51.100.1", name(at * 7 + 1));
        assert_eq!(servers.unbound_control(&["local_data", &data]), "ok\n");
    }
    let missing: BTreeSet<String> = (0..10)
        .flat_map(|at| [name(at * 7), name(at * 7 + 1)])
        .collect();
    within(20, "the transfer", || real(servers.unbound, &name(63)));
    let found: BTreeSet<String> = rpz
        .look()
        .unwrap()
        .into_iter()
        .map(|one| one.key.target)
        .collect();
    let wanted: BTreeSet<String> = (0..100).map(name).collect();
    let not_there: BTreeSet<String> = wanted.difference(&found).cloned().collect();
    assert_eq!(not_there, missing);
    // Asked for again, those that were taken out are in force again, and the others are not.
    for at in 0..10 {
        rpz.apply(&effect(1, Deed::Sinkhole, &name(at * 7), 600, &*clock))
            .unwrap();
    }
    assert_eq!(rpz.look().unwrap().len(), 90);
}

#[test]
fn an_effect_that_one_resolver_lets_pass_is_a_fault_that_names_it() {
    // BIND's owner lets it pass by a policy that comes before ours.
    let options = Options {
        bind_passes: vec!["bad.example".to_owned()],
        settle_ms_max: 5_000,
        ..Options::default()
    };
    let Some(servers) = Servers::start("one_passes", options) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    let refused = rpz.apply(&effect(1, Deed::NoAnswer, "bad.example", 600, &*clock));
    let Err(Fault::Now { why, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(why, "bind: bad.example is not answered as the zone says");
    assert_eq!(rpz.look().unwrap(), []);
    rpz.remove(&key_of(1, Deed::NoAnswer, "bad.example"), None)
        .unwrap();
    assert!(real(servers.unbound, "bad.example"));
}

#[test]
fn catalogue_bind_that_waits_with_its_policy_is_no_effect() {
    let options = Options {
        bind_policy: "min-update-interval 60",
        settle_ms_max: 3_000,
        unbound: false,
        ..Options::default()
    };
    let Some(servers) = Servers::start("catalogue_bind", options) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    let refused = rpz.apply(&effect(1, Deed::NoAnswer, "bad.example", 600, &*clock));
    // The server has the record, the transfer is done, and still BIND answers as before: that is told.
    let Err(Fault::Now { why, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        why.contains("bind: ") && why.contains("does not enforce"),
        "{why}"
    );
    assert!(real(servers.bind, "bad.example"));
    let looked = rpz.look();
    assert!(matches!(looked, Err(Fault::Now { .. })), "{looked:?}");
}

#[test]
fn catalogue_no_ip_a_parent_of_dynamic_names_is_refused_and_told_what_to_name_instead() {
    let Some(servers) = Servers::start("catalogue_no_ip", Options::default()) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    for target in [
        "no-ip.org",
        "*.no-ip.org",
        "ddns.net",
        "*.co.jp",
        "*.github.io",
    ] {
        for deed in [Deed::NoAnswer, Deed::Sinkhole] {
            let one = effect(1, deed, target, 600, &*clock);
            for refused in [
                rpz.rehearse(deed, target),
                rpz.before(&one).map(drop),
                rpz.apply(&one),
            ] {
                let Err(Fault::Never { why, .. }) = refused else {
                    panic!("{target}: {refused:?}");
                };
                assert!(why.contains("name the one that is meant"), "{why}");
            }
        }
    }
    // The one name below it is not refused, and its neighbours go on.
    rpz.apply(&effect(1, Deed::NoAnswer, "bad.no-ip.org", 600, &*clock))
        .unwrap();
    assert!(gone(servers.unbound, "bad.no-ip.org"));
    assert!(real(servers.unbound, "good.no-ip.org") && real(servers.bind, "no-ip.org"));
}

#[test]
fn questions_that_the_zone_met_are_counted_by_name_and_our_own_are_not() {
    let Some(servers) = Servers::start("met", Options::default()) else {
        return;
    };
    let clock = TestClock::new();
    let mut rpz = Rpz::open(servers.config(), clock.clone()).unwrap();
    let exact = key_of(1, Deed::NoAnswer, "bad.example");
    let wide = key_of(2, Deed::Sinkhole, "*.wide.example");
    for key in [&exact, &wide] {
        rpz.apply(&effect(key.measure[0], key.deed, &key.target, 600, &*clock))
            .unwrap();
    }
    // Our own looks ask for the names too.
    for _ in 0..3 {
        assert_eq!(rpz.look().unwrap().len(), 2);
    }
    for _ in 0..4 {
        assert!(gone(servers.bind, "bad.example"));
        assert!(gone(servers.unbound, "bad.example"));
    }
    assert!(sunk(servers.unbound, "a.b.wide.example"));
    assert!(sunk(servers.bind, "a.b.wide.example"));
    assert!(real(servers.bind, "good.example"));
    let mut met = Vec::new();
    // The logs are written a moment later.
    within(10, "the logs", || {
        met = rpz.met().unwrap();
        let times: u64 = met.iter().map(|(_, met)| met.times).sum();
        times >= 10
    });
    let times: Vec<(&str, u64)> = met
        .iter()
        .map(|(key, met)| (key.target.as_str(), met.times))
        .collect();
    assert_eq!(times, [("bad.example", 8), ("*.wide.example", 2)]);
}
