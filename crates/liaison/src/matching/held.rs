//! What is held of the store to match with. In: the store, again and again. Out: assets, names and answers as they stand, of which what is new alone was read. Never: an asset that is lost
//! because it moved from one paper of its operator to another.

use super::answers::Answers;
use super::names::AliasTable;
use super::{ASSETS_MAX, Marks, Matching, minister, taken};
use crate::error::LiaisonError;
use crate::notice::RegisteredPart;
use crate::paper::{self, Document, Written};
use sakimori_advisory::matching::AssetId;
use sakimori_cooperate::Terms;
use sakimori_store::{Papers, View};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A paper of registered assets, as it was read last.
#[derive(Debug)]
struct Part {
    /// Its number among all.
    place: u32,
    assets: Vec<AssetId>,
}

/// All that was read.
#[derive(Debug)]
pub(super) struct Held {
    marks: Marks,
    /// The schedule that says the ministers in the index.
    terms: Terms,
    pub(super) answers: Answers,
    /// By operator and paper.
    parts: BTreeMap<(String, String), Part>,
    /// The paper that an asset is in now.
    homes: HashMap<AssetId, u32>,
    pub(super) matching: Matching,
}

impl Held {
    /// Nothing was read yet.
    pub(super) fn new(terms: &Terms) -> Self {
        Self {
            marks: Marks::default(),
            terms: terms.clone(),
            answers: Answers::default(),
            parts: BTreeMap::new(),
            homes: HashMap::new(),
            matching: Matching::default(),
        }
    }

    /// Whether its ministers are those of a schedule.
    pub(super) fn is_of(&self, terms: &Terms) -> bool {
        self.terms.routes == terms.routes
    }

    /// Reads what is behind the last look. Who breaks it off may not go on with what is held: part of a change may be missing.
    ///
    /// # Errors
    /// [`LiaisonError::Full`]; what the store says.
    pub(super) async fn follow(
        &mut self,
        store: &(impl Papers + ?Sized),
    ) -> Result<(), LiaisonError> {
        self.names(store).await?;
        self.assets(store).await?;
        self.answers.follow(store).await?;
        if self.answers.has_new() {
            self.matching.memory = Arc::new(self.answers.memory());
        }
        Ok(())
    }

    async fn names(&mut self, store: &(impl Papers + ?Sized)) -> Result<(), LiaisonError> {
        let new = store
            .papers(View::All, AliasTable::KIND, None, self.marks.names)
            .await?;
        if new.is_empty() {
            return Ok(());
        }
        let (aliases, mark) = super::names::marked(store).await?;
        self.marks.names = mark;
        let known = self.matching.aliases.pairs();
        match aliases.pairs().strip_prefix(known) {
            Some(pairs) => {
                let index = Arc::make_mut(&mut self.matching.index);
                for pair in pairs {
                    index.rename(pair, &aliases);
                }
            }
            // Pairs are only ever added; a table that is another one is taken as a whole.
            None => self.matching.index = Arc::new(self.matching.index.renamed(&aliases)),
        }
        self.matching.aliases = Arc::new(aliases);
        Ok(())
    }

    async fn assets(&mut self, store: &(impl Papers + ?Sized)) -> Result<(), LiaisonError> {
        loop {
            let some = store
                .papers(View::All, RegisteredPart::KIND, None, self.marks.parts)
                .await?;
            let Some(last) = some.last() else {
                return Ok(());
            };
            let end = last.sequence;
            for kept in some {
                self.take(paper::read(kept)?);
            }
            self.marks.parts = end;
            if self.matching.index.len() > ASSETS_MAX {
                return Err(LiaisonError::Full {
                    what: "registered assets",
                    most: ASSETS_MAX as u64,
                });
            }
            let aliases = Arc::clone(&self.matching.aliases);
            Arc::make_mut(&mut self.matching.index).tidy(&aliases);
        }
    }

    /// Takes the last version of a paper in the place of the one before.
    fn take(&mut self, part: Written<RegisteredPart>) {
        let assets = taken(&part, &self.terms);
        // They come in the order in which they were written: the last sector counts.
        let minister = minister(part.said.sector, &self.terms);
        let matching = &mut self.matching;
        Arc::make_mut(&mut matching.ministers).insert(part.owner.clone(), minister);
        let index = Arc::make_mut(&mut matching.index);
        let numbers = Arc::make_mut(&mut matching.numbers);
        let key = (part.owner, part.id);
        let before = self.parts.remove(&key);
        // BOUND: as many papers as the store has places for, of which 2^32 are more than ASSETS_MAX lets be read.
        let next = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let place = before.as_ref().map_or(next, |part| part.place);
        let mut ids = Vec::with_capacity(assets.len());
        for (number, asset) in assets {
            ids.push(asset.id);
            self.homes.insert(asset.id, place);
            numbers.insert(asset.id, number);
            index.put(asset, &matching.aliases);
        }
        let mut here = ids.clone();
        here.sort_unstable();
        for id in before.into_iter().flat_map(|part| part.assets) {
            // One that stands in another paper by now has moved.
            let gone = here.binary_search(&id).is_err() && self.homes.get(&id) == Some(&place);
            if gone {
                self.homes.remove(&id);
                numbers.remove(&id);
                index.remove(id);
            }
        }
        self.parts.insert(key, Part { place, assets: ids });
    }
}
