use super::*;
use crate::stix::Timestamp;

#[test]
fn media_types_are_negotiated() {
    for good in [
        None,
        Some(""),
        Some("*/*"),
        Some("application/*"),
        Some("application/taxii+json"),
        Some("application/taxii+json;version=2.1"),
        Some("Application/TAXII+JSON ; Version=\"2.1\""),
        Some("text/html, application/taxii+json;version=2.1;q=0.1"),
        Some("application/taxii+json;version=2.0, */*;q=0.5"),
        Some("text/plain;a=\"b,c;d\", */*"),
        Some("application/taxii+json;version=2.1, */*;q=0"),
    ] {
        assert_eq!(accepts(good), Ok(()), "{good:?}");
    }
    for bad in [
        "text/html",
        "application/json",
        "application/taxii+json;version=2.0",
        "application/vnd.oasis.taxii+json;version=2.0",
        "application/taxii+json;version=3",
        "application/taxii+json;version=2.1;q=0, */*",
        "application/taxii+json;q=0",
        "*/*;q=0.000",
        "*/*;q=2",
        "nonsense",
    ] {
        let error = accepts(Some(bad)).unwrap_err();
        assert_eq!(error.status, 406, "{bad}");
        let hint = bad.contains("taxii") && bad.contains("2.0");
        assert_eq!(
            error.description.contains("versions do not mix"),
            hint,
            "{bad}"
        );
    }
    for good in [
        "application/taxii+json;version=2.1",
        "APPLICATION/taxii+json",
        "application/taxii+json; version=\"2.1\"; charset=utf-8",
    ] {
        assert_eq!(posts(Some(good)), Ok(()));
    }
    for bad in [
        None,
        Some("application/json"),
        Some("application/taxii+json;version=2.0"),
        Some("*/*"),
        Some("application/*"),
    ] {
        assert_eq!(posts(bad).unwrap_err().status, 415, "{bad:?}");
    }
}

fn filter(raw: &str) -> Query {
    Query::parse(raw, Resource::Objects).unwrap()
}

#[test]
fn queries_are_read() {
    let time = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
    let query = filter("added_after=2016-01-20T21:31:12.1+09:00&limit=5&next=abc");
    assert_eq!(
        query.filter.added_after,
        Some(time("2016-01-20T12:31:12.1Z"))
    );
    assert_eq!((query.limit, query.next.as_deref()), (5, Some("abc")));
    assert_eq!(
        filter("added_after=2016-01-20T21:31:12%2B09:00"),
        filter("added_after=2016-01-20T12:31:12Z")
    );
    assert_eq!(filter("limit=00007").limit, 7);
    assert_eq!(filter("limit=1001").limit, PAGE_MAX);
    assert_eq!(filter("limit=99999999999999999999999").limit, PAGE_MAX);
    assert_eq!(filter("").limit, PAGE_USUAL);
    let plain = filter(
        "match[id]=a,b&match[type]=c&match[spec_version]=2.0,2.1&match[version]=first,all,2016-01-20T12:31:12Z",
    );
    assert_eq!(
        plain,
        filter(
            "match%5Bid%5D=a%2Cb&match%5btype%5d=c&match[spec_version]=2.0&match[spec_version]=2.1&match[version]=first&match[version]=all,2016-01-20T12:31:12Z&&"
        )
    );
    assert_eq!(plain.filter.ids, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(plain.filter.versions.unwrap().len(), 3);
    // What TAXII does not name is passed over.
    assert_eq!(filter("utm_source=a"), filter(""));
}

#[test]
fn queries_that_are_not_understood_are_refused() {
    for bad in [
        "limit=0",
        "limit=-1",
        "limit=+1",
        "limit=1.5",
        "limit=a",
        "limit=",
        "limit",
        "limit=1&limit=2",
        "added_after=",
        "added_after=yesterday",
        "added_after=2016-01-20",
        "added_after=2016-01-20T12:31:12Z&added_after=2016-01-20T12:31:12Z",
        "next=",
        "next=a&next=a",
        "match[id]=",
        "match[id]=a,",
        "match[id]",
        "match[own]=a",
        "match[]=a",
        "match=a",
        "match[version]=newest",
        "match[spec_version]=2",
        "match[id]=%zz",
        "match[id]=%f",
        "match[id]=%ff",
        "match%5Bname%5D=a",
    ] {
        let error = Query::parse(bad, Resource::Objects).unwrap_err();
        assert_eq!(error.status, 400, "{bad}");
    }
    let many = format!("match[id]={}", vec!["a"; VALUES_MAX + 1].join(","));
    assert!(Query::parse(&many, Resource::Objects).is_err());
    assert!(Query::parse(&"a".repeat(QUERY_BYTES_MAX + 1), Resource::Objects).is_err());
    for (resource, bad) in [
        (Resource::Object, "match[id]=a"),
        (Resource::Object, "match[type]=a"),
        (Resource::Versions, "match[version]=all"),
        (Resource::Remove, "limit=5"),
        (Resource::Other, "next=a"),
        (Resource::Other, "match[id]=a"),
    ] {
        assert!(Query::parse(bad, resource).is_err(), "{bad}");
    }
}

#[test]
fn paths_are_read_with_or_without_a_slash() {
    for (path, wanted) in [
        ("", Route::Root),
        ("/", Route::Root),
        ("collections", Route::Collections),
        ("/collections/", Route::Collections),
        ("collections/a/", Route::Collection("a".to_owned())),
        ("collections/a/objects", Route::Objects("a".to_owned())),
        ("collections/a/manifest/", Route::Manifest("a".to_owned())),
        (
            "collections/a/objects/b/",
            Route::Object("a".to_owned(), "b".to_owned()),
        ),
        (
            "collections/a/objects/b/versions",
            Route::Versions("a".to_owned(), "b".to_owned()),
        ),
        ("status/a/", Route::Status("a".to_owned())),
    ] {
        assert_eq!(Route::parse(path), Ok(wanted), "{path}");
    }
    for bad in [
        "x",
        "collections//objects/",
        "collections/a/objects/b/c",
        "status",
        "status/a//",
        "collections/a/objects//",
    ] {
        assert_eq!(Route::parse(bad).unwrap_err().status, 404, "{bad}");
    }
    let objects = Route::Objects("a".to_owned());
    assert_eq!(objects.method("POST"), Ok(Method::Post));
    assert_eq!(objects.method("HEAD"), Ok(Method::Head));
    let error = objects.method("DELETE").unwrap_err();
    assert_eq!(error.status, 405);
    assert_eq!(
        error.headers,
        [("Allow", "GET, HEAD, OPTIONS, POST".to_owned())]
    );
    let object = Route::Object("a".to_owned(), "b".to_owned());
    assert_eq!(object.method("DELETE"), Ok(Method::Delete));
    assert!(object.method("POST").is_err() && Route::Root.method("PUT").is_err());
}

#[test]
fn refusals_have_taxii_s_message_and_their_headers() {
    for (error, status, name) in [
        (TaxiiError::unauthorized("a\"b"), 401, "WWW-Authenticate"),
        (TaxiiError::method("GET"), 405, "Allow"),
        (TaxiiError::too_many(9), 429, "Retry-After"),
        (TaxiiError::too_long(9), 413, ""),
        (TaxiiError::internal(), 500, ""),
        (TaxiiError::forbidden("read"), 403, ""),
    ] {
        let answer = error.answer("e-1");
        let body = json(&answer);
        assert_eq!(answer.status, status);
        assert_eq!(body["http_status"], status.to_string());
        assert_eq!(body["error_id"], "e-1");
        assert!(body["title"].is_string() && body["description"].is_string());
        assert_eq!(answer.headers.iter().map(|h| h.0).collect::<String>(), name);
    }
    let long = TaxiiError::query("a".repeat(10_000));
    assert_eq!(long.description.len(), 500);
}

#[test]
fn what_is_offered_is_said() {
    let roots = ["https://a.example/one/".to_owned()];
    let discovery = Discovery {
        title: "t",
        description: None,
        contact: Some("c"),
        default: Some(&roots[0]),
        api_roots: &roots,
    };
    let body = json(&discovery.answer());
    assert_eq!(
        body,
        serde_json::json!({ "title": "t", "contact": "c", "default": roots[0], "api_roots": roots })
    );
    let root = Root {
        title: "t",
        description: Some("d"),
        max_content_length: 9,
    };
    let body = json(&root.answer());
    assert_eq!(
        body,
        serde_json::json!({ "title": "t", "description": "d", "versions": [MEDIA_TYPE], "max_content_length": 9 })
    );
    let of = |id: &'static str, read, write| Collection {
        id,
        title: "t",
        description: None,
        alias: Some("x"),
        rights: Rights { read, write },
    };
    let all = [
        of("a", true, false),
        of("b", false, false),
        of("c", false, true),
    ];
    let body = json(&collections(&all));
    let shown: Vec<_> = body["collections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            (
                c["id"].as_str().unwrap(),
                c["can_read"] == true,
                c["can_write"] == true,
            )
        })
        .collect();
    assert_eq!(shown, [("a", true, false), ("c", false, true)]);
    assert_eq!(all[0].answer().unwrap().status, 200);
    assert_eq!(all[1].answer().unwrap_err().status, 404);
    assert_eq!(collections(&all[1..2]).body, "{}");
}
