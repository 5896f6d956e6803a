//! A store in memory: what every other has to answer like. In: objects. Out: rows. Never: a disk; it is for tests and for comparing.

use super::store::{Key, New, Outcome, Row, Store, StoreError, Wanted, date_added, settle};
use std::collections::BTreeMap;

/// Collections by id.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    collections: BTreeMap<String, Held>,
}

#[derive(Clone, Debug, Default)]
struct Held {
    /// Rows by when they were added, with the digest of what they say.
    rows: BTreeMap<u64, (Row, [u8; 32])>,
    /// The highest date that was ever given.
    last: Option<u64>,
    /// What is gone, and when it went.
    gone: Vec<(Key, u64)>,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was taken away from a collection and when, in that order.
    pub fn gone(&self, collection: &str) -> &[(Key, u64)] {
        self.collections
            .get(collection)
            .map_or(&[], |held| held.gone.as_slice())
    }
}

impl Store for Memory {
    fn rows(
        &self,
        collection: &str,
        after: Option<u64>,
        wanted: &Wanted<'_>,
        at_most: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let Some(held) = self.collections.get(collection) else {
            return Ok(Vec::new());
        };
        let from = match after {
            Some(after) => std::ops::Bound::Excluded(after),
            None => std::ops::Bound::Unbounded,
        };
        let rows = held.rows.range((from, std::ops::Bound::Unbounded));
        let fits = |row: &&Row| {
            wanted.ids.is_none_or(|ids| ids.contains(&row.key.id))
                && wanted.kinds.is_none_or(|kinds| kinds.contains(&row.kind))
        };
        let rows = rows.map(|(_, (row, _))| row).filter(fits).take(at_most);
        Ok(rows.cloned().collect())
    }

    fn versions_of(&self, collection: &str, ids: &[String]) -> Result<Vec<Row>, StoreError> {
        let Some(held) = self.collections.get(collection) else {
            return Ok(Vec::new());
        };
        let rows = held.rows.values().map(|(row, _)| row);
        let rows = rows.filter(|row| ids.contains(&row.key.id));
        Ok(rows.cloned().collect())
    }

    fn elsewhere(
        &self,
        collection: &str,
        ids: &[String],
    ) -> Result<Vec<(String, Row)>, StoreError> {
        let others = self.collections.iter().filter(|(id, _)| *id != collection);
        let rows = others.flat_map(|(id, held)| {
            let rows = held.rows.values().map(|(row, _)| row);
            let rows = rows.filter(|row| ids.contains(&row.key.id));
            rows.map(|row| (id.clone(), row.clone()))
        });
        Ok(rows.collect())
    }

    fn add(
        &mut self,
        collection: &str,
        objects: &[New],
        now_micros: u64,
    ) -> Result<Vec<Outcome>, StoreError> {
        let held = self.collections.entry(collection.to_owned()).or_default();
        let mut out = Vec::new();
        for new in objects {
            let there: Vec<(String, [u8; 32])> = held
                .rows
                .values()
                .filter(|(row, _)| row.key.id == new.id && row.key.spec_version == new.spec_version)
                .map(|(row, digest)| (row.key.version.clone(), *digest))
                .collect();
            let outcome = settle(new, &there).unwrap_or_else(|| {
                let date = date_added(held.last, now_micros);
                held.last = Some(date);
                held.rows.insert(date, (new.row(date), new.digest));
                Outcome::Added(date)
            });
            out.push(outcome);
        }
        Ok(out)
    }

    fn remove(
        &mut self,
        collection: &str,
        keys: &[Key],
        now_micros: u64,
    ) -> Result<(), StoreError> {
        if let Some(held) = self.collections.get_mut(collection) {
            held.rows.retain(|_, (row, _)| !keys.contains(&row.key));
            held.gone
                .extend(keys.iter().map(|key| (key.clone(), now_micros)));
        }
        Ok(())
    }
}
