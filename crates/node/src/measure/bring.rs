//! Changed authority folders, brought to the actuators of measures: renewed leases, rulings, suspensions. In: measures with an approval, the folders of now, a memory of what was brought. Out: actuators that know of it. Never: a wait for the
//! protected lists; a folder that is held to be brought before its actuator said so.

use super::acts::Hands;
use super::actuator::{DryFault, DryRun, Wire};
use super::kept;
use crate::problem::Answer;
use sakimori_authority::statement::Statement;
use sakimori_control::{Node, files};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_liaison::measure::{Held, Register, lives, register};
use sakimori_respond::plan::life::Stage;
use sakimori_store::Store;
use sakimori_tlog::note::Note;
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
pub(super) type Spot = (AuthorityId, Name);

/// What each actuator was given last: SHA-256 of the files of its authority folder. A node that starts begins with nothing, and brings everything once.
#[derive(Clone, Default)]
pub struct Brought(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    given: BTreeMap<Spot, [u8; 32]>,
    /// Last seconds of approvals, as their statements have them.
    ends: BTreeMap<AuthorityId, Seconds>,
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
        now: Seconds,
    ) -> Answer<(usize, Vec<String>)> {
        let (all, broken) = lives(store).await.map_err(|e| kept(&e))?;
        let register = Arc::new(register(store).await.map_err(|e| kept(&e))?);
        let mut calls = tokio::task::JoinSet::new();
        for spot in self.spots(&all, node, now) {
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
        let trouble = std::mem::take(&mut memory.trouble);
        let trouble = trouble.into_iter().chain(broken).collect();
        Ok((std::mem::take(&mut memory.took), trouble))
    }

    /// Brings what changed to some, each beside the others, and waits for all of them: for a thread that may. Gives what could not be done.
    pub(super) fn now(&self, hands: &Arc<Hands>, spots: Vec<Spot>) -> Vec<String> {
        let mut threads = Vec::new();
        for spot in spots {
            if !self.memory().called.insert(spot.clone()) {
                continue;
            }
            let (memory, hands, own) = (self.clone(), Arc::clone(hands), spot.clone());
            let call = move || memory.call(&hands.node, &hands.folder, &hands.register, own);
            match std::thread::Builder::new().spawn(call) {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    let mut memory = self.memory();
                    memory.called.remove(&spot);
                    memory.trouble.insert(error.to_string());
                }
            }
        }
        for thread in threads {
            // One that fell has said nothing.
            let _ = thread.join();
        }
        let trouble = std::mem::take(&mut self.memory().trouble);
        trouble.into_iter().collect()
    }

    /// All approvals that a measure ever had, and their actuators: of measures that are decided and not over, and for a day behind the last second of an approval, for an earlier one can be revoked behind its renewal, and any behind
    /// its end. What was brought once is brought whenever it changes.
    fn spots(&self, all: &[Held], node: &Node, now: Seconds) -> BTreeSet<Spot> {
        let mut spots = BTreeSet::new();
        for one in all {
            let state = one.state();
            let goes_on = state.stage().is_decided() || state.stage() == Stage::Ending;
            for authority in one.approvals() {
                let is_last = state.authority() == Some(*authority);
                let new = goes_on && is_last || !self.is_long_over(node, *authority, now);
                for aim in &state.plan().aims {
                    let spot = (*authority, aim.actuator.clone());
                    if new || self.memory().given.contains_key(&spot) {
                        spots.insert(spot);
                    }
                }
            }
        }
        spots
    }

    /// Whether the last second of an approval passed a day ago, or nothing is known of it.
    fn is_long_over(&self, node: &Node, authority: AuthorityId, now: Seconds) -> bool {
        let known = self.memory().ends.get(&authority).copied();
        let end = known.or_else(|| {
            let bytes = files::read_present(&node.statement(authority)).ok()?;
            let note = Note::parse(&bytes).ok()?;
            let end = Statement::parse(note.text()).ok()?.not_after;
            self.memory().ends.insert(authority, end);
            Some(end)
        });
        end.is_none_or(|end| end.plus(DAY_SECONDS) < now)
    }

    fn call(&self, node: &Node, folder: &Path, register: &Register, spot: Spot) {
        let done = self.one(node, folder, register, &spot);
        let mut memory = self.memory();
        memory.called.remove(&spot);
        match done {
            Ok(None) => {}
            Ok(Some((digest, run))) => {
                let (_, actuator) = &spot;
                for one in &run.faults {
                    let DryFault {
                        deed,
                        target,
                        fault,
                    } = one;
                    let words = format!("`{actuator}` would refuse {deed} {target}: {fault}");
                    memory.trouble.insert(words);
                }
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
    ) -> Result<Option<([u8; 32], DryRun)>, String> {
        let (authority, actuator) = spot;
        let files = files_of(node, *authority, actuator)?;
        let digest = digest(&files);
        if self.memory().given.get(spot) == Some(&digest) {
            return Ok(None);
        }
        let entry = register.actuator(actuator.as_str());
        let entry = entry.ok_or_else(|| format!("the register has no actuator `{actuator}`"))?;
        let wire = Wire::open(folder, &entry.peer)?;
        let run = wire.approve(&authority.to_string(), &files);
        Ok(Some((digest, run.map_err(|e| e.to_string())?)))
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
