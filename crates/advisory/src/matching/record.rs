//! What a CVE record claims. In: a record. Out: claims, one on each product. Never: a product of which the record gives no name; a version that no entry names and the record does not decide, as
//! not affected. Source: CVE Program, CVE JSON schema 5.1.1, `product` and `versions`.

use super::advisory::{Advisory, Claim};
use super::names::Aliases;
use crate::csaf::products::{Status, TooMany};
use crate::cve::{Affected, Affectedness, Record, VersionEntry};
use crate::limits::PRODUCTS_MAX;
use crate::version::Range;
use crate::version::cpe::Cpe;
use crate::version::purl::Purl;

/// Under which publisher records are known, whoever assigned them: an id is one record.
pub const PUBLISHER: &str = "https://www.cve.org";
/// What assigners write where they have no name.
const NO_NAMES: [&str; 5] = ["n/a", "na", "unknown", "unspecified", "-"];

/// A name that is one.
fn named(name: Option<&String>) -> Option<String> {
    let name = name?.trim();
    let none = NO_NAMES.iter().any(|no| name.eq_ignore_ascii_case(no));
    (!none && !name.is_empty()).then(|| name.to_owned())
}

impl Advisory {
    /// Takes the claims of a record. What assigner and others say of one product is one claim; where they differ on a version, it is not certain.
    ///
    /// # Errors
    /// [`TooMany`] products.
    pub fn of_cve(record: &Record, aliases: &Aliases) -> Result<Self, TooMany> {
        if record.affected.len() > PRODUCTS_MAX {
            return Err(TooMany);
        }
        let mut claims: Vec<Claim> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for affected in &record.affected {
            let Some(claim) = claim(affected, aliases) else {
                continue;
            };
            let key = (claim.maker.clone(), claim.product.clone());
            if let Some(known) = places.get(&key).and_then(|at: &usize| claims.get_mut(*at)) {
                join(known, claim);
                continue;
            }
            places.insert(key, claims.len());
            claims.push(claim);
        }
        for claim in &mut claims {
            let entries = claim.entries.take().unwrap_or_default();
            claim.range_written = written(&entries);
            // Without a version of the asset only what holds for all of them is known.
            claim.range = if is_everything(&entries) {
                Range::All
            } else {
                Range::Unclear
            };
            claim.entries = Some(entries);
        }
        Ok(Self {
            id: (PUBLISHER.to_owned(), record.id.clone()),
            claims,
        })
    }
}

fn claim(affected: &Affected, aliases: &Aliases) -> Option<Claim> {
    let cpe = affected.cpes.iter().find_map(|cpe| Cpe::read(cpe).ok());
    let of_cpe = |part: fn(&Cpe) -> Option<String>| cpe.as_ref().and_then(part);
    let maker = named(affected.maker.as_ref()).or_else(|| of_cpe(Cpe::vendor));
    let product = named(affected.product.as_ref()).or_else(|| of_cpe(Cpe::product))?;
    let maker = maker.unwrap_or_default();
    let maker_key = aliases.maker(&maker);
    let product_key = aliases.product(&maker_key, &product);
    if product_key.is_empty() {
        return None;
    }
    let purls = affected
        .purl
        .iter()
        .filter_map(|purl| Purl::read(purl).ok());
    Some(Claim {
        written: (maker, product),
        maker: maker_key,
        product: product_key,
        models: Vec::new(),
        range: Range::Unclear,
        range_written: String::new(),
        cpe,
        purls: purls.collect(),
        status: Status::Affected,
        entries: Some(affected.clone()),
    })
}

/// Adds what somebody else says of the same product.
fn join(known: &mut Claim, other: Claim) {
    let (Some(entries), Some(more)) = (&mut known.entries, other.entries) else {
        return;
    };
    for entry in more.versions {
        if !entries.versions.contains(&entry) {
            entries.versions.push(entry);
        }
    }
    // Who comes first and says something decides on versions that no entry names.
    if entries.otherwise == Affectedness::Unknown {
        entries.otherwise = more.otherwise;
    }
    entries.cpes.extend(more.cpes);
    known.cpe = known.cpe.take().or(other.cpe);
    known.purls.extend(other.purls);
}

/// Whether every version is affected.
fn is_everything(affected: &Affected) -> bool {
    let all = |entry: &VersionEntry| entry.range() == Range::All;
    let mut entries = affected.versions.iter();
    let hit = |entry: &VersionEntry| entry.status == Affectedness::Affected;
    if affected.versions.is_empty() {
        return affected.otherwise == Affectedness::Affected;
    }
    entries.clone().all(hit) && (affected.otherwise == Affectedness::Affected || entries.any(all))
}

const fn word(status: Affectedness) -> &'static str {
    match status {
        Affectedness::Affected => "affected",
        Affectedness::Unaffected => "unaffected",
        Affectedness::Unknown => "unknown",
    }
}

/// The entries as a text, which stays the same while they do.
fn written(affected: &Affected) -> String {
    let entry = |entry: &VersionEntry| {
        let end = match (&entry.below, &entry.up_to) {
            (Some(below), _) => format!(" < {below}"),
            (None, Some(up_to)) => format!(" <= {up_to}"),
            (None, None) => String::new(),
        };
        let (status, version) = (word(entry.status), &entry.version);
        format!("{status} {version}{end}")
    };
    let mut texts: Vec<String> = affected.versions.iter().map(entry).collect();
    texts.push(format!("otherwise {}", word(affected.otherwise)));
    let whole = texts.join("; ");
    if whole.len() <= WRITTEN_BYTES_MAX {
        return whole;
    }
    let hash = sakimori_custody::ids::hex(&hash(&whole));
    format!("{} entries on versions, {hash}", affected.versions.len())
}

/// Longest text of a range, bytes; a longer one is named by its hash, so that it is still another one where an entry is.
const WRITTEN_BYTES_MAX: usize = 400;

fn hash(text: &str) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(text.as_bytes()).into()
}
