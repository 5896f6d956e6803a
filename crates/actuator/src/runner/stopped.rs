//! The owner's stop, and the hold, beside the journal. In: a word. Out: whether everything is stopped. Never: a stop that a full disk forgets: the file has its length from the beginning, and one word is put in the place of another.

use crate::files;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

const RUNS: &[u8] = b"runs   \n";
const STOPPED: &[u8] = b"stopped\n";

/// The flag.
pub struct StopFlag {
    path: PathBuf,
    is_stopped: bool,
}

impl StopFlag {
    /// Opens the flag; where there is none, nothing is stopped. A word that is neither counts as a stop.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let is_stopped = match files::read(&path, 64)? {
            None => {
                files::write(&path, RUNS)?;
                false
            }
            Some(text) => text != RUNS,
        };
        Ok(Self { path, is_stopped })
    }

    /// Whether everything is stopped.
    pub const fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Sets the flag, durable when this returns.
    ///
    /// # Errors
    /// The system's; in memory it is set all the same.
    pub fn set(&mut self, is_stopped: bool) -> io::Result<()> {
        self.is_stopped = is_stopped;
        let file = OpenOptions::new().write(true).open(&self.path)?;
        file.write_all_at(if is_stopped { STOPPED } else { RUNS }, 0)?;
        file.sync_data()
    }
}
