//! Files that survive a crash whole or not at all. In: bytes and a path. Out: a file whose name appears only when its bytes are on disk.
//! Never: a file that others may read (mode 0600), an unbounded read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::LakeError;

/// Creates a file that must not be there, for its owner alone.
pub(crate) fn create_new(path: &Path) -> Result<File, LakeError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    options.open(path).map_err(LakeError::io("create", path))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), LakeError> {
    let sync = || File::open(folder)?.sync_all();
    sync().map_err(LakeError::io("sync", folder))
}

/// Makes a folder and those above it that are missing, each durable in the one above.
pub(crate) fn create_folder(folder: &Path) -> Result<(), LakeError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|path| *path != Path::new(""));
    parent.map_or(Ok(()), create_folder)?;
    match std::fs::create_dir(folder) {
        // Another process may have been first.
        Err(e) if !folder.is_dir() => return Err(LakeError::io("create", folder)(e)),
        _ => {}
    }
    sync_folder(parent.unwrap_or(Path::new(".")))
}

/// Replaces a file in one step.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    let staged = beside(path);
    remove(&staged)?;
    let mut file = create_new(&staged)?;
    let write = |file: &mut File| file.write_all(bytes).and_then(|()| file.sync_all());
    write(&mut file).map_err(LakeError::io("write", &staged))?;
    std::fs::rename(&staged, path).map_err(LakeError::io("rename", &staged))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// The name under which a file is written before it gets its own.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".new-");
    name.push(path.file_name().unwrap_or_default());
    path.with_file_name(name)
}

/// Removes a file; that it is not there is fine. Returns whether it was.
pub(crate) fn remove(path: &Path) -> Result<bool, LakeError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(LakeError::io("remove", path)(e)),
    }
}

/// Reads a whole small file; one that is longer than `bytes_max` is damaged.
pub(crate) fn read_bounded(path: &Path, bytes_max: usize) -> Result<Vec<u8>, LakeError> {
    let file = File::open(path).map_err(LakeError::io("open", path))?;
    let mut bytes = Vec::new();
    file.take(bytes_max as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(LakeError::io("read", path))?;
    if bytes.len() > bytes_max {
        return Err(LakeError::damaged(
            path,
            format!("it is longer than {bytes_max} bytes"),
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_with_those_above_it_and_not_through_a_file() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b/c");
        create_folder(&deep).unwrap();
        create_folder(&deep).unwrap();
        assert!(deep.is_dir());
        std::fs::write(root.path().join("file"), "").unwrap();
        for through in ["file", "file/d"] {
            let made = create_folder(&root.path().join(through));
            assert!(matches!(made, Err(LakeError::Io { .. })), "{through}");
        }
    }
}
