//! Tests that the library lacks, and the one for which it would read the system's clock. In: a document. Out: complaints. Never: a test that is not on the list in
//! [`super::catalogue`]. Source: CSAF 2.0, 6.2.19; CSAF 2.1 draft, the sections that the tests name.

mod fixed;
mod overlap;

use super::{Edition, Facts, Finding, Verdict, extension, products};
use crate::json;
use crate::ssvc::tables::NEWEST;
use crate::time;
use crate::version::vers;
use serde_json::Value;

/// Makes one test.
pub(super) fn test(test: &str, document: &Value, facts: &Facts) -> Verdict {
    let Ok(edition) = super::edition(document) else {
        return Verdict::Unanswered("the document has no edition");
    };
    let Ok(products) = products::products(document) else {
        return Verdict::Unanswered("the document has more products than are read");
    };
    let findings = match test {
        "6.1.50" => unsound_vers(&products),
        "6.1.60.2" => extension::check_content(document, &facts.schemas),
        "6.1.60.3" => extension::check(document, &facts.extensions),
        "6.2.7" => undated_involvements(document),
        "6.2.19" => fixed::scored(edition, document),
        "6.2.33" => disclosed_after_revision(document, facts),
        "6.2.39.1" => fixed::missing(document, &products),
        "6.2.49" => overlap::open_above(&products),
        "6.2.51" => unknown_vers(&products),
        "6.2.54.3" => critical_extensions(document),
        "6.3.13" => old_decision_points(edition, document),
        "6.3.17" => unregistered_licence(document),
        _ => match overlap::test(test, document, &products) {
            Some(findings) => findings,
            None => return Verdict::Unanswered("no such test is here"),
        },
    };
    Verdict::of(findings)
}

/// Vulnerabilities with their JSON Pointers.
fn vulnerabilities(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    json::items(document, "vulnerabilities")
        .enumerate()
        .map(|(index, vulnerability)| (format!("/vulnerabilities/{index}"), vulnerability))
}

fn undated_involvements(document: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, vulnerability) in vulnerabilities(document) {
        for (index, involvement) in json::items(vulnerability, "involvements").enumerate() {
            if involvement.get("date").is_none() {
                let place = format!("{place}/involvements/{index}");
                findings.push(Finding::new(place, "has no date"));
            }
        }
    }
    findings
}

/// A disclosure that lies in the past and after the newest revision: somebody disclosed and did not say so here.
fn disclosed_after_revision(document: &Value, facts: &Facts) -> Vec<Finding> {
    let history = document
        .pointer("/document/tracking")
        .unwrap_or(&Value::Null);
    let dates = json::items(history, "revision_history").filter_map(|r| json::text(r, "date"));
    let Some(newest) = dates.filter_map(time::read).max() else {
        return Vec::new();
    };
    let now = time::Moment::of(facts.now);
    let mut findings = Vec::new();
    for (place, vulnerability) in vulnerabilities(document) {
        let written = json::text(vulnerability, "disclosure_date");
        if let Some(disclosed) = written.and_then(time::read)
            && disclosed < now
            && disclosed > newest
        {
            let what = "is in the past and after the newest revision";
            findings.push(Finding::new(format!("{place}/disclosure_date"), what));
        }
    }
    findings
}

/// What holds for `vers:` of every scheme, also of those that the library does not know.
fn unsound_vers(products: &[products::Product]) -> Vec<Finding> {
    let unsound = products.iter().filter(|product| match &product.versions {
        products::Versions::Range(range) => {
            range.starts_with("vers:") && !vers::is_well_formed(range)
        }
        _ => false,
    });
    let what = "breaks the rules of `vers:`";
    unsound
        .map(|p| Finding::new(format!("{}/name", p.place), what))
        .collect()
}

fn unknown_vers(products: &[products::Product]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for product in products {
        if let products::Versions::Range(range) = &product.versions
            && let Some(scheme) = vers::scheme_of(range)
            && !vers::KNOWN.contains(&scheme.as_str())
        {
            let what = format!("`{scheme}` is no known scheme of versions");
            findings.push(Finding::new(format!("{}/name", product.place), what));
        }
    }
    findings
}

fn critical_extensions(document: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, place, list) in extension::lists(document) {
        let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            if item.get("critical") == Some(&Value::Bool(true)) {
                findings.push(Finding::new(format!("{place}/{index}"), "is critical"));
            }
        }
    }
    findings
}

fn old_decision_points(edition: Edition, document: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, vulnerability) in vulnerabilities(document) {
        for (below, content, _) in products::metrics(edition, vulnerability) {
            let ssvc = content.get("ssvc_v2").unwrap_or(&Value::Null);
            for (index, selection) in json::items(ssvc, "selections").enumerate() {
                let member = |key| json::text(selection, key).unwrap_or_default();
                let same = |(space, key, _): &&(&str, &str, &str)| {
                    *space == member("namespace") && *key == member("key")
                };
                let newest = NEWEST.iter().find(same).map(|(_, _, version)| *version);
                if let Some(newest) = newest.filter(|newest| *newest != member("version")) {
                    let place = format!("{place}{below}/ssvc_v2/selections/{index}/version");
                    let what = format!("is not {newest}, the newest version");
                    findings.push(Finding::new(place, what));
                }
            }
        }
    }
    findings
}

/// A `LicenseRef-` is a licence that no public list has, but for those of the list of `ScanCode`, which say so.
fn unregistered_licence(document: &Value) -> Vec<Finding> {
    let written = document.pointer("/document/license_expression");
    let written = written.and_then(Value::as_str).unwrap_or_default();
    let signs = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+' | ':'));
    let own = |word: &&str| {
        let word = word.rsplit(':').next().unwrap_or(word);
        word.starts_with("LicenseRef-") && !word.starts_with("LicenseRef-scancode-")
    };
    let found = written.split(signs).filter(own);
    let finding = |word: &str| {
        let what = format!("`{word}` is on no public list of licences");
        Finding::new("/document/license_expression", what)
    };
    found.map(finding).collect()
}
