//! The seal's pipe: the only frames that can leave the sealed process. In: the parts of `docs/reference/formats.md` section 3.
//! Out: a kind byte and a payload of the fixed length of its kind. Never: a length or text from the data.

use crate::evidence::{EVIDENCE_BYTES, EvidenceEvent};
use crate::identifier::{IDENTIFIER_BYTES, Identifier};
use crate::layout::{LayoutError, Reader, Writer};
use crate::record::{MechanicalRecord, RECORD_BYTES};
use crate::window::{END_BYTES, EndFrame, WINDOW_BYTES, WindowCounters};

/// Length of the `ready` payload in bytes.
pub const READY_BYTES: usize = 16;
/// Longest frame in bytes, kind included.
pub const FRAME_BYTES_MAX: usize = 1 + WINDOW_BYTES;
const _: () = assert!(IDENTIFIER_BYTES <= WINDOW_BYTES);

/// The level of sealing that was reached, told before the first byte of input is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Landlock ABI in force; 0 = none.
    pub landlock: u8,
    /// Whether the system call filter is in force (it always is, or nothing starts).
    pub seccomp: bool,
    /// Whether the process has an empty network namespace.
    pub network_namespace: bool,
    /// Version of the country map, `YYYYMMDD`.
    pub map_version: u64,
}

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A selected record.
    Record(MechanicalRecord),
    /// Evidence of a behaviour.
    Evidence(EvidenceEvent),
    /// Counters of a finished window.
    Window(WindowCounters),
    /// The last frame.
    End(EndFrame),
    /// The first frame.
    Ready(Ready),
    /// An identifier of the record before it, as tag and sealed blob.
    Identifier(Identifier),
}

/// What a reader of the pipe can make of the bytes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// More bytes may complete the frame.
    #[error("the frame is not complete")]
    Truncated,
    /// No frame begins with this byte.
    #[error("there is no frame of kind {0}")]
    Kind(u8),
    /// The payload breaks its layout.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

impl Ready {
    fn encode(self) -> [u8; READY_BYTES] {
        let mut w = Writer::default();
        w.u8(self.landlock)
            .u8(u8::from(self.seccomp))
            .u8(u8::from(self.network_namespace));
        w.bytes(&[0; 5]).u64(self.map_version);
        w.finish()
    }

    fn decode(bytes: &[u8; READY_BYTES]) -> Result<Self, LayoutError> {
        let mut r = Reader::new(bytes);
        let (landlock, seccomp, netns, gap) = (r.u8(), r.u8(), r.u8(), r.bytes::<5>());
        if seccomp > 1 || netns > 1 || gap != [0; 5] {
            return Err(LayoutError {
                object: "ready",
                field: "level",
            });
        }
        let (seccomp, network_namespace) = (seccomp == 1, netns == 1);
        Ok(Self {
            landlock,
            seccomp,
            network_namespace,
            map_version: r.u64(),
        })
    }
}

impl Frame {
    /// Appends the frame to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Record(record) => put(out, 1, &record.encode()),
            Self::Evidence(event) => put(out, 2, &event.encode()),
            Self::Window(window) => put(out, 3, &window.encode()),
            Self::End(end) => put(out, 4, &end.encode()),
            Self::Ready(ready) => put(out, 5, &ready.encode()),
            Self::Identifier(identifier) => put(out, 6, &identifier.encode()),
        }
    }

    /// Reads the frame at the start of `bytes`; returns it with its length.
    ///
    /// # Errors
    /// - [`FrameError::Truncated`]: call again with more bytes.
    /// - others: the writer is not the sealed process of this version; end it.
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), FrameError> {
        let (&kind, rest) = bytes.split_first().ok_or(FrameError::Truncated)?;
        let frame = match kind {
            1 => Self::Record(MechanicalRecord::decode(take::<RECORD_BYTES>(rest)?)?),
            2 => Self::Evidence(EvidenceEvent::decode(take::<EVIDENCE_BYTES>(rest)?)?),
            3 => Self::Window(WindowCounters::decode(take::<WINDOW_BYTES>(rest)?)?),
            4 => Self::End(EndFrame::decode(take::<END_BYTES>(rest)?)?),
            5 => Self::Ready(Ready::decode(take::<READY_BYTES>(rest)?)?),
            6 => Self::Identifier(Identifier::decode(take::<IDENTIFIER_BYTES>(rest)?)?),
            other => return Err(FrameError::Kind(other)),
        };
        Ok((frame, frame.length()))
    }

    /// Length on the pipe in bytes, kind included.
    pub const fn length(&self) -> usize {
        1 + match self {
            Self::Record(_) => RECORD_BYTES,
            Self::Evidence(_) => EVIDENCE_BYTES,
            Self::Window(_) => WINDOW_BYTES,
            Self::End(_) => END_BYTES,
            Self::Ready(_) => READY_BYTES,
            Self::Identifier(_) => IDENTIFIER_BYTES,
        }
    }
}

fn put(out: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    out.push(kind);
    out.extend_from_slice(payload);
}

fn take<const N: usize>(bytes: &[u8]) -> Result<&[u8; N], FrameError> {
    bytes.first_chunk().ok_or(FrameError::Truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_bytes_are_frames_that_write_the_same_bytes_or_an_error(
            kind in 0u8..8, payload in proptest::collection::vec(0u8..3, 0..300)
        ) {
            let bytes = [&[kind], payload.as_slice()].concat();
            if let Ok((frame, len)) = Frame::decode(&bytes) {
                let mut again = Vec::new();
                frame.encode(&mut again);
                proptest::prop_assert_eq!(again.as_slice(), &bytes[..len]);
            }
        }
    }
}
