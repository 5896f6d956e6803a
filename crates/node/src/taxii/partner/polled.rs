//! What was polled, and how the last run of each source went. In: runs. Out: collections with their sources, in files below `taxii/polled`. Never: an object; those are in the store.

use super::super::config::is_uuid;
use sakimori_control::{ControlError, files};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Refusals of a run that are kept, each with its reason.
pub const REFUSED_MAX: usize = 20;
/// Sources of one collection.
const SOURCES_MAX: usize = 64;

/// A collection here that partners' collections are polled into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polled {
    /// Its id.
    pub into: String,
    /// Where its objects come from.
    pub sources: Vec<Source>,
}

/// A partner's collection and how its last run went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The partner's name among this node's peers.
    pub partner: String,
    /// Path of its collection.
    pub path: String,
    /// When the last run ended, in seconds since 1970.
    pub at: u64,
    /// Who had it done.
    pub by: String,
    /// Objects that came in it, some of them again.
    pub objects: u64,
    /// Objects of it that are here, those that were here before too.
    pub kept: u64,
    /// The first of those that were refused, each with its reason.
    pub refused: Vec<String>,
    /// Why it ended before its end, where it did.
    pub failed: Option<String>,
    /// When a run last came to its end, in seconds since 1970.
    pub good: Option<u64>,
}

/// The notes of a folder.
#[derive(Clone, Debug)]
pub struct Register {
    folder: PathBuf,
}

impl Register {
    /// That of an office's folder.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.join("taxii/polled"),
        }
    }

    fn file(&self, into: &str) -> PathBuf {
        self.folder.join(format!("{into}.json"))
    }

    /// What was polled into a collection; `None` where nothing ever was.
    ///
    /// # Errors
    /// The disk's.
    pub fn one(&self, into: &str) -> Result<Option<Polled>, ControlError> {
        if !is_uuid(into) {
            return Ok(None);
        }
        let path = self.file(into);
        let bytes = files::read(&path)?;
        let read = bytes
            .map(|bytes| serde_json::from_slice(&bytes))
            .transpose();
        read.map_err(|e| ControlError::Document {
            what: path.display().to_string(),
            problem: e.to_string(),
        })
    }

    /// All collections that something was polled into, by id.
    ///
    /// # Errors
    /// The disk's.
    pub fn all(&self) -> Result<Vec<Polled>, ControlError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(ControlError::file("read", &self.folder)(e)),
        };
        let mut all = Vec::new();
        for entry in entries {
            let entry = entry.map_err(ControlError::file("read", &self.folder))?;
            let name = entry.file_name();
            if let Some(id) = name.to_str().and_then(|name| name.strip_suffix(".json")) {
                all.extend(self.one(id)?);
            }
        }
        all.sort_by(|one, other| one.into.cmp(&other.into));
        Ok(all)
    }

    /// Notes how a run of a source went.
    ///
    /// # Errors
    /// The disk's.
    pub fn note(&self, into: &str, mut source: Source) -> Result<(), ControlError> {
        let mut polled = self.one(into)?.unwrap_or_else(|| Polled {
            into: into.to_owned(),
            sources: Vec::new(),
        });
        source.refused.truncate(REFUSED_MAX);
        let same =
            |known: &&mut Source| known.partner == source.partner && known.path == source.path;
        let full = polled.sources.len() >= SOURCES_MAX;
        if let Some(known) = polled.sources.iter_mut().find(same) {
            source.good = source.good.or(known.good);
            *known = source;
        } else if full {
            let what = format!("{into} has {SOURCES_MAX} sources already, which is the bound");
            return Err(ControlError::Usage(what));
        } else {
            polled.sources.push(source);
        }
        let bytes = serde_json::to_vec(&polled).unwrap_or_default();
        files::write(&self.file(into), &bytes, files::PRIVATE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_run_of_each_source_is_kept_and_when_one_last_was_good() {
        let folder = tempfile::tempdir().unwrap();
        let register = Register::at(folder.path());
        let into = "0cee4c1e-33ba-4a4e-9d22-3f1bca3a2d00";
        assert_eq!(register.all().unwrap(), []);
        let run = |partner: &str, at: u64, failed: Option<&str>| Source {
            partner: partner.to_owned(),
            path: "/c/".to_owned(),
            at,
            by: "o1".to_owned(),
            objects: 3,
            kept: 2,
            refused: vec!["x".to_owned(); 30],
            failed: failed.map(str::to_owned),
            good: failed.is_none().then_some(at),
        };
        register.note(into, run("a", 5, None)).unwrap();
        register.note(into, run("b", 6, Some("busy"))).unwrap();
        register.note(into, run("a", 7, Some("busy"))).unwrap();
        let [polled] = register.all().unwrap().try_into().unwrap();
        let told: Vec<_> = polled
            .sources
            .iter()
            .map(|one| (one.partner.as_str(), one.at, one.good, one.refused.len()))
            .collect();
        assert_eq!(
            told,
            [("a", 7, Some(5), REFUSED_MAX), ("b", 6, None, REFUSED_MAX)]
        );
        assert_eq!(register.one("../x").unwrap(), None);
    }
}
