//! Objects of collections, as a protocol of exchange keeps them. In: objects with what is found about them, what the protocol decides. Out: rows in the order in which they
//! became visible. Never: a look into an object; two dates of a collection that are the same, or a row behind one that was seen.
//!
//! Who writes to a collection locks its row first, gives dates above the highest that was ever given, and makes all visible in the same transaction: a reader that
//! goes on behind the last date it saw misses nothing. Pages begin behind a date and never at an offset; what narrows them (ids, types, markings) has an index.

mod add;
mod find;
mod model;
mod pack;
mod sql;

pub use model::{
    Lane, Lanes, NewObject, ObjectKey, ObjectRow, ObjectRules, ObjectsAsked, Pick, RemovedObject,
    Settled, ThereAlready,
};

use crate::apply::{int, name};
use crate::engine::{Engine, Use, Value, Work, transaction};
use crate::error::StoreError;
use crate::limits::ROWS_MAX;
use async_trait::async_trait;

/// Collections of objects. Every call is one transaction.
#[async_trait]
pub trait Objects {
    /// Adds objects in their order, all or (where it fails) none; what becomes of each is the rules' word. Dates are `now_micros`, or a microsecond behind the last
    /// where the clock stands or went back. A collection begins with its first object. At most [`OBJECTS_MAX`](crate::limits::OBJECTS_MAX); writers of one collection take
    /// turns, so that a thousand at a time let others through.
    ///
    /// # Errors
    /// As all of the store; nothing was added then.
    async fn add_objects(
        &self,
        collection: &str,
        objects: &[NewObject],
        now_micros: u64,
        rules: &dyn ObjectRules,
    ) -> Result<Vec<Settled>, StoreError>;

    /// Rows of a collection, ascending by when they were added. None means that there is none.
    ///
    /// # Errors
    /// As all of the store.
    async fn objects(
        &self,
        collection: &str,
        asked: &ObjectsAsked<'_>,
    ) -> Result<Vec<ObjectRow>, StoreError>;

    /// Every row of these ids, in any order, without texts.
    ///
    /// # Errors
    /// As all of the store.
    async fn object_versions(
        &self,
        collection: &str,
        ids: &[String],
    ) -> Result<Vec<ObjectRow>, StoreError>;

    /// Every row of these ids in other collections than this one, each with its collection, in any order, without texts.
    ///
    /// # Errors
    /// As all of the store.
    async fn objects_elsewhere(
        &self,
        collection: &str,
        ids: &[String],
    ) -> Result<Vec<(String, ObjectRow)>, StoreError>;

    /// The lanes of a collection, of some types or all; `None` where they are more than [`LANES_MAX`](crate::limits::LANES_MAX).
    ///
    /// # Errors
    /// As all of the store.
    async fn lanes(
        &self,
        collection: &str,
        kinds: Option<&[String]>,
    ) -> Result<Option<Lanes>, StoreError>;

    /// Takes rows away and keeps a note of each; what is not there is passed over. Says how many went. At most [`OBJECTS_MAX`](crate::limits::OBJECTS_MAX).
    ///
    /// # Errors
    /// As all of the store; all are there then.
    async fn remove_objects(
        &self,
        collection: &str,
        keys: &[ObjectKey],
        now_micros: u64,
    ) -> Result<u64, StoreError>;

    /// What was taken away from a collection, in that order, after a number; at most [`ROWS_MAX`].
    ///
    /// # Errors
    /// As all of the store.
    async fn removed_objects(
        &self,
        collection: &str,
        after: u64,
    ) -> Result<Vec<RemovedObject>, StoreError>;
}

#[async_trait]
impl<E: Engine> Objects for E {
    async fn add_objects(
        &self,
        collection: &str,
        objects: &[NewObject],
        now_micros: u64,
        rules: &dyn ObjectRules,
    ) -> Result<Vec<Settled>, StoreError> {
        add::check(objects)?;
        let collection = name("collection", collection)?;
        transaction!(self, Use::Turn, work, {
            add::objects(&mut work, collection, objects, now_micros, rules).await
        })
    }

    async fn objects(
        &self,
        collection: &str,
        asked: &ObjectsAsked<'_>,
    ) -> Result<Vec<ObjectRow>, StoreError> {
        let collection = name("collection", collection)?;
        transaction!(self, Use::Read, work, {
            match place(&mut work, collection).await? {
                Some(place) => find::rows(&mut work, place.number, asked).await,
                None => Ok(Vec::new()),
            }
        })
    }

    async fn object_versions(
        &self,
        collection: &str,
        ids: &[String],
    ) -> Result<Vec<ObjectRow>, StoreError> {
        let collection = name("collection", collection)?;
        transaction!(self, Use::Read, work, {
            match place(&mut work, collection).await? {
                Some(place) => find::of_ids(&mut work, place.number, ids).await,
                None => Ok(Vec::new()),
            }
        })
    }

    async fn objects_elsewhere(
        &self,
        collection: &str,
        ids: &[String],
    ) -> Result<Vec<(String, ObjectRow)>, StoreError> {
        let collection = name("collection", collection)?;
        transaction!(self, Use::Read, work, {
            let place = place(&mut work, collection).await?;
            // Collections are numbered from 1.
            let number = place.map_or(0, |place| place.number);
            find::elsewhere(&mut work, number, ids).await
        })
    }

    async fn lanes(
        &self,
        collection: &str,
        kinds: Option<&[String]>,
    ) -> Result<Option<Lanes>, StoreError> {
        let collection = name("collection", collection)?;
        transaction!(self, Use::Read, work, {
            match place(&mut work, collection).await? {
                Some(place) => find::lanes(&mut work, &place, kinds).await,
                None => Ok(Some(Lanes::default())),
            }
        })
    }

    async fn remove_objects(
        &self,
        collection: &str,
        keys: &[ObjectKey],
        now_micros: u64,
    ) -> Result<u64, StoreError> {
        let collection = name("collection", collection)?;
        let now = int(now_micros)?;
        transaction!(self, Use::Turn, work, {
            add::remove(&mut work, collection, keys, now).await
        })
    }

    async fn removed_objects(
        &self,
        collection: &str,
        after: u64,
    ) -> Result<Vec<RemovedObject>, StoreError> {
        let collection = name("collection", collection)?;
        let after = int(after)?;
        transaction!(self, Use::Read, work, {
            let Some(place) = place(&mut work, collection).await? else {
                return Ok(Vec::new());
            };
            let values = [int(place.number)?, after, END];
            let rows = work.rows(sql::REMOVED, &values).await?;
            rows.into_iter()
                .map(|mut row| find::removed(&mut row))
                .collect()
        })
    }
}

/// The end of a list.
const END: Value<'static> = Value::Int(Some(ROWS_MAX as i64));

/// A collection as it stands.
struct Place {
    number: u64,
    last_added: Option<u64>,
    lanes: u64,
}

impl Place {
    /// The number of its lane with a number of its own.
    fn lane(&self, own: u64) -> Result<u64, StoreError> {
        lane(self.number, own)
    }
}

/// Lanes of one collection lie together: its number, and 32 bits.
fn lane(collection: u64, own: u64) -> Result<u64, StoreError> {
    let room = collection < 1 << 31 && own < 1 << 32;
    room.then_some(collection << 32 | own)
        .ok_or(StoreError::Bound {
            what: "the number of collections or lanes",
        })
}

async fn place(work: &mut impl Work, collection: Value<'_>) -> Result<Option<Place>, StoreError> {
    let rows = work.rows(sql::COLLECTION, &[collection]).await?;
    let mut rows = rows.into_iter();
    rows.next()
        .map(|mut row| {
            Ok(Place {
                number: row.number()?,
                last_added: row.maybe_number()?,
                lanes: row.number()?,
            })
        })
        .transpose()
}
