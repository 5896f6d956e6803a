//! An operator's reports in its own store: drafts, what was filed, what waits to be sent, receipts. In: what a filer wrote, files, receipts of the office. Out: versions that
//! stay, an outbox that neither loses nor repeats, packages for a stick. Never: a network; a draft that is lost; a receipt that was not verified.
//!
//! | paper | its versions |
//! |---|---|
//! | [`Draft`] | every save of the working copy of a case |
//! | [`Filing`] | prompt report, full report, corrections: version 1, 2, 3 … of the case |
//! | [`Sent`] | one for each filing: waiting, then receipted |
//! | [`FileSent`] | one for each file: waiting, then sent |
//! | [`Filers`] | who may file beside the operator, and until when |

mod attach;
mod bounds;
mod clerk;
mod outbox;
mod package;
mod sniff;

pub use attach::{Brought, attach, attached, attachments};
pub use bounds::{
    ATTACHED_BYTES_MAX, ATTACHMENTS_MAX, CASES_MAX, FILERS_MAX, LIST_MAX, SAVES_MAX, UNSEEN_MAX,
    WAITING_MAX,
};
pub use clerk::{Check, Clerk, Filed, Line};
pub use outbox::{Receipted, Waiting, WaitingFile};
pub use package::{HANDBACK, HANDOVER, Handback, Handover, Named, Refusal};
pub use sniff::media;

use crate::error::LiaisonError;
use crate::paper::{Document, Written, history};
use sakimori_cooperate::form::read_report;
use sakimori_cooperate::report::{Case, Delegation, ReportDocument, Version};
use sakimori_cooperate::trigger::Questions;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Papers, Store};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The working copy of a case: the answers to the trigger's questions, and the next document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The questions, as far as they are answered; what is not answered is unsure.
    pub trigger: Questions,
    /// The document as far as it is written.
    pub document: ReportDocument,
}

impl Document for Draft {
    const KIND: &'static str = "report-draft";
}

/// One version of a case that the operator filed; when is the paper's own time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filing {
    /// The document's text, byte for byte: what a receipt is for.
    pub text: String,
}

impl Document for Filing {
    const KIND: &'static str = "report-filing";
}

/// A filing on its way: state `waiting`, then `receipted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The case.
    pub case: String,
    /// Which version of it.
    pub number: u64,
    /// SHA-256 of the document's text, hex.
    pub sha256: String,
    /// The office's receipt, once it is here and verified.
    pub receipt: Option<String>,
}

impl Document for Sent {
    const KIND: &'static str = "report-sent";
}

/// A file of a case on its way to the office: state `waiting`, then `sent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSent {
    /// The case.
    pub case: String,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
}

impl Document for FileSent {
    const KIND: &'static str = "report-file";
}

/// Who may file beside the operator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filers {
    /// Each with its last day.
    pub filers: Vec<Delegation>,
}

impl Document for Filers {
    const KIND: &'static str = "report-filers";
}

/// SHA-256 of a text, hex.
pub(crate) fn hash(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

/// What breaks a rule of a field.
pub(crate) fn refused(field: &str, rule: impl Into<String>) -> LiaisonError {
    LiaisonError::Refused {
        field: field.to_owned(),
        rule: rule.into(),
    }
}

/// The setting that holds the operator's name.
const OPERATOR: &str = "report.operator";

/// The operator whose node this is; none where nobody said it yet.
///
/// # Errors
/// What the store says; [`LiaisonError::Refused`] where it is no name.
pub async fn operator_of(store: &dyn Store) -> Result<Option<Name>, LiaisonError> {
    let kept = store.setting(OPERATOR).await?;
    let name = kept.map(|name| crate::desk::name("operator", &name));
    name.transpose()
}

/// Says whose node this is. It is said once: papers belong to their owner for ever.
///
/// # Errors
/// [`LiaisonError::Refused`] where another was said before, what the store says.
pub async fn operator_is(
    store: &dyn Store,
    named: &Name,
    at: u64,
    by: &str,
) -> Result<Name, LiaisonError> {
    match operator_of(store).await? {
        Some(known) if known == *named => Ok(known),
        Some(known) => Err(refused("operator", format!("is `{known}` at this node"))),
        None => {
            let set = Change::Set {
                key: OPERATOR.to_owned(),
                value: named.to_string(),
            };
            let audit = Change::Audit {
                at,
                by: by.to_owned(),
                act: "report-operator".to_owned(),
                object: named.to_string(),
                detail: String::new(),
            };
            store.apply(&[set, audit]).await?;
            Ok(named.clone())
        }
    }
}

/// The filers of a case, as they stand.
pub(crate) async fn filers<S: Papers + ?Sized>(
    store: &S,
    operator: &str,
    case: &str,
) -> Result<Option<Written<Filers>>, LiaisonError> {
    found(crate::paper::newest(store, operator, case).await)
}

/// What is there, or nothing.
pub(crate) fn found<T>(asked: Result<T, LiaisonError>) -> Result<Option<T>, LiaisonError> {
    match asked {
        Ok(value) => Ok(Some(value)),
        Err(LiaisonError::Missing { .. }) => Ok(None),
        Err(e) => Err(e),
    }
}

/// A case as its versions make it, oldest first: each with its time and its text.
pub(crate) fn case_of(
    (operator, id): (&Name, &Name),
    versions: &[(u64, ReportDocument)],
    filers: &[Delegation],
    recognised_at: Seconds,
) -> Result<Case, LiaisonError> {
    let recognised_at = versions
        .first()
        .map_or(recognised_at, |(_, first)| first.recognised_at);
    let numbered = versions.iter().zip(1..);
    let versions: Vec<Version> = numbered
        .map(|((at, document), number)| Version {
            number,
            filed_at: Seconds(*at),
            document: document.clone(),
        })
        .collect();
    let kept = serde_json::json!({
        "id": id.to_string(),
        "operator": operator.to_string(),
        "recognised_at": recognised_at.to_string(),
        "delegations": filers,
        "versions": versions,
    });
    serde_json::from_value(kept).map_err(|source| LiaisonError::Unreadable {
        kind: Filing::KIND,
        id: id.to_string(),
        source,
    })
}

/// Every filing of a case, oldest first, with its document.
pub(crate) async fn filings<S: Papers + ?Sized>(
    store: &S,
    operator: &Name,
    case: &Name,
) -> Result<Vec<(Written<Filing>, ReportDocument)>, LiaisonError> {
    let kept = history::<Filing>(store, operator.as_str(), case.as_str()).await?;
    let read = |filing: Written<Filing>| {
        let document = read_report(filing.said.text.as_bytes())?;
        Ok((filing, document))
    };
    kept.into_iter().map(read).collect()
}
