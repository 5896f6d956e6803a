//! Who stands at the door: strangers in numbers, and a producer who guesses what another one will send.

use crate::world::{Identity, NAME, World, counted, identity, now, pause};
use serde_json::{Value, json};
use std::net::TcpStream;

/// A second producer of the actuator.
fn two(world: &World) -> Identity {
    let other = identity(world.folder.path(), "carrier");
    let producer =
        json!({"name": "carrier", "certificate_sha256": other.sha256, "may": ["command"]});
    world.configure(|config| {
        let producers = config["https"]["producers"].as_array_mut().unwrap();
        producers.push(producer);
    });
    other
}

#[test]
fn strangers_in_numbers_keep_no_producer_out() {
    let mut world = World::ready(|_| {});
    let stranger = identity(world.folder.path(), "stranger");
    let quiet: Vec<TcpStream> = (0..400)
        .map_while(|_| TcpStream::connect(world.address()).ok())
        .collect();
    let mut shaken = Vec::new();
    for _ in 0..80 {
        let Ok(mut stream) = world.connect(&stranger) else {
            continue;
        };
        if stream.conn.complete_io(&mut stream.sock).is_ok() {
            shaken.push(stream);
        }
    }
    let started = counted();
    let deny = world.command("deny", "198.51.100.7", 600);
    assert_eq!(world.post(&deny).0, 200);
    let took = counted() - started;
    println!(
        "a command beside {} idle and {} strange connections: {took} ms",
        quiet.len(),
        shaken.len()
    );
    assert!(quiet.len() > 300 && shaken.len() > 16);
    assert!(took < 4_000, "{took} ms");
    // A producer who holds its own places holds nobody else's.
    let other = two(&world);
    world.end();
    world.start_and_see();
    let mut own = Vec::new();
    for _ in 0..64 {
        let mut stream = world.connect(&other).unwrap();
        if stream.conn.complete_io(&mut stream.sock).is_ok() {
            own.push(stream);
        }
    }
    let started = counted();
    let allow = world.command("allow", "198.51.100.7", 600);
    assert_eq!(world.post(&allow).0, 200);
    assert!(counted() - started < 4_000);
    assert!(world.in_force().is_empty());
}

fn command(id: &str, step: u64, action: &str) -> Value {
    crate::world::command(id, step, action, "198.51.100.7", 600)
}

#[test]
fn a_producer_uses_up_neither_the_numbers_nor_the_steps_of_another_one() {
    let mut world = World::new(|_| {});
    let other = two(&world);
    world.start_and_see();
    assert_eq!(world.approve(&crate::world::plan()).0, 200);
    assert_eq!(world.post(&command("n-1", 1, "deny")).0, 200);
    // The office's next numbers, and the largest step that there is.
    for (id, action) in [("n-2", "deny"), ("n-3", "deny")] {
        let guessed = command(id, 0xffff_ffff, action);
        world.post_as(&other, &guessed);
    }
    let allow = command("n-2", 2, "allow");
    let (status, said) = world.post(&allow);
    assert_eq!(status, 200, "{said}");
    assert!(world.in_force().is_empty());
    // After a restart as before it, and the receipt has the number that the office gave.
    world.kill();
    world.start_and_see();
    let (status, said) = world.post(&command("n-3", 3, "deny"));
    assert_eq!(status, 200, "{said}");
    let note = said.pointer("/results/x-sakimori/receipt").unwrap();
    let receipt = crate::world::receipt(note.as_str().unwrap());
    assert_eq!(
        (receipt.command.as_str(), receipt.actuator.as_str()),
        ("n-3", NAME)
    );
    assert_eq!(world.post(&allow).0, 200, "its answer");
    assert_eq!(world.in_force(), ["198.51.100.7/32"], "{}", now());
    assert_eq!(world.post(&command("n-4", 4, "allow")).0, 200);
    pause(50);
    assert!(world.in_force().is_empty());
}

#[test]
fn an_end_that_found_nothing_holds_off_the_begin_that_was_sent_before_it() {
    let world = World::ready(|_| {});
    assert_eq!(world.post(&command("n-2", 2, "allow")).0, 404);
    // It was on its way for a while.
    assert_eq!(world.post(&command("n-1", 1, "deny")).0, 400);
    assert!(world.in_force().is_empty());
    assert_eq!(world.post(&command("n-3", 3, "deny")).0, 200);
}
