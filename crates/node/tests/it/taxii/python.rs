//! Programs that we did not write: `taxii2-client`, OASIS' validators of STIX and of patterns, `schemathesis`, from the Python index. In: a running office. Out: their verdicts.
//! Never: a network but to install them.

use super::attack::{filled, objects};
use super::house::{House, OPEN, id, open, plan, thing};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Python with what is needed, or `None` with a line that says what is skipped.
fn python(test: &str) -> Option<PathBuf> {
    let python = sakimori_testkit::program(test, "python3")?;
    let probe = "import taxii2client.v21, schemathesis, stix2validator, stix2patterns";
    let found = Command::new(&python)
        .args(["-W", "ignore", "-c", probe])
        .output();
    if found.unwrap().status.success() {
        return Some(python);
    }
    let why = "python3 lacks taxii2-client==2.3.0, schemathesis==4.32.0, stix2-validator==3.2.0 or stix2-patterns==2.1.2";
    sakimori_testkit::skip(test, why);
    None
}

/// Python that trusts what it is told to and nothing that the machine names.
fn program(python: &Path) -> Command {
    let mut command = Command::new(python);
    for name in [
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE",
        "HTTPS_PROXY",
        "https_proxy",
    ] {
        command.env_remove(name);
    }
    command.args(["-W", "ignore"]);
    command
}

fn interop(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/interop")
        .join(name)
}

fn certificate(house: &House) -> PathBuf {
    house.office().join("tls/certificate.pem")
}

/// What the client tells of a collection with so many objects.
fn client(python: &Path, house: &House, count: usize, more: &[&str]) -> Value {
    let output = program(python)
        .arg(interop("taxii_client.py"))
        .args(["--url", &format!("{}/taxii2/", house.origin())])
        .args(["--user", "writer", "--password", house.token("writer")])
        .arg("--certificate")
        .arg(certificate(house))
        .args(["--collection", OPEN, "--count", &count.to_string()])
        .args(more)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{words}");
    let told: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(told["objects"], count, "{words}");
    assert_eq!(told["errors"], 0, "{told} {words}");
    told
}

#[test]
fn taxii2_client_reads_pages_adds_and_removes_and_attack_is_valid() {
    let test = "taxii2_client_reads_pages_adds_and_removes_and_attack_is_valid";
    let (Some(python), Some(sent)) = (python(test), objects(test)) else {
        return;
    };
    let house = House::start(&plan());
    filled(&house, &sent);
    let told = client(&python, &house, sent.len(), &[]);
    println!("ATT&CK for ICS: {told}");
}

/// The one object of STIX 2.0 in these files that OASIS' validator of 2.0 refuses and the office takes: its pattern names `subject_public_key_algorithm` of a certificate, which part 4 section 2.18 of 2.0
/// has and the validator's list has not.
const OLD: [&str; 1] = ["indicator--e1f2a3b4-c5d6-4e7f-8091-021324354657"];

/// Whatever looks like an object of STIX in a text.
fn objects_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let text = |name: &str| {
                members
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let own = format!("{}--", text("type"));
            if text("id").starts_with(&own) && text("type") != "bundle" {
                found.push(value.to_string());
            }
            members.values().for_each(|one| objects_in(one, found));
        }
        Value::Array(items) => items.iter().for_each(|one| objects_in(one, found)),
        _ => {}
    }
}

#[test]
fn whatever_is_taken_of_others_files_is_valid_and_so_are_its_patterns() {
    let test = "whatever_is_taken_of_others_files_is_valid_and_so_are_its_patterns";
    let folders = [
        "stix/tlp2",
        "stix/validator-examples/v21/test_examples",
        "taxii",
        "misp/misp-stix",
    ];
    let paths = folders.map(|folder| sakimori_testkit::data(test, &format!("exchange/{folder}")));
    let Some(python) = python(test) else {
        return;
    };
    let mut sent = Vec::new();
    for path in paths.into_iter().flatten() {
        for file in sakimori_testkit::files_below(&path) {
            // Some are no JSON on purpose.
            let text = std::fs::read(file).unwrap();
            if let Ok(value) = serde_json::from_slice(&text) {
                objects_in(&value, &mut sent);
            }
        }
    }
    let house = House::start(&plan());
    let writer = house.machine("writer");
    let mut counts = [0, 0];
    for part in sent.chunks(900) {
        let said = writer.post(&open("objects/"), part);
        assert_eq!(said.status, 202, "{}", said.text());
        let said = said.json();
        for (count, name) in counts.iter_mut().zip(["success_count", "failure_count"]) {
            *count += said[name].as_u64().unwrap();
        }
    }
    assert_eq!(counts.iter().sum::<u64>(), sent.len() as u64);
    let mut kept = 0;
    let mut rest = String::new();
    loop {
        let filters = "limit=1000&match[version]=all&match[spec_version]=2.0,2.1";
        let page = writer.get(&open(&format!("manifest/?{filters}{rest}")));
        kept += page.ids().len();
        let page = page.json();
        let Some(next) = page["next"].as_str() else {
            break;
        };
        rest = format!("&next={next}");
    }
    let told = client(&python, &house, kept, &["--judge"]);
    assert_eq!(told["old"], json!(OLD), "{told}");
    assert!(kept > 500, "{kept}");
    assert!(told["patterns"].as_u64().unwrap() > 50, "{told}");
    println!(
        "{} objects sent, {counts:?} taken and refused, served: {told}",
        sent.len()
    );
}

/// The committed document with the names of this office, so that what is drawn meets something. Positions are given by the server alone: they are tested elsewhere.
fn document(objects: &[String]) -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi-taxii.json");
    let text = std::fs::read_to_string(path).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    let parameters = &mut document["components"]["parameters"];
    parameters["root"]["schema"] = json!({"enum": ["notices"]});
    parameters["collection"]["schema"] = json!({"enum": [OPEN, "open"]});
    parameters["object"]["schema"] = json!({"enum": objects});
    let paths = document["paths"].as_object_mut().unwrap();
    for (_, path) in paths {
        for (_, operation) in path.as_object_mut().unwrap() {
            let parameters = operation.get_mut("parameters");
            if let Some(parameters) = parameters.and_then(Value::as_array_mut) {
                parameters.retain(|one| one["$ref"] != "#/components/parameters/next");
            }
        }
    }
    document
}

#[test]
fn schemathesis_finds_nothing_that_the_document_does_not_say() {
    let test = "schemathesis_finds_nothing_that_the_document_does_not_say";
    let Some(python) = python(test) else {
        return;
    };
    let house = House::start(&plan());
    let writer = house.machine("writer");
    let all: Vec<String> = (0..30).map(|n| thing(n, 0, "")).collect();
    assert_eq!(writer.post(&open("objects/"), &all).status, 202);
    let own = tempfile::tempdir().unwrap();
    let file = own.path().join("openapi.json");
    std::fs::write(
        &file,
        document(&(0..30).map(id).collect::<Vec<_>>()).to_string(),
    )
    .unwrap();
    let output = program(&python)
        .args(["-m", "schemathesis.cli", "run"])
        .arg(&file)
        .args(["--url", &house.origin()])
        .args(["--auth", &format!("writer:{}", house.token("writer"))])
        .arg("--tls-verify")
        .arg(certificate(&house))
        .args([
            "--checks",
            "all",
            "--phases",
            "examples,coverage,fuzzing,stateful",
        ])
        .args(["--max-examples", "20", "--seed", "7", "--no-color"])
        .current_dir(own.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{words}");
    // It has called every operation, and more than once.
    assert!(text.contains("Tested: 11"), "{text}");
}
