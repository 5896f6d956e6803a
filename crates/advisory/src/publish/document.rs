//! A case as a CSAF document. In: a case, who publishes. Out: the document of an edition. Never: a document that fails the schema or a mandatory test; it is tested before it is
//! given out.

use super::case::{Case, Product, ProductState, RemedyKind, Stage, Weakness, label};
use crate::csaf::products::Versions;
use crate::csaf::{self, Edition, Facts, file_name};
use crate::cve::severity_and_score;
use crate::version::{Range, read, vers};
use sakimori_custody::time::Seconds;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::tree::Provider;

/// Why there is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// A member of the case has to be mended.
    #[error("case {case}: {what}")]
    Case {
        /// Tracking id.
        case: String,
        /// What is wrong.
        what: String,
    },
    /// The edition has no word for these recipients.
    #[error("case {case}: CSAF {edition} cannot say {tlp}")]
    Recipients {
        /// Tracking id.
        case: String,
        /// The edition.
        edition: &'static str,
        /// The label.
        tlp: &'static str,
    },
}

/// The document of a case.
///
/// # Errors
/// [`DocumentError`], with the first test that it would fail.
pub fn document(
    case: &Case,
    provider: &Provider,
    edition: Edition,
) -> Result<Value, DocumentError> {
    let refuse = |what: String| DocumentError::Case {
        case: case.id.clone(),
        what,
    };
    let Some(label) = label(case.tlp, edition) else {
        return Err(DocumentError::Recipients {
            case: case.id.clone(),
            edition: edition.text(),
            tlp: case.tlp.label(),
        });
    };
    let last = last_revision(case)?;
    let mut written = Map::new();
    if edition == Edition::V21 {
        let schema = "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json";
        written.insert("$schema".to_owned(), json!(schema));
    }
    written.insert(
        "document".to_owned(),
        head(case, provider, edition, label, last),
    );
    written.insert("product_tree".to_owned(), tree(&case.products, edition));
    let weaknesses = case.weaknesses.iter().enumerate().map(|(place, one)| {
        // What has no CVE id has one of ours: a weakness without any is not valid (2.0 and 2.1, 6.1.27.8).
        let own = format!("{}-{}", case.id, place + 1);
        weakness(one, edition, (&provider.name, &own))
    });
    written.insert(
        "vulnerabilities".to_owned(),
        Value::Array(weaknesses.collect()),
    );
    let document = super::sorted(Value::Object(written));
    let facts = Facts {
        now: case.release,
        ..Facts::default()
    };
    let report = csaf::validate_value(&document, &facts).map_err(|e| refuse(e.to_string()))?;
    if let Some(outcome) = report.errors().next() {
        let what = match &outcome.verdict {
            csaf::Verdict::Failed { findings, .. } => findings.first(),
            _ => None,
        };
        let what = what.map_or(String::new(), |f| format!("{}: {}", f.place, f.what));
        return Err(refuse(format!("test {}: {what}", outcome.test)));
    }
    if !report.is_valid() {
        return Err(refuse("a mandatory test gives no verdict".to_owned()));
    }
    Ok(document)
}

/// When the last revision was, of a case whose parts fit together.
fn last_revision(case: &Case) -> Result<Seconds, DocumentError> {
    let refuse = |what: &str| DocumentError::Case {
        case: case.id.clone(),
        what: what.to_owned(),
    };
    let dates: Vec<Seconds> = case.revisions.iter().map(|r| r.date).collect();
    let last = dates
        .last()
        .filter(|last| dates.is_sorted() && **last <= case.release);
    let last = last.ok_or_else(|| refuse("its revisions do not ascend to its release"))?;
    let places = 0..case.products.len();
    let mut used = case.weaknesses.iter().flat_map(used);
    if used.any(|place| !places.contains(&place)) {
        return Err(refuse("a weakness names a product that the case has not"));
    }
    Ok(*last)
}

fn used(weakness: &Weakness) -> impl Iterator<Item = usize> {
    let states = weakness.states.iter().map(|(place, _)| *place);
    let scores = weakness
        .scores
        .iter()
        .flat_map(|(places, _, _)| places.iter().copied());
    let remedies = weakness
        .remedies
        .iter()
        .flat_map(|r| r.products.iter().copied());
    let reasons = weakness.reasons.iter().map(|(place, _)| *place);
    states.chain(scores).chain(remedies).chain(reasons)
}

fn head(case: &Case, provider: &Provider, edition: Edition, label: &str, last: Seconds) -> Value {
    let history: Vec<Value> = case
        .revisions
        .iter()
        .enumerate()
        .map(|(index, revision)| {
            json!({
                "date": revision.date.to_string(),
                "number": (index + 1).to_string(),
                "summary": revision.summary,
            })
        })
        .collect();
    let first = case.revisions.first().map_or(last, |r| r.date);
    let name = file_name::of(&case.id);
    let here = provider.url_of(case, edition, &name);
    let mut references = vec![json!({
        "category": "self",
        "summary": "The canonical place of this document",
        "url": here,
    })];
    references.extend(
        case.references.iter().map(
            |(summary, url)| json!({ "category": "external", "summary": summary, "url": url }),
        ),
    );
    let mut notes =
        vec![json!({ "category": "summary", "title": "Summary", "text": case.summary })];
    if !case.makers.is_empty() {
        let line = |word: &super::case::MakerWord| {
            let own = word
                .words
                .as_ref()
                .map_or(String::new(), |w| format!(" \u{201c}{w}\u{201d}"));
            format!("{}: {}.{own}", word.maker, word.state.words())
        };
        let text: Vec<String> = case.makers.iter().map(line).collect();
        let title = "What the makers say";
        notes.push(json!({ "category": "details", "title": title, "text": text.join("\n") }));
    }
    let mut distribution = json!({ "tlp": { "label": label } });
    if let Some(object) = distribution.as_object_mut()
        && let Some(text) = &provider.distribution_text
    {
        object.insert("text".to_owned(), json!(text));
    }
    let mut document = json!({
        "category": "csaf_security_advisory",
        "csaf_version": edition.text(),
        "distribution": distribution,
        "lang": case.lang,
        "notes": notes,
        "publisher": provider.publisher(edition),
        "references": references,
        "title": case.title,
        "tracking": {
            "current_release_date": last.to_string(),
            "generator": { "engine": { "name": "Sakimori", "version": env!("CARGO_PKG_VERSION") } },
            "id": case.id,
            "initial_release_date": first.to_string(),
            "revision_history": history,
            "status": match case.stage { Stage::Interim => "interim", Stage::Final => "final" },
            "version": case.revisions.len().to_string(),
        },
    });
    if let (Edition::V21, Some(licence), Some(object)) =
        (edition, &provider.licence, document.as_object_mut())
    {
        object.insert("license_expression".to_owned(), json!(licence));
    }
    document
}

/// Id of the product at a place.
fn id(place: usize) -> String {
    format!("CSAFPID-{:04}", place + 1)
}

fn ids(places: impl IntoIterator<Item = usize>) -> Vec<String> {
    let mut places: Vec<usize> = places.into_iter().collect();
    places.sort_unstable();
    places.dedup();
    places.into_iter().map(id).collect()
}

/// A range as `vers:`, where it is a list of comparisons; else as it is written.
fn range(written: &str) -> String {
    let text = written.trim();
    if text
        .get(..5)
        .is_some_and(|s| s.eq_ignore_ascii_case("vers:"))
    {
        return text.to_owned();
    }
    match read(text) {
        Range::All => "vers:all/*".to_owned(),
        Range::Some { .. } if text.starts_with(['<', '>', '=']) => {
            let bare: String = text
                .split(['|', ','])
                .map(|p| p.replace(' ', ""))
                .collect::<Vec<_>>()
                .join("|");
            let built = format!("vers:generic/{}", vers::encode(&bare));
            // What is no list by the rules of `vers:` stands as it is written.
            match read(&built) {
                Range::Unclear => text.to_owned(),
                _ => built,
            }
        }
        _ => text.to_owned(),
    }
}

fn tree(products: &[Product], edition: Edition) -> Value {
    // Maker → name → versions, each in the order of its name, so that the same case gives the same bytes.
    let mut makers: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for (place, product) in products.iter().enumerate() {
        let (category, name) = match &product.versions {
            Versions::Unsaid => ("product_version_range", "vers:all/*".to_owned()),
            Versions::One(version) => ("product_version", version.clone()),
            Versions::Range(written) => ("product_version_range", range(written)),
        };
        let mut helper = Map::new();
        if let Some(cpe) = &product.cpe {
            helper.insert("cpe".to_owned(), json!(cpe));
        }
        if !product.models.is_empty() {
            helper.insert("model_numbers".to_owned(), json!(product.models));
        }
        match (&product.purl, edition) {
            (Some(purl), Edition::V20) => helper.insert("purl".to_owned(), json!(purl)),
            (Some(purl), Edition::V21) => helper.insert("purls".to_owned(), json!([purl])),
            (None, _) => None,
        };
        let shown = match &product.versions {
            Versions::Unsaid => "all versions",
            Versions::One(version) => version,
            Versions::Range(written) => written,
        };
        let mut full = json!({
            "name": format!("{} {} {shown}", product.maker, product.name),
            "product_id": id(place),
        });
        if let (false, Some(object)) = (helper.is_empty(), full.as_object_mut()) {
            object.insert(
                "product_identification_helper".to_owned(),
                Value::Object(helper),
            );
        }
        let branch = json!({ "category": category, "name": name, "product": full });
        let names = makers.entry(&product.maker).or_default();
        names.entry(&product.name).or_default().push(branch);
    }
    let makers = makers.into_iter().map(|(maker, names)| {
        let names = names.into_iter().map(|(name, versions)| {
            json!({ "category": "product_name", "name": name, "branches": versions })
        });
        json!({ "category": "vendor", "name": maker, "branches": names.collect::<Vec<_>>() })
    });
    json!({ "branches": makers.collect::<Vec<_>>() })
}

fn weakness(weakness: &Weakness, edition: Edition, (system, own): (&str, &str)) -> Value {
    let mut written = Map::new();
    let mut put = |key: &str, value: Value| {
        written.insert(key.to_owned(), value);
    };
    if let Some(cve) = &weakness.cve {
        put("cve", json!(cve));
    } else {
        put("ids", json!([{ "system_name": system, "text": own }]));
    }
    if let Some((id, name)) = &weakness.cwe {
        match edition {
            Edition::V20 => put("cwe", json!({ "id": id, "name": name })),
            Edition::V21 => put(
                "cwes",
                json!([{ "id": id, "name": name, "version": CWE_VERSION }]),
            ),
        }
    }
    put("title", json!(weakness.title));
    put(
        "notes",
        json!([{ "category": "description", "title": "Description", "text": weakness.description }]),
    );
    if let Some(disclosed) = weakness.disclosed {
        let member = match edition {
            Edition::V20 => "release_date",
            Edition::V21 => "disclosure_date",
        };
        put(member, json!(disclosed.to_string()));
    }
    put("product_status", status(weakness));
    let scores: Vec<Value> = weakness.scores.iter().map(|s| score(s, edition)).collect();
    if !scores.is_empty() {
        let member = match edition {
            Edition::V20 => "scores",
            Edition::V21 => "metrics",
        };
        put(member, Value::Array(scores));
    }
    if !weakness.remedies.is_empty() {
        let remedies = weakness.remedies.iter().map(|remedy| {
            let category = match remedy.kind {
                RemedyKind::VendorFix => "vendor_fix",
                RemedyKind::Workaround => "workaround",
                RemedyKind::Mitigation => "mitigation",
                RemedyKind::NoneAvailable => "none_available",
                RemedyKind::NoFixPlanned => "no_fix_planned",
            };
            let products = ids(remedy.products.iter().copied());
            let mut item =
                json!({ "category": category, "details": remedy.details, "product_ids": products });
            if let (Some(url), Some(object)) = (&remedy.url, item.as_object_mut()) {
                object.insert("url".to_owned(), json!(url));
            }
            item
        });
        put("remediations", Value::Array(remedies.collect()));
    }
    if !weakness.reasons.is_empty() {
        let threats = weakness.reasons.iter().map(|(place, reason)| {
            json!({ "category": "impact", "details": reason, "product_ids": [id(*place)] })
        });
        put("threats", Value::Array(threats.collect()));
    }
    Value::Object(written)
}

/// Products by what is known of them; a group without products is left out.
fn status(weakness: &Weakness) -> Value {
    let of = |state: ProductState| {
        let places = weakness.states.iter().filter(move |(_, s)| *s == state);
        ids(places.map(|(place, _)| *place))
    };
    let mut status = Map::new();
    for (member, state) in [
        ("known_affected", ProductState::Affected),
        ("known_not_affected", ProductState::NotAffected),
        ("fixed", ProductState::Fixed),
        ("under_investigation", ProductState::Unknown),
    ] {
        let products = of(state);
        if !products.is_empty() {
            status.insert(member.to_owned(), json!(products));
        }
    }
    Value::Object(status)
}

/// Version of the list of weaknesses whose names are used.
const CWE_VERSION: &str = "4.20";

fn score((places, vector, tenths): &(Vec<usize>, String, u8), edition: Edition) -> Value {
    let (severity, score) = severity_and_score(*tenths);
    let cvss = json!({
        "version": "3.1",
        "vectorString": vector,
        "baseScore": score,
        "baseSeverity": severity,
    });
    let products = ids(places.iter().copied());
    match edition {
        Edition::V20 => json!({ "cvss_v3": cvss, "products": products }),
        Edition::V21 => json!({ "content": { "cvss_v3": cvss }, "products": products }),
    }
}
