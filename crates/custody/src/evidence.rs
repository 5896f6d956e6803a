//! Evidence events: why a behaviour fired, in numbers. In: what `detect` counted for a pair. Out: 128 bytes that leave
//! the seal, `docs/reference/formats.md` section 4. Never: a name, a packet, a list of what was counted.

use crate::layout::{LayoutError, Reader, Writer};
use crate::record::{Direction, coded};

/// Length of an encoded event in bytes.
pub const EVIDENCE_BYTES: usize = 128;
/// Most score parts of a behaviour.
pub const PARTS_MAX: usize = 8;

coded! {
    /// A behaviour that can select (design 6.4).
    Behaviour: u8 {
        /// One source calls one service again and again at regular times.
        Beacon = 1 "beacon",
        /// One source tries many ports of one destination.
        VerticalScan = 2 "vertical-scan",
        /// One source tries one port of many destinations.
        HorizontalScan = 3 "horizontal-scan",
    }
}
coded! {
    /// Where in the life of a finding an event stands.
    Phase: u8 {
        /// The threshold was reached; matching flows are selected from now on.
        Fired = 1 "fired",
        /// The count has doubled since the last event.
        Update = 2 "update",
        /// The input ended, or the pair was evicted.
        Final = 3 "final",
    }
}

impl Behaviour {
    /// Names of the score parts, in the order of [`EvidenceEvent::parts`].
    pub const fn part_names(self) -> &'static [&'static str] {
        match self {
            Self::Beacon => &[
                "interval-skew",
                "interval-dispersion",
                "size-skew",
                "size-dispersion",
                "regularity",
                "coverage",
            ],
            Self::VerticalScan | Self::HorizontalScan => &["unanswered", "spread", "breadth"],
        }
    }
}

/// One event about one pair. Scores are thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EvidenceEvent {
    /// What was recognised.
    pub behaviour: Behaviour,
    /// First event, later one, or last.
    pub phase: Phase,
    /// IP protocol number.
    pub protocol: u8,
    /// Which way the flows cross the border.
    pub direction: Direction,
    /// The behaviour's selector id in the pack.
    pub selector: u32,
    /// Initiator.
    pub source: [u8; 16],
    /// The other side; zero for a horizontal scan.
    pub destination: [u8; 16],
    /// Destination port; 0 for a vertical scan.
    pub port: u16,
    /// The whole score.
    pub score: u16,
    /// Its parts, by [`Behaviour::part_names`]; unused ones are 0.
    pub parts: [u16; PARTS_MAX],
    /// Time of the first connection counted, ms.
    pub first: u64,
    /// Time of the last connection counted, ms.
    pub last: u64,
    /// Connections or attempts counted.
    pub count: u64,
    /// Distinct ports (vertical) or hosts (horizontal); 0 for a beacon.
    pub distinct: u64,
    /// Median interval in ms; 0 for scans.
    pub interval_ms: u64,
}

impl EvidenceEvent {
    /// The fixed layout.
    pub fn encode(&self) -> [u8; EVIDENCE_BYTES] {
        let mut w = Writer::default();
        w.u8(self.behaviour.code())
            .u8(self.phase.code())
            .u8(self.protocol);
        w.u8(self.direction.code())
            .u32(self.selector)
            .bytes(&self.source);
        w.bytes(&self.destination).u16(self.port).u16(self.score);
        for part in self.parts {
            w.u16(part);
        }
        w.u32(0)
            .u64(self.first)
            .u64(self.last)
            .u64(self.count)
            .u64(self.distinct);
        w.u64(self.interval_ms).bytes(&[0; 24]);
        w.finish()
    }

    /// Reads and checks a fixed layout.
    ///
    /// # Errors
    /// [`LayoutError`] names the field that no writer of version 1 can have written.
    pub fn decode(bytes: &[u8; EVIDENCE_BYTES]) -> Result<Self, LayoutError> {
        let bad = |field| LayoutError {
            object: "evidence event",
            field,
        };
        let mut r = Reader::new(bytes);
        let behaviour = Behaviour::from_code(r.u8()).ok_or(bad("behaviour"))?;
        let phase = Phase::from_code(r.u8()).ok_or(bad("phase"))?;
        let protocol = r.u8();
        let direction = Direction::from_code(r.u8()).ok_or(bad("direction"))?;
        let (selector, source, destination) = (r.u32(), r.bytes(), r.bytes());
        let (port, score) = (r.u16(), r.u16());
        let parts = std::array::from_fn(|_| r.u16());
        let gap = r.u32();
        let event = Self {
            behaviour,
            phase,
            protocol,
            direction,
            selector,
            source,
            destination,
            port,
            score,
            parts,
            first: r.u64(),
            last: r.u64(),
            count: r.u64(),
            distinct: r.u64(),
            interval_ms: r.u64(),
        };
        if gap != 0 || r.bytes::<24>() != [0; 24] || !r.done() {
            return Err(bad("reserved"));
        }
        if score > 1000 || parts.iter().any(|&part| part > 1000) {
            return Err(bad("score"));
        }
        if selector == 0 || event.first > event.last {
            return Err(bad("selector or time"));
        }
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_back_and_a_changed_reserved_byte_is_refused() {
        let event = EvidenceEvent {
            behaviour: Behaviour::Beacon,
            phase: Phase::Fired,
            protocol: 6,
            direction: Direction::InOut,
            selector: 7,
            source: [1; 16],
            destination: [2; 16],
            port: 443,
            score: 912,
            parts: [1000, 900, 800, 700, 600, 500, 0, 0],
            first: 1,
            last: 2,
            count: 295,
            distinct: 0,
            interval_ms: 2200,
        };
        let mut bytes = event.encode();
        assert_eq!(EvidenceEvent::decode(&bytes), Ok(event));
        bytes[EVIDENCE_BYTES - 1] = 1;
        assert_eq!(EvidenceEvent::decode(&bytes).unwrap_err().field, "reserved");
    }
}
