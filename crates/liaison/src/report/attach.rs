//! Files that come with a case: typed by their first bytes, hashed, bounded, kept as they came. In: bytes, a name of a stranger. Out: what is said of each; its bytes to whoever
//! downloads them. Never: a file that is opened or shown; a name that is a path.

use super::bounds::{ATTACHED_BYTES_MAX, ATTACHMENTS_MAX, FILE_NAME_CHARS_MAX};
use super::{media, refused};
use crate::error::LiaisonError;
use sakimori_store::limits::ATTACHMENT_BYTES_MAX;
use sakimori_store::{Attachment, Change, Papers, Store, StoreError};
use sha2::{Digest, Sha256};

/// Which paper a file belongs to, and who brings it when.
#[derive(Clone, Copy, Debug)]
pub struct Brought<'a> {
    /// The paper's kind.
    pub kind: &'a str,
    /// The paper's owner.
    pub owner: &'a str,
    /// The paper's id.
    pub id: &'a str,
    /// When, seconds since 1970.
    pub at: u64,
    /// Who.
    pub by: &'a str,
}

/// Keeps a file with a paper. The same bytes a second time change nothing.
///
/// # Errors
/// [`LiaisonError::Refused`] where it is empty or too large, [`LiaisonError::Full`], [`LiaisonError::Missing`] where there is no such paper, what the store says.
pub async fn attach(
    store: &dyn Store,
    to: Brought<'_>,
    name: &str,
    bytes: Vec<u8>,
) -> Result<Attachment, LiaisonError> {
    keep(store, to, (name, bytes), |_| Ok(None)).await
}

/// As [`attach`], with a change that is made in the same transaction and is handed the file's hash in hex.
///
/// # Errors
/// As [`attach`].
pub(super) async fn keep(
    store: &dyn Store,
    to: Brought<'_>,
    (name, bytes): (&str, Vec<u8>),
    beside: impl FnOnce(&str) -> Result<Option<Change>, LiaisonError> + Send,
) -> Result<Attachment, LiaisonError> {
    if bytes.is_empty() {
        return Err(refused("attachment", "the file is empty"));
    }
    if bytes.len() > ATTACHMENT_BYTES_MAX {
        let rule = format!("the file has more than {ATTACHMENT_BYTES_MAX} bytes");
        return Err(refused("attachment", rule));
    }
    let missing = || LiaisonError::Missing {
        what: format!("case `{}`", to.id),
    };
    let there = store.paper(to.owner, to.kind, to.id).await?;
    there.ok_or_else(missing)?;
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    let known = store.attachments(to.owner, to.kind, to.id).await?;
    if let Some(same) = known.iter().find(|each| each.hash == hash) {
        return Ok(same.clone());
    }
    let size = bytes.len() as u64;
    let sum = known
        .iter()
        .fold(size, |sum, each| sum.saturating_add(each.size));
    if known.len() as u64 >= ATTACHMENTS_MAX {
        let what = "files of this case";
        return Err(LiaisonError::Full {
            what,
            most: ATTACHMENTS_MAX,
        });
    }
    if sum > ATTACHED_BYTES_MAX {
        let what = "bytes of this case's files";
        return Err(LiaisonError::Full {
            what,
            most: ATTACHED_BYTES_MAX,
        });
    }
    let attachment = Attachment {
        kind: to.kind.to_owned(),
        owner: to.owner.to_owned(),
        id: to.id.to_owned(),
        hash,
        name: plain_name(name),
        media: media(&bytes).to_owned(),
        size,
        at: to.at,
        by: to.by.to_owned(),
    };
    let sha256 = super::hash(&bytes);
    let mut changes = Vec::new();
    changes.extend(beside(&sha256)?);
    changes.push(Change::Audit {
        at: to.at,
        by: to.by.to_owned(),
        act: "attach".to_owned(),
        object: format!("{} {}", to.kind, to.id),
        detail: sha256,
    });
    let kept = Change::AddAttachment {
        attachment: attachment.clone(),
        bytes,
    };
    changes.insert(0, kept);
    match store.apply(&changes).await {
        // Brought twice at the same moment: it is here.
        Ok(()) | Err(StoreError::Exists { .. }) => Ok(attachment),
        Err(e) => Err(e.into()),
    }
}

/// The files of a paper, without their bytes.
///
/// # Errors
/// What the store says.
pub async fn attachments(
    store: &(impl Papers + ?Sized),
    (kind, owner, id): (&str, &str, &str),
) -> Result<Vec<Attachment>, LiaisonError> {
    Ok(store.attachments(owner, kind, id).await?)
}

/// The bytes of a file of a paper.
///
/// # Errors
/// [`LiaisonError::Missing`], what the store says.
pub async fn attached(
    store: &(impl Papers + ?Sized),
    (kind, owner, id): (&str, &str, &str),
    file: &[u8; 32],
) -> Result<Vec<u8>, LiaisonError> {
    let bytes = store.attached(owner, kind, id, file).await?;
    bytes.ok_or_else(|| LiaisonError::Missing {
        what: "attachment".to_owned(),
    })
}

/// The last part of a name, without what a file system or a page would take amiss.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let kept = last.chars().map(|c| if plain(c) { c } else { '_' });
    let kept: String = kept.take(FILE_NAME_CHARS_MAX).collect();
    let kept = kept.trim().trim_start_matches('.').to_owned();
    if kept.is_empty() {
        "file".to_owned()
    } else {
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::plain_name;

    #[test]
    fn a_name_is_no_path_and_no_markup() {
        for (name, kept) in [
            ("ログ 1.txt", "ログ 1.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\a.exe", "a.exe"),
            ("a\"\r\nb<c>.txt", "a___b_c_.txt"),
            ("..", "file"),
            ("", "file"),
        ] {
            assert_eq!(plain_name(name), kept);
        }
        assert_eq!(plain_name(&"x".repeat(1000)).len(), 120);
    }
}
