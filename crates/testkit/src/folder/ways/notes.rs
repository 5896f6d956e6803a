//! Ways in which the statement is good or wrong. In: nothing. Out: samples. Never: a statement whose wrong line is not signed.

use super::super::signer;
use super::super::text::{SITTING, agreement};
use super::{Part, Plan, Way, bad, edit, good};

/// A sitting other than the default, signed by all who are members and present. Its five lines: present, presiding, for, against, recused.
fn sitting(lines: &str) -> Plan {
    let keys = ["present", "presiding", "for", "against", "recused"];
    let text: Vec<String> = keys
        .iter()
        .zip(lines.split(" / "))
        .map(|(key, line)| format!("{key}: {line}\n"))
        .collect();
    let present = text.first().map_or("", String::as_str);
    let member = |who: &&'static str| present.contains(*who);
    let plan = Plan {
        statement_signers: ["m1", "m2", "m3", "m4", "m5"]
            .into_iter()
            .filter(member)
            .collect(),
        ..Plan::default()
    };
    plan.edit(Part::Statement, SITTING, &text.concat())
}

pub(super) fn authorised() -> Vec<Way> {
    vec![
        good("a majority with a dissent", &Plan::default()),
        good(
            "a tie that the presiding chair decides",
            &sitting("m1 m3 m4 m5 / m1 / m1 m3 / m4 m5 / none"),
        ),
        good(
            "the deputy presides",
            &sitting("m2 m3 m4 / m2 / m2 m3 / m4 / none"),
        ),
        good(
            "one recused and three left",
            &sitting("m1 m3 m4 m5 / m1 / m1 m3 / m4 / m5"),
        ),
        good("an agreement", &Plan::agreement()),
        good(
            "a trust root that follows the one remembered",
            &Plan::second_root(),
        ),
    ]
}

/// Sittings that decide nothing.
const SITTINGS: [(&str, &str); 15] = [
    ("no-chair", "m3 m4 m5 / m3 / m3 m4 m5 / none / none"),
    ("chair-absent", "m3 m4 m5 / m1 / m3 m4 / m5 / none"),
    ("chair-recused", "m1 m3 m4 m5 / m1 / m3 m4 / m5 / m1"),
    ("two-present", "m1 m4 / m1 / m1 m4 / none / none"),
    (
        "two-left-after-recusal",
        "m1 m4 m5 / m1 / m1 m4 / none / m5",
    ),
    ("no-majority", "m1 m4 m5 / m1 / m1 / m4 m5 / none"),
    ("nobody-votes", "m1 m4 m5 / m1 / none / none / none"),
    (
        "tie-against-the-chair",
        "m1 m3 m4 m5 / m1 / m3 m4 / m1 m5 / none",
    ),
    (
        "tie-without-the-chair",
        "m1 m2 m3 m4 m5 / m1 / m2 m3 / m4 m5 / none",
    ),
    ("floor-short", "m1 m4 m5 / m1 / m1 / none / none"),
    ("vote-of-one-absent", "m1 m4 m5 / m1 / m1 m3 / m4 / none"),
    ("vote-of-one-recused", "m1 m3 m4 m5 / m1 / m1 m3 / m4 / m3"),
    ("vote-twice", "m1 m4 m5 / m1 / m1 m4 / m4 / none"),
    ("present-twice", "m1 m1 m4 m5 / m1 / m1 m5 / m4 / none"),
    ("member-unknown", "m1 m4 m9 / m1 / m1 m4 / none / none"),
];

pub(super) fn sittings() -> Vec<Way> {
    let unnamed = Plan {
        statement_signers: vec!["m1", "m3", "m4", "m5"],
        ..Plan::default()
    };
    let mut all = SITTINGS
        .map(|(name, lines)| bad(name, &sitting(lines)))
        .to_vec();
    all.push(bad("signature-of-one-not-present", &unnamed));
    all
}

pub(super) fn statements() -> Vec<Way> {
    let signed = |name, statement_signers: &[&'static str]| {
        let statement_signers = statement_signers.to_vec();
        bad(
            name,
            &Plan {
                statement_signers,
                ..Plan::default()
            },
        )
    };
    let line = |name, from, to| edit(name, Part::Statement, from, to);
    vec![
        signed("signature-short", &["m1", "m4"]),
        signed("foreign-signature", &["m1", "m4", "!m5"]),
        signed("nobody-known-signed", &["!m1", "!m4", "!m5"]),
        line("other-header", "authority/v1", "authority/v2"),
        line(
            "key-unknown",
            "basis: act42-17\n",
            "basis: act42-17\nurgent: yes\n",
        ),
        line("key-repeated", "root: 1\n", "root: 1\nroot: 1\n"),
        line("key-missing", "replaces: none\n", ""),
        line(
            "keys-out-of-order",
            "conditions: none\nreplaces: none\n",
            "replaces: none\nconditions: none\n",
        ),
        line("id-upper-case", "id: 5a5a", "id: 5A5A"),
        line("leading-zero", "match-ppm 200", "match-ppm 0200"),
        line(
            "time-without-z",
            "2027-06-30T23:59:59Z",
            "2027-06-30T23:59:59+00:00",
        ),
        line("two-spaces", "kind: acquisition", "kind:  acquisition"),
        line(
            "space-at-the-end",
            "kind: acquisition\n",
            "kind: acquisition \n",
        ),
        line("empty-line", "conditions: none\n", "conditions: none\n\n"),
        line(
            "not-ascii",
            "conditions: none",
            "conditions: \u{9632}\u{4eba}",
        ),
        line(
            "too-long",
            "conditions: none",
            &format!("conditions: {}", "x".repeat(9000)),
        ),
        line("list-empty", "against: m4", "against: "),
    ]
}

pub(super) fn scopes() -> Vec<Way> {
    let line = |name, from, to| edit(name, Part::Statement, from, to);
    vec![
        line(
            "expired",
            "not-after: 2027-06-30T23:59:59Z",
            "not-after: 2027-04-01T01:59:59Z",
        ),
        line(
            "not-yet",
            "not-before: 2027-04-01T00:00:00Z",
            "not-before: 2027-04-01T02:00:01Z",
        ),
        line(
            "ends-before-it-begins",
            "not-after: 2027-06-30T23:59:59Z",
            "not-after: 2027-03-01T00:00:00Z",
        ),
        line("other-kind", "kind: acquisition", "kind: disclosure"),
        line("kind-unknown", "kind: acquisition", "kind: curiosity"),
        line("other-sensor", "sensors: s-01 s-02", "sensors: s-02"),
        line("no-sensor", "sensors: s-01 s-02", "sensors: none"),
        line(
            "other-direction",
            "directions: out-in in-out",
            "directions: out-in",
        ),
        line(
            "direction-unknown",
            "directions: out-in in-out",
            "directions: out-in in-out in-in",
        ),
        line("other-root", "root: 1\n", "root: 2\n"),
        line("coverage-understated", "v4 257", "v4 256"),
        line("coverage-count-wrong", "count 7", "count 8"),
        line("flow-bytes-too-small", "flow-bytes 176", "flow-bytes 175"),
        line(
            "match-ppm-over-a-million",
            "match-ppm 200",
            "match-ppm 1000001",
        ),
        line("day-records-zero", "day-records 2000000", "day-records 0"),
        line("retention-zero", "keep 90d", "keep 0d"),
    ]
}

pub(super) fn agreements() -> Vec<Way> {
    let signed = |name, statement_signers: &[&'static str]| {
        let statement_signers = statement_signers.to_vec();
        bad(
            name,
            &Plan {
                statement_signers,
                ..Plan::agreement()
            },
        )
    };
    // The office alone, as a party under its own name or under the party's.
    let with_itself = |name, alone: &'static str, statement_signers: &[&'static str]| {
        let plan = Plan {
            statement_signers: statement_signers.to_vec(),
            ..Plan::agreement()
        };
        let (party, itself) = (signer("party"), signer(alone));
        let (party, itself) = (party.verifier().to_string(), itself.verifier().to_string());
        bad(name, &plan.edit(Part::Statement, &party, &itself))
    };
    let with_both = Plan::agreement().edit(
        Part::Statement,
        &agreement(),
        &format!("{}{SITTING}", agreement()),
    );
    vec![
        signed("agreement-without-the-office", &["party"]),
        signed("agreement-without-the-party", &["office"]),
        signed("agreement-of-a-foreign-party", &["office", "!party"]),
        signed("agreement-signed-by-members", &["m1", "m4", "m5"]),
        with_itself("agreement-of-the-office-with-itself", "office", &["office"]),
        with_itself(
            "agreement-of-the-office-by-another-name",
            "party=office",
            &["office", "party=office"],
        ),
        bad("agreement-with-a-sitting", &with_both),
        edit(
            "agreement-lines-under-an-acquisition",
            Part::Statement,
            SITTING,
            &agreement(),
        ),
    ]
}
