//! What is due, over all kinds of papers. In: who asks, how many days ahead. Out: one list as JSON, CSV and page, counts for the metrics. Never: a kind that the caller may not see; a
//! paper of one operator to another.

use super::report::{Bench, Seat, no, operator_calling};
use crate::app::{Caller, Shared};
use crate::metrics::Gauge;
use crate::pages::{due as pages, html_of};
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use axum::Json as Said;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sakimori_access::{Act, Object};
use sakimori_cooperate::Terms;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_liaison::due::{Asked, Kind, List, Row, due, overdue_counts};
use sakimori_store::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Most days ahead: a year.
const DAYS_MAX: u64 = 366;
/// What people of the office see who handle reports.
const DESK: [Kind; 7] = [
    Kind::ReportCase,
    Kind::Guidance,
    Kind::Letter,
    Kind::Ticket,
    Kind::TakenNotice,
    Kind::Registration,
    Kind::AlertMessage,
];
/// What an operator's node or machine sees at the office, of its own.
const OWN: [Kind; 4] = [Kind::ReportCase, Kind::Guidance, Kind::Letter, Kind::Ticket];
/// What an operator's people see at their own node.
const HOUSE: [Kind; 5] = [
    Kind::ReportDraft,
    Kind::AssetRegister,
    Kind::Guidance,
    Kind::Letter,
    Kind::Ticket,
];

/// The routes of a role.
pub(super) fn routes(role: Role) -> OpenApiRouter<Shared> {
    match role {
        Role::Commission => OpenApiRouter::new(),
        Role::Office | Role::Operator => OpenApiRouter::new()
            .routes(routes!(list))
            .routes(routes!(sheet)),
    }
}

/// The page of a role.
pub(super) fn pages_of(role: Role) -> Router<Shared> {
    match role {
        Role::Commission => Router::new(),
        Role::Office | Role::Operator => Router::new().route("/due", get(page)),
    }
}

/// How far ahead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ahead {
    /// How many days ahead; 0 without it.
    days: Option<u64>,
}

impl Ahead {
    fn days(&self) -> Answer<u64> {
        match self.days.unwrap_or_default() {
            days if days <= DAYS_MAX => Ok(days),
            _ => Err(Problem::new(Code::Incomplete, "`days` is more than 366")),
        }
    }
}

/// Whose papers, which kinds.
struct Sight {
    owner: Option<Name>,
    kinds: Vec<Kind>,
    terms: Terms,
}

async fn sight(app: &Shared, caller: &Caller) -> Answer<Option<Sight>> {
    if app.role == Role::Operator {
        app.require(caller, Act::FileReport, &Object::any()).await?;
        let by = super::office::caller_id(caller);
        let known = Bench::known(app, &by).await?;
        return Ok(known.map(|bench| Sight {
            owner: Some(bench.clerk().operator.clone()),
            kinds: HOUSE.to_vec(),
            terms: bench.clerk().terms.clone(),
        }));
    }
    let weaknesses = app
        .may(caller, Act::CoordinateWeakness, &Object::any())
        .await;
    let reports = app.may(caller, Act::HandleReport, &Object::any()).await;
    let owner = if weaknesses && !reports {
        None
    } else {
        operator_calling(app, caller).await?
    };
    let mut kinds = match (&owner, reports) {
        (Some(_), _) => OWN.to_vec(),
        (None, true) => DESK.to_vec(),
        (None, false) => Vec::new(),
    };
    if weaknesses {
        kinds.push(Kind::WeaknessCase);
    }
    let seat = Seat::of(app, caller).await?;
    Ok(Some(Sight {
        owner,
        kinds,
        terms: seat.desk().terms.clone(),
    }))
}

async fn listed(app: &Shared, caller: &Caller, days: u64) -> Answer<List> {
    let Some(sight) = sight(app, caller).await? else {
        return Ok(List::default());
    };
    let view = sight.owner.as_ref();
    let asked = Asked {
        view: view.map_or(View::All, |name| View::Of(name.as_str())),
        kinds: &sight.kinds,
        days,
        now: app.host.seconds(),
        terms: &sight.terms,
    };
    due(&*app.store, asked).await.map_err(|e| no(&e))
}

/// What is due.
#[derive(Serialize, ToSchema)]
pub(crate) struct Dues {
    /// When it was asked for.
    now: String,
    /// How many rows are overdue.
    overdue: usize,
    /// Rows: `kind`, `owner`, `id`, `due` (who, what, last day, state, days late, the sentences that decide), `marks`. What is overdue comes first, the longest first.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Value>,
    /// Whether some kind has more than 1000.
    more: bool,
}

fn row(row: &Row) -> Value {
    let mut value = json!(row);
    value["marks"] = json!(row.due.marks().to_string());
    value
}

/// What is overdue, and with `days` what is due within so many, over all kinds that the caller may see: an operator's node or machine its own.
#[utoipa::path(get, path = "/v1/due", tag = "reports", params(("days" = Option<u64>, Query, description = "At most 366.")),
    responses((status = 200, description = "In the order of the clocks.", body = Dues)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(ahead): Query<Ahead>,
) -> Answer<Said<Dues>> {
    let list = listed(&app, &caller, ahead.days()?).await?;
    Ok(Said(Dues {
        now: app.host.seconds().to_string(),
        overdue: overdue(&list),
        rows: list.rows.iter().map(row).collect(),
        more: list.more,
    }))
}

fn overdue(list: &List) -> usize {
    let late = list.rows.iter().filter(|row| row.is_late());
    late.count()
}

/// A list as CSV. Cells are words, names and days of this node's own; what begins like a formula is quoted for spreadsheets all the same.
pub fn due_sheet(list: &List) -> String {
    let mut text = "kind,operator,id,who,what,last_day,state,days_late,marks\r\n".to_owned();
    for Row {
        kind,
        owner,
        id,
        due,
    } in &list.rows
    {
        let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let cells = [
            kind.word().to_owned(),
            owner.clone(),
            id.clone(),
            word(json!(due.who)),
            due.what.word().to_owned(),
            due.last.to_string(),
            word(json!(due.state)),
            due.days_late.to_string(),
            due.marks().to_string(),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

/// The same as a sheet.
#[utoipa::path(get, path = "/v1/due.csv", tag = "reports", params(("days" = Option<u64>, Query, description = "At most 366.")),
    responses((status = 200, description = "CSV, UTF-8.", body = String, content_type = "text/csv")))]
pub(crate) async fn sheet(
    State(app): State<Shared>,
    caller: Caller,
    Query(ahead): Query<Ahead>,
) -> Answer<impl IntoResponse> {
    let list = listed(&app, &caller, ahead.days()?).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"due.csv\"",
        ),
    ];
    Ok((headers, due_sheet(&list)))
}

async fn page(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Query(ahead): Query<Ahead>,
) -> Answer<Response> {
    let days = ahead.days()?;
    let list = listed(&app, &caller, days).await?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::due(&reader, &list, days)))
}

/// The names of the counts of a kind and its help.
const fn gauge(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::ReportDraft => (
            "overdue_report_draft",
            "Own reports whose full report is overdue.",
        ),
        Kind::ReportCase => (
            "overdue_report_case",
            "Cases in which something is overdue.",
        ),
        Kind::Guidance => ("overdue_guidance", "Guidance without its answer in time."),
        Kind::Letter => ("overdue_letter", "Letters without their reply in time."),
        Kind::Ticket => ("overdue_ticket", "Tickets without their answer in time."),
        Kind::TakenNotice => (
            "overdue_taken_notice",
            "Notices without their acknowledgement in time.",
        ),
        Kind::AssetRegister => (
            "overdue_asset_register",
            "Registers of assets with a notice that is overdue.",
        ),
        Kind::Registration => (
            "overdue_registration",
            "Registrations whose next look is overdue.",
        ),
        Kind::AlertMessage => (
            "overdue_alert_message",
            "Letters of the early warning that have not arrived for a day.",
        ),
        Kind::WeaknessCase => (
            "overdue_weakness_case",
            "Cases of weaknesses in which a step is overdue.",
        ),
    }
}

/// How much is overdue, by kind, and of all kinds together.
///
/// # Errors
/// [`Code::StoreUnavailable`].
pub(super) async fn gauges(app: &Shared) -> Answer<Vec<Gauge>> {
    if app.role == Role::Commission {
        return Ok(Vec::new());
    }
    let now: Seconds = app.host.seconds();
    let counts = overdue_counts(&*app.store, now).await;
    let counts = counts.map_err(|e| no(&e))?;
    let mut all = 0;
    let mut gauges = Vec::new();
    for (kind, count) in counts {
        all += count;
        let (name, help) = gauge(kind);
        gauges.push(Gauge {
            name,
            help,
            value: count as f64,
        });
    }
    gauges.push(Gauge {
        name: "overdue_papers",
        help: "Papers of all kinds in which something is overdue.",
        value: all as f64,
    });
    Ok(gauges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_cooperate::clock::{Due, What, Who};

    #[test]
    fn a_cell_is_no_formula_and_no_second_cell() {
        let row = |id: &str| Row {
            kind: Kind::Letter,
            owner: "water-1".to_owned(),
            id: id.to_owned(),
            due: Due::until(
                id,
                (Who::Operator, What::Order),
                Seconds(1_790_780_399),
                Seconds(1_790_990_000),
            ),
        };
        let list = List {
            rows: vec![row("=1+1"), row("a,\"b\"")],
            more: false,
        };
        let sheet = due_sheet(&list);
        let lines: Vec<&str> = sheet.split("\r\n").collect();
        assert_eq!(
            lines[1],
            "letter,water-1,'=1+1,operator,order,2026-09-30,overdue,3,"
        );
        assert!(lines[2].starts_with("letter,water-1,\"a,\"\"b\"\"\",operator,"));
        assert_eq!((lines.len(), lines[3]), (4, ""));
    }
}
