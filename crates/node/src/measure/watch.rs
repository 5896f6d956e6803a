//! What actuators say, held against what was commanded. In: signed receipts, a life. Out: a line for each effect. Never: silence taken for success: what an actuator does not name is missing.

use super::actuator::Wire;
use super::{Room, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_authority::measure::{Deed, family};
use sakimori_liaison::measure::{Held, Register, register};
use sakimori_respond::consumer::receipt::{Receipt, Standing};
use sakimori_respond::plan::life::At;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One effect, as it was commanded and as its actuator has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectLine {
    /// What is done.
    pub deed: Deed,
    /// With what.
    pub target: String,
    /// By whose actuator.
    pub actuator: String,
    /// Whether it is to be in force.
    pub commanded: bool,
    /// What the actuator says; none where it says nothing of it.
    pub says: Option<Standing>,
    /// What it met.
    pub times: u64,
    /// Bytes that it met.
    pub bytes: u64,
    /// Why nothing is known, where the actuator did not answer.
    pub words: String,
}

impl EffectLine {
    /// Whether it is as it was commanded.
    pub fn is_as_commanded(&self) -> bool {
        match (self.commanded, self.says) {
            (true, says) => says == Some(Standing::InForce),
            (false, None | Some(Standing::Ended | Standing::Refused)) => self.words.is_empty(),
            (false, Some(_)) => false,
        }
    }
}

fn ask(folder: &Path, register: &Register, name: &str) -> Result<Receipt, String> {
    let entry = register.actuator(name);
    let entry = entry.ok_or_else(|| format!("the register has no actuator `{name}`"))?;
    let key = entry
        .key
        .parse()
        .map_err(|_| format!("`{name}` has no key"))?;
    let receipt = Wire::open(folder, &entry.peer)?.effects(&key)?;
    if receipt.actuator.as_str() == name {
        Ok(receipt)
    } else {
        Err(format!("`{name}` answers for `{}`", receipt.actuator))
    }
}

impl Room {
    /// Asks each actuator of a measure what is in force and what it met.
    ///
    /// # Errors
    /// What the store says; an actuator that does not answer is in its lines.
    pub async fn effects(&self, held: &Held) -> Answer<Vec<EffectLine>> {
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        let state = held.state();
        let names: BTreeSet<String> = state
            .plan()
            .aims
            .iter()
            .map(|aim| aim.actuator.to_string())
            .collect();
        let folder = self.folder.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let each = names.into_iter().map(|name| {
                let said = ask(&folder, &register, &name);
                (name, said)
            });
            each.collect::<BTreeMap<_, _>>()
        });
        let asked = asked.await.map_err(|e| Problem::hidden(Code::Fault, e))?;
        let family = family(state.plan().id);
        let aims = state.plan().aims.iter().zip(state.effects());
        let lines = aims.map(|(aim, effect)| {
            let said = asked.get(aim.actuator.as_str());
            let found = said
                .and_then(|said| said.as_ref().ok())
                .and_then(|receipt| {
                    let same = |line: &&sakimori_respond::consumer::receipt::Line| {
                        line.measure == family && line.deed == aim.deed && line.target == aim.target
                    };
                    receipt.effects.iter().find(same)
                });
            EffectLine {
                deed: aim.deed,
                target: aim.target.clone(),
                actuator: aim.actuator.to_string(),
                commanded: matches!(effect.at, At::There | At::Asked),
                says: found.map(|line| line.standing),
                times: found.map_or(0, |line| line.times),
                bytes: found.map_or(0, |line| line.bytes),
                words: said
                    .and_then(|said| said.as_ref().err())
                    .cloned()
                    .unwrap_or_default(),
            }
        });
        Ok(lines.collect())
    }
}
