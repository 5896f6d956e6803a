//! What authors and the ledger say to each other over the Unix socket. In: requests and answers, or frames of a stranger. Out: frames, or requests and
//! answers. Never: a frame longer than its bound.
//!
//! A frame is u32 length ‖ kind ‖ fields; numbers are little-endian, `bytes` are u32 length ‖ bytes. Requests: 1 append (bytes entry, bytes stored body) · 2 proof
//! (u64 index, u32 wait in ms) · 3 checkpoint · 4 entries (u64 from, u32 count) · 5 tip (stream, 8 bytes) · 6 body (commitment, 32 bytes) ·
//! 7 append several (bytes entry, bytes stored body, …). Answers have the request's kind, or 0 for a problem: code ‖ fields.

use crate::limits::FRAME_BYTES_MAX;
use crate::tips::{Refusal, Tip};
use sakimori_custody::ids::StreamId;
use std::io::{self, Read, Write};

/// What an author asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// To put an entry and its stored body on record.
    Append {
        /// The envelope.
        entry: Vec<u8>,
        /// The stored form of the body.
        body: Vec<u8>,
    },
    /// For a proof, when a cosigned checkpoint covers the entry.
    Proof {
        /// Index of the entry.
        index: u64,
        /// Longest wait.
        wait_ms: u32,
    },
    /// For the last published checkpoint.
    Checkpoint,
    /// For published entries.
    Entries {
        /// Index of the first.
        from: u64,
        /// Most entries wanted.
        count: u32,
    },
    /// For the end of a stream.
    Tip(StreamId),
    /// For a stored body.
    Body([u8; 32]),
    /// To put several entries with their stored bodies on record, in this order.
    AppendAll(Vec<(Vec<u8>, Vec<u8>)>),
}

/// What the ledger answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The request is not met.
    Problem(Problem),
    /// The entry is durable and has this index.
    Index(u64),
    /// A tlog-proof file.
    Proof(Vec<u8>),
    /// The last published checkpoint; empty before the first.
    Checkpoint(Vec<u8>),
    /// Entries in order; fewer than wanted where the log ends or the answer is full.
    Entries(Vec<Vec<u8>>),
    /// The end of the stream.
    Tip(Option<Tip>),
    /// The stored body; `None` where there is none.
    Body(Option<Vec<u8>>),
    /// The entries are durable and have these indices.
    Indices(Vec<u64>),
}

/// Why a request is not met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The caller is at fault: the frame is no request.
    #[error("the ledger does not understand the request")]
    Malformed,
    /// The author is at fault.
    #[error("the ledger refuses the entry")]
    Refused(#[source] Refusal),
    /// The node's rules do not admit the entry; says why.
    #[error("the ledger does not admit the entry: {0}")]
    Denied(String),
    /// Too much waits for the disk; try again.
    #[error("the ledger is busy")]
    Busy,
    /// Nothing more is put on record until the ledger is started anew; acts must stop.
    #[error("the ledger has stopped: {0}")]
    Stopped(String),
    /// The index is beyond the log.
    #[error("the log has no such entry yet")]
    NoEntry,
    /// No cosigned checkpoint covers the entry within the wait; says what the mirror's last trouble was.
    #[error("no cosigned checkpoint covers the entry: {0}")]
    Unproven(String),
    /// The log's files cannot be read.
    #[error("the log cannot be read: {0}")]
    Unreadable(String),
}

#[derive(Default)]
struct Out(Vec<u8>);

impl Out {
    fn kind(kind: u8) -> Self {
        Self(vec![kind])
    }

    fn u64(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn fixed(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn bytes(self, bytes: &[u8]) -> Self {
        self.u32(bytes.len() as u32).fixed(bytes)
    }

    fn tip(self, tip: Option<&Tip>) -> Self {
        match tip {
            None => self.fixed(&[0]),
            Some(tip) => {
                let out = self.fixed(&[1]).u64(tip.next).fixed(&tip.previous);
                out.u64(tip.index)
            }
        }
    }
}

struct In<'b>(&'b [u8]);

impl<'b> In<'b> {
    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn u8(&mut self) -> Option<u8> {
        self.fixed::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Option<u32> {
        self.fixed().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.fixed().map(u64::from_le_bytes)
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let len = self.u32()? as usize;
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn text(&mut self) -> Option<String> {
        let bytes = self.bytes()?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    fn tip(&mut self) -> Option<Option<Tip>> {
        match self.u8()? {
            0 => Some(None),
            1 => Some(Some(Tip {
                next: self.u64()?,
                previous: self.fixed()?,
                index: self.u64()?,
            })),
            _ => None,
        }
    }
}

impl Request {
    /// The frame's content.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Append { entry, body } => Out::kind(1).bytes(entry).bytes(body),
            Self::Proof { index, wait_ms } => Out::kind(2).u64(*index).u32(*wait_ms),
            Self::Checkpoint => Out::kind(3),
            Self::Entries { from, count } => Out::kind(4).u64(*from).u32(*count),
            Self::Tip(stream) => Out::kind(5).fixed(&stream.0),
            Self::Body(commitment) => Out::kind(6).fixed(commitment),
            Self::AppendAll(records) => records.iter().fold(Out::kind(7), |out, (entry, body)| {
                out.bytes(entry).bytes(body)
            }),
        }
        .0
    }

    /// Reads a frame's content; `None` for any other bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = In(bytes);
        let request = match fields.u8()? {
            1 => Self::Append {
                entry: fields.bytes()?.to_vec(),
                body: fields.bytes()?.to_vec(),
            },
            2 => Self::Proof {
                index: fields.u64()?,
                wait_ms: fields.u32()?,
            },
            3 => Self::Checkpoint,
            4 => Self::Entries {
                from: fields.u64()?,
                count: fields.u32()?,
            },
            5 => Self::Tip(StreamId(fields.fixed()?)),
            6 => Self::Body(fields.fixed()?),
            7 => {
                let mut records = Vec::new();
                while !fields.0.is_empty() {
                    records.push((fields.bytes()?.to_vec(), fields.bytes()?.to_vec()));
                }
                Self::AppendAll(records)
            }
            _ => return None,
        };
        fields.0.is_empty().then_some(request)
    }
}

impl Problem {
    fn encode(&self) -> Out {
        let code = |code: u8| Out::kind(0).fixed(&[code]);
        match self {
            Self::Malformed => code(1),
            Self::Refused(Refusal::Entry) => code(2),
            Self::Refused(Refusal::Body) => code(3),
            Self::Refused(Refusal::Sequence(tip)) => code(4).tip(tip.as_ref()),
            Self::Busy => code(6),
            Self::Stopped(text) => code(7).bytes(text.as_bytes()),
            Self::NoEntry => code(8),
            Self::Unproven(text) => code(9).bytes(text.as_bytes()),
            Self::Unreadable(text) => code(10).bytes(text.as_bytes()),
            Self::Denied(text) => code(11).bytes(text.as_bytes()),
        }
    }

    fn decode(fields: &mut In<'_>) -> Option<Self> {
        Some(match fields.u8()? {
            1 => Self::Malformed,
            2 => Self::Refused(Refusal::Entry),
            3 => Self::Refused(Refusal::Body),
            4 => Self::Refused(Refusal::Sequence(fields.tip()?)),
            6 => Self::Busy,
            7 => Self::Stopped(fields.text()?),
            8 => Self::NoEntry,
            9 => Self::Unproven(fields.text()?),
            10 => Self::Unreadable(fields.text()?),
            11 => Self::Denied(fields.text()?),
            _ => return None,
        })
    }
}

impl Answer {
    /// The frame's content.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Problem(problem) => problem.encode(),
            Self::Index(index) => Out::kind(1).u64(*index),
            Self::Proof(proof) => Out::kind(2).bytes(proof),
            Self::Checkpoint(note) => Out::kind(3).bytes(note),
            Self::Entries(entries) => entries
                .iter()
                .fold(Out::kind(4), |out, entry| out.bytes(entry)),
            Self::Tip(tip) => Out::kind(5).tip(tip.as_ref()),
            Self::Body(None) => Out::kind(6).fixed(&[0]),
            Self::Body(Some(body)) => Out::kind(6).fixed(&[1]).bytes(body),
            Self::Indices(indices) => indices.iter().fold(Out::kind(7), |out, i| out.u64(*i)),
        }
        .0
    }

    /// Reads a frame's content; `None` for any other bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = In(bytes);
        let answer = match fields.u8()? {
            0 => Self::Problem(Problem::decode(&mut fields)?),
            1 => Self::Index(fields.u64()?),
            2 => Self::Proof(fields.bytes()?.to_vec()),
            3 => Self::Checkpoint(fields.bytes()?.to_vec()),
            4 => {
                let mut entries = Vec::new();
                while !fields.0.is_empty() {
                    entries.push(fields.bytes()?.to_vec());
                }
                Self::Entries(entries)
            }
            5 => Self::Tip(fields.tip()?),
            6 => match fields.u8()? {
                0 => Self::Body(None),
                1 => Self::Body(Some(fields.bytes()?.to_vec())),
                _ => return None,
            },
            7 => {
                let mut indices = Vec::new();
                while !fields.0.is_empty() {
                    indices.push(fields.u64()?);
                }
                Self::Indices(indices)
            }
            _ => return None,
        };
        fields.0.is_empty().then_some(answer)
    }
}

/// Writes one frame.
///
/// # Errors
/// The stream's, and [`io::ErrorKind::FileTooLarge`] for a content above [`FRAME_BYTES_MAX`].
pub fn write_frame(stream: &mut impl Write, content: &[u8]) -> io::Result<()> {
    if content.len() > FRAME_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    // One write, so that a frame is not held back for the answer to its first half.
    let frame = [&(content.len() as u32).to_le_bytes(), content].concat();
    stream.write_all(&frame)
}

/// Reads one frame; `None` where the stream ends before it.
///
/// # Errors
/// The stream's, and [`io::ErrorKind::FileTooLarge`] for a frame that says it is longer than [`FRAME_BYTES_MAX`].
pub fn read_frame(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut len = [0; 4];
    match stream.read_exact(&mut len) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let len = u32::from_le_bytes(len) as usize;
    if len > FRAME_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    // Memory grows with what arrives, not with what is announced.
    let mut content = Vec::new();
    stream.take(len as u64).read_to_end(&mut content)?;
    if content.len() < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_and_answers_are_read_as_they_were_written() {
        for request in [
            Request::Append {
                entry: vec![1],
                body: Vec::new(),
            },
            Request::Proof {
                index: 7,
                wait_ms: 9,
            },
            Request::Checkpoint,
            Request::Entries { from: 1, count: 2 },
            Request::Tip(StreamId([3; 8])),
            Request::Body([4; 32]),
            Request::AppendAll(vec![(vec![1], Vec::new()), (vec![2], vec![3])]),
        ] {
            assert_eq!(Request::decode(&request.encode()), Some(request));
        }
        let tip = Tip {
            next: 1,
            previous: [2; 32],
            index: 3,
        };
        for answer in [
            Answer::Index(1),
            Answer::Indices(vec![1, 2]),
            Answer::Proof(vec![1]),
            Answer::Checkpoint(Vec::new()),
            Answer::Entries(vec![vec![1], Vec::new()]),
            Answer::Tip(None),
            Answer::Tip(Some(tip)),
            Answer::Body(None),
            Answer::Body(Some(vec![5])),
            Answer::Problem(Problem::Malformed),
            Answer::Problem(Problem::Refused(Refusal::Entry)),
            Answer::Problem(Problem::Refused(Refusal::Body)),
            Answer::Problem(Problem::Refused(Refusal::Sequence(Some(tip)))),
            Answer::Problem(Problem::Busy),
            Answer::Problem(Problem::Stopped("a".into())),
            Answer::Problem(Problem::NoEntry),
            Answer::Problem(Problem::Unproven("b".into())),
            Answer::Problem(Problem::Unreadable("c".into())),
            Answer::Problem(Problem::Denied("d".into())),
        ] {
            assert_eq!(Answer::decode(&answer.encode()), Some(answer));
        }
    }

    #[test]
    fn a_frame_that_is_too_long_or_cut_is_an_error() {
        let mut stream = Vec::new();
        write_frame(&mut stream, b"abc").unwrap();
        assert_eq!(read_frame(&mut stream.as_slice()).unwrap().unwrap(), b"abc");
        assert!(read_frame(&mut &stream[..6]).is_err());
        assert!(read_frame(&mut &[][..]).unwrap().is_none());
        assert!(read_frame(&mut [0xff; 8].as_slice()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(request) = Request::decode(&bytes) {
                prop_assert_eq!(request.encode(), bytes.clone());
            }
            if let Some(answer) = Answer::decode(&bytes) {
                prop_assert_eq!(Answer::decode(&answer.encode()), Some(answer));
            }
        }
    }
}
