//! Sessions of browsers. In: who signed in, cookies. Out: visitors, cookies, tokens for forms. Never: a cookie's value in the store, a session that outlives its
//! account.

use crate::limits::{SECRET_BYTES_MAX, SESSIONS_MAX, TOUCH_SECONDS};
use crate::may::Principal;
use crate::record;
use crate::secrets::{derived, hash, same, secret};
use crate::{Access, AccessError};
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Session};
use zeroize::Zeroizing;

/// The session cookie's name; browsers take it only with `Secure`, `Path=/` and without a domain.
pub const COOKIE: &str = "__Host-sakimori";

/// How long sessions last, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimes {
    /// From sign-in, whatever happens.
    pub absolute: u64,
    /// From the last use.
    pub idle: u64,
}

impl Default for SessionTimes {
    /// A working day, and a quarter of an hour.
    fn default() -> Self {
        Self {
            absolute: 10 * 3600,
            idle: 15 * 60,
        }
    }
}

/// A person who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub person: String,
    /// The cookie's value: for the browser, once.
    pub cookie: Zeroizing<String>,
    /// When the session ends at the latest.
    pub expires: Seconds,
}

impl SignedIn {
    /// The `Set-Cookie` header.
    pub fn set_cookie(&self, now: Seconds) -> Zeroizing<String> {
        let age = self.expires.0.saturating_sub(now.0);
        Zeroizing::new(format!(
            "{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={age}",
            self.cookie.as_str()
        ))
    }

    /// The `Set-Cookie` header that takes the cookie away.
    pub fn clear_cookie() -> String {
        format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
    }
}

/// A person whose browser showed a session that counts.
#[derive(Debug)]
pub struct Visitor {
    /// Who.
    pub person: String,
    /// How the person signed in: `passkey` or `oidc`.
    pub method: String,
    /// When.
    pub since: Seconds,
    /// What a form of this session has to bring back.
    pub form_token: String,
}

impl Visitor {
    /// Who asks.
    pub fn principal(&self) -> Principal {
        Principal::Person {
            id: self.person.clone(),
        }
    }

    /// Whether a form came from a page of this session.
    pub fn form_holds(&self, token: &str) -> bool {
        token.len() <= SECRET_BYTES_MAX && same(&self.form_token, token)
    }
}

/// The session cookie's value in a `Cookie` header.
pub fn cookie_in(header: &str) -> Option<&str> {
    header
        .split(';')
        .filter_map(|part| part.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
        .filter(|value| !value.is_empty() && value.len() <= SECRET_BYTES_MAX)
}

/// Whether a session counts now.
fn lives(session: &Session, now: Seconds) -> bool {
    session.ended.is_none()
        && session.created <= now.0
        && now.0 < session.expires
        && now.0 < session.idle_expires
}

impl Access {
    /// The changes that begin a session, and what the browser gets.
    pub(crate) async fn begin_session(
        &self,
        person: &str,
        method: &str,
        now: Seconds,
    ) -> Result<(SignedIn, Vec<Change>), AccessError> {
        let cookie = secret(self.random.as_ref(), "")?;
        let expires = now.plus(self.times.absolute);
        let open = self.store.sessions(person).await?;
        let (living, over): (Vec<_>, Vec<_>) = open.iter().partition(|one| lives(one, now));
        let crowded = (living.len() + 1).saturating_sub(SESSIONS_MAX);
        let mut changes: Vec<Change> = over
            .into_iter()
            .chain(living.into_iter().take(crowded))
            .map(|one| Change::EndSession {
                hash: one.hash,
                at: now.0,
            })
            .collect();
        changes.push(Change::AddSession(Session {
            hash: hash(&cookie),
            person: person.to_owned(),
            method: method.to_owned(),
            created: now.0,
            expires: expires.0,
            idle_expires: now.plus(self.times.idle).0,
            ended: None,
        }));
        changes.push(record::audit(now, person, "sign-in", person, method));
        let signed_in = SignedIn {
            person: person.to_owned(),
            cookie,
            expires,
        };
        Ok((signed_in, changes))
    }

    /// Who a cookie is; its session's idle time begins anew.
    ///
    /// # Errors
    /// [`AccessError::NotSignedIn`] for a cookie of no session, of one that ended or ran out, and of an account that ended.
    pub async fn visitor(&self, cookie: &str, now: Seconds) -> Result<Visitor, AccessError> {
        if cookie.is_empty() || cookie.len() > SECRET_BYTES_MAX {
            return Err(AccessError::NotSignedIn);
        }
        let key = hash(cookie);
        let session = self.store.session(&key).await?;
        let session = session
            .filter(|session| lives(session, now))
            .ok_or(AccessError::NotSignedIn)?;
        let person = self.store.person(&session.person).await?;
        if person.is_none_or(|person| person.ended.is_some()) {
            return Err(AccessError::NotSignedIn);
        }
        let idle_expires = now.plus(self.times.idle).0;
        if idle_expires >= session.idle_expires.saturating_add(TOUCH_SECONDS) {
            let touch = Change::TouchSession {
                hash: key,
                idle_expires,
            };
            self.store.apply(&[touch]).await?;
        }
        Ok(Visitor {
            person: session.person,
            method: session.method,
            since: Seconds(session.created),
            form_token: derived(cookie, "sakimori/form/v1").ok_or(AccessError::NotSignedIn)?,
        })
    }

    /// Ends the session of a cookie; one that has ended already is no error.
    ///
    /// # Errors
    /// The store's.
    pub async fn sign_out(&self, cookie: &str, now: Seconds) -> Result<(), AccessError> {
        let end = Change::EndSession {
            hash: hash(cookie),
            at: now.0,
        };
        Ok(self.store.apply(&[end]).await?)
    }

    /// Forgets sessions and codes that ended before a day ago.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep(&self, now: Seconds) -> Result<(), AccessError> {
        let before = now.0.saturating_sub(sakimori_custody::time::DAY_SECONDS);
        Ok(self.store.apply(&[Change::Sweep { before }]).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_nowhere_else() {
        let cases = [
            ("__Host-sakimori=abc", Some("abc")),
            ("a=b; __Host-sakimori=abc; c=d", Some("abc")),
            ("a=__Host-sakimori=abc", None),
            ("x__Host-sakimori=abc", None),
            ("__Host-sakimori=", None),
            ("__Host-sakimori", None),
            ("", None),
        ];
        for (header, value) in cases {
            assert_eq!(cookie_in(header), value, "{header}");
        }
        let long = format!("{COOKIE}={}", "a".repeat(SECRET_BYTES_MAX + 1));
        assert_eq!(cookie_in(&long), None);
    }

    #[test]
    fn the_cookie_goes_to_this_host_over_tls_to_no_script_and_with_no_foreign_page() {
        let signed_in = SignedIn {
            person: "a".to_owned(),
            cookie: Zeroizing::new("v".to_owned()),
            expires: Seconds(100),
        };
        assert_eq!(
            signed_in.set_cookie(Seconds(40)).as_str(),
            "__Host-sakimori=v; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60"
        );
        assert!(SignedIn::clear_cookie().ends_with("Max-Age=0"));
    }
}
