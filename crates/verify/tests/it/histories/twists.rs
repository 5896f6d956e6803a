//! Ways in which a history can be otherwise. In: nothing. Out: a table: a name, the type of entry that it is about, the change. Never: a change that depends on the log.

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
const SIGNED: [u64; 28] = [
    4, 10, 13, 14, 18, 20, 21, 22, 23, 24, 25, 26, 27, 30, 33, 34, 35, 40, 41, 42, 43, 44, 50, 52,
    53, 54, 55, 60,
];
/// Entries whose body is a signed note.
const NOTES: [u64; 10] = [1, 2, 3, 11, 12, 15, 16, 17, 31, 31];
/// Notes that a sitting decides.
const SAT: [u64; 3] = [2, 11, 15];
/// Entries with an open JSON body.
const JSON: [u64; 26] = [
    4, 10, 13, 14, 18, 20, 21, 22, 23, 24, 25, 26, 27, 30, 33, 34, 35, 42, 43, 44, 50, 52, 53, 54,
    55, 60,
];

fn line(text: &mut String, key: &str, value: &str) {
    let lines = text.split('\n').map(|line| {
        let named = line.split_once(": ").is_some_and(|(found, _)| found == key);
        if named {
            format!("{key}: {value}")
        } else {
            line.to_owned()
        }
    });
    *text = lines.collect::<Vec<_>>().join("\n");
}

fn flip(bytes: &mut [u8], rng: &mut Rng) {
    let at = rng.below(bytes.len() as u64) as usize;
    bytes[at] ^= 1 << rng.below(8);
}

/// All of them.
pub(crate) fn ways() -> Vec<Way> {
    let mut ways = entries();
    ways.extend(notes());
    ways.extend(runs());
    ways.extend(uses());
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
            act.who = Some("office".to_owned())
        }),
        act("an entry has a counter too many", &kind::ALL, |act, _| {
            act.counters.push(7)
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
            act.time += 86_400
        }),
        act("the time of an entry is no minute", &kind::ALL, |act, _| {
            act.time += 1
        }),
        act("an entry names another authority", &kind::ALL, |act, _| {
            act.authority = [3; 32]
        }),
        act("an entry names no authority", &kind::ALL, |act, _| {
            act.authority = [0; 32]
        }),
        act("an entry stands in another stream", &kind::ALL, |act, _| {
            act.stream = 0x99
        }),
        act(
            "an entry stands in the stream of the notes",
            &SIGNED,
            |act, _| act.stream = 0xc0,
        ),
        act("a body is sealed that has to be open", &JSON, |act, _| {
            act.sealed = Some(format!("{}/s-01/2027-04-01", "ab".repeat(16)))
        }),
        act("a finding lies open", &[kind::FINDING], |act, _| {
            act.sealed = None
        }),
        act("a body is empty", &kind::ALL, |act, _| act.body.clear()),
        act(
            "a body has a bit flipped before it is committed to",
            &kind::ALL,
            |act, rng| flip(&mut act.body, rng),
        ),
        act("a body has a field more", &JSON, |act, _| {
            act.json(|body| body["more"] = json!(1))
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

fn notes() -> Vec<Way> {
    vec![
        note("a note has one signature less", &NOTES, |_, who, rng| {
            let at = rng.below(who.len() as u64) as usize;
            who.remove(at);
            if who.is_empty() {
                who.push("m3".to_owned());
            }
        }),
        note(
            "a stranger signs a note under a known name",
            &NOTES,
            |_, who, rng| {
                let at = rng.below(who.len() as u64) as usize;
                who[at] = format!("!{}", who[at]);
            },
        ),
        note(
            "a member that was absent signs a note",
            &SAT,
            |text, who, _| {
                let absent = (1..=5)
                    .map(|n| format!("m{n}"))
                    .find(|id| !who.contains(id));
                match absent {
                    Some(id) => who.push(id),
                    None => line(text, "present", "m1 m2 m4"),
                }
            },
        ),
        note(
            "a note names another trust root",
            &[2, 3, 11, 15, 16, 17],
            |text, _, rng| line(text, "root", &(3 + rng.below(4)).to_string()),
        ),
        note(
            "a note names trust root 0",
            &[2, 3, 11, 12, 15, 16, 17],
            |text, _, _| line(text, "root", "0"),
        ),
        note("a line of a note is gone", &NOTES, |text, _, rng| {
            let lines: Vec<&str> = text.lines().collect();
            let gone = rng.below(lines.len() as u64) as usize;
            let kept = lines
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != gone)
                .map(|(_, line)| format!("{line}\n"));
            *text = kept.collect();
        }),
        note("a line of a note stands twice", &NOTES, |text, _, rng| {
            let mut lines: Vec<&str> = text.lines().collect();
            let again = rng.below(lines.len() as u64) as usize;
            lines.insert(again, lines[again]);
            *text = lines.iter().map(|line| format!("{line}\n")).collect();
        }),
        note("a letter of a note is another", &NOTES, |text, _, rng| {
            let at = rng.below(text.len() as u64 - 1) as usize;
            let letter = b"0123456789abcdef :-"[rng.below(19) as usize];
            let mut bytes = text.clone().into_bytes();
            bytes[at] = letter;
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }),
        note("no chair or deputy presides", &SAT, |text, _, _| {
            line(text, "presiding", "m4")
        }),
        note("who presides is recused", &SAT, |text, _, _| {
            line(text, "recused", "m1 m2")
        }),
        note("a tie without the casting vote", &SAT, |text, _, _| {
            line(text, "for", "m4");
            line(text, "against", "m1");
            line(text, "recused", "none");
        }),
        note("too few vote for it", &SAT, |text, _, _| {
            line(text, "for", "none");
            line(text, "against", "none");
        }),
        note("somebody votes twice", &SAT, |text, _, _| {
            line(text, "recused", "none");
            line(text, "against", "m4");
            line(text, "for", "m1 m2 m3 m4 m5");
        }),
        note("a stranger votes", &SAT, |text, _, _| {
            line(text, "against", "m9")
        }),
        note(
            "a statement is widened to a year",
            &[11, 17],
            |text, _, _| line(text, "not-after", "2028-04-30T00:00:00Z"),
        ),
        note(
            "a statement is widened to all directions for longer",
            &[11],
            |text, _, _| {
                line(text, "directions", "out-in in-out out-out");
                line(text, "not-after", "2027-11-30T00:00:00Z");
            },
        ),
        note("a statement's caps are widened", &[11, 17], |text, _, _| {
            line(
                text,
                "caps",
                "match-ppm 900000 flow-bytes 176 day-records 2000",
            )
        }),
        note(
            "a statement's caps are widened a little",
            &[17],
            |text, _, _| {
                line(
                    text,
                    "caps",
                    "match-ppm 100001 flow-bytes 176 day-records 1000",
                )
            },
        ),
        note(
            "a statement keeps records for ten years",
            &[11, 17],
            |text, _, _| line(text, "retention", "bucket 1d keep 3650d"),
        ),
        note(
            "a statement answers another request",
            &[11, 17],
            |text, _, _| line(text, "request", &"5".repeat(64)),
        ),
        note(
            "a statement has another id than was asked for",
            &[11, 17],
            |text, _, _| line(text, "id", &"5".repeat(32)),
        ),
        note("a statement has ended", &[11, 17], |text, _, _| {
            line(text, "not-before", "2027-03-01T00:00:00Z");
            line(text, "not-after", "2027-03-30T00:00:00Z");
        }),
        note(
            "a statement allows domestic traffic",
            &[11, 17],
            |text, _, _| line(text, "directions", "in-in"),
        ),
        note(
            "records are shorter than a record is",
            &[11, 17],
            |text, _, _| {
                line(
                    text,
                    "caps",
                    "match-ppm 100000 flow-bytes 96 day-records 1000",
                )
            },
        ),
        note(
            "a statement is for another sensor",
            &[11, 17],
            |text, _, _| line(text, "sensors", "s-09"),
        ),
        note("two officers of one role act", &[17], |text, who, _| {
            line(text, "urgent", "o1 o1");
            who.truncate(1);
        }),
        note("an officer and a member act", &[17], |text, who, _| {
            line(text, "urgent", "o1 m1");
            who[1] = "m1".to_owned();
        }),
        note(
            "an urgent act is of a kind that has no urgency",
            &[17],
            |text, _, _| line(text, "kind", "disclosure"),
        ),
        note("an urgent measure lasts for a day", &[17], |text, _, _| {
            line(text, "kind", "measure")
        }),
        note(
            "an agreement has the office for its party",
            &[11],
            |text, who, _| {
                let vkey = super::world::key("office").verifier().to_string();
                line(text, "party", &format!("party.example {vkey}"));
                who.truncate(1);
            },
        ),
        note("a lease is for another sensor", &[12], |text, _, _| {
            line(text, "sensor", "s-09")
        }),
        note("a lease is for the other sensor", &[12], |text, _, _| {
            let other = if text.contains("sensor: s-01\n") {
                "s-02"
            } else {
                "s-01"
            };
            line(text, "sensor", other);
        }),
        note(
            "a lease was given before the decision",
            &[12],
            |text, _, _| line(text, "tree-size", "2"),
        ),
        note(
            "a lease was given on a log that is not there yet",
            &[12],
            |text, _, _| line(text, "tree-size", "4096"),
        ),
        note("a lease lasts for two days", &[12], |text, _, _| {
            line(text, "issued", "2027-03-30T00:00:00Z")
        }),
        note("a lease is issued tomorrow", &[12], |text, _, _| {
            line(text, "issued", "2027-04-09T00:00:00Z")
        }),
        note("a lease is for another statement", &[12], |text, _, _| {
            line(text, "statement", &format!("sha256:{}", "5".repeat(64)))
        }),
        note("a lease has the id of another", &[12], |text, _, _| {
            line(text, "id", &"5".repeat(32))
        }),
        note("a ruling is about something else", &[15], |text, _, _| {
            let about = text
                .lines()
                .find_map(|line| line.strip_prefix("about: "))
                .unwrap()
                .to_owned();
            let (what, rest) = about.split_once(' ').unwrap();
            let rest = rest.replace(['0', '1', '2', '3'], "4");
            line(text, "about", &format!("{what} {rest}"));
        }),
        note("a ruling is of another kind", &[15], |text, _, _| {
            let other = if text.contains("kind: reidentification") {
                "acquisition"
            } else {
                "measure"
            };
            line(text, "kind", other);
        }),
        note(
            "a ruling has an outcome that it cannot have",
            &[15],
            |text, _, _| line(text, "outcome", "granted"),
        ),
        note("a ruling keeps a bucket for less", &[15], |text, _, _| {
            if text.contains("outcome: keep") {
                line(text, "outcome", "keep 1");
            } else {
                line(text, "request", &"6".repeat(64));
            }
        }),
        note("a suspension is of another's word", &[16], |text, _, _| {
            let other = if text.contains("by: office") {
                "commission"
            } else {
                "office"
            };
            line(text, "by", other);
        }),
        note("a suspension leaves out a serial", &[16], |text, _, _| {
            line(text, "serial", "7")
        }),
        note("a suspension is about nothing", &[16], |text, _, _| {
            line(text, "authority", &"5".repeat(32))
        }),
        note("what goes on is suspended", &[16], |text, _, _| {
            line(text, "act", "suspend")
        }),
        note(
            "a schedule changes the release without a consultation",
            &[2],
            |text, _, _| *text = text.replace("= npa nco |", "= npa |"),
        ),
        note("a schedule leaves out a mark", &[2], |text, _, _| {
            *text = text.replacen(" | unverified", "", 1)
        }),
        note(
            "a schedule has a value of another form",
            &[2],
            |text, _, _| *text = text.replacen("= 6 months", "= 180 days", 1),
        ),
        note("a schedule follows another", &[2], |text, _, _| {
            line(text, "previous", &format!("sha256:{}", "5".repeat(64)))
        }),
        note(
            "a schedule lets nobody have an export",
            &[2],
            |text, _, _| *text = text.replace("= npa nco |", "= none |"),
        ),
        note("a schedule has no urgency", &[2], |text, _, _| {
            *text = text.replace("urgent.acquisition = 24 hours", "urgent.acquisition = off")
        }),
        note(
            "a schedule has no urgent act a month",
            &[2],
            |text, _, _| *text = text.replace("urgent.month = 2", "urgent.month = 0"),
        ),
        note("a schedule has no rows for anybody", &[2], |text, _, _| {
            *text = text.replace("budget.rows = 500", "budget.rows = 0")
        }),
        note("a schedule begins in a year", &[2], |text, _, _| {
            line(text, "not-before", "2028-04-01T00:00:00Z")
        }),
        note("a schedule asks for more votes", &[2], |text, _, _| {
            *text = text.replace("floor.acquisition = 2", "floor.acquisition = 4")
        }),
        note(
            "a schedule asks for shorter authorities",
            &[2],
            |text, _, _| {
                *text = text.replace("period.out-in = 3 months", "period.out-in = 1 months")
            },
        ),
        note(
            "a schedule lets receipts differ less",
            &[2],
            |text, _, _| {
                *text = text.replace("carrier.tolerance-ppm = 1000", "carrier.tolerance-ppm = 10")
            },
        ),
        note("a release is of another program", &[3], |text, _, _| {
            line(text, "sha256", &"5".repeat(64))
        }),
        note("a release begins in a year", &[3], |text, _, _| {
            line(text, "not-before", "2028-04-01T00:00:00Z")
        }),
        note("a trust root follows another", &[1], |text, _, _| {
            line(text, "previous", &format!("sha256:{}", "5".repeat(64)))
        }),
        note("a trust root has another version", &[1], |text, _, _| {
            line(text, "version", "3")
        }),
        note("a trust root has a second chair", &[1], |text, _, _| {
            *text = text.replace("m2 deputy", "m2 chair")
        }),
        note(
            "a trust root gives the office's key to the secretariat",
            &[1],
            |text, _, _| {
                let public = |who: &str| super::world::key(who).verifier().to_string();
                *text = text.replace(&public("secretariat"), &public("office"));
            },
        ),
        note("a trust root asks for more votes", &[1], |text, _, _| {
            *text = text.replace("floor: acquisition 2", "floor: acquisition 5")
        }),
        note("a trust root names another sensor", &[1], |text, _, _| {
            *text = text
                .replace("sensor: s-01 ", "sensor: s-03 ")
                .replace("counter: s-01 ", "counter: s-03 ")
        }),
        note("a trust root has no witness", &[1], |text, _, _| {
            *text = text.replace("policy: quorum mirror", "policy: quorum none")
        }),
        note(
            "an attestation is about another bucket",
            &[31],
            |text, _, _| {
                *text = text
                    .replace("/s-01/", "/s-02/")
                    .replace("2027-04-0", "2027-05-0")
            },
        ),
        note("an attestation is by another holder", &[31], |_, who, _| {
            who[0] = "office-share".to_owned()
        }),
    ]
}

fn runs() -> Vec<Way> {
    vec![
        act("a run is of another pack", &[20], |act, _| {
            act.json(|body| body["pack_sha256"] = json!("5".repeat(64)))
        }),
        act("a run is under another lease", &[20], |act, _| {
            act.json(|body| body["lease_id"] = json!("5".repeat(32)))
        }),
        act("a run is of another sensor", &[20], |act, _| {
            act.json(|body| body["sensor"] = json!("s-09"))
        }),
        act("a run has another limit", &[20], |act, _| {
            act.json(|body| body["limits"] = json!(7))
        }),
        act("a run names other software", &[20], |act, _| {
            act.json(|body| body["software_sha256"] = json!("5".repeat(64)))
        }),
        act("a run names another schedule", &[20], |act, _| {
            act.json(|body| body["schedule_sha256"] = json!("5".repeat(64)))
        }),
        act("a run names no schedule", &[20], |act, _| {
            act.json(|body| body["schedule_sha256"] = json!(""))
        }),
        act("a run names no software", &[20], |act, _| {
            act.json(|body| body["software_sha256"] = json!(""))
        }),
        act("a run started tomorrow", &[20], |act, _| {
            act.json(|body| body["started"] = json!("2027-04-09T00:00:00Z"))
        }),
        act("a run is not sealed", &[20], |act, _| act.counters[1] = 0),
        act("a start is three hours later", &[20], |act, _| {
            act.time += 10_800
        }),
        act("a receipt is three hours later", &[22], |act, _| {
            act.time += 10_800
        }),
        act("packets vanish in a receipt", &[22], |act, _| {
            act.counters[6] -= 1;
            act.json(|body| {
                body["window"]["domestic"] = json!(body["window"]["domestic"].as_u64().unwrap() - 1)
            });
        }),
        act("a receipt holds other packets before", &[22], |act, _| {
            act.counters[3] += 1;
            act.counters[6] += 1;
            act.json(|body| {
                for name in ["held_before", "domestic"] {
                    body["window"][name] = json!(body["window"][name].as_u64().unwrap() + 1);
                }
            });
        }),
        act("a receipt is of another window", &[22], |act, _| {
            act.counters[0] += 1;
            act.json(|body| {
                body["window"]["index"] = json!(body["window"]["index"].as_u64().unwrap() + 1)
            });
        }),
        act("a receipt begins elsewhere", &[22], |act, _| {
            act.counters[1] += 500;
            act.json(|body| {
                body["window"]["start_ms"] =
                    json!(body["window"]["start_ms"].as_u64().unwrap() + 500)
            });
        }),
        act("a receipt ends elsewhere", &[22], |act, _| {
            act.counters[2] += 500;
            act.json(|body| {
                body["window"]["end_ms"] = json!(body["window"]["end_ms"].as_u64().unwrap() + 500)
            });
        }),
        act("a receipt numbers its records anew", &[22], |act, _| {
            act.json(|body| body["first_record"] = json!(format!("{}-77", "10".repeat(8))))
        }),
        act("a receipt commits to nothing", &[22], |act, _| {
            act.json(|body| body["commitment"] = json!(""))
        }),
        act("a receipt commits to something else", &[22], |act, _| {
            act.replace("\"commitment\":\"", "\"commitment\":\"00")
        }),
        act(
            "a receipt has identifiers and no commitment",
            &[22],
            |act, _| {
                act.json(|body| {
                    body["identifiers"] = json!(1);
                    body["window"]["identifiers"] = json!(1);
                });
            },
        ),
        act("a receipt is of another bucket", &[22], |act, _| {
            act.json(|body| {
                body["bucket"] = json!(
                    body["bucket"]
                        .as_str()
                        .unwrap()
                        .replace("2027-04-0", "2027-05-0")
                )
            });
        }),
        act(
            "a receipt is of another sensor's bucket",
            &[22],
            |act, _| {
                act.json(|body| {
                    body["bucket"] = json!(body["bucket"].as_str().unwrap().replace("/s-0", "/s-1"))
                });
            },
        ),
        act("a receipt exceeds the day's cap", &[22], |act, _| {
            act.counters[9] = 5000;
            act.counters[11] = 5007;
            act.counters[12] = 5000;
            act.json(|body| {
                for (name, value) in [
                    ("records", 5000),
                    ("flows_selected", 5000),
                    ("flows_closed", 5007),
                ] {
                    body["window"][name] = json!(value);
                }
                body["records"] = json!(5000);
                body["commitment"] = json!("ab".repeat(32));
            });
        }),
        act("a stop tells of other packets", &[21], |act, _| {
            act.counters[2] += 5
        }),
        act("a stop has no such status", &[21], |act, _| {
            act.counters[0] = 9
        }),
        act("a stop failed and no fault was told", &[21], |act, _| {
            act.counters[0] = 100
        }),
        act("a fault names another run", &[24], |act, _| {
            act.replace("run ", "run 0")
        }),
        act("a gap ends before it begins", &[23], |act, _| {
            act.counters.swap(0, 1)
        }),
        act("a sensor tells of another lease", &[26], |act, _| {
            act.json(|body| body["lease_id"] = json!("5".repeat(32)))
        }),
        act("a sensor tells of another state", &[26], |act, _| {
            act.json(|body| body["state"] = json!("resting"))
        }),
        act("a sensor tells of a longer lease", &[26], |act, _| {
            act.counters[1] += 60
        }),
        act("the carrier counts twice as much", &[27], |act, _| {
            act.counters[2] = act.counters[2] * 2 + 1
        }),
        act("the carrier counts for another sensor", &[27], |act, _| {
            act.json(|body| body["sensor"] = json!("s-02"))
        }),
        act("the carrier counts a minute more", &[27], |act, _| {
            act.counters[1] += 60_000
        }),
        act("a refusal is of another sensor", &[25], |act, _| {
            act.json(|body| body["sensor"] = json!("s-01"))
        }),
    ]
}

fn uses() -> Vec<Way> {
    vec![
        act("a query has no purpose", &[40], |act, _| {
            act.json(|body| body["purpose"] = json!(" "))
        }),
        act("a query is by somebody else", &[40], |act, _| {
            act.json(|body| body["actor"] = json!("c.abe"))
        }),
        act("a query is under another authority", &[40], |act, _| {
            act.json(|body| body["authority"] = json!("5".repeat(32)))
        }),
        act(
            "a query looks at the bucket of another authority",
            &[40],
            |act, _| {
                act.json(|body| {
                    body["buckets"] = json!([format!("{}/s-01/2027-04-01", "5".repeat(32))])
                });
            },
        ),
        act("a query closes another", &[40], |act, _| {
            if let Some(opened) = act.counters.get_mut(2) {
                *opened = 1;
            } else {
                act.counters[0] = 3;
            }
        }),
        act("a query has other rows than it says", &[40], |act, _| {
            act.counters[0] += 100
        }),
        act("an export has no mark", &[42], |act, _| {
            act.json(|body| body["mark"] = json!(""))
        }),
        act("an export goes to a stranger", &[42], |act, _| {
            act.json(|body| body["recipient"] = json!("press"))
        }),
        act(
            "an export is by somebody without a role",
            &[42],
            |act, _| act.json(|body| body["actor"] = json!("c.abe")),
        ),
        act(
            "an export has a bucket that nobody wrote",
            &[42],
            |act, _| {
                act.json(|body| {
                    body["buckets"] = json!([format!("{}/s-01/2027-04-01", "5".repeat(32))])
                });
            },
        ),
        act(
            "a purge list has a bucket that nobody wrote",
            &[33],
            |act, _| {
                act.json(|body| {
                    body["buckets"] = json!([format!("{}/s-01/2027-04-01", "5".repeat(32))])
                });
            },
        ),
        act("who is shown a record voted for it", &[43], |act, _| {
            act.json(|body| body["actor"] = json!("m1"))
        }),
        act("another field is shown", &[43], |act, _| {
            act.json(|body| body["field"] = json!("source-mail"))
        }),
        act("another record is shown", &[43], |act, _| {
            act.json(|body| body["record"] = json!(format!("{}-0", "77".repeat(8))))
        }),
        act("a showing names another ruling", &[43], |act, _| {
            act.counters[0] = 1
        }),
        act("a member asks", &[10], |act, _| {
            act.json(|body| body["requester"] = json!("m2"))
        }),
        act("a stranger asks", &[10], |act, _| {
            act.json(|body| body["requester"] = json!("x9"))
        }),
        act("a request leaves the necessity open", &[10], |act, _| {
            act.json(|body| body["necessity"] = json!(""))
        }),
        act("a request asks for half of all traffic", &[10], |act, _| {
            act.json(|body| body["expected_share_ppm"] = json!(500_000))
        }),
        act(
            "a request's draft is for another authority",
            &[10],
            |act, _| act.replace("nid: ", "nid: 0"),
        ),
        act("a question is about no request", &[13, 14], |act, _| {
            act.json(|body| body["request"] = json!("5".repeat(64)))
        }),
        act("an answer is to nothing", &[14, 55], |act, _| {
            act.counters[0] = 0
        }),
        act("a clearance by one person", &[4], |act, _| {
            act.json(|body| body["by"] = json!(["d.ono"]))
        }),
        act("a role ended yesterday", &[4], |act, _| {
            act.json(|body| body["until"] = json!("2027-03-31T00:00:00Z"))
        }),
        act("a clearance by oneself", &[4], |act, _| {
            act.json(|body| body["by"] = json!([body["person"].clone(), "d.ono"]))
        }),
        act("a lapse for another reason", &[18], |act, _| {
            act.json(|body| {
                body["reason"] = json!(if body["reason"] == "silence" {
                    "refused"
                } else {
                    "silence"
                })
            });
        }),
        act("a lapse of another act", &[18], |act, _| {
            act.json(|body| body["urgent"] = json!("5".repeat(32)))
        }),
        act("a lapse destroys another's bucket", &[18], |act, _| {
            act.json(|body| {
                body["destroyed"] = json!([format!("{}/s-01/2027-04-01", "5".repeat(32))])
            });
            act.counters[0] = 1;
        }),
        act("a deletion is of other records", &[30], |act, _| {
            act.counters[1] += 1;
            act.json(|body| body["records"] = json!(body["records"].as_u64().unwrap() + 1));
        }),
        act("a deletion names no attestation", &[30], |act, _| {
            act.json(|body| body["commission_attestation"] = json!("5".repeat(64)))
        }),
        act(
            "a deletion is of a bucket that nobody has",
            &[30],
            |act, _| act.replace("/s-0", "/s-1"),
        ),
        act("a deletion keeps the office's share", &[30], |act, _| {
            act.json(|body| body["office_share"] = json!("kept"))
        }),
        act("a deletion comes two days late", &[30], |act, _| {
            act.time += 2 * 86_400
        }),
        act(
            "a challenge is about a record that nobody has",
            &[34],
            |act, _| act.json(|body| body["record"] = json!(format!("{}-0", "77".repeat(8)))),
        ),
        act("a response has another leaf", &[35], |act, _| {
            act.json(|body| body["leaf"] = json!("5".repeat(64)))
        }),
        act("a response has a longer path", &[35], |act, _| {
            act.json(|body| {
                body["path"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!("5".repeat(64)))
            })
        }),
        act("a response is to another challenge", &[35], |act, _| {
            act.counters[0] = 0
        }),
        act(
            "a response says that the record is gone",
            &[35],
            |act, _| {
                act.counters[1] = 0;
                act.json(|body| {
                    body["outcome"] = json!("gone");
                    body["leaf"] = json!("");
                    body["path"] = json!([]);
                    body["share"] = json!(0);
                });
            },
        ),
        act(
            "an inspection finds what was not opened",
            &[50],
            |act, _| act.json(|body| body["inspection"] = json!("i-9")),
        ),
        act("a notice stops an authority", &[52, 54], |act, _| {
            act.json(|body| body["stop"] = json!("5".repeat(32)))
        }),
        act("a demand stops what is not there", &[53], |act, _| {
            act.json(|body| body["stop"] = json!("5".repeat(32)))
        }),
        act("a report counts one more", &[60], |act, _| {
            act.counters[1] += 1;
            act.json(|body| {
                body["headings"][0][0] = json!(body["headings"][0][0].as_u64().unwrap() + 1)
            });
        }),
        act("a report is of another year", &[60], |act, _| {
            act.counters[0] = 2026;
            act.json(|body| body["year"] = json!(2026));
        }),
        act(
            "a case of misuse names what comes later",
            &[44],
            |act, _| act.json(|body| body["entries"] = json!([100_000])),
        ),
        act("a finding is more than certain", &[41], |act, _| {
            act.counters[0] = 1001
        }),
    ]
}
