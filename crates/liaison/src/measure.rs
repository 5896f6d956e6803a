//! Measures over the store: lives, registers, complaints, notices. In: what officers, the commission, actuators and the clock bring. Out: records in one transaction, then acts that the caller does behind them. Never: a record that is
//! changed; an act of records that were not kept; two turns of one measure at a time.
//!
//! 1. [`Measures::draft`] begins a life, [`Measures::take`] takes an event; both keep the records before they give acts.
//! 2. The caller does the acts in their order, each behind its entry in the log, and brings what came of them as the next event.
//! 3. After a fall [`Measures::pending`] gives the acts that may not have been done; each is the same act.
//!
//! | paper | its versions |
//! |---|---|
//! | [`LifePaper`] | the records of one event each |
//! | [`Register`] | officers with a designation, actuators with their keys |
//! | [`ComplaintPaper`] | a complaint, then its decision |
//! | [`NoticePaper`] | a notice, step by step |
//! | [`SeenPaper`] | what actuators said, one look each |

mod complaint;
mod custody;
mod notice;
mod post;
mod register;
mod seen;

pub use complaint::{ComplaintPaper, Looked, complaint, complaints, public_register};
pub use custody::{Custody, custody};
pub use notice::{NoticePaper, NoticeStep, keep_notice, notice, notices};
pub use post::post;
pub use register::{ActuatorEntry, Register, register, set_register};
pub use seen::{SeenEffect, SeenPaper, keep_seen, seen};

use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, all, first, history, newest};
use crate::report::refused;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::life::{
    Act, Around, Event, Life, Load, Record, Refused, State, urgent_targets,
};
use sakimori_respond::plan::{Judgement, Plan, Terms};
use sakimori_respond::safety::{Class, Protected, Seen};
use sakimori_store::{Change, Store, StoreError, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whose the papers are.
pub(crate) const OFFICE: &str = "office";
/// Most measures of a node that are read at once.
pub const MEASURES_MAX: usize = 10_000;
/// How often a turn is tried again that another came before.
const TRIES_MAX: u32 = 8;

/// The records of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifePaper {
    /// Of which event.
    pub event: String,
    /// In their order.
    pub records: Vec<Record>,
}

impl Document for LifePaper {
    const KIND: &'static str = "measure";
}

/// A measure as the store has it.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its life.
    pub life: Life,
    /// The newest version of its paper.
    newest: Written<LifePaper>,
}

impl Held {
    /// What it came to.
    pub const fn state(&self) -> &State {
        self.life.state()
    }
}

/// The lists that targets are held against.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    /// What is protected.
    pub protected: &'a Protected,
    /// Version of the bundle.
    pub version: u64,
    /// SHA-256 of the bundle.
    pub sha256: [u8; 32],
}

/// What came of an event.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The measure behind it.
    pub held: Held,
    /// What is on record of it.
    pub records: Vec<Record>,
    /// What has to be done now.
    pub acts: Vec<Act>,
    /// Why nothing came of it.
    pub refused: Option<Refused>,
}

/// The measures of an office at a moment.
#[derive(Clone, Copy)]
pub struct Measures<'a> {
    /// The office's store.
    pub store: &'a dyn Store,
    /// The numbers in force.
    pub terms: &'a Terms,
    /// The protected lists in force.
    pub lists: Lists<'a>,
    /// What names of targets lead to now, by target.
    pub seen: &'a BTreeMap<String, Seen>,
    /// Now.
    pub now: Seconds,
    /// Who acts, for the record.
    pub by: &'a str,
}

/// A measure by its id.
///
/// # Errors
/// [`LiaisonError::Missing`], [`LiaisonError::Unreadable`], what the store says.
pub async fn measure(store: &dyn Store, id: AuthorityId) -> Result<Held, LiaisonError> {
    let papers = history::<LifePaper>(store, OFFICE, &id.to_string()).await?;
    let missing = || LiaisonError::Missing {
        what: format!("measure `{id}`"),
    };
    let newest = papers.last().cloned().ok_or_else(missing)?;
    let records = papers.iter().flat_map(|paper| &paper.said.records);
    let life = Life::restore(records).map_err(|error| refused("measure", error.to_string()))?;
    Ok(Held { life, newest })
}

/// All measures, the newest last; `true` beside them where there are more than [`MEASURES_MAX`].
///
/// # Errors
/// As [`measure`].
pub async fn measures(store: &dyn Store) -> Result<(Vec<Held>, bool), LiaisonError> {
    let (papers, more) = all::<LifePaper>(store, View::All, None, MEASURES_MAX).await?;
    let mut held = Vec::with_capacity(papers.len());
    for paper in papers {
        let id = paper
            .id
            .parse()
            .map_err(|_| refused("measure", "its id is none"))?;
        held.push(measure(store, id).await?);
    }
    held.sort_by_key(|one| one.state().drafted());
    Ok((held, more))
}

impl Measures<'_> {
    /// Begins a measure.
    ///
    /// # Errors
    /// [`LiaisonError::Conflict`] where one with its id is there, what the store says.
    pub async fn draft(&self, plan: Plan, by: &Name) -> Result<Turn, LiaisonError> {
        let id = plan.id.to_string();
        let (life, step) = Life::draft(plan, by.clone(), self.now);
        let paper = LifePaper {
            event: "draft".to_owned(),
            records: step.keep.clone(),
        };
        let change = first(OFFICE, &id, &paper, self.standing(life.state()))?;
        match self.store.apply(&[change]).await {
            Ok(()) => {}
            Err(StoreError::Exists { .. } | StoreError::Stale { .. }) => {
                return Err(LiaisonError::Conflict {
                    what: format!("measure `{id}`"),
                });
            }
            Err(error) => return Err(error.into()),
        }
        let newest = newest::<LifePaper>(self.store, OFFICE, &id).await?;
        Ok(Turn {
            held: Held { life, newest },
            records: step.keep,
            acts: step.acts,
            refused: None,
        })
    }

    /// Takes an event: its records are durable when this returns. Where another turn of the measure came between, the event is judged anew on what that left.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says. A refused event is none: it is in the turn, and on record.
    pub async fn take(&self, id: AuthorityId, event: &Event) -> Result<Turn, LiaisonError> {
        self.take_with(id, event, Vec::new()).await
    }

    /// The same with further changes of the store in the same transaction. They are made only where the event is not refused.
    ///
    /// # Errors
    /// As [`Measures::take`].
    pub async fn take_with(
        &self,
        id: AuthorityId,
        event: &Event,
        with: Vec<Change>,
    ) -> Result<Turn, LiaisonError> {
        let mut tries = 0;
        loop {
            let mut held = measure(self.store, id).await?;
            let (others, _) = measures(self.store).await?;
            let judgement = self.judge(held.state().plan());
            let states = || others.iter().map(Held::state);
            let load = Load::of(states(), self.terms.ceilings.seconds, self.now);
            let apart = states().filter(|state| state.plan().id != id);
            let urgent_before = urgent_targets(apart);
            let register = register(self.store).await?;
            let around = Around {
                terms: self.terms,
                judgement: &judgement,
                load: &load,
                designations: &register.designations,
                urgent_before: &urgent_before,
            };
            let step = held.life.take(event, &around, self.now);
            if step.keep.is_empty() {
                return Ok(Turn {
                    held,
                    records: step.keep,
                    acts: step.acts,
                    refused: step.refused,
                });
            }
            let paper = LifePaper {
                event: event.name().to_owned(),
                records: step.keep.clone(),
            };
            let mut changes = vec![held.newest.next(&paper, self.standing(held.state()))?];
            if step.refused.is_none() {
                changes.extend(with.iter().cloned());
            }
            match self.store.apply(&changes).await {
                Ok(()) => {
                    held.newest = newest(self.store, OFFICE, &id.to_string()).await?;
                    return Ok(Turn {
                        held,
                        records: step.keep,
                        acts: step.acts,
                        refused: step.refused,
                    });
                }
                Err(StoreError::Stale { .. } | StoreError::Exists { .. }) if tries < TRIES_MAX => {
                    tries += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Time passes for every measure that has not come to its end. Gives the turns of which something came.
    ///
    /// # Errors
    /// What the store says; turns before it are kept.
    pub async fn tick(&self) -> Result<Vec<Turn>, LiaisonError> {
        let (held, _) = measures(self.store).await?;
        let mut turns = Vec::new();
        for one in held {
            let turn = self.take(one.state().plan().id, &Event::Tick).await?;
            if !turn.acts.is_empty() || !turn.records.is_empty() {
                turns.push(turn);
            }
        }
        Ok(turns)
    }

    /// Holds every measure in force against the lists of now, and suspends those that run into them.
    ///
    /// # Errors
    /// As [`Measures::tick`].
    pub async fn relist(&self) -> Result<Vec<Turn>, LiaisonError> {
        let (held, _) = measures(self.store).await?;
        let mut turns = Vec::new();
        for one in held.iter().filter(|one| one.state().stage().is_decided()) {
            let plan = one.state().plan();
            let judgement = self.judge(plan);
            let level = one.state().level();
            let hit = plan.aims.iter().find_map(|aim| {
                let words = match judgement.of_target(&aim.target) {
                    Err(words) => words,
                    Ok(Some(Class::Level2)) if level < 2 => format!(
                        "{} takes level 2 by the lists of now, and was approved at level {level}",
                        aim.target
                    ),
                    Ok(_) => return None,
                };
                Some((aim.target.clone(), words))
            });
            if let Some((target, words)) = hit {
                let event = Event::ListHit { target, words };
                turns.push(self.take(plan.id, &event).await?);
            }
        }
        Ok(turns)
    }

    /// Acts that were recorded and perhaps not done, by measure: to be done after a start.
    ///
    /// # Errors
    /// As [`measures`].
    pub async fn pending(&self) -> Result<Vec<(AuthorityId, Vec<Act>)>, LiaisonError> {
        let (held, _) = measures(self.store).await?;
        let pending = held.iter().map(|one| {
            let acts = one.life.pending(self.now);
            (one.state().plan().id, acts)
        });
        Ok(pending.filter(|(_, acts)| !acts.is_empty()).collect())
    }

    /// What the lists say of a plan's targets.
    pub fn judge(&self, plan: &Plan) -> Judgement {
        let Lists {
            protected,
            version,
            sha256,
        } = self.lists;
        Judgement::of(plan, protected, self.seen, version, sha256)
    }

    fn standing<'s>(&'s self, state: &State) -> Standing<'s> {
        let clocks = state.clocks().values();
        let open = clocks.filter(|clock| clock.done.is_none());
        Standing {
            state: state.stage().name(),
            due: open.map(|clock| clock.due.0).min(),
            at: self.now.0,
            by: self.by,
        }
    }
}
