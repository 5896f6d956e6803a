//! Bytes of strangers: whatever they are, there is an answer, and soon.

use crate::maker::{bundle, codes, good, options, publish, verify};
use proptest::prelude::*;
use sakimori_testkit::files_below;
use sakimori_tlog::note::Note;
use sakimori_verify::{Report, render, verify as try_verify};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Puts bytes in the place of one file of a bundle; the answer may be anything but right.
fn replaced(name: &str, bytes: &[u8]) -> Report {
    let dir = crate::maker::folder();
    bundle(dir.path(), &good());
    fs::write(dir.path().join(name), bytes).unwrap();
    verify(dir.path(), &options())
}

const FILES: [&str; 8] = [
    "log/checkpoint",
    "log/tile/entries/000.p/15",
    "log/tile/0/000.p/15",
    "commission/mirror/checkpoint",
    "commission/mirror/pending/checkpoint",
    "findings/1.tlog-proof",
    "findings/1.entry",
    "findings/1.json",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_for_a_file_are_told(file in 0..FILES.len(), bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let report = replaced(FILES[file], &bytes);
        let named = report.problems.iter().any(|p| p.place.file.as_deref() == Some(FILES[file]));
        prop_assert!(named, "{}: {}", FILES[file], render::text(&report));
    }

    #[test]
    fn any_bytes_behind_good_ones_are_told(file in 0..FILES.len() - 1, keep in 0usize..2000, bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
        let dir = crate::maker::folder();
        bundle(dir.path(), &good());
        let path = dir.path().join(FILES[file]);
        let good = fs::read(&path).unwrap();
        let bad = [&good[..keep.min(good.len())], &bytes].concat();
        prop_assume!(bad != good);
        fs::write(&path, &bad).unwrap();
        let report = verify(dir.path(), &options());
        let named = report.problems.iter().any(|p| p.place.file.as_deref() == Some(FILES[file]));
        prop_assert!(named, "{}: {}", FILES[file], render::text(&report));
    }

    #[test]
    fn any_checkpoint_that_the_log_signed_has_an_answer(size: u64, root: [u8; 32]) {
        let dir = crate::maker::folder();
        publish(dir.path(), &good(), &[], &["log", "mirror"]);
        let text = format!("log.example\n{size}\n{}\n", sakimori_tlog::base64(&root));
        let mut note = Note::sign(&text, &[], 0).unwrap();
        for who in ["log", "mirror"] {
            note.add(&sakimori_testkit::folder::signer(who), crate::maker::COSIGNED);
        }
        fs::write(dir.path().join("checkpoint"), note.to_bytes()).unwrap();
        prop_assert!(!verify(dir.path(), &options()).ok());
    }
}

#[test]
fn a_file_without_an_end_a_pipe_and_a_device_are_told_and_not_waited_for() {
    let dir = crate::maker::folder();
    for name in FILES {
        bundle(dir.path(), &good());
        let path = dir.path().join(name);
        fs::remove_file(&path).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        assert!(!verify(dir.path(), &options()).ok(), "{name} is a pipe");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert!(
            !verify(dir.path(), &options()).ok(),
            "{name} leads to a device"
        );
        fs::remove_file(&path).unwrap();
        // A file of a terabyte that takes no room.
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(!verify(dir.path(), &options()).ok(), "{name} is endless");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_checkpoint_of_more_entries_than_there_can_be_ends_at_once() {
    for size in [16, 257, 1 << 40, u64::MAX] {
        let dir = crate::maker::folder();
        publish(dir.path(), &good(), &[], &["log", "mirror"]);
        let checkpoint = fs::read_to_string(dir.path().join("checkpoint")).unwrap();
        fs::write(
            dir.path().join("checkpoint"),
            checkpoint.replacen("\n15\n", &format!("\n{size}\n"), 1),
        )
        .unwrap();
        let report = verify(dir.path(), &options());
        assert!(
            codes(&report).contains(&"file-missing"),
            "{size}: {}",
            render::text(&report)
        );
        assert!(
            codes(&report).contains(&"checkpoint-log"),
            "{size}: {}",
            render::text(&report)
        );
    }
}

#[test]
fn a_flood_of_problems_is_counted_and_not_told() {
    let dir = crate::maker::folder();
    publish(dir.path(), &good(), &[], &["log", "mirror"]);
    for n in 0..1500 {
        fs::write(dir.path().join(format!("stray-{n}")), "x").unwrap();
    }
    let report = verify(dir.path(), &options());
    assert_eq!(
        (report.problems.len(), report.more),
        (sakimori_verify::limits::PROBLEMS_MAX, 500)
    );
    assert!(render::text(&report).contains("and 500 problems more\n"));
    assert!(report.problems.is_sorted());
}

#[test]
fn other_captures_and_texts_of_strangers_are_no_log_and_do_no_harm() {
    let Some(root) = sakimori_testkit::data("other_captures_and_texts", "ledger") else {
        return;
    };
    let mut count = 0;
    for file in files_below(&root).iter().take(60) {
        let bytes = fs::read(file).unwrap();
        for name in FILES {
            assert!(!replaced(name, &bytes).ok(), "{} as {name}", file.display());
        }
        assert!(try_verify(file, &options(), &mut |_, _| {}).is_err());
        count += 1;
    }
    assert!(count > 0 && !Path::new("/nowhere").exists());
}
