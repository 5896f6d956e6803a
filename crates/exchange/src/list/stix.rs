//! A list as STIX 2.1. In: indicators of a list, who hands it in, a time. Out: one indicator for each, with an identifier that follows from what it looks for, so that the same list
//! gives the same objects. Never: a kind of indicator that nobody gave; what stood beside an indicator is its description.

use super::{HashKind, Item, What};
use crate::misp::uuid_of;
use sakimori_custody::time::Seconds;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The pattern that looks for something (STIX 2.1 section 9).
pub fn pattern(what: &What) -> String {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    match what {
        What::Address(IpAddr::V4(address)) => format!("[ipv4-addr:value = '{address}']"),
        What::Address(IpAddr::V6(address)) => format!("[ipv6-addr:value = '{address}']"),
        What::Prefix(prefix) => {
            let text = prefix.to_string();
            let version = if text.contains(':') { 6 } else { 4 };
            format!("[ipv{version}-addr:value ISSUBSET '{text}']")
        }
        What::As(number) => format!("[autonomous-system:number = {number}]"),
        What::Domain(name) => format!("[domain-name:value = '{}']", quoted(name)),
        What::Url(url) => format!("[url:value = '{}']", quoted(url)),
        What::Hash(kind, digits) => {
            let name = match kind {
                HashKind::Md5 => "MD5",
                HashKind::Sha1 => "'SHA-1'",
                HashKind::Sha256 => "'SHA-256'",
                HashKind::Sha512 => "'SHA-512'",
            };
            format!("[file:hashes.{name} = '{digits}']")
        }
    }
}

/// The objects of a list: what stands in it twice is one. `title` says where it comes from.
pub fn to_stix(items: &[Item], title: &str, now: Seconds) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let fresh = items.iter().filter(|item| seen.insert(&item.what));
    fresh.map(|item| indicator(item, title, now)).collect()
}

fn indicator(item: &Item, title: &str, now: Seconds) -> Value {
    let pattern = pattern(&item.what);
    let said = item
        .fields
        .iter()
        .map(|(name, text)| format!("{name}: {text}"));
    let said: Vec<String> = said
        .chain([format!("from {title}, line {}", item.line)])
        .collect();
    json!({
        "type": "indicator",
        "spec_version": "2.1",
        "id": format!("indicator--{}", uuid_of(&format!("sakimori list - {pattern}"))),
        "created": now.millis().to_string(),
        "modified": now.millis().to_string(),
        "name": item.what.to_string(),
        "description": said.join("\n"),
        "indicator_types": ["unknown"],
        "pattern": pattern,
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": now.millis().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{read_csv, read_plain};
    use super::*;
    use crate::json;
    use crate::pattern::Pattern;
    use crate::stix::validate;

    #[test]
    fn every_kind_becomes_an_indicator_whose_pattern_can_be_read() {
        let list = "192.0.2.1 # 指令サーバ\n2001:db8::1\n198.51.100.0/24\n2001:db8::/32\nAS64500\nevil[.]example\nhxxp://evil.example/a'b\nd41d8cd98f00b204e9800998ecf8427e\nda39a3ee5e6b4b0d3255bfef95601890afd80709\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n192.0.2.1\n";
        let items = read_plain(list.as_bytes()).unwrap();
        let objects = to_stix(&items, "feed.txt", Seconds(1_790_000_000));
        assert_eq!((items.len(), objects.len()), (11, 10));
        for object in &objects {
            Pattern::parse(object["pattern"].as_str().unwrap()).unwrap();
            let text = object.to_string();
            let node = json::read(&text, json::Limits::MANY).unwrap();
            let wrong: Vec<_> = validate::judge(&node, None)
                .into_iter()
                .filter(|finding| finding.severity == validate::Severity::Error)
                .collect();
            assert!(wrong.is_empty(), "{text}: {wrong:?}");
        }
        assert_eq!(
            objects[0]["description"],
            "comment: 指令サーバ\nfrom feed.txt, line 1"
        );
        let again = to_stix(&items, "feed.txt", Seconds(1_800_000_000));
        assert_eq!(objects[3]["id"], again[3]["id"]);
    }

    #[test]
    fn the_columns_of_a_table_are_told() {
        let items = read_csv("indicator,source\n192.0.2.1,JPCERT\n".as_bytes(), None).unwrap();
        let objects = to_stix(&items, "t.csv", Seconds(0));
        assert_eq!(
            objects[0]["description"],
            "source: JPCERT\nfrom t.csv, line 2"
        );
    }
}
