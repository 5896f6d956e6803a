//! One thing is wrong: each change of the good story is refused, or void, with its own code; and its twin, where the change is within the bound, is not.

mod authority;
mod measures;
mod releases;
mod threads;
mod uses;

use crate::history::{good, judge, read};
use sakimori_oversight::refused::Code;
use sakimori_testkit::history::{FIRST, SECOND, Step, Story, hour};

/// What becomes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Refused(Code),
    Void(Code),
    Taken,
}
use Verdict::{Refused, Taken, Void};

/// The verdict on a step of a story, which has to be its last.
pub(super) fn verdict(story: &Story, step: &str) -> Verdict {
    let story = story.clone().up_to(step);
    let index = story.place(step) as u64;
    match read(&story) {
        Err((name, why)) if name == step => Refused(why.code),
        Err((name, why)) => panic!("step `{name}` before `{step}`: {why}"),
        Ok(book) => {
            let void = book.void().iter().find(|(at, _)| *at == index);
            void.map_or(Taken, |(_, why)| Void(why.code))
        }
    }
}

/// Changes one step and looks at it.
pub(super) fn check(step: &str, wanted: Verdict, change: impl FnOnce(&mut Step)) {
    check_at(step, step, wanted, change);
}

/// Changes one step and looks at another.
pub(super) fn check_at(changed: &str, step: &str, wanted: Verdict, change: impl FnOnce(&mut Step)) {
    let story = Story::good().with(changed, change);
    assert_eq!(verdict(&story, step), wanted, "`{changed}` changed");
}

/// Changes one step by replacing a part of its body, and looks at it.
pub(super) fn edit(step: &str, from: &str, to: &str, wanted: Verdict) {
    check(step, wanted, |s| {
        s.edit(from, to);
    });
}

/// Changes one step by replacing a part of its body, and looks at another.
pub(super) fn edit_at(changed: &str, from: &str, to: &str, step: &str, wanted: Verdict) {
    check_at(changed, step, wanted, |s| {
        s.edit(from, to);
    });
}

/// A ruling about something, behind a step.
pub(super) fn ruling(behind: &str, matter: &str) -> Story {
    let from = format!("about: urgent {SECOND}\noutcome: ratified\n");
    Story::good().again("ratified", behind, |step| {
        step.edit(&from, matter)
            .edit(&"32".repeat(16), &"77".repeat(16));
    })
}

#[test]
fn every_entry_has_its_form_its_time_its_author_and_its_place() {
    check("running", Refused(Code::EntryCounters), |s| {
        s.counters.pop();
    });
    for (late, wanted) in [(3600, Taken), (3660, Refused(Code::EntryBehind))] {
        check("reply to the notice", wanted, |s| s.time = hour(8) - late);
    }
    for (step, by) in [
        ("start", "!s-01"),
        ("query", "s-01"),
        ("question", "office"),
        ("answer", "secretariat"),
        ("carrier", "s-01"),
        ("access", "m1"),
        ("inspection opened", "!secretariat"),
        ("request", ""),
    ] {
        check(step, Refused(Code::EntryUnsigned), |s| {
            s.by = by;
            s.stream = 0x60;
        });
    }
    check("access", Taken, |s| {
        s.by = "secretariat";
        s.stream = 0x60;
    });
    check("decision", Refused(Code::EntrySigned), |s| {
        s.by = "office";
        s.stream = 0x61;
    });
    check("question", Refused(Code::StreamAuthor), |s| s.stream = 0x02);
    check("stop", Refused(Code::EntryBack), |s| s.time = hour(5) + 120);
    check("stop", Taken, |s| s.time = hour(5) + 180);
    check("gap", Refused(Code::BodyFields), |s| {
        s.count(1, 0);
    });
    edit(
        "start",
        "\"limits\":200",
        "\"limits\":\"200\"",
        Refused(Code::BodyFields),
    );
}

#[test]
fn i1_a_sensor_acts_within_authority_lease_and_suspension_to_the_minute() {
    check("start", Refused(Code::AuthorityNone), |s| {
        s.authority.clear();
    });
    let until = "not-after: 2027-06-30T00:00:00Z";
    for (to, wanted) in [
        ("not-after: 2027-04-01T04:57:59Z", Code::AuthorityTime),
        // Within the authority, but its leases would outlast it and are none.
        ("not-after: 2027-04-01T04:58:00Z", Code::LeaseNone),
    ] {
        edit_at("decision", until, to, "start", Refused(wanted));
    }
    let from = "not-before: 2027-04-01T00:00:00Z";
    for (to, wanted) in [
        (
            "not-before: 2027-04-01T05:01:00Z",
            Refused(Code::AuthorityTime),
        ),
        ("not-before: 2027-04-01T05:00:59Z", Taken),
    ] {
        edit_at("decision", from, to, "start", wanted);
    }
    let sensors = "sensors: s-01 s-02";
    edit_at(
        "decision",
        sensors,
        "sensors: s-02",
        "start",
        Refused(Code::AuthoritySensor),
    );
    let measure = Story::good().with("decision", |s| {
        s.edit("kind: acquisition", "kind: measure")
            .edit("present: m1 m4 m5", "present: m1 m2 m4 m5")
            .edit("for: m1 m5", "for: m1 m2 m5");
        s.signers = vec!["m1", "m2", "m4", "m5"];
    });
    assert_eq!(verdict(&measure, "start"), Refused(Code::AuthorityKind));
    let none = Story::good().without("lease");
    assert_eq!(verdict(&none, "start"), Refused(Code::LeaseNone));
    for (time, wanted) in [
        (hour(16) + 120, Taken),
        (hour(16) + 180, Refused(Code::LeaseNone)),
    ] {
        check("start", wanted, |s| s.time = time);
    }
    check("receipt 0", Taken, |s| s.time = hour(16) + 120);
    check("receipt 0", Refused(Code::LeaseNone), |s| {
        s.time = hour(16) + 180;
    });
}

#[test]
fn i1_what_stops_an_authority_stops_its_sensors_two_minutes_later() {
    let revoked = format!("about: authority {FIRST}\noutcome: revoked\n");
    for (early, wanted) in [(120, true), (180, false)] {
        let stop = |story: Story, name: &str, code: Code| {
            let story = story.with(name, |s| s.time = hour(5) - early);
            let wanted = if wanted { Taken } else { Refused(code) };
            assert_eq!(verdict(&story, "start"), wanted, "{name}, {early}");
        };
        let ruled = ruling("lease of the other sensor", &revoked);
        stop(ruled, "ratified again", Code::AuthorityRevoked);
        let suspended = Story::good().again("suspended", "lease of the other sensor", |_| {});
        stop(suspended, "suspended again", Code::AuthoritySuspended);
        let demanded = Story::good().again("demand", "lease of the other sensor", |s| {
            s.edit("\"stop\":null", &format!("\"stop\":\"{FIRST}\""));
        });
        stop(demanded, "demand again", Code::AuthoritySuspended);
    }
    // What the commission resumed goes on; a demand ends with its word too.
    let resumed =
        |story: Story, behind: &str| story.again("resumed", behind, |s| s.time = hour(4) + 60);
    let suspended = Story::good().again("suspended", "lease of the other sensor", |_| {});
    let story = resumed(suspended, "suspended again");
    assert_eq!(verdict(&story, "start"), Taken);
    let demanded = Story::good().again("demand", "lease of the other sensor", |s| {
        s.edit("\"stop\":null", &format!("\"stop\":\"{FIRST}\""));
    });
    let story = resumed(demanded, "demand again").with("resumed again", |s| {
        s.count(0, 1).edit("serial: 2", "serial: 1");
    });
    assert_eq!(verdict(&story, "start"), Taken);
}

#[test]
fn i1_a_start_says_what_is_on_record() {
    let pack = "\"limits\":200".to_string();
    for (from, to) in [
        (pack.as_str(), "\"limits\":201"),
        ("\"sensor\":\"s-01\"", "\"sensor\":\"s-02\""),
        ("\"pack_sha256\":\"", "\"pack_sha256\":\"00"),
        ("\"lease_id\":\"1e", "\"lease_id\":\"1d"),
        (FIRST, SECOND),
        ("{sha:decision}", "{sha:software}"),
    ] {
        let wanted = if to.ends_with("00") {
            Code::BodyFields
        } else {
            Code::StartBody
        };
        edit("start", from, to, Refused(wanted));
    }
    // The lease of another sensor is on record and is not this one's.
    edit(
        "start",
        "\"lease_id\":\"1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e",
        "\"lease_id\":\"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f",
        Refused(Code::StartBody),
    );
    check("start", Refused(Code::StartUnsealed), |s| {
        s.count(1, 0);
    });
    edit(
        "running",
        "\"state\":\"running\"",
        "\"state\":\"renewed\"",
        Refused(Code::BodyFields),
    );
    for (at, to) in [(1, hour(17)), (2, 1)] {
        check("running", Void(Code::EffectiveLease), |s| {
            s.count(at, to);
        });
    }
    let twice = Story::good().again("start", "running", |s| s.stream = 0x21);
    assert_eq!(verdict(&twice, "start again"), Refused(Code::RunTwice));
}

#[test]
fn i1_receipts_belong_to_a_run_a_bucket_and_a_cap() {
    check("receipt 0", Refused(Code::RunNone), |s| s.stream = 0x55);
    check("receipt 0", Refused(Code::RunOther), |s| {
        s.authority = "schedule".to_owned();
    });
    let after = Story::good().again("receipt 2", "stop", |s| s.stream = 0x21);
    assert_eq!(
        verdict(&after, "receipt 2 again"),
        Refused(Code::RunStopped)
    );
    for (from, to) in [
        ("/s-01/2027-04-01", "/s-02/2027-04-01"),
        ("/s-01/2027-04-01", "/s-01/2027-03-31"),
        ("/s-01/2027-04-01", "/s-01/2027-04-02"),
        (FIRST, SECOND),
    ] {
        edit("receipt 0", from, to, Refused(Code::ReceiptBucket));
    }
    for (cap, wanted) in [(5, Taken), (4, Refused(Code::CapDay))] {
        let to = format!("day-records {cap}\n");
        edit_at("decision", "day-records 1000\n", &to, "receipt 2", wanted);
    }
    let gone = Story::good()
        .again("attestation of s-01", "receipt 0", |_| {})
        .again("deletion of s-01", "attestation of s-01 again", |s| {
            s.edit(
                "{leaf:attestation of s-01}",
                "{leaf:attestation of s-01 again}",
            );
        });
    // A window without records puts nothing into it.
    assert_eq!(verdict(&gone, "receipt 1"), Taken);
    assert_eq!(verdict(&gone, "receipt 2"), Refused(Code::BucketGone));
    // A deletion that comes before the bucket's first record deletes it too.
    let mut early = Story::good();
    for name in ["attestation of s-01", "deletion of s-01"] {
        let end = early.steps.remove(early.place(name));
        let time = early.step("receipt 0").time;
        let at = early.place("receipt 0");
        early.steps.insert(at, Step { time, ..end });
    }
    assert_eq!(verdict(&early, "receipt 0"), Refused(Code::BucketGone));
}

#[test]
fn i2_and_i3_windows_follow_and_conserve() {
    let both = |step: &str, at: usize, key: &str, from: u64, to: u64, wanted: Code| {
        check(step, Refused(wanted), |s| {
            s.count(at, to);
            s.edit(&format!("\"{key}\":{from}"), &format!("\"{key}\":{to}"));
        });
    };
    both("receipt 0", 0, "index", 0, 1, Code::WindowGap);
    both("receipt 1", 0, "index", 1, 0, Code::WindowGap);
    both("receipt 1", 0, "index", 1, 2, Code::WindowGap);
    both("receipt 1", 3, "held_before", 19, 18, Code::WindowHeld);
    both("receipt 0", 3, "held_before", 0, 1, Code::WindowHeld);
    both("receipt 0", 4, "read", 100, 101, Code::NotConserved);
    both("receipt 0", 5, "selected", 20, 21, Code::NotConserved);
    both("receipt 0", 6, "domestic", 60, 59, Code::NotConserved);
    both("receipt 0", 7, "link", 1, 0, Code::NotConserved);
    both("receipt 0", 8, "held_after", 19, 20, Code::NotConserved);
    both(
        "receipt 0",
        8,
        "held_after",
        19,
        u64::MAX,
        Code::NotConserved,
    );
    let start = hour(0) * 1000 + 60_000;
    both(
        "receipt 1",
        1,
        "start_ms",
        start,
        start + 1,
        Code::WindowTime,
    );
    both(
        "receipt 1",
        1,
        "start_ms",
        start,
        start - 1,
        Code::WindowTime,
    );
    check("receipt 0", Refused(Code::ReceiptBody), |s| {
        s.count(4, 101);
    });
    edit(
        "receipt 0",
        "\"domestic\":60",
        "\"domestic\":18446744073709551615",
        Refused(Code::ReceiptBody),
    );
    // The sum alone is the envelope's: which reason discarded them may move.
    check("receipt 0", Taken, |s| {
        s.edit("\"domestic\":60", "\"domestic\":59")
            .edit("\"not_ip\":0", "\"not_ip\":1");
    });
    for at in 1..=5 {
        check("stop", Refused(Code::StopTotals), |s| {
            s.count(at, 999);
        });
    }
    check("stop", Taken, |s| {
        s.count(0, 1);
    });
}

#[test]
fn i3_records_are_numbered_counted_and_committed_to() {
    for (from, to) in [
        ("-0\",\"records\":3", "-1\",\"records\":3"),
        (
            "\"records\":3,\"commitment\":\"",
            "\"records\":2,\"commitment\":\"",
        ),
    ] {
        edit("receipt 0", from, to, Refused(Code::ReceiptRecords));
    }
    let root = sakimori_testkit::history::commitment(0, 3);
    edit("receipt 0", &root, "", Refused(Code::ReceiptRecords));
    edit(
        "receipt 1",
        "\"commitment\":\"\"",
        &format!("\"commitment\":\"{root}\""),
        Refused(Code::ReceiptRecords),
    );
    edit(
        "receipt 2",
        "-3\",\"records\":2",
        "-2\",\"records\":2",
        Refused(Code::ReceiptRecords),
    );
    check("receipt 0", Refused(Code::ReceiptRecords), |s| {
        s.count(12, 2);
        s.edit("\"flows_selected\":3", "\"flows_selected\":2");
    });
    check("receipt 0", Refused(Code::ReceiptRecords), |s| {
        s.count(11, 2);
        s.edit("\"flows_closed\":3", "\"flows_closed\":2");
    });
    check("receipt 0", Taken, |s| {
        s.count(11, 4);
        s.edit("\"flows_closed\":3", "\"flows_closed\":4");
    });
    // Identifiers are counted and committed to as records are, and there are none without records.
    let identified = |step: &str, window: u64, told: u64, root: &str| {
        let story = Story::good().with(step, |s| {
            s.edit(
                "\"identifiers\":0,\"identifiers_shed\"",
                &format!("\"identifiers\":{window},\"identifiers_shed\""),
            )
            .edit(
                "\"identifiers\":0,\"identifiers_commitment\":\"",
                &format!("\"identifiers\":{told},\"identifiers_commitment\":\"{root}"),
            );
        });
        verdict(&story, step)
    };
    assert_eq!(identified("receipt 0", 2, 2, &root), Taken);
    for (step, window, told, root) in [
        ("receipt 0", 2, 1, root.as_str()),
        ("receipt 0", 2, 2, ""),
        ("receipt 0", 0, 0, root.as_str()),
        ("receipt 1", 2, 2, root.as_str()),
    ] {
        let verdict = identified(step, window, told, root);
        assert_eq!(verdict, Refused(Code::ReceiptRecords), "{step}");
    }
}

#[test]
fn an_entry_that_is_cut_out_moved_or_changed_is_refused() {
    use sakimori_oversight::{Book, Judged};
    let written = Story::good().up_to("receipt 0").write();
    let filled = |count: usize| -> Book {
        let mut book = crate::history::empty();
        for w in written.iter().take(count) {
            assert!(judge(&mut book, w).is_ok());
        }
        book
    };
    let last = written.last().unwrap();
    let code = |book: &mut Book, index: u64, leaf: &[u8], stored: &[u8]| {
        let at = Judged::at(last.entry.envelope.time);
        book.judge(index, leaf, stored, at).map_err(|why| why.code)
    };
    let (leaf, stored) = (&last.entry.leaf, &last.entry.stored);
    // `running` is cut out before the receipt of the same stream.
    let cut = written.len() - 2;
    let mut book = filled(cut);
    assert_eq!(
        code(&mut book, cut as u64, leaf, stored),
        Err(Code::StreamChain)
    );
    assert_eq!(
        code(&mut book, last.index, leaf, stored),
        Err(Code::EntryOrder)
    );
    let mut book = filled(cut + 1);
    let before = book.clone();
    assert_eq!(
        code(&mut book, last.index, b"\xa0", stored),
        Err(Code::EntryForm)
    );
    assert_eq!(code(&mut book, last.index, leaf, b""), Err(Code::BodyForm));
    let mut flipped = stored.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(
        code(&mut book, last.index, leaf, &flipped),
        Err(Code::BodyWrong)
    );
    assert!(book == before);
    assert_eq!(
        code(&mut book, last.index, leaf, stored),
        Ok(sakimori_oversight::Taken::InForce)
    );
    assert_eq!(
        code(&mut book, last.index, leaf, stored),
        Ok(sakimori_oversight::Taken::Again)
    );
}

#[test]
fn the_writers_clock_bounds_an_entry_that_is_ahead() {
    use sakimori_oversight::Judged;
    let written = Story::good().up_to("root").write();
    let entry = &written[0].entry;
    let time = entry.envelope.time.0;
    for (now, wanted) in [(time - 120, true), (time - 121, false)] {
        let mut book = crate::history::empty();
        let at = Judged::at(sakimori_custody::time::Seconds(now));
        let verdict = book.judge(0, &entry.leaf, &entry.stored, at);
        assert_eq!(verdict.is_ok(), wanted, "{verdict:?}");
    }
    let book = good(&Story::good().up_to("root"));
    assert_eq!(book.size(), 1);
}
