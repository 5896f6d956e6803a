//! People and their roles. In: an administrator's act. Out: changes with audit line and log entry. Never: a role that another excludes, two people of one account.

use crate::limits::{GRANT_SECONDS_MAX, TITLE_CHARS_MAX};
use crate::may::{Object, Principal, holds};
use crate::record::{AccessEntry, audit, ending};
use crate::secrets::{code, code_hash, id};
use crate::{Access, AccessError, Act, Ministry, Role, Rule};
use sakimori_custody::ids::Name;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_store::{Change, Enrolment, Person, RoleGrant, Standing, StoreError};
use zeroize::Zeroizing;

/// A person to be entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// The id, as in the trust root and the log.
    pub id: String,
    /// The name that pages show.
    pub name: String,
    /// The organisation.
    pub organisation: String,
}

/// A role to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRole {
    /// Whose.
    pub person: String,
    /// Which.
    pub role: Role,
    /// The second from which it is no more.
    pub until: Seconds,
}

/// An id of the form that the log knows.
pub(crate) fn named(text: &str) -> Result<(), Rule> {
    text.parse::<Name>()
        .map(drop)
        .map_err(|error| Rule::Name(error.to_string()))
}

/// A name or title for pages.
pub(crate) fn titled(text: &str) -> Result<(), Rule> {
    let good = !text.trim().is_empty()
        && text.chars().count() <= TITLE_CHARS_MAX
        && !text.contains(char::is_control);
    if good {
        return Ok(());
    }
    Err(Rule::Name(format!(
        "a name or title has 1 to {TITLE_CHARS_MAX} characters and no control characters"
    )))
}

/// An end that lies ahead, at most `seconds_max` away.
pub(crate) fn ends(until: Seconds, now: Seconds, seconds_max: u64) -> Result<(), Rule> {
    if until > now && until.0 - now.0 <= seconds_max {
        return Ok(());
    }
    Err(Rule::Until {
        days_max: seconds_max / DAY_SECONDS,
    })
}

/// Whose names an officer of a ministry sees follows from the account's organisation, which is never changed: it has to be a ministry.
fn of_a_ministry(organisation: &str, role: Role) -> Result<(), Rule> {
    if role == Role::MinistryOfficer && organisation.parse::<Ministry>().is_err() {
        return Err(Rule::Ministry {
            organisation: organisation.to_owned(),
        });
    }
    Ok(())
}

/// Fails the changes after it where roles or clearances of the person changed since they were read.
pub(crate) fn guard(standing: &Standing) -> Change {
    Change::ExpectGrants {
        person: standing.person.id.clone(),
        events: standing.events,
    }
}

/// What the store says of a guard that did not hold: another came between.
pub(crate) fn stale(error: StoreError) -> AccessError {
    match error {
        StoreError::Stale { .. } => Rule::Stale.into(),
        error => error.into(),
    }
}

impl Access {
    /// Enters the first administrator of a node and issues the one-time code; only where there is nobody yet.
    ///
    /// # Errors
    /// [`Rule::NotEmpty`] afterwards, [`Rule::Name`], or the store's.
    pub async fn first_administrator(
        &self,
        person: &NewPerson,
        until: Seconds,
        now: Seconds,
    ) -> Result<Zeroizing<String>, AccessError> {
        if !self.store.people("").await?.is_empty() {
            return Err(Rule::NotEmpty.into());
        }
        let role = NewRole {
            person: person.id.clone(),
            role: Role::Administrator,
            until,
        };
        let (code, enrolment) = self.new_code(&person.id, "node", now)?;
        let mut changes = vec![Change::ExpectNobody];
        changes.extend(Self::entering(person, "node", now)?);
        changes.extend(self.granting(&role, "node", now)?);
        changes.push(Change::AddEnrolment(enrolment));
        self.store
            .apply(&changes)
            .await
            .map_err(|error| match error {
                StoreError::Stale { .. } => Rule::NotEmpty.into(),
                error => AccessError::from(error),
            })?;
        Ok(code)
    }

    fn entering(person: &NewPerson, by: &str, now: Seconds) -> Result<[Change; 2], AccessError> {
        named(&person.id)?;
        titled(&person.name)?;
        titled(&person.organisation)?;
        Ok([
            Change::AddPerson(Person {
                id: person.id.clone(),
                name: person.name.clone(),
                organisation: person.organisation.clone(),
                created: now.0,
                ended: None,
            }),
            audit(now, by, "add-person", &person.id, &*person.name),
        ])
    }

    fn granting(&self, new: &NewRole, by: &str, now: Seconds) -> Result<[Change; 3], AccessError> {
        ends(new.until, now, GRANT_SECONDS_MAX)?;
        if !new.role.is_of(self.side) {
            return Err(Rule::Side {
                side: self.side.to_string(),
                role: new.role.to_string(),
            }
            .into());
        }
        let entry = AccessEntry {
            person: &new.person,
            act: "granted",
            roles: vec![new.role.word()],
            clearance: Vec::new(),
            until: new.until.to_string(),
            by: vec![by],
        };
        Ok([
            Change::GrantRole(RoleGrant {
                id: id(self.random.as_ref())?,
                person: new.person.clone(),
                role: new.role.word().to_owned(),
                by: by.to_owned(),
                granted: now.0,
                until: new.until.0,
                ended: None,
            }),
            audit(now, by, "grant-role", &new.person, new.role.word()),
            entry.outgoing(self.random.as_ref(), now)?,
        ])
    }

    fn new_code(
        &self,
        person: &str,
        by: &str,
        now: Seconds,
    ) -> Result<(Zeroizing<String>, Enrolment), AccessError> {
        let code = code(self.random.as_ref())?;
        let enrolment = Enrolment {
            hash: code_hash(&code),
            person: person.to_owned(),
            by: by.to_owned(),
            created: now.0,
            expires: now.plus(crate::limits::ENROLMENT_SECONDS).0,
            used: None,
        };
        Ok((code, enrolment))
    }

    /// All that a person has whose account has not ended.
    pub(crate) async fn standing(&self, person: &str) -> Result<Standing, AccessError> {
        self.store
            .standing(person)
            .await?
            .filter(|standing| standing.person.ended.is_none())
            .ok_or_else(|| Rule::NoAccount.into())
    }

    /// A person whose account has not ended.
    pub(crate) async fn account(&self, person: &str) -> Result<Person, AccessError> {
        self.store
            .person(person)
            .await?
            .filter(|person| person.ended.is_none())
            .ok_or_else(|| Rule::NoAccount.into())
    }

    /// Enters a person, who has no role and no way to sign in yet.
    ///
    /// # Errors
    /// [`AccessError::Refused`], [`Rule::Name`], or the store's where the id is or was somebody's.
    pub async fn add_person(
        &self,
        by: &Principal,
        person: &NewPerson,
        now: Seconds,
    ) -> Result<(), AccessError> {
        let object = Object::of(&person.id);
        self.require(by, Act::ManagePeople, &object, now).await?;
        let changes = Self::entering(person, by.id(), now)?;
        Ok(self.store.apply(&changes).await?)
    }

    /// Ends an account: roles, clearances, cases, passkeys and sessions end with it, at once.
    ///
    /// # Errors
    /// [`AccessError::Refused`], or the store's where there is no such account.
    pub async fn end_person(
        &self,
        by: &Principal,
        person: &str,
        now: Seconds,
    ) -> Result<(), AccessError> {
        let object = Object::of(person);
        self.require(by, Act::ManagePeople, &object, now).await?;
        let standing = self.standing(person).await?;
        let mut changes = vec![
            guard(&standing),
            Change::EndPerson {
                person: person.to_owned(),
                at: now.0,
            },
            audit(now, by.id(), "end-person", person, ""),
        ];
        let source = (by.id(), self.random.as_ref());
        changes.extend(ending(&standing, |_| true, source, now)?);
        self.store.apply(&changes).await.map_err(stale)
    }

    /// Gives a role; answers the grant's id.
    ///
    /// # Errors
    /// [`AccessError::Refused`], one of the [`Rule`]s, or the store's.
    pub async fn grant_role(
        &self,
        by: &Principal,
        new: &NewRole,
        now: Seconds,
    ) -> Result<String, AccessError> {
        let object = Object::of(&new.person);
        self.require(by, Act::ManagePeople, &object, now).await?;
        let standing = self.standing(&new.person).await?;
        of_a_ministry(&standing.person.organisation, new.role)?;
        let granting = self.granting(new, by.id(), now)?;
        // A grant that begins later than now counts too: the two would meet.
        let living = |grant: &&RoleGrant| now.0 < grant.until;
        for held in standing.roles.iter().filter(living) {
            let role: Option<Role> = held.role.parse().ok();
            if role == Some(new.role) {
                return Err(Rule::Held.into());
            }
            if role.is_none_or(|role| role.excludes(new.role)) {
                return Err(Rule::Excluded {
                    held: held.role.clone(),
                    wanted: new.role.to_string(),
                }
                .into());
            }
        }
        let [Change::GrantRole(grant), ..] = &granting else {
            return Err(Rule::Stale.into());
        };
        let grant = grant.id.clone();
        // Of two roles that exclude each other and are given at the same moment, the second one finds that another came between.
        let changes: Vec<Change> = std::iter::once(guard(&standing)).chain(granting).collect();
        self.store.apply(&changes).await.map_err(stale)?;
        Ok(grant)
    }

    /// Takes a role; the person's sessions end with it.
    ///
    /// # Errors
    /// [`AccessError::Refused`], or the store's where there is no such grant.
    pub async fn end_role(
        &self,
        by: &Principal,
        grant: &str,
        now: Seconds,
    ) -> Result<(), AccessError> {
        let held = self.store.role(grant).await?;
        let subject = held.as_ref().map_or("", |held| held.person.as_str());
        let object = Object::of(subject);
        self.require(by, Act::ManagePeople, &object, now).await?;
        let Some(held) = held.filter(|held| holds(held, now)) else {
            return Err(Rule::NoAccount.into());
        };
        let standing = self.standing(&held.person).await?;
        let mut changes = vec![
            guard(&standing),
            Change::EndRole {
                grant: grant.to_owned(),
                at: now.0,
            },
            Change::EndSessions {
                person: held.person.clone(),
                at: now.0,
            },
            audit(now, by.id(), "end-role", &held.person, &*held.role),
        ];
        let source = (by.id(), self.random.as_ref());
        changes.extend(ending(&standing, |id| id == grant, source, now)?);
        self.store.apply(&changes).await.map_err(stale)
    }

    /// Issues a one-time code with which the person registers a passkey; it is shown once. Who has a passkey may issue one for the own account; an administrator's
    /// code, where the person could sign in before, ends the person's clearances when it is used: nobody takes over an account with what it may see.
    ///
    /// # Errors
    /// [`AccessError::Refused`], [`Rule::NoAccount`], or the store's.
    pub async fn issue_code(
        &self,
        by: &Principal,
        person: &str,
        now: Seconds,
    ) -> Result<Zeroizing<String>, AccessError> {
        let own = matches!(by, Principal::Person { id } if id == person);
        if !own || self.living(person).await?.is_empty() {
            let object = Object::of(person);
            self.require(by, Act::ManagePeople, &object, now).await?;
        }
        self.account(person).await?;
        let (code, enrolment) = self.new_code(person, by.id(), now)?;
        let changes = [
            Change::AddEnrolment(enrolment),
            audit(now, by.id(), "issue-code", person, ""),
        ];
        self.store.apply(&changes).await?;
        Ok(code)
    }

    /// Ends a passkey, of oneself or, as an administrator, of another.
    ///
    /// # Errors
    /// [`AccessError::Refused`], or the store's where there is no such passkey.
    pub async fn end_passkey(
        &self,
        by: &Principal,
        credential: &[u8],
        now: Seconds,
    ) -> Result<(), AccessError> {
        let passkey = self.store.passkey(credential).await?;
        let owner = passkey.map(|passkey| passkey.person).unwrap_or_default();
        let own = matches!(by, Principal::Person { id } if *id == owner);
        if !own {
            let object = Object::of(&owner);
            self.require(by, Act::ManagePeople, &object, now).await?;
        }
        let changes = [
            Change::EndPasskey {
                credential: credential.to_vec(),
                at: now.0,
            },
            Change::EndSessions {
                person: owner.clone(),
                at: now.0,
            },
            audit(now, by.id(), "end-passkey", &owner, ""),
        ];
        Ok(self.store.apply(&changes).await?)
    }

    /// Binds a subject of an `OpenID` provider to a person, who can sign in with it from now on.
    ///
    /// # Errors
    /// [`AccessError::Refused`], [`Rule::NoAccount`], [`Rule::Shared`] where either is bound at that issuer, or the store's.
    pub async fn bind_subject(
        &self,
        by: &Principal,
        person: &str,
        (issuer, subject): (&str, &str),
        now: Seconds,
    ) -> Result<(), AccessError> {
        let object = Object::of(person);
        self.require(by, Act::ManagePeople, &object, now).await?;
        let mut changes = self.taking_over(person, by.id(), now).await?;
        changes.extend([
            Change::BindSubject(sakimori_store::Subject {
                issuer: issuer.to_owned(),
                subject: subject.to_owned(),
                person: person.to_owned(),
                by: by.id().to_owned(),
                bound: now.0,
            }),
            audit(now, by.id(), "bind-subject", person, subject),
        ]);
        self.store.apply(&changes).await.map_err(shared)
    }

    /// What has to end where somebody else gives a person a new way to sign in: nothing where it is the first one, else all clearances and sessions, which two
    /// others may give anew once they know who it is.
    pub(crate) async fn taking_over(
        &self,
        person: &str,
        by: &str,
        now: Seconds,
    ) -> Result<Vec<Change>, AccessError> {
        let standing = self.standing(person).await?;
        let first = self.store.passkeys(person).await?.is_empty()
            && self.store.subjects(person).await?.is_empty();
        if first || by == person {
            return Ok(Vec::new());
        }
        let held: Vec<&str> = standing
            .clearances
            .iter()
            .map(|clearance| clearance.id.as_str())
            .collect();
        let mut changes = vec![
            guard(&standing),
            Change::EndSessions {
                person: person.to_owned(),
                at: now.0,
            },
            audit(now, by, "renew-sign-in", person, held.join(" ")),
        ];
        changes.extend(held.iter().map(|grant| Change::EndClearance {
            grant: (*grant).to_owned(),
            at: now.0,
        }));
        let source = (by, self.random.as_ref());
        changes.extend(ending(&standing, |id| held.contains(&id), source, now)?);
        Ok(changes)
    }

    /// Unbinds a subject; the person's sessions end.
    ///
    /// # Errors
    /// [`AccessError::Refused`], or the store's where it is not bound.
    pub async fn unbind_subject(
        &self,
        by: &Principal,
        (issuer, subject): (&str, &str),
        now: Seconds,
    ) -> Result<(), AccessError> {
        let bound = self.store.subject(issuer, subject).await?;
        let person = bound.map(|bound| bound.person).unwrap_or_default();
        let object = Object::of(&person);
        self.require(by, Act::ManagePeople, &object, now).await?;
        let changes = [
            Change::UnbindSubject {
                issuer: issuer.to_owned(),
                subject: subject.to_owned(),
            },
            Change::EndSessions {
                person: person.clone(),
                at: now.0,
            },
            audit(now, by.id(), "unbind-subject", &person, subject),
        ];
        Ok(self.store.apply(&changes).await?)
    }
}

/// What the store says of a credential that somebody has or had.
pub(crate) fn shared(error: StoreError) -> AccessError {
    match error {
        StoreError::Exists { .. } => Rule::Shared.into(),
        error => error.into(),
    }
}
