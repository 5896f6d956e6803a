//! Shares, expiry and the end of a bucket.

use crate::fixture::*;
use sakimori_custody::keys::{BucketKey, Share};
use sakimori_custody::time::Seconds;
use sakimori_lake::{
    BucketState, LakeError, OfficeShare, Retention, ShareError, ShareVault, Span, What, bucket_key,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn filled() -> House {
    let house = House::new();
    let mut writer = house.writer();
    put(&mut writer, window(1, 0), &records(1, 0, 10), at(9, 0));
    put(&mut writer, window(1, 1), &records(1, 10, 5), at(10, 0));
    writer.close().unwrap();
    house
}

#[test]
fn a_deleted_bucket_is_gone_counted_and_says_when() {
    let house = filled();
    let done = house
        .lake
        .delete(&house.bucket, &house.office, at(20, 0))
        .unwrap();
    assert_eq!(
        (done.objects, done.records, done.office_share),
        (2, 15, OfficeShare::Destroyed)
    );
    let left: Vec<_> = fs::read_dir(house.folder())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| name == "bucket.json" || name == "lock"),
        "{left:?}"
    );
    let key = BucketKey::from_bytes([0; 32]);
    let error = house
        .lake
        .reader(&house.bucket, &key, &access(), at(21, 0))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "bucket 000102030405060708090a0b0c0d0e0f/s-01/2027-04-01 was deleted on 2027-04-01T20:00:00Z"
    );
    let again = house
        .lake
        .delete(&house.bucket, &house.office, at(22, 0))
        .unwrap();
    assert_eq!(
        (again.objects, again.records, again.deleted),
        (2, 15, at(20, 0))
    );
    assert_eq!(again.office_share, OfficeShare::AlreadyGone);
    assert_eq!(
        house.lake.bucket(&house.bucket).unwrap().state,
        BucketState::Deleted
    );
    assert!(house.lake.expired(Seconds(u64::MAX)).unwrap().is_empty());
}

#[test]
fn a_backup_does_not_open_once_a_share_is_gone() {
    let house = filled();
    let backup = house.backup();
    house
        .lake
        .delete(&house.bucket, &house.office, at(20, 0))
        .unwrap();
    // The backup holds files and the commission's share; the office's share was never backed up with them.
    backup.office.destroy(&house.bucket).unwrap();
    let missing = bucket_key(&backup.office, &backup.commission, &house.bucket).unwrap_err();
    assert!(matches!(missing, ShareError::Missing(_)));
    let commission = backup.commission.read(&house.bucket).unwrap();
    let guesses = [
        Share::new([0; 32]),
        Share::new([9; 32]),
        Share::new([8; 32]),
    ];
    for guess in guesses {
        let key = BucketKey::combine(&guess, &commission, &house.bucket);
        let refused = backup
            .lake
            .reader(&house.bucket, &key, &access(), at(21, 0))
            .unwrap_err();
        assert!(matches!(refused, LakeError::KeyRefused(_)));
    }
    for file in fs::read_dir(backup.folder()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!holds(&bytes, &plain(1).source), "an address in the clear");
        assert!(!holds(&bytes, b"t13d1516h2"), "a fingerprint in the clear");
        assert!(
            !holds(&bytes, b"packets_out"),
            "even the names of columns are sealed"
        );
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn an_interrupted_deletion_is_finished_by_the_next() {
    let house = filled();
    // The crash came after the share was destroyed and before anything else.
    house.office.destroy(&house.bucket).unwrap();
    let done = house
        .lake
        .delete(&house.bucket, &house.office, at(20, 0))
        .unwrap();
    assert_eq!(
        (done.objects, done.records, done.office_share),
        (2, 15, OfficeShare::AlreadyGone)
    );
}

#[test]
fn records_that_still_waited_in_the_spool_are_counted_without_a_key() {
    let house = House::new();
    let mut writer = house.writer();
    put(&mut writer, window(1, 0), &records(1, 0, 10), at(9, 0));
    put(&mut writer, window(1, 1), &records(1, 10, 5), at(10, 0));
    stage(&mut writer, window(1, 2), &records(1, 15, 7));
    assert!(matches!(
        house.lake.delete(&house.bucket, &house.office, at(20, 0)),
        Err(LakeError::InUse(_))
    ));
    assert!(
        house.office.read(&house.bucket).is_ok(),
        "nothing was destroyed under a writer"
    );
    drop(writer);
    let done = house
        .lake
        .delete(&house.bucket, &house.office, at(20, 0))
        .unwrap();
    assert_eq!(
        (done.objects, done.records),
        (2, 15),
        "staged records were never published"
    );
}

#[test]
fn retention_is_set_at_write_and_counted_from_the_bucket_s_day() {
    let house = House::new();
    let open = |days, now| {
        let keep = Retention::days(days).unwrap();
        house
            .lake
            .writer(&house.bucket, house.key(), keep, now, seeded(2))
    };
    assert_eq!(
        open(2, at(5, 0)).unwrap().bucket().expires,
        Seconds(DAY + 2 * 86_400)
    );
    assert_eq!(
        open(90, at(6, 0)).unwrap().bucket().expires,
        Seconds(DAY + 2 * 86_400),
        "it is never made longer"
    );
    let last = Seconds(DAY + 2 * 86_400 - 1);
    assert!(house.find_at(What::All, Span::ALL, last).is_ok());
    assert!(house.lake.expired(last).unwrap().is_empty());
    let over = Seconds(DAY + 2 * 86_400);
    assert!(matches!(
        house.find_at(What::All, Span::ALL, over),
        Err(LakeError::Expired { .. })
    ));
    assert!(matches!(open(90, over), Err(LakeError::Expired { .. })));
    assert_eq!(
        house.lake.expired(over).unwrap(),
        std::slice::from_ref(&house.bucket)
    );
    assert_eq!((Retention::days(0), Retention::days(36_501)), (None, None));
}

#[test]
fn a_vault_makes_each_share_once_for_its_owner_alone() {
    let house = House::new();
    assert!(matches!(
        house.office.create(&house.bucket, [1; 32]),
        Err(ShareError::Exists(_))
    ));
    assert_eq!(
        house.office.obtain(&house.bucket, [1; 32]).unwrap().bytes(),
        &[7; 32]
    );
    assert_eq!(
        house.office.list().unwrap(),
        std::slice::from_ref(&house.bucket)
    );
    let file = fs::read_dir(house.folder.path().join("office"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(file.path(), [7; 31]).unwrap();
    assert!(matches!(
        house.office.read(&house.bucket),
        Err(ShareError::Store(LakeError::Damaged { .. }))
    ));
    // What a crash leaves between the overwriting and the unlinking.
    fs::write(file.path(), [0; 32]).unwrap();
    assert!(matches!(
        house.office.read(&house.bucket),
        Err(ShareError::Missing(_))
    ));
    assert!(house.office.destroy(&house.bucket).unwrap());
    assert!(!house.office.destroy(&house.bucket).unwrap());
    assert!(matches!(
        house.office.read(&house.bucket),
        Err(ShareError::Missing(_))
    ));
    assert!(ShareVault::at("/nowhere").list().unwrap().is_empty());
}

#[test]
fn listings_name_every_bucket_and_leave_strange_folders_alone() {
    let house = filled();
    let root = house.folder.path().join("lake");
    fs::create_dir_all(root.join("lost+found/x/y")).unwrap();
    fs::create_dir_all(root.join("000102030405060708090a0b0c0d0e0f/s-02/2027-04-01")).unwrap();
    fs::write(root.join("README"), "").unwrap();
    let ids: Vec<_> = house
        .lake
        .buckets()
        .unwrap()
        .into_iter()
        .map(|bucket| bucket.id)
        .collect();
    assert_eq!(ids, std::slice::from_ref(&house.bucket));
    let other = "000102030405060708090a0b0c0d0e0f/s-02/2027-04-01"
        .parse()
        .unwrap();
    assert!(matches!(
        house.lake.bucket(&other),
        Err(LakeError::Unknown(_))
    ));
    let json = house.folder().join("bucket.json");
    fs::copy(&json, house.lake.folder(&other).join("bucket.json")).unwrap();
    assert!(
        matches!(house.lake.bucket(&other), Err(LakeError::Damaged { .. })),
        "another bucket's"
    );
}

#[test]
fn an_extension_moves_the_end_later_never_earlier_and_nothing_that_is_over() {
    let house = filled();
    let end = |days: u64| Seconds(DAY + days * 86_400);
    let keep = |until, now| house.lake.keep_until(&house.bucket, until, now);
    assert_eq!(
        keep(end(30), at(20, 0)).unwrap(),
        end(90),
        "earlier is no extension"
    );
    assert_eq!(keep(end(120), at(20, 0)).unwrap(), end(120));
    let before = Seconds(end(120).0 - 1);
    assert!(house.find_at(What::All, Span::ALL, before).is_ok());
    assert!(house.lake.expired(before).unwrap().is_empty());
    assert!(matches!(
        keep(end(150), end(120)),
        Err(LakeError::Expired { .. })
    ));
    assert!(matches!(
        keep(end(36_501), before),
        Err(LakeError::Limit { .. })
    ));
    house
        .lake
        .delete(&house.bucket, &house.office, before)
        .unwrap();
    assert!(matches!(
        keep(end(150), before),
        Err(LakeError::Deleted { .. })
    ));
}

#[test]
fn a_record_s_path_leads_to_the_commitment_of_its_window_and_of_no_other() {
    let house = filled();
    for (index, first, count) in [(0, 0, 10), (1, 10, 5)] {
        let commitment = house.commitment(window(1, index)).unwrap();
        for (id, fields) in records(1, first, count) {
            let member =
                house
                    .lake
                    .membership(&house.bucket, &house.key(), window(1, index), id, at(12, 0));
            let member = member.unwrap().unwrap();
            assert_eq!((member.place, member.records), (id.number - first, count));
            assert_eq!(
                member.leaf,
                sakimori_custody::commitment::leaf(&house.key().commit(), id, &fields.encode())
            );
            let leads = |root| {
                let leaf = sakimori_tlog::merkle::leaf_hash(&member.leaf);
                sakimori_tlog::merkle::verify_inclusion(
                    &leaf,
                    member.place,
                    member.records,
                    &member.path,
                    root,
                )
            };
            assert_eq!(leads(&commitment), Ok(()));
            assert!(leads(&house.commitment(window(1, 1 - index)).unwrap()).is_err());
        }
    }
    let absent = records(1, 15, 1)[0].0;
    let absent =
        house
            .lake
            .membership(&house.bucket, &house.key(), window(1, 0), absent, at(12, 0));
    assert_eq!(absent.unwrap(), None);
    house
        .lake
        .delete(&house.bucket, &house.office, at(20, 0))
        .unwrap();
    let key = BucketKey::combine(&Share::new([7; 32]), &Share::new([9; 32]), &house.bucket);
    let gone = house.lake.membership(
        &house.bucket,
        &key,
        window(1, 0),
        records(1, 0, 1)[0].0,
        at(21, 0),
    );
    assert!(
        matches!(gone, Err(LakeError::Deleted { .. })),
        "no challenge opens after the end"
    );
}

#[test]
fn a_damaged_bucket_does_not_hide_the_others() {
    let house = filled();
    let other = "000102030405060708090a0b0c0d0e0f/s-02/2027-04-01"
        .parse()
        .unwrap();
    let folder = house.lake.folder(&other);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("bucket.json"), "{").unwrap();
    let each = house.lake.each_bucket().unwrap();
    assert_eq!(each.len(), 2);
    assert!(
        each.iter()
            .any(|(id, bucket)| *id == house.bucket && bucket.is_ok())
    );
    assert!(
        each.iter()
            .any(|(id, bucket)| *id == other && matches!(bucket, Err(LakeError::Damaged { .. })))
    );
    assert!(house.lake.buckets().is_err());
}
