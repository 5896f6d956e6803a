//! What is told: omissions, and what shows later (I2, I3 with the carrier, I4, I5, I8, threads). In: the book, a time. Out: a list. Never: a thing that is not due yet.

use super::{Book, Deleted, LetterKind, Run, UrgentEnd};
use crate::limits::{
    CHALLENGE_SECONDS_MAX, DELETION_SECONDS_MAX, LAPSE_SECONDS_MAX, QUERY_SECONDS_MAX,
    REPORT_DAYS_MAX, SILENT_SECONDS_MAX,
};
use crate::refused::Told;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use serde::Serialize;

/// Status of a run that ended well, section 6.
const COMPLETE: u64 = 0;

/// Something that is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Overdue {
    /// Which.
    pub code: Told,
    /// Leaf index of the entry that it is about.
    pub index: u64,
    /// Since when it is due, Unix seconds.
    pub since: u64,
    /// The object, in words.
    pub what: String,
}

fn overdue(code: Told, index: u64, since: Seconds, what: impl std::fmt::Display) -> Overdue {
    Overdue {
        code,
        index,
        since: since.0,
        what: what.to_string(),
    }
}

impl Book {
    /// Everything that is told at a time, in the order of code and entry.
    ///
    /// # Cost
    /// Looks at each bucket, run, open query, urgent act and letter once.
    pub fn overdue(&self, now: Seconds) -> Vec<Overdue> {
        let mut list = Vec::new();
        self.late_buckets(now, &mut list);
        self.late_runs(now, &mut list);
        self.carriers_that_differ(&mut list);
        self.late_urgents(now, &mut list);
        self.late_threads(now, &mut list);
        self.measures_out_of_order(&mut list);
        self.unreported_measures(now, &mut list);
        for late in &self.late {
            let what = format!("entry {} of {}", late.index, late.time);
            list.push(overdue(Told::CosignedLate, late.index, late.cosigned, what));
        }
        for (index, time) in &self.uses.open {
            let due = time.plus(QUERY_SECONDS_MAX);
            if now > due {
                list.push(overdue(
                    Told::QueryOpen,
                    *index,
                    due,
                    format!("query {index}"),
                ));
            }
        }
        list.sort();
        list
    }

    /// Late cosignatures beyond those that are told one by one.
    pub const fn late_cosignatures_more(&self) -> u64 {
        self.late_more
    }

    fn late_buckets(&self, now: Seconds, list: &mut Vec<Overdue>) {
        for (id, bucket) in &self.buckets.all {
            let due = bucket.end.plus(DELETION_SECONDS_MAX);
            match &bucket.deleted {
                Some(deleted) if deleted.attestation.is_none() => {
                    list.push(overdue(
                        Told::DeletionUnattested,
                        deleted.index,
                        deleted.time,
                        id,
                    ));
                }
                None if now > due => {
                    list.push(overdue(Told::BucketOverdue, bucket.index, due, id));
                }
                _ => {}
            }
            if let Some(deleted) = &bucket.deleted
                && deleted.records != bucket.records
            {
                let what = format!(
                    "{id}: {} records told, {} in receipts",
                    deleted.records, bucket.records
                );
                list.push(overdue(
                    Told::DeletionRecords,
                    deleted.index,
                    deleted.time,
                    what,
                ));
            }
        }
        for (id, indices) in &self.buckets.unknown {
            let told = |index| overdue(Told::DeletionUnknown, index, self.newest, id);
            list.extend(indices.iter().copied().map(told));
        }
    }

    fn late_runs(&self, now: Seconds, list: &mut Vec<Overdue>) {
        let silent = |run: &Run| run.stop.is_none() && run.explained.is_none();
        for run in self.runs.all.values() {
            let due = run.last.plus(SILENT_SECONDS_MAX);
            if silent(run) && now > due {
                let what = format!("run {} of sensor {}", run.stream, run.sensor);
                list.push(overdue(Told::RunSilent, run.index, due, what));
            }
            if let Some(stop) = &run.stop
                && stop.status == COMPLETE
                && run.held > 0
            {
                let what = format!("run {}: {} packets", run.stream, run.held);
                list.push(overdue(Told::RunHeld, stop.index, stop.time, what));
            }
        }
    }

    /// I3: a carrier's entry whose span is filled by windows of its sensor, and whose count is not theirs within the tolerance.
    fn carriers_that_differ(&self, list: &mut Vec<Overdue>) {
        for carrier in &self.runs.carriers {
            let (start, end) = (carrier.start_ms, carrier.end_ms);
            let Some(read) = self.runs.read_in(&carrier.sensor, start, end) else {
                continue;
            };
            let time = Seconds(end / 1000);
            let tolerance = u128::from(carrier.tolerance_ppm);
            let differs = u128::from(read.abs_diff(carrier.packets)) * 1_000_000
                > tolerance * u128::from(carrier.packets);
            if differs {
                let what = format!(
                    "sensor {}: {} packets by the carrier, {read} by receipts",
                    carrier.sensor, carrier.packets
                );
                list.push(overdue(Told::CarrierDiffers, carrier.index, time, what));
            }
        }
    }

    fn late_urgents(&self, now: Seconds, list: &mut Vec<Overdue>) {
        for (id, urgent) in &self.urgents.all {
            match urgent.end {
                None => {
                    let due = urgent.deadline.plus(LAPSE_SECONDS_MAX);
                    if now > due {
                        list.push(overdue(Told::UrgentOpen, urgent.index, due, id));
                    }
                }
                Some(UrgentEnd::Refused(_, time) | UrgentEnd::Lapsed(_, time)) => {
                    let due = time.plus(LAPSE_SECONDS_MAX);
                    let left = self.left_of(*id);
                    if now > due && !left.is_empty() {
                        let what = format!("{id}: {} buckets are left", left.len());
                        list.push(overdue(Told::UrgentDestroy, urgent.index, due, what));
                    }
                }
                Some(UrgentEnd::Ratified(..)) => {}
            }
        }
    }

    fn measures_out_of_order(&self, list: &mut Vec<Overdue>) {
        for acted in self.measures.out_of_order() {
            let actuator = acted.actuator.as_ref().map_or("–", |name| name.as_str());
            let what = format!("step {} of actuator {actuator}: {}", acted.step, acted.act);
            list.push(overdue(
                Told::MeasureSequence,
                acted.index,
                acted.time,
                what,
            ));
        }
    }

    /// Measures under which something was dispatched, in all of their revisions, and of which no report came in time.
    fn unreported_measures(&self, now: Seconds, list: &mut Vec<Overdue>) {
        for (id, (index, end)) in self.unreported() {
            let due = end.plus(REPORT_DAYS_MAX * DAY_SECONDS);
            if now > due {
                let what = format!("measure {id}, which ended at {end}");
                list.push(overdue(Told::MeasureUnreported, index, due, what));
            }
        }
    }

    fn late_threads(&self, now: Seconds, list: &mut Vec<Overdue>) {
        for request in self.requests.all.values() {
            for question in request.open_questions() {
                if let Some(due) = question.due.filter(|due| now > *due)
                    && request.outcome.is_none()
                {
                    let what = format!("request {}", request.index);
                    list.push(overdue(Told::QuestionOverdue, question.index, due, what));
                }
            }
        }
        for letter in self.inspections.letters.values() {
            if letter.reply.is_none() && now > letter.due {
                let code = match letter.kind {
                    LetterKind::Notice => Told::NoticeOverdue,
                    LetterKind::Demand => Told::DemandOverdue,
                    LetterKind::Recommendation => Told::RecommendationOverdue,
                };
                list.push(overdue(code, letter.index, letter.due, &letter.id));
            }
        }
        for challenge in self.buckets.challenges.values() {
            let due = challenge.time.plus(CHALLENGE_SECONDS_MAX);
            let gone = self.buckets.get(&challenge.bucket).is_some_and(|bucket| {
                let attested = |deleted: &Deleted| deleted.attestation.is_some();
                bucket.deleted.as_ref().is_some_and(attested) || bucket.lapsed.is_some()
            });
            match challenge.response {
                None if now > due => {
                    list.push(overdue(
                        Told::ChallengeOpen,
                        challenge.index,
                        due,
                        &challenge.bucket,
                    ));
                }
                Some((index, false)) if !gone => {
                    let time = challenge.time;
                    list.push(overdue(Told::ResponseGone, index, time, &challenge.bucket));
                }
                _ => {}
            }
        }
    }
}
