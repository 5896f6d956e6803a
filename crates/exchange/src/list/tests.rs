use super::*;

fn read(word: &str) -> String {
    match What::read(word) {
        Ok(What::Address(found)) => format!("address {found}"),
        Ok(What::Prefix(found)) => format!("prefix {found}"),
        Ok(What::As(found)) => format!("as {found}"),
        Ok(What::Domain(found)) => format!("domain {found}"),
        Ok(What::Url(found)) => format!("url {found}"),
        Ok(What::Hash(kind, found)) => format!("{} {found}", kind.name()),
        Err(why) => format!("! {why}"),
    }
}

#[test]
fn words_are_read_as_what_they_are_also_when_made_harmless() {
    let check = |word: &str, expected: &str| assert_eq!(read(word), expected, "{word}");
    check("203.0.113[.]9", "address 203.0.113.9");
    check("203[.]0(.)113{.}9", "address 203.0.113.9");
    check("2001:db8::1", "address 2001:db8::1");
    check("::ffff:203.0.113.9", "address 203.0.113.9");
    check("203.0.113.0/24", "prefix 203.0.113.0/24");
    check("2001:db8::/32", "prefix 2001:db8::/32");
    check("AS64496", "as 64496");
    check("Evil[.]Example.", "domain evil.example");
    check("xn--wgv71a[dot]example", "domain xn--wgv71a.example");
    check("_dmarc.example.jp", "domain _dmarc.example.jp");
    check(
        "hxxps://Evil[.]example/A?b#c",
        "url https://evil.example/A?b#c",
    );
    check("hXXp[:]//203.0.113.9:8080/", "url http://203.0.113.9:8080/");
    check("http://[2001:db8::1]/x", "url http://[2001:db8::1]/x");
    check(
        "B2A5ABFEEF9E36964281A31E17B57C97",
        "md5 b2a5abfeef9e36964281a31e17b57c97",
    );
    check(&"a".repeat(64), &format!("sha256 {}", "a".repeat(64)));
}

#[test]
fn what_could_be_two_things_or_none_is_refused() {
    let check =
        |word: &str, expected: &str| assert_eq!(read(word), format!("! {expected}"), "{word}");
    check("", "there is nothing");
    check("203.0.113.256", "looks like an address, but is none");
    check("203.0.113.9/24", "has host bits that are not zero");
    check("203.0.113.0/33", "has a prefix length that cannot be");
    check(
        "evil.example/path",
        "is a path without a scheme such as https://",
    );
    check(
        "javascript://x.example",
        "has a scheme that is not http, https or ftp",
    );
    check("https:///x", "has no host in its URL");
    check(
        "localhost",
        "is no address, prefix, name, URL, hash or AS number",
    );
    check(
        "日本.example",
        "has letters that a name only has in its xn-- form",
    );
    check("a..example", "has a part that no name can have");
    check("AS99999999999", "is no number of an autonomous system");
}

#[test]
fn a_plain_list_is_taken_whole_with_its_comments() {
    let text = "\u{feff}# 配布\n203.0.113[.]9   # C2サーバ\n\n  hxxp://evil[.]example/#frag\n";
    let items = read_plain(text.as_bytes()).unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(
        (items[0].line, items[0].fields[0].1.as_str()),
        (2, "C2サーバ")
    );
    assert_eq!(
        items[1].what,
        What::Url("http://evil.example/#frag".to_owned())
    );
}

#[test]
fn a_list_with_one_wrong_line_is_not_taken_and_every_wrong_place_is_named() {
    let text = "203.0.113.9\n   not an indicator\nevil.example\n1.2.3\n";
    let ListError::Problems { problems, count } = read_plain(text.as_bytes()).unwrap_err() else {
        panic!("another error");
    };
    let words: Vec<String> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(count, 2);
    assert_eq!(
        words[0],
        "line 2, column 4: is no address, prefix, name, URL, hash or AS number"
    );
    assert_eq!(
        words[1],
        "line 4, column 1: looks like an address, but is none"
    );
}

#[test]
fn csv_names_line_and_field() {
    let text = "name,indicator,note\n\"a, b\",evil[.]example,\"two\nlines\"\nx,203.0.113.9,\n";
    let items = read_csv(text.as_bytes(), None).unwrap();
    assert_eq!(
        items[0].fields,
        [
            ("name".to_owned(), "a, b".to_owned()),
            ("note".to_owned(), "two\nlines".to_owned())
        ]
    );
    assert_eq!((items[1].line, items[1].fields.len()), (4, 1));
    let bad = |text: &str, column: Option<&str>| {
        read_csv(text.as_bytes(), column).unwrap_err().to_string()
    };
    assert_eq!(
        bad("name,indicator\nx,evil\n", None),
        "the list is not taken: line 2, column 2: is no address, prefix, name, URL, hash or AS number"
    );
    assert_eq!(
        bad("name,indicator\nx\n", None),
        "the list is not taken: line 2, column 2: there are more or fewer fields than the first line names"
    );
    assert_eq!(bad("a,b\n1,2\n", Some("c")), "no column is named `c`");
}

#[test]
fn what_is_not_text_is_refused_with_its_byte() {
    assert_eq!(
        read_plain(b"a.example\n\xff"),
        Err(ListError::NotUtf8 { at: 10 })
    );
    let many = "x\n".repeat(300);
    let ListError::Problems { problems, count } = read_plain(many.as_bytes()).unwrap_err() else {
        panic!("another error");
    };
    assert_eq!((problems.len(), count), (PROBLEMS_MAX, 300));
}
