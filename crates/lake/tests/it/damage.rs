//! Files that somebody changed: an error that names the file, or the same rows; never other rows, never a fall.

use crate::fixture::*;
use proptest::prelude::*;
use sakimori_custody::keys::BucketKey;
use sakimori_lake::{LakeError, Span, What};
use std::fs;
use std::sync::LazyLock;

/// A house with one closed file, and that file's bytes. The tests change copies of it.
static FILE: LazyLock<(House, Vec<u8>)> = LazyLock::new(|| {
    let house = House::new();
    let mut writer = house.writer();
    put(&mut writer, window(1, 0), &records(1, 0, 40), at(9, 0));
    writer.close().unwrap();
    let bytes = fs::read(house.folder().join("hour-09-0.parquet")).unwrap();
    (house, bytes)
});

fn outcome(bytes: &[u8]) -> Result<usize, LakeError> {
    let house = FILE.0.backup();
    fs::write(house.folder().join("hour-09-0.parquet"), bytes).unwrap();
    let found = house.find(What::All, Span::ALL)?;
    assert_eq!(
        released(found),
        expected(&[(window(1, 0), &records(1, 0, 40))])
    );
    Ok(40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_changed_byte_is_damage_or_changes_nothing(at: prop::sample::Index, flip in 1u8..) {
        let mut bytes = FILE.1.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        match outcome(&bytes) {
            Ok(_) | Err(LakeError::Damaged { .. }) => {}
            Err(other) => prop_assert!(false, "byte {at}: {other}"),
        }
    }

    #[test]
    fn a_cut_file_is_damage(cut: prop::sample::Index) {
        let cut = cut.index(FILE.1.len());
        prop_assert!(matches!(outcome(&FILE.1[..cut]), Err(LakeError::Damaged { .. })), "cut at {}", cut);
    }
}

#[test]
fn a_file_of_another_length_of_rows_or_a_missing_one_is_an_error() {
    let house = FILE.0.backup();
    let json = house.folder().join("bucket.json");
    let text = fs::read_to_string(&json).unwrap();
    fs::write(
        &json,
        text.replacen("\"records\": 40", "\"records\": 41", 2),
    )
    .unwrap();
    assert!(matches!(
        house.find(What::All, Span::ALL),
        Err(LakeError::Damaged { .. })
    ));
    fs::write(&json, text).unwrap();
    fs::remove_file(house.folder().join("hour-09-0.parquet")).unwrap();
    let missing = house.find(What::All, Span::ALL).unwrap_err();
    assert!(
        missing.to_string().ends_with("hour-09-0.parquet"),
        "{missing}"
    );
}

#[test]
fn a_wrong_key_is_refused_by_name_and_by_the_files_themselves() {
    let house = FILE.0.backup();
    let wrong = BucketKey::from_bytes([5; 32]);
    let refused = house
        .lake
        .reader(&house.bucket, &wrong, &access(), at(10, 0))
        .unwrap_err();
    assert!(matches!(refused, LakeError::KeyRefused(_)));
    assert!(matches!(
        house
            .lake
            .commitment(&house.bucket, &wrong, window(1, 0), at(10, 0)),
        Err(LakeError::KeyRefused(_))
    ));
    // Where somebody made `bucket.json` agree with the wrong key, the file still does not open.
    let other = House::new();
    drop(other.writer());
    let check = |house: &House| {
        let text = fs::read_to_string(house.folder().join("bucket.json")).unwrap();
        let (_, rest) = text.split_once("\"key_check\"").unwrap();
        rest.split('"').nth(1).unwrap().to_owned()
    };
    let forged = House::new();
    forged.office.destroy(&forged.bucket).unwrap();
    forged.office.create(&forged.bucket, [8; 32]).unwrap();
    drop(forged.writer());
    let json = house.folder().join("bucket.json");
    let text = fs::read_to_string(&json).unwrap();
    fs::write(&json, text.replace(&check(&house), &check(&forged))).unwrap();
    let key = forged.key();
    let access = access();
    let reader = house
        .lake
        .reader(&house.bucket, &key, &access, at(10, 0))
        .unwrap();
    let ask = sakimori_lake::Ask {
        what: What::All,
        span: Span::ALL,
        limit: 10,
    };
    assert!(matches!(reader.find(&ask), Err(LakeError::Damaged { .. })));
}
