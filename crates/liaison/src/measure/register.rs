//! Who may carry out a measure, by which actuators, and who is asked what came of it: resolvers, routers. In: what the office enters. Out: the register of now. Never: a designation that the plan alone tells of.

use super::OFFICE;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, first, newest};
use crate::report::refused;
use sakimori_custody::time::Seconds;
use sakimori_respond::plan::route::Designation;
use sakimori_store::Store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Most designations, and most actuators.
const ENTRIES_MAX: usize = 1_000;
/// Most sinkholes of a resolver.
const SINKHOLES_MAX: usize = 64;
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
    /// Whether its commands go over NATS; approvals and looks never do.
    #[serde(default)]
    pub nats: bool,
}

/// A resolver that the office's node asks what a name of a measure leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolverEntry {
    /// Its name, as goals name it.
    pub name: String,
    /// Where it is asked, over UDP and TCP.
    pub address: SocketAddr,
    /// Addresses of sinkholes: a name that leads to nothing else does not resolve.
    #[serde(default)]
    pub sinkholes: Vec<IpAddr>,
}

/// A router whose table is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouterEntry {
    /// Its name, as goals name it.
    pub name: String,
    /// The actuator that announces to it, whose signed receipt tells what is in its speaker's table.
    #[serde(default)]
    pub actuator: Option<String>,
    /// The control socket of a BIRD on the office's own machine that peers with it as a collector of routes. Where it is set it is asked, and not the actuator. It is asked read-only.
    #[serde(default)]
    pub bird: Option<PathBuf>,
}

/// Somebody who signs at this office beside the officers of the trust root: who observes targets, who carries out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonEntry {
    /// The name, as observations and designations have it.
    pub name: String,
    /// The key that signs, as notes write it.
    pub key: String,
}

/// The register. Each change is a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Officers with a designation.
    pub designations: Vec<Designation>,
    /// Actuators.
    pub actuators: Vec<ActuatorEntry>,
    /// People who sign, with their keys.
    #[serde(default)]
    pub people: Vec<PersonEntry>,
    /// Resolvers.
    #[serde(default)]
    pub resolvers: Vec<ResolverEntry>,
    /// Routers.
    #[serde(default)]
    pub routers: Vec<RouterEntry>,
}

impl Document for Register {
    const KIND: &'static str = "measure-register";
}

impl Register {
    /// The actuator of a name.
    pub fn actuator(&self, name: &str) -> Option<&ActuatorEntry> {
        self.actuators.iter().find(|one| one.name == name)
    }

    /// The person of a name.
    pub fn person(&self, name: &str) -> Option<&PersonEntry> {
        self.people.iter().find(|one| one.name == name)
    }

    /// Every person has a name and a key of their own: two names with one key would be one person who signs twice.
    fn check_people(&self) -> Result<(), LiaisonError> {
        let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
        let is_name = |one: &PersonEntry| one.name.parse::<sakimori_custody::ids::Name>().is_ok();
        // The bytes alone: name, id and kind of a key are whatever its holder wrote.
        let key = |one: &PersonEntry| {
            let key = one.key.parse::<sakimori_tlog::key::VerifierKey>();
            key.ok().map(|key| key.public().to_vec())
        };
        let mut people = self.people.iter();
        let all = self.people.len() <= ENTRIES_MAX
            && people.all(|one| {
                let is_new = key(one).is_some_and(|key| keys.insert(key));
                is_new && is_name(one) && names.insert(&one.name)
            });
        if all {
            return Ok(());
        }
        let rule = "a person has a name and a key of their own; at most 1000";
        Err(refused("people", rule))
    }

    /// Who is asked reads, has a name of its own, and there is a way to ask.
    fn check_asked(&self) -> Result<(), LiaisonError> {
        if self.resolvers.len() > ENTRIES_MAX || self.routers.len() > ENTRIES_MAX {
            return Err(refused(
                "register",
                format!("at most {ENTRIES_MAX} entries"),
            ));
        }
        let is_name = |name: &str| name.parse::<sakimori_custody::ids::Name>().is_ok();
        let mut names = BTreeSet::new();
        for one in &self.resolvers {
            let bounded = one.sinkholes.len() <= SINKHOLES_MAX;
            if !(is_name(&one.name) && names.insert(&one.name) && bounded) {
                let rule = "a resolver has a name of its own, and at most 64 sinkholes";
                return Err(refused("resolvers", rule));
            }
        }
        let mut names = BTreeSet::new();
        for one in &self.routers {
            let known = one.actuator.as_deref();
            let known = known.is_none_or(|name| self.actuator(name).is_some());
            let way = one.actuator.is_some() || one.bird.is_some();
            let whole = one.bird.as_ref().is_none_or(|path| path.is_absolute());
            if !(is_name(&one.name) && names.insert(&one.name) && known && way && whole) {
                let rule = "a router has a name of its own, and an actuator of the register or the whole path of a socket";
                return Err(refused("routers", rule));
            }
        }
        Ok(())
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
        self.check_people()?;
        self.check_asked()
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
