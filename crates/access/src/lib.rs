//! People and machines: who they are, what they hold, what they may do.
//!
//! In: a store, randomness, the time of each call; what browsers, providers and machines send. Out: principals, sessions, decisions with reasons, and changes of
//! the store with their audit line and their entry for the log. Never: a clock of its own, a secret kept in clear, an answer from memory, an approval
//! (signing in is not signing).
//!
//! [`Access`] is all of it. Everything that changes who may do what goes through it and asks the policy first; the store is only read beside it.

mod acts;
mod cases;
mod ceremonies;
mod clearances;
mod error;
pub mod limits;
mod machines;
mod may;
mod oidc;
mod passkeys;
mod people;
mod policy;
mod record;
mod roles;
mod secrets;
mod sessions;

pub use acts::{Act, Class};
pub use clearances::NewClearance;
pub use error::{AccessError, Rule, SignInFault};
pub use machines::{IssuedToken, NewCredential};
pub use may::{Decision, Object, Powers, Principal, Reason, Shown};
pub use oidc::{Oidc, OidcConfig, OidcStart};
pub use passkeys::PasskeyStart;
pub use people::{NewPerson, NewRole};
pub use policy::{POLICY, SCHEMA};
pub use roles::{Ministry, Role, Side, WordError};
pub use secrets::Random;
pub use sessions::{COOKIE, SessionTimes, SignedIn, Visitor, cookie_in};

use sakimori_store::Store;
use std::sync::Arc;

/// What a node's access needs to be told.
#[derive(Clone, Debug)]
pub struct AccessConfig {
    /// The node's side.
    pub side: Side,
    /// The host name of the node as browsers see it (`office.example`): passkeys are bound to it.
    pub host: String,
    /// The origin of the node's pages (`https://office.example:8443`).
    pub origin: String,
    /// The node's name on pages of the browser.
    pub name: String,
    /// How long sessions last.
    pub sessions: SessionTimes,
}

/// Who is who, and who may do what, at one node.
pub struct Access {
    store: Arc<dyn Store>,
    random: Arc<dyn Random>,
    policy: policy::Policy,
    side: Side,
    times: SessionTimes,
    passkeys: passkeys::Passkeys,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access")
            .field("side", &self.side)
            .finish_non_exhaustive()
    }
}

impl Access {
    /// Reads the policy and makes ready for sign-ins.
    ///
    /// # Errors
    /// [`AccessError::Policy`] or [`AccessError::Config`].
    pub fn new(
        store: Arc<dyn Store>,
        random: Arc<dyn Random>,
        config: &AccessConfig,
    ) -> Result<Self, AccessError> {
        Ok(Self {
            store,
            random,
            policy: policy::Policy::read(POLICY, SCHEMA)?,
            side: config.side,
            times: config.sessions,
            passkeys: passkeys::Passkeys::new(config)?,
        })
    }

    /// The store, to read from.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The machine's randomness.
    pub(crate) fn random(&self) -> &dyn Random {
        self.random.as_ref()
    }

    /// The node's side.
    pub const fn side(&self) -> Side {
        self.side
    }
}
