//! Playbooks of CACAO Security Playbooks 2.0 (OASIS, 2023): plans that others wrote. In: JSON of strangers. Out: a plan whose every step leads somewhere and which comes to an end, or all
//! that is wrong with it, each with its step. Never: a step that runs a program, asks a machine or logs in somewhere: only what a person does (`manual`) and what an actuator is
//! commanded (`openc2-http`) is taken.
//!
//! The schema of OASIS takes a playbook with a step that leads nowhere, and one that never ends. What is checked here beside the schema is in the order of [`Rule`].

mod condition;
mod follow;
mod form;
mod read;
mod run;
mod step;
mod tie;
mod walk;

pub use condition::{Condition, ConditionError};
pub use follow::{Next, next};
pub use read::check;
pub use run::{Done, Outcome, Run, RunError, Task, Work};
pub use tie::Tied;

use crate::openc2;
use sakimori_exchange::json::Limits;
use sakimori_exchange::stix::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Longest playbook in bytes.
pub const PLAYBOOK_BYTES_MAX: usize = 1 << 20;
/// Most steps.
pub const STEPS_MAX: usize = 512;
/// Most problems that are told.
pub const PROBLEMS_MAX: usize = 200;

const LIMITS: Limits = Limits {
    bytes_max: PLAYBOOK_BYTES_MAX,
    depth_max: 24,
    values_max: 1 << 16,
};

/// Which rule a playbook breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Not JSON that is read.
    Json,
    /// Not as the schema says.
    Schema,
    /// Without a start, something to do, or an end.
    Parts,
    /// A step that is named is not there.
    Dangling,
    /// No step leads here.
    Unreached,
    /// The steps lead in a circle.
    Endless,
    /// A loop says no time by which it ends.
    Unbounded,
    /// A step that leads nowhere and is no end.
    Open,
    /// A kind of step or command that is not taken.
    NotTaken,
    /// A command that is none of `OpenC2`.
    Command,
    /// A condition that cannot be read.
    Condition,
    /// An agent, target or variable that is not there.
    Undefined,
}

impl Rule {
    /// The word that it is told with.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Schema => "schema",
            Self::Parts => "parts",
            Self::Dangling => "dangling-step",
            Self::Unreached => "unreached-step",
            Self::Endless => "endless-loop",
            Self::Unbounded => "unbounded-loop",
            Self::Open => "open-end",
            Self::NotTaken => "not-taken",
            Self::Command => "command",
            Self::Condition => "condition",
            Self::Undefined => "undefined",
        }
    }
}

/// What is wrong with a playbook, and where. Its author acts on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The step; nothing where it is of the whole playbook.
    pub step: Option<String>,
    /// JSON Pointer.
    pub place: String,
    /// Which rule.
    pub rule: Rule,
    /// What to change.
    pub words: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.rule.name(), self.place, self.words)
    }
}

/// A playbook that is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Playbook {
    /// Its id; all versions have the same.
    pub id: String,
    /// Its version: when it was changed.
    pub modified: String,
    /// Its name.
    pub name: String,
    /// From when on it is valid.
    pub valid_from: Option<Timestamp>,
    /// Until when it is valid.
    pub valid_until: Option<Timestamp>,
    /// Where it begins.
    pub start: String,
    /// Where it goes when a step without a way for failures fails.
    pub exception: Option<String>,
    /// Its steps.
    pub steps: BTreeMap<String, Step>,
    /// Names of its agents, by their ids.
    pub agents: BTreeMap<String, String>,
    /// Values of its variables at the beginning, by their names with the underlines.
    pub variables: BTreeMap<String, Option<String>>,
    /// Names of those that keep their value (`constant` of the variable data type).
    pub constants: BTreeSet<String>,
    /// SHA-256 over what it says: an approval names it.
    pub digest: [u8; 32],
}

impl Playbook {
    /// Whether its author holds it for valid at a moment: from `valid_from` on, before `valid_until`.
    pub fn is_valid(&self, now: &Timestamp) -> bool {
        self.valid_from.as_ref().is_none_or(|from| from <= now)
            && self.valid_until.as_ref().is_none_or(|until| now < until)
    }
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name.
    pub name: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Where it leads, whatever comes of it.
    pub on_completion: Option<String>,
    /// Where it leads when it went well.
    pub on_success: Option<String>,
    /// Where it leads when it did not.
    pub on_failure: Option<String>,
    /// Milliseconds to wait before it.
    pub delay: Option<u64>,
    /// Milliseconds after which it has failed.
    pub timeout: Option<u64>,
}

/// What a step is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The beginning.
    Start,
    /// The end of the whole or of a branch.
    End,
    /// Commands to an agent about targets.
    Action {
        /// The commands, one after the other.
        commands: Vec<Command>,
        /// Who does it.
        agent: String,
        /// With what.
        targets: Vec<String>,
    },
    /// Branches that need not wait for each other.
    Parallel(Vec<String>),
    /// One of two branches.
    If {
        /// What decides.
        condition: Condition,
        /// Where to if it holds.
        on_true: String,
        /// Where to if not.
        on_false: Option<String>,
    },
    /// A branch again and again; it has a time by which it ends.
    While {
        /// As long as this holds.
        condition: Condition,
        /// The branch.
        on_true: String,
    },
    /// One of several branches.
    Switch {
        /// The variable that decides.
        switch: String,
        /// Branches by value; `default` where no other fits.
        cases: BTreeMap<String, String>,
    },
}

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// What a person is to do.
    Manual(String),
    /// What an actuator is told.
    OpenC2(Box<openc2::Command>),
}
