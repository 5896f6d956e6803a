//! Changes of drafts, settings, outgoing entries and the record of administrative acts. In: a change. Out: its statements. Never: an entry that goes back once
//! it is in the log.

use super::{bytes, called, count, insert, int, long, name, one};
use crate::change::Change;
use crate::engine::{Value, Work};
use crate::error::StoreError;
use crate::model::Draft;

/// Writes the change if it is of this kind.
pub(super) async fn write(work: &mut impl Work, change: &Change) -> Result<bool, StoreError> {
    match change {
        Change::PutDraft(draft) => put_draft(work, draft).await?,
        Change::DropDraft { draft, version } => {
            let done = work
                .run(
                    "DELETE FROM draft WHERE id = $1 AND version = $2",
                    &[name("draft", draft)?, int(*version)?],
                )
                .await?;
            if done == 0 {
                return Err(stale(work, draft, *version).await?);
            }
        }
        Change::Set { key, value } => {
            work.run(
                "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                &[name("setting", key)?, long("setting's value", value)?],
            )
            .await?;
        }
        Change::Audit {
            at,
            by,
            act,
            object,
            detail,
        } => {
            let sequence = count(work, "audit").await?;
            work.run(
                "INSERT INTO audit (sequence, at, done_by, act, object, detail) VALUES ($1, $2, $3, $4, $5, $6)",
                &[
                    int(sequence)?,
                    int(*at)?,
                    name("by", by)?,
                    name("act", act)?,
                    name("object", object)?,
                    long("detail", detail)?,
                ],
            )
            .await?;
        }
        _ => return write_outgoing(work, change).await,
    }
    Ok(true)
}

async fn write_outgoing(work: &mut impl Work, change: &Change) -> Result<bool, StoreError> {
    match change {
        Change::Outgo {
            id,
            kind,
            body,
            created,
        } => {
            let sequence = count(work, "outgoing").await?;
            insert(
                work,
                "INSERT INTO outgoing (id, sequence, kind, body, created) VALUES ($1, $2, $3, $4, $5)",
                &[
                    name("entry", id)?,
                    int(sequence)?,
                    int(u64::from(*kind))?,
                    bytes("an entry's body", body)?,
                    int(*created)?,
                ],
                || called("outgoing entry", id),
                String::new,
            )
            .await?;
        }
        Change::OutgoMade {
            id,
            envelope,
            stored,
        } => {
            one(
                work,
                "UPDATE outgoing SET envelope = $1, stored = $2 WHERE id = $3 AND envelope IS NULL AND entered IS NULL",
                &[
                    bytes("an envelope", envelope)?,
                    bytes("a stored body", stored)?,
                    name("entry", id)?,
                ],
                || called("entry that waits for its envelope", id),
            )
            .await?;
        }
        Change::OutgoAgain { id } => {
            one(
                work,
                "UPDATE outgoing SET envelope = NULL, stored = NULL WHERE id = $1 AND entered IS NULL",
                &[name("entry", id)?],
                || called("entry that is not in the log", id),
            )
            .await?;
        }
        Change::OutgoEntered { id, index, at } => {
            one(
                work,
                "UPDATE outgoing SET leaf = $1, entered = $2 WHERE id = $3 AND envelope IS NOT NULL AND entered IS NULL",
                &[int(*index)?, int(*at)?, name("entry", id)?],
                || called("entry with an envelope that is not in the log", id),
            )
            .await?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

async fn put_draft(work: &mut impl Work, draft: &Draft) -> Result<(), StoreError> {
    let before = draft.version.checked_sub(1).ok_or(StoreError::Bound {
        what: "the draft's version",
    })?;
    let values = [
        name("draft", &draft.id)?,
        int(draft.version)?,
        long("draft's text", &draft.json)?,
        name("by", &draft.by)?,
        int(draft.changed)?,
    ];
    let done = if before == 0 {
        let owner = name("owner", &draft.owner)?;
        let values: Vec<Value<'_>> = values.into_iter().chain([owner]).collect();
        work.run(
            "INSERT INTO draft (id, version, json, changed_by, changed, owner) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
            &values,
        )
        .await?
    } else {
        let before = int(before)?;
        let values: Vec<Value<'_>> = values.into_iter().chain([before]).collect();
        work.run(
            "UPDATE draft SET version = $2, json = $3, changed_by = $4, changed = $5 WHERE id = $1 AND version = $6",
            &values,
        )
        .await?
    };
    if done == 0 {
        return Err(stale(work, &draft.id, before).await?);
    }
    Ok(())
}

/// Why a draft was not changed.
async fn stale(work: &mut impl Work, draft: &str, expected: u64) -> Result<StoreError, StoreError> {
    let rows = work
        .rows(
            "SELECT version FROM draft WHERE id = $1",
            &[name("draft", draft)?],
        )
        .await?;
    let what = called("draft", draft);
    Ok(match rows.into_iter().next() {
        None => StoreError::Missing { what },
        Some(mut row) => StoreError::Stale {
            what,
            expected,
            found: row.number()?,
        },
    })
}
