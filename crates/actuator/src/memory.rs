//! What the gate remembers between approvals, on disk. In: a [`SensorState`]. Out: the same after a restart. Never: a memory that was damaged and is taken for empty; a suspension or revocation that waits for the disk.
//!
//! What is remembered counts at once. Where the disk does not take it, suspensions and revocations go into room that was kept for them before, and the whole is written as soon as it can be.

mod reserve;

use crate::files;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reserve::{End, Reserve};
use sakimori_authority::gate::{SensorState, Standing};
use sakimori_authority::suspension::{By, SuspensionAct};
use sakimori_custody::ids::{AuthorityId, hex, unhex};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;

const BYTES_MAX: u64 = 16 << 20;

/// Why there is no memory. Who runs the actuator acts on it.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The disk.
    #[error("the actuator's memory cannot be read or written")]
    Disk(#[from] io::Error),
    /// Damage.
    #[error("the actuator's memory is damaged: {0}; without it older approvals could come again")]
    Damaged(&'static str),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    trust_root: String,
    checkpoint: Option<(u64, String)>,
    time: u64,
    schedule: Option<String>,
    standings: Vec<(String, String, u64, String)>,
    revoked: Vec<String>,
    software: bool,
}

/// The memory, and where it is kept.
pub struct Memory {
    path: PathBuf,
    state: SensorState,
    /// What the disk has; nothing before it has anything.
    durable: Option<SensorState>,
    reserve: Reserve,
}

fn read(text: Text) -> Option<SensorState> {
    let bytes = |text: &str| STANDARD.decode(text).ok();
    let id = |text: &str| text.parse::<AuthorityId>().ok();
    let standing = |(authority, by, serial, act): &(String, String, u64, String)| {
        Some(Standing {
            authority: id(authority)?,
            by: By::from_name(by)?,
            serial: *serial,
            act: SuspensionAct::from_name(act)?,
        })
    };
    let checkpoint = match text.checkpoint {
        None => None,
        Some((size, root)) => Some((size, unhex(&root)?)),
    };
    let schedule = match text.schedule {
        None => None,
        Some(text) => Some(bytes(&text)?),
    };
    Some(SensorState {
        trust_root: Some(bytes(&text.trust_root)?),
        checkpoint,
        time: Seconds(text.time),
        schedule,
        standings: text.standings.iter().map(standing).collect::<Option<_>>()?,
        revoked: text
            .revoked
            .iter()
            .map(|text| id(text))
            .collect::<Option<_>>()?,
        software: text.software,
    })
}

impl Memory {
    /// Reads the memory, or begins one with the trust root that the owner installed. The room for what takes back is `PATH` with the ending `ends`.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub fn open(path: PathBuf, trust_root: &[u8]) -> Result<Self, MemoryError> {
        let durable = match files::read(&path, BYTES_MAX)? {
            None => None,
            Some(bytes) => {
                let text = serde_json::from_slice(&bytes)
                    .map_err(|_| MemoryError::Damaged("it is not JSON of a memory"))?;
                let state = read(text);
                let wrong = MemoryError::Damaged("a member is not as it should be");
                Some(state.ok_or(wrong)?)
            }
        };
        let reserve = Reserve::open(path.with_extension("ends"))?;
        let mut state = durable.clone().unwrap_or_else(|| SensorState {
            trust_root: Some(trust_root.to_vec()),
            ..SensorState::default()
        });
        for end in reserve.slots() {
            end.note(&mut state);
        }
        let mut memory = Self {
            path,
            state,
            durable,
            reserve,
        };
        if !memory.reserve.slots().is_empty()
            && let Err(error) = memory.again()
        {
            tracing::warn!(%error, "the memory cannot be written; what takes back is kept beside it");
        }
        Ok(memory)
    }

    /// What is remembered.
    pub const fn state(&self) -> &SensorState {
        &self.state
    }

    /// Whether every suspension and revocation that is remembered would be after a restart.
    pub fn has_ends(&self) -> bool {
        let none = SensorState::default();
        let durable = self.durable.as_ref().unwrap_or(&none);
        let kept = End::all(durable);
        let slots = self.reserve.slots();
        let mut all = End::all(&self.state).into_iter();
        all.all(|end| kept.contains(&end) || slots.contains(&end))
    }

    /// Remembers, durable when this returns.
    ///
    /// # Errors
    /// The disk's: it is remembered all the same until a restart, and what takes back also behind it where [`Memory::has_ends`] says so. [`Memory::again`] writes it later.
    pub fn keep(&mut self, state: SensorState) -> io::Result<()> {
        self.state = state;
        self.again()
    }

    /// Writes what the disk does not have yet.
    ///
    /// # Errors
    /// As [`Memory::keep`].
    pub fn again(&mut self) -> io::Result<()> {
        if self.durable.as_ref() == Some(&self.state) {
            return Ok(());
        }
        if let Err(error) = self.write() {
            let none = SensorState::default();
            let kept = End::all(self.durable.as_ref().unwrap_or(&none));
            let mut ends = End::all(&self.state);
            ends.retain(|end| !kept.contains(end));
            if let Err(why) = self.reserve.note(&ends) {
                tracing::error!(%why, "a suspension or revocation is not on the disk; it counts until a restart");
            }
            return Err(error);
        }
        self.durable = Some(self.state.clone());
        if let Err(error) = self.reserve.clear() {
            tracing::warn!(%error, "the room for what takes back cannot be emptied");
        }
        Ok(())
    }

    fn write(&self) -> io::Result<()> {
        let state = &self.state;
        let standing = |one: &Standing| {
            (
                one.authority.to_string(),
                one.by.name().to_owned(),
                one.serial,
                one.act.name().to_owned(),
            )
        };
        let text = Text {
            trust_root: STANDARD.encode(state.trust_root.as_deref().unwrap_or_default()),
            checkpoint: state.checkpoint.map(|(size, root)| (size, hex(&root))),
            time: state.time.0,
            schedule: state.schedule.as_deref().map(|note| STANDARD.encode(note)),
            standings: state.standings.iter().map(standing).collect(),
            revoked: state.revoked.iter().map(ToString::to_string).collect(),
            software: state.software,
        };
        let bytes = serde_json::to_vec(&text).map_err(io::Error::other)?;
        files::write(&self.path, &bytes)
    }
}
