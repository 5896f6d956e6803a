//! Posts before the release gate. In: a collection, who wrote what, who lets it go on which basis. Out: what waits for its log entry; the entry, made. Never: a reader who is not named; a
//! standing approval of somebody who may not let products go.

use super::plan::{Collection, Machine, Plan, Standing};
use crate::app::{App, Shared};
use crate::part::Part;
use crate::problem::{Answer, Code, Problem};
use sakimori_access::{Act, Object, Principal};
use sakimori_control::journal::Deed;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::product::Denied;
use sakimori_liaison::share::gate::{self, Waiting, Wish};
use sakimori_release::matrix::look_up;
use sakimori_release::record::Record;
use sakimori_release::{Condition, Marking, Pap, PseudonymKey, Recipient, Request};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who lets something go, and what is said of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    /// Who.
    pub(super) by: &'a Name,
    /// On which basis of the law.
    pub(super) basis: &'a str,
    /// How the rights of communication parties were considered.
    pub(super) rights: &'a str,
}

fn refused(field: &str, rule: &dyn std::fmt::Display) -> LiaisonError {
    LiaisonError::Refused {
        field: field.to_owned(),
        rule: rule.to_string(),
    }
}

fn named(field: &str, text: &str) -> Result<Name, LiaisonError> {
    text.parse().map_err(|e| refused(field, &e))
}

/// What the gate is asked for a post: for whoever reads the collection at that time, with what the law asks for about each.
fn wish(
    machines: &BTreeMap<String, Machine>,
    of: &Collection,
    writer: &str,
    (said, now): (Said<'_>, Seconds),
) -> Result<Wish, LiaisonError> {
    let (mut recipients, mut conditions) = (Vec::new(), Vec::new());
    for reader in of.reading(now) {
        let Some(machine) = machines.get(reader) else {
            continue;
        };
        // Markings that its program does not know are withheld object by object.
        let recipient = Recipient::new(machine.kind, named("read", reader)?);
        for kind in look_up(of.class, machine.kind).rule.conditions() {
            let Some(term) = of.conditions.get(kind) else {
                continue;
            };
            let about = Some(recipient.name.clone());
            let times = [now.min(term.until), term.until];
            let by = said.by.clone();
            let condition = Condition::new(*kind, by, about, times, &term.record);
            conditions.push(condition.map_err(|e| refused("conditions", &e))?);
        }
        recipients.push(recipient);
    }
    Ok(Wish {
        class: of.class,
        marking: Marking {
            tlp: of.tlp,
            pap: Pap::Clear,
        },
        writer: named("write", writer)?,
        request: Request {
            actor: said.by.clone(),
            basis: said.basis.to_owned(),
            rights: said.rights.to_owned(),
            recipients,
            conditions,
            transforms: Vec::new(),
            now,
        },
    })
}

/// Asks the gate for an envelope that a machine posted.
///
/// # Errors
/// As [`gate::ask`].
pub(super) fn ask(
    plan: &Plan,
    (of, writer): (&Collection, &str),
    (said, now): (Said<'_>, Seconds),
    (envelope, key): (Arc<str>, &PseudonymKey),
) -> Result<Waiting, Denied> {
    let wish = wish(&plan.machines, of, writer, (said, now))?;
    gate::ask(&wish, envelope, key)
}

/// Whether the gate would let posts of a machine go at all, with every condition that the file names.
///
/// # Errors
/// Why not, in the gate's words.
pub(super) fn tried(
    machines: &BTreeMap<String, Machine>,
    of: &Collection,
    writer: &str,
) -> Result<(), String> {
    let told = |e: LiaisonError| e.to_string();
    let by = named("by", "a-supervisor").map_err(told)?;
    let said = Said {
        by: &by,
        basis: "as the file is read",
        rights: "as the file is read",
    };
    // Every condition holds at the beginning of time: whether it has ended is asked when something is let go.
    let wish = wish(machines, of, writer, (said, Seconds(0))).map_err(told)?;
    match gate::ask(&wish, "{}".into(), &PseudonymKey::new([0; 32])) {
        Ok(_) => Ok(()),
        Err(Denied::Wrong(error)) => Err(error.to_string()),
        Err(Denied::Refused(refusal)) => Err(refusal.to_string()),
    }
}

impl Standing {
    /// Whether it holds: it has not ended, and its supervisor may let products go.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn holds(&self, app: &Shared) -> Answer<bool> {
        let now = app.host.seconds();
        if now > self.until {
            return Ok(false);
        }
        let who = Principal::Person {
            id: self.by.to_string(),
        };
        let any = Object::any();
        let may = app.access.may(&who, Act::ReleaseProduct, &any, now);
        let may = may.await.map_err(|e| crate::app::access_problem(&e))?;
        Ok(may.allow)
    }

    /// The basis of each release under it.
    pub(super) fn basis(&self) -> String {
        format!("standing approval until {}: {}", self.until, self.reason)
    }
}

/// The deed of a record of the gate.
pub(super) fn deed(record: &Record) -> Deed {
    Deed {
        kind: EntryType::Release,
        authority: [0; 32],
        counters: record.counters.to_vec(),
        body: record.body.clone(),
    }
}

/// Brings the gate's record into the log; gives its index once it is durable.
///
/// # Errors
/// The log's: nothing may be shown.
pub(crate) fn enter(app: &App, record: &Record) -> Answer<u64> {
    let Part::Office(office) = &app.part else {
        return Err(Problem::new(Code::NotImplemented, ""));
    };
    let entry = crate::outbox::made(&app.host, &office.signer()?, deed(record))?;
    office.append_own(&entry.leaf, &entry.stored)
}
