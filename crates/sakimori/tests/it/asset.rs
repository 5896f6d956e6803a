//! Registers, notices and alerts at the command line. In: a folder, lists, feeds. Out: verdicts. Never: a network, a server.

use crate::program::{Ran, run, sakimori};
use std::path::Path;

const LIST: &str = "maker,product,version,count,location,equipment,class,part,introduced,bespoke\n\
    Siemens AG,SIMATIC S7-1500,2.9.2,4,own-site,water-supply,type-1,appliance-hardware,2026-09-01,no\n\
    Microsoft,Windows Server,2022,9,own-site,water-supply,staging-host,operating-system,2026-09-01,no\n";

const OUTLINE: &str = r#"{
  "outline": {"name": "Water One", "address": "Tokyo", "representative": "A. Sato", "contact": "assets@water.example"},
  "sector": "water",
  "since": {"designated": "2026-10-01"}
}"#;

const ADVISORY: &str = r#"{
  "document": {"title": "S7-1500", "publisher": {"namespace": "https://psirt.example"}, "tracking": {"id": "EX-1"}},
  "product_tree": {"branches": [{"category": "vendor", "name": "Siemens", "branches": [{"category": "product_name",
    "name": "SIMATIC S7-1500", "branches": [{"category": "product_version_range", "name": "vers:generic/<3.0.0",
    "product": {"product_id": "P1", "name": "before 3.0.0"}}]}]}]},
  "vulnerabilities": [{"product_status": {"known_affected": ["P1"]}}]
}"#;

/// A folder in which one operator and the office keep their papers.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (name, text) in [
            ("list.csv", LIST),
            ("outline.json", OUTLINE),
            ("advisory.json", ADVISORY),
        ] {
            std::fs::write(desk.path(name), text).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = sakimori(arguments);
        command
            .env("SAKIMORI_DIR", self.folder.path())
            .env("SAKIMORI_OPERATOR", "water-1")
            .current_dir(self.folder.path());
        run(&mut command)
    }
}

#[test]
fn a_register_becomes_a_notice_that_the_office_takes_and_matches() {
    let desk = Desk::new();
    let wrong = LIST.replace("type-1", "type-7");
    std::fs::write(desk.path("wrong.csv"), wrong).unwrap();
    let refused = desk.run(&["asset", "import", "wrong.csv"]).ended(1);
    assert!(refused.err.contains("row 2, column class"), "{refused:#?}");
    let done = desk
        .run(&["asset", "import", "list.csv", "--format", "json"])
        .yes();
    assert_eq!(
        done.json(),
        serde_json::json!({"added": [1, 2], "changed": [], "removed": [], "same": 0})
    );
    desk.run(&["asset", "list"]).ended(1);
    desk.run(&["asset", "outline", "outline.json"]).yes();
    let list = desk
        .run(&["asset", "list", "--format", "json"])
        .yes()
        .json();
    assert_eq!(
        list.pointer("/entries/0/due/last"),
        Some(&"2027-03-31".into())
    );
    assert_eq!(list.pointer("/entries/1/tell"), Some(&"nothing".into()));
    let one = desk.run(&["asset", "show", "2"]).yes();
    assert!(
        one.out.contains("the incident duty remains") && one.out.contains("報告義務は残ります"),
        "{one:#?}"
    );
    let answers = [
        "asset",
        "scope",
        "1",
        "--equipment",
        "no",
        "--connected",
        "yes",
        "--sub-type",
        "adjacent-router",
        "--others",
        "no",
        "--preparation",
        "no",
    ];
    let scope = desk.run(&answers).yes();
    assert!(scope.out.contains("adjacent-router"), "{scope:#?}");
    desk.run(&["asset", "show", "9"]).ended(1);
    let draft = desk
        .run(&["asset", "notice", "--dry-run", "--format", "json"])
        .yes()
        .json();
    assert_eq!(draft.pointer("/numbers"), Some(&serde_json::json!([1])));
    desk.run(&["asset", "notice", "--details", "--out", "filing.json"])
        .yes();
    desk.run(&["asset", "notice"]).ended(1);
    let notices = desk.run(&["asset", "notices"]).yes();
    assert!(notices.out.contains("n-000001"), "{notices:#?}");
    at_the_office(&desk);
    let export = desk.run(&["asset", "export"]).yes();
    assert!(export.out.contains("SIMATIC S7-1500"), "{export:#?}");
}

#[test]
fn is_this_yours_needs_the_office_and_a_word_that_is_an_answer() {
    let desk = Desk::new();
    let id = "m-000000000000000000000000-000";
    let away = desk
        .run(&["asset", "questions", "--format", "json"])
        .ended(75);
    assert!(
        away.out.is_empty() && away.err.contains("office"),
        "{away:#?}"
    );
    desk.run(&["asset", "answer", id, "1", "affected"])
        .ended(75);
    let wrong = desk.run(&["asset", "answer", id, "1", "perhaps"]).ended(2);
    assert!(wrong.err.contains("not-this-product"), "{wrong:#?}");
    desk.run(&["asset", "answer", "../me", "1", "affected"])
        .ended(1);
    for words in [
        &["asset", "questions"][..],
        &["asset", "answer", id, "1", "affected"],
    ] {
        desk.run(&[words, &["--role", "office"]].concat()).ended(2);
    }
}

/// The office takes the filing, once and in the operator's name alone, and finds whose product an advisory means.
fn at_the_office(desk: &Desk) {
    let office = |arguments: &[&str]| desk.run(&[arguments, &["--role", "office"]].concat());
    office(&["asset", "take", "filing.json", "--operator", "rail-1"]).ended(1);
    office(&["asset", "take", "filing.json"]).yes();
    let again = office(&["asset", "take", "filing.json"]).yes();
    assert!(again.out.contains("taken before"), "{again:#?}");
    let registered = office(&["asset", "registered", "--format", "json"])
        .yes()
        .json();
    assert_eq!(registered.pointer("/0/version"), Some(&"2.9.2".into()));
    let matched = office(&["asset", "match", "advisory.json"]).yes();
    assert!(matched.out.contains("affected"), "{matched:#?}");
    let counts = office(&["asset", "match", "advisory.json", "--maker", "Siemens"]).yes();
    let none = serde_json::json!({"affected": null, "not_affected": null, "asked": null});
    assert_eq!(
        counts.json(),
        serde_json::json!({ "SIMATIC S7-1500": none }),
        "one operator is counted for no maker"
    );
    assert!(!counts.out.contains("water-1"));
    twice_is_refused(desk, &office);
    named(desk, &office);
}

/// A key that stands twice would be read differently by another reader.
fn twice_is_refused(desk: &Desk, office: &dyn Fn(&[&str]) -> Ran) {
    let twice = ADVISORY.replace("\"id\": \"EX-1\"", "\"id\": \"EX-1\", \"id\": \"EX-2\"");
    std::fs::write(desk.path("twice.json"), twice).unwrap();
    let refused = office(&["asset", "match", "twice.json"]).ended(1);
    assert!(refused.err.contains("the key `id` twice"), "{refused:#?}");
    let record = r#"{"dataType": "CVE_RECORD", "dataVersion": "5.1", "cveMetadata": {"cveId": "CVE-2026-0001", "state": "PUBLISHED"},
        "containers": {"cna": {"affected": [{"vendor": "Siemens", "product": "SIMATIC S7-1500", "defaultStatus": "unaffected",
            "versions": [{"version": "0", "lessThan": "3.0.0", "versionType": "custom", "status": "affected"}]}]}}}"#;
    std::fs::write(desk.path("record.json"), record).unwrap();
    let matched = office(&["asset", "match", "record.json"]).yes();
    assert!(matched.out.contains("CVE-2026-0001"), "{matched:#?}");
    std::fs::write(
        desk.path("gone.json"),
        record.replace("PUBLISHED", "REJECTED"),
    )
    .unwrap();
    let gone = office(&["asset", "match", "gone.json"]).ended(1);
    assert!(
        gone.err.contains("CVE-2026-0001 was withdrawn"),
        "{gone:#?}"
    );
}

/// Names are for an officer of the competent ministry, and on record.
fn named(desk: &Desk, office: &dyn Fn(&[&str]) -> Ran) {
    let person = |arguments: &[&str]| {
        let words = ["person", "--role", "office", "--node"];
        let mut command = sakimori(words);
        command.arg(desk.folder.path()).args(arguments);
        run(&mut command).yes()
    };
    let of = |organisation| ["--full-name", "A. Sato", "--organisation", organisation];
    person(&[&["first", "root-1"], &of("office")[..]].concat());
    for (id, organisation, role) in [
        ("k-mlit", "mlit", "ministry-officer"),
        ("k-meti", "meti", "ministry-officer"),
        ("o3", "mlit", "supervisor"),
    ] {
        person(&[&["--as", "root-1", "add", id], &of(organisation)[..]].concat());
        person(&["--as", "root-1", "role", id, role]);
    }
    let shown = |by: &str, minister: &str| {
        let words = ["asset", "match", "advisory.json", "--minister", minister];
        office(&[&words[..], &["--as", by]].concat())
    };
    assert!(shown("k-mlit", "mlit").yes().out.contains("water-1"));
    assert!(!shown("k-meti", "meti").yes().out.contains("water-1"));
    for by in ["k-meti", "o3", "root-1", "nobody"] {
        let refused = shown(by, "mlit").ended(1);
        assert!(refused.out.is_empty(), "{refused:#?}");
        assert!(!refused.err.contains("water-1"), "{refused:#?}");
    }
    shown("k-mlit", "MLIT").ended(2);
}

#[test]
fn alerts_are_the_office_s_and_a_store_of_one_s_own_is_asked_for_by_name() {
    let desk = Desk::new();
    for words in [
        &["alert", "list"][..],
        &["alert", "things"],
        &["alert", "rates"],
        &["alert", "tell"],
        &["alert", "tell", "--webhook", "https://soc.water.example/"],
        &["alert", "register", "192.0.2.1", "--method", "http-file"],
        &[
            "alert",
            "answer",
            "00112233445566778899aabbccddeeff",
            "acted",
        ],
    ] {
        let away = desk.run(words).ended(75);
        assert!(
            away.out.is_empty() && away.err.contains("the office's node"),
            "{away:#?}"
        );
    }
    let feed = [
        "alert", "feed", "list.csv", "--form", "list", "--grade", "B2",
    ];
    let here = desk.run(&feed).ended(2);
    assert!(here.err.contains("--local"), "{here:#?}");
    desk.run(&["alert", "prove", "r-0", "--paper", "x"])
        .ended(2);
    desk.run(&["alert", "list", "--local", "--role", "office"])
        .ended(2);
    // An id of another form becomes no part of a path, and nobody is asked.
    desk.run(&["alert", "answer", "../me", "acted"]).ended(1);
    desk.run(&["alert", "look", "r-../../x"]).ended(1);
}

#[test]
fn a_feed_of_one_s_own_gives_alerts_in_the_folder_s_own_store() {
    let desk = Desk::new();
    let local = |arguments: &[&str]| desk.run(&[arguments, &["--local"]].concat());
    let claim = [
        "alert",
        "register",
        "198.51.100.0/24",
        "--method",
        "registry-paper",
        "--format",
        "json",
    ];
    let claim = local(&claim).yes().json();
    let text = |at: &str| {
        claim
            .pointer(at)
            .and_then(|v| v.as_str())
            .unwrap()
            .to_owned()
    };
    let report = "2026-12-02-scan_smb-jp.csv";
    let rows = "\"timestamp\",\"ip\",\"port\"\n\"2026-12-02 01:00:00\",\"198.51.100.7\",445\n";
    std::fs::write(desk.path(report), rows).unwrap();
    let feed = [
        "alert",
        "feed",
        report,
        "--form",
        "shadowserver",
        "--grade",
        "B2",
        "--format",
        "json",
    ];
    local(&["alert", "prove", &text("/id"), "--paper", "another"]).ended(1);
    local(&["alert", "prove", &text("/id"), "--paper", &text("/text")]).yes();
    let things = local(&["alert", "things"]).yes();
    assert!(things.out.contains("198.51.100.0/24"), "{things:#?}");
    let intake = local(&feed).yes().json();
    assert_eq!(intake.pointer("/opened"), Some(&1.into()));
    let list = local(&["alert", "list", "--format", "json"]).yes().json();
    let id = list
        .pointer("/0/alert/id")
        .and_then(|v| v.as_str())
        .unwrap();
    assert_eq!(list.pointer("/0/alert/grade"), Some(&"B2".into()));
    local(&["alert", "answer", id, "acted"]).yes();
    local(&["alert", "answer", id, "acted", "--operator", "rail-1"]).ended(1);
    local(&["alert", "answer", id, "perhaps"]).ended(2);
    let rates = local(&["alert", "rates", "--format", "json"]).yes().json();
    assert_eq!(rates.pointer("/0/acted"), Some(&1.into()));
    told(&desk);
}

/// Who is told where is checked; that nothing is sent from such a store is said.
fn told(desk: &Desk) {
    let local = |arguments: &[&str]| desk.run(&[arguments, &["--local"]].concat());
    let tell = [
        "alert",
        "tell",
        "--webhook",
        "https://soc.water.example/hook",
        "--mail",
        "soc@water.example",
    ];
    let told = local(&tell).yes();
    assert_eq!(told.json().pointer("/mail/every_hours"), Some(&24.into()));
    assert!(told.err.contains("nothing is sent from here"), "{told:#?}");
    local(&["alert", "tell", "--webhook", "http://soc.water.example/"]).ended(1);
    local(&["alert", "feed", "list.csv", "--form", "n6", "--grade", "C3"]).ended(1);
    let times = r#"{"timing": {"proof": {"seconds": 1}}}"#;
    std::fs::create_dir_all(desk.path("operator")).unwrap();
    std::fs::write(desk.path("operator/alerts.json"), times).unwrap();
    let wrong = local(&["alert", "things"]).ended(75);
    assert!(
        wrong.err.contains("alerts.json") || !wrong.err.is_empty(),
        "{wrong:#?}"
    );
}

/// A capture of UDP answers from DNS servers to one address, little-endian pcap of Ethernet frames.
fn flood(path: &Path) {
    let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend(65_535u32.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    for at in 0..4000u32 {
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        let source = [198, 51, (at % 4) as u8, (at % 250) as u8];
        frame.extend([0x45, 0, 0, 128, 0, 0, 0, 0, 57, 17, 0, 0]);
        frame.extend(source);
        frame.extend([203, 0, 113, 5]);
        frame.extend(53u16.to_be_bytes());
        frame.extend((20_000 + at as u16).to_be_bytes());
        frame.extend([0, 108, 0, 0]);
        frame.extend(b"secret-payload-of-a-person".iter().cycle().take(100));
        bytes.extend((1_796_083_200 + at / 1000).to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        bytes.extend((frame.len() as u32).to_le_bytes());
        bytes.extend((frame.len() as u32).to_le_bytes());
        bytes.extend(frame);
    }
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_capture_gives_a_fingerprint_without_payload_or_victim_and_rules_of_three_forms() {
    let desk = Desk::new();
    flood(&desk.path("flood.pcap"));
    let made = desk.run(&["ddos", "fingerprint", "flood.pcap"]).yes();
    for secret in ["secret", "203.0.113"] {
        assert!(!made.out.contains(secret), "{secret} left in {}", made.out);
    }
    let vector = made.json();
    let hops = vector.pointer("/vectors/0/hops").cloned();
    assert_eq!(hops, Some(serde_json::json!([57, 57])), "{}", made.out);
    std::fs::write(desk.path("flood.json"), &made.out).unwrap();
    let fields = desk.run(&["ddos", "fields", "flood.json"]).yes();
    for line in [
        "ddos.attack_class=T1498.002",
        "ddos.duration_min=1",
        "ddos.vector=DNS reflection",
    ] {
        assert!(fields.out.lines().any(|each| each == line), "{fields:#?}");
    }
    for words in [
        &["ddos", "send", "flood.json"][..],
        &["ddos", "list"],
        &["ddos", "get", "0011223344556677"],
    ] {
        let away = desk.run(words).ended(75);
        assert!(away.err.contains("the office's node"), "{away:#?}");
        desk.run(&[words, &["--role", "office"]].concat()).ended(2);
    }
    desk.run(&["ddos", "send", "list.csv"]).ended(1);
    for (form, word) in [
        ("nftables", "udp sport { 53 }"),
        ("exabgp", "source-port"),
        ("gobgp", "source-port"),
    ] {
        let rules = [
            "ddos",
            "export",
            "flood.json",
            "--protect",
            "203.0.113.0/24",
            "--form",
            form,
        ];
        let rules = desk.run(&rules).yes();
        assert!(
            rules.out.contains(word) && rules.out.contains("203.0.113.0/24"),
            "{rules:#?}"
        );
    }
    let wide = [
        "ddos",
        "export",
        "flood.json",
        "--protect",
        "203.0.113.0/8",
        "--form",
        "nftables",
    ];
    desk.run(&wide).ended(2);
    let wide = [
        "ddos",
        "export",
        "flood.json",
        "--protect",
        "203.0.0.0/12",
        "--form",
        "nftables",
    ];
    desk.run(&wide).ended(1);
    desk.run(&["ddos", "fingerprint", "list.csv"]).ended(1);
}
