//! Cases that may be about the same event. In: observables and times of cases. Out: a suggestion with what is shared. Never: a merge; an operator that is shown another's case.

use super::{Desk, Working};
use crate::error::LiaisonError;
use crate::paper::{Document, Written, read};
use sakimori_cooperate::report::ReportDocument;
use sakimori_custody::time::Seconds;
use sakimori_store::{NEWEST, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Most observables of a case.
const OBSERVABLES_MAX: usize = 500;
/// Longest observable, bytes.
const OBSERVABLE_BYTES_MAX: usize = 300;
/// Most cases that one is compared with: the newest.
const COMPARED_MAX: usize = 1000;
/// Most suggestions.
const ALIKE_MAX: usize = 20;
/// Fields that hold indicators, one a line.
const FIELDS: [&str; 2] = ["technical.indicators", "ransomware.indicators"];

/// An indicator of a case, in one spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observable {
    /// `address`, `hash`, `url`, `mail`, `domain` or `other`.
    pub kind: String,
    /// The value, in small letters and without the brackets by which people make it harmless.
    pub value: String,
}

/// A case that may be about the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alike {
    /// Whose.
    pub operator: String,
    /// Which.
    pub case: String,
    /// Observables that both have.
    pub shared: Vec<String>,
}

/// The indicators that a document names.
pub fn observables(document: &ReportDocument) -> Vec<Observable> {
    let texts = FIELDS.iter().filter_map(|key| document.value(key));
    let lines = texts.flat_map(str::lines).map(str::trim);
    let fits = |line: &&str| !line.is_empty() && line.len() <= OBSERVABLE_BYTES_MAX;
    let found: BTreeSet<Observable> = lines.filter(fits).map(observable).collect();
    found.into_iter().take(OBSERVABLES_MAX).collect()
}

fn observable(line: &str) -> Observable {
    let value = line.to_lowercase();
    let value = value
        .replace("[.]", ".")
        .replace("(.)", ".")
        .replace("[:]", ":");
    let value = value.replace("[@]", "@").replacen("hxxp", "http", 1);
    let hex = value.bytes().all(|b| b.is_ascii_hexdigit());
    let label = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let is_domain = value.contains('.')
        && value
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(label));
    let kind = if value.parse::<IpAddr>().is_ok() {
        "address"
    } else if hex && matches!(value.len(), 32 | 40 | 64 | 128) {
        "hash"
    } else if value.starts_with("http://") || value.starts_with("https://") {
        "url"
    } else if value.contains('@') && !value.contains(' ') {
        "mail"
    } else if is_domain {
        "domain"
    } else {
        "other"
    };
    Observable {
        kind: kind.to_owned(),
        value,
    }
}

/// From when to when an event was, as far as a document says; what goes on lasts until now.
pub(super) fn window(document: &ReportDocument, now: Seconds) -> (u64, u64) {
    let time = |key: &str| document.value(key)?.parse::<Seconds>().ok();
    let from = time("event.began_at").unwrap_or(document.recognised_at);
    let until = time("response.recovered_at").unwrap_or(now);
    (from.0, until.0.max(from.0))
}

impl Desk<'_> {
    /// Other cases in a view whose time overlaps and that share an observable; of everybody's, those of other operators: those that share most first, at most 20 of the newest 1000.
    ///
    /// # Errors
    /// What the store says.
    pub async fn alike(
        &self,
        case: &Written<Working>,
        view: View<'_>,
    ) -> Result<Vec<Alike>, LiaisonError> {
        let own: BTreeSet<&Observable> = case.said.observables.iter().collect();
        let (from, until) = case.said.window;
        let mut alike = Vec::new();
        let (mut before, mut compared) = (NEWEST, 0);
        while !own.is_empty() && compared < COMPARED_MAX {
            let page = self.store.latest(view, Working::KIND, None, before).await?;
            let Some(last) = page.last() else { break };
            before = last.sequence;
            for kept in page {
                compared += 1;
                let other: Written<Working> = read(kept)?;
                let overlaps = other.said.window.0 <= until && from <= other.said.window.1;
                let oneself = (&other.owner, &other.id) == (&case.owner, &case.id);
                let own_owner = view == View::All && other.owner == case.owner;
                if oneself || own_owner || !overlaps {
                    continue;
                }
                let both = other
                    .said
                    .observables
                    .iter()
                    .filter(|each| own.contains(each));
                let shared: Vec<String> = both.map(|each| each.value.clone()).collect();
                if !shared.is_empty() {
                    alike.push(Alike {
                        operator: other.owner,
                        case: other.id,
                        shared,
                    });
                }
            }
        }
        alike.sort_by_key(|each| std::cmp::Reverse(each.shared.len()));
        alike.truncate(ALIKE_MAX);
        Ok(alike)
    }
}

#[cfg(test)]
mod tests {
    use super::observable;

    #[test]
    fn an_indicator_has_one_spelling_and_a_kind() {
        for (line, kind, value) in [
            ("192.0.2[.]7", "address", "192.0.2.7"),
            ("2001:DB8::1", "address", "2001:db8::1"),
            ("EVIL[.]example", "domain", "evil.example"),
            ("hxxps://evil[.]example/a", "url", "https://evil.example/a"),
            ("a[@]b.example", "mail", "a@b.example"),
            (
                "D41D8CD98F00B204E9800998ECF8427E",
                "hash",
                "d41d8cd98f00b204e9800998ecf8427e",
            ),
            ("不審なタスク", "other", "不審なタスク"),
        ] {
            let found = observable(line);
            assert_eq!((found.kind.as_str(), found.value.as_str()), (kind, value));
        }
    }
}
