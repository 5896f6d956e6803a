//! Marks of legal numbers that nobody verified, beside every result that rests on one. In: a node's schedule, the values that were used. Out: words on standard error. Never: a result; a mark on a value that
//! somebody verified.

use crate::show;
use sakimori_authority::schedule::{Key, Schedule, UNVERIFIED};
use sakimori_authority::statement::{Basis, Kind, Statement};
use sakimori_control::error::told;
use sakimori_control::{Node, files};

/// The schedule in force as the node keeps it; `None` where there is none that reads.
fn schedule(node: &Node) -> Option<Schedule> {
    let bytes = files::read(&node.folder().join("schedule.note")).ok()??;
    Schedule::remembered(&bytes)
}

/// Values among these that nobody verified, each in a line with its source.
pub(super) fn of(node: &Node, keys: &[Key]) -> Vec<String> {
    let Some(schedule) = schedule(node) else {
        return Vec::new();
    };
    let marked = keys.iter().filter_map(|key| {
        let mark = schedule.mark(*key).filter(|mark| !mark.verified)?;
        let text = schedule.rules.text(*key);
        Some(format!("{UNVERIFIED}: {key} = {text} ({})", mark.source))
    });
    marked.collect()
}

/// Says them.
pub(super) fn say(node: &Node, keys: &[Key]) {
    for line in of(node, keys) {
        show::say(&line);
    }
}

/// Which value of the schedule a statement passes, in words; `None` where it passes none, or there is no schedule.
pub(super) fn passed(node: &Node, statement: &Statement) -> Option<String> {
    let beyond = statement.within(&schedule(node)?).err()?;
    Some(told(&beyond))
}

/// The values by which a statement is held.
pub(super) fn keys_of(statement: &Statement) -> Vec<Key> {
    let mut keys: Vec<Key> = match (&statement.decided, statement.kind) {
        (Basis::Agreement { .. }, _) => vec![Key::PeriodAgreement, Key::AgreementSitting],
        (Basis::Urgent { .. }, Kind::Measure) => vec![Key::UrgentMeasure, Key::UrgentMonth],
        (Basis::Urgent { .. }, _) => vec![
            Key::UrgentAcquisition,
            Key::UrgentMonth,
            Key::UrgentMatchPpm,
            Key::UrgentDayRecords,
        ],
        (Basis::Sitting(_), kind) => Key::floor(kind).into_iter().collect(),
    };
    keys.extend(
        statement
            .directions
            .iter()
            .map(|direction| Key::period(*direction)),
    );
    keys.extend([Key::RetentionDays, Key::CapMatchPpm, Key::CapDayRecords]);
    keys
}
