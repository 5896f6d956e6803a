//! How other rooms reach the ledger: blocking, one request at a time. In: entries, indices, streams. Out: indices, proofs, entries. Never: a second try of
//! its own; who tries an append again gets the index that the entry has.

use crate::address::Reached;
use crate::limits::{FRAME_BYTES_MAX, PROOF_WAIT_MAX};
use crate::socket::{Answer, Problem, Request, read_frame, write_frame};
use crate::tips::Tip;
use sakimori_custody::entry::Entry;
use sakimori_custody::ids::StreamId;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Longest wait for an answer, above what a proof may wait.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// Why a request was not met.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The ledger cannot be reached or went away; whether an append took effect is unknown.
    #[error("the ledger does not answer")]
    Io(#[from] io::Error),
    /// The ledger's own words.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The answer is of another kind.
    #[error("the ledger's answer makes no sense")]
    Answer,
}

/// Sends a request and reads its answer.
fn exchange<S: Read + Write>(stream: &mut S, request: &Request) -> Result<Answer, ClientError> {
    write_frame(stream, &request.encode())?;
    let frame = read_frame(stream)?;
    let frame = frame.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    match Answer::decode(&frame) {
        Some(Answer::Problem(problem)) => Err(problem.into()),
        Some(answer) => Ok(answer),
        None => Err(ClientError::Answer),
    }
}

/// A stream whose reader is not kept waiting without a look at something else.
struct Watched<'w> {
    stream: &'w UnixStream,
    watch: &'w mut dyn FnMut() -> io::Result<()>,
}

impl Read for Watched<'_> {
    fn read(&mut self, place: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stream.read(place) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => (self.watch)()?,
                done => return done,
            }
        }
    }
}

impl Write for Watched<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A connection to the ledger.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
}

impl Client {
    /// Connects to the socket.
    ///
    /// # Errors
    /// [`ClientError::Io`]: no ledger listens there.
    pub fn connect(socket: &Path) -> Result<Self, ClientError> {
        let stream = UnixStream::connect(Reached::at(socket)?.path())?;
        stream.set_write_timeout(Some(ANSWER_WAIT))?;
        stream.set_read_timeout(Some(ANSWER_WAIT + PROOF_WAIT_MAX))?;
        Ok(Self { stream })
    }

    fn ask(&mut self, request: &Request) -> Result<Answer, ClientError> {
        exchange(&mut self.stream, request)
    }

    /// Puts an entry on record; returns its index once it is durable.
    ///
    /// # Errors
    /// [`ClientError`]. After [`ClientError::Io`] the same entry may be offered again over a new connection.
    ///
    /// # Cost
    /// One fdatasync, shared with the entries of others that come at the same time.
    pub fn append(&mut self, entry: &Entry) -> Result<u64, ClientError> {
        self.append_stored(&entry.leaf, &entry.stored)
    }

    /// As [`Client::append`], with the envelope and the stored body as bytes.
    ///
    /// # Errors
    /// As [`Client::append`].
    pub fn append_stored(&mut self, entry: &[u8], body: &[u8]) -> Result<u64, ClientError> {
        let request = Request::Append {
            entry: entry.to_vec(),
            body: body.to_vec(),
        };
        match self.ask(&request)? {
            Answer::Index(index) => Ok(index),
            _ => Err(ClientError::Answer),
        }
    }

    /// Puts several entries on record, in their order; returns their indices once all are durable.
    ///
    /// # Errors
    /// As [`Client::append`]. The entries before the one that was refused may be on record: [`Client::tip`] says up to where.
    ///
    /// # Cost
    /// One fdatasync for all that fit one frame, [`FRAME_BYTES_MAX`].
    pub fn append_all(&mut self, entries: &[Entry]) -> Result<Vec<u64>, ClientError> {
        let mut indices = Vec::with_capacity(entries.len());
        let mut rest = entries;
        while !rest.is_empty() {
            let mut bytes = 1;
            let fitting = rest.iter().take_while(|entry| {
                bytes += 8 + entry.leaf.len() + entry.stored.len();
                bytes <= FRAME_BYTES_MAX
            });
            let (now, later) = rest
                .split_at_checked(fitting.count().max(1))
                .unwrap_or((rest, &[]));
            let records = now.iter().map(|e| (e.leaf.clone(), e.stored.clone()));
            match self.ask(&Request::AppendAll(records.collect()))? {
                Answer::Indices(placed) if placed.len() == now.len() => indices.extend(placed),
                _ => return Err(ClientError::Answer),
            }
            rest = later;
        }
        Ok(indices)
    }

    /// Whether the ledger would take an entry now; waits for its answer at most `wait`. It reads no disk, so a slow one is no failure.
    ///
    /// # Errors
    /// [`ClientError`]; after [`ClientError::Io`] this connection is of no use any more.
    pub fn alive(&mut self, wait: Duration) -> Result<(), ClientError> {
        self.stream.set_read_timeout(Some(wait))?;
        let answer = self.ask(&Request::AppendAll(Vec::new()))?;
        self.stream
            .set_read_timeout(Some(ANSWER_WAIT + PROOF_WAIT_MAX))?;
        match answer {
            Answer::Indices(_) => Ok(()),
            _ => Err(ClientError::Answer),
        }
    }

    /// As [`Client::append_all`] for entries that fit one frame; `watch` is called each `every` while the answer is waited for, and ends the wait where it fails.
    ///
    /// # Errors
    /// As [`Client::append_all`], and what `watch` said; this connection is of no use any more then.
    pub fn append_all_watched(
        &mut self,
        entries: &[Entry],
        every: Duration,
        watch: &mut dyn FnMut() -> io::Result<()>,
    ) -> Result<Vec<u64>, ClientError> {
        self.stream.set_read_timeout(Some(every))?;
        let mut watched = Watched {
            stream: &self.stream,
            watch,
        };
        let records = entries.iter().map(|e| (e.leaf.clone(), e.stored.clone()));
        let request = Request::AppendAll(records.collect());
        let answer = exchange(&mut watched, &request)?;
        self.stream
            .set_read_timeout(Some(ANSWER_WAIT + PROOF_WAIT_MAX))?;
        match answer {
            Answer::Indices(placed) if placed.len() == entries.len() => Ok(placed),
            _ => Err(ClientError::Answer),
        }
    }

    /// Waits until a cosigned checkpoint covers the entry, at most `wait` (and at most [`PROOF_WAIT_MAX`]); returns a tlog-proof file.
    ///
    /// # Errors
    /// [`Problem::Unproven`] when the time is over, [`Problem::NoEntry`], or another [`ClientError`].
    pub fn proof(&mut self, index: u64, wait: Duration) -> Result<String, ClientError> {
        let wait_ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
        match self.ask(&Request::Proof { index, wait_ms })? {
            Answer::Proof(text) => String::from_utf8(text).map_err(|_| ClientError::Answer),
            _ => Err(ClientError::Answer),
        }
    }

    /// The last published checkpoint; `None` before the first.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        match self.ask(&Request::Checkpoint)? {
            Answer::Checkpoint(note) => Ok(Some(note).filter(|note| !note.is_empty())),
            _ => Err(ClientError::Answer),
        }
    }

    /// Published entries from `from` on, at most `count`; fewer where the log ends or an answer is full.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn entries(&mut self, from: u64, count: u32) -> Result<Vec<Vec<u8>>, ClientError> {
        match self.ask(&Request::Entries { from, count })? {
            Answer::Entries(entries) => Ok(entries),
            _ => Err(ClientError::Answer),
        }
    }

    /// Where a stream ends, durable entries included that are not published yet; `None` where it has no entry.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn tip(&mut self, stream: StreamId) -> Result<Option<Tip>, ClientError> {
        match self.ask(&Request::Tip(stream))? {
            Answer::Tip(tip) => Ok(tip),
            _ => Err(ClientError::Answer),
        }
    }

    /// The stored body under a commitment; `None` where there is none.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn body(&mut self, commitment: &[u8; 32]) -> Result<Option<Vec<u8>>, ClientError> {
        match self.ask(&Request::Body(*commitment))? {
            Answer::Body(body) => Ok(body),
            _ => Err(ClientError::Answer),
        }
    }
}
