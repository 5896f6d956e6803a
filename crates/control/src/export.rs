//! Selected records that leave the office for a recipient. In: a question with its reason, a recipient with what the law asks for beside. Out: a file that carries the recipient's mark, and
//! an entry that says so before the file is there; or a refusal, which is an entry too. Never: a file without its entry, or for whom the law's table refuses it; two recipients with one
//! mark; the secret of the marks in a file or in the log.
//!
//! The mark is in three places, so that a part of a file still names its export: every row has a cell of its own that only the office can compute; the rows stand in an order that only the
//! mark gives; and the entry has the whole file's SHA-256. What is proven by it and what not: `SECURITY.md`.

mod leave;
mod trace;

pub use leave::{Leave, class_of};
pub use trace::{Traced, trace};

use crate::error::ControlError;
use crate::files;
use crate::host::Host;
use crate::journal::{Deed, Journal};
use crate::keys;
use crate::layout::Node;
use crate::office;
use crate::query::{Answered, Question, answer};
use hmac::{Hmac, KeyInit, Mac};
use sakimori_custody::class::Class;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes of an export's mark, in the entry as hex.
const MARK_BYTES: usize = 16;
/// Hex digits of a row's cell.
const CELL_DIGITS: usize = 12;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// RFC 4180, with a head.
    Csv,
    /// One document.
    Json,
}

/// An export that is on record.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Index of its entry.
    pub entry: u64,
    /// Its mark.
    pub mark: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Rows.
    pub rows: usize,
    /// Whether there were more than the limit.
    pub more: bool,
}

/// Answers a question into a file for one recipient. The question is on record as every query is; the export's entry is cosigned before the file appears under its name.
///
/// # Errors
/// As [`marked`]; [`ControlError::File`].
pub fn export(
    node: &Node,
    host: &Host,
    question: &Question,
    leave: &Leave,
    (form, path): (Form, &Path),
) -> Result<Exported, ControlError> {
    if path.exists() {
        return Err(ControlError::Usage(format!(
            "{} exists; an export is written over nothing",
            path.display()
        )));
    }
    let (exported, bytes) = marked(node, host, question, leave, form)?;
    files::write(path, &bytes, files::PRIVATE)?;
    Ok(exported)
}

/// As [`export`], for a caller who is given the file's bytes; they are handed out once the export's entry is cosigned.
///
/// # Errors
/// [`ControlError::Usage`] where the law's table refuses, which is on record, and nothing was looked at; for a question whose rows are no records. As [`answer`]; [`ControlError::Ledger`] where
/// the log refuses the export (recipient, purge list, budget): there is no file then.
pub fn marked(
    node: &Node,
    host: &Host,
    question: &Question,
    leave: &Leave,
    form: Form,
) -> Result<(Exported, Vec<u8>), ControlError> {
    let statement = office::statement(node, question.authority)?;
    let class = leave::may_leave(node, host, &statement, (&question.actor, leave))?;
    let answered = answer(node, host, question)?;
    let mark: [u8; MARK_BYTES] = host.bytes().map_err(ControlError::Randomness)?;
    let mark = hex(&mark);
    let stamp = Stamp::new(&secret(node, host)?, &mark);
    let bytes = stamp.file(&answered, question, (class, leave), form)?;
    let sha256 = hex(&Sha256::digest(&bytes));
    let office = keys::read(&node.office_key("office"))?;
    let mut journal = Journal::begin(&node.ledger().socket, Some(&office), host)?;
    let body = json!({
        "actor": question.actor.to_string(),
        "purpose": question.purpose.to_string(),
        "case": question.case.to_string(),
        "class": class.name(),
        "recipient": leave.recipient.name.to_string(),
        "mark": mark,
        "sha256": sha256,
        "buckets": answered.opened.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    let (entry, _) = journal.record(Deed {
        kind: EntryType::Export,
        authority: statement.commitment(),
        counters: vec![answered.rows.len() as u64, bytes.len() as u64],
        body: body.to_string().into_bytes(),
    })?;
    journal.log.proof(entry)?;
    let exported = Exported {
        entry,
        mark,
        sha256,
        rows: answered.rows.len(),
        more: answered.more,
    };
    Ok((exported, bytes))
}

/// The office's secret behind all marks, made at its first use.
fn secret(node: &Node, host: &Host) -> Result<Zeroizing<Vec<u8>>, ControlError> {
    let path = node.office_key("export");
    if let Some(bytes) = files::read(&path)? {
        return Ok(Zeroizing::new(bytes));
    }
    let made: [u8; 32] = host.bytes().map_err(ControlError::Randomness)?;
    files::write(&path, hex(&made).as_bytes(), files::PRIVATE)?;
    Ok(Zeroizing::new(hex(&made).into_bytes()))
}

/// What one mark makes of rows.
struct Stamp {
    key: [u8; 32],
    mark: String,
}

impl Stamp {
    fn new(secret: &[u8], mark: &str) -> Self {
        Self {
            key: mac(secret, &[b"sakimori/export-mark/v1\n", mark.as_bytes()]),
            mark: mark.to_owned(),
        }
    }

    /// What stands in the row's own cell.
    fn cell(&self, record: &str) -> String {
        let whole = hex(&mac(&self.key, &[b"cell\n", record.as_bytes()]));
        whole.chars().take(CELL_DIGITS).collect()
    }

    /// By what rows are ordered.
    fn place(&self, record: &str) -> [u8; 32] {
        mac(&self.key, &[b"place\n", record.as_bytes()])
    }

    /// The rows in the mark's order, each with its cell behind it.
    fn rows(&self, answered: &Answered) -> Result<Vec<Vec<Value>>, ControlError> {
        let column = answered.columns.iter().position(|name| name == "record");
        let column = column.ok_or_else(|| {
            ControlError::Usage(
                "an export is made of records; its question has no column `record`".to_owned(),
            )
        })?;
        let mut rows: Vec<([u8; 32], Vec<Value>)> = Vec::with_capacity(answered.rows.len());
        for row in &answered.rows {
            let record = row.get(column).and_then(Value::as_str).unwrap_or_default();
            let mut marked = row.clone();
            marked.push(json!(self.cell(record)));
            rows.push((self.place(record), marked));
        }
        rows.sort_by_key(|(place, _)| *place);
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    fn file(
        &self,
        answered: &Answered,
        question: &Question,
        (class, leave): (Class, &Leave),
        form: Form,
    ) -> Result<Vec<u8>, ControlError> {
        let rows = self.rows(answered)?;
        let columns: Vec<&str> = answered.columns.iter().map(String::as_str).collect();
        let columns = [columns.as_slice(), &["mark"]].concat();
        match form {
            Form::Csv => csv(&columns, &rows),
            Form::Json => {
                let rows: Vec<Value> = rows
                    .into_iter()
                    .map(|row| columns.iter().map(ToString::to_string).zip(row).collect())
                    .collect();
                let document = json!({
                    "class": class.name(),
                    "tlp": leave.marking.tlp.label(),
                    "pap": leave.marking.pap.label(),
                    "recipient": leave.recipient.name.to_string(),
                    "as": leave.recipient.kind.name(),
                    "purpose": question.purpose.to_string(),
                    "case": question.case.to_string(),
                    "authority": question.authority.to_string(),
                    "mark": self.mark,
                    "rows": rows,
                });
                Ok(format!("{document:#}\n").into_bytes())
            }
        }
    }
}

fn csv(columns: &[&str], rows: &[Vec<Value>]) -> Result<Vec<u8>, ControlError> {
    let failed = |e: csv::Error| ControlError::document("the export", e);
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    out.write_record(columns).map_err(failed)?;
    for row in rows {
        out.write_record(row.iter().map(text)).map_err(failed)?;
    }
    out.into_inner()
        .map_err(|e| ControlError::document("the export", e.error()))
}

/// A cell of a table.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // A secret of any length becomes a key of one.
    let mut block = [0; 64];
    let digest = Sha256::digest(key);
    block[..32].copy_from_slice(&digest);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
