//! Reports of strangers. In: a report, a mark of the network that it came from, a secret for whoever follows it. Out: one paper for each text that was not there before. Never: more unread
//! reports than [`UNREAD_MAX`]; a report that is judged by a program: the order of the list alone is.
//!
//! A flood costs no more than the bound: what comes beyond it is told to come back later and is not kept. Who floods fills places; [`set_aside`] frees all of one network at once.

use super::{By, OWNER, WeaknessError};
use crate::matching::aliases;
use crate::paper::{self, Document, Standing, Written};
use sakimori_advisory::matching::AliasKind;
use sakimori_advisory::room::Report;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_store::{Store, StoreError, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most reports that wait to be read. A coordinating office with a thousand reports a month (JPCERT/CC has some hundred a quarter) clears that in days; the longest together have 32 MB.
pub const UNREAD_MAX: u64 = 500;
/// State of a report that nobody has read.
pub const UNREAD: &str = "unread";
/// State of a report that is in a case.
pub const TAKEN: &str = "taken";
/// State of a report of which nothing is made.
pub const ASIDE: &str = "aside";

/// A report as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrived {
    /// What was reported.
    pub report: Report,
    /// Mark of the network that it came from: two marks compare, and say no address.
    pub network: String,
    /// SHA-256 of the secret by which the reporter follows it, hexadecimal.
    pub link: String,
    /// How much it says.
    pub weight: u8,
    /// The case that it is in.
    pub case: Option<String>,
    /// Why nothing is made of it.
    pub aside: Option<String>,
}

impl Document for Arrived {
    const KIND: &'static str = "weakness-report";
}

/// A report that comes in.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// What is reported.
    pub report: &'a Report,
    /// Mark of the network.
    pub network: &'a str,
    /// SHA-256 of the secret by which the reporter follows it, hexadecimal.
    pub link: &'a str,
    /// When.
    pub at: Seconds,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is kept under this id.
    New(String),
    /// The same text is kept already under this id; nothing was added.
    Known(String),
}

/// Takes a report.
///
/// # Errors
/// [`WeaknessError::Field`] names what has to be mended; [`WeaknessError::Full`]: come back later.
pub async fn receive(
    store: &(impl Store + ?Sized),
    arrival: &Arrival<'_>,
) -> Result<Taken, WeaknessError> {
    let report = arrival.report.checked()?;
    // First what costs least: in a flood this is all that is asked.
    let states = store.states(View::All, Arrived::KIND).await?;
    let waiting = states.iter().find(|(state, _)| state == UNREAD);
    if waiting.is_some_and(|(_, count)| *count >= UNREAD_MAX) {
        return Err(WeaknessError::Full { most: UNREAD_MAX });
    }
    let digest = report.digest();
    let id = hex(digest.get(..16).unwrap_or_default());
    if store.paper(OWNER, Arrived::KIND, &id).await?.is_some() {
        return Ok(Taken::Known(id));
    }
    let weight = report.weight(is_known(store, &report).await?);
    let arrived = Arrived {
        report,
        network: arrival.network.to_owned(),
        link: arrival.link.to_owned(),
        weight,
        case: None,
        aside: None,
    };
    let standing = Standing {
        state: UNREAD,
        due: None,
        at: arrival.at.0,
        by: "reporter",
    };
    match store
        .apply(&[paper::first(OWNER, &id, &arrived, standing)?])
        .await
    {
        Ok(()) => Ok(Taken::New(id)),
        Err(StoreError::Stale { .. } | StoreError::Exists { .. }) => Ok(Taken::Known(id)),
        Err(e) => Err(e.into()),
    }
}

/// Whether the table of names knows the report's maker.
async fn is_known(store: &(impl Store + ?Sized), report: &Report) -> Result<bool, WeaknessError> {
    let Some(maker) = &report.maker else {
        return Ok(false);
    };
    let table = aliases(store).await?;
    let key = table.maker(maker);
    let mut makers = table
        .pairs()
        .iter()
        .filter(|pair| pair.kind == AliasKind::Maker);
    Ok(makers.any(|pair| table.maker(&pair.means) == key))
}

/// A report by its id.
///
/// # Errors
/// [`LiaisonError::Missing`](crate::LiaisonError::Missing).
pub async fn report(
    store: &(impl Store + ?Sized),
    id: &str,
) -> Result<Written<Arrived>, WeaknessError> {
    Ok(paper::newest(store, OWNER, id).await?)
}

/// The report that a secret leads to; none for a wrong secret as for a report that is not there.
///
/// # Errors
/// What the store says.
pub async fn of_link(
    store: &(impl Store + ?Sized),
    id: &str,
    secret: &str,
) -> Result<Option<Written<Arrived>>, WeaknessError> {
    let Some(kept) = store.paper(OWNER, Arrived::KIND, id).await? else {
        return Ok(None);
    };
    let found: Written<Arrived> = paper::read(kept)?;
    Ok((found.said.link == super::hash_of(secret)).then_some(found))
}

/// Unread reports, in an order in which a flood hides nobody: the weightiest of each network first, then the second of each, and so on; and how many each network has there.
///
/// # Errors
/// What the store says.
pub async fn unread(
    store: &(impl Store + ?Sized),
) -> Result<Vec<(Written<Arrived>, usize)>, WeaknessError> {
    let most = usize::try_from(UNREAD_MAX).unwrap_or(usize::MAX);
    let (mut list, _) = paper::all::<Arrived>(store, View::All, Some(UNREAD), most).await?;
    // The oldest first where two weigh the same.
    list.sort_by_key(|written| (std::cmp::Reverse(written.said.weight), written.sequence));
    let mut of_network: BTreeMap<String, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, Written<Arrived>)> = Vec::new();
    for written in list {
        let rank = of_network.entry(written.said.network.clone()).or_default();
        ranked.push((*rank, written));
        *rank += 1;
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    let count = |written: &Written<Arrived>| of_network.get(&written.said.network).copied();
    Ok(ranked
        .into_iter()
        .map(|(_, written)| {
            let count = count(&written).unwrap_or(1);
            (written, count)
        })
        .collect())
}

/// Which reports are set aside.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// This one.
    One(&'a str),
    /// Every unread one of this one's network.
    NetworkOf(&'a str),
}

/// Sets reports aside: they stay, and can be taken into a case later. Gives how many.
///
/// # Errors
/// [`LiaisonError::Missing`](crate::LiaisonError::Missing); [`WeaknessError::Changed`] where somebody else took one meanwhile.
pub async fn set_aside(
    store: &(impl Store + ?Sized),
    which: Which<'_>,
    why: &str,
    by: By<'_>,
) -> Result<usize, WeaknessError> {
    let (Which::One(id) | Which::NetworkOf(id)) = which;
    let named = report(store, id).await?;
    let list: Vec<Written<Arrived>> = match which {
        Which::One(_) => vec![named],
        Which::NetworkOf(_) => {
            let all = unread(store).await?.into_iter().map(|(written, _)| written);
            all.filter(|written| written.said.network == named.said.network)
                .collect()
        }
    };
    let list: Vec<&Written<Arrived>> = list.iter().filter(|w| w.state == UNREAD).collect();
    for some in list.chunks(100) {
        let mut changes = Vec::new();
        for written in some {
            let mut arrived = written.said.clone();
            arrived.aside = Some(why.to_owned());
            changes.push(written.next(&arrived, by.standing(ASIDE, None))?);
            changes.push(by.audit("weakness-aside", &written.id, why));
        }
        store.apply(&changes).await?;
    }
    Ok(list.len())
}

impl<'a> By<'a> {
    pub(super) const fn standing<'s>(&'s self, state: &'s str, due: Option<u64>) -> Standing<'s>
    where
        'a: 's,
    {
        Standing {
            state,
            due,
            at: self.at.0,
            by: self.who,
        }
    }
}
