//! Documents of others beside the suites: examples of OASIS, advisories of CISA, providers of gocsaf, a case of VINCE, names of files, extensions.

use crate::{bytes, hex, say};
use sakimori_advisory::csaf::{
    self, CsafError, Edition, Facts, Report, Verdict, extension, file_name, products,
};
use sakimori_advisory::json;
use sakimori_advisory::publish::openpgp;
use sakimori_custody::time::Seconds;
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn facts() -> Facts {
    Facts {
        now: Seconds(1_780_272_000),
        ..Facts::default()
    }
}

/// The JSON documents below a folder that say of themselves that they are CSAF.
fn documents(root: &Path, folder: &str) -> Vec<PathBuf> {
    let mut files = sakimori_testkit::files_below(&root.join(folder));
    files.sort();
    files.retain(|path| path.extension().is_some_and(|e| e == "json"));
    files
}

fn report(path: &Path) -> Result<Report, CsafError> {
    csaf::validate(&std::fs::read(path).unwrap(), &facts())
}

fn schema_good(report: &Report) -> bool {
    report.verdict("schema") == Some(&Verdict::Passed)
}

#[test]
fn the_examples_of_oasis_keep_the_schema() {
    let Some(root) = sakimori_testkit::data("the_examples_of_oasis", "exchange") else {
        return;
    };
    for (edition, folder, expected) in [
        (Edition::V20, "csaf/2.0/examples/csaf", 19),
        (Edition::V21, "csaf/2.1/examples/csaf", EXAMPLES_21),
    ] {
        let (mut all, mut valid, mut named) = (0, 0, 0);
        for path in documents(&root, folder) {
            let report = report(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
            assert_eq!(report.edition, edition, "{path:?}");
            assert!(
                schema_good(&report),
                "{path:?}: {:?}",
                report.verdict("schema")
            );
            all += 1;
            valid += usize::from(report.is_valid());
            let document: serde_json::Value =
                serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            named += usize::from(file_name::is_right(
                &path.file_name().unwrap().to_string_lossy(),
                &document,
            ));
        }
        say(&format!(
            "examples of {}: {all} documents keep the schema, {valid} are valid, {named} have the right name",
            edition.text()
        ));
        assert_eq!(all, expected);
    }
}

/// Documents among the examples of 2.1.
const EXAMPLES_21: usize = 23;

#[test]
fn the_advisories_of_cisa_keep_the_schema_and_their_hashes() {
    let Some(root) = sakimori_testkit::data("the_advisories_of_cisa", "exchange") else {
        return;
    };
    let (mut all, mut valid, mut hashes, mut found) = (0, 0, 0, 0);
    let mut errors: BTreeMap<&'static str, usize> = BTreeMap::new();
    for path in documents(&root, "csaf/cisa") {
        let written = std::fs::read(&path).unwrap();
        let document = json::read(&written).unwrap();
        if document.get("document").is_none() {
            continue;
        }
        let report = csaf::validate(&written, &facts()).unwrap();
        assert!(schema_good(&report), "{path:?}");
        all += 1;
        valid += usize::from(report.is_valid());
        for outcome in report.errors() {
            *errors.entry(outcome.test).or_default() += 1;
        }
        let beside = format!("{}.sha512", path.display());
        let hash = std::fs::read_to_string(beside).unwrap();
        let own = hex(&Sha512::digest(&written));
        hashes += usize::from(hash.to_ascii_lowercase().starts_with(&own));
        found += products::products(&document).unwrap().len();
    }
    say(&format!(
        "CISA: {all} advisories keep the schema, {valid} are valid ({errors:?}), {hashes} hashes match, {found} products"
    ));
    assert_eq!((all, hashes), (71, 71));
}

#[test]
fn the_providers_of_gocsaf_are_taken_but_for_garbage() {
    let Some(root) = sakimori_testkit::data("the_providers_of_gocsaf", "exchange") else {
        return;
    };
    let base = "csaf/gocsaf/testdata";
    for name in [
        "avendor-advisory-0004.json",
        "advisory-tracking-generator-no-version.json",
    ] {
        let path = root.join(base).join("csaf-documents/valid").join(name);
        let report = report(&path).unwrap();
        assert!(
            report.is_valid(),
            "{name}: {:?}",
            report.errors().collect::<Vec<_>>()
        );
    }
    let garbage = root
        .join(base)
        .join("csaf-documents/trailing-garbage-data/avendor-advisory-0004.json");
    let said = report(&garbage).unwrap_err().to_string();
    assert!(said.ends_with("trailing characters"), "{said}");
    for tree in ["simple-directory-provider", "simple-rolie-provider"] {
        let file = format!("{base}/{tree}/white/avendor-advisory-0004.json");
        let written = bytes(&root, &file);
        let text =
            |ending: &str| String::from_utf8(bytes(&root, &format!("{file}.{ending}"))).unwrap();
        assert!(
            text("sha256").starts_with(&hex(&Sha256::digest(&written))),
            "{tree}"
        );
        assert!(
            text("sha512").starts_with(&hex(&Sha512::digest(&written))),
            "{tree}"
        );
        let key =
            String::from_utf8(bytes(&root, &format!("{base}/{tree}/openpgp/pubkey.asc"))).unwrap();
        openpgp::verify(&key, &text("asc"), &written).unwrap_or_else(|e| panic!("{tree}: {e}"));
        let mut changed = written.clone();
        changed[10] ^= 1;
        assert!(
            openpgp::verify(&key, &text("asc"), &changed).is_err(),
            "{tree}"
        );
    }
}

#[test]
fn the_case_of_vince_keeps_the_schema() {
    let Some(root) = sakimori_testkit::data("the_case_of_vince", "exchange") else {
        return;
    };
    let report = report(&root.join("vince/csaf-vu-257161.json")).unwrap();
    assert!(schema_good(&report));
    let errors: Vec<&str> = report.errors().map(|o| o.test).collect();
    say(&format!(
        "VINCE: schema kept, mandatory tests that fail: {errors:?}"
    ));
}

#[test]
fn names_of_files_are_right_or_wrong_as_their_folder_says() {
    let Some(root) = sakimori_testkit::data("names_of_files", "exchange") else {
        return;
    };
    let mut seen = 0;
    for edition in ["2.0", "2.1"] {
        for (folder, expected) in [("valid", true), ("invalid", false)] {
            for path in documents(&root, &format!("csaf/{edition}/filenames/{folder}")) {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let document: serde_json::Value =
                    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                assert_eq!(file_name::is_right(&name, &document), expected, "{name}");
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 12);
}

#[test]
fn extensions_are_taken_or_refused_as_their_folder_says() {
    let Some(root) = sakimori_testkit::data("extensions", "exchange") else {
        return;
    };
    let mut seen = 0;
    for (folder, expected) in [("valid", true), ("invalid", false)] {
        for path in documents(&root, &format!("csaf/2.1/extension/{folder}")) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let written = std::fs::read(&path).unwrap();
            let taken = if name.contains("metadata") {
                extension::read_metadata(&written).map(|m| m.schema)
            } else {
                extension::read_schema(&written).map(|s| s.id)
            };
            assert_eq!(taken.is_ok(), expected, "{name}: {taken:?}");
            seen += 1;
        }
    }
    assert_eq!(seen, 10);
}

#[test]
fn what_is_no_document_is_refused_with_its_place() {
    let said = |text: &str| {
        csaf::validate(text.as_bytes(), &facts())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        said("{}"),
        "/document/csaf_version: nothing is no edition that is read"
    );
    assert_eq!(
        said(r#"{"document":{"csaf_version":"3.0"}}"#),
        "/document/csaf_version: `3.0` is no edition that is read"
    );
    assert_eq!(said("[1,"), "line 1, column 3: EOF while parsing a value");
}
