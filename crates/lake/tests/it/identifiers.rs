//! Identifiers at rest: found with their records and not without, gone with a void window and with the bucket, and whatever happens to their file is an error or a torn end.

use crate::fixture::*;
use sakimori_custody::identifier::{Identifier, IdentifierField, IdentifiersCommitment};
use sakimori_custody::ids::RecordId;
use sakimori_lake::{BucketWriter, LakeError, Sought, WindowId};
use std::fs;

type Items = Vec<(RecordId, Identifier)>;

/// Two identifiers for each of a stream's records; every third record has the same sender.
fn identifiers(seed: u8, number: u64, count: u64) -> Items {
    let of = |n: u64| {
        let identifier = |field: IdentifierField, byte: u8| Identifier {
            record: n,
            field,
            tag: [byte; 32],
            blob: [n as u8 ^ field.code(); 176],
        };
        let sender = identifier(IdentifierField::SourceMail, (n % 3) as u8);
        let user = identifier(IdentifierField::User, 100 + n as u8);
        let id = RecordId {
            stream: stream(seed),
            number: n,
        };
        [(id, sender), (id, user)]
    };
    (number..number + count).flat_map(of).collect()
}

fn found(house: &House, sought: Sought) -> Result<Items, LakeError> {
    let (key, access) = (house.key(), access());
    let reader = house
        .lake
        .reader(&house.bucket, &key, &access, at(23, 59))?;
    let logged = access.opened.recorded();
    let joined = reader.identifiers(sought, 1000)?.into_iter();
    let each = joined.map(|held| {
        let (row, identifier) = held.release(logged).into_inner();
        (row.record, identifier)
    });
    Ok(each.collect())
}

fn tagged(house: &House, tag: u8) -> usize {
    found(house, Sought::Tag([tag; 32])).unwrap().len()
}

fn fill(writer: &mut BucketWriter, id: WindowId, number: u64, count: u64) {
    stage(writer, id, &records(1, number, count));
    writer
        .stage_identifiers(id, &identifiers(1, number, count))
        .unwrap();
}

fn committed(house: &House, window: WindowId, items: &Items) {
    let key = house.key().commit();
    let mut commitment = IdentifiersCommitment::new(&key);
    for (id, identifier) in items {
        commitment.add(*id, identifier);
    }
    let kept = house
        .lake
        .identifiers_commitment(&house.bucket, &house.key(), window, at(23, 59));
    assert_eq!(kept.unwrap(), commitment.finish());
}

#[test]
fn identifiers_are_found_by_tag_and_record_once_their_records_are_published() {
    let house = House::new();
    let mut writer = house.writer();
    fill(&mut writer, window(1, 0), 0, 6);
    assert_eq!(tagged(&house, 0), 0, "not before");
    writer.publish(window(1, 0), at(1, 0)).unwrap();
    fill(&mut writer, window(1, 1), 6, 6);
    assert_eq!(tagged(&house, 0), 2);
    writer.publish(window(1, 1), at(2, 0)).unwrap();
    assert_eq!(tagged(&house, 0), 4);
    // In files, merged, and after the writer was opened again.
    writer.flush().unwrap();
    drop(writer);
    house
        .lake
        .compact(&house.bucket, &house.key(), at(3, 0))
        .unwrap();
    let mut writer = house.writer();
    fill(&mut writer, window(1, 2), 12, 3);
    writer.publish(window(1, 2), at(3, 0)).unwrap();
    writer.close().unwrap();
    assert_eq!(tagged(&house, 0), 5);
    assert_eq!(tagged(&house, 77), 0);
    let third = RecordId {
        stream: stream(1),
        number: 3,
    };
    assert_eq!(
        found(&house, Sought::Record(third)).unwrap(),
        identifiers(1, 3, 1)
    );
    committed(&house, window(1, 0), &identifiers(1, 0, 6));
    committed(&house, window(1, 2), &identifiers(1, 12, 3));
    committed(&house, window(1, 7), &Items::new());
    // Neither tag nor blob stands in the file as it is.
    let file = fs::read(house.folder().join("identifiers-0")).unwrap();
    for plain in [[0; 32], [1; 32], [2; 32], [101; 32]] {
        assert!(!file.windows(32).any(|w| w == plain));
    }
}

#[test]
fn what_is_no_window_that_waits_takes_no_identifiers() {
    let house = House::new();
    let mut writer = house.writer();
    let items = identifiers(1, 0, 2);
    let not_staged = writer.stage_identifiers(window(1, 0), &items);
    assert!(matches!(not_staged, Err(LakeError::NotStaged(_))));
    stage(&mut writer, window(1, 0), &records(1, 0, 2));
    for stray in [identifiers(1, 2, 1), identifiers(2, 0, 1)] {
        assert!(matches!(
            writer.stage_identifiers(window(1, 0), &stray),
            Err(LakeError::Order(_))
        ));
    }
    let mut other = items.clone();
    other[0].1.record = 1;
    assert!(matches!(
        writer.stage_identifiers(window(1, 0), &other),
        Err(LakeError::Order(_))
    ));
    writer.stage_identifiers(window(1, 0), &items).unwrap();
    let twice = writer.stage_identifiers(window(1, 0), &items);
    assert!(matches!(twice, Err(LakeError::AlreadyStaged(_))));
    writer.publish(window(1, 0), at(1, 0)).unwrap();
    let late = writer.stage_identifiers(window(1, 0), &items);
    assert!(matches!(late, Err(LakeError::AlreadyPublished(_))));
    assert_eq!(tagged(&house, 0), 1);
}

#[test]
fn a_void_window_takes_its_identifiers_with_it_and_leaves_the_others() {
    let house = House::new();
    let mut writer = house.writer();
    fill(&mut writer, window(1, 0), 0, 3);
    fill(&mut writer, window(1, 1), 3, 3);
    drop(writer);
    let mut writer = house.writer();
    assert_eq!(writer.void(window(1, 0)).unwrap(), 3);
    writer.publish(window(1, 1), at(1, 0)).unwrap();
    fill(&mut writer, window(1, 2), 6, 3);
    writer.publish(window(1, 2), at(1, 0)).unwrap();
    assert_eq!(tagged(&house, 0), 2);
    committed(&house, window(1, 0), &Items::new());
    committed(&house, window(1, 1), &identifiers(1, 3, 3));
    assert!(!house.folder().join("identifiers-0").exists());
    // A window without identifiers is void without a new file.
    stage(&mut writer, window(1, 3), &records(1, 9, 1));
    writer.void(window(1, 3)).unwrap();
    assert!(house.folder().join("identifiers-1").exists());
}

#[test]
fn a_file_cut_at_any_length_keeps_whole_windows_and_a_changed_byte_is_told() {
    let house = House::new();
    let mut writer = house.writer();
    let path = |house: &House| house.folder().join("identifiers-0");
    let mut lengths = Vec::new();
    for index in 0..3 {
        fill(&mut writer, window(1, index), index * 3, 3);
        writer.publish(window(1, index), at(1, 0)).unwrap();
        lengths.push(fs::metadata(path(&house)).unwrap().len() as usize);
    }
    drop(writer);
    let whole = fs::read(path(&house)).unwrap();
    let near = lengths
        .iter()
        .flat_map(|&end| end - 1..=(end + 1).min(whole.len()));
    for length in (0..=whole.len())
        .step_by(97)
        .chain(near.collect::<Vec<_>>())
    {
        let copy = house.backup();
        fs::write(path(&copy), &whole[..length]).unwrap();
        let there = lengths.iter().filter(|&&end| end <= length).count();
        assert_eq!(tagged(&copy, 0), there, "cut at {length}");
        // The writer goes on behind what is whole.
        let mut writer = copy.writer();
        fill(&mut writer, window(1, 9), 30, 3);
        writer.publish(window(1, 9), at(1, 0)).unwrap();
        assert_eq!(tagged(&copy, 0), there + 1, "cut at {length}");
    }
    for at in (0..lengths[1]).step_by(53) {
        let copy = house.backup();
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        fs::write(path(&copy), &bytes).unwrap();
        let read = found(&copy, Sought::Tag([0; 32]));
        assert!(
            matches!(read, Err(LakeError::Damaged { .. })),
            "byte {at}: {read:?}"
        );
    }
    // The file of another bucket is none of this one's.
    let other = House::new();
    let mut writer = other.writer();
    put(&mut writer, window(1, 0), &records(1, 0, 3), at(1, 0));
    fs::write(path(&other), &whole).unwrap();
    assert_eq!(tagged(&other, 0), 1, "of the same bucket and key it reads");
    let keyed = other.backup();
    let (office, bucket) = (&keyed.office, &keyed.bucket);
    office.destroy(bucket).unwrap();
    office.create(bucket, [8; 32]).unwrap();
    assert!(matches!(
        found(&keyed, Sought::Tag([0; 32])),
        Err(LakeError::KeyRefused(_))
    ));
}

#[test]
fn identifiers_go_with_the_bucket() {
    let house = House::new();
    let mut writer = house.writer();
    fill(&mut writer, window(1, 0), 0, 3);
    writer.publish(window(1, 0), at(1, 0)).unwrap();
    writer.close().unwrap();
    assert!(house.folder().join("identifiers-0").exists());
    let deletion = house
        .lake
        .delete(&house.bucket, &house.office, at(2, 0))
        .unwrap();
    assert_eq!((deletion.objects, deletion.records), (2, 3));
    let left: Vec<_> = fs::read_dir(house.folder())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| name == "bucket.json" || name == "lock"),
        "{left:?}"
    );
}

#[test]
fn shares_of_epochs_are_made_once_listed_and_destroyed() {
    let house = House::new();
    let epoch = |first: &str| {
        format!("000102030405060708090a0b0c0d0e0f/{first}/30")
            .parse()
            .unwrap()
    };
    let (one, other) = (epoch("2027-03-03"), epoch("2027-04-02"));
    let made = *house.office.obtain_epoch(&one, [1; 32]).unwrap().bytes();
    assert_eq!(
        (
            made,
            *house.office.obtain_epoch(&one, [2; 32]).unwrap().bytes()
        ),
        ([1; 32], [1; 32])
    );
    house.office.obtain_epoch(&other, [3; 32]).unwrap();
    assert_eq!(house.office.epochs().unwrap(), [one, other]);
    assert_eq!(
        house.office.list().unwrap(),
        std::slice::from_ref(&house.bucket),
        "buckets are told apart"
    );
    assert!(house.office.destroy_epoch(&one).unwrap());
    assert!(!house.office.destroy_epoch(&one).unwrap());
    let gone = house.office.read_epoch(&one).map(|_| ());
    assert!(
        matches!(gone, Err(sakimori_lake::ShareError::MissingEpoch(_))),
        "{gone:?}"
    );
    assert_eq!(house.office.epochs().unwrap(), [other]);
}
