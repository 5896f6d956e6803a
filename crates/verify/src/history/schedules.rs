//! Schedules and software: which numbers and which program count. In: schedule and software entries. Out: what is in force at an entry. Never: a value that nobody
//! verified, used without a word.

use super::roots::Roots;
use super::{Seen, told};
use crate::code::{Code, Subject};
use crate::notes::{Schedule, Software, StatementError};
use crate::report::Sink;
use sakimori_tlog::merkle::Hash;
use std::collections::BTreeMap;

/// What is in force.
#[derive(Debug, Default)]
pub(super) struct Schedules {
    versions: Vec<Schedule>,
    software: Vec<Software>,
    /// Values that nobody verified, by version and key: text, source, how often they were used.
    unverified: BTreeMap<(u64, &'static str), (String, String, u64)>,
}

impl Schedules {
    /// Takes a version of the schedule.
    pub(super) fn enter(&mut self, seen: &Seen<'_>, roots: &Roots, sink: &mut Sink) {
        let Some(body) = seen.open() else {
            return;
        };
        let schedule = match Schedule::read(body) {
            Ok(schedule) => schedule,
            Err(what) => return sink.bad(Code::ScheduleMalformed, seen.place(), what),
        };
        let before = sink.count();
        counted(seen, schedule.version, sink);
        match roots.named(schedule.root, seen) {
            None => sink.bad(Code::ScheduleRoot, seen.place(), stale(schedule.root)),
            Some(root) => {
                let floor = root
                    .floor("acquisition")
                    .max(self.floor("acquisition", seen));
                match schedule.decided(root, floor) {
                    Ok(()) => {}
                    Err(StatementError::Signature(what)) => {
                        sink.bad(Code::ScheduleSignature, seen.place(), what);
                    }
                    Err(StatementError::Sitting(what)) => {
                        sink.bad(Code::ScheduleSitting, seen.place(), what);
                    }
                }
            }
        }
        let last = self.versions.last();
        if !schedule.follows(last) {
            let what = format!(
                "version {} does not follow the one before it",
                schedule.version
            );
            sink.bad(Code::ScheduleChain, seen.place(), what);
        }
        if let Some(key) = last.and_then(|last| schedule.unconsulted(last)) {
            let what = format!("`{key}` changes and no consultation is named");
            sink.bad(Code::ScheduleConsultation, seen.place(), what);
        }
        if sink.count() == before {
            sink.good(Subject::Schedules);
            self.versions.push(schedule);
        }
    }

    /// Takes a release.
    pub(super) fn release(&mut self, seen: &Seen<'_>, roots: &Roots, sink: &mut Sink) {
        let Some(body) = seen.open() else {
            return;
        };
        let software = match Software::read(body) {
            Ok(software) => software,
            Err(what) => return sink.bad(Code::SoftwareMalformed, seen.place(), what),
        };
        let Some(root) = roots.named(software.root, seen) else {
            return sink.bad(Code::SoftwareRoot, seen.place(), stale(software.root));
        };
        match software.signed(root) {
            Ok(()) => {
                sink.good(Subject::Schedules);
                self.software.push(software);
            }
            Err(StatementError::Signature(what) | StatementError::Sitting(what)) => {
                sink.bad(Code::SoftwareSignature, seen.place(), what);
            }
        }
    }

    fn at(&self, time: u64) -> Option<&Schedule> {
        self.versions
            .iter()
            .rev()
            .find(|schedule| schedule.not_before <= time)
    }

    /// Whether a schedule counts at an entry.
    pub(super) fn any(&self, seen: &Seen<'_>) -> bool {
        self.at(seen.latest()).is_some()
    }

    /// Whether this is the schedule in force; true where none is.
    pub(super) fn is_in_force(&self, hash: Option<&Hash>, seen: &Seen<'_>) -> bool {
        let named = |schedule: Option<&Schedule>| schedule.map(|schedule| &schedule.hash) == hash;
        match self.at(seen.latest()) {
            None => true,
            latest => named(latest) || hash.is_some() && named(self.at(seen.envelope.time)),
        }
    }

    /// Whether this program is in force; true where none has to be.
    pub(super) fn may_run(&self, program: Option<&Hash>, seen: &Seen<'_>) -> bool {
        let begun = |software: &&Software| software.not_before <= seen.latest();
        let mut known = self.software.iter().filter(begun).peekable();
        known.peek().is_none() || known.any(|software| Some(&software.sha256) == program)
    }

    /// How many releases are on record.
    pub(super) const fn releases(&self) -> usize {
        self.software.len()
    }

    /// A number of the schedule in force; one that nobody verified is remembered. `None` where there is no schedule, or the value is `off`.
    pub(super) fn number(&mut self, key: &'static str, seen: &Seen<'_>) -> Option<u64> {
        let value = self.at(seen.latest())?.value(key)?;
        let count = value.count();
        self.used(key, seen);
        count
    }

    /// Whether a list of the schedule in force has a word; `None` where there is no schedule.
    pub(super) fn lists(&mut self, key: &'static str, word: &str, seen: &Seen<'_>) -> Option<bool> {
        let listed = self.at(seen.latest())?.value(key)?.lists(word);
        self.used(key, seen);
        Some(listed)
    }

    /// Whether an agreement needs a ruling too.
    pub(super) fn agreements_sit(&mut self, seen: &Seen<'_>) -> bool {
        self.lists("agreement.sitting", "yes", seen) == Some(true)
    }

    /// Votes for that the schedule asks of a kind; the larger of this and the trust root's counts.
    pub(super) fn floor(&mut self, kind: &str, seen: &Seen<'_>) -> u64 {
        let key = match kind {
            "acquisition" => "floor.acquisition",
            "measure" => "floor.measure",
            "reidentification" => "floor.reidentification",
            "disclosure" => "floor.disclosure",
            _ => return 0,
        };
        self.number(key, seen).unwrap_or(0)
    }

    fn used(&mut self, key: &'static str, seen: &Seen<'_>) {
        let Some(schedule) = self.at(seen.latest()) else {
            return;
        };
        let version = schedule.version;
        let Some(value) = schedule.value(key).filter(|value| !value.verified) else {
            return;
        };
        let fresh = (value.text.clone(), value.source.clone(), 0);
        let entry = self.unverified.entry((version, key)).or_insert(fresh);
        entry.2 += 1;
    }

    /// Says which values were used that nobody verified.
    pub(super) fn finish(&self, sink: &mut Sink) {
        for ((version, key), (text, source, count)) in &self.unverified {
            sink.note(format!(
                "UNVERIFIED: `{key} = {text}` of schedule version {version} ({}) was used {count} times",
                crate::quote(source)
            ));
        }
    }
}

/// Whether the counter is the note's version.
fn counted(seen: &Seen<'_>, version: u64, sink: &mut Sink) {
    let same = (seen.counter(0) == version).then_some(());
    let same = same.ok_or_else(|| {
        format!(
            "it is counted as version {}, its text says {version}",
            seen.counter(0)
        )
    });
    told(Some(same), &seen.place(), sink);
}

/// What is wrong with a note's trust root.
pub(super) fn stale(version: u64) -> String {
    format!("version {version} of the trust root is not the one in force")
}
