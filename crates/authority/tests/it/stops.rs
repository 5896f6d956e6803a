//! Who may not decide, suspensions, revocations and releases of the software at the gate: each refusal once, beside what is let through.

use crate::{ask, changed, check, folder, run, state};
use sakimori_authority::gate::{Folder, SensorState, Standing, remember, remember_end, trust};
use sakimori_authority::suspension::{By, SuspensionAct};
use sakimori_authority::{Refusal, Statement, TrustRoot};
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_testkit::folder::{Part, Plan, signer};
use sakimori_tlog::key::{KeyKind, NoteSigner};

#[test]
fn who_asks_never_decides() {
    let installed = |plan: &Plan| {
        changed(plan, |s| {
            s.remembered.trust_root = s.folder.trust_root.clone();
        })
    };
    let key = |who: &str| signer(who).verifier().to_string();
    let shared = |from: &str, to: &str| installed(&Plan::default().edit(Part::TrustRoot, from, to));
    let office = Plan {
        pack_signers: vec!["office=m3"],
        schedule_signers: vec!["office=m3", "m1", "m4", "m5"],
        ..Plan::default()
    };
    check(vec![
        (
            "an officer with a member's key",
            shared(&key("o1"), &key("o1=m3")),
            Err(Refusal::RequesterDecides),
        ),
        (
            "the office with a member's key",
            installed(&office.edit(Part::TrustRoot, &key("office"), &key("office=m3"))),
            Err(Refusal::RequesterDecides),
        ),
        (
            "an officer with another officer's key",
            shared(&key("o1"), &key("o1=o2")),
            Err(Refusal::TrustRootMalformed),
        ),
        (
            "a counter with its sensor's key",
            shared(&key("counter-01"), &key("s-01")),
            Err(Refusal::TrustRootMalformed),
        ),
        (
            "a counter beside no sensor",
            shared("counter: s-01", "counter: s-09"),
            Err(Refusal::TrustRootMalformed),
        ),
        (
            "a secretariat under another name",
            shared(&key("secretariat"), &key("m1")),
            Err(Refusal::TrustRootMalformed),
        ),
        (
            "no secretariat",
            shared(&format!("secretariat: {}\n", key("secretariat")), ""),
            Err(Refusal::TrustRootMalformed),
        ),
    ]);
    let named = NoteSigner::from_seed("office.example/m3", KeyKind::Ed25519, &[9; 32]).unwrap();
    let line = format!("officer: m3 requester {}", named.verifier());
    check(vec![(
        "an officer with a member's id",
        shared(&format!("officer: o1 requester {}", key("o1")), &line),
        Err(Refusal::RequesterDecides),
    )]);
}

fn suspended(at: usize, who: &'static str) -> Plan {
    Plan {
        suspension: Some((at, vec![who])),
        ..Plan::default()
    }
}

#[test]
fn a_suspension_stops_whoever_of_the_three_wrote_it() {
    use Refusal::{Suspended, SuspensionMalformed, SuspensionUnsigned};
    let by = |at, who| suspended(at, who).build();
    let party = |who| Plan {
        suspension: Some((2, vec![who])),
        ..Plan::agreement()
    };
    let line = |from, to| Plan::suspended().edit(Part::Suspension, from, to).build();
    check(vec![
        ("by the chair", by(0, "m1"), Err(Suspended)),
        ("by the deputy", by(0, "m2"), Err(Suspended)),
        ("by a member", by(0, "m3"), Err(SuspensionUnsigned)),
        ("by the office", by(1, "office"), Err(Suspended)),
        ("by an officer", by(1, "o1"), Err(SuspensionUnsigned)),
        ("by the party", party("suspend").build(), Err(Suspended)),
        (
            "by the party's other key",
            party("party").build(),
            Err(SuspensionUnsigned),
        ),
        (
            "by a party of what is no agreement",
            by(2, "suspend"),
            Err(SuspensionUnsigned),
        ),
        ("resumed", line("act: suspend", "act: resume"), Ok(())),
        (
            "of another authority",
            line("authority: 5a", "authority: 5b"),
            Err(SuspensionMalformed),
        ),
        (
            "in another's file",
            changed(&Plan::suspended(), |s| s.folder.suspensions.rotate_right(1)),
            Err(SuspensionMalformed),
        ),
        (
            "of no act",
            line("act: suspend", "act: stop"),
            Err(SuspensionMalformed),
        ),
        (
            "of serial zero",
            line("serial: 1", "serial: 0"),
            Err(SuspensionMalformed),
        ),
        (
            "for another trust root",
            line("root: 1", "root: 2"),
            Err(SuspensionUnsigned),
        ),
        (
            "for a reason that is too long",
            line("a doubt", &"x".repeat(513)),
            Err(SuspensionMalformed),
        ),
        (
            "that is no note",
            changed(&Plan::suspended(), |s| {
                s.folder.suspensions[1] = b"stop\n".to_vec();
            }),
            Err(SuspensionMalformed),
        ),
    ]);
}

#[test]
fn a_suspension_that_was_seen_is_not_forgotten_and_an_older_note_does_not_revive() {
    let resumed = |serial: u64| {
        Plan::suspended()
            .edit(Part::Suspension, "act: suspend", "act: resume")
            .edit(Part::Suspension, "serial: 1", &format!("serial: {serial}"))
    };
    let seen = |plan: &Plan, seen: (usize, u64, bool)| {
        changed(plan, |s| s.remembered.suspensions.push(seen))
    };
    let suspended = Err(Refusal::Suspended);
    check(vec![
        (
            "its file was taken away",
            seen(&Plan::default(), (0, 3, true)),
            suspended,
        ),
        (
            "resumed with a smaller serial",
            seen(&resumed(2), (0, 3, true)),
            suspended,
        ),
        (
            "resumed with the same serial",
            seen(&resumed(3), (0, 3, true)),
            suspended,
        ),
        (
            "resumed with a larger serial",
            seen(&resumed(4), (0, 3, true)),
            Ok(()),
        ),
        (
            "resumed with a serial behind the next",
            seen(&resumed(5), (0, 3, true)),
            suspended,
        ),
        (
            "resumed with the largest serial",
            seen(&resumed(1_000_000_000), (0, 3, true)),
            suspended,
        ),
        (
            "resumed with no serial that there is",
            seen(&resumed(1_000_000_001), (0, 3, true)),
            Err(Refusal::SuspensionMalformed),
        ),
        (
            "resumed by another",
            seen(&resumed(4), (1, 3, true)),
            suspended,
        ),
        (
            "suspended again with a smaller serial",
            seen(&Plan::suspended(), (0, 2, false)),
            Ok(()),
        ),
        (
            "suspended with the serial that let it go on",
            seen(&Plan::suspended(), (0, 1, false)),
            suspended,
        ),
    ]);
}

#[test]
fn a_suspension_that_the_gate_refused_is_remembered_all_the_same() {
    let sample = Plan::suspended().build();
    let trusted = trust(&folder(&sample), &state(&sample)).unwrap();
    let kept = remember(
        &trusted,
        &folder(&sample),
        &state(&sample),
        ask(&sample).now,
    );
    assert!(kept.is_suspended(AuthorityId([0x5a; 16])));
    assert_eq!(kept.standings.len(), 1);
    assert_eq!(kept.time, state(&sample).time);
}

#[test]
fn a_memory_of_suspensions_has_a_bound_and_keeps_the_newest() {
    let mut state = SensorState::default();
    let standing = |n: u64| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&n.to_be_bytes());
        Standing {
            authority: AuthorityId(id),
            by: By::Office,
            serial: 1,
            act: SuspensionAct::Suspend,
        }
    };
    for n in 0..4000 {
        state.note_standing(standing(n));
        state.note_revoked(standing(n).authority);
    }
    let most = sakimori_authority::limits::STANDINGS_MAX;
    assert_eq!((state.standings.len(), state.revoked.len()), (most, most));
    assert!(state.is_suspended(standing(3999).authority));
    assert!(!state.is_suspended(standing(0).authority));
}

#[test]
fn a_revoked_authority_never_comes_back() {
    use Refusal::{Revoked, RulingMalformed, RulingUnsigned};
    let signed = |who: &[&'static str]| {
        let plan = Plan {
            ruling_signers: who.to_vec(),
            ..Plan::default()
        };
        plan.build()
    };
    let line = |from, to| Plan::revoked().edit(Part::Ruling, from, to).build();
    check(vec![
        ("by a sitting", Plan::revoked().build(), Err(Revoked)),
        (
            "and its file was taken away",
            changed(&Plan::default(), |s| s.remembered.revoked = true),
            Err(Revoked),
        ),
        (
            "without a signature",
            signed(&["m1", "m4"]),
            Err(RulingUnsigned),
        ),
        (
            "by strangers",
            signed(&["!m1", "!m4", "!m5"]),
            Err(RulingUnsigned),
        ),
        (
            "against the votes",
            line("for: m1 m5\nagainst: m4", "for: m5\nagainst: m1 m4"),
            Err(RulingUnsigned),
        ),
        (
            "for another trust root",
            line("root: 1", "root: 2"),
            Err(RulingUnsigned),
        ),
        (
            "of another authority",
            line("authority 5a", "authority 5b"),
            Err(RulingMalformed),
        ),
        (
            "with the floor of another kind",
            line("kind: acquisition", "kind: agreement"),
            Err(RulingMalformed),
        ),
        (
            "of a request",
            line(
                &format!("authority {}", "5a".repeat(16)),
                &format!("request {}", "5a".repeat(32)),
            ),
            Err(RulingMalformed),
        ),
        (
            "as an urgent act, which it is not",
            line(
                &format!("authority {}\noutcome: revoked", "5a".repeat(16)),
                &format!("urgent {}\noutcome: refused", "5a".repeat(16)),
            ),
            Err(RulingMalformed),
        ),
    ]);
}

#[test]
fn a_ruling_ends_an_urgent_act_or_ratifies_it() {
    let urgent = |outcome: &str| {
        let plan = Plan {
            ruling_signers: vec!["m1", "m4", "m5"],
            ..Plan::urgent()
        };
        let about = format!("urgent {}\noutcome: {outcome}", "5a".repeat(16));
        let from = format!("authority {}\noutcome: revoked", "5a".repeat(16));
        plan.edit(Part::Ruling, &from, &about)
    };
    let floor = urgent("ratified").edit(
        Part::Schedule,
        "floor.acquisition = 2",
        "floor.acquisition = 3",
    );
    check(vec![
        (
            "an urgent act that is refused",
            urgent("refused").build(),
            Err(Refusal::Revoked),
        ),
        (
            "an urgent act that is ratified",
            urgent("ratified").build(),
            Ok(()),
        ),
        (
            "a ratification below the schedule's floor",
            // The schedule itself is decided by the trust root's floor.
            floor.build(),
            Err(Refusal::FloorBelowSchedule),
        ),
    ]);
}

#[test]
fn row_18_only_the_program_that_was_released_runs() {
    use Refusal::{
        SoftwareMalformed, SoftwareMissing, SoftwareNotYet, SoftwareUnlogged, SoftwareUnsigned,
    };
    let signed = |who: &[&'static str]| {
        let plan = Plan {
            software_signers: who.to_vec(),
            ..Plan::default()
        };
        plan.build()
    };
    let line = |from, to| Plan::released().edit(Part::Software, from, to).build();
    check(vec![
        ("released", Plan::released().build(), Ok(())),
        ("released with the chair", signed(&["office", "m1"]), Ok(())),
        (
            "without the office",
            signed(&["m1", "m2"]),
            Err(SoftwareUnsigned),
        ),
        (
            "without chair and deputy",
            signed(&["office", "m3"]),
            Err(SoftwareUnsigned),
        ),
        (
            "for another trust root",
            line("root: 1", "root: 2"),
            Err(SoftwareUnsigned),
        ),
        (
            "without a hash",
            line("sha256: 50", "sha256: 5"),
            Err(SoftwareMalformed),
        ),
        (
            "not begun",
            line("2027-04-01T00:00:00Z", "2027-04-01T02:00:01Z"),
            Err(SoftwareNotYet),
        ),
        (
            "another program",
            line("sha256: 50", "sha256: 51"),
            Err(SoftwareUnlogged),
        ),
        (
            "a program that nobody knows",
            changed(&Plan::released(), |s| s.asked.software = None),
            Err(SoftwareUnlogged),
        ),
        (
            "a release that was taken away",
            changed(&Plan::default(), |s| s.remembered.software = true),
            Err(SoftwareMissing),
        ),
    ]);
    let admitted = run(&Plan::released().build()).unwrap();
    assert_eq!(admitted.software(), Some([0x50; 32]));
    assert!(admitted.state().software);
    assert_eq!(run(&Plan::default().build()).unwrap().software(), None);
}

#[test]
fn what_a_refused_start_showed_is_not_undone_by_putting_the_old_file_back() {
    // A release of the software, whatever else the gate says of its folder.
    let sample = Plan::released().build();
    let trusted = trust(&folder(&sample), &state(&sample)).unwrap();
    let before = SensorState {
        software: false,
        ..state(&sample)
    };
    let shown = ask(&sample).now;
    let kept = |folder: &Folder, now| remember(&trusted, folder, &before, now);
    assert!(kept(&folder(&sample), shown).software);
    let gone = Folder {
        software: None,
        ..folder(&sample)
    };
    assert!(!kept(&gone, shown).software);
    // A root that succeeds: the one before it is not trusted again.
    let newer = Plan::second_root().build();
    let new = trust(&folder(&newer), &state(&newer)).unwrap();
    let minded = remember(&new, &folder(&newer), &state(&newer), ask(&newer).now);
    assert_eq!(minded.trust_root, folder(&newer).trust_root);
    let back = trust(&folder(&Plan::default().build()), &minded);
    assert_eq!(back.unwrap_err(), Refusal::TrustRootChain);
    // What nobody signed, or has not begun, is not kept.
    let forged = Folder {
        software: Some(b"no release".to_vec()),
        ..folder(&sample)
    };
    assert!(!kept(&forged, shown).software);
    assert!(!kept(&folder(&sample), Seconds(0)).software);
}

#[test]
fn an_end_that_the_gate_refused_is_remembered_all_the_same() {
    let sample = Plan::revoked().build();
    let trusted = trust(&folder(&sample), &state(&sample)).unwrap();
    let now = ask(&sample).now;
    let kept = remember(&trusted, &folder(&sample), &state(&sample), now).revoked;
    assert_eq!(kept, [AuthorityId([0x5a; 16])]);
}

/// What an approval's end says of it in memory: whether it is suspended, whether it is revoked. Nothing where the sample's roots or statement are none.
fn ended(plan: &Plan, state: &SensorState) -> Option<(bool, bool)> {
    let under = folder(&Plan::default().build()).trust_root;
    let newest = folder(&Plan::second_root().build()).trust_root;
    let read = |note: Option<Vec<u8>>| TrustRoot::remembered(&note.unwrap_or_default());
    let (under, newest) = (read(under).ok()?, read(newest).ok()?);
    let statement = folder(&Plan::default().build()).statement;
    let (statement, _) = Statement::check(&statement.unwrap_or_default(), &under).ok()?;
    let folder = folder(&plan.build());
    let state = remember_end(&statement, &under, &newest, &folder, state);
    Some((
        state.is_suspended(statement.id),
        state.revoked.contains(&statement.id),
    ))
}

#[test]
fn what_ends_an_approval_counts_by_the_root_of_its_time_and_by_the_newest_one() {
    let none = SensorState::default();
    let later = |plan: Plan, part| plan.edit(part, "root: 1\n", "root: 2\n");
    let resumed = |plan: Plan| {
        plan.edit(Part::Suspension, "act: suspend", "act: resume")
            .edit(Part::Suspension, "serial: 1", "serial: 2")
    };
    let mut suspended = SensorState::default();
    suspended.note_standing(Standing {
        authority: AuthorityId([0x5a; 16]),
        by: By::Commission,
        serial: 1,
        act: SuspensionAct::Suspend,
    });
    let cases = [
        ("nothing", Plan::default(), &none, (false, false)),
        ("revoked then", Plan::revoked(), &none, (false, true)),
        (
            "revoked now",
            later(Plan::revoked(), Part::Ruling),
            &none,
            (false, true),
        ),
        ("suspended then", Plan::suspended(), &none, (true, false)),
        (
            "suspended now",
            later(Plan::suspended(), Part::Suspension),
            &none,
            (true, false),
        ),
        (
            "let go on by the old root",
            resumed(Plan::suspended()),
            &suspended,
            (true, false),
        ),
        (
            "let go on by the newest",
            later(resumed(Plan::suspended()), Part::Suspension),
            &suspended,
            (false, false),
        ),
        (
            "forged",
            Plan {
                ruling_signers: vec!["m1", "!m4", "!m5"],
                ..Plan::default()
            },
            &none,
            (false, false),
        ),
    ];
    for (what, plan, state, expected) in cases {
        assert_eq!(ended(&plan, state), Some(expected), "{what}");
    }
}
