//! Ways in which a measure and what is done under it can be otherwise.

use super::{Way, act, note, other};
use crate::histories::world::{Change, hex, kind};
use serde_json::json;

/// Changes one text for another.
fn swap(text: &mut String, from: &str, to: &str) {
    *text = text.replacen(from, to, 1);
}

pub(super) fn measures() -> Vec<Way> {
    let mut ways = proposals();
    ways.extend(acts());
    ways
}

fn proposals() -> Vec<Way> {
    vec![
        note("one officer signs a measure", &[19], |_, who, rng| {
            who.remove(rng.below(2) as usize);
        }),
        note("a stranger reviews a measure", &[19], |_, who, _| {
            "!o2".clone_into(&mut who[1]);
        }),
        note("a member proposes a measure", &[19], |text, who, _| {
            swap(text, "proposed: o1", "proposed: m1");
            "m1".clone_into(&mut who[0]);
        }),
        note("a measure says something other", &[19], |text, _, rng| {
            let lines = [
                ("revision: ", "revision: 1"),
                ("plan: none", "plan: some"),
                ("route: police", "route: other"),
                ("reviewed: o2", "reviewed: o1"),
                ("executor: e-01 national", "executor: e-01 municipal"),
                ("level: 1", "level: 3"),
                ("collateral: 0 3", "collateral: 4 3"),
                ("lists: 4 ", "lists: 04 "),
                ("soak: 600", "soak: 86401"),
                ("most: 100", "most: 0"),
                ("seconds: 86400", "seconds: 604801"),
                ("renewals: 3", "renewals: 53"),
                ("success: fewer packets\n", ""),
                ("actuator: s-02", "actuator: s-01"),
                ("actuator: s-02", "actuator: s-03"),
                (" s-01 JP ", " s-01 jp "),
                (" s-01 JP ", " s-01 -- "),
                (" s-01 JP ", "  s-01 JP "),
                (" carrier.example ", " Carrier.example "),
                ("root: ", "root: 1"),
                ("effect: ", "effect: scan s-01 JP x y\neffect: "),
                (
                    "effect: ",
                    "effect: notify s-01 JP x 198.51.100.7/\neffect: ",
                ),
                (
                    "effect: ",
                    "effect: notify s-01 JP x 198.51.100.7/024\neffect: ",
                ),
                ("effect: ", "effect: notify s-01 JP x \u{7f}\neffect: "),
            ];
            let (from, to) = lines[rng.below(lines.len() as u64) as usize];
            swap(text, from, to);
        }),
        note(
            "a measure is against what another is against",
            &[19],
            |text, _, rng| {
                let targets = [
                    "198.51.100.7",
                    "203.0.114.255",
                    "203.0.114.0/23",
                    "203.0.115.0/24",
                    "OTHER.example",
                    "0.0.0.0/0",
                    "2001:db8::/32",
                    "2001:db8:1::1",
                    "::ffff:203.0.114.1",
                    "process:77:123:AB",
                    "203.0.114.1%1",
                    "203.0.114.01",
                    "64:ff9b::cb00:7201/128",
                    "2002:cb00:7201::/48",
                    "2001:0:cb00:7201::/64",
                    "2001:0:1:2:3:4:34ff:8dfe",
                    "64:ff9b::/64",
                    "*.other.example",
                    "x.other.example",
                    "*.example",
                    "another.example",
                ];
                let target = targets[rng.below(targets.len() as u64) as usize];
                let line = format!("effect: notify s-02 JP carrier.example {target}\nroot: ");
                swap(text, "root: ", &line);
            },
        ),
        note("a measure is of level 2", &[19], |text, _, _| {
            swap(text, "level: 1", "level: 2");
        }),
        act(
            "a measure is counted as another revision",
            &[19],
            |act, _| {
                act.counters[0] += 1;
            },
        ),
        act(
            "a measure is entered under an authority",
            &[19],
            |act, rng| {
                act.authority = rng.bytes();
            },
        ),
        other("a measure is not proposed", &[19], Change::Skip),
        other("a measure is proposed twice", &[19], Change::Twice),
    ]
}

fn acts() -> Vec<Way> {
    vec![
        act("an act is of another measure", &[46], |act, rng| {
            let hash = hex(&rng.bytes::<32>());
            act.json(|body| body["measure"] = json!(hash));
        }),
        act("an act is of another revision", &[46], |act, _| {
            act.json(|body| body["revision"] = json!(9));
        }),
        act("an act is by another actuator", &[46], |act, rng| {
            let names = [
                json!("s-03"),
                json!("s-02"),
                json!("S-01"),
                json!(null),
                json!(7),
            ];
            let name = names[rng.below(5) as usize].clone();
            act.json(|body| body["actuator"] = name);
        }),
        act("an act is of another step", &[46], |act, rng| {
            let step = rng.below(4);
            act.counters[0] = step;
            act.json(|body| body["step"] = json!(step));
        }),
        act(
            "an act counts another step than it says",
            &[46],
            |act, _| {
                act.counters[0] += 1;
            },
        ),
        act("an act is another act", &[46], |act, rng| {
            let words = [
                "dispatch", "effect", "end", "kill", "safety", "report", "hold", "free", "undo",
            ];
            let word = words[rng.below(9) as usize];
            act.json(|body| body["act"] = json!(word));
        }),
        act("an act is under another authority", &[46], |act, rng| {
            act.authority = if rng.of_100(50) { rng.bytes() } else { [0; 32] };
        }),
        act("an act lacks a field or has one more", &[46], |act, rng| {
            let names = ["act", "measure", "revision", "actuator", "step", "detail"];
            let name = names[rng.below(6) as usize];
            act.json(|body| {
                if let Some(map) = body.as_object_mut() {
                    map.remove(name);
                }
            });
        }),
        act("an act says too much", &[46], |act, rng| {
            let long = "x".repeat((64 << 10) + rng.below(2) as usize);
            act.json(|body| body["detail"] = json!(long));
        }),
        other("an act does not happen", &[kind::MEASURE], Change::Skip),
        other("an act happens twice", &[kind::MEASURE], Change::Twice),
    ]
}
