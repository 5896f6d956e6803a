//! The end of records, and of authorities, as the clock goes on. In: a node with a clock that is moved. Out: what is gone, and what the log says of it. Never: a bucket that outlives its time.

use crate::clock::{Clock, Nobody, World, ledger, loopback, world};
use crate::node::sensor;
use sakimori_control::query::{Answered, Asked, Question, answer};
use sakimori_control::sensor::Watch;
use sakimori_control::{ControlError, commission, deletion, office};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::DAY_SECONDS;
use sakimori_custody::window::EndStatus;
use sakimori_lake::{Ask, BucketState, ShareVault, Span, What};
use sakimori_sensor::supervisor::{Progress, Totals};
use sakimori_testkit::files_below;
use serde_json::Value;
use std::fs;

/// Everything about one authority's records.
fn look<L>(world: &World<L>, authority: AuthorityId) -> Result<Answered, ControlError> {
    let question = Question {
        actor: "a.tanaka".parse().unwrap(),
        purpose: "a test".parse().unwrap(),
        case: "case-1".parse().unwrap(),
        authority,
        day: None,
        asked: Asked::Rows {
            ask: Ask {
                what: What::All,
                span: Span::ALL,
                limit: 1000,
            },
            text: "all".to_owned(),
        },
    };
    answer(&world.node, &world.host, &question)
}

/// Entries of a kind, with their bodies where those are documents.
fn entries<L>(world: &World<L>, kind: EntryType) -> Vec<Value> {
    let socket = world.node.ledger().socket;
    let mut log = sakimori_control::journal::Log::connect(&socket).unwrap();
    let mut found = Vec::new();
    log.each_durable_entry(|_, envelope, _| {
        if envelope.kind == kind {
            found.push(envelope.clone());
        }
        true
    })
    .unwrap();
    let mut body = |envelope| serde_json::from_slice(&log.open_body(&envelope).unwrap());
    found
        .into_iter()
        .map(|e| body(e).unwrap_or_default())
        .collect()
}

/// Judges the node at the time of its own clock.
fn verifies<L>(world: &World<L>) {
    entries(world, EntryType::TrustRoot);
    let options = sakimori_verify::Options {
        trust_root: Some(world.node.trust_root()),
        now: Some(world.now().0),
        ..sakimori_verify::Options::default()
    };
    let report = sakimori_verify::verify(world.node.folder(), &options, &mut |_, _| {}).unwrap();
    assert!(report.ok(), "{}", sakimori_verify::render::text(&report));
}

/// Why it was refused.
fn told<T>(result: Result<T, ControlError>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}

/// Shares of both holders.
fn shares<L>(world: &World<L>) -> [usize; 2] {
    let commission = ShareVault::at(world.node.commission().join("shares"));
    [world.node.office_shares(), commission].map(|vault| vault.list().unwrap().len())
}

/// Files of the lake that hold records.
fn objects<L>(world: &World<L>) -> usize {
    let files = files_below(&world.node.folder().join("lake"));
    let named = |end: &str| {
        files
            .iter()
            .filter(|f| f.to_string_lossy().contains(end))
            .count()
    };
    named(".parquet") + named("spool")
}

#[test]
fn a_bucket_ends_with_its_time_with_both_shares_and_all_files_and_the_log_says_so() {
    let world = world();
    let statement = world.decided(30, 1);
    world.run(&statement).unwrap();
    assert_eq!(look(&world, statement.id).unwrap().rows.len(), 30);
    assert_eq!(shares(&world), [1, 1]);
    // Kept for a day: not today.
    assert!(
        deletion::expire(&world.node, &world.host)
            .unwrap()
            .gone
            .is_empty()
    );
    world.clock.pass(DAY_SECONDS);
    let gone = deletion::expire(&world.node, &world.host).unwrap().gone;
    assert_eq!(gone.len(), 1);
    assert_eq!(
        (gone[0].deletion.records, shares(&world), objects(&world)),
        (30, [0, 0], 0)
    );
    let told = entries(&world, EntryType::Deletion);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["bucket"], gone[0].deletion.bucket.to_string());
    assert_eq!(
        (&told[0]["records"], &told[0]["reason"]),
        (&30.into(), &"expired".into())
    );
    assert_eq!(entries(&world, EntryType::Attestation).len(), 1);
    // Nothing is left to look at, and that was asked is on record.
    let after = look(&world, statement.id).unwrap();
    assert_eq!((after.rows.len(), after.buckets, after.gone), (0, 0, 1));
    assert!(
        deletion::expire(&world.node, &world.host)
            .unwrap()
            .gone
            .is_empty()
    );
    let buckets = world.node.lake().buckets().unwrap();
    assert_eq!(buckets[0].state, BucketState::Deleted);
    verifies(&world);
}

#[test]
fn an_expired_bucket_is_not_opened_before_it_is_destroyed() {
    let world = world();
    let statement = world.decided(30, 1);
    world.run(&statement).unwrap();
    world.clock.pass(DAY_SECONDS);
    let after = look(&world, statement.id).unwrap();
    assert_eq!((after.rows.len(), after.buckets, after.gone), (0, 0, 1));
    assert_eq!(shares(&world), [1, 1]);
}

#[test]
fn an_end_that_was_begun_without_the_commission_is_brought_to_its_end_later() {
    let mut world = world();
    let statement = world.decided(30, 1);
    world.run(&statement).unwrap();
    world.clock.pass(DAY_SECONDS);
    let address = world.commission.take().unwrap().address;
    let mut ended = deletion::expire(&world.node, &world.host).unwrap();
    let (_, error) = ended.failed.pop().unwrap();
    assert!(ended.gone.is_empty());
    assert_eq!(error.exit_code(), 75, "{error}");
    // The office's half is gone, and so are the files; the commission's half is not.
    assert_eq!((shares(&world), objects(&world)), ([0, 1], 0));
    world.commission_again(address);
    let gone = deletion::expire(&world.node, &world.host).unwrap().gone;
    assert_eq!((gone.len(), gone[0].deletion.records), (1, 30));
    assert_eq!(shares(&world), [0, 0]);
    assert_eq!(entries(&world, EntryType::Deletion).len(), 1);
    assert!(
        deletion::expire(&world.node, &world.host)
            .unwrap()
            .gone
            .is_empty()
    );
    verifies(&world);
}

#[test]
fn buckets_of_other_days_stay() {
    let world = world();
    let statement = world.decided(30, 2);
    let mut gone = Vec::new();
    for _ in 0..3 {
        world.run(&statement).unwrap();
        world.clock.pass(DAY_SECONDS);
        office::renew(&world.node, &world.host, statement.id, &sensor()).unwrap();
        let ended = deletion::expire(&world.node, &world.host).unwrap();
        gone.push(ended.gone.len());
    }
    // Of the first and the second day the two days are over.
    assert_eq!(gone, [0, 1, 1]);
    assert_eq!(shares(&world), [1, 1]);
    assert_eq!(look(&world, statement.id).unwrap().rows.len(), 30);
    verifies(&world);
}

#[test]
fn a_sensor_runs_until_the_last_second_of_its_lease_and_again_when_it_is_renewed() {
    let world = world();
    let statement = world.decided(1, 90);
    world.clock.pass(office::LEASE_SECONDS);
    world.run(&statement).unwrap();
    world.clock.pass(1);
    assert!(told(world.run(&statement)).contains("lease-expired"));
    office::renew(&world.node, &world.host, statement.id, &sensor()).unwrap();
    world.run(&statement).unwrap();
    world.clock.pass(DAY_SECONDS);
    assert!(told(world.run(&statement)).contains("expired"));
    let late = office::renew(&world.node, &world.host, statement.id, &sensor());
    assert!(told(late).contains("the commission refuses"));
    verifies(&world);
}

/// Takes the log away when the input has ended.
struct Cut<L>(Option<L>);

impl<L> Progress for Cut<L> {
    fn progress(&mut self, _: &Totals) {}
}

impl<L> Watch for Cut<L> {
    fn begins(&mut self, _: &str, _: Option<u64>) {}
    fn ends(&mut self) {
        self.0 = None;
    }
}

#[test]
fn findings_that_could_not_be_put_on_record_are_told_as_a_gap_at_the_next_start() {
    let mut world = world();
    let statement = world.decided(30, 90);
    let mut cut = Cut(world.ledger.take());
    // A call a minute for an hour and a half.
    let broken = world.watched(&statement, (90, 1), &mut cut);
    assert_eq!(broken.map(|_| ()).unwrap_err().exit_code(), 75);
    let _ledger = ledger(&world.node, world.commission.as_ref().unwrap(), &world.host);
    let whole = world.watched(&statement, (90, 1), &mut Nobody).unwrap();
    assert_eq!((whole.recovered.gaps, whole.findings.len()), (1, 1));
    let gaps = entries(&world, EntryType::Gap);
    let reason = gaps[0]["reason"].as_str().unwrap();
    assert!(
        reason.ends_with("its findings may not be on record"),
        "{reason}"
    );
    verifies(&world);
}

/// Takes the log away in the middle of a run.
struct CutWithin<L>(Option<L>);

impl<L> Progress for CutWithin<L> {
    fn progress(&mut self, _: &Totals) {
        self.0 = None;
    }
}

impl<L> Watch for CutWithin<L> {
    fn begins(&mut self, _: &str, _: Option<u64>) {}
    fn ends(&mut self) {}
}

#[test]
fn windows_that_a_fall_left_under_another_authority_get_the_logs_word_too() {
    let mut world = world();
    let (first, second) = (world.decided(30, 90), world.decided(30, 90));
    let mut cut = CutWithin(world.ledger.take());
    let broken = world.watched(&first, (100, 3), &mut cut);
    assert_eq!(broken.map(|_| ()).unwrap_err().exit_code(), 75);
    let _ledger = ledger(&world.node, world.commission.as_ref().unwrap(), &world.host);
    let report = world.run(&second).unwrap();
    // The first windows were staged, and the log took no receipt of them.
    assert!(report.recovered.dropped > 0, "{:?}", report.recovered);
    assert_eq!(report.recovered.gaps, 1);
    assert_eq!(look(&world, first.id).unwrap().rows.len(), 0);
    assert_eq!(look(&world, second.id).unwrap().rows.len(), 30);
    verifies(&world);
}

#[test]
fn what_a_fall_left_of_a_finding_is_swept_away_and_whole_ones_stay() {
    let world = world();
    let statement = world.decided(30, 90);
    for _ in 0..2 {
        world.watched(&statement, (90, 1), &mut Nobody).unwrap();
    }
    let files = files_below(&world.node.findings());
    assert_eq!(files.len(), 8);
    let (torn, whole) = files.split_at(4);
    fs::remove_file(&torn[0]).unwrap();
    fs::write(torn[1].with_extension("json.new"), "{").unwrap();
    world.run(&statement).unwrap();
    assert_eq!(files_below(&world.node.findings()), whole);
    verifies(&world);
}

#[test]
fn findings_end_with_the_records_they_were_made_of_and_others_stay() {
    let world = world();
    let statement = world.decided(30, 1);
    world.watched(&statement, (90, 1), &mut Nobody).unwrap();
    world.clock.pass(DAY_SECONDS / 2);
    let later = world.decided(30, 90);
    world.watched(&later, (90, 1), &mut Nobody).unwrap();
    assert_eq!(files_below(&world.node.findings()).len(), 8);
    world.clock.pass(DAY_SECONDS);
    assert_eq!(
        deletion::expire(&world.node, &world.host)
            .unwrap()
            .gone
            .len(),
        1
    );
    let left = files_below(&world.node.findings());
    assert_eq!(left.len(), 4);
    let finding = left.iter().find(|path| path.extension().unwrap() == "json");
    let finding: Value = serde_json::from_slice(&fs::read(finding.unwrap()).unwrap()).unwrap();
    let bucket = finding["bucket"].as_str().unwrap();
    assert!(bucket.starts_with(&later.id.to_string()), "{bucket}");
    verifies(&world);
}

/// Lets time pass when the input begins, and when its first window is told.
struct Later {
    clock: Clock,
    at_the_begin: u64,
    after_a_window: u64,
}

impl Progress for Later {
    fn progress(&mut self, _: &Totals) {
        self.clock.pass(std::mem::take(&mut self.after_a_window));
    }
}

impl Watch for Later {
    fn begins(&mut self, _: &str, _: Option<u64>) {
        self.clock.pass(self.at_the_begin);
    }

    fn ends(&mut self) {}
}

#[test]
fn a_run_is_ended_in_the_second_after_its_lease() {
    let world = world();
    let statement = world.decided(30, 90);
    let mut later = Later {
        clock: world.clock.clone(),
        at_the_begin: office::LEASE_SECONDS + 1,
        after_a_window: 0,
    };
    let report = world.watched(&statement, (600, 20), &mut later).unwrap();
    assert_eq!(report.inputs[0].outcome.status, EndStatus::Stopped);
    assert!(report.totals.read < 600 * 20 * 6, "it was read to its end");
    let stops = entries(&world, EntryType::Stop);
    assert_eq!(stops[0]["reason"], "expired");
    verifies(&world);
}

#[test]
fn a_run_over_midnight_fills_the_bucket_of_each_day() {
    let world = world();
    let statement = world.decided(30, 90);
    let midnight = world.now().day().start().plus(DAY_SECONDS);
    world.clock.pass(midnight.0 - world.now().0 - 1);
    office::renew(&world.node, &world.host, statement.id, &sensor()).unwrap();
    let mut later = Later {
        clock: world.clock.clone(),
        at_the_begin: 0,
        after_a_window: 1,
    };
    world.watched(&statement, (10, 3), &mut later).unwrap();
    assert_eq!(shares(&world), [2, 2]);
    let found = look(&world, statement.id).unwrap();
    assert_eq!((found.rows.len(), found.buckets), (30, 2));
    verifies(&world);
}

#[test]
fn a_commission_that_listens_elsewhere_than_on_loopback_does_not_start() {
    let world = world();
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let folder = world.node.commission();
    assert!(commission::start(&folder, everywhere, &world.host).is_err());
    let second = commission::start(&folder, loopback(), &world.host);
    assert_eq!(second.map(|_| ()).unwrap_err().exit_code(), 2);
}
