//! Schedules and releases of software. In: entries of types 2 and 3. Out: the numbers that are in force at a time. Never: a number of the law that no signed text holds.

use super::{Book, Seen, Taken, void};
use crate::book::authorities::told;
use crate::refused::{Code, Refused, hold};
use sakimori_authority::ruling::Ruling;
use sakimori_authority::schedule::{Beyond, Key, Passed, Schedule, SuccessionError};
use sakimori_authority::software::Software;
use sakimori_authority::statement::Statement;
use sakimori_custody::time::Seconds;

/// A schedule on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// Index of its entry.
    pub index: u64,
    /// When it was entered.
    pub time: Seconds,
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// What it says.
    pub schedule: Schedule,
}

/// A release of software on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Index of its entry.
    pub index: u64,
    /// When it was entered.
    pub time: Seconds,
    /// What it says.
    pub software: Software,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Schedules {
    pub(crate) versions: Vec<Scheduled>,
    pub(crate) releases: Vec<Release>,
}

impl Schedules {
    /// The newest version on record that has begun. For an entry: at the last second of its minute.
    pub(crate) fn in_force(&self, at: Seconds) -> Option<&Scheduled> {
        let begun = |s: &&Scheduled| s.schedule.not_before <= at;
        self.versions.iter().rev().find(begun)
    }

    /// Whether this is the schedule in force at an entry; in the minute in which one begins the one before it counts too.
    pub(crate) fn is_in_force(&self, hash: Option<&[u8; 32]>, seen: &Seen<'_>) -> bool {
        let at = |time| self.in_force(time).map(|s| &s.hash);
        at(seen.latest()).is_none()
            || hash.is_some() && [seen.latest(), seen.time].map(at).contains(&hash)
    }

    /// Whether any release has begun.
    pub(crate) fn any_release(&self, at: Seconds) -> bool {
        self.releases
            .iter()
            .any(|release| release.software.not_before <= at)
    }

    /// Whether a program is one that was released and has begun.
    pub(crate) fn release_in_force(&self, hash: &[u8; 32], at: Seconds) -> bool {
        self.releases
            .iter()
            .any(|r| r.software.sha256 == *hash && r.software.not_before <= at)
    }

    /// Whether a statement of a sitting or an agreement stays within what is in force; nothing to stay within where there is no schedule.
    pub(crate) fn allow(&self, statement: &Statement, at: Seconds) -> Result<(), Refused> {
        let Some(known) = self.in_force(at) else {
            return Ok(());
        };
        statement
            .within(&known.schedule)
            .map_err(|beyond| Refused::new(code(&beyond), beyond))
    }

    /// Whether so large a share of traffic may be asked for, per million.
    pub(crate) fn may_ask(&self, share_ppm: u64, at: Seconds) -> Result<(), Refused> {
        let known = self.in_force(at).map(|known| &known.schedule);
        match known.filter(|known| share_ppm > known.rules.cap_share_ppm) {
            None => Ok(()),
            Some(known) => {
                let most = known.shown(Key::CapSharePpm);
                let what = format!("{share_ppm} per million, where `cap.share-ppm` is {most}");
                Err(Refused::new(Code::RequestShare, what))
            }
        }
    }

    /// Whether an urgent statement is allowed where the month has had `count` before; gives its hours.
    pub(crate) fn urgent(
        &self,
        statement: &Statement,
        count: u64,
        at: Seconds,
    ) -> Result<u64, Refused> {
        let known = self.in_force(at);
        let schedule = known
            .map(|known| &known.schedule)
            .ok_or_else(|| Refused::new(Code::UrgentOff, "there is no schedule"))?;
        let hours = schedule.rules.urgent(statement.kind);
        let hours = hours.ok_or_else(|| Refused::from(Code::UrgentOff))?;
        self.allow(statement, at)?;
        hold(
            statement.ends_in_time(schedule, at.minute()),
            Code::UrgentHours,
        )?;
        hold(count < schedule.rules.urgent_month, Code::UrgentMonth)?;
        Ok(hours)
    }

    /// Whether a ruling has the votes that the schedule asks for.
    pub(crate) fn votes(&self, ruling: &Ruling, at: Seconds) -> Result<(), Refused> {
        let Some(known) = self.in_force(at) else {
            return Ok(());
        };
        ruling
            .within(&known.schedule)
            .map_err(|e| Refused::new(Code::BelowFloor, e))
    }

    /// Whether an agreement needs a ruling of the commission.
    pub(crate) fn agreements_sit(&self, at: Seconds) -> bool {
        self.in_force(at)
            .is_some_and(|known| known.schedule.rules.agreement_sitting)
    }

    /// Whether an export may go to a recipient; to nobody where there is no schedule.
    pub(crate) fn may_receive(&self, recipient: &str, at: Seconds) -> bool {
        self.in_force(at).is_some_and(|known| {
            let named = &known.schedule.rules.release_recipients;
            named.iter().any(|name| name.as_str() == recipient)
        })
    }

    /// Rows and exports of one actor in a day; no bound where there is no schedule.
    pub(crate) fn budgets(&self, at: Seconds) -> Option<(u64, u64)> {
        let rules = &self.in_force(at)?.schedule.rules;
        Some((rules.budget_rows, rules.budget_exports))
    }

    /// How far receipts may differ from the carrier's counter; not at all where there is no schedule.
    pub(crate) fn tolerance_ppm(&self, at: Seconds) -> u64 {
        self.in_force(at)
            .map_or(0, |known| known.schedule.rules.carrier_tolerance_ppm)
    }
}

const fn code(beyond: &Beyond) -> Code {
    match beyond.passed {
        Passed::Period { .. } | Passed::Retention { .. } | Passed::Caps { .. } => {
            Code::BeyondSchedule
        }
        Passed::Floor { .. } => Code::BelowFloor,
        Passed::UrgentOff(_) => Code::UrgentOff,
        Passed::UrgentTooLong { .. } => Code::UrgentHours,
        Passed::UrgentCaps { .. } => Code::UrgentCaps,
    }
}

impl Book {
    /// A version of the schedule.
    pub(crate) fn schedule(&mut self, seen: &Seen<'_>) -> Taken {
        match self.follows_schedule(seen) {
            Ok(scheduled) => {
                self.schedules.versions.push(scheduled);
                Taken::InForce
            }
            Err(why) => void(why),
        }
    }

    fn follows_schedule(&self, seen: &Seen<'_>) -> Result<Scheduled, Refused> {
        let bytes = seen.open()?;
        let (schedule, _) = self
            .under(seen, |root| Schedule::check(bytes, root))
            .map_err(|e| Refused::new(Code::ScheduleBad, told(&e)))?;
        let last = self.schedules.versions.last();
        let next = last.map_or(1, |last| last.schedule.version + 1);
        let version = schedule.version == next && schedule.version == seen.counter(0);
        hold(version, Code::ScheduleChain)?;
        if let Some(last) = last {
            schedule.succeeds(&last.schedule).map_err(|e| match e {
                SuccessionError::Unconsulted(_) => Refused::new(Code::ScheduleConsultation, e),
                _ => Refused::new(Code::ScheduleChain, e),
            })?;
        }
        Ok(Scheduled {
            index: seen.index,
            time: seen.time,
            hash: schedule.hash(),
            schedule,
        })
    }

    /// A release of software.
    pub(crate) fn software(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let bytes = seen.open()?;
        match self.under(seen, |root| Software::check(bytes, root)) {
            Ok((software, _)) => {
                self.schedules.releases.push(Release {
                    index: seen.index,
                    time: seen.time,
                    software,
                });
                Ok(Taken::InForce)
            }
            Err(e) => Ok(void(Refused::new(Code::SoftwareBad, told(&e)))),
        }
    }

    /// The schedule that is in force at a time.
    pub fn schedule_at(&self, at: Seconds) -> Option<&Scheduled> {
        let begun = |s: &&Scheduled| s.schedule.not_before <= at && s.time <= at;
        self.schedules.versions.iter().rev().find(begun)
    }

    /// Schedules in the order of their versions.
    pub fn schedule_list(&self) -> &[Scheduled] {
        &self.schedules.versions
    }

    /// Releases of software in order.
    pub fn release_list(&self) -> &[Release] {
        &self.schedules.releases
    }
}
