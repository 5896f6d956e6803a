//! Queries: each is entered before it looks and after it has looked (invariant I5). In: query entries; what opens one is open, what closes it sealed. Out: problems. Never: more
//! than the counters of a sealed one.
//!
//! What opens a query has two counters, rows (0) and buckets; what closes it has a third, the index of what opened it.

use super::authority::Authorities;
use super::buckets::Buckets;
use super::people::People;
use super::schedules::Schedules;
use super::{Seen, told};
use crate::body::Body;
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::notes::{Bucket, name};
use crate::report::{Place, Sink};
use crate::time::DAY_SECONDS;
use crate::unhex;
use sakimori_tlog::merkle::Hash;
use std::collections::BTreeMap;

/// Queries that are opened: index, stream and authority.
#[derive(Debug, Default)]
pub(super) struct Queries {
    open: BTreeMap<u64, ([u8; 8], Hash)>,
    /// Who opened each.
    actors: BTreeMap<u64, String>,
    /// Rows seen, by actor and day.
    rows: BTreeMap<(String, u64), u64>,
    closed: u64,
}

impl Queries {
    /// Takes an entry.
    pub(super) fn query(
        &mut self,
        seen: &Seen<'_>,
        people: &mut People,
        (authorities, buckets): (&Authorities, &Buckets),
        schedules: &mut Schedules,
        sink: &mut Sink,
    ) {
        let whose = (seen.envelope.stream, seen.envelope.authority);
        let opener = seen.envelope.counters.get(2).copied();
        let said = match seen.body {
            Some(Body::Open { body, .. }) => told(Some(fields(body, seen)), &seen.place(), sink),
            _ => None,
        };
        if let Some(said) = said {
            let of = authorities
                .statement(&seen.envelope.authority)
                .map(|statement| &statement.id);
            let other = said
                .buckets
                .iter()
                .any(|bucket| bucket.authority != said.authority);
            if let Some(what) = said.empty {
                sink.bad(Code::QueryFields, seen.place(), what);
            } else if of != Some(&said.authority) || other {
                let what = "it names another authority than its envelope, or buckets of another";
                sink.bad(Code::QueryFields, seen.place(), what);
            } else if opener.is_none() && said.buckets.len() as u64 != seen.counter(1) {
                sink.bad(
                    Code::QueryFields,
                    seen.place(),
                    "the number of its buckets is another in its envelope",
                );
            }
            if opener.is_none() {
                let mut named = said.buckets.iter();
                let over = |b: &&Bucket| buckets.has_ended(b, seen.envelope.time, authorities);
                if let Some(bucket) = named.find(over) {
                    let what = format!("bucket `{bucket}` is gone, or has to be");
                    sink.bad(Code::QueryEnded, seen.place(), what);
                }
                let codes = (Code::QueryActor, Code::QueryClearance);
                people.may_see(&said.actor, &["analyst"], codes, seen, sink);
            }
            people.opened.extend(said.buckets);
            if opener.is_none() {
                self.budget(seen, &said.actor, schedules, sink);
                self.actors.insert(seen.index, said.actor);
            }
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
            if let Some(actor) = self.actors.remove(&opener) {
                let rows = self
                    .rows
                    .entry((actor, seen.envelope.time / DAY_SECONDS))
                    .or_default();
                *rows = rows.saturating_add(seen.counter(0));
            }
        } else {
            let what =
                format!("entry {opener} is no query of this stream and authority that is open");
            sink.bad(Code::QueryUnopened, seen.place(), what);
        }
    }

    /// What somebody has seen on a day has a bound before the next question is asked.
    fn budget(&self, seen: &Seen<'_>, actor: &str, schedules: &mut Schedules, sink: &mut Sink) {
        let day = (actor.to_owned(), seen.envelope.time / DAY_SECONDS);
        let rows = self.rows.get(&day).copied().unwrap_or(0);
        if schedules
            .number("budget.rows", seen)
            .is_some_and(|most| rows >= most)
        {
            let what = format!("{} had {rows} rows that day", crate::quote(actor));
            sink.bad(Code::QueryBudget, seen.place(), what);
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

/// What an open query says.
struct Said {
    actor: String,
    authority: [u8; 16],
    buckets: Vec<Bucket>,
    /// What it leaves out.
    empty: Option<String>,
}

fn fields(body: &[u8], seen: &Seen<'_>) -> Result<Said, String> {
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
    fields.text("kind")?;
    fields.text("outcome")?;
    let mut empty = None;
    for key in ["actor", "purpose", "case"] {
        if fields.text(key)?.trim().is_empty() {
            empty = empty.or_else(|| Some(format!("its `{key}` is empty")));
        }
    }
    Ok(Said {
        actor: fields.parsed("actor", name)?,
        authority: fields.parsed("authority", unhex)?,
        buckets: fields.list("buckets", Bucket::read)?,
        empty,
    })
}
