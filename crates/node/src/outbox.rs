//! Entries that wait for the log: what the store kept with the act that they tell of (roles, clearances, ends of accounts). In: the store's outgoing entries. Out: entries on record, in
//! their order. Never: an entry twice; one that overtakes another, but one that the rules refused twice: it is parked until the node begins again, and told.
//!
//! Each entry is a stream of its own, so that the same envelope may be brought again until the log has it: the log takes the last envelope of a stream twice as one.

use crate::app::App;
use crate::part::Part;
use crate::problem::{Answer, Code, Problem};
use sakimori_control::Host;
use sakimori_control::journal::Deed;
use sakimori_custody::entry::{Act, Author, Chain, Entry, EntryType, Salt};
use sakimori_custody::ids::StreamId;
use sakimori_store::{Change, Outgoing, OutgoingState};
use sakimori_tlog::key::NoteSigner;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most entries of one round.
const ROUND_MAX: usize = 64;
/// How often an entry is refused by the rules before it is parked.
const REFUSED_MAX: u32 = 2;

/// How often the log refused an entry that waits, by its id.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<BTreeMap<String, u32>>);

impl Refusals {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an entry was refused so often that those behind it are not to wait for it.
    fn is_parked(&self, id: &str) -> bool {
        self.lock()
            .get(id)
            .is_some_and(|count| *count >= REFUSED_MAX)
    }

    /// Notes one refusal more; says whether that parks the entry.
    fn refused(&self, id: &str) -> bool {
        let mut refusals = self.lock();
        let count = refusals.entry(id.to_owned()).or_default();
        *count = count.saturating_add(1);
        *count >= REFUSED_MAX
    }

    fn entered(&self, id: &str) {
        self.lock().remove(id);
    }

    /// How many are parked.
    pub(crate) fn parked(&self) -> usize {
        let refusals = self.lock();
        refusals.values().filter(|n| **n >= REFUSED_MAX).count()
    }
}

/// Brings what waits to the log, oldest first, until one does not come through; one that was refused twice does not hold up those behind it.
///
/// # Errors
/// Why the first of them did not; it is tried again in the next round.
pub(crate) async fn deliver(app: &Arc<App>) -> Answer<usize> {
    if matches!(app.part, Part::Operator(_)) {
        // An operator has no key of the log; its people are its own affair.
        return Ok(0);
    }
    let mut delivered = 0;
    let waiting = app.store.outgoing().await.map_err(|e| store(&e))?;
    let ready = |outgoing: &Outgoing| !app.outbox.is_parked(&outgoing.id);
    for outgoing in waiting.into_iter().filter(ready).take(ROUND_MAX) {
        one(app, outgoing).await?;
        delivered += 1;
    }
    Ok(delivered)
}

fn store(error: &dyn std::fmt::Display) -> Problem {
    Problem::hidden(Code::StoreUnavailable, error)
}

async fn one(app: &Arc<App>, outgoing: Outgoing) -> Answer<()> {
    let (id, kind) = (outgoing.id.clone(), outgoing.kind);
    let (envelope, stored) = match outgoing.state {
        OutgoingState::Entered { .. } => return Ok(()),
        OutgoingState::Made { envelope, stored } => (envelope, stored),
        OutgoingState::Waiting => {
            let (kind, body) = (outgoing.kind, outgoing.body);
            let entry = app.blocking(move |app| {
                let kind = u8::try_from(kind).ok().and_then(EntryType::from_code);
                let unknown = || Problem::hidden(Code::Fault, "an outgoing entry of no known type");
                let kind = kind.ok_or_else(unknown)?;
                let deed = Deed {
                    kind,
                    authority: [0; 32],
                    counters: Vec::new(),
                    body,
                };
                made(&app.host, &signer(app)?, deed)
            });
            let entry = entry.await?;
            let made = Change::OutgoMade {
                id: id.clone(),
                envelope: entry.leaf.clone(),
                stored: entry.stored.clone(),
            };
            app.store.apply(&[made]).await.map_err(|e| store(&e))?;
            (entry.leaf, entry.stored)
        }
    };
    let brought = app.blocking(move |app| match &app.part {
        Part::Office(office) => office.append_own(&envelope, &stored),
        Part::Commission(commission) => commission.append_own(&envelope, &stored),
        Part::Operator(_) => Err(Problem::new(Code::NotImplemented, "")),
    });
    let change = match brought.await {
        Ok(index) => {
            app.outbox.entered(&id);
            Change::OutgoEntered {
                id,
                index,
                at: app.host.seconds().0,
            }
        }
        Err(problem) if problem.code == Code::EntryRefused => {
            // Its time may have passed by: it is made anew in the next round.
            let again = Change::OutgoAgain { id: id.clone() };
            app.store.apply(&[again]).await.map_err(|e| store(&e))?;
            if app.outbox.refused(&id) {
                let detail = problem.detail;
                tracing::error!(
                    entry = id,
                    kind,
                    detail,
                    "ALARM: the log refuses an entry again and again; it is parked, the others go on"
                );
                return Ok(());
            }
            return Err(problem);
        }
        Err(problem) => return Err(problem),
    };
    app.store.apply(&[change]).await.map_err(|e| store(&e))
}

fn signer(app: &App) -> Answer<NoteSigner> {
    match &app.part {
        Part::Office(office) => office.signer(),
        Part::Commission(commission) => commission.secretariat(),
        Part::Operator(_) => Err(Problem::new(Code::NotImplemented, "")),
    }
}

/// A deed as an entry of a stream of its own.
pub(crate) fn made(host: &Host, signer: &NoteSigner, deed: Deed) -> Answer<Entry> {
    let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
    let stream = StreamId(host.bytes().map_err(fault)?);
    let salt = Salt(host.bytes().map_err(fault)?);
    let act = Act {
        kind: deed.kind,
        time: host.seconds(),
        authority: deed.authority,
        counters: deed.counters,
        body: deed.body,
    };
    let author = Author {
        id: signer.verifier().id(),
        key: signer.ed25519(),
    };
    Ok(Chain::new(stream).entry(act, salt, Some(&author)))
}

#[cfg(test)]
mod tests {
    use super::Refusals;

    #[test]
    fn an_entry_is_parked_by_its_second_refusal_and_those_behind_it_are_not() {
        let refusals = Refusals::default();
        assert!(!refusals.refused("a"));
        assert!(!refusals.is_parked("a"));
        assert!(refusals.refused("a"));
        assert!(refusals.is_parked("a") && !refusals.is_parked("b"));
        assert_eq!(refusals.parked(), 1);
        // One that comes through in the end is forgotten.
        assert!(!refusals.refused("b"));
        refusals.entered("b");
        assert!(!refusals.refused("b"));
        assert_eq!(refusals.parked(), 1);
    }
}
