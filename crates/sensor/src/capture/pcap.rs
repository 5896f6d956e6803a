//! pcap: one header, then records. In: unread bytes. Out: steps. Never: a record longer than [`PACKET_BYTES_MAX`].

use super::{Captured, Step, word};
use crate::limits::PACKET_BYTES_MAX;
use sakimori_custody::window::EndStatus;
use sakimori_wire::LinkType;

/// What the magic number and the file header told.
#[derive(Debug)]
pub(super) struct Pcap {
    big: bool,
    /// Parts of a second per millisecond.
    per_milli: u32,
    /// Length of the file header and of a record's header.
    file_head: usize,
    record_head: usize,
    link: Option<LinkType>,
}

impl Pcap {
    /// The reader for a magic number: microseconds, nanoseconds, Kuznetzov's modified form, and IXIA's two, in both byte orders.
    pub(super) fn new(magic: [u8; 4]) -> Option<Self> {
        let of = |number: u32| {
            Some(match number {
                0xa1b2_c3d4 => (1000, 24, 16),
                0xa1b2_3c4d => (1_000_000, 24, 16),
                0xa1b2_cd34 => (1000, 24, 24),
                0x1c00_01ac | 0x1c00_01ab => (1_000_000, 28, 16),
                _ => return None,
            })
        };
        let (big, (per_milli, file_head, record_head)) = match of(u32::from_be_bytes(magic)) {
            Some(kind) => (true, kind),
            None => (false, of(u32::from_le_bytes(magic))?),
        };
        Some(Self {
            big,
            per_milli,
            file_head,
            record_head,
            link: None,
        })
    }

    pub(super) fn step(&mut self, bytes: &[u8]) -> Step {
        let Some(link) = self.link else {
            let Some(link) = word(bytes, 20, self.big).filter(|_| bytes.len() >= self.file_head)
            else {
                return Step::Need(self.file_head);
            };
            // The upper bits tell the length of a frame check sequence.
            self.link = Some(LinkType(link & 0x03ff_ffff));
            return Step::Skip(self.file_head);
        };
        let big = self.big;
        let number = |at| word(bytes, at, big).unwrap_or_default();
        if bytes.len() < self.record_head {
            return Step::Need(self.record_head);
        }
        let length = number(8) as usize;
        if length > PACKET_BYTES_MAX {
            return Step::Bad(EndStatus::Malformed);
        }
        let whole = self.record_head + length;
        if bytes.len() < whole {
            return Step::Need(whole);
        }
        let millis = u64::from(number(0)) * 1000 + u64::from(number(4) / self.per_milli);
        Step::Packet(
            Captured {
                at: self.record_head,
                length,
                link,
                millis,
            },
            whole,
        )
    }
}
