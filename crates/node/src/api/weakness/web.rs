//! Routes of pages. In: forms. Out: pages. Never: an act that the interface has not too; a form of the office that was not made for the session. A stranger's and a maker's forms show no
//! session: the one changes nothing of others, the other's leave is the link itself.

use super::forms::{self, Fields};
use super::house::{of, published};
use super::{acts, counts, problem, rest};
use crate::app::{Caller, Shared};
use crate::extract::Form;
use crate::pages::{html_of, weakness as pages};
use crate::problem::{Answer, Code, Problem};
use crate::server::Connection;
use axum::Router;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use sakimori_access::{Act as Leave, Object};
use sakimori_advisory::room::Act;
use sakimori_advisory::room::report::Known;
use sakimori_liaison::weakness::By;
use sakimori_liaison::weakness::files;
use sakimori_liaison::weakness::intake::{self, Which};
use sakimori_liaison::weakness::{case, intake as desk};
use serde::Deserialize;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/weaknesses", get(list))
        .route("/weaknesses/report", get(form).post(report))
        .route(
            "/weaknesses/report/{report}/{secret}",
            get(followed).post(spoken),
        )
        .route("/weaknesses/room/{case}/{secret}", get(room).post(heard))
        .route("/weaknesses/reports/{report}", get(one).post(done))
        .route("/weaknesses/cases/{case}", get(shown).post(acted))
        .route("/advisories", get(advisories))
        .route("/advisories/{case}", get(advisory))
}

async fn form(State(app): State<Shared>, headers: HeaderMap) -> Answer<Response> {
    of(&app)?;
    let reader = app.reader(&Caller::Stranger, &headers);
    Ok(html_of(pages::form(&reader, false)))
}

/// The stranger's form. What it does not know it does not take: a browser sends what the page has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    maker: String,
    product: String,
    versions: String,
    text: String,
    exploited: Known,
    public: Known,
    contact: String,
    credit: String,
}

impl From<Typed> for rest::NewReport {
    fn from(typed: Typed) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.trim().is_empty());
        Self {
            maker: some(typed.maker),
            product: typed.product,
            versions: some(typed.versions),
            text: typed.text,
            exploited: typed.exploited,
            public: typed.public,
            contact: some(typed.contact),
            credit: some(typed.credit),
        }
    }
}

async fn report(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Answer<Response> {
    let report = rest::NewReport::from(typed);
    let reader = app.reader(&Caller::Stranger, &headers);
    match rest::take(&app, &connection, report).await {
        Ok(taken) => {
            let page = pages::taken(&reader, &taken.report, taken.follow.as_deref());
            Ok(html_of(page))
        }
        Err(later) if later.code == Code::Unavailable => {
            let mut answer = later.into_response();
            let hours = HeaderValue::from_static("21600");
            answer.headers_mut().insert(header::RETRY_AFTER, hours);
            Ok(answer)
        }
        Err(e) => Err(e),
    }
}

async fn followed(
    State(app): State<Shared>,
    headers: HeaderMap,
    Path((report, secret)): Path<(String, String)>,
) -> Answer<Response> {
    of(&app)?;
    let none = || Problem::new(Code::NotFound, "");
    let found = desk::of_link(&*app.store, &report, &secret).await;
    let found = found.map_err(|e| problem(&e))?.ok_or_else(none)?;
    let view = match &found.said.case {
        Some(case) => {
            let kept = case::load(&*app.store, case)
                .await
                .map_err(|e| problem(&e))?;
            Some(kept.room.for_reporter(app.host.seconds()))
        }
        None => None,
    };
    let reader = app.reader(&Caller::Stranger, &headers);
    let here = format!("/weaknesses/report/{report}/{secret}");
    let (said, aside) = (&found.said.report, found.said.aside.is_some());
    let files = files::files(&*app.store, &report).await;
    let files = files.map_err(|e| problem(&e))?;
    let about = (said, aside, files.as_slice());
    let page = pages::followed(&reader, (&report, &here), about, view.as_ref());
    Ok(html_of(page))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spoken {
    text: String,
}

async fn spoken(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    Path((report, secret)): Path<(String, String)>,
    Form(spoken): Form<Spoken>,
) -> Answer<Redirect> {
    of(&app)?.pace(connection.address.ip(), app.host.counted_ms())?;
    rest::spoken(&app, (&report, &secret), spoken.text).await?;
    Ok(Redirect::to(&format!(
        "/weaknesses/report/{report}/{secret}"
    )))
}

async fn room(
    State(app): State<Shared>,
    headers: HeaderMap,
    Path((case, secret)): Path<(String, String)>,
) -> Answer<Response> {
    let (kept, maker) = acts::by_link(&app, &case, &secret).await?;
    let none = || Problem::new(Code::NotFound, "");
    let view = kept
        .room
        .for_maker(&maker, app.host.seconds())
        .ok_or_else(none)?;
    let reader = app.reader(&Caller::Stranger, &headers);
    let here = format!("/weaknesses/room/{case}/{secret}");
    let numbers = counts::known(&app, &case, &maker).await?;
    let numbers = crate::pages::affected::for_maker(&reader, numbers.as_ref());
    Ok(html_of(pages::room(&reader, &view, (&here, &numbers))))
}

async fn heard(
    State(app): State<Shared>,
    Path((case, secret)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> Answer<Redirect> {
    let text = fields.get("text").to_owned();
    let by = (case.as_str(), secret.as_str());
    match fields.get("act") {
        "said" => {
            let word: rest::NewWord = serde_json::from_value(serde_json::json!({
                "state": fields.get("state"),
                "words": Some(text).filter(|text| !text.trim().is_empty()),
            }))
            .map_err(|_| Problem::new(Code::Incomplete, "`state` is none that a maker can say"))?;
            let act = |maker| Act::Said {
                maker,
                state: word.state,
                words: word.words,
            };
            acts::by_maker(&app, by, act).await?;
        }
        "replied" => {
            let request = fields.number("request")?;
            let act = |maker| Act::Replied {
                maker,
                request,
                text,
            };
            acts::by_maker(&app, by, act).await?;
        }
        _ => {
            return Err(Problem::new(
                Code::Incomplete,
                "`act` is none that the page has",
            ));
        }
    }
    Ok(Redirect::to(&format!("/weaknesses/room/{case}/{secret}")))
}

#[derive(Deserialize)]
struct Before {
    before: Option<u64>,
}

async fn list(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<Before>,
) -> Answer<Response> {
    acts::may(&app, &caller, Leave::CoordinateWeakness).await?;
    let set_up = of(&app)?.is_set_up();
    let unread = intake::unread(&*app.store).await.map_err(|e| problem(&e))?;
    let cases = case::list(&*app.store, query.before).await;
    let cases = cases.map_err(|e| problem(&e))?;
    let reader = app.reader(&caller, &headers);
    let now = app.host.seconds();
    Ok(html_of(pages::list(
        &reader,
        &unread,
        &cases,
        (now, set_up),
        &rest::sheets(&app).await?,
    )))
}

async fn one(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(report): Path<String>,
) -> Answer<Response> {
    acts::may(&app, &caller, Leave::CoordinateWeakness).await?;
    let written = intake::report(&*app.store, &report).await;
    let written = written.map_err(|e| problem(&e))?;
    let files = files::files(&*app.store, &report).await;
    let files = files.map_err(|e| problem(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::one(&reader, &written, &files)))
}

async fn done(
    State(app): State<Shared>,
    caller: Caller,
    Path(report): Path<String>,
    Form(fields): Form<Fields>,
) -> Answer<Redirect> {
    caller.made(fields.get("form"))?;
    let who = acts::may(&app, &caller, Leave::CoordinateWeakness).await?;
    let by = By {
        who: &who,
        at: app.host.seconds(),
    };
    let to = match fields.get("act") {
        "open" => format!(
            "/weaknesses/cases/{}",
            acts::open(&app, &caller, &report).await?
        ),
        "join" => {
            let case = fields.need("case")?;
            let act = Act::Joined { report };
            acts::add(&app, &caller, (&case, None), act).await?;
            format!("/weaknesses/cases/{case}")
        }
        act @ ("aside" | "network") => {
            let which = if act == "aside" {
                Which::One(&report)
            } else {
                Which::NetworkOf(&report)
            };
            let aside = intake::set_aside(&*app.store, which, &fields.need("why")?, by).await;
            aside.map_err(|e| problem(&e))?;
            "/weaknesses".to_owned()
        }
        _ => {
            return Err(Problem::new(
                Code::Incomplete,
                "`act` is none that the page has",
            ));
        }
    };
    Ok(Redirect::to(&to))
}

async fn shown(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(case): Path<String>,
) -> Answer<Response> {
    let kept = acts::read(&app, &caller, &case).await?;
    let releases = app
        .may(&caller, Leave::ReleaseWeakness, &Object::any())
        .await;
    let reader = app.reader(&caller, &headers);
    let shown = pages::Shown {
        room: &kept.room,
        title: &kept.title,
        events: &kept.events,
        entries: &kept.entries,
        now: app.host.seconds(),
        catalogues: &rest::sheets(&app).await?,
        releases,
    };
    Ok(html_of(pages::case(&reader, &shown)))
}

async fn acted(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(case): Path<String>,
    Form(fields): Form<Fields>,
) -> Answer<Response> {
    caller.made(fields.get("form"))?;
    let on = (case.as_str(), Some(fields.number("on")?));
    if let act @ ("link" | "coordinator-link") = fields.get("act") {
        let whose = if act == "link" {
            acts::Whose::Maker(fields.need("maker")?)
        } else {
            acts::Whose::Coordinator(fields.need("coordinator")?)
        };
        let made = (whose, fields.number("days")?);
        let path = acts::link(&app, &caller, on, made).await?;
        let reader = app.reader(&caller, &headers);
        let address = of(&app)?.url(&path);
        return Ok(html_of(pages::link_made(&reader, &case, &address)));
    }
    if fields.get("act") == "counts" {
        counts::let_go(&app, &caller, &case, fields.need("maker")?).await?;
        return Ok(Redirect::to(&format!("/weaknesses/cases/{case}")).into_response());
    }
    acts::may(&app, &caller, Leave::CoordinateWeakness).await?;
    let act = forms::act(&app, &fields).await?;
    acts::add(&app, &caller, on, act).await?;
    Ok(Redirect::to(&format!("/weaknesses/cases/{case}")).into_response())
}

async fn advisories(State(app): State<Shared>, headers: HeaderMap) -> Answer<Response> {
    let published = published(&app).await?;
    let reader = app.reader(&Caller::Stranger, &headers);
    Ok(html_of(pages::advisories(&reader, &published.open)))
}

async fn advisory(
    State(app): State<Shared>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Answer<Response> {
    let none = || Problem::new(Code::NotFound, "");
    let published = published(&app).await?;
    let mut open = published.open.iter();
    let case = open.find(|case| case.id.to_ascii_lowercase() == name);
    let reader = app.reader(&Caller::Stranger, &headers);
    Ok(html_of(pages::advisory(&reader, case.ok_or_else(none)?)))
}
