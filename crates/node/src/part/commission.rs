//! The commission's part: mirror, leases, shares, the desk where signatures come together. In: its own folder, the office's node. Out: its routes, signatures, forwarded decisions.
//! Never: a signature of a member made here; a fact that its own copy of the log does not show.

use super::misuse::Watch;
use super::{refused, voids};
use crate::docket::Docket;
use crate::metrics::Gauge;
use crate::problem::{Answer, Code, Problem};
use crate::{outbox, peer};
use sakimori_authority::root::TrustRoot;
use sakimori_control::commission::{Commission, hold};
use sakimori_control::error::told;
use sakimori_control::journal::Deed;
use sakimori_control::{ControlError, Host, Node, files, keys};
use sakimori_custody::ids::hex;
use sakimori_oversight::Book;
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::note::Note;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Longest note that is kept at the desk, with all its signatures.
const NOTE_BYTES_MAX: usize = 64 << 10;

/// Most notes that are kept at the desk; a decided one stays until somebody clears it away.
const DESK_NOTES_MAX: usize = 16_384;

/// The commission's part.
pub struct CommissionPart {
    /// The commission itself.
    pub commission: Arc<Commission>,
    pub(super) folder: PathBuf,
    pub(super) host: Host,
    pub(super) misuse: Watch,
    /// Held while signatures are read, merged and kept.
    collecting: Mutex<()>,
    _lock: File,
}

impl CommissionPart {
    /// Opens the commission's folder.
    ///
    /// # Errors
    /// [`ControlError`]: see [`Commission::open`]; it runs already.
    pub fn open(node: &Node, host: &Host) -> Result<Self, ControlError> {
        let folder = node.commission();
        let held = hold(&folder)?;
        let commission = Arc::new(Commission::open(&folder, host)?);
        commission.on_alarm(|alarm| {
            let (authority, basis) = (alarm.authority.to_string(), alarm.basis.as_str());
            let until = alarm.deadline.to_string();
            tracing::error!(
                authority,
                basis,
                until,
                entry = alarm.index,
                "ALARM: an urgent act is to be ratified or refused"
            );
        });
        Ok(Self {
            commission,
            folder,
            host: host.clone(),
            misuse: Watch::default(),
            collecting: Mutex::new(()),
            _lock: held,
        })
    }

    /// The trust root in force.
    pub fn trust_root(&self) -> TrustRoot {
        self.commission.trust_root()
    }

    pub(super) fn follow(&self, docket: &mut Docket) -> Answer<()> {
        let from = docket.next;
        let read = |book: &Book| (book.size(), voids(book, from));
        let (size, void) = self.commission.read(read);
        let take = |index, leaf: &[u8], body: Option<&[u8]>| {
            if index >= size {
                // It came since the book was asked: the next time.
            } else if void.contains(&index) {
                docket.pass_by(index);
            } else {
                docket.follow(index, leaf, body);
            }
        };
        self.commission
            .each_entry(from, take)
            .map_err(|e| refused(&e))
    }

    pub(super) fn ready(&self) -> Answer<()> {
        if self.commission.is_stopped() {
            return Err(Problem::new(Code::LogUnavailable, "the mirror has stopped"));
        }
        Ok(())
    }

    pub(super) fn gauges(&self) -> Vec<Gauge> {
        let (alerts, alarms) = self.misuse.counts();
        let cases = self.commission.read(|book| book.misuses().len());
        vec![
            Gauge {
                name: "misuse_alerts",
                help: "Alerts that the rules of misuse gave in the last round.",
                value: alerts as f64,
            },
            Gauge {
                name: "misuse_alarms",
                help: "Alarm lines about misuse and refused attempts since the process began.",
                value: alarms as f64,
            },
            Gauge {
                name: "misuse_cases",
                help: "Cases of misuse on record.",
                value: cases as f64,
            },
            Gauge {
                name: "mirror_entries",
                help: "Entries of the verified copy that were cosigned.",
                value: self.commission.copy_size() as f64,
            },
            Gauge {
                name: "urgent_open",
                help: "Urgent acts that wait for the commission's word.",
                value: self.commission.urgent_open().len() as f64,
            },
            Gauge {
                name: "urgent_alarms",
                help: "Urgent acts that the commission was alarmed of, ever.",
                value: self.commission.alarms() as f64,
            },
        ]
    }

    /// Adds the signatures of a note to those that are kept of the same text, and returns all of them.
    ///
    /// # Errors
    /// [`Code::NotInForce`]: a signature by a member's key is bad, or none is a member's.
    pub fn collect(&self, note: &Note) -> Answer<Note> {
        let keys: Vec<_> = self
            .trust_root()
            .members
            .iter()
            .map(|m| m.key.clone())
            .collect();
        note.verify(&keys)
            .map_err(|e| Problem::new(Code::NotInForce, e))?;
        let path = self.desk(note.text());
        // Two members may sign at once: neither may lose the other's signature.
        let collecting = self
            .collecting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let kept = files::read(&path).map_err(|e| refused(&e))?;
        if kept.is_none() && self.is_desk_full() {
            return Err(Problem::new(
                Code::TooLarge,
                "as many texts wait for signatures as are kept",
            ));
        }
        let mut merged = match kept.and_then(|bytes| Note::parse(&bytes).ok()) {
            Some(kept) if kept.text() == note.text() => kept,
            _ => {
                let mut first = note.clone();
                first.keep_only(&keys);
                first
            }
        };
        merged
            .add_lines(&note.signature_lines())
            .map_err(|e| Problem::new(Code::NotANote, e))?;
        merged.keep_only(&keys);
        let bytes = merged.to_bytes();
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(Problem::new(Code::TooLarge, "too many signatures"));
        }
        files::write(&path, &bytes, files::PRIVATE).map_err(|e| refused(&e))?;
        drop(collecting);
        Ok(merged)
    }

    /// What is kept of a text's signatures.
    pub fn collected(&self, text: &str) -> Option<Note> {
        let bytes = files::read(&self.desk(text)).ok()??;
        Note::parse(&bytes).ok().filter(|note| note.text() == text)
    }

    /// Whether the desk holds as many notes as are kept.
    fn is_desk_full(&self) -> bool {
        let desk = std::fs::read_dir(self.folder.join("desk"));
        // A desk that is not there yet is empty.
        desk.is_ok_and(|notes| notes.take(DESK_NOTES_MAX).count() >= DESK_NOTES_MAX)
    }

    fn desk(&self, text: &str) -> PathBuf {
        let hash = hex(&Sha256::digest(text.as_bytes()));
        self.folder.join("desk").join(format!("{hash}.note"))
    }

    /// Brings a note to a route of the office's node.
    ///
    /// # Errors
    /// [`Code::PeerUnavailable`], or what the office says.
    pub fn forward(&self, path: &str, note: &[u8]) -> Answer<serde_json::Value> {
        let office = peer::Link::open(&self.folder, "office")?;
        office.post(path, "text/plain; charset=utf-8", note)
    }

    /// A pack by its hash: kept here, or fetched from the office. The caller checks the hash.
    pub fn pack(&self, hash: &[u8; 32]) -> Option<Vec<u8>> {
        let path = self
            .folder
            .join("packs")
            .join(format!("{}.note", hex(hash)));
        if let Ok(Some(kept)) = files::read(&path) {
            return Some(kept);
        }
        let office = peer::Link::open(&self.folder, "office").ok()?;
        let fetched = office.get(&format!("/v1/packs/{}", hex(hash))).ok()?;
        // What is kept was checked by whoever asked: a pack of another hash is asked for again.
        Some(fetched)
    }

    /// Keeps a pack that was checked.
    pub fn keep_pack(&self, hash: &[u8; 32], note: &[u8]) {
        let path = self
            .folder
            .join("packs")
            .join(format!("{}.note", hex(hash)));
        // One that cannot be kept is fetched again.
        let _ = files::write(&path, note, files::PUBLIC);
    }

    /// What is due: urgent acts that were refused or met by silence are destroyed, and the commission's words about it brought to the office's log. Says what failed.
    pub fn round(&self) -> Vec<String> {
        let entries = match self.commission.tick(self.host.seconds()) {
            Ok(entries) => entries,
            Err(e) => return vec![told(&e)],
        };
        let mut failed = self.fetch_plans();
        for entry in entries {
            if let Err(problem) = self.bring(&entry.leaf, &entry.stored) {
                // What had to be destroyed is; the log gets the word in a later round.
                failed.push(format!("{} {}", problem.code.word(), problem.detail));
                break;
            }
        }
        failed
    }

    fn bring(&self, leaf: &[u8], stored: &[u8]) -> Answer<serde_json::Value> {
        let body = serde_json::json!({"envelope": hex(leaf), "body": hex(stored)});
        let office = peer::Link::open(&self.folder, "office")?;
        let body = body.to_string();
        office.post("/v1/log/entries", "application/json", body.as_bytes())
    }

    /// Makes a deed of the secretariat an entry and brings it to the office's log; returns its index.
    ///
    /// # Errors
    /// [`Code::PeerUnavailable`], or what the office says; nothing is on record then.
    pub fn enter(&self, deed: Deed) -> Answer<u64> {
        let signer = self.secretariat()?;
        let entry = outbox::made(&self.host, &signer, deed)?;
        self.append_own(&entry.leaf, &entry.stored)
    }

    /// The secretariat's key.
    ///
    /// # Errors
    /// [`Code::Fault`].
    pub(crate) fn secretariat(&self) -> Answer<NoteSigner> {
        let path = self.folder.join("keys/secretariat.key");
        keys::read(&path).map_err(|e| Problem::hidden(Code::Fault, told(&e)))
    }

    /// Brings an entry that this node made to the office's log; returns its index.
    ///
    /// # Errors
    /// As [`CommissionPart::enter`].
    pub(crate) fn append_own(&self, leaf: &[u8], stored: &[u8]) -> Answer<u64> {
        let answer = self.bring(leaf, stored)?;
        let index = answer.get("index").and_then(serde_json::Value::as_u64);
        index.ok_or_else(|| Problem::new(Code::PeerUnavailable, "no index was told"))
    }

    /// The role's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
