//! The office's node looks whether claims are shown: TXT records at a resolver that we did not write, files at a host, a mail to the contact that a registry names. In: Unbound, a web
//! server and a mail server on loopback. Out: verdicts. Never: an address beyond loopback.

use crate::alert::{MailServer, request};
use crate::nation::{Caller, Nation};
use crate::resolver::Unbound;
use base64::Engine;
use sakimori_control::Host;
use sakimori_control::tls::May;
use sakimori_node::Role;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longest wait for a look: the node looks every two seconds.
const WAITS: usize = 240;
/// A port of the tests' own, until it is taken.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A resolver with TXT records by name.
fn with_txt(program: &std::path::Path, port: u16, txt: &[(&str, &str)]) -> Unbound {
    let mut records = vec!["water.example. A 127.0.0.1".to_owned()];
    for (name, value) in txt {
        records.push(format!("{name}. 5 TXT \"{value}\""));
    }
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    Unbound::start(program, port, &records)
}

type Pages = Arc<Mutex<BTreeMap<String, String>>>;

/// A web server: what is in the map by its path, 404 for all else.
fn web(pages: &Pages) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let pages = Arc::clone(pages);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let Some(got) = request(&mut stream) else {
                continue;
            };
            let page = pages.lock().unwrap().get(&got.path).cloned();
            let (status, body) = match page {
                Some(body) => ("200 OK", body),
                None => ("404 Not Found", String::new()),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            // A caller that has gone has gone.
            let _ = stream.write_all(head.as_bytes());
        }
    });
    port
}

fn settings(folder: &std::path::Path, (dns, web, mail): (u16, u16, Option<u16>)) {
    let quick = json!({"seconds": 1, "source": "a test"});
    let mail = mail.map(|port| json!({"host": "127.0.0.1", "port": port, "tls": "none", "from": "office@example.org"}));
    let rdap = format!("http://127.0.0.1:{web}/rdap");
    let settings = json!({
        "closed": true, "resolver": format!("127.0.0.1:{dns}"), "http_port": web, "mail": mail,
        "rdap": {"domain": rdap, "ip": rdap, "autnum": rdap},
        "timing": {"first-look": quick, "longest-look": quick},
    });
    std::fs::write(folder.join("office/alerts.json"), settings.to_string()).unwrap();
}

fn claimed(peer: &Caller, thing: &str, method: &str) -> Value {
    let claim = json!({"thing": thing, "method": method});
    let said = peer.post_json("/v1/registrations", &claim);
    assert_eq!(said.status, 200, "{}", said.text());
    said.json()
}

fn rows(caller: &Caller) -> Vec<Value> {
    let said = caller.get("/v1/registrations");
    assert_eq!(said.status, 200, "{}", said.text());
    said.json()["rows"].as_array().unwrap().clone()
}

/// The registration of a thing, once it is as it should be.
#[track_caller]
fn until(caller: &Caller, thing: &str, is: impl Fn(&Value) -> bool) -> Value {
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let mut last = Value::Null;
    for _ in 0..WAITS {
        let all = rows(caller);
        last = all
            .into_iter()
            .find(|row| row["thing"] == thing)
            .unwrap_or_default();
        if is(&last) {
            return last;
        }
        let _ = never.recv_timeout(Duration::from_millis(250));
    }
    panic!("{thing} stands so: {last}");
}

fn tried(row: &Value, found: &str) -> bool {
    let tried = row["tried"].as_array();
    tried.is_some_and(|tried| tried.iter().any(|one| one["found"] == found))
}

#[test]
fn what_is_in_dns_or_at_a_host_is_found_and_what_is_not_is_looked_for_again() {
    let test = "what_is_in_dns_or_at_a_host_is_found_and_what_is_not_is_looked_for_again";
    let Some(program) = sakimori_testkit::program(test, "unbound") else {
        return;
    };
    let pages = Pages::default();
    let (dns, web) = (free_port(), web(&pages));
    let nation = Nation::with(None, Host::system(), |folder| {
        settings(folder, (dns, web, None));
    });
    let address = nation.office.address.to_string();
    let peer = Caller::peer(
        &nation.role(Role::Office),
        &address,
        "water-1",
        &[May::Report],
    );
    let asked = claimed(&peer, "water.example", "dns-txt");
    assert_eq!(asked["place"], "_sakimori-challenge.water.example");
    // Nobody answers yet: that is on record, and it is looked for again.
    let first = until(&peer, "water.example", |row| tried(row, "nothing"));
    assert_eq!(first["state"], "asked", "{first}");
    let other = (
        "_sakimori-challenge.water.example",
        "sakimori-verify=another",
    );
    let resolver = with_txt(&program, dns, &[other]);
    until(&peer, "water.example", |row| tried(row, "txt"));
    drop(resolver);
    let text = asked["text"].as_str().unwrap();
    let _resolver = with_txt(&program, dns, &[other, (other.0, text)]);
    let shown = until(&peer, "water.example", |row| row["state"] == "shown");
    assert!(
        tried(&shown, "shown") && shown["shown_until"].is_string(),
        "{shown}"
    );
    assert!(
        shown["next_look"].is_null() && shown["renew_from"].is_string(),
        "{shown}"
    );

    files(&peer, &pages);
    // Another operator learns nothing of it.
    let rail = Caller::peer(
        &nation.role(Role::Office),
        &address,
        "rail-1",
        &[May::Report],
    );
    assert!(rows(&rail).is_empty());
}

/// A file at a host whose name the same resolver knows, at one that it does not know, and at an address.
fn files(peer: &Caller, pages: &Pages) {
    for thing in ["www.water.example", "127.0.0.1"] {
        let asked = claimed(peer, thing, "http-file");
        let missed = until(peer, thing, |row| tried(row, "nothing"));
        assert_eq!(missed["state"], "asked", "{missed}");
        if thing == "www.water.example" {
            let words = missed["tried"].to_string();
            assert!(
                words.contains("no record"),
                "the zone has no such name: {words}"
            );
            continue;
        }
        let place = asked["place"].as_str().unwrap();
        let path = place.strip_prefix("http://127.0.0.1").unwrap().to_owned();
        pages
            .lock()
            .unwrap()
            .insert(path.clone(), "<html>".to_owned());
        until(peer, thing, |row| tried(row, "file"));
        let text = asked["text"].as_str().unwrap();
        pages.lock().unwrap().insert(path, format!("{text}\n"));
        until(peer, thing, |row| row["state"] == "shown");
    }
    let root = claimed(peer, "water.example", "http-file");
    let place = root["place"].as_str().unwrap();
    let path = place
        .strip_prefix("http://water.example")
        .unwrap()
        .to_owned();
    let text = root["text"].as_str().unwrap().to_owned();
    pages.lock().unwrap().insert(path, text);
    let is_shown = |row: &Value| row["method"] == "http-file" && row["state"] == "shown";
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let found = (0..WAITS).any(|_| {
        let _ = never.recv_timeout(Duration::from_millis(250));
        rows(peer)
            .iter()
            .any(|row| row["thing"] == "water.example" && is_shown(row))
    });
    assert!(found, "{:?}", rows(peer));
}

/// The text of a mail whose body may be written in Base64 or with escapes.
fn plain(lines: &[String]) -> String {
    let body: Vec<&str> = lines
        .iter()
        .skip_while(|line| !line.trim().is_empty())
        .map(|line| line.trim())
        .collect();
    let folded: String = body
        .concat()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let until = folded.find("----").unwrap_or(folded.len());
    let coded = folded.get(..until).unwrap_or_default();
    let decoded = base64::engine::general_purpose::STANDARD.decode(coded);
    match decoded {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => body.join("\n").replace("=\n", ""),
    }
}

#[test]
fn the_contact_of_the_registry_gets_the_token_and_its_answer_shows_control() {
    let test = "the_contact_of_the_registry_gets_the_token_and_its_answer_shows_control";
    let Some(server) = MailServer::start(test) else {
        return;
    };
    let pages = Pages::default();
    let web = web(&pages);
    let nation = Nation::with(None, Host::system(), |folder| {
        settings(folder, (free_port(), web, Some(server.port)));
    });
    let address = nation.office.address.to_string();
    let peer = Caller::peer(
        &nation.role(Role::Office),
        &address,
        "water-1",
        &[May::Report],
    );
    let asked = claimed(&peer, "203.0.113.0/24", "mail-to-contact");
    assert_eq!(asked["text"], "", "who claims does not see the token");
    let missed = until(&peer, "203.0.113.0/24", |row| tried(row, "nothing"));
    assert!(missed["tried"].to_string().contains("says 404"), "{missed}");
    let contact = json!({"entities": [
        {"roles": ["abuse"], "vcardArray": ["vcard", [["email", {}, "text", "abuse@isp.example"]]]},
        {"roles": ["registrant"], "vcardArray": ["vcard", [["email", {}, "text", "noc@water.example"]]]},
    ]});
    let path = "/rdap/ip/203.0.113.0/24".to_owned();
    pages.lock().unwrap().insert(path, contact.to_string());
    let written = until(&peer, "203.0.113.0/24", |row| tried(row, "written"));
    assert_eq!(written["written_to"], "noc@water.example", "{written}");
    assert!(written["text"].is_null(), "{written}");
    let mut got = Vec::new();
    while !got.iter().any(|line: &String| line.contains("END MESSAGE")) {
        got.push(
            server
                .lines
                .recv_timeout(Duration::from_secs(50))
                .expect("a mail"),
        );
    }
    assert!(
        got.iter()
            .any(|line| line.contains("To: noc@water.example")),
        "{got:?}"
    );
    let officer = nation.person(Role::Office, "o2");
    let row = rows(&officer).into_iter().next().unwrap();
    let token = row["text"].as_str().unwrap();
    assert!(plain(&got).contains(token), "{token} is not in {got:?}");
    // Who claims asks for it again: the contact is not written to again.
    let claim = json!({"thing": "203.0.113.0/24", "method": "mail-to-contact"});
    let again = peer.post_json("/v1/registrations", &claim);
    assert_eq!(
        again.status, 200,
        "the longest delay of this test is a second"
    );
    until(&peer, "203.0.113.0/24", |row| tried(row, "written"));
    answered(&officer, &peer);
}

#[test]
fn nobody_but_an_officer_sees_what_waits_and_the_times_say_where_they_come_from() {
    let nation = Nation::start();
    let address = nation.office.address.to_string();
    let peer = Caller::peer(
        &nation.role(Role::Office),
        &address,
        "water-1",
        &[May::Report],
    );
    claimed(&peer, "AS64500", "registry-paper");
    let officer = nation.person(Role::Office, "o2");
    let page = officer.get("/registrations").text();
    assert!(
        page.contains("AS64500") && page.contains("not in the law"),
        "{page}"
    );
    assert_ne!(
        nation.stranger(Role::Office).get("/registrations").status,
        200
    );
    assert_ne!(peer.get("/registrations").status, 200);
    let times = peer.get("/v1/alert-times").json();
    let times = times["rows"].as_array().unwrap();
    assert!(
        times
            .iter()
            .all(|row| row["source"].as_str().is_some_and(|text| !text.is_empty()))
    );
    assert_eq!(times.len(), 12);
    for wrong in ["state=shown%26x", "state=perhaps"] {
        assert_eq!(peer.get(&format!("/v1/registrations?{wrong}")).status, 400);
    }
    let looks = peer.post_json("/v1/registrations/looks", &json!({"id": "r-0"}));
    assert_eq!(looks.code(), "not-found");
    let id = rows(&peer)[0]["id"].as_str().unwrap().to_owned();
    let people = peer.post_json("/v1/registrations/looks", &json!({"id": id}));
    assert_eq!(people.status, 422, "a paper is seen by people");
}

/// An officer puts the contact's answer on record, on the page.
fn answered(officer: &Caller, peer: &Caller) {
    let page = officer.get("/registrations").text();
    assert!(
        page.contains("203.0.113.0/24") && page.contains("noc@water.example"),
        "{page}"
    );
    let row = rows(officer).into_iter().next().unwrap();
    let form = officer.get("/v1/me").json()["form"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/registrations/water-1/{}", row["id"].as_str().unwrap());
    let answer = |from: &str, text: &str| {
        let body = format!("form={form}&mail=Re%3A+{text}{from}");
        let kind = "application/x-www-form-urlencoded";
        officer.post(&path, kind, body.as_bytes())
    };
    let token = row["text"].as_str().unwrap();
    let forged = answer("", token);
    assert!(forged.text().contains("does not show"), "{}", forged.text());
    let taken = answer("&from_contact=yes", token);
    assert_eq!(taken.status, 303, "{}", taken.text());
    until(peer, "203.0.113.0/24", |row| row["state"] == "shown");
    assert!(
        !officer
            .get("/registrations")
            .text()
            .contains("203.0.113.0/24")
    );
}
