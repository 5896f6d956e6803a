//! Which versions of an object a filter means. In: all versions that the caller sees. Out: those that are meant. Never: an order of filters that changes the outcome: first
//! the version of the specification, then that of the object, both among all versions, then when they were added.

use super::query::{Filter, VersionFilter};
use super::store::{Key, Row};
use crate::stix::Timestamp;

/// The versions of one object that are meant, of all that the caller sees.
pub(super) fn select(versions: &[Row], filter: &Filter) -> Vec<Key> {
    let newest = versions.iter().map(|row| row.key.spec_version).max();
    let specified: Vec<&Row> = versions
        .iter()
        .filter(|row| match &filter.spec_versions {
            Some(list) => list.contains(&row.key.spec_version),
            None => Some(row.key.spec_version) == newest,
        })
        .collect();
    let moments: Vec<Timestamp> = specified.iter().map(|row| moment(row)).collect();
    let (first, last) = (moments.iter().min(), moments.iter().max());
    let meant = |at: &Timestamp| match &filter.versions {
        None => Some(at) == last,
        Some(list) => list.iter().any(|one| match one {
            VersionFilter::All => true,
            VersionFilter::First => Some(at) == first,
            VersionFilter::Last => Some(at) == last,
            VersionFilter::Exact(wanted) => at == wanted,
        }),
    };
    let pairs = specified.iter().zip(&moments);
    let meant = pairs.filter(|(_, at)| meant(at));
    meant.map(|(row, _)| row.key.clone()).collect()
}

/// The moment of a version; a text that is none stands for when it was added.
fn moment(row: &Row) -> Timestamp {
    Timestamp::parse_rfc3339(&row.key.version)
        .unwrap_or_else(|| Timestamp::from_micros(row.date_added))
}

/// Whether a row fits the filters that look at it alone.
pub(super) fn fits(row: &Row, filter: &Filter) -> bool {
    let one_of = |list: &Option<Vec<String>>, value: &String| {
        list.as_ref().is_none_or(|list| list.contains(value))
    };
    one_of(&filter.ids, &row.key.id) && one_of(&filter.kinds, &row.kind)
}
