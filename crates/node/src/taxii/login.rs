//! Who calls: a machine by Basic, bearer token or client certificate, and how often it may. In: heads, the connection. Out: the machine and what it may. Never: a person's cookie; a
//! word on whether a machine of that name exists; a table that grows with strangers.

use super::fail::{Done, Fail};
use super::plan::{Plan, Who};
use crate::app::App;
use crate::rate::Starts;
use crate::server::Connection;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sakimori_access::{AccessError, Act, Object, Principal};
use sakimori_exchange::taxii::TaxiiError;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What the challenge calls the protected space.
const REALM: &str = "taxii";
/// The time that requests of a machine are counted in, in milliseconds.
const WINDOW_MS: u64 = 60_000;

/// What a caller shows.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    /// A name and a token as its password.
    Basic(String, String),
    /// A token.
    Bearer(String),
    /// Nothing in the head: the certificate of the connection counts.
    Nothing,
    /// Something that is read as none of them.
    Unread,
}

impl Shown {
    fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Self::Nothing;
        };
        if values.next().is_some() {
            return Self::Unread;
        }
        value
            .to_str()
            .ok()
            .and_then(Self::read)
            .unwrap_or(Self::Unread)
    }

    /// RFC 7617 (Basic, in UTF-8) and RFC 6750 (Bearer).
    fn read(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(' ')?;
        let rest = rest.trim();
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Some(Self::Bearer(rest.to_owned())),
            "basic" => {
                let text = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
                let (name, password) = text.split_once(':')?;
                Some(Self::Basic(name.to_owned(), password.to_owned()))
            }
            _ => None,
        }
    }
}

/// How often callers may.
#[derive(Default)]
pub(super) struct Pace {
    /// Sign-ins that failed, by address.
    failed: Starts,
    /// Requests of machines that signed in: since when, how many. No more of them than the node knows.
    requests: Mutex<BTreeMap<String, (u64, u32)>>,
}

impl Pace {
    /// Counts a request of a machine.
    ///
    /// # Errors
    /// 429 with the seconds until the machine may go on.
    fn take(&self, plan: &Plan, machine: &str, now_ms: u64) -> Done<()> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = requests.entry(machine.to_owned()).or_insert((now_ms, 0));
        if now_ms.saturating_sub(counted.0) >= WINDOW_MS {
            *counted = (now_ms, 0);
        }
        counted.1 = counted.1.saturating_add(1);
        if counted.1 <= plan.requests_a_minute {
            return Ok(());
        }
        let left_ms = (counted.0 + WINDOW_MS).saturating_sub(now_ms);
        Err(TaxiiError::too_many(left_ms.div_ceil(1000).max(1)).into())
    }
}

/// The machine that calls.
///
/// # Errors
/// 401 with the challenge, 429, 500.
pub(super) async fn who(app: &App, plan: &Plan, pace: &Pace, parts: &Parts) -> Done<Who> {
    let now = app.host.seconds();
    let connection = parts.extensions.get::<Connection>();
    let shown = Shown::of(&parts.headers);
    // Who shows nothing guesses nothing: it is how programs learn that they have to sign in.
    let guesses = shown != Shown::Nothing;
    let found = match shown {
        Shown::Bearer(token) => app.access.token_bearer(&token, now).await,
        Shown::Basic(name, token) => match app.access.token_bearer(&token, now).await {
            Ok(who) if who.id() == name => Ok(who),
            Ok(_) => Err(AccessError::NotSignedIn),
            Err(e) => Err(e),
        },
        Shown::Unread => Err(AccessError::NotSignedIn),
        Shown::Nothing => match connection.and_then(|c| c.certificate.as_ref()) {
            Some(certificate) => app.access.certificate_bearer(certificate, now).await,
            None => Err(AccessError::NotSignedIn),
        },
    };
    let now_ms = app.host.counted_ms();
    let machine = match found {
        Ok(machine) => machine,
        Err(AccessError::NotSignedIn) => {
            if let Some(connection) = connection.filter(|_| guesses) {
                pace.failed.take(connection.address.ip(), now_ms)?;
            }
            return Err(TaxiiError::unauthorized(REALM).into());
        }
        Err(e) => return Err(e.into()),
    };
    pace.take(plan, machine.id(), now_ms)?;
    let may = async |act| -> Result<bool, Fail> {
        let decided = app.access.may(&machine, act, &Object::any(), now).await?;
        Ok(decided.allow)
    };
    let (read, write) = (may(Act::ReadShared).await?, may(Act::WriteShared).await?);
    match machine {
        Principal::Machine { id, .. } => Ok(Who { id, read, write }),
        // Tokens and certificates are of machines alone.
        Principal::Person { .. } => Err(TaxiiError::unauthorized(REALM).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_tokens_are_read_and_nothing_else() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            Shown::of(&headers)
        };
        let basic = |name: &str, password: &str| Shown::Basic(name.into(), password.into());
        assert_eq!(of(&[]), Shown::Nothing);
        assert_eq!(of(&["Basic bTpzYWtfYTpi"]), basic("m", "sak_a:b"));
        assert_eq!(of(&["bAsIc  bTo="]), basic("m", ""));
        assert_eq!(of(&["bearer sak_x"]), Shown::Bearer("sak_x".to_owned()));
        for bad in [
            "Basic",
            "Basic bQ==",
            "Basic !",
            "Basic /w==",
            "Digest a",
            "",
        ] {
            assert_eq!(of(&[bad]), Shown::Unread, "{bad}");
        }
        assert_eq!(of(&["Bearer a", "Bearer a"]), Shown::Unread);
    }

    #[test]
    fn a_machine_is_told_when_it_may_go_on() {
        let plan = crate::taxii::config::read(crate::taxii::config::tests::GOOD).unwrap();
        let pace = Pace::default();
        let take = |now| pace.take(&plan, "m-1", now).map_err(|fail| fail.error);
        for _ in 0..plan.requests_a_minute {
            take(5).unwrap();
        }
        let error = take(10_005).unwrap_err();
        assert_eq!(error.status, 429);
        assert_eq!(error.headers, [("Retry-After", "50".to_owned())]);
        pace.take(&plan, "m-2", 10_005).unwrap();
        take(60_005).unwrap();
    }
}
