//! Advisories as people bring them. In: bytes, the table of names. Out: an advisory as it is matched, and its title. Never: a document that two readers would read differently (a key twice, text
//! behind the end); a record that was withdrawn.

use crate::error::LiaisonError;
use sakimori_advisory::cve::{self, State};
use sakimori_advisory::json;
use sakimori_advisory::matching::{Advisory, Aliases};
use serde_json::Value;

fn refused(rule: &impl ToString) -> LiaisonError {
    LiaisonError::Refused {
        field: "advisory".to_owned(),
        rule: rule.to_string(),
    }
}

/// Reads an advisory: a CSAF document, or a CVE record of the formats 5.x.
///
/// # Errors
/// [`LiaisonError::Refused`] with what is wrong and where.
pub fn read_advisory(bytes: &[u8], aliases: &Aliases) -> Result<(Advisory, String), LiaisonError> {
    let document = json::read(bytes).map_err(|e| refused(&e))?;
    if document.get("dataType").and_then(Value::as_str) == Some("CVE_RECORD") {
        let record = cve::read(bytes).map_err(|e| refused(&e))?;
        if record.state == State::Rejected {
            return Err(refused(&format!("{} was withdrawn", record.id)));
        }
        let advisory = Advisory::of_cve(&record, aliases).map_err(|e| refused(&e))?;
        let title = record.title.unwrap_or(record.id);
        return Ok((advisory, title));
    }
    let advisory = Advisory::of_csaf(&document, aliases).map_err(|e| refused(&e))?;
    if advisory.id.1.is_empty() {
        return Err(refused(&"has no tracking id"));
    }
    let title = document.pointer("/document/title").and_then(Value::as_str);
    let title = title.unwrap_or_default().to_owned();
    Ok((advisory, title))
}
