//! The receipt of a window, `docs/reference/formats.md` sections 5 and 7. In: an envelope's counters and its body. Out: the window's numbers. Never: numbers that envelope and
//! body tell differently.

use super::{Seen, bucket, told};
use crate::code::{Code, Subject};
use crate::fields::Fields;
use crate::json::Json;
use crate::notes::Bucket;
use crate::report::Sink;
use crate::unhex;

/// The window's counters by name, in the order of section 5.
const WINDOW: [&str; 27] = [
    "index",
    "start_ms",
    "end_ms",
    "held_before",
    "read",
    "selected",
    "domestic",
    "not_ip",
    "direction",
    "not_selected",
    "shed",
    "link",
    "truncated",
    "malformed",
    "record",
    "held_after",
    "bytes_read",
    "flows_opened",
    "flows_closed",
    "flows_selected",
    "records",
    "events",
    "flows_evicted",
    "pairs_evicted",
    "flows_open",
    "identifiers",
    "identifiers_shed",
];

/// What a receipt says.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) index: u64,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    pub(super) held_before: u64,
    pub(super) read: u64,
    pub(super) selected: u64,
    pub(super) discarded: u64,
    pub(super) errors: u64,
    pub(super) held_after: u64,
    pub(super) records: u64,
    pub(super) bucket: Bucket,
    /// What commits to the records, if there is a record.
    pub(super) commitment: Option<[u8; 32]>,
    /// The first record's number, if there is a record.
    first: Option<String>,
    flows_closed: u64,
    flows_selected: u64,
}

impl Receipt {
    /// Reads a receipt and holds its parts against each other.
    pub(super) fn read(seen: &Seen<'_>, sink: &mut Sink) -> Option<Self> {
        let receipt = told(
            seen.open().map(|body| parse(body, seen)),
            &seen.place(),
            sink,
        )?;
        receipt.check(seen, sink);
        Some(receipt)
    }

    fn check(&self, seen: &Seen<'_>, sink: &mut Sink) {
        let left = u128::from(self.held_before) + u128::from(self.read);
        let right = [self.selected, self.discarded, self.errors, self.held_after];
        let right: u128 = right.into_iter().map(u128::from).sum();
        if left == right {
            sink.good(Subject::Receipts);
        } else {
            let what = format!(
                "window {}: {left} packets held before or read, {right} selected, discarded, in error or held after",
                self.index
            );
            sink.bad(Code::Conservation, seen.place(), what);
        }
        if self.end_ms < self.start_ms {
            sink.bad(
                Code::ReceiptTime,
                seen.place(),
                format!("window {} ends before it begins", self.index),
            );
        }
        if self.records != self.flows_selected || self.flows_selected > self.flows_closed {
            let what = format!(
                "window {}: {} records of {} selected of {} decided",
                self.index, self.records, self.flows_selected, self.flows_closed
            );
            sink.bad(Code::ReceiptRecords, seen.place(), what);
        }
    }

    /// Whether its records are numbered on from `next` in the stream.
    pub(super) fn numbers_on(&self, stream: [u8; 8], next: u64) -> bool {
        let first = format!("{}-{next}", crate::hex(&stream));
        if self.records == 0 {
            self.first.is_none()
        } else {
            self.first.as_ref() == Some(&first)
        }
    }
}

/// Reads the body; an error where its fields are not those of a receipt, or not those of the envelope.
fn parse(body: &[u8], seen: &Seen<'_>) -> Result<Receipt, String> {
    let fields = Fields::read(
        body,
        &[
            "window",
            "bucket",
            "first_record",
            "records",
            "commitment",
            "identifiers",
            "identifiers_commitment",
        ],
    )?;
    let window = Fields::of(fields.get("window").clone(), &WINDOW)?;
    let n = |name: &str| window.number(name);
    let sum = |names: &[&str]| -> Result<u64, String> {
        names.iter().try_fold(0u64, |sum, name| {
            sum.checked_add(n(name)?)
                .ok_or("the counters are too large".to_owned())
        })
    };
    let discarded = sum(&["domestic", "not_ip", "direction", "not_selected", "shed"])?;
    let errors = sum(&["link", "truncated", "malformed", "record"])?;
    let counters = [
        n("index")?,
        n("start_ms")?,
        n("end_ms")?,
        n("held_before")?,
        n("read")?,
        n("selected")?,
        discarded,
        errors,
        n("held_after")?,
        n("records")?,
        n("events")?,
        n("flows_closed")?,
        n("flows_selected")?,
    ];
    if seen.envelope.counters != counters {
        return Err("the counters of body and envelope differ".to_owned());
    }
    for name in WINDOW {
        n(name)?;
    }
    let (records, commitment) = committed(&fields, &window)?;
    let first = match fields.get("first_record") {
        Json::Null => None,
        Json::Text(text) => Some(text.clone()),
        _ => return Err("`first_record` is no record".to_owned()),
    };
    Ok(Receipt {
        index: n("index")?,
        start_ms: n("start_ms")?,
        end_ms: n("end_ms")?,
        held_before: n("held_before")?,
        read: n("read")?,
        selected: n("selected")?,
        discarded,
        errors,
        held_after: n("held_after")?,
        records,
        commitment,
        bucket: bucket(&fields)?,
        first,
        flows_closed: n("flows_closed")?,
        flows_selected: n("flows_selected")?,
    })
}

/// The number of records and what commits to them, held against the window's; the same for identifiers, of which there are none without records.
fn committed(fields: &Fields, window: &Fields) -> Result<(u64, Option<[u8; 32]>), String> {
    let read = |name: &str, commitment: &str| {
        let (count, text) = (window.number(name)?, fields.text(commitment)?);
        let root = unhex::<32>(text);
        let fits = if count == 0 {
            text.is_empty()
        } else {
            root.is_some()
        };
        if fields.number(name)? == count && fits {
            Ok((count, root))
        } else {
            Err(format!(
                "the {name} of body and window differ, or are not committed to"
            ))
        }
    };
    let (records, root) = read("records", "commitment")?;
    let (identifiers, _) = read("identifiers", "identifiers_commitment")?;
    if identifiers > 0 && records == 0 {
        return Err("there are identifiers of no record".to_owned());
    }
    Ok((records, root))
}
