//! Names and ranges of others: CPE of the standard's folder, versions of real advisories.

use crate::{bytes, say};
use sakimori_advisory::csaf::products::{self, Versions};
use sakimori_advisory::json;
use sakimori_advisory::version::cpe::Cpe;
use sakimori_advisory::version::{Range, Version, read};
use std::collections::BTreeSet;

#[test]
fn cpe_names_are_read_or_refused_as_their_folder_says() {
    let Some(root) = sakimori_testkit::data("cpe_names", "exchange") else {
        return;
    };
    let mut seen = 0;
    for (folder, expected) in [("valid", true), ("invalid", false)] {
        let text =
            String::from_utf8(bytes(&root, &format!("csaf/2.1/cpe/{folder}/cpe.txt"))).unwrap();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let read = Cpe::read(line);
            assert_eq!(read.is_ok(), expected, "{line}: {read:?}");
            seen += 1;
        }
    }
    say(&format!("CPE: {seen} names as their folder says"));
    assert_eq!(seen, 19);
}

#[test]
fn the_ranges_of_cisa_s_advisories_are_understood_but_for_a_few_that_are_listed() {
    let Some(root) = sakimori_testkit::data("the_ranges_of_cisa", "exchange") else {
        return;
    };
    let (mut ranges, mut versions) = (BTreeSet::new(), BTreeSet::new());
    for path in sakimori_testkit::files_below(&root.join("csaf/cisa")) {
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let document = json::read(&std::fs::read(&path).unwrap()).unwrap();
        for product in products::products(&document).unwrap() {
            match product.versions {
                Versions::Range(range) => ranges.insert(range),
                Versions::One(version) => versions.insert(version),
                Versions::Unsaid => false,
            };
        }
    }
    let unclear: Vec<&String> = ranges.iter().filter(|r| !read(r).is_understood()).collect();
    let odd: Vec<&String> = versions
        .iter()
        .filter(|v| !read(v).is_understood())
        .collect();
    say(&format!(
        "ranges of CISA: {} of {} understood, unclear {unclear:?}; versions: {} of {} understood, unclear {odd:?}",
        ranges.len() - unclear.len(),
        ranges.len(),
        versions.len() - odd.len(),
        versions.len()
    ));
    assert!(unclear.len() * 10 < ranges.len(), "{unclear:?}");
    // What is not understood answers unsure for every version.
    for range in unclear {
        for version in ["0", "1.0", "99999", "V2.0 SP1"] {
            let read = read(range);
            let answer = read.holds(&Version::read(version, read.scheme()));
            assert_eq!(
                answer,
                sakimori_advisory::version::Answer::Unsure,
                "{version} in {range}"
            );
        }
    }
    assert_eq!(read("vers:all/*"), Range::All);
}
