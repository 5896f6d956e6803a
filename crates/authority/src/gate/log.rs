//! What the gate believes of the log. In: a proof's checkpoint, the trust root, what was seen before. Out: size, root and the mirror's time. Never: a log that went back.

use super::SensorState;
use crate::limits::{LEASE_SECONDS_MAX, SKEW_SECONDS_MAX};
use crate::refusal::Refusal;
use crate::root::TrustRoot;
use sakimori_custody::time::Seconds;
use sakimori_tlog::checkpoint::Checkpoint;
use sakimori_tlog::proof::TlogProof;

/// A checkpoint that log and mirror signed.
pub(super) struct Seen {
    pub(super) size: u64,
    pub(super) root: [u8; 32],
    /// Time of the mirror's cosignature.
    pub(super) cosigned: Seconds,
}

pub(super) fn checkpoint(
    proof: &TlogProof,
    root: &TrustRoot,
    state: &SensorState,
    now: Seconds,
) -> Result<Seen, Refusal> {
    let mut keys = root.policy.keys();
    if !keys.contains(&root.mirror) {
        keys.push(root.mirror.clone());
    }
    let note = &proof.checkpoint;
    let verified = note.verify(&keys).map_err(|_| Refusal::LogUnsigned)?;
    let log = root
        .policy
        .logs()
        .iter()
        .find(|log| verified.iter().any(|v| v.key == **log));
    let log = log.ok_or(Refusal::LogUnsigned)?;
    let read = Checkpoint::parse(note.text()).map_err(|_| Refusal::LogUnsigned)?;
    if read.origin != log.name() {
        return Err(Refusal::LogUnsigned);
    }
    let mirror = verified
        .iter()
        .find(|v| v.key == root.mirror)
        .and_then(|v| v.time);
    let cosigned = mirror
        .filter(|_| root.policy.met_by(&verified))
        .ok_or(Refusal::MirrorMissing)?;
    let cosigned = Seconds(cosigned);
    if now.plus(SKEW_SECONDS_MAX) < cosigned {
        return Err(Refusal::FutureCheckpoint);
    }
    if cosigned.plus(LEASE_SECONDS_MAX) < now {
        return Err(Refusal::StaleCheckpoint);
    }
    if let Some((size, root)) = state.checkpoint
        && (read.size < size || read.size == size && read.root != root)
    {
        return Err(Refusal::LogRolledBack);
    }
    Ok(Seen {
        size: read.size,
        root: read.root,
        cosigned,
    })
}
