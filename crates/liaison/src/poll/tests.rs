//! Polling against partners of every kind, good and hostile. In: scripts of answers. Out: verdicts. Never: a network, a clock.

use super::*;
use std::collections::BTreeMap;

const MINUTE: u64 = 60_000_000;
/// The clock of the tests, far behind the dates.
const NOW: u64 = 1_000_000_000_000_000;

fn thing(number: u64) -> String {
    format!(
        r#"{{"type":"malware","spec_version":"2.1","id":"malware--{number:08x}-17d4-4cbf-938f-98ee46b3cd3f","created":"2016-01-01T00:00:00.000Z","modified":"2016-01-01T00:00:00.000Z","name":"a","is_family":false}}"#
    )
}

/// How a partner's server pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// By `next`, as the standard has it.
    Next,
    /// With `more` alone.
    Dates,
    /// By `next`, which it has forgotten after some pages.
    Forgets,
}

/// A partner's server.
struct Partner {
    way: Way,
    page: usize,
    /// Objects with their dates, in the order of the dates; dates may be the same.
    rows: Vec<(u64, u64)>,
    asked: u32,
}

struct Reply {
    status: u16,
    last: Option<String>,
    body: String,
}

impl Reply {
    fn answer(&self) -> Answer<'_> {
        Answer {
            status: self.status,
            content_type: Some(MEDIA_TYPE),
            last: self.last.as_deref(),
            retry_after: None,
            body: self.body.as_bytes(),
        }
    }
}

impl Partner {
    fn get(&mut self, query: &str) -> Reply {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let pairs: BTreeMap<&str, &str> = pairs.collect();
        assert_eq!(pairs["match[version]"], "all");
        self.asked += 1;
        let next = pairs.get("next").map(|next| next.parse::<usize>().unwrap());
        if self.way == Way::Forgets && next.is_some() && self.asked.is_multiple_of(3) {
            return Reply {
                status: 400,
                last: None,
                body: String::new(),
            };
        }
        let after = pairs.get("added_after").map(|text| micros(text).unwrap());
        self.rows.sort_unstable();
        let rows = self
            .rows
            .iter()
            .filter(|row| after.is_none_or(|after| row.0 > after));
        let behind: Vec<&(u64, u64)> = rows.skip(next.unwrap_or_default()).collect();
        let page = behind.get(..self.page).unwrap_or(&behind);
        let objects: Vec<String> = page.iter().map(|row| thing(row.1)).collect();
        let more = behind.len() > page.len();
        let mut body = String::from("{");
        if more {
            body.push_str("\"more\":true,");
            if self.way != Way::Dates {
                let place = next.unwrap_or_default() + page.len();
                let _ = write!(body, "\"next\":\"{place}\",");
            }
        }
        let _ = write!(body, "\"objects\":[{}]}}", objects.join(","));
        Reply {
            status: 200,
            last: page.last().map(|row| date(row.0)),
            body,
        }
    }
}

/// One run that ends after so many pages; what it kept.
fn run(partner: &mut Partner, cursor: &mut Cursor, (now, pages): (u64, u32)) -> Vec<u64> {
    let mut kept = Vec::new();
    // The cursor is kept as text between runs.
    let text = serde_json::to_string(cursor).unwrap();
    let mut poll = Poll::resume(serde_json::from_str(&text).unwrap(), now);
    for _ in 0..pages {
        let Ask::Get(query) = poll.ask() else {
            break;
        };
        let reply = partner.get(&query);
        match poll.hear(&reply.answer()) {
            Ok(Heard::Page { objects, refused }) => {
                assert!(refused.is_empty());
                let number = |object: &Object| {
                    u64::from_str_radix(object.index().id.get(9..17).unwrap(), 16).unwrap()
                };
                kept.extend(objects.iter().map(number));
                poll.kept();
            }
            Ok(Heard::Again) => {}
            Err(PollError::Forgetful) => break,
            other => panic!("{other:?}"),
        }
    }
    *cursor = poll.cursor().clone();
    kept
}

#[test]
fn nothing_is_lost_whatever_the_server_is_like_and_whenever_one_stops() {
    let mut seed = 7_u64;
    let mut draw = |below: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for way in [Way::Next, Way::Dates, Way::Forgets] {
        for _ in 0..60 {
            let mut partner = Partner {
                way,
                page: 5,
                rows: Vec::new(),
                asked: 0,
            };
            let (mut cursor, mut kept) = (Cursor::default(), BTreeSet::new());
            let mut clock = NOW / 2;
            for _ in 0..12 {
                for _ in 0..draw(9) {
                    // Several of one date, fewer than a page; some become visible a little late.
                    clock += draw(3) * MINUTE;
                    let late = draw(4) * MINUTE;
                    let same = partner
                        .rows
                        .iter()
                        .filter(|row| row.0 == clock - late)
                        .count();
                    if same < 4 {
                        let number = partner.rows.len() as u64;
                        partner.rows.push((clock - late, number));
                    }
                }
                kept.extend(run(&mut partner, &mut cursor, (clock, draw(4) as u32)));
            }
            // A server that forgets is a new page now: it knows its places long enough for a whole round.
            partner.way = if way == Way::Forgets { Way::Next } else { way };
            for _ in 0..3 {
                kept.extend(run(&mut partner, &mut cursor, (clock, 1000)));
            }
            let all: BTreeSet<u64> = partner.rows.iter().map(|row| row.1).collect();
            assert_eq!(kept, all, "{way:?}");
        }
    }
}

#[test]
fn a_cursor_moves_only_behind_what_is_kept() {
    let mut partner = Partner {
        way: Way::Next,
        page: 2,
        rows: (0..5).map(|n| (NOW / 2 + n, n)).collect(),
        asked: 0,
    };
    let mut poll = Poll::resume(Cursor::default(), NOW);
    let Ask::Get(first) = poll.ask() else {
        panic!("it asks");
    };
    assert_eq!(first, "limit=1000&match[version]=all");
    let reply = partner.get(&first);
    assert!(matches!(poll.hear(&reply.answer()), Ok(Heard::Page { .. })));
    assert_eq!(poll.cursor(), &Cursor::default());
    poll.kept();
    assert_eq!(poll.ask(), Ask::Get(format!("{first}&next=2")));
    let mut cursor = Cursor::default();
    assert_eq!(run(&mut partner, &mut cursor, (NOW, 9)), [0, 1, 2, 3, 4]);
    // Some minutes before the last date, so that what became visible late is seen.
    assert_eq!(cursor.added_after, Some(NOW / 2 + 4 - OVERLAP_MICROS));
    assert_eq!(run(&mut partner, &mut cursor, (NOW, 9)), [0, 1, 2, 3, 4]);
    // A date ahead of our clock hides nothing that comes before it.
    partner.rows.push((NOW * 2, 9));
    run(&mut partner, &mut cursor, (NOW, 9));
    assert_eq!(cursor.added_after, Some(NOW - OVERLAP_MICROS));
    for bad in ["{\"added_after\":-1}", "{\"rounds\":null}", "[1,2,3]"] {
        assert!(serde_json::from_str::<Cursor>(bad).is_err(), "{bad}");
    }
}

fn hears(bodies: &[&str]) -> Result<(), PollError> {
    let mut poll = Poll::resume(Cursor::default(), NOW);
    for body in bodies {
        let reply = Reply {
            status: 200,
            last: Some(date(NOW / 2)),
            body: (*body).to_owned(),
        };
        poll.hear(&reply.answer())?;
        poll.kept();
    }
    Ok(())
}

#[test]
fn a_hostile_server_is_left_and_the_cursor_stays() {
    let more = |next: &str| {
        format!(
            r#"{{"more":true,"next":"{next}","objects":[{}]}}"#,
            thing(1)
        )
    };
    let [a, b] = ["a", "b"].map(more);
    assert_eq!(hears(&[&a, &b, &a]), Err(PollError::Circle));
    assert_eq!(hears(&[&a, &a]), Err(PollError::Circle));
    let long = more(&"x".repeat(NEXT_BYTES_MAX + 1));
    assert_eq!(hears(&[&long]), Err(PollError::Next(NEXT_BYTES_MAX + 1)));
    assert_eq!(hears(&[&more("")]), Err(PollError::Next(0)));
    let nowhere = format!(r#"{{"more":true,"objects":[{}]}}"#, thing(1));
    assert_eq!(hears(&[&nowhere, &nowhere]), Err(PollError::NoWayOn));
    let empty: Vec<String> = (0..EMPTY_MAX)
        .map(|n| format!(r#"{{"more":true,"next":"{n}"}}"#))
        .collect();
    let empty: Vec<&str> = empty.iter().map(String::as_str).collect();
    assert_eq!(hears(&empty), Err(PollError::Empty));
    for bad in [
        "",
        "[]",
        "{\"objects\":5}",
        "{\"more\":1}",
        "{\"next\":1}",
        "{\"a\":1,\"a\":2}",
    ] {
        assert!(matches!(hears(&[bad]), Err(PollError::Body(_))), "{bad}");
    }
    let many = vec!["0"; OBJECTS_MAX + 1].join(",");
    let many = format!("{{\"objects\":[{many}]}}");
    assert_eq!(hears(&[&many]), Err(PollError::TooMany(OBJECTS_MAX + 1)));
    // What is no object is told and takes nothing else with it.
    let mut poll = Poll::resume(Cursor::default(), NOW);
    let mixed = format!(r#"{{"objects":[5,{},{{"id":"x"}}]}}"#, thing(1));
    let answer = |body| Answer {
        status: 200,
        content_type: Some("application/TAXII+json; version=\"2.1\""),
        last: None,
        retry_after: None,
        body,
    };
    match poll.hear(&answer(mixed.as_bytes())) {
        Ok(Heard::Page { objects, refused }) => {
            assert_eq!((objects.len(), refused.len()), (1, 2));
            assert_eq!(objects[0].raw(), thing(1));
        }
        other => panic!("{other:?}"),
    }
    poll.kept();
    assert_eq!((poll.ask(), poll.cursor()), (Ask::Done, &Cursor::default()));
}

#[test]
fn other_answers_are_told_by_who_has_to_act() {
    let hear = |status, content_type, last, retry_after, body: &[u8]| {
        let mut poll = Poll::resume(Cursor::default(), NOW);
        poll.hear(&Answer {
            status,
            content_type,
            last,
            retry_after,
            body,
        })
    };
    let good = Some(MEDIA_TYPE);
    for status in [401, 403, 404] {
        assert_eq!(
            hear(status, good, None, None, b""),
            Err(PollError::Refused(status))
        );
    }
    for status in [204, 302, 400, 500] {
        assert_eq!(
            hear(status, good, None, None, b""),
            Err(PollError::Status(status))
        );
    }
    for (retry, seconds) in [
        (None, 60),
        (Some("5"), 5),
        (Some("0"), 1),
        (Some("999999"), 3600),
        (Some("soon"), 60),
    ] {
        assert_eq!(hear(429, good, None, retry, b""), Ok(Heard::Wait(seconds)));
        assert_eq!(hear(503, good, None, retry, b""), Ok(Heard::Wait(seconds)));
    }
    for kind in [
        None,
        Some("application/json"),
        Some("text/html"),
        Some("application/taxii+json;version=2.0"),
    ] {
        let outcome = hear(200, kind, None, None, b"{}");
        assert!(matches!(outcome, Err(PollError::Media(_))), "{kind:?}");
    }
    assert_eq!(
        hear(200, good, Some("yesterday"), None, b"{}"),
        Err(PollError::Date)
    );
    assert_eq!(hear(200, good, None, None, b"\xff"), Err(PollError::Utf8));
    let long = vec![b' '; BODY_BYTES_MAX + 1];
    assert_eq!(hear(200, good, None, None, &long), Err(PollError::TooLong));
}

#[test]
fn an_endless_server_has_its_share_and_the_next_run_goes_on() {
    let mut poll = Poll::resume(Cursor::default(), NOW);
    let mut pages = 0_u32;
    while let Ask::Get(_) = poll.ask() {
        let body = format!(
            r#"{{"more":true,"next":"{pages}","objects":[{}]}}"#,
            thing(1)
        );
        let reply = Reply {
            status: 200,
            last: None,
            body,
        };
        poll.hear(&reply.answer()).unwrap();
        poll.kept();
        pages += 1;
    }
    assert_eq!((pages, poll.ask()), (PAGES_MAX, Ask::Later));
    let next = Poll::resume(poll.cursor().clone(), NOW);
    let Ask::Get(query) = next.ask() else {
        panic!("it goes on");
    };
    assert!(query.ends_with(&format!("&next={}", PAGES_MAX - 1)));
    let mut poll = Poll::resume(poll.cursor().clone(), NOW);
    let gone = Reply {
        status: 404,
        last: None,
        body: String::new(),
    };
    assert_eq!(poll.hear(&gone.answer()), Ok(Heard::Again));
    assert_eq!(poll.hear(&gone.answer()), Err(PollError::Refused(404)));
}
