//! Behaviours as streaming, bounded state machines: beacon, vertical and horizontal scan; and findings made of what they say.
//!
//! In: decided flow records, in the order in which the flow table closes them. Out: evidence events, and whether a record belongs to a pair that fired. Never: a
//! packet, a name, a clock; memory is bounded and evictions are counted.
//!
//! Inside the seal a behaviour selects (design 6.4); outside, [`finding`] joins its evidence with the selected records.

mod beacon;
mod distinct;
pub mod finding;
pub mod limits;
mod pairs;
#[cfg(test)]
mod samples;
mod scan;
mod seeded;
mod statistics;

use sakimori_custody::behaviour::{BehaviourSpec, Parameters};
use sakimori_custody::evidence::EvidenceEvent;
use sakimori_custody::record::{Hits, MechanicalRecord};

/// Takes evidence events as they arise.
pub type Emit<'e> = &'e mut dyn FnMut(EvidenceEvent);

enum Detector {
    Beacon(beacon::Beacons),
    Scan(scan::Scans),
}

/// All behaviours of a pack.
pub struct Behaviours {
    detectors: Vec<Detector>,
}

impl Behaviours {
    /// Detectors for the behaviours of a pack, in its order.
    pub fn new(specs: &[BehaviourSpec]) -> Self {
        let detector = |spec: &BehaviourSpec| match spec.parameters {
            Parameters::Beacon {
                connections_min,
                score_min,
            } => Detector::Beacon(beacon::Beacons::new(
                spec.selector,
                connections_min,
                score_min,
            )),
            Parameters::VerticalScan {
                ports_min,
                unanswered_min,
            } => Detector::Scan(scan::Scans::vertical(
                spec.selector,
                ports_min,
                unanswered_min,
            )),
            Parameters::HorizontalScan {
                hosts_min,
                unanswered_min,
            } => Detector::Scan(scan::Scans::horizontal(
                spec.selector,
                hosts_min,
                unanswered_min,
            )),
        };
        Self {
            detectors: specs.iter().map(detector).collect(),
        }
    }

    /// Takes in a record. Evidence is given when a pair fires and each time its count has doubled since.
    ///
    /// # Cost
    /// One or two table look-ups per behaviour; a score is computed at steps of an eighth of the count.
    pub fn observe(&mut self, record: &MechanicalRecord, emit: Emit<'_>) {
        for detector in &mut self.detectors {
            match detector {
                Detector::Beacon(beacons) => beacons.observe(record, emit),
                Detector::Scan(scans) => scans.observe(record, emit),
            }
        }
    }

    /// Selector ids of the behaviours that have fired for the record's pair, the record that made them fire included.
    pub fn matches(&self, record: &MechanicalRecord) -> Hits {
        let mut hits = Hits::default();
        for detector in &self.detectors {
            let id = match detector {
                Detector::Beacon(beacons) => beacons.matches(record),
                Detector::Scan(scans) => scans.matches(record),
            };
            if let Some(id) = id {
                hits.insert(id);
            }
        }
        hits
    }

    /// Gives the last evidence of every pair that fired, in the order of firing.
    pub fn finish(&mut self, emit: Emit<'_>) {
        for detector in &mut self.detectors {
            match detector {
                Detector::Beacon(beacons) => beacons.finish(emit),
                Detector::Scan(scans) => scans.finish(emit),
            }
        }
    }

    /// Pairs forgotten for lack of room since the last call.
    pub fn take_evicted(&mut self) -> u64 {
        self.detectors
            .iter_mut()
            .map(|detector| match detector {
                Detector::Beacon(beacons) => beacons.take_evicted(),
                Detector::Scan(scans) => scans.take_evicted(),
            })
            .sum()
    }
}
