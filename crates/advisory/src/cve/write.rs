//! Writes records. In: a draft. Out: a record of the format 5.1. Never: a record that the schema refuses: each of its bounds is checked first.

use super::{Affected, Affectedness, is_id};
use sakimori_custody::time::Seconds;
use serde_json::{Map, Value, json};

/// What a record is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// `CVE-2024-0001`.
    pub id: String,
    /// Organisation that assigns, a UUID of version 4.
    pub org_id: String,
    /// Its short name, 2 to 32 characters.
    pub org_name: String,
    /// When the record is published.
    pub published: Seconds,
    /// When it was changed.
    pub updated: Seconds,
    /// Title, at most 256 characters.
    pub title: String,
    /// Descriptions: language and text; one is English.
    pub descriptions: Vec<(String, String)>,
    /// Products.
    pub affected: Vec<Affected>,
    /// CVSS 3.1 and 4.0: version, vector, score, severity in capitals.
    pub cvss: Vec<Cvss>,
    /// CWE: id and name.
    pub weaknesses: Vec<(String, String)>,
    /// Addresses with more, at least one.
    pub references: Vec<String>,
}

/// A score.
#[derive(Clone, Debug, PartialEq)]
pub struct Cvss {
    /// `3.1` or `4.0`.
    pub version: &'static str,
    /// Vector, with its prefix.
    pub vector: String,
    /// Base score in tenths, 0 to 100.
    pub tenths: u8,
}

/// What a rejected record is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// `CVE-2024-0001`.
    pub id: String,
    /// Organisation that assigned, a UUID of version 4.
    pub org_id: String,
    /// Its short name.
    pub org_name: String,
    /// When it is rejected.
    pub rejected: Seconds,
    /// Why: language and text; one is English.
    pub reasons: Vec<(String, String)>,
}

/// What has to be mended in a draft first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct DraftError {
    /// The member of the draft.
    pub place: String,
    /// What is wrong with it.
    pub what: &'static str,
}

fn need(good: bool, place: impl Into<String>, what: &'static str) -> Result<(), DraftError> {
    if good {
        return Ok(());
    }
    let place = place.into();
    Err(DraftError { place, what })
}

fn length(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.chars().count())
}

/// Severity of a base score (CVSS 3.1, 5; CVSS 4.0, 6).
fn severity(tenths: u8) -> &'static str {
    match tenths {
        0 => "NONE",
        1..=39 => "LOW",
        40..=69 => "MEDIUM",
        70..=89 => "HIGH",
        _ => "CRITICAL",
    }
}

/// Severity and score of a base score in tenths.
pub(crate) fn severity_and_score(tenths: u8) -> (&'static str, Value) {
    (severity(tenths), score(tenths))
}

/// A score in tenths as a JSON number.
fn score(tenths: u8) -> Value {
    json!(f64::from(tenths) / 10.0)
}

/// Writes a published record.
///
/// # Errors
/// [`DraftError`] with the member that has to be mended.
pub fn write(draft: &Draft) -> Result<Vec<u8>, DraftError> {
    head(&draft.id, &draft.org_id, &draft.org_name)?;
    need(
        length(&draft.title, 1, 256),
        "title",
        "has not 1 to 256 characters",
    )?;
    let descriptions = texts("descriptions", &draft.descriptions)?;
    need(!draft.affected.is_empty(), "affected", "is empty")?;
    need(!draft.references.is_empty(), "references", "is empty")?;
    need(
        draft.references.len() <= 512,
        "references",
        "are more than 512",
    )?;
    let mut references = Vec::new();
    for (index, url) in draft.references.iter().enumerate() {
        let place = format!("references/{index}");
        let web = url.starts_with("https://") || url.starts_with("http://");
        let plain = url
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\'));
        need(
            web && plain && length(url, 9, 2048),
            &place,
            "is no web address",
        )?;
        let known = references.contains(&json!({ "url": url }));
        need(!known, place, "stands twice")?;
        references.push(json!({ "url": url }));
    }
    let mut affected = Vec::new();
    for (index, product) in draft.affected.iter().enumerate() {
        affected.push(product_of(&format!("affected/{index}"), product)?);
    }
    let mut cna = Map::new();
    let updated = draft.updated.to_string();
    cna.insert(
        "providerMetadata".to_owned(),
        json!({ "orgId": draft.org_id, "shortName": draft.org_name, "dateUpdated": updated }),
    );
    cna.insert("title".to_owned(), json!(draft.title));
    cna.insert("descriptions".to_owned(), descriptions);
    cna.insert("affected".to_owned(), Value::Array(affected));
    cna.insert("references".to_owned(), Value::Array(references));
    if !draft.weaknesses.is_empty() {
        cna.insert("problemTypes".to_owned(), weaknesses(&draft.weaknesses)?);
    }
    if !draft.cvss.is_empty() {
        let metrics: Result<Vec<Value>, DraftError> = draft.cvss.iter().map(metric).collect();
        cna.insert("metrics".to_owned(), Value::Array(metrics?));
    }
    Ok(bytes(&json!({
        "dataType": "CVE_RECORD",
        "dataVersion": "5.1",
        "cveMetadata": {
            "cveId": draft.id,
            "assignerOrgId": draft.org_id,
            "assignerShortName": draft.org_name,
            "state": "PUBLISHED",
            "datePublished": draft.published.to_string(),
            "dateUpdated": updated,
        },
        "containers": { "cna": cna },
    })))
}

/// Writes a rejected record.
///
/// # Errors
/// [`DraftError`] with the member that has to be mended.
pub fn write_rejection(rejection: &Rejection) -> Result<Vec<u8>, DraftError> {
    head(&rejection.id, &rejection.org_id, &rejection.org_name)?;
    let rejected = rejection.rejected.to_string();
    Ok(bytes(&json!({
        "dataType": "CVE_RECORD",
        "dataVersion": "5.1",
        "cveMetadata": {
            "cveId": rejection.id,
            "assignerOrgId": rejection.org_id,
            "assignerShortName": rejection.org_name,
            "state": "REJECTED",
            "dateRejected": rejected,
            "dateUpdated": rejected,
        },
        "containers": { "cna": {
            "providerMetadata": { "orgId": rejection.org_id, "shortName": rejection.org_name, "dateUpdated": rejected },
            "rejectedReasons": texts("reasons", &rejection.reasons)?,
        } },
    })))
}

fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = format!("{value:#}").into_bytes();
    bytes.push(b'\n');
    bytes
}

fn head(id: &str, org_id: &str, org_name: &str) -> Result<(), DraftError> {
    need(is_id(id), "id", "is no CVE id")?;
    need(is_uuid(org_id), "org_id", "is no UUID of version 4")?;
    let good = org_name.trim() == org_name && length(org_name, 2, 32);
    need(good, "org_name", "has not 2 to 32 characters")
}

fn is_uuid(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            _ if dashes.contains(&at) => b == b'-',
            14 => b == b'4',
            19 => matches!(b.to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b'),
            _ => b.is_ascii_hexdigit(),
        })
}

/// Texts with their language; one is English, none stands twice.
fn texts(place: &str, texts: &[(String, String)]) -> Result<Value, DraftError> {
    let english = texts
        .iter()
        .any(|(lang, _)| lang == "en" || lang.starts_with("en-"));
    need(english, place, "has no English text")?;
    let mut list = Vec::new();
    for (index, (lang, text)) in texts.iter().enumerate() {
        let place = format!("{place}/{index}");
        need(
            is_language(lang),
            &place,
            "has no language such as `en` or `ja`",
        )?;
        need(
            length(text, 1, 4096),
            &place,
            "has not 1 to 4096 characters",
        )?;
        let item = json!({ "lang": lang, "value": text });
        need(!list.contains(&item), place, "stands twice")?;
        list.push(item);
    }
    Ok(Value::Array(list))
}

fn is_language(text: &str) -> bool {
    let (tongue, region) = text
        .split_once('-')
        .map_or((text, None), |(t, r)| (t, Some(r)));
    let tongue = tongue.len() == 2 && tongue.bytes().all(|b| b.is_ascii_lowercase());
    let region = region.is_none_or(|r| r.len() == 2 && r.bytes().all(|b| b.is_ascii_uppercase()));
    tongue && region
}

const fn word(status: Affectedness) -> &'static str {
    match status {
        Affectedness::Affected => "affected",
        Affectedness::Unaffected => "unaffected",
        Affectedness::Unknown => "unknown",
    }
}

fn product_of(place: &str, product: &Affected) -> Result<Value, DraftError> {
    let maker = product.maker.as_deref().unwrap_or_default();
    let name = product.product.as_deref().unwrap_or_default();
    need(
        length(maker, 1, 512),
        format!("{place}/maker"),
        "has not 1 to 512 characters",
    )?;
    need(
        length(name, 1, 2048),
        format!("{place}/product"),
        "has not 1 to 2048 characters",
    )?;
    let mut written = Map::new();
    written.insert("vendor".to_owned(), json!(maker));
    written.insert("product".to_owned(), json!(name));
    written.insert("defaultStatus".to_owned(), json!(word(product.otherwise)));
    let mut versions = Vec::new();
    for (index, entry) in product.versions.iter().enumerate() {
        let place = format!("{place}/versions/{index}");
        let one = |text: &str| length(text, 1, 1024);
        need(
            one(&entry.version),
            &place,
            "has no version of 1 to 1024 characters",
        )?;
        let mut item = Map::new();
        item.insert("version".to_owned(), json!(entry.version));
        item.insert("status".to_owned(), json!(word(entry.status)));
        let end = match (&entry.below, &entry.up_to) {
            (Some(_), Some(_)) => {
                return need(false, place, "has two ends").map(|()| Value::Null);
            }
            (Some(end), None) => Some(("lessThan", end)),
            (None, Some(end)) => Some(("lessThanOrEqual", end)),
            (None, None) => None,
        };
        if let Some((member, end)) = end {
            need(one(end), &place, "has an end that is no version")?;
            item.insert(member.to_owned(), json!(end));
        }
        if end.is_some() || entry.kind.is_some() {
            // A range needs to say how it is ordered.
            let kind = entry.kind.as_deref().unwrap_or("custom");
            need(
                length(kind, 1, 128),
                &place,
                "has no kind of 1 to 128 characters",
            )?;
            item.insert("versionType".to_owned(), json!(kind));
        }
        let item = Value::Object(item);
        need(!versions.contains(&item), place, "stands twice")?;
        versions.push(item);
    }
    if !versions.is_empty() {
        written.insert("versions".to_owned(), Value::Array(versions));
    }
    let cpes = cpes(place, &product.cpes)?;
    if !cpes.is_empty() {
        written.insert("cpes".to_owned(), json!(cpes));
    }
    Ok(Value::Object(written))
}

fn cpes<'p>(place: &str, names: &'p [String]) -> Result<Vec<&'p String>, DraftError> {
    let mut cpes: Vec<&String> = Vec::new();
    for (index, cpe) in names.iter().enumerate() {
        let place = format!("{place}/cpes/{index}");
        let good = crate::version::cpe::Cpe::read(cpe).is_ok();
        need(good, &place, "is no CPE name")?;
        need(!cpes.contains(&cpe), place, "stands twice")?;
        cpes.push(cpe);
    }
    Ok(cpes)
}

fn weaknesses(list: &[(String, String)]) -> Result<Value, DraftError> {
    let mut written = Vec::new();
    for (index, (id, name)) in list.iter().enumerate() {
        let place = format!("weaknesses/{index}");
        let digits = id.strip_prefix("CWE-").unwrap_or_default();
        let number = (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        need(number && !digits.starts_with('0'), &place, "is no CWE id")?;
        need(length(name, 1, 4000), &place, "has no name")?;
        let text = json!({ "lang": "en", "type": "CWE", "cweId": id, "description": format!("{id} {name}") });
        let item = json!({ "descriptions": [text] });
        need(!written.contains(&item), place, "stands twice")?;
        written.push(item);
    }
    Ok(Value::Array(written))
}

fn metric(cvss: &Cvss) -> Result<Value, DraftError> {
    let member = match cvss.version {
        "3.1" => "cvssV3_1",
        "4.0" => "cvssV4_0",
        _ => {
            return need(false, "cvss", "has another version than 3.1 and 4.0")
                .map(|()| Value::Null);
        }
    };
    let prefix = format!("CVSS:{}/", cvss.version);
    let plain = cvss
        .vector
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'/' | b'.'));
    let good = cvss.vector.starts_with(&prefix) && plain && cvss.tenths <= 100;
    need(
        good,
        "cvss",
        "has no vector of its version, or a score above 10",
    )?;
    Ok(json!({
        "format": "CVSS",
        member: {
            "version": cvss.version,
            "vectorString": cvss.vector,
            "baseScore": score(cvss.tenths),
            "baseSeverity": severity(cvss.tenths),
        },
    }))
}
