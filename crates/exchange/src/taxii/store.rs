//! What a store answers, so that memory, `SQLite` and `PostgreSQL` can lie under one logic. In: collections, positions, objects. Out: rows. Never: a filter of its own: what
//! a request means is decided here once.

use super::sight::Sight;
use crate::stix::{Index, MicrosText, SpecVersion, Timestamp};

/// What names a row: one version of one object in a collection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// `id`
    pub id: String,
    /// `modified`, or `created`, as it is written; for an object with neither, when it was added.
    pub version: String,
    /// Version of the specification.
    pub spec_version: SpecVersion,
}

/// A version of an object in a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What names it.
    pub key: Key,
    /// `type`
    pub kind: String,
    /// Microseconds since 1970; unique in its collection.
    pub date_added: u64,
    /// Markings of the whole and of parts.
    pub markings: Vec<String>,
    /// Ids of the objects that it refers to.
    pub references: Vec<String>,
    /// The object as it was sent; empty where a store was asked without texts.
    pub raw: String,
}

/// An object that is to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// `id`
    pub id: String,
    /// `type`
    pub kind: String,
    /// `modified` or `created` as it is written, where it has one.
    pub version: Option<String>,
    /// Version of the specification.
    pub spec_version: SpecVersion,
    /// Markings of the whole and of parts.
    pub markings: Vec<String>,
    /// Ids of the objects that it refers to.
    pub references: Vec<String>,
    /// SHA-256 of what it says.
    pub digest: [u8; 32],
    /// The object as it was sent.
    pub raw: String,
}

/// What became of an object that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is there now, added at this microsecond.
    Added(u64),
    /// It was there already and says the same.
    Known,
    /// Another object with its id and version is there.
    Different,
}

/// What rows are wanted. A store may give more than fit; they are judged again.
#[derive(Clone, Copy)]
pub struct Wanted<'q> {
    /// Only these ids.
    pub ids: Option<&'q [String]>,
    /// Only these types.
    pub kinds: Option<&'q [String]>,
    /// Rows whose own markings this does not see may be left out.
    pub sight: &'q dyn Sight,
    /// Whether the texts of the objects are needed.
    pub texts: bool,
}

/// A store that did not answer. The operator acts on it; the store has written why into its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store did not answer")]
pub struct StoreError;

/// A store of collections.
///
/// Rows become visible in the order of their `date_added`: a store gives the dates in the transaction that makes the rows visible, and lets no other such transaction of
/// the collection run beside it. A sequence of a database alone does not hold this: a transaction that began earlier may end later.
pub trait Store {
    /// Rows that were added after a position, ascending by `date_added`, at most so many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn rows(
        &self,
        collection: &str,
        after: Option<u64>,
        wanted: &Wanted<'_>,
        at_most: usize,
    ) -> Result<Vec<Row>, StoreError>;

    /// Every row of these ids, in any order, without texts.
    ///
    /// # Errors
    /// [`StoreError`].
    fn versions_of(&self, collection: &str, ids: &[String]) -> Result<Vec<Row>, StoreError>;

    /// Every row of these ids in other collections than this one, each with its collection, in any order, without texts.
    ///
    /// # Errors
    /// [`StoreError`].
    fn elsewhere(&self, collection: &str, ids: &[String])
    -> Result<Vec<(String, Row)>, StoreError>;

    /// Adds objects in their order, all or (where it fails) none. What becomes of each is decided by [`settle`], the dates are those of [`date_added`].
    ///
    /// # Errors
    /// [`StoreError`].
    fn add(
        &mut self,
        collection: &str,
        objects: &[New],
        now_micros: u64,
    ) -> Result<Vec<Outcome>, StoreError>;

    /// Takes rows away and keeps a note of each that it was there and when it went.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(&mut self, collection: &str, keys: &[Key], now_micros: u64)
    -> Result<(), StoreError>;
}

/// The `date_added` of the next row: now, or a microsecond behind the last where the clock stands or went back. `last` is the highest that the collection ever gave,
/// also to rows that are gone.
pub fn date_added(last: Option<u64>, now_micros: u64) -> u64 {
    last.map_or(now_micros, |last| now_micros.max(last.saturating_add(1)))
}

/// What becomes of an object. `there` are the rows of its id and specification with their digests. Versions are compared as moments, and an object that says no version is known where
/// it says the same as any of them.
pub fn settle(new: &New, there: &[(String, [u8; 32])]) -> Option<Outcome> {
    let same = |digest: &[u8; 32]| *digest == new.digest;
    let Some(version) = &new.version else {
        return there
            .iter()
            .any(|(_, digest)| same(digest))
            .then_some(Outcome::Known);
    };
    let found = there
        .iter()
        .find(|(other, _)| same_moment(other, version))?;
    Some(if same(&found.1) {
        Outcome::Known
    } else {
        Outcome::Different
    })
}

pub(super) fn same_moment(a: &str, b: &str) -> bool {
    match (Timestamp::parse_rfc3339(a), Timestamp::parse_rfc3339(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

impl New {
    /// What a store needs of an object.
    pub fn of(index: &Index, raw: &str) -> Self {
        let mut references: Vec<String> = index.references.iter().map(|r| r.id.clone()).collect();
        references.sort();
        references.dedup();
        Self {
            id: index.id.clone(),
            kind: index.kind.clone(),
            version: index.version().map(str::to_owned),
            spec_version: index.spec_version,
            markings: index.all_markings().map(str::to_owned).collect(),
            references,
            digest: index.digest,
            raw: raw.to_owned(),
        }
    }

    /// The row that it becomes.
    pub fn row(&self, date_added: u64) -> Row {
        let version = self.version.clone();
        Row {
            key: Key {
                id: self.id.clone(),
                version: version.unwrap_or_else(|| MicrosText(date_added).to_string()),
                spec_version: self.spec_version,
            },
            kind: self.kind.clone(),
            date_added,
            markings: self.markings.clone(),
            references: self.references.clone(),
            raw: self.raw.clone(),
        }
    }
}
