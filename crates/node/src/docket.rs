//! The docket: requests with their questions, answers and outcomes, as people read them. In: entries of the log with their open bodies, in order. Out: what was asked, said and
//! decided. Never: a verdict on signatures (those are `authority`'s and `oversight`'s): who feeds it leaves out what the book does not count; a text that was not in the log.

use sakimori_authority::Schedule;
use sakimori_authority::statement::Statement;
use sakimori_custody::entry::{EntryType, Envelope, StoredBody};
use sakimori_custody::ids::{AuthorityId, hex};
use sakimori_custody::time::Seconds;
use sakimori_tlog::merkle::leaf_hash;
use sakimori_tlog::note::Note;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most requests that are kept; older ones stay in the log.
const REQUESTS_MAX: usize = 10_000;
/// Most lines of a thread.
const THREAD_MAX: usize = 1_000;

/// The body of a request entry (`docs/reference/formats.md` section 7, code 10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct RequestBody {
    /// What is asked for.
    #[serde(default)]
    pub kind: String,
    /// Who asks.
    #[serde(default)]
    pub requester: String,
    /// Facts.
    #[serde(default)]
    pub facts: String,
    /// Why it is necessary.
    #[serde(default)]
    pub necessity: String,
    /// What else was weighed.
    #[serde(default)]
    pub alternatives: String,
    /// Expected share of the traffic, per million packets.
    #[serde(default)]
    pub expected_share_ppm: u64,
    /// Rights of those whose traffic it is.
    #[serde(default)]
    pub rights: String,
    /// The authority that it renews.
    #[serde(default)]
    pub replaces: Option<String>,
    /// The text that is asked for.
    #[serde(default)]
    pub draft: String,
}

#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    request: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    text: String,
}

/// A question or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Index of its entry.
    pub index: u64,
    /// When.
    pub time: Seconds,
    /// By when an answer is due, for a question.
    pub due: Option<Seconds>,
    /// Index of the question that it answers, for an answer.
    pub answers: Option<u64>,
    /// Who.
    pub from: String,
    /// What.
    pub text: String,
}

/// How far a request has come, as far as entries tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It waits.
    Open,
    /// A decision or ruling about it is on record.
    Decided {
        /// Index of the entry.
        index: u64,
        /// The note, as it is on record.
        note: String,
    },
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Index of its entry.
    pub index: u64,
    /// Leaf hash, by which others refer to it.
    pub hash: [u8; 32],
    /// When.
    pub time: Seconds,
    /// What it says.
    pub body: RequestBody,
    /// The draft, read.
    pub draft: Result<Statement, String>,
    /// Questions and answers, in their order.
    pub thread: Vec<Said>,
    /// What came of it.
    pub outcome: Outcome,
}

impl Asked {
    /// Questions that nobody has answered.
    pub fn open_questions(&self) -> Vec<&Said> {
        let answered: Vec<u64> = self.thread.iter().filter_map(|s| s.answers).collect();
        let open = |s: &&Said| s.due.is_some() && !answered.contains(&s.index);
        self.thread.iter().filter(open).collect()
    }
}

/// All of it.
#[derive(Default)]
pub struct Docket {
    /// Next entry to be read.
    pub next: u64,
    requests: BTreeMap<[u8; 32], Asked>,
    /// Statements that are on record as decided, by id, with their notes.
    decided: BTreeMap<AuthorityId, (u64, Statement, String)>,
    /// Suspension notes by authority, the newest of each party last.
    suspensions: BTreeMap<String, Vec<(u64, String)>>,
    /// The newest schedule's note.
    schedule: String,
    /// Deletions: index, time, body.
    deletions: Vec<(u64, Seconds, String)>,
}

impl Docket {
    /// Passes an entry by that the book does not count.
    pub const fn pass_by(&mut self, index: u64) {
        self.next = index + 1;
    }

    /// Takes the next entry, one that the book counts.
    pub fn follow(&mut self, index: u64, leaf: &[u8], stored: Option<&[u8]>) {
        self.next = index + 1;
        let Ok(envelope) = Envelope::decode(leaf) else {
            return;
        };
        let body = stored
            .and_then(|bytes| StoredBody::decode(bytes).ok())
            .and_then(|body| body.open(&envelope.body, None).ok());
        let Some(body) = body else { return };
        let time = Seconds(envelope.time.0);
        match envelope.kind {
            EntryType::Request if self.requests.len() < REQUESTS_MAX => {
                let asked = asked(index, leaf, time, &body);
                self.requests.insert(asked.hash, asked);
            }
            EntryType::Question => self.said(index, time, &envelope, &body, true),
            EntryType::Answer => self.said(index, time, &envelope, &body, false),
            EntryType::Decision => self.decision(index, &body),
            EntryType::Ruling => self.ruling(index, &body),
            EntryType::Suspension => {
                let text = String::from_utf8_lossy(&body).into_owned();
                let about = value(&text, "authority").unwrap_or_default().to_owned();
                self.suspensions
                    .entry(about)
                    .or_default()
                    .push((index, text));
            }
            EntryType::Schedule => self.schedule = String::from_utf8_lossy(&body).into_owned(),
            EntryType::Deletion => {
                let text = String::from_utf8_lossy(&body).into_owned();
                self.deletions.push((index, time, text));
            }
            _ => {}
        }
    }

    fn said(&mut self, index: u64, time: Seconds, envelope: &Envelope, body: &[u8], asks: bool) {
        let Ok(words) = serde_json::from_slice::<Words>(body) else {
            return;
        };
        let number = envelope.counters.first().copied();
        let request = sakimori_custody::ids::unhex(&words.request);
        let asked = request.and_then(|hash: [u8; 32]| self.requests.get_mut(&hash));
        if let Some(asked) = asked.filter(|asked| asked.thread.len() < THREAD_MAX) {
            asked.thread.push(Said {
                index,
                time,
                due: number.filter(|_| asks).map(Seconds),
                answers: number.filter(|_| !asks),
                from: words.from,
                text: words.text,
            });
        }
    }

    fn decision(&mut self, index: u64, body: &[u8]) {
        let note = String::from_utf8_lossy(body).into_owned();
        let read = Note::parse(body)
            .ok()
            .and_then(|note| Statement::parse(note.text()).ok());
        let Some(statement) = read else { return };
        self.outcome(statement.request, index, &note);
        self.decided
            .entry(statement.id)
            .or_insert((index, statement, note));
    }

    fn ruling(&mut self, index: u64, body: &[u8]) {
        let note = String::from_utf8_lossy(body).into_owned();
        let about = value(&note, "about").and_then(|about| about.strip_prefix("request "));
        if let Some(hash) = about.and_then(sakimori_custody::ids::unhex) {
            self.outcome(hash, index, &note);
        }
    }

    fn outcome(&mut self, request: [u8; 32], index: u64, note: &str) {
        if let Some(asked) = self.requests.get_mut(&request) {
            asked.outcome = Outcome::Decided {
                index,
                note: note.to_owned(),
            };
        }
    }

    /// Every request, the newest first.
    pub fn requests(&self) -> Vec<&Asked> {
        let mut list: Vec<_> = self.requests.values().collect();
        list.sort_by_key(|asked| std::cmp::Reverse(asked.index));
        list
    }

    /// The request of a leaf hash.
    pub fn request(&self, hash: &[u8; 32]) -> Option<&Asked> {
        self.requests.get(hash)
    }

    /// A statement on record, with the index of its entry and its note.
    pub fn statement(&self, id: AuthorityId) -> Option<&(u64, Statement, String)> {
        self.decided.get(&id)
    }

    /// Every statement on record, in the order of their entries.
    pub fn statements(&self) -> Vec<&(u64, Statement, String)> {
        let mut list: Vec<_> = self.decided.values().collect();
        list.sort_by_key(|(index, ..)| *index);
        list
    }

    /// Suspension notes about an authority, with the indices of their entries.
    pub fn suspensions(&self, id: AuthorityId) -> &[(u64, String)] {
        self.suspensions
            .get(&id.to_string())
            .map_or(&[], Vec::as_slice)
    }

    /// The newest schedule on record, read; its signatures are the book's affair.
    pub fn rules(&self) -> Option<Schedule> {
        let note = Note::parse(self.schedule.as_bytes()).ok()?;
        Schedule::parse(note.text()).ok()
    }

    /// Values of the newest schedule on record: key, value, whether it is verified (`docs/reference/formats.md` 10.9).
    pub fn schedule(&self) -> Vec<(String, String, bool)> {
        let text = self.schedule.lines().take_while(|line| !line.is_empty());
        text.filter_map(|line| {
            let (key, rest) = line.strip_prefix("value: ")?.split_once(" = ")?;
            let (value, rest) = rest.split_once(" | ")?;
            let (mark, _source) = rest.split_once(" | ")?;
            Some((key.to_owned(), value.to_owned(), mark == "verified"))
        })
        .collect()
    }

    /// Deletions on record: index, time and body.
    pub fn deletions(&self) -> &[(u64, Seconds, String)] {
        &self.deletions
    }
}

/// The value of a note's line.
pub(crate) fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines()
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
}

fn asked(index: u64, leaf: &[u8], time: Seconds, body: &[u8]) -> Asked {
    let body: RequestBody = serde_json::from_slice(body).unwrap_or_default();
    let hash = leaf_hash(leaf);
    let draft = Statement::parse(&body.draft)
        .map(|mut statement| {
            // Its own hash cannot stand in its text; what is signed names it.
            statement.request = hash;
            statement
        })
        .map_err(|e| e.to_string());
    Asked {
        index,
        hash,
        time,
        body,
        draft,
        thread: Vec::new(),
        outcome: Outcome::Open,
    }
}

/// A request's hash as others write it.
pub fn name(asked: &Asked) -> String {
    hex(&asked.hash)
}
