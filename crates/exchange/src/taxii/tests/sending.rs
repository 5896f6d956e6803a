use super::*;

fn send(store: &mut Memory, body: &str) -> Result<Status, TaxiiError> {
    let mut post = Post::begin(&caller(), body.as_bytes())?;
    while !post.step(store, C, 7, 2).unwrap() {}
    Ok(post.status("st-1", 1_000_000))
}

fn envelope(objects: &[String]) -> String {
    format!(r#"{{"objects":[{}]}}"#, objects.join(","))
}

#[test]
fn each_object_is_taken_or_refused_by_itself() {
    let mut store = Memory::new();
    let custom = r#"{"type":"x-own","id":"x-own--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","spec_version":"2.1","created":"2016-01-01T00:00:00.000Z","modified":"2016-01-01T00:00:00.000Z", "own" : [ 1.0 ]}"#;
    let url = r#"{"type":"url","id":"url--8e2e2d2b-17d4-5cbf-938f-98ee46b3cd3f","spec_version":"2.1","value":"http://a.example/"}"#;
    let body = envelope(&[
        thing(1, 0, "2.1", ""),
        custom.to_owned(),
        url.to_owned(),
        thing(2, 0, "2.0", ""),
        // Refused, by rule: no modified, an empty list, a bad id, a bad time, modified before created.
        thing(3, 0, "2.1", "").replace(r#""modified":"2016-01-01T00:00:00.000Z","#, ""),
        thing(4, 0, "2.1", r#","aliases":[]"#),
        thing(5, 0, "2.1", "").replace("-17d4-", "-x-"),
        thing(6, 0, "2.1", "").replace("00:00:00.000Z\",\"mod", "00:00:00\",\"mod"),
        thing(7, 0, "2.1", "").replace(r#""created":"2016"#, r#""created":"2017"#),
        "5".to_owned(),
    ]);
    let status = send(&mut store, &body).unwrap();
    assert!(status.is_complete());
    assert_eq!((status.successes.len(), status.failures.len()), (4, 6));
    let rules: Vec<&str> = status.failures.iter().map(|f| f.message.as_str()).collect();
    for (message, wanted) in rules.iter().zip([
        "required",
        "empty-list",
        "id-form",
        "timestamp",
        "time-order",
        "no JSON object",
    ]) {
        assert!(message.contains(wanted), "{message}");
    }
    assert_eq!(status.failures[5].object.id, "object 9 of the envelope");
    let answer = objects(&store, &caller(), &asked("match[spec_version]=2.0,2.1")).unwrap();
    assert!(answer.body.contains(custom) && answer.body.contains(url));
    assert_eq!(listed(&answer).len(), 4);
    // An object that says no version has that of its arrival.
    let manifest = manifest(&store, &caller(), &asked("match[type]=url")).unwrap();
    assert_eq!(
        listed(&manifest),
        ["url--8e2e2d2b-17d4-5cbf-938f-98ee46b3cd3f 1970-01-01T00:00:00.000009Z"]
    );
    let body: Json = serde_json::from_str(&status.body()).unwrap();
    assert_eq!(body["status"], "complete");
    assert_eq!(body["request_timestamp"], "1970-01-01T00:00:01.000000Z");
    let count = |name: &str| body[name].as_u64().unwrap();
    assert_eq!(count("total_count"), 10);
    assert_eq!(
        count("success_count") + count("failure_count") + count("pending_count"),
        10
    );
    assert_eq!(body["successes"].as_array().unwrap().len(), 4);
    assert_eq!(body["failures"].as_array().unwrap().len(), 6);
    assert!(body.get("pendings").is_none());
    assert_eq!(
        (status.accepted().status, status.answer().status),
        (202, 200)
    );
}

#[test]
fn what_is_sent_again_is_there_once_and_what_differs_is_refused() {
    let mut store = Memory::new();
    let one = thing(1, 0, "2.1", "");
    let again = one
        .replace("{\"type\":\"malware\",", "{ ")
        .replace(r#""name":"a""#, r#""name" : "a" , "type":"malware""#);
    let other = thing(1, 0, "2.1", r#","description":"b""#);
    let later = one.replace("00.000Z\",\"name", "00.0000Z\",\"name");
    let url = r#"{"type":"url","id":"url--8e2e2d2b-17d4-5cbf-938f-98ee46b3cd3f","spec_version":"2.1","value":"http://a.example/"}"#.to_owned();
    let twice = envelope(&[one.clone(), one.clone(), again, url.clone(), url.clone()]);
    for _ in 0..2 {
        let status = send(&mut store, &twice).unwrap();
        assert_eq!((status.successes.len(), status.failures.len()), (5, 0));
    }
    let all = asked("match[version]=all");
    assert_eq!(listed(&objects(&store, &caller(), &all).unwrap()).len(), 2);
    // The same moment in another form is the same version.
    let status = send(&mut store, &envelope(&[other, later])).unwrap();
    assert_eq!((status.successes.len(), status.failures.len()), (0, 2));
    assert!(status.failures[0].message.contains("another object"));
    // An observable that says something else is a new version of it.
    let changed = url.replace("a.example", "b.example");
    assert_eq!(
        send(&mut store, &envelope(&[changed]))
            .unwrap()
            .successes
            .len(),
        1
    );
    assert_eq!(listed(&objects(&store, &caller(), &all).unwrap()).len(), 3);
}

#[test]
fn what_is_no_envelope_is_refused_as_a_whole() {
    let mut store = Memory::new();
    for (body, said) in [
        ("{", "ends in the middle"),
        ("[]", "`objects`"),
        ("{}", "no objects"),
        (r#"{"objects":[]}"#, "no objects"),
        (r#"{"objects":[{"a":1,"a":2}]}"#, "/objects/0/a"),
        (
            r#"{"type":"bundle","id":"bundle--1","objects":[]}"#,
            "bundle",
        ),
    ] {
        let error = send(&mut store, body).unwrap_err();
        assert_eq!(error.status, 422, "{body}");
        assert!(error.description.contains(said), "{}", error.description);
    }
    let deep = format!(
        r#"{{"objects":[{{"a":{}{}}}]}}"#,
        "[".repeat(40),
        "]".repeat(40)
    );
    assert_eq!(send(&mut store, &deep).unwrap_err().status, 422);
    let error = Post::begin(&caller(), b"{\xff").unwrap_err();
    assert!(error.description.contains("byte 1"));
    let inner =
        r#"{"objects":[{"type":"bundle","id":"bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}]}"#;
    assert_eq!(send(&mut store, inner).unwrap().failures.len(), 1);
}

/// A store that fails when it is asked to.
struct Failing(Memory, bool);

impl Store for Failing {
    fn rows(
        &self,
        c: &str,
        after: Option<u64>,
        wanted: &Wanted<'_>,
        n: usize,
    ) -> Result<Vec<Row>, StoreError> {
        if self.1 {
            Err(StoreError)
        } else {
            self.0.rows(c, after, wanted, n)
        }
    }

    fn versions_of(&self, c: &str, ids: &[String]) -> Result<Vec<Row>, StoreError> {
        self.0.versions_of(c, ids)
    }

    fn elsewhere(&self, c: &str, ids: &[String]) -> Result<Vec<(String, Row)>, StoreError> {
        self.0.elsewhere(c, ids)
    }

    fn add(&mut self, c: &str, objects: &[New], now: u64) -> Result<Vec<Outcome>, StoreError> {
        if self.1 {
            Err(StoreError)
        } else {
            self.0.add(c, objects, now)
        }
    }

    fn remove(&mut self, c: &str, keys: &[Key], now: u64) -> Result<(), StoreError> {
        self.0.remove(c, keys, now)
    }
}

#[test]
fn a_large_post_goes_on_where_it_stopped_and_tells_what_is_left() {
    let all: Vec<String> = (0..10).map(|n| thing(n, 0, "2.1", "")).collect();
    let mut post = Post::begin(&caller(), envelope(&all).as_bytes()).unwrap();
    let mut store = Failing(Memory::new(), false);
    assert_eq!(post.step(&mut store, C, 1, 4), Ok(false));
    store.1 = true;
    assert_eq!(post.step(&mut store, C, 1, 4), Err(StoreError));
    assert_eq!(
        objects(&store, &caller(), &asked("")).unwrap_err().status,
        500
    );
    let status = post.status("s", 1);
    assert_eq!((status.successes.len(), status.pendings.len()), (4, 6));
    let body: Json = serde_json::from_str(&status.body()).unwrap();
    assert_eq!(body["status"], "pending");
    assert_eq!(body["pendings"].as_array().unwrap().len(), 6);
    store.1 = false;
    while !post.step(&mut store, C, 1, 4).unwrap() {}
    assert!(post.status("s", 1).is_complete());
    let listed = listed(&objects(&store, &caller(), &asked("")).unwrap());
    let in_order = listed.windows(2).all(|pair| pair[0] < pair[1]);
    assert!(listed.len() == 10 && in_order);
}
