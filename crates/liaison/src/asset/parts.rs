//! A register as papers. In: papers, entries. Out: entries, the papers that changed. Never: a part that is written though nothing in it changed.

use super::{Act, Entry, HEAD_ID, Head, PART_ENTRIES_MAX, Register};
use crate::error::LiaisonError;
use crate::paper::{self, Document};
use sakimori_store::{Change, Papers, View};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most parts of one register: twice those that its entries fill, because entries that go leave room that is not filled again.
pub(crate) const PARTS_MAX: usize = 200;

/// A part of a register.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its entries.
    pub entries: Vec<Entry>,
}

impl Document for Part {
    const KIND: &'static str = "asset-part";
}

/// Reads an operator's register; an empty one where nothing was ever kept.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn load(store: &(impl Papers + ?Sized), owner: &str) -> Result<Register, LiaisonError> {
    // The head is read first: a writer that comes between makes the head stale, and nothing is written on what was read here.
    let head = store.paper(owner, Head::KIND, HEAD_ID).await?;
    let head = head.map(paper::read::<Head>).transpose()?;
    let (mut parts, _) = paper::all::<Part>(store, View::Of(owner), None, PARTS_MAX).await?;
    parts.sort_by(|a, b| a.id.cmp(&b.id));
    let all = parts.iter().flat_map(|part| part.said.entries.iter());
    Ok(Register {
        head,
        entries: all.cloned().collect(),
        parts,
    })
}

/// The changes that make a register say something else: its head, and the parts that are not what they were.
pub(crate) fn changes(
    register: &Register,
    head: &Head,
    entries: &[Entry],
    act: &Act<'_>,
    due: Option<u64>,
) -> Result<Vec<Change>, LiaisonError> {
    let standing = act.standing("kept", due);
    let mut out = vec![match &register.head {
        Some(known) => known.next(head, standing)?,
        None => paper::first(act.owner, HEAD_ID, head, standing)?,
    }];
    let mut places: HashMap<u64, usize> = HashMap::new();
    for (at, part) in register.parts.iter().enumerate() {
        places.extend(part.said.entries.iter().map(|entry| (entry.number, at)));
    }
    let mut parts: Vec<Part> = vec![Part::default(); register.parts.len()];
    let mut new = Vec::new();
    for entry in entries {
        match places.get(&entry.number).and_then(|at| parts.get_mut(*at)) {
            Some(part) => part.entries.push(entry.clone()),
            None => new.push(entry.clone()),
        }
    }
    let mut new = new.into_iter();
    for part in &mut parts {
        let room = PART_ENTRIES_MAX.saturating_sub(part.entries.len());
        part.entries.extend(new.by_ref().take(room));
    }
    loop {
        let entries: Vec<Entry> = new.by_ref().take(PART_ENTRIES_MAX).collect();
        if entries.is_empty() {
            break;
        }
        parts.push(Part { entries });
    }
    for (at, part) in parts.iter().enumerate() {
        let state = if part.entries.is_empty() {
            "empty"
        } else {
            "kept"
        };
        let standing = act.standing(state, None);
        match register.parts.get(at) {
            Some(known) if known.said == *part => {}
            Some(known) => out.push(known.next(part, standing)?),
            None => out.push(paper::first(
                act.owner,
                &format!("{at:06}"),
                part,
                standing,
            )?),
        }
    }
    Ok(out)
}
