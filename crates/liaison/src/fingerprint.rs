//! Fingerprints of floods on their way from who was attacked to those who are next. In: a fingerprint of an operator, what the office lets go. Out: papers of who sent it; a field of a product,
//! which goes through the release gate as every product; a fingerprint read back. Never: a fingerprint that passes to others by itself; one that holds a prefix that somebody registered.

use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use crate::product::{Extra, Operators};
use sakimori_custody::ids::hex;
use sakimori_exchange::ddos::{self, Fingerprint};
use sakimori_exchange::list::What;
use sakimori_release::FieldKind;
use sakimori_store::{NEWEST, Papers, Store, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The field of a product that holds a fingerprint.
pub const FIELD: &str = "ddos-fingerprint";
/// Longest fingerprint in bytes.
pub const BYTES_MAX: usize = 512 << 10;
/// Longest words beside it in bytes.
const WORDS_BYTES_MAX: usize = 16 << 10;
/// Longest part of a fingerprint in one value of the field, in bytes.
const PART_BYTES: usize = 12 << 10;
/// Most fingerprints that one operator sends.
const SENT_OF_ONE_MAX: u64 = 10_000;

/// A fingerprint as an operator sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flood {
    /// The fingerprint, as [`ddos::write`] writes it.
    pub fingerprint: String,
    /// What its sender says of it.
    pub words: String,
}

impl Document for Flood {
    const KIND: &'static str = "flood";
}

impl Flood {
    /// The fingerprint.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where the paper was changed beside this program.
    pub fn read(&self) -> Result<Fingerprint, LiaisonError> {
        read(self.fingerprint.as_bytes())
    }
}

fn refused(field: &str, rule: &(impl ToString + ?Sized)) -> LiaisonError {
    LiaisonError::Refused {
        field: field.to_owned(),
        rule: rule.to_string(),
    }
}

/// Reads a fingerprint.
///
/// # Errors
/// [`LiaisonError::Refused`] names the first thing that is wrong.
pub fn read(bytes: &[u8]) -> Result<Fingerprint, LiaisonError> {
    if bytes.len() > BYTES_MAX {
        let rule = format!("is longer than {BYTES_MAX} bytes");
        return Err(refused("fingerprint", &rule));
    }
    ddos::read(bytes).map_err(|e| refused("fingerprint", &e))
}

/// Takes a fingerprint that an operator sends; its id. The same fingerprint again changes nothing.
///
/// # Errors
/// [`LiaisonError::Refused`] where it is none; [`LiaisonError::Full`]; what the store says.
pub async fn send(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    (bytes, words): (&[u8], &str),
) -> Result<String, LiaisonError> {
    let found = read(bytes)?;
    if words.len() > WORDS_BYTES_MAX || words.chars().any(|c| c.is_control() && c != '\n') {
        return Err(refused(
            "words",
            "are too long, or have a control character",
        ));
    }
    let fingerprint = ddos::write(&found);
    let id = hex(&<[u8; 32]>::from(Sha256::digest(&fingerprint)));
    let id: String = format!("f-{}", id.chars().take(24).collect::<String>());
    if store.paper(act.owner, Flood::KIND, &id).await?.is_some() {
        return Ok(id);
    }
    let states = store.states(View::Of(act.owner), Flood::KIND).await?;
    let count: u64 = states.iter().map(|(_, count)| count).sum();
    if count >= SENT_OF_ONE_MAX {
        return Err(LiaisonError::Full {
            what: "fingerprints",
            most: SENT_OF_ONE_MAX,
        });
    }
    let said = Flood {
        fingerprint,
        words: words.to_owned(),
    };
    let first = paper::first(act.owner, &id, &said, act.standing("sent", None))?;
    let audit = act.audit("send-fingerprint", &id, String::new());
    store.apply(&[first, audit]).await?;
    Ok(id)
}

/// Fingerprints in a view, those that came last first, at most 100, those `before` a place.
///
/// # Errors
/// What the store says.
pub async fn sent(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    before: Option<u64>,
) -> Result<Vec<Written<Flood>>, LiaisonError> {
    let before = before.unwrap_or(NEWEST);
    let kept = store.latest(view, Flood::KIND, None, before).await?;
    kept.into_iter().map(paper::read).collect()
}

/// The fingerprint as a field of a product.
///
/// # Errors
/// [`LiaisonError::Refused`] where it names a prefix that an operator registered: it would tell to whom it happened, or who was made a reflector.
pub fn field(found: &Fingerprint, operators: &dyn Operators) -> Result<Extra, LiaisonError> {
    let all = found
        .vectors
        .iter()
        .flat_map(|vector| vector.sources.iter());
    for (prefix, _) in all {
        if operators.own(&What::Prefix(*prefix)) {
            let rule = "holds a prefix that is an operator's own; take it out";
            return Err(refused("fingerprint", rule));
        }
    }
    // What is written is ASCII, so that every byte is a place to part it at.
    let text = ddos::write(found);
    let mut values = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (part, behind) = rest.split_at_checked(PART_BYTES).unwrap_or((rest, ""));
        values.push(part.to_owned());
        rest = behind;
    }
    Ok(Extra {
        name: FIELD.to_owned(),
        kind: FieldKind::Plain,
        values,
    })
}

/// The fingerprint that a product holds, by its fields; nothing where it holds none.
///
/// # Errors
/// [`LiaisonError::Refused`] where it cannot be read.
pub fn of_product(
    fields: &BTreeMap<String, Vec<String>>,
) -> Result<Option<Fingerprint>, LiaisonError> {
    let Some(parts) = fields.get(FIELD) else {
        return Ok(None);
    };
    read(parts.concat().as_bytes()).map(Some)
}

/// Rules of a form for a prefix that is to be kept free, or the fingerprint itself.
///
/// # Errors
/// [`LiaisonError::Refused`]: the form is not known, the prefix is missing or too wide, or no rule can be made.
pub fn shown(
    found: &Fingerprint,
    form: &str,
    protect: Option<&str>,
) -> Result<String, LiaisonError> {
    if form == "json" {
        return Ok(ddos::write(found) + "\n");
    }
    let protect = protect.ok_or_else(|| refused("protect", "names the prefix to keep free"))?;
    let protect = sakimori_exchange::list::prefix(protect);
    let protect = protect.map_err(|why| refused("protect", why))?;
    let text = match form {
        "nftables" => ddos::nftables(found, &protect),
        "exabgp" => ddos::flowspec_exabgp(found, &protect),
        "gobgp" => ddos::flowspec_gobgp(found, &protect),
        _ => return Err(refused("form", "is json, nftables, exabgp or gobgp")),
    };
    text.map_err(|e| refused("protect", &e))
}
