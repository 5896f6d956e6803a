//! What the names of a measure led to when it was decided and dispatched. In: what they lead to now, at each act that was judged by it. Out: what counts while it is decided; targets that lead elsewhere now, to what would have forbidden it. Never: a measure
//! in force that ends because whoever has a name lets it lead elsewhere.
//!
//! Lists change by people who answer for them, names by whoever has them. What is decided is held against the lists of now by the names of then; what a name leads to since is for a person.

use super::{Held, Measures, OFFICE};
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, first, newest};
use sakimori_respond::plan::life::{Event, State};
use sakimori_respond::plan::{Judgement, Plan};
use sakimori_respond::safety::{Class, Name, Seen, Target};
use sakimori_store::{Change, Store};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What one name led to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Led {
    /// Names that it was another name of, in their order.
    pub aliases: Vec<String>,
    /// Its addresses, sorted.
    pub addresses: Vec<IpAddr>,
}

/// What the names of a measure led to, by target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedPaper {
    /// By target. One of which nothing was known is not in it.
    pub led: BTreeMap<String, Led>,
}

impl Document for LedPaper {
    const KIND: &'static str = "measure-led";
}

/// A target of a measure in force that leads elsewhere since it was decided, to what would forbid it or asks for a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strayed {
    /// The target.
    pub target: String,
    /// Whether that would forbid it, or take more than it was approved with.
    pub forbids: bool,
    /// What a person is told. The words are the same wherever it leads: whoever has the name writes no letters by it.
    pub words: String,
    /// The version of what it led to when it was decided; 0 where nothing is known of that. Another one is a reason to tell it anew.
    pub version: u64,
}

impl From<&Seen> for Led {
    fn from(seen: &Seen) -> Self {
        let mut addresses = seen.addresses.clone();
        addresses.sort_unstable();
        Self {
            aliases: seen.aliases.iter().map(ToString::to_string).collect(),
            addresses,
        }
    }
}

impl Led {
    /// What was written is in one form already; an alias that is in none any more is passed over.
    fn seen(&self) -> Seen {
        let aliases = self.aliases.iter().map(|alias| Name::parse(alias));
        Seen {
            aliases: aliases.filter_map(Result::ok).collect(),
            addresses: self.addresses.clone(),
        }
    }
}

fn is_name(target: &str) -> bool {
    matches!(Target::parse(target), Ok(Target::Name { .. }))
}

fn has_names(plan: &Plan) -> bool {
    plan.aims.iter().any(|aim| is_name(&aim.target))
}

async fn kept(store: &dyn Store, id: &str) -> Result<Option<Written<LedPaper>>, LiaisonError> {
    match newest(store, OFFICE, id).await {
        Ok(written) => Ok(Some(written)),
        Err(LiaisonError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why a target may not be acted on with that level.
fn against(judgement: &Judgement, target: &str, level: u64) -> Option<String> {
    match judgement.of_target(target) {
        Err(words) => Some(words),
        Ok(Some(Class::Level2)) if level < 2 => Some(format!(
            "{target} takes level 2 by the lists of now, and was approved at level {level}"
        )),
        Ok(_) => None,
    }
}

impl Measures<'_> {
    /// The change of the store that keeps what names led to at an event that was judged by it; none at other events, and where nothing is new. A name that nobody answers for now keeps what it led to before.
    pub(super) async fn led(
        &self,
        state: &State,
        event: &Event,
    ) -> Result<Option<Change>, LiaisonError> {
        let judged = matches!(
            event,
            Event::Approve(_) | Event::Invoke { .. } | Event::Renew(_) | Event::Dispatch { .. }
        );
        if !judged || !has_names(state.plan()) {
            return Ok(None);
        }
        let id = state.plan().id.to_string();
        let written = kept(self.store, &id).await?;
        let before = written.as_ref().map(|written| &written.said);
        let mut paper = before.cloned().unwrap_or_default();
        let aims = state.plan().aims.iter();
        for aim in aims.filter(|aim| is_name(&aim.target)) {
            if let Some(seen) = self.seen.get(&aim.target) {
                paper.led.insert(aim.target.clone(), Led::from(seen));
            }
        }
        if before == Some(&paper) {
            return Ok(None);
        }
        let standing = Standing {
            state: "led",
            due: None,
            at: self.now.0,
            by: self.by,
        };
        let change = match written {
            Some(written) => written.next(&paper, standing)?,
            None => first(OFFICE, &id, &paper, standing)?,
        };
        Ok(Some(change))
    }

    /// What the lists of now say of a decided measure's targets, by what its names led to when it was decided or dispatched last, and the version of that.
    async fn judge_decided(&self, state: &State) -> Result<(Judgement, u64), LiaisonError> {
        let plan = state.plan();
        let written = if has_names(plan) {
            kept(self.store, &plan.id.to_string()).await?
        } else {
            None
        };
        let mut seen = BTreeMap::new();
        let mut version = 0;
        if let Some(written) = written {
            version = written.version;
            let led = written.said.led.into_iter();
            seen.extend(led.map(|(target, led)| (target, led.seen())));
        }
        Ok((self.judge_by(plan, &seen), version))
    }

    /// The first target of a decided measure that runs into the lists of now, by what it led to when it was decided; `None` also where no lists are there.
    pub(super) async fn list_hit(&self, state: &State) -> Result<Option<Event>, LiaisonError> {
        if !self.lists.are_there() {
            return Ok(None);
        }
        let (judgement, _) = self.judge_decided(state).await?;
        let hit = state.plan().aims.iter().find_map(|aim| {
            let words = against(&judgement, &aim.target, state.level())?;
            let target = aim.target.clone();
            Some(Event::ListHit { target, words })
        });
        Ok(hit)
    }

    /// Targets of a decided measure that lead elsewhere since it was decided, where that would forbid it or asks for a look. Nothing is taken back for it: whoever has a name says where it leads.
    ///
    /// # Errors
    /// [`LiaisonError::Unreadable`], what the store says.
    pub async fn strayed(&self, one: &Held) -> Result<Vec<Strayed>, LiaisonError> {
        let state = one.state();
        let plan = state.plan();
        if !state.stage().is_decided() || !self.lists.are_there() || !has_names(plan) {
            return Ok(Vec::new());
        }
        let (then, version) = self.judge_decided(state).await?;
        let now = self.judge(plan);
        let level = state.level();
        let mut all: Vec<Strayed> = Vec::new();
        for aim in &plan.aims {
            let target = &aim.target;
            if !is_name(target) || all.iter().any(|one| one.target == *target) {
                continue;
            }
            let forbids = against(&now, target, level).is_some();
            let looks = now.cautions.get(target) != then.cautions.get(target)
                && now.cautions.contains_key(target);
            // What the lists say by the names of then suspends it; that is told there.
            if against(&then, target, level).is_some() || !(forbids || looks) {
                continue;
            }
            let what = if forbids {
                "to what it could not have been approved with"
            } else {
                "to entries that a person looks at"
            };
            all.push(Strayed {
                target: target.clone(),
                forbids,
                words: format!(
                    "{target} leads elsewhere since it was decided, {what}; nothing is taken back for that: look where it leads, and whether it is to go on"
                ),
                version,
            });
        }
        Ok(all)
    }

    /// What a decided measure's targets ran into when it was decided, by the lists of now, and that does not forbid it, by target.
    ///
    /// # Errors
    /// As [`Measures::strayed`].
    pub async fn cautions_decided(
        &self,
        one: &Held,
    ) -> Result<BTreeMap<String, Vec<String>>, LiaisonError> {
        Ok(self.judge_decided(one.state()).await?.0.cautions)
    }
}
