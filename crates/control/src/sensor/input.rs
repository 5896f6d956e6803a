//! What a sensor reads. In: paths and `-`. Out: descriptors to be handed to the sealed process. Never: a byte of them read here.

use crate::error::ControlError;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

/// Files and folders below one folder, at most.
const FILES_MAX: usize = 100_000;

/// An input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A capture file, or a folder of them.
    Path(PathBuf),
    /// A file of a folder that was named.
    InFolder(PathBuf),
    /// Standard input, which may have no end.
    Stdin,
}

impl Input {
    /// An input by its name on the command line.
    pub fn named(text: &str) -> Self {
        if text == "-" {
            Self::Stdin
        } else {
            Self::Path(text.into())
        }
    }

    /// How it is called.
    pub fn name(&self) -> String {
        self.path().map_or_else(
            || "standard input".to_owned(),
            |path| path.display().to_string(),
        )
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) | Self::InFolder(path) => Some(path),
            Self::Stdin => None,
        }
    }

    /// Its kind in the start entry.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Path(_) => "file",
            Self::InFolder(_) => "directory",
            Self::Stdin => "stdin",
        }
    }

    /// Whether it may have no end, so that windows follow the clock.
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Stdin)
    }

    /// Its length in bytes, where it has one.
    pub fn length(&self) -> Option<u64> {
        let metadata = self.path()?.metadata().ok()?;
        metadata.is_file().then_some(metadata.len())
    }

    /// The failure of [`Input::open`], with the name.
    pub(super) fn unreadable(&self, error: io::Error) -> ControlError {
        ControlError::file("open", Path::new(&self.name()))(error)
    }

    /// Opens it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(&self) -> io::Result<OwnedFd> {
        match self.path() {
            Some(path) => {
                // A pipe that nobody writes to would be waited for without end, and a device has no end.
                if !path.metadata()?.is_file() {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidInput,
                        "it is no regular file; what has no end is read from standard input",
                    ));
                }
                Ok(File::open(path)?.into())
            }
            None => io::stdin().as_fd().try_clone_to_owned(),
        }
    }
}

/// Folders become their files, those of folders in them too, in the order of their paths; links are not followed.
pub(super) fn expand(inputs: &[Input]) -> Result<Vec<Input>, ControlError> {
    let mut all = Vec::new();
    for input in inputs {
        match input {
            Input::Path(path) if path.is_dir() => {
                let mut files = files_below(path)?;
                files.sort();
                all.extend(files.into_iter().map(Input::InFolder));
            }
            other => all.push(other.clone()),
        }
    }
    Ok(all)
}

fn files_below(root: &Path) -> Result<Vec<PathBuf>, ControlError> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let failed = || ControlError::file("list", &folder);
        for entry in std::fs::read_dir(&folder).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            let kind = entry.file_type().map_err(failed())?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if entry.path().is_file() {
                files.push(entry.path());
            }
        }
        if files.len() + folders.len() > FILES_MAX {
            let root = root.display();
            return Err(ControlError::Usage(format!(
                "{root} has more than {FILES_MAX} files and folders"
            )));
        }
    }
    Ok(files)
}
