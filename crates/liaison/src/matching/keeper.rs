//! The index of registered assets, kept from one question to the next. In: the store. Out: everything that an advisory is matched with, as the store has it now. Never: an index that an
//! asset, name or answer in the store is not in; one that is made twice because two ask at once.
//!
//! Versions of papers are never changed or taken away, so that what lies behind the last place that was read is all that is new. That is asked at each question, and gives nothing
//! where nothing came. A new notice or name has all assets read again, for both are seldom; a new answer, or what an advisory means, is read alone.

use super::answers::Answers;
use super::names::AliasTable;
use super::{Marks, Matching, Told};
use crate::error::LiaisonError;
use crate::notice::RegisteredPart;
use crate::paper::Document;
use sakimori_cooperate::Terms;
use sakimori_store::{Papers, View};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Keeps the index.
#[derive(Debug, Default)]
pub struct Keeper(Mutex<Option<Held>>);

#[derive(Debug)]
struct Held {
    marks: Marks,
    /// The schedule that says the ministers in the index.
    terms: Terms,
    answers: Answers,
    matching: Matching,
}

impl Held {
    async fn read(store: &(impl Papers + ?Sized), terms: &Terms) -> Result<Self, LiaisonError> {
        let mut answers = Answers::default();
        let (matching, marks) = Matching::read(store, terms, &mut answers).await?;
        Ok(Self {
            marks,
            terms: terms.clone(),
            answers,
            matching,
        })
    }

    /// Whether assets and names are those of the store.
    async fn stands(
        &self,
        store: &(impl Papers + ?Sized),
        terms: &Terms,
    ) -> Result<bool, LiaisonError> {
        if self.terms.routes != terms.routes {
            return Ok(false);
        }
        let Marks { parts, names } = self.marks;
        for (kind, seen) in [(RegisteredPart::KIND, parts), (AliasTable::KIND, names)] {
            if !store.papers(View::All, kind, None, seen).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Keeper {
    /// What advisories came to, in numbers, those that changed last first; as the store has it now.
    ///
    /// # Errors
    /// As [`Matching::load`].
    pub async fn told(
        &self,
        store: &(impl Papers + ?Sized),
        terms: &Terms,
    ) -> Result<Vec<Told>, LiaisonError> {
        self.current(store, terms).await?;
        let place = self.0.lock().await;
        Ok(place
            .as_ref()
            .map(|held| held.answers.told())
            .unwrap_or_default())
    }

    /// Everything that an advisory is matched with, as the store has it now. Who asks while it is read waits for it.
    ///
    /// # Errors
    /// As [`Matching::load`].
    pub async fn current(
        &self,
        store: &(impl Papers + ?Sized),
        terms: &Terms,
    ) -> Result<Matching, LiaisonError> {
        let mut place = self.0.lock().await;
        let kept = match place.take() {
            Some(held) if held.stands(store, terms).await? => Some(held),
            // It is let go before another is made: two at once would be twice the memory.
            _ => None,
        };
        let held = place.insert(match kept {
            Some(held) => held,
            None => Held::read(store, terms).await?,
        });
        held.answers.follow(store).await?;
        if held.answers.has_new() {
            held.matching.memory = Arc::new(held.answers.memory());
        }
        Ok(held.matching.clone())
    }
}
