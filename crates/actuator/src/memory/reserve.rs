//! Room for what takes back, kept before it is needed. In: authorities that are suspended or revoked. Out: the same after a restart, also where the disk was full. Never: a write that needs room; a slot that was half written, taken for whole.
//!
//! A file of slots of 32 bytes, written with zeros once: the id, what it is, the serial, and the first bytes of a hash of these. A slot is put in the place of zeros, so that a full disk cannot refuse it.

use crate::files;
use sakimori_authority::gate::{SensorState, Standing};
use sakimori_authority::suspension::{By, SuspensionAct};
use sakimori_custody::ids::AuthorityId;
use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

const SLOT: usize = 32;
const SLOTS: usize = 1024;
/// Bytes of a slot before its hash.
const SAID: usize = 25;

/// What takes an authority back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Revoked(AuthorityId),
    Suspended(AuthorityId, By, u64),
}

impl End {
    /// What a memory has of this kind.
    pub(super) fn all(state: &SensorState) -> Vec<Self> {
        let suspends = |one: &&Standing| one.act == SuspensionAct::Suspend;
        let suspended = state.standings.iter().filter(suspends);
        let suspended = suspended.map(|one| Self::Suspended(one.authority, one.by, one.serial));
        let revoked = state.revoked.iter().map(|id| Self::Revoked(*id));
        suspended.chain(revoked).collect()
    }

    /// Into a memory.
    pub(super) fn note(self, state: &mut SensorState) {
        match self {
            Self::Revoked(id) => state.note_revoked(id),
            Self::Suspended(authority, by, serial) => state.note_standing(Standing {
                authority,
                by,
                serial,
                act: SuspensionAct::Suspend,
            }),
        }
    }

    fn to_slot(self) -> Vec<u8> {
        let (id, what, serial) = match self {
            Self::Revoked(id) => (id, 0, 0),
            Self::Suspended(id, by, serial) => (id, by.code(), serial),
        };
        let mut slot = id.0.to_vec();
        slot.push(what);
        slot.extend(serial.to_be_bytes());
        let hash = Sha256::digest(&slot);
        slot.extend(hash.iter().take(SLOT - SAID));
        slot
    }

    fn of_slot(slot: &[u8]) -> Option<Self> {
        let (said, hash) = slot.split_at_checked(SAID)?;
        if !Sha256::digest(said).starts_with(hash) {
            return None;
        }
        let (id, rest) = said.split_at_checked(16)?;
        let id = AuthorityId(id.try_into().ok()?);
        let (what, serial) = rest.split_first()?;
        Some(match what {
            0 => Self::Revoked(id),
            code => {
                let serial = u64::from_be_bytes(serial.try_into().ok()?);
                Self::Suspended(id, By::from_code(*code)?, serial)
            }
        })
    }
}

/// The file.
pub(super) struct Reserve {
    path: PathBuf,
    /// Whether it has its length.
    is_there: bool,
    /// What is in it.
    slots: Vec<End>,
    /// Where the next one goes.
    next: usize,
}

impl Reserve {
    /// Opens the file, or makes it. Where it cannot be made, nothing is in it until it can.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let bytes = files::read(&path, (SLOT * SLOTS) as u64)?.unwrap_or_default();
        let read: Vec<(usize, End)> = bytes
            .chunks(SLOT)
            .enumerate()
            .filter_map(|(at, slot)| Some((at, End::of_slot(slot)?)))
            .collect();
        let mut reserve = Self {
            is_there: bytes.len() == SLOT * SLOTS,
            next: read.last().map_or(0, |(at, _)| at + 1),
            slots: read.into_iter().map(|(_, end)| end).collect(),
            path,
        };
        reserve.make();
        Ok(reserve)
    }

    fn make(&mut self) {
        if self.is_there {
            return;
        }
        let mut bytes: Vec<u8> = self.slots.iter().flat_map(|end| end.to_slot()).collect();
        bytes.resize(SLOT * SLOTS, 0);
        match files::write(&self.path, &bytes) {
            Ok(()) => {
                self.is_there = true;
                self.next = self.slots.len();
            }
            Err(error) => {
                tracing::warn!(%error, "room for suspensions and revocations cannot be kept");
            }
        }
    }

    pub(super) fn slots(&self) -> &[End] {
        &self.slots
    }

    /// Puts into it what is not in it, durable when this returns.
    pub(super) fn note(&mut self, ends: &[End]) -> io::Result<()> {
        self.make();
        if !self.is_there {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let new = ends.iter().filter(|end| !self.slots.contains(end));
        let new: Vec<End> = new.copied().collect();
        if new.is_empty() {
            return Ok(());
        }
        if self.next + new.len() > SLOTS {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = OpenOptions::new().write(true).open(&self.path)?;
        let bytes: Vec<u8> = new.iter().flat_map(|end| end.to_slot()).collect();
        file.write_all_at(&bytes, (self.next * SLOT) as u64)?;
        file.sync_data()?;
        self.next += new.len();
        self.slots.extend(new);
        Ok(())
    }

    /// Empties it: all of it is kept elsewhere. Where it cannot be emptied, it says the same again later, which changes nothing.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        if self.slots.is_empty() {
            return Ok(());
        }
        let file = OpenOptions::new().write(true).open(&self.path)?;
        file.write_all_at(&vec![0; self.next * SLOT], 0)?;
        file.sync_data()?;
        self.slots.clear();
        self.next = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: [End; 3] = [
        End::Revoked(AuthorityId([7; 16])),
        End::Suspended(AuthorityId([0; 16]), By::Office, 9),
        End::Suspended(AuthorityId([7; 16]), By::Commission, u64::MAX),
    ];

    #[test]
    fn what_was_put_in_comes_back_and_half_a_slot_does_not() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("reserve");
        let mut reserve = Reserve::open(path.clone())?;
        assert!(reserve.slots().is_empty());
        reserve.note(&ENDS[..1])?;
        reserve.note(&ENDS)?;
        assert_eq!(Reserve::open(path.clone())?.slots(), ENDS);
        assert_eq!(std::fs::metadata(&path)?.len(), (SLOT * SLOTS) as u64);
        // The power went in the middle of one of them.
        let whole = std::fs::read(&path)?;
        for torn in 0..ENDS.len() {
            let mut bytes = whole.clone();
            for byte in bytes.iter_mut().skip(torn * SLOT + 20).take(12) {
                *byte = 0;
            }
            std::fs::write(&path, bytes)?;
            let mut reserve = Reserve::open(path.clone())?;
            let left = ENDS.iter().enumerate().filter(|(at, _)| *at != torn);
            assert!(reserve.slots().iter().eq(left.map(|(_, end)| end)));
            reserve.note(&ENDS)?;
            let again = Reserve::open(path.clone())?;
            assert!(ENDS.iter().all(|end| again.slots().contains(end)));
        }
        reserve = Reserve::open(path.clone())?;
        reserve.clear()?;
        assert!(Reserve::open(path)?.slots().is_empty());
        Ok(())
    }
}
