//! The pages of assets and of the early warning. In: forms of browsers. Out: pages. Never: an act that the interface has not too; a form that was not made for the session.

use super::operator::{NewNotice, act, made, own_notices, taken};
use crate::api::alert::office::NewClaim;
use crate::api::alert::operator::{answered, claimed, rows};
use crate::api::report::{Bench, no};
use crate::app::{Caller, Shared};
use crate::extract::Form;
use crate::pages::alert::alerts;
use crate::pages::asset::{Shown, entry, register};
use crate::pages::html_of;
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sakimori_access::{Act as Leave, Object};
use sakimori_cooperate::Answer as Said;
use sakimori_cooperate::notice::{OperatorOutline, Since};
use sakimori_cooperate::scope::{Questions, SubType, SubTypes};
use sakimori_liaison::asset::{self, Profile, Summary};
use sakimori_liaison::notice::NoticeKind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Entries that a page shows; all of them are in the interface and at the command line.
const ENTRIES_MAX: usize = 500;

/// The pages of a role.
pub(crate) fn routes(role: Role) -> Router<Shared> {
    let router = Router::new();
    match role {
        Role::Commission | Role::Office => router,
        Role::Operator => router
            .route("/assets", get(show))
            .route("/assets/list", post(list))
            .route("/assets/outline", post(outline))
            .route("/assets/notices", post(notice))
            .route("/assets/{number}", get(one))
            .route("/assets/{number}/scope", post(scope))
            .merge(super::ours::routes())
            .route("/alerts", get(warned))
            .route("/alerts/things", post(claim))
            .route("/alerts/{id}", post(answer)),
    }
}

async fn shown(
    app: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    wrong: Option<&str>,
) -> Answer<Response> {
    let bench = Bench::of(app, caller).await?;
    let clerk = bench.clerk();
    let owner = clerk.operator.as_str();
    let kept = asset::load(&*app.store, owner).await.map_err(|e| no(&e))?;
    let profile = kept.said().profile;
    let (all, sums) = if profile.is_some() {
        let all = asset::asked(&kept, clerk.terms, clerk.now).map_err(|e| no(&e))?;
        let sums = asset::summary(&all);
        (all, sums)
    } else {
        (Vec::new(), Summary::default())
    };
    let notices = own_notices(app, owner).await?;
    let shown = Shown {
        entries: all.get(..ENTRIES_MAX).unwrap_or(&all),
        summary: sums,
        profile: profile.as_ref(),
        notices: &notices,
        wrong,
    };
    let reader = app.reader(caller, headers);
    Ok(html_of(register(&reader, &shown)))
}

async fn show(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    shown(&app, &caller, &headers, None).await
}

/// What is wrong with a form is told on its page, where it can be mended; every other problem is a problem's page.
async fn told(
    app: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    done: Answer<()>,
) -> Answer<Response> {
    match done {
        Ok(()) => Ok(Redirect::to("/assets").into_response()),
        Err(problem) if problem.code == Code::Refused => {
            shown(app, caller, headers, Some(&problem.detail)).await
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewList {
    form: String,
    list: String,
    more: Option<String>,
}

async fn list(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Form(new): Form<NewList>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    let bench = Bench::of(&app, &caller).await?;
    let list = (new.list.as_bytes(), new.more.is_some(), None);
    let done = taken(&app, &bench.clerk(), list).await.map(|_| ());
    told(&app, &caller, &headers, done).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOutline {
    form: String,
    name: String,
    address: String,
    representative: String,
    contact: String,
    sector: String,
    designated: String,
    scope_changed: String,
}

impl NewOutline {
    fn profile(self, before: Option<Profile>) -> Answer<Profile> {
        let bad = |field: &str| Problem::new(Code::Refused, format!("{field} is wrong"));
        let changed = match self.scope_changed.as_str() {
            "" => None,
            day => Some(day.parse().map_err(|_| bad("scope_changed"))?),
        };
        Ok(Profile {
            outline: OperatorOutline {
                name: self.name,
                address: self.address,
                representative: self.representative,
                contact: self.contact,
            },
            sector: self.sector.parse().map_err(|_| bad("sector"))?,
            since: Since {
                designated: self.designated.parse().map_err(|_| bad("designated"))?,
                scope_changed: changed,
            },
            filings: before.map(|before| before.filings).unwrap_or_default(),
        })
    }
}

async fn outline(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Form(new): Form<NewOutline>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    let bench = Bench::of(&app, &caller).await?;
    let clerk = bench.clerk();
    let kept = asset::load(&*app.store, clerk.operator.as_str()).await;
    let before = kept.map_err(|e| no(&e))?.said().profile;
    let done = match new.profile(before) {
        Ok(said) => {
            let set = asset::profile(&*app.store, act(&clerk), said, clerk.terms).await;
            set.map_err(|e| no(&e))
        }
        Err(problem) => Err(problem),
    };
    told(&app, &caller, &headers, done).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    form: String,
    kind: NoticeKind,
    details: Option<String>,
}

async fn notice(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Form(new): Form<Wanted>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    let bench = Bench::of(&app, &caller).await?;
    let wanted = NewNotice {
        kind: new.kind,
        details: new.details.is_some(),
    };
    let done = made(&app, &bench.clerk(), &wanted).await.map(|_| ());
    told(&app, &caller, &headers, done).await
}

async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(number): Path<u64>,
    headers: HeaderMap,
) -> Answer<Response> {
    let bench = Bench::of(&app, &caller).await?;
    let clerk = bench.clerk();
    let kept = asset::load(&*app.store, clerk.operator.as_str()).await;
    let kept = kept.map_err(|e| no(&e))?;
    let all = asset::asked(&kept, clerk.terms, clerk.now).map_err(|e| no(&e))?;
    let found = all.iter().find(|each| each.entry.number == number);
    let each = found.ok_or_else(|| Problem::new(Code::NotFound, ""))?;
    Ok(html_of(entry(&app.reader(&caller, &headers), each)))
}

/// Answers by the names of their questions; what is not there is unsure.
fn questions(form: &BTreeMap<String, String>) -> Questions {
    let said = |name: &str| match form.get(name).map(String::as_str) {
        Some("yes") => Said::Yes,
        Some("no") => Said::No,
        _ => Said::Unsure,
    };
    let mut sub_types = SubTypes::default();
    for each in SubType::ALL {
        sub_types.set(each, said(each.id()));
    }
    Questions {
        operator: said("operator"),
        equipment: said("equipment"),
        connected: said("connected"),
        sub_types,
        preparation: said("preparation"),
    }
}

async fn scope(
    State(app): State<Shared>,
    caller: Caller,
    Path(number): Path<u64>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Answer<Response> {
    caller.made(form.get("form").map_or("", String::as_str))?;
    let bench = Bench::of(&app, &caller).await?;
    let clerk = bench.clerk();
    let said = questions(&form);
    let done = asset::answer(&*app.store, act(&clerk), number, said, clerk.terms).await;
    done.map_err(|e| no(&e))?;
    Ok(Redirect::to(&format!("/assets/{number}")).into_response())
}

async fn warned(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    app.require(&caller, Leave::FileReport, &Object::any())
        .await?;
    let (own, things) = (
        rows(&app, "/v1/alerts").await?,
        rows(&app, "/v1/registrations").await?,
    );
    let reader = app.reader(&caller, &headers);
    Ok(html_of(alerts(&reader, (&own, &things), None)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    form: String,
    answer: String,
}

async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Form(given): Form<Given>,
) -> Answer<Response> {
    caller.made(&given.form)?;
    app.require(&caller, Leave::FileReport, &Object::any())
        .await?;
    answered(&app, &id, &given.answer).await?;
    Ok(Redirect::to("/alerts").into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claimed {
    form: String,
    thing: String,
    method: String,
}

async fn claim(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Form(new): Form<Claimed>,
) -> Answer<Response> {
    caller.made(&new.form)?;
    app.require(&caller, Leave::FileReport, &Object::any())
        .await?;
    let claim = NewClaim {
        thing: new.thing,
        method: new.method,
    };
    let challenge = claimed(&app, &claim).await?;
    let (own, things) = (
        rows(&app, "/v1/alerts").await?,
        rows(&app, "/v1/registrations").await?,
    );
    let reader = app.reader(&caller, &headers);
    Ok(html_of(alerts(&reader, (&own, &things), Some(&challenge))))
}
