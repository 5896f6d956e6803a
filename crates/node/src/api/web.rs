//! The routes of pages. In: forms. Out: pages. Never: an act that the interface has not too; a form that was not made for the session.

use super::commission::{agreements, asked, exact, operator_of, ruled, signed, suspended};
use super::office::{NewAnswer, say};
use super::requests::{hash, unknown};
use super::sign_in::{end, out, with_cookie};
use crate::app::{Caller, Shared, access_problem};
use crate::desk::{self, SittingQuery, Taken};
use crate::extract::{Form, NoteBody};
use crate::pages::{self, May, html_of};
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use crate::server::Connection;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sakimori_access::{Act, Object};
use serde::Deserialize;

/// The pages of a role.
pub(super) fn routes(role: Role) -> Router<Shared> {
    let router = Router::new()
        .route("/", get(front))
        .route("/sign-in", get(sign_in))
        .route("/sign-in/provider", get(provider))
        .route("/sign-in/callback", get(callback))
        .route("/sign-out", post(sign_out))
        .route("/style.css", get(style))
        .route("/passkey.js", get(script))
        .route("/deletion", get(deletion));
    match role {
        Role::Operator => router.route("/suspensions", post(suspend)),
        Role::Office => router
            .route("/requests/{request}", get(request))
            .route("/requests/{request}/answers", post(answer)),
        Role::Commission => router
            .route("/requests/{request}", get(request))
            .route("/requests/{request}/text", get(text))
            .route("/requests/{request}/questions", post(question))
            .route("/requests/{request}/signatures", post(signature))
            .route("/requests/{request}/rulings", post(ruling)),
    }
}

async fn style() -> impl IntoResponse {
    let kind = "text/css; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], pages::STYLE)
}

async fn script() -> impl IntoResponse {
    let kind = "text/javascript; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], pages::SCRIPT)
}

async fn sign_in(State(app): State<Shared>, headers: HeaderMap) -> Response {
    let reader = app.reader(&Caller::Stranger, &headers);
    let mut answer = html_of(pages::sign_in(&reader, app.provider.is_some()));
    if let Ok(csp) = HeaderValue::from_str(&pages::csp()) {
        let name = header::CONTENT_SECURITY_POLICY;
        answer.headers_mut().insert(name, csp);
    }
    answer
}

/// To the `OpenID` provider.
async fn provider(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
) -> Answer<Response> {
    let none = || Problem::new(Code::NotFound, "no provider is set up");
    let provider = app.provider.as_ref().ok_or_else(none)?;
    app.starts(&connection)?;
    let start = provider.begin(&app.access, app.host.seconds()).await;
    let start = start.map_err(|e| access_problem(&e))?;
    let mut answer = Redirect::to(&start.url).into_response();
    let cookie = HeaderValue::from_str(&start.set_cookie);
    let cookie = cookie.map_err(|e| Problem::hidden(Code::Fault, e))?;
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(answer)
}

/// What a provider sends the browser back with; more than these two is its own affair.
#[derive(Deserialize)]
struct Back {
    state: String,
    code: String,
}

async fn callback(
    State(app): State<Shared>,
    headers: HeaderMap,
    back: Result<Query<Back>, QueryRejection>,
) -> Answer<Response> {
    let none = || Problem::new(Code::NotFound, "no provider is set up");
    let provider = app.provider.as_ref().ok_or_else(none)?;
    let refused = |_| Problem::new(Code::SignInFailed, "the provider did not sign you in");
    let Query(back) = back.map_err(refused)?;
    let cookies = headers.get(header::COOKIE).and_then(|v| v.to_str().ok());
    let given = (back.state.as_str(), back.code.as_str());
    let now = app.host.seconds();
    let signed_in = provider
        .finish(&app.access, given, cookies.unwrap_or_default(), now)
        .await
        .map_err(|e| access_problem(&e))?;
    tracing::info!(person = signed_in.person, "signed in by a provider");
    let reader = app.reader(&Caller::Stranger, &headers);
    with_cookie(&app, &signed_in, html_of(pages::signed_in(&reader)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    form: String,
}

async fn sign_out(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Form(made): Form<Made>,
) -> Answer<Response> {
    caller.made(&made.form)?;
    end(&app, &headers).await?;
    Ok(out(Redirect::to("/sign-in").into_response()))
}

async fn front(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    let act = if app.role == Role::Operator {
        Act::SignAgreement
    } else {
        Act::ReadRequest
    };
    app.require(&caller, act, &Object::any()).await?;
    let reader = app.reader(&caller, &headers);
    let now = app.host.seconds().to_string();
    let page = app.blocking(move |app| {
        if app.role == Role::Operator {
            let knows = !operator_of(&app.part)?.party_keys()?.is_empty();
            let list = agreements(app)?;
            return Ok(pages::agreements(&reader, &list, (&now, knows)));
        }
        let docket = app.docket.now(&app.part)?;
        Ok(pages::inbox(&reader, &docket.requests()))
    });
    page.await.map(html_of)
}

async fn deletion(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    app.require(&caller, Act::ReadRequest, &Object::any())
        .await?;
    let reader = app.reader(&caller, &headers);
    let page = app.blocking(move |app| {
        let docket = app.docket.now(&app.part)?;
        Ok(pages::deletion(&reader, docket.deletions()))
    });
    page.await.map(html_of)
}

async fn request(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(query): Query<SittingQuery>,
) -> Answer<Response> {
    app.require(&caller, Act::ReadRequest, &Object::any())
        .await?;
    let hash = hash(&name)?;
    let reader = app.reader(&caller, &headers);
    let any = Object::any();
    let may = May {
        ask: app.role == Role::Commission && app.may(&caller, Act::Ask, &any).await,
        answer: app.role == Role::Office && app.may(&caller, Act::Answer, &any).await,
        sign: app.role == Role::Commission,
    };
    let page = app.blocking(move |app| {
        let taken = Taken::of(&*app.docket.now(&app.part)?, &hash).ok_or_else(unknown)?;
        let mut shown = desk::decision(&app.part, &taken, &query);
        shown.may = may;
        Ok(pages::decision(&reader, &taken.asked, &shown))
    });
    page.await.map(html_of)
}

async fn text(
    State(app): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Query(query): Query<SittingQuery>,
) -> Answer<impl IntoResponse> {
    let text = exact(&app, &caller, &name, query).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment"),
    ];
    Ok((headers, text))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    form: String,
    text: String,
}

async fn question(
    State(app): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Form(words): Form<Words>,
) -> Answer<Redirect> {
    caller.made(&words.form)?;
    asked(&app, &caller, &name, &words.text).await?;
    Ok(back(&name))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    form: String,
    question: u64,
    text: String,
}

async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Form(reply): Form<Reply>,
) -> Answer<Redirect> {
    caller.made(&reply.form)?;
    let answer = NewAnswer {
        question: reply.question,
        text: reply.text,
    };
    say(&app, &caller, &name, answer).await?;
    Ok(back(&name))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Noted {
    form: String,
    note: String,
}

/// A note as a form brings it: browsers write its line ends anew.
fn noted(text: &str) -> Answer<NoteBody> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    NoteBody::of(format!("{text}\n").into_bytes())
}

async fn signature(
    State(app): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Form(form): Form<Noted>,
) -> Answer<Redirect> {
    caller.made(&form.form)?;
    let note = noted(&form.note)?;
    signed(&app, &caller, &name, note.note).await?;
    Ok(back(&name))
}

async fn ruling(
    State(app): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Form(form): Form<Noted>,
) -> Answer<Redirect> {
    caller.made(&form.form)?;
    hash(&name)?;
    ruled(&app, &caller, noted(&form.note)?.note).await?;
    Ok(back(&name))
}

async fn suspend(
    State(app): State<Shared>,
    caller: Caller,
    Form(form): Form<Noted>,
) -> Answer<Redirect> {
    caller.made(&form.form)?;
    suspended(&app, &caller, noted(&form.note)?).await?;
    Ok(Redirect::to("/"))
}

/// Back to the request's page. The name was read as a hash before.
fn back(name: &str) -> Redirect {
    Redirect::to(&format!("/requests/{name}"))
}
