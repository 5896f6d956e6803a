//! The signed notes of `docs/reference/formats.md` section 10. In: bytes of a log's bodies. Out: their fields, once the right people signed. Never: the code that writes
//! them: these readers are written from the page.

mod attestation;
mod grammar;
mod lease;
mod root;
mod sitting;
mod statement;

pub(crate) use attestation::Attestation;
pub(crate) use lease::Lease;
pub(crate) use root::{RootError, TrustRoot};
pub(crate) use statement::{Statement, StatementError};

use crate::time::{DAY_SECONDS, read_day};
use crate::unhex;
use sakimori_tlog::merkle::Hash;
use sha2::{Digest, Sha256};
use std::fmt;

/// SHA-256 of a note's text, by which entries name it.
pub(crate) fn text_hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// Whether a text is a name: `[a-z0-9][a-z0-9.-]{0,31}`.
pub(crate) fn is_name(text: &str) -> bool {
    let inner =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let first = text
        .bytes()
        .next()
        .is_some_and(|byte| byte != b'.' && byte != b'-');
    first && text.len() <= 32 && text.bytes().all(inner)
}

/// What one key opens: authority, sensor, day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bucket {
    pub(crate) authority: [u8; 16],
    pub(crate) sensor: String,
    /// Days since 1970.
    pub(crate) day: u64,
    name: String,
}

impl Bucket {
    /// Reads `<authority>/<sensor>/<YYYY-MM-DD>`.
    pub(crate) fn read(name: &str) -> Option<Self> {
        let (authority, rest) = name.split_once('/')?;
        let (sensor, day) = rest.split_once('/')?;
        Some(Self {
            authority: unhex(authority)?,
            sensor: is_name(sensor).then(|| sensor.to_owned())?,
            day: read_day(day)?,
            name: name.to_owned(),
        })
    }

    /// Last second of a bucket that is kept for so many days from the beginning of its own.
    pub(crate) const fn expiry(&self, days: u64) -> u64 {
        self.day.saturating_add(days).saturating_mul(DAY_SECONDS)
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
