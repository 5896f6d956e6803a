use super::*;
use proptest::prelude::*;

fn problem(text: &str) -> (JsonProblem, usize, String) {
    let error = read(text, Limits::OBJECT).unwrap_err();
    (error.problem, error.at, error.pointer())
}

/// What a library makes of the same text, with numbers as they are written where they are whole.
fn same(node: &Node<'_>, other: &serde_json::Value) -> bool {
    match (&node.value, other) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Text(a), serde_json::Value::String(b)) => a == b,
        (Value::Number(a), serde_json::Value::Number(b)) => a
            .parse::<f64>()
            .is_ok_and(|a| b.as_f64().is_some_and(|b| (a - b).abs() <= a.abs() * 1e-9)),
        (Value::List(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), serde_json::Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|m| b.get(m.name.as_ref()).is_some_and(|b| same(&m.value, b)))
        }
        _ => false,
    }
}

#[test]
fn a_double_name_is_refused_with_its_place_also_when_it_is_written_otherwise() {
    assert_eq!(
        problem(r#"{"a":[{"b":1,"\u0062":2}]}"#),
        (JsonProblem::Duplicate, 13, "/a/0/b".to_owned())
    );
    let many: Vec<String> = (0..40).map(|n| format!("\"m{n}\":0")).collect();
    let text = format!("{{{},\"m~/\":{{}},\"m3\":1}}", many.join(","));
    assert_eq!(problem(&text).0, JsonProblem::Duplicate);
    assert_eq!(problem(&text).2, "/m3");
    let error = read(&text, Limits::OBJECT).unwrap_err();
    assert!(error.to_string().ends_with("(`/m3`)"));
    assert_eq!(problem(r#"{"m~/x":{"k":tru}}"#).2, "/m~0~1x/k");
}

#[test]
fn what_is_no_json_is_refused_by_its_reason() {
    for (text, wanted, at) in [
        ("", JsonProblem::End, 0),
        ("{\"a\":1", JsonProblem::End, 6),
        ("{\"a\" 1}", JsonProblem::Mark, 5),
        ("[1,]", JsonProblem::NoValue, 3),
        ("[1 2]", JsonProblem::Mark, 3),
        ("{,}", JsonProblem::Mark, 1),
        ("{\"a\":1,}", JsonProblem::Mark, 7),
        ("01", JsonProblem::Number, 2),
        ("-", JsonProblem::End, 1),
        ("1.x", JsonProblem::Number, 2),
        ("+1", JsonProblem::NoValue, 0),
        ("NaN", JsonProblem::NoValue, 0),
        ("\"\u{1}\"", JsonProblem::Text, 1),
        (r#""\ud800""#, JsonProblem::Text, 3),
        (r#""\ud800\u0041""#, JsonProblem::Text, 3),
        (r#""\udc00""#, JsonProblem::Text, 3),
        (r#""\x""#, JsonProblem::Text, 2),
        ("1 2", JsonProblem::Behind, 2),
        ("\u{feff}1", JsonProblem::NoValue, 0),
    ] {
        let (problem, place, _) = problem(text);
        assert_eq!((problem, place), (wanted, at), "{text}");
        assert!(serde_json::from_str::<serde_json::Value>(text).is_err());
    }
    let error = read_bytes(b"\"\xff\"", Limits::OBJECT).unwrap_err();
    assert_eq!((error.problem, error.at), (JsonProblem::NotUtf8, 1));
}

#[test]
fn each_bound_holds_at_its_last_value() {
    let limits = Limits {
        bytes_max: 12,
        depth_max: 3,
        values_max: 4,
    };
    let told = |text: &str| read(text, limits).map_err(|error| error.problem).err();
    assert_eq!(told("[[[1]]]     "), None);
    assert_eq!(told("[[[1]]]      "), Some(JsonProblem::TooLong));
    assert_eq!(told("[[[[]]]]"), Some(JsonProblem::TooDeep));
    assert_eq!(told("[1,2,3]"), None);
    assert_eq!(told("[1,2,3,4]"), Some(JsonProblem::TooMany));
    let deep = "[".repeat(1 << 20);
    assert_eq!(problem(&deep).0, JsonProblem::TooDeep);
}

#[test]
fn numbers_and_places_are_kept() {
    let text = r#" { "a" : [ 1.50, -0, 1E5 ] , "b" : { "c" : "x\n" } } "#;
    let node = read(text, Limits::OBJECT).unwrap();
    let numbers: Vec<_> = node.get("a").unwrap().items().iter().collect();
    assert_eq!(numbers[0].as_number(), Some("1.50"));
    assert_eq!(numbers[1].as_i64(), Some(0));
    assert_eq!(numbers[2].as_i64(), None);
    assert_eq!(node.raw(text), text.trim());
    assert_eq!(node.get("b").unwrap().raw(text), r#"{ "c" : "x\n" }"#);
    assert_eq!(node.get("b").unwrap().text_of("c"), Some("x\n"));
    assert_eq!(node.get("a").unwrap().text_of("c"), None);
}

#[test]
fn the_digest_is_that_of_what_is_said() {
    let digest = |text: &str| read(text, Limits::OBJECT).unwrap().digest();
    assert_eq!(
        digest(r#"{"a":1,"b":[2]}"#),
        digest(r#"{ "b":[ 2 ],"\u0061":1 }"#)
    );
    for other in [
        r#"{"a":1,"b":[2.0]}"#,
        r#"{"a":1,"b":[[2]]}"#,
        r#"{"a":"1","b":[2]}"#,
        r#"{"a":1,"b":2}"#,
        r#"{"a1":"","b":[2]}"#,
    ] {
        assert_ne!(digest(r#"{"a":1,"b":[2]}"#), digest(other), "{other}");
    }
}

/// A text near JSON.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\\[\\]{}:,\"\\\\a0-9.eE+ u-]{0,40}",
        any::<String>(),
        values().prop_map(|value| value.to_string()),
        (values(), any::<prop::sample::Index>(), any::<char>()).prop_map(|(value, at, with)| {
            let mut characters: Vec<char> = value.to_string().chars().collect();
            let at = at.index(characters.len());
            characters[at] = with;
            characters.into_iter().collect()
        }),
    ]
}

fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((any::<String>(), inner), 0..20)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_as_the_library_reads_it_but_for_double_names(text in texts()) {
        let ours = read(&text, Limits::OBJECT);
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(theirs) => match &ours {
                Ok(node) => prop_assert!(same(node, &theirs), "{text}"),
                Err(error) => prop_assert_eq!(error.problem, JsonProblem::Duplicate, "{}", text),
            },
            // Numbers beyond the library's range are kept as text.
            Err(error) if error.to_string().starts_with("number out of range") => {}
            Err(_) => prop_assert!(ours.is_err(), "{text}"),
        }
    }

    #[test]
    fn a_quoted_text_is_read_back(text in any::<String>()) {
        let mut quoted = String::new();
        quote(&mut quoted, &text);
        let node = read(&quoted, Limits::OBJECT).unwrap();
        prop_assert_eq!(node.as_str(), Some(text.as_str()));
        prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = read_bytes(&bytes, Limits::OBJECT);
    }
}
