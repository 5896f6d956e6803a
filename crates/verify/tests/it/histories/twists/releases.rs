//! Ways in which what leaves by the release gate can be otherwise.

use super::{Way, act};
use crate::histories::story::at;
use serde_json::{Value, json};

/// Puts a text in place of the first of a list.
fn first(body: &mut Value, list: &str, text: &str) {
    if let Some(one) = body[list].get_mut(0) {
        *one = json!(text);
    }
}

pub(super) fn releases() -> Vec<Way> {
    vec![
        act("a release goes to an operator", &[45], |act, _| {
            act.json(|body| first(body, "recipients", "operator/borea"));
        }),
        act("a release goes to the public", &[45], |act, _| {
            act.json(|body| first(body, "recipients", "public/other"));
        }),
        act("a release goes to no kind of recipient", &[45], |act, _| {
            act.json(|body| first(body, "recipients", "press/other"));
        }),
        act("a release goes to one more", &[45], |act, _| {
            act.counters[1] += 1;
            act.json(|body| {
                if let Some(list) = body["recipients"].as_array_mut() {
                    list.push(json!("contractor/lab-2"));
                }
            });
        }),
        act("a release goes to somebody twice", &[45], |act, _| {
            act.counters[1] += 1;
            act.json(|body| {
                if let Some(list) = body["recipients"].as_array_mut() {
                    let again = list[0].clone();
                    list.push(again);
                }
            });
        }),
        act("a release is of another class", &[45], |act, rng| {
            let words = [
                "selected",
                "released-selected",
                "integrated",
                "integrated-provision",
                "integrated-controlled",
                "public-notice",
                "operator-report",
                "acquired",
            ];
            let word = words[rng.below(8) as usize];
            act.json(|body| body["class_to"] = json!(word));
        }),
        act("a release came from another class", &[45], |act, rng| {
            let words = [
                "selected-party",
                "integrated-controlled",
                "public-notice",
                "operator-report",
            ];
            let word = words[rng.below(4) as usize];
            act.json(|body| first(body, "class_from", word));
        }),
        act("a release came from nothing", &[45], |act, _| {
            act.json(|body| body["class_from"] = json!([]));
        }),
        act("a release has no conditions", &[45], |act, _| {
            act.json(|body| body["conditions"] = json!([]));
        }),
        act(
            "a condition of a release is about another",
            &[45],
            |act, _| {
                act.json(|body| {
                    let said = body["conditions"].get(0).and_then(Value::as_str);
                    let parts: Vec<String> = said
                        .unwrap_or_default()
                        .split('/')
                        .map(str::to_owned)
                        .collect();
                    if let [kind, _, rest @ ..] = &parts[..] {
                        let other = format!("{kind}/other/{}", rest.join("/"));
                        first(body, "conditions", &other);
                    }
                });
            },
        ),
        act("a condition of a release has ended", &[45], |act, rng| {
            let minute = act.time;
            let until = [minute - 60, minute - 1, minute, minute + 59][rng.below(4) as usize];
            let until = at(until);
            act.json(|body| {
                let said = body["conditions"].get(0).and_then(Value::as_str);
                if let Some((before, _)) = said.and_then(|said| said.rsplit_once('/')) {
                    let other = format!("{before}/{until}");
                    first(body, "conditions", &other);
                }
            });
        }),
        act(
            "a condition of a release begins later",
            &[45],
            |act, rng| {
                let minute = act.time;
                let given = [minute, minute + 59, minute + 60][rng.below(3) as usize];
                let given = at(given);
                act.json(|body| {
                    let said = body["conditions"].get(0).and_then(Value::as_str);
                    let parts: Vec<String> = said
                        .unwrap_or_default()
                        .split('/')
                        .map(str::to_owned)
                        .collect();
                    if let [kind, who, by, _, until] = &parts[..] {
                        let other = format!("{kind}/{who}/{by}/{given}/{until}");
                        first(body, "conditions", &other);
                    }
                });
            },
        ),
        act("nothing was done to a release", &[45], |act, _| {
            act.json(|body| body["transforms"] = json!([]));
        }),
        act("a release is marked otherwise", &[45], |act, rng| {
            let words = ["clear", "green", "amber", "red", "TLP:RED"];
            let word = words[rng.below(5) as usize];
            act.json(|body| body["tlp"] = json!(word));
        }),
        act("a release that was refused left", &[45], |act, _| {
            act.counters[0] = 0;
            act.json(|body| {
                body["outcome"] = json!("released");
                body["product_sha256"] = json!("ab".repeat(32));
            });
        }),
        act("a release that left was refused", &[45], |act, _| {
            act.json(|body| body["outcome"] = json!("NOT_OWN"));
        }),
    ]
}
