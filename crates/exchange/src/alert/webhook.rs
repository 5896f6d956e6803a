//! Signed webhooks. In: a secret, an identifier, a time, a body. Out: headers; for the receiver, whether they are right. Never: a body that is signed without its time and
//! identifier, a comparison that shows how much of it was right.
//!
//! Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp` in seconds, `webhook-signature` with `v1,` and the Base64 of HMAC-SHA-256 over `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sakimori_custody::time::Seconds;
use sha2::Sha256;

/// Most signatures of one header that are looked at.
const SIGNATURES_MAX: usize = 8;
/// Shortest secret in bytes.
pub const SECRET_BYTES_MIN: usize = 24;

/// The headers of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeaders {
    /// `webhook-id`: the same for every attempt, so that the receiver knows a repetition.
    pub id: String,
    /// `webhook-timestamp`: of this attempt.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
}

/// Why a message is not signed or not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The secret is too short. The administrator acts on it.
    #[error("the secret of a webhook needs at least {SECRET_BYTES_MIN} bytes")]
    Secret,
    /// An identifier with a dot or without a character would make two messages one.
    #[error(
        "the identifier of a webhook has a character that is not a letter, digit, hyphen or underscore"
    )]
    Id,
    /// The time is no number or too far away. The sender acts on it.
    #[error("the time of the webhook is too far from now")]
    Time,
    /// The signature is wrong.
    #[error("the signature of the webhook is wrong")]
    Signature,
}

fn mac(
    secret: &[u8],
    id: &str,
    timestamp: &str,
    body: &[u8],
) -> Result<Hmac<Sha256>, WebhookError> {
    if secret.len() < SECRET_BYTES_MIN {
        return Err(WebhookError::Secret);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if id.is_empty() || !id.bytes().all(plain) {
        return Err(WebhookError::Id);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| WebhookError::Secret)?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Ok(mac)
}

/// Signs a message.
///
/// # Errors
/// [`WebhookError::Secret`], [`WebhookError::Id`].
pub fn sign(
    secret: &[u8],
    id: &str,
    now: Seconds,
    body: &[u8],
) -> Result<SignedHeaders, WebhookError> {
    let timestamp = now.0.to_string();
    let mac = mac(secret, id, &timestamp, body)?;
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    Ok(SignedHeaders {
        id: id.to_owned(),
        timestamp,
        signature: format!("v1,{signature}"),
    })
}

/// Whether headers are right for a body at a time, give or take `tolerance_seconds`. Of several signatures one has to be right, so that a secret can be changed.
///
/// # Errors
/// [`WebhookError`].
pub fn verify(
    secret: &[u8],
    headers: &SignedHeaders,
    body: &[u8],
    now: Seconds,
    tolerance_seconds: u64,
) -> Result<(), WebhookError> {
    let time: u64 = headers.timestamp.parse().map_err(|_| WebhookError::Time)?;
    if time.abs_diff(now.0) > tolerance_seconds {
        return Err(WebhookError::Time);
    }
    let mac = mac(secret, &headers.id, &headers.timestamp, body)?;
    for one in headers.signature.split(' ').take(SIGNATURES_MAX) {
        let given = one
            .strip_prefix("v1,")
            .and_then(|text| STANDARD.decode(text).ok());
        if given.is_some_and(|given| mac.clone().verify_slice(&given).is_ok()) {
            return Ok(());
        }
    }
    Err(WebhookError::Signature)
}
