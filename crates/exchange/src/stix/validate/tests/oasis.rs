//! The same objects before us and before OASIS's `stix2-validator` and `stix2-patterns`.

use super::super::form::Form;
use super::super::kinds::{Family, Property, common, extension, find};
use super::*;
use crate::pattern::Pattern;
use serde_json::{Map, Value as Json, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// Numbers that follow from a seed (Vigna, "`SplitMix64`").
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    }

    fn of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.next(list.len())]
    }
}

const TYPES: &[&str] = &[
    "attack-pattern",
    "campaign",
    "course-of-action",
    "grouping",
    "identity",
    "incident",
    "indicator",
    "infrastructure",
    "intrusion-set",
    "location",
    "malware",
    "malware-analysis",
    "note",
    "observed-data",
    "opinion",
    "report",
    "threat-actor",
    "tool",
    "vulnerability",
    "relationship",
    "sighting",
    "language-content",
    "extension-definition",
    "marking-definition",
    "artifact",
    "autonomous-system",
    "directory",
    "domain-name",
    "email-addr",
    "email-message",
    "file",
    "ipv4-addr",
    "ipv6-addr",
    "mac-addr",
    "mutex",
    "network-traffic",
    "process",
    "software",
    "url",
    "user-account",
    "windows-registry-key",
    "x509-certificate",
];

fn id(kind: &str, version: usize) -> String {
    format!("{kind}--8e2e2d2b-17d4-{version}cbf-938f-98ee46b3cd3f")
}

/// A value of a form; most of the time a good one.
fn value(form: Form, name: &str, draw: &mut Draw) -> Json {
    match form {
        Form::Bool => json!(draw.next(2) == 0),
        Form::Integer(min, max) => json!(*draw.of(&[min.max(-5), max.min(7), 1, 3])),
        Form::Number(min, max) => json!(*draw.of(&[min.max(-1.5), max.min(2.5), 0.0, 1.0])),
        Form::Time | Form::Milliseconds => json!(*draw.of(&[
            "2016-01-20T12:31:12.123Z",
            "2016-01-20T12:31:12.124Z",
            "2017-06-01T00:00:00.000Z",
        ])),
        Form::Texts => json!(["a", "b"]),
        Form::Closed(list) | Form::Open(list) => json!(*draw.of(list)),
        Form::ClosedList(list) | Form::OpenList(list) => json!([*draw.of(list)]),
        Form::Id(kinds) | Form::Ref(kinds) => {
            json!(id(kinds.first().unwrap_or(&"file"), 4))
        }
        Form::Ids(kinds) | Form::Refs(kinds) => json!([id(kinds.first().unwrap_or(&"tool"), 4)]),
        Form::IdNot(_) => json!(id("malware", 4)),
        Form::Hashes => json!({ "MD5": "d41d8cd98f00b204e9800998ecf8427e", "x_own": "abc" }),
        Form::Dictionary | Form::DictionaryOf(..) => match name {
            "contents" => json!({ "de": { "name": "b" } }),
            "document_info_dict" => json!({ "Title": "a" }),
            "request_header" => json!({ "Host": ["a"] }),
            "options" => json!({ "SO_KEEPALIVE": 1 }),
            "exif_tags" => json!({ "Make": "a" }),
            "startup_info" => json!({ "dwX": 5, "lpTitle": "a" }),
            _ => json!({ "a_b": "c" }),
        },
        Form::Part(part) => object(part.own, part.any, draw),
        Form::Parts(part) => json!([object(part.own, part.any, draw)]),
        Form::External => json!([*draw.of(&[
            &json!({ "source_name": "a", "description": "b" }),
            &json!({ "source_name": "cve", "external_id": "CVE-2021-44228" }),
            &json!({ "source_name": "a", "url": "https://a.example/b?c#d" }),
        ])]),
        Form::Granular => {
            json!([{ "selectors": ["type"], "marking_ref": id("marking-definition", 4) }])
        }
        Form::Extensions => {
            json!({ id("extension-definition", 4): { "extension_type": "property-extension", "rank": 5 } })
        }
        Form::Observables => {
            json!({ "0": { "type": "url", "id": id("url", 5), "value": "http://a.example/" } })
        }
        _ => json!(text(name)),
    }
}

/// A good text for a property.
fn text(name: &str) -> &'static str {
    match name {
        "url" => "https://a.example/",
        "value" => "1.2.3.4",
        "mime_type" => "text/plain",
        "path_enc" | "name_enc" => "UTF-8",
        "cpe" => "cpe:2.3:a:b:c:*:*:*:*:*:*:*:*",
        "pattern" => "[url:value = 'a']",
        "lang" | "country" => "de",
        "relationship_type" => "related-to",
        "definition_type" => "statement",
        name if name.ends_with("_hex") => "0aFF",
        name if name.ends_with("_bin") => "YWJj",
        _ => "abc",
    }
}

fn object(properties: &[Property], any: &[&str], draw: &mut Draw) -> Json {
    let mut out = Map::new();
    for property in properties {
        if property.required || draw.next(3) == 0 {
            let value = value(property.form, property.name, draw);
            out.insert(property.name.to_owned(), value);
        }
    }
    if !any.is_empty() && any.iter().all(|name| !out.contains_key(*name)) {
        let known: Vec<_> = properties
            .iter()
            .filter(|p| any.contains(&p.name))
            .collect();
        let one = draw.of(&known);
        out.insert(one.name.to_owned(), value(one.form, one.name, draw));
    }
    Json::Object(out)
}

/// An object of a type.
fn whole(kind: &str, draw: &mut Draw) -> Json {
    let table = find(kind, SpecVersion::V21).unwrap();
    let mut out = object(common(table.family, SpecVersion::V21), &[], draw);
    let own = object(table.own, table.any, draw);
    let members = out.as_object_mut().unwrap();
    members.extend(own.as_object().unwrap().clone());
    let version = if table.family == Family::Observable && kind != "process" {
        5
    } else {
        4
    };
    members.insert("type".to_owned(), json!(kind));
    members.insert("id".to_owned(), json!(id(kind, version)));
    if members.contains_key("spec_version") {
        members.insert("spec_version".to_owned(), json!("2.1"));
    }
    let value = match kind {
        "domain-name" => Some("a.example"),
        "email-addr" => Some("a@b.example"),
        "mac-addr" => Some("00:00:5e:00:53:01"),
        "url" => Some("https://a.example/"),
        "ipv6-addr" => Some("2001:db8::1"),
        _ => None,
    };
    if let Some(value) = value {
        members.insert("value".to_owned(), json!(value));
    }
    if kind == "indicator" {
        members.insert("pattern_type".to_owned(), json!("stix"));
        members.remove("pattern_version");
    }
    let known: &[&str] = match kind {
        "file" => &[
            "archive-ext",
            "ntfs-ext",
            "pdf-ext",
            "raster-image-ext",
            "windows-pebinary-ext",
        ],
        "network-traffic" => &["http-request-ext", "icmp-ext", "socket-ext", "tcp-ext"],
        "process" => &["windows-process-ext", "windows-service-ext"],
        "user-account" => &["unix-account-ext"],
        _ => &[],
    };
    if !known.is_empty() && draw.next(2) == 0 {
        let name = *draw.of(known);
        let part = extension(name).unwrap();
        let any: Vec<&str> = part
            .any
            .iter()
            .copied()
            .filter(|n| part.own.iter().any(|p| p.name == *n))
            .collect();
        let mut value = object(part.own, &any, draw);
        if let Some(time) = value.get_mut("time_date_stamp") {
            *time = json!("2016-01-20T12:31:12Z");
        }
        members.insert("extensions".to_owned(), json!({ name: value }));
    }
    if kind == "marking-definition" && members.contains_key("definition") {
        members.insert("definition".to_owned(), json!({ "statement": "a" }));
    }
    out
}

/// Values that few properties have.
fn odd(draw: &mut Draw) -> Json {
    let list = [
        json!(null),
        json!([]),
        json!({}),
        json!(""),
        json!("x"),
        json!(5),
        json!(-1),
        json!(1.5),
        json!(true),
        json!("2016-01-20T12:31:12Z"),
        json!("2016-13-20T12:31:12.123Z"),
        json!("2001-01-01T00:00:00.000Z"),
        json!("tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"),
        json!("marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"),
        json!(["a"]),
        json!([5]),
        json!([{}]),
        json!({ "a": "b" }),
        json!({ "a b": 1 }),
        json!(1e9),
        json!(100_000),
        json!("file--8e2e2d2b-17d4-0cbf-938f-98ee46b3cd3f"),
        json!([[]]),
        json!({ "MD5": "x" }),
        json!("[a:b = "),
        json!("a b"),
        json!("ABC"),
    ];
    draw.of(&list).clone()
}

/// Changes one thing, here or within.
fn change(node: &mut Json, draw: &mut Draw) {
    match node {
        Json::Object(members) if !members.is_empty() => {
            let names: Vec<String> = members.keys().cloned().collect();
            let name = draw.of(&names).clone();
            match draw.next(6) {
                0 => {
                    members.remove(&name);
                }
                1 => {
                    let new = *draw.of(&[
                        "x_own",
                        "foo",
                        "Foo",
                        "fo",
                        "action",
                        "x_bin",
                        "x_hex",
                        "2ab",
                        "description",
                        "name",
                    ]);
                    members.insert(new.to_owned(), odd(draw));
                }
                2 | 3 => change(members.get_mut(&name).unwrap(), draw),
                _ => {
                    members.insert(name, odd(draw));
                }
            }
        }
        Json::Array(items) if !items.is_empty() && draw.next(2) == 0 => {
            let at = draw.next(items.len());
            change(&mut items[at], draw);
        }
        other => *other = odd(draw),
    }
}

/// Asks a Python program for a line of answer to each line; `None` where it has not the packages.
fn ask(test: &str, program: &str, lines: &[String]) -> Option<Vec<String>> {
    let python = sakimori_testkit::program(test, "python3")?;
    let probe = Command::new(&python)
        .args(["-c", "import stix2validator, stix2patterns"])
        .stderr(Stdio::null())
        .status();
    if !probe.is_ok_and(|status| status.success()) {
        sakimori_testkit::skip(
            test,
            "the Python packages stix2-validator and stix2-patterns are missing",
        );
        return None;
    }
    let mut child = Command::new(python)
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = lines.join("\n") + "\n";
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    Some(answers.lines().map(str::to_owned).collect())
}

/// A line for each object: `ok`, or the first errors. Answers of the program's own mistakes (an exception) begin with `EXC`.
const VALIDATE: &str = r#"
import sys, json, logging
from stix2validator import validate_parsed_json, ValidationOptions
import stix2validator.v21.enums as enums
for name in ("media_types", "char_sets", "protocols", "ipfix"):
    setattr(enums, name, lambda: [])
for line in sys.stdin:
    try:
        found = validate_parsed_json(json.loads(line), ValidationOptions(silent=True))
        told = "; ".join(" ".join(str(e).split()) for e in found.errors)
        print("ok" if found.is_valid else told[:600])
    except Exception as error:
        print("EXC", " ".join(repr(error).split())[:300])
"#;

/// Whether the specification and not the other program is followed, by [`DIFFERENCES`].
fn differs_on_purpose(ours: &[Finding], theirs: &str) -> bool {
    let errors: Vec<&Finding> = ours
        .iter()
        .filter(|one| one.severity == Severity::Error)
        .collect();
    let stricter = |one: &&Finding| match one.rule {
        // References of observables and samples of malware; names of properties as a whole.
        Rule::Reference | Rule::IdForm => one.pointer.contains("_ref"),
        Rule::PropertyName | Rule::Timestamp | Rule::Reserved => true,
        _ => false,
    };
    if theirs == "ok" {
        return errors.iter().all(stricter);
    }
    if theirs.starts_with("EXC") {
        return false;
    }
    // Other programs have lists of languages, and compare times as texts.
    let theirs_alone = ["language code", "must be later than or equal to"];
    errors.is_empty() && theirs_alone.iter().any(|words| theirs.contains(words))
}

#[test]
fn oasis_validator_says_the_same_of_drawn_objects() {
    let name = "oasis_validator_says_the_same_of_drawn_objects";
    let mut draw = Draw(7);
    let mut lines = Vec::new();
    for round in 0..24 {
        for kind in TYPES {
            let mut object = whole(kind, &mut draw);
            // What is drawn does not depend on the order that the maps of a build keep.
            object.sort_all_objects();
            for _ in 0..round % 3 {
                change(&mut object, &mut draw);
                object.sort_all_objects();
            }
            lines.push(object.to_string());
        }
    }
    let Some(answers) = ask(name, VALIDATE, &lines) else {
        return;
    };
    let counts = compare(&lines, &answers);
    assert!(
        counts.good > 200 && counts.bad > 300 && counts.purpose < 60,
        "{counts:?}"
    );
}

/// How often both said what.
#[derive(Debug, Default)]
struct Counts {
    /// Valid for both.
    good: usize,
    /// Invalid for both.
    bad: usize,
    /// Judged otherwise on purpose.
    purpose: usize,
    /// Invalid here, and the other program fell over it.
    beyond: usize,
}

fn compare(lines: &[String], answers: &[String]) -> Counts {
    assert_eq!(answers.len(), lines.len());
    let (mut counts, mut wrong) = (Counts::default(), Vec::new());
    for (line, answer) in lines.iter().zip(answers) {
        let node = read(line, Limits::OBJECT).unwrap();
        let ours = judge(&node, None);
        match (is_valid(&ours), answer.as_str()) {
            // It falls over what its schemas have refused already.
            (false, answer) if answer.starts_with("EXC") => counts.beyond += 1,
            (true, "ok") => counts.good += 1,
            (false, answer) if answer != "ok" => counts.bad += 1,
            _ if differs_on_purpose(&ours, answer) => counts.purpose += 1,
            _ => {
                let errors: Vec<String> = ours.iter().map(ToString::to_string).collect();
                wrong.push(format!("{line}\n  ours: {errors:?}\n  theirs: {answer}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{counts:?}, {} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    counts
}

/// Objects of STIX 2.1 within a text of others, each once.
fn objects_within(value: &Json, out: &mut BTreeMap<String, Json>) {
    match value {
        Json::Object(members) => {
            let text = |name: &str| members.get(name).and_then(Json::as_str);
            let typed = text("type").is_some_and(|kind| kind != "bundle");
            if typed && text("spec_version") == Some("2.1") && text("id").is_some() {
                out.insert(value.to_string(), value.clone());
            }
            members
                .values()
                .for_each(|inner| objects_within(inner, out));
        }
        Json::Array(items) => items.iter().for_each(|inner| objects_within(inner, out)),
        _ => {}
    }
}

#[test]
fn oasis_validator_says_the_same_of_real_objects() {
    let name = "oasis_validator_says_the_same_of_real_objects";
    let mut objects = BTreeMap::new();
    for folder in [
        "exchange/misp/misp-stix/pairs",
        "exchange/taxii",
        "exchange/stix/validator-examples/v21/test_examples",
        "exchange/misp/misp-stix/mapping",
    ] {
        let Some(folder) = data(name, folder) else {
            return;
        };
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            if let Ok(value) = serde_json::from_str::<Json>(&text) {
                objects_within(&value, &mut objects);
            }
        }
    }
    // A part of them, spread over all: each takes the other program some time.
    let step = objects.len().div_ceil(500);
    let lines: Vec<String> = objects.into_keys().step_by(step).collect();
    let Some(answers) = ask(name, VALIDATE, &lines) else {
        return;
    };
    let counts = compare(&lines, &answers);
    assert!(counts.good > 200, "{counts:?}");
}

/// A line for each pattern: `ok`, or the first error.
const PATTERNS: &str = r#"
import sys, json
from stix2patterns.validator import run_validator
for line in sys.stdin:
    try:
        errors = run_validator(json.loads(line), "2.1")
        print("ok" if not errors else " ".join(errors[0].split())[:200])
    except Exception as error:
        print("EXC", " ".join(repr(error).split())[:200])
"#;

/// Every STIX pattern of an indicator in a folder, and how many of them say their language.
fn collect(folder: &Path, out: &mut BTreeMap<String, bool>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, out);
        } else if path.extension().is_some_and(|end| end == "json") {
            let text = std::fs::read_to_string(&path).unwrap();
            if let Ok(value) = serde_json::from_str::<Json>(&text) {
                walk(&value, out);
            }
        }
    }
}

fn walk(value: &Json, out: &mut BTreeMap<String, bool>) {
    match value {
        Json::Object(members) => {
            let language = members.get("pattern_type").and_then(Json::as_str);
            let indicator = members.get("type").and_then(Json::as_str) == Some("indicator");
            if let Some(text) = members.get("pattern").and_then(Json::as_str)
                && indicator
                && language.is_none_or(|language| language == "stix")
            {
                let says = out.entry(text.to_owned()).or_default();
                *says |= language.is_some();
            }
            members.values().for_each(|inner| walk(inner, out));
        }
        Json::Array(items) => items.iter().for_each(|inner| walk(inner, out)),
        _ => {}
    }
}

fn changed(text: &str, draw: &mut Draw) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let at = draw.next(characters.len());
    let with = *draw.of(&[
        '[', ']', '(', ')', '\'', ':', '.', '=', '!', '<', ' ', '-', '_', 'a', 'T', '0', '9', '*',
        ',', '\\', 'h', 'b', 't', '/', 'é',
    ]);
    match draw.next(3) {
        0 => {
            characters.remove(at);
        }
        1 => characters.insert(at, with),
        _ => characters[at] = with,
    }
    characters.into_iter().collect()
}

#[test]
fn oasis_pattern_validator_says_the_same_of_real_patterns_and_their_changes() {
    let name = "oasis_pattern_validator_says_the_same_of_real_patterns_and_their_changes";
    let mut real = BTreeMap::new();
    for folder in ["exchange/misp/misp-stix", "exchange/taxii", "exchange/stix"] {
        let Some(folder) = data(name, folder) else {
            return;
        };
        collect(&folder, &mut real);
    }
    let says = real.values().filter(|says| **says).count();
    assert!(
        real.len() >= 190 && says >= 150,
        "{} patterns, {says} with their language",
        real.len()
    );
    for text in real.keys() {
        let read = Pattern::parse(text);
        assert!(read.is_ok(), "{text}: {read:?}");
    }
    let mut draw = Draw(11);
    let mut texts: Vec<String> = real.into_keys().filter(|text| text.len() < 2000).collect();
    let changes: Vec<String> = texts
        .iter()
        .flat_map(|text| (0..4).map(|_| changed(text, &mut draw)).collect::<Vec<_>>())
        .collect();
    texts.extend(changes);
    let lines: Vec<String> = texts
        .iter()
        .map(|text| Json::from(text.as_str()).to_string())
        .collect();
    let Some(answers) = ask(name, PATTERNS, &lines) else {
        return;
    };
    assert_eq!(answers.len(), texts.len());
    let (mut good, mut bad, mut wrong) = (0, 0, Vec::new());
    for (text, answer) in texts.iter().zip(&answers) {
        match (Pattern::parse(text), answer.as_str()) {
            (Ok(_), "ok") => good += 1,
            (Err(_), answer) if answer != "ok" => bad += 1,
            // By purpose: a hash that is compared by a part.
            (Ok(_), answer) if answer.contains("hash") && text.contains(" LIKE ") => good += 1,
            (ours, theirs) => wrong.push(format!("{text}\n  ours: {ours:?}\n  theirs: {theirs}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{good} good, {bad} bad, {} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(good > 250 && bad > 250, "{good} good, {bad} bad");
}
