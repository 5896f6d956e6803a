//! The inspector's way.

use crate::history::good;
use sakimori_custody::time::Seconds;
use sakimori_oversight::walk::{About, Lost, Way};
use sakimori_testkit::history::{FIRST, SECOND, Story, hour};

fn record(n: u64) -> About {
    About::Record(format!("{}-{n}", "21".repeat(8)).parse().unwrap())
}

/// What a step shows, with the steps of the story that show it.
fn shows(way: &Way, step: usize, story: &Story) -> Vec<(String, String)> {
    let name = |leaf: u64| story.steps[leaf as usize].name.clone();
    way.steps[step]
        .shown
        .iter()
        .map(|shown| (shown.what.to_owned(), name(shown.leaf)))
        .collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

#[test]
fn a_record_leads_in_three_steps_from_its_run_over_its_decision_to_its_end() {
    let story = Story::good();
    let book = good(&story);
    let way = book.walk(&record(3), Seconds(hour(24 * 280))).unwrap();
    assert_eq!(way.authority, FIRST);
    assert_eq!(
        shows(&way, 0, &story),
        pairs(&[("start", "start"), ("receipt", "receipt 2")])
    );
    assert_eq!(
        shows(&way, 1, &story),
        pairs(&[
            ("request", "request"),
            ("question", "question"),
            ("answer", "answer"),
            ("decision", "decision"),
            ("lease", "lease"),
            ("lease", "lease of the other sensor"),
            ("suspension", "resumed"),
        ])
    );
    assert_eq!(
        shows(&way, 2, &story),
        pairs(&[
            ("purge", "purge"),
            ("deletion", "deletion of s-01"),
            ("attestation", "attestation of s-01"),
        ])
    );
    let votes = &way.steps[1].shown[3].text;
    assert_eq!(
        votes,
        "m1 presided; for: m1, m5; against: m4; recused: nobody"
    );
    let text = way.to_string();
    assert!(text.contains("1. acquisition\n"), "{text}");
    let json = serde_json::to_value(&way).unwrap();
    assert_eq!(json["steps"][2]["name"], "end");
}

#[test]
fn each_record_is_covered_by_its_own_receipt_and_no_other() {
    let story = Story::good();
    let book = good(&story);
    let receipt = |n: u64| {
        let way = book.walk(&record(n), Seconds(hour(8)))?;
        Ok::<_, Lost>(shows(&way, 0, &story)[1].1.clone())
    };
    for (n, wanted) in [
        (0, "receipt 0"),
        (2, "receipt 0"),
        (3, "receipt 2"),
        (4, "receipt 2"),
    ] {
        assert_eq!(receipt(n).unwrap(), wanted, "record {n}");
    }
    assert!(matches!(receipt(5), Err(Lost::Record(_))));
    let other = About::Record(format!("{}-0", "23".repeat(8)).parse().unwrap());
    assert!(book.walk(&other, Seconds(hour(8))).is_err());
}

#[test]
fn a_bucket_and_a_finding_lead_the_same_way() {
    let story = Story::good();
    let book = good(&story);
    let bucket = About::Bucket(format!("{FIRST}/s-01/2027-04-01").parse().unwrap());
    let way = book.walk(&bucket, Seconds(hour(8))).unwrap();
    let wanted = pairs(&[
        ("start", "start"),
        ("receipt", "receipt 0"),
        ("receipt", "receipt 2"),
    ]);
    assert_eq!(shows(&way, 0, &story), wanted);
    let texts = way.steps[0].shown.iter().map(|shown| &shown.text);
    let spans: Vec<&str> = texts
        .filter_map(|text| Some(text.split_once(", ")?.0))
        .collect();
    let wanted = ["records 0 to 2 of the run", "records 3 to 4 of the run"];
    assert_eq!(spans, wanted);
    let records = [0, 4].map(|n| format!("{}-{n}", "21".repeat(8)).parse().unwrap());
    let finding = About::Finding(records.to_vec());
    let found = book.walk(&finding, Seconds(hour(8))).unwrap();
    assert_eq!(found.steps, way.steps);
    assert_eq!(
        book.walk(&About::Finding(Vec::new()), Seconds(0)),
        Err(Lost::Finding)
    );
    let none = About::Bucket(format!("{FIRST}/s-02/2027-04-01").parse().unwrap());
    assert!(matches!(book.walk(&none, Seconds(0)), Err(Lost::Bucket(_))));
}

#[test]
fn an_urgent_bucket_shows_its_officers_its_ratification_and_its_longer_life() {
    let story = Story::good().up_to("kept longer");
    let book = good(&story);
    let bucket = About::Bucket(format!("{SECOND}/s-02/2027-04-01").parse().unwrap());
    let way = book.walk(&bucket, Seconds(hour(24))).unwrap();
    let authority = shows(&way, 1, &story);
    assert!(authority.contains(&("urgent".to_owned(), "urgent".to_owned())));
    assert!(authority.contains(&("urgent-end".to_owned(), "ratified".to_owned())));
    let end = &way.steps[2].shown;
    assert_eq!(end[0].what, "ruling");
    assert_eq!(end[1].text, "it is kept until 2027-07-10T00:00:00Z");
    let late = book.walk(&bucket, Seconds(hour(24 * 100) + 1)).unwrap();
    assert_eq!(
        late.steps[2].shown[1].text,
        "it had to be deleted by 2027-07-10T00:00:00Z and is not"
    );
}
