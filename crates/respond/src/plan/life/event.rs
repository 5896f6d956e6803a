//! What happens to a measure, and what has to be done for it. In: parts. Out: values. Never: an event that carries what others have to believe unseen: what is signed was checked before it comes here.

use super::super::command::Command;
use super::super::complaint::Ruling;
use super::super::form::{self, Digest};
use super::super::observe::Observation;
use super::super::read::Problem;
use super::super::renewal::Renewal;
use super::super::route::Designation;
use super::super::{Judgement, Plan, Terms, Weighed};
use super::duty::{Duty, To};
use super::play::Play;
use super::record::Record;
use super::state::State;
use super::{Ended, Stage};
use sakimori_authority::measure::Route;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A decision of the commission, whose signatures, votes and proof were checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The statement's id.
    #[serde(with = "form::text")]
    pub authority: AuthorityId,
    /// SHA-256 of the measure's text that it names.
    pub text: Digest,
    /// Who voted for it.
    #[serde(with = "form::text_list")]
    pub votes: Vec<Name>,
    /// First second.
    #[serde(with = "form::text")]
    pub not_before: Seconds,
    /// Last second.
    #[serde(with = "form::text")]
    pub not_after: Seconds,
}

/// How far the kill switch goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kill {
    /// Nothing more is dispatched; what is in force stays until its end.
    Dispatch,
    /// All of this measure is released.
    Measure,
    /// Nothing more is dispatched at the whole office, also of what is decided later.
    All,
    /// All that rests on a statement is released.
    Authority(#[serde(with = "form::text")] AuthorityId),
    /// All that is carried out under a designation is released, by its number.
    Designation(String),
    /// All of a route is released.
    Route(#[serde(with = "form::route")] Route),
}

impl Kill {
    /// Whether it takes back what is in force; what does not leaves it until its end.
    pub const fn releases(&self) -> bool {
        !matches!(self, Self::Dispatch | Self::All)
    }
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dispatch => f.pad("dispatch stops"),
            Self::Measure => f.pad("the measure is released"),
            Self::All => f.pad("dispatch stops at the whole office"),
            Self::Authority(id) => write!(f, "all that rests on {id} is released"),
            Self::Designation(number) => {
                write!(f, "all under the designation {number} is released")
            }
            Self::Route(route) => write!(f, "all of the route {route} is released"),
        }
    }
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The officer who proposed writes it anew before it is asked for.
    Redraft {
        /// The plan.
        plan: Box<Plan>,
        /// Who.
        by: Name,
    },
    /// Another officer finds it in order.
    Review {
        /// Who.
        by: Name,
    },
    /// Another officer sends it back.
    SendBack {
        /// Who.
        by: Name,
        /// Why.
        words: String,
    },
    /// It is brought before the commission.
    Ask {
        /// Who.
        by: Name,
        /// SHA-256 of the text that both officers signed.
        text: Digest,
        /// What the text says that it comes to.
        weighed: Weighed,
    },
    /// The commission asks.
    Question {
        /// The question's id.
        id: String,
    },
    /// The office answers.
    Answer {
        /// The question's id.
        id: String,
    },
    /// The commission approves.
    Approve(Decision),
    /// The commission refuses; what was done urgently is taken back.
    Refuse {
        /// Why.
        words: String,
    },
    /// The office takes it back before it is decided.
    Withdraw {
        /// Who.
        by: Name,
    },
    /// Two officers decide before the commission can sit.
    Invoke {
        /// Who.
        officers: [Name; 2],
        /// SHA-256 of the text that was signed.
        text: Digest,
        /// The statement's id.
        authority: AuthorityId,
    },
    /// The commission ratifies what was decided urgently.
    Ratify(Decision),
    /// The executor begins; at level 2 with another. What one alone began goes on by it behind a renewal that rose to level 2.
    Dispatch {
        /// Who.
        by: Vec<Name>,
        /// What others saw of the targets just now.
        observations: Vec<Observation>,
    },
    /// An actuator has answered a command that puts something in force.
    ReadBack {
        /// The command's number.
        command: String,
        /// Whether it was read back in force.
        well: bool,
    },
    /// A look says that an effect that was read back is not in force any more.
    Lost {
        /// The number of the command that put it in force.
        command: String,
    },
    /// An actuator has answered a command that takes something back.
    Released {
        /// The command's number.
        command: String,
        /// Whether it is gone.
        well: bool,
    },
    /// Somebody sees that others are met.
    Collateral {
        /// What was seen.
        words: String,
    },
    /// The targets were looked at again.
    Observed(Vec<Observation>),
    /// What shows that it works is so.
    SuccessMet,
    /// What ends it early is so.
    StopMet,
    /// The commission revokes it.
    Revoke,
    /// The kill switch.
    Kill(Kill),
    /// Dispatch may go on.
    Free {
        /// Who.
        by: Name,
    },
    /// The stop of the whole office is let go.
    FreeAll {
        /// Who.
        by: Name,
    },
    /// The protected lists changed, and a target in force runs into them.
    ListHit {
        /// Which target.
        target: String,
        /// What it runs into.
        words: String,
    },
    /// A person lets a suspended measure go on; it has to be dispatched anew.
    Resume {
        /// Who.
        by: Name,
        /// Why.
        words: String,
    },
    /// Less is done: these aims are taken back for good. This needs no approval.
    Narrow {
        /// Who.
        by: Name,
        /// Which aims.
        aims: Vec<usize>,
    },
    /// A renewal is asked for.
    AskRenewal {
        /// Who.
        by: Name,
        /// SHA-256 of the text of the next revision, which both officers signed.
        text: Digest,
        /// What that text says that it comes to.
        weighed: Weighed,
        /// What is new, and the window that is asked for.
        renewal: Box<Renewal>,
    },
    /// The commission renews.
    Renew(Decision),
    /// A complaint came and was reviewed by rule.
    Complaint {
        /// Its reference.
        reference: String,
        /// What the rules say.
        ruling: Ruling,
    },
    /// A person decided a complaint: the block was wrong, or not.
    Complained {
        /// Its reference.
        reference: String,
        /// Whether the block was wrong.
        upheld: bool,
    },
    /// A duty was done.
    Told {
        /// Which.
        duty: Duty,
    },
    /// A notice is withheld.
    Withhold {
        /// Which.
        duty: Duty,
        /// Why.
        reason: String,
        /// When that is looked at again.
        review: Seconds,
        /// Who.
        by: Name,
    },
    /// The report behind the end.
    Report {
        /// Who.
        by: Name,
        /// SHA-256 of it.
        sha256: Digest,
    },
    /// The playbook has come to an effect.
    Come {
        /// Which aim.
        aim: usize,
    },
    /// The playbook has come to what a person does: one is called.
    Called {
        /// How many tasks were answered before.
        at: usize,
        /// The step.
        step: String,
        /// What is to be done.
        words: String,
    },
    /// A task of the playbook was answered.
    Played {
        /// How many were answered before.
        at: usize,
        /// The answer.
        play: Play,
    },
    /// The playbook is over.
    PlayedOut {
        /// Whether it came to its end.
        well: bool,
        /// How.
        words: String,
    },
    /// Time has passed.
    Tick,
}

/// What has to be done, in this order, behind the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Tell whoever a duty is owed to.
    Notice(Duty),
    /// Send a command.
    Command(Command),
    /// Let the office suspend the approval, so that actuators begin nothing new under it.
    Suspend,
    /// Let the office take its suspension back.
    Resume,
    /// Call a person at once.
    Page(String),
    /// A duty is late: tell who is next.
    Escalate(Duty, To),
}

/// Why nothing came of an event. Whoever brought it acts on it; it is on record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot happen where the measure stands.
    #[error("`{event}` cannot happen to a measure that is {}", stage.name())]
    OutOfSequence {
        /// What was said to have happened.
        event: &'static str,
        /// Where it stands.
        stage: Stage,
    },
    /// It breaks a rule.
    #[error("{0}")]
    Rule(String),
    /// The plan breaks rules.
    #[error("the plan breaks {} rules; the first: {}", .0.len(), .0.first().map_or_else(String::new, ToString::to_string))]
    Plan(Vec<Problem>),
}

/// What an event comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// To be made durable in one transaction, in this order, before the first act.
    pub keep: Vec<Record>,
    /// To be done behind it, in this order.
    pub acts: Vec<Act>,
    /// Why nothing came of it.
    pub refused: Option<Refused>,
}

/// What is around a measure when something happens.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The numbers in force.
    pub terms: &'a Terms,
    /// What the protected lists say of its targets now.
    pub judgement: &'a Judgement,
    /// What all measures do at this time.
    pub load: &'a Load,
    /// The register of designated officers as it is now.
    pub designations: &'a [Designation],
    /// Targets of urgent acts of other measures, and when those began.
    pub urgent_before: &'a [(String, Seconds)],
}

/// What all measures do at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Whether the whole office is stopped: nothing begins.
    pub halted: bool,
    /// Effects that are in force, or can be.
    pub standing: u64,
    /// Commands of the last seconds, by authority.
    pub authorities: BTreeMap<AuthorityId, u64>,
    /// The same by actuator.
    pub actuators: BTreeMap<Name, u64>,
    /// The same by party that controls what acts.
    pub parties: BTreeMap<Name, u64>,
    /// Commands a minute that actuators say they take.
    pub rates: BTreeMap<Name, u64>,
}

impl Load {
    /// What measures do now, by their own records: effects that can be in force, and their commands of the last `seconds`.
    pub fn of<'l>(states: impl IntoIterator<Item = &'l State>, seconds: u64, now: Seconds) -> Self {
        let mut load = Self::default();
        for state in states {
            for effect in state.effects() {
                load.standing += u64::from(effect.stands());
                let Some(command) = &effect.command else {
                    continue;
                };
                if now.0.saturating_sub(command.created.0) >= seconds {
                    continue;
                }
                *load.actuators.entry(command.actuator.clone()).or_default() += 1;
                if let Some(aim) = state.plan().aims.get(command.aim) {
                    *load.parties.entry(aim.controller.clone()).or_default() += 1;
                }
                if let Some(authority) = state.authority() {
                    *load.authorities.entry(authority).or_default() += 1;
                }
            }
        }
        load
    }
}

/// Targets that an urgent act met, and when: what the next one is held against.
pub fn urgent_targets<'l>(states: impl IntoIterator<Item = &'l State>) -> Vec<(String, Seconds)> {
    let urgent = |state: &'l State| Some((state, state.invoked()?));
    let mut targets = Vec::new();
    for (state, at) in states.into_iter().filter_map(urgent) {
        let aims = state.plan().aims.iter();
        targets.extend(aims.map(|aim| (aim.target.clone(), at)));
    }
    targets
}

impl Event {
    /// Its word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Redraft { .. } => "redraft",
            Self::Review { .. } => "review",
            Self::SendBack { .. } => "send-back",
            Self::Ask { .. } => "ask",
            Self::Question { .. } => "question",
            Self::Answer { .. } => "answer",
            Self::Approve(_) => "approve",
            Self::Refuse { .. } => "refuse",
            Self::Withdraw { .. } => "withdraw",
            Self::Invoke { .. } => "invoke",
            Self::Ratify(_) => "ratify",
            Self::Dispatch { .. } => "dispatch",
            Self::ReadBack { .. } => "read-back",
            Self::Lost { .. } => "lost",
            Self::Released { .. } => "released",
            Self::Collateral { .. } => "collateral",
            Self::Observed(_) => "observed",
            Self::SuccessMet => "success-met",
            Self::StopMet => "stop-met",
            Self::Revoke => "revoke",
            Self::Kill(_) => "kill",
            Self::Free { .. } => "free",
            Self::FreeAll { .. } => "free-all",
            Self::ListHit { .. } => "list-hit",
            Self::Resume { .. } => "resume",
            Self::Narrow { .. } => "narrow",
            Self::AskRenewal { .. } => "ask-renewal",
            Self::Renew(_) => "renew",
            Self::Complaint { .. } => "complaint",
            Self::Complained { .. } => "complained",
            Self::Told { .. } => "told",
            Self::Withhold { .. } => "withhold",
            Self::Report { .. } => "report",
            Self::Come { .. } => "come",
            Self::Called { .. } => "called",
            Self::Played { .. } => "played",
            Self::PlayedOut { .. } => "played-out",
            Self::Tick => "tick",
        }
    }

    /// The end that it brings, where it brings one.
    pub(super) const fn end(&self) -> Option<Ended> {
        match self {
            Self::SuccessMet => Some(Ended::Success),
            Self::StopMet => Some(Ended::Stop),
            Self::Revoke => Some(Ended::Revoked),
            Self::Kill(kill) if kill.releases() => Some(Ended::Killed),
            Self::Complained { upheld: true, .. } => Some(Ended::Complaint),
            _ => None,
        }
    }
}
