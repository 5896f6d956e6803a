//! Which tests there are and who answers them. In: an edition. Out: its tests. Never: a test that nobody answers without the reason.

use super::{Edition, library};
use std::sync::LazyLock;

/// What failing a test means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// JSON Schema: no CSAF document at all.
    Schema,
    /// Not valid (6.1).
    Mandatory,
    /// A warning (6.2; "optional" in 2.0, "recommended" in 2.1).
    Recommended,
    /// A hint (6.3).
    Informative,
}

/// Who answers a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answerer {
    /// `csaf-rs`.
    Library,
    /// This room.
    Here,
    /// Nobody, and why.
    Nobody(&'static str),
}

/// A test of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// `schema` or its number.
    pub test: &'static str,
    /// What failing it means.
    pub group: Group,
    /// Who answers it.
    pub answerer: Answerer,
}

const NETWORK: &str = "asks the network whether a link answers, and this room has none";
const DICTIONARY: &str = "needs a dictionary and a grammar of the document's language";
const REGISTRY: &str = "needs the registry of extensions, which is not published yet";
const DRAFT: &str =
    "its text is still moving in the draft of 2.1, and no document shows what it means";

/// Tests of 2.0 that are not the library's.
const OURS_20: [(&str, Answerer); 4] = [
    ("6.2.19", Answerer::Here),
    ("6.3.6", Answerer::Nobody(NETWORK)),
    ("6.3.7", Answerer::Nobody(NETWORK)),
    ("6.3.8", Answerer::Nobody(DICTIONARY)),
];

/// Tests of 2.1 that are not the library's. 6.2.33 is: but it reads the system's clock there.
const OURS_21: [(&str, Answerer); 34] = [
    ("6.1.60.2", Answerer::Here),
    ("6.1.60.3", Answerer::Here),
    ("6.2.7", Answerer::Here),
    ("6.2.19", Answerer::Here),
    ("6.2.33", Answerer::Here),
    ("6.2.39.1", Answerer::Here),
    ("6.2.49", Answerer::Here),
    ("6.2.50.1", Answerer::Here),
    ("6.2.50.2", Answerer::Here),
    ("6.2.50.3", Answerer::Here),
    ("6.2.51", Answerer::Here),
    ("6.2.54.1", Answerer::Nobody(REGISTRY)),
    ("6.2.54.2", Answerer::Nobody(REGISTRY)),
    ("6.2.54.3", Answerer::Here),
    ("6.2.54.4", Answerer::Nobody(REGISTRY)),
    ("6.2.55", Answerer::Nobody(NETWORK)),
    ("6.2.56.1", Answerer::Nobody(DRAFT)),
    ("6.2.56.3", Answerer::Nobody(DRAFT)),
    ("6.2.56.4", Answerer::Nobody(DRAFT)),
    ("6.2.56.5", Answerer::Nobody(DRAFT)),
    ("6.3.6", Answerer::Nobody(NETWORK)),
    ("6.3.7", Answerer::Nobody(NETWORK)),
    ("6.3.8", Answerer::Nobody(DICTIONARY)),
    ("6.3.13", Answerer::Here),
    ("6.3.16", Answerer::Nobody(DICTIONARY)),
    ("6.3.17", Answerer::Here),
    ("6.3.19.1", Answerer::Here),
    ("6.3.19.2", Answerer::Here),
    ("6.3.19.3", Answerer::Here),
    ("6.3.19.4", Answerer::Here),
    ("6.3.19.5", Answerer::Here),
    ("6.3.21.2", Answerer::Nobody(REGISTRY)),
    ("6.3.24", Answerer::Nobody(NETWORK)),
    ("6.3.25", Answerer::Nobody(DRAFT)),
];

static V20: LazyLock<Vec<Listed>> = LazyLock::new(|| list(Edition::V20));
static V21: LazyLock<Vec<Listed>> = LazyLock::new(|| list(Edition::V21));

/// The tests of an edition in the order of their numbers, the schema first.
pub fn of(edition: Edition) -> &'static [Listed] {
    match edition {
        Edition::V20 => &V20,
        Edition::V21 => &V21,
    }
}

fn list(edition: Edition) -> Vec<Listed> {
    let ours: &[(&str, Answerer)] = match edition {
        Edition::V20 => &OURS_20,
        Edition::V21 => &OURS_21,
    };
    let theirs = library::listed(edition).into_iter().map(|(test, _)| test);
    let theirs = theirs.filter(|test| !ours.iter().any(|(own, _)| own == test));
    let theirs = theirs.map(|test| (test, Answerer::Library));
    let mut all: Vec<Listed> = theirs
        .chain(ours.iter().copied())
        .map(|(test, answerer)| Listed {
            test,
            group: group(test),
            answerer,
        })
        .collect();
    all.sort_by_key(|listed| numbers(listed.test));
    all
}

fn group(test: &str) -> Group {
    match test.get(..3) {
        Some("6.1") => Group::Mandatory,
        Some("6.2") => Group::Recommended,
        Some("6.3") => Group::Informative,
        _ => Group::Schema,
    }
}

/// The numbers of a test, which order it; the schema has none and comes first.
fn numbers(test: &str) -> Vec<u32> {
    test.split('.').filter_map(|n| n.parse().ok()).collect()
}
