//! Whether log and lake say the same. In: a node. Out: the test's end where they do not. Never: trust in what the sensor says of itself.

use crate::node::{Logged, TestNode};
use sakimori_custody::Recorded;
use sakimori_custody::commitment::WindowCommitment;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{BucketId, RecordId, StreamId, hex};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::record::MechanicalRecord;
use sakimori_lake::{Access, Ask, QueryOpened, ShareVault, Span, What};
use std::collections::BTreeMap;

type Window = (BucketId, StreamId, u64);
type Records = Vec<(RecordId, MechanicalRecord)>;

/// The key of a bucket, of both holders' files.
pub(crate) fn key(node: &TestNode, bucket: &BucketId) -> BucketKey {
    let commission = ShareVault::at(node.node.commission().join("shares")).read(bucket);
    let office = node.node.office_shares().read(bucket);
    BucketKey::combine(&office.unwrap(), &commission.unwrap(), bucket)
}

/// Every record of the lake, by its window, in the order of ids.
fn lake(node: &TestNode) -> BTreeMap<Window, Records> {
    let mut windows: BTreeMap<Window, Records> = BTreeMap::new();
    let lake = node.node.lake();
    for bucket in lake.buckets().unwrap() {
        let access = Access {
            actor: "a.tanaka".parse().unwrap(),
            purpose: "a test".parse().unwrap(),
            case: "case-1".parse().unwrap(),
            authority: bucket.id.authority,
            opened: QueryOpened::logged(Recorded::at(0)),
        };
        let ask = Ask {
            what: What::All,
            span: Span::ALL,
            limit: usize::MAX,
        };
        let key = key(node, &bucket.id);
        let now = node.host.seconds();
        let found = lake.reader(&bucket.id, &key, &access, now).unwrap();
        let found = found.find(&ask).unwrap();
        assert!(!found.more, "the test has more records than one look-up");
        for held in found.rows {
            let row = held.release(access.opened.recorded()).into_inner();
            let window = (bucket.id.clone(), row.record.stream, row.window);
            let records = windows.entry(window).or_default();
            records.push((row.record, row.fields));
        }
    }
    for records in windows.values_mut() {
        records.sort_by_key(|(id, _)| id.number);
    }
    windows
}

/// What the receipts say that is in the lake: number of records and their commitment.
fn receipts(entries: &[Logged]) -> BTreeMap<Window, (u64, String)> {
    let mut windows = BTreeMap::new();
    for entry in entries {
        let count = entry.body["records"].as_u64().unwrap_or_default();
        if entry.envelope.kind != EntryType::Receipt || count == 0 {
            continue;
        }
        let bucket = entry.body["bucket"].as_str().unwrap().parse().unwrap();
        let window = (bucket, entry.envelope.stream, entry.envelope.counters[0]);
        let commitment = entry.body["commitment"].as_str().unwrap().to_owned();
        let twice = windows.insert(window, (count, commitment));
        assert!(twice.is_none(), "two receipts of one window");
    }
    windows
}

/// Every receipt has its records, each record its receipt, and the commitments hold. Returns the number of records.
pub(crate) fn agree(node: &TestNode, entries: &[Logged]) -> usize {
    let (lake, receipts) = (lake(node), receipts(entries));
    for (window, (count, commitment)) in &receipts {
        let Some(records) = lake.get(window) else {
            panic!("{window:?} has a receipt and no records");
        };
        assert_eq!(records.len() as u64, *count, "{window:?}");
        let key = key(node, &window.0).commit();
        let mut own = WindowCommitment::new(&key);
        for (id, record) in records {
            own.add(*id, &record.encode());
        }
        assert_eq!(hex(&own.finish().unwrap()), *commitment, "{window:?}");
    }
    for window in lake.keys() {
        assert!(receipts.contains_key(window), "{window:?} has no receipt");
    }
    lake.values().map(Vec::len).sum()
}
