//! A pipeline in this process: packs, homes, frames.

use sakimori_custody::epoch::EpochSecret;
use sakimori_custody::frame::Frame;
use sakimori_custody::identifier::{Identifier, IdentifierField, Sealer};
use sakimori_custody::ids::{RecordId, StreamId};
use sakimori_custody::keys::Share;
use sakimori_custody::record::{Country, Direction, MechanicalRecord};
use sakimori_custody::window::{EndFrame, WindowCounters};
use sakimori_detect::finding::{Finding, Findings};
use sakimori_select::{Matcher, Pack};
use sakimori_sensor::capture::{Capture, Filled, unpacked};
use sakimori_sensor::direction::Home;
use sakimori_sensor::pipeline::{Identify, Pipeline, PipelineConfig};
use std::io::Read;

/// All directions.
pub(crate) const DIRECTIONS: [Direction; 3] =
    [Direction::OutIn, Direction::InOut, Direction::OutOut];

/// A pipeline for a pack, with home prefixes beside Japan.
pub(crate) fn pipeline(pack: &str, home: &[&str], flows_max: usize) -> Pipeline {
    seeded(pack, home, flows_max, [7, 9])
}

/// The same with a seed for the flow table.
pub(crate) fn seeded(pack: &str, home: &[&str], flows_max: usize, seed: [u64; 2]) -> Pipeline {
    Pipeline::new(configured(pack, home, flows_max, seed))
}

fn configured(pack: &str, home: &[&str], flows_max: usize, seed: [u64; 2]) -> PipelineConfig {
    let pack = Pack::parse_source(pack).unwrap();
    let mut place = Home::country(Country::new(*b"JP").unwrap());
    place.prefixes = home.iter().map(|prefix| prefix.parse().unwrap()).collect();
    let mut config = PipelineConfig::new(
        place,
        DIRECTIONS.to_vec(),
        Matcher::new(&pack),
        pack.behaviours(),
        seed,
    );
    config.flows_max = flows_max;
    config
}

/// The epoch of the tests, and the fields that are asked for.
pub(crate) const EPOCH: &str = "000102030405060708090a0b0c0d0e0f/2027-03-03/30";

/// The run of the tests.
pub(crate) const RUN: StreamId = StreamId([6; 8]);

/// The secret of that epoch.
pub(crate) fn secret() -> EpochSecret {
    EpochSecret::combine(
        &Share::new([1; 32]),
        &Share::new([2; 32]),
        EPOCH.parse().unwrap(),
    )
}

/// A pipeline that looks for identifiers.
pub(crate) fn identifying(pack: &str, fields: &[IdentifierField], flows_max: usize) -> Pipeline {
    let sealer = Sealer::new(&secret().writing(), EPOCH, RUN, [3; 32]).unwrap();
    let mut config = configured(pack, &[], flows_max, [7, 9]);
    config.identify = Some(Identify::new(fields.to_vec(), sealer));
    Pipeline::new(config)
}

/// The byte stream of the pipe for an input.
pub(crate) fn stream(input: impl Read + 'static, mut pipeline: Pipeline) -> Vec<u8> {
    let mut capture = Capture::new(unpacked(input).unwrap());
    let mut batch = Vec::new();
    let status = loop {
        match capture.fill(&mut batch) {
            Ok(Filled::More) => pipeline.push(&capture, &batch),
            Ok(Filled::End(status)) => break status,
            Err(_) => break sakimori_custody::window::EndStatus::Malformed,
        }
    };
    pipeline.finish(status, capture.offset());
    std::mem::take(pipeline.output())
}

/// Frames, sorted by kind.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) windows: Vec<WindowCounters>,
    pub(crate) records: Vec<MechanicalRecord>,
    pub(crate) identifiers: Vec<Identifier>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) end: Option<EndFrame>,
}

impl Told {
    /// Reads a stream, which must be nothing but whole frames.
    pub(crate) fn of(mut bytes: &[u8]) -> Self {
        let mut told = Self::default();
        let mut findings = Findings::default();
        while !bytes.is_empty() {
            let (frame, length) = Frame::decode(bytes).unwrap();
            bytes = &bytes[length..];
            assert!(told.end.is_none(), "a frame behind the end");
            match frame {
                Frame::Window(window) => told.windows.push(window),
                Frame::Record(record) => {
                    let number = told.records.len() as u64;
                    findings.record(
                        RecordId {
                            stream: StreamId([0; 8]),
                            number,
                        },
                        &record,
                    );
                    told.records.push(record);
                }
                Frame::Identifier(identifier) => {
                    assert_eq!(identifier.record + 1, told.records.len() as u64);
                    told.identifiers.push(identifier);
                }
                Frame::Evidence(event) => findings.event(event),
                Frame::End(end) => told.end = Some(end),
                Frame::Ready(_) => panic!("a pipeline does not say that it is sealed"),
            }
        }
        told.findings = findings.finish();
        told
    }

    /// Sum of a counter over all windows.
    pub(crate) fn sum(&self, counter: impl Fn(&WindowCounters) -> u64) -> u64 {
        self.windows.iter().map(counter).sum()
    }

    /// Holds the windows to each other: they follow, conserve (a window that does not is no frame), and hold nothing at the end. Returns packets read.
    pub(crate) fn check(&self) -> u64 {
        let (mut held, mut end_ms) = (0, None);
        for (index, window) in self.windows.iter().enumerate() {
            assert_eq!(window.index, index as u64);
            assert_eq!(window.held_before, held);
            assert!(window.conserved());
            assert!(end_ms.is_none_or(|end| end == window.start_ms));
            (held, end_ms) = (window.held_after, Some(window.end_ms));
        }
        assert_eq!(held, 0, "packets are held behind the end");
        let end = self.end.unwrap();
        let read = self.sum(|w| w.read);
        assert_eq!(
            (end.packets, end.windows),
            (read, self.windows.len() as u64)
        );
        assert_eq!((end.records, end.fault), (self.records.len() as u64, 0));
        read
    }
}
