//! What became of posts: kept in files below the office's folder for at least a day, and those that are on their way in memory too. In: posts, their makers, time. Out: statuses for
//! whoever made the post; posts that the last run of the node left unfinished. Never: a post that was answered and is forgotten.
//!
//! `taxii/status/ID.json` says whose a post is and how far it came; `ID.envelope` beside it holds the body of one that is not done, so that the next run does it again from its start:
//! adding an object twice adds it once.

use super::config::is_uuid;
use sakimori_control::{ControlError, files};
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_exchange::taxii::Post;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long a status is kept, in seconds: two days, of which TAXII's readers are promised one.
const KEPT_SECONDS: u64 = 2 * 86_400;
/// Most statuses that are kept; a post beyond waits until the oldest is two days old. One a second for a day.
const STATUSES_MAX: usize = 86_400;

/// Whose a post is and how far it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// The root that it was sent to.
    pub(super) root: String,
    /// The collection.
    pub(super) collection: String,
    /// The machine that sent it.
    pub(super) machine: String,
    /// When it came, in microseconds since 1970.
    pub(super) requested_micros: u64,
    /// The status as it is answered; none while the post is on its way.
    pub(super) body: Option<String>,
    /// The index of the entry under which it left, where others read its collection.
    #[serde(default)]
    pub(super) entry: Option<u64>,
    /// For whom, by name.
    #[serde(default)]
    pub(super) readers: BTreeSet<String>,
}

/// Reads a file that may be as long as the longest body.
///
/// # Errors
/// [`ControlError::File`]: it is there and cannot be read, or is longer.
pub(super) fn read_long(path: &Path) -> Result<Option<Vec<u8>>, ControlError> {
    let failed = || ControlError::file("read", path);
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed()(e)),
    };
    let mut bytes = Vec::new();
    let most = super::config::BODY_BYTES_MAX;
    let read = file.take(most + 1).read_to_end(&mut bytes);
    read.map_err(failed())?;
    if bytes.len() as u64 > most {
        return Err(failed()(std::io::ErrorKind::FileTooLarge.into()));
    }
    Ok(Some(bytes))
}

/// A post on its way.
pub(super) struct Running {
    /// Whose it is.
    pub(super) kept: Kept,
    /// How far it is.
    pub(super) post: Mutex<Post>,
}

impl Running {
    /// The post; a step that fell left it as it was before.
    pub(super) fn post(&self) -> MutexGuard<'_, Post> {
        self.post.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A status.
pub(super) enum Found {
    /// It is done.
    Done(Kept),
    /// It is on its way.
    Running(Arc<Running>),
}

/// All of them.
pub(super) struct Statuses {
    folder: PathBuf,
    running: Mutex<BTreeMap<String, Arc<Running>>>,
    /// Ids, which begin with their time, once the folder was read.
    known: Mutex<Option<BTreeSet<String>>>,
}

/// A UUID of version 7 (RFC 9562 section 5.7): the time, then random bits.
pub(super) fn uuid(ms: u64, random: [u8; 10]) -> String {
    let mut bytes = [0; 16];
    let (time, rest) = bytes.split_at_mut(6);
    let [_, _, stamp @ ..] = ms.to_be_bytes();
    time.copy_from_slice(&stamp);
    rest.copy_from_slice(&random);
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0f | 0x70;
    *variant = *variant & 0x3f | 0x80;
    let digits = hex(&bytes);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

/// The second in which a status was made, which its id begins with.
fn made(id: &str) -> u64 {
    let digits: String = id.chars().filter(|c| *c != '-').take(12).collect();
    u64::from_str_radix(&digits, 16).unwrap_or_default() / 1000
}

impl Statuses {
    /// Those of a folder.
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.join("taxii/status"),
            running: Mutex::default(),
            known: Mutex::default(),
        }
    }

    fn file(&self, id: &str, end: &str) -> PathBuf {
        self.folder.join(format!("{id}.{end}"))
    }

    fn read(&self, id: &str) -> Result<Option<Kept>, ControlError> {
        let path = self.file(id, "json");
        let bytes = files::read(&path)?;
        let kept = bytes
            .map(|bytes| serde_json::from_slice(&bytes))
            .transpose();
        kept.map_err(|e| ControlError::Document {
            what: path.display().to_string(),
            problem: e.to_string(),
        })
    }

    fn write(&self, id: &str, kept: &Kept) -> Result<(), ControlError> {
        let bytes = serde_json::to_vec(kept).unwrap_or_default();
        files::write(&self.file(id, "json"), &bytes, files::PRIVATE)
    }

    /// Ids of which there is a file with this end.
    fn listed(&self, end: &str) -> Result<BTreeSet<String>, ControlError> {
        let mut known = BTreeSet::new();
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(known),
            Err(e) => return Err(ControlError::file("read", &self.folder)(e)),
        };
        for entry in entries {
            let entry = entry.map_err(ControlError::file("read", &self.folder))?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(end));
            known.extend(id.filter(|id| is_uuid(id)).map(str::to_owned));
        }
        Ok(known)
    }

    /// Makes room for one more; `false` where there is none.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn make_room(&self, now: Seconds) -> Result<bool, ControlError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            *known = Some(self.listed(".json")?);
        }
        let Some(known) = known.as_mut() else {
            return Ok(true);
        };
        let running = self.running().keys().cloned().collect::<BTreeSet<_>>();
        // They are in the order of their time.
        let old: Vec<String> = known
            .iter()
            .take_while(|id| now.0.saturating_sub(made(id)) > KEPT_SECONDS)
            .filter(|id| !running.contains(*id))
            .cloned()
            .collect();
        for id in old {
            files::remove(&self.file(&id, "envelope"))?;
            files::remove(&self.file(&id, "json"))?;
            known.remove(&id);
        }
        Ok(known.len() < STATUSES_MAX)
    }

    fn note(&self, id: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_mut() {
            known.insert(id.to_owned());
        }
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a post that is done.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn keep(&self, id: &str, kept: &Kept) -> Result<(), ControlError> {
        self.write(id, kept)?;
        self.note(id);
        files::remove(&self.file(id, "envelope"))?;
        self.running().remove(id);
        Ok(())
    }

    /// Forgets a post that is kept elsewhere now.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn forget(&self, id: &str) -> Result<(), ControlError> {
        files::remove(&self.file(id, "envelope"))?;
        files::remove(&self.file(id, "json"))?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_mut() {
            known.remove(id);
        }
        Ok(())
    }

    /// Keeps a post that goes on after its answer: its body first, so that what is known to be on its way can be done.
    ///
    /// # Errors
    /// The disk's: it must not be answered.
    pub(super) fn begin(
        &self,
        id: &str,
        kept: Kept,
        body: &[u8],
        post: Post,
    ) -> Result<Arc<Running>, ControlError> {
        files::write(&self.file(id, "envelope"), body, files::PRIVATE)?;
        self.write(id, &kept)?;
        self.note(id);
        Ok(self.run(id, kept, post))
    }

    /// Has a post in memory, on its way.
    pub(super) fn run(&self, id: &str, kept: Kept, post: Post) -> Arc<Running> {
        let running = Arc::new(Running {
            kept,
            post: Mutex::new(post),
        });
        self.running().insert(id.to_owned(), Arc::clone(&running));
        running
    }

    /// The status of an id.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn find(&self, id: &str) -> Result<Option<Found>, ControlError> {
        // What is no id of ours is no name of a file.
        if !is_uuid(id) {
            return Ok(None);
        }
        if let Some(running) = self.running().get(id) {
            return Ok(Some(Found::Running(Arc::clone(running))));
        }
        let kept = self.read(id)?;
        Ok(kept.filter(|kept| kept.body.is_some()).map(Found::Done))
    }

    /// What the last run left on its way, in the order in which it came, each with its body.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn left(&self) -> Result<Vec<(String, Kept, Vec<u8>)>, ControlError> {
        let mut left = Vec::new();
        for id in self.listed(".envelope")? {
            let Some(kept) = self.read(&id)?.filter(|kept| kept.body.is_none()) else {
                continue;
            };
            if let Some(body) = read_long(&self.file(&id, "envelope"))? {
                left.push((id, kept, body));
            }
        }
        Ok(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(second: u64, body: Option<&str>) -> Kept {
        Kept {
            root: "r".to_owned(),
            collection: "c".to_owned(),
            machine: "m".to_owned(),
            requested_micros: second * 1_000_000,
            body: body.map(str::to_owned),
            entry: None,
            readers: BTreeSet::new(),
        }
    }

    #[test]
    fn a_status_is_there_for_two_days_and_after_a_new_start() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = [1000, 5000].map(|second| uuid(second * 1000, [7; 10]));
        let statuses = Statuses::at(folder.path());
        assert!(statuses.make_room(Seconds(1000)).unwrap());
        statuses.keep(&one, &kept(1000, Some("{}"))).unwrap();
        statuses.keep(&other, &kept(5000, Some("{}"))).unwrap();
        for statuses in [statuses, Statuses::at(folder.path())] {
            assert!(statuses.make_room(Seconds(1000 + KEPT_SECONDS)).unwrap());
            assert!(matches!(statuses.find(&one), Ok(Some(Found::Done(_)))));
            assert!(matches!(statuses.find("../x"), Ok(None)));
            assert!(statuses.left().unwrap().is_empty());
        }
        let statuses = Statuses::at(folder.path());
        assert!(statuses.make_room(Seconds(1001 + KEPT_SECONDS)).unwrap());
        assert!(matches!(statuses.find(&one), Ok(None)));
        assert!(matches!(statuses.find(&other), Ok(Some(Found::Done(_)))));
    }

    #[test]
    fn ids_are_uuids_of_version_7_that_begin_with_their_time() {
        // The example of RFC 9562, appendix A.6.
        let random = [0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f];
        let id = uuid(0x017f_22e2_79b0, random);
        assert_eq!(id, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
        assert!(is_uuid(&id));
        assert_eq!(made(&id), 1_645_557_742);
    }
}
