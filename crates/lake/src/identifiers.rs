//! Identifiers at rest: tags and sealed blobs beside the records of their bucket, in a file of their own. In: a window's identifiers, behind its records. Out: those of records that are
//! found, in custody; the commitment of a window. Never: a value; an identifier of a record that was not published.
//!
//! `docs/reference/formats.md` section 17. The file goes with the bucket: `bucket.json` of a deleted one keeps none.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sakimori_custody::identifier::{
    BLOB_BYTES, Identifier, IdentifierField, IdentifiersCommitment, TAG_BYTES,
};
use sakimori_custody::ids::{BucketId, RecordId, StreamId};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::layout::{Reader, Writer};
use sakimori_custody::time::Seconds;
use sakimori_custody::{Held, Selected};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::durable::{Disk, DiskFile};
use crate::error::LakeError;
use crate::limits::{PART_RECORDS_MAX, WINDOW_IDENTIFIERS_MAX, WINDOW_PARTS_MAX};
use crate::lookup::{Ask, BucketReader, Span, What, attempts};
use crate::room::Lake;
use crate::schema::Row;
use crate::spool::{Nonces, WindowId, torn};

const MAGIC: &[u8; 16] = b"sakimori/ident/1";
const PREFIX: &str = "identifiers-";
const HEADER_BYTES: usize = 64;
const COVERED_BYTES: usize = 40;
const KIND: u8 = 3;
/// Record id, field, tag, blob.
const ITEM_BYTES: usize = 16 + 1 + TAG_BYTES + BLOB_BYTES;

/// Which identifiers are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// All with a tag: equal values of one kind within the authority and epoch.
    Tag([u8; TAG_BYTES]),
    /// All of a record.
    Record(RecordId),
}

/// An identifier with its record, both in custody.
pub type Joined = Held<Selected, (Row, Identifier)>;

/// The name of a file's generation; `None` for other files.
fn generation(name: &str) -> Option<u64> {
    let number = name.strip_prefix(PREFIX)?.parse().ok()?;
    (format!("{PREFIX}{number}") == name).then_some(number)
}

/// The newest generation in a bucket's folder.
pub(crate) fn newest(disk: &Disk, folder: &Path) -> Result<Option<u64>, LakeError> {
    let names = disk.names(folder)?;
    Ok(names.iter().filter_map(|name| generation(name)).max())
}

/// The name of a generation's file.
pub(crate) fn file_name(generation: u64) -> String {
    format!("{PREFIX}{generation}")
}

/// A frame's clear part.
#[derive(Clone, Copy, Debug)]
struct Header {
    window: WindowId,
    part: u32,
    parts: u32,
    items: u32,
    nonce: [u8; 24],
}

impl Header {
    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut w = Writer::default();
        w.u32(self.body() as u32).u8(KIND).u8(0).u16(0);
        w.bytes(&self.window.stream.0).u64(self.window.index);
        w.u32(self.part).u32(self.parts).u32(self.items).u32(0);
        w.bytes(&self.nonce).finish()
    }

    fn decode(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let start = (r.u32(), r.u8(), r.u8(), r.u16());
        let window = WindowId {
            stream: StreamId(r.bytes()),
            index: r.u64(),
        };
        let (part, parts, items, gap) = (r.u32(), r.u32(), r.u32(), r.u32());
        let header = Self {
            window,
            part,
            parts,
            items,
            nonce: r.bytes(),
        };
        let bounded =
            part < parts && parts <= WINDOW_PARTS_MAX && items as usize <= PART_RECORDS_MAX;
        let sane = bounded && gap == 0 && start == (header.body() as u32, KIND, 0, 0);
        sane.then_some(header)
    }

    const fn body(&self) -> usize {
        self.items as usize * ITEM_BYTES + 16
    }
}

/// Where a frame is.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    number: u64,
    header: Header,
}

/// The open file of a bucket.
pub(crate) struct Store {
    file: DiskFile,
    cipher: XChaCha20Poly1305,
    context: Vec<u8>,
    windows: BTreeMap<WindowId, Vec<Place>>,
    frames: u64,
    end: u64,
}

/// A window's identifiers.
pub(crate) type Items = [(RecordId, Identifier)];

impl Store {
    fn new(file: DiskFile, bucket: &BucketId, generation: u64, key: &BucketKey) -> Self {
        let key = key.identifiers();
        Self {
            file,
            cipher: XChaCha20Poly1305::new((&*key).into()),
            context: format!("sakimori/identifiers/v1\n{bucket}\n{generation}\n").into_bytes(),
            windows: BTreeMap::new(),
            frames: 0,
            end: MAGIC.len() as u64,
        }
    }

    /// Makes an empty file.
    fn create(
        disk: &Disk,
        folder: &Path,
        bucket: &BucketId,
        generation: u64,
        key: &BucketKey,
    ) -> Result<Self, LakeError> {
        let mut store = Self::staged(disk, folder, bucket, generation, key)?;
        store.name(folder, generation)?;
        Ok(store)
    }

    /// Makes an empty file of a generation under a name that does not count.
    fn staged(
        disk: &Disk,
        folder: &Path,
        bucket: &BucketId,
        generation: u64,
        key: &BucketKey,
    ) -> Result<Self, LakeError> {
        let path = folder.join(format!(".new-{PREFIX}{generation}"));
        disk.remove(&path)?;
        let file = disk.create_new(&path)?;
        file.write_all_at(MAGIC, 0)?;
        file.sync()?;
        Ok(Self::new(file, bucket, generation, key))
    }

    /// Gives a file its name once all that is in it is durable: the newest name counts, whatever is under it.
    fn name(&mut self, folder: &Path, generation: u64) -> Result<(), LakeError> {
        let path = folder.join(file_name(generation));
        let disk = self.file.disk();
        disk.rename(self.file.path(), &path)?;
        disk.sync_folder(folder)?;
        self.file.renamed(path);
        Ok(())
    }

    /// Opens the newest file to go on writing, its torn end cut off and the rest durable; makes one where there is none.
    pub(crate) fn resume(
        disk: &Disk,
        folder: &Path,
        bucket: &BucketId,
        key: &BucketKey,
    ) -> Result<Self, LakeError> {
        let Some(generation) = newest(disk, folder)? else {
            return Self::create(disk, folder, bucket, 0, key);
        };
        let path = folder.join(file_name(generation));
        let file = disk.open_to_write(&path)?;
        let length = file.length()?;
        if length < MAGIC.len() as u64 {
            return Self::create(disk, folder, bucket, generation, key);
        }
        let mut store = Self::new(file, bucket, generation, key);
        store.scan(length)?;
        store.file.settle(store.end)?;
        Ok(store)
    }

    /// Opens the newest file to read what is whole in it; `None` where there is none.
    pub(crate) fn read(
        disk: &Disk,
        folder: &Path,
        bucket: &BucketId,
        key: &BucketKey,
    ) -> Result<Option<Self>, LakeError> {
        let Some(generation) = newest(disk, folder)? else {
            return Ok(None);
        };
        let path = folder.join(file_name(generation));
        let file = disk.open(&path)?;
        let length = file.length()?;
        if length < MAGIC.len() as u64 {
            return Ok(None);
        }
        let mut store = Self::new(file, bucket, generation, key);
        store.scan(length)?;
        Ok(Some(store))
    }

    /// Walks over the frames; each body is opened once. What is behind the last whole window does not count.
    fn scan(&mut self, length: u64) -> Result<(), LakeError> {
        let mut magic = [0; 16];
        self.file.read_exact_at(&mut magic, 0)?;
        if &magic != MAGIC {
            return Err(LakeError::damaged(
                self.file.path(),
                "it holds no identifiers of this version",
            ));
        }
        let (mut offset, mut number, mut partial) = (self.end, 0, Vec::<Place>::new());
        while offset + HEADER_BYTES as u64 <= length {
            let mut bytes = [0; HEADER_BYTES];
            self.file.read_exact_at(&mut bytes, offset)?;
            let Some(header) = Header::decode(&bytes) else {
                // The last frame may be on disk in any part, its header too.
                let frame = |header: Header| (HEADER_BYTES + header.body()) as u64;
                if torn(&self.file, offset, length, |bytes| {
                    Header::decode(bytes).map(frame)
                })? {
                    break;
                }
                return Err(self.bad(offset));
            };
            let place = Place {
                offset,
                number,
                header,
            };
            let next = offset + (HEADER_BYTES + header.body()) as u64;
            if next > length {
                break;
            }
            match self.items(&place) {
                Ok(_) => {}
                // The last frame may be half on disk; one before it was synced before the next began.
                Err(LakeError::Damaged { .. }) if next == length => break,
                Err(error) => return Err(error),
            }
            let follows = partial.last().map_or(header.part == 0, |before| {
                let before = before.header;
                (header.window, header.part, header.parts)
                    == (before.window, before.part + 1, before.parts)
            });
            if !follows || self.windows.contains_key(&header.window) {
                return Err(self.bad(offset));
            }
            partial.push(place);
            (offset, number) = (next, number + 1);
            if header.part + 1 == header.parts {
                self.windows
                    .insert(header.window, std::mem::take(&mut partial));
                (self.end, self.frames) = (offset, number);
            }
        }
        Ok(())
    }

    fn bad(&self, offset: u64) -> LakeError {
        LakeError::damaged(self.file.path(), format!("the frame at {offset} is none"))
    }

    fn covered(&self, place: &Place) -> Vec<u8> {
        let mut covered = self.context.clone();
        covered.extend_from_slice(&place.number.to_le_bytes());
        covered.extend(place.header.encode().iter().take(COVERED_BYTES));
        covered
    }

    /// The identifiers of one frame.
    fn items(&self, place: &Place) -> Result<Vec<(RecordId, Identifier)>, LakeError> {
        let mut body = vec![0; place.header.body()];
        self.file
            .read_exact_at(&mut body, place.offset + HEADER_BYTES as u64)?;
        let payload = Payload {
            msg: &body,
            aad: &self.covered(place),
        };
        let plain = self
            .cipher
            .decrypt(&XNonce::from(place.header.nonce), payload);
        let plain = plain.map_err(|_| self.bad(place.offset))?;
        unpack(&plain).ok_or_else(|| self.bad(place.offset))
    }

    /// Adds a window's identifiers and returns once they are on disk.
    pub(crate) fn stage(
        &mut self,
        window: WindowId,
        items: &Items,
        random: &mut Nonces<'_>,
    ) -> Result<(), LakeError> {
        if self.windows.contains_key(&window) {
            return Err(LakeError::AlreadyStaged(window));
        }
        if items.len() > WINDOW_IDENTIFIERS_MAX {
            return Err(LakeError::Limit {
                what: "identifiers in a window",
                limit: WINDOW_IDENTIFIERS_MAX as u64,
            });
        }
        let (end, frames) = (self.end, self.frames);
        match self.write(window, items, random) {
            Ok(places) => {
                self.windows.insert(window, places);
                Ok(())
            }
            Err(e) => {
                (self.end, self.frames) = (end, frames);
                // Where not even that works the disk has failed, whatever was wrong before.
                self.file.cut(end).map_or_else(Err, |()| Err(e))
            }
        }
    }

    fn write(
        &mut self,
        window: WindowId,
        items: &Items,
        random: &mut Nonces<'_>,
    ) -> Result<Vec<Place>, LakeError> {
        let parts = items.chunks(PART_RECORDS_MAX);
        let count = parts.len() as u32;
        let mut places = Vec::with_capacity(parts.len());
        for (part, items) in parts.enumerate() {
            let place = Place {
                offset: self.end,
                number: self.frames,
                header: Header {
                    window,
                    part: part as u32,
                    parts: count,
                    items: items.len() as u32,
                    nonce: random.next()?,
                },
            };
            let payload = Payload {
                msg: &pack(items),
                aad: &self.covered(&place),
            };
            let sealed = self
                .cipher
                .encrypt(&XNonce::from(place.header.nonce), payload);
            let sealed = sealed
                .map_err(|_| LakeError::damaged(self.file.path(), "a frame cannot be sealed"))?;
            let bytes = [place.header.encode().as_slice(), &sealed].concat();
            self.file.write_all_at(&bytes, self.end)?;
            // Each part before the next: whatever a power cut leaves, all frames but the last are whole.
            self.file.sync()?;
            self.end += bytes.len() as u64;
            self.frames += 1;
            places.push(place);
        }
        Ok(places)
    }

    /// A window's identifiers, in the order in which they left the seal.
    fn window(&self, window: WindowId) -> Result<Vec<(RecordId, Identifier)>, LakeError> {
        let mut items = Vec::new();
        for place in self.windows.get(&window).into_iter().flatten() {
            items.extend(self.items(place)?);
        }
        Ok(items)
    }

    /// Writes all windows but one into a file of the next generation; `None` where that one is not here.
    pub(crate) fn without(
        &self,
        gone: WindowId,
        folder: &Path,
        bucket: &BucketId,
        key: &BucketKey,
        random: &mut Nonces<'_>,
    ) -> Result<Option<Self>, LakeError> {
        if !self.windows.contains_key(&gone) {
            return Ok(None);
        }
        let disk = self.file.disk();
        let generation = newest(disk, folder)?.map_or(0, |newest| newest + 1);
        let mut next = Self::staged(disk, folder, bucket, generation, key)?;
        for window in self.windows.keys().filter(|window| **window != gone) {
            next.stage(*window, &self.window(*window)?, random)?;
        }
        next.name(folder, generation)?;
        disk.remove(self.file.path())?;
        Ok(Some(next))
    }

    /// All identifiers that are sought.
    fn find(&self, sought: Sought, limit: usize) -> Result<Vec<(RecordId, Identifier)>, LakeError> {
        let mut found = Vec::new();
        for place in self.windows.values().flatten() {
            if matches!(sought, Sought::Record(record) if record.stream != place.header.window.stream)
            {
                continue;
            }
            found.extend(
                self.items(place)?
                    .into_iter()
                    .filter(|(id, identifier)| match sought {
                        Sought::Tag(tag) => identifier.tag == tag,
                        Sought::Record(record) => *id == record,
                    }),
            );
            if found.len() > limit {
                found.truncate(limit);
                break;
            }
        }
        Ok(found)
    }
}

fn pack(items: &Items) -> Vec<u8> {
    let mut plain = Vec::with_capacity(items.len() * ITEM_BYTES);
    for (id, identifier) in items {
        plain.extend_from_slice(&id.to_bytes());
        plain.push(identifier.field.code());
        plain.extend_from_slice(&identifier.tag);
        plain.extend_from_slice(&identifier.blob);
    }
    plain
}

fn unpack(plain: &[u8]) -> Option<Vec<(RecordId, Identifier)>> {
    let (items, rest) = plain.as_chunks::<ITEM_BYTES>();
    let read = |item: &[u8; ITEM_BYTES]| {
        let mut r = Reader::new(item);
        let id = RecordId::from_bytes(r.bytes());
        let identifier = Identifier {
            record: id.number,
            field: IdentifierField::from_code(r.u8())?,
            tag: r.bytes(),
            blob: r.bytes(),
        };
        Some((id, identifier))
    };
    rest.is_empty().then(|| items.iter().map(read).collect())?
}

impl BucketReader<'_> {
    /// Finds identifiers with their records; one whose record was not published is not found.
    ///
    /// # Errors
    /// As [`BucketReader::find`].
    ///
    /// # Cost
    /// Opens every frame of the bucket's identifiers, then looks each record up.
    pub fn identifiers(&self, sought: Sought, limit: usize) -> Result<Vec<Joined>, LakeError> {
        let found = attempts(|| {
            let store = Store::read(self.disk(), &self.folder(), self.id(), self.key())?;
            store.map_or(Ok(Vec::new()), |store| store.find(sought, limit))
        })?;
        let mut joined = Vec::with_capacity(found.len());
        for (id, identifier) in found {
            let ask = Ask {
                what: What::Record(id),
                span: Span::ALL,
                limit: 1,
            };
            let rows = self.find(&ask)?.rows;
            joined.extend(
                rows.into_iter()
                    .map(|held| held.map(|row| (row, identifier))),
            );
        }
        Ok(joined)
    }
}

impl Lake {
    /// The commitment over a window's identifiers, or `None` where the bucket has none of it.
    ///
    /// # Errors
    /// As every reading of a bucket.
    pub fn identifiers_commitment(
        &self,
        id: &BucketId,
        key: &BucketKey,
        window: WindowId,
        now: Seconds,
    ) -> Result<Option<[u8; 32]>, LakeError> {
        self.readable(id, key, now)?;
        let Some(store) = Store::read(self.disk(), &self.folder(id), id, key)? else {
            return Ok(None);
        };
        let key = key.commit();
        let mut commitment = IdentifiersCommitment::new(&key);
        for (id, identifier) in store.window(window)? {
            commitment.add(id, &identifier);
        }
        Ok(commitment.finish())
    }
}

/// Refuses identifiers of records that are not the window's.
pub(crate) fn check(
    window: WindowId,
    items: &Items,
    records: &BTreeSet<RecordId>,
) -> Result<(), LakeError> {
    let stray = items.iter().find(|(id, identifier)| {
        id.stream != window.stream || id.number != identifier.record || !records.contains(id)
    });
    stray.map_or(Ok(()), |(id, _)| Err(LakeError::Order(*id)))
}
