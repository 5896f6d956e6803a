//! What log and mirror say to each other. In: parts, or bytes of a stranger. Out: bytes, or parts. Never: a judgement.
//!
//! c2sp.org/tlog-witness `add-checkpoint`, c2sp.org/tlog-mirror `add-entries`, and our `add-bodies`: u16 origin length ‖ origin ‖ u32 length ‖ the
//! `add-entries` request that names them ‖ bodies, each as commitment (32) ‖ u32 length ‖ stored bytes; numbers are big-endian.

use crate::limits::{BODY_BYTES_MAX, ENTRY_BYTES_MAX};
use sakimori_tlog::limits::PROOF_HASHES_MAX;
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::tile::TILE_WIDTH;
use sakimori_tlog::{base64, unbase64, unbase64_hash};
use std::ops::Range;

/// Where a checkpoint is offered.
pub const ADD_CHECKPOINT: &str = "/add-checkpoint";
/// Where entries are brought.
pub const ADD_ENTRIES: &str = "/add-entries";
/// Where bodies are brought.
pub const ADD_BODIES: &str = "/add-bodies";
/// Media type of a size.
pub const TYPE_SIZE: &str = "text/x.tlog.size";
/// Media type of a mirror's state.
pub const TYPE_MIRROR_INFO: &str = "text/x.tlog.mirror-info";
/// Media type of entries and bodies.
pub const TYPE_OCTETS: &str = "application/octet-stream";
/// Media type of checkpoints and signature lines.
pub const TYPE_TEXT: &str = "text/plain; charset=utf-8";

/// A decimal number without leading zeros or signs.
fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// An `add-checkpoint` request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size that the mirror is believed to have.
    pub old: u64,
    /// Consistency proof from there.
    pub proof: Vec<Hash>,
    /// The checkpoint's note.
    pub note: Vec<u8>,
}

impl AddCheckpoint {
    /// The body of the request.
    pub fn encode(&self) -> Vec<u8> {
        let proof: String = self.proof.iter().map(|h| base64(h) + "\n").collect();
        let head = format!("old {}\n{proof}\n", self.old);
        [head.as_bytes(), &self.note].concat()
    }

    /// Reads the body of a request; `None` where it is none.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let at = bytes.windows(2).position(|pair| pair == b"\n\n")?;
        let (head, note) = bytes.split_at_checked(at + 2)?;
        let mut lines = std::str::from_utf8(head.get(..at)?).ok()?.split('\n');
        let old = decimal(lines.next()?.strip_prefix("old ")?)?;
        let proof: Vec<Hash> = lines.map(unbase64_hash).collect::<Option<_>>()?;
        (proof.len() <= PROOF_HASHES_MAX).then(|| Self {
            old,
            proof,
            note: note.to_vec(),
        })
    }
}

/// The head of an `add-entries` request; packages follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddEntries {
    /// Origin of the log.
    pub origin: String,
    /// Index of the first entry brought.
    pub start: u64,
    /// Size of the checkpoint to which the proofs lead.
    pub end: u64,
    /// What the mirror gave to be handed back.
    pub ticket: Vec<u8>,
}

/// One package: entries of a bundle and the proof that the bundle is in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The entries.
    pub entries: Vec<Vec<u8>>,
    /// Subtree consistency proof of the bundle.
    pub proof: Vec<Hash>,
}

/// Which entries a package has, and which subtree its proof is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageRange {
    /// Entries brought.
    pub entries: Range<u64>,
    /// The bundle's entries from its beginning.
    pub subtree: Range<u64>,
}

/// Takes `count` bytes off the front.
fn take<'b>(rest: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (head, behind) = rest.split_at_checked(count)?;
    *rest = behind;
    Some(head)
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    take(rest, N)?.try_into().ok()
}

fn take_origin(rest: &mut &[u8]) -> Option<String> {
    let len = u16::from_be_bytes(take_array(rest)?);
    let origin = take(rest, usize::from(len))?;
    Some(std::str::from_utf8(origin).ok()?.to_owned())
}

fn push_origin(out: &mut Vec<u8>, origin: &str) {
    // Key names, and so origins, end at 255 bytes.
    out.extend_from_slice(&(origin.len() as u16).to_be_bytes());
    out.extend_from_slice(origin.as_bytes());
}

impl AddEntries {
    /// The head in bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push_origin(&mut out, &self.origin);
        out.extend_from_slice(&self.start.to_be_bytes());
        out.extend_from_slice(&self.end.to_be_bytes());
        out.extend_from_slice(&(self.ticket.len() as u16).to_be_bytes());
        out.extend_from_slice(&self.ticket);
        out
    }

    /// Reads the head and gives the rest.
    pub fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut rest = bytes;
        let origin = take_origin(&mut rest)?;
        let start = u64::from_be_bytes(take_array(&mut rest)?);
        let end = u64::from_be_bytes(take_array(&mut rest)?);
        let ticket_len = u16::from_be_bytes(take_array(&mut rest)?);
        let ticket = take(&mut rest, usize::from(ticket_len))?.to_vec();
        let head = Self {
            origin,
            start,
            end,
            ticket,
        };
        Some((head, rest))
    }
}

/// The package that begins with entry `at` of an upload that ends at `end`; `at` is below `end`.
pub fn package_at(at: u64, end: u64) -> PackageRange {
    let first = at / TILE_WIDTH * TILE_WIDTH;
    let last = end.min(first.saturating_add(TILE_WIDTH));
    PackageRange {
        entries: at..last,
        subtree: first..last,
    }
}

impl Package {
    /// Adds the package to a request.
    pub fn push(&self, out: &mut Vec<u8>) {
        for entry in &self.entries {
            out.extend_from_slice(&(entry.len() as u16).to_be_bytes());
            out.extend_from_slice(entry);
        }
        out.push(self.proof.len() as u8);
        out.extend_from_slice(self.proof.as_flattened());
    }

    /// Reads a package of `count` entries off the front; `None` where it is cut short or malformed.
    pub fn read(rest: &mut &[u8], count: u64) -> Option<Self> {
        let mut entries = Vec::new();
        for _ in 0..count.min(TILE_WIDTH) {
            let len = usize::from(u16::from_be_bytes(take_array(rest)?));
            if len > ENTRY_BYTES_MAX {
                return None;
            }
            entries.push(take(rest, len)?.to_vec());
        }
        let [hashes] = take_array(rest)?;
        if usize::from(hashes) > PROOF_HASHES_MAX {
            return None;
        }
        let (proof, _) = take(rest, 32 * usize::from(hashes))?.as_chunks();
        Some(Self {
            entries,
            proof: proof.to_vec(),
        })
    }
}

/// What a mirror says of itself where it cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorInfo {
    /// Size of a pending checkpoint.
    pub size: u64,
    /// The next entry that it wants.
    pub next: u64,
    /// To be handed back.
    pub ticket: Vec<u8>,
}

impl MirrorInfo {
    /// The body of the answer.
    pub fn encode(&self) -> String {
        format!("{}\n{}\n{}\n", self.size, self.next, base64(&self.ticket))
    }

    /// Reads the body of an answer.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let mut lines = text.split('\n');
        let info = Self {
            size: decimal(lines.next()?)?,
            next: decimal(lines.next()?)?,
            ticket: unbase64(lines.next()?)?,
        };
        lines.next().is_none().then_some(info)
    }
}

/// Reads a size, as `text/x.tlog.size` has it.
pub fn read_size(bytes: &[u8]) -> Option<u64> {
    decimal(std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?)
}

/// The head of an `add-bodies` request, with the `add-entries` request whose entries name the bodies.
pub fn bodies_head(origin: &str, upload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    push_origin(&mut out, origin);
    out.extend_from_slice(&(upload.len() as u32).to_be_bytes());
    out.extend_from_slice(upload);
    out
}

/// Adds a body to the request.
pub fn push_body(out: &mut Vec<u8>, commitment: &[u8; 32], stored: &[u8]) {
    out.extend_from_slice(commitment);
    out.extend_from_slice(&(stored.len() as u32).to_be_bytes());
    out.extend_from_slice(stored);
}

/// A commitment and the stored body under it.
pub type NamedBody = ([u8; 32], Vec<u8>);

/// An `add-bodies` request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddBodies<'b> {
    /// Origin of the log.
    pub origin: String,
    /// The `add-entries` request whose entries name the bodies.
    pub upload: &'b [u8],
    /// The bodies.
    pub bodies: Vec<NamedBody>,
}

/// Reads an `add-bodies` request.
pub fn read_bodies(bytes: &[u8]) -> Option<AddBodies<'_>> {
    let mut rest = bytes;
    let origin = take_origin(&mut rest)?;
    let len = u32::from_be_bytes(take_array(&mut rest)?) as usize;
    let upload = take(&mut rest, len)?;
    let mut bodies = Vec::new();
    while !rest.is_empty() {
        let commitment = take_array(&mut rest)?;
        let len = u32::from_be_bytes(take_array(&mut rest)?) as usize;
        if len > BODY_BYTES_MAX {
            return None;
        }
        bodies.push((commitment, take(&mut rest, len)?.to_vec()));
    }
    Some(AddBodies {
        origin,
        upload,
        bodies,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_are_read_as_they_were_written() {
        let checkpoint = AddCheckpoint {
            old: 7,
            proof: vec![[1; 32], [2; 32]],
            note: b"origin\n1\nAAAA\n\n\xe2\x80\x94 n AAAAAAA=\n".to_vec(),
        };
        assert_eq!(
            AddCheckpoint::decode(&checkpoint.encode()),
            Some(checkpoint)
        );
        let head = AddEntries {
            origin: "log.example".into(),
            start: 3,
            end: 300,
            ticket: vec![9],
        };
        let package = Package {
            entries: vec![b"a".to_vec(), Vec::new()],
            proof: vec![[4; 32]],
        };
        let mut bytes = head.encode();
        package.push(&mut bytes);
        let (read, mut rest) = AddEntries::decode(&bytes).unwrap();
        assert_eq!(read, head);
        assert_eq!(Package::read(&mut rest, 2), Some(package));
        assert!(rest.is_empty());
        let info = MirrorInfo {
            size: 3,
            next: 1,
            ticket: Vec::new(),
        };
        assert_eq!(MirrorInfo::decode(info.encode().as_bytes()), Some(info));
        let mut bytes = bodies_head("o", b"upload");
        push_body(&mut bytes, &[5; 32], b"body");
        let read = AddBodies {
            origin: "o".into(),
            upload: b"upload",
            bodies: vec![([5; 32], b"body".to_vec())],
        };
        assert_eq!(read_bodies(&bytes), Some(read));
    }

    #[test]
    fn packages_are_cut_at_multiples_of_256() {
        let range = |at, end| {
            let package = package_at(at, end);
            (package.entries, package.subtree)
        };
        assert_eq!(range(3, 10), (3..10, 0..10));
        assert_eq!(range(3, 300), (3..256, 0..256));
        assert_eq!(range(256, 300), (256..300, 256..300));
        assert_eq!(range(300, 700), (300..512, 256..512));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_request_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = AddCheckpoint::decode(&bytes);
            let _ = read_bodies(&bytes);
            let _ = MirrorInfo::decode(&bytes);
            if let Some((_, mut rest)) = AddEntries::decode(&bytes) {
                let _ = Package::read(&mut rest, u64::MAX);
            }
        }
    }
}
