//! Programs that we did not write: `taxii2-client`, OASIS' validators of STIX and of patterns, `schemathesis`, from the Python index. In: a running office. Out: their verdicts.

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

#[test]
fn taxii2_client_reads_pages_adds_and_removes_and_what_it_is_given_is_valid() {
    let test = "taxii2_client_reads_pages_adds_and_removes_and_what_it_is_given_is_valid";
    let (Some(python), Some(sent)) = (python(test), objects(test)) else {
        return;
    };
    let house = House::start(&plan());
    filled(&house, &sent);
    let output = program(&python)
        .arg(interop("taxii_client.py"))
        .args(["--url", &format!("{}/taxii2/", house.origin())])
        .args(["--user", "writer", "--password", house.token("writer")])
        .arg("--certificate")
        .arg(certificate(&house))
        .args(["--collection", OPEN])
        .args(["--count", &sent.len().to_string()])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(told["objects"], sent.len());
    assert_eq!(told["errors"], 0, "{told}");
}

/// The committed document with the names of this office, so that what is drawn meets something. Positions are given by the server alone: they are tested elsewhere.
fn document(object: &str) -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi-taxii.json");
    let text = std::fs::read_to_string(path).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    let parameters = &mut document["components"]["parameters"];
    parameters["root"]["schema"] = json!({"enum": ["notices"]});
    parameters["collection"]["schema"] = json!({"enum": [OPEN, "open"]});
    parameters["object"]["schema"] = json!({"enum": [object]});
    let paths = document["paths"].as_object_mut().unwrap();
    for (_, path) in paths {
        for (_, operation) in path.as_object_mut().unwrap() {
            if let Some(parameters) = operation["parameters"].as_array_mut() {
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
    std::fs::write(&file, document(&id(1)).to_string()).unwrap();
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
    assert!(
        text.contains("11 selected") || text.contains("11 total"),
        "{text}"
    );
}
