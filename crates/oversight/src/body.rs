//! Bodies of entries, as `docs/reference/formats.md` section 7 has them. In: JSON. Out: typed fields, bounded. Never: a field that is read twice in two ways.
//!
//! Keys that the page does not name are passed over, so that a later version may say more.

use crate::limits::{LIST_MAX, TEXT_BYTES_MAX};
use crate::refused::{Code, Refused};
use sakimori_custody::ids::{AuthorityId, BucketId, Name, RecordId, unhex};
use sakimori_custody::time::Seconds;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};
use std::fmt::Display;
use std::str::FromStr;

/// Reads a body.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(bytes).map_err(|e| Refused::new(Code::BodyFields, e))
}

/// A value that is written as text: an id, a time.
pub(crate) fn text<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: Display,
{
    let text = std::borrow::Cow::<'_, str>::deserialize(from)?;
    text.parse().map_err(de::Error::custom)
}

/// As [`text`], or null, or not there.
pub(crate) fn maybe<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: Display,
{
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| text.parse().map_err(de::Error::custom))
        .transpose()
}

/// A list of values that are written as text, each once, at most [`LIST_MAX`].
pub(crate) fn list<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr + Ord + Clone,
    T::Err: Display,
{
    let texts = Vec::<String>::deserialize(from)?;
    if texts.len() > LIST_MAX {
        return Err(de::Error::custom("the list is too long"));
    }
    let read: Result<Vec<T>, _> = texts.iter().map(|text| text.parse()).collect();
    let read = read.map_err(de::Error::custom)?;
    let mut sorted = read.clone();
    sorted.sort();
    if sorted.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(de::Error::custom("something stands twice in the list"));
    }
    Ok(read)
}

/// 32 bytes in hex.
fn hash<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
    let text = std::borrow::Cow::<'_, str>::deserialize(from)?;
    unhex(&text).ok_or_else(|| de::Error::custom("not 64 hex digits"))
}

/// As [`hash`]; empty, null and not there are no hash.
fn maybe_hash<'de, D: Deserializer<'de>>(from: D) -> Result<Option<[u8; 32]>, D::Error> {
    match Option::<String>::deserialize(from)?.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => unhex(text)
            .map(Some)
            .ok_or_else(|| de::Error::custom("not 64 hex digits")),
    }
}

/// A bounded text for people.
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.len() > TEXT_BYTES_MAX {
        return Err(de::Error::custom("a text is too long"));
    }
    Ok(text)
}

/// Whether every text says something.
pub(crate) fn all_said(texts: &[&str]) -> bool {
    texts.iter().all(|text| !text.trim().is_empty())
}

/// Of a request (10).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Request {
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default, deserialize_with = "maybe")]
    pub(crate) requester: Option<Name>,
    #[serde(deserialize_with = "said")]
    pub(crate) facts: String,
    #[serde(deserialize_with = "said")]
    pub(crate) necessity: String,
    #[serde(deserialize_with = "said")]
    pub(crate) alternatives: String,
    #[serde(default)]
    pub(crate) expected_share_ppm: u64,
    #[serde(default, deserialize_with = "said")]
    pub(crate) rights: String,
    #[serde(default, deserialize_with = "maybe")]
    pub(crate) replaces: Option<AuthorityId>,
    #[serde(deserialize_with = "said")]
    pub(crate) draft: String,
}

/// Of a question (13) and an answer (14).
#[derive(Deserialize)]
pub(crate) struct Post {
    #[serde(deserialize_with = "hash")]
    pub(crate) request: [u8; 32],
    #[serde(deserialize_with = "text")]
    pub(crate) from: Name,
    #[serde(deserialize_with = "said")]
    pub(crate) text: String,
}

/// Of an access entry (4).
#[derive(Deserialize)]
pub(crate) struct Access {
    #[serde(deserialize_with = "text")]
    pub(crate) person: Name,
    pub(crate) act: String,
    #[serde(default, deserialize_with = "list")]
    pub(crate) roles: Vec<Name>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) clearance: Vec<Name>,
    #[serde(default, deserialize_with = "maybe")]
    pub(crate) until: Option<Seconds>,
    #[serde(default, deserialize_with = "list")]
    pub(crate) by: Vec<Name>,
}

/// Of a lapse (18).
#[derive(Deserialize)]
pub(crate) struct Lapse {
    #[serde(deserialize_with = "text")]
    pub(crate) urgent: AuthorityId,
    pub(crate) reason: String,
    #[serde(deserialize_with = "list")]
    pub(crate) destroyed: Vec<BucketId>,
}

/// Of a start (20).
#[derive(Deserialize)]
pub(crate) struct Start {
    #[serde(deserialize_with = "text")]
    pub(crate) authority: AuthorityId,
    #[serde(deserialize_with = "text")]
    pub(crate) sensor: Name,
    #[serde(deserialize_with = "hash")]
    pub(crate) statement_sha256: [u8; 32],
    #[serde(deserialize_with = "hash")]
    pub(crate) pack_sha256: [u8; 32],
    #[serde(default, deserialize_with = "maybe_hash")]
    pub(crate) schedule_sha256: Option<[u8; 32]>,
    #[serde(default, deserialize_with = "maybe_hash")]
    pub(crate) software_sha256: Option<[u8; 32]>,
    #[serde(deserialize_with = "text")]
    pub(crate) lease_id: AuthorityId,
    #[serde(deserialize_with = "text")]
    pub(crate) started: Seconds,
    pub(crate) limits: u64,
}

macro_rules! window {
    ($($field:ident)+) => {
        /// Counters of a window by name, section 5.
        #[derive(Deserialize)]
        pub(crate) struct Window {
            $(pub(crate) $field: u64,)+
            #[serde(default)]
            pub(crate) identifiers: u64,
        }
    };
}
window! {
    index start_ms end_ms held_before read selected domestic not_ip direction not_selected shed link truncated malformed record held_after
    records events flows_closed flows_selected
}

impl Window {
    /// The counters that the envelope has to carry; `None` where sums pass all numbers.
    pub(crate) fn counters(&self) -> Option<[u64; 13]> {
        let discarded = [
            self.domestic,
            self.not_ip,
            self.direction,
            self.not_selected,
            self.shed,
        ];
        let errors = [self.link, self.truncated, self.malformed, self.record];
        let sum = |parts: &[u64]| parts.iter().try_fold(0u64, |sum, n| sum.checked_add(*n));
        Some([
            self.index,
            self.start_ms,
            self.end_ms,
            self.held_before,
            self.read,
            self.selected,
            sum(&discarded)?,
            sum(&errors)?,
            self.held_after,
            self.records,
            self.events,
            self.flows_closed,
            self.flows_selected,
        ])
    }
}

/// Of a receipt (22).
#[derive(Deserialize)]
pub(crate) struct Receipt {
    pub(crate) window: Window,
    #[serde(deserialize_with = "text")]
    pub(crate) bucket: BucketId,
    #[serde(deserialize_with = "maybe")]
    pub(crate) first_record: Option<RecordId>,
    pub(crate) records: u64,
    #[serde(deserialize_with = "maybe_hash")]
    pub(crate) commitment: Option<[u8; 32]>,
    #[serde(default)]
    pub(crate) identifiers: u64,
    #[serde(default, deserialize_with = "maybe_hash")]
    pub(crate) identifiers_commitment: Option<[u8; 32]>,
}

/// Of a stop (21).
#[derive(Deserialize)]
pub(crate) struct Stop {
    #[serde(deserialize_with = "said")]
    pub(crate) reason: String,
    #[serde(deserialize_with = "text")]
    pub(crate) ended: Seconds,
}

/// Of a gap (23).
#[derive(Deserialize)]
pub(crate) struct Gap {
    #[serde(deserialize_with = "said")]
    pub(crate) reason: String,
}

/// Of a fault (24).
#[derive(Deserialize)]
pub(crate) struct Fault {
    #[serde(deserialize_with = "said")]
    pub(crate) kind: String,
    #[serde(deserialize_with = "said")]
    pub(crate) detail: String,
}

/// Of a refusal (25).
#[derive(Deserialize)]
pub(crate) struct Refusal {
    pub(crate) code: u64,
    #[serde(deserialize_with = "said")]
    pub(crate) name: String,
    #[serde(deserialize_with = "text")]
    pub(crate) sensor: Name,
    /// Empty where the folder held no statement that can be read.
    #[serde(deserialize_with = "said")]
    pub(crate) authority: String,
}

/// Of an effective state (26).
#[derive(Deserialize)]
pub(crate) struct Effective {
    pub(crate) state: String,
    #[serde(deserialize_with = "text")]
    pub(crate) sensor: Name,
    #[serde(deserialize_with = "text")]
    pub(crate) lease_id: AuthorityId,
    #[serde(deserialize_with = "said")]
    pub(crate) reason: String,
}

/// Of a carrier's counter (27).
#[derive(Deserialize)]
pub(crate) struct Carrier {
    #[serde(deserialize_with = "text")]
    pub(crate) sensor: Name,
}

/// Of a deletion (30).
#[derive(Deserialize)]
pub(crate) struct Deletion {
    #[serde(deserialize_with = "text")]
    pub(crate) bucket: BucketId,
    pub(crate) objects: u64,
    pub(crate) records: u64,
    pub(crate) office_share: String,
    #[serde(deserialize_with = "maybe_hash")]
    pub(crate) commission_attestation: Option<[u8; 32]>,
}

/// Of a purge list (33).
#[derive(Deserialize)]
pub(crate) struct Purge {
    #[serde(deserialize_with = "list")]
    pub(crate) buckets: Vec<BucketId>,
    #[serde(deserialize_with = "said")]
    pub(crate) reason: String,
}

/// Of a challenge (34).
#[derive(Deserialize)]
pub(crate) struct Challenge {
    #[serde(deserialize_with = "text")]
    pub(crate) bucket: BucketId,
    #[serde(deserialize_with = "text")]
    pub(crate) record: RecordId,
}

/// Of a response (35).
#[derive(Deserialize)]
pub(crate) struct Response {
    #[serde(deserialize_with = "text")]
    pub(crate) bucket: BucketId,
    #[serde(deserialize_with = "text")]
    pub(crate) record: RecordId,
    pub(crate) outcome: String,
    #[serde(deserialize_with = "maybe_hash")]
    pub(crate) leaf: Option<[u8; 32]>,
    pub(crate) path: Vec<String>,
}

/// Of what opens a query (40).
#[derive(Deserialize)]
pub(crate) struct Query {
    #[serde(deserialize_with = "text")]
    pub(crate) actor: Name,
    #[serde(deserialize_with = "said")]
    pub(crate) purpose: String,
    #[serde(deserialize_with = "said")]
    pub(crate) case: String,
    #[serde(deserialize_with = "text")]
    pub(crate) authority: AuthorityId,
    #[serde(deserialize_with = "list")]
    pub(crate) buckets: Vec<BucketId>,
}

/// Of an export (42).
#[derive(Deserialize)]
pub(crate) struct Export {
    #[serde(deserialize_with = "text")]
    pub(crate) actor: Name,
    #[serde(deserialize_with = "said")]
    pub(crate) purpose: String,
    #[serde(deserialize_with = "said")]
    pub(crate) case: String,
    #[serde(deserialize_with = "said")]
    pub(crate) class: String,
    #[serde(deserialize_with = "said")]
    pub(crate) recipient: String,
    #[serde(deserialize_with = "said")]
    pub(crate) mark: String,
    #[serde(deserialize_with = "hash")]
    pub(crate) sha256: [u8; 32],
    #[serde(deserialize_with = "list")]
    pub(crate) buckets: Vec<BucketId>,
}

/// Of a re-identification (43).
#[derive(Deserialize)]
pub(crate) struct Reidentification {
    #[serde(deserialize_with = "text")]
    pub(crate) actor: Name,
    #[serde(deserialize_with = "text")]
    pub(crate) bucket: BucketId,
    #[serde(deserialize_with = "text")]
    pub(crate) record: RecordId,
    #[serde(deserialize_with = "text")]
    pub(crate) field: Name,
}

/// Of a misuse (44).
#[derive(Deserialize)]
pub(crate) struct Misuse {
    #[serde(deserialize_with = "said")]
    pub(crate) rule: String,
    #[serde(deserialize_with = "text")]
    pub(crate) actor: Name,
    #[serde(deserialize_with = "said")]
    pub(crate) case: String,
    pub(crate) entries: Vec<u64>,
    #[serde(deserialize_with = "hash")]
    pub(crate) evidence: [u8; 32],
}

/// Of an inspection (50).
#[derive(Deserialize)]
pub(crate) struct Inspection {
    #[serde(deserialize_with = "text")]
    #[serde(rename = "inspection")]
    pub(crate) name: Name,
    pub(crate) act: String,
    #[serde(deserialize_with = "text")]
    pub(crate) inspector: Name,
    #[serde(deserialize_with = "said")]
    pub(crate) subject: String,
    #[serde(deserialize_with = "said")]
    pub(crate) text: String,
}

/// Of a notice, demand or recommendation (52, 53, 54).
#[derive(Deserialize)]
pub(crate) struct Letter {
    #[serde(deserialize_with = "text")]
    pub(crate) id: Name,
    #[serde(deserialize_with = "said")]
    pub(crate) to: String,
    #[serde(deserialize_with = "said")]
    pub(crate) subject: String,
    #[serde(deserialize_with = "said")]
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) about: Option<String>,
    #[serde(default, deserialize_with = "maybe")]
    pub(crate) stop: Option<AuthorityId>,
}

/// Of a reply (55).
#[derive(Deserialize)]
pub(crate) struct Reply {
    #[serde(deserialize_with = "text")]
    pub(crate) from: Name,
    #[serde(deserialize_with = "said")]
    pub(crate) text: String,
}

/// Of a report (60).
#[derive(Deserialize)]
pub(crate) struct Report {
    pub(crate) year: u64,
    #[serde(deserialize_with = "hash")]
    pub(crate) sha256: [u8; 32],
    pub(crate) headings: Vec<Vec<u64>>,
}

/// Of an act of a measure (46).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct MeasureBody {
    pub(crate) act: String,
    #[serde(deserialize_with = "hash")]
    pub(crate) measure: [u8; 32],
    pub(crate) revision: u64,
    #[serde(deserialize_with = "maybe")]
    pub(crate) actuator: Option<Name>,
    pub(crate) step: u64,
    #[serde(deserialize_with = "said")]
    pub(crate) detail: String,
}
