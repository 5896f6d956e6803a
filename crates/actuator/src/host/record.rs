//! What the agent did, durable before it does it. In: objects. Out: files that are whole or not there. Never: a change of this host without its record; a record in a place that others can write.
//!
//! One JSON file for each process, file or host that something is done to, named by the SHA-256 of its target. It is written beside, synced, renamed, and its folder synced.

use super::clock::Moment;
use super::file::Attributes;
use super::limits::{HOLDS_MAX, RECORD_BYTES_MAX};
use super::{never, now};
use crate::substrate::Fault;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, unlinkat};
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, Key};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where something is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stage {
    /// It is about to be done; it can be done already.
    Intended,
    /// It is done and was read back.
    Done,
    /// It could not be taken back yet. Such a stage is not written: a fall finds the one before.
    #[serde(skip)]
    Undoing,
}

/// One effect that holds an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hold {
    measure: String,
    deed: String,
    /// The end by the time of day.
    until: u64,
    /// Seconds from when it was put in force until then.
    seconds: u64,
    /// The end in milliseconds since the machine was started.
    pub(super) end_ms: u64,
    /// How often it was found undone by others and done again.
    pub(super) again: u64,
}

impl Hold {
    pub(super) fn new(key: &Key, until: Seconds, seconds: u64, at: Moment) -> Self {
        Self {
            measure: hex(&key.measure),
            deed: key.deed.name().to_owned(),
            until: until.0,
            seconds,
            end_ms: at.boot_ms.saturating_add(seconds.saturating_mul(1000)),
            again: 0,
        }
    }

    pub(super) fn is(&self, key: &Key) -> bool {
        self.measure == hex(&key.measure) && self.deed == key.deed.name()
    }

    pub(super) fn deed(&self) -> Option<Deed> {
        Deed::from_name(&self.deed)
    }

    pub(super) const fn until(&self) -> Seconds {
        Seconds(self.until)
    }

    /// Which effect this is of.
    pub(super) fn key(&self, target: &str) -> Option<Key> {
        Some(Key {
            measure: unhex(&self.measure)?,
            deed: self.deed()?,
            target: target.to_owned(),
        })
    }

    /// Gives it its end under another start of the machine: by the time of day, and never longer than it was to last.
    fn carry_over(&mut self, at: Moment) {
        let left = self.until.saturating_sub(at.wall.0).min(self.seconds);
        self.end_ms = at.boot_ms.saturating_add(left.saturating_mul(1000));
    }
}

/// A process before anything was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProcessBefore {
    /// Whether it was stopped already, by somebody else: then it is not continued.
    pub(super) stopped: bool,
    pub(super) user: u32,
    /// The bytes of its path.
    pub(super) program: Vec<u8>,
    pub(super) cgroup: String,
    /// The copy of its program in the store, once it is to be stopped for good.
    pub(super) copy: Option<PathBuf>,
}

/// A file before anything was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileBefore {
    /// The allowed path that it lies at or below: what is brought back goes through it again.
    pub(super) prefix: Vec<u8>,
    /// The store that it lies in.
    pub(super) store: PathBuf,
    pub(super) attributes: Attributes,
}

/// Something that effects hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Object {
    pub(super) target: String,
    /// The start of the machine under which it was written.
    pub(super) boot: String,
    pub(super) stage: Stage,
    pub(super) holds: Vec<Hold>,
    pub(super) process: Option<ProcessBefore>,
    pub(super) file: Option<FileBefore>,
}

impl Object {
    /// The name of its record and of its place in a store.
    pub(super) fn id(&self) -> String {
        id(&self.target)
    }

    pub(super) fn holds_deed(&self, deed: Deed) -> bool {
        self.holds.iter().any(|hold| hold.deed() == Some(deed))
    }
}

/// The name of a target's record.
pub(super) fn id(target: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(target.as_bytes()).into();
    hex(&hash)
}

/// The folder of records, which this process alone writes.
#[derive(Debug)]
pub(super) struct Records {
    folder: PathBuf,
}

/// Makes a folder that its owner alone can enter, or finds that it is one.
///
/// # Errors
/// [`Fault`]: it is another's, or others can enter it.
pub(super) fn private(folder: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::DirBuilderExt;
    let failed = |e: std::io::Error| {
        now(format!(
            "the folder {} cannot be used: {e}",
            folder.display()
        ))
    };
    let mut builder = std::fs::DirBuilder::new();
    match builder.mode(0o700).create(folder) {
        Ok(()) => {}
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(failed(e)),
    }
    let known = std::fs::symlink_metadata(folder).map_err(failed)?;
    let own = rustix::process::geteuid().as_raw();
    if known.is_dir() && known.uid() == own && known.mode().trailing_zeros() >= 6 {
        Ok(())
    } else {
        Err(never(format!(
            "the folder {} is not this user's alone",
            folder.display()
        )))
    }
}

/// Makes what was done to the entries of a folder durable.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

impl Records {
    pub(super) fn open(folder: &Path) -> Result<Self, Fault> {
        private(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// All records that can be read, those of an earlier start of the machine with their ends carried over, and why one cannot be read, where that is so.
    pub(super) fn read(
        &self,
        boot: &str,
        at: Moment,
    ) -> Result<(Vec<Object>, Option<Fault>), Fault> {
        let failed = |e: std::io::Error| now(format!("records cannot be read: {e}"));
        let (mut objects, mut damaged) = (Vec::new(), None);
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                // Half written: what it was to say was not done.
                continue;
            }
            if objects.len() >= HOLDS_MAX {
                return Err(now("there are more records than are held"));
            }
            match one(&path) {
                Ok(mut object) => {
                    if object.boot != boot {
                        object.holds.iter_mut().for_each(|hold| hold.carry_over(at));
                    }
                    objects.push(object);
                }
                Err(e) => {
                    damaged = Some(now(format!(
                        "the record {} is damaged, and the owner has to look at it: {e}",
                        path.display()
                    )));
                }
            }
        }
        Ok((objects, damaged))
    }

    /// Makes a record durable.
    pub(super) fn keep(&self, object: &Object) -> Result<(), Fault> {
        let text = serde_json::to_vec(object)
            .map_err(|e| now(format!("a record cannot be written: {e}")))?;
        if text.len() as u64 > RECORD_BYTES_MAX {
            return Err(never(
                "what is to be recorded is larger than a record may be",
            ));
        }
        let write = || -> std::io::Result<()> {
            let path = self.path(&object.target);
            let beside = path.with_extension("new");
            let flags = OFlags::WRONLY
                | OFlags::CREATE
                | OFlags::TRUNC
                | OFlags::NOFOLLOW
                | OFlags::CLOEXEC;
            let mut file = File::from(rustix::fs::open(&beside, flags, Mode::RUSR | Mode::WUSR)?);
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&beside, &path)?;
            sync_folder(&self.folder)
        };
        write().map_err(|e| now(format!("a record cannot be made durable: {e}")))
    }

    /// Takes a record away: nothing is done to its object any more.
    pub(super) fn forget(&self, target: &str) -> Result<(), Fault> {
        match unlinkat(CWD, self.path(target), AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => {}
            Err(e) => return Err(now(format!("a record cannot be taken away: {e}"))),
        }
        sync_folder(&self.folder).map_err(|e| now(format!("a record cannot be taken away: {e}")))
    }

    fn path(&self, target: &str) -> PathBuf {
        self.folder.join(id(target)).with_extension("json")
    }
}

fn one(path: &Path) -> std::io::Result<Object> {
    let mut text = Vec::new();
    File::open(path)?
        .take(RECORD_BYTES_MAX)
        .read_to_end(&mut text)?;
    let object: Object = serde_json::from_slice(&text)?;
    if path.file_stem().is_some_and(|stem| *stem == *object.id()) {
        Ok(object)
    } else {
        Err(std::io::ErrorKind::InvalidData.into())
    }
}
