//! The vulnerability room at the office's node: strangers, makers with a link, people of the office, a clock that the test sets. In: one node on loopback. Out: verdicts. Never: an address
//! beyond loopback.

use crate::nation::{Caller, Nation, Said, options};
use pgp::composed::{ArmorOptions, KeyType, SecretKeyParamsBuilder};
use pgp::types::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sakimori_access::{Access, NewRole, Principal, Role as AccessRole};
use sakimori_advisory::publish::openpgp;
use sakimori_control::Host;
use sakimori_custody::time::{Millis, Seconds};
use sakimori_node::{Role, with_access};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An office and its commission, with a clock that stands.
struct House {
    nation: Nation,
    clock: Arc<AtomicU64>,
}

/// 2026-12-01T00:00:00Z
const START: u64 = 1_796_083_200;

fn armoured() -> String {
    let parameters = SecretKeyParamsBuilder::default()
        .key_type(KeyType::Ed25519Legacy)
        .created_at(Timestamp::from_secs(1_700_000_000))
        .can_sign(true)
        .can_certify(true)
        .primary_user_id("Office <weakness@office.example>".to_owned())
        .build()
        .unwrap();
    let key = parameters.generate(ChaCha20Rng::seed_from_u64(1)).unwrap();
    key.to_armored_string(ArmorOptions::default()).unwrap()
}

impl House {
    fn open() -> Self {
        let clock = Arc::new(AtomicU64::new(START * 1000));
        let read = Arc::clone(&clock);
        let system = Host::system();
        let random = move |place: &mut [u8]| {
            for chunk in place.chunks_mut(32) {
                let drawn: [u8; 32] = system.bytes()?;
                chunk.copy_from_slice(&drawn[..chunk.len()]);
            }
            Ok(())
        };
        let host = Host::new(
            Arc::new(move || Millis(read.load(Ordering::SeqCst))),
            Arc::new(random),
        );
        let nation = Nation::with(None, host.clone(), |folder| {
            analyst(folder, &host);
            set_up(folder);
        });
        Self { nation, clock }
    }

    fn office(&self) -> PathBuf {
        self.nation.role(Role::Office)
    }

    fn stranger(&self) -> Caller {
        Caller::stranger(&self.office(), &self.nation.office.address.to_string())
    }

    fn person(&self, id: &str) -> Caller {
        let mut caller = self.stranger();
        caller.sign_in(Role::Office, id);
        caller
    }

    fn set(&self, second: u64) {
        self.clock.store((START + second) * 1000, Ordering::SeqCst);
    }

    /// A case of a new report, judged, with two makers; gives its id and how many events it has.
    fn case(&self, text: &str) -> String {
        let report = json!({ "product": "EX-100", "text": text });
        let taken = self.stranger().post_json("/v1/weakness-reports", &report);
        assert_eq!(taken.status, 201, "{}", taken.text());
        let report = taken.json()["report"].as_str().unwrap().to_owned();
        let boss = self.person("o3");
        let opened = boss.post_json("/v1/weaknesses", &json!({ "report": report }));
        assert_eq!(opened.status, 201, "{}", opened.text());
        let case = opened.json()["case"].as_str().unwrap().to_owned();
        let triage = json!({
            "on": 1,
            "values": [["Exploitation", "Active"], ["Automatable", "Yes"], ["Technical Impact", "Total"], ["Mission and Well-Being Impact", "High"]],
            "cves": ["CVE-2026-12345"],
        });
        good(&boss.post_json(&format!("/v1/weaknesses/{case}/triage"), &triage));
        for (maker, on) in [("Alpha Works", 2), ("Beta Works", 3)] {
            let act = json!({ "maker-added": { "maker": maker } });
            good(&event(&boss, &case, on, &act));
        }
        case
    }

    fn link(&self, case: &str, on: u64, maker: &str) -> String {
        let link = json!({ "on": on, "maker": maker, "days": 30 });
        let made = self
            .person("o3")
            .post_json(&format!("/v1/weaknesses/{case}/links"), &link);
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["path"].as_str().unwrap().to_owned()
    }
}

/// Who publishes, and its key.
fn set_up(folder: &Path) {
    let home = folder.join("office/weaknesses");
    std::fs::create_dir_all(&home).unwrap();
    let house = json!({
        "name": "Office for Weaknesses",
        "namespace": "https://office.example",
        "authority": "Article 42 of the law.",
        "contact": "weakness@office.example",
        "security_contact": "mailto:weakness@office.example",
        "root": "https://office.example",
        "licence": "CC-BY-4.0",
        "aggregators": true,
        "assigner": { "id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "name": "office" },
    });
    std::fs::write(home.join("house.json"), house.to_string()).unwrap();
    std::fs::write(home.join("openpgp.asc"), armoured()).unwrap();
}

fn analyst(folder: &Path, host: &Host) {
    let now = host.seconds();
    let enter = async |access: &Access| {
        let by = Principal::Person {
            id: "admin".to_owned(),
        };
        let grant = NewRole {
            person: "a1".to_owned(),
            role: AccessRole::Analyst,
            until: now.plus(86_400),
        };
        access.grant_role(&by, &grant, now).await.unwrap();
    };
    with_access(&options(Role::Office, folder), host, enter).unwrap();
}

fn good(said: &Said) {
    assert_eq!(said.status, 200, "{}", said.text());
}

fn event(caller: &Caller, case: &str, on: u64, act: &Value) -> Said {
    let body = json!({ "on": on, "act": act });
    caller.post_json(&format!("/v1/weaknesses/{case}/events"), &body)
}

fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    let coded = |text: &str| -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        let one = |b: u8| {
            if plain(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        };
        text.bytes().map(one).collect()
    };
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(k, v)| format!("{k}={}", coded(v)))
        .collect();
    pairs.join("&").into_bytes()
}

const FORM: &str = "application/x-www-form-urlencoded";

fn typed<'a>(product: &'a str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("maker", ""),
        ("product", product),
        ("versions", ""),
        ("text", text),
        ("exploited", "unsure"),
        ("public", "no"),
        ("contact", ""),
        ("credit", ""),
    ]
}

#[test]
fn a_stranger_reports_without_signing_in_and_follows_by_a_link() {
    let house = House::open();
    let mut stranger = house.stranger();
    stranger
        .headers
        .push(("accept-language".to_owned(), "ja".to_owned()));
    let page = stranger.get("/weaknesses/report");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("脆弱性の届出") && !page.text().contains("<script"));
    let script = "<script>alert(1)</script> & \"quotes\" 日本語 \u{202d}";
    // A sign that turns the direction of writing is refused by name; the rest is text.
    let refused = stranger.post("/weaknesses/report", FORM, &form(&typed("EX-100", script)));
    assert_eq!(
        (refused.status, refused.code()),
        (422, "incomplete".to_owned())
    );
    let script = script.trim_end_matches('\u{202d}');
    let taken = stranger.post(
        "/weaknesses/report",
        FORM,
        &form(&typed("<b>EX-100</b>", script)),
    );
    assert_eq!(taken.status, 200, "{}", taken.text());
    let text = taken.text();
    let path = text
        .split("href=\"")
        .find(|p| p.starts_with("/weaknesses/report/"))
        .unwrap();
    let path = path.split('"').next().unwrap().to_owned();
    let page = stranger.get(&path);
    assert_eq!(page.status, 200);
    assert!(
        page.text()
            .contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp;")
    );
    assert!(!page.text().contains("<script") && !page.text().contains("<b>EX"));
    let other = format!("{}0", path.get(..path.len() - 1).unwrap());
    let wrong = if other == path {
        format!("{path}1")
    } else {
        other
    };
    assert_eq!(stranger.get(&wrong).status, 404);
    // The same text again is told, and gives no second link.
    let again = stranger.post(
        "/weaknesses/report",
        FORM,
        &form(&typed("<b>EX-100</b>", script)),
    );
    assert!(again.text().contains("同じ内容の届出") && !again.text().contains(&path));
    let list = house.person("o3").get("/weaknesses");
    assert_eq!(list.status, 200);
    assert!(list.text().contains("&lt;b&gt;EX-100&lt;/b&gt;") && !list.text().contains("<b>EX"));
    let report = path.split('/').nth(3).unwrap();
    let one = house
        .person("a1")
        .get(&format!("/weaknesses/reports/{report}"));
    assert!(one.text().contains("&lt;script&gt;") && !one.text().contains("<script"));
    for who in ["o1", "o2"] {
        assert_eq!(
            house.person(who).get("/weaknesses").code(),
            "not-allowed",
            "{who}"
        );
        assert_eq!(
            house.person(who).get("/v1/weaknesses").code(),
            "not-allowed",
            "{who}"
        );
    }
    assert_eq!(stranger.get("/weaknesses").code(), "not-signed-in");
}

#[test]
fn junk_is_bounded_and_what_cannot_be_read_is_refused() {
    let house = House::open();
    let stranger = house.stranger();
    let path = "/v1/weakness-reports";
    let mut status = Vec::new();
    for n in 0..30 {
        let junk = json!({ "product": "BUY", "text": format!("junk {n}") });
        status.push(stranger.post_json(path, &junk).status);
    }
    assert_eq!(status.iter().filter(|s| **s == 201).count(), 10);
    assert!(status[10..].iter().all(|s| *s == 429), "{status:?}");
    // Later there is room again, and what is no report is refused with its reason.
    house.set(3601);
    let mut zipped = house.stranger();
    zipped
        .headers
        .push(("content-encoding".to_owned(), "gzip".to_owned()));
    let bomb = vec![0x1f_u8, 0x8b, 8, 0, 0, 0, 0, 0];
    assert_eq!(
        zipped.post(path, "application/json", &bomb).code(),
        "unsupported-type"
    );
    let kinds: [(&str, Vec<u8>, &str); 6] = [
        (
            "application/json",
            b"{\"product\":\"\xff\xfe\",\"text\":\"x\"}".to_vec(),
            "malformed",
        ),
        (
            "application/json",
            "{\"product\":\"P\",\"text\":\"T\"}"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
            "malformed",
        ),
        (
            "application/json",
            br#"{"product":"P","text":"T","role":"admin"}"#.to_vec(),
            "unknown-field",
        ),
        (
            "application/json",
            br#"{"product":"P"}"#.to_vec(),
            "incomplete",
        ),
        (
            "application/zip",
            b"PK\x03\x04".to_vec(),
            "unsupported-type",
        ),
        ("application/json", vec![b'['; 300 << 10], "too-large"),
    ];
    for (kind, body, code) in kinds {
        let said = stranger.post(path, kind, &body);
        assert_eq!(said.code(), code, "{kind}");
    }
    let long = json!({ "product": "P", "text": "x".repeat(16_001) });
    assert_eq!(stranger.post_json(path, &long).code(), "incomplete");
    // One click frees the places of a network.
    let boss = house.person("o3");
    let listed = boss.get("/v1/weaknesses").json();
    assert_eq!(listed["unread"].as_array().unwrap().len(), 10);
    assert_eq!(listed["unread"][0]["of_network"], 10);
    let report = listed["unread"][0]["report"].as_str().unwrap();
    let here = format!("/weaknesses/reports/{report}");
    let page = boss.get(&here).text();
    let token = page
        .split("name=\"form\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let forged = boss.post(
        &here,
        FORM,
        &form(&[("form", "x"), ("act", "network"), ("why", "junk")]),
    );
    assert_eq!(forged.code(), "forged-form");
    let aside = form(&[("form", token), ("act", "network"), ("why", "advertising")]);
    let said = boss.post(&here, FORM, &aside);
    assert!(
        said.status == 200 || said.status == 303,
        "{} {}",
        said.status,
        said.text()
    );
    assert_eq!(boss.get("/v1/weaknesses").json()["unread"], json!([]));
}

#[test]
fn a_maker_sees_its_own_room_and_nothing_of_another() {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let told = |maker: &str, text: &str| json!({ "told": { "maker": maker, "text": text, "answer_by": Seconds(START + 1000).to_string() } });
    good(&event(
        &boss,
        &case,
        4,
        &told("Alpha Works", "for alpha's eyes"),
    ));
    good(&event(
        &boss,
        &case,
        5,
        &told("Beta Works", "for beta's eyes"),
    ));
    let (alpha, beta) = (
        house.link(&case, 6, "Alpha Works"),
        house.link(&case, 7, "Beta Works"),
    );
    let request = json!({ "requested": { "maker": "Beta Works", "minister": "経済産業省", "ground": "It is a specific important computer.", "text": "Please mend it.", "reply_by": Seconds(START + 2000).to_string() } });
    assert_eq!(
        event(&house.person("a1"), &case, 8, &request).code(),
        "not-allowed"
    );
    good(&event(&boss, &case, 8, &request));
    let stranger = house.stranger();
    let v1 = |path: &str| path.replace("/weaknesses/room/", "/v1/maker-rooms/");
    let said = json!({ "state": "affected", "words": "beta is affected" });
    good(&stranger.post_json(&format!("{}/words", v1(&beta)), &said));
    let silent = json!({ "state": "silent" });
    assert_eq!(
        stranger
            .post_json(&format!("{}/words", v1(&beta)), &silent)
            .code(),
        "refused"
    );
    let replied = form(&[("act", "replied"), ("request", "1"), ("text", "In May.")]);
    let answered = stranger.post(&beta, FORM, &replied);
    assert!(
        answered.status == 200 || answered.status == 303,
        "{}",
        answered.text()
    );
    for (path, own, other) in [(&alpha, "alpha", "beta"), (&beta, "beta", "alpha")] {
        for text in [stranger.get(path).text(), stranger.get(&v1(path)).text()] {
            assert!(text.contains(&format!("for {own}")), "{text}");
            assert!(
                !text.to_lowercase().contains(other) && !text.contains("port 502"),
                "{text}"
            );
        }
    }
    let room = stranger.get(&v1(&alpha)).json();
    assert_eq!(
        (&room["state"], &room["requests"]),
        (&json!("unknown"), &json!([]))
    );
    house.set(1001);
    let room = stranger.get(&v1(&alpha)).json();
    assert_eq!(room["state"], "silent");
    let page = boss.get(&format!("/weaknesses/cases/{case}")).text();
    assert!(
        page.contains("SILENT") && page.contains("In May.") && page.contains("beta is affected")
    );
    assert!(
        page.contains("<strong>Act</strong>"),
        "the decision on urgency is shown"
    );
    // Another case's id with this link, a wrong secret and a link that has ended are one answer.
    let secret = alpha.rsplit('/').next().unwrap();
    let elsewhere = house.case("another text");
    for path in [
        format!("/v1/maker-rooms/{elsewhere}/{secret}"),
        format!("/v1/maker-rooms/WK-2026-00000000/{secret}"),
        format!("/v1/maker-rooms/{case}/{}", "0".repeat(64)),
    ] {
        assert_eq!(stranger.get(&path).code(), "not-found", "{path}");
    }
    let on = boss.get(&format!("/v1/weaknesses/{case}")).json()["on"]
        .as_u64()
        .unwrap();
    let end = json!({ "links-ended": { "maker": "Alpha Works", "why": "it was sent to the wrong person" } });
    good(&event(&boss, &case, on, &end));
    assert_eq!(stranger.get(&v1(&alpha)).code(), "not-found");
    assert_eq!(stranger.get(&v1(&beta)).status, 200);
    let stale = json!({ "maker-added": { "maker": "Gamma" } });
    assert_eq!(event(&boss, &case, on, &stale).code(), "stale");
}

fn draft(title: &str, tlp: &str) -> Value {
    json!({ "drafted": {
        "title": title, "summary": "A controller does not ask who sends commands.", "lang": "en", "tlp": tlp, "stage": "final",
        "products": [{ "maker": "Alpha Works", "name": "EX-100", "versions": { "range": "< 3.2" }, "models": [], "cpe": null, "purl": null }],
        "weaknesses": [{ "cve": "CVE-2026-12345", "title": "Missing authentication", "description": "Whoever reaches port 502 may write.", "cwe": null,
            "states": [[0, "affected"]], "scores": [], "remedies": [], "reasons": [] }],
        "references": [],
    } })
}

/// Everything that a stranger can read, as one text.
fn seen(stranger: &Caller, case: &str) -> (String, Vec<(String, u16)>) {
    let name = case.to_lowercase();
    let base = "/.well-known/csaf";
    let paths = [
        "/advisories".to_owned(),
        format!("/advisories/{name}"),
        format!("{base}/white/index.txt"),
        format!("{base}/white/changes.csv"),
        format!("{base}/white/csaf-feed-tlp-white.json"),
        format!("{base}/white/2026/{name}.json"),
        format!("{base}/white/2026/{name}.json.asc"),
        format!("{base}/white/2026/{name}.json.sha512"),
        format!("{base}/v2.1/clear/2026/{name}.json"),
        "/cve/2026/12xxx/CVE-2026-12345.json".to_owned(),
        format!("{base}/category.json"),
    ];
    let mut all = String::new();
    let mut status = Vec::new();
    for path in paths {
        let said = stranger.get(&path);
        if said.status == 200 {
            all.push_str(&said.text());
        }
        status.push((path, said.status));
    }
    (all, status)
}

#[test]
fn a_publication_is_there_at_its_second_and_not_one_before() {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let title = "EX-100 takes commands from anybody";
    good(&event(
        &house.person("a1"),
        &case,
        4,
        &draft(title, "clear"),
    ));
    let hour = json!({ "hour-set": { "hour": "2026-12-01T10:00:00+09:00", "why": "as agreed" } });
    assert_eq!(
        event(&house.person("a1"), &case, 5, &hour).code(),
        "not-allowed"
    );
    good(&event(&boss, &case, 5, &hour));
    let approved = json!({ "approved": { "summary": "First version" } });
    assert_eq!(
        event(&house.person("a1"), &case, 6, &approved).code(),
        "not-allowed"
    );
    good(&event(&boss, &case, 6, &approved));
    let stranger = house.stranger();
    for second in [0, 10, 3500, 3599] {
        house.set(second);
        let (all, status) = seen(&stranger, &case);
        assert!(
            !all.contains("EX-100") && !all.to_lowercase().contains(&case.to_lowercase()),
            "{second}"
        );
        assert!(
            status
                .iter()
                .any(|(path, s)| path.ends_with("index.txt") && *s == 200)
        );
        assert!(status.iter().all(|(path, s)| *s == 404
            || !path.contains("12345") && !path.contains(&case.to_lowercase())));
    }
    house.set(3600);
    let (all, status) = seen(&stranger, &case);
    assert!(status.iter().all(|(_, s)| *s == 200), "{status:?}");
    assert!(all.contains(title) && all.contains("Alpha Works"));
    let name = case.to_lowercase();
    let base = "/.well-known/csaf";
    let kind = |path: &str| {
        let said = stranger.get(path);
        assert_eq!(said.status, 200, "{path}");
        let kind = said
            .headers
            .get("content-type")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        (kind, said.body)
    };
    let document = kind(&format!("{base}/white/2026/{name}.json"));
    assert_eq!(document.0, "application/json");
    let signature = kind(&format!("{base}/white/2026/{name}.json.asc"));
    assert_eq!(signature.0, "application/pgp-signature");
    let metadata = kind(&format!("{base}/provider-metadata.json"));
    let metadata: Value = serde_json::from_slice(&metadata.1).unwrap();
    let key = metadata["public_openpgp_keys"][0]["url"].as_str().unwrap();
    let key = kind(key.strip_prefix("https://office.example").unwrap());
    assert_eq!(key.0, "application/pgp-keys");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    openpgp::verify(&text(key.1), &text(signature.1), &document.1).unwrap();
    assert_eq!(
        kind(&format!("{base}/white/changes.csv")).0,
        "text/csv; charset=utf-8"
    );
    let security = kind("/.well-known/security.txt");
    assert_eq!(security.0, "text/plain; charset=utf-8");
    assert!(
        text(security.1)
            .contains("CSAF: https://office.example/.well-known/csaf/provider-metadata.json")
    );
    // Beside the node's own answers the tree lies in a folder for other servers.
    let current = house
        .office()
        .join("weaknesses/published/current/.well-known/csaf/white/index.txt");
    let index = std::fs::read_to_string(current).unwrap();
    assert_eq!(index, format!("2026/{name}.json\n"));
    let moved = json!({ "hour-set": { "hour": "2026-12-02T10:00:00+09:00", "why": "later" } });
    assert_eq!(event(&boss, &case, 7, &moved).code(), "refused");
    for path in [
        "/.well-known/csaf/../../openpgp.asc",
        "/.well-known/csaf/%2e%2e/%2e%2e/house.json",
        "/cve/../house.json",
    ] {
        assert_ne!(stranger.get(path).status, 200, "{path}");
    }
}

#[test]
fn the_leak_switch_publishes_before_whoever_pressed_it_is_answered() {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let link = house.link(&case, 4, "Alpha Works");
    good(&event(
        &boss,
        &case,
        5,
        &draft("EX-100 takes commands", "clear"),
    ));
    good(&event(
        &boss,
        &case,
        6,
        &json!({ "hour-set": { "hour": "2027-03-01T10:00:00+09:00", "why": "ninety days" } }),
    ));
    good(&event(
        &boss,
        &case,
        7,
        &json!({ "approved": { "summary": "First version" } }),
    ));
    let stranger = house.stranger();
    let document = format!("/.well-known/csaf/white/2026/{}.json", case.to_lowercase());
    assert_eq!(stranger.get(&document).status, 404);
    house.set(60);
    good(&event(
        &boss,
        &case,
        8,
        &json!({ "leaked": { "why": "It is on a forum." } }),
    ));
    assert_eq!(stranger.get(&document).status, 200);
    let page = stranger.get(&link).text();
    assert!(
        page.contains("2027-03-01T10:00:00+09:00") && page.contains("ninety days"),
        "{page}"
    );
    assert!(page.contains("2026-12-01T09:01:00+09:00") && page.contains("It is on a forum."));
}

#[test]
fn what_is_for_the_community_is_not_there_for_strangers_and_what_breaks_the_standard_is_not_approved()
 {
    let house = House::open();
    let case = house.case("Whoever reaches port 502 may write.");
    let boss = house.person("o3");
    let mut bad = draft("EX-100 takes commands", "green");
    bad["drafted"]["weaknesses"][0]["cve"] = json!("CVE-1");
    good(&event(&boss, &case, 4, &bad));
    good(&event(
        &boss,
        &case,
        5,
        &json!({ "hour-set": { "hour": "2026-12-01T09:10:00+09:00", "why": "as agreed" } }),
    ));
    let refused = event(
        &boss,
        &case,
        6,
        &json!({ "approved": { "summary": "First version" } }),
    );
    assert_eq!(refused.code(), "refused");
    assert!(
        refused.text().contains("/vulnerabilities/0/cve"),
        "{}",
        refused.text()
    );
    good(&event(
        &boss,
        &case,
        6,
        &draft("EX-100 takes commands", "green"),
    ));
    good(&event(
        &boss,
        &case,
        7,
        &json!({ "approved": { "summary": "First version" } }),
    ));
    house.set(600);
    let name = case.to_lowercase();
    let stranger = house.stranger();
    for path in [
        format!("green/2026/{name}.json"),
        "green/index.txt".to_owned(),
        "green/csaf-feed-tlp-green.json".to_owned(),
    ] {
        let path = format!("/.well-known/csaf/{path}");
        assert_eq!(stranger.get(&path).code(), "not-found", "{path}");
        assert_eq!(house.person("o1").get(&path).code(), "not-found", "{path}");
        assert_eq!(boss.get(&path).status, 200, "{path}");
    }
    assert!(!stranger.get("/advisories").text().contains("EX-100"));
}

#[test]
fn the_pages_take_a_case_from_its_report_to_its_approval_without_script() {
    let house = House::open();
    let stranger = house.stranger();
    let taken = stranger.post(
        "/weaknesses/report",
        FORM,
        &form(&typed("EX-100", "It listens to anybody.")),
    );
    let follow = taken.text();
    let follow = follow
        .split("href=\"")
        .find(|p| p.starts_with("/weaknesses/report/"))
        .unwrap();
    let follow = follow.split('"').next().unwrap().to_owned();
    let report = follow.split('/').nth(3).unwrap().to_owned();
    let boss = house.person("o3");
    let token = boss.get("/weaknesses").text();
    let token = token
        .split("name=\"form\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let post = |path: &str, pairs: &[(&str, &str)]| {
        let mut all = vec![("form", token.as_str())];
        all.extend_from_slice(pairs);
        let said = boss.post(path, FORM, &form(&all));
        assert!(
            said.status == 200 || said.status == 303,
            "{path} {pairs:?}: {}",
            said.text()
        );
        said
    };
    post(&format!("/weaknesses/reports/{report}"), &[("act", "open")]);
    let case = boss.get("/v1/weaknesses").json()["cases"][0]["case"]
        .as_str()
        .unwrap()
        .to_owned();
    let here = format!("/weaknesses/cases/{case}");
    let acts: Vec<Vec<(&str, &str)>> = vec![
        vec![
            ("act", "triaged"),
            ("point0", "Active"),
            ("point1", "Yes"),
            ("point2", "Total"),
            ("point3", "High"),
            ("cves", "CVE-2026-12345\r\n"),
        ],
        vec![("act", "maker-added"), ("maker", "例電機")],
        vec![
            ("act", "told"),
            ("maker", "例電機"),
            ("text", "お知らせ"),
            ("local", "2026-12-20T17:00"),
            ("zone", "+09:00"),
        ],
        vec![
            ("act", "notified"),
            ("maker", "例電機"),
            ("notifier", "prime-minister"),
            ("minister", "内閣府"),
            ("ground", "now"),
            ("text", "stop"),
        ],
        vec![
            ("act", "requested"),
            ("maker", "例電機"),
            ("minister", "経済産業省"),
            ("ground", "g"),
            ("text", "t"),
            ("local", "2026-12-20T17:00"),
            ("zone", "Z"),
        ],
        vec![
            ("act", "said"),
            ("maker", "例電機"),
            ("state", "fixed"),
            ("text", "3.2"),
        ],
        vec![
            ("act", "drafted"),
            ("title", "EX-100 listens"),
            ("summary", "S"),
            ("lang", "ja"),
            ("tlp", "clear"),
            ("stage", "final"),
            (
                "products",
                "例電機 | EX-100 | < 3.2 | affected\r\n例電機 | EX-100 | 3.2 | fixed",
            ),
            ("cve", ""),
            ("weakness", "W"),
            ("description", "D"),
            ("cwe", ""),
            ("cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H 9.8"),
            ("remedies", "vendor-fix | 3.2 | https://example.com/"),
            ("references", ""),
        ],
        vec![
            ("act", "hour-set"),
            ("local", "2026-12-02T09:00"),
            ("zone", "+09:00"),
            ("text", "as agreed"),
        ],
        vec![("act", "approved"), ("summary", "First version")],
        vec![("act", "reporter-told"), ("text", "It goes out tomorrow.")],
    ];
    for (act, on) in acts.into_iter().zip(1..) {
        let on = on.to_string();
        let mut pairs = vec![("on", on.as_str())];
        pairs.extend(act);
        post(&here, &pairs);
    }
    let page = boss.get(&here).text();
    assert!(
        page.contains("EX-100 listens") && page.contains("request") && !page.contains("<script")
    );
    let followed = stranger.get(&follow).text();
    assert!(
        followed.contains("It goes out tomorrow.")
            && followed.contains("2026-12-02T09:00:00+09:00")
    );
    assert!(
        !followed.contains("例電機"),
        "the reporter does not see makers"
    );
    let thanks = stranger.post(&follow, FORM, &form(&[("text", "Thank you.")]));
    assert!(
        thanks.status == 200 || thanks.status == 303,
        "{}",
        thanks.text()
    );
    house.set(86_400);
    let public = stranger.get(&format!("/advisories/{}", case.to_lowercase()));
    assert_eq!(public.status, 200);
    assert!(
        public.text().contains("EX-100 listens") && public.text().contains("修正済み")
            || public.text().contains("fixed")
    );
}
