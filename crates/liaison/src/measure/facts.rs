//! Facts on who else is met, brought by people and programs that count. In: facts about targets, each number with its source and time. Out: the newest of a target; what a plan does not know of them. Never: a fact of the future; an older fact
//! in the place of a newer one.

use super::OFFICE;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, all, first, newest};
use crate::report::refused;
use sakimori_custody::ids::hex;
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::collateral::{COUNTRIES_MAX, Facts, Level, estimate};
use sakimori_respond::plan::life::State;
use sakimori_respond::plan::{Plan, Problem, Terms};
use sakimori_respond::safety::Target;
use sakimori_store::{Store, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Most targets that are brought at once, and most that are listed.
pub const FACTS_MAX: usize = 10_000;

/// What is known of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsPaper {
    /// The facts.
    pub facts: Facts,
}

impl Document for FactsPaper {
    const KIND: &'static str = "measure-facts";
}

fn id_of(target: &str) -> String {
    let hash = Sha256::digest(target);
    hex(hash.get(..16).unwrap_or_default())
}

/// Whether facts can be brought.
fn check(facts: &Facts, now: Seconds) -> Result<(), LiaisonError> {
    let no = |rule: String| Err(refused("facts", rule));
    let target = &facts.target;
    match Target::parse(target) {
        Ok(read) if read.to_string() == *target => {}
        Ok(read) => return no(format!("`{target}` is written `{read}`")),
        Err(error) => return no(format!("`{target}`: {error}")),
    }
    if facts.countries.len() > COUNTRIES_MAX {
        return no(format!("{target}: more than {COUNTRIES_MAX} countries"));
    }
    let numbers = [&facts.names, &facts.clients, &facts.other_ppm];
    for fact in numbers.into_iter().flatten() {
        if fact.low > fact.high {
            return no(format!("{target}: {} is more than {}", fact.low, fact.high));
        }
        if fact.at > now {
            return no(format!("{target}: {} is not yet", fact.at));
        }
    }
    match facts.looked {
        Some(at) if at > now => no(format!("{target}: {at} is not yet")),
        _ => Ok(()),
    }
}

/// Brings facts; of each target the newer number counts, whoever brought it first. All of them, or none.
///
/// # Errors
/// [`LiaisonError::Refused`] names the target; what the store says.
pub async fn bring_facts(
    store: &dyn Store,
    brought: &[Facts],
    now: Seconds,
    by: &str,
) -> Result<(), LiaisonError> {
    if brought.len() > FACTS_MAX {
        return Err(refused("facts", format!("at most {FACTS_MAX} targets")));
    }
    let mut by_target: BTreeMap<&str, Facts> = BTreeMap::new();
    for facts in brought {
        check(facts, now)?;
        let known = by_target.remove(facts.target.as_str());
        let newer = known.map_or_else(|| facts.clone(), |known| known.newer(facts));
        by_target.insert(&facts.target, newer);
    }
    let standing = Standing {
        state: "known",
        due: None,
        at: now.0,
        by,
    };
    let mut changes = Vec::new();
    for (target, facts) in by_target {
        let id = id_of(target);
        changes.push(match newest::<FactsPaper>(store, OFFICE, &id).await {
            Ok(known) => {
                let facts = known.said.facts.newer(&facts);
                known.next(&FactsPaper { facts }, standing)?
            }
            Err(LiaisonError::Missing { .. }) => {
                first(OFFICE, &id, &FactsPaper { facts }, standing)?
            }
            Err(error) => return Err(error),
        });
    }
    Ok(store.apply(&changes).await?)
}

/// What was brought of all targets; `true` beside it where there is more.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn facts(store: &dyn Store) -> Result<(Vec<Written<FactsPaper>>, bool), LiaisonError> {
    all(store, View::All, None, FACTS_MAX).await
}

/// What was brought, by target.
pub type BroughtFacts = BTreeMap<String, Written<FactsPaper>>;

/// The same by target.
///
/// # Errors
/// As [`facts`].
pub async fn brought(store: &dyn Store) -> Result<BroughtFacts, LiaisonError> {
    let (all, _) = facts(store).await?;
    let by_target = all
        .into_iter()
        .map(|one| (one.said.facts.target.clone(), one));
    Ok(by_target.collect())
}

/// A plan with what was brought of targets of which it says nothing itself. What it says stays: who proposes stands for it.
///
/// # Errors
/// As [`facts`].
pub async fn with_facts(store: &dyn Store, mut plan: Plan) -> Result<Plan, LiaisonError> {
    let mut targets: Vec<String> = plan.aims.iter().map(|aim| aim.target.clone()).collect();
    targets.sort_unstable();
    targets.dedup();
    let mut all = brought(store).await?;
    for target in targets {
        let at = plan.facts.iter().position(|one| one.target == target);
        let said = at.and_then(|at| plan.facts.get(at));
        if said.is_some_and(|said| !said.is_empty()) {
            continue;
        }
        let Some(written) = all.remove(&target) else {
            continue;
        };
        if let Some(at) = at {
            plan.facts.remove(at);
        }
        plan.facts.push(written.said.facts);
    }
    Ok(plan)
}

/// What the facts of now say of a measure's targets that is more than it was found to take: by a target, that it is not done at all, or takes another level.
///
/// # Errors
/// As [`facts`].
pub async fn facts_problems(
    store: &dyn Store,
    state: &State,
    terms: &Terms,
    now: Seconds,
) -> Result<Vec<Problem>, LiaisonError> {
    let all = brought(store).await?;
    Ok(problems(&all, state, terms, Some(now)))
}

/// The same by facts that were read once, for measures that are in force: what was brought is judged as it was when it was brought. That a number grows old ends nothing; a number that says more does.
pub fn facts_hits(all: &BroughtFacts, state: &State, terms: &Terms) -> Vec<Problem> {
    problems(all, state, terms, None)
}

/// The newest second of which facts tell.
fn newest_of(facts: &Facts) -> Seconds {
    let numbers = [&facts.names, &facts.clients, &facts.other_ppm];
    let times = numbers.into_iter().flatten().map(|fact| fact.at);
    times.chain(facts.looked).fold(Seconds(0), Seconds::max)
}

fn problems(
    all: &BroughtFacts,
    state: &State,
    terms: &Terms,
    now: Option<Seconds>,
) -> Vec<Problem> {
    let plan = state.plan();
    let mut found = Vec::new();
    let reviewed = state.found().is_some();
    for (number, aim) in plan.aims.iter().enumerate() {
        let Some(brought) = all.get(&aim.target) else {
            continue;
        };
        let said = plan.facts.iter().find(|one| one.target == aim.target);
        let newer = said.map_or_else(
            || brought.said.facts.clone(),
            |said| said.newer(&brought.said.facts),
        );
        if Some(&newer) == said {
            continue;
        }
        let now = now.unwrap_or_else(|| newest_of(&newer).max(Seconds(brought.at)));
        let bounds = &terms.collateral;
        let estimated = estimate(&aim.target, Some(&newer), bounds, now);
        let taken = if reviewed && state.level() < 2 {
            Level::One
        } else if reviewed {
            Level::Two
        } else {
            estimate(&aim.target, said, bounds, now).level
        };
        if estimated.level > taken {
            let worst = estimated.reasons.iter();
            let worst = worst.filter(|reason| reason.level == estimated.level);
            let worst: Vec<&str> = worst.map(|reason| reason.words.as_str()).collect();
            let what = match estimated.level {
                Level::Refused => "too many others are met",
                _ => "it takes level 2",
            };
            let words = format!(
                "by facts that were brought at {}, {what}: {}",
                Seconds(brought.at),
                worst.join("; ")
            );
            let place = format!("/aims/{number}/target");
            found.push(Problem { place, words });
        }
    }
    found
}
