//! The validator suites of CSAF 2.0 and 2.1, whole. In: `testcases.json` and its documents. Out: agreement, test by test, and the page that lists who answers. Never: a
//! disagreement that is not written down here with its reason.

use crate::{bytes, say, value};
use sakimori_advisory::csaf::{
    self, Answerer, Edition, Facts, Group, Report, Verdict, catalogue, extension,
};
use sakimori_custody::time::Seconds;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Documents that the JSON Schema refuses on purpose. 6-1-37-08 is one of 2.1 as well, by a pattern; its date is a leap second, which RFC 3339 allows, and test 6.1.37 refuses
/// it.
const SCHEMA_20: [&str; 3] = ["6-1-08-01", "6-1-08-02", "6-1-08-03"];
const SCHEMA_21: [&str; 12] = [
    "6-1-08-01",
    "6-1-08-03",
    "6-1-08-04",
    "6-1-08-05",
    "6-1-09-05",
    "6-1-37-02",
    "6-1-37-04",
    "6-1-37-05",
    "6-1-37-06",
    "6-1-46-01",
    "6-1-60-01-02",
    "6-2-20-02",
];

/// Where the verdict is another than the suite's, and why: links and spelling are not looked into; two documents that are listed as valid, because they are about another
/// test, have one hash algorithm twice, which 6.1.25 forbids.
const OTHER_20: [&str; 11] = [
    "6-2-08-02 listed valid=true, errors [\"6.1.25\"]",
    "6-2-09-02 listed valid=true, errors [\"6.1.25\"]",
    "6.3.6 6-3-06-01 unanswered",
    "6.3.6 6-3-06-02 unanswered",
    "6.3.6 6-3-06-11 unanswered",
    "6.3.7 6-3-07-01 unanswered",
    "6.3.7 6-3-07-11 unanswered",
    "6.3.8 6-3-08-01 unanswered",
    "6.3.8 6-3-08-02 unanswered",
    "6.3.8 6-3-08-11 unanswered",
    "6.3.8 6-3-08-12 unanswered",
];

/// The same for 2.1. The draft has moved since the suite was taken, and documents that are about one test break others of today: a vulnerability has an id (6.1.27.8), a
/// withdrawn document a description (6.1.27.14), the first revision is the initial release (6.1.66), an unlisted licence its text (6.1.55); or they break older ones in passing.
/// Of 6.1.48, two documents use decision points that are not registered or for tests alone. The scheme of 6-1-50-14 is empty. Not looked into: links, spelling, grammar, the
/// registry of extensions.
const OTHER_21: [&str; 35] = [
    "6-1-27-12-11 listed valid=true, errors [\"6.1.27.8\"]",
    "6-1-30-11 listed valid=true, errors [\"6.1.66\"]",
    "6-1-48-16 listed valid=true, errors [\"6.1.48\"]",
    "6-1-48-19 listed valid=true, errors [\"6.1.48\"]",
    "6-1-50-14 listed valid=true, errors [\"6.1.2\", \"6.1.50\"]",
    "6-1-54-14 listed valid=true, errors [\"6.1.55\"]",
    "6-2-04-01 listed valid=true, errors [\"6.1.66\"]",
    "6-2-05-01 listed valid=true, errors [\"6.1.66\"]",
    "6-2-05-02 listed valid=true, errors [\"6.1.66\"]",
    "6-2-08-02 listed valid=true, errors [\"6.1.25\"]",
    "6-2-09-02 listed valid=true, errors [\"6.1.25\"]",
    "6-2-19-08 listed valid=true, errors [\"6.1.9\"]",
    "6-2-20-01 listed valid=true, errors [\"6.1.8\"]",
    "6-2-20-02 listed valid=true, errors [\"schema\", \"6.1.8\"]",
    "6-2-38-11 listed valid=true, errors [\"6.1.27.8\"]",
    "6-2-39-01-01 listed valid=true, errors [\"6.1.27.8\"]",
    "6-2-39-01-11 listed valid=true, errors [\"6.1.27.8\"]",
    "6-2-39-01-13 listed valid=true, errors [\"6.1.27.8\"]",
    "6-2-39-02-01 listed valid=true, errors [\"6.1.27.14\"]",
    "6-2-39-03-01 listed valid=true, errors [\"6.1.27.14\"]",
    "6-3-21-01-02 listed valid=true, errors [\"6.1.1\"]",
    "6-3-21-01-12 listed valid=true, errors [\"6.1.1\"]",
    "6.1.48 6-1-48-16 failed",
    "6.1.48 6-1-48-19 failed",
    "6.1.50 6-1-50-14 failed",
    "6.2.54.1 6-2-54-01-11 unanswered",
    "6.2.54.2 6-2-54-02-11 unanswered",
    "6.2.54.4 6-2-54-04-11 unanswered",
    "6.3.16 6-3-16-01 unanswered",
    "6.3.16 6-3-16-11 unanswered",
    "6.3.21.2 6-3-21-02-11 unanswered",
    "6.3.6 6-3-06-11 unanswered",
    "6.3.8 6-3-08-01 unanswered",
    "6.3.8 6-3-08-02 unanswered",
    "6.3.8 6-3-08-11 unanswered",
];

/// What an edition's suite gave.
struct Suite {
    documents: usize,
    schema_refused: BTreeSet<String>,
    /// For each test: documents on which the verdict is the expected one, and all.
    agreed: BTreeMap<String, (usize, usize)>,
    /// Test, document, what was expected and what came.
    other: BTreeSet<String>,
}

fn facts(root: &Path) -> Facts {
    let extension = |n: &str, what: &str| {
        let path = format!(
            "csaf/2.1/extension/valid/documentation-{n}/documentation-{n}-{what}_1.0.0.json"
        );
        bytes(root, &path)
    };
    let known = ["11", "12", "13"];
    let metadata = known.map(|n| extension::read_metadata(&extension(n, "metadata")).unwrap());
    let schemas = known.map(|n| extension::read_schema(&extension(n, "content")).unwrap());
    Facts {
        // 2026-06-01T00:00:00Z
        now: Seconds(1_780_272_000),
        extensions: metadata.to_vec(),
        schemas: schemas.to_vec(),
    }
}

/// `6-1-08-01` of a file's name.
fn short(name: &str) -> String {
    let stem = name.trim_end_matches(".json");
    let number = stem.split_once("-202").map_or(stem, |(_, rest)| rest);
    number
        .split_once('-')
        .map_or(number, |(_, rest)| rest)
        .to_owned()
}

fn run(root: &Path, edition: Edition) -> Suite {
    let folder = format!("csaf/{}/suite", edition.text());
    let cases = value(root, &format!("{folder}/testcases.json"));
    let facts = facts(root);
    let mut suite = Suite {
        documents: 0,
        schema_refused: BTreeSet::new(),
        agreed: BTreeMap::new(),
        other: BTreeSet::new(),
    };
    for case in cases["tests"].as_array().unwrap() {
        let test = case["id"].as_str().unwrap();
        for (list, fails) in [("failures", true), ("valid", false)] {
            for document in case[list].as_array().into_iter().flatten() {
                let name = document["name"].as_str().unwrap();
                let report = csaf::validate(&bytes(root, &format!("{folder}/{name}")), &facts)
                    .unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(report.edition, edition, "{name}");
                suite.documents += 1;
                judge(&mut suite, test, &short(name), fails, &report);
                let listed = document["valid"].as_bool().unwrap();
                validity(&mut suite, &short(name), listed, &report);
            }
        }
    }
    suite
}

/// The verdict of the test that the document is about.
fn judge(suite: &mut Suite, test: &str, name: &str, fails: bool, report: &Report) {
    let verdict = report
        .verdict(test)
        .unwrap_or_else(|| panic!("{test} is not listed"));
    let refused = report.verdict("schema").is_some_and(Verdict::failed);
    if refused {
        suite.schema_refused.insert(name.to_owned());
    }
    let (agreed, all) = suite.agreed.entry(test.to_owned()).or_default();
    *all += 1;
    let good = match verdict {
        Verdict::Passed => !fails,
        Verdict::Failed { .. } => fails,
        // What the schema refuses is not valid whatever the test would say.
        Verdict::Unanswered(_) => fails && refused && test.starts_with("6.1"),
    };
    *agreed += usize::from(good);
    if !good {
        let came = match verdict {
            Verdict::Passed => "passed",
            Verdict::Failed { .. } => "failed",
            Verdict::Unanswered(_) => "unanswered",
        };
        suite.other.insert(format!("{test} {name} {came}"));
    }
}

/// Whether the whole document is as valid as the suite says.
fn validity(suite: &mut Suite, name: &str, listed: bool, report: &Report) {
    let errors: Vec<&str> = report.errors().map(|outcome| outcome.test).collect();
    if listed == errors.is_empty() {
        return;
    }
    suite
        .other
        .insert(format!("{name} listed valid={listed}, errors {errors:?}"));
}

fn check(edition: Edition, documents: usize, schema: &[&str], other: &[&str]) {
    let name = "the_suite_of_csaf";
    let Some(root) = sakimori_testkit::data(name, "exchange") else {
        return;
    };
    let suite = run(&root, edition);
    let agreed: usize = suite.agreed.values().map(|(good, _)| good).sum();
    let whole = suite
        .agreed
        .values()
        .filter(|(good, all)| good == all)
        .count();
    say(&format!(
        "CSAF {}: {} tests, {} documents, {agreed} agree, {whole} tests agree wholly, {} refused by the schema",
        edition.text(),
        suite.agreed.len(),
        suite.documents,
        suite.schema_refused.len(),
    ));
    let expected: BTreeSet<String> = schema.iter().map(|s| (*s).to_owned()).collect();
    let schema = expected;
    let expected: BTreeSet<String> = other.iter().map(|s| (*s).to_owned()).collect();
    assert_eq!(suite.other, expected);
    assert_eq!(suite.schema_refused, schema);
    assert_eq!(suite.documents, documents);
}

#[test]
fn the_suite_of_csaf_2_0_comes_out_as_its_list_says() {
    check(Edition::V20, 239, &SCHEMA_20, &OTHER_20);
}

#[test]
fn the_suite_of_csaf_2_1_comes_out_as_its_list_says() {
    check(Edition::V21, 443, &SCHEMA_21, &OTHER_21);
}

/// The page, from the code and the suites.
fn page(root: &Path) -> String {
    let mut page = String::from(
        "# Tests of CSAF documents: who answers them\n\nGenerated by `crates/advisory/tests/it/csaf_suite.rs`; `SAKIMORI_BLESS=1 cargo test -p sakimori-advisory` writes it \
         anew. A document is called valid if the schema and every mandatory test (6.1) pass. `library` is `csaf-rs` ([record 25](../decisions/0025-advisories.md)), `here` is \
         `crates/advisory/src/csaf/own.rs`. The last column counts documents of the suites of OASIS on which the verdict is the one that the suite lists.\n",
    );
    for edition in [Edition::V20, Edition::V21] {
        let suite = run(root, edition);
        let all = catalogue::of(edition);
        let count =
            |wanted: fn(&Answerer) -> bool| all.iter().filter(|l| wanted(&l.answerer)).count();
        let _ = write!(
            page,
            "\n## CSAF {}\n\n{} entries: {} of the library, {} here, {} not covered.\n\n| test | group | answered by | suite |\n|---|---|---|---|\n",
            edition.text(),
            all.len(),
            count(|a| *a == Answerer::Library),
            count(|a| *a == Answerer::Here),
            count(|a| matches!(a, Answerer::Nobody(_))),
        );
        for listed in all {
            let by = match listed.answerer {
                Answerer::Library => "library".to_owned(),
                Answerer::Here => "here".to_owned(),
                Answerer::Nobody(why) => format!("not covered: {why}"),
            };
            let group = match listed.group {
                Group::Schema => "schema",
                Group::Mandatory => "mandatory",
                Group::Recommended => "recommended",
                Group::Informative => "informative",
            };
            let seen = suite.agreed.get(listed.test);
            let seen =
                seen.map_or_else(|| "–".to_owned(), |(good, all)| format!("{good} of {all}"));
            let _ = writeln!(page, "| {} | {group} | {by} | {seen} |", listed.test);
        }
    }
    page
}

#[test]
fn the_page_of_tests_is_what_the_code_gives() {
    let Some(root) = sakimori_testkit::data("the_page_of_tests_is_what_the_code_gives", "exchange")
    else {
        return;
    };
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/csaf-tests.md");
    let page = page(&root);
    if std::env::var_os("SAKIMORI_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "SAKIMORI_BLESS=1 writes docs/reference/csaf-tests.md anew"
    );
}
