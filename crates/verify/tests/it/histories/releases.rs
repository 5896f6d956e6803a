//! Every class for every kind of recipient, with all that the law could ask for: the book and both verifiers let the same pairs go.

use super::{Second, python};
use crate::maker::{Made, folder, publish, verify};
use sakimori_authority::TrustRoot;
use sakimori_oversight::refused::Code as BookCode;
use sakimori_oversight::{Book, Judged};
use sakimori_testkit::folder::Plan;
use sakimori_testkit::history::{Count, Step, Story, hour};
use sakimori_verify::{Code, Options};
use serde_json::json;
use std::collections::BTreeSet;

const CLASSES: &str = "acquired selected selected-party released-selected integrated integrated-provision integrated-controlled public-notice operator-report";
const KINDS: &str = "state-agency police-defence carrier foreign-government operator public supplier council contractor reporter party";
const CONDITIONS: &str = "need protection-assessment equivalent-protection prior-consent fix-method controlled-handling competent-minister";
/// Pairs of the table that are not refused: 3 for what was selected, 4 for what was of a party, 3, 6 and 9 for analyses and notices, 2 for reports.
const LET_GO: usize = 27;

fn body(class: &str, kind: &str) -> String {
    let times = "2027-01-01T00:00:00Z/2028-01-01T00:00:00Z";
    let said = |what: &str| format!("{what}/-/k.sato/{times}");
    json!({
        "actor": "a.tanaka", "class_from": [class], "class_to": class, "recipients": [format!("{kind}/acme")], "basis": "act42", "rights": "none",
        "conditions": CONDITIONS.split(' ').map(said).collect::<Vec<_>>(), "transforms": ["remove source"],
        "tlp": if kind == "public" { "clear" } else { "red" }, "pap": "red", "product_sha256": "ab".repeat(32), "outcome": "released",
    })
    .to_string()
}

fn pairs() -> Vec<(&'static str, &'static str)> {
    let of = |class| KINDS.split(' ').map(move |kind| (class, kind));
    CLASSES.split(' ').flat_map(of).collect()
}

fn say(step: &mut Step, (class, kind): (&str, &str)) {
    step.body = body(class, kind);
    step.counters = vec![Count::N(0), Count::N(1)];
}

/// Whether the book takes the pair.
fn booked(pair: (&str, &str)) -> bool {
    let story = Story::good().with("release", |step| say(step, pair));
    let root = Plan::default().build().folder.trust_root;
    let mut book = Book::new(TrustRoot::open(&root).unwrap());
    for w in story.up_to("release").write() {
        let at = Judged::at(w.entry.envelope.time);
        let taken = book.judge(w.index, &w.entry.leaf, &w.entry.stored, at);
        if let Err(why) = taken {
            assert_eq!(
                (w.name.as_str(), why.code),
                ("release", BookCode::ReleaseClass)
            );
            return false;
        }
    }
    true
}

#[test]
fn the_book_and_both_verifiers_let_the_same_pairs_go() {
    let pairs = pairs();
    let let_go: Vec<bool> = pairs.iter().map(|pair| booked(*pair)).collect();
    assert_eq!(let_go.iter().filter(|went| **went).count(), LET_GO);
    let good = Story::good();
    let mut story = good.clone().up_to("release");
    let before = story.place("release") as u64;
    let step = story.steps.pop().unwrap();
    for (at, pair) in pairs.iter().enumerate() {
        let mut one = step.clone();
        one.name = format!("release {at}");
        say(&mut one, *pair);
        story.steps.push(one);
    }
    let made: Vec<Made> = story
        .write()
        .into_iter()
        .map(|w| Made {
            commitment: w.entry.envelope.body,
            leaf: w.entry.leaf,
            stored: w.entry.stored,
        })
        .collect();
    let (dir, now) = (folder(), hour(24 * 90 + 2));
    publish(dir.path(), &made, &[], &["log", "mirror"]);
    let options = Options {
        now: Some(now),
        ..Options::default()
    };
    let refused: BTreeSet<u64> = (before..)
        .zip(&let_go)
        .filter(|(_, went)| !**went)
        .map(|(index, _)| index)
        .collect();
    let report = verify(dir.path(), &options);
    let class = |problem: &&sakimori_verify::Problem| problem.code == Code::ReleaseClass;
    let told: BTreeSet<u64> = report
        .problems
        .iter()
        .filter(class)
        .filter_map(|problem| problem.place.index)
        .collect();
    assert_eq!(told, refused, "the verifier");
    let Some(python) = python("the_book_and_both_verifiers_let_the_same_pairs_go") else {
        return;
    };
    let mut second = Second::start(&python);
    let told: BTreeSet<u64> = second
        .verify(dir.path(), now)
        .into_iter()
        .filter(|(code, _)| code == "release-class")
        .filter_map(|(_, index)| index)
        .collect();
    second.end();
    assert_eq!(told, refused, "the second verifier");
}
