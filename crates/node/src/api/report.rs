//! Incident reports and guidance over HTTP: an operator's people write and file, its node brings what it filed, the office takes in and works. In: documents, acts. Out: receipts,
//! cases, lists. Never: a case of one operator to another, not in an error either; a receipt before the report is durable.

mod duties;
mod exchange;
mod filers;
pub(crate) mod files;
pub(crate) mod office;
pub(crate) mod operator;
mod schedule;
mod stick;
pub(super) mod web;
pub(crate) mod words;

pub use exchange::{Exchanged, exchange_reports};
pub(super) use exchange::{beside, is_word, post};
pub use schedule::{Signed, duties, keep_duties, newest_duties, office_keys};

use crate::app::{Caller, Shared};
use crate::part::{Part, Role};
use crate::problem::{Answer, Code, Problem};
use sakimori_access::{Act, Object, Principal};
use sakimori_control::error::told;
use sakimori_control::keys;
use sakimori_control::tls::May;
use sakimori_cooperate::Terms;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::desk::Desk;
use sakimori_liaison::report::{Clerk, operator_of};
use sakimori_store::StoreError;
use sakimori_tlog::key::{NoteSigner, VerifierKey};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of a role.
pub(super) fn routes(role: Role) -> OpenApiRouter<Shared> {
    let router = OpenApiRouter::new();
    let router = match role {
        Role::Commission => return router,
        Role::Office => router
            .routes(routes!(office::take, office::list))
            .routes(routes!(office::own))
            .routes(routes!(office::filers))
            .routes(routes!(filers::take))
            .routes(routes!(office::one))
            .routes(routes!(office::step))
            .routes(routes!(office::numbers))
            .routes(routes!(files::of_case))
            .routes(routes!(words::advise)),
        Role::Operator => router
            .routes(routes!(operator::list))
            .routes(routes!(operator::one, operator::put))
            .routes(routes!(operator::questions))
            .routes(routes!(operator::file))
            .routes(routes!(operator::document))
            .routes(routes!(operator::workbook))
            .routes(routes!(operator::receipt))
            .routes(routes!(operator::exchange))
            .routes(routes!(filers::list, filers::allow))
            .routes(routes!(filers::end)),
    };
    router
        .routes(routes!(operator::schema))
        .routes(routes!(duties::schedule))
        .routes(routes!(files::keep))
        .routes(routes!(files::own))
        .routes(routes!(words::list))
        .routes(routes!(words::answer))
}

/// A round of an operator's node by itself. That the office's node does not answer is no event: everything waits on.
pub(crate) async fn sent(app: &Shared) {
    match operator::round(app).await {
        Ok(round) if round == Exchanged::default() => {}
        Ok(round) => tracing::info!(
            receipts = round.receipted,
            files = round.files,
            answers = round.answered,
            guidance = round.guidance,
            orders = round.orders,
            replies = round.replied,
            words = round.words,
            asked = round.asked,
            duties = round.duties.unwrap_or_default(),
            refused = round.refused.join("; "),
            "reports"
        ),
        Err(problem) => {
            let (code, detail) = (problem.code.word(), problem.detail);
            tracing::debug!(code, detail, cause = problem.cause, "reports wait");
        }
    }
}

/// What a use case's refusal is to a caller.
pub(crate) fn no(error: &LiaisonError) -> Problem {
    let text = told(error);
    match error {
        LiaisonError::Store(StoreError::Stale { .. }) => Problem::new(Code::Stale, text),
        LiaisonError::Store(StoreError::Exists { .. }) | LiaisonError::Conflict { .. } => {
            Problem::new(Code::Conflict, text)
        }
        LiaisonError::Store(StoreError::Missing { .. }) | LiaisonError::Missing { .. } => {
            Problem::new(Code::NotFound, "")
        }
        LiaisonError::Store(_) => Problem::hidden(Code::StoreUnavailable, text),
        LiaisonError::Form(_) => Problem::new(Code::Malformed, text),
        LiaisonError::Full { .. } => Problem::new(Code::TooManyRequests, text),
        LiaisonError::Unreadable { .. } => Problem::hidden(Code::Fault, text),
        _ => Problem::new(Code::Refused, text),
    }
}

/// The office's desk, at the time of a request.
pub(crate) struct Seat {
    app: Shared,
    terms: Terms,
    signer: NoteSigner,
    now: Seconds,
    by: String,
}

impl Seat {
    /// Takes a seat for who calls.
    ///
    /// # Errors
    /// [`Code::NotImplemented`] where this is no office's node, [`Code::Unavailable`] where its key or schedule cannot be read.
    pub(crate) async fn of(app: &Shared, caller: &Caller) -> Answer<Self> {
        let by = super::office::caller_id(caller);
        let read = app.blocking(|app| {
            let Part::Office(office) = &app.part else {
                return Err(Problem::new(Code::NotImplemented, ""));
            };
            let away = |e| Problem::hidden(Code::Unavailable, told(&e));
            let signer = keys::read(&office.node().office_key("office")).map_err(away)?;
            let own = [signer.verifier().clone()];
            let terms = duties(&app.folder, &own, app.host.seconds()).map_err(away)?;
            Ok((terms, signer))
        });
        let (terms, signer) = read.await?;
        Ok(Self {
            now: app.host.seconds(),
            app: Shared::clone(app),
            terms,
            signer,
            by,
        })
    }

    /// The desk.
    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk {
            store: &*self.app.store,
            terms: &self.terms,
            signer: &self.signer,
            now: self.now,
            by: &self.by,
        }
    }
}

/// The operator's side, at the time of a request.
pub(crate) struct Bench {
    app: Shared,
    operator: Name,
    terms: Terms,
    /// The office's keys that this node knows.
    pub(crate) keys: Vec<VerifierKey>,
    now: Seconds,
    by: String,
}

impl Bench {
    /// The operator's side for who calls; none where nobody said yet whose node this is.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where keys or schedule cannot be read, [`Code::StoreUnavailable`].
    pub(crate) async fn known(app: &Shared, by: &str) -> Answer<Option<Self>> {
        let operator = operator_of(&*app.store).await.map_err(|e| no(&e))?;
        let Some(operator) = operator else {
            return Ok(None);
        };
        let read = app.blocking(|app| {
            let away = |e| Problem::hidden(Code::Unavailable, told(&e));
            let keys = office_keys(&app.folder).map_err(away)?;
            let terms = duties(&app.folder, &keys, app.host.seconds()).map_err(away)?;
            Ok((terms, keys))
        });
        let (terms, keys) = read.await?;
        Ok(Some(Self {
            now: app.host.seconds(),
            app: Shared::clone(app),
            operator,
            terms,
            keys,
            by: by.to_owned(),
        }))
    }

    /// The same for a person or machine that may file.
    ///
    /// # Errors
    /// As [`Bench::known`]; [`Code::NotAllowed`]; [`Code::Refused`] where nobody said yet whose node this is.
    pub(crate) async fn of(app: &Shared, caller: &Caller) -> Answer<Self> {
        app.require(caller, Act::FileReport, &Object::any()).await?;
        let known = Self::known(app, &super::office::caller_id(caller)).await?;
        known.ok_or_else(|| {
            let detail = "this node does not know its operator: `sakimori report new CASE --operator NAME`, or the page of reports";
            Problem::new(Code::Refused, detail)
        })
    }

    /// The clerk.
    pub(crate) fn clerk(&self) -> Clerk<'_> {
        Clerk {
            store: &*self.app.store,
            operator: &self.operator,
            terms: &self.terms,
            now: self.now,
            by: &self.by,
        }
    }
}

/// Which operator calls the office's node: another node by its pinned certificate, a machine by its own organisation. People of the office are nobody's.
///
/// # Errors
/// [`Code::PeerNotAllowed`], [`Code::NotAllowed`], [`Code::NotSignedIn`].
pub(crate) async fn operator_calling(app: &Shared, caller: &Caller) -> Answer<Option<Name>> {
    let named = match caller {
        Caller::Peer(peer) if peer.may.contains(&May::Report) => peer.name.clone(),
        Caller::Peer(peer) => {
            let detail = format!("`{}` may not call `report`", peer.name);
            return Err(Problem::new(Code::PeerNotAllowed, detail));
        }
        Caller::Known {
            who: Principal::Machine { id, .. },
            ..
        } => {
            app.require(caller, Act::FileReport, &Object::any()).await?;
            let machine = app.store.machine(id).await;
            let machine = machine.map_err(|e| Problem::hidden(Code::StoreUnavailable, e))?;
            machine
                .map(|machine| machine.organisation)
                .unwrap_or_default()
        }
        Caller::Known { .. } => {
            app.require(caller, Act::HandleReport, &Object::any())
                .await?;
            return Ok(None);
        }
        Caller::Stranger => return Err(Problem::new(Code::NotSignedIn, "")),
    };
    let name = named.parse();
    name.map(Some)
        .map_err(|_| Problem::new(Code::NotAllowed, "the caller is of no operator"))
}

/// The operator that calls, which no person is.
///
/// # Errors
/// As [`operator_calling`]; [`Code::NotAllowed`] for a person of the office.
pub(crate) async fn only_operator(app: &Shared, caller: &Caller) -> Answer<Name> {
    let operator = operator_calling(app, caller).await?;
    operator.ok_or_else(|| {
        Problem::new(
            Code::NotAllowed,
            "only an operator's node or machine does this",
        )
    })
}
