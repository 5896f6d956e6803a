//! Look-ups in one bucket: by record, pair, prefix and time. In: an [`Access`], the bucket's key, a question. Out: rows in custody, which pass the
//! release gate with the logged query. Never: a look-up without access, more than a bounded number of rows, a row outside its stage.

use arrow_array::{BooleanArray, FixedSizeBinaryArray, RecordBatch, UInt64Array};
use arrow_schema::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, RowFilter};
use parquet::file::metadata::RowGroupMetaData;
use sakimori_custody::ids::{BucketId, RecordId};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::time::{Millis, Seconds};
use sakimori_custody::{Covered, Held, Selected};
use std::path::{Path, PathBuf};

use crate::access::Access;
use crate::durable::Disk;
use crate::error::LakeError;
use crate::limits::{LOOKUP_ROWS_MAX, READ_ATTEMPTS_MAX};
use crate::manifest::Bucket;
use crate::object::{ObjectReader, each_batch, guarded, open};
use crate::prefix::Prefix;
use crate::room::Lake;
use crate::schema::{Columns, Misfit, Row, bytes16, typed};
use crate::spool::{Spool, WindowId};

/// Which records are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// Every record.
    All,
    /// One record.
    Record(RecordId),
    /// Records between two addresses, whichever began (16 bytes, IPv4 mapped).
    Pair([u8; 16], [u8; 16]),
    /// Records with an end in a prefix.
    Prefix(Prefix),
}

/// A stretch of packet time, its end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First millisecond.
    pub from: Millis,
    /// The millisecond after the last.
    pub until: Millis,
}

impl Span {
    /// All of time.
    pub const ALL: Self = Self {
        from: Millis(0),
        until: Millis(u64::MAX),
    };

    /// Whether a record that lasted from `first` to `last` touches it.
    const fn touches(&self, first: u64, last: u64) -> bool {
        // All of time holds its last millisecond too.
        (first < self.until.0 || self.until.0 == u64::MAX) && last >= self.from.0
    }
}

/// A question to one bucket.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Which records.
    pub what: What,
    /// When they lasted.
    pub span: Span,
    /// Rows wanted at most; above [`LOOKUP_ROWS_MAX`] that bound holds.
    pub limit: usize,
}

/// The answer.
///
/// ```
/// use sakimori_lake::{Access, Found, Row};
/// fn rows(access: &Access, found: Found) -> Vec<Row> {
///     let logged = access.opened.recorded();
///     found.rows.into_iter().map(|held| held.release(logged).into_inner()).collect()
/// }
/// ```
/// A row is not looked at before the release gate:
/// ```compile_fail,E0599
/// use sakimori_lake::{Access, Found, Row};
/// fn rows(access: &Access, found: Found) -> Vec<Row> {
///     found.rows.into_iter().map(|held| held.into_inner()).collect()
/// }
/// ```
#[derive(Debug)]
pub struct Found {
    /// The rows, each in custody, in the order in which they were published.
    pub rows: Vec<Held<Selected, Row>>,
    /// Whether there are more than the limit.
    pub more: bool,
}

/// One bucket, opened for one access.
#[derive(Debug)]
pub struct BucketReader<'a> {
    lake: &'a Lake,
    id: BucketId,
    key: &'a BucketKey,
    access: &'a Access,
    now: Seconds,
}

impl Lake {
    /// Opens a bucket for the look-ups of one logged query.
    ///
    /// # Errors
    /// - [`LakeError::WrongAuthority`]: the access is for another authority's records.
    /// - [`LakeError::Deleted`], [`LakeError::Expired`], [`LakeError::Unknown`]: there is nothing to look at.
    /// - [`LakeError::KeyRefused`]: the shares are not this bucket's.
    pub fn reader<'a>(
        &'a self,
        id: &BucketId,
        key: &'a BucketKey,
        access: &'a Access,
        now: Seconds,
    ) -> Result<BucketReader<'a>, LakeError> {
        access.covers(id)?;
        self.readable(id, key, now)?;
        Ok(BucketReader {
            lake: self,
            id: id.clone(),
            key,
            access,
            now,
        })
    }
}

impl BucketReader<'_> {
    /// The bucket.
    pub(crate) const fn id(&self) -> &BucketId {
        &self.id
    }

    /// Its key.
    pub(crate) const fn key(&self) -> &BucketKey {
        self.key
    }

    /// Where it is kept.
    pub(crate) const fn disk(&self) -> &Disk {
        self.lake.disk()
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.lake.folder(&self.id)
    }

    /// The access under which this reader looks.
    pub const fn access(&self) -> &Access {
        self.access
    }

    /// Finds rows, those of published windows that are not in a file yet included.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] names the file; [`LakeError::Io`]: the disk; [`LakeError::Deleted`]: since the reader was opened.
    ///
    /// # Cost
    /// Row groups whose statistics exclude the question are not read; six columns of the others are, and the rest only for rows that match.
    pub fn find(&self, ask: &Ask) -> Result<Found, LakeError> {
        let limit = ask.limit.min(LOOKUP_ROWS_MAX);
        attempts(|| {
            let bucket = self.lake.readable(&self.id, self.key, self.now)?;
            let folder = self.lake.folder(&self.id);
            let mut found = Found {
                rows: Vec::new(),
                more: false,
            };
            Selection::Ask(*ask).each_row(self.disk(), &folder, &bucket, self.key, |row| {
                if found.rows.len() >= limit {
                    found.more = true;
                    return Ok(false);
                }
                found.rows.push(held(*row)?);
                Ok(true)
            })?;
            Ok(found)
        })
    }
}

/// Puts a row into custody, by the selectors that it names.
fn held(row: Row) -> Result<Held<Selected, Row>, LakeError> {
    let covered = Covered::by(row.record, &row.fields.selectors);
    let covered = covered.ok_or(LakeError::NotSelected(row.record))?;
    let held = Held::acquire(row.record, row).select(&covered);
    held.map_err(|_| LakeError::NotSelected(row.record))
}

/// Tries again where a writer replaced the files that `bucket.json` had named a moment ago.
pub(crate) fn attempts<T>(mut read: impl FnMut() -> Result<T, LakeError>) -> Result<T, LakeError> {
    let mut attempt = 1;
    loop {
        match read() {
            Err(e) if e.is_vanished() && attempt < READ_ATTEMPTS_MAX => attempt += 1,
            other => return other,
        }
    }
}

/// What is read of a bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Selection {
    /// What a look-up asks for.
    Ask(Ask),
    /// One window.
    Window(WindowId),
}

/// The columns that decide.
const DECIDING: [&str; 6] = ["record", "window", "first", "last", "source", "destination"];

/// What decides of one row.
struct Key {
    record: [u8; 16],
    window: u64,
    first: u64,
    last: u64,
    source: [u8; 16],
    destination: [u8; 16],
}

impl Key {
    fn of(row: &Row) -> Self {
        Self {
            record: row.record.to_bytes(),
            window: row.window,
            first: row.fields.first,
            last: row.fields.last,
            source: row.fields.source,
            destination: row.fields.destination,
        }
    }
}

impl Selection {
    /// Hands every row that is wanted to `each`, until that says `false`.
    pub(crate) fn each_row(
        self,
        disk: &Disk,
        folder: &Path,
        bucket: &Bucket,
        key: &BucketKey,
        mut each: impl FnMut(&Row) -> Result<bool, LakeError>,
    ) -> Result<(), LakeError> {
        let mut more = true;
        for file in &bucket.files {
            let path = folder.join(file.file_name());
            let reader = open(disk, &path, key)?;
            let rows = reader.metadata().file_metadata().num_rows();
            if u64::try_from(rows) != Ok(file.records) {
                return Err(LakeError::damaged(
                    &path,
                    "it has not the rows that its bucket says",
                ));
            }
            let reader = guarded(&path, || Ok(self.narrowed(reader)))?;
            each_batch(&path, reader, |batch| {
                if !more {
                    return Ok(());
                }
                let misfit = |e: Misfit| LakeError::damaged(&path, e.to_string());
                let columns = Columns::of(batch).map_err(misfit)?;
                for at in 0..batch.num_rows() {
                    more = more && each(&columns.row(at).map_err(misfit)?)?;
                }
                Ok(())
            })?;
            if !more {
                return Ok(());
            }
        }
        self.each_waiting(disk, folder, bucket, key, &mut each)
    }

    /// The same for published windows that wait in the spool.
    fn each_waiting(
        self,
        disk: &Disk,
        folder: &Path,
        bucket: &Bucket,
        key: &BucketKey,
        each: &mut impl FnMut(&Row) -> Result<bool, LakeError>,
    ) -> Result<(), LakeError> {
        let path = bucket.spool_path(folder);
        let spool = Spool::read(disk, &path, &bucket.id, bucket.spool, key)?;
        let mut more = true;
        let waiting = spool
            .pending()
            .into_keys()
            .flat_map(|hour| spool.published(hour));
        for window in waiting {
            spool.each_part(window, |part| {
                for (record, fields) in part {
                    let row = Row {
                        record,
                        window: window.index,
                        fields,
                    };
                    if more && self.wants(&Key::of(&row)) {
                        more = each(&row)?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn wants(self, key: &Key) -> bool {
        match self {
            Self::Window(window) => {
                key.window == window.index && key.record.starts_with(&window.stream.0)
            }
            Self::Ask(ask) => {
                let both = (key.source, key.destination);
                let wanted = match ask.what {
                    What::All => true,
                    What::Record(record) => key.record == record.to_bytes(),
                    What::Pair(a, b) => both == (a, b) || both == (b, a),
                    What::Prefix(prefix) => {
                        prefix.contains(key.source) || prefix.contains(key.destination)
                    }
                };
                wanted && ask.span.touches(key.first, key.last)
            }
        }
    }

    /// A reader that leaves out row groups by their statistics and rows by the deciding columns.
    fn narrowed(self, reader: ObjectReader) -> ObjectReader {
        let metadata = reader.metadata().clone();
        let groups = metadata.row_groups().iter().enumerate();
        let kept = groups
            .filter(|(_, group)| self.may_be_in(group))
            .map(|(at, _)| at)
            .collect();
        let mask = ProjectionMask::columns(reader.parquet_schema(), DECIDING);
        let decide = move |batch: RecordBatch| {
            let keep = self.decide(&batch);
            keep.map_err(|e| ArrowError::ExternalError(Box::new(e)))
        };
        let filter = RowFilter::new(vec![Box::new(ArrowPredicateFn::new(mask, decide))]);
        reader.with_row_groups(kept).with_row_filter(filter)
    }

    fn decide(self, batch: &RecordBatch) -> Result<BooleanArray, Misfit> {
        let bytes = |name| typed::<FixedSizeBinaryArray>(batch, name).map(|column| (column, name));
        let (record, source, destination) =
            (bytes("record")?, bytes("source")?, bytes("destination")?);
        let window: &UInt64Array = typed(batch, "window")?;
        let (first, last): (&UInt64Array, &UInt64Array) =
            (typed(batch, "first")?, typed(batch, "last")?);
        let wanted = |at| {
            let of = |(column, name)| bytes16(column, at, name);
            Ok(self.wants(&Key {
                record: of(record)?,
                window: window.value(at),
                first: first.value(at),
                last: last.value(at),
                source: of(source)?,
                destination: of(destination)?,
            }))
        };
        let kept = (0..batch.num_rows())
            .map(wanted)
            .collect::<Result<Vec<bool>, Misfit>>()?;
        Ok(BooleanArray::from(kept))
    }

    /// Whether a row group's statistics leave room for what is wanted; `true` where they say nothing.
    fn may_be_in(self, group: &RowGroupMetaData) -> bool {
        let bytes = |name| range::<16>(group, name).unwrap_or(([0; 16], [0xff; 16]));
        let holds = |name, low: [u8; 16], high: [u8; 16]| {
            let (min, max) = bytes(name);
            min <= high && low <= max
        };
        let number = |name| {
            let range = range::<8>(group, name);
            range.map_or((0, u64::MAX), |(min, max)| {
                (u64::from_le_bytes(min), u64::from_le_bytes(max))
            })
        };
        match self {
            Self::Window(window) => {
                let (min, max) = number("window");
                let id = |number| RecordId {
                    stream: window.stream,
                    number,
                };
                (min..=max).contains(&window.index)
                    && holds("record", id(0).to_bytes(), id(u64::MAX).to_bytes())
            }
            Self::Ask(ask) => {
                let wanted = match ask.what {
                    What::All => true,
                    What::Record(record) => holds("record", record.to_bytes(), record.to_bytes()),
                    What::Pair(a, b) => {
                        let one_way = |a, b| holds("source", a, a) && holds("destination", b, b);
                        one_way(a, b) || one_way(b, a)
                    }
                    What::Prefix(prefix) => {
                        let (low, high) = prefix.range();
                        holds("source", low, high) || holds("destination", low, high)
                    }
                };
                wanted && ask.span.touches(number("first").0, number("last").1)
            }
        }
    }
}

/// Least and greatest value of a column in a row group, as stored: numbers little-endian, bytes as they are.
fn range<const N: usize>(group: &RowGroupMetaData, name: &str) -> Option<([u8; N], [u8; N])> {
    let column = group
        .columns()
        .iter()
        .find(|column| column.column_descr().name() == name)?;
    let statistics = column.statistics()?;
    let min = statistics.min_bytes_opt()?.try_into().ok()?;
    let max = statistics.max_bytes_opt()?.try_into().ok()?;
    (!statistics.is_min_max_deprecated()).then_some((min, max))
}
