//! Texts by which an authority is stopped or goes on, and by which a sitting rules. In: what about, why. Out: texts to be signed. Never: a signature.

use super::record;
use super::request::{ascii_line, open_sitting};
use crate::error::ControlError;
use crate::host::Host;
use crate::layout::Node;
use sakimori_authority::Sitting;
use sakimori_authority::limits::SERIAL_MAX;
use sakimori_authority::ruling::{Matter, Ruling};
use sakimori_authority::statement::Kind;
use sakimori_authority::suspension::{By, Suspension, SuspensionAct};
use sakimori_custody::ids::AuthorityId;

/// The text by which an authority is suspended, or goes on: with the next serial of whoever signs it.
///
/// # Errors
/// [`ControlError::Usage`]: no such authority is on record, or the reason is empty; [`ControlError::Ledger`].
pub fn suspension_text(
    node: &Node,
    host: &Host,
    id: AuthorityId,
    by: By,
    act: SuspensionAct,
    reason: &str,
) -> Result<Suspension, ControlError> {
    let reason = said(reason)?;
    let book = record::book(node)?;
    let authority = book
        .authority(id)
        .ok_or_else(|| ControlError::Usage(format!("no authority {id} is on record")))?;
    let last = authority.stops.get(&by).map_or(0, |stop| stop.serial);
    let serial = last.checked_add(1).filter(|next| *next <= SERIAL_MAX);
    let serial = serial.ok_or_else(|| {
        ControlError::Usage(format!("the serials of `{by}` about {id} are used up"))
    })?;
    Ok(Suspension {
        authority: id,
        by,
        act,
        serial,
        time: host.seconds(),
        reason,
        root: record::root(node, host.seconds())?.version,
    })
}

fn said(reason: &str) -> Result<String, ControlError> {
    let needed = if reason.trim().is_empty() {
        "a reason is needed"
    } else {
        "a signed note's reason is ASCII: give it in English or transliterated; Japanese text belongs into the facts and the necessity of a request, which are UTF-8"
    };
    ascii_line(reason).ok_or_else(|| ControlError::Usage(needed.to_owned()))
}

/// The text of a ruling that a sitting signs; without a sitting it is one on which nobody has voted yet.
///
/// # Errors
/// [`ControlError::Usage`]: the reason is empty; [`ControlError::Document`]: the text does not read back.
pub fn ruling_text(
    node: &Node,
    host: &Host,
    matter: Matter,
    kind: Kind,
    reason: &str,
    sitting: Option<Sitting>,
) -> Result<Ruling, ControlError> {
    let root = record::root(node, host.seconds())?;
    let sitting = match sitting {
        Some(sitting) => sitting,
        None => open_sitting(&root)?,
    };
    let request = match &matter {
        Matter::RequestRefused(leaf) => *leaf,
        _ => [0; 32],
    };
    let ruling = Ruling {
        id: AuthorityId(host.bytes().map_err(ControlError::Randomness)?),
        kind,
        matter,
        request,
        time: host.seconds(),
        reason: said(reason)?,
        root: root.version,
        sitting,
    };
    Ruling::parse(&ruling.to_string()).map_err(|e| ControlError::document("the ruling", e))?;
    Ok(ruling)
}

/// The kind whose floor a ruling about an authority or a request needs: that of what it is about.
///
/// # Errors
/// [`ControlError::Usage`]: there is no such authority or request; [`ControlError::Ledger`].
pub fn kind_about(node: &Node, matter: &Matter) -> Result<Kind, ControlError> {
    let book = record::book(node)?;
    let of = |id: &AuthorityId| book.authority(*id).map(|a| a.statement.kind);
    let kind = match matter {
        Matter::RequestRefused(leaf) => book
            .request_of(leaf)
            .and_then(|request| Kind::from_name(&request.kind)),
        Matter::AgreementApproved(id)
        | Matter::AuthorityRevoked(id)
        | Matter::UrgentRatified(id)
        | Matter::UrgentRefused(id) => of(id),
        Matter::BucketKept { bucket, .. } => of(&bucket.authority),
        Matter::RecordReidentified { .. } => Some(Kind::Reidentification),
    };
    kind.ok_or_else(|| ControlError::Usage("what it is about is not on record".to_owned()))
}
