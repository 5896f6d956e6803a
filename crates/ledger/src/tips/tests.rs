//! Tests of the ends of streams.

use super::{Place, Refusal, Tips};
use sakimori_custody::entry::{Act, Chain, Entry, EntryType, Salt};
use sakimori_custody::ids::StreamId;
use sakimori_custody::time::Seconds;

fn next(chain: &mut Chain) -> Entry {
    let act = Act {
        kind: EntryType::Decision,
        time: Seconds(1_800_000_000),
        authority: [0; 32],
        counters: Vec::new(),
        body: b"text".to_vec(),
    };
    chain.entry(act, Salt([0; 32]), None)
}

fn stream(n: u64) -> Chain {
    Chain::new(StreamId(n.to_be_bytes()))
}

/// Entries in which a few streams go on while many others come and go: the whole history of a full log in small.
fn history() -> Vec<Entry> {
    let mut busy = stream(1_000);
    let mut idle = stream(1_001);
    let mut entries = vec![next(&mut idle)];
    for n in 0..40 {
        entries.push(next(&mut stream(n)));
        if n % 3 == 0 {
            entries.push(next(&mut busy));
        }
    }
    entries
}

#[test]
fn a_full_log_drops_the_stream_that_was_idle_longest_and_takes_a_new_one() {
    let mut tips = Tips::of(8);
    for (index, entry) in history().iter().enumerate() {
        let place = tips.follow(index as u64, &entry.leaf);
        assert!(matches!(place, Ok(Place::Next(_))), "{index}: {place:?}");
        assert!(tips.ends.len() <= 8);
        assert_eq!(tips.ends.len(), tips.order.len());
    }
    assert_eq!(
        tips.tip(StreamId(1_000_u64.to_be_bytes())).unwrap().next,
        14
    );
}

#[test]
fn a_stream_that_was_dropped_does_not_go_on() {
    let mut tips = Tips::of(4);
    let mut idle = stream(1_001);
    tips.follow(0, &next(&mut idle).leaf).unwrap();
    for n in 0..4 {
        tips.follow(1 + n, &next(&mut stream(n)).leaf).unwrap();
    }
    assert_eq!(
        tips.place(&next(&mut idle).leaf),
        Err(Refusal::Sequence(None))
    );
}

#[test]
fn entries_that_are_placed_ahead_go_where_they_go_one_by_one() {
    let mut entries = history();
    // Streams that were dropped meanwhile and try to go on, or begin anew.
    let mut idle = stream(1_001);
    entries.insert(30, next(&mut idle));
    entries.insert(31, next(&mut idle));
    let mut old = stream(5);
    next(&mut old);
    entries.insert(35, next(&mut old));
    for max in 1..12 {
        for begin in [0, 1, 7, 20, 29] {
            let mut one_by_one = Tips::of(max);
            for (index, entry) in entries.iter().take(begin).enumerate() {
                let _ = one_by_one.follow(index as u64, &entry.leaf);
            }
            let mut base = Tips::of(max);
            for (index, entry) in entries.iter().take(begin).enumerate() {
                let _ = base.follow(index as u64, &entry.leaf);
            }
            let mut ahead = base.ahead();
            for (index, entry) in entries.iter().enumerate().skip(begin) {
                assert_eq!(
                    ahead.follow(index as u64, &entry.leaf),
                    one_by_one.follow(index as u64, &entry.leaf),
                    "max {max}, from {begin}, entry {index}"
                );
            }
        }
    }
}
