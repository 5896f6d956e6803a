//! Copies of products. In: what was let go, what a recipient has already. Out: a paper for each recipient, one version behind the other; lists of what somebody was given. Never: a copy before
//! its entry; a copy of one recipient to another.

use super::{INDICATORS, LetGo, WORDS, wrong};
use crate::error::LiaisonError;
use crate::paper::{self, Document, Standing, Written, first, read};
use sakimori_custody::time::Seconds;
use sakimori_release::RecipientKind;
use sakimori_release::sheet::Sheet;
use sakimori_store::{Change, Papers, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most copies of one list.
const LIST_MAX: usize = 100;
/// The place where a node publishes.
pub const WEB: &str = "web";

/// What a recipient is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Its class.
    pub class: String,
    /// Its marking, `TLP:…`.
    pub tlp: String,
    /// What may be done with it, `PAP:…`.
    pub pap: String,
    /// What it means and what to do.
    pub words: String,
    /// What to look for.
    pub indicators: Vec<String>,
    /// What else it says, by the names of its fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Vec<String>>,
    /// Whether it comes with the handling of controlled information.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub controlled: bool,
    /// The index of the log entry that it left under.
    pub entry: u64,
}

impl Document for Given {
    const KIND: &'static str = "product";
}

fn others(sheet: &Sheet) -> BTreeMap<String, Vec<String>> {
    use sakimori_release::Minimise as _;
    let fields = sheet.fields().into_iter().map(|field| field.name);
    let others = fields.filter(|name| ![WORDS, INDICATORS].contains(&name.as_str()));
    others
        .map(|name| {
            let values = sheet.values(&name).to_vec();
            (name, values)
        })
        .collect()
}

/// The changes that give each recipient its copy, with the audit line. A copy's owner is the recipient as the log names it, such as `operator/acme`; who has the product already is given
/// its next version.
///
/// # Errors
/// [`LiaisonError::Refused`] where a copy has no JSON form; what the store says.
pub async fn given(
    store: &(impl Papers + ?Sized),
    released: &LetGo,
    id: &str,
    by: &str,
    now: Seconds,
) -> Result<Vec<Change>, LiaisonError> {
    let (sheet, marking) = (released.content(), released.marking());
    let said = Given {
        class: released.class().name().to_owned(),
        tlp: marking.tlp.label().to_owned(),
        pap: marking.pap.label().to_owned(),
        words: sheet.values(WORDS).first().cloned().unwrap_or_default(),
        indicators: sheet.values(INDICATORS).to_vec(),
        fields: others(sheet),
        controlled: released.is_controlled(),
        entry: released.entry().index(),
    };
    let standing = Standing {
        state: "given",
        due: None,
        at: now.0,
        by,
    };
    let mut changes = Vec::new();
    for recipient in released.recipients() {
        let owner = recipient.to_string();
        let kept = store.paper(&owner, Given::KIND, id).await?;
        changes.push(match kept.map(read::<Given>).transpose()? {
            Some(kept) => kept.next(&said, standing)?,
            None => first(&owner, id, &said, standing)?,
        });
    }
    changes.push(Change::Audit {
        at: now.0,
        by: by.to_owned(),
        act: "release".to_owned(),
        object: id.to_owned(),
        detail: format!("entry {}", said.entry),
    });
    Ok(changes)
}

/// Copies of a view behind a place, oldest first, at most 100.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn copies(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    after: u64,
) -> Result<Vec<Written<Given>>, LiaisonError> {
    let kept = store.papers(view, Given::KIND, None, after).await?;
    kept.into_iter().map(read).collect()
}

/// What an organisation was given in any of its capacities, oldest first, at most 100 behind a place. What is said at the council comes with an opinion and goes another way.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn copies_of(
    store: &(impl Papers + ?Sized),
    name: &str,
    after: u64,
) -> Result<Vec<Written<Given>>, LiaisonError> {
    let mut all = Vec::new();
    for kind in RecipientKind::ALL {
        if matches!(kind, RecipientKind::Council | RecipientKind::Public) {
            continue;
        }
        let owner = format!("{kind}/{name}");
        all.extend(copies(store, View::Of(&owner), after).await?);
    }
    all.sort_by_key(|copy| copy.sequence);
    all.truncate(LIST_MAX);
    Ok(all)
}

/// What this node published, oldest first, at most 100 behind a place.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn published(
    store: &(impl Papers + ?Sized),
    after: u64,
) -> Result<Vec<Written<Given>>, LiaisonError> {
    let owner = format!("{}/{WEB}", RecipientKind::Public);
    copies(store, View::Of(&owner), after).await
}

/// Every version of every copy of a product, by recipient, for who may see all of them.
///
/// # Errors
/// [`LiaisonError::Missing`] where there is none of the id; [`LiaisonError::Unreadable`], what the store says.
pub async fn versions(
    store: &(impl Papers + ?Sized),
    id: &str,
) -> Result<Vec<Written<Given>>, LiaisonError> {
    let mut all = Vec::new();
    let mut after = 0;
    loop {
        let page = copies(store, View::All, after).await?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for copy in page.into_iter().filter(|copy| copy.id == id) {
            all.extend(paper::history::<Given>(store, &copy.owner, id).await?);
        }
    }
    if all.is_empty() {
        return Err(LiaisonError::Missing {
            what: format!("product `{id}`"),
        });
    }
    all.sort_by(|one, other| (&one.owner, one.version).cmp(&(&other.owner, other.version)));
    Ok(all)
}

/// Holds that a product is there which another is to take the place of.
///
/// # Errors
/// [`LiaisonError::Refused`] where its id is none; as [`versions`].
pub async fn is_there(store: &(impl Papers + ?Sized), id: &str) -> Result<(), LiaisonError> {
    if id.len() != 16 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong("replaces", &"is the id of no product"));
    }
    versions(store, id).await.map(|_| ())
}
