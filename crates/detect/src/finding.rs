//! Findings: what a behaviour said, joined with the records that were selected because of it. In: evidence events and the pairs of selected records. Out: one finding per
//! behaviour and pair, with its reason in a sentence. Never: an action; a person decides what follows.

use crate::limits::{FINDINGS_MAX, RECORDS_NAMED_MAX};
use sakimori_custody::evidence::{Behaviour, EvidenceEvent};
use sakimori_custody::ids::RecordId;
use sakimori_custody::record::{MechanicalRecord, address};
use std::collections::HashMap;
use std::net::IpAddr;

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was recognised.
    pub behaviour: Behaviour,
    /// The behaviour's selector.
    pub selector: u32,
    /// Initiator.
    pub source: IpAddr,
    /// The other side; none for a horizontal scan.
    pub destination: Option<IpAddr>,
    /// Destination port; none for a vertical scan and for ICMP.
    pub port: Option<u16>,
    /// IP protocol.
    pub protocol: u8,
    /// First connection counted, ms.
    pub first: u64,
    /// Last connection counted, ms.
    pub last: u64,
    /// Connections or attempts.
    pub count: u64,
    /// Distinct ports or hosts.
    pub distinct: u64,
    /// Median interval, ms; 0 for scans.
    pub interval_ms: u64,
    /// Score, 0 to 1.
    pub confidence: f64,
    /// The score's parts by name, 0 to 1.
    pub parts: Vec<(&'static str, f64)>,
    /// One sentence with the numbers.
    pub reason: String,
    /// Records selected because of it, the first [`RECORDS_NAMED_MAX`] of them.
    pub records: Vec<RecordId>,
    /// How many there are in all.
    pub records_total: u64,
}

/// Records of a finding.
#[derive(Debug, Default)]
struct Records {
    named: Vec<RecordId>,
    total: u64,
}

/// Gathers events and records of one run, each at the cost of a few look-ups.
#[derive(Debug, Default)]
pub struct Findings {
    /// The last event of each behaviour and pair, in the order of the first, with the records selected because of it.
    found: Vec<(EvidenceEvent, Records)>,
    places: HashMap<Key, usize>,
    dropped: u64,
}

/// Selector; source; destination (zero for a horizontal scan); port (zero for a vertical scan); protocol.
type Key = (u32, [u8; 16], [u8; 16], u16, u8);

impl Findings {
    /// Takes in an event; a later one of the same pair takes its place. Past [`FINDINGS_MAX`] pairs it is only counted.
    pub fn event(&mut self, event: EvidenceEvent) {
        let e = &event;
        let key = (e.selector, e.source, e.destination, e.port, e.protocol);
        match self.places.get(&key) {
            Some(&at) => {
                if let Some((known, _)) = self.found.get_mut(at) {
                    *known = event;
                }
            }
            None if self.found.len() < FINDINGS_MAX => {
                self.places.insert(key, self.found.len());
                self.found.push((event, Records::default()));
            }
            None => self.dropped += 1,
        }
    }

    /// Takes in a selected record.
    pub fn record(&mut self, id: RecordId, record: &MechanicalRecord) {
        let (source, destination) = (record.source, record.destination);
        let (port, nobody) = (record.destination_port, [0; 16]);
        for &selector in record.selectors.as_slice() {
            // As a beacon, a vertical and a horizontal scan name it; ICMP has a type in the port's place, and no scan names it.
            for (destination, port) in [
                (destination, port),
                (destination, 0),
                (nobody, port),
                (nobody, 0),
            ] {
                let key = (selector, source, destination, port, record.protocol);
                let place = self.places.get(&key).and_then(|&at| self.found.get_mut(at));
                if let Some((_, records)) = place {
                    records.total += 1;
                    if records.named.len() < RECORDS_NAMED_MAX {
                        records.named.push(id);
                    }
                    break;
                }
            }
        }
    }

    /// Events of pairs for which there was no room.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The findings, in the order in which they fired.
    pub fn finish(self) -> Vec<Finding> {
        let found = self.found.into_iter();
        found
            .map(|(event, records)| finding(&event, records))
            .collect()
    }
}

fn finding(event: &EvidenceEvent, records: Records) -> Finding {
    let thousandths = |value: u16| f64::from(value) / 1000.0;
    let names = event.behaviour.part_names();
    let icmp = matches!(event.protocol, 1 | 58);
    Finding {
        behaviour: event.behaviour,
        selector: event.selector,
        source: address(event.source),
        destination: (event.behaviour != Behaviour::HorizontalScan)
            .then(|| address(event.destination)),
        port: (event.behaviour != Behaviour::VerticalScan && !icmp).then_some(event.port),
        protocol: event.protocol,
        first: event.first,
        last: event.last,
        count: event.count,
        distinct: event.distinct,
        interval_ms: event.interval_ms,
        confidence: thousandths(event.score),
        parts: names
            .iter()
            .copied()
            .zip(event.parts.map(thousandths))
            .collect(),
        reason: reason(event),
        records: records.named,
        records_total: records.total,
    }
}

fn reason(event: &EvidenceEvent) -> String {
    let span = duration(event.last - event.first);
    let count = event.count;
    let part = |at: usize| event.parts.get(at).copied().unwrap_or(0) / 10;
    match event.behaviour {
        Behaviour::Beacon => format!(
            "{count} connections in {span}, median {} apart; {} % of the intervals lie near the median, sizes agree to {} %",
            duration(event.interval_ms),
            part(4),
            part(3)
        ),
        Behaviour::VerticalScan => format!(
            "{count} attempts on {} ports of one host in {span}, {} % refused or unanswered",
            event.distinct,
            part(0)
        ),
        Behaviour::HorizontalScan => format!(
            "{count} attempts on {} hosts in {span}, {} % refused or unanswered",
            event.distinct,
            part(0)
        ),
    }
}

/// A time span for people: `2.2 s`, `11 min 3 s`, `3 h 5 min`.
fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..=119 => format!("{}.{} s", seconds, ms % 1000 / 100),
        120..=7199 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
