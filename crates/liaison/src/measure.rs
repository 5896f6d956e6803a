//! Measures over the store: lives, registers, complaints, notices. In: what officers, the commission, actuators and the clock bring. Out: records in one transaction, then acts that the caller does behind them. Never: a record that is
//! changed; an act of records that were not kept; two turns of one measure at a time.
//!
//! 1. [`Measures::draft`] begins a life, [`Measures::take`] takes an event; both keep the records before they give acts.
//! 2. The caller does the acts in their order, each behind its entry in the log, and brings what came of them as the next event.
//! 3. After a fall [`Measures::pending_of`] gives the acts that may not have been done; each is the same act.
//!
//! | paper | its versions |
//! |---|---|
//! | [`LifePaper`] | the records of one event each |
//! | [`Register`] | officers with a designation, actuators with their keys |
//! | [`ComplaintPaper`] | a complaint, then its decision |
//! | [`FactsPaper`] | facts on who else is met, by target |
//! | [`NamePaper`] | what a name led to, by target |
//! | [`LedPaper`] | what the names of a measure led to when it was decided and dispatched |
//! | [`NoticePaper`] | a notice, step by step |
//! | [`ObservedPaper`] | the newest signed observation of each target |
//! | [`PlaybookPaper`] | a playbook, once |
//! | [`EvidencePaper`] | a piece of evidence, until when it is kept, that it was erased |
//! | [`FeaturesPaper`] | what an actuator says that it can do |
//! | [`ReportPaper`] | the report behind the end, once |
//! | [`SeenPaper`] | what actuators said and what the office read, one look each |
//! | [`VerdictPaper`] | verdicts of one moment, where they are others than before |
//! | [`BeforePaper`] | what there was before a dispatch |
//! | [`OwedPaper`] | what is owed to the log or to a person, then that it is done |
//! | [`Stop`] | a stop of the whole office, or its end |

mod complaint;
mod custody;
mod evidence;
mod facts;
mod features;
mod led;
mod names;
mod near;
mod notice;
mod observed;
mod owed;
mod playbook;
mod post;
mod register;
mod report;
mod seen;
mod stop;
mod verdict;

pub use complaint::{
    ComplaintPaper, From as ComplaintsFrom, Looked, complaint, complaints, complaints_page,
    public_register,
};
pub use custody::{Custody, Item, custody};
pub use evidence::{
    EvidencePaper, PIECE_BYTES_MAX, PIECES_BYTES_MAX, erase_evidence, evidence, keep_evidence,
    kept_evidence, limit_evidence, named_evidence,
};
pub use facts::{
    BroughtFacts, FACTS_MAX, FactsPaper, bring_facts, brought as brought_facts, facts, facts_hits,
    facts_problems, with_facts,
};
pub use features::{FeaturesPaper, features, keep_features};
pub use led::{Led, LedPaper, Strayed};
pub use names::{NamePaper, keep_name, name_history};
pub use near::plan_of;
pub use notice::{NoticePaper, NoticeStep, keep_notice, notice, notices};
pub use observed::{ObservedPaper, dissent};
pub use owed::{OWED_MAX, Owed, OwedPaper, owe, owed, settle, settled_since};
pub use playbook::{PlaybookPaper, keep_playbook, playbook, playbook_problems, playbooks};
pub use post::post;
pub use register::{
    ActuatorEntry, PersonEntry, Register, ResolverEntry, RouterEntry, register, set_register,
};
pub use report::{ReportPaper, compose_report, report};
pub use seen::{LOOKS_MAX, SeenEffect, SeenPaper, keep_seen, last_seen, newest_seen, seen};
pub use stop::{Stop, set_stop, stop, stops};
pub use verdict::{
    BeforePaper, TargetVerdict, VerdictPaper, before, keep_before, keep_verdict, keep_verdict_with,
    verdict, verdicts, verdicts_between,
};

use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, first, history, newest};
use crate::report::refused;
use observed::keep_observed;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::life::{Act, Event, Fact, Life, Record, Refused, State};
use sakimori_respond::plan::{Judgement, Plan, Terms};
use sakimori_respond::safety::{Protected, Seen};
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
    /// Every approval that it ever had, the oldest first.
    approvals: Vec<AuthorityId>,
}

/// Approvals of records, each once, in their order.
fn approvals_of<'r>(records: impl IntoIterator<Item = &'r Record>) -> Vec<AuthorityId> {
    let mut all = Vec::new();
    for record in records {
        let id = match &record.fact {
            Fact::Invoked { authority, .. } => *authority,
            Fact::Approved(decision) | Fact::Ratified(decision) | Fact::Renewed(decision) => {
                decision.authority
            }
            _ => continue,
        };
        if !all.contains(&id) {
            all.push(id);
        }
    }
    all
}

impl Held {
    /// What it came to.
    pub const fn state(&self) -> &State {
        self.life.state()
    }

    /// Every approval that it ever had, the oldest first: each of them can be revoked.
    pub fn approvals(&self) -> &[AuthorityId] {
        &self.approvals
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

impl<'a> Lists<'a> {
    /// No lists are there: no target is judged by them, and nothing begins. Version 0, which no bundle has.
    pub const fn none(nothing: &'a Protected) -> Self {
        Self {
            protected: nothing,
            version: 0,
            sha256: [0; 32],
        }
    }

    /// Whether lists are there.
    pub const fn are_there(&self) -> bool {
        self.version != 0
    }
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
    let approvals = approvals_of(records.clone());
    let life = Life::restore(records).map_err(|error| refused("measure", error.to_string()))?;
    Ok(Held {
        life,
        newest,
        approvals,
    })
}

/// Whether there is any measure.
///
/// # Errors
/// What the store says.
pub async fn any(store: &dyn Store) -> Result<bool, LiaisonError> {
    let some = store.papers(View::All, LifePaper::KIND, None, 0).await?;
    Ok(!some.is_empty())
}

/// All measures that can be read, the newest last, and words on those that cannot: one that is damaged keeps no other from its end.
///
/// # Errors
/// What the store says.
pub async fn lives(store: &dyn Store) -> Result<(Vec<Held>, Vec<String>), LiaisonError> {
    let (held, broken, _) = some(store, usize::MAX).await?;
    Ok((held, broken))
}

/// At most so many measures, words on those that cannot be read, and whether there are more.
async fn some(
    store: &dyn Store,
    most: usize,
) -> Result<(Vec<Held>, Vec<String>, bool), LiaisonError> {
    let (mut held, mut broken) = (Vec::new(), Vec::new());
    let (mut after, mut more) = (0, false);
    while !more {
        let papers = store
            .papers(View::All, LifePaper::KIND, None, after)
            .await?;
        let Some(last) = papers.last() else {
            break;
        };
        after = last.sequence;
        for kept in papers {
            if held.len() + broken.len() == most {
                more = true;
                break;
            }
            let id = &kept.paper.id;
            let read = match id.parse() {
                Ok(id) => measure(store, id).await,
                Err(_) => Err(refused("measure", "its id is none")),
            };
            match read {
                Ok(one) => held.push(one),
                Err(error @ LiaisonError::Store(_)) => return Err(error),
                Err(error) => broken.push(format!("measure {id} cannot be read: {error}")),
            }
        }
    }
    held.sort_by_key(|one| one.state().drafted());
    Ok((held, broken, more))
}

/// Measures for a list, the newest last; `true` beside them where there are more than [`MEASURES_MAX`]. One that cannot be read is left out, and told where [`lives`] is asked.
///
/// # Errors
/// What the store says.
pub async fn measures(store: &dyn Store) -> Result<(Vec<Held>, bool), LiaisonError> {
    let (held, _, more) = some(store, MEASURES_MAX).await?;
    Ok((held, more))
}

impl Measures<'_> {
    /// Begins a measure.
    ///
    /// # Errors
    /// [`LiaisonError::Conflict`] where one with its id is there, what the store says.
    pub async fn draft(&self, plan: Plan, by: &Name) -> Result<Turn, LiaisonError> {
        let plan = with_facts(self.store, plan).await?;
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
            held: Held {
                life,
                newest,
                approvals: Vec::new(),
            },
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
            let near = self.near(held.state()).await?;
            let around = near.around(self.terms);
            // The rules of the life know no playbook: what the plan breaks by it is refused here, and on record as all that is refused.
            let broken = match event {
                Event::Review { .. }
                | Event::Ask { .. }
                | Event::Invoke { .. }
                | Event::Dispatch { .. } => {
                    let state = held.state();
                    let mut broken = playbook_problems(self.store, state.plan(), self.now).await?;
                    broken.extend(facts_problems(self.store, state, self.terms, self.now).await?);
                    broken
                }
                _ => Vec::new(),
            };
            let step = if broken.is_empty() {
                held.life.take(event, &around, self.now)
            } else {
                held.life
                    .refuse(event, Refused::Plan(broken), &around, self.now)
            };
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
                changes.extend(self.led(held.state(), event).await?);
            }
            // What was signed is known also where the dispatch is refused: a complaint is held against it.
            if let Event::Dispatch { observations, .. } = event {
                let at = (self.now, self.by);
                let seen = keep_observed(self.store, held.state(), observations, at).await?;
                changes.extend(seen);
            }
            match self.store.apply(&changes).await {
                Ok(()) => {
                    held.newest = newest(self.store, OFFICE, &id.to_string()).await?;
                    for id in approvals_of(&step.keep) {
                        if !held.approvals.contains(&id) {
                            held.approvals.push(id);
                        }
                    }
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

    /// Holds one measure against the lists of now, where it is decided, by what its names led to when that was so: whoever has a name takes nothing back by letting it lead elsewhere. Without lists nothing is held against anything.
    ///
    /// # Errors
    /// As [`Measures::take`].
    pub async fn relist_of(&self, id: AuthorityId) -> Result<Option<Turn>, LiaisonError> {
        let held = measure(self.store, id).await?;
        if held.state().stage().is_decided() {
            self.relisted(&held).await
        } else {
            Ok(None)
        }
    }

    async fn relisted(&self, one: &Held) -> Result<Option<Turn>, LiaisonError> {
        let Some(event) = self.list_hit(one.state()).await? else {
            return Ok(None);
        };
        self.take(one.state().plan().id, &event).await.map(Some)
    }

    /// Acts of a measure that were recorded and perhaps not done, to be done after a start: a turn of which nothing is on record.
    ///
    /// # Errors
    /// As [`measure`].
    pub async fn pending_of(&self, id: AuthorityId) -> Result<Turn, LiaisonError> {
        let held = measure(self.store, id).await?;
        Ok(Turn {
            acts: held.life.pending(self.now),
            held,
            records: Vec::new(),
            refused: None,
        })
    }

    /// What the lists say of a plan's targets, by what names lead to now.
    pub fn judge(&self, plan: &Plan) -> Judgement {
        self.judge_by(plan, self.seen)
    }

    fn judge_by(&self, plan: &Plan, seen: &BTreeMap<String, Seen>) -> Judgement {
        let Lists {
            protected,
            version,
            sha256,
        } = self.lists;
        if !self.lists.are_there() {
            return Judgement::default();
        }
        Judgement::of(plan, protected, seen, version, sha256)
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
