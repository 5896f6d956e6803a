//! Notes that decided nothing: trust roots, statements, leases.

use super::{check, of_notes, report};
use crate::maker::{
    COSIGNED, EXPIRED, NOTES, Planned, codes, good, make, options, place, publish, story, verify,
    write,
};
use sakimori_custody::entry::EntryType;
use sakimori_testkit::folder::{Part, Plan, Way, signer, ways};
use sakimori_tlog::note::Note;
use sakimori_verify::{Options, render};
use std::collections::BTreeSet;

/// The default plan with a note that these have signed.
fn by(part: Part, signers: &[&'static str]) -> Plan {
    let mut plan = Plan::default();
    match part {
        Part::TrustRoot => plan.root_signers = signers.to_vec(),
        Part::Statement => plan.statement_signers = signers.to_vec(),
        _ => plan.lease_signers = signers.to_vec(),
    }
    plan
}

#[test]
fn a_decision_that_is_none_is_named_and_so_is_a_lease() {
    let cases: &[(&str, Plan, &str, usize)] = &[
        (
            "no majority",
            Plan::default().edit(
                Part::Statement,
                "for: m1 m5\nagainst: m4",
                "for: m1\nagainst: m4 m5",
            ),
            "decision-sitting",
            place::DECISION,
        ),
        (
            "no chair",
            Plan::default().edit(Part::Statement, "presiding: m1", "presiding: m4"),
            "decision-sitting",
            place::DECISION,
        ),
        (
            "a stranger signed",
            by(Part::Statement, &["!m1", "!m4", "!m5"]),
            "decision-signature",
            place::DECISION,
        ),
        (
            "one did not sign",
            by(Part::Statement, &["m1", "m4"]),
            "decision-signature",
            place::DECISION,
        ),
        (
            "one signed who was not there",
            by(Part::Statement, &["m1", "m4", "m5", "m3"]),
            "decision-signature",
            place::DECISION,
        ),
        (
            "another request",
            Plan::default().edit(Part::Statement, "request: ", "request: 00"),
            "decision-malformed",
            place::DECISION,
        ),
        (
            "another trust root",
            Plan::default().edit(Part::Statement, "root: 1", "root: 2"),
            "decision-root",
            place::DECISION,
        ),
        (
            "a word out of place",
            Plan::default().edit(Part::Statement, "conditions: none", "conditions:  none"),
            "decision-malformed",
            place::DECISION,
        ),
        (
            "a lease that came too early",
            Plan::default().edit(Part::Lease, "tree-size: 3", "tree-size: 2"),
            "lease-early",
            place::ACTIVATION,
        ),
        (
            "a lease from the future of the log",
            Plan::default().edit(Part::Lease, "tree-size: 3", "tree-size: 4"),
            "lease-ahead",
            place::ACTIVATION,
        ),
        (
            "a lease by the chair",
            by(Part::Lease, &["m1"]),
            "lease-unsigned",
            place::ACTIVATION,
        ),
        (
            "a lease of two days",
            Plan::default().edit(
                Part::Lease,
                "issued: 2027-04-01T01",
                "issued: 2027-03-30T01",
            ),
            "lease-time",
            place::ACTIVATION,
        ),
        (
            "a lease that is issued later",
            Plan::default().edit(
                Part::Lease,
                "issued: 2027-04-01T01:0",
                "issued: 2027-04-01T01:1",
            ),
            "lease-time",
            place::ACTIVATION,
        ),
        (
            "a lease for another sensor",
            Plan::default().edit(Part::Lease, "sensor: s-01", "sensor: s-03"),
            "lease-statement",
            place::ACTIVATION,
        ),
        (
            "a root that one did not sign",
            by(Part::TrustRoot, &["m1", "m2", "m3", "m4"]),
            "trust-root-unsigned",
            place::TRUST_ROOT,
        ),
        (
            "a root without a chair",
            Plan::default().edit(Part::TrustRoot, "m1 chair", "m1 member"),
            "trust-root-malformed",
            place::TRUST_ROOT,
        ),
        (
            "a root that comes second",
            Plan::second_root(),
            "trust-root-chain",
            place::TRUST_ROOT,
        ),
    ];
    for (what, plan, code, at) in cases {
        let report = of_notes(&plan.build());
        let named = report
            .problems
            .iter()
            .any(|p| p.code.name() == *code && p.place.index == Some(*at as u64));
        assert!(named, "{what}: {}", render::text(&report));
    }
    assert!(of_notes(&Plan::agreement().build()).ok());
}

#[test]
fn what_the_gate_refuses_in_a_note_the_verifier_refuses_in_the_log() {
    let default = Plan::default().build().folder;
    let differs = |way: &&Way| {
        let folder = &way.sample.folder;
        let changed = folder.trust_root != default.trust_root
            || folder.statement != default.statement
            || folder.lease != default.lease;
        let read = [&folder.trust_root, &folder.statement, &folder.lease]
            .iter()
            .all(|note| Note::parse(note).is_ok());
        changed && read
    };
    let all = ways();
    let mut passed = BTreeSet::new();
    let mut count = 0;
    for way in all.iter().filter(differs) {
        count += 1;
        let mut changed = story(&way.sample);
        // The lease's own text says when it ends; a lease that is another statement's names that.
        let text = String::from_utf8_lossy(&way.sample.folder.lease).into_owned();
        let end = text
            .lines()
            .find_map(|line| sakimori_verify::read_time(line.strip_prefix("not-after: ")?));
        changed[place::ACTIVATION].counters = vec![end.unwrap_or(0)];
        let report = report(
            &make(&changed),
            &Options {
                now: Some(COSIGNED),
                ..options()
            },
        );
        if report.ok() {
            passed.insert((way.good, way.name));
        }
    }
    assert_eq!(count, 92);
    // What the log cannot show: the pack itself, what a start asked for, what a sensor remembered, seconds within a minute and what is late.
    let wanted = [
        (false, "coverage-count-wrong"),
        (false, "coverage-understated"),
        (false, "expired"),
        (false, "lease-expired"),
        (false, "not-yet"),
        (false, "other-direction"),
        (false, "quorum-met-without-the-mirror"),
        (false, "statement-other-than-decided"),
        (false, "trust-root-not-yet"),
        (false, "trust-root-other-than-remembered"),
        (true, "a tie that the presiding chair decides"),
        (true, "an agreement"),
        (true, "one recused and three left"),
        (true, "the deputy presides"),
    ];
    assert_eq!(passed, BTreeSet::from(wanted));
}

#[test]
fn a_trust_root_of_the_readers_that_the_log_has_not_is_named() {
    let dir = crate::maker::folder();
    let file = dir.path().join("mine.note");
    let other = Plan::default()
        .edit(
            Part::TrustRoot,
            "floor: acquisition 2",
            "floor: acquisition 1",
        )
        .build();
    write(&file, &other.folder.trust_root);
    let log = dir.path().join("log-of-another");
    publish(&log, &good(), &[], &["log", "mirror"]);
    let options = Options {
        trust_root: Some(file),
        ..options()
    };
    assert_eq!(codes(&verify(&log, &options)), ["trust-root-other"]);
}

#[test]
fn a_second_trust_root_takes_over_and_only_by_its_majority() {
    let first = Plan::default().build();
    let second = |signers: &[&'static str]| {
        let mut plan = Plan::second_root();
        plan.root_signers = signers.to_vec();
        let root = Planned::new(
            NOTES,
            None,
            EntryType::TrustRoot,
            &plan.build().folder.trust_root,
        );
        let mut story = story(&first);
        story.push(root.at(EXPIRED + 180).counting(&[2]));
        story
    };
    check("a majority", &second(&["m1", "m3", "m4"]), &[], None);
    check(
        "no majority",
        &second(&["m1", "m3"]),
        &["trust-root-unsigned"],
        Some(15),
    );
    check(
        "no chair or deputy",
        &second(&["m3", "m4", "m5"]),
        &["trust-root-unsigned"],
        Some(15),
    );
    let mut again = story(&first);
    again.push(again[place::TRUST_ROOT].clone().at(EXPIRED + 180));
    check(
        "the first once more",
        &again,
        &["trust-root-chain"],
        Some(15),
    );
    let shared = Plan::default().edit(
        Part::TrustRoot,
        &signer("office").verifier().to_string(),
        &signer("office=m4").verifier().to_string(),
    );
    let report = of_notes(&shared.build());
    assert!(
        codes(&report).contains(&"trust-root-malformed"),
        "{}",
        render::text(&report)
    );
}

#[test]
fn a_log_that_another_mirror_cosigned_than_the_readers_root_names_is_not_theirs() {
    let dir = crate::maker::folder();
    let file = dir.path().join("mine.note");
    let mirror = signer("mirror").verifier().to_string();
    let other = signer("!mirror").verifier().to_string();
    let mine = Plan::default().edit(Part::TrustRoot, &mirror, &other);
    write(&file, mine.build().folder.trust_root);
    let log = dir.path().join("log-of-another");
    publish(&log, &good(), &[], &["log", "mirror"]);
    let options = Options {
        trust_root: Some(file),
        ..options()
    };
    let codes = codes(&verify(&log, &options));
    assert_eq!(codes, ["checkpoint-mirror", "trust-root-other"]);
}
