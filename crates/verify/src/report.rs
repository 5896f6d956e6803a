//! What a verification says. In: checks that passed, problems. Out: a bounded, sorted report. Never: a problem without its place.

use crate::code::{Code, Severity, Subject};
use crate::limits::{NOTES_MAX, PROBLEMS_MAX};
use std::fmt;

/// What was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A log's folder, or a mirror's copy.
    Log,
    /// A folder with a log and what belongs to it: mirror, findings.
    Bundle,
    /// One entry with its proof.
    Proof,
}

impl Kind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Bundle => "bundle",
            Self::Proof => "proof",
        }
    }
}

/// Where a problem is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index of the leaf in the log.
    pub index: Option<u64>,
    /// File, below the target where it is inside.
    pub file: Option<String>,
    /// Stream of the entry.
    pub stream: Option<[u8; 8]>,
}

impl Place {
    /// A file.
    pub fn file(file: impl Into<String>) -> Self {
        Self {
            file: Some(file.into()),
            ..Self::default()
        }
    }

    /// A leaf in a file.
    pub fn leaf(file: impl Into<String>, index: u64) -> Self {
        Self {
            index: Some(index),
            ..Self::file(file)
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.file.clone());
        parts.extend(self.index.map(|index| format!("entry {index}")));
        parts.extend(self.stream.map(|id| format!("stream {}", crate::hex(&id))));
        f.write_str(&parts.join(", "))
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// Its stable name.
    pub code: Code,
    /// A plain sentence.
    pub what: String,
}

/// How often something was checked, and whether it was right each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// How often it was right.
    pub count: u64,
    /// Whether it was right each time.
    pub ok: bool,
}

/// What can be said about deletion, and how strongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The claim.
    pub claim: &'static str,
    /// `proven`, `proven to the commission`, `attested`, or `not provable`.
    pub strength: &'static str,
    /// Of how many buckets, receipts or runs.
    pub count: u64,
}

/// The outcome of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was verified.
    pub kind: Kind,
    /// Number of entries that the checkpoint stands for.
    pub size: u64,
    /// Root that it states.
    pub root: [u8; 32],
    /// What was checked, in a fixed order.
    pub checks: Vec<Check>,
    /// What is wrong, sorted by place; at most [`PROBLEMS_MAX`].
    pub problems: Vec<Problem>,
    /// Problems beyond those.
    pub more: u64,
    /// What a reader has to know beside the verdict; at most [`NOTES_MAX`].
    pub notes: Vec<String>,
    /// What is proven about deletion, and what is only attested; empty where no bucket is in the log.
    pub claims: Vec<Claim>,
}

impl Report {
    /// How grave the worst problem is; `None` where everything that was checked is right.
    pub fn worst(&self) -> Option<Severity> {
        let spelt = self
            .problems
            .iter()
            .map(|problem| problem.code.severity())
            .max();
        // What is not spelt out may be of any kind.
        if self.more > 0 {
            Some(Severity::Refused)
        } else {
            spelt
        }
    }

    /// The exit code of a verifier: 0 all is right, 1 something may not be in a log, 3 something is not in force or was omitted.
    pub fn exit_code(&self) -> u8 {
        match self.worst() {
            None => 0,
            Some(Severity::Refused) => 1,
            Some(_) => 3,
        }
    }

    /// The problem that comes first: at the lowest entry, and there by the order of [`Code::ALL`]; problems of no entry come last.
    pub fn first(&self) -> Option<&Problem> {
        self.problems
            .iter()
            .min_by_key(|problem| (problem.place.index.unwrap_or(u64::MAX), problem.code))
    }

    /// Whether everything that was checked is right.
    pub const fn ok(&self) -> bool {
        self.problems.is_empty() && self.more == 0
    }
}

/// Gathers a report.
#[derive(Debug)]
pub(crate) struct Sink {
    problems: Vec<Problem>,
    more: u64,
    tallies: Vec<(Subject, u64, bool)>,
    notes: Vec<String>,
    claims: Vec<Claim>,
}

impl Sink {
    pub(crate) fn new() -> Self {
        Self {
            problems: Vec::new(),
            more: 0,
            tallies: Subject::ALL.iter().map(|&s| (s, 0, true)).collect(),
            notes: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// Says something about deletion.
    pub(crate) fn claim(&mut self, claim: &'static str, strength: &'static str, count: u64) {
        self.claims.push(Claim {
            claim,
            strength,
            count,
        });
    }

    fn tally(&mut self, subject: Subject) -> Option<&mut (Subject, u64, bool)> {
        self.tallies.iter_mut().find(|tally| tally.0 == subject)
    }

    /// Something was checked and is right.
    pub(crate) fn good(&mut self, subject: Subject) {
        self.many(subject, 1);
    }

    /// Several things were checked and are right.
    pub(crate) fn many(&mut self, subject: Subject, count: u64) {
        if let Some(tally) = self.tally(subject) {
            tally.1 += count;
        }
    }

    /// Something is wrong.
    pub(crate) fn bad(&mut self, code: Code, place: Place, what: impl Into<String>) {
        if let Some(tally) = self.tally(code.subject()) {
            tally.2 = false;
        }
        if self.problems.len() < PROBLEMS_MAX {
            let what = what.into();
            self.problems.push(Problem { place, code, what });
        } else {
            self.more += 1;
        }
    }

    /// Something that a reader has to know.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(note.into());
        }
    }

    /// Problems so far.
    pub(crate) fn count(&self) -> u64 {
        self.problems.len() as u64 + self.more
    }

    pub(crate) fn finish(mut self, kind: Kind, size: u64, root: [u8; 32]) -> Report {
        self.problems.sort();
        self.problems.dedup();
        let touched = |tally: &(Subject, u64, bool)| tally.1 > 0 || !tally.2;
        let checks = self.tallies.iter().filter(|t| touched(t));
        Report {
            kind,
            size,
            root,
            checks: checks
                .map(|&(subject, count, ok)| Check {
                    name: subject.name(),
                    count,
                    ok,
                })
                .collect(),
            problems: self.problems,
            more: self.more,
            notes: self.notes,
            claims: self.claims,
        }
    }
}
