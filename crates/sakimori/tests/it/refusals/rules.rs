//! Ways that schedule, rulings, suspensions and releases close. In: a node with an authority in force. Out: a folder that is wrong in one way. Never: a change that is not undone.

use super::{ALL, Way, agrees, sits};
use crate::workshop::{Case, edited};
use sakimori_authority::text_hash;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::hex;
use sakimori_tlog::key::{KeyKind, VerifierKey};
use serde_json::json;

const SIGNERS: [&str; 6] = ["office", "m1", "m2", "m3", "m4", "m5"];
const SOFTWARE: &str = "software.note";
const RULING: &str = "ruling.note";
const SUSPENSION: &str = "suspension-commission.note";

/// The schedule with another text in one place, decided like the first.
fn schedule(case: &Case<'_>, from: &str, to: &str) {
    let text = case.note("schedule.note").text().to_owned();
    assert!(text.contains(from), "{from}");
    let signed = case.signed(&text.replacen(from, to, 1), &SIGNERS);
    case.write("schedule.note", signed);
}

/// The version behind the first, which the sensor then knows.
fn second_schedule(case: &mut Case<'_>, from: &str, to: &str) {
    let first = case.note("schedule.note");
    let previous = format!("sha256:{}", hex(&text_hash(first.text())));
    let known = String::from_utf8(first.to_bytes()).unwrap();
    case.memory(|state| state["schedule"] = json!(known));
    schedule(case, "version: 1\n", "version: 2\n");
    schedule(case, "previous: none", &format!("previous: {previous}"));
    schedule(case, from, to);
}

/// The statement as an urgent act of two officers, in the log as such.
fn urgent(case: &Case<'_>, edits: &[(&str, &str)], signers: &[&str]) {
    let text = case.note("statement.note").text().to_owned();
    let (kept, _) = text.split_once("present: ").unwrap();
    let text = edited(kept, edits) + "urgent: o1 o3\n";
    case.decide_as(EntryType::Urgent, &text, signers);
}

fn allow_urgent(case: &Case<'_>) {
    schedule(
        case,
        "urgent.acquisition = off",
        "urgent.acquisition = 24 hours",
    );
}

const SMALL: (&str, &str) = ("caps", "match-ppm 100 flow-bytes 176 day-records 1000");

/// The authority's id.
fn id(case: &Case<'_>) -> String {
    let note = case.note("statement.note");
    let id = note.text().lines().find_map(|l| l.strip_prefix("id: "));
    id.unwrap().to_owned()
}

fn ruling(case: &Case<'_>, about: &str, signers: &[&str]) {
    let text = format!(
        "sakimori/ruling/v1\nid: {}\nkind: acquisition\nabout: authority {about}\noutcome: revoked\nrequest: {}\ntime: {}\n\
         reason: what was asked for is known by now\nroot: 1\npresent: m1 m2 m4\npresiding: m1\nfor: m1 m2\nagainst: m4\nrecused: none\n",
        "2b".repeat(16),
        "0".repeat(64),
        case.now()
    );
    case.write(RULING, case.signed(&text, signers));
}

fn suspension(case: &Case<'_>, about: &str, signer: &str) {
    let text = format!(
        "sakimori/suspension/v1\nauthority: {about}\nby: commission\nact: suspend\nserial: 1\ntime: {}\nreason: a doubt\nroot: 1\n",
        case.now()
    );
    case.write(SUSPENSION, case.signed(&text, &[signer]));
}

/// A release of another program than the one that runs.
fn release(case: &Case<'_>, not_before: &str, signers: &[&str]) {
    let text = format!(
        "sakimori/software/v1\nname: sakimori\nversion: 0.1.0\nsha256: {}\nnot-before: {not_before}\nroot: 1\n",
        "50".repeat(32)
    );
    case.write(SOFTWARE, case.signed(&text, signers));
}

/// What is wrong, the refusal, and how it comes about.
pub(super) const WAYS: &[Way] = &[
    ("no schedule", "schedule-missing", |c| {
        c.remove("schedule.note");
    }),
    ("a schedule that is no note", "schedule-malformed", |c| {
        c.write("schedule.note", "six months\n");
    }),
    (
        "a schedule with a value that is none",
        "schedule-malformed",
        |c| {
            schedule(c, "= 6 months", "= six months");
        },
    ),
    ("a schedule without the office", "schedule-unsigned", |c| {
        c.sign_anew("schedule.note", &ALL);
    }),
    ("a schedule of the office alone", "schedule-unsigned", |c| {
        c.sign_anew("schedule.note", &["office"]);
    }),
    (
        "a schedule for another trust root",
        "schedule-other-root",
        |c| {
            schedule(c, "root: 1\n", "root: 2\n");
        },
    ),
    ("a schedule that has not begun", "schedule-not-yet", |c| {
        let text = edited(
            c.note("schedule.note").text(),
            &[("not-before", &c.at(3600))],
        );
        c.write("schedule.note", c.signed(&text, &SIGNERS));
    }),
    (
        "a schedule older than the known one",
        "schedule-rolled-back",
        |c| {
            let first = c.note("schedule.note");
            second_schedule(c, "retention.days = 730", "retention.days = 700");
            let newer = String::from_utf8(c.note("schedule.note").to_bytes()).unwrap();
            c.memory(|state| state["schedule"] = json!(newer));
            c.write("schedule.note", first.to_bytes());
        },
    ),
    (
        "a schedule of another text than the known one",
        "schedule-rolled-back",
        |c| {
            let known = String::from_utf8(c.note("schedule.note").to_bytes()).unwrap();
            c.memory(|state| state["schedule"] = json!(known));
            schedule(c, "retention.days = 730", "retention.days = 900");
        },
    ),
    ("a schedule that follows another", "schedule-chain", |c| {
        second_schedule(c, "previous: sha256:", "previous: sha256:0000");
        let text = c
            .note("schedule.note")
            .text()
            .replace("sha256:0000", "sha256:");
        let hash = text
            .lines()
            .find_map(|l| l.strip_prefix("previous: sha256:"))
            .unwrap();
        let text = text.replace(hash, &"0".repeat(64));
        c.write("schedule.note", c.signed(&text, &SIGNERS));
    }),
    (
        "identifiers changed without a consultation",
        "consultation-missing",
        |c| {
            second_schedule(c, "identify.epoch = 30 days", "identify.epoch = 300 days");
        },
    ),
    (
        "recipients changed without a consultation",
        "consultation-missing",
        |c| {
            second_schedule(
                c,
                "release.recipients = cabinet-office",
                "release.recipients = anybody cabinet-office",
            );
        },
    ),
    ("another home country", "home-country-other", |c| {
        c.argue(&["--home-country", "KR"]);
    }),
    (
        "a schedule with other mechanical fields",
        "mechanical-fields-other",
        |c| {
            schedule(c, " ja4 selectors", " ja4 url selectors");
        },
    ),
    ("longer than the schedule allows", "period-too-long", |c| {
        let later = c.at(100 * Case::DAY);
        c.statement(&[("not-after", &later)], &["m1", "m2", "m4"]);
    }),
    (
        "kept for longer than the schedule allows",
        "retention-too-long",
        |c| {
            c.statement(&[("retention", "bucket 1d keep 731d")], &["m1", "m2", "m4"]);
        },
    ),
    (
        "more packets than the schedule allows",
        "caps-above-schedule",
        |c| {
            schedule(c, "cap.match-ppm = 1000000", "cap.match-ppm = 999999");
        },
    ),
    (
        "fewer votes than the schedule asks for",
        "floor-below-schedule",
        |c| {
            schedule(c, "floor.acquisition = 2", "floor.acquisition = 3");
        },
    ),
    (
        "an agreement that needs a ruling",
        "agreement-needs-sitting",
        |c| {
            agrees(c, &["office", "m2"]);
            schedule(c, "agreement.sitting = no", "agreement.sitting = yes");
        },
    ),
    ("an urgent acquisition in Japan", "urgent-off", |c| {
        let soon = c.at(3600);
        urgent(c, &[SMALL, ("not-after", &soon)], &["o1", "o3"]);
    }),
    ("an urgent act of a month", "urgent-too-long", |c| {
        allow_urgent(c);
        urgent(c, &[SMALL], &["o1", "o3"]);
    }),
    ("an urgent act with wide caps", "urgent-caps", |c| {
        allow_urgent(c);
        let soon = c.at(3600);
        urgent(c, &[("not-after", &soon)], &["o1", "o3"]);
    }),
    ("an urgent act of one officer", "urgent-officers", |c| {
        allow_urgent(c);
        let soon = c.at(3600);
        urgent(c, &[SMALL, ("not-after", &soon)], &["o1"]);
    }),
    ("an officer who is a member", "requester-decides", |c| {
        let (officer, member) = (c.node.key("o1"), c.node.key("m3"));
        let name = officer.verifier().name();
        let shared = VerifierKey::new(name, KeyKind::Ed25519, member.verifier().public()).unwrap();
        c.second_root(&[("officer", &format!("o1 requester {shared}"))], &ALL);
    }),
    ("a ruling that is no note", "ruling-malformed", |c| {
        c.write(RULING, "revoked\n");
    }),
    (
        "a ruling about another authority",
        "ruling-malformed",
        |c| {
            ruling(c, &"5a".repeat(16), &["m1", "m2", "m4"]);
        },
    ),
    ("a ruling of the chair alone", "ruling-unsigned", |c| {
        ruling(c, &id(c), &["m1"]);
    }),
    ("a revoked authority", "revoked", |c| {
        ruling(c, &id(c), &["m1", "m2", "m4"]);
    }),
    (
        "a revoked authority whose ruling was taken away",
        "revoked",
        |c| {
            let id = id(c);
            c.memory(|state| state["revoked"] = json!([id]));
        },
    ),
    (
        "a suspension that is no note",
        "suspension-malformed",
        |c| {
            c.write(SUSPENSION, "stop\n");
        },
    ),
    (
        "a suspension of another authority",
        "suspension-malformed",
        |c| {
            suspension(c, &"5a".repeat(16), "m1");
        },
    ),
    ("a suspension by a member", "suspension-unsigned", |c| {
        suspension(c, &id(c), "m3");
    }),
    ("a suspended authority", "suspended", |c| {
        suspension(c, &id(c), "m2");
    }),
    (
        "a suspension that was seen and taken away",
        "suspended",
        |c| {
            let seen = json!([{"authority": id(c), "by": "office", "serial": 7, "act": "suspend"}]);
            c.memory(|state| state["standings"] = seen);
        },
    ),
    ("a release that was taken away", "software-missing", |c| {
        c.memory(|state| state["software"] = json!(true));
    }),
    ("a release that is no note", "software-malformed", |c| {
        c.write(SOFTWARE, "sakimori 0.1.0\n");
    }),
    ("a release by its maker alone", "software-unsigned", |c| {
        release(c, &c.at(0), &["office"]);
    }),
    ("a release that has not begun", "software-not-yet", |c| {
        release(c, &c.at(3600), &["office", "m1"]);
    }),
    (
        "a program that was not released",
        "software-unlogged",
        |c| {
            release(c, &c.at(-60), &["office", "m1"]);
        },
    ),
    (
        "nobody recused, and one vote short of the schedule",
        "floor-below-schedule",
        |c| {
            schedule(c, "floor.acquisition = 2", "floor.acquisition = 4");
            sits(c, ["m1 m2 m3 m4 m5", "m1", "m1 m2 m3", "m4 m5", "none"]);
        },
    ),
];
