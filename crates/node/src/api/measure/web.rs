//! Routes of pages. In: forms. Out: pages. Never: an act that the interface has not too; a form of the office that was not made for the session. The form of complaints shows no session: it is for everybody, and changes nothing of others.

use super::acts::{self, Deed};
use super::complaints::{self, Decided, NewComplaint};
use super::renewals::{self, NewRenewal};
use super::stops;
use super::{acts_as, held, kept, reads, room};
use crate::app::{Caller, Shared};
use crate::extract::Form;
use crate::pages::{html_of, measure as pages};
use crate::problem::{Answer, Code, Problem};
use crate::server::Connection;
use axum::Router;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use sakimori_access::{Act as Leave, Object};
use sakimori_liaison::measure::{ComplaintPaper, Held, complaint, measures, stop};
use sakimori_liaison::paper::Written;
use sakimori_respond::plan::life::Stage;
use serde::Deserialize;

/// Most complaints of a measure that its page shows; the list has all of them.
const COMPLAINTS_SHOWN_MAX: usize = 200;

pub(super) fn routes() -> Router<Shared> {
    super::followed::routes()
        .route("/measures", get(list))
        .route("/measures/hold", post(held_all))
        .route("/measures/let-go", post(let_go))
        .route("/measures/{measure}", get(one).post(acted))
        .route("/measures/{measure}/renewal", post(renewed))
        .route("/measures/complaints/{reference}", post(decided))
        .route("/complaints", get(form).post(complained))
        .route("/complaints/{reference}", get(standing))
}

async fn list(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    reads(&app, &caller).await?;
    let (all, more) = measures(&*app.store).await.map_err(|e| kept(&e))?;
    let reader = app.reader(&caller, &headers);
    let alarms = app.measures.alarms();
    let now = app.host.seconds();
    let stopped = stop(&*app.store).await.map_err(|e| kept(&e))?;
    let may = app.may(&caller, Leave::Respond, &Object::any()).await;
    Ok(html_of(pages::list(
        &reader,
        (&all, more),
        &alarms,
        (&stopped, may),
        now,
    )))
}

async fn one(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(measure): Path<String>,
) -> Answer<Response> {
    reads(&app, &caller).await?;
    let held = held(&app, &measure).await?;
    let found = complaints_of(&app, &held).await?;
    let reader = app.reader(&caller, &headers);
    let may = app.may(&caller, Leave::Respond, &Object::any()).await;
    let now = app.host.seconds();
    let judged = sakimori_liaison::measure::verdict(&*app.store, held.state().plan().id).await;
    let judged = judged.map_err(|e| kept(&e))?;
    let cautions = cautions(&app, &held).await?;
    let shown = pages::one(
        &reader,
        &held,
        judged.as_ref(),
        (&found, &cautions),
        may,
        now,
    );
    Ok(html_of(shown))
}

/// Complaints about a measure: those that wait for a person first.
async fn complaints_of(app: &Shared, held: &Held) -> Answer<Vec<Written<ComplaintPaper>>> {
    let references = held.state().complaints();
    let open = references.iter().filter(|(_, decided)| decided.is_none());
    let done = references.iter().filter(|(_, decided)| decided.is_some());
    let mut found = Vec::new();
    for (reference, _) in open.chain(done).take(COMPLAINTS_SHOWN_MAX) {
        let one = complaint(&*app.store, reference).await;
        found.push(one.map_err(|e| kept(&e))?);
    }
    Ok(found)
}

/// What to look at before saying yes. Names of what waits for a person are looked up for it; those of what is decided are looked up all the time.
async fn cautions(app: &Shared, held: &Held) -> Answer<Vec<String>> {
    let plan = held.state().plan();
    let room = room(app).await?;
    if matches!(held.state().stage(), Stage::Drafted | Stage::Reviewed) {
        room.look(plan).await?;
    }
    Ok(room.cautions(plan))
}

/// A button.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pressed {
    form: String,
    act: String,
    #[serde(default)]
    confirm: String,
}

async fn acted(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Answer<Redirect> {
    caller.made(&pressed.form)?;
    let deed = match pressed.act.as_str() {
        "release" if pressed.confirm == "yes" => Deed::Release,
        "release" => return Err(Problem::new(Code::Incomplete, "`confirm` is not set")),
        "hold" => Deed::Hold,
        "free" => Deed::Free,
        _ => {
            return Err(Problem::new(
                Code::Incomplete,
                "`act` is none of the page's",
            ));
        }
    };
    let id = held(&app, &measure).await?.state().plan().id;
    acts::done(&app, &caller, &measure, deed).await?;
    Ok(Redirect::to(&format!("/measures/{id}")))
}

/// A reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    form: String,
    why: String,
}

async fn held_all(
    State(app): State<Shared>,
    caller: Caller,
    Form(said): Form<Reason>,
) -> Answer<Redirect> {
    caller.made(&said.form)?;
    stops::set(&app, &caller, true, &said.why).await?;
    Ok(Redirect::to("/measures"))
}

async fn let_go(
    State(app): State<Shared>,
    caller: Caller,
    Form(said): Form<Reason>,
) -> Answer<Redirect> {
    caller.made(&said.form)?;
    stops::set(&app, &caller, false, &said.why).await?;
    Ok(Redirect::to("/measures"))
}

/// A renewal, as it is typed: without its text the text is shown that both officers sign.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renewed {
    form: String,
    renewal: String,
    #[serde(default)]
    text: String,
}

async fn renewed(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(measure): Path<String>,
    Form(typed): Form<Renewed>,
) -> Answer<Response> {
    caller.made(&typed.form)?;
    let by = acts_as(&app, &caller, Leave::SubmitRequest).await?;
    let id = held(&app, &measure).await?.state().plan().id;
    let reader = app.reader(&caller, &headers);
    let renewal = renewals::renewal(typed.renewal.as_bytes())?;
    // What a browser sends has the ends of lines of forms; a note has its own.
    let text = typed.text.replace("\r\n", "\n");
    if text.trim().is_empty() {
        let text = renewals::made(&app, &measure, &renewal).await?;
        let page = crate::pages::renewal::to_sign(&reader, id, &typed.renewal, &text);
        return Ok(html_of(page));
    }
    let new = NewRenewal {
        renewal: serde_json::json!(renewal),
        text,
        basis: None,
    };
    let asked = renewals::asked(&app, &measure, &new, &by).await;
    let asked = app.tried(&caller, Leave::SubmitRequest, asked).await?;
    let statement = asked["statement"].as_str().unwrap_or_default();
    let page = crate::pages::renewal::asked(&reader, id, statement);
    Ok(html_of(page))
}

/// A decision of a complaint.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    form: String,
    upheld: bool,
    answer: String,
}

async fn decided(
    State(app): State<Shared>,
    caller: Caller,
    Path(reference): Path<String>,
    Form(typed): Form<Typed>,
) -> Answer<Redirect> {
    caller.made(&typed.form)?;
    let said = Decided {
        upheld: typed.upheld,
        answer: typed.answer,
    };
    complaints::done(&app, &caller, &reference, &said).await?;
    let found = complaint(&*app.store, &reference).await;
    let measure = found.map_err(|e| kept(&e))?.said.measure;
    Ok(match measure {
        Some(id) => Redirect::to(&format!("/measures/{id}")),
        None => Redirect::to("/measures"),
    })
}

async fn shown(app: &Shared, headers: &HeaderMap, taken: Option<&str>) -> Answer<Response> {
    let register = complaints::counted(app).await?;
    let reader = app.reader(&Caller::Stranger, headers);
    let set_up = complaints::set_up(app).await.is_ok();
    Ok(html_of(pages::complaints(
        &reader, taken, set_up, &register,
    )))
}

async fn form(State(app): State<Shared>, headers: HeaderMap) -> Answer<Response> {
    shown(&app, &headers, None).await
}

async fn complained(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    Form(new): Form<NewComplaint>,
) -> Answer<Response> {
    let reference = complaints::take(&app, &connection, &new).await?;
    shown(&app, &headers, Some(&reference)).await
}

async fn standing(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    Path(reference): Path<String>,
) -> Answer<Response> {
    let said = complaints::standing(&app, &connection, &reference).await?;
    let reader = app.reader(&Caller::Stranger, &headers);
    let head = (said.state.as_str(), said.at.as_str(), said.target.as_str());
    let more = (said.by_rule.as_str(), said.answer.as_deref());
    Ok(html_of(pages::complaint(&reader, &reference, head, more)))
}
