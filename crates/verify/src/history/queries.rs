//! Queries: each is entered before it looks and after it has looked (invariant I5). In: query entries, most of them sealed. Out: problems. Never: more than the counters of a
//! sealed one.
//!
//! A sealed query shows the number of rows alone. What opens has none; what closes may have none either, so the two are counted against each other by stream and authority.

use super::{Seen, told};
use crate::body::Body;
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::report::{Place, Sink};
use sakimori_tlog::merkle::Hash;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
struct Pairs {
    entries: u64,
    /// Entries with rows: they can only close.
    with_rows: u64,
    last: u64,
}

/// Queries by stream and authority.
#[derive(Debug, Default)]
pub(super) struct Queries(BTreeMap<([u8; 8], Hash), Pairs>);

impl Queries {
    /// Takes an entry.
    pub(super) fn query(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        if let Some(Body::Open { body, .. }) = seen.body
            && let Some(what) = told(Some(fields(body, seen)), &seen.place(), sink).flatten()
        {
            sink.bad(Code::QueryFields, seen.place(), what);
        }
        let pairs = self
            .0
            .entry((seen.envelope.stream, seen.envelope.authority))
            .or_default();
        pairs.entries += 1;
        pairs.with_rows += u64::from(seen.counter(0) > 0);
        pairs.last = seen.index;
        if pairs.with_rows * 2 > pairs.entries {
            sink.bad(
                Code::QueryUnopened,
                seen.place(),
                "it has rows, and no entry opened it",
            );
        }
    }

    pub(super) fn finish(&self, bundle: &dyn Fn(u64) -> String, sink: &mut Sink) {
        for ((stream, _), pairs) in &self.0 {
            sink.many(Subject::Queries, pairs.entries / 2);
            if !pairs.entries.is_multiple_of(2) {
                let place = Place {
                    stream: Some(*stream),
                    ..Place::leaf(bundle(pairs.last), pairs.last)
                };
                sink.bad(
                    Code::QueryOpen,
                    place,
                    "one of the queries of this stream was opened and not closed",
                );
            }
        }
    }
}

/// What an open query lacks, if it lacks something.
fn fields(body: &[u8], seen: &Seen<'_>) -> Result<Option<String>, String> {
    let keys = [
        "actor",
        "purpose",
        "case",
        "authority",
        "kind",
        "text",
        "buckets",
        "rows",
        "outcome",
    ];
    let fields = Fields::read(body, &keys)?;
    if fields.number("rows")? != seen.counter(0) {
        return Err("the rows of body and envelope differ".to_owned());
    }
    for key in ["actor", "purpose", "case"] {
        if fields.text(key)?.trim().is_empty() {
            return Ok(Some(format!("its `{key}` is empty")));
        }
    }
    Ok(None)
}
