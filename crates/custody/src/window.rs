//! Counters of a receipt window and the numbers at the end of an input. In: what the pipeline counted. Out: fixed arrays
//! of 64-bit numbers, `docs/reference/formats.md` sections 5 and 6. Never: anything that names a flow.

use crate::layout::{LayoutError, Reader, Writer};
use crate::record::coded;

/// Length of encoded window counters in bytes.
pub const WINDOW_BYTES: usize = 256;
/// Length of encoded end numbers in bytes.
pub const END_BYTES: usize = 64;
/// Length of a window in milliseconds.
pub const WINDOW_MS: u64 = 60_000;

/// Declares the counters once: struct fields, their order in the layout and their names.
macro_rules! counters {
    ($($(#[$doc:meta])* $field:ident,)+) => {
        /// What happened between two receipts.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct WindowCounters { $($(#[$doc])* pub $field: u64,)+ }
        impl WindowCounters {
            /// Every counter with its name, in the order of the layout.
            pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($field), self.$field),)+].into_iter()
            }
            fn read(r: &mut Reader<'_>) -> Self {
                Self { $($field: r.u64(),)+ }
            }
        }
    };
}

counters! {
    /// Counted from 0 in the run.
    index,
    /// Start, ms.
    start_ms,
    /// End, ms; the next window starts here.
    end_ms,
    /// Packets of flows that were open at the start.
    held_before,
    /// Packets read.
    read,
    /// Packets of records that were selected.
    selected,
    /// Discarded: both ends domestic.
    domestic,
    /// Discarded: no IP packet.
    not_ip,
    /// Discarded: a direction that the authority does not name.
    direction,
    /// Discarded: no selector and no behaviour asked for the flow.
    not_selected,
    /// Discarded: there was no room.
    shed,
    /// Error: unknown or broken link layer.
    link,
    /// Error: cut short before the ports.
    truncated,
    /// Error: a header that cannot be.
    malformed,
    /// Error: the capture's own record was broken.
    record,
    /// Packets of flows that are open at the end.
    held_after,
    /// Captured bytes read.
    bytes_read,
    /// Flows that began.
    flows_opened,
    /// Records decided.
    flows_closed,
    /// Records selected.
    flows_selected,
    /// Records written to the pipe; equal to `flows_selected`.
    records,
    /// Evidence events written to the pipe.
    events,
    /// Flows closed early because the table was full.
    flows_evicted,
    /// Pairs that behaviours forgot because their table was full.
    pairs_evicted,
    /// Flows open at the end.
    flows_open,
    /// Identifiers written to the pipe.
    identifiers,
    /// Identifiers, or flows with some, for which there was no room.
    identifiers_shed,
}

impl WindowCounters {
    /// Packets discarded, all reasons.
    pub const fn discarded(&self) -> u64 {
        self.domestic
            .saturating_add(self.not_ip)
            .saturating_add(self.direction)
            .saturating_add(self.not_selected)
            .saturating_add(self.shed)
    }

    /// Packets in error, all reasons.
    pub const fn errors(&self) -> u64 {
        self.link
            .saturating_add(self.truncated)
            .saturating_add(self.malformed)
            .saturating_add(self.record)
    }

    /// Whether no packet appeared or vanished: held before + read = selected + discarded + errors + held after.
    pub fn conserved(&self) -> bool {
        let left = u128::from(self.held_before) + u128::from(self.read);
        let right = [
            self.selected,
            self.discarded(),
            self.errors(),
            self.held_after,
        ];
        left == right.iter().map(|&packets| u128::from(packets)).sum()
    }

    /// The fixed layout.
    pub fn encode(&self) -> [u8; WINDOW_BYTES] {
        let mut w = Writer::default();
        for (_, value) in self.named() {
            w.u64(value);
        }
        w.finish()
    }

    /// Reads and checks a fixed layout.
    ///
    /// # Errors
    /// [`LayoutError`] where reserved numbers are set, time runs backwards or packets are not conserved.
    pub fn decode(bytes: &[u8; WINDOW_BYTES]) -> Result<Self, LayoutError> {
        let bad = |field| LayoutError {
            object: "window",
            field,
        };
        let mut r = Reader::new(bytes);
        let window = Self::read(&mut r);
        while !r.done() {
            if r.u64() != 0 {
                return Err(bad("reserved"));
            }
        }
        if window.start_ms > window.end_ms {
            return Err(bad("end_ms"));
        }
        if !window.conserved() {
            return Err(bad("conservation"));
        }
        Ok(window)
    }
}

coded! {
    /// How the reading of an input ended.
    EndStatus: u64 {
        /// Everything was read.
        Complete = 0 "complete",
        /// The input ends in the middle of a record.
        CutShort = 1 "cut-short",
        /// A record or block that cannot be.
        Malformed = 2 "malformed",
        /// No capture file that is known.
        NotACapture = 3 "not-a-capture",
        /// A bound of the reader was reached.
        Limit = 4 "limit",
        /// The supervisor ended it.
        Stopped = 5 "stopped",
        /// The sealed process failed.
        Fault = 100 "fault",
    }
}

/// The last frame of the pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndFrame {
    /// How reading ended.
    pub status: EndStatus,
    /// File offset in bytes at which reading ended.
    pub offset: u64,
    /// Packets read.
    pub packets: u64,
    /// Windows written.
    pub windows: u64,
    /// Records written.
    pub records: u64,
    /// Events written.
    pub events: u64,
    /// Fault code: 0 none, 1 panic, 2 out of memory, 3 output.
    pub fault: u64,
}

impl EndFrame {
    /// The fixed layout.
    pub fn encode(&self) -> [u8; END_BYTES] {
        let mut w = Writer::default();
        w.u64(self.status.code())
            .u64(self.offset)
            .u64(self.packets)
            .u64(self.windows);
        w.u64(self.records).u64(self.events).u64(self.fault).u64(0);
        w.finish()
    }

    /// Reads and checks a fixed layout.
    ///
    /// # Errors
    /// [`LayoutError`] where the status or fault code is unknown or the reserved number is set.
    pub fn decode(bytes: &[u8; END_BYTES]) -> Result<Self, LayoutError> {
        let bad = |field| LayoutError {
            object: "end",
            field,
        };
        let mut r = Reader::new(bytes);
        let end = Self {
            status: EndStatus::from_code(r.u64()).ok_or(bad("status"))?,
            offset: r.u64(),
            packets: r.u64(),
            windows: r.u64(),
            records: r.u64(),
            events: r.u64(),
            fault: r.u64(),
        };
        if end.fault > 3 || r.u64() != 0 {
            return Err(bad("fault"));
        }
        Ok(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conserved_counters_read_back_and_others_are_refused() {
        let window = WindowCounters {
            held_before: 3,
            read: 10,
            selected: 2,
            domestic: 4,
            not_selected: 1,
            truncated: 1,
            held_after: 5,
            ..WindowCounters::default()
        };
        assert_eq!(WindowCounters::decode(&window.encode()), Ok(window));
        let lost = WindowCounters { read: 11, ..window };
        assert_eq!(
            WindowCounters::decode(&lost.encode()).unwrap_err().field,
            "conservation"
        );
    }

    #[test]
    fn the_end_reads_back() {
        let end = EndFrame {
            status: EndStatus::CutShort,
            offset: 77,
            packets: 3,
            windows: 1,
            records: 0,
            events: 0,
            fault: 0,
        };
        assert_eq!(EndFrame::decode(&end.encode()), Ok(end));
    }
}
