//! The pages of assets. In: forms of browsers. Out: pages. Never: an act that the interface has not too; a form that was not made for the session.

use super::operator::{NewNotice, act, imported, listed, made, own_notices};
use super::upload::Uploaded;
use crate::api::report::{Bench, no};
use crate::app::{Caller, Shared};
use crate::extract::Form;
use crate::pages::asset::{Shown, entry, register};
use crate::pages::html_of;
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sakimori_cooperate::Answer as Answered;
use sakimori_cooperate::form::{CellError, ListError};
use sakimori_cooperate::notice::{OperatorOutline, Since};
use sakimori_cooperate::scope::{Questions, SubType, SubTypes};
use sakimori_liaison::asset::{self, Profile, Summary};
use sakimori_liaison::notice::NoticeKind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Entries that a page shows; the next page has those behind them.
const ENTRIES_MAX: usize = 500;

/// The pages of a role.
pub(crate) fn routes(role: Role) -> Router<Shared> {
    let router = Router::new();
    match role {
        Role::Commission => router,
        Role::Office => router.route("/matches", get(super::affected::show)),
        Role::Operator => router
            .route("/assets", get(show))
            .route("/assets/list", post(list))
            .route("/assets/file", post(file))
            .route("/assets/outline", post(outline))
            .route("/assets/notices", post(notice))
            .route("/assets/{number}", get(one))
            .route("/assets/{number}/scope", post(scope))
            .merge(super::ours::routes()),
    }
}

/// What a page of the register says beside the register.
#[derive(Default)]
struct Said<'a> {
    /// What is wrong with the form that was sent.
    wrong: Option<&'a str>,
    /// Wrong cells of the list that was sent, and how many there are.
    cells: (&'a [CellError], usize),
    /// Entries behind this number.
    after: u64,
}

async fn shown(
    app: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    said: &Said<'_>,
) -> Answer<Response> {
    let bench = Bench::of(app, caller).await?;
    let clerk = bench.clerk();
    let owner = clerk.operator.as_str();
    let kept = asset::load(&*app.store, owner).await.map_err(|e| no(&e))?;
    let profile = kept.said().profile;
    let (mut all, sums) = if profile.is_some() {
        let all = asset::asked(&kept, clerk.terms, clerk.now).map_err(|e| no(&e))?;
        let sums = asset::summary(&all);
        (all, sums)
    } else {
        (Vec::new(), Summary::default())
    };
    all.sort_by_key(|each| each.entry.number);
    let first = all.partition_point(|each| each.entry.number <= said.after);
    let behind = all.get(first..).unwrap_or_default();
    let some = behind.get(..ENTRIES_MAX).unwrap_or(behind);
    let notices = own_notices(app, owner).await?;
    let shown = Shown {
        entries: some,
        next: (behind.len() > some.len())
            .then(|| some.last().map(|each| each.entry.number))
            .flatten(),
        is_first: first == 0,
        summary: sums,
        profile: profile.as_ref(),
        notices: &notices,
        wrong: said.wrong,
        cells: said.cells,
    };
    let reader = app.reader(caller, headers);
    Ok(html_of(register(&reader, &shown)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Behind {
    #[serde(default)]
    after: u64,
}

async fn show(
    State(app): State<Shared>,
    caller: Caller,
    Query(behind): Query<Behind>,
    headers: HeaderMap,
) -> Answer<Response> {
    let said = Said {
        after: behind.after,
        ..Said::default()
    };
    shown(&app, &caller, &headers, &said).await
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
            let said = Said {
                wrong: Some(&problem.detail),
                ..Said::default()
            };
            shown(app, caller, headers, &said).await
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
    let list = (new.list.as_bytes(), new.more.is_some());
    taken(&app, &caller, &headers, list).await
}

async fn file(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    // Who may not write is told before a file is read.
    Bench::of(&app, &caller).await?;
    let sent = Uploaded::of(&caller, headers.clone(), body).await?;
    taken(&app, &caller, &headers, (&sent.list, sent.more)).await
}

/// Takes a list, all of it or nothing; every cell that is wrong is told on the page.
async fn taken(
    app: &Shared,
    caller: &Caller,
    headers: &HeaderMap,
    (list, more): (&[u8], bool),
) -> Answer<Response> {
    let bench = Bench::of(app, caller).await?;
    let list = match asset::read_list(list) {
        Ok(list) => list,
        Err(ListError::Cells { cells, total }) => {
            let said = Said {
                cells: (&cells, total),
                ..Said::default()
            };
            return shown(app, caller, headers, &said).await;
        }
        Err(other) => return told(app, caller, headers, Err(listed(&other))).await,
    };
    let done = imported(app, &bench.clerk(), (list, more, None)).await;
    told(app, caller, headers, done.map(|_| ())).await
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
        Some("yes") => Answered::Yes,
        Some("no") => Answered::No,
        _ => Answered::Unsure,
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
