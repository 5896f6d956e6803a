//! The report behind the end of a measure. In: the measure's papers. Out: one document composed of them; the one that was handed in, as it was hashed. Never: a report that is changed once it is handed in.

use super::{
    Custody, LifePaper, Measures, OFFICE, Turn, complaints, custody, evidence, measure, notices,
};
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, first, history, newest};
use crate::report::refused;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_respond::notice::Reference;
use sakimori_respond::plan::Digest;
use sakimori_respond::plan::life::{Event, Record};
use sakimori_respond::report::paper::{Beside, Complained, Noticed, Paper, Verdict};
use sakimori_store::Store;
use serde::{Deserialize, Serialize};

/// Longest words of an officer in a report, in bytes.
const WORDS_BYTES_MAX: usize = 64 << 10;

/// A report that was handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportPaper {
    /// The document, as it was hashed.
    pub text: String,
}

impl Document for ReportPaper {
    const KIND: &'static str = "measure-report";
}

/// A report of what is on record of a measure now.
///
/// # Errors
/// [`LiaisonError::Missing`]; [`LiaisonError::Refused`]: the words are too long; what the store says.
pub async fn compose_report(
    store: &dyn Store,
    id: AuthorityId,
    verdicts: Vec<Verdict>,
    words: &str,
    (now, by): (Seconds, &Name),
) -> Result<Paper, LiaisonError> {
    if words.len() > WORDS_BYTES_MAX {
        let rule = format!("longer than {WORDS_BYTES_MAX} bytes");
        return Err(refused("words", rule));
    }
    let held = measure(store, id).await?;
    let papers = history::<LifePaper>(store, OFFICE, &id.to_string()).await?;
    let records: Vec<Record> = papers
        .into_iter()
        .flat_map(|paper| paper.said.records)
        .collect();
    let Custody { chain, .. } = custody(store, id).await?;
    let text = id.to_string();
    let (all, _) = notices(store, Some(&text)).await?;
    let noticed = all.iter().map(|one| {
        let ticket = one.id.parse::<Reference>().ok();
        let ticket = ticket.and_then(|reference| one.said.ticket(reference).ok());
        Noticed {
            reference: one.id.clone(),
            target: one.said.target.clone(),
            state: one.state.clone(),
            down_seconds: ticket.and_then(|ticket| ticket.time_to_down()),
        }
    });
    let (all, _) = complaints(store, None).await?;
    let of = |one: &&Written<super::ComplaintPaper>| one.said.measure.as_deref() == Some(&text);
    let complained = all.iter().filter(of).map(|one| Complained {
        target: one.said.complaint.target.clone(),
        at: one.said.complaint.at.to_string(),
        state: one.state.clone(),
    });
    let pieces = evidence(store, id).await?;
    let pieces = pieces
        .into_iter()
        .map(|(_, last)| (last.said.name, last.said.erased.is_some()));
    let beside = Beside {
        verdicts,
        notices: noticed.collect(),
        complaints: complained.collect(),
        evidence: pieces.collect(),
        links: chain.links().len() as u64,
        head: chain.head(),
    };
    Ok(Paper::compose(
        &records,
        held.state(),
        beside,
        words,
        (now, by),
    ))
}

/// The report that was handed in; none before.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn report(
    store: &dyn Store,
    id: AuthorityId,
) -> Result<Option<(Paper, Vec<u8>)>, LiaisonError> {
    let written = match newest::<ReportPaper>(store, OFFICE, &id.to_string()).await {
        Ok(written) => written,
        Err(LiaisonError::Missing { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let bytes = written.said.text.into_bytes();
    let read = serde_json::from_slice(&bytes);
    let paper = read.map_err(|source| LiaisonError::Unreadable {
        kind: ReportPaper::KIND,
        id: id.to_string(),
        source,
    })?;
    Ok(Some((paper, bytes)))
}

impl Measures<'_> {
    /// Hands in a report: the document is kept in the transaction of the event that names its SHA-256.
    ///
    /// # Errors
    /// As [`Measures::take`].
    pub async fn hand_in(
        &self,
        id: AuthorityId,
        paper: &Paper,
        by: &Name,
    ) -> Result<(Turn, Event), LiaisonError> {
        let bytes = paper.bytes();
        let event = Event::Report {
            by: by.clone(),
            sha256: Digest::of(&bytes),
        };
        let text = String::from_utf8(bytes).map_err(|e| refused("report", e.to_string()))?;
        let standing = Standing {
            state: "handed-in",
            due: None,
            at: self.now.0,
            by: self.by,
        };
        let kept = first(OFFICE, &id.to_string(), &ReportPaper { text }, standing)?;
        let turn = self.take_with(id, &event, vec![kept]).await?;
        Ok((turn, event))
    }
}
