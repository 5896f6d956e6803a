//! A case from its report to its publication, drawn at random and by hand: nothing before its hour, nobody sees another's, the same events give the same case.
//! In: acts, drawn and by hand, a time. Out: verdicts. Never: a clock, a disk.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sakimori_advisory::csaf::products::Versions;
use sakimori_advisory::publish::case::{
    MakerState, Product, ProductState, Remedy, RemedyKind, Weakness,
};
use sakimori_advisory::publish::{Provider, case, document};
use sakimori_advisory::room::going_out::{Assigner, records};
use sakimori_advisory::room::maker::ClockState;
use sakimori_advisory::room::{Act, Actor, Content, Event, Hour, Notifier, Room, Stage, Triage};
use sakimori_advisory::ssvc::tables::CISA_COORDINATOR;
use sakimori_advisory::{csaf::Edition, epss, kev, room::urgency};
use sakimori_custody::time::Seconds;
use sakimori_release::Tlp;

/// 2026-06-01T00:00:00Z
const START: u64 = 1_780_272_000;
pub(crate) const MAKERS: [&str; 3] = ["Alpha Works", "Beta Works", "例電機"];

fn triage() -> Triage {
    let table = CISA_COORDINATOR.table().unwrap();
    let given = [
        ("Exploitation", "Public PoC"),
        ("Automatable", "Yes"),
        ("Technical Impact", "Total"),
        ("Mission and Well-Being Impact", "High"),
    ];
    urgency::decide(&table, &given, &[], (None, None)).unwrap()
}

pub(crate) fn content(marker: &str) -> Content {
    Content {
        title: format!("EX-100 takes commands from anybody {marker}"),
        summary: "A controller does not ask who sends commands.".to_owned(),
        lang: "en".to_owned(),
        tlp: Tlp::Clear,
        stage: case::Stage::Final,
        products: vec![Product {
            maker: MAKERS[0].to_owned(),
            name: "EX-100".to_owned(),
            versions: Versions::Range("< 3.2".to_owned()),
            models: Vec::new(),
            cpe: None,
            purl: None,
        }],
        weaknesses: vec![Weakness {
            cve: Some("CVE-2026-12345".to_owned()),
            title: "Missing authentication".to_owned(),
            description: "Whoever reaches port 502 may write to the controller.".to_owned(),
            cwe: None,
            states: vec![(0, ProductState::Affected)],
            scores: Vec::new(),
            remedies: vec![Remedy {
                kind: RemedyKind::NoneAvailable,
                details: "There is no mend yet.".to_owned(),
                products: vec![0],
                url: None,
            }],
            reasons: Vec::new(),
            disclosed: None,
        }],
        references: vec![(
            "The maker".to_owned(),
            "https://alpha.example/ex-100".to_owned(),
        )],
    }
}

fn office(at: u64, act: Act) -> Event {
    Event {
        at: Seconds(at),
        by: Actor::Office("kudo".to_owned()),
        act,
    }
}

fn maker(at: u64, name: &str, act: Act) -> Event {
    Event {
        at: Seconds(at),
        by: Actor::Maker(name.to_owned()),
        act,
    }
}

fn received(at: u64) -> Event {
    office(
        at,
        Act::Received {
            report: "r1".to_owned(),
        },
    )
}

pub(crate) fn told(name: &str, answer_by: u64, text: &str) -> Act {
    Act::Told {
        maker: name.to_owned(),
        text: text.to_owned(),
        answer_by: Seconds(answer_by),
    }
}

pub(crate) fn said(name: &str, state: MakerState, words: &str) -> Act {
    Act::Said {
        maker: name.to_owned(),
        state,
        words: Some(words.to_owned()),
    }
}

fn added(name: &str) -> Act {
    Act::MakerAdded {
        maker: name.to_owned(),
    }
}

pub(crate) fn hour(at: u64, why: &str) -> Act {
    Act::HourSet {
        hour: Hour::utc(Seconds(at)),
        why: why.to_owned(),
    }
}

fn approved() -> Act {
    Act::Approved {
        summary: "First version".to_owned(),
    }
}

/// A case of acts of the office, one a second.
pub(crate) fn case_of(acts: Vec<Act>) -> Room {
    let mut events = vec![received(START)];
    events.extend(
        acts.into_iter()
            .zip(1..)
            .map(|(act, second)| office(START + second, act)),
    );
    Room::replay("WK-2026-0001", &events).unwrap()
}

pub(crate) fn judged() -> Act {
    Act::Triaged(Box::new(triage()))
}

#[test]
fn silence_is_decided_by_a_clock_and_stands_apart_from_unknown() {
    let room = case_of(vec![
        judged(),
        added(MAKERS[0]),
        added(MAKERS[1]),
        told(MAKERS[0], START + 100, "look"),
        told(MAKERS[1], START + 100, "look"),
    ]);
    let room = room
        .take(&maker(
            START + 10,
            MAKERS[1],
            said(MAKERS[1], MakerState::Unknown, "we look"),
        ))
        .unwrap();
    let at =
        |room: &Room, name: &str, second: u64| room.makers()[name].state(Seconds(START + second));
    assert_eq!(at(&room, MAKERS[0], 100), MakerState::Unknown);
    assert_eq!(at(&room, MAKERS[0], 101), MakerState::Silent);
    assert_eq!(at(&room, MAKERS[1], 101), MakerState::Unknown);
    assert_eq!(room.next_due(Seconds(START)), Some(Seconds(START + 100)));
    // It is asked again, and then says something; late words count as well as early ones.
    let again = room
        .take(&office(
            START + 200,
            told(MAKERS[1], START + 300, "and now?"),
        ))
        .unwrap();
    assert_eq!(at(&again, MAKERS[1], 300), MakerState::Unknown);
    assert_eq!(at(&again, MAKERS[1], 301), MakerState::Silent);
    let late = again
        .take(&maker(
            START + 400,
            MAKERS[0],
            said(MAKERS[0], MakerState::NotAffected, "not ours"),
        ))
        .unwrap();
    assert_eq!(at(&late, MAKERS[0], 400), MakerState::NotAffected);
    assert_eq!(at(&late, MAKERS[1], 400), MakerState::Silent);
    let silent = said(MAKERS[0], MakerState::Silent, "…");
    let refused = late
        .take(&maker(START + 500, MAKERS[0], silent))
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "case WK-2026-0001: silence is no answer"
    );
}

#[test]
fn a_case_goes_its_way_and_says_where_it_stands() {
    let mut room = Room::open("WK-2026-0001", &received(START)).unwrap();
    let request = |reply_by: u64| Act::Requested {
        maker: MAKERS[0].to_owned(),
        minister: "経済産業省".to_owned(),
        ground: "EX-100 is a specific important computer of two operators.".to_owned(),
        text: "Please make a mend.".to_owned(),
        reply_by: Seconds(reply_by),
    };
    let steps = [
        (office(START + 1, judged()), Stage::Triaged),
        (office(START + 2, added(MAKERS[0])), Stage::Triaged),
        (
            office(START + 3, told(MAKERS[0], START + 50, "look")),
            Stage::Coordinating,
        ),
        (office(START + 4, request(START + 60)), Stage::RequestIssued),
        (
            maker(
                START + 61,
                MAKERS[0],
                Act::Replied {
                    maker: MAKERS[0].to_owned(),
                    request: 1,
                    text: "In May.".to_owned(),
                },
            ),
            Stage::Coordinating,
        ),
        (
            maker(
                START + 62,
                MAKERS[0],
                said(MAKERS[0], MakerState::Fixed, "3.2"),
            ),
            Stage::FixAvailable,
        ),
        (
            office(START + 63, Act::Drafted(Box::new(content("v1")))),
            Stage::FixAvailable,
        ),
        (
            office(START + 64, hour(START + 100, "as agreed")),
            Stage::FixAvailable,
        ),
        (office(START + 65, approved()), Stage::FixAvailable),
    ];
    for (event, stage) in steps {
        room = room.take(&event).unwrap();
        assert_eq!(room.stage(event.at), stage, "{event:?}");
    }
    let asked = &room.makers()[MAKERS[0]].requests[0];
    assert_eq!(asked.clock(Seconds(START + 70)), ClockState::DoneLate);
    assert_eq!(room.stage(Seconds(START + 99)), Stage::FixAvailable);
    assert_eq!(room.stage(Seconds(START + 100)), Stage::Published);
    let moved = room
        .take(&office(START + 100, hour(START + 200, "later")))
        .unwrap_err();
    assert_eq!(moved.what, "it is public already");
    let closed = Act::Closed {
        why: "done".to_owned(),
    };
    let closed = room.take(&office(START + 101, closed)).unwrap();
    assert_eq!(closed.stage(Seconds(START + 101)), Stage::Closed);
    assert_eq!(closed.versions().len(), 1, "what is public stays so");
}

#[test]
fn an_urgent_notice_and_the_leak_switch_need_no_waiting() {
    let notice = Act::Notified {
        maker: MAKERS[1].to_owned(),
        notifier: Notifier::PrimeMinister,
        minister: "内閣府".to_owned(),
        urgency: "It is used against a power station now.".to_owned(),
        text: "Take the service down.".to_owned(),
    };
    let room = case_of(vec![
        judged(),
        added(MAKERS[1]),
        notice,
        hour(START + 1000, "ninety days"),
        Act::Drafted(Box::new(content("leaked"))),
        approved(),
    ]);
    assert_eq!(room.stage(Seconds(START + 10)), Stage::Coordinating);
    assert!(!room.is_public(Seconds(START + 999)));
    let leaked = room
        .take(&office(
            START + 20,
            Act::Leaked {
                why: "It is on a forum.".to_owned(),
            },
        ))
        .unwrap();
    assert!(
        leaked.is_leaked()
            && leaked.is_public(Seconds(START + 20))
            && !leaked.is_public(Seconds(START + 19))
    );
    let seen = leaked
        .for_maker(MAKERS[1], Seconds(START + 20))
        .unwrap()
        .embargo;
    let why: Vec<&str> = seen
        .changes
        .iter()
        .map(|change| change.why.as_str())
        .collect();
    assert_eq!(why, ["ninety days", "It is on a forum."]);
    assert_eq!(seen.public_since, Some(Seconds(START + 20)));
}

#[test]
fn what_is_not_theirs_to_do_is_refused_and_what_is_closed_does_not_go_out() {
    let room = case_of(vec![
        judged(),
        added(MAKERS[0]),
        added(MAKERS[1]),
        Act::Drafted(Box::new(content("v1"))),
        hour(START + 100, "as agreed"),
        approved(),
    ]);
    let refused = |event: Event| room.take(&event).unwrap_err().what;
    let theirs = "it is not theirs to do";
    let other = said(MAKERS[1], MakerState::Fixed, "");
    assert_eq!(refused(maker(START + 10, MAKERS[0], other)), theirs);
    assert_eq!(
        refused(maker(START + 10, MAKERS[0], hour(START + 50, "now"))),
        theirs
    );
    assert_eq!(refused(maker(START + 10, MAKERS[0], approved())), theirs);
    let spoken = Act::ReporterSaid {
        text: "hello".to_owned(),
    };
    assert_eq!(refused(office(START + 10, spoken)), theirs);
    assert_eq!(
        refused(office(START + 1, judged())),
        "the event lies before the last one"
    );
    assert_eq!(
        refused(office(START + 10, hour(START + 10, "now"))),
        "the hour is not ahead"
    );
    assert_eq!(
        refused(office(START + 10, added("例電機 "))),
        "the maker's name has spaces around it"
    );
    for act in [
        Act::Closed {
            why: "a duplicate".to_owned(),
        },
        Act::Withdrawn {
            why: "wrong".to_owned(),
        },
    ] {
        let ended = room.take(&office(START + 10, act)).unwrap();
        assert!(ended.versions().is_empty() && !ended.is_public(Seconds(START + 1000)));
    }
}

pub(crate) fn provider() -> Provider {
    Provider {
        name: "Office for Weaknesses".to_owned(),
        namespace: "https://office.example".to_owned(),
        authority: "Article 42 of the law.".to_owned(),
        contact: "weakness@office.example".to_owned(),
        security_contact: "mailto:weakness@office.example".to_owned(),
        root: "https://office.example".to_owned(),
        distribution_text: None,
        licence: Some("CC-BY-4.0".to_owned()),
        aggregators: true,
    }
}

#[test]
fn a_version_says_what_was_known_at_its_hour_and_has_a_record() {
    let room = case_of(vec![
        judged(),
        added(MAKERS[0]),
        added(MAKERS[1]),
        told(MAKERS[0], START + 50, "look"),
        told(MAKERS[1], START + 50, "look"),
        Act::Drafted(Box::new(content("v1"))),
        hour(START + 100, "as agreed"),
        approved(),
    ]);
    let room = room
        .take(&maker(
            START + 60,
            MAKERS[0],
            said(MAKERS[0], MakerState::Affected, "nobody has read this"),
        ))
        .unwrap();
    let trial = room.trial(Seconds(START + 70)).unwrap();
    assert_eq!(
        trial.makers[0].words.as_deref(),
        Some("nobody has read this")
    );
    let versions = room.versions();
    let [version] = versions.as_slice() else {
        panic!("{versions:?}")
    };
    let word = |place: usize| {
        (
            version.makers[place].state,
            version.makers[place].words.as_deref(),
        )
    };
    assert_eq!(
        word(0),
        (MakerState::Affected, None),
        "its words were not there when it was approved"
    );
    assert_eq!(word(1), (MakerState::Silent, None));
    for edition in [Edition::V20, Edition::V21] {
        let written = document(version, &provider(), edition).unwrap();
        assert!(
            written.to_string().contains("Beta Works: has not answered"),
            "{written}"
        );
    }
    let assigner = Assigner {
        id: "6ba7b810-9dad-41d1-80b4-00c04fd430c8".to_owned(),
        name: "office".to_owned(),
    };
    let written = records(version, &assigner, "https://office.example/a").unwrap();
    let [(path, bytes)] = written.as_slice() else {
        panic!()
    };
    assert_eq!(path, "cve/2026/12xxx/CVE-2026-12345.json");
    let record: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(
        record["containers"]["cna"]["affected"][0]["versions"][0]["lessThan"],
        "3.2"
    );
    assert_eq!(
        record["cveMetadata"]["datePublished"],
        "2026-06-01T00:01:40Z"
    );
}

#[test]
fn a_decision_keeps_what_it_rests_on_and_says_where_the_catalogue_differs() {
    let Some(root) = sakimori_testkit::data("a_decision_keeps_what_it_rests_on", "exchange") else {
        return;
    };
    let catalogue = kev::read(&crate::bytes(
        &root,
        "cve/kev/known_exploited_vulnerabilities.json",
    ))
    .unwrap();
    let id = catalogue.entries.keys().next().unwrap().clone();
    let scores =
        format!("#model_version:v1,score_date:2026-01-01\ncve,epss,percentile\n{id},0.97,0.999\n");
    let scores = epss::read(scores.as_bytes()).unwrap();
    let table = CISA_COORDINATOR.table().unwrap();
    let decide = |exploitation: &str| {
        let given = [
            ("exploitation", exploitation),
            ("Automatable", "no"),
            ("Technical Impact", "partial"),
            ("Mission and Well-Being Impact", "low"),
        ];
        let cves = [id.clone(), "CVE-1999-0001".to_owned()];
        urgency::decide(&table, &given, &cves, (Some(&catalogue), Some(&scores)))
    };
    let quiet = decide("none").unwrap();
    assert_eq!(
        (quiet.outcome.as_str(), quiet.doubts.as_slice()),
        ("Track", [id.clone()].as_slice())
    );
    assert_eq!(
        (quiet.likely[0].probability_ppm, quiet.likely.len()),
        (970_000, 1)
    );
    let active = decide("Active").unwrap();
    assert_eq!((active.exploited.len(), active.doubts.len()), (1, 0));
    assert!(decide("perhaps").is_err());
}

/// What may be drawn: who, what, how long after the last.
fn drawn() -> impl Strategy<Value = Vec<(u8, u8, u64)>> {
    prop::collection::vec((0..3_u8, 0..16_u8, 0..40_u64), 1..60)
}

fn act(kind: u8, name: &str, at: u64, step: usize) -> Act {
    let text = |of: &str| format!("{of} secret of {name} {step} end");
    let maker = name.to_owned();
    match kind {
        0 => Act::MakerAdded { maker },
        1 => told(name, at + 30, &text("told")),
        2 => said(name, MakerState::Unknown, &text("said")),
        3 => said(name, MakerState::Affected, &text("said")),
        4 => said(name, MakerState::Fixed, &text("said")),
        5 => Act::Requested {
            maker,
            minister: text("minister"),
            ground: text("ground"),
            text: text("request"),
            reply_by: Seconds(at + 20),
        },
        6 => Act::Replied {
            maker,
            request: 1,
            text: text("reply"),
        },
        7 => Act::Notified {
            maker,
            notifier: Notifier::InfrastructureMinister,
            minister: text("minister"),
            urgency: text("urgency"),
            text: text("notice"),
        },
        8 => hour(at + 50, &format!("reason {step}")),
        9 => Act::Leaked {
            why: format!("seen {step}"),
        },
        10 => Act::Drafted(Box::new(content(&format!("draft {step} end")))),
        11 | 12 => approved(),
        13 => Act::Withdrawn {
            why: "no".to_owned(),
        },
        14 => Act::Closed {
            why: "enough".to_owned(),
        },
        _ => Act::Reopened {
            why: "more".to_owned(),
        },
    }
}

/// Events that a room took, with the room after each.
fn run(draws: &[(u8, u8, u64)]) -> (Vec<Event>, Vec<Room>) {
    let mut events = vec![received(START), office(START, judged())];
    let mut rooms = vec![Room::open("WK-2026-0001", &events[0]).unwrap()];
    rooms.push(rooms[0].take(&events[1]).unwrap());
    let mut at = START;
    for (step, (who, kind, after)) in draws.iter().enumerate() {
        at += after;
        let name = MAKERS[usize::from(*who)];
        let act = act(*kind, name, at, step);
        let own = matches!(act, Act::Said { .. } | Act::Replied { .. }) && step % 2 == 0;
        let event = if own {
            maker(at, name, act)
        } else {
            office(at, act)
        };
        if let Ok(room) = rooms.last().unwrap().take(&event) {
            rooms.push(room);
            events.push(event);
        }
    }
    (events, rooms)
}

fn public(room: &Room, now: u64) -> Vec<case::Case> {
    let versions = room.versions().into_iter();
    versions
        .filter(|version| version.release.0 <= now)
        .collect()
}

#[test]
fn nothing_is_public_before_the_hour_and_what_is_public_never_changes() {
    let mut runner = TestRunner::new(Config::with_cases(256));
    let seen = std::cell::Cell::new(0);
    runner
        .run(&drawn(), |draws| {
            let (events, rooms) = run(&draws);
            for (place, room) in rooms.iter().enumerate() {
                let now = events[place].at.0;
                for version in public(room, now + 200) {
                    let hour = room.hour().unwrap();
                    prop_assert!(version.release >= hour.at, "before the hour in force");
                    let told = room
                        .approvals()
                        .iter()
                        .any(|a| a.at <= version.release && a.content.title == version.title);
                    prop_assert!(told, "nobody approved it");
                }
                // Whatever comes later, up to the second in which it comes nothing that was public has changed.
                if let (Some(next), Some(event)) = (rooms.get(place + 1), events.get(place + 1)) {
                    let at = event.at.0;
                    let (before, after) = (public(room, at), public(next, at));
                    prop_assert!(
                        after.starts_with(&before),
                        "{event:?}: {before:#?} {after:#?}"
                    );
                    let new = after.len() - before.len();
                    let may = matches!(event.act, Act::Leaked { .. } | Act::Approved { .. });
                    prop_assert!(new == 0 || may, "{event:?}");
                    seen.set(seen.get() + new);
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(seen.get() > 20, "too little became public: {}", seen.get());
}

#[test]
fn no_maker_sees_or_feels_another() {
    let mut runner = TestRunner::new(Config::with_cases(256));
    runner
        .run(&drawn(), |draws| {
            let (events, rooms) = run(&draws);
            let room = rooms.last().unwrap();
            let now = Seconds(events.last().unwrap().at.0 + 35);
            for name in MAKERS {
                let view = room.for_maker(name, now);
                let json = serde_json::to_string(&view).unwrap();
                for other in MAKERS.iter().filter(|other| **other != name) {
                    prop_assert!(!json.contains(other), "{name} sees {other}: {json}");
                }
                // Without the others' events the view is the same.
                let own: Vec<Event> = events
                    .iter()
                    .filter(|event| event.act.maker().is_none_or(|maker| maker == name))
                    .cloned()
                    .collect();
                let alone = Room::replay("WK-2026-0001", &own).unwrap();
                let alone = serde_json::to_string(&alone.for_maker(name, now)).unwrap();
                prop_assert_eq!(&alone, &json);
            }
            let reporter = serde_json::to_string(&room.for_reporter(now)).unwrap();
            prop_assert!(MAKERS.iter().all(|maker| !reporter.contains(maker)));
            Ok(())
        })
        .unwrap();
}

#[test]
fn events_that_were_written_and_read_again_give_the_same_case() {
    let mut runner = TestRunner::new(Config::with_cases(128));
    runner
        .run(&drawn(), |draws| {
            let (events, rooms) = run(&draws);
            let read: Vec<Event> = events
                .iter()
                .map(|event| serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap())
                .collect();
            prop_assert_eq!(&read, &events);
            prop_assert_eq!(
                &Room::replay("WK-2026-0001", &read).unwrap(),
                rooms.last().unwrap()
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_coordinator_helps_and_reads_neither_the_report_nor_a_maker_s_words() {
    let by = |at: u64, act: Act| Event {
        at: Seconds(at),
        by: Actor::Coordinator("JPCERT/CC".to_owned()),
        act,
    };
    let named = || "JPCERT/CC".to_owned();
    let said = |maker: &str| Act::Said {
        maker: maker.to_owned(),
        state: MakerState::Affected,
        words: Some("heard on the telephone".to_owned()),
    };
    let first = Room::open("WK-2026-0001", &received(START)).unwrap();
    let added = office(
        START + 2,
        Act::CoordinatorAdded {
            coordinator: named(),
        },
    );
    let early = first.take(&added).unwrap_err().to_string();
    assert!(early.contains("it was not judged yet"), "{early}");
    let take = |room: Room, event: Event| room.take(&event).unwrap();
    let mut room = take(first, office(START + 1, Act::Triaged(Box::new(triage()))));
    for name in MAKERS {
        let maker = name.to_owned();
        room = take(room, office(START + 2, Act::MakerAdded { maker }));
    }
    // Before it takes part it says nothing, for a maker neither.
    assert!(room.take(&by(START + 3, said(MAKERS[0]))).is_err());
    room = take(room, added);
    let twice = office(
        START + 3,
        Act::CoordinatorAdded {
            coordinator: named(),
        },
    );
    assert!(room.take(&twice).is_err());
    let told = Act::CoordinatorTold {
        coordinator: named(),
        text: "please reach the makers".to_owned(),
    };
    room = take(room, office(START + 4, told));
    room = take(room, by(START + 5, said(MAKERS[0])));
    let answer = |coordinator: &str| Act::CoordinatorSaid {
        coordinator: coordinator.to_owned(),
        text: "one was reached".to_owned(),
    };
    room = take(room, by(START + 6, answer("JPCERT/CC")));
    let refused = [
        by(START + 7, answer("IPA")),
        office(START + 7, answer("JPCERT/CC")),
        by(
            START + 7,
            Act::Leaked {
                why: "x".to_owned(),
            },
        ),
        by(
            START + 7,
            Act::MakerAdded {
                maker: "Delta".to_owned(),
            },
        ),
        maker(START + 7, MAKERS[0], answer("JPCERT/CC")),
    ];
    for event in refused {
        assert!(room.take(&event).is_err(), "{event:?}");
    }
    let view = room
        .for_coordinator("JPCERT/CC", Seconds(START + 10))
        .unwrap();
    assert_eq!(view.makers.len(), MAKERS.len());
    assert_eq!(view.urgency.as_deref(), Some(triage().outcome.as_str()));
    let text = serde_json::to_string(&view).unwrap();
    assert!(text.contains("please reach the makers") && text.contains("one was reached"));
    assert!(!text.contains("heard on the telephone"), "{text}");
    // The maker sees through whom its word came; nobody else's part says that there is a coordinator.
    let of = |maker: &str| {
        let view = room.for_maker(maker, Seconds(START + 10)).unwrap();
        serde_json::to_string(&view).unwrap()
    };
    assert!(of(MAKERS[0]).contains("\"through\":\"JPCERT/CC\""));
    assert!(!of(MAKERS[1]).contains("JPCERT"));
    let reporter = serde_json::to_string(&room.for_reporter(Seconds(START + 10))).unwrap();
    assert!(!reporter.contains("JPCERT"));
    assert!(room.for_coordinator("IPA", Seconds(START)).is_none());
    // Its link opens its room until its end.
    let hash = "a".repeat(64);
    let link = Act::CoordinatorLinkMade {
        coordinator: named(),
        hash: hash.clone(),
        until: Seconds(START + 100),
    };
    room = take(room, office(START + 20, link));
    let opens = |room: &Room, at: u64| {
        room.coordinator_of_link(&hash, Seconds(START + at))
            .is_some()
    };
    assert!(opens(&room, 99) && !opens(&room, 100));
    assert!(room.maker_of_link(&hash, Seconds(START + 30)).is_none());
    let ended = Act::CoordinatorLinksEnded {
        coordinator: named(),
        why: "it went astray".to_owned(),
    };
    room = take(room, office(START + 30, ended));
    assert!(!opens(&room, 31));
}

#[test]
fn every_table_decides_and_the_decision_names_table_and_version() {
    use sakimori_advisory::ssvc::tables;
    for compact in tables::ALL {
        let table = compact.table().unwrap();
        let named = tables::named(&compact.name().to_uppercase()).unwrap();
        assert_eq!(named.name(), compact.name());
        let points = table.points.iter();
        let given: Vec<(&str, &str)> = points
            .map(|point| (point.name.as_ref(), point.values[0].as_ref()))
            .collect();
        let decided = urgency::decide(&table, &given, &[], (None, None)).unwrap();
        assert_eq!(decided.table.0, compact.name());
        assert!(!decided.table.1.is_empty() && !decided.outcome.is_empty());
    }
    assert!(tables::named("Tarot").is_none());
    // Where the catalogue lists it and the answer denies it, both tables that ask say so.
    let kev = br#"{"catalogVersion":"2026.06.01","dateReleased":"2026-06-01T12:00:00Z","count":1,"vulnerabilities":[{"cveID":"CVE-2026-12345","vendorProject":"A","product":"B","vulnerabilityName":"C","dateAdded":"2026-06-01","dueDate":"2026-06-22","requiredAction":"D"}]}"#;
    let kev = kev::read(kev).unwrap();
    let table = tables::CISA_BOD_26_04.table().unwrap();
    let doubts = |listed: &str| {
        let given = [
            ("In KEV", listed),
            ("Publicly Exposed", "Yes"),
            ("Automatable", "Yes"),
            ("Technical Impact", "Total"),
        ];
        let cves = ["CVE-2026-12345".to_owned()];
        let decided = urgency::decide(&table, &given, &cves, (Some(&kev), None)).unwrap();
        decided.doubts.len()
    };
    assert_eq!((doubts("No"), doubts("Yes")), (1, 0));
}
