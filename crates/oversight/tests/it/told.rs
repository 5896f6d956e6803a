//! What is told and cannot be refused, each with its twin a second before it is due.

use crate::history::{empty, good, judge};
use sakimori_custody::time::Seconds;
use sakimori_oversight::refused::Told;
use sakimori_oversight::{Book, Judged};
use sakimori_testkit::history::{SECOND, Story, hour};

/// Codes that are told at a time, with their entries.
fn told(book: &Book, at: u64) -> Vec<(Told, u64)> {
    book.overdue(Seconds(at))
        .into_iter()
        .map(|told| (told.code, told.index))
        .collect()
}

/// A code is told one second behind its due time, not at it.
fn due(story: &Story, step: &str, code: Told, at: u64) {
    let book = good(story);
    let index = story.place(step) as u64;
    let has = |at| told(&book, at).contains(&(code, index));
    assert_eq!([has(at), has(at + 1)], [false, true], "{code}");
}

#[test]
fn i4_a_bucket_without_its_deletion_is_told_a_day_behind_its_end() {
    let story = Story::good().up_to("resumed");
    due(&story, "receipt 0", Told::BucketOverdue, hour(24 * 91));
    // What a ruling keeps longer is due later.
    let kept = Story::good().up_to("kept longer");
    due(&kept, "urgent receipt", Told::BucketOverdue, hour(24 * 101));
}

#[test]
fn i4_a_deletion_without_the_attestation_of_its_bucket_is_told() {
    for from in ["{leaf:attestation of s-01}", "{leaf:attestation of s-02}"] {
        let story = Story::good().with("deletion of s-01", |s| {
            let to = if from.ends_with("s-01}") {
                ""
            } else {
                "{leaf:request}"
            };
            s.edit("{leaf:attestation of s-01}", to);
        });
        let index = story.place("deletion of s-01") as u64;
        let codes = told(&good(&story), hour(24 * 280));
        assert_eq!(codes, [(Told::DeletionUnattested, index)]);
    }
    // An attestation that the share holder did not sign is none.
    let story = Story::good().with("attestation of s-01", |s| s.signers = vec!["office-share"]);
    let book = good(&story);
    assert_eq!(book.void().len(), 1);
    assert_eq!(told(&book, hour(24 * 280)).len(), 1);
    // A second deletion with the attestation makes it good.
    let story = Story::good()
        .with("deletion of s-01", |s| {
            s.edit("{leaf:attestation of s-01}", "");
        })
        .again("deletion of s-01", "deletion of s-01", |s| {
            s.edit(
                "\"commission_attestation\":\"\"",
                "\"commission_attestation\":\"{leaf:attestation of s-01}\"",
            );
        });
    assert_eq!(told(&good(&story), hour(24 * 280)), []);
}

#[test]
fn i4_a_deletion_tells_of_the_records_that_receipts_put_there() {
    let story = Story::good().with("deletion of s-01", |s| {
        s.count(1, 4);
        s.edit("\"records\":5", "\"records\":4");
    });
    let index = story.place("deletion of s-01") as u64;
    let codes = told(&good(&story), hour(24 * 280));
    assert_eq!(codes, [(Told::DeletionRecords, index)]);
    let story = Story::good().with("deletion of s-01", |s| {
        s.edit("/s-01/2027-04-01", "/s-01/2027-04-02");
    });
    let index = story.place("deletion of s-01") as u64;
    let codes = told(&good(&story), hour(24 * 280));
    assert!(codes.contains(&(Told::DeletionUnknown, index)), "{codes:?}");
    assert!(codes.iter().any(|(code, _)| *code == Told::BucketOverdue));
}

#[test]
fn i2_a_run_without_an_end_is_told_after_an_hour_unless_a_gap_names_it() {
    let story = Story::good().up_to("receipt 2");
    due(&story, "start", Told::RunSilent, hour(5) + 180 + 3600);
    let explained = |stream: &str| {
        story.clone().again("receipt 2", "receipt 2", |s| {
            s.name = "gap".to_owned();
            s.kind = sakimori_custody::entry::EntryType::Gap;
            s.counters.truncate(2);
            s.body = format!(r#"{{"reason":"the run of stream {stream} ended without a stop"}}"#);
        })
    };
    assert_eq!(told(&good(&explained(&"21".repeat(8))), hour(12)), []);
    let other = told(&good(&explained(&"22".repeat(8))), hour(12));
    assert_eq!(other.first().map(|(code, _)| *code), Some(Told::RunSilent));
    // Nobody explains the run of another sensor.
    let foreign = explained(&"21".repeat(8)).with("gap", |s| s.by = "s-02");
    assert_eq!(told(&good(&foreign), hour(12)).len(), 1);
}

#[test]
fn a_run_that_ended_well_and_holds_packets_back_is_told() {
    let held = Story::good()
        .with("receipt 2", |s| {
            s.count(6, 58).count(8, 1);
            s.edit("\"domestic\":59", "\"domestic\":58")
                .edit("\"held_after\":0", "\"held_after\":1");
        })
        .with("stop", |s| {
            s.count(4, 118);
        })
        .up_to("stop");
    let index = held.place("stop") as u64;
    assert_eq!(told(&good(&held), hour(6)), [(Told::RunHeld, index)]);
    let stopped = held.with("stop", |s| {
        s.count(0, 5);
    });
    assert_eq!(told(&good(&stopped), hour(6)), []);
}

#[test]
fn i3_the_carriers_counter_is_held_against_windows_that_fill_its_span() {
    let said = |packets: u64, ppm: u64| {
        let story = Story::good()
            .with("schedule", |s| {
                s.edit(
                    "carrier.tolerance-ppm = 1000",
                    &format!("carrier.tolerance-ppm = {ppm}"),
                );
            })
            .with("carrier", |s| {
                s.count(2, packets);
            })
            .up_to("stop");
        let index = story.place("carrier") as u64;
        told(&good(&story), hour(6)).contains(&(Told::CarrierDiffers, index))
    };
    // 150 packets were read.
    assert_eq!(
        [said(150, 0), said(151, 0), said(149, 0)],
        [false, true, true]
    );
    // One in 160 is 6,250 per million.
    assert_eq!([said(160, 62_500), said(160, 62_499)], [false, true]);
    let part = |start: u64, end: u64| {
        let base = hour(0) * 1000;
        let story = Story::good()
            .with("carrier", |s| {
                s.count(0, base + start).count(1, base + end).count(2, 7);
            })
            .up_to("stop");
        told(&good(&story), hour(6)).len()
    };
    // A span that windows do not fill says nothing; one of them alone does.
    assert_eq!(
        [part(1, 60_000), part(0, 60_001), part(60_000, 240_000)],
        [0, 0, 0]
    );
    assert_eq!([part(0, 60_000), part(60_000, 180_000)], [1, 1]);
}

#[test]
fn i5_a_query_that_stays_open_is_told_after_an_hour() {
    let story = Story::good().up_to("query");
    due(&story, "query", Told::QueryOpen, hour(7));
}

#[test]
fn i8_an_urgent_act_that_nobody_answers_is_told_an_hour_behind_its_deadline() {
    let story = Story::good().up_to("urgent stop");
    due(&story, "urgent", Told::UrgentOpen, hour(36));
    let ratified = Story::good().up_to("ratified");
    let codes = told(&good(&ratified), hour(37));
    assert!(!codes.iter().any(|(code, _)| *code == Told::UrgentOpen));
}

#[test]
fn i8_what_a_refused_urgent_act_brought_is_destroyed_within_an_hour() {
    let refused = Story::good().up_to("ratified").with("ratified", |s| {
        s.edit("outcome: ratified", "outcome: refused");
    });
    due(&refused, "urgent", Told::UrgentDestroy, hour(21));
    let lapsed = refused.again("inspection closed", "ratified", |s| {
        s.name = "lapse".to_owned();
        s.kind = sakimori_custody::entry::EntryType::Lapse;
        s.counters = vec![sakimori_testkit::history::Count::N(1)];
        s.body = format!(
            r#"{{"urgent":"{SECOND}","reason":"refused","destroyed":["{SECOND}/s-02/2027-04-01"]}}"#
        );
    });
    let book = good(&lapsed);
    let codes = told(&book, hour(22));
    assert!(!codes.iter().any(|(code, _)| *code == Told::UrgentDestroy));
    // What lapsed is due at once, not at the end of its retention.
    let bucket = book.bucket_list().iter().find(|(_, bucket)| bucket.urgent);
    assert_eq!(
        bucket.map(|(_, bucket)| bucket.end),
        Some(Seconds(hour(20)))
    );
}

#[test]
fn threads_are_told_one_second_behind_their_due_time() {
    let question = Story::good().up_to("question");
    due(&question, "question", Told::QuestionOverdue, hour(24 * 7));
    for (step, code) in [
        ("notice", Told::NoticeOverdue),
        ("demand", Told::DemandOverdue),
        ("recommendation", Told::RecommendationOverdue),
    ] {
        due(&Story::good().up_to(step), step, code, hour(24 * 14));
    }
    due(
        &Story::good().up_to("challenge"),
        "challenge",
        Told::ChallengeOpen,
        hour(31),
    );
    let gone = Story::good().up_to("response").with("response", |s| {
        s.edit("\"opened\"", "\"gone\"");
        s.count(1, 0);
    });
    let index = gone.place("response") as u64;
    assert!(told(&good(&gone), hour(8)).contains(&(Told::ResponseGone, index)));
}

#[test]
fn what_is_cosigned_more_than_an_hour_late_is_taken_and_told() {
    let written = Story::good().up_to("root").write();
    let entry = &written[0].entry;
    for (late, wanted) in [(3600, 0), (3601, 1)] {
        let mut book = empty();
        let now = Seconds(entry.envelope.time.0 + late);
        let taken = book.judge(0, &entry.leaf, &entry.stored, Judged::at(now));
        assert!(taken.is_ok());
        assert_eq!(told(&book, hour(5)).len(), wanted);
    }
    let mut book = empty();
    assert!(judge(&mut book, &written[0]).is_ok());
}
