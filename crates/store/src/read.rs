//! The store's trait and all that is asked of it. In: keys. Out: rows as values. Never: a list without an end ([`ROWS_MAX`](crate::limits::ROWS_MAX)).

use crate::apply::{self, bytes, hash, int, name};
use crate::change::Change;
use crate::engine::{Engine, Row, Use, Value, Work, transaction};
use crate::error::StoreError;
use crate::limits::ROWS_MAX;
use crate::migrate;
use crate::model::{
    Audited, Case, Certificate, Clearance, Draft, Enrolment, Machine, Member, Outgoing, Passkey,
    Person, RoleGrant, Session, Standing, Subject, Token,
};
use crate::objects::Objects;
use crate::papers::Papers;
use async_trait::async_trait;

mod rows;

pub(crate) use rows::EVENTS;

/// What a node keeps beside the log. Every call is one transaction; lists come in the order of their key, at most [`ROWS_MAX`] rows, and go on `after` the last
/// key of the call before.
#[async_trait]
pub trait Store: Papers + Objects + Send + Sync {
    /// Makes all changes or none of them; when it answers they are durable.
    ///
    /// # Errors
    /// The first that failed; nothing has changed then.
    async fn apply(&self, changes: &[Change]) -> Result<(), StoreError>;
    /// Whether the database answers and has the schema of this program.
    ///
    /// # Errors
    /// What is wrong with it.
    async fn ready(&self) -> Result<(), StoreError>;
    /// Ends all connections; calls after it fail.
    async fn close(&self);

    /// All that decides what a person may do, read in one moment.
    async fn standing(&self, person: &str) -> Result<Option<Standing>, StoreError>;
    /// A person.
    async fn person(&self, id: &str) -> Result<Option<Person>, StoreError>;
    /// People, by id.
    async fn people(&self, after: &str) -> Result<Vec<Person>, StoreError>;
    /// Every role that a person has or had, newest last.
    async fn roles(&self, person: &str) -> Result<Vec<RoleGrant>, StoreError>;
    /// A role grant.
    async fn role(&self, grant: &str) -> Result<Option<RoleGrant>, StoreError>;
    /// Every clearance that a person has or had, newest last.
    async fn clearances(&self, person: &str) -> Result<Vec<Clearance>, StoreError>;
    /// A clearance.
    async fn clearance(&self, grant: &str) -> Result<Option<Clearance>, StoreError>;
    /// Clearances that wait for their second person, oldest first.
    async fn proposed_clearances(&self) -> Result<Vec<Clearance>, StoreError>;

    /// A case.
    async fn case(&self, id: &str) -> Result<Option<Case>, StoreError>;
    /// Cases, by id.
    async fn cases(&self, after: &str) -> Result<Vec<Case>, StoreError>;
    /// Who is or was in a case, in the order in which they came.
    async fn members(&self, case: &str) -> Result<Vec<Member>, StoreError>;

    /// A one-time code, by its hash.
    async fn enrolment(&self, code: &[u8; 32]) -> Result<Option<Enrolment>, StoreError>;
    /// A passkey, by its credential id.
    async fn passkey(&self, credential: &[u8]) -> Result<Option<Passkey>, StoreError>;
    /// Passkeys that a person has or had, oldest first.
    async fn passkeys(&self, person: &str) -> Result<Vec<Passkey>, StoreError>;
    /// Who a subject of an issuer is.
    async fn subject(&self, issuer: &str, subject: &str) -> Result<Option<Subject>, StoreError>;
    /// A person's subjects, by issuer.
    async fn subjects(&self, person: &str) -> Result<Vec<Subject>, StoreError>;
    /// A session, by the hash of its cookie.
    async fn session(&self, cookie: &[u8; 32]) -> Result<Option<Session>, StoreError>;
    /// A person's sessions that have not been ended, oldest first; some may have run out.
    async fn sessions(&self, person: &str) -> Result<Vec<Session>, StoreError>;

    /// A machine.
    async fn machine(&self, id: &str) -> Result<Option<Machine>, StoreError>;
    /// Machines, by id.
    async fn machines(&self, after: &str) -> Result<Vec<Machine>, StoreError>;
    /// A token, by its hash.
    async fn token(&self, hash: &[u8; 32]) -> Result<Option<Token>, StoreError>;
    /// Tokens that a machine has or had, oldest first.
    async fn tokens(&self, machine: &str) -> Result<Vec<Token>, StoreError>;
    /// A client certificate, by its fingerprint.
    async fn certificate(&self, fingerprint: &[u8; 32]) -> Result<Option<Certificate>, StoreError>;
    /// Client certificates that a machine has or had, oldest first.
    async fn certificates(&self, machine: &str) -> Result<Vec<Certificate>, StoreError>;

    /// A draft.
    async fn draft(&self, id: &str) -> Result<Option<Draft>, StoreError>;
    /// Drafts, by id.
    async fn drafts(&self, after: &str) -> Result<Vec<Draft>, StoreError>;
    /// A setting.
    async fn setting(&self, key: &str) -> Result<Option<String>, StoreError>;

    /// Entries that are not in the log, in the order in which they have to go there.
    async fn outgoing(&self) -> Result<Vec<Outgoing>, StoreError>;
    /// An entry for the log, wherever it is.
    async fn outgoing_entry(&self, id: &str) -> Result<Option<Outgoing>, StoreError>;
    /// Administrative acts, oldest first, after a sequence number.
    async fn audit(&self, after: u64) -> Result<Vec<Audited>, StoreError>;
}

/// All rows of a question.
pub(crate) async fn list<E: Engine, T: Send>(
    engine: &E,
    sql: &'static str,
    values: &[Value<'_>],
    read: fn(&mut Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    transaction!(engine, Use::Read, work, {
        let rows = work.rows(sql, values).await?;
        rows.into_iter().map(|mut row| read(&mut row)).collect()
    })
}

/// The one row of a question, or none.
pub(crate) async fn find<E: Engine, T: Send>(
    engine: &E,
    sql: &'static str,
    values: &[Value<'_>],
    read: fn(&mut Row) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    Ok(list(engine, sql, values, read).await?.pop())
}

/// The end of a list.
const END: Value<'static> = Value::Int(Some(ROWS_MAX as i64));

#[async_trait]
impl<E: Engine> Store for E {
    async fn apply(&self, changes: &[Change]) -> Result<(), StoreError> {
        transaction!(self, Use::Write, work, {
            apply::all(&mut work, changes).await
        })
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let found = transaction!(self, Use::Read, work, { migrate::version(&mut work).await })?;
        if found == migrate::SCHEMA_VERSION {
            return Ok(());
        }
        Err(StoreError::Newer {
            found,
            known: migrate::SCHEMA_VERSION,
        })
    }

    async fn close(&self) {
        self.end().await;
    }

    async fn standing(&self, person: &str) -> Result<Option<Standing>, StoreError> {
        let key = [name("person", person)?];
        transaction!(self, Use::Read, work, {
            rows::standing(&mut work, &key).await
        })
    }

    async fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        find(self, rows::PERSON, &[name("person", id)?], rows::person).await
    }

    async fn people(&self, after: &str) -> Result<Vec<Person>, StoreError> {
        list(
            self,
            rows::PEOPLE,
            &[name("person", after)?, END],
            rows::person,
        )
        .await
    }

    async fn roles(&self, person: &str) -> Result<Vec<RoleGrant>, StoreError> {
        list(
            self,
            rows::ROLES,
            &[name("person", person)?, END],
            rows::role,
        )
        .await
    }

    async fn role(&self, grant: &str) -> Result<Option<RoleGrant>, StoreError> {
        find(self, rows::ROLE, &[name("grant", grant)?], rows::role).await
    }

    async fn clearances(&self, person: &str) -> Result<Vec<Clearance>, StoreError> {
        let values = [name("person", person)?, END];
        list(self, rows::CLEARANCES, &values, rows::clearance).await
    }

    async fn clearance(&self, grant: &str) -> Result<Option<Clearance>, StoreError> {
        find(
            self,
            rows::CLEARANCE,
            &[name("grant", grant)?],
            rows::clearance,
        )
        .await
    }

    async fn proposed_clearances(&self) -> Result<Vec<Clearance>, StoreError> {
        list(self, rows::PROPOSED, &[END], rows::clearance).await
    }

    async fn case(&self, id: &str) -> Result<Option<Case>, StoreError> {
        find(self, rows::CASE, &[name("case", id)?], rows::case).await
    }

    async fn cases(&self, after: &str) -> Result<Vec<Case>, StoreError> {
        list(self, rows::CASES, &[name("case", after)?, END], rows::case).await
    }

    async fn members(&self, case: &str) -> Result<Vec<Member>, StoreError> {
        list(
            self,
            rows::MEMBERS,
            &[name("case", case)?, END],
            rows::member,
        )
        .await
    }

    async fn enrolment(&self, code: &[u8; 32]) -> Result<Option<Enrolment>, StoreError> {
        find(self, rows::ENROLMENT, &[hash(code)], rows::enrolment).await
    }

    async fn passkey(&self, credential: &[u8]) -> Result<Option<Passkey>, StoreError> {
        let values = [bytes("credential", credential)?];
        find(self, rows::PASSKEY, &values, rows::passkey).await
    }

    async fn passkeys(&self, person: &str) -> Result<Vec<Passkey>, StoreError> {
        let values = [name("person", person)?, END];
        list(self, rows::PASSKEYS, &values, rows::passkey).await
    }

    async fn subject(&self, issuer: &str, subject: &str) -> Result<Option<Subject>, StoreError> {
        let values = [name("issuer", issuer)?, name("subject", subject)?];
        find(self, rows::SUBJECT, &values, rows::subject).await
    }

    async fn subjects(&self, person: &str) -> Result<Vec<Subject>, StoreError> {
        let values = [name("person", person)?, END];
        list(self, rows::SUBJECTS, &values, rows::subject).await
    }

    async fn session(&self, cookie: &[u8; 32]) -> Result<Option<Session>, StoreError> {
        find(self, rows::SESSION, &[hash(cookie)], rows::session).await
    }

    async fn sessions(&self, person: &str) -> Result<Vec<Session>, StoreError> {
        let values = [name("person", person)?, END];
        list(self, rows::SESSIONS, &values, rows::session).await
    }

    async fn machine(&self, id: &str) -> Result<Option<Machine>, StoreError> {
        find(self, rows::MACHINE, &[name("machine", id)?], rows::machine).await
    }

    async fn machines(&self, after: &str) -> Result<Vec<Machine>, StoreError> {
        let values = [name("machine", after)?, END];
        list(self, rows::MACHINES, &values, rows::machine).await
    }

    async fn token(&self, token: &[u8; 32]) -> Result<Option<Token>, StoreError> {
        find(self, rows::TOKEN, &[hash(token)], rows::token).await
    }

    async fn tokens(&self, machine: &str) -> Result<Vec<Token>, StoreError> {
        let values = [name("machine", machine)?, END];
        list(self, rows::TOKENS, &values, rows::token).await
    }

    async fn certificate(&self, fingerprint: &[u8; 32]) -> Result<Option<Certificate>, StoreError> {
        find(
            self,
            rows::CERTIFICATE,
            &[hash(fingerprint)],
            rows::certificate,
        )
        .await
    }

    async fn certificates(&self, machine: &str) -> Result<Vec<Certificate>, StoreError> {
        let values = [name("machine", machine)?, END];
        list(self, rows::CERTIFICATES, &values, rows::certificate).await
    }

    async fn draft(&self, id: &str) -> Result<Option<Draft>, StoreError> {
        find(self, rows::DRAFT, &[name("draft", id)?], rows::draft).await
    }

    async fn drafts(&self, after: &str) -> Result<Vec<Draft>, StoreError> {
        list(
            self,
            rows::DRAFTS,
            &[name("draft", after)?, END],
            rows::draft,
        )
        .await
    }

    async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        find(self, rows::SETTING, &[name("setting", key)?], Row::text).await
    }

    async fn outgoing(&self) -> Result<Vec<Outgoing>, StoreError> {
        list(self, rows::OUTGOING, &[END], rows::outgoing).await
    }

    async fn outgoing_entry(&self, id: &str) -> Result<Option<Outgoing>, StoreError> {
        let values = [name("entry", id)?];
        find(self, rows::OUTGOING_ENTRY, &values, rows::outgoing).await
    }

    async fn audit(&self, after: u64) -> Result<Vec<Audited>, StoreError> {
        list(self, rows::AUDIT, &[int(after)?, END], rows::audited).await
    }
}
