//! What goes in comes out, through spool, files and compaction, with the commitment of its window.

use crate::fixture::*;
use proptest::prelude::*;
use sakimori_custody::ids::RecordId;
use sakimori_lake::{BucketState, LakeError};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_records_come_back_as_they_were(
        fields in prop::collection::vec(any_record(), 0..40), hours in prop::collection::vec(0u64..24, 1..4)
    ) {
        let house = House::new();
        let mut writer = house.writer();
        let mut windows = Vec::new();
        let mut hours = hours;
        hours.sort_unstable();
        for (index, chunk) in fields.chunks(10).enumerate() {
            let first = index as u64 * 10;
            let id = |n: usize| RecordId { stream: stream(3), number: first + n as u64 };
            let records: Records = chunk.iter().enumerate().map(|(n, f)| (id(n), *f)).collect();
            let hour = hours[index.min(hours.len() - 1)];
            put(&mut writer, window(3, index as u64), &records, at(hour, 0));
            windows.push((window(3, index as u64), records));
        }
        let wanted = expected(&windows.iter().map(|(id, r)| (*id, r)).collect::<Vec<_>>());
        prop_assert_eq!(house.rows(), wanted.clone());
        let bucket = writer.close().unwrap();
        prop_assert_eq!(bucket.records, fields.len() as u64);
        prop_assert_eq!(house.rows(), wanted.clone());
        house.lake.compact(&house.bucket, &house.key(), at(23, 0)).unwrap();
        prop_assert_eq!(house.rows(), wanted);
        for (id, records) in &windows {
            prop_assert_eq!(house.commitment(*id), commitment(&house.key(), records));
        }
    }
}

#[test]
fn files_close_per_hour_and_compaction_leaves_one_for_each() {
    let house = House::new();
    let mut writer = house.writer();
    let batches: Vec<Records> = (0..5).map(|n| records(1, n * 10, 10)).collect();
    put(&mut writer, window(1, 0), &batches[0], at(9, 58));
    put(&mut writer, window(1, 1), &batches[1], at(9, 59));
    assert!(writer.bucket().files.is_empty(), "the hour is not over");
    put(&mut writer, window(1, 2), &batches[2], at(10, 0));
    let names = |writer: &sakimori_lake::BucketWriter| -> Vec<String> {
        writer
            .bucket()
            .files
            .iter()
            .map(sakimori_lake::Object::file_name)
            .collect()
    };
    assert_eq!(names(&writer), ["hour-09-0.parquet"]);
    writer.flush().unwrap();
    put(&mut writer, window(1, 3), &batches[3], at(10, 1));
    put(&mut writer, window(1, 4), &batches[4], at(11, 0));
    assert_eq!(
        names(&writer),
        [
            "hour-09-0.parquet",
            "hour-10-0.parquet",
            "hour-10-1.parquet"
        ]
    );
    assert_eq!(writer.pending(), 10);
    let bucket = writer.close().unwrap();
    assert_eq!(
        (bucket.state, bucket.objects, bucket.records),
        (BucketState::Closed, 4, 50)
    );
    let done = house
        .lake
        .compact(&house.bucket, &house.key(), at(12, 0))
        .unwrap();
    assert_eq!((done.before, done.after), (4, 3));
    let wanted: Vec<_> = batches
        .iter()
        .enumerate()
        .map(|(n, r)| (window(1, n as u64), r))
        .collect();
    assert_eq!(house.rows(), expected(&wanted));
    for (id, records) in wanted {
        assert_eq!(house.commitment(id), commitment(&house.key(), records));
    }
    assert!(matches!(house.try_writer(), Err(LakeError::Closed(_))));
}

#[test]
fn a_window_of_many_parts_and_row_groups_comes_back_whole() {
    let house = House::new();
    let mut writer = house.writer();
    let many = records(1, 0, 20_000);
    put(&mut writer, window(1, 0), &many, at(1, 0));
    writer.flush().unwrap();
    drop(writer);
    assert_eq!(house.rows(), expected(&[(window(1, 0), &many)]));
    assert_eq!(
        house.commitment(window(1, 0)),
        commitment(&house.key(), &many)
    );
    assert_eq!(house.commitment(window(1, 1)), None);
    assert_eq!(house.commitment(window(2, 0)), None);
}

#[test]
fn windows_that_the_seal_does_not_write_are_refused() {
    let house = House::new();
    let mut writer = house.writer();
    let good = records(1, 0, 3);
    let refused = |writer: &mut sakimori_lake::BucketWriter, records: &Records| {
        let staged = sakimori_lake::StagedWindow {
            id: window(1, 0),
            records,
        };
        writer.stage(&staged).unwrap_err().to_string()
    };
    let mut unselected = good.clone();
    unselected[1].1.selectors = sakimori_custody::record::Hits::default();
    assert_eq!(
        refused(&mut writer, &unselected),
        "record 0101010101010101-1 names no selector"
    );
    let mut swapped = good.clone();
    swapped.swap(0, 2);
    assert!(refused(&mut writer, &swapped).contains("out of its order"));
    assert!(
        refused(&mut writer, &records(2, 0, 1)).contains("out of its order"),
        "another stream"
    );
    put(&mut writer, window(1, 0), &good, at(1, 0));
    let again = sakimori_lake::StagedWindow {
        id: window(1, 0),
        records: &good,
    };
    assert!(matches!(
        writer.stage(&again),
        Err(LakeError::AlreadyStaged(_))
    ));
    assert!(matches!(
        writer.void(window(1, 0)),
        Err(LakeError::AlreadyPublished(_))
    ));
    assert!(matches!(
        writer.publish(window(1, 9), at(1, 0)),
        Err(LakeError::NotStaged(_))
    ));
    assert!(
        writer.publish(window(1, 0), at(1, 0)).unwrap().again,
        "publishing again is harmless"
    );
    assert_eq!(house.rows().len(), 3);
}
