//! `DELETE …/objects/{id}/`, section 5.7. In: who asks, which versions. Out: what is gone. Never: a version that the caller does not see.

use super::answer::Answer;
use super::error::TaxiiError;
use super::query::{Query, Resource, VersionFilter};
use super::read::{Caller, Rights};
use super::select::select;
use super::sight::Judge;
use super::store::{Row, Store};

/// Takes versions of an object away; without `match[version]` all of them.
///
/// # Errors
/// 400; 403 where the caller has one of the two rights that it needs, 404 where it has neither or sees no such version; 500.
pub fn remove<S: Store + ?Sized>(
    store: &mut S,
    caller: &Caller<'_>,
    collection: &str,
    query: &str,
    id: &str,
    now_micros: u64,
) -> Result<Answer, TaxiiError> {
    match caller.rights {
        Rights {
            read: true,
            write: true,
        } => {}
        Rights {
            read: false,
            write: false,
        } => return Err(TaxiiError::not_found("collection")),
        _ => return Err(TaxiiError::forbidden("both read and write")),
    }
    let mut filter = Query::parse(query, Resource::Remove)?.filter;
    let every = filter.versions.is_none();
    filter
        .versions
        .get_or_insert_with(|| vec![VersionFilter::All]);
    let mut seen: Vec<Row> = Vec::new();
    {
        let mut judge = Judge::new(&*store, collection, caller.sight);
        for row in store.versions_of(collection, &[id.to_owned()])? {
            if judge.sees(&row)? {
                seen.push(row);
            }
        }
    }
    if every && filter.spec_versions.is_none() {
        // All of it means of every specification.
        filter.spec_versions = Some(seen.iter().map(|row| row.key.spec_version).collect());
    }
    let keys = select(&seen, &filter);
    if keys.is_empty() {
        return Err(TaxiiError::not_found("object"));
    }
    store.remove(collection, &keys, now_micros)?;
    Ok(Answer::ok("{}".to_owned()))
}
