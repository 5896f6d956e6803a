//! An approval, as far as the actuator needs it. In: what the gate let through. Out: a permit in the one form of targets, what the engine is told. Never: a target in two forms.

use super::ApprovalError;
use sakimori_authority::TrustRoot;
use sakimori_authority::gate::Approved;
use sakimori_authority::measure::{Deed, EffectLine, Route};
use sakimori_authority::statement::Statement;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_respond::engine::{Allowed, Event, Permit};
use sakimori_respond::host::HostTarget;
use sakimori_respond::safety::Target;

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
    /// The designated officer who carries it out.
    pub executor: Name,
    /// On which law it rests.
    pub route: Route,
}

impl Held {
    /// Whether it allows a deed on a target.
    pub fn allows(&self, deed: Deed, target: &str) -> bool {
        let mut allowed = self.permit.allowed.iter();
        allowed.any(|one| one.deed == deed && one.target == target)
    }
}

/// An approval whose proof was checked, with what is needed to read what takes it back: in memory, so that no disk is asked.
pub(super) struct Known {
    pub(super) held: Held,
    pub(super) statement: Statement,
    /// The root that it was checked by.
    pub(super) under: TrustRoot,
}

impl Known {
    pub(super) fn of(approved: &Approved, under: &TrustRoot) -> Result<Self, ApprovalError> {
        Ok(Self {
            held: held(approved)?,
            statement: approved.statement().clone(),
            under: under.clone(),
        })
    }
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
        executor: measure.people.executor.clone(),
        route: measure.route,
    })
}

/// What the engine is told of an approval.
pub(super) fn told(held: &Held) -> Vec<Event> {
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
