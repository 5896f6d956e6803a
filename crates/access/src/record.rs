//! What is recorded of an act: an audit line here, and an entry for the log where the log has to show it. In: an act. Out: changes for its transaction. Never: a
//! secret, a salt (the writer of the entry draws it).

use crate::AccessError;
use crate::may::{clears, holds};
use crate::secrets::{Random, id};
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Clearance, Standing};
use serde::Serialize;

/// The type code of an access entry (formats, section 7).
pub(crate) const ACCESS: u16 = 4;

/// The body of an access entry, in the order of the page.
#[derive(Serialize)]
pub(crate) struct AccessEntry<'a> {
    pub(crate) person: &'a str,
    pub(crate) act: &'static str,
    pub(crate) roles: Vec<&'a str>,
    pub(crate) clearance: Vec<&'a str>,
    pub(crate) until: String,
    pub(crate) by: Vec<&'a str>,
}

impl AccessEntry<'_> {
    /// The entry, to be logged.
    pub(crate) fn outgoing(
        &self,
        random: &dyn Random,
        now: Seconds,
    ) -> Result<Change, AccessError> {
        let body =
            serde_json::to_vec(self).map_err(|error| AccessError::Policy(error.to_string()))?;
        Ok(Change::Outgo {
            id: id(random)?,
            kind: ACCESS,
            body,
            created: now.0,
        })
    }
}

/// The entries that say what of a person's ended: one that, for the log, ends all, and one for each grant that goes on (formats, section 18). None where the log knew
/// of nothing that ends.
pub(crate) fn ending(
    standing: &Standing,
    ends: impl Fn(&str) -> bool,
    (by, random): (&str, &dyn Random),
    now: Seconds,
) -> Result<Vec<Change>, AccessError> {
    let person = standing.person.id.as_str();
    let roles = standing.roles.iter().filter(|role| ends(&role.id));
    let known = |clearance: &&Clearance| clearance.second_by.is_some();
    let clearances = standing.clearances.iter().filter(known);
    let ended = clearances.clone().filter(|one| ends(&one.id));
    let mut entry = AccessEntry {
        person,
        act: "ended",
        roles: roles.map(|role| role.role.as_str()).collect(),
        clearance: ended
            .flat_map(|one| one.classes.iter().map(String::as_str))
            .collect(),
        until: now.to_string(),
        by: vec![by],
    };
    if entry.roles.is_empty() && entry.clearance.is_empty() {
        return Ok(Vec::new());
    }
    for words in [&mut entry.roles, &mut entry.clearance] {
        words.sort_unstable();
        words.dedup();
    }
    let mut changes = vec![entry.outgoing(random, now)?];
    let on = standing.roles.iter().filter(|role| !ends(&role.id));
    for role in on.filter(|role| holds(role, now)) {
        let entry = AccessEntry {
            person,
            act: "granted",
            roles: vec![&role.role],
            clearance: Vec::new(),
            until: Seconds(role.until).to_string(),
            by: vec![&role.by],
        };
        changes.push(entry.outgoing(random, now)?);
    }
    let on = clearances.filter(|one| !ends(&one.id));
    for one in on.filter(|one| clears(one, now)) {
        let second = one.second_by.as_deref().unwrap_or_default();
        let entry = AccessEntry {
            person,
            act: "granted",
            roles: Vec::new(),
            clearance: one.classes.iter().map(String::as_str).collect(),
            until: Seconds(one.until).to_string(),
            by: vec![&one.first_by, second],
        };
        changes.push(entry.outgoing(random, now)?);
    }
    Ok(changes)
}

/// A line of the record of administrative acts.
pub(crate) fn audit(
    now: Seconds,
    by: &str,
    act: &str,
    object: &str,
    detail: impl Into<String>,
) -> Change {
    Change::Audit {
        at: now.0,
        by: by.to_owned(),
        act: act.to_owned(),
        object: object.to_owned(),
        detail: detail.into(),
    }
}
