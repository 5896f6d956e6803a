//! Epochs of identifiers at the commission: its shares of their secrets, and the one blob that a ruling lets it open. In: signed requests, its own copy of the log. Out: a share for a sensor
//! that is leased; one value for one ruling; attestations. Never: a share for the office, which would open everything that it keeps; a value twice for one ruling.
//!
//! `docs/reference/formats.md` section 10.5.

use super::request::{exactly, read, read_share, share_text, values};
use super::{
    CallError, Caller, Commission, Denied, QUERY_SECONDS_MAX, REQUEST_SECONDS_MAX, denied, fresh,
    lock, signed_by,
};
use crate::error::{ControlError, told};
use crate::files;
use sakimori_authority::ruling::Matter;
use sakimori_custody::epoch::{EpochId, EpochSecret};
use sakimori_custody::identifier::{BLOB_BYTES, Identifier, Opened, TAG_BYTES};
use sakimori_custody::ids::{RecordId, SensorId, hex, unhex};
use sakimori_custody::keys::Share;
use sakimori_custody::time::Seconds;
use sakimori_lake::ShareError;
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::note::Note;
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::PathBuf;
use zeroize::Zeroizing;

const SHARE: &str = "sakimori/epoch-share-request/v1";
const REIDENTIFY: &str = "sakimori/reidentify-request/v1";
const REIDENTIFIED: &str = "sakimori/reidentified/v1";
const DESTROY: &str = "sakimori/epoch-destroy-request/v1";
const DESTROYED: &str = "sakimori/epoch-share-destroyed/v1";

/// A sensor asks for the commission's share of an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochShareRequest {
    /// Of which epoch.
    pub epoch: EpochId,
    /// Which sensor.
    pub sensor: SensorId,
    /// When it was asked.
    pub time: Seconds,
}

/// The office asks for one value.
#[derive(Clone)]
pub struct ReidentifyRequest {
    /// Index of the reidentification entry.
    pub entry: u64,
    /// The epoch in which it was sealed.
    pub epoch: EpochId,
    /// Its record.
    pub record: RecordId,
    /// The identifier.
    pub identifier: Identifier,
    /// The office's share of the epoch.
    pub share: Zeroizing<[u8; 32]>,
    /// When it was asked.
    pub time: Seconds,
}

/// The office asks that the commission's share of an epoch be destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochDestroyRequest {
    /// Of which epoch.
    pub epoch: EpochId,
    /// When it was asked.
    pub time: Seconds,
}

impl EpochShareRequest {
    /// Reads a request's text.
    pub fn parse(text: &str) -> Option<Self> {
        let [epoch, sensor, time] = values(text, SHARE, ["epoch", "sensor", "time"])?;
        let request = Self {
            epoch: read(epoch)?,
            sensor: read(sensor)?,
            time: read(time)?,
        };
        exactly(request, text)
    }
}

impl fmt::Display for EpochShareRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            epoch,
            sensor,
            time,
        } = self;
        writeln!(f, "{SHARE}\nepoch: {epoch}\nsensor: {sensor}\ntime: {time}")
    }
}

impl ReidentifyRequest {
    /// Reads a request's text.
    pub fn parse(text: &str) -> Option<Self> {
        let keys = [
            "entry", "epoch", "record", "field", "tag", "blob", "share", "time",
        ];
        let [entry, epoch, record, field, tag, blob, share, time] = values(text, REIDENTIFY, keys)?;
        let record: RecordId = read(record)?;
        let request = Self {
            entry: read(entry)?,
            epoch: read(epoch)?,
            record,
            identifier: Identifier {
                record: record.number,
                field: read(field)?,
                tag: unhex::<TAG_BYTES>(tag)?,
                blob: unhex::<BLOB_BYTES>(blob)?,
            },
            share: Zeroizing::new(unhex(share)?),
            time: read(time)?,
        };
        exactly(request, text)
    }
}

impl fmt::Display for ReidentifyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = Zeroizing::new(hex(&*self.share));
        writeln!(
            f,
            "{REIDENTIFY}\nentry: {}\nepoch: {}\nrecord: {}\nfield: {}\ntag: {}\nblob: {}\nshare: {}\ntime: {}",
            self.entry,
            self.epoch,
            self.record,
            self.identifier.field,
            hex(&self.identifier.tag),
            hex(&self.identifier.blob),
            share.as_str(),
            self.time
        )
    }
}

impl EpochDestroyRequest {
    /// Reads a request's text.
    pub fn parse(text: &str) -> Option<Self> {
        let [epoch, time] = values(text, DESTROY, ["epoch", "time"])?;
        let request = Self {
            epoch: read(epoch)?,
            time: read(time)?,
        };
        exactly(request, text)
    }
}

impl fmt::Display for EpochDestroyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{DESTROY}\nepoch: {}\ntime: {}", self.epoch, self.time)
    }
}

/// The text by which a holder says that its share of an epoch is gone.
fn attestation(epoch: EpochId, destroyed: Seconds) -> String {
    format!("{DESTROYED}\nepoch: {epoch}\nholder: commission\ndestroyed: {destroyed}\n")
}

/// The epoch of such a text.
fn attested(text: &str) -> Option<EpochId> {
    let [epoch, holder, destroyed] = values(text, DESTROYED, ["epoch", "holder", "destroyed"])?;
    let epoch: EpochId = read(epoch)?;
    (holder == "commission" && attestation(epoch, read(destroyed)?) == text).then_some(epoch)
}

/// The text that answers a request for a value.
fn answer(request: &[u8], opened: &Opened) -> Zeroizing<String> {
    let value = Zeroizing::new(hex(&opened.value));
    let whole = if opened.whole { "yes" } else { "no" };
    Zeroizing::new(format!(
        "{REIDENTIFIED}\nrequest: sha256:{}\nvalue: {}\nwhole: {whole}\n",
        hex(&Sha256::digest(request)),
        value.as_str()
    ))
}

/// The value of such a text, where it answers this request.
fn answered(text: &str, request: &[u8]) -> Option<Opened> {
    let [asked, value, whole] = values(text, REIDENTIFIED, ["request", "value", "whole"])?;
    let same = asked.strip_prefix("sha256:")? == hex(&Sha256::digest(request));
    let pairs = value.as_bytes().chunks(2);
    let byte = |pair: &[u8]| unhex::<1>(std::str::from_utf8(pair).ok()?).map(|[byte]| byte);
    let value: Option<Vec<u8>> = pairs.map(byte).collect();
    let whole = match whole {
        "yes" => true,
        "no" => false,
        _ => return None,
    };
    same.then_some(Opened {
        value: Zeroizing::new(value?),
        whole,
    })
}

/// What the commission's own copy says of a showing: whether one is on record that a ruling allows, and which ruling.
struct Allowed {
    ruling: u64,
}

impl Commission {
    /// Gives the commission's share of an epoch to a sensor that may run under its authority now.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn epoch_share(&self, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, Denied> {
        let keys = self.askers();
        let (request, now) = self.opened(body, &keys, EpochShareRequest::parse)?;
        signed_by(body, self.trust_root().sensor(&request.sensor))?;
        fresh(request.time, now)?;
        let decided = self.decided(request.epoch.authority, self.verified_size())?;
        self.destroy_ended(now)?;
        let keeping = lock(&self.keeping);
        self.may_begin(&decided, &request.sensor, now)?;
        self.current(&request.epoch, now)?;
        if self.epoch_tombstone(&request.epoch).exists() {
            return Err(denied(410, told(&ShareError::MissingEpoch(request.epoch))));
        }
        let random = self.host.bytes().map_err(|e| denied(500, e))?;
        let share = self.shares.obtain_epoch(&request.epoch, random);
        drop(keeping);
        let share = share.map_err(|e| denied(500, told(&e)))?;
        let text = share_text(body, &share);
        let note = Note::sign(&text, &[&self.share_key], now.0);
        note.map(|note| Zeroizing::new(note.to_bytes()))
            .ok_or_else(|| denied(500, "the share cannot be signed"))
    }

    /// Whether an epoch is the one of now, as the schedule in force counts them.
    fn current(&self, epoch: &EpochId, now: Seconds) -> Result<(), Denied> {
        // A sensor's clock may be ahead when an epoch begins.
        if !epoch.holds(now) && !epoch.holds(now.plus(REQUEST_SECONDS_MAX)) {
            let what = format!("epoch {epoch} does not hold the commission's time, {now}");
            return Err(denied(403, what));
        }
        let register = lock(&self.register);
        let days = register
            .book()
            .schedule_at(now)
            .map(|s| s.schedule.rules.identify_epoch);
        if days == Some(u64::from(epoch.days)) {
            Ok(())
        } else {
            Err(denied(
                403,
                "the schedule in force has epochs of another length",
            ))
        }
    }

    /// Opens one blob for one ruling.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn reidentify(&self, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, Denied> {
        let root = self.trust_root();
        let office = std::slice::from_ref(&root.office);
        let (request, now) = self.opened(body, office, ReidentifyRequest::parse)?;
        fresh(request.time, now)?;
        self.destroy_ended(now)?;
        let allowed = self.allowed(&request, now)?;
        if now.max(self.believed(now)) >= request.epoch.end() {
            return Err(denied(410, told(&ShareError::MissingEpoch(request.epoch))));
        }
        let own = self
            .shares
            .read_epoch(&request.epoch)
            .map_err(|e| match e {
                ShareError::MissingEpoch(_) => denied(410, told(&e)),
                _ => denied(500, told(&e)),
            })?;
        let office = Share::new(*request.share);
        let secret = EpochSecret::combine(&office, &own, request.epoch);
        let opened = secret
            .reader()
            .open(request.record.stream, &request.identifier);
        let opened = opened.ok_or_else(|| {
            denied(
                403,
                "the blob does not open as this field of this record in this epoch",
            )
        })?;
        self.use_up(allowed.ruling)?;
        let note = Note::sign(&answer(body, &opened), &[&self.share_key], now.0);
        note.map(|note| Zeroizing::new(note.to_bytes()))
            .ok_or_else(|| denied(500, "the value cannot be signed"))
    }

    /// Holds a request against the commission's own copy of the log.
    fn allowed(&self, request: &ReidentifyRequest, now: Seconds) -> Result<Allowed, Denied> {
        let unknown = || {
            let what = format!(
                "entry {} of the commission's copy is no re-identification of this field of this record",
                request.entry
            );
            denied(403, what)
        };
        // What is not cosigned may never be: its entry would not be on record.
        if request.entry >= self.verified_size() {
            return Err(unknown());
        }
        let register = lock(&self.register);
        let book = register.book();
        let shown = book
            .shown()
            .iter()
            .find(|shown| shown.index == request.entry);
        let shown = shown.ok_or_else(unknown)?;
        let field = shown.field.as_str() == request.identifier.field.name();
        if shown.record != request.record || !field {
            return Err(unknown());
        }
        let ruled = book
            .ruling_list()
            .get(&shown.ruling)
            .map(|ruled| &ruled.ruling.matter);
        let Some(Matter::RecordReidentified { record, bucket, .. }) = ruled else {
            return Err(unknown());
        };
        if *record != request.record || bucket.authority != request.epoch.authority {
            return Err(unknown());
        }
        let young = now.0.saturating_sub(QUERY_SECONDS_MAX)..=now.plus(REQUEST_SECONDS_MAX).0;
        if !young.contains(&shown.time.0) {
            let what = format!(
                "the re-identification of entry {} is of {}, the commission's clock says {now}",
                request.entry, shown.time
            );
            return Err(denied(403, what));
        }
        Ok(Allowed {
            ruling: shown.ruling,
        })
    }

    /// Notes that a ruling is used, durably and before its value leaves; a ruling that was used gives nothing.
    fn use_up(&self, ruling: u64) -> Result<(), Denied> {
        let folder = lock(&self.used);
        let path = folder.join(ruling.to_string());
        if path.exists() {
            return Err(denied(
                410,
                format!("the ruling of entry {ruling} was used"),
            ));
        }
        files::write(&path, b"", files::PRIVATE).map_err(|e| denied(500, told(&e)))
    }

    /// Destroys the commission's share of an epoch that is over, and attests it.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn epoch_destroy(&self, body: &[u8]) -> Result<Vec<u8>, Denied> {
        let root = self.trust_root();
        let office = std::slice::from_ref(&root.office);
        let (request, wall) = self.opened(body, office, EpochDestroyRequest::parse)?;
        fresh(request.time, wall)?;
        let now = self.believed(wall);
        if now < request.epoch.end() {
            return Err(denied(
                403,
                format!("the epoch ends on {}", request.epoch.end()),
            ));
        }
        self.decided(request.epoch.authority, self.verified_size())?;
        self.destroy_ended(wall)?;
        if !self.epoch_tombstone(&request.epoch).exists() {
            return Err(denied(404, "there never was a share of this epoch"));
        }
        let note = Note::sign(&attestation(request.epoch, now), &[&self.share_key], now.0);
        note.map(|note| note.to_bytes())
            .ok_or_else(|| denied(500, "the attestation cannot be signed"))
    }

    /// Destroys the commission's shares of all epochs that are over, whoever asks for what: it needs nobody for that.
    ///
    /// # Errors
    /// [`ControlError`]: the disk's; what could be destroyed is.
    pub(super) fn end_epochs(&self, now: Seconds) -> Result<(), ControlError> {
        let mut outcome = Ok(());
        for epoch in self.shares.epochs()? {
            if now < epoch.end() {
                continue;
            }
            let keeping = lock(&self.keeping);
            outcome = self.bury_epoch(&epoch).and(outcome);
            drop(keeping);
        }
        outcome
    }

    fn bury_epoch(&self, epoch: &EpochId) -> Result<(), ControlError> {
        let tombstone = self.epoch_tombstone(epoch);
        files::write(&tombstone, format!("{epoch}\n").as_bytes(), files::PRIVATE)?;
        self.shares.destroy_epoch(epoch)?;
        Ok(())
    }

    /// Destroys by the time that is believed, whatever the wall clock says.
    fn destroy_ended(&self, wall: Seconds) -> Result<(), Denied> {
        let ended = self.end_epochs(self.believed(wall));
        ended.map_err(|e| denied(500, told(&e)))
    }

    fn epoch_tombstone(&self, epoch: &EpochId) -> PathBuf {
        self.destroyed.join(epoch.to_string().replace('/', "_"))
    }
}

impl Caller {
    /// Asks for the commission's share of an epoch.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn epoch_share(
        &self,
        epoch: EpochId,
        sensor: &SensorId,
        asker: &NoteSigner,
    ) -> Result<Share, CallError> {
        let request = EpochShareRequest {
            epoch,
            sensor: sensor.clone(),
            time: self.host.seconds(),
        };
        let (asked, bytes) = self.post("/epoch-share", &request.to_string(), asker)?;
        let bytes = Zeroizing::new(bytes);
        let share = self
            .signed(&bytes)
            .and_then(|note| read_share(note.text(), &asked));
        share.ok_or_else(|| failed("no share that the commission's holder signed for this request"))
    }

    /// Asks for the value of one identifier.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn reidentify(
        &self,
        (entry, epoch): (u64, EpochId),
        (record, identifier): (RecordId, Identifier),
        share: &Share,
        office: &NoteSigner,
    ) -> Result<Opened, CallError> {
        let request = ReidentifyRequest {
            entry,
            epoch,
            record,
            identifier,
            share: Zeroizing::new(*share.bytes()),
            time: self.host.seconds(),
        };
        let text = Zeroizing::new(request.to_string());
        let (asked, bytes) = self.post("/reidentify", &text, office)?;
        let (asked, bytes) = (Zeroizing::new(asked), Zeroizing::new(bytes));
        let value = self
            .signed(&bytes)
            .and_then(|note| answered(note.text(), &asked));
        value.ok_or_else(|| failed("no value that the commission's holder signed for this request"))
    }

    /// Asks that the commission's share of an epoch be destroyed; returns the attestation.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn epoch_destroy(&self, epoch: EpochId, office: &NoteSigner) -> Result<Vec<u8>, CallError> {
        let request = EpochDestroyRequest {
            epoch,
            time: self.host.seconds(),
        };
        let (_, bytes) = self.post("/epoch-destroy", &request.to_string(), office)?;
        let of = self.signed(&bytes).and_then(|note| attested(note.text()));
        if of == Some(epoch) {
            Ok(bytes)
        } else {
            Err(failed(
                "no attestation of this epoch that the commission's holder signed",
            ))
        }
    }
}

fn failed(what: &str) -> CallError {
    CallError::Failed(format!("its answer is {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_custody::identifier::IdentifierField;

    const EPOCH: &str = "000102030405060708090a0b0c0d0e0f/2027-03-03/30";

    #[test]
    fn requests_read_back_and_no_other_text_is_one() {
        let share = format!("{SHARE}\nepoch: {EPOCH}\nsensor: s-01\ntime: 2027-04-01T00:00:00Z\n");
        assert_eq!(EpochShareRequest::parse(&share).unwrap().to_string(), share);
        let destroy = format!("{DESTROY}\nepoch: {EPOCH}\ntime: 2027-04-01T00:00:00Z\n");
        assert_eq!(
            EpochDestroyRequest::parse(&destroy).unwrap().to_string(),
            destroy
        );
        let reidentify = format!(
            "{REIDENTIFY}\nentry: 42\nepoch: {EPOCH}\nrecord: 0102030405060708-3\nfield: user\ntag: {}\nblob: {}\nshare: {}\ntime: 2027-04-01T00:00:00Z\n",
            "ab".repeat(TAG_BYTES),
            "cd".repeat(BLOB_BYTES),
            "ef".repeat(32)
        );
        let read = ReidentifyRequest::parse(&reidentify).unwrap();
        assert_eq!(
            (read.identifier.record, read.identifier.field),
            (3, IdentifierField::User)
        );
        assert_eq!(read.to_string(), reidentify);
        for (from, to) in [
            ("entry: 42", "entry: 042"),
            ("/30", "/030"),
            ("user", "User"),
            ("abab", "ABAB"),
            ("cdcd", "cd"),
            ("Z\n", "Z\nmore: 1\n"),
            ("record", "row"),
        ] {
            assert!(
                ReidentifyRequest::parse(&reidentify.replacen(from, to, 1)).is_none(),
                "{to}"
            );
        }
        let text = attestation(EPOCH.parse().unwrap(), Seconds(1_806_537_600));
        assert_eq!(attested(&text), Some(EPOCH.parse().unwrap()));
        assert_eq!(attested(&text.replace("commission", "office")), None);
    }

    #[test]
    fn a_value_answers_its_request_alone() {
        let opened = Opened {
            value: Zeroizing::new(b"alice@example.org".to_vec()),
            whole: true,
        };
        let text = answer(b"request", &opened);
        assert_eq!(answered(&text, b"request"), Some(opened));
        assert_eq!(answered(&text, b"another"), None);
        assert_eq!(answered(&text.replace("yes", "maybe"), b"request"), None);
    }
}
