//! Files by which actuator and guard know of each other. In: a folder of the actuator's own. Out: the sign of life, whether one of us switched the zone off. Never: a file that others can read or write, or one that a link in the
//! folder leads to.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Longest sign that is read, in bytes.
const SIGN_BYTES_MAX: u64 = 256;

/// The files.
pub(super) struct Marks {
    pub(super) sign: PathBuf,
    pub(super) off: PathBuf,
}

impl Marks {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            sign: folder.join("sign"),
            off: folder.join("off"),
        }
    }

    /// The last sign of life; nothing where a link stands in its place.
    pub(super) fn sign(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut options = OpenOptions::new();
        let options = options.read(true).custom_flags(libc::O_NOFOLLOW);
        if let Ok(file) = options.open(&self.sign) {
            file.take(SIGN_BYTES_MAX).read_to_end(&mut bytes).ok();
        }
        bytes
    }

    /// Whether one of us switched the zone off. A link that somebody put there counts too: switching on is tried then, and does no harm.
    pub(super) fn is_off(&self) -> bool {
        self.off.symlink_metadata().is_ok()
    }
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
