//! Logs that are right.

use crate::maker::{
    COSIGNED, RUN, bundle, codes, good, make, options, place, publish, stop, story, text_hash,
    verify, write,
};
use sakimori_testkit::folder::{HOUR, Plan};
use sakimori_verify::{Kind, Options, render};
use std::fs;

#[test]
fn a_bundle_with_everything_in_it_is_verified() {
    let dir = crate::maker::folder();
    let made = good();
    bundle(dir.path(), &made);
    let root = dir.path().join("trusted.note");
    fs::write(&root, Plan::default().build().folder.trust_root).unwrap();
    let options = Options {
        trust_root: Some(root),
        ..options()
    };
    let mut steps = Vec::new();
    let report = sakimori_verify::verify(dir.path(), &options, &mut |done, total| {
        steps.push((done, total));
    })
    .unwrap();
    assert!(report.ok(), "{}", render::text(&report));
    assert_eq!(
        (report.kind, report.size),
        (Kind::Bundle, made.len() as u64)
    );
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(steps.first(), Some(&(1, 2 * made.len() as u64)));
    assert_eq!(
        steps.last(),
        Some(&(2 * made.len() as u64, 2 * made.len() as u64))
    );
    let counts: Vec<(&str, u64)> = report
        .checks
        .iter()
        .map(|check| (check.name, check.count))
        .collect();
    let wanted = [
        ("checkpoints signed by the log and its quorum", 4),
        ("files of the tree", 10),
        ("entries in their one form", 15),
        ("entries signed by whom they have to be", 11),
        ("streams without a gap", 4),
        ("bodies that are the ones committed to", 15),
        ("trust roots", 1),
        ("decisions", 1),
        ("leases", 1),
        ("runs of sensors", 1),
        ("windows in which no packet appeared or vanished", 3),
        ("queries opened and closed", 1),
        ("findings", 1),
        ("refusals", 1),
        ("buckets deleted in time, or not due", 1),
        ("files and bodies that the mirror has too", 16),
        ("proof files", 1),
    ];
    assert_eq!(counts, wanted);
}

#[test]
fn without_a_trust_root_of_the_readers_the_report_says_so() {
    let dir = crate::maker::folder();
    publish(dir.path(), &good(), &[], &["log", "mirror"]);
    let report = verify(dir.path(), &options());
    assert!(report.ok(), "{}", render::text(&report));
    assert_eq!(report.kind, Kind::Log);
    assert!(
        report.notes[0].contains("nobody but the log says"),
        "{:?}",
        report.notes
    );
    let text = render::text(&report);
    assert!(
        text.ends_with("verified: everything that was checked is right\n"),
        "{text}"
    );
    assert_eq!(
        render::json(&report).get("ok"),
        Some(&sakimori_verify::Json::Bool(true))
    );
}

#[test]
fn a_proof_is_verified_alone_and_beside_its_log() {
    let dir = crate::maker::folder();
    bundle(dir.path(), &good());
    let proof = dir.path().join("findings/1.tlog-proof");
    let report = verify(&proof, &options());
    assert!(report.ok(), "{}", render::text(&report));
    assert_eq!((report.kind, report.size), (Kind::Proof, 13));
    assert!(report.notes[0].contains("log beside the proof"));
    let root = dir.path().join("trusted.note");
    fs::write(&root, Plan::default().build().folder.trust_root).unwrap();
    fs::remove_dir_all(dir.path().join("log")).unwrap();
    assert_eq!(codes(&verify(&proof, &options())), ["trust-root-missing"]);
    let pinned = Options {
        trust_root: Some(root),
        ..options()
    };
    assert!(verify(&proof, &pinned).ok());
}

#[test]
fn entries_behind_the_checkpoint_are_no_problem_and_are_told() {
    let dir = crate::maker::folder();
    let made = good();
    publish(dir.path(), &made, &[4, 12], &["log", "mirror"]);
    let earlier = crate::maker::Tree::of(&made).checkpoint(12, &["log", "mirror"]);
    write(&dir.path().join("checkpoint"), earlier.to_bytes());
    write(&dir.path().join("tile/0/000.p/15.tmp"), b"half");
    let report = verify(
        dir.path(),
        &Options {
            now: None,
            ..options()
        },
    );
    assert!(report.ok(), "{}", render::text(&report));
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.starts_with("3 entries are not")),
        "{:?}",
        report.notes
    );
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.starts_with("1 files were left half written"))
    );
}

#[test]
fn a_run_that_was_cut_off_is_open_until_a_later_entry_of_its_sensor_names_it() {
    use crate::maker::Planned;
    use sakimori_custody::entry::EntryType;
    let sample = Plan::default().build();
    let authority = text_hash(&sample.folder.statement);
    let mut cut = story(&sample);
    cut.remove(place::STOP);
    let check = |story: &[Planned], now, wanted: &[&str]| {
        let dir = crate::maker::folder();
        publish(dir.path(), &make(story), &[], &["log", "mirror"]);
        let report = verify(dir.path(), &Options { now, ..options() });
        assert_eq!(codes(&report), wanted, "{}", render::text(&report));
    };
    check(&cut, Some(COSIGNED), &["run-open"]);
    check(&cut, None, &["run-open"]);
    let mut live = cut.clone();
    live.truncate(8);
    // Its lease has not ended; the checkpoint lies ahead of that time and is told of.
    check(
        &live,
        Some(crate::maker::START + HOUR),
        &["checkpoint-time"],
    );
    let fault = |who, detail: String| {
        let body = serde_json::json!({"kind": "killed", "detail": detail}).to_string();
        Planned::new(0x53, Some(who), EntryType::Fault, body.as_bytes())
            .at(crate::maker::EXPIRED + 180)
            .under(authority)
            .counting(&[0, 0, 0])
    };
    let named = format!(
        "the run of stream {} was cut off",
        format!("{RUN:02x}").repeat(8)
    );
    let with = |fault| [cut.as_slice(), &[fault]].concat();
    check(&with(fault("s-01", named.clone())), None, &[]);
    check(&with(fault("s-02", named)), None, &["run-open"]);
    check(
        &with(fault("s-01", "some run was cut off".to_owned())),
        None,
        &["run-open"],
    );
    let mut stopped = cut.clone();
    stopped.push(stop(authority).at(crate::maker::EXPIRED + 180));
    check(&stopped, None, &[]);
}

#[test]
fn a_log_of_many_tiles_is_verified_and_each_of_its_levels_counts() {
    let dir = crate::maker::folder();
    let sample = Plan::default().build();
    let mut story = story(&sample);
    let refusal = story[place::REFUSAL].clone();
    story.extend(std::iter::repeat_n(refusal, 800));
    let made = make(&story);
    publish(dir.path(), &made, &[300, 512], &["log", "mirror"]);
    let report = verify(dir.path(), &options());
    assert!(report.ok(), "{}", render::text(&report));
    for (file, at, code, index) in [
        ("tile/0/001", 40, "tile-wrong", Some(257)),
        ("tile/1/000.p/3", 40, "tile-wrong", None),
        ("tile/1/000.p/2", 0, "tile-wrong", None),
        ("tile/entries/002", 9000, "entry-wrong", Some(0)),
        ("tile/entries/001.p/44", 100, "entry-wrong", Some(256)),
        ("tile/0/003.p/47", 31, "tile-wrong", Some(768)),
    ] {
        let path = dir.path().join(file);
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let report = verify(dir.path(), &options());
        let named = report
            .problems
            .iter()
            .find(|p| p.place.file.as_deref() == Some(file));
        let named = named.unwrap_or_else(|| panic!("{file}: {}", render::text(&report)));
        assert_eq!(named.code.name(), code, "{file}");
        match index {
            Some(0) => assert!(named.place.index.unwrap() >= 512),
            other => assert_eq!(named.place.index, other, "{file}"),
        }
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
}
