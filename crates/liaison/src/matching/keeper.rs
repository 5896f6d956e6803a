//! The index of registered assets, kept from one question to the next. In: the store. Out: everything that an advisory is matched with, as the store has it now. Never: an index that an
//! asset, name or answer in the store is not in; one that is made twice because two ask at once.
//!
//! Versions of papers are never changed or taken away, so that what lies behind the last place that was read is all that is new. That is asked at each question, and gives nothing
//! where nothing came. A notice has its own papers read and its assets alone put into the index; a name moves the assets that it is about; an answer is read alone. Another schedule has all
//! read anew, for it may route every operator to another minister.

use super::held::Held;
use super::{Matching, Told};
use crate::error::LiaisonError;
use sakimori_cooperate::Terms;
use sakimori_store::Papers;
use tokio::sync::Mutex;

/// Keeps the index.
#[derive(Debug, Default)]
pub struct Keeper(Mutex<Option<Held>>);

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
        // It is taken out while it is read on: where that is broken off, it is read anew. One that is of another schedule is let go before another is made: two at once would be twice the memory.
        let mut held = match place.take() {
            Some(held) if held.is_of(terms) => held,
            _ => Held::new(terms),
        };
        held.follow(store).await?;
        let held = place.insert(held);
        Ok(held.matching.clone())
    }
}
