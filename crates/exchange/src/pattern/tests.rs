use super::*;
use proptest::prelude::*;

mod matching;
mod proposing;

fn problem(text: &str) -> (PatternProblem, usize) {
    let error = Pattern::parse(text).unwrap_err();
    (error.problem, error.at)
}

#[test]
fn what_the_grammar_has_is_read() {
    for text in [
        "[a:b = 1]",
        "[a:b=true]",
        "[EXISTS a:b]",
        "[NOT EXISTS a:b]",
        "[a:b NOT = 1]",
        "[a:b NOT IN (1)]",
        "[a:b=1] START t'2016-01-01T00:00:00Z' STOP t'2016-01-02T00:00:00.5Z'",
        "[a:b=1] WITHIN .5 SECONDS",
        "[a:b=1] REPEATS +2 TIMES WITHIN 5 SECONDS",
        "([a:b=1] REPEATS 2 TIMES) REPEATS 3 TIMES REPEATS 2 TIMES",
        "[a:b IN ()]",
        "[a:b IN (1,'a',true,h'00')]",
        "[a:b=h'']",
        "[a:b=b'abcd']",
        r"[a:b='a\'b\\']",
        "[a:b='a\nb']",
        "[a-b:'c-d'.'e'[*][2].f[+1]=1]",
        "[a-:b=1]",
        "[_a:_b=1]",
        "[a:b=00.5 OR a:b=+7 OR a:b=-.5]",
        "[ a : b = 1 ] /* c */ // d",
        "\u{a0}[a:b==1AND a:b<>1]FOLLOWEDBY[a:b>='x']",
        "[a:t=1 AND a:h='x' AND a:b LIKE 'a%' AND a:b MATCHES '(']",
        "[a:b ISSUBSET 'x' OR a:b ISSUPERSET '10.0.0.0/8']",
        "[file:hashes.MD5='d41d8cd98f00b204e9800998ecf8427e']",
        "[file:hashes.'SHA-256' LIKE 'ab%' OR file:hashes.x='x' OR file:hashes[*]='x']",
        "[a:b=t'2016-12-31T23:59:60Z']",
    ] {
        assert!(Pattern::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn what_the_grammar_has_not_is_refused_where_it_stands() {
    use PatternProblem::{Character, Expected, Hash, Literal, Number, Time, TooDeep, Twice, Zero};
    for (text, wanted, at) in [
        ("", Expected("`[` or `(`"), 0),
        ("a:b=1", Expected("`[` or `(`"), 0),
        ("[a:b=TRUE]", Expected("a value"), 5),
        ("[a:b=1 and c:d=1]", Expected("]"), 7),
        ("[NOT a:b = 1]", Expected("`EXISTS` behind `NOT`"), 5),
        ("[a:b EXISTS]", Expected("a comparison operator"), 5),
        ("[EXISTS a]", Expected(":"), 9),
        ("[a:b=h'0g']", Expected("a value"), 5),
        ("[a:b=h'0a0']", Expected("a value"), 5),
        ("[a:b=b'']", Expected("a value"), 5),
        ("[a:b=b'abc']", Expected("a value"), 5),
        (r"[a:b='a\b']", Literal, 7),
        ("[a:b='x]", Literal, 5),
        ("[a:b=h'x]", Literal, 5),
        ("[a-b:c-d=1]", Expected("the name of a property"), 5),
        ("[a:b[-1].c=1]", Expected("an index from 0 or `*`"), 5),
        ("[a:b[1.5].c=1]", Expected("an index from 0 or `*`"), 5),
        ("[a:b=007]", Literal, 5),
        ("[a:b=5.]", Expected("]"), 6),
        ("[a:b=1e5]", Expected("]"), 6),
        ("[a:b= - 1]", Character, 6),
        ("[a:b>true]", Expected("a value that has an order"), 5),
        ("[a:b=1];", Character, 7),
        (
            "[a:b=1] [a:b=1]",
            Expected("the end, an operator or a qualifier"),
            8,
        ),
        ("[a:b=1] OR", Expected("`[` or `(`"), 10),
        ("[a:true=1]", Expected("the name of a property"), 3),
        ("[a:AND=1]", Expected("the name of a property"), 3),
        ("[a:LAST=1]", Expected("the name of a property"), 3),
        ("[é:b=1]", Character, 1),
        ("[a:b LIKE 1]", Expected("a text in quotes"), 10),
        ("[a:b IN 'x']", Expected("("), 8),
        ("[a:b IN (1,)]", Expected("a value"), 11),
        ("[a:b IN (1 2)]", Expected(","), 11),
        (
            "[a:b=1] WITHIN -5 SECONDS",
            Expected("a number of seconds"),
            15,
        ),
        ("[a:b=1] WITHIN 5", Expected("`SECONDS`"), 16),
        ("[a:b=1] WITHIN 0.0 SECONDS", Zero, 15),
        ("[a:b=1] REPEATS 0 TIMES", Zero, 16),
        ("[a:b=1] REPEATS 2.0 TIMES", Expected("a whole number"), 16),
        ("[a:b=1] REPEATS 99999999999999999999 TIMES", Number, 16),
        ("[a:b=1] WITHIN 5 SECONDS WITHIN 6 SECONDS", Twice, 25),
        (
            "[a:b=1] START '2016-01-01T00:00:00Z'",
            Expected("a time such as t'2016-01-20T12:31:12Z'"),
            14,
        ),
        ("[a:b=t'2016-02-31T00:00:00Z']", Time, 5),
        ("[a:b=t'2016-02-01T00:00:00.Z']", Expected("a value"), 5),
        ("[file:hashes.MD5='x']", Hash("MD5"), 16),
        ("[file:hashes.'SHA-256' NOT IN ('x')]", Hash("SHA-256"), 27),
        ("[file:hashes.sha1=5]", Hash("SHA-1"), 17),
        ("[a:b=1] /* c", Character, 8),
    ] {
        assert_eq!(problem(text), (wanted, at), "{text}");
    }
    let deep = |n: usize| format!("{}[a:b=1]{}", "(".repeat(n), ")".repeat(n));
    assert!(Pattern::parse(&deep(DEPTH_MAX)).is_ok());
    assert_eq!(problem(&deep(DEPTH_MAX + 1)).0, TooDeep);
    let deep = |n: usize| format!("[{}a:b=1{}]", "(".repeat(n), ")".repeat(n));
    assert!(Pattern::parse(&deep(DEPTH_MAX)).is_ok());
    assert_eq!(problem(&deep(1 << 18)).0, TooDeep);
    let many = format!("([a:b=1]){}", " WITHIN 1 SECONDS".repeat(DEPTH_MAX + 1));
    assert_eq!(problem(&many).0, TooDeep);
    let long = format!("[a:b='{}']", "x".repeat(PATTERN_BYTES_MAX));
    assert_eq!(problem(&long).0, PatternProblem::TooLong);
}

/// Brackets with one letter each, and how operators bind them.
fn shape(observation: &Observation) -> String {
    let join = |parts: &[Observation], with: &str| {
        let parts: Vec<String> = parts.iter().map(shape).collect();
        format!("({})", parts.join(with))
    };
    match observation {
        Observation::Test { comparison, .. } => inner(comparison),
        Observation::And(parts) => join(parts, "&"),
        Observation::Or(parts) => join(parts, "|"),
        Observation::FollowedBy(parts) => join(parts, ">"),
        Observation::Qualified(part, Qualifier::Within(_)) => format!("{}w", shape(part)),
        Observation::Qualified(part, Qualifier::Repeats(_)) => format!("{}r", shape(part)),
        Observation::Qualified(part, Qualifier::StartStop(..)) => format!("{}s", shape(part)),
    }
}

fn inner(comparison: &Comparison) -> String {
    let join = |parts: &[Comparison], with: &str| {
        let parts: Vec<String> = parts.iter().map(inner).collect();
        format!("({})", parts.join(with))
    };
    match comparison {
        Comparison::Test(test) => test.path.kind.clone(),
        Comparison::And(parts) => join(parts, "&"),
        Comparison::Or(parts) => join(parts, "|"),
    }
}

#[test]
fn operators_bind_as_the_grammar_says() {
    for (text, wanted) in [
        ("[a:x=1] OR [b:x=1] AND [c:x=1]", "(a|(b&c))"),
        ("[a:x=1] AND [b:x=1] OR [c:x=1]", "((a&b)|c)"),
        ("[a:x=1] FOLLOWEDBY [b:x=1] OR [c:x=1]", "(a>(b|c))"),
        ("[a:x=1] FOLLOWEDBY [b:x=1] FOLLOWEDBY [c:x=1]", "(a>b>c)"),
        ("([a:x=1] OR [b:x=1]) AND [c:x=1]", "((a|b)&c)"),
        (
            "[a:x=1] AND [b:x=1] WITHIN 5 SECONDS REPEATS 2 TIMES",
            "(a&bwr)",
        ),
        ("([a:x=1] AND [b:x=1]) WITHIN 5 SECONDS", "(a&b)w"),
        ("[a:x=1 OR b:x=1 AND c:x=1]", "(a|(b&c))"),
        ("[(a:x=1 OR b:x=1) AND c:x=1]", "((a|b)&c)"),
    ] {
        assert_eq!(
            shape(Pattern::parse(text).unwrap().root()),
            wanted,
            "{text}"
        );
    }
}

#[test]
fn a_path_is_shown_as_it_is_read() {
    for path in ["file:name", "x-a:'b-c'.d[*][3].'e\\'f'", "a:b[0].c_ref.d"] {
        let pattern = Pattern::parse(&format!("[EXISTS {path}]")).unwrap();
        assert_eq!(pattern.tests()[0].path.to_string(), path);
    }
}

/// A pattern of the grammar.
fn patterns() -> impl Strategy<Value = String> {
    let literal = prop_oneof![
        Just("1".to_owned()),
        Just("-0.5".to_owned()),
        Just("true".to_owned()),
        Just("h'0a'".to_owned()),
        Just("t'2016-01-01T00:00:00Z'".to_owned()),
        "[a-z%. ]{0,8}".prop_map(|text| format!("'{text}'")),
    ];
    let path = "[a-z]{3}:[a-z]{3}(\\[\\*\\]|\\[3\\])?(\\.'[a-z -]{1,4}')?";
    let test = prop_oneof![
        (path, literal.clone()).prop_map(|(path, value)| format!("{path} = {value}")),
        (path, "[a-z]{0,4}").prop_map(|(path, text)| format!("{path} NOT LIKE '{text}'")),
        (path, prop::collection::vec(literal, 0..3))
            .prop_map(|(path, values)| format!("{path} IN ({})", values.join(", "))),
        path.prop_map(|path| format!("EXISTS {path}")),
    ];
    let comparison = test.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} AND {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} OR {b}")),
            inner.prop_map(|a| format!("({a})")),
        ]
    });
    let observation = comparison.prop_map(|inner| format!("[{inner}]"));
    observation.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} AND {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} FOLLOWEDBY {b}")),
            inner
                .clone()
                .prop_map(|a| format!("({a}) WITHIN 2 SECONDS")),
            inner.prop_map(|a| format!("({a})")),
        ]
    })
}

proptest! {
    #[test]
    fn a_pattern_of_the_grammar_is_read(text in patterns()) {
        prop_assert!(Pattern::parse(&text).is_ok(), "{text}");
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]():.,'a-zA-Z0-9 =<>!*tbh+/-]{0,60}|\\PC{0,40}") {
        let _ = Pattern::parse(&text);
    }

    #[test]
    fn a_changed_pattern_is_read_or_refused_at_a_byte_of_it(text in patterns(), at in any::<prop::sample::Index>(), with in "\\PC") {
        let mut characters: Vec<String> = text.chars().map(String::from).collect();
        let at = at.index(characters.len());
        characters[at] = with;
        let changed = characters.concat();
        if let Err(error) = Pattern::parse(&changed) {
            prop_assert!(error.at <= changed.len());
        }
    }
}
