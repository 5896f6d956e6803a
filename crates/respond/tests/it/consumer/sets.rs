//! Every command of the sets at this consumer, each with its very status: as it stands, and given an end and an approval. In: the sets. Out: verdicts. Never: a status that is expected because the
//! consumer gave it; a rule here says it from the message alone, as `docs/reference/openc2.md` does.

use super::{NOW, engine, heard, specifier, status};
use sakimori_respond::consumer::Heard;
use sakimori_respond::engine::Deed;
use sakimori_respond::openc2::{MEDIA_TYPE, Status};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Gives a message of the sets an end and an approval: times, number and actuator are ours, all else is as it was.
fn given(message: &Value, action: &str, step: u64) -> Value {
    let mut given = message.clone();
    given["action"] = json!(action);
    given["command_id"] = json!(format!("c-{step}"));
    given["actuator"] = specifier(step);
    let mut args = given.get("args").cloned().unwrap_or_else(|| json!({}));
    if let Some(args) = args.as_object_mut() {
        for time in ["start_time", "duration", "response_requested"] {
            args.remove(time);
        }
        args.insert("stop_time".to_owned(), json!((NOW + 600) * 1000));
        let target = &given["target"];
        let is_net = ["ipv4_net", "ipv6_net", "ipv4_connection", "ipv6_connection"]
            .iter()
            .any(|name| target.get(name).is_some());
        if is_net {
            let slpf = args.entry("slpf").or_insert_with(|| json!({}));
            if let Some(slpf) = slpf.as_object_mut() {
                slpf.entry("direction").or_insert_with(|| json!("both"));
                slpf.entry("persistent").or_insert_with(|| json!(false));
            }
        }
    }
    given["args"] = args;
    given
}

/// Whether our profiles cover a target of the sets, read from the message alone, as the page says it.
fn is_covered(message: &Value) -> bool {
    let target = message["target"].as_object().unwrap();
    let (kind, value) = target.iter().next().unwrap();
    let exact = |most: u8| {
        let text = value.as_str().unwrap();
        let (address, bits) = text.split_once('/').unwrap_or((text, ""));
        let bits: u8 = bits.parse().unwrap_or(most);
        match address.parse::<std::net::IpAddr>().unwrap() {
            std::net::IpAddr::V4(a) => u32::from(a).checked_shl(bits.into()).unwrap_or(0) == 0,
            std::net::IpAddr::V6(a) => u128::from(a).checked_shl(bits.into()).unwrap_or(0) == 0,
        }
    };
    let slpf = message.pointer("/args/slpf");
    let plain = slpf.is_none_or(|slpf| {
        slpf.get("insert_rule").is_none()
            && slpf.get("drop_process").is_none_or(|drop| drop == "none")
            && slpf.get("direction").is_none_or(|way| way == "both")
            && slpf.get("persistent").is_none_or(|is| is == false)
    });
    let strange = message
        .pointer("/args")
        .and_then(Value::as_object)
        .is_some_and(|args| {
            let known = [
                "start_time",
                "stop_time",
                "duration",
                "response_requested",
                "slpf",
            ];
            args.keys().any(|name| !known.contains(&name.as_str()))
        });
    if strange || !plain {
        return false;
    }
    match kind.as_str() {
        "ipv4_net" => exact(32),
        "ipv6_net" => exact(128),
        "domain_name" | "idn_domain_name" => true,
        "file" => {
            value.get("path").is_some()
                && value.pointer("/hashes/sha256").is_some()
                && value.get("name").is_none()
        }
        _ => false,
    }
}

/// Commands of the sets by whether they are good ones; `None`, with a line that names the test, where there are no sets.
fn commands(test: &str, good: bool) -> Option<Vec<(String, Vec<u8>)>> {
    let root = sakimori_testkit::data(test, "response/openc2")?;
    let word = if good { "good" } else { "bad" };
    let mut out = Vec::new();
    for path in sakimori_testkit::files_below(&root) {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
        let text = format!("/{}", name.to_lowercase());
        let is_command = text.contains("/commands/") || text.contains("-command/");
        let is_it =
            text.contains(&format!("/{word}/")) || text.contains(&format!("/{word}-command"));
        let is_json = path.extension().is_some_and(|end| end == "json");
        if is_command && is_it && is_json {
            out.push((name.to_owned(), std::fs::read(&path).unwrap()));
        }
    }
    Some(out)
}

#[test]
fn each_good_allow_or_deny_with_an_end_and_an_approval_is_done_where_our_profiles_cover_it() {
    let test =
        "each_good_allow_or_deny_with_an_end_and_an_approval_is_done_where_our_profiles_cover_it";
    let Some(commands) = commands(test, true) else {
        return;
    };
    let mut counts: BTreeMap<(String, u16), usize> = BTreeMap::new();
    let mut step = 0;
    for (name, bytes) in commands {
        let message: Value = serde_json::from_slice(&bytes).unwrap();
        let action = message["action"].as_str().unwrap_or_default().to_owned();
        if action != "allow" && action != "deny" {
            continue;
        }
        // The two actuators of one message are what the sets dispute: section 3.3.1.3 says one, and with ours in their place it is.
        step += 2;
        let deny = given(&message, "deny", step);
        // What would have to be approved is what the consumer makes of it; who makes it is judged by `is_covered`.
        let covered = is_covered(&message);
        // The measure is known and this target is not approved: the engine says so, or what is not ours is told first.
        let (first, _) = status(&mut engine(&[]), Deed::ALL, &deny);
        let unapproved = if covered {
            Status::Forbidden
        } else {
            Status::NotImplemented
        };
        assert_eq!(first, unapproved, "{name}");
        let language = sakimori_respond::openc2::Language {
            profiles: &[
                &sakimori_respond::consumer::Sakimori { deeds: Deed::ALL },
                &sakimori_respond::openc2::Slpf,
            ],
            others: false,
        };
        let read = sakimori_respond::openc2::Command::read(deny.to_string().as_bytes(), &language);
        let aim = read.ok().and_then(|read| {
            sakimori_respond::consumer::aim(
                &read.target,
                sakimori_respond::consumer::SakimoriArgs::default(),
                Deed::ALL,
            )
            .ok()
        });
        let Some(aim) = aim.filter(|_| covered) else {
            assert!(!covered, "{name}: ours, and not aimed at");
            *counts.entry((action, 501)).or_default() += 1;
            continue;
        };
        let mut engine = engine(&[(aim.deed, aim.target.as_str())]);
        let said = status(&mut engine, Deed::ALL, &deny);
        assert_eq!(said.0, Status::Ok, "{name}: {}", said.1);
        if action == "allow" {
            let allow = given(&message, "allow", step + 1);
            let said = status(&mut engine, Deed::ALL, &allow);
            assert_eq!(said.0, Status::Ok, "{name}: {}", said.1);
            assert_eq!(engine.state().wanted().count(), 0, "{name}");
        }
        *counts.entry((action, 200)).or_default() += 1;
    }
    println!("{counts:?}");
    let of = |action: &str, code| counts.get(&(action.to_owned(), code)).copied().unwrap_or(0);
    assert!(of("allow", 200) >= 10 && of("deny", 501) >= 5, "{counts:?}");
}

/// Good ones of the sets that are none of the language as it is spoken here, with what decides that.
const NONE: [(&str, &str); 2] = [
    // Section 3.3.1.3: `Actuator` is a `Choice`, and there are two.
    ("deny_uri_actuator_multiple.json", "/actuator"),
    // A target of a profile in the later form `{nsid: {name: …}}`: nothing but the profile tells it from a target that does not exist.
    ("profiles/blinky/", "/target/blinky"),
];

/// A bad one whose only fault is that a namespace has no `x-`: one of a profile that is not spoken here has none either.
const ANOTHER_PROFILE: &str = "query_features_ext_args_nox-.json";

/// What a good message comes to as it stands, without a measure.
fn as_it_stands(name: &str, message: &Value) -> Status {
    let is_none =
        |(part, place): &(&str, &str)| name.contains(part) && message.pointer(place).is_some();
    let spoken = |place: &str| {
        let members = message.pointer(place).and_then(Value::as_object);
        let mut names = members.into_iter().flat_map(serde_json::Map::keys);
        !names.any(|name| name.starts_with("x-"))
    };
    if NONE.iter().any(is_none) {
        Status::BadRequest
    } else if !["/args", "/target", "/actuator"].into_iter().all(spoken) {
        Status::NotImplemented
    } else {
        match message["action"].as_str().unwrap() {
            "query" if message["target"].get("features").is_some() => Status::Ok,
            "allow" | "deny" if is_covered(message) => Status::Forbidden,
            // In the earlier form and in the later one: this profile is spoken here.
            "delete"
                if message.pointer("/target/slpf:rule_number").is_some()
                    || message.pointer("/target/slpf/rule_number").is_some() =>
            {
                Status::Forbidden
            }
            _ => Status::NotImplemented,
        }
    }
}

#[test]
fn each_command_of_the_sets_as_it_stands_is_answered_with_its_status() {
    let test = "each_command_of_the_sets_as_it_stands_is_answered_with_its_status";
    let engine = engine(&[(Deed::Block, "198.51.100.7/32")]);
    let mut counts: BTreeMap<(bool, u16), usize> = BTreeMap::new();
    let mut differ = Vec::new();
    for good in [true, false] {
        let Some(commands) = commands(test, good) else {
            return;
        };
        for (name, bytes) in commands {
            let expected = if good {
                as_it_stands(&name, &serde_json::from_slice(&bytes).unwrap())
            } else if name.ends_with(ANOTHER_PROFILE) {
                Status::NotImplemented
            } else {
                Status::BadRequest
            };
            let Heard::Say(reply) = heard(&engine, Deed::ALL, &bytes, MEDIA_TYPE) else {
                panic!("{name} is done");
            };
            let response = reply.response.unwrap();
            *counts.entry((good, expected.code())).or_default() += 1;
            if response.status != expected {
                differ.push(format!("{name}: {response:?}, {expected} is expected"));
            }
        }
    }
    assert_eq!(differ, Vec::<String>::new());
    println!("{counts:?}");
    // Each kind is there, and as many as the sets' index counts.
    let of = |good| {
        counts
            .iter()
            .filter(move |((of, _), _)| *of == good)
            .map(|(_, n)| n)
    };
    assert_eq!((of(true).sum(), of(false).sum()), (GOOD, BAD));
    for (good, code, least) in [
        (true, 200, 10),
        (true, 400, 6),
        (true, 403, 40),
        (true, 501, 20),
        (false, 400, 60),
    ] {
        assert!(
            counts.get(&(good, code)).is_some_and(|n| *n >= least),
            "{code}"
        );
    }
}

/// Commands that the index of the sets counts: the language of one and of the other, packet filtering, its extensions, the profiles.
const GOOD: usize = 44 + 38 + 1 + 4 + 13;
const BAD: usize = 22 + 23 + 4 + 19;
