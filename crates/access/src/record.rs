//! What is recorded of an act: an audit line here, and an entry for the log where the log has to show it. In: an act. Out: changes for its transaction. Never: a
//! secret, a salt (the writer of the entry draws it).

use crate::AccessError;
use crate::secrets::{Random, id};
use sakimori_custody::time::Seconds;
use sakimori_store::Change;
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
