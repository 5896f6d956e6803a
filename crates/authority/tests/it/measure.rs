//! The gate of an actuator: what is approved goes through, and each way in which an approval can be wrong is refused by its own name.

mod cases;
mod grammar;

use crate::{folder, state};
use proptest::prelude::*;
use sakimori_authority::gate::{
    Approved, Folder, MeasureAsk, MeasureRefused, SensorState, measure, remember, trust,
};
use sakimori_authority::measure::Deed;
use sakimori_custody::time::Seconds;
use sakimori_testkit::folder::{BEGIN, HOUR, Measure, Part, Plan, Sample, signer};

/// The first actuator of the sample asks.
fn ask(sample: &Sample) -> MeasureAsk {
    MeasureAsk {
        actuator: sample.asked.sensor.parse().unwrap(),
        key: signer(&sample.asked.sensor).verifier().clone(),
        now: Seconds(sample.asked.now),
    }
}

fn judge(
    folder: &Folder,
    state: &SensorState,
    ask: &MeasureAsk,
) -> Result<Approved, MeasureRefused> {
    let trusted = trust(folder, state)?;
    measure(&trusted, folder, state, ask)
}

fn run(sample: &Sample) -> Result<Approved, MeasureRefused> {
    judge(&folder(sample), &state(sample), &ask(sample))
}

/// The name of the reason, or `approved`.
fn verdict(sample: &Sample) -> &'static str {
    run(sample).map_or_else(|refused| refused.name(), |_| "approved")
}

fn plan() -> Plan {
    Plan::measure(&Measure::default())
}

#[test]
fn acceptance_01_an_approval_that_is_wrong_in_any_way_moves_nothing() {
    let (mut approved, mut refused) = (0, std::collections::BTreeMap::new());
    for (name, sample, wanted) in cases::all() {
        assert_eq!(verdict(&sample), wanted, "{name}: {:?}", run(&sample).err());
        if wanted == "approved" {
            approved += 1;
        } else {
            *refused.entry(wanted).or_insert(0) += 1;
        }
    }
    assert!(approved >= 9, "{approved}");
    assert!(refused.len() >= 30, "{} reasons", refused.len());
}

#[test]
fn an_approval_names_what_this_actuator_may_do_and_no_other() {
    let measure = Measure::default();
    let approved = run(&Plan::measure(&measure).build()).unwrap();
    let mine: Vec<_> = approved.effects().map(ToString::to_string).collect();
    assert_eq!(mine, measure.effects[..3]);
    assert!(approved.effects().all(|line| line.deed == Deed::Block));
    assert_eq!(approved.measure().revision, 1);
    assert_eq!(approved.statement().not_after, Seconds(BEGIN + 24 * HOUR));
    assert_eq!(approved.commitment(), approved.statement().commitment());
    assert_eq!(approved.state().checkpoint.unwrap().0, 4);
    let other = Measure {
        actuators: measure.actuators.iter().rev().cloned().collect(),
        ..measure.clone()
    };
    let approved = run(&Plan::measure(&other).build()).unwrap();
    let mine: Vec<_> = approved.effects().map(ToString::to_string).collect();
    assert_eq!(mine, measure.effects[3..]);
}

#[test]
fn what_was_approved_goes_on_without_a_lease_and_nothing_new_begins() {
    let mut sample = plan().build();
    assert!(run(&sample).unwrap().lease().is_some());
    sample.asked.now = BEGIN + 13 * HOUR;
    assert!(run(&sample).unwrap().lease().is_some());
    sample.asked.now += 1;
    assert!(run(&sample).unwrap().lease().is_none());
    sample.folder.lease.clear();
    assert!(run(&sample).unwrap().lease().is_none());
}

#[test]
fn a_revocation_that_was_seen_is_kept_whatever_the_gate_says() {
    let sample = plan().and_revoked().build();
    let (files, before) = (folder(&sample), state(&sample));
    let trusted = trust(&files, &before).unwrap();
    let kept = remember(&trusted, &files, &before, Seconds(sample.asked.now));
    let without = folder(&plan().build());
    let refused = judge(&without, &kept, &ask(&sample)).unwrap_err();
    assert_eq!(refused.name(), "revoked");
}

#[test]
fn a_later_revision_is_another_text_of_the_same_measure() {
    let first = run(&plan().build()).unwrap();
    let later = Measure {
        revision: 2,
        authority: [0x5b; 16],
        effects: vec!["block a-01 JP carrier.example 198.51.100.7".to_owned()],
        ..Measure::default()
    };
    let second = run(&Plan::measure(&later).build()).unwrap();
    assert_eq!(first.measure().family(), second.measure().family());
    assert_ne!(first.measure().hash(), second.measure().hash());
    assert!(second.measure().revision > first.measure().revision);
    let other = Measure {
        id: [0x3f; 16],
        ..Measure::default()
    };
    let other = run(&Plan::measure(&other).build()).unwrap();
    assert_ne!(first.measure().family(), other.measure().family());
}

#[test]
fn an_approval_can_be_made_for_any_time() {
    let begin = 1_900_000_000;
    let sample = plan().at(begin).build();
    assert_eq!(sample.asked.now, begin + 2 * HOUR);
    let approved = run(&sample).unwrap();
    assert_eq!(approved.statement().not_before, Seconds(begin));
    assert_eq!(
        approved.lease().unwrap().not_after,
        Seconds(begin + 13 * HOUR)
    );
    let early = Plan::urgent_measure(&Measure::default()).at(BEGIN - 1000 * HOUR);
    assert_eq!(verdict(&early.build()), "approved");
}

#[test]
fn every_byte_of_the_measure_counts() {
    let good = plan().build();
    for at in 0..good.folder.pack.len() {
        let mut sample = good.clone();
        sample.folder.pack[at] ^= 1;
        assert_ne!(verdict(&sample), "approved", "byte {at}");
    }
}

/// One of the ten files that an approval is judged by.
fn file(f: &mut sakimori_testkit::folder::Folder, part: usize) -> &mut Vec<u8> {
    match part {
        0 => &mut f.statement,
        1 => &mut f.decision_entry,
        2 => &mut f.decision_body,
        3 => &mut f.decision_proof,
        4 => &mut f.lease,
        5 => &mut f.schedule,
        6 => &mut f.trust_root,
        7 => &mut f.pack,
        8 => &mut f.ruling,
        _ => &mut f.suspensions[0],
    }
}

proptest! {
    /// One changed byte in any file is refused.
    #[test]
    fn acceptance_01_no_changed_byte_is_approved(part in 0usize..10, at: prop::sample::Index, bit in 0u8..8) {
        let resumed = plan().and_suspended().edit(Part::Suspension, "act: suspend", "act: resume");
        let mut sample = Plan { ruling_signers: vec!["m1", "m4", "m5"], ..resumed }
            .edit(Part::Ruling, "outcome: revoked", "outcome: approved")
            .build();
        prop_assert_eq!(verdict(&sample), "approved");
        let f = &mut sample.folder;
        let bytes = file(f, part);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(run(&sample).is_err(), "part {part} byte {at}");
    }

    /// Junk in any file is refused, and nothing panics.
    #[test]
    fn junk_in_any_file_is_refused(part in 0usize..10, junk in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut sample = plan().build();
        let f = &mut sample.folder;
        let bytes = file(f, part);
        // An empty file is one that is not there; of these three none has to be.
        prop_assume!(!junk.is_empty() || !matches!(part, 4 | 8 | 9));
        *bytes = junk;
        prop_assert!(run(&sample).is_err(), "part {part}");
    }
}
