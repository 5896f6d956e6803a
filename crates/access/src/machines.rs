//! Machines: tokens and client certificates. In: an administrator's act; what a machine shows. Out: tokens, shown once; principals. Never: a token in the store, a
//! machine that decides, signs or sees data.

use crate::limits::{CERTIFICATE_SECONDS_MAX, SECRET_BYTES_MAX, TOKEN_SECONDS_MAX};
use crate::may::{Object, Principal, Shown};
use crate::people::{ends, named, shared, titled};
use crate::record::audit;
use crate::secrets::{hash, id, secret};
use crate::{Access, AccessError, Act, Rule};
use sakimori_custody::time::Seconds;
use sakimori_store::{Certificate, Change, Machine, Token};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// What every token begins with, so that one that was left somewhere is found.
const PREFIX: &str = "sak_";

/// What a machine is to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredential {
    /// The machine.
    pub machine: String,
    /// What it may do.
    pub scopes: BTreeSet<Act>,
    /// The second from which it is no more.
    pub until: Seconds,
}

/// A token that was just issued.
#[derive(Debug)]
pub struct IssuedToken {
    /// Its id, to end it by.
    pub id: String,
    /// The token: shown once, kept by nobody here.
    pub token: Zeroizing<String>,
}

fn scopes(scopes: &BTreeSet<Act>) -> Result<Vec<String>, Rule> {
    if scopes.is_empty() {
        return Err(Rule::Scope("no act is named".to_owned()));
    }
    match scopes.iter().find(|act| !act.is_for_machines()) {
        Some(act) => Err(Rule::Scope(act.to_string())),
        None => Ok(scopes.iter().map(ToString::to_string).collect()),
    }
}

impl Access {
    /// Enters a machine.
    ///
    /// # Errors
    /// [`AccessError::Refused`], [`Rule::Name`], or the store's where there is or was one of that id.
    pub async fn add_machine(
        &self,
        by: &Principal,
        (machine, name, organisation): (&str, &str, &str),
        now: Seconds,
    ) -> Result<(), AccessError> {
        self.require(by, Act::ManageMachines, &Object::any(), now)
            .await?;
        named(machine)?;
        titled(name)?;
        titled(organisation)?;
        let changes = [
            Change::AddMachine(Machine {
                id: machine.to_owned(),
                name: name.to_owned(),
                organisation: organisation.to_owned(),
                created: now.0,
                ended: None,
            }),
            audit(now, by.id(), "add-machine", machine, name),
        ];
        Ok(self.store.apply(&changes).await?)
    }

    /// Ends a machine with all it has.
    ///
    /// # Errors
    /// [`AccessError::Refused`], or the store's where there is none.
    pub async fn end_machine(
        &self,
        by: &Principal,
        machine: &str,
        now: Seconds,
    ) -> Result<(), AccessError> {
        self.require(by, Act::ManageMachines, &Object::any(), now)
            .await?;
        let changes = [
            Change::EndMachine {
                machine: machine.to_owned(),
                at: now.0,
            },
            audit(now, by.id(), "end-machine", machine, ""),
        ];
        Ok(self.store.apply(&changes).await?)
    }

    /// A machine that has not ended.
    async fn working(&self, machine: &str) -> Result<Machine, AccessError> {
        self.store
            .machine(machine)
            .await?
            .filter(|machine| machine.ended.is_none())
            .ok_or_else(|| Rule::NoAccount.into())
    }

    /// Issues a token, shown once.
    ///
    /// # Errors
    /// [`AccessError::Refused`], [`Rule::Scope`], [`Rule::Until`], [`Rule::NoAccount`], or the store's.
    pub async fn issue_token(
        &self,
        by: &Principal,
        new: &NewCredential,
        now: Seconds,
    ) -> Result<IssuedToken, AccessError> {
        self.require(by, Act::ManageMachines, &Object::any(), now)
            .await?;
        ends(new.until, now, TOKEN_SECONDS_MAX)?;
        let scopes = scopes(&new.scopes)?;
        self.working(&new.machine).await?;
        let token = secret(self.random.as_ref(), PREFIX)?;
        let id = id(self.random.as_ref())?;
        let detail = scopes.join(" ");
        let changes = [
            Change::AddToken(Token {
                id: id.clone(),
                hash: hash(&token),
                machine: new.machine.clone(),
                scopes,
                by: by.id().to_owned(),
                created: now.0,
                expires: new.until.0,
                ended: None,
            }),
            audit(now, by.id(), "issue-token", &new.machine, detail),
        ];
        self.store.apply(&changes).await?;
        Ok(IssuedToken { id, token })
    }

    /// Ends a token.
    ///
    /// # Errors
    /// [`AccessError::Refused`], or the store's where there is none.
    pub async fn end_token(
        &self,
        by: &Principal,
        token: &str,
        now: Seconds,
    ) -> Result<(), AccessError> {
        self.require(by, Act::ManageMachines, &Object::any(), now)
            .await?;
        let changes = [
            Change::EndToken {
                token: token.to_owned(),
                at: now.0,
            },
            audit(now, by.id(), "end-token", token, ""),
        ];
        Ok(self.store.apply(&changes).await?)
    }

    /// Enters a client certificate (DER) of a machine; answers its fingerprint.
    ///
    /// # Errors
    /// [`AccessError::Refused`], [`Rule::Scope`], [`Rule::Until`], [`Rule::NoAccount`], [`Rule::Shared`] for one that a machine has or had, or the store's.
    pub async fn add_certificate(
        &self,
        by: &Principal,
        new: &NewCredential,
        der: &[u8],
        now: Seconds,
    ) -> Result<[u8; 32], AccessError> {
        self.require(by, Act::ManageMachines, &Object::any(), now)
            .await?;
        ends(new.until, now, CERTIFICATE_SECONDS_MAX)?;
        let scopes = scopes(&new.scopes)?;
        self.working(&new.machine).await?;
        let fingerprint = Sha256::digest(der).into();
        let detail = scopes.join(" ");
        let changes = [
            Change::AddCertificate(Certificate {
                fingerprint,
                machine: new.machine.clone(),
                scopes,
                by: by.id().to_owned(),
                created: now.0,
                expires: new.until.0,
                ended: None,
            }),
            audit(now, by.id(), "add-certificate", &new.machine, detail),
        ];
        self.store.apply(&changes).await.map_err(shared)?;
        Ok(fingerprint)
    }

    /// Ends a client certificate.
    ///
    /// # Errors
    /// [`AccessError::Refused`], or the store's where there is none.
    pub async fn end_certificate(
        &self,
        by: &Principal,
        fingerprint: &[u8; 32],
        now: Seconds,
    ) -> Result<(), AccessError> {
        self.require(by, Act::ManageMachines, &Object::any(), now)
            .await?;
        let object = sakimori_custody::ids::hex(fingerprint);
        let changes = [
            Change::EndCertificate {
                fingerprint: *fingerprint,
                at: now.0,
            },
            audit(now, by.id(), "end-certificate", &object, ""),
        ];
        Ok(self.store.apply(&changes).await?)
    }

    /// Which machine a bearer token is of.
    ///
    /// # Errors
    /// [`AccessError::NotSignedIn`] for one of nobody, or that ended or ran out.
    pub async fn token_bearer(&self, token: &str, now: Seconds) -> Result<Principal, AccessError> {
        if !token.starts_with(PREFIX) || token.len() > SECRET_BYTES_MAX {
            return Err(AccessError::NotSignedIn);
        }
        let key = hash(token);
        let found = self.store.token(&key).await?;
        let machine = found.ok_or(AccessError::NotSignedIn)?.machine;
        self.shown(machine, Shown::Token(key), now).await
    }

    /// Which machine a client certificate (DER, whose key the TLS handshake proved) is of.
    ///
    /// # Errors
    /// [`AccessError::NotSignedIn`] for one of nobody, or that ended or ran out.
    pub async fn certificate_bearer(
        &self,
        der: &[u8],
        now: Seconds,
    ) -> Result<Principal, AccessError> {
        let key = Sha256::digest(der).into();
        let found = self.store.certificate(&key).await?;
        let machine = found.ok_or(AccessError::NotSignedIn)?.machine;
        self.shown(machine, Shown::Certificate(key), now).await
    }

    async fn shown(
        &self,
        id: String,
        shown: Shown,
        now: Seconds,
    ) -> Result<Principal, AccessError> {
        match self.scopes(&id, &shown, now).await? {
            None => Err(AccessError::NotSignedIn),
            Some(_) => Ok(Principal::Machine { id, shown }),
        }
    }

    /// What a machine may do now with what it showed; `None` where that is nothing any more.
    pub(crate) async fn scopes(
        &self,
        id: &str,
        shown: &Shown,
        now: Seconds,
    ) -> Result<Option<BTreeSet<Act>>, AccessError> {
        let found = match shown {
            Shown::Token(key) => self.store.token(key).await?.map(|token| {
                let lives = token.ended.is_none() && token.created <= now.0;
                (token.machine, token.scopes, lives, token.expires)
            }),
            Shown::Certificate(key) => self.store.certificate(key).await?.map(|certificate| {
                let lives = certificate.ended.is_none() && certificate.created <= now.0;
                (
                    certificate.machine,
                    certificate.scopes,
                    lives,
                    certificate.expires,
                )
            }),
        };
        let Some((machine, scopes, true, expires)) = found else {
            return Ok(None);
        };
        if machine != id || now.0 >= expires {
            return Ok(None);
        }
        let machine = self.store.machine(id).await?;
        let lives = machine.is_some_and(|machine| machine.ended.is_none());
        Ok(lives.then(|| {
            scopes
                .iter()
                .filter_map(|scope| scope.parse().ok())
                .collect()
        }))
    }
}
