//! A request from its text to its suspension, between two nodes. In: people's calls and signatures. Out: entries, authority folders, pages. Never: a shortcut through another's folder.

use crate::nation::{Caller, Nation, PACK, join, options, people, request};
use sakimori_authority::Statement;
use sakimori_authority::statement::{Basis, Caps, Kind};
use sakimori_control::journal::Log;
use sakimori_control::tls::May;
use sakimori_control::{Node, keys, office};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::record::Direction;
use sakimori_node::{Role, Running, start, with_access};
use sakimori_select::Pack;
use sakimori_tlog::key::{KeyKind, NoteSigner};
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const SITTING: &str = "present=m1+m2+m3&presiding=m1&for=m1+m2&against=m3&recused=none";

/// Submits a request as the requester; its name and its authority's id.
pub(crate) fn submit(nation: &Nation, request: &Value) -> (String, AuthorityId) {
    let said = nation
        .person(Role::Office, "o1")
        .post_json("/v1/requests", request);
    assert_eq!(said.status, 200, "{}", said.text());
    let text = |key: &str| said.json()[key].as_str().unwrap().to_owned();
    (text("request"), text("authority").parse().unwrap())
}

#[test]
fn a_request_is_asked_about_answered_signed_by_three_and_suspended() {
    let nation = Nation::start();
    let (name, authority) = submit(&nation, &request(&nation.host));
    let clerk = nation.person(Role::Commission, "clerk");
    let list = clerk.get("/v1/requests").json();
    assert_eq!(list["requests"][0]["request"], name.as_str());
    let path = |rest: &str| format!("/v1/requests/{name}{rest}");

    let asked = clerk.post_json(&path("/questions"), &json!({"text": "Which port?"}));
    assert_eq!(asked.status, 200, "{}", asked.text());
    let question = asked.json()["index"].as_u64().unwrap();
    let officer = nation.person(Role::Office, "o2");
    let answer = json!({"question": question, "text": "The port of the north."});
    let answered = officer.post_json(&path("/answers"), &answer);
    assert_eq!(answered.status, 200, "{}", answered.text());
    let again = officer.post_json(&path("/answers"), &answer);
    assert_eq!(again.code(), "not-found", "it is answered already");
    let whole = clerk.get(&path("")).json();
    assert_eq!(whole["thread"][0]["text"], "Which port?");
    assert_eq!(whole["thread"][1]["answers"], question);

    let text = clerk.get(&path(&format!("/text?{SITTING}"))).text();
    assert!(text.contains("\nfor: m1 m2\nagainst: m3\n"), "{text}");
    let mut decided = None;
    for (at, member) in ["m1", "m2", "m3"].into_iter().enumerate() {
        let note = nation.signed(&text, &[member]);
        let caller = nation.person(Role::Commission, if at == 2 { "m3" } else { member });
        let said = caller.post_note(&path("/signatures"), &note);
        assert_eq!(said.status, 200, "{}", said.text());
        decided = said.json()["decided_by"].as_u64();
        assert_eq!(decided.is_some(), at == 2, "{}", said.text());
    }
    let folder = nation
        .office_node()
        .authority(authority, &"s-01".parse().unwrap());
    assert!(folder.join("lease.note").exists());
    let whole = clerk.get(&path("")).json();
    assert_eq!(whole["decided_by"].as_u64(), decided);

    let now = nation.host.seconds();
    let stop = format!(
        "sakimori/suspension/v1\nauthority: {authority}\nby: commission\nact: suspend\nserial: 1\ntime: {now}\nreason: a test\nroot: 1\n"
    );
    let chair = nation.person(Role::Commission, "m1");
    let by_member = chair.post_note("/v1/suspensions", &nation.signed(&stop, &["m3"]));
    assert_eq!(by_member.code(), "not-in-force");
    let said = chair.post_note("/v1/suspensions", &nation.signed(&stop, &["m1"]));
    assert_eq!(said.status, 200, "{}", said.text());
    assert!(folder.join("suspension-commission.note").exists());
}

#[test]
fn a_text_that_differs_from_the_one_shown_is_refused_and_so_is_who_may_not() {
    let nation = Nation::start();
    let (name, _) = submit(&nation, &request(&nation.host));
    let path = |rest: &str| format!("/v1/requests/{name}{rest}");
    let member = nation.person(Role::Commission, "m2");
    let text = member.get(&path(&format!("/text?{SITTING}"))).text();
    for (from, to) in [
        ("match-ppm 200", "match-ppm 900"),
        ("keep 30d", "keep 365d"),
        ("directions: out-in", "directions: out-in out-out"),
    ] {
        let widened = text.replace(from, to);
        assert_ne!(widened, text, "{from}");
        let note = nation.signed(&widened, &["m2"]);
        let said = member.post_note(&path("/signatures"), &note);
        assert_eq!(said.code(), "conflict", "{to}");
    }
    let note = nation.signed(&text, &["m2"]);
    let cases = [
        (nation.stranger(Role::Commission), "not-signed-in"),
        (nation.person(Role::Commission, "clerk"), "not-allowed"),
        (nation.person(Role::Commission, "admin"), "not-allowed"),
    ];
    for (caller, code) in cases {
        assert_eq!(caller.post_note(&path("/signatures"), &note).code(), code);
    }
    let officer = nation.person(Role::Office, "o3");
    let said = officer.post_json("/v1/requests", &request(&nation.host));
    assert_eq!(said.code(), "not-allowed", "a supervisor submits nothing");
}

#[test]
fn the_decision_page_shows_numbers_computed_here_and_no_bulk_approval() {
    let nation = Nation::start();
    let (name, _) = submit(&nation, &request(&nation.host));
    let member = nation.person(Role::Commission, "m1");
    let page = member.get(&format!("/requests/{name}?{SITTING}"));
    assert_eq!(page.status, 200);
    let html = page.text();
    for part in [
        "The relay&#39;s owner cannot be found otherwise.",
        "257",
        "agrees",
        "sakimori authority sign",
        "m3: missing",
        "for: m1 m2",
        "It replaces no authority.",
        "within its bounds",
        "UNVERIFIED",
    ] {
        let plain = part.replace("&#39;", "'");
        assert!(html.contains(part) || html.contains(&plain), "{part}");
    }
    assert!(
        !html.contains("differs"),
        "what was claimed is what was computed"
    );
    let mut wide = request(&nation.host);
    wide["expected_share_ppm"] = json!(999_999);
    let said = nation
        .person(Role::Office, "o1")
        .post_json("/v1/requests", &wide);
    if let Some(name) = said.json()["request"].as_str() {
        let page = member.get(&format!("/requests/{name}")).text();
        assert!(page.contains("Beyond the schedule on record"), "{page}");
    } else {
        assert_eq!(said.code(), "refused", "it is not even on record");
    }
    let inbox = member.get("/").text();
    assert!(inbox.contains("there is no way to approve several at once"));
    assert!(!inbox.contains("type=\"checkbox\""));
    let mut japanese = nation.person(Role::Commission, "m1");
    japanese
        .headers
        .push(("accept-language".to_owned(), "ja".to_owned()));
    assert!(japanese.get("/").text().contains("求め"));
    let deletion = member.get("/deletion").text();
    assert!(deletion.contains("not provable"));
}

#[test]
fn a_party_suspends_its_agreement_with_its_own_key_from_its_own_node() {
    let nation = Nation::start();
    let host = &nation.host;
    let signer = |name: &str, seed| NoteSigner::from_seed(name, KeyKind::Ed25519, &[seed; 32]);
    let party = signer("port.example/party", 7).unwrap();
    let suspend_key = signer("port.example/suspend", 8).unwrap();
    let decided = Basis::Agreement {
        party: "port".parse().unwrap(),
        key: Box::new(party.verifier().clone()),
        suspend_key: Box::new(suspend_key.verifier().clone()),
    };
    let (node, text) = agreement(&nation, decided);
    let office = keys::read(&node.office_key("office")).unwrap();
    let note = Note::sign(&text.to_string(), &[&office, &party], 0).unwrap();
    let supervisor = nation.person(Role::Office, "o3");
    let half = Note::sign(&text.to_string(), &[&party], 0).unwrap();
    let said = supervisor.post_note("/v1/decisions", &half);
    assert_eq!(said.code(), "not-in-force", "the office has not signed");
    let said = supervisor.post_note("/v1/decisions", &note);
    assert_eq!(said.status, 200, "{}", said.text());

    let (far, _running, mut caller) = operator(&nation);
    assert_eq!(caller.get("/v1/agreements").code(), "not-signed-in");
    caller.sign_in(Role::Operator, "party");
    assert_eq!(caller.get("/v1/agreements").json(), json!([]));
    let page = caller.get("/").text();
    assert!(page.contains("party.keys"), "it knows no party: {page}");
    let keys_of = |keys: &[&NoteSigner]| {
        let lines: Vec<String> = keys.iter().map(|k| k.verifier().to_string()).collect();
        std::fs::write(far.join("operator/party.keys"), lines.join("\n")).unwrap();
    };
    let stranger = signer("rail.example/party", 9).unwrap();
    keys_of(&[&stranger]);
    assert_eq!(
        caller.get("/v1/agreements").json(),
        json!([]),
        "another party's"
    );
    keys_of(&[&stranger, &party]);
    let list = caller.get("/v1/agreements").json();
    assert_eq!(list[0]["text"], text.to_string(), "{list}");
    assert_eq!(list[0]["suspended"], false);
    assert!(caller.get("/").text().contains("sakimori/suspension/v1"));

    let id = text.id;
    let said_by_party = |act: &str, serial: u64| {
        format!(
            "sakimori/suspension/v1\nauthority: {id}\nby: party\nact: {act}\nserial: {serial}\ntime: {}\nreason: a test\nroot: 1\n",
            host.seconds()
        )
    };
    assert!(caller.get("/").text().contains("\nserial: 1\n"));
    let stop = said_by_party("suspend", 1);
    let forged = Note::sign(&stop, &[&party], 0).unwrap();
    assert_eq!(
        caller.post_note("/v1/suspensions", &forged).code(),
        "not-in-force"
    );
    let stop = Note::sign(&stop, &[&suspend_key], 0).unwrap();
    let said = caller.post_note("/v1/suspensions", &stop);
    assert_eq!(said.status, 200, "{}", said.text());
    let folder = node.authority(id, &"s-01".parse().unwrap());
    assert!(folder.join("suspension-party.note").exists());
    assert_eq!(caller.get("/v1/agreements").json()[0]["suspended"], true);

    let note = |act: &str, serial| Note::sign(&said_by_party(act, serial), &[&suspend_key], 0);
    suspended_again(
        &caller,
        &note("resume", 2).unwrap(),
        &note("suspend", 3).unwrap(),
    );
}

#[test]
fn a_sitting_approves_with_conditions_that_are_shown_signed_and_on_record() {
    let nation = Nation::start();
    let mut offered = request(&nation.host);
    offered["conditions"] = json!("no names are shown");
    let (name, _) = submit(&nation, &offered);
    let path = |rest: &str| format!("/v1/requests/{name}{rest}");
    let chair = nation.person(Role::Commission, "m1");
    let with = format!("{SITTING}&conditions=a+report+each+week%2C+%26+none+later");
    let text = chair.get(&path(&format!("/text?{with}"))).text();
    let line = "\nconditions: no names are shown; a report each week, & none later\n";
    assert!(text.contains(line), "{text}");
    let page = chair.get(&format!("/requests/{name}?{with}")).text();
    assert!(
        page.contains("a report each week, &amp; none later"),
        "{page}"
    );
    let link = page.split("href=\"").find(|part| part.contains("/text?"));
    let link = link
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    assert_eq!(chair.get(&link).text(), text, "the page's own link");
    let two_lines = format!("{SITTING}&conditions=a%0Aroot:+9");
    let said = chair.get(&path(&format!("/text?{two_lines}")));
    assert_eq!(said.code(), "incomplete");
    for (from, to) in [
        ("no names are shown; a report", "a report"),
        ("no names are shown", "names are shown"),
    ] {
        let other = text.replace(from, to);
        let said = chair.post_note(&path("/signatures"), &nation.signed(&other, &["m1"]));
        assert_eq!(said.code(), "conflict", "{to}");
    }
    let mut decided = None;
    for member in ["m1", "m2", "m3"] {
        let caller = nation.person(Role::Commission, member);
        let said = caller.post_note(&path("/signatures"), &nation.signed(&text, &[member]));
        assert_eq!(said.status, 200, "{}", said.text());
        decided = said.json()["decided_by"].as_u64();
    }
    assert!(decided.is_some());
}

#[test]
fn an_address_that_begins_to_sign_in_too_often_is_told_to_wait() {
    let nation = Nation::start();
    let stranger = nation.stranger(Role::Commission);
    let codes: Vec<String> = (0..31)
        .map(|at| match at % 2 {
            0 => ("/v1/sign-in/passkey/start", json!({"person": "m1"})),
            _ => ("/v1/enrol/start", json!({"code": "AAAA-BBBB"})),
        })
        .map(|(path, body)| {
            stranger
                .post_json(path, &body)
                .code_or_none()
                .unwrap_or_default()
        })
        .collect();
    let refused = |code: &String| code == "too-many-requests";
    assert_eq!(codes.iter().position(refused), Some(30), "{codes:?}");
    assert_eq!(stranger.get("/healthz").status, 200);
}

fn suspended_again(caller: &Caller, resume: &Note, suspend: &Note) {
    // It goes on, and is suspended a second time by the serial that the page shows.
    let said = caller.post_note("/v1/suspensions", resume);
    assert_eq!(said.status, 200, "{}", said.text());
    let list = caller.get("/v1/agreements").json();
    assert_eq!(
        (&list[0]["suspended"], &list[0]["serial"]),
        (&json!(false), &json!(3))
    );
    assert!(caller.get("/").text().contains("\nserial: 3\n"));
    let said = caller.post_note("/v1/suspensions", suspend);
    assert_eq!(said.status, 200, "{}", said.text());
    assert_eq!(caller.get("/v1/agreements").json()[0]["suspended"], true);
}

/// A running operator's node that the office knows as `port`; its folder, and a caller who is not signed in.
fn operator(nation: &Nation) -> (PathBuf, Running, Caller) {
    let far = nation.folder.path().join("c");
    people(Role::Operator, &far, &nation.host);
    let address = nation.office.address.to_string();
    join(
        &far.join("operator"),
        "office",
        &nation.role(Role::Office),
        &address,
        &[],
    );
    let calls = [May::Read, May::Suspend];
    join(
        &nation.role(Role::Office),
        "port",
        &far.join("operator"),
        "",
        &calls,
    );
    let running = start(&options(Role::Operator, &far), &nation.host).unwrap();
    let caller = Caller::stranger(&far.join("operator"), &running.address.to_string());
    (far, running, caller)
}

/// An agreement that the office has put on record as a request.
pub(crate) fn agreement(nation: &Nation, decided: Basis) -> (Node, Statement) {
    let host = &nation.host;
    let node = nation.office_node();
    let draft = office::Draft {
        kind: Kind::Agreement,
        basis: "act42-11".parse().unwrap(),
        not_before: host.seconds(),
        not_after: host.seconds().plus(86_400),
        sensors: vec!["s-01".parse().unwrap()],
        directions: vec![Direction::OutIn],
        caps: Caps {
            match_ppm: 100,
            flow_bytes: 176,
            day_records: 1000,
        },
        keep_days: 30,
        conditions: "none".to_owned(),
        replaces: None,
        decided: Some(decided),
    };
    let reasons = office::Reasons {
        requester: "o1".parse().unwrap(),
        facts: "f".to_owned(),
        necessity: "n".to_owned(),
        alternatives: "a".to_owned(),
        rights: "r".to_owned(),
        expected_share_ppm: 10,
    };
    let pack = Pack::parse_source(PACK).unwrap();
    let statement = office::draft(&node, host, &pack, &draft, &reasons).unwrap();
    (node, statement)
}

#[test]
fn what_was_tried_and_refused_is_in_the_node_s_own_record() {
    let nation = Nation::start();
    let officer = nation.person(Role::Office, "o2");
    let said = officer.post_json("/v1/requests", &request(&nation.host));
    assert_eq!(said.code(), "not-allowed");
    let supervisor = nation.person(Role::Office, "o3");
    let said = supervisor.post(
        "/v1/rulings",
        "text/plain",
        b"x\n\n\xe2\x80\x94 a AAAAAAAA\n",
    );
    assert_eq!(said.code(), "not-in-force");
    let folder = nation.folder.path().join("a");
    let kept = with_access(
        &options(Role::Office, &folder),
        &nation.host,
        async |access| access.store().audit(0).await.unwrap(),
    );
    let kept = kept.unwrap();
    for (by, object) in [("o2", "submit-request"), ("o3", "sign-decision")] {
        let found = kept
            .iter()
            .find(|line| line.by == by && line.act == "refused");
        assert_eq!(found.unwrap().object, object, "{by}");
    }
}

#[test]
fn what_people_were_given_is_on_record_from_both_nodes() {
    let nation = Nation::start();
    // Who was entered before the nodes ran comes to the log with their first rounds.
    let mut log = Log::connect(&nation.office_node().ledger().socket).unwrap();
    let mut persons = std::collections::BTreeSet::new();
    let (_sender, never) = std::sync::mpsc::channel::<()>();
    for _ in 0..200 {
        persons.clear();
        let mut bodies = Vec::new();
        log.each_durable_entry(|_, envelope, _| {
            if envelope.kind == EntryType::Access {
                bodies.push(envelope.clone());
            }
            true
        })
        .unwrap();
        for envelope in bodies {
            let body: Value = serde_json::from_slice(&log.open_body(&envelope).unwrap()).unwrap();
            persons.insert(body["person"].as_str().unwrap().to_owned());
        }
        if ["o1", "m1", "clerk"].iter().all(|id| persons.contains(*id)) {
            break;
        }
        // Nobody sends: it is a wait for the nodes' rounds.
        let _ = never.recv_timeout(Duration::from_millis(200));
    }
    for id in ["o1", "o2", "o3", "m1", "clerk"] {
        assert!(persons.contains(id), "{id}: {persons:?}");
    }
}

#[test]
fn a_request_is_refused_by_a_ruling_that_three_signed() {
    let nation = Nation::start();
    let (name, _) = submit(&nation, &request(&nation.host));
    let text = format!(
        "sakimori/ruling/v1\nid: 0123456789abcdef0123456789abcdef\nkind: acquisition\nabout: request {name}\noutcome: refused\nrequest: {name}\ntime: {}\nreason: other means are there\nroot: 1\npresent: m1 m2 m3\npresiding: m1\nfor: m1 m2 m3\nagainst: none\nrecused: none\n",
        nation.host.seconds()
    );
    let mut decided = None;
    for member in ["m3", "m1", "m2"] {
        let caller = nation.person(Role::Commission, member);
        let said = caller.post_note("/v1/rulings", &nation.signed(&text, &[member]));
        assert_eq!(said.status, 200, "{}", said.text());
        decided = said.json()["decided_by"].as_u64();
    }
    let whole = nation
        .person(Role::Commission, "clerk")
        .get(&format!("/v1/requests/{name}"))
        .json();
    assert_eq!(whole["decided_by"].as_u64(), decided);
    assert!(decided.is_some());
    // What is decided is decided: no text is made of it any more.
    let member = nation.person(Role::Commission, "m1");
    let again = member.get(&format!("/v1/requests/{name}/text?{SITTING}"));
    assert_eq!(again.code(), "conflict");
    let clerk = nation.person(Role::Commission, "clerk");
    let said = clerk.post_note("/v1/rulings", &nation.signed(&text, &["m1"]));
    assert_eq!(said.code(), "not-allowed");
}
