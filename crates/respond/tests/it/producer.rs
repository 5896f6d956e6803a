//! What the office sends, read by the consumer that actuators have. In: commands. Out: the intent of each. Never: a message that only its maker understands.

use sakimori_authority::clock::Judged;
use sakimori_authority::measure::{Deed, family};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_respond::consumer::{Heard, Known, hear};
use sakimori_respond::engine::{Allowed, Bounds, Engine, Event, Permit};
use sakimori_respond::openc2::MEDIA_TYPE;
use sakimori_respond::plan::Digest;
use sakimori_respond::plan::command::{Command, number};
use sakimori_respond::producer::{Came, came, message};

const NOW: u64 = 1_800_000_000;
const ID: AuthorityId = AuthorityId([9; 16]);
const SHA: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn aims() -> Vec<(Deed, String)> {
    vec![
        (Deed::Block, "198.51.100.7/32".to_owned()),
        (Deed::BlackHole, "2001:db8::7/128".to_owned()),
        (Deed::FlowRule, "198.51.100.0/28".to_owned()),
        (Deed::NoAnswer, "bad.example".to_owned()),
        (Deed::Sinkhole, "*.xn--wgv71a.example".to_owned()),
        (Deed::Freeze, format!("process:4711:123456:{SHA}")),
        (Deed::Stop, format!("process:4711:123456:{SHA}")),
        (Deed::Quarantine, format!("file:{SHA}:/srv/a%20b")),
        (Deed::Isolate, "host:web-1.example".to_owned()),
    ]
}

fn command(actuator: &Name, deed: Deed, target: &str, until: Option<Seconds>) -> Command {
    let measure = Digest(family(ID));
    Command {
        id: number(measure, "begin-0", actuator, 3),
        aim: 0,
        measure,
        actuator: actuator.clone(),
        deed,
        target: target.to_owned(),
        created: Seconds(NOW),
        revision: 3,
        until,
    }
}

#[test]
fn each_deed_is_understood_as_it_was_meant() {
    let actuator: Name = "edge-1".parse().unwrap();
    let mut engine = Engine::restore(Bounds::default(), 1, []);
    let allowed = aims()
        .into_iter()
        .map(|(deed, target)| Allowed { deed, target });
    let permit = Permit {
        measure: family(ID),
        revision: 2,
        not_before: Seconds(NOW - 10),
        not_after: Seconds(NOW + 1000),
        allowed: allowed.collect(),
        most: 100,
    };
    engine.take(Event::Permit(permit), Judged::Sure(Seconds(NOW)));
    for (deed, target) in aims() {
        for until in [Some(Seconds(NOW + 600)), None] {
            let command = command(&actuator, deed, &target, until);
            let body = message(&command, ID, 2).unwrap().to_string();
            let known = Known {
                actuator: &actuator,
                deeds: Deed::ALL,
                commands_a_minute: 60,
                state: engine.state(),
                now: NOW * 1000,
            };
            let Heard::Do(wanted) = hear(body.as_bytes(), MEDIA_TYPE, &known) else {
                panic!(
                    "{deed} {target}: {:?}",
                    hear(body.as_bytes(), MEDIA_TYPE, &known)
                );
            };
            let intent = wanted.intent;
            assert_eq!(
                (intent.key.deed, intent.key.target.as_str()),
                (deed, target.as_str())
            );
            assert_eq!(intent.key.measure, family(ID));
            assert_eq!((intent.until, intent.created), (until, Seconds(NOW)));
            assert_eq!(intent.id, command.id);
        }
    }
}

#[test]
fn what_a_later_approval_carries_is_taken_back_by_a_command_of_one_that_was_revoked() {
    let sure = Judged::Sure(Seconds(NOW));
    let actuator: Name = "edge-1".parse().unwrap();
    let (deed, target) = (Deed::Block, "198.51.100.7/32");
    let mut engine = Engine::restore(Bounds::default(), 1, []);
    engine.take(Event::Seen(Vec::new()), sure);
    let measure = family(ID);
    for revision in [1, 2] {
        let allowed = vec![Allowed {
            deed,
            target: target.to_owned(),
        }];
        engine.take(
            Event::Permit(Permit {
                measure,
                revision,
                not_before: Seconds(NOW - 10),
                not_after: Seconds(NOW + 1000),
                allowed,
                most: 100,
            }),
            sure,
        );
        let until = Seconds(NOW + 600);
        engine.take(
            Event::Lease {
                measure,
                revision,
                until,
            },
            sure,
        );
    }
    let heard = |engine: &Engine, command: &Command| {
        let body = message(command, ID, 1).unwrap().to_string();
        let known = Known {
            actuator: &actuator,
            deeds: Deed::ALL,
            commands_a_minute: 60,
            state: engine.state(),
            now: NOW * 1000,
        };
        hear(body.as_bytes(), MEDIA_TYPE, &known)
    };
    let begin = command(&actuator, deed, target, Some(Seconds(NOW + 600)));
    let Heard::Do(wanted) = heard(&engine, &begin) else {
        panic!("it is approved");
    };
    engine.take(Event::Command(wanted.intent), sure);
    let revision = 1;
    engine.take(Event::Revoked { measure, revision }, sure);
    assert_eq!(
        engine.state().wanted().count(),
        1,
        "the later one carries it"
    );
    // Nothing begins by the one that was revoked; what is in force ends by it.
    assert!(matches!(heard(&engine, &begin), Heard::Say(_)));
    let end = command(&actuator, deed, target, None);
    assert!(matches!(heard(&engine, &end), Heard::Do(_)));
    let other = command(&actuator, deed, "198.51.100.8/32", None);
    assert!(matches!(heard(&engine, &other), Heard::Say(_)));
}

#[test]
fn what_has_no_form_is_not_sent() {
    let actuator: Name = "edge-1".parse().unwrap();
    for (deed, target) in [
        (Deed::Block, "bad.example"),
        (Deed::NoAnswer, "198.51.100.7"),
        (Deed::Freeze, "host:web-1"),
        (Deed::Notify, "198.51.100.7"),
        (Deed::Quarantine, &format!("file:{SHA}:/%FF")),
    ] {
        let command = command(&actuator, deed, target, Some(Seconds(NOW + 60)));
        assert!(message(&command, ID, 1).is_err(), "{deed} {target}");
    }
}

#[test]
fn an_answer_is_done_later_gone_or_not() {
    let status = |code: u16| came(format!("{{\"status\":{code}}}").as_bytes()).unwrap().0;
    assert_eq!(status(200), Came::Done);
    assert_eq!(status(102), Came::Later);
    assert_eq!(status(503), Came::Later);
    assert_eq!(status(404), Came::Gone);
    for code in [400, 401, 403, 500, 501] {
        assert_eq!(status(code), Came::Not, "{code}");
    }
    assert!(came(b"{\"status\":299}").is_err());
    assert!(came(b"<html>").is_err());
}
