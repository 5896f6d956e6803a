//! Where names lead, with the whole actuator: what leads to something protected does not begin, and what nobody could tell is said.

use crate::world::{World, files, plan, wait};
use serde_json::{Value, json};

/// A drill that looks names up in a file.
fn looking(leads: &Value) -> World {
    let mut world = World::new(|config| config["drill"]["leads"] = json!("leads.json"));
    std::fs::write(world.path("leads.json"), leads.to_string()).unwrap();
    world.start_and_see();
    world
}

fn lead(world: &World, leads: &Value) {
    // Whole at once: the actuator reads it at any time.
    let beside = world.path("leads.new");
    std::fs::write(&beside, leads.to_string()).unwrap();
    std::fs::rename(beside, world.path("leads.json")).unwrap();
}

fn evil(aliases: &[&str], addresses: &[&str], unanswered: Option<&str>) -> Value {
    let mut led = json!({"aliases": aliases, "addresses": addresses});
    if let Some(why) = unanswered {
        led["unanswered"] = json!(why);
    }
    json!({ "evil.example": led })
}

#[test]
fn acceptance_02_a_name_that_leads_to_what_is_protected_does_not_begin() {
    let cases = [
        (evil(&["www.good.example"], &[], None), "www.good.example"),
        (
            evil(&[], &["198.51.100.99", "192.0.2.1"], None),
            "192.0.2.1",
        ),
        // Carried in another address.
        (evil(&[], &["64:ff9b::192.0.2.1"], None), "192.0.2.1"),
        // A part that was not answered hides no other.
        (evil(&[], &["192.0.2.1"], Some("AAAA: silent")), "192.0.2.1"),
    ];
    let mut world = looking(&cases[0].0);
    for (leads, by) in &cases {
        lead(&world, leads);
        let (status, body) = world.put(&files(&plan().build()));
        assert_eq!(status, 200, "{body}");
        let faults = body["faults"].as_array().unwrap();
        assert_eq!(faults.len(), 1, "{body}");
        assert_eq!(faults[0]["target"], "evil.example");
        let why = faults[0]["fault"].as_str().unwrap();
        assert!(why.contains(by) && why.contains("protected"), "{why}");
        let deny = world.command("deny", "evil.example", 600);
        let (status, said) = world.post(&deny);
        assert_eq!(status, 403, "{said}");
        assert!(said.to_string().contains(by), "{said}");
        assert!(world.in_force().is_empty());
        // The others of the measure are not in question.
        let deny = world.command("deny", "198.51.100.7", 600);
        assert_eq!(world.post(&deny).0, 200);
        let allow = world.command("allow", "198.51.100.7", 600);
        assert_eq!(world.post(&allow).0, 200);
    }
    // The name leads elsewhere: the same command comes again, and it was not remembered.
    lead(&world, &evil(&["a.bad.example"], &["203.0.113.5"], None));
    let deny = world.command("deny", "evil.example", 600);
    lead(&world, &cases[0].0);
    assert_eq!(world.post(&deny).0, 403);
    lead(&world, &evil(&["a.bad.example"], &["203.0.113.5"], None));
    assert_eq!(world.post(&deny).0, 200);
    assert_eq!(world.in_force(), ["evil.example"]);
    let effect = &world.shown()["effects"][0];
    assert_eq!(effect["led"]["aliases"], json!(["a.bad.example"]));
    assert_eq!(effect["led"]["addresses"], json!(["203.0.113.5"]));
    // Whoever has the name cannot end the measure by letting it lead to something protected.
    lead(&world, &cases[0].0);
    let shown = world.shown()["time"].clone();
    wait("some looks", 10, || world.shown()["time"] != shown);
    assert_eq!(world.in_force(), ["evil.example"]);
}

#[test]
fn a_look_up_without_an_answer_is_stated_and_one_without_a_resolver_begins_nothing() {
    let silent = evil(
        &[],
        &[],
        Some("127.0.0.1:53: the name's own servers are silent"),
    );
    let mut world = looking(&silent);
    let (status, body) = world.put(&files(&plan().build()));
    assert_eq!((status, &body["faults"]), (200, &json!([])), "{body}");
    assert_eq!(body["rehearsed"], true, "{body}");
    assert_eq!(body["unanswered"][0]["target"], "evil.example", "{body}");
    let deny = world.command("deny", "evil.example", 600);
    assert_eq!(world.post(&deny).0, 200);
    let effect = world.shown()["effects"][0].clone();
    let why = effect["led"]["unanswered"].as_str().unwrap();
    assert!(why.contains("silent"), "{effect}");
    let allow = world.command("allow", "evil.example", 600);
    assert_eq!(world.post(&allow).0, 200);
    // No resolver: neither names nor anything that would have to be looked up begins, and what ends does.
    std::fs::remove_file(world.path("leads.json")).unwrap();
    let deny = world.command("deny", "evil.example", 600);
    let (status, said) = world.post(&deny);
    assert_eq!(status, 503, "{said}");
    assert!(said.to_string().contains("no resolver answers"), "{said}");
    assert!(world.in_force().is_empty());
    let (status, body) = world.put(&files(&plan().build()));
    assert_eq!((status, &body["faults"]), (200, &json!([])), "{body}");
    assert_eq!(body["unanswered"].as_array().unwrap().len(), 4, "{body}");
    lead(&world, &json!({}));
    assert_eq!(world.post(&deny).0, 200);
    assert_eq!(world.in_force(), ["evil.example"]);
}

#[test]
fn what_a_name_led_to_is_held_against_later_lists_and_a_restart_forgets_it_not() {
    let mut world = looking(&evil(&["edge.cdn.example"], &["203.0.113.5"], None));
    assert_eq!(world.approve(&plan()).0, 200);
    let deny = world.command("deny", "evil.example", 600);
    assert_eq!(world.post(&deny).0, 200);
    world.kill();
    lead(&world, &json!({}));
    world.start_and_see();
    assert_eq!(world.in_force(), ["evil.example"]);
    std::fs::write(world.path("own-list"), "never 203.0.113.0/24\n").unwrap();
    wait("the list takes it back", 20, || world.in_force().is_empty());
    let approval = &world.shown()["approvals"][0];
    assert_eq!(approval["held_by"], json!(["lists"]), "{approval}");
}
