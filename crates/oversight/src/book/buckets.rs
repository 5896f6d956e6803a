//! Buckets: what is kept, until when, and how it ended. In: receipts, entries of types 30, 31, 33 to 35, rulings that keep. Out: ends, deletions, purge lists, challenges. Never: an
//! attestation that the commission's share holder did not sign.

use super::{Book, Seen, Sums, Taken, void};
use crate::body;
use crate::refused::{Code, Refused, hold};
use sakimori_authority::statement::Statement;
use sakimori_custody::epoch::EpochId;
use sakimori_custody::ids::{BucketId, RecordId, unhex};
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_tlog::merkle::{Hash, leaf_hash, verify_inclusion};
use sakimori_tlog::note::Note;
use std::collections::BTreeMap;

/// How a bucket ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Index of the deletion.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// Index of the commission's attestation on record; `None` where the deletion names none.
    pub attestation: Option<u64>,
    /// Records that it tells of.
    pub records: u64,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Index of the first receipt that names it.
    pub index: u64,
    /// Records that receipts put there.
    pub records: u64,
    /// The first second at which it has to be gone.
    pub end: Seconds,
    /// Index of the ruling that moved its end.
    pub kept_by: Option<u64>,
    /// Its deletion.
    pub deleted: Option<Deleted>,
    /// Index of the purge list that names it.
    pub purged: Option<u64>,
    /// Whether an urgent act filled it, so that a refusal or silence destroys it.
    pub urgent: bool,
    /// Index of the lapse that destroyed it.
    pub lapsed: Option<u64>,
}

/// A challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// The bucket.
    pub bucket: BucketId,
    /// The record that was drawn.
    pub record: RecordId,
    /// Index of the response, and whether it opened.
    pub response: Option<(u64, bool)>,
}

/// All buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Buckets {
    pub(crate) all: BTreeMap<BucketId, Bucket>,
    /// Attestations by leaf hash: index and bucket.
    attestations: BTreeMap<Hash, (u64, BucketId)>,
    pub(crate) challenges: BTreeMap<u64, Challenge>,
    /// Indices of deletions of buckets that no run had written.
    pub(crate) unknown: BTreeMap<BucketId, Vec<u64>>,
}

impl Buckets {
    pub(crate) fn get(&self, id: &BucketId) -> Option<&Bucket> {
        self.all.get(id)
    }

    /// Whether a deletion of a bucket of a statement is on record, whether or not a run had written it.
    pub(crate) fn is_deleted(&self, id: &BucketId, statement: &Statement) -> bool {
        let unknown = self.unknown.contains_key(id) && statement.sensors.contains(&id.sensor);
        unknown || self.get(id).is_some_and(|bucket| bucket.deleted.is_some())
    }

    /// Whether nobody may look at a bucket of a statement any more: it was deleted or lapsed, or the time at which it has to be gone has come.
    pub(crate) fn has_ended(&self, id: &BucketId, statement: &Statement, at: Seconds) -> bool {
        let known = self.get(id);
        let end = known.map_or_else(|| end(id, statement.keep_days), |bucket| bucket.end);
        let lapsed = known.is_some_and(|bucket| bucket.lapsed.is_some());
        lapsed || at >= end || self.is_deleted(id, statement)
    }

    /// Counts what a receipt puts into a bucket.
    pub(crate) fn fill(
        &mut self,
        id: &BucketId,
        seen: &Seen<'_>,
        sums: &Sums,
        statement: &Statement,
    ) {
        if let Some(bucket) = self.all.get_mut(id) {
            bucket.records = bucket.records.saturating_add(sums.records);
            return;
        }
        let bucket = Bucket {
            index: seen.index,
            records: sums.records,
            end: end(id, statement.keep_days),
            kept_by: None,
            deleted: None,
            purged: None,
            urgent: statement.is_urgent(),
            lapsed: None,
        };
        self.all.insert(id.clone(), bucket);
    }
}

/// The first second behind so many days from the start of a bucket's day.
pub(crate) fn end(id: &BucketId, keep_days: u64) -> Seconds {
    id.day.start().plus(keep_days.saturating_mul(DAY_SECONDS))
}

/// The bucket of an attestation, section 10.5.
fn attested(text: &str) -> Option<BucketId> {
    let body = text.strip_prefix("sakimori/share-destroyed/v1\nbucket: ")?;
    let (bucket, rest) = body.split_once("\nholder: commission\ndestroyed: ")?;
    rest.strip_suffix('\n')?.parse::<Seconds>().ok()?;
    bucket.parse().ok()
}

/// The epoch of an attestation about one, section 10.5.
fn attests_epoch(text: &str) -> Option<EpochId> {
    let body = text.strip_prefix("sakimori/epoch-share-destroyed/v1\nepoch: ")?;
    let (epoch, rest) = body.split_once("\nholder: commission\ndestroyed: ")?;
    rest.strip_suffix('\n')?.parse::<Seconds>().ok()?;
    epoch.parse::<EpochId>().ok()
}

impl Book {
    /// The commission destroyed its share.
    pub(crate) fn attestation(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let bytes = seen.open()?;
        let holder = &self.root(seen.latest()).commission_holder;
        let note = Note::parse(bytes).ok();
        let note = note.filter(|note| note.verify(std::slice::from_ref(holder)).is_ok());
        let epoch = note.as_ref().and_then(|note| attests_epoch(note.text()));
        let bucket = note.and_then(|note| attested(note.text()));
        if epoch.is_some_and(|epoch| self.authorities.get(epoch.authority).is_some()) {
            return Ok(Taken::InForce);
        }
        let of = |bucket: &BucketId| {
            let authority = self.authorities.get(bucket.authority);
            authority.is_some_and(|a| a.statement.sensors.contains(&bucket.sensor))
        };
        let Some(bucket) = bucket.filter(of) else {
            return Ok(void(Refused::new(
                Code::BodyFields,
                "no attestation of the commission's share holder about an authority on record",
            )));
        };
        self.buckets
            .attestations
            .insert(seen.leaf, (seen.index, bucket));
        Ok(Taken::InForce)
    }

    /// A bucket is gone.
    pub(crate) fn deletion(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Deletion = body::read(seen.open()?)?;
        let same = [body.objects, body.records] == [seen.counter(0), seen.counter(1)];
        hold(same && body.office_share == "destroyed", Code::BodyFields)?;
        let attestation = body
            .commission_attestation
            .and_then(|leaf| self.buckets.attestations.get(&leaf))
            .filter(|(_, bucket)| *bucket == body.bucket)
            .map(|(index, _)| *index);
        let Some(bucket) = self.buckets.all.get_mut(&body.bucket) else {
            let of = self.buckets.unknown.entry(body.bucket).or_default();
            of.push(seen.index);
            return Ok(Taken::InForce);
        };
        let first = bucket.deleted.is_none();
        // A deletion that was not attested is made good by one that is.
        if bucket
            .deleted
            .as_ref()
            .is_none_or(|d| d.attestation.is_none())
        {
            bucket.deleted = Some(Deleted {
                index: seen.index,
                time: seen.time,
                attestation,
                records: body.records,
            });
        }
        let late = seen.time > bucket.end.plus(crate::limits::DELETION_SECONDS_MAX);
        if first {
            let counts = self.month(seen.time);
            let of = counts.of(body.bucket.authority);
            of.deleted_buckets += 1;
            of.deleted_records = of.deleted_records.saturating_add(body.records);
            *(if late {
                &mut counts.deletions_late
            } else {
                &mut counts.deletions_in_time
            }) += 1;
        }
        Ok(Taken::InForce)
    }

    /// Buckets are not to be disseminated any more.
    pub(crate) fn purge(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Purge = body::read(seen.open()?)?;
        hold(
            body::all_said(&[&body.reason]) && body.buckets.len() as u64 == seen.counter(0),
            Code::BodyFields,
        )?;
        let unknown = body
            .buckets
            .iter()
            .find(|bucket| !self.buckets.all.contains_key(*bucket));
        if let Some(bucket) = unknown {
            return Err(Refused::new(Code::PurgeUnknown, bucket));
        }
        for bucket in &body.buckets {
            if let Some(bucket) = self.buckets.all.get_mut(bucket) {
                bucket.purged.get_or_insert(seen.index);
            }
        }
        Ok(Taken::InForce)
    }

    /// The commission draws a record.
    pub(crate) fn challenge(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Challenge = body::read(seen.open()?)?;
        let covered = self.covering(body.record).map(|(_, covered)| covered);
        let known = covered.is_some_and(|covered| covered.bucket == body.bucket);
        hold(known, Code::BodyFields)?;
        let challenge = Challenge {
            index: seen.index,
            time: seen.time,
            bucket: body.bucket,
            record: body.record,
            response: None,
        };
        self.buckets.challenges.insert(seen.index, challenge);
        Ok(Taken::InForce)
    }

    /// The office opens the record that was drawn, or says that it is gone.
    pub(crate) fn response(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let body: body::Response = body::read(seen.open()?)?;
        let challenge = self.buckets.challenges.get(&seen.counter(0));
        let challenge = challenge
            .filter(|c| c.response.is_none() && c.bucket == body.bucket && c.record == body.record)
            .ok_or_else(|| Refused::from(Code::ResponseUnknown))?;
        let opened = match (body.outcome.as_str(), seen.counter(1)) {
            ("opened", 1) => true,
            ("gone", 0) => false,
            _ => return Err(Code::BodyFields.into()),
        };
        if opened {
            self.opens(challenge, &body)?;
        }
        if let Some(challenge) = self.buckets.challenges.get_mut(&seen.counter(0)) {
            challenge.response = Some((seen.index, opened));
        }
        Ok(Taken::InForce)
    }

    /// I4a: the leaf leads to the commitment of the receipt that covers the record, before the bucket's deletion.
    fn opens(&self, challenge: &Challenge, body: &body::Response) -> Result<(), Refused> {
        let wrong = |what: &str| Refused::new(Code::ResponseUnknown, what);
        let (_, covered) = self
            .covering(challenge.record)
            .ok_or_else(|| wrong("no receipt covers the record"))?;
        let gone = self
            .buckets
            .get(&challenge.bucket)
            .is_none_or(|bucket| bucket.deleted.is_some());
        if gone {
            return Err(wrong("the bucket was deleted before"));
        }
        let leaf = body.leaf.ok_or_else(|| wrong("it opens without a leaf"))?;
        let path: Option<Vec<Hash>> = body.path.iter().map(|hash| unhex(hash)).collect();
        let path = path.ok_or_else(|| wrong("the path is no list of hashes"))?;
        let at = challenge.record.number - covered.first;
        verify_inclusion(
            &leaf_hash(&leaf),
            at,
            covered.records,
            &path,
            &covered.commitment,
        )
        .map_err(|_| wrong("the path does not lead to the receipt's commitment"))
    }

    /// Buckets by name.
    pub const fn bucket_list(&self) -> &BTreeMap<BucketId, Bucket> {
        &self.buckets.all
    }

    /// Challenges by the index of their entry.
    pub const fn challenges(&self) -> &BTreeMap<u64, Challenge> {
        &self.buckets.challenges
    }
}
