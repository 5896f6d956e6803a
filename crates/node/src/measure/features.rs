//! What actuators say of themselves, asked by the office. In: the register, their answers. Out: the newest answer of each, kept; rates that the roll-out keeps below. Never: a look that waits for one that is away.

use super::actuator::Wire;
use super::{Room, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::DAY_SECONDS;
use sakimori_liaison::measure::{
    ActuatorEntry, FeaturesPaper, features, keep_features, lives, register,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// How long a look waits for actuators that it asks; who is later is asked again.
const ASKED_WAIT: Duration = Duration::from_secs(3);

fn ask(folder: &Path, entry: &ActuatorEntry, id: &str) -> Result<FeaturesPaper, String> {
    Wire::open(folder, &entry.peer)?.features(id)
}

impl Room {
    /// Asks an actuator what it can do, and keeps that.
    ///
    /// # Errors
    /// [`Code::NotFound`]: the register does not have it; [`Code::Unavailable`]: it does not answer; what the store says.
    pub async fn features(&self, actuator: &Name, by: &str) -> Answer<FeaturesPaper> {
        let register = register(&*self.store).await.map_err(|e| kept(&e))?;
        let entry = register.actuator(actuator.as_str()).cloned();
        let entry = entry.ok_or_else(|| {
            let words = format!("the register has no actuator `{actuator}`");
            Problem::new(Code::NotFound, words)
        })?;
        let said = self.asked(entry).await?;
        let said = said.map_err(|words| Problem::new(Code::Unavailable, words))?;
        let done = keep_features(&*self.store, actuator, &said, self.now(), by).await;
        done.map_err(|e| kept(&e))?;
        Ok(said)
    }

    async fn asked(&self, entry: ActuatorEntry) -> Answer<Result<FeaturesPaper, String>> {
        let folder = self.folder.clone();
        let random: [u8; 16] = self
            .host
            .bytes()
            .map_err(|e| Problem::hidden(Code::Fault, e))?;
        // A command's id has 36 characters at most.
        let id = hex(&random);
        let asked = tokio::task::spawn_blocking(move || ask(&folder, &entry, &id));
        asked.await.map_err(|e| Problem::hidden(Code::Fault, e))
    }

    /// Asks actuators of decided measures that said nothing for a day. One that is away is asked again with the next look.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn learn_features(&self, by: &str) -> Answer<()> {
        let now = self.now();
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let decided = all.iter().filter(|one| one.state().stage().is_decided());
        let names: BTreeSet<Name> = decided
            .flat_map(|one| &one.state().plan().aims)
            .map(|aim| aim.actuator.clone())
            .collect();
        for name in names {
            let said = features(&*self.store, &name).await.map_err(|e| kept(&e))?;
            if said.is_some_and(|said| now.0.saturating_sub(said.at) < DAY_SECONDS) {
                continue;
            }
            // What it does not say now it says later; commands are held below the office's own ceilings meanwhile.
            let _ = tokio::time::timeout(ASKED_WAIT, self.features(&name, by)).await;
        }
        Ok(())
    }
}
