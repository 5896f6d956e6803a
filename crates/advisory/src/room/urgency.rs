//! How urgent a weakness is. In: CVE ids, answers to a decision table, what is known to be exploited, how likely it is. Out: the decision with all that it rests on, as it was
//! that day. Never: a value that nobody gave; a newer catalogue in an older decision.

use crate::epss::Scores;
use crate::kev::Catalogue;
use crate::limits::TRIAGE_CVES_MAX;
use crate::ssvc::{SsvcError, Table};
use serde::{Deserialize, Serialize};

/// A decision on urgency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triage {
    /// CVE ids, if there are any yet.
    pub cves: Vec<String>,
    /// The decision table: name and version.
    pub table: (String, String),
    /// Value by name of the decision point, in the table's order.
    pub values: Vec<(String, String)>,
    /// What comes out.
    pub outcome: String,
    /// What the catalogue of exploited weaknesses says of these ids.
    pub exploited: Vec<Exploited>,
    /// Version of that catalogue; none where there was none at hand.
    pub catalogue: Option<String>,
    /// How likely they are exploited.
    pub likely: Vec<Likely>,
    /// Day of those scores; none where there were none at hand.
    pub scores: Option<String>,
    /// Ids that are exploited by the catalogue while the answer to "Exploitation" or to "In KEV" is another.
    pub doubts: Vec<String>,
}

/// An entry of the catalogue of exploited weaknesses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exploited {
    /// CVE id.
    pub cve: String,
    /// Day on which it was added.
    pub added: String,
    /// Day by which agencies of the United States must have acted.
    pub due: String,
    /// Whether ransomware is known to use it.
    pub ransomware: bool,
}

/// A score of likelihood, in parts of a million.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Likely {
    /// CVE id.
    pub cve: String,
    /// Probability of exploitation within 30 days.
    pub probability_ppm: u32,
    /// Share of weaknesses whose score is not higher.
    pub percentile_ppm: u32,
}

/// Why there is no decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TriageError {
    /// A text is no CVE id.
    #[error("`{0}` is no CVE id")]
    Id(String),
    /// More ids than are taken.
    #[error("more than {TRIAGE_CVES_MAX} CVE ids")]
    Many,
    /// The table gives no outcome.
    #[error(transparent)]
    Table(#[from] SsvcError),
}

/// Decides. Values that the table does not ask for are left out.
///
/// # Errors
/// [`TriageError`]: who asked has to give another value.
pub fn decide(
    table: &Table,
    given: &[(&str, &str)],
    cves: &[String],
    (catalogue, scores): (Option<&Catalogue>, Option<&Scores>),
) -> Result<Triage, TriageError> {
    if cves.len() > TRIAGE_CVES_MAX {
        return Err(TriageError::Many);
    }
    let mut ids: Vec<String> = cves.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if let Some(bad) = ids.iter().find(|id| !crate::cve::is_id(id)) {
        // BOUND: 80 characters of it are enough to find it.
        return Err(TriageError::Id(bad.chars().take(80).collect()));
    }
    let outcome = table.decide(given)?.to_owned();
    let value = |point: &crate::ssvc::Point| {
        let mut all = given.iter();
        let value = all.find(|(name, _)| name.eq_ignore_ascii_case(&point.name));
        value.map(|(_, value)| (point.name.to_string(), (*value).to_owned()))
    };
    let values: Vec<(String, String)> = table.points.iter().filter_map(value).collect();
    let exploited: Vec<Exploited> = ids
        .iter()
        .filter_map(|id| {
            let entry = catalogue?.entries.get(id)?;
            Some(Exploited {
                cve: id.clone(),
                added: entry.added.clone(),
                due: entry.due.clone(),
                ransomware: entry.ransomware,
            })
        })
        .collect();
    let likely = ids.iter().filter_map(|id| {
        let score = scores?.scores.get(id)?;
        Some(Likely {
            cve: id.clone(),
            probability_ppm: ppm(score.probability),
            percentile_ppm: ppm(score.percentile),
        })
    });
    let likely: Vec<Likely> = likely.collect();
    let denies = |(name, value): &(String, String)| match name.as_str() {
        "Exploitation" => !value.eq_ignore_ascii_case("active"),
        "In KEV" => !value.eq_ignore_ascii_case("yes"),
        _ => false,
    };
    let other = values.iter().any(denies);
    let listed = exploited.iter().filter(|_| other);
    let doubts = listed.map(|entry| entry.cve.clone()).collect();
    Ok(Triage {
        cves: ids,
        table: (table.name.to_string(), table.version.to_string()),
        values,
        outcome,
        exploited,
        catalogue: catalogue.map(|c| c.version.clone()),
        likely,
        scores: scores.map(|s| s.date.clone()),
        doubts,
    })
}

/// A share from 0 to 1 in parts of a million.
#[expect(
    clippy::cast_sign_loss,
    reason = "the reader of the list takes nothing below 0 or above 1"
)]
fn ppm(share: f64) -> u32 {
    (share.clamp(0.0, 1.0) * 1e6).round() as u32
}
