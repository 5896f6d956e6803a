//! What a supervisor decides on a post that waits. In: a post, who lets it go on which basis, or why not. Out: an entry in the log, a decision that is kept; then the objects in their
//! collection, with their dates. Never: an object that is shown before the entry is there; one whose readers the entry does not name.
//!
//! Deciding is for the node and for a program beside it alike; settling, which adds the objects, is the node's alone.

use super::inbox::{Decision, Inbox, Outcome, Post};
use super::plan::{Collection, Plan};
use super::post::judged;
use super::{config, file, gate};
use sakimori_control::error::told;
use sakimori_control::{ControlError, files};
use sakimori_custody::Recorded;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_exchange::taxii::{New, Post as Objects};
use sakimori_liaison::product::Denied;
use sakimori_release::PseudonymKey;
use sakimori_release::record::Record;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// What is to become of a post.
#[derive(Clone, Copy, Debug)]
pub enum Word<'a> {
    /// It goes to those who read its collection.
    Release {
        /// On which basis of the law.
        basis: &'a str,
        /// How the rights of communication parties were considered.
        rights: &'a str,
    },
    /// It goes to nobody.
    Keep {
        /// Why; for the house, its sender is not told.
        reason: &'a str,
    },
}

/// Why nothing was decided. Nobody is shown anything.
#[derive(Debug, thiserror::Error)]
pub enum NotDecided {
    /// There is no such post.
    #[error("there is no such post")]
    Missing,
    /// It was decided before.
    #[error("it was decided before")]
    Before,
    /// What was written breaks a rule; whoever decides mends it.
    #[error("{0}")]
    Wrong(String),
    /// The gate refuses; that is on record.
    #[error("{0}")]
    Refused(String),
    /// This node's files; its operator acts.
    #[error(transparent)]
    Files(#[from] ControlError),
}

/// The office's collections and what waits for them, for the node and for a program beside it.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What waits.
    pub inbox: Inbox,
    pub(super) plan: Arc<Plan>,
}

/// A look at what a post holds.
#[derive(Debug)]
pub struct Look {
    /// The envelope of the objects that were not refused, byte for byte.
    pub envelope: String,
    /// Id, type and text of each of them.
    pub objects: Vec<(String, String, String)>,
}

/// A text of one or some lines within a bound of the gate.
fn said(field: &str, text: &str) -> Result<(), NotDecided> {
    if text.trim().is_empty() || text.len() > 4096 {
        return Err(NotDecided::Wrong(format!("{field}: 1 to 4096 bytes")));
    }
    Ok(())
}

/// SHA-256 of an envelope, in hex.
pub(super) fn digest(envelope: &str) -> String {
    hex(&<[u8; 32]>::from(Sha256::digest(envelope)))
}

impl Desk {
    /// Reads the file of an office's folder; `None` where it has none.
    ///
    /// # Errors
    /// [`ControlError::Document`] names the place in the file; [`ControlError::File`].
    pub fn open(folder: &Path) -> Result<Option<Self>, ControlError> {
        let path = file(folder);
        let Some(bytes) = files::read(&path)? else {
            return Ok(None);
        };
        let plan = config::read(&String::from_utf8_lossy(&bytes));
        let plan = plan.map_err(|e| ControlError::Document {
            what: path.display().to_string(),
            problem: e.to_string(),
        })?;
        Ok(Some(Self {
            inbox: Inbox::at(folder),
            plan: Arc::new(plan),
        }))
    }

    /// Title and class of the collection of a post, and who reads it now; `None` where the file does not have it any more.
    pub fn audience(&self, post: &Post, now: Seconds) -> Option<(String, String, Vec<String>)> {
        let of = self.plan.collection(&post.batch.collection)?;
        let kinds = &self.plan.machines;
        let reader = |name: &str| kinds.get(name).map(|one| format!("{}/{name}", one.kind));
        let readers = of.reading(now).filter_map(reader).collect();
        Some((of.title.clone(), of.class.to_string(), readers))
    }

    /// What a post holds.
    ///
    /// # Errors
    /// [`NotDecided::Missing`] once it is settled.
    pub fn look(&self, post: &Post) -> Result<Look, NotDecided> {
        let (objects, _) = self.objects(post)?;
        let row = |new: &New| (new.id.clone(), new.kind.clone(), new.raw.clone());
        Ok(Look {
            envelope: objects.envelope(),
            objects: objects.waiting().map(row).collect(),
        })
    }

    /// The objects of a post, judged again, and their collection.
    fn objects(&self, post: &Post) -> Result<(Objects, &Collection), NotDecided> {
        let of = self.plan.collection(&post.batch.collection);
        let of = of.ok_or_else(|| NotDecided::Wrong("its collection is gone".to_owned()))?;
        let body = self.inbox.body(post)?.ok_or(NotDecided::Missing)?;
        let objects = judged(&self.plan, &of.id, &post.machine, &body);
        let objects = objects.map_err(|fail| NotDecided::Wrong(fail.error.to_string()))?;
        Ok((objects, of))
    }

    /// Decides on a post. `enter` brings the gate's record into the log and gives the index of its entry once it is durable; it is called for a refusal of the gate too.
    ///
    /// # Errors
    /// `enter`'s; [`NotDecided`].
    pub fn decide<E: From<NotDecided>>(
        &self,
        (machine, id): (&str, &str),
        (by, word): (&Name, Word<'_>),
        (now, key): (Seconds, &PseudonymKey),
        enter: impl Fn(&Record) -> Result<u64, E>,
    ) -> Result<Post, E> {
        let held = self.inbox.lock().map_err(NotDecided::from)?;
        let post = self.inbox.post(machine, id).map_err(NotDecided::from)?;
        let post = post.ok_or(NotDecided::Missing)?;
        if post.decision.is_some() {
            return Err(NotDecided::Before.into());
        }
        let outcome = match word {
            Word::Keep { reason } => {
                said("reason", reason)?;
                Outcome::Kept {
                    reason: reason.to_owned(),
                }
            }
            Word::Release { basis, rights } => {
                let words = gate::Said { by, basis, rights };
                self.let_go(&post, (words, now), key, enter)?
            }
        };
        let decision = Decision {
            by: by.to_string(),
            at: now.0,
            outcome,
        };
        let kept = self.inbox.decide(&post, &decision);
        kept.map_err(NotDecided::from)?;
        drop(held);
        Ok(Post {
            decision: Some(decision),
            ..post
        })
    }

    fn let_go<E: From<NotDecided>>(
        &self,
        post: &Post,
        (words, now): (gate::Said<'_>, Seconds),
        key: &PseudonymKey,
        enter: impl Fn(&Record) -> Result<u64, E>,
    ) -> Result<Outcome, E> {
        let (objects, of) = self.objects(post)?;
        let envelope = objects.envelope();
        if digest(&envelope) != post.batch.sha256 {
            let why = "what may be in its collection has changed since it came: it is kept, and sent again";
            return Err(NotDecided::Wrong(why.to_owned()).into());
        }
        let of = (of, post.machine.as_str());
        match gate::ask(&self.plan, of, (words, now), (envelope.into(), key)) {
            Ok(waiting) => {
                let entry = enter(waiting.record())?;
                let gone = waiting.recorded(Recorded::at(entry));
                let readers = gone.recipients.iter();
                Ok(Outcome::LetGo {
                    entry: gone.entry,
                    readers: readers.map(|one| one.name.to_string()).collect(),
                })
            }
            Err(Denied::Wrong(error)) => Err(NotDecided::Wrong(error.to_string()).into()),
            Err(Denied::Refused(refusal)) => {
                enter(&refusal.record)?;
                Err(NotDecided::Refused(refusal.to_string()).into())
            }
        }
    }

    /// What a decided post comes to: the objects that are to be added, or, where nothing goes, the same with every one of them refused. `None` where it waits again: its collection, or who
    /// reads it, is not what the entry says. What was kept goes nowhere, whatever became of its collection, and waits no more.
    ///
    /// # Errors
    /// [`NotDecided`].
    pub(super) fn settled(&self, post: &Post, now: Seconds) -> Result<Option<Objects>, NotDecided> {
        match post.decision.as_ref().map(|decision| &decision.outcome) {
            None => Ok(None),
            Some(Outcome::Kept { .. }) => {
                let body = self.inbox.body(post)?.ok_or(NotDecided::Missing)?;
                let objects = judged(&self.plan, &post.batch.collection, &post.machine, &body);
                let mut objects =
                    objects.map_err(|fail| NotDecided::Wrong(fail.error.to_string()))?;
                objects.refuse(|_| Some("the office did not let it go".to_owned()));
                Ok(Some(objects))
            }
            Some(Outcome::LetGo { readers, .. }) => {
                let (objects, of) = match self.objects(post) {
                    Ok(found) => found,
                    Err(NotDecided::Wrong(_)) => return Ok(None),
                    Err(e) => return Err(e),
                };
                let named = |name: &str| name == post.machine || readers.contains(name);
                let same = digest(&objects.envelope()) == post.batch.sha256;
                Ok((same && of.reading(now).all(named)).then_some(objects))
            }
        }
    }
}

impl NotDecided {
    /// Its words with their causes.
    pub fn told(&self) -> String {
        told(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::tests::GOOD;
    use super::super::inbox::Batch;
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn what_was_kept_is_settled_though_its_collection_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let of = |text: &str| Desk {
            inbox: Inbox::at(folder.path()),
            plan: Arc::new(config::read(text).unwrap()),
        };
        let open = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
        let id = "017f22e2-79b0-7cc3-98c4-000000000001";
        let body = r#"{"objects":[{"type":"malware","spec_version":"2.1","id":"malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","is_family":false,"name":"x"}]}"#;
        let batch = Batch {
            root: "notices".to_owned(),
            collection: open.to_owned(),
            requested_micros: 5,
            objects: 1,
            refused: 0,
            kinds: BTreeMap::new(),
            bytes: body.len() as u64,
            sha256: "00".to_owned(),
        };
        let desk = of(GOOD);
        let what = (body.as_bytes(), "waits");
        desk.inbox
            .put(("m-2", id), &batch, what, Seconds(1))
            .unwrap();
        let word = Word::Keep { reason: "no" };
        let enter = |_: &Record| -> Result<u64, NotDecided> { Ok(9) };
        let with = (Seconds(2), &PseudonymKey::new([1; 32]));
        let by: Name = "o3".parse().unwrap();
        let post = desk.decide(("m-2", id), (&by, word), with, enter).unwrap();
        let other = GOOD.replace(open, "91a7b528-80eb-42ed-a74d-c6fbd5a26117");
        let settled = of(&other).settled(&post, Seconds(3)).unwrap();
        let settled = settled.expect("it waits for nobody again");
        assert_eq!(settled.left(), 0);
        assert_eq!(settled.status(id, 5).failures.len(), 1);
    }
}
