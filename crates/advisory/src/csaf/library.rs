//! The tests of `csaf-rs`. In: a document. Out: its verdicts in our words. Never: its panic; a library that reads hostile text with a dozen parsers may have one, and then a
//! test is unanswered and the process goes on.

use super::{Edition, Finding, Verdict};
use csaf_rs::csaf::raw::RawDocument;
use csaf_rs::csaf2_0::loader::load_document as load_20;
use csaf_rs::csaf2_1::loader::load_document as load_21;
use csaf_rs::schema::csaf2_0::schema::CommonSecurityAdvisoryFramework as Csaf20;
use csaf_rs::schema::csaf2_1::schema::CommonSecurityAdvisoryFramework as Csaf21;
use csaf_rs::validation::{TestResultStatus, Validatable, ValidationError};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a test of the library gives no verdict.
const UNREADABLE: &str = "the document breaks the schema, and this test needs one that does not";
const BROKEN: &str = "the library failed on this document";

/// A document as the library holds it.
pub(super) struct Document(Held);

enum Held {
    V20(Box<RawDocument<Csaf20>>),
    V21(Box<RawDocument<Csaf21>>),
    Unreadable,
}

impl Document {
    pub(super) fn new(edition: Edition, document: &Value) -> Self {
        let document = &of_both_drafts(edition, document);
        let held = match edition {
            Edition::V20 => load_20(document.clone()).map(|d| Held::V20(Box::new(d))),
            Edition::V21 => load_21(document.clone()).map(|d| Held::V21(Box::new(d))),
        };
        Self(held.unwrap_or(Held::Unreadable))
    }

    pub(super) fn test(&self, test: &str) -> Verdict {
        let run = || match &self.0 {
            Held::V20(document) => document.run_test(test).status,
            Held::V21(document) => document.run_test(test).status,
            Held::Unreadable => TestResultStatus::Skipped,
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(status) => verdict(test, status),
            Err(_) => Verdict::Unanswered(BROKEN),
        }
    }
}

/// A document of 2.1 without the two members that its draft has moved since: how to reach the publisher, and who was involved in a vulnerability. With them the library, which
/// follows the later draft, would refuse every document of the earlier one. Findings keep their places: nothing is taken out of a list.
fn of_both_drafts(edition: Edition, document: &Value) -> Value {
    let mut document = document.clone();
    if edition == Edition::V20 {
        return document;
    }
    let publisher = document.pointer_mut("/document/publisher");
    if let Some(publisher) = publisher.and_then(Value::as_object_mut) {
        publisher.shift_remove("contact_details");
    }
    let vulnerabilities = document
        .get_mut("vulnerabilities")
        .and_then(Value::as_array_mut);
    for vulnerability in vulnerabilities.into_iter().flatten() {
        let members = vulnerability.as_object_mut();
        if let Some(members) = members
            && members.shift_remove("involvements").is_some()
            && members.is_empty()
        {
            // A vulnerability has at least one member.
            members.insert("title".to_owned(), Value::from("involvements"));
        }
    }
    document
}

/// A mandatory test fails by its errors alone: beside them the library warns of what it does not know, such as a scheme of versions.
fn verdict(test: &str, status: TestResultStatus) -> Verdict {
    match status {
        TestResultStatus::Success => Verdict::Passed,
        TestResultStatus::Failure {
            errors,
            warnings,
            infos,
        } => {
            if errors.is_empty() && (test == "schema" || test.starts_with("6.1.")) {
                return Verdict::Passed;
            }
            let all = errors.into_iter().chain(warnings).chain(infos);
            Verdict::of(all.map(finding).collect())
        }
        TestResultStatus::Skipped => Verdict::Unanswered(UNREADABLE),
        TestResultStatus::NotFound => Verdict::Unanswered("the library has no such test"),
    }
}

fn finding(error: ValidationError) -> Finding {
    // BOUND: a message may quote a member of any length.
    let what = error.message.chars().take(500).collect::<String>();
    Finding::new(error.instance_path, what)
}

/// Tests that the library has, with its name of their group.
pub(super) fn listed(edition: Edition) -> Vec<(&'static str, &'static str)> {
    match edition {
        Edition::V20 => Csaf20::get_tests(),
        Edition::V21 => Csaf21::get_tests(),
    }
}
