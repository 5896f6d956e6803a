//! The write-ahead log: entries with their bodies, in order, each chained to the one before. In: entries, or the bytes of a file. Out: bytes, or the
//! records up to the first that is not whole. Never: a disk.
//!
//! Header, 64 bytes: `sakimori-wal/v1\n` ‖ u64 first index ‖ root of the tree before it (32) ‖ checksum (8). Record: u32 entry length ‖ u32 body length ‖
//! u64 index ‖ entry ‖ body ‖ checksum (8). Numbers are little-endian. A checksum is the first 8 bytes of SHA-256 over the checksum before it
//! and the bytes since.

use crate::limits::{BODY_BYTES_MAX, ENTRY_BYTES_MAX};
use sakimori_custody::layout::Reader;
use sakimori_tlog::merkle::{Hash, empty_root};
use sha2::{Digest, Sha256};

const MAGIC: [u8; 16] = *b"sakimori-wal/v1\n";
/// Length of the header in bytes.
pub(crate) const HEADER_BYTES: usize = 64;

/// A checksum that covers everything before it.
pub(crate) type Chain = [u8; 8];

/// Where a log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// Number of entries that are in the tiles already.
    pub(crate) size: u64,
    /// Their root.
    pub(crate) root: Hash,
}

impl Base {
    /// Before the first entry.
    pub(crate) fn empty() -> Self {
        Self {
            size: 0,
            root: empty_root(),
        }
    }
}

/// An entry and its stored body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The leaf's bytes.
    pub entry: Vec<u8>,
    /// The stored form of its body.
    pub body: Vec<u8>,
}

/// What was read back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) records: Vec<Record>,
    /// Bytes up to the end of the last whole record.
    pub(crate) valid: usize,
    /// Checksum of the last whole record.
    pub(crate) chain: Chain,
}

fn chained(before: Chain, parts: &[&[u8]]) -> Chain {
    let mut hash = Sha256::new().chain_update(before);
    for part in parts {
        hash.update(part);
    }
    let sum: [u8; 32] = hash.finalize().into();
    sum.first_chunk().copied().unwrap_or_default()
}

/// The header, and the checksum with which its records begin.
pub(crate) fn header(base: Base) -> ([u8; HEADER_BYTES], Chain) {
    let mut bytes = [0; HEADER_BYTES];
    bytes[..16].copy_from_slice(&MAGIC);
    bytes[16..24].copy_from_slice(&base.size.to_le_bytes());
    bytes[24..56].copy_from_slice(&base.root);
    let chain = chained([0; 8], &[&bytes[..56]]);
    bytes[56..].copy_from_slice(&chain);
    (bytes, chain)
}

/// Reads a header; `None` where it is not whole.
pub(crate) fn read_header(bytes: &[u8]) -> Option<(Base, Chain)> {
    let read = bytes.get(..HEADER_BYTES)?;
    let mut fields = Reader::new(read);
    let _magic: [u8; 16] = fields.bytes();
    let base = Base {
        size: fields.u64(),
        root: fields.bytes(),
    };
    let (written, chain) = header(base);
    (written == read).then_some((base, chain))
}

/// Adds a record to `out`.
pub(crate) fn push(out: &mut Vec<u8>, index: u64, record: &Record, before: Chain) -> Chain {
    let start = out.len();
    out.extend_from_slice(&(record.entry.len() as u32).to_le_bytes());
    out.extend_from_slice(&(record.body.len() as u32).to_le_bytes());
    out.extend_from_slice(&index.to_le_bytes());
    out.extend_from_slice(&record.entry);
    out.extend_from_slice(&record.body);
    let chain = chained(before, &[out.get(start..).unwrap_or_default()]);
    out.extend_from_slice(&chain);
    chain
}

/// Reads records from `index` on until the bytes end or are not what was written.
pub(crate) fn read(bytes: &[u8], index: u64, before: Chain) -> Tail {
    let mut tail = Tail {
        records: Vec::new(),
        valid: 0,
        chain: before,
    };
    let mut rest = bytes;
    let mut next = index;
    while let Some((record, chain, behind)) = read_one(rest, next, tail.chain) {
        tail.valid += rest.len() - behind.len();
        tail.chain = chain;
        tail.records.push(record);
        rest = behind;
        next += 1;
    }
    tail
}

fn read_one(bytes: &[u8], index: u64, before: Chain) -> Option<(Record, Chain, &[u8])> {
    let mut head = Reader::new(bytes.get(..16)?);
    let (entry_len, body_len) = (head.u32() as usize, head.u32() as usize);
    if head.u64() != index || entry_len > ENTRY_BYTES_MAX || body_len > BODY_BYTES_MAX {
        return None;
    }
    let (covered, rest) = bytes.split_at_checked(16 + entry_len + body_len)?;
    let (sum, rest) = rest.split_first_chunk()?;
    let chain = chained(before, &[covered]);
    let (entry, body) = covered.get(16..)?.split_at_checked(entry_len)?;
    let record = Record {
        entry: entry.to_vec(),
        body: body.to_vec(),
    };
    (chain == *sum).then_some((record, chain, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(count: u64) -> (Vec<u8>, Chain) {
        let (head, start) = header(Base::empty());
        let (mut out, mut chain) = (Vec::new(), start);
        for index in 0..count {
            let record = Record {
                entry: vec![index as u8; 5],
                body: vec![7; index as usize],
            };
            chain = push(&mut out, index, &record, chain);
        }
        assert_eq!(read_header(&head), Some((Base::empty(), start)));
        (out, start)
    }

    #[test]
    fn what_is_cut_or_changed_ends_the_log_before_it() {
        let (bytes, start) = written(6);
        assert_eq!(read(&bytes, 0, start).records.len(), 6);
        assert_eq!(read(&bytes, 1, start).records.len(), 0);
        let sizes: Vec<usize> = (0..6).map(|i| 16 + 5 + i + 8).collect();
        for at in 0..bytes.len() {
            let whole = sizes
                .iter()
                .scan(0, |sum, s| {
                    *sum += s;
                    Some(*sum)
                })
                .filter(|end| *end <= at)
                .count();
            assert_eq!(read(&bytes[..at], 0, start).records.len(), whole);
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(read(&changed, 0, start).records.len(), whole, "byte {at}");
        }
    }

    #[test]
    fn a_changed_header_is_none() {
        let (head, _) = header(Base {
            size: 9,
            root: [3; 32],
        });
        for at in 0..HEADER_BYTES {
            let mut changed = head;
            changed[at] ^= 1;
            assert_eq!(read_header(&changed), None);
        }
        assert_eq!(read_header(&head[..63]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let tail = read(&bytes, 0, [0; 8]);
            proptest::prop_assert!(tail.valid <= bytes.len());
        }
    }
}
