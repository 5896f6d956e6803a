//! Putting files away and bringing them back. In: a file by hash and path. Out: in the store or at its path, never in both and never in neither. Never: a move before all that is needed to undo it is durable.

use super::{Asked, Works};
use crate::host::file::{self, Moved, Opened, Store, path_of};
use crate::host::guard::Census;
use crate::host::policy::Policy;
use crate::host::record::{FileBefore, Object, Stage};
use crate::host::{never, now};
use crate::substrate::Fault;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Folders without which a host does not start, is not reached or is not kept up: nothing below them is put away.
const NEVER: [&str; 22] = [
    "/boot",
    "/dev",
    "/proc",
    "/sys",
    "/run/systemd",
    "/lib",
    "/lib64",
    "/lib/systemd",
    "/sbin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/sbin",
    "/etc/ssh",
    "/etc/pam.d",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/apt",
    "/etc/dpkg",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/lib/apt",
];
/// Single programs of the same kind.
const NEVER_FILES: [&str; 9] = [
    "/usr/bin/apt",
    "/usr/bin/apt-get",
    "/usr/bin/dpkg",
    "/usr/bin/rpm",
    "/usr/bin/dnf",
    "/usr/bin/yum",
    "/usr/bin/zypper",
    "/usr/bin/pacman",
    "/usr/bin/systemctl",
];

/// Whether a path is never put away, whatever the owner's policy says.
fn is_never(path: &Path) -> bool {
    NEVER
        .iter()
        .chain(&NEVER_FILES)
        .any(|place| path.starts_with(place))
}

impl Works {
    /// Judges a file, without a change, and tells what it is.
    pub(super) fn judge_file(
        &self,
        policy: &Policy,
        text: &str,
        hash: &[u8; 32],
        path: &[u8],
    ) -> Result<String, Fault> {
        let path = path_of(path);
        if is_never(path) || self.is_ours(path) {
            return Err(never("the file is one that is never put away"));
        }
        if let Some(object) = self.objects.get(text)
            && let Some(before) = &object.file
            && self.is_away(object)
        {
            policy
                .covers(path, before.attributes.user)
                .map_err(|e| never(e.to_string()))?;
            return Ok("it is put away already".to_owned());
        }
        let (opened, _) = opened(policy, path, hash)?;
        let a = &opened.attributes;
        Ok(format!(
            "device={} inode={} size={} mode={:04o} user={} group={} changed={}.{:09} attributes={}",
            a.device,
            a.inode,
            a.size,
            a.mode,
            a.user,
            a.group,
            a.changed.0,
            a.changed.1,
            a.extended.len()
        ))
    }

    /// Whether a path is the agent's own.
    fn is_ours(&self, path: &Path) -> bool {
        let stores = self.settings.stores.iter();
        let ours = stores.chain([&self.settings.state, &self.settings.policy]);
        ours.into_iter().any(|place| path.starts_with(place))
    }

    fn store_of(&self, before: &FileBefore) -> Result<&Store, Fault> {
        let found = self
            .stores
            .iter()
            .find(|store| store.path() == before.store);
        found.ok_or_else(|| {
            now(format!(
                "the store {} is not set any more",
                before.store.display()
            ))
        })
    }

    pub(super) fn quarantine(
        &mut self,
        asked: &Asked,
        hash: &[u8; 32],
        path: &[u8],
    ) -> Result<(), Fault> {
        let text = &asked.key.target;
        let known = self.objects.get(text);
        if known.is_some_and(|object| self.is_away(object)) {
            return self.hold(asked, false);
        }
        // Somebody brought it back by hand: who held it holds it again.
        let holds = known.map(|object| object.holds.clone()).unwrap_or_default();
        let policy = self.policy()?;
        let (opened, prefix) = opened(&policy, path_of(path), hash)?;
        let device = opened.attributes.device;
        let store = self.stores.iter().find(|store| store.takes(device));
        let store = store.ok_or_else(|| never("no store is set on the file's file system"))?;
        let object = Object {
            target: text.clone(),
            boot: self.boot.clone(),
            stage: Stage::Intended,
            holds,
            process: None,
            file: Some(FileBefore {
                prefix: prefix.as_os_str().as_bytes().to_vec(),
                store: store.path().to_owned(),
                attributes: opened.attributes.clone(),
            }),
        };
        if store.has(&object.id()) {
            return Err(now(
                "something lies in the file's place in the store; the owner has to look at it",
            ));
        }
        self.keep(object.clone(), "recorded")?;
        let done = self.put_away(&object, &opened, hash, path_of(path));
        match done.and_then(|()| self.hold(asked, false)) {
            Ok(()) => Ok(()),
            Err(fault) => {
                self.undo(text)?;
                Err(fault)
            }
        }
    }

    fn put_away(
        &mut self,
        object: &Object,
        opened: &Opened,
        hash: &[u8; 32],
        path: &Path,
    ) -> Result<(), Fault> {
        let Some(before) = &object.file else {
            return Err(now("its record has no file"));
        };
        let id = object.id();
        opened.put_away(self.store_of(before)?, &id)?;
        self.step("moved");
        opened.sync(self.store_of(before)?)?;
        self.step("synced");
        self.store_of(before)?
            .make_harmless(&id, &before.attributes)?;
        self.step("harmless");
        opened.is_away(
            path_of(&before.prefix),
            path,
            self.store_of(before)?,
            &id,
            hash,
        )
    }

    /// Whether a file is in its store and not at its path.
    pub(super) fn is_away(&self, object: &Object) -> bool {
        object.file.as_ref().is_some_and(|before| {
            self.store_of(before)
                .is_ok_and(|store| store.holds(&object.id(), &before.attributes))
        })
    }

    /// Brings a file back to its path; nothing where it does not lie in the store any more.
    pub(super) fn lift_file(
        &mut self,
        text: &str,
        hash: &[u8; 32],
        path: &[u8],
    ) -> Result<Option<Moved>, Fault> {
        let object = self.objects.get(text);
        let Some((object, before)) = object.and_then(|o| Some((o, o.file.clone()?))) else {
            return Ok(None);
        };
        // Only of what was not confirmed another's file can lie in its place.
        let unsure = object.stage == Stage::Intended;
        let (id, prefix) = (object.id(), path_of(&before.prefix));
        if self.store_of(&before)?.holds(&id, &before.attributes) {
            // Content that another process changed until it was held fixed goes back as it is now: it was never put away for good.
            let whole = (!unsure).then_some(hash);
            let store = self.store_of(&before)?;
            // As long as its name is taken it stays held fixed.
            store.is_free(&id, prefix, path_of(path))?;
            let file = store.give_back(&id, &before.attributes, whole)?;
            self.step("given-back");
            let store = self.store_of(&before)?;
            let moved = store.bring_back(&id, prefix, path_of(path), file, &before.attributes)?;
            self.step("brought-back");
            return Ok(Some(moved));
        }
        if unsure && self.store_of(&before)?.has(&id) {
            let store = self.store_of(&before)?;
            store.hand_back_to(&id, prefix, path_of(path))?;
            self.step("handed-back");
        }
        Ok(None)
    }

    /// After a fall: what was not confirmed is undone, and so is what was being undone.
    pub(super) fn recover_file(&mut self, object: &Object) -> Result<(), Fault> {
        if object.stage == Stage::Done {
            let before = object.file.as_ref().filter(|_| self.is_away(object));
            // Where the fall was in the middle of its undoing it has its permissions again.
            return before.map_or(Ok(()), |before| {
                self.store_of(before)?
                    .make_harmless(&object.id(), &before.attributes)
            });
        }
        self.undo(&object.target)
    }
}

/// Opens a file that may be put away, with the allowed path that it lies below.
fn opened(policy: &Policy, path: &Path, hash: &[u8; 32]) -> Result<(Opened, PathBuf), Fault> {
    let prefix = policy
        .prefix(path)
        .ok_or_else(|| never("it is not below a path that the owner allows"))?;
    let opened = file::open(prefix, path)?;
    let a = &opened.attributes;
    policy
        .covers(path, a.user)
        .map_err(|e| never(e.to_string()))?;
    let census =
        Census::read().map_err(|e| now(format!("the processes cannot be counted: {e}")))?;
    if census.own_file == Some((a.device, a.inode)) {
        return Err(never("the file is this agent's program"));
    }
    if opened.hash()? != *hash {
        return Err(never(
            "the file has other bytes than the ones that are meant",
        ));
    }
    Ok((opened, prefix.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_needs_is_never_put_away() {
        for path in [
            "/usr/bin/dpkg",
            "/usr/sbin/sshd",
            "/etc/ssh/sshd_config",
            "/lib/systemd/systemd",
            "/boot/vmlinuz",
            "/proc/1/exe",
            "/etc/shadow",
        ] {
            assert!(is_never(Path::new(path)), "{path}");
        }
        for path in ["/srv/a", "/usr/bin/dpkgx", "/etc/sshx", "/tmp/lib/a"] {
            assert!(!is_never(Path::new(path)), "{path}");
        }
    }
}
