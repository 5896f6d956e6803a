//! Who may carry out a measure, and by which actuators. In: what the office enters. Out: the register of now. Never: a designation that the plan alone tells of.

use super::OFFICE;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, first, newest};
use crate::report::refused;
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::route::Designation;
use sakimori_store::Store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most designations, and most actuators.
const ENTRIES_MAX: usize = 1_000;
const ID: &str = "own";

/// An actuator that an owner installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActuatorEntry {
    /// Its name, as measures name it.
    pub name: String,
    /// Who lawfully controls the system that it acts on.
    pub controller: String,
    /// The key that signs its reports, as notes write it.
    pub key: String,
    /// The node's name for it among its peers.
    pub peer: String,
}

/// The register. Each change is a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Officers with a designation.
    pub designations: Vec<Designation>,
    /// Actuators.
    pub actuators: Vec<ActuatorEntry>,
}

impl Document for Register {
    const KIND: &'static str = "measure-register";
}

impl Register {
    /// The actuator of a name.
    pub fn actuator(&self, name: &str) -> Option<&ActuatorEntry> {
        self.actuators.iter().find(|one| one.name == name)
    }

    /// Every entry reads, and none stands twice.
    fn check(&self) -> Result<(), LiaisonError> {
        if self.designations.len() > ENTRIES_MAX || self.actuators.len() > ENTRIES_MAX {
            return Err(refused(
                "register",
                format!("at most {ENTRIES_MAX} entries"),
            ));
        }
        let mut names = BTreeSet::new();
        for one in &self.actuators {
            let named = one.name.parse::<sakimori_custody::ids::Name>().is_ok();
            let controlled = one
                .controller
                .parse::<sakimori_custody::ids::Name>()
                .is_ok();
            let keyed = one.key.parse::<sakimori_tlog::key::VerifierKey>().is_ok();
            if !(named && controlled && keyed && names.insert(&one.name)) {
                let rule = "an actuator has a name of its own, who controls it, and a key";
                return Err(refused("actuators", rule));
            }
        }
        let mut numbers = BTreeSet::new();
        for one in &self.designations {
            if one.from > one.until || !numbers.insert(&one.number) {
                let rule =
                    "a designation has a number of its own and does not end before it begins";
                return Err(refused("designations", rule));
            }
        }
        Ok(())
    }
}

/// The register of now; empty where nobody entered anything.
///
/// # Errors
/// [`LiaisonError::Unreadable`], what the store says.
pub async fn register(store: &dyn Store) -> Result<Register, LiaisonError> {
    match newest::<Register>(store, OFFICE, ID).await {
        Ok(written) => Ok(written.said),
        Err(LiaisonError::Missing { .. }) => Ok(Register::default()),
        Err(error) => Err(error),
    }
}

/// Enters the register anew.
///
/// # Errors
/// [`LiaisonError::Refused`], what the store says; somebody else's change between is [`sakimori_store::StoreError::Stale`].
pub async fn set_register(
    store: &dyn Store,
    said: &Register,
    at: Seconds,
    by: &str,
) -> Result<(), LiaisonError> {
    said.check()?;
    let standing = Standing {
        state: "in-force",
        due: None,
        at: at.0,
        by,
    };
    let change = match newest::<Register>(store, OFFICE, ID).await {
        Ok(written) => written.next(said, standing)?,
        Err(LiaisonError::Missing { .. }) => first(OFFICE, ID, said, standing)?,
        Err(error) => return Err(error),
    };
    Ok(store.apply(&[change]).await?)
}
