//! The operator's routes for reports. In: documents, answers to the trigger's questions. Out: drafts that are kept, what filing would do, filings, the same document as JSON and
//! workbook. Never: a save that another save overwrites unseen; a filing that was not asked for.

use super::{Bench, Exchanged, exchange_reports, no};
use crate::app::{Caller, Shared};
use crate::extract::{Json, bytes};
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use sakimori_access::{Act, Object};
use sakimori_cooperate::form::{
    read_report, read_workbook, report_schema, write_report, write_workbook,
};
use sakimori_cooperate::limits::FILE_BYTES_MAX;
use sakimori_cooperate::report::ReportDocument;
use sakimori_cooperate::trigger::Questions;
use sakimori_custody::time::Seconds;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::paper::Written;
use sakimori_liaison::report::{Check, Draft, Line};
use sakimori_store::{NEWEST, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Media type of a workbook.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The operator's cases.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnCases {
    /// Rows with their clocks, the one that was written last first. At most 100.
    #[schema(value_type = Vec<Object>)]
    cases: Vec<Value>,
    /// Where the next page begins; none behind the last.
    next: Option<u64>,
}

/// Which page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    before: Option<u64>,
}

/// Where the page behind these begins; none where they are the last.
pub(crate) fn next_page(lines: &[Line]) -> Option<u64> {
    let full = lines.len() >= sakimori_liaison::desk::PAGE_MAX;
    lines.last().map(|last| last.sequence).filter(|_| full)
}

/// The operator's cases with their clocks.
#[utoipa::path(get, path = "/v1/reports", tag = "reports", params(("before" = Option<u64>, Query, description = "Where the page begins, as `next` of the one before says.")),
    responses((status = 200, description = "Rows.", body = OwnCases)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Answer<Said<OwnCases>> {
    let bench = Bench::of(&app, &caller).await?;
    let before = page.before.unwrap_or(NEWEST);
    let lines = bench.clerk().list(before).await.map_err(|e| no(&e))?;
    Ok(Said(OwnCases {
        next: next_page(&lines),
        cases: lines.iter().map(|line| json!(line)).collect(),
    }))
}

/// The JSON Schema of a report.
#[utoipa::path(get, path = "/v1/report-schema", tag = "reports", responses((status = 200, description = "Draft 2020-12.", body = String, content_type = "application/schema+json")))]
pub(crate) async fn schema() -> impl IntoResponse {
    let kind = "application/schema+json";
    ([(header::CONTENT_TYPE, kind)], report_schema().to_string())
}

/// A case at the operator's node.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnCase {
    /// Which save of the draft this is; what changes it names it.
    version: u64,
    /// The answers to the trigger's questions.
    #[schema(value_type = Object)]
    questions: Value,
    /// The draft.
    #[schema(value_type = Object)]
    document: Value,
    /// What filing would do: whether it is to be reported, where it goes, what is missing, the clocks.
    #[schema(value_type = Object)]
    check: Value,
    /// What was filed: number, time, SHA-256 and, once it is here, the receipt.
    #[schema(value_type = Vec<Object>)]
    filings: Vec<Value>,
}

async fn told(bench: &Bench, draft: &Written<Draft>) -> Answer<Said<OwnCase>> {
    let clerk = bench.clerk();
    let check = clerk.check(draft).await.map_err(|e| no(&e))?;
    let mut filings = Vec::new();
    for (kept, document) in clerk
        .filings(&draft.said.document.case)
        .await
        .map_err(|e| no(&e))?
    {
        let receipt = clerk.receipt(&draft.id, kept.version).await;
        filings.push(json!({
            "number": kept.version,
            "time": Seconds(kept.at).to_string(),
            "stage": document.stage,
            "receipt": receipt.map_err(|e| no(&e))?,
        }));
    }
    Ok(Said(OwnCase {
        version: draft.version,
        questions: json!(draft.said.trigger),
        document: json!(draft.said.document),
        check: json!(check),
        filings,
    }))
}

/// A case with its draft, what filing it would do, and what was filed.
#[utoipa::path(get, path = "/v1/reports/{case}", tag = "reports", params(("case" = String, Path)), responses(
    (status = 200, description = "The case.", body = OwnCase),
    (status = 404, description = "No such case.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
) -> Answer<Said<OwnCase>> {
    let bench = Bench::of(&app, &caller).await?;
    let draft = bench.clerk().draft(&case).await.map_err(|e| no(&e))?;
    told(&bench, &draft).await
}

/// Which save a change is made on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    /// The draft's version that was read; without it the newest.
    version: Option<u64>,
}

/// Refuses a change that was made on another save than the newest.
pub(crate) fn on(draft: &Written<Draft>, read: Option<u64>) -> Answer<()> {
    match read {
        Some(read) if read != draft.version => Err(no(&LiaisonError::Store(StoreError::Stale {
            what: format!("the draft of case `{}`", draft.id),
            expected: read,
            found: draft.version,
        }))),
        _ => Ok(()),
    }
}

/// Takes a document, JSON or a workbook, as the draft of its case; opens the case where there is none.
#[utoipa::path(put, path = "/v1/reports/{case}", tag = "reports", request_body(content = String, content_type = "application/json", description = "A document of `/v1/report-schema`, or a workbook; fields may be missing or wrong."),
    params(("case" = String, Path), ("version" = Option<u64>, Query, description = "The draft's version that was read.")),
    responses(
        (status = 200, description = "It is kept.", body = OwnCase),
        (status = 409, description = "Somebody else saved in between.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn put(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Query(read): Query<Read>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Said<OwnCase>> {
    let bench = Bench::of(&app, &caller).await?;
    let document = brought(&bytes(&headers, body, FILE_BYTES_MAX).await?)?;
    if document.case.as_str() != case {
        return Err(Problem::new(
            Code::Refused,
            "case: is another than the route's",
        ));
    }
    let clerk = bench.clerk();
    if read.version.is_some() {
        on(&clerk.draft(&case).await.map_err(|e| no(&e))?, read.version)?;
    }
    let draft = clerk.import(document).await.map_err(|e| no(&e))?;
    told(&bench, &draft).await
}

/// A document of either form.
pub(crate) fn brought(bytes: &[u8]) -> Answer<ReportDocument> {
    let read = if bytes.starts_with(b"PK") {
        read_workbook(bytes)
    } else {
        read_report(bytes)
    };
    read.map_err(|e| Problem::new(Code::Malformed, e))
}

/// Keeps the answers to the eight questions of a case; what is not answered is unsure, and unsure never gives a no.
#[utoipa::path(put, path = "/v1/reports/{case}/questions", tag = "reports", request_body(content = String, content_type = "application/json", description = "`machine`, `first_months`, `code`, `credential`, `bypass`, `theft`, `trace`, `obstruction`."),
    params(("case" = String, Path), ("version" = Option<u64>, Query)),
    responses((status = 200, description = "With what the answers give.", body = OwnCase)))]
pub(crate) async fn questions(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Query(read): Query<Read>,
    Json(trigger): Json<Questions>,
) -> Answer<Said<OwnCase>> {
    let bench = Bench::of(&app, &caller).await?;
    let clerk = bench.clerk();
    let draft = clerk.draft(&case).await.map_err(|e| no(&e))?;
    on(&draft, read.version)?;
    let document = draft.said.document.clone();
    let kept = clerk.save(&draft, Draft { trigger, document }).await;
    told(&bench, &kept.map_err(|e| no(&e))?).await
}

/// Which draft is filed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFiling {
    /// The draft's version. Filing makes a new one, so that the same call a second time files nothing.
    version: u64,
}

/// What was filed.
#[derive(Serialize, ToSchema)]
pub(crate) struct FiledNow {
    /// Which version of the case.
    number: u64,
    /// SHA-256 of the document's text.
    sha256: String,
}

/// Files a draft as the next version of its case; it is sent in the next round.
#[utoipa::path(post, path = "/v1/reports/{case}/filings", tag = "reports", request_body = NewFiling, params(("case" = String, Path)), responses(
    (status = 200, description = "It is filed and waits to be sent.", body = FiledNow),
    (status = 409, description = "The draft is another by now, or was filed.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "Fields break rules; each is named.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn file(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Json(filing): Json<NewFiling>,
) -> Answer<Said<FiledNow>> {
    let bench = Bench::of(&app, &caller).await?;
    let clerk = bench.clerk();
    let draft = clerk.draft(&case).await.map_err(|e| no(&e))?;
    on(&draft, Some(filing.version))?;
    let filed = clerk.file(&draft).await.map_err(|e| no(&e))?;
    Ok(Said(FiledNow {
        number: filed.number,
        sha256: filed.sha256,
    }))
}

/// What of a case is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichText {
    /// The version that was filed; the draft without it.
    version: Option<u64>,
}

async fn text(bench: &Bench, case: &str, version: Option<u64>) -> Answer<Vec<u8>> {
    let clerk = bench.clerk();
    if let Some(number) = version {
        let text = clerk.text(case, number).await.map_err(|e| no(&e))?;
        return Ok(text.into_bytes());
    }
    let draft = clerk.draft(case).await.map_err(|e| no(&e))?;
    Ok(write_report(&draft.said.document))
}

fn saved(case: &str, end: &str, kind: &'static str, body: Vec<u8>) -> impl IntoResponse + use<> {
    // A case that was found has a plain name.
    let name = format!("attachment; filename=\"{case}.{end}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, body)
}

/// The draft, or a version that was filed, byte for byte.
#[utoipa::path(get, path = "/v1/reports/{case}/document", tag = "reports", params(("case" = String, Path), ("version" = Option<u64>, Query)),
    responses((status = 200, description = "JSON.", body = String, content_type = "application/json")))]
pub(crate) async fn document(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Query(which): Query<WhichText>,
) -> Answer<impl IntoResponse> {
    let bench = Bench::of(&app, &caller).await?;
    let text = text(&bench, &case, which.version).await?;
    Ok(saved(&case, "json", "application/json", text))
}

/// The same as a workbook.
#[utoipa::path(get, path = "/v1/reports/{case}/workbook", tag = "reports", params(("case" = String, Path), ("version" = Option<u64>, Query)),
    responses((status = 200, description = "XLSX.", body = String, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
pub(crate) async fn workbook(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Query(which): Query<WhichText>,
) -> Answer<impl IntoResponse> {
    let bench = Bench::of(&app, &caller).await?;
    let text = text(&bench, &case, which.version).await?;
    let document = read_report(&text).map_err(|e| Problem::hidden(Code::Fault, e))?;
    let bytes = write_workbook(&document).map_err(|e| Problem::new(Code::Refused, e))?;
    Ok(saved(&case, "xlsx", WORKBOOK, bytes))
}

/// The office's receipt of a version, a signed note as it came: `sakimori report receipt FILE` takes it at any node of the operator.
#[utoipa::path(get, path = "/v1/reports/{case}/receipt", tag = "reports", params(("case" = String, Path), ("version" = Option<u64>, Query, description = "The newest without it.")), responses(
    (status = 200, description = "A note.", body = String, content_type = "text/plain"),
    (status = 404, description = "No such version, or its receipt is not here yet.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn receipt(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    Query(which): Query<WhichText>,
) -> Answer<impl IntoResponse> {
    let bench = Bench::of(&app, &caller).await?;
    let clerk = bench.clerk();
    let draft = clerk.draft(&case).await.map_err(|e| no(&e))?;
    let filed = clerk.filings(&draft.said.document.case).await;
    let newest = filed.map_err(|e| no(&e))?.len() as u64;
    let number = which.version.unwrap_or(newest);
    let receipt = clerk.receipt(&case, number).await.map_err(|e| no(&e))?;
    let receipt = receipt.ok_or_else(|| Problem::new(Code::NotFound, ""))?;
    let kind = "text/plain; charset=utf-8";
    let name = format!("{case}.{number}");
    Ok(saved(&name, "receipt.note", kind, receipt.into_bytes()))
}

/// What a round of sending brought.
#[derive(Serialize, ToSchema)]
pub(crate) struct Round {
    /// Receipts, answers sent, new guidance, and what the office does not take.
    #[schema(value_type = Object)]
    round: Exchanged,
}

/// Sends what waits to the office's node now, and fetches its guidance; the node does it by itself too, every 20 seconds.
#[utoipa::path(post, path = "/v1/report-exchange", tag = "reports", responses(
    (status = 200, description = "What it brought.", body = Round),
    (status = 503, description = "The office's node does not answer; everything waits on.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn exchange(State(app): State<Shared>, caller: Caller) -> Answer<Said<Round>> {
    app.require(&caller, Act::FileReport, &Object::any())
        .await?;
    let bench = Bench::of(&app, &caller).await?;
    let round = exchange_reports(&bench.clerk(), &app.folder, &bench.keys).await?;
    Ok(Said(Round { round }))
}

/// One round of an operator's node by itself; an empty one where nobody said yet whose node it is.
///
/// # Errors
/// As [`exchange_reports`].
pub(crate) async fn round(app: &Shared) -> Answer<Exchanged> {
    match Bench::known(app, "node").await? {
        Some(bench) => exchange_reports(&bench.clerk(), &app.folder, &bench.keys).await,
        None => Ok(Exchanged::default()),
    }
}

/// What filing would do, for the page.
pub(crate) async fn checked(bench: &Bench, draft: &Written<Draft>) -> Answer<Check> {
    bench.clerk().check(draft).await.map_err(|e| no(&e))
}
