//! The routes of the pages of reports. In: forms of browsers. Out: pages. Never: an act that the interface has not too; a form that was not made for the session.

use super::office::{NewStep, Which, listed, officer, stepped};
use super::operator::{brought, on};
use super::words::{NewGuidance, advised};
use super::{Bench, Seat, exchange_reports, no};
use crate::app::{Caller, Shared};
use crate::extract::bytes;
use crate::pages::html_of;
use crate::pages::report::{self as pages, Drafted, Filter};
use crate::part::Role;
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Query, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sakimori_access::{Act, Object};
use sakimori_cooperate::guidance::Tick;
use sakimori_cooperate::report::{CommonForm, FIELDS, Kind, Stage};
use sakimori_custody::time::Seconds;
use sakimori_liaison::paper::{Document, Written};
use sakimori_liaison::report::{Draft, attachments, operator_is};
use sakimori_store::limits::ATTACHMENT_BYTES_MAX;
use sakimori_store::{NEWEST, View};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Longest form in bytes: every text of a report in percent signs.
const FORM_BYTES_MAX: usize = 2_000_000;
/// What stands around a file in a form, at most, bytes.
const FORM_HEAD_BYTES: usize = 4096;

/// The pages of a role.
pub(crate) fn routes(role: Role) -> Router<Shared> {
    let router = Router::new();
    let router = if role == Role::Commission {
        router
    } else {
        router.route("/duties", get(super::duties::page))
    };
    match role {
        Role::Commission => router,
        Role::Office => router
            .route("/reports", get(cases))
            .route("/stick", get(super::stick::page).post(super::stick::take))
            .route("/report-numbers", get(numbers))
            .route("/guidance", get(advice))
            .route("/operators/{operator}/reports/{case}", get(case))
            .route("/operators/{operator}/reports/{case}/steps", post(step))
            .route("/operators/{operator}/guidance", post(advise)),
        Role::Operator => router
            .route("/reports", get(own_cases).post(open))
            .route("/reports/operator", post(operator))
            .route("/stick", get(super::stick::page))
            .route("/stick/package", get(super::stick::package))
            .route("/stick/receipts", post(super::stick::receipts))
            .route(
                "/filers",
                get(super::filers::page).post(super::filers::form),
            )
            .route("/reports/send", post(send))
            .route("/reports/{case}", get(draft))
            .route("/reports/{case}/draft", post(save))
            .route("/reports/import", post(upload))
            .route("/reports/{case}/attachments", post(attachment))
            .route("/reports/{case}/filings", post(file))
            .route("/guidance", get(guidance))
            .route("/guidance/{id}", post(answer)),
    }
}

/// A form's pairs, in their order, line ends as one character.
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Reads a form and holds it to the session whose page it was on.
    pub(crate) async fn of(caller: &Caller, headers: HeaderMap, body: Body) -> Answer<Self> {
        let taken = bytes(&headers, body, FORM_BYTES_MAX).await?;
        let mut again = Request::new(Body::from(taken));
        *again.method_mut() = axum::http::Method::POST;
        if let Some(kind) = headers.get(header::CONTENT_TYPE) {
            again
                .headers_mut()
                .insert(header::CONTENT_TYPE, kind.clone());
        }
        let form = axum::Form::<Vec<(String, String)>>::from_request(again, &()).await;
        let axum::Form(pairs) = form.map_err(|_| Problem::new(Code::Malformed, "no form"))?;
        let pairs = pairs.into_iter();
        let form = Self(
            pairs
                .map(|(key, value)| (key, value.replace("\r\n", "\n")))
                .collect(),
        );
        caller.made(form.text("form"))?;
        Ok(form)
    }

    /// The value of a field; empty where there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        let found = self.0.iter().find(|(name, _)| name == key);
        found.map_or("", |(_, value)| value)
    }

    fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        let of = self.0.iter().filter(move |(name, _)| name == key);
        of.map(|(_, value)| value.as_str())
    }

    fn number(&self, key: &str) -> Answer<u64> {
        let bad = |_| Problem::new(Code::Incomplete, format!("`{key}` is no number"));
        self.text(key).parse().map_err(bad)
    }
}

/// A file of a form.
pub(super) struct Uploaded {
    name: String,
    pub(super) bytes: Vec<u8>,
}

impl Uploaded {
    /// Reads a form with one file and holds it to the session whose page it was on. The file is read once the form is known to be good.
    pub(super) async fn of(caller: &Caller, headers: HeaderMap, body: Body) -> Answer<Self> {
        let malformed = |_| Problem::new(Code::Malformed, "no form with a file");
        let most = ATTACHMENT_BYTES_MAX + FORM_HEAD_BYTES;
        let taken = bytes(&headers, body, most).await?;
        let mut again = Request::new(Body::from(taken));
        *again.method_mut() = axum::http::Method::POST;
        *again.headers_mut() = headers;
        DefaultBodyLimit::max(most).apply(&mut again);
        let form = Multipart::from_request(again, &()).await;
        let mut form =
            form.map_err(|_| Problem::new(Code::UnsupportedType, "no form with a file"))?;
        let mut made = false;
        while let Some(field) = form.next_field().await.map_err(malformed)? {
            match field.name() {
                Some("form") => {
                    caller.made(&field.text().await.map_err(malformed)?)?;
                    made = true;
                }
                Some("file") if made => {
                    let name = field.file_name().unwrap_or_default().to_owned();
                    let bytes = field.bytes().await.map_err(malformed)?.to_vec();
                    return Ok(Self { name, bytes });
                }
                _ => return Err(Problem::new(Code::ForgedForm, "")),
            }
        }
        Err(Problem::new(Code::Incomplete, "`file`"))
    }
}

/// A time of a browser's field for local times, which is Japan's here; UTC as it stands in documents is taken too. What is neither stays as it was typed.
fn utc(text: &str) -> String {
    let whole = if text.len() == 16 {
        format!("{text}:00Z")
    } else {
        format!("{text}Z")
    };
    let local: Result<Seconds, _> = whole.parse();
    local.map_or_else(
        |_| text.to_owned(),
        |local| Seconds(local.0.saturating_sub(9 * 3600)).to_string(),
    )
}

fn form_of(text: &str) -> Answer<CommonForm> {
    let found = CommonForm::ALL.into_iter().find(|form| form.id() == text);
    found.ok_or_else(|| Problem::new(Code::Incomplete, "`common` is no form"))
}

#[derive(Default, Deserialize)]
struct Before {
    before: Option<u64>,
}

async fn own_cases(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<Before>,
) -> Answer<Response> {
    app.require(&caller, Act::FileReport, &Object::any())
        .await?;
    let reader = app.reader(&caller, &headers);
    let now = app.host.seconds();
    let by = super::super::office::caller_id(&caller);
    let Some(bench) = Bench::known(&app, &by).await? else {
        return Ok(html_of(pages::own_cases(&reader, None, now)));
    };
    let clerk = bench.clerk();
    let before = query.before.unwrap_or(NEWEST);
    let lines = clerk.list(before).await.map_err(|e| no(&e))?;
    let known = Some((clerk.operator.as_str(), lines.as_slice()));
    Ok(html_of(pages::own_cases(&reader, known, now)))
}

async fn operator(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    app.require(&caller, Act::FileReport, &Object::any())
        .await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let named = form.text("operator").parse();
    let named = named.map_err(|e| Problem::new(Code::Incomplete, e))?;
    let by = super::super::office::caller_id(&caller);
    let set = operator_is(&*app.store, &named, app.host.seconds().0, &by).await;
    set.map_err(|e| no(&e))?;
    Ok(Redirect::to("/reports"))
}

async fn open(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let incomplete = |e: &dyn std::fmt::Display| Problem::new(Code::Incomplete, e);
    let case = form.text("case").parse().map_err(|e| incomplete(&e))?;
    let recognised = utc(form.text("recognised_at")).parse();
    let recognised = recognised.map_err(|e| incomplete(&e))?;
    let opened = bench
        .clerk()
        .open(&case, form_of(form.text("common"))?, recognised)
        .await;
    opened.map_err(|e| no(&e))?;
    Ok(Redirect::to(&format!("/reports/{case}")))
}

async fn send(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    Pairs::of(&caller, headers, body).await?;
    exchange_reports(&bench.clerk(), &app.folder, &bench.keys).await?;
    Ok(Redirect::to("/reports"))
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    saved: bool,
}

async fn draft(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path(case): Path<String>,
    Query(told): Query<Told>,
) -> Answer<Response> {
    let bench = Bench::of(&app, &caller).await?;
    let clerk = bench.clerk();
    let draft = clerk.draft(&case).await.map_err(|e| no(&e))?;
    let check = super::operator::checked(&bench, &draft).await?;
    let kept = clerk.filings(&draft.said.document.case).await;
    let mut filings = Vec::new();
    for (kept, document) in kept.map_err(|e| no(&e))? {
        let receipt = clerk.receipt(&case, kept.version).await;
        let receipted = receipt.map_err(|e| no(&e))?.is_some();
        filings.push((kept.version, document.stage, kept.at, receipted));
    }
    let reader = app.reader(&caller, &headers);
    let saved = crate::words::report::ReportWord::Saved.text(reader.language);
    let paper = (Draft::KIND, clerk.operator.as_str(), case.as_str());
    let files = attachments(clerk.store, paper).await.map_err(|e| no(&e))?;
    let shown = Drafted {
        draft: &draft,
        files: &files,
        check: &check,
        filings: &filings,
        told: told.saved.then_some(saved),
    };
    Ok(html_of(pages::draft(&reader, &shown)))
}

/// What a form makes of a draft: every field of the page, whatever was typed.
fn written(known: &Written<Draft>, form: &Pairs) -> Answer<Draft> {
    let incomplete = |e: &dyn std::fmt::Display| Problem::new(Code::Incomplete, e);
    let mut draft = known.said.clone();
    let mut answers = Map::new();
    for (key, value) in &form.0 {
        if let Some(question) = key.strip_prefix("question.") {
            answers.insert(question.to_owned(), Value::from(value.as_str()));
        }
    }
    draft.trigger = serde_json::from_value(Value::Object(answers)).map_err(|e| incomplete(&e))?;
    let document = &mut draft.document;
    document.form = form_of(form.text("common"))?;
    let stage = Stage::ALL
        .into_iter()
        .find(|stage| stage.id() == form.text("stage"));
    document.stage = stage.ok_or_else(|| incomplete(&"`stage` is none"))?;
    document.filer = form.text("filer").parse().map_err(|e| incomplete(&e))?;
    form.text("reason").trim().clone_into(&mut document.reason);
    for spec in FIELDS {
        let name = format!("fields.{}", spec.key);
        let values: Vec<&str> = form.all(&name).map(str::trim).collect();
        let value = match spec.kind {
            Kind::Choices(words) => {
                let chosen = words.iter().filter(|word| values.contains(word));
                chosen.copied().collect::<Vec<_>>().join(" ")
            }
            Kind::Time => values.first().map_or_else(String::new, |text| utc(text)),
            _ => values.first().copied().unwrap_or_default().to_owned(),
        };
        if !value.is_empty() {
            document.fields.insert(spec.key.to_owned(), Some(value));
        } else if form.all("unknown").any(|key| key == spec.key) {
            document.fields.insert(spec.key.to_owned(), None);
        } else if sakimori_cooperate::report::fields_of(known.said.document.form)
            .any(|of| of.key == spec.key)
        {
            document.fields.remove(spec.key);
        }
    }
    Ok(draft)
}

async fn save(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let clerk = bench.clerk();
    let known = clerk.draft(&case).await.map_err(|e| no(&e))?;
    on(&known, Some(form.number("version")?))?;
    let saved = clerk.save(&known, written(&known, &form)?).await;
    saved.map_err(|e| no(&e))?;
    Ok(Redirect::to(&format!("/reports/{case}?saved=true")))
}

/// Takes a document of either form as the draft of its case, and opens the case where there is none.
async fn upload(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    let file = Uploaded::of(&caller, headers, body).await?;
    let document = brought(&file.bytes)?;
    let case = document.case.clone();
    bench.clerk().import(document).await.map_err(|e| no(&e))?;
    Ok(Redirect::to(&format!("/reports/{case}?saved=true")))
}

async fn attachment(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    let file = Uploaded::of(&caller, headers, body).await?;
    let clerk = bench.clerk();
    let kept = clerk.attach(&case, &file.name, file.bytes).await;
    kept.map_err(|e| no(&e))?;
    Ok(Redirect::to(&format!("/reports/{case}")))
}

async fn file(
    State(app): State<Shared>,
    caller: Caller,
    Path(case): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let clerk = bench.clerk();
    let known = clerk.draft(&case).await.map_err(|e| no(&e))?;
    on(&known, Some(form.number("version")?))?;
    clerk.file(&known).await.map_err(|e| no(&e))?;
    Ok(Redirect::to(&format!("/reports/{case}")))
}

async fn guidance(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let bench = Bench::of(&app, &caller).await?;
    let list = bench.clerk().guidance().await.map_err(|e| no(&e))?;
    let now = app.host.seconds();
    let list: Vec<_> = list
        .into_iter()
        .map(|each| {
            let due = each.said.clock(now);
            (each, due)
        })
        .collect();
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::guidance(&reader, &list)))
}

async fn answer(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let bench = Bench::of(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let clerk = bench.clerk();
    let known = clerk.one_guidance(&id).await.map_err(|e| no(&e))?;
    let tick = |number: usize| {
        let why = || form.text(&format!("why.{number}")).trim().to_owned();
        Ok(match form.text(&format!("tick.{number}")) {
            "done" => Tick::Done,
            "planned" => Tick::Planned {
                by: form
                    .text(&format!("day.{number}"))
                    .parse()
                    .map_err(|e| Problem::new(Code::Incomplete, e))?,
            },
            "not-applicable" => Tick::NotApplicable { why: why() },
            "not-done" => Tick::NotDone { why: why() },
            _ => {
                let line = format!("line {} is left open", number + 1);
                return Err(Problem::new(Code::Incomplete, line));
            }
        })
    };
    let ticks: Answer<Vec<Tick>> = (0..known.said.lines().len()).map(tick).collect();
    clerk.answer(&id, &ticks?).await.map_err(|e| no(&e))?;
    Ok(Redirect::to("/guidance"))
}

/// What the list of cases shows.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Chosen {
    show: String,
    minister: String,
    bureau: String,
    from: String,
}

async fn cases(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<Chosen>,
) -> Answer<Response> {
    let seat = officer(&app, &caller).await?;
    let filter = match query.show.as_str() {
        "new" => Filter::New,
        "overdue" => Filter::Overdue,
        "closed" => Filter::Closed,
        _ => Filter::All,
    };
    let which = Which {
        state: (filter != Filter::All).then(|| filter.word().to_owned()),
        before: None,
        from: Some(query.from),
        minister: Some(query.minister.clone()),
        bureau: Some(query.bureau.clone()),
    };
    let page = listed(&seat, None, &which).await?;
    let desk = seat.desk();
    let late = desk.overdue_count(View::All).await.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    let shown = pages::Cases {
        filter,
        minister: &query.minister,
        bureau: &query.bureau,
        page: &page,
        late,
        terms: desk.terms,
    };
    Ok(html_of(pages::cases(&reader, &shown)))
}

async fn case(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Path((operator, case)): Path<(String, String)>,
) -> Answer<Response> {
    let seat = officer(&app, &caller).await?;
    let file = seat.desk().case(&operator, &case).await;
    let file = file.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::case(&reader, &file)))
}

async fn step(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, case)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let seat = officer(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let text = form.text("text").to_owned();
    let incomplete = |what: &str| Problem::new(Code::Incomplete, format!("`{what}`"));
    let step = match form.text("step") {
        "acknowledge" => NewStep::Acknowledge,
        "note" => NewStep::Note(text),
        "task" => {
            let by = Some(form.text("by")).filter(|by| !by.is_empty());
            let by = by.map(str::parse).transpose();
            let by = by.map_err(|_| incomplete("by"))?;
            NewStep::Task { text, by }
        }
        "task-done" => NewStep::TaskDone(text.parse().map_err(|_| incomplete("text"))?),
        "same" => NewStep::Same(text),
        "close" => NewStep::Close(text),
        "open" => NewStep::Open(text),
        _ => return Err(incomplete("step")),
    };
    stepped(&seat, (&operator, &case), step).await?;
    Ok(Redirect::to(&format!(
        "/operators/{operator}/reports/{case}"
    )))
}

async fn advise(
    State(app): State<Shared>,
    caller: Caller,
    Path(operator): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Redirect> {
    let seat = officer(&app, &caller).await?;
    let form = Pairs::of(&caller, headers, body).await?;
    let lines = form.text("lines").lines().map(str::trim);
    let answer_by = form.text("answer_by").parse();
    let said = NewGuidance {
        id: form.text("id").to_owned(),
        subject: form.text("subject").trim().to_owned(),
        lines: lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect(),
        answer_by: answer_by.map_err(|e| Problem::new(Code::Incomplete, e))?,
    };
    advised(&app, &seat, &operator, said).await?;
    Ok(Redirect::to("/guidance"))
}

async fn advice(State(app): State<Shared>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    let seat = officer(&app, &caller).await?;
    let list = seat.desk().advice(View::All).await.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::advice(&reader, &list)))
}

async fn numbers(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let seat: Seat = officer(&app, &caller).await?;
    let rows = seat.desk().numbers().await.map_err(|e| no(&e))?;
    let reader = app.reader(&caller, &headers);
    Ok(html_of(pages::numbers(&reader, &rows)).into_response())
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn a_browser_s_time_is_japan_s_and_a_document_s_is_utc() {
        for (typed, kept) in [
            ("2026-10-01T12:00", "2026-10-01T03:00:00Z"),
            ("2026-10-01T12:00:30", "2026-10-01T03:00:30Z"),
            ("2026-10-01T03:00:00Z", "2026-10-01T03:00:00Z"),
            ("noon", "noon"),
            ("", ""),
        ] {
            assert_eq!(utc(typed), kept);
        }
    }
}
