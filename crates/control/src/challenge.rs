//! Proof that a record is still held and opens, and that after its end it does not. In: a challenge of the commission: a record that a receipt on record covers. Out: the record's leaf and
//! its path to that receipt's commitment, or that its bucket is gone. Never: the record itself; a key that the commission did not give for a query on record.
//!
//! Reference: formats 7 (34, 35) and 18 (I4a). That it was opened for this challenge, and not kept from an earlier look, is attested and not proven: `SECURITY.md`.

use crate::commission::{Caller, Use};
use crate::error::ControlError;
use crate::host::Host;
use crate::journal::{Deed, Journal, Log};
use crate::keys;
use crate::layout::Node;
use crate::office::{self, desk::Desk};
use sakimori_custody::entry::{EntryType, Envelope};
use sakimori_custody::ids::{BucketId, Name, RecordId, hex};
use sakimori_custody::keys::BucketKey;
use sakimori_lake::{BucketState, Membership, WindowId};
use sakimori_oversight::Book;
use sakimori_tlog::key::NoteSigner;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A challenge on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Index of its entry.
    pub entry: u64,
    /// The bucket.
    pub bucket: BucketId,
    /// The record that has to open.
    pub record: RecordId,
}

/// What the office answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Index of the response's entry.
    pub entry: u64,
    /// The record's place in the receipt's tree; none where the bucket is gone.
    pub opened: Option<Membership>,
}

/// A receipt that covers records.
struct Receipt {
    window: WindowId,
    first: RecordId,
    records: u64,
}

#[derive(Deserialize)]
struct ReceiptBody {
    first_record: String,
    records: u64,
}

#[derive(Deserialize)]
struct ChallengeBody {
    bucket: String,
    record: String,
}

/// A record that was drawn to be challenged, and not on record yet.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The bucket.
    pub bucket: BucketId,
    /// The record that has to open.
    pub record: RecordId,
    /// The challenge, as the secretariat puts it on record.
    pub deed: Deed,
}

/// Draws a record among those of a bucket, or of all buckets that are not gone, and puts the challenge on record for the commission.
///
/// # Errors
/// [`ControlError::Usage`] where no receipt on record covers a record; [`ControlError::Ledger`].
///
/// # Cost
/// Reads the whole log once.
pub fn draw(
    node: &Node,
    host: &Host,
    secretariat: &NoteSigner,
    bucket: Option<&BucketId>,
) -> Result<Challenge, ControlError> {
    let mut desk = Desk::open(node, host, Some(secretariat))?;
    let drawn = drawn(desk.book(), host, bucket)?;
    let (entry, _) = desk.enter(drawn.deed)?;
    desk.journal.log.proof(entry)?;
    Ok(Challenge {
        entry,
        bucket: drawn.bucket,
        record: drawn.record,
    })
}

/// Draws a record among those that a book shows, each with the same chance: also for a node that brings the challenge to the log itself. A bucket that is named is drawn from after its
/// end too: then it must not open.
///
/// # Errors
/// [`ControlError::Usage`] where no receipt of the book covers a record.
///
/// # Cost
/// Looks at each receipt of the book twice.
pub fn drawn(book: &Book, host: &Host, bucket: Option<&BucketId>) -> Result<Drawn, ControlError> {
    let is_there = |id: &BucketId| {
        let of = book.bucket_list().get(id);
        of.is_some_and(|of| of.deleted.is_none() && of.lapsed.is_none())
    };
    let wanted = |id: &BucketId| bucket.map_or_else(|| is_there(id), |named| named == id);
    let receipts = || {
        let runs = book.run_list().values();
        runs.flat_map(|run| run.covered.iter().map(move |covered| (run, covered)))
            .filter(|(_, covered)| wanted(&covered.bucket))
    };
    let none = || {
        ControlError::Usage("no receipt on record covers a record that could be challenged".into())
    };
    let records = receipts().fold(0_u64, |sum, (_, covered)| {
        sum.saturating_add(covered.records)
    });
    let random = host.bytes().map_err(ControlError::Randomness)?;
    let mut left = u64::from_be_bytes(random)
        .checked_rem(records)
        .ok_or_else(none)?;
    let found = receipts().find(|(_, covered)| {
        let here = left < covered.records;
        left -= if here { 0 } else { covered.records };
        here
    });
    let (run, covered) = found.ok_or_else(none)?;
    let record = RecordId {
        stream: run.stream,
        number: covered.first.saturating_add(left),
    };
    let nonce: [u8; 32] = host.bytes().map_err(ControlError::Randomness)?;
    let authority = book.authority(covered.bucket.authority);
    let body = json!({
        "bucket": covered.bucket.to_string(),
        "record": record.to_string(),
        "nonce": hex(&nonce),
    });
    Ok(Drawn {
        bucket: covered.bucket.clone(),
        record,
        deed: Deed {
            kind: EntryType::Challenge,
            authority: authority.map(|of| of.commitment).unwrap_or_default(),
            counters: vec![host.seconds().0],
            body: body.to_string().into_bytes(),
        },
    })
}

/// Challenges on record that no response answers.
///
/// # Errors
/// [`ControlError::Ledger`]; [`ControlError::Document`] for a body of another form.
pub fn unanswered(node: &Node) -> Result<Vec<Challenge>, ControlError> {
    let mut log = Log::connect(&node.ledger().socket)?;
    let answered: BTreeSet<u64> = bodies(&mut log, EntryType::Response)?
        .iter()
        .filter_map(|(_, envelope, _)| envelope.counters.first().copied())
        .collect();
    bodies(&mut log, EntryType::Challenge)?
        .into_iter()
        .filter(|(entry, _, _)| !answered.contains(entry))
        .map(|(entry, _, body)| challenge(entry, body))
        .collect()
}

/// Answers a challenge for the office, in the name of `actor`. Opening the bucket is a query on record as any other.
///
/// # Errors
/// [`ControlError::Usage`] where the challenge is not open; [`ControlError::Commission`]: its half was not given; [`ControlError::Lake`]: the bucket is there and does not open, which is not answered by
/// `gone`.
pub fn respond(
    node: &Node,
    host: &Host,
    actor: &Name,
    entry: u64,
) -> Result<Answered, ControlError> {
    let known = unanswered(node)?.into_iter().find(|c| c.entry == entry);
    let challenge = known.ok_or_else(|| {
        ControlError::Usage(format!("entry {entry} is no challenge that is open"))
    })?;
    let office = keys::read(&node.office_key("office"))?;
    let mut journal = Journal::begin(&node.ledger().socket, Some(&office), host)?;
    let bucket = &challenge.bucket;
    let authority = office::statement(node, bucket.authority)?.commitment();
    let gone = node.lake().bucket(bucket)?.state == BucketState::Deleted;
    let (opened, share) = if gone {
        (None, Some(attestation(&mut journal.log, bucket)?))
    } else {
        let member = open(node, host, (&mut journal, &office), actor, &challenge)?;
        (Some(member), None)
    };
    let path = opened.iter().flat_map(|m| &m.path).map(|h| hex(h));
    let body = json!({
        "bucket": bucket.to_string(),
        "record": challenge.record.to_string(),
        "outcome": if gone { "gone" } else { "opened" },
        "leaf": opened.as_ref().map(|m| hex(&m.leaf)).unwrap_or_default(),
        "path": path.collect::<Vec<_>>(),
        "share": share,
    });
    let (index, _) = journal.record(Deed {
        kind: EntryType::Response,
        authority,
        counters: vec![entry, u64::from(!gone)],
        body: body.to_string().into_bytes(),
    })?;
    journal.log.proof(index)?;
    Ok(Answered {
        entry: index,
        opened,
    })
}

/// Opens the bucket under a query on record and finds the record's way to its receipt.
fn open(
    node: &Node,
    host: &Host,
    (journal, office): (&mut Journal<'_>, &NoteSigner),
    actor: &Name,
    challenge: &Challenge,
) -> Result<Membership, ControlError> {
    let bucket = &challenge.bucket;
    let authority = office::statement(node, bucket.authority)?.commitment();
    let covering = receipts(&mut journal.log)?
        .into_iter()
        .find(|r| r.covers(challenge.record));
    let receipt = covering.ok_or_else(|| {
        ControlError::Usage(format!(
            "no receipt on record covers record {}",
            challenge.record
        ))
    })?;
    let mut body = json!({
        "actor": actor.to_string(),
        "purpose": format!("answer to the challenge of entry {}", challenge.entry),
        "case": format!("challenge-{}", challenge.entry),
        "authority": bucket.authority.to_string(),
        "kind": "challenge",
        "buckets": [bucket.to_string()],
        "rows": 0,
        "outcome": "opened",
    });
    let deed = |body: &Value, counters| Deed {
        kind: EntryType::Query,
        authority,
        counters,
        body: body.to_string().into_bytes(),
    };
    let (opened, _) = journal.record(deed(&body, vec![0, 1]))?;
    journal.log.proof(opened)?;
    let looked = Caller::of(node, host)?
        .share(bucket, Use::Query { entry: opened }, office)
        .map_err(ControlError::from)
        .and_then(|commission| {
            let own = node.office_shares().read(bucket)?;
            let key = BucketKey::combine(&own, &commission, bucket);
            let (lake, now) = (node.lake(), host.seconds());
            let member = lake.membership(bucket, &key, receipt.window, challenge.record, now);
            Ok((key, member?))
        });
    let outcome = match &looked {
        Ok((_, Some(_))) => "answered",
        Ok((_, None)) => "the record is not there",
        Err(_) => "not opened",
    };
    body["outcome"] = json!(outcome);
    // Nothing was seen: one leaf is all that leaves, and it says nothing of the record.
    match &looked {
        Ok((key, _)) => {
            body["text"] = json!(format!("membership of record {}", challenge.record));
            journal.record_sealed(deed(&body, vec![0, 1, opened]), bucket, key)?;
        }
        Err(_) => {
            journal.record(deed(&body, vec![0, 0, opened]))?;
        }
    }
    let (_, member) = looked?;
    member.ok_or_else(|| {
        ControlError::document(
            format!("bucket {bucket}"),
            format!(
                "it does not hold record {} of its receipt",
                challenge.record
            ),
        )
    })
}

impl Receipt {
    fn read(envelope: &Envelope, body: &Value) -> Option<Self> {
        let body: ReceiptBody = serde_json::from_value(body.clone()).ok()?;
        let index = *envelope.counters.first()?;
        (body.records > 0).then_some(())?;
        Some(Self {
            window: WindowId {
                stream: envelope.stream,
                index,
            },
            first: body.first_record.parse().ok()?,
            records: body.records,
        })
    }

    fn covers(&self, record: RecordId) -> bool {
        let last = self.first.number.saturating_add(self.records);
        record.stream == self.first.stream && (self.first.number..last).contains(&record.number)
    }
}

fn receipts(log: &mut Log) -> Result<Vec<Receipt>, ControlError> {
    let bodies = bodies(log, EntryType::Receipt)?.into_iter();
    Ok(bodies
        .filter_map(|(_, envelope, body)| Receipt::read(&envelope, &body))
        .collect())
}

fn challenge(entry: u64, body: Value) -> Result<Challenge, ControlError> {
    let told = |problem: String| {
        ControlError::document(format!("the challenge of entry {entry}"), problem)
    };
    let body: ChallengeBody = serde_json::from_value(body).map_err(|e| told(e.to_string()))?;
    Ok(Challenge {
        entry,
        bucket: body
            .bucket
            .parse()
            .map_err(|_| told("it names no bucket".into()))?,
        record: body
            .record
            .parse()
            .map_err(|_| told("it names no record".into()))?,
    })
}

/// Index of the entry by which the commission attested that its half is gone.
fn attestation(log: &mut Log, bucket: &BucketId) -> Result<u64, ControlError> {
    let mut found = Vec::new();
    log.each_durable_entry(|index, envelope, _| {
        if envelope.kind == EntryType::Attestation {
            found.push((index, envelope.clone()));
        }
        true
    })?;
    for (index, envelope) in found {
        let body = log.open_body(&envelope)?;
        let line = format!("\nbucket: {bucket}\n");
        if String::from_utf8_lossy(&body).contains(&line) {
            return Ok(index);
        }
    }
    Err(ControlError::document(
        format!("bucket {bucket}"),
        "its end is begun and not attested yet; `sakimori lake expire` brings it to its end",
    ))
}

/// Every entry of a kind whose body lies open, with the document in it.
fn bodies(log: &mut Log, kind: EntryType) -> Result<Vec<(u64, Envelope, Value)>, ControlError> {
    let mut entries = Vec::new();
    log.each_durable_entry(|index, envelope, _| {
        if envelope.kind == kind {
            entries.push((index, envelope.clone()));
        }
        true
    })?;
    let read = |(index, envelope): (u64, Envelope)| {
        let body = serde_json::from_slice(&log.open_body(&envelope)?)
            .map_err(|e| ControlError::document(format!("entry {index}"), e))?;
        Ok((index, envelope, body))
    };
    entries.into_iter().map(read).collect()
}
