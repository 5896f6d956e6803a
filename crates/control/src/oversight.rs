//! What the commission's secretariat and its inspectors do: inspections, notices, demands, recommendations, the yearly report; and the book of any copy of the log, offline. In: a log's folder, a
//! mirror's, a node's; words. Out: the book, entries that the secretariat signed. Never: a demand that stops without the chair's or the deputy's own signature; a report with other numbers
//! than the log's.

mod evidence;

pub use evidence::{Case, Evidence, Opened, case_of, is_known, open_case, read_evidence};

use crate::error::{ControlError, told};
use crate::files;
use crate::host::Host;
use crate::journal::Deed;
use crate::layout::Node;
use crate::office::{self, desk::Desk};
use sakimori_authority::TrustRoot;
use sakimori_authority::schedule::Rules;
use sakimori_authority::suspension::{By, Suspension, SuspensionAct};
use sakimori_custody::entry::{EntryType, Envelope};
use sakimori_custody::ids::{AuthorityId, Name, hex};
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_ledger::disk::Folder;
use sakimori_ledger::reader::LogReader;
use sakimori_oversight::book::{Book, Judged};
use sakimori_oversight::report::Texts;
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::note::Note;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Entries that are read together.
const PAGE_ENTRIES: u64 = 256;
/// Days for an answer where no schedule says so.
const ANSWER_DAYS: u64 = 30;

/// The book of a copy of the log, read from its files. Every entry is judged anew; what breaks a rule is passed over and listed.
///
/// `folder` is a node's, a log's or a mirror's; `root` is the first trust root that the reader trusts, the folder's own without it.
///
/// # Errors
/// [`ControlError::Usage`] where no log is found there; [`ControlError::Document`] where it does not read. That its tree, checkpoints and signatures hold is the verifier's to say.
///
/// # Cost
/// Reads the log once; memory as the book's.
pub fn book_of(folder: &Path, root: Option<&Path>) -> Result<Book, ControlError> {
    let (log, reader) = reader(folder)?;
    let size = reader.size();
    let unreadable = |e| ControlError::document(log.display(), told(&e));
    let root = match root {
        Some(path) => opened(&files::read_present(path)?, path)?,
        None => first_root(&reader, &log)?,
    };
    let mut book = Book::new(root);
    let mut next = 0;
    while next < size {
        let end = size.min(next + PAGE_ENTRIES);
        for leaf in reader.entries(next..end).map_err(unreadable)? {
            let envelope = Envelope::decode(&leaf).ok();
            let body = envelope.map(|e| reader.body(&e.body)).transpose();
            let body = body.map_err(unreadable)?.flatten().unwrap_or_default();
            if let Err(why) = book.judge(next, &leaf, &body, Judged::default()) {
                book.pass_over(next, &leaf, why);
            }
            next += 1;
        }
    }
    Ok(book)
}

/// A reader of the copy of the log that is below a folder, and where that is.
fn reader(folder: &Path) -> Result<(PathBuf, LogReader<Folder>), ControlError> {
    let log = place(folder)?;
    let disk = Folder::new(&log).map_err(ControlError::file("open", &log))?;
    let size = size(&log)?;
    Ok((log, LogReader::new(disk, size)))
}

/// Where below a folder the log's files are.
fn place(folder: &Path) -> Result<PathBuf, ControlError> {
    let places = ["log", "commission/mirror", "mirror", ""];
    let found = places.iter().map(|name| folder.join(name));
    found
        .into_iter()
        .find(|path| path.join("checkpoint").exists())
        .ok_or_else(|| {
            ControlError::Usage(format!(
                "{} holds no log: there is no checkpoint in it, nor in `log` or `commission/mirror` below it",
                folder.display()
            ))
        })
}

fn size(log: &Path) -> Result<u64, ControlError> {
    let path = log.join("checkpoint");
    let bytes = files::read_present(&path)?;
    let note = Note::parse(&bytes).map_err(|e| ControlError::document(path.display(), e))?;
    let line = note
        .text()
        .lines()
        .nth(1)
        .and_then(|line| line.parse().ok());
    line.ok_or_else(|| ControlError::document(path.display(), "it states no size"))
}

fn opened(bytes: &[u8], path: &Path) -> Result<TrustRoot, ControlError> {
    TrustRoot::open(bytes).map_err(|e| ControlError::document(path.display(), told(&e)))
}

/// The trust root that the log itself begins with.
fn first_root(reader: &LogReader<Folder>, log: &Path) -> Result<TrustRoot, ControlError> {
    let missing = || ControlError::document(log.display(), "its first entry is no trust root");
    let first = reader.entries(0..1).map_err(|_| missing())?;
    let envelope = first.first().and_then(|leaf| Envelope::decode(leaf).ok());
    let envelope = envelope.filter(|e| e.kind == EntryType::TrustRoot);
    let commitment = envelope.ok_or_else(missing)?.body;
    let stored = reader
        .body(&commitment)
        .ok()
        .flatten()
        .ok_or_else(missing)?;
    let body = sakimori_custody::entry::StoredBody::decode(&stored)
        .ok()
        .and_then(|body| body.open(&commitment, None).ok())
        .ok_or_else(missing)?;
    opened(&body, log)
}

/// What the secretariat writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// An inspection is opened, finds something, or is closed.
    Inspection {
        /// Its name.
        inspection: Name,
        /// What is done.
        act: InspectionAct,
        /// Who inspects.
        inspector: Name,
        /// What is inspected.
        subject: String,
        /// What is said.
        text: String,
    },
    /// A notice, demand or recommendation.
    Letter(Letter),
}

/// What is done in an inspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InspectionAct {
    /// It begins.
    Opened,
    /// It found something.
    Finding,
    /// It is over.
    Closed,
}

/// Which letter it is (Act 42/2025 arts. 66 to 68).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// A notice.
    Notice,
    /// A demand.
    Demand,
    /// A recommendation.
    Recommendation,
}

/// A letter of the commission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Which.
    pub kind: LetterKind,
    /// Its name.
    pub id: Name,
    /// To whom.
    pub to: String,
    /// About what, in a line.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// An authority, entry or measure that it is about.
    pub about: Option<String>,
    /// For a demand to stop: a suspension that chair or deputy signed.
    pub stop: Option<Vec<u8>>,
}

impl InspectionAct {
    const fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Finding => "finding",
            Self::Closed => "closed",
        }
    }
}

impl LetterKind {
    const fn entry(self) -> EntryType {
        match self {
            Self::Notice => EntryType::Notice,
            Self::Demand => EntryType::Demand,
            Self::Recommendation => EntryType::Recommendation,
        }
    }

    /// Days for an answer.
    const fn days(self, rules: &Rules) -> u64 {
        match self {
            Self::Notice => rules.deadline_notice,
            Self::Demand => rules.deadline_demand,
            Self::Recommendation => rules.deadline_recommendation,
        }
    }
}

/// Puts a word of the secretariat on record. A demand to stop stops first: its suspension is entered and handed to sensors before it.
///
/// # Errors
/// [`ControlError::Usage`]: something is not said; [`ControlError::Document`]: the suspension is none of chair or deputy; [`ControlError::Forbidden`]; [`ControlError::Ledger`].
pub fn write(
    node: &Node,
    host: &Host,
    secretariat: &NoteSigner,
    word: &Word,
) -> Result<u64, ControlError> {
    let stop = match word {
        Word::Letter(Letter {
            stop: Some(note), ..
        }) => Some(stopped(node, host, note)?),
        _ => None,
    };
    let mut desk = Desk::open(node, host, Some(secretariat))?;
    let deed = deed_of(desk.book(), word, stop, host.seconds())?;
    let (index, _) = desk.enter(deed)?;
    desk.journal.log.proof(index)?;
    Ok(index)
}

/// What a word of the secretariat is as a deed, by the schedule that the book shows: also for a node that brings it to the log itself. `stop` is the authority that a demand stops.
///
/// # Errors
/// [`ControlError::Usage`]: something is not said.
pub fn deed_of(
    book: &Book,
    word: &Word,
    stop: Option<AuthorityId>,
    now: Seconds,
) -> Result<Deed, ControlError> {
    let schedule = book.schedule_at(now);
    let days = |kind: LetterKind| schedule.map_or(ANSWER_DAYS, |s| kind.days(&s.schedule.rules));
    let (kind, counters, body) = match word {
        Word::Inspection {
            inspection,
            act,
            inspector,
            subject,
            text,
        } => {
            spoken(&[subject, text])?;
            let body = json!({
                "inspection": inspection.to_string(),
                "act": act.word(),
                "inspector": inspector.to_string(),
                "subject": subject,
                "text": text,
            });
            (EntryType::Inspection, Vec::new(), body)
        }
        Word::Letter(letter) => {
            spoken(&[&letter.to, &letter.subject, &letter.text])?;
            let due = now.plus(days(letter.kind) * DAY_SECONDS);
            let body = json!({
                "id": letter.id.to_string(),
                "to": letter.to,
                "subject": letter.subject,
                "text": letter.text,
                "about": letter.about,
                "stop": stop.map(|id| id.to_string()),
            });
            (letter.kind.entry(), vec![due.0], body)
        }
    };
    Ok(Deed {
        kind,
        authority: [0; 32],
        counters,
        body: body.to_string().into_bytes(),
    })
}

/// The report of a year as a deed, with its three texts.
pub fn report_of(book: &Book, year: u64) -> (Deed, Texts) {
    let report = book.yearly(year);
    let texts = report.texts();
    let mut counters = vec![year];
    counters.extend(report.headings.sums());
    let body = json!({
        "year": year,
        "sha256": hex(&texts.hash()),
        "headings": report.headings.lists(),
    });
    let deed = Deed {
        kind: EntryType::Report,
        authority: [0; 32],
        counters,
        body: body.to_string().into_bytes(),
    };
    (deed, texts)
}

/// Enters the suspension behind a demand; the authority that it stops.
fn stopped(node: &Node, host: &Host, note: &[u8]) -> Result<AuthorityId, ControlError> {
    let authority = stop_of(note)?;
    office::enter(node, host, note)?;
    Ok(authority)
}

/// The authority that the suspension behind a demand stops. Whether it is signed by chair or deputy is for whoever takes it to check.
///
/// # Errors
/// [`ControlError::Document`]: it is no suspension of the commission's.
pub fn stop_of(note: &[u8]) -> Result<AuthorityId, ControlError> {
    let told = |problem: &str| ControlError::document("the suspension of the demand", problem);
    let parsed = Note::parse(note).map_err(|e| told(&e.to_string()))?;
    let suspension = Suspension::parse(parsed.text()).map_err(|e| told(&e.to_string()))?;
    if suspension.by != By::Commission || suspension.act != SuspensionAct::Suspend {
        return Err(told(
            "a demand stops by a suspension that chair or deputy signed",
        ));
    }
    Ok(suspension.authority)
}

fn spoken(texts: &[&String]) -> Result<(), ControlError> {
    if texts.iter().all(|text| !text.trim().is_empty()) {
        Ok(())
    } else {
        Err(ControlError::Usage(
            "subject, text and addressee have to say something".to_owned(),
        ))
    }
}

/// The office's reply to a letter, by the index of its entry.
///
/// # Errors
/// As [`write()`].
pub fn reply(
    node: &Node,
    host: &Host,
    office: &NoteSigner,
    letter: u64,
    (from, text): (&Name, &str),
) -> Result<u64, ControlError> {
    spoken(&[&text.to_owned()])?;
    let mut desk = Desk::open(node, host, Some(office))?;
    let (index, _) = desk.enter(Deed {
        kind: EntryType::Reply,
        authority: [0; 32],
        counters: vec![letter],
        body: json!({"from": from.to_string(), "text": text})
            .to_string()
            .into_bytes(),
    })?;
    desk.journal.log.proof(index)?;
    Ok(index)
}

/// Puts the report of a year on record, as the secretariat: its numbers, and the hash of its three texts.
///
/// # Errors
/// As [`write()`]; refused where the year's numbers are others than the log gives.
pub fn publish_report(
    node: &Node,
    host: &Host,
    secretariat: &NoteSigner,
    year: u64,
) -> Result<(u64, Texts), ControlError> {
    let mut desk = Desk::open(node, host, Some(secretariat))?;
    let (deed, texts) = report_of(desk.book(), year);
    let (index, _) = desk.enter(deed)?;
    desk.journal.log.proof(index)?;
    Ok((index, texts))
}
