//! I9 to I12: statements, requests, rulings, schedules, roots, reports, leases, versions.

use super::Verdict::{Refused, Taken, Void};
use super::{check, check_at, edit, edit_at, ruling, verdict};
use sakimori_oversight::refused::Code;
use sakimori_testkit::folder::{Plan, signer};
use sakimori_testkit::history::{FIRST, SECOND, Step, Story, hour};

#[test]
fn i9_statements_have_the_signatures_the_request_and_the_bounds_that_they_need() {
    for signers in [
        vec!["m1", "m4"],
        vec!["m1", "m4", "!m5"],
        vec!["m1", "m2", "m4", "m5"],
        vec![],
    ] {
        let wanted = Void(Code::StatementBad);
        if signers.is_empty() {
            continue;
        }
        check("decision", wanted, |s| s.signers = signers);
    }
    edit(
        "decision",
        "for: m1 m5\nagainst: m4",
        "for: m5\nagainst: m1 m4",
        Void(Code::StatementBad),
    );
    edit(
        "decision",
        "presiding: m1",
        "presiding: m4",
        Void(Code::StatementBad),
    );
    edit("decision", "root: 1", "root: 2", Void(Code::StatementBad));
    check("decision", Void(Code::StatementBad), |s| {
        s.authority = "schedule".to_owned();
    });
    let twice = Story::good().again("decision", "lease", |s| {
        s.authority = "decision again".to_owned();
    });
    assert_eq!(
        verdict(&twice, "decision again"),
        Void(Code::StatementTwice)
    );
    edit(
        "decision",
        "{leaf:request}",
        &"0".repeat(64),
        Void(Code::RequestUnknown),
    );
    edit(
        "decision",
        "{leaf:request}",
        "{leaf:question}",
        Void(Code::RequestUnknown),
    );
    edit_at(
        "request",
        "id: 5a",
        "id: 5b",
        "decision",
        Void(Code::RequestDraft),
    );
    edit("decision", "keep 90d", "keep 730d", Taken);
    edit(
        "decision",
        "keep 90d",
        "keep 731d",
        Void(Code::BeyondSchedule),
    );
    let until = "not-after: 2027-06-30T00:00:00Z";
    edit("decision", until, "not-after: 2027-07-01T00:00:00Z", Taken);
    edit(
        "decision",
        until,
        "not-after: 2027-07-01T00:00:01Z",
        Void(Code::BeyondSchedule),
    );
    edit_at(
        "schedule",
        "cap.match-ppm = 1000000",
        "cap.match-ppm = 199",
        "decision",
        Void(Code::BeyondSchedule),
    );
    edit_at(
        "schedule",
        "cap.match-ppm = 1000000",
        "cap.match-ppm = 200",
        "decision",
        Taken,
    );
    edit_at(
        "schedule",
        "floor.acquisition = 2",
        "floor.acquisition = 3",
        "decision",
        Void(Code::BelowFloor),
    );
    for (time, wanted) in [(0, Taken), (60, Void(Code::StatementEnded))] {
        check("decision", wanted, |s| {
            s.edit(until, "not-after: 2027-04-01T04:00:00Z");
            s.time = hour(4) + time;
        });
    }
}

#[test]
fn i9_a_request_says_why_and_is_made_by_an_officer_who_is_no_member() {
    for (from, to, code) in [
        (
            "\"it cannot be seen otherwise\"",
            "\"\"",
            Code::RequestFields,
        ),
        ("\"a relay was seen\"", "\" \"", Code::RequestFields),
        ("\"reports were asked for\"", "\"\"", Code::RequestFields),
        ("\"no content leaves\"", "\"\"", Code::RequestFields),
        (
            "\"requester\":\"o1\"",
            "\"requester\":\"m1\"",
            Code::RequesterMember,
        ),
        (
            "\"requester\":\"o1\"",
            "\"requester\":\"o9\"",
            Code::RequesterMember,
        ),
        (
            "\"requester\":\"o1\"",
            "\"requester\":null",
            Code::RequesterMember,
        ),
    ] {
        edit("request", from, to, Void(code));
        edit_at("request", from, to, "decision", Void(code));
    }
}

#[test]
fn i9_nobody_asks_for_a_larger_share_of_traffic_than_the_schedule_lets() {
    let (share, cap) = ("\"expected_share_ppm\":150", "cap.share-ppm = 300000");
    let asks = |ppm: u64| {
        Story::good().with("request", |s| {
            s.edit(share, &format!("\"expected_share_ppm\":{ppm}"));
        })
    };
    for (ppm, wanted) in [(300_000, Taken), (300_001, Void(Code::RequestShare))] {
        assert_eq!(verdict(&asks(ppm), "request"), wanted);
        assert_eq!(verdict(&asks(ppm), "decision"), wanted);
    }
    // Nothing rests on a decision that is not in force.
    assert_eq!(verdict(&asks(300_001), "lease"), Void(Code::LeaseBad));
    check_at("urgent request", "urgent", Void(Code::RequestShare), |s| {
        s.edit(share, "\"expected_share_ppm\":300001");
    });
    // Without a schedule there is no cap; a schedule that comes between request and decision holds for the decision.
    let unscheduled = asks(1_000_000).without("schedule");
    assert_eq!(verdict(&unscheduled, "request"), Taken);
    assert_eq!(verdict(&unscheduled, "decision"), Taken);
    let lowered = Story::good().again("schedule", "request", |s| {
        s.edit("version: 1", "version: 2")
            .edit("previous: none", "previous: sha256:{sha:schedule}")
            .edit(cap, "cap.share-ppm = 149");
        s.count(0, 2);
    });
    assert_eq!(verdict(&lowered, "request"), Taken);
    assert_eq!(verdict(&lowered, "decision"), Void(Code::RequestShare));
}

#[test]
fn i9_an_agreement_waits_for_the_commission_where_the_schedule_says_so() {
    let key = |who: &str| signer(who).verifier().to_string();
    let lines = format!(
        "party: party.example {}\nsuspend-key: {}\n",
        key("party"),
        key("suspend")
    );
    let sitting = "present: m1 m4 m5\npresiding: m1\nfor: m1 m5\nagainst: m4\nrecused: none\n";
    let agreed = |sits: &str| {
        Story::good()
            .with("schedule", |s| {
                s.edit(
                    "agreement.sitting = no",
                    &format!("agreement.sitting = {sits}"),
                );
            })
            .with("decision", |s| {
                s.edit("kind: acquisition", "kind: agreement")
                    .edit(sitting, &lines);
                s.signers = vec!["office", "party"];
            })
    };
    assert_eq!(verdict(&agreed("no"), "start"), Taken);
    assert_eq!(
        verdict(&agreed("yes"), "start"),
        Refused(Code::SittingMissing)
    );
    let approved = format!("about: authority {FIRST}\noutcome: approved\n");
    let mut story = agreed("yes");
    let step = ruling("lease", &approved).step("ratified again").clone();
    let at = story.place("lease");
    story.steps.insert(
        at,
        Step {
            time: hour(4),
            ..step
        },
    );
    assert_eq!(verdict(&story, "start"), Taken);
    // The party suspends with its own key, and nobody with another.
    for (key, wanted) in [("suspend", Taken), ("party", Void(Code::SuspensionBad))] {
        let story = agreed("no").again("suspended", "lease", |s| {
            s.edit("by: commission", "by: party");
            s.signers = vec![key];
        });
        assert_eq!(verdict(&story, "suspended again"), wanted);
    }
}

#[test]
fn i9_rulings_suspensions_schedules_and_releases_hold_or_are_void() {
    check("ratified", Void(Code::RulingBad), |s| {
        s.signers = vec!["m1", "m2", "m4"];
    });
    edit(
        "ratified",
        "for: m1 m2 m5\nagainst: m4",
        "for: m1\nagainst: m2 m4 m5",
        Void(Code::RulingBad),
    );
    edit(
        "ratified",
        &"32".repeat(16),
        &"31".repeat(16),
        Void(Code::RulingTwice),
    );
    edit("ratified", SECOND, FIRST, Void(Code::RulingAbout));
    edit(
        "ratified",
        "kind: acquisition",
        "kind: measure",
        Void(Code::RulingAbout),
    );
    for (days, wanted) in [(91, Taken), (90, Void(Code::RulingAbout))] {
        edit("kept longer", "keep 100", &format!("keep {days}"), wanted);
    }
    edit_at(
        "schedule",
        "floor.reidentification = 3",
        "floor.reidentification = 4",
        "ruling to show",
        Void(Code::BelowFloor),
    );
    check("suspended", Void(Code::SuspensionBad), |s| {
        s.signers = vec!["m4"];
    });
    edit(
        "suspended",
        "by: commission",
        "by: office",
        Void(Code::SuspensionBad),
    );
    check("suspended", Taken, |s| {
        s.edit("by: commission", "by: office");
        s.signers = vec!["office"];
    });
    edit("suspended", FIRST, SECOND, Void(Code::SuspensionBad));
    check("resumed", Void(Code::SuspensionSerial), |s| {
        s.edit("serial: 2", "serial: 1");
        s.count(0, 1);
    });
    check("resumed", Void(Code::SuspensionSerial), |s| {
        s.count(0, 3);
    });
    // Who takes the last serial would leave none to those who stop it behind.
    for (serial, code) in [
        (3, Code::SuspensionSerial),
        (1_000_000_000, Code::SuspensionSerial),
        (1_000_000_001, Code::SuspensionBad),
        (u64::MAX, Code::SuspensionBad),
    ] {
        check("resumed", Void(code), |s| {
            s.count(0, serial)
                .edit("serial: 2", &format!("serial: {serial}"));
        });
    }
    check("schedule", Void(Code::ScheduleBad), |s| {
        s.signers = vec!["m1", "m4", "m5"];
    });
    check("schedule", Void(Code::ScheduleBad), |s| {
        s.signers = vec!["office", "m1", "m4"];
    });
    check("software", Void(Code::SoftwareBad), |s| {
        s.signers = vec!["office"];
    });
    check("software", Void(Code::SoftwareBad), |s| {
        s.signers = vec!["office", "m4"];
    });
    let second = |change: &dyn Fn(&mut Step)| {
        Story::good().again("schedule", "access", |s| {
            s.edit("version: 1", "version: 2")
                .edit("previous: none", "previous: sha256:{sha:schedule}");
            s.count(0, 2);
            change(s);
        })
    };
    assert_eq!(verdict(&second(&|_| {}), "schedule again"), Taken);
    let again = Story::good().again("schedule", "access", |_| {});
    assert_eq!(verdict(&again, "schedule again"), Void(Code::ScheduleChain));
    let other = second(&|s| {
        s.edit("{sha:schedule}", "{sha:software}");
    });
    assert_eq!(verdict(&other, "schedule again"), Void(Code::ScheduleChain));
    let released = |s: &mut Step| {
        s.edit(
            "release.recipients = cabinet-office nco npa mod",
            "release.recipients = cabinet-office nco npa mod press",
        );
    };
    assert_eq!(
        verdict(&second(&released), "schedule again"),
        Void(Code::ScheduleConsultation)
    );
    let consulted = second(&|s| {
        released(s);
        s.edit("consultation: none", "consultation: sha256:{sha:software}");
    });
    assert_eq!(verdict(&consulted, "schedule again"), Taken);
}

#[test]
fn i9_a_second_trust_root_follows_the_first_or_is_void() {
    let folder = Plan::second_root().build().folder;
    let note = sakimori_tlog::note::Note::parse(&folder.trust_root).unwrap();
    let text = note.text().to_owned();
    let second = |signers: &[&'static str]| {
        Story::good().again("root", "request", |s| {
            s.body.clone_from(&text);
            s.count(0, 2);
            s.signers = signers.to_vec();
        })
    };
    let rotated = second(&["m1", "m3", "m4"]);
    assert_eq!(verdict(&rotated, "root again"), Taken);
    // From then on statements are decided under the second.
    assert_eq!(verdict(&rotated, "decision"), Void(Code::StatementBad));
    let decided = rotated.with("decision", |s| {
        s.edit("root: 1", "root: 2");
    });
    assert_eq!(verdict(&decided, "decision"), Taken);
    for signers in [&["m3", "m4", "m5"][..], &["m1", "m3"]] {
        let story = second(signers);
        assert_eq!(verdict(&story, "root again"), Void(Code::RootChain));
        assert_eq!(verdict(&story, "decision"), Taken);
    }
    let same = Story::good().again("root", "request", |_| {});
    assert_eq!(verdict(&same, "root again"), Void(Code::RootChain));
}

#[test]
fn i10_a_report_says_what_the_log_gives() {
    edit("report", "[[2,1]", "[[2,2]", Refused(Code::ReportDiffers));
    edit("report", "[1,1,1]", "[1,1,0]", Refused(Code::ReportDiffers));
    check("report", Refused(Code::ReportDiffers), |s| {
        s.count(1, 2);
    });
    check("report", Refused(Code::ReportDiffers), |s| {
        s.count(0, 2028);
        s.edit("\"year\":2027", "\"year\":2028");
    });
    let less = Story::good()
        .without("notice")
        .without("reply to the notice");
    assert_eq!(verdict(&less, "report"), Refused(Code::ReportDiffers));
}

#[test]
fn i11_a_lease_is_younger_than_its_decision_and_lasts_a_day() {
    let size = |to: i64| {
        let story = Story::good();
        let size = i64::try_from(story.place("lease")).unwrap() + to;
        story.with("lease", |s| {
            s.edit("{size}", &size.to_string());
        })
    };
    // The decision stands right before the lease.
    for (to, wanted) in [
        (0, Taken),
        (-1, Void(Code::LeaseEarly)),
        (1, Void(Code::LeaseAhead)),
    ] {
        assert_eq!(verdict(&size(to), "lease"), wanted, "{to}");
    }
    check("lease", Void(Code::LeaseBad), |s| {
        s.signers = vec!["!lease"];
    });
    edit(
        "lease",
        "sensor: s-01",
        "sensor: s-03",
        Void(Code::LeaseBad),
    );
    edit("lease", "root: 1", "root: 2", Void(Code::LeaseBad));
    check("lease", Void(Code::LeaseBad), |s| {
        s.count(0, hour(17));
    });
    for (end, at, wanted) in [
        ("2027-04-02T04:00:00Z", hour(28), Taken),
        ("2027-04-02T04:00:01Z", hour(28) + 1, Void(Code::LeaseLong)),
    ] {
        check("lease", wanted, |s| {
            s.edit(
                "not-after: 2027-04-01T16:00:00Z",
                &format!("not-after: {end}"),
            );
            s.count(0, at);
        });
    }
    // Two minutes ahead of the minute in which it was entered.
    for (issued, wanted) in [("04:02:59", Taken), ("04:03:00", Void(Code::LeaseLong))] {
        edit(
            "lease",
            "issued: 2027-04-01T04:00:00Z",
            &format!("issued: 2027-04-01T{issued}Z"),
            wanted,
        );
    }
    edit(
        "lease of the other sensor",
        &"1f".repeat(16),
        &"1e".repeat(16),
        Void(Code::LeaseTwice),
    );
}

#[test]
fn i12_a_start_names_the_software_and_the_schedule_in_force() {
    edit(
        "start",
        &"50".repeat(32),
        &"51".repeat(32),
        Refused(Code::StartSoftware),
    );
    edit("start", &"50".repeat(32), "", Refused(Code::StartSoftware));
    edit(
        "start",
        "{sha:schedule}",
        "{sha:software}",
        Refused(Code::StartSchedule),
    );
    edit("start", "{sha:schedule}", "", Refused(Code::StartSchedule));
    let later = "not-before: 2027-04-01T00:00:00Z";
    // A release that has not begun is none: nothing is asked for, as where there is none.
    edit_at(
        "software",
        later,
        "not-before: 2027-04-01T05:00:01Z",
        "start",
        Taken,
    );
    let none = Story::good().without("software").with("start", |s| {
        s.edit(&"50".repeat(32), "");
    });
    assert_eq!(verdict(&none, "start"), Taken);
    // Once another is on record and has begun, the one before it lets nobody start.
    let story = Story::good().again("schedule", "lease of the other sensor", |s| {
        s.edit("version: 1", "version: 2")
            .edit("previous: none", "previous: sha256:{sha:schedule}");
        s.count(0, 2);
        s.time = hour(5) - 60;
    });
    assert_eq!(verdict(&story, "start"), Refused(Code::StartSchedule));
}
