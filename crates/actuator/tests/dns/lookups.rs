//! Where names lead, asked of the owner's resolvers before anything of them begins.

use crate::servers::{Options, Servers, TestClock, effect, write_secret};
use base64::Engine;
use domain::base::Message;
use sakimori_actuator::dns::{Clock, Rpz};
use sakimori_actuator::led::{Eyes, Led, LedError};
use sakimori_actuator::substrate::Substrate;
use sakimori_respond::engine::Deed;
use sakimori_respond::safety::Name;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

fn names(led: &Led) -> Vec<&str> {
    led.seen.aliases.iter().map(Name::as_str).collect()
}

fn addresses(led: &Led) -> Vec<String> {
    led.seen.addresses.iter().map(IpAddr::to_string).collect()
}

#[test]
fn a_name_is_looked_up_with_all_other_names_and_addresses_that_it_leads_to() {
    let Some(mut servers) = Servers::start("look_up", Options::default()) else {
        return;
    };
    // Both kinds of resolvers, each alone.
    for name in ["bind", "unbound"] {
        let mut config = servers.config();
        config.resolvers.retain(|one| one.name == name);
        let clock = TestClock::new();
        let mut rpz = Rpz::open(config, clock.clone()).unwrap();
        let eyes = rpz.eyes().unwrap();
        for target in ["alias.led.net", "*.alias.led.net"] {
            let led = eyes.led(target).unwrap();
            assert_eq!(names(&led), ["edge.cdn.net"], "{name}: {led:?}");
            assert_eq!(addresses(&led), ["203.0.113.80", "2001:db8::80"], "{name}");
            assert_eq!(led.unanswered, None, "{name}");
        }
        let led = eyes.led("far.led.net").unwrap();
        assert_eq!(names(&led), ["alias.led.net", "edge.cdn.net"], "{name}");
        let led = eyes.led("four.led.net").unwrap();
        assert_eq!(addresses(&led), ["203.0.113.81"], "{name}");
        // No such name is an answer.
        assert_eq!(eyes.led("none.led.net"), Ok(Led::default()), "{name}");
        // What our own policy answers leads to the sinkhole, which is nobody's but the owner's.
        rpz.apply(&effect(1, Deed::Sinkhole, "four.led.net", 600, &*clock))
            .unwrap();
        assert_eq!(eyes.led("four.led.net"), Ok(Led::default()), "{name}");
        rpz.release().unwrap();
    }
    // The servers of all names are gone: that is no matter of the resolver, and told.
    servers.end_upstream();
    for name in ["bind", "unbound"] {
        let mut config = servers.config();
        config.resolvers.retain(|one| one.name == name);
        let rpz = Rpz::open(config, TestClock::new()).unwrap();
        let led = rpz.eyes().unwrap().led("later.led.net").unwrap();
        assert!(led.is_nowhere(), "{name}");
        let why = led.unanswered.unwrap();
        assert!(why.contains("the name's own servers are silent"), "{why}");
    }
    // A resolver that does not follow the zone sees through the policy.
    let options = Options {
        bind: false,
        ..Options::default()
    };
    let Some(servers) = Servers::start("look_up", options) else {
        return;
    };
    let clock = TestClock::new();
    let mut config = servers.config();
    config.lookup = vec![([127, 0, 0, 1], servers.upstream).into()];
    let mut rpz = Rpz::open(config, clock.clone()).unwrap();
    let eyes = rpz.eyes().unwrap();
    rpz.apply(&effect(1, Deed::NoAnswer, "alias.led.net", 600, &*clock))
        .unwrap();
    let led = eyes.led("alias.led.net").unwrap();
    assert_eq!(names(&led), ["edge.cdn.net"]);
}

/// A resolver over TCP that does one thing with each question.
fn resolver(answer: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || while serve(&mut stream, &*answer).is_some() {});
        }
    });
    port
}

fn serve(stream: &mut TcpStream, answer: &dyn Fn(&[u8]) -> Vec<u8>) -> Option<()> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut question).ok()?;
    let said = answer(&question);
    if !said.is_empty() {
        let length = u16::try_from(said.len()).unwrap().to_be_bytes();
        stream.write_all(&[&length[..], &said].concat()).ok()?;
    }
    Some(())
}

/// An answer without records, of a code.
fn plain(question: &[u8], code: u8) -> Vec<u8> {
    let mut out = question.to_vec();
    out[2] |= 0x80;
    out[3] = 0x80 | code;
    out
}

fn is_own(question: &[u8]) -> bool {
    !Message::from_octets(question).unwrap().header().rd()
}

/// Many addresses.
fn many(question: &[u8]) -> Vec<u8> {
    let mut out = plain(question, 0);
    let is_four = question[question.len() - 3] == 1;
    if !is_four {
        return out;
    }
    out[6..8].copy_from_slice(&600_u16.to_be_bytes());
    for at in 0..600_u16 {
        out.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 203, 0]);
        out.extend(at.to_be_bytes());
    }
    out
}

fn looker(ports: &[u16]) -> (tempfile::TempDir, Arc<dyn Eyes>) {
    let folder = tempfile::tempdir().unwrap();
    let secret = base64::engine::general_purpose::STANDARD.encode([7; 32]);
    write_secret(folder.path(), &secret);
    let lookup: Vec<String> = ports
        .iter()
        .map(|port| format!("127.0.0.1:{port}"))
        .collect();
    let config = json!({
        "zone": "rpz.owner.example.jp", "primary": "127.0.0.1:1",
        "key": { "name": "actuator", "file": folder.path().join("secret") },
        "folder": folder.path(), "lookup": lookup,
        "resolvers": [{ "name": "u", "kind": "unbound", "address": "127.0.0.1:1" }],
    });
    let rpz = Rpz::open(serde_json::from_value(config).unwrap(), TestClock::new()).unwrap();
    let eyes = rpz.eyes().unwrap();
    (folder, eyes)
}

#[test]
fn a_resolver_that_is_gone_is_told_from_a_name_whose_servers_are_silent_in_bounded_time() {
    let clock = TestClock::new();
    // What the resolver has itself it answers, and for the name nothing comes.
    let hangs = || resolver(|q| if is_own(q) { plain(q, 5) } else { Vec::new() });
    let fails = || resolver(|q| plain(q, if is_own(q) { 0 } else { 2 }));
    let good = || resolver(|q| plain(q, 0));
    let ask = |ports: &[u16]| -> Result<Led, LedError> {
        let (_folder, eyes) = looker(ports);
        let begun = clock.counted();
        let led = eyes.led("bad.example");
        let took = clock.counted().saturating_sub(begun);
        assert!(took < Duration::from_millis(4_500), "{led:?}: {took:?}");
        led
    };
    for port in [hangs(), fails()] {
        let led = ask(&[port]).unwrap();
        assert!(led.is_nowhere());
        assert!(led.unanswered.unwrap().contains("for A and AAAA"));
    }
    let gone: [(&str, u16); 5] = [
        ("nobody", 1),
        ("silent", resolver(|_| Vec::new())),
        ("refuses", resolver(|q| plain(q, 5))),
        ("echoes", resolver(<[u8]>::to_vec)),
        ("noise", resolver(|q| vec![0x55; q.len()])),
    ];
    for (what, port) in gone {
        let led = ask(&[port]);
        println!("{what}: {led:?}");
        assert_eq!(led.unwrap_err().target, "bad.example", "{what}");
        // The second one is asked where the first is of no use.
        assert_eq!(ask(&[port, good()]), Ok(Led::default()), "{what}");
    }
    assert_eq!(ask(&[fails(), good()]), Ok(Led::default()));
    // More than can be judged is not cut to what can.
    let led = ask(&[resolver(many)]).unwrap();
    assert_eq!(led.seen.addresses.len(), 600);
}
