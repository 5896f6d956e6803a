//! Sockets below folders with long names. In: a path. Out: a path that fits a socket's address. Never: a socket elsewhere than in the folder that was named.
//!
//! A Unix socket's address holds 108 bytes (unix(7)). Below a longer path the folder is opened, and the socket is named through the descriptor.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// Longest path that is used as it is, in bytes.
const PLAIN_BYTES_MAX: usize = 100;

/// A path that fits, good for as long as this lives.
pub(crate) struct Reached {
    path: PathBuf,
    _folder: Option<File>,
}

impl Reached {
    /// Finds a name for the socket at `path`, whose folder is there.
    ///
    /// # Errors
    /// The folder cannot be opened, or the name alone is too long.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() <= PLAIN_BYTES_MAX {
            return Ok(Self {
                path: path.to_path_buf(),
                _folder: None,
            });
        }
        let (folder, name) = path
            .parent()
            .zip(path.file_name())
            .ok_or(io::ErrorKind::InvalidInput)?;
        let folder = File::open(folder)?;
        let path = Path::new("/proc/self/fd")
            .join(folder.as_raw_fd().to_string())
            .join(name);
        Ok(Self {
            path,
            _folder: Some(folder),
        })
    }

    /// The path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::{UnixListener, UnixStream};

    #[test]
    fn a_socket_below_a_long_path_is_bound_there_and_reached_there() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("x".repeat(200));
        std::fs::create_dir(&folder).unwrap();
        let socket = folder.join("ledger.sock");
        let listener = UnixListener::bind(Reached::at(&socket).unwrap().path()).unwrap();
        assert!(socket.exists());
        UnixStream::connect(Reached::at(&socket).unwrap().path()).unwrap();
        drop(listener);
        assert!(Reached::at(&dir.path().join("none/".repeat(40))).is_err());
    }
}
