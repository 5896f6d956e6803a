use super::*;
use proptest::prelude::*;
use sakimori_testkit::data;

#[test]
fn every_object_of_attack_goes_in_and_out_byte_for_byte() {
    let name = "every_object_of_attack_goes_in_and_out_byte_for_byte";
    let Some(folder) = data(name, "exchange/stix/attack") else {
        return;
    };
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let file = files
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "json"));
    let text = std::fs::read_to_string(file.unwrap()).unwrap();
    let bundle = Bundle::read(&text).unwrap();
    let objects: Vec<Object> = bundle.objects.into_iter().map(Result::unwrap).collect();
    assert_eq!(objects.len(), 1826);
    let out = bundle_text("bundle--0", objects.iter().map(Object::raw));
    let again = Bundle::read(&out).unwrap();
    let mut rest = text.as_str();
    for (first, second) in objects.iter().zip(&again.objects) {
        assert_eq!(Ok(first), second.as_ref());
        rest = rest.split_once(first.raw()).unwrap().1;
    }
    let ids: std::collections::BTreeSet<_> = objects.iter().map(|o| &o.index().id).collect();
    assert_eq!(ids.len(), 1826);
    let count = |what: fn(&Index) -> bool| objects.iter().filter(|o| what(o.index())).count();
    assert_eq!(count(|index| index.revoked), 2);
    assert_eq!(count(|index| index.spec_version == SpecVersion::V21), 1826);
    assert_eq!(count(|index| Id::parse(&index.id).is_err()), 0);
}

#[test]
fn the_index_says_what_the_object_says() {
    let text = r#"{"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","spec_version":"2.1","created":"2016-04-06T20:03:48.000Z",
        "modified":"2016-04-06T20:03:48.0000001Z","revoked":true,"created_by_ref":"identity--1","object_marking_refs":["marking-definition--1"],
        "granular_markings":[{"selectors":["name"],"marking_ref":"marking-definition--2"},{"lang":"ja","selectors":["name"]}],"labels":["a","b"],
        "pattern":"[url:value = 'x']","pattern_type":"stix","x":{"deep_refs":["file--1","0"],"deep_ref":"no id"}}"#;
    let object = Object::read(text, None).unwrap();
    let index = object.index();
    assert_eq!(object.raw(), text);
    assert_eq!(index.version(), Some("2016-04-06T20:03:48.0000001Z"));
    assert!(index.revoked);
    let markings: Vec<_> = index.all_markings().collect();
    assert_eq!(markings, ["marking-definition--1", "marking-definition--2"]);
    assert_eq!(index.labels, ["a", "b"]);
    assert_eq!(index.pattern.as_ref().unwrap().language, "stix");
    let pointers: Vec<_> = index
        .references
        .iter()
        .map(|r| r.pointer.as_str())
        .collect();
    assert_eq!(
        pointers,
        [
            "/created_by_ref",
            "/object_marking_refs/0",
            "/granular_markings/0/marking_ref",
            "/x/deep_refs/0"
        ]
    );
}

#[test]
fn the_version_of_the_specification_is_said_or_follows() {
    let version = |text: &str, around| Object::read(text, around).map(|o| o.index().spec_version);
    let created = r#"{"type":"tool","id":"tool--1","created":"2016-04-06T20:03:48.000Z"}"#;
    let observable = r#"{"type":"url","id":"url--1"}"#;
    assert_eq!(version(created, None), Ok(SpecVersion::V20));
    assert_eq!(version(observable, None), Ok(SpecVersion::V21));
    assert_eq!(
        version(observable, Some(SpecVersion::V20)),
        Ok(SpecVersion::V20)
    );
    let said = |text: &str| {
        let text = format!(r#"{{"type":"url","id":"url--1","spec_version":{text}}}"#);
        version(&text, None)
    };
    assert_eq!(said("\"2.12\"").unwrap().to_string(), "2.12");
    for bad in [
        "\"2\"",
        "2.1",
        "\"2.01\"",
        "\"2.+1\"",
        "\"70000.1\"",
        "\"\"",
    ] {
        assert_eq!(said(bad), Err(ObjectError::SpecVersion), "{bad}");
    }
}

#[test]
fn what_cannot_be_kept_is_told_by_its_place_and_the_others_stay() {
    let text = r#"{"more":true,"next":"n","objects":[{"type":"url","id":"url--1"},5,{"id":"x","created":"c"},{"type":"url","id":"url--2"}]}"#;
    let envelope = Envelope::read(text).unwrap();
    assert!(envelope.more && envelope.next.as_deref() == Some("n"));
    let told: Vec<_> = envelope
        .objects
        .iter()
        .map(|object| object.as_ref().map_err(|r| (r.at, r.error.clone())).err())
        .collect();
    assert_eq!(
        told,
        [
            None,
            Some((1, ObjectError::NotObject)),
            Some((2, ObjectError::Property("type"))),
            None
        ]
    );
    let refused = envelope.objects[2].as_ref().unwrap_err();
    assert_eq!(
        (refused.id.as_deref(), refused.version.as_deref()),
        (Some("x"), Some("c"))
    );
    assert!(Envelope::read("{}").unwrap().objects.is_empty());
    let error = |text: &str| Envelope::read(text).unwrap_err();
    assert_eq!(
        error(r#"{"type":"bundle","objects":[]}"#),
        ContainerError::IsBundle
    );
    assert!(error("[]").to_string().contains("`objects`"));
    assert!(error(r#"{"objects":{}}"#).to_string().contains("`objects`"));
    assert!(error(r#"{"more":1}"#).to_string().contains("`more`"));
    assert!(error(r#"{"next":1}"#).to_string().contains("`next`"));
    assert!(matches!(error("{"), ContainerError::Json(_)));
    assert_eq!(bundle_text("b\"", []), r#"{"type":"bundle","id":"b\""}"#);
}

#[test]
fn an_object_that_is_too_long_is_refused_among_others_too() {
    let object = |length: usize| {
        let long = "x".repeat(length);
        format!(r#"{{"type":"url","id":"url--1","value":"{long}"}}"#)
    };
    let most = crate::json::Limits::OBJECT.bytes_max - object(0).len();
    let text = format!(r#"{{"objects":[{},{}]}}"#, object(most), object(most + 1));
    let objects = Envelope::read(&text).unwrap().objects;
    assert!(objects[0].is_ok());
    let error = objects[1].as_ref().unwrap_err();
    assert!(
        matches!(&error.error, ObjectError::Json(error) if error.problem == crate::json::JsonProblem::TooLong)
    );
}

#[test]
fn ids_are_taken_apart_or_refused_by_their_reason() {
    let uuid = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
    let good = |text: &str| Id::parse(text).map(|id| (id.kind.to_owned(), id.uuid_version));
    assert_eq!(good(&format!("tool--{uuid}")), Ok(("tool".to_owned(), 4)));
    assert_eq!(good(&format!("x-a--b--{uuid}")).unwrap().0, "x-a--b");
    for (text, error) in [
        (format!("tool-{uuid}"), IdError::NoMark),
        (format!("--{uuid}"), IdError::Kind),
        (format!("Tool--{uuid}"), IdError::Kind),
        (format!("9tool--{uuid}"), IdError::Kind),
        (format!("to--{uuid}"), IdError::Kind),
        (format!("tool--{}", uuid.replace("-4", "-0")), IdError::Uuid),
        (format!("tool--{}", uuid.replace("-9", "-c")), IdError::Uuid),
        (format!("tool--{uuid}0"), IdError::Uuid),
        (format!("tool--{}", uuid.replace('-', "")), IdError::Uuid),
    ] {
        assert_eq!(Id::parse(&text), Err(error), "{text}");
    }
}

#[test]
fn timestamps_compare_exactly() {
    let stix = |text: &str| Timestamp::parse_stix(text).unwrap();
    assert!(stix("2016-01-20T12:31:12Z") < stix("2016-01-20T12:31:12.0000000000000000001Z"));
    assert!(stix("2016-01-20T12:31:12.12Z") < stix("2016-01-20T12:31:12.2Z"));
    assert_eq!(
        stix("2016-01-20T12:31:12.100Z"),
        stix("2016-01-20T12:31:12.1Z")
    );
    let any = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
    assert_eq!(
        any("2016-01-20T12:31:12.1+09:00"),
        stix("2016-01-20T03:31:12.10Z")
    );
    assert_eq!(any("2016-01-20t12:31:12z"), stix("2016-01-20T12:31:12Z"));
    assert_eq!(any("2016-12-31T23:59:60Z"), stix("2017-01-01T00:00:00Z"));
    assert_eq!(any("1969-12-31T23:59:59.9Z").micros_floor(), 0);
    assert_eq!(
        any("1970-01-01T00:00:01.2345678Z").micros_floor(),
        1_234_567
    );
    assert_eq!(
        Timestamp::from_micros(1_230_000),
        any("1970-01-01T00:00:01.23Z")
    );
    for bad in [
        "2016-02-30T12:31:12Z",
        "2015-02-29T12:31:12Z",
        "2016-13-01T12:31:12Z",
        "2016-01-20T24:31:12Z",
        "2016-01-20T12:31:12.Z",
        "2016-01-20T12:31Z",
        "2016-01-20 12:31:12Z",
        "2016-01-20T12:31:12",
        "2016-01-20T12:31:12+9:00",
        "2016-01-20T12:31:12+24:00",
        "",
    ] {
        assert_eq!(Timestamp::parse_rfc3339(bad), None, "{bad}");
    }
    for bad in [
        "2016-12-31T23:59:60Z",
        "2016-01-20t12:31:12Z",
        "2016-01-20T12:31:12+00:00",
    ] {
        assert_eq!(Timestamp::parse_stix(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn days_and_seconds_are_those_of_the_other_reader(seconds in 0u64..253_402_300_799, micro in 0u64..1_000_000) {
        let micros = seconds * 1_000_000 + micro;
        let text = MicrosText(micros).to_string();
        let read = Timestamp::parse_stix(&text).unwrap();
        prop_assert_eq!(read.micros_floor(), micros);
        prop_assert_eq!(read, Timestamp::from_micros(micros));
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "[0-9TtZz:.+-]{0,40}|\\PC{0,40}") {
        let _ = (Timestamp::parse_rfc3339(&text), Id::parse(&text), Object::read(&text, None));
    }
}
