//! The rows of the threat table that the book alone decides: 2, 4, 7 and 20 to 22.

use crate::history::{good, read};
use sakimori_custody::time::Seconds;
use sakimori_oversight::refused::{Code, Told};
use sakimori_oversight::walk::About;
use sakimori_testkit::history::{FIRST, SECOND, Story, hour};

/// The code with which a step of a story is refused.
fn refused(story: &Story, step: &str) -> Code {
    let (name, why) = read(&story.clone().up_to(step)).unwrap_err();
    assert_eq!(name, step, "{why}");
    why.code
}

/// The code of a step on which nothing may rest.
fn void(story: &Story, step: &str) -> Code {
    let book = good(&story.clone().up_to(step));
    let index = story.place(step) as u64;
    let found = book.void().iter().find(|(at, _)| *at == index);
    found.map(|(_, why)| why.code).expect("it is void")
}

#[test]
fn row_02_an_approval_that_is_made_up_afterwards_lets_nobody_act() {
    // The run comes before its decision.
    let mut story = Story::good();
    let start = story.steps.remove(story.place("start"));
    let at = story.place("decision");
    story.steps.insert(at, start.clone());
    story.steps[at].time = hour(3);
    assert_eq!(refused(&story, "start"), Code::AuthorityNone);
    // The lease was given on a log that did not hold the decision, whatever times both claim.
    let early = Story::good().with("lease", |s| {
        let size = Story::good().place("decision").to_string();
        s.edit("{size}", &size);
    });
    assert_eq!(void(&early, "lease"), Code::LeaseEarly);
    assert_eq!(refused(&early, "start"), Code::LeaseNone);
    // A decision that is dated back is told by the entries before it.
    let back = Story::good().with("decision", |s| s.time = hour(2) - 3660);
    assert_eq!(refused(&back, "decision"), Code::EntryBehind);
    // A statement that claims a time at which its request was not made answers no request.
    let unasked = Story::good().with("decision", |s| {
        s.edit("{leaf:request}", "{leaf:urgent request}");
    });
    assert_eq!(void(&unasked, "decision"), Code::StatementBad);
}

#[test]
fn row_04_a_sensor_that_drops_doubles_or_invents_is_caught_by_a_named_rule() {
    let dropped = Story::good().without("receipt 1");
    assert_eq!(refused(&dropped, "receipt 2"), Code::WindowGap);
    let doubled = Story::good().again("receipt 0", "receipt 0", |s| s.stream = 0x21);
    assert_eq!(refused(&doubled, "receipt 0 again"), Code::WindowGap);
    let fork = Story::good().again("receipt 0", "receipt 0", |_| {});
    assert_eq!(refused(&fork, "receipt 0 again"), Code::RunNone);
    let invented = Story::good().with("receipt 0", |s| {
        s.count(5, 21);
        s.edit("\"selected\":20", "\"selected\":21");
    });
    assert_eq!(refused(&invented, "receipt 0"), Code::NotConserved);
    // One that leaves packets out in all its counters is told by the carrier's.
    let silent = Story::good()
        .with("receipt 0", |s| {
            s.count(4, 90).count(6, 50);
            s.edit("\"read\":100", "\"read\":90")
                .edit("\"domestic\":60", "\"domestic\":50");
        })
        .with("stop", |s| {
            s.count(2, 140).count(4, 109);
        })
        .up_to("stop");
    let told = good(&silent).overdue(Seconds(hour(6)));
    assert_eq!(
        told.iter().map(|told| told.code).collect::<Vec<_>>(),
        [Told::CarrierDiffers]
    );
    assert_eq!(
        good(&Story::good().up_to("stop")).overdue(Seconds(hour(6))),
        []
    );
}

/// What is told of a story's runs.
fn told_of(story: &Story) -> Vec<Told> {
    let told = good(&story.clone().up_to("stop")).overdue(Seconds(hour(6)));
    told.iter().map(|told| told.code).collect()
}

#[test]
fn counters_that_run_over_are_held_against_the_carrier_s_all_the_same() {
    let story = Story::good().up_to("carrier").with("receipt 0", |s| {
        let (read, dropped) = (u64::MAX, u64::MAX - 40);
        s.count(4, read)
            .count(6, dropped)
            .edit("\"read\":100", &format!("\"read\":{read}"))
            .edit("\"domestic\":60", &format!("\"domestic\":{dropped}"));
    });
    let told = good(&story).overdue(Seconds(hour(6)));
    assert!(
        told.iter().any(|one| one.code == Told::CarrierDiffers),
        "{told:?}"
    );
}

#[test]
fn insider_carrier_cannot_drop_double_or_invent_packets_or_speak_for_a_sensor_unseen() {
    // All a carrier holds is its counter's key and the wire. What the wire gave stands in windows that the sensor signs; what the carrier says of the same time stands beside it.
    assert_eq!(told_of(&Story::good()), []);
    for (what, counted) in [
        ("dropped in front of the sensor", 160),
        ("doubled or invented in front of it", 140),
        ("a counter that says nothing came", 0),
    ] {
        let story = Story::good().with("carrier", |s| {
            s.count(2, counted);
        });
        assert_eq!(told_of(&story), [Told::CarrierDiffers], "{what}");
    }
    // A second word about the same time does not take the first one's place.
    for counted in [[150, 160], [160, 150]] {
        let twice = Story::good()
            .with("carrier", |s| {
                s.count(2, counted[0]);
            })
            .again("carrier", "carrier", |s| {
                s.count(2, counted[1]);
            });
        assert_eq!(told_of(&twice), [Told::CarrierDiffers], "{counted:?}");
    }
    // Its counter speaks of its own sensor and with its own key, and does nothing else.
    let other = Story::good().with("carrier", |s| {
        s.edit("\"s-01\"", "\"s-02\"");
    });
    assert!(read(&other.up_to("carrier")).is_err());
    for (step, key) in [
        ("carrier", "s-02"),
        ("receipt 0", "counter-01"),
        ("start", "counter-01"),
        ("stop", "counter-01"),
    ] {
        let forged = Story::good().with(step, |s| s.by = key);
        let (at, why) = read(&forged.up_to(step)).unwrap_err();
        assert_eq!(at, step, "{why}");
    }
    // Silence is no way out: windows do not stop for it, and without its word the counts are shown as the sensor's own.
    let silent = Story::good().without("carrier");
    assert_eq!(told_of(&silent), []);
}

#[test]
fn row_07_a_replayed_expired_or_revoked_authority_revives_nothing() {
    let replayed = Story::good().again("decision", "stop", |s| {
        s.authority = "decision again".to_owned();
    });
    assert_eq!(void(&replayed, "decision again"), Code::StatementTwice);
    let lease = Story::good().again("lease", "stop", |_| {});
    assert_eq!(void(&lease, "lease again"), Code::LeaseTwice);
    // The sweep around the lease's end: a minute is the step of entries' times.
    for minutes in 0..6 {
        let time = hour(16) + minutes * 60;
        let story = Story::good().with("start", |s| s.time = time);
        let taken = read(&story.clone().up_to("start")).is_ok();
        assert_eq!(taken, minutes <= 2, "{minutes} minutes behind the lease");
    }
    let other = Story::good().with("start", |s| {
        s.by = "s-02";
        s.edit("\"sensor\":\"s-01\"", "\"sensor\":\"s-02\"");
    });
    assert_eq!(refused(&other, "start"), Code::StartBody);
    // After a revocation the same decision and a new lease let nobody run.
    let matter = format!("about: urgent {SECOND}\noutcome: ratified");
    let revoked = Story::good()
        .again("ratified", "lease", |s| {
            s.edit(
                &matter,
                &format!("about: authority {FIRST}\noutcome: revoked"),
            )
            .edit(&"32".repeat(16), &"44".repeat(16));
        })
        .again("lease", "ratified again", |s| {
            s.edit(&"1e".repeat(16), &"4e".repeat(16));
        })
        .with("start", |s| {
            s.edit(&"1e".repeat(16), &"4e".repeat(16));
        });
    assert_eq!(refused(&revoked, "start"), Code::AuthorityRevoked);
}

#[test]
fn row_20_without_the_commission_leases_end_and_with_a_minority_lost_it_decides() {
    // Nobody renews: the last receipt is two minutes behind the lease.
    let late = Story::good().with("receipt 1", |s| s.time = hour(16) + 180);
    assert_eq!(refused(&late, "receipt 1"), Code::LeaseNone);
    // Two of five are lost: three decide, the deputy presides.
    let sitting = "present: m1 m4 m5\npresiding: m1\nfor: m1 m5\nagainst: m4";
    let minority = Story::good().with("decision", |s| {
        s.edit(
            sitting,
            "present: m2 m4 m5\npresiding: m2\nfor: m2 m5\nagainst: m4",
        );
        s.signers = vec!["m2", "m4", "m5"];
    });
    assert!(good(&minority.up_to("start")).void().is_empty());
    // Three of five are lost: nobody decides.
    let majority = Story::good().with("decision", |s| {
        s.edit(
            sitting,
            "present: m1 m5\npresiding: m1\nfor: m1 m5\nagainst: none",
        );
        s.signers = vec!["m1", "m5"];
    });
    assert_eq!(void(&majority, "decision"), Code::StatementBad);
    assert_eq!(refused(&majority, "start"), Code::AuthorityNone);
}

#[test]
fn row_21_what_members_and_office_agree_on_stays_on_record_and_in_the_report() {
    // A majority and the office do what the law would not have: revoke the doubt, keep the data longer, show an identifier. All of it is counted and found again.
    let book = good(&Story::good());
    let report = book.yearly(2027);
    assert_eq!(report.headings.out_out, [2, 1]);
    assert_eq!(report.reidentifications, 1);
    assert_eq!(report.sheets.len(), 2);
    assert_eq!(report.sheets[0].decided_for, ["m1", "m5"]);
    assert_eq!(report.sheets[0].decided_against, ["m4"]);
    let bucket = About::Bucket(format!("{SECOND}/s-02/2027-04-01").parse().unwrap());
    let way = book.walk(&bucket, Seconds(hour(24 * 280))).unwrap();
    assert_eq!(way.steps[2].shown[0].what, "ruling");
    // And they cannot leave it out of the report.
    let fewer = Story::good().with("report", |s| {
        s.edit("[[2,1]", "[[1,1]").count(1, 2);
    });
    assert_eq!(refused(&fewer, "report"), Code::ReportDiffers);
}

#[test]
fn row_22_a_log_that_was_out_leaves_a_gap_that_is_told_each_time() {
    let mut found = 0;
    for killed in ["start", "running", "receipt 0", "receipt 1", "receipt 2"] {
        let book = good(&Story::good().up_to(killed));
        let told = book.overdue(Seconds(hour(8)));
        found += told
            .iter()
            .filter(|told| told.code == Told::RunSilent)
            .count();
    }
    assert_eq!(found, 5);
}
