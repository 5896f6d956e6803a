//! One file, put away and brought back bit for bit. In: its path below an allowed one, its hash. Out: the same file in a store that only root enters, and where it was. Never: a step through a symbolic
//! link or onto another file system; a file with a second name; a file that is not the one whose bytes were read.
//!
//! A path is resolved once (`openat2(2)` with `RESOLVE_BENEATH`, `RESOLVE_NO_SYMLINKS`, `RESOLVE_NO_MAGICLINKS`, `RESOLVE_NO_XDEV`), and what is done goes through the descriptors of its folder and of itself. The
//! move itself goes by name, as the kernel has none by descriptor: so what arrived in the store is compared with what was read, and goes back where it is another.
//!
//! In the store the file is root's, has no permission at all and is immutable: a process that has it open can neither change nor start it. Content, mode, owner, extended attributes and the times of
//! access and change come back exactly; the time of the last change of the inode (ctime) cannot be set on Linux and does not.

use super::limits::{ATTRIBUTE_BYTES_MAX, ATTRIBUTES_MAX, FILE_BYTES_MAX};
use super::process::sha256;
use super::{never, now};
use crate::substrate::Fault;
use rustix::fs::{
    CWD, Gid, IFlags, Mode, OFlags, RenameFlags, ResolveFlags, Timespec, Timestamps, Uid,
    XattrFlags, fchmod, fchown, fgetxattr, flistxattr, fremovexattr, fsetxattr, futimens,
    ioctl_getflags, ioctl_setflags, openat2, renameat_with,
};
use sakimori_custody::ids::hex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Names that are tried for what was moved by mistake and cannot get its own back.
const ASIDE_TRIES: u32 = 16;

/// All of a file that is not its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attributes {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) size: u64,
    pub(super) mode: u32,
    pub(super) user: u32,
    pub(super) group: u32,
    /// Seconds and nanoseconds.
    pub(super) accessed: (i64, i64),
    /// Seconds and nanoseconds.
    pub(super) changed: (i64, i64),
    /// Every extended attribute, its value in hexadecimal digits.
    pub(super) extended: BTreeMap<String, String>,
}

/// A file that is open, with the folder that it is in.
#[derive(Debug)]
pub(super) struct Opened {
    folder: OwnedFd,
    name: OsString,
    pub(super) file: File,
    pub(super) attributes: Attributes,
}

fn failed(what: &str) -> impl Fn(std::io::Error) -> Fault + '_ {
    move |e| now(format!("{what}: {e}"))
}

fn resolve() -> ResolveFlags {
    ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS
}

/// The folder of a path, reached from the allowed path without a link, and the last part of the path.
fn folder(prefix: &Path, path: &Path) -> Result<(OwnedFd, OsString), Fault> {
    // An allowed path can be the file itself.
    let base = if prefix == path {
        prefix.parent().unwrap_or(prefix)
    } else {
        prefix
    };
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(never("the path has no folder"));
    };
    let below = parent
        .strip_prefix(base)
        .map_err(|_| never("the path is not below the allowed one"))?;
    let below = if below.as_os_str().is_empty() {
        Path::new(".")
    } else {
        below
    };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let base = openat2(CWD, base, flags, Mode::empty(), resolve());
    let base = base.map_err(|e| {
        now(format!(
            "the allowed path cannot be reached without a link: {e}"
        ))
    })?;
    let within = resolve() | ResolveFlags::BENEATH | ResolveFlags::NO_XDEV;
    let folder = openat2(base, below, flags, Mode::empty(), within);
    let folder = folder.map_err(|e| {
        now(format!(
            "the folder of the file cannot be reached without a link: {e}"
        ))
    })?;
    Ok((folder, name.to_owned()))
}

/// Opens what a name leads to in a folder, for nothing but to be looked at.
fn look(folder: &OwnedFd, name: &OsStr) -> std::io::Result<File> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let within = resolve() | ResolveFlags::BENEATH | ResolveFlags::NO_XDEV;
    Ok(File::from(openat2(
        folder,
        name,
        flags,
        Mode::empty(),
        within,
    )?))
}

/// Opens for reading what was looked at: the same inode, whatever its name leads to now. Nothing but a plain file is opened so.
fn readable(seen: &File) -> std::io::Result<File> {
    let path = format!("/proc/self/fd/{}", seen.as_raw_fd());
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOATIME;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

/// Whether what a name leads to is this file.
fn is_at(folder: &OwnedFd, name: &OsStr, attributes: &Attributes) -> bool {
    let seen = look(folder, name).and_then(|seen| seen.metadata());
    seen.is_ok_and(|seen| attributes.is(&seen))
}

impl Attributes {
    fn is(&self, seen: &Metadata) -> bool {
        (self.device, self.inode) == (seen.dev(), seen.ino())
    }

    fn read(file: &File, seen: &Metadata) -> Result<Self, Fault> {
        Ok(Self {
            device: seen.dev(),
            inode: seen.ino(),
            size: seen.len(),
            mode: seen.mode() & 0o7777,
            user: seen.uid(),
            group: seen.gid(),
            accessed: (seen.atime(), seen.atime_nsec()),
            changed: (seen.mtime(), seen.mtime_nsec()),
            extended: extended(file)?,
        })
    }

    /// Gives a file all of it, and reads that back.
    fn give(&self, file: &File) -> Result<(), Fault> {
        let give = || -> rustix::io::Result<()> {
            fchown(
                file,
                Some(Uid::from_raw(self.user)),
                Some(Gid::from_raw(self.group)),
            )?;
            fchmod(file, Mode::from_raw_mode(self.mode))?;
            // After owner and mode: both take capabilities away and rewrite access lists.
            for (name, value) in &self.extended {
                let value = unhexed(value).ok_or(rustix::io::Errno::INVAL)?;
                fsetxattr(file, name.as_str(), &value, XattrFlags::empty())?;
            }
            let time = |(tv_sec, tv_nsec): (i64, i64)| Timespec {
                tv_sec,
                tv_nsec: tv_nsec as _,
            };
            futimens(
                file,
                &Timestamps {
                    last_access: time(self.accessed),
                    last_modification: time(self.changed),
                },
            )
        };
        for name in extended(file)?
            .keys()
            .filter(|name| !self.extended.contains_key(*name))
        {
            fremovexattr(file, name.as_str())
                .map_err(|e| failed("an attribute cannot be taken away")(e.into()))?;
        }
        give().map_err(|e| failed("the file cannot be given what it had")(e.into()))?;
        let seen = file
            .metadata()
            .map_err(failed("the file cannot be read back"))?;
        if Self::read(file, &seen)? == *self {
            Ok(())
        } else {
            Err(now("the file does not have all that it had"))
        }
    }
}

fn extended(file: &File) -> Result<BTreeMap<String, String>, Fault> {
    let bad = |e: rustix::io::Errno| failed("its extended attributes cannot be read")(e.into());
    let mut names = vec![0; 1 << 16];
    let many = match flistxattr(file, names.as_mut_slice()) {
        Ok(many) => many,
        Err(rustix::io::Errno::NOTSUP) => 0,
        Err(e) => return Err(bad(e)),
    };
    names.truncate(many);
    let mut found = BTreeMap::new();
    let mut bytes = 0;
    let mut value = vec![0; 1 << 16];
    for name in names.split(|b| *b == 0).filter(|name| !name.is_empty()) {
        let name = std::str::from_utf8(name)
            .map_err(|_| never("an extended attribute has a name that is no text"))?;
        let many = fgetxattr(file, name, value.as_mut_slice()).map_err(bad)?;
        bytes += many;
        if found.len() >= ATTRIBUTES_MAX || bytes > ATTRIBUTE_BYTES_MAX {
            return Err(never("it has more extended attributes than are kept"));
        }
        found.insert(name.to_owned(), hex(value.get(..many).unwrap_or_default()));
    }
    Ok(found)
}

fn unhexed(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

fn immutable(file: &File, set: bool) -> Result<(), Fault> {
    let change = || -> rustix::io::Result<()> {
        let mut flags = ioctl_getflags(file)?;
        if flags.contains(IFlags::IMMUTABLE) != set {
            flags.set(IFlags::IMMUTABLE, set);
            ioctl_setflags(file, flags)?;
        }
        Ok(())
    };
    change().map_err(|e| failed("the file cannot be held fixed, or let go")(e.into()))
}

/// Opens a file for being put away.
pub(super) fn open(prefix: &Path, path: &Path) -> Result<Opened, Fault> {
    let (folder, name) = folder(prefix, path)?;
    let seen = look(&folder, &name).map_err(failed("the file cannot be reached without a link"))?;
    let known = seen
        .metadata()
        .map_err(failed("the file cannot be looked at"))?;
    if !known.is_file() {
        return Err(never("it is no plain file"));
    }
    if known.nlink() != 1 {
        return Err(never("the file has a second name"));
    }
    if known.len() > FILE_BYTES_MAX {
        return Err(never(format!(
            "the file has more than {FILE_BYTES_MAX} bytes"
        )));
    }
    let file = readable(&seen).map_err(failed("the file cannot be read"))?;
    let fixed = IFlags::IMMUTABLE | IFlags::APPEND;
    let flags =
        ioctl_getflags(&file).map_err(|_| never("its file system cannot hold a file fixed"))?;
    if flags.intersects(fixed) {
        return Err(never("somebody holds the file fixed"));
    }
    let attributes = Attributes::read(&file, &known)?;
    Ok(Opened {
        folder,
        name,
        file,
        attributes,
    })
}

impl Opened {
    /// SHA-256 of its bytes, which nobody changed while they were read.
    pub(super) fn hash(&self) -> Result<[u8; 32], Fault> {
        let stamp = || -> std::io::Result<_> {
            let seen = self.file.metadata()?;
            Ok((
                seen.len(),
                seen.mtime(),
                seen.mtime_nsec(),
                seen.ctime(),
                seen.ctime_nsec(),
            ))
        };
        let bad = failed("the file cannot be read");
        let before = stamp().map_err(&bad)?;
        let hash = sha256(Whole(&self.file, 0), None).map_err(&bad)?;
        if stamp().map_err(&bad)? == before {
            Ok(hash)
        } else {
            Err(now("the file changes while it is read"))
        }
    }

    /// Moves it into a store; what arrives there and is another goes back.
    pub(super) fn put_away(&self, store: &Store, id: &str) -> Result<(), Fault> {
        let place = OsStr::new(id);
        let moved = renameat_with(
            &self.folder,
            self.name.as_os_str(),
            &store.fd,
            place,
            RenameFlags::NOREPLACE,
        );
        moved.map_err(|e| failed("the file cannot be put away")(e.into()))?;
        if is_at(&store.fd, place, &self.attributes) {
            return Ok(());
        }
        store.hand_back(id, &self.folder, &self.name)?;
        Err(now(
            "the name led to another file when it was put away; that one is back",
        ))
    }

    /// Makes the moves durable.
    pub(super) fn sync(&self, store: &Store) -> Result<(), Fault> {
        store
            .sync()
            .and_then(|()| sync(&self.folder))
            .map_err(failed("the move cannot be made durable"))
    }

    /// Reads back that it is away from its path, and in the store, harmless and unchanged.
    pub(super) fn is_away(
        &self,
        prefix: &Path,
        path: &Path,
        store: &Store,
        id: &str,
        hash: &[u8; 32],
    ) -> Result<(), Fault> {
        let (folder, name) = folder(prefix, path)?;
        let same_folder = |a: &OwnedFd, b: &OwnedFd| -> std::io::Result<bool> {
            let (a, b) = (
                File::from(a.try_clone()?).metadata()?,
                File::from(b.try_clone()?).metadata()?,
            );
            Ok((a.dev(), a.ino()) == (b.dev(), b.ino()))
        };
        if !same_folder(&folder, &self.folder).map_err(failed("the folder cannot be read back"))? {
            return Err(now(
                "the folder of the file was another when it was put away",
            ));
        }
        if is_at(&folder, &name, &self.attributes) {
            return Err(now("the file is at its path again"));
        }
        store.is_harmless(id, &self.attributes, hash)
    }
}

/// A file that is back at its path, not durably yet: the record of it has to stay until it is.
#[derive(Debug)]
pub(super) struct Moved {
    file: File,
    folder: OwnedFd,
    store: OwnedFd,
}

impl Moved {
    /// Makes content, attributes and both folders durable.
    pub(super) fn sync(&self) -> Result<(), Fault> {
        let done = self.file.sync_all();
        done.and_then(|()| sync(&self.folder))
            .and_then(|()| sync(&self.store))
            .map_err(failed("the move cannot be made durable"))
    }
}

/// A file from its first byte, whoever moved the place in it.
struct Whole<'f>(&'f File, u64);

impl std::io::Read for Whole<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        use std::os::unix::fs::FileExt;
        let read = self.0.read_at(buffer, self.1)?;
        self.1 += read as u64;
        Ok(read)
    }
}

/// Syncs a folder that is open for being looked at alone.
fn sync(folder: &OwnedFd) -> std::io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat2(folder, ".", flags, Mode::empty(), resolve())?;
    File::from(folder).sync_all()
}

/// A folder for files that are put away, on one file system.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    fd: OwnedFd,
    device: u64,
}

impl Store {
    /// Opens a store, which is made where it is not there.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        super::record::private(path)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = openat2(CWD, path, flags, Mode::empty(), resolve());
        let fd = fd.map_err(|e| {
            never(format!(
                "the store {} cannot be reached without a link: {e}",
                path.display()
            ))
        })?;
        let device = std::fs::metadata(path)
            .map_err(failed("the store cannot be looked at"))?
            .dev();
        Ok(Self {
            path: path.to_owned(),
            fd,
            device,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether files of a file system can be moved into it.
    pub(super) const fn takes(&self, device: u64) -> bool {
        self.device == device
    }

    pub(super) fn sync(&self) -> std::io::Result<()> {
        sync(&self.fd)
    }

    /// Whether something lies in a place.
    pub(super) fn has(&self, id: &str) -> bool {
        look(&self.fd, OsStr::new(id)).is_ok()
    }

    /// Whether this file lies in a place.
    pub(super) fn holds(&self, id: &str, attributes: &Attributes) -> bool {
        is_at(&self.fd, OsStr::new(id), attributes)
    }

    fn file(&self, id: &str, attributes: &Attributes) -> Result<File, Fault> {
        let bad = failed("the file in the store cannot be read");
        let seen = look(&self.fd, OsStr::new(id)).map_err(&bad)?;
        let known = seen.metadata().map_err(&bad)?;
        if !known.is_file() || !attributes.is(&known) {
            return Err(now(
                "another file lies in the place of this one in the store",
            ));
        }
        readable(&seen).map_err(&bad)
    }

    /// Takes owner and permissions from a file in the store and holds it fixed: nobody can change it, name it a second time or start it, also not by a descriptor that is open.
    pub(super) fn make_harmless(&self, id: &str, attributes: &Attributes) -> Result<(), Fault> {
        let file = self.file(id, attributes)?;
        let known = file
            .metadata()
            .map_err(failed("the file in the store cannot be looked at"))?;
        if known.uid() != 0 || known.gid() != 0 || known.mode() & 0o7777 != 0 {
            immutable(&file, false)?;
            let take = || -> rustix::io::Result<()> {
                fchown(&file, Some(Uid::ROOT), Some(Gid::ROOT))?;
                fchmod(&file, Mode::empty())
            };
            take().map_err(|e| failed("owner and permissions cannot be taken away")(e.into()))?;
        }
        immutable(&file, true)
    }

    fn is_harmless(&self, id: &str, attributes: &Attributes, hash: &[u8; 32]) -> Result<(), Fault> {
        let file = self.file(id, attributes)?;
        let bad = failed("the file in the store cannot be read back");
        let known = file.metadata().map_err(&bad)?;
        if known.nlink() != 1 {
            return Err(now("the file got a second name while it was put away"));
        }
        if known.uid() != 0 || known.mode() & 0o7777 != 0 {
            return Err(now(
                "the file in the store is not root's without permissions",
            ));
        }
        if sha256(Whole(&file, 0), None).map_err(bad)? != *hash {
            return Err(now("the file changed while it was put away"));
        }
        Ok(())
    }

    /// Gives a file in the store back what it had. Its content must be what it was.
    pub(super) fn give_back(
        &self,
        id: &str,
        attributes: &Attributes,
        hash: Option<&[u8; 32]>,
    ) -> Result<File, Fault> {
        let file = self.file(id, attributes)?;
        if let Some(hash) = hash
            && sha256(Whole(&file, 0), None)
                .map_err(failed("the file in the store cannot be read"))?
                != *hash
        {
            return Err(now(
                "somebody changed the file in the store; it stays there",
            ));
        }
        immutable(&file, false)?;
        attributes.give(&file)?;
        Ok(file)
    }

    fn taken(&self, id: &str, path: &Path) -> Fault {
        now(format!(
            "another file lies at {}, and is not overwritten: this one stays in the store as {} and comes back when the name is free",
            path.display(),
            self.path.join(id).display()
        ))
    }

    /// Whether a file's path is free for it.
    ///
    /// # Errors
    /// [`Fault`]: something lies there, or the way to it is another.
    pub(super) fn is_free(&self, id: &str, prefix: &Path, path: &Path) -> Result<(), Fault> {
        let (folder, name) = folder(prefix, path)?;
        match look(&folder, &name) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(self.taken(id, path)),
        }
    }

    /// Moves a file from the store to its path, where nothing else may be.
    pub(super) fn bring_back(
        &self,
        id: &str,
        prefix: &Path,
        path: &Path,
        file: File,
        attributes: &Attributes,
    ) -> Result<Moved, Fault> {
        let (folder, name) = folder(prefix, path)?;
        let to = name.as_os_str();
        let moved = renameat_with(
            &self.fd,
            OsStr::new(id),
            &folder,
            to,
            RenameFlags::NOREPLACE,
        );
        if let Err(error) = moved {
            // Nobody changes it while it waits there, also not by a descriptor that is open.
            self.make_harmless(id, attributes)?;
            return Err(if error == rustix::io::Errno::EXIST {
                self.taken(id, path)
            } else {
                failed("the file cannot be brought back")(error.into())
            });
        }
        if !is_at(&folder, &name, attributes) {
            return Err(now("the file is not at its path after it was brought back"));
        }
        let store = self.fd.try_clone();
        Ok(Moved {
            file,
            folder,
            store: store.map_err(failed("the move cannot be made durable"))?,
        })
    }

    /// Gives what was moved by mistake its name back, or one beside where something else has that now.
    fn hand_back(&self, id: &str, folder: &OwnedFd, name: &OsStr) -> Result<(), Fault> {
        for again in 0..ASIDE_TRIES {
            let mut to = name.to_owned();
            if again > 0 {
                to.push(format!(".moved-{again}"));
            }
            match renameat_with(
                &self.fd,
                OsStr::new(id),
                folder,
                to.as_os_str(),
                RenameFlags::NOREPLACE,
            ) {
                Ok(()) => return Ok(()),
                Err(rustix::io::Errno::EXIST) => {}
                Err(e) => {
                    return Err(failed("what was moved by mistake cannot be given back")(
                        e.into(),
                    ));
                }
            }
        }
        Err(now(format!(
            "what was moved by mistake lies in the store as {id}: its name and those beside are taken"
        )))
    }

    /// The same by path, after a fall.
    pub(super) fn hand_back_to(&self, id: &str, prefix: &Path, path: &Path) -> Result<(), Fault> {
        let (folder, name) = folder(prefix, path)?;
        self.hand_back(id, &folder, &name)
    }

    /// Makes a file for the copy of a program, which nobody can start.
    pub(super) fn copy(&self, id: &str) -> Result<(File, PathBuf), Fault> {
        let path = self.path.join(id).with_extension("program");
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::open(&path, flags, Mode::RUSR);
        let file = file.map_err(|e| failed("the program cannot be copied")(e.into()))?;
        Ok((File::from(file), path))
    }
}

/// The path of a target's bytes.
pub(super) fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
