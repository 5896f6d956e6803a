//! otupy, a producer that others wrote, drives the consumer over HTTPS through a proxy that holds its client's certificate.

use crate::world::{NAME, World, now};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Itself without what it asks for in vain, and what its import asks for.
const OTUPY: &str = "otupy==1.1.0";
const ASKED: [&str; 13] = [
    "aenum==3.1.17",
    "cbor2==6.3.0",
    "email-validator==2.4.0",
    "flask==3.1.3",
    "fqdn==1.6.0",
    "macaddress==2.0.2",
    "mediatype==0.1.6",
    "paho-mqtt==2.2.0",
    "pyyaml==6.0.4",
    "requests==2.34.2",
    "rfc3987==1.3.8",
    "werkzeug==3.1.9",
    "xmltodict==1.0.4",
];

fn does(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// A Python that has it, below cargo's folder for tests; made at the first call.
fn python(test: &str) -> Option<PathBuf> {
    let python = sakimori_testkit::program(test, "python3")?;
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("otupy-1.1.0");
    let own = home.join("bin/python3");
    let probe = "import otupy, otupy.profiles.slpf, otupy.transfers.http";
    let speaks = || {
        let mut probing = Command::new(&own);
        does(probing.args(["-c", probe]).stderr(Stdio::null()))
    };
    let pip = |arguments: &[&str]| {
        let mut pip = Command::new(&own);
        pip.args(["-m", "pip", "install", "-q", "--disable-pip-version-check"]);
        does(pip.args(arguments))
    };
    let install = || {
        does(Command::new(&python).args(["-m", "venv"]).arg(&home))
            && pip(&ASKED)
            && pip(&["--no-deps", OTUPY])
    };
    if speaks() || (install() && speaks()) {
        return Some(own);
    }
    sakimori_testkit::skip(test, "pip could not install otupy");
    None
}

#[test]
fn otupy_commands_are_done_or_refused_as_the_page_says() {
    let Some(python) = python("otupy_commands_are_done_or_refused_as_the_page_says") else {
        return;
    };
    let world = World::ready(|_| {});
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/run/producer.py");
    let near = crate::world::identity(world.folder.path(), "near");
    let output = Command::new(python)
        .arg(script)
        .arg(world.address().port().to_string())
        .args([&near.certificate, &near.key])
        .args([&world.office.certificate, &world.office.key])
        .args([NAME, &"3e".repeat(16), &(now() * 1000).to_string()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{error}\n{}", world.log());
    let said: Vec<(String, u64)> = text
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            println!("{line}");
            let what = line["what"].as_str().unwrap().to_owned();
            (what, line["status"].as_u64().unwrap())
        })
        .collect();
    let expected = [
        ("features", 200),
        ("deny", 200),
        ("deny a name", 200),
        ("without an end", 400),
        ("without a direction", 400),
        ("not approved", 403),
        ("without a measure", 403),
        ("scan", 501),
        ("allow", 200),
    ];
    let expected: Vec<(String, u64)> = expected
        .into_iter()
        .map(|(what, status)| (what.to_owned(), status))
        .collect();
    assert_eq!(said, expected);
    assert_eq!(world.in_force(), ["evil.example"]);
}
