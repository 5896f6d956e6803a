//! The report behind the end of a measure. In: the measure's records, and what lies beside them: notices, complaints, verdicts, evidence that is kept, the chain's last hash. Out: one document, the same of the same records. Never: a word that
//! no record bears, but for the words of whoever hands it in; who complained, or in which words; content of a piece of evidence.

use crate::plan::Plan;
use crate::plan::life::{At, Fact, Record, State};
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The form of a report.
pub const FORM: &str = "sakimori/measure-report/v1";
/// Most lines of what happened; further ones are counted.
pub const LINES_MAX: usize = 5_000;

/// A report. Times are RFC 3339 in UTC, digests hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// [`FORM`].
    pub form: String,
    /// The measure's id.
    pub measure: String,
    /// When it was composed.
    pub composed: String,
    /// Who had it composed.
    pub by: String,
    /// What the office adds in words.
    pub words: String,
    /// What was asked for.
    pub asked: Asked,
    /// What was decided, in its order.
    pub decided: Vec<Decided>,
    /// What was done, effect by effect.
    pub effects: Vec<Done>,
    /// What came of it, target by target.
    pub verdicts: Vec<Verdict>,
    /// What happened, in its order.
    pub happened: Vec<Line>,
    /// How many lines more there are.
    pub more: u64,
    /// Notices.
    pub notices: Vec<Noticed>,
    /// Complaints.
    pub complaints: Vec<Complained>,
    /// What was owed.
    pub duties: Vec<Owed>,
    /// How it ended.
    pub end: Option<String>,
    /// When all of it was taken back.
    pub ended: Option<String>,
    /// Events that were refused, and how many of them were out of sequence.
    pub flags: (u64, u64),
    /// Links of the chain of custody.
    pub links: u64,
    /// The hash of its last link.
    pub head: String,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Who drafted it.
    pub drafted: String,
    /// When.
    pub at: String,
    /// SHA-256 over the plan.
    pub plan: String,
    /// SHA-256 over the playbook that it follows.
    pub playbook: Option<String>,
    /// Who proposed, reviewed, carries out, ordered it.
    pub people: [String; 4],
    /// 1, or 2 where more people had to agree.
    pub level: u64,
    /// Harm.
    pub harm: String,
    /// Why it was near.
    pub imminence: String,
    /// Why nothing milder did.
    pub necessity: String,
    /// Why it was not out of proportion.
    pub proportionality: String,
    /// What was in it and what not.
    pub scope: String,
    /// What was milder, and what came of it.
    pub milder: Vec<String>,
    /// What shows that it works.
    pub success: String,
    /// What ends it early.
    pub stop: String,
    /// Evidence.
    pub evidence: Vec<Piece>,
    /// What was withheld, with its reason.
    pub withheld: Vec<String>,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Its name in the dossier.
    pub id: String,
    /// What it is and shows.
    pub what: String,
    /// Its class.
    pub class: String,
    /// SHA-256 of it.
    pub sha256: String,
    /// When it was taken in.
    pub taken: String,
    /// `kept`, `erased`, or `elsewhere` where its bytes were never here.
    pub bytes: String,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// `approved`, `refused`, `invoked`, `ratified`, `renewed`.
    pub what: String,
    /// When.
    pub at: String,
    /// The statement.
    pub authority: Option<String>,
    /// Who decided.
    pub people: Vec<String>,
    /// Until when, or why not.
    pub words: String,
}

/// What was done for one effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// What.
    pub deed: String,
    /// With what.
    pub target: String,
    /// By whose actuator.
    pub actuator: String,
    /// Who controls the system that acted.
    pub controller: String,
    /// Where the target is.
    pub country: String,
    /// When it was first commanded.
    pub commanded: Option<String>,
    /// When it was first read back in force.
    pub in_force: Option<String>,
    /// When it was last gone.
    pub gone: Option<String>,
    /// Answers by which it was not as commanded.
    pub failed: u64,
    /// How it stands.
    pub at: At,
}

/// The verdict on one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The target.
    pub target: String,
    /// The verdict's word.
    pub verdict: String,
    /// Of when.
    pub at: String,
    /// Why.
    pub reasons: Vec<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When.
    pub at: String,
    /// The record's word.
    pub what: String,
    /// More.
    pub words: String,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noticed {
    /// Its reference.
    pub reference: String,
    /// What it is about.
    pub target: String,
    /// Where it stands.
    pub state: String,
    /// How many seconds until its target was down.
    pub down_seconds: Option<u64>,
}

/// A complaint; who complained and in which words stays with whoever decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complained {
    /// About what.
    pub target: String,
    /// When it came.
    pub at: String,
    /// `open`, `upheld`, `dismissed`.
    pub state: String,
}

/// What was owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owed {
    /// What.
    pub duty: String,
    /// By when.
    pub due: String,
    /// When it was done.
    pub done: Option<String>,
    /// Whether it was late.
    pub late: bool,
    /// Why it is withheld.
    pub withheld: Option<String>,
    /// Whether somebody verified the term.
    pub verified: bool,
}

/// What lies beside the records.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// Verdicts.
    pub verdicts: Vec<Verdict>,
    /// Notices.
    pub notices: Vec<Noticed>,
    /// Complaints.
    pub complaints: Vec<Complained>,
    /// Pieces of evidence that are or were kept, by their names, and whether they are erased.
    pub evidence: BTreeMap<String, bool>,
    /// Links of the chain.
    pub links: u64,
    /// The hash of its last link.
    pub head: [u8; 32],
}

impl Paper {
    /// Composes a report of a measure's records, in their order, and of what they lead to.
    pub fn compose(
        records: &[Record],
        state: &State,
        beside: Beside,
        words: &str,
        (now, by): (Seconds, &Name),
    ) -> Self {
        let mut happened: Vec<Line> = records.iter().filter_map(line).collect();
        let more = happened.len().saturating_sub(LINES_MAX) as u64;
        happened.truncate(LINES_MAX);
        let duties = state.clocks().iter().map(|(duty, clock)| Owed {
            // The reference of a complaint opens its answer: it is nothing for a report.
            duty: match duty {
                crate::plan::life::Duty::Complaint(_) => "answer to a complaint".to_owned(),
                duty => duty.to_string(),
            },
            due: clock.due.to_string(),
            done: clock.done.map(|at| at.to_string()),
            late: clock.late,
            withheld: clock.withheld.clone(),
            verified: clock.verified,
        });
        Self {
            form: FORM.to_owned(),
            measure: state.plan().id.to_string(),
            composed: now.to_string(),
            by: by.to_string(),
            words: words.to_owned(),
            asked: asked(records, state, &beside.evidence),
            decided: records.iter().filter_map(decided).collect(),
            effects: done(records, state),
            verdicts: beside.verdicts,
            happened,
            more,
            notices: beside.notices,
            complaints: beside.complaints,
            duties: duties.collect(),
            end: state.end().map(|end| word(&end)),
            ended: state.ended().map(|at| at.to_string()),
            flags: state.flags(),
            links: beside.links,
            head: hex(&beside.head),
        }
    }

    /// The document's bytes: what is hashed, signed for and kept.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text.into_bytes()
    }
}

/// The word of a value that is written as one.
fn word<T: Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    let word = match &value {
        serde_json::Value::Object(members) => members.keys().next().map(String::as_str),
        other => other.as_str(),
    };
    word.unwrap_or_default().to_owned()
}

fn asked(records: &[Record], state: &State, evidence: &BTreeMap<String, bool>) -> Asked {
    let plan: &Plan = state.plan();
    let (dossier, chain) = (&plan.dossier, &plan.chain);
    let drafted = records.iter().rev().find_map(|record| match &record.fact {
        Fact::Drafted { by, .. } => Some((by.to_string(), record.at.to_string())),
        _ => None,
    });
    let (drafted, at) = drafted.unwrap_or_default();
    let milder = dossier.alternatives.iter().map(|one| {
        let tried = one.tried.as_ref().map(|tried| &tried.words);
        let words = tried.or(one.cannot.as_ref()).map_or("", String::as_str);
        format!("{}: {}: {words}", one.kind.name(), one.what)
    });
    let pieces = dossier.evidence.iter().map(|one| {
        let bytes = match evidence.get(one.id.as_str()) {
            Some(true) => "erased",
            Some(false) => "kept",
            None => "elsewhere",
        };
        Piece {
            id: one.id.to_string(),
            what: one.what.clone(),
            class: one.class.to_string(),
            sha256: one.sha256.to_string(),
            taken: one.taken.to_string(),
            bytes: bytes.to_owned(),
        }
    });
    let withheld = dossier.withheld.iter();
    let withheld = withheld.map(|one| format!("{} ({}): {}", one.what, one.class, one.reason));
    Asked {
        drafted,
        at,
        plan: plan.digest().to_string(),
        playbook: plan.playbook.map(|digest| digest.to_string()),
        people: [
            chain.proposed.to_string(),
            chain.reviewed.to_string(),
            chain.executor.officer.to_string(),
            chain.superior.by.to_string(),
        ],
        level: state.level(),
        harm: dossier.harm.clone(),
        imminence: dossier.imminence.clone(),
        necessity: dossier.necessity.clone(),
        proportionality: dossier.proportionality.clone(),
        scope: dossier.scope.clone(),
        milder: milder.collect(),
        success: dossier.success.to_string(),
        stop: dossier.stop.to_string(),
        evidence: pieces.collect(),
        withheld: withheld.collect(),
    }
}

fn decided(record: &Record) -> Option<Decided> {
    let texts = |names: &[Name]| names.iter().map(ToString::to_string).collect();
    let (authority, people, words) = match &record.fact {
        Fact::Approved(decision) | Fact::Ratified(decision) | Fact::Renewed(decision) => (
            Some(decision.authority.to_string()),
            texts(&decision.votes),
            format!("{} to {}", decision.not_before, decision.not_after),
        ),
        Fact::Invoked {
            officers,
            authority,
            until,
            ..
        } => (
            Some(authority.to_string()),
            texts(officers),
            format!("before {until}"),
        ),
        Fact::Refused { words } => (None, Vec::new(), words.clone()),
        _ => return None,
    };
    Some(Decided {
        what: word(&record.fact),
        at: record.at.to_string(),
        authority,
        people,
        words,
    })
}

/// What each effect went through.
fn done(records: &[Record], state: &State) -> Vec<Done> {
    let aims = state.plan().aims.iter().zip(state.effects());
    let mut all: Vec<Done> = aims
        .map(|(aim, effect)| Done {
            deed: aim.deed.to_string(),
            target: aim.target.clone(),
            actuator: aim.actuator.to_string(),
            controller: aim.controller.to_string(),
            country: aim.country.to_string(),
            commanded: None,
            in_force: None,
            gone: None,
            failed: 0,
            at: effect.at,
        })
        .collect();
    let mut commands: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for record in records {
        let at = record.at.to_string();
        match &record.fact {
            Fact::Commanded(command) => {
                commands.insert(&command.id, (command.aim, command.begins()));
                if let Some(one) = all.get_mut(command.aim).filter(|_| command.begins()) {
                    one.commanded.get_or_insert(at);
                }
            }
            Fact::ReadBack { command, well } => {
                let Some((aim, begins)) = commands.get(command.as_str()).copied() else {
                    continue;
                };
                let Some(one) = all.get_mut(aim) else {
                    continue;
                };
                match (begins, well) {
                    (_, false) => one.failed += 1,
                    (true, true) => {
                        one.in_force.get_or_insert(at);
                    }
                    (false, true) => one.gone = Some(at),
                }
            }
            Fact::Over { aim } => {
                if let Some(one) = all.get_mut(*aim) {
                    one.gone = Some(at);
                }
            }
            _ => {}
        }
    }
    all
}

/// What is told of a record beside decisions, commands and answers, which are told by their effects.
fn line(record: &Record) -> Option<Line> {
    let listed = |aims: &[usize]| {
        let numbers: Vec<String> = aims.iter().map(ToString::to_string).collect();
        format!("effects {}", numbers.join(", "))
    };
    let words = match &record.fact {
        Fact::Reviewed { by, .. } => by.to_string(),
        Fact::Asked { by, text, .. } | Fact::RenewalAsked { by, text, .. } => {
            format!("{by}: {text}")
        }
        Fact::SentBack { by, words } | Fact::Resumed { by, words } => format!("{by}: {words}"),
        Fact::Dispatched {
            by, lists_version, ..
        } => {
            let by: BTreeSet<String> = by.iter().map(ToString::to_string).collect();
            let by: Vec<String> = by.into_iter().collect();
            format!("{}, lists {lists_version}", by.join(", "))
        }
        Fact::InForce | Fact::Ended => String::new(),
        Fact::Suspended { words, .. } | Fact::PlayedOut { words, .. } => words.clone(),
        Fact::Held { held } => held.to_string(),
        Fact::Narrowed { by, aims } => format!("{by}: {}", listed(aims)),
        Fact::Ending { end } => word(end),
        Fact::Withheld { duty, reason, .. } => format!("{duty}: {reason}"),
        Fact::Escalated { duty, steps } => match duty {
            crate::plan::life::Duty::Complaint(_) => format!("answer to a complaint: {steps}"),
            duty => format!("{duty}: {steps}"),
        },
        Fact::Played(play) => {
            let well = if play.well { "done" } else { "failed" };
            format!("{} {}: {well}", play.by, play.step)
        }
        _ => return None,
    };
    Some(Line {
        at: record.at.to_string(),
        what: word(&record.fact),
        words,
    })
}
