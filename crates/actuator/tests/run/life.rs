//! A measure's life at an actuator: approved, commanded, seen, taken back; and what does not move it.

use crate::world::{World, begin, counted, files, identity, now, plan, receipt, wait};
use sakimori_actuator::local::Word;
use sakimori_respond::consumer::receipt::Standing;
use sakimori_testkit::folder::{HOUR, Part, Plan};
use serde_json::json;

#[test]
fn an_approved_command_is_in_force_until_its_end_and_proved_by_a_receipt() {
    let mut world = World::ready(|_| {});
    let started = counted();
    let deny = world.command("deny", "198.51.100.7", 4);
    let (status, said) = world.post(&deny);
    assert_eq!(status, 200, "{said}");
    println!("command to effect, drill: {} ms", counted() - started);
    assert_eq!(world.in_force(), ["198.51.100.7/32"]);
    let note = said.pointer("/results/x-sakimori/receipt").unwrap();
    let of_command = receipt(note.as_str().unwrap());
    assert_eq!(of_command.command, "c-1");
    assert_eq!(of_command.effects[0].standing, Standing::InForce);
    let all = world.effects();
    assert_eq!(all.effects.len(), 1);
    assert!(all.serial > of_command.serial);
    // The same again is the same answer, and no second effect.
    let (again, same) = world.post(&deny);
    assert_eq!((again, &same["status"]), (200, &said["status"]));
    assert_eq!(world.drilled()[0].begun, 1);
    wait("its end", 10, || world.in_force().is_empty());
    wait("the engine sees it", 10, || {
        world.shown()["effects"] == json!([])
    });
    assert_eq!(world.drilled()[0].begun, 1);
}

#[test]
fn what_nobody_can_see_any_more_is_not_said_to_be_in_force() {
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    let standing = |world: &World| {
        let effects = world.effects().effects;
        assert_eq!(effects.len(), 1, "{effects:?}");
        effects[0].standing
    };
    assert_eq!(standing(&world), Standing::InForce);
    // The substrate is in force as before, and fails when it is looked at.
    let path = world.path("drill.json");
    let kept = std::fs::read(&path).unwrap();
    std::fs::write(&path, "no JSON").unwrap();
    wait("the look that fails", 10, || {
        standing(&world) == Standing::Unseen
    });
    assert_eq!(world.shown()["effects"][0]["standing"], "unseen");
    // The same command again is answered as before, with a receipt of now.
    let (status, said) = world.post(&deny);
    assert_eq!(status, 200, "{said}");
    let note = said.pointer("/results/x-sakimori/receipt").unwrap();
    let of_command = receipt(note.as_str().unwrap());
    assert_eq!(of_command.effects[0].standing, Standing::Unseen);
    // A start changes nothing of that: what the journal wants was never seen.
    world.kill();
    world.start();
    assert_eq!(standing(&world), Standing::Unseen);
    std::fs::write(&path, &kept).unwrap();
    wait("a look", 10, || standing(&world) == Standing::InForce);
    assert_eq!(world.shown()["gaps"], 0);
    assert_eq!(world.drilled()[0].begun, 1);
}

#[test]
fn what_is_taken_back_is_gone_before_it_is_answered() {
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "evil.example", 600);
    assert_eq!(world.post(&deny).0, 200);
    let started = counted();
    let allow = world.command("allow", "evil.example", 600);
    assert_eq!(world.post(&allow).0, 200);
    println!("take back to gone, drill: {} ms", counted() - started);
    assert_eq!(world.in_force(), [""; 0]);
}

#[test]
fn acceptance_01_what_is_forged_expired_narrower_wider_replayed_or_anothers_moves_nothing() {
    let mut world = World::new(|_| {});
    world.start_and_see();
    let measure = crate::world::measure();
    let other = sakimori_testkit::folder::Measure {
        actuators: vec![(
            "a-02".to_owned(),
            sakimori_testkit::folder::signer("a-02")
                .verifier()
                .to_string(),
        )],
        effects: vec!["block a-02 JP carrier.example 198.51.100.7".to_owned()],
        ..measure.clone()
    };
    let forged = Plan {
        statement_signers: vec!["m1", "!m4", "!m5"],
        ..plan()
    };
    let unsigned = Plan {
        pack_signers: vec!["o1"],
        ..plan()
    };
    let over = sakimori_testkit::folder::Measure {
        lasts: HOUR,
        ..measure.clone()
    };
    let old = Plan::measure(&over).at(begin());
    let narrower = plan().edit(
        Part::Pack,
        "effect: no-answer a-01 JP carrier.example evil.example\n",
        "",
    );
    let refused = [
        ("forged", forged.build()),
        ("not reviewed", unsigned.build()),
        ("expired", old.build()),
        ("another's", Plan::measure(&other).at(begin()).build()),
        ("revoked", plan().and_revoked().build()),
    ];
    for (what, sample) in refused {
        let (status, body) = world.put(&files(&sample));
        assert_eq!(status, 403, "{what}: {body}");
        let deny = world.command("deny", "198.51.100.7", 60);
        assert_eq!(world.post(&deny).0, 403, "{what}");
        assert!(world.in_force().is_empty(), "{what}");
    }
    // The revocation was seen and is not forgotten: the approval without its ruling does not come back.
    let (status, body) = world.approve(&plan());
    assert_eq!((status, &body["refused"]), (403, &json!("revoked")));
    // Another machine, on which nothing was revoked: the statement's count holds the measure's text.
    let mut world = World::new(|_| {});
    world.start_and_see();
    let (status, body) = world.put(&files(&narrower.build()));
    assert_eq!(status, 403, "narrower: {body}");
    // The right one, and commands that are wider, narrower, replayed or late.
    assert_eq!(world.approve(&plan()).0, 200);
    let wider = world.command("deny", "198.51.100.0/24", 60);
    assert_eq!(world.post(&wider).0, 403);
    let beyond = world.command("deny", "203.0.113.9", 60);
    assert_eq!(world.post(&beyond).0, 403);
    let too_long = world.command("deny", "198.51.100.7", 30 * 3600);
    assert_eq!(world.post(&too_long).0, 403);
    let protected = world.command("deny", "192.0.2.1", 60);
    assert_eq!(world.post(&protected).0, 403);
    assert!(world.in_force().is_empty());
    let good = world.command("deny", "198.51.100.7", 60);
    assert_eq!(world.post(&good).0, 200);
    let allow = world.command("allow", "198.51.100.7", 60);
    assert_eq!(world.post(&allow).0, 200);
    // Replayed with another number: its step is old.
    let mut replayed = good.clone();
    replayed["command_id"] = json!("c-again");
    assert_eq!(world.post(&replayed).0, 400);
    assert!(world.in_force().is_empty());
}

#[test]
fn catalogue_replayed_command_is_answered_as_before_and_puts_nothing_in_force() {
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    let allow = world.command("allow", "198.51.100.7", 600);
    assert_eq!(world.post(&allow).0, 200);
    for _ in 0..3 {
        // The stored answer, word for word as it was, and nothing that is done anew.
        assert_eq!(world.post(&deny).0, 200);
        assert!(world.in_force().is_empty());
    }
    // After a restart too.
    world.kill();
    world.start_and_see();
    assert_eq!(world.post(&deny).0, 200);
    // A changed command under the same number.
    let mut changed = deny.clone();
    changed["args"]["stop_time"] = json!((now() + 700) * 1000);
    assert_eq!(world.post(&changed).0, 400);
    assert!(world.in_force().is_empty());
    assert_eq!(world.drilled()[0].begun, 1);
}

#[test]
fn a_suspension_ends_what_is_in_force_and_a_revocation_for_good() {
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    // The suspension comes alone.
    let suspended = files(&plan().and_suspended().build());
    let note: Vec<_> = suspended
        .into_iter()
        .filter(|(name, _)| name.starts_with("suspension"))
        .collect();
    assert_eq!(note.len(), 1);
    let (status, body) = world.put(&note);
    assert_eq!(
        (status, &body["refused"]),
        (403, &json!("suspended")),
        "{body}"
    );
    wait("the suspension", 5, || world.in_force().is_empty());
    let deny = world.command("deny", "198.51.100.8", 600);
    assert_eq!(world.post(&deny).0, 403);
    world.kill();
    world.start_and_see();
    let deny = world.command("deny", "198.51.100.8", 600);
    assert_eq!(world.post(&deny).0, 403);

    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    let ruling = files(&plan().and_revoked().build());
    let ruling: Vec<_> = ruling
        .into_iter()
        .filter(|(name, _)| *name == "ruling.note")
        .collect();
    let (status, body) = world.put(&ruling);
    assert_eq!(
        (status, &body["refused"]),
        (403, &json!("revoked")),
        "{body}"
    );
    wait("the revocation", 5, || world.in_force().is_empty());
    world.kill();
    world.start_and_see();
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 403);
}

#[test]
fn the_owner_stops_everything_or_one_measure_and_lets_it_go_on() {
    let mut world = World::ready(|_| {});
    for target in ["198.51.100.7", "198.51.100.8", "evil.example"] {
        let deny = world.command("deny", target, 600);
        assert_eq!(world.post(&deny).0, 200);
    }
    assert_eq!(world.in_force().len(), 3);
    let measure = "3e".repeat(16);
    let started = counted();
    let (status, said) = world.word(&Word::Release {
        measure: measure.clone(),
    });
    println!("release of a measure, drill: {} ms", counted() - started);
    assert_eq!(status, 200, "{said}");
    assert!(world.in_force().is_empty());
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 403);
    let free = Word::Free {
        measure: Some(measure),
    };
    assert_eq!(world.word(&free).0, 200);
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    let started = counted();
    let (status, said) = world.word(&Word::Stop);
    println!("kill switch to release, drill: {} ms", counted() - started);
    assert_eq!(status, 200, "{said}");
    assert!(world.in_force().is_empty());
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 403);
    assert!(world.effects().is_stopped);
    // It is stopped after a fall, and until the owner says otherwise.
    world.kill();
    world.start_and_see();
    assert_eq!(world.shown()["stopped"], true);
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 403);
    assert_eq!(world.word(&Word::Free { measure: None }).0, 200);
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    world.end();
    assert_eq!(
        world.in_force(),
        ["198.51.100.7/32"],
        "its own timer ends it"
    );
}

#[test]
fn a_hold_lets_nothing_new_begin_and_leaves_what_is_in_force_also_after_a_fall() {
    let mut world = World::ready(|_| {});
    let first = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&first).0, 200);
    assert_eq!(world.word(&Word::Hold).0, 200);
    for start in 0..2 {
        assert_eq!(world.shown()["held_off"], true);
        let deny = world.command("deny", "198.51.100.8", 600);
        assert_eq!(world.post(&deny).0, 403, "start {start}");
        let longer = world.command("deny", "198.51.100.7", 700);
        assert_eq!(world.post(&longer).0, 403, "start {start}");
        // What was answered before is answered again.
        assert_eq!(world.post(&first).0, 200, "start {start}");
        assert_eq!(world.in_force(), ["198.51.100.7/32"], "start {start}");
        world.kill();
        world.start_and_see();
    }
    // An approval is taken meanwhile, and what takes back is done.
    assert_eq!(world.approve(&plan()).0, 200);
    let allow = world.command("allow", "198.51.100.7", 600);
    assert_eq!(world.post(&allow).0, 200);
    assert!(world.in_force().is_empty());
    // A stop and its end leave the hold as it is.
    assert_eq!(world.word(&Word::Stop).0, 200);
    assert_eq!(world.word(&Word::Free { measure: None }).0, 200);
    let deny = world.command("deny", "198.51.100.8", 600);
    assert_eq!(world.post(&deny).0, 403);
    assert_eq!(world.word(&Word::FreeHold).0, 200);
    // It is not remembered against the command.
    assert_eq!(world.post(&deny).0, 200);
    assert_eq!(world.in_force(), ["198.51.100.8/32"]);
}

#[test]
fn the_owner_releases_all_of_an_authority_also_what_is_approved_later() {
    for under in [
        format!("statement {}", "5a".repeat(16)),
        "executor e-01".to_owned(),
        "route police".to_owned(),
    ] {
        let mut world = World::ready(|_| {});
        let deny = world.command("deny", "198.51.100.7", 600);
        assert_eq!(world.post(&deny).0, 200);
        let word = |under: &str| Word::ReleaseAll {
            under: under.to_owned(),
        };
        // Another authority's is another's.
        for other in [
            "executor e-02",
            "route defence",
            &format!("statement {}", "5b".repeat(16)),
        ] {
            assert_eq!(world.word(&word(other)).0, 200);
        }
        assert_eq!(world.in_force(), ["198.51.100.7/32"], "{under}");
        let started = counted();
        let (status, said) = world.word(&word(&under));
        println!("release of an authority, drill: {} ms", counted() - started);
        assert_eq!(status, 200, "{said}");
        assert!(world.in_force().is_empty(), "{under}");
        for start in 0..2 {
            let shown = world.shown();
            assert_eq!(shown["released"].as_array().unwrap().len(), 4, "{under}");
            assert_eq!(shown["approvals"][0]["held_by"], json!(["authority"]));
            let deny = world.command("deny", "198.51.100.7", 600);
            assert_eq!(world.post(&deny).0, 403, "{under}: start {start}");
            world.kill();
            world.start_and_see();
        }
        // The release of the measure alone is another one, and stays.
        let measure = "3e".repeat(16);
        let release = Word::Release {
            measure: measure.clone(),
        };
        assert_eq!(world.word(&release).0, 200);
        let free = Word::FreeAll {
            under: under.clone(),
        };
        assert_eq!(world.word(&free).0, 200);
        let deny = world.command("deny", "198.51.100.7", 600);
        assert_eq!(world.post(&deny).0, 403, "{under}");
        let free = Word::Free {
            measure: Some(measure),
        };
        assert_eq!(world.word(&free).0, 200);
        let deny = world.command("deny", "198.51.100.7", 600);
        assert_eq!(world.post(&deny).0, 200, "{under}");
    }
    // Released before its approval came.
    let mut world = World::new(|_| {});
    world.start_and_see();
    let word = |under: &str| Word::ReleaseAll {
        under: under.to_owned(),
    };
    assert_eq!(world.word(&word("executor e-01")).0, 200);
    assert_eq!(world.word(&word("executor")).0, 400);
    assert_eq!(world.approve(&plan()).0, 200);
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 403);
    assert!(world.in_force().is_empty());
}

#[test]
fn the_command_line_has_the_three_levels_of_the_kill_switch() {
    let mut world = World::ready(|_| {});
    let said = |words: &[&str]| {
        let own = std::process::Command::new(env!("CARGO_BIN_EXE_sakimori-actuator"))
            .args(words)
            .arg("--config")
            .arg(world.path("config.json"))
            .output();
        own.unwrap().status.success()
    };
    let measure = "3e".repeat(16);
    for words in [
        &["hold"][..],
        &["free", "--hold"],
        &["release", "--executor", "e-01"],
        &["free", "--executor", "e-01"],
        &["release", "--route", "defence"],
        &["release", "--measure", &measure],
        &["free", "--measure", &measure],
        &["stop"],
        &["free"],
    ] {
        assert!(said(words), "{words:?}");
    }
    for words in [
        &["release"][..],
        &["release", "--route", "sea"],
        &["release", "--route", "police", "--executor", "e-01"],
        &["free", "--hold", "--measure", &measure],
    ] {
        assert!(!said(words), "{words:?}");
    }
    assert_eq!(world.shown()["released"], json!(["route defence"]));
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
}

#[test]
fn strangers_and_those_who_may_not_are_refused() {
    let mut world = World::new(|config| {
        config["https"]["producers"][0]["may"] = json!(["read"]);
    });
    world.start_and_see();
    let deny = world.command("deny", "198.51.100.7", 60);
    assert_eq!(world.post(&deny).0, 403);
    assert_eq!(world.approve(&plan()).0, 403);
    assert!(world.effects().effects.is_empty());
    let stranger = identity(world.folder.path(), "stranger");
    let (status, head, body) = world
        .try_call(
            &stranger,
            "POST",
            "/.well-known/openc2",
            "application/openc2+json",
            "{}",
        )
        .unwrap();
    assert_eq!(status, 401, "{body}");
    assert!(head.contains("x-request-id: r-1"), "{head}");
    assert!(
        head.contains("content-type: application/openc2+json;version=1.0"),
        "{head}"
    );
    assert!(head.contains("\r\ndate: "), "{head}");
    let (status, _, _) = world.call("GET", "/elsewhere", "text/plain", "");
    assert_eq!(status, 404);
}
