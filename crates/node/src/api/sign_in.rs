//! Signing in and out, and the registration of a passkey. In: what a browser's authenticator says. Out: a cookie, or one problem for all that can be wrong. Never: a word about which
//! part was wrong; an approval.

use crate::app::{App, Caller, Shared, access_problem};
use crate::extract::Json;
use crate::problem::{Answer, Code, Document, Problem};
use crate::server::Connection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sakimori_access::{SignedIn, cookie_in};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// The id of the person or machine.
    id: String,
    /// What a form has to bring back as `form`; empty for a machine.
    form: String,
}

/// Who calls.
#[utoipa::path(get, path = "/v1/me", tag = "sign-in", responses(
    (status = 200, description = "The caller.", body = Me),
    (status = 401, description = "Nobody.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn me(caller: Caller) -> Answer<axum::Json<Me>> {
    match caller {
        Caller::Known { who, form_token } => Ok(axum::Json(Me {
            id: who.id().to_owned(),
            form: form_token,
        })),
        Caller::Peer(peer) => Ok(axum::Json(Me {
            id: peer.name,
            form: String::new(),
        })),
        Caller::Stranger => Err(Problem::new(Code::NotSignedIn, "")),
    }
}

/// Nothing more to say.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    /// Always true.
    done: bool,
}

/// Ends the session of the cookie that is shown.
#[utoipa::path(post, path = "/v1/sign-out", tag = "sign-in", responses((status = 200, description = "It has ended.", body = Done)))]
pub(crate) async fn sign_out(State(app): State<Shared>, headers: HeaderMap) -> Answer<Response> {
    end(&app, &headers).await?;
    Ok(out(axum::Json(Done { done: true }).into_response()))
}

/// Ends the session of a browser.
pub(crate) async fn end(app: &App, headers: &HeaderMap) -> Answer<()> {
    let cookie = headers.get(header::COOKIE).and_then(|v| v.to_str().ok());
    if let Some(cookie) = cookie.and_then(cookie_in) {
        let ended = app.access.sign_out(cookie, app.host.seconds()).await;
        ended.map_err(|e| access_problem(&e))?;
    }
    Ok(())
}

/// An answer that takes the cookie away.
pub(crate) fn out(mut answer: Response) -> Response {
    if let Ok(value) = HeaderValue::from_str(&SignedIn::clear_cookie()) {
        answer.headers_mut().insert(header::SET_COOKIE, value);
    }
    answer
}

/// An answer that brings the cookie.
pub(crate) fn with_cookie(
    app: &App,
    signed_in: &SignedIn,
    mut answer: Response,
) -> Answer<Response> {
    let cookie = signed_in.set_cookie(app.host.seconds());
    let value = HeaderValue::from_str(&cookie);
    let mut value = value.map_err(|e| Problem::hidden(Code::Fault, e))?;
    value.set_sensitive(true);
    answer.headers_mut().insert(header::SET_COOKIE, value);
    Ok(answer)
}

/// Begins a sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Who {
    /// The person's id.
    #[schema(max_length = 32)]
    person: String,
}

/// Begins a registration.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithCode {
    /// The one-time code.
    #[schema(max_length = 64)]
    code: String,
}

/// What the browser's authenticator is asked.
#[derive(Serialize, ToSchema)]
pub(crate) struct Begun {
    /// Names the ceremony in the second step.
    ceremony: String,
    /// Options for `navigator.credentials`: `{"publicKey": …}`.
    #[schema(value_type = Object)]
    options: Value,
}

/// What the browser's authenticator said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    /// The ceremony of the first step.
    ceremony: String,
    /// A name for the passkey, at a registration.
    #[serde(default)]
    label: Option<String>,
    /// The credential, as `PublicKeyCredential.toJSON()` gives it.
    #[schema(value_type = Object)]
    credential: Value,
}

fn begun(start: sakimori_access::PasskeyStart) -> Answer<axum::Json<Begun>> {
    let options = serde_json::from_str(&start.options);
    Ok(axum::Json(Begun {
        ceremony: start.ceremony,
        options: options.map_err(|e| Problem::hidden(Code::Fault, e))?,
    }))
}

/// The first step of a sign-in.
#[utoipa::path(post, path = "/v1/sign-in/passkey/start", tag = "sign-in", request_body = Who, responses(
    (status = 200, description = "The authenticator is asked.", body = Begun),
    (status = 401, description = "Not good.", body = Document, content_type = "application/problem+json"),
    (status = 429, description = "Too many starts of this address.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn passkey_start(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    Json(who): Json<Who>,
) -> Answer<axum::Json<Begun>> {
    app.starts(&connection)?;
    let start = app.access.passkey_sign_in(&who.person, app.host.seconds());
    begun(start.await.map_err(|e| access_problem(&e))?)
}

/// The second step of a sign-in.
#[utoipa::path(post, path = "/v1/sign-in/passkey/finish", tag = "sign-in", request_body = Said, responses(
    (status = 200, description = "Signed in; the cookie is set.", body = Done),
    (status = 401, description = "Not good.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn passkey_finish(
    State(app): State<Shared>,
    Json(said): Json<Said>,
) -> Answer<Response> {
    let credential = said.credential.to_string();
    let now = app.host.seconds();
    let signed_in = app
        .access
        .passkey_signed_in(&said.ceremony, credential.as_bytes(), now)
        .await
        .map_err(|e| access_problem(&e))?;
    tracing::info!(person = signed_in.person, "signed in");
    with_cookie(
        &app,
        &signed_in,
        axum::Json(Done { done: true }).into_response(),
    )
}

/// The first step of the registration of a passkey, with a one-time code.
#[utoipa::path(post, path = "/v1/enrol/start", tag = "sign-in", request_body = WithCode, responses(
    (status = 200, description = "The authenticator is asked.", body = Begun),
    (status = 401, description = "Not good.", body = Document, content_type = "application/problem+json"),
    (status = 429, description = "Too many starts of this address.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn enrol_start(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    Json(with): Json<WithCode>,
) -> Answer<axum::Json<Begun>> {
    app.starts(&connection)?;
    let start = app
        .access
        .passkey_registration(&with.code, app.host.seconds());
    begun(start.await.map_err(|e| access_problem(&e))?)
}

/// The second step of a registration: the code is used up.
#[utoipa::path(post, path = "/v1/enrol/finish", tag = "sign-in", request_body = Said, responses(
    (status = 200, description = "The passkey is registered; sign in with it.", body = Done),
    (status = 401, description = "Not good.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn enrol_finish(
    State(app): State<Shared>,
    Json(said): Json<Said>,
) -> Answer<axum::Json<Done>> {
    let credential = said.credential.to_string();
    let label = said.label.as_deref().unwrap_or("passkey");
    let now = app.host.seconds();
    app.access
        .passkey_registered(&said.ceremony, label, credential.as_bytes(), now)
        .await
        .map_err(|e| access_problem(&e))?;
    Ok(axum::Json(Done { done: true }))
}
