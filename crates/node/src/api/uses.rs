//! Uses of selected records: questions, exports, findings. In: what is asked, with purpose, case and authority. Out: rows, marked files and findings, for whom role, clearance and case let
//! see them. Never: an actor whose name was typed; a row or a byte before its entry is cosigned; an answer to somebody who has lost one of the three.

use super::office::office;
use super::products::NewCondition;
use crate::app::{Caller, Shared};
use crate::extract::Json;
use crate::limits::{FINDINGS_MAX, QUERY_ROWS, QUERY_ROWS_MAX};
use crate::part::{OfficePart, used};
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Query, State};
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use sakimori_access::{Act, Class, Object, Principal};
use sakimori_control::export::{self, Form, Leave};
use sakimori_control::office as cases;
use sakimori_control::query::{self, Asked, Looked, Question};
use sakimori_custody::ids::{AuthorityId, Name, unhex};
use sakimori_custody::time::Seconds;
use sakimori_release::{Marking, Pap, Recipient, RecipientKind, Tlp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::str::FromStr;
use utoipa::ToSchema;

/// Index of the entry that says what a file is.
pub(crate) const ENTRY: HeaderName = HeaderName::from_static("sakimori-entry");
/// Rows of a file.
const ROWS: HeaderName = HeaderName::from_static("sakimori-rows");
/// Whether there are more rows than were asked for.
const MORE: HeaderName = HeaderName::from_static("sakimori-more");

/// Which records.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Which {
    /// All of the span.
    All,
    /// One record, by its id.
    Record(String),
    /// Records between two addresses.
    Pair([String; 2]),
    /// Records with an end in a prefix.
    Prefix(String),
}

/// What is asked.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum What {
    /// All of the span.
    All,
    /// One record, by its id.
    Record(String),
    /// Records between two addresses.
    Pair([String; 2]),
    /// Records with an end in a prefix.
    Prefix(String),
    /// Records with an identifier of a tag, 64 hex digits. No span narrows it.
    Tag(String),
}

/// A question with its reason. Who asks is whoever is signed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewQuery {
    /// Why.
    #[schema(max_length = 512)]
    purpose: String,
    /// In which case; the caller has to be in it, and it has to be open.
    case: String,
    /// The authority under which the records were selected.
    authority: String,
    /// Of the bucket of this day alone; of every day that is kept without it.
    #[serde(default)]
    day: Option<String>,
    /// What is asked.
    what: What,
    /// From this time on, RFC 3339 in UTC.
    #[serde(default)]
    from: Option<String>,
    /// Until before this time, RFC 3339 in UTC.
    #[serde(default)]
    until: Option<String>,
    /// Rows at most; 1000 without it.
    #[serde(default)]
    #[schema(maximum = 10_000)]
    limit: Option<usize>,
}

/// An export with its reason. Who exports is whoever is signed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewExport {
    /// Who gets it; the schedule says who may.
    recipient: String,
    /// As what: `state-agency`, `police-defence`, `carrier`, or `party` for a party's own result.
    r#as: String,
    /// On which basis of the law.
    #[schema(max_length = 4096)]
    basis: String,
    /// How the rights of communication parties were considered.
    #[schema(max_length = 4096)]
    rights: String,
    /// How far it may go; `amber+strict` without it, which is the loosest.
    #[serde(default)]
    tlp: Option<String>,
    /// What may be done with it; `red` without it.
    #[serde(default)]
    pap: Option<String>,
    /// What the law asks for beside: `need` or `protection-assessment`; of what an agreement gave, the party's `prior-consent` too.
    #[serde(default)]
    #[schema(max_items = 64)]
    conditions: Vec<NewCondition>,
    /// `csv` or `json`.
    form: String,
    /// Why.
    #[schema(max_length = 512)]
    purpose: String,
    /// In which case; the caller has to be in it, and it has to be open.
    case: String,
    /// The authority under which the records were selected.
    authority: String,
    /// Of the bucket of this day alone; of every day that is kept without it.
    #[serde(default)]
    day: Option<String>,
    /// Which records.
    what: Which,
    /// From this time on, RFC 3339 in UTC.
    #[serde(default)]
    from: Option<String>,
    /// Until before this time, RFC 3339 in UTC.
    #[serde(default)]
    until: Option<String>,
    /// Rows at most; 1000 without it.
    #[serde(default)]
    #[schema(maximum = 10_000)]
    limit: Option<usize>,
}

impl NewExport {
    fn leave(&self, actor: &Name, now: Seconds) -> Answer<Leave> {
        let unread =
            |field: &str| Problem::new(Code::Incomplete, format!("`{field}` is no such word"));
        let kind = RecipientKind::from_name(&self.r#as).ok_or_else(|| unread("as"))?;
        let (tlp, pap) = (self.tlp.as_deref(), self.pap.as_deref());
        let conditions = self.conditions.iter().map(|one| one.condition(actor, now));
        Ok(Leave {
            recipient: Recipient::new(kind, read("recipient", &self.recipient)?),
            marking: Marking {
                tlp: Tlp::from_name(tlp.unwrap_or("amber+strict")).ok_or_else(|| unread("tlp"))?,
                pap: Pap::from_name(pap.unwrap_or("red")).ok_or_else(|| unread("pap"))?,
            },
            basis: self.basis.clone(),
            rights: self.rights.clone(),
            conditions: conditions.collect::<Answer<_>>()?,
        })
    }
}

/// Rows, with the entries that say that they were seen.
#[derive(Serialize, ToSchema)]
pub(crate) struct SeenRows {
    /// Names of the columns.
    columns: Vec<String>,
    /// Rows with a value per column.
    #[schema(value_type = Vec<Vec<Object>>)]
    rows: Vec<Vec<Value>>,
    /// Whether there are more than the limit.
    more: bool,
    /// Buckets that were opened.
    buckets: usize,
    /// Buckets of the authority that were not, because their time is over.
    gone: usize,
    /// Index of the entry before the look, and of the one after.
    entries: [u64; 2],
}

/// A finding on record.
#[derive(Serialize, ToSchema)]
pub(crate) struct FindingLine {
    /// Index of its entry.
    index: u64,
    /// What was found.
    #[schema(value_type = Object)]
    finding: Value,
}

/// Findings from an index on.
#[derive(Serialize, ToSchema)]
pub(crate) struct FindingPage {
    /// Ascending by index.
    findings: Vec<FindingLine>,
    /// Whether there are more.
    more: bool,
}

/// For which case findings are read, and where the list begins.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindingsQuery {
    /// In which case; the caller has to be in it, and it has to be open.
    case: String,
    /// Least index.
    #[serde(default)]
    from: u64,
}

pub(super) fn read<T: FromStr>(field: &str, text: &str) -> Answer<T> {
    let read = text.parse();
    read.map_err(|_| Problem::new(Code::Incomplete, format!("`{field}` cannot be read")))
}

fn read_some<T: FromStr>(field: &str, text: Option<&str>) -> Answer<Option<T>> {
    text.map(|text| read(field, text)).transpose()
}

/// Holds the caller to role, clearance and case, all three, and names the person.
pub(super) async fn may_see(app: &Shared, caller: &Caller, act: Act, case: &str) -> Answer<Name> {
    let object = Object::data(Class::Selected, case);
    app.require(caller, act, &object).await?;
    match caller {
        Caller::Known {
            who: Principal::Person { id },
            ..
        } => id.parse().map_err(|e| Problem::hidden(Code::Fault, e)),
        _ => Err(Problem::new(Code::NotAllowed, "only people see data")),
    }
}

/// The span and the limit of a question.
struct Frame<'f> {
    from: Option<&'f str>,
    until: Option<&'f str>,
    limit: Option<usize>,
}

impl Frame<'_> {
    fn looked(&self) -> Answer<Looked<'static>> {
        Ok(Looked {
            record: None,
            pair: None,
            prefix: None,
            from: read_some("from", self.from)?,
            until: read_some("until", self.until)?,
            limit: self.limit()?,
        })
    }

    fn limit(&self) -> Answer<usize> {
        let limit = self.limit.unwrap_or(QUERY_ROWS);
        if (1..=QUERY_ROWS_MAX).contains(&limit) {
            return Ok(limit);
        }
        let detail = format!("`limit` is 1 to {QUERY_ROWS_MAX}");
        Err(Problem::new(Code::Incomplete, detail))
    }
}

fn records(which: &Which, frame: &Frame<'_>) -> Answer<Asked> {
    let mut looked = frame.looked()?;
    let pair;
    match which {
        Which::All => {}
        Which::Record(id) => looked.record = Some(read("record", id)?),
        Which::Prefix(text) => looked.prefix = Some(read("prefix", text)?),
        Which::Pair([a, b]) => {
            pair = [read("pair", a)?, read("pair", b)?];
            looked = Looked {
                pair: Some(&pair),
                ..looked
            };
        }
    }
    looked.asked().map_err(|e| used(&e))
}

fn asked(what: What, frame: &Frame<'_>) -> Answer<Asked> {
    let which = match what {
        What::Tag(text) => {
            let unread = || Problem::new(Code::Incomplete, "`tag` has 64 hex digits");
            if frame.from.is_some() || frame.until.is_some() {
                let detail = "a tag is looked for without `from` and `until`";
                return Err(Problem::new(Code::Incomplete, detail));
            }
            return Ok(Asked::tag(unhex(&text).ok_or_else(unread)?, frame.limit()?));
        }
        What::All => Which::All,
        What::Record(id) => Which::Record(id),
        What::Pair(pair) => Which::Pair(pair),
        What::Prefix(prefix) => Which::Prefix(prefix),
    };
    records(&which, frame)
}

/// Holds an authority to be on record here.
fn known(office: &OfficePart, authority: AuthorityId) -> Answer<()> {
    let ids = cases::authorities(office.node()).map_err(|e| used(&e))?;
    if ids.contains(&authority) {
        return Ok(());
    }
    Err(Problem::new(Code::NotFound, "no such authority"))
}

/// Asks a question of selected records. Role, clearance for `selected` and membership of the open case are all needed, and asked for anew with each call. The question is on record before
/// the look and the number of rows after it, both cosigned, before the rows are answered.
#[utoipa::path(post, path = "/v1/queries", tag = "uses", request_body = NewQuery, responses(
    (status = 200, description = "The rows.", body = SeenRows),
    (status = 403, description = "Role, clearance or case is missing (`not-allowed`; nothing is entered then), or the commission gives no share.", body = Document, content_type = "application/problem+json"),
    (status = 404, description = "No such authority.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "A field cannot be read, or the log refuses the query: the budget of the day, a role or clearance that is not on record.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewQuery>,
) -> Answer<axum::Json<SeenRows>> {
    let actor = may_see(&app, &caller, Act::Query, &new.case).await?;
    let frame = Frame {
        from: new.from.as_deref(),
        until: new.until.as_deref(),
        limit: new.limit,
    };
    let question = Question {
        actor,
        purpose: read("purpose", &new.purpose)?,
        case: read("case", &new.case)?,
        authority: read("authority", &new.authority)?,
        day: read_some("day", new.day.as_deref())?,
        asked: asked(new.what, &frame)?,
    };
    let answered = app.blocking(move |app| {
        let office = office(&app.part)?;
        known(office, question.authority)?;
        query::answer(office.node(), office.host(), &question).map_err(|e| used(&e))
    });
    let mut answered = answered.await?;
    // What is sealed says nothing to whoever reads it.
    answered.without("blob");
    Ok(axum::Json(SeenRows {
        columns: answered.columns,
        rows: answered.rows,
        more: answered.more,
        buckets: answered.buckets,
        gone: answered.gone,
        entries: answered.entries,
    }))
}

/// Makes a file of selected records for one recipient, with a mark of its own, where the law's table lets it go; a refusal of that is on record too. What is needed is what a query needs; the query and the export are on record, cosigned, before the file is
/// answered. `sakimori-entry` is the index of the export's entry.
#[utoipa::path(post, path = "/v1/exports", tag = "uses", request_body = NewExport, responses(
    (status = 200, description = "The marked file.", content((String = "text/csv"), (String = "application/json")), headers(
        ("sakimori-entry" = u64, description = "Index of the export's entry."),
        ("sakimori-rows" = u64, description = "Rows of the file."),
        ("sakimori-more" = bool, description = "Whether there are more than the limit."),
    )),
    (status = 403, description = "Role, clearance or case is missing (`not-allowed`; nothing is entered then), or the commission gives no share.", body = Document, content_type = "application/problem+json"),
    (status = 404, description = "No such authority.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "A field cannot be read, the law's table refuses, or the log refuses query or export: recipient, purge list, budget, role or clearance.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn export(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewExport>,
) -> Answer<impl IntoResponse> {
    let actor = may_see(&app, &caller, Act::Export, &new.case).await?;
    let frame = Frame {
        from: new.from.as_deref(),
        until: new.until.as_deref(),
        limit: new.limit,
    };
    let (form, end, kind) = match new.form.as_str() {
        "csv" => (Form::Csv, "csv", "text/csv; charset=utf-8"),
        "json" => (Form::Json, "json", "application/json"),
        _ => return Err(Problem::new(Code::Incomplete, "`form` is csv or json")),
    };
    let leave = new.leave(&actor, app.host.seconds())?;
    let question = Question {
        actor,
        purpose: read("purpose", &new.purpose)?,
        case: read("case", &new.case)?,
        authority: read("authority", &new.authority)?,
        day: read_some("day", new.day.as_deref())?,
        asked: records(&new.what, &frame)?,
    };
    let authority = question.authority;
    let class = app.blocking(move |app| {
        let office = office(&app.part)?;
        known(office, authority)?;
        let statement = cases::statement(office.node(), authority).map_err(|e| used(&e))?;
        Ok(export::class_of(&statement).0)
    });
    if class.await? == sakimori_custody::class::Class::SelectedParty {
        // What is a party's asks for a clearance of its own.
        let object = Object::data(Class::SelectedParty, &new.case);
        app.require(&caller, Act::Export, &object).await?;
    }
    let made = app.blocking(move |app| {
        let office = office(&app.part)?;
        let (node, host) = (office.node(), office.host());
        export::marked(node, host, &question, &leave, form).map_err(|e| used(&e))
    });
    let (exported, bytes) = made.await?;
    let name = format!("attachment; filename=\"export-{}.{end}\"", exported.entry);
    let head = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (ENTRY, exported.entry.to_string()),
        (ROWS, exported.rows.to_string()),
        (MORE, exported.more.to_string()),
    ];
    Ok((head, bytes))
}

/// Findings on record whose records are still kept. What is needed is what a query needs; who read which is in the node's audit record before they are answered.
#[utoipa::path(get, path = "/v1/findings", tag = "uses", params(FindingsQuery), responses(
    (status = 200, description = "A page of at most 500 findings.", body = FindingPage),
    (status = 403, description = "Role, clearance or case is missing.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn findings(
    State(app): State<Shared>,
    caller: Caller,
    Query(asked): Query<FindingsQuery>,
) -> Answer<axum::Json<FindingPage>> {
    let reader = may_see(&app, &caller, Act::ReadFindings, &asked.case).await?;
    let from = asked.from;
    let found = app.blocking(move |app| {
        let office = office(&app.part)?;
        let now = office.host().seconds();
        cases::findings(office.node(), now, from, FINDINGS_MAX).map_err(|e| used(&e))
    });
    let (found, more) = found.await?;
    let shown: Vec<String> = found.iter().map(|file| file.index.to_string()).collect();
    let detail = format!("case {}, findings {}", asked.case, shown.join(" "));
    app.audit(
        &reader.to_string(),
        "read",
        Act::ReadFindings.word(),
        &detail,
    )
    .await?;
    let line = |file: cases::FindingFile| FindingLine {
        index: file.index,
        finding: file.finding,
    };
    Ok(axum::Json(FindingPage {
        findings: found.into_iter().map(line).collect(),
        more,
    }))
}
