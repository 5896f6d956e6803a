//! Changes of what people and machines sign in with. In: a change. Out: its statements. Never: a credential of two people, a code used twice.

use super::{bytes, called, hash, insert, int, long, maybe_int, name, numbered, one, words};
use crate::change::Change;
use crate::engine::{Value, Work};
use crate::error::StoreError;
use crate::model::{Certificate, Enrolment, Machine, Passkey, Session, Subject, Token};

/// Writes the change if it is of this kind.
pub(super) async fn write(work: &mut impl Work, change: &Change) -> Result<bool, StoreError> {
    match change {
        Change::AddEnrolment(enrolment) => add_enrolment(work, enrolment).await?,
        Change::UseEnrolment { hash: code, at } => {
            one(
                work,
                "UPDATE enrolment SET used = $1 WHERE hash = $2 AND used IS NULL AND expires > $1",
                &[int(*at)?, hash(code)],
                || "one-time code of that value".to_owned(),
            )
            .await?;
        }
        Change::AddPasskey(passkey) => add_passkey(work, passkey).await?,
        Change::UsePasskey {
            credential,
            version,
            state,
            at,
        } => use_passkey(work, credential, *version, state, *at).await?,
        Change::EndPasskey { credential, at } => {
            one(
                work,
                "UPDATE passkey SET ended = $1 WHERE credential = $2 AND ended IS NULL",
                &[int(*at)?, bytes("credential", credential)?],
                || numbered("passkey", credential),
            )
            .await?;
        }
        Change::BindSubject(subject) => bind(work, subject).await?,
        Change::UnbindSubject { issuer, subject } => {
            one(
                work,
                "DELETE FROM subject WHERE issuer = $1 AND subject = $2",
                &[name("issuer", issuer)?, name("subject", subject)?],
                || called("subject", subject),
            )
            .await?;
        }
        _ => return write_session_or_machine(work, change).await,
    }
    Ok(true)
}

async fn write_session_or_machine(
    work: &mut impl Work,
    change: &Change,
) -> Result<bool, StoreError> {
    match change {
        Change::AddSession(session) => add_session(work, session).await?,
        Change::TouchSession {
            hash: cookie,
            idle_expires,
        } => {
            work.run(
                "UPDATE session SET idle_expires = $1 WHERE hash = $2 AND ended IS NULL",
                &[int(*idle_expires)?, hash(cookie)],
            )
            .await?;
        }
        Change::EndSession { hash: cookie, at } => {
            work.run(
                "UPDATE session SET ended = $1 WHERE hash = $2 AND ended IS NULL",
                &[int(*at)?, hash(cookie)],
            )
            .await?;
        }
        Change::EndSessions { person, at } => {
            work.run(
                "UPDATE session SET ended = $1 WHERE person = $2 AND ended IS NULL",
                &[int(*at)?, name("person", person)?],
            )
            .await?;
        }
        Change::Sweep { before } => sweep(work, *before).await?,
        Change::AddMachine(machine) => add_machine(work, machine).await?,
        Change::EndMachine { machine, at } => end_machine(work, machine, *at).await?,
        Change::AddToken(token) => add_token(work, token).await?,
        Change::EndToken { token, at } => {
            one(
                work,
                "UPDATE token SET ended = $1 WHERE id = $2 AND ended IS NULL",
                &[int(*at)?, name("token", token)?],
                || called("token", token),
            )
            .await?;
        }
        Change::AddCertificate(certificate) => add_certificate(work, certificate).await?,
        Change::EndCertificate { fingerprint, at } => {
            one(
                work,
                "UPDATE certificate SET ended = $1 WHERE fingerprint = $2 AND ended IS NULL",
                &[int(*at)?, hash(fingerprint)],
                || numbered("certificate", fingerprint),
            )
            .await?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

async fn add_enrolment(work: &mut impl Work, enrolment: &Enrolment) -> Result<(), StoreError> {
    insert(
        work,
        "INSERT INTO enrolment (hash, person, issued_by, created, expires, used) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            hash(&enrolment.hash),
            name("person", &enrolment.person)?,
            name("by", &enrolment.by)?,
            int(enrolment.created)?,
            int(enrolment.expires)?,
            maybe_int(enrolment.used)?,
        ],
        || "that one-time code".to_owned(),
        || called("person", &enrolment.person),
    )
    .await
}

async fn add_passkey(work: &mut impl Work, passkey: &Passkey) -> Result<(), StoreError> {
    insert(
        work,
        "INSERT INTO passkey (credential, person, label, state, version, created, used, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            bytes("credential", &passkey.credential)?,
            name("person", &passkey.person)?,
            name("label", &passkey.label)?,
            long("passkey's state", &passkey.state)?,
            int(passkey.version)?,
            int(passkey.created)?,
            maybe_int(passkey.used)?,
            maybe_int(passkey.ended)?,
        ],
        || numbered("passkey", &passkey.credential),
        || called("person", &passkey.person),
    )
    .await
}

async fn use_passkey(
    work: &mut impl Work,
    credential: &[u8],
    version: u64,
    state: &str,
    at: u64,
) -> Result<(), StoreError> {
    let key = bytes("credential", credential)?;
    let changed = work
        .run(
            "UPDATE passkey SET state = $1, used = $2, version = version + 1 WHERE credential = $3 AND version = $4 AND ended IS NULL",
            &[long("passkey's state", state)?, int(at)?, key, int(version)?],
        )
        .await?;
    if changed == 1 {
        return Ok(());
    }
    let what = numbered("passkey", credential);
    let rows = work
        .rows(
            "SELECT version FROM passkey WHERE credential = $1 AND ended IS NULL",
            &[key],
        )
        .await?;
    match rows.into_iter().next() {
        None => Err(StoreError::Missing { what }),
        Some(mut row) => Err(StoreError::Stale {
            what,
            expected: version,
            found: row.number()?,
        }),
    }
}

async fn bind(work: &mut impl Work, subject: &Subject) -> Result<(), StoreError> {
    insert(
        work,
        "INSERT INTO subject (issuer, subject, person, bound_by, bound) VALUES ($1, $2, $3, $4, $5)",
        &[
            name("issuer", &subject.issuer)?,
            name("subject", &subject.subject)?,
            name("person", &subject.person)?,
            name("by", &subject.by)?,
            int(subject.bound)?,
        ],
        || called("subject or person at that issuer", &subject.subject),
        || called("person", &subject.person),
    )
    .await
}

async fn add_session(work: &mut impl Work, session: &Session) -> Result<(), StoreError> {
    insert(
        work,
        "INSERT INTO session (hash, person, method, created, expires, idle_expires, ended) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            hash(&session.hash),
            name("person", &session.person)?,
            name("method", &session.method)?,
            int(session.created)?,
            int(session.expires)?,
            int(session.idle_expires)?,
            maybe_int(session.ended)?,
        ],
        || "that session".to_owned(),
        || called("person", &session.person),
    )
    .await
}

async fn sweep(work: &mut impl Work, before: u64) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM session WHERE expires < $1 OR idle_expires < $1 OR ended < $1",
        "DELETE FROM enrolment WHERE expires < $1 OR used < $1",
    ] {
        work.run(statement, &[int(before)?]).await?;
    }
    Ok(())
}

async fn add_machine(work: &mut impl Work, machine: &Machine) -> Result<(), StoreError> {
    insert(
        work,
        "INSERT INTO machine (id, name, organisation, created, ended) VALUES ($1, $2, $3, $4, $5)",
        &[
            name("machine's id", &machine.id)?,
            name("machine's name", &machine.name)?,
            name("organisation", &machine.organisation)?,
            int(machine.created)?,
            maybe_int(machine.ended)?,
        ],
        || called("machine", &machine.id),
        String::new,
    )
    .await
}

async fn end_machine(work: &mut impl Work, machine: &str, at: u64) -> Result<(), StoreError> {
    let values = [int(at)?, name("machine", machine)?];
    one(
        work,
        "UPDATE machine SET ended = $1 WHERE id = $2 AND ended IS NULL",
        &values,
        || called("machine", machine),
    )
    .await?;
    for statement in [
        "UPDATE token SET ended = $1 WHERE machine = $2 AND ended IS NULL",
        "UPDATE certificate SET ended = $1 WHERE machine = $2 AND ended IS NULL",
    ] {
        work.run(statement, &values).await?;
    }
    Ok(())
}

async fn add_token(work: &mut impl Work, token: &Token) -> Result<(), StoreError> {
    let scopes = words("scopes", &token.scopes)?;
    insert(
        work,
        "INSERT INTO token (id, hash, machine, scopes, issued_by, created, expires, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            name("token's id", &token.id)?,
            hash(&token.hash),
            name("machine", &token.machine)?,
            Value::Text(Some(&scopes)),
            name("by", &token.by)?,
            int(token.created)?,
            int(token.expires)?,
            maybe_int(token.ended)?,
        ],
        || called("token", &token.id),
        || called("machine", &token.machine),
    )
    .await
}

async fn add_certificate(work: &mut impl Work, entered: &Certificate) -> Result<(), StoreError> {
    let scopes = words("scopes", &entered.scopes)?;
    insert(
        work,
        "INSERT INTO certificate (fingerprint, machine, scopes, entered_by, created, expires, ended) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            hash(&entered.fingerprint),
            name("machine", &entered.machine)?,
            Value::Text(Some(&scopes)),
            name("by", &entered.by)?,
            int(entered.created)?,
            int(entered.expires)?,
            maybe_int(entered.ended)?,
        ],
        || numbered("certificate", &entered.fingerprint),
        || called("machine", &entered.machine),
    )
    .await
}
