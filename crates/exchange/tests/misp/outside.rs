//! What is made here before a program of others: OASIS's `stix2-validator` 3.2.0. In: the STIX of all events of the test data, of the documentation's entries, of Japan. Out: no error.
//! Never: an error that is left out of the count; what is known to be none of the mapping's is listed by its words.

use crate::compare::json;
use crate::japan::EVENTS;
use sakimori_custody::time::Seconds;
use sakimori_exchange::misp::{Event, read, to_stix, to_stix_whole};
use serde_json::{Value, json as value};
use std::io::Write;
use std::process::{Command, Stdio};

/// A line for each bundle: `ok`, or the errors.
const VALIDATE: &str = r#"
import sys, json
from stix2validator import validate_parsed_json, ValidationOptions
import stix2validator.v21.enums as enums
for name in ("media_types", "char_sets", "protocols", "ipfix"):
    setattr(enums, name, lambda: [])
for line in sys.stdin:
    found = validate_parsed_json(json.loads(line), ValidationOptions(silent=True, version="2.1"))
    found = found if isinstance(found, list) else [found]
    told = [" ".join(str(e).split()) for one in found for e in one.errors]
    print("ok" if not told else " ;; ".join(told)[:2000])
"#;

/// What misp-stix writes too: short names of hives, addresses with letters beyond ASCII, headers that are no lists, languages that are no codes.
const THERE_TOO: [&str; 4] = [
    "^HKLM|HKCC|HKCR|HKCU|HKU",
    "is not a 'uri'",
    "extensions.http-request-ext.request_header",
    "languages",
];

/// Asks for a line of answer to each line; `None` where Python or the package is missing.
fn ask(test: &str, lines: &[String]) -> Option<Vec<String>> {
    let python = sakimori_testkit::program(test, "python3")?;
    let probe = Command::new(&python)
        .args(["-c", "import stix2validator"])
        .stderr(Stdio::null())
        .status();
    if !probe.is_ok_and(|status| status.success()) {
        sakimori_testkit::skip(test, "the Python package stix2-validator is missing");
        return None;
    }
    let mut child = Command::new(python)
        .args(["-c", VALIDATE])
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

/// Where the documentation took the middle out of a file it is a file no more; another stands for it.
fn whole_files(of: &mut Value) {
    match of {
        Value::String(text) if text.contains("[...]") => *of = value!("QUFBQQ=="),
        Value::Array(items) => items.iter_mut().for_each(whole_files),
        Value::Object(members) => members.values_mut().for_each(whole_files),
        _ => {}
    }
}

/// All events of the test data, each with its name.
fn events(test: &str) -> Option<Vec<(String, Event)>> {
    let mut out = Vec::new();
    for (name, text) in EVENTS {
        out.push((name.to_owned(), read(text.as_bytes()).unwrap().remove(0)));
    }
    let root = sakimori_testkit::data(test, "exchange/misp/events")?;
    let mut files = Vec::new();
    crate::events::files(&root, &mut files);
    for path in files {
        let events = read(&std::fs::read(&path).unwrap()).unwrap_or_default();
        let named = events.into_iter().filter(|event| event.uuid.is_some());
        out.extend(named.map(|event| (path.display().to_string(), event)));
    }
    for (file, kind) in crate::mapping::TO {
        let all = json(test, &format!("{}/{file}.json", crate::mapping::FOLDER))?;
        for (name, entry) in all.as_object().unwrap() {
            let mut misp = entry.get("MISP").unwrap().clone();
            whole_files(&mut misp);
            let misp = misp.as_array().cloned().unwrap_or_else(|| vec![misp]);
            let event = value!({"Event": {
                "uuid": "a6ef17d6-91cb-4a05-b10b-2f045daf874c", "info": name, "timestamp": "1603642920",
                "Orgc": {"name": "MISP-Project", "uuid": "a0c22599-9e58-4da4-96ac-7051603fa951"}, kind: misp,
            }});
            let event = read(event.to_string().as_bytes()).unwrap().remove(0);
            out.push((format!("{file} {name}"), event));
        }
    }
    Some(out)
}

#[test]
fn oasis_validator_finds_no_error_in_what_is_made_of_events() {
    let test = "oasis_validator_finds_no_error_in_what_is_made_of_events";
    let Some(events) = events(test) else { return };
    let (mut names, mut lines) = (Vec::new(), Vec::new());
    for (name, event) in &events {
        for (how, write) in [
            ("plain", to_stix as fn(&[Event], Seconds) -> _),
            ("whole", to_stix_whole),
        ] {
            let written = write(std::slice::from_ref(event), Seconds(1_790_000_000)).unwrap();
            let bundle = written.bundle("a31158d6-4ac2-485d-8bd2-e05f2f0aa1a1");
            let bundle: Value = serde_json::from_str(&bundle).unwrap();
            names.push(format!("{name} ({how})"));
            lines.push(bundle.to_string());
        }
    }
    let Some(answers) = ask(test, &lines) else {
        return;
    };
    assert_eq!(answers.len(), lines.len());
    let mut wrong = Vec::new();
    for (name, answer) in names.iter().zip(&answers) {
        let told = answer.split(" ;; ").filter(|told| *told != "ok");
        // Without the extension the mapping is that of misp-stix, which writes these values as MISP has them.
        let plain = name.ends_with("(plain)");
        let told =
            told.filter(|told| !(plain && THERE_TOO.iter().any(|words| told.contains(words))));
        wrong.extend(told.map(|told| format!("{name}: {told}")));
    }
    assert!(lines.len() > 300, "{}", lines.len());
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
