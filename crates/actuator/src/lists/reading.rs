//! The reading of protected lists, which can take seconds. In: files of the owner, a bundle that was brought, the trust root, the newest bundle that was seen. Out: what came of it, for [`super::Lists::take`]. Never: a bundle of an earlier time; half a bundle on the
//! disk.

use super::{ListsConfig, ListsError};
use crate::files;
use sakimori_authority::root::TrustRoot;
use sakimori_custody::time::Seconds;
use sakimori_respond::safety::list::{self, BundleError, FILE_BYTES_MAX, Newest};
use sakimori_respond::safety::{Building, Class, Protected, Reach, Target};
use std::path::{Path, PathBuf};

const NOTE_BYTES_MAX: u64 = 1 << 20;
const OWN_BYTES_MAX: u64 = 4 << 20;

/// A note and its file.
type Sent = (Vec<u8>, Vec<u8>);

enum What {
    Files(ListsConfig),
    Sent(Sent),
    Keep(Vec<u8>),
}

/// Something that is to be read; it is run on a thread where waiting does not matter.
pub struct Reading {
    what: What,
    brought: PathBuf,
    root: Vec<u8>,
    newest: Option<Newest>,
    now: Seconds,
}

/// What came of it.
pub struct Read {
    /// The owner's list, where it was read.
    pub(super) own: Option<Result<Protected, ListsError>>,
    /// The newest bundle, where there is one.
    pub(super) bundle: Result<Option<list::Bundle>, ListsError>,
    /// A bundle that the disk does not take.
    pub(super) owed: Option<Vec<u8>>,
    /// Whether the disk has what was brought last.
    pub(super) is_kept: bool,
}

impl Reading {
    pub(super) fn files(
        config: &ListsConfig,
        brought: PathBuf,
        root: Vec<u8>,
        newest: Option<Newest>,
        now: Seconds,
    ) -> Self {
        Self {
            what: What::Files(config.clone()),
            brought,
            root,
            newest,
            now,
        }
    }

    pub(super) fn sent(
        brought: PathBuf,
        sent: Sent,
        root: Vec<u8>,
        newest: Option<Newest>,
        now: Seconds,
    ) -> Self {
        Self {
            what: What::Sent(sent),
            brought,
            root,
            newest,
            now,
        }
    }

    pub(super) const fn keep(brought: PathBuf, bytes: Vec<u8>) -> Self {
        Self {
            what: What::Keep(bytes),
            brought,
            root: Vec::new(),
            newest: None,
            now: Seconds(0),
        }
    }

    /// Reads. Where the reading falls, that is what came of it: nobody waits for one that does not end.
    pub fn run(self) -> Read {
        caught(|| self.read())
    }

    fn read(&self) -> Read {
        match &self.what {
            What::Files(config) => Read {
                own: Some(own(config.own.as_deref())),
                bundle: self.newest_of(config),
                owed: None,
                is_kept: false,
            },
            What::Sent((note, file)) => {
                let bundle = self.bundle(note, file);
                let is_good = bundle.is_ok();
                self.written(bundle.map(Some), is_good.then(|| joined(note, file)))
            }
            What::Keep(bytes) => self.written(Ok(None), Some(bytes.clone())),
        }
    }

    fn written(
        &self,
        bundle: Result<Option<list::Bundle>, ListsError>,
        bytes: Option<Vec<u8>>,
    ) -> Read {
        let written = bytes
            .as_ref()
            .map(|bytes| files::write(&self.brought, bytes));
        let is_kept = matches!(written, Some(Ok(())));
        if let Some(Err(error)) = written {
            tracing::warn!(%error, "the lists that were brought cannot be written; they are in use");
        }
        Read {
            own: None,
            bundle,
            owed: bytes.filter(|_| !is_kept),
            is_kept,
        }
    }

    fn bundle(&self, note: &[u8], file: &[u8]) -> Result<list::Bundle, ListsError> {
        let root = TrustRoot::remembered(&self.root).map_err(|_| ListsError::Root)?;
        Ok(list::Bundle::read(
            note,
            file,
            &root,
            self.newest,
            self.now,
        )?)
    }

    /// The newest of the owner's files and of what was brought.
    fn newest_of(&self, config: &ListsConfig) -> Result<Option<list::Bundle>, ListsError> {
        let mut found: Option<list::Bundle> = None;
        let mut wrong = None;
        let sources = [owners(config), self.brought()];
        for source in sources.into_iter().filter_map(Result::transpose) {
            match source.and_then(|(note, file)| self.bundle(&note, &file)) {
                Ok(bundle) => {
                    let is_newer =
                        |known: &list::Bundle| known.lists.version < bundle.lists.version;
                    if found.as_ref().is_none_or(is_newer) {
                        found = Some(bundle);
                    }
                }
                Err(error) => wrong = wrong.or(Some(error)),
            }
        }
        match (found, wrong) {
            (Some(found), wrong) => {
                let older =
                    |why: &ListsError| matches!(why, ListsError::Bundle(BundleError::Older { .. }));
                if let Some(why) = wrong.filter(|why| !older(why)) {
                    tracing::warn!(%why, "one of two bundles of protected lists is not taken");
                }
                Ok(Some(found))
            }
            (None, Some(wrong)) => Err(wrong),
            (None, None) => Ok(None),
        }
    }

    fn brought(&self) -> Result<Option<Sent>, ListsError> {
        let most = NOTE_BYTES_MAX + FILE_BYTES_MAX as u64 + 64;
        let bytes = files::read(&self.brought, most)?;
        let cut = |bytes: Vec<u8>| cut(&bytes).ok_or(ListsError::Brought);
        bytes.map(cut).transpose()
    }
}

fn caught(read: impl FnOnce() -> Read) -> Read {
    // Nothing of a reading that fell is used afterwards.
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    done.unwrap_or(Read {
        own: Some(Err(ListsError::Fell)),
        bundle: Ok(None),
        owed: None,
        is_kept: false,
    })
}

/// The owner's files.
fn owners(config: &ListsConfig) -> Result<Option<Sent>, ListsError> {
    let (Some(note), Some(file)) = (&config.note, &config.file) else {
        return Ok(None);
    };
    let note = present(note, NOTE_BYTES_MAX)?;
    Ok(Some((note, present(file, FILE_BYTES_MAX as u64)?)))
}

/// Note and file in one, so that they are replaced together: the note's length on a line, the note, the file.
fn joined(note: &[u8], file: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{}\n", note.len()).into_bytes();
    bytes.extend(note);
    bytes.extend(file);
    bytes
}

fn cut(bytes: &[u8]) -> Option<Sent> {
    let at = bytes.iter().position(|byte| *byte == b'\n')?;
    let (length, rest) = bytes.split_at_checked(at)?;
    let length = std::str::from_utf8(length).ok()?.parse().ok()?;
    let (note, file) = rest.get(1..)?.split_at_checked(length)?;
    Some((note.to_vec(), file.to_vec()))
}

fn present(path: &Path, most: u64) -> Result<Vec<u8>, ListsError> {
    files::read(path, most)?.ok_or_else(|| ListsError::Missing(path.display().to_string()))
}

/// The owner's own list.
fn own(path: Option<&Path>) -> Result<Protected, ListsError> {
    let text = match path {
        None => String::new(),
        Some(path) => String::from_utf8_lossy(&present(path, OWN_BYTES_MAX)?).into_owned(),
    };
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

#[cfg(test)]
mod tests {
    use super::super::Lists;
    use super::*;

    #[test]
    fn a_reading_that_falls_is_told_and_the_next_one_is_run() {
        let folder = tempfile::tempdir().unwrap();
        let memory = folder.path().join("newest");
        let (config, now) = (ListsConfig::default(), Seconds(1));
        let mut lists = Lists::open(config, memory, &[], true, now).unwrap();
        let sent = || (b"note".to_vec(), b"file".to_vec());
        let (note, file) = sent();
        assert!(lists.bring(note, file, &[], now).is_some());
        let (note, file) = sent();
        assert!(lists.bring(note, file, &[], now).is_none(), "one at a time");
        let read = caught(|| std::panic::resume_unwind(Box::new("fell")));
        assert!(matches!(lists.take(read), Err(ListsError::Fell)));
        let (note, file) = sent();
        assert!(lists.bring(note, file, &[], now).is_some());
    }
}
