//! What a zone answers, against a model: whatever rules there are, each name is answered by the rule on itself, or else by the nearest one on all below a name.

use proptest::prelude::*;
use sakimori_actuator::dns::policy::{Answer, Reach, Rules, entries};
use std::collections::{BTreeMap, BTreeSet};

/// Names of few labels, so that they meet.
fn name() -> impl Strategy<Value = String> {
    proptest::collection::vec(0_u8..3, 1..5).prop_map(|labels| {
        let mut name = String::new();
        for label in labels {
            name.push(char::from(b'a' + label));
            name.push('.');
        }
        name + "example"
    })
}

fn reach() -> impl Strategy<Value = Reach> {
    (name(), any::<bool>()).prop_map(|(name, below)| Reach { name, below })
}

fn rules() -> impl Strategy<Value = Rules> {
    let answer = prop_oneof![
        Just(Answer::None),
        Just(Answer::Sinkhole(BTreeSet::new())),
        Just(Answer::Sinkhole(BTreeSet::from(["words".to_owned()]))),
    ];
    proptest::collection::btree_map(reach(), answer, 0..8)
}

/// How a resolver looks a name up in a zone: RFC 4592 section 3.3.1, the closest name that is there, then the wildcard at it.
fn looked_up(zone: &BTreeMap<String, Answer>, name: &str) -> Option<Answer> {
    if let Some(answer) = zone.get(name) {
        return Some(answer.clone());
    }
    let is_there = |name: &str| {
        let below = format!(".{name}");
        zone.keys().any(|key| key == name || key.ends_with(&below))
    };
    let mut rest = name;
    while !is_there(rest) {
        rest = rest.split_once('.')?.1;
    }
    // A name that is there only for what lies below it has no records, and no wildcard covers it.
    if rest == name {
        return None;
    }
    zone.get(&format!("*.{rest}")).cloned()
}

/// What is meant, told in another way: every rule that means the name, the nearest one first, one on the very name before one on all below it, the owner's before a measure's on the same.
fn meant(rules: &Rules, exempt: &BTreeSet<Reach>, name: &str) -> Option<Answer> {
    let means = |reach: &Reach| {
        name == reach.name || (reach.below && name.ends_with(&format!(".{}", reach.name)))
    };
    let free = |reach: &Reach| {
        exempt.iter().any(|free| {
            free == reach
                || free.below
                    && (free.name == reach.name || reach.name.ends_with(&format!(".{}", free.name)))
        })
    };
    let measures = rules
        .iter()
        .filter(|(reach, _)| means(reach) && !free(reach))
        .map(|(reach, answer)| (reach, false, answer.clone()));
    let owner = exempt
        .iter()
        .filter(|reach| means(reach))
        .map(|reach| (reach, true, Answer::Pass));
    measures
        .chain(owner)
        .max_by_key(|(reach, owner, _)| (reach.name.len(), !reach.below, *owner))
        .map(|(_, _, answer)| answer)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_name_is_answered_as_its_nearest_rule_says(
        rules in rules(),
        exempt in proptest::collection::btree_set(reach(), 0..3),
        asked in proptest::collection::vec(name(), 1..12),
    ) {
        let zone: BTreeMap<String, Answer> = entries(&rules, &exempt)
            .into_iter()
            .map(|(name, entry)| (name, entry.answer))
            .collect();
        for name in asked {
            prop_assert_eq!(looked_up(&zone, &name), meant(&rules, &exempt, &name), "{} in {:?}", name, zone);
        }
    }
}
