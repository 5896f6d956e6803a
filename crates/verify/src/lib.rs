//! The offline verifier: whether a log, a mirror's copy, an exported bundle or a proof file is what the office says it is.
//!
//! In: files that anyone may have, the trust root that the reader trusts, the present time. Out: a report: what was checked, and every problem with its file,
//! entry and stream. Never: the office's code, beyond the C2SP texts of `tlog`; a clock, a socket, a write, a key that opens anything; trust in a single
//! byte: all input is hostile and bounded.
//!
//! Written from `docs/reference/formats.md`. What the report can and cannot say is in `docs/reference/verifier.md`.

mod body;
mod checkpoint;
mod code;
mod envelope;
mod fields;
mod files;
mod findings;
mod history;
mod json;
pub mod limits;
mod mirror;
mod notes;
pub mod render;
mod report;
mod target;
mod time;
mod tree;

pub use code::{Code, Severity, Subject};
pub use json::Json;
pub use report::{Check, Claim, Kind, Place, Problem, Report};
pub use sakimori_tlog::key::VerifierKey;
pub use target::verify;
pub use time::read_time;

use std::io;
use std::path::PathBuf;

/// What the reader brings along.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// File with the trust root that the reader trusts; without one the log's own is taken, and the report says so.
    pub trust_root: Option<PathBuf>,
    /// The mirror's copy, to be held against the log; a bundle's own is found without it.
    pub mirror: Option<PathBuf>,
    /// The present time, Unix seconds; without it nothing is said about what is overdue.
    pub now: Option<u64>,
    /// Verifies the tree alone, under this log's key: any C2SP tlog-tiles log. Entries are not looked into.
    pub log_key: Option<VerifierKey>,
}

/// Why nothing can be said. What is wrong with the content of files is a [`Problem`], not an error.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file system failed; try again.
    #[error("`{}` cannot be read", file.display())]
    Io {
        /// The file or folder.
        file: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// There is nothing to verify here.
    #[error("`{}` is no log, bundle or proof file: expected a folder with `checkpoint` or `log`, or a `.tlog-proof` file", .0.display())]
    NoTarget(PathBuf),
    /// The trust root that was given is none.
    #[error("`{}` is no trust root: {reason}", file.display())]
    TrustRoot {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads lower-case hex of exactly `N` bytes.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(*high)? << 4 | value(*low)?;
    }
    Some(bytes)
}

/// Hostile text as a sentence may show it: short, and without control characters.
pub(crate) fn quote(text: &str) -> String {
    let short: String = text.chars().take(limits::QUOTE_CHARS_MAX).collect();
    format!("`{}`", short.escape_debug())
}
