//! Where approvals are kept: one file each, in the form in which they are sent, with when it was taken. In: sets of files. Out: the same. Never: half an approval; a file whose name somebody sent.

use super::ApprovalError;
use super::bundle::{BUNDLE_BYTES_MAX, Bundle, BundleError};
use crate::files;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Most approvals that are kept.
const STORED_MAX: usize = 1_000;

/// A stored approval that cannot be read. Who runs the actuator acts on it.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// The disk.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// Damage.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Its first line.
    #[error("the first line is not as it should be")]
    Head,
}

/// A stored approval.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its statement.
    pub id: AuthorityId,
    /// Its files.
    pub bundle: Bundle,
    /// When it was taken.
    pub taken: Seconds,
}

/// The folder.
pub(super) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        files::folder(&folder)?;
        Ok(Self { folder })
    }

    fn path(&self, id: AuthorityId) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    fn read(&self, id: AuthorityId) -> Result<Option<Stored>, StoredError> {
        let most = BUNDLE_BYTES_MAX as u64 * 2;
        let Some(bytes) = files::read(&self.path(id), most)? else {
            return Ok(None);
        };
        let at = bytes.iter().position(|b| *b == b'\n');
        let (head, rest) = at
            .and_then(|at| bytes.split_at_checked(at))
            .ok_or(StoredError::Head)?;
        let head = std::str::from_utf8(head).map_err(|_| StoredError::Head)?;
        // Older files have the lease's end behind it; the signed lease says it.
        let taken = head.split(' ').next().unwrap_or_default();
        let taken = taken.parse().map_err(|_| StoredError::Head)?;
        Ok(Some(Stored {
            id,
            bundle: Bundle::parse(rest.trim_ascii())?,
            taken: Seconds(taken),
        }))
    }

    /// An approval; one that cannot be read is none, and is told.
    pub(super) fn get(&self, id: AuthorityId) -> io::Result<Option<Stored>> {
        match self.read(id) {
            Ok(found) => Ok(found),
            Err(StoredError::Disk(error)) => Err(error),
            Err(error) => {
                tracing::error!(statement = %id, %error, "a stored approval is damaged");
                Ok(None)
            }
        }
    }

    pub(super) fn ids(&self) -> io::Result<Vec<AuthorityId>> {
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".json"));
            ids.extend(id.and_then(|id| id.parse::<AuthorityId>().ok()));
        }
        ids.sort();
        Ok(ids)
    }

    pub(super) fn put(
        &self,
        id: AuthorityId,
        bundle: &Bundle,
        taken: Seconds,
    ) -> Result<(), ApprovalError> {
        let path = self.path(id);
        if !path.exists() && self.ids()?.len() >= STORED_MAX {
            return Err(ApprovalError::Full);
        }
        let text = format!("{}\n{}\n", taken.0, bundle.to_text());
        Ok(files::write(&path, text.as_bytes())?)
    }

    pub(super) fn remove(&self, id: AuthorityId) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}
