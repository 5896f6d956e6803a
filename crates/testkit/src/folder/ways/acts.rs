//! Ways in which what stands around the statement is wrong. In: nothing. Out: samples. Never: a wrong statement.

use super::super::text::{sha256, trust_root};
use super::super::{BEGIN, HOUR, signer};
use super::{Part, Plan, Way, bad, by_log, changed, edit};
use sakimori_custody::entry::EntryType;
use sakimori_tlog::base64;

pub(super) fn trust_roots() -> Vec<Way> {
    let short = Plan {
        root_signers: vec!["m1", "m2", "m3", "m4"],
        ..Plan::default()
    };
    vec![
        installed(bad("first-trust-root-not-signed-by-all", &short)),
        installed(edit(
            "trust-root-without-a-chair",
            Part::TrustRoot,
            "m1 chair",
            "m1 member",
        )),
        installed(edit(
            "trust-root-with-two-deputies",
            Part::TrustRoot,
            "m3 member",
            "m3 deputy",
        )),
        installed(edit(
            "trust-root-not-yet",
            Part::TrustRoot,
            "2027-04-01T00:00:00Z",
            "2027-04-01T02:00:01Z",
        )),
        installed(edit(
            "trust-root-without-a-quorum",
            Part::TrustRoot,
            "policy: quorum mirror\n",
            "",
        )),
        installed(edit(
            "trust-root-whose-quorum-is-nobody",
            Part::TrustRoot,
            "quorum mirror",
            "quorum none",
        )),
        edit(
            "trust-root-other-than-remembered",
            Part::TrustRoot,
            "floor: acquisition 2",
            "floor: acquisition 1",
        ),
        changed("trust-root-older-than-remembered", |s| {
            s.remembered.trust_root = Plan::second_root().build().folder.trust_root;
            s.remembered.trust_root_version = 2;
        }),
        changed("no-trust-root", |s| s.folder.trust_root.clear()),
    ]
}

/// What the members would read otherwise than a machine that is not strict.
pub(super) fn ambiguous_roots() -> Vec<Way> {
    let line = |name, from, to| installed(edit(name, Part::TrustRoot, from, to));
    let (fifth, fourth) = (signer("m5"), signer("m5=m4"));
    let (fifth, fourth) = (fifth.verifier().to_string(), fourth.verifier().to_string());
    let shared = Plan {
        root_signers: vec!["m1", "m2", "m3", "m4", "m5=m4"],
        statement_signers: vec!["m1", "m4", "m5=m4"],
        ..Plan::default()
    };
    vec![
        installed(bad(
            "trust-root-with-one-key-for-two-members",
            &shared.edit(Part::TrustRoot, &fifth, &fourth),
        )),
        line(
            "trust-root-with-two-floors-of-a-kind",
            "floor: acquisition 2\n",
            "floor: acquisition 2\nfloor: acquisition 5\n",
        ),
        line(
            "trust-root-with-a-floor-behind-two-spaces",
            "floor: disclosure 3\n",
            "floor: disclosure 3\nfloor:  acquisition 5\n",
        ),
        line(
            "trust-root-with-a-sensor-behind-two-spaces",
            "sensor: s-02",
            "sensor:  s-02",
        ),
        line(
            "trust-root-with-a-member-of-no-known-role",
            "m3 member",
            "m3 observer",
        ),
    ]
}

/// Checkpoints that the mirror or the quorum alone stands behind, where the trust root asks for both.
pub(super) fn quorums() -> Vec<Way> {
    let with = |name, quorum: &str, signers: &[&'static str]| {
        let plan = Plan {
            checkpoint_signers: signers.to_vec(),
            ..Plan::default()
        };
        let audit = signer("audit");
        let lines = format!(
            "policy: witness audit {}\npolicy: group both {quorum} mirror audit\npolicy: quorum both\n",
            audit.verifier()
        );
        let plan = plan.edit(Part::TrustRoot, "policy: quorum mirror\n", &lines);
        by_log(installed(bad(name, &plan)))
    };
    vec![
        with(
            "quorum-short-of-the-second-witness",
            "all",
            &["log", "mirror"],
        ),
        with("quorum-met-without-the-mirror", "any", &["log", "audit"]),
    ]
}

pub(super) fn successions() -> Vec<Way> {
    let second = |name, root_signers: &[&'static str]| {
        let root_signers = root_signers.to_vec();
        bad(
            name,
            &Plan {
                root_signers,
                ..Plan::second_root()
            },
        )
    };
    let hash = sha256(&trust_root());
    let previous = Plan::second_root().edit(Part::TrustRoot, &hash, &"0".repeat(64));
    let gap = Plan::second_root().edit(Part::TrustRoot, "commission: commission.example\n", "");
    vec![
        second("trust-root-succeeds-without-a-majority", &["m1", "m3"]),
        second(
            "trust-root-succeeds-without-chair-or-deputy",
            &["m3", "m4", "m5"],
        ),
        second(
            "trust-root-succeeds-by-strangers",
            &["!m1", "!m2", "!m3", "!m4", "!m5"],
        ),
        bad("trust-root-follows-another", &previous),
        bad("trust-root-line-missing", &gap),
    ]
}

/// A trust root that the sensor already has, so that only its own fault is left.
fn installed(mut way: Way) -> Way {
    way.sample.remembered.trust_root = way.sample.folder.trust_root.clone();
    way
}

pub(super) fn leases() -> Vec<Way> {
    let line = |name, from, to| edit(name, Part::Lease, from, to);
    let signed = |name, who| {
        let lease_signers = vec![who];
        bad(
            name,
            &Plan {
                lease_signers,
                ..Plan::default()
            },
        )
    };
    vec![
        changed("no-lease", |s| s.folder.lease.clear()),
        signed("lease-by-the-chair", "m1"),
        signed("lease-by-a-foreign-key", "!lease"),
        line("lease-of-another-sensor", "sensor: s-01", "sensor: s-02"),
        line(
            "lease-of-another-authority",
            "authority: 5a",
            "authority: 5b",
        ),
        changed("lease-of-another-statement", |s| {
            let other = Plan::default().edit(Part::Statement, "keep 90d", "keep 900d");
            s.folder.lease = other.build().folder.lease;
        }),
        line(
            "lease-expired",
            "not-after: 2027-04-01T13:00:00Z",
            "not-after: 2027-04-01T01:59:59Z",
        ),
        line(
            "lease-too-long",
            "not-after: 2027-04-01T13:00:00Z",
            "not-after: 2027-04-02T01:00:01Z",
        ),
        line("lease-before-the-decision", "tree-size: 3", "tree-size: 2"),
        line(
            "lease-beyond-the-checkpoint",
            "tree-size: 3",
            "tree-size: 5",
        ),
        line("lease-of-another-root", "root: 1", "root: 2"),
    ]
}

pub(super) fn decisions() -> Vec<Way> {
    let kind = Plan {
        decision_kind: EntryType::Request,
        ..Plan::default()
    };
    let authority = Plan {
        decision_authority: Some([7; 32]),
        ..Plan::default()
    };
    let other = Plan::default().edit(Part::Statement, "keep 90d", "keep 900d");
    vec![
        bad("decision-of-another-type", &kind),
        bad("decision-of-another-authority", &authority),
        changed("decision-missing", |s| s.folder.decision_entry.clear()),
        changed("decision-changed", |s| {
            flip_last(&mut s.folder.decision_entry);
        }),
        changed("decision-body-missing", |s| s.folder.decision_body.clear()),
        changed("decision-body-changed", |s| {
            flip_last(&mut s.folder.decision_body);
        }),
        changed("decision-body-with-another-salt", |s| {
            if let Some(first) = s.folder.decision_body.first_mut() {
                *first ^= 1;
            }
        }),
        // Signed by everyone, and never entered in the log.
        changed("statement-other-than-decided", |s| {
            let other = other.build();
            s.folder.statement = other.folder.statement;
            s.folder.lease = other.folder.lease;
        }),
        changed("decision-other-than-the-statement", |s| {
            let other = other.build();
            s.folder.decision_entry = other.folder.decision_entry;
            s.folder.decision_body = other.folder.decision_body;
            s.folder.decision_proof = other.folder.decision_proof;
        }),
    ]
}

fn flip_last(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
}

/// Replaces text in the proof, behind every signature.
fn in_proof(name: &'static str, from: &str, to: &str) -> Way {
    changed(name, |s| {
        let text = String::from_utf8_lossy(&s.folder.decision_proof).into_owned();
        assert!(text.contains(from), "`{from}` is not in the proof");
        s.folder.decision_proof = text.replacen(from, to, 1).into_bytes();
    })
}

pub(super) fn proofs() -> Vec<Way> {
    let signed = |name, checkpoint_signers: &[&'static str]| {
        let checkpoint_signers = checkpoint_signers.to_vec();
        bad(
            name,
            &Plan {
                checkpoint_signers,
                ..Plan::default()
            },
        )
    };
    let cosigned = |name, cosigned, now| {
        bad(
            name,
            &Plan {
                now,
                cosigned,
                ..Plan::default()
            },
        )
    };
    let one_more = format!("index 2\n{}\n", base64(&[0; 32]));
    let origin = edit(
        "checkpoint-of-another-log",
        Part::Checkpoint,
        "log.example\n",
        "other.example\n",
    );
    let ways = [
        changed("proof-missing", |s| s.folder.decision_proof.clear()),
        in_proof("proof-of-another-version", "tlog-proof@v1", "tlog-proof@v2"),
        in_proof("proof-of-another-index", "index 2", "index 1"),
        in_proof("proof-with-a-broken-hash", "index 2\n", "index 2\nAAAA\n"),
        in_proof("proof-with-a-hash-too-many", "index 2\n", &one_more),
        changed("proof-short-of-a-hash", |s| {
            let text = String::from_utf8_lossy(&s.folder.decision_proof).into_owned();
            let mut lines: Vec<&str> = text.split('\n').collect();
            lines.remove(2);
            s.folder.decision_proof = lines.join("\n").into_bytes();
        }),
        in_proof("checkpoint-changed", "\n4\n", "\n5\n"),
        signed("checkpoint-without-the-log", &["mirror"]),
        signed("checkpoint-by-a-foreign-log", &["!log", "mirror"]),
        signed("checkpoint-without-the-mirror", &["log"]),
        signed("checkpoint-by-a-foreign-mirror", &["log", "!mirror"]),
        origin,
        // No lease outlives the day of its cosignature, so this one is too long as well.
        cosigned(
            "cosignature-too-old",
            BEGIN - 22 * HOUR - 1,
            BEGIN + 2 * HOUR,
        ),
        cosigned(
            "cosignature-from-the-future",
            BEGIN + 2 * HOUR + 301,
            BEGIN + 2 * HOUR,
        ),
        changed("stale-checkpoint", |s| s.remembered.checkpoint_size = 5),
        changed("split-view", |s| s.remembered.checkpoint_size = 4),
    ];
    ways.map(by_log).to_vec()
}

pub(super) fn starts() -> Vec<Way> {
    let pack_signed = |name, who| {
        let pack_signers = vec![who];
        bad(
            name,
            &Plan {
                pack_signers,
                ..Plan::default()
            },
        )
    };
    vec![
        pack_signed("pack-by-a-foreign-office", "!office"),
        pack_signed("pack-by-a-member", "m1"),
        changed("pack-missing", |s| s.folder.pack.clear()),
        changed("other-pack", |s| s.asked.pack_sha256 = [9; 32]),
        changed("coverage-wider-than-stated", |s| s.asked.coverage.v4 += 1),
        changed("asks-for-an-unknown-sensor", |s| {
            "s-09".clone_into(&mut s.asked.sensor);
        }),
        changed("asks-for-another-listed-sensor", |s| {
            "s-02".clone_into(&mut s.asked.sensor);
        }),
        changed("asks-for-more-directions", |s| {
            s.asked.directions.push("out-out");
        }),
        // A gate may refuse a clock that went back, or go on from the later time: the authority has ended by then.
        changed("clock-behind-what-was-seen", |s| {
            s.remembered.time = BEGIN + 100 * 24 * HOUR;
        }),
        changed("no-statement", |s| s.folder.statement.clear()),
    ]
}
