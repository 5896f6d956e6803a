//! The table against a plain map, and the wheel in time.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn key(source: u8, destination: u8, ports: (u16, u16)) -> Key {
    let at = |last| {
        let mut address = [0; 16];
        address[15] = last;
        address
    };
    Key {
        source: at(source),
        destination: at(destination),
        ports,
        protocol: 6,
    }
}

fn flow(key: &Key) -> Flow {
    Flow::new(key, Direction::InOut, (Country::UNKNOWN, Country::UNKNOWN))
}

#[test]
fn a_flow_takes_two_cache_lines() {
    assert_eq!(size_of::<Flow>(), 128);
}

#[test]
fn both_directions_find_the_same_flow() {
    let mut table = FlowTable::new(8, [1, 2]);
    let (there, back) = (key(1, 2, (1000, 80)), key(2, 1, (80, 1000)));
    assert_eq!(table.hash(&there), table.hash(&back));
    let place = table.insert(flow(&there), table.hash(&there), 5);
    assert_eq!(table.find(&there, table.hash(&there)), Some((place, true)));
    assert_eq!(table.find(&back, table.hash(&back)), Some((place, false)));
    let other = key(2, 1, (80, 1001));
    assert_eq!(table.find(&other, table.hash(&other)), None);
}

#[test]
fn flows_fall_due_in_time_and_in_the_order_of_their_coming() {
    let mut table = FlowTable::new(100, [1, 2]);
    for n in 0..10u8 {
        let key = key(n, 200, (1, 2));
        table.insert(flow(&key), table.hash(&key), 100 + u64::from(n / 3));
    }
    let mut ended = Vec::new();
    for now in 99..120 {
        while let Some(place) = table.due(now) {
            ended.push((now, table.remove(place).unwrap().source[15]));
        }
    }
    let wanted: Vec<(u64, u8)> = (0..10u8).map(|n| (100 + u64::from(n / 3), n)).collect();
    assert_eq!(ended, wanted);
    assert_eq!(table.len(), 0);
}

proptest! {
    /// Small hashes force long runs, so that removals have to close gaps.
    #[test]
    fn the_table_equals_a_map(steps in prop::collection::vec((any::<bool>(), 0u8..40), 1..300)) {
        let mut table = FlowTable::new(64, [3, 5]);
        let mut model: BTreeMap<u8, u32> = BTreeMap::new();
        for (insert, n) in steps {
            let key = key(n, 100, (n.into(), 9));
            let hash = table.hash(&key) & 7;
            let found = table.find(&key, hash).map(|f| f.0);
            prop_assert_eq!(found, model.get(&n).copied());
            match (insert, found) {
                (true, None) => { model.insert(n, table.insert(flow(&key), hash, 1)); }
                (false, Some(place)) => {
                    prop_assert_eq!(table.remove(place).unwrap().source[15], n);
                    model.remove(&n);
                }
                _ => {}
            }
            prop_assert_eq!(table.len(), model.len());
        }
    }
}
