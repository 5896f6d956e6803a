//! Logs that were signed and cosigned with something wrong in them: each thing has its code and its place.

mod acts;
mod files;
mod notes;

use crate::maker::{COSIGNED, Made, Planned, codes, make, options, publish, story, verify};
use sakimori_testkit::folder::{Plan, Sample};
use sakimori_verify::{Options, Report, render};

fn report(made: &[Made], options: &Options) -> Report {
    let dir = crate::maker::folder();
    publish(dir.path(), made, &[], &["log", "mirror"]);
    verify(dir.path(), options)
}

/// The codes have to be these, and where an entry is given, one of the problems has to be there.
#[track_caller]
fn check(what: &str, story: &[Planned], wanted: &[&str], at: Option<usize>) {
    let report = report(&make(story), &options());
    assert_eq!(codes(&report), wanted, "{what}: {}", render::text(&report));
    let there = |at| {
        report
            .problems
            .iter()
            .any(|p| p.place.index == Some(at as u64))
    };
    assert!(at.is_none_or(there), "{what}: {}", render::text(&report));
}

/// One thing wrong in the good story.
#[track_caller]
fn changed(what: &str, at: usize, wanted: &[&str], change: impl FnOnce(&mut Vec<Planned>)) {
    let mut story = story(&Plan::default().build());
    change(&mut story);
    check(what, &story, wanted, Some(at));
}

/// One thing wrong in one entry.
#[track_caller]
fn entry(what: &str, at: usize, wanted: &[&str], change: impl FnOnce(&mut Planned)) {
    changed(what, at, wanted, |story| change(&mut story[at]));
}

/// What a story says with other notes in it.
fn of_notes(sample: &Sample) -> Report {
    report(
        &make(&story(sample)),
        &Options {
            now: Some(COSIGNED),
            ..options()
        },
    )
}
