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

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn a_checkpoint_reads_back_with_its_extensions() {
        for tail in ["", "an extension\n", "a\n b\n"] {
            let text = format!("log.example/a b\n18446744073709551615\n{ROOT}\n{tail}");
            let read = Checkpoint::parse(&text).unwrap();
            assert_eq!((read.size, read.to_string()), (u64::MAX, text));
        }
    }

    #[test]
    fn a_checkpoint_that_is_wrong_is_refused_at_its_line() {
        let cases = [
            ("", 1),
            ("log", 1),
            ("\n", 1),
            ("log\n", 2),
            (&format!("\n1\n{ROOT}\n"), 1),
            (&format!("log\n01\n{ROOT}\n"), 2),
            (&format!("log\n+1\n{ROOT}\n"), 2),
            (&format!("log\n-1\n{ROOT}\n"), 2),
            (&format!("log\n 1\n{ROOT}\n"), 2),
            (&format!("log\n18446744073709551616\n{ROOT}\n"), 2),
            (&format!("log\n1\r\n{ROOT}\n"), 2),
            ("log\n1\n", 3),
            ("log\n1\n47DEQg==\n", 3),
            (&format!("log\n1\n{}\n", ROOT.trim_end_matches('=')), 3),
            (&format!("log\n1\n{}\n", ROOT.replace("FU=", "FV=")), 3),
            (&format!("log\n1\n{ROOT}\n\n"), 4),
            (&format!("log\n1\n{ROOT}\nx\n\ny\n"), 5),
        ];
        for (text, line) in cases {
            let error = Checkpoint::parse(text).expect_err(text);
            assert_eq!(error.line, line, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_text_is_the_one_form_of_its_checkpoint_or_none(text in "[a-b \n]{0,4}\n[0-9+]{0,3}\n47DEQpj8HBSa\\+/TImW\\+5JCeuQeRkm5NMpJWZG3hSuFU=\n[a\n]{0,4}") {
            if let Ok(read) = Checkpoint::parse(&text) {
                proptest::prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
