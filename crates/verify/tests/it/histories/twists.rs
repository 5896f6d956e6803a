//! Ways in which a history can be otherwise. In: nothing. Out: a table: a name, the type of entry that it is about, the change. Never: a change that depends on the log.

mod acts;
mod measures;
mod notes;
mod releases;

use super::world::{Act, Change, Rng, kind};
use serde_json::json;

/// A way to change a history.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    /// Types of entries that it can be done to.
    pub(crate) kinds: &'static [u64],
    pub(crate) change: Change,
}

const fn act(name: &'static str, kinds: &'static [u64], change: fn(&mut Act, &mut Rng)) -> Way {
    Way {
        name,
        kinds,
        change: Change::Act(change),
    }
}

const fn note(
    name: &'static str,
    kinds: &'static [u64],
    change: fn(&mut String, &mut Vec<String>, &mut Rng),
) -> Way {
    Way {
        name,
        kinds,
        change: Change::Note(change),
    }
}

const fn other(name: &'static str, kinds: &'static [u64], change: Change) -> Way {
    Way {
        name,
        kinds,
        change,
    }
}

/// Entries whose envelope somebody signs.
const SIGNED: [u64; 30] = [
    4, 10, 13, 14, 18, 20, 21, 22, 23, 24, 25, 26, 27, 30, 33, 34, 35, 40, 41, 42, 43, 44, 45, 46,
    50, 52, 53, 54, 55, 60,
];
/// Entries whose body is a signed note.
const NOTES: [u64; 11] = [1, 2, 3, 11, 12, 15, 16, 17, 19, 31, 31];
/// Notes that a sitting decides.
const SAT: [u64; 3] = [2, 11, 15];
/// Entries with an open JSON body.
const JSON: [u64; 28] = [
    4, 10, 13, 14, 18, 20, 21, 22, 23, 24, 25, 26, 27, 30, 33, 34, 35, 42, 43, 44, 45, 46, 50, 52,
    53, 54, 55, 60,
];

fn flip(bytes: &mut [u8], rng: &mut Rng) {
    let at = rng.below(bytes.len() as u64) as usize;
    bytes[at] ^= 1 << rng.below(8);
}

/// All of them.
pub(crate) fn ways() -> Vec<Way> {
    let mut ways = entries();
    ways.extend(notes::ways());
    ways.extend(acts::runs());
    ways.extend(acts::uses());
    ways.extend(releases::releases());
    ways.extend(measures::measures());
    ways
}

fn entries() -> Vec<Way> {
    vec![
        act("nobody signs an entry", &SIGNED, |act, _| act.who = None),
        act(
            "a stranger of the same name signs an entry",
            &SIGNED,
            |act, _| act.who = act.who.take().map(|who| format!("!{who}")),
        ),
        act("another party signs an entry", &SIGNED, |act, _| {
            act.who = Some(
                if act.who.as_deref() == Some("office") {
                    "s-02"
                } else {
                    "office"
                }
                .to_owned(),
            );
        }),
        act(
            "another sensor signs an entry of a run",
            &[20, 21, 22, 26],
            |act, _| {
                act.who = Some(
                    if act.who.as_deref() == Some("s-01") {
                        "s-02"
                    } else {
                        "s-01"
                    }
                    .to_owned(),
                );
            },
        ),
        other(
            "an entry is signed over other bytes",
            &SIGNED,
            Change::Forge,
        ),
        act("the envelope of a note is signed", &NOTES, |act, _| {
            act.who = Some("office".to_owned());
        }),
        act("an entry has a counter too many", &kind::ALL, |act, _| {
            act.counters.push(7);
        }),
        act("an entry has a counter too few", &kind::ALL, |act, _| {
            act.counters.pop();
        }),
        act("a counter is one more", &kind::ALL, |act, rng| {
            let at = rng.below(act.counters.len() as u64) as usize;
            if let Some(counter) = act.counters.get_mut(at) {
                *counter += 1;
            }
        }),
        act(
            "an entry is back-dated by two hours",
            &kind::ALL,
            |act, _| act.time -= 7200,
        ),
        act("an entry is dated a day ahead", &kind::ALL, |act, _| {
            act.time += 86_400;
        }),
        act("the time of an entry is no minute", &kind::ALL, |act, _| {
            act.time += 1;
        }),
        act("an entry names another authority", &kind::ALL, |act, _| {
            act.authority = [3; 32];
        }),
        act("an entry names no authority", &kind::ALL, |act, _| {
            act.authority = [0; 32];
        }),
        act("an entry stands in another stream", &kind::ALL, |act, _| {
            act.stream = 0x99;
        }),
        act(
            "an entry stands in the stream of the notes",
            &SIGNED,
            |act, _| act.stream = 0xc0,
        ),
        act("a body is sealed that has to be open", &JSON, |act, _| {
            act.sealed = Some(format!("{}/s-01/2027-04-01", "ab".repeat(16)));
        }),
        act("a finding lies open", &[kind::FINDING], |act, _| {
            act.sealed = None;
        }),
        act("a body is empty", &kind::ALL, |act, _| act.body.clear()),
        act(
            "a body has a bit flipped before it is committed to",
            &kind::ALL,
            |act, rng| flip(&mut act.body, rng),
        ),
        act("a body has a field more", &JSON, |act, _| {
            act.json(|body| body["more"] = json!(1));
        }),
        act("a body has a field less", &JSON, |act, rng| {
            act.json(|body| {
                let keys: Vec<String> = body
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(key, _)| key.clone())
                    .collect();
                let key = &keys[rng.below(keys.len() as u64) as usize];
                body.as_object_mut().unwrap().remove(key);
            });
        }),
        act("a text of a body is empty", &JSON, |act, rng| {
            act.json(|body| {
                let texts = body
                    .as_object_mut()
                    .into_iter()
                    .flatten()
                    .filter(|(_, value)| value.is_string());
                let mut texts: Vec<_> = texts.map(|(_, value)| value).collect();
                let count = texts.len() as u64;
                if let Some(text) = texts.get_mut(rng.below(count) as usize) {
                    **text = json!("");
                }
            });
        }),
        act("a body's number is a text", &JSON, |act, _| {
            act.json(|body| {
                let number = body
                    .as_object_mut()
                    .into_iter()
                    .flatten()
                    .find(|(_, value)| value.is_number());
                if let Some((_, value)) = number {
                    *value = json!("7");
                }
            });
        }),
        other("an entry is left out", &kind::ALL, Change::Skip),
        other("an entry stands twice", &kind::ALL, Change::Twice),
        other(
            "an entry leaves out a number of its stream",
            &kind::ALL,
            Change::Chain(|sequence, _| *sequence += 1),
        ),
        other(
            "an entry forks its stream",
            &kind::ALL,
            Change::Chain(|sequence, _| *sequence = sequence.saturating_sub(1)),
        ),
        other(
            "an entry names another entry before it",
            &kind::ALL,
            Change::Chain(|_, previous| previous[5] ^= 1),
        ),
    ]
}
