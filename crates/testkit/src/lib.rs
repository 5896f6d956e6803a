//! What the tests of the other rooms share: where the test data are, and what happens where they are not.
//!
//! In: the environment. Out: paths. Never: the data themselves; they are hostile input and stay where they are.

use std::path::{Path, PathBuf};

/// The folder of the test data: `SAKIMORI_TESTDATA`, or `../shared/data` beside the workspace.
pub fn data_root() -> PathBuf {
    std::env::var_os("SAKIMORI_TESTDATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    )
}

/// A file or folder of the test data, or `None` with a line that says which test is skipped and why.
///
/// # Panics
/// With `CI=true`, where a missing folder is a failure.
#[expect(clippy::print_stderr, reason = "it speaks to the runner of the tests")]
pub fn data(test: &str, path: &str) -> Option<PathBuf> {
    let wanted = data_root().join(path);
    if wanted.exists() {
        return Some(wanted);
    }
    let ci = std::env::var("CI").as_deref() == Ok("true");
    assert!(
        !ci,
        "{test}: test data `{path}` are missing; set SAKIMORI_TESTDATA"
    );
    eprintln!("SKIPPED {test}: test data `{path}` are missing; set SAKIMORI_TESTDATA");
    None
}

/// Whether a program of the system is there, or a line that says which test is skipped.
///
/// # Panics
/// With `CI=true`, where a missing program is a failure.
#[expect(clippy::print_stderr, reason = "it speaks to the runner of the tests")]
pub fn program(test: &str, name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path)
            .map(|dir| dir.join(name))
            .find(|p| p.is_file())
    });
    if found.is_some() {
        return found;
    }
    let ci = std::env::var("CI").as_deref() == Ok("true");
    assert!(!ci, "{test}: the program `{name}` is missing");
    eprintln!("SKIPPED {test}: the program `{name}` is missing");
    None
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
