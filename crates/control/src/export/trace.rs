//! Which export a file, or a part of one, came from. In: bytes of any form. Out: the export whose mark they carry, with the evidence. Never: a name without evidence; a file executed,
//! unpacked or shown.
//!
//! Nothing is asked of the file's form: record ids and cells are looked for as words. Evidence by weight: the whole file's hash; cells that only one mark gives (one in 2^48 by chance each); an
//! order of the rows that only one mark gives (one in n! by chance for n rows).

use super::{CELL_DIGITS, Stamp, secret};
use crate::error::ControlError;
use crate::files;
use crate::host::Host;
use crate::journal::Log;
use crate::layout::Node;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{RecordId, hex};
use sakimori_custody::time::Seconds;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;

/// Fewest rows whose order alone is evidence: by chance one file in 10! = 3,628,800 has it.
const ORDERED_MIN: usize = 10;

/// An export whose mark a file carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// Index of its entry.
    pub entry: u64,
    /// When it was made, to the minute.
    pub time: Seconds,
    /// For whom.
    pub recipient: String,
    /// By whom.
    pub actor: String,
    /// In which case.
    pub case: String,
    /// Whether the file is the export, byte for byte.
    pub whole: bool,
    /// Rows whose cell is the export's.
    pub cells: usize,
    /// Rows that stand in the export's order, where that says something.
    pub ordered: usize,
}

/// What an export's entry says.
#[derive(Deserialize)]
struct Said {
    actor: String,
    case: String,
    recipient: String,
    mark: String,
    sha256: String,
}

/// Words of a file that may be a mark's.
pub(super) struct Words {
    sha256: String,
    records: Vec<String>,
    cells: BTreeSet<String>,
    text: Vec<u8>,
}

/// Finds the exports whose marks a file carries, the best evidence first; none where it carries none.
///
/// # Errors
/// [`ControlError::File`]; [`ControlError::Ledger`].
///
/// # Cost
/// Every export on record times the records in the file.
pub fn trace(node: &Node, host: &Host, path: &Path) -> Result<Vec<Traced>, ControlError> {
    let words = Words::of(files::read_present(path)?);
    let secret = secret(node, host)?;
    let mut log = Log::connect(&node.ledger().socket)?;
    let mut entries = Vec::new();
    log.each_durable_entry(|index, envelope, _| {
        if envelope.kind == EntryType::Export {
            entries.push((index, envelope.clone()));
        }
        true
    })?;
    let mut found = Vec::new();
    for (entry, envelope) in entries {
        let said: Said = serde_json::from_slice(&log.open_body(&envelope)?)
            .map_err(|e| ControlError::document(format!("entry {entry}"), e))?;
        let stamp = Stamp::new(&secret, &said.mark);
        let (whole, cells, ordered) = words.against(&stamp, &said.sha256);
        if whole || cells > 0 || ordered > 0 {
            found.push(Traced {
                entry,
                time: envelope.time,
                recipient: said.recipient,
                actor: said.actor,
                case: said.case,
                whole,
                cells,
                ordered,
            });
        }
    }
    found.sort_by_key(|t| std::cmp::Reverse((t.whole, t.cells, t.ordered)));
    Ok(found)
}

impl Words {
    pub(super) fn of(text: Vec<u8>) -> Self {
        let sha256 = hex(&Sha256::digest(&text));
        let (mut records, mut cells) = (Vec::new(), BTreeSet::new());
        let words = text.split(|b| !(b.is_ascii_alphanumeric() || *b == b'-'));
        for word in words.filter_map(|word| std::str::from_utf8(word).ok()) {
            if word.len() == CELL_DIGITS && word.bytes().all(|b| b.is_ascii_hexdigit()) {
                cells.insert(word.to_ascii_lowercase());
            } else if word.contains('-') && word.parse::<RecordId>().is_ok() {
                records.push(word.to_owned());
            }
        }
        Self {
            sha256,
            records,
            cells,
            text,
        }
    }

    /// Whether the file is the export itself; how many of its rows have the mark's cell; how many stand in the mark's order.
    pub(super) fn against(&self, stamp: &Stamp, sha256: &str) -> (bool, usize, usize) {
        let whole = self.sha256 == sha256;
        let named = self
            .text
            .windows(stamp.mark.len())
            .any(|window| window.eq_ignore_ascii_case(stamp.mark.as_bytes()));
        let cells = self
            .records
            .iter()
            .filter(|record| self.cells.contains(&stamp.cell(record)))
            .count();
        let places: Vec<[u8; 32]> = self.records.iter().map(|r| stamp.place(r)).collect();
        let ascends = places.is_sorted_by(|a, b| a < b);
        let ordered = if ascends && places.len() >= ORDERED_MIN {
            places.len()
        } else {
            0
        };
        // The mark's own name in a document counts as one cell: it says no more than a header that anybody can copy.
        (whole, cells + usize::from(named && cells == 0), ordered)
    }
}
