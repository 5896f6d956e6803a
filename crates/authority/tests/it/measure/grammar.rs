//! The text of a measure: it reads back as it was written, keeps its bounds, and hostile bytes are an error that names the line.

use proptest::prelude::*;
use sakimori_authority::measure::{
    ACTUATORS_MAX, Actuator, Body, Deed, EFFECTS_MAX, EffectLine, MEASURE_BYTES_MAX, Measure,
    People, RENEWALS_MAX, RollOut, Route, SECONDS_MAX, TARGET_BYTES_MAX,
};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::record::Country;
use sakimori_testkit::folder::{Measure as Sample, Plan, signer};
use sakimori_tlog::note::Note;

/// The sample's text.
fn text() -> String {
    let sample = Plan::measure(&Sample::default()).build();
    Note::parse(&sample.folder.pack).unwrap().text().to_owned()
}

/// What the sample's text with one change is refused for.
fn refused(from: &str, to: &str) -> String {
    let text = text();
    assert!(text.contains(from), "`{from}` is not in the sample");
    let error = Measure::parse(&text.replacen(from, to, 1));
    error.map_or_else(
        |e| format!("line {}: {}", e.line, e.problem),
        |_| "read".to_owned(),
    )
}

#[test]
fn the_sample_reads_back_as_its_text() {
    let text = text();
    let measure = Measure::parse(&text).unwrap();
    assert_eq!(measure.to_string(), text);
    assert_eq!(measure.coverage().count, 4);
    assert_eq!(measure.coverage().v4, 257);
    assert_eq!(measure.coverage().v6_48, 1);
    assert_eq!(measure.coverage().domains, 1);
    assert_eq!(measure.names().len(), 2);
}

#[test]
fn each_bound_is_kept_and_the_line_is_named() {
    for (from, to, wanted) in [
        ("measure/v1", "measure/v2", "line 1"),
        ("revision: 1", "revision: 0", "line 3"),
        ("revision: 1", "revision: 01", "line 3"),
        ("plan: none", "plan: no", "line 5"),
        ("route: police", "route: military", "line 6"),
        ("executor: e-01 national", "executor: e-01", "line 11"),
        ("executor: e-01 national", "executor: e-01 local", "line 11"),
        ("level: 1", "level: 0", "line 13"),
        ("level: 1", "level: 3", "line 13"),
        ("collateral: 0 3", "collateral: 4 3", "line 14"),
        ("collateral: 0 3", "collateral: 3", "line 14"),
        ("lists: 1 sha256:11", "lists: 1 md5:11", "line 15"),
        ("soak: 60", "soak: 86401", "line 16"),
        ("most: 100", "most: 0", "line 17"),
        ("most: 100", "most: 2001", "line 17"),
        ("seconds: 86400", "seconds: 0", "line 18"),
        ("seconds: 86400", "seconds: 604801", "line 18"),
        ("renewals: 3", "renewals: 53", "line 19"),
        ("stop: a", "end: a", "line 21"),
        ("actuator: a-02", "actuator: a-01", "line"),
        ("effect: block", "effect: delete", "line 24"),
        ("block a-01 JP", "block a-03 JP", "no actuator is named"),
        ("block a-01 JP", "block a-01 jp", "line 24"),
        ("block a-01 JP", "block a-01 JPN", "line 24"),
        ("198.51.100.7", "198.51.100.7 198.51.100.8", "line"),
        ("203.0.113.0/24", "198.51.100.7", "stands twice"),
        (
            "root: 1\n",
            "root: 1\nroot: 1\n",
            "line 29: nothing may stand here",
        ),
        ("root: 1\n", "", "line 28"),
        ("root: 1\n", "root: 1", "line 1"),
    ] {
        let found = refused(from, to);
        assert!(found.contains(wanted), "`{to}`: {found}");
    }
    let long = "x".repeat(513);
    assert!(refused("fewer than 10", &long).starts_with("line 20"));
    let target = format!("{}.example", "x".repeat(TARGET_BYTES_MAX));
    assert!(refused("evil.example", &target).starts_with("line"));
    let target = "x".repeat(TARGET_BYTES_MAX);
    assert_eq!(refused("evil.example", &target), "read");
    assert!(refused("evil.example", "\u{435}vil.example").starts_with("line 1"));
}

#[test]
fn there_is_an_effect_and_an_actuator_and_not_too_many() {
    let effects = |count: usize| Sample {
        effects: (0..count)
            .map(|at| format!("no-answer a-01 JP carrier.example n{at}.example"))
            .collect(),
        ..Sample::default()
    };
    let read = |sample: &Sample| {
        let sample = Plan::measure(sample).build();
        let note = Note::parse(&sample.folder.pack).unwrap();
        Measure::parse(note.text()).is_ok()
    };
    assert!(!read(&effects(0)));
    assert!(read(&effects(EFFECTS_MAX)));
    assert!(!read(&effects(EFFECTS_MAX + 1)));
    let key = signer("a-01").verifier().to_string();
    let actuators = |count: usize| Sample {
        actuators: (1..=count)
            .map(|at| (format!("a-{at:02}"), key.clone()))
            .collect(),
        effects: vec!["block a-01 JP carrier.example 198.51.100.7".to_owned()],
        ..Sample::default()
    };
    assert!(read(&actuators(ACTUATORS_MAX)));
    assert!(!read(&actuators(ACTUATORS_MAX + 1)));
    let line = "x".repeat(MEASURE_BYTES_MAX);
    assert!(refused("evil.example", &line).starts_with("line 1: the text is longer"));
}

#[test]
fn each_deed_has_a_name_and_nothing_else_has() {
    for deed in Deed::ALL {
        assert_eq!(Deed::from_name(deed.name()), Some(*deed));
    }
    for none in ["scan", "login", "delete", "exploit", "", "Block"] {
        assert_eq!(Deed::from_name(none), None, "{none}");
    }
}

fn words() -> impl Strategy<Value = String> {
    "[!-~]([ -~]{0,60}[!-~])?"
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9.-]{0,20}[a-z0-9]"
}

prop_compose! {
    fn effect(actuators: usize)(
        deed in prop::sample::select(Deed::ALL),
        actuator in 0..actuators,
        country in "[A-Z]{2}|--",
        controller in name(),
        target in "[!-~]{1,60}",
    ) -> EffectLine {
        EffectLine {
            deed,
            actuator: format!("a-{actuator}").parse().unwrap(),
            country: Country::new(country.as_bytes().try_into().unwrap()).unwrap(),
            controller: controller.parse().unwrap(),
            target,
        }
    }
}

prop_compose! {
    fn measure()(actuators in 1usize..5)(
        actuators in Just(actuators),
        ids in any::<([u8; 16], [u8; 32], Option<[u8; 32]>, Option<[u8; 32]>, Option<[u8; 32]>)>(),
        coded in (prop::sample::select(Route::ALL), prop::sample::select(Body::ALL), 1u64..=2, any::<u64>(), any::<[u8; 32]>()),
        people in prop::collection::vec(name(), 4),
        numbers in (1..=u64::MAX, any::<u64>(), any::<u64>(), 0u64..=86_400, 1..=EFFECTS_MAX as u64, 1..=SECONDS_MAX, 0..=RENEWALS_MAX, any::<u64>()),
        words in (words(), words()),
        effects in prop::collection::vec(effect(actuators), 1..30),
    ) -> Measure {
        let (id, dossier, plan, order, consultation) = ids;
        let (route, body, level, version, lists) = coded;
        let (revision, low, high, soak, most, seconds, renewals, root) = numbers;
        let mut seen = std::collections::BTreeSet::new();
        let mut effects = effects;
        effects.retain(|e| seen.insert((e.deed, e.actuator.clone(), e.target.clone())));
        let name = |at: usize| people[at].parse().unwrap();
        Measure {
            id: AuthorityId(id),
            revision,
            dossier,
            plan,
            route,
            order,
            consultation,
            people: People { proposed: name(0), reviewed: name(1), executor: name(2), body, superior: name(3) },
            level,
            collateral: (low.min(high), low.max(high)),
            lists: (version, lists),
            roll_out: RollOut { soak, most, seconds, renewals },
            success: words.0,
            stop: words.1,
            actuators: (0..actuators).map(|at| {
                let key = signer(&format!("a-{at}")).verifier().clone();
                Actuator { name: format!("a-{at}").parse().unwrap(), key }
            }).collect(),
            effects,
            root,
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(measure in measure()) {
        let text = measure.to_string();
        prop_assert_eq!(Measure::parse(&text), Ok(measure.clone()));
        prop_assert_eq!(measure.coverage().count, measure.effects.len() as u64);
    }

    /// Bytes from outside are an error or a measure, and a measure reads back as the very bytes.
    #[test]
    fn hostile_text_never_panics_and_has_one_form(junk in "\\PC{0,300}", at: prop::sample::Index, length in 0usize..40) {
        let mut text = text();
        let from = at.index(text.len());
        let to = (from + length).min(text.len());
        text.replace_range(from..to, &junk);
        if let Ok(read) = Measure::parse(&text) {
            prop_assert_eq!(read.to_string(), text);
        }
        if let Ok(read) = Measure::parse(&junk) {
            prop_assert_eq!(read.to_string(), junk);
        }
    }

    #[test]
    fn hostile_bytes_never_panic(junk in prop::collection::vec(any::<u8>(), 0..300), at: prop::sample::Index) {
        let sample = Plan::measure(&Sample::default()).build();
        let root = sakimori_authority::TrustRoot::open(&sample.folder.trust_root).unwrap();
        let mut pack = sample.folder.pack;
        let from = at.index(pack.len());
        let to = (from + junk.len()).min(pack.len());
        let same = pack[from..to] == junk[..];
        pack.splice(from..to, junk);
        prop_assert_eq!(Measure::check(&pack, &root).is_ok(), same);
    }
}
