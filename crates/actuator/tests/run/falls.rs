//! Falls at every step, clocks that jump, a platform that is gone: what is in force is what is approved and wanted, once.

use crate::world::{World, begin, counted, now, pause, run_beside, wait};
use sakimori_actuator::journal::{COMPACT_BYTES_MIN, FileDisk, Journal, Line};
use sakimori_actuator::local::Word;
use sakimori_respond::engine::{Deed, Key};
use sakimori_testkit::folder::Plan;
use serde_json::json;
use std::os::unix::process::ExitStatusExt;

/// What the drill has in force is what the actuator wants, each effect begun once.
fn settled(world: &World, expected: &[&str], what: &str) {
    wait(what, 10, || {
        let mut found = world.in_force();
        found.sort();
        found == expected
    });
    // It is told as that at the next look.
    wait(what, 10, || {
        let shown = world.shown();
        let effects = shown["effects"].as_array().unwrap();
        let wanted = effects.iter().filter(|one| one["standing"] == "in-force");
        wanted.count() == expected.len()
    });
}

#[test]
fn acceptance_03_a_kill_at_every_step_of_the_journal_and_of_the_substrate_leaves_what_is_wanted_once()
 {
    let mut falls = 0;
    for at in [
        "record",
        "before-apply",
        "after-apply",
        "before-remove",
        "after-remove",
    ] {
        for number in 1..=12 {
            let mut world = World::ready(|_| {});
            world.end();
            world.configure(|config| {
                config["drill"]["fall"] = json!({"at": at, "number": number});
            });
            world.start();
            let first = world.command("deny", "198.51.100.7", 600);
            let second = world.command("deny", "evil.example", 600);
            let third = world.command("allow", "198.51.100.7", 600);
            let mut fell = false;
            let mut all = vec![first, second, third];
            for command in &all {
                if world.try_post(command).is_none() {
                    fell = true;
                    break;
                }
            }
            wait("the fall, or its answer", 2, || !world.is_up() || !fell);
            world.kill();
            if !fell {
                // Fewer such steps than this: the schedule is over.
                break;
            }
            falls += 1;
            world.configure(|config| {
                config["drill"].as_object_mut().unwrap().remove("fall");
            });
            world.start();
            // The producer asks again; numbers and steps are the same.
            for command in all.drain(..) {
                wait("an answer", 10, || {
                    let (status, said) = world.post(&command);
                    assert!(
                        [200, 202, 503].contains(&status),
                        "{at} {number}: {status} {said}"
                    );
                    status == 200
                });
            }
            settled(&world, &["evil.example"], &format!("{at} {number}"));
            for one in world.drilled() {
                assert!(
                    one.begun <= 1,
                    "{at} {number}: {} begun {} times",
                    one.target,
                    one.begun
                );
            }
        }
    }
    println!("{falls} falls, each followed by a start that came to what was wanted");
    assert!(falls >= 8, "{falls}");
}

#[test]
fn acceptance_04_a_clock_a_day_off_and_lost_contact_end_no_effect_late_or_early() {
    for days in [-1i64, 1] {
        let mut world = World::ready(|_| {});
        let deny = world.command("deny", "198.51.100.7", 6);
        let started = counted();
        assert_eq!(world.post(&deny).0, 200);
        let answered = counted();
        std::fs::write(world.path("clock"), (days * 86_400).to_string()).unwrap();
        wait("the clock is not believed", 5, || {
            world.shown()["clock"] != "sure"
        });
        // Nothing new begins while it is.
        let other = world.command("deny", "198.51.100.8", 60);
        let (status, _) = world.post(&other);
        assert_eq!(status, 503, "{days} d");
        assert_eq!(world.in_force(), ["198.51.100.7/32"], "not early: {days} d");
        // A fall in it: the next start believes it as little.
        world.kill();
        world.start();
        wait("its end", 20, || world.in_force().is_empty());
        let lasted = counted() - started;
        let apply = answered - started;
        println!(
            "clock {days:+} d: an effect of 6 s lasted {lasted} ms, {apply} ms of it until it was there"
        );
        // The system's own timer: its end is a second on the clock, so the first of the six can be a part of one.
        let timer = world.drilled()[0].ends_ms - started;
        assert!(
            (5_000..=6_000 + apply).contains(&timer),
            "{days} d: {timer} ms"
        );
        // It is gone by then, by the timer or by the reconciler at the second itself; what is behind it is how often this looks on a machine that does other things too.
        assert!(lasted >= 4_900, "{days} d: {lasted} ms");
        assert!(lasted <= timer + 2_000, "{days} d: {lasted} ms");
        wait("it is known", 10, || world.shown()["effects"] == json!([]));
        std::fs::write(world.path("clock"), "0").unwrap();
        wait("the clock is believed", 10, || {
            let renewed = world.approve(&crate::world::plan());
            renewed.0 == 200 && world.shown()["clock"] == "sure"
        });
        let again = world.command("deny", "198.51.100.8", 60);
        assert_eq!(world.post(&again).0, 200, "{days} d");
    }
}

#[test]
fn acceptance_04_a_machine_that_starts_anew_has_what_is_wanted_again_and_no_longer() {
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    let until = world.effects().effects[0].until;
    let short = world.command("deny", "evil.example", 3);
    assert_eq!(world.post(&short).0, 200);
    world.kill();
    // Power is gone: the counted clock of the next start is five seconds old, its number is another, and nothing of before is in force.
    let before = counted();
    let off = 5 - i64::try_from(before / 1000).unwrap();
    std::fs::write(world.path("clock"), format!("0 {off}")).unwrap();
    assert!(world.in_force().is_empty() && world.counted() < before);
    pause(3_500);
    world.start();
    settled(&world, &["198.51.100.7/32"], "after the machine's start");
    let left = (until.0 - now()) * 1000;
    for one in world.drilled() {
        if one.target == "evil.example" {
            assert!((one.in_force, one.begun) == (false, 1), "{one:?}");
        } else {
            // Once in each start, and to its end by the clock of the new one.
            assert_eq!(one.begun, 2, "{one:?}");
            assert_eq!(one.until, until.0);
            assert!(one.ends_ms <= world.counted() + left + 1_000, "{one:?}");
        }
    }
    // What is commanded under the new start ends by it.
    let short = world.command("deny", "198.51.100.8", 4);
    assert_eq!(world.post(&short).0, 200);
    wait("its end", 12, || world.in_force() == ["198.51.100.7/32"]);
}

/// More of what nobody needs than a journal keeps.
fn lengthen(world: &World) -> u64 {
    let path = world.path("state/journal");
    let (mut journal, _) = Journal::open(Box::new(FileDisk::at(path.clone()))).unwrap();
    let key = Key {
        measure: [9; 32],
        deed: Deed::Block,
        target: "203.0.113.9/32".to_owned(),
    };
    let line = Line::Before(key, "x".repeat(1 << 12));
    while std::fs::metadata(&path).unwrap().len() <= COMPACT_BYTES_MIN {
        journal.keep(&vec![line.clone(); 256]).unwrap();
    }
    std::fs::metadata(&path).unwrap().len()
}

#[test]
fn acceptance_03_a_kill_while_the_journal_is_written_anew_loses_nothing_of_it() {
    for at in ["before-rewrite", "after-rewrite"] {
        let mut world = World::ready(|_| {});
        let deny = world.command("deny", "198.51.100.7", 600);
        let other = world.command("deny", "evil.example", 600);
        let allow = world.command("allow", "evil.example", 600);
        for command in [&deny, &other, &allow] {
            assert_eq!(world.post(command).0, 200, "{at}");
        }
        world.end();
        let long = lengthen(&world);
        let length = |world: &World| {
            std::fs::metadata(world.path("state/journal"))
                .unwrap()
                .len()
        };
        world.configure(|config| config["drill"]["fall"] = json!({"at": at, "number": 1}));
        // It falls at its first round, before it listens or behind that.
        let mut child = run_beside(&world.path("config.json"));
        wait("the fall", 20, || child.try_wait().unwrap().is_some());
        assert_eq!(child.wait().unwrap().signal(), Some(9), "{at}");
        if at == "before-rewrite" {
            assert!(length(&world) >= long, "{at}");
            // As a fall in the middle of it leaves it.
            std::fs::write(world.path("state/journal.new"), b"sakimori actua").unwrap();
        } else {
            assert!(length(&world) < long / 2, "{at}");
        }
        world.configure(|config| {
            config["drill"].as_object_mut().unwrap().remove("fall");
        });
        world.start();
        settled(&world, &["198.51.100.7/32"], at);
        wait("it is written anew", 10, || length(&world) < long / 2);
        // What was answered is known, and nothing begins twice.
        for command in [&deny, &other, &allow] {
            let (status, said) = world.post(command);
            assert_eq!(status, 200, "{at}: {said}");
        }
        settled(&world, &["198.51.100.7/32"], at);
        assert!(world.drilled().iter().all(|one| one.begun == 1), "{at}");
    }
}

#[test]
fn what_is_in_force_and_nobody_wants_is_taken_back_counted_and_told_once() {
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    let shown = world.shown();
    assert_eq!((&shown["orphans"], &shown["gaps"]), (&json!(0), &json!(0)));
    // Of a measure that nobody approved, as a fall or a hand beside ours leaves it.
    let mut all = world.drilled();
    let mut orphan = all[0].clone();
    orphan.measure = "0f".repeat(32);
    orphan.target = "203.0.113.9/32".to_owned();
    all.push(orphan);
    std::fs::write(world.path("drill.json"), serde_json::to_vec(&all).unwrap()).unwrap();
    wait("it is gone", 10, || world.in_force() == ["198.51.100.7/32"]);
    wait("it is told", 10, || world.shown()["orphans"] == 1);
    let told = |world: &World| {
        let log = world.log();
        let lines = log.lines();
        lines
            .filter(|line| line.contains("nobody wants") && line.contains("203.0.113.9"))
            .count()
    };
    assert_eq!(told(&world), 1, "{}", world.log());
    // What was taken back by a command is none, nor what ended.
    let allow = world.command("allow", "198.51.100.7", 600);
    assert_eq!(world.post(&allow).0, 200);
    let short = world.command("deny", "198.51.100.8", 3);
    assert_eq!(world.post(&short).0, 200);
    wait("its end", 10, || world.shown()["effects"] == json!([]));
    assert_eq!(world.shown()["orphans"], 1);
}

#[test]
fn catalogue_crowdsec_a_control_plane_that_is_gone_flushes_nothing_and_a_gap_is_seen_at_the_next_look()
 {
    // Nobody can call, from the first second after the command on.
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    let short = world.command("deny", "evil.example", 5);
    assert_eq!(world.post(&short).0, 200);
    world.end();
    world.configure(|config| {
        let config = config.as_object_mut().unwrap();
        config.remove("https");
    });
    // Without HTTPS nothing listens: the owner's socket alone tells.
    let mut child = run_beside(&world.path("config.json"));
    wait("the owner's socket", 10, || {
        sakimori_actuator::local::say(&world.path("state/control.sock"), &Word::Show).is_ok()
    });
    assert!(
        world.in_force().contains(&"198.51.100.7/32".to_owned()),
        "flushed early"
    );
    wait("the end of the short one", 12, || {
        world.in_force() == ["198.51.100.7/32"]
    });
    // Enforcement is gone behind the actuator's back: seen, told, put right.
    let mut all = world.drilled();
    for one in &mut all {
        one.in_force = false;
    }
    let started = counted();
    std::fs::write(world.path("drill.json"), serde_json::to_vec(&all).unwrap()).unwrap();
    wait("it is in force again", 6, || {
        world.in_force() == ["198.51.100.7/32"]
    });
    println!(
        "gap to in force again, looks each second: {} ms",
        counted() - started
    );
    let shown = world.shown();
    assert!(shown["gaps"].as_u64().unwrap() >= 1, "{shown}");
    // The kill switch needs no platform.
    assert_eq!(world.word(&Word::Stop).0, 200);
    assert!(world.in_force().is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn orders_that_come_late_twice_or_the_other_way_round_come_to_the_last_one() {
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    let allow = world.command("allow", "198.51.100.7", 600);
    let longer = world.command("deny", "198.51.100.7", 900);
    // The last one first.
    assert_eq!(world.post(&longer).0, 200);
    for _ in 0..2 {
        assert_eq!(world.post(&allow).0, 400);
        assert_eq!(world.post(&deny).0, 400);
        assert_eq!(world.post(&longer).0, 200);
    }
    assert_eq!(world.in_force(), ["198.51.100.7/32"]);
    assert_eq!(world.drilled()[0].begun, 1);
}

#[test]
fn a_stored_approval_that_was_damaged_is_no_proof_and_ends_what_rested_on_it() {
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    world.kill();
    let stored = world.path(&format!("state/approvals/{}.json", "5a".repeat(16)));
    let text = std::fs::read_to_string(&stored).unwrap();
    std::fs::write(
        &stored,
        text.replace("\"pack.note\":\"c2", "\"pack.note\":\"c3"),
    )
    .unwrap();
    world.start();
    wait("its end", 5, || world.in_force().is_empty());
    let again = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&again).0, 403);
    // The office brings it again.
    assert_eq!(
        world
            .approve(&Plan::measure(&crate::world::measure()).at(begin()))
            .0,
        200
    );
    let again = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&again).0, 200, "{}", now());
}

#[test]
fn a_protected_target_refuses_the_approval_and_a_list_that_comes_later_ends_the_effect() {
    let mut world = World::ready(|_| {});
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    std::fs::write(world.path("own-list"), "never 198.51.100.0/29\n").unwrap();
    wait("the list is read", 5, || world.in_force().is_empty());
    let again = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&again).0, 403);
    let (status, body) = world.approve(&crate::world::plan());
    assert_eq!(status, 403, "{body}");
    assert!(
        body["detail"].as_str().unwrap().contains("protected"),
        "{body}"
    );
    std::fs::write(world.path("own-list"), "# nothing\n").unwrap();
    wait("it goes on", 5, || {
        let again = world.command("deny", "198.51.100.8", 600);
        world.post(&again).0 == 200
    });
}
