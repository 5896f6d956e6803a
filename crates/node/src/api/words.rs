//! The commission's words: inspections, letters, reports, challenges, what is due, cases of misuse; and the office's reply. In: JSON, suspensions that chair or deputy signed. Out: entries of
//! the secretariat on record, sheets from the book of this node's own copy. Never: a demand that stops before its suspension is on record; a number that the copy does not give.

use super::commission::commission_of;
use super::office::{Entered, caller_id, office};
use crate::app::{App, Caller, Shared};
use crate::extract::{Json, written};
use crate::part::{CommissionPart, Part, refused};
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, State};
use sakimori_access::{Act, Object};
use sakimori_authority::Suspension;
use sakimori_control::challenge;
use sakimori_control::error::told;
use sakimori_control::oversight::{self, Word};
use sakimori_custody::ids::{AuthorityId, Name, hex};
use sakimori_custody::time::Seconds;
use sakimori_oversight::Book;
use sakimori_oversight::book::LetterKind as Kind;
use sakimori_oversight::misuse::{self, Bounds};
use sakimori_tlog::note::Note;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Years that a report can be of.
const YEARS: std::ops::RangeInclusive<u64> = 2000..=9999;

/// What is done in an inspection.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum InspectionAct {
    /// It begins.
    Opened,
    /// It found something.
    Finding,
    /// It is over.
    Closed,
}

/// A word in an inspection; the inspector is whoever is signed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInspection {
    /// Its name: `[a-z0-9][a-z0-9.-]{0,31}`.
    inspection: String,
    /// What is done.
    act: InspectionAct,
    /// What is inspected.
    #[schema(max_length = 16384)]
    subject: String,
    /// What is said.
    #[schema(max_length = 16384)]
    text: String,
}

/// Which letter.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LetterKind {
    /// A notice.
    Notice,
    /// A demand.
    Demand,
    /// A recommendation.
    Recommendation,
}

/// A notice, demand or recommendation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLetter {
    /// Which.
    kind: LetterKind,
    /// Its name: `[a-z0-9][a-z0-9.-]{0,31}`.
    id: String,
    /// To whom.
    #[schema(max_length = 16384)]
    to: String,
    /// About what, in a line.
    #[schema(max_length = 16384)]
    subject: String,
    /// What it says.
    #[schema(max_length = 16384)]
    text: String,
    /// An authority, entry or measure that it is about.
    #[serde(default)]
    about: Option<String>,
    /// For a demand to stop: the suspension that chair or deputy signed, a note. It is brought to the office first and has to be taken there.
    #[serde(default)]
    #[schema(max_length = 65536)]
    stop: Option<String>,
}

/// A reply of the office.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReply {
    /// What it says.
    #[schema(max_length = 16384)]
    text: String,
}

/// The year of a report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReport {
    /// The calendar year.
    year: u64,
}

/// The report of a year, in its three texts.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportSheet {
    /// The calendar year.
    year: u64,
    /// Index of the last report of this year on record.
    entry: Option<u64>,
    /// SHA-256 that the entry has; another than `sha256` where the log went on since.
    published: Option<String>,
    /// SHA-256 of the three texts as the log gives them now.
    sha256: String,
    /// The text in Japanese.
    ja: String,
    /// The text in English.
    en: String,
    /// The table.
    csv: String,
}

/// What is to be challenged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewChallenge {
    /// A bucket to draw from; all that are not gone without it.
    #[serde(default)]
    bucket: Option<String>,
}

/// A challenge on record.
#[derive(Serialize, ToSchema)]
pub(crate) struct Challenged {
    /// Index of its entry.
    index: u64,
    /// The bucket.
    bucket: String,
    /// The record that has to open.
    record: String,
}

/// Something that is due.
#[derive(Serialize, ToSchema)]
pub(crate) struct DueLine {
    /// Which: a code of `docs/reference/rules.md`.
    code: String,
    /// Index of the entry that it is about.
    entry: u64,
    /// Since when, RFC 3339.
    since: String,
    /// The object, in words.
    about: String,
}

/// What the rules of misuse find, and the cases on record.
#[derive(Serialize, ToSchema)]
pub(crate) struct MisuseSheet {
    /// Alerts of now.
    alerts: Vec<AlertLine>,
    /// Cases on record, in order.
    cases: Vec<CaseLine>,
}

/// An alert.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertLine {
    /// The rule.
    rule: String,
    /// Whose acts.
    actor: String,
    /// Indices of the acts.
    entries: Vec<u64>,
    /// Why, in words.
    reason: String,
    /// Whether a case on record has these acts.
    case: bool,
}

/// A case of misuse on record.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseLine {
    /// Index of its entry.
    index: u64,
    /// When, RFC 3339.
    time: String,
    /// Its name; the sealed pack has it too.
    case: String,
    /// The rule.
    rule: String,
    /// Whose acts.
    actor: String,
    /// Indices of the acts.
    entries: Vec<u64>,
    /// SHA-256 of the sealed pack.
    evidence: String,
}

/// A letter on record, with its reply.
#[derive(Serialize, ToSchema)]
pub(crate) struct LetterLine {
    /// Index of its entry.
    index: u64,
    /// `notice`, `demand` or `recommendation`.
    kind: &'static str,
    /// Its name.
    id: String,
    /// To whom.
    to: String,
    /// About what.
    subject: String,
    /// What it says.
    text: String,
    /// What it is about.
    about: Option<String>,
    /// The authority that it stops.
    stop: Option<String>,
    /// By when a reply is due, RFC 3339.
    due: String,
    /// Index of the reply.
    replied_by: Option<u64>,
    /// The reply.
    reply: Option<String>,
}

fn name(field: &str, text: &str) -> Answer<Name> {
    let bad = |e| Problem::new(Code::Malformed, format!("`{field}`: {e}"));
    text.parse().map_err(bad)
}

/// Opens, continues or closes an inspection: an entry of the secretariat.
#[utoipa::path(post, path = "/v1/inspections", tag = "oversight", request_body = NewInspection, responses(
    (status = 200, description = "It is on record.", body = Entered),
    (status = 422, description = "Something is not said, or the inspection is not open.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn inspection(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewInspection>,
) -> Answer<axum::Json<Entered>> {
    app.require(&caller, Act::Inspect, &Object::any()).await?;
    let word = Word::Inspection {
        inspection: name("inspection", &new.inspection)?,
        act: match new.act {
            InspectionAct::Opened => oversight::InspectionAct::Opened,
            InspectionAct::Finding => oversight::InspectionAct::Finding,
            InspectionAct::Closed => oversight::InspectionAct::Closed,
        },
        inspector: name("inspector", &caller_id(&caller))?,
        subject: written("subject", &new.subject)?,
        text: written("text", &new.text)?,
    };
    let index = app.blocking(move |app| spoken(app, &word, None)).await;
    let index = app.tried(&caller, Act::Inspect, index).await?;
    Ok(axum::Json(Entered { index }))
}

/// Makes a word an entry, by the book of this node's own copy, and brings it to the office's log.
fn spoken(app: &App, word: &Word, stop: Option<AuthorityId>) -> Answer<u64> {
    let commission = commission_of(&app.part)?;
    let now = app.host.seconds();
    let deed = commission
        .commission
        .read(|book| oversight::deed_of(book, word, stop, now));
    commission.enter(deed.map_err(|e| refused(&e))?)
}

/// Writes a notice, demand or recommendation. A demand to stop carries the signed suspension, which is on record and with the sensors before it.
#[utoipa::path(post, path = "/v1/letters", tag = "oversight", request_body = NewLetter, responses(
    (status = 200, description = "It is on record.", body = Entered),
    (status = 403, description = "The suspension is none of chair or deputy, or the caller may not.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "Something is not said.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn letter(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewLetter>,
) -> Answer<axum::Json<Entered>> {
    let (act, kind) = match new.kind {
        LetterKind::Notice => (Act::Notice, oversight::LetterKind::Notice),
        LetterKind::Demand => (Act::Demand, oversight::LetterKind::Demand),
        LetterKind::Recommendation => (Act::Recommend, oversight::LetterKind::Recommendation),
    };
    app.require(&caller, act, &Object::any()).await?;
    let stop = new.stop.map(String::into_bytes);
    if stop.is_some() {
        if !matches!(new.kind, LetterKind::Demand) {
            return Err(Problem::new(Code::Refused, "only a demand stops"));
        }
        app.require(&caller, Act::Suspend, &Object::any()).await?;
    }
    let about = new.about.map(|about| written("about", &about));
    let word = Word::Letter(oversight::Letter {
        kind,
        id: name("id", &new.id)?,
        to: written("to", &new.to)?,
        subject: written("subject", &new.subject)?,
        text: written("text", &new.text)?,
        about: about.transpose()?,
        stop: stop.clone(),
    });
    let index = app.blocking(move |app| {
        let stopped = stop
            .map(|note| stopped(commission_of(&app.part)?, &note))
            .transpose()?;
        spoken(app, &word, stopped)
    });
    let index = index.await;
    let index = app.tried(&caller, act, index).await?;
    Ok(axum::Json(Entered { index }))
}

/// Brings the suspension behind a demand to the office's node, unless this node's own copy has it: a demand whose letter did not come through may be written again.
fn stopped(commission: &CommissionPart, note: &[u8]) -> Answer<AuthorityId> {
    let authority = oversight::stop_of(note).map_err(|e| refused(&e))?;
    Suspension::check(note, &commission.trust_root(), None)
        .map_err(|e| Problem::new(Code::NotInForce, told(&e)))?;
    if !is_last_stop(commission, authority, note) {
        commission.forward("/v1/suspensions", note)?;
    }
    Ok(authority)
}

/// Whether the last suspension of the commission's on record about an authority is this one.
fn is_last_stop(commission: &CommissionPart, authority: AuthorityId, note: &[u8]) -> bool {
    let text = Note::parse(note).ok();
    let serial = text.and_then(|note| Suspension::parse(note.text()).ok());
    let Some(suspension) = serial else {
        return false;
    };
    commission.commission.read(|book| {
        let of = book.authority(authority);
        let last = of.and_then(|of| of.stops.get(&suspension.by));
        last.is_some_and(|last| last.suspends && last.serial == suspension.serial)
    })
}

/// Letters on record with their replies, as a book shows them.
fn letter_lines(book: &Book) -> Vec<LetterLine> {
    let line = |letter: &sakimori_oversight::book::Letter| LetterLine {
        index: letter.index,
        kind: match letter.kind {
            Kind::Notice => "notice",
            Kind::Demand => "demand",
            Kind::Recommendation => "recommendation",
        },
        id: letter.id.to_string(),
        to: letter.to.clone(),
        subject: letter.subject.clone(),
        text: letter.text.clone(),
        about: letter.about.clone(),
        stop: letter.stop.map(|id| id.to_string()),
        due: letter.due.to_string(),
        replied_by: letter.reply.as_ref().map(|reply| reply.index),
        reply: letter.reply.as_ref().map(|reply| reply.text.clone()),
    };
    book.letters().values().map(line).collect()
}

/// Notices, demands and recommendations on record, with their replies.
#[utoipa::path(get, path = "/v1/letters", tag = "oversight", responses(
    (status = 200, description = "In the order of their entries.", body = [LetterLine]),
))]
pub(crate) async fn letters(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<axum::Json<Vec<LetterLine>>> {
    app.require(&caller, Act::ReadLog, &Object::any()).await?;
    let list = app.blocking(|app| match &app.part {
        Part::Office(office) => office.with_book(letter_lines),
        Part::Commission(commission) => Ok(commission.commission.read(letter_lines)),
        Part::Operator(_) => Err(Problem::new(Code::NotImplemented, "")),
    });
    list.await.map(axum::Json)
}

/// Replies to a letter of the commission: an entry signed by the office.
#[utoipa::path(post, path = "/v1/letters/{index}/replies", tag = "oversight", request_body = NewReply,
    params(("index" = u64, Path, description = "Index of the letter's entry.")),
    responses(
        (status = 200, description = "It is on record.", body = Entered),
        (status = 404, description = "No such letter waits for a reply.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn reply(
    State(app): State<Shared>,
    caller: Caller,
    Path(letter): Path<u64>,
    Json(new): Json<NewReply>,
) -> Answer<axum::Json<Entered>> {
    app.require(&caller, Act::Reply, &Object::any()).await?;
    let from = name("from", &caller_id(&caller))?;
    let text = written("text", &new.text)?;
    let index = app.blocking(move |app| {
        let office = office(&app.part)?;
        let waits = office.with_book(|book| {
            let letter = book.letters().get(&letter);
            letter.is_some_and(|letter| letter.reply.is_none())
        });
        if !waits? {
            let text = "no such letter waits for a reply";
            return Err(Problem::new(Code::NotFound, text));
        }
        let (node, host, key) = (office.node(), office.host(), office.signer()?);
        let index = oversight::reply(node, host, &key, letter, (&from, &text));
        let index = index.map_err(|e| refused(&e))?;
        office.settle()?;
        Ok(index)
    });
    let index = index.await;
    let index = app.tried(&caller, Act::Reply, index).await?;
    Ok(axum::Json(Entered { index }))
}

fn year(year: u64) -> Answer<u64> {
    let bad = || Problem::new(Code::Malformed, "a report is of a year from 2000 to 9999");
    YEARS.contains(&year).then_some(year).ok_or_else(bad)
}

fn sheet(book: &Book, year: u64) -> ReportSheet {
    let (_, texts) = oversight::report_of(book, year);
    let last = book.reports().iter().rev().find(|of| of.year == year);
    ReportSheet {
        year,
        entry: last.map(|of| of.index),
        published: last.map(|of| hex(&of.sha256)),
        sha256: hex(&texts.hash()),
        ja: texts.ja,
        en: texts.en,
        csv: texts.csv,
    }
}

/// Puts the report of a year on record: its numbers, and the hash of its three texts, which are answered.
#[utoipa::path(post, path = "/v1/reports", tag = "oversight", request_body = NewReport, responses(
    (status = 200, description = "It is on record.", body = ReportSheet),
    (status = 422, description = "The office's log gives other numbers than this node's copy; try again.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn report(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewReport>,
) -> Answer<axum::Json<ReportSheet>> {
    app.require(&caller, Act::Report, &Object::any()).await?;
    let year = year(new.year)?;
    let done = app.blocking(move |app| {
        let commission = commission_of(&app.part)?;
        let copy = &commission.commission;
        let (deed, texts) = copy.read(|book| oversight::report_of(book, year));
        let index = commission.enter(deed)?;
        Ok(ReportSheet {
            year,
            entry: Some(index),
            published: Some(hex(&texts.hash())),
            sha256: hex(&texts.hash()),
            ja: texts.ja,
            en: texts.en,
            csv: texts.csv,
        })
    });
    let done = done.await;
    app.tried(&caller, Act::Report, done).await.map(axum::Json)
}

/// The report of a year, as the copy gives it now, with the last one on record.
#[utoipa::path(get, path = "/v1/reports/{year}", tag = "oversight",
    params(("year" = u64, Path, description = "The calendar year.")),
    responses(
        (status = 200, description = "Its three texts.", body = ReportSheet),
        (status = 400, description = "No year.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn report_sheet(
    State(app): State<Shared>,
    caller: Caller,
    Path(of): Path<u64>,
) -> Answer<axum::Json<ReportSheet>> {
    app.require(&caller, Act::ReadLog, &Object::any()).await?;
    let year = year(of)?;
    let sheet = app.blocking(move |app| {
        let commission = commission_of(&app.part)?;
        Ok(commission.commission.read(|book| sheet(book, year)))
    });
    sheet.await.map(axum::Json)
}

/// Challenges the office to open a record that is drawn from this node's own copy of the log.
#[utoipa::path(post, path = "/v1/challenges", tag = "oversight", request_body = NewChallenge, responses(
    (status = 200, description = "It is on record.", body = Challenged),
    (status = 422, description = "No receipt on record covers a record that could be challenged.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn challenge(
    State(app): State<Shared>,
    caller: Caller,
    Json(new): Json<NewChallenge>,
) -> Answer<axum::Json<Challenged>> {
    app.require(&caller, Act::Challenge, &Object::any()).await?;
    let bucket = new.bucket.map(|text| text.parse()).transpose();
    let bucket = bucket.map_err(|_| Problem::new(Code::Malformed, "`bucket` names no bucket"))?;
    let done = app.blocking(move |app| {
        let commission = commission_of(&app.part)?;
        let copy = &commission.commission;
        let drawn = copy.read(|book| challenge::drawn(book, &app.host, bucket.as_ref()));
        let drawn = drawn.map_err(|e| refused(&e))?;
        Ok(Challenged {
            index: commission.enter(drawn.deed)?,
            bucket: drawn.bucket.to_string(),
            record: drawn.record.to_string(),
        })
    });
    let done = done.await;
    app.tried(&caller, Act::Challenge, done)
        .await
        .map(axum::Json)
}

/// What is due by this node's own copy: answers, responses, deletions, and what shows late.
#[utoipa::path(get, path = "/v1/due", tag = "oversight", responses(
    (status = 200, description = "In the order of code and entry.", body = [DueLine]),
))]
pub(crate) async fn due(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<axum::Json<Vec<DueLine>>> {
    app.require(&caller, Act::ReadLog, &Object::any()).await?;
    let list = app.blocking(|app| {
        let now = app.host.seconds();
        let copy = &commission_of(&app.part)?.commission;
        let due = copy.read(|book| book.overdue(now));
        let line = |of: sakimori_oversight::Overdue| DueLine {
            code: of.code.name().to_owned(),
            entry: of.index,
            since: Seconds(of.since).to_string(),
            about: of.what,
        };
        Ok(due.into_iter().map(line).collect())
    });
    list.await.map(axum::Json)
}

/// What the rules of misuse find in this node's own copy, and the cases on record.
#[utoipa::path(get, path = "/v1/misuse", tag = "oversight", responses(
    (status = 200, description = "Alerts of now, cases in order.", body = MisuseSheet),
))]
pub(crate) async fn misuse_sheet(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<axum::Json<MisuseSheet>> {
    app.require(&caller, Act::ReadMisuse, &Object::any())
        .await?;
    let sheet = app.blocking(|app| {
        let now = app.host.seconds();
        let copy = &commission_of(&app.part)?.commission;
        Ok(copy.read(|book| misuse_of(book, now)))
    });
    sheet.await.map(axum::Json)
}

fn misuse_of(book: &Book, now: Seconds) -> MisuseSheet {
    let alerts = misuse::alerts(book, &Bounds::default(), now).into_iter();
    let alerts = alerts.map(|alert| AlertLine {
        case: oversight::is_known(book, &alert),
        rule: alert.rule.name().to_owned(),
        actor: alert.actor,
        entries: alert.entries,
        reason: alert.reason,
    });
    let cases = book.misuses().iter().map(|of| CaseLine {
        index: of.index,
        time: of.time.to_string(),
        case: of.case.clone(),
        rule: of.rule.clone(),
        actor: of.actor.to_string(),
        entries: of.entries.clone(),
        evidence: hex(&of.evidence),
    });
    MisuseSheet {
        alerts: alerts.collect(),
        cases: cases.collect(),
    }
}
