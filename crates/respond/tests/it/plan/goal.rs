//! What was fixed in advance, held against readings. In: texts and readings. Out: met, not met, unknown.

use super::*;
use sakimori_respond::plan::goal::{Goal, Measured, Met, Reading};

const TEXTS: [&str; 5] = [
    "packets to 198.51.100.1/32 < 10 per 300 s by sensor s-01",
    "name bad.example does not resolve for 60 s at resolver r-1",
    "name good.example resolves for 60 s at resolver r-1",
    "route 198.51.100.0/24 absent for 60 s at router bgp-1",
    "route 2001:db8::/120 present for 60 s at router bgp-1",
];

#[test]
fn one_text_for_one_goal() {
    for text in TEXTS {
        assert_eq!(text.parse::<Goal>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "it works",
        "packets to 198.51.100.1 < 10 per 300 s by sensor s-01",
        "packets to 198.51.100.1/32 < 0 per 300 s by sensor s-01",
        "packets to 198.51.100.1/32 < 010 per 300 s by sensor s-01",
        "packets to 198.51.100.1/32 < 10 per 0 s by sensor s-01",
        "packets to 198.51.100.1/32 < 10 per 604801 s by sensor s-01",
        "packets to bad.example < 10 per 300 s by sensor s-01",
        "name BAD.example does not resolve for 60 s at resolver r-1",
        "name bad.example does not resolve for 60 s at resolver r-1 ",
        "route bad.example absent for 60 s at router bgp-1",
        "route 198.51.100.0/24 gone for 60 s at router bgp-1",
    ] {
        assert!(text.parse::<Goal>().is_err(), "{text}");
    }
}

fn reading(source: &str, of: &str, from: u64, to: u64, value: Measured) -> Reading {
    Reading {
        source: name(source),
        from: at(from),
        to: at(to),
        of: of.to_owned(),
        value,
    }
}

fn check(text: &str, readings: &[Reading], expected: Met) {
    let goal: Goal = text.parse().unwrap();
    assert_eq!(
        goal.met(readings, at(NOW)),
        expected,
        "{text}: {readings:?}"
    );
}

#[test]
fn packets_are_counted_over_the_whole_span_by_the_one_sensor() {
    let text = TEXTS[0];
    let of = "198.51.100.1/32";
    let packets = |from, to, count| reading("s-01", of, from, to, Measured::Packets(count));
    // The span is the 300 seconds that end now, both ends included.
    check(text, &[packets(NOW - 299, NOW, 9)], Met::Yes);
    check(text, &[packets(NOW - 299, NOW, 10)], Met::No);
    check(text, &[packets(NOW - 298, NOW, 0)], Met::Unknown);
    check(text, &[packets(NOW - 299, NOW - 1, 0)], Met::Unknown);
    let halves = [packets(NOW - 299, NOW - 150, 4), packets(NOW - 149, NOW, 5)];
    check(text, &halves, Met::Yes);
    let gap = [packets(NOW - 299, NOW - 150, 4), packets(NOW - 148, NOW, 5)];
    check(text, &gap, Met::Unknown);
    // Too many in a part are too many, whatever the rest says.
    check(text, &[packets(NOW - 10, NOW, 10)], Met::No);
    let other = reading("s-02", of, NOW - 299, NOW, Measured::Packets(0));
    check(text, &[other], Met::Unknown);
    let kind = reading("s-01", of, NOW - 299, NOW, Measured::Resolves(false));
    check(text, &[kind], Met::Unknown);
    check(text, &[], Met::Unknown);
}

#[test]
fn names_and_routes_have_to_be_so_all_the_time() {
    let name_is = |value| {
        reading(
            "r-1",
            "bad.example",
            NOW - 59,
            NOW,
            Measured::Resolves(value),
        )
    };
    check(TEXTS[1], &[name_is(false)], Met::Yes);
    check(TEXTS[1], &[name_is(true)], Met::No);
    let once = reading(
        "r-1",
        "bad.example",
        NOW - 5,
        NOW - 5,
        Measured::Resolves(true),
    );
    check(TEXTS[1], &[name_is(false), once], Met::No);
    let good = reading(
        "r-1",
        "good.example",
        NOW - 59,
        NOW,
        Measured::Resolves(true),
    );
    check(TEXTS[2], &[good], Met::Yes);
    let route = |of: &str, value| reading("bgp-1", of, NOW - 59, NOW, Measured::Present(value));
    check(TEXTS[3], &[route("198.51.100.0/24", false)], Met::Yes);
    check(TEXTS[3], &[route("198.51.100.0/24", true)], Met::No);
    check(TEXTS[4], &[route("2001:db8::/120", true)], Met::Yes);
    check(TEXTS[4], &[route("2001:db8::/121", true)], Met::Unknown);
}

#[test]
fn readings_end_a_measure_only_over_a_span_in_which_it_was_in_force() {
    let mut case = Case::new(plan(1));
    case.in_force();
    let quiet = |now: u64| {
        let value = Measured::Packets(0);
        [reading("s-01", "198.51.100.1/32", now - 1000, now, value)]
    };
    let since = case.life.state().in_force_since().unwrap().0;
    // It was quiet before too: that shows nothing.
    let early = since + 299;
    assert_eq!(case.life.measured(&quiet(early), at(early)), None);
    let late = since + 300;
    let event = case.life.measured(&quiet(late), at(late)).unwrap();
    assert_eq!(event, Event::SuccessMet);
    let value = Measured::Resolves(false);
    let down = [reading("r-1", "hospital.example", early - 59, early, value)];
    assert_eq!(case.life.measured(&down, at(early)), Some(Event::StopMet));
}
