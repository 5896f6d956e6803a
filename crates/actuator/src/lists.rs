//! What this actuator never touches: the signed bundle of protected lists, and what its owner protects beside. In: files of both, bundles that are brought, targets. Out: why a target is refused, or nothing. Never: an effect while the bundle is missing,
//! damaged or past its end; a newer bundle that waits for the disk; a bundle that is read where the owner's stop would wait for it.
//!
//! It is asked when an approval comes, for each command that begins something, and again for all that is in force when the lists change. A bundle is read by a [`Reading`], on a thread of its own; what came of it is taken at
//! once, and kept on the disk when the disk takes it.

mod reading;

pub use reading::{Read, Reading};

use crate::files;
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::Deed;
use sakimori_respond::safety::list::{self, BundleError, Newest};
use sakimori_respond::safety::{Class, Hit, Protected, ProtectedError, Seen, Target};
use serde::Deserialize;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

/// Calls of [`Lists::again`] until a reading that failed is tried again.
const TRY_AFTER: u32 = 30;

/// Where the lists are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListsConfig {
    /// The signed note of the bundle.
    pub note: Option<PathBuf>,
    /// The bundle's file.
    pub file: Option<PathBuf>,
    /// What the owner protects beside: lines `never TARGET`, `level-2 TARGET`, `#` and words.
    pub own: Option<PathBuf>,
}

/// Why there are no lists. Who runs the actuator acts on it; until then nothing new begins.
#[derive(Debug, thiserror::Error)]
pub enum ListsError {
    /// The disk.
    #[error("a list cannot be read")]
    Disk(#[from] io::Error),
    /// A file of the configuration is not there.
    #[error("the file `{0}` is not there")]
    Missing(String),
    /// The bundle.
    #[error("the bundle of protected lists is not taken: {0}")]
    Bundle(#[from] BundleError),
    /// What was brought and kept.
    #[error("the bundle that was brought is damaged on the disk")]
    Brought,
    /// The owner's own list.
    #[error("line {0} of the owner's list is not `CLASS TARGET`")]
    Line(usize),
    /// The reading fell.
    #[error("the reading of the lists fell; it is tried again")]
    Fell,
    /// Too much of it.
    #[error(transparent)]
    Protected(#[from] ProtectedError),
    /// The trust root that is remembered.
    #[error("the trust root that is remembered is none")]
    Root,
    /// The memory of the newest bundle.
    #[error("the memory of the newest bundle is damaged")]
    Newest,
}

/// Why a target is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protects {
    /// It is protected: what is in force of it ends.
    Hit(String),
    /// Whether it is cannot be said: nothing new begins, and what is in force goes on.
    Unknown(String),
}

impl Protects {
    /// The words.
    pub fn into_words(self) -> String {
        match self {
            Self::Hit(words) | Self::Unknown(words) => words,
        }
    }
}

/// The lists.
pub struct Lists {
    config: ListsConfig,
    /// The file that keeps which bundle was the newest.
    memory: PathBuf,
    /// The file of the newest bundle that was brought.
    brought: PathBuf,
    bundle: Option<list::Bundle>,
    newest: Option<Newest>,
    /// What the memory's file has.
    durable: Option<Newest>,
    /// A bundle that was brought and is not on the disk yet.
    owed: Option<Vec<u8>>,
    own: Protected,
    /// When each file was changed, as it was read.
    read: Vec<Option<SystemTime>>,
    /// Calls until what failed is tried again; nothing where nothing failed.
    again_in: Option<u32>,
    /// What was said last of what failed.
    told: Option<String>,
    /// Whether a bundle is being read.
    is_reading: bool,
    /// Whether a drill may go on without a bundle.
    is_drill: bool,
}

impl Lists {
    /// Reads the lists. `memory` is the file that keeps which bundle was the newest; beside it, with the ending `brought`, stands the newest that was brought.
    ///
    /// # Errors
    /// [`ListsError`].
    pub fn open(
        config: ListsConfig,
        memory: PathBuf,
        root: &[u8],
        is_drill: bool,
        now: Seconds,
    ) -> Result<Self, ListsError> {
        let newest = newest(&memory)?;
        let mut lists = Self {
            config,
            brought: memory.with_extension("brought"),
            memory,
            bundle: None,
            newest,
            durable: newest,
            owed: None,
            own: Protected::default(),
            read: Vec::new(),
            again_in: None,
            told: None,
            is_reading: false,
            is_drill,
        };
        let mut read = lists.reading(root, now).run();
        // What the owner protects is known from the first moment on, or it does not start.
        lists.own = match read.own.take() {
            Some(own) => own?,
            None => Protected::default(),
        };
        // Without a bundle nothing new begins; ends, revocations and the owner's stop are done all the same, so it starts. What was wrong is told already.
        let _ = lists.take(read);
        Ok(lists)
    }

    fn changed(&self) -> Vec<Option<SystemTime>> {
        let ListsConfig { note, file, own } = &self.config;
        let time = |path: &Option<PathBuf>| {
            let path = path.as_ref()?;
            std::fs::metadata(path).ok()?.modified().ok()
        };
        [note, file, own].into_iter().map(time).collect()
    }

    fn reading(&mut self, root: &[u8], now: Seconds) -> Reading {
        self.read = self.changed();
        self.is_reading = true;
        Reading::files(
            &self.config,
            self.brought.clone(),
            root.to_vec(),
            self.newest,
            now,
        )
    }

    /// What is to be read now: files that have changed, those that could not be read a while ago, a bundle that the disk did not take. Nothing while something is being read.
    pub fn again(&mut self, root: &[u8], now: Seconds) -> Option<Reading> {
        self.settle();
        if self.is_reading {
            return None;
        }
        let is_due = match &mut self.again_in {
            None => false,
            Some(left) => {
                *left = left.saturating_sub(1);
                *left == 0
            }
        };
        if self.changed() != self.read {
            return Some(self.reading(root, now));
        }
        if !is_due {
            return None;
        }
        if let Some(bytes) = self.owed.clone() {
            self.is_reading = true;
            return Some(Reading::keep(self.brought.clone(), bytes));
        }
        Some(self.reading(root, now))
    }

    /// A bundle that was brought, to be read; nothing while something is being read.
    pub fn bring(
        &mut self,
        note: Vec<u8>,
        file: Vec<u8>,
        root: &[u8],
        now: Seconds,
    ) -> Option<Reading> {
        if self.is_reading {
            return None;
        }
        self.is_reading = true;
        let (brought, newest) = (self.brought.clone(), self.newest);
        let sent = (note, file);
        Some(Reading::sent(brought, sent, root.to_vec(), newest, now))
    }

    /// A reading could not be run; it is tried again.
    pub const fn failed(&mut self) {
        self.is_reading = false;
        self.again_in = Some(TRY_AFTER);
    }

    /// Takes what came of a reading; whether the lists are others now. Lists that are not taken leave those before in force.
    ///
    /// # Errors
    /// [`ListsError`]: why a bundle, or the owner's list, is not taken.
    pub fn take(&mut self, read: Read) -> Result<bool, ListsError> {
        self.is_reading = false;
        let Read {
            own,
            bundle,
            owed,
            is_kept,
        } = read;
        if let Some(bytes) = owed {
            self.owed = Some(bytes);
        } else if is_kept {
            self.owed = None;
        }
        let mut is_new = false;
        let mut wrong = None;
        match own {
            None => {}
            Some(Ok(own)) => {
                self.own = own;
                is_new = true;
            }
            Some(Err(error)) => wrong = Some(error),
        }
        match bundle {
            Ok(None) => {}
            Ok(Some(bundle)) => {
                let newest = bundle.newest();
                // A bundle that was brought while this one was read can be newer.
                if self
                    .newest
                    .is_none_or(|known| known.version <= newest.version)
                {
                    is_new |= self.bundle.is_none() || self.newest != Some(newest);
                    self.newest = Some(newest);
                    self.bundle = Some(bundle);
                }
            }
            Err(error) => wrong = Some(error),
        }
        self.settle();
        let failed = wrong.is_some() || self.owed.is_some();
        self.again_in = failed.then_some(TRY_AFTER);
        let words = wrong.as_ref().map(ToString::to_string);
        // What is wrong is told once, not at each try.
        if let Some(why) = words.as_ref().filter(|_| words != self.told) {
            tracing::error!(why, "protected lists are not taken");
        }
        self.told = words;
        match wrong {
            Some(error) if !is_new => Err(error),
            _ => Ok(is_new),
        }
    }

    /// Keeps which bundle was the newest, where the disk takes it.
    fn settle(&mut self) {
        let Some(newest) = self.newest.filter(|_| self.newest != self.durable) else {
            return;
        };
        let text = format!("{} {}\n", newest.version, hex(&newest.digest));
        match files::write(&self.memory, text.as_bytes()) {
            Ok(()) => self.durable = Some(newest),
            Err(error) => tracing::warn!(%error, "which lists are the newest cannot be written"),
        }
    }

    /// Version and SHA-256 of the bundle that is in use.
    pub fn in_use(&self) -> Option<Newest> {
        self.bundle.as_ref().map(list::Bundle::newest)
    }

    /// Why a target is refused, by the level that its measure was approved with.
    pub fn refuse(&self, deed: Deed, target: &str, level: u64, now: Seconds) -> Option<Protects> {
        self.refuse_led(deed, target, &Seen::default(), level, now)
    }

    /// As [`Lists::refuse`], with what the target leads to.
    pub fn refuse_led(
        &self,
        deed: Deed,
        target: &str,
        seen: &Seen,
        level: u64,
        now: Seconds,
    ) -> Option<Protects> {
        let hit = |why: String| Some(Protects::Hit(why));
        let bundled = match &self.bundle {
            Some(bundle) => match bundle.protected(now) {
                Ok(protected) => Some(protected),
                Err(why) => {
                    return Some(Protects::Unknown(format!("nothing new begins: {why}")));
                }
            },
            None if self.is_drill => None,
            None => {
                let why = "nothing new begins without the protected lists";
                return Some(Protects::Unknown(why.to_owned()));
            }
        };
        let target = match deed {
            // Things of a host: its owner's policy says what may be touched.
            Deed::Freeze | Deed::Stop | Deed::Quarantine | Deed::Isolate | Deed::Notify => {
                return None;
            }
            _ => match Target::parse(target) {
                Ok(target) => target,
                Err(why) => return hit(format!("`{target}` cannot be judged: {why}")),
            },
        };
        let lists = bundled.into_iter().chain(std::iter::once(&self.own));
        let mut worst: Option<Hit> = None;
        for list in lists {
            for hit in list.judge(&target, seen).hits {
                if worst.as_ref().is_none_or(|worst| hit.class > worst.class) {
                    worst = Some(hit);
                }
            }
        }
        let worst = worst?;
        let allowed = match worst.class {
            Class::Caution => true,
            Class::Level2 => level >= 2,
            Class::Never => false,
        };
        if allowed {
            return None;
        }
        let led = if worst.met == target.to_string() {
            String::new()
        } else {
            format!(" by way of `{}`", worst.met)
        };
        hit(format!(
            "`{target}` meets `{}` of `{}`{led}, which is protected: {}",
            worst.entry, worst.list, worst.class
        ))
    }
}

fn newest(memory: &std::path::Path) -> Result<Option<Newest>, ListsError> {
    let Some(bytes) = files::read(memory, 256)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| ListsError::Newest)?;
    let read = text.trim().split_once(' ');
    let read = read.and_then(|(version, digest)| {
        Some(Newest {
            version: version.parse().ok()?,
            digest: unhex(digest)?,
        })
    });
    read.map(Some).ok_or(ListsError::Newest)
}
