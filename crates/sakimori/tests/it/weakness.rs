//! The vulnerability room at the command line: catalogues judged and laid down, a letter verified offline, cases listed. In: an office's node, files. Out: verdicts. Never: a network.

use crate::node::TestNode;
use crate::program::{Ran, run, sakimori};
use sakimori_control::Host;
use sakimori_control::keys;
use sakimori_liaison::weakness::letter::{Kind, Letter};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

fn at(node: &Path, arguments: &[&str]) -> Ran {
    let mut command = sakimori(arguments);
    command.env("LANG", "C").arg("--node").arg(node);
    run(&mut command)
}

fn kev(day: &str) -> String {
    json!({ "catalogVersion": day, "dateReleased": format!("{day}T00:00:00Z"), "count": 1, "vulnerabilities": [{
        "cveID": "CVE-2024-0001", "vendorProject": "A", "product": "B", "vulnerabilityName": "C",
        "dateAdded": day, "dueDate": day, "requiredAction": "D",
    }] })
    .to_string()
}

#[test]
fn catalogues_are_judged_before_both_are_laid_down_and_an_old_one_is_told() {
    let office = TestNode::new();
    let folder = office.node.folder();
    let home = folder.join("office/weaknesses");
    let path = |name: &str| office.beside(name).display().to_string();
    let (list, scores) = (path("kev.json"), path("epss.csv"));
    let today = Host::system().seconds().to_string();
    let today = today.get(..10).unwrap();
    let head = format!("#model_version:v1,score_date:{today}T00:00:00+0000\ncve,epss,percentile\n");
    fs::write(&list, kev(today)).unwrap();
    fs::write(&scores, format!("{head}CVE-2024-0001,0.5,1.1\n")).unwrap();
    let check = ["weakness", "catalogues", "check"];
    let missing = at(folder, &check).ended(1);
    assert!(missing.last_line().contains("is missing"), "{missing:?}");
    let both = [&check[..], &["--kev", &list, "--epss", &scores]].concat();
    let broken = at(folder, &both).ended(1);
    assert!(broken.last_line().contains("row 3"), "{broken:?}");
    assert!(!home.join("kev.json").exists(), "neither is laid down");
    fs::write(&scores, format!("{head}CVE-2024-0001,0.5,0.9\n")).unwrap();
    let placed = at(folder, &both).yes();
    assert!(
        placed.out.contains("0 days") && placed.out.contains(today),
        "{placed:?}"
    );
    assert_eq!(
        fs::read_to_string(home.join("kev.json")).unwrap(),
        kev(today)
    );
    let older = path("older.json");
    fs::write(&older, kev("2024-01-01")).unwrap();
    let alone = [&check[..], &["--kev", &older]].concat();
    let refused = at(folder, &alone).ended(1);
    assert!(
        refused
            .last_line()
            .ends_with("older than the one that is there"),
        "{refused:?}"
    );
    let meant = at(folder, &[&alone[..], &["--older"]].concat()).ended(1);
    assert!(meant.last_line().contains("older than 7 days"), "{meant:?}");
    let shown = at(folder, &[&check[..], &["--format", "json"]].concat()).ended(1);
    assert_eq!(shown.json()["kev"]["version"], "2024-01-01");
    assert_eq!(shown.json()["epss"]["old"], false);
}

#[test]
fn a_letter_is_verified_with_the_office_s_key_and_nothing_else() {
    let office = TestNode::new();
    let signer = keys::read(&office.node.office_key("office")).unwrap();
    let time = "2026-12-01T00:00:00Z";
    let document = json!({
        "format": "sakimori/weakness-letter/v1", "case": "WK-2026-ABCD", "letter": 1, "kind": "request",
        "law": "Act 42/2025 art. 42", "maker": "例電機", "minister": "経済産業省",
        "ground": "It is a specific important computer.", "text": "Please mend it.",
        "reply_by": "2026-12-20T00:00:00Z", "issued_at": time,
    })
    .to_string();
    let letter = Letter {
        case: "WK-2026-ABCD".to_owned(),
        number: 1,
        kind: Kind::Request,
        document: Sha256::digest(&document).into(),
        time: time.parse().unwrap(),
        entry: 41,
    };
    let signed = letter.sign(document, &signer).unwrap();
    let file = office.beside("letter.json");
    fs::write(&file, json!(signed).to_string()).unwrap();
    let key = at(office.node.folder(), &["report", "key"]).yes();
    let verify = |key: &str| {
        let file = file.display().to_string();
        run(&mut sakimori(["weakness", "letter", &file, "--key", key]))
    };
    let shown = verify(key.out.trim()).yes();
    for text in [
        "例電機",
        "経済産業省",
        "41",
        "Please mend it.",
        "2026-12-20T00:00:00Z",
    ] {
        assert!(shown.out.contains(text), "{text}: {shown:?}");
    }
    let other = TestNode::new();
    let other = at(other.node.folder(), &["report", "key"]).yes();
    verify(other.out.trim()).ended(1);
    let changed = json!(signed)
        .to_string()
        .replace("Please mend", "Please do not mend");
    fs::write(&file, changed).unwrap();
    let told = verify(key.out.trim()).ended(1);
    assert!(told.last_line().contains("another document"), "{told:?}");
}

#[test]
fn an_office_without_cases_lists_none_and_a_case_that_is_not_there_is_told() {
    let office = TestNode::new();
    let folder = office.node.folder();
    let listed = at(folder, &["weakness", "list", "--format", "json"]).yes();
    assert_eq!(listed.json(), json!([]));
    let told = at(folder, &["weakness", "show", "WK-2026-ABCD"]).ended(1);
    assert!(told.last_line().contains("WK-2026-ABCD"), "{told:?}");
}
