//! The commission's watch over misuse: rules over its own copy, a case with sealed evidence for each new alert. In: the copy, its clock. Out: alarm lines, packs, entries of the secretariat.
//! Never: a verdict on a person; a second case for the same acts; an entry whose pack is not kept.

use super::{CommissionPart, refused};
use crate::outbox;
use crate::problem::{Answer, Code};
use sakimori_control::oversight::{self, Evidence};
use sakimori_custody::entry::Entry;
use sakimori_oversight::misuse::{self, Alert, Bounds};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most alerts that are remembered as told; behind it they are told again.
const TOLD_MAX: usize = 10_000;
/// Folder of the packs in the commission's folder.
const EVIDENCE: &str = "evidence";

/// What is remembered between rounds.
#[derive(Default)]
struct Seen {
    /// Alerts whose line was written.
    told: BTreeSet<Alert>,
    /// Cases whose packs are kept and whose entries are on their way.
    made: BTreeMap<Alert, Entry>,
    /// Alerts of the last round.
    alerts: u64,
    /// Alarm lines since the process began.
    alarms: u64,
}

/// The watch.
#[derive(Default)]
pub(super) struct Watch(Mutex<Seen>);

impl Watch {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Alerts of the last round, and alarm lines since the process began.
    pub(super) fn counts(&self) -> (u64, u64) {
        let seen = self.lock();
        (seen.alerts, seen.alarms)
    }
}

impl Seen {
    fn tell(&mut self, alert: &Alert) {
        if self.told.len() >= TOLD_MAX {
            self.told.clear();
        }
        if self.told.insert(alert.clone()) {
            self.alarms += 1;
            let (rule, actor, reason) = (alert.rule.name(), &alert.actor, &alert.reason);
            let entries = format!("{:?}", alert.entries);
            tracing::error!(
                rule,
                actor,
                entries,
                reason,
                "ALARM: a rule of misuse is met"
            );
        }
    }
}

impl CommissionPart {
    /// One look: each new alert is told, gets its pack, and its case is brought to the office's log. Says what failed; the next round tries again.
    pub fn watch_misuse(&self) -> Vec<String> {
        let mut seen = self.misuse.lock();
        // What never came on record has no entry that a case could name.
        for attempt in self.commission.attempts() {
            seen.alarms += 1;
            let (rule, actor, reason) = (attempt.rule.name(), &attempt.actor, &attempt.reason);
            tracing::error!(rule, actor, reason, "ALARM: an attempt was refused");
        }
        let alerts = match self.alerts() {
            Ok(alerts) => alerts,
            Err(problem) => return vec![line(&problem)],
        };
        seen.alerts = alerts.len() as u64;
        let known = |alert: &Alert| {
            self.commission
                .read(|book| oversight::is_known(book, alert))
        };
        let fresh: Vec<Alert> = alerts.into_iter().filter(|alert| !known(alert)).collect();
        seen.made.retain(|alert, _| fresh.contains(alert));
        let mut failed = Vec::new();
        for alert in fresh {
            seen.tell(&alert);
            if let Err(problem) = self.case(&mut seen, &alert) {
                failed.push(line(&problem));
                if problem.code != Code::EntryRefused {
                    // The office's node is away; so it is for the next.
                    break;
                }
            }
        }
        failed
    }

    /// Alerts whose acts are all cosigned: those of the rules, and those of entries on which nothing rests.
    fn alerts(&self) -> Answer<Vec<Alert>> {
        let size = self.commission.copy_size();
        let now = self.host.seconds();
        let (mut alerts, void) = self.commission.read(|book| {
            let alerts = misuse::alerts(book, &Bounds::default(), now);
            (alerts, book.void().to_vec())
        });
        alerts.retain(|alert| alert.entries.iter().all(|index| *index < size));
        for (index, why) in void.iter().filter(|(index, _)| *index < size) {
            let entry = self.commission.entry_at(*index).map_err(|e| refused(&e))?;
            let stored = entry.stored.unwrap_or_default();
            if let Some(mut alert) = misuse::attempt(why, &entry.leaf, &stored) {
                alert.entries = vec![*index];
                alerts.push(alert);
            }
        }
        Ok(alerts)
    }

    /// Keeps the pack of an alert and brings its case to the log: the same entry again, until the log has it.
    fn case(&self, seen: &mut Seen, alert: &Alert) -> Answer<()> {
        if !seen.made.contains_key(alert) {
            let entry = self.made(alert)?;
            seen.made.insert(alert.clone(), entry);
        }
        let Some(entry) = seen.made.get(alert) else {
            return Ok(());
        };
        match self.append_own(&entry.leaf, &entry.stored) {
            Ok(index) => {
                tracing::info!(index, "a case of misuse is on record");
                Ok(())
            }
            Err(problem) => {
                if problem.code == Code::EntryRefused {
                    // Its time may have passed by: it is made anew in the next round.
                    seen.made.remove(alert);
                }
                Err(problem)
            }
        }
    }

    fn made(&self, alert: &Alert) -> Answer<Entry> {
        let entries = alert.entries.iter();
        let entries: Result<Vec<Evidence>, _> =
            entries.map(|at| self.commission.entry_at(*at)).collect();
        let secretariat = self.secretariat()?;
        let case = entries
            .and_then(|entries| oversight::case_of(alert, &entries, &secretariat, &self.host))
            .map_err(|e| refused(&e))?;
        case.keep(&self.folder.join(EVIDENCE))
            .map_err(|e| refused(&e))?;
        outbox::made(&self.host, &secretariat, case.deed)
    }
}

fn line(problem: &crate::problem::Problem) -> String {
    let cause = problem.cause.as_deref().unwrap_or_default();
    format!("{} {} {cause}", problem.code.word(), problem.detail)
}
