//! Reading: objects, manifests, versions, page by page. In: who asks for what, a query, a store. Out: an answer. Never: a page that skips or repeats an object; `more` without
//! another object for this caller.

use super::answer::Answer;
use super::body;
use super::error::TaxiiError;
use super::query::{Query, Resource};
use super::select::{fits, select};
use super::sight::{Judge, Sight};
use super::store::{Key, Row, Store, StoreError, Wanted};
use super::token::{Bound, NextKey};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that are taken from the store at a time beyond those of the page: hidden and older versions are among them.
const BATCH: usize = 256;

/// What a caller may do with a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Read its objects.
    pub read: bool,
    /// Add objects.
    pub write: bool,
}

/// Who asks.
#[derive(Clone, Copy)]
pub struct Caller<'c> {
    /// A name that no other caller has; positions are bound to it.
    pub name: &'c str,
    /// What it may do with the collection.
    pub rights: Rights,
    /// What it may see.
    pub sight: &'c dyn Sight,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Asked<'q> {
    /// Id of the collection; an alias is resolved before.
    pub collection: &'q str,
    /// The query as it came.
    pub query: &'q str,
    /// The key of positions.
    pub key: &'q NextKey,
}

impl Caller<'_> {
    pub(super) fn may_read(&self) -> Result<(), TaxiiError> {
        match self.rights {
            Rights { read: true, .. } => Ok(()),
            Rights { write: true, .. } => Err(TaxiiError::forbidden("read")),
            _ => Err(TaxiiError::not_found("collection")),
        }
    }
}

/// A page.
struct Page {
    rows: Vec<Row>,
    next: Option<String>,
}

/// `GET …/objects/`: an envelope.
///
/// # Errors
/// 400, 403, 404, 500.
pub fn objects<S: Store + ?Sized>(
    store: &S,
    caller: &Caller<'_>,
    asked: &Asked<'_>,
) -> Result<Answer, TaxiiError> {
    let page = page(store, caller, asked, Resource::Objects, None)?;
    Ok(body::envelope(&page.rows, page.next.as_deref()))
}

/// `GET …/manifest/`.
///
/// # Errors
/// 400, 403, 404, 500.
pub fn manifest<S: Store + ?Sized>(
    store: &S,
    caller: &Caller<'_>,
    asked: &Asked<'_>,
) -> Result<Answer, TaxiiError> {
    let page = page(store, caller, asked, Resource::Manifest, None)?;
    Ok(body::manifest(&page.rows, page.next.as_deref()))
}

/// `GET …/objects/{id}/`: an envelope with the versions that are meant.
///
/// # Errors
/// 400, 403, 404 where the caller sees no version at all, 500.
pub fn object<S: Store + ?Sized>(
    store: &S,
    caller: &Caller<'_>,
    asked: &Asked<'_>,
    id: &str,
) -> Result<Answer, TaxiiError> {
    let page = page(store, caller, asked, Resource::Object, Some(id))?;
    Ok(body::envelope(&page.rows, page.next.as_deref()))
}

/// `GET …/objects/{id}/versions/`.
///
/// # Errors
/// As [`object`].
pub fn versions<S: Store + ?Sized>(
    store: &S,
    caller: &Caller<'_>,
    asked: &Asked<'_>,
    id: &str,
) -> Result<Answer, TaxiiError> {
    let page = page(store, caller, asked, Resource::Versions, Some(id))?;
    Ok(body::versions(&page.rows, page.next.as_deref()))
}

fn page<S: Store + ?Sized>(
    store: &S,
    caller: &Caller<'_>,
    asked: &Asked<'_>,
    resource: Resource,
    id: Option<&str>,
) -> Result<Page, TaxiiError> {
    caller.may_read()?;
    let mut query = Query::parse(asked.query, resource)?;
    if resource == Resource::Versions {
        query.filter.versions = Some(vec![super::VersionFilter::All]);
    }
    let canonical = query.filter.canonical();
    let bound = Bound {
        caller: caller.name,
        collection: asked.collection,
        resource: resource.word(),
        object: id.unwrap_or_default(),
        filter: &canonical,
    };
    let position = query.next.as_deref();
    let position = position
        .map(|text| asked.key.open(&bound, text))
        .transpose()?;
    if let Some(id) = id {
        query.filter.ids = Some(vec![id.to_owned()]);
    }
    let mut reader = Reader {
        judge: Judge::new(store, asked.collection, caller.sight),
        store,
        caller,
        collection: asked.collection,
        query: &query,
        texts: matches!(resource, Resource::Objects | Resource::Object),
        meant: BTreeMap::new(),
    };
    if let Some(id) = id
        && !reader.any(id)?
    {
        return Err(TaxiiError::not_found("object"));
    }
    // A moment before 1970 is before everything.
    let added_after = query.filter.added_after.as_ref();
    let added_after = added_after.map(super::super::stix::Timestamp::micros_floor);
    let (rows, more) = reader.read(added_after.max(position))?;
    let last = rows.last().map(|row| row.date_added);
    let next = match last.filter(|_| more) {
        Some(last) => Some(
            asked
                .key
                .seal(&bound, last)
                .ok_or_else(TaxiiError::internal)?,
        ),
        None => None,
    };
    Ok(Page { rows, next })
}

struct Reader<'r, S: ?Sized> {
    judge: Judge<'r, S>,
    store: &'r S,
    caller: &'r Caller<'r>,
    collection: &'r str,
    query: &'r Query,
    texts: bool,
    /// The versions that are meant, by object, of the rows that the store gave last.
    meant: BTreeMap<String, BTreeSet<Key>>,
}

impl<S: Store + ?Sized> Reader<'_, S> {
    /// Whether the caller sees any version of an object.
    fn any(&mut self, id: &str) -> Result<bool, StoreError> {
        for row in self.store.versions_of(self.collection, &[id.to_owned()])? {
            if self.judge.sees(&row)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Rows of a page, and whether there is another behind them.
    fn read(&mut self, mut after: Option<u64>) -> Result<(Vec<Row>, bool), StoreError> {
        let mut out = Vec::new();
        let wanted = Wanted {
            ids: self.query.filter.ids.as_deref(),
            kinds: self.query.filter.kinds.as_deref(),
            sight: self.caller.sight,
            texts: self.texts,
        };
        let at_most = self.query.limit.saturating_add(BATCH);
        loop {
            let rows = self.store.rows(self.collection, after, &wanted, at_most)?;
            let Some(last) = rows.last().map(|row| row.date_added) else {
                return Ok((out, false));
            };
            // A store that gave an end before the position would be asked for ever.
            if after.is_some_and(|after| last <= after) {
                return Err(StoreError);
            }
            after = Some(last);
            self.learn(&rows)?;
            for row in rows {
                let meant = self.meant.get(&row.key.id);
                let meant = meant.is_some_and(|meant| meant.contains(&row.key));
                if !meant || !fits(&row, &self.query.filter) {
                    continue;
                }
                if out.len() == self.query.limit {
                    return Ok((out, true));
                }
                out.push(row);
            }
        }
    }

    /// Decides for the objects of some rows which of their versions are meant. Anew for every answer of the store: a version that was added since the last one would be none
    /// of those that were known then, and the caller would never hear of it.
    fn learn(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        self.meant.clear();
        let fitting = rows.iter().filter(|row| fits(row, &self.query.filter));
        let mut ids: Vec<String> = fitting.map(|row| row.key.id.clone()).collect();
        ids.sort();
        ids.dedup();
        if ids.is_empty() {
            return Ok(());
        }
        let mut seen: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        let all = self.store.versions_of(self.collection, &ids)?;
        self.judge.prepare(&all)?;
        for row in all {
            if self.judge.sees(&row)? {
                seen.entry(row.key.id.clone()).or_default().push(row);
            }
        }
        for id in ids {
            let versions = seen.remove(&id).unwrap_or_default();
            let meant = select(&versions, &self.query.filter).into_iter().collect();
            self.meant.insert(id, meant);
        }
        Ok(())
    }
}
