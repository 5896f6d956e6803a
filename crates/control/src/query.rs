//! Looking at selected records. In: who asks, why, and what. Out: rows, with the entries that say so. Never: a row before the query is on record; a key kept after the answer.
//!
//! Two entries are written (`docs/reference/formats.md` section 7): one before, in the open, by whose index the commission gives its halves, and one after with the count and the
//! question, sealed under a bucket's key.

mod looked;
mod rows;

pub use looked::Looked;
pub use rows::{COLUMNS, cells};

use crate::commission::{Caller, Use};
use crate::error::{ControlError, told};
use crate::host::Host;
use crate::journal::{Deed, Journal};
use crate::keys;
use crate::layout::Node;
use crate::office;
use sakimori_custody::Recorded;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{AuthorityId, BucketId, Name, hex};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::time::Day;
use sakimori_lake::session::{self, Limits, Request};
use sakimori_lake::{Access, Ask, Bucket, BucketState, Purpose, QueryOpened, Sought};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A question with its reason.
#[derive(Clone, Debug)]
pub struct Question {
    /// Who asks.
    pub actor: Name,
    /// Why.
    pub purpose: Purpose,
    /// In which case.
    pub case: Name,
    /// Under which authority the records were selected.
    pub authority: AuthorityId,
    /// Of which day's bucket alone; of every day's without it. What is not asked is not opened.
    pub day: Option<Day>,
    /// What is asked.
    pub asked: Asked,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Rows by record, pair, prefix and time.
    Rows {
        /// To each bucket.
        ask: Ask,
        /// The question as it was typed, for the log.
        text: String,
    },
    /// Identifiers with their records, by tag or record; tags and sealed blobs, never a value.
    Identifiers {
        /// Which.
        sought: Sought,
        /// The question as it was typed, for the log.
        text: String,
        /// Rows at most.
        limit: usize,
    },
    /// SQL, answered by the query process.
    Sql {
        /// One SELECT over `records`.
        text: String,
        /// What it may use.
        limits: Limits,
        /// The query process's program.
        engine: PathBuf,
    },
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows with a value per column.
    pub rows: Vec<Vec<Value>>,
    /// Whether there are more than the limit.
    pub more: bool,
    /// Buckets that were opened.
    pub buckets: usize,
    /// Their ids.
    pub opened: Vec<BucketId>,
    /// Buckets of the authority that were not, because their time is over.
    pub gone: usize,
    /// Index of the entry before, and of the one after.
    pub entries: [u64; 2],
}

impl Answered {
    /// Takes a column out.
    pub fn without(&mut self, column: &str) {
        let Some(at) = self.columns.iter().position(|name| name == column) else {
            return;
        };
        self.columns.remove(at);
        for row in &mut self.rows {
            if at < row.len() {
                row.remove(at);
            }
        }
    }
}

/// Answers a question, with both entries in the log.
///
/// # Errors
/// [`ControlError::Session`], [`ControlError::Lake`]: no answer, and the log says so. [`ControlError::Ledger`], [`ControlError::Commission`]: nothing was looked at, or nothing is shown.
pub fn answer(node: &Node, host: &Host, question: &Question) -> Result<Answered, ControlError> {
    let statement = office::statement(node, question.authority)?;
    let office = keys::read(&node.office_key("office"))?;
    let (buckets, gone) = readable(node, host, question)?;
    let mut journal = Journal::begin(&node.ledger().socket, Some(&office), host)?;
    let mut body = json!({
        "actor": question.actor.to_string(),
        "purpose": question.purpose.to_string(),
        "case": question.case.to_string(),
        "authority": question.authority.to_string(),
        "kind": question.asked.kind(),
        "buckets": buckets.iter().map(|bucket| bucket.id.to_string()).collect::<Vec<_>>(),
        "rows": 0,
        "outcome": "opened",
    });
    let deed = |body: &Value, counters| Deed {
        kind: EntryType::Query,
        authority: statement.commitment(),
        counters,
        body: body.to_string().into_bytes(),
    };
    let (opened, _) = journal.record(deed(&body, vec![0, buckets.len() as u64]))?;
    // The commission gives its halves for what its own copy shows.
    journal.log.proof(opened)?;
    let looked = look(node, host, question, &office, opened, &buckets);
    let (rows, outcome, keys, found) = match looked {
        Ok((keys, Ok(found))) => (found.rows.len(), "answered".to_owned(), keys, Ok(found)),
        Ok((keys, Err(error))) => (0, outcome(&error), keys, Err(error)),
        Err(error) => (0, outcome(&error), Vec::new(), Err(error)),
    };
    body["rows"] = json!(rows);
    body["outcome"] = json!(outcome);
    let counters = vec![rows as u64, keys.len() as u64, opened];
    let (closed, _) = match keys.first() {
        Some((bucket, key)) => {
            body["text"] = json!(question.asked.text());
            let (index, entry, _) = journal.record_sealed(deed(&body, counters), bucket, key)?;
            (index, entry)
        }
        None => journal.record(deed(&body, counters))?,
    };
    // An answer that the mirror has not seen is none.
    journal.log.proof(closed)?;
    let (columns, rows, more) = found.map(|found| (found.columns, found.rows, found.more))?;
    Ok(Answered {
        columns,
        rows,
        more,
        buckets: keys.len(),
        opened: keys.into_iter().map(|(bucket, _)| bucket).collect(),
        gone,
        entries: [opened, closed],
    })
}

impl Asked {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Rows { .. } => "rows",
            Self::Identifiers { .. } => "identifiers",
            Self::Sql { .. } => "sql",
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Rows { text, .. } | Self::Identifiers { text, .. } | Self::Sql { text, .. } => {
                text
            }
        }
    }
}

/// A word for the log.
fn outcome(error: &ControlError) -> String {
    match error {
        ControlError::Session(error) => error.kind().to_string(),
        other => told(other).chars().take(200).collect(),
    }
}

/// Buckets of an authority that can be opened now, and the number of those that cannot any more.
fn readable(
    node: &Node,
    host: &Host,
    question: &Question,
) -> Result<(Vec<Bucket>, usize), ControlError> {
    let now = host.seconds();
    let buckets = node.lake().buckets()?.into_iter();
    let (open, gone): (Vec<Bucket>, Vec<Bucket>) = buckets
        .filter(|bucket| bucket.id.authority == question.authority)
        .filter(|bucket| question.day.is_none_or(|day| bucket.id.day == day))
        .partition(|bucket| bucket.state != BucketState::Deleted && bucket.expires > now);
    Ok((open, gone.len()))
}

struct Found {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    more: bool,
}

type Keys = Vec<(BucketId, BucketKey)>;

/// Gets the keys, then looks. The keys come back so that what was asked can be sealed under one of them.
fn look(
    node: &Node,
    host: &Host,
    question: &Question,
    office: &sakimori_tlog::key::NoteSigner,
    opened: u64,
    buckets: &[Bucket],
) -> Result<(Keys, Result<Found, ControlError>), ControlError> {
    let caller = Caller::of(node, host)?;
    let mut keys = Vec::new();
    for bucket in buckets {
        let commission = caller.share(&bucket.id, Use::Query { entry: opened }, office)?;
        let own = node.office_shares().read(&bucket.id)?;
        keys.push((
            bucket.id.clone(),
            BucketKey::combine(&own, &commission, &bucket.id),
        ));
    }
    let access = Access {
        actor: question.actor.clone(),
        purpose: question.purpose.clone(),
        case: question.case.clone(),
        authority: question.authority,
        opened: QueryOpened::logged(Recorded::at(opened)),
    };
    let found = match &question.asked {
        Asked::Rows { ask, .. } => rows(node, host, &access, &keys, ask),
        Asked::Identifiers { sought, limit, .. } => {
            identifiers(node, host, &access, &keys, (*sought, *limit))
        }
        Asked::Sql {
            text,
            limits,
            engine,
        } => sql(node, host, &access, &keys, (text, *limits, engine)),
    };
    Ok((keys, found))
}

fn rows(
    node: &Node,
    host: &Host,
    access: &Access,
    keys: &[(BucketId, BucketKey)],
    ask: &Ask,
) -> Result<Found, ControlError> {
    let lake = node.lake();
    let mut found = Found {
        columns: COLUMNS.iter().map(ToString::to_string).collect(),
        rows: Vec::new(),
        more: false,
    };
    for (bucket, key) in keys {
        let ask = Ask {
            limit: ask.limit.saturating_sub(found.rows.len()),
            ..*ask
        };
        let part = lake
            .reader(bucket, key, access, host.seconds())?
            .find(&ask)?;
        found.more |= part.more;
        let released = part
            .rows
            .into_iter()
            .map(|held| held.release(access.opened.recorded()).into_inner());
        found.rows.extend(released.map(|row| cells(&row)));
    }
    Ok(found)
}

/// Identifiers of all buckets, each with its record's cells.
fn identifiers(
    node: &Node,
    host: &Host,
    access: &Access,
    keys: &[(BucketId, BucketKey)],
    (sought, limit): (Sought, usize),
) -> Result<Found, ControlError> {
    let lake = node.lake();
    let columns = ["record", "field", "tag", "blob"];
    let columns = columns.iter().chain(COLUMNS.iter().skip(1));
    let mut found = Found {
        columns: columns.map(ToString::to_string).collect(),
        rows: Vec::new(),
        more: false,
    };
    for (bucket, key) in keys {
        let left = limit.saturating_sub(found.rows.len());
        let reader = lake.reader(bucket, key, access, host.seconds())?;
        let joined = reader.identifiers(sought, left.saturating_add(1))?;
        found.more |= joined.len() > left;
        for held in joined.into_iter().take(left) {
            let (row, identifier) = held.release(access.opened.recorded()).into_inner();
            let mut line = vec![
                json!(row.record.to_string()),
                json!(identifier.field.name()),
                json!(hex(&identifier.tag)),
                json!(hex(&identifier.blob)),
            ];
            line.extend(cells(&row).into_iter().skip(1));
            found.rows.push(line);
        }
    }
    Ok(found)
}

fn sql(
    node: &Node,
    host: &Host,
    access: &Access,
    keys: &[(BucketId, BucketKey)],
    (text, limits, engine): (&str, Limits, &PathBuf),
) -> Result<Found, ControlError> {
    let mut request = Request::new(access, text, limits, host.seconds())?;
    for (bucket, key) in keys {
        request.add(
            &node.lake(),
            access,
            bucket,
            BucketKey::from_bytes(*key.bytes()),
        )?;
    }
    let answer = session::run(engine, &request)?;
    Ok(Found {
        columns: answer
            .columns
            .into_iter()
            .map(|column| column.name)
            .collect(),
        rows: answer.rows,
        more: false,
    })
}
