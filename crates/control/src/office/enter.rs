//! Signed notes that become entries: statements, rulings, suspensions, schedules, releases, trust roots. In: a note as people have signed it. Out: an entry, and what sensors are given because of it.
//! Never: a note on record whose signatures do not hold; a stop that waits for anything.

use super::desk::Desk;
use super::hand::{Given, refresh};
use super::root::follows;
use super::{InForce, authorities, on_record, statement};
use crate::error::{ControlError, told};
use crate::files;
use crate::host::Host;
use crate::journal::{Deed, Log};
use crate::layout::Node;
use crate::ledger::installed_root;
use crate::sensor::state;
use sakimori_authority::measure::Measure;
use sakimori_authority::root::TrustRoot;
use sakimori_authority::ruling::{Matter, Ruling};
use sakimori_authority::schedule::Schedule;
use sakimori_authority::software::Software;
use sakimori_authority::statement::{Kind, Statement};
use sakimori_authority::suspension::{Suspension, SuspensionAct};
use sakimori_authority::text_hash;
use sakimori_custody::entry::EntryType;
use sakimori_custody::ids::{AuthorityId, SensorId};
use sakimori_custody::time::Seconds;
use sakimori_tlog::note::Note;

/// A note on record.
#[derive(Clone, Debug)]
pub struct Entered {
    /// What kind of entry it is.
    pub kind: EntryType,
    /// Its index.
    pub index: u64,
    /// The authority that it is about, where it is about one.
    pub about: Option<AuthorityId>,
    /// A lease per sensor, where it put an authority in force.
    pub leases: Vec<(SensorId, Seconds)>,
    /// Authority folders that were written because of it.
    pub folders: usize,
}

/// Whether a text is one that is signed here and reads as what its first line says.
///
/// # Errors
/// [`ControlError::Document`] names the line.
pub fn check_text(text: &str) -> Result<EntryType, ControlError> {
    let bad = |e: &dyn std::error::Error| ControlError::document("the text", e);
    let first = text.lines().next().unwrap_or_default();
    let kind = match first {
        "sakimori/authority/v1" => {
            let statement = Statement::parse(text).map_err(|e| bad(&e))?;
            if statement.is_urgent() {
                EntryType::Urgent
            } else {
                EntryType::Decision
            }
        }
        "sakimori/ruling/v1" => Ruling::parse(text)
            .map(|_| EntryType::Ruling)
            .map_err(|e| bad(&e))?,
        "sakimori/suspension/v1" => Suspension::parse(text)
            .map(|_| EntryType::Suspension)
            .map_err(|e| bad(&e))?,
        "sakimori/schedule/v1" => Schedule::parse(text)
            .map(|_| EntryType::Schedule)
            .map_err(|e| bad(&e))?,
        "sakimori/software/v1" => Software::parse(text)
            .map(|_| EntryType::Software)
            .map_err(|e| bad(&e))?,
        "sakimori/measure/v1" => Measure::parse(text)
            .map(|_| EntryType::Proposal)
            .map_err(|e| bad(&e))?,
        "sakimori/trust-root/v1" => TrustRoot::drafted(text)
            .map(|_| EntryType::TrustRoot)
            .map_err(|e| bad(&e))?,
        _ => {
            return Err(ControlError::document(
                "the text",
                "it is of no kind that is signed here",
            ));
        }
    };
    Ok(kind)
}

/// Puts a signed note on record and hands sensors what follows from it.
///
/// # Errors
/// [`ControlError::Document`]: it is no note, or its signatures do not hold; [`ControlError::Forbidden`]: the book forbids it, nothing is on record; [`ControlError::Ledger`];
/// [`ControlError::Commission`].
pub fn enter(node: &Node, host: &Host, bytes: &[u8]) -> Result<Entered, ControlError> {
    let note = Note::parse(bytes).map_err(|e| ControlError::document("the note", e))?;
    let kind = check_text(note.text())?;
    match kind {
        EntryType::Decision | EntryType::Urgent => {
            let force = submit(node, host, bytes)?;
            Ok(Entered {
                kind,
                index: force.index,
                about: Some(force.statement.id),
                folders: force.leases.len(),
                leases: force.leases,
            })
        }
        EntryType::Suspension => suspend(node, host, bytes),
        EntryType::Ruling => rule(node, host, bytes),
        EntryType::TrustRoot => rotate(node, host, bytes),
        EntryType::Proposal => Ok(Entered {
            kind,
            index: super::propose(node, host, bytes)?,
            about: None,
            leases: Vec::new(),
            folders: 0,
        }),
        _ => publish(node, host, kind, bytes),
    }
}

/// Puts a signed statement on record, gets a lease for each of its sensors and writes their authority folders. An urgent one is on record and cosigned before anything is given out.
///
/// # Errors
/// [`ControlError::Document`]: the signatures or the sitting do not make it a decision; [`ControlError::Forbidden`]; [`ControlError::Ledger`]; [`ControlError::Commission`].
pub fn submit(node: &Node, host: &Host, bytes: &[u8]) -> Result<InForce, ControlError> {
    let root = installed_root(node)?;
    let (statement, _) = Statement::check(bytes, &root)
        .map_err(|e| ControlError::document("the statement", told(&e)))?;
    let pack = files::read(&node.pack(&statement.pack))?.ok_or_else(|| {
        ControlError::document(
            "the statement",
            "the office has no pack, and no measure, of the hash that it names; `sakimori pack compile` makes a pack, `sakimori authority draft` takes a measure",
        )
    })?;
    let mut desk = Desk::open(node, host, None)?;
    if let Some(other) = files::read(&node.statement(statement.id))?
        && Note::parse(&other).is_ok_and(|note| text_hash(note.text()) != statement.commitment())
    {
        return Err(ControlError::document(
            "the statement",
            "another statement of the same id is in force; an id is used once",
        ));
    }
    // One that was entered before it could be handed out is not decided twice.
    let known = on_record(&mut desk.journal.log, statement.commitment())?;
    let (index, decision) = match known {
        Some(known) => known,
        None => desk.enter(Deed {
            kind: if statement.is_urgent() {
                EntryType::Urgent
            } else {
                EntryType::Decision
            },
            authority: statement.commitment(),
            counters: Vec::new(),
            body: bytes.to_vec(),
        })?,
    };
    // From here on the commission's copy holds it.
    desk.journal.log.proof(index)?;
    files::write(&node.statement(statement.id), bytes, files::PUBLIC)?;
    let mut leases = Vec::new();
    // An agreement that waits for a ruling is on record and lets nobody run; so is a measure whose text was not there before it, whatever comes of it.
    let waits = desk.book().authority(statement.id).is_some_and(|a| a.waits);
    let runs = is_leased(&desk, &statement) && !waits;
    for sensor in statement.sensors.iter().filter(|_| runs) {
        let given = Given {
            node,
            host,
            root: &root,
            statement: &statement,
            bytes,
            pack: &pack,
            decision: (index, &decision),
        };
        leases.push((sensor.clone(), given.hand_over(&mut desk, sensor)?));
    }
    Ok(InForce {
        statement,
        index,
        leases,
    })
}

/// Whether leases are given for a statement on record: for a measure, where its text was on record before it.
fn is_leased(desk: &Desk<'_>, statement: &Statement) -> bool {
    let authority = desk.book().authority(statement.id);
    let measure = authority.is_some_and(|of| desk.book().measure_of(of).is_some());
    statement.kind.is_leased() && (statement.kind != Kind::Measure || measure)
}

/// Suspends an authority, or lets it go on. What stops is with the sensors before it is on record: a log that does not answer is no reason to go on. What lets go on is on record first.
fn suspend(node: &Node, host: &Host, bytes: &[u8]) -> Result<Entered, ControlError> {
    let root = installed_root(node)?;
    let note = Note::parse(bytes).map_err(|e| ControlError::document("the suspension", e))?;
    let read =
        Suspension::parse(note.text()).map_err(|e| ControlError::document("the suspension", e))?;
    let of = statement(node, read.authority)?;
    let (suspension, _) = Suspension::check(bytes, &root, of.suspend_key())
        .map_err(|e| ControlError::document("the suspension", told(&e)))?;
    let stops = suspension.act == SuspensionAct::Suspend;
    let name = format!("suspension-{}.note", suspension.by);
    let mut folders = 0;
    if stops {
        for sensor in &of.sensors {
            let path = node.authority(of.id, sensor).join(&name);
            if newer(&path, &suspension)? {
                files::write(&path, bytes, files::PUBLIC)?;
                folders += 1;
            }
        }
    }
    let mut desk = Desk::open(node, host, None)?;
    let (index, _) = desk.enter(Deed {
        kind: EntryType::Suspension,
        authority: of.commitment(),
        counters: vec![suspension.serial],
        body: bytes.to_vec(),
    })?;
    desk.journal.log.proof(index)?;
    if !stops {
        folders = spread(node, host, &mut desk, &[of.id])?;
    }
    Ok(Entered {
        kind: EntryType::Suspension,
        index,
        about: Some(of.id),
        leases: Vec::new(),
        folders,
    })
}

/// Whether a suspension is newer than what lies in a folder; an older one must not take the place of a newer.
fn newer(path: &std::path::Path, suspension: &Suspension) -> Result<bool, ControlError> {
    if !path.parent().is_some_and(std::path::Path::is_dir) {
        return Ok(false);
    }
    let known = files::read(path)?;
    let known = known
        .and_then(|bytes| Note::parse(&bytes).ok())
        .and_then(|note| Suspension::parse(note.text()).ok());
    Ok(known.is_none_or(|known| known.serial < suspension.serial))
}

/// Writes what is on record by now into the folders of authorities; returns how many folders there are.
fn spread(
    node: &Node,
    host: &Host,
    desk: &mut Desk<'_>,
    ids: &[AuthorityId],
) -> Result<usize, ControlError> {
    let mut written = 0;
    for id in ids {
        let Ok(statement) = statement(node, *id) else {
            continue;
        };
        for sensor in &statement.sensors {
            let folder = node.authority(*id, sensor);
            if folder.is_dir() {
                refresh(&folder, desk, *id, host.seconds())?;
                written += 1;
            }
        }
    }
    Ok(written)
}

fn rule(node: &Node, host: &Host, bytes: &[u8]) -> Result<Entered, ControlError> {
    let root = installed_root(node)?;
    let (ruling, _) =
        Ruling::check(bytes, &root).map_err(|e| ControlError::document("the ruling", told(&e)))?;
    let about = match ruling.matter {
        Matter::AgreementApproved(id)
        | Matter::AuthorityRevoked(id)
        | Matter::UrgentRatified(id)
        | Matter::UrgentRefused(id) => Some(id),
        _ => None,
    };
    let mut desk = Desk::open(node, host, None)?;
    let commitment = about
        .and_then(|id| desk.book().authority(id))
        .map(|a| a.commitment);
    let (index, _) = desk.enter(Deed {
        kind: EntryType::Ruling,
        authority: commitment.unwrap_or_default(),
        counters: Vec::new(),
        body: bytes.to_vec(),
    })?;
    desk.journal.log.proof(index)?;
    let ids: Vec<AuthorityId> = about.into_iter().collect();
    let mut folders = spread(node, host, &mut desk, &ids)?;
    let mut leases = Vec::new();
    if let Matter::AgreementApproved(id) | Matter::UrgentRatified(id) = ruling.matter {
        let of = statement(node, id)?;
        // What is ratified at its last minute gets no lease any more; what it brought can be looked at.
        let runs = is_leased(&desk, &of) && host.seconds() < of.not_after;
        for sensor in of.sensors.iter().filter(|_| runs) {
            leases.push((sensor.clone(), super::renew(node, host, id, sensor)?));
        }
        folders = leases.len();
    }
    Ok(Entered {
        kind: EntryType::Ruling,
        index,
        about,
        leases,
        folders,
    })
}

/// The next version of the trust root. What was decided under the one before is to be decided anew; its folders keep the root that they have.
fn rotate(node: &Node, host: &Host, bytes: &[u8]) -> Result<Entered, ControlError> {
    let root = installed_root(node)?;
    let bad = |e: &dyn std::error::Error| ControlError::document("the trust root", told(e));
    let next = root.succeed(bytes).map_err(|e| bad(&e))?;
    follows(&root, &next, host)?;
    let mut desk = Desk::open(node, host, None)?;
    // One that was entered before its file was written is not entered twice.
    let known = desk.book().root(host.seconds()).hash() == next.hash();
    let index = if known {
        on_record_as(&mut desk.journal.log, EntryType::TrustRoot, next.version)?
    } else {
        let deed = Deed {
            kind: EntryType::TrustRoot,
            authority: [0; 32],
            counters: vec![next.version],
            body: bytes.to_vec(),
        };
        desk.enter(deed)?.0
    };
    desk.journal.log.proof(index)?;
    // A sensor that comes with this version begins with it; the memory of one that was there is its own.
    let comes = next.sensors.iter().map(|(id, _)| id);
    for sensor in comes.filter(|id| root.sensor(id).is_none()) {
        let folder = node.sensor(sensor);
        if folder.join("sensor.key").exists() && !folder.join(state::FILE).exists() {
            state::install(&folder, bytes)?;
        }
    }
    files::write(&node.root_file(next.version), bytes, files::PUBLIC)?;
    Ok(Entered {
        kind: EntryType::TrustRoot,
        index,
        about: None,
        leases: Vec::new(),
        folders: 0,
    })
}

/// The index of the entry of a kind with this counter.
fn on_record_as(log: &mut Log, kind: EntryType, counter: u64) -> Result<u64, ControlError> {
    let mut found = None;
    log.each_durable_entry(|index, envelope, _| {
        found =
            (envelope.kind == kind && envelope.counters.first() == Some(&counter)).then_some(index);
        found.is_none()
    })?;
    found.ok_or_else(|| ControlError::document("the log", format!("it has no such {kind}")))
}

/// Schedules and releases hold for everybody.
fn publish(
    node: &Node,
    host: &Host,
    kind: EntryType,
    bytes: &[u8],
) -> Result<Entered, ControlError> {
    let root = installed_root(node)?;
    let bad = |e: &dyn std::error::Error| ControlError::document(format!("the {kind}"), told(e));
    let counters = if kind == EntryType::Schedule {
        let (schedule, _) = Schedule::check(bytes, &root).map_err(|e| bad(&e))?;
        vec![schedule.version]
    } else {
        Software::check(bytes, &root).map_err(|e| bad(&e))?;
        Vec::new()
    };
    let mut desk = Desk::open(node, host, None)?;
    let (index, _) = desk.enter(Deed {
        kind,
        authority: [0; 32],
        counters,
        body: bytes.to_vec(),
    })?;
    desk.journal.log.proof(index)?;
    let folders = spread(node, host, &mut desk, &authorities(node)?)?;
    Ok(Entered {
        kind,
        index,
        about: None,
        leases: Vec::new(),
        folders,
    })
}
