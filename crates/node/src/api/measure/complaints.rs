//! Complaints of those who are met. In: words of strangers, references, decisions of people. Out: a reference, how it stands, numbers. Never: a measure that ends or is suspended because a stranger says so; who complained, to anybody but the office.

use super::{acts_as, kept, reads, room};
use crate::app::{Caller, Shared};
use crate::extract::{Json, written};
use crate::limits::{COMPLAINTS_ALL_MAX, COMPLAINTS_MAX, COMPLAINTS_WINDOW};
use crate::measure::{LISTS_NOTE, follow, settings_of_now};
use crate::problem::{Answer, Code, Document, Problem};
use crate::server::Connection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use sakimori_access::Act as Leave;
use sakimori_liaison::measure::{
    ComplaintsFrom, Looked, Turn, any, complaint, complaints_page, public_register,
};
use sakimori_respond::plan::complaint::{Complaint, Register, WORDS_BYTES_MAX};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use utoipa::ToSchema;

/// Everybody, for the pace of all networks together.
const EVERYBODY: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
/// Letters of a reference.
const REFERENCE_LETTERS: usize = 26;

/// How long the public register is told as it was counted last.
const REGISTER_FRESH: Duration = Duration::from_mins(1);

/// A complaint.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewComplaint {
    /// Which address or name is met, or the reference that a blocked name's TXT record tells.
    #[schema(max_length = 300)]
    pub target: String,
    /// What is wrong. How to be reached can stand here; nothing has to.
    #[schema(max_length = 8192)]
    pub words: String,
}

/// What became of a complaint.
#[derive(Serialize, ToSchema)]
pub(crate) struct ComplaintTaken {
    /// Whoever has it may ask how the complaint stands.
    pub reference: String,
}

/// Whether this node carries measures out at all: lists are in use, or a measure is there that somebody can be met by.
pub(super) async fn set_up(app: &Shared) -> Answer<()> {
    let in_use = app.folder.join(LISTS_NOTE).exists();
    if in_use || any(&*app.store).await.map_err(|e| kept(&e))? {
        return Ok(());
    }
    let words = "this node carries out no measures";
    Err(Problem::new(Code::NotImplemented, words))
}

/// Complains about a block, without sign-in. At most ten an hour from one network. A person decides; where the target is seen to be another than the one that was approved the measure is suspended at once.
#[utoipa::path(post, path = "/v1/complaints", tag = "complaints", request_body = NewComplaint, responses(
    (status = 201, description = "It is kept.", body = ComplaintTaken),
    (status = 422, description = "A field is empty or too long.", body = Document, content_type = "application/problem+json"),
    (status = 429, description = "Too many from this network.", body = Document, content_type = "application/problem+json"),
    (status = 501, description = "This node carries out no measures.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn complain(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    Json(new): Json<NewComplaint>,
) -> Answer<(StatusCode, axum::Json<ComplaintTaken>)> {
    let reference = take(&app, &connection, &new).await?;
    Ok((
        StatusCode::CREATED,
        axum::Json(ComplaintTaken { reference }),
    ))
}

/// Takes a complaint; for the page too.
pub(super) async fn take(
    app: &Shared,
    connection: &Connection,
    new: &NewComplaint,
) -> Answer<String> {
    let pace = (COMPLAINTS_MAX, COMPLAINTS_WINDOW);
    let (address, at) = (connection.address.ip(), app.host.counted_ms());
    app.measures.paces.take_at_most(address, at, pace)?;
    // Many networks together are bounded too: what comes beyond it would only hide what came before.
    let all = (COMPLAINTS_ALL_MAX, COMPLAINTS_WINDOW);
    if let Err(problem) = app.measures.pace.take_at_most(EVERYBODY, at, all) {
        let words = "more complaints come than are taken; letters and telephone remain";
        let now = app.host.seconds();
        app.measures.alarm(now, "", "complaint", words);
        return Err(problem);
    }
    set_up(app).await?;
    let target = written("target", &new.target)?;
    let words = written("words", &new.words)?;
    if target.len() > 300 || target.contains('\n') {
        return Err(Problem::new(
            Code::Incomplete,
            "`target` is an address or a name",
        ));
    }
    let random = app
        .host
        .bytes()
        .map_err(|e| Problem::hidden(Code::Fault, e))?;
    let taken = Complaint::take(&target, &words, random, app.host.seconds());
    let taken = taken.map_err(|e| Problem::new(Code::Incomplete, e))?;
    let room = room(app).await?;
    let looked = Looked { stranger: true };
    let done = room.with("stranger", async |m| m.complain(taken, &looked).await);
    let (paper, turn) = done.await?;
    let reference = paper.complaint.reference.clone();
    app.measures.forget_register();
    app.measures.alarm(
        app.host.seconds(),
        paper.measure.as_deref().unwrap_or_default(),
        "complaint",
        &format!("a complaint waits: {reference}"),
    );
    Box::pin(followed(app, turn, "stranger")).await?;
    Ok(reference)
}

async fn followed(app: &Shared, turn: Option<Turn>, by: &str) -> Answer<()> {
    let Some(turn) = turn else { return Ok(()) };
    let room = room(app).await?;
    let stepped = room.follow(turn, by).await?;
    let said = settings_of_now(app).await?;
    follow(app, &room, &said, &stepped).await
}

/// How a complaint stands, for whoever has its reference.
#[derive(Serialize, ToSchema)]
pub(crate) struct Standing {
    /// `open`, `upheld` or `dismissed`.
    pub state: String,
    /// When it came, RFC 3339.
    pub at: String,
    /// About what.
    pub target: String,
    /// What the rules said at once.
    pub by_rule: String,
    /// What a person answers; none before.
    pub answer: Option<String>,
}

/// Asks how a complaint stands.
#[utoipa::path(get, path = "/v1/complaints/{reference}", tag = "complaints",
    params(("reference" = String, Path, description = "As it was given.")),
    responses(
        (status = 200, description = "How it stands.", body = Standing),
        (status = 404, description = "No such reference.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn asked(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    Path(reference): Path<String>,
) -> Answer<axum::Json<Standing>> {
    standing(&app, &connection, &reference)
        .await
        .map(axum::Json)
}

/// How it stands; for the page too.
pub(super) async fn standing(
    app: &Shared,
    connection: &Connection,
    reference: &str,
) -> Answer<Standing> {
    // 128 bits are not guessed; who tries all the same is as bounded as who signs in.
    app.starts(connection)?;
    let reference = reference.trim().to_ascii_lowercase();
    let letters = reference.bytes().all(|b| b.is_ascii_alphanumeric());
    if reference.len() != REFERENCE_LETTERS || !letters {
        return Err(Problem::new(Code::NotFound, ""));
    }
    let found = complaint(&*app.store, &reference).await;
    let found = found.map_err(|e| kept(&e))?;
    Ok(Standing {
        state: found.state,
        at: found.said.complaint.at.to_string(),
        target: found.said.complaint.target,
        // What the rules said tells what is acted on; whoever complains is told by a person.
        by_rule: "a person decides".to_owned(),
        answer: found.said.answer,
    })
}

/// The register of complaints, in numbers alone, for everybody.
#[utoipa::path(get, path = "/v1/complaint-register", tag = "complaints", responses(
    (status = 200, description = "`received`, `open`, `dismissed`, `upheld`, `ended`.", body = Object),
))]
pub(crate) async fn register(State(app): State<Shared>) -> Answer<axum::Json<Value>> {
    counted(&app)
        .await
        .map(|register| axum::Json(json!(register)))
}

/// The register in numbers; counted anew at most once a minute, however often it is asked for.
pub(super) async fn counted(app: &Shared) -> Answer<Register> {
    let now = app.host.counted_ms();
    if let Some(register) = app.measures.register(now, REGISTER_FRESH) {
        return Ok(register);
    }
    let register = public_register(&*app.store).await.map_err(|e| kept(&e))?;
    app.measures.keep_register(now, &register);
    Ok(register)
}

/// Which complaints.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `open`, `upheld` or `dismissed`; all without it.
    state: Option<String>,
    /// Those that came last first; without it those that wait longest.
    #[serde(default)]
    newest: bool,
    /// Where the page before ended: its `next`.
    behind: Option<u64>,
}

/// Complaints as the office has them.
#[utoipa::path(get, path = "/v1/measure-complaints", tag = "measures", params(Which), responses(
    (status = 200, description = "`complaints`, and `next` where more can follow: `behind` of the next page.", body = Object),
))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<axum::Json<Value>> {
    reads(&app, &caller).await?;
    let from = if which.newest {
        ComplaintsFrom::Newest
    } else {
        ComplaintsFrom::Oldest
    };
    let state = which.state.as_deref();
    let page = complaints_page(&*app.store, state, from, which.behind).await;
    let (all, next) = page.map_err(|e| kept(&e))?;
    let rows = all.iter().map(|one| {
        let said = &one.said;
        json!({
            "reference": one.id, "state": one.state, "at": said.complaint.at.to_string(), "target": said.complaint.target, "words": said.complaint.words,
            "measure": said.measure, "suspends": said.ruling.suspend, "by_rule": said.ruling.words, "answer": said.answer,
        })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(axum::Json(json!({"complaints": rows, "next": next})))
}

/// A person's decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decided {
    /// Whether the block was wrong; then the measure ends.
    pub upheld: bool,
    /// What whoever complained is told.
    #[schema(max_length = 16384)]
    pub answer: String,
}

/// Decides a complaint.
#[utoipa::path(post, path = "/v1/measure-complaints/{reference}", tag = "measures", request_body = Decided,
    params(("reference" = String, Path, description = "Its reference.")),
    responses(
        (status = 200, description = "Its state.", body = Object),
        (status = 422, description = "It is decided.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn decide(
    State(app): State<Shared>,
    caller: Caller,
    Path(reference): Path<String>,
    Json(decided): Json<Decided>,
) -> Answer<axum::Json<Value>> {
    done(&app, &caller, &reference, &decided)
        .await
        .map(axum::Json)
}

/// Decides it; for the page too.
pub(super) async fn done(
    app: &Shared,
    caller: &Caller,
    reference: &str,
    decided: &Decided,
) -> Answer<Value> {
    let by = acts_as(app, caller, Leave::Respond).await?;
    let answer = written("answer", &decided.answer)?;
    if answer.len() > WORDS_BYTES_MAX {
        return Err(Problem::new(Code::Incomplete, "`answer` is too long"));
    }
    let room = room(app).await?;
    let (by, upheld) = (by.as_str(), decided.upheld);
    let outcome = room.with(by, async |m| m.decide(reference, upheld, &answer).await);
    let outcome = outcome.await;
    let (_, turn) = app.tried(caller, Leave::Respond, outcome).await?;
    app.measures.forget_register();
    Box::pin(followed(app, turn, by)).await?;
    let state = if upheld { "upheld" } else { "dismissed" };
    Ok(json!({"reference": reference, "state": state}))
}
