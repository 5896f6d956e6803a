//! Posts that wait for a supervisor. In: bodies of machines, decisions. Out: the same, until they are settled; what is left to do. Never: a decision twice; a body that was answered and is
//! forgotten before somebody decided.
//!
//! `taxii/inbox/MACHINE/ID.json` says what came, `ID.body` is the body as it came, `ID.status` the status while it waits; `ID.decision` is written once, by whoever holds `taxii/inbox/lock`; `ID.done` is
//! the status behind it. ID is that of the post's status. A program beside the node may decide: the node looks for decisions without an end and settles them.

use super::config::is_uuid;
use super::statuses::read_long;
use sakimori_control::{ControlError, files};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Most posts of one machine that wait.
pub const WAITING_MAX: usize = 64;
/// Bytes of one machine that wait, together; a post that begins below is taken.
pub const WAITING_BYTES_MAX: u64 = 256 << 20;
/// How long a status stays behind the decision, in seconds: two days, as other statuses.
const KEPT_SECONDS: u64 = 2 * 86_400;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The root that it was sent to.
    pub root: String,
    /// The collection, by id.
    pub collection: String,
    /// When it came, in microseconds since 1970.
    pub requested_micros: u64,
    /// Objects that were not refused.
    pub objects: u64,
    /// Objects that were refused.
    pub refused: u64,
    /// How many there are of each type.
    pub kinds: BTreeMap<String, u64>,
    /// Length of the body in bytes.
    pub bytes: u64,
    /// SHA-256 of the envelope of the objects that were not refused, in hex.
    pub sha256: String,
}

/// What somebody decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Who.
    pub by: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// What.
    pub outcome: Outcome,
}

/// What becomes of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Outcome {
    /// It is shown to those who are named.
    LetGo {
        /// The index of its entry.
        entry: u64,
        /// For whom.
        readers: BTreeSet<String>,
    },
    /// It goes to nobody.
    Kept {
        /// Why; for the house.
        reason: String,
    },
}

/// A post and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Who sent it.
    pub machine: String,
    /// Its id.
    pub id: String,
    /// What came.
    pub batch: Batch,
    /// What was decided.
    pub decision: Option<Decision>,
}

/// The inbox of an office's folder.
#[derive(Clone, Debug)]
pub struct Inbox {
    folder: PathBuf,
}

fn unread(path: &Path) -> impl FnOnce(serde_json::Error) -> ControlError {
    let what = path.display().to_string();
    |e| ControlError::Document {
        what,
        problem: e.to_string(),
    }
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, ControlError> {
    let bytes = files::read(path)?;
    let read = bytes.map(|bytes| serde_json::from_slice(&bytes));
    read.transpose().map_err(unread(path))
}

/// Names in a folder, sorted; none where there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, ControlError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ControlError::file("read", folder)(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(ControlError::file("read", folder))?;
        names.extend(entry.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

impl Inbox {
    /// That of an office's folder.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.join("taxii/inbox"),
        }
    }

    fn file(&self, machine: &str, id: &str, end: &str) -> PathBuf {
        self.folder.join(machine).join(format!("{id}.{end}"))
    }

    fn machines(&self) -> Result<Vec<String>, ControlError> {
        let mut all = names(&self.folder)?;
        all.retain(|name| self.folder.join(name).is_dir());
        Ok(all)
    }

    /// Ids of a machine's posts with the ends of their files.
    fn posts(&self, machine: &str) -> Result<BTreeMap<String, BTreeSet<String>>, ControlError> {
        let mut posts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for name in names(&self.folder.join(machine))? {
            if let Some((id, end)) = name.split_once('.')
                && is_uuid(id)
            {
                posts
                    .entry(id.to_owned())
                    .or_default()
                    .insert(end.to_owned());
            }
        }
        // Without it the post was not taken in.
        posts.retain(|_, ends| ends.contains("json"));
        Ok(posts)
    }

    /// Takes a post in; `false` where its machine has as many that wait as it may have.
    ///
    /// # Errors
    /// The disk's: it must not be answered.
    pub(super) fn put(
        &self,
        (machine, id): (&str, &str),
        batch: &Batch,
        (body, status): (&[u8], &str),
        now: Seconds,
    ) -> Result<bool, ControlError> {
        self.forget(machine, now)?;
        let (mut count, mut bytes) = (0, 0_u64);
        for (other, ends) in self.posts(machine)? {
            if ends.contains("decision") || other == id {
                continue;
            }
            count += 1;
            let kept: Option<Batch> = json(&self.file(machine, &other, "json"))?;
            bytes = bytes.saturating_add(kept.map_or(0, |kept| kept.bytes));
        }
        if count >= WAITING_MAX || bytes >= WAITING_BYTES_MAX {
            return Ok(false);
        }
        self.keep((machine, id), batch, (body, status))?;
        Ok(true)
    }

    /// Takes a post in however many wait: its sender has its answer, and nothing may lose it.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn keep(
        &self,
        (machine, id): (&str, &str),
        batch: &Batch,
        (body, status): (&[u8], &str),
    ) -> Result<(), ControlError> {
        let write = |end: &str, bytes: &[u8]| {
            files::write(&self.file(machine, id, end), bytes, files::PRIVATE)
        };
        write("body", body)?;
        write("status", status.as_bytes())?;
        // The last: what has it is whole.
        let text = serde_json::to_vec(batch).unwrap_or_default();
        write("json", &text)
    }

    /// Forgets what was settled two days ago.
    fn forget(&self, machine: &str, now: Seconds) -> Result<(), ControlError> {
        for (id, ends) in self.posts(machine)? {
            if !ends.contains("done") {
                continue;
            }
            let decision = self.decision(machine, &id)?;
            let at = decision.map_or(0, |decision| decision.at);
            if now.0.saturating_sub(at) > KEPT_SECONDS {
                for end in ["json", "done", "decision"] {
                    files::remove(&self.file(machine, &id, end))?;
                }
            }
        }
        Ok(())
    }

    fn decision(&self, machine: &str, id: &str) -> Result<Option<Decision>, ControlError> {
        json(&self.file(machine, id, "decision"))
    }

    /// The status of a machine's post, as it is answered.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn status(
        &self,
        machine: &str,
        id: &str,
    ) -> Result<Option<(Batch, String)>, ControlError> {
        if !is_uuid(id) {
            return Ok(None);
        }
        let Some(batch) = json(&self.file(machine, id, "json"))? else {
            return Ok(None);
        };
        for end in ["done", "status"] {
            if let Some(bytes) = read_long(&self.file(machine, id, end))? {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Ok(Some((batch, text)));
            }
        }
        Ok(None)
    }

    /// A machine's post.
    ///
    /// # Errors
    /// The disk's.
    pub fn post(&self, machine: &str, id: &str) -> Result<Option<Post>, ControlError> {
        let plain =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
        if !is_uuid(id) || machine.starts_with('.') || !machine.bytes().all(plain) {
            return Ok(None);
        }
        let Some(batch) = json(&self.file(machine, id, "json"))? else {
            return Ok(None);
        };
        Ok(Some(Post {
            machine: machine.to_owned(),
            id: id.to_owned(),
            batch,
            decision: self.decision(machine, id)?,
        }))
    }

    /// All posts that are kept, in the order in which they came.
    ///
    /// # Errors
    /// The disk's.
    pub fn all(&self) -> Result<Vec<Post>, ControlError> {
        let mut all = Vec::new();
        for machine in self.machines()? {
            for id in self.posts(&machine)?.into_keys() {
                all.extend(self.post(&machine, &id)?);
            }
        }
        all.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(all)
    }

    /// The body of a post as it came; `None` once it is settled.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn body(&self, post: &Post) -> Result<Option<Vec<u8>>, ControlError> {
        read_long(&self.file(&post.machine, &post.id, "body"))
    }

    /// Holds others off while something is decided.
    ///
    /// # Errors
    /// [`ControlError::Usage`] where somebody else decides in this moment.
    pub(super) fn lock(&self) -> Result<File, ControlError> {
        files::create_private_folder(&self.folder)?;
        files::lock(&self.folder.join("lock"), || {
            "somebody else decides on a post in this moment; try again".to_owned()
        })
    }

    /// Writes a decision down. Its caller holds [`Inbox::lock`] and has seen that there is none.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn decide(&self, post: &Post, decision: &Decision) -> Result<(), ControlError> {
        let text = serde_json::to_vec(decision).unwrap_or_default();
        let path = self.file(&post.machine, &post.id, "decision");
        files::write(&path, &text, files::PRIVATE)
    }

    /// Takes a decision back that cannot be done: who reads the collection has changed.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn reopen(&self, post: &Post) -> Result<(), ControlError> {
        files::remove(&self.file(&post.machine, &post.id, "decision"))
    }

    /// Posts that are decided and not settled.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn unsettled(&self) -> Result<Vec<Post>, ControlError> {
        let mut all = Vec::new();
        for machine in self.machines()? {
            for (id, ends) in self.posts(&machine)? {
                if ends.contains("decision") && !ends.contains("done") {
                    all.extend(self.post(&machine, &id)?);
                }
            }
        }
        all.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(all)
    }

    /// Keeps the status behind a decision, and lets the body go.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn done(&self, post: &Post, status: &str) -> Result<(), ControlError> {
        let file = |end| self.file(&post.machine, &post.id, end);
        files::write(&file("done"), status.as_bytes(), files::PRIVATE)?;
        files::remove(&file("status"))?;
        files::remove(&file("body"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(bytes: u64) -> Batch {
        Batch {
            root: "r".to_owned(),
            collection: "c".to_owned(),
            requested_micros: 5,
            objects: 1,
            refused: 0,
            kinds: BTreeMap::from([("malware".to_owned(), 1)]),
            bytes,
            sha256: "00".to_owned(),
        }
    }

    fn id(number: usize) -> String {
        format!("017f22e2-79b0-7cc3-98c4-{number:012x}")
    }

    #[test]
    fn a_post_waits_until_it_is_decided_and_its_status_stays_for_two_days() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::at(folder.path());
        assert_eq!(inbox.all().unwrap(), []);
        let put = |number, bytes, now| {
            let what = (&b"{}"[..], "waits");
            inbox.put(("m-1", &id(number)), &batch(bytes), what, Seconds(now))
        };
        assert!(put(1, 9, 100).unwrap());
        let [post] = inbox.all().unwrap().try_into().unwrap();
        assert_eq!((post.machine.as_str(), &post.decision), ("m-1", &None));
        assert_eq!(inbox.body(&post).unwrap().unwrap(), b"{}");
        assert_eq!(inbox.status("m-1", &id(1)).unwrap().unwrap().1, "waits");
        assert_eq!(inbox.status("m-2", &id(1)).unwrap(), None);
        for (machine, id) in [("..", id(1)), ("m-1", "../x".to_owned()), ("a/b", id(1))] {
            assert_eq!(inbox.post(machine, &id).unwrap(), None);
        }
        let held = inbox.lock().unwrap();
        assert!(matches!(inbox.lock(), Err(ControlError::Usage(_))));
        drop(held);
        let decision = Decision {
            by: "o3".to_owned(),
            at: 200,
            outcome: Outcome::LetGo {
                entry: 7,
                readers: BTreeSet::from(["m-2".to_owned()]),
            },
        };
        inbox.decide(&post, &decision).unwrap();
        let [left] = inbox.unsettled().unwrap().try_into().unwrap();
        assert_eq!(left.decision, Some(decision));
        inbox.done(&left, "complete").unwrap();
        assert_eq!(inbox.unsettled().unwrap(), []);
        assert_eq!(inbox.body(&post).unwrap(), None);
        for (now, there) in [(200 + KEPT_SECONDS, true), (201 + KEPT_SECONDS, false)] {
            assert!(put(2, 9, now).unwrap());
            let status = inbox.status("m-1", &id(1)).unwrap();
            assert_eq!(
                status.map(|(_, text)| text),
                there.then(|| "complete".to_owned())
            );
        }
    }

    #[test]
    fn one_machine_has_so_many_that_wait_and_holds_up_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::at(folder.path());
        let put = |machine, number, bytes| {
            let what = (&b"{}"[..], "waits");
            let taken = inbox.put((machine, &id(number)), &batch(bytes), what, Seconds(1));
            taken.unwrap()
        };
        for number in 0..WAITING_MAX {
            assert!(put("m-1", number, 1));
        }
        assert!(!put("m-1", WAITING_MAX, 1));
        let answered = id(WAITING_MAX);
        let what = (&b"{}"[..], "waits");
        inbox.keep(("m-1", &answered), &batch(1), what).unwrap();
        assert!(inbox.post("m-1", &answered).unwrap().is_some());
        assert!(put("m-2", 0, WAITING_BYTES_MAX));
        assert!(!put("m-2", 1, 1));
        let post = inbox.post("m-2", &id(0)).unwrap().unwrap();
        let decision = Decision {
            by: "o3".to_owned(),
            at: 1,
            outcome: Outcome::Kept {
                reason: "no".to_owned(),
            },
        };
        inbox.decide(&post, &decision).unwrap();
        assert!(put("m-2", 1, 1), "what is decided waits no more");
        inbox.reopen(&post).unwrap();
        assert!(!put("m-2", 2, 1));
    }
}
