//! A lake with two buckets, and questions to it. In: SQL. Out: answers of the real program. Never: a real clock or real randomness.

use sakimori_custody::Recorded;
use sakimori_custody::ids::{BucketId, RecordId, StreamId};
use sakimori_custody::keys::{BucketKey, Share};
use sakimori_custody::record::{
    Alpn, Application, Country, Direction, End, Hits, HttpMethod, MechanicalRecord, TlsVersion,
    address_bytes,
};
use sakimori_custody::time::Seconds;
use sakimori_lake::session::{Answer, Kind, Limits, Request, SessionError, run};
use sakimori_lake::{
    Access, BucketWriter, Lake, QueryOpened, Randomness, Retention, StagedWindow, WindowId,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

/// 2027-04-01T00:00:00Z, the first second of the buckets' day.
pub(crate) const DAY: u64 = 1_806_537_600;
/// Records of one window.
pub(crate) const WINDOW: u64 = 250;
/// Published records of the first bucket; the last window of them waits in its spool, and one more window is staged only.
pub(crate) const FIRST: u64 = 8 * WINDOW;
/// Published records of the second bucket, all in its spool.
pub(crate) const SECOND: u64 = WINDOW;

/// The house that all tests only read.
pub(crate) static HOUSE: LazyLock<House> = LazyLock::new(House::new);

pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) lake: Lake,
}

pub(crate) fn engine() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_sakimori-query"))
}

pub(crate) fn bucket(sensor: u8) -> BucketId {
    format!("000102030405060708090a0b0c0d0e0f/s-0{sensor}/2027-04-01")
        .parse()
        .unwrap()
}

pub(crate) fn key(sensor: u8) -> BucketKey {
    BucketKey::combine(
        &Share::new([sensor; 32]),
        &Share::new([9; 32]),
        &bucket(sensor),
    )
}

pub(crate) fn at(hour: u64) -> Seconds {
    Seconds(DAY + hour * 3600)
}

fn seeded() -> Box<dyn Randomness> {
    let mut state = 1u64;
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

impl House {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let lake = Lake::at(folder.path().join("lake"));
        let house = Self { folder, lake };
        let mut writer = house.writer(1);
        for index in 0..8 {
            put(&mut writer, 1, index, at(index / 3));
        }
        stage(&mut writer, 1, 8);
        put(&mut house.writer(2), 2, 0, at(5));
        house
    }

    pub(crate) fn writer(&self, sensor: u8) -> BucketWriter {
        let keep = Retention::days(90).unwrap();
        let id = bucket(sensor);
        self.lake
            .writer(&id, key(sensor), keep, at(0), seeded())
            .unwrap()
    }

    pub(crate) fn bucket_folder(&self, sensor: u8) -> PathBuf {
        self.lake.folder(&bucket(sensor))
    }

    pub(crate) fn request(&self, sql: &str, limits: Limits) -> Request {
        let access = access();
        let mut request = Request::new(&access, sql, limits, at(23)).unwrap();
        for sensor in [1, 2] {
            let added = request.add(&self.lake, &access, &bucket(sensor), key(sensor));
            added.unwrap();
        }
        request
    }

    pub(crate) fn ask(&self, sql: &str, limits: Limits) -> Result<Answer, SessionError> {
        run(engine(), &self.request(sql, limits))
    }
}

fn access() -> Access {
    Access {
        actor: "a.tanaka".parse().unwrap(),
        purpose: "a test of the query process".parse().unwrap(),
        case: "case-1".parse().unwrap(),
        authority: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
        opened: QueryOpened::logged(Recorded::at(42)),
    }
}

pub(crate) fn stage(writer: &mut BucketWriter, sensor: u8, index: u64) -> WindowId {
    let id = WindowId {
        stream: StreamId([sensor; 8]),
        index,
    };
    let numbers = index * WINDOW..(index + 1) * WINDOW;
    let records: Vec<_> = numbers.map(|n| record(sensor, n)).collect();
    let window = StagedWindow {
        id,
        records: &records,
    };
    writer.stage(&window).unwrap();
    id
}

pub(crate) fn put(writer: &mut BucketWriter, sensor: u8, index: u64, now: Seconds) {
    let id = stage(writer, sensor, index);
    assert_eq!(writer.publish(id, now).unwrap().records, WINDOW);
}

/// Every published record.
pub(crate) fn records() -> Vec<(RecordId, MechanicalRecord)> {
    let first = (0..FIRST).map(|n| record(1, n));
    first.chain((0..SECOND).map(|n| record(2, n))).collect()
}

fn ip(text: &str) -> [u8; 16] {
    address_bytes(text.parse().unwrap())
}

/// The `n`th record of a sensor: 40 sources, 7 destinations of which 2 are IPv6, a record a second.
pub(crate) fn record(sensor: u8, n: u64) -> (RecordId, MechanicalRecord) {
    let id = RecordId {
        stream: StreamId([sensor; 8]),
        number: n,
    };
    let destination = match n % 7 {
        host @ 0..5 => ip(&format!("203.0.113.{host}")),
        host => ip(&format!("2001:db8::{host}")),
    };
    let mut selectors = Hits::default();
    selectors.insert(1 + (n % 3) as u32);
    if n.is_multiple_of(2) {
        selectors.insert(9);
    }
    let fields = MechanicalRecord {
        first: DAY * 1000 + n * 1000,
        last: DAY * 1000 + n * 1000 + 1500,
        source: ip(&format!("198.51.{sensor}.{}", n % 40)),
        destination,
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
    };
    (id, fields)
}

/// The rows of an answer.
pub(crate) fn rows(sql: &str) -> Vec<Vec<Value>> {
    match HOUSE.ask(sql, Limits::default()) {
        Ok(answer) => answer.rows,
        Err(e) => panic!("{sql}: {e}"),
    }
}

/// Why there is no answer.
pub(crate) fn refused(sql: &str, limits: Limits) -> (Kind, String) {
    match HOUSE.ask(sql, limits) {
        Ok(answer) => panic!("{sql}: an answer of {} rows", answer.rows.len()),
        Err(SessionError::Ended { kind, detail }) => (kind, detail),
        Err(e) => panic!("{sql}: {e}"),
    }
}
