//! The schedule at the gate, and urgent acts under it: each refusal once, beside what is let through.

use crate::{ask, changed, check, edit, folder, run, state};
use sakimori_authority::Refusal;
use sakimori_authority::gate::{Folder, remember, trust};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_testkit::folder::{Part, Plan, Sample, signer};
use sakimori_tlog::note::Note;
use sha2::{Digest, Sha256};

fn signed_by(who: &[&'static str]) -> Sample {
    let plan = Plan {
        schedule_signers: who.to_vec(),
        ..Plan::default()
    };
    plan.build()
}

/// The second version of the schedule, with one more change, for a sensor that remembers the first.
fn second(from: &str, to: &str) -> Plan {
    let first = Note::parse(&Plan::default().build().folder.schedule).unwrap();
    let hash = hex(&Sha256::digest(first.text()));
    Plan::default()
        .edit(Part::Schedule, "version: 1\n", "version: 2\n")
        .edit(
            Part::Schedule,
            "previous: none",
            &format!("previous: sha256:{hash}"),
        )
        .edit(Part::Schedule, from, to)
}

#[test]
fn a_schedule_that_a_refused_start_showed_is_remembered_where_it_succeeds() {
    let sample = remembering_first(&second("= 6 months", "= 5 months"));
    let (folder, known) = (folder(&sample), state(&sample));
    let trusted = trust(&folder, &known).unwrap();
    let now = ask(&sample).now;
    let kept = remember(&trusted, &folder, &known, now);
    assert_eq!(kept.schedule, folder.schedule);
    assert_ne!(kept.schedule, known.schedule);
    // The old one does not come back, and one that has not begun is not kept.
    let old = Folder {
        schedule: known.schedule.clone(),
        ..folder.clone()
    };
    assert_eq!(remember(&trusted, &old, &kept, now), kept);
    assert_eq!(remember(&trusted, &folder, &known, Seconds(0)), known);
}

fn remembering_first(plan: &Plan) -> Sample {
    changed(plan, |s| {
        s.remembered.schedule = Plan::default().build().folder.schedule;
    })
}

#[test]
fn a_start_without_the_schedule_in_force_is_refused() {
    use Refusal::{
        ScheduleMalformed, ScheduleMissing, ScheduleNotYet, ScheduleOtherRoot, ScheduleUnsigned,
    };
    let schedule = |from, to| edit(Part::Schedule, from, to);
    check(vec![
        ("the schedule in force", Plan::default().build(), Ok(())),
        (
            "no schedule",
            changed(&Plan::default(), |s| s.folder.schedule.clear()),
            Err(ScheduleMissing),
        ),
        (
            "no note",
            changed(&Plan::default(), |s| {
                s.folder.schedule = b"six months\n".to_vec();
            }),
            Err(ScheduleMalformed),
        ),
        (
            "a value that is none",
            schedule("= 6 months", "= six months"),
            Err(ScheduleMalformed),
        ),
        (
            "urgent for longer than any schedule may say",
            schedule("urgent.measure = 2 hours", "urgent.measure = 3 hours"),
            Err(ScheduleMalformed),
        ),
        (
            "without the office",
            signed_by(&["m1", "m4", "m5"]),
            Err(ScheduleUnsigned),
        ),
        (
            "without somebody who was present",
            signed_by(&["office", "m1", "m4"]),
            Err(ScheduleUnsigned),
        ),
        (
            "by strangers",
            signed_by(&["!office", "!m1", "!m4", "!m5"]),
            Err(ScheduleUnsigned),
        ),
        (
            "against the votes",
            schedule("for: m1 m5\nagainst: m4", "for: m1\nagainst: m4 m5"),
            Err(ScheduleUnsigned),
        ),
        (
            "for another trust root",
            schedule("root: 1\n", "root: 2\n"),
            Err(ScheduleOtherRoot),
        ),
        (
            "not begun",
            schedule("2027-04-01T00:00:00Z", "2027-04-01T02:00:01Z"),
            Err(ScheduleNotYet),
        ),
    ]);
}

#[test]
fn a_schedule_of_another_country_or_of_other_fields_lets_nobody_start() {
    use Refusal::{HomeCountryOther, MechanicalFieldsOther};
    let schedule = |from, to| edit(Part::Schedule, from, to);
    check(vec![
        (
            "another home country",
            schedule("home-countries = JP", "home-countries = KR"),
            Err(HomeCountryOther),
        ),
        (
            "two home countries",
            schedule("home-countries = JP", "home-countries = KR JP"),
            Ok(()),
        ),
        (
            "the sensor's own country is another",
            changed(&Plan::default(), |s| s.asked.home_country = "jp"),
            Err(HomeCountryOther),
        ),
        (
            "a mechanical field less",
            schedule(" ja4 selectors", " selectors"),
            Err(MechanicalFieldsOther),
        ),
        (
            "mechanical fields in another order",
            schedule("= first last", "= last first"),
            Err(MechanicalFieldsOther),
        ),
    ]);
}

#[test]
fn a_schedule_never_goes_back_and_follows_the_one_that_is_known() {
    use Refusal::{ConsultationMissing, ScheduleChain, ScheduleRolledBack};
    let older = changed(&Plan::default(), |s| {
        s.remembered.schedule = second("= 730", "= 700").build().folder.schedule;
    });
    let zeros = "0".repeat(64);
    let consulted = format!("consultation: sha256:{zeros}");
    let first = Note::parse(&Plan::default().build().folder.schedule).unwrap();
    let hash = hex(&Sha256::digest(first.text()));
    let recipients = "release.recipients = cabinet-office nco npa mod";
    check(vec![
        ("the same", remembering_first(&Plan::default()), Ok(())),
        (
            "the next",
            remembering_first(&second("= 730", "= 700")),
            Ok(()),
        ),
        ("older", older, Err(ScheduleRolledBack)),
        (
            "another text of the same version",
            remembering_first(&Plan::default().edit(Part::Schedule, "= 730", "= 731")),
            Err(ScheduleRolledBack),
        ),
        (
            "a second version of another first",
            remembering_first(&second(&hash, &zeros)),
            Err(ScheduleChain),
        ),
        (
            "recipients without a consultation",
            remembering_first(&second(recipients, "release.recipients = nco")),
            Err(ConsultationMissing),
        ),
        (
            "identifiers without a consultation",
            remembering_first(&second(
                "identify.epoch = 30 days",
                "identify.epoch = 60 days",
            )),
            Err(ConsultationMissing),
        ),
        (
            "recipients with a consultation",
            remembering_first(&second(recipients, "release.recipients = nco").edit(
                Part::Schedule,
                "consultation: none",
                &consulted,
            )),
            Ok(()),
        ),
        (
            "a third version, whose second was not seen",
            remembering_first(
                &second("= 730", "= 700")
                    .edit(Part::Schedule, "version: 2", "version: 3")
                    .edit(Part::Schedule, &hash, &zeros),
            ),
            Ok(()),
        ),
        (
            "a memory that does not read",
            changed(&Plan::default(), |s| {
                s.remembered.schedule = b"?".to_vec();
            }),
            Err(ScheduleChain),
        ),
    ]);
}

#[test]
fn an_authority_ends_with_the_period_of_its_shortest_direction() {
    use Refusal::PeriodTooLong;
    let statement = |from, to| edit(Part::Statement, from, to);
    let (end, whole) = (
        "not-after: 2027-06-30T23:59:59Z",
        "not-after: 2027-07-01T00:00:00Z",
    );
    let agreed = |to| Plan::agreement().edit(Part::Statement, end, to).build();
    check(vec![
        (
            "to the end of the third month",
            statement(end, whole),
            Ok(()),
        ),
        (
            "a second longer",
            statement(end, "not-after: 2027-07-01T00:00:01Z"),
            Err(PeriodTooLong),
        ),
        (
            "as long as the shortest direction",
            changed(
                &Plan::default()
                    .edit(Part::Statement, end, "not-after: 2027-07-01T00:00:01Z")
                    .edit(Part::Statement, "out-in in-out\n", "out-out\n"),
                |s| s.asked.directions.clear(),
            ),
            Ok(()),
        ),
        (
            "an agreement for a year",
            agreed("not-after: 2028-04-01T00:00:00Z"),
            Ok(()),
        ),
        (
            "an agreement for longer",
            agreed("not-after: 2028-04-01T00:00:01Z"),
            Err(PeriodTooLong),
        ),
    ]);
}

#[test]
fn retention_and_caps_stay_within_the_schedule() {
    use Refusal::{CapsAboveSchedule, RetentionTooLong};
    let statement = |from, to| edit(Part::Statement, from, to);
    let schedule = |from, to| edit(Part::Schedule, from, to);
    check(vec![
        (
            "kept for as long as may be",
            statement("keep 90d", "keep 730d"),
            Ok(()),
        ),
        (
            "kept for a day longer",
            statement("keep 90d", "keep 731d"),
            Err(RetentionTooLong),
        ),
        (
            "more packets than the schedule allows",
            schedule("cap.match-ppm = 1000000", "cap.match-ppm = 199"),
            Err(CapsAboveSchedule),
        ),
        (
            "more records than the schedule allows",
            schedule(
                "cap.day-records = 1000000000000",
                "cap.day-records = 1999999",
            ),
            Err(CapsAboveSchedule),
        ),
        (
            "caps that are just reached",
            changed(
                &Plan::default()
                    .edit(
                        Part::Schedule,
                        "cap.match-ppm = 1000000",
                        "cap.match-ppm = 200",
                    )
                    .edit(
                        Part::Schedule,
                        "cap.day-records = 1000000000000",
                        "cap.day-records = 2000000",
                    ),
                |_| {},
            ),
            Ok(()),
        ),
    ]);
}

#[test]
fn the_schedule_may_ask_for_more_votes_and_for_a_ruling_on_agreements() {
    use Refusal::{AgreementNeedsSitting, FloorBelowSchedule};
    let schedule = |from, to| edit(Part::Schedule, from, to);
    check(vec![
        (
            "fewer votes than the schedule asks for",
            schedule("floor.acquisition = 2", "floor.acquisition = 3"),
            Err(FloorBelowSchedule),
        ),
        (
            "an agreement that the commission has not ruled on",
            Plan::agreement()
                .edit(
                    Part::Schedule,
                    "agreement.sitting = no",
                    "agreement.sitting = yes",
                )
                .build(),
            Err(AgreementNeedsSitting),
        ),
        (
            "an agreement that the commission has approved",
            approved().build(),
            Ok(()),
        ),
        (
            "an approval of another agreement",
            approved()
                .edit(Part::Ruling, "authority 5a", "authority 5b")
                .build(),
            Err(Refusal::RulingMalformed),
        ),
    ]);
}

/// An agreement with the ruling that its schedule asks for.
fn approved() -> Plan {
    Plan {
        ruling_signers: vec!["m1", "m4", "m5"],
        ..Plan::agreement()
    }
    .edit(
        Part::Schedule,
        "agreement.sitting = no",
        "agreement.sitting = yes",
    )
    .edit(Part::Ruling, "kind: acquisition", "kind: agreement")
    .edit(Part::Ruling, "outcome: revoked", "outcome: approved")
}

#[test]
fn an_urgent_act_stays_within_what_the_schedule_allows() {
    use Refusal::{UrgentCaps, UrgentOff, UrgentTooLong};
    let urgent = |part, from, to| Plan::urgent().edit(part, from, to).build();
    let hours = "urgent.acquisition = 24 hours";
    check(vec![
        ("for a day", Plan::urgent().build(), Ok(())),
        (
            "where the schedule has none",
            urgent(Part::Schedule, hours, "urgent.acquisition = off"),
            Err(UrgentOff),
        ),
        (
            "for longer than the schedule allows",
            urgent(Part::Schedule, hours, "urgent.acquisition = 23 hours"),
            Err(UrgentTooLong),
        ),
        (
            "for as long, and begun too late behind its entry",
            changed(
                &Plan::urgent()
                    .edit(
                        Part::Statement,
                        "2027-04-01T00:00:00Z",
                        "2027-04-01T00:02:00Z",
                    )
                    .edit(
                        Part::Statement,
                        "2027-04-01T23:59:59Z",
                        "2027-04-02T00:01:01Z",
                    ),
                |_| {},
            ),
            Err(UrgentTooLong),
        ),
        (
            "with more packets",
            urgent(
                Part::Schedule,
                "urgent.match-ppm = 1000",
                "urgent.match-ppm = 199",
            ),
            Err(UrgentCaps),
        ),
        (
            "with more records",
            urgent(
                Part::Schedule,
                "urgent.day-records = 100000",
                "urgent.day-records = 99999",
            ),
            Err(UrgentCaps),
        ),
    ]);
}

#[test]
fn two_officers_of_different_roles_sign_an_urgent_act() {
    use Refusal::{OtherDecision, SignatureBad, StatementMalformed, UrgentOfficers};
    let by = |officers: &str, who: &[&'static str]| {
        let plan = Plan {
            statement_signers: who.to_vec(),
            ..Plan::urgent()
        };
        plan.edit(
            Part::Statement,
            "urgent: o1 o3",
            &format!("urgent: {officers}"),
        )
        .build()
    };
    let entered_otherwise = Plan {
        decision_kind: EntryType::Decision,
        ..Plan::urgent()
    };
    check(vec![
        (
            "legal officer and requester",
            by("o2 o1", &["o1", "o2"]),
            Ok(()),
        ),
        ("by one officer", by("o1 o3", &["o1"]), Err(UrgentOfficers)),
        ("by two of one role", two_requesters(), Err(UrgentOfficers)),
        (
            "by somebody who is no officer",
            by("o1 o4", &["o1", "o4"]),
            Err(UrgentOfficers),
        ),
        (
            "by a member of the commission",
            by("o1 m1", &["o1", "m1"]),
            Err(UrgentOfficers),
        ),
        (
            "by one officer twice",
            by("o1 o1", &["o1"]),
            Err(StatementMalformed),
        ),
        (
            "by three",
            by("o1 o2 o3", &["o1", "o2", "o3"]),
            Err(StatementMalformed),
        ),
        (
            "with a signature that is bad",
            changed(&Plan::urgent(), |s| {
                let text = String::from_utf8(s.folder.statement.clone()).unwrap();
                let changed = text.replacen("match-ppm 200", "match-ppm 201", 1);
                s.folder.statement = changed.into_bytes();
            }),
            Err(SignatureBad),
        ),
        (
            "entered as a decision",
            entered_otherwise.build(),
            Err(OtherDecision),
        ),
    ]);
}

/// The trust root calls the legal officer a requester.
fn two_requesters() -> Sample {
    let o2 = signer("o2").verifier().to_string();
    let plan = Plan {
        statement_signers: vec!["o1", "o2"],
        ..Plan::urgent()
    };
    let plan = plan
        .edit(Part::Statement, "urgent: o1 o3", "urgent: o1 o2")
        .edit(
            Part::TrustRoot,
            &format!("o2 legal-officer {o2}"),
            &format!("o2 requester {o2}"),
        );
    changed(&plan, |s| {
        s.remembered.trust_root = s.folder.trust_root.clone();
    })
}

#[test]
fn a_value_that_nobody_verified_says_so_wherever_it_is_shown() {
    use sakimori_authority::schedule::Key;
    let some = Plan::default()
        .edit(
            Part::Schedule,
            "retention.days = 730 | unverified",
            "retention.days = 730 | verified",
        )
        .build();
    let admitted = run(&some).unwrap();
    let schedule = admitted.schedule();
    assert_eq!(schedule.shown(Key::RetentionDays), "730");
    assert_eq!(schedule.shown(Key::PeriodOutOut), "6 months (UNVERIFIED)");
    assert_eq!(schedule.unverified().len(), Key::ALL.len() - 1);
    assert!(!schedule.unverified().contains(&Key::RetentionDays));
}
