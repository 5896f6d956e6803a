//! Lists of letters and tickets. In: whose, a place. Out: what is most urgent first for people; what changed behind a place for nodes. Never: a list without an end, a page that
//! another node cannot hold.

use crate::error::LiaisonError;
use crate::paper::{Document, Written, read};
use crate::report::LIST_MAX;
use sakimori_store::{NEWEST, Store, View};
use std::collections::BTreeSet;

/// Most bytes of a page for another node, as they are kept.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// What changed behind a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The newest versions, those that changed first before those that changed last.
    pub rows: Vec<Written<T>>,
    /// The place behind which the next page begins.
    pub place: u64,
    /// Whether there is more behind it.
    pub more: bool,
    /// The place of what changed last; 0 where there is nothing. Who has read further has read of another store.
    pub newest: u64,
}

/// The papers of an owner that changed behind a place.
pub(super) async fn page<T: Document>(
    store: &dyn Store,
    owner: &str,
    after: u64,
) -> Result<Page<T>, LiaisonError> {
    let view = View::Of(owner);
    let last = store.latest(view, T::KIND, None, NEWEST).await?;
    let newest = last.first().map_or(0, |kept| kept.sequence);
    let (mut rows, mut bytes) = (Vec::new(), 0_usize);
    for kept in store.papers(view, T::KIND, None, after).await? {
        bytes = bytes.saturating_add(kept.paper.body.len());
        if bytes > PAGE_BYTES_MAX && !rows.is_empty() {
            break;
        }
        rows.push(read::<T>(kept)?);
    }
    let place = rows.last().map_or(after, |row| row.sequence);
    Ok(Page {
        more: !rows.is_empty() && place < newest,
        rows,
        place,
        newest,
    })
}

/// Papers of a kind, those with the nearest day first, then those that wait for nothing, the newest first; at most 1000.
pub(crate) async fn urgent<T: Document>(
    store: &dyn Store,
    view: View<'_>,
) -> Result<Vec<Written<T>>, LiaisonError> {
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for kept in store.due(view, T::KIND, NEWEST).await? {
        seen.insert(kept.sequence);
        rows.push(read::<T>(kept)?);
    }
    let mut before = NEWEST;
    while rows.len() < LIST_MAX {
        let page = store.latest(view, T::KIND, None, before).await?;
        let Some(last) = page.last() else { break };
        before = last.sequence;
        for kept in page
            .into_iter()
            .filter(|kept| !seen.contains(&kept.sequence))
        {
            rows.push(read::<T>(kept)?);
        }
    }
    rows.truncate(LIST_MAX);
    Ok(rows)
}
