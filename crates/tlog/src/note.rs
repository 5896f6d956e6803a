//! Signed notes: a text and lines of signatures. In: bytes of a stranger, or a text and keys. Out: verified signatures, or bytes. Never: a text
//! whose signature by a known key is bad.
//!
//! c2sp.org/signed-note.

use crate::key::{NoteSigner, VerifierKey, is_name};
use crate::limits::{NOTE_BYTES_MAX, SIGNATURES_MAX};
use crate::postquantum::PostQuantumCosigner;
use crate::{base64, unbase64};

/// A note as read: nothing is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: String,
    /// Id of the key.
    pub id: [u8; 4],
    /// What follows the id.
    pub bytes: Vec<u8>,
}

/// A signature that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The key that made it.
    pub key: VerifierKey,
    /// Time of a cosignature, Unix seconds.
    pub time: Option<u64>,
}

/// Why a note says nothing. The sender is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`NOTE_BYTES_MAX`].
    #[error("the note is longer than {NOTE_BYTES_MAX} bytes")]
    TooLong,
    /// Not UTF-8, or with control bytes.
    #[error("the note has bytes that no note may have, near byte {0}")]
    Bytes(usize),
    /// No empty line before signatures, or no final newline.
    #[error("the note has no signatures")]
    Unsigned,
    /// A signature line that is none.
    #[error("signature line {0} is malformed")]
    Signature(usize),
    /// More than [`SIGNATURES_MAX`].
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooMany,
    /// A known key with a bad signature: the whole note is refused.
    #[error("the signature of `{0}` is bad")]
    Bad(String),
    /// No signature by any key that is known.
    #[error("no known key signed the note")]
    Unknown,
}

impl Note {
    /// Reads a note's form.
    ///
    /// # Errors
    /// [`NoteError`]: the bytes are no note.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        let all = std::str::from_utf8(bytes).map_err(|e| NoteError::Bytes(e.valid_up_to()))?;
        if let Some(at) = bytes.iter().position(|&b| b < 0x20 && b != b'\n') {
            return Err(NoteError::Bytes(at));
        }
        // The last empty line divides: a text may hold empty lines of its own.
        let at = all.rfind("\n\n").ok_or(NoteError::Unsigned)?;
        let (text, lines) = all.split_at_checked(at + 1).ok_or(NoteError::Unsigned)?;
        let lines = lines.strip_prefix('\n').and_then(|l| l.strip_suffix('\n'));
        let lines = lines.filter(|l| !l.is_empty()).ok_or(NoteError::Unsigned)?;
        let mut signatures = Vec::new();
        for (index, line) in lines.split('\n').enumerate() {
            if index == SIGNATURES_MAX {
                return Err(NoteError::TooMany);
            }
            signatures.push(signature_line(line).ok_or(NoteError::Signature(index + 1))?);
        }
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// Signs a text; cosigners put `time` (Unix seconds) into their signatures. `None` where the text is not one that a note can carry.
    pub fn sign(text: &str, signers: &[&NoteSigner], time: u64) -> Option<Self> {
        let plain = text.bytes().all(|b| b >= 0x20 || b == b'\n');
        if !plain || !text.ends_with('\n') || text.len() < 2 {
            return None;
        }
        let mut note = Self {
            text: text.to_owned(),
            signatures: Vec::new(),
        };
        for signer in signers {
            note.add(signer, time);
        }
        Some(note)
    }

    /// Adds a signature by one more key.
    pub fn add(&mut self, signer: &NoteSigner, time: u64) {
        let key = signer.verifier();
        let bytes = signer.sign(&self.text, time);
        self.signatures.push(NoteSignature {
            name: key.name().to_owned(),
            id: key.id(),
            bytes,
        });
    }

    /// Adds a signature that was made elsewhere, such as in a token; it is not verified here.
    pub fn add_signature(&mut self, key: &VerifierKey, signature: &[u8]) {
        self.signatures.push(NoteSignature {
            name: key.name().to_owned(),
            id: key.id(),
            bytes: signature.to_vec(),
        });
    }

    /// Adds an ML-DSA-44 cosignature; `false` where the text is no checkpoint, the time is beyond 2^63 − 1, or the key cannot be used: nothing is added then.
    pub fn cosign(&mut self, cosigner: &PostQuantumCosigner, time: u64) -> bool {
        let Some(bytes) = cosigner.sign(&self.text, time) else {
            return false;
        };
        let key = cosigner.verifier();
        self.signatures.push(NoteSignature {
            name: key.name().to_owned(),
            id: key.id(),
            bytes,
        });
        true
    }

    /// Adds signature lines that another gave, such as a witness; they are not verified here.
    ///
    /// # Errors
    /// [`NoteError::Signature`] names the line that is none, [`NoteError::TooMany`] a flood.
    pub fn add_lines(&mut self, lines: &str) -> Result<(), NoteError> {
        for (index, line) in lines.lines().enumerate() {
            if self.signatures.len() == SIGNATURES_MAX {
                return Err(NoteError::TooMany);
            }
            self.signatures
                .push(signature_line(line).ok_or(NoteError::Signature(index + 1))?);
        }
        Ok(())
    }

    /// Drops the signatures of all other keys, and all but the first of each key: the first is the one that [`Note::verify`] looks at.
    pub fn keep_only(&mut self, known: &[VerifierKey]) {
        let mut seen = Vec::new();
        self.signatures.retain(|s| {
            let key = known
                .iter()
                .find(|k| k.name() == s.name && k.id() == s.id)
                .filter(|key| !seen.contains(key));
            seen.extend(key);
            key.is_some()
        });
    }

    /// The text, ending in a newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures as read.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The signature lines as text, each ending in a newline.
    pub fn signature_lines(&self) -> String {
        self.signatures.iter().map(NoteSignature::line).collect()
    }

    /// The bytes of the note.
    pub fn to_bytes(&self) -> Vec<u8> {
        format!("{}\n{}", self.text, self.signature_lines()).into_bytes()
    }

    /// Checks every signature by a known key, in the order of the note.
    ///
    /// # Errors
    /// - [`NoteError::Bad`]: a known key's signature is bad; nothing of the note may be used.
    /// - [`NoteError::Unknown`]: no known key signed.
    pub fn verify(&self, known: &[VerifierKey]) -> Result<Vec<Verified>, NoteError> {
        let mut verified: Vec<Verified> = Vec::new();
        for signature in &self.signatures {
            let same =
                |key: &&VerifierKey| key.name() == signature.name && key.id() == signature.id;
            let Some(key) = known.iter().find(same) else {
                continue;
            };
            if verified.iter().any(|earlier| earlier.key == *key) {
                continue;
            }
            let time = key
                .check(&self.text, &signature.bytes)
                .ok_or_else(|| NoteError::Bad(signature.name.clone()))?;
            verified.push(Verified {
                key: key.clone(),
                time,
            });
        }
        if verified.is_empty() {
            Err(NoteError::Unknown)
        } else {
            Ok(verified)
        }
    }
}

impl NoteSignature {
    fn line(&self) -> String {
        let bytes = [&self.id, self.bytes.as_slice()].concat();
        format!("— {} {}\n", self.name, base64(&bytes))
    }
}

fn signature_line(line: &str) -> Option<NoteSignature> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = unbase64(encoded)?;
    let (id, rest) = bytes.split_first_chunk::<4>()?;
    (is_name(name) && !rest.is_empty()).then(|| NoteSignature {
        name: name.to_owned(),
        id: *id,
        bytes: rest.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyKind;

    fn signer(name: &str, kind: KeyKind, seed: u8) -> NoteSigner {
        NoteSigner::from_seed(name, kind, &[seed; 32]).unwrap()
    }

    #[test]
    fn a_signed_note_verifies_and_a_changed_one_is_refused() {
        let (log, mirror) = (
            signer("log.example", KeyKind::Ed25519, 1),
            signer("m.example/mirror", KeyKind::Cosigner, 2),
        );
        let text = "log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        let note = Note::sign(text, &[&log, &mirror], 77).unwrap();
        let known = [log.verifier().clone(), mirror.verifier().clone()];
        let read = Note::parse(&note.to_bytes()).unwrap();
        assert_eq!(read, note);
        let verified = read.verify(&known).unwrap();
        assert_eq!(
            verified.iter().map(|v| v.time).collect::<Vec<_>>(),
            [None, Some(77)]
        );
        let changed = String::from_utf8(note.to_bytes())
            .unwrap()
            .replacen("\n0\n", "\n1\n", 1);
        let read = Note::parse(changed.as_bytes()).unwrap();
        assert_eq!(
            read.verify(&known),
            Err(NoteError::Bad("log.example".into()))
        );
        let stranger = [signer("other", KeyKind::Ed25519, 3).verifier().clone()];
        assert_eq!(note.verify(&stranger), Err(NoteError::Unknown));
    }

    #[test]
    fn keys_read_back_from_their_texts() {
        let key = signer("log.example/a", KeyKind::Cosigner, 9);
        let verifier: VerifierKey = key.verifier().to_string().parse().unwrap();
        assert_eq!(&verifier, key.verifier());
        let again = NoteSigner::from_text(&key.to_text()).unwrap();
        assert_eq!(again.verifier(), key.verifier());
        assert!("a+00000000+AQ==".parse::<VerifierKey>().is_err());
    }

    #[test]
    fn texts_that_are_no_notes_are_refused() {
        for bytes in [
            &b""[..],
            b"a\n",
            b"a\n\n",
            b"a\n\nx\n",
            b"a\n\n\xe2\x80\x94 n AAAA\n",
            b"a\tb\n\n",
            b"\xff\n\n",
        ] {
            assert!(Note::parse(bytes).is_err(), "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_note_that_writes_the_same_text_or_an_error(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)
        ) {
            if let Ok(note) = Note::parse(&bytes) {
                let note_bytes = note.to_bytes();
                proptest::prop_assert_eq!(Note::parse(&note_bytes).unwrap(), note);
            }
        }
    }
}
