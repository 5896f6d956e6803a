//! What machines posted for others and what was polled of partners, for people. In: looks, decisions of a supervisor. Out: lists, envelopes, entries. Never: an object that is shown to a reader
//! before the release gate let it go; a look without its line in the record.

mod inbox;
mod web;

pub(crate) use web::pages;

use super::asset::Rows;
use super::office::caller_id;
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::part::refused;
use crate::problem::{Answer, Code, Document, Problem};
use crate::taxii::decide::{Desk, NotDecided, Word};
use crate::taxii::inbox::{Outcome, Post};
use axum::Json as Said;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use sakimori_access::{Act, Object};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_release::PseudonymKey;
use sakimori_release::record::Record;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Objects of a post that are told one by one; the envelope has all.
const SHOWN_MAX: usize = 100;

/// The office's routes.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(posts))
        .routes(routes!(one))
        .routes(routes!(envelope))
        .routes(routes!(release))
        .routes(routes!(keep))
        .routes(routes!(inbox::list))
        .routes(routes!(inbox::objects))
}

/// How a post is let go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostRelease {
    /// On which basis of the law.
    #[schema(max_length = 4096)]
    basis: String,
    /// How the rights of communication parties were considered.
    #[schema(max_length = 4096)]
    rights: String,
}

/// Why a post goes to nobody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostKept {
    /// For the house; its sender is told only that it was not let go.
    #[schema(max_length = 4096)]
    reason: String,
}

/// What was decided on a post.
#[derive(Serialize, ToSchema)]
pub(crate) struct PostDecided {
    /// The index of its log entry, where it was let go.
    entry: Option<u64>,
    /// To whom it was let go, by name.
    readers: Vec<String>,
}

impl From<NotDecided> for Problem {
    fn from(error: NotDecided) -> Self {
        match error {
            NotDecided::Missing => Self::new(Code::NotFound, "there is no such post"),
            NotDecided::Before => Self::new(Code::Conflict, "it was decided before"),
            NotDecided::Wrong(why) | NotDecided::Refused(why) => Self::new(Code::Refused, why),
            NotDecided::Files(error) => refused(&error),
        }
    }
}

pub(super) fn desk(app: &App) -> Answer<&Desk> {
    let taxii = app.taxii.as_ref();
    let none = || Problem::new(Code::NotFound, "this node has no collections");
    Ok(&taxii.ok_or_else(none)?.desk)
}

/// Where a post stands, in a word.
pub(crate) const fn standing(post: &Post) -> &'static str {
    match &post.decision {
        None => "waits",
        Some(decision) => match decision.outcome {
            Outcome::LetGo { .. } => "let-go",
            Outcome::Kept { .. } => "kept",
        },
    }
}

fn row(desk: &Desk, post: &Post, now: Seconds) -> Value {
    let batch = &post.batch;
    let audience = desk.audience(post, now);
    let (title, class, readers) = audience.unwrap_or_default();
    let decision = post.decision.as_ref();
    let (mut entry, mut reason) = (None, None);
    match decision.map(|decision| &decision.outcome) {
        Some(Outcome::LetGo { entry: index, .. }) => entry = Some(*index),
        Some(Outcome::Kept { reason: why }) => reason = Some(why.clone()),
        None => {}
    }
    json!({
        "machine": post.machine, "id": post.id, "state": standing(post),
        "at": Seconds(batch.requested_micros / 1_000_000).to_string(),
        "root": batch.root, "collection": batch.collection, "title": title, "class": class, "readers": readers,
        "objects": batch.objects, "refused": batch.refused, "kinds": batch.kinds, "bytes": batch.bytes, "sha256": batch.sha256,
        "entry": entry, "reason": reason, "by": decision.map(|decision| decision.by.clone()),
        "decided": decision.map(|decision| Seconds(decision.at).to_string()),
    })
}

/// Posts of machines for collections that others read, in the order in which they came: those that wait for a supervisor, and those decided within two days.
#[utoipa::path(get, path = "/v1/shared/posts", tag = "shared",
    responses(
        (status = 200, description = "Posts, without their objects.", body = Rows),
        (status = 404, description = "This node has no collections.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn posts(State(app): State<Shared>, caller: Caller) -> Answer<Said<Rows>> {
    app.require(&caller, Act::ReleaseProduct, &Object::any())
        .await?;
    let rows = app.blocking(|app| {
        let (desk, now) = (desk(app)?, app.host.seconds());
        let all = desk.inbox.all().map_err(|e| refused(&e))?;
        Ok(all.iter().map(|post| row(desk, post, now)).collect())
    });
    Ok(Said(Rows { rows: rows.await? }))
}

/// A post with its first objects.
pub(crate) struct Shown {
    /// The post.
    pub(crate) post: Post,
    /// Title and class of its collection, and who reads it now.
    pub(crate) audience: Option<(String, String, Vec<String>)>,
    /// Id, type and text of its first objects; none once it is settled.
    pub(crate) objects: Vec<(String, String, String)>,
}

/// Looks at a post, which is put on record.
pub(super) async fn look(
    app: &Shared,
    caller: &Caller,
    (machine, id): (String, String),
) -> Answer<Shown> {
    app.require(caller, Act::ReleaseProduct, &Object::any())
        .await?;
    let named = format!("{machine} {id}");
    let shown = app.blocking(move |app| {
        let desk = desk(app)?;
        let post = desk.inbox.post(&machine, &id).map_err(|e| refused(&e))?;
        let post = post.ok_or(NotDecided::Missing)?;
        let objects = match desk.look(&post) {
            Ok(look) => look.objects,
            Err(NotDecided::Missing | NotDecided::Wrong(_)) => Vec::new(),
            Err(e) => return Err(e.into()),
        };
        Ok(Shown {
            audience: desk.audience(&post, app.host.seconds()),
            objects: objects.into_iter().take(SHOWN_MAX).collect(),
            post,
        })
    });
    let shown = shown.await?;
    app.audit(&caller_id(caller), "looked", "shared-post", &named)
        .await?;
    Ok(shown)
}

/// A post with its first 100 objects.
#[utoipa::path(get, path = "/v1/shared/posts/{machine}/{post}", tag = "shared", params(("machine" = String, Path), ("post" = String, Path, description = "The id of its status.")),
    responses(
        (status = 200, description = "Where it stands, and its objects as long as they wait."),
        (status = 404, description = "No such post.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(which): Path<(String, String)>,
) -> Answer<Said<Value>> {
    let shown = look(&app, &caller, which).await?;
    let mut value = row(desk(&app)?, &shown.post, app.host.seconds());
    let objects = shown.objects.iter();
    let read = |(_, _, text): &(String, String, String)| serde_json::from_str(text).ok();
    let objects: Vec<Value> = objects.filter_map(read).collect();
    if let Some(members) = value.as_object_mut() {
        members.insert("first".to_owned(), Value::Array(objects));
    }
    Ok(Said(value))
}

/// The envelope of a post that waits, byte for byte: what the log entry's digest is of.
#[utoipa::path(get, path = "/v1/shared/posts/{machine}/{post}/envelope", tag = "shared", params(("machine" = String, Path), ("post" = String, Path)),
    responses(
        (status = 200, description = "A TAXII envelope.", content_type = "application/json"),
        (status = 404, description = "No such post, or it is settled.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn envelope(
    State(app): State<Shared>,
    caller: Caller,
    Path((machine, id)): Path<(String, String)>,
) -> Answer<impl IntoResponse> {
    app.require(&caller, Act::ReleaseProduct, &Object::any())
        .await?;
    let named = format!("{machine} {id}");
    let text = app.blocking(move |app| {
        let desk = desk(app)?;
        let post = desk.inbox.post(&machine, &id).map_err(|e| refused(&e))?;
        let look = desk.look(&post.ok_or(NotDecided::Missing)?)?;
        Ok(look.envelope)
    });
    let text = text.await?;
    app.audit(&caller_id(&caller), "looked", "shared-post", &named)
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment"),
    ];
    Ok((headers, text))
}

/// What somebody typed.
pub(super) enum Typed {
    Release(PostRelease),
    Keep(PostKept),
}

impl Typed {
    fn word(&self) -> Word<'_> {
        match self {
            Self::Release(said) => Word::Release {
                basis: &said.basis,
                rights: &said.rights,
            },
            Self::Keep(said) => Word::Keep {
                reason: &said.reason,
            },
        }
    }
}

/// Decides on a post and settles it where it is small; a large one goes on behind the answer.
pub(super) async fn decided(
    app: &Shared,
    caller: &Caller,
    (machine, id): (String, String),
    typed: Typed,
) -> Answer<Post> {
    app.require(caller, Act::ReleaseProduct, &Object::any())
        .await?;
    let by = caller_id(caller);
    let actor: Name = by
        .parse()
        .map_err(|e| Problem::new(Code::Refused, format!("actor: {e}")))?;
    let post = app.blocking(move |app| {
        let fault = |e: std::io::Error| Problem::hidden(Code::Fault, e);
        let key = PseudonymKey::new(app.host.bytes().map_err(fault)?);
        let with = (app.host.seconds(), &key);
        let which = (machine.as_str(), id.as_str());
        let enter = |record: &Record| crate::taxii::enter(app, record);
        desk(app)?.decide(which, (&actor, typed.word()), with, enter)
    });
    let post = post.await?;
    let detail = match post.decision.as_ref().map(|decision| &decision.outcome) {
        Some(Outcome::LetGo { entry, .. }) => format!("entry {entry}"),
        _ => "to nobody".to_owned(),
    };
    let object = format!("{} {}", post.machine, post.id);
    app.audit(&by, "release-post", &object, &detail).await?;
    if post.batch.objects <= crate::taxii::STEP as u64 {
        crate::taxii::settled(app).await;
    } else {
        crate::taxii::tick(app);
    }
    Ok(post)
}

fn told(post: &Post) -> PostDecided {
    match post.decision.as_ref().map(|decision| &decision.outcome) {
        Some(Outcome::LetGo { entry, readers }) => PostDecided {
            entry: Some(*entry),
            readers: readers.iter().cloned().collect(),
        },
        _ => PostDecided {
            entry: None,
            readers: Vec::new(),
        },
    }
}

/// Lets a post go: the gate judges it for whoever reads its collection now, its entry with class, readers and digest is put on record, then its objects get their dates and are there.
#[utoipa::path(post, path = "/v1/shared/posts/{machine}/{post}/release", tag = "shared", params(("machine" = String, Path), ("post" = String, Path)), request_body = PostRelease,
    responses(
        (status = 200, description = "It is on record.", body = PostDecided),
        (status = 404, description = "No such post.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "It was decided before.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "The gate refuses; that is on record too.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn release(
    State(app): State<Shared>,
    caller: Caller,
    Path(which): Path<(String, String)>,
    Json(said): Json<PostRelease>,
) -> Answer<Said<PostDecided>> {
    let post = decided(&app, &caller, which, Typed::Release(said)).await?;
    Ok(Said(told(&post)))
}

/// Keeps a post: it goes to nobody, and its sender is told that it was not let go.
#[utoipa::path(post, path = "/v1/shared/posts/{machine}/{post}/refusal", tag = "shared", params(("machine" = String, Path), ("post" = String, Path)), request_body = PostKept,
    responses(
        (status = 200, description = "It goes to nobody.", body = PostDecided),
        (status = 404, description = "No such post.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "It was decided before.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn keep(
    State(app): State<Shared>,
    caller: Caller,
    Path(which): Path<(String, String)>,
    Json(said): Json<PostKept>,
) -> Answer<Said<PostDecided>> {
    let post = decided(&app, &caller, which, Typed::Keep(said)).await?;
    Ok(Said(told(&post)))
}
