//! The vulnerability room over the store: reports of strangers, cases, what is published. In: reports, events, the time, secrets that others drew. Out: papers, each change one
//! transaction with its audit line; the files of a provider. Never: a report in the place of another; a publication before its hour; a secret in clear.
//!
//! [`intake`] takes reports and [`files`] their files within bounds, [`case`] keeps a case as its events, one version each, [`leaving`] says what leaves by one and has to be on record before it, [`letter`] is an
//! official letter to a maker, [`publication`] makes and writes what goes out, [`concerned`] tells operators whom it concerns, [`audience`] gives them what not everybody may read,
//! [`catalogues`] are what others know of weaknesses. Act 42/2025 art. 42.

pub mod audience;
pub mod case;
pub mod catalogues;
pub mod concerned;
pub mod files;
pub mod intake;
pub mod leaving;
pub mod letter;
pub mod publication;

use crate::LiaisonError;
use sakimori_advisory::cve::DraftError;
use sakimori_advisory::publish::{DocumentError, PublishError};
use sakimori_advisory::room::{FieldError, Refused};
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, StoreError};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Whose the room's papers are.
pub const OWNER: &str = "office";

/// What went wrong; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum WeaknessError {
    /// A paper is not there, cannot be read, or the store did not do it.
    #[error(transparent)]
    Liaison(#[from] LiaisonError),
    /// A field breaks a rule; who filled it in mends it.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The case does not take this now.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The case has changed since it was read.
    #[error("case {case}: it has changed since it was read")]
    Changed {
        /// The case.
        case: String,
    },
    /// Something would leave that is not on record; nothing has left.
    #[error("case {case}: what leaves by this act is not on record")]
    Unrecorded {
        /// The case.
        case: String,
    },
    /// As many reports wait as are kept; whoever reports comes back later.
    #[error("{most} reports wait to be read, which is as many as are kept")]
    Full {
        /// The bound.
        most: u64,
    },
    /// The draft is not what may be published.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A CVE record has to be mended.
    #[error("the CVE record: {0}")]
    Record(#[from] DraftError),
    /// Nothing can be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// More than the room works with at once.
    #[error("more than {most} {what}")]
    Many {
        /// Of what.
        what: &'static str,
        /// The bound.
        most: usize,
    },
    /// A catalogue or list of scores is not what it says; who laid it there brings another.
    #[error("{path}: {why}", path = .path.display())]
    Catalogue {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file.
    #[error("{path}", path = .path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl From<StoreError> for WeaknessError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale { what, .. } => Self::Changed { case: what },
            other => Self::Liaison(other.into()),
        }
    }
}

/// Who acts, and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// A person of the office, or what the room calls another party.
    pub who: &'a str,
    /// When.
    pub at: Seconds,
}

impl By<'_> {
    fn audit(&self, act: &str, object: &str, detail: &str) -> Change {
        Change::Audit {
            at: self.at.0,
            by: self.who.to_owned(),
            act: act.to_owned(),
            object: object.to_owned(),
            detail: detail.to_owned(),
        }
    }
}

/// What is kept of a secret.
pub fn hash_of(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}
