//! Pieces of evidence whose bytes are at the office. In: what a dossier names by its SHA-256, as it came. Out: papers of what is kept, until when, and what was erased. Never: the bytes, which lie beside the store so that they can be erased;
//! a piece that the dossier does not name; a second time of intake.

use super::{LifePaper, OFFICE};
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, all, first, history};
use crate::report::refused;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::dossier::Evidence;
use sakimori_respond::plan::life::Fact;
use sakimori_store::{Store, StoreError, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest piece in bytes: what a mail server takes.
pub const PIECE_BYTES_MAX: usize = 16 << 20;
/// Most bytes of all pieces of one measure.
pub const PIECES_BYTES_MAX: u64 = 256 << 20;
/// Most pieces that are looked through for those that are due.
const PIECES_MAX: usize = 100_000;
const KEPT: &str = "kept";
const ERASED: &str = "erased";

/// A piece of evidence that came in. States: `kept`, `erased`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidencePaper {
    /// The measure, hex.
    pub measure: String,
    /// Its name in the dossier.
    pub name: String,
    /// Its class, as the dossier has it.
    pub class: String,
    /// SHA-256 of it, hex.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// The entry of the finding that it is a copy of: it is erased with it.
    pub finding: Option<u64>,
    /// The first second in which it is not kept any more; none while the measure is not reported.
    pub until: Option<u64>,
    /// When it was erased, seconds since 1970.
    pub erased: Option<u64>,
}

impl Document for EvidencePaper {
    const KIND: &'static str = "measure-evidence";
}

impl EvidencePaper {
    /// What it is, for the chain of custody.
    pub fn what(&self) -> String {
        format!("evidence {} ({})", self.name, self.class)
    }
}

fn id(measure: AuthorityId, name: &str) -> String {
    format!("{measure}-{name}")
}

/// The piece of a name in any dossier that the measure ever had, with its bytes held against it.
///
/// # Errors
/// [`LiaisonError::Refused`]: no dossier names it, or with another SHA-256; what the store says.
pub async fn named_evidence(
    store: &dyn Store,
    measure: AuthorityId,
    name: &str,
) -> Result<Evidence, LiaisonError> {
    let pieces = all_named(store, measure).await?;
    let found = pieces.get(name).cloned();
    found.ok_or_else(|| {
        refused(
            "evidence",
            format!("no dossier of the measure names `{name}`"),
        )
    })
}

/// Pieces of all dossiers of a measure, by name, the newest of each.
async fn all_named(
    store: &dyn Store,
    measure: AuthorityId,
) -> Result<BTreeMap<String, Evidence>, LiaisonError> {
    let papers = history::<LifePaper>(store, OFFICE, &measure.to_string()).await?;
    let mut pieces = BTreeMap::new();
    for record in papers.iter().flat_map(|paper| &paper.said.records) {
        if let Fact::Drafted { plan, .. } | Fact::RenewalAsked { plan, .. } = &record.fact {
            for one in &plan.dossier.evidence {
                pieces.insert(one.id.to_string(), one.clone());
            }
        }
    }
    Ok(pieces)
}

/// Notes that a piece is kept; `false` where it is known already.
///
/// # Errors
/// [`LiaisonError::Refused`]: there would be more bytes than a measure may have; what the store says.
pub async fn keep_evidence(
    store: &dyn Store,
    measure: AuthorityId,
    paper: &EvidencePaper,
    at: Seconds,
    by: &str,
) -> Result<bool, LiaisonError> {
    let known = evidence(store, measure).await?;
    let sum: u64 = known.iter().map(|one| one.1.said.bytes).sum();
    if sum.saturating_add(paper.bytes) > PIECES_BYTES_MAX {
        return Err(refused(
            "evidence",
            format!("a measure has at most {PIECES_BYTES_MAX} bytes"),
        ));
    }
    let standing = Standing {
        state: KEPT,
        due: paper.until,
        at: at.0,
        by,
    };
    let change = first(OFFICE, &id(measure, &paper.name), paper, standing)?;
    match store.apply(&[change]).await {
        Ok(()) => Ok(true),
        Err(StoreError::Exists { .. } | StoreError::Stale { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Pieces of a measure that came in: the first and the newest version of each.
///
/// # Errors
/// What the store says.
pub async fn evidence(
    store: &dyn Store,
    measure: AuthorityId,
) -> Result<Vec<(Written<EvidencePaper>, Written<EvidencePaper>)>, LiaisonError> {
    let mut found = Vec::new();
    for name in all_named(store, measure).await?.keys() {
        let versions = history::<EvidencePaper>(store, OFFICE, &id(measure, name)).await?;
        if let (Some(first), Some(last)) = (versions.first(), versions.last()) {
            found.push((first.clone(), last.clone()));
        }
    }
    Ok(found)
}

/// Pieces of all measures that are kept.
///
/// # Errors
/// What the store says.
pub async fn kept_evidence(store: &dyn Store) -> Result<Vec<Written<EvidencePaper>>, LiaisonError> {
    let (papers, _) = all::<EvidencePaper>(store, View::All, Some(KEPT), PIECES_MAX).await?;
    Ok(papers)
}

/// Sets until when a piece is kept.
///
/// # Errors
/// What the store says.
pub async fn limit_evidence(
    store: &dyn Store,
    written: &Written<EvidencePaper>,
    until: Seconds,
    at: Seconds,
    by: &str,
) -> Result<(), LiaisonError> {
    let said = EvidencePaper {
        until: Some(until.0),
        ..written.said.clone()
    };
    let standing = Standing {
        state: KEPT,
        due: Some(until.0),
        at: at.0,
        by,
    };
    Ok(store.apply(&[written.next(&said, standing)?]).await?)
}

/// Notes that the bytes of a piece are gone.
///
/// # Errors
/// What the store says.
pub async fn erase_evidence(
    store: &dyn Store,
    written: &Written<EvidencePaper>,
    at: Seconds,
    by: &str,
) -> Result<(), LiaisonError> {
    let said = EvidencePaper {
        erased: Some(at.0),
        ..written.said.clone()
    };
    let standing = Standing {
        state: ERASED,
        due: None,
        at: at.0,
        by,
    };
    Ok(store.apply(&[written.next(&said, standing)?]).await?)
}
