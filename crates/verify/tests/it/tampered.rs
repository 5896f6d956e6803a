//! Logs that were signed and cosigned with something wrong in them: each thing has its code and its place.

use crate::maker::{
    COSIGNED, EXPIRED, Made, NOTES, Planned, RUN, Tree, Window, attestation, bundle, codes,
    deletion, good, make, options, place, publish, query, receipt, story, text_hash, verify, write,
};
use sakimori_custody::entry::EntryType;
use sakimori_testkit::folder::{BEGIN, HOUR, Part, Plan, Sample, Way, signer, ways};
use sakimori_tlog::note::Note;
use sakimori_verify::{Options, Report, render};
use serde_json::json;
use std::collections::BTreeSet;

fn report(made: &[Made], options: &Options) -> Report {
    let dir = crate::maker::folder();
    publish(dir.path(), made, &[], &["log", "mirror"]);
    verify(dir.path(), options)
}

/// The codes have to be these, and where an entry is given, one of the problems has to be there.
#[track_caller]
fn check(what: &str, story: &[Planned], wanted: &[&str], at: Option<usize>) {
    let report = report(&make(story), &options());
    assert_eq!(codes(&report), wanted, "{what}: {}", render::text(&report));
    let there = |at| {
        report
            .problems
            .iter()
            .any(|p| p.place.index == Some(at as u64))
    };
    assert!(at.is_none_or(there), "{what}: {}", render::text(&report));
}

/// One thing wrong in the good story.
#[track_caller]
fn changed(what: &str, at: usize, wanted: &[&str], change: impl FnOnce(&mut Vec<Planned>)) {
    let mut story = story(&Plan::default().build());
    change(&mut story);
    check(what, &story, wanted, Some(at));
}

/// One thing wrong in one entry.
#[track_caller]
fn entry(what: &str, at: usize, wanted: &[&str], change: impl FnOnce(&mut Planned)) {
    changed(what, at, wanted, |story| change(&mut story[at]));
}

#[test]
fn an_entry_that_the_wrong_one_signed_is_named() {
    let signature = ["entry-signature"];
    entry(
        "a receipt that nobody signed",
        place::RECEIPT,
        &signature,
        |e| e.who = None,
    );
    entry(
        "a request that nobody signed",
        place::REQUEST,
        &["decision-request", "entry-signature"],
        |e| e.who = None,
    );
    entry(
        "a decision that the office signed",
        place::DECISION,
        &signature,
        |e| e.who = Some("office"),
    );
    entry(
        "a deletion by a sensor",
        place::DELETION,
        &["entry-signer", "stream-author"],
        |e| e.who = Some("s-01"),
    );
    entry(
        "a refusal by a stranger",
        place::REFUSAL,
        &["entry-signer"],
        |e| e.who = Some("!s-02"),
    );
    entry(
        "a refusal by another sensor",
        place::REFUSAL,
        &["refusal-fields"],
        |e| e.who = Some("s-01"),
    );
    entry(
        "a receipt by another sensor",
        place::RECEIPT,
        &["stream-author"],
        |e| e.who = Some("s-02"),
    );
    changed(
        "a run that another sensor signs",
        place::START,
        &["run-authority"],
        |story| {
            story
                .iter_mut()
                .filter(|e| e.stream == RUN)
                .for_each(|e| e.who = Some("s-02"));
        },
    );
    entry(
        "a finding that nobody signed",
        place::FINDING,
        &signature,
        |e| e.who = None,
    );
    entry(
        "an attestation by the mirror's holder of keys",
        place::ATTESTATION,
        &["attestation"],
        |e| *e = attestation("lease"),
    );
}

#[test]
fn an_entry_of_the_wrong_form_is_named() {
    entry(
        "a counter too many",
        place::REFUSAL,
        &["entry-counters"],
        |e| e.counters.push(1),
    );
    entry(
        "no counters",
        place::ACTIVATION,
        &["body-fields", "entry-counters", "run-lease"],
        |e| e.counters.clear(),
    );
    entry("time that goes back", place::STOP, &["entry-time"], |e| {
        e.time -= HOUR;
    });
    entry(
        "an authority that nobody decided",
        place::DELETION,
        &["entry-authority"],
        |e| e.authority = [3; 32],
    );
    entry(
        "a request under an authority",
        place::REQUEST,
        &["decision-request", "entry-authority"],
        |e| e.authority = [3; 32],
    );
    entry(
        "a finding that lies open",
        place::FINDING,
        &["body-form"],
        |e| e.sealed = false,
    );
    entry(
        "a receipt that is sealed",
        place::RECEIPT + 2,
        &["body-form", "deletion-records", "run-held", "run-totals"],
        |e| e.sealed = true,
    );
    entry(
        "a body that is no JSON",
        place::DELETION,
        &["body-fields"],
        |e| e.body = b"{".to_vec(),
    );
    entry(
        "a stop with a word more",
        place::STOP,
        &["body-fields"],
        |e| e.edit(|body| body["payload"] = "GET /".into()),
    );
    entry(
        "a confidence over one",
        place::FINDING,
        &["finding-records"],
        |e| e.counters = vec![1001, 1],
    );
    entry(
        "a refusal of another code",
        place::REFUSAL,
        &["refusal-fields"],
        |e| e.counters = vec![25],
    );
    entry(
        "a trust root counted as another version",
        place::TRUST_ROOT,
        &["body-fields"],
        |e| e.counters = vec![2],
    );
}

#[test]
fn a_run_outside_its_authority_is_named() {
    let edit = |what: &str, code: &str, change: fn(&mut serde_json::Value)| {
        entry(what, place::START, &[code], |e| e.edit(change));
    };
    edit("another pack", "run-pack", |body| {
        body["pack_sha256"] = "00".repeat(32).into();
    });
    edit("another lease", "run-lease", |body| {
        body["lease_id"] = "1f".repeat(16).into();
    });
    edit("another authority", "run-authority", |body| {
        body["authority"] = "5b".repeat(16).into();
    });
    edit("another statement", "run-authority", |body| {
        body["statement_sha256"] = "00".repeat(32).into();
    });
    edit("a start in the future", "run-time", |body| {
        body["started"] = "2027-04-02T00:00:00Z".into();
    });
    entry(
        "no filter of system calls",
        place::START,
        &["run-seal"],
        |e| e.counters[1] = 0,
    );
    changed(
        "a start after the lease",
        place::START,
        &["receipt-bucket", "run-time"],
        |story| {
            story[place::START..]
                .iter_mut()
                .for_each(|e| e.time += 24 * HOUR);
        },
    );
    entry(
        "a receipt after the lease",
        place::RECEIPT + 2,
        &["entry-time", "run-time"],
        |e| e.time = BEGIN + 14 * HOUR,
    );
    entry(
        "a stop long after the lease",
        place::STOP,
        &["run-time"],
        |e| e.time = BEGIN + 13 * HOUR + 120,
    );
    changed(
        "a start before its lease is in the log",
        place::ACTIVATION,
        &["run-lease"],
        |story| {
            story.swap(place::ACTIVATION, place::START);
        },
    );
    changed(
        "receipts without a start",
        place::START,
        &["deletion-records", "run-start"],
        |story| {
            story.remove(place::START);
        },
    );
    changed(
        "a second start",
        place::START + 1,
        &["run-start"],
        |story| {
            let again = story[place::START].clone();
            story.insert(place::START + 1, again);
        },
    );
    changed(
        "a receipt under another authority",
        place::RECEIPT,
        &["entry-authority", "run-authority"],
        |story| {
            story[place::RECEIPT].authority = [8; 32];
        },
    );
}

#[test]
fn a_receipt_that_is_missing_or_does_not_add_up_is_named() {
    let window = |index, held_before, read, selected, domestic, first, records| {
        let authority = text_hash(&Plan::default().build().folder.statement);
        receipt(
            &Window {
                index,
                held_before,
                read,
                selected,
                domestic,
                first,
                records,
            },
            authority,
        )
    };
    changed(
        "a receipt is dropped",
        place::RECEIPT + 1,
        &["receipt-missing", "receipt-time", "run-totals"],
        |story| {
            story.remove(place::RECEIPT + 1);
        },
    );
    changed(
        "the first receipt is dropped",
        place::RECEIPT,
        &[
            "deletion-records",
            "receipt-missing",
            "receipt-records",
            "run-totals",
        ],
        |story| {
            story.remove(place::RECEIPT);
        },
    );
    changed(
        "a receipt stands twice",
        place::RECEIPT + 1,
        &[
            "deletion-records",
            "receipt-missing",
            "receipt-records",
            "receipt-time",
            "run-totals",
        ],
        |story| {
            let again = story[place::RECEIPT].clone();
            story.insert(place::RECEIPT + 1, again);
        },
    );
    entry(
        "packets vanish",
        place::RECEIPT,
        &["conservation", "run-totals"],
        |e| {
            e.edit(|body| body["window"]["read"] = 60_001.into());
            e.counters[4] = 60_001;
        },
    );
    entry(
        "packets appear",
        place::RECEIPT,
        &["conservation", "run-totals"],
        |e| {
            e.edit(|body| body["window"]["shed"] = 1.into());
            e.counters[6] += 1;
        },
    );
    entry(
        "body and envelope differ",
        place::RECEIPT + 2,
        &["body-fields", "deletion-records", "run-held", "run-totals"],
        |e| e.counters[5] = 4,
    );
    entry(
        "packets held appear from nowhere",
        place::RECEIPT + 1,
        &["receipt-held", "run-totals"],
        |e| *e = window(1, 996, 40_000, 0, 40_096, 2, 0),
    );
    changed(
        "the end holds packets back",
        place::STOP,
        &["run-held", "run-totals"],
        |story| story[place::RECEIPT + 2] = window(2, 900, 100, 3, 996, 2, 1),
    );
    entry(
        "records are numbered anew",
        place::RECEIPT + 2,
        &["receipt-records"],
        |e| *e = window(2, 900, 100, 3, 997, 0, 1),
    );
    entry(
        "a record without a commitment",
        place::RECEIPT + 2,
        &["body-fields", "deletion-records", "run-held", "run-totals"],
        |e| {
            e.edit(|body| body["commitment"] = "".into());
        },
    );
    entry(
        "time between windows is lost",
        place::RECEIPT + 2,
        &["receipt-time"],
        |e| {
            e.edit(|body| body["window"]["start_ms"] = 1_500_000_120_001u64.into());
            e.counters[1] += 1;
        },
    );
    entry(
        "another day's bucket",
        place::RECEIPT + 1,
        &["deletion-missing", "receipt-bucket"],
        |e| {
            e.edit(|body| {
                body["bucket"] = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a/s-01/2027-03-31".into();
            });
        },
    );
    entry(
        "totals that are too small",
        place::STOP,
        &["run-totals"],
        |e| e.counters[2] -= 1,
    );
    entry(
        "a fault that nobody told",
        place::STOP,
        &["run-fault"],
        |e| e.counters[0] = 100,
    );
    entry(
        "a status that is none",
        place::STOP,
        &["body-fields"],
        |e| e.counters[0] = 6,
    );
    changed(
        "a receipt behind the stop",
        place::STOP + 1,
        &["deletion-records", "run-after-stop"],
        |story| {
            let authority = story[place::START].authority;
            let late = receipt(
                &Window {
                    index: 3,
                    held_before: 0,
                    read: 9,
                    selected: 1,
                    domestic: 8,
                    first: 3,
                    records: 1,
                },
                authority,
            );
            story.insert(place::STOP + 1, late.at(crate::maker::START + 200));
        },
    );
}

#[test]
fn a_cap_that_is_exceeded_is_named_unless_the_run_says_so() {
    let too_many = |story: &mut Vec<Planned>| {
        // 30 of 60,000 packets are 500 per million; 200 are allowed.
        let authority = story[place::START].authority;
        let wide = Window {
            index: 0,
            held_before: 0,
            read: 60_000,
            selected: 30,
            domestic: 58_975,
            first: 0,
            records: 2,
        };
        story[place::RECEIPT] = receipt(&wide, authority);
        story[place::STOP].counters = vec![5, 3, 100_100, 33, 100_067, 0];
    };
    changed(
        "too many packets are selected",
        place::RECEIPT,
        &["cap-exceeded"],
        too_many,
    );
    let fault = |kind: &str| {
        let body = json!({"kind": kind, "detail": "x"}).to_string();
        move |story: &mut Vec<Planned>| {
            let authority = story[place::START].authority;
            too_many(story);
            let fault = Planned::new(RUN, Some("s-01"), EntryType::Fault, body.as_bytes());
            let fault = fault
                .at(crate::maker::START + 120)
                .under(authority)
                .counting(&[0, 0, 100_100]);
            story.insert(place::STOP, fault);
        }
    };
    changed(
        "a fault of another kind",
        place::RECEIPT,
        &["cap-exceeded"],
        fault("panic"),
    );
    let mut story = story(&Plan::default().build());
    fault("cap-match-ppm")(&mut story);
    check("the fuse tripped", &story, &[], None);
    let sample = Plan::default()
        .edit(Part::Statement, "day-records 2000000", "day-records 2")
        .build();
    check(
        "too many records in a day",
        &crate::maker::story(&sample),
        &["cap-exceeded"],
        Some(place::RECEIPT + 2),
    );
}

#[test]
fn a_bucket_that_is_not_destroyed_as_told_is_named() {
    let times = |now: Option<u64>, wanted: &[&str]| {
        let mut story = story(&Plan::default().build());
        story.drain(place::ATTESTATION..=place::DELETION);
        let report = report(&make(&story), &Options { now, ..options() });
        assert_eq!(codes(&report), wanted, "{now:?}");
    };
    times(Some(EXPIRED + 24 * HOUR), &[]);
    times(Some(EXPIRED + 24 * HOUR + 1), &["deletion-missing"]);
    times(None, &[]);
    entry(
        "another number of records",
        place::DELETION,
        &["deletion-records"],
        |e| {
            e.edit(|body| body["records"] = 2.into());
            e.counters[1] = 2;
        },
    );
    entry(
        "a bucket that nobody wrote",
        place::DELETION,
        &["deletion-unknown"],
        |e| {
            e.edit(|body| {
                body["bucket"] = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a/s-03/2027-04-01".into();
            });
        },
    );
    entry(
        "a share that is kept",
        place::DELETION,
        &["body-fields"],
        |e| e.edit(|body| body["office_share"] = "kept".into()),
    );
    entry(
        "an attestation of nothing",
        place::ATTESTATION,
        &["attestation"],
        |e| {
            e.body = Note::sign(
                "sakimori/share-destroyed/v1\n",
                &[&signer("commission-share")],
                0,
            )
            .unwrap()
            .to_bytes();
        },
    );
    changed(
        "records behind the deletion",
        place::STOP,
        &["deletion-records", "deletion-revived"],
        |story| {
            let attested = attestation("commission-share").at(crate::maker::START);
            let early = deletion().at(crate::maker::START + 60);
            story.splice(place::RECEIPT + 2..place::RECEIPT + 2, [attested, early]);
        },
    );
}

#[test]
fn a_query_that_is_not_opened_or_not_closed_is_named() {
    changed("not closed", place::OPENED, &["query-open"], |story| {
        story.remove(place::CLOSED);
    });
    changed("not opened", place::OPENED, &["query-unopened"], |story| {
        story.remove(place::OPENED);
    });
    let blank = |key: &'static str| {
        changed(key, place::OPENED, &["query-fields"], |story| {
            for at in [place::OPENED, place::CLOSED] {
                story[at].sealed = false;
            }
            story[place::OPENED].edit(|body| body[key] = " ".into());
        });
    };
    ["actor", "purpose", "case"].into_iter().for_each(blank);
    let mut open = story(&Plan::default().build());
    for at in [place::OPENED, place::CLOSED] {
        open[at].sealed = false;
    }
    check("open queries", &open, &[], None);
    open[place::CLOSED] = query(Some(3), open[place::START].authority);
    open[place::CLOSED].sealed = false;
    open[place::CLOSED].edit(|body| body["rows"] = 2.into());
    check(
        "rows that differ",
        &open,
        &["body-fields"],
        Some(place::CLOSED),
    );
}

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

/// What a story says with other notes in it.
fn of_notes(sample: &Sample) -> Report {
    report(
        &make(&story(sample)),
        &Options {
            now: Some(COSIGNED),
            ..options()
        },
    )
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
    // What the log cannot show: the pack itself, what a start asked for, what a sensor remembered, seconds within a minute.
    let wanted = [
        (false, "coverage-count-wrong"),
        (false, "coverage-understated"),
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
fn entries_that_are_dropped_swapped_or_repeated_are_named() {
    let raw = |what: &str, wanted: &[&str], change: fn(&mut Vec<Made>)| {
        let mut made = good();
        change(&mut made);
        let report = report(&made, &options());
        let codes = codes(&report);
        assert!(
            wanted.iter().all(|code| codes.contains(code)),
            "{what}: {}",
            render::text(&report)
        );
    };
    raw(
        "a receipt dropped from its stream",
        &["receipt-missing", "stream-gap"],
        |made| {
            made.remove(place::RECEIPT + 1);
        },
    );
    raw("receipts swapped", &["stream-gap"], |made| {
        made.swap(place::RECEIPT, place::RECEIPT + 1);
    });
    raw("an entry repeated", &["stream-gap"], |made| {
        made.insert(place::RECEIPT + 1, made[place::RECEIPT].clone());
    });
    raw("a stream that forks", &["stream-chain"], |made| {
        let mut other = story(&Plan::default().build());
        other[place::RECEIPT].time += 1;
        other[place::RECEIPT].counters[0] = 5;
        made[place::RECEIPT] = make(&other)[place::RECEIPT].clone();
    });
    raw("an entry that is none", &["entry-form"], |made| {
        made[place::REFUSAL].leaf = b"hello".to_vec();
    });
    raw("an entry with a byte behind it", &["entry-form"], |made| {
        made[place::REFUSAL].leaf.push(0);
    });
    raw("an empty entry", &["entry-form"], |made| {
        made[place::REFUSAL].leaf.clear();
    });
    raw("a body that another entry has", &["body-wrong"], |made| {
        made[place::STOP].stored = made[place::START].stored.clone();
    });
    raw("a body of another form", &["body-form"], |made| {
        made[place::STOP].stored[32] = 2;
    });
    raw("a sealed body that is too short", &["body-form"], |made| {
        made[place::CLOSED].stored.truncate(150);
    });
    raw("a sealed body of another size", &["body-size"], |made| {
        made[place::CLOSED].stored.extend([0; 256]);
    });
}

/// A bundle that is changed on disk.
#[track_caller]
fn on_disk(what: &str, wanted: &[&str], change: impl FnOnce(&std::path::Path, &[Made])) {
    let dir = crate::maker::folder();
    let made = good();
    bundle(dir.path(), &made);
    change(dir.path(), &made);
    let report = verify(dir.path(), &options());
    let codes = codes(&report);
    assert!(
        !wanted.is_empty() && wanted.iter().all(|code| codes.contains(code)),
        "{what}: {}",
        render::text(&report)
    );
}

#[test]
fn a_log_that_is_rolled_back_or_forked_is_named() {
    on_disk("an older checkpoint", &["mirror-ahead"], |dir, made| {
        let older = Tree::of(made).checkpoint(9, &["log", "mirror"]);
        write(&dir.join("log/checkpoint"), older.to_bytes());
    });
    on_disk(
        "an older log",
        &["mirror-ahead", "proof-checkpoint"],
        |dir, made| {
            std::fs::remove_dir_all(dir.join("log")).unwrap();
            publish(&dir.join("log"), &made[..9], &[], &["log", "mirror"]);
        },
    );
    let other = || {
        let mut story = story(&Plan::default().build());
        story[place::REFUSAL].time += 60;
        make(&story)
    };
    on_disk("a fork at the mirror", &["mirror-fork"], |dir, _| {
        std::fs::remove_dir_all(dir.join("commission/mirror")).unwrap();
        publish(
            &dir.join("commission/mirror"),
            &other(),
            &[],
            &["log", "mirror"],
        );
    });
    on_disk("a fork at an older mirror", &["mirror-fork"], |dir, _| {
        std::fs::remove_dir_all(dir.join("commission/mirror")).unwrap();
        let mut story = story(&Plan::default().build());
        story[place::STOP].time += 60;
        publish(
            &dir.join("commission/mirror"),
            &make(&story)[..10],
            &[],
            &["log", "mirror"],
        );
    });
    on_disk(
        "a fork at a mirror that is ahead",
        &["mirror-ahead", "mirror-fork"],
        |dir, made| {
            std::fs::remove_dir_all(dir.join("log")).unwrap();
            std::fs::remove_dir_all(dir.join("commission/mirror")).unwrap();
            publish(&dir.join("log"), &made[..15], &[], &["log", "mirror"]);
            let mut story = story(&Plan::default().build());
            story[place::REFUSAL].time += 60;
            story.push(story[place::REFUSAL].clone());
            publish(
                &dir.join("commission/mirror"),
                &make(&story),
                &[],
                &["log", "mirror"],
            );
        },
    );
}

#[test]
fn a_checkpoint_that_too_few_stand_behind_is_named() {
    let signed = |who: &[&str], now, wanted: &[&str]| {
        let dir = crate::maker::folder();
        publish(dir.path(), &good(), &[], who);
        assert_eq!(
            codes(&verify(dir.path(), &Options { now, ..options() })),
            wanted,
            "{who:?}"
        );
    };
    let now = options().now;
    signed(&["log", "mirror"], now, &[]);
    signed(&["log", "mirror", "audit"], now, &[]);
    signed(&["log"], now, &["checkpoint-mirror"]);
    signed(&["mirror"], now, &["checkpoint-log"]);
    signed(&["!log", "mirror"], now, &["checkpoint-log"]);
    signed(&["log", "!mirror"], now, &["checkpoint-mirror"]);
    signed(&["log", "audit"], now, &["checkpoint-mirror"]);
    signed(&[], now, &["checkpoint-malformed"]);
    signed(
        &["log", "mirror"],
        Some(COSIGNED - 301),
        &["checkpoint-time"],
    );
    signed(&["log", "mirror"], Some(COSIGNED - 300), &[]);
    signed(&["log", "mirror"], None, &[]);
    let audit = format!(
        "policy: witness audit {}\npolicy: group both all mirror audit\npolicy: quorum both\n",
        signer("audit").verifier()
    );
    let sample = Plan::default()
        .edit(Part::TrustRoot, "policy: quorum mirror\n", &audit)
        .build();
    assert_eq!(codes(&of_notes(&sample)), ["checkpoint-quorum"]);
}

#[test]
fn files_that_are_missing_strange_or_too_many_are_named() {
    on_disk("a body is gone", &["body-missing"], |dir, made| {
        let name = sakimori_custody::ids::hex(&made[place::STOP].commitment);
        std::fs::remove_file(dir.join("log/bodies").join(&name[..2]).join(name)).unwrap();
    });
    on_disk("a body too many", &["stray"], |dir, _| {
        write(&dir.join("log/bodies/00").join("00".repeat(32)), "x");
    });
    on_disk("a tile behind the end", &["stray"], |dir, _| {
        write(&dir.join("log/tile/0/001"), [0; 8192]);
    });
    on_disk("a tile too wide", &["stray"], |dir, _| {
        write(&dir.join("log/tile/1/000.p/1"), [0; 32]);
    });
    on_disk("a file beside", &["stray"], |dir, _| {
        write(&dir.join("log/notes.txt"), "x");
    });
    on_disk("a file beside the findings", &["stray"], |dir, _| {
        write(&dir.join("findings/readme"), "x");
    });
    on_disk("a folder for a file", &["file-form"], |dir, _| {
        let tile = dir.join("log/tile/0/000.p/15");
        std::fs::remove_file(&tile).unwrap();
        std::fs::create_dir(&tile).unwrap();
    });
    on_disk("a link for a file", &["checkpoint-malformed"], |dir, _| {
        let checkpoint = dir.join("log/checkpoint");
        std::fs::rename(&checkpoint, dir.join("elsewhere")).unwrap();
        std::os::unix::fs::symlink(dir.join("elsewhere"), checkpoint).unwrap();
    });
    on_disk("no checkpoint", &["checkpoint-missing"], |dir, _| {
        std::fs::remove_file(dir.join("log/checkpoint")).unwrap();
    });
    on_disk(
        "both files of the last entries",
        &["file-missing"],
        |dir, _| {
            std::fs::remove_dir_all(dir.join("log/tile")).unwrap();
        },
    );
    on_disk(
        "a finding without its document",
        &["finding-file"],
        |dir, _| std::fs::remove_file(dir.join("findings/1.json")).unwrap(),
    );
    on_disk("a finding of other records", &["finding-file"], |dir, _| {
        write(
            &dir.join("findings/1.json"),
            br#"{"confidence":0.8,"records":[]}"#,
        );
    });
    on_disk(
        "another entry beside the proof",
        &["finding-file", "proof-wrong"],
        |dir, made| {
            write(&dir.join("findings/1.entry"), &made[place::STOP].leaf);
        },
    );
}

#[test]
fn tile_and_bundle_that_are_changed_together_lead_to_another_root() {
    on_disk(
        "an entry and its hash",
        &["entry-signature", "root-wrong"],
        |dir, made| {
            let mut changed = made.to_vec();
            let last = changed[place::REFUSAL].leaf.len() - 1;
            changed[place::REFUSAL].leaf[last] ^= 1;
            let checkpoint = std::fs::read(dir.join("log/checkpoint")).unwrap();
            std::fs::remove_dir_all(dir.join("log")).unwrap();
            publish(&dir.join("log"), &changed, &[], &["log", "mirror"]);
            write(&dir.join("log/checkpoint"), checkpoint);
        },
    );
    on_disk(
        "a bundle and its tile in two places",
        &["files-differ", "root-wrong", "tile-wrong"],
        |dir, _| {
            for (file, at) in [
                ("log/tile/entries/000.p/15", 300),
                ("log/tile/0/000.p/15", 400),
            ] {
                let mut bytes = std::fs::read(dir.join(file)).unwrap();
                bytes[at] ^= 1;
                write(&dir.join(file), bytes);
            }
        },
    );
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
        codes(&report).contains(&"trust-root-keys"),
        "{}",
        render::text(&report)
    );
}
