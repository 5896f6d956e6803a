//! What a caller may see: by markings, of the object and of all that it refers to, in whatever collection of the node that lies. In: markings, references. Out: seen or withheld.
//! Never: an object of which a part is cut out; the id of an object that the caller is shown nowhere.

use super::FOLLOWED_MAX;
use super::store::{Row, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// What a caller may see.
pub trait Sight {
    /// Whether the caller may see an object with this marking. A marking that is not known is refused by whoever implements this.
    fn sees(&self, marking: &str) -> bool;

    /// Whether the caller is shown an object of another collection than the one that it asks for.
    fn sees_in(&self, _collection: &str, row: &Row) -> bool {
        row.markings.iter().all(|marking| self.sees(marking))
    }

    /// Whether the caller sees every object, so that none has to be judged.
    fn sees_every(&self) -> bool {
        false
    }
}

/// A caller that sees every marking.
#[derive(Clone, Copy, Debug)]
pub struct SeesAll;

impl Sight for SeesAll {
    fn sees(&self, _: &str) -> bool {
        true
    }

    fn sees_every(&self) -> bool {
        true
    }
}

/// Judges objects for one request; what was looked up is kept for its length.
pub(super) struct Judge<'s, S: ?Sized> {
    store: &'s S,
    collection: &'s str,
    sight: &'s dyn Sight,
    /// By id: whether it is seen, and what its versions refer to. In the collection that is asked for every version has to be seen; of what is not there, every version in one other.
    known: BTreeMap<String, (bool, Vec<String>)>,
}

impl<'s, S: Store + ?Sized> Judge<'s, S> {
    pub(super) fn new(store: &'s S, collection: &'s str, sight: &'s dyn Sight) -> Self {
        Self {
            store,
            collection,
            sight,
            known: BTreeMap::new(),
        }
    }

    /// Whether the caller sees an object: its own markings, and those of whatever it leads to over any number of references. What is in no collection of the node is not here to be
    /// hidden.
    pub(super) fn sees(&mut self, row: &Row) -> Result<bool, StoreError> {
        if self.sight.sees_every() {
            return Ok(true);
        }
        if !row.markings.iter().all(|marking| self.sight.sees(marking)) {
            return Ok(false);
        }
        let mut reached: BTreeSet<String> = BTreeSet::from([row.key.id.clone()]);
        let mut layer: Vec<String> = row.references.clone();
        while !layer.is_empty() {
            layer.retain(|id| reached.insert(id.clone()));
            layer.sort();
            layer.dedup();
            if reached.len() > FOLLOWED_MAX {
                return Ok(false);
            }
            self.look_up(&layer)?;
            let mut next = Vec::new();
            for id in &layer {
                match self.known.get(id) {
                    Some((false, _)) => return Ok(false),
                    Some((true, references)) => next.extend(references.iter().cloned()),
                    None => {}
                }
            }
            layer = next;
        }
        Ok(true)
    }

    /// Looks up what some objects lead to, all at once: a page costs a question to the store for each level of references and not for each object. Beyond
    /// [`FOLLOWED_MAX`] objects what is left is looked up for each.
    pub(super) fn prepare(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        if self.sight.sees_every() {
            return Ok(());
        }
        // Objects that are not seen themselves are not followed.
        let seen = rows
            .iter()
            .filter(|row| row.markings.iter().all(|marking| self.sight.sees(marking)));
        let mut layer: Vec<String> = seen.flat_map(|row| row.references.clone()).collect();
        let mut reached: BTreeSet<String> = BTreeSet::new();
        while !layer.is_empty() && reached.len() <= FOLLOWED_MAX {
            layer.retain(|id| reached.insert(id.clone()));
            self.look_up(&layer)?;
            let known = layer.iter().filter_map(|id| self.known.get(id));
            // Whoever leads to something hidden is withheld, whatever lies behind it.
            let followed = known.filter(|(seen, _)| *seen);
            layer = followed.flat_map(|(_, next)| next.clone()).collect();
        }
        Ok(())
    }

    fn look_up(&mut self, ids: &[String]) -> Result<(), StoreError> {
        let new: Vec<String> = ids
            .iter()
            .filter(|id| !self.known.contains_key(*id))
            .cloned()
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        for row in self.store.versions_of(self.collection, &new)? {
            let seen = row.markings.iter().all(|marking| self.sight.sees(marking));
            let entry = self.known.entry(row.key.id).or_insert((true, Vec::new()));
            entry.0 &= seen;
            entry.1.extend(row.references);
        }
        let left: Vec<String> = new
            .into_iter()
            .filter(|id| !self.known.contains_key(id))
            .collect();
        self.look_elsewhere(left)
    }

    /// Looks for what is not in the collection in all others.
    fn look_elsewhere(&mut self, ids: Vec<String>) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        // By id and collection: whether every version there is shown.
        let mut places: BTreeMap<(String, String), bool> = BTreeMap::new();
        for (collection, row) in self.store.elsewhere(self.collection, &ids)? {
            let seen = self.sight.sees_in(&collection, &row);
            let Row {
                key, references, ..
            } = row;
            let (_, refers) = self.known.entry(key.id.clone()).or_default();
            refers.extend(references);
            *places.entry((key.id, collection)).or_insert(true) &= seen;
        }
        for ((id, _), seen) in places {
            if let Some(known) = self.known.get_mut(&id) {
                known.0 |= seen;
            }
        }
        for id in ids {
            self.known.entry(id).or_insert((true, Vec::new()));
        }
        Ok(())
    }
}
