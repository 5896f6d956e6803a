//! The gate: no proof, no packet. In: the authority folder's bytes, what the sensor remembers, what it is asked to do, a time. Out: [`Admitted`] or one [`Refusal`]. Never: an
//! [`Admitted`] that was not checked here.
//!
//! The order of the checks is part of the contract: the first that fails is the one that is told.

mod log;
mod measure;
mod rules;
mod standing;

pub use measure::{Approved, MeasureAsk, MeasureRefused, measure};
pub use standing::{Standing, remember, remember_end};

use crate::lease::{Lease, LeaseError};
use crate::limits::LEASE_SECONDS_MAX;
use crate::refusal::Refusal;
use crate::root::{TrustRoot, TrustRootError};
use crate::schedule::Schedule;
use crate::sitting::SittingError;
use crate::statement::{Caps, Kind, Statement, StatementError};
use crate::text_hash;
use sakimori_custody::coverage::Coverage;
use sakimori_custody::entry::{EntryType, Envelope, StoredBody};
use sakimori_custody::ids::{AuthorityId, SensorId};
use sakimori_custody::record::{Direction, RECORD_BYTES};
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::proof::TlogProof;

/// Files of an authority folder; `None` where one is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// `trust-root.note`.
    pub trust_root: Option<Vec<u8>>,
    /// `statement.note`.
    pub statement: Option<Vec<u8>>,
    /// `decision.entry`.
    pub decision: Option<Vec<u8>>,
    /// `decision.body`.
    pub decision_body: Option<Vec<u8>>,
    /// `decision.tlog-proof`.
    pub proof: Option<Vec<u8>>,
    /// `lease.note`.
    pub lease: Option<Vec<u8>>,
    /// `pack.note`, which the caller opens with the office's key.
    pub pack: Option<Vec<u8>>,
    /// `schedule.note`.
    pub schedule: Option<Vec<u8>>,
    /// `software.note`, where the log holds one.
    pub software: Option<Vec<u8>>,
    /// `ruling.note`, where there is one about this authority.
    pub ruling: Option<Vec<u8>>,
    /// `suspension-commission.note`, `suspension-office.note`, `suspension-party.note`, where there are any, in the order of [`By::ALL`](crate::suspension::By::ALL).
    pub suspensions: [Option<Vec<u8>>; 3],
}

/// What a sensor remembers between runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SensorState {
    /// The trust root that it knows, as a signed note.
    pub trust_root: Option<Vec<u8>>,
    /// Largest checkpoint seen: size and root.
    pub checkpoint: Option<(u64, [u8; 32])>,
    /// Largest time seen.
    pub time: Seconds,
    /// The newest schedule seen, as a signed note.
    pub schedule: Option<Vec<u8>>,
    /// The newest suspension seen of each `by` about each authority.
    pub standings: Vec<Standing>,
    /// Authorities whose end by a ruling was seen.
    pub revoked: Vec<AuthorityId>,
    /// Whether a release of the software was seen: from then on there has to be one.
    pub software: bool,
}

/// What the sensor is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Which sensor it is.
    pub sensor: SensorId,
    /// Directions that it is set to; empty = whatever the statement names.
    pub directions: Vec<Direction>,
    /// The home country that it is set to, two letters.
    pub home_country: String,
    /// SHA-256 of the program that runs; `None` where that is not known, which no release allows.
    pub software: Option<[u8; 32]>,
    /// Hash and coverage of the pack, opened by the caller with [`Trusted::office`]'s key.
    pub pack: Result<([u8; 32], Coverage), Refusal>,
    /// The time.
    pub now: Seconds,
}

/// The trust root, accepted: the first step of the gate, so that the caller can open the pack.
#[derive(Clone, Debug)]
pub struct Trusted {
    root: TrustRoot,
    note: Vec<u8>,
}

/// Evidence that a sensor may run, and within which bounds.
#[derive(Clone, Debug)]
pub struct Admitted {
    statement: Statement,
    commitment: [u8; 32],
    lease: Lease,
    sensor_key: VerifierKey,
    decision_index: u64,
    state: SensorState,
    directions: Vec<Direction>,
    schedule: Schedule,
    software: Option<[u8; 32]>,
}

/// Accepts the folder's trust root against the one that is remembered.
///
/// # Errors
/// [`Refusal`] 1 to 4.
pub fn trust(folder: &Folder, state: &SensorState) -> Result<Trusted, Refusal> {
    let note = folder
        .trust_root
        .as_deref()
        .ok_or(Refusal::TrustRootMissing)?;
    let refuse = |error| match error {
        TrustRootError::Note(sakimori_tlog::note::NoteError::Unknown)
        | TrustRootError::Unsigned(_) => Refusal::TrustRootUnsigned,
        TrustRootError::Chain { .. } => Refusal::TrustRootChain,
        TrustRootError::RequesterDecides(_) => Refusal::RequesterDecides,
        TrustRootError::Note(_) | TrustRootError::Grammar(_) => Refusal::TrustRootMalformed,
    };
    let root = match &state.trust_root {
        None => TrustRoot::open(note).map_err(refuse)?,
        Some(known) => {
            let known = TrustRoot::remembered(known).map_err(refuse)?;
            let same = TrustRoot::remembered(note).is_ok_and(|root| root.hash() == known.hash());
            match (same, known.version) {
                (true, 1) => TrustRoot::open(note).map_err(refuse)?,
                (true, _) => known,
                (false, _) => known.succeed(note).map_err(refuse)?,
            }
        }
    };
    Ok(Trusted {
        root,
        note: note.to_vec(),
    })
}

impl Trusted {
    /// The root.
    pub const fn root(&self) -> &TrustRoot {
        &self.root
    }

    /// The office's key.
    pub const fn office(&self) -> &VerifierKey {
        &self.root.office
    }
}

/// The whole check.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn admit(
    trusted: &Trusted,
    folder: &Folder,
    state: &SensorState,
    ask: &Ask,
) -> Result<Admitted, Refusal> {
    let root = &trusted.root;
    if ask.now < root.not_before {
        return Err(Refusal::TrustRootNotYet);
    }
    let bytes = folder
        .statement
        .as_deref()
        .ok_or(Refusal::StatementMissing)?;
    let (statement, note) = Statement::check(bytes, root).map_err(statement_refusal)?;
    let commitment = text_hash(note.text());
    let sensor_key = scope(&statement, root, ask)?;
    pack(&statement, ask)?;
    let schedule = rules::schedule(folder, root, state, ask)?;
    statement.within(&schedule).map_err(rules::beyond)?;
    let (entered, proof) = decision(folder, &statement, note.text(), &commitment)?;
    if !statement.ends_in_time(&schedule, entered) {
        return Err(Refusal::UrgentTooLong);
    }
    let seen = log::checkpoint(&proof, root, state, ask.now)?;
    let lease = lease_of(folder, root, &statement, &commitment, &ask.sensor)?;
    if lease.tree_size <= proof.index || lease.tree_size > seen.size {
        return Err(Refusal::LeaseBeforeDecision);
    }
    if lease.not_after > seen.cosigned.plus(LEASE_SECONDS_MAX) {
        return Err(Refusal::LeaseTooLong);
    }
    let software = rules::software(folder, root, state, ask)?;
    let stands = standing::of(folder, root, &statement, &schedule, state)?;
    times(&statement, &lease, state, ask.now)?;
    let directions = if ask.directions.is_empty() {
        statement.directions.clone()
    } else {
        ask.directions.clone()
    };
    Ok(Admitted {
        commitment,
        sensor_key,
        decision_index: proof.index,
        state: SensorState {
            trust_root: Some(trusted.note.clone()),
            checkpoint: Some((seen.size, seen.root)),
            time: ask.now.max(state.time),
            schedule: folder.schedule.clone(),
            software: state.software || software.is_some(),
            ..stands
        },
        statement,
        lease,
        directions,
        schedule,
        software,
    })
}

/// The value of the schedule that a refusal rests on, for people: with the mark of one that nobody verified. `None` for a refusal that rests on no value.
pub fn value_behind(refusal: Refusal, trusted: &Trusted, folder: &Folder) -> Option<String> {
    rules::value_behind(refusal, folder, &trusted.root)
}

fn statement_refusal(error: StatementError) -> Refusal {
    match error {
        StatementError::Note(_) | StatementError::Grammar(_) => Refusal::StatementMalformed,
        StatementError::Bad(_) => Refusal::SignatureBad,
        StatementError::Foreign => Refusal::ForeignSignature,
        StatementError::Short(_) => Refusal::SignatureShort,
        StatementError::NotPresent(_) => Refusal::SignerAbsent,
        StatementError::OfficeUnsigned => Refusal::OfficeUnsigned,
        StatementError::PartyUnsigned => Refusal::PartyUnsigned,
        StatementError::NoOfficer(_)
        | StatementError::OneRole(_)
        | StatementError::OfficerUnsigned(_) => Refusal::UrgentOfficers,
        StatementError::OtherRoot { .. } => Refusal::OtherRoot,
        StatementError::Sitting(sitting) => match sitting {
            SittingError::Stranger(_) => Refusal::Stranger,
            SittingError::NoChair(_) => Refusal::NoChair,
            SittingError::PresidingAbsent(_) => Refusal::PresidingAbsent,
            SittingError::TooFew(_) => Refusal::TooFewPresent,
            SittingError::RecusedVoted(_) => Refusal::RecusedVoted,
            SittingError::Votes(_) => Refusal::VotesImpossible,
            SittingError::NoMajority { .. } => Refusal::NoMajority,
            SittingError::BelowFloor { .. } => Refusal::BelowFloor,
        },
    }
}

/// Kind, sensor, directions, caps.
fn scope(statement: &Statement, root: &TrustRoot, ask: &Ask) -> Result<VerifierKey, Refusal> {
    if !matches!(statement.kind, Kind::Acquisition | Kind::Agreement) {
        return Err(Refusal::OtherKind);
    }
    let key = root
        .sensor(&ask.sensor)
        .filter(|_| statement.sensors.contains(&ask.sensor));
    let key = key.ok_or(Refusal::OtherSensor)?;
    if !ask
        .directions
        .iter()
        .all(|d| statement.directions.contains(d))
    {
        return Err(Refusal::OtherDirection);
    }
    if statement.caps.flow_bytes < RECORD_BYTES as u64 {
        return Err(Refusal::CapsTooSmall);
    }
    Ok(key.clone())
}

fn pack(statement: &Statement, ask: &Ask) -> Result<(), Refusal> {
    let (hash, coverage) = ask.pack?;
    if hash != statement.pack {
        return Err(Refusal::OtherPack);
    }
    if coverage == statement.coverage {
        Ok(())
    } else {
        Err(Refusal::OtherCoverage)
    }
}

/// The decision's entry commits to this very text and is in the log. Gives the entry's own time too.
fn decision(
    folder: &Folder,
    statement: &Statement,
    text: &str,
    commitment: &[u8; 32],
) -> Result<(Seconds, TlogProof), Refusal> {
    let entry = folder.decision.as_deref().ok_or(Refusal::DecisionMissing)?;
    let body = folder
        .decision_body
        .as_deref()
        .ok_or(Refusal::DecisionMissing)?;
    let envelope = Envelope::decode(entry).map_err(|_| Refusal::DecisionMalformed)?;
    let stored = StoredBody::decode(body).map_err(|_| Refusal::DecisionMalformed)?;
    let opened = stored
        .open(&envelope.body, None)
        .map_err(|_| Refusal::OtherDecision)?;
    let decided = sakimori_tlog::note::Note::parse(&opened).map_err(|_| Refusal::OtherDecision)?;
    let kind = if statement.is_urgent() {
        EntryType::Urgent
    } else {
        EntryType::Decision
    };
    let same = envelope.kind == kind && envelope.authority == *commitment;
    if !same || decided.text() != text {
        return Err(Refusal::OtherDecision);
    }
    let proof = folder.proof.as_deref().ok_or(Refusal::ProofMissing)?;
    let proof = TlogProof::parse(proof).map_err(|_| Refusal::ProofMalformed)?;
    proof.check(entry).map_err(|_| Refusal::ProofWrong)?;
    Ok((envelope.time, proof))
}

fn lease_of(
    folder: &Folder,
    root: &TrustRoot,
    statement: &Statement,
    commitment: &[u8; 32],
    sensor: &SensorId,
) -> Result<Lease, Refusal> {
    let bytes = folder.lease.as_deref().ok_or(Refusal::NoLease)?;
    let lease = Lease::open(bytes, &root.lease_key).map_err(|error| match error {
        LeaseError::Note(_) => Refusal::LeaseUnsigned,
        LeaseError::Grammar(_) => Refusal::LeaseMalformed,
    })?;
    if lease.authority != statement.id
        || lease.statement != *commitment
        || lease.root != root.version
    {
        return Err(Refusal::LeaseOtherAuthority);
    }
    if lease.sensor != *sensor {
        return Err(Refusal::LeaseOtherSensor);
    }
    Ok(lease)
}

/// Times last: what is wrong for good is told before what may be right tomorrow.
fn times(
    statement: &Statement,
    lease: &Lease,
    state: &SensorState,
    now: Seconds,
) -> Result<(), Refusal> {
    // A lease from the future tells as well that the clock is behind: what is signed by it would count as signed before the lease.
    if now < state.time || now.minute() < lease.issued.minute() {
        return Err(Refusal::ClockBehind);
    }
    if now < statement.not_before {
        return Err(Refusal::NotYet);
    }
    if now > statement.not_after {
        return Err(Refusal::Expired);
    }
    if now > lease.not_after {
        Err(Refusal::LeaseExpired)
    } else {
        Ok(())
    }
}

impl Admitted {
    /// The statement.
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// SHA-256 of its text, as entries carry it.
    pub const fn commitment(&self) -> [u8; 32] {
        self.commitment
    }

    /// The lease.
    pub const fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Verifier key of the sensor.
    pub const fn sensor_key(&self) -> &VerifierKey {
        &self.sensor_key
    }

    /// Index of the decision in the log.
    pub const fn decision_index(&self) -> u64 {
        self.decision_index
    }

    /// Directions that may be selected.
    pub fn directions(&self) -> &[Direction] {
        &self.directions
    }

    /// The schedule in force.
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// SHA-256 of the program that was released, where a release is on record.
    pub const fn software(&self) -> Option<[u8; 32]> {
        self.software
    }

    /// Bounds.
    pub const fn caps(&self) -> Caps {
        self.statement.caps
    }

    /// The last second: of the authority or of the lease, whichever comes first.
    pub fn end(&self) -> Seconds {
        self.statement.not_after.min(self.lease.not_after)
    }

    /// What the sensor remembers from now on.
    pub const fn state(&self) -> &SensorState {
        &self.state
    }
}
