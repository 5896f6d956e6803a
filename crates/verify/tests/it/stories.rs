//! The story of the testkit, which the book of `oversight` takes whole: the verifier has to take it whole too, and to name what is changed in it.

mod said;

use super::maker::{Made, codes, folder, publish, verify};
use sakimori_testkit::history::{FIRST, SECOND, Step, Story, hour};
use sakimori_verify::{Options, Report, render};

/// When the mirror has cosigned, and no bucket is a day late.
const LATER: u64 = hour(24 * 90 + 2);

fn made(story: &Story) -> Vec<Made> {
    let written = story.write();
    written
        .into_iter()
        .map(|w| Made {
            commitment: w.entry.envelope.body,
            leaf: w.entry.leaf,
            stored: w.entry.stored,
        })
        .collect()
}

fn report(story: &Story) -> Report {
    let dir = folder();
    publish(dir.path(), &made(story), &[], &["log", "mirror"]);
    let options = Options {
        now: Some(LATER),
        ..Options::default()
    };
    verify(dir.path(), &options)
}

/// The codes of a story have to be these; where there is one, it is told at the step.
#[track_caller]
fn check(story: &Story, step: &str, wanted: &[&str]) {
    let report = report(story);
    assert_eq!(codes(&report), wanted, "{step}: {}", render::text(&report));
    let place = Some(story.place(step) as u64);
    let there = report.problems.iter().any(|p| p.place.index == place);
    assert!(
        wanted.is_empty() || there,
        "{step}: {}",
        render::text(&report)
    );
}

#[test]
fn what_the_book_takes_whole_the_verifier_takes_whole() {
    let story = Story::good().up_to("deletion of s-01");
    check(&story, "deletion of s-01", &[]);
}

#[test]
fn a_decision_needs_the_votes_that_trust_root_and_schedule_ask_for() {
    // Two of three voted for it.
    for (floor, wanted) in [(2, &[][..]), (3, &["decision-sitting"])] {
        let story = Story::good()
            .with("schedule", |s| {
                let asked = format!("floor.acquisition = {floor}");
                s.edit("floor.acquisition = 2", &asked);
            })
            .up_to("decision");
        check(&story, "decision", wanted);
    }
    // Three of four voted for the ruling.
    for (floor, wanted) in [(3, &[][..]), (4, &["ruling-sitting"])] {
        let story = Story::good()
            .with("schedule", |s| {
                let asked = format!("floor.reidentification = {floor}");
                s.edit("floor.reidentification = 3", &asked);
            })
            .up_to("ruling to show");
        check(&story, "ruling to show", wanted);
    }
}

#[test]
fn each_kind_of_ruling_has_its_own_floor_in_the_schedule() {
    // Three of four voted for it.
    for kind in ["measure", "disclosure"] {
        for (floor, wanted) in [(3, &[][..]), (4, &["ruling-sitting"])] {
            let story = Story::good()
                .with("schedule", |s| {
                    let (from, to) = (
                        format!("floor.{kind} = 3"),
                        format!("floor.{kind} = {floor}"),
                    );
                    s.edit(&from, &to);
                })
                .with("kept longer", |s| {
                    s.edit("kind: acquisition", &format!("kind: {kind}"));
                })
                .up_to("kept longer");
            assert_eq!(codes(&report(&story)), wanted, "{kind} {floor}");
        }
    }
}

#[test]
fn a_log_without_a_trust_root_for_a_reader_without_one_says_so() {
    let mut story = Story::good().up_to("request");
    story.steps.retain(|step| step.name == "request");
    let report = report(&story);
    let said = report
        .problems
        .iter()
        .find(|p| p.code.name() == "trust-root-missing");
    let text = render::text(&report);
    assert!(said.is_some_and(|p| p.place.index.is_none()), "{text}");
}

#[test]
fn the_carriers_counter_is_held_against_windows_that_fill_its_span() {
    let counted = |packets: u64, ppm: u64, span: [u64; 2], wanted: &[&str]| {
        let story = Story::good()
            .with("schedule", |s| {
                let told = format!("carrier.tolerance-ppm = {ppm}");
                s.edit("carrier.tolerance-ppm = 1000", &told);
            })
            .with("carrier", |s| {
                let [from, to] = span.map(|at| hour(0) * 1000 + at);
                s.count(0, from).count(1, to).count(2, packets);
            })
            .up_to("stop");
        check(&story, "carrier", wanted);
    };
    let (whole, differs) = ([0, 180_000], &["carrier-differs"]);
    // 150 packets were read, 100 of them in the first minute, none in the second.
    counted(150, 0, whole, &[]);
    counted(151, 0, whole, differs);
    counted(149, 0, whole, differs);
    // Ten of 160 are 62,500 per million.
    counted(160, 62_500, whole, &[]);
    counted(160, 62_499, whole, differs);
    counted(100, 0, [0, 60_000], &[]);
    counted(7, 0, [0, 60_000], differs);
    counted(50, 0, [60_000, 180_000], &[]);
    counted(7, 0, [60_000, 180_000], differs);
    // Windows do not fill it: nothing is said.
    for span in [[1, 60_000], [0, 60_001], [60_000, 240_000]] {
        counted(7, 0, span, &[]);
    }
}

#[test]
fn an_attestation_of_an_epoch_is_about_an_authority_of_the_log() {
    let attested = |epoch: &str, wanted: &[&str]| {
        let story = Story::good()
            .with("attestation of s-01", |s| {
                s.edit("sakimori/share", "sakimori/epoch-share").edit(
                    &format!("bucket: {FIRST}/s-01/2027-04-01"),
                    &format!("epoch: {epoch}"),
                );
            })
            .up_to("attestation of s-01");
        check(&story, "attestation of s-01", wanted);
    };
    for id in [FIRST, SECOND] {
        attested(&format!("{id}/2027-04-01/30"), &[]);
    }
    let wrong = &["attestation"];
    attested(&format!("{}/2027-04-01/30", "00".repeat(16)), wrong);
    attested(&format!("{}/2027-04-01/30", "01".repeat(16)), wrong);
    attested(&format!("{FIRST}/2027-04-01/0"), wrong);
    attested(&format!("{FIRST}/2027-04-31/30"), wrong);
}

#[test]
fn a_schedule_has_each_value_in_its_form_and_no_other() {
    // What stands in the schedule of the story, what it may be as well, and what it may not.
    let forms: &[(&str, &[&str], &[&str])] = &[
        (
            "period.out-out = 6 months",
            &["1 months", "120 months"],
            &["0 months", "121 months", "06 months", "6 days", "6"],
        ),
        (
            "retention.days = 730",
            &["1", "3660"],
            &["0", "3661", "730 days"],
        ),
        (
            "cap.match-ppm = 1000000",
            &["0", "999999"],
            &["1000001", "-1", "1 "],
        ),
        (
            "cap.day-records = 1000000000000",
            &["0"],
            &["", "1e9", "00"],
        ),
        ("agreement.sitting = no", &["yes"], &["maybe", "No", ""]),
        (
            "urgent.acquisition = 24 hours",
            &["1 hours", "off"],
            &["25 hours", "0 hours", "24", "on"],
        ),
        (
            "urgent.measure = 2 hours",
            &["1 hours", "off"],
            &["3 hours"],
        ),
        (
            "deadline.question = 7 days",
            &["1 days", "3660 days"],
            &["0 days", "3661 days", "7"],
        ),
        (
            "home-countries = JP",
            &["JP KR"],
            &["jp", "J", "JPN", "JP JP", "JP  KR", "none", "J1"],
        ),
        (
            "mechanical-fields = first last",
            &["last first", "a_1 first last"],
            &["first first", "First last", "first-last", "first "],
        ),
        (
            "identify.fields = source-mail destination-mail user",
            &["user", "none"],
            &["user user", "name", ""],
        ),
        (
            "release.recipients = cabinet-office nco npa mod",
            &["nco", "none"],
            &["nco nco", "NCO", "nco  npa", ""],
        ),
        (
            "hours = 08-20 +09",
            &[
                "00-24 +14",
                "09-18 -12",
                "09-18 -01",
                "09-18 +00",
                "17-18 +09",
            ],
            &[
                "18-09 +09",
                "09-09 +09",
                "00-25 +09",
                "09-18 +15",
                "09-18 -13",
                "09-18 -00",
                "9-18 +09",
                "09-18 09",
                "09-18",
                "0x-18 +09",
                "09-18 +9",
                "09:18 +09",
                "09-018 +09",
            ],
        ),
    ];
    let with = |from: &str, to: &str, wanted: &[&str]| {
        let story = Story::good().up_to("schedule").with("schedule", |s| {
            s.edit(&format!("{from} | unverified"), to);
        });
        assert_eq!(codes(&report(&story)), wanted, "{to}");
    };
    let malformed = &["schedule-malformed"];
    for (from, good, bad) in forms {
        let (key, _) = from.split_once(" = ").unwrap();
        // The list of fields goes on behind what is changed.
        let (from, rest) = if key == "mechanical-fields" {
            let story = Story::good().step("schedule").body.clone();
            let (_, rest) = story.split_once(from).unwrap();
            let (rest, _) = rest.split_once(" | ").unwrap();
            (format!("{from}{rest}"), rest.to_owned())
        } else {
            ((*from).to_owned(), String::new())
        };
        for (values, wanted) in [(good, &[][..]), (bad, malformed)] {
            for value in *values {
                let to = format!("{key} = {value}{rest} | unverified");
                with(&from, &to, wanted);
            }
        }
        with(&from, &format!("{from} | verified"), &[]);
        with(&from, &format!("{from} | checked"), malformed);
        with(&from, &format!("{key} : 1 | unverified"), malformed);
    }
    for (bytes, wanted) in [(512, &[][..]), (513, malformed)] {
        let from = "hours = 08-20 +09";
        let story = Story::good().up_to("schedule").with("schedule", |s| {
            let (_, source) = s
                .body
                .split_once(&format!("{from} | unverified | "))
                .unwrap();
            let (source, _) = source.split_once('\n').unwrap();
            let source = format!("{from} | unverified | {source}\n");
            s.edit(
                &source,
                &format!("{from} | unverified | {}\n", "x".repeat(bytes)),
            );
        });
        check(&story, "schedule", wanted);
    }
}

#[test]
fn a_response_opens_the_record_that_was_asked_for_or_names_who_destroyed_its_share() {
    let opened = |change: &dyn Fn(&mut Step), wanted: &[&str]| {
        let story = Story::good().with("response", change).up_to("response");
        check(&story, "response", wanted);
    };
    let (bad, fields) = (&["challenge-answer"], &["body-fields"]);
    opened(&|_| {}, &[]);
    for said in [0, 2] {
        opened(
            &|s| {
                s.count(1, said);
            },
            fields,
        );
    }
    opened(
        &|s| {
            s.edit("\"leaf\":\"00", "\"leaf\":\"01");
        },
        bad,
    );
    let longer = format!("\"path\":[\"{}\",", "00".repeat(32));
    opened(
        &|s| {
            s.edit("\"path\":[", &longer);
        },
        bad,
    );
    opened(
        &|s| {
            s.edit("-0\"", "-1\"");
        },
        bad,
    );
    opened(
        &|s| {
            s.count(0, 1);
        },
        bad,
    );
    let twice = Story::good().again("response", "response", |_| {});
    check(&twice.up_to("response again"), "response again", bad);
    let behind = |step: &str, change: &dyn Fn(&mut Step), wanted: &[&str]| {
        let mut story = Story::good().up_to(step);
        let mut response = story.steps.remove(story.place("response"));
        response.time = hour(24 * 90);
        response.stream = 0x70;
        change(&mut response);
        story.steps.push(response);
        check(&story, "response", wanted);
    };
    // What was deleted does not open any more.
    behind("attestation of s-01", &|_| {}, &[]);
    behind("deletion of s-01", &|_| {}, bad);
    for (share, wanted) in [
        ("{index:attestation of s-01}", &[][..]),
        ("{index:decision}", bad),
        ("null", bad),
    ] {
        let gone = |s: &mut Step| {
            let (head, _) = s.body.split_once("\"outcome\"").unwrap();
            let tail =
                format!("\"outcome\":\"gone\",\"leaf\":\"\",\"path\":[],\"share\":{share}}}");
            s.body = format!("{head}{tail}");
            s.count(1, 0);
        };
        behind("attestation of s-01", &gone, wanted);
    }
}

#[test]
fn an_urgent_act_is_by_two_officers_and_within_what_the_schedule_allows() {
    let urgent = |what: &str, asked: &[(&str, &str)], said: &[(&str, &str)], wanted: &str| {
        let edit = |s: &mut Step, edits: &[(&str, &str)]| {
            for (from, to) in edits {
                s.edit(from, to);
            }
        };
        let story = Story::good()
            .with("schedule", |s| edit(s, asked))
            .with("urgent", |s| edit(s, said))
            .up_to("urgent");
        assert_eq!(codes(&report(&story)), [wanted], "{what}");
    };
    // One that is in force waits for the commission's word, and nobody has given it.
    let (good, bad) = ("urgent-undecided", "urgent-schedule");
    urgent("as it is", &[], &[], good);
    let hours = "urgent.acquisition = 24 hours";
    urgent("off", &[(hours, "urgent.acquisition = off")], &[], bad);
    let less = "urgent.acquisition = 23 hours";
    urgent("23 hours", &[(hours, less)], &[], bad);
    for (month, wanted) in [(1, good), (0, bad)] {
        let to = format!("urgent.month = {month}");
        urgent(&to, &[("urgent.month = 4", &to)], &[], wanted);
    }
    for (ppm, wanted) in [(200, good), (199, bad)] {
        let to = format!("urgent.match-ppm = {ppm}");
        urgent(&to, &[("urgent.match-ppm = 1000", &to)], &[], wanted);
    }
    for (records, wanted) in [(100_000, good), (100_001, bad)] {
        let to = format!("day-records {records}");
        urgent(&to, &[], &[("day-records 500", &to)], wanted);
    }
    let (from, until) = (
        "not-before: 2027-04-01T11:00:00Z",
        "not-after: 2027-04-02T11:00:00Z",
    );
    urgent(
        "a second longer",
        &[],
        &[(until, "not-after: 2027-04-02T11:00:01Z")],
        bad,
    );
    // It may begin later, and still ends with the clock that began at its entry.
    for (end, wanted) in [("11:01:00", good), ("11:01:01", bad)] {
        let later = (from, "not-before: 2027-04-01T12:00:00Z");
        let end = format!("not-after: 2027-04-02T{end}Z");
        urgent(&end, &[], &[later, (until, &end)], wanted);
    }
    // What bounds every statement bounds it too.
    for (to, wanted) in [("keep 730d", good), ("keep 731d", bad)] {
        urgent(to, &[], &[("keep 90d", to)], wanted);
    }
    let officers = "urgent: o1 o3";
    for to in ["o1 o1", "o1 O3", "O1 o3", "o1", "o1 o3 o2", "o1  o3"] {
        let to = format!("urgent: {to}");
        urgent(&to, &[], &[(officers, &to)], "urgent-malformed");
    }
    for (to, wanted) in [("o1 o4", "urgent-officers"), ("o1 o2", "urgent-signature")] {
        let to = format!("urgent: {to}");
        urgent(&to, &[], &[(officers, &to)], wanted);
    }
}

#[test]
fn urgent_acts_are_counted_by_the_month_of_their_entry() {
    // Two in April; one is allowed.
    let third = "7c".repeat(16);
    for (months, wanted) in [
        (1, &["urgent-schedule", "urgent-undecided"][..]),
        (2, &["urgent-undecided"]),
    ] {
        let story = Story::good()
            .with("schedule", |s| {
                s.edit("urgent.month = 4", &format!("urgent.month = {months}"));
            })
            .up_to("urgent")
            .again("urgent request", "urgent", |s| {
                s.edit(SECOND, &third);
            })
            .again("urgent", "urgent request again", |s| {
                s.edit(SECOND, &third)
                    .edit("{leaf:urgent request}", "{leaf:urgent request again}");
                s.authority = "urgent again".to_owned();
            });
        check(&story, "urgent again", wanted);
    }
}

#[test]
fn a_decision_stays_within_what_the_schedule_allows() {
    let decided = |from: &str, to: &str, said: &[(&str, &str)], wanted: &[&str]| {
        let story = Story::good()
            .with("schedule", |s| {
                s.edit(from, to);
            })
            .with("decision", |s| {
                for (from, to) in said {
                    s.edit(from, to);
                }
            })
            .up_to("decision");
        assert_eq!(codes(&report(&story)), wanted, "{to} {said:?}");
    };
    let beyond = &["decision-schedule"];
    for (from, good, bad) in [
        (
            "retention.days = 730",
            "retention.days = 90",
            "retention.days = 89",
        ),
        (
            "cap.match-ppm = 1000000",
            "cap.match-ppm = 200",
            "cap.match-ppm = 199",
        ),
        (
            "cap.day-records = 1000000000000",
            "cap.day-records = 1000",
            "cap.day-records = 999",
        ),
        (
            "period.out-in = 3 months",
            "period.out-in = 3 months",
            "period.out-in = 2 months",
        ),
        (
            "period.in-out = 3 months",
            "period.in-out = 3 months",
            "period.in-out = 2 months",
        ),
        ("period.out-out = 6 months", "period.out-out = 1 months", ""),
    ] {
        decided(from, good, &[], &[]);
        if !bad.is_empty() {
            decided(from, bad, &[], beyond);
        }
    }
    // A request that expects too much is none that a decision could answer.
    let share = "cap.share-ppm = 300000";
    decided(share, "cap.share-ppm = 150", &[], &[]);
    let unanswered = &["decision-request", "decision-schedule", "request-share"];
    decided(share, "cap.share-ppm = 149", &[], unanswered);
    // Three months to the second, of the shortest direction.
    let last = "not-after: 2027-06-30T00:00:00Z";
    for (end, wanted) in [
        ("2027-07-01T00:00:00Z", &[][..]),
        ("2027-07-01T00:00:01Z", beyond),
    ] {
        let to = format!("not-after: {end}");
        decided("budget.rows", "budget.rows", &[(last, &to)], wanted);
        let out = ("directions: out-in in-out", "directions: out-out");
        decided("budget.rows", "budget.rows", &[(last, &to), out], &[]);
    }
}

#[test]
fn what_stays_open_is_named_with_its_entry_its_file_and_its_stream() {
    for (last, step, code) in [
        ("query", "query", "query-open"),
        ("receipt 1", "start", "run-open"),
    ] {
        let mut story = Story::good().up_to(last);
        let report = report(&story);
        let found = report.problems.iter().find(|p| p.code.name() == code);
        let place = found.map(|problem| problem.place.clone()).unwrap();
        assert_eq!(place.index, Some(story.place(step) as u64));
        let file = format!("tile/entries/000.p/{}", story.steps.len());
        assert_eq!(place.file, Some(file), "{code}");
        assert_eq!(place.stream, Some([story.step(step).stream; 8]), "{code}");
    }
}

#[test]
fn what_somebody_saw_on_a_day_has_a_bound_before_the_next_question() {
    // Four rows were seen.
    for (rows, time, wanted) in [
        (4, hour(6), &["query-budget", "query-open"][..]),
        (5, hour(6), &["query-open"]),
        (4, hour(24) - 60, &["query-budget", "query-open"]),
        (4, hour(24), &["query-open"]),
    ] {
        let story = Story::good()
            .with("schedule", |s| {
                s.edit("budget.rows = 100000", &format!("budget.rows = {rows}"));
            })
            .again("query", "answered", |s| s.time = time)
            .up_to("query again");
        check(&story, "query again", wanted);
    }
}
