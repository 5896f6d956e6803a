//! Where bytes are kept. In: names below a root, bytes. Out: bytes, and a promise that each call states. Never: a name that leaves the root.
//!
//! The log is written against this trait alone, so that tests can fail each call and lose what was not synced.

use rustix::fs::syncfs;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Named byte sequences to be read. Names are relative paths with `/` between their parts.
pub trait Source {
    /// The whole of `name`; `None` where there is nothing.
    ///
    /// # Errors
    /// The storage's, and [`io::ErrorKind::FileTooLarge`] above `bytes_max`.
    fn read(&self, name: &str, bytes_max: usize) -> io::Result<Option<Vec<u8>>>;
    /// What follows byte `offset` of `name`.
    ///
    /// # Errors
    /// As [`Source::read`], and [`io::ErrorKind::NotFound`].
    fn read_from(&self, name: &str, offset: u64, bytes_max: usize) -> io::Result<Vec<u8>>;
}

/// A store that can be written to.
pub trait Disk: Source + Send {
    /// Adds bytes at the end of `name`. They are not durable.
    ///
    /// # Errors
    /// The storage's; what was added is then unknown.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was appended to `name` durable.
    ///
    /// # Errors
    /// The storage's; what is durable is then unknown.
    fn sync(&mut self, name: &str) -> io::Result<()>;
    /// Puts bytes in the place of `name`; a reader sees the old or the new whole. They are not durable.
    ///
    /// # Errors
    /// The storage's.
    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Puts bytes under a name that nobody reads yet. They are not durable, and after a crash they may be there in part.
    ///
    /// # Errors
    /// The storage's.
    fn put(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.write(name, bytes)
    }
    /// Puts bytes in the place of `name`, durable when it returns; after a crash there is the old or the new whole.
    ///
    /// # Errors
    /// The storage's; which of the two is there is then unknown.
    fn commit(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Makes everything durable that was written.
    ///
    /// # Errors
    /// The storage's.
    fn sync_all(&mut self) -> io::Result<()>;
    /// Removes a folder with all that is in it; no folder is no error.
    ///
    /// # Errors
    /// The storage's.
    fn remove_folder(&mut self, name: &str) -> io::Result<()>;
}

/// Most folders remembered as existing; a log of 2^32 entries has some 17,000 below `tile`.
const FOLDERS_REMEMBERED_MAX: usize = 1 << 16;

/// A folder of the file system.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// The file that was last appended to, kept open.
    appending: Option<(String, File)>,
    /// Folders that are known to exist.
    made: BTreeSet<PathBuf>,
}

impl Folder {
    /// A store below `root`, which is made where it is missing, durably.
    ///
    /// # Errors
    /// The file system's.
    pub fn new(root: &Path) -> io::Result<Self> {
        let mut folder = Self {
            root: root.to_path_buf(),
            appending: None,
            made: BTreeSet::new(),
        };
        folder.make_parent(&root.join("any"))?;
        Ok(folder)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let inside = |part: &str| !part.is_empty() && part != "." && part != "..";
        if name.split('/').all(inside) {
            Ok(self.root.join(name))
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("`{name}` is no name below the folder"),
            ))
        }
    }

    /// Makes the folder of a file, and each new folder durable in its parent.
    fn make_parent(&mut self, path: &Path) -> io::Result<()> {
        let Some(parent) = path.parent().filter(|path| *path != Path::new("")) else {
            return Ok(());
        };
        if self.made.contains(parent) {
            return Ok(());
        }
        if !parent.is_dir() {
            self.make_parent(parent)?;
            match fs::create_dir(parent) {
                // Another process may have been first.
                Err(error) if !parent.is_dir() => return Err(error),
                _ => sync_parent(parent)?,
            }
        }
        if self.made.len() < FOLDERS_REMEMBERED_MAX {
            self.made.insert(parent.to_path_buf());
        }
        Ok(())
    }

    fn replace(&mut self, name: &str, bytes: &[u8], durable: bool) -> io::Result<()> {
        let path = self.path(name)?;
        self.make_parent(&path)?;
        if self.appending.as_ref().is_some_and(|(n, _)| n == name) {
            self.appending = None;
        }
        let mut temporary = path.clone().into_os_string();
        temporary.push(".tmp");
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        if durable {
            file.sync_all()?;
        }
        fs::rename(&temporary, &path)?;
        if durable { sync_parent(&path) } else { Ok(()) }
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(path);
    let here = Path::new(".");
    let parent = if parent == Path::new("") {
        here
    } else {
        parent
    };
    File::open(parent)?.sync_all()
}

fn read_bounded(mut file: File, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    (&mut file)
        .take(bytes_max as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(bytes)
}

impl<S: Source + ?Sized> Source for &S {
    fn read(&self, name: &str, bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
        (**self).read(name, bytes_max)
    }

    fn read_from(&self, name: &str, offset: u64, bytes_max: usize) -> io::Result<Vec<u8>> {
        (**self).read_from(name, offset, bytes_max)
    }
}

impl Source for Folder {
    fn read(&self, name: &str, bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
        match File::open(self.path(name)?) {
            Ok(file) => read_bounded(file, bytes_max).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_from(&self, name: &str, offset: u64, bytes_max: usize) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.path(name)?)?;
        file.seek(SeekFrom::Start(offset))?;
        read_bounded(file, bytes_max)
    }
}

impl Disk for Folder {
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if self.appending.as_ref().is_none_or(|(n, _)| n != name) {
            let path = self.path(name)?;
            self.make_parent(&path)?;
            let file = OpenOptions::new().create(true).append(true).open(&path)?;
            sync_parent(&path)?;
            self.appending = Some((name.to_owned(), file));
        }
        match &mut self.appending {
            Some((_, file)) => file.write_all(bytes),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        match &self.appending {
            Some((open, file)) if open == name => file.sync_data(),
            _ => File::open(self.path(name)?)?.sync_data(),
        }
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.replace(name, bytes, false)
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(name)?;
        self.make_parent(&path)?;
        File::create(&path)?.write_all(bytes)
    }

    fn commit(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.replace(name, bytes, true)
    }

    fn sync_all(&mut self) -> io::Result<()> {
        Ok(syncfs(File::open(&self.root)?)?)
    }

    fn remove_folder(&mut self, name: &str) -> io::Result<()> {
        let path = self.path(name)?;
        self.made.remove(&path);
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_what_it_is_given_and_stays_inside() {
        let root = tempfile::tempdir().unwrap();
        let mut disk = Folder::new(root.path()).unwrap();
        disk.append("wal", b"ab").unwrap();
        disk.append("wal", b"cd").unwrap();
        disk.sync("wal").unwrap();
        assert_eq!(disk.read_from("wal", 1, 9).unwrap(), b"bcd");
        disk.commit("wal", b"x").unwrap();
        disk.append("wal", b"y").unwrap();
        assert_eq!(disk.read("wal", 9).unwrap().unwrap(), b"xy");
        disk.write("a/b/c", b"1").unwrap();
        disk.sync_all().unwrap();
        disk.remove_folder("a/b").unwrap();
        disk.write("a/b/c", b"2").unwrap();
        assert_eq!(disk.read("a/b/c", 9).unwrap().unwrap(), b"2");
        assert_eq!(disk.read("none", 9).unwrap(), None);
        assert!(disk.read("wal", 1).is_err());
        let deep = root.path().join("x/y/z");
        Folder::new(&deep).unwrap().commit("a", b"1").unwrap();
        assert!(Folder::new(&deep.join("a")).is_err(), "a file is no folder");
        assert!(disk.write("../out", b"").is_err());
        assert!(disk.write("a//b", b"").is_err());
    }
}
