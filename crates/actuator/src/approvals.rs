//! Approvals: how they come, and how they are kept. In: files of an authority folder. Out: permits, leases, suspensions, revocations, each checked here and offline. Never: an approval that was not checked by
//! [`gate::measure`]; a revocation or suspension that waits for a disk, or is forgotten because its file was taken away, a newer trust root came or the machine started anew.
//!
//! What came is a set of files; it is laid over those of the same statement that are known, so that a lease, a suspension or a ruling comes alone. What the gate remembers is durable before anything begins by it; what takes
//! back counts before that. Who is suspended or revoked is known of the memory alone, beside the proofs: an approval that is suspended is known on, and holds its measure back whatever other approvals it has.

mod bundle;
mod held;
mod store;

pub use bundle::{BUNDLE_BYTES_MAX, Bundle, BundleError};
pub use held::{Held, canonical};
pub use store::{Stored, StoredError};

use crate::memory::{Memory, MemoryError};
use held::{Known, told};
use sakimori_authority::gate::{
    self, Approved, Folder, MeasureAsk, MeasureRefused, SensorState, Trusted,
};
use sakimori_authority::measure::Deed;
use sakimori_authority::statement::Statement;
use sakimori_authority::{Refusal, TrustRoot};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Event, Holder, State};
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::proof::TlogProof;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use store::Store;

/// How long the file of an approval that does not hold any more is kept for who looks into it, in seconds: longer than any approval.
const REFUSED_SECONDS: u64 = 8 * 86_400;

/// Why an approval is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// What came is no set of files. Its sender acts on it.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The gate. Its sender acts on it.
    #[error("{0}")]
    Refused(MeasureRefused),
    /// A target that no actuator has. Its sender acts on it.
    #[error("`{0}` is no target of `{1}` in the one form that approvals have")]
    Target(String, Deed),
    /// It is for the id of another statement. Its sender acts on it.
    #[error("the statement has another id than the one that it was sent under")]
    OtherId,
    /// As many are kept as may be. Who runs the actuator acts on it.
    #[error("as many approvals are kept as may be")]
    Full,
    /// A target that is protected. Its sender acts on it.
    #[error("{0}")]
    Protected(String),
    /// The disk. Who runs the actuator acts on it.
    #[error("the approval cannot be kept")]
    Disk(#[from] io::Error),
}

/// What came of a set of files.
pub struct Taken {
    /// What the engine is told.
    pub events: Vec<Event>,
    /// Time of the mirror's cosignature, and the first bytes of its key.
    pub cosigned: Option<(u32, Seconds)>,
    /// The approval, where it holds.
    pub held: Result<Held, ApprovalError>,
}

/// All approvals of an actuator.
pub struct Approvals {
    actuator: Name,
    key: VerifierKey,
    memory: Memory,
    store: Store,
    known: BTreeMap<AuthorityId, Known>,
    /// Files that hold no more, and when they were taken.
    refused: BTreeMap<AuthorityId, Seconds>,
}

/// What the gate said of an approval.
struct Gated {
    known: Known,
    bundle: Bundle,
    /// That it is suspended.
    why: Option<MeasureRefused>,
}

impl Approvals {
    /// Opens what is kept in a folder. `trust_root` is the note that the owner installed.
    ///
    /// # Errors
    /// [`MemoryError`].
    pub fn open(
        folder: &Path,
        trust_root: &[u8],
        actuator: Name,
        key: VerifierKey,
    ) -> Result<Self, MemoryError> {
        crate::files::folder(folder)?;
        Ok(Self {
            actuator,
            key,
            memory: Memory::open(folder.join("memory.json"), trust_root)?,
            store: Store::open(folder.join("approvals"))?,
            known: BTreeMap::new(),
            refused: BTreeMap::new(),
        })
    }

    /// The largest time that is remembered.
    pub const fn time(&self) -> Seconds {
        self.memory.state().time
    }

    /// The trust root that is remembered, as a note.
    pub fn root(&self) -> Vec<u8> {
        self.memory.state().trust_root.clone().unwrap_or_default()
    }

    /// Remembers a time that was judged.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_time(&mut self, time: Seconds) -> io::Result<()> {
        let mut state = self.memory.state().clone();
        state.time = state.time.max(time);
        self.memory.keep(state)
    }

    /// Writes what the disk did not take before.
    ///
    /// # Errors
    /// The disk's.
    pub fn again(&mut self) -> io::Result<()> {
        self.memory.again()
    }

    /// Approvals whose proofs hold; who is suspended or revoked is among them.
    pub fn held(&self) -> impl Iterator<Item = &Held> {
        self.known.values().map(|one| &one.held)
    }

    /// The level by which a deed on a target is approved: the largest of the approvals that allow this very deed, are not over and not revoked.
    pub fn level(&self, measure: &[u8; 32], deed: Deed, target: &str, now: Seconds) -> u64 {
        let revoked = &self.memory.state().revoked;
        let covers = |one: &&Held| {
            let permit = &one.permit;
            permit.measure == *measure
                && now <= permit.not_after
                && !revoked.contains(&one.statement)
                && one.allows(deed, target)
        };
        let of = self.held().filter(covers);
        of.map(|one| one.level).max().unwrap_or(1)
    }

    /// The measure's id, where an approval of it is known.
    pub fn id_of(&self, measure: &[u8; 32]) -> Option<AuthorityId> {
        let mut held = self.held();
        let found = held.find(|one| one.permit.measure == *measure);
        found.map(|one| one.id)
    }

    /// Checks all that is kept anew, as of when it was taken: files on a disk can have changed. What does not hold any more is no proof: see [`Approvals::proofs`].
    ///
    /// # Errors
    /// The disk's.
    pub fn check_all(&mut self) -> io::Result<Vec<Event>> {
        let mut events = Vec::new();
        let mut state = self.memory.state().clone();
        for id in self.store.ids()? {
            let Some(stored) = self.store.get(id)? else {
                self.refused.insert(id, state.time);
                continue;
            };
            let folder = stored.bundle.folder();
            match self.proven(&stored, &folder) {
                Ok(known) => {
                    events.extend(told(&known.held));
                    self.known.insert(id, known);
                    // Also where the memory did not come to it before the power went.
                    state = self.ended(Some(id), &folder, state);
                }
                Err(error) => {
                    tracing::error!(statement = %id, %error, "a stored approval does not hold any more");
                    self.refused.insert(id, stored.taken);
                }
            }
        }
        if let Err(error) = self.memory.keep(state) {
            tracing::warn!(%error, "the memory cannot be written");
        }
        events.extend(self.standings(self.time()));
        Ok(events)
    }

    /// The proof of a stored approval, whoever has suspended or revoked it since.
    fn proven(&self, stored: &Stored, folder: &Folder) -> Result<Known, ApprovalError> {
        let state = self.memory.state();
        // What was checked by an older trust root, schedule and checkpoint was good by them.
        let as_of = SensorState {
            trust_root: match stored.bundle.file("trust-root.note") {
                Some(note) => Some(note.to_vec()),
                None => state.trust_root.clone(),
            },
            checkpoint: None,
            time: Seconds(0),
            schedule: None,
            ..state.clone()
        };
        let refused = |why: MeasureRefused| ApprovalError::Refused(why);
        let trusted = gate::trust(folder, &as_of).map_err(|why| refused(why.into()))?;
        let approved = self.bare(&trusted, folder, &as_of, stored.taken);
        Known::of(&approved.map_err(refused)?, trusted.root())
    }

    /// Measures of which each approval has its proof, and those of which one has none: a permit that rests on a file that does not hold any more allows nothing.
    pub fn proofs(&self, state: &State, now: Seconds) -> Vec<Event> {
        let mut proven: BTreeMap<[u8; 32], bool> = BTreeMap::new();
        for permit in state.permits() {
            let (measure, revision) = (permit.measure, permit.revision);
            let void = state.void(&measure).is_some_and(|void| void >= revision);
            let mut held = self.held().map(|one| &one.permit);
            let is = held.any(|one| one.measure == measure && one.revision == revision);
            *proven.entry(measure).or_insert(true) &= is || void || now > permit.not_after;
        }
        let by = Holder::Proof;
        let event = |(measure, is_proven)| {
            if is_proven {
                Event::Resumed { measure, by }
            } else {
                Event::Suspended { measure, by }
            }
        };
        proven.into_iter().map(event).collect()
    }

    fn ask(&self, now: Seconds) -> MeasureAsk {
        MeasureAsk {
            actuator: self.actuator.clone(),
            key: self.key.clone(),
            now,
        }
    }

    /// The gate's verdict but for what has suspended or revoked it.
    fn bare(
        &self,
        trusted: &Trusted,
        folder: &Folder,
        state: &SensorState,
        now: Seconds,
    ) -> Result<Approved, MeasureRefused> {
        let folder = Folder {
            ruling: None,
            suspensions: [None, None, None],
            ..folder.clone()
        };
        let state = SensorState {
            standings: Vec::new(),
            revoked: Vec::new(),
            ..state.clone()
        };
        gate::measure(trusted, &folder, &state, &self.ask(now))
    }

    /// What files say that take back, of the approval that they came for, or of any that is known: by the root that each was approved under, and by the newest.
    fn ended(&self, id: Option<AuthorityId>, folder: &Folder, state: SensorState) -> SensorState {
        let newest = state.trust_root.as_deref();
        let newest = newest.and_then(|note| TrustRoot::remembered(note).ok());
        let says = folder.ruling.is_some() || folder.suspensions.iter().any(Option::is_some);
        let Some(newest) = newest.filter(|_| says) else {
            return state;
        };
        let known = self.known.iter();
        let of = known.filter(|(known, _)| id.is_none_or(|id| id == **known));
        of.fold(state, |state, (_, one)| {
            gate::remember_end(&one.statement, &one.under, &newest, folder, &state)
        })
    }

    /// What the memory says of approvals: whose measures are suspended, what is revoked. An approval that is over or revoked holds nothing back.
    pub fn standings(&self, now: Seconds) -> Vec<Event> {
        let state = self.memory.state();
        let mut suspended: BTreeMap<[u8; 32], bool> = BTreeMap::new();
        let mut out = Vec::new();
        for (id, one) in &self.known {
            let permit = &one.held.permit;
            let (measure, revision) = (permit.measure, permit.revision);
            let is_revoked = state.revoked.contains(id);
            if is_revoked {
                out.push(Event::Revoked { measure, revision });
            }
            let holds = !is_revoked && now <= permit.not_after && state.is_suspended(*id);
            *suspended.entry(measure).or_default() |= holds;
        }
        let by = Holder::Note;
        out.extend(suspended.into_iter().map(|(measure, is)| {
            if is {
                Event::Suspended { measure, by }
            } else {
                Event::Resumed { measure, by }
            }
        }));
        out
    }

    /// Takes a set of files. What the gate remembers of it counts whatever the gate says, and whether or not a disk takes it.
    /// `protects` says why an approval meets what is protected.
    pub fn take(
        &mut self,
        id: Option<AuthorityId>,
        bundle: Bundle,
        now: Seconds,
        protects: &dyn Fn(&Held) -> Option<String>,
    ) -> Taken {
        let came = bundle.folder();
        let mut state = self.memory.state().clone();
        let mut cosigned = None;
        let mut gated = self.gated(id, bundle, now, &mut state, &mut cosigned);
        if let Ok(one) = &gated
            && let Some(why) = protects(&one.known.held)
        {
            gated = Err(ApprovalError::Protected(why));
        }
        let state = self.ended(id, &came, state);
        let kept = self.memory.keep(state);
        let mut events = Vec::new();
        let held = gated.and_then(|one| self.kept(one, kept.is_ok(), now, &mut events));
        let held = match (held, kept) {
            (Err(ApprovalError::Refused(_)), Err(error)) if !self.memory.has_ends() => {
                Err(ApprovalError::Disk(error))
            }
            (held, _) => held,
        };
        events.extend(self.standings(now));
        Taken {
            events,
            cosigned,
            held,
        }
    }

    /// Asks the gate. `state` is what is remembered from now on.
    fn gated(
        &self,
        id: Option<AuthorityId>,
        bundle: Bundle,
        now: Seconds,
        state: &mut SensorState,
        cosigned: &mut Option<(u32, Seconds)>,
    ) -> Result<Gated, ApprovalError> {
        let known = match id {
            Some(id) => self.store.get(id)?,
            None => None,
        };
        let bundle = match known {
            Some(known) => known.bundle.over(bundle),
            None => bundle,
        };
        let folder = bundle.folder();
        let refused = |why: MeasureRefused| ApprovalError::Refused(why);
        let before = state.clone();
        let trusted = gate::trust(&folder, &before).map_err(|why| refused(why.into()))?;
        let own = folder
            .statement
            .as_deref()
            .and_then(|bytes| Statement::check(bytes, trusted.root()).ok())
            .map(|(statement, _)| statement.id);
        if id.is_some() && own.is_some() && own != id {
            return Err(ApprovalError::OtherId);
        }
        let checked = gate::measure(&trusted, &folder, &before, &self.ask(now));
        *state = match &checked {
            Ok(approved) => approved.state().clone(),
            Err(_) => gate::remember(&trusted, &folder, &before, now),
        };
        let (approved, why) = match checked {
            Ok(approved) => (approved, None),
            // It is known all the same: it holds its measure back, and what lets it go on may come alone.
            Err(why @ MeasureRefused::Gate(Refusal::Suspended)) => {
                match self.bare(&trusted, &folder, &before, now) {
                    Ok(approved) => (approved, Some(why)),
                    Err(_) => return Err(refused(why)),
                }
            }
            Err(why) => return Err(refused(why)),
        };
        let proof = folder.proof.as_deref().map(TlogProof::parse);
        if let Some(Ok(proof)) = proof {
            let mirror = trusted.root().mirror.clone();
            let who = u32::from_be_bytes(mirror.id());
            let seen = proof.checkpoint.verify(&[mirror]).ok();
            let time = seen.and_then(|seen| seen.iter().find_map(|one| one.time));
            *cosigned = time.map(|time| (who, Seconds(time)));
        }
        Ok(Gated {
            known: Known::of(&approved, trusted.root())?,
            bundle,
            why,
        })
    }

    /// Keeps an approval. Nothing begins by one that the disk does not take; one that is suspended is known also without it.
    fn kept(
        &mut self,
        one: Gated,
        is_remembered: bool,
        now: Seconds,
        events: &mut Vec<Event>,
    ) -> Result<Held, ApprovalError> {
        let Gated { known, bundle, why } = one;
        let held = known.held.clone();
        let stored = if is_remembered {
            self.store.put(held.statement, &bundle, now)
        } else {
            let words = "what is remembered cannot be written";
            Err(ApprovalError::Disk(io::Error::other(words)))
        };
        match (stored, why) {
            (Ok(()), why) => {
                self.refused.remove(&held.statement);
                events.extend(told(&held));
                self.known.insert(held.statement, known);
                match why {
                    Some(why) => Err(ApprovalError::Refused(why)),
                    None => Ok(held),
                }
            }
            (Err(error), Some(why)) => {
                tracing::warn!(%error, "a suspended approval cannot be kept");
                self.known.entry(held.statement).or_insert(known);
                Err(ApprovalError::Refused(why))
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Forgets approvals whose last second has passed for a day, for they allow nothing and their proofs are at the office, and removes files that hold no more.
    ///
    /// # Errors
    /// The disk's.
    pub fn forget_old(&mut self, now: Seconds) -> io::Result<()> {
        let old = |one: &Known| one.held.permit.not_after.plus(86_400) < now;
        let known = self.known.iter().filter(|(_, one)| old(one));
        let refused = self.refused.iter();
        let refused = refused.filter(|(_, taken)| taken.plus(REFUSED_SECONDS) < now);
        let gone = known.map(|(id, _)| *id).chain(refused.map(|(id, _)| *id));
        let gone: Vec<AuthorityId> = gone.collect();
        for id in gone {
            self.store.remove(id)?;
            self.known.remove(&id);
            self.refused.remove(&id);
        }
        Ok(())
    }
}
