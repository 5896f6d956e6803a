//! tlog-proof files: one entry's inclusion with the cosigned checkpoint. In: a file or its parts. Out: the file or its parts. Never: trust in the
//! `extra` line.
//!
//! c2sp.org/tlog-proof@v1.

use crate::checkpoint::{Checkpoint, CheckpointError, decimal};
use crate::limits::{PROOF_BYTES_MAX, PROOF_HASHES_MAX};
use crate::merkle::{self, Hash, ProofError};
use crate::note::{Note, NoteError};
use crate::{base64, unbase64, unbase64_hash};

/// First line of the file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// An inclusion proof with its checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Bytes that nobody vouches for.
    pub extra: Option<Vec<u8>>,
    /// Index of the entry.
    pub index: u64,
    /// Hashes from the leaf's sibling upwards.
    pub hashes: Vec<Hash>,
    /// The checkpoint with its signatures.
    pub checkpoint: Note,
}

/// Why a file proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// No such file; names the line.
    #[error("line {0} of the proof is malformed")]
    Line(usize),
    /// Longer than any proof.
    #[error("the proof is longer than {PROOF_BYTES_MAX} bytes")]
    TooLong,
    /// The checkpoint is no note.
    #[error("the checkpoint in the proof is no signed note")]
    Note(#[source] NoteError),
    /// The note is no checkpoint.
    #[error("the note in the proof is no checkpoint")]
    Checkpoint(#[source] CheckpointError),
    /// The hashes do not lead to the root.
    #[error("the entry is not shown to be in the log")]
    Inclusion(#[source] ProofError),
}

impl TlogProof {
    /// Reads a file's form.
    ///
    /// # Errors
    /// [`TlogProofError`] names what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(TlogProofError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TlogProofError::Line(1))?;
        let (head, note) = text.split_once("\n\n").ok_or(TlogProofError::Line(1))?;
        let mut lines = head.split('\n').enumerate().peekable();
        let bad = |at: usize| TlogProofError::Line(at + 1);
        if lines.next().map(|(_, line)| line) != Some(HEADER) {
            return Err(bad(0));
        }
        let mut extra = None;
        if let Some((at, line)) = lines.next_if(|(_, line)| line.starts_with("extra ")) {
            let value = line.strip_prefix("extra ").and_then(unbase64);
            extra = Some(value.ok_or(bad(at))?);
        }
        let (at, line) = lines.next().ok_or(bad(1))?;
        let index = line
            .strip_prefix("index ")
            .and_then(decimal)
            .ok_or(bad(at))?;
        let mut hashes = Vec::new();
        for (at, line) in lines {
            if hashes.len() == PROOF_HASHES_MAX {
                return Err(bad(at));
            }
            hashes.push(unbase64_hash(line).ok_or(bad(at))?);
        }
        let checkpoint = Note::parse(note.as_bytes()).map_err(TlogProofError::Note)?;
        Ok(Self {
            extra,
            index,
            hashes,
            checkpoint,
        })
    }

    /// The file.
    pub fn to_text(&self) -> String {
        let extra = self
            .extra
            .as_ref()
            .map(|e| format!("extra {}\n", base64(e)));
        let hashes: String = self.hashes.iter().map(|h| base64(h) + "\n").collect();
        let note = String::from_utf8_lossy(&self.checkpoint.to_bytes()).into_owned();
        format!(
            "{HEADER}\n{}index {}\n{hashes}\n{note}",
            extra.unwrap_or_default(),
            self.index
        )
    }

    /// Checks that `entry` stands at the index under the checkpoint, and returns the checkpoint. Who signed it is for the caller to verify.
    ///
    /// # Errors
    /// [`TlogProofError`]: it is not shown.
    pub fn check(&self, entry: &[u8]) -> Result<Checkpoint, TlogProofError> {
        let checkpoint =
            Checkpoint::parse(self.checkpoint.text()).map_err(TlogProofError::Checkpoint)?;
        let leaf = merkle::leaf_hash(entry);
        let (size, root) = (checkpoint.size, &checkpoint.root);
        merkle::verify_inclusion(&leaf, self.index, size, &self.hashes, root)
            .map_err(TlogProofError::Inclusion)?;
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyKind, NoteSigner};
    use crate::merkle::{Frontier, HashReader, inclusion_proof, leaf_hash, node_hash};
    use std::convert::Infallible;

    /// Leaf hashes in memory.
    struct Leaves(Vec<Hash>);

    impl HashReader for Leaves {
        type Error = Infallible;
        fn hash(&mut self, level: u8, place: u64) -> Result<Hash, Infallible> {
            if level == 0 {
                return Ok(self.0[place as usize]);
            }
            let left = self.hash(level - 1, 2 * place)?;
            Ok(node_hash(&left, &self.hash(level - 1, 2 * place + 1)?))
        }
    }

    fn entry(index: u64) -> Vec<u8> {
        format!("entry {index}").into_bytes()
    }

    fn signer() -> NoteSigner {
        NoteSigner::from_seed("log.example", KeyKind::Ed25519, &[1; 32]).unwrap()
    }

    /// The proof of entry `index` in a log of `size` entries.
    fn proof(index: u64, size: u64, extra: Option<&[u8]>) -> TlogProof {
        let mut leaves = Leaves((0..size).map(|i| leaf_hash(&entry(i))).collect());
        let mut frontier = Frontier::default();
        for &leaf in &leaves.0 {
            frontier.push(leaf);
        }
        let checkpoint = Checkpoint {
            origin: "log.example".into(),
            size,
            root: frontier.root(),
            extensions: Vec::new(),
        };
        let Ok(hashes) = inclusion_proof(&mut leaves, index, size);
        TlogProof {
            extra: extra.map(<[u8]>::to_vec),
            index,
            hashes,
            checkpoint: Note::sign(&checkpoint.to_string(), &[&signer()], 0).unwrap(),
        }
    }

    #[test]
    fn every_entry_of_a_small_log_is_shown_and_no_other_is() {
        for size in 1..=17 {
            for index in 0..size {
                let made = proof(index, size, (index & 1 == 0).then_some(b"seen"));
                let read = TlogProof::parse(made.to_text().as_bytes()).unwrap();
                assert_eq!(read, made);
                assert_eq!(read.check(&entry(index)).unwrap().size, size);
                let other = read.check(&entry(index + 1));
                let wrong = TlogProofError::Inclusion(ProofError::Root);
                assert_eq!(other, Err(wrong), "{index} of {size}");
            }
        }
    }

    #[test]
    fn a_proof_with_a_hash_less_or_more_or_changed_shows_nothing() {
        let good = proof(5, 11, None);
        for at in 0..good.hashes.len() {
            let mut changed = good.clone();
            changed.hashes[at][31] ^= 1;
            assert!(changed.check(&entry(5)).is_err(), "hash {at} changed");
            let mut short = good.clone();
            short.hashes.remove(at);
            assert!(short.check(&entry(5)).is_err(), "hash {at} gone");
            let mut long = good.clone();
            long.hashes.insert(at, [0; 32]);
            assert!(long.check(&entry(5)).is_err(), "a hash before {at}");
        }
        for index in (0..20).filter(|&i| i != 5) {
            let moved = TlogProof {
                index,
                ..good.clone()
            };
            assert!(moved.check(&entry(5)).is_err(), "moved to {index}");
        }
    }

    #[test]
    fn a_file_that_is_wrong_is_refused_at_its_line() {
        let text = proof(1, 2, Some(b"x")).to_text();
        let cases = [
            ("c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v2\n", 1),
            ("c2sp.org/tlog-proof@v1\n", "", 1),
            ("extra eA==\n", "extra eA\n", 2),
            ("extra eA==\n", "extra eA==\nextra eA==\n", 3),
            ("index 1\n", "index 01\n", 3),
            ("index 1\n", "index -1\n", 3),
            ("index 1\n", "", 3),
            ("index 1\n", "index 1\nAAAA\n", 4),
            ("index 1\n", "index 1\r\n", 3),
        ];
        for (from, to, line) in cases {
            let bad = text.replacen(from, to, 1);
            assert_ne!(bad, text, "{from:?} stands in the file");
            let error = TlogProof::parse(bad.as_bytes()).expect_err(to);
            assert_eq!(error, TlogProofError::Line(line), "{to:?}");
        }
        let flood = format!("index 1\n{}", format!("{}\n", base64(&[0; 32])).repeat(64));
        let bad = text.replacen("index 1\n", &flood, 1);
        let at = TlogProofError::Line(3 + PROOF_HASHES_MAX + 1);
        assert_eq!(TlogProof::parse(bad.as_bytes()), Err(at));
        let long = vec![b'x'; PROOF_BYTES_MAX + 1];
        assert_eq!(TlogProof::parse(&long), Err(TlogProofError::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn one_byte_changed_moves_nothing_but_the_extra_line(at in 0usize..1000, byte: u8) {
            let good = proof(5, 11, Some(b"seen"));
            let mut bytes = good.to_text().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let key = [signer().verifier().clone()];
            let accepted = TlogProof::parse(&bytes).ok().filter(|read| {
                read.check(&entry(5)).is_ok() && read.checkpoint.verify(&key).is_ok()
            });
            if let Some(read) = accepted {
                let same = TlogProof { extra: good.extra.clone(), ..read };
                proptest::prop_assert_eq!(same, good);
            }
        }

        #[test]
        fn any_bytes_behind_the_header_are_a_proof_or_an_error(rest in "[ -~\n]{0,200}") {
            let text = format!("{HEADER}\n{rest}");
            if let Ok(read) = TlogProof::parse(text.as_bytes()) {
                proptest::prop_assert_eq!(read.to_text(), text);
            }
        }
    }
}
