//! What must not be believed or done: names that are none, servers that lie or say nothing, configurations that cannot be.

use crate::servers::{Options, Servers, TestClock, effect, write_secret};
use base64::Engine;
use sakimori_actuator::dns::{Clock, Config, Rpz};
use sakimori_actuator::substrate::{Fault, Substrate};
use sakimori_respond::engine::Deed;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

/// A configuration whose server is at a port.
fn value(folder: &std::path::Path, port: u16) -> Value {
    let secret = base64::engine::general_purpose::STANDARD.encode([7; 32]);
    write_secret(folder, &secret);
    json!({
        "zone": "rpz.owner.example.jp",
        "primary": format!("127.0.0.1:{port}"),
        "key": { "name": "actuator", "file": folder.join("secret") },
        "folder": folder,
        "sinkhole": ["192.0.2.99"],
        "exempt": ["*.owner.example.jp", "www.free.example"],
        "resolvers": [{ "name": "u", "kind": "unbound", "address": "127.0.0.1:1" }],
    })
}

fn config(value: Value) -> Config {
    serde_json::from_value(value).unwrap()
}

#[test]
fn names_that_nobody_may_touch_are_refused_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    // Nobody listens there: what is refused is refused without the server.
    let mut rpz = Rpz::open(config(value(folder.path(), 1)), clock.clone()).unwrap();
    let long = format!("{}.example", ["a"; 115].join("."));
    for target in [
        ".",
        "",
        "*",
        "*.",
        "jp",
        "*.jp",
        "example",
        "co.jp",
        "*.com",
        "127.0.0.1",
        "192.0.2.0/24",
        "2001:db8::1",
        "bad_name.example\n",
        "Bad.Example",
        "bad.example.",
        " bad.example",
        "bad..example",
        "32.1.2.0.192.rpz-ip",
        "24.0.2.0.192.rpz-client-ip",
        "ns.example.rpz-nsdname",
        "x.sakimori.alt",
        "generation.sakimori.alt",
        "*.sakimori.alt",
        "rpz.owner.example.jp",
        "x.rpz.owner.example.jp",
        "*.example.jp",
        "a.owner.example.jp",
        "*.b.owner.example.jp",
        "www.free.example",
        &long,
        "*.*.example",
        "a.*.example",
        "１２７.0.0.1",
    ] {
        let one = effect(1, Deed::NoAnswer, target, 600, &*clock);
        for refused in [
            rpz.rehearse(Deed::NoAnswer, target),
            rpz.before(&one).map(drop),
            rpz.apply(&one),
        ] {
            assert!(
                matches!(refused, Err(Fault::Never { .. })),
                "{target:?}: {refused:?}"
            );
        }
    }
    for deed in [Deed::Block, Deed::Freeze, Deed::Notify] {
        let refused = rpz.rehearse(deed, "bad.example");
        assert!(matches!(refused, Err(Fault::Never { .. })), "{refused:?}");
    }
    // Neighbours of what is kept are not kept.
    for target in ["free.example", "*.free.example", "x.www.free.example"] {
        let allowed = rpz.before(&effect(1, Deed::Sinkhole, target, 600, &*clock));
        assert!(allowed.is_ok(), "{target}: {allowed:?}");
    }
}

#[test]
fn without_a_sinkhole_nothing_is_led_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut value = value(folder.path(), 1);
    value["sinkhole"] = json!([]);
    let mut rpz = Rpz::open(config(value), TestClock::new()).unwrap();
    let refused = rpz.rehearse(Deed::Sinkhole, "bad.example");
    assert!(matches!(refused, Err(Fault::Never { .. })), "{refused:?}");
}

/// A server that does one thing with whoever connects.
fn serve(act: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let act = Arc::new(act);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let act = Arc::clone(&act);
            std::thread::spawn(move || act(stream));
        }
    });
    port
}

/// What was asked, without its length.
fn asked(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    if stream.read_exact(&mut length).is_err() {
        return Vec::new();
    }
    let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut bytes).ok();
    bytes
}

fn say(stream: &mut TcpStream, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length[..], bytes].concat()).ok();
}

/// The header of an answer with these counts.
fn header(question: &[u8], counts: [u16; 4]) -> Vec<u8> {
    let mut out = question.get(..2).unwrap_or(&[0, 0]).to_vec();
    out.extend([0x84, 0]);
    for count in counts {
        out.extend(count.to_be_bytes());
    }
    out
}

/// Servers that say nothing, or not in time.
fn silent() -> Vec<(&'static str, u16)> {
    let waits = serve(|mut stream| {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).ok();
    });
    let drips = serve(|mut stream| {
        stream.write_all(&[0xff, 0xff]).ok();
        while stream.write_all(&[0]).is_ok() {
            std::thread::park_timeout(Duration::from_millis(100));
        }
    });
    vec![
        ("closes", serve(drop)),
        ("is silent", waits),
        ("drips", drips),
        ("says nothing", serve(|mut stream| say(&mut stream, &[]))),
        ("nobody", 1),
    ]
}

/// A server that answers a question with bytes made of it.
fn answering(answer: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    serve(move |mut stream| {
        let question = asked(&mut stream);
        say(&mut stream, &answer(question));
    })
}

/// Servers that lie.
fn liars() -> Vec<(&'static str, u16)> {
    let unsigned = answering(|mut question| {
        let header = header(&question, [1, 0, 0, 0]);
        question.splice(..header.len().min(question.len()), header);
        question
    });
    let noise = answering(|question| {
        let mut noise = header(&question, [1, 40, 3, 2]);
        noise.extend((0..4000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8));
        noise
    });
    let circles = answering(|question| {
        let mut answer = header(&question, [0, 1, 0, 1]);
        answer.extend([0xc0, 12, 0xc0, 12, 0xc0, 14, 0, 1, 0, 1]);
        answer
    });
    let much = answering(|question| header(&question, [u16::MAX; 4]));
    vec![
        ("echoes", answering(|question| question)),
        ("does not sign", unsigned),
        ("counts more than there is", much),
        ("says noise", noise),
        ("points in circles", circles),
    ]
}

#[test]
fn a_server_that_lies_or_is_silent_is_a_fault_in_bounded_time() {
    let clock = TestClock::new();
    for (what, port) in silent().into_iter().chain(liars()) {
        let folder = tempfile::tempdir().unwrap();
        let mut rpz = Rpz::open(config(value(folder.path(), port)), clock.clone()).unwrap();
        let one = effect(1, Deed::NoAnswer, "bad.example", 600, &*clock);
        let begun = clock.counted();
        let refused = rpz.apply(&one);
        let taken = clock.counted().saturating_sub(begun);
        println!("{what}: {refused:?} in {taken:?}");
        assert!(matches!(refused, Err(Fault::Now { .. })), "{what}");
        assert!(taken < Duration::from_secs(20), "{what}: {taken:?}");
        assert!(rpz.look().is_err(), "{what}");
        assert!(rpz.release().is_err(), "{what}");
    }
}

/// A resolver that makes its answers of the questions.
fn resolver(answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut bytes) {
            let answer = answer(&bytes[..length]);
            if !answer.is_empty() {
                socket.send_to(&answer, from).ok();
            }
        }
    });
    port
}

/// An answer of one TXT record to a question.
fn texts(question: &[u8], text: &str) -> Vec<u8> {
    let mut out = header(question, [1, 1, 0, 0]);
    out.extend(&question[12..]);
    out.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0]);
    let length = u8::try_from(text.len()).unwrap();
    out.extend([length + 1, length]);
    out.extend(text.as_bytes());
    out
}

#[test]
fn a_resolver_that_lies_or_is_silent_enforces_nothing_in_bounded_time() {
    let options = Options {
        bind: false,
        unbound: false,
        settle_ms_max: 1_500,
        ..Options::default()
    };
    let Some(servers) = Servers::start("lying_resolver", options) else {
        return;
    };
    let clock = TestClock::new();
    let liars = [
        ("is silent", resolver(|_| Vec::new())),
        ("echoes", resolver(<[u8]>::to_vec)),
        ("says nothing", resolver(|_| vec![0])),
        (
            "counts more than there is",
            resolver(|q| header(q, [u16::MAX; 4])),
        ),
        (
            "has another number",
            resolver(|q| texts(q, "18446744073709551615")),
        ),
        ("has an old number", resolver(|q| texts(q, "7"))),
        ("has no number", resolver(|q| texts(q, "-1"))),
        (
            "answers another's",
            resolver(|q| {
                let mut answer = texts(q, "7");
                answer[0] ^= 0xff;
                answer
            }),
        ),
        (
            "answers another question",
            resolver(|q| {
                let mut answer = texts(q, "7");
                answer[13] ^= 1;
                answer
            }),
        ),
        (
            "says what it should to all, and no name is gone",
            resolver(|q| texts(q, "1")),
        ),
    ];
    for (what, port) in liars {
        let mut config = servers.config();
        let resolver =
            json!({ "name": "liar", "kind": "unbound", "address": format!("127.0.0.1:{port}") });
        config
            .resolvers
            .push(serde_json::from_value(resolver).unwrap());
        let mut rpz = Rpz::open(config, clock.clone()).unwrap();
        let begun = clock.counted();
        let refused = rpz.apply(&effect(1, Deed::NoAnswer, "bad.example", 600, &*clock));
        let taken = clock.counted().saturating_sub(begun);
        println!("{what}: {refused:?} in {taken:?}");
        let Err(Fault::Now { why, .. }) = &refused else {
            panic!("{what}: {refused:?}");
        };
        assert!(why.starts_with("liar: "), "{what}: {why}");
        assert!(taken < Duration::from_secs(15), "{what}: {taken:?}");
        assert!(
            !matches!(rpz.look(), Ok(found) if !found.is_empty()),
            "{what}"
        );
    }
}

/// A field's name, and what makes it wrong.
type Case<'a> = (&'static str, &'a dyn Fn(&mut Value));

#[test]
fn a_configuration_that_cannot_be_is_refused_with_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut value = value(folder.path(), 1);
        change(&mut value);
        let read: Result<Config, _> = serde_json::from_value(value);
        match read {
            Err(error) => error.to_string(),
            Ok(config) => Rpz::open(config, TestClock::new())
                .err()
                .map_or_else(String::new, |error| error.to_string()),
        }
    };
    assert_eq!(refused(&|_| {}), "");
    let cases: [Case<'_>; 11] = [
        ("unknown field `ttl`", &|v| v["ttl"] = json!(5)),
        ("`zone`", &|v| v["zone"] = json!("127.0.0.1")),
        ("`zone`", &|v| {
            v["zone"] = json!("a.".repeat(60) + "example");
        }),
        ("`sinkhole`", &|v| {
            v["sinkhole"] = json!(vec!["192.0.2.1"; 9]);
        }),
        ("`exempt`", &|v| v["exempt"] = json!(["192.0.2.0/24"])),
        ("`resolvers`", &|v| v["resolvers"] = json!([])),
        ("`complaint`", &|v| v["complaint"] = json!("a\nb")),
        ("`ttl_seconds`", &|v| v["ttl_seconds"] = json!(100_000)),
        ("`settle_ms_max`", &|v| v["settle_ms_max"] = json!(1)),
        ("`rehearsal`", &|v| {
            v["rehearsal"] = json!("rpz.owner.example.jp");
        }),
        ("the key's file", &|v| {
            v["key"]["file"] = json!("/nonexistent");
        }),
    ];
    for (wanted, change) in cases {
        let said = refused(change);
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let open = folder.path().join("open");
    std::fs::write(&open, "MDEyMzQ1Njc4OWFiY2RlZg==").unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refused(&|v| v["key"]["file"] = json!(open)).contains("everybody may read it"));
    let bad: Value = json!({ "name": "b", "kind": "bind", "address": "127.0.0.1:1",
        "control": { "program": "/bin/true", "config": "/dev/null" } });
    assert!(refused(&|v| v["resolvers"] = json!([bad.clone()])).contains("only Unbound"));
}
