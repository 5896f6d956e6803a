//! Ends: by the timer of the substrate, of one of two measures, where the daemon or the disk will not.

use crate::lab::{Lab, Speaks, TARGET, counted_ms, effect, key, until};
use sakimori_actuator::bgp::{self, Bgp, Clock};
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::Deed;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[test]
fn two_measures_on_one_route_and_it_stays_until_the_last_ends() {
    let test = "two_measures_on_one_route_and_it_stays_until_the_last_ends";
    for speaks in [Speaks::Gobgp, Speaks::Bird] {
        let Some(lab) = Lab::new(test, speaks) else {
            continue;
        };
        let mut bgp = lab.open(true);
        let (one, other) = (
            key(1, Deed::BlackHole, TARGET),
            key(2, Deed::BlackHole, TARGET),
        );
        // The same address in another form is the same route.
        let third = key(3, Deed::BlackHole, "::ffff:198.51.100.7");
        for (key, seconds) in [(&one, 600), (&other, 300), (&third, 100)] {
            bgp.apply(&effect(key.clone(), seconds)).unwrap();
        }
        assert_eq!(bgp.look().unwrap().len(), 3);
        until("the router hears it", 6_000, || {
            lab.hears("198.51.100.7/32")
        });
        let since = |text: &str| {
            text.lines()
                .find(|line| line.starts_with("198.51.100.7"))
                .map(str::to_owned)
        };
        let first = since(&lab.router_says("show route"));
        bgp.remove(&one, None).unwrap();
        bgp.remove(&third, None).unwrap();
        let left = bgp.look().unwrap();
        assert_eq!(
            left.iter().map(|one| &one.key).collect::<Vec<_>>(),
            [&other]
        );
        // It was not withdrawn in between: its time at the router is the first.
        assert_eq!(since(&lab.router_says("show route")), first);
        assert!(first.is_some());
        bgp.remove(&other, None).unwrap();
        until("the router has it no more", 6_000, || {
            lab.heard().is_empty()
        });
    }
}

#[test]
fn an_effect_ends_at_its_second_without_any_call() {
    let test = "an_effect_ends_at_its_second_without_any_call";
    for speaks in [Speaks::Gobgp, Speaks::Bird] {
        let Some(lab) = Lab::new(test, speaks) else {
            continue;
        };
        let mut bgp = lab.open(true);
        let (short, long) = (
            key(1, Deed::FlowRule, TARGET),
            key(2, Deed::BlackHole, TARGET),
        );
        let moved = effect(long.clone(), 3);
        bgp.apply(&effect(short, 2)).unwrap();
        bgp.apply(&moved).unwrap();
        let begin = counted_ms();
        // Its end is moved, without a change at the router.
        let later = effect(long.clone(), 600);
        bgp.apply(&later).unwrap();
        until("the router hears both", 6_000, || lab.heard().len() == 3);
        until("the rules end", 8_000, || !lab.hears("flow4"));
        let took = counted_ms() - begin;
        println!("{speaks:?}: an effect of 2 s was gone at the router after {took} ms");
        assert!(took > 1_500, "{took}");
        let left = bgp.look().unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!((&left[0].key, left[0].until), (&long, later.until));
        assert!(lab.hears("198.51.100.7/32 blackhole"));
    }
}

#[test]
fn an_end_does_not_wait_for_a_configuration_that_bird_can_read() {
    let test = "an_end_does_not_wait_for_a_configuration_that_bird_can_read";
    let Some(lab) = Lab::new(test, Speaks::Bird) else {
        return;
    };
    let mut bgp = lab.open(true);
    let (one, other) = (
        key(1, Deed::BlackHole, TARGET),
        key(1, Deed::BlackHole, "198.51.100.9/32"),
    );
    bgp.apply(&effect(one.clone(), 600)).unwrap();
    bgp.apply(&effect(other.clone(), 600)).unwrap();
    until("the router hears both", 6_000, || lab.heard().len() == 2);
    // The owner makes a mistake in a file of his own.
    let good = crate::lab::read(&lab.path("announcer.conf"));
    std::fs::write(lab.path("announcer.conf"), format!("{good}\nnonsense\n")).unwrap();
    let refused = bgp.rehearse(Deed::BlackHole, "198.51.100.10/32");
    assert!(
        matches!(&refused, Err(Fault::Now { why, .. }) if why.contains("syntax error")),
        "{refused:?}"
    );
    let third = bgp.apply(&effect(key(1, Deed::BlackHole, "198.51.100.10/32"), 600));
    assert!(third.is_err());
    assert_eq!(lab.heard().len(), 2);
    bgp.remove(&one, None).unwrap();
    // All of ours stop, so that nothing goes on too long; the other is not in force, and a look says so.
    until("the router has it no more", 6_000, || {
        !lab.hears("198.51.100.7")
    });
    assert_eq!(bgp.look().unwrap(), []);
    std::fs::write(lab.path("announcer.conf"), good).unwrap();
    bgp.apply(&effect(other, 600)).unwrap();
    until("the router hears the other again", 6_000, || {
        lab.heard().len() == 1
    });
}

#[test]
fn acceptance_04_a_wall_clock_that_is_set_moves_no_end() {
    let test = "acceptance_04_a_wall_clock_that_is_set_moves_no_end";
    let Some(lab) = Lab::new(test, Speaks::Gobgp) else {
        return;
    };
    for days in [1, -1] {
        let moved = Arc::new(AtomicI64::new(0));
        let seen = Arc::clone(&moved);
        let clock: Clock = Arc::new(move || {
            let mut now = bgp::system()();
            let wall = now.wall.0.cast_signed() + seen.load(Ordering::Relaxed);
            now.wall = Seconds(wall.cast_unsigned());
            now
        });
        let mut bgp = Bgp::open(lab.config(true), clock).unwrap();
        lab.ready(&mut bgp);
        let key = key(1, Deed::BlackHole, TARGET);
        let begin = counted_ms();
        bgp.apply(&effect(key, 3)).unwrap();
        moved.store(days * 86_400, Ordering::Relaxed);
        until("two seconds pass", 5_000, || counted_ms() - begin > 2_000);
        assert!(lab.hears("198.51.100.7/32"), "{days}");
        until("it ends", 9_000, || lab.heard().is_empty());
        let took = counted_ms() - begin;
        println!("an effect of 3 s with a clock moved by {days} days was gone after {took} ms");
        assert!(took >= 2_900, "{took}");
    }
}
