//! Cases: stages, versions, filers, clocks, dry run.

use super::{at, document, name, terms};
use sakimori_cooperate::clock::{State, What, acknowledgement, overdue};
use sakimori_cooperate::report::{Case, CommonForm, Stage};
use sakimori_cooperate::routing::dry_run;
use sakimori_custody::time::Seconds;

const RECOGNISED: &str = "2026-10-01T03:00:00Z";

fn case() -> Case {
    Case::open(name("c-1"), name("water-1"), at(RECOGNISED))
}

/// Files a stage, and gives what is refused as `field rule`.
fn file(case: &mut Case, stage: Stage, now: &str) -> Vec<String> {
    let refused = case.file(&document(CommonForm::Other, stage), at(now), &terms());
    let errors = refused.err().unwrap_or_default();
    let text = |e: &sakimori_cooperate::FieldError| format!("{} {}", e.field, e.rule.id());
    errors.iter().map(text).collect()
}

#[test]
fn stages_follow_each_other_and_every_version_stays() {
    let mut case = case();
    let none: [&str; 0] = [];
    assert_eq!(
        file(&mut case, Stage::Correction, "2026-10-02T00:00:00Z")[0],
        "stage report.stage"
    );
    assert_eq!(file(&mut case, Stage::Prompt, "2026-10-02T00:00:00Z"), none);
    assert_eq!(
        file(&mut case, Stage::Prompt, "2026-10-02T01:00:00Z"),
        ["stage report.stage"]
    );
    assert_eq!(
        file(&mut case, Stage::Correction, "2026-10-03T00:00:00Z"),
        none
    );
    assert_eq!(
        file(&mut case, Stage::Full, "2026-10-02T23:00:00Z"),
        ["filed_at report.versions"]
    );
    assert_eq!(file(&mut case, Stage::Full, "2026-10-20T00:00:00Z"), none);
    assert_eq!(
        file(&mut case, Stage::Full, "2026-10-21T00:00:00Z"),
        ["stage report.stage"]
    );
    assert_eq!(
        file(&mut case, Stage::Prompt, "2026-10-21T00:00:00Z"),
        ["stage report.stage"]
    );
    assert_eq!(
        file(&mut case, Stage::Correction, "2026-12-01T00:00:00Z"),
        none
    );
    let stages: Vec<Stage> = case.versions().iter().map(|v| v.document.stage).collect();
    assert_eq!(
        stages,
        [
            Stage::Prompt,
            Stage::Correction,
            Stage::Full,
            Stage::Correction
        ]
    );
    let numbers: Vec<u32> = case.versions().iter().map(|v| v.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
}

#[test]
fn a_correction_needs_what_the_furthest_stage_needed() {
    let mut case = case();
    let mut small = document(CommonForm::Other, Stage::Prompt);
    small.stage = Stage::Correction;
    small.reason = "a name was wrong".to_owned();
    assert!(file(&mut case, Stage::Prompt, "2026-10-02T00:00:00Z").is_empty());
    assert!(
        case.file(&small, at("2026-10-03T00:00:00Z"), &terms())
            .is_ok()
    );
    assert!(file(&mut case, Stage::Full, "2026-10-04T00:00:00Z").is_empty());
    let errors = case
        .file(&small, at("2026-10-05T00:00:00Z"), &terms())
        .unwrap_err();
    assert_eq!(errors.len(), 18, "{errors:?}");
    assert!(errors.iter().all(|e| e.rule.id() == "report.required"));
    small.reason.clear();
    let errors = case
        .file(&small, at("2026-10-05T00:00:00Z"), &terms())
        .unwrap_err();
    assert_eq!(errors[0].field, "reason");
}

#[test]
fn the_time_of_recognition_is_set_once_and_never_lies_ahead() {
    let mut case = case();
    let mut other = document(CommonForm::Other, Stage::Prompt);
    other.recognised_at = at("2026-10-02T03:00:00Z");
    let errors = case
        .file(&other, at("2026-10-03T00:00:00Z"), &terms())
        .unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "recognised_at: differs from the time that was set when the case was opened [report.recognised]"
    );
    assert_eq!(
        file(&mut case, Stage::Prompt, "2026-10-01T02:59:59Z"),
        ["recognised_at report.recognised"]
    );
    assert_eq!(case.recognised_at(), at(RECOGNISED));
    for (field, mut wrong) in [
        ("case", document(CommonForm::Other, Stage::Prompt)),
        ("operator", document(CommonForm::Other, Stage::Prompt)),
    ] {
        if field == "case" {
            wrong.case = name("c-2");
        } else {
            wrong.operator = name("gas-1");
        }
        let errors = case
            .file(&wrong, at("2026-10-03T00:00:00Z"), &terms())
            .unwrap_err();
        assert_eq!(errors[0].field, field);
    }
}

#[test]
fn a_delegated_filer_files_until_its_date_and_not_a_second_longer() {
    let mut case = case();
    let mut filed = document(CommonForm::Other, Stage::Prompt);
    filed.filer = name("soc-1");
    let refused = |case: &mut Case, now: &str| {
        let errors = case.clone().file(&filed, at(now), &terms()).err();
        errors.unwrap_or_default().first().map(|e| e.field.clone())
    };
    let who = Some("filer".to_owned());
    assert_eq!(refused(&mut case, "2026-10-02T00:00:00Z"), who);
    case.delegate(name("soc-1"), "2026-10-05".parse().unwrap())
        .unwrap();
    assert_eq!(refused(&mut case, "2026-10-05T14:59:59Z"), None);
    assert_eq!(refused(&mut case, "2026-10-05T15:00:00Z"), who);
    case.delegate(name("soc-1"), "2026-10-06".parse().unwrap())
        .unwrap();
    assert_eq!(case.delegations().len(), 1);
    // A delegation that is shortened later takes no version back.
    let mut kept = case.clone();
    kept.file(&filed, at("2026-10-05T15:00:00Z"), &terms())
        .unwrap();
    kept.delegate(name("soc-1"), "2026-10-02".parse().unwrap())
        .unwrap();
    let json = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Case>(&json).unwrap(), kept);
    assert_eq!(refused(&mut case, "2026-10-05T15:00:00Z"), None);
    for number in 0..31 {
        let filer = name(&format!("soc-x{number}"));
        case.delegate(filer, "2026-10-06".parse().unwrap()).unwrap();
    }
    let many = case.delegate(name("soc-y"), "2026-10-06".parse().unwrap());
    assert_eq!(many.unwrap_err().rule.id(), "report.filer");
}

#[test]
fn clocks_run_target_and_deadline_apart_and_what_came_late_says_so() {
    let mut case = case();
    let states = |case: &Case, now: &str| -> Vec<(What, State, u32)> {
        let clocks = case.clocks(at(now), &terms()).unwrap();
        clocks
            .iter()
            .map(|due| (due.what, due.state, due.days_late))
            .collect()
    };
    assert_eq!(
        states(&case, "2026-11-04T00:00:00Z"),
        [
            (What::PromptReport, State::TargetPassed, 29),
            (What::FullReport, State::Overdue, 2)
        ]
    );
    let late = overdue(case.clocks(at("2026-11-04T00:00:00Z"), &terms()).unwrap());
    assert_eq!(late.len(), 1);
    assert_eq!(late[0].marks().to_string(), "UNVERIFIED");
    assert!(file(&mut case, Stage::Full, "2026-11-04T00:00:00Z").is_empty());
    // A full report that is the first filing ends both clocks.
    assert_eq!(
        states(&case, "2027-01-01T00:00:00Z"),
        [
            (What::PromptReport, State::DoneLate, 29),
            (What::FullReport, State::DoneLate, 2)
        ]
    );
    let office = |acknowledged: Option<Seconds>, now: &str| {
        acknowledgement(
            "c-1",
            at("2026-11-04T00:00:00Z"),
            acknowledged,
            at(now),
            &terms(),
        )
        .unwrap()
    };
    // 4 November is a Wednesday; three days from the 5th end on Saturday the 7th.
    let due = office(None, "2026-11-09T14:59:59Z");
    assert_eq!(
        (due.last.to_string().as_str(), due.state),
        ("2026-11-09", State::Running)
    );
    assert!(office(None, "2026-11-09T15:00:00Z").is_overdue());
    assert_eq!(
        office(Some(at("2026-11-05T00:00:00Z")), "2027-01-01T00:00:00Z").state,
        State::Done
    );
}

#[test]
fn the_overdue_list_has_the_latest_first_and_no_soft_target() {
    let at_day = |day: u32, id: &str| {
        let time = at(&format!("2026-10-{day:02}T03:00:00Z"));
        Case::open(name(id), name("water-1"), time)
    };
    let now = at("2027-01-10T00:00:00Z");
    let cases = [at_day(20, "c-3"), at_day(1, "c-2"), at_day(1, "c-1")];
    let clocks = cases
        .iter()
        .flat_map(|case| case.clocks(now, &terms()).unwrap());
    let late: Vec<String> = overdue(clocks).into_iter().map(|due| due.about).collect();
    assert_eq!(late, ["c-1", "c-2", "c-3"]);
}

#[test]
fn a_dry_run_tells_route_errors_and_clocks_and_files_nothing() {
    let case = case();
    let mut report = document(CommonForm::Other, Stage::Prompt);
    report
        .fields
        .insert("operator.sector".to_owned(), Some("finance".to_owned()));
    let now = at("2026-10-02T00:00:00Z");
    let run = dry_run(&case, &report, now, &terms()).unwrap();
    assert!(run.errors.is_empty() && run.route.cabinet_office && case.versions().is_empty());
    assert_eq!(run.clocks.len(), 2);
    report.fields.remove("operator.name");
    let run = dry_run(&case, &report, now, &terms()).unwrap();
    assert_eq!(run.errors[0].field, "fields.operator.name");
    let json = serde_json::to_value(&run).unwrap();
    assert_eq!(json["route"]["minister"], "fsa");
    assert_eq!(json["errors"][0]["rule"], "report.required");
    let reason = &json["clocks"][1]["reasons"][0];
    assert_eq!(reason["rule"], "report.full");
    assert_eq!(reason["part"], "B6");
    assert!(reason["ja"].as_str().unwrap().contains("三十日"));
}

#[test]
fn a_case_reads_back_and_one_that_nobody_filed_so_is_refused() {
    let mut case = case();
    case.delegate(name("soc-1"), "2026-10-05".parse().unwrap())
        .unwrap();
    file(&mut case, Stage::Prompt, "2026-10-02T00:00:00Z");
    file(&mut case, Stage::Full, "2026-10-20T00:00:00Z");
    let json = serde_json::to_value(&case).unwrap();
    assert_eq!(serde_json::from_value::<Case>(json.clone()).unwrap(), case);
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = json.clone();
        change(&mut json);
        assert_ne!(json, serde_json::to_value(&case).unwrap());
        serde_json::from_value::<Case>(json).is_err()
    };
    assert!(refused(
        &|v| v["recognised_at"] = "2026-10-01T04:00:00Z".into()
    ));
    assert!(refused(&|v| v["versions"][0]["number"] = 2.into()));
    assert!(refused(
        &|v| v["versions"][1]["filed_at"] = "2026-10-01T04:00:00Z".into()
    ));
    assert!(refused(&|v| {
        v["versions"].as_array_mut().unwrap().remove(0);
    }));
    assert!(refused(&|v| v["versions"]
        .as_array_mut()
        .unwrap()
        .swap(0, 1)));
    assert!(refused(&|v| v["colour"] = 1.into()));
}
