//! The spool of a bucket: windows between the seal and their Parquet file. In: a window's records, then the log's word on it. Out: the
//! records again, after any crash, for as long as they are not in a file. Never: plain records on disk, a part of a window as if it were whole.
//!
//! Append only; a spool is replaced by one of the next generation when its windows have become files. A torn end is a window that was
//! never staged: the append that wrote it did not return.

mod frame;

use sakimori_custody::ids::{BucketId, RecordId, StreamId};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::record::MechanicalRecord;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use zeroize::Zeroizing;

use crate::Randomness;
use crate::durable::{Disk, DiskFile};
use crate::error::LakeError;
use crate::limits::{PART_RECORDS_MAX, WINDOW_RECORDS_MAX};
use frame::{HEADER_BYTES, Header, Kind, Sealer, header, pack, unpack};

/// The first bytes of a spool.
const MAGIC: &[u8; 16] = b"sakimori/spool/1";

/// A window of one run of a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowId {
    /// The run.
    pub stream: StreamId,
    /// Its index in the run.
    pub index: u64,
}

impl fmt::Display for WindowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of stream {}", self.index, self.stream)
    }
}

/// The selected records of one window, in the order of their ids. A window without records may be staged too.
#[derive(Clone, Copy, Debug)]
pub struct StagedWindow<'r> {
    /// Which window.
    pub id: WindowId,
    /// Its records; all of the window's stream, ids ascending, each with a selector.
    pub records: &'r [(RecordId, MechanicalRecord)],
}

impl StagedWindow<'_> {
    /// Refuses what must not be stored.
    fn check(&self) -> Result<(), LakeError> {
        if self.records.len() > WINDOW_RECORDS_MAX {
            return Err(LakeError::Limit {
                what: "records in a window",
                limit: WINDOW_RECORDS_MAX as u64,
            });
        }
        let mut before = None;
        for (id, record) in self.records {
            if record.selectors.is_empty() {
                return Err(LakeError::NotSelected(*id));
            }
            if id.stream != self.id.stream || before.is_some_and(|b| b >= id.number) {
                return Err(LakeError::Order(*id));
            }
            before = Some(id.number);
        }
        Ok(())
    }
}

/// Where a frame is.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    number: u64,
    header: Header,
}

/// A whole window in the spool.
#[derive(Clone, Debug)]
struct Entry {
    places: Vec<Place>,
    records: u64,
    /// Hour of its publication, once the log has its receipt.
    published: Option<u8>,
}

/// An open spool file.
pub(crate) struct Spool {
    file: DiskFile,
    sealer: Sealer,
    entries: BTreeMap<WindowId, Entry>,
    /// Frames so far.
    frames: u64,
    /// Where the next frame begins.
    end: u64,
}

/// What a scan has found so far.
struct Scan {
    entries: BTreeMap<WindowId, Entry>,
    /// The window whose parts are coming in.
    partial: Vec<Place>,
    frames: u64,
    /// End of the last frame after which no window is in parts.
    settled: (u64, u64),
}

impl Spool {
    /// Makes an empty spool; one that is in the way was never named by its bucket.
    pub(crate) fn create(
        disk: &Disk,
        path: &Path,
        bucket: &BucketId,
        generation: u64,
        key: &BucketKey,
    ) -> Result<Self, LakeError> {
        disk.remove(path)?;
        let file = disk.create_new(path)?;
        file.write_all_at(MAGIC, 0)?;
        file.sync()?;
        Ok(Self {
            file,
            sealer: Sealer::new(bucket, generation, key),
            entries: BTreeMap::new(),
            frames: 0,
            end: MAGIC.len() as u64,
        })
    }

    /// Opens a spool to go on writing: checks every frame, cuts a torn end off, makes durable what it believes.
    pub(crate) fn resume(
        disk: &Disk,
        path: &Path,
        bucket: &BucketId,
        generation: u64,
        key: &BucketKey,
    ) -> Result<Self, LakeError> {
        let file = disk.open_to_write(path)?;
        let length = file.length()?;
        if length < MAGIC.len() as u64 {
            return Self::create(disk, path, bucket, generation, key);
        }
        let spool = Self::scanned(file, length, Sealer::new(bucket, generation, key))?;
        spool.file.settle(spool.end)?;
        Ok(spool)
    }

    /// Opens a spool to read what is whole in it, beside a writer or without one.
    pub(crate) fn read(
        disk: &Disk,
        path: &Path,
        bucket: &BucketId,
        generation: u64,
        key: &BucketKey,
    ) -> Result<Self, LakeError> {
        let file = disk.open(path)?;
        let length = file.length()?;
        Self::scanned(file, length, Sealer::new(bucket, generation, key))
    }

    fn scanned(file: DiskFile, length: u64, sealer: Sealer) -> Result<Self, LakeError> {
        let scan = scan(&file, length, Some(&sealer))?;
        let (end, frames) = scan.settled;
        Ok(Self {
            file,
            sealer,
            entries: scan.entries,
            frames,
            end,
        })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Adds a window and returns once it is on disk.
    pub(crate) fn stage(
        &mut self,
        window: &StagedWindow<'_>,
        random: &mut Nonces<'_>,
    ) -> Result<(), LakeError> {
        window.check()?;
        if self.entries.contains_key(&window.id) {
            return Err(LakeError::AlreadyStaged(window.id));
        }
        let places = self.durably(|spool| spool.write_parts(window, random))?;
        let entry = Entry {
            places,
            records: window.records.len() as u64,
            published: None,
        };
        self.entries.insert(window.id, entry);
        Ok(())
    }

    /// Writes frames and syncs them. Where either fails, what was written is overwritten by the next frame, or cut off as a torn end: no frame may stand behind one of
    /// which nobody knows whether it is on disk.
    fn durably<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, LakeError>,
    ) -> Result<T, LakeError> {
        let (end, frames) = (self.end, self.frames);
        match write(self) {
            Ok(value) => Ok(value),
            Err(error) => {
                (self.end, self.frames) = (end, frames);
                // Where not even that works the disk has failed, whatever was wrong before, and this spool must be opened again.
                self.file.cut(end).map_or_else(Err, |()| Err(error))
            }
        }
    }

    fn write_parts(
        &mut self,
        window: &StagedWindow<'_>,
        random: &mut Nonces<'_>,
    ) -> Result<Vec<Place>, LakeError> {
        let empty: &[(RecordId, MechanicalRecord)] = &[];
        let mut parts: Vec<_> = window.records.chunks(PART_RECORDS_MAX).collect();
        if parts.is_empty() {
            parts.push(empty);
        }
        let count = parts.len() as u32;
        let mut places = Vec::with_capacity(parts.len());
        for (part, records) in parts.into_iter().enumerate() {
            let mut header = header(Kind::Staged, window.id, records.len(), random.next()?);
            (header.part, header.parts) = (part as u32, count);
            places.push(self.append(header, &pack(records))?);
            // Each part before the next: whatever a power cut leaves, all frames but the last are whole.
            self.file.sync()?;
        }
        Ok(places)
    }

    /// Notes that the log has the window's receipt. Returns `false` where that was noted before.
    pub(crate) fn publish(
        &mut self,
        window: WindowId,
        hour: u8,
        random: &mut Nonces<'_>,
    ) -> Result<bool, LakeError> {
        let entry = self
            .entries
            .get(&window)
            .ok_or(LakeError::NotStaged(window))?;
        if entry.published.is_some() {
            return Ok(false);
        }
        let mut header = header(Kind::Published, window, 0, random.next()?);
        header.hour = hour;
        self.durably(|spool| {
            spool.append(header, &[])?;
            spool.file.sync()
        })?;
        if let Some(entry) = self.entries.get_mut(&window) {
            entry.published = Some(hour);
        }
        Ok(true)
    }

    /// Writes one frame at the end; not yet synced.
    fn append(&mut self, header: Header, plain: &[u8]) -> Result<Place, LakeError> {
        let sealed = self.sealer.seal(self.frames, &header, plain);
        let sealed =
            sealed.ok_or_else(|| LakeError::damaged(self.path(), "a frame cannot be sealed"))?;
        let place = Place {
            offset: self.end,
            number: self.frames,
            header,
        };
        let mut bytes = header.encode().to_vec();
        bytes.extend_from_slice(&sealed);
        self.file.write_all_at(&bytes, self.end)?;
        self.end += bytes.len() as u64;
        self.frames += 1;
        Ok(place)
    }

    /// Windows that wait for the log's word, in order.
    pub(crate) fn unresolved(&self) -> Vec<WindowId> {
        let waiting = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.published.is_none());
        waiting.map(|(id, _)| *id).collect()
    }

    /// Published windows of an hour, in order.
    pub(crate) fn published(&self, hour: u8) -> Vec<WindowId> {
        let of_hour = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.published == Some(hour));
        of_hour.map(|(id, _)| *id).collect()
    }

    /// Records of published windows, by hour.
    pub(crate) fn pending(&self) -> BTreeMap<u8, u64> {
        let mut pending = BTreeMap::new();
        for entry in self.entries.values() {
            if let Some(hour) = entry.published {
                *pending.entry(hour).or_default() += entry.records;
            }
        }
        pending
    }

    /// Whether the window is here, published or not.
    pub(crate) fn holds(&self, window: WindowId) -> bool {
        self.entries.contains_key(&window)
    }

    /// Records of one window, published or not; 0 where it is not here.
    pub(crate) fn records(&self, window: WindowId) -> u64 {
        self.entries.get(&window).map_or(0, |entry| entry.records)
    }

    /// Hands a window's records over part by part, in order.
    pub(crate) fn each_part(
        &self,
        window: WindowId,
        mut each: impl FnMut(Vec<(RecordId, MechanicalRecord)>) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let parts = self.parts(window)?;
        (0..parts).try_for_each(|at| each(self.part(window, at)?))
    }

    /// In how many parts a window's records are here.
    pub(crate) fn parts(&self, window: WindowId) -> Result<usize, LakeError> {
        Ok(self.entry(window)?.places.len())
    }

    /// The records of one part of a window, in order; none where there is no such part.
    pub(crate) fn part(
        &self,
        window: WindowId,
        at: usize,
    ) -> Result<Vec<(RecordId, MechanicalRecord)>, LakeError> {
        let Some(place) = self.entry(window)?.places.get(at) else {
            return Ok(Vec::new());
        };
        unpack(&self.plain(place)?).ok_or_else(|| bad_frame(self.path(), place.offset))
    }

    fn entry(&self, window: WindowId) -> Result<&Entry, LakeError> {
        let entry = self.entries.get(&window);
        entry.ok_or(LakeError::NotStaged(window))
    }

    /// Copies the windows that `keep` names into a new spool, sealed anew, with what the log said of them.
    pub(crate) fn carry_over(
        &self,
        into: &mut Self,
        keep: impl Fn(WindowId) -> bool,
        random: &mut Nonces<'_>,
    ) -> Result<(), LakeError> {
        for (id, entry) in self.entries.iter().filter(|(id, _)| keep(**id)) {
            let mut places = Vec::with_capacity(entry.places.len());
            for place in &entry.places {
                let plain = self.plain(place)?;
                let nonce = random.next()?;
                places.push(into.append(
                    Header {
                        nonce,
                        ..place.header
                    },
                    &plain,
                )?);
            }
            let copy = Entry {
                places,
                records: entry.records,
                published: None,
            };
            into.entries.insert(*id, copy);
            if let Some(hour) = entry.published {
                into.publish(*id, hour, random)?;
            }
        }
        into.file.sync()
    }

    /// The opened body of a frame.
    fn plain(&self, place: &Place) -> Result<Zeroizing<Vec<u8>>, LakeError> {
        let body = read_body(&self.file, place)?;
        let plain = self.sealer.open(place.number, &place.header, &body);
        plain.ok_or_else(|| bad_frame(self.path(), place.offset))
    }
}

/// Nonces for frames: 24 random bytes each, which may be drawn for the same key without end.
pub(crate) struct Nonces<'r> {
    pub(crate) bucket: &'r BucketId,
    pub(crate) source: &'r mut dyn Randomness,
}

impl Nonces<'_> {
    pub(crate) fn next(&mut self) -> Result<[u8; 24], LakeError> {
        let mut nonce = [0; 24];
        let drawn = self.source.fill(&mut nonce);
        drawn.map_err(|source| LakeError::Randomness {
            bucket: self.bucket.clone(),
            source,
        })?;
        Ok(nonce)
    }
}

/// Records of published windows in a spool, told without a key from what the frames say in the clear.
pub(crate) fn count_published(disk: &Disk, path: &Path) -> Result<u64, LakeError> {
    let file = disk.open(path)?;
    let length = file.length()?;
    if length < MAGIC.len() as u64 {
        return Ok(0);
    }
    let scan = scan(&file, length, None)?;
    let published = scan
        .entries
        .values()
        .filter(|entry| entry.published.is_some());
    Ok(published.map(|entry| entry.records).sum())
}

/// Walks over a spool frame by frame. With a key every body is opened once; without, the headers are believed.
fn scan(file: &DiskFile, length: u64, sealer: Option<&Sealer>) -> Result<Scan, LakeError> {
    let (path, start) = (file.path(), MAGIC.len() as u64);
    let mut magic = [0; 16];
    file.read_exact_at(&mut magic, 0)?;
    if &magic != MAGIC {
        return Err(LakeError::damaged(
            path,
            "it is not a spool of this version",
        ));
    }
    let mut scan = Scan {
        entries: BTreeMap::new(),
        partial: Vec::new(),
        frames: 0,
        settled: (start, 0),
    };
    let mut offset = start;
    while let Some(header) = read_header(file, offset, length)? {
        let place = Place {
            offset,
            number: scan.frames,
            header,
        };
        let next = offset + header.frame_bytes();
        if next > length {
            break;
        }
        if let Some(sealer) = sealer {
            let body = read_body(file, &place)?;
            let opened = sealer.open(place.number, &header, &body);
            if opened.and_then(|plain| unpack(&plain)).is_none() {
                // The last frame may be half on disk; one before it was synced before the next began.
                if next == length {
                    break;
                }
                return Err(bad_frame(path, offset));
            }
        }
        scan.take(place).ok_or_else(|| bad_frame(path, offset))?;
        offset = next;
        if scan.partial.is_empty() {
            scan.settled = (offset, scan.frames);
        }
    }
    Ok(scan)
}

impl Scan {
    /// Takes the next frame; `None` where it does not follow from the ones before.
    fn take(&mut self, place: Place) -> Option<()> {
        let header = place.header;
        self.frames += 1;
        match header.kind {
            Kind::Published => {
                let entry = self.entries.get_mut(&header.window)?;
                let first = entry.published.is_none() && self.partial.is_empty();
                entry.published = Some(header.hour);
                first.then_some(())
            }
            Kind::Staged => {
                let follows = match self.partial.last() {
                    None => header.part == 0,
                    Some(before) => {
                        let expected = (
                            before.header.window,
                            before.header.part + 1,
                            before.header.parts,
                        );
                        (header.window, header.part, header.parts) == expected
                    }
                };
                if !follows || self.entries.contains_key(&header.window) {
                    return None;
                }
                self.partial.push(place);
                if header.part + 1 == header.parts {
                    let places = std::mem::take(&mut self.partial);
                    let records = places.iter().map(|p| u64::from(p.header.records)).sum();
                    let entry = Entry {
                        places,
                        records,
                        published: None,
                    };
                    self.entries.insert(header.window, entry);
                }
                Some(())
            }
        }
    }
}

/// The header at `offset`; `None` at the end, and at a torn end: the last frame may be on disk in any part, its header too.
fn read_header(file: &DiskFile, offset: u64, length: u64) -> Result<Option<Header>, LakeError> {
    if length - offset < HEADER_BYTES as u64 {
        return Ok(None);
    }
    let mut bytes = [0; HEADER_BYTES];
    file.read_exact_at(&mut bytes, offset)?;
    match Header::decode(&bytes) {
        Some(header) => Ok(Some(header)),
        None if torn(file, offset, length, |bytes| {
            Header::decode(bytes).map(|header| header.frame_bytes())
        })? =>
        {
            Ok(None)
        }
        None => Err(bad_frame(file.path(), offset)),
    }
}

/// Bytes of a torn end that are looked at together.
const TORN_BYTES: u64 = 64 << 10;

/// Whether what stands from `offset` on is the end of one frame that was torn: behind it no header reads whose frame has room. Where one does, the frame at `offset` was whole
/// once, because each is synced before the next begins.
pub(crate) fn torn<const N: usize>(
    file: &DiskFile,
    mut offset: u64,
    length: u64,
    frame_bytes: impl Fn(&[u8; N]) -> Option<u64>,
) -> Result<bool, LakeError> {
    offset += 1;
    let mut block = Vec::new();
    while offset + N as u64 <= length {
        block.resize((length - offset).min(TORN_BYTES + N as u64) as usize, 0);
        file.read_exact_at(&mut block, offset)?;
        for (at, bytes) in block.array_windows::<N>().enumerate() {
            let end = |bytes| Some(offset + at as u64 + frame_bytes(bytes)?);
            if end(bytes).is_some_and(|end| end <= length) {
                return Ok(false);
            }
        }
        offset += TORN_BYTES;
    }
    Ok(true)
}

fn read_body(file: &DiskFile, place: &Place) -> Result<Vec<u8>, LakeError> {
    // BOUND: a header that decoded has a body of at most 1.6 MB.
    let mut body = vec![0; place.header.body as usize];
    file.read_exact_at(&mut body, place.offset + HEADER_BYTES as u64)?;
    Ok(body)
}

fn bad_frame(path: &Path, offset: u64) -> LakeError {
    LakeError::damaged(path, format!("the frame at offset {offset} does not open"))
}
