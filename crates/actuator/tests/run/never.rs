//! What is never touched, asked for by commands: objects of the real lists, in whatever form, under an approval that names them. In: the lists of the data. Out: what consumer, engine and lists make of each command, and what the
//! whole actuator answers. Never: a refusal that is somebody else's: without the lists each command would be done.

use crate::world::{MEASURE, NAME, World, begin, command, measure_of, now, plan, wait};
use proptest::prelude::*;
use sakimori_actuator::lists::{Lists, ListsConfig, Protects};
use sakimori_authority::clock::Judged;
use sakimori_authority::measure::family;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;
use sakimori_exchange::warning::WarningList;
use sakimori_respond::consumer::{Heard, Known, hear};
use sakimori_respond::engine::{Act, Allowed, Bounds, Deed, Engine, Event, Intent, Permit};
use sakimori_respond::openc2::{MEDIA_TYPE, Status};
use sakimori_respond::safety::list::{Built, Draft};
use sakimori_respond::safety::{Class, Name, Seen};
use sakimori_testkit::folder::{HOUR, Plan, signer};
use sakimori_tlog::note::Note;
use serde_json::{Value, json};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// The bundle of the real lists with some of ours, an hour long; `None`, with a line that names the test, where there are none.
fn built(test: &str) -> Option<Built> {
    let folder = sakimori_testkit::data(test, "response/safety")?;
    let mut draft = Draft::default();
    for path in sakimori_testkit::files_below(&folder.join("warninglists")) {
        let list = WarningList::read(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        draft.warning_list(name, &list).unwrap();
    }
    let hints = std::fs::read_to_string(folder.join("root.hints")).unwrap();
    draft.root_hints(&hints).unwrap();
    for (name, text) in [
        ("public-resolvers", "8.8.8.8\n9.9.9.9\n*.dns.google\n"),
        (
            "commission-systems",
            "*.commission.example\n*.委員会.example\n",
        ),
        ("owner-carrier", "45.64.0.0/24\n"),
    ] {
        draft.addition(name, Class::Never, text).unwrap();
    }
    let time = Seconds(now());
    Some(draft.finish(7, time, time.plus(HOUR), 1).unwrap())
}

fn note(built: &Built) -> Vec<u8> {
    let mut note = Note::sign(&built.lists.to_string(), &[], 0).unwrap();
    for who in ["office", "m1"] {
        note.add(&signer(who), 0);
    }
    note.to_bytes()
}

/// Prefixes by their first address and bits in the space of mapped addresses, and names, of what is never touched: as the file has them, without the lists' own reader.
fn objects(built: &Built) -> (Vec<(u128, u8)>, Vec<String>) {
    let (mut nets, mut names) = (Vec::new(), Vec::new());
    for line in std::str::from_utf8(&built.file).unwrap().lines() {
        let list: Value = serde_json::from_str(line).unwrap();
        let entries = list["entries"].as_array().into_iter().flatten();
        for entry in entries.filter(|_| list["class"] == "never") {
            let text = entry.as_str().unwrap();
            let Some((address, bits)) = text.split_once('/') else {
                names.push(text.to_owned());
                continue;
            };
            let bits: u8 = bits.parse().unwrap();
            nets.push(match address.parse().unwrap() {
                IpAddr::V4(a) => (0xffff_0000_0000 | u128::from(u32::from(a)), bits + 96),
                IpAddr::V6(a) => (u128::from(a), bits),
            });
        }
    }
    (nets, names)
}

/// A command for a net, or for a name with all below it where it begins with `*.`.
fn asked(text: &str, deed: Deed) -> Value {
    let mut body = command("c-1", 1, "deny", text, 600);
    body["args"]["x-sakimori"] = json!({"deed": deed.name()});
    if body["target"].get("domain_name").is_some() {
        let (name, below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let kind = if name.is_ascii() {
            "domain_name"
        } else {
            "idn_domain_name"
        };
        body["target"] = json!({kind: name});
        body["args"]["x-sakimori"]["below"] = json!(below);
    }
    body
}

/// An engine with an approval of this, leased.
fn engine(allowed: Vec<Allowed>, at: u64) -> Engine {
    let sure = Judged::Sure(Seconds(at));
    let measure = family(AuthorityId(MEASURE));
    let mut engine = Engine::restore(Bounds::default(), 1, []);
    engine.take(Event::Seen(Vec::new()), sure);
    let permit = Permit {
        measure,
        revision: 1,
        not_before: Seconds(at - 10),
        not_after: Seconds(at + HOUR),
        allowed,
        most: 10,
    };
    engine.take(Event::Permit(permit), sure);
    let until = Seconds(at + HOUR);
    engine.take(
        Event::Lease {
            measure,
            revision: 1,
            until,
        },
        sure,
    );
    engine
}

/// What the consumer makes of a command whose measure is approved; nothing where it refuses it itself.
fn heard(body: &Value) -> Option<Intent> {
    let name = NAME.parse().unwrap();
    let at = now();
    let engine = engine(Vec::new(), at);
    let known = Known {
        actuator: &name,
        deeds: Deed::ALL,
        commands_a_minute: 600,
        state: engine.state(),
        now: at * 1000,
    };
    match hear(body.to_string().as_bytes(), MEDIA_TYPE, &known) {
        Heard::Do(wanted) => Some(wanted.intent),
        Heard::Say(reply) => {
            let refused = [Status::BadRequest, Status::NotImplemented];
            assert!(refused.contains(&reply.status().unwrap()), "{body}");
            None
        }
    }
}

/// Whether the engine would do it by an approval that names exactly that.
fn would_begin(intent: Intent) -> bool {
    let at = now();
    let allowed = Allowed {
        deed: intent.key.deed,
        target: intent.key.target.clone(),
    };
    let mut engine = engine(vec![allowed], at);
    let acts = engine.take(Event::Command(intent), Judged::Sure(Seconds(at)));
    acts.iter().any(|act| matches!(act, Act::Apply(..)))
}

/// Whether the lists refuse it, whatever level its measure was approved with.
fn is_refused(lists: &Lists, deed: Deed, target: &str, seen: &Seen) -> bool {
    let hit = |level| {
        let refused = lists.refuse_led(deed, target, seen, level, Seconds(now()));
        matches!(refused, Some(Protects::Hit(_)))
    };
    hit(1) && hit(2)
}

/// The lists as an actuator reads them at its start.
fn taken(built: &Built, folder: &Path) -> Lists {
    let at = |name: &str| folder.join(name);
    std::fs::write(at("note"), note(built)).unwrap();
    std::fs::write(at("file"), &built.file).unwrap();
    let config = ListsConfig {
        note: Some(at("note")),
        file: Some(at("file")),
        own: None,
    };
    let root = plan().build().remembered.trust_root;
    Lists::open(config, at("newest"), &root, false, Seconds(now())).unwrap()
}

fn mask(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0)
}

/// An address inside an object, the object, or a block around it, in whatever it is wrapped.
fn written(inside: u128, bits: u8, (low, up, form): (u128, u8, u8)) -> String {
    let shown = |first: u128, bits: u8| format!("{}/{bits}", Ipv6Addr::from(first & mask(bits)));
    let four = inside >> 32 == 0xffff;
    let carried = inside & 0xffff_ffff;
    match form {
        0 => shown(inside, bits),
        1 => shown(inside, bits.saturating_sub(up)),
        _ if form == 2 || !four => shown(inside, 128),
        3 => Ipv4Addr::from(carried as u32).to_string(),
        4 => shown((0x0064_ff9b << 96) | carried, 128),
        5 => shown((0x2002 << 112) | (carried << 80) | (low & 0xffff), 128),
        6 => shown((0x0064_ff9b_0001 << 80) | carried, 128),
        _ => shown((0xffff_0000 << 32) | carried, 128),
    }
}

#[test]
fn acceptance_02_no_drawn_command_at_a_never_object_is_done_by_an_approval_that_names_it() {
    let test =
        "acceptance_02_no_drawn_command_at_a_never_object_is_done_by_an_approval_that_names_it";
    let Some(built) = built(test) else { return };
    let (nets, names) = objects(&built);
    let folder = tempfile::tempdir().unwrap();
    let lists = taken(&built, folder.path());
    assert!(lists.in_use().is_some());
    let other = "bad.test-host.tokyo";
    assert!(!is_refused(&lists, Deed::NoAnswer, other, &Seen::default()));
    let (asked_for, heard_of) = (Cell::new(0u32), Cell::new(0u32));
    let judge = |text: &str, deed: Deed| {
        asked_for.set(asked_for.get() + 1);
        let Some(intent) = heard(&asked(text, deed)) else {
            return Ok(());
        };
        heard_of.set(heard_of.get() + 1);
        let key = intent.key.clone();
        prop_assert_eq!(key.deed, deed);
        prop_assert!(
            would_begin(intent),
            "{} by {}: another rule refuses it",
            key.target,
            deed
        );
        let refused = is_refused(&lists, deed, &key.target, &Seen::default());
        prop_assert!(refused, "{} of {} by {}", key.target, text, deed);
        Ok(())
    };
    let cases = ProptestConfig {
        cases: 1024,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(cases.clone(), |(
        at in any::<prop::sample::Index>(), low in any::<u128>(), up in 0u8..24, form in 0u8..8, deed in 0usize..3,
    )| {
        let (first, bits) = nets[at.index(nets.len())];
        let inside = first | (low & !mask(bits));
        let text = written(inside, bits, (low, up, form));
        judge(&text, [Deed::Block, Deed::BlackHole, Deed::FlowRule][deed])?;
        // A name that leads there.
        let seen = Seen { aliases: vec![], addresses: vec![Ipv6Addr::from(inside).into()] };
        prop_assert!(is_refused(&lists, Deed::NoAnswer, other, &seen), "{} at {}", other, Ipv6Addr::from(inside));
    });
    proptest!(cases, |(
        at in any::<prop::sample::Index>(), form in 0u8..6, label in "[a-z]{1,8}", deed in 0usize..2,
    )| {
        let entry = &names[at.index(names.len())];
        let (name, below) = entry.strip_prefix("*.").map_or((entry.as_str(), false), |name| (name, true));
        let text = match form {
            0 => name.to_uppercase(),
            1 => format!("{name}."),
            2 => format!("*.{name}"),
            3 if name.contains('.') => format!("*.{}", name.split_once('.').unwrap().1),
            4 if below => format!("{label}.{name}"),
            _ => name.to_owned(),
        };
        judge(&text, [Deed::NoAnswer, Deed::Sinkhole][deed])?;
        let seen = Seen { aliases: vec![Name::parse(name).unwrap()], addresses: vec![] };
        prop_assert!(is_refused(&lists, Deed::Sinkhole, other, &seen), "{} by {}", other, name);
    });
    let (asked_for, heard_of) = (asked_for.get(), heard_of.get());
    println!("{asked_for} commands, {heard_of} of them heard, every one refused by the lists");
    assert!(
        heard_of * 2 > asked_for,
        "most are commands that would be done"
    );
}

#[test]
fn acceptance_02_the_whole_actuator_refuses_each_of_many_never_objects() {
    let test = "acceptance_02_the_whole_actuator_refuses_each_of_many_never_objects";
    let Some(built) = built(test) else { return };
    let (nets, names) = objects(&built);
    // Single addresses, and names below those of the file, from all over it.
    let four = nets.iter().filter(|(first, _)| first >> 32 == 0xffff);
    let four: Vec<_> = four
        .map(|(first, _)| Ipv4Addr::from(*first as u32).to_string())
        .collect();
    let names: Vec<_> = names
        .iter()
        .filter_map(|name| Some(format!("host-7.{}", name.strip_prefix("*.")?)))
        .collect();
    let spread =
        |of: &[String]| -> Vec<String> { (0..8).map(|at| of[at * of.len() / 8].clone()).collect() };
    let blocks = spread(&four).into_iter().map(|one| (Deed::Block, one));
    let silences = spread(&names).into_iter().map(|one| (Deed::NoAnswer, one));
    let mut targets: Vec<(Deed, String)> = blocks.chain(silences).collect();
    targets.sort();
    targets.dedup();
    assert!(targets.len() >= 12, "{targets:?}");
    let effects = targets
        .iter()
        .map(|(deed, target)| (deed.name(), target.as_str()));
    let measure = measure_of(effects);
    let plan = Plan::measure(&measure).at(begin());
    let mut world = World::new(|config| {
        config["https"]["producers"][0]["may"] = json!(["command", "approve", "read", "lists"]);
    });
    world.start_and_see();
    // As long as nobody says that they are protected, they are approved and done.
    let (status, said) = world.approve(&plan);
    assert_eq!(status, 200, "{said}");
    for (_, target) in &targets {
        let deny = world.command("deny", target, 600);
        let (status, said) = world.post(&deny);
        assert_eq!(status, 200, "{target}: {said}");
    }
    assert_eq!(world.in_force().len(), targets.len());
    let text = |bytes: &[u8]| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(bytes)
    };
    let body = json!({"note": text(&note(&built)), "file": text(&built.file)}).to_string();
    let (status, _, said) = world.call("PUT", "/v1/lists", "application/json", &body);
    assert_eq!(status, 200, "{said}");
    wait("all is taken back", 20, || world.in_force().is_empty());
    for (_, target) in &targets {
        let deny = world.command("deny", target, 600);
        let (status, said) = world.post(&deny);
        assert_eq!(status, 403, "{target}: {said}");
        assert!(said.to_string().contains("protected"), "{target}: {said}");
    }
    assert_eq!(world.approve(&plan).0, 403);
    assert!(world.in_force().is_empty());
}
