//! The early warning at an operator's command line, with the office's node as a process: what is typed there is done at the office. In: the program. Out: verdicts. Never: an address beyond
//! loopback.

use crate::program::{Ran, run, sakimori};
use crate::serve::{Served, certificate, join};
use sakimori_control::tls::Identity;
use serde_json::{Value, json};
use std::path::Path;

const REPORT: &str = "2026-11-28-scan_smb-jp.csv";

fn at(folder: &Path, node: &str, role: &str, words: &[&str]) -> Ran {
    let mut command = sakimori(words);
    command
        .args(["--role", role, "--operator", "water-1", "--as", "tester"])
        .arg("--node")
        .arg(folder.join(node))
        .current_dir(folder);
    run(&mut command)
}

/// An office that runs, and an operator's folder that knows it and is known.
fn together(folder: &Path) -> [Served; 2] {
    let [office, commission, water] = ["office", "commission", "water"].map(|n| folder.join(n));
    let mut init = sakimori(["init", "--dir"]);
    run(init.arg(&office).arg("--commission-dir").arg(&commission)).yes();
    let (file, _) = certificate("office", &office);
    join(
        "commission",
        &commission,
        "office",
        &["--certificate", &file],
    );
    let watching = Served::start("commission", &commission, &[]);
    let (_, sha256) = certificate("commission", &commission);
    let known = ["--sha256", &sha256, "--url", &watching.url];
    join("office", &office, "commission", &known);
    Identity::open(&water.join("operator"), &["localhost".to_owned()]).unwrap();
    let (own, _) = certificate("operator", &water);
    join(
        "office",
        &office,
        "water-1",
        &["--certificate", &own, "--may", "report"],
    );
    let served = Served::start("office", &office, &[]);
    join(
        "operator",
        &water,
        "office",
        &["--certificate", &file, "--url", &served.url],
    );
    [watching, served]
}

#[test]
fn what_an_operator_types_is_done_at_the_office_and_a_secret_is_shown_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let _running = together(folder);
    let water = |words: &[&str]| at(folder, "water", "operator", words);
    let office = |words: &[&str]| at(folder, "office", "office", words);
    let claim = [
        "alert",
        "register",
        "198.51.100.0/24",
        "--method",
        "registry-paper",
        "--format",
        "json",
    ];
    let claim = water(&claim).yes().json();
    let [id, text] = ["id", "text"].map(|key| claim[key].as_str().unwrap());
    let waits = office(&["alert", "things", "--format", "json"])
        .yes()
        .json();
    assert_eq!(
        (&waits[0]["operator"], &waits[0]["thing"]),
        (&json!("water-1"), &json!("198.51.100.0/24"))
    );
    office(&["alert", "prove", id, "--paper", text]).yes();
    let things = water(&["alert", "things"]).yes();
    assert!(things.out.contains("shown"), "{things:#?}");
    let rows = "\"timestamp\",\"ip\",\"port\"\n\"2026-11-28 01:00:00\",\"198.51.100.7\",445\n";
    std::fs::write(folder.join(REPORT), rows).unwrap();
    office(&[
        "alert",
        "feed",
        REPORT,
        "--form",
        "shadowserver",
        "--grade",
        "B2",
    ])
    .yes();
    let list = water(&["alert", "list", "--format", "json"]).yes().json();
    let alert = list[0]["alert"]["id"].as_str().unwrap();
    water(&["alert", "answer", alert, "acted"]).yes();
    let shown = water(&["alert", "show", alert]).yes().json();
    assert_eq!(shown["answers"][0]["answer"], "acted", "{shown}");
    let theirs = office(&["alert", "rates", "--format", "json"]).yes().json();
    let rates = water(&["alert", "rates", "--format", "json"]).yes().json();
    assert_eq!((&rates[0]["acted"], &rates), (&json!(1), &theirs));
    let tell = [
        "alert",
        "tell",
        "--webhook",
        "https://soc.water.example/hook",
    ];
    let told = water(&tell).yes();
    assert!(
        told.json()["secret"]
            .as_str()
            .is_some_and(|secret| secret.starts_with("whsec_"))
    );
    assert!(told.err.contains("this once"), "{told:#?}");
    assert_eq!(water(&tell).yes().json()["secret"], Value::Null);
    water(&["alert", "tell", "--webhook", "http://soc.water.example/"]).ended(1);
    // The folder's own store is another world, and is asked for by name.
    let local = water(&["alert", "list", "--local", "--format", "json"]).yes();
    assert_eq!(local.json(), json!([]));
    sent(&water);
}

/// A fingerprint goes to the office, and no further by itself.
fn sent(water: &dyn Fn(&[&str]) -> Ran) {
    let flood = json!({
        "version": 1, "first": "2026-11-28T01:00:00Z", "last": "2026-11-28T01:09:59Z", "packets": 4, "bytes": 600,
        "vectors": [{
            "protocol": 17, "fragments": false, "source_ports": [53], "destination_ports": [], "lengths": [128, 1400],
            "hops": [50, 60], "packets": 4, "bytes": 600, "sources": [],
        }],
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), flood.to_string()).unwrap();
    let path = file.path().to_str().unwrap();
    let kept = water(&["ddos", "send", path, "--words", "now"]).yes();
    assert!(kept.out.contains("f-"), "{kept:#?}");
    assert_eq!(
        water(&["ddos", "list", "--format", "json"]).yes().json(),
        json!([])
    );
    water(&["ddos", "get", "0011223344556677"]).ended(1);
}
