//! Tests on ranges of versions: without an upper end (6.2.49), sharing a version in groups of status that contradict each other (6.2.50), in one group or in one branch
//! (6.3.19). In: products. Out: complaints. Never: an overlap that is not sure.

use super::super::Finding;
use super::super::products::{self, Product, Status, Versions};
use super::vulnerabilities;
use crate::limits::PAIRS_MAX;
use crate::version::{Answer, Range, Version, read};
use serde_json::Value;
use std::collections::HashMap;

/// 6.2.49.
pub(super) fn open_above(products: &[Product]) -> Vec<Finding> {
    let open = products.iter().filter(|product| match &product.versions {
        Versions::Range(range) => read(range).is_open_above(),
        _ => false,
    });
    open.map(|p| Finding::new(format!("{}/name", p.place), "has no upper end"))
        .collect()
}

/// What two products are to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pair {
    /// Two ranges, both `vers:`.
    Vers,
    /// Two ranges, one of them not `vers:`.
    Loose,
    /// A range and a version.
    Single,
}

/// One of 6.2.50.1 to .3 and 6.3.19.1 to .5; nothing for another number.
pub(super) fn test(test: &str, document: &Value, products: &[Product]) -> Option<Vec<Finding>> {
    Some(match test {
        "6.2.50.1" => in_status(document, products, Pair::Vers, false),
        "6.2.50.2" => in_status(document, products, Pair::Loose, false),
        "6.2.50.3" => in_status(document, products, Pair::Single, false),
        "6.3.19.1" => in_status(document, products, Pair::Vers, true),
        "6.3.19.2" => in_status(document, products, Pair::Loose, true),
        "6.3.19.3" => in_status(document, products, Pair::Single, true),
        "6.3.19.4" => in_branch(document, false),
        "6.3.19.5" => in_branch(document, true),
        _ => return None,
    })
}

fn kind(a: &Versions, b: &Versions) -> Option<Pair> {
    let vers = |range: &str| range.starts_with("vers:");
    match (a, b) {
        (Versions::Range(a), Versions::Range(b)) if vers(a) && vers(b) => Some(Pair::Vers),
        (Versions::Range(_), Versions::Range(_)) => Some(Pair::Loose),
        (Versions::Range(_), Versions::One(_)) | (Versions::One(_), Versions::Range(_)) => {
            Some(Pair::Single)
        }
        _ => None,
    }
}

fn overlap(a: &Versions, b: &Versions) -> Answer {
    let holds = |range: &str, version: &str| {
        let range: Range = read(range);
        let version = Version::read(version, range.scheme());
        range.holds(&version)
    };
    match (a, b) {
        (Versions::Range(a), Versions::Range(b)) => read(a).overlaps(&read(b)),
        (Versions::Range(range), Versions::One(version))
        | (Versions::One(version), Versions::Range(range)) => holds(range, version),
        _ => Answer::Unsure,
    }
}

fn in_status(document: &Value, products: &[Product], pair: Pair, same: bool) -> Vec<Finding> {
    let by_id: HashMap<&str, &Product> = products.iter().map(|p| (p.id.as_str(), p)).collect();
    let mut findings = Vec::new();
    for (place, vulnerability) in vulnerabilities(document) {
        let named: Vec<(Status, &Product)> = products::statuses(vulnerability)
            .filter(|(_, status, _)| *status != Status::Recommended)
            .filter_map(|(_, status, id)| Some((status, *by_id.get(id)?)))
            .filter(|(_, product)| !product.family.is_empty())
            .collect();
        let mut left = PAIRS_MAX;
        for (index, (status, a)) in named.iter().enumerate() {
            for (other, b) in named.iter().skip(index + 1) {
                left = left.saturating_sub(1);
                let wanted = (status == other) == same && a.family == b.family && a.id != b.id;
                if left == 0 || !wanted || kind(&a.versions, &b.versions) != Some(pair) {
                    continue;
                }
                if overlap(&a.versions, &b.versions) == Answer::Yes {
                    let what = format!("versions of `{}` and `{}` overlap", a.id, b.id);
                    findings.push(Finding::new(format!("{place}/product_status"), what));
                }
            }
        }
    }
    findings
}

/// Ranges of one branch, which may lead on to other branches.
fn in_branch(document: &Value, single: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(tree) = document.get("product_tree") else {
        return findings;
    };
    let mut open = vec![("/product_tree".to_owned(), tree)];
    while let Some((place, branch)) = open.pop() {
        let below: Vec<&Value> = crate::json::items(branch, "branches").collect();
        let versions: Vec<Versions> = below.iter().map(|b| versions(b)).collect();
        let mut left = PAIRS_MAX;
        for (i, a) in versions.iter().enumerate() {
            for (j, b) in versions.iter().enumerate().skip(i + 1) {
                left = left.saturating_sub(1);
                let kind = kind(a, b);
                let wanted = kind.is_some_and(|kind| (kind == Pair::Single) == single);
                if left > 0 && wanted && overlap(a, b) == Answer::Yes {
                    let what = format!("overlaps with {place}/branches/{i}");
                    findings.push(Finding::new(format!("{place}/branches/{j}/name"), what));
                }
            }
        }
        for (index, next) in below.into_iter().enumerate() {
            open.push((format!("{place}/branches/{index}"), next));
        }
    }
    findings
}

fn versions(branch: &Value) -> Versions {
    let name = crate::json::text(branch, "name").unwrap_or_default();
    match crate::json::text(branch, "category") {
        Some("product_version") => Versions::One(name.to_owned()),
        Some("product_version_range") => Versions::Range(name.to_owned()),
        _ => Versions::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_and_a_version_are_compared_by_the_range() {
        let range = Versions::Range(">2.1.0|<4.2.0".to_owned());
        let one = |v: &str| Versions::One(v.to_owned());
        assert_eq!(overlap(&range, &one("3.16.0")), Answer::Yes);
        assert_eq!(overlap(&one("4.2.0"), &range), Answer::No);
    }
}
