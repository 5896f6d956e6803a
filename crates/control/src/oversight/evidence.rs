//! Cases of misuse and their evidence. In: an alert, the log. Out: a sealed pack of the entries behind the alert, and an entry that names its hash. Never: a pack that somebody without the
//! secretariat's key can read; a second case for the same acts.
//!
//! A pack is nonce (24) ‖ XChaCha20-Poly1305 over a JSON document, under HKDF-SHA-256 of the secretariat's private key with the info `sakimori/evidence/v1`, with the rule's name as what is covered.

use super::reader;
use crate::error::{ControlError, told};
use crate::files;
use crate::host::Host;
use crate::journal::Deed;
use crate::layout::Node;
use crate::office::desk::Desk;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sakimori_custody::entry::{EntryType, Envelope};
use sakimori_custody::ids::hex;
use sakimori_oversight::Book;
use sakimori_oversight::misuse::{Alert, Rule};
use sakimori_tlog::key::NoteSigner;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;

/// A case that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Index of its entry.
    pub entry: u64,
    /// The sealed pack.
    pub pack: PathBuf,
}

/// A case that is ready to be entered.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The sealed pack, as it is kept.
    pub sealed: Vec<u8>,
    /// What is put on record.
    pub deed: Deed,
}

/// An entry of a copy of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Its index.
    pub index: u64,
    /// The entry, as it is.
    pub leaf: Vec<u8>,
    /// Its stored body, where it is there.
    pub stored: Option<Vec<u8>>,
}

/// Whether a case on record has an alert's acts already.
pub fn is_known(book: &Book, alert: &Alert) -> bool {
    let rule = alert.rule.name();
    book.misuses().iter().any(|m| {
        m.rule == rule
            && m.actor.as_str() == alert.actor
            && alert.entries.iter().all(|e| m.entries.contains(e))
    })
}

/// Seals the entries behind an alert, and says what is put on record of it.
///
/// # Errors
/// [`ControlError::Randomness`]; [`ControlError::Document`] where the entries are too long.
pub fn case_of(
    alert: &Alert,
    entries: &[Evidence],
    secretariat: &NoteSigner,
    host: &Host,
) -> Result<Case, ControlError> {
    let rule = alert.rule.name();
    let nonce: [u8; NONCE_BYTES] = host.bytes().map_err(ControlError::Randomness)?;
    let sealed = seal(secretariat, rule, nonce, &document(alert, entries))?;
    let evidence = hex(&Sha256::digest(&sealed));
    let name = format!("misuse-{}", evidence.chars().take(12).collect::<String>());
    let body = json!({
        "rule": rule,
        "actor": alert.actor,
        "case": name,
        "entries": alert.entries,
        "evidence": evidence,
    });
    Ok(Case {
        sealed,
        deed: Deed {
            kind: EntryType::Misuse,
            authority: [0; 32],
            counters: vec![alert.rule.code()],
            body: body.to_string().into_bytes(),
        },
        name,
    })
}

impl Case {
    /// Keeps the pack in a folder.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn keep(&self, folder: &Path) -> Result<PathBuf, ControlError> {
        let pack = folder.join(format!("{}.sealed", self.name));
        files::write(&pack, &self.sealed, files::PRIVATE)?;
        Ok(pack)
    }
}

/// Opens a case for an alert: seals the evidence into `folder`, then enters the case. `None` where a case on record has the same acts already.
///
/// # Errors
/// [`ControlError::File`], [`ControlError::Ledger`], [`ControlError::Forbidden`]; a pack without its entry is left in the folder then, and harms nobody.
pub fn open_case(
    node: &Node,
    host: &Host,
    secretariat: &NoteSigner,
    alert: &Alert,
    folder: &Path,
) -> Result<Option<Opened>, ControlError> {
    let mut desk = Desk::open(node, host, Some(secretariat))?;
    if is_known(desk.book(), alert) {
        return Ok(None);
    }
    let case = case_of(alert, &entries_of(node, alert)?, secretariat, host)?;
    let pack = case.keep(folder)?;
    let (entry, _) = desk.enter(case.deed)?;
    desk.journal.log.proof(entry)?;
    Ok(Some(Opened { entry, pack }))
}

/// The entries behind an alert, as the node's log has them.
fn entries_of(node: &Node, alert: &Alert) -> Result<Vec<Evidence>, ControlError> {
    let (log, reader) = reader(node.folder())?;
    let unreadable = |e| ControlError::document(log.display(), told(&e));
    let mut entries = Vec::new();
    for index in &alert.entries {
        let leaf = reader.entries(*index..index.saturating_add(1));
        let leaf = leaf.map_err(unreadable)?.pop().unwrap_or_default();
        let body = Envelope::decode(&leaf).ok().map(|e| reader.body(&e.body));
        let stored = body.transpose().map_err(unreadable)?.flatten();
        entries.push(Evidence {
            index: *index,
            leaf,
            stored,
        });
    }
    Ok(entries)
}

/// What the pack holds: the alert, and each entry with its stored body as the log has them.
fn document(alert: &Alert, entries: &[Evidence]) -> Vec<u8> {
    let entry = |of: &Evidence| {
        json!({
            "index": of.index,
            "entry": hex(&of.leaf),
            "body": of.stored.as_deref().map(hex),
        })
    };
    let entries: Vec<Value> = entries.iter().map(entry).collect();
    json!({"alert": alert, "entries": entries})
        .to_string()
        .into_bytes()
}

/// Opens a pack with the secretariat's key.
///
/// # Errors
/// [`ControlError::Document`]: it is damaged, or another key sealed it.
pub fn read_evidence(path: &Path, secretariat: &NoteSigner) -> Result<Value, ControlError> {
    let bytes = files::read_present(path)?;
    let told = |problem: &str| ControlError::document(path.display(), problem);
    let (nonce, sealed) = bytes
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or_else(|| told("it is no evidence pack"))?;
    let cipher = cipher(secretariat)?;
    let opened = Rule::ALL.iter().find_map(|rule| {
        let payload = Payload {
            msg: sealed,
            aad: rule.name().as_bytes(),
        };
        cipher.decrypt(&XNonce::from(*nonce), payload).ok()
    });
    let opened = opened.ok_or_else(|| told("it does not open with this key"))?;
    serde_json::from_slice(&opened).map_err(|_| told("it holds no document"))
}

fn seal(
    secretariat: &NoteSigner,
    rule: &str,
    nonce: [u8; NONCE_BYTES],
    document: &[u8],
) -> Result<Vec<u8>, ControlError> {
    let payload = Payload {
        msg: document,
        aad: rule.as_bytes(),
    };
    let sealed = cipher(secretariat)?.encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| ControlError::document("the evidence", "it is too long"))?;
    Ok([&nonce, sealed.as_slice()].concat())
}

fn cipher(secretariat: &NoteSigner) -> Result<XChaCha20Poly1305, ControlError> {
    let secret = Zeroizing::new(secretariat.ed25519().to_bytes());
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, &*secret)
        .expand(b"sakimori/evidence/v1", &mut *key)
        .map_err(|_| ControlError::document("the evidence", "no key can be derived"))?;
    Ok(XChaCha20Poly1305::new(&Key::from(*key)))
}
