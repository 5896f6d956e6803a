//! Documents that somebody spoiled: one member taken out, doubled, replaced. Never a panic, and never "the library failed".

use crate::value;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sakimori_advisory::csaf::{self, Facts, Verdict, products};
use sakimori_advisory::{cve, kev, matching, ssvc};
use serde_json::Value;

/// Every place of a document.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{here}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                places(value, &format!("{here}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// What stands in place of a member.
fn spoilt() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(Value::Bool(true)),
        Just(serde_json::json!([])),
        Just(serde_json::json!({})),
        Just(serde_json::json!(-1)),
        Just(serde_json::json!(1e308)),
        ".{0,40}".prop_map(Value::String),
        "[0-9TZ:.+-]{0,30}".prop_map(Value::String),
        "(cpe:2.3:[aoh*]:|pkg:|vers:|CVSS:3.1/|CVE-|CWE-)[ -~é漢]{0,30}".prop_map(Value::String),
        "[é漢ÿ\u{0301}]{1,6}".prop_map(Value::String),
    ]
}

#[test]
fn a_spoilt_document_is_judged_and_nothing_fails() {
    let Some(root) = sakimori_testkit::data("a_spoilt_document", "exchange") else {
        return;
    };
    let files = [
        "csaf/2.0/examples/csaf/rhsa-2022_0011.json",
        "csaf/2.1/examples/csaf/bsi-2022-0001.json",
        "csaf/2.1/suite/recommended/oasis_csaf_tc-csaf_2_1-2024-6-2-50-01-01.json",
        "csaf/2.0/suite/mandatory/oasis_csaf_tc-csaf_2_0-2021-6-1-08-11.json",
    ];
    let documents: Vec<(Value, Vec<String>)> = files
        .into_iter()
        .filter(|file| root.join(file).exists())
        .map(|file| {
            let document = value(&root, file);
            let mut found = Vec::new();
            places(&document, "", &mut found);
            (document, found)
        })
        .collect();
    assert!(documents.len() >= 3, "{}", documents.len());
    let strategy = (0..documents.len(), any::<prop::sample::Index>(), spoilt());
    let mut runner = TestRunner::new(Config::with_cases(200));
    let aliases = matching::Aliases::new();
    runner
        .run(&strategy, |(which, place, with)| {
            let (document, places) = &documents[which];
            let place: &String = place.get(places.as_slice());
            let mut document = document.clone();
            *document.pointer_mut(place).unwrap() = with;
            if let Ok(report) = csaf::validate_value(&document, &Facts::default()) {
                for outcome in &report.outcomes {
                    let failed = matches!(&outcome.verdict, Verdict::Unanswered(why) if why.contains("failed"));
                    prop_assert!(!failed, "{} on {place}", outcome.test);
                }
            }
            let _ = products::products(&document);
            let _ = matching::Advisory::of_csaf(&document, &aliases);
            Ok(())
        })
        .unwrap();
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\",:a-z0-9]{0,80}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            let _ = csaf::validate(bytes, &Facts::default());
            let _ = cve::read(bytes);
            let _ = kev::read(bytes);
            let _ = ssvc::read_json(bytes);
            let _ = ssvc::read_csv("t", "1", bytes);
            let _ = sakimori_advisory::epss::read(bytes);
        }
    }
}
