//! Approvals: how they come, and how they are kept. In: files of an authority folder. Out: permits, leases, suspensions, revocations, each checked here and offline. Never: an approval that was not checked by
//! [`gate::measure`]; a revocation that is forgotten because its file was taken away.
//!
//! What came is a set of files; it is laid over those of the same statement that are known, so that a lease, a suspension or a ruling comes alone. What the gate remembers is durable before anything is done by it.

mod bundle;
mod store;

pub use bundle::{BUNDLE_BYTES_MAX, Bundle, BundleError};
pub use store::{Stored, StoredError};

use crate::memory::{Memory, MemoryError};
use sakimori_authority::gate::{self, Approved, MeasureAsk, MeasureRefused, SensorState};
use sakimori_authority::measure::{Deed, EffectLine};
use sakimori_authority::statement::Statement;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Allowed, Event, Holder, Permit};
use sakimori_respond::host::HostTarget;
use sakimori_respond::safety::Target;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::proof::TlogProof;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use store::Store;

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

/// An approval that holds, as far as the actuator needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The statement.
    pub statement: AuthorityId,
    /// The measure.
    pub id: AuthorityId,
    /// What may be done.
    pub permit: Permit,
    /// 1, or 2 where more people agreed.
    pub level: u64,
    /// Until when new effects may begin.
    pub lease: Option<Seconds>,
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
    held: BTreeMap<AuthorityId, Held>,
}

/// The one form in which the actuator has a target.
pub fn canonical(deed: Deed, target: &str) -> Option<String> {
    match deed {
        Deed::Block | Deed::BlackHole => match Target::parse(target).ok()? {
            net @ Target::Net(_) => Some(net.to_string()),
            Target::Name { .. } => None,
        },
        Deed::NoAnswer | Deed::Sinkhole => match Target::parse(target).ok()? {
            name @ Target::Name { .. } => Some(name.to_string()),
            Target::Net(_) => None,
        },
        // A flow's rule can be more than a block of addresses: its own room reads it.
        Deed::FlowRule => Some(match Target::parse(target) {
            Ok(net @ Target::Net(_)) => net.to_string(),
            _ => target.to_owned(),
        }),
        Deed::Freeze | Deed::Stop | Deed::Quarantine | Deed::Isolate => {
            let read = HostTarget::parse(target).ok()?;
            read.fits(deed).then(|| read.to_string())
        }
        Deed::Notify => Some(target.to_owned()),
    }
}

fn allowed(line: &EffectLine) -> Result<Allowed, ApprovalError> {
    let target = canonical(line.deed, &line.target);
    let target = target.ok_or_else(|| ApprovalError::Target(line.target.clone(), line.deed))?;
    Ok(Allowed {
        deed: line.deed,
        target,
    })
}

fn held(approved: &Approved) -> Result<Held, ApprovalError> {
    let (statement, measure) = (approved.statement(), approved.measure());
    Ok(Held {
        statement: statement.id,
        id: measure.id,
        permit: Permit {
            measure: measure.family(),
            revision: measure.revision,
            not_before: statement.not_before,
            not_after: statement.not_after,
            allowed: approved.effects().map(allowed).collect::<Result<_, _>>()?,
            most: usize::try_from(measure.roll_out.most).unwrap_or(usize::MAX),
        },
        level: measure.level,
        lease: approved.lease().map(|lease| lease.not_after),
    })
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
            held: BTreeMap::new(),
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

    /// Approvals that hold.
    pub fn held(&self) -> impl Iterator<Item = &Held> {
        self.held.values()
    }

    /// The level of an approval.
    pub fn level(&self, measure: &[u8; 32]) -> u64 {
        let of = self.held().filter(|held| held.permit.measure == *measure);
        of.map(|held| held.level).max().unwrap_or(1)
    }

    /// The measure's id, where an approval of it holds.
    pub fn id_of(&self, measure: &[u8; 32]) -> Option<AuthorityId> {
        self.held()
            .find(|held| held.permit.measure == *measure)
            .map(|held| held.id)
    }

    /// Checks all that is kept anew, as of when it was taken: files on a disk can have changed. What does not hold any more is held back.
    ///
    /// # Errors
    /// The disk's.
    pub fn check_all(&mut self) -> io::Result<Vec<Event>> {
        let mut events = Vec::new();
        for stored in self.store.all()? {
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
            let folder = stored.bundle.folder();
            let checked = gate::trust(&folder, &as_of)
                .map_err(MeasureRefused::from)
                .and_then(|trusted| {
                    gate::measure(&trusted, &folder, &as_of, &self.ask(stored.taken))
                });
            match checked
                .map_err(ApprovalError::Refused)
                .and_then(|one| held(&one))
            {
                Ok(mut held) => {
                    held.lease = stored.lease;
                    events.extend(told(&held));
                    let (measure, by) = (held.permit.measure, Holder::Proof);
                    events.push(Event::Resumed { measure, by });
                    self.held.insert(stored.id, held);
                }
                Err(error) => {
                    tracing::error!(statement = %stored.id, %error, "a stored approval does not hold any more");
                }
            }
        }
        events.extend(self.standings());
        Ok(events)
    }

    /// Measures whose permits are known and of which no stored approval holds: there is no proof of them.
    pub fn unproven<'p>(&self, permits: impl Iterator<Item = &'p Permit>) -> Vec<Event> {
        let mut out = Vec::new();
        for permit in permits {
            let mut of = self.held();
            if !of.any(|held| held.permit.measure == permit.measure) {
                out.push(Event::Suspended {
                    measure: permit.measure,
                    by: Holder::Proof,
                });
            }
        }
        out
    }

    fn ask(&self, now: Seconds) -> MeasureAsk {
        MeasureAsk {
            actuator: self.actuator.clone(),
            key: self.key.clone(),
            now,
        }
    }

    /// What the memory says of approvals: who is suspended, revoked, or neither.
    fn standings(&self) -> Vec<Event> {
        let state = self.memory.state();
        let mut suspended: BTreeMap<[u8; 32], bool> = BTreeMap::new();
        let mut out = Vec::new();
        for (id, held) in &self.held {
            let measure = held.permit.measure;
            *suspended.entry(measure).or_default() |= state.is_suspended(*id);
            if state.revoked.contains(id) {
                out.push(Event::Revoked {
                    measure,
                    revision: held.permit.revision,
                });
            }
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

    /// Takes a set of files. What the gate remembers of it counts whatever the gate says.
    /// `protects` says why an approval meets what is protected.
    pub fn take(
        &mut self,
        id: Option<AuthorityId>,
        bundle: Bundle,
        now: Seconds,
        protects: &dyn Fn(&Held) -> Option<String>,
    ) -> Taken {
        let mut taken = Taken {
            events: Vec::new(),
            cosigned: None,
            held: Err(ApprovalError::OtherId),
        };
        taken.held = self
            .checked(id, bundle, now, &mut taken.cosigned)
            .and_then(|(held, bundle)| self.kept(held, &bundle, now, protects));
        if let Ok(held) = &taken.held {
            taken.events.extend(told(held));
            // What was damaged on the disk is whole again.
            taken.events.push(Event::Resumed {
                measure: held.permit.measure,
                by: Holder::Proof,
            });
        }
        taken.events.extend(self.standings());
        taken
    }

    fn checked(
        &mut self,
        id: Option<AuthorityId>,
        bundle: Bundle,
        now: Seconds,
        cosigned: &mut Option<(u32, Seconds)>,
    ) -> Result<(Held, Bundle), ApprovalError> {
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
        let trusted =
            gate::trust(&folder, self.memory.state()).map_err(|why| refused(why.into()))?;
        let own = folder
            .statement
            .as_deref()
            .and_then(|bytes| Statement::check(bytes, trusted.root()).ok())
            .map(|(statement, _)| statement.id);
        if id.is_some() && own.is_some() && own != id {
            return Err(ApprovalError::OtherId);
        }
        let checked = gate::measure(&trusted, &folder, self.memory.state(), &self.ask(now));
        let state = match &checked {
            Ok(approved) => approved.state().clone(),
            Err(_) => gate::remember(&trusted, &folder, self.memory.state(), now),
        };
        self.memory.keep(state)?;
        let approved = checked.map_err(refused)?;
        let held = held(&approved)?;
        let proof = folder.proof.as_deref().map(TlogProof::parse);
        if let Some(Ok(proof)) = proof {
            let mirror = trusted.root().mirror.clone();
            let who = u32::from_be_bytes(mirror.id());
            let seen = proof.checkpoint.verify(&[mirror]).ok();
            let time = seen.and_then(|seen| seen.iter().find_map(|one| one.time));
            *cosigned = time.map(|time| (who, Seconds(time)));
        }
        Ok((held, bundle))
    }

    fn kept(
        &mut self,
        held: Held,
        bundle: &Bundle,
        now: Seconds,
        protects: &dyn Fn(&Held) -> Option<String>,
    ) -> Result<Held, ApprovalError> {
        if let Some(why) = protects(&held) {
            return Err(ApprovalError::Protected(why));
        }
        self.store.put(held.statement, bundle, now, held.lease)?;
        self.held.insert(held.statement, held.clone());
        Ok(held)
    }

    /// Forgets approvals whose last second has passed for a day: they allow nothing, and their proofs are at the office.
    ///
    /// # Errors
    /// The disk's.
    pub fn forget_old(&mut self, now: Seconds) -> io::Result<()> {
        let old = |held: &Held| held.permit.not_after.plus(86_400) < now;
        let gone: Vec<AuthorityId> = self
            .held
            .iter()
            .filter(|(_, held)| old(held))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.store.remove(id)?;
            self.held.remove(&id);
        }
        Ok(())
    }
}

/// What the engine is told of an approval.
fn told(held: &Held) -> Vec<Event> {
    let permit = held.permit.clone();
    let (measure, revision) = (permit.measure, permit.revision);
    let lease = held.lease.map(|until| Event::Lease {
        measure,
        revision,
        until,
    });
    std::iter::once(Event::Permit(permit))
        .chain(lease)
        .collect()
}
