//! The memory of what operators answered. In: papers of matches, those alone that are new since the last look. Out: memory as the rules ask it. Never: a paper read twice that did not
//! change; an earlier answer in the place of a later one.

use super::asset_id;
use super::question::MatchPaper;
use super::row::{MatchRow, RowAnswer};
use super::tally::Tally;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use sakimori_advisory::csaf::products::Status;
use sakimori_advisory::matching::{Answered, Asset, Claim, Given, Memory};
use sakimori_advisory::version::Range;
use sakimori_custody::time::Seconds;
use sakimori_store::{Papers, View};
use std::collections::BTreeMap;

/// Most papers with answers that are remembered.
const PAPERS_MAX: usize = 200_000;

/// The answers of a paper.
#[derive(Debug, PartialEq, Eq)]
struct OfPaper {
    /// Place of the version that they are of.
    sequence: u64,
    advisory: (String, String),
    /// Rows with an answer.
    rows: Vec<MatchRow>,
}

/// An answer on its way into memory.
struct One<'a> {
    /// When it was given, and the place of its paper.
    at: (u64, u64),
    owner: &'a str,
    paper: &'a OfPaper,
    row: &'a MatchRow,
    said: &'a RowAnswer,
    answered: Answered,
}

/// What operators answered, up to a place among all papers.
#[derive(Debug, Default)]
pub(super) struct Answers {
    seen: u64,
    /// By operator and paper, those with an answer.
    papers: BTreeMap<(String, String), OfPaper>,
    /// By operator and paper, all of them: what it comes to, without a row.
    tallies: BTreeMap<(String, String), Tally>,
    /// Whether an answer came since the memory was made. It is set before the next wait, so that a look that is broken off hides nothing.
    new: bool,
}

impl Answers {
    /// Reads what is behind the last look.
    ///
    /// # Errors
    /// [`LiaisonError::Full`]; what the store says.
    pub(super) async fn follow(
        &mut self,
        store: &(impl Papers + ?Sized),
    ) -> Result<(), LiaisonError> {
        loop {
            let some = store
                .papers(View::All, MatchPaper::KIND, None, self.seen)
                .await?;
            let Some(last) = some.last() else { break };
            let end = last.sequence;
            for kept in some {
                self.take(paper::read(kept)?);
            }
            self.seen = end;
        }
        if self.papers.len() > PAPERS_MAX {
            return Err(LiaisonError::Full {
                what: "papers of answers",
                most: PAPERS_MAX as u64,
            });
        }
        Ok(())
    }

    fn take(&mut self, kept: Written<MatchPaper>) {
        let key = (kept.owner.clone(), kept.id.clone());
        self.tallies
            .insert(key, Tally::of(kept.sequence, &kept.said));
        let rows = kept.said.rows.into_iter();
        let of_paper = OfPaper {
            sequence: kept.sequence,
            advisory: kept.said.advisory,
            // What was taken over from another advisory stands there.
            rows: rows
                .filter(|row| row.answer.as_ref().is_some_and(|said| said.of.is_none()))
                .collect(),
        };
        let key = (kept.owner, kept.id);
        let before = self.papers.get(&key).map_or(&[][..], |old| &old.rows);
        self.new |= before != of_paper.rows.as_slice();
        if of_paper.rows.is_empty() {
            self.papers.remove(&key);
        } else {
            self.papers.insert(key, of_paper);
        }
    }

    /// What all papers come to, by advisory.
    pub(super) fn told(&self) -> Vec<super::tally::Told> {
        super::tally::told(
            self.tallies
                .iter()
                .map(|((owner, _), tally)| (owner, tally)),
        )
    }

    /// Whether an answer came since [`Answers::memory`] was called.
    pub(super) const fn has_new(&self) -> bool {
        self.new
    }

    /// The memory.
    pub(super) fn memory(&mut self) -> Memory {
        let mut rows: Vec<One<'_>> = Vec::new();
        for ((owner, _), paper) in &self.papers {
            for row in &paper.rows {
                if let Some((answered, said)) = row.answered() {
                    rows.push(One {
                        at: (said.at, paper.sequence),
                        owner,
                        paper,
                        row,
                        said,
                        answered,
                    });
                }
            }
        }
        // A later answer takes the place of the one before.
        rows.sort_by_key(|one| one.at);
        let mut memory = Memory::new();
        for one in rows {
            let asset = remembered_asset(one.owner, one.row, one.said);
            let claim = remembered_claim(one.row, one.said);
            let given = Given {
                advisory: one.paper.advisory.clone(),
                by: one.said.by.clone(),
                at: Seconds(one.said.at),
            };
            memory.keep(&claim, &asset, one.answered, given);
        }
        self.new = false;
        memory
    }
}

/// What operators answered, as the rules remember it.
///
/// # Errors
/// [`LiaisonError::Full`]; what the store says.
pub async fn memory(store: &(impl Papers + ?Sized)) -> Result<Memory, LiaisonError> {
    let mut answers = Answers::default();
    answers.follow(store).await?;
    Ok(answers.memory())
}

/// A claim that has the key and range of a row: memory asks a claim for no more.
fn remembered_claim(row: &MatchRow, said: &RowAnswer) -> Claim {
    let (maker, product, models) = row.claim.clone();
    let models = models.split('|').filter(|model| !model.is_empty());
    Claim {
        written: row.product.clone(),
        maker,
        product,
        models: models.map(str::to_owned).collect(),
        range: Range::All,
        range_written: said.range.as_ref().unwrap_or(&row.range).clone(),
        cpe: None,
        purls: Vec::new(),
        status: Status::Affected,
        entries: None,
    }
}

/// An asset that has the id and names of a row and the version that was answered about.
fn remembered_asset(operator: &str, row: &MatchRow, said: &RowAnswer) -> Asset {
    let names = row.names.clone();
    let (maker, product, model) =
        names.unwrap_or_else(|| (row.product.0.clone(), row.product.1.clone(), None));
    Asset {
        id: asset_id(operator, row.number),
        operator: operator.to_owned(),
        minister: String::new(),
        maker,
        product,
        model,
        version: said.version.clone(),
        count: 1,
        cpe: None,
        purl: None,
    }
}
