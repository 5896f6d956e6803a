//! Which collections hold what no gate let go: what a machine wrote for itself alone, what a partner gave. In: a collection, whose words are in it. Out: a note of that, kept in a file; a plan that
//! gives such a collection to somebody else, refused. Never: a reader who gets by an edited file what the gate did not let go.
//!
//! `taxii/ungated/COLLECTION.json` is the list of names.

use super::config::ConfigError;
use super::plan::Plan;
use sakimori_control::{ControlError, files};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The notes of a folder.
pub(super) struct Ungated {
    folder: PathBuf,
    /// What is noted already: collection and name.
    known: Mutex<BTreeSet<(String, String)>>,
}

impl Ungated {
    /// Those of an office's folder.
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.join("taxii/ungated"),
            known: Mutex::default(),
        }
    }

    fn file(&self, collection: &str) -> PathBuf {
        self.folder.join(format!("{collection}.json"))
    }

    fn of(&self, collection: &str) -> Result<BTreeSet<String>, ControlError> {
        let path = self.file(collection);
        let Some(bytes) = files::read(&path)? else {
            return Ok(BTreeSet::new());
        };
        serde_json::from_slice(&bytes).map_err(|e| ControlError::Document {
            what: path.display().to_string(),
            problem: e.to_string(),
        })
    }

    /// Notes that somebody's objects are about to be in a collection without a gate.
    ///
    /// # Errors
    /// The disk's: they must not be put there.
    pub(super) fn note(&self, collection: &str, by: &str) -> Result<(), ControlError> {
        let one = (collection.to_owned(), by.to_owned());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&one) {
            return Ok(());
        }
        let mut all = self.of(collection)?;
        if all.insert(by.to_owned()) {
            let bytes = serde_json::to_vec(&all).unwrap_or_default();
            files::write(&self.file(collection), &bytes, files::PRIVATE)?;
        }
        known.insert(one);
        Ok(())
    }

    /// Holds a plan to the notes: what somebody wrote ungated, nobody else reads.
    ///
    /// # Errors
    /// The place in the file and the rule, as another error of it; the disk's.
    pub(super) fn hold(&self, plan: &Plan) -> Result<Result<(), ConfigError>, ControlError> {
        for (at, root) in plan.roots.iter().enumerate() {
            for (of, collection) in root.collections.iter().enumerate() {
                let notes = self.of(&collection.id)?;
                let foreign = |reader: &&String| notes.iter().any(|by| by != *reader);
                let Some(reader) = collection.readers.keys().find(foreign) else {
                    continue;
                };
                let by: Vec<&str> = notes.iter().map(String::as_str).collect();
                return Ok(Err(ConfigError {
                    place: format!("roots[{at}].collections[{of}].read"),
                    problem: format!(
                        "it holds what {} brought and no release gate let go, and `{reader}` would read it: give that reader a new collection",
                        by.join(", ")
                    ),
                }));
            }
        }
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxii::config::{read, tests::GOOD};

    #[test]
    fn what_somebody_wrote_without_a_gate_is_given_to_nobody_else_by_an_edited_file() {
        let folder = tempfile::tempdir().unwrap();
        let plan = read(GOOD).unwrap();
        let hold = |ungated: &Ungated| ungated.hold(&plan).unwrap().map_err(|e| e.place);
        let ungated = Ungated::at(folder.path());
        assert_eq!(hold(&ungated), Ok(()));
        // The second collection is read by `m-2` alone.
        let second = "52892447-4d7e-4f70-b94d-d7f22742ff63";
        ungated.note(second, "m-2").unwrap();
        ungated.note(second, "m-2").unwrap();
        assert_eq!(hold(&ungated), Ok(()), "its writer reads it");
        ungated.note(second, "m-1").unwrap();
        for ungated in [ungated, Ungated::at(folder.path())] {
            assert_eq!(
                hold(&ungated),
                Err("roots[0].collections[1].read".to_owned())
            );
        }
    }
}
