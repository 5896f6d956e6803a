//! I5 to I8: queries, exports, showings, urgent acts.

use super::Verdict::{Refused, Taken, Void};
use super::{check, check_at, edit, edit_at, ruling, verdict};
use sakimori_oversight::refused::Code;
use sakimori_testkit::history::{Count, FIRST, SECOND, Step, Story, hour};

#[test]
fn i5_queries_say_why_and_are_closed_once() {
    for (from, to) in [
        ("\"a beacon\"", "\" \""),
        ("\"case-1\"", "\"\""),
        ("\"actor\":\"a.tanaka\",", ""),
        ("\"actor\":\"a.tanaka\"", "\"actor\":\"A Tanaka\""),
    ] {
        edit("query", from, to, Refused(Code::QueryFields));
    }
    check("query", Refused(Code::QueryFields), |s| {
        s.count(1, 2);
    });
    edit(
        "query",
        &format!("\"authority\":\"{FIRST}\""),
        &format!("\"authority\":\"{SECOND}\""),
        Refused(Code::QueryAuthority),
    );
    check("query", Refused(Code::QueryAuthority), |s| {
        s.authority.clear();
    });
    edit(
        "query",
        &format!("[\"{FIRST}"),
        &format!("[\"{SECOND}"),
        Refused(Code::QueryBucket),
    );
    edit_at(
        "access",
        "\"analyst\"",
        "\"responder\"",
        "query",
        Refused(Code::QueryRole),
    );
    edit_at(
        "access",
        "\"clearance\":[\"selected\"]",
        "\"clearance\":[\"integrated\"]",
        "query",
        Refused(Code::QueryClearance),
    );
    // Role and clearance may come from two grants; one that came late in another stream counts from its place in the log.
    let two = Story::good()
        .with("access", |s| {
            s.edit("\"clearance\":[\"selected\"]", "\"clearance\":[]");
        })
        .again("access", "gap", |s| {
            s.edit("[\"analyst\"]", "[]")
                .edit("\"clearance\":[]", "\"clearance\":[\"selected\"]");
            s.time = hour(6) + 1800;
        });
    assert_eq!(verdict(&two, "query"), Taken);
    for (until, wanted) in [
        ("2027-04-01T06:00:00Z", Taken),
        ("2027-04-01T05:59:59Z", Refused(Code::QueryRole)),
    ] {
        edit_at("access", "2028-03-31T23:59:59Z", until, "query", wanted);
    }
    let ended = Story::good().again("access", "gap", |s| {
        s.edit("\"granted\"", "\"ended\"");
        s.time = hour(6);
    });
    assert_eq!(verdict(&ended, "query"), Refused(Code::QueryRole));
    let nobody = Story::good()
        .without("access")
        .without("access of a supervisor");
    assert_eq!(verdict(&nobody, "query"), Taken);
    check("answered", Refused(Code::QueryUnopened), |s| {
        s.count(2, 5);
    });
    let twice = Story::good().again("answered", "answered", |s| s.stream = 0x02);
    assert_eq!(
        verdict(&twice, "answered again"),
        Refused(Code::QueryUnopened)
    );
    for (rows, wanted) in [(99_999, Taken), (100_000, Refused(Code::QueryBudget))] {
        let story = Story::good()
            .with("answered", |s| {
                s.count(0, rows);
            })
            .again("query", "answered", |_| {});
        assert_eq!(verdict(&story, "query again"), wanted);
    }
}

/// The verdict on a query behind a step, at a time, that names a bucket.
fn looked_at(
    story: Story,
    (behind, time): (&str, u64),
    (authority, id): (&str, &str),
    day: &str,
) -> super::Verdict {
    let story = story.again("query", behind, |s| {
        s.time = time;
        authority.clone_into(&mut s.authority);
        let sensor = if id == FIRST { "s-01" } else { "s-02" };
        let bucket = format!("{FIRST}/s-01/2027-04-01");
        s.edit(&bucket, &format!("{id}/{sensor}/{day}"));
        s.body = s.body.replace(FIRST, id);
    });
    verdict(&story, "query again")
}

#[test]
fn i5_nobody_asks_for_a_bucket_that_has_ended() {
    let (first, second) = (("decision", FIRST), ("urgent", SECOND));
    let end = |days: u64| hour(24 * days);
    // To the last minute of its retention, and of the time that a ruling gave it.
    for (of, days) in [(first, 90), (second, 100)] {
        for (at, wanted) in [
            (end(days) - 60, Taken),
            (end(days), Refused(Code::QueryEnded)),
        ] {
            let found = looked_at(Story::good(), ("kept longer", at), of, "2027-04-01");
            assert_eq!(found, wanted, "{days} days, {at}");
        }
    }
    let usual = Story::good().without("kept longer");
    let found = looked_at(usual, ("ratified", end(90)), second, "2027-04-01");
    assert_eq!(found, Refused(Code::QueryEnded));
    // Nobody wrote these; their statement says how long they would have been kept.
    for (day, wanted) in [
        ("2027-01-02", Taken),
        ("2027-01-01", Refused(Code::QueryEnded)),
    ] {
        let found = looked_at(Story::good(), ("stop", hour(6)), first, day);
        assert_eq!(found, wanted, "{day}");
    }
    // Before its end, but gone on record.
    let deleted = |day: &str| {
        let bucket = format!("/s-01/{day}");
        Story::good()
            .again("attestation of s-01", "stop", |_| {})
            .again("deletion of s-01", "attestation of s-01 again", |s| {
                s.edit("/s-01/2027-04-01", &bucket);
                let attested = "{leaf:attestation of s-01";
                s.edit(attested, &format!("{attested} again"));
            })
    };
    for day in ["2027-04-01", "2027-03-01"] {
        let behind = ("deletion of s-01 again", hour(6));
        let found = looked_at(deleted(day), behind, first, day);
        assert_eq!(found, Refused(Code::QueryEnded), "{day}");
        let found = looked_at(deleted(day), behind, first, "2027-04-02");
        assert_eq!(found, Taken, "{day}");
    }
    let lapsed = lapse("urgent stop", "silence", hour(35) + 60);
    let found = looked_at(lapsed, ("lapse", hour(35) + 60), second, "2027-04-01");
    assert_eq!(found, Refused(Code::QueryEnded));
}

#[test]
fn i6_exports_say_all_and_go_where_the_schedule_lets_them() {
    for (from, to) in [
        ("\"m-1\"", "\"\""),
        ("\"a warning\"", "\"\""),
        ("\"class\":\"selected\"", "\"class\":\" \""),
        ("\"case-1\"", "\"\""),
        (&format!("[\"{FIRST}/s-01/2027-04-01\"]"), "[]"),
        (
            &format!("[\"{FIRST}/s-01/2027-04-01\"]"),
            &format!("[\"{FIRST}/s-01/2027-04-02\"]"),
        ),
    ] {
        edit("export", from, to, Refused(Code::ExportFields));
    }
    edit(
        "export",
        "\"npa\"",
        "\"press\"",
        Refused(Code::ExportRecipient),
    );
    let unscheduled = Story::good().without("schedule");
    let unscheduled = unscheduled.with("start", |s| {
        s.edit("{sha:schedule}", "");
    });
    assert_eq!(
        verdict(&unscheduled, "export"),
        Refused(Code::ExportRecipient)
    );
    let purged = Story::good().again("purge", "finding", |_| {});
    assert_eq!(verdict(&purged, "export"), Refused(Code::ExportPurged));
    edit(
        "export",
        "\"a.tanaka\"",
        "\"x.yamada\"",
        Refused(Code::ExportRole),
    );
    // Who may not ask for records takes none out.
    edit(
        "export",
        "\"a.tanaka\"",
        "\"k.sato\"",
        Refused(Code::ExportRole),
    );
    let cleared = |to: &str| {
        let ended = Story::good().again("access", "finding", |s| {
            s.edit("\"granted\"", "\"ended\"");
        });
        ended.again("access of a supervisor", "access again", |s| {
            s.edit("\"k.sato\"", "\"a.tanaka\"")
                .edit("\"supervisor\"", "\"analyst\"")
                .edit("\"clearance\":[\"selected\"]", to);
        })
    };
    let again = cleared("\"clearance\":[\"selected\"]");
    assert_eq!(verdict(&again, "export"), Taken);
    for to in ["\"clearance\":[]", "\"clearance\":[\"provision\"]"] {
        assert_eq!(
            verdict(&cleared(to), "export"),
            Refused(Code::ExportClearance)
        );
    }
    for (most, wanted) in [(2, Taken), (1, Refused(Code::ExportBudget))] {
        let story = Story::good()
            .with("schedule", |s| {
                s.edit("budget.exports = 10", &format!("budget.exports = {most}"));
            })
            .again("export", "export", |_| {});
        assert_eq!(verdict(&story, "export again"), wanted);
    }
}

#[test]
fn i7_a_showing_rests_on_one_ruling_about_this_record_by_others() {
    check("showing", Refused(Code::ReidentificationRuling), |s| {
        s.count(0, 3);
    });
    edit("showing", "\"k.sato\"", "\"a.tanaka\"", Taken);
    for (from, to) in [
        ("[\"supervisor\"]", "[\"responder\"]"),
        ("\"clearance\":[\"selected\"]", "\"clearance\":[]"),
        ("2028-03-31T23:59:59Z", "2027-04-01T06:59:59Z"),
    ] {
        let wanted = Refused(Code::ReidentificationRole);
        edit_at("access of a supervisor", from, to, "showing", wanted);
    }
    let nobody = Story::good()
        .without("access")
        .without("access of a supervisor");
    assert_eq!(verdict(&nobody, "showing"), Taken);
    edit(
        "showing",
        "\"user\"",
        "\"source-mail\"",
        Refused(Code::ReidentificationRecord),
    );
    edit(
        "showing",
        "-0\"",
        "-1\"",
        Refused(Code::ReidentificationRecord),
    );
    edit(
        "showing",
        "/s-01/",
        "/s-02/",
        Refused(Code::ReidentificationRecord),
    );
    for voter in ["m1", "m4"] {
        edit(
            "showing",
            "\"k.sato\"",
            &format!("\"{voter}\""),
            Refused(Code::ReidentificationVoter),
        );
    }
    let twice = Story::good().again("showing", "showing", |_| {});
    assert_eq!(
        verdict(&twice, "showing again"),
        Refused(Code::ReidentificationUsed)
    );
    // A ruling that lacks a signature allows nothing.
    check_at(
        "ruling to show",
        "showing",
        Refused(Code::ReidentificationRuling),
        |s| {
            s.signers = vec!["m1", "m2", "m4"];
        },
    );
}

#[test]
fn i8_urgent_acts_are_what_the_schedule_allows() {
    edit_at(
        "schedule",
        "urgent.acquisition = 24 hours",
        "urgent.acquisition = off",
        "urgent",
        Void(Code::UrgentOff),
    );
    for (month, wanted) in [(1, Taken), (0, Void(Code::UrgentMonth))] {
        edit_at(
            "schedule",
            "urgent.month = 4",
            &format!("urgent.month = {month}"),
            "urgent",
            wanted,
        );
    }
    for (records, wanted) in [(100_000, Taken), (100_001, Void(Code::UrgentCaps))] {
        edit(
            "urgent",
            "day-records 500",
            &format!("day-records {records}"),
            wanted,
        );
    }
    edit(
        "urgent",
        "not-after: 2027-04-02T11:00:00Z",
        "not-after: 2027-04-02T11:00:01Z",
        Void(Code::UrgentHours),
    );
    // It may begin later, and still ends with the clock that began at its entry.
    for (until, wanted) in [("11:01:00", Taken), ("11:01:01", Void(Code::UrgentHours))] {
        check("urgent", wanted, |s| {
            s.edit(
                "not-before: 2027-04-01T11:00:00Z",
                "not-before: 2027-04-01T12:00:00Z",
            )
            .edit(
                "not-after: 2027-04-02T11:00:00Z",
                &format!("not-after: 2027-04-02T{until}Z"),
            );
        });
    }
    check("urgent", Void(Code::StatementBad), |s| {
        s.signers = vec!["o1"];
    });
    edit(
        "urgent",
        "urgent: o1 o3",
        "urgent: o1 m1",
        Void(Code::StatementBad),
    );
    check("urgent", Void(Code::StatementBad), |s| {
        s.kind = sakimori_custody::entry::EntryType::Decision;
    });
    check("decision", Void(Code::StatementBad), |s| {
        s.kind = sakimori_custody::entry::EntryType::Urgent;
    });
    for (late, wanted) in [(120, Taken), (180, Refused(Code::UrgentEnded))] {
        // The lease is renewed, the deadline is not.
        let story = Story::good().with("urgent start", |s| {
            s.time = hour(35) + late;
        });
        let story = story.with("urgent lease", |s| {
            s.edit("2027-04-01T11:00:00Z", "2027-04-01T23:00:00Z")
                .edit("2027-04-01T23:00:00Z\ntree", "2027-04-02T11:00:00Z\ntree");
            s.count(0, hour(35));
            s.time = hour(23);
        });
        assert_eq!(verdict(&story, "urgent start"), wanted, "{late}");
    }
}

/// A lapse behind a step, at a time.
fn lapse(behind: &str, reason: &str, time: u64) -> Story {
    Story::good()
        .without("ratified")
        .without("kept longer")
        .again("inspection closed", behind, |s| {
            "lapse".clone_into(&mut s.name);
            s.kind = sakimori_custody::entry::EntryType::Lapse;
            s.time = time;
            s.counters = vec![Count::N(1)];
            s.body = format!(
                r#"{{"urgent":"{SECOND}","reason":"{reason}","destroyed":["{SECOND}/s-02/2027-04-01"]}}"#
            );
        })
}

#[test]
fn i8_silence_lapses_behind_the_deadline_and_refusal_at_once() {
    for (late, wanted) in [(0, Refused(Code::LapseEarly)), (60, Taken)] {
        let story = lapse("urgent stop", "silence", hour(35) + late);
        assert_eq!(verdict(&story, "lapse"), wanted, "{late}");
    }
    let unrefused = lapse("urgent stop", "refused", hour(12));
    assert_eq!(verdict(&unrefused, "lapse"), Refused(Code::LapseUnknown));
    let refused = format!("about: urgent {SECOND}\noutcome: refused\n");
    let mut story = lapse("urgent stop", "refused", hour(12) + 60);
    let step = ruling("urgent stop", &refused)
        .step("ratified again")
        .clone();
    let at = story.place("lapse");
    story.steps.insert(
        at,
        Step {
            time: hour(12),
            ..step
        },
    );
    assert_eq!(verdict(&story, "lapse"), Taken);
    let other = story.clone().with("lapse", |s| {
        s.edit("destroyed\":[\"6b", "destroyed\":[\"5a");
    });
    assert_eq!(verdict(&other, "lapse"), Refused(Code::LapseUnknown));
    let twice = story.again("lapse", "lapse", |_| {});
    assert_eq!(verdict(&twice, "lapse again"), Refused(Code::LapseUnknown));
    // Nobody ratifies more than an hour behind the deadline.
    for (late, wanted) in [(3600, Taken), (3660, Void(Code::RulingAbout))] {
        check("ratified", wanted, |s| s.time = hour(35) + late);
    }
}
