//! The vulnerability room at the office's node: strangers, makers with a link, people of the office, a clock that the test sets. In: one node on loopback. Out: verdicts. Never: an address
//! beyond loopback.

#![expect(clippy::too_many_lines, reason = "whole cases are long")]

mod audience;
mod counts;
mod files;
mod letters;
mod parties;
mod publication;

use crate::nation::{Caller, Nation, Said, options};
use pgp::composed::{ArmorOptions, KeyType, SecretKeyParamsBuilder};
use pgp::types::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sakimori_access::{Access, NewRole, Principal, Role as AccessRole};
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

pub(crate) fn armoured() -> String {
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
fn what_an_operator_s_person_hands_over_is_on_that_node_s_record_with_who_did_it() {
    let house = House::open();
    let operator = crate::report::Operator::new(&house.nation, "water-1");
    operator.told_where_the_office_is(&house.nation);
    let party = operator.person();
    party.done("/reports/operator", &[("operator", "water-1")]);
    let handed = party.post("/weaknesses/report", &typed("EX-100", "Port 502 is open."));
    assert_eq!(handed.status, 200, "{}", handed.text());
    let all = options(Role::Operator, &operator.folder);
    let read = async |access: &Access| access.store().audit(0).await.unwrap();
    let lines = with_access(&all, &house.nation.host, read).unwrap();
    let mut lines = lines.iter().filter(|l| l.act == "hand-weakness-report");
    let line = lines.next().expect("a line of the record");
    assert_eq!(line.by, "party");
    assert!(handed.text().contains(&line.object), "{}", line.object);
    let here = format!("/weaknesses/reports/{}", line.object);
    let seen = house.person("o3").get(&here);
    assert!(seen.status == 200 && !seen.text().contains("party"));
    assert!(lines.next().is_none());
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
        ("application/json", vec![b'['; 200 << 10], "malformed"),
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
