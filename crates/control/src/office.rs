//! The office: asks the commission, puts decisions on record, gets leases, hands authorities to sensors. In: drafts, signed statements, packs. Out: entries, authority
//! folders. Never: a decision of its own; a statement put on record whose signatures do not hold.
//!
//! Every act is a use case that the command line and the node's server call; what the book of all that is on record forbids ends with its stable code, before anything is entered.

pub(crate) mod desk;
mod enter;
mod findings;
mod hand;
mod measures;
mod record;
mod request;
mod root;
mod rules;
mod state;
mod stop;

pub use desk::{book, follow};
pub use enter::{Entered, check_text, enter, submit};
pub(crate) use findings::destroy_findings;
pub use findings::{FindingFile, finding_json, findings, record_findings, sweep_findings};
pub use hand::{LEASE_SECONDS, RENEW_SECONDS, Renewed, renew, renew_due};
pub use measures::{Acts, MeasureDeed, measure_acts, record_measure_act};
pub use record::is_apart;
pub use request::{
    Draft, Reasons, Template, Usual, answer, decided, draft, draft_measure, draft_ruling,
    fits_route, measure_note, open_sitting, propose,
};
pub use root::{RootChange, root_text};
pub use rules::{schedule_text, software_text};
pub use sakimori_oversight::book::Held;
pub use state::{Said, Standing, StandingRequest, standing, standing_requests};
pub use stop::{kind_about, ruling_text, suspension_text};

use crate::error::{ControlError, told};
use crate::host::Host;
use crate::journal::Log;
use crate::layout::Node;
use crate::ledger::root_of;
use crate::{files, keys};
use sakimori_authority::Sitting;
use sakimori_authority::ruling::Ruling;
use sakimori_authority::statement::Statement;
use sakimori_custody::entry::{Entry, EntryType};
use sakimori_custody::ids::{AuthorityId, Name, SensorId, StreamId};
use sakimori_custody::time::Seconds;
use sakimori_select::{Pack, Severity, lint};
use sakimori_tlog::note::Note;
use std::path::Path;

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

/// The decision with this commitment, where it is in the log.
fn on_record(log: &mut Log, commitment: [u8; 32]) -> Result<Option<(u64, Entry)>, ControlError> {
    let mut found = None;
    log.each_durable_entry(|index, envelope, leaf| {
        let decides = matches!(envelope.kind, EntryType::Decision | EntryType::Urgent);
        if decides && envelope.authority == commitment {
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

/// The statement of an authority that this node has put on record, under the trust root that it was decided under.
///
/// # Errors
/// [`ControlError::Usage`] where there is none; [`ControlError::Document`] where its signatures do not hold.
pub fn statement(node: &Node, id: AuthorityId) -> Result<Statement, ControlError> {
    let path = node.statement(id);
    let bytes = files::read(&path)?
        .ok_or_else(|| ControlError::Usage(format!("this node knows no authority {id}")))?;
    let bad = |e: &dyn std::error::Error| ControlError::document(path.display(), told(e));
    let note = Note::parse(&bytes).map_err(|e| bad(&e))?;
    let named = Statement::parse(note.text()).map_err(|e| bad(&e))?.root;
    let checked = Statement::check(&bytes, &root_of(node, named)?).map_err(|e| bad(&e))?;
    Ok(checked.0)
}

/// A ruling on record, under the trust root that it was decided under.
///
/// # Errors
/// [`ControlError::Document`]: it is none, or its signatures do not hold.
pub(crate) fn ruling(node: &Node, bytes: &[u8]) -> Result<Ruling, ControlError> {
    let bad = |e: &dyn std::error::Error| ControlError::document("the ruling", told(e));
    let note = Note::parse(bytes).map_err(|e| bad(&e))?;
    let named = Ruling::parse(note.text()).map_err(|e| bad(&e))?.root;
    let checked = Ruling::check(bytes, &root_of(node, named)?).map_err(|e| bad(&e))?;
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
