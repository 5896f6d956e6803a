//! What an advisory means for an operator. In: hits, answers. Out: papers of operators with one row for each asset that may be meant. Never: an
//! answer that is lost because the advisory has a new version.

use super::Matching;
use super::row::{MatchRow, RowAnswer, judged, word_of};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_advisory::matching::{Advisory, Answered, Hit, Memory};
use sakimori_custody::ids::hex;
use sakimori_store::{Change, Papers, Store, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Most rows of a paper: with names of 200 characters they stay below the longest text of the store.
const ROWS_MAX: usize = 400;
/// Most papers of one operator about one advisory: all of its assets.
const PAPERS_OF_ONE_MAX: usize = 50;
/// Most papers that are given at once, as the store gives them.
const SHOWN_MAX: usize = 100;
/// Longest name of an advisory that a paper shows, characters.
const TITLE_CHARS_MAX: usize = 200;

/// What an advisory means for some of an operator's assets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchPaper {
    /// Namespace of its publisher and tracking id.
    pub advisory: (String, String),
    /// Its title.
    pub title: String,
    /// The rows.
    pub rows: Vec<MatchRow>,
}

impl Document for MatchPaper {
    const KIND: &'static str = "match";
}

/// What asking did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asking {
    /// Operators whose assets may be meant.
    pub operators: u64,
    /// Assets that are affected.
    pub affected: u64,
    /// Questions that are open.
    pub questions: u64,
}

fn id(advisory: &(String, String), part: usize) -> String {
    let mut hash = Sha256::new();
    hash.update((advisory.0.len() as u64).to_be_bytes());
    hash.update(&advisory.0);
    hash.update(&advisory.1);
    let full = hex(&<[u8; 32]>::from(hash.finalize()));
    let short: String = full.chars().take(24).collect();
    format!("m-{short}-{part:03}")
}

/// The row of an asset that the rules find, with what its operator said of the product on another advisory.
fn row(matching: &Matching, advisory: &Advisory, hit: &Hit) -> Option<(String, MatchRow)> {
    let asset = matching.index.asset(hit.asset)?;
    let claim = advisory.claims.get(hit.claim)?;
    let alone = judged(&hit.outcome);
    let mut row = MatchRow {
        number: matching.number(hit.asset)?,
        product: claim.written.clone(),
        names: Some(asset.names()),
        version: asset.version.clone(),
        outcome: alone.outcome,
        doubts: alone.doubts,
        rules: None,
        claim: claim.key(),
        range: claim.range_written.clone(),
        answer: None,
    };
    let known = matching.memory.of_product(claim, asset);
    if let Some((is_it, given)) = known.filter(|(_, given)| given.advisory != advisory.id) {
        let answered = if is_it {
            Answered::ThisProduct
        } else {
            Answered::NotThisProduct
        };
        row.settle(Some(RowAnswer {
            answer: word_of(answered).to_owned(),
            version: asset.version.clone(),
            range: None,
            by: given.by.clone(),
            at: given.at.0,
            of: Some(given.advisory.clone()),
        }));
    }
    Some((asset.operator.clone(), row))
}

/// Takes over what was answered on an earlier version of the advisory; nothing where the asset has become another product since.
fn carry(row: &mut MatchRow, old: &MatchRow) {
    let same = old.names.is_none() || old.names == row.names;
    let Some(answer) = old.answer.clone().filter(|said| same && said.of.is_none()) else {
        return;
    };
    // What was said of the product on another advisory since is the last word.
    let later = row.answer.as_ref().is_some_and(|said| said.at > answer.at);
    if !later {
        let range = answer.range.unwrap_or_else(|| old.range.clone());
        row.settle(Some(RowAnswer {
            range: Some(range),
            ..answer
        }));
    }
}

/// Tells every operator what an advisory means for its assets and asks where that is not certain. What an operator answered before stays.
///
/// # Errors
/// What the store says; what was written before it stands, and asking again goes on.
pub async fn ask(
    store: &(impl Store + ?Sized),
    (by, at): (&str, sakimori_custody::time::Seconds),
    (advisory, title): (&Advisory, &str),
    matching: &Matching,
) -> Result<Asking, LiaisonError> {
    let mut of: BTreeMap<String, Vec<MatchRow>> = BTreeMap::new();
    // Without the memory: what was answered stands in the papers, and is shown beside what the rules say.
    for hit in matching.index.find(advisory, &Memory::new()) {
        if let Some((operator, row)) = row(matching, advisory, &hit) {
            of.entry(operator).or_default().push(row);
        }
    }
    let mut asking = Asking::default();
    for (operator, mut rows) in of {
        let act = Act {
            owner: &operator,
            by,
            at,
        };
        let found = rows.len();
        let mut changes = told(store, &act, (advisory, title), &mut rows).await?;
        // Behind them stand answers on assets that are no more.
        let rows = rows.get(..found).unwrap_or_default();
        asking.operators += u64::from(rows.iter().any(MatchRow::is_theirs));
        for row in rows {
            asking.affected += u64::from(row.outcome == "affected");
            asking.questions += u64::from(row.is_open());
        }
        if changes.is_empty() {
            continue;
        }
        changes.push(act.audit("match-advisory", &advisory.id.1, String::new()));
        store.apply(&changes).await?;
    }
    Ok(asking)
}

async fn told(
    store: &(impl Store + ?Sized),
    act: &Act<'_>,
    (advisory, title): (&Advisory, &str),
    rows: &mut Vec<MatchRow>,
) -> Result<Vec<Change>, LiaisonError> {
    let mut known: Vec<Written<MatchPaper>> = Vec::new();
    for part in 0..PAPERS_OF_ONE_MAX {
        let kept = store
            .paper(act.owner, MatchPaper::KIND, &id(&advisory.id, part))
            .await?;
        let Some(kept) = kept else { break };
        known.push(paper::read(kept)?);
    }
    let before = known.iter().flat_map(|kept| kept.said.rows.iter());
    for old in before.filter(|row| row.answer.is_some()) {
        let same = |row: &&mut MatchRow| row.number == old.number && row.claim == old.claim;
        match rows.iter_mut().find(same) {
            Some(row) => carry(row, old),
            None if old.answer.as_ref().is_some_and(|said| said.of.is_none()) => {
                rows.push(old.clone());
            }
            None => {}
        }
    }
    let title: String = title.chars().take(TITLE_CHARS_MAX).collect();
    let mut chunks = rows.chunks(ROWS_MAX);
    let mut changes = Vec::new();
    for part in 0..PAPERS_OF_ONE_MAX {
        let rows = chunks.next().unwrap_or_default().to_vec();
        if rows.is_empty() && part >= known.len() {
            break;
        }
        let said = MatchPaper {
            advisory: advisory.id.clone(),
            title: title.clone(),
            rows,
        };
        let standing = act.standing(state(&said.rows), None);
        match known.get(part) {
            Some(kept) if kept.said == said => {}
            Some(kept) => changes.push(kept.next(&said, standing)?),
            None => changes.push(paper::first(
                act.owner,
                &id(&advisory.id, part),
                &said,
                standing,
            )?),
        }
    }
    Ok(changes)
}

/// Where a paper stands: `asked` while a question is open.
pub(super) fn state(rows: &[MatchRow]) -> &'static str {
    if rows.iter().any(MatchRow::is_open) {
        "asked"
    } else {
        "told"
    }
}

/// What advisories mean for an operator, or for all; those that changed last first, at most 100 `before` a place.
///
/// # Errors
/// What the store says.
pub async fn matches(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    state: Option<&str>,
    before: u64,
) -> Result<Vec<Written<MatchPaper>>, LiaisonError> {
    let kept = store.latest(view, MatchPaper::KIND, state, before).await?;
    kept.into_iter().map(paper::read).collect()
}

/// What advisories mean for the operators of one minister, those that changed last first, at most 100 `before` a place. What an operator said is none of its products is not in it.
///
/// # Errors
/// What the store says.
pub async fn matches_of_minister(
    store: &(impl Papers + ?Sized),
    (matching, minister): (&Matching, &str),
    state: Option<&str>,
    before: u64,
) -> Result<Vec<Written<MatchPaper>>, LiaisonError> {
    let mut all = Vec::new();
    // Operator by operator: what is another minister's is not read.
    for operator in matching.operators_of(minister) {
        all.extend(matches(store, View::Of(operator), state, before).await?);
    }
    all.sort_by_key(|kept| std::cmp::Reverse(kept.sequence));
    all.truncate(SHOWN_MAX);
    for kept in &mut all {
        kept.said.rows.retain(MatchRow::is_theirs);
    }
    Ok(all)
}
