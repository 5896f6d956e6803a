//! What a refusal of the gate says of the schedule: the value, and the mark where nobody verified it. In: folders that pass a value. Out: verdicts on the words. Never: a value of a schedule that does not stand.

use super::{edit, folder, run, state};
use sakimori_authority::Refusal;
use sakimori_authority::gate::{trust, value_behind};
use sakimori_testkit::folder::{Part, Plan, Sample};

/// The refusal of a sample, and the value behind it.
fn refused(sample: &Sample) -> (Refusal, Option<String>) {
    let refusal = run(sample).map(|_| ()).unwrap_err();
    let (folder, state) = (folder(sample), state(sample));
    let trusted = trust(&folder, &state).unwrap();
    (refusal, value_behind(refusal, &trusted, &folder))
}

fn says(sample: &Sample, refusal: Refusal, value: &str) {
    assert_eq!(refused(sample), (refusal, Some(value.to_owned())));
}

#[test]
fn a_refusal_that_rests_on_a_value_that_nobody_verified_says_so() {
    let schedule = |from, to| edit(Part::Schedule, from, to);
    says(
        &edit(Part::Statement, "keep 90d", "keep 731d"),
        Refusal::RetentionTooLong,
        "it keeps records for 731 days; `retention.days` is 730 (UNVERIFIED)",
    );
    let last = edit(
        Part::Statement,
        "not-after: 2027-06-30T23:59:59Z",
        "not-after: 2027-07-01T00:00:01Z",
    );
    let (refusal, value) = refused(&last);
    assert_eq!(refusal, Refusal::PeriodTooLong);
    let value = value.unwrap();
    assert!(value.starts_with("it ends after 2027-07-01T00:00:00Z, the end of `period."));
    assert!(value.ends_with("` (UNVERIFIED)"), "{value}");
    says(
        &schedule("cap.match-ppm = 1000000", "cap.match-ppm = 199"),
        Refusal::CapsAboveSchedule,
        "a cap is 200; `cap.match-ppm` is 199 (UNVERIFIED)",
    );
    says(
        &schedule("floor.acquisition = 2", "floor.acquisition = 3"),
        Refusal::FloorBelowSchedule,
        "2 votes for; the schedule asks for 3 (UNVERIFIED)",
    );
    says(
        &schedule("home-countries = JP", "home-countries = KR"),
        Refusal::HomeCountryOther,
        "`home-countries` is KR (UNVERIFIED)",
    );
    let (from, to) = ("agreement.sitting = no", "agreement.sitting = yes");
    says(
        &Plan::agreement().edit(Part::Schedule, from, to).build(),
        Refusal::AgreementNeedsSitting,
        "`agreement.sitting` is yes (UNVERIFIED)",
    );
    let hours = "urgent.acquisition = 24 hours";
    let urgent = |to| Plan::urgent().edit(Part::Schedule, hours, to).build();
    says(
        &urgent("urgent.acquisition = off"),
        Refusal::UrgentOff,
        "the schedule allows no urgent act of the kind `acquisition` (UNVERIFIED)",
    );
    let late = Plan::urgent()
        .edit(Part::Statement, "04-01T00:00:00Z", "04-01T00:02:00Z")
        .edit(Part::Statement, "04-01T23:59:59Z", "04-02T00:01:01Z");
    says(
        &late.build(),
        Refusal::UrgentTooLong,
        "`urgent.acquisition` is 24 hours (UNVERIFIED)",
    );
}

#[test]
fn a_value_that_somebody_verified_carries_no_mark_and_other_refusals_name_no_value() {
    let verified = Plan::default()
        .edit(Part::Statement, "keep 90d", "keep 731d")
        .edit(
            Part::Schedule,
            "retention.days = 730 | unverified",
            "retention.days = 730 | verified",
        );
    says(
        &verified.build(),
        Refusal::RetentionTooLong,
        "it keeps records for 731 days; `retention.days` is 730",
    );
    let unsigned = Plan {
        statement_signers: vec!["m1", "m4"],
        ..Plan::default()
    };
    let (refusal, value) = refused(&unsigned.build());
    assert_eq!((refusal, value), (Refusal::SignatureShort, None));
    // Who stands behind no schedule stands behind no value of it either.
    let strange = Plan::default().edit(Part::Statement, "keep 90d", "keep 731d");
    let mut strange = strange.build();
    strange.folder.schedule.pop();
    let (_, value) = refused(&strange);
    assert_eq!(value, None);
}
