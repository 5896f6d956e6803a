//! Crashes between stage and publish: the spool cut at every length, and what a restart makes of it.

use crate::fixture::*;
use sakimori_lake::{LakeError, WindowId};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Three windows: published, staged, staged; the length of the spool after each act.
fn house_with_lengths() -> (House, Vec<u64>) {
    let house = House::new();
    let mut writer = house.writer();
    let length = |house: &House| fs::metadata(house.folder().join("spool-0")).unwrap().len();
    let mut lengths = vec![length(&house)];
    stage(&mut writer, window(1, 0), &records(1, 0, 3));
    lengths.push(length(&house));
    writer.publish(window(1, 0), at(1, 0)).unwrap();
    lengths.push(length(&house));
    stage(&mut writer, window(1, 1), &records(1, 3, 2));
    lengths.push(length(&house));
    stage(&mut writer, window(1, 2), &records(1, 5, 1));
    lengths.push(length(&house));
    (house, lengths)
}

/// What must be there of a spool that was cut at `length`: published rows, unresolved windows.
fn wanted(length: u64, lengths: &[u64]) -> (usize, Vec<WindowId>) {
    let reached = |step: usize| length >= lengths[step];
    let published = if reached(2) { 3 } else { 0 };
    let waiting = [
        (0, reached(1) && !reached(2)),
        (1, reached(3)),
        (2, reached(4)),
    ];
    let waiting = waiting.iter().filter(|(_, there)| *there);
    (
        published,
        waiting.map(|(index, _)| window(1, *index)).collect(),
    )
}

/// Every so many lengths, and those around the end of each act. `SAKIMORI_CUT_STEP` sets the distance; 1 is every length.
fn cuts(whole: usize, lengths: &[u64]) -> BTreeSet<usize> {
    let step = std::env::var("SAKIMORI_CUT_STEP").ok();
    let step = step.and_then(|text| text.parse().ok()).unwrap_or(13);
    let ends = lengths.iter().map(|&length| length as usize);
    let near = ends.flat_map(|end| end.saturating_sub(1)..=(end + 1).min(whole));
    (0..=whole).step_by(step).chain(near).collect()
}

#[test]
fn a_spool_cut_at_any_length_keeps_what_was_durable_and_nothing_else() {
    let (house, lengths) = house_with_lengths();
    let whole = fs::read(house.folder().join("spool-0")).unwrap();
    for length in cuts(whole.len(), &lengths) {
        let copy = house.backup();
        fs::write(copy.folder().join("spool-0"), &whole[..length]).unwrap();
        let (published, waiting) = wanted(length as u64, &lengths);
        let mut writer = copy.writer();
        assert_eq!(writer.unresolved(), waiting, "cut at {length}");
        assert_eq!(copy.rows().len(), published, "cut at {length}");
        // The log has window 1 and not 2: what is published is found, what is void is gone.
        for id in waiting {
            if id.index == 2 {
                assert_eq!(writer.void(id).unwrap(), 1);
            } else {
                writer.publish(id, at(1, 1)).unwrap();
            }
        }
        let rows = copy.rows().len();
        let bucket = writer.close().unwrap();
        assert_eq!(bucket.records, rows as u64, "cut at {length}");
        assert_eq!(copy.rows().len(), rows, "cut at {length}");
    }
}

#[test]
fn a_tail_of_zeros_or_half_a_frame_is_a_torn_end() {
    let (house, lengths) = house_with_lengths();
    let path = house.folder().join("spool-0");
    let whole = fs::read(&path).unwrap();
    let durable = lengths[3] as usize;
    let mut zeros = whole[..durable].to_vec();
    zeros.resize(durable + 5000, 0);
    let mut half = whole.clone();
    half[durable + 64..].fill(0);
    for bytes in [zeros, half] {
        fs::write(&path, bytes).unwrap();
        let writer = house.writer();
        assert_eq!(writer.unresolved(), [window(1, 1)]);
        assert_eq!(
            fs::metadata(&path).unwrap().len(),
            lengths[3],
            "the torn end is cut off"
        );
    }
}

#[test]
fn a_changed_frame_in_the_middle_is_damage_and_not_a_torn_end() {
    let (house, lengths) = house_with_lengths();
    let path = house.folder().join("spool-0");
    let whole = fs::read(&path).unwrap();
    let durable = lengths[3] as usize;
    for at in (0..durable).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        fs::write(&path, bytes).unwrap();
        match house.try_writer() {
            Err(LakeError::Damaged { path: named, .. }) => assert_eq!(named, path),
            // A length that reaches behind the end looks like a frame that was never finished.
            Ok(writer) => assert!(writer.unresolved().len() < 2, "byte {at}"),
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
}

#[test]
fn frames_do_not_open_in_another_place_or_another_spool() {
    let (house, lengths) = house_with_lengths();
    let path = house.folder().join("spool-0");
    let whole = fs::read(&path).unwrap();
    let part = |step: usize| &whole[lengths[step] as usize..lengths[step + 1] as usize];
    let swapped = [&whole[..16], part(2), part(0), part(1), part(3)].concat();
    fs::write(&path, swapped).unwrap();
    assert!(matches!(house.try_writer(), Err(LakeError::Damaged { .. })));
}

#[test]
fn a_turned_over_spool_whose_bucket_was_not_replaced_is_forgotten() {
    let house = House::new();
    let mut writer = house.writer();
    put(&mut writer, window(1, 0), &records(1, 0, 3), at(1, 0));
    stage(&mut writer, window(1, 1), &records(1, 3, 2));
    drop(writer);
    let before = house.backup();
    let mut writer = house.writer();
    writer.flush().unwrap();
    drop(writer);
    // The crash: new spool and file are there, `bucket.json` and the old spool are those of before.
    for name in ["bucket.json", "spool-0"] {
        fs::copy(before.folder().join(name), house.folder().join(name)).unwrap();
    }
    let writer = house.writer();
    assert_eq!(writer.unresolved(), [window(1, 1)]);
    assert_eq!(house.rows().len(), 3, "no row is found twice");
    assert!(!house.folder().join("hour-01-0.parquet").exists());
    assert!(!house.folder().join("spool-1").exists());
}

#[test]
fn a_lock_is_of_no_other_user() {
    let house = House::new();
    let _writer = house.writer();
    let lock = fs::metadata(house.folder().join("lock")).unwrap();
    assert_eq!(lock.permissions().mode() & 0o777, 0o600);
}

#[test]
fn staged_records_are_not_found_and_void_ones_leave_the_disk() {
    let house = House::new();
    let mut writer = house.writer();
    stage(&mut writer, window(1, 0), &records(1, 0, 3));
    assert_eq!(house.rows(), []);
    assert!(matches!(house.try_writer(), Err(LakeError::InUse(_))));
    let long = fs::metadata(house.folder().join("spool-0")).unwrap().len();
    assert_eq!(writer.void(window(1, 0)).unwrap(), 3);
    let short = fs::metadata(house.folder().join("spool-1")).unwrap().len();
    assert!(short < long && !house.folder().join("spool-0").exists());
    assert!(matches!(writer.close(), Ok(bucket) if bucket.records == 0));
}

#[test]
fn a_bucket_with_a_window_in_doubt_does_not_close() {
    let house = House::new();
    let mut writer = house.writer();
    stage(&mut writer, window(1, 0), &records(1, 0, 3));
    assert!(matches!(writer.close(), Err(LakeError::Unresolved(id)) if id == window(1, 0)));
    assert_eq!(
        house.writer().unresolved(),
        [window(1, 0)],
        "and nothing is lost by trying"
    );
}
