//! The book: one fold over the log's entries. In: each entry with its stored body, in order, and when it is judged. Out: a verdict, and the state that the rooms ask for. Never: a
//! clock; a change by an entry that is refused.
//!
//! Each subject is a module below; what all entries have to be is checked here: form, order, time, author, stream, body.

mod authorities;
mod buckets;
mod inspections;
mod leases;
mod measures;
mod overdue;
mod people;
mod releases;
mod requests;
mod roots;
mod rulings;
mod runs;
mod schedules;
mod streams;
mod urgent;
mod uses;

pub use authorities::{Acknowledged, Authority, By, Held, Stopped};
pub use buckets::{Bucket, Challenge, Deleted};
pub use inspections::{Inspection, Letter, LetterKind, Misuse, Reply, ReportEntry};
pub use leases::Leased;
pub use measures::{Acted, MeasureAct, Proposed};
pub use overdue::Overdue;
pub use people::{Grant, Person};
pub use releases::Released;
pub use requests::{Outcome, Post, Request};
pub use rulings::Ruled;
pub use runs::{Carrier, Covered, Fault, Gap, Refusal, Run, Stop, Sums, Window};
pub use schedules::{Release, Scheduled};
pub use urgent::{Urgent, UrgentEnd};
pub use uses::{Export, Query, Shown};

use crate::calendar::{Month, japan};
use crate::limits::{AHEAD_SECONDS_MAX, BEHIND_SECONDS_MAX, COSIGNED_LATE_MAX};
use crate::refused::{Code, Refused, hold};
use crate::report::Counts;
use authorities::Authorities;
use buckets::Buckets;
use inspections::Inspections;
use measures::Measures;
use people::People;
use requests::Requests;
use roots::{Roots, Who};
use rulings::Rulings;
use runs::Runs;
use sakimori_authority::root::TrustRoot;
use sakimori_custody::entry::{EntryType, Envelope, StoredBody, size_class};
use sakimori_custody::time::Seconds;
use sakimori_tlog::merkle::{Hash, leaf_hash};
use schedules::Schedules;
use std::collections::BTreeMap;
use streams::Streams;
use urgent::Urgents;
use uses::Uses;

/// When an entry is judged, and by whom it was held before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Time of the cosignature that first covers it, or the writer's clock; `None` where nobody knows.
    pub now: Option<Seconds>,
    /// The caller holds a proof that its mirror cosigned this very entry: signatures were checked then and are not again.
    pub cosigned: bool,
}

impl Judged {
    /// By the mirror or the writer, at this time.
    pub const fn at(now: Seconds) -> Self {
        Self {
            now: Some(now),
            cosigned: false,
        }
    }

    /// By a reader of a copy that was cosigned before.
    pub const fn before() -> Self {
        Self {
            now: None,
            cosigned: true,
        }
    }
}

/// What became of an entry that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was in the book already.
    Again,
    /// It counts.
    InForce,
    /// It stands as an entry and nothing may rest on it.
    Void(Refused),
}

/// An entry that is being judged, opened.
pub(crate) struct Seen<'a> {
    pub(crate) index: u64,
    pub(crate) envelope: &'a Envelope,
    /// Its hash in the tree.
    pub(crate) leaf: Hash,
    /// The body; `None` where it is sealed.
    pub(crate) body: Option<&'a [u8]>,
    /// Its own time.
    pub(crate) time: Seconds,
    pub(crate) who: Who,
}

impl Seen<'_> {
    /// The last second of its minute: what happened in it is not before that.
    pub(crate) fn latest(&self) -> Seconds {
        last_of(self.time)
    }

    /// The open body.
    pub(crate) fn open(&self) -> Result<&[u8], Refused> {
        self.body.ok_or_else(|| Code::BodyForm.into())
    }

    /// A counter; 0 where there is none, which the check of their number excludes.
    pub(crate) fn counter(&self, at: usize) -> u64 {
        self.envelope.counters.get(at).copied().unwrap_or_default()
    }
}

/// An entry whose cosignature came late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Late {
    pub(crate) index: u64,
    pub(crate) time: Seconds,
    pub(crate) cosigned: Seconds,
}

/// The book.
#[derive(Clone, Debug, PartialEq)]
pub struct Book {
    next: u64,
    newest: Seconds,
    late: Vec<Late>,
    late_more: u64,
    pub(crate) roots: Roots,
    streams: Streams,
    pub(crate) schedules: Schedules,
    pub(crate) people: People,
    pub(crate) requests: Requests,
    pub(crate) authorities: Authorities,
    pub(crate) urgents: Urgents,
    pub(crate) rulings: Rulings,
    pub(crate) runs: Runs,
    pub(crate) buckets: Buckets,
    pub(crate) uses: Uses,
    pub(crate) inspections: Inspections,
    pub(crate) measures: Measures,
    releases: Vec<Released>,
    /// Sums by month in Japan.
    pub(crate) counts: BTreeMap<Month, Counts>,
    /// Entries that rest on nothing: index and why.
    void: Vec<(u64, Refused)>,
}

impl Book {
    /// An empty book under the trust root that its keeper pinned.
    pub fn new(root: TrustRoot) -> Self {
        Self {
            next: 0,
            newest: Seconds(0),
            late: Vec::new(),
            late_more: 0,
            roots: Roots::new(root),
            streams: Streams::default(),
            schedules: Schedules::default(),
            people: People::default(),
            requests: Requests::default(),
            authorities: Authorities::default(),
            urgents: Urgents::default(),
            rulings: Rulings::default(),
            runs: Runs::default(),
            buckets: Buckets::default(),
            uses: Uses::default(),
            inspections: Inspections::default(),
            measures: Measures::default(),
            releases: Vec::new(),
            counts: BTreeMap::new(),
            void: Vec::new(),
        }
    }

    /// Number of entries in the book.
    pub const fn size(&self) -> u64 {
        self.next
    }

    /// The newest time that an entry has.
    pub const fn newest(&self) -> Seconds {
        self.newest
    }

    /// The trust root that is in force at a time.
    pub fn root(&self, at: Seconds) -> &TrustRoot {
        self.roots.in_force(at)
    }

    /// Entries on which nothing may rest, with the reason.
    pub fn void(&self) -> &[(u64, Refused)] {
        &self.void
    }

    /// Holds an entry against every rule and takes it in. One that is refused leaves the book as it was; one that is in the book already changes nothing.
    ///
    /// # Errors
    /// [`Refused`]: the rule, the code and the object.
    ///
    /// # Cost
    /// Constant, or logarithmic in what the book holds; a signature, where it is not [`Judged::cosigned`], costs most.
    pub fn judge(
        &mut self,
        index: u64,
        entry: &[u8],
        stored: &[u8],
        at: Judged,
    ) -> Result<Taken, Refused> {
        self.taken(index, entry, stored, at, true)
    }

    /// As [`Book::judge`], for who puts entries on record: one on which nothing could rest is refused too, but the state that a sensor signs of itself. So nobody fills the log
    /// with words that count for nothing.
    ///
    /// # Errors
    /// [`Refused`]: the rule, the code and the object.
    pub fn admit(
        &mut self,
        index: u64,
        entry: &[u8],
        stored: &[u8],
        at: Judged,
    ) -> Result<Taken, Refused> {
        self.taken(index, entry, stored, at, false)
    }

    fn taken(
        &mut self,
        index: u64,
        entry: &[u8],
        stored: &[u8],
        at: Judged,
        takes_void: bool,
    ) -> Result<Taken, Refused> {
        if index < self.next {
            return Ok(Taken::Again);
        }
        if index > self.next {
            return Err(Refused::new(
                Code::EntryOrder,
                format!("entry {index} where {} is next", self.next),
            ));
        }
        let envelope = Envelope::decode(entry).map_err(|e| Refused::new(Code::EntryForm, e))?;
        self.form(&envelope, at)?;
        let leaf = leaf_hash(entry);
        self.streams.check(&envelope)?;
        let who = self.roots.author(&envelope, at.cosigned)?;
        let opened = open(&envelope, stored, at.cosigned)?;
        let seen = Seen {
            index,
            envelope: &envelope,
            leaf,
            body: opened.as_deref(),
            time: envelope.time,
            who,
        };
        let taken = self.dispatch(&seen)?;
        let stands = takes_void || envelope.kind == EntryType::Effective;
        if let Taken::Void(why) = &taken
            && !stands
        {
            // BOUND: what is void has changed nothing so far.
            return Err(why.clone());
        }
        self.streams.take(&envelope, leaf);
        self.noted(&seen, &taken, at);
        Ok(taken)
    }

    /// Takes in an entry that was cosigned before and that the rules of this program refuse: only its place in log and stream counts. So a reader goes on behind it.
    pub fn pass_over(&mut self, index: u64, entry: &[u8], why: Refused) {
        if index != self.next {
            return;
        }
        self.next += 1;
        if let Ok(envelope) = Envelope::decode(entry) {
            self.streams.take(&envelope, leaf_hash(entry));
            self.newest = self.newest.max(envelope.time);
        }
        self.void.push((index, why));
    }

    fn form(&self, envelope: &Envelope, at: Judged) -> Result<(), Refused> {
        hold(envelope.counters_fit(), Code::EntryCounters)?;
        hold(envelope.time.minute() == envelope.time, Code::EntryMinute)?;
        let ahead = at
            .now
            .is_some_and(|now| envelope.time.0 > now.0.saturating_add(AHEAD_SECONDS_MAX));
        if ahead {
            let now = at.now.unwrap_or_default();
            return Err(Refused::new(
                Code::EntryAhead,
                format!("it is of {}, the clock says {now}", envelope.time),
            ));
        }
        if envelope.time.0.saturating_add(BEHIND_SECONDS_MAX) < self.newest.0 {
            return Err(Refused::new(
                Code::EntryBehind,
                format!(
                    "it is of {}, one before it of {}",
                    envelope.time, self.newest
                ),
            ));
        }
        Ok(())
    }

    /// What every entry that was taken leaves behind.
    fn noted(&mut self, seen: &Seen<'_>, taken: &Taken, at: Judged) {
        self.next += 1;
        self.newest = self.newest.max(seen.time);
        if let Some(now) = at.now
            && now.0 > seen.time.0.saturating_add(BEHIND_SECONDS_MAX)
        {
            if self.late.len() < COSIGNED_LATE_MAX {
                self.late.push(Late {
                    index: seen.index,
                    time: seen.time,
                    cosigned: now,
                });
            } else {
                self.late_more += 1;
            }
        }
        if let Taken::Void(why) = taken {
            self.void.push((seen.index, why.clone()));
        }
    }

    /// The sums of the month in Japan that a time lies in.
    pub(crate) fn month(&mut self, at: Seconds) -> &mut Counts {
        self.counts.entry(japan(at)).or_default()
    }

    fn dispatch(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        use EntryType as T;
        match seen.envelope.kind {
            T::TrustRoot => self.trust_root(seen),
            T::Schedule => Ok(self.schedule(seen)),
            T::Software => self.software(seen),
            T::Access => self.access(seen),
            T::Request => self.request(seen),
            T::Decision => Ok(self.decision(seen)),
            T::Activation => Ok(self.activation(seen)),
            T::Question => self.question(seen),
            T::Answer => self.answer(seen),
            T::Ruling => Ok(self.ruling(seen)),
            T::Suspension => Ok(self.suspension(seen)),
            T::Urgent => Ok(self.urgent(seen)),
            T::Lapse => self.lapse(seen),
            T::Proposal => Ok(self.proposal(seen)),
            T::Start => self.start(seen),
            T::Stop => self.stop(seen),
            T::Receipt => self.receipt(seen),
            T::Gap => self.gap(seen),
            T::Fault => self.fault(seen),
            T::Refusal => self.refusal(seen),
            T::Effective => self.effective(seen),
            T::Carrier => self.carrier(seen),
            T::Deletion => self.deletion(seen),
            T::Attestation => self.attestation(seen),
            T::Purge => self.purge(seen),
            T::Challenge => self.challenge(seen),
            T::Response => self.response(seen),
            T::Query => self.query(seen),
            T::Finding => self.finding(seen),
            T::Export => self.export(seen),
            T::Reidentification => self.reidentification(seen),
            T::Release => self.release(seen),
            T::Measure => self.measure_act(seen),
            T::Misuse => self.misuse(seen),
            T::Inspection => self.inspection(seen),
            T::Notice | T::Demand | T::Recommendation => self.letter(seen),
            T::Reply => self.reply(seen),
            T::Report => self.report(seen),
        }
    }
}

/// The body, once it is shown to be the one that the envelope commits to; `None` where it may be sealed and is, or went with the bucket since the entry was cosigned.
fn open(envelope: &Envelope, stored: &[u8], cosigned: bool) -> Result<Option<Vec<u8>>, Refused> {
    if cosigned && stored.is_empty() && envelope.may_be_sealed() {
        return Ok(None);
    }
    let body = StoredBody::decode(stored).map_err(|e| Refused::new(Code::BodyForm, e))?;
    if matches!(body, StoredBody::Sealed { .. }) {
        return if envelope.may_be_sealed() {
            Ok(None)
        } else {
            Err(Refused::new(Code::BodyForm, "it is sealed"))
        };
    }
    let bytes = body
        .open(&envelope.body, None)
        .map_err(|_| Refused::from(Code::BodyWrong))?;
    hold(
        size_class(bytes.len()) == envelope.size_class,
        Code::BodySize,
    )?;
    Ok(Some(bytes))
}

/// The last second of a minute.
pub(crate) fn last_of(minute: Seconds) -> Seconds {
    minute.plus(59)
}

/// `Ok(Taken::Void)`: the entry stands, and nothing may rest on it.
pub(crate) fn void(why: impl Into<Refused>) -> Taken {
    Taken::Void(why.into())
}
