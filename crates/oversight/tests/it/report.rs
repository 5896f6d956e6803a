//! The yearly report: the same log gives the same bytes, and another text is told with its heading.

use crate::history::{empty, good};
use sakimori_oversight::Judged;
use sakimori_oversight::report::verify;
use sakimori_testkit::history::{Story, hour};

#[test]
fn the_headings_are_what_the_log_gives_for_the_year_in_japan() {
    let book = good(&Story::good());
    let lists = book.headings(2027).lists();
    assert_eq!(
        lists,
        [
            vec![2, 1],
            vec![0, 0],
            vec![0, 0],
            vec![1, 1],
            vec![1, 1, 1],
            vec![0, 0, 0],
            vec![0],
            vec![0, 0, 0],
            vec![0]
        ]
    );
    for year in [2026, 2028] {
        assert_eq!(book.headings(year).sums().sum::<u64>(), 0, "{year}");
    }
}

#[test]
fn bases_count_under_their_own_heading_and_recommendations_about_measures_under_theirs() {
    let based = |basis: &str| {
        let from = "basis: act42-17";
        let to = format!("basis: {basis}");
        let mut story = Story::good();
        for step in ["request", "decision", "urgent request", "urgent"] {
            story.step(step).edit(from, &to);
        }
        good(&story.up_to("urgent")).headings(2027).lists()
    };
    let none = vec![0, 0];
    assert_eq!(
        based("act42-19")[..3],
        [vec![2, 1], none.clone(), none.clone()]
    );
    assert_eq!(
        based("act42-32")[..3],
        [none.clone(), vec![2, 1], none.clone()]
    );
    assert_eq!(
        based("act42-33")[..3],
        [none.clone(), none.clone(), vec![2, 1]]
    );
    let police = based("police-6-2");
    assert_eq!((&police[5], &police[7]), (&vec![2, 1, 1], &vec![0, 0, 0]));
    let defence = based("sdf-81-3");
    assert_eq!((&defence[5], &defence[7]), (&vec![0, 0, 0], &vec![2, 1, 1]));
    // A recommendation about a measure stands under 7 or 9, not under 5; a notice about one stands nowhere.
    let measure = |basis: &str| {
        let mut story = Story::good();
        for step in ["request", "decision"] {
            story
                .step(step)
                .edit("kind: acquisition", "kind: measure")
                .edit("basis: act42-17", &format!("basis: {basis}"))
                .edit("present: m1 m4 m5", "present: m1 m2 m4 m5")
                .edit("for: m1 m5", "for: m1 m2 m5");
        }
        story.step("decision").signers = vec!["m1", "m2", "m4", "m5"];
        for step in ["notice", "recommendation"] {
            let about = format!("\"about\":\"{}\"", sakimori_testkit::history::FIRST);
            story.step(step).edit("\"about\":null", &about);
        }
        let keep = ["decision", "notice", "recommendation"];
        story.steps.retain(|step| {
            keep.contains(&step.name.as_str())
                || ["root", "schedule", "request"].contains(&step.name.as_str())
        });
        let book = good(&story);
        assert_eq!(book.void(), []);
        book.headings(2027).lists()
    };
    let police = measure("police-6-2");
    assert_eq!(
        [&police[4], &police[6], &police[8]],
        [&vec![0, 0, 0], &vec![1], &vec![0]]
    );
    let defence = measure("sdf-81-3");
    assert_eq!(
        [&defence[4], &defence[6], &defence[8]],
        [&vec![0, 0, 0], &vec![0], &vec![1]]
    );
}

#[test]
fn the_year_of_japan_turns_at_fifteen_hours_utc() {
    // 2027-12-31T15:00:00Z is hour 6591 of the story.
    for (early, wanted) in [(0, [1, 0]), (60, [0, 1])] {
        let story = Story::good().again("inspection opened", "deletion of s-02", |s| {
            s.time = hour(24 * 274 + 15) - early;
            s.edit("insp-1", "insp-2");
        });
        let book = good(&story.up_to("inspection opened again"));
        let opened = |year| book.headings(year).inspections[0];
        assert_eq!([opened(2028), opened(2027) - 1], wanted, "{early}");
    }
}

#[test]
fn the_same_log_gives_the_same_bytes_however_it_was_read() {
    let written = Story::good().write();
    let approved = good(&Story::good());
    let mut restored = empty();
    for w in &written {
        let taken = restored.judge(w.index, &w.entry.leaf, &w.entry.stored, Judged::before());
        assert!(taken.is_ok());
    }
    let texts = approved.yearly(2027).texts();
    assert_eq!(texts, restored.yearly(2027).texts());
    assert_eq!(texts.hash(), restored.yearly(2027).texts().hash());
    // What happens later does not change the report of the year.
    let before = good(&Story::good().up_to("deletion of s-02"));
    assert_eq!(before.yearly(2027).texts(), texts);
}

#[test]
fn the_report_says_in_both_languages_and_in_csv_what_the_log_gives() {
    let book = good(&Story::good());
    let texts = book.yearly(2027).texts();
    for (text, words) in [
        (
            &texts.ja,
            [
                "# サイバー通信情報監理委員会 年次報告 2027",
                "| 承認の求め | 2 |",
                "## 未検証の法定値",
            ],
        ),
        (
            &texts.en,
            [
                "# Cyber Communications Information Supervisory Commission: yearly report 2027",
                "| Requests | 2 |",
                "| Deletions in time | 2 |",
            ],
        ),
        (
            &texts.csv,
            [
                "section,row,column",
                "1,requests,count,承認の求め,Requests,数,Number,2\r\n",
                "traffic,4,read,4,4,取得(パケット),Packets read,160\r\n",
            ],
        ),
    ] {
        for word in words {
            assert!(text.contains(word), "`{word}` in {text}");
        }
    }
    assert!(texts.en.contains("| it cannot be seen otherwise |"));
    assert!(
        texts
            .en
            .contains("| period.out-out | 6 months | a sample | UNVERIFIED |")
    );
    assert!(texts.en.contains("| lease-expired | 1 |"));
    assert!(texts.en.contains("| store-failed | 1 |"));
    assert!(
        texts.en.contains("| 1 | 1 | 4 |"),
        "queries by actor: {}",
        texts.en
    );
    assert!(!texts.en.contains("tanaka") && !texts.csv.contains("tanaka"));
}

#[test]
fn a_text_that_was_changed_is_told_with_its_heading() {
    let book = good(&Story::good());
    let texts = book.yearly(2027).texts();
    for text in [&texts.ja, &texts.en, &texts.csv] {
        assert_eq!(verify(&book, 2027, text), Ok(()));
    }
    let heading = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let changed = text.replacen(from, to, 1);
        verify(&book, 2027, &changed).unwrap_err().heading
    };
    assert_eq!(
        heading(&texts.en, "| Requests | 2 |", "| Requests | 3 |"),
        "1. Requests and approvals under articles 17 and 19"
    );
    assert_eq!(
        heading(&texts.ja, "| 検査の指摘 | 1 |", "| 検査の指摘 | 0 |"),
        "四 検査"
    );
    assert_eq!(
        heading(
            &texts.csv,
            "5,notices,count,通知,Notices,数,Number,1",
            "5,notices,count,通知,Notices,数,Number,0"
        ),
        "5"
    );
    assert_eq!(
        heading(&texts.en, "report 2027", "report 2026"),
        "Cyber Communications Information Supervisory Commission: yearly report 2027"
    );
    let cut = texts.en.trim_end();
    let missing = verify(&book, 2027, cut).unwrap_err();
    assert_eq!(
        missing.heading,
        "Values of the schedule that nobody verified"
    );
    let longer = format!("{}more\n", texts.csv);
    let more = verify(&book, 2027, &longer).unwrap_err();
    assert_eq!((more.expected.as_str(), more.found.as_str()), ("", "more"));
    assert!(verify(&book, 2026, &texts.en).is_err());
    assert!(verify(&book, 2027, "").is_err());
}

#[test]
fn sheets_and_months_add_up_what_was_entered_in_each() {
    // In April the run, its use, the urgent run; in June once more what needs no run.
    let later = ["finding", "refusal", "fault", "gap"];
    let story = later.into_iter().fold(Story::good(), |story, step| {
        story.again(step, "attestation of s-01", |_| {})
    });
    let book = good(&story);
    assert_eq!(book.void(), []);
    let report = book.yearly(2027);
    let sheet = |at: usize| {
        let of = &report.sheets[at];
        let sums = [of.sums.read, of.sums.selected, of.sums.records];
        (
            [of.starts, of.findings, of.queries, of.rows],
            sums,
            of.before,
        )
    };
    assert_eq!(report.sheets.len(), 2);
    assert_eq!(sheet(0), ([1, 2, 1, 4], [150, 30, 5], [0; 3]));
    assert_eq!(sheet(1), ([1, 0, 0, 0], [10, 5, 1], [0; 3]));
    assert_eq!(report.sheets[0].selected_ppm, 200_000);
    let months: Vec<[u64; 7]> = report
        .months
        .iter()
        .map(|of| {
            let packets = [of.read, of.selected, of.discarded, of.errors];
            let [read, selected, discarded, errors] = packets;
            let gone = [of.deleted_buckets, of.deleted_records];
            [
                read, selected, discarded, errors, of.records, gone[0], gone[1],
            ]
        })
        .collect();
    let mut wanted = vec![[0; 7]; 12];
    wanted[3] = [160, 35, 124, 1, 6, 0, 0];
    wanted[5] = [0, 0, 0, 0, 0, 1, 5];
    wanted[6] = [0, 0, 0, 0, 0, 1, 1];
    assert_eq!(months, wanted);
    let sums = &report.sums;
    let packets = [sums.read, sums.selected, sums.discarded, sums.errors];
    assert_eq!(
        (packets, sums.windows, sums.records),
        ([160, 35, 124, 1], 4, 6)
    );
    assert_eq!((report.findings, report.gaps, report.misuses), (2, 2, 1));
    assert_eq!((report.exports, report.reidentifications), ([1, 4], 1));
    assert_eq!(report.refusals["lease-expired"], 2);
    assert_eq!(report.faults["store-failed"], 2);
    assert_eq!((report.deletions, report.urgent), ([2, 0], [1, 0, 0, 0]));
    assert_eq!(report.queries, [(1, 4)]);
    // The next year's sheets tell of this one's.
    let next = story.again("finding", "deletion of s-02", |s| {
        s.name = "finding of the next year".to_owned();
        s.stream = 0x70;
        s.time = hour(24 * 279);
    });
    let next = good(&next).yearly(2028);
    assert_eq!(next.sheets.len(), 1);
    assert_eq!(next.sheets[0].before, [150, 30, 5]);
    assert_eq!((next.sheets[0].findings, next.sheets[0].starts), (1, 0));
}
