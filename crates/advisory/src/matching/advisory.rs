//! What an advisory claims. In: a CSAF document. Out: claims, each on one product of one maker with its versions and its status. Never: the product ids of the document as
//! keys; the next version of it may have others.

use super::names::{Aliases, key};
use crate::csaf::products::{self, Product, Status, TooMany, Versions};
use crate::cve::Affected;
use crate::json;
use crate::version::cpe::Cpe;
use crate::version::purl::Purl;
use crate::version::{Answer, Range, Version, read};
use serde_json::Value;
use std::collections::BTreeMap;

impl Claim {
    /// Whether a version is among those that the claim is about.
    pub fn holds(&self, version: &str) -> Answer {
        if let Some(entries) = &self.entries {
            return entries.holds(version);
        }
        let version = Version::read(version, self.range.scheme());
        self.range.holds(&version)
    }
}

/// An advisory as it is matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Advisory {
    /// Namespace of its publisher and tracking id: the same for all its versions.
    pub id: (String, String),
    /// What it claims.
    pub claims: Vec<Claim>,
}

/// A claim on one product.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Name of maker and product as the document has them.
    pub written: (String, String),
    /// Key of the maker.
    pub maker: String,
    /// Key of the product.
    pub product: String,
    /// Model numbers, with `*` and `?`.
    pub models: Vec<String>,
    /// Versions that it is about.
    pub range: Range,
    /// The range as it is written.
    pub range_written: String,
    /// CPE name.
    pub cpe: Option<Cpe>,
    /// Package URLs.
    pub purls: Vec<Purl>,
    /// The worst that a vulnerability of the document says of it.
    pub status: Status,
    /// Entries of a CVE record, which decide on a version in the place of the range.
    pub entries: Option<Affected>,
}

impl Claim {
    /// What stays the same of a claim from one version of an advisory to the next: whose product it is.
    pub fn key(&self) -> (String, String, String) {
        let mut models = self.models.clone();
        models.sort_unstable();
        (self.maker.clone(), self.product.clone(), models.join("|"))
    }
}

impl Advisory {
    /// Takes the claims of a document.
    ///
    /// # Errors
    /// [`TooMany`] products.
    pub fn of_csaf(document: &Value, aliases: &Aliases) -> Result<Self, TooMany> {
        let at = |place: &str| {
            let text = document.pointer(place).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        // Of several vulnerabilities the worst counts: affected, under investigation, unknown, mended, not affected.
        let mut worst: BTreeMap<&str, Status> = BTreeMap::new();
        for vulnerability in json::items(document, "vulnerabilities") {
            for (_, status, id) in products::statuses(vulnerability) {
                if status == Status::Recommended {
                    continue;
                }
                let known = worst.entry(id).or_insert(status);
                if rank(status) > rank(*known) {
                    *known = status;
                }
            }
        }
        let products = products::products(document)?;
        let claims = products
            .iter()
            .filter_map(|product| Some(claim(product, *worst.get(product.id.as_str())?, aliases)))
            .collect();
        Ok(Self {
            id: (
                at("/document/publisher/namespace"),
                at("/document/tracking/id"),
            ),
            claims,
        })
    }
}

const fn rank(status: Status) -> u8 {
    match status {
        Status::Affected => 4,
        Status::Investigated => 3,
        Status::Unknown => 2,
        Status::Fixed => 1,
        Status::NotAffected | Status::Recommended => 0,
    }
}

fn claim(product: &Product, status: Status, aliases: &Aliases) -> Claim {
    let cpe = product.cpe.as_deref().and_then(|cpe| Cpe::read(cpe).ok());
    let of_cpe = |part: fn(&Cpe) -> Option<String>| cpe.as_ref().and_then(part);
    let named = |given: &Option<String>, part| given.clone().or_else(|| of_cpe(part));
    let maker = named(&product.maker, Cpe::vendor).unwrap_or_default();
    let name = named(&product.product, Cpe::product).unwrap_or_else(|| product.name.clone());
    let (range, range_written) = match &product.versions {
        Versions::Range(range) => (read(range), range.clone()),
        Versions::One(version) => (read(version), version.clone()),
        // A product without versions is meant in all of them, if the document says nothing else.
        Versions::Unsaid => (Range::All, String::new()),
    };
    let maker_key = aliases.maker(&maker);
    let product_key = aliases.product(&maker_key, &name);
    Claim {
        written: (maker, name),
        maker: maker_key,
        product: product_key,
        models: product
            .models
            .iter()
            .map(|model| model_key(model))
            .collect(),
        range,
        range_written,
        cpe,
        purls: product
            .purls
            .iter()
            .filter_map(|purl| Purl::read(purl).ok())
            .collect(),
        status,
        entries: None,
    }
}

/// The key of a model number: its letters, digits and wildcards.
pub(super) fn model_key(model: &str) -> String {
    let mut pattern = String::with_capacity(model.len());
    for piece in model.split_inclusive(['*', '?']) {
        let wild = piece.chars().last().filter(|c| matches!(c, '*' | '?'));
        let plain = key(piece).replace(' ', "");
        pattern.push_str(&plain);
        pattern.extend(wild);
    }
    pattern
}

/// Whether a model number, without wildcards, fits a pattern. Linear in both: one place to go back to (the last `*`).
pub(super) fn model_fits(pattern: &str, model: &str) -> bool {
    let (pattern, model): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), model.chars().collect());
    let (mut p, mut m, mut back) = (0, 0, None);
    while m < model.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, m));
                p += 1;
            }
            Some(c) if *c == '?' || model.get(m) == Some(c) => {
                p += 1;
                m += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    p = star + 1;
                    m = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .unwrap_or_default()
        .iter()
        .all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_numbers_fit_by_their_letters_digits_and_wildcards() {
        for (pattern, model, expected) in [
            ("6ES7 511-1AK01-0AB0", "6es75111ak010ab0", true),
            ("6ES7 511-*", "6ES7511-1AK01-0AB0", true),
            ("6ES7 5?1-1AK01-0AB0", "6ES7 511-1AK01-0AB0", true),
            ("6ES7 511-1AK01-0AB0", "6ES7 512-1AK01-0AB0", false),
            ("*A*B*", "xxAyyBzz", true),
            ("*A*B*", "xxByyAzz", false),
            ("ABC", "ABCD", false),
            ("", "A", false),
        ] {
            let fits = model_fits(&model_key(pattern), &model_key(model));
            assert_eq!(fits, expected, "{pattern} {model}");
        }
    }
}
