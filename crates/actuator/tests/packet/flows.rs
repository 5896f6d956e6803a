//! What passes and what does not: open flows, exemptions, both directions, both families, two measures on one target, counters.

use crate::net::{
    CLIENT, CLIENT6, NEIGHBOUR, NEIGHBOUR6, OTHERS, OneWay, Probe, Site, TARGET, TARGET6, echo,
    effect, flows, key, ms, open, seen, until,
};
use crate::times::in_time;
use sakimori_actuator::packet::{Config, Nftables};
use sakimori_actuator::substrate::{Met, Substrate};
use std::time::{Duration, Instant};

#[test]
fn acceptance_05_a_block_is_taken_back_in_under_a_second() {
    let name = "acceptance_05_a_block_is_taken_back_in_under_a_second";
    let Some(site) = Site::lay(name) else { return };
    site.load(OTHERS);
    let before = site.ruleset();
    let mut filter = site.start();
    let idle = site.ruleset();
    let to = echo(&site.far, TARGET);
    let mut probe = Probe::new(&site.client, CLIENT, to);
    assert!(probe.is_alive());

    let second = Duration::from_secs(1);
    let bounds = [
        ("command to effect", 2 * second),
        ("taken back", second),
        ("the owner's stop with 100 effects", second),
    ];
    in_time("nftables", bounds, || {
        let begin = Instant::now();
        filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
        let applied = begin.elapsed();
        assert!(probe.is_dead());
        let begin = Instant::now();
        filter.remove(&key(1, "10.77.2.2/32"), Some("")).unwrap();
        assert!(probe.is_alive());
        let cancelled = begin.elapsed();

        // The owner's stop asks nobody: no platform, no journal.
        for at in 0..100 {
            let target = format!("10.77.2.{at}/32");
            filter.apply(&effect(2, &target, 600)).unwrap();
        }
        assert!(probe.is_dead());
        let begin = Instant::now();
        filter.release().unwrap();
        assert!(probe.is_alive());
        let released = begin.elapsed();
        assert_eq!(filter.look().unwrap(), []);
        assert_eq!(site.ruleset(), idle, "as it was before the first effect");
        [applied, cancelled, released]
    });
    drop(filter);
    assert_eq!(site.ruleset(), before, "as it was before the actuator");
}

#[test]
fn acceptance_06_an_open_flow_dies_and_an_exempt_neighbour_works_both_ways() {
    let name = "acceptance_06_an_open_flow_dies_and_an_exempt_neighbour_works_both_ways";
    let Some(site) = Site::lay(name) else { return };
    // They accept what is established before anybody else: no matter.
    site.load(OTHERS);
    let config = Config {
        exempt: vec![NEIGHBOUR.to_owned(), NEIGHBOUR6.to_owned()],
        ..site.config()
    };
    let mut filter = Nftables::start(&config).unwrap();
    for (client, target, neighbour, prefix) in [
        (CLIENT, TARGET, NEIGHBOUR, "10.77.2.0/24"),
        (CLIENT6, TARGET6, NEIGHBOUR6, "fd77:2::/120"),
    ] {
        let at_target = echo(&site.far, target);
        let at_neighbour = echo(&site.far, neighbour);
        let at_client = echo(&site.client, client);
        // Links of IPv6 need a moment.
        assert!(until(5, || open(&site.client, at_target).is_some()));
        let mut flow = open(&site.client, at_target).unwrap();
        let mut beside = open(&site.client, at_neighbour).unwrap();
        assert!(flows(&mut flow) && flows(&mut beside));

        filter.apply(&effect(1, prefix, 600)).unwrap();
        assert!(!flows(&mut flow), "{target}: the open flow lives");
        assert!(
            open(&site.client, at_target).is_none(),
            "{target}: a new flow begins"
        );
        // No packet arrives, there or back; answers that die would hide it.
        assert!(!OneWay::new((&site.client, client), (&site.far, target)).arrives());
        assert!(!OneWay::new((&site.far, target), (&site.client, client)).arrives());
        // The target begins: its packets die as well.
        assert!(Probe::new(&site.far, target, at_client).is_dead());
        // The neighbour asks and answers, in an old flow and in new ones.
        assert!(flows(&mut beside), "{neighbour}: its open flow died");
        assert!(flows(&mut open(&site.client, at_neighbour).unwrap()));
        assert!(Probe::new(&site.client, client, at_neighbour).is_alive());
        assert!(Probe::new(&site.far, neighbour, at_client).is_alive());

        filter.remove(&key(1, prefix), None).unwrap();
        assert!(OneWay::new((&site.client, client), (&site.far, target)).arrives());
        assert!(until(5, || open(&site.client, at_target).is_some()));
        assert!(Probe::new(&site.far, target, at_client).is_alive());
    }
}

#[test]
fn what_the_router_itself_sends_and_is_sent_is_dropped_too() {
    let name = "what_the_router_itself_sends_and_is_sent_is_dropped_too";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    let at_target = echo(&site.far, TARGET);
    let at_router = echo(&site.router, "10.77.2.1");
    let mut out = Probe::new(&site.router, "10.77.2.1", at_target);
    let mut back = Probe::new(&site.far, TARGET, at_router);
    assert!(out.is_alive() && back.is_alive());
    filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
    assert!(out.is_dead() && back.is_dead());
}

#[test]
fn a_target_behind_a_translated_address_is_met() {
    let name = "a_target_behind_a_translated_address_is_met";
    let Some(site) = Site::lay(name) else { return };
    site.load(
        "table ip nat {
	chain prerouting {
		type nat hook prerouting priority dstnat;
		ip daddr 10.77.1.1 udp dport 4000-65000 dnat to 10.77.2.2
	}
}
",
    );
    let mut filter = site.start();
    let mut there = OneWay::new((&site.client, CLIENT), (&site.far, TARGET));
    there.to.set_ip("10.77.1.1".parse().unwrap());
    assert!(there.arrives(), "the port is translated");
    filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
    assert!(!there.arrives());
    let met = filter.met().unwrap();
    assert!(met[0].1.times >= 5, "{met:?}");
}

#[test]
fn a_target_whose_address_is_translated_on_the_way_out_is_met() {
    let name = "a_target_whose_address_is_translated_on_the_way_out_is_met";
    let Some(site) = Site::lay(name) else { return };
    site.load(
        "table ip nat {
	chain output {
		type nat hook output priority -100;
		ip daddr 10.77.2.2 dnat to 10.77.2.3
	}
}
",
    );
    let mut filter = site.start();
    let mut at = echo(&site.far, NEIGHBOUR);
    at.set_ip(TARGET.parse().unwrap());
    let mut probe = Probe::new(&site.router, "10.77.2.1", at);
    assert!(probe.is_alive(), "the address is translated");
    filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
    assert!(probe.is_dead());
}

#[test]
fn a_target_of_two_measures_is_blocked_until_the_last_goes() {
    let name = "a_target_of_two_measures_is_blocked_until_the_last_goes";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    let to = echo(&site.far, TARGET);
    let mut probe = Probe::new(&site.client, CLIENT, to);
    let target = "10.77.2.2/32";
    filter.apply(&effect(1, target, 600)).unwrap();
    filter.apply(&effect(2, target, 60)).unwrap();
    assert_eq!(seen(&mut filter).len(), 2);
    let element = || {
        site.nft(&format!("list set inet {} v4_32", crate::net::TABLE))
            .1
    };
    assert!(
        element().contains("timeout 10m"),
        "the longest wins: {}",
        element()
    );
    filter.remove(&key(1, target), None).unwrap();
    assert!(probe.is_dead());
    // A minute, less what has passed.
    let left = element();
    assert!(
        left.contains("timeout 1m ") || left.contains("timeout 59s") || left.contains("timeout 5"),
        "{left}"
    );
    assert!(!left.contains("timeout 10m"));
    assert_eq!(seen(&mut filter), [(2, target.to_owned())]);
    filter.remove(&key(2, target), None).unwrap();
    assert!(probe.is_alive());
    // An end that is repeated, and one of what never was, are no faults.
    filter.remove(&key(2, target), None).unwrap();
    filter.remove(&key(7, "10.77.2.9/32"), None).unwrap();
}

#[test]
fn the_kernel_ends_an_effect_without_being_asked_and_an_end_moves_both_ways() {
    let name = "the_kernel_ends_an_effect_without_being_asked_and_an_end_moves_both_ways";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    let to = echo(&site.far, TARGET);
    let mut probe = Probe::new(&site.client, CLIENT, to);
    let target = "10.77.2.2/32";
    filter.apply(&effect(1, target, 600)).unwrap();
    filter.apply(&effect(1, target, 2)).unwrap();
    assert!(probe.is_dead());
    let begin = Instant::now();
    assert!(until(6, || probe.passes()));
    println!(
        "nftables: a timer of 2 s ended after {:.0} ms more",
        ms(begin)
    );
    assert_eq!(filter.look().unwrap(), []);
    // Later again; the look tells the end that it was put in force with.
    filter.apply(&effect(1, target, 1)).unwrap();
    filter.apply(&effect(1, target, 900)).unwrap();
    assert_eq!(
        filter.look().unwrap()[0].until,
        effect(1, target, 900).until
    );
}

#[test]
fn each_measure_counts_what_it_met_and_a_prefix_what_its_addresses_met() {
    let name = "each_measure_counts_what_it_met_and_a_prefix_what_its_addresses_met";
    let Some(site) = Site::lay(name) else { return };
    let mut filter = site.start();
    let mut probe = Probe::new(&site.client, CLIENT, echo(&site.far, TARGET));
    let mut beside = Probe::new(&site.client, CLIENT, echo(&site.far, NEIGHBOUR));
    let times = |filter: &mut Nftables| -> Vec<(u8, Met)> {
        let met = filter.met().unwrap();
        met.into_iter()
            .map(|(key, met)| (key.measure[0], met))
            .collect()
    };
    filter.apply(&effect(1, "10.77.2.2/32", 600)).unwrap();
    assert!(probe.is_dead());
    // 5 packets of 4 bytes behind headers of 28.
    let five = Met {
        times: 5,
        bytes: 160,
    };
    assert_eq!(times(&mut filter), [(1, five)]);
    filter.apply(&effect(2, "10.77.2.2/32", 600)).unwrap();
    filter.apply(&effect(3, "10.77.2.0/24", 600)).unwrap();
    assert!(probe.is_dead() && beside.is_dead());
    let ten = Met {
        times: 10,
        bytes: 320,
    };
    // By prefix: the /24 comes first.
    assert_eq!(times(&mut filter), [(3, ten), (1, ten), (2, five)]);
    // Setting an end anew, and the end of another, take nothing away.
    filter.apply(&effect(2, "10.77.2.2/32", 700)).unwrap();
    filter.remove(&key(1, "10.77.2.2/32"), None).unwrap();
    assert_eq!(times(&mut filter), [(3, ten), (2, five)]);
}
