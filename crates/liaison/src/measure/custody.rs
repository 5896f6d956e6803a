//! A measure's chain of custody, made of its papers. In: the store. Out: the chain with the bytes of each link. Never: a link that the papers do not have; two chains of the same papers.

use super::{LifePaper, OFFICE};
use crate::error::LiaisonError;
use crate::paper::history;
use crate::report::refused;
use sakimori_custody::ids::AuthorityId;
use sakimori_respond::plan::life::Fact;
use sakimori_respond::report::chain::{Chain, Kind};
use sakimori_store::Store;

/// A chain, and the bytes of its links in their order.
#[derive(Clone, Debug)]
pub struct Custody {
    /// The chain.
    pub chain: Chain,
    /// Bytes of each link: the record as JSON.
    pub items: Vec<Vec<u8>>,
}

/// The chain of a measure: the plan as it came in, then every record, by who brought it.
///
/// # Errors
/// [`LiaisonError::Missing`], [`LiaisonError::Unreadable`], what the store says.
pub async fn custody(store: &dyn Store, id: AuthorityId) -> Result<Custody, LiaisonError> {
    let papers = history::<LifePaper>(store, OFFICE, &id.to_string()).await?;
    if papers.is_empty() {
        return Err(LiaisonError::Missing {
            what: format!("measure `{id}`"),
        });
    }
    let mut custody = Custody {
        chain: Chain::default(),
        items: Vec::new(),
    };
    for paper in &papers {
        for record in &paper.said.records {
            let wrong = |e: &dyn std::fmt::Display| refused("measure", e.to_string());
            let bytes = serde_json::to_vec(record).map_err(|e| wrong(&e))?;
            let kind = match record.fact {
                Fact::Drafted { .. } => Kind::Item,
                _ => Kind::Act,
            };
            let fact = serde_json::to_value(&record.fact).map_err(|e| wrong(&e))?;
            let word = fact
                .as_str()
                .or_else(|| fact.as_object()?.keys().next().map(String::as_str));
            let what = word.unwrap_or("record");
            let added = custody.chain.add(record.at, kind, &paper.by, what, &bytes);
            added.map_err(|e| wrong(&e))?;
            custody.items.push(bytes);
        }
    }
    Ok(custody)
}
