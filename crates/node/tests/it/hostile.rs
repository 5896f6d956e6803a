//! Requests that nobody means well. In: more than sixty of them. Out: for each a code, and a node that answers the next. Never: a 500.

use crate::nation::{Nation, request};
use sakimori_node::Role;
use serde_json::{Value, json};

struct Bad {
    what: String,
    path: &'static str,
    kind: &'static str,
    body: Vec<u8>,
    code: &'static str,
}

fn bad(
    what: impl Into<String>,
    path: &'static str,
    kind: &'static str,
    body: impl Into<Vec<u8>>,
    code: &'static str,
) -> Bad {
    Bad {
        what: what.into(),
        path,
        kind,
        body: body.into(),
        code,
    }
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";
const REQUESTS: &str = "/v1/requests";

#[expect(clippy::too_many_lines, reason = "a table")]
fn json_bodies(good: &Value) -> Vec<Bad> {
    let mut list = Vec::new();
    let broken: [(&str, Vec<u8>); 14] = [
        ("nothing", Vec::new()),
        ("a brace", b"{".to_vec()),
        ("no JSON", b"sakimori".to_vec()),
        ("an array", b"[]".to_vec()),
        ("a number", b"1e999".to_vec()),
        ("null", b"null".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("no UTF-8", b"{\"kind\":\"\xff\xfe\"}".to_vec()),
        ("a lone surrogate", br#"{"kind":"\ud800"}"#.to_vec()),
        ("a zero byte", b"{\"kind\":\"a\0b\"}".to_vec()),
        ("two documents", b"{}{}".to_vec()),
        ("deep arrays", "[".repeat(100_000).into_bytes()),
        ("deep objects", "{\"a\":".repeat(30_000).into_bytes()),
        (
            "a long number",
            format!("{{\"match_ppm\":{}}}", "9".repeat(5_000)).into_bytes(),
        ),
    ];
    for (what, body) in broken {
        // What is read first is told first.
        let code = match what {
            "two documents" => "incomplete",
            "deep objects" => "unknown-field",
            _ => "malformed",
        };
        list.push(bad(what, REQUESTS, JSON, body, code));
    }
    for field in [
        "kind",
        "basis",
        "not_after",
        "sensors",
        "facts",
        "rights",
        "pack",
    ] {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(field);
        list.push(bad(
            format!("without {field}"),
            REQUESTS,
            JSON,
            without.to_string(),
            "incomplete",
        ));
    }
    let mut more = good.clone();
    more["approved"] = json!(true);
    list.push(bad(
        "a field more",
        REQUESTS,
        JSON,
        more.to_string(),
        "unknown-field",
    ));
    let twice = good.to_string().replacen('{', "{\"kind\":\"measure\",", 1);
    list.push(bad("a field twice", REQUESTS, JSON, twice, "malformed"));
    let values: [(&str, Value, &str); 16] = [
        ("kind", json!("agreement"), "incomplete"),
        ("kind", json!("everything"), "incomplete"),
        ("kind", json!(7), "malformed"),
        ("basis", json!("act 42\nid: x"), "incomplete"),
        ("not_after", json!("2027-02-30T00:00:00Z"), "incomplete"),
        ("not_after", json!("yesterday"), "incomplete"),
        ("sensors", json!(["S-01"]), "incomplete"),
        ("sensors", json!("s-01"), "malformed"),
        ("directions", json!(["in-in"]), "incomplete"),
        ("match_ppm", json!(-1), "malformed"),
        ("match_ppm", json!(1.5), "malformed"),
        ("keep_days", json!(u64::MAX), "not-in-force"),
        ("facts", json!(""), "incomplete"),
        ("necessity", json!(" \n\t "), "incomplete"),
        ("rights", json!("\u{202e}\u{7}evil"), "incomplete"),
        ("facts", json!("x".repeat(20_000)), "incomplete"),
    ];
    for (field, value, code) in values {
        let mut other = good.clone();
        other[field] = value.clone();
        let text = value.to_string();
        let what = format!("{field} = {}", text.chars().take(40).collect::<String>());
        list.push(bad(what, REQUESTS, JSON, other.to_string(), code));
    }
    for (what, pack) in [
        ("no pack", ""),
        (
            "the whole of IPv4",
            "sakimori/pack/v1\nid: a\nissued: 2026-11-01T00:00:00Z\npurpose: x\nselector: 1 prefix 0.0.0.0/0\n",
        ),
    ] {
        let mut other = good.clone();
        other["pack"] = json!(pack);
        let code = if pack.is_empty() {
            "refused"
        } else {
            "not-in-force"
        };
        list.push(bad(what, REQUESTS, JSON, other.to_string(), code));
    }
    list
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn other_bodies(good: &Value) -> Vec<Bad> {
    let long = vec![b'x'; 300 << 10];
    let mut list = vec![
        bad(
            "JSON as text",
            REQUESTS,
            TEXT,
            good.to_string(),
            "unsupported-type",
        ),
        bad(
            "JSON as a form",
            REQUESTS,
            "application/x-www-form-urlencoded",
            good.to_string(),
            "unsupported-type",
        ),
        bad(
            "no type",
            REQUESTS,
            "",
            good.to_string(),
            "unsupported-type",
        ),
        bad(
            "a type of another",
            REQUESTS,
            "application/json-patch+json",
            good.to_string(),
            "unsupported-type",
        ),
        bad("300 KiB", REQUESTS, JSON, long.clone(), "too-large"),
        bad(
            "a note of 300 KiB",
            "/v1/decisions",
            TEXT,
            long,
            "too-large",
        ),
        bad("an empty note", "/v1/decisions", TEXT, "", "not-a-note"),
        bad(
            "a note as JSON",
            "/v1/decisions",
            JSON,
            "{}",
            "unsupported-type",
        ),
        bad(
            "a text without signatures",
            "/v1/decisions",
            TEXT,
            "sakimori/authority/v1\n",
            "not-a-note",
        ),
        bad(
            "a note without text",
            "/v1/decisions",
            TEXT,
            "\n\n\u{2014} a AAAA\n",
            "not-a-note",
        ),
        bad(
            "a ruling that is none",
            "/v1/rulings",
            TEXT,
            "x\n\n\u{2014} a AAAAAAAA\n",
            "not-in-force",
        ),
        bad(
            "a suspension that is none",
            "/v1/suspensions",
            TEXT,
            "x\n\n\u{2014} a AAAAAAAA\n",
            "not-a-note",
        ),
        bad(
            "carriage returns",
            "/v1/suspensions",
            TEXT,
            "x\r\n\r\n\u{2014} a AAAAAAAA\r\n",
            "not-a-note",
        ),
        bad("no such route", "/v1/approve-all", JSON, "{}", "not-found"),
        bad(
            "a path that climbs",
            "/v1/../../etc/passwd",
            JSON,
            "{}",
            "not-found",
        ),
        bad(
            "an encoded path that climbs",
            "/v1/packs/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            JSON,
            "{}",
            "method-not-allowed",
        ),
        bad(
            "a wrong method",
            "/healthz",
            JSON,
            "{}",
            "method-not-allowed",
        ),
        bad(
            "an answer to no request",
            "/v1/requests/zz/answers",
            JSON,
            r#"{"question":1,"text":"x"}"#,
            "malformed",
        ),
        bad(
            "an answer to an unknown request",
            "/v1/requests/0000000000000000000000000000000000000000000000000000000000000000/answers",
            JSON,
            r#"{"question":1,"text":"x"}"#,
            "not-found",
        ),
    ];
    for (what, person) in [
        ("a person with a quote", "a'b\"c"),
        ("a person with markup", "<script>alert(1)</script>"),
        ("nobody", "nobody"),
        (
            "a long person",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
    ] {
        let body = json!({"person": person}).to_string();
        list.push(bad(
            what,
            "/v1/sign-in/passkey/start",
            JSON,
            body,
            "sign-in-failed",
        ));
    }
    list.push(bad(
        "a guessed code",
        "/v1/enrol/start",
        JSON,
        json!({"code": "AAAAAA-AAAAAA-AAAAAA-AAAAAA"}).to_string(),
        "sign-in-failed",
    ));
    let finish = json!({"ceremony": "x", "credential": {"id": "x"}}).to_string();
    list.push(bad(
        "half a credential",
        "/v1/sign-in/passkey/finish",
        JSON,
        finish,
        "sign-in-failed",
    ));
    list
}

#[test]
fn hostile_requests_are_each_answered_with_a_code_and_none_with_a_fault() {
    let nation = Nation::start();
    let good = request(&nation.host);
    let (requester, supervisor) = (
        nation.person(Role::Office, "o1"),
        nation.person(Role::Office, "o3"),
    );
    let mut list = json_bodies(&good);
    list.extend(other_bodies(&good));
    assert!(list.len() >= 60, "{}", list.len());
    let mut wrong = Vec::new();
    for bad in &list {
        let caller = if bad.kind == TEXT && bad.path != REQUESTS {
            &supervisor
        } else {
            &requester
        };
        let said = caller.post(bad.path, bad.kind, &bad.body);
        let code = said.json()["code"].as_str().unwrap_or("none").to_owned();
        if code != bad.code || said.status >= 500 {
            wrong.push(format!(
                "{}: {} {code}, expected {}",
                bad.what, said.status, bad.code
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(requester.get("/healthz").status, 200);
    let list = requester.get("/v1/requests").json();
    assert_eq!(list["requests"], json!([]), "none of them is on record");
}

#[test]
fn hostile_heads_are_answered_too() {
    let nation = Nation::start();
    let check = |headers: &[(&str, String)], path: &str, codes: &[&str]| {
        let mut caller = nation.stranger(Role::Office);
        for (name, value) in headers {
            caller.headers.push(((*name).to_owned(), value.clone()));
        }
        let said = caller.get(path);
        let code = said.json()["code"].as_str().unwrap_or("none").to_owned();
        assert!(
            codes.contains(&code.as_str()),
            "{headers:?}: {} {code}",
            said.status
        );
    };
    let me = "/v1/me";
    let none = ["not-signed-in"];
    check(&[("authorization", "Basic YTpi".to_owned())], me, &none);
    check(&[("authorization", "Bearer ".to_owned())], me, &none);
    check(
        &[("authorization", format!("Bearer {}", "a".repeat(4000)))],
        me,
        &none,
    );
    check(&[("cookie", "__Host-sakimori=guess".to_owned())], me, &none);
    check(
        &[("cookie", format!("__Host-sakimori={}", "a".repeat(4000)))],
        me,
        &none,
    );
    check(&[("x-request-id", "<script>".to_owned())], me, &none);
    check(&[], "/v1/requests?limit=1", &none);
    check(&[], "/v1/packs/%00", &none);
}

#[test]
fn a_page_of_another_site_cannot_act_for_a_person() {
    let nation = Nation::start();
    let good = request(&nation.host);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let mut caller = nation.person(Role::Office, "o1");
        caller.headers.push((name.to_owned(), value.to_owned()));
        let said = caller.post_json("/v1/requests", &good);
        assert_eq!(said.code(), "forged-form", "{name}: {value}");
    }
    let form = b"form=guess&question=1&text=x";
    let path = format!("/requests/{}/answers", "0".repeat(64));
    let said =
        nation
            .person(Role::Office, "o2")
            .post(&path, "application/x-www-form-urlencoded", form);
    assert_eq!(said.code(), "forged-form");
}
