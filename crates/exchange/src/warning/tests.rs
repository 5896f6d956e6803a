use super::*;

fn list(name: &str, meaning: &str, entries: &[&str], attributes: &[&str]) -> WarningList {
    let quoted = |texts: &[&str]| {
        let all: Vec<String> = texts.iter().map(|t| format!("{t:?}")).collect();
        all.join(",")
    };
    let text = format!(
        "{{\"name\":\"{name}\",\"type\":\"{meaning}\",\"version\":3,\"description\":\"d\",\"list\":[{}],\"matching_attributes\":[{}]}}",
        quoted(entries),
        quoted(attributes)
    );
    WarningList::read(text.as_bytes()).unwrap()
}

fn found(warnings: &Warnings, word: &str) -> Vec<String> {
    let hits = warnings.hits(&What::read(word).unwrap());
    hits.iter()
        .map(|hit| format!("{} {}", hit.list, hit.entry))
        .collect()
}

#[test]
fn every_meaning_has_its_way_to_match_and_the_narrowest_prefix_is_first() {
    let warnings = Warnings::new(vec![
        list("wide", "cidr", &["198.51.0.0/16", "2001:DB8::/32"], &[]),
        list("narrow", "cidr", &["198.51.100.0/24", "198.51.100.7"], &[]),
        list("names", "hostname", &["example.jp"], &[]),
        list("words", "string", &["Exact.Example"], &[]),
        list("parts", "substring", &["tracker"], &[]),
        list("shapes", "regex", &["/^cdn[0-9]+\\./i"], &[]),
        list("only hashes", "string", &["evil.example"], &["md5"]),
    ])
    .unwrap();
    let check =
        |word: &str, expected: &[&str]| assert_eq!(found(&warnings, word), expected, "{word}");
    check(
        "198.51.100.7",
        &[
            "narrow 198.51.100.7",
            "narrow 198.51.100.0/24",
            "wide 198.51.0.0/16",
        ],
    );
    check(
        "198.51.100.0/25",
        &["narrow 198.51.100.0/24", "wide 198.51.0.0/16"],
    );
    check("198.51.101.1", &["wide 198.51.0.0/16"]);
    check("198.52.0.1", &[]);
    check("198.0.0.0/8", &[]);
    check("2001:db8:1::1", &["wide 2001:DB8::/32"]);
    check("a.b.example.jp", &["names example.jp"]);
    check("notexample.jp", &[]);
    check("exact.example", &["words Exact.Example"]);
    check("x.exact.example", &[]);
    check("my-tracker.example", &["parts tracker"]);
    check("CDN12.example.com", &["shapes /^cdn[0-9]+\\./i"]);
    check("http://www.example.jp/x", &["names example.jp"]);
    check("http://198.51.101.1/", &["wide 198.51.0.0/16"]);
    check("evil.example", &[]);
}

#[test]
fn a_list_with_a_wrong_entry_is_not_used() {
    let wrong = |meaning: &str, entry: &str| {
        let made = Warnings::new(vec![list("l", meaning, &["203.0.113.1", entry], &[])]);
        made.unwrap_err().to_string()
    };
    assert_eq!(
        wrong("cidr", "203.0.113.1/24"),
        "entry 1 of the warning list `l` has host bits that are not zero"
    );
    assert_eq!(
        wrong("regex", "("),
        "entry 1 of the warning list `l` is no regular expression that is accepted"
    );
    assert_eq!(
        wrong("regex", "(a{1000}){1000}"),
        "entry 1 of the warning list `l` is no regular expression that is accepted"
    );
    let read = |text: &str| WarningList::read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        read(r#"{"type":"x","list":[],"name":"n"}"#),
        "the warning list has no `type` that can be read"
    );
    assert_eq!(
        read(r#"{"type":"cidr","list":[1],"name":"n"}"#),
        "the warning list has no `list` that can be read"
    );
}

#[test]
fn the_lists_of_others_are_read_and_name_what_they_hold() {
    let test = "the_lists_of_others_are_read_and_name_what_they_hold";
    let Some(folder) = sakimori_testkit::data(test, "exchange/misp/warninglists") else {
        return;
    };
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    let lists: Vec<WarningList> = paths
        .iter()
        .map(|path| WarningList::read(&std::fs::read(path).unwrap()).unwrap())
        .collect();
    assert_eq!(lists.len(), 17);
    let entries: Vec<(String, String)> = lists
        .iter()
        .flat_map(|list| {
            list.entries
                .iter()
                .map(|entry| (list.name.clone(), entry.clone()))
        })
        .collect();
    let warnings = Warnings::new(lists).unwrap();
    for (name, entry) in &entries {
        // A top-level domain alone is no indicator.
        let Ok(what) = What::read(&entry.to_ascii_lowercase()) else {
            continue;
        };
        assert!(
            warnings.hits(&what).iter().any(|hit| hit.list == name),
            "{name}: {entry}"
        );
    }
    assert_eq!(found(&warnings, "192.168.1.1").len(), 2);
    // A hundred thousand look-ups: none may depend on how many entries there are.
    let mut hits = 0;
    for at in 0..100_000u32 {
        let address = std::net::Ipv4Addr::from(at.wrapping_mul(42_949));
        hits += warnings.hits(&What::Address(address.into())).len();
    }
    assert!(hits > 1000, "{hits}");
}
