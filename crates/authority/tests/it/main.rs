//! The gate against a folder and the many ways in which it can be wrong, made from the page of the formats alone.

#![expect(
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "the samples are made here; one that is none is a broken test"
)]

mod marks;
mod measure;
mod notes;
mod roots;
mod rules;
mod stops;

use proptest::prelude::*;
use sakimori_authority::gate::{Admitted, Ask, Folder, SensorState, Standing, admit, trust};
use sakimori_authority::suspension::{By, SuspensionAct};
use sakimori_authority::{Refusal, Statement};
use sakimori_custody::coverage::Coverage;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::record::Direction;
use sakimori_custody::time::Seconds;
use sakimori_testkit::folder::{BEGIN, HOUR, Part, Plan, Sample, ways};
use std::collections::BTreeMap;

fn folder(sample: &Sample) -> Folder {
    let f = &sample.folder;
    let present = |bytes: &[u8]| (!bytes.is_empty()).then(|| bytes.to_vec());
    Folder {
        trust_root: present(&f.trust_root),
        statement: present(&f.statement),
        decision: present(&f.decision_entry),
        decision_body: present(&f.decision_body),
        proof: present(&f.decision_proof),
        lease: present(&f.lease),
        pack: present(&f.pack),
        schedule: present(&f.schedule),
        software: present(&f.software),
        ruling: present(&f.ruling),
        suspensions: f.suspensions.each_ref().map(|file| present(file)),
    }
}

fn ask(sample: &Sample) -> Ask {
    let (asked, c) = (&sample.asked, &sample.asked.coverage);
    let coverage = Coverage {
        count: c.count,
        v4: c.v4,
        v6_48: c.v6_48,
        domains: c.domains,
        ja4: c.ja4,
        behaviours: c.behaviours,
    };
    Ask {
        sensor: asked.sensor.parse().unwrap(),
        directions: asked
            .directions
            .iter()
            .map(|d| Direction::from_name(d).unwrap())
            .collect(),
        home_country: asked.home_country.to_owned(),
        software: asked.software,
        pack: Ok((asked.pack_sha256, coverage)),
        now: Seconds(asked.now),
    }
}

/// What the sensor remembers.
fn state(sample: &Sample) -> SensorState {
    let kept = &sample.remembered;
    let authority = AuthorityId([0x5a; 16]);
    let standing = |&(at, serial, suspends): &(usize, u64, bool)| Standing {
        authority,
        by: By::ALL[at],
        serial,
        act: if suspends {
            SuspensionAct::Suspend
        } else {
            SuspensionAct::Resume
        },
    };
    SensorState {
        trust_root: Some(kept.trust_root.clone()),
        checkpoint: Some((kept.checkpoint_size, kept.checkpoint_root)),
        time: Seconds(kept.time),
        schedule: (!kept.schedule.is_empty()).then(|| kept.schedule.clone()),
        standings: kept.suspensions.iter().map(standing).collect(),
        revoked: if kept.revoked {
            vec![authority]
        } else {
            Vec::new()
        },
        software: kept.software,
    }
}

fn run(sample: &Sample) -> Result<Admitted, Refusal> {
    let (folder, state) = (folder(sample), state(sample));
    let trusted = trust(&folder, &state)?;
    admit(&trusted, &folder, &state, &ask(sample))
}

/// What is wrong, the sample, and what the gate says.
type Way = (&'static str, Sample, Result<(), Refusal>);

fn edit(part: Part, from: &str, to: &str) -> Sample {
    Plan::default().edit(part, from, to).build()
}

/// The default sample, changed after it was made.
fn changed(plan: &Plan, change: impl FnOnce(&mut Sample)) -> Sample {
    let mut sample = plan.build();
    change(&mut sample);
    sample
}

fn check(ways: Vec<Way>) {
    for (name, sample, wanted) in ways {
        assert_eq!(run(&sample).map(|_| ()), wanted, "{name}");
    }
}

#[test]
fn every_way_to_be_unauthorised_is_refused_with_a_reason_and_the_good_ones_are_not() {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut refused, mut admitted) = (0, Vec::new());
    for way in ways() {
        // This sample changes the number of a remembered version alone; our memory is the remembered note itself, which the next sample changes.
        if way.name == "trust-root-older-than-remembered" {
            continue;
        }
        let verdict = run(&way.sample);
        // What is wrong with the pack alone is for the reader of packs; the program's own tests hold it too.
        if way.name.starts_with("pack") && !way.good {
            continue;
        }
        if way.good {
            assert!(verdict.is_ok(), "{}: {:?}", way.name, verdict.err());
            continue;
        }
        let Err(refusal) = verdict else {
            admitted.push(way.name);
            continue;
        };
        *reasons.entry(refusal.name()).or_default() += 1;
        refused += 1;
    }
    assert_eq!(admitted, Vec::<&str>::new(), "admitted without authority");
    assert!(refused >= 100, "{refused}");
    assert!(
        reasons.len() >= 30,
        "{} reasons: {reasons:?}",
        reasons.len()
    );
}

#[test]
fn an_admission_names_its_bounds() {
    let sample = Plan::default().build();
    let admitted = run(&sample).unwrap();
    assert_eq!(admitted.decision_index(), 2);
    assert!(admitted.end() <= admitted.lease().not_after);
    assert_eq!(admitted.state().checkpoint.unwrap().0, 4);
    assert_eq!(admitted.statement().approvers(), ["m1", "m5"]);
}

#[test]
fn the_authority_ends_at_its_last_second_and_not_one_later() {
    let sample = Plan::default().build();
    let end = run(&sample).unwrap().end().0;
    let at = |now| {
        let mut later = sample.clone();
        later.asked.now = now;
        run(&later).map(|_| ())
    };
    assert_eq!(at(end), Ok(()));
    assert_eq!(at(end + 1), Err(Refusal::LeaseExpired));
}

#[test]
fn an_authority_holds_from_its_first_second_to_its_last_and_to_no_other() {
    let begins = Plan::default().edit(
        Part::Statement,
        "not-before: 2027-04-01T00:00:00Z",
        "not-before: 2027-04-01T02:00:00Z",
    );
    let plan = begins.edit(
        Part::Statement,
        "not-after: 2027-06-30T23:59:59Z",
        "not-after: 2027-04-01T03:00:00Z",
    );
    let begin = BEGIN + 2 * HOUR;
    for (now, verdict) in [
        (begin - 1, Err(Refusal::NotYet)),
        (begin, Ok(())),
        (begin + HOUR, Ok(())),
        (begin + HOUR + 1, Err(Refusal::Expired)),
    ] {
        let mut plan = plan.clone();
        plan.now = now;
        assert_eq!(run(&plan.build()).map(|_| ()), verdict, "{now}");
        // A sensor that has seen a later time does not go back to when it held.
        let mut later = plan.build();
        later.remembered.time = begin + HOUR + 1;
        let refused = if now > begin + HOUR {
            Refusal::Expired
        } else {
            Refusal::ClockBehind
        };
        assert_eq!(run(&later).map(|_| ()), Err(refused), "{now}");
    }
}

#[test]
fn a_lease_from_the_future_tells_that_the_clock_is_behind() {
    for (issued, verdict) in [
        ("2027-04-01T02:00:59Z", Ok(())),
        ("2027-04-01T02:01:00Z", Err(Refusal::ClockBehind)),
    ] {
        let line = format!("issued: {issued}");
        let plan = Plan::default().edit(Part::Lease, "issued: 2027-04-01T01:00:00Z", &line);
        assert_eq!(run(&plan.build()).map(|_| ()), verdict, "{issued}");
    }
}

#[test]
fn a_statement_reads_back_as_its_text() {
    let sample = Plan::default().build();
    let note = sakimori_tlog::note::Note::parse(&sample.folder.statement).unwrap();
    assert_eq!(
        Statement::parse(note.text()).unwrap().to_string(),
        note.text()
    );
}

#[test]
fn refusals_have_distinct_names_and_sentences_and_the_page_lists_them() {
    let mut page = String::from(
        "# Refusals\n\nWhy a sensor does not start. Generated from `crates/authority/src/refusal.rs`; a test holds the two together. Exit code 1; 75 where the log is at fault.\n\n| code | name | meaning |\n|---|---|---|\n",
    );
    for refusal in Refusal::ALL {
        page.push_str(&format!(
            "| {} | `{}` | {} |\n",
            refusal.code(),
            refusal.name(),
            refusal
        ));
        assert_eq!(Refusal::from_code(refusal.code()), Some(*refusal));
    }
    let names: std::collections::BTreeSet<_> = Refusal::ALL.iter().map(|r| r.name()).collect();
    assert_eq!(names.len(), Refusal::ALL.len());
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/refusals.md"
    );
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        page,
        "bless with SAKIMORI_BLESS=1"
    );
}

proptest! {
    /// One changed byte anywhere is refused, unless it is in what nobody vouches for.
    #[test]
    fn no_changed_byte_is_admitted(part in 0usize..7, at: prop::sample::Index, bit in 0u8..8) {
        let mut sample = Plan::default().build();
        let f = &mut sample.folder;
        let bytes = [&mut f.statement, &mut f.decision_entry, &mut f.decision_body, &mut f.decision_proof, &mut f.lease, &mut f.schedule, &mut f.trust_root][part].as_mut_slice();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(run(&sample).is_err(), "part {part} byte {at}");
    }
}
