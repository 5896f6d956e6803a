//! What this substrate holds for whom, on disk: BGP has no place for it. In: keys with their ends. Out: the same after a fall. Never: a route; each is made of its key anew, through the guard.

use super::clock::Reading;
use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Deed, Key};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Longest file that is read; 10,000 keys have about 3 MB.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// The form of the file.
const VERSION: u32 = 1;

/// When a key ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// As it was asked for.
    pub(super) until: Seconds,
    /// By the clock that only counts.
    pub(super) counted_ms: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    /// Which start of the machine the counted milliseconds are of.
    boot: String,
    held: Vec<KeptKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptKey {
    measure: String,
    deed: String,
    target: String,
    until: u64,
    counted_ms: u64,
}

/// Who else may read a file that this writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// The actuator alone.
    Own,
    /// Who could read the file that it takes the place of, for a daemon under another user; everybody where there was no file: what is in it is announced anyway.
    AsBefore,
}

/// Writes a file so that at each moment the old or the new one is there, on disk when this returns. It is made anew, so that no link leads elsewhere, and has the mode 0600 until its readers are known.
pub(super) fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    let mut beside = path.to_path_buf().into_os_string();
    beside.push(".new");
    let beside = Path::new(&beside);
    match std::fs::remove_file(beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(beside)?;
    if readers == Readers::AsBefore {
        let before = std::fs::symlink_metadata(path);
        let mode = match before.ok().filter(std::fs::Metadata::is_file) {
            Some(before) => {
                // Reading alone is handed on, with the group that has it.
                let group = rustix::fs::Gid::from_raw(before.gid());
                rustix::fs::fchown(&file, None, Some(group))?;
                0o600 | (before.mode() & 0o044)
            }
            None => 0o644,
        };
        // Whatever the mask of the process is.
        file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(beside, path)?;
    File::open(folder)?.sync_all()
}

/// Which start of the machine this is.
fn boot() -> String {
    let read = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    read.unwrap_or_default().trim().to_owned()
}

/// Puts what is held on disk.
pub(super) fn save(path: &Path, held: &BTreeMap<Key, End>) -> io::Result<()> {
    let keys = held.iter().map(|(key, end)| KeptKey {
        measure: hex(&key.measure),
        deed: key.deed.name().to_owned(),
        target: key.target.clone(),
        until: end.until.0,
        counted_ms: end.counted_ms,
    });
    let kept = Kept {
        version: VERSION,
        boot: boot(),
        held: keys.collect(),
    };
    replace(path, &serde_json::to_vec(&kept)?, Readers::Own)
}

/// Reads what was held; nothing where there is no file. An end is by the count of this start of the machine; after another start by the wall clock.
pub(super) fn load(path: &Path, now: Reading) -> io::Result<BTreeMap<Key, End>> {
    let mut options = OpenOptions::new();
    // Neither a link nor a pipe is followed or waited for.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = match options.read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(ErrorKind::FileTooLarge.into());
    }
    let kept: Kept = serde_json::from_slice(&bytes)?;
    if kept.version != VERSION {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            format!("version {} is not read", kept.version),
        ));
    }
    let same = kept.boot == boot();
    let read = kept.held.into_iter().map(|one| {
        let measure = unhex(&one.measure)?;
        let deed = *Deed::ALL.iter().find(|deed| deed.name() == one.deed)?;
        let counted_ms = if same {
            one.counted_ms
        } else {
            let left = one.until.saturating_sub(now.wall.0);
            now.counted_ms.saturating_add(left.saturating_mul(1000))
        };
        let key = Key {
            measure,
            deed,
            target: one.target,
        };
        let until = Seconds(one.until);
        Some((key, End { until, counted_ms }))
    });
    let read: Option<BTreeMap<Key, End>> = read.collect();
    read.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "a key in it is none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Reading = Reading {
        wall: Seconds(1_000),
        counted_ms: 50_000,
    };

    fn held() -> BTreeMap<Key, End> {
        let key = Key {
            measure: [7; 32],
            deed: Deed::BlackHole,
            target: "198.51.100.7/32".to_owned(),
        };
        let end = End {
            until: Seconds(1_100),
            counted_ms: 123_456,
        };
        [(key, end)].into()
    }

    #[test]
    fn what_was_held_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("held");
        assert_eq!(load(&path, NOW).unwrap(), BTreeMap::new());
        save(&path, &held()).unwrap();
        assert_eq!(load(&path, NOW).unwrap(), held());
        // After another start of the machine the count is of nothing; the wall clock is asked.
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace(&boot(), "another")).unwrap();
        let read = load(&path, NOW).unwrap();
        let ends: Vec<u64> = read.values().map(|end| end.counted_ms).collect();
        assert_eq!(ends, [150_000]);
    }

    #[test]
    fn what_is_held_is_read_by_its_owner_alone_and_through_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("held");
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
        save(&path, &held()).unwrap();
        assert_eq!(mode(&path), 0o600);
        // What somebody put beside it is not written to, and a link in its place is replaced.
        let other = folder.path().join("other");
        std::fs::write(&other, "theirs").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join("held.new")).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(load(&path, NOW).is_err());
        save(&path, &held()).unwrap();
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "theirs");
        assert_eq!(load(&path, NOW).unwrap(), held());
        // A file that a daemon reads keeps who reads it, and nobody gets more.
        let include = folder.path().join("include");
        std::fs::write(&include, "none").unwrap();
        std::fs::set_permissions(&include, std::fs::Permissions::from_mode(0o600)).unwrap();
        replace(&include, b"one", Readers::AsBefore).unwrap();
        assert_eq!(mode(&include), 0o600);
        std::fs::set_permissions(&include, std::fs::Permissions::from_mode(0o646)).unwrap();
        replace(&include, b"two", Readers::AsBefore).unwrap();
        assert_eq!(mode(&include), 0o644);
        // One that is made anew is read by a daemon under another user, also where a link stood in its place.
        for link in [false, true] {
            std::fs::remove_file(&include).unwrap();
            if link {
                std::os::unix::fs::symlink(&other, &include).unwrap();
            }
            replace(&include, b"three", Readers::AsBefore).unwrap();
            let made = std::fs::symlink_metadata(&include).unwrap();
            assert!(made.is_file());
            assert_eq!(made.mode() & 0o777, 0o644);
        }
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "theirs");
    }

    #[test]
    fn a_file_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("held");
        save(&path, &held()).unwrap();
        let good = std::fs::read_to_string(&path).unwrap();
        let seven = "07".repeat(32);
        for bad in [
            String::new(),
            "[]".to_owned(),
            good.replace("\"version\":1", "\"version\":2"),
            good.replace("\"boot\"", "\"more\":1,\"boot\""),
            good.replace("black-hole", "scan"),
            good.replace(&seven, "07"),
        ] {
            std::fs::write(&path, &bad).unwrap();
            assert!(load(&path, NOW).is_err(), "{bad}");
        }
    }
}
