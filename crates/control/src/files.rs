//! Files that are whole or absent. In: bytes, a path. Out: the same, durable. Never: a half-written file under its own name; a read without a bound.

use crate::error::ControlError;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Longest document that is read: a pack note with its signatures.
pub const DOCUMENT_BYTES_MAX: u64 = 66 << 20;

/// End of the name of a file that is being written.
pub const UNFINISHED: &str = "new";

/// Mode of files that hold secrets.
pub const PRIVATE: u32 = 0o600;
/// Mode of files that everybody may read.
pub const PUBLIC: u32 = 0o644;

/// Mode of folders that hold secrets: their names say who is looked at, whatever the files' own modes.
const PRIVATE_FOLDER: u32 = 0o700;

/// Makes a folder that only its owner enters, where there is none, with those above it.
///
/// # Errors
/// [`ControlError::File`].
pub fn create_private_folder(path: &Path) -> Result<(), ControlError> {
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(PRIVATE_FOLDER).create(path);
    made.map_err(ControlError::file("create", path))
}

/// Writes a file beside its place, syncs it and moves it there. Where its folder is not there it is made, for its owner alone where the file is.
///
/// # Errors
/// [`ControlError::File`]: the old file, if any, is still there.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), ControlError> {
    let failed = |act| ControlError::file(act, path);
    // The folder of a bare name is the empty path, which cannot be opened.
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or_else(|| Path::new("."));
    if mode == PRIVATE {
        create_private_folder(folder)?;
    } else {
        fs::create_dir_all(folder).map_err(failed("create the folder of"))?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{UNFINISHED}"));
    let fresh = path.with_file_name(name);
    let written = || -> io::Result<()> {
        // What was left there could be a link, or have another mode or owner: it is removed and never written to.
        match fs::remove_file(&fresh) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let options = options.create_new(true).write(true).mode(mode);
        let mut file = options.open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(folder)?.sync_all()
    };
    written().map_err(failed("write"))
}

/// Reads a file of at most [`DOCUMENT_BYTES_MAX`]; `None` where there is none.
///
/// # Errors
/// [`ControlError::File`]: it is there and cannot be read, or is too long.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, ControlError> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        // Looked at before it is opened: a pipe that nobody writes to would be waited for without end.
        let found = fs::metadata(path)?;
        if found.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !found.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is no regular file",
            ));
        }
        let file = File::open(path)?;
        file.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > DOCUMENT_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(ControlError::file("read", path)(e)),
    }
}

/// As [`read`], for a file that has to be there.
///
/// # Errors
/// [`ControlError::File`].
pub fn read_present(path: &Path) -> Result<Vec<u8>, ControlError> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, "there is no such file");
    read(path)?.ok_or_else(|| ControlError::file("read", path)(missing()))
}

/// Removes a file, where there is one.
///
/// # Errors
/// [`ControlError::File`].
pub fn remove(path: &Path) -> Result<(), ControlError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(ControlError::file("remove", path)(e)),
        _ => Ok(()),
    }
}

/// SHA-256 of a file.
///
/// # Errors
/// [`ControlError::File`].
pub fn hash(path: &Path) -> Result<[u8; 32], ControlError> {
    let failed = || ControlError::file("read", path);
    let mut file = File::open(path).map_err(failed())?;
    let mut hash = Sha256::new();
    let mut part = vec![0; 1 << 20];
    loop {
        match file.read(&mut part).map_err(failed())? {
            0 => return Ok(hash.finalize().into()),
            count => hash.update(part.get(..count).unwrap_or_default()),
        }
    }
}

/// Takes a lock, which ends with the process or the returned file. The file is private: who may open it could hold it.
///
/// # Errors
/// [`ControlError::Usage`] with the words of `taken` where another process has it; [`ControlError::File`].
pub fn lock(path: &Path, taken: impl FnOnce() -> String) -> Result<File, ControlError> {
    let mut options = File::options();
    let options = options.create(true).append(true).mode(PRIVATE);
    let file = options
        .open(path)
        .map_err(ControlError::file("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ControlError::Usage(taken())),
        Err(TryLockError::Error(e)) => Err(ControlError::file("lock", path)(e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_whole_or_was_there_before_and_has_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/keys/a.key");
        assert_eq!(read(&path).unwrap(), None);
        write(&path, b"first", PRIVATE).unwrap();
        write(&path, b"second", PRIVATE).unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), b"second");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
        let of_folder = fs::metadata(path.parent().unwrap()).unwrap();
        assert_eq!(of_folder.permissions().mode() & 0o777, PRIVATE_FOLDER);
        let listed = fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(listed.count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_was_left_beside_a_file_is_removed_and_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode() & 0o777;
        fs::write(at("other"), b"of somebody else").unwrap();
        std::os::unix::fs::symlink(at("other"), at("linked.new")).unwrap();
        fs::write(at("open.new"), b"a longer text of a run that fell").unwrap();
        fs::set_permissions(at("open.new"), fs::Permissions::from_mode(0o666)).unwrap();
        for name in ["linked", "open"] {
            write(&at(name), b"secret", PRIVATE).unwrap();
            assert!(fs::symlink_metadata(at(name)).unwrap().is_file(), "{name}");
            assert_eq!(fs::read(at(name)).unwrap(), b"secret", "{name}");
            assert_eq!(mode(name), PRIVATE, "{name}");
        }
        assert_eq!(fs::read(at("other")).unwrap(), b"of somebody else");
    }

    #[test]
    fn a_lock_is_of_no_other_user() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let _held = lock(&path, String::new).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
    }

    #[test]
    fn a_lock_has_one_holder_until_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let taken = || "it is taken".to_owned();
        let first = lock(&path, taken).unwrap();
        assert_eq!(lock(&path, taken).unwrap_err().to_string(), "it is taken");
        drop(first);
        lock(&path, taken).unwrap();
    }

    #[test]
    fn what_cannot_be_read_names_the_file_and_a_missing_one_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let error = crate::error::told(&read(path).unwrap_err());
        assert!(error.contains(&path.display().to_string()), "{error}");
        let endless = read(Path::new("/dev/zero")).unwrap_err();
        assert!(crate::error::told(&endless).contains("/dev/zero"));
        assert!(read_present(&path.join("none")).is_err());
    }
}
