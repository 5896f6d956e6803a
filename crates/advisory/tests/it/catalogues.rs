//! CVE records, the catalogue of exploited weaknesses, scores and decision tables of others, all of them.

use crate::{bytes, say, value};
use sakimori_advisory::cve::{
    self, Affected, Affectedness, Cvss, Draft, Rejection, State, VersionEntry,
};
use sakimori_advisory::ssvc::{self, tables};
use sakimori_advisory::version::cpe::Cpe;
use sakimori_advisory::{epss, kev};
use sakimori_custody::time::Seconds;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn records(root: &Path) -> Vec<PathBuf> {
    let files = sakimori_testkit::files_below(&root.join("cve/vulnrichment"));
    let record = |path: &PathBuf| {
        let named = path
            .file_stem()
            .is_some_and(|n| n.to_string_lossy().starts_with("CVE-"));
        named && path.extension().is_some_and(|ending| ending == "json")
    };
    files.into_iter().filter(record).collect()
}

#[test]
fn every_record_is_read_with_its_decision_and_its_flag() {
    let Some(root) = sakimori_testkit::data("every_record_is_read", "exchange") else {
        return;
    };
    let coordinator = tables::CISA_COORDINATOR.table().unwrap();
    let (mut rejected, mut flagged, mut decided) = (0, 0, 0);
    let (mut products, mut entries, mut understood, mut cpes, mut spellings) =
        (0, 0, 0, 0, BTreeSet::new());
    let paths = records(&root);
    let mut in_list = 0;
    let list = kev::read(&bytes(
        &root,
        "cve/kev/known_exploited_vulnerabilities.json",
    ))
    .unwrap();
    for path in &paths {
        let record =
            cve::read(&std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        assert_eq!(path.file_stem().unwrap().to_string_lossy(), record.id);
        rejected += usize::from(record.state == State::Rejected);
        flagged += usize::from(record.kev_added.is_some());
        in_list += usize::from(list.entries.contains_key(&record.id));
        assert!(!record.descriptions.is_empty(), "{}", record.id);
        if let Some(decision) = &record.ssvc {
            decided += 1;
            assert_eq!(decision.version, "2.0.3");
            assert_eq!(decision.values.len(), 3, "{}", record.id);
            let mut given: Vec<(&str, &str)> = Vec::new();
            for (point, written) in &decision.values {
                spellings.insert(written.clone());
                given.push((point, written));
            }
            given.push(("Mission and Well-Being Impact", "high"));
            coordinator
                .decide(&given)
                .unwrap_or_else(|e| panic!("{}: {e}", record.id));
        }
        for product in &record.affected {
            products += 1;
            for entry in &product.versions {
                entries += 1;
                understood += usize::from(entry.range().is_understood());
            }
            for name in &product.cpes {
                cpes += 1;
                Cpe::read(name).unwrap_or_else(|e| panic!("{}: {e}", record.id));
            }
        }
    }
    say(&format!(
        "CVE: {} records, {rejected} rejected, {flagged} flagged, {in_list} in the list, {decided} decided; {products} products, {entries} version entries, {understood} \
         understood, {cpes} CPE names, all read",
        paths.len()
    ));
    assert_eq!(
        (paths.len(), rejected, flagged, in_list, decided),
        (360, 6, 60, 61, 354)
    );
    assert!(
        spellings.contains("active") && spellings.contains("Active"),
        "{spellings:?}"
    );
    assert!(
        cpes > 900 && understood * 4 > entries * 3,
        "{cpes} {understood} of {entries}"
    );
}

#[test]
fn the_catalogue_of_exploited_weaknesses_is_read_whole_or_not_at_all() {
    let Some(root) = sakimori_testkit::data("the_catalogue", "exchange") else {
        return;
    };
    let written = bytes(&root, "cve/kev/known_exploited_vulnerabilities.json");
    let list = kev::read(&written).unwrap();
    say(&format!(
        "KEV: {} entries of {}",
        list.entries.len(),
        list.version
    ));
    assert_eq!(
        (list.entries.len(), list.version.as_str()),
        (1404, "2025.08.25")
    );
    assert_eq!(list.entries["CVE-2025-48384"].added, "2025-08-25");
    let text = String::from_utf8(written).unwrap();
    for (from, to, said) in [
        (
            "\"count\": 1404",
            "\"count\": 1403",
            "count: is not the number of entries",
        ),
        (
            "\"CVE-2025-48384\"",
            "\"CVE-48384\"",
            "entry 1, cveID: is no CVE id",
        ),
        (
            "\"dateAdded\": \"2025-08-25\"",
            "\"dateAdded\": \"2025-08-32\"",
            "entry 1, dateAdded: is no day",
        ),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert_eq!(kev::read(changed.as_bytes()).unwrap_err().to_string(), said);
    }
}

#[test]
fn scores_are_read_for_every_record() {
    let Some(root) = sakimori_testkit::data("scores", "exchange") else {
        return;
    };
    let scores = epss::read(&bytes(&root, "cve/epss/epss-synthetic.csv")).unwrap();
    say(&format!(
        "EPSS: {} rows of model {}",
        scores.scores.len(),
        scores.model
    ));
    assert_eq!(
        (scores.scores.len(), scores.model.as_str()),
        (360, "synthetic")
    );
    for path in records(&root) {
        let id = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(scores.scores.contains_key(&id), "{id}");
    }
}

/// Tables in CSV: file, and the name that our own have.
fn csv_tables(root: &Path) -> Vec<PathBuf> {
    let mut files = sakimori_testkit::files_below(&root.join("cve/ssvc/csv"));
    files.sort();
    files
}

/// Every row of a table: values by the name of the point, and the outcome.
fn rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let text = std::fs::read_to_string(path).unwrap();
    // The tables quote a field only as a whole, and none holds a quote.
    let fields = |line: &str| -> Vec<String> {
        let mut fields = vec![String::new()];
        for (index, piece) in line.split('"').enumerate() {
            let last = fields.last_mut().unwrap();
            if index % 2 == 1 {
                last.push_str(piece);
                continue;
            }
            let mut parts = piece.split(',');
            last.push_str(parts.next().unwrap());
            fields.extend(parts.map(str::to_owned));
        }
        fields.remove(0);
        fields
    };
    let bare = |name: String| name.rsplit_once(" v").unwrap().0.to_owned();
    let mut lines = text.lines();
    let names = fields(lines.next().unwrap());
    (
        names.into_iter().map(bare).collect(),
        lines.map(fields).collect(),
    )
}

fn decides(table: &ssvc::Table, names: &[String], row: &[String], place: &str) {
    let asked: Vec<(&str, &str)> = names
        .iter()
        .zip(row)
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let (outcome, given) = asked.split_last().unwrap();
    let decided = table
        .decide(given)
        .unwrap_or_else(|e| panic!("{place}: {e}"));
    assert!(
        decided.eq_ignore_ascii_case(outcome.1),
        "{place}: {given:?} gives {decided}, not {}",
        outcome.1
    );
}

#[test]
fn every_row_of_every_table_gives_its_outcome() {
    let Some(root) = sakimori_testkit::data("every_row_of_every_table", "exchange") else {
        return;
    };
    let mut own: BTreeMap<&str, ssvc::Table> = BTreeMap::new();
    for compact in tables::ALL {
        own.insert(compact.name(), compact.table().unwrap());
    }
    let (mut read_rows, mut own_rows, mut own_seen) = (0, 0, BTreeSet::new());
    let files = csv_tables(&root);
    for path in &files {
        let relative = path
            .strip_prefix(root.join("cve/ssvc/csv"))
            .unwrap()
            .with_extension("");
        let place = relative.to_string_lossy().into_owned();
        let json = bytes(
            &root,
            &format!("cve/ssvc/json/decision_tables/{place}.json"),
        );
        let published = ssvc::read_json(&json).unwrap_or_else(|e| panic!("{place}: {e}"));
        let written = ssvc::read_csv(&place, "1", &std::fs::read(path).unwrap())
            .unwrap_or_else(|e| panic!("{place}: {e}"));
        let (names, rows) = rows(path);
        assert_eq!(published.rows(), rows.len(), "{place}");
        for row in &rows {
            decides(&published, &names, row, &place);
            decides(&written, &names, row, &place);
            read_rows += 1;
            if let Some(table) = own.get(published.name.as_ref()) {
                decides(table, &names, row, &place);
                own_rows += 1;
                own_seen.insert(published.name.to_string());
                assert_eq!(
                    (table.rows(), &table.version),
                    (rows.len(), &published.version),
                    "{place}"
                );
                assert_eq!(table.outcome.id, published.outcome.id, "{place}");
            }
        }
    }
    say(&format!(
        "SSVC: {} tables, {read_rows} rows by the tables read as JSON and as CSV; {} of ours, {own_rows} rows",
        files.len(),
        own_seen.len()
    ));
    assert_eq!((files.len(), read_rows), (16, 1574));
    assert_eq!((own_seen.len(), own_rows), (tables::ALL.len(), 403));
}

#[test]
fn what_a_table_does_not_know_is_refused() {
    let table = tables::CISA_COORDINATOR.table().unwrap();
    let mut given = vec![
        ("Exploitation", "Active"),
        ("automatable", "YES"),
        ("Technical Impact", "total"),
    ];
    let said = table.decide(&given).unwrap_err().to_string();
    assert_eq!(
        said,
        "CISA Coordinator: no value of `Mission and Well-Being Impact` is given"
    );
    given.push(("Mission and Well-Being Impact", "high"));
    assert_eq!(table.decide(&given), Ok("Act"));
    given[0].1 = "perhaps";
    let said = table.decide(&given).unwrap_err().to_string();
    assert_eq!(
        said,
        "CISA Coordinator: `perhaps` is no value of `Exploitation`"
    );
    given[0].1 = "poc";
    assert_eq!(table.decide(&given), Ok("Attend"));
}

#[test]
fn the_newest_versions_of_decision_points_are_those_that_are_registered() {
    let Some(root) = sakimori_testkit::data("the_newest_versions", "exchange") else {
        return;
    };
    let mut newest: BTreeMap<(String, String), Vec<u32>> = BTreeMap::new();
    for path in sakimori_testkit::files_below(&root.join("cve/ssvc/json/decision_points")) {
        let point: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let text = |key: &str| point[key].as_str().unwrap().to_owned();
        let version: Vec<u32> = text("version")
            .split('.')
            .map(|n| n.parse().unwrap())
            .collect();
        let known = newest.entry((text("namespace"), text("key"))).or_default();
        *known = version.max(known.clone());
    }
    let ours: BTreeMap<(String, String), Vec<u32>> = tables::NEWEST
        .iter()
        .map(|(space, key, version)| {
            let version = version.split('.').map(|n| n.parse().unwrap()).collect();
            (((*space).to_owned(), (*key).to_owned()), version)
        })
        .collect();
    newest.retain(|(space, _), _| matches!(space.as_str(), "ssvc" | "cisa" | "cvss"));
    assert_eq!(ours, newest);
}

fn draft() -> Draft {
    Draft {
        id: "CVE-2026-12345".to_owned(),
        org_id: "134c704f-9b21-4f2e-91b3-4a467353bcc0".to_owned(),
        org_name: "office".to_owned(),
        published: Seconds(1_780_272_000),
        updated: Seconds(1_780_275_600),
        title: "A controller takes commands without asking who sends them".to_owned(),
        descriptions: vec![
            (
                "en".to_owned(),
                "Whoever reaches port 502 may write to it.".to_owned(),
            ),
            (
                "ja".to_owned(),
                "502番ポートに到達できる者は書き込みができる。".to_owned(),
            ),
        ],
        affected: vec![Affected {
            maker: Some("Example Electric".to_owned()),
            product: Some("EX-100".to_owned()),
            otherwise: Affectedness::Unaffected,
            versions: vec![
                VersionEntry {
                    version: "0".to_owned(),
                    below: Some("3.2".to_owned()),
                    up_to: None,
                    kind: None,
                    status: Affectedness::Affected,
                },
                VersionEntry {
                    version: "4.0".to_owned(),
                    below: None,
                    up_to: Some("4.1".to_owned()),
                    kind: Some("semver".to_owned()),
                    status: Affectedness::Affected,
                },
            ],
            cpes: vec!["cpe:2.3:h:example:ex-100:*:*:*:*:*:*:*:*".to_owned()],
            purl: None,
        }],
        cvss: vec![
            Cvss {
                version: "3.1",
                vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".to_owned(),
                tenths: 98,
            },
            Cvss {
                version: "4.0",
                vector: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
                    .to_owned(),
                tenths: 93,
            },
        ],
        weaknesses: vec![(
            "CWE-306".to_owned(),
            "Missing Authentication for Critical Function".to_owned(),
        )],
        references: vec!["https://office.example/advisories/1".to_owned()],
    }
}

#[test]
fn what_is_written_is_valid_by_the_schema_and_is_read_back() {
    let Some(root) = sakimori_testkit::data("what_is_written", "exchange") else {
        return;
    };
    let schema = value(&root, "cve/schema/CVE_JSON_bundled_5.1.1.json");
    let schema = jsonschema::validator_for(&schema).unwrap();
    let valid = |bytes: &[u8]| {
        let value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        let errors: Vec<String> = schema
            .iter_errors(&value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    };
    let written = cve::write(&draft()).unwrap();
    valid(&written);
    let record = cve::read(&written).unwrap();
    assert_eq!(
        (record.id.as_str(), record.state),
        ("CVE-2026-12345", State::Published)
    );
    assert_eq!(record.descriptions, draft().descriptions);
    let mut expected = draft().affected;
    expected[0].versions[0].kind = Some("custom".to_owned());
    assert_eq!(record.affected, expected);
    assert_eq!(record.cvss.len(), 2);
    assert_eq!(record.weaknesses, ["CWE-306"]);
    let rejection = Rejection {
        id: "CVE-2026-12345".to_owned(),
        org_id: draft().org_id,
        org_name: "office".to_owned(),
        rejected: Seconds(1_780_280_000),
        reasons: vec![("en".to_owned(), "The same as another.".to_owned())],
    };
    let written = cve::write_rejection(&rejection).unwrap();
    valid(&written);
    assert_eq!(cve::read(&written).unwrap().state, State::Rejected);
}

#[test]
fn a_draft_that_the_schema_would_refuse_is_refused_by_member() {
    let said = |change: fn(&mut Draft)| {
        let mut draft = draft();
        change(&mut draft);
        cve::write(&draft).unwrap_err().to_string()
    };
    assert_eq!(said(|d| d.id = "CVE-1".to_owned()), "id: is no CVE id");
    assert_eq!(
        said(|d| d.org_id = "x".to_owned()),
        "org_id: is no UUID of version 4"
    );
    assert_eq!(
        said(|d| d.title = String::new()),
        "title: has not 1 to 256 characters"
    );
    assert_eq!(
        said(|d| drop(d.descriptions.remove(0))),
        "descriptions: has no English text"
    );
    assert_eq!(said(|d| d.affected.clear()), "affected: is empty");
    assert_eq!(
        said(|d| d.affected[0].maker = None),
        "affected/0/maker: has not 1 to 512 characters"
    );
    assert_eq!(
        said(|d| d.affected[0].versions[0].up_to = Some("4".to_owned())),
        "affected/0/versions/0: has two ends"
    );
    assert_eq!(
        said(|d| d.affected[0].cpes[0].push('!')),
        "affected/0/cpes/0: is no CPE name"
    );
    assert_eq!(
        said(|d| d.references[0] = "javascript:1".to_owned()),
        "references/0: is no web address"
    );
    assert_eq!(
        said(|d| d.cvss[0].tenths = 101),
        "cvss: has no vector of its version, or a score above 10"
    );
    assert_eq!(
        said(|d| d.weaknesses[0].0 = "CWE-0".to_owned()),
        "weaknesses/0: is no CWE id"
    );
}
