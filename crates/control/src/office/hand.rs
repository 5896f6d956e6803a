//! What a sensor is given of an authority. In: an authority on record, the book, a lease of the commission. Out: an authority folder (`docs/reference/formats.md` section 11), renewed in time.
//! Never: a lease that is not on record; a folder without what stops its authority.

use super::desk::Desk;
use super::{authorities, statement};
use crate::commission::Caller;
use crate::error::{ControlError, told};
use crate::host::Host;
use crate::journal::{Deed, Log};
use crate::layout::Node;
use crate::ledger::{installed_root, root_note};
use crate::{files, keys};
use sakimori_authority::lease::Lease;
use sakimori_authority::root::TrustRoot;
use sakimori_authority::ruling::Matter;
use sakimori_authority::statement::Statement;
use sakimori_custody::entry::{Entry, EntryType, Envelope};
use sakimori_custody::ids::{AuthorityId, SensorId};
use sakimori_custody::time::Seconds;
use sakimori_oversight::book::{Book, By, Release};
use std::path::Path;

/// Longest life of a lease that is asked for, seconds: half of what is allowed, so that a renewal has time.
pub const LEASE_SECONDS: u64 = 12 * 3600;
/// How long before its end a lease is renewed, seconds.
pub const RENEW_SECONDS: u64 = LEASE_SECONDS / 2;

/// The notes by which somebody stops an authority, by who writes them.
const STOPS: [(By, &str); 3] = [
    (By::Commission, "suspension-commission.note"),
    (By::Office, "suspension-office.note"),
    (By::Party, "suspension-party.note"),
];

/// What the folders of an authority's sensors are made of.
pub(super) struct Given<'g> {
    pub(super) node: &'g Node,
    pub(super) host: &'g Host,
    pub(super) root: &'g TrustRoot,
    pub(super) statement: &'g Statement,
    pub(super) bytes: &'g [u8],
    pub(super) pack: &'g [u8],
    pub(super) decision: (u64, &'g Entry),
}

impl Given<'_> {
    /// Gets a lease, puts it on record and writes the folder with a fresh proof. Returns the lease's last second.
    pub(super) fn hand_over(
        &self,
        desk: &mut Desk<'_>,
        sensor: &SensorId,
    ) -> Result<Seconds, ControlError> {
        let office = keys::read(&self.node.office_key("office"))?;
        let caller = Caller::of(self.node, self.host)?;
        let bytes = caller.lease(self.statement.id, sensor, LEASE_SECONDS, &office)?;
        let lease = Lease::open(&bytes, &self.root.lease_key)
            .map_err(|e| ControlError::document("the commission's lease", told(&e)))?;
        let (index, _) = desk.enter(Deed {
            kind: EntryType::Activation,
            authority: self.statement.commitment(),
            counters: vec![lease.not_after.0],
            body: bytes.clone(),
        })?;
        desk.journal.log.proof(index)?;
        let (decision, entry) = self.decision;
        let proof = desk.journal.log.proof(decision)?;
        let trust_root = root_note(self.node)?;
        let folder = self.node.authority(self.statement.id, sensor);
        let write =
            |name: &str, bytes: &[u8]| files::write(&folder.join(name), bytes, files::PUBLIC);
        write("trust-root.note", &trust_root)?;
        // A sensor that missed versions takes them one by one; version 1 is installed with it.
        for version in 2..self.root.version {
            let earlier = files::read_present(&self.node.root_file(version))?;
            write(&crate::sensor::earlier_root(version), &earlier)?;
        }
        write("statement.note", self.bytes)?;
        write("decision.entry", &entry.leaf)?;
        write("decision.body", &entry.stored)?;
        write("decision.tlog-proof", proof.as_bytes())?;
        write("pack.note", self.pack)?;
        refresh(&folder, desk, self.statement.id, self.host.seconds())?;
        // Last: a sensor that runs takes a new lease for a folder that is whole.
        write("lease.note", &bytes)?;
        Ok(lease.not_after)
    }
}

/// Writes what the log holds beside the decision: schedule, software, who stopped the authority, and the last ruling about it.
pub(super) fn refresh(
    folder: &Path,
    desk: &mut Desk<'_>,
    id: AuthorityId,
    now: Seconds,
) -> Result<(), ControlError> {
    let mut notes = notes(desk.book(), id, now);
    notes.sort_unstable_by_key(|(name, _)| *name);
    for (name, index) in notes {
        let path = folder.join(name);
        match index {
            None => files::remove(&path)?,
            Some(index) => {
                let bytes = note_at(&mut desk.journal.log, index)?;
                if files::read(&path)?.as_ref() != Some(&bytes) {
                    files::write(&path, &bytes, files::PUBLIC)?;
                }
            }
        }
    }
    Ok(())
}

/// The notes of a folder by the index of their entry; `None` where there is none.
fn notes(book: &Book, id: AuthorityId, now: Seconds) -> Vec<(&'static str, Option<u64>)> {
    let authority = book.authority(id);
    let ruling = book.ruling_list().values().rev().find(|ruled| {
        matches!(&ruled.ruling.matter,
            Matter::AgreementApproved(of) | Matter::AuthorityRevoked(of) | Matter::UrgentRatified(of) | Matter::UrgentRefused(of) if *of == id)
    });
    let begun = |release: &&Release| release.software.not_before <= now;
    let release = book.release_list().iter().rev().find(begun);
    let mut notes = vec![
        (
            "schedule.note",
            book.schedule_at(now).map(|scheduled| scheduled.index),
        ),
        ("software.note", release.map(|release| release.index)),
        ("ruling.note", ruling.map(|ruled| ruled.index)),
    ];
    for (by, name) in STOPS {
        let stop = authority.and_then(|authority| authority.stops.get(&by));
        notes.push((name, stop.map(|stop| stop.index)));
    }
    notes
}

/// The open body of the entry at an index.
pub(super) fn note_at(log: &mut Log, index: u64) -> Result<Vec<u8>, ControlError> {
    let page = log.ask(|client| client.entries(index, 1))?;
    let envelope = page.first().and_then(|leaf| Envelope::decode(leaf).ok());
    let envelope = envelope.ok_or_else(|| {
        ControlError::document(
            format!("entry {index} of the log"),
            "it is not published yet",
        )
    })?;
    log.open_body(&envelope)
}

/// Gets a new lease for a sensor of an authority that is on record, and renews its authority folder.
///
/// # Errors
/// As [`super::submit`]; [`ControlError::Usage`] where this node knows no such authority.
pub fn renew(
    node: &Node,
    host: &Host,
    id: AuthorityId,
    sensor: &SensorId,
) -> Result<Seconds, ControlError> {
    let mut desk = Desk::open(node, host, None)?;
    renew_at(&mut desk, node, host, id, sensor)
}

fn renew_at(
    desk: &mut Desk<'_>,
    node: &Node,
    host: &Host,
    id: AuthorityId,
    sensor: &SensorId,
) -> Result<Seconds, ControlError> {
    let root = installed_root(node)?;
    let statement = statement(node, id)?;
    if statement.root != root.version {
        return Err(ControlError::document(
            format!("authority {id}"),
            format!(
                "it was decided under version {} of the trust root, in force is version {}: it ends with its leases, and is to be decided anew",
                statement.root, root.version
            ),
        ));
    }
    let bytes = files::read_present(&node.statement(id))?;
    let pack = files::read_present(&node.pack(&statement.pack))?;
    let known = super::on_record(&mut desk.journal.log, statement.commitment())?;
    let (index, decision) = known.ok_or_else(|| {
        ControlError::document(format!("authority {id}"), "its decision is not in the log")
    })?;
    let given = Given {
        node,
        host,
        root: &root,
        statement: &statement,
        bytes: &bytes,
        pack: &pack,
        decision: (index, &decision),
    };
    given.hand_over(desk, sensor)
}

/// A lease that was due, and what came of it.
#[derive(Debug)]
pub struct Renewed {
    /// The authority.
    pub authority: AuthorityId,
    /// The sensor.
    pub sensor: SensorId,
    /// Until when it may run now.
    pub until: Result<Seconds, ControlError>,
}

/// Renews every lease that ends soon, of authorities that go on. One that fails does not keep the others.
///
/// # Errors
/// [`ControlError::Ledger`]: the log does not answer, so that nothing was renewed.
pub fn renew_due(node: &Node, host: &Host) -> Result<Vec<Renewed>, ControlError> {
    let (now, mut done) = (host.seconds(), Vec::new());
    let mut due = due(node, now)?;
    if due.is_empty() {
        return Ok(done);
    }
    let mut desk = Desk::open(node, host, None)?;
    // What is stopped is not asked for: the commission would refuse, each time anew.
    due.retain(|(id, _)| {
        let authority = desk.book().authority(*id);
        authority.is_some_and(|a| a.suspended.is_none() && a.revoked.is_none() && !a.waits)
    });
    for (authority, sensor) in due {
        let until = renew_at(&mut desk, node, host, authority, &sensor);
        done.push(Renewed {
            authority,
            sensor,
            until,
        });
    }
    Ok(done)
}

/// Sensors whose lease ends soon, while their authority does not.
fn due(node: &Node, now: Seconds) -> Result<Vec<(AuthorityId, SensorId)>, ControlError> {
    let root = installed_root(node)?;
    let mut due = Vec::new();
    for id in authorities(node)? {
        // What was decided under an earlier trust root ends with the leases that it has.
        let Some(statement) = statement(node, id).ok().filter(|s| s.root == root.version) else {
            continue;
        };
        for sensor in &statement.sensors {
            let path = node.authority(id, sensor).join("lease.note");
            let lease =
                files::read(&path)?.and_then(|bytes| Lease::open(&bytes, &root.lease_key).ok());
            let soon = lease.is_some_and(|lease| {
                lease.not_after < statement.not_after
                    && lease.not_after.0.saturating_sub(now.0) < RENEW_SECONDS
            });
            if soon && now < statement.not_after {
                due.push((id, sensor.clone()));
            }
        }
    }
    Ok(due)
}
