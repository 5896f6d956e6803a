//! What is done under measures, on record. In: acts of dispatchers, actuators, kill switches, the safety engine. Out: entries of type 46, signed by the office. Never: a dispatch that the book forbids.

use super::desk::Desk;
use crate::error::ControlError;
use crate::host::Host;
use crate::journal::Deed;
use crate::keys;
use crate::layout::Node;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{AuthorityId, Name, hex};
use sakimori_oversight::book::{Acted, MeasureAct};
use serde_json::json;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureDeed {
    /// The statement that approves it.
    pub authority: AuthorityId,
    /// What.
    pub act: MeasureAct,
    /// By which actuator; `None` for an end, a kill switch or a report that is about all of them.
    pub actuator: Option<Name>,
    /// Of which step: counted from 1 by actuator, each dispatch the next.
    pub step: u64,
    /// In words, at most 64 KiB.
    pub detail: String,
}

/// Acts of one authority on record, in order.
pub type Acts = Vec<Acted>;

/// Puts an act on record and returns the index of its entry. A dispatch is on record before anything is sent: where this says no, nothing is to be sent.
///
/// # Errors
/// [`ControlError::Forbidden`]: the authority is no measure in force, its text was not on record before it, the actuator is not named, or a dispatch comes before the beginning, behind the end, in a suspension or without a
/// lease; [`ControlError::Ledger`].
///
/// # Cost
/// Reads the whole log once.
pub fn record_measure_act(
    node: &Node,
    host: &Host,
    deed: &MeasureDeed,
) -> Result<u64, ControlError> {
    let office = keys::read(&node.office_key("office"))?;
    let mut desk = Desk::open(node, host, Some(&office))?;
    let unknown = || {
        let id = deed.authority;
        ControlError::Usage(format!("no measure {id} is on record with its text"))
    };
    let authority = desk.book().authority(deed.authority);
    let authority = authority.ok_or_else(unknown)?;
    let proposed = desk.book().measure_of(authority).ok_or_else(unknown)?;
    let body = json!({
        "act": deed.act.name(),
        "measure": hex(&authority.statement.pack),
        "revision": proposed.revision,
        "actuator": deed.actuator.as_ref().map(Name::as_str),
        "step": deed.step,
        "detail": deed.detail,
    });
    let commitment = authority.commitment;
    let (index, _) = desk.enter(Deed {
        kind: EntryType::Measure,
        authority: commitment,
        counters: vec![deed.step],
        body: body.to_string().into_bytes(),
    })?;
    Ok(index)
}

/// What was done under an authority, as the log has it.
///
/// # Errors
/// [`ControlError::Ledger`]; [`ControlError::Document`].
pub fn measure_acts(node: &Node, authority: AuthorityId) -> Result<Acts, ControlError> {
    let book = super::record::book(node)?;
    let acts = book.measure_acts().iter();
    Ok(acts
        .filter(|acted| acted.authority == authority)
        .cloned()
        .collect())
}
