//! What of a case is published. In: a case. Out: its versions, each with the instant before which nobody sees it; CVE records. Never: a version that changes once it is public; a word of a
//! maker that nobody read before the version was approved.

use super::Room;
use super::event::Content;
use crate::csaf::products::Versions;
use crate::cve::{Affected, Affectedness, Cvss, Draft, DraftError, VersionEntry, write};
use crate::publish::case::{Case, MakerWord, Product, ProductState, Revision, Weakness};
use sakimori_custody::time::Seconds;

impl Room {
    /// Every version that was approved and has an hour, also one that is still ahead; [`crate::publish::tree()`] takes those whose time has come.
    pub fn versions(&self) -> Vec<Case> {
        let mut revisions = Vec::new();
        let mut versions = Vec::new();
        for (approval, release) in self.releases() {
            revisions.push(Revision {
                date: release,
                summary: approval.summary.clone(),
            });
            let place = approval.place;
            let known = self.makers.iter().filter(|(_, maker)| maker.place < place);
            let makers = known.map(|(name, maker)| MakerWord {
                maker: name.clone(),
                state: maker.state_for((place, release)),
                words: maker.words_for(place).map(str::to_owned),
            });
            let makers = makers.collect();
            versions.push(case(
                &self.id,
                &approval.content,
                release,
                &revisions,
                makers,
            ));
        }
        versions
    }

    /// What the draft would be if it were published at an instant: to be held against the schema and the tests before somebody approves it.
    pub fn trial(&self, release: Seconds) -> Option<Case> {
        let draft = self.draft.as_ref()?;
        let mut public = self.versions().into_iter().filter(|v| v.release <= release);
        let mut revisions = public
            .next_back()
            .map_or_else(Vec::new, |last| last.revisions);
        revisions.push(Revision {
            date: release,
            summary: "Trial".to_owned(),
        });
        let makers = self.makers.iter().map(|(name, maker)| MakerWord {
            maker: name.clone(),
            state: maker.state_for((usize::MAX, release)),
            words: maker.words_for(usize::MAX).map(str::to_owned),
        });
        let makers = makers.collect();
        Some(case(&self.id, &draft.content, release, &revisions, makers))
    }
}

fn case(
    id: &str,
    content: &Content,
    release: Seconds,
    revisions: &[Revision],
    makers: Vec<MakerWord>,
) -> Case {
    let Content {
        title,
        summary,
        lang,
        tlp,
        stage,
        products,
        weaknesses,
        references,
    } = content.clone();
    Case {
        id: id.to_owned(),
        title,
        summary,
        lang,
        tlp,
        stage,
        release,
        revisions: revisions.to_vec(),
        products,
        weaknesses,
        makers,
        references,
    }
}

/// Who assigns CVE ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigner {
    /// A UUID of version 4.
    pub id: String,
    /// Its short name, 2 to 32 characters.
    pub name: String,
}

/// The CVE records of a version: path below the web root, and bytes. A weakness without an id has none. `page` is the address of the advisory.
///
/// # Errors
/// [`DraftError`] with the member that has to be mended.
pub fn records(
    case: &Case,
    assigner: &Assigner,
    page: &str,
) -> Result<Vec<(String, Vec<u8>)>, DraftError> {
    let mut records = Vec::new();
    for weakness in &case.weaknesses {
        let Some(id) = &weakness.cve else { continue };
        let bytes = write(&draft(case, weakness, (id, assigner, page)))?;
        records.push((path(id), bytes));
    }
    Ok(records)
}

/// `cve/2026/12xxx/CVE-2026-12345.json`, as the CVE Program lays its list out.
fn path(id: &str) -> String {
    let mut parts = id.split('-').skip(1);
    let (year, number) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let thousands = number
        .get(..number.len().saturating_sub(3))
        .unwrap_or_default();
    format!("cve/{year}/{thousands}xxx/{id}.json")
}

fn draft(case: &Case, weakness: &Weakness, (id, assigner, page): (&str, &Assigner, &str)) -> Draft {
    let first = case.revisions.first().map_or(case.release, |r| r.date);
    let mut references = vec![page.to_owned()];
    for (_, url) in &case.references {
        if !references.contains(url) {
            references.push(url.clone());
        }
    }
    // A record has a text in English; one that is in Japanese alone says so and has its own text beside it.
    let mut descriptions = vec![(case.lang.clone(), weakness.description.clone())];
    if case.lang != "en" {
        descriptions.push(("en".to_owned(), format!("{} (see {page})", weakness.title)));
    }
    let mut cvss = weakness.scores.iter();
    Draft {
        id: id.to_owned(),
        org_id: assigner.id.clone(),
        org_name: assigner.name.clone(),
        published: first,
        updated: case.release,
        title: case.title.chars().take(256).collect(),
        descriptions,
        affected: affected(&case.products, weakness),
        cvss: cvss
            .next()
            .map(|(_, vector, tenths)| Cvss {
                version: "3.1",
                vector: vector.clone(),
                tenths: *tenths,
            })
            .into_iter()
            .collect(),
        weaknesses: weakness.cwe.clone().into_iter().collect(),
        references,
    }
}

/// Products of one maker and name are one entry with several versions.
fn affected(products: &[Product], weakness: &Weakness) -> Vec<Affected> {
    let mut list: Vec<Affected> = Vec::new();
    for (place, state) in &weakness.states {
        let Some(product) = products.get(*place) else {
            continue;
        };
        let (maker, name) = (Some(product.maker.clone()), Some(product.name.clone()));
        let known = list
            .iter()
            .position(|a| a.maker == maker && a.product == name);
        let at = known.unwrap_or_else(|| {
            list.push(Affected {
                maker,
                product: name,
                otherwise: Affectedness::Unknown,
                versions: Vec::new(),
                cpes: Vec::new(),
                purl: None,
            });
            list.len() - 1
        });
        let Some(entry) = list.get_mut(at) else {
            continue;
        };
        let status = match state {
            ProductState::Affected => Affectedness::Affected,
            ProductState::NotAffected | ProductState::Fixed => Affectedness::Unaffected,
            ProductState::Unknown => Affectedness::Unknown,
        };
        match &product.versions {
            Versions::Unsaid => entry.otherwise = status,
            Versions::One(version) => entry.versions.push(one(version, status)),
            Versions::Range(range) => entry.versions.push(ranged(range, status)),
        }
        if let Some(cpe) = product.cpe.as_ref().filter(|cpe| !entry.cpes.contains(cpe)) {
            entry.cpes.push(cpe.clone());
        }
    }
    for entry in &mut list {
        let mut seen = Vec::new();
        entry.versions.retain(|version| {
            let new = !seen.contains(version);
            seen.push(version.clone());
            new
        });
    }
    list
}

fn one(version: &str, status: Affectedness) -> VersionEntry {
    VersionEntry {
        version: version.to_owned(),
        below: None,
        up_to: None,
        kind: None,
        status,
    }
}

/// A range with one upper end as the format has it (`< 3.2`, `>= 2.0, < 3.2`); any other stands as it is written.
fn ranged(written: &str, status: Affectedness) -> VersionEntry {
    let mut entry = one(written.trim(), status);
    let bounds: Vec<&str> = written.split(['|', ',']).map(str::trim).collect();
    let (from, end) = match bounds.as_slice() {
        [end] => (Some("0"), *end),
        [from, end] => (from.strip_prefix(">=").map(str::trim), *end),
        _ => return entry,
    };
    let (end, with) = match (end.strip_prefix("<="), end.strip_prefix('<')) {
        (Some(end), _) => (end.trim(), true),
        (None, Some(end)) => (end.trim(), false),
        (None, None) => return entry,
    };
    let plain = |text: &str| !text.is_empty() && !text.contains(['<', '>', '=', ' ', '*']);
    let Some(from) = from.filter(|from| plain(from) && plain(end)) else {
        return entry;
    };
    from.clone_into(&mut entry.version);
    entry.kind = Some("custom".to_owned());
    let last = Some(end.to_owned());
    if with {
        entry.up_to = last;
    } else {
        entry.below = last;
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_one_upper_end_are_written_as_the_format_has_them() {
        for (written, version, below, up_to) in [
            ("< 3.2", "0", Some("3.2"), None),
            ("<=3.2", "0", None, Some("3.2")),
            (">=2.0|<3.2", "2.0", Some("3.2"), None),
            (">= 2.0, <= 3.2", "2.0", None, Some("3.2")),
            ("3.2 and prior", "3.2 and prior", None, None),
            (">=2.0", ">=2.0", None, None),
            ("<1|>=2|<3", "<1|>=2|<3", None, None),
            ("vers:all/*", "vers:all/*", None, None),
        ] {
            let entry = ranged(written, Affectedness::Affected);
            let ends = (entry.below.as_deref(), entry.up_to.as_deref());
            assert_eq!(
                (entry.version.as_str(), ends),
                (version, (below, up_to)),
                "{written}"
            );
        }
        assert_eq!(path("CVE-2026-12345"), "cve/2026/12xxx/CVE-2026-12345.json");
        assert_eq!(path("CVE-2026-0001"), "cve/2026/0xxx/CVE-2026-0001.json");
    }
}
