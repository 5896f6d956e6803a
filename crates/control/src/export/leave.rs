//! Whether selected records may leave for a recipient. In: the authority under which they were selected, for whom, with which marking, on which basis, with which conditions. Out: their
//! class, where the law's table lets them go. Never: an answer of the lake before the table was asked; a refusal that is not on record.
//!
//! The class follows from the authority: what an agreement gave is its party's (選別後当事者通信情報) and goes with the party's prior consent alone, or to the party itself as its own
//! result; all else is selected information (選別後通信情報). Act 42/2025 arts. 15, 38(1) to (4).

use crate::error::ControlError;
use crate::host::Host;
use crate::journal::{Deed, Journal};
use crate::keys;
use crate::layout::Node;
use sakimori_authority::statement::{Basis, Statement};
use sakimori_custody::class::{Class, SelectedParty};
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_custody::{Held, Released, Selected};
use sakimori_release::gate::{Leaves, Subject, judge};
use sakimori_release::sheet::Sheet;
use sakimori_release::{Classed, Condition, Marking, PseudonymKey, Recipient, Request, ask};

/// For whom records leave, and what stands behind it.
#[derive(Clone, Debug)]
pub struct Leave {
    /// For whom, and as what.
    pub recipient: Recipient,
    /// Their marking.
    pub marking: Marking,
    /// On which basis of the law.
    pub basis: String,
    /// How the rights of communication parties were considered.
    pub rights: String,
    /// What the law asks for beside.
    pub conditions: Vec<Condition>,
}

/// The class of what was selected under an authority, and whose own it is.
pub fn class_of(statement: &Statement) -> (Class, Option<&Name>) {
    match &statement.decided {
        Basis::Agreement { party, .. } => (Class::SelectedParty, Some(party)),
        Basis::Sitting(_) | Basis::Urgent { .. } => (Class::Selected, None),
    }
}

/// Asks the table; a refusal is entered into the log before it is told.
///
/// # Errors
/// [`ControlError::Usage`] with the gate's code; as the log answers.
pub(super) fn may_leave(
    node: &Node,
    host: &Host,
    statement: &Statement,
    (actor, leave): (&Name, &Leave),
) -> Result<Class, ControlError> {
    let (class, owner) = class_of(statement);
    let now = host.seconds();
    let said = !leave.basis.trim().is_empty() && !leave.rights.trim().is_empty();
    let subject = Subject {
        class,
        owner,
        marking: leave.marking,
    };
    let judged = judge(subject, &leave.recipient, &leave.conditions, now);
    let Some(why) = judged.err().map(|refused| refused.to_string()).or_else(|| {
        let unsaid = "its legal basis or its note on rights is missing [BASIS_MISSING]";
        (!said).then(|| unsaid.to_owned())
    }) else {
        return Ok(class);
    };
    let request = request(actor, leave, now);
    let key = PseudonymKey::new(host.bytes().map_err(ControlError::Randomness)?);
    let nothing = std::iter::empty::<Held<Released, ()>>;
    let refusal = match owner {
        Some(party) => {
            let own = Classed::<SelectedParty, _>::looked_at(party.clone(), nothing(), |_| {
                Sheet::default()
            });
            refused(own, leave.marking, &request, &key)
        }
        None => {
            let own = Classed::<Selected, _>::looked_at(nothing(), |_| Sheet::default());
            refused(own, leave.marking, &request, &key)
        }
    };
    if let Some(deed) = refusal {
        let office = keys::read(&node.office_key("office"))?;
        let mut journal = Journal::begin(&node.ledger().socket, Some(&office), host)?;
        let (entry, _) = journal.record(deed)?;
        journal.log.proof(entry)?;
    }
    Err(ControlError::Usage(format!("nothing leaves: {why}")))
}

fn request(actor: &Name, leave: &Leave, now: Seconds) -> Request {
    Request {
        actor: actor.clone(),
        basis: leave.basis.clone(),
        rights: leave.rights.clone(),
        recipients: vec![leave.recipient.clone()],
        conditions: leave.conditions.clone(),
        transforms: Vec::new(),
        now,
    }
}

/// The entry of a refusal. What a marking breaks that no product of the class may have is no act of the gate: the product is as strict as its class then, and is not asked about.
fn refused<C: Leaves>(
    mut product: Classed<C, Sheet>,
    marking: Marking,
    request: &Request,
    key: &PseudonymKey,
) -> Option<Deed> {
    product.mark(marking).ok()?;
    let record = ask(&product, request, key).err()?.record;
    Some(Deed {
        kind: EntryType::Release,
        authority: [0; 32],
        counters: record.counters.to_vec(),
        body: record.body,
    })
}
