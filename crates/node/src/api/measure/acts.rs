//! What people do to measures. In: plans, signed texts, acts, each by somebody who may. Out: the state behind it. Never: an act on behalf of somebody who is not signed in.

use super::{acts_as, held, id_of, kept, room};
use crate::app::{Caller, Shared};
use crate::extract::{Json, NoteBody, bytes, written};
use crate::limits::PLAN_BYTES_MAX;
use crate::measure::{Room, Said, Stepped, check_of, follow, settings_of_now, state_of, words_of};
use crate::problem::{Answer, Code, Document, Problem};
use axum::extract::{Path, Query, Request, State};
use sakimori_access::Act as Leave;
use sakimori_authority::statement::Basis;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{Held, measure, with_facts};
use sakimori_respond::plan::goal::Reading;
use sakimori_respond::plan::life::{Duty, Event, Kill};
use sakimori_respond::plan::{Plan, document};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

type Told = axum::Json<Value>;

/// The state behind a step; a refused event is a problem that names every rule.
pub(super) async fn told(app: &Shared, room: &Room, stepped: &Stepped) -> Answer<Value> {
    let said = settings_of_now(app).await?;
    follow(app, room, &said, stepped).await?;
    if let Some(refused) = &stepped.refused {
        return Err(Problem::new(Code::Refused, words_of(refused)));
    }
    let state = stepped.held.state();
    Ok(with_cautions(state_of(state), &room.cautions(state.plan())))
}

/// The same with what to look at: whoever says yes sees it, whatever they do.
fn with_cautions(mut told: Value, cautions: &[String]) -> Value {
    if let Some(told) = told.as_object_mut() {
        told.insert("cautions".to_owned(), json!(cautions));
    }
    told
}

pub(super) async fn step(app: &Shared, id: AuthorityId, event: &Event, by: &str) -> Answer<Value> {
    let room = room(app).await?;
    let stepped = room.step(id, event, by).await?;
    told(app, &room, &stepped).await
}

async fn plan(request: Request) -> Answer<Plan> {
    let (parts, body) = request.into_parts();
    let bytes = bytes(&parts.headers, body, PLAN_BYTES_MAX).await?;
    document(&bytes).map_err(|problem| Problem::new(Code::Malformed, problem))
}

/// Begins a measure with a plan, or writes the plan of a known one anew.
#[utoipa::path(post, path = "/v1/measures", tag = "measures", request_body = Object, responses(
    (status = 200, description = "Its state.", body = Object),
    (status = 400, description = "The plan does not read; the place is told.", body = Document, content_type = "application/problem+json"),
    (status = 422, description = "It cannot be written anew any more, or by this person.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn propose(
    State(app): State<Shared>,
    caller: Caller,
    request: Request,
) -> Answer<Told> {
    let by = acts_as(&app, &caller, Leave::DraftRequest).await?;
    let plan = plan(request).await?;
    let id = plan.id;
    if measure(&*app.store, id).await.is_ok() {
        let plan = with_facts(&*app.store, plan).await;
        let plan = plan.map_err(|e| kept(&e))?;
        let event = Event::Redraft {
            plan: Box::new(plan),
            by: by.clone(),
        };
        let done = step(&app, id, &event, by.as_str()).await;
        let done = app.tried(&caller, Leave::DraftRequest, done).await?;
        let room = room(&app).await?;
        return findings_kept(
            &room,
            &held(&app, &id.to_string()).await?,
            done,
            by.as_str(),
        )
        .await;
    }
    let room = room(&app).await?;
    room.look(&plan).await?;
    let cautions = room.cautions(&plan);
    let drafted = room
        .with(by.as_str(), async |m| m.draft(plan, &by).await)
        .await;
    let drafted = drafted.map(|turn| turn.held);
    let held = app.tried(&caller, Leave::DraftRequest, drafted).await?;
    let state = with_cautions(state_of(held.state()), &cautions);
    findings_kept(&room, &held, state, by.as_str()).await
}

/// The state, with the names of findings whose bytes are not at this node.
async fn findings_kept(room: &Room, held: &Held, mut state: Value, by: &str) -> Answer<Told> {
    let missing = room.keep_findings(held.state().plan(), by).await?;
    state["evidence_elsewhere"] = json!(missing);
    Ok(axum::Json(state))
}

/// By which rules.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Rules {
    /// By the rules of an urgent act.
    #[serde(default)]
    urgent: bool,
}

/// Holds a plan against every rule and the protected lists, without keeping it.
#[utoipa::path(post, path = "/v1/measures/check", tag = "measures", request_body = Object, params(Rules), responses(
    (status = 200, description = "`good`, `level`, `others`, `why`, `cautions` that a person looks at before saying yes, and every rule that is `broken`.", body = Object),
    (status = 400, description = "The plan does not read; the place is told.", body = Document, content_type = "application/problem+json"),
))]
pub(crate) async fn check(
    State(app): State<Shared>,
    caller: Caller,
    Query(rules): Query<Rules>,
    request: Request,
) -> Answer<Told> {
    acts_as(&app, &caller, Leave::DraftRequest).await?;
    let plan = plan(request).await?;
    let room = room(&app).await?;
    let plan = with_facts(&*app.store, plan).await;
    let plan = plan.map_err(|e| kept(&e))?;
    room.look(&plan).await?;
    check_of(&room, &plan, rules.urgent).await.map(axum::Json)
}

/// What a measure is brought before the commission with.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Before {
    /// Article; `police-6-2` without it.
    basis: Option<String>,
    /// The officer beside the caller, where both decide before the commission can sit.
    urgent_with: Option<String>,
}

/// Brings the text that both officers signed before the commission: text and request go on record. With `urgent_with` the statement is the one that both officers sign.
#[utoipa::path(post, path = "/v1/measures/{measure}/ask", tag = "measures",
    params(("measure" = String, Path, description = "Its id, hex."), Before),
    request_body(content = String, content_type = "text/plain"),
    responses(
        (status = 200, description = "`statement` is the text that is signed, `authority` its id, `text` SHA-256 of the measure's text.", body = Object),
        (status = 422, description = "The text is not signed by both, or not the plan's.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ask(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
    Query(before): Query<Before>,
    note: NoteBody,
) -> Answer<Told> {
    let leave = if before.urgent_with.is_some() {
        Leave::InvokeUrgent
    } else {
        Leave::SubmitRequest
    };
    let by = acts_as(&app, &caller, leave).await?;
    let name = |text: &str| -> Answer<Name> {
        text.parse().map_err(|e| Problem::new(Code::Incomplete, e))
    };
    let basis = name(before.basis.as_deref().unwrap_or("police-6-2"))?;
    let decided = match &before.urgent_with {
        Some(with) => Some(Basis::Urgent {
            officers: [by.clone(), name(with)?],
        }),
        None => None,
    };
    let held = held(&app, &measure).await?;
    let room = room(&app).await?;
    let urgent = decided.is_some();
    let asked = room.ask(&held, &note.bytes, &basis, decided, &by).await;
    let asked = app.tried(&caller, leave, asked).await?;
    let mut state = Value::Null;
    if !urgent {
        let event = Event::Ask {
            by: by.clone(),
            text: asked.signed.digest,
            weighed: asked.signed.weighed(),
        };
        let id = held.state().plan().id;
        let stepped = room.step(id, &event, by.as_str()).await?;
        state = told(&app, &room, &stepped).await?;
    }
    Ok(axum::Json(json!({
        "statement": asked.statement.to_string(), "authority": asked.statement.id.to_string(), "text": asked.signed.digest.to_string(), "state": state,
    })))
}

/// To whom something is owed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Owed {
    /// Whoever controls a system, by the name in the measure.
    Administrator(String),
    /// Victims.
    Victims,
    /// Others who are met.
    Others,
}

impl Owed {
    fn duty(&self) -> Answer<Duty> {
        Ok(match self {
            Self::Administrator(name) => {
                let name = name.parse();
                Duty::Administrator(name.map_err(|e| Problem::new(Code::Incomplete, e))?)
            }
            Self::Victims => Duty::Victims,
            Self::Others => Duty::Others,
        })
    }
}

/// An act on a measure.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Deed {
    /// Finds it in order: another than who proposed it.
    Review,
    /// Sends it back.
    SendBack {
        /// Why.
        why: String,
    },
    /// Takes it back before it is decided.
    Withdraw,
    /// Notes that an urgent statement is on record.
    Invoked {
        /// The statement's id.
        authority: String,
        /// The text that both officers signed, a note.
        text: String,
    },
    /// Puts it in force, step by step. At level 2 two people do the same within fifteen minutes.
    Dispatch {
        /// What others see of the targets now, from behind the decision: texts that their observers signed, as notes.
        #[serde(default)]
        observations: Vec<String>,
    },
    /// Brings what others see of the targets; a changed target suspends it.
    Observe {
        /// Observations.
        #[schema(value_type = Vec<Object>)]
        observations: Value,
    },
    /// Brings readings; an end that was fixed in advance comes by itself.
    Read {
        /// Readings.
        #[schema(value_type = Vec<Object>)]
        readings: Value,
    },
    /// Takes everything back. One person may.
    Release,
    /// Takes back everything that is carried out under the designation of its executor.
    ReleaseAuthority,
    /// Stops its dispatch; what is in force stays until its end.
    Hold,
    /// Lets its dispatch go on.
    Free,
    /// Lets it go on where it was suspended; it is dispatched anew.
    Resume {
        /// Why.
        why: String,
    },
    /// Takes some effects back for good, by their numbers from 0.
    Narrow {
        /// Numbers.
        aims: Vec<usize>,
    },
    /// Notes that a notice that is owed was given.
    Told {
        /// To whom.
        to: Owed,
    },
    /// Withholds a notice.
    Withhold {
        /// To whom.
        to: Owed,
        /// Why.
        why: String,
        /// When that is looked at again, RFC 3339.
        review: String,
    },
    /// Answers the step of the playbook that waits for a person.
    Play {
        /// The step.
        step: String,
        /// Whether it was done.
        done: bool,
        /// Values of the playbook's variables, by their names.
        #[serde(default)]
        values: BTreeMap<String, String>,
    },
}

impl Deed {
    const fn leave(&self) -> Leave {
        match self {
            // Who reviews is another than who proposed, and need not be one who submits.
            Self::Review | Self::SendBack { .. } => Leave::DraftRequest,
            Self::Withdraw => Leave::SubmitRequest,
            Self::Invoked { .. } => Leave::InvokeUrgent,
            _ => Leave::Respond,
        }
    }
}

fn list<T: DeserializeOwned>(field: &str, value: &Value) -> Answer<T> {
    let bytes = value.to_string().into_bytes();
    document(&bytes).map_err(|e| Problem::new(Code::Incomplete, format!("`{field}`: {e}")))
}

/// The event of an act; none where readings bring no end, or where the other person is waited for.
async fn event(app: &Shared, held: &Held, deed: Deed, by: &Name) -> Answer<Option<Event>> {
    let by = by.clone();
    Ok(Some(match deed {
        Deed::Review => Event::Review { by },
        Deed::SendBack { why } => Event::SendBack {
            by,
            words: written("why", &why)?,
        },
        Deed::Withdraw => Event::Withdraw { by },
        Deed::Invoked { authority, text } => {
            let authority = id_of(&authority)?;
            let room = room(app).await?;
            room.invoked(held, authority, text.as_bytes()).await?
        }
        Deed::Dispatch { observations } => {
            let room = room(app).await?;
            let notes: Vec<Vec<u8>> = observations.into_iter().map(String::into_bytes).collect();
            let observations = room.sworn(held, &notes).await?;
            let alone = held.state().level() < 2;
            let id = held.state().plan().id;
            let now = app.host.seconds();
            let people = if alone {
                vec![by]
            } else {
                match app.measures.second(id, &by, now) {
                    Some(first) => vec![first, by],
                    None => return Ok(None),
                }
            };
            room.rehearsed(held).await?;
            Event::Dispatch {
                by: people,
                observations,
            }
        }
        Deed::Observe { observations } => Event::Observed(list("observations", &observations)?),
        Deed::Read { readings } => {
            let readings: Vec<Reading> = list("readings", &readings)?;
            return Ok(held.life.measured(&readings, app.host.seconds()));
        }
        Deed::Release => Event::Kill(Kill::Measure),
        Deed::ReleaseAuthority => Event::Kill(of_executor(held)),
        Deed::Hold => Event::Kill(Kill::Dispatch),
        Deed::Free => Event::Free { by },
        Deed::Resume { why } => Event::Resume {
            by,
            words: written("why", &why)?,
        },
        Deed::Narrow { aims } => Event::Narrow { by, aims },
        Deed::Told { to } => Event::Told { duty: to.duty()? },
        Deed::Withhold { to, why, review } => {
            let bad = |_| Problem::new(Code::Incomplete, "`review` is no time");
            let review: Seconds = review.parse().map_err(bad)?;
            Event::Withhold {
                duty: to.duty()?,
                reason: written("why", &why)?,
                review,
                by,
            }
        }
        Deed::Play { step, done, values } => {
            let said = Said { step, done, values };
            room(app).await?.answered(held, said, by.as_str()).await?
        }
    }))
}

/// The kill switch of all that is carried out under the designation of a measure's executor.
fn of_executor(held: &Held) -> Kill {
    let chain = &held.state().plan().chain;
    Kill::Designation(chain.executor.number.clone())
}

/// Does something to a measure, in the caller's name.
#[utoipa::path(post, path = "/v1/measures/{measure}/acts", tag = "measures", request_body = Deed,
    params(("measure" = String, Path, description = "Its id, hex.")),
    responses(
        (status = 200, description = "Its state; `waits` where another person has to do the same, or where nothing came of it.", body = Object),
        (status = 404, description = "No such measure.", body = Document, content_type = "application/problem+json"),
        (status = 422, description = "It breaks a rule, or cannot happen where the measure stands; that is on record.", body = Document, content_type = "application/problem+json"),
    ))]
pub(crate) async fn act(
    State(app): State<Shared>,
    caller: Caller,
    Path(measure): Path<String>,
    Json(deed): Json<Deed>,
) -> Answer<Told> {
    done(&app, &caller, &measure, deed).await.map(axum::Json)
}

/// Does an act; for the page too.
pub(super) async fn done(
    app: &Shared,
    caller: &Caller,
    measure: &str,
    deed: Deed,
) -> Answer<Value> {
    let leave = deed.leave();
    let by = acts_as(app, caller, leave).await?;
    let held = held(app, measure).await?;
    if matches!(deed, Deed::ReleaseAuthority) {
        let done = super::stops::released(app, &of_executor(&held), &by).await;
        app.tried(caller, leave, done).await?;
        let held = self::held(app, measure).await?;
        return Ok(state_of(held.state()));
    }
    let Some(event) = event(app, &held, deed, &by).await? else {
        let mut state = state_of(held.state());
        state["waits"] = json!(
            "nothing is done yet: what was fixed is not reached, or another person has to do the same"
        );
        return Ok(state);
    };
    let id = held.state().plan().id;
    let outcome = step(app, id, &event, by.as_str()).await;
    app.tried(caller, leave, outcome).await
}
