//! The inspector's way from a record, bucket or finding to its end: acquisition, authority, deletion, in three steps. In: the book, what is asked about. Out: three steps with leaf indices, as
//! data and as text. Never: a step that is not in the log.

use crate::book::{Authority, Book, Bucket, Covered, Run, UrgentEnd};
use sakimori_authority::statement::Basis;
use sakimori_custody::ids::{AuthorityId, BucketId, Name, RecordId, hex};
use sakimori_custody::time::Seconds;
use serde::Serialize;
use std::fmt;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A record.
    Record(RecordId),
    /// A bucket.
    Bucket(BucketId),
    /// Records of a finding, and its bucket, as its body names them.
    Finding(Vec<RecordId>),
}

/// Why there is no way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// No receipt covers the record.
    #[error("no receipt on record covers `{0}`")]
    Record(RecordId),
    /// No receipt names the bucket.
    #[error("no receipt on record names `{0}`")]
    Bucket(BucketId),
    /// The finding names no record.
    #[error("the finding names no record")]
    Finding,
}

/// A fact with the entry that shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What, as a word.
    pub what: &'static str,
    /// Leaf index.
    pub leaf: u64,
    /// When, by the entry.
    pub time: Option<String>,
    /// In words.
    pub text: String,
}

/// A step of the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its number, from 1.
    pub number: u8,
    /// `acquisition`, `authority` or `end`.
    pub name: &'static str,
    /// What the log shows.
    pub shown: Vec<Shown>,
}

/// The way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// What was asked about.
    pub about: String,
    /// The bucket.
    pub bucket: String,
    /// The authority.
    pub authority: String,
    /// Three steps.
    pub steps: [Step; 3],
}

impl Book {
    /// The way from a record, bucket or finding.
    ///
    /// # Errors
    /// [`Lost`]: the log knows nothing of it.
    pub fn walk(&self, about: &About, now: Seconds) -> Result<Way, Lost> {
        match about {
            About::Record(record) => {
                let (run, covered) = self.covering(*record).ok_or(Lost::Record(*record))?;
                self.way(record.to_string(), &covered.bucket, &[(run, covered)], now)
            }
            About::Finding(records) => {
                let first = records.first().ok_or(Lost::Finding)?;
                let mut covering: Vec<(&Run, &Covered)> = Vec::new();
                for record in records {
                    let (run, covered) = self.covering(*record).ok_or(Lost::Record(*record))?;
                    if covering
                        .iter()
                        .all(|(_, known)| known.index != covered.index)
                    {
                        covering.push((run, covered));
                    }
                }
                let bucket = self.covering(*first).map(|(_, covered)| &covered.bucket);
                let bucket = bucket.ok_or(Lost::Record(*first))?;
                let about = format!("a finding with {} records", records.len());
                self.way(about, bucket, &covering, now)
            }
            About::Bucket(bucket) => {
                let covering: Vec<(&Run, &Covered)> = self
                    .runs
                    .all
                    .values()
                    .filter(|run| run.authority == bucket.authority && run.sensor == bucket.sensor)
                    .flat_map(|run| run.covered.iter().map(move |covered| (run, covered)))
                    .filter(|(_, covered)| covered.bucket == *bucket)
                    .collect();
                self.way(bucket.to_string(), bucket, &covering, now)
            }
        }
    }

    fn way(
        &self,
        about: String,
        bucket: &BucketId,
        covering: &[(&Run, &Covered)],
        now: Seconds,
    ) -> Result<Way, Lost> {
        let lost = || Lost::Bucket(bucket.clone());
        let known = self.buckets.get(bucket).ok_or_else(lost)?;
        let authority = self.authority(bucket.authority).ok_or_else(lost)?;
        Ok(Way {
            about,
            bucket: bucket.to_string(),
            authority: bucket.authority.to_string(),
            steps: [
                acquisition(covering),
                self.authority_step(authority),
                end_step(bucket.authority, known, now),
            ],
        })
    }

    /// Request, questions, decision with its votes, lease, and what stopped it.
    fn authority_step(&self, authority: &Authority) -> Step {
        let s = &authority.statement;
        let mut facts = Vec::new();
        if let Some(request) = self.request_of(&s.request) {
            let who = request.requester.as_ref();
            let who = who.map_or_else(|| "the office".to_owned(), ToString::to_string);
            facts.push(shown(
                "request",
                request.index,
                request.time,
                format!("{who} asked: {}", request.necessity),
            ));
            facts.extend(request.thread.iter().map(|post| {
                let what = if post.due.is_some() {
                    "question"
                } else {
                    "answer"
                };
                shown(
                    what,
                    post.index,
                    post.time,
                    format!("{}: {}", post.from, post.text),
                )
            }));
        }
        let word = if authority.urgent {
            "urgent"
        } else {
            "decision"
        };
        facts.push(shown(
            word,
            authority.index,
            authority.time,
            votes(authority),
        ));
        self.what_became(authority, &mut facts);
        Step {
            number: 2,
            name: "authority",
            shown: facts,
        }
    }

    /// Leases, suspensions and ends of an authority.
    fn what_became(&self, authority: &Authority, facts: &mut Vec<Shown>) {
        for (sensor, leases) in &authority.leases {
            if let Some(lease) = leases.first() {
                let text = format!(
                    "{} leases of {sensor}, the first until {}",
                    leases.len(),
                    lease.not_after
                );
                facts.push(shown("lease", lease.index, lease.issued, text));
            }
        }
        for (by, stopped) in &authority.stops {
            let act = if stopped.suspends {
                "suspended"
            } else {
                "let go on"
            };
            let text = format!("{act} by the {by}: {}", stopped.reason);
            facts.push(shown("suspension", stopped.index, stopped.time, text));
        }
        if let Some((index, time)) = authority.revoked {
            facts.push(shown("ruling", index, time, "revoked".to_owned()));
        }
        if let Some(urgent) = self.urgents.all.get(&authority.statement.id) {
            let (index, time, text) = match urgent.end {
                Some(UrgentEnd::Ratified(index, time)) => (index, time, "ratified"),
                Some(UrgentEnd::Refused(index, time)) => (index, time, "refused"),
                Some(UrgentEnd::Lapsed(index, time)) => (index, time, "lapsed"),
                None => (urgent.index, urgent.deadline, "open until then"),
            };
            facts.push(shown("urgent-end", index, time, text.to_owned()));
        }
    }
}

/// Who looked, what left, how it ended or when it has to.
fn end_step(id: AuthorityId, bucket: &Bucket, now: Seconds) -> Step {
    let mut facts = Vec::new();
    if let Some(index) = bucket.kept_by {
        let text = format!("kept longer, until {}", bucket.end);
        facts.push(bare("ruling", index, text));
    }
    if let Some(index) = bucket.purged {
        facts.push(bare("purge", index, "not to be disseminated".to_owned()));
    }
    if let Some(index) = bucket.lapsed {
        facts.push(bare("lapse", index, format!("the urgent act {id} ended")));
    }
    if let Some(deleted) = &bucket.deleted {
        let text = format!("{} records deleted", deleted.records);
        facts.push(shown("deletion", deleted.index, deleted.time, text));
        if let Some(index) = deleted.attestation {
            let text = "the commission destroyed its share of the key".to_owned();
            facts.push(bare("attestation", index, text));
        }
    } else {
        let text = if now > bucket.end {
            format!("it had to be deleted by {} and is not", bucket.end)
        } else {
            format!("it is kept until {}", bucket.end)
        };
        facts.push(bare("expiry", bucket.index, text));
    }
    Step {
        number: 3,
        name: "end",
        shown: facts,
    }
}

/// The run's start and the receipts that cover the records.
fn acquisition(covering: &[(&Run, &Covered)]) -> Step {
    let mut facts = Vec::new();
    let mut last = None;
    for (run, covered) in covering {
        if last != Some(run.stream) {
            let text = format!("sensor {} started run {}", run.sensor, run.stream);
            facts.push(shown("start", run.index, run.time, text));
            last = Some(run.stream);
        }
        let until = covered.first + covered.records - 1;
        let text = format!(
            "records {} to {until} of the run, committed to as {}",
            covered.first,
            hex(&covered.commitment)
        );
        facts.push(bare("receipt", covered.index, text));
    }
    Step {
        number: 1,
        name: "acquisition",
        shown: facts,
    }
}

fn votes(authority: &Authority) -> String {
    let list = |names: &[Name]| {
        let names: Vec<&str> = names.iter().map(Name::as_str).collect();
        if names.is_empty() {
            "nobody".to_owned()
        } else {
            names.join(", ")
        }
    };
    match &authority.statement.decided {
        Basis::Sitting(sitting) => format!(
            "{} presided; for: {}; against: {}; recused: {}",
            sitting.presiding,
            list(&sitting.votes_for),
            list(&sitting.votes_against),
            list(&sitting.recused)
        ),
        Basis::Agreement { party, .. } => format!("agreed between the office and {party}"),
        Basis::Urgent { officers } => format!("urgent, by {}", list(officers)),
    }
}

fn shown(what: &'static str, leaf: u64, time: Seconds, text: String) -> Shown {
    Shown {
        what,
        leaf,
        time: Some(time.to_string()),
        text,
    }
}

const fn bare(what: &'static str, leaf: u64, text: String) -> Shown {
    Shown {
        what,
        leaf,
        time: None,
        text,
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\nbucket {}", self.about, self.bucket)?;
        for step in &self.steps {
            writeln!(f, "{}. {}", step.number, step.name)?;
            for shown in &step.shown {
                let time = shown.time.as_deref().unwrap_or("-");
                let text: String = shown
                    .text
                    .chars()
                    .map(|c| if c.is_control() { ' ' } else { c })
                    .collect();
                writeln!(
                    f,
                    "   leaf {:>6}  {:<11}  {time}  {text}",
                    shown.leaf, shown.what
                )?;
            }
        }
        Ok(())
    }
}
