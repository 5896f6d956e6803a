//! Ways in which a note can be otherwise: another text under good signatures, or other signatures under a good text.

use super::{NOTES, SAT, Way, note};
use crate::histories::world;

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

pub(super) fn ways() -> Vec<Way> {
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
            *text = lines.join("\n") + "\n";
        }),
        note("a letter of a note is another", &NOTES, |text, _, rng| {
            let at = rng.below(text.len() as u64 - 1) as usize;
            let letter = b"0123456789abcdef :-"[rng.below(19) as usize];
            let mut bytes = text.clone().into_bytes();
            bytes[at] = letter;
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }),
        note("no chair or deputy presides", &SAT, |text, _, _| {
            line(text, "presiding", "m4");
        }),
        note("who presides is recused", &SAT, |text, _, _| {
            line(text, "recused", "m1 m2");
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
            line(text, "against", "m9");
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
            );
        }),
        note(
            "a statement's caps are widened a little",
            &[17],
            |text, _, _| {
                line(
                    text,
                    "caps",
                    "match-ppm 100001 flow-bytes 176 day-records 1000",
                );
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
                );
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
            "m1".clone_into(&mut who[1]);
        }),
        note(
            "an urgent act is of a kind that has no urgency",
            &[17],
            |text, _, _| line(text, "kind", "disclosure"),
        ),
        note("an urgent measure lasts for a day", &[17], |text, _, _| {
            line(text, "kind", "measure");
        }),
        note(
            "an agreement has the office for its party",
            &[11],
            |text, who, _| {
                let vkey = world::key("office").verifier().to_string();
                line(text, "party", &format!("party.example {vkey}"));
                who.truncate(1);
            },
        ),
        note("a lease is for another sensor", &[12], |text, _, _| {
            line(text, "sensor", "s-09");
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
            line(text, "issued", "2027-03-30T00:00:00Z");
        }),
        note("a lease is issued tomorrow", &[12], |text, _, _| {
            line(text, "issued", "2027-04-09T00:00:00Z");
        }),
        note("a lease is for another statement", &[12], |text, _, _| {
            line(text, "statement", &format!("sha256:{}", "5".repeat(64)));
        }),
        note("a lease has the id of another", &[12], |text, _, _| {
            line(text, "id", &"5".repeat(32));
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
            line(text, "serial", "7");
        }),
        note("a suspension is about nothing", &[16], |text, _, _| {
            line(text, "authority", &"5".repeat(32));
        }),
        note("what goes on is suspended", &[16], |text, _, _| {
            line(text, "act", "suspend");
        }),
        note(
            "a schedule changes the release without a consultation",
            &[2],
            |text, _, _| *text = text.replace("= npa nco |", "= npa |"),
        ),
        note("a schedule leaves out a mark", &[2], |text, _, _| {
            *text = text.replacen(" | unverified", "", 1);
        }),
        note(
            "a schedule has a value of another form",
            &[2],
            |text, _, _| *text = text.replacen("= 6 months", "= 180 days", 1),
        ),
        note("a schedule follows another", &[2], |text, _, _| {
            line(text, "previous", &format!("sha256:{}", "5".repeat(64)));
        }),
        note(
            "a schedule lets nobody have an export",
            &[2],
            |text, _, _| *text = text.replace("= npa nco |", "= none |"),
        ),
        note("a schedule has no urgency", &[2], |text, _, _| {
            *text = text.replace("urgent.acquisition = 24 hours", "urgent.acquisition = off");
        }),
        note(
            "a schedule has no urgent act a month",
            &[2],
            |text, _, _| *text = text.replace("urgent.month = 3", "urgent.month = 0"),
        ),
        note("a schedule has no rows for anybody", &[2], |text, _, _| {
            *text = text.replace("budget.rows = 500", "budget.rows = 0");
        }),
        note("a schedule begins in a year", &[2], |text, _, _| {
            line(text, "not-before", "2028-04-01T00:00:00Z");
        }),
        note("a schedule asks for more votes", &[2], |text, _, _| {
            *text = text.replace("floor.acquisition = 2", "floor.acquisition = 4");
        }),
        note(
            "a schedule asks for shorter authorities",
            &[2],
            |text, _, _| {
                *text = text.replace("period.out-in = 3 months", "period.out-in = 1 months");
            },
        ),
        note(
            "a schedule lets receipts differ less",
            &[2],
            |text, _, _| {
                *text = text.replace("carrier.tolerance-ppm = 1000", "carrier.tolerance-ppm = 10");
            },
        ),
        note("a release is of another program", &[3], |text, _, _| {
            line(text, "sha256", &"5".repeat(64));
        }),
        note("a release begins in a year", &[3], |text, _, _| {
            line(text, "not-before", "2028-04-01T00:00:00Z");
        }),
        note("a trust root follows another", &[1], |text, _, _| {
            line(text, "previous", &format!("sha256:{}", "5".repeat(64)));
        }),
        note("a trust root has another version", &[1], |text, _, _| {
            line(text, "version", "3");
        }),
        note("a trust root has a second chair", &[1], |text, _, _| {
            *text = text.replace("m2 deputy", "m2 chair");
        }),
        note(
            "a trust root gives the office's key to the secretariat",
            &[1],
            |text, _, _| {
                let public = |who: &str| world::key(who).verifier().to_string();
                *text = text.replace(&public("secretariat"), &public("office"));
            },
        ),
        note("a trust root asks for more votes", &[1], |text, _, _| {
            *text = text.replace("floor: acquisition 2", "floor: acquisition 5");
        }),
        note("a trust root names another sensor", &[1], |text, _, _| {
            *text = text
                .replace("sensor: s-01 ", "sensor: s-03 ")
                .replace("counter: s-01 ", "counter: s-03 ");
        }),
        note("a trust root has no witness", &[1], |text, _, _| {
            *text = text.replace("policy: quorum mirror", "policy: quorum none");
        }),
        note(
            "an attestation is about another bucket",
            &[31],
            |text, _, _| {
                *text = text
                    .replace("/s-01/", "/s-02/")
                    .replace("2027-04-0", "2027-05-0");
            },
        ),
        note("an attestation is by another holder", &[31], |_, who, _| {
            "office-share".clone_into(&mut who[0]);
        }),
    ]
}
