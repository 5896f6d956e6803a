//! Records of weaknesses (CVE record format 5.1). In: a record of others, or our draft. Out: what a record says, or a record. Never: a member that the schema does not know
//! in what we write; what we read may have more, which is passed over. Source: CVE Program, CVE JSON schema 5.1.1.

mod write;

pub(crate) use write::severity_and_score;
pub use write::{Cvss, Draft, DraftError, Rejection, write, write_rejection};

use crate::json::{self, JsonError};
use crate::version::{Answer, Range, Scheme, Version, range::Bound, range::Sign};
use serde_json::Value;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Published.
    Published,
    /// Withdrawn.
    Rejected,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// `CVE-2024-0001`.
    pub id: String,
    /// Where it stands.
    pub state: State,
    /// Who assigned it, short name.
    pub assigner: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Descriptions: language, text. For a rejected record, the reasons.
    pub descriptions: Vec<(String, String)>,
    /// Products, of the assigner and of those who added to the record.
    pub affected: Vec<Affected>,
    /// CVSS: version and vector.
    pub cvss: Vec<(String, String)>,
    /// CWE ids.
    pub weaknesses: Vec<String>,
    /// Addresses with more.
    pub references: Vec<String>,
    /// What CISA decided about urgency, as it is written.
    pub ssvc: Option<Ssvc>,
    /// Day on which it was added to the catalogue of exploited weaknesses, if it says so.
    pub kev_added: Option<String>,
}

/// A product of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    /// Maker.
    pub maker: Option<String>,
    /// Product, or the name of the package.
    pub product: Option<String>,
    /// What holds for versions that no entry names.
    pub otherwise: Affectedness,
    /// Entries on versions.
    pub versions: Vec<VersionEntry>,
    /// CPE names.
    pub cpes: Vec<String>,
    /// Package URL (format 5.2).
    pub purl: Option<String>,
}

/// What a record says of a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Affectedness {
    /// Affected.
    Affected,
    /// Not affected.
    Unaffected,
    /// Not known.
    #[default]
    Unknown,
}

/// An entry on versions: one, or from one to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionEntry {
    /// The version, or where the range begins.
    pub version: String,
    /// End that is not in the range.
    pub below: Option<String>,
    /// End that is in it.
    pub up_to: Option<String>,
    /// How versions are ordered, as it is written.
    pub kind: Option<String>,
    /// What holds for them.
    pub status: Affectedness,
}

/// A decision on urgency: version of the table, and value by name of the decision point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssvc {
    /// Who decided.
    pub role: String,
    /// Version of the decision table.
    pub version: String,
    /// `Exploitation` → `active`, in the case in which it is written.
    pub values: Vec<(String, String)>,
}

/// Why a record is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CveError {
    /// Not JSON within the bounds.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A member is missing or wrong.
    #[error("{place}: {what}")]
    Member {
        /// JSON Pointer.
        place: &'static str,
        /// What is wrong.
        what: &'static str,
    },
}

/// Whether a text is a CVE id: `CVE-`, four digits, and four to nineteen.
pub fn is_id(text: &str) -> bool {
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let parts = text
        .strip_prefix("CVE-")
        .and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(year, number)| {
        year.len() == 4 && digits(year) && (4..=19).contains(&number.len()) && digits(number)
    })
}

/// Reads a record of the formats 5.0 and 5.1.
///
/// # Errors
/// [`CveError`] with the member.
pub fn read(bytes: &[u8]) -> Result<Record, CveError> {
    let record = json::read(bytes)?;
    let at = |place: &'static str| record.pointer(place).and_then(Value::as_str);
    let refuse = |place, what| Err(CveError::Member { place, what });
    if at("/dataType") != Some("CVE_RECORD") {
        return refuse("/dataType", "is not CVE_RECORD");
    }
    if !at("/dataVersion").is_some_and(|v| v.starts_with("5.")) {
        return refuse("/dataVersion", "is not 5");
    }
    let Some(id) = at("/cveMetadata/cveId").filter(|id| is_id(id)) else {
        return refuse("/cveMetadata/cveId", "is no CVE id");
    };
    let state = match at("/cveMetadata/state") {
        Some("PUBLISHED") => State::Published,
        Some("REJECTED") => State::Rejected,
        _ => return refuse("/cveMetadata/state", "is neither PUBLISHED nor REJECTED"),
    };
    let Some(cna) = record.pointer("/containers/cna") else {
        return refuse("/containers/cna", "is missing");
    };
    let mut containers = vec![cna];
    containers.extend(json::items(
        record.get("containers").unwrap_or(&Value::Null),
        "adp",
    ));
    let words = match state {
        State::Published => "descriptions",
        State::Rejected => "rejectedReasons",
    };
    let each = |member: &'static str| containers.iter().flat_map(move |c| json::items(c, member));
    let others = || each("metrics").filter_map(|metric| metric.get("other"));
    let other = |kind: &str| {
        let found = others().find(|other| json::text(other, "type") == Some(kind));
        found.and_then(|other| other.get("content"))
    };
    Ok(Record {
        id: id.to_owned(),
        state,
        assigner: at("/cveMetadata/assignerShortName").map(str::to_owned),
        title: json::text(cna, "title").map(str::to_owned),
        descriptions: json::items(cna, words)
            .filter_map(language_and_text)
            .collect(),
        affected: each("affected").map(affected).collect(),
        cvss: each("metrics").flat_map(vectors).collect(),
        weaknesses: each("problemTypes")
            .flat_map(|p| json::items(p, "descriptions"))
            .filter_map(|d| json::text(d, "cweId").map(str::to_owned))
            .collect(),
        references: each("references")
            .filter_map(|r| json::text(r, "url").map(str::to_owned))
            .collect(),
        ssvc: other("ssvc").map(ssvc),
        kev_added: other("kev").and_then(|k| json::text(k, "dateAdded").map(str::to_owned)),
    })
}

fn language_and_text(value: &Value) -> Option<(String, String)> {
    Some((
        json::text(value, "lang")?.to_owned(),
        json::text(value, "value")?.to_owned(),
    ))
}

fn affectedness(text: Option<&str>) -> Affectedness {
    match text {
        Some("affected") => Affectedness::Affected,
        Some("unaffected") => Affectedness::Unaffected,
        // The schema's default.
        _ => Affectedness::Unknown,
    }
}

fn affected(product: &Value) -> Affected {
    let text = |value: &Value, key: &str| json::text(value, key).map(str::to_owned);
    let entry = |entry: &Value| VersionEntry {
        version: text(entry, "version").unwrap_or_default(),
        below: text(entry, "lessThan"),
        up_to: text(entry, "lessThanOrEqual"),
        kind: text(entry, "versionType"),
        status: affectedness(json::text(entry, "status")),
    };
    Affected {
        maker: text(product, "vendor"),
        product: text(product, "product").or_else(|| text(product, "packageName")),
        otherwise: affectedness(json::text(product, "defaultStatus")),
        versions: json::items(product, "versions").map(entry).collect(),
        cpes: json::texts(product, "cpes").map(str::to_owned).collect(),
        purl: text(product, "packageURL"),
    }
}

fn vectors(metric: &Value) -> Vec<(String, String)> {
    let members = ["cvssV2_0", "cvssV3_0", "cvssV3_1", "cvssV4_0"];
    let vector = |member: &&str| {
        let cvss = metric.get(member)?;
        let version = json::text(cvss, "version")?.to_owned();
        Some((version, json::text(cvss, "vectorString")?.to_owned()))
    };
    members.iter().filter_map(vector).collect()
}

fn ssvc(content: &Value) -> Ssvc {
    let text = |key: &str| json::text(content, key).unwrap_or_default().to_owned();
    let options = json::items(content, "options").filter_map(Value::as_object);
    let value = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    Ssvc {
        role: text("role"),
        version: text("version"),
        values: options.flat_map(|o| o.iter().filter_map(value)).collect(),
    }
}

impl VersionEntry {
    /// The versions that the entry is about. Commits, and ends that are wildcards, are not ordered and therefore unclear.
    pub fn range(&self) -> Range {
        let scheme = match self.kind.as_deref() {
            Some("semver" | "npm" | "cargo") => Scheme::Semantic,
            Some("git" | "original_commit_for_fix") => return Range::Unclear,
            _ => Scheme::Cautious,
        };
        let version = |text: &str| Version::read(text, scheme);
        let end = match (&self.below, &self.up_to) {
            (Some(below), None) => Some((Sign::Below, below)),
            (None, Some(up_to)) => Some((Sign::BelowOr, up_to)),
            (None, None) => None,
            (Some(_), Some(_)) => return Range::Unclear,
        };
        let Some((sign, end)) = end else {
            let written = self.version.trim();
            return crate::version::text::read(written);
        };
        // "5.10.*" as an end: the rest of that series, if it begins there.
        if let Some(series) = end.strip_suffix(".*") {
            let series = version(series);
            let begin = version(&self.version);
            if sign == Sign::Below || begin.begins_with(&series) != Some(true) {
                return Range::Unclear;
            }
            let from = Bound {
                sign: Sign::AboveOr,
                version: begin,
            };
            let within = Bound {
                sign: Sign::Begins,
                version: series,
            };
            return Range::Some {
                clauses: vec![vec![from, within]],
                except: Vec::new(),
                scheme,
            };
        }
        // `lessThan: "*"` is every later version (product schema, versions).
        let open = end == "*";
        let begins_at_all = matches!(self.version.as_str(), "0" | "*" | "unspecified" | "");
        let mut bounds = Vec::new();
        if !begins_at_all {
            let version = version(&self.version);
            bounds.push(Bound {
                sign: Sign::AboveOr,
                version,
            });
        }
        if !open {
            bounds.push(Bound {
                sign,
                version: version(end),
            });
        }
        if bounds.is_empty() {
            return Range::All;
        }
        Range::of_sequence(bounds, Vec::new(), scheme)
    }
}

impl Affected {
    /// Whether a version is affected: the entries that hold it decide, then what holds otherwise. Entries that disagree, or of which one may hold it, leave it open.
    pub fn holds(&self, version: &str) -> Answer {
        let (mut yes, mut no, mut open) = (false, false, false);
        for entry in &self.versions {
            let range = entry.range();
            match (
                range.holds(&Version::read(version, range.scheme())),
                entry.status,
            ) {
                (Answer::Yes, Affectedness::Affected) => yes = true,
                (Answer::Yes, Affectedness::Unaffected) => no = true,
                (Answer::Yes, Affectedness::Unknown) | (Answer::Unsure, _) => open = true,
                (Answer::No, _) => {}
            }
        }
        match (yes, no) {
            (true, false) => Answer::Yes,
            (false, true) if !open => Answer::No,
            (false, false) if !open => match self.otherwise {
                Affectedness::Affected => Answer::Yes,
                Affectedness::Unaffected => Answer::No,
                Affectedness::Unknown => Answer::Unsure,
            },
            _ => Answer::Unsure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_four_digits_of_year_and_four_to_nineteen_more() {
        for (text, expected) in [
            ("CVE-2024-0001", true),
            ("CVE-2024-1234567890123456789", true),
            ("CVE-2024-001", false),
            ("CVE-24-0001", false),
            ("cve-2024-0001", false),
            ("CVE-2024-0001 ", false),
            ("CVE-2024-12345678901234567890", false),
        ] {
            assert_eq!(is_id(text), expected, "{text}");
        }
    }

    #[test]
    fn entries_decide_and_what_is_open_stays_open() {
        use Affectedness::{Affected as A, Unaffected as U, Unknown};
        let entry = |version: &str, below: Option<&str>, status| VersionEntry {
            version: version.to_owned(),
            below: below.map(str::to_owned),
            up_to: None,
            kind: None,
            status,
        };
        let product = |otherwise, versions| Affected {
            maker: None,
            product: None,
            otherwise,
            versions,
            cpes: Vec::new(),
            purl: None,
        };
        let known = product(
            U,
            vec![entry("0", Some("2.0"), A), entry("2.0", Some("*"), U)],
        );
        assert_eq!(known.holds("1.9"), Answer::Yes);
        assert_eq!(known.holds("2.0"), Answer::No);
        assert_eq!(known.holds("2.1"), Answer::No);
        let silent = product(Unknown, vec![entry("1.0", None, A)]);
        assert_eq!(silent.holds("1.0"), Answer::Yes);
        assert_eq!(silent.holds("1.1"), Answer::Unsure);
        let series = VersionEntry {
            up_to: Some("5.10.*".to_owned()),
            ..entry("5.10.36", None, U)
        };
        let series = product(A, vec![series]);
        assert_eq!(series.holds("5.10.40"), Answer::No);
        assert_eq!(series.holds("5.10.35"), Answer::Yes);
        assert_eq!(series.holds("5.11.0"), Answer::Yes);
        let prose = product(U, vec![entry("see the page of the maker", None, A)]);
        assert_eq!(prose.holds("1.0"), Answer::Unsure);
    }
}
