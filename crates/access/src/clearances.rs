//! Clearances: which classes of information a person may see. In: the acts of two others. Out: changes with audit line and log entry. Never: a clearance by one
//! person, or by its subject.

use crate::limits::GRANT_SECONDS_MAX;
use crate::may::{Object, Principal};
use crate::people::{ends, guard, stale};
use crate::record::{AccessEntry, audit, ending};
use crate::secrets::id;
use crate::{Access, AccessError, Act, Class, Rule};
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Clearance, StoreError};
use std::collections::BTreeSet;

/// A clearance to be proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClearance {
    /// Whose.
    pub person: String,
    /// For what.
    pub classes: BTreeSet<Class>,
    /// The second from which it is no more.
    pub until: Seconds,
}

impl Access {
    /// Proposes a clearance, which counts for nothing until another confirms it; answers its id.
    ///
    /// # Errors
    /// [`AccessError::Refused`], [`Rule::Class`], [`Rule::Until`], [`Rule::NoAccount`], or the store's.
    pub async fn propose_clearance(
        &self,
        by: &Principal,
        new: &NewClearance,
        now: Seconds,
    ) -> Result<String, AccessError> {
        let object = Object::of(&new.person);
        self.require(by, Act::GrantClearance, &object, now).await?;
        self.account(&new.person).await?;
        ends(new.until, now, GRANT_SECONDS_MAX)?;
        if new.classes.is_empty() {
            return Err(Rule::Class("no class is named".to_owned()).into());
        }
        if let Some(class) = new.classes.iter().find(|class| !class.is_for_people()) {
            return Err(Rule::Class(class.to_string()).into());
        }
        let grant = id(self.random.as_ref())?;
        let classes: Vec<String> = new.classes.iter().map(ToString::to_string).collect();
        let detail = classes.join(" ");
        let changes = [
            Change::AddClearance(Clearance {
                id: grant.clone(),
                person: new.person.clone(),
                classes,
                first_by: by.id().to_owned(),
                first_at: now.0,
                second_by: None,
                second_at: None,
                until: new.until.0,
                ended: None,
            }),
            audit(now, by.id(), "propose-clearance", &new.person, detail),
        ];
        self.store.apply(&changes).await?;
        Ok(grant)
    }

    /// Confirms a clearance that another proposed; it counts from now on.
    ///
    /// # Errors
    /// [`AccessError::Refused`], [`Rule::TwoPersons`] for who proposed it and where somebody confirmed it, [`Rule::Until`] where it has run out, or the store's.
    pub async fn confirm_clearance(
        &self,
        by: &Principal,
        grant: &str,
        now: Seconds,
    ) -> Result<(), AccessError> {
        let found = self.store.clearance(grant).await?;
        let subject = found.as_ref().map_or("", |found| found.person.as_str());
        let object = Object::of(subject);
        self.require(by, Act::GrantClearance, &object, now).await?;
        let Some(found) = found.filter(|found| found.ended.is_none()) else {
            return Err(Rule::NoAccount.into());
        };
        if found.first_by == by.id() || found.second_by.is_some() {
            return Err(Rule::TwoPersons.into());
        }
        // Who proposed it must still be somebody who may: a clearance is the word of two.
        let first = Principal::Person {
            id: found.first_by.clone(),
        };
        self.require(&first, Act::GrantClearance, &object, now)
            .await?;
        ends(Seconds(found.until), now, GRANT_SECONDS_MAX)?;
        let entry = AccessEntry {
            person: &found.person,
            act: "granted",
            roles: Vec::new(),
            clearance: found.classes.iter().map(String::as_str).collect(),
            until: Seconds(found.until).to_string(),
            by: vec![&found.first_by, by.id()],
        };
        let changes = [
            Change::ConfirmClearance {
                grant: grant.to_owned(),
                by: by.id().to_owned(),
                at: now.0,
            },
            audit(
                now,
                by.id(),
                "confirm-clearance",
                &found.person,
                found.classes.join(" "),
            ),
            entry.outgoing(self.random.as_ref(), now)?,
        ];
        self.store
            .apply(&changes)
            .await
            .map_err(|error| match error {
                StoreError::Missing { .. } => Rule::TwoPersons.into(),
                error => AccessError::from(error),
            })
    }

    /// Takes a clearance, or drops its proposal; one person is enough to take.
    ///
    /// # Errors
    /// [`AccessError::Refused`], or the store's where there is none.
    pub async fn end_clearance(
        &self,
        by: &Principal,
        grant: &str,
        now: Seconds,
    ) -> Result<(), AccessError> {
        let found = self.store.clearance(grant).await?;
        let subject = found.as_ref().map_or("", |found| found.person.as_str());
        let object = Object::of(subject);
        self.require(by, Act::GrantClearance, &object, now).await?;
        let Some(found) = found.filter(|found| found.ended.is_none()) else {
            return Err(Rule::NoAccount.into());
        };
        let standing = self.standing(&found.person).await?;
        let mut changes = vec![
            guard(&standing),
            Change::EndClearance {
                grant: grant.to_owned(),
                at: now.0,
            },
            audit(
                now,
                by.id(),
                "end-clearance",
                &found.person,
                found.classes.join(" "),
            ),
        ];
        // The log knows nothing of a proposal.
        let source = (by.id(), self.random.as_ref());
        changes.extend(ending(&standing, |id| id == grant, source, now)?);
        self.store.apply(&changes).await.map_err(stale)
    }
}
