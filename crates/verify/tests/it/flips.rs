//! One bit wrong anywhere, one byte short anywhere: never verified, and the file is named.

use crate::maker::{Made, bundle, folder, good, make, options, place, story, verify};
use sakimori_testkit::files_below;
use sakimori_testkit::folder::Plan;
use sakimori_verify::{Options, Report, render};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

/// Start, a receipt, a stop, a query of two sealed entries: every form of entry and body, and no more than that.
fn small() -> Vec<Made> {
    let sample = Plan::default().build();
    let mut story = story(&sample);
    story.drain(place::RECEIPT + 1..place::STOP);
    story[place::RECEIPT + 1].counters = vec![100, 1, 60_000, 5, 59_000, 0];
    story[place::RECEIPT + 1].edit(|body| body["reason"] = "panic".into());
    let mut fault = story[place::RECEIPT + 1].clone();
    fault.kind = sakimori_custody::entry::EntryType::Fault;
    fault.counters = vec![1, 0, 60_000];
    fault.body = br#"{"kind":"panic","detail":"exit code none"}"#.to_vec();
    story.insert(place::RECEIPT + 1, fault);
    story.truncate(place::RECEIPT + 5);
    make(&story)
}

fn names(report: &Report, file: &str) -> bool {
    report
        .problems
        .iter()
        .any(|p| p.place.file.as_deref() == Some(file))
}

/// Runs `check` on every file of a bundle, the files divided between two threads with a folder each.
fn on_every_file(made: &[Made], below: &str, check: fn(&Path, &Path, &str, usize)) {
    thread::scope(|scope| {
        for turn in 0..2 {
            scope.spawn(move || {
                let dir = folder();
                bundle(dir.path(), made);
                let report = verify(dir.path(), &options());
                assert!(report.ok(), "{}", render::text(&report));
                let files: Vec<PathBuf> = files_below(&dir.path().join(below));
                assert!(files.len() > 3);
                for file in files {
                    let name = file
                        .strip_prefix(dir.path())
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned();
                    check(dir.path(), &file, &name, turn);
                }
            });
        }
    });
}

#[test]
fn a_bit_that_is_flipped_in_any_byte_of_any_file_is_named_with_its_file() {
    on_every_file(&small(), "", flip_all);
}

#[test]
fn a_bit_that_is_flipped_in_any_byte_of_a_finding_its_proof_entry_or_body_is_named() {
    on_every_file(&good(), "findings", flip_all);
}

/// Flips one bit in every second byte of a file, one after the other.
fn flip_all(dir: &Path, file: &Path, name: &str, turn: usize) {
    let good = fs::read(file).unwrap();
    for at in (turn..good.len()).step_by(2) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(file, &bad).unwrap();
        let report = verify(dir, &options());
        assert!(
            !report.ok(),
            "{name}: byte {at} of {} flipped and nothing was said",
            good.len()
        );
        assert!(
            names(&report, name),
            "{name}: byte {at}: {}",
            render::text(&report)
        );
        if name.starts_with("log/tile/entries") || name.starts_with("log/bodies") {
            let indexed = report.problems.iter().any(|p| p.place.index.is_some());
            assert!(indexed, "{name}: byte {at}: no entry named");
        }
    }
    fs::write(file, good).unwrap();
}

#[test]
fn a_file_that_is_cut_at_any_length_or_grown_or_gone_is_named() {
    on_every_file(&small(), "", |dir, file, name, turn| {
        let good = fs::read(file).unwrap();
        // Every length of a short file, every seventh of a longer one.
        let step = if good.len() < 400 { 2 } else { 14 };
        let short = (turn..good.len())
            .step_by(step)
            .map(|length| good[..length].to_vec());
        let long = [0u8, b'\n', b'a'].map(|byte| [good.as_slice(), &[byte]].concat());
        for bad in short.chain(long) {
            fs::write(file, &bad).unwrap();
            let report = verify(dir, &options());
            assert!(
                names(&report, name),
                "{name}: {} of {} bytes",
                bad.len(),
                good.len()
            );
        }
        fs::remove_file(file).unwrap();
        let report = verify(dir, &options());
        // Earlier partial tiles may be removed, and a pending checkpoint is not always there.
        let may_go = name.contains(".p/4") || name.contains(".p/9") || name.contains("pending");
        assert_eq!(
            report.ok(),
            may_go,
            "{name} is gone: {}",
            render::text(&report)
        );
        fs::write(file, good).unwrap();
    });
}

#[test]
fn of_two_copies_the_wrong_one_is_named_alone_where_that_can_be_told() {
    let dir = folder();
    bundle(dir.path(), &small());
    let trusted = dir.path().join("trusted.note");
    fs::write(&trusted, Plan::default().build().folder.trust_root).unwrap();
    let options = Options {
        trust_root: Some(trusted),
        ..options()
    };
    let check = |file: &Path, wanted: &[&str]| {
        let good = fs::read(file).unwrap();
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        fs::write(file, &bad).unwrap();
        let report = verify(dir.path(), &options);
        let found: Vec<&str> = report.problems.iter().map(|p| p.code.name()).collect();
        assert_eq!(
            found,
            wanted,
            "{}: {}",
            file.display(),
            render::text(&report)
        );
        assert!(names(
            &report,
            file.strip_prefix(dir.path()).unwrap().to_str().unwrap()
        ));
        fs::write(file, good).unwrap();
    };
    for copy in ["log", "commission/mirror"] {
        for file in files_below(&dir.path().join(copy).join("bodies")) {
            let sealed = fs::read(&file).unwrap()[32] == 1;
            check(
                &file,
                if sealed {
                    &["mirror-body", "mirror-body"]
                } else {
                    &["body-wrong"]
                },
            );
        }
    }
}

#[test]
fn without_the_mirror_only_the_ciphertext_of_a_sealed_body_goes_unseen() {
    let dir = folder();
    bundle(dir.path(), &small());
    let log = dir.path().join("log");
    let mut unseen = 0;
    for file in files_below(&log.join("bodies")) {
        let good = fs::read(&file).unwrap();
        if good[..33] != [[0; 32].as_slice(), &[1]].concat() {
            continue;
        }
        let sealed = 34 + usize::from(good[33]);
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x81;
            fs::write(&file, &bad).unwrap();
            let seen = !verify(&log, &options()).ok();
            assert_eq!(seen, at < sealed, "{}: byte {at}", file.display());
            unseen += u64::from(!seen);
        }
        fs::write(&file, &good).unwrap();
    }
    assert!(unseen > 200, "the log has a sealed body");
    let with = Options {
        mirror: Some(dir.path().join("commission/mirror")),
        ..options()
    };
    assert!(verify(&log, &with).ok());
}
