//! What an advisory means for an operator. In: hits, answers. Out: papers of operators with one row for each asset that may be meant. Never: an
//! answer that is lost because the advisory has a new version.

use super::Matching;
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_advisory::matching::{Advisory, Answered, Doubt, Hit, Outcome};
use sakimori_custody::ids::hex;
use sakimori_store::{Change, Papers, Store, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Most rows of a paper: with names of 200 characters they stay below the longest text of the store.
const ROWS_MAX: usize = 400;
/// Most papers of one operator about one advisory: all of its assets.
const PAPERS_OF_ONE_MAX: usize = 50;
/// Longest name of an advisory that a paper shows, characters.
const TITLE_CHARS_MAX: usize = 200;

/// An asset that an advisory may mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchRow {
    /// Its number in the operator's register.
    pub number: u64,
    /// Maker and product as the advisory has them.
    pub product: (String, String),
    /// Version as it is registered.
    pub version: Option<String>,
    /// `affected`, `not-affected` or `question`.
    pub outcome: String,
    /// What is not certain, in the order in which it is asked.
    pub doubts: Vec<String>,
    /// Key of the claim, by which an answer is remembered.
    pub claim: (String, String, String),
    /// Its range of versions as it is written.
    pub range: String,
    /// What the operator answered.
    pub answer: Option<RowAnswer>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowAnswer {
    /// The answer's word.
    pub answer: String,
    /// The version that was registered then.
    pub version: Option<String>,
    /// Who gave it.
    pub by: String,
    /// When.
    pub at: u64,
}

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

const ANSWERS: [(Answered, &str); 4] = [
    (Answered::NotThisProduct, "not-this-product"),
    (Answered::NotThisVersion, "not-this-version"),
    (Answered::ThisProduct, "this-product"),
    (Answered::Affected, "affected"),
];

/// The answer of a word: `not-this-product`, `not-this-version`, `this-product`, `affected`.
pub fn answered_of(word: &str) -> Option<Answered> {
    let found = ANSWERS.iter().find(|(_, each)| *each == word);
    found.map(|(answered, _)| *answered)
}

const fn doubt_word(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Product => "product",
        Doubt::Maker => "maker",
        Doubt::Model => "model",
        Doubt::VersionUnknown => "version-unknown",
        Doubt::Version => "version",
        Doubt::Status => "status",
    }
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

fn row(matching: &Matching, advisory: &Advisory, hit: &Hit) -> Option<(String, MatchRow)> {
    let asset = matching.index.asset(hit.asset)?;
    let claim = advisory.claims.get(hit.claim)?;
    let (outcome, doubts) = match &hit.outcome {
        Outcome::Affected => ("affected", &[][..]),
        Outcome::NotAffected => ("not-affected", &[][..]),
        Outcome::Question(doubts) => ("question", doubts.as_slice()),
    };
    let row = MatchRow {
        number: matching.number(hit.asset)?,
        product: claim.written.clone(),
        version: asset.version.clone(),
        outcome: outcome.to_owned(),
        doubts: doubts
            .iter()
            .map(|doubt| doubt_word(*doubt).to_owned())
            .collect(),
        claim: claim.key(),
        range: claim.range_written.clone(),
        answer: None,
    };
    Some((asset.operator.clone(), row))
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
    for hit in matching.find(advisory) {
        if let Some((operator, row)) = row(matching, advisory, &hit) {
            of.entry(operator).or_default().push(row);
        }
    }
    let mut asking = Asking::default();
    for (operator, rows) in of {
        asking.operators += 1;
        for row in &rows {
            asking.affected += u64::from(row.outcome == "affected");
            asking.questions += u64::from(row.outcome == "question");
        }
        let act = Act {
            owner: &operator,
            by,
            at,
        };
        let mut changes = told(store, &act, (advisory, title), rows).await?;
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
    mut rows: Vec<MatchRow>,
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
            Some(row) => row.answer.clone_from(&old.answer),
            None => rows.push(old.clone()),
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
fn state(rows: &[MatchRow]) -> &'static str {
    let open = |row: &MatchRow| row.outcome == "question" && row.answer.is_none();
    if rows.iter().any(open) {
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

/// Takes an operator's answer about one of its assets: every row of the paper with its number.
///
/// # Errors
/// [`LiaisonError::Missing`], also where the paper is another's; what the store says.
pub async fn answer(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    (id, number): (&str, u64),
    word: &str,
) -> Result<(), LiaisonError> {
    answered_of(word).ok_or_else(|| LiaisonError::Refused {
        field: "answer".to_owned(),
        rule: "is none of not-this-product, not-this-version, this-product, affected".to_owned(),
    })?;
    let kept = paper::newest::<MatchPaper>(store, act.owner, id).await?;
    let mut said = kept.said.clone();
    let mut found = false;
    for row in said.rows.iter_mut().filter(|row| row.number == number) {
        found = true;
        row.answer = Some(RowAnswer {
            answer: word.to_owned(),
            version: row.version.clone(),
            by: act.by.to_owned(),
            at: act.at.0,
        });
    }
    if !found {
        return Err(LiaisonError::Missing {
            what: format!("asset {number} in match `{id}`"),
        });
    }
    let changes = [
        kept.next(&said, act.standing(state(&said.rows), None))?,
        act.audit("answer-match", id, format!("{number} {word}")),
    ];
    Ok(store.apply(&changes).await?)
}
