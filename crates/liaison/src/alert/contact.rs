//! Contacts that were written to. In: an operator, a mail address, the time. Out: a paper of the operator for each of them. Never: a second letter to the same person because another thing was
//! claimed.

use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Standing, Written};
use sakimori_custody::ids::hex;
use sakimori_store::{Change, Papers};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Who was written to for an operator's claims, and when last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contacted {
    /// The address.
    pub(super) contact: String,
    /// When, in seconds since 1970.
    pub(super) at: u64,
}

impl Document for Contacted {
    const KIND: &'static str = "alert-contact";
}

/// The id of a contact: hosts of mail, and in practice their users, are the same in capitals.
fn id(contact: &str) -> String {
    let hash = Sha256::digest(contact.trim().to_lowercase());
    let full = hex(&<[u8; 32]>::from(hash));
    let short: String = full.chars().take(24).collect();
    format!("c-{short}")
}

/// The last letter to a contact for an operator's claims.
pub(super) async fn written_before(
    store: &(impl Papers + ?Sized),
    owner: &str,
    contact: &str,
) -> Result<Option<Written<Contacted>>, LiaisonError> {
    let kept = store.paper(owner, Contacted::KIND, &id(contact)).await?;
    kept.map(paper::read::<Contacted>).transpose()
}

/// The change that remembers a letter. Of two at a time one is stale.
pub(super) fn contacted(
    act: &Act<'_>,
    contact: &str,
    before: Option<&Written<Contacted>>,
) -> Result<Change, LiaisonError> {
    let said = Contacted {
        contact: contact.to_owned(),
        at: act.at.0,
    };
    let standing = Standing {
        state: "written",
        due: None,
        at: act.at.0,
        by: act.by,
    };
    match before {
        Some(kept) => kept.next(&said, standing),
        None => paper::first(act.owner, &id(contact), &said, standing),
    }
}
