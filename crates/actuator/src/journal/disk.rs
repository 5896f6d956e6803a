//! Where a journal lies. In: bytes. Out: the same bytes. Never: a return before they are durable.

use super::JOURNAL_BYTES_MAX;
use crate::files;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// A place for one journal.
pub trait Disk: Send {
    /// All that is there; nothing is an empty journal.
    ///
    /// # Errors
    /// The system's.
    fn read(&mut self) -> io::Result<Vec<u8>>;

    /// Puts bytes at the end, durable when this returns. Where it fails, a part of them can be there.
    ///
    /// # Errors
    /// The system's.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts off what stands behind a length.
    ///
    /// # Errors
    /// The system's.
    fn truncate(&mut self, length: u64) -> io::Result<()>;

    /// Puts other bytes in the place of all, in one step, durable when this returns.
    ///
    /// # Errors
    /// The system's: all is as before.
    fn replace(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A file.
pub struct FileDisk {
    path: PathBuf,
    file: Option<File>,
}

impl FileDisk {
    /// A file at a path.
    pub const fn at(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            let mut options = OpenOptions::new();
            let file = options
                .append(true)
                .create(true)
                .mode(0o600)
                .open(&self.path)?;
            self.file = Some(file);
        }
        self.file
            .as_mut()
            .ok_or_else(|| io::Error::other("the journal is not open"))
    }
}

impl Disk for FileDisk {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(files::read(&self.path, JOURNAL_BYTES_MAX)?.unwrap_or_default())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = self.file()?;
        file.write_all(bytes)?;
        file.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let file = self.file()?;
        file.set_len(length)?;
        file.sync_data()
    }

    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        files::write(&self.path, bytes)?;
        // The open file is the old one.
        self.file = None;
        Ok(())
    }
}
