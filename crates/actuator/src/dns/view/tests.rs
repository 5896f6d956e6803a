//! Keys that come, are prolonged, end and go in any order, against a model that only keeps the keys.

use super::*;
use proptest::prelude::*;

/// One step.
#[derive(Clone, Debug)]
enum Step {
    Come(u8, bool, usize, u64),
    Go(u8, bool, usize),
    /// Time passes, and what is over goes.
    Pass(u64),
    /// Somebody deletes, or puts something, at a name.
    Delete(usize),
    Put(usize),
}

const TARGETS: [&str; 6] = [
    "a.example",
    "*.a.example",
    "b.a.example",
    "*.c.b.a.example",
    "c.b.a.example",
    "other.example",
];
const NAMES: [&str; 5] = [
    "a.example",
    "*.a.example",
    "x.a.example",
    "*.b.a.example",
    "stray.example",
];

fn step() -> impl Strategy<Value = Step> {
    let key = || (0_u8..3, any::<bool>(), 0..TARGETS.len());
    prop_oneof![
        4 => (key(), 1_u64..50).prop_map(|((m, d, t), s)| Step::Come(m, d, t, s)),
        2 => key().prop_map(|(m, d, t)| Step::Go(m, d, t)),
        2 => (1_u64..30).prop_map(Step::Pass),
        1 => (0..NAMES.len()).prop_map(Step::Delete),
        1 => (0..NAMES.len()).prop_map(Step::Put),
    ]
}

fn key(measure: u8, leads: bool, target: usize) -> Key {
    Key {
        measure: [measure + 1; 32],
        deed: if leads {
            Deed::Sinkhole
        } else {
            Deed::NoAnswer
        },
        target: TARGETS[target].to_owned(),
    }
}

fn means() -> Means {
    Means {
        sinkhole: vec!["192.0.2.9".parse().unwrap()],
        complaint: Some("reference {reference}".to_owned()),
        exempt: [Reach::of("free.a.example")].into(),
    }
}

fn make(view: &mut View, change: &Change) {
    for (name, records) in change {
        if records.is_empty() {
            view.names.remove(name);
        } else {
            view.names.insert(name.clone(), records.clone());
        }
    }
    assert!(view.shows(change));
}

/// How the zone and the model go one step.
fn go(view: &mut View, model: &mut BTreeMap<Key, Seconds>, now: &mut u64, step: &Step) {
    let means = means();
    let mut come = BTreeMap::new();
    let mut go = BTreeSet::new();
    match *step {
        Step::Come(measure, leads, target, seconds) => {
            let key = key(measure, leads, target);
            if view.conflict(&key).is_none() {
                come.insert(key, Seconds(*now + seconds));
            }
        }
        Step::Go(measure, leads, target) => {
            go.insert(key(measure, leads, target));
        }
        Step::Pass(seconds) => {
            *now += seconds;
            let over = view.keys().into_iter().filter(|(_, until)| until.0 <= *now);
            go = over.map(|(key, _)| key).collect();
        }
        Step::Delete(name) => {
            view.names.remove(NAMES[name]);
        }
        Step::Put(name) => {
            let records = [Rr::A(Ipv4Addr::new(198, 51, 100, 1))].into();
            view.names.insert(NAMES[name].to_owned(), records);
        }
    }
    let change = view.change(&means, &come, &go);
    make(view, &change);
    if let Step::Pass(_) = step {
        model.retain(|_, until| until.0 > *now);
    }
    model.retain(|key, _| !go.contains(key));
    model.extend(come);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_zone_has_the_union_of_what_is_held_until_the_last_one_ends(steps in proptest::collection::vec(step(), 1..25)) {
        let (means, mut view, mut model, mut now) = (means(), View::default(), BTreeMap::new(), 1000);
        let mut touched = false;
        for one in &steps {
            touched |= matches!(one, Step::Delete(_) | Step::Put(_));
            go(&mut view, &mut model, &mut now, one);
            prop_assert_eq!(&view.keys(), &model);
            let wanted = means.wanted(model.keys());
            for standing in view.standing(&means) {
                // What is said to be in force is: each of its names stands in the zone.
                let reach = Reach::of(&standing.key.target);
                let names = wanted.iter().filter(|(_, (_, entry))| entry.rule == reach);
                let stands = names.clone().all(|(name, (records, _))| view.names.get(name) == Some(records));
                prop_assert!(!standing.whole || stands && names.count() > 0);
                // And where nobody else was at the zone, everything held is.
                prop_assert!(standing.whole || touched, "{:?} in {:?}", standing, view);
            }
            let strays = view.orphans(&means);
            prop_assert!(touched || strays.is_empty());
            // Whatever others did: asked for again, it stands.
            let mut again = view.clone();
            let change = again.change(&means, &model, &BTreeSet::new());
            make(&mut again, &change);
            prop_assert!(again.standing(&means).iter().all(|one| one.whole));
            // And whatever stands there, a stop leaves the owner's exemptions alone.
            let change = again.cleared(&means);
            make(&mut again, &change);
            prop_assert!(again.is_clear(&means) && again.keys().is_empty());
        }
    }

    #[test]
    fn orphans_go_when_they_are_named(steps in proptest::collection::vec(step(), 1..12)) {
        let (means, mut view, mut model, mut now) = (means(), View::default(), BTreeMap::new(), 1000);
        for one in &steps {
            go(&mut view, &mut model, &mut now, one);
        }
        let named = view.orphans(&means).into_iter().map(|one| one.key).collect();
        let change = view.change(&means, &BTreeMap::new(), &named);
        make(&mut view, &change);
        prop_assert!(view.orphans(&means).is_empty());
        prop_assert_eq!(view.keys(), model);
    }
}

#[test]
fn a_record_that_is_not_quite_a_key_is_none() {
    let good = key(1, true, 0);
    let name = key_name(&good);
    let records = key_records(&good, Seconds(77));
    assert_eq!(read_key(&name, &records), Some((good.clone(), Seconds(77))));
    assert_eq!(read_key("x.keys.sakimori.alt", &records), None);
    let Some(Rr::Txt(strings)) = records.first() else {
        panic!("{records:?}");
    };
    for (at, wrong) in [
        (0, "sakimori-rpz-2"),
        (1, "00"),
        (2, "block"),
        (2, "no-answer"),
        (3, "b.example"),
        (4, "-1"),
        (4, ""),
    ] {
        let mut strings = strings.clone();
        strings[at] = wrong.as_bytes().to_vec();
        let records = [Rr::Txt(strings)].into();
        assert_eq!(read_key(&name, &records), None, "{at} {wrong}");
    }
    let mut more = records.clone();
    more.insert(Rr::Other(16));
    assert_eq!(read_key(&name, &more), None);
}
