//! What a provider puts on the web: valid by schema and tests, hashed, signed, and never before its hour.

use crate::{hex, say, value};
use pgp::composed::{ArmorOptions, KeyType, SecretKeyParamsBuilder};
use pgp::types::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sakimori_advisory::csaf::products::Versions;
use sakimori_advisory::csaf::{self, Edition, Facts, Verdict};
use sakimori_advisory::publish::case::{
    MakerState, MakerWord, Product, ProductState, Remedy, RemedyKind, Revision, Stage, Weakness,
};
use sakimori_advisory::publish::openpgp::{self, Key, Sign};
use sakimori_advisory::publish::{Case, Provider, document, tree};
use sakimori_custody::time::Seconds;
use sakimori_release::Tlp;
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// 2026-06-01T00:00:00Z
const START: u64 = 1_780_272_000;

fn provider() -> Provider {
    Provider {
        name: "Office for Weaknesses".to_owned(),
        namespace: "https://office.example".to_owned(),
        authority: "Article 42 of the law; this office coordinates with makers.".to_owned(),
        contact: "weakness@office.example".to_owned(),
        security_contact: "mailto:weakness@office.example".to_owned(),
        root: "https://office.example".to_owned(),
        distribution_text: None,
        licence: Some("CC-BY-4.0".to_owned()),
        aggregators: true,
    }
}

fn case(id: &str, tlp: Tlp, release: u64) -> Case {
    let product = |versions: Versions, version: &str| Product {
        maker: "Example Electric".to_owned(),
        name: "EX-100".to_owned(),
        versions,
        models: Vec::new(),
        cpe: Some(format!(
            "cpe:2.3:h:example_electric:ex-100:{version}:*:*:*:*:*:*:*"
        )),
        purl: None,
    };
    Case {
        id: id.to_owned(),
        title: "EX-100 takes commands from anybody".to_owned(),
        summary: "A controller of Example Electric does not ask who sends commands.".to_owned(),
        lang: "en".to_owned(),
        tlp,
        stage: Stage::Final,
        release: Seconds(release),
        revisions: vec![Revision {
            date: Seconds(release),
            summary: "First version".to_owned(),
        }],
        products: vec![
            product(Versions::Range("< 3.2".to_owned()), "*"),
            product(Versions::One("3.2".to_owned()), "3.2"),
            Product {
                maker: "Silent Works".to_owned(),
                name: "SW-7".to_owned(),
                versions: Versions::Unsaid,
                models: Vec::new(),
                cpe: Some("cpe:2.3:h:silent_works:sw-7:*:*:*:*:*:*:*:*".to_owned()),
                purl: None,
            },
        ],
        weaknesses: vec![Weakness {
            cve: Some("CVE-2026-12345".to_owned()),
            title: "Missing authentication".to_owned(),
            description: "Whoever reaches port 502 may write to the controller.".to_owned(),
            cwe: Some((
                "CWE-306".to_owned(),
                "Missing Authentication for Critical Function".to_owned(),
            )),
            states: vec![
                (0, ProductState::Affected),
                (1, ProductState::Fixed),
                (2, ProductState::Unknown),
            ],
            scores: vec![(
                vec![0],
                "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".to_owned(),
                98,
            )],
            remedies: vec![
                Remedy {
                    kind: RemedyKind::VendorFix,
                    details: "Update to 3.2.".to_owned(),
                    products: vec![0],
                    url: Some("https://example-electric.example/ex-100".to_owned()),
                },
                Remedy {
                    kind: RemedyKind::NoneAvailable,
                    details: "Silent Works has not answered.".to_owned(),
                    products: vec![2],
                    url: None,
                },
            ],
            reasons: Vec::new(),
            disclosed: None,
        }],
        makers: vec![
            MakerWord {
                maker: "Example Electric".to_owned(),
                state: MakerState::Fixed,
                words: Some("Version 3.2 asks for a password.".to_owned()),
            },
            MakerWord {
                maker: "Silent Works".to_owned(),
                state: MakerState::Silent,
                words: None,
            },
        ],
        references: vec![(
            "The maker's page".to_owned(),
            "https://example-electric.example/ex-100".to_owned(),
        )],
    }
}

fn armoured(seed: u64) -> String {
    let parameters = SecretKeyParamsBuilder::default()
        .key_type(KeyType::Ed25519Legacy)
        .created_at(Timestamp::from_secs(1_700_000_000))
        .can_sign(true)
        .can_certify(true)
        .primary_user_id("Office <weakness@office.example>".to_owned())
        .build()
        .unwrap();
    let key = parameters
        .generate(ChaCha20Rng::seed_from_u64(seed))
        .unwrap();
    key.to_armored_string(ArmorOptions::default()).unwrap()
}

fn key() -> Key {
    Key::read(&armoured(1)).unwrap()
}

/// A signer that costs nothing, for the tests that make many trees.
struct Mark;

impl Sign for Mark {
    fn sign(&self, bytes: &[u8], at: Seconds) -> Result<String, openpgp::SignError> {
        Ok(format!("{} {at}", bytes.len()))
    }

    fn fingerprint(&self) -> String {
        "A".repeat(40)
    }

    fn public_key(&self) -> Result<String, openpgp::SignError> {
        Ok("key".to_owned())
    }
}

#[test]
fn both_editions_of_a_case_are_valid_and_have_no_warning() {
    let case = case("EX-2026-0001", Tlp::Clear, START);
    for edition in [Edition::V20, Edition::V21] {
        let document = document(&case, &provider(), edition).unwrap();
        let facts = Facts {
            now: Seconds(START),
            ..Facts::default()
        };
        let report = csaf::validate_value(&document, &facts).unwrap();
        assert!(report.is_valid());
        let told: Vec<(&str, &Verdict)> = report
            .outcomes
            .iter()
            // A hint is that ranges are used at all, or that a score has no newer edition beside it.
            .filter(|o| o.group != csaf::Group::Informative && o.verdict.failed())
            .map(|o| (o.test, &o.verdict))
            .collect();
        assert!(told.is_empty(), "{edition:?}: {told:?}");
        let unanswered = report
            .outcomes
            .iter()
            .filter(|o| matches!(o.verdict, Verdict::Unanswered(_)));
        say(&format!(
            "published {}: {} tests, {} not answered",
            edition.text(),
            report.outcomes.len(),
            unanswered.count()
        ));
        let notes = document["document"]["notes"].to_string();
        assert!(notes.contains(
            "Silent Works: has not answered; whether its products are affected is unknown."
        ));
        assert!(document["vulnerabilities"][0]["product_status"]["known_not_affected"].is_null());
        let mut named = case.clone();
        named.products[0].models = vec!["EX-100-A".to_owned(), "EX-100-B*".to_owned()];
        named.products[2].purl = Some("pkg:generic/silent/sw-7".to_owned());
        let document = sakimori_advisory::publish::document(&named, &provider(), edition).unwrap();
        let text = document["product_tree"].to_string();
        assert!(text.contains("EX-100-B*") && text.contains("pkg:generic/silent/sw-7"));
    }
}

#[test]
fn a_case_that_would_not_be_valid_gives_no_document() {
    let said = |change: fn(&mut Case), edition| {
        let mut case = case("EX-2026-0001", Tlp::Clear, START);
        change(&mut case);
        document(&case, &provider(), edition)
            .unwrap_err()
            .to_string()
    };
    for edition in [Edition::V20, Edition::V21] {
        assert!(
            said(|c| c.weaknesses[0].cve = Some("CVE-1".to_owned()), edition)
                .starts_with("case EX-2026-0001: test schema: /vulnerabilities/0/cve")
        );
        assert!(
            said(|c| c.weaknesses[0].scores[0].2 = 97, edition)
                .starts_with("case EX-2026-0001: test 6.1.9: ")
        );
        assert_eq!(
            said(
                |c| c.weaknesses[0].states.push((9, ProductState::Fixed)),
                edition
            ),
            "case EX-2026-0001: a weakness names a product that the case has not"
        );
        assert_eq!(
            said(|c| c.revisions.clear(), edition),
            "case EX-2026-0001: its revisions do not ascend to its release"
        );
        assert!(
            said(
                |c| c.weaknesses[0].states.push((0, ProductState::Fixed)),
                edition
            )
            .starts_with("case EX-2026-0001: test 6.1.6: ")
        );
    }
    assert_eq!(
        said(|c| c.tlp = Tlp::AmberStrict, Edition::V20),
        "case EX-2026-0001: CSAF 2.0 cannot say TLP:AMBER+STRICT"
    );
}

fn json(files: &BTreeMap<String, Vec<u8>>, path: &str) -> serde_json::Value {
    serde_json::from_slice(
        files
            .get(path)
            .unwrap_or_else(|| panic!("{path} is missing")),
    )
    .unwrap()
}

#[test]
fn the_tree_has_what_section_7_asks_for_and_its_lists_name_what_is_there() {
    let cases = [
        case("EX-2026-0001", Tlp::Clear, START),
        case("EX-2026-0002", Tlp::Green, START + 10),
        case("EX-2026-0003", Tlp::Amber, START + 20),
        case("EX-2026-0004", Tlp::AmberStrict, START + 30),
        case("EX-2026-0005", Tlp::Red, START + 40),
        case("EX 2026/0006", Tlp::Clear, START + 50),
    ];
    let signer = key();
    let files = tree(&provider(), &cases, Seconds(START + 100), &signer).unwrap();
    let text = |path: &str| String::from_utf8(files[path].clone()).unwrap();
    let home = ".well-known/csaf";
    assert_eq!(
        text(&format!("{home}/white/index.txt")),
        "2026/ex-2026-0001.json\n2026/ex_2026_0006.json\n"
    );
    assert_eq!(
        text(&format!("{home}/white/changes.csv")),
        "\"2026/ex_2026_0006.json\",\"2026-06-01T00:00:50Z\"\n\"2026/ex-2026-0001.json\",\"2026-06-01T00:00:00Z\"\n"
    );
    let documents: Vec<&String> = files
        .keys()
        .filter(|p| p.contains("/2026/") && Path::new(p).extension().is_some_and(|e| e == "json"))
        .collect();
    assert_eq!(documents.len(), 4 + 5, "{documents:?}");
    assert!(!files.keys().any(|path| path.contains("0005")));
    assert!(
        !files
            .keys()
            .any(|path| path.contains("0004") && !path.contains("v2.1/amber-strict"))
    );
    let public = signer.public_key().unwrap();
    for path in documents {
        let written = &files[path];
        let name = path.rsplit('/').next().unwrap();
        assert_eq!(
            text(&format!("{path}.sha256")),
            format!("{}  {name}\n", hex(&Sha256::digest(written)))
        );
        assert_eq!(
            text(&format!("{path}.sha512")),
            format!("{}  {name}\n", hex(&Sha512::digest(written)))
        );
        openpgp::verify(&public, &text(&format!("{path}.asc")), written).unwrap();
    }
    for (folder, feed) in [
        ("white", "csaf-feed-tlp-white.json"),
        ("green", "csaf-feed-tlp-green.json"),
        ("v2.1/amber-strict", "csaf-feed-tlp-amber-strict.json"),
    ] {
        let feed = json(&files, &format!("{home}/{folder}/{feed}"));
        for entry in feed["feed"]["entry"].as_array().unwrap() {
            for link in entry["link"].as_array().unwrap() {
                let path = link["href"]
                    .as_str()
                    .unwrap()
                    .strip_prefix("https://office.example/")
                    .unwrap();
                assert!(files.contains_key(path), "{path}");
            }
        }
    }
    assert!(
        text(".well-known/security.txt")
            .contains("CSAF: https://office.example/.well-known/csaf/provider-metadata.json\n")
    );
    // What everybody reads does not say that there is anything for others.
    for path in [
        format!("{home}/provider-metadata.json"),
        format!("{home}/v2.1/provider-metadata.json"),
        format!("{home}/service.json"),
        format!("{home}/category.json"),
    ] {
        let text = text(&path).to_ascii_lowercase();
        assert!(!text.contains("green") && !text.contains("amber"), "{path}");
    }
    schemas(&files);
}

/// Metadata and feeds by the schemas of the standard, where the test data are.
fn schemas(files: &BTreeMap<String, Vec<u8>>) {
    let Some(root) = sakimori_testkit::data("schemas_of_provider", "exchange") else {
        return;
    };
    let check = |schema: &str, beside: &[&str], path: &str| {
        let mut schema = value(&root, schema);
        // The dialect of 2.1 is a file of its own; what it adds are formats.
        schema["$schema"] = serde_json::json!("https://json-schema.org/draft/2020-12/schema");
        let options = jsonschema::options();
        let mut registry = jsonschema::Registry::new();
        for file in beside {
            let mut other = value(&root, file);
            other["$schema"] = serde_json::json!("https://json-schema.org/draft/2020-12/schema");
            let id = other["$id"]
                .as_str()
                .or_else(|| other["id"].as_str())
                .and_then(|id| id.split('?').next())
                .unwrap()
                .to_owned();
            registry = registry.add(id, other).unwrap();
        }
        let registry = registry.prepare().unwrap();
        let validator = options.with_registry(&registry).build(&schema).unwrap();
        let document = json(files, path);
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{path}");
    };
    let home = ".well-known/csaf";
    let cvss = "csaf/2.0/schemas/referenced_schema/first";
    let cvss = [
        format!("{cvss}/cvss-v2.0.json"),
        format!("{cvss}/cvss-v3.0.json"),
        format!("{cvss}/cvss-v3.1.json"),
    ];
    let mut beside: Vec<&str> = cvss.iter().map(String::as_str).collect();
    beside.push("csaf/2.0/schemas/csaf_json_schema.json");
    check(
        "csaf/2.0/schemas/provider_json_schema.json",
        &beside,
        &format!("{home}/provider-metadata.json"),
    );
    for label in ["white", "green", "amber"] {
        check(
            "csaf/gocsaf/ROLIE_feed_json_schema.json",
            &[],
            &format!("{home}/{label}/csaf-feed-tlp-{label}.json"),
        );
    }
}

#[test]
fn nothing_of_a_version_is_seen_a_second_before_its_release() {
    let versions = (0..4_u64, 0..200_u64, 0..4_usize);
    let strategy = (prop::collection::vec(versions, 1..6), 0..220_u64);
    let mut runner = TestRunner::new(Config::with_cases(24));
    runner
        .run(&strategy, |(versions, now)| {
            let labels = [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict];
            let cases: Vec<Case> = versions
                .iter()
                .enumerate()
                .map(|(index, (id, release, _))| {
                    let mut case = case(
                        &format!("CASE-{id}-OF"),
                        labels[*id as usize],
                        START + release,
                    );
                    case.title = format!("secret title {index} end");
                    case
                })
                .collect();
            let now = START + now;
            let files = tree(&provider(), &cases, Seconds(now), &Mark).unwrap();
            for (index, case) in cases.iter().enumerate() {
                let newest = cases
                    .iter()
                    .enumerate()
                    .filter(|(_, other)| other.id == case.id && other.release.0 <= now);
                let newest = newest
                    .max_by_key(|(place, other)| (other.release, *place))
                    .map(|(place, _)| place);
                let needle = format!("secret title {index} end");
                let seen = files
                    .values()
                    .any(|bytes| String::from_utf8_lossy(bytes).contains(&needle));
                prop_assert_eq!(
                    seen,
                    newest == Some(index),
                    "version {} of {} at {}",
                    index,
                    case.id,
                    now
                );
                if newest.is_none() {
                    let name = case.id.to_lowercase();
                    let named = |path: &String, bytes: &Vec<u8>| {
                        path.contains(&name)
                            || String::from_utf8_lossy(bytes)
                                .to_lowercase()
                                .contains(&name)
                    };
                    prop_assert!(!files.iter().any(|(path, bytes)| named(path, bytes)));
                }
            }
            Ok(())
        })
        .unwrap();
    let last = |now: u64| {
        tree(
            &provider(),
            &[case("EX-1", Tlp::Clear, START)],
            Seconds(now),
            &Mark,
        )
        .unwrap()
    };
    assert!(!last(START - 1).keys().any(|path| path.contains("ex-1")));
    assert!(last(START).keys().any(|path| path.contains("ex-1")));
}

#[test]
fn a_tree_is_the_same_for_the_same_case_and_two_cases_share_no_file() {
    let cases = [case("EX-1", Tlp::Clear, START)];
    let make = || tree(&provider(), &cases, Seconds(START), &key()).unwrap();
    assert_eq!(make(), make());
    let same = [
        case("EX 1", Tlp::Clear, START),
        case("EX/1", Tlp::Clear, START),
    ];
    let said = tree(&provider(), &same, Seconds(START), &Mark)
        .unwrap_err()
        .to_string();
    assert_eq!(
        said,
        "cases EX 1 and EX/1 would lie in one file, .well-known/csaf/white/2026/ex_1.json"
    );
    let mut odd = provider();
    odd.root.push('/');
    assert!(
        tree(&odd, &cases, Seconds(START), &Mark)
            .unwrap_err()
            .to_string()
            .contains("no https address")
    );
}

#[test]
fn gpg_takes_the_signature() {
    let Some(gpg) = sakimori_testkit::program("gpg_takes_the_signature", "gpg") else {
        return;
    };
    let signer = key();
    let home = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = home.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let document = b"{\"document\":1}\n";
    let key = put("key.asc", signer.public_key().unwrap().as_bytes());
    let signature = put(
        "d.json.asc",
        signer.sign(document, Seconds(START)).unwrap().as_bytes(),
    );
    let file = put("d.json", document);
    let run = |arguments: &[&std::ffi::OsStr]| {
        let output = Command::new(&gpg)
            .arg("--homedir")
            .arg(home.path())
            .arg("--batch")
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let imported = run(&["--import".as_ref(), key.as_os_str()]);
    assert!(imported.0, "{}", imported.1);
    let verified = run(&["--verify".as_ref(), signature.as_os_str(), file.as_os_str()]);
    assert!(verified.0, "{}", verified.1);
    std::fs::write(&file, b"{\"document\":2}\n").unwrap();
    assert!(!run(&["--verify".as_ref(), signature.as_os_str(), file.as_os_str()]).0);
}
