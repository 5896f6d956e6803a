//! Entries that say what may not be.

use super::{changed, check, entry, report};
use crate::maker::{
    EXPIRED, Planned, RUN, Window, attestation, codes, deletion, make, options, place, query,
    receipt, story, text_hash,
};
use sakimori_custody::entry::EntryType;
use sakimori_testkit::folder::{BEGIN, HOUR, Part, Plan, signer};
use sakimori_tlog::note::Note;
use sakimori_verify::Options;
use serde_json::json;

#[test]
fn an_entry_that_the_wrong_one_signed_is_named() {
    let signature = ["entry-signature", "stream-author"];
    entry(
        "a receipt that nobody signed",
        place::RECEIPT,
        &signature,
        |e| e.who = None,
    );
    entry(
        "a request that nobody signed",
        place::REQUEST,
        &[
            "decision-request",
            "entry-signature",
            "lease-statement",
            "run-authority",
            "stream-author",
        ],
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
        &["attestation", "deletion-unattested"],
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
        &[
            "decision-request",
            "entry-authority",
            "lease-statement",
            "run-authority",
        ],
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
            story[place::START..=place::FINDING]
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
        &["attestation", "deletion-unattested"],
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
        &["deletion-records", "deletion-revived", "query-ended"],
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
    let blank = |key: &'static str, code| {
        changed(key, place::OPENED, &[code], |story| {
            for at in [place::OPENED, place::CLOSED] {
                story[at].sealed = false;
            }
            story[place::OPENED].edit(|body| body[key] = " ".into());
        });
    };
    // Who asks is a name, or nobody's.
    blank("actor", "body-fields");
    blank("purpose", "query-fields");
    blank("case", "query-fields");
    let asked = |at: usize, time: u64| {
        let mut story = story(&Plan::default().build());
        let authority = story[place::START].authority;
        let asked = [query(None, authority), query(Some(0), authority)];
        story.splice(at..at, asked.map(|query| query.at(time)));
        story
    };
    let last = asked(place::ATTESTATION, EXPIRED - 60);
    check("in its bucket's last minute", &last, &[], None);
    let at = place::ATTESTATION;
    let late = asked(at, EXPIRED);
    check("at its bucket's end", &late, &["query-ended"], Some(at));
    let at = place::REFUSAL;
    let gone = asked(at, EXPIRED + 120);
    check(
        "of a bucket that is gone",
        &gone,
        &["query-ended"],
        Some(at),
    );
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
