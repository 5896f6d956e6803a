//! Texts that hold for everybody: the schedule of legal numbers, releases of the software. In: what is on record, a program file. Out: texts to be signed. Never: a value that claims to be verified;
//! whoever verified it writes so before the text is signed.

use super::record;
use super::request::open_sitting;
use crate::error::ControlError;
use crate::files;
use crate::host::Host;
use crate::layout::Node;
use crate::ledger::installed_root;
use sakimori_authority::Sitting;
use sakimori_authority::schedule::{Draft, Schedule, fictional, japan};
use sakimori_authority::software::Software;
use sakimori_custody::ids::Name;
use std::path::Path;

/// The text of the next schedule: what is on record with the next version, to be edited; or the first one, Japan's as far as it is known, or a fictional one in which urgent acquisition is allowed.
///
/// # Errors
/// [`ControlError::Ledger`]; [`ControlError::Document`]; [`ControlError::Usage`] for a fictional one behind another.
pub fn schedule_text(
    node: &Node,
    host: &Host,
    is_fictional: bool,
    sitting: Option<Sitting>,
) -> Result<Schedule, ControlError> {
    let root = record::root(node, host.seconds())?;
    let sitting = match sitting {
        Some(sitting) => sitting,
        None => open_sitting(&root)?,
    };
    let book = record::book(node)?;
    let draft = Draft {
        not_before: host.seconds(),
        root: root.version,
        sitting,
    };
    let known = book.schedule_list().last();
    if let (true, Some(known)) = (is_fictional, known) {
        return Err(ControlError::Usage(format!(
            "schedule version {} is on record; only the first one can be fictional",
            known.schedule.version
        )));
    }
    Ok(match known {
        Some(known) => Schedule {
            version: known.schedule.version.saturating_add(1),
            not_before: draft.not_before,
            consultation: None,
            previous: Some(known.hash),
            root: draft.root,
            sitting: draft.sitting,
            ..known.schedule.clone()
        },
        None if is_fictional => fictional(&draft),
        None => japan(&draft),
    })
}

/// The text by which a program file is released.
///
/// # Errors
/// [`ControlError::File`]: the program cannot be read.
pub fn software_text(
    node: &Node,
    host: &Host,
    program: &Path,
    name: &Name,
    version: &Name,
) -> Result<Software, ControlError> {
    let sha256 = files::hash(program)?;
    Ok(Software {
        name: name.clone(),
        version: version.clone(),
        sha256,
        not_before: host.seconds(),
        root: installed_root(node)?.version,
    })
}
