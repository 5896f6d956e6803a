//! What HTTP adds: methods, media types, addresses, compression, limits, bodies of refusals.
//! In: requests, good and bad. Out: verdicts. Never: an address beyond loopback.

use super::house::{House, OPEN, TAXII, open, plan, thing};
use serde_json::json;

#[test]
#[expect(clippy::too_many_lines, reason = "one table of routes")]
fn every_route_answers_with_and_without_a_slash_and_names_its_methods() {
    let house = House::start(&plan());
    let writer = house.machine("writer");
    let object = super::house::id(1);
    assert_eq!(
        writer.post(&open("objects/"), &[thing(1, 0, "")]).status,
        202
    );
    let root = "/taxii2/notices";
    let read = "GET, HEAD, OPTIONS";
    let routes = [
        ("/taxii2".to_owned(), read),
        (root.to_owned(), read),
        (format!("{root}/collections"), read),
        (format!("{root}/collections/{OPEN}"), read),
        (format!("{root}/collections/open"), read),
        (format!("{root}/collections/{OPEN}/manifest"), read),
        (
            format!("{root}/collections/open/objects"),
            "GET, HEAD, OPTIONS, POST",
        ),
        (
            format!("{root}/collections/open/objects/{object}"),
            "DELETE, GET, HEAD, OPTIONS",
        ),
        (
            format!("{root}/collections/open/objects/{object}/versions"),
            read,
        ),
    ];
    for (path, allowed) in routes {
        let slash = format!("{path}/");
        let [one, two] = [&path, &slash].map(|path| writer.get(path));
        assert_eq!(
            (one.status, two.status),
            (200, 200),
            "{path} {}",
            one.text()
        );
        assert_eq!(one.text(), two.text(), "{path}");
        assert_eq!(one.header("content-type"), Some(TAXII));
        let head = writer.call("HEAD", &path, None);
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-type"), Some(TAXII));
        for name in ["x-taxii-date-added-first", "x-taxii-date-added-last"] {
            assert_eq!(head.header(name), one.header(name), "{path}");
        }
        let told = writer.call("OPTIONS", &slash, None);
        assert_eq!((told.status, told.header("allow")), (204, Some(allowed)));
        for method in ["PUT", "PATCH", "POST", "DELETE"] {
            if allowed.contains(method) {
                continue;
            }
            let body = matches!(method, "PUT" | "PATCH" | "POST").then_some(&b"{}"[..]);
            let said = writer.call(method, &path, body);
            assert_eq!(
                said.refused(405).header("allow"),
                Some(allowed),
                "{method} {path}"
            );
        }
    }
    for path in [
        "/taxii2/nowhere/",
        "/taxii2/notices/other/",
        "/taxii2/notices/collections/none/",
        "/taxii2/notices/collections/open/objects/malware--x/",
        "/taxii2/notices/collections/open%2Fobjects/",
        "/taxii2/notices/status/5",
    ] {
        writer.get(path).refused(404);
    }
    let encoded = "/taxii2/%6eotices/collections/%6fpen/objects/?match%5Btype%5D=malware&added_after=2016-01-01T00:00:00+09:00";
    assert_eq!(writer.get(encoded).ids(), [object]);
    for bad in [
        "limit=0",
        "limit=a",
        "match[colour]=red",
        "added_after=x",
        "next=AAAA",
    ] {
        writer.get(&open(&format!("objects/?{bad}"))).refused(400);
    }
}

#[test]
fn addresses_in_answers_are_made_of_the_node_s_name_and_not_of_what_is_called() {
    let house = House::start(&plan());
    let writer = house.machine("writer").with("host", "evil.example");
    let said = writer.get("/taxii2/").json();
    let notices = format!("{}/taxii2/notices/", house.origin());
    assert_eq!(said["default"], notices);
    let own = format!("{}/taxii2/own/", house.origin());
    assert_eq!(said["api_roots"], json!([notices, own]));
    assert_eq!(said["title"], "An office");
    let root = writer.get("/taxii2/notices/").json();
    assert_eq!(root["versions"], json!([TAXII]));
    assert_eq!(root["max_content_length"], 64 << 20);
}

#[test]
fn media_types_are_negotiated_and_every_refusal_is_taxii_s() {
    let house = House::start(&plan());
    let writer = house.machine("writer");
    for good in ["*/*", "application/taxii+json", "text/html, */*;q=0.1"] {
        assert_eq!(writer.with("accept", good).get("/taxii2/").status, 200);
    }
    for bad in ["text/html", "application/vnd.oasis.taxii+json; version=2.0"] {
        writer.with("accept", bad).get("/taxii2/").refused(406);
    }
    let body = br#"{"objects":[]}"#;
    let send = |kind: &str, body: &[u8]| {
        writer
            .with("content-type", kind)
            .call("POST", &open("objects/"), Some(body))
    };
    send("application/json", body).refused(415);
    for bad in [
        &body[..],
        b"{",
        b"{\"objects\":[{\"a\":1,\"a\":2}]}",
        b"\xff",
    ] {
        send(TAXII, bad).refused(422);
    }
    let bundle = br#"{"type":"bundle","id":"bundle--1","objects":[]}"#;
    let said = send(TAXII, bundle);
    assert!(said.refused(422).text().contains("bundle"));
    assert_eq!(said.header("connection"), Some("close"));
    let other = writer.with("content-encoding", "br");
    let other = other.with("content-type", TAXII);
    other
        .call("POST", &open("objects/"), Some(body))
        .refused(415);
}

#[test]
fn bodies_are_bounded_and_compressed_both_ways() {
    use std::io::{Read, Write};
    let mut small = plan();
    small["max_content_length"] = json!(4000);
    let house = House::start(&small);
    let writer = house.machine("writer").with("content-type", TAXII);
    let packed = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let path = open("objects/");
    let objects: Vec<String> = (0..10).map(|n| thing(n, 0, "")).collect();
    let body = format!(r#"{{"objects":[{}]}}"#, objects.join(","));
    assert!(body.len() < 4000);
    let gzip = writer.with("content-encoding", "gzip");
    let said = gzip.call("POST", &path, Some(&packed(&body)));
    assert_eq!(
        (said.status, &said.json()["success_count"]),
        (202, &json!(10)),
        "{}",
        said.text()
    );
    gzip.call("POST", &path, Some(body.as_bytes())).refused(400);
    // Some 5 kB that expand to five million.
    let bomb = packed(&" ".repeat(5_000_000));
    gzip.call("POST", &path, Some(&bomb)).refused(413);
    let long = "x".repeat(4001);
    writer
        .call("POST", &path, Some(long.as_bytes()))
        .refused(413);
    let plain = writer.get(&path);
    assert_eq!(plain.header("content-encoding"), None);
    let said = writer.with("accept-encoding", "br, gzip").get(&path);
    assert_eq!(said.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(said.body.as_slice());
    decoder.read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.text());
    assert!(said.body.len() < plain.body.len());
}

#[test]
fn a_machine_that_asks_too_often_is_told_when_to_come_back() {
    let mut slow = plan();
    slow["requests_a_minute"] = json!(3);
    let house = House::start(&slow);
    let reader = house.machine("reader");
    for _ in 0..3 {
        assert_eq!(reader.get("/taxii2/").status, 200);
    }
    let said = reader.get("/taxii2/");
    let wait: u64 = said
        .refused(429)
        .header("retry-after")
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(
        house.machine("other").get("/taxii2/").status,
        200,
        "others go on"
    );
    let stranger = house.stranger().with("authorization", "Bearer sak_no");
    let statuses: Vec<u16> = (0..40).map(|_| stranger.get("/taxii2/").status).collect();
    assert!(
        statuses.starts_with(&[401; 30]) && statuses.ends_with(&[429; 10]),
        "{statuses:?}"
    );
    stranger.get("/taxii2/").refused(429);
}
