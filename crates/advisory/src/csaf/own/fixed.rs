//! Tests on products that are mended: 6.2.19 (a mended product has no score left) and 6.2.39.1 (an affected product has a mended version). In: a document. Out: complaints.
//! Never: a score computed anew; what the document says of it is read.

use super::super::products::{self, Product, Status};
use super::super::{Edition, Finding};
use super::vulnerabilities;
use crate::json;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// 6.2.19: a CVSS of a fixed product has an environmental score of 0.
pub(super) fn scored(edition: Edition, document: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, vulnerability) in vulnerabilities(document) {
        let metrics = products::metrics(edition, vulnerability);
        for (member, _, id) in fixed(vulnerability) {
            let scored = metrics.iter().any(|(_, content, products)| {
                products.contains(&id) && VECTORS.iter().any(|v| still_scored(content, v))
            });
            if scored {
                let what = format!("`{id}` has a score whose environmental part is not 0");
                findings.push(Finding::new(
                    format!("{place}/product_status/{member}"),
                    what,
                ));
            }
        }
    }
    findings
}

fn fixed(vulnerability: &Value) -> impl Iterator<Item = (&'static str, Status, &str)> {
    products::statuses(vulnerability).filter(|(_, status, _)| *status == Status::Fixed)
}

/// A member with a CVSS; the metrics that together bring it to 0, each with its short form in the vector.
struct Vector {
    member: &'static str,
    score: &'static str,
    none: &'static [(&'static str, &'static str)],
}

const VECTORS: [Vector; 3] = [
    Vector {
        member: "cvss_v2",
        score: "environmentalScore",
        none: &[("targetDistribution", "TD:N")],
    },
    Vector {
        member: "cvss_v3",
        score: "environmentalScore",
        none: &[
            ("modifiedConfidentialityImpact", "MC:N"),
            ("modifiedIntegrityImpact", "MI:N"),
            ("modifiedAvailabilityImpact", "MA:N"),
        ],
    },
    Vector {
        member: "cvss_v4",
        score: "environmentalScore",
        none: &[
            ("modifiedVulnConfidentialityImpact", "MVC:N"),
            ("modifiedVulnIntegrityImpact", "MVI:N"),
            ("modifiedVulnAvailabilityImpact", "MVA:N"),
            ("modifiedSubConfidentialityImpact", "MSC:N"),
            ("modifiedSubIntegrityImpact", "MSI:N"),
            ("modifiedSubAvailabilityImpact", "MSA:N"),
        ],
    },
];

fn still_scored(content: &Value, vector: &Vector) -> bool {
    let Some(cvss) = content.get(vector.member) else {
        return false;
    };
    if let Some(score) = cvss.get(vector.score).and_then(Value::as_f64) {
        return score > 0.0;
    }
    let short: HashSet<&str> = json::text(cvss, "vectorString")
        .unwrap_or_default()
        .split('/')
        .collect();
    let is_none = |(long, in_vector): &(&str, &str)| {
        let said = json::text(cvss, long);
        short.contains(in_vector) || matches!(said, Some("NONE" | "NEGLIGIBLE"))
    };
    !vector.none.iter().all(is_none)
}

/// 6.2.39.1: an affected product has a fixed version in the same vulnerability, unless a remediation says that there is none.
pub(super) fn missing(document: &Value, products: &[Product]) -> Vec<Finding> {
    let category = document
        .pointer("/document/category")
        .and_then(Value::as_str);
    if category != Some("csaf_security_advisory") {
        return Vec::new();
    }
    let by_id: HashMap<&str, &Product> = products.iter().map(|p| (p.id.as_str(), p)).collect();
    let families = |ids: Vec<&str>| -> HashSet<Option<&[std::rc::Rc<str>]>> {
        let family = |id: &str| by_id.get(id).map(|p| p.family.as_slice());
        ids.into_iter().map(family).collect()
    };
    let mut findings = Vec::new();
    for (place, vulnerability) in vulnerabilities(document) {
        let fixed = families(fixed(vulnerability).map(|(_, _, id)| id).collect());
        let hopeless = without_fix(document, vulnerability);
        let affected = products::statuses(vulnerability).filter(|(_, s, _)| *s == Status::Affected);
        for (member, _, id) in affected {
            let family = by_id.get(id).map(|p| p.family.as_slice());
            // Outside the tree no family is known; then any fixed product may be the one.
            let known = family.is_some_and(|names| !names.is_empty());
            let has = if known {
                fixed.contains(&family)
            } else {
                !fixed.is_empty()
            };
            if !has && !hopeless.contains(id) {
                let what = format!("`{id}` has no fixed version");
                findings.push(Finding::new(
                    format!("{place}/product_status/{member}"),
                    what,
                ));
            }
        }
    }
    findings
}

/// Products of which a remediation says that no mended version exists.
fn without_fix<'v>(document: &'v Value, vulnerability: &'v Value) -> HashSet<&'v str> {
    let tree = document.get("product_tree").unwrap_or(&Value::Null);
    let mut ids = HashSet::new();
    for remediation in json::items(vulnerability, "remediations") {
        let category = json::text(remediation, "category").unwrap_or_default();
        if !matches!(
            category,
            "fix_planned" | "no_fix_planned" | "none_available"
        ) {
            continue;
        }
        ids.extend(json::texts(remediation, "product_ids"));
        for group in json::texts(remediation, "group_ids") {
            let named = |g: &&Value| json::text(g, "group_id") == Some(group);
            let members = json::items(tree, "product_groups").filter(named);
            ids.extend(members.flat_map(|g| json::texts(g, "product_ids")));
        }
    }
    ids
}
