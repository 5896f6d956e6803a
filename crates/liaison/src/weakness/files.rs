//! Files that a stranger sends with a report: typed by their first bytes, hashed, bounded, kept apart as they came. In: bytes and a name, for a report that is there. Out: what is said of each;
//! its bytes to whoever of the office downloads them. Never: a file that is opened or shown; more of them than strangers may leave here.

use super::intake::{ASIDE, Arrived, UNREAD, report, unread};
use super::{OWNER, WeaknessError};
use crate::LiaisonError;
use crate::paper::Document;
use crate::report::{Brought, attach, attached, attachments};
use sakimori_custody::time::Seconds;
use sakimori_store::{Attachment, Papers, Store};

/// Most files of a report: steps, a capture, a picture.
pub const FILES_MAX: usize = 3;
/// Most bytes of a file, 2 MiB: the proof that something can be done is small; what is larger the office asks for.
pub const FILE_BYTES_MAX: usize = 2 << 20;
/// Most bytes of all files of reports that nobody has read, 256 MiB: what strangers can fill before somebody looks.
pub const UNREAD_BYTES_MAX: u64 = 256 << 20;

fn full(what: &'static str, most: u64) -> WeaknessError {
    LiaisonError::Full { what, most }.into()
}

/// Keeps a file with a report. The same bytes a second time change nothing. Callers let one in at a time: the bounds are looked at before it is kept.
///
/// # Errors
/// [`LiaisonError::Missing`]; [`LiaisonError::Refused`] where it is empty, too large, or nothing is made of the report; [`LiaisonError::Full`]; what the store says.
pub async fn keep(
    store: &dyn Store,
    id: &str,
    (name, bytes): (&str, Vec<u8>),
    at: Seconds,
) -> Result<Attachment, WeaknessError> {
    let refused = |rule: String| LiaisonError::Refused {
        field: "attachment".to_owned(),
        rule,
    };
    if bytes.len() > FILE_BYTES_MAX {
        return Err(refused(format!("the file has more than {FILE_BYTES_MAX} bytes")).into());
    }
    let arrived = report(store, id).await?;
    if arrived.state == ASIDE {
        return Err(refused("nothing is made of the report".to_owned()).into());
    }
    let own = files(store, id).await?;
    let hash = crate::report::hash(&bytes);
    let known = |file: &&Attachment| sakimori_custody::ids::hex(&file.hash) == hash;
    if let Some(same) = own.iter().find(known) {
        return Ok(same.clone());
    }
    if own.len() >= FILES_MAX {
        return Err(full("files of this report", FILES_MAX as u64));
    }
    if arrived.state == UNREAD {
        let mut sum = bytes.len() as u64;
        for (other, _) in unread(store).await? {
            let files = files(store, &other.id).await?;
            sum = files
                .iter()
                .fold(sum, |sum, file| sum.saturating_add(file.size));
        }
        if sum > UNREAD_BYTES_MAX {
            return Err(full(
                "bytes of files that nobody has looked at",
                UNREAD_BYTES_MAX,
            ));
        }
    }
    let to = Brought {
        kind: Arrived::KIND,
        owner: OWNER,
        id,
        at: at.0,
        by: "reporter",
    };
    Ok(attach(store, to, name, bytes).await?)
}

/// The files of a report, without their bytes.
///
/// # Errors
/// What the store says.
pub async fn files(
    store: &(impl Papers + ?Sized),
    id: &str,
) -> Result<Vec<Attachment>, WeaknessError> {
    Ok(attachments(store, (Arrived::KIND, OWNER, id)).await?)
}

/// The bytes of a file of a report.
///
/// # Errors
/// [`LiaisonError::Missing`]; what the store says.
pub async fn file(
    store: &(impl Papers + ?Sized),
    id: &str,
    hash: &[u8; 32],
) -> Result<Vec<u8>, WeaknessError> {
    Ok(attached(store, (Arrived::KIND, OWNER, id), hash).await?)
}
