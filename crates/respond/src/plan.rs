//! The life of a measure: proposed with reasons, reviewed, approved, put in force step by step, measured, undone, reported. In: documents of officers, observations, decisions, answers of actuators, the time. Out: what
//! has to be made durable, and what has to be done behind it. Never: a clock, a disk, a message; an effect that was not reviewed by another and approved; an act without its record.
//!
//! `docs/measures.md` tells the same for people.

pub mod assess;
pub mod collateral;
pub mod command;
pub mod complaint;
pub mod dossier;
pub mod figures;
pub(crate) mod form;
pub mod goal;
pub mod life;
pub mod observe;
mod read;
pub mod renewal;
pub mod route;
pub mod sworn;
pub mod terms;
mod text;
pub mod urgent;

pub use assess::{Assessment, Judgement};
pub use form::{Digest, DigestError};
pub use read::{LIMITS, Problem, TEXT_BYTES_MAX, digest, document};
pub use renewal::Renewal;
pub use terms::Terms;
pub use text::{Weighed, text};

use collateral::Facts;
use dossier::Dossier;
use observe::Observation;
use route::Chain;
use sakimori_authority::measure::Deed;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::record::Country;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// The form of a plan.
pub const FORM: &str = "sakimori/plan/v1";

/// A measure as it is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`FORM`].
    pub form: String,
    /// Its id: 128 random bits, the same in every revision.
    #[serde(with = "form::text")]
    pub id: AuthorityId,
    /// Why.
    pub dossier: Dossier,
    /// By whom, on whose order.
    pub chain: Chain,
    /// SHA-256 of the playbook that it follows, where it follows one.
    pub playbook: Option<Digest>,
    /// What is done, in the order in which it is rolled out: the first is tried alone.
    pub aims: Vec<Aim>,
    /// What others saw of the targets.
    pub observations: Vec<Observation>,
    /// What is known of who else is met.
    pub facts: Vec<Facts>,
    /// First second that is asked for.
    #[serde(with = "form::text")]
    pub not_before: Seconds,
    /// Last second that is asked for.
    #[serde(with = "form::text")]
    pub not_after: Seconds,
    /// Seconds between one stage of the roll-out and the next.
    pub soak_seconds: u64,
    /// Longest time of one effect, seconds.
    pub effect_seconds: u64,
    /// Most effects at a time.
    pub most: u64,
    /// How often it may be renewed.
    pub renewals: u64,
}

/// One effect that is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aim {
    /// What is done.
    #[serde(with = "form::deed")]
    pub deed: Deed,
    /// By whose actuator.
    #[serde(with = "form::text")]
    pub actuator: Name,
    /// Where the target is; `--` where nobody knows.
    #[serde(with = "form::country")]
    pub country: Country,
    /// Who lawfully controls the system that acts.
    #[serde(with = "form::text")]
    pub controller: Name,
    /// With what, in the form that actuators take.
    pub target: String,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// [`Problem`]: its writer acts on it.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        document(bytes)
    }

    /// Its digest, however it is written.
    pub fn digest(&self) -> Digest {
        digest(self)
    }

    /// A target that is abroad, or nobody knows where.
    pub fn abroad(&self, terms: &Terms) -> Option<&str> {
        let mut aims = self.aims.iter();
        let found = aims.find(|aim| terms.is_abroad(aim.country));
        found.map(|aim| aim.target.as_str())
    }
}
