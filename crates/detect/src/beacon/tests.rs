use super::*;
use crate::samples::{Numbers, call};

/// What makes another record of a sample.
type Change = fn(&mut MechanicalRecord);

/// Starts of calls, made by distance.
fn starts(count: u64, mut distance: impl FnMut(u64) -> u64) -> Vec<u64> {
    let mut at = 1_800_000_000_000;
    (0..count)
        .map(|number| {
            at += distance(number);
            at
        })
        .collect()
}

/// The events for calls of one pair, with what each call sends.
fn events(starts: &[u64], mut bytes: impl FnMut(usize) -> u64) -> Vec<EvidenceEvent> {
    let mut beacons = Beacons::new(1, 16, 800);
    let mut events = Vec::new();
    for (number, &start) in starts.iter().enumerate() {
        let record = MechanicalRecord {
            bytes_out: bytes(number),
            ..call(1, 0x0808_0808, (50_000, 443), start)
        };
        beacons.observe(&record, &mut |event| events.push(event));
    }
    beacons.finish(&mut |event| events.push(event));
    events
}

#[test]
fn regular_calls_are_a_beacon_and_people_are_none() {
    let mut n = Numbers(1);
    let steady = |_| 600;
    let cases: Vec<(&str, Vec<EvidenceEvent>, bool)> = vec![
        ("every 2.2 s", events(&starts(300, |_| 2200), steady), true),
        (
            "a minute, jitter 20 %",
            events(&starts(60, |_| 48_000 + n.below(24_000)), steady),
            true,
        ),
        (
            "five minutes, jitter 50 %",
            events(&starts(40, |_| 150_000 + n.below(150_000)), steady),
            true,
        ),
        (
            "an hour for two days, every tenth call missing",
            events(
                &starts(48, |i| if i % 10 == 9 { 7_200_000 } else { 3_600_000 }),
                steady,
            ),
            true,
        ),
        (
            "the same, answers of two sizes",
            events(
                &starts(60, |_| 60_000),
                |i| if i % 2 == 0 { 500 } else { 520 },
            ),
            true,
        ),
        (
            "fifteen calls are too few",
            events(&starts(15, |_| 60_000), steady),
            false,
        ),
        (
            "thirty calls in thirty seconds are a burst",
            events(&starts(30, |_| 1_000), steady),
            false,
        ),
        (
            "parallel connections",
            events(&starts(300, |_| 200), steady),
            false,
        ),
    ];
    for (what, events, beacon) in cases {
        assert_eq!(!events.is_empty(), beacon, "{what}: {events:?}");
    }
}

#[test]
fn a_person_who_reads_is_no_beacon() {
    for seed in 0..200 {
        let mut n = Numbers(seed);
        // Pages at distances over two orders of magnitude, with a few connections each, of any size.
        let starts = starts(200, |i| match i % 4 {
            0 => 1000 << n.below(9),
            _ => n.below(900),
        });
        let mut sizes = Numbers(seed + 1000);
        let events = events(&starts, |_| 300 + sizes.below(4000));
        assert!(events.is_empty(), "seed {seed}: {:?}", events.first());
    }
}

#[test]
fn evidence_comes_at_the_first_at_each_doubling_and_at_the_end() {
    let events = events(&starts(300, |_| 10_000), |_| 600);
    let phases: Vec<_> = events.iter().map(|e| (e.phase, e.count)).collect();
    assert_eq!(phases[0], (Phase::Fired, 16));
    assert_eq!(*phases.last().unwrap(), (Phase::Final, 300));
    let middle = &phases[1..phases.len() - 1];
    assert!(middle.iter().all(|(phase, _)| *phase == Phase::Update));
    let counts: Vec<u64> = phases[..phases.len() - 1].iter().map(|p| p.1).collect();
    assert!(
        counts.len() >= 4 && counts.windows(2).all(|two| two[1] >= 2 * two[0]),
        "{counts:?}"
    );
    assert!(
        events
            .iter()
            .all(|e| e.interval_ms == 10_000 && e.score >= 800)
    );
}

#[test]
fn what_is_no_call_and_what_is_periodic_by_nature_counts_for_nothing() {
    let cases: [(&str, Change); 5] = [
        ("refused", |r| (r.packets_out, r.packets_back) = (1, 1)),
        ("part of a long connection", |r| {
            (r.tcp_flags_out, r.tcp_flags_back) = (0x10, 0x10);
        }),
        ("time service", |r| {
            (r.protocol, r.destination_port) = (17, 123);
        }),
        ("names", |r| (r.protocol, r.destination_port) = (17, 53)),
        ("echo", |r| r.protocol = 1),
    ];
    for (what, change) in cases {
        let mut beacons = Beacons::new(1, 16, 800);
        for start in starts(100, |_| 5000) {
            let mut record = call(1, 0x0808_0808, (50_000, 443), start);
            change(&mut record);
            beacons.observe(&record, &mut |event| panic!("{what}: {event:?}"));
        }
    }
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let mut beacons = Beacons::new(1, 16, 800);
    let mut fired = 0;
    for number in 0..300_000u32 {
        let record = call(1, number % 150_000, (50_000, 443), u64::from(number));
        beacons.observe(&record, &mut |_| fired += 1);
    }
    assert_eq!(fired, 0);
    assert!(beacons.take_evicted() > 0 && beacons.samples <= 2 * PAIRS_MAX);
}
