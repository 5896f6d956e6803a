//! Scans: one source tries many ports of one destination (vertical), or one port of many destinations (horizontal), and mostly gets no answer. In: records.
//! Out: evidence. Never: a judgement on answered connections alone: a busy client, a resolver or a crawler gets answers.
//!
//! The share of failures is the idea of threshold random walk (Jung et al. 2004) with counts in the place of a likelihood.

use crate::Emit;
use crate::distinct::{self, Distinct};
use crate::limits::{BITMAPS_MAX, PAIRS_MAX};
use crate::pairs::Pairs;
use crate::statistics::{Milli, share};
use sakimori_custody::evidence::{Behaviour, EvidenceEvent, PARTS_MAX, Phase};
use sakimori_custody::record::{Direction, MechanicalRecord};

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
/// FIN, PSH, URG.
const XMAS: u8 = 0x29;

/// Source; destination (vertical) or zero; port (horizontal) or zero; protocol.
type Key = ([u8; 16], [u8; 16], u16, u8);

#[derive(Debug, Default)]
struct Target {
    first: u64,
    last: u64,
    attempts: u64,
    failed: u64,
    direction: Option<Direction>,
    distinct: Distinct,
    /// Distinct values at the last evidence.
    told: u64,
}

/// The detector, for one of the two kinds.
pub(crate) struct Scans {
    behaviour: Behaviour,
    selector: u32,
    distinct_min: u64,
    unanswered_min: Milli,
    targets: Pairs<Key, Target>,
    bitmaps: usize,
}

/// Services above the privileged ports whose answers are known from reflected floods: from such a port to an ordinary one runs an answer.
const SERVICES: [u16; 14] = [
    1434, 1900, 3283, 3478, 3702, 5060, 5093, 5353, 5683, 10_001, 11_211, 17_185, 27_015, 37_810,
];

fn is_service(port: u16) -> bool {
    port < 1024 || SERVICES.contains(&port)
}

/// Whether a record is an attempt of its source, and whether it failed. Answers without a question (reflections, late answers) and parts of longer connections are no
/// attempts: a server whose answers come behind their time-out would otherwise scan its clients.
fn attempt(record: &MechanicalRecord) -> Option<bool> {
    if record.packets_out == 0 {
        return None;
    }
    let unanswered = record.packets_back == 0;
    match record.protocol {
        6 => {
            let (asked, answered) = (
                record.tcp_flags_out & SYN != 0,
                record.tcp_flags_back & SYN != 0,
            );
            // Where a tap sees one direction only, the source's own acknowledgement tells of the answer.
            let went_on = record.tcp_flags_out & (ACK | RST) == ACK;
            // Null, FIN and Xmas probes: no TCP sends these within a connection.
            let probe = matches!(record.tcp_flags_out, 0 | FIN | XMAS);
            (asked || probe).then_some(!answered && !went_on)
        }
        17 => {
            let answer = is_service(record.source_port) && !is_service(record.destination_port);
            (!answer).then_some(unanswered)
        }
        // Echo request; of ICMPv6 too.
        1 => (record.source_port == 8).then_some(unanswered),
        58 => (record.source_port == 128).then_some(unanswered),
        132 => Some(unanswered),
        _ => None,
    }
}

impl Scans {
    pub(crate) fn vertical(selector: u32, ports_min: u32, unanswered_min: Milli) -> Self {
        Self::new(Behaviour::VerticalScan, selector, ports_min, unanswered_min)
    }

    pub(crate) fn horizontal(selector: u32, hosts_min: u32, unanswered_min: Milli) -> Self {
        Self::new(
            Behaviour::HorizontalScan,
            selector,
            hosts_min,
            unanswered_min,
        )
    }

    fn new(behaviour: Behaviour, selector: u32, distinct_min: u32, unanswered_min: Milli) -> Self {
        let targets = Pairs::new(PAIRS_MAX);
        let distinct_min = u64::from(distinct_min);
        Self {
            behaviour,
            selector,
            distinct_min,
            unanswered_min,
            targets,
            bitmaps: 0,
        }
    }

    const fn is_vertical(&self) -> bool {
        matches!(self.behaviour, Behaviour::VerticalScan)
    }

    fn key(&self, record: &MechanicalRecord) -> Key {
        if self.is_vertical() {
            (record.source, record.destination, 0, record.protocol)
        } else {
            let port = if matches!(record.protocol, 1 | 58) {
                0
            } else {
                record.destination_port
            };
            (record.source, [0; 16], port, record.protocol)
        }
    }

    /// What is counted: the port, or a hash of the host.
    fn value(&self, record: &MechanicalRecord) -> u16 {
        if self.is_vertical() {
            return record.destination_port;
        }
        distinct::host(&record.destination)
    }

    pub(crate) fn observe(&mut self, record: &MechanicalRecord, emit: Emit<'_>) {
        let Some(failed) = attempt(record) else {
            return;
        };
        if self.is_vertical() && !matches!(record.protocol, 6 | 17 | 132) {
            return;
        }
        let (key, value) = (self.key(record), self.value(record));
        let room = self.bitmaps < BITMAPS_MAX;
        let vertical = self.is_vertical();
        let (target, forgotten) = self.targets.entry(key);
        let made = target.add(record, failed, value, room);
        let distinct = target.distinct(vertical);
        let tells = distinct >= self.distinct_min.max(2 * target.told)
            && share(target.failed, target.attempts) >= self.unanswered_min;
        self.bitmaps += usize::from(made);
        if forgotten.is_some_and(|target| target.distinct.is_bitmap()) {
            self.bitmaps -= 1;
        }
        if tells {
            let phase = if self.targets.is_pinned(&key) {
                Phase::Update
            } else {
                Phase::Fired
            };
            if let Some(let_go) = self.targets.pin(&key) {
                self.tell(&let_go, Phase::Final, emit);
            }
            self.tell(&key, phase, emit);
        }
    }

    fn tell(&mut self, key: &Key, phase: Phase, emit: Emit<'_>) {
        let (behaviour, selector) = (self.behaviour, self.selector);
        let (vertical, least) = (self.is_vertical(), self.distinct_min);
        let (target, _) = self.targets.entry(*key);
        let distinct = target.distinct(vertical);
        target.told = distinct;
        let (score, parts) = target.score(distinct, least);
        emit(EvidenceEvent {
            behaviour,
            phase,
            protocol: key.3,
            direction: target.direction.unwrap_or(Direction::InOut),
            selector,
            source: key.0,
            destination: key.1,
            port: key.2,
            score,
            parts,
            first: target.first,
            last: target.last,
            count: target.attempts,
            distinct,
            interval_ms: 0,
        });
    }

    pub(crate) fn matches(&self, record: &MechanicalRecord) -> Option<u32> {
        (attempt(record).is_some() && self.targets.is_pinned(&self.key(record)))
            .then_some(self.selector)
    }

    pub(crate) fn finish(&mut self, emit: Emit<'_>) {
        let keys: Vec<Key> = self.targets.fired().map(|(key, _)| *key).collect();
        for key in keys {
            self.tell(&key, Phase::Final, emit);
        }
    }

    pub(crate) const fn take_evicted(&mut self) -> u64 {
        self.targets.take_evicted()
    }
}

impl Target {
    fn add(&mut self, record: &MechanicalRecord, failed: bool, value: u16, room: bool) -> bool {
        if self.attempts == 0 {
            (self.first, self.last) = (record.first, record.last);
            self.direction = Some(record.direction);
        }
        self.first = self.first.min(record.first);
        self.last = self.last.max(record.last);
        self.attempts += 1;
        self.failed += u64::from(failed);
        self.distinct.add(value, room)
    }

    fn distinct(&self, exact: bool) -> u64 {
        if exact {
            self.distinct.count()
        } else {
            // An estimate may be some per cent too high; there are never more hosts than attempts.
            self.distinct.estimate().min(self.attempts)
        }
    }

    /// Score: half the share of failures, the rest how many of the attempts went to new places and how far past the threshold they are.
    fn score(&self, distinct: u64, least: u64) -> (Milli, [Milli; PARTS_MAX]) {
        let failures = share(self.failed, self.attempts);
        let spread = share(distinct, self.attempts);
        let breadth = (500 + share(distinct, 8 * least) / 2).min(1000);
        let score = failures / 2 + spread / 4 + breadth / 4;
        let mut parts = [0; PARTS_MAX];
        for (place, part) in parts.iter_mut().zip([failures, spread, breadth]) {
            *place = part;
        }
        (score.min(1000), parts)
    }
}

#[cfg(test)]
mod tests;
