//! Changes of people, roles, clearances and cases. In: a change. Out: its statements. Never: a row that is taken away.

use super::{called, insert, int, maybe_int, name, one, words};
use crate::change::Change;
use crate::engine::{Value, Work};
use crate::error::StoreError;
use crate::model::{Case, Clearance, Member, Person, RoleGrant};

/// Writes the change if it is of this kind.
pub(super) async fn write(work: &mut impl Work, change: &Change) -> Result<bool, StoreError> {
    match change {
        Change::ExpectNobody => {
            expect(
                work,
                ("SELECT COUNT(*) FROM person", &[]),
                (0, || "the list of people".to_owned()),
            )
            .await?;
        }
        Change::ExpectGrants { person, events } => {
            let key = [name("person", person)?];
            expect(
                work,
                (crate::read::EVENTS, &key),
                (*events, || called("what was given to person", person)),
            )
            .await?;
        }
        Change::AddPerson(person) => add_person(work, person).await?,
        Change::EndPerson { person, at } => end_person(work, person, *at).await?,
        Change::GrantRole(grant) => grant_role(work, grant).await?,
        Change::EndRole { grant, at } => {
            one(
                work,
                "UPDATE role_grant SET ended = $1 WHERE id = $2 AND ended IS NULL",
                &[int(*at)?, name("grant", grant)?],
                || called("role grant", grant),
            )
            .await?;
        }
        Change::AddClearance(clearance) => add_clearance(work, clearance).await?,
        Change::ConfirmClearance { grant, by, at } => {
            one(
                work,
                "UPDATE clearance SET second_by = $1, second_at = $2 WHERE id = $3 AND second_by IS NULL AND ended IS NULL \
                 AND person <> $1 AND first_by <> $1",
                &[name("by", by)?, int(*at)?, name("grant", grant)?],
                || called("clearance that this person can confirm", grant),
            )
            .await?;
        }
        Change::EndClearance { grant, at } => {
            one(
                work,
                "UPDATE clearance SET ended = $1 WHERE id = $2 AND ended IS NULL",
                &[int(*at)?, name("grant", grant)?],
                || called("clearance", grant),
            )
            .await?;
        }
        _ => return write_case(work, change).await,
    }
    Ok(true)
}

async fn write_case(work: &mut impl Work, change: &Change) -> Result<bool, StoreError> {
    match change {
        Change::OpenCase(case) => open_case(work, case).await?,
        Change::CloseCase { case, at } => {
            one(
                work,
                "UPDATE cases SET closed = $1 WHERE id = $2 AND closed IS NULL",
                &[int(*at)?, name("case", case)?],
                || called("case", case),
            )
            .await?;
        }
        Change::AddMember(member) => add_member(work, member).await?,
        Change::RemoveMember { case, person, at } => {
            one(
                work,
                "UPDATE case_member SET removed = $1 WHERE case_id = $2 AND person = $3 AND removed IS NULL",
                &[int(*at)?, name("case", case)?, name("person", person)?],
                || called("member of the case", person),
            )
            .await?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Fails where a number is another than the one that was read.
async fn expect(
    work: &mut impl Work,
    (sql, values): (&'static str, &[Value<'_>]),
    (expected, what): (u64, impl Fn() -> String),
) -> Result<(), StoreError> {
    let mut rows = work.rows(sql, values).await?.into_iter();
    let found = rows.next().map_or(Ok(0), |mut row| row.number())?;
    if found == expected {
        return Ok(());
    }
    Err(StoreError::Stale {
        what: what(),
        expected,
        found,
    })
}

async fn add_person(work: &mut impl Work, person: &Person) -> Result<(), StoreError> {
    insert(
        work,
        "INSERT INTO person (id, name, organisation, created, ended) VALUES ($1, $2, $3, $4, $5)",
        &[
            name("person's id", &person.id)?,
            name("person's name", &person.name)?,
            name("organisation", &person.organisation)?,
            int(person.created)?,
            maybe_int(person.ended)?,
        ],
        || called("person", &person.id),
        String::new,
    )
    .await
}

async fn end_person(work: &mut impl Work, person: &str, at: u64) -> Result<(), StoreError> {
    let values = [int(at)?, name("person", person)?];
    one(
        work,
        "UPDATE person SET ended = $1 WHERE id = $2 AND ended IS NULL",
        &values,
        || called("person", person),
    )
    .await?;
    for statement in [
        "UPDATE role_grant SET ended = $1 WHERE person = $2 AND ended IS NULL",
        "UPDATE clearance SET ended = $1 WHERE person = $2 AND ended IS NULL",
        "UPDATE case_member SET removed = $1 WHERE person = $2 AND removed IS NULL",
        "UPDATE session SET ended = $1 WHERE person = $2 AND ended IS NULL",
        "UPDATE passkey SET ended = $1 WHERE person = $2 AND ended IS NULL",
    ] {
        work.run(statement, &values).await?;
    }
    Ok(())
}

async fn grant_role(work: &mut impl Work, grant: &RoleGrant) -> Result<(), StoreError> {
    insert(
        work,
        "INSERT INTO role_grant (id, person, role, given_by, granted, until, ended) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            name("grant's id", &grant.id)?,
            name("person", &grant.person)?,
            name("role", &grant.role)?,
            name("by", &grant.by)?,
            int(grant.granted)?,
            int(grant.until)?,
            maybe_int(grant.ended)?,
        ],
        || called("role grant", &grant.id),
        || called("person", &grant.person),
    )
    .await
}

async fn add_clearance(work: &mut impl Work, clearance: &Clearance) -> Result<(), StoreError> {
    let second = clearance
        .second_by
        .as_deref()
        .map(|by| name("second person", by))
        .transpose()?
        .unwrap_or(Value::Text(None));
    let same = clearance.first_by == clearance.person
        || clearance
            .second_by
            .as_ref()
            .is_some_and(|by| *by == clearance.person || *by == clearance.first_by);
    if same {
        return Err(StoreError::Missing {
            what: called("second person for the clearance of", &clearance.person),
        });
    }
    let classes = words("classes", &clearance.classes)?;
    insert(
        work,
        "INSERT INTO clearance (id, person, classes, first_by, first_at, second_by, second_at, until, ended) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            name("grant's id", &clearance.id)?,
            name("person", &clearance.person)?,
            Value::Text(Some(&classes)),
            name("first person", &clearance.first_by)?,
            int(clearance.first_at)?,
            second,
            maybe_int(clearance.second_at)?,
            int(clearance.until)?,
            maybe_int(clearance.ended)?,
        ],
        || called("clearance", &clearance.id),
        || called("person", &clearance.person),
    )
    .await
}

async fn open_case(work: &mut impl Work, case: &Case) -> Result<(), StoreError> {
    insert(
        work,
        "INSERT INTO cases (id, title, opened, opened_by, closed) VALUES ($1, $2, $3, $4, $5)",
        &[
            name("case", &case.id)?,
            name("title", &case.title)?,
            int(case.opened)?,
            name("by", &case.opened_by)?,
            maybe_int(case.closed)?,
        ],
        || called("case", &case.id),
        String::new,
    )
    .await
}

async fn add_member(work: &mut impl Work, member: &Member) -> Result<(), StoreError> {
    insert(
        work,
        "INSERT INTO case_member (case_id, person, added_by, added, removed) VALUES ($1, $2, $3, $4, $5)",
        &[
            name("case", &member.case)?,
            name("person", &member.person)?,
            name("by", &member.by)?,
            int(member.added)?,
            maybe_int(member.removed)?,
        ],
        || called("member of the case", &member.person),
        || called("case or person", &format!("{}, {}", member.case, member.person)),
    )
    .await
}
