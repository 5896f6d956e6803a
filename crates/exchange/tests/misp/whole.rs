//! Events that go to STIX and back whole: drawn ones with Japanese text (attributes, objects, tags, galaxies, reports, members that nobody knows), and those of others. In: seeds,
//! events. Out: every member as it was. Never: two parts with one identifier, so that one could stand for another.

use proptest::prelude::*;
use proptest::sample::select;
use sakimori_custody::time::Seconds;
use sakimori_exchange::json;
use sakimori_exchange::misp::{Event, ToStix, from_stix, read, to_stix_whole};
use sakimori_exchange::stix::validate;
use sakimori_release::Tlp;
use serde_json::{Value, json};

/// Words of reports as they come: full-width forms, half-width kana, quotation marks of both kinds, surrogate pairs, combining marks, escapes.
const WORDS: &[&str] = &[
    "標的型攻撃メール",
    "添付ファイル『請求書（改）.zip』",
    "ﾌﾟﾛｷｼ",
    "が゚",
    "𠮷野家",
    "人間🔥攻撃",
    "引用符\"と'と\\と",
    "改行\r\n二行目\tタブ",
    "[角括弧] (丸) <山> & |縦棒",
    "\u{202e}右から左",
    "ＡＢＣ１２３",
    "%E3%81%82",
];

/// Types whose value is free text, and one with a form.
const TYPES: &[(&str, &str)] = &[
    ("text", "Other"),
    ("comment", "Other"),
    ("other", "External analysis"),
    ("email-subject", "Payload delivery"),
    ("email-body", "Payload delivery"),
    ("filename", "Payload delivery"),
    ("mutex", "Artifacts dropped"),
    ("regkey", "Persistence mechanism"),
    ("user-agent", "Network activity"),
    ("target-org", "Targeting data"),
    ("threat-actor", "Attribution"),
    ("campaign-name", "Attribution"),
    ("windows-service-name", "Artifacts dropped"),
    ("github-username", "Social network"),
    ("full-name", "Person"),
    ("named pipe", "Artifacts dropped"),
    ("whois-registrant-name", "Attribution"),
    ("malware-type", "Payload delivery"),
    ("pattern-in-file", "Payload installation"),
    ("yara", "Payload installation"),
    ("snort", "Network activity"),
    ("sigma", "Payload installation"),
];

fn text() -> impl Strategy<Value = String> {
    (select(WORDS), 0u32..1_000_000).prop_map(|(word, n)| format!("{word}{n}"))
}

/// Stands for an identifier until [`number`] gives each its own.
fn uuid() -> impl Strategy<Value = &'static str> {
    Just("")
}

/// Gives each part of an event an identifier of its own.
fn number(value: &mut Value, next: &mut u64) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| number(item, next)),
        Value::Object(members) => {
            if let Some(uuid) = members.get_mut("uuid") {
                *next += 1;
                *uuid = json!(format!("{next:08x}-1111-4abc-8def-{next:012x}"));
            }
            members.values_mut().for_each(|member| number(member, next));
        }
        _ => {}
    }
}

fn attribute() -> impl Strategy<Value = Value> {
    (
        uuid(),
        select(TYPES),
        text(),
        text(),
        any::<bool>(),
        1_500_000_000u64..1_700_000_000,
        any::<bool>(),
    )
        .prop_map(
            |(uuid, (kind, category), value, comment, to_ids, at, tagged)| {
                let mut out = json!({
                    "uuid": uuid, "type": kind, "category": category, "value": value,
                    "comment": comment, "to_ids": to_ids, "timestamp": at.to_string(),
                "distribution": "5", "deleted": false, "disable_correlation": at % 2 == 0, "未知": [at, null, comment],
                });
                if tagged {
                    out["Tag"] = json!([{"name": format!("機密:扱い=\"{comment}\"")}]);
                }
                out
            },
        )
}

fn object() -> impl Strategy<Value = Value> {
    let names = select(vec![
        (
            "file",
            "file",
            vec![("filename", "filename"), ("text", "text"), ("md5", "md5")],
        ),
        (
            "email",
            "network",
            vec![("subject", "email-subject"), ("email-body", "email-body")],
        ),
        (
            "person",
            "misc",
            vec![("full-name", "full-name"), ("text", "text")],
        ),
        (
            "日本独自",
            "misc",
            vec![("題名", "text"), ("本文", "comment")],
        ),
        (
            "annotation",
            "misc",
            vec![("text", "text"), ("format", "text")],
        ),
    ]);
    (uuid(), names, text(), prop::collection::vec((uuid(), text(), any::<bool>()), 3))
        .prop_map(|(uuid, (name, meta, relations), comment, values)| {
            let attributes: Vec<Value> = relations.iter().zip(&values).map(|((relation, kind), (uuid, value, to_ids))| {
                let value = if *kind == "md5" { "d41d8cd98f00b204e9800998ecf8427e" } else { value };
                json!({"uuid": uuid, "type": kind, "object_relation": relation, "value": value, "category": "Other", "to_ids": to_ids})
            }).collect();
            json!({"uuid": uuid, "name": name, "meta-category": meta, "comment": comment, "timestamp": "1600000000", "Attribute": attributes})
        })
}

fn galaxy() -> impl Strategy<Value = Value> {
    let kinds = select(vec![
        "threat-actor",
        "mitre-attack-pattern",
        "mitre-malware",
        "tool",
        "sector",
        "国内独自",
    ]);
    (uuid(), uuid(), kinds, text(), text()).prop_map(|(uuid, cluster, kind, value, description)| {
        json!({
            "uuid": uuid, "name": format!("銀河{value}"), "type": kind, "description": format!("説明{description}"),
            "GalaxyCluster": [{
                "uuid": cluster, "type": kind, "value": value, "description": description,
                "tag_name": format!("misp-galaxy:{kind}=\"{value}\""), "meta": {"synonyms": ["別名", "通称"]},
            }],
        })
    })
}

fn event() -> impl Strategy<Value = Value> {
    let parts = (
        prop::collection::vec(attribute(), 0..8),
        prop::collection::vec(object(), 0..4),
        prop::collection::vec(galaxy(), 0..3),
    );
    (uuid(), text(), uuid(), text(), parts, any::<bool>(), (uuid(), text(), text())).prop_map(
        |(uuid, info, org, name, (attributes, objects, galaxies), published, report)| {
            let (report, title, content) = report;
            json!({"Event": {
                "uuid": uuid, "info": info, "date": "2026-10-01", "timestamp": "1790000000",
                "published": published, "publish_timestamp": "1790000100",
                "threat_level_id": "2", "analysis": "1", "distribution": "3",
                "Orgc": {"uuid": org, "name": name}, "Org": {"uuid": uuid, "name": "本部"}, "locked": false, "備考": {"担当": name},
                "Tag": [{"name": "tlp:green"}, {"name": format!("分類:種別=\"{info}\"")}],
                "Attribute": attributes, "Object": objects, "Galaxy": galaxies,
                "EventReport": [{"uuid": report, "name": title, "content": content, "timestamp": "1790000000"}],
            }})
        },
    )
}

fn back(events: &[Event]) -> (Event, ToStix) {
    let written = to_stix_whole(events, Seconds(1_790_000_000)).unwrap();
    let bundle = written.bundle("a31158d6-4ac2-485d-8bd2-e05f2f0aa1a1");
    let mut back = from_stix(bundle.as_bytes()).unwrap();
    assert_eq!(
        (back.events.len(), &back.left[..]),
        (1, &[][..]),
        "{bundle}"
    );
    (back.events.remove(0), written)
}

/// Every member of `of` that is not the same in `back`; parts are found by their identifiers.
pub(crate) fn lost(of: &Value, back: &Value, place: &str, out: &mut Vec<String>) {
    let Value::Object(members) = of else { return };
    for (name, value) in members {
        let found = back.get(name);
        let place = format!("{place}/{name}");
        match (name.as_str(), value) {
            ("Attribute" | "Object", Value::Array(items)) => {
                let others = found
                    .and_then(Value::as_array)
                    .map_or(&[][..], Vec::as_slice);
                for item in items {
                    match others.iter().find(|other| other["uuid"] == item["uuid"]) {
                        Some(other) => lost(item, other, &place, out),
                        None => out.push(format!("{place}: {item}")),
                    }
                }
            }
            _ if found == Some(value) => {}
            // An empty list is no list, and a null is nothing.
            (_, Value::Null) if found.is_none() => {}
            (_, Value::Array(items)) if items.is_empty() && found.is_none() => {}
            _ => out.push(format!("{place}: {value} is {found:?}")),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn japanese_events_go_to_stix_and_back_without_losing_a_member(event in event()) {
        let mut event = event;
        number(&mut event, &mut 0);
        let text = serde_json::to_string(&event).unwrap();
        let events = read(text.as_bytes()).unwrap();
        let (back, written) = back(&events);
        for object in &written.objects {
            let node = json::read(&object.text, json::Limits::OBJECT).unwrap();
            let findings = validate::judge(&node, None);
            assert!(
                validate::is_valid(&findings),
                "{}: {findings:?}",
                object.text
            );
        }
        let whole: Value = serde_json::from_str(back.text()).unwrap();
        let mut out = Vec::new();
        lost(&event["Event"], &whole, "", &mut out);
        prop_assert!(out.is_empty(), "{}", out.join("\n"));
    }
}

#[test]
fn what_is_carried_beside_stix_contradicts_none_of_it() {
    let text = r#"{"Event":{"uuid":"00000001-1111-4abc-8def-000000000001","info":"攻撃","timestamp":"1790000000","threat_level_id":"1","Tag":[{"name":"tlp:red"}],
        "Attribute":[{"uuid":"00000002-1111-4abc-8def-000000000002","type":"text","category":"Other","value":"本当","comment":"注","to_ids":false,"event_id":"7"}]}}"#;
    let events = read(text.as_bytes()).unwrap();
    let written = to_stix_whole(&events, Seconds(1_790_000_000)).unwrap();
    let bundle = written.bundle("a31158d6-4ac2-485d-8bd2-e05f2f0aa1a1");
    // A sender who writes another value, a looser tag and another identifier beside the same STIX.
    let forged = bundle
        .replace(r#""event_id":"7""#, r#""event_id":"7","value":"嘘","type":"domain","uuid":"ffffffff-1111-4abc-8def-000000000009""#)
        .replace(r#""threat_level_id":"1""#, r#""threat_level_id":"1","Tag":[{"name":"tlp:clear"}],"info":"別""#);
    assert_ne!(forged, bundle);
    let back = from_stix(forged.as_bytes()).unwrap();
    let event = &back.events[0];
    let attribute = &event.attributes[0];
    assert_eq!(
        (attribute.kind.as_str(), attribute.value.as_str()),
        ("text", "本当")
    );
    assert_eq!(attribute.uuid, events[0].attributes[0].uuid);
    assert_eq!(event.info, "攻撃");
    assert_eq!(event.mark().map(|mark| mark.tlp), Some(Tlp::Red));
}

#[test]
fn events_of_others_come_back_of_stix_without_losing_a_member() {
    let test = "events_of_others_come_back_of_stix_without_losing_a_member";
    let Some(root) = sakimori_testkit::data(test, "exchange/misp/events") else {
        return;
    };
    let mut all = Vec::new();
    crate::events::files(&root, &mut all);
    let (mut events_read, mut out) = (0, Vec::new());
    for path in all {
        let Ok(events) = read(&std::fs::read(&path).unwrap()) else {
            continue;
        };
        for event in events.into_iter().filter(|event| event.uuid.is_some()) {
            events_read += 1;
            let text = event.text().to_owned();
            let (back, _) = back(&[event]);
            let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            lost(
                &parse(&text),
                &parse(back.text()),
                &path.display().to_string(),
                &mut out,
            );
        }
    }
    assert!(out.is_empty(), "{}", out.join("\n"));
    assert_eq!(events_read, 9);
}
