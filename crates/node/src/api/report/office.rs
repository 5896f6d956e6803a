//! The office's routes for reports. In: documents of operators' nodes and machines, acts of officers. Out: receipts, cases, lists, numbers. Never: an answer to one operator that
//! depends on what another has.

use super::{Seat, no, only_operator, operator_calling};
use crate::app::{Caller, Shared};
use crate::extract::{Json, bytes};
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use sakimori_access::{Act, Object};
use sakimori_cooperate::Terms;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::Due;
use sakimori_cooperate::limits::FILE_BYTES_MAX;
use sakimori_cooperate::report::Delegation;
use sakimori_cooperate::routing::Minister;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::desk::{Bureau, CaseFile, Listed, Routed, Wanted, Way};
use sakimori_store::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A document that was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct Taken {
    /// The case.
    case: String,
    /// Which version of it, from 1.
    number: u64,
    /// The signed receipt, a note: time, hash, case, operator.
    receipt: String,
    /// Whether these bytes were here before.
    repeated: bool,
    /// Where it goes: minister, bureau, Cabinet Office, with the sentences that decide.
    #[schema(value_type = Object)]
    route: Value,
}

/// Takes an incident report of the operator that calls. The same bytes again give the same receipt; an `Idempotency-Key` that was used for other bytes is refused.
#[utoipa::path(post, path = "/v1/reports", tag = "reports", request_body(content = String, content_type = "application/json", description = "A document of `/v1/report-schema`."),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 bytes.")),
    responses(
        (status = 200, description = "It is kept, and receipted.", body = Taken),
        (status = 409, description = "The key was used for other bytes.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "Fields break rules; each is named.", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "Too many cases of this operator wait for an acknowledgement.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn take(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Said<Taken>> {
    let operator = only_operator(&app, &caller).await?;
    let document = bytes(&headers, body, FILE_BYTES_MAX).await?;
    let key = headers.get("idempotency-key").map(|key| key.to_str());
    let key = key
        .transpose()
        .map_err(|_| Problem::new(Code::Malformed, "the idempotency key is no text"))?;
    let way = if matches!(caller, Caller::Peer(_)) {
        Way::Node
    } else {
        Way::Machine
    };
    let seat = Seat::of(&app, &caller).await?;
    let taken = seat.desk().take(&operator, &document, way, key).await;
    let taken = taken.map_err(|e| no(&e))?;
    Ok(Said(Taken {
        case: taken.case.to_string(),
        number: taken.number,
        receipt: taken.receipt,
        repeated: taken.repeated,
        route: json!(taken.route),
    }))
}

/// Who may file on a case beside the operator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFilers {
    /// Each with its last day: `{"filer", "until"}`.
    #[schema(value_type = Vec<Object>)]
    filers: Vec<Delegation>,
}

/// What stands after an act.
#[derive(Serialize, ToSchema)]
pub(crate) struct Stands {
    /// Where the paper stands.
    state: String,
}

fn name(field: &str, text: &str) -> Answer<Name> {
    text.parse()
        .map_err(|e| Problem::new(Code::Malformed, format!("{field}: {e}")))
}

/// Takes the operator's word on who may file for it on a case.
#[utoipa::path(post, path = "/v1/reports/{case}/filers", tag = "reports", request_body = NewFilers, params(("case" = String, Path)),
    responses((status = 200, description = "It is kept.", body = Stands)))]
pub(crate) async fn filers(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Json(said): Json<NewFilers>,
) -> Answer<Said<Stands>> {
    let operator = only_operator(&app, &caller).await?;
    let case = name("case", &case)?;
    let seat = Seat::of(&app, &caller).await?;
    let kept = seat
        .desk()
        .take_filers(&operator, &case, &said.filers)
        .await;
    kept.map_err(|e| no(&e))?;
    let state = "open".to_owned();
    Ok(Said(Stands { state }))
}

/// Which cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// `new`, `acknowledged`, `closed`, or `overdue`; all without it.
    pub(crate) state: Option<String>,
    /// Cases before this place, as the last row of the page before names it.
    pub(crate) before: Option<u64>,
    /// Where the page begins, as `next` of the one before says.
    pub(crate) from: Option<String>,
    /// Those that go to this minister, such as `mlit`.
    pub(crate) minister: Option<String>,
    /// Those that go to this bureau, by its name in the schedule; `headquarters` for those that go to none.
    pub(crate) bureau: Option<String>,
}

/// The bureau's word for those that go to headquarters.
pub(crate) const HEADQUARTERS: &str = "headquarters";

/// Cases and their clocks.
#[derive(Serialize, ToSchema)]
pub(crate) struct Cases {
    /// Rows, the one in which something happened last first; of those that are overdue, the longest first. At most 100.
    #[schema(value_type = Vec<Object>)]
    cases: Vec<Value>,
    /// Where the next page begins; none behind the last.
    next: Option<String>,
}

fn row((case, clocks): &Listed, terms: &Terms) -> Value {
    let route = case.said.route(terms);
    json!({
        "place": case.sequence,
        "operator": case.owner,
        "case": case.id,
        "state": case.state,
        "form": case.said.form,
        "reached": case.said.reached,
        "minister": route.minister,
        "bureau": route.bureau,
        "received": case.said.received,
        "acknowledged_at": case.said.acknowledged_at.map(|at| Seconds(at).to_string()),
        "overdue": clocks.iter().any(Due::is_overdue),
        "clocks": clocks,
    })
}

/// A page of the cases of a view.
pub(crate) async fn listed(seat: &Seat, operator: Option<&Name>, which: &Which) -> Answer<Routed> {
    let view = operator.map_or(View::All, |name| View::Of(name.as_str()));
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let minister = given(&which.minister).map(|text| text.parse::<Minister>());
    let minister = minister.transpose();
    let minister = minister.map_err(|e| Problem::new(Code::Incomplete, e))?;
    let bureau = given(&which.bureau);
    let before = which.before.map(|before| before.to_string());
    let from = given(&which.from).or(before);
    let wanted = Wanted {
        state: which.state.as_deref(),
        minister,
        bureau: bureau.as_deref().map(|name| match name {
            HEADQUARTERS => Bureau::Headquarters,
            name => Bureau::Named(name),
        }),
        from: from.as_deref(),
    };
    let page = seat.desk().routed(view, wanted).await;
    page.map_err(|e| no(&e))
}

/// Cases: an operator's node or machine sees its own, people of the office all.
#[utoipa::path(get, path = "/v1/reports", tag = "reports",
    params(
        ("state" = Option<String>, Query, description = "`new`, `acknowledged`, `closed` or `overdue`."),
        ("minister" = Option<String>, Query, description = "Those that go to this minister, such as `mlit`."),
        ("bureau" = Option<String>, Query, description = "Those that go to this bureau, by its name in the schedule; `headquarters` for those that go to none."),
        ("from" = Option<String>, Query, description = "Where the page begins, as `next` of the one before says."),
        ("before" = Option<u64>, Query),
    ),
    responses((status = 200, description = "With their clocks and where they go.", body = Cases)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(which): Query<Which>,
) -> Answer<Said<Cases>> {
    let operator = operator_calling(&app, &caller).await?;
    let seat = Seat::of(&app, &caller).await?;
    let page = listed(&seat, operator.as_ref(), &which).await?;
    let terms = seat.desk().terms;
    Ok(Said(Cases {
        cases: page.cases.iter().map(|case| row(case, terms)).collect(),
        next: page.next,
    }))
}

/// A case.
#[derive(Serialize, ToSchema)]
pub(crate) struct OneCase {
    /// As in the list.
    #[schema(value_type = Object)]
    case: Value,
    /// Versions: number, time, way, receipt, document.
    #[schema(value_type = Vec<Object>)]
    versions: Vec<Value>,
    /// Files: name, type by content, size, SHA-256.
    #[schema(value_type = Vec<Object>)]
    files: Vec<Value>,
    /// What the office did and noted; for people of the office alone.
    #[schema(value_type = Option<Object>)]
    desk: Option<Value>,
}

/// A case of the operator that calls. What is another's is not there.
#[utoipa::path(get, path = "/v1/reports/{case}", tag = "reports", params(("case" = String, Path)), responses(
    (status = 200, description = "With its versions and receipts.", body = OneCase),
    (status = 404, description = "The operator has no such case here.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn own(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
) -> Answer<Said<OneCase>> {
    let operator = only_operator(&app, &caller).await?;
    let seat = Seat::of(&app, &caller).await?;
    let file = seat.desk().own_case(operator.as_str(), &case).await;
    let terms = seat.desk().terms;
    Ok(Said(told(&file.map_err(|e| no(&e))?, false, terms)))
}

fn told(file: &CaseFile, to_office: bool, terms: &Terms) -> OneCase {
    let versions = file.taken.iter().map(|(kept, document)| {
        json!({
            "number": kept.version,
            "time": Seconds(kept.at).to_string(),
            "way": kept.said.way,
            "receipt": kept.said.receipt,
            "document": document,
        })
    });
    let files = file.files.iter().map(|each| {
        json!({
            "name": each.name,
            "media": each.media,
            "size": each.size,
            "sha256": sakimori_custody::ids::hex(&each.hash),
        })
    });
    let desk = to_office.then(|| {
        let timeline = file.timeline.iter().map(|each| {
            json!({
                "time": Seconds(each.at).to_string(),
                "by": each.by,
                "step": each.step,
            })
        });
        json!({
            "timeline": timeline.collect::<Vec<_>>(),
            "tasks": file.working.said.tasks,
            "observables": file.working.said.observables,
            "same_as": file.working.said.same_as,
            "alike": file.alike,
            "related": file.related,
            "route": file.route,
        })
    });
    OneCase {
        case: row(&(file.working.clone(), file.clocks.clone()), terms),
        versions: versions.collect(),
        files: files.collect(),
        desk,
    }
}

/// The desk of a person of the office.
pub(crate) async fn officer(app: &Shared, caller: &Caller) -> Answer<Seat> {
    app.require(caller, Act::HandleReport, &Object::any())
        .await?;
    Seat::of(app, caller).await
}

/// A case on the office's desk, with timeline, tasks, observables and suggestions of duplicates.
#[utoipa::path(get, path = "/v1/operators/{operator}/reports/{case}", tag = "reports", params(("operator" = String, Path), ("case" = String, Path)), responses(
    (status = 200, description = "The case.", body = OneCase),
    (status = 404, description = "No such case.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, case)): Path<(String, String)>,
) -> Answer<Said<OneCase>> {
    let seat = officer(&app, &caller).await?;
    let file = seat.desk().case(&operator, &case).await;
    let terms = seat.desk().terms;
    Ok(Said(told(&file.map_err(|e| no(&e))?, true, terms)))
}

/// Something that an officer does with a case.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum NewStep {
    /// The office has seen the case.
    Acknowledge,
    /// A note in the timeline.
    Note(String),
    /// A task, with its day if it has one.
    Task {
        /// What.
        text: String,
        /// By which day, such as `2026-10-31`.
        #[schema(value_type = Option<String>)]
        by: Option<Date>,
    },
    /// A task, by its number from 1, is done.
    TaskDone(usize),
    /// Another case of the same operator is about the same event; nothing is merged.
    Same(String),
    /// The case is closed, with the reason.
    Close(String),
    /// A closed case is open again, with the reason.
    Open(String),
}

/// Does one step in a case: `{"acknowledge": null}` is written `"acknowledge"`.
#[utoipa::path(post, path = "/v1/operators/{operator}/reports/{case}/steps", tag = "reports", request_body = NewStep,
    params(("operator" = String, Path), ("case" = String, Path)),
    responses(
        (status = 200, description = "It is done, and in the timeline.", body = Stands),
        (status = 404, description = "No such case or task.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "Another officer acted at the same moment.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn step(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, case)): Path<(String, String)>,
    Json(step): Json<NewStep>,
) -> Answer<Said<Stands>> {
    let seat = officer(&app, &caller).await?;
    let state = stepped(&seat, (&operator, &case), step).await?;
    Ok(Said(Stands { state }))
}

/// The same for the page.
pub(crate) async fn stepped(seat: &Seat, case: (&str, &str), step: NewStep) -> Answer<String> {
    let desk = seat.desk();
    let done = match step {
        NewStep::Acknowledge => desk.acknowledge(case.0, case.1).await,
        NewStep::Note(text) => desk.note(case, &text).await,
        NewStep::Task { text, by } => desk.task(case, &text, by).await,
        NewStep::TaskDone(number) => desk.task_done(case, number).await,
        NewStep::Same(other) => desk.same(case, &other).await,
        NewStep::Close(why) => desk.close(case, &why, true).await,
        NewStep::Open(why) => desk.close(case, &why, false).await,
    };
    done.map(|working| working.state).map_err(|e| no(&e))
}

/// Numbers of the sectors.
#[derive(Serialize, ToSchema)]
pub(crate) struct Numbers {
    /// A row for each sector that has a case; a cell of 1 or 2 is `null`, and the total beside it.
    #[schema(value_type = Vec<Object>)]
    sectors: Vec<Value>,
}

/// Numbers of cases by sector and form, small cells hidden.
#[utoipa::path(get, path = "/v1/report-numbers", tag = "reports", responses((status = 200, description = "Rows.", body = Numbers)))]
pub(crate) async fn numbers(State(app): State<Shared>, caller: Caller) -> Answer<Said<Numbers>> {
    let seat = officer(&app, &caller).await?;
    let rows = seat.desk().numbers().await.map_err(|e| no(&e))?;
    Ok(Said(Numbers {
        sectors: rows.iter().map(|row| json!(row)).collect(),
    }))
}
