//! `bucket.json`: what a bucket is, how long it lives and which files are it. In: the state of a bucket. Out: one small file that is
//! replaced in one step; a Parquet or spool file counts only when it is named here. Never: a key, a row, an address.
//!
//! `docs/reference/formats.md` section 17.

use sakimori_custody::ids::BucketId;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

use crate::durable::Disk;
use crate::error::LakeError;
use crate::limits::{BUCKET_OBJECTS_MAX, MANIFEST_BYTES_MAX};

/// Name of the file in its bucket's folder.
pub(crate) const MANIFEST: &str = "bucket.json";
/// The only version that this code reads and writes.
const SCHEMA: &str = "sakimori/bucket/v1";

/// Whether a bucket takes records, keeps them, or is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BucketState {
    /// Takes records.
    Open,
    /// Keeps them until it expires.
    Closed,
    /// Destroyed; what is left is this word and the counts.
    Deleted,
}

/// One Parquet file of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    /// UTC hour of the day in which its windows were published.
    pub hour: u8,
    /// Number within the hour.
    pub number: u32,
    /// Rows.
    pub records: u64,
    /// Length in bytes.
    pub bytes: u64,
}

impl Object {
    /// `hour-HH-N.parquet`.
    pub fn file_name(&self) -> String {
        format!("hour-{:02}-{}.parquet", self.hour, self.number)
    }
}

/// A bucket as its `bucket.json` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Which bucket.
    pub id: BucketId,
    /// When it was made.
    pub created: Seconds,
    /// When it must be destroyed; set when it was made.
    pub expires: Seconds,
    /// Whether it takes records.
    pub state: BucketState,
    /// When it was destroyed.
    pub deleted: Option<Seconds>,
    /// Files ever counted for the deletion entry: Parquet files, and the spool where it held published windows.
    pub objects: u64,
    /// Records in `files`, or those that were destroyed.
    pub records: u64,
    /// The Parquet files.
    pub files: Vec<Object>,
    /// Generation of the spool file.
    pub(crate) spool: u64,
    /// What the right key gives, and no other (16 hex digits).
    pub(crate) key_check: String,
}

/// The text form. Times are RFC 3339, counts are numbers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    schema: String,
    bucket: String,
    created: String,
    expires: String,
    state: BucketState,
    deleted: Option<String>,
    key_check: String,
    spool: u64,
    objects: u64,
    records: u64,
    files: Vec<FileText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    name: String,
    records: u64,
    bytes: u64,
}

impl Bucket {
    /// Reads the bucket whose folder is `folder`.
    ///
    /// # Errors
    /// [`LakeError::Io`] with "not found" where there is none; [`LakeError::Damaged`] for anything this room does not write.
    pub(crate) fn read(disk: &Disk, folder: &Path) -> Result<Self, LakeError> {
        let path = folder.join(MANIFEST);
        let bytes = disk.read_bounded(&path, MANIFEST_BYTES_MAX)?;
        Self::parse(&bytes).map_err(|what| LakeError::damaged(&path, what))
    }

    /// Puts the bucket's new state in the place of the old one, durably.
    pub(crate) fn write(&self, disk: &Disk, folder: &Path) -> Result<(), LakeError> {
        disk.replace(&folder.join(MANIFEST), self.text().as_bytes())
    }

    /// The bucket that a `bucket.json` tells of, or what is wrong with it.
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text: Text =
            serde_json::from_slice(bytes).map_err(|e| format!("it does not read: {e}"))?;
        if text.schema != SCHEMA {
            return Err(format!("it is not `{SCHEMA}`"));
        }
        if text.files.len() > BUCKET_OBJECTS_MAX {
            return Err(format!("it names more than {BUCKET_OBJECTS_MAX} files"));
        }
        let time = |text: &str| text.parse::<Seconds>().map_err(|e| e.to_string());
        let deleted = text.deleted.as_deref().map(time).transpose()?;
        if deleted.is_some() != (text.state == BucketState::Deleted) {
            return Err("`deleted` and `state` do not agree".to_owned());
        }
        let files = text.files.iter().map(object).collect::<Option<Vec<_>>>();
        let files = files.ok_or("a file name is not of the form hour-HH-N.parquet")?;
        let distinct = |at: usize, file: &Object| {
            let earlier = files.get(..at).unwrap_or_default();
            !earlier
                .iter()
                .any(|e| (e.hour, e.number) == (file.hour, file.number))
        };
        if !files
            .iter()
            .enumerate()
            .all(|(at, file)| distinct(at, file))
        {
            return Err("a file is named twice".to_owned());
        }
        Ok(Self {
            id: text.bucket.parse().map_err(|e| format!("{e}"))?,
            created: time(&text.created)?,
            expires: time(&text.expires)?,
            state: text.state,
            deleted,
            objects: text.objects,
            records: text.records,
            files,
            spool: text.spool,
            key_check: text.key_check,
        })
    }

    fn text(&self) -> String {
        let text = Text {
            schema: SCHEMA.to_owned(),
            bucket: self.id.to_string(),
            created: self.created.to_string(),
            expires: self.expires.to_string(),
            state: self.state,
            deleted: self.deleted.map(|on| on.to_string()),
            key_check: self.key_check.clone(),
            spool: self.spool,
            objects: self.objects,
            records: self.records,
            files: self.files.iter().map(FileText::of).collect(),
        };
        // Strings, numbers and lists always have a JSON form.
        serde_json::to_string_pretty(&text).unwrap_or_default() + "\n"
    }

    /// Refuses a bucket that is gone or whose time is over.
    pub(crate) fn readable(&self, now: Seconds) -> Result<(), LakeError> {
        if let Some(on) = self.deleted {
            return Err(LakeError::Deleted {
                bucket: self.id.clone(),
                on,
            });
        }
        if now >= self.expires {
            return Err(LakeError::Expired {
                bucket: self.id.clone(),
                on: self.expires,
            });
        }
        Ok(())
    }

    /// Where the spool of this generation is.
    pub(crate) fn spool_path(&self, folder: &Path) -> PathBuf {
        folder.join(spool_name(self.spool))
    }

    /// The number of the next file of an hour.
    pub(crate) fn next_number(&self, hour: u8) -> u32 {
        let of_hour = self.files.iter().filter(|file| file.hour == hour);
        of_hour.map(|file| file.number + 1).max().unwrap_or(0)
    }

    /// Adds a file and its counts.
    pub(crate) fn add(&mut self, object: Object) -> Result<(), LakeError> {
        if self.files.len() >= BUCKET_OBJECTS_MAX {
            return Err(LakeError::Limit {
                what: "files in a bucket",
                limit: BUCKET_OBJECTS_MAX as u64,
            });
        }
        self.files.push(object);
        self.files.sort_by_key(|file| (file.hour, file.number));
        self.count();
        Ok(())
    }

    /// Makes the counts those of the files.
    pub(crate) fn count(&mut self) {
        self.objects = self.files.len() as u64;
        self.records = self.files.iter().map(|file| file.records).sum();
    }
}

/// Name of a spool file.
pub(crate) fn spool_name(generation: u64) -> String {
    format!("spool-{generation}")
}

impl FileText {
    fn of(object: &Object) -> Self {
        Self {
            name: object.file_name(),
            records: object.records,
            bytes: object.bytes,
        }
    }
}

/// The object that an entry names; `None` for a name that is not written exactly as this room writes it.
fn object(text: &FileText) -> Option<Object> {
    let stem = text.name.strip_prefix("hour-")?.strip_suffix(".parquet")?;
    let (hour, number) = stem.split_once('-')?;
    let object = Object {
        hour: hour.parse().ok().filter(|hour| *hour < 24)?,
        // BOUND: below the maximum, so that the next number exists.
        number: number.parse().ok().filter(|number| *number < u32::MAX)?,
        records: text.records,
        bytes: text.bytes,
    };
    // BOUND: sums over a bucket cannot run over u64: at most 2,400 files of fewer than 2^48 rows.
    (object.file_name() == text.name && text.records < 1 << 48).then_some(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> Bucket {
        let object = |hour, number| Object {
            hour,
            number,
            records: 3,
            bytes: 1024,
        };
        let mut bucket = Bucket {
            id: "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01"
                .parse()
                .unwrap(),
            created: Seconds(1_806_537_600),
            expires: Seconds(1_806_537_600 + 86_400),
            state: BucketState::Open,
            deleted: None,
            objects: 0,
            records: 0,
            files: Vec::new(),
            spool: 7,
            key_check: "0011223344556677".to_owned(),
        };
        bucket.add(object(13, 1)).unwrap();
        bucket.add(object(9, 0)).unwrap();
        bucket
    }

    #[test]
    fn a_bucket_reads_back_and_counts_its_files() {
        let bucket = bucket();
        assert_eq!((bucket.objects, bucket.records), (2, 6));
        assert_eq!(bucket.next_number(13), 2);
        assert_eq!(bucket.next_number(14), 0);
        assert_eq!(Bucket::parse(bucket.text().as_bytes()), Ok(bucket));
    }

    #[test]
    fn what_this_room_does_not_write_is_refused() {
        let text = bucket().text();
        let swaps = [
            ("sakimori/bucket/v1", "sakimori/bucket/v2"),
            ("hour-13-1.parquet", "../../etc/passwd"),
            ("hour-13-1.parquet", "hour-13-01.parquet"),
            ("hour-13-1.parquet", "hour-24-0.parquet"),
            ("hour-13-1.parquet", "hour-09-0.parquet"),
            ("\"state\": \"open\"", "\"state\": \"deleted\""),
            ("\"spool\": 7", "\"spool\": 7, \"more\": 1"),
            ("2027-04-01T", "2027-04-31T"),
            ("/s-01/", "/../"),
        ];
        for (from, to) in swaps {
            assert!(text.contains(from), "{from}");
            assert!(
                Bucket::parse(text.replace(from, to).as_bytes()).is_err(),
                "{to}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_bucket_or_an_error(at: usize, byte: u8, cut: usize) {
            let mut bytes = bucket().text().into_bytes();
            let len = bytes.len();
            bytes[at % len] = byte;
            bytes.truncate(cut % (len * 2));
            let _ = Bucket::parse(&bytes);
        }
    }
}
