//! The journal: what the engine decided, durable before it is done. In: lines. Out: the same lines after a fall. Never: a line that is done before it is on the disk; a journal whose middle is damaged, taken for whole.
//!
//! A file of frames behind a line of words. Each frame has the length of its line, a check of the length, its number, a hash of number and line, and the line as JSON, so that people can read it. A frame at the end that is not whole
//! was being written when the process fell: nothing behind it was done, and it is cut off. A frame that is not whole with a whole one behind it is damage, and the journal is refused with the place.

mod disk;
mod frame;
mod line;

pub use disk::{Disk, FileDisk};
pub use line::{Line, LineError};

use frame::{Cut, HEADER};
use std::io;

/// Longest journal that is read, in bytes.
pub const JOURNAL_BYTES_MAX: u64 = 1 << 30;
/// A journal that is longer is written anew when most of its lines are of no use any more.
pub const COMPACT_BYTES_MIN: u64 = 4 << 20;

/// Why a journal cannot be used. Who runs the actuator acts on it.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk.
    #[error("the journal cannot be read or written")]
    Disk(#[from] io::Error),
    /// Not a journal.
    #[error("the file is no journal of this version")]
    Header,
    /// Damage.
    #[error(
        "the journal is damaged at byte {at}: a frame is not whole, and whole ones stand behind it; what is in force is not known of it"
    )]
    Damaged {
        /// Where the frame begins.
        at: u64,
    },
    /// A line that this version does not know.
    #[error("the line at byte {at} of the journal is none that is known")]
    Line {
        /// Where its frame begins.
        at: u64,
        /// Why.
        #[source]
        source: LineError,
    },
}

/// A journal on a disk.
pub struct Journal {
    disk: Box<dyn Disk>,
    /// Number of the next frame.
    next: u64,
    /// Length of the part that is whole.
    length: u64,
    /// Whether what stands behind it may be half a frame.
    torn: bool,
    /// Its length when it was last written anew; as if that were its beginning where nobody knows, which is so at a start.
    base: u64,
}

impl Journal {
    /// Opens a journal, cuts off what was being written, and gives its lines.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(mut disk: Box<dyn Disk>) -> Result<(Self, Vec<Line>), JournalError> {
        let bytes = disk.read()?;
        if bytes.is_empty() || (bytes.len() < HEADER.len() && HEADER.starts_with(&bytes)) {
            disk.replace(HEADER)?;
            let length = HEADER.len() as u64;
            let journal = Self {
                disk,
                next: 0,
                length,
                torn: false,
                base: length,
            };
            return Ok((journal, Vec::new()));
        }
        let Some(frames) = bytes.strip_prefix(HEADER) else {
            return Err(JournalError::Header);
        };
        let mut lines = Vec::new();
        let mut at = 0;
        let mut next = 0;
        while let Some(rest) = frames.get(at..).filter(|rest| !rest.is_empty()) {
            let place = (HEADER.len() + at) as u64;
            match frame::cut(rest, next) {
                Ok(Cut { text, length }) => {
                    let line = Line::parse(text);
                    lines.push(line.map_err(|source| JournalError::Line { at: place, source })?);
                    at += length;
                    next += 1;
                }
                Err(()) if frame::any_whole(rest.get(1..).unwrap_or_default(), next) => {
                    return Err(JournalError::Damaged { at: place });
                }
                Err(()) => {
                    disk.truncate(place)?;
                    break;
                }
            }
        }
        let length = (HEADER.len() + at) as u64;
        let journal = Self {
            disk,
            next,
            length,
            torn: false,
            base: HEADER.len() as u64,
        };
        Ok((journal, lines))
    }

    /// Makes lines durable, all or none.
    ///
    /// # Errors
    /// The disk's: none of them counts.
    pub fn keep(&mut self, lines: &[Line]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        if self.torn {
            self.disk.truncate(self.length)?;
            self.torn = false;
        }
        let mut bytes = Vec::new();
        for (number, line) in (self.next..).zip(lines) {
            frame::put(&mut bytes, number, line.to_text().as_bytes());
        }
        if let Err(error) = self.disk.append(&bytes) {
            // What was written of it must not stand before what comes.
            self.torn = self.disk.truncate(self.length).is_err();
            return Err(error);
        }
        self.length += bytes.len() as u64;
        self.next += lines.len() as u64;
        Ok(())
    }

    /// Whether it is worth writing it anew.
    pub const fn is_long(&self) -> bool {
        self.length > COMPACT_BYTES_MIN && self.length / 2 > self.base
    }

    /// Writes it anew, beside and in one step.
    ///
    /// # Errors
    /// The disk's: the old one is still there.
    pub fn renew(&mut self, lines: &[Line]) -> io::Result<()> {
        let mut bytes = HEADER.to_vec();
        for (number, line) in (0..).zip(lines) {
            frame::put(&mut bytes, number, line.to_text().as_bytes());
        }
        self.disk.replace(&bytes)?;
        self.next = lines.len() as u64;
        self.length = bytes.len() as u64;
        self.base = self.length;
        self.torn = false;
        Ok(())
    }
}
