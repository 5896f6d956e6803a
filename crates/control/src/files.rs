//! Files that are whole or absent. In: bytes, a path. Out: the same, durable. Never: a half-written file under its own name; a read without a bound.

use crate::error::ControlError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Longest document that is read: a pack note with its signatures.
pub const DOCUMENT_BYTES_MAX: u64 = 66 << 20;

/// Mode of files that hold secrets.
pub const PRIVATE: u32 = 0o600;
/// Mode of files that everybody may read.
pub const PUBLIC: u32 = 0o644;

/// Writes a file beside its place, syncs it and moves it there.
///
/// # Errors
/// [`ControlError::File`]: the old file, if any, is still there.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), ControlError> {
    let failed = |act| ControlError::file(act, path);
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder).map_err(failed("create the folder of"))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    let written = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .truncate(true)
            .write(true)
            .mode(mode)
            .open(&fresh)?;
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
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
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
    read(path)?.ok_or_else(|| ControlError::file("read", path)(io::ErrorKind::NotFound.into()))
}
