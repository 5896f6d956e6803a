//! The numbers by which a measure lives. In: nothing; whoever calls hands in those in force. Out: terms, each with whether somebody verified it. Never: a number of the law that the caller cannot change.

use super::form;
use sakimori_authority::Schedule;
use sakimori_authority::measure::{self, Deed};
use sakimori_authority::schedule::Key;
use sakimori_custody::record::Country;
use sakimori_custody::time::DAY_SECONDS;
use serde::{Deserialize, Serialize};

/// An hour.
const HOUR: u64 = 3600;

/// A span of time, and whether somebody held it against the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Seconds.
    pub seconds: u64,
    /// Whether it was verified; where not, it is shown as unverified.
    pub verified: bool,
}

impl Term {
    /// A proposal that nobody verified.
    pub const fn proposed(seconds: u64) -> Self {
        Self {
            seconds,
            verified: false,
        }
    }
}

/// How much may be done at a time, at dispatch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceilings {
    /// Effects of all measures that may be in force at a time.
    pub all: u64,
    /// Commands in [`Ceilings::seconds`] of one authority.
    pub authority: u64,
    /// The same of one actuator.
    pub actuator: u64,
    /// The same of one party that controls targets.
    pub party: u64,
    /// The time in which commands are counted.
    pub seconds: u64,
}

/// Bounds of the estimate of who else is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollateralBounds {
    /// Most names on an address that need no more than usual.
    pub names_plain: u64,
    /// Most names on an address that is blocked at all.
    pub names_most: u64,
    /// Most legitimate clients of a week that need no more than usual.
    pub clients_plain: u64,
    /// Most legitimate clients of a week at all.
    pub clients_most: u64,
    /// Largest share of other traffic that needs no more than usual, per million.
    pub other_plain_ppm: u64,
    /// Largest share of other traffic at all, per million.
    pub other_most_ppm: u64,
    /// Older facts count as not known, seconds.
    pub age_seconds: u64,
}

/// The terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Countries that are not abroad.
    #[serde(with = "countries")]
    pub home: Vec<Country>,
    /// Longest urgent act; nothing where there is none.
    pub urgent: Option<Term>,
    /// What may be done urgently.
    #[serde(with = "deeds")]
    pub urgent_deeds: Vec<Deed>,
    /// Longest window of one approval, or of one renewal.
    pub window: Term,
    /// Most renewals.
    pub renewals: u64,
    /// How old an observation may be.
    pub fresh: Term,
    /// The same for an urgent act.
    pub fresh_urgent: Term,
    /// Notice to the commission behind the first command of a measure that a sitting approved.
    pub commission: Term,
    /// Until the notice of an urgent act, which is recorded with the act itself, has to have arrived.
    pub commission_urgent: Term,
    /// Notice to the administrator of the target.
    pub administrator: Term,
    /// Notice to victims.
    pub victims: Term,
    /// Notice to others who are met.
    pub others: Term,
    /// The report behind the end.
    pub report: Term,
    /// How long a piece of evidence is kept behind the end; a copy of a finding goes with the finding.
    pub evidence: Term,
    /// Latest review of a notice that is withheld.
    pub review: Term,
    /// The answer to a complaint.
    pub complaint: Term,
    /// From one step of escalation to the next.
    pub escalation: Term,
    /// How long a command waits for its answer before it is sent again.
    pub answer: Term,
    /// How much at a time.
    pub ceilings: Ceilings,
    /// Who else is met.
    pub collateral: CollateralBounds,
}

impl Terms {
    /// What the project proposes. Two hours and 30 days are those of the law as it was read; nothing of it was verified.
    pub fn proposed(home: Vec<Country>) -> Self {
        let days = |count: u64| Term::proposed(count * DAY_SECONDS);
        let hours = |count: u64| Term::proposed(count * HOUR);
        Self {
            home,
            urgent: Some(hours(2)),
            urgent_deeds: vec![
                Deed::Block,
                Deed::NoAnswer,
                Deed::Sinkhole,
                Deed::FlowRule,
                Deed::Freeze,
            ],
            window: Term::proposed(measure::SECONDS_MAX),
            renewals: 4,
            fresh: hours(72),
            fresh_urgent: hours(1),
            commission: hours(24),
            commission_urgent: Term::proposed(60),
            administrator: hours(24),
            victims: days(3),
            others: days(3),
            report: days(30),
            evidence: days(3 * 365),
            review: days(90),
            complaint: hours(24),
            escalation: hours(24),
            answer: Term::proposed(60),
            ceilings: Ceilings {
                all: 10_000,
                authority: 600,
                actuator: 300,
                party: 300,
                seconds: 60,
            },
            collateral: CollateralBounds {
                names_plain: 5,
                names_most: 50,
                clients_plain: 5,
                clients_most: 1_000,
                other_plain_ppm: 10_000,
                other_most_ppm: 500_000,
                age_seconds: 7 * DAY_SECONDS,
            },
        }
    }

    /// What the project proposes, with the values of a schedule in force where it has them: home countries and the hours of an urgent measure, each with its mark.
    pub fn of(schedule: &Schedule) -> Self {
        let home = schedule.rules.home_countries.iter();
        let home = home.filter_map(|country| Country::new(country.0)).collect();
        let place = Key::ALL.iter().position(|key| *key == Key::UrgentMeasure);
        let mark = place.and_then(|place| schedule.marks.get(place));
        let verified = mark.is_some_and(|mark| mark.verified);
        let urgent = schedule.rules.urgent_measure.map(|hours| Term {
            seconds: hours.saturating_mul(HOUR),
            verified,
        });
        Self {
            urgent,
            ..Self::proposed(home)
        }
    }

    /// Whether a country is abroad, or nobody knows which it is.
    pub fn is_abroad(&self, country: Country) -> bool {
        country == Country::UNKNOWN || country.code() == *b"ZZ" || !self.home.contains(&country)
    }
}

/// Lists of countries.
mod countries {
    use super::{Country, form};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct One(#[serde(with = "form::country")] Country);

    pub(super) fn serialize<S: Serializer>(values: &[Country], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|value| One(*value)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Country>, D::Error> {
        let list = Vec::<One>::deserialize(from)?;
        Ok(list.into_iter().map(|one| one.0).collect())
    }
}

/// Lists of deeds.
mod deeds {
    use super::{Deed, form};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct One(#[serde(with = "form::deed")] Deed);

    pub(super) fn serialize<S: Serializer>(values: &[Deed], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|value| One(*value)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Deed>, D::Error> {
        let list = Vec::<One>::deserialize(from)?;
        Ok(list.into_iter().map(|one| one.0).collect())
    }
}
