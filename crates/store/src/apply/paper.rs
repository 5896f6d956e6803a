//! Changes of papers. In: a change. Out: its statements. Never: a version in the place of another, a paper that changes its owner.

use super::{called, count, insert, int, long, maybe_int, name};
use crate::change::Change;
use crate::engine::{Value, Work};
use crate::error::StoreError;
use crate::limits::ATTACHMENT_BYTES_MAX;
use crate::model::{Attachment, Paper};

/// Writes the change if it is of this kind.
pub(super) async fn write(work: &mut impl Work, change: &Change) -> Result<bool, StoreError> {
    match change {
        Change::AddPaper(paper) => add(work, paper).await?,
        Change::AddAttachment { attachment, bytes } => attach(work, attachment, bytes).await?,
        _ => return Ok(false),
    }
    Ok(true)
}

async fn add(work: &mut impl Work, paper: &Paper) -> Result<(), StoreError> {
    let before = paper.version.checked_sub(1).ok_or(StoreError::Bound {
        what: "the paper's version",
    })?;
    let sequence = int(count(work, "paper").await?)?;
    let key = [
        name("kind", &paper.kind)?,
        name("owner", &paper.owner)?,
        name("paper", &paper.id)?,
    ];
    let (version, state) = (int(paper.version)?, name("state", &paper.state)?);
    let due = maybe_int(paper.due)?;
    let head = key.into_iter().chain([version, sequence, state, due]);
    let done = if before == 0 {
        work.run(
            "INSERT INTO paper_head (kind, owner, id, version, sequence, state, due) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, owner, id) DO NOTHING",
            &head.collect::<Vec<Value<'_>>>(),
        )
        .await?
    } else {
        work.run(
            "UPDATE paper_head SET version = $4, sequence = $5, state = $6, due = $7 WHERE kind = $1 AND owner = $2 AND id = $3 AND version = $8",
            &head.chain([int(before)?]).collect::<Vec<Value<'_>>>(),
        )
        .await?
    };
    if done == 0 {
        return Err(stale(work, paper, &key, before).await?);
    }
    let values = key.into_iter().chain([
        version,
        sequence,
        state,
        due,
        int(paper.at)?,
        name("by", &paper.by)?,
        long("paper's text", &paper.body)?,
    ]);
    insert(
        work,
        "INSERT INTO paper (kind, owner, id, version, sequence, state, due, at, written_by, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &values.collect::<Vec<Value<'_>>>(),
        || called(&paper.kind, &paper.id),
        String::new,
    )
    .await
}

/// Why a version was not written.
async fn stale(
    work: &mut impl Work,
    paper: &Paper,
    key: &[Value<'_>],
    expected: u64,
) -> Result<StoreError, StoreError> {
    let rows = work
        .rows(
            "SELECT version FROM paper_head WHERE kind = $1 AND owner = $2 AND id = $3",
            key,
        )
        .await?;
    let what = called(&paper.kind, &paper.id);
    Ok(match rows.into_iter().next() {
        None => StoreError::Missing { what },
        Some(mut row) => StoreError::Stale {
            what,
            expected,
            found: row.number()?,
        },
    })
}

async fn attach(
    work: &mut impl Work,
    attachment: &Attachment,
    bytes: &[u8],
) -> Result<(), StoreError> {
    if bytes.len() > ATTACHMENT_BYTES_MAX {
        return Err(StoreError::Bound {
            what: "the attachment's size",
        });
    }
    let key = [
        name("kind", &attachment.kind)?,
        name("owner", &attachment.owner)?,
        name("paper", &attachment.id)?,
    ];
    let there = work
        .rows(
            "SELECT version FROM paper_head WHERE kind = $1 AND owner = $2 AND id = $3",
            &key,
        )
        .await?;
    if there.is_empty() {
        return Err(StoreError::Missing {
            what: called(&attachment.kind, &attachment.id),
        });
    }
    let values = key.into_iter().chain([
        super::hash(&attachment.hash),
        name("attachment's name", &attachment.name)?,
        name("media type", &attachment.media)?,
        int(attachment.size)?,
        int(attachment.at)?,
        name("by", &attachment.by)?,
        Value::Blob(Some(bytes)),
    ]);
    insert(
        work,
        "INSERT INTO attachment (kind, owner, id, hash, name, media, size, at, added_by, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &values.collect::<Vec<Value<'_>>>(),
        || called("attachment", &attachment.name),
        String::new,
    )
    .await
}
