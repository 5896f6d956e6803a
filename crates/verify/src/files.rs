//! Files of strangers. In: a folder, names below it, bounds. Out: bytes, or what is there instead of a file. Never: a write, a link that is followed, a
//! device or pipe that is opened, more bytes than asked for.

use crate::VerifyError;
use crate::limits::FOLDER_ITEMS_MAX;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A regular file within its bound.
    Bytes(Vec<u8>),
    /// Nothing.
    Nothing,
    /// A regular file that is longer.
    TooLong,
    /// A link, folder, device, pipe or socket.
    NoFile,
}

/// One name in a folder. A folder whose name is no text is told as a file: nobody here can go into it, and no log has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) folder: bool,
}

/// A folder that is read, and how reports call it.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    label: String,
}

impl Folder {
    /// `label` stands before every name in a report.
    pub(crate) fn new(root: impl Into<PathBuf>, label: impl Into<String>) -> Self {
        Self {
            root: root.into(),
            label: label.into(),
        }
    }

    /// How a report calls a file of this folder.
    pub(crate) fn call(&self, name: &str) -> String {
        if self.label.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.label)
        }
    }

    fn fail(&self, name: &str, source: io::Error) -> VerifyError {
        let file = self.root.join(name);
        VerifyError::Io { file, source }
    }

    /// The whole of a file of at most `most` bytes.
    pub(crate) fn read(&self, name: &str, most: usize) -> Result<Found, VerifyError> {
        read(&self.root.join(name), most).map_err(|error| self.fail(name, error))
    }

    /// The names in a folder, sorted; `None` where there is no such folder.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<Item>>, VerifyError> {
        let read = match fs::read_dir(self.root.join(name)) {
            Ok(read) => read,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(self.fail(name, error)),
        };
        let mut items = Vec::new();
        for entry in read {
            let entry = entry.map_err(|error| self.fail(name, error))?;
            let kind = entry.file_type().map_err(|error| self.fail(name, error))?;
            if items.len() == FOLDER_ITEMS_MAX {
                return Err(self.fail(name, io::ErrorKind::FileTooLarge.into()));
            }
            let name = entry.file_name();
            items.push(Item {
                folder: kind.is_dir() && name.to_str().is_some(),
                name: name.to_string_lossy().into_owned(),
            });
        }
        items.sort();
        Ok(Some(items))
    }

    /// Whether something is there that is no folder and leads to none.
    pub(crate) fn is_no_folder(&self) -> bool {
        fs::symlink_metadata(&self.root).is_ok() && !self.root.is_dir()
    }

    /// Whether a regular file is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.root.join(name)).is_ok_and(|meta| meta.is_file())
    }
}

/// `ELOOP` of Linux, for which [`io::ErrorKind`] has no stable name.
const LINK_LOOP: i32 = 40;

/// Whether a path leads to nothing: what lies behind a link that leads to itself is as missing as what is not there.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    let kinds = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    kinds.contains(&error.kind()) || error.raw_os_error() == Some(LINK_LOOP)
}

/// Reads one file whole.
pub(crate) fn read(path: &Path, most: usize) -> io::Result<Found> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if is_absent(&error) => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    if !meta.is_file() {
        return Ok(Found::NoFile);
    }
    let mut bytes = Vec::with_capacity(meta.len().min(most as u64) as usize);
    let mut file = match File::open(path) {
        Ok(file) => file.take(most as u64 + 1),
        // A live log's writer may have put a full tile in the place of this one since.
        Err(error) if is_absent(&error) => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    file.read_to_end(&mut bytes)?;
    if bytes.len() > most {
        Ok(Found::TooLong)
    } else {
        Ok(Found::Bytes(bytes))
    }
}
