//! Cases: what data are looked at for. In: a supervisor's or inspector's act. Out: changes with audit line. Never: somebody who lets himself in.

use crate::may::{Object, Principal};
use crate::people::{named, titled};
use crate::record::audit;
use crate::{Access, AccessError, Act};
use sakimori_custody::time::Seconds;
use sakimori_store::{Case, Change, Member};

impl Access {
    /// Opens a case.
    ///
    /// # Errors
    /// [`AccessError::Refused`], [`Rule::Name`](crate::Rule::Name), or the store's where there is or was one of that id.
    pub async fn open_case(
        &self,
        by: &Principal,
        case: &str,
        title: &str,
        now: Seconds,
    ) -> Result<(), AccessError> {
        self.require(by, Act::ManageCases, &Object::any(), now)
            .await?;
        named(case)?;
        titled(title)?;
        let changes = [
            Change::OpenCase(Case {
                id: case.to_owned(),
                title: title.to_owned(),
                opened: now.0,
                opened_by: by.id().to_owned(),
                closed: None,
            }),
            audit(now, by.id(), "open-case", case, title),
        ];
        Ok(self.store.apply(&changes).await?)
    }

    /// Closes a case: nobody sees data for it any more.
    ///
    /// # Errors
    /// [`AccessError::Refused`], or the store's where it is not open.
    pub async fn close_case(
        &self,
        by: &Principal,
        case: &str,
        now: Seconds,
    ) -> Result<(), AccessError> {
        self.require(by, Act::ManageCases, &Object::any(), now)
            .await?;
        let changes = [
            Change::CloseCase {
                case: case.to_owned(),
                at: now.0,
            },
            audit(now, by.id(), "close-case", case, ""),
        ];
        Ok(self.store.apply(&changes).await?)
    }

    /// Lets a person into a case.
    ///
    /// # Errors
    /// [`AccessError::Refused`], [`Rule::NoAccount`](crate::Rule::NoAccount), or the store's where the person is in it or there is no such case.
    pub async fn add_member(
        &self,
        by: &Principal,
        case: &str,
        person: &str,
        now: Seconds,
    ) -> Result<(), AccessError> {
        let object = Object::of(person);
        self.require(by, Act::ManageCases, &object, now).await?;
        self.account(person).await?;
        let changes = [
            Change::AddMember(Member {
                case: case.to_owned(),
                person: person.to_owned(),
                by: by.id().to_owned(),
                added: now.0,
                removed: None,
            }),
            audit(now, by.id(), "add-member", case, person),
        ];
        Ok(self.store.apply(&changes).await?)
    }

    /// Takes a person out of a case.
    ///
    /// # Errors
    /// [`AccessError::Refused`], or the store's where the person is not in it.
    pub async fn remove_member(
        &self,
        by: &Principal,
        case: &str,
        person: &str,
        now: Seconds,
    ) -> Result<(), AccessError> {
        // Whoever may let others in may leave.
        self.require(by, Act::ManageCases, &Object::any(), now)
            .await?;
        let changes = [
            Change::RemoveMember {
                case: case.to_owned(),
                person: person.to_owned(),
                at: now.0,
            },
            audit(now, by.id(), "remove-member", case, person),
        ];
        Ok(self.store.apply(&changes).await?)
    }
}
