//! Routes of the interface. In: JSON. Out: JSON. Never: an act that the rules of the room do not know.

use super::house::of;
use super::problem;
use super::{acts, counts};
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::problem::{Answer, Code, Document, Problem};
use crate::server::Connection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use sakimori_access::Act as Leave;
use sakimori_advisory::csaf::Edition;
use sakimori_advisory::room::report::Known;
use sakimori_advisory::room::{Act, Event, Report};
use sakimori_custody::ids::hex;
use sakimori_liaison::weakness::case::{self, Kept};
use sakimori_liaison::weakness::catalogues::Sheets;
use sakimori_liaison::weakness::files;
use sakimori_liaison::weakness::intake::{self, Arrival, Taken};
use sakimori_liaison::weakness::letter;
use sakimori_liaison::weakness::{By, hash_of};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A report. All fields are bounded: lines have at most 200 characters, the text 16,000.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReport {
    /// Maker, if known.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub maker: Option<String>,
    /// Product.
    #[schema(max_length = 200)]
    pub product: String,
    /// Versions, if known.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub versions: Option<String>,
    /// What is wrong, and how it can be seen.
    #[schema(max_length = 16000)]
    pub text: String,
    /// Whether somebody makes use of it: `yes`, `no`, `unsure`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "unsure")]
    pub exploited: Known,
    /// Whether it is public: `yes`, `no`, `unsure`.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "unsure")]
    pub public: Known,
    /// How to reach the reporter.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub contact: Option<String>,
    /// How the reporter wants to be thanked.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub credit: Option<String>,
}

/// What became of a report.
#[derive(Deserialize, Serialize, ToSchema)]
pub(crate) struct ReportTaken {
    /// Its number.
    pub report: String,
    /// The path by which the reporter follows it; none where the same text was received before.
    pub follow: Option<String>,
}

/// Reports a weakness, without sign-in. At most ten an hour from one network; where as many wait as are kept, 503 says to come back.
#[utoipa::path(post, path = "/v1/weakness-reports", tag = "weaknesses", request_body = NewReport,
    responses(
        (status = 201, description = "It is kept, or the same text was before.", body = ReportTaken),
        (status = 422, description = "A field is missing or too long.", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "Too many reports from this network.", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "As many reports wait as are kept.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn report(
    State(app): State<Shared>,
    Extension(connection): Extension<Connection>,
    Json(report): Json<NewReport>,
) -> Answer<(StatusCode, axum::Json<ReportTaken>)> {
    let taken = take(&app, &connection, report).await?;
    Ok((StatusCode::CREATED, axum::Json(taken)))
}

/// Takes a report; for the page too.
pub(super) async fn take(
    app: &Shared,
    connection: &Connection,
    report: NewReport,
) -> Answer<ReportTaken> {
    let room = of(app)?;
    let address = connection.address.ip();
    room.pace(address, app.host.counted_ms())?;
    let report = Report {
        maker: report.maker,
        product: report.product,
        versions: report.versions,
        text: report.text,
        exploited: report.exploited,
        public: report.public,
        contact: report.contact,
        credit: report.credit,
    };
    let secret = hex(&acts::random::<32>(app)?);
    let arrival = Arrival {
        report: &report,
        network: &room.mark(address),
        link: &hash_of(&secret),
        at: app.host.seconds(),
    };
    let taken = intake::receive(&*app.store, &arrival).await;
    Ok(match taken.map_err(|e| problem(&e))? {
        Taken::New(id) => ReportTaken {
            follow: Some(format!("/weaknesses/report/{id}/{secret}")),
            report: id,
        },
        Taken::Known(id) => ReportTaken {
            report: id,
            follow: None,
        },
    })
}

/// What the reporter sees, by the secret of its link.
#[utoipa::path(get, path = "/v1/weakness-reports/{report}/{secret}", tag = "weaknesses",
    params(("report" = String, Path, description = "The report's number."), ("secret" = String, Path, description = "The secret of its link.")),
    responses(
        (status = 200, description = "The report and where it stands.", body = Object),
        (status = 404, description = "No such report, or another secret.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn followed(
    State(app): State<Shared>,
    Path((report, secret)): Path<(String, String)>,
) -> Answer<axum::Json<Value>> {
    let none = || Problem::new(Code::NotFound, "");
    of(&app)?;
    let found = intake::of_link(&*app.store, &report, &secret).await;
    let found = found.map_err(|e| problem(&e))?.ok_or_else(none)?;
    let now = app.host.seconds();
    let kept = files::files(&*app.store, &report).await;
    let kept = kept.map_err(|e| problem(&e))?;
    let kept: Vec<super::files::FileKept> = kept.iter().map(super::files::said).collect();
    let case = match &found.said.case {
        Some(case) => {
            let kept = case::load(&*app.store, case)
                .await
                .map_err(|e| problem(&e))?;
            Some(kept.room.for_reporter(now))
        }
        None => None,
    };
    Ok(axum::Json(
        json!({ "state": found.state, "report": found.said.report, "case": case, "files": kept }),
    ))
}

/// Unread reports, in the order in which they are to be read, and the cases that changed last.
#[utoipa::path(get, path = "/v1/weaknesses", tag = "weaknesses",
    responses((status = 200, description = "Reports and cases.", body = Object)))]
pub(crate) async fn list(State(app): State<Shared>, caller: Caller) -> Answer<axum::Json<Value>> {
    acts::may(&app, &caller, Leave::CoordinateWeakness).await?;
    of(&app)?;
    let unread = intake::unread(&*app.store).await.map_err(|e| problem(&e))?;
    let cases = case::list(&*app.store, None)
        .await
        .map_err(|e| problem(&e))?;
    let now = app.host.seconds();
    let sheets = sheets(&app).await?;
    let unread: Vec<Value> = unread
        .iter()
        .map(|(written, of_network)| {
            json!({ "report": written.id, "at": written.at, "weight": written.said.weight, "of_network": of_network, "said": written.said.report })
        })
        .collect();
    let cases: Vec<Value> = cases
        .iter()
        .map(|line| {
            json!({ "case": line.id, "stage": line.stage(now), "due": line.due.map(|due| due.to_string()), "head": line.head })
        })
        .collect();
    Ok(axum::Json(
        json!({ "unread": unread, "cases": cases, "catalogues": sheets }),
    ))
}

/// What the catalogues are and how old they are.
///
/// # Errors
/// [`Code::Fault`].
pub(super) async fn sheets(app: &Shared) -> Answer<Sheets> {
    let (room, now) = (of(app)?, app.host.seconds());
    app.blocking(move |_| Ok(room.catalogues().sheets(now)))
        .await
}

/// A report to be made a case of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfReport {
    /// The report's number.
    pub report: String,
}

/// The id of a case.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseId {
    /// The case.
    pub case: String,
}

/// Opens a case of a report.
#[utoipa::path(post, path = "/v1/weaknesses", tag = "weaknesses", request_body = OfReport,
    responses(
        (status = 201, description = "It is open.", body = CaseId),
        (status = 404, description = "No such report.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "It is in a case already.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn open(
    State(app): State<Shared>,
    caller: Caller,
    Json(of): Json<OfReport>,
) -> Answer<(StatusCode, axum::Json<CaseId>)> {
    let case = acts::open(&app, &caller, &of.report).await?;
    Ok((StatusCode::CREATED, axum::Json(CaseId { case })))
}

/// A case with all its events.
#[utoipa::path(get, path = "/v1/weaknesses/{case}", tag = "weaknesses",
    params(("case" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "The case.", body = Object),
        (status = 404, description = "No such case.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn case(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
) -> Answer<axum::Json<Value>> {
    let kept = acts::read(&app, &caller, &case).await?;
    let mut whole = whole(&app, &kept);
    whole["catalogues"] = json!(sheets(&app).await?);
    Ok(axum::Json(whole))
}

/// The CSAF document that the draft would be: what matching and others' validators are shown before somebody approves it.
#[utoipa::path(get, path = "/v1/weaknesses/{case}/document", tag = "weaknesses",
    params(("case" = String, Path, description = "The case."), ("edition" = Option<String>, Query, description = "`2.0`, or `2.1`.")),
    responses(
        (status = 200, description = "The document.", body = Object),
        (status = 404, description = "No such case, or no draft.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "The draft breaks the standard; what has to be mended.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn document(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Query(of_edition): Query<OfEdition>,
) -> Answer<axum::Json<Value>> {
    let kept = acts::read(&app, &caller, &case).await?;
    let edition = match of_edition.edition.as_deref() {
        None | Some("2.0") => Edition::V20,
        Some("2.1") => Edition::V21,
        Some(_) => return Err(Problem::new(Code::Refused, "an edition is 2.0 or 2.1")),
    };
    let (room, now) = (of(&app)?, app.host.seconds());
    let made = app
        .blocking(move |_| room.trial(&kept.room, edition, now))
        .await;
    made.map(axum::Json)
}

/// Which edition.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfEdition {
    edition: Option<String>,
}

fn whole(app: &Shared, kept: &Kept) -> Value {
    let now = app.host.seconds();
    let room = &kept.room;
    let makers: Vec<Value> = room
        .makers()
        .keys()
        .filter_map(|name| serde_json::to_value(room.for_maker(name, now)?).ok())
        .collect();
    let coordinators: Vec<Value> = room
        .coordinators()
        .keys()
        .filter_map(|name| serde_json::to_value(room.for_coordinator(name, now)?).ok())
        .collect();
    let letters = room.makers().iter().flat_map(|(name, maker)| {
        let numbers = 1..maker.next_letter() as u64;
        numbers.map(|number| letter::id(name, number))
    });
    let letters: Vec<String> = letters.collect();
    // Hashes of links are nobody's to read.
    let shown = |(event, _): &(&Event, &Option<u64>)| {
        !matches!(
            event.act,
            Act::LinkMade { .. } | Act::CoordinatorLinkMade { .. }
        )
    };
    let all = kept.events.iter().zip(&kept.entries).filter(shown);
    let (events, entries): (Vec<&Event>, Vec<&Option<u64>>) = all.unzip();
    json!({
        "case": room.id(),
        "title": kept.title,
        "stage": room.stage(now),
        "on": room.events(),
        "reports": room.reports(),
        "embargo": room.embargo(now),
        "makers": makers,
        "coordinators": coordinators,
        "events": events,
        "entries": entries,
        "letters": letters,
    })
}

/// Something that happens to a case.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEvent {
    /// How many events the case had when it was read.
    pub on: usize,
    /// The act, as docs/reference/weaknesses.md names them.
    #[schema(value_type = Object)]
    pub act: Act,
}

/// Adds an event to a case. Judging and links have routes of their own.
#[utoipa::path(post, path = "/v1/weaknesses/{case}/events", tag = "weaknesses", request_body = NewEvent,
    params(("case" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "The case after it.", body = Object),
        (status = 403, description = "The caller may not do this.", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "The case has changed since it was read.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "The case does not take this now.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn event(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Json(event): Json<NewEvent>,
) -> Answer<axum::Json<Value>> {
    if matches!(
        event.act,
        Act::Triaged(_)
            | Act::LinkMade { .. }
            | Act::CoordinatorLinkMade { .. }
            | Act::Received { .. }
    ) {
        acts::may(&app, &caller, Leave::CoordinateWeakness).await?;
        return Err(Problem::new(
            Code::Refused,
            "this act has a route of its own",
        ));
    }
    let kept = acts::add(&app, &caller, (&case, Some(event.on)), event.act).await?;
    Ok(axum::Json(whole(&app, &kept)))
}

/// Answers to a decision table.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTriage {
    /// How many events the case had when it was read.
    pub on: usize,
    /// Name of the decision table, as docs/reference/weaknesses.md lists them; "CISA Coordinator" without it.
    #[serde(default)]
    #[schema(example = "CISA Coordinator")]
    pub table: Option<String>,
    /// Value by name of the table's decision points.
    #[schema(example = json!([["Exploitation", "Active"], ["Automatable", "No"], ["Technical Impact", "Total"], ["Mission and Well-Being Impact", "High"]]))]
    pub values: Vec<(String, String)>,
    /// CVE ids, if there are any.
    #[serde(default)]
    pub cves: Vec<String>,
}

/// Judges how urgent it is; KEV and EPSS of the day are kept with the decision.
#[utoipa::path(post, path = "/v1/weaknesses/{case}/triage", tag = "weaknesses", request_body = NewTriage,
    params(("case" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "The case after it.", body = Object),
        (status = 422, description = "A value is missing or none of the table's.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn triage(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Json(triage): Json<NewTriage>,
) -> Answer<axum::Json<Value>> {
    acts::may(&app, &caller, Leave::CoordinateWeakness).await?;
    let judged = acts::judged(&app, triage.table.as_deref(), triage.values, triage.cves).await?;
    let act = Act::Triaged(Box::new(judged));
    let kept = acts::add(&app, &caller, (&case, Some(triage.on)), act).await?;
    Ok(axum::Json(whole(&app, &kept)))
}

/// A link into a maker's room.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLink {
    /// How many events the case had when it was read.
    pub on: usize,
    /// The maker.
    pub maker: String,
    /// For how many days it opens the room, 1 to 366.
    pub days: u64,
}

/// The path of a link.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkPath {
    /// The path; it is shown once.
    pub path: String,
}

/// Makes a link into a maker's room.
#[utoipa::path(post, path = "/v1/weaknesses/{case}/links", tag = "weaknesses", request_body = NewLink,
    params(("case" = String, Path, description = "The case.")),
    responses(
        (status = 201, description = "The link; only its hash is kept.", body = LinkPath),
        (status = 422, description = "No such maker in the case, or too many days.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn link(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Json(link): Json<NewLink>,
) -> Answer<(StatusCode, axum::Json<LinkPath>)> {
    let on = (case.as_str(), Some(link.on));
    let path = acts::link(
        &app,
        &caller,
        on,
        (acts::Whose::Maker(link.maker), link.days),
    )
    .await?;
    Ok((StatusCode::CREATED, axum::Json(LinkPath { path })))
}

/// What a maker sees, by the secret of its link: its own part of the case and nothing of another maker.
#[utoipa::path(get, path = "/v1/maker-rooms/{case}/{secret}", tag = "weaknesses",
    params(("case" = String, Path, description = "The case."), ("secret" = String, Path, description = "The secret of its link.")),
    responses(
        (status = 200, description = "The maker's part.", body = Object),
        (status = 404, description = "No such case, or the link opens nothing.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn room(
    State(app): State<Shared>,
    Path((case, secret)): Path<(String, String)>,
) -> Answer<axum::Json<Value>> {
    let (kept, maker) = acts::by_link(&app, &case, &secret).await?;
    let mut view = json!(kept.room.for_maker(&maker, app.host.seconds()));
    if let (Some(numbers), Some(view)) = (
        counts::known(&app, &case, &maker).await?,
        view.as_object_mut(),
    ) {
        view.insert("counts".to_owned(), json!(numbers.said.products));
    }
    Ok(axum::Json(view))
}

/// A maker's word.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWord {
    /// `affected`, `not-affected`, `fixed` or `unknown`.
    #[schema(value_type = String, example = "affected")]
    pub state: sakimori_advisory::publish::case::MakerState,
    /// In its own words.
    #[serde(default)]
    #[schema(max_length = 16000)]
    pub words: Option<String>,
}

/// A maker says where its products stand.
#[utoipa::path(post, path = "/v1/maker-rooms/{case}/{secret}/words", tag = "weaknesses", request_body = NewWord,
    params(("case" = String, Path, description = "The case."), ("secret" = String, Path, description = "The secret of its link.")),
    responses(
        (status = 200, description = "The maker's part after it.", body = Object),
        (status = 404, description = "No such case, or the link opens nothing.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn said(
    State(app): State<Shared>,
    Path((case, secret)): Path<(String, String)>,
    Json(word): Json<NewWord>,
) -> Answer<axum::Json<Value>> {
    let act = |maker| Act::Said {
        maker,
        state: word.state,
        words: word.words,
    };
    let (kept, maker) = acts::by_maker(&app, (&case, &secret), act).await?;
    Ok(axum::Json(json!(
        kept.room.for_maker(&maker, app.host.seconds())
    )))
}

/// A maker's answer to an official request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReply {
    /// Number of the request in the maker's room, from 1.
    pub request: usize,
    /// The answer.
    #[schema(max_length = 16000)]
    pub text: String,
}

/// A maker answers an official request.
#[utoipa::path(post, path = "/v1/maker-rooms/{case}/{secret}/replies", tag = "weaknesses", request_body = NewReply,
    params(("case" = String, Path, description = "The case."), ("secret" = String, Path, description = "The secret of its link.")),
    responses(
        (status = 200, description = "The maker's part after it.", body = Object),
        (status = 404, description = "No such case, or the link opens nothing.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn replied(
    State(app): State<Shared>,
    Path((case, secret)): Path<(String, String)>,
    Json(reply): Json<NewReply>,
) -> Answer<axum::Json<Value>> {
    let act = |maker| Act::Replied {
        maker,
        request: reply.request,
        text: reply.text,
    };
    let (kept, maker) = acts::by_maker(&app, (&case, &secret), act).await?;
    Ok(axum::Json(json!(
        kept.room.for_maker(&maker, app.host.seconds())
    )))
}

/// The reporter says something, by its link.
pub(super) async fn spoken(
    app: &Shared,
    (report, secret): (&str, &str),
    text: String,
) -> Answer<()> {
    let none = || Problem::new(Code::NotFound, "");
    let found = intake::of_link(&*app.store, report, secret).await;
    let found = found.map_err(|e| problem(&e))?.ok_or_else(none)?;
    let case = found.said.case.ok_or_else(none)?;
    let by = By {
        who: "reporter",
        at: app.host.seconds(),
    };
    let said = (
        sakimori_advisory::room::Actor::Reporter,
        Act::ReporterSaid { text },
    );
    let kept = case::add(&*app.store, (&case, None), said, by).await;
    kept.map_err(|e| problem(&e)).map(|_| ())
}
