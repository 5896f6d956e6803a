//! The consumer: the messages of the sets, each rule with its status, forms, receipts, and the examples of the page.

mod sets;

use proptest::prelude::*;
use sakimori_authority::clock::Judged;
use sakimori_authority::measure::family;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_respond::consumer::receipt::{Line, Receipt, Standing};
use sakimori_respond::consumer::{Heard, Known, Wanted, hear, rule_number};
use sakimori_respond::engine::{Act, Allowed, Answer, Bounds, Deed, Engine, Event, Permit};
use sakimori_respond::openc2::{MEDIA_TYPE, Status};
use serde_json::{Value, json};

const NOW: u64 = 1_800_000_000;
const SURE: Judged = Judged::Sure(Seconds(NOW));
const MEASURE: AuthorityId = AuthorityId([0x3e; 16]);

fn name() -> Name {
    "a-01".parse().unwrap()
}

/// An engine with an approval of these effects, leased.
fn engine(effects: &[(Deed, &str)]) -> Engine {
    let mut engine = Engine::restore(Bounds::default(), 1, []);
    engine.take(Event::Seen(Vec::new()), SURE);
    let allowed = effects.iter().map(|(deed, target)| Allowed {
        deed: *deed,
        target: (*target).to_owned(),
    });
    engine.take(
        Event::Permit(Permit {
            measure: family(MEASURE),
            revision: 1,
            not_before: Seconds(NOW - 10),
            not_after: Seconds(NOW + 10_000),
            allowed: allowed.collect(),
            most: 10,
        }),
        SURE,
    );
    engine.take(
        Event::Lease {
            measure: family(MEASURE),
            revision: 1,
            until: Seconds(NOW + 3600),
        },
        SURE,
    );
    engine
}

fn heard(engine: &Engine, deeds: &[Deed], body: &[u8], kind: &str) -> Heard {
    let name = name();
    let known = Known {
        actuator: &name,
        deeds,
        commands_a_minute: 600,
        state: engine.state(),
        now: NOW * 1000,
    };
    hear(body, kind, &known)
}

/// Does what a wanted command asks, with a substrate that obeys, and gives the answer.
fn done(engine: &mut Engine, wanted: &Wanted) -> Answer {
    let mut acts = engine.take(Event::Command(wanted.intent.clone()), SURE);
    let mut at = 0;
    while at < acts.len() {
        let more = match &acts[at] {
            Act::Apply(ticket, effect) => engine.take(
                Event::Applied {
                    key: effect.key.clone(),
                    ticket: *ticket,
                    well: true,
                },
                SURE,
            ),
            Act::Remove(ticket, key) => engine.take(
                Event::Removed {
                    key: key.clone(),
                    ticket: *ticket,
                    well: true,
                },
                SURE,
            ),
            _ => Vec::new(),
        };
        acts.extend(more);
        at += 1;
    }
    let said = acts.into_iter().rev().find_map(|act| match act {
        Act::Say(_, answer) => Some(answer),
        _ => None,
    });
    said.unwrap()
}

/// The status that a body comes to.
fn status(engine: &mut Engine, deeds: &[Deed], body: &Value) -> (Status, String) {
    match heard(engine, deeds, body.to_string().as_bytes(), MEDIA_TYPE) {
        Heard::Say(reply) => {
            let response = reply.response.unwrap();
            (response.status, response.status_text.unwrap_or_default())
        }
        Heard::Do(wanted) => {
            let answer = done(engine, &wanted);
            (answer.status, answer.words)
        }
    }
}

fn specifier(step: u64) -> Value {
    json!({"x-sakimori": {
        "actuator": "a-01", "measure": MEASURE.to_string(), "revision": 1, "step": step, "created": NOW * 1000,
    }})
}

fn command(id: &str, step: u64, action: &str, target: &Value) -> Value {
    let mut args = json!({"stop_time": (NOW + 600) * 1000});
    if target.get("ipv4_net").is_some() || target.get("ipv6_net").is_some() {
        args["slpf"] = json!({"direction": "both", "persistent": false});
    }
    json!({"action": action, "target": target, "args": args, "actuator": specifier(step), "command_id": id})
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of rules with their status")]
fn each_rule_has_its_status() {
    let net = json!({"ipv4_net": "198.51.100.7/32"});
    let ours = [Deed::Block, Deed::NoAnswer];
    let edit = |pointer: &str, name: &str, value: Option<Value>| {
        let mut body = command("c-1", 1, "deny", &net);
        let at = body.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => at.insert(name.to_owned(), value),
            None => at.remove(name),
        };
        body
    };
    let own = "/actuator/x-sakimori";
    let late = (NOW + 601) * 1000;
    let table: Vec<(&str, Value, Status)> = vec![
        (
            "as it should be",
            command("c-1", 1, "deny", &net),
            Status::Ok,
        ),
        (
            "an unknown member",
            edit("", "more", Some(json!(1))),
            Status::BadRequest,
        ),
        (
            "an unknown argument of ours",
            edit("/args", "x-sakimori", Some(json!({"more": 1}))),
            Status::BadRequest,
        ),
        (
            "a deed that is none",
            edit("/args", "x-sakimori", Some(json!({"deed": "scan"}))),
            Status::BadRequest,
        ),
        (
            "a deed for another target",
            edit("/args", "x-sakimori", Some(json!({"deed": "freeze"}))),
            Status::BadRequest,
        ),
        (
            "a deed that is not done here",
            edit("/args", "x-sakimori", Some(json!({"deed": "black-hole"}))),
            Status::NotImplemented,
        ),
        (
            "no end",
            edit("/args", "stop_time", None),
            Status::BadRequest,
        ),
        (
            "an end before its beginning",
            edit("/args", "stop_time", Some(json!(1))),
            Status::BadRequest,
        ),
        (
            "three times",
            {
                let mut body = edit("/args", "start_time", Some(json!(NOW * 1000)));
                body["args"]["duration"] = json!(1000);
                body
            },
            Status::BadRequest,
        ),
        (
            "a beginning that is later",
            edit("/args", "start_time", Some(json!((NOW + 60) * 1000))),
            Status::NotImplemented,
        ),
        (
            "no direction",
            edit("/args", "slpf", Some(json!({"persistent": false}))),
            Status::BadRequest,
        ),
        (
            "one direction",
            edit(
                "/args",
                "slpf",
                Some(json!({"direction": "ingress", "persistent": false})),
            ),
            Status::NotImplemented,
        ),
        (
            "no word on a restart",
            edit("/args", "slpf", Some(json!({"direction": "both"}))),
            Status::BadRequest,
        ),
        (
            "for ever",
            edit(
                "/args",
                "slpf",
                Some(json!({"direction": "both", "persistent": true})),
            ),
            Status::NotImplemented,
        ),
        (
            "a place in a list",
            edit(
                "/args",
                "slpf",
                Some(json!({"direction": "both", "persistent": false, "insert_rule": 3})),
            ),
            Status::NotImplemented,
        ),
        (
            "a word to the sender",
            edit(
                "/args",
                "slpf",
                Some(json!({"direction": "both", "persistent": false, "drop_process": "reject"})),
            ),
            Status::NotImplemented,
        ),
        (
            "no number",
            edit("", "command_id", None),
            Status::BadRequest,
        ),
        ("no measure", edit("", "actuator", None), Status::Forbidden),
        (
            "packet filtering's actuator alone",
            edit(
                "",
                "actuator",
                Some(json!({"slpf": {"hostname": "fw.example"}})),
            ),
            Status::Forbidden,
        ),
        (
            "another measure",
            edit(own, "measure", Some(json!("00".repeat(16)))),
            Status::Forbidden,
        ),
        (
            "a revision that is not stored",
            edit(own, "revision", Some(json!(2))),
            Status::Forbidden,
        ),
        (
            "another actuator",
            edit(own, "actuator", Some(json!("a-02"))),
            Status::NotFound,
        ),
        (
            "a measure that is no id",
            edit(own, "measure", Some(json!("M1"))),
            Status::BadRequest,
        ),
        (
            "a step of nothing",
            edit(own, "step", Some(json!(0))),
            Status::BadRequest,
        ),
        (
            "a time long past",
            edit(own, "created", Some(json!((NOW - 400) * 1000))),
            Status::BadRequest,
        ),
        (
            "behind the approval's end",
            edit("/args", "stop_time", Some(json!((NOW + 20_000) * 1000))),
            Status::Forbidden,
        ),
        (
            "longer than the owner allows",
            edit("/args", "stop_time", Some(json!((NOW + 9 * 86_400) * 1000))),
            Status::BadRequest,
        ),
        (
            "another target",
            edit("", "target", Some(json!({"ipv4_net": "198.51.100.8/32"}))),
            Status::Forbidden,
        ),
        (
            "a wider target",
            edit("", "target", Some(json!({"ipv4_net": "198.51.100.0/24"}))),
            Status::Forbidden,
        ),
        (
            "bits behind the prefix",
            edit("", "target", Some(json!({"ipv4_net": "198.51.100.7/24"}))),
            Status::NotImplemented,
        ),
        (
            "two targets",
            edit("/target", "domain_name", Some(json!("bad.example"))),
            Status::BadRequest,
        ),
        (
            "nothing that is in force",
            command("c-1", 1, "allow", &net),
            Status::NotFound,
        ),
        (
            "a scan",
            edit("", "action", Some(json!("scan"))),
            Status::NotImplemented,
        ),
        (
            "a profile of others",
            edit("/args", "x-acme", Some(json!({"a": 1}))),
            Status::NotImplemented,
        ),
        (
            "a target of others",
            edit("", "target", Some(json!({"x-acme:coyote": "a"}))),
            Status::NotImplemented,
        ),
        (
            "a mail address",
            edit("", "target", Some(json!({"email_addr": "a@bad.example"}))),
            Status::NotImplemented,
        ),
        (
            "a rule that is not there",
            edit("", "target", Some(json!({"slpf:rule_number": 12}))),
            Status::NotImplemented,
        ),
    ];
    for (what, body, expected) in table {
        let mut engine = engine(&[(Deed::Block, "198.51.100.7/32")]);
        let (status, words) = status(&mut engine, &ours, &body);
        assert_eq!(status, expected, "{what}: {words}");
        let wanted = engine.state().wanted().count();
        assert_eq!(wanted, usize::from(expected == Status::Ok), "{what}");
    }
    let mut engine = engine(&[(Deed::Block, "198.51.100.7/32")]);
    let longer = edit("/args", "stop_time", Some(json!(late)));
    assert_eq!(
        status(&mut engine, &ours, &command("c-1", 1, "deny", &net)).0,
        Status::Ok
    );
    // One number, two commands.
    assert_eq!(status(&mut engine, &ours, &longer).0, Status::BadRequest);
    // An older step.
    let older = command("c-2", 1, "deny", &net);
    assert_eq!(status(&mut engine, &ours, &older).0, Status::BadRequest);
}

#[test]
fn a_rule_is_taken_back_by_its_number_and_a_time_comes_to_the_same_whenever_it_is_read() {
    let net = json!({"ipv4_net": "198.51.100.7"});
    let mut engine = engine(&[(Deed::Block, "198.51.100.7/32")]);
    let mut deny = command("c-1", 1, "deny", &net);
    deny["args"]["duration"] = json!(600_000);
    deny["args"].as_object_mut().unwrap().remove("stop_time");
    let Heard::Do(wanted) = heard(
        &engine,
        &[Deed::Block],
        deny.to_string().as_bytes(),
        MEDIA_TYPE,
    ) else {
        panic!("refused");
    };
    assert_eq!(wanted.intent.until, Some(Seconds(NOW + 600)));
    let answer = done(&mut engine, &wanted);
    let reply = wanted.reply(&answer, Some("a note — \u{1F512}\n"));
    let bytes = reply.bytes("a-01", NOW * 1000);
    assert!(bytes.is_ascii());
    let said: Value = serde_json::from_slice(&bytes).unwrap();
    let number = said.pointer("/results/slpf/rule_number").unwrap();
    assert_eq!(number.as_u64(), Some(rule_number(&wanted.intent.key)));
    assert_eq!(
        said.pointer("/results/x-sakimori/receipt").unwrap(),
        "a note — \u{1F512}\n"
    );
    let delete = json!({
        "action": "delete", "target": {"slpf:rule_number": number}, "actuator": specifier(2), "command_id": "c-2",
    });
    assert_eq!(status(&mut engine, &[Deed::Block], &delete).0, Status::Ok);
    assert_eq!(engine.state().wanted().count(), 0);
    let again = json!({
        "action": "delete", "target": {"slpf:rule_number": number}, "actuator": specifier(3), "command_id": "c-3",
    });
    assert_eq!(
        status(&mut engine, &[Deed::Block], &again).0,
        Status::NotFound
    );
}

#[test]
fn things_of_a_host_are_known_by_all_that_tells_them_apart() {
    let hash = "ab".repeat(32);
    let process = json!({"process": {"pid": 4711, "executable": {"hashes": {"sha256": hash}}}});
    let target = format!("process:4711:991:{hash}");
    let file = json!({"file": {"path": "/tmp/bad one", "hashes": {"sha256": hash}}});
    let file_target = format!("file:{hash}:/tmp/bad%20one");
    let device = json!({"device": {"hostname": "srv-1.example"}});
    let deeds = [Deed::Freeze, Deed::Stop, Deed::Quarantine, Deed::Isolate];
    let mut engine = engine(&[
        (Deed::Stop, &target),
        (Deed::Quarantine, &file_target),
        (Deed::Isolate, "host:srv-1.example"),
    ]);
    let mut body = command("c-1", 1, "deny", &process);
    assert_eq!(status(&mut engine, &deeds, &body).0, Status::NotImplemented);
    body["args"]["x-sakimori"] = json!({"start": 991});
    // The usual deed is to freeze it, and that was not approved.
    assert_eq!(status(&mut engine, &deeds, &body).0, Status::Forbidden);
    body["args"]["x-sakimori"] = json!({"start": 991, "deed": "stop"});
    body["command_id"] = json!("c-2");
    assert_eq!(status(&mut engine, &deeds, &body).0, Status::Ok);
    assert_eq!(
        status(&mut engine, &deeds, &command("c-3", 1, "deny", &file)).0,
        Status::Ok
    );
    assert_eq!(
        status(&mut engine, &deeds, &command("c-4", 1, "deny", &device)).0,
        Status::Ok
    );
}

#[test]
fn features_are_answered_in_the_form_in_which_they_are_asked() {
    let engine = engine(&[]);
    let query = json!({"action": "query", "target": {"features": ["versions", "profiles", "pairs", "rate_limit"]}});
    let framed = json!({"headers": {"request_id": "r-1", "from": "producer"}, "body": {"openc2": {"request": query}}});
    for (body, at) in [(&query, ""), (&framed, "/body/openc2/response")] {
        let Heard::Say(reply) = heard(
            &engine,
            &[Deed::Block],
            body.to_string().as_bytes(),
            MEDIA_TYPE,
        ) else {
            panic!("not answered");
        };
        let said: Value = serde_json::from_slice(&reply.bytes("a-01", 5)).unwrap();
        let response = said.pointer(at).unwrap();
        assert_eq!(response["status"], 200);
        assert_eq!(response["results"]["versions"], json!(["1.0"]));
        assert_eq!(
            response["results"]["profiles"],
            json!(["x-sakimori", "slpf"])
        );
        assert_eq!(response["results"]["rate_limit"], 600);
        assert_eq!(
            response["results"]["pairs"]["deny"],
            json!(["ipv4_net", "ipv6_net"])
        );
        assert_eq!(
            response["results"]["pairs"]["delete"],
            json!(["slpf:rule_number"])
        );
    }
    // What is not understood is answered in its form too.
    let broken = json!({"headers": {"request_id": "r-2"}, "body": {"openc2": {"request": {"action": "deny"}}}});
    let Heard::Say(reply) = heard(&engine, &[], broken.to_string().as_bytes(), MEDIA_TYPE) else {
        panic!("not answered");
    };
    let said: Value = serde_json::from_slice(&reply.bytes("a-01", 5)).unwrap();
    assert_eq!(said.pointer("/headers/request_id").unwrap(), "r-2");
    assert_eq!(said.pointer("/body/openc2/response/status").unwrap(), 400);
    for kind in [
        "",
        "application/json",
        "application/openc2+json;version=2.0",
    ] {
        let Heard::Say(reply) = heard(&engine, &[], query.to_string().as_bytes(), kind) else {
            panic!("not answered");
        };
        assert_eq!(reply.status(), Some(Status::BadRequest), "{kind}");
    }
    for kind in [
        "application/openc2+json",
        "application/openc2-cmd+json; version=1.0",
    ] {
        let Heard::Say(reply) = heard(&engine, &[], query.to_string().as_bytes(), kind) else {
            panic!("not answered");
        };
        assert_eq!(reply.status(), Some(Status::Ok), "{kind}");
    }
}

#[test]
fn a_receipt_reads_back_and_nothing_else_is_one() {
    let receipt = Receipt {
        actuator: name(),
        time: Seconds(NOW),
        run: 7,
        serial: 3,
        is_stopped: false,
        gaps: 0,
        command: "c-1".to_owned(),
        effects: vec![Line {
            measure: [7; 32],
            deed: Deed::Block,
            standing: Standing::InForce,
            until: Seconds(NOW + 60),
            times: 12,
            bytes: 1024,
            target: "198.51.100.7/32".to_owned(),
        }],
    };
    let text = receipt.to_string();
    assert_eq!(Receipt::parse(&text), Ok(receipt));
    for (from, to) in [
        ("sakimori/effect/v1", "sakimori/effect/v2"),
        ("stopped: no", "stopped: maybe"),
        ("block", "scan"),
        (" 12 ", " 012 "),
        ("serial: 3", "serial: +3"),
        ("198.51.100.7/32\n", "198.51.100.7/32"),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(Receipt::parse(&text.replace(from, to)).is_err(), "{to}");
    }
    // How often something was gone is told where it was; one that was signed without is read as it was.
    let told = text.replace("stopped: no", "stopped: no\ngaps: 2");
    let read = Receipt::parse(&told).unwrap();
    assert_eq!((read.gaps, read.to_string()), (2, told));
    for gaps in ["gaps: 0", "gaps: 02", "gaps: ", "gaps: 1\ngaps: 1"] {
        let other = text.replace("stopped: no", &format!("stopped: no\n{gaps}"));
        assert!(Receipt::parse(&other).is_err(), "{gaps}");
    }
    // What nobody can see is a word of its own.
    let unseen = text.replace(" in-force ", " unseen ");
    let read = Receipt::parse(&unseen).unwrap();
    assert_eq!(read.effects[0].standing, Standing::Unseen);
}

#[test]
fn the_examples_of_the_page_are_what_the_consumer_says() {
    let page = include_str!("../../../../docs/reference/openc2.md");
    let mut engine = engine(&[
        (Deed::Block, "198.51.100.7/32"),
        (Deed::NoAnswer, "bad.example"),
    ]);
    let (mut count, mut framed) = (0, 0);
    for example in page.split("```json\n").skip(1) {
        let text = example.split("```").next().unwrap();
        let after = example.split("```").nth(1).unwrap();
        let body: Value = serde_json::from_str(text).unwrap();
        let expected: u16 = after
            .trim()
            .split([' ', ':'])
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let deeds = [Deed::Block, Deed::NoAnswer];
        // As the page has it, in whichever form that is.
        let (status, words) = status(&mut engine, &deeds, &body);
        assert_eq!(status.code(), expected, "{text}: {words}");
        count += 1;
        framed += usize::from(body.pointer("/body/openc2/request").is_some());
    }
    assert!(count >= 5, "{count} examples");
    assert!(framed >= 1, "none of them is framed");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_are_done_by_chance(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let engine = engine(&[(Deed::Block, "198.51.100.7/32")]);
        prop_assert!(matches!(heard(&engine, Deed::ALL, &bytes, MEDIA_TYPE), Heard::Say(_)));
    }

    #[test]
    fn a_changed_byte_never_aims_at_what_was_not_approved(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut engine = engine(&[(Deed::Block, "198.51.100.7/32")]);
        let mut bytes = command("c-1", 1, "deny", &json!({"ipv4_net": "198.51.100.7/32"})).to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Heard::Do(wanted) = heard(&engine, Deed::ALL, &bytes, MEDIA_TYPE) {
            let _ = done(&mut engine, &wanted);
        }
        for (key, until) in engine.state().wanted() {
            prop_assert_eq!((key.deed, key.target.as_str()), (Deed::Block, "198.51.100.7/32"));
            prop_assert!(until.0 <= NOW + 10_001);
        }
    }
}
