//! Questions and how their rows are read, table by table. In: rows. Out: values. Never: a column read as another than the question names.

use crate::engine::{Row, Value, Work};
use crate::error::StoreError;
use crate::model::{
    Audited, Case, Certificate, Clearance, Draft, Enrolment, Machine, Member, Outgoing,
    OutgoingState, Passkey, Person, RoleGrant, Session, Standing, Subject, Token,
};

pub(super) const PERSON: &str =
    "SELECT id, name, organisation, created, ended FROM person WHERE id = $1";
pub(super) const PEOPLE: &str =
    "SELECT id, name, organisation, created, ended FROM person WHERE id > $1 ORDER BY id LIMIT $2";

pub(super) fn person(row: &mut Row) -> Result<Person, StoreError> {
    Ok(Person {
        id: row.text()?,
        name: row.text()?,
        organisation: row.text()?,
        created: row.number()?,
        ended: row.maybe_number()?,
    })
}

pub(super) const ROLE: &str =
    "SELECT id, person, role, given_by, granted, until, ended FROM role_grant WHERE id = $1";
pub(super) const ROLES: &str = "SELECT id, person, role, given_by, granted, until, ended FROM role_grant WHERE person = $1 ORDER BY granted, id LIMIT $2";
pub(super) const STANDING_ROLES: &str = "SELECT id, person, role, given_by, granted, until, ended FROM role_grant WHERE person = $1 AND ended IS NULL ORDER BY granted, id";

pub(super) fn role(row: &mut Row) -> Result<RoleGrant, StoreError> {
    Ok(RoleGrant {
        id: row.text()?,
        person: row.text()?,
        role: row.text()?,
        by: row.text()?,
        granted: row.number()?,
        until: row.number()?,
        ended: row.maybe_number()?,
    })
}

pub(super) const CLEARANCE: &str = "SELECT id, person, classes, first_by, first_at, second_by, second_at, until, ended FROM clearance WHERE id = $1";
pub(super) const CLEARANCES: &str = "SELECT id, person, classes, first_by, first_at, second_by, second_at, until, ended FROM clearance WHERE person = $1 ORDER BY first_at, id LIMIT $2";
pub(super) const STANDING_CLEARANCES: &str = "SELECT id, person, classes, first_by, first_at, second_by, second_at, until, ended FROM clearance WHERE person = $1 AND ended IS NULL ORDER BY first_at, id";
pub(super) const PROPOSED: &str = "SELECT id, person, classes, first_by, first_at, second_by, second_at, until, ended FROM clearance WHERE second_by IS NULL AND ended IS NULL ORDER BY first_at, id LIMIT $1";

pub(super) fn clearance(row: &mut Row) -> Result<Clearance, StoreError> {
    Ok(Clearance {
        id: row.text()?,
        person: row.text()?,
        classes: row.words()?,
        first_by: row.text()?,
        first_at: row.number()?,
        second_by: row.maybe_text()?,
        second_at: row.maybe_number()?,
        until: row.number()?,
        ended: row.maybe_number()?,
    })
}

pub(super) const CASE: &str =
    "SELECT id, title, opened, opened_by, closed FROM cases WHERE id = $1";
pub(super) const CASES: &str =
    "SELECT id, title, opened, opened_by, closed FROM cases WHERE id > $1 ORDER BY id LIMIT $2";

pub(super) fn case(row: &mut Row) -> Result<Case, StoreError> {
    Ok(Case {
        id: row.text()?,
        title: row.text()?,
        opened: row.number()?,
        opened_by: row.text()?,
        closed: row.maybe_number()?,
    })
}

pub(super) const MEMBERS: &str = "SELECT case_id, person, added_by, added, removed FROM case_member WHERE case_id = $1 ORDER BY added, person LIMIT $2";

pub(super) fn member(row: &mut Row) -> Result<Member, StoreError> {
    Ok(Member {
        case: row.text()?,
        person: row.text()?,
        by: row.text()?,
        added: row.number()?,
        removed: row.maybe_number()?,
    })
}

pub(super) const PASSKEY: &str = "SELECT credential, person, label, state, version, created, used, ended FROM passkey WHERE credential = $1";
pub(super) const PASSKEYS: &str = "SELECT credential, person, label, state, version, created, used, ended FROM passkey WHERE person = $1 ORDER BY created, credential LIMIT $2";

pub(super) fn passkey(row: &mut Row) -> Result<Passkey, StoreError> {
    Ok(Passkey {
        credential: row.blob()?,
        person: row.text()?,
        label: row.text()?,
        state: row.text()?,
        version: row.number()?,
        created: row.number()?,
        used: row.maybe_number()?,
        ended: row.maybe_number()?,
    })
}

pub(super) const ENROLMENT: &str =
    "SELECT hash, person, issued_by, created, expires, used FROM enrolment WHERE hash = $1";

pub(super) fn enrolment(row: &mut Row) -> Result<Enrolment, StoreError> {
    Ok(Enrolment {
        hash: row.hash()?,
        person: row.text()?,
        by: row.text()?,
        created: row.number()?,
        expires: row.number()?,
        used: row.maybe_number()?,
    })
}

pub(super) const SUBJECT: &str = "SELECT issuer, subject, person, bound_by, bound FROM subject WHERE issuer = $1 AND subject = $2";
pub(super) const SUBJECTS: &str = "SELECT issuer, subject, person, bound_by, bound FROM subject WHERE person = $1 ORDER BY issuer LIMIT $2";

pub(super) fn subject(row: &mut Row) -> Result<Subject, StoreError> {
    Ok(Subject {
        issuer: row.text()?,
        subject: row.text()?,
        person: row.text()?,
        by: row.text()?,
        bound: row.number()?,
    })
}

pub(super) const SESSION: &str = "SELECT hash, person, method, created, expires, idle_expires, ended FROM session WHERE hash = $1";
pub(super) const SESSIONS: &str = "SELECT hash, person, method, created, expires, idle_expires, ended FROM session WHERE person = $1 AND ended IS NULL ORDER BY created, hash LIMIT $2";

pub(super) fn session(row: &mut Row) -> Result<Session, StoreError> {
    Ok(Session {
        hash: row.hash()?,
        person: row.text()?,
        method: row.text()?,
        created: row.number()?,
        expires: row.number()?,
        idle_expires: row.number()?,
        ended: row.maybe_number()?,
    })
}

pub(super) const MACHINE: &str =
    "SELECT id, name, organisation, created, ended FROM machine WHERE id = $1";
pub(super) const MACHINES: &str =
    "SELECT id, name, organisation, created, ended FROM machine WHERE id > $1 ORDER BY id LIMIT $2";

pub(super) fn machine(row: &mut Row) -> Result<Machine, StoreError> {
    Ok(Machine {
        id: row.text()?,
        name: row.text()?,
        organisation: row.text()?,
        created: row.number()?,
        ended: row.maybe_number()?,
    })
}

pub(super) const TOKEN: &str = "SELECT id, hash, machine, scopes, issued_by, created, expires, ended FROM token WHERE hash = $1";
pub(super) const TOKENS: &str = "SELECT id, hash, machine, scopes, issued_by, created, expires, ended FROM token WHERE machine = $1 ORDER BY created, id LIMIT $2";

pub(super) fn token(row: &mut Row) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.text()?,
        hash: row.hash()?,
        machine: row.text()?,
        scopes: row.words()?,
        by: row.text()?,
        created: row.number()?,
        expires: row.number()?,
        ended: row.maybe_number()?,
    })
}

pub(super) const CERTIFICATE: &str = "SELECT fingerprint, machine, scopes, entered_by, created, expires, ended FROM certificate WHERE fingerprint = $1";
pub(super) const CERTIFICATES: &str = "SELECT fingerprint, machine, scopes, entered_by, created, expires, ended FROM certificate WHERE machine = $1 ORDER BY created, fingerprint LIMIT $2";

pub(super) fn certificate(row: &mut Row) -> Result<Certificate, StoreError> {
    Ok(Certificate {
        fingerprint: row.hash()?,
        machine: row.text()?,
        scopes: row.words()?,
        by: row.text()?,
        created: row.number()?,
        expires: row.number()?,
        ended: row.maybe_number()?,
    })
}

pub(super) const DRAFT: &str =
    "SELECT id, owner, version, json, changed_by, changed FROM draft WHERE id = $1";
pub(super) const DRAFTS: &str = "SELECT id, owner, version, json, changed_by, changed FROM draft WHERE id > $1 ORDER BY id LIMIT $2";

pub(super) fn draft(row: &mut Row) -> Result<Draft, StoreError> {
    Ok(Draft {
        id: row.text()?,
        owner: row.text()?,
        version: row.number()?,
        json: row.text()?,
        by: row.text()?,
        changed: row.number()?,
    })
}

pub(super) const AUDIT: &str = "SELECT sequence, at, done_by, act, object, detail FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2";

pub(super) fn audited(row: &mut Row) -> Result<Audited, StoreError> {
    Ok(Audited {
        sequence: row.number()?,
        at: row.number()?,
        by: row.text()?,
        act: row.text()?,
        object: row.text()?,
        detail: row.text()?,
    })
}

pub(super) const SETTING: &str = "SELECT value FROM setting WHERE key = $1";

pub(super) const OUTGOING: &str = "SELECT id, sequence, kind, body, created, envelope, stored, leaf, entered FROM outgoing WHERE entered IS NULL ORDER BY sequence LIMIT $1";
pub(super) const OUTGOING_ENTRY: &str = "SELECT id, sequence, kind, body, created, envelope, stored, leaf, entered FROM outgoing WHERE id = $1";

pub(super) fn outgoing(row: &mut Row) -> Result<Outgoing, StoreError> {
    let (id, sequence) = (row.text()?, row.number()?);
    let kind = u16::try_from(row.number()?).map_err(|_| StoreError::Row {
        what: "a type code above 65535",
    })?;
    let (body, created) = (row.blob()?, row.number()?);
    let made = (row.maybe_blob()?, row.maybe_blob()?);
    let entered = (row.maybe_number()?, row.maybe_number()?);
    let state = match (entered, made) {
        ((Some(index), Some(at)), _) => OutgoingState::Entered { index, at },
        (_, (Some(envelope), Some(stored))) => OutgoingState::Made { envelope, stored },
        _ => OutgoingState::Waiting,
    };
    Ok(Outgoing {
        id,
        sequence,
        kind,
        body,
        created,
        state,
    })
}

/// The open cases that a person is in.
const STANDING_CASES: &str = "SELECT cases.id FROM case_member JOIN cases ON cases.id = case_member.case_id \
    WHERE case_member.person = $1 AND case_member.removed IS NULL AND cases.closed IS NULL ORDER BY cases.id";

/// How often a role or clearance of a person was given, confirmed or taken.
pub(crate) const EVENTS: &str = "SELECT (SELECT COUNT(*) + COUNT(ended) FROM role_grant WHERE person = $1) \
    + (SELECT COUNT(*) + COUNT(second_by) + COUNT(ended) FROM clearance WHERE person = $1)";

/// All that decides what a person may do; the caller's transaction is of one moment. Not cut off at any number of rows: a grant that was not read would be a
/// role too few, never one too many, but nobody would know why.
pub(super) async fn standing(
    work: &mut impl Work,
    key: &[Value<'_>],
) -> Result<Option<Standing>, StoreError> {
    let Some(mut row) = work.rows(PERSON, key).await?.pop() else {
        return Ok(None);
    };
    let person = person(&mut row)?;
    let roles = work.rows(STANDING_ROLES, key).await?;
    let clearances = work.rows(STANDING_CLEARANCES, key).await?;
    let cases = work.rows(STANDING_CASES, key).await?;
    let mut events = work.rows(EVENTS, key).await?.into_iter();
    Ok(Some(Standing {
        person,
        roles: roles
            .into_iter()
            .map(|mut row| role(&mut row))
            .collect::<Result<_, _>>()?,
        clearances: clearances
            .into_iter()
            .map(|mut row| clearance(&mut row))
            .collect::<Result<_, _>>()?,
        cases: cases
            .into_iter()
            .map(|mut row| row.text())
            .collect::<Result<_, _>>()?,
        events: events.next().map_or(Ok(0), |mut row| row.number())?,
    }))
}
