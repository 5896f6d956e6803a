//! What a measure did: verdicts by table, by a case of the field, and against a plain statement of when success may be said. In: observations that were made up. Out: verdicts. Never: an expectation
//! that the code under test gave.

use proptest::prelude::*;
use sakimori_custody::time::Seconds;
use sakimori_respond::effect::{
    Aimed, Answered, Around, Criterion, CriterionError, LAG_SECONDS_MAX, Observation, Said, Share,
    Sighting, Source, Value, Verdict, judge, judge_each,
};
use sakimori_respond::plan::goal::{Goal, Measured, Met, Reading};

const BEGIN: Seconds = Seconds(1_806_537_600);
const WINDOW: u64 = 600;
const END: Seconds = Seconds(1_806_537_600 + WINDOW);
const TARGET: &str = "198.51.100.7/32";

fn criterion(source: Source, by: &[&str]) -> Criterion {
    Criterion {
        source,
        by: by.iter().map(|by| (*by).to_owned()).collect(),
        wants: false,
        window_seconds: WINDOW,
        over_seconds: 120,
        fresh_seconds: 60,
        at_most: 0,
        before: 100,
        moved_percent: 30,
        moved_min: 3,
    }
}

fn aimed(target: &str, actuators: &[&str]) -> Aimed {
    Aimed {
        target: target.to_owned(),
        actuators: actuators.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// Times in seconds from the begin.
fn saw(by: &str, from: u64, until: u64, value: Value) -> Observation {
    Observation {
        target: TARGET.to_owned(),
        by: by.to_owned(),
        from: BEGIN.plus(from),
        until: BEGIN.plus(until),
        value,
    }
}

fn held(by: &str) -> Observation {
    saw(by, 590, 590, Value::InForce(true))
}

fn verdict(criterion: &Criterion, actuators: &[&str], seen: &[Observation]) -> Verdict {
    let effect = judge(
        criterion,
        &[aimed(TARGET, actuators)],
        BEGIN,
        seen,
        &[],
        END,
    )
    .unwrap();
    effect.judged[0].verdict
}

fn quiet() -> Observation {
    saw("s-01", 400, 590, Value::Reached(0))
}

fn reached(count: u64) -> Observation {
    saw("s-01", 400, 590, Value::Reached(count))
}

fn lost(by: &str, at: u64) -> Observation {
    saw(by, at, at, Value::InForce(false))
}

#[test]
fn verdicts_by_table() {
    let sensor = criterion(Source::Sensor, &["s-01"]);
    let (one, two) = (&["fw-1"][..], &["fw-1", "fw-2"][..]);
    let early = saw("fw-1", 560, 560, Value::InForce(false));
    let old = saw("fw-1", 539, 539, Value::InForce(true));
    let table: [(&str, &[&str], Vec<Observation>, Verdict); 13] = [
        (
            "all there",
            one,
            vec![held("fw-1"), quiet()],
            Verdict::Effective,
        ),
        (
            "less than before",
            one,
            vec![held("fw-1"), reached(40)],
            Verdict::Partly,
        ),
        (
            "as before",
            one,
            vec![held("fw-1"), reached(100)],
            Verdict::None,
        ),
        ("nothing seen", one, vec![held("fw-1")], Verdict::Unknown),
        ("nothing read back", one, vec![quiet()], Verdict::Unknown),
        ("nothing at all", one, vec![], Verdict::Unknown),
        (
            "not in force, though quiet",
            one,
            vec![lost("fw-1", 590), quiet()],
            Verdict::None,
        ),
        (
            "in force at one of two",
            two,
            vec![lost("fw-1", 590), held("fw-2"), quiet()],
            Verdict::Partly,
        ),
        (
            "known of one of two",
            two,
            vec![held("fw-1"), quiet()],
            Verdict::Unknown,
        ),
        ("no actuator", &[], vec![quiet()], Verdict::Unknown),
        (
            "lost after it was in force",
            one,
            vec![held("fw-1"), lost("fw-1", 595), quiet()],
            Verdict::None,
        ),
        (
            "back after it was lost",
            one,
            vec![early, held("fw-1"), quiet()],
            Verdict::Effective,
        ),
        (
            "read back too long ago",
            one,
            vec![old, quiet()],
            Verdict::Unknown,
        ),
    ];
    for (what, actuators, seen, expected) in table {
        assert_eq!(verdict(&sensor, actuators, &seen), expected, "{what}");
    }
}

#[test]
fn what_is_old_short_of_others_or_from_another_time_is_no_evidence() {
    let sensor = criterion(Source::Sensor, &["s-01"]);
    let before = Observation {
        from: Seconds(BEGIN.0 - 1),
        ..quiet()
    };
    let other = Observation {
        target: "198.51.100.8/32".to_owned(),
        ..quiet()
    };
    for (what, stale) in [
        ("too old", saw("s-01", 300, 539, Value::Reached(0))),
        ("too short", saw("s-01", 472, 590, Value::Reached(0))),
        ("from before the measure", before),
        ("after the moment", saw("s-01", 400, 601, Value::Reached(0))),
        ("another sensor", saw("s-02", 400, 590, Value::Reached(0))),
        ("another source", saw("s-01", 400, 590, Value::Met(0))),
        ("another target", other),
        ("backwards", saw("s-01", 590, 589, Value::Reached(0))),
    ] {
        let seen = [held("fw-1"), stale];
        assert_eq!(
            verdict(&sensor, &["fw-1"], &seen),
            Verdict::Unknown,
            "{what}"
        );
    }
}

#[test]
fn each_source_counts_what_is_left() {
    const WANTED: Value = Value::Answer(Answered::AsApproved);
    const BEFORE: Value = Value::Answer(Answered::AsBefore);
    const NOTHING: Value = Value::Answer(Answered::Nothing);
    const NOWHERE: Value = Value::Nowhere(true);
    const SOMEWHERE: Value = Value::Nowhere(false);
    type Seen = &'static [(&'static str, Value)];
    let at = |by: &str, value: Value| saw(by, 471, 590, value);
    let table: [(Source, Seen, Verdict); 8] = [
        (
            Source::Resolver,
            &[("r-1", WANTED), ("r-2", WANTED)],
            Verdict::Effective,
        ),
        (
            Source::Resolver,
            &[("r-1", WANTED), ("r-2", BEFORE)],
            Verdict::Partly,
        ),
        (
            Source::Resolver,
            &[("r-1", BEFORE), ("r-2", BEFORE)],
            Verdict::None,
        ),
        (
            Source::Resolver,
            &[("r-1", WANTED), ("r-2", NOTHING)],
            Verdict::Unknown,
        ),
        (
            Source::Route,
            &[("r-1", NOWHERE), ("r-2", NOWHERE)],
            Verdict::Effective,
        ),
        (
            Source::Route,
            &[("r-1", NOWHERE), ("r-2", SOMEWHERE)],
            Verdict::Partly,
        ),
        (
            Source::Provider,
            &[("isp", Value::Word(Said::Down))],
            Verdict::Effective,
        ),
        (
            Source::Provider,
            &[("isp", Value::Word(Said::Acting))],
            Verdict::None,
        ),
    ];
    for (source, values, expected) in table {
        let by: Vec<&str> = values.iter().map(|(by, _)| *by).collect();
        let mut seen = vec![held("fw-1")];
        seen.extend(values.iter().map(|(by, value)| at(by, *value)));
        let found = verdict(&criterion(source, &by), &["fw-1"], &seen);
        assert_eq!(found, expected, "{seen:?}");
    }
    let counter = criterion(Source::Counter, &["fw-1"]);
    for (count, expected) in [
        (0, Verdict::Effective),
        (7, Verdict::Partly),
        (100, Verdict::None),
    ] {
        let seen = [held("fw-1"), saw("fw-1", 400, 590, Value::Met(count))];
        assert_eq!(verdict(&counter, &["fw-1"], &seen), expected);
    }
    // A provider acts alone: there is no actuator.
    let alone = criterion(Source::Provider, &["isp"]);
    let down = [at("isp", Value::Word(Said::Down))];
    assert_eq!(verdict(&alone, &[], &down), Verdict::Effective);
}

#[test]
fn the_goal_of_a_measure_s_text_is_its_criterion() {
    let around = Around {
        window_seconds: WINDOW,
        fresh_seconds: 60,
        before: 100,
        moved_percent: 30,
        moved_min: 3,
    };
    let of = |text: &str| Criterion::of(&text.parse().unwrap(), around);
    let packets = of("packets to 198.51.100.7/32 < 5 per 120 s by sensor s-01").unwrap();
    let expected = Criterion {
        at_most: 4,
        ..criterion(Source::Sensor, &["s-01"])
    };
    assert_eq!((&packets, packets.check()), (&expected, Ok(())));
    for (text, source) in [
        (
            "name bad.example does not resolve for 120 s at resolver r-1",
            Some(Source::Resolver),
        ),
        (
            "route 198.51.100.7/32 absent for 120 s at router r-1",
            Some(Source::Route),
        ),
        ("name bad.example resolves for 120 s at resolver r-1", None),
    ] {
        let found = of(text);
        assert_eq!(found.as_ref().map(|found| found.source), source, "{text}");
        assert!(found.is_none_or(|found| found.check() == Ok(()) && found.by == ["r-1"]));
    }
}

#[test]
fn the_verdict_is_of_the_end_of_the_window_and_stays() {
    let criterion = criterion(Source::Sensor, &["s-01"]);
    let aimed = [aimed(TARGET, &["fw-1"])];
    let mut seen = vec![held("fw-1"), saw("s-01", 400, 590, Value::Reached(0))];
    let at = |seen: &[Observation], now: Seconds| judge(&criterion, &aimed, BEGIN, seen, &[], now);
    assert_eq!(at(&seen, Seconds(END.0 - 1)), None);
    let first = at(&seen, END).unwrap();
    seen.push(saw("s-01", 700, 900, Value::Reached(9000)));
    seen.push(saw("fw-1", 800, 800, Value::InForce(false)));
    assert_eq!(at(&seen, BEGIN.plus(90_000)), Some(first));
}

#[test]
fn a_criterion_that_cannot_fail_or_never_hold_is_refused() {
    let good = criterion(Source::Sensor, &["s-01"]);
    assert_eq!(good.check(), Ok(()));
    let check = |change: &dyn Fn(&mut Criterion), expected: CriterionError| {
        let mut criterion = good.clone();
        change(&mut criterion);
        assert_eq!(criterion.check(), Err(expected));
    };
    check(&|c| c.source = Source::ReadBack, CriterionError::ReadBack);
    check(&|c| c.by.clear(), CriterionError::Nobody);
    check(&|c| c.by.push("s-01".to_owned()), CriterionError::Nobody);
    check(&|c| c.over_seconds = 0, CriterionError::Times);
    check(&|c| c.over_seconds = 601, CriterionError::Times);
    check(&|c| c.fresh_seconds = 601, CriterionError::Times);
    check(&|c| c.window_seconds = 8 * 86_400, CriterionError::Times);
    check(&|c| c.at_most = 100, CriterionError::Idle);
    check(&|c| c.moved_percent = 0, CriterionError::Share);
    check(&|c| c.moved_min = 0, CriterionError::Share);
}

/// Of 100 names that were to lead to a sinkhole 20 did not: who counted only what was asked for took it for done.
#[test]
fn acceptance_08_of_100_targets_20_are_not_enforced_and_the_report_says_which() {
    let mut criterion = criterion(Source::Resolver, &["r-1"]);
    criterion.before = 1;
    let name = |at: usize| format!("c{at:03}.bad-host.tokyo");
    let aimed: Vec<Aimed> = (0..100).map(|at| aimed(&name(at), &["dns-1"])).collect();
    let mut seen = Vec::new();
    for at in 0..100 {
        let lost = at % 5 == 3;
        let of = |by: &str, value: Value| Observation {
            target: name(at),
            ..saw(by, 400, 590, value)
        };
        seen.push(of("dns-1", Value::InForce(!lost)));
        let answer = if lost {
            Answered::AsBefore
        } else {
            Answered::AsApproved
        };
        seen.push(of("r-1", Value::Answer(answer)));
    }
    let effect = judge(&criterion, &aimed, BEGIN, &seen, &[], END).unwrap();
    assert_eq!(
        (
            effect.count(Verdict::Effective),
            effect.count(Verdict::None)
        ),
        (80, 20)
    );
    let lost: Vec<String> = (0..100).filter(|at| at % 5 == 3).map(name).collect();
    let told: Vec<&str> = effect.not_enforced().map(|(target, _)| target).collect();
    assert_eq!(told, lost);
    let text = effect.to_string();
    for name in &lost {
        assert!(
            text.contains(&format!("not in force: {name} at dns-1")),
            "{text}"
        );
    }
    assert!(
        text.starts_with(&format!(
            "100 targets at {END}: 80 effective 0 partly 20 none"
        )),
        "{text}"
    );
}

fn sighted(victim: u32, endpoint: &str, first: u64) -> Sighting {
    Sighting {
        kind: "beacon 7".to_owned(),
        victim: format!("203.0.113.{victim}"),
        endpoint: endpoint.to_owned(),
        first: Seconds(BEGIN.0 - 1000 + first),
    }
}

fn watched(more: &[Sighting]) -> (Verdict, Vec<String>) {
    let criterion = criterion(Source::Sensor, &["s-01"]);
    let seen = [held("fw-1"), saw("s-01", 400, 590, Value::Reached(0))];
    let mut sightings: Vec<Sighting> = (0..10).map(|v| sighted(v, "198.51.100.7", 10)).collect();
    sightings.extend_from_slice(more);
    let aimed = [aimed(TARGET, &["fw-1"]), aimed("192.0.2.0/24", &["fw-1"])];
    let effect = judge(&criterion, &aimed, BEGIN, &seen, &sightings, END).unwrap();
    let moved = effect.judged[0]
        .moved
        .iter()
        .map(|moved| moved.endpoint.clone());
    (effect.judged[0].verdict, moved.collect())
}

#[test]
fn acceptance_09_displacement_is_a_verdict_within_the_window() {
    let to = |endpoint: &str, victims: std::ops::Range<u32>, first: u64| -> Vec<Sighting> {
        victims
            .map(|victim| sighted(victim, endpoint, first))
            .collect()
    };
    let none = Vec::<String>::new();
    let new = "198.51.100.99";
    let check = |what: &str, more: &[Sighting], expected: (Verdict, Vec<String>)| {
        assert_eq!(watched(more), expected, "{what}");
    };
    let moved = (Verdict::Displaced, vec![new.to_owned()]);
    let still = (Verdict::Effective, none);
    check("nothing new", &[], still.clone());
    check("three of ten", &to(new, 0..3, 1100), moved.clone());
    check("at the last second", &to(new, 0..3, 1600), moved.clone());
    check(
        "a name",
        &to("new.bad-host.tokyo", 0..9, 1100),
        (Verdict::Displaced, vec!["new.bad-host.tokyo".to_owned()]),
    );
    check(
        "two of ten are too few",
        &to(new, 0..2, 1100),
        still.clone(),
    );
    check("other victims", &to(new, 20..29, 1100), still.clone());
    check("known before", &to(new, 0..9, 500), still.clone());
    check("behind the window", &to(new, 0..9, 1601), still.clone());
    check(
        "a target of the same measure",
        &to("192.0.2.9", 0..9, 1100),
        still.clone(),
    );
    check(
        "the target written otherwise",
        &to("::ffff:198.51.100.7", 0..9, 1100),
        still.clone(),
    );
    // One who had it before is enough: it is not new.
    let mut mixed = to(new, 0..9, 1100);
    mixed.push(sighted(30, new, 500));
    check("known with another victim", &mixed, still.clone());
    let other = to(new, 0..9, 1100).into_iter().map(|s| Sighting {
        kind: "scan 3".to_owned(),
        ..s
    });
    check("another kind", &other.collect::<Vec<_>>(), still);
}

#[test]
fn a_target_that_nothing_was_done_to_is_none_also_where_the_attack_moved() {
    let criterion = criterion(Source::Sensor, &["s-01"]);
    let mut sightings: Vec<Sighting> = (0..10).map(|v| sighted(v, "198.51.100.7", 10)).collect();
    sightings.extend((0..9).map(|v| sighted(v, "198.51.100.99", 1100)));
    let seen = [saw("fw-1", 590, 590, Value::InForce(false))];
    let effect = judge(
        &criterion,
        &[aimed(TARGET, &["fw-1"])],
        BEGIN,
        &seen,
        &sightings,
        END,
    )
    .unwrap();
    assert_eq!(effect.judged[0].verdict, Verdict::None);
    assert_eq!(effect.judged[0].moved.len(), 1, "and it is told");
}

/// The second in which the measure began is one of the span's; a probe of one moment covers no span.
#[test]
fn what_is_told_in_pieces_counts_as_far_as_the_pieces_join() {
    let sensor = criterion(Source::Sensor, &["s-01"]);
    let piece = |from, until, count| saw("s-01", from, until, Value::Reached(count));
    let check = |what: &str, pieces: &[Observation], expected: Verdict| {
        let mut seen = vec![held("fw-1")];
        seen.extend_from_slice(pieces);
        assert_eq!(verdict(&sensor, &["fw-1"], &seen), expected, "{what}");
    };
    let joined = [piece(420, 500, 0), piece(501, 560, 0), piece(561, 600, 0)];
    check("joined", &joined, Verdict::Effective);
    let gap = [piece(420, 500, 0), piece(502, 600, 0)];
    check("a second is missing", &gap, Verdict::Unknown);
    let some = [piece(420, 500, 3), piece(501, 600, 4)];
    check("seven of a hundred", &some, Verdict::Partly);
    let many = [piece(420, 500, 60), piece(501, 600, 40)];
    check("a hundred of a hundred", &many, Verdict::None);
    let twice = [piece(481, 600, 60), piece(520, 560, 60)];
    check("told twice, counted once", &twice, Verdict::Partly);
    let resolver = criterion(Source::Resolver, &["r-1"]);
    let moment = [held("fw-1"), saw("r-1", 590, 590, Value::Resolves(false))];
    assert_eq!(verdict(&resolver, &["fw-1"], &moment), Verdict::Unknown);
    let all = [held("fw-1"), saw("r-1", 470, 590, Value::Resolves(false))];
    assert_eq!(verdict(&resolver, &["fw-1"], &all), Verdict::Effective);
    let once = saw("r-1", 500, 500, Value::Resolves(true));
    let [first, second] = all;
    let but_once = [first, second, once];
    assert_eq!(verdict(&resolver, &["fw-1"], &but_once), Verdict::None);
}

#[test]
fn each_target_is_judged_by_its_own_criterion_at_one_moment() {
    let names = ["198.51.100.7/32", "*.bad.example", "203.0.113.0/24"];
    let aims: Vec<Aimed> = names.iter().map(|name| aimed(name, &["fw-1"])).collect();
    let goal: Goal = "packets to 198.51.100.7/32 < 5 per 120 s by sensor s-01"
        .parse()
        .unwrap();
    assert_eq!(goal.about("*.bad.example"), None);
    let about = goal.about("203.0.113.0/24").map(|goal| goal.to_string());
    let text = "packets to 203.0.113.0/24 < 5 per 120 s by sensor s-01";
    assert_eq!(about.as_deref(), Some(text));
    let name: Goal = "name other.example does not resolve for 120 s at resolver r-1"
        .parse()
        .unwrap();
    let name = name.about("*.bad.example").unwrap();
    assert_eq!(name.of(), "bad.example");
    let around = Around {
        window_seconds: goal.window_seconds(),
        fresh_seconds: 60,
        before: 100,
        moved_percent: 30,
        moved_min: 3,
    };
    assert_eq!(around.window_seconds, 360);
    let by_sensor = Criterion::of(&goal, around).unwrap();
    let by_resolver = Criterion::of(&name, around).unwrap();
    let each = [
        (&aims[0], Ok(&by_sensor)),
        (&aims[1], Ok(&by_resolver)),
        (&aims[2], Err("nobody counts there")),
    ];
    let of = |target: &str, seen: Observation| Observation {
        target: target.to_owned(),
        ..seen
    };
    let mut seen = vec![saw("s-01", 200, 350, Value::Reached(4))];
    seen.push(of(names[1], saw("r-1", 200, 350, Value::Resolves(false))));
    for name in names {
        seen.push(of(name, saw("fw-1", 350, 350, Value::InForce(true))));
    }
    let share = Share {
        percent: 50,
        min: 1,
    };
    let at = (BEGIN, BEGIN.plus(360));
    let effect = judge_each(&each, share, at, &seen, &[]);
    let verdicts: Vec<Verdict> = effect.judged.iter().map(|one| one.verdict).collect();
    let expected = [Verdict::Effective, Verdict::Effective, Verdict::Unknown];
    assert_eq!((effect.at, verdicts.as_slice()), (at.1, &expected[..]));
    assert_eq!(effect.judged[2].reasons, ["nobody counts there"]);
    // Who cannot be judged is told of all the same where it is not in force.
    seen.push(of(names[2], saw("fw-1", 355, 355, Value::InForce(false))));
    let effect = judge_each(&each, share, at, &seen, &[]);
    let last = &effect.judged[2];
    assert_eq!(last.verdict, Verdict::Unknown);
    assert_eq!(last.not_in_force, ["fw-1"]);
    assert_eq!(
        last.reasons,
        ["nobody counts there", "not in force at fw-1"]
    );
}

/// However long data may lag: none are none.
#[test]
fn a_span_that_is_shorter_than_the_lag_is_not_covered_by_nothing() {
    for source in [Source::Sensor, Source::Resolver, Source::Route] {
        let criterion = Criterion {
            over_seconds: 3,
            fresh_seconds: WINDOW,
            ..criterion(source, &["s-01"])
        };
        let of = |seen: &[Observation]| verdict(&criterion, &["fw-1"], seen);
        assert_eq!(of(&[held("fw-1")]), Verdict::Unknown, "{source}");
        let value = match source {
            Source::Sensor => Value::Reached(0),
            Source::Resolver => Value::Resolves(false),
            _ => Value::Nowhere(true),
        };
        let old = saw("s-01", 100, 102, value);
        assert_eq!(of(&[held("fw-1"), old]), Verdict::Effective, "{source}");
        let short = saw("s-01", 101, 102, value);
        assert_eq!(of(&[held("fw-1"), short]), Verdict::Unknown, "{source}");
        let early = saw("s-01", 0, 1, value);
        assert_eq!(of(&[held("fw-1"), early]), Verdict::Unknown, "{source}");
    }
}

/// A goal and a verdict are one count: whatever pieces a sensor tells, both say the same.
#[test]
fn a_goal_is_met_where_its_verdict_is_effective() {
    let text = "packets to 198.51.100.7/32 < 1 per 120 s by sensor s-01";
    let goal: Goal = text.parse().unwrap();
    let reading = |from: u64, to: u64, count: u64| Reading {
        source: "s-01".parse().unwrap(),
        from: BEGIN.plus(from),
        to: BEGIN.plus(to),
        of: TARGET.to_owned(),
        value: Measured::Packets(count),
    };
    let criterion = Criterion {
        fresh_seconds: 0,
        ..criterion(Source::Sensor, &["s-01"])
    };
    for (pieces, met) in [
        (vec![reading(481, 600, 0)], Met::Yes),
        (vec![reading(482, 600, 0)], Met::Unknown),
        (vec![reading(100, 540, 0), reading(541, 600, 0)], Met::Yes),
        (vec![reading(100, 540, 1), reading(541, 600, 0)], Met::No),
        (vec![reading(100, 480, 1), reading(481, 600, 0)], Met::Yes),
        (vec![reading(560, 570, 2)], Met::No),
        (vec![], Met::Unknown),
    ] {
        assert_eq!(goal.met(&pieces, END), met, "{pieces:?}");
        let mut seen = vec![saw("fw-1", 600, 600, Value::InForce(true))];
        seen.extend(pieces.iter().map(Observation::from));
        let effective = verdict(&criterion, &["fw-1"], &seen) == Verdict::Effective;
        assert_eq!(effective, met == Met::Yes, "{pieces:?}");
    }
    let old = [reading(0, 100, 0)];
    let last = BEGIN.plus(100 + LAG_SECONDS_MAX);
    assert_eq!(goal.newest(&old, last), Some(BEGIN.plus(100)));
    assert_eq!(goal.newest(&old, last.plus(1)), None);
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::InForce),
        (0u64..3).prop_map(Value::Reached),
        (0u64..3).prop_map(Value::Met),
        prop_oneof![
            Just(Answered::AsBefore),
            Just(Answered::AsApproved),
            Just(Answered::Nothing)
        ]
        .prop_map(Value::Answer),
        any::<bool>().prop_map(Value::Nowhere),
        any::<bool>().prop_map(Value::Resolves),
        any::<bool>().prop_map(Value::Present),
        prop_oneof![Just(Said::Down), Just(Said::Acting), Just(Said::Refused)]
            .prop_map(Value::Word),
    ]
}

fn any_observation() -> impl Strategy<Value = Observation> {
    (
        prop_oneof![Just("a"), Just("b"), Just("c")],
        300u64..620,
        0u64..400,
        any_value(),
    )
        .prop_map(|(by, until, long, value)| saw(by, until.saturating_sub(long), until, value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    /// Success is said only where, read plainly, every actuator was last seen to hold the effect, and every observer that is named last saw no more than may be left, all of it in time.
    #[test]
    fn success_is_never_said_without_evidence(
        seen in proptest::collection::vec(any_observation(), 0..24), two in any::<bool>(),
        source in prop_oneof![Just(Source::Sensor), Just(Source::Resolver), Just(Source::Route), Just(Source::Counter), Just(Source::Provider)],
    ) {
        let actuators: &[&str] = if two { &["a", "b"] } else { &["a"] };
        let criterion = criterion(source, &["c"]);
        let got = verdict(&criterion, actuators, &seen);
        let good = |o: &&Observation| o.from <= o.until && o.until <= END;
        let last = |by: &str| {
            let own = seen.iter().filter(good).filter(|o| o.by == by && o.until.0 + 60 >= END.0);
            own.filter(|o| matches!(o.value, Value::InForce(_))).max_by_key(|o| o.until).map(|o| o.value)
        };
        let all = actuators.iter().all(|by| last(by) == Some(Value::InForce(true)));
        let none = actuators.iter().all(|by| last(by) == Some(Value::InForce(false)));
        let told = |o: &&Observation| o.by == "c" && o.value.source() == source && o.value != Value::Answer(Answered::Nothing);
        let own: Vec<&Observation> = seen.iter().filter(good).filter(told).collect();
        let quiet = |o: &&Observation| matches!(
            o.value,
            Value::Reached(0) | Value::Met(0) | Value::Answer(Answered::AsApproved) | Value::Nowhere(true) | Value::Resolves(false)
                | Value::Present(false) | Value::Word(Said::Down)
        );
        // Who tells of each second of the span: the newest that has it.
        let teller = |second: u64| own.iter().copied().filter(|o| (o.from.0..=o.until.0).contains(&second)).max_by_key(|o| o.until);
        let newest = own.iter().copied().filter(|o| o.until.0 + 60 >= END.0).max_by_key(|o| o.until);
        // The span ends with the newest that is fresh.
        let last = newest.map_or(END.0, |o| o.until.0);
        let tellers: Vec<&Observation> = (last - 119..=last).filter_map(teller).collect();
        let covered = newest.is_some() && (last - 119..=last).all(|second| teller(second).is_some());
        let overlaps = |o: &&&Observation| o.until.0 >= last - 119;
        let (known, met) = match source {
            Source::Provider => (newest.is_some(), newest.is_some_and(|o| quiet(&o))),
            Source::Sensor | Source::Counter => (covered, covered && tellers.iter().all(quiet)),
            _ => (covered, covered && own.iter().filter(overlaps).all(quiet)),
        };
        prop_assert_eq!(got == Verdict::Effective, all && met, "{:?}", got);
        if none {
            prop_assert_eq!(got, Verdict::None);
        }
        if !known && !none {
            prop_assert_ne!(got, Verdict::Effective);
        }
        // The order in which observations come does not matter, but for two of one moment.
        let mut other = seen.clone();
        other.sort_by_key(|o| (o.until, o.from));
        let apart = other.windows(2).all(|pair| pair[0].until != pair[1].until);
        if apart {
            prop_assert_eq!(verdict(&criterion, actuators, &other), got);
        }
    }
}
