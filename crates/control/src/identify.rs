//! Identifiers at the office: the keys of a run, one value for one ruling, the end of epochs. In: an authority in force, rulings on record. Out: what the sealed process is given, a value
//! that is shown once. Never: both shares of an epoch at the office, but in the process of a sensor while it starts; a value in a file or a log; a value before its entry is cosigned.
//!
//! `docs/reference/formats.md` sections 3, 9 and 10.5.

use crate::commission::{CallError, Caller};
use crate::error::ControlError;
use crate::files;
use crate::host::Host;
use crate::journal::{Deed, Journal, Log};
use crate::keys;
use crate::layout::Node;
use crate::office;
use crate::query::{Answered, Asked, Question, answer};
use sakimori_authority::gate::Admitted;
use sakimori_authority::ruling::Matter;
use sakimori_custody::entry::EntryType;
use sakimori_custody::epoch::{EpochId, EpochSecret};
use sakimori_custody::identifier::{Identifier, IdentifierField, Opened};
use sakimori_custody::ids::{AuthorityId, BucketId, Name, RecordId, StreamId, unhex};
use sakimori_custody::time::Seconds;
use sakimori_lake::{Purpose, Sought};
use sakimori_sensor::child::ChildIdentify;
use sakimori_tlog::key::NoteSigner;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Most identifiers that are looked at for one record.
const RECORD_LIMIT: usize = sakimori_custody::identifier::RECORD_IDENTIFIERS_MAX;

/// What the sealed process of a run is given to write identifiers; `None` where the schedule lists no field: nothing is looked at then, and no share is asked for.
///
/// # Errors
/// [`ControlError::Commission`]: its share cannot be had; [`ControlError::Share`]: the office's; [`ControlError::Document`]: the schedule has epochs that cannot be.
pub fn for_run(
    node: &Node,
    host: &Host,
    admitted: &Admitted,
    caller: &Caller,
    (signer, stream): (&NoteSigner, StreamId),
) -> Result<Option<ChildIdentify>, ControlError> {
    let rules = &admitted.schedule().rules;
    let fields: Vec<IdentifierField> = rules
        .identify_fields
        .iter()
        .filter_map(|field| field.name().parse().ok())
        .collect();
    if fields.is_empty() {
        return Ok(None);
    }
    let days = u32::try_from(rules.identify_epoch).unwrap_or(u32::MAX);
    let authority = admitted.statement().id;
    let epoch = EpochId::of(authority, host.seconds().day(), days).ok_or_else(|| {
        ControlError::document("the schedule", "its `identify.epoch` is none that can be")
    })?;
    let commission = caller.epoch_share(epoch, &admitted.lease().sensor, signer)?;
    let random = host.bytes().map_err(ControlError::Randomness)?;
    let own = node.office_shares().obtain_epoch(&epoch, random)?;
    let keys = EpochSecret::combine(&own, &commission, epoch).writing();
    let seed = host.bytes().map_err(ControlError::Randomness)?;
    Ok(Some(ChildIdentify::new(
        &fields, epoch, stream, &keys, seed,
    )))
}

/// One value that is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Who asks; nobody who voted.
    pub actor: Name,
    /// In which case.
    pub case: Name,
    /// The record.
    pub record: RecordId,
    /// Which identifier.
    pub field: IdentifierField,
    /// Index of the ruling's entry.
    pub ruling: u64,
}

/// A value, to be shown once.
#[derive(Debug)]
pub struct Shown {
    /// The value.
    pub opened: Opened,
    /// Indices of the entries: query before and after, re-identification.
    pub entries: [u64; 3],
    /// The epoch in which it was sealed.
    pub epoch: EpochId,
}

/// Shows one identifier of one record, once, as a ruling on record allows. The entry that says so is cosigned before the commission is asked; the commission opens the blob and notes
/// that the ruling is used before it answers.
///
/// # Errors
/// [`ControlError::Document`]: the ruling is none, or about something else; [`ControlError::Usage`]: the record has no such identifier, or its epoch is over; [`ControlError::Ledger`]: the log
/// does not take the entry, for example because the ruling was used or the actor voted for it; [`ControlError::Commission`]: refused. Nothing is shown then.
pub fn reidentify(node: &Node, host: &Host, wish: &Wish) -> Result<Shown, ControlError> {
    let office = keys::read(&node.office_key("office"))?;
    let bucket = allowed(node, wish)?;
    let epochs = epochs_of(node, &bucket, host.seconds())?;
    let (identifier, [opened, closed]) = stored(node, host, wish, &bucket)?;
    let authority = office::statement(node, bucket.authority)?.commitment();
    let mut journal = Journal::begin(&node.ledger().socket, Some(&office), host)?;
    let body = json!({
        "actor": wish.actor.to_string(),
        "bucket": bucket.to_string(),
        "record": wish.record.to_string(),
        "field": wish.field.name(),
    });
    let (entry, _) = journal.record(Deed {
        kind: EntryType::Reidentification,
        authority,
        counters: vec![wish.ruling],
        body: body.to_string().into_bytes(),
    })?;
    journal.log.proof(entry)?;
    let caller = Caller::of(node, host)?;
    let mut refused = None;
    for epoch in epochs {
        let share = node.office_shares().read_epoch(&epoch)?;
        match caller.reidentify((entry, epoch), (wish.record, identifier), &share, &office) {
            Ok(opened_value) => {
                return Ok(Shown {
                    opened: opened_value,
                    entries: [opened, closed, entry],
                    epoch,
                });
            }
            // A schedule may have changed the epochs' length that day: the next one may be the one.
            Err(error @ CallError::Denied(_)) => refused = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    let gone = || ControlError::Usage("there is no epoch to open it with".to_owned());
    Err(refused.map_or_else(gone, ControlError::from))
}

/// The bucket of the ruling, where it is about this field of this record.
fn allowed(node: &Node, wish: &Wish) -> Result<BucketId, ControlError> {
    let told = |problem: &str| ControlError::document(format!("entry {}", wish.ruling), problem);
    let mut log = Log::connect(&node.ledger().socket)?;
    let mut found = None;
    log.each_durable_entry(|index, envelope, _| {
        if index == wish.ruling {
            found = Some(envelope.clone());
        }
        index < wish.ruling
    })?;
    let envelope = found.filter(|envelope| envelope.kind == EntryType::Ruling);
    let body = log.open_body(&envelope.ok_or_else(|| told("it is no ruling"))?)?;
    let ruling = office::ruling(node, &body).map_err(|e| told(&crate::error::told(&e)))?;
    match ruling.matter {
        Matter::RecordReidentified {
            record,
            bucket,
            field,
        } if record == wish.record && field.name() == wish.field.name() => Ok(bucket),
        _ => Err(told("it allows no showing of this field of this record")),
    }
}

/// Epochs of which the office has its share and in which a bucket's identifiers may have been sealed: that of its day, or of the day before.
fn epochs_of(node: &Node, bucket: &BucketId, now: Seconds) -> Result<Vec<EpochId>, ControlError> {
    let day = bucket.day.start();
    let before = Seconds(day.0.saturating_sub(1));
    let mut epochs = node.office_shares().epochs().map_err(ControlError::from)?;
    epochs.retain(|epoch| {
        epoch.authority == bucket.authority
            && (epoch.holds(day) || epoch.holds(before))
            && now < epoch.end()
    });
    epochs.sort_by_key(|epoch| !epoch.holds(day));
    if epochs.is_empty() {
        return Err(ControlError::Usage(format!(
            "the epoch of bucket {bucket} is over and its shares are destroyed; what was sealed in it stays sealed"
        )));
    }
    Ok(epochs)
}

/// The identifier as it is kept, read by a query that is on record, and the query's entries.
fn stored(
    node: &Node,
    host: &Host,
    wish: &Wish,
    bucket: &BucketId,
) -> Result<(Identifier, [u64; 2]), ControlError> {
    let purpose = format!("re-identification, ruling of entry {}", wish.ruling);
    let question = Question {
        actor: wish.actor.clone(),
        purpose: purpose
            .parse::<Purpose>()
            .map_err(|e| ControlError::Usage(e.to_string()))?,
        case: wish.case.clone(),
        authority: bucket.authority,
        day: Some(bucket.day),
        asked: Asked::Identifiers {
            sought: Sought::Record(wish.record),
            text: format!("identifiers of record {}", wish.record),
            limit: RECORD_LIMIT,
        },
    };
    let answered = answer(node, host, &question)?;
    let found = answered
        .rows
        .iter()
        .filter_map(|row| read(&answered, row))
        .find(|identifier| identifier.field == wish.field);
    let none = || {
        ControlError::Usage(format!(
            "record {} has no {} that was sealed",
            wish.record, wish.field
        ))
    };
    Ok((found.ok_or_else(none)?, answered.entries))
}

/// The identifier of an answer's row.
fn read(answered: &Answered, row: &[Value]) -> Option<Identifier> {
    let cell = |name: &str| {
        let at = answered.columns.iter().position(|column| column == name)?;
        row.get(at)?.as_str()
    };
    let record: RecordId = cell("record")?.parse().ok()?;
    Some(Identifier {
        record: record.number,
        field: cell("field")?.parse().ok()?,
        tag: unhex(cell("tag")?)?,
        blob: unhex(cell("blob")?)?,
    })
}

/// An epoch whose shares are gone, attested and on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedEpoch {
    /// The epoch.
    pub epoch: EpochId,
    /// Index of the attestation's entry.
    pub entry: u64,
}

/// What became of the epochs that are over.
#[derive(Debug, Default)]
pub struct EndedEpochs {
    /// Those whose shares are gone at both holders, on record.
    pub gone: Vec<EndedEpoch>,
    /// Those that the commission has not attested, and why; the office's share is gone all the same, and calling again tries again.
    pub failed: Vec<(EpochId, ControlError)>,
}

/// Destroys the office's shares of all epochs that are over, asks the commission for its attestations, and enters them.
///
/// # Errors
/// [`ControlError::Lake`]: a share cannot be destroyed; [`ControlError::Ledger`]: the log does not answer, the attestations are entered the next time.
pub fn end_epochs(node: &Node, host: &Host) -> Result<EndedEpochs, ControlError> {
    let now = host.seconds();
    let vault = node.office_shares();
    for epoch in vault.epochs().map_err(ControlError::from)? {
        if now >= epoch.end() {
            // What is waited for is noted first, so that a fall loses no attestation.
            files::write(
                &waiting(node, &epoch),
                format!("{epoch}\n").as_bytes(),
                files::PRIVATE,
            )?;
            vault.destroy_epoch(&epoch)?;
        }
    }
    let mut ended = EndedEpochs::default();
    let due = awaited(node)?;
    if due.is_empty() {
        return Ok(ended);
    }
    let office = keys::read(&node.office_key("office"))?;
    let mut journal = Journal::begin(&node.ledger().socket, None, host)?;
    for epoch in due {
        match attest(node, host, &mut journal, epoch, &office) {
            Ok(entry) => ended.gone.push(EndedEpoch { epoch, entry }),
            Err(error @ ControlError::Ledger { .. }) => return Err(error),
            Err(error) => ended.failed.push((epoch, error)),
        }
    }
    Ok(ended)
}

fn attest(
    node: &Node,
    host: &Host,
    journal: &mut Journal<'_>,
    epoch: EpochId,
    office: &NoteSigner,
) -> Result<u64, ControlError> {
    let authority = office::statement(node, epoch.authority)?.commitment();
    let body = Caller::of(node, host)?.epoch_destroy(epoch, office)?;
    let (index, _) = journal.record(Deed {
        kind: EntryType::Attestation,
        authority,
        counters: Vec::new(),
        body,
    })?;
    let path = waiting(node, &epoch);
    std::fs::remove_file(&path).map_err(ControlError::file("remove", &path))?;
    Ok(index)
}

fn waiting_folder(node: &Node) -> PathBuf {
    node.folder().join("office/epochs-ended")
}

fn waiting(node: &Node, epoch: &EpochId) -> PathBuf {
    waiting_folder(node).join(epoch.to_string().replace('/', "_"))
}

/// Epochs whose attestation is waited for.
fn awaited(node: &Node) -> Result<Vec<EpochId>, ControlError> {
    let folder = waiting_folder(node);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ControlError::file("list", &folder)(e)),
    };
    let name =
        |entry: std::fs::DirEntry| entry.file_name().to_str()?.replace('_', "/").parse().ok();
    let mut epochs: Vec<EpochId> = entries.flatten().filter_map(name).collect();
    epochs.sort();
    Ok(epochs)
}

/// The authority's epochs of which the office has its share.
///
/// # Errors
/// [`ControlError::Lake`].
pub fn epochs(node: &Node, authority: AuthorityId) -> Result<Vec<EpochId>, ControlError> {
    let mut epochs = node.office_shares().epochs().map_err(ControlError::from)?;
    epochs.retain(|epoch| epoch.authority == authority);
    Ok(epochs)
}
