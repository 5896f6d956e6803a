//! Orders, demands and opinions over HTTP. In: what an officer issues, settles or takes back; receipts and replies of operators. Out: letters with clock, state and consequence. Never:
//! a letter of another operator; an opinion among an operator's letters; a word about another operator.

use super::report::office::officer;
use super::report::{Bench, Seat, no, only_operator, operator_calling};
use crate::app::{App, Caller, Shared};
use crate::extract::Json;
use crate::part::Role;
use crate::problem::{Answer, Code, Document, Problem};
use axum::Json as Said;
use axum::extract::{Path, Query, State};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::Due;
use sakimori_cooperate::order::{Consequence, Draft, Letter, LetterKind};
use sakimori_cooperate::routing::Minister;
use sakimori_custody::ids::Name;
use sakimori_liaison::desk::{End, OpinionSays, Sheet};
use sakimori_liaison::order::Line;
use sakimori_liaison::product::{Known, known};
use sakimori_store::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of a role.
pub(super) fn routes(role: Role) -> OpenApiRouter<Shared> {
    let router = OpenApiRouter::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .routes(routes!(list))
            .routes(routes!(issue))
            .routes(routes!(step))
            .routes(routes!(receive))
            .routes(routes!(reply))
            .routes(routes!(opinions, opine))
            .routes(routes!(opinion_step)),
        Role::Operator => router
            .routes(routes!(list))
            .routes(routes!(one))
            .routes(routes!(reply)),
    }
}

pub(super) fn name(field: &str, text: &str) -> Answer<Name> {
    text.parse()
        .map_err(|e| Problem::new(Code::Malformed, format!("{field}: {e}")))
}

/// What the office knows of operators, against which it holds what it writes to one.
pub(crate) async fn others(app: &App) -> Answer<Known> {
    let known = known(
        app.store.as_ref(),
        super::products::names(app)?,
        app.host.seconds(),
    )
    .await;
    known.map_err(|e| no(&e))
}

/// From which place on.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Behind {
    /// At the office, for an operator's node or machine: what changed behind this place, those that changed first before the others. Without it, and for people, the most urgent
    /// first.
    pub(super) after: Option<u64>,
}

/// Letters.
#[derive(Serialize, ToSchema)]
pub(crate) struct LetterList {
    /// Each as it was written, with its state and reply.
    #[schema(value_type = Vec<Object>)]
    letters: Vec<Value>,
    /// Its clocks, in the same order; none where it was taken back.
    #[schema(value_type = Vec<Object>)]
    clocks: Vec<Value>,
    /// What follows where nothing comes, in the same order: fine in yen, article, words, marks.
    #[schema(value_type = Vec<Object>)]
    consequences: Vec<Value>,
    /// At an operator's node, in the same order: the answer that is here, and whether it waits to be sent; at the office empty.
    #[schema(value_type = Vec<Object>)]
    answers: Vec<Value>,
    /// The place behind which the next page begins.
    place: u64,
    /// Whether there is more behind it.
    more: bool,
    /// The place of what changed last; who has read further has read of another store, and begins anew.
    newest: u64,
}

fn follows(of: &Consequence) -> Value {
    json!({
        "fine_yen": of.fine_yen, "article": of.article, "corporate": of.corporate,
        "en": of.en(), "ja": of.ja(), "marks": of.marks(),
    })
}

impl LetterList {
    fn of<'l>(rows: impl Iterator<Item = (&'l Letter, Option<Due>, Consequence)>) -> Self {
        let mut all = Self {
            letters: Vec::new(),
            clocks: Vec::new(),
            consequences: Vec::new(),
            answers: Vec::new(),
            place: 0,
            more: false,
            newest: 0,
        };
        for (letter, due, consequence) in rows {
            all.letters.push(json!(letter));
            all.clocks.push(json!(due));
            all.consequences.push(follows(&consequence));
        }
        all
    }

    fn here(lines: &[Line]) -> Self {
        let rows = lines.iter().map(|line| {
            let letter = &line.paper.said.letter;
            (letter, line.due.clone(), line.consequence.clone())
        });
        let answers = lines.iter().map(|line| {
            let held = &line.paper.said;
            json!({"answer": held.answer, "waits": held.waits(), "came_too_late": held.came_too_late()})
        });
        Self {
            answers: answers.collect(),
            ..Self::of(rows)
        }
    }

    fn at_office<T>(sheets: &[Sheet<T>], letter: impl Fn(&T) -> &Letter) -> Self {
        Self::of(sheets.iter().map(|sheet| {
            let of = letter(&sheet.paper.said);
            (of, sheet.due.clone(), sheet.consequence.clone())
        }))
    }
}

/// Orders and demands: an operator's own; at the office, a person sees all.
#[utoipa::path(get, path = "/v1/orders", tag = "letters", params(Behind),
    responses((status = 200, description = "With clocks and consequences.", body = LetterList)))]
pub(crate) async fn list(
    State(app): State<Shared>,
    caller: Caller,
    Query(Behind { after }): Query<Behind>,
) -> Answer<Said<LetterList>> {
    if app.role == Role::Operator {
        let bench = Bench::of(&app, &caller).await?;
        let lines = bench.clerk().orders().await.map_err(|e| no(&e))?;
        return Ok(Said(LetterList::here(&lines)));
    }
    let operator = operator_calling(&app, &caller).await?;
    let seat = Seat::of(&app, &caller).await?;
    let desk = seat.desk();
    let Some((operator, after)) = operator.as_ref().zip(after) else {
        let view = operator
            .as_ref()
            .map_or(View::All, |name| View::Of(name.as_str()));
        let sheets = desk.letters(view).await.map_err(|e| no(&e))?;
        return Ok(Said(LetterList::at_office(&sheets, |said| said)));
    };
    let page = desk.letters_behind(operator, after).await;
    let page = page.map_err(|e| no(&e))?;
    let rows = page.rows.iter().map(|each| {
        let letter = &each.said;
        let due = letter.clock(desk.now);
        (letter, due, letter.kind().consequence(desk.terms))
    });
    Ok(Said(LetterList {
        place: page.place,
        more: page.more,
        newest: page.newest,
        ..LetterList::of(rows)
    }))
}

/// One letter at the operator's node.
#[utoipa::path(get, path = "/v1/orders/{id}", tag = "letters", params(("id" = String, Path)), responses(
    (status = 200, description = "As in the list, alone.", body = LetterList),
    (status = 404, description = "The operator has no such letter.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Said<LetterList>> {
    let bench = Bench::of(&app, &caller).await?;
    let line = bench.clerk().order(&id).await.map_err(|e| no(&e))?;
    Ok(Said(LetterList::here(&[line])))
}

/// An order or a demand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrder {
    /// Its id, used once for this operator.
    pub(crate) id: String,
    /// `order` or `demand`.
    #[schema(value_type = String)]
    pub(crate) kind: LetterKind,
    /// One line.
    pub(crate) subject: String,
    /// What is asked. It says nothing of another operator: names and what others registered are refused.
    pub(crate) text: String,
    /// By which day a reply is due.
    #[schema(value_type = String)]
    pub(crate) reply_by: Date,
}

/// What stands after an act.
#[derive(Serialize, ToSchema)]
pub(crate) struct LetterStands {
    /// The letter's id.
    id: String,
    /// Where it stands: `issued`, `received`, `replied`, `settled`, `revoked`; at an operator's node `answer-waits` too.
    state: String,
    /// The letter as it stands.
    #[schema(value_type = Object)]
    letter: Value,
}

/// Issues an order or a demand to an operator.
#[utoipa::path(post, path = "/v1/operators/{operator}/orders", tag = "letters", request_body = NewOrder, params(("operator" = String, Path)), responses(
    (status = 200, description = "It is issued; the operator's node fetches it.", body = LetterStands),
    (status = 409, description = "The id is used.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "A field breaks a rule, tells of another operator, or it is an opinion.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn issue(
    State(app): State<Shared>,
    caller: Caller,
    Path(operator): Path<String>,
    Json(said): Json<NewOrder>,
) -> Answer<Said<LetterStands>> {
    let seat = officer(&app, &caller).await?;
    issued(&app, &seat, &operator, &said).await.map(Said)
}

/// The same for the page.
pub(crate) async fn issued(
    app: &App,
    seat: &Seat,
    operator: &str,
    said: &NewOrder,
) -> Answer<LetterStands> {
    let known = others(app).await?;
    let desk = seat.desk();
    let draft = Draft {
        id: name("id", &said.id)?,
        kind: said.kind,
        to: name("operator", operator)?,
        subject: &said.subject,
        text: &said.text,
        issued: Date::of(desk.now),
        reply_by: said.reply_by,
    };
    let kept = desk.issue(draft, &known).await.map_err(|e| no(&e))?;
    Ok(LetterStands {
        letter: json!(kept.said),
        id: kept.id,
        state: kept.state,
    })
}

/// A step of an officer.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LetterStep {
    /// The matter is settled: it was answered.
    Settle,
    /// The letter is taken back: it was not answered yet.
    Revoke,
}

impl LetterStep {
    const fn end(self) -> End {
        match self {
            Self::Settle => End::Settle,
            Self::Revoke => End::Revoke,
        }
    }
}

/// Settles a letter, or takes it back: the body is `"settle"` or `"revoke"`.
#[utoipa::path(post, path = "/v1/operators/{operator}/orders/{id}/steps", tag = "letters", request_body = LetterStep,
    params(("operator" = String, Path), ("id" = String, Path)), responses(
    (status = 200, description = "It is done.", body = LetterStands),
    (status = 404, description = "No such letter.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "The letter does not take this step where it stands.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn step(
    State(app): State<Shared>,
    caller: Caller,
    Path((operator, id)): Path<(String, String)>,
    Json(step): Json<LetterStep>,
) -> Answer<Said<LetterStands>> {
    let seat = officer(&app, &caller).await?;
    stepped(&seat, (&operator, &id), step).await.map(Said)
}

/// The same for the page.
pub(crate) async fn stepped(
    seat: &Seat,
    (operator, id): (&str, &str),
    step: LetterStep,
) -> Answer<LetterStands> {
    let operator = name("operator", operator)?;
    let kept = seat.desk().end_letter(&operator, id, step.end()).await;
    let kept = kept.map_err(|e| no(&e))?;
    Ok(LetterStands {
        letter: json!(kept.said),
        id: kept.id,
        state: kept.state,
    })
}

/// The operator's node has a letter. It says so again where the line broke; nothing changes then.
#[utoipa::path(post, path = "/v1/orders/{id}/receipts", tag = "letters", params(("id" = String, Path)), responses(
    (status = 200, description = "It is kept.", body = LetterStands),
    (status = 404, description = "The operator has no such letter.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn receive(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer<Said<LetterStands>> {
    let operator = only_operator(&app, &caller).await?;
    let seat = Seat::of(&app, &caller).await?;
    let kept = seat.desk().received(&operator, &id).await;
    let kept = kept.map_err(|e| no(&e))?;
    Ok(Said(LetterStands {
        letter: json!(kept.said),
        id: kept.id,
        state: kept.state,
    }))
}

/// An answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReply {
    /// What it says.
    text: String,
}

/// Replies to an order or a demand: at the operator's node by its people, at the office's by the operator's node. The same reply again changes nothing; a late one is taken, and is late.
#[utoipa::path(post, path = "/v1/orders/{id}/replies", tag = "letters", request_body = NewReply, params(("id" = String, Path)), responses(
    (status = 200, description = "It is kept.", body = LetterStands),
    (status = 404, description = "The operator has no such letter.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "The letter takes no reply any more, or the text breaks a rule.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn reply(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<NewReply>,
) -> Answer<Said<LetterStands>> {
    if app.role == Role::Operator {
        let bench = Bench::of(&app, &caller).await?;
        let line = bench.clerk().reply(&id, &said.text).await;
        let paper = line.map_err(|e| no(&e))?.paper;
        return Ok(Said(LetterStands {
            letter: json!(paper.said.letter),
            id: paper.id,
            state: paper.state,
        }));
    }
    let operator = only_operator(&app, &caller).await?;
    let seat = Seat::of(&app, &caller).await?;
    let kept = seat.desk().replied(&operator, &id, &said.text).await;
    let kept = kept.map_err(|e| no(&e))?;
    Ok(Said(LetterStands {
        letter: json!(kept.said),
        id: kept.id,
        state: kept.state,
    }))
}

/// Opinions of the Prime Minister, each to the minister of a sector; for people of the office alone.
#[utoipa::path(get, path = "/v1/opinions", tag = "letters",
    responses((status = 200, description = "Those with the nearest day first.", body = LetterList)))]
pub(crate) async fn opinions(
    State(app): State<Shared>,
    caller: Caller,
) -> Answer<Said<LetterList>> {
    let seat = officer(&app, &caller).await?;
    let sheets = seat.desk().opinions().await.map_err(|e| no(&e))?;
    Ok(Said(LetterList::at_office(&sheets, |said| &said.0)))
}

/// An opinion.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOpinion {
    /// Its id, used once for this minister.
    pub(crate) id: String,
    /// The sector, such as `water`: the schedule of duties names its minister.
    pub(crate) sector: String,
    /// One line.
    pub(crate) subject: String,
    /// What the Prime Minister thinks.
    pub(crate) text: String,
    /// By which day an answer is asked for; nothing follows where none comes.
    #[schema(value_type = String)]
    pub(crate) reply_by: Date,
}

/// Writes an opinion to the minister whom the schedule names for a sector (Act 42/2025 art. 7). No operator is shown it.
#[utoipa::path(post, path = "/v1/opinions", tag = "letters", request_body = NewOpinion, responses(
    (status = 200, description = "It is on its way.", body = LetterStands),
    (status = 422, description = "A field breaks a rule, or no row of the schedule names the sector.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn opine(
    State(app): State<Shared>,
    caller: Caller,
    Json(said): Json<NewOpinion>,
) -> Answer<Said<LetterStands>> {
    let seat = officer(&app, &caller).await?;
    opined(&seat, &said).await.map(Said)
}

/// The same for the page.
pub(crate) async fn opined(seat: &Seat, said: &NewOpinion) -> Answer<LetterStands> {
    let says = OpinionSays {
        subject: &said.subject,
        text: &said.text,
        reply_by: said.reply_by,
    };
    let kept = seat
        .desk()
        .opine(name("id", &said.id)?, &said.sector, says)
        .await;
    let kept = kept.map_err(|e| no(&e))?;
    Ok(LetterStands {
        letter: json!(kept.said),
        id: kept.id,
        state: kept.state,
    })
}

/// What happens to an opinion.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum OpinionStep {
    /// What the minister answered, as an officer enters it.
    Answer(String),
    /// The matter is settled.
    Settle,
    /// It is taken back.
    Revoke,
}

/// Enters the minister's answer (`{"answer": "…"}`), settles an opinion (`"settle"`) or takes it back (`"revoke"`).
#[utoipa::path(post, path = "/v1/opinions/{minister}/{id}/steps", tag = "letters", request_body = OpinionStep,
    params(("minister" = String, Path), ("id" = String, Path)), responses(
    (status = 200, description = "It is done.", body = LetterStands),
    (status = 404, description = "No such opinion.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "The opinion does not take this step where it stands.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn opinion_step(
    State(app): State<Shared>,
    caller: Caller,
    Path((minister, id)): Path<(String, String)>,
    Json(step): Json<OpinionStep>,
) -> Answer<Said<LetterStands>> {
    let seat = officer(&app, &caller).await?;
    opinion_stepped(&seat, (&minister, &id), step)
        .await
        .map(Said)
}

/// The same for the page.
pub(crate) async fn opinion_stepped(
    seat: &Seat,
    (minister, id): (&str, &str),
    step: OpinionStep,
) -> Answer<LetterStands> {
    let minister: Minister = minister
        .parse()
        .map_err(|_| Problem::new(Code::NotFound, ""))?;
    let desk = seat.desk();
    let kept = match step {
        OpinionStep::Answer(text) => desk.opinion_answered(minister, id, &text).await,
        OpinionStep::Settle => desk.end_opinion(minister, id, End::Settle).await,
        OpinionStep::Revoke => desk.end_opinion(minister, id, End::Revoke).await,
    };
    let kept = kept.map_err(|e| no(&e))?;
    Ok(LetterStands {
        letter: json!(kept.said),
        id: kept.id,
        state: kept.state,
    })
}
