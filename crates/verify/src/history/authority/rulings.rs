//! Rulings and suspensions: what the commission, the office or a party said about an authority after it was given. In: their entries. Out: what has ended, rests, is kept longer, may be
//! shown. Never: a word of somebody who may not say it (invariant I9).

use super::Authorities;
use super::urgency::Word;
use crate::code::{Code, Subject};
use crate::history::buckets::Buckets;
use crate::history::requests::Requests;
use crate::history::roots::Roots;
use crate::history::runs::Runs;
use crate::history::schedules::{Schedules, stale};
use crate::history::{Seen, told};
use crate::limits::UNDECIDED_SECONDS_MAX;
use crate::notes::{Bucket, By, Ruled, Ruling, Sitting, StatementError, Suspension};
use crate::report::Sink;

/// What rulings are held against: trust roots, and what runs wrote.
pub(in crate::history) type Facts<'f> = (&'f Roots, &'f Buckets, &'f Runs);

/// One field of one record that may be shown once.
#[derive(Debug)]
pub(in crate::history) struct Show {
    pub(in crate::history) record: String,
    pub(in crate::history) bucket: Bucket,
    pub(in crate::history) field: String,
    pub(in crate::history) sitting: Sitting,
}

impl Authorities {
    /// Takes a ruling.
    pub(in crate::history) fn rule(
        &mut self,
        seen: &Seen<'_>,
        facts: Facts<'_>,
        requests: &mut Requests,
        schedules: &mut Schedules,
        sink: &mut Sink,
    ) {
        let (roots, ..) = facts;
        let Some(body) = seen.open() else {
            return;
        };
        let ruling = match Ruling::read(body) {
            Ok(ruling) => ruling,
            Err(what) => return sink.bad(Code::RulingMalformed, seen.place(), what),
        };
        let before = sink.count();
        match roots.named(ruling.root, seen) {
            None => sink.bad(Code::RulingRoot, seen.place(), stale(ruling.root)),
            Some(root) => {
                let floor = root
                    .floor(&ruling.kind)
                    .max(schedules.floor(&ruling.kind, seen));
                match ruling.decided(root, floor) {
                    Ok(()) => {}
                    Err(StatementError::Signature(what)) => {
                        sink.bad(Code::RulingSignature, seen.place(), what);
                    }
                    Err(StatementError::Sitting(what)) => {
                        sink.bad(Code::RulingSitting, seen.place(), what);
                    }
                }
            }
        }
        if ruling.request != [0; 32] && !requests.has(&ruling.request) {
            let what = format!(
                "no request {} is in the log before it",
                crate::hex(&ruling.request)
            );
            sink.bad(Code::RulingRequest, seen.place(), what);
        }
        if let Some(what) = self.cannot(&ruling, requests, facts, seen) {
            sink.bad(Code::RulingAbout, seen.place(), what);
        }
        if self.rulings.contains(&ruling.id) {
            let what = format!("ruling {} is in the log already", crate::hex(&ruling.id));
            sink.bad(Code::RulingTwice, seen.place(), what);
        }
        if sink.count() == before {
            sink.good(Subject::Rulings);
            self.rulings.insert(ruling.id);
            requests.close(&ruling.request);
            if let Ruled::RequestRefused(leaf) = &ruling.ruled {
                requests.close(leaf);
            }
            self.apply(ruling, seen);
        }
    }

    fn cannot(
        &self,
        ruling: &Ruling,
        requests: &Requests,
        facts: Facts<'_>,
        seen: &Seen<'_>,
    ) -> Option<&'static str> {
        let known = |id| self.by_id(id).filter(|decided| decided.in_force);
        let (_, buckets, runs) = facts;
        match &ruling.ruled {
            Ruled::RequestRefused(leaf) => {
                (!requests.is_open(leaf)).then_some("no such request waits for an answer")
            }
            Ruled::Approved(id) => {
                let agreement =
                    known(id).is_some_and(|decided| decided.statement.kind == "agreement");
                (!agreement).then_some("no such agreement is in force")
            }
            Ruled::Revoked(id) => {
                let going = known(id).is_some_and(|decided| decided.revoked.is_none());
                (!going).then_some("no such authority goes on")
            }
            Ruled::Urgent { id, .. } => {
                let decided =
                    known(id).and_then(|decided| Some((decided, decided.urgency.as_ref()?)));
                let Some((decided, urgency)) = decided else {
                    return Some("no such urgent statement is in force");
                };
                if urgency.word != Word::Waiting || urgency.lapsed.is_some() {
                    Some("the urgent act was decided before, or has lapsed")
                } else if ruling.kind != decided.statement.kind {
                    Some("it is of another kind than the urgent statement")
                } else {
                    let until = urgency.deadline.saturating_add(UNDECIDED_SECONDS_MAX);
                    (seen.envelope.time > until)
                        .then_some("the urgent act ended more than an hour before")
                }
            }
            Ruled::Keep(bucket, days) => {
                if buckets.is_there(bucket) {
                    let later = self.keep(bucket).is_some_and(|kept| *days > kept);
                    (!later).then_some("the bucket is kept as long already")
                } else {
                    Some("no run wrote the bucket, or it was deleted before")
                }
            }
            Ruled::Show { record, bucket, .. } => (!runs.wrote(record, bucket))
                .then_some("no receipt covers the record in the bucket"),
        }
    }

    fn apply(&mut self, ruling: Ruling, seen: &Seen<'_>) {
        match ruling.ruled {
            Ruled::RequestRefused(_) => {}
            Ruled::Revoked(id) => {
                if let Some(decided) = self.known(&id) {
                    decided.revoked.get_or_insert(seen.latest());
                }
            }
            Ruled::Approved(id) => {
                if let Some(decided) = self.known(&id) {
                    decided.waits = false;
                }
            }
            Ruled::Urgent { id, ratified } => {
                let urgency = self.known(&id).and_then(|decided| decided.urgency.as_mut());
                if let Some(urgency) = urgency {
                    urgency.word = if ratified {
                        Word::Ratified
                    } else {
                        Word::Refused(seen.latest())
                    };
                }
            }
            Ruled::Keep(bucket, days) => {
                self.keeps.insert(bucket, days);
            }
            Ruled::Show {
                record,
                bucket,
                field,
            } => {
                let show = Show {
                    record,
                    bucket,
                    field,
                    sitting: ruling.sitting,
                };
                self.shows.insert(seen.index, show);
            }
        }
    }

    /// Takes a suspension, or the word that an authority goes on.
    pub(in crate::history) fn suspend(&mut self, seen: &Seen<'_>, roots: &Roots, sink: &mut Sink) {
        let Some(body) = seen.open() else {
            return;
        };
        let suspension = match Suspension::read(body) {
            Ok(suspension) => suspension,
            Err(what) => return sink.bad(Code::SuspensionMalformed, seen.place(), what),
        };
        let before = sink.count();
        let counted = (suspension.serial == seen.counter(0)).then_some(());
        let counted = counted.ok_or_else(|| "the serials of body and envelope differ".to_owned());
        told(Some(counted), &seen.place(), sink);
        let root = roots.named(suspension.root, seen);
        if root.is_none() {
            sink.bad(Code::SuspensionRoot, seen.place(), stale(suspension.root));
        }
        let decided = self
            .known(&suspension.authority)
            .filter(|decided| decided.in_force);
        let by = suspension.by;
        let party = decided
            .as_ref()
            .and_then(|decided| decided.statement.suspend_key().cloned());
        let keys = root.map(|root| match by {
            By::Commission => root.leads(),
            By::Office => vec![root.office.clone()],
            By::Party => party.clone().into_iter().collect(),
        });
        if decided.is_none() || by == By::Party && party.is_none() {
            let what = format!(
                "`{}` can suspend no authority {} that was decided before it",
                by.name(),
                crate::hex(&suspension.authority)
            );
            sink.bad(Code::SuspensionAbout, seen.place(), what);
        } else if let Some(Err(StatementError::Signature(what) | StatementError::Sitting(what))) =
            keys.map(|keys| suspension.signed_by(&keys))
        {
            sink.bad(Code::SuspensionSignature, seen.place(), what);
        }
        let Some(decided) = decided else {
            return;
        };
        let last = decided.words.get(&by).map_or(0, |(serial, _)| *serial);
        if suspension.serial.checked_sub(1) != Some(last) {
            let what = format!(
                "its serial is {}, the last of `{}` was {last}",
                suspension.serial,
                by.name()
            );
            sink.bad(Code::SuspensionSerial, seen.place(), what);
        }
        if sink.count() > before {
            return;
        }
        sink.good(Subject::Suspensions);
        decided
            .words
            .insert(by, (suspension.serial, suspension.suspends));
        if by == By::Commission && !suspension.suspends {
            decided.demanded = false;
        }
        decided.settle(seen);
    }
}
