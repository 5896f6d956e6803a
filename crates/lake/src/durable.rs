//! Everything that this room asks of a disk: files that survive a crash whole or not at all. In: bytes and a path. Out: a file whose name appears only when its bytes are on disk.
//! Never: a file that others may read (mode 0600), an unbounded read, a call that nobody can fail in a test.

use std::fmt::Debug;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::LakeError;
use crate::limits::NAMES_MAX;

/// What is asked of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Opens or lists what is there.
    Open,
    /// Reads bytes.
    Read,
    /// Makes a file that must not be there.
    Create,
    /// Makes a folder.
    CreateFolder,
    /// Writes bytes; they are not durable.
    Write,
    /// Makes a file shorter; that is not durable.
    Cut,
    /// Makes the bytes of a file durable.
    Sync,
    /// Makes the names in a folder durable.
    SyncFolder,
    /// Gives a file another name, which may be another's until then; not durable.
    Rename,
    /// Gives a file a second name, which must be nobody's; not durable.
    Link,
    /// Takes a name away; not durable.
    Remove,
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// What is asked.
    pub act: Act,
    /// Of which file or folder.
    pub path: &'c Path,
    /// The other name, of a renaming or a link.
    pub to: Option<&'c Path>,
    /// Bytes to be written.
    pub bytes: usize,
    /// From which place on.
    pub offset: u64,
}

/// Who stands between this room and the disk: a test that counts calls, fails them and takes the power away.
pub trait Watch: Debug + Send + Sync {
    /// Does a call by `act`, or does not. `act` is told how many of the call's bytes are written.
    ///
    /// # Errors
    /// The disk's, or what the watch makes up.
    fn call(&self, call: &Call<'_>, act: &mut dyn FnMut(usize) -> io::Result<()>)
    -> io::Result<()>;
}

/// The disk, watched or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Option<Arc<dyn Watch>>);

/// An open file that knows its name.
#[derive(Debug)]
pub(crate) struct DiskFile {
    file: File,
    path: PathBuf,
    disk: Disk,
}

const fn call(act: Act, path: &Path) -> Call<'_> {
    Call {
        act,
        path,
        to: None,
        bytes: 0,
        offset: 0,
    }
}

impl Disk {
    /// The disk with a watch.
    pub(crate) fn watched(watch: Arc<dyn Watch>) -> Self {
        Self(Some(watch))
    }

    fn does(
        &self,
        call: &Call<'_>,
        act: &mut dyn FnMut(usize) -> io::Result<()>,
    ) -> io::Result<()> {
        match &self.0 {
            None => act(call.bytes),
            Some(watch) => watch.call(call, act),
        }
    }

    /// Does one call that gives something.
    fn gives<T>(&self, call: &Call<'_>, mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        let mut given = None;
        self.does(call, &mut |_| {
            given = Some(act()?);
            Ok(())
        })?;
        given.ok_or_else(|| io::Error::other("the call was not done"))
    }

    /// Creates a file that must not be there, for its owner alone.
    pub(crate) fn create_new(&self, path: &Path) -> Result<DiskFile, LakeError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = self.gives(&call(Act::Create, path), || options.open(path));
        Ok(self.file(path, file.map_err(LakeError::io("create", path))?))
    }

    /// Opens a file to read it.
    pub(crate) fn open(&self, path: &Path) -> Result<DiskFile, LakeError> {
        self.open_with(path, OpenOptions::new().read(true))
    }

    /// Opens a file to read and write it.
    pub(crate) fn open_to_write(&self, path: &Path) -> Result<DiskFile, LakeError> {
        self.open_with(path, OpenOptions::new().read(true).write(true))
    }

    fn open_with(&self, path: &Path, options: &OpenOptions) -> Result<DiskFile, LakeError> {
        let file = self.gives(&call(Act::Open, path), || options.open(path));
        Ok(self.file(path, file.map_err(LakeError::io("open", path))?))
    }

    fn file(&self, path: &Path, file: File) -> DiskFile {
        DiskFile {
            file,
            path: path.to_path_buf(),
            disk: self.clone(),
        }
    }

    /// Takes the lock of a file, which is made where it is missing; `None` where another has it. It ends with the process that holds it.
    pub(crate) fn lock(&self, path: &Path) -> Result<Option<File>, LakeError> {
        let mut options = OpenOptions::new();
        // Who may open it could hold it and so stop the writer and deletion.
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = self.gives(&call(Act::Open, path), || options.open(path));
        let file = file.map_err(LakeError::io("open", path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(LakeError::io("lock", path)(e)),
        }
    }

    /// Makes the names in a folder durable.
    pub(crate) fn sync_folder(&self, folder: &Path) -> Result<(), LakeError> {
        let here = Path::new(".");
        let opened = if folder == Path::new("") {
            here
        } else {
            folder
        };
        let synced = self.does(&call(Act::SyncFolder, folder), &mut |_| {
            File::open(opened)?.sync_all()
        });
        synced.map_err(LakeError::io("sync", folder))
    }

    /// Makes a folder and those above it that are missing, each durable in the one above.
    pub(crate) fn create_folder(&self, folder: &Path) -> Result<(), LakeError> {
        if folder.is_dir() {
            return Ok(());
        }
        let parent = folder.parent().filter(|path| *path != Path::new(""));
        parent.map_or(Ok(()), |parent| self.create_folder(parent))?;
        let made = self.does(&call(Act::CreateFolder, folder), &mut |_| {
            std::fs::create_dir(folder)
        });
        match made {
            // Another process may have been first.
            Err(e) if !folder.is_dir() => return Err(LakeError::io("create", folder)(e)),
            _ => {}
        }
        self.sync_folder(parent.unwrap_or(Path::new(".")))
    }

    /// Replaces a file in one step.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
        let staged = beside(path);
        self.remove(&staged)?;
        let file = self.create_new(&staged)?;
        file.write_all_at(bytes, 0)?;
        file.sync()?;
        self.rename(&staged, path)?;
        self.sync_folder(path.parent().unwrap_or(Path::new(".")))
    }

    /// Gives a file another name, durable once the folder is.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> Result<(), LakeError> {
        let call = Call {
            to: Some(to),
            ..call(Act::Rename, from)
        };
        let renamed = self.does(&call, &mut |_| std::fs::rename(from, to));
        renamed.map_err(LakeError::io("rename", from))
    }

    /// Gives a file a second name, durable once the folder is. Returns `false` where the name is another's.
    pub(crate) fn link(&self, from: &Path, to: &Path) -> Result<bool, LakeError> {
        let call = Call {
            to: Some(to),
            ..call(Act::Link, from)
        };
        match self.does(&call, &mut |_| std::fs::hard_link(from, to)) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(e) => Err(LakeError::io("link", to)(e)),
        }
    }

    /// Removes a file; that it is not there is fine. Returns whether it was.
    pub(crate) fn remove(&self, path: &Path) -> Result<bool, LakeError> {
        match self.does(&call(Act::Remove, path), &mut |_| {
            std::fs::remove_file(path)
        }) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(LakeError::io("remove", path)(e)),
        }
    }

    /// The names in a folder that are text; those that are not are nobody's of this room.
    pub(crate) fn names(&self, folder: &Path) -> Result<Vec<String>, LakeError> {
        let listed = self.gives(&call(Act::Open, folder), || {
            let entries = std::fs::read_dir(folder)?.take(NAMES_MAX + 1);
            let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
            names.collect::<io::Result<Vec<_>>>()
        });
        let names = listed.map_err(LakeError::io("list", folder))?;
        if names.len() > NAMES_MAX {
            return Err(LakeError::Limit {
                what: "names in a folder",
                limit: NAMES_MAX as u64,
            });
        }
        Ok(names.into_iter().flatten().collect())
    }

    /// Reads a whole small file; one that is longer than `bytes_max` is damaged.
    pub(crate) fn read_bounded(&self, path: &Path, bytes_max: usize) -> Result<Vec<u8>, LakeError> {
        let file = self.open(path)?;
        let bytes = self.gives(&call(Act::Read, path), || {
            let mut bytes = Vec::new();
            let mut bounded = (&file.file).take(bytes_max as u64 + 1);
            bounded.read_to_end(&mut bytes).map(|_| bytes)
        });
        let bytes = bytes.map_err(LakeError::io("read", path))?;
        if bytes.len() > bytes_max {
            let what = format!("it is longer than {bytes_max} bytes");
            return Err(LakeError::damaged(path, what));
        }
        Ok(bytes)
    }
}

/// The name under which a file is written before it gets its own.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".new-");
    name.push(path.file_name().unwrap_or_default());
    path.with_file_name(name)
}

/// Bytes that are written anew at a time.
const AGAIN_BYTES: usize = 1 << 20;

impl DiskFile {
    /// Its name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The disk that it is on.
    pub(crate) const fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Tells it that it has another name now.
    pub(crate) fn renamed(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// The open file alone, for a library that reads by itself.
    pub(crate) fn into_file(self) -> File {
        self.file
    }

    /// Its length in bytes.
    pub(crate) fn length(&self) -> Result<u64, LakeError> {
        let length = self.disk.gives(&call(Act::Read, &self.path), || {
            self.file.metadata().map(|metadata| metadata.len())
        });
        length.map_err(LakeError::io("read", &self.path))
    }

    /// Fills `bytes` from a place.
    pub(crate) fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> Result<(), LakeError> {
        let read = self.disk.does(&call(Act::Read, &self.path), &mut |_| {
            self.file.read_exact_at(bytes, offset)
        });
        read.map_err(LakeError::io("read", &self.path))
    }

    /// Writes at a place; not durable.
    pub(crate) fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), LakeError> {
        let written = self.writes(bytes, offset, |part| self.file.write_all_at(part, offset));
        written.map_err(LakeError::io("write", &self.path))
    }

    fn writes(
        &self,
        bytes: &[u8],
        offset: u64,
        write: impl Fn(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let call = Call {
            bytes: bytes.len(),
            offset,
            ..call(Act::Write, &self.path)
        };
        self.disk.does(&call, &mut |count| {
            write(bytes.get(..count).unwrap_or(bytes))
        })
    }

    /// Makes it as short as `length`; not durable.
    pub(crate) fn cut(&self, length: u64) -> Result<(), LakeError> {
        let cut = self.disk.does(&call(Act::Cut, &self.path), &mut |_| {
            self.file.set_len(length)
        });
        cut.map_err(LakeError::io("cut", &self.path))
    }

    /// Makes its bytes and its length durable.
    pub(crate) fn sync(&self) -> Result<(), LakeError> {
        let synced = self
            .disk
            .does(&call(Act::Sync, &self.path), &mut |_| self.file.sync_data());
        synced.map_err(LakeError::io("sync", &self.path))
    }

    /// Cuts it at `end` and makes what is before durable. It is written once more: after a sync that failed the system may show bytes that are not on the disk and that it holds
    /// for written. The same bytes at the same place cannot tear.
    pub(crate) fn settle(&self, end: u64) -> Result<(), LakeError> {
        if self.length()? > end {
            self.cut(end)?;
        }
        let mut bytes = vec![0; AGAIN_BYTES.min(usize::try_from(end).unwrap_or(AGAIN_BYTES))];
        let mut offset = 0;
        while offset < end {
            let count = (end - offset).min(AGAIN_BYTES as u64);
            let Some(part) = bytes.get_mut(..count as usize) else {
                break;
            };
            self.read_exact_at(part, offset)?;
            self.write_all_at(part, offset)?;
            offset += count;
        }
        self.sync()
    }
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let offset = (&self.file).stream_position()?;
        self.writes(bytes, offset, |part| (&self.file).write_all(part))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_with_those_above_it_and_not_through_a_file() {
        let root = tempfile::tempdir().unwrap();
        let disk = Disk::default();
        let deep = root.path().join("a/b/c");
        disk.create_folder(&deep).unwrap();
        disk.create_folder(&deep).unwrap();
        assert!(deep.is_dir());
        std::fs::write(root.path().join("file"), "").unwrap();
        for through in ["file", "file/d"] {
            let made = disk.create_folder(&root.path().join(through));
            assert!(matches!(made, Err(LakeError::Io { .. })), "{through}");
        }
    }
}
