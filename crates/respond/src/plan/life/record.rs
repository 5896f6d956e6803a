//! What a measure is known by: its records. In: facts with their times. Out: values that are kept. Never: a fact that has to be judged anew when it is read back.

use super::super::command::Command;
use super::super::form::{self, Digest};
use super::super::observe::Seen;
use super::super::terms::Term;
use super::super::{Assessment, Plan};
use super::duty::Duty;
use super::event::Decision;
use super::play::Play;
use super::{Ended, Why};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most refused events that are on record one by one; further ones are counted.
pub const FLAGS_MAX: usize = 1_000;

/// A durable fact, with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When.
    #[serde(with = "form::text")]
    pub at: Seconds,
    /// What.
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fact {
    /// It was drafted, or drafted anew.
    Drafted {
        /// The plan.
        plan: Box<Plan>,
        /// Who.
        #[serde(with = "form::text")]
        by: Name,
    },
    /// Another found it in order.
    Reviewed {
        /// Who.
        #[serde(with = "form::text")]
        by: Name,
        /// What it came to.
        found: Found,
    },
    /// Another sent it back.
    SentBack {
        /// Who.
        #[serde(with = "form::text")]
        by: Name,
        /// Why.
        words: String,
    },
    /// It is before the commission.
    Asked {
        /// Who brought it.
        #[serde(with = "form::text")]
        by: Name,
        /// SHA-256 of the text.
        text: Digest,
        /// What it came to then.
        found: Found,
    },
    /// The commission asked.
    Questioned {
        /// The question's id.
        id: String,
    },
    /// The office answered.
    Answered {
        /// The question's id.
        id: String,
    },
    /// The commission approved.
    Approved(Decision),
    /// The commission refused.
    Refused {
        /// Why.
        words: String,
    },
    /// Two officers decided.
    Invoked {
        /// Who.
        #[serde(with = "form::text_list")]
        officers: Vec<Name>,
        /// SHA-256 of the text.
        text: Digest,
        /// The statement's id.
        #[serde(with = "form::text")]
        authority: AuthorityId,
        /// The first second in which it is not in force any more.
        #[serde(with = "form::text")]
        until: Seconds,
        /// What it came to.
        found: Found,
    },
    /// The commission ratified.
    Ratified(Decision),
    /// A duty began.
    Owed {
        /// Which.
        duty: Duty,
        /// Its term then.
        term: Term,
    },
    /// A duty was done.
    Told {
        /// Which.
        duty: Duty,
    },
    /// A notice is withheld.
    Withheld {
        /// Which.
        duty: Duty,
        /// Why.
        reason: String,
        /// When that is looked at again.
        #[serde(with = "form::text")]
        review: Seconds,
        /// Who.
        #[serde(with = "form::text")]
        by: Name,
    },
    /// A late duty went up.
    Escalated {
        /// Which.
        duty: Duty,
        /// How many steps now.
        steps: u8,
    },
    /// It was dispatched; what ran already goes on where it stands.
    Dispatched {
        /// Who.
        #[serde(with = "form::text_list")]
        by: Vec<Name>,
        /// Version of the protected lists.
        lists_version: u64,
        /// SHA-256 of the protected lists.
        lists: Digest,
    },
    /// A command was made.
    Commanded(Command),
    /// A command that nobody answered was sent again.
    Sent {
        /// The command's number.
        command: String,
    },
    /// An actuator answered a command.
    ReadBack {
        /// The command's number.
        command: String,
        /// Whether it went well.
        well: bool,
    },
    /// A wave is in force and soaks until then.
    Soaking {
        /// The wave, counted from 0.
        wave: u8,
        /// The first second of the next.
        #[serde(with = "form::text")]
        until: Seconds,
    },
    /// The next wave began.
    Wave {
        /// Counted from 0.
        wave: u8,
    },
    /// All is in force.
    InForce,
    /// The end of an effect has passed.
    Over {
        /// Which aim.
        aim: usize,
    },
    /// It is suspended.
    Suspended {
        /// Why.
        why: Why,
        /// In words.
        words: String,
    },
    /// A person let it go on.
    Resumed {
        /// Who.
        #[serde(with = "form::text")]
        by: Name,
        /// Why.
        words: String,
    },
    /// Nothing more is dispatched, or it may go on.
    Held {
        /// Whether it is held.
        held: bool,
    },
    /// The whole office is stopped, or goes on.
    Stopped {
        /// Whether it is stopped.
        stopped: bool,
    },
    /// Aims are taken back for good.
    Narrowed {
        /// Who.
        #[serde(with = "form::text")]
        by: Name,
        /// Which.
        aims: Vec<usize>,
    },
    /// A renewal is asked for.
    RenewalAsked {
        /// Who.
        #[serde(with = "form::text")]
        by: Name,
        /// SHA-256 of the text.
        text: Digest,
        /// The plan with what is new.
        plan: Box<Plan>,
        /// What it came to then.
        found: Found,
    },
    /// It is renewed.
    Renewed(Decision),
    /// The commission refused to renew it; it goes on to its end.
    RenewalRefused {
        /// Why.
        words: String,
    },
    /// A complaint came.
    Complaint {
        /// Its reference.
        reference: String,
        /// Whether the rules suspend.
        suspend: bool,
        /// Why, or why not.
        words: String,
    },
    /// A complaint is decided.
    Complained {
        /// Its reference.
        reference: String,
        /// Whether the block was wrong.
        upheld: bool,
    },
    /// The end began.
    Ending {
        /// Which.
        end: Ended,
    },
    /// All is taken back.
    Ended,
    /// The report is there.
    Reported {
        /// Who.
        #[serde(with = "form::text")]
        by: Name,
        /// SHA-256 of it.
        sha256: Digest,
    },
    /// The playbook has come to an effect.
    Come {
        /// Which aim.
        aim: usize,
    },
    /// A person was called for a task of the playbook.
    Called {
        /// How many were answered before.
        at: usize,
        /// The step.
        step: String,
    },
    /// A task of the playbook was answered.
    Played(Play),
    /// The playbook is over.
    PlayedOut {
        /// Whether it came to its end.
        well: bool,
        /// How.
        words: String,
    },
    /// Something was said to happen that could not.
    Flagged {
        /// What.
        event: String,
        /// Where the measure stood.
        stage: String,
        /// Whether it was out of sequence, or broke a rule.
        out_of_sequence: bool,
        /// Why.
        words: String,
    },
}

/// What a plan came to when it was held against the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The level.
    pub level: u64,
    /// At least so many others are met.
    pub low: u64,
    /// At most.
    pub high: u64,
    /// What others agree on, by target.
    pub seen: BTreeMap<String, Seen>,
    /// Version of the protected lists.
    pub lists_version: u64,
    /// SHA-256 of the protected lists.
    pub lists: Digest,
}

impl From<Assessment> for Found {
    fn from(from: Assessment) -> Self {
        Self {
            level: from.level,
            low: from.collateral.0,
            high: from.collateral.1,
            seen: from.seen,
            lists_version: from.version,
            lists: from.lists,
        }
    }
}
