//! The register and the admission, as mirror and writer ask them. What the rules say is tested in `oversight`.

use super::*;
use sakimori_testkit::folder::{BEGIN, HOUR, Plan};
use sakimori_testkit::history::{FIRST, Story, Written, hour};
use std::collections::BTreeMap;
use std::io;

fn root() -> TrustRoot {
    TrustRoot::open(&Plan::default().build().folder.trust_root).unwrap()
}

fn register() -> Arc<Mutex<Register>> {
    Arc::new(Mutex::new(Register::new(root())))
}

/// Shows entries to the mirror's approver, at their own time; the first that is refused, with why.
fn approve(register: &Arc<Mutex<Register>>, written: &[Written]) -> Result<(), (String, String)> {
    let mut approver = Approver(Arc::clone(register));
    for w in written {
        let now = w.entry.envelope.time;
        approver
            .approve(w.index, &w.entry.leaf, &w.entry.stored, now)
            .map_err(|why| (w.name.clone(), why))?;
    }
    Ok(())
}

fn first() -> AuthorityId {
    FIRST.parse().unwrap()
}

fn sensor() -> SensorId {
    "s-01".parse().unwrap()
}

#[test]
fn a_decision_is_known_once_it_is_on_record_with_its_signatures() {
    let story = Story::good().up_to("decision");
    let (good, short) = (register(), register());
    assert_eq!(approve(&good, &story.write()), Ok(()));
    let decided = lock(&good).decided(first()).unwrap();
    assert_eq!(decided.index, story.place("decision") as u64);
    assert_eq!(decided.statement.commitment(), decided.commitment);
    let unsigned = story.with("decision", |step| step.signers = vec!["m1", "m4"]);
    assert_eq!(approve(&short, &unsigned.write()), Ok(()));
    assert!(lock(&short).decided(first()).is_none());
}

#[test]
fn a_sensor_is_leased_from_the_lease_to_two_minutes_behind_its_end() {
    let register = register();
    approve(&register, &Story::good().up_to("lease").write()).unwrap();
    let commitment = lock(&register).decided(first()).unwrap().commitment;
    let leased = |at: u64| lock(&register).is_leased(&commitment, &sensor(), Seconds(at));
    let (from, until) = (hour(4), hour(16) + 120);
    assert_eq!(
        [from - 1, from, until, until + 1].map(leased),
        [false, true, true, false]
    );
    let other = "s-02".parse().unwrap();
    assert!(!lock(&register).is_leased(&commitment, &other, Seconds(from)));
    assert!(!lock(&register).is_leased(&[9; 32], &sensor(), Seconds(from)));
}

#[test]
fn nobody_gets_a_lease_under_what_is_suspended() {
    let register = register();
    let written = Story::good().up_to("resumed").write();
    let (last, before) = written.split_last().unwrap();
    approve(&register, before).unwrap();
    let lets = || lock(&register).lets(first(), &sensor(), Seconds(hour(10)));
    assert_eq!(lets(), Err(Code::AuthoritySuspended.into()));
    approve(&register, std::slice::from_ref(last)).unwrap();
    assert_eq!(lets(), Ok(()));
    let unknown = AuthorityId([1; 16]);
    let refused = lock(&register).lets(unknown, &sensor(), Seconds(hour(10)));
    assert_eq!(refused, Err(Code::AuthorityNone.into()));
}

#[test]
fn a_query_is_remembered_from_its_reason_until_its_answer() {
    let register = register();
    let story = Story::good().up_to("answered");
    let written = story.write();
    let (last, before) = written.split_last().unwrap();
    let index = story.place("query") as u64;
    approve(&register, before).unwrap();
    let opened = lock(&register).query(index).unwrap();
    assert_eq!(opened.time, Seconds(hour(6)));
    assert!(opened.buckets.contains(&format!("{FIRST}/s-01/2027-04-01")));
    approve(&register, std::slice::from_ref(last)).unwrap();
    assert!(lock(&register).query(index).is_none());
}

#[test]
fn what_breaks_a_rule_is_refused_with_its_code_by_mirror_and_writer_alike() {
    let story = Story::good().up_to("receipt 1").with("receipt 1", |step| {
        step.count(3, 18)
            .edit("\"held_before\":19", "\"held_before\":18");
    });
    let written = story.write();
    let (name, why) = approve(&register(), &written).unwrap_err();
    assert_eq!(name, "receipt 1");
    assert!(why.contains("[window-held]"), "{why}");
    let mut admission = Admission::new(root(), Box::new(|| Seconds(BEGIN + 100 * HOUR)));
    let mut verdicts = written
        .iter()
        .map(|w| admission.admit(w.index, &w.entry.leaf, &w.entry.stored));
    let refused = verdicts.find_map(Result::err).unwrap();
    assert!(refused.contains("[window-held]"), "{refused}");
    assert_eq!(
        lock(&admission.book()).size(),
        story.place("receipt 1") as u64
    );
}

#[test]
fn what_is_shown_again_after_a_refusal_is_not_taken_in_twice() {
    let register = register();
    let good = Story::good().up_to("receipt 2");
    let bad = good.clone().with("receipt 2", |step| {
        step.count(4, 51).edit("\"read\":50", "\"read\":51");
    });
    for _ in 0..3 {
        let (name, why) = approve(&register, &bad.write()).unwrap_err();
        assert_eq!(name, "receipt 2");
        assert!(why.contains("[not-conserved]"), "{why}");
    }
    assert_eq!(approve(&register, &good.write()), Ok(()));
}

#[test]
fn an_entry_from_the_future_waits_for_its_time() {
    let register = register();
    let written = Story::good().up_to("root").write();
    let w = written.first().unwrap();
    let mut approver = Approver(Arc::clone(&register));
    let mut at = |now: u64| approver.approve(0, &w.entry.leaf, &w.entry.stored, Seconds(now));
    assert!(at(BEGIN - 121).is_err());
    assert_eq!(at(BEGIN - 120), Ok(()));
}

/// Bodies by name, as a log's folder has them.
struct Bodies(BTreeMap<String, Vec<u8>>);

impl Source for Bodies {
    fn read(&self, name: &str, _bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.get(name).cloned())
    }

    fn read_from(&self, name: &str, offset: u64, _bytes_max: usize) -> io::Result<Vec<u8>> {
        let whole = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(whole.get(offset as usize..).unwrap_or_default().to_vec())
    }
}

#[test]
fn an_opened_copy_gives_the_same_book_as_one_that_was_approved() {
    let written = Story::good().write();
    let approved = register();
    approve(&approved, &written).unwrap();
    let opened = register();
    let mut approver = Approver(Arc::clone(&opened));
    let mut bodies = Bodies(BTreeMap::new());
    for w in &written {
        approver.restore(w.index, &w.entry.leaf);
        let name = sakimori_ledger::reader::body_name(&w.entry.envelope.body);
        bodies.0.insert(name, w.entry.stored.clone());
    }
    let reader = LogReader::new(bodies, written.len() as u64);
    lock(&opened).read_bodies(&reader).unwrap();
    assert!(lock(&opened).book() == lock(&approved).book());
    let mut admission = Admission::new(root(), Box::new(|| Seconds(BEGIN)));
    for w in &written {
        admission.restore(w.index, &w.entry.leaf, Some(&w.entry.stored));
    }
    assert!(*lock(&admission.book()) == *lock(&approved).book());
}

#[test]
fn an_entry_whose_body_is_lost_keeps_its_place_and_nothing_rests_on_it() {
    let written = Story::good().up_to("receipt 0").write();
    let mut admission = Admission::new(root(), Box::new(|| Seconds(BEGIN + 100 * HOUR)));
    for w in &written {
        let body = (w.name != "decision").then_some(w.entry.stored.as_slice());
        admission.restore(w.index, &w.entry.leaf, body);
    }
    let book = admission.book();
    assert_eq!(lock(&book).size(), written.len() as u64);
    assert!(lock(&book).authority(first()).is_none());
}

#[test]
fn the_writer_takes_nothing_on_which_nothing_could_rest() {
    use sakimori_custody::entry::{Act, Chain, Salt};
    use sakimori_custody::ids::StreamId;
    let written = Story::good().up_to("receipt 0").write();
    let (last, before) = written.split_last().unwrap();
    let mut admission = Admission::new(root(), Box::new(|| Seconds(BEGIN + 100 * HOUR)));
    for w in before {
        admission
            .admit(w.index, &w.entry.leaf, &w.entry.stored)
            .unwrap();
    }
    for (kind, counters) in [
        (EntryType::Decision, vec![]),
        (EntryType::Ruling, vec![]),
        (EntryType::Suspension, vec![1]),
        (EntryType::Schedule, vec![2]),
        (EntryType::TrustRoot, vec![2]),
        (EntryType::Activation, vec![1]),
    ] {
        let act = Act {
            kind,
            time: last.entry.envelope.time,
            authority: [7; 32],
            counters,
            body: b"whatever a stranger writes".to_vec(),
        };
        let junk = Chain::new(StreamId([9; 8])).entry(act, Salt([1; 32]), None);
        let said = admission.admit(last.index, &junk.leaf, &junk.stored);
        assert!(said.is_err(), "{kind}");
    }
    assert!(lock(&admission.book()).void().is_empty());
    assert_eq!(lock(&admission.book()).size(), last.index);
    let said = admission.admit(last.index, &last.entry.leaf, &last.entry.stored);
    assert_eq!(said, Ok(()));
}

#[test]
fn a_copy_that_lacks_a_body_that_lies_open_is_not_opened_and_says_which() {
    let story = Story::good();
    let written = story.write();
    let at = story.place("resumed") - 1;
    let opened = |lost: Option<usize>| {
        let register = register();
        let mut approver = Approver(Arc::clone(&register));
        let mut bodies = Bodies(BTreeMap::new());
        for (place, w) in written.iter().enumerate() {
            approver.restore(w.index, &w.entry.leaf);
            let name = sakimori_ledger::reader::body_name(&w.entry.envelope.body);
            if lost != Some(place) {
                bodies.0.insert(name, w.entry.stored.clone());
            }
        }
        let reader = LogReader::new(bodies, written.len() as u64);
        lock(&register).read_bodies(&reader)
    };
    let error = opened(Some(at)).unwrap_err();
    let said = told(&error);
    assert!(said.contains(&format!("entry {at} of")), "{said}");
    // A body that may be sealed may be gone: nobody else can read it either.
    let sealed = written
        .iter()
        .position(|w| w.entry.envelope.may_be_sealed());
    opened(sealed).unwrap();
}
