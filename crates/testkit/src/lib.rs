//! What the tests of the other rooms share: where the test data are, and what happens where they are not.
//!
//! In: the environment. Out: paths. Never: the data themselves; they are hostile input and stay where they are.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of the test data: `SAKIMORI_TESTDATA`, or `../shared/data` beside the workspace.
pub fn data_root() -> PathBuf {
    let beside = || {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        own.ancestors().nth(3).unwrap_or(own).join("shared/data")
    };
    std::env::var_os("SAKIMORI_TESTDATA").map_or_else(beside, PathBuf::from)
}

/// A file or folder of the test data, or `None` with a line that says which test is skipped and why.
///
/// # Panics
/// With `CI=true`, where a missing folder is a failure.
pub fn data(test: &str, path: &str) -> Option<PathBuf> {
    let wanted = data_root().join(path);
    if wanted.exists() {
        return Some(wanted);
    }
    skip(
        test,
        &format!("test data `{path}` are missing; set SAKIMORI_TESTDATA"),
    );
    None
}

/// A program of the system, or `None` with a line that says which test is skipped.
///
/// # Panics
/// With `CI=true`, where a missing program is a failure.
pub fn program(test: &str, name: &str) -> Option<PathBuf> {
    let found = in_path(name);
    if found.is_none() {
        skip(test, &format!("the program `{name}` is missing"));
    }
    found
}

/// Says that a test is skipped and why, in one line that the runner of the tests does not swallow.
///
/// # Panics
/// With `CI=true`, where nothing may be skipped.
pub fn skip(test: &str, why: &str) {
    let ci = std::env::var("CI").as_deref() == Ok("true");
    assert!(!ci, "{test}: {why}");
    // A print macro would be captured with the output of the test, which passes. A closed stream is no reason to fail.
    writeln!(std::io::stderr(), "SKIPPED {test}: {why}").ok();
}

/// Where a program is found on the search path.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Every file below `root`, in the order of its path.
pub fn files_below(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

pub mod capture;
pub mod folder;
pub mod history;
pub mod postgres;
pub mod provider;
