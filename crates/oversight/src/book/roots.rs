//! Trust roots and who may write what. In: entries of type 1, envelopes. Out: the root in force, the author. Never: a root that the one before did not sign over to.

use super::{Book, Seen, Taken, last_of, void};
use crate::refused::{Code, Refused};
use sakimori_authority::root::TrustRoot;
use sakimori_custody::entry::{EntryType, Envelope};
use sakimori_custody::ids::SensorId;
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;

/// Who wrote an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// The body is a signed note.
    Nobody,
    Sensor(SensorId),
    Counter(SensorId),
    Office,
    Secretariat,
}

/// Who may write a type of entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    Nobody,
    Sensor,
    Counter,
    Office,
    Secretariat,
    OfficeOrSecretariat,
}

/// The roots, in the order in which they came into force.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Roots {
    pinned: TrustRoot,
    /// Those after the pinned one, with their entries.
    later: Vec<(u64, TrustRoot)>,
    /// Whether the pinned one is on record.
    recorded: bool,
}

impl Roots {
    pub(crate) const fn new(pinned: TrustRoot) -> Self {
        Self {
            pinned,
            later: Vec::new(),
            recorded: false,
        }
    }

    /// The last one that has begun.
    pub(crate) fn in_force(&self, at: Seconds) -> &TrustRoot {
        self.later
            .iter()
            .rev()
            .map(|(_, root)| root)
            .find(|root| root.not_before <= at)
            .unwrap_or(&self.pinned)
    }

    /// The last one on record, whether it has begun or not.
    pub(crate) fn newest(&self) -> &TrustRoot {
        self.later.last().map_or(&self.pinned, |(_, root)| root)
    }

    /// Finds the author of an envelope among those who may write its type.
    pub(crate) fn author(&self, envelope: &Envelope, cosigned: bool) -> Result<Who, Refused> {
        let may = may(envelope.kind);
        if may == May::Nobody {
            let bare = envelope.signature.is_none() && envelope.signer == [0; 4];
            return if bare {
                Ok(Who::Nobody)
            } else {
                Err(Code::EntrySigned.into())
            };
        }
        let newest = self.in_force(last_of(envelope.time));
        let before = self.in_force(envelope.time);
        let found = of(newest, may, envelope, cosigned);
        // In the minute in which a root begins its keys and those of the one before it count.
        let found = found.or_else(|| of(before, may, envelope, cosigned));
        found.ok_or_else(|| {
            let kind = envelope.kind;
            Refused::new(Code::EntryUnsigned, format!("an entry of type {kind}"))
        })
    }
}

/// Who of a trust root signed an envelope, among those who may.
fn of(root: &TrustRoot, may: May, envelope: &Envelope, cosigned: bool) -> Option<Who> {
    let signed = |key: &VerifierKey| {
        key.id() == envelope.signer
            && (cosigned
                || key
                    .ed25519()
                    .is_some_and(|public| envelope.signed_by(key.id(), &public)))
    };
    let beside = |keys: &[(SensorId, VerifierKey)]| {
        let found = keys.iter().find(|(_, key)| signed(key));
        found.map(|(id, _)| id.clone())
    };
    let office = || signed(&root.office).then_some(Who::Office);
    let secretariat = || signed(&root.secretariat).then_some(Who::Secretariat);
    match may {
        May::Nobody => None,
        May::Sensor => beside(&root.sensors).map(Who::Sensor),
        May::Counter => beside(&root.counters).map(Who::Counter),
        May::Office => office(),
        May::Secretariat => secretariat(),
        May::OfficeOrSecretariat => office().or_else(secretariat),
    }
}

const fn may(kind: EntryType) -> May {
    use EntryType as T;
    match kind {
        T::TrustRoot
        | T::Schedule
        | T::Software
        | T::Decision
        | T::Activation
        | T::Ruling
        | T::Suspension
        | T::Urgent
        | T::Proposal
        | T::Attestation => May::Nobody,
        T::Start | T::Stop | T::Receipt | T::Gap | T::Fault | T::Refusal | T::Effective => {
            May::Sensor
        }
        T::Carrier => May::Counter,
        T::Request
        | T::Answer
        | T::Deletion
        | T::Purge
        | T::Response
        | T::Query
        | T::Finding
        | T::Export
        | T::Reidentification
        | T::Release
        | T::Measure
        | T::Reply => May::Office,
        T::Question
        | T::Lapse
        | T::Challenge
        | T::Inspection
        | T::Notice
        | T::Demand
        | T::Recommendation
        | T::Report => May::Secretariat,
        T::Access | T::Misuse => May::OfficeOrSecretariat,
    }
}

impl Book {
    /// Reads a note under the trust root in force; in the minute in which one begins, under the one before it too. The reason is that of the newer.
    pub(crate) fn under<T, E>(
        &self,
        seen: &Seen<'_>,
        read: impl Fn(&TrustRoot) -> Result<T, E>,
    ) -> Result<T, E> {
        let (newest, before) = (self.root(seen.latest()), self.root(seen.time));
        read(newest).or_else(|why| {
            if before.version == newest.version {
                return Err(why);
            }
            read(before).map_err(|_| why)
        })
    }

    /// A version of the trust root: the pinned one once, then each that the newest signed over to.
    pub(crate) fn trust_root(&mut self, seen: &Seen<'_>) -> Result<Taken, Refused> {
        let bytes = seen.open()?;
        let roots = &mut self.roots;
        let same = TrustRoot::open(bytes).is_ok_and(|root| root.hash() == roots.pinned.hash());
        if same && !roots.recorded {
            if seen.counter(0) != roots.pinned.version {
                return Ok(void(Code::RootChain));
            }
            roots.recorded = true;
            return Ok(Taken::InForce);
        }
        match roots.newest().succeed(bytes) {
            Ok(root) if root.version == seen.counter(0) => {
                roots.later.push((seen.index, root));
                Ok(Taken::InForce)
            }
            Ok(_) => Ok(void(Code::RootChain)),
            Err(e) => Ok(void(Refused::new(Code::RootChain, e))),
        }
    }
}
