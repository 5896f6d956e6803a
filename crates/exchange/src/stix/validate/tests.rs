use super::*;
use crate::json::{Limits, read};
use sakimori_testkit::data;
use std::path::Path;

mod oasis;

/// Errors and warnings of a text by rule and pointer.
fn told(text: &str) -> (Vec<String>, Vec<String>) {
    let node = read(text, Limits::MANY).unwrap();
    let findings = judge(&node, None);
    let of = |severity| {
        let those = findings.iter().filter(move |one| one.severity == severity);
        those
            .map(|one| format!("{} {}", one.rule.id(), one.pointer))
            .collect()
    };
    (of(Severity::Error), of(Severity::Warning))
}

const HEAD: &str = r#""spec_version":"2.1","created":"2016-01-20T12:31:12.123Z","modified":"2016-01-20T12:31:12.123Z""#;
const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

fn object(kind: &str, rest: &str) -> String {
    format!(r#"{{"type":"{kind}","id":"{kind}--{UUID}",{HEAD}{rest}}}"#)
}

#[test]
fn the_examples_of_oasis_have_their_verdicts() {
    let name = "the_examples_of_oasis_have_their_verdicts";
    let Some(folder) = data(name, "exchange/stix/validator-examples") else {
        return;
    };
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    for (file, warned) in [
        ("identity", false),
        ("identity_custom", true),
        ("identity_warning", false),
        ("identity_unicode", false),
        ("tlp-amber", false),
        ("tool", true),
    ] {
        let path = folder.join(format!("v21/test_examples/{file}.json"));
        let (errors, warnings) = told(&read(&path));
        assert_eq!(
            (errors, warnings.is_empty()),
            (Vec::new(), !warned),
            "{file}"
        );
    }
    for version in ["v20", "v21"] {
        let examples = folder.join(version).join("test_examples");
        let of = |file: &str| told(&read(&examples.join(file))).0;
        assert!(of("invalid_identity.json").contains(&"required ".to_owned()));
        assert!(of("invalid_timestamp.json").contains(&"time-order /modified".to_owned()));
        for broken in ["invalid_braces.json", "invalid_comma.json"] {
            let text = read(&examples.join(broken));
            assert!(crate::json::read(&text, Limits::MANY).is_err());
        }
    }
    // Judged as what they are, the examples of 2.0 are valid but for the two that are not.
    for file in ["identity", "identity_warning"] {
        let text = read(&folder.join(format!("v20/test_examples/{file}.json")));
        let node = crate::json::read(&text, Limits::MANY).unwrap();
        assert!(is_valid(&judge(&node, Some(SpecVersion::V20))), "{file}");
        assert!(!is_valid(&judge(&node, None)), "{file}");
    }
}

#[test]
fn the_markings_of_tlp_one_and_two_are_accepted() {
    let Some(folder) = data(
        "the_markings_of_tlp_one_and_two_are_accepted",
        "exchange/stix/tlp2",
    ) else {
        return;
    };
    let files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    assert_eq!(files.len(), 9);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(told(&text).0, [""; 0], "{}", file.display());
    }
}

#[test]
fn attack_is_valid() {
    let Some(folder) = data("attack_is_valid", "exchange/stix/attack") else {
        return;
    };
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|end| end == "json"));
    let text = std::fs::read_to_string(file.unwrap()).unwrap();
    let (errors, warnings) = told(&text);
    assert_eq!(errors, [""; 0]);
    assert!(warnings.iter().any(|one| one.starts_with("custom-")));
}

/// Type, its properties, what is changed in the text and into what, the error that is expected.
const ERRORS: &[(&str, &str, [&str; 2], &str)] = &[
    ("x-a--b", "", ["", ""], "type-name /type"),
    (
        "identity",
        r#","name":"a""#,
        ["2.1", "2.7"],
        "spec-version /spec_version",
    ),
    ("identity", r#","name":"a""#, ["8e2e", "8e2"], "id-form /id"),
    (
        "identity",
        r#","name":"a""#,
        ["identity--", "tool--"],
        "id-type /id",
    ),
    ("identity", "", ["", ""], "required "),
    ("location", "", ["", ""], "one-of "),
    (
        "location",
        r#","region":"asia","latitude":1.5"#,
        ["", ""],
        "together ",
    ),
    (
        "identity",
        r#","name":"a","revoked":"no""#,
        ["", ""],
        "property-type /revoked",
    ),
    (
        "identity",
        r#","name":"a","labels":["a",5]"#,
        ["", ""],
        "property-type /labels/1",
    ),
    (
        "identity",
        r#","name":"a","fooBar":1"#,
        ["", ""],
        "property-name /fooBar",
    ),
    (
        "identity",
        r#","name":"a","severity":1"#,
        ["", ""],
        "reserved /severity",
    ),
    (
        "identity",
        r#","name":"a","roles":[]"#,
        ["", ""],
        "empty-list /roles",
    ),
    (
        "identity",
        r#","name":"a","x_own":[]"#,
        ["", ""],
        "empty-list /x_own",
    ),
    (
        "identity",
        r#","name":"a","x_own":null"#,
        ["", ""],
        "null /x_own",
    ),
    (
        "identity",
        r#","name":"a","extensions":{}"#,
        ["", ""],
        "dictionary /extensions",
    ),
    (
        "identity",
        r#","name":"a","confidence":101"#,
        ["", ""],
        "range /confidence",
    ),
    (
        "identity",
        r#","name":"a""#,
        ["31:12.123Z", "31:12.123"],
        "timestamp /created",
    ),
    (
        "identity",
        r#","name":"a""#,
        ["12.123Z", "12Z"],
        "milliseconds /created",
    ),
    (
        "identity",
        r#","name":"a""#,
        [r#"created":"2016"#, r#"created":"2017"#],
        "time-order /modified",
    ),
    (
        "opinion",
        r#","opinion":"yes""#,
        ["", ""],
        "enumeration /opinion",
    ),
    (
        "identity",
        r#","name":"a","object_marking_refs":["tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]"#,
        ["", ""],
        "reference /object_marking_refs/0",
    ),
    (
        "identity",
        r#","name":"a","external_references":[{"source_name":"a"}]"#,
        ["", ""],
        "one-of /external_references/0",
    ),
    (
        "identity",
        r#","name":"a","external_references":[{"source_name":"cve","external_id":"x"}]"#,
        ["", ""],
        "external-reference /external_references/0",
    ),
    (
        "identity",
        r#","name":"a","external_references":[{"source_name":"a","url":"b c"}]"#,
        ["", ""],
        "url /external_references/0/url",
    ),
    (
        "identity",
        r#","name":"a","lang":"e""#,
        ["", ""],
        "language /lang",
    ),
    (
        "identity",
        r#","name":"a","extensions":{"x":{"a":1}}"#,
        ["", ""],
        "extension /extensions/x",
    ),
    (
        "identity",
        r#","name":"a","granular_markings":[{"selectors":["names"],"marking_ref":"marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}]"#,
        ["", ""],
        "selector /granular_markings/0/selectors/0",
    ),
    (
        "file",
        r#","hashes":{"MD5":"x"}"#,
        ["", ""],
        "hash /hashes/MD5",
    ),
    (
        "file",
        r#","name":"x","magic_number_hex":"x""#,
        ["", ""],
        "hex /magic_number_hex",
    ),
    (
        "artifact",
        r#","payload_bin":"x""#,
        ["", ""],
        "binary /payload_bin",
    ),
    (
        "artifact",
        r#","payload_bin":"eHh4","mime_type":"x/y""#,
        ["", ""],
        "media-type /mime_type",
    ),
    ("mac-addr", r#","value":"x""#, ["", ""], "value /value"),
    ("process", r#","pid":1"#, ["-4cbf", "-5cbf"], "id-uuid /id"),
    (
        "indicator",
        r#","pattern":"[x]","pattern_type":"stix""#,
        ["", ""],
        "pattern /pattern",
    ),
    ("marking-definition", "", ["", ""], "marking "),
    (
        "marking-definition",
        r#","definition_type":"tlp","definition":{"tlp":"red"}"#,
        ["", ""],
        "tlp ",
    ),
    (
        "marking-definition",
        r#","object_marking_refs":["marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]"#,
        ["", ""],
        "marking-circle /object_marking_refs",
    ),
];

/// Type, its properties, the warning that is expected.
const WARNINGS: &[(&str, &str, &str)] = &[
    (
        "identity",
        r#","name":"a","identity_class":"Big_One""#,
        "vocabulary-form /identity_class",
    ),
    (
        "identity",
        r#","name":"a","identity_class":"big""#,
        "vocabulary /identity_class",
    ),
    (
        "identity",
        r#","name":"a","x_own":1"#,
        "custom-property /x_own",
    ),
    (
        "identity",
        r#","name":"a","external_references":[{"source_name":"a","url":"b:c"}]"#,
        "external-hashes /external_references/0",
    ),
    ("x-own", "", "custom-type "),
    ("file", r#","hashes":{"own":"x"}"#, "hash-name /hashes/own"),
    ("indicator", "", "recommended "),
    (
        "attack-pattern",
        r#","kill_chain_phases":[{"kill_chain_name":"A","phase_name":"b"}]"#,
        "kill-chain /kill_chain_phases",
    ),
    (
        "relationship",
        r#","relationship_type":"uses","source_ref":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","target_ref":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f""#,
        "relationship /relationship_type",
    ),
    (
        "observed-data",
        r#","objects":{"0":{"type":"url"}}"#,
        "deprecated /objects",
    ),
];

#[test]
fn each_rule_is_found_where_it_is_broken() {
    let mut found = std::collections::BTreeSet::new();
    for &(kind, rest, [from, to], wanted) in ERRORS {
        let text = object(kind, rest);
        let text = if from.is_empty() {
            text
        } else {
            text.replace(from, to)
        };
        let errors = told(&text).0;
        assert!(
            errors.iter().any(|one| one == wanted),
            "{wanted} in {errors:?} of {text}"
        );
        found.extend(wanted.split(' ').next());
    }
    for &(kind, rest, wanted) in WARNINGS {
        let warnings = told(&object(kind, rest)).1;
        assert!(
            warnings.iter().any(|one| one == wanted),
            "{wanted} in {warnings:?} of {kind} {rest}"
        );
        found.extend(wanted.split(' ').next());
    }
    let one = object("identity", r#","name":"a""#);
    let twice = format!(r#"{{"type":"bundle","id":"bundle--{UUID}","objects":[{one},{one}]}}"#);
    assert_eq!(told(&twice).1, ["double-id /objects/1"]);
    found.insert("double-id");
    let all: std::collections::BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(all.len(), Rule::ALL.len());
    assert_eq!(found, all);
}

#[test]
fn custom_content_and_relationships_are_kept_without_an_error() {
    let (errors, _) = told(&object("x-own", r#","whatever":{"a":[null]},"own":"c""#));
    assert_eq!(errors, [""; 0]);
    let extended = r#","own":1,"extensions":{"extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f":{"extension_type":"toplevel-property-extension"}}"#;
    assert_eq!(
        told(&object("tool", &format!(r#","name":"a"{extended}"#))).1,
        [""; 0]
    );
}
