//! Schedule and software as the gate holds them. In: the folder, the trust root, what is remembered. Out: the schedule in force, the released program. Never: a schedule
//! that went back.

use super::{Ask, Folder, SensorState};
use crate::refusal::Refusal;
use crate::root::TrustRoot;
use crate::schedule::{
    Beyond, Key, Passed, Schedule, ScheduleError, SuccessionError, mechanical_fields,
};
use crate::software::{Software, SoftwareError};
use crate::statement::Statement;
use sakimori_custody::time::Seconds;

/// The schedule that is in force.
pub(super) fn in_force(
    folder: &Folder,
    root: &TrustRoot,
    state: &SensorState,
    now: Seconds,
) -> Result<Schedule, Refusal> {
    let bytes = folder.schedule.as_deref().ok_or(Refusal::ScheduleMissing)?;
    let (schedule, _) = Schedule::check(bytes, root).map_err(|error| match error {
        ScheduleError::Note(_) | ScheduleError::Grammar(_) => Refusal::ScheduleMalformed,
        ScheduleError::OtherRoot { .. } => Refusal::ScheduleOtherRoot,
        ScheduleError::OfficeUnsigned | ScheduleError::Undecided(_) => Refusal::ScheduleUnsigned,
    })?;
    if let Some(known) = state.schedule.as_deref() {
        // A memory that does not read is damaged: nothing can be held to follow it.
        let known = Schedule::remembered(known).ok_or(Refusal::ScheduleChain)?;
        schedule.succeeds(&known).map_err(|error| match error {
            SuccessionError::Older { .. } => Refusal::ScheduleRolledBack,
            SuccessionError::Other(_) => Refusal::ScheduleChain,
            SuccessionError::Unconsulted(_) => Refusal::ConsultationMissing,
        })?;
    }
    if now < schedule.not_before {
        return Err(Refusal::ScheduleNotYet);
    }
    Ok(schedule)
}

/// The schedule that is in force for this start of a sensor.
pub(super) fn schedule(
    folder: &Folder,
    root: &TrustRoot,
    state: &SensorState,
    ask: &Ask,
) -> Result<Schedule, Refusal> {
    let schedule = in_force(folder, root, state, ask.now)?;
    let home = schedule
        .rules
        .home_countries
        .iter()
        .any(|country| country.to_string() == ask.home_country);
    if !home {
        return Err(Refusal::HomeCountryOther);
    }
    if schedule.rules.mechanical_fields == mechanical_fields() {
        Ok(schedule)
    } else {
        Err(Refusal::MechanicalFieldsOther)
    }
}

/// Whether the folder's schedule has begun and is one that succeeds the one remembered.
pub(super) fn succeeds(
    folder: &Folder,
    root: &TrustRoot,
    state: &SensorState,
    now: Seconds,
) -> bool {
    let known = state.schedule.as_deref().and_then(Schedule::remembered);
    let new = folder.schedule.as_deref();
    let new = new.and_then(|bytes| Schedule::check(bytes, root).ok());
    let (Some(known), Some((new, _))) = (known, new) else {
        return false;
    };
    new.not_before <= now && new.succeeds(&known).is_ok()
}

/// Whether the folder holds a release of software, signed as it should be, that has begun.
pub(super) fn is_released(folder: &Folder, root: &TrustRoot, now: Seconds) -> bool {
    let software = folder.software.as_deref();
    let software = software.and_then(|bytes| Software::check(bytes, root).ok());
    software.is_some_and(|(software, _)| software.not_before <= now)
}

/// The refusal of what passes the schedule.
pub(super) const fn beyond(beyond: Beyond) -> Refusal {
    match beyond.passed {
        Passed::Period { .. } => Refusal::PeriodTooLong,
        Passed::Retention { .. } => Refusal::RetentionTooLong,
        Passed::Caps { .. } => Refusal::CapsAboveSchedule,
        Passed::Floor { .. } => Refusal::FloorBelowSchedule,
        Passed::UrgentOff(_) => Refusal::UrgentOff,
        Passed::UrgentTooLong { .. } => Refusal::UrgentTooLong,
        Passed::UrgentCaps { .. } => Refusal::UrgentCaps,
    }
}

/// The value of the folder's schedule that a refusal rests on, in words, with the mark where nobody verified it. `None` where it rests on none, or schedule or statement do not stand.
pub(super) fn value_behind(refusal: Refusal, folder: &Folder, root: &TrustRoot) -> Option<String> {
    let (schedule, _) = Schedule::check(folder.schedule.as_deref()?, root).ok()?;
    let value = |key: Key| format!("`{key}` is {}", schedule.shown(key));
    match refusal {
        Refusal::HomeCountryOther => Some(value(Key::HomeCountries)),
        Refusal::MechanicalFieldsOther => Some(value(Key::MechanicalFields)),
        Refusal::AgreementNeedsSitting => Some(value(Key::AgreementSitting)),
        Refusal::PeriodTooLong
        | Refusal::RetentionTooLong
        | Refusal::CapsAboveSchedule
        | Refusal::FloorBelowSchedule
        | Refusal::UrgentOff
        | Refusal::UrgentTooLong
        | Refusal::UrgentCaps => {
            let (statement, _) = Statement::check(folder.statement.as_deref()?, root).ok()?;
            // A statement that is within everything was refused for its ruling's votes, or ends too long behind its entry.
            let other = || match refusal {
                Refusal::FloorBelowSchedule => {
                    value(Key::floor(statement.kind).unwrap_or(Key::FloorAcquisition))
                }
                _ => value(Key::urgent(statement.kind)),
            };
            let passed = statement.within(&schedule).err();
            Some(passed.map_or_else(other, |beyond| beyond.to_string()))
        }
        _ => None,
    }
}

/// The program that was released, where there is a release; it has to be the one that runs.
pub(super) fn software(
    folder: &Folder,
    root: &TrustRoot,
    state: &SensorState,
    ask: &Ask,
) -> Result<Option<[u8; 32]>, Refusal> {
    let Some(bytes) = folder.software.as_deref() else {
        return if state.software {
            Err(Refusal::SoftwareMissing)
        } else {
            Ok(None)
        };
    };
    let (software, _) = Software::check(bytes, root).map_err(|error| match error {
        SoftwareError::Note(_) | SoftwareError::Grammar(_) => Refusal::SoftwareMalformed,
        SoftwareError::OtherRoot { .. } | SoftwareError::Unsigned(_) => Refusal::SoftwareUnsigned,
    })?;
    if ask.now < software.not_before {
        return Err(Refusal::SoftwareNotYet);
    }
    if ask.software == Some(software.sha256) {
        Ok(ask.software)
    } else {
        Err(Refusal::SoftwareUnlogged)
    }
}
