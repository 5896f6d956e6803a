//! The office's warning lists. In: `warninglists/*.json` below the role's folder. Out: the lists, ready. Never: a node that starts with half of them.

use crate::part::Role;
use sakimori_control::error::told;
use sakimori_control::{ControlError, files};
use sakimori_liaison::warned::{FOLDER, Warned};
use std::path::{Path, PathBuf};

/// Reads the lists; a node without the folder has none, and so has one that is not the office's.
///
/// # Errors
/// [`ControlError`]: a file cannot be read, or is no list.
pub(crate) fn read(role: Role, folder: &Path) -> Result<Warned, ControlError> {
    let folder = folder.join(FOLDER);
    if role != Role::Office || !folder.is_dir() {
        return Ok(Warned::default());
    }
    let failed = ControlError::file("read", &folder);
    let entries = std::fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let paths = entries.map_err(failed)?.into_iter().map(|one| one.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        all.push((path.display().to_string(), files::read_present(&path)?));
    }
    Warned::of_files(all).map_err(|e| ControlError::Usage(told(&e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_office_reads_its_lists_at_its_start_and_a_wrong_one_stops_it() {
        let folder = tempfile::tempdir().unwrap();
        let lists = folder.path().join(FOLDER);
        let named = |role| {
            let words = ["8.8.8.8".to_owned()];
            read(role, folder.path()).map(|warned| warned.said(&words).len())
        };
        assert_eq!(named(Role::Office).unwrap(), 0);
        std::fs::create_dir(&lists).unwrap();
        let list = r#"{"name":"n","type":"cidr","list":["8.8.8.0/24"]}"#;
        std::fs::write(lists.join("a.json"), list).unwrap();
        std::fs::write(lists.join("README"), "no list").unwrap();
        assert_eq!(named(Role::Office).unwrap(), 1);
        assert_eq!(named(Role::Operator).unwrap(), 0);
        std::fs::write(lists.join("b.json"), "{}").unwrap();
        let error = told(&named(Role::Office).unwrap_err());
        assert!(error.contains("b.json"), "{error}");
    }
}
