//! What handlers share. In: a role's parts. Out: the caller of a request and whether it may do what it asks; work in threads that may wait for a disk. Never: an act without the
//! question whether the caller may.

use crate::metrics::Metrics;
use crate::pages::Reader;
use crate::part::{Part, Role, SharedDocket};
use crate::problem::{Answer, Code, Problem};
use crate::rate::Starts;
use crate::server::Connection;
use crate::words::{Language, Word};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use sakimori_access::{Access, AccessError, Act, Object, Oidc, Principal, Visitor, cookie_in};
use sakimori_control::Host;
use sakimori_control::tls::{May, Peer, Peers};
use sakimori_store::{Change, Store};
use std::path::PathBuf;
use std::sync::Arc;

/// What every handler has.
pub struct App {
    /// Which role's node it is.
    pub role: Role,
    /// Clock and randomness.
    pub host: Host,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// People and machines.
    pub access: Access,
    /// An `OpenID` provider by which people may sign in.
    pub provider: Option<Oidc>,
    /// The store below it.
    pub store: Arc<dyn Store>,
    /// The role's folder.
    pub folder: PathBuf,
    /// The role's own part.
    pub part: Part,
    /// Requests and decisions.
    pub docket: SharedDocket,
    /// What waits for the log and was refused.
    pub(crate) outbox: crate::outbox::Refusals,
    /// How often addresses began to sign in.
    pub starts: Starts,
    /// The index of registered assets at the office.
    pub(crate) matching: sakimori_liaison::matching::Keeper,
    /// The office's vulnerability room.
    pub(crate) weaknesses: Option<Arc<crate::api::weakness::Weaknesses>>,
    /// The office's collections, where it has some.
    pub taxii: Option<Arc<crate::taxii::Taxii>>,
    /// When the office polls its partners, where it has a timetable.
    pub(crate) polls: Option<Arc<crate::taxii::partner::Timetable>>,
    /// What the office's rounds of measures remember.
    pub(crate) measures: crate::measure::MeasureDesk,
    /// The office's warning lists.
    pub(crate) warned: sakimori_liaison::warned::Warned,
    /// The document of the interface.
    pub openapi: String,
}

/// The state of all routes.
pub type Shared = Arc<App>;

/// Who calls.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A person or a machine that has signed in.
    Known {
        /// Who.
        who: Principal,
        /// What makes a form of the session good; empty for a machine.
        form_token: String,
    },
    /// Another node, by its certificate.
    Peer(Peer),
    /// Nobody.
    Stranger,
}

impl App {
    /// Runs work that may wait for a disk or another node beside the loop that serves others.
    ///
    /// # Errors
    /// The work's; [`Code::Fault`] where it fell.
    pub async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let app = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&app)).await;
        done.map_err(|e| Problem::hidden(Code::Fault, e))?
    }

    /// Holds a person or machine to the rules of access.
    ///
    /// # Errors
    /// [`Code::NotSignedIn`], [`Code::NotAllowed`], [`Code::StoreUnavailable`].
    pub async fn require(&self, caller: &Caller, act: Act, object: &Object) -> Answer<()> {
        let Caller::Known { who, .. } = caller else {
            return Err(Problem::new(Code::NotSignedIn, ""));
        };
        let now = self.host.seconds();
        let decided = self.access.may(who, act, object, now).await;
        let decided = decided.map_err(|e| access_problem(&e))?;
        if decided.allow {
            return Ok(());
        }
        self.audit(who.id(), "refused", act.word(), &decided.to_string())
            .await?;
        let cause = format!("{} for {act}", who.id());
        Err(Problem::new(Code::NotAllowed, decided).because(cause))
    }

    /// Records an act at this node's interface, or its refusal, beside the log.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`]: it is not recorded, so that nothing may rest on it.
    pub async fn audit(&self, by: &str, act: &str, object: &str, detail: &str) -> Answer<()> {
        let audit = Change::Audit {
            at: self.host.seconds().0,
            by: by.to_owned(),
            act: act.to_owned(),
            object: object.to_owned(),
            detail: detail.to_owned(),
        };
        let recorded = self.store.apply(&[audit]).await;
        recorded.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))
    }

    /// Records what came of an act that was tried.
    ///
    /// # Errors
    /// What came of it; [`Code::StoreUnavailable`] where a good outcome cannot be recorded: it has happened all the same, and the log has it.
    pub async fn tried<T>(&self, caller: &Caller, act: Act, outcome: Answer<T>) -> Answer<T> {
        let by = match caller {
            Caller::Known { who, .. } => who.id(),
            Caller::Peer(peer) => &peer.name,
            Caller::Stranger => "",
        };
        let (done, detail) = match &outcome {
            Ok(_) => ("brought", String::new()),
            Err(problem) => (
                "refused",
                format!("{} {}", problem.code.word(), problem.detail),
            ),
        };
        let recorded = self.audit(by, done, act.word(), detail.trim()).await;
        outcome.and_then(|value| recorded.map(|()| value))
    }

    /// Whether a person may do something, for what a page shows: a no is no refusal.
    pub async fn may(&self, caller: &Caller, act: Act, object: &Object) -> bool {
        let Caller::Known { who, .. } = caller else {
            return false;
        };
        let decided = self.access.may(who, act, object, self.host.seconds()).await;
        decided.is_ok_and(|decided| decided.allow)
    }

    /// As [`App::require`], or another node that may call this.
    ///
    /// # Errors
    /// As [`App::require`]; [`Code::PeerNotAllowed`].
    pub async fn require_or_peer(&self, caller: &Caller, act: Act, may: May) -> Answer<()> {
        match caller {
            Caller::Peer(peer) if peer.may.contains(&may) => Ok(()),
            Caller::Peer(peer) => {
                let detail = format!("`{}` may not call `{}`", peer.name, may.word());
                Err(Problem::new(Code::PeerNotAllowed, detail))
            }
            other => self.require(other, act, &Object::any()).await,
        }
    }

    /// Counts a start of a sign-in or a registration.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`].
    pub fn starts(&self, connection: &Connection) -> Answer<()> {
        let now = self.host.counted_ms();
        self.starts.take(connection.address.ip(), now)
    }

    /// The peer that a connection is of.
    pub fn peer(&self, connection: Option<&Connection>) -> Option<Peer> {
        let certificate = connection?.fingerprint()?;
        // Read anew: a peer that was taken from the list is gone at the next call.
        let peers = Peers::read(&self.folder).ok()?;
        peers.holding(certificate).cloned()
    }

    /// Who sees a page.
    pub fn reader(&self, caller: &Caller, headers: &HeaderMap) -> Reader {
        let (name, form_token) = match caller {
            Caller::Known { who, form_token } => (Some(who.id().to_owned()), form_token.clone()),
            Caller::Peer(_) | Caller::Stranger => (None, String::new()),
        };
        Reader {
            language: Language::of(headers),
            name,
            role: match self.role {
                Role::Office => Word::Office,
                Role::Commission => Word::Commission,
                Role::Operator => Word::Operator,
            },
            form_token,
        }
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    /// Who calls: a peer by its certificate, a machine by token or certificate, a person by cookie. A token or cookie that is shown and does not hold is no stranger's
    /// request but a refused one; other sites' pages cannot make a person's browser act.
    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let connection = parts.extensions.get::<Connection>();
        if let Some(peer) = app.peer(connection) {
            return Ok(Self::Peer(peer));
        }
        let now = app.host.seconds();
        let text = |name| parts.headers.get(name).and_then(|v| v.to_str().ok());
        let machine = |who| Self::Known {
            who,
            form_token: String::new(),
        };
        if let Some(bearer) = text(header::AUTHORIZATION) {
            let token = bearer
                .strip_prefix("Bearer ")
                .ok_or_else(|| Problem::new(Code::NotSignedIn, "only bearer tokens are known"))?;
            let who = app.access.token_bearer(token, now).await;
            return who.map(machine).map_err(|e| access_problem(&e));
        }
        if let Some(cookie) = text(header::COOKIE).and_then(cookie_in) {
            let visitor = match app.access.visitor(cookie, now).await {
                Ok(visitor) => visitor,
                // A session that has run out is nobody's: the sign-in page must be reachable with it.
                Err(AccessError::NotSignedIn) => return Ok(Self::Stranger),
                Err(e) => return Err(access_problem(&e)),
            };
            same_site(parts)?;
            return Ok(person(&visitor));
        }
        match connection.and_then(|c| c.certificate.as_ref()) {
            Some(certificate) => match app.access.certificate_bearer(certificate, now).await {
                Ok(who) => Ok(machine(who)),
                Err(AccessError::NotSignedIn) => Ok(Self::Stranger),
                Err(e) => Err(access_problem(&e)),
            },
            None => Ok(Self::Stranger),
        }
    }
}

fn person(visitor: &Visitor) -> Caller {
    Caller::Known {
        who: visitor.principal(),
        form_token: visitor.form_token.clone(),
    }
}

/// A person's browser changes things only for pages of this node: the cookie is `SameSite=Strict`, and browsers say where a request comes from.
fn same_site(parts: &Parts) -> Result<(), Problem> {
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let foreign = || {
        Problem::new(
            Code::ForgedForm,
            "the request comes from another site's page",
        )
    };
    let text = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(foreign());
    }
    if let Some(origin) = text("origin") {
        let host = text("host").unwrap_or_default();
        let own = origin.strip_prefix("https://");
        if own != Some(host) {
            return Err(foreign());
        }
    }
    Ok(())
}

impl Caller {
    /// Holds a form to the session whose page it was on.
    ///
    /// # Errors
    /// [`Code::ForgedForm`].
    pub fn made(&self, form: &str) -> Answer<()> {
        match self {
            Self::Known { form_token, .. } if !form_token.is_empty() && same(form_token, form) => {
                Ok(())
            }
            Self::Stranger => Err(Problem::new(Code::NotSignedIn, "")),
            _ => Err(Problem::new(Code::ForgedForm, "")),
        }
    }
}

/// Compares without telling where two differ.
fn same(one: &str, other: &str) -> bool {
    let pairs = one.bytes().zip(other.bytes());
    one.len() == other.len() && pairs.fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// What a refusal of the room of people and machines is to a caller.
pub fn access_problem(error: &AccessError) -> Problem {
    let text = sakimori_control::error::told(error);
    match error {
        AccessError::Refused(decision) => Problem::new(Code::NotAllowed, decision),
        AccessError::NotSignedIn => Problem::new(Code::NotSignedIn, ""),
        AccessError::SignIn(_) => Problem::new(Code::SignInFailed, "").because(text),
        AccessError::Rule(rule) => Problem::new(Code::Refused, rule),
        AccessError::Store(_) => Problem::hidden(Code::StoreUnavailable, text),
        _ => Problem::hidden(Code::Fault, text),
    }
}
