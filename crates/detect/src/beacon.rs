//! Beacons: one source calls one service again and again, regularly, with calls of one size. In: records of established connections. Out: evidence with its score
//! parts. Never: a judgement on fewer connections than the pack asks for.
//!
//! After RITA (Active Countermeasures): Bowley skewness and median deviation of intervals and sizes; here the deviation is taken relative to the median, so that
//! slow beacons with jitter count as regular, and two parts say how many intervals are near the median and whether calls cover the whole span.

use crate::Emit;
use crate::limits::{
    BEACON_INTERVAL_MS_MIN, BEACON_SPAN_MS_MIN, PAIRS_MAX, SAMPLES_MAX, SAMPLES_TOTAL_MAX,
};
use crate::pairs::Pairs;
use crate::statistics::{Milli, closeness, evenness, quartile, share};
use sakimori_custody::evidence::{Behaviour, EvidenceEvent, PARTS_MAX, Phase};
use sakimori_custody::record::{Direction, MechanicalRecord};

/// Source, destination, port, protocol.
type Key = ([u8; 16], [u8; 16], u16, u8);

/// One connection: start in ms behind the pair's first, bytes sent.
#[derive(Clone, Copy, Debug)]
struct Sample {
    start_ms: u32,
    bytes: u32,
}

#[derive(Debug, Default)]
struct Pair {
    first: u64,
    last: u64,
    count: u64,
    /// Count at which the next score is due.
    next: u64,
    /// Count at the last evidence.
    told: u64,
    direction: Option<Direction>,
    samples: Vec<Sample>,
    at: usize,
    score: Milli,
    parts: [Milli; PARTS_MAX],
    interval_ms: u64,
}

/// The detector.
pub(crate) struct Beacons {
    selector: u32,
    connections_min: u64,
    score_min: Milli,
    pairs: Pairs<Key, Pair>,
    samples: usize,
}

/// Weights of the parts, thousandths; they sum to 1000.
const WEIGHTS: [u32; 6] = [100, 250, 100, 150, 250, 150];

/// Services that are periodic by their nature: DNS, DHCP, NTP, `NetBIOS`, SSDP, mDNS, LLMNR over UDP.
const fn is_periodic_service(protocol: u8, port: u16) -> bool {
    protocol == 17 && matches!(port, 53 | 67 | 68 | 123 | 137 | 138 | 1900 | 5353 | 5355)
}

/// Whether a record is a connection that was begun and answered; parts of long ones and refused ones are none.
fn is_call(record: &MechanicalRecord) -> bool {
    const SYN: u8 = 2;
    match record.protocol {
        6 => {
            let begun = (record.tcp_flags_out | record.tcp_flags_back) & SYN != 0;
            begun && record.packets_out >= 2 && record.packets_back >= 2
        }
        17 => {
            record.packets_out >= 1
                && record.packets_back >= 1
                && !is_periodic_service(17, record.destination_port)
        }
        _ => false,
    }
}

const fn key(record: &MechanicalRecord) -> Key {
    (
        record.source,
        record.destination,
        record.destination_port,
        record.protocol,
    )
}

impl Beacons {
    pub(crate) fn new(selector: u32, connections_min: u32, score_min: Milli) -> Self {
        let connections_min = u64::from(connections_min);
        Self {
            selector,
            connections_min,
            score_min,
            pairs: Pairs::new(PAIRS_MAX),
            samples: 0,
        }
    }

    pub(crate) fn observe(&mut self, record: &MechanicalRecord, emit: Emit<'_>) {
        if !is_call(record) {
            return;
        }
        let key = key(record);
        let room = self.samples < SAMPLES_TOTAL_MAX;
        let (pair, forgotten) = self.pairs.entry(key);
        let added = pair.add(record, room);
        let due = pair.count >= self.connections_min.max(pair.next);
        let fired = due && pair.judge() >= self.score_min;
        if due {
            pair.next = pair.count + (pair.count / 8).max(4);
        }
        let doubled = pair.count >= 2 * pair.told;
        if fired && doubled {
            self.tell(&key, emit);
        }
        self.samples =
            self.samples + usize::from(added) - forgotten.map_or(0, |pair| pair.samples.len());
    }

    /// Gives the first evidence of a pair, or an update where its count has doubled.
    fn tell(&mut self, key: &Key, emit: Emit<'_>) {
        let again = self.pairs.is_pinned(key);
        let phase = if again { Phase::Update } else { Phase::Fired };
        if let Some(let_go) = self.pairs.pin(key) {
            self.event(&let_go, Phase::Final, emit);
        }
        self.event(key, phase, emit);
    }

    fn event(&mut self, key: &Key, phase: Phase, emit: Emit<'_>) {
        let selector = self.selector;
        let (pair, _) = self.pairs.entry(*key);
        pair.told = pair.count;
        emit(pair.event(key, selector, phase));
    }

    pub(crate) fn matches(&self, record: &MechanicalRecord) -> Option<u32> {
        self.pairs.is_pinned(&key(record)).then_some(self.selector)
    }

    pub(crate) fn finish(&mut self, emit: Emit<'_>) {
        let keys: Vec<Key> = self.pairs.fired().map(|(key, _)| *key).collect();
        for key in keys {
            self.pairs.entry(key).0.judge();
            self.event(&key, Phase::Final, emit);
        }
    }

    pub(crate) const fn take_evicted(&mut self) -> u64 {
        self.pairs.take_evicted()
    }
}

impl Pair {
    /// Remembers a connection; returns whether it took new memory.
    fn add(&mut self, record: &MechanicalRecord, room: bool) -> bool {
        if self.count == 0 {
            (self.first, self.last) = (record.first, record.first);
            self.direction = Some(record.direction);
        }
        self.count += 1;
        self.last = self.last.max(record.first);
        let start_ms = record
            .first
            .saturating_sub(self.first)
            .min(u64::from(u32::MAX)) as u32;
        let bytes = record.bytes_out.min(u64::from(u32::MAX)) as u32;
        let sample = Sample { start_ms, bytes };
        if self.samples.len() < SAMPLES_MAX && (room || self.samples.is_empty()) {
            self.samples.push(sample);
            return true;
        }
        // The latest connections take the place of the earliest.
        if let Some(place) = self.samples.get_mut(self.at) {
            *place = sample;
        }
        self.at = (self.at + 1) % self.samples.len().max(1);
        false
    }

    /// Computes score and parts.
    fn judge(&mut self) -> Milli {
        let mut starts: Vec<u64> = self.samples.iter().map(|s| u64::from(s.start_ms)).collect();
        starts.sort_unstable();
        let span = starts
            .last()
            .zip(starts.first())
            .map_or(0, |(last, first)| last - first);
        let mut intervals: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        intervals.sort_unstable();
        let median = quartile(&intervals, 2);
        self.interval_ms = median;
        self.score = 0;
        if span < BEACON_SPAN_MS_MIN || median < BEACON_INTERVAL_MS_MIN {
            return 0;
        }
        let mut sizes: Vec<u64> = self.samples.iter().map(|s| u64::from(s.bytes)).collect();
        sizes.sort_unstable();
        let near = intervals
            .iter()
            .filter(|&&i| i.abs_diff(median) * 10 <= median * 4)
            .count();
        self.parts = [0; PARTS_MAX];
        let parts = [
            evenness(&intervals),
            closeness(&intervals),
            evenness(&sizes),
            closeness(&sizes),
            share(near as u64, intervals.len() as u64),
            coverage(&starts, span),
        ];
        let sum: u32 = parts
            .iter()
            .zip(WEIGHTS)
            .map(|(&part, weight)| u32::from(part) * weight)
            .sum();
        for (place, part) in self.parts.iter_mut().zip(parts) {
            *place = part;
        }
        self.score = (sum / 1000) as Milli;
        self.score
    }

    fn event(&self, key: &Key, selector: u32, phase: Phase) -> EvidenceEvent {
        EvidenceEvent {
            behaviour: Behaviour::Beacon,
            phase,
            protocol: key.3,
            direction: self.direction.unwrap_or(Direction::InOut),
            selector,
            source: key.0,
            destination: key.1,
            port: key.2,
            score: self.score,
            parts: self.parts,
            first: self.first,
            last: self.last,
            count: self.count,
            distinct: 0,
            interval_ms: self.interval_ms,
        }
    }
}

/// Share of the span's pieces in which a call began: a burst with a straggler covers little. As many pieces as there are calls for, 24 at most.
fn coverage(starts: &[u64], span: u64) -> Milli {
    let pieces = (starts.len() as u64 / 4).clamp(4, 24);
    let first = starts.first().copied().unwrap_or(0);
    let mut seen = 0u32;
    for start in starts {
        seen |= 1 << ((start - first) * pieces / (span + 1)).min(31);
    }
    share(u64::from(seen.count_ones()), pieces)
}

#[cfg(test)]
mod tests;
