//! Files by which actuator and guard know of each other. In: a folder of the actuator's own. Out: who lives, whether one of us switched the zone off. Never: a file that others can read or write, or one that a link in the
//! folder leads to.
//!
//! Whether a process is there the kernel says, by a lock that ends with it: an actuator shares that of `sign`, a guard has that of `guard` alone. That it still does its work it says itself, in the same files.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest sign that is read, in bytes.
const SIGN_BYTES_MAX: u64 = 256;

/// The files.
pub(super) struct Marks {
    pub(super) sign: PathBuf,
    pub(super) off: PathBuf,
    guard: PathBuf,
}

/// What is known of a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    /// There is none.
    Nobody,
    /// One is there that has not read this zone for too long.
    Blind,
    /// One reads this zone.
    Awake,
}

impl Marks {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            sign: folder.join("sign"),
            off: folder.join("off"),
            guard: folder.join("guard"),
        }
    }

    /// The last sign of life; nothing where a link stands in its place.
    pub(super) fn sign(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Ok(file) = opened(&self.sign) {
            file.take(SIGN_BYTES_MAX).read_to_end(&mut bytes).ok();
        }
        bytes
    }

    /// The lock of an actuator that has written its sign: for as long as the file is held it lives. Several may share a folder.
    pub(super) fn life(&self) -> std::io::Result<File> {
        let file = opened(&self.sign)?;
        // A guard holds it for no longer than a look takes.
        file.lock_shared()?;
        Ok(file)
    }

    /// Whether an actuator lives. Where nobody can tell, one may.
    pub(super) fn is_anybody_there(&self) -> bool {
        match opened(&self.sign) {
            Ok(file) => file.try_lock().is_err(),
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        }
    }

    /// The file whose lock is a guard's turn.
    pub(super) fn turn(&self) -> std::io::Result<File> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).mode(0o600);
        let options = options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
        options.open(&self.guard)
    }

    /// What is known of the guard of a zone. `since`: what it said before does not count.
    pub(super) fn watch(&self, zone: &str, since: Duration, now: Duration) -> Watch {
        let Ok(file) = opened(&self.guard) else {
            return Watch::Nobody;
        };
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {}
            // It is let go with the file.
            Ok(()) | Err(TryLockError::Error(_)) => return Watch::Nobody,
        }
        let mut text = String::new();
        file.take(SIGN_BYTES_MAX).read_to_string(&mut text).ok();
        let mut words = text.split_whitespace().skip(1);
        let at = words.next().and_then(|word| word.parse().ok());
        let at = at.map(Duration::from_nanos);
        if at.is_some_and(|at| at >= since && at <= now) && words.next() == Some(zone) {
            Watch::Awake
        } else {
            Watch::Blind
        }
    }

    /// Whether one of us switched the zone off. A link that somebody put there counts too: switching on is tried then, and does no harm.
    pub(super) fn is_off(&self) -> bool {
        self.off.symlink_metadata().is_ok()
    }
}

/// What a guard says once it has read a zone: its number first, for whoever wants to end it. Each is as long as the last, so none is ever read in half.
pub(super) fn say(turn: &File, zone: &str, now: Duration) -> std::io::Result<()> {
    let (own, at) = (std::process::id(), now.as_nanos());
    turn.write_all_at(format!("{own:>10} {at:>24} {zone}\n").as_bytes(), 0)
}

/// A mark to be read, and never what a link leads to.
fn opened(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true);
    options
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
}

/// Writes a mark: a file of mode 0600 in its place, never through a link.
pub(super) fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).mode(0o600);
    let options = options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let mut file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no plain file"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    file.set_len(0)?;
    file.write_all(bytes)
}
