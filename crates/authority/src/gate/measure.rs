//! The gate of an actuator: no approval, no effect. In: an authority folder that holds a measure in the pack's place, what the actuator remembers, who it is, a time. Out: [`Approved`], or why not. Never: a measure that
//! a sitting, or two officers for some hours, did not decide; an effect for another actuator.
//!
//! The checks are those of a sensor but for three: the pack is a measure, home countries alone are read of the schedule's rules, and a lease may be missing. What was approved goes on without one; nothing new begins.

use super::{
    Folder, SensorState, Trusted, decision, lease_of, log, rules, standing, statement_refusal,
};
use crate::lease::Lease;
use crate::limits::LEASE_SECONDS_MAX;
use crate::measure::{EffectLine, Measure, MeasureError, RouteError, SECONDS_MAX};
use crate::refusal::Refusal;
use crate::schedule::Schedule;
use crate::statement::{Kind, Statement};
use crate::text_hash;
use sakimori_custody::ids::Name;
use sakimori_custody::record::Country;
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::VerifierKey;

/// Who asks, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureAsk {
    /// The actuator's name.
    pub actuator: Name,
    /// The key of its reports.
    pub key: VerifierKey,
    /// The time.
    pub now: Seconds,
}

/// Why an actuator does not take an approval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeasureRefused {
    /// What a sensor would refuse too.
    #[error("{0}")]
    Gate(Refusal),
    /// There is no measure.
    #[error("there is no measure beside the statement")]
    Missing,
    /// The measure is none.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// The statement names another text.
    #[error("the measure is not the one that the statement names")]
    Other,
    /// The statement counts other effects, or names other actuators.
    #[error("the measure covers more or less than the statement says")]
    Coverage,
    /// It does not fit its route.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// It was not decided as its level asks.
    #[error(
        "a measure of level 2 takes the votes of everybody who sits; two officers, or a vote that is missing, are not enough"
    )]
    Level,
    /// It lasts too long.
    #[error("the approval lasts longer than seven days")]
    TooLong,
    /// It is for others.
    #[error("the measure names other actuators, or this one with another key")]
    OtherActuator,
}

impl From<Refusal> for MeasureRefused {
    fn from(refusal: Refusal) -> Self {
        Self::Gate(refusal)
    }
}

impl MeasureRefused {
    /// The name in answers and documents.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Gate(refusal) => refusal.name(),
            Self::Missing => "measure-missing",
            Self::Measure(_) => "measure-unsigned",
            Self::Other => "other-measure",
            Self::Coverage => "other-coverage",
            Self::Route(_) => "measure-route",
            Self::Level => "measure-level",
            Self::TooLong => "measure-too-long",
            Self::OtherActuator => "other-actuator",
        }
    }
}

/// Evidence that a measure is approved for one actuator.
#[derive(Clone, Debug)]
pub struct Approved {
    statement: Statement,
    measure: Measure,
    commitment: [u8; 32],
    actuator: Name,
    lease: Option<Lease>,
    state: SensorState,
}

impl Approved {
    /// The statement.
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The measure.
    pub const fn measure(&self) -> &Measure {
        &self.measure
    }

    /// SHA-256 of the statement's text, as entries carry it.
    pub const fn commitment(&self) -> [u8; 32] {
        self.commitment
    }

    /// What this actuator may do.
    pub fn effects(&self) -> impl Iterator<Item = &EffectLine> {
        let own = |line: &&EffectLine| line.actuator == self.actuator;
        self.measure.effects.iter().filter(own)
    }

    /// The lease, where the folder holds a good one.
    pub const fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// What the actuator remembers from now on.
    pub const fn state(&self) -> &SensorState {
        &self.state
    }
}

/// The whole check. What was seen is to be kept by [`super::remember`] whatever it says, so that a revocation is not forgotten.
///
/// # Errors
/// The first [`MeasureRefused`] that applies. A lease that is wrong is a refusal; one that is missing or over is none.
pub fn measure(
    trusted: &Trusted,
    folder: &Folder,
    state: &SensorState,
    ask: &MeasureAsk,
) -> Result<Approved, MeasureRefused> {
    let root = &trusted.root;
    if ask.now < root.not_before {
        return Err(Refusal::TrustRootNotYet.into());
    }
    let bytes = folder.statement.as_deref();
    let bytes = bytes.ok_or(Refusal::StatementMissing)?;
    let (statement, note) = Statement::check(bytes, root).map_err(statement_refusal)?;
    let commitment = text_hash(note.text());
    if statement.kind != Kind::Measure {
        return Err(Refusal::OtherKind.into());
    }
    let schedule = rules::in_force(folder, root, state, ask.now)?;
    let measure = named(folder, trusted, &statement, &schedule)?;
    let mine = measure
        .actuators
        .iter()
        .find(|one| one.name == ask.actuator);
    if mine.is_none_or(|one| one.key != ask.key) {
        return Err(MeasureRefused::OtherActuator);
    }
    statement.within(&schedule).map_err(rules::beyond)?;
    let (entered, proof) = decision(folder, &statement, note.text(), &commitment)?;
    if !statement.ends_in_time(&schedule, entered) {
        return Err(Refusal::UrgentTooLong.into());
    }
    let seen = log::checkpoint(&proof, root, state, ask.now)?;
    let lease = match folder.lease {
        None => None,
        Some(_) => Some(lease_of(
            folder,
            root,
            &statement,
            &commitment,
            &ask.actuator,
        )?),
    };
    if let Some(lease) = &lease {
        if lease.tree_size <= proof.index || lease.tree_size > seen.size {
            return Err(Refusal::LeaseBeforeDecision.into());
        }
        if lease.not_after > seen.cosigned.plus(LEASE_SECONDS_MAX) {
            return Err(Refusal::LeaseTooLong.into());
        }
    }
    let stands = standing::of(folder, root, &statement, &schedule, state)?;
    // A lease from the future tells that the clock is behind: what is put in force by it would end too late.
    let ahead = |lease: &Lease| ask.now.minute() < lease.issued.minute();
    if ask.now < state.time || lease.as_ref().is_some_and(ahead) {
        return Err(Refusal::ClockBehind.into());
    }
    if ask.now > statement.not_after {
        return Err(Refusal::Expired.into());
    }
    Ok(Approved {
        commitment,
        actuator: ask.actuator.clone(),
        lease: lease.filter(|lease| ask.now <= lease.not_after),
        state: SensorState {
            trust_root: Some(trusted.note.clone()),
            checkpoint: Some((seen.size, seen.root)),
            time: ask.now.max(state.time),
            schedule: folder.schedule.clone(),
            ..stands
        },
        statement,
        measure,
    })
}

/// The measure that the statement names, within its bounds.
fn named(
    folder: &Folder,
    trusted: &Trusted,
    statement: &Statement,
    schedule: &Schedule,
) -> Result<Measure, MeasureRefused> {
    let bytes = folder.pack.as_deref().ok_or(MeasureRefused::Missing)?;
    let (measure, note) = Measure::check(bytes, &trusted.root)?;
    if text_hash(note.text()) != statement.pack {
        return Err(MeasureRefused::Other);
    }
    if measure.coverage() != statement.coverage || measure.names() != statement.sensors {
        return Err(MeasureRefused::Coverage);
    }
    if !measure.is_decided_by(&statement.decided) {
        return Err(MeasureRefused::Level);
    }
    let home = schedule.rules.home_countries.iter();
    let home: Vec<Country> = home.filter_map(|country| Country::new(country.0)).collect();
    measure.route(&home)?;
    // The second that the last one is counts too.
    let lasts = statement.not_after.0.saturating_sub(statement.not_before.0);
    if lasts > SECONDS_MAX {
        return Err(MeasureRefused::TooLong);
    }
    Ok(measure)
}
