//! Schedules to begin with: Japan's, as far as its texts say, and a fictional one. In: who sits, from when. Out: a schedule to sign. Never: a value that claims to be
//! verified; that is said by those who sign the next version.

use super::{Country, FieldName, Mark, Rules, Schedule};
use crate::sitting::Sitting;
use sakimori_custody::fields::FIELDS;
use sakimori_custody::identifier::IdentifierField;
use sakimori_custody::time::Seconds;

/// What a first schedule is made of.
#[derive(Clone, Debug)]
pub struct Draft {
    /// In force from.
    pub not_before: Seconds,
    /// Version of the trust root.
    pub root: u64,
    /// Who decides, and how.
    pub sitting: Sitting,
}

/// Where each value of [`japan`] comes from, in the order of [`Key::ALL`](super::Key::ALL).
const SOURCES: [&str; 31] = [
    "Act 42/2025 arts. 17 and 19; six months and renewals as remembered",
    "Act 42/2025 art. 32; three months as remembered",
    "Act 42/2025 art. 33; three months as remembered",
    "Act 42/2025 arts. 11 to 13; as agreed, this bound is the project's",
    "Act 42/2025, erasure when no longer needed; about two years as remembered",
    "no bound was found in Act 42/2025; each statement sets its own",
    "a bound of the project's",
    "Act 42/2025 art. 17; thirty per cent as remembered",
    "Act 42/2025 commission's quorum: a majority of chair and two members",
    "a bound of the project's on top of the Act's quorum",
    "Act 42/2025 art. 24; a bound of the project's on top of the Act's quorum",
    "Act 42/2025 art. 38; a bound of the project's on top of the Act's quorum",
    "Act 42/2025 arts. 11 and 12; no approval of agreements was found",
    "no urgent path for acquisition was found in Act 42/2025",
    "Police Duties Act art. 6-2(9); two hours is the project's bound",
    "a bound of the project's",
    "a bound of the project's",
    "a bound of the project's",
    "a bound of the project's",
    "Act 42/2025 art. 66; a bound of the project's",
    "Act 42/2025 art. 67; a bound of the project's",
    "Act 42/2025 art. 68; a bound of the project's",
    "a bound of the project's",
    "Act 42/2025 art. 2, equipment abroad",
    "Act 42/2025 art. 2(8); the order on mechanical information was not seen",
    "Act 42/2025 art. 24; the order on non-identification was not seen",
    "a bound of the project's",
    "Act 42/2025 arts. 29 and 38; the order on provision was not seen",
    "a bound of the project's",
    "a bound of the project's",
    "working hours of an office in Japan",
];

/// Version 1 for Japan. Every value is unverified: the periods and shares are as remembered from the Act's outline, the rest are bounds that the project chose.
pub fn japan(draft: &Draft) -> Schedule {
    let rules = Rules {
        period_out_out: 6,
        period_out_in: 3,
        period_in_out: 3,
        period_agreement: 12,
        retention_days: 730,
        cap_match_ppm: 1_000_000,
        cap_day_records: 10_000_000,
        cap_share_ppm: 300_000,
        floor_acquisition: 2,
        floor_measure: 3,
        floor_reidentification: 3,
        floor_disclosure: 3,
        agreement_sitting: false,
        urgent_acquisition: None,
        urgent_measure: Some(2),
        urgent_month: 4,
        urgent_match_ppm: 1000,
        urgent_day_records: 100_000,
        deadline_question: 7,
        deadline_notice: 30,
        deadline_demand: 14,
        deadline_recommendation: 30,
        carrier_tolerance_ppm: 1000,
        home_countries: vec![Country(*b"JP")],
        mechanical_fields: mechanical_fields(),
        identify_fields: IdentifierField::ALL.to_vec(),
        identify_epoch: 30,
        release_recipients: recipients(),
        budget_rows: 100_000,
        budget_exports: 10,
        hours: super::Hours::TOKYO_OFFICE,
    };
    let mark = |source: &&str| Mark {
        verified: false,
        source: (*source).to_owned(),
    };
    Schedule {
        version: 1,
        jurisdiction: Country(*b"JP"),
        not_before: draft.not_before,
        rules,
        marks: SOURCES.iter().map(mark).collect(),
        consultation: None,
        previous: None,
        root: draft.root,
        sitting: draft.sitting.clone(),
    }
}

/// A fictional country's: as Japan's, with urgent acquisition of a day.
pub fn fictional(draft: &Draft) -> Schedule {
    let mut schedule = japan(draft);
    schedule.jurisdiction = Country(*b"XX");
    schedule.rules.urgent_acquisition = Some(24);
    for mark in &mut schedule.marks {
        "a fictional law".clone_into(&mut mark.source);
    }
    schedule
}

/// The fields that this software writes.
pub(crate) fn mechanical_fields() -> Vec<FieldName> {
    FIELDS
        .iter()
        .filter_map(|field| field.name.parse().ok())
        .collect()
}

/// State agencies, police and defence: those to whom selected information may go (Act 42/2025 art. 38).
fn recipients() -> Vec<sakimori_custody::ids::Name> {
    ["cabinet-office", "nco", "npa", "mod"]
        .into_iter()
        .filter_map(|name| name.parse().ok())
        .collect()
}
