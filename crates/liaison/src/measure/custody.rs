//! A measure's chain of custody, made of its papers. In: the store. Out: the chain, and of each link its bytes or where they are. Never: a link that the papers do not have; two chains of the same papers; a link that goes with the bytes which
//! were erased.

use super::{EvidencePaper, LifePaper, OFFICE, evidence};
use crate::error::LiaisonError;
use crate::paper::history;
use crate::report::refused;
use sakimori_custody::ids::{AuthorityId, unhex};
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::life::{Fact, Record};
use sakimori_respond::report::chain::{Chain, Kind};
use sakimori_store::Store;

/// Bytes of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The record as JSON.
    Record(Vec<u8>),
    /// A piece of evidence, which lies beside the store or is erased.
    Evidence(EvidencePaper),
}

/// A chain, and the bytes of its links in their order.
#[derive(Clone, Debug)]
pub struct Custody {
    /// The chain.
    pub chain: Chain,
    /// What each link is of.
    pub items: Vec<Item>,
}

/// Something of which a link is made.
enum Part {
    Record(Box<Record>),
    Came(EvidencePaper, Seconds),
    Erased(EvidencePaper, Seconds),
}

/// The chain of a measure: the plan and the evidence as they came in, and every record, by who brought it, in the order in which they were kept.
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
    let mut parts: Vec<(u64, String, Part)> = Vec::new();
    for paper in papers {
        for record in paper.said.records {
            let part = Part::Record(Box::new(record));
            parts.push((paper.sequence, paper.by.clone(), part));
        }
    }
    for (came, last) in evidence(store, id).await? {
        let at = Seconds(came.at);
        parts.push((came.sequence, came.by, Part::Came(came.said, at)));
        if last.said.erased.is_some() {
            let at = Seconds(last.at);
            parts.push((last.sequence, last.by, Part::Erased(last.said, at)));
        }
    }
    // Records of one event stay in their order.
    parts.sort_by_key(|(sequence, ..)| *sequence);
    let mut custody = Custody {
        chain: Chain::default(),
        items: Vec::new(),
    };
    let mut last = Seconds(0);
    for (_, by, part) in parts {
        last = add(&mut custody, last, &by, part)?;
    }
    Ok(custody)
}

/// Adds a part. Clocks of two turns may differ by a little: the order in which they were kept is the chain's.
fn add(
    custody: &mut Custody,
    last: Seconds,
    by: &str,
    part: Part,
) -> Result<Seconds, LiaisonError> {
    let wrong = |e: &dyn std::fmt::Display| refused("measure", e.to_string());
    let chain = &mut custody.chain;
    match part {
        Part::Record(record) => {
            let bytes = serde_json::to_vec(&record).map_err(|e| wrong(&e))?;
            let kind = match record.fact {
                Fact::Drafted { .. } => Kind::Item,
                _ => Kind::Act,
            };
            let fact = serde_json::to_value(&record.fact).map_err(|e| wrong(&e))?;
            let word = fact
                .as_str()
                .or_else(|| fact.as_object()?.keys().next().map(String::as_str));
            let at = record.at.max(last);
            let added = chain.add(at, kind, by, word.unwrap_or("record"), &bytes);
            added.map_err(|e| wrong(&e))?;
            custody.items.push(Item::Record(bytes));
            Ok(at)
        }
        Part::Came(paper, at) => {
            let sha256 = unhex::<32>(&paper.sha256).ok_or_else(|| wrong(&"no SHA-256"))?;
            let (at, what) = (at.max(last), paper.what());
            let added = chain.add_told(at, Kind::Item, (by, &what), (paper.bytes, sha256));
            added.map_err(|e| wrong(&e))?;
            custody.items.push(Item::Evidence(paper));
            Ok(at)
        }
        Part::Erased(paper, at) => {
            let (at, what) = (at.max(last), format!("erased: {}", paper.what()));
            let bytes = serde_json::to_vec(&paper).map_err(|e| wrong(&e))?;
            let added = chain.add(at, Kind::Act, by, &what, &bytes);
            added.map_err(|e| wrong(&e))?;
            custody.items.push(Item::Record(bytes));
            Ok(at)
        }
    }
}
