//! The office: asks the commission, puts decisions on record, gets leases, hands authorities to sensors. In: drafts, signed statements, packs. Out: entries, authority
//! folders. Never: a decision of its own; a statement put on record whose signatures do not hold.

mod findings;

pub(crate) use findings::destroy_findings;
pub use findings::{FindingFile, finding_json, record_findings, sweep_findings};

use crate::commission::Caller;
use crate::error::{ControlError, told};
use crate::host::Host;
use crate::journal::{Deed, Journal, Log};
use crate::layout::Node;
use crate::ledger::installed_root;
use crate::{files, keys};
use sakimori_authority::lease::Lease;
use sakimori_authority::root::TrustRoot;
use sakimori_authority::statement::{Basis, Caps, Kind, Statement};
use sakimori_authority::{Sitting, text_hash};
use sakimori_custody::entry::{Entry, EntryType};
use sakimori_custody::ids::{AuthorityId, Name, SensorId, StreamId};
use sakimori_custody::record::Direction;
use sakimori_custody::time::Seconds;
use sakimori_select::{Pack, Severity, lint};
use sakimori_tlog::merkle::leaf_hash;
use sakimori_tlog::note::Note;
use serde_json::json;
use std::path::Path;

/// Longest life of a lease that is asked for, seconds: half of what is allowed, so that a renewal has time.
pub const LEASE_SECONDS: u64 = 12 * 3600;

/// Why the office asks (necessity is a precondition, Act 42/2025 art. 17).
#[derive(Clone, Debug)]
pub struct Reasons {
    /// Facts.
    pub facts: String,
    /// Why it is necessary.
    pub necessity: String,
    /// What else was weighed.
    pub alternatives: String,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Article, such as `act42-17`.
    pub basis: Name,
    /// First second.
    pub not_before: Seconds,
    /// Last second.
    pub not_after: Seconds,
    /// Sensors.
    pub sensors: Vec<SensorId>,
    /// Directions.
    pub directions: Vec<Direction>,
    /// Bounds.
    pub caps: Caps,
    /// Days that records are kept.
    pub keep_days: u64,
    /// Conditions, or `none`.
    pub conditions: String,
    /// Who decides, and how the sitting voted.
    pub decided: Basis,
}

/// Whom it is decided by, as the kind of the statement.
const fn kind_of(decided: &Basis) -> Kind {
    match decided {
        Basis::Sitting(_) | Basis::Urgent { .. } => Kind::Acquisition,
        Basis::Agreement { .. } => Kind::Agreement,
    }
}

/// Signs a pack for the office and keeps it by its hash. A pack that the lint refuses is not signed.
///
/// # Errors
/// [`ControlError::Document`] with the lint's reasons.
pub fn sign_pack(node: &Node, pack: &Pack) -> Result<Vec<u8>, ControlError> {
    let refused: Vec<String> = lint(pack.selectors())
        .into_iter()
        .filter(|l| l.severity == Severity::Error)
        .map(|l| l.reason)
        .collect();
    if !refused.is_empty() {
        return Err(ControlError::document(
            format!("pack `{}`", pack.id),
            refused.join("; "),
        ));
    }
    let office = keys::read(&node.office_key("office"))?;
    let note = pack.sign(&office);
    let note = note.ok_or_else(|| {
        ControlError::document(format!("pack `{}`", pack.id), "it cannot be signed")
    })?;
    let bytes = note.to_bytes();
    files::write(&node.pack(&pack.hash()), &bytes, files::PUBLIC)?;
    Ok(bytes)
}

/// Puts a request on record and returns the statement that the commission, or the party, is asked to sign.
///
/// # Errors
/// [`ControlError`]: a reason is missing, the pack is refused, or the log does not answer.
pub fn draft(
    node: &Node,
    host: &Host,
    pack: &Pack,
    draft: &Draft,
    reasons: &Reasons,
) -> Result<Statement, ControlError> {
    for (what, text) in [
        ("facts", &reasons.facts),
        ("necessity", &reasons.necessity),
        ("alternatives", &reasons.alternatives),
    ] {
        if text.trim().is_empty() {
            return Err(ControlError::Usage(format!(
                "a request without {what} cannot be made"
            )));
        }
    }
    sign_pack(node, pack)?;
    let root = installed_root(node)?;
    let mut statement = Statement {
        id: AuthorityId(host.bytes().map_err(ControlError::Randomness)?),
        kind: kind_of(&draft.decided),
        basis: draft.basis.to_string(),
        request: [0; 32],
        not_before: draft.not_before,
        not_after: draft.not_after,
        sensors: draft.sensors.clone(),
        directions: draft.directions.clone(),
        pack: pack.hash(),
        coverage: pack.coverage(),
        caps: draft.caps,
        keep_days: draft.keep_days,
        conditions: draft.conditions.clone(),
        replaces: None,
        root: root.version,
        decided: draft.decided.clone(),
    };
    readable(&statement)?;
    let office = keys::read(&node.office_key("office"))?;
    let mut journal = Journal::begin(&node.ledger().socket, Some(&office), host)?;
    let body = json!({
        "facts": reasons.facts,
        "necessity": reasons.necessity,
        "alternatives": reasons.alternatives,
        "draft": statement.to_string(),
    });
    let (_, entry) = journal.record(Deed {
        kind: EntryType::Request,
        authority: [0; 32],
        counters: Vec::new(),
        body: body.to_string().into_bytes(),
    })?;
    statement.request = leaf_hash(&entry.leaf);
    Ok(statement)
}

/// A statement that does not read back is told now and not when the members have signed it.
fn readable(statement: &Statement) -> Result<(), ControlError> {
    match Statement::parse(&statement.to_string()) {
        Ok(read) if read == *statement => Ok(()),
        Ok(_) => Err(ControlError::document(
            "the draft",
            "it does not read back as it was written",
        )),
        Err(e) => Err(ControlError::document("the draft", e)),
    }
}

/// A decision on record, and what was given out for it.
#[derive(Clone, Debug)]
pub struct InForce {
    /// The statement.
    pub statement: Statement,
    /// Index of the decision in the log.
    pub index: u64,
    /// A lease per sensor.
    pub leases: Vec<(SensorId, Seconds)>,
}

/// Puts a signed statement on record, gets a lease for each of its sensors and writes their authority folders.
///
/// # Errors
/// [`ControlError::Document`]: the signatures or the sitting do not make it a decision; [`ControlError::Ledger`]; [`ControlError::Commission`].
pub fn submit(node: &Node, host: &Host, bytes: &[u8]) -> Result<InForce, ControlError> {
    let root = installed_root(node)?;
    let (statement, _) = Statement::check(bytes, &root)
        .map_err(|e| ControlError::document("the statement", told(&e)))?;
    let pack = files::read(&node.pack(&statement.pack))?.ok_or_else(|| {
        ControlError::document(
            "the statement",
            "the office has no pack of the hash that it names; `sakimori pack compile` makes it",
        )
    })?;
    let mut journal = Journal::begin(&node.ledger().socket, None, host)?;
    if let Some(other) = files::read(&node.statement(statement.id))?
        && Note::parse(&other).is_ok_and(|note| text_hash(note.text()) != statement.commitment())
    {
        return Err(ControlError::document(
            "the statement",
            "another statement of the same id is in force; an id is used once",
        ));
    }
    // One that was entered before it could be handed out is not decided twice.
    let known = on_record(&mut journal.log, statement.commitment())?;
    let (index, decision) = match known {
        Some(known) => known,
        None => journal.record(Deed {
            kind: EntryType::Decision,
            authority: statement.commitment(),
            counters: Vec::new(),
            body: bytes.to_vec(),
        })?,
    };
    // From here on the commission's copy holds it.
    journal.log.proof(index)?;
    files::write(&node.statement(statement.id), bytes, files::PUBLIC)?;
    let mut leases = Vec::new();
    for sensor in &statement.sensors {
        let given = Given {
            node,
            host,
            root: &root,
            statement: &statement,
            bytes,
            pack: &pack,
            decision: (index, &decision),
        };
        leases.push((sensor.clone(), given.hand_over(&mut journal, sensor)?));
    }
    Ok(InForce {
        statement,
        index,
        leases,
    })
}

/// Gets a new lease for a sensor of an authority that is on record, and renews its authority folder.
///
/// # Errors
/// As [`submit`]; [`ControlError::Usage`] where this node knows no such authority.
pub fn renew(
    node: &Node,
    host: &Host,
    id: AuthorityId,
    sensor: &SensorId,
) -> Result<Seconds, ControlError> {
    let root = installed_root(node)?;
    let statement = statement(node, id)?;
    let bytes = files::read_present(&node.statement(id))?;
    let pack = files::read_present(&node.pack(&statement.pack))?;
    let mut journal = Journal::begin(&node.ledger().socket, None, host)?;
    let known = on_record(&mut journal.log, statement.commitment())?;
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
    given.hand_over(&mut journal, sensor)
}

/// The decision with this commitment, where it is in the log.
fn on_record(log: &mut Log, commitment: [u8; 32]) -> Result<Option<(u64, Entry)>, ControlError> {
    let mut found = None;
    log.each_durable_entry(|index, envelope, leaf| {
        if envelope.kind == EntryType::Decision && envelope.authority == commitment {
            found = Some((index, envelope.clone(), leaf.to_vec()));
        }
        found.is_none()
    })?;
    let Some((index, envelope, leaf)) = found else {
        return Ok(None);
    };
    let stored = log.ask(|client| client.body(&envelope.body))?;
    let entry = Entry {
        stored: stored.unwrap_or_default(),
        envelope,
        leaf,
    };
    Ok(Some((index, entry)))
}

/// The statement of an authority that this node has put on record.
///
/// # Errors
/// [`ControlError::Usage`] where there is none; [`ControlError::Document`] where its signatures do not hold.
pub fn statement(node: &Node, id: AuthorityId) -> Result<Statement, ControlError> {
    let path = node.statement(id);
    let bytes = files::read(&path)?
        .ok_or_else(|| ControlError::Usage(format!("this node knows no authority {id}")))?;
    let root = installed_root(node)?;
    let checked = Statement::check(&bytes, &root)
        .map_err(|e| ControlError::document(path.display(), told(&e)))?;
    Ok(checked.0)
}

/// Every authority that this node has put on record, the newest last.
///
/// # Errors
/// [`ControlError::File`].
pub fn authorities(node: &Node) -> Result<Vec<AuthorityId>, ControlError> {
    let folder = node.authorities();
    let list = match std::fs::read_dir(&folder) {
        Ok(list) => list,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(ControlError::file("list", &folder)(e)),
    };
    let mut ids: Vec<(Option<std::time::SystemTime>, AuthorityId)> = list
        .flatten()
        .filter_map(|entry| {
            let changed = entry
                .path()
                .join("statement.note")
                .metadata()
                .and_then(|m| m.modified())
                .ok();
            Some((changed, entry.file_name().to_str()?.parse().ok()?))
        })
        .collect();
    ids.sort_unstable();
    Ok(ids.into_iter().map(|(_, id)| id).collect())
}

/// What the folders of an authority's sensors are made of.
struct Given<'g> {
    node: &'g Node,
    host: &'g Host,
    root: &'g TrustRoot,
    statement: &'g Statement,
    bytes: &'g [u8],
    pack: &'g [u8],
    decision: (u64, &'g Entry),
}

impl Given<'_> {
    /// Gets a lease, puts it on record and writes the folder with a fresh proof. Returns the lease's last second.
    fn hand_over(
        &self,
        journal: &mut Journal<'_>,
        sensor: &SensorId,
    ) -> Result<Seconds, ControlError> {
        let office = keys::read(&self.node.office_key("office"))?;
        let caller = Caller::of(self.node, self.host)?;
        let bytes = caller.lease(self.statement.id, sensor, LEASE_SECONDS, &office)?;
        let lease = Lease::open(&bytes, &self.root.lease_key)
            .map_err(|e| ControlError::document("the commission's lease", told(&e)))?;
        let (index, _) = journal.record(Deed {
            kind: EntryType::Activation,
            authority: self.statement.commitment(),
            counters: vec![lease.not_after.0],
            body: bytes.clone(),
        })?;
        journal.log.proof(index)?;
        let (decision, entry) = self.decision;
        let proof = journal.log.proof(decision)?;
        let trust_root = files::read_present(&self.node.trust_root())?;
        let folder = self.node.authority(self.statement.id, sensor);
        let write =
            |name: &str, bytes: &[u8]| files::write(&folder.join(name), bytes, files::PUBLIC);
        write("trust-root.note", &trust_root)?;
        write("statement.note", self.bytes)?;
        write("decision.entry", &entry.leaf)?;
        write("decision.body", &entry.stored)?;
        write("decision.tlog-proof", proof.as_bytes())?;
        write("pack.note", self.pack)?;
        write("lease.note", &bytes)?;
        Ok(lease.not_after)
    }
}

/// A sitting as a draft proposes it; members sign the text only as they decide it.
///
/// # Errors
/// [`ControlError::Usage`] for a name that no member can have.
pub fn sitting(
    present: &[&str],
    presiding: &str,
    votes_for: &[&str],
    votes_against: &[&str],
    recused: &[&str],
) -> Result<Sitting, ControlError> {
    let name = |text: &str| {
        text.parse::<Name>()
            .map_err(|e| ControlError::Usage(e.to_string()))
    };
    let names = |list: &[&str]| {
        list.iter()
            .map(|text| name(text))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(Sitting {
        present: names(present)?,
        presiding: name(presiding)?,
        votes_for: names(votes_for)?,
        votes_against: names(votes_against)?,
        recused: names(recused)?,
    })
}

/// Reads a pack: a signed note of this office, or a source text.
///
/// # Errors
/// [`ControlError::File`]; [`ControlError::Document`] names the line.
pub fn read_pack(path: &Path) -> Result<Pack, ControlError> {
    let bytes = files::read_present(path)?;
    let text = String::from_utf8(bytes).map_err(|e| {
        ControlError::document(
            path.display(),
            format!("byte {} is not UTF-8", e.utf8_error().valid_up_to()),
        )
    })?;
    // A note's text is a source too; the signature is checked where it counts, by the sensor.
    let text = match Note::parse(text.as_bytes()) {
        Ok(note) => note.text().to_owned(),
        Err(_) => text,
    };
    Pack::parse_source(&text).map_err(|e| ControlError::document(path.display(), told(&e)))
}

/// A stream id nobody has.
pub(crate) fn fresh_stream(host: &Host) -> Result<StreamId, ControlError> {
    host.bytes().map(StreamId).map_err(ControlError::Randomness)
}
