//! Whether a statement stays within the schedule. In: both. Out: nothing, or the first value that is passed. Never: a value that is rounded up.

use super::{Key, Schedule, UNVERIFIED};
use crate::statement::{Basis, Kind, Statement};
use sakimori_custody::time::Seconds;

/// A value of the schedule that a statement or a ruling passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{passed}{}", if *.verified { String::new() } else { format!(" ({UNVERIFIED})") })]
pub struct Beyond {
    /// Which value.
    pub key: Key,
    /// Whether somebody verified it.
    pub verified: bool,
    /// By what it is passed.
    pub passed: Passed,
}

/// By what a value of the schedule is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Passed {
    /// It lasts longer than a direction, or an agreement, may.
    #[error("it ends after {allowed}, the end of `{key}`")]
    Period {
        /// Which value.
        key: Key,
        /// The last second that it allows.
        allowed: Seconds,
    },
    /// Records would be kept too long.
    #[error("it keeps records for {found} days; `retention.days` is {allowed}")]
    Retention {
        /// Days.
        found: u64,
        /// Days that are allowed.
        allowed: u64,
    },
    /// A cap is too large.
    #[error("a cap is {found}; `{key}` is {allowed}")]
    Caps {
        /// Which value.
        key: Key,
        /// The statement's cap.
        found: u64,
        /// The largest that is allowed.
        allowed: u64,
    },
    /// Too few votes.
    #[error("{found} votes for; the schedule asks for {needed}")]
    Floor {
        /// Votes for.
        found: u64,
        /// Votes needed.
        needed: u64,
    },
    /// Urgent acts of this kind are off.
    #[error("the schedule allows no urgent act of the kind `{0}`")]
    UrgentOff(Kind),
    /// An urgent act lasts too long.
    #[error("the urgent act lasts {found} seconds; {allowed} are allowed")]
    UrgentTooLong {
        /// Seconds.
        found: u64,
        /// Seconds that are allowed.
        allowed: u64,
    },
    /// A cap of an urgent act is too large.
    #[error("a cap of the urgent act is {found}; `{key}` is {allowed}")]
    UrgentCaps {
        /// Which value.
        key: Key,
        /// The statement's cap.
        found: u64,
        /// The largest that is allowed.
        allowed: u64,
    },
}

impl Statement {
    /// Whether the statement stays within the schedule: period, retention, caps, votes, and the rules of urgent acts. What depends on the log (the month's count of
    /// urgent acts, a ruling on an agreement) is for who holds it.
    ///
    /// # Errors
    /// [`Beyond`] names the first value that it passes.
    pub fn within(&self, schedule: &Schedule) -> Result<(), Beyond> {
        let held = self.held(schedule);
        held.map_err(|(key, passed)| schedule.passed(key, passed))
    }

    fn held(&self, schedule: &Schedule) -> Result<(), (Key, Passed)> {
        self.within_period(schedule)?;
        let rules = &schedule.rules;
        if self.keep_days > rules.retention_days {
            let (found, allowed) = (self.keep_days, rules.retention_days);
            return Err((Key::RetentionDays, Passed::Retention { found, allowed }));
        }
        for (key, found, allowed) in [
            (Key::CapMatchPpm, self.caps.match_ppm, rules.cap_match_ppm),
            (
                Key::CapDayRecords,
                self.caps.day_records,
                rules.cap_day_records,
            ),
        ] {
            if found > allowed {
                let passed = Passed::Caps {
                    key,
                    found,
                    allowed,
                };
                return Err((key, passed));
            }
        }
        match &self.decided {
            Basis::Sitting(sitting) => {
                let (found, needed) = (sitting.votes_for.len() as u64, rules.floor(self.kind));
                match Key::floor(self.kind).filter(|_| found < needed) {
                    Some(key) => Err((key, Passed::Floor { found, needed })),
                    None => Ok(()),
                }
            }
            Basis::Agreement { .. } => Ok(()),
            Basis::Urgent { .. } => self.within_urgent(schedule),
        }
    }

    /// The shortest period of the directions, or that of an agreement.
    fn within_period(&self, schedule: &Schedule) -> Result<(), (Key, Passed)> {
        let rules = &schedule.rules;
        let periods: Vec<(Key, u64)> = match self.decided {
            Basis::Agreement { .. } => vec![(Key::PeriodAgreement, rules.period_agreement)],
            Basis::Sitting(_) | Basis::Urgent { .. } => self
                .directions
                .iter()
                .map(|direction| (Key::period(*direction), rules.period(*direction)))
                .collect(),
        };
        for (key, months) in periods {
            let allowed = self.not_before.plus_months(months);
            if self.not_after > allowed {
                return Err((key, Passed::Period { key, allowed }));
            }
        }
        Ok(())
    }

    fn within_urgent(&self, schedule: &Schedule) -> Result<(), (Key, Passed)> {
        let rules = &schedule.rules;
        let of = Key::urgent(self.kind);
        let hours = rules
            .urgent(self.kind)
            .ok_or((of, Passed::UrgentOff(self.kind)))?;
        let (found, allowed) = (
            self.not_after.0.saturating_sub(self.not_before.0),
            hours * 3600,
        );
        if found > allowed {
            return Err((of, Passed::UrgentTooLong { found, allowed }));
        }
        for (key, found, allowed) in [
            (
                Key::UrgentMatchPpm,
                self.caps.match_ppm,
                rules.urgent_match_ppm,
            ),
            (
                Key::UrgentDayRecords,
                self.caps.day_records,
                rules.urgent_day_records,
            ),
        ] {
            if found > allowed {
                let passed = Passed::UrgentCaps {
                    key,
                    found,
                    allowed,
                };
                return Err((key, passed));
            }
        }
        Ok(())
    }

    /// Whether an urgent statement ends as soon behind its entry as the schedule asks; `entered` is the entry's own time, a whole minute. True for every other statement.
    pub fn ends_in_time(&self, schedule: &Schedule, entered: Seconds) -> bool {
        if !self.is_urgent() {
            return true;
        }
        // The entry's time is floored to the minute: the act was entered within it.
        let within = |hours: u64| entered.minute().plus(60).plus(hours * 3600);
        schedule
            .rules
            .urgent(self.kind)
            .is_some_and(|hours| self.not_after <= within(hours))
    }
}
