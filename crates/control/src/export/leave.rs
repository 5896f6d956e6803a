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

/// What the table says; why it says no.
fn judged(statement: &Statement, leave: &Leave, now: Seconds) -> Result<Class, String> {
    let (class, owner) = class_of(statement);
    let subject = Subject {
        class,
        owner,
        marking: leave.marking,
    };
    let judged = judge(subject, &leave.recipient, &leave.conditions, now);
    judged.map_err(|refused| refused.to_string())?;
    if leave.basis.trim().is_empty() || leave.rights.trim().is_empty() {
        return Err("its legal basis or its note on rights is missing [BASIS_MISSING]".to_owned());
    }
    Ok(class)
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
    let now = host.seconds();
    let why = match judged(statement, leave, now) {
        Ok(class) => return Ok(class),
        Err(why) => why,
    };
    let request = request(actor, leave, now);
    let key = PseudonymKey::new(host.bytes().map_err(ControlError::Randomness)?);
    let nothing = std::iter::empty::<Held<Released, ()>>;
    let refusal = if let Some(party) = class_of(statement).1 {
        let of_party = |_| Sheet::default();
        let own = Classed::<SelectedParty, _>::looked_at(party.clone(), nothing(), of_party);
        refused(own, leave.marking, &request, &key)
    } else {
        let own = Classed::<Selected, _>::looked_at(nothing(), |_| Sheet::default());
        refused(own, leave.marking, &request, &key)
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

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_release::{ConditionKind as K, Pap, RecipientKind as R, Tlp};
    use sakimori_testkit::folder::Plan;
    use sakimori_tlog::note::Note;

    const NOW: Seconds = Seconds(1_800_000_000);

    fn statement(plan: &Plan) -> Statement {
        let note = Note::parse(&plan.build().folder.statement).unwrap();
        Statement::parse(note.text()).unwrap()
    }

    /// The class with which records go to somebody, or the code of the refusal.
    fn asked(
        statement: &Statement,
        to: (R, &str),
        conditions: &[(K, &str)],
    ) -> Result<Class, String> {
        let name: Name = to.1.parse().unwrap();
        let said = |(kind, by): &(K, &str)| {
            let span = [NOW, NOW.plus(60)];
            Condition::new(
                *kind,
                by.parse().unwrap(),
                Some(name.clone()),
                span,
                "a reason",
            )
            .unwrap()
        };
        let leave = Leave {
            recipient: Recipient::new(to.0, name.clone()),
            marking: Marking {
                tlp: Tlp::AmberStrict,
                pap: Pap::Red,
            },
            basis: "art. 38".to_owned(),
            rights: "of the case alone".to_owned(),
            conditions: conditions.iter().map(said).collect(),
        };
        let code = |why: String| {
            let code = why.split(['[', ']']).nth(1).unwrap_or_default();
            code.to_owned()
        };
        judged(statement, &leave, NOW).map_err(code)
    }

    #[test]
    fn what_an_agreement_gave_is_its_party_s_and_goes_with_its_consent_or_to_itself() {
        let own = statement(&Plan::agreement());
        let need = (K::Need, "a.tanaka");
        let consent = (K::PriorConsent, "party.example");
        let missing = Err("CONDITION_MISSING".to_owned());
        assert_eq!(asked(&own, (R::StateAgency, "nco"), &[need]), missing);
        assert_eq!(asked(&own, (R::StateAgency, "nco"), &[consent]), missing);
        let anothers = (K::PriorConsent, "other.example");
        assert_eq!(
            asked(&own, (R::StateAgency, "nco"), &[need, anothers]),
            missing
        );
        let class = Ok(Class::SelectedParty);
        assert_eq!(
            asked(&own, (R::StateAgency, "nco"), &[need, consent]),
            class
        );
        assert_eq!(asked(&own, (R::Party, "party.example"), &[]), class);
        assert_eq!(
            asked(&own, (R::Party, "other.example"), &[]),
            Err("NOT_OWN".to_owned())
        );
        assert_eq!(
            asked(&own, (R::Operator, "party.example"), &[consent]),
            Err("CLASS_VIOLATION".to_owned())
        );
    }

    #[test]
    fn what_a_sitting_allowed_is_selected_information_and_nobody_s_own() {
        let sitting = statement(&Plan::default());
        let need = (K::Need, "a.tanaka");
        assert_eq!(
            asked(&sitting, (R::PoliceDefence, "npa"), &[need]),
            Ok(Class::Selected)
        );
        assert_eq!(
            asked(&sitting, (R::Carrier, "telco"), &[need]),
            Err("CONDITION_MISSING".to_owned())
        );
        assert_eq!(
            asked(&sitting, (R::Party, "npa"), &[need]),
            Err("CLASS_VIOLATION".to_owned())
        );
        for kind in [
            R::ForeignGovernment,
            R::Operator,
            R::Public,
            R::Supplier,
            R::Council,
            R::Contractor,
        ] {
            assert_eq!(
                asked(&sitting, (kind, "x"), &[need]),
                Err("CLASS_VIOLATION".to_owned()),
                "{kind}"
            );
        }
    }
}
