//! What takes back wins: over restarts, in every order, beside other approvals, under a newer trust root, on a full disk.

use crate::world::{MEASURE, World, begin, files, measure, plan, wait};
use sakimori_testkit::folder::{Measure, Part, Plan};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

type Files = Vec<(&'static str, Vec<u8>)>;

/// The second approval of the measure: a later text, a statement of its own.
fn second() -> Plan {
    let later = Measure {
        id: MEASURE,
        revision: 2,
        authority: [0x5b; 16],
        ..measure()
    };
    Plan::measure(&later).at(begin())
}

/// With a log that has grown: of two approvals at one actuator the later one has a larger log.
fn grown(plan: Plan, behind: u64) -> Plan {
    Plan { behind, ..plan }
}

/// The files of a plan with these names alone.
fn only(plan: &Plan, names: &str) -> Files {
    let all = files(&plan.build()).into_iter();
    all.filter(|(name, _)| name.starts_with(names)).collect()
}

fn resumed(plan: Plan) -> Plan {
    plan.and_suspended()
        .edit(Part::Suspension, "act: suspend", "act: resume")
        .edit(Part::Suspension, "serial: 1", "serial: 2")
}

/// A command under a revision of the measure.
fn under(world: &mut World, revision: u64, action: &str, target: &str) -> Value {
    let mut command = world.command(action, target, 600);
    command["actuator"]["x-sakimori"]["revision"] = json!(revision);
    command
}

#[test]
fn a_suspended_approval_holds_its_measure_back_beside_another_one_in_every_order_and_over_restarts()
{
    // The first approval, the second, and the suspension of the first.
    for order in ["1 2 s", "1 s 2", "s 2", "2 s"] {
        let mut world = World::new(|_| {});
        world.start_and_see();
        for (behind, what) in (0..).zip(order.split(' ')) {
            let (id, plan, expected) = match what {
                "1" => (0x5a, plan(), 200),
                "2" => (0x5b, second(), 200),
                _ => (0x5a, plan().and_suspended(), 403),
            };
            let (status, body) = world.put_as(id, &files(&grown(plan, behind).build()));
            assert_eq!(status, expected, "{order}: {what}: {body}");
            if what == "2" && !order.starts_with('s') && !order.contains("s 2") {
                let deny = under(&mut world, 2, "deny", "198.51.100.7");
                assert_eq!(world.post(&deny).0, 200, "{order}");
                assert_eq!(world.in_force(), ["198.51.100.7/32"]);
            }
        }
        for start in 0..3 {
            wait("it is taken back", 5, || world.in_force().is_empty());
            let deny = under(&mut world, 2, "deny", "198.51.100.7");
            assert_eq!(world.post(&deny).0, 403, "{order}: start {start}");
            world.kill();
            world.start_and_see();
        }
        // Who suspended it lets it go on; the note comes alone.
        let note = only(&resumed(plan()), "suspension");
        let (_, body) = world.put_as(0x5a, &note);
        let deny = under(&mut world, 2, "deny", "198.51.100.7");
        assert_eq!(world.post(&deny).0, 200, "{order}: {body}");
        world.kill();
        world.start_and_see();
        wait("it goes on", 10, || world.in_force() == ["198.51.100.7/32"]);
    }
}

#[test]
fn a_revoked_approval_stays_so_beside_another_one_and_takes_what_came_before_it_along() {
    for (revoked, goes_on) in [(1, true), (2, false)] {
        let mut world = World::ready(|_| {});
        let (status, body) = world.put_as(0x5b, &files(&grown(second(), 1).build()));
        assert_eq!(status, 200, "{body}");
        let deny = under(&mut world, 2, "deny", "198.51.100.7");
        assert_eq!(world.post(&deny).0, 200);
        let (id, of) = if revoked == 1 {
            (0x5a, plan())
        } else {
            (0x5b, second())
        };
        world.put_as(id, &only(&of.and_revoked(), "ruling"));
        for start in 0..2 {
            wait("what is revoked is taken back", 5, || {
                world.in_force().is_empty() != goes_on
            });
            for (revision, expected) in [(1, 403), (2, if goes_on { 200 } else { 403 })] {
                let deny = under(&mut world, revision, "deny", "198.51.100.8");
                let (status, said) = world.post(&deny);
                assert_eq!(status, expected, "{revoked} {revision} {start}: {said}");
            }
            world.kill();
            world.start_and_see();
        }
    }
}

#[test]
fn an_approval_whose_file_is_damaged_holds_its_measure_back_beside_another_one() {
    let mut world = World::ready(|_| {});
    let (status, body) = world.put_as(0x5b, &files(&grown(second(), 1).build()));
    assert_eq!(status, 200, "{body}");
    let deny = under(&mut world, 2, "deny", "198.51.100.7");
    assert_eq!(world.post(&deny).0, 200);
    world.kill();
    let stored = world.path(&format!("state/approvals/{}.json", "5a".repeat(16)));
    std::fs::write(&stored, "damaged").unwrap();
    world.start_and_see();
    wait("its end", 5, || world.in_force().is_empty());
    let deny = under(&mut world, 2, "deny", "198.51.100.7");
    assert_eq!(world.post(&deny).0, 403);
    let (status, body) = world.put(&files(&grown(plan(), 2).build()));
    assert_eq!(status, 200, "{body}");
    let deny = under(&mut world, 2, "deny", "198.51.100.7");
    assert_eq!(world.post(&deny).0, 200);
}

/// Another measure, approved under a second version of the trust root.
fn under_new_root() -> Plan {
    let other = Measure {
        id: [0x3f; 16],
        authority: [0x5c; 16],
        ..measure()
    };
    let known = plan().build();
    let follows = |note: &[u8]| {
        let note = sakimori_tlog::note::Note::parse(note).unwrap();
        let hash = sakimori_custody::ids::hex(&Sha256::digest(note.text()));
        format!("previous: sha256:{hash}")
    };
    let mut plan = grown(Plan::measure(&other).at(begin()), 1);
    for (part, before) in [
        (Part::TrustRoot, &known.remembered.trust_root),
        (Part::Schedule, &known.folder.schedule),
    ] {
        plan = plan.edit(part, "version: 1\n", "version: 2\n").edit(
            part,
            "previous: none",
            &follows(before),
        );
    }
    for part in [Part::Statement, Part::Lease, Part::Schedule, Part::Pack] {
        plan = plan.edit(part, "root: 1\n", "root: 2\n");
    }
    plan
}

#[test]
fn under_a_newer_trust_root_an_earlier_approval_goes_on_and_is_taken_back_by_either_root() {
    let newer = files(&under_new_root().build());
    let new_root = newer.iter().find(|(name, _)| *name == "trust-root.note");
    let new_root = new_root.unwrap().clone();
    let now = |plan: Plan, part| plan.edit(part, "root: 1\n", "root: 2\n");
    let whole = |plan: &Plan| {
        let mut all = files(&plan.build());
        all.retain(|(name, _)| *name != "trust-root.note");
        all.push(new_root.clone());
        all
    };
    let cases = [
        ("revoked by the root of its time", {
            only(&plan().and_revoked(), "ruling")
        }),
        ("revoked by the newest, in the whole folder", {
            whole(&now(plan().and_revoked(), Part::Ruling))
        }),
        ("revoked by the newest, alone", {
            only(&now(plan().and_revoked(), Part::Ruling), "ruling")
        }),
        (
            "suspended by the root of its time, in a folder with that",
            { files(&plan().and_suspended().build()) },
        ),
        ("suspended by the newest", {
            only(&now(plan().and_suspended(), Part::Suspension), "suspension")
        }),
    ];
    for (what, ends) in cases {
        let mut world = World::ready(|_| {});
        let deny = world.command("deny", "198.51.100.7", 600);
        assert_eq!(world.post(&deny).0, 200);
        let (status, body) = world.put_as(0x5c, &newer);
        assert_eq!(status, 200, "{what}: {body}");
        assert_eq!(world.in_force(), ["198.51.100.7/32"], "{what}: too early");
        let (status, body) = world.put(&ends);
        assert_ne!(status, 200, "{what}: {body}");
        for _ in 0..2 {
            wait(what, 5, || world.in_force().is_empty());
            let deny = world.command("deny", "198.51.100.8", 600);
            assert_eq!(world.post(&deny).0, 403, "{what}");
            world.kill();
            world.start_and_see();
        }
    }
}

#[test]
fn a_newer_trust_root_comes_alone_too() {
    use base64::Engine as _;
    let mut newer = files(&under_new_root().build());
    newer.retain(|(name, _)| *name == "trust-root.note");
    let world = {
        let mut world = World::new(|_| {});
        world.start_and_see();
        world
    };
    let (status, body) = world.put(&newer);
    assert_eq!(status, 403, "it is no approval: {body}");
    let note = base64::engine::general_purpose::STANDARD.encode(&newer[0].1);
    let memory = std::fs::read_to_string(world.path("state/memory.json")).unwrap();
    assert!(memory.contains(&note));
    // From now on the root before it is none.
    let (status, body) = world.approve(&plan());
    assert_eq!(
        (status, &body["refused"]),
        (403, &json!("trust-root-chain")),
        "{body}"
    );
}

#[test]
fn a_full_disk_holds_up_neither_a_suspension_nor_a_revocation_and_both_are_known_after_a_restart() {
    for (name, plan) in [
        ("suspension", plan().and_suspended()),
        ("ruling", plan().and_revoked()),
    ] {
        let mut world = World::ready(|_| {});
        let deny = world.command("deny", "198.51.100.7", 600);
        assert_eq!(world.post(&deny).0, 200);
        world.block("memory.json");
        world.block(&format!("approvals/{}.json", "5a".repeat(16)));
        let (status, body) = world.put(&only(&plan, name));
        assert_eq!(status, 403, "{name}: {body}");
        for start in 0..2 {
            wait(name, 5, || world.in_force().is_empty());
            let deny = world.command("deny", "198.51.100.8", 600);
            assert_eq!(world.post(&deny).0, 403, "{name}: start {start}");
            world.kill();
            world.start_and_see();
        }
        // There is room again: the memory has it, and the room beside it is empty.
        world.unblock("memory.json");
        wait("it is kept", 10, || {
            let memory = std::fs::read_to_string(world.path("state/memory.json")).unwrap();
            let ends = std::fs::read(world.path("state/memory.ends")).unwrap();
            memory.contains(&"5a".repeat(16)) && ends.iter().all(|byte| *byte == 0)
        });
        world.kill();
        world.start_and_see();
        let deny = world.command("deny", "198.51.100.8", 600);
        assert_eq!(world.post(&deny).0, 403, "{name}");
    }
}

#[test]
fn what_takes_back_counts_at_once_where_nothing_at_all_can_be_kept_and_is_asked_for_again() {
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    world.block("memory.json");
    std::fs::remove_file(world.path("state/memory.ends")).unwrap();
    let (status, body) = world.put(&only(&plan().and_revoked(), "ruling"));
    assert_eq!(status, 500, "whoever brought it has to come again: {body}");
    wait("it is taken back all the same", 5, || {
        world.in_force().is_empty()
    });
    let deny = world.command("deny", "198.51.100.8", 600);
    assert_eq!(world.post(&deny).0, 403);
    world.unblock("memory.json");
    let (status, body) = world.put(&only(&plan().and_revoked(), "ruling"));
    assert_eq!(
        (status, &body["refused"]),
        (403, &json!("revoked")),
        "{body}"
    );
    world.kill();
    world.start_and_see();
    let deny = world.command("deny", "198.51.100.8", 600);
    assert_eq!(world.post(&deny).0, 403);
}
