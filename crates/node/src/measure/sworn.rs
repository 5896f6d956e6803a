//! What people signed beside the measure's text, read with the keys that this office knows: those of the trust root's officers and sensors, and those of the register. In: notes. Out: observations, orders, urgent statements. Never: an observation
//! in another's name; one from before the decision; a second person whom the first one names.

use super::acts::Hands;
use super::actuator::{DryRun, Unsure};
use super::{Room, SignedText, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_authority::root::TrustRoot;
use sakimori_authority::statement::Basis;
use sakimori_control::ledger::installed_root;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_liaison::measure::{Held, Register, dissent, register};
use sakimori_respond::plan::Digest;
use sakimori_respond::plan::life::Event;
use sakimori_respond::plan::observe::Observation;
use sakimori_respond::plan::sworn::{self, Order};
use sakimori_tlog::key::VerifierKey;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How long a dispatch waits for dry runs.
const REHEARSED_WAIT: Duration = Duration::from_secs(4);

/// The key of a person. A key of the register that the trust root has too counts for nothing: its holder would be two people.
fn person_key(root: &TrustRoot, register: &Register, name: &Name) -> Option<VerifierKey> {
    let officer = root.officers.iter().find(|one| one.id == *name);
    officer.map(|one| one.key.clone()).or_else(|| {
        let person = register.person(name.as_str())?;
        let key: VerifierKey = person.key.parse().ok()?;
        whose(root, &key).is_none().then_some(key)
    })
}

/// The key of whoever observed: a sensor of the trust root, or a person.
fn observer_key(root: &TrustRoot, register: &Register, name: &Name) -> Option<VerifierKey> {
    let mut sensors = root.sensors.iter();
    let sensor = sensors.find(|(id, _)| id.as_str() == name.as_str());
    let is_officer = root.officers.iter().any(|one| one.id == *name);
    sensor
        .filter(|_| !is_officer)
        .map(|(_, key)| key.clone())
        .or_else(|| person_key(root, register, name))
}

/// Whose key the trust root has these bytes as; name and id of a key are whatever its holder wrote.
fn whose(root: &TrustRoot, key: &VerifierKey) -> Option<String> {
    let mut people = root.officers.iter().map(|one| (one.id.as_str(), &one.key));
    let mut members = root.members.iter().map(|one| (one.id.as_str(), &one.key));
    let counters = root.counters.iter();
    let mut sensors = root.sensors.iter().chain(counters);
    let own = [
        &root.office,
        &root.office_holder,
        &root.commission_holder,
        &root.lease_key,
        &root.mirror,
        &root.secretariat,
    ];
    let same = |other: &VerifierKey| other.public() == key.public();
    people
        .find(|(_, other)| same(other))
        .or_else(|| members.find(|(_, other)| same(other)))
        .map(|(id, _)| id.to_owned())
        .or_else(|| {
            let found = sensors.find(|(_, other)| same(other));
            found.map(|(id, _)| id.to_string())
        })
        .or_else(|| {
            let found = own.into_iter().find(|other| same(other));
            found.map(|key| key.name().to_owned())
        })
}

/// Holds the people of a register against the keys of the trust root: one key under two names would be one person who signs twice. An officer may stand in both, under the same name.
///
/// # Errors
/// [`Code::Refused`] names whose key it is.
pub fn check_people(root: &TrustRoot, register: &Register) -> Answer<()> {
    for person in &register.people {
        let key = person.key.parse::<VerifierKey>();
        let owner = key.ok().and_then(|key| whose(root, &key));
        if let Some(owner) = owner.filter(|owner| *owner != person.name) {
            let name = &person.name;
            return Err(refuse(format!(
                "`{name}` has the key of `{owner}` of the trust root: each signs with a key of their own"
            )));
        }
    }
    Ok(())
}

fn refuse(words: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Refused, words)
}

impl Room {
    async fn keys(&self) -> Answer<(TrustRoot, Register)> {
        let root = installed_root(&self.node).map_err(|e| crate::part::refused(&e))?;
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        Ok((root, register))
    }

    /// Observations of the targets of a measure, each signed by whoever observed, and from behind the decision.
    ///
    /// # Errors
    /// [`Code::Refused`] names what is wrong.
    pub async fn sworn(&self, held: &Held, notes: &[Vec<u8>]) -> Answer<Vec<Observation>> {
        let (root, register) = self.keys().await?;
        let id = held.state().plan().id;
        let keys = |name: &Name| observer_key(&root, &register, name);
        let mut all = Vec::new();
        for (number, note) in notes.iter().enumerate() {
            let read = sworn::observations(note, id, &keys);
            let read = read.map_err(|e| refuse(format!("observations {}: {e}", number + 1)))?;
            all.extend(read);
        }
        if all.is_empty() {
            return Err(refuse(
                "a dispatch takes observations of now, each signed by its observer",
            ));
        }
        let decided = held.state().decided_at();
        if let Some(one) = all.iter().find(|one| Some(one.at) < decided) {
            let words = format!(
                "{}: the observation of {} is older than the decision",
                one.target, one.at
            );
            return Err(refuse(words));
        }
        // What was signed before a suspension says nothing of what suspended it, and is at hand for whoever wants it to go on.
        let suspended = held.state().suspended_at();
        if let Some(one) = all.iter().find(|one| Some(one.at) < suspended) {
            let words = format!(
                "{}: the observation of {} is from before it was suspended",
                one.target, one.at
            );
            return Err(refuse(words));
        }
        let dissent = dissent(&*self.store, held.state(), &all).await;
        if let Some(one) = dissent.map_err(|e| kept(&e))? {
            let words = format!(
                "{}: `{}` saw at {} that it is not what was approved; it takes newer observations",
                one.target, one.observer, one.at
            );
            return Err(refuse(words));
        }
        Ok(all)
    }

    /// An order of two people that both signed just now, and behind what it brings on.
    ///
    /// # Errors
    /// [`Code::Refused`] names what is wrong.
    pub async fn ordered(&self, held: &Held, note: &[u8]) -> Answer<Order> {
        let (root, register) = self.keys().await?;
        // A sensor observes; it orders nothing.
        let keys = |name: &Name| person_key(&root, &register, name);
        let state = held.state();
        let since = state.decided_at().max(state.suspended_at());
        let order = Order::check(note, state.plan().id, &keys).and_then(|order| {
            order.holds(since, self.now())?;
            Ok(order)
        });
        order.map_err(|e| refuse(format!("the order: {e}")))
    }

    /// The event of an urgent statement: its officers are those whom the log names, not those whom a caller names.
    ///
    /// # Errors
    /// [`Code::Refused`], [`Code::NotFound`]; what the log says.
    pub async fn invoked(&self, held: &Held, authority: AuthorityId, text: &[u8]) -> Answer<Event> {
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        let signed = SignedText::read(self, held, &register, true, text)?;
        let found = self.in_book(move |book| {
            let found = book.authority(authority)?;
            Some(found.statement.clone())
        });
        let none = || Problem::new(Code::NotFound, "no such statement is on record");
        let found = found.await?.ok_or_else(none)?;
        match &found.decided {
            Basis::Urgent { officers } if Digest(found.pack) == signed.digest => {
                Ok(Event::Invoke {
                    officers: officers.clone(),
                    text: signed.digest,
                    authority,
                })
            }
            _ => Err(refuse("the statement is not urgent, or of another text")),
        }
    }

    /// Asks every actuator of a measure, each beside the others, whether its system would take what was approved. One that does not answer is heard when it is commanded.
    ///
    /// # Errors
    /// [`Code::Refused`] names each effect that would be refused; it is taken out, or what refuses it is repaired.
    pub async fn rehearsed(&self, held: &Held) -> Answer<()> {
        let state = held.state();
        let Ok(hands) = self.hands(held).await else {
            return Ok(());
        };
        let hands = Arc::new(hands);
        let aims = || state.plan().aims.iter().zip(state.effects());
        let meant = || aims().filter(|(_, effect)| !effect.narrowed);
        let names: BTreeSet<&Name> = meant().map(|(aim, _)| &aim.actuator).collect();
        let mut calls = tokio::task::JoinSet::new();
        for name in names {
            let (hands, name) = (Arc::clone(&hands), name.clone());
            calls.spawn_blocking(move || {
                let run = hands.dry_run(&name);
                (name, run)
            });
        }
        let mut words = Vec::new();
        let mut runs = Vec::new();
        // Who is too late is heard when it is commanded.
        let _ = tokio::time::timeout(REHEARSED_WAIT, async {
            while let Some(called) = calls.join_next().await {
                runs.extend(called.ok());
            }
        })
        .await;
        calls.detach_all();
        for (name, run) in runs {
            let Ok(run) = run else {
                continue;
            };
            let of = meant().filter(|(aim, _)| aim.actuator == name);
            words.extend(of.filter_map(|(aim, _)| {
                let fault = run.refuses(aim.deed, &aim.target)?;
                let deed = aim.deed;
                Some(format!(
                    "`{name}` would refuse {deed} {}: {fault}",
                    aim.target
                ))
            }));
        }
        if words.is_empty() {
            return Ok(());
        }
        Err(refuse(words.join("; ")))
    }
}

impl Hands {
    fn dry_run(&self, actuator: &Name) -> Result<DryRun, Unsure> {
        let files = super::bring::files_of(&self.node, self.authority, actuator);
        let files = files.map_err(Unsure::Answered)?;
        let wire = self.wire(actuator).map_err(Unsure::Answered)?;
        wire.approve(&self.authority.to_string(), &files)
    }
}
