//! The sets of `OpenC2` messages, judged as messages of the language.

use proptest::prelude::*;
use sakimori_exchange::json::Node;
use sakimori_respond::consumer::{Heard, Known, hear};
use sakimori_respond::engine::{Bounds, Deed, Engine};
use sakimori_respond::openc2::{
    Action, Args, Command, Form, Language, MEDIA_TYPE, Profile, Response, Slpf, Span, SpanError,
    Status, framed, reply,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A namespace that takes everything: the sets use such ones as if somebody knew them.
struct Open(&'static str);

impl Profile for Open {
    fn nsid(&self) -> &str {
        self.0
    }
    fn target(&self, _: &str, _: &Node<'_>) -> Result<(), String> {
        Ok(())
    }
    fn args(&self, _: &Node<'_>) -> Result<(), String> {
        Ok(())
    }
    fn specifiers(&self, _: &Node<'_>) -> Result<(), String> {
        Ok(())
    }
    fn results(&self, _: &Node<'_>) -> Result<(), String> {
        Ok(())
    }
    fn pairs(&self) -> &[(Action, &[&str])] {
        &[]
    }
}

/// The profile of the set `blinky`, as its schema says it.
struct Blinky;

fn names(value: &Node<'_>, known: &[&str]) -> Result<(), String> {
    let items = value.items();
    let texts: Vec<&str> = items.iter().filter_map(Node::as_str).collect();
    let good = !items.is_empty()
        && texts.len() == items.len()
        && texts.iter().all(|text| known.contains(text));
    let once = texts
        .iter()
        .enumerate()
        .all(|(at, text)| !texts[..at].contains(text));
    if good && once {
        Ok(())
    } else {
        Err("names of the device are asked for, each once".to_owned())
    }
}

impl Profile for Blinky {
    fn nsid(&self) -> &'static str {
        "blinky"
    }
    fn target(&self, name: &str, value: &Node<'_>) -> Result<(), String> {
        match name {
            "device" => names(value, &["product", "resolution"]),
            "display" if value.is_object() => Ok(()),
            _ => Err("the profile has no such target".to_owned()),
        }
    }
    fn args(&self, _: &Node<'_>) -> Result<(), String> {
        Err("the profile has no arguments".to_owned())
    }
    fn specifiers(&self, value: &Node<'_>) -> Result<(), String> {
        if value.members().is_empty() {
            Ok(())
        } else {
            Err("the profile has no specifiers".to_owned())
        }
    }
    fn results(&self, value: &Node<'_>) -> Result<(), String> {
        let device = value.get("device").ok_or("a device")?;
        let members = device.members();
        let known = members
            .iter()
            .all(|member| ["product", "resolution"].contains(&member.name.as_ref()));
        if known && !members.is_empty() {
            Ok(())
        } else {
            Err("what is known of the device".to_owned())
        }
    }
    fn pairs(&self) -> &[(Action, &[&str])] {
        &[
            (Action::Query, &["features", "blinky:device"]),
            (Action::Set, &["blinky:display"]),
        ]
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    files
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Command,
    Response,
}

/// Disputed between the sets: the specification (language 1.0, CS02) refuses them. The file, the section, what is said to its sender.
const REFUSED: [(&str, &str, &str); 4] = [
    (
        "bberliner/responses/good/results_ext_multiple.json",
        "3.3.2.1: its table of status codes has no 201",
        "the language has no such status",
    ),
    (
        "bberliner/responses/good/results_ext_single.json",
        "3.3.2.1: its table of status codes has no 201",
        "the language has no such status",
    ),
    (
        "bberliner/responses/good/results_empty.json",
        "3.3.2.2: `Results` is a `Map{1..*}`",
        "at least one member is asked for",
    ),
    (
        "bberliner/commands/good/deny_uri_actuator_multiple.json",
        "3.3.1.3: `Actuator` is a `Choice`",
        "exactly one actuator is asked for",
    ),
];

fn judged(
    root: &Path,
    folder: &str,
    kind: Kind,
    good: bool,
    language: &Language<'_>,
) -> (usize, Vec<String>) {
    let mut differ = Vec::new();
    let files = files(&root.join(folder));
    for file in &files {
        let name = format!("{folder}/{}", file.file_name().unwrap().to_str().unwrap());
        let bytes = std::fs::read(file).unwrap();
        let said = match kind {
            Kind::Command => Command::read(&bytes, language).err(),
            Kind::Response => Response::read(&bytes, language).err(),
        };
        let disputed = REFUSED.iter().find(|(file, ..)| *file == name);
        if let Some((_, section, words)) = disputed {
            let said = said.as_ref().map(ToString::to_string);
            let right = said.as_ref().is_some_and(|said| said.contains(words));
            assert!(right, "{name}, {section}: {said:?}");
        }
        let good = good && disputed.is_none();
        if said.is_none() != good {
            differ.push(format!(
                "{name}: {}",
                said.map_or("taken".to_owned(), |fault| fault.to_string())
            ));
        }
    }
    (files.len(), differ)
}

/// The profiles of the set `profiles`, and how many messages of which folders there are.
const PROFILES: [&str; 8] = [
    "blinky",
    "er",
    "honeypots",
    "intrusion-detection",
    "new-profile-template",
    "sbom",
    "sfpf",
    "slpf",
];

#[test]
fn every_message_of_the_sets_is_judged_as_the_specification_says() {
    let test = "every_message_of_the_sets_is_judged_as_the_specification_says";
    let Some(root) = sakimori_testkit::data(test, "response/openc2") else {
        return;
    };
    let open = Language {
        profiles: &[&Slpf],
        others: true,
    };
    let (acme, mine, number) = (Open("x-acme"), Open("x-mycompany"), Open("x-395"));
    let packet = Language {
        profiles: &[&Slpf, &acme, &mine, &number],
        others: false,
    };
    let blinky = Language {
        profiles: &[&Blinky],
        others: false,
    };
    let mut sets: Vec<(String, &Language<'_>)> = vec![
        ("bberliner/{kind}s/{word}".to_owned(), &open),
        (format!("{FEST}/language/{{kind}}s/{{word}}"), &open),
        (format!("{FEST}/slpf/{{kind}}s/{{word}}"), &packet),
        (format!("{FEST}/slpf+acme/{{kind}}s/{{word}}"), &packet),
    ];
    for profile in PROFILES {
        let language = match profile {
            "blinky" => &blinky,
            "slpf" => &packet,
            _ => &open,
        };
        let folder = format!("usecases/profiles/{profile}/{{Word}}-{{kind}}");
        sets.push((folder, language));
    }
    let mut counts = [0; 4];
    let mut differ = Vec::new();
    for (folder, language) in sets {
        for (at, kind, good) in [
            (0, Kind::Command, true),
            (1, Kind::Command, false),
            (2, Kind::Response, true),
            (3, Kind::Response, false),
        ] {
            let folder = named(&folder, kind, good);
            if root.join(&folder).is_dir() {
                let (files, wrong) = judged(&root, &folder, kind, good, language);
                counts[at] += files;
                differ.extend(wrong);
            }
        }
    }
    assert_eq!(differ, Vec::<String>::new());
    // Commands good and bad, responses good and bad, as the sets' index counts them; the pair of `sbom` beside.
    assert_eq!(
        counts,
        [
            44 + 38 + 1 + 4 + 13,
            22 + 23 + 4 + 19,
            12 + 7 + 2 + 2 + 13,
            9 + 10 + 7 + 13
        ]
    );
}

const FEST: &str = "usecases/plugfest/TestData";

/// A folder's name with its words filled in.
fn named(folder: &str, kind: Kind, good: bool) -> String {
    let kind = match kind {
        Kind::Command => "command",
        Kind::Response => "response",
    };
    let (word, title) = if good {
        ("good", "Good")
    } else {
        ("bad", "Bad")
    };
    folder
        .replace("{kind}", kind)
        .replace("{word}", word)
        .replace("{Word}", title)
}

#[test]
fn a_list_of_parts_is_asked_for_and_answered_in_the_namespace_of_its_profile() {
    let test = "a_list_of_parts_is_asked_for_and_answered_in_the_namespace_of_its_profile";
    let Some(root) = sakimori_testkit::data(test, "response/openc2") else {
        return;
    };
    let root = root.join(FEST).join("sbom");
    let sbom = Open("sbom");
    let known = Language {
        profiles: &[&sbom],
        others: false,
    };
    let command = std::fs::read(root.join("cyclonedx_cmd.json")).unwrap();
    let command = Command::read(&command, &known).unwrap();
    assert_eq!(command.target.name(), "sbom:type");
    let response = std::fs::read(root.join("cyclonedx_rsp.json")).unwrap();
    assert_eq!(
        Response::read(&response, &known).unwrap().status,
        Status::Ok
    );
    // Who does not speak the profile takes neither.
    let other = Language {
        profiles: &[&Slpf],
        others: true,
    };
    assert!(Response::read(&response, &other).is_err());
}

#[test]
fn a_command_is_read_and_answered_in_the_form_in_which_it_was_sent() {
    let language = Language {
        profiles: &[&Slpf],
        others: false,
    };
    let bare = r#"{"action":"deny","target":{"ipv4_net":"198.51.100.7"},"args":{"stop_time":1700000000000},"command_id":"c-1"}"#;
    let framed_text = format!(
        r#"{{"headers":{{"request_id":"r-1","created":1699999000000,"from":"producer"}},"body":{{"openc2":{{"request":{bare}}}}}}}"#
    );
    let plain = framed(bare.as_bytes(), &language).unwrap();
    let boxed = framed(framed_text.as_bytes(), &language).unwrap();
    assert_eq!(plain.message, boxed.message);
    assert_eq!(plain.form, Form::Bare);
    let response = Response::of_status(Status::Forbidden, "no approval is stored");
    let answer = reply(&response, &plain.form, "filter", 5);
    assert_eq!(answer["status"], 403);
    let answer = reply(&response, &boxed.form, "filter", 5);
    assert_eq!(answer["headers"]["request_id"], "r-1");
    assert_eq!(answer["headers"]["to"][0], "producer");
    assert_eq!(answer["body"]["openc2"]["response"]["status"], 403);
    let inner = answer["body"]["openc2"]["response"].to_string();
    assert_eq!(
        Response::read(inner.as_bytes(), &language).unwrap(),
        response
    );
}

/// What a consumer without an approval says to a body.
fn said(body: &Value) -> (u16, String) {
    let name = "a-01".parse().unwrap();
    let engine = Engine::restore(Bounds::default(), 1, []);
    let known = Known {
        actuator: &name,
        deeds: Deed::ALL,
        commands_a_minute: 600,
        state: engine.state(),
        now: 1_800_000_000_000,
    };
    match hear(body.to_string().as_bytes(), MEDIA_TYPE, &known) {
        Heard::Do(wanted) => panic!("{wanted:?}"),
        Heard::Say(reply) => {
            let response = reply.response.unwrap();
            let words = response.status_text.unwrap_or_default();
            (response.status.code(), words)
        }
    }
}

#[test]
fn a_query_of_features_has_no_argument_but_that_all_is_wanted() {
    let query = |args: Value| {
        let features = json!({"features": ["versions"]});
        said(&json!({"action": "query", "target": features, "args": args})).0
    };
    assert_eq!(query(json!({"response_requested": "complete"})), 200);
    for args in [
        json!({"response_requested": "ack"}),
        json!({"response_requested": "none"}),
        json!({"start_time": 1_800_000_000_000_u64}),
        json!({"duration": 1000, "response_requested": "complete"}),
        json!({"slpf": {"direction": "both"}}),
    ] {
        assert_eq!(query(args.clone()), 400, "{args}");
    }
    assert_eq!(query(json!({"x-other": {}})), 501);
}

#[test]
fn what_is_none_of_the_language_is_told_beside_a_profile_of_others_too() {
    let deny = |args: Value, actuator: Value| {
        let target = json!({"x-other:thing": {"a": 1}});
        said(&json!({"action": "deny", "target": target, "args": args, "actuator": actuator})).0
    };
    let good = json!({"duration": 1000});
    let other = json!({"x-other": {}});
    assert_eq!(deny(good.clone(), other.clone()), 501);
    for args in [
        json!({}),
        json!({"response_requested": true}),
        json!({"response_requested": "all"}),
        json!({"start_time": 1, "stop_time": 2, "duration": 1}),
        // No namespace is a number: this is a member that is written wrong.
        json!({"stop_tme": 1_800_000_600_000_u64}),
    ] {
        assert_eq!(deny(args.clone(), other.clone()), 400, "{args}");
    }
    assert_eq!(deny(good.clone(), json!({})), 400);
    assert_eq!(deny(good.clone(), json!({"x-other": {}, "slpf": {}})), 400);
    for (namespace, status) in [
        ("er", 501),
        ("x-of_16_letters_", 501),
        ("x-of_17_letters__", 400),
        ("of_17_letters____", 400),
        ("X-other", 400),
        ("x-", 400),
        ("", 400),
    ] {
        let actuator = json!({namespace: {}});
        assert_eq!(deny(good.clone(), actuator), status, "{namespace}");
    }
}

#[test]
fn a_command_in_a_frame_without_a_number_has_that_of_its_request() {
    let deny = |request_id: &str| {
        let own = json!({"actuator": "a-01", "measure": "3e".repeat(16), "revision": 1, "step": 1, "created": 1_800_000_000_000_u64});
        let command = json!({
            "action": "deny", "target": {"domain_name": "bad.example"}, "args": {"duration": 1000},
            "actuator": {"x-sakimori": own},
        });
        said(&json!({
            "headers": {"request_id": request_id}, "body": {"openc2": {"request": command}},
        }))
    };
    // With a number it comes as far as the approval, which is not there.
    assert_eq!(deny("95ad511c-3339-4111-9c47-9156c47d37d3").0, 403);
    for none in ["", "two words", &"9".repeat(37)] {
        let (status, words) = deny(none);
        assert_eq!(status, 400, "{none}");
        assert!(words.contains("command_id"), "{words}");
    }
}

#[test]
fn times_come_to_a_span_or_to_a_reason() {
    let args = |start_time, stop_time, duration| Args {
        start_time,
        stop_time,
        duration,
        ..Args::default()
    };
    let span = |start, stop| Ok(Span { start, stop });
    for (args, expected) in [
        (args(None, None, None), span(100, None)),
        (args(Some(50), None, None), span(50, None)),
        (args(None, Some(200), None), span(100, Some(200))),
        (args(None, None, Some(30)), span(100, Some(130))),
        (args(Some(50), None, Some(30)), span(50, Some(80))),
        (args(None, Some(200), Some(30)), span(170, Some(200))),
        (args(Some(50), Some(60), None), span(50, Some(60))),
        (args(Some(60), Some(60), None), Err(SpanError::Backwards)),
        (args(None, Some(90), None), Err(SpanError::Backwards)),
        (args(None, None, Some(u64::MAX)), Err(SpanError::Late)),
        (args(None, None, Some(0)), Err(SpanError::Backwards)),
    ] {
        assert_eq!(args.span(100), expected, "{args:?}");
    }
}

#[test]
fn names_and_numbers_of_devices_are_what_they_are_called() {
    let language = Language {
        profiles: &[&Slpf],
        others: false,
    };
    let taken = |member: &str, value: &str| {
        let text = format!(r#"{{"action":"deny","target":{{"{member}":"{value}"}}}}"#);
        Command::read(text.as_bytes(), &language).is_ok()
    };
    for (member, value, expected) in [
        ("mac_addr", "00:00:5e:00:53:af", true),
        ("mac_addr", "+0:00:5e:00:53:af", false),
        ("mac_addr", "00:00:5e:00:53:+f", false),
        ("domain_name", "bad.example", true),
        ("domain_name", "bad.example.", true),
        ("domain_name", "4.example", true),
        ("domain_name", "_dmarc.bad.example", false),
        ("domain_name", "198.51.100.7", false),
        ("domain_name", "127.1", false),
        ("domain_name", "7", false),
        ("domain_name", "2001:db8::7", false),
    ] {
        assert_eq!(taken(member, value), expected, "{member} {value}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let language = Language { profiles: &[&Slpf], others: true };
        let _ = framed(&bytes, &language);
        let _ = Response::read(&bytes, &language);
    }

    #[test]
    fn no_changed_byte_of_a_command_makes_a_reader_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let language = Language { profiles: &[&Slpf], others: true };
        let mut bytes = br#"{"action":"deny","target":{"ipv6_connection":{"src_addr":"2001:db8::/64","dst_port":53,"protocol":"udp"}},"args":{"start_time":1,"duration":2,"slpf":{"direction":"both"}},"actuator":{"slpf":{"asset_tuple":["a"]}},"command_id":"x"}"#.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(framed) = framed(&bytes, &language) {
            let _ = framed.message.args.span(7);
        }
    }
}
