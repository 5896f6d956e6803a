//! Coordinators over HTTPS: links of the office, rooms of coordinators. In: JSON and forms, a link's secret. Out: what one coordinator sees. Never: a room without its link; another party's words.

use super::acts::{self, Whose};
use super::forms::Fields;
use super::rest::{LinkPath, NewWord};
use crate::app::{Caller, Shared};
use crate::extract::{Form, Json};
use crate::pages::{html_of, weakness as pages};
use crate::problem::{Answer, Code, Document, Problem};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Redirect, Response};
use axum::routing::get;
use sakimori_advisory::publish::case::MakerState;
use sakimori_advisory::room::Act;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route(
        "/weaknesses/coordinator/{case}/{secret}",
        get(room).post(heard),
    )
}

/// A link into a coordinator's room.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCoordinatorLink {
    /// How many events the case had when it was read.
    pub on: usize,
    /// The coordinator.
    pub coordinator: String,
    /// For how many days it opens the room, 1 to 366.
    pub days: u64,
}

/// Makes a link into a coordinator's room.
#[utoipa::path(post, path = "/v1/weaknesses/{case}/coordinator-links", tag = "weaknesses", request_body = NewCoordinatorLink,
    params(("case" = String, Path, description = "The case.")),
    responses(
        (status = 201, description = "The link; only its hash is kept.", body = LinkPath),
        (status = 422, description = "No such coordinator in the case, or too many days.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn link(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Json(link): Json<NewCoordinatorLink>,
) -> Answer<(StatusCode, axum::Json<LinkPath>)> {
    let on = (case.as_str(), Some(link.on));
    let whose = Whose::Coordinator(link.coordinator);
    let path = acts::link(&app, &caller, on, (whose, link.days)).await?;
    Ok((StatusCode::CREATED, axum::Json(LinkPath { path })))
}

/// What a coordinator sees, by the secret of its link.
#[utoipa::path(get, path = "/v1/coordinator-rooms/{case}/{secret}", tag = "weaknesses",
    params(("case" = String, Path, description = "The case."), ("secret" = String, Path, description = "The secret of its link.")),
    responses(
        (status = 200, description = "The coordinator's part.", body = Object),
        (status = 404, description = "No such case, or the link opens nothing.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn seen(
    State(app): State<Shared>,
    Path((case, secret)): Path<(String, String)>,
) -> Answer<axum::Json<Value>> {
    let (kept, name) = acts::coordinator_by_link(&app, (&case, &secret)).await?;
    let now = app.host.seconds();
    Ok(axum::Json(json!(kept.room.for_coordinator(&name, now))))
}

/// What a coordinator says: a text to the office, or what a maker said to it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCoordinatorWord {
    /// The maker whose word it is; a text to the office without it.
    #[serde(default)]
    pub maker: Option<String>,
    /// Where the maker's products stand: `affected`, `not-affected`, `fixed` or `unknown`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub state: Option<MakerState>,
    /// In words.
    #[serde(default)]
    #[schema(max_length = 16000)]
    pub words: Option<String>,
}

/// The act of a coordinator's word.
fn act(said: NewCoordinatorWord, coordinator: String) -> Answer<Act> {
    let lacks = |field: &str| Problem::new(Code::Incomplete, format!("`{field}` is missing"));
    Ok(match said.maker {
        Some(maker) => Act::Said {
            maker,
            state: said.state.ok_or_else(|| lacks("state"))?,
            words: said.words,
        },
        None => Act::CoordinatorSaid {
            coordinator,
            text: said.words.ok_or_else(|| lacks("words"))?,
        },
    })
}

async fn spoken(app: &Shared, of_link: (&str, &str), said: NewCoordinatorWord) -> Answer<Value> {
    let (_, name) = acts::coordinator_by_link(app, of_link).await?;
    let act = act(said, name)?;
    let (kept, name) = acts::by_coordinator(app, of_link, |_| act).await?;
    let now = app.host.seconds();
    Ok(json!(kept.room.for_coordinator(&name, now)))
}

/// A coordinator says something, by its link.
#[utoipa::path(post, path = "/v1/coordinator-rooms/{case}/{secret}/words", tag = "weaknesses", request_body = NewCoordinatorWord,
    params(("case" = String, Path, description = "The case."), ("secret" = String, Path, description = "The secret of its link.")),
    responses(
        (status = 200, description = "The coordinator's part after it.", body = Object),
        (status = 404, description = "No such case, or the link opens nothing.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn said(
    State(app): State<Shared>,
    Path((case, secret)): Path<(String, String)>,
    Json(word): Json<NewCoordinatorWord>,
) -> Answer<axum::Json<Value>> {
    spoken(&app, (&case, &secret), word).await.map(axum::Json)
}

async fn room(
    State(app): State<Shared>,
    headers: HeaderMap,
    Path((case, secret)): Path<(String, String)>,
) -> Answer<Response> {
    let (kept, name) = acts::coordinator_by_link(&app, (&case, &secret)).await?;
    let none = || Problem::new(Code::NotFound, "");
    let view = kept.room.for_coordinator(&name, app.host.seconds());
    let reader = app.reader(&Caller::Stranger, &headers);
    let here = format!("/weaknesses/coordinator/{case}/{secret}");
    let view = view.ok_or_else(none)?;
    Ok(html_of(pages::coordinator(&reader, &view, &here)))
}

async fn heard(
    State(app): State<Shared>,
    Path((case, secret)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> Answer<Redirect> {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.trim().is_empty());
    let words = some(fields.get("text"));
    let word = match fields.get("act") {
        "coordinator-said" => NewCoordinatorWord {
            maker: None,
            state: None,
            words,
        },
        "said" => {
            let state = json!({ "state": fields.get("state") });
            let read: NewWord = serde_json::from_value(state).map_err(|_| {
                Problem::new(Code::Incomplete, "`state` is none that a maker can say")
            })?;
            NewCoordinatorWord {
                maker: Some(fields.need("maker")?),
                state: Some(read.state),
                words,
            }
        }
        _ => {
            let text = "`act` is none that the page has";
            return Err(Problem::new(Code::Incomplete, text));
        }
    };
    spoken(&app, (&case, &secret), word).await?;
    Ok(Redirect::to(&format!(
        "/weaknesses/coordinator/{case}/{secret}"
    )))
}
