//! What the room publishes, judged by programs that others wrote: BSI's validator of CSAF (npm, `@secvisogram/csaf-validator-lib`), Red Hat's library for CVE records (`PyPI`, `cvelib`). In:
//! documents and records of cases. Out: their verdicts; each judges a spoilt one too, so that a validator that takes everything is seen. The packages are installed once, in pinned versions,
//! below cargo's folder for tests.
//! Never: a network but to install them.

use crate::room::{MAKERS, case_of, content, hour, judged, provider, said, told};
use crate::say;
use sakimori_advisory::csaf::Edition;
use sakimori_advisory::csaf::products::Versions;
use sakimori_advisory::publish::case::{MakerState, Product, ProductState, Remedy, RemedyKind};
use sakimori_advisory::publish::{Case, document};
use sakimori_advisory::room::going_out::{Assigner, records};
use sakimori_advisory::room::{Act, Content};
use sakimori_testkit::{program, skip};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// 2026-06-01T00:00:00Z
const START: u64 = 1_780_272_000;
const VALIDATOR: &str = "@secvisogram/csaf-validator-lib@2.0.10";
const CVELIB: &str = "cvelib==1.8.0";

const JUDGE: &str = r"
import * as basic20 from '@secvisogram/csaf-validator-lib/basic.js'
import * as basic21 from '@secvisogram/csaf-validator-lib/csaf_2_1/basic.js'
import validate from '@secvisogram/csaf-validator-lib/validate.js'
import { readFileSync } from 'node:fs'
const said = []
for (const file of process.argv.slice(2)) {
  const document = JSON.parse(readFileSync(file, 'utf8'))
  const tests = document.document.csaf_version === '2.0' ? basic20 : basic21
  const list = Object.values(tests)
  const result = await validate(list, document)
  said.push({ tests: list.length, valid: result.isValid, failed: result.tests.filter((t) => !t.isValid).map((t) => [t.name, t.errors]) })
}
console.log(JSON.stringify(said))
";

/// Runs what installs something; `false` where it cannot, as without a network.
fn installs(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn home(name: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&home).unwrap();
    home
}

fn full(marker: &str) -> Content {
    let mut content = content(marker);
    let product = |maker: &str, name: &str, versions: Versions| Product {
        maker: maker.to_owned(),
        name: name.to_owned(),
        versions,
        models: vec!["EX-100-A".to_owned()],
        cpe: Some(format!(
            "cpe:2.3:h:example:{}:*:*:*:*:*:*:*:*",
            name.to_lowercase()
        )),
        purl: None,
    };
    content.products = vec![
        product(
            MAKERS[0],
            "EX-100",
            Versions::Range(">= 2.0, < 3.2".to_owned()),
        ),
        product(MAKERS[0], "EX-100", Versions::One("3.2".to_owned())),
        product(MAKERS[1], "SW-7", Versions::Unsaid),
        product(MAKERS[2], "制御装置7", Versions::Range("<=1.4".to_owned())),
    ];
    for product in &mut content.products {
        if !product.name.is_ascii() {
            product.cpe = None;
        }
    }
    let weakness = &mut content.weaknesses[0];
    weakness.cwe = Some((
        "CWE-306".to_owned(),
        "Missing Authentication for Critical Function".to_owned(),
    ));
    weakness.states = vec![
        (0, ProductState::Affected),
        (1, ProductState::Fixed),
        (2, ProductState::Unknown),
        (3, ProductState::NotAffected),
    ];
    weakness.scores = vec![(
        vec![0],
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".to_owned(),
        98,
    )];
    weakness.remedies = vec![Remedy {
        kind: RemedyKind::VendorFix,
        details: "Update to 3.2.".to_owned(),
        products: vec![0],
        url: Some("https://alpha.example/ex-100".to_owned()),
    }];
    weakness.reasons = vec![(3, "It has no such port.".to_owned())];
    content
}

/// A version of a case with several makers, one of them silent.
fn version(content: Content) -> Case {
    let mut acts = vec![judged()];
    acts.extend(MAKERS.map(|maker| Act::MakerAdded {
        maker: maker.to_owned(),
    }));
    acts.extend(MAKERS.map(|maker| told(maker, START + 50, "look")));
    acts.push(said(
        MAKERS[0],
        MakerState::Fixed,
        "3.2 asks for a password.",
    ));
    acts.push(Act::Drafted(Box::new(content)));
    acts.push(hour(START + 100, "as agreed"));
    acts.push(Act::Approved {
        summary: "First version".to_owned(),
    });
    case_of(acts).versions().remove(0)
}

fn versions() -> Vec<Case> {
    let mut unnamed = full("without an id");
    unnamed.weaknesses[0].cve = None;
    let mut japanese = full("日本語");
    "ja".clone_into(&mut japanese.lang);
    [full("whole"), unnamed, japanese, content("small")]
        .map(version)
        .into()
}

#[test]
fn another_validator_takes_what_is_published_in_both_editions() {
    let test = "another_validator_takes_what_is_published";
    let (Some(node), Some(npm)) = (program(test, "node"), program(test, "npm")) else {
        return;
    };
    let home = home("csaf-validator-2.0.10");
    let there = home.join("node_modules/@secvisogram/csaf-validator-lib/package.json");
    let install = || {
        let flags = [
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--no-package-lock",
            "--prefix",
        ];
        installs(
            Command::new(npm)
                .arg("install")
                .args(flags)
                .arg(&home)
                .arg(VALIDATOR),
        )
    };
    if !there.exists() && !install() {
        return skip(test, "npm could not install the validator");
    }
    std::fs::write(home.join("judge.mjs"), JUDGE).unwrap();
    let files = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (place, case) in versions().iter().enumerate() {
        for edition in [Edition::V20, Edition::V21] {
            let good = document(case, &provider(), edition).unwrap();
            let mut spoilt = good.clone();
            spoilt["document"]["tracking"]["version"] = json!("7");
            for (name, document) in [("good", good), ("spoilt", spoilt)] {
                let path = files
                    .path()
                    .join(format!("{place}-{}-{name}.json", edition.text()));
                std::fs::write(&path, document.to_string()).unwrap();
                paths.push(path);
            }
        }
    }
    let output = Command::new(node)
        .arg(home.join("judge.mjs"))
        .args(&paths)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said.len(), paths.len());
    for (path, said) in paths.iter().zip(&said) {
        let good = path.to_string_lossy().contains("good");
        assert_eq!(
            said["valid"],
            good,
            "{}: {}",
            path.display(),
            said["failed"]
        );
    }
    say(&format!(
        "{VALIDATOR}: {} documents, {} and {} tests",
        said.len() / 2,
        said[0]["tests"],
        said[2]["tests"]
    ));
}

#[test]
fn another_library_takes_the_records() {
    let test = "another_library_takes_the_records";
    let Some(python) = program(test, "python3") else {
        return;
    };
    let home = home("cvelib-1.8.0");
    let own = home.join("bin/python3");
    let speaks = || installs(Command::new(&own).args(["-c", "import cvelib"]));
    let install = || {
        let made = installs(Command::new(python).args(["-m", "venv"]).arg(&home));
        made && installs(Command::new(&own).args(["-m", "pip", "install", "-q", CVELIB]))
    };
    if !speaks() && !install() {
        return skip(test, "pip could not install cvelib");
    }
    let files = tempfile::tempdir().unwrap();
    let assigner = Assigner {
        id: "6ba7b810-9dad-41d1-80b4-00c04fd430c8".to_owned(),
        name: "office".to_owned(),
    };
    let mut paths = Vec::new();
    for (place, case) in versions().iter().enumerate() {
        let written = records(case, &assigner, "https://office.example/advisories/a").unwrap();
        for (_, bytes) in written {
            let mut spoilt: Value = serde_json::from_slice(&bytes).unwrap();
            spoilt["containers"]["cna"]["affected"] = json!([]);
            for (name, bytes) in [("good", bytes), ("spoilt", spoilt.to_string().into_bytes())] {
                let path = files.path().join(format!("{place}-{name}.json"));
                std::fs::write(&path, bytes).unwrap();
                paths.push(path);
            }
        }
    }
    assert_eq!(paths.len(), 6, "one case has no id");
    for path in &paths {
        let judge = "import json, sys\nfrom cvelib.cve_api import CveRecord\nCveRecord.validate(json.load(open(sys.argv[1])), CveRecord.Schemas.V5_SCHEMA)";
        let output = Command::new(&own)
            .args(["-c", judge])
            .arg(path)
            .output()
            .unwrap();
        let good = path.to_string_lossy().contains("good");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), good, "{}: {text}", path.display());
        assert!(good || text.contains("CveRecordValidationError"), "{text}");
    }
    say(&format!("{CVELIB}: {} records", paths.len() / 2));
}
