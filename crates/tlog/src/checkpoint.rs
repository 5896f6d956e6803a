//! Checkpoints: the text that a log signs. In: the text of a note. Out: origin, size, root. Never: extension lines of our own.
//!
//! c2sp.org/tlog-checkpoint.

use crate::merkle::Hash;
use crate::{base64, unbase64_hash};
use std::fmt;

/// What a log states about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
    /// Extension lines, kept as read; nobody vouches for them.
    pub extensions: Vec<String>,
}

/// A text that is not a checkpoint; names the line that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoint is malformed in line {line}")]
pub struct CheckpointError {
    /// Line, from 1.
    pub line: usize,
}

impl Checkpoint {
    /// Reads the text of a note, signatures taken off.
    ///
    /// # Errors
    /// [`CheckpointError`]: the text is no checkpoint.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let bad = |line| CheckpointError { line };
        let body = text.strip_suffix('\n').ok_or(bad(1))?;
        let mut lines = body.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or(bad(1))?;
        let size = lines.next().and_then(decimal).ok_or(bad(2))?;
        let root = lines.next().and_then(unbase64_hash).ok_or(bad(3))?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        match extensions.iter().position(String::is_empty) {
            Some(at) => Err(bad(at + 4)),
            None => Ok(Self {
                origin: origin.to_owned(),
                size,
                root,
                extensions,
            }),
        }
    }
}

/// A decimal number without leading zeros or signs.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, base64(&self.root))?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}
