//! Records, keys, buckets and clocks for tests. In: seeds. Out: the same values for the same seed. Never: a real clock or real randomness.

use proptest::prelude::*;
use sakimori_custody::Recorded;
use sakimori_custody::commitment::WindowCommitment;
use sakimori_custody::ids::{BucketId, RecordId, StreamId};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::record::{
    Alpn, Application, Country, Direction, End, Hits, HttpMethod, MechanicalRecord, TlsVersion,
};
use sakimori_custody::time::Seconds;
use sakimori_lake::{
    Access, Ask, BucketWriter, Found, Lake, LakeError, QueryOpened, Randomness, Retention, Row,
    ShareVault, Span, StagedWindow, What, WindowId, bucket_key,
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// 2027-04-01T00:00:00Z, the first second of the bucket's day.
pub(crate) const DAY: u64 = 1_806_537_600;

/// Random bytes that are the same each time.
pub(crate) fn seeded(seed: u64) -> Box<dyn Randomness> {
    let mut state = seed;
    Box::new(move |bytes: &mut [u8]| {
        for byte in bytes {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 56) as u8;
        }
        Ok(())
    })
}

/// A folder, which goes with its owner.
pub(crate) enum Place {
    Own(TempDir),
    Given(PathBuf),
}

impl Place {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Given(folder) => folder,
        }
    }
}

/// A lake with both vaults, as a demonstration has them on one machine.
pub(crate) struct House {
    pub(crate) folder: Place,
    pub(crate) lake: Lake,
    pub(crate) office: ShareVault,
    pub(crate) commission: ShareVault,
    pub(crate) bucket: BucketId,
}

impl House {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bucket: BucketId = "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01"
            .parse()
            .unwrap();
        let house = Self::at(Place::Own(folder), bucket);
        house.office.create(&house.bucket, [7; 32]).unwrap();
        house.commission.create(&house.bucket, [9; 32]).unwrap();
        house
    }

    /// The house in a folder that another process made and keeps.
    pub(crate) fn below(folder: &Path) -> Self {
        let bucket = "000102030405060708090a0b0c0d0e0f/s-01/2027-04-01";
        Self::at(Place::Given(folder.to_path_buf()), bucket.parse().unwrap())
    }

    fn at(folder: Place, bucket: BucketId) -> Self {
        Self {
            lake: Lake::at(folder.path().join("lake")),
            office: ShareVault::at(folder.path().join("office")),
            commission: ShareVault::at(folder.path().join("commission")),
            folder,
            bucket,
        }
    }

    /// The same house from a backup of it.
    pub(crate) fn backup(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        Self::at(Place::Own(folder), self.bucket.clone())
    }

    pub(crate) fn key(&self) -> BucketKey {
        bucket_key(&self.office, &self.commission, &self.bucket).unwrap()
    }

    pub(crate) fn writer(&self) -> BucketWriter {
        self.try_writer().unwrap()
    }

    pub(crate) fn try_writer(&self) -> Result<BucketWriter, LakeError> {
        let keep = Retention::days(90).unwrap();
        self.lake
            .writer(&self.bucket, self.key(), keep, at(0, 0), seeded(1))
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.lake.folder(&self.bucket)
    }

    /// Every row that a look-up finds, in order of their ids.
    pub(crate) fn rows(&self) -> Vec<Row> {
        released(self.find(What::All, Span::ALL).unwrap())
    }

    pub(crate) fn find(&self, what: What, span: Span) -> Result<Found, LakeError> {
        self.find_at(what, span, at(23, 59))
    }

    pub(crate) fn find_at(&self, what: What, span: Span, now: Seconds) -> Result<Found, LakeError> {
        let ask = Ask {
            what,
            span,
            limit: usize::MAX,
        };
        let (key, access) = (self.key(), access());
        self.lake
            .reader(&self.bucket, &key, &access, now)?
            .find(&ask)
    }

    pub(crate) fn commitment(&self, window: WindowId) -> Option<[u8; 32]> {
        self.lake
            .commitment(&self.bucket, &self.key(), window, at(23, 59))
            .unwrap()
    }
}

/// A time of the bucket's day.
pub(crate) fn at(hour: u64, minute: u64) -> Seconds {
    Seconds(DAY + hour * 3600 + minute * 60)
}

pub(crate) fn access() -> Access {
    Access {
        actor: "a.tanaka".parse().unwrap(),
        purpose: "a test of the lake".parse().unwrap(),
        case: "case-1".parse().unwrap(),
        authority: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
        opened: QueryOpened::logged(Recorded::at(42)),
    }
}

/// Lets rows through the release gate, in order of their ids.
pub(crate) fn released(found: Found) -> Vec<Row> {
    let logged = access().opened.recorded();
    let rows = found
        .rows
        .into_iter()
        .map(|held| held.release(logged).into_inner());
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_key(|row| (row.record, row.window));
    rows
}

pub(crate) fn stream(seed: u8) -> StreamId {
    StreamId([seed; 8])
}

pub(crate) fn window(seed: u8, index: u64) -> WindowId {
    WindowId {
        stream: stream(seed),
        index,
    }
}

pub(crate) type Records = Vec<(RecordId, MechanicalRecord)>;

/// `count` records of a stream from `number` on, each different.
pub(crate) fn records(seed: u8, number: u64, count: u64) -> Records {
    let record = |n: u64| {
        let id = RecordId {
            stream: stream(seed),
            number: n,
        };
        (id, plain(n))
    };
    (number..number + count).map(record).collect()
}

/// One record, told apart by `n`.
pub(crate) fn plain(n: u64) -> MechanicalRecord {
    let mut selectors = Hits::default();
    selectors.insert(1 + (n % 5) as u32);
    let mut source = [0; 16];
    source[10..].copy_from_slice(&[0xff, 0xff, 198, 51, 100, (n % 250) as u8]);
    MechanicalRecord {
        first: DAY * 1000 + n * 10,
        last: DAY * 1000 + n * 10 + 500,
        source,
        destination: 0x2001_0db8_0000_0000_0000_0000_0000_0000_u128.to_be_bytes(),
        packets_out: n,
        packets_back: n + 1,
        bytes_out: n * 100,
        bytes_back: n * 200,
        source_port: 40_000,
        destination_port: 443,
        protocol: 6,
        direction: Direction::OutIn,
        tcp_flags_out: 0x1b,
        tcp_flags_back: 0x1b,
        source_country: Country::UNKNOWN,
        destination_country: Country::new(*b"JP").unwrap(),
        end: End::Fin,
        application: Application::Tls,
        dns_type: None,
        dns_rcode: None,
        http_method: HttpMethod::None,
        tls_version: TlsVersion::Tls13,
        alpn: Alpn::H2,
        ja4: Some(*b"t13d1516h2_8daaf6152771_02713d6af862"),
        selectors,
    }
}

/// Any record that the seal can write.
pub(crate) fn any_record() -> impl Strategy<Value = MechanicalRecord> {
    let numbers = (any::<[u64; 6]>(), any::<[u16; 4]>(), any::<[u8; 3]>());
    let places = (
        any::<[u8; 16]>(),
        any::<[u8; 16]>(),
        prop::collection::btree_set(1u32.., 1..=8),
    );
    let codes = (
        0..3usize,
        0..6usize,
        0..5usize,
        0..11usize,
        0..7usize,
        0..17usize,
    );
    let texts = (
        any::<bool>(),
        prop::option::of("[ -~]{36}".prop_map(|t| t.replace(' ', "_"))),
    );
    (numbers, places, codes, texts).prop_map(
        |((n, p, f), (source, destination, ids), c, (jp, ja4))| {
            let mut selectors = Hits::default();
            assert!(ids.iter().all(|id| selectors.insert(*id)));
            let country = |jp| {
                if jp {
                    Country::new(*b"JP").unwrap()
                } else {
                    Country::UNKNOWN
                }
            };
            MechanicalRecord {
                first: n[0].min(n[1]),
                last: n[0].max(n[1]),
                source,
                destination,
                packets_out: n[2],
                packets_back: n[3],
                bytes_out: n[4],
                bytes_back: n[5],
                source_port: p[0],
                destination_port: p[1],
                protocol: f[0],
                direction: Direction::ALL[c.0],
                tcp_flags_out: f[1],
                tcp_flags_back: f[2],
                source_country: country(jp),
                destination_country: country(!jp),
                end: End::ALL[c.1],
                application: Application::ALL[c.2],
                dns_type: (p[2] != 0xffff).then_some(p[2]),
                dns_rcode: (p[3] != 0xffff).then_some(p[3]),
                http_method: HttpMethod::ALL[c.3],
                tls_version: TlsVersion::ALL[c.4],
                alpn: Alpn::ALL[c.5],
                ja4: ja4.map(|text| text.as_bytes().try_into().unwrap()),
                selectors,
            }
        },
    )
}

/// Stages a window.
pub(crate) fn stage(writer: &mut BucketWriter, id: WindowId, records: &Records) {
    writer.stage(&StagedWindow { id, records }).unwrap();
}

/// Stages and publishes a window.
pub(crate) fn put(writer: &mut BucketWriter, id: WindowId, records: &Records, now: Seconds) {
    stage(writer, id, records);
    let published = writer.publish(id, now).unwrap();
    assert_eq!(
        (published.records, published.again),
        (records.len() as u64, false)
    );
}

/// The rows that a window's records become.
pub(crate) fn expected(windows: &[(WindowId, &Records)]) -> Vec<Row> {
    let rows = windows.iter().flat_map(|(id, records)| {
        records.iter().map(|(record, fields)| Row {
            record: *record,
            window: id.index,
            fields: *fields,
        })
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_key(|row| (row.record, row.window));
    rows
}

/// The commitment that the window's receipt carries.
pub(crate) fn commitment(key: &BucketKey, records: &Records) -> Option<[u8; 32]> {
    let key = key.commit();
    let mut commitment = WindowCommitment::new(&key);
    for (id, record) in records {
        commitment.add(*id, &record.encode());
    }
    commitment.finish()
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
