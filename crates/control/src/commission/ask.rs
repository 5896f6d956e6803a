//! The commission asks back. In: a request on record, a question, who asks. Out: a question on record with the day until which it is to be answered. Never: a question about a request that is decided.

use crate::error::ControlError;
use crate::host::Host;
use crate::journal::Deed;
use crate::layout::Node;
use crate::office::desk::Desk;
use crate::{keys, setup};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use serde_json::json;

/// Days for an answer where no schedule is on record.
const ANSWER_DAYS: u64 = 7;

/// Puts a question on record, signed by the secretariat; returns its index and until when it is to be answered.
///
/// # Errors
/// [`ControlError::Forbidden`]: no such request is open; [`ControlError::File`]: this machine has no key of the secretariat; [`ControlError::Ledger`].
pub fn ask(
    node: &Node,
    host: &Host,
    request: [u8; 32],
    from: &Name,
    text: &str,
) -> Result<(u64, Seconds), ControlError> {
    let secretariat = keys::read(&setup::commission_key(node, "secretariat"))?;
    let mut desk = Desk::open(node, host, Some(&secretariat))?;
    let now = host.seconds();
    let scheduled = desk.book().schedule_at(now);
    let days = scheduled.map_or(ANSWER_DAYS, |s| s.schedule.rules.deadline_question);
    let due = now.plus(days * DAY_SECONDS);
    let body = json!({"request": hex(&request), "from": from.to_string(), "text": text});
    let (index, _) = desk.enter(Deed {
        kind: EntryType::Question,
        authority: [0; 32],
        counters: vec![due.0],
        body: body.to_string().into_bytes(),
    })?;
    Ok((index, due))
}
