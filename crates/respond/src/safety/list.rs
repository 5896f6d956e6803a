//! What is protected, as a signed bundle of lists. In: warning lists, root hints and additions of office and owner, for who builds one; a note and its file, for who reads one; what is in force.
//! Out: [`Protected`] with the version that it is of; what in force runs into new lists. Never: a list that the note does not name; a bundle that is older than one that was seen, or past its end;
//! an entry that is left out.
//!
//! Bytes: `docs/reference/safety-lists.md`.

mod again;
mod build;
mod classes;
mod note;

pub use again::{Effective, Finding, Step, hits};
pub use build::{BuildError, Built, Draft, Source};
pub use classes::{ADDITIONS, Addition, Filed, WARNING_LISTS, page};
pub use note::{Listed, Lists};

use super::protected::Building;
use super::{Class, Hit, Judged, Protected, ProtectedError, Reach, Seen, Target};
use sakimori_authority::root::TrustRoot;
use sakimori_custody::ids::hex;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_exchange::json::{self, Limits, Node};
use sakimori_tlog::note::{Note, NoteError};
use sha2::{Digest, Sha256};

/// Most lists of a bundle: what the note can name.
pub const LISTS_MAX: usize = 256;
/// Longest file of a bundle in bytes: four million prefixes of usual length.
pub const FILE_BYTES_MAX: usize = 128 << 20;
/// Longest life of a bundle in days: protected things move, and a list that nobody looked at for longer protects what was.
pub const DAYS_MAX: u64 = 92;
/// How far the time of a bundle may lie ahead of the clock of who reads it, seconds.
pub const AHEAD_SECONDS_MAX: u64 = 300;

/// Bounds of the line of one list.
const LINE: Limits = Limits {
    bytes_max: FILE_BYTES_MAX,
    depth_max: 3,
    values_max: 1 << 23,
};

/// The newest bundle that was seen: who reads bundles keeps it, so that none of an earlier time is taken again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// Its version.
    pub version: u64,
    /// SHA-256 of its text.
    pub digest: [u8; 32],
}

/// A bundle that was read: its note is signed, its file is the one that the note binds.
#[derive(Debug)]
pub struct Bundle {
    /// What the note says.
    pub lists: Lists,
    /// SHA-256 of the note's text.
    pub digest: [u8; 32],
    protected: Protected,
}

/// Why a bundle is not used. The one before stays in use until its own end; then nothing may be put in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// No note. Its sender acts on it.
    #[error("the bundle is no signed note")]
    Note(#[source] NoteError),
    /// A line of the note that is none. Its maker acts on it.
    #[error("line {line} of the bundle's note: {problem}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What was expected.
        problem: String,
    },
    /// For another trust root. Who keeps the lists has it signed anew.
    #[error("the bundle is for version {found} of the trust root, this is {known}")]
    OtherRoot {
        /// Version known.
        known: u64,
        /// Version named.
        found: u64,
    },
    /// Not signed by those who govern the lists.
    #[error("the bundle is not signed by {0}")]
    Unsigned(&'static str),
    /// Older than one that was seen.
    #[error("the bundle has version {found}, version {known} was seen")]
    Older {
        /// The version seen.
        known: u64,
        /// Its version.
        found: u64,
    },
    /// Another text of a version that was seen: somebody signed twice.
    #[error("there are two bundles of version {0}")]
    Forked(u64),
    /// Of a time that is not yet.
    #[error("the bundle is of {0}, which is not yet")]
    Early(Seconds),
    /// Past its end. Who keeps the lists makes a new one.
    #[error("the bundle of version {version} ended at {end}")]
    Stale {
        /// Its version.
        version: u64,
        /// Its last second.
        end: Seconds,
    },
    /// The file is not the one that the note binds, or a list in it is wrong. Its sender acts on it.
    #[error("list `{list}` of the bundle's file {what}")]
    File {
        /// The list, or the line that has none.
        list: String,
        /// What is wrong with it.
        what: String,
    },
    /// Too much of it.
    #[error("the bundle cannot be used")]
    Protected(#[from] ProtectedError),
    /// Nothing is protected wholly.
    #[error("no list of the bundle protects anything wholly: it is not one")]
    Nothing,
}

impl Bundle {
    /// Reads a bundle: first the note, then each list by the SHA-256 that the note has of it, and what a list says only when that is right.
    ///
    /// # Errors
    /// [`BundleError`]: it is not used.
    pub fn read(
        note: &[u8],
        file: &[u8],
        root: &TrustRoot,
        newest: Option<Newest>,
        now: Seconds,
    ) -> Result<Self, BundleError> {
        let note = Note::parse(note).map_err(BundleError::Note)?;
        let lists = Lists::parse(note.text())?;
        if lists.root != root.version {
            return Err(BundleError::OtherRoot {
                known: root.version,
                found: lists.root,
            });
        }
        note.verify(std::slice::from_ref(&root.office))
            .map_err(|_| BundleError::Unsigned("the office"))?;
        note.verify(&root.leaders())
            .map_err(|_| BundleError::Unsigned("the chair or the deputy of the commission"))?;
        let digest = Sha256::digest(note.text()).into();
        if let Some(newest) = newest {
            if lists.version < newest.version {
                return Err(BundleError::Older {
                    known: newest.version,
                    found: lists.version,
                });
            }
            if lists.version == newest.version && digest != newest.digest {
                return Err(BundleError::Forked(lists.version));
            }
        }
        if lists.time > now.plus(AHEAD_SECONDS_MAX) {
            return Err(BundleError::Early(lists.time));
        }
        let protected = contents(&lists, file)?;
        let bundle = Self {
            lists,
            digest,
            protected,
        };
        bundle.protected(now)?;
        Ok(bundle)
    }

    /// What is protected, as long as the bundle holds. Each judgement asks anew: a bundle that ends while a program runs protects nothing any more.
    ///
    /// # Errors
    /// [`BundleError::Stale`]: nothing may be judged, so nothing may be put in force.
    pub fn protected(&self, now: Seconds) -> Result<&Protected, BundleError> {
        if now > self.lists.not_after {
            return Err(BundleError::Stale {
                version: self.lists.version,
                end: self.lists.not_after,
            });
        }
        Ok(&self.protected)
    }

    /// What has to be kept, so that no bundle of an earlier time is taken.
    pub const fn newest(&self) -> Newest {
        Newest {
            version: self.lists.version,
            digest: self.digest,
        }
    }
}

/// Reads the file that a note binds.
fn contents(lists: &Lists, file: &[u8]) -> Result<Protected, BundleError> {
    let wrong = |list: &str, what: &str| BundleError::File {
        list: list.to_owned(),
        what: what.to_owned(),
    };
    if file.len() > FILE_BYTES_MAX {
        return Err(wrong("all", "has more bytes than are read"));
    }
    let mut rest = file;
    let mut building = Building::default();
    let mut never = 0;
    for listed in &lists.lists {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, behind) = end
            .and_then(|at| rest.split_at_checked(at + 1))
            .ok_or_else(|| wrong(&listed.name, "is missing"))?;
        rest = behind;
        if <[u8; 32]>::from(Sha256::digest(line)) != listed.sha256 {
            return Err(wrong(&listed.name, "is not the one that is signed"));
        }
        let count = one(listed, line, &mut building).map_err(|what| BundleError::File {
            list: listed.name.clone(),
            what,
        })?;
        if count != listed.count {
            return Err(wrong(&listed.name, "has another count than the note says"));
        }
        never += if listed.class == Class::Never {
            count
        } else {
            0
        };
    }
    if !rest.is_empty() {
        return Err(wrong("behind the last", "is not named by the note"));
    }
    if never == 0 {
        return Err(BundleError::Nothing);
    }
    Ok(building.done())
}

/// Reads the line of one list; gives how many entries there are.
fn one(listed: &Listed, line: &[u8], building: &mut Building) -> Result<u64, String> {
    let root = json::read_bytes(line.trim_ascii_end(), LINE).map_err(|e| e.to_string())?;
    let same = root.text_of("list") == Some(listed.name.as_str())
        && root.text_of("class") == Some(listed.class.name());
    if !same || root.members().len() != 3 {
        return Err("has another name or class than the note says".to_owned());
    }
    let entries = root
        .get("entries")
        .map(Node::items)
        .ok_or("has no entries")?;
    let mut before: Option<&str> = None;
    for entry in entries {
        let text = entry.as_str().ok_or("has an entry that is no text")?;
        if before.is_some_and(|before| before >= text) {
            return Err(format!("is not in order at `{text}`"));
        }
        before = Some(text);
        let target = Target::parse(text).map_err(|e| format!("has `{text}`: {e}"))?;
        // One form for each thing, so that what was signed is what is meant.
        if target.to_string() != text {
            return Err(format!("has `{text}`, which is written `{target}`"));
        }
        add(building, listed, &target).map_err(|e| e.to_string())?;
    }
    Ok(entries.len() as u64)
}

fn add(building: &mut Building, listed: &Listed, target: &Target) -> Result<(), ProtectedError> {
    match target {
        Target::Net(prefix) => building.net(&listed.name, listed.class, *prefix),
        Target::Name { name, below } => {
            let reach = if *below { Reach::Below } else { Reach::Only };
            building.name(&listed.name, listed.class, reach, name)
        }
    }
}

/// Whether a text can be the name of a list: `[a-z0-9][a-z0-9_-]{0,63}`.
fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(plain) && !text.starts_with(['-', '_'])
}

/// A hash as notes write it.
fn hash_text(hash: &[u8; 32]) -> String {
    format!("sha256:{}", hex(hash))
}

/// The last second that a bundle of a time may name.
fn last_end(time: Seconds) -> Seconds {
    time.plus(DAYS_MAX * DAY_SECONDS)
}
