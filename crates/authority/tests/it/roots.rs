//! Rotation of the trust root: k of the old and k of the new, and nothing that goes round it.

use crate::{changed, check, run};
use sakimori_authority::gate::{SensorState, trust};
use sakimori_authority::root::{TrustRoot, TrustRootError};
use sakimori_authority::{Refusal, text_hash};
use sakimori_custody::ids::hex;
use sakimori_testkit::folder::{Part, Plan, signer};
use sakimori_tlog::key::{KeyKind, NoteSigner};
use sakimori_tlog::note::Note;

/// A root's text, signed by some.
fn signed(text: &str, who: &[&str]) -> Vec<u8> {
    let signers: Vec<NoteSigner> = who.iter().map(|who| signer(who)).collect();
    let signers: Vec<&NoteSigner> = signers.iter().collect();
    Note::sign(text, &signers, 0).unwrap().to_bytes()
}

fn first() -> (TrustRoot, String) {
    let bytes = Plan::default().build().folder.trust_root;
    let text = Note::parse(&bytes).unwrap().text().to_owned();
    (TrustRoot::open(&bytes).unwrap(), text)
}

/// The text of the version after `text`, with more changes.
fn next(text: &str, version: u64, changes: &[(&str, &str)]) -> String {
    let hash = format!("previous: sha256:{}\n", hex(&text_hash(text)));
    let before = text.lines().last().unwrap();
    let mut next = text
        .replace(
            &format!("version: {}\n", version - 1),
            &format!("version: {version}\n"),
        )
        .replace(&format!("{before}\n"), &hash);
    for (from, to) in changes {
        assert!(next.contains(from), "{from}");
        next = next.replace(from, to);
    }
    next
}

/// Two members leave, two strangers come: whose keys sign for them are `!m4` and `!m5`.
fn other_members() -> Vec<(String, String)> {
    ["m4", "m5"]
        .map(|who| {
            let key = |who: &str| signer(who).verifier().to_string();
            (key(who), key(&format!("!{who}")))
        })
        .to_vec()
}

#[test]
fn a_version_needs_a_majority_of_the_old_and_of_the_new_members_with_chair_or_deputy_among_each() {
    let (root, text) = first();
    let members = other_members();
    let changes: Vec<(&str, &str)> = members
        .iter()
        .map(|(from, to)| (from.as_str(), to.as_str()))
        .collect();
    let second = next(&text, 2, &changes);
    for (who, accepted) in [
        (&["m1", "m2", "m3"][..], true),
        (&["m1", "m3", "m4", "!m4"], true),
        (&["m1", "m2", "m3", "m4", "m5", "!m4", "!m5"], true),
        // Enough of the new, not of the old.
        (&["m1", "m2", "!m4", "!m5"], false),
        // Enough of the old, not of the new.
        (&["m1", "m2", "m4", "m5"], false),
        // Neither chair nor deputy.
        (&["m3", "m4", "m5", "!m4", "!m5"], false),
        // Two of five.
        (&["m1", "m2"], false),
        (&["!m1", "!m2", "!m3"], false),
    ] {
        let verdict = root.succeed(&signed(&second, who));
        assert_eq!(verdict.is_ok(), accepted, "{who:?}: {verdict:?}");
        if let Err(error) = verdict {
            let told = matches!(error, TrustRootError::Unsigned(_) | TrustRootError::Note(_));
            assert!(told, "{who:?}: {error}");
        }
    }
}

#[test]
fn a_chair_who_is_new_does_not_lead_the_old_members() {
    let (root, text) = first();
    // Chair and deputy become members, two members lead: of the old ones alone they led nobody.
    let second = next(
        &text,
        2,
        &[
            ("m1 chair", "m1 member"),
            ("m2 deputy", "m2 member"),
            ("m3 member", "m3 chair"),
            ("m4 member", "m4 deputy"),
        ],
    );
    assert!(root.succeed(&signed(&second, &["m3", "m4", "m5"])).is_err());
    assert!(root.succeed(&signed(&second, &["m1", "m2", "m5"])).is_err());
    assert!(root.succeed(&signed(&second, &["m1", "m3", "m5"])).is_ok());
}

#[test]
fn versions_follow_each_other_one_by_one() {
    let (root, text) = first();
    let all = ["m1", "m2", "m3", "m4", "m5"];
    let second = next(&text, 2, &[]);
    let third = next(&second, 3, &[]);
    let chain = |verdict: Result<TrustRoot, TrustRootError>| {
        matches!(verdict, Err(TrustRootError::Chain { .. }))
    };
    assert!(
        chain(root.succeed(&signed(&third, &all))),
        "one is left out"
    );
    assert!(chain(root.succeed(&signed(&text, &all))), "the same again");
    let fork = next(
        &text.replace("floor: acquisition 2", "floor: acquisition 1"),
        2,
        &[],
    );
    assert!(
        chain(root.succeed(&signed(&fork, &all))),
        "of another first"
    );
    assert!(
        chain(TrustRoot::open(&signed(&second, &all))),
        "as the first"
    );
    let known = root.succeed(&signed(&second, &all)).unwrap();
    let known = known.succeed(&signed(&third, &all)).unwrap();
    assert_eq!(known.version, 3);
    assert!(chain(known.succeed(&signed(&second, &all))), "back");
    // What was accepted and kept is read again without the keys of those who have left.
    let kept = TrustRoot::remembered(&signed(&third, &["m1", "m2", "m3"])).unwrap();
    assert_eq!(kept.hash(), known.hash());
}

#[test]
fn the_gate_keeps_to_the_newest_root_that_it_has_seen() {
    let second = Plan::second_root();
    let remembering =
        |plan: &Plan, root: &[u8]| changed(plan, |s| s.remembered.trust_root = root.to_vec());
    let newest = second.build().folder.trust_root;
    check(vec![
        ("the next version", second.build(), Ok(())),
        (
            "the version that is known",
            remembering(&second, &newest),
            Ok(()),
        ),
        (
            "back to the first",
            remembering(&Plan::default(), &newest),
            Err(Refusal::TrustRootChain),
        ),
        (
            "a second version with a statement of the first",
            Plan::second_root()
                .edit(Part::Statement, "root: 2\n", "root: 1\n")
                .build(),
            Err(Refusal::OtherRoot),
        ),
        (
            "a second version with a schedule of the first",
            Plan::second_root()
                .edit(Part::Schedule, "root: 2\n", "root: 1\n")
                .build(),
            Err(Refusal::ScheduleOtherRoot),
        ),
        (
            "a second version with a lease of the first",
            Plan::second_root()
                .edit(Part::Lease, "root: 2\n", "root: 1\n")
                .build(),
            Err(Refusal::LeaseOtherAuthority),
        ),
    ]);
    let admitted = run(&second.build()).unwrap();
    assert_eq!(
        admitted.state().trust_root.as_deref(),
        Some(newest.as_slice())
    );
}

#[test]
fn a_memory_that_is_damaged_trusts_nobody() {
    let sample = Plan::default().build();
    for known in [&b""[..], b"trust me\n", &sample.folder.statement] {
        let state = SensorState {
            trust_root: Some(known.to_vec()),
            ..crate::state(&sample)
        };
        let trusted = trust(&crate::folder(&sample), &state);
        assert_eq!(trusted.map(|_| ()), Err(Refusal::TrustRootMalformed));
    }
}

#[test]
fn a_trust_root_has_each_line_in_its_place_and_once() {
    let (_, text) = first();
    let all = ["m1", "m2", "m3", "m4", "m5"];
    let lines: Vec<&str> = text.lines().collect();
    let key = |line: &str| line.split(": ").next().unwrap().to_owned();
    let open = |lines: &[&str]| TrustRoot::open(&signed(&(lines.join("\n") + "\n"), &all));
    assert!(open(&lines).is_ok());
    for (at, line) in lines.iter().enumerate() {
        let mut without = lines.clone();
        without.remove(at);
        // Kinds without a floor, offices without officers and sensors without a counter may be; the sample's one counter stands beside its first sensor.
        let may = matches!(
            key(line).as_str(),
            "floor" | "officer" | "counter" | "member"
        ) || line.starts_with("sensor: s-02")
            // Then no checkpoint of any log is good.
            || line.starts_with("policy: log ");
        let verdict = open(&without);
        let lacks = matches!(verdict, Err(TrustRootError::Grammar(_)));
        // A member who has left still signs here, whom nobody asks.
        let lead = line.contains(" chair ") || line.contains(" deputy ");
        assert_eq!(lacks, !may || lead, "without `{line}`");
        let mut twice = lines.clone();
        twice.insert(at, line);
        let verdict = open(&twice);
        assert!(
            matches!(verdict, Err(TrustRootError::Grammar(_))),
            "twice `{line}`"
        );
        let Some(behind) = lines.get(at + 1) else {
            continue;
        };
        let mut swapped = lines.clone();
        swapped.swap(at, at + 1);
        // The order inside a policy is the policy's own grammar.
        if key(line) == "policy" && key(behind) == "policy" {
            continue;
        }
        let same = key(line) == key(behind) && key(line) != "share-holder";
        assert_eq!(
            open(&swapped).is_ok(),
            same,
            "`{line}` and `{behind}` swapped"
        );
    }
}

#[test]
fn every_key_of_one_holder_stands_once() {
    let (_, text) = first();
    let all = ["m1", "m2", "m3", "m4", "m5"];
    let public = |who: &str| signer(who).verifier().public().to_vec();
    let single = [
        "secretariat",
        "lease",
        "office-share",
        "commission-share",
        "office",
        "o1",
        "o2",
        "o3",
        "s-01",
        "s-02",
        "counter-01",
    ];
    for (at, who) in single.iter().enumerate() {
        for other in &single[at + 1..] {
            // The key of the one under the name of the other.
            let shared = signer(&format!("{other}={who}"));
            assert_eq!(shared.verifier().public(), public(who));
            let changed = text.replace(
                &signer(other).verifier().to_string(),
                &shared.verifier().to_string(),
            );
            assert_ne!(changed, text);
            let verdict = TrustRoot::open(&signed(&changed, &all));
            assert!(
                matches!(verdict, Err(TrustRootError::Grammar(_))),
                "{who} and {other}: {verdict:?}"
            );
        }
        for member in all {
            let shared = signer(&format!("{who}={member}"));
            let changed = text.replace(
                &signer(who).verifier().to_string(),
                &shared.verifier().to_string(),
            );
            let verdict = TrustRoot::open(&signed(&changed, &all));
            let of_office = who.starts_with('o') && !who.ends_with("share");
            let told = match verdict {
                Err(TrustRootError::RequesterDecides(_)) => of_office,
                Err(TrustRootError::Grammar(_)) => !of_office,
                _ => false,
            };
            assert!(told, "{who} and {member}");
        }
    }
}

#[test]
fn a_draft_is_held_to_the_grammar_and_a_version_tells_which_keys_it_keeps() {
    let (known, text) = first();
    let drafted = TrustRoot::drafted(&text).unwrap();
    assert_eq!(drafted.hash(), known.hash());
    assert!(matches!(
        TrustRoot::drafted(&text.replace("m1 chair", "m1 member")),
        Err(TrustRootError::Grammar(_))
    ));
    // People, sensors and counters may be others; what processes sign with may not.
    for (who, keeps) in [
        ("m4", true),
        ("o1", true),
        ("s-01", true),
        ("counter-01", true),
        ("secretariat", false),
        ("lease", false),
        ("office-share", false),
        ("commission-share", false),
        ("office", false),
        ("mirror", false),
        ("log", false),
    ] {
        let key = |who: &str| signer(who).verifier().to_string();
        let changed = text.replace(&key(who), &key(&format!("!{who}")));
        assert_ne!(changed, text, "{who}");
        let other = TrustRoot::drafted(&changed).unwrap();
        assert_eq!(other.keeps_keys_of(&known), keeps, "{who}");
    }
}

#[test]
fn a_key_has_the_name_of_its_holder_and_signs_texts() {
    let (_, text) = first();
    let all = ["m1", "m2", "m3", "m4", "m5"];
    assert!(TrustRoot::open(&signed(&text, &all)).is_ok());
    let opened = |ours: &NoteSigner, name: &str, kind| {
        let theirs = NoteSigner::from_seed(name, kind, &[7; 32]).unwrap();
        let (from, to) = (ours.verifier().to_string(), theirs.verifier().to_string());
        assert!(text.contains(&from), "{name}");
        TrustRoot::open(&signed(&text.replace(&from, &to), &all)).is_ok()
    };
    for who in ["secretariat", "o1"] {
        let ours = signer(who);
        let name = ours.verifier().name();
        assert!(opened(&ours, name, KeyKind::Ed25519), "{who}");
        assert!(!opened(&ours, name, KeyKind::Cosigner), "{who}");
        let other = format!("{name}x");
        assert!(!opened(&ours, &other, KeyKind::Ed25519), "{who}");
    }
    let mirror = signer("mirror");
    let name = mirror.verifier().name();
    assert!(opened(&mirror, name, KeyKind::Cosigner));
    assert!(!opened(&mirror, name, KeyKind::Ed25519));
}
