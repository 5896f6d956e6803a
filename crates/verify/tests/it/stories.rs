//! The story of the testkit, which the book of `oversight` takes whole: the verifier has to take it whole too.

use super::maker::{Made, codes, folder, publish, verify};
use sakimori_testkit::history::Story;
use sakimori_verify::Options;

fn made(story: &Story) -> Vec<Made> {
    let written = story.write();
    written
        .into_iter()
        .map(|w| Made {
            commitment: w.entry.envelope.body,
            leaf: w.entry.leaf,
            stored: w.entry.stored,
        })
        .collect()
}

#[test]
fn what_the_book_takes_whole_the_verifier_takes_whole() {
    let dir = folder();
    let story = Story::good().up_to("deletion of s-01");
    publish(dir.path(), &made(&story), &[], &["log", "mirror"]);
    let options = Options {
        now: Some(sakimori_testkit::history::hour(24 * 90 + 2)),
        ..Options::default()
    };
    let report = verify(dir.path(), &options);
    let problems: Vec<String> = report
        .problems
        .iter()
        .map(|p| format!("{} {:?} {}", p.code.name(), p.place.index, p.what))
        .collect();
    assert!(codes(&report).is_empty(), "{problems:#?}");
}
