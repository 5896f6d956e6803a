//! What the ledger itself writes: log and mirror, with checkpoints on the way, over its files as it keeps them.

use crate::maker::{Made, codes, good, make, options, place, story, verify};
use sakimori_custody::time::Seconds;
use sakimori_ledger::Record;
use sakimori_ledger::disk::{Disk, Folder};
use sakimori_ledger::feed::Feed;
use sakimori_ledger::http::LocalPeer;
use sakimori_ledger::mirror::{ApproveAll, Mirror, MirrorParts};
use sakimori_ledger::reader::LogReader;
use sakimori_ledger::writer::{Stores, Writer};
use sakimori_testkit::folder::{Plan, signer};
use sakimori_verify::{Options, render};
use std::path::Path;
use std::sync::{Arc, Mutex};

fn disk(path: &Path) -> Box<dyn Disk> {
    Box::new(Folder::new(path).unwrap())
}

/// Writes batches through writer, feed and mirror; after each a checkpoint that the mirror cosigned is published.
fn written(dir: &Path, made: &[Made], batch: usize, rotate_at: u64) {
    let stores = Stores {
        log: disk(&dir.join("log")),
        wal: disk(&dir.join("ledger")),
        signed: disk(&dir.join("ledger/signed")),
    };
    let parts = MirrorParts {
        log: disk(&dir.join("commission/mirror")),
        wal: disk(&dir.join("commission/wal")),
        log_key: signer("log").verifier().clone(),
        signer: signer("mirror"),
        approve: Box::new(ApproveAll),
    };
    let mut writer = Writer::open(stores, signer("log")).unwrap();
    writer.rotate_at(rotate_at);
    let mut mirror = Mirror::open(parts).unwrap();
    mirror.rotate_at(rotate_at);
    let clock = Arc::new(|| Seconds(crate::maker::COSIGNED));
    let mut peer = LocalPeer::new(Arc::new(Mutex::new(mirror)), clock);
    let mut feed = Feed::new(vec![signer("mirror").verifier().clone()]);
    for entries in made.chunks(batch) {
        let records = entries.iter().map(|made| Record {
            entry: made.leaf.clone(),
            body: made.stored.clone(),
        });
        assert!(writer.append(records.collect()).iter().all(Result::is_ok));
        let note = writer.checkpoint().unwrap().unwrap().clone();
        let mut reader = LogReader::new(Folder::new(&dir.join("log")).unwrap(), 0);
        let cosigned = feed.offer(&mut peer, &mut reader, &note).unwrap();
        std::fs::write(dir.join("log/checkpoint"), cosigned.to_bytes()).unwrap();
    }
}

#[test]
fn what_the_ledger_and_its_mirror_write_is_verified() {
    for (batch, rotate_at) in [(1, u64::MAX), (4, u64::MAX), (100, 1)] {
        let dir = crate::maker::folder();
        written(dir.path(), &good(), batch, rotate_at);
        let report = verify(dir.path(), &options());
        assert!(report.ok(), "{batch}: {}", render::text(&report));
        let mirror = verify(&dir.path().join("commission/mirror"), &options());
        assert!(mirror.ok(), "{batch}: {}", render::text(&mirror));
        assert_eq!((mirror.size, mirror.root), (report.size, report.root));
    }
}

#[test]
fn a_log_of_many_tiles_that_was_rotated_is_verified() {
    let mut story = story(&Plan::default().build());
    let refusal = story[place::REFUSAL].clone();
    story.extend(std::iter::repeat_n(refusal, 600));
    let dir = crate::maker::folder();
    written(dir.path(), &make(&story), 150, 40_000);
    let report = verify(dir.path(), &options());
    assert!(report.ok(), "{}", render::text(&report));
    assert!(
        !dir.path().join("log/tile/0/000.p").exists(),
        "partial tiles went with the write-ahead log"
    );
    // The office goes back to the state of an earlier day, and the mirror does not.
    let old = crate::maker::folder();
    written(old.path(), &make(&story)[..300], 150, 40_000);
    let mirror = Some(dir.path().join("commission/mirror"));
    let report = verify(
        &old.path().join("log"),
        &Options {
            mirror,
            ..options()
        },
    );
    assert_eq!(
        codes(&report),
        ["mirror-ahead"],
        "{}",
        render::text(&report)
    );
}
