//! What targets of a measure were seen to be since it was decided. In: observations that came with a dispatch, each checked to be its observer's; facts that were brought; names that were looked up. Out: what a target is now, how many names are on
//! it. Never: an observation whose signature was not checked; an old one taken for now.

use super::{FactsPaper, NamePaper, OFFICE};
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, all, first, newest};
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::Terms;
use sakimori_respond::plan::life::State;
use sakimori_respond::plan::observe::{AHEAD_SECONDS_MAX, Observation, Seen};
use sakimori_respond::safety::Target;
use sakimori_store::{Change, Store, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Most names whose answers are counted.
const NAMES_MAX: usize = 10_000;
/// How long an answer to a name counts, seconds: it is looked up again and again while it is decided.
const NAME_SECONDS: u64 = 3_600;

/// The newest observation of each target of a measure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservedPaper {
    /// One of a target; of two of one time the one that is not what was approved.
    pub observations: Vec<Observation>,
}

impl Document for ObservedPaper {
    const KIND: &'static str = "measure-observed";
}

/// Whether an observation is of another target than the one that was approved.
fn differs(state: &State, one: &Observation) -> bool {
    let before = state.found().and_then(|found| found.seen.get(&one.target));
    before.is_some_and(|before| *before != one.seen)
}

impl ObservedPaper {
    /// Takes observations in; gives whether anything is newer.
    fn take(&mut self, state: &State, new: &[Observation], now: Seconds) -> bool {
        let weight = |one: &Observation| (one.at, differs(state, one));
        let mut changed = false;
        for one in new {
            let mut aims = state.plan().aims.iter();
            let meant = aims.any(|aim| aim.target == one.target);
            if !meant || one.at > now.plus(AHEAD_SECONDS_MAX) {
                continue;
            }
            let mut kept = self.observations.iter_mut();
            match kept.find(|kept| kept.target == one.target) {
                Some(kept) if weight(kept) >= weight(one) => continue,
                Some(kept) => *kept = one.clone(),
                None => self.observations.push(one.clone()),
            }
            changed = true;
        }
        changed
    }
}

async fn kept(store: &dyn Store, id: &str) -> Result<Option<Written<ObservedPaper>>, LiaisonError> {
    match newest(store, OFFICE, id).await {
        Ok(written) => Ok(Some(written)),
        Err(LiaisonError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The change of the store that keeps what is newer; none where nothing is.
pub(super) async fn keep_observed(
    store: &dyn Store,
    state: &State,
    new: &[Observation],
    (now, by): (Seconds, &str),
) -> Result<Option<Change>, LiaisonError> {
    let id = state.plan().id.to_string();
    let written = kept(store, &id).await?;
    let mut paper = written
        .as_ref()
        .map_or_else(ObservedPaper::default, |written| written.said.clone());
    if !paper.take(state, new, now) {
        return Ok(None);
    }
    let standing = Standing {
        state: "observed",
        due: None,
        at: now.0,
        by,
    };
    let change = match written {
        Some(written) => written.next(&paper, standing)?,
        None => first(OFFICE, &id, &paper, standing)?,
    };
    Ok(Some(change))
}

/// An observation that is known, is of another target than the one that was approved, and is as new as one that is brought: whoever brings those of before leaves it out.
///
/// # Errors
/// What the store says.
pub async fn dissent(
    store: &dyn Store,
    state: &State,
    brought: &[Observation],
) -> Result<Option<Observation>, LiaisonError> {
    let Some(written) = kept(store, &state.plan().id.to_string()).await? else {
        return Ok(None);
    };
    let since = state.decided_at();
    let known = written.said.observations.into_iter();
    // What was seen before the decision was part of it.
    let mut against = known.filter(|one| differs(state, one) && Some(one.at) >= since);
    Ok(against.find(|known| {
        let mut of = brought.iter().filter(|one| one.target == known.target);
        of.any(|one| one.at <= known.at && one.seen != known.seen)
    }))
}

/// What a target is now, by whoever looked last: of a dispatch, or of a renewal. None where nobody looked within the term of fresh observations.
pub(super) async fn seen_now(
    store: &dyn Store,
    (state, target): (&State, &str),
    terms: &Terms,
    now: Seconds,
) -> Result<Option<Seen>, LiaisonError> {
    let mut paper = kept(store, &state.plan().id.to_string())
        .await?
        .map_or_else(ObservedPaper::default, |written| written.said);
    let decided = state.decided_at();
    // Those of the plan were verified; behind the decision they are of its renewal.
    let renewed = state.plan().observations.iter();
    let renewed: Vec<Observation> = renewed
        .filter(|one| decided.is_some_and(|decided| one.at >= decided))
        .cloned()
        .collect();
    paper.take(state, &renewed, now);
    let mut own = paper.observations.into_iter();
    let newest = own.find(|one| one.target == target);
    let fresh = newest.filter(|one| now.0.saturating_sub(one.at.0) <= terms.fresh.seconds);
    Ok(fresh.map(|one| one.seen))
}

/// Names on a target now: as many as the brought facts say at most, or as were looked up and lead to it, whichever is more. None where neither is known.
pub(super) async fn names_now(
    store: &dyn Store,
    target: &str,
    terms: &Terms,
    now: Seconds,
) -> Result<Option<u64>, LiaisonError> {
    let hash = Sha256::digest(target);
    let id = hex(hash.get(..16).unwrap_or_default());
    let brought = match newest::<FactsPaper>(store, OFFICE, &id).await {
        Ok(written) => written.said.facts.names,
        Err(LiaisonError::Missing { .. }) => None,
        Err(error) => return Err(error),
    };
    let young = |at: Seconds| now.0.saturating_sub(at.0) <= terms.collateral.age_seconds;
    let brought = brought.filter(|fact| young(fact.at)).map(|fact| fact.high);
    let counted = match Target::parse(target) {
        Ok(net @ Target::Net(_)) => {
            let (names, _) =
                all::<NamePaper>(store, View::All, Some("answered"), NAMES_MAX).await?;
            let on_it = names.iter().filter(|one| {
                let mut addresses = one.said.addresses.iter();
                now.0.saturating_sub(one.at) <= NAME_SECONDS
                    && addresses.any(|text| Target::parse(text).is_ok_and(|one| net.meets(&one)))
            });
            match on_it.count() as u64 {
                0 => None,
                count => Some(count),
            }
        }
        _ => None,
    };
    Ok(brought.max(counted))
}
