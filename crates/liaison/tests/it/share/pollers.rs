//! Four writers, two nodes, one database, and a caller that polls by `added_after` alone. In: how many objects. Out: what was seen, which is all, each once. Never: a clock:
//! the writers' are drawn and do not agree.

use super::{C, Place, asked, caller, header, json, thing};
use sakimori_exchange::taxii::{Post, SeesAll, Store, objects};
use sakimori_liaison::share::Shared;
use std::collections::BTreeMap;
use std::thread;

/// How many objects are written on each engine, from the environment; a campaign asks for more.
const POLLED: &str = "SAKIMORI_POLLED";
const USUAL: u64 = 1200;
const WRITERS: u64 = 4;
/// Objects of a post, and of a step of it.
const POST: u64 = 20;
const STEP: usize = 7;

/// Writes its share: each object in two versions, in posts that are added step by step, by a clock that jumps.
fn write(mut shared: Shared, writer: u64, count: u64) {
    let numbers: Vec<u64> = (0..count).filter(|n| n % WRITERS == writer).collect();
    for (at, numbers) in numbers.chunks(POST as usize / 2).enumerate() {
        let all = numbers
            .iter()
            .flat_map(|number| [0, 1].map(|second| thing(*number, second, "2.1", "")));
        let body = format!(r#"{{"objects":[{}]}}"#, all.collect::<Vec<_>>().join(","));
        let mut post = Post::begin(&caller(&SeesAll), body.as_bytes()).unwrap();
        let now = 1_000_000 + (at as u64 * 7919 + writer * 104_729) % 50_000;
        while !post.step(&mut shared, C, now, STEP).unwrap() {}
        assert_eq!(post.status("s", 0).failures, []);
    }
}

/// Polls until the writers are done and nothing is new; how often each version was seen.
fn poll(shared: &impl Store, over: impl Fn() -> bool) -> (BTreeMap<String, u32>, u64) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut after = String::new();
    let mut polls = 0;
    loop {
        // Asked before the page, so that what came before the end is on a page after it.
        let over = over();
        let query = format!("match[version]=all&limit=25{after}");
        let answer = objects(shared, &caller(&SeesAll), &asked(&query)).unwrap();
        polls += 1;
        let body = json(&answer);
        for object in body["objects"].as_array().into_iter().flatten() {
            let name = format!("{} {}", object["id"], object["modified"]);
            *seen.entry(name).or_default() += 1;
        }
        match header(&answer, "X-TAXII-Date-Added-Last") {
            Some(last) => after = format!("&added_after={last}"),
            None if over => return (seen, polls),
            None => {}
        }
    }
}

fn pollers(test: &str, postgres: bool) {
    let Some(place) = Place::new(test, postgres) else {
        return;
    };
    let count = std::env::var(POLLED).ok();
    let count: u64 = count.map_or(USUAL, |count| count.parse().unwrap());
    let numbers = count.div_ceil(2);
    let url = place.url();
    let nodes = [place.open(&url), place.open(&url)];
    let (seen, polls) = thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let node = &nodes[usize::from(writer % 2 == 1)];
                let shared = place.shared(node);
                scope.spawn(move || write(shared, writer, numbers))
            })
            .collect();
        let over = || writers.iter().all(thread::ScopedJoinHandle::is_finished);
        poll(&place.shared(&nodes[0]), over)
    });
    let often: Vec<_> = seen.iter().filter(|(_, times)| **times != 1).collect();
    assert!(often.is_empty(), "{often:?}");
    assert_eq!(seen.len() as u64, numbers * 2);
    println!("CAMPAIGN {} versions in {polls} polls", seen.len());
}

#[test]
fn who_polls_by_added_after_alone_sees_every_version_once_on_sqlite() {
    pollers(
        "who_polls_by_added_after_alone_sees_every_version_once_on_sqlite",
        false,
    );
}

#[test]
fn who_polls_by_added_after_alone_sees_every_version_once_on_postgresql() {
    pollers(
        "who_polls_by_added_after_alone_sees_every_version_once_on_postgresql",
        true,
    );
}
