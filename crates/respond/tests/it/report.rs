//! What is left of a measure, judged by programs that share no code with it: `tools/chain.py`, and `case_validate` of `case-utils` (`PyPI`) by the shapes of CASE 1.3. In: chains and graphs that were
//! made up, and spoilt ones. Out: verdicts. Never: a network but to install the validator, once, in its version, below cargo's folder for tests.

use proptest::prelude::*;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_respond::effect::{Effect, Judgement, Moved, Verdict};
use sakimori_respond::report::case::{Measure, export};
use sakimori_respond::report::chain::{Chain, ChainError, Kind, START, verify};
use sakimori_testkit::{program, skip};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const BEGIN: Seconds = Seconds(1_806_537_600);
const CASE_UTILS: &str = "case-utils==0.18.0";
const ONTOLOGY: &str = "case-1.3.0";

fn chain() -> Chain {
    let mut chain = Chain::default();
    for (at, (kind, who, what)) in [
        (
            Kind::Item,
            "sensor s-01",
            "finding 17: beacon to 198.51.100.7",
        ),
        (
            Kind::Item,
            "登録機関",
            "RDAP answer for 198.51.100.0/24, \"as sent\"",
        ),
        (Kind::Act, "commission", "approved: measure 3, revision 1"),
        (
            Kind::Act,
            "actuator fw-1",
            "block 198.51.100.7/32 in force until 2027-04-02T00:00:00Z",
        ),
        (
            Kind::Act,
            "actuator fw-1",
            "block 198.51.100.7/32 taken back \\ read back",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let bytes = format!("bytes of {at}");
        chain
            .add(
                BEGIN.plus(at as u64 * 60),
                kind,
                who,
                what,
                bytes.as_bytes(),
            )
            .unwrap();
    }
    chain
}

/// What the checker that stands apart says: its code, and its words.
fn apart(test: &str, text: &str, more: &[&str]) -> Option<(i32, String)> {
    let python = program(test, "python3")?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.jsonl");
    std::fs::write(&path, text).unwrap();
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/chain.py"))
        .arg(&path)
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    Some((output.status.code().unwrap(), said))
}

/// Ways in which the chain of [`chain`] is spoilt, and what the checker that stands apart says.
fn spoilt_chains() -> Vec<(String, &'static str)> {
    let text = chain().write();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut longer = chain();
    longer
        .add(BEGIN.plus(600), Kind::Act, "x", "y", b"")
        .unwrap();
    // Another history of as many links, each whole in itself: its end behind our begin.
    let mut other = Chain::default();
    for link in chain().links() {
        other
            .add(link.time, link.kind, "somebody else", &link.what, b"")
            .unwrap();
    }
    let other = other.write();
    let others: Vec<&str> = other.split_inclusive('\n').collect();
    let change = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    let hashed = "is not what was hashed";
    let place = "line 2 is not at its place";
    vec![
        (
            change("block 198.51.100.7/32 in", "block 198.51.100.8/32 in"),
            hashed,
        ),
        (change("\"kind\":\"item\"", "\"kind\":\"act\""), hashed),
        (change("\"bytes\":10", "\"bytes\":11"), hashed),
        (lines[..4].concat(), "line 4 ends with"),
        ([lines[0], lines[2], lines[3], lines[4]].concat(), place),
        (
            [lines[0], lines[2], lines[1], lines[3], lines[4]].concat(),
            place,
        ),
        ([lines[0], lines[0], lines[1]].concat(), place),
        (longer.write(), "line 6 ends with"),
        (
            [&lines[..3], &others[3..]].concat().concat(),
            "line 4 does not follow the one before",
        ),
        (
            change(",\"what\"", ", \"what\""),
            "line 1 is written otherwise",
        ),
        (change("登", "\\u767b"), "line 2 is written otherwise"),
        (change("{\"n\":0", "{\"n\":00"), "line 1"),
        (
            change("\"n\":0", "\"n\":true"),
            "line 1 has a number that is none",
        ),
        (text.trim_end().to_owned(), "has no end"),
        (
            change("\"kind\":\"item\"", "\"kind\":\"item\",\"kind\":\"item\""),
            "line 1 has not the members",
        ),
        ("[]\n".to_owned(), "line 1 "),
        ("{\n".to_owned(), "line 1 "),
        (String::new(), "ends with"),
    ]
}

#[test]
fn acceptance_12_the_chain_is_verified_by_a_separate_program() {
    let test = "acceptance_12_the_chain_is_verified_by_a_separate_program";
    let chain = chain();
    let text = chain.write();
    let head = hex(&chain.head());
    assert_eq!(verify(&text, Some(chain.head())).unwrap(), chain);
    let Some((code, said)) = apart(test, &text, &["--head", &head]) else {
        return;
    };
    assert_eq!((code, said), (0, format!("5 links, head {head}\n")));
    for (text, expected) in spoilt_chains() {
        // A chain that is whole in itself is refused by the head that was told.
        assert!(verify(&text, Some(chain.head())).is_err(), "{expected}");
        let (code, said) = apart(test, &text, &["--head", &head]).unwrap();
        assert_eq!(code, 1, "{expected}: {said}");
        assert!(said.contains(expected), "{expected}: {said}");
        let alone = apart(test, &text, &[]).unwrap().0 == 0;
        assert_eq!(
            alone,
            verify(&text, None).is_ok(),
            "both say the same: {expected}"
        );
    }
}

#[test]
fn items_are_those_that_came_in() {
    let test = "items_are_those_that_came_in";
    let chain = chain();
    assert_eq!(chain.holds(1, b"bytes of 1"), Ok(()));
    assert_eq!(chain.holds(1, b"bytes of 2"), Err(ChainError::Bytes(1)));
    assert_eq!(chain.holds(5, b""), Err(ChainError::Bytes(5)));
    let folder = tempfile::tempdir().unwrap();
    for link in chain.links() {
        let bytes = format!("bytes of {}", link.n);
        std::fs::write(folder.path().join(hex(&link.sha256)), bytes).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "no item").unwrap();
    let items = folder.path().to_str().unwrap();
    let Some((code, _)) = apart(test, &chain.write(), &["--items", items]) else {
        return;
    };
    assert_eq!(code, 0);
    let one = folder.path().join(hex(&chain.links()[0].sha256));
    std::fs::write(one, "other bytes").unwrap();
    let (code, said) = apart(test, &chain.write(), &["--items", items]).unwrap();
    assert!(code == 1 && said.contains("is not what came in"), "{said}");
}

#[test]
fn a_link_that_cannot_be_is_not_added() {
    let mut chain = chain();
    let before = chain.clone();
    let long = "x".repeat(1025);
    for (who, what, expected) in [
        ("", "a", ChainError::Text("who")),
        ("a", "two\nlines", ChainError::Text("what")),
        ("a", "\u{85}", ChainError::Text("what")),
        ("a\u{2028}", "b", ChainError::Text("who")),
        ("a", &long, ChainError::Text("what")),
    ] {
        let added = chain
            .add(BEGIN.plus(600), Kind::Act, who, what, b"")
            .map(|_| ());
        assert_eq!(added, Err(expected));
    }
    let early = chain.add(BEGIN, Kind::Act, "a", "b", b"").map(|_| ());
    assert!(matches!(early, Err(ChainError::Backwards { .. })));
    assert_eq!(chain, before);
    assert_eq!(Chain::default().head(), START);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_changed_byte_of_a_chain_is_taken(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let text = chain().write();
        let mut bytes = text.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(verify(&changed, None).is_err(), "{} {}", at, bit);
        }
    }

    #[test]
    fn a_chain_reads_back_and_no_text_makes_the_reader_fall(
        links in proptest::collection::vec(("[^\\p{C}]{1,40}", "[^\\p{C}]{1,40}", any::<bool>(), proptest::collection::vec(any::<u8>(), 0..20)), 0..8),
        text in ".{0,200}",
    ) {
        let mut made = Chain::default();
        for (who, what, item, bytes) in &links {
            let kind = if *item { Kind::Item } else { Kind::Act };
            made.add(BEGIN, kind, who, what, bytes).ok();
        }
        prop_assert_eq!(verify(&made.write(), Some(made.head())).unwrap(), made);
        let line = format!("{text}\n");
        prop_assert!(verify(&line, None).is_err());
    }
}

fn effect() -> Effect {
    let judged = |target: &str, verdict: Verdict, reason: &str| Judgement {
        target: target.to_owned(),
        verdict,
        not_in_force: vec![],
        moved: vec![],
        reasons: vec![reason.to_owned()],
    };
    let mut moved = judged("2001:db8::7/128", Verdict::Displaced, "the same victims");
    moved.moved.push(Moved {
        endpoint: "2001:db8::8".to_owned(),
        first: BEGIN,
        of: 10,
        victims: 9,
    });
    Effect {
        at: BEGIN.plus(600),
        judged: vec![
            judged(
                "198.51.100.7/32",
                Verdict::Effective,
                "0 of 100 are left by sensor",
            ),
            moved,
            judged(
                "*.bad.example",
                Verdict::Partly,
                "1 of 2 are left by resolver",
            ),
            judged(
                "198.51.100.64/26",
                Verdict::Unknown,
                "no sensor of s-01 counts",
            ),
            judged("process:42:99:00", Verdict::None, "not in force at host-1"),
        ],
    }
}

fn graph() -> Value {
    let measure = Measure {
        id: [7; 32],
        name: "Measure 3",
        purpose: "stop of a command server",
        office: "office",
        begin: BEGIN,
        end: Some(BEGIN.plus(86_400)),
    };
    export(&measure, &chain(), Some(&effect()))
}

/// The validator in its version; none where it cannot be installed.
fn validator(test: &str) -> Option<PathBuf> {
    let python = program(test, "python3")?;
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("case-utils-0.18.0");
    std::fs::create_dir_all(&home).unwrap();
    let own = home.join("bin/case_validate");
    let works =
        |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let speaks =
        || works(Command::new(home.join("bin/python3")).args(["-c", "import case_utils, pyshacl"]));
    let install = || {
        let made = works(Command::new(python).args(["-m", "venv"]).arg(&home));
        made && works(
            Command::new(home.join("bin/python3")).args(["-m", "pip", "install", "-q", CASE_UTILS]),
        )
    };
    if !speaks() && !install() {
        skip(test, "pip could not install case-utils");
        return None;
    }
    Some(own)
}

#[test]
fn acceptance_12_the_case_export_passes_case_validate() {
    let test = "acceptance_12_the_case_export_passes_case_validate";
    let Some(validate) = validator(test) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let judged = |name: &str, graph: &Value| {
        let path = folder.path().join(format!("{name}.json"));
        std::fs::write(&path, graph.to_string()).unwrap();
        let output = Command::new(&validate)
            .args(["--built-version", ONTOLOGY])
            .arg(&path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let more = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said + &more)
    };
    let good = graph();
    let (passed, said) = judged("good", &good);
    assert!(passed && said.contains("Conforms: True"), "{said}");
    // Spoilt ones, so that a validator that takes everything is seen.
    let spoilt = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut graph = good.clone();
        change(graph["@graph"].as_array_mut().unwrap());
        graph
    };
    let find = |graph: &mut Vec<Value>, kind: &str| -> usize {
        graph.iter().position(|node| node["@type"] == kind).unwrap()
    };
    for (name, graph) in [
        (
            "no-time",
            spoilt(&|graph| {
                let at = find(graph, "case-investigation:InvestigativeAction");
                graph[at]["uco-action:startTime"] =
                    json!({"@type": "xsd:string", "@value": "yesterday"});
            }),
        ),
        (
            "two-hash-values",
            spoilt(&|graph| {
                let at = find(graph, "uco-observable:ObservableObject");
                graph[at]["uco-core:hasFacet"][0]["uco-observable:hash"][0]
                    .as_object_mut()
                    .unwrap()
                    .remove("uco-types:hashValue");
            }),
        ),
        (
            "performer-is-a-text",
            spoilt(&|graph| {
                let at = find(graph, "case-investigation:InvestigativeAction");
                graph[at]["uco-action:performer"] = json!("somebody");
            }),
        ),
        (
            "no-such-word",
            spoilt(&|graph| {
                let at = find(graph, "case-investigation:ProvenanceRecord");
                graph[at]["case-investigation:exhibitNumbr"] = json!("1");
            }),
        ),
    ] {
        let (passed, said) = judged(name, &graph);
        assert!(!passed, "{name}: {said}");
    }
    println!(
        "{CASE_UTILS}, {ONTOLOGY}: {} nodes",
        good["@graph"].as_array().unwrap().len()
    );
}

#[test]
fn the_graph_has_every_link_and_target_and_no_bytes() {
    let (first, again) = (graph(), graph());
    assert_eq!(first, again, "the same ids each time");
    let nodes = first["@graph"].as_array().unwrap();
    let of = |kind: &str| nodes.iter().filter(|node| node["@type"] == kind).count();
    assert_eq!(of("case-investigation:ProvenanceRecord"), 2);
    assert_eq!(of("case-investigation:InvestigativeAction"), 6);
    assert_eq!(of("uco-observable:IPv4Address"), 1);
    assert_eq!(of("uco-observable:IPv6Address"), 1);
    assert_eq!(of("uco-observable:DomainName"), 1);
    let text = first.to_string();
    for link in chain().links() {
        assert!(text.contains(&hex(&link.sha256)));
    }
    assert!(!text.contains("bytes of 0") && text.contains(&hex(&chain().head())));
    // Every id that is pointed at is there, each once.
    let mut ids: Vec<&str> = nodes
        .iter()
        .map(|node| node["@id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all);
    for node in nodes {
        for (name, value) in node.as_object().unwrap() {
            for pointed in value
                .as_array()
                .map_or(std::slice::from_ref(value), Vec::as_slice)
            {
                let Some(id) = pointed["@id"]
                    .as_str()
                    .filter(|_| pointed.as_object().unwrap().len() == 1)
                else {
                    continue;
                };
                assert!(ids.binary_search(&id).is_ok(), "{name}: {id}");
            }
        }
    }
}
