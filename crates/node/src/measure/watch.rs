//! What actuators say, held against what was commanded. In: signed receipts, a life. Out: a line for each effect. Never: silence taken for success: what an actuator does not name is missing; an actuator that keeps another waiting.

use super::actuator::{Whose, Wire, is_same};
use super::{Room, kept};
use crate::limits::ACTUATORS_AT_ONCE;
use crate::problem::Answer;
use sakimori_authority::measure::{Deed, family};
use sakimori_custody::ids::AuthorityId;
use sakimori_liaison::measure::{Held, Register, register};
use sakimori_respond::consumer::receipt::{Line, Receipt, Standing};
use sakimori_respond::plan::life::At;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

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
    /// The actuator's run, in which it counts.
    pub run: u64,
    /// Effects of any measure that were gone there in this run though nobody had taken them back.
    pub gaps: u64,
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

/// What actuators said, by their names; words where one did not answer.
pub(super) type Receipts = BTreeMap<String, Result<Receipt, String>>;

fn ask(
    folder: &Path,
    register: &Register,
    name: &str,
    measure: AuthorityId,
) -> Result<Receipt, String> {
    let entry = register.actuator(name);
    let entry = entry.ok_or_else(|| format!("the register has no actuator `{name}`"))?;
    let key = entry.key.parse();
    let actuator = name.parse();
    let whose = Whose {
        actuator: actuator.map_err(|_| format!("`{name}` is no name"))?,
        key: key.map_err(|_| format!("`{name}` has no key"))?,
        measure,
    };
    Wire::open(folder, &entry.peer)?.effects(&whose)
}

/// The line of an effect in a receipt.
pub(super) fn line_of<'r>(
    receipt: &'r Receipt,
    measure: AuthorityId,
    deed: Deed,
    target: &str,
) -> Option<&'r Line> {
    let family = family(measure);
    let mut lines = receipt.effects.iter();
    lines.find(|line| line.measure == family && line.deed == deed && is_same(&line.target, target))
}

/// Each effect of a measure, with what was said of it.
pub(super) fn lines_of(held: &Held, said: &Receipts) -> Vec<EffectLine> {
    let state = held.state();
    let id = state.plan().id;
    let aims = state.plan().aims.iter().zip(state.effects());
    let line = |(aim, effect): (
        &sakimori_respond::plan::Aim,
        &sakimori_respond::plan::life::Effect,
    )| {
        let said = said.get(aim.actuator.as_str());
        let receipt = said.and_then(|said| said.as_ref().ok());
        let found = receipt.and_then(|receipt| line_of(receipt, id, aim.deed, &aim.target));
        EffectLine {
            deed: aim.deed,
            target: aim.target.clone(),
            actuator: aim.actuator.to_string(),
            commanded: matches!(effect.at, At::There | At::Asked),
            says: found.map(|line| line.standing),
            times: found.map_or(0, |line| line.times),
            bytes: found.map_or(0, |line| line.bytes),
            run: receipt.map_or(0, |receipt| receipt.run),
            gaps: receipt.map_or(0, |receipt| receipt.gaps),
            words: said
                .and_then(|said| said.as_ref().err())
                .cloned()
                .unwrap_or_default(),
        }
    };
    aims.map(line).collect()
}

/// The actuators of a measure.
pub(super) fn actuators_of(held: &Held) -> impl Iterator<Item = String> + '_ {
    let aims = held.state().plan().aims.iter();
    aims.map(|aim| aim.actuator.to_string())
}

impl Room {
    /// Asks each actuator of a measure what is in force and what it met.
    ///
    /// # Errors
    /// What the store says; an actuator that does not answer is in its lines.
    pub async fn effects(&self, held: &Held) -> Answer<Vec<EffectLine>> {
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        let names = actuators_of(held).collect();
        let said = self.receipts(&register, names, held.state().plan().id);
        Ok(lines_of(held, &said.await))
    }

    /// Asks actuators beside each other, some at a time, each in bounded time.
    pub(super) async fn receipts(
        &self,
        register: &Register,
        names: BTreeSet<String>,
        measure: AuthorityId,
    ) -> Receipts {
        let room = Arc::new(Semaphore::new(ACTUATORS_AT_ONCE));
        let register = Arc::new(register.clone());
        let mut all = JoinSet::new();
        for name in names {
            let (room, register, folder) = (
                Arc::clone(&room),
                Arc::clone(&register),
                self.folder.clone(),
            );
            all.spawn(async move {
                // It is never closed.
                let _seat = room.acquire().await;
                let of = name.clone();
                let asked =
                    tokio::task::spawn_blocking(move || ask(&folder, &register, &of, measure));
                let said = asked.await.unwrap_or_else(|fell| Err(fell.to_string()));
                (name, said)
            });
        }
        let mut said = Receipts::new();
        while let Some(one) = all.join_next().await {
            said.extend(one.ok());
        }
        said
    }
}
