//! How an operator is told. In: a webhook's address, a mail address, the node's key. Out: those, kept; a secret that is shown; a digest that waits to be sent. Never: a secret in
//! the store: it is made of the node's key, the operator and a number, anew each time.

use super::outbox::{Letter, message};
use super::record::{AlertPaper, alert};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sakimori_exchange::alert::{Alert, Language, digest as text_of};
use sakimori_store::{Papers, Store, View};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Longest address in bytes.
const ADDRESS_BYTES_MAX: usize = 500;
/// Most alerts of one digest; what lies behind them comes with the next one.
const DIGEST_ALERTS_MAX: usize = 1000;

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where it is sent.
    pub url: String,
    /// Which of the operator's secrets signs: a new number is a new secret.
    pub secret_number: u64,
}

/// A digest by mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Who receives it.
    pub to: String,
    /// `ja` or `en`.
    pub language: String,
    /// How often, in hours.
    pub every_hours: u32,
}

/// How an operator is told, beside the interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ways {
    /// By webhook.
    pub webhook: Option<Webhook>,
    /// By mail.
    pub mail: Option<Mail>,
    /// Place in the store of the last alert that a digest told.
    pub digested: u64,
}

impl Document for Ways {
    const KIND: &'static str = "alert-ways";
}

const ID: &str = "own";

/// The node's key that webhook secrets are made of: 32 random bytes, in a file of the node.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

impl SecretKey {
    /// The key of some random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of an operator's secret of a number.
    pub fn secret(&self, owner: &str, number: u64) -> Vec<u8> {
        // A key of 32 bytes is one that HMAC takes.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return Vec::new();
        };
        mac.update(b"sakimori/webhook-secret/v1\0");
        mac.update(&(owner.len() as u64).to_be_bytes());
        mac.update(owner.as_bytes());
        mac.update(&number.to_be_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    /// The same as receivers' libraries take it: `whsec_` and Base64 (Standard Webhooks 1.0).
    pub fn shown(&self, owner: &str, number: u64) -> String {
        format!("whsec_{}", STANDARD.encode(self.secret(owner, number)))
    }
}

fn refused(field: &str, rule: &str) -> LiaisonError {
    LiaisonError::Refused {
        field: field.to_owned(),
        rule: rule.to_owned(),
    }
}

fn checked(ways: &Ways, closed: bool) -> Result<(), LiaisonError> {
    if let Some(hook) = &ways.webhook {
        let rest = match hook.url.split_once("://") {
            Some(("https", rest)) => rest,
            Some(("http", rest)) if closed => rest,
            _ => {
                return Err(refused(
                    "webhook",
                    "is no address that begins with https://",
                ));
            }
        };
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let plain = hook.url.bytes().all(|byte| byte.is_ascii_graphic());
        if host.is_empty() || host.contains('@') || !plain || hook.url.len() > ADDRESS_BYTES_MAX {
            return Err(refused(
                "webhook",
                "has no host, a user in it, a space, or is too long",
            ));
        }
    }
    if let Some(mail) = &ways.mail {
        let parts = mail.to.split_once('@');
        let good = parts.is_some_and(|(user, host)| !user.is_empty() && host.len() > 2);
        let plain = mail
            .to
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"<>,;\"()[]\\:".contains(&b));
        if !good || !plain || mail.to.len() > 254 || mail.to.matches('@').count() != 1 {
            return Err(refused("mail", "is no mail address"));
        }
        if !(1..=744).contains(&mail.every_hours) {
            return Err(refused("every_hours", "is not from 1 to 744"));
        }
        if !["ja", "en"].contains(&mail.language.as_str()) {
            return Err(refused("language", "is not ja or en"));
        }
    }
    Ok(())
}

/// How an operator is told, if it said so.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn ways(
    store: &(impl Papers + ?Sized),
    owner: &str,
) -> Result<Option<Written<Ways>>, LiaisonError> {
    let kept = store.paper(owner, Ways::KIND, ID).await?;
    kept.map(paper::read).transpose()
}

/// Sets how an operator is told. A webhook of another address gets a new secret. `closed` is for a network of one's own: addresses without TLS are let through there.
///
/// # Errors
/// [`LiaisonError::Refused`] where an address is none; what the store says.
pub async fn set_ways(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    (url, mail): (Option<String>, Option<Mail>),
    closed: bool,
) -> Result<Ways, LiaisonError> {
    let known = ways(store, act.owner).await?;
    let before = known
        .as_ref()
        .map(|kept| kept.said.clone())
        .unwrap_or_default();
    let number = known.as_ref().map_or(1, |kept| kept.version + 1);
    let webhook = url.map(|url| match before.webhook {
        Some(old) if old.url == url => old,
        _ => Webhook {
            url,
            secret_number: number,
        },
    });
    let said = Ways {
        webhook,
        mail,
        digested: before.digested,
    };
    checked(&said, closed)?;
    let due = said.mail.as_ref().map(|_| act.at.0);
    let standing = act.standing("set", due);
    let change = match &known {
        Some(kept) => kept.next(&said, standing)?,
        None => paper::first(act.owner, ID, &said, standing)?,
    };
    let audit = act.audit("set-alert-ways", act.owner, String::new());
    store.apply(&[change, audit]).await?;
    Ok(said)
}

/// Makes the digests that are due, each with the mail that waits for it in one transaction. Returns how many. An owner without a new open alert gets none.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn digest(store: &(impl Store + ?Sized), act: Act<'_>) -> Result<u64, LiaisonError> {
    let mut made = 0;
    for kept in store.due(View::All, Ways::KIND, act.at.0).await? {
        let kept: Written<Ways> = paper::read(kept)?;
        let Some(mail) = kept.said.mail.clone() else {
            continue;
        };
        let own = Act {
            owner: &kept.owner,
            ..act
        };
        let (alerts, place) = new_alerts(store, &kept).await?;
        let said = Ways {
            digested: place,
            ..kept.said.clone()
        };
        let next = act.at.plus(u64::from(mail.every_hours) * 3600).0;
        let mut changes = vec![kept.next(&said, own.standing("set", Some(next)))?];
        if !alerts.is_empty() {
            let language = if mail.language == "ja" {
                Language::Japanese
            } else {
                Language::English
            };
            let subject = match language {
                Language::Japanese => format!("早期警戒：{}件の通知", alerts.len()),
                Language::English => format!("Early warning: {} alerts", alerts.len()),
            };
            let text = text_of(&kept.owner, &alerts, language);
            let id = format!("digest-{place}");
            changes.push(message(&own, Letter::mail(&id, &mail.to, subject, text))?);
            made += 1;
        }
        store.apply(&changes).await?;
    }
    Ok(made)
}

/// Open alerts of an owner that changed since its last digest, and the place up to which they were read.
async fn new_alerts(
    store: &(impl Papers + ?Sized),
    kept: &Written<Ways>,
) -> Result<(Vec<Alert>, u64), LiaisonError> {
    let (mut alerts, mut place) = (Vec::new(), kept.said.digested);
    while alerts.len() < DIGEST_ALERTS_MAX {
        let view = View::Of(&kept.owner);
        let some = store
            .papers(view, AlertPaper::KIND, Some("open"), place)
            .await?;
        let Some(last) = some.last() else { break };
        place = last.sequence;
        for one in some {
            alerts.push(alert(&paper::read(one)?)?);
        }
    }
    Ok((alerts, place))
}
