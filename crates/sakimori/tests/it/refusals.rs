//! Ways to be unauthorised, each tried with the real program. In: a node with an authority in force. Out: no byte, a reason, an entry. Never: a packet read.

use crate::node::{TestNode, default_pack, sensor};
use crate::workshop::Case;
use sakimori_control::files;
use sakimori_custody::entry::EntryType;
use sakimori_custody::time::Seconds;
use sakimori_select::Pack;
use sakimori_testkit::files_below;
use serde_json::{Value, json};

const SITTING: [&str; 3] = ["m1", "m2", "m4"];
const ALL: [&str; 5] = ["m1", "m2", "m3", "m4", "m5"];

mod rules;

type Damage = fn(&mut Case<'_>);
/// What is wrong, the refusal, and how it comes about.
type Way = (&'static str, &'static str, Damage);

/// A sitting of other people: present, presiding, for, against, recused; everybody present who is a member signs.
fn sits(case: &Case<'_>, lines: [&str; 5]) {
    let keys = ["present", "presiding", "for", "against", "recused"];
    let edits: Vec<_> = keys.into_iter().zip(lines).collect();
    let signers = ALL.into_iter().filter(|member| lines[0].contains(member));
    case.statement(&edits, &signers.collect::<Vec<_>>());
}

/// An agreement in the place of the sitting, signed by some.
fn agrees(case: &Case<'_>, signers: &[&str]) {
    let text = case.note("statement.note").text().to_owned();
    let kept: Vec<&str> = text
        .lines()
        .take_while(|l| !l.starts_with("present: "))
        .collect();
    // The deputy plays the party, whose keys nobody else has.
    let (party, suspend) = (case.node.key("m2"), case.node.key("m3"));
    let kept = kept
        .join("\n")
        .replace("kind: acquisition", "kind: agreement");
    let text = format!(
        "{kept}\nparty: party.example {}\nsuspend-key: {}\n",
        party.verifier(),
        suspend.verifier()
    );
    case.decide(&text, signers);
}

/// The pack of the folder, another one than the statement's.
fn other_pack(case: &Case<'_>) {
    let text = default_pack().canonical_text();
    let other = Pack::parse_source(&text.replace("purpose: ", "purpose: other ")).unwrap();
    let note = other.sign(&case.node.key("office")).unwrap();
    case.write("pack.note", note.to_bytes());
}

fn forget_time(case: &mut Case<'_>) {
    let later = case.at(Case::DAY);
    case.memory(|state| state["time"] = json!(later));
}

/// What is wrong, the refusal, and how it comes about.
const WAYS: &[Way] = &[
    ("no trust root", "trust-root-missing", |c| {
        c.remove("trust-root.note");
    }),
    (
        "a trust root that is no note",
        "trust-root-malformed",
        |c| c.write("trust-root.note", "trust me\n"),
    ),
    (
        "a trust root that lacks a line",
        "trust-root-malformed",
        |c| {
            let text = c.note("trust-root.note").text().to_owned();
            let cut: Vec<&str> = text
                .lines()
                .filter(|l| !l.starts_with("lease-key: "))
                .collect();
            c.write("trust-root.note", c.signed(&(cut.join("\n") + "\n"), &ALL));
        },
    ),
    (
        "a trust root without the fifth member",
        "trust-root-unsigned",
        |c| c.sign_anew("trust-root.note", &ALL[..4]),
    ),
    ("a trust root by strangers", "trust-root-unsigned", |c| {
        c.sign_anew("trust-root.note", &["!m1", "!m2", "!m3", "!m4", "!m5"]);
    }),
    (
        "a second trust root without a majority",
        "trust-root-unsigned",
        |c| c.second_root(&[], &["m1", "m3"]),
    ),
    (
        "a second trust root without chair and deputy",
        "trust-root-unsigned",
        |c| {
            c.second_root(&[], &["m3", "m4", "m5"]);
        },
    ),
    (
        "a trust root that follows another",
        "trust-root-chain",
        |c| {
            let other = format!("sha256:{}", "0".repeat(64));
            c.second_root(&[("previous", &other)], &ALL);
        },
    ),
    (
        "a third trust root without the second",
        "trust-root-chain",
        |c| c.second_root(&[("version", "3")], &ALL),
    ),
    (
        "a trust root that has not begun",
        "trust-root-not-yet",
        |c| {
            let later = c.at(3600);
            c.second_root(&[("not-before", &later)], &ALL);
        },
    ),
    ("a statement for another trust root", "other-root", |c| {
        c.second_root(&[], &ALL);
    }),
    ("no statement", "statement-missing", |c| {
        c.remove("statement.note");
    }),
    ("a statement that is no note", "statement-malformed", |c| {
        c.write("statement.note", [0, 1, 2, 255]);
    }),
    (
        "a statement with a key of its own",
        "statement-malformed",
        |c| {
            let text = c
                .note("statement.note")
                .text()
                .replace("root: 1\n", "root: 1\nnote: x\n");
            c.decide(&text, &SITTING);
        },
    ),
    (
        "a statement with a changed signature",
        "signature-bad",
        |c| {
            let mut bytes = c.note("statement.note").to_bytes();
            let at = bytes.len() - 12;
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            c.write("statement.note", bytes);
        },
    ),
    (
        "a member who was present has not signed",
        "signature-short",
        |c| c.sign_anew("statement.note", &["m1", "m2"]),
    ),
    (
        "nobody of the commission has signed",
        "foreign-signature",
        |c| {
            c.sign_anew("statement.note", &["!m1", "!m2", "!m4"]);
        },
    ),
    (
        "a member has signed who was not there",
        "signer-absent",
        |c| {
            c.sign_anew("statement.note", &["m1", "m2", "m4", "m5"]);
        },
    ),
    ("somebody present who is no member", "stranger", |c| {
        sits(c, ["m1 m2 m9", "m1", "m1 m2", "none", "none"]);
    }),
    ("neither chair nor deputy presides", "no-chair", |c| {
        sits(c, ["m3 m4 m5", "m3", "m3 m4", "m5", "none"]);
    }),
    ("the presiding chair is absent", "presiding-absent", |c| {
        sits(c, ["m2 m3 m4", "m1", "m2 m3", "m4", "none"]);
    }),
    ("two at the table", "too-few-present", |c| {
        sits(c, ["m1 m2", "m1", "m1 m2", "none", "none"]);
    }),
    ("a recused member votes", "recused-voted", |c| {
        sits(c, ["m1 m2 m3 m4", "m1", "m1 m2 m4", "none", "m4"]);
    }),
    ("a vote on both sides", "votes-impossible", |c| {
        sits(c, ["m1 m2 m4", "m1", "m1 m2", "m2 m4", "none"]);
    }),
    ("a vote of somebody absent", "votes-impossible", |c| {
        sits(c, ["m1 m2 m4", "m1", "m1 m2 m5", "m4", "none"]);
    }),
    ("one for, two against", "no-majority", |c| {
        sits(c, ["m1 m2 m4", "m1", "m1", "m2 m4", "none"]);
    }),
    (
        "a tie that the presiding voted against",
        "no-majority",
        |c| {
            sits(c, ["m1 m2 m3 m4", "m1", "m2 m3", "m1 m4", "none"]);
        },
    ),
    ("one for, none against", "below-floor", |c| {
        sits(c, ["m1 m2 m4", "m1", "m1", "none", "none"]);
    }),
    ("an agreement without the office", "office-unsigned", |c| {
        agrees(c, &["m2"]);
    }),
    ("an agreement without the party", "party-unsigned", |c| {
        agrees(c, &["office"]);
    }),
    ("a decision about a measure", "other-kind", |c| {
        c.statement(
            &[
                ("kind", "measure"),
                ("for", "m1 m2 m4"),
                ("against", "none"),
            ],
            &SITTING,
        );
    }),
    ("an authority of tomorrow", "not-yet", |c| {
        let (from, until) = (c.at(Case::DAY), c.at(2 * Case::DAY));
        c.statement(&[("not-before", &from), ("not-after", &until)], &SITTING);
    }),
    ("an authority of yesterday", "expired", |c| {
        let (from, until) = (c.at(-2 * Case::DAY), c.at(-1));
        c.statement(&[("not-before", &from), ("not-after", &until)], &SITTING);
    }),
    ("an authority for another sensor", "other-sensor", |c| {
        c.statement(&[("sensors", "s-02")], &SITTING);
    }),
    ("another sensor than the one named", "other-sensor", |c| {
        c.argue(&["--sensor", "s-02"]);
    }),
    ("a direction that was not allowed", "other-direction", |c| {
        c.statement(&[("directions", "out-in in-out")], &SITTING);
        c.argue(&["--direction", "out-in", "--direction", "out-out"]);
    }),
    ("no pack", "pack-missing", |c| c.remove("pack.note")),
    ("a pack that a member signed", "pack-unsigned", |c| {
        c.sign_anew("pack.note", &["m1"]);
    }),
    ("a pack of another office", "pack-unsigned", |c| {
        c.sign_anew("pack.note", &["!office"]);
    }),
    ("a pack that is no note", "pack-unsigned", |c| {
        c.write("pack.note", "selector: 1 address 198.51.100.7\n");
    }),
    ("another pack", "other-pack", |c| other_pack(c)),
    (
        "a pack that covers more than was decided",
        "other-coverage",
        |c| {
            let text = c.note("statement.note").text().to_owned();
            let line = text
                .lines()
                .find_map(|l| l.strip_prefix("selectors: "))
                .unwrap();
            c.statement(&[("selectors", &line.replace("v4 0", "v4 1"))], &SITTING);
        },
    ),
    ("a cap that no record fits", "caps-too-small", |c| {
        c.statement(
            &[("caps", "match-ppm 1000 flow-bytes 175 day-records 1000")],
            &SITTING,
        );
    }),
    ("no decision", "decision-missing", |c| {
        c.remove("decision.entry");
    }),
    ("a decision without its body", "decision-missing", |c| {
        c.remove("decision.body");
    }),
    ("a decision that is no entry", "decision-malformed", |c| {
        c.write("decision.entry", [0xa0]);
    }),
    ("a body of no known form", "decision-malformed", |c| {
        c.write("decision.body", [9; 40]);
    }),
    ("a body that was not committed to", "other-decision", |c| {
        c.flip("decision.body", 1);
    }),
    ("a decision about something else", "other-decision", |c| {
        let (entry, body) = (
            c.folder.join("decision.entry"),
            c.folder.join("decision.body"),
        );
        let mine = (
            files::read(&entry).unwrap().unwrap(),
            files::read(&body).unwrap().unwrap(),
        );
        c.statement(&[("retention", "bucket 1d keep 80d")], &SITTING);
        c.write("decision.entry", mine.0);
        c.write("decision.body", mine.1);
    }),
    ("no proof", "proof-missing", |c| {
        c.remove("decision.tlog-proof");
    }),
    ("a proof of another form", "proof-malformed", |c| {
        c.proof(|p| p.replacen("tlog-proof@v1", "tlog-proof@v2", 1));
    }),
    ("a proof of half its length", "proof-malformed", |c| {
        c.proof(|p| p.chars().take(p.len() / 3).collect());
    }),
    ("a proof of another place", "proof-wrong", |c| {
        c.proof(|p| p.replacen("index 3", "index 1", 1));
    }),
    (
        "a checkpoint that the log has not signed",
        "log-unsigned",
        |c| c.checkpoint(&["mirror"], c.now()),
    ),
    ("a checkpoint of another log", "log-unsigned", |c| {
        c.checkpoint(&["!log", "mirror"], c.now());
    }),
    (
        "a checkpoint that the mirror has not cosigned",
        "mirror-missing",
        |c| c.checkpoint(&["log"], c.now()),
    ),
    (
        "a checkpoint that another mirror cosigned",
        "mirror-missing",
        |c| c.checkpoint(&["log", "!mirror"], c.now()),
    ),
    ("a checkpoint of the day before", "stale-checkpoint", |c| {
        c.checkpoint(&["log", "mirror"], Seconds(c.now().0 - 86_460));
    }),
    ("a checkpoint from the future", "future-checkpoint", |c| {
        c.checkpoint(&["log", "mirror"], Seconds(c.now().0 + 900));
    }),
    ("a log that was longer once", "log-rolled-back", |c| {
        c.memory(|m| m["checkpoint"] = json!({"size": 1_000_000, "root": "00".repeat(32)}));
    }),
    ("another log of the same length", "log-rolled-back", |c| {
        let bytes = std::fs::read(c.folder.join("decision.tlog-proof")).unwrap();
        let proof = sakimori_tlog::proof::TlogProof::parse(&bytes).unwrap();
        let size: u64 = proof
            .checkpoint
            .text()
            .lines()
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        c.memory(|m| m["checkpoint"] = json!({"size": size, "root": "00".repeat(32)}));
    }),
    ("no lease", "no-lease", |c| c.remove("lease.note")),
    ("a lease with a key of its own", "lease-malformed", |c| {
        let text = c
            .note("lease.note")
            .text()
            .replace("root: 1\n", "root: 1\nmore: 1\n");
        c.write("lease.note", c.signed(&text, &["lease"]));
    }),
    ("a lease that the chair signed", "lease-unsigned", |c| {
        c.sign_anew("lease.note", &["m1"]);
    }),
    (
        "a lease by another key of that name",
        "lease-unsigned",
        |c| c.sign_anew("lease.note", &["!lease"]),
    ),
    (
        "a lease for another authority",
        "lease-other-authority",
        |c| {
            c.lease(&[("authority", &"0".repeat(32))], "lease");
        },
    ),
    (
        "a lease for another statement",
        "lease-other-authority",
        |c| {
            c.lease(
                &[("statement", &format!("sha256:{}", "0".repeat(64)))],
                "lease",
            );
        },
    ),
    ("a lease for another sensor", "lease-other-sensor", |c| {
        c.lease(&[("sensor", "s-02")], "lease");
    }),
    ("a lease that has ended", "lease-expired", |c| {
        let (from, until) = (c.at(-3600), c.at(-1));
        c.lease(&[("issued", &from), ("not-after", &until)], "lease");
    }),
    ("a lease of more than a day", "lease-too-long", |c| {
        let until = c.at(Case::DAY + 900);
        c.lease(&[("not-after", &until)], "lease");
    }),
    (
        "a lease from before the decision",
        "lease-before-decision",
        |c| c.lease(&[("tree-size", "3")], "lease"),
    ),
    (
        "a lease on a log that is longer",
        "lease-before-decision",
        |c| c.lease(&[("tree-size", "1000000")], "lease"),
    ),
    ("a clock that goes back", "clock-behind", forget_time),
    ("a capture that is not there", "input-unreadable", |c| {
        c.capture = c.node.beside("nowhere.pcap");
    }),
    (
        "a lease that the commission's log has not",
        "keys-unavailable",
        |c| {
            c.statement(&[("id", &"0".repeat(32))], &SITTING);
        },
    ),
    (
        "a commission that does not answer",
        "keys-unavailable",
        |c| {
            c.change("commission/address", "http://127.0.0.1:1\n");
        },
    ),
];

/// All of them.
fn ways() -> impl Iterator<Item = &'static Way> {
    WAYS.iter().chain(rules::WAYS)
}

#[test]
fn row_01_every_way_to_be_unauthorised_is_refused_without_a_byte_and_is_in_the_log() {
    let node = TestNode::lax();
    let statement = node.authorised();
    for (number, (what, refusal, damage)) in ways().enumerate() {
        let mut case = Case::of(&node, &statement, number);
        damage(&mut case);
        let folder = case.folder.to_string_lossy().into_owned();
        let mut words = vec!["--folder", &folder];
        words.extend(case.arguments.iter().map(String::as_str));
        let ran = node.sensor(&words, &case.capture);
        assert_eq!(ran.code, Some(1), "{what}: {ran:?}");
        assert_eq!(ran.out, "", "{what}");
        assert!(
            ran.err.contains(&format!("({refusal}, code ")),
            "{what}: {ran:?}"
        );
        assert_eq!(ran.err.lines().count(), 1, "{what}: {ran:?}");
        assert_eq!(
            node.lake_files(),
            Vec::<std::path::PathBuf>::new(),
            "{what}"
        );
    }
    let logged = node.entries_of(EntryType::Refusal);
    let logged: Vec<_> = logged
        .iter()
        .map(|entry| {
            let code = entry.body["code"].as_u64().unwrap();
            assert_eq!(entry.envelope.counters, [code]);
            entry.body["name"].as_str().unwrap()
        })
        .collect();
    let refused: Vec<&str> = ways().map(|way| way.1).collect();
    assert_eq!(logged, refused);
    // What was decided wrongly is in the log for everybody to see, and nothing else is wrong with it.
    let verified = node.verify().json();
    assert_eq!(verified["severity"], "not-in-force");
    let problems = verified["problems"].as_array().unwrap();
    let of_decisions = |p: &&Value| {
        let code = p["code"].as_str().unwrap();
        code.starts_with("decision-") || code.starts_with("urgent-")
    };
    assert_eq!(problems.iter().filter(of_decisions).count(), problems.len());
    // The same folder, unharmed, lets the sensor run.
    let case = Case::of(&node, &statement, ways().count());
    let folder = case.folder.to_string_lossy().into_owned();
    node.sensor(&["--folder", &folder], &case.capture).yes();
}

#[test]
fn the_table_has_every_refusal_but_those_that_need_another_machine() {
    use sakimori_authority::Refusal;
    let tried: Vec<&str> = ways().map(|way| way.1).collect();
    let missing: Vec<&str> = Refusal::ALL
        .iter()
        .map(|refusal| refusal.name())
        .filter(|name| !tried.contains(name))
        .collect();
    // One is the next test's, for one the kernel would have to be another, and for one the clock of the machine.
    assert_eq!(
        missing,
        ["log-unavailable", "seal-impossible", "clock-ahead"]
    );
}

#[test]
fn a_refusal_that_the_log_cannot_take_is_kept_and_entered_at_the_next_start() {
    let mut node = TestNode::running();
    node.authorised();
    let capture = node.beside("empty.pcap");
    std::fs::write(&capture, crate::captures::HEADER).unwrap();
    let kept = node.node.sensor(&sensor()).join("refusals");
    node.ledger = None;
    for times in 1..=3 {
        let ran = node.sensor(&[], &capture).ended(75);
        assert_eq!(ran.out, "");
        assert!(ran.err.contains("(log-unavailable, code 51)"), "{ran:?}");
        assert_eq!(files_below(&kept).len(), times);
    }
    assert_eq!(node.lake_files(), Vec::<std::path::PathBuf>::new());
    node.start();
    node.sensor(&[], &capture).yes();
    assert_eq!(files_below(&kept), Vec::<std::path::PathBuf>::new());
    let logged = node.entries_of(EntryType::Refusal);
    assert_eq!(logged.len(), 3);
    for entry in logged {
        assert_eq!(entry.envelope.counters, [51]);
        assert_eq!(entry.body["name"], "log-unavailable");
    }
    node.verify().yes();
}
