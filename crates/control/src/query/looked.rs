//! Which rows are looked at, as callers name them. In: one of a record, a pair, a prefix, with a span and a limit. Out: the question, and the words that the log keeps of it. Never: a
//! question whose words say less than it asks.

use super::Asked;
use crate::error::ControlError;
use sakimori_custody::ids::{RecordId, hex};
use sakimori_custody::record::address_bytes;
use sakimori_custody::time::{Millis, Seconds};
use sakimori_lake::{Ask, Prefix, Sought, Span, What};
use std::net::IpAddr;

/// Which rows are looked at; all of the span where nothing is named.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'l> {
    /// One record.
    pub record: Option<RecordId>,
    /// Records between two addresses.
    pub pair: Option<&'l [IpAddr]>,
    /// Records with an end in a prefix.
    pub prefix: Option<Prefix>,
    /// From this time on.
    pub from: Option<Seconds>,
    /// Until before this time.
    pub until: Option<Seconds>,
    /// Rows at most.
    pub limit: usize,
}

impl Looked<'_> {
    /// The question for rows.
    ///
    /// # Errors
    /// [`ControlError::Usage`]: the span is empty.
    pub fn asked(&self) -> Result<Asked, ControlError> {
        let (what, mut text) = match (self.record, self.pair, self.prefix) {
            (Some(record), _, _) => (What::Record(record), format!("record {record}")),
            (_, Some(&[a, b]), _) => (
                What::Pair(address_bytes(a), address_bytes(b)),
                format!("pair {a} {b}"),
            ),
            (_, _, Some(prefix)) => (What::Prefix(prefix), format!("prefix {prefix}")),
            _ => (What::All, "all".to_owned()),
        };
        let span = Span {
            from: self.from.map_or(Millis(0), Seconds::millis),
            until: self.until.map_or(Millis(u64::MAX), Seconds::millis),
        };
        if span.from >= span.until {
            return Err(ControlError::Usage(
                "`from` is not before `until`".to_owned(),
            ));
        }
        for (word, time) in [("from", self.from), ("until", self.until)] {
            if let Some(time) = time {
                text = format!("{text} {word} {time}");
            }
        }
        Ok(Asked::Rows {
            ask: Ask {
                what,
                span,
                limit: self.limit,
            },
            text,
        })
    }
}

impl Asked {
    /// The records with an identifier of a tag.
    pub fn tag(tag: [u8; 32], limit: usize) -> Self {
        Self::Identifiers {
            sought: Sought::Tag(tag),
            text: format!("tag {}", hex(&tag)),
            limit,
        }
    }

    /// A record's identifiers.
    pub fn identifiers(record: RecordId, limit: usize) -> Self {
        Self::Identifiers {
            sought: Sought::Record(record),
            text: format!("identifiers of record {record}"),
            limit,
        }
    }
}
