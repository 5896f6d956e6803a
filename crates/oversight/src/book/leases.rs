//! Leases on record. In: entries of type 12. Out: which sensor may go on until when. Never: a lease that is older than its decision, or that nobody decided.

use super::{Book, Seen, Taken, void};
use crate::book::authorities::told;
use crate::limits::{AHEAD_SECONDS_MAX, LATE_SECONDS_MAX};
use crate::refused::{Code, Refused, hold};
use sakimori_authority::lease::Lease;
use sakimori_authority::limits::LEASE_SECONDS_MAX;
use sakimori_authority::statement::Kind;
use sakimori_custody::ids::AuthorityId;
use sakimori_custody::time::Seconds;

/// A lease on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leased {
    /// Index of its entry.
    pub index: u64,
    /// Its id.
    pub id: AuthorityId,
    /// When it was signed.
    pub issued: Seconds,
    /// Its last second.
    pub not_after: Seconds,
    /// Size of the log that the commission had verified.
    pub tree_size: u64,
}

impl Leased {
    /// Whether what is entered at a time was done under it. Entries carry whole minutes, and a receipt of what was read in time is written a moment later.
    pub fn good(&self, at: Seconds) -> bool {
        self.issued.minute() <= at && at <= self.not_after.plus(LATE_SECONDS_MAX)
    }
}

impl Book {
    /// A lease comes on record.
    pub(crate) fn activation(&mut self, seen: &Seen<'_>) -> Taken {
        let lease = match self.lease(seen) {
            Ok(lease) => lease,
            Err(why) => return void(why),
        };
        let leased = Leased {
            index: seen.index,
            id: lease.id,
            issued: lease.issued,
            not_after: lease.not_after,
            tree_size: lease.tree_size,
        };
        self.authorities.lease_ids.insert(lease.id);
        if let Some(authority) = self.authorities.get_mut(lease.authority) {
            authority
                .leases
                .entry(lease.sensor)
                .or_default()
                .push(leased);
        }
        Taken::InForce
    }

    fn lease(&self, seen: &Seen<'_>) -> Result<Lease, Refused> {
        let bytes = seen.open()?;
        let (lease, root) = self
            .under(seen, |root| {
                Lease::open(bytes, &root.lease_key).map(|lease| (lease, root.version))
            })
            .map_err(|e| Refused::new(Code::LeaseBad, told(&e)))?;
        let authority = self.authorities.get(lease.authority);
        let authority = authority.ok_or_else(|| {
            Refused::new(Code::LeaseBad, "its statement is not in force on record")
        })?;
        let statement = &authority.statement;
        let same = lease.statement == authority.commitment
            && seen.envelope.authority == authority.commitment
            && statement.sensors.contains(&lease.sensor)
            && [statement.root, root].contains(&lease.root)
            && lease.not_after.0 == seen.counter(0);
        hold(same, Code::LeaseBad)?;
        hold(statement.kind.is_leased(), Code::LeaseBad)?;
        let measure = statement.kind == Kind::Measure;
        if measure && self.measures.of(authority).is_none() {
            let what = "the text of the measure was not on record before its statement";
            return Err(Refused::new(Code::LeaseBad, what));
        }
        hold(authority.index < lease.tree_size, Code::LeaseEarly)?;
        hold(lease.tree_size <= seen.index, Code::LeaseAhead)?;
        let day = lease.not_after <= lease.issued.plus(LEASE_SECONDS_MAX);
        let within = lease.not_after <= statement.not_after;
        let issued = lease.issued.0 <= seen.latest().0.saturating_add(AHEAD_SECONDS_MAX);
        hold(day && within && issued, Code::LeaseLong)?;
        let new = !self.authorities.lease_ids.contains(&lease.id);
        hold(new, Code::LeaseTwice)?;
        Ok(lease)
    }
}
