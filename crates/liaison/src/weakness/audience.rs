//! Who is given what not everybody may read. In: a version of a case that is for the community or for those whom it concerns, the registered assets, the operators' nodes. Out: a plan of who is
//! to be given it, to be put on record; then a copy of the notice for each, and what each may read of the published tree. Never: a version to an operator before its entry is in the log; to
//! one whom it does not concern; that there is one.
//!
//! TLP:GREEN is for every operator whose node the office knows, TLP:AMBER and TLP:AMBER+STRICT for those whose registered assets it may mean ([`crate::matching`]), TLP:RED for nobody by this way.
//! Who was given one version is given the next ones too.

use super::leaving::Asked;
use super::{By, OWNER, WeaknessError};
use crate::paper::{self, Document, Standing, Written};
use crate::product::Given;
use sakimori_advisory::csaf::Edition;
use sakimori_advisory::publish::Case;
use sakimori_advisory::publish::tree::{Files, path};
use sakimori_custody::Recorded;
use sakimori_custody::class::Class;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_release::{Pap, Recipient, RecipientKind, Tlp};
use sakimori_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Most recipients of one entry of the log.
const RECIPIENTS_MAX: usize = 512;
/// Longest words of a copy, characters.
const WORDS_CHARS_MAX: usize = 4_000;

/// Who was given a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// The version, by when it was released, in seconds since 1970.
    pub release: u64,
    /// The operators, as the office knows their nodes.
    pub operators: BTreeSet<String>,
    /// The indices of the log entries of this version.
    pub entries: Vec<u64>,
}

impl Document for Audience {
    const KIND: &'static str = "weakness-audience";
}

/// Who is to be given a version, and what is asked of the gate for that.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is to be on record, in parts.
    pub asked: Vec<Asked>,
    case: String,
    release: u64,
    fresh: BTreeSet<String>,
    tlp: Tlp,
    words: String,
    before: Option<Written<Audience>>,
}

/// The document of a case among published files: that of 2.0, or of 2.1 where 2.0 has no label for it.
pub fn document<'f>(files: &'f Files, case: &Case) -> Option<&'f [u8]> {
    let mut editions = [Edition::V20, Edition::V21].into_iter();
    editions.find_map(|edition| Some(files.get(&path(case, edition)?)?.as_slice()))
}

async fn kept(
    store: &(impl Store + ?Sized),
    case: &str,
) -> Result<Option<Written<Audience>>, WeaknessError> {
    let kept = store.paper(OWNER, Audience::KIND, case).await?;
    Ok(kept.map(paper::read).transpose()?)
}

/// Whether everybody among the operators is meant by a marking.
pub const fn is_for_all(tlp: Tlp) -> bool {
    matches!(tlp, Tlp::Clear | Tlp::Green)
}

/// Plans who is to be given a version: `nodes` are all operators whose nodes the office knows, `concerned` those whose assets it may mean. None where each was given it.
///
/// # Errors
/// What the store says.
pub async fn plan(
    store: &(impl Store + ?Sized),
    (case, files, root): (&Case, &Files, &str),
    (nodes, concerned): (&[Name], &BTreeSet<String>),
) -> Result<Option<Plan>, WeaknessError> {
    let Some(text) = document(files, case).and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        return Ok(None);
    };
    let before = kept(store, &case.id).await?;
    let had = before.as_ref().map(|kept| &kept.said);
    let same = had.is_some_and(|said| said.release == case.release.0);
    let mut wanted = concerned.clone();
    if is_for_all(case.tlp) {
        wanted.extend(nodes.iter().map(ToString::to_string));
    }
    let known = had.map(|said| said.operators.clone()).unwrap_or_default();
    let fresh: BTreeSet<String> = if same {
        wanted.difference(&known).cloned().collect()
    } else {
        wanted.union(&known).cloned().collect()
    };
    // A name that the log could not take is nobody's that the office knows by a certificate.
    let names: Vec<Name> = fresh.iter().filter_map(|name| name.parse().ok()).collect();
    let fresh: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
    if same && fresh.is_empty() {
        return Ok(None);
    }
    let for_whom = if is_for_all(case.tlp) {
        "operators"
    } else {
        "operators whom it concerns"
    };
    let parts = names.chunks(RECIPIENTS_MAX).map(|names| Asked {
        text: text.to_owned(),
        recipients: names
            .iter()
            .map(|name| Recipient::new(RecipientKind::Operator, name.clone()))
            .collect(),
        tlp: case.tlp,
        basis: format!(
            "Act 42/2025 arts. 40, 42: {for_whom} are told of a weakness and how it is dealt with; case {}",
            case.id
        ),
    });
    let edition = if case.tlp == Tlp::AmberStrict {
        Edition::V21
    } else {
        Edition::V20
    };
    let at = path(case, edition).unwrap_or_default();
    let words = format!("{}\n\n{}\n\n{root}/{at}", case.title, case.summary);
    Ok(Some(Plan {
        asked: parts.collect(),
        case: case.id.clone(),
        release: case.release.0,
        fresh,
        tlp: case.tlp,
        words: words.chars().take(WORDS_CHARS_MAX).collect(),
        before,
    }))
}

/// Gives a version to those of a plan: `entries` are those of its parts, in their order. Each has a copy of the notice among its products, and may read the document from then on.
///
/// # Errors
/// [`WeaknessError::Unrecorded`] where a part has no entry; [`WeaknessError::Changed`]; what the store says. Nobody was given it then.
pub async fn give(
    store: &(impl Store + ?Sized),
    plan: &Plan,
    entries: &[Recorded],
    by: By<'_>,
) -> Result<(), WeaknessError> {
    if entries.len() != plan.asked.len() {
        let case = plan.case.clone();
        return Err(WeaknessError::Unrecorded { case });
    }
    let mut said = plan
        .before
        .as_ref()
        .map(|kept| kept.said.clone())
        .unwrap_or_default();
    if said.release != plan.release {
        said.release = plan.release;
        said.entries.clear();
    }
    said.operators.extend(plan.fresh.iter().cloned());
    said.entries
        .extend(entries.iter().map(|entry| entry.index()));
    let standing = by.standing("given", None);
    let mut changes = vec![match &plan.before {
        Some(before) => before.next(&said, standing)?,
        None => paper::first(OWNER, &plan.case, &said, standing)?,
    }];
    for (part, entry) in plan.asked.iter().zip(entries) {
        let given = Given {
            class: Class::PublicNotice.name().to_owned(),
            tlp: plan.tlp.label().to_owned(),
            pap: Pap::Amber.label().to_owned(),
            words: plan.words.clone(),
            indicators: Vec::new(),
            fields: BTreeMap::new(),
            controlled: false,
            entry: entry.index(),
        };
        let id = format!("{}-{}", plan.case.to_ascii_lowercase(), plan.release);
        for recipient in &part.recipients {
            let standing = Standing { ..standing };
            changes.push(paper::first(&recipient.to_string(), &id, &given, standing)?);
        }
    }
    let count = plan.fresh.len().to_string();
    changes.push(by.audit("weakness-given", &plan.case, &count));
    store.apply(&changes).await?;
    Ok(())
}

/// Those of some cases that an operator was given, each in the version that is published.
///
/// # Errors
/// What the store says.
pub async fn given<'c>(
    store: &(impl Store + ?Sized),
    cases: &'c [Case],
    operator: &str,
) -> Result<Vec<&'c Case>, WeaknessError> {
    let mut own = Vec::new();
    for case in cases {
        if may_have(store, case, operator).await? {
            own.push(case);
        }
    }
    Ok(own)
}

/// Whether an operator was given a case in the version that is published.
///
/// # Errors
/// What the store says.
pub async fn may_have(
    store: &(impl Store + ?Sized),
    case: &Case,
    operator: &str,
) -> Result<bool, WeaknessError> {
    let kept = kept(store, &case.id).await?;
    Ok(kept.is_some_and(|kept| {
        kept.said.release == case.release.0 && kept.said.operators.contains(operator)
    }))
}

/// A published file as it is for who was given some cases: a document of theirs with its hashes and signature, or a list that has theirs alone. None for every other.
pub fn view(files: &Files, at: &str, own: &[&Case]) -> Option<Vec<u8>> {
    let bytes = files.get(at)?;
    let (folder, name) = at.rsplit_once('/')?;
    let mut here = Vec::new();
    for case in own {
        for edition in [Edition::V20, Edition::V21] {
            let Some(document) = path(case, edition) else {
                continue;
            };
            let ending = at.strip_prefix(&document);
            if matches!(ending, Some("" | ".sha256" | ".sha512" | ".asc")) {
                return Some(bytes.clone());
            }
            if let Some(below) = document.strip_prefix(folder) {
                here.push((*case, below.trim_start_matches('/').to_owned()));
            }
        }
    }
    if here.is_empty() {
        return None;
    }
    let lines = |keep: &dyn Fn(&str) -> bool| {
        let text = String::from_utf8_lossy(bytes);
        let kept = text.lines().filter(|line| keep(line));
        kept.flat_map(|line| [line, "\n"]).collect::<String>()
    };
    match name {
        "index.txt" => Some(lines(&|line| here.iter().any(|(_, below)| below == line)).into()),
        "changes.csv" => {
            let begins = |line: &str| {
                let start = |below: &String| format!("\"{below}\",");
                here.iter()
                    .any(|(_, below)| line.starts_with(&start(below)))
            };
            Some(lines(&begins).into())
        }
        // It names folder and feed, and no document.
        "service.json" => Some(bytes.clone()),
        _ if name.starts_with("csaf-feed-tlp-") => feed(bytes, &here),
        _ => None,
    }
}

/// A feed with some entries alone, as if there were no others.
fn feed(bytes: &[u8], here: &[(&Case, String)]) -> Option<Vec<u8>> {
    let mut feed: Value = serde_json::from_slice(bytes).ok()?;
    let inner = feed.get_mut("feed")?;
    let own = |entry: &Value| here.iter().any(|(case, _)| entry["id"] == case.id);
    let entries = inner.get_mut("entry")?.as_array_mut()?;
    entries.retain(own);
    let newest = here.iter().map(|(case, _)| case.release).max();
    let updated: Seconds = newest.unwrap_or(Seconds(0));
    inner["updated"] = json!(updated.to_string());
    serde_json::to_vec_pretty(&feed).ok()
}
