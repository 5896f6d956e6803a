//! Protected lists at an actuator: brought by a producer, newer ones alone, in use before the disk has them, and over.

use crate::world::{World, counted, now, pause, plan, wait};
use sakimori_custody::time::Seconds;
use sakimori_respond::safety::Class;
use sakimori_respond::safety::list::Draft;
use sakimori_testkit::folder::signer;
use sakimori_tlog::note::Note;
use serde_json::{Value, json};

/// A bundle that office and chair signed: note and file.
fn built(version: u64, protected: &str, seconds: u64, signers: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let mut draft = Draft::default();
    draft
        .addition("own-systems", Class::Never, protected)
        .unwrap();
    let time = Seconds(now());
    let built = draft.finish(version, time, time.plus(seconds), 1).unwrap();
    let mut note = Note::sign(&built.lists.to_string(), &[], 0).unwrap();
    for who in signers {
        note.add(&signer(who), 0);
    }
    (note.to_bytes(), built.file)
}

fn body((note, file): &(Vec<u8>, Vec<u8>)) -> String {
    use base64::Engine as _;
    let text = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    json!({"note": text(note), "file": text(file)}).to_string()
}

fn put(world: &World, bundle: &(Vec<u8>, Vec<u8>)) -> (u16, Value) {
    let (status, _, text) = world.call("PUT", "/v1/lists", "application/json", &body(bundle));
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn brings(config: &mut Value) {
    config["https"]["producers"][0]["may"] = json!(["command", "approve", "read", "lists"]);
}

const BOTH: [&str; 2] = ["office", "m1"];
const HOUR: u64 = 3_600;

#[test]
fn lists_that_are_brought_hold_back_what_they_protect_and_older_ones_are_not_taken() {
    let mut world = World::ready(brings);
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    // Whoever signed it alone, or changed it, brings nothing.
    let mut damaged = built(5, "198.51.100.7", HOUR, &BOTH);
    damaged.1.extend(b"\n");
    for (what, bundle, status) in [
        (
            "the office alone",
            built(5, "198.51.100.7", HOUR, &["office"]),
            403,
        ),
        (
            "the chair alone",
            built(5, "198.51.100.7", HOUR, &["m1"]),
            403,
        ),
        ("damaged", damaged, 403),
        ("over", built(5, "198.51.100.7", 0, &BOTH), 403),
    ] {
        pause(if what == "over" { 1_100 } else { 0 });
        let (found, said) = put(&world, &bundle);
        assert_eq!(found, status, "{what}: {said}");
        assert_eq!(said["refused"], "lists-refused", "{what}: {said}");
    }
    assert_eq!(world.in_force(), ["198.51.100.7/32"]);
    let (status, _, _) = world.call("PUT", "/v1/lists", "application/json", "{\"note\": \"\"}");
    assert_eq!(status, 400);
    let good = built(5, "198.51.100.7", HOUR, &BOTH);
    let started = counted();
    let (status, said) = put(&world, &good);
    assert_eq!(
        (status, &said["version"], &said["new"]),
        (200, &json!(5), &json!(true))
    );
    assert_eq!(said["held_back"], json!(["3e".repeat(16)]), "{said}");
    wait("it is taken back", 5, || world.in_force().is_empty());
    println!("lists brought to effect gone: {} ms", counted() - started);
    // The same again is no news; an older one is none at all.
    let (status, said) = put(&world, &good);
    assert_eq!((status, &said["new"]), (200, &json!(false)), "{said}");
    let (status, said) = put(&world, &built(4, "203.0.113.1", HOUR, &BOTH));
    assert_eq!((status, &said["version"]), (409, &json!(5)), "{said}");
    let (status, said) = put(&world, &built(5, "203.0.113.1", HOUR, &BOTH));
    assert_eq!(status, 403, "two of one version: {said}");
    // After a restart as before it.
    world.kill();
    world.start_and_see();
    let (status, _, text) = world.call("GET", "/v1/lists", "text/plain", "");
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &shown["version"]), (200, &json!(5)));
    let deny = world.command("deny", "198.51.100.8", 600);
    assert_eq!(world.post(&deny).0, 403, "held back still");
    let (status, said) = put(&world, &built(6, "203.0.113.1", HOUR, &BOTH));
    assert_eq!((status, &said["held_back"]), (200, &json!([])), "{said}");
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
}

#[test]
fn the_owner_says_who_may_bring_lists() {
    let mut world = World::ready(|_| {});
    let bundle = built(5, "198.51.100.7", HOUR, &BOTH);
    assert_eq!(put(&world, &bundle).0, 403);
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    let (status, _, text) = world.call("GET", "/v1/lists", "text/plain", "");
    assert_eq!(status, 200);
    assert!(text.contains("null"), "{text}");
}

#[test]
fn a_full_disk_keeps_no_newer_list_out() {
    let mut world = World::ready(brings);
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    for name in ["lists.newest", "lists.brought", "memory.json"] {
        world.block(name);
    }
    let (status, said) = put(&world, &built(5, "198.51.100.7", HOUR, &BOTH));
    assert_eq!(status, 200, "{said}");
    wait("it is taken back", 5, || world.in_force().is_empty());
    assert!(!world.path("state/lists.brought").exists());
    let (status, _) = put(&world, &built(4, "203.0.113.1", HOUR, &BOTH));
    assert_eq!(status, 409, "what was seen is known without the disk");
    for name in ["lists.newest", "lists.brought", "memory.json"] {
        world.unblock(name);
    }
    wait("the disk has them", 50, || {
        let newest = std::fs::read_to_string(world.path("state/lists.newest"));
        newest.is_ok_and(|text| text.starts_with("5 "))
            && world.path("state/lists.brought").exists()
    });
    world.kill();
    world.start_and_see();
    assert_eq!(world.shown()["lists"], 5);
}

#[test]
fn what_is_gone_is_not_put_in_force_again_while_the_lists_are_over() {
    let mut world = World::new(brings);
    world.start_and_see();
    assert_eq!(put(&world, &built(5, "203.0.113.1", 5, &BOTH)).0, 200);
    assert_eq!(world.approve(&plan()).0, 200);
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    wait("nothing new begins", 15, || {
        let deny = world.command("deny", "198.51.100.8", 600);
        world.post(&deny).0 == 503
    });
    // What is in force goes on.
    pause(1_500);
    assert!(world.in_force().contains(&"198.51.100.7/32".to_owned()));
    std::fs::write(world.path("drill.json"), "[]").unwrap();
    wait("it is seen", 10, || world.shown()["gaps"] != 0);
    pause(2_500);
    assert!(world.in_force().is_empty(), "{}", world.shown());
    // Ends are done without lists, and newer ones let it go on.
    let allow = world.command("allow", "198.51.100.8", 600);
    assert!([200, 404].contains(&world.post(&allow).0));
    assert_eq!(put(&world, &built(6, "203.0.113.1", HOUR, &BOTH)).0, 200);
    wait("it is in force again", 10, || {
        world.in_force().contains(&"198.51.100.7/32".to_owned())
    });
}
