//! What the commission knows from its own copy of the log, and what the office's writer admits: the book of `oversight`, as mirror and writer ask it. In: entries with their bodies, before
//! they are cosigned or sequenced. Out: answers, or the rule that an entry breaks. Never: a word of the office that is not in the log.
//!
//! The rules are those of `docs/reference/formats.md` section 18. A decision that lacks its signatures is kept as an entry and is never in force.

use super::lock;
use crate::error::{ControlError, told};
use sakimori_authority::root::TrustRoot;
use sakimori_authority::statement::{Kind, Statement};
use sakimori_custody::entry::{EntryType, Envelope, StoredBody};
use sakimori_custody::ids::{AuthorityId, SensorId};
use sakimori_custody::time::Seconds;
use sakimori_ledger::disk::Source;
use sakimori_ledger::mirror::Approve;
use sakimori_ledger::reader::LogReader;
use sakimori_ledger::writer::Admit;
use sakimori_oversight::book::UrgentEnd;
use sakimori_oversight::misuse::{self, Alert};
use sakimori_oversight::refused::{Code, Refused};
use sakimori_oversight::{Book, Judged};
use sakimori_tlog::merkle::{Hash, leaf_hash};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// A decision in force.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    /// Index of its entry.
    pub(super) index: u64,
    /// SHA-256 of its text.
    pub(super) commitment: [u8; 32],
    /// Its text.
    pub(super) text: String,
    /// What it says.
    pub(super) statement: Statement,
}

/// A query that is opened and not closed.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    /// SHA-256 of the statement's text.
    pub(super) authority: [u8; 32],
    /// When it was entered.
    pub(super) time: Seconds,
    /// Names of the buckets that it says it looks at.
    pub(super) buckets: BTreeSet<String>,
}

/// Most attempts that are kept until somebody takes them, and most entries that are remembered as told.
const ATTEMPTS_MAX: usize = 1024;

/// The commission's book.
pub struct Register {
    book: Book,
    /// What somebody tried and the book refused, until it is told.
    attempts: Vec<Alert>,
    /// Hashes of the entries that were refused: an upload is tried again and again.
    attempted: BTreeSet<Hash>,
    /// Entries of an earlier process whose bodies are not read yet, in order.
    unread: Vec<(u64, Vec<u8>)>,
}

impl Register {
    /// An empty book under a trust root.
    pub fn new(root: TrustRoot) -> Self {
        Self {
            book: Book::new(root),
            attempts: Vec::new(),
            attempted: BTreeSet::new(),
            unread: Vec::new(),
        }
    }

    /// The book, for those who read it.
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// A statement on record with the signatures that its kind needs, whether it lasts or has ended.
    pub(super) fn decided(&self, id: AuthorityId) -> Option<Decided> {
        self.book.authority(id).map(|authority| Decided {
            index: authority.index,
            commitment: authority.commitment,
            text: authority.text.clone(),
            statement: authority.statement.clone(),
        })
    }

    /// Whether an authority lets a sensor act now, but for a lease: nobody suspended or revoked it, and an urgent act has not ended.
    ///
    /// # Errors
    /// [`Refused`]: why not.
    pub(super) fn lets(
        &self,
        id: AuthorityId,
        sensor: &SensorId,
        now: Seconds,
    ) -> Result<(), Refused> {
        let authority = self.book.authority(id);
        let authority = authority.ok_or_else(|| Refused::from(Code::AuthorityNone))?;
        authority.lets(sensor, now)?;
        self.stands(id, sensor, now)
    }

    /// As [`Register::lets`], for whoever may have a lease: a sensor, or an actuator of a measure whose text was on record before it was decided.
    ///
    /// # Errors
    /// [`Refused`]: why not.
    pub(super) fn leases(
        &self,
        id: AuthorityId,
        name: &SensorId,
        now: Seconds,
    ) -> Result<(), Refused> {
        let authority = self.book.authority(id);
        let authority = authority.ok_or_else(|| Refused::from(Code::AuthorityNone))?;
        if authority.statement.kind != Kind::Measure {
            return self.lets(id, name, now);
        }
        if self.book.measure_of(authority).is_none() {
            return Err(Code::MeasureText.into());
        }
        self.stands(id, name, now)
    }

    /// Whether nobody suspended or revoked an authority, and it has not ended.
    fn stands(&self, id: AuthorityId, name: &SensorId, now: Seconds) -> Result<(), Refused> {
        let authority = self.book.authority(id);
        let authority = authority.ok_or_else(|| Refused::from(Code::AuthorityNone))?;
        authority.stands(name, now)?;
        if authority.suspended.is_some() {
            return Err(Code::AuthoritySuspended.into());
        }
        if authority.revoked.is_some() {
            return Err(Code::AuthorityRevoked.into());
        }
        if authority.urgent && !self.book.urgent_lets(id, now) {
            return Err(Code::UrgentEnded.into());
        }
        Ok(())
    }

    /// As [`Register::lets`], for what begins now: the moment that entries are allowed behind an end is over with that end.
    ///
    /// # Errors
    /// [`Refused`]: why not.
    pub(super) fn lets_begin(
        &self,
        id: AuthorityId,
        sensor: &SensorId,
        now: Seconds,
    ) -> Result<(), Refused> {
        self.lets(id, sensor, now)?;
        let authority = self.book.authority(id);
        if authority.is_none_or(|authority| now > authority.statement.not_after) {
            return Err(Code::AuthorityTime.into());
        }
        let urgent = self.book.urgent_list().get(&id);
        let lasts = urgent.is_none_or(|urgent| {
            now <= urgent.deadline || matches!(urgent.end, Some(UrgentEnd::Ratified(..)))
        });
        if lasts {
            Ok(())
        } else {
            Err(Code::UrgentEnded.into())
        }
    }

    /// Whether a lease of a sensor is on record whose last second is not over.
    pub(super) fn is_leased_now(&self, id: AuthorityId, sensor: &SensorId, now: Seconds) -> bool {
        let authority = self.book.authority(id);
        let leases = authority.and_then(|authority| authority.leases.get(sensor));
        // The newest comes first: that is the one that is used.
        leases.is_some_and(|leases| {
            let mut leases = leases.iter().rev();
            leases.any(|lease| lease.good(now) && now <= lease.not_after)
        })
    }

    pub(super) fn query(&self, index: u64) -> Option<Opened> {
        self.book.open_query_at(index).map(|query| Opened {
            authority: query.commitment,
            time: query.time,
            buckets: query.buckets.iter().map(ToString::to_string).collect(),
        })
    }

    pub(super) fn is_leased(&self, commitment: &[u8; 32], sensor: &SensorId, at: Seconds) -> bool {
        self.book.may_run(commitment, sensor, at)
    }

    /// What was tried and refused since this was last asked; each entry once.
    pub(super) fn take_attempts(&mut self) -> Vec<Alert> {
        std::mem::take(&mut self.attempts)
    }

    /// Notes an entry that was refused, where a rule of misuse speaks of it.
    fn refused(&mut self, why: &Refused, entry: &[u8], body: &[u8]) {
        let Some(alert) = misuse::attempt(why, entry, body) else {
            return;
        };
        if self.attempted.len() >= ATTEMPTS_MAX {
            self.attempted.clear();
        }
        let is_new = self.attempted.insert(leaf_hash(entry));
        if is_new && self.attempts.len() < ATTEMPTS_MAX {
            self.attempts.push(alert);
        }
    }

    /// Takes in what was cosigned by an earlier process. The rules were held against it then; where this program would refuse an entry, it stands in the book as
    /// one on which nothing rests. One whose body lies open and cannot be read is not passed over: a suspension that is lost would lease again.
    ///
    /// # Errors
    /// [`ControlError::Document`] names the entry.
    pub(super) fn read_bodies<D: Source>(
        &mut self,
        reader: &LogReader<D>,
    ) -> Result<(), ControlError> {
        for (index, entry) in std::mem::take(&mut self.unread) {
            let envelope = Envelope::decode(&entry).ok();
            let body = envelope.as_ref().map(|e| reader.body(&e.body));
            let opens = envelope.is_some_and(|e| !e.may_be_sealed());
            let lost = |why: &str| {
                let what = format!("the body of entry {index} of the mirror's copy");
                Err(ControlError::document(what, why))
            };
            let body = match body.transpose() {
                Ok(body) => body.flatten(),
                Err(e) if opens => return lost(&told(&e)),
                Err(_) => None,
            };
            if opens && body.is_none() {
                return lost("it is missing");
            }
            take_in(&mut self.book, index, &entry, body.as_deref());
        }
        Ok(())
    }
}

/// Takes in an entry that was held against the rules before.
fn take_in(book: &mut Book, index: u64, entry: &[u8], body: Option<&[u8]>) {
    let taken = book.judge(index, entry, body.unwrap_or_default(), Judged::before());
    if let Err(why) = taken {
        book.pass_over(index, entry, why);
    }
}

/// The register as the mirror asks it.
pub(super) struct Approver(pub(super) Arc<Mutex<Register>>);

impl Approve for Approver {
    fn restore(&mut self, index: u64, entry: &[u8]) {
        lock(&self.0).unread.push((index, entry.to_vec()));
    }

    fn approve(
        &mut self,
        index: u64,
        entry: &[u8],
        body: &[u8],
        now: Seconds,
    ) -> Result<(), String> {
        let mut register = lock(&self.0);
        let verdict = register.book.judge(index, entry, body, Judged::at(now));
        verdict.map(|_| ()).map_err(|why| {
            register.refused(&why, entry, body);
            why.to_string()
        })
    }
}

/// The book as the office's writer asks it: what would break a rule, or on which nothing could rest, is refused to its author with the reason, and never becomes an entry.
pub struct Admission {
    book: Arc<Mutex<Book>>,
    now: Box<dyn Fn() -> Seconds + Send>,
}

impl Admission {
    /// An admission under the trust root that the office pinned, with its clock.
    pub fn new(root: TrustRoot, now: Box<dyn Fn() -> Seconds + Send>) -> Self {
        Self {
            book: Arc::new(Mutex::new(Book::new(root))),
            now,
        }
    }

    /// The office's book, for those who read it beside the writer.
    pub fn book(&self) -> Arc<Mutex<Book>> {
        Arc::clone(&self.book)
    }
}

/// A trust root with other keys of log, mirror, leases or holders would leave processes that run with keys that nobody believes.
fn keeps_keys(known: &TrustRoot, entry: &[u8], body: &[u8]) -> Result<(), String> {
    let envelope = Envelope::decode(entry).ok();
    let Some(envelope) = envelope.filter(|envelope| envelope.kind == EntryType::TrustRoot) else {
        return Ok(());
    };
    let opened = StoredBody::decode(body).ok();
    let opened = opened.and_then(|stored| stored.open(&envelope.body, None).ok());
    let next = opened.and_then(|bytes| TrustRoot::remembered(&bytes).ok());
    if next.is_none_or(|next| next.keeps_keys_of(known)) {
        Ok(())
    } else {
        Err("a trust root changes no key of log, mirror, leases, share holders, secretariat or office".to_owned())
    }
}

impl Admit for Admission {
    fn restore(&mut self, index: u64, entry: &[u8], body: Option<&[u8]>) {
        take_in(&mut lock(&self.book), index, entry, body);
    }

    fn admit(&mut self, index: u64, entry: &[u8], body: &[u8]) -> Result<(), String> {
        let now = (self.now)();
        let mut book = lock(&self.book);
        keeps_keys(book.root(now.max(book.newest())), entry, body)?;
        let verdict = book.admit(index, entry, body, Judged::at(now));
        verdict.map(|_| ()).map_err(|why| why.to_string())
    }
}

#[cfg(test)]
mod tests;
