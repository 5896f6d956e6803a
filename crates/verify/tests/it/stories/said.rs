//! One word otherwise in what people, office and commission enter: each has its code.

use super::{check, codes, report};
use sakimori_testkit::history::{FIRST, SECOND, Story};

/// A step, what stands in it, what stands there instead, and the codes of the story that ends with it.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const FIELDS: &[&str] = &["body-fields"];
const REFERENCE: &[&str] = &["reference"];

const PEOPLE: &[Case] = &[
    (
        "access",
        "\"o3\",\"k.sato\"",
        "\"o3\"",
        &["access-clearance"],
    ),
    (
        "access",
        "\"o3\",\"k.sato\"",
        "\"o3\",\"o3\"",
        &["access-clearance"],
    ),
    (
        "access",
        "\"o3\",\"k.sato\"",
        "\"o3\",\"a.tanaka\"",
        &["access-clearance"],
    ),
    ("access", "[\"selected\"]", "[]", &[]),
    (
        "access",
        "[\"analyst\"],\"clearance\":[\"selected\"]",
        "[],\"clearance\":[]",
        FIELDS,
    ),
    ("access", "\"granted\"", "\"given\"", FIELDS),
    (
        "access",
        "\"2028-03-31T23:59:59Z\"",
        "\"2028-03-31\"",
        FIELDS,
    ),
    ("access", "\"2028-03-31T23:59:59Z\"", "null", FIELDS),
    (
        "query",
        "\"a.tanaka\"",
        "\"k.sato\"",
        &["query-actor", "query-open"],
    ),
    (
        "query",
        "\"case-1\"",
        "\" \"",
        &["query-fields", "query-open"],
    ),
    (
        "query",
        "\"a beacon\"",
        "\"\"",
        &["query-fields", "query-open"],
    ),
    ("export", "\"a.tanaka\"", "\"k.sato\"", &["export-actor"]),
    ("export", "\"a.tanaka\"", "\"m.suzuki\"", &["export-actor"]),
    ("export", "\"npa\"", "\"nobody\"", &["export-recipient"]),
    ("export", "\"m-1\"", "\"\"", &["export-fields"]),
    (
        "export",
        "s-01/2027-04-01",
        "s-01/2027-04-02",
        &["export-fields"],
    ),
    (
        "showing",
        "\"user\"",
        "\"source-mail\"",
        &["reidentification-ruling"],
    ),
    ("showing", "-0\"", "-1\"", &["reidentification-ruling"]),
    ("showing", "\"k.sato\"", "\"a.tanaka\"", &[]),
    (
        "showing",
        "\"k.sato\"",
        "\"m.suzuki\"",
        &["reidentification-role"],
    ),
    (
        "showing",
        "\"k.sato\"",
        "\"m1\"",
        &["reidentification-actor", "reidentification-role"],
    ),
    ("purge", "the party asked for it", " ", FIELDS),
    ("purge", "s-01/2027-04-01", "s-02/2027-04-01", REFERENCE),
];

const LETTERS: &[Case] = &[
    ("request", "\"o1\"", "\"o2\"", &[]),
    ("request", "\"o1\"", "\"m1\"", &["decision-requester"]),
    ("request", "\"o1\"", "\"o9\"", &["decision-requester"]),
    ("request", "a relay was seen", " ", &["request-incomplete"]),
    ("request", "no content leaves", "", &["request-incomplete"]),
    ("question", "\"m4\"", "\"M 4\"", FIELDS),
    ("question", "\"m4\"", "\".m4\"", FIELDS),
    ("question", "\"m4\"", "\"-m4\"", FIELDS),
    ("question", "\"m4\"", "\"m4.-\"", &[]),
    (
        "question",
        "\"m4\"",
        "\"a2345678901234567890123456789012\"",
        &[],
    ),
    (
        "question",
        "\"m4\"",
        "\"a23456789012345678901234567890123\"",
        FIELDS,
    ),
    ("question", "which relay?", " ", FIELDS),
    ("question", "{leaf:request}", "{leaf:root}", REFERENCE),
    ("answer", "the one of the report", "", FIELDS),
    ("answer", "{leaf:request}", "{leaf:root}", REFERENCE),
    ("notice", "\"office\"", "\"\"", FIELDS),
    ("notice", "look at it", " ", FIELDS),
    ("reply to the notice", "\"o3\"", "\"O 3\"", FIELDS),
    ("reply to the notice", "it was looked at", "", FIELDS),
    ("challenge", "-0\"", "-9\"", FIELDS),
    ("challenge", "\"nonce\":\"09", "\"nonce\":\"", FIELDS),
    ("inspection opened", "the run of April", " ", FIELDS),
    ("inspection opened", "as found", "", &[]),
    ("inspection opened", "\"opened\"", "\"closed\"", REFERENCE),
    ("inspection finding", "as found", " ", FIELDS),
    ("inspection finding", "the run of April", "", &[]),
    ("inspection finding", "\"finding\"", "\"found\"", FIELDS),
    ("inspection finding", "\"finding\"", "\"opened\"", REFERENCE),
    ("inspection closed", "insp-1", "insp-2", REFERENCE),
];

const RULINGS: &[Case] = &[
    ("ruling to show", "-0 ", "-9 ", &["ruling-about"]),
    (
        "ratified",
        "kind: acquisition",
        "kind: measure",
        &["ruling-about", "urgent-undecided"],
    ),
    (
        "ratified",
        "about: urgent 6b",
        "about: urgent 7b",
        &["ruling-about", "urgent-undecided"],
    ),
    ("ratified", "id: 32", "id: 42", &[]),
    ("kept longer", "keep 100", "keep 91", &[]),
    ("kept longer", "keep 100", "keep 90", &["ruling-about"]),
    (
        "kept longer",
        "s-02/2027-04-01",
        "s-02/2027-04-02",
        &["ruling-about"],
    ),
    ("kept longer", "root: 1", "root: 2", &["ruling-root"]),
];

#[test]
fn a_word_that_may_not_be_there_is_named_with_its_code() {
    for (step, from, to, wanted) in PEOPLE.iter().chain(LETTERS).chain(RULINGS) {
        let story = Story::good().up_to(step).with(step, |s| {
            s.edit(from, to);
        });
        let report = report(&story);
        assert_eq!(codes(&report), *wanted, "{step}: {from} -> {to}");
    }
}

#[test]
fn what_stands_twice_is_named_where_once_is_all() {
    for (step, code) in [
        ("showing", "reidentification-twice"),
        ("answer", "reference"),
        ("reply to the notice", "reference"),
        ("inspection opened", "reference"),
        ("inspection closed", "reference"),
    ] {
        let story = Story::good().again(step, step, |_| {});
        let last = format!("{step} again");
        check(&story.up_to(&last), &last, &[code]);
    }
    let ruling = Story::good().again("kept longer", "kept longer", |s| {
        s.edit("keep 100", "keep 101");
    });
    let twice = ruling.up_to("kept longer again");
    check(&twice, "kept longer again", &["ruling-twice"]);
    // What is on the purge list is handed out no more.
    let exported = Story::good().again("export", "purge", |_| {});
    check(
        &exported.up_to("export again"),
        "export again",
        &["export-purged"],
    );
    for (most, wanted) in [(2, &[][..]), (1, &["export-budget"])] {
        let exported = Story::good()
            .with("schedule", |s| {
                s.edit("budget.exports = 10", &format!("budget.exports = {most}"));
            })
            .again("export", "export", |_| {});
        check(&exported.up_to("export again"), "export again", wanted);
    }
}

#[test]
fn a_finding_is_sure_by_a_thousand_thousandths_and_no_more() {
    for (sure, wanted) in [(1000, &[][..]), (1001, &["finding-records"])] {
        let story = Story::good().up_to("finding").with("finding", |s| {
            s.count(0, sure);
        });
        check(&story, "finding", wanted);
    }
}

#[test]
fn a_demand_alone_stops_and_only_what_goes_on() {
    let stop = |step: &str, id: &str, wanted: &[&str]| {
        let story = Story::good().up_to(step).with(step, |s| {
            s.edit("\"stop\":null", &format!("\"stop\":\"{id}\""));
        });
        assert_eq!(codes(&report(&story)), wanted, "{step} {id}");
    };
    stop("demand", FIRST, &[]);
    stop("demand", SECOND, REFERENCE);
    stop("notice", FIRST, FIELDS);
    stop("recommendation", FIRST, FIELDS);
}
