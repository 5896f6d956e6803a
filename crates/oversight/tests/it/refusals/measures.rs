//! I14, and what I8 and I11 say of measures: proposed on record, decided, leased to actuators, dispatched in order.

use super::Verdict::{Refused, Taken, Void};
use super::{Verdict, verdict};
use crate::history::read;
use sakimori_custody::time::Seconds;
use sakimori_oversight::book::MeasureAct;
use sakimori_oversight::refused::{Code, Told};
use sakimori_testkit::history::{MEASURE, Step, Story, hour};

fn check(changed: &str, step: &str, wanted: Verdict, change: impl FnOnce(&mut Step)) {
    let story = Story::measured().with(changed, change);
    assert_eq!(verdict(&story, step), wanted, "`{changed}` changed");
}

fn edit(changed: &str, from: &str, to: &str, step: &str, wanted: Verdict) {
    check(changed, step, wanted, |s| {
        s.edit(from, to);
    });
}

#[test]
fn a_measure_is_told_from_proposal_to_end() {
    let story = Story::measured();
    let book = read(&story)
        .map_err(|(step, why)| format!("{step}: {why}"))
        .unwrap();
    assert!(book.void().is_empty(), "{:?}", book.void());
    let acts: Vec<MeasureAct> = book.measure_acts().iter().map(|acted| acted.act).collect();
    let wanted = [
        MeasureAct::Dispatch,
        MeasureAct::Effect,
        MeasureAct::Hold,
        MeasureAct::Free,
        MeasureAct::Kill,
        MeasureAct::End,
    ];
    assert_eq!(acts, wanted);
    let authority = book.authority(MEASURE.parse().unwrap()).unwrap();
    let proposed = book.measure_of(authority).unwrap();
    assert!(proposed.index < authority.index && proposed.revision == 1);
    let told = book.overdue(Seconds(hour(5)));
    assert!(told.iter().all(|of| of.code != Told::MeasureSequence));
}

#[test]
fn i14_a_proposal_is_a_measure_that_its_two_officers_signed() {
    let bad = Void(Code::ProposalBad);
    check("measure", "measure", bad, |s| s.signers = vec!["o1"]);
    check("measure", "measure", bad, |s| s.signers = vec!["o1", "o2"]);
    check("measure", "measure", bad, |s| {
        s.count(0, 2);
    });
    edit("measure", "root: 1", "root: 2", "measure", bad);
    edit("measure", "most: 100", "most: 0", "measure", bad);
    edit("measure", "proposed: o1", "proposed: m1", "measure", bad);
    edit("measure", "most: 100", "most: 99", "measure", Taken);
}

#[test]
fn i14_an_act_is_of_the_measure_that_was_decided_by_an_actuator_that_it_names() {
    check(
        "dispatch",
        "dispatch",
        Refused(Code::MeasureAuthority),
        |s| {
            s.authority = "measure urged".to_owned();
        },
    );
    let text = Refused(Code::MeasureText);
    edit(
        "dispatch",
        "{sha:measure}",
        "{sha:schedule}",
        "dispatch",
        text,
    );
    edit(
        "dispatch",
        "\"revision\":1",
        "\"revision\":2",
        "dispatch",
        text,
    );
    // A text that came behind the decision is none of it.
    let late = Story::measured()
        .again("measure", "measure decided", |_| {})
        .with("measure", |s| s.signers = vec!["o1"]);
    assert_eq!(verdict(&late, "measure leased"), Void(Code::LeaseBad));
    assert_eq!(verdict(&late.without("measure leased"), "dispatch"), text);
    let actuator = Refused(Code::MeasureActuator);
    edit("dispatch", "\"s-01\"", "\"s-03\"", "dispatch", actuator);
    edit("dispatch", "\"s-01\"", "null", "dispatch", actuator);
    edit("effect", "\"s-01\"", "null", "effect", actuator);
    edit("end", "\"s-01\"", "null", "end", Taken);
    edit("kill", "\"kill\"", "\"safety\"", "kill", Taken);
    let fields = Refused(Code::BodyFields);
    edit("dispatch", "\"dispatch\"", "\"scan\"", "dispatch", fields);
    edit("dispatch", "\"step\":1", "\"step\":2", "dispatch", fields);
    edit(
        "dispatch",
        "\"detail\":\"as decided\"",
        "\"note\":\"\"",
        "dispatch",
        fields,
    );
}

#[test]
fn i9_a_measure_of_level_2_takes_the_votes_of_everybody_who_sits() {
    let bad = Void(Code::StatementBad);
    let of_2 = |step: &str| {
        Story::measured().with(step, |s| {
            s.edit("level: 1", "level: 2");
        })
    };
    let level = || of_2("measure");
    assert_eq!(
        verdict(&level(), "measure decided"),
        bad,
        "one voted against"
    );
    let urged = of_2("urgent measure");
    assert_eq!(verdict(&urged, "measure urged"), bad, "two officers");
    let votes = |to: [&'static str; 2]| {
        let story = level().with("measure decided", |s| {
            s.edit("for: m1 m2 m5\nagainst: m4", to[0]);
        });
        (verdict(&story, "measure decided"), to[1])
    };
    for (told, why) in [
        votes(["for: m1 m2 m5\nagainst: none", "m4 abstained"]),
        votes(["for: m1 m2\nagainst: none", "two abstained"]),
    ] {
        assert_eq!(told, bad, "{why}");
    }
    let all = votes(["for: m1 m2 m4 m5\nagainst: none", ""]);
    assert_eq!(all.0, Taken);
}

#[test]
fn i14_nothing_is_dispatched_before_the_beginning_behind_the_end_or_without_a_lease() {
    let barred = Refused(Code::MeasureBarred);
    edit("dispatch", "\"s-01\"", "\"s-02\"", "dispatch", barred);
    let unleased = Story::measured().without("measure leased");
    assert_eq!(verdict(&unleased, "dispatch"), barred);
    for (to, wanted) in [("03:00:59Z", Taken), ("03:01:00Z", barred)] {
        let from = "not-before: 2027-04-01T01:00:00Z";
        let to = format!("not-before: 2027-04-01T{to}");
        edit("measure decided", from, &to, "dispatch", wanted);
    }
    for (time, wanted) in [(hour(14) + 120, Taken), (hour(14) + 180, barred)] {
        check("dispatch", "dispatch", wanted, |s| s.time = time);
    }
    // What takes effect or ends behind the end is on record all the same.
    for step in ["effect", "end"] {
        check(step, step, Taken, |s| s.time = hour(200));
    }
}

#[test]
fn what_comes_out_of_order_stands_and_is_told() {
    let told = |story: &Story| {
        let book = read(story)
            .map_err(|(step, why)| format!("{step}: {why}"))
            .unwrap();
        let told = book.overdue(Seconds(hour(5)));
        let told = told.iter().filter(|of| of.code == Told::MeasureSequence);
        told.map(|of| of.index).collect::<Vec<_>>()
    };
    let story = Story::measured();
    assert!(told(&story).is_empty());
    let undone = story.clone().without("dispatch");
    assert_eq!(told(&undone), [undone.place("effect") as u64]);
    let twice = story.clone().again("dispatch", "effect", |_| {});
    assert_eq!(told(&twice), [twice.place("dispatch again") as u64]);
    let next = story.again("dispatch", "effect", |s| {
        s.edit("\"step\":1", "\"step\":2").count(0, 2);
    });
    assert!(told(&next).is_empty());
}

#[test]
fn a_measure_without_its_report_is_told_thirty_days_behind_its_end() {
    const DAY: u64 = 86_400;
    let told = |story: &Story, now: u64| {
        let book = read(story)
            .map_err(|(step, why)| format!("{step}: {why}"))
            .unwrap();
        let told = book.overdue(Seconds(now));
        let mut told = told.iter().filter(|of| of.code == Told::MeasureUnreported);
        told.next().map(|of| (of.index, of.since))
    };
    // Its kill switch was the end of all of it; that its dispatch was held before was none.
    let story = Story::measured();
    let due = hour(3) + 60 + 30 * DAY;
    assert_eq!(told(&story, due), None);
    let dispatch = story.place("dispatch") as u64;
    assert_eq!(told(&story, due + 1), Some((dispatch, due)));
    // Without it, the last second of the approval is; what was never dispatched owes nothing.
    let lasts = story.clone().without("kill");
    let due = hour(100) + 30 * DAY;
    assert_eq!(told(&lasts, due), None);
    assert_eq!(told(&lasts, due + 1), Some((dispatch, due)));
    let never = story.clone().without("dispatch").without("effect");
    assert_eq!(told(&never, due + 1), None);
    let reported = story.again("kill", "end", |s| {
        s.edit("\"kill\"", "\"report\"");
    });
    assert_eq!(told(&reported, due + 1), None);
    let again = reported.again("dispatch", "kill again", |s| {
        s.edit("\"step\":1", "\"step\":2").count(0, 2);
    });
    assert_eq!(
        told(&again, due + 1),
        Some((again.place("dispatch again") as u64, due))
    );
}

#[test]
fn i8_an_urgent_measure_is_the_first_of_its_month_against_its_targets() {
    let twice = Void(Code::UrgentTarget);
    let second = |target: &str| {
        let first = "203.0.113.0/24";
        let id = "8d".repeat(16);
        let again = |story: Story, step: &str, behind: &str, change: &dyn Fn(&mut Step)| {
            story.again(step, behind, change)
        };
        let story = again(Story::measured(), "urgent measure", "measure urged", &|s| {
            s.edit(first, target);
        });
        let story = again(
            story,
            "request of urgent measure",
            "urgent measure again",
            &|s| {
                s.edit(&id, &"9e".repeat(16))
                    .edit("{sha:urgent measure}", "{sha:urgent measure again}");
            },
        );
        let behind = "request of urgent measure again";
        let story = again(story, "measure urged", behind, &|s| {
            s.edit(&id, &"9e".repeat(16))
                .edit("{sha:urgent measure}", "{sha:urgent measure again}")
                .edit(
                    "{leaf:request of urgent measure}",
                    "{leaf:request of urgent measure again}",
                );
        });
        let story = story.with("measure urged again", |s| {
            s.authority.clone_from(&s.name);
        });
        verdict(&story, "measure urged again")
    };
    for target in [
        "203.0.113.0/24",
        "203.0.113.77",
        "203.0.112.0/23",
        "0.0.0.0/0",
        "::/0",
        "::ffff:203.0.113.0",
        "64:ff9b::cb00:7105/128",
        "2002:cb00:7105::/48",
        "2001:0:1:2:3:4:34ff:8efa",
    ] {
        assert_eq!(second(target), twice, "{target}");
    }
    for target in [
        "203.0.114.0",
        "198.51.100.7",
        "evil.example",
        "64:ff9b::cb00:7205",
    ] {
        assert_eq!(second(target), Taken, "{target}");
    }
    // Whoever asks before anybody signs is told the same.
    let book = read(&Story::measured())
        .map_err(|(step, why)| format!("{step}: {why}"))
        .unwrap();
    let urged = book.urgent_list().values().map(|urgent| urgent.time).max();
    let at = urged.unwrap();
    for target in ["203.0.113.77", "::ffff:203.0.113.5", "0.0.0.0/0"] {
        assert!(book.urgent_against(target, at).is_some(), "{target}");
        let next = at.plus_months(1);
        assert!(book.urgent_against(target, next).is_none(), "{target}");
    }
    assert!(book.urgent_against("203.0.114.0", at).is_none());
    let unread = Story::measured().with("urgent measure", |s| s.signers = vec!["o1"]);
    assert_eq!(verdict(&unread, "measure urged"), twice);
}
