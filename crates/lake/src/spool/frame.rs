//! One frame of the spool: 64 bytes in the clear, then a sealed body. In: a window's records, or the word on a window. Out: bytes that open
//! only with the bucket's key, at their place, in their spool. Never: an address in the clear; the header holds what the receipts tell anyway.
//!
//! `docs/reference/formats.md` section 17.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sakimori_custody::ids::{BucketId, RecordId, StreamId};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::layout::{Reader, Writer};
use sakimori_custody::record::{MechanicalRecord, RECORD_BYTES};
use zeroize::Zeroizing;

use super::WindowId;
use crate::limits::{PART_RECORDS_MAX, WINDOW_PARTS_MAX};

/// Length of a frame's header.
pub(super) const HEADER_BYTES: usize = 64;
/// The part of the header that the body's tag covers: all but the nonce.
const COVERED_BYTES: usize = 40;
/// Length of a record in a body: its id and its encoding.
pub(super) const ITEM_BYTES: usize = 16 + RECORD_BYTES;
/// Length of a Poly1305 tag.
const TAG_BYTES: usize = 16;
/// Longest body.
const BODY_BYTES_MAX: usize = PART_RECORDS_MAX * ITEM_BYTES + TAG_BYTES;

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A part of a window's records.
    Staged = 1,
    /// The window's receipt is in the log.
    Published = 2,
}

/// The clear part of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) body: u32,
    pub(super) kind: Kind,
    /// UTC hour of the publication; 0 in a staged part.
    pub(super) hour: u8,
    pub(super) window: WindowId,
    pub(super) part: u32,
    pub(super) parts: u32,
    pub(super) records: u32,
    pub(super) nonce: [u8; 24],
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut w = Writer::default();
        w.u32(self.body).u8(self.kind as u8).u8(self.hour).u16(0);
        w.bytes(&self.window.stream.0).u64(self.window.index);
        w.u32(self.part).u32(self.parts).u32(self.records).u32(0);
        w.bytes(&self.nonce).finish()
    }

    /// Reads a header; `None` for one that no writer of this version writes.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let (body, kind, hour, gap) = (r.u32(), r.u8(), r.u8(), r.u16());
        let window = WindowId {
            stream: StreamId(r.bytes()),
            index: r.u64(),
        };
        let (part, parts, records, tail) = (r.u32(), r.u32(), r.u32(), r.u32());
        let kind = match kind {
            1 => Kind::Staged,
            2 => Kind::Published,
            _ => return None,
        };
        let header = Self {
            body,
            kind,
            hour,
            window,
            part,
            parts,
            records,
            nonce: r.bytes(),
        };
        (gap == 0 && tail == 0 && header.sane()).then_some(header)
    }

    /// Whether the numbers fit each other and their bounds.
    fn sane(&self) -> bool {
        let place = match self.kind {
            Kind::Staged => self.hour == 0 && self.part < self.parts,
            Kind::Published => self.part == 0 && self.parts == 0 && self.records == 0,
        };
        let body = self.records as usize * ITEM_BYTES + TAG_BYTES;
        place
            && self.hour < 24
            && self.parts <= WINDOW_PARTS_MAX
            && body <= BODY_BYTES_MAX
            && self.body as usize == body
    }

    /// Length of the whole frame.
    pub(super) fn frame_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.body)
    }
}

/// Seals and opens the frames of one spool file.
pub(super) struct Sealer {
    cipher: XChaCha20Poly1305,
    /// Names the bucket and the generation, so that a frame of another spool does not open here.
    context: Vec<u8>,
}

impl Sealer {
    pub(super) fn new(bucket: &BucketId, generation: u64, key: &BucketKey) -> Self {
        let context = format!("sakimori/spool/v1\n{bucket}\n{generation}\n");
        let key = key.spool();
        Self {
            cipher: XChaCha20Poly1305::new((&*key).into()),
            context: context.into_bytes(),
        }
    }

    /// What the tag covers beside the body: the spool, the frame's place in it and its header.
    fn covered(&self, number: u64, header: &Header) -> Vec<u8> {
        let mut covered = self.context.clone();
        covered.extend_from_slice(&number.to_le_bytes());
        covered.extend(header.encode().iter().take(COVERED_BYTES));
        covered
    }

    /// The body of a frame, or `None` where it is longer than memory allows.
    pub(super) fn seal(&self, number: u64, header: &Header, plain: &[u8]) -> Option<Vec<u8>> {
        let aad = self.covered(number, header);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        self.cipher
            .encrypt(&XNonce::from(header.nonce), payload)
            .ok()
    }

    /// The plain body, or `None` where key, place, header or body are not the ones it was sealed with.
    pub(super) fn open(
        &self,
        number: u64,
        header: &Header,
        body: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let aad = self.covered(number, header);
        let payload = Payload {
            msg: body,
            aad: &aad,
        };
        let plain = self.cipher.decrypt(&XNonce::from(header.nonce), payload);
        plain.ok().map(Zeroizing::new)
    }
}

/// The header of one part of a window, or of the word on it.
pub(super) fn header(kind: Kind, window: WindowId, records: usize, nonce: [u8; 24]) -> Header {
    // BOUND: callers pass at most PART_RECORDS_MAX records.
    Header {
        body: (records * ITEM_BYTES + TAG_BYTES) as u32,
        kind,
        hour: 0,
        window,
        part: 0,
        parts: 0,
        records: records as u32,
        nonce,
    }
}

/// The plain body of a part.
pub(super) fn pack(records: &[(RecordId, MechanicalRecord)]) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(records.len() * ITEM_BYTES));
    for (id, record) in records {
        plain.extend_from_slice(&id.to_bytes());
        plain.extend_from_slice(&record.encode());
    }
    plain
}

/// The records of a plain body; `None` where one is not a record.
pub(super) fn unpack(plain: &[u8]) -> Option<Vec<(RecordId, MechanicalRecord)>> {
    let (items, rest) = plain.as_chunks::<ITEM_BYTES>();
    let read = |item: &[u8; ITEM_BYTES]| {
        let (id, record) = item.split_first_chunk::<16>()?;
        let record = MechanicalRecord::decode(record.try_into().ok()?).ok()?;
        Some((RecordId::from_bytes(*id), record))
    };
    if rest.is_empty() {
        items.iter().map(read).collect()
    } else {
        None
    }
}
