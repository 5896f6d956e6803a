//! Changed authority folders, brought to the actuators of measures: renewed leases, rulings, suspensions. In: measures with an approval, the folders of now, a memory of what was brought. Out: actuators that know of it. Never: a wait for the
//! protected lists; a folder that is held to be brought before its actuator said so.

use super::actuator::Wire;
use super::kept;
use crate::problem::Answer;
use sakimori_control::Node;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_liaison::measure::{Held, Register, measures, register};
use sakimori_respond::plan::life::Stage;
use sakimori_store::Store;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a round waits for actuators that it calls.
const GIVE_WAIT: Duration = Duration::from_secs(3);

/// Files of an authority folder by their names.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// An approval and one of its actuators.
type Spot = (AuthorityId, Name);

/// What each actuator was given last: SHA-256 of the files of its authority folder. A node that starts begins with nothing, and brings everything once.
#[derive(Clone, Default)]
pub struct Brought(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    given: BTreeMap<Spot, [u8; 32]>,
    /// Whom somebody calls now.
    called: BTreeSet<Spot>,
    /// How many took something since that was last asked for, and what could not be done.
    took: usize,
    trouble: BTreeSet<String>,
}

/// Files of an actuator's authority folder.
///
/// # Errors
/// Words for people.
pub(super) fn files_of(
    node: &Node,
    authority: AuthorityId,
    actuator: &Name,
) -> Result<Files, String> {
    let folder = node.authority(authority, actuator);
    let mut files = Files::new();
    let listed = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for entry in listed.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // Earlier trust roots are for sensors that missed them; what is being written has no name yet that anybody reads.
        let earlier = name.starts_with("trust-root.") && name != "trust-root.note";
        if earlier || name.starts_with('.') {
            continue;
        }
        let bytes = std::fs::read(entry.path()).map_err(|e| format!("{name}: {e}"))?;
        files.insert(name, bytes);
    }
    Ok(files)
}

fn digest(files: &Files) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (name, bytes) in files {
        for part in [name.as_bytes(), bytes] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}

impl Brought {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings what changed since it was last brought. Actuators are called beside each other, and after `GIVE_WAIT` nobody is waited for: a call that is open goes on by itself, and what came of it is told the next time. Gives how many took something, and what
    /// could not be done.
    ///
    /// # Errors
    /// What the store says.
    pub async fn bring(
        &self,
        store: &dyn Store,
        node: &Node,
        folder: &Path,
    ) -> Answer<(usize, Vec<String>)> {
        let (all, _) = measures(store).await.map_err(|e| kept(&e))?;
        let register = Arc::new(register(store).await.map_err(|e| kept(&e))?);
        let mut calls = tokio::task::JoinSet::new();
        for spot in self.spots(&all) {
            if !self.memory().called.insert(spot.clone()) {
                continue;
            }
            let (memory, node, register) = (self.clone(), node.clone(), Arc::clone(&register));
            let folder = folder.to_owned();
            calls.spawn_blocking(move || memory.call(&node, &folder, &register, spot));
        }
        // Who is too late is heard the next time.
        let _ = tokio::time::timeout(GIVE_WAIT, async {
            while calls.join_next().await.is_some() {}
        })
        .await;
        calls.detach_all();
        let mut memory = self.memory();
        let trouble = std::mem::take(&mut memory.trouble).into_iter().collect();
        Ok((std::mem::take(&mut memory.took), trouble))
    }

    /// Approval and actuator of all measures that are decided and not over; of those that are over, where something was brought once, for they may be revoked behind their end.
    fn spots(&self, all: &[Held]) -> BTreeSet<Spot> {
        let memory = self.memory();
        let mut spots = BTreeSet::new();
        for one in all {
            let state = one.state();
            let Some(authority) = state.authority() else {
                continue;
            };
            let goes_on = state.stage().is_decided() || state.stage() == Stage::Ending;
            for aim in &state.plan().aims {
                let spot = (authority, aim.actuator.clone());
                if goes_on || memory.given.contains_key(&spot) {
                    spots.insert(spot);
                }
            }
        }
        spots
    }

    fn call(&self, node: &Node, folder: &Path, register: &Register, spot: Spot) {
        let done = self.one(node, folder, register, &spot);
        let mut memory = self.memory();
        memory.called.remove(&spot);
        match done {
            Ok(None) => {}
            Ok(Some(digest)) => {
                memory.given.insert(spot, digest);
                memory.took += 1;
            }
            Err(words) => {
                memory.trouble.insert(words);
            }
        }
    }

    /// What it took, where that is new.
    fn one(
        &self,
        node: &Node,
        folder: &Path,
        register: &Register,
        spot: &Spot,
    ) -> Result<Option<[u8; 32]>, String> {
        let (authority, actuator) = spot;
        let files = files_of(node, *authority, actuator)?;
        let digest = digest(&files);
        if self.memory().given.get(spot) == Some(&digest) {
            return Ok(None);
        }
        let entry = register.actuator(actuator.as_str());
        let entry = entry.ok_or_else(|| format!("the register has no actuator `{actuator}`"))?;
        Wire::open(folder, &entry.peer)?.approve(&authority.to_string(), &files)?;
        Ok(Some(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_cut_otherwise_are_others() {
        let files = |pairs: &[(&str, &str)]| -> Files {
            let pair = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
            pairs.iter().map(pair).collect()
        };
        let one = digest(&files(&[("a", "bc")]));
        assert_eq!(one, digest(&files(&[("a", "bc")])));
        for other in [
            files(&[("ab", "c")]),
            files(&[("a", "b"), ("c", "")]),
            files(&[]),
        ] {
            assert_ne!(one, digest(&other));
        }
    }
}
