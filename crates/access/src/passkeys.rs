//! Passkeys (`WebAuthn`). In: one-time codes, what a browser's authenticator sends. Out: options for the browser, credentials, sessions. Never: a state of a half-done
//! ceremony in the browser's hands, a credential of two people, a counter that does not grow.

use crate::ceremonies::Ceremonies;
use crate::limits::{PASSKEYS_MAX, RESPONSE_BYTES_MAX, SECRET_BYTES_MAX};
use crate::people::{shared, titled};
use crate::record::audit;
use crate::secrets::{code_hash, hash, secret};
use crate::sessions::SignedIn;
use crate::{Access, AccessConfig, AccessError, Rule, SignInFault};
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Passkey as Kept, StoreError};
use sha2::{Digest, Sha256};
use std::time::Duration;
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

/// What a browser needs for the second step.
#[derive(Clone, Debug)]
pub struct PasskeyStart {
    /// Names the ceremony in the second step.
    pub ceremony: String,
    /// The options for `navigator.credentials.create` or `.get`, as JSON (`{"publicKey": …}`).
    pub options: String,
}

struct Registration {
    code: [u8; 32],
    person: String,
    /// Who issued the code.
    by: String,
    state: PasskeyRegistration,
}

struct Authentication {
    person: String,
    state: PasskeyAuthentication,
}

/// The verifier and what is half done.
pub(crate) struct Passkeys {
    verifier: Webauthn,
    registrations: Ceremonies<Registration>,
    authentications: Ceremonies<Authentication>,
}

impl Passkeys {
    pub(crate) fn new(config: &AccessConfig) -> Result<Self, AccessError> {
        let fault = |what: &'static str, why: String| AccessError::Config { what, why };
        let origin = Url::parse(&config.origin)
            .map_err(|error| fault("the origin of the pages", error.to_string()))?;
        let verifier = WebauthnBuilder::new(&config.host, &origin)
            .map(|builder| {
                builder
                    .rp_name(&config.name)
                    .timeout(Duration::from_secs(crate::limits::CEREMONY_SECONDS))
            })
            .and_then(WebauthnBuilder::build)
            .map_err(|error| fault("host and origin of the pages", error.to_string()))?;
        Ok(Self {
            verifier,
            registrations: Ceremonies::default(),
            authentications: Ceremonies::default(),
        })
    }
}

/// The number by which an authenticator knows a person: the same for the same id, and it says nothing.
fn handle(person: &str) -> Uuid {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(b"sakimori/user/v1\n")
        .chain_update(person)
        .finalize()
        .into();
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(digest)
        .for_each(|(to, from)| *to = from);
    Uuid::from_bytes(bytes)
}

fn refused(error: &WebauthnError) -> AccessError {
    SignInFault::Authenticator(error.to_string()).into()
}

fn unread(error: &serde_json::Error) -> AccessError {
    SignInFault::Authenticator(error.to_string()).into()
}

/// The credentials' states as the verifier keeps them.
fn states(kept: &[Kept]) -> Result<Vec<Passkey>, AccessError> {
    kept.iter()
        .map(|one| serde_json::from_str(&one.state))
        .collect::<Result<_, _>>()
        .map_err(|error| AccessError::Policy(format!("a passkey's state: {error}")))
}

/// Whether an answer of a browser is short enough to be looked at.
fn bounded(response: &[u8], ceremony: &str) -> Result<(), AccessError> {
    if response.len() > RESPONSE_BYTES_MAX || ceremony.len() > SECRET_BYTES_MAX {
        return Err(SignInFault::Authenticator("too long".to_owned()).into());
    }
    Ok(())
}

impl Access {
    /// A person's passkeys that have not ended.
    pub(crate) async fn living(&self, person: &str) -> Result<Vec<Kept>, AccessError> {
        let mut kept = self.store.passkeys(person).await?;
        kept.retain(|one| one.ended.is_none());
        Ok(kept)
    }

    fn options(options: &impl serde::Serialize) -> Result<String, AccessError> {
        serde_json::to_string(options).map_err(|error| AccessError::Policy(error.to_string()))
    }

    /// The first step of a registration, with a one-time code.
    ///
    /// # Errors
    /// [`AccessError::SignIn`] for a code that is nobody's, used or expired; [`Rule::TooMany`]; the store's.
    pub async fn passkey_registration(
        &self,
        typed: &str,
        now: Seconds,
    ) -> Result<PasskeyStart, AccessError> {
        if typed.len() > SECRET_BYTES_MAX {
            return Err(SignInFault::Code.into());
        }
        let code = code_hash(typed);
        let enrolment = self.store.enrolment(&code).await?;
        let enrolment = enrolment
            .filter(|one| one.used.is_none() && one.created <= now.0 && now.0 < one.expires)
            .ok_or(SignInFault::Code)?;
        let person = self.store.person(&enrolment.person).await?;
        let person = person
            .filter(|person| person.ended.is_none())
            .ok_or(SignInFault::Code)?;
        let kept = self.living(&person.id).await?;
        if kept.len() >= PASSKEYS_MAX {
            return Err(Rule::TooMany(format!("{PASSKEYS_MAX} passkeys")).into());
        }
        let have = states(&kept)?
            .iter()
            .map(|one| one.cred_id().clone())
            .collect();
        let (options, state) = self
            .passkeys
            .verifier
            .start_passkey_registration(handle(&person.id), &person.id, &person.name, Some(have))
            .map_err(|error| refused(&error))?;
        let ceremony = secret(self.random.as_ref(), "")?;
        let options = Self::options(&options)?;
        let state = Registration {
            code,
            person: person.id.clone(),
            by: enrolment.by,
            state,
        };
        let key = hash(&ceremony);
        self.passkeys
            .registrations
            .begin(key, &person.id, state, now);
        Ok(PasskeyStart {
            ceremony: ceremony.to_string(),
            options,
        })
    }

    /// The second step of a registration: the code is used up and the passkey is the person's.
    ///
    /// # Errors
    /// [`AccessError::SignIn`], [`Rule::Shared`] for a credential that anybody has or had, [`Rule::Name`] for the label, or the store's.
    pub async fn passkey_registered(
        &self,
        ceremony: &str,
        label: &str,
        response: &[u8],
        now: Seconds,
    ) -> Result<String, AccessError> {
        bounded(response, ceremony)?;
        titled(label)?;
        let response: RegisterPublicKeyCredential =
            serde_json::from_slice(response).map_err(|error| unread(&error))?;
        let begun = self.passkeys.registrations.take(&hash(ceremony), now);
        let begun = begun.ok_or(SignInFault::Ceremony)?;
        let passkey = self
            .passkeys
            .verifier
            .finish_passkey_registration(&response, &begun.state)
            .map_err(|error| refused(&error))?;
        let mut changes = self.taking_over(&begun.person, &begun.by, now).await?;
        changes.extend([
            Change::UseEnrolment {
                hash: begun.code,
                at: now.0,
            },
            Change::AddPasskey(Kept {
                credential: <[u8]>::to_vec(passkey.cred_id().as_ref()),
                person: begun.person.clone(),
                label: label.to_owned(),
                state: Self::options(&passkey)?,
                version: 0,
                created: now.0,
                used: None,
                ended: None,
            }),
            audit(now, &begun.person, "register-passkey", &begun.person, label),
        ]);
        self.store
            .apply(&changes)
            .await
            .map_err(|error| match error {
                StoreError::Missing { .. } => SignInFault::Code.into(),
                error => shared(error),
            })?;
        Ok(begun.person)
    }

    /// The first step of a sign-in, for a person's id.
    ///
    /// # Errors
    /// [`AccessError::SignIn`] for a person of that id with a passkey that there is not; the store's.
    pub async fn passkey_sign_in(
        &self,
        person: &str,
        now: Seconds,
    ) -> Result<PasskeyStart, AccessError> {
        crate::people::named(person).map_err(|_| SignInFault::Person)?;
        let found = self.store.person(person).await?;
        found
            .filter(|person| person.ended.is_none())
            .ok_or(SignInFault::Person)?;
        let kept = self.living(person).await?;
        if kept.is_empty() {
            return Err(SignInFault::Person.into());
        }
        let (options, state) = self
            .passkeys
            .verifier
            .start_passkey_authentication(&states(&kept)?)
            .map_err(|error| refused(&error))?;
        let ceremony = secret(self.random.as_ref(), "")?;
        let options = Self::options(&options)?;
        let state = Authentication {
            person: person.to_owned(),
            state,
        };
        let key = hash(&ceremony);
        self.passkeys.authentications.begin(key, person, state, now);
        Ok(PasskeyStart {
            ceremony: ceremony.to_string(),
            options,
        })
    }

    /// The second step of a sign-in.
    ///
    /// # Errors
    /// [`AccessError::SignIn`]; a credential whose counter did not grow is ended; the store's.
    pub async fn passkey_signed_in(
        &self,
        ceremony: &str,
        response: &[u8],
        now: Seconds,
    ) -> Result<SignedIn, AccessError> {
        bounded(response, ceremony)?;
        let response: PublicKeyCredential =
            serde_json::from_slice(response).map_err(|error| unread(&error))?;
        let begun = self.passkeys.authentications.take(&hash(ceremony), now);
        let begun = begun.ok_or(SignInFault::Ceremony)?;
        let outcome = self
            .passkeys
            .verifier
            .finish_passkey_authentication(&response, &begun.state);
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(WebauthnError::CredentialPossibleCompromise) => {
                let credential: &[u8] = response.raw_id.as_ref();
                self.copied(&begun.person, credential, now).await?;
                return Err(SignInFault::Copied.into());
            }
            Err(error) => return Err(refused(&error)),
        };
        // What was kept when the ceremony began may have ended or grown since.
        let kept = self.store.passkey(outcome.cred_id()).await?;
        let kept = kept
            .filter(|kept| kept.person == begun.person && kept.ended.is_none())
            .ok_or(SignInFault::Person)?;
        self.account(&begun.person)
            .await
            .map_err(|error| match error {
                AccessError::Rule(_) => SignInFault::Person.into(),
                error => error,
            })?;
        let mut passkey: Passkey = serde_json::from_str(&kept.state)
            .map_err(|error| AccessError::Policy(format!("a passkey's state: {error}")))?;
        let changed = passkey.update_credential(&outcome) == Some(true);
        if outcome.counter() > 0 && !changed {
            self.copied(&begun.person, &kept.credential, now).await?;
            return Err(SignInFault::Copied.into());
        }
        let (signed_in, mut changes) = self.begin_session(&begun.person, "passkey", now).await?;
        changes.push(Change::UsePasskey {
            credential: kept.credential,
            version: kept.version,
            state: Self::options(&passkey)?,
            at: now.0,
        });
        self.store
            .apply(&changes)
            .await
            .map_err(|error| match error {
                StoreError::Stale { .. } | StoreError::Missing { .. } => {
                    SignInFault::Ceremony.into()
                }
                error => AccessError::from(error),
            })?;
        Ok(signed_in)
    }

    /// Ends a credential of which there may be a copy, and all its person's sessions.
    async fn copied(
        &self,
        person: &str,
        credential: &[u8],
        now: Seconds,
    ) -> Result<(), AccessError> {
        let changes = [
            Change::EndPasskey {
                credential: credential.to_vec(),
                at: now.0,
            },
            Change::EndSessions {
                person: person.to_owned(),
                at: now.0,
            },
            audit(now, "node", "end-copied-passkey", person, ""),
        ];
        Ok(self.store.apply(&changes).await?)
    }
}
