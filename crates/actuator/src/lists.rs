//! What this actuator never touches: the signed bundle of protected lists, and what its owner protects beside. In: files of both, targets. Out: why a target is refused, or nothing. Never: an effect while the bundle is missing, damaged or past its end.
//!
//! It is asked when an approval comes, for each command that begins something, and again for all that is in force when a file changes.

use crate::files;
use sakimori_authority::root::TrustRoot;
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::Deed;
use sakimori_respond::safety::list::{BundleError, FILE_BYTES_MAX, Newest};
use sakimori_respond::safety::{
    Building, Class, Hit, Protected, ProtectedError, Reach, Seen, Target, list,
};
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const NOTE_BYTES_MAX: u64 = 1 << 20;
const OWN_BYTES_MAX: u64 = 4 << 20;

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
    /// The owner's own list.
    #[error("line {0} of the owner's list is not `CLASS TARGET`")]
    Line(usize),
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
    memory: PathBuf,
    bundle: Option<list::Bundle>,
    own: Protected,
    /// When each file was changed, as it was read.
    read: Vec<Option<SystemTime>>,
    /// Whether a drill may go on without a bundle.
    is_drill: bool,
}

fn present(path: &Path, most: u64) -> Result<Vec<u8>, ListsError> {
    files::read(path, most)?.ok_or_else(|| ListsError::Missing(path.display().to_string()))
}

fn own(text: &str) -> Result<Protected, ListsError> {
    let mut building = Building::default();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = || ListsError::Line(at + 1);
        let (class, target) = line.split_once(' ').ok_or_else(wrong)?;
        let class = Class::from_name(class).ok_or_else(wrong)?;
        match Target::parse(target).map_err(|_| wrong())? {
            Target::Net(prefix) => building.net("the owner's list", class, prefix)?,
            Target::Name { name, .. } => {
                building.name("the owner's list", class, Reach::Below, &name)?;
            }
        }
    }
    Ok(building.done())
}

impl Lists {
    /// Reads the lists. `memory` is the file that keeps which bundle was the newest.
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
        let mut lists = Self {
            config,
            memory,
            bundle: None,
            own: Protected::default(),
            read: Vec::new(),
            is_drill,
        };
        match lists.read(root, now) {
            // Without a bundle nothing new begins; ends, revocations and the owner's stop are done all the same, so it starts.
            Err(ListsError::Bundle(error)) => {
                tracing::warn!(why = %error, "there are no protected lists: nothing new begins");
            }
            done => done?,
        }
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

    fn read(&mut self, root: &[u8], now: Seconds) -> Result<(), ListsError> {
        let read = self.changed();
        let own_text = match &self.config.own {
            None => String::new(),
            Some(path) => String::from_utf8_lossy(&present(path, OWN_BYTES_MAX)?).into_owned(),
        };
        self.own = own(&own_text)?;
        let bundle = match (&self.config.note, &self.config.file) {
            (Some(note), Some(file)) => {
                let root = TrustRoot::remembered(root).map_err(|_| ListsError::Root)?;
                let note = present(note, NOTE_BYTES_MAX)?;
                let file = present(file, FILE_BYTES_MAX as u64)?;
                let newest = self.newest()?;
                let bundle = list::Bundle::read(&note, &file, &root, newest, now)?;
                let Newest { version, digest } = bundle.newest();
                files::write(
                    &self.memory,
                    format!("{version} {}\n", hex(&digest)).as_bytes(),
                )?;
                Some(bundle)
            }
            _ => None,
        };
        self.bundle = bundle;
        self.read = read;
        Ok(())
    }

    fn newest(&self) -> Result<Option<Newest>, ListsError> {
        let Some(bytes) = files::read(&self.memory, 256)? else {
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

    /// Reads again what has changed; whether anything had. Lists that are not taken leave those before in force.
    ///
    /// # Errors
    /// [`ListsError`].
    pub fn again(&mut self, root: &[u8], now: Seconds) -> Result<bool, ListsError> {
        let changed = self.changed();
        if changed == self.read {
            return Ok(false);
        }
        // What is wrong is told once, not at each look.
        self.read = changed;
        self.read(root, now).map(|()| true)
    }

    /// The version of the bundle.
    pub fn version(&self) -> Option<u64> {
        self.bundle.as_ref().map(|bundle| bundle.lists.version)
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
