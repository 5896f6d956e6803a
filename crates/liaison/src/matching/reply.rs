//! Answers to "is this yours?". In: an operator's word about one of its assets. Out: its papers with the word, those of other advisories too where it is about the product. Never: a word on one
//! paper that another of the same operator contradicts.

use super::question::{MatchPaper, state};
use super::row::{MatchRow, RowAnswer, TAKEN_BACK, answered_of};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Written};
use sakimori_advisory::matching::Answered;
use sakimori_store::{Change, Store, View};

/// Most papers of one operator about all advisories that are looked through.
const PAPERS_MAX: usize = 20_000;

/// Takes an operator's answer about one of its assets: every row of the paper with its number. [`TAKEN_BACK`] takes back what was answered. What is about the product goes for the papers of
/// other advisories on it too.
///
/// # Errors
/// [`LiaisonError::Missing`], also where the paper is another's; [`LiaisonError::Refused`]: the word is no answer, or nothing is to be taken back; what the store says.
pub async fn answer(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    (id, number): (&str, u64),
    word: &str,
) -> Result<(), LiaisonError> {
    let answered = answered_of(word);
    if answered.is_none() && word != TAKEN_BACK {
        return Err(refused(
            "is none of not-this-product, not-this-version, this-product, affected, taken-back",
        ));
    }
    let kept = paper::newest::<MatchPaper>(store, act.owner, id).await?;
    let rows = kept.said.rows.iter();
    let own: Vec<&MatchRow> = rows.filter(|row| row.number == number).collect();
    if own.is_empty() {
        return Err(LiaisonError::Missing {
            what: format!("asset {number} in match `{id}`"),
        });
    }
    let some = own.iter().any(|row| row.answer.is_some());
    if answered.is_none() && !some {
        return Err(refused("nothing is to be taken back"));
    }
    let view = View::Of(act.owner);
    let (all, _) = paper::all::<MatchPaper>(store, view, None, PAPERS_MAX).await?;
    let mut changes = Vec::new();
    for other in all {
        let mut said = other.said.clone();
        let here = said.advisory == kept.said.advisory;
        for row in &mut said.rows {
            // In its own paper an answer is for every row of the asset, in others for the product that was meant.
            let meant = row.number == number
                && own
                    .iter()
                    .any(|one| row.claim == one.claim && (here || row.names == one.names));
            if meant {
                word_on(row, (answered, word), (!here).then_some(&kept), &act);
            }
        }
        if said != other.said {
            changes.push(other.next(&said, act.standing(state(&said.rows), None))?);
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    changes.push(act.audit("answer-match", id, format!("{number} {word}")));
    let changes: Vec<Change> = changes;
    Ok(store.apply(&changes).await?)
}

fn refused(rule: &str) -> LiaisonError {
    LiaisonError::Refused {
        field: "answer".to_owned(),
        rule: rule.to_owned(),
    }
}

/// What a word does to a row. `from`: the paper on which it was said, where that is another one.
fn word_on(
    row: &mut MatchRow,
    (answered, word): (Option<Answered>, &str),
    from: Option<&Written<MatchPaper>>,
    act: &Act<'_>,
) {
    let before = row.answered().map(|(answered, _)| answered);
    let Some(answered) = answered else {
        // What was said of a version on another advisory stays.
        if from.is_none() || before.is_some_and(Answered::is_about_product) {
            row.settle(None);
        }
        return;
    };
    let new = RowAnswer {
        answer: word.to_owned(),
        version: row.version.clone(),
        range: Some(row.range.clone()),
        by: act.by.to_owned(),
        at: act.at.0,
        of: from.map(|kept| kept.said.advisory.clone()),
    };
    let of_version = before.is_some_and(|before| !before.is_about_product());
    match from {
        None => row.settle(Some(new)),
        // "Not this product" is the last word, whatever was said of its version before.
        Some(_) if answered == Answered::NotThisProduct => row.settle(Some(new)),
        Some(_) if answered == Answered::ThisProduct && !of_version => row.settle(Some(new)),
        // Who says something of a version says that it is that product.
        Some(_) if !answered.is_about_product() && before == Some(Answered::NotThisProduct) => {
            row.settle(None);
        }
        Some(_) => {}
    }
}
