//! Queries: each is entered before it looks and after it has looked (invariant I5). In: query entries; what opens one is open, what closes it sealed. Out: problems. Never: more
//! than the counters of a sealed one.
//!
//! What opens a query has two counters, rows (0) and buckets; what closes it has a third, the index of what opened it.

use super::{Seen, told};
use crate::body::Body;
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::report::{Place, Sink};
use sakimori_tlog::merkle::Hash;
use std::collections::BTreeMap;

/// Queries that are opened: index, stream and authority.
#[derive(Debug, Default)]
pub(super) struct Queries {
    open: BTreeMap<u64, ([u8; 8], Hash)>,
    closed: u64,
}

impl Queries {
    /// Takes an entry.
    pub(super) fn query(&mut self, seen: &Seen<'_>, sink: &mut Sink) {
        let whose = (seen.envelope.stream, seen.envelope.authority);
        let opener = seen.envelope.counters.get(2).copied();
        if let Some(Body::Open { body, .. }) = seen.body
            && let Some(what) = told(Some(fields(body, seen)), &seen.place(), sink).flatten()
        {
            sink.bad(Code::QueryFields, seen.place(), what);
        }
        let Some(opener) = opener else {
            if !matches!(seen.body, Some(Body::Open { .. }) | None) {
                let what = "it opens a query, which everybody has to be able to read";
                sink.bad(Code::BodyForm, seen.place(), what);
            }
            if seen.counter(0) > 0 {
                let what = "it has rows, and no entry opened it";
                sink.bad(Code::QueryUnopened, seen.place(), what);
            }
            self.open.insert(seen.index, whose);
            return;
        };
        if self.open.get(&opener) == Some(&whose) {
            self.open.remove(&opener);
            self.closed += 1;
        } else {
            let what =
                format!("entry {opener} is no query of this stream and authority that is open");
            sink.bad(Code::QueryUnopened, seen.place(), what);
        }
    }

    pub(super) fn finish(&self, bundle: &dyn Fn(u64) -> String, sink: &mut Sink) {
        sink.many(Subject::Queries, self.closed);
        for (index, (stream, _)) in &self.open {
            let place = Place {
                stream: Some(*stream),
                ..Place::leaf(bundle(*index), *index)
            };
            sink.bad(
                Code::QueryOpen,
                place,
                "the query was opened and not closed",
            );
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
