//! The values of a schedule as numbers and lists. In: their texts. Out: typed values, and the same texts again. Never: a second text for one value.

use super::{Hours, Key};
use crate::grammar::{join, number};
use crate::limits::{
    DEADLINE_DAYS_MAX, MONTHS_MAX, RETENTION_DAYS_MAX, URGENT_ACQUISITION_HOURS_MAX,
    URGENT_MEASURE_HOURS_MAX,
};
use crate::statement::Kind;
use sakimori_custody::identifier::IdentifierField;
use sakimori_custody::ids::{NAME_BYTES_MAX, Name};
use sakimori_custody::record::Direction;
use std::fmt;
use std::str::FromStr;

/// A country: two upper-case letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(pub [u8; 2]);

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or("--"))
    }
}

/// A text that is no country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no country of two upper-case letters")]
pub struct CountryError;

impl FromStr for Country {
    type Err = CountryError;

    fn from_str(text: &str) -> Result<Self, CountryError> {
        let code: [u8; 2] = text.as_bytes().try_into().map_err(|_| CountryError)?;
        let upper = code.iter().all(u8::is_ascii_uppercase);
        upper.then_some(Self(code)).ok_or(CountryError)
    }
}

/// Name of a field of the mechanical record, as `docs/mechanical-fields.md` writes it: `[a-z0-9_]{1,32}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName(String);

impl FieldName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that names no field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no field name of 1 to 32 of `a-z 0-9 _`")]
pub struct FieldNameError;

impl FromStr for FieldName {
    type Err = FieldNameError;

    fn from_str(text: &str) -> Result<Self, FieldNameError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let sound = (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain);
        sound.then(|| Self(text.to_owned())).ok_or(FieldNameError)
    }
}

/// The values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Longest authority that allows out-out, out-in, in-out, in months.
    pub period_out_out: u64,
    /// As above.
    pub period_out_in: u64,
    /// As above.
    pub period_in_out: u64,
    /// Longest agreement, months.
    pub period_agreement: u64,
    /// Longest retention, days.
    pub retention_days: u64,
    /// Largest `match-ppm` of a statement.
    pub cap_match_ppm: u64,
    /// Largest `day-records` of a statement.
    pub cap_day_records: u64,
    /// Largest expected share of traffic that may be asked for, per million.
    pub cap_share_ppm: u64,
    /// Votes for that an acquisition needs.
    pub floor_acquisition: u64,
    /// Votes for that a measure needs.
    pub floor_measure: u64,
    /// Votes for that a re-identification needs.
    pub floor_reidentification: u64,
    /// Votes for that a disclosure needs.
    pub floor_disclosure: u64,
    /// Whether an agreement needs a ruling of the commission too.
    pub agreement_sitting: bool,
    /// Hours that an urgent acquisition lasts; `None` where there is none.
    pub urgent_acquisition: Option<u64>,
    /// Hours that an urgent measure lasts; `None` where there is none.
    pub urgent_measure: Option<u64>,
    /// Most urgent acts of a calendar month (UTC).
    pub urgent_month: u64,
    /// Largest `match-ppm` of an urgent statement.
    pub urgent_match_ppm: u64,
    /// Largest `day-records` of an urgent statement.
    pub urgent_day_records: u64,
    /// Days for the answer to a question.
    pub deadline_question: u64,
    /// Days for the reply to a notice.
    pub deadline_notice: u64,
    /// Days for the reply to a demand.
    pub deadline_demand: u64,
    /// Days for the reply to a recommendation.
    pub deadline_recommendation: u64,
    /// How far receipts may differ from the carrier's counter, per million.
    pub carrier_tolerance_ppm: u64,
    /// Home countries.
    pub home_countries: Vec<Country>,
    /// Fields of the mechanical record, in its order.
    pub mechanical_fields: Vec<FieldName>,
    /// Identifiers that leave the seal as tag and sealed blob.
    pub identify_fields: Vec<IdentifierField>,
    /// Days after which the keys of tags change.
    pub identify_epoch: u64,
    /// Those to whom an export may go.
    pub release_recipients: Vec<Name>,
    /// Rows that one actor may see in a day (UTC).
    pub budget_rows: u64,
    /// Exports that one actor may make in a day (UTC).
    pub budget_exports: u64,
    /// Working hours.
    pub hours: Hours,
}

impl Rules {
    /// The values of texts in the order of [`Key::ALL`]; `None` where one is none.
    pub(super) fn read(texts: &[&str]) -> Option<Self> {
        let at = |key: Key| texts.get(usize::from(key.code()).checked_sub(1)?).copied();
        let months = |key| unit(at(key)?, "months", MONTHS_MAX);
        let days = |key| unit(at(key)?, "days", DEADLINE_DAYS_MAX);
        let plain = |key| number(at(key)?);
        let ppm = |key| plain(key).filter(|ppm| *ppm <= 1_000_000);
        Some(Self {
            period_out_out: months(Key::PeriodOutOut)?,
            period_out_in: months(Key::PeriodOutIn)?,
            period_in_out: months(Key::PeriodInOut)?,
            period_agreement: months(Key::PeriodAgreement)?,
            retention_days: plain(Key::RetentionDays)
                .filter(|days| (1..=RETENTION_DAYS_MAX).contains(days))?,
            cap_match_ppm: ppm(Key::CapMatchPpm)?,
            cap_day_records: plain(Key::CapDayRecords)?,
            cap_share_ppm: ppm(Key::CapSharePpm)?,
            floor_acquisition: plain(Key::FloorAcquisition)?,
            floor_measure: plain(Key::FloorMeasure)?,
            floor_reidentification: plain(Key::FloorReidentification)?,
            floor_disclosure: plain(Key::FloorDisclosure)?,
            agreement_sitting: match at(Key::AgreementSitting)? {
                "yes" => true,
                "no" => false,
                _ => return None,
            },
            urgent_acquisition: urgent(at(Key::UrgentAcquisition)?, URGENT_ACQUISITION_HOURS_MAX)?,
            urgent_measure: urgent(at(Key::UrgentMeasure)?, URGENT_MEASURE_HOURS_MAX)?,
            urgent_month: plain(Key::UrgentMonth)?,
            urgent_match_ppm: ppm(Key::UrgentMatchPpm)?,
            urgent_day_records: plain(Key::UrgentDayRecords)?,
            deadline_question: days(Key::DeadlineQuestion)?,
            deadline_notice: days(Key::DeadlineNotice)?,
            deadline_demand: days(Key::DeadlineDemand)?,
            deadline_recommendation: days(Key::DeadlineRecommendation)?,
            carrier_tolerance_ppm: ppm(Key::CarrierTolerancePpm)?,
            home_countries: some(list(at(Key::HomeCountries)?)?)?,
            mechanical_fields: some(list(at(Key::MechanicalFields)?)?)?,
            identify_fields: list(at(Key::IdentifyFields)?)?,
            identify_epoch: days(Key::IdentifyEpoch)?,
            release_recipients: list(at(Key::ReleaseRecipients)?)?,
            budget_rows: plain(Key::BudgetRows)?,
            budget_exports: plain(Key::BudgetExports)?,
            hours: at(Key::Hours)?.parse().ok()?,
        })
    }

    /// The text of a value.
    pub fn text(&self, key: Key) -> String {
        let months = |count: u64| format!("{count} months");
        let days = |count: u64| format!("{count} days");
        let urgent =
            |hours: Option<u64>| hours.map_or_else(|| "off".to_owned(), |h| format!("{h} hours"));
        match key {
            Key::PeriodOutOut => months(self.period_out_out),
            Key::PeriodOutIn => months(self.period_out_in),
            Key::PeriodInOut => months(self.period_in_out),
            Key::PeriodAgreement => months(self.period_agreement),
            Key::RetentionDays => self.retention_days.to_string(),
            Key::CapMatchPpm => self.cap_match_ppm.to_string(),
            Key::CapDayRecords => self.cap_day_records.to_string(),
            Key::CapSharePpm => self.cap_share_ppm.to_string(),
            Key::FloorAcquisition => self.floor_acquisition.to_string(),
            Key::FloorMeasure => self.floor_measure.to_string(),
            Key::FloorReidentification => self.floor_reidentification.to_string(),
            Key::FloorDisclosure => self.floor_disclosure.to_string(),
            Key::AgreementSitting => if self.agreement_sitting { "yes" } else { "no" }.to_owned(),
            Key::UrgentAcquisition => urgent(self.urgent_acquisition),
            Key::UrgentMeasure => urgent(self.urgent_measure),
            Key::UrgentMonth => self.urgent_month.to_string(),
            Key::UrgentMatchPpm => self.urgent_match_ppm.to_string(),
            Key::UrgentDayRecords => self.urgent_day_records.to_string(),
            Key::DeadlineQuestion => days(self.deadline_question),
            Key::DeadlineNotice => days(self.deadline_notice),
            Key::DeadlineDemand => days(self.deadline_demand),
            Key::DeadlineRecommendation => days(self.deadline_recommendation),
            Key::CarrierTolerancePpm => self.carrier_tolerance_ppm.to_string(),
            Key::HomeCountries => join(&self.home_countries),
            Key::MechanicalFields => join(&self.mechanical_fields),
            Key::IdentifyFields => join(&self.identify_fields),
            Key::IdentifyEpoch => days(self.identify_epoch),
            Key::ReleaseRecipients => join(&self.release_recipients),
            Key::BudgetRows => self.budget_rows.to_string(),
            Key::BudgetExports => self.budget_exports.to_string(),
            Key::Hours => self.hours.to_string(),
        }
    }

    /// Whether a text is one of a key, so that the line at fault can be named.
    pub(super) fn fits(key: Key, text: &str) -> bool {
        let mut texts = SAMPLE;
        if let Some(place) = texts.get_mut(usize::from(key.code()).wrapping_sub(1)) {
            *place = text;
        }
        Self::read(&texts).is_some()
    }

    /// Longest authority that allows a direction, months.
    pub const fn period(&self, direction: Direction) -> u64 {
        match direction {
            Direction::OutOut => self.period_out_out,
            Direction::OutIn => self.period_out_in,
            Direction::InOut => self.period_in_out,
        }
    }

    /// Votes for that a kind needs; an agreement needs none.
    pub const fn floor(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Acquisition => self.floor_acquisition,
            Kind::Agreement => 0,
            Kind::Measure => self.floor_measure,
            Kind::Reidentification => self.floor_reidentification,
            Kind::Disclosure => self.floor_disclosure,
        }
    }

    /// Hours that an urgent act of a kind lasts; `None` where there is none.
    pub const fn urgent(&self, kind: Kind) -> Option<u64> {
        match kind {
            Kind::Acquisition => self.urgent_acquisition,
            Kind::Measure => self.urgent_measure,
            Kind::Agreement | Kind::Reidentification | Kind::Disclosure => None,
        }
    }
}

/// A text for each key, all of which are values.
const SAMPLE: [&str; 31] = [
    "1 months",
    "1 months",
    "1 months",
    "1 months",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "no",
    "off",
    "off",
    "1",
    "1",
    "1",
    "1 days",
    "1 days",
    "1 days",
    "1 days",
    "1",
    "JP",
    "first",
    "none",
    "1 days",
    "none",
    "1",
    "1",
    "08-20 +09",
];

/// `N <unit>` of 1 to `most`.
fn unit(text: &str, unit: &str, most: u64) -> Option<u64> {
    let count = number(text.strip_suffix(unit)?.strip_suffix(' ')?)?;
    (1..=most).contains(&count).then_some(count)
}

/// `off`, or `N hours` of 1 to `most`.
fn urgent(text: &str, most: u64) -> Option<Option<u64>> {
    if text == "off" {
        return Some(None);
    }
    unit(text, "hours", most).map(Some)
}

/// A list without repeats; `none` where it is empty.
fn list<T: FromStr + PartialEq>(text: &str) -> Option<Vec<T>> {
    let mut out: Vec<T> = Vec::new();
    if text == "none" {
        return Some(out);
    }
    for word in text.split(' ') {
        let item = word.parse().ok()?;
        if out.contains(&item) {
            return None;
        }
        out.push(item);
    }
    Some(out)
}

/// A list that is not empty.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}
