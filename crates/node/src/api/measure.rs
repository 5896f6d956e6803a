//! Measures over HTTP at the office's node: from a plan to the report, notices, complaints of strangers. In: plans, signed texts, acts of people who may, complaints. Out: states, texts, statements, alarms. Never: a second person whom the first
//! one names: at level 2 the other dispatches too.
//!
//! | module | what it does |
//! |---|---|
//! | [`read`] | lists, one measure, its text, effects, verdict, figures, alarms |
//! | [`acts`] | a plan, a text before the commission, every act on a measure |
//! | [`facts`] | who else is met, by facts with their age; what a measure's targets run into now |
//! | [`complaints`] | the public's form, references, the register in numbers, decisions |
//! | [`notices`] | notices: drafted, sent, answered |
//! | [`plans`] | the plan behind a text, for whoever decides |
//! | [`playbook`], [`followed`] | playbooks, where a measure stands in its own; pages of playbook and report |
//! | [`report`] | the report behind the end, the chain of custody, evidence that is kept |
//! | [`renewals`] | what is new, the text of the next revision |
//! | [`stops`] | the stop of the whole office, releases of many measures |
//! | [`settings`] | the register of officers and actuators, the protected lists |
//! | [`web`] | pages |

mod acts;
mod complaints;
mod facts;
mod features;
mod followed;
mod notices;
mod plans;
mod playbook;
mod read;
mod renewals;
mod report;
mod settings;
mod stops;
mod web;

use crate::app::{Caller, Shared};
use crate::measure::Room;
use crate::metrics::Gauge;
use crate::part::{Part, Role};
use crate::problem::{Answer, Code, Problem};
use axum::Router;
use sakimori_access::{Act as Leave, Object};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_liaison::measure::{Held, measure, measures};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of a role.
pub(super) fn routes(role: Role) -> OpenApiRouter<Shared> {
    if role != Role::Office {
        return OpenApiRouter::new();
    }
    OpenApiRouter::new()
        .routes(routes!(read::list, acts::propose))
        .routes(routes!(acts::check))
        .routes(routes!(facts::list, facts::bring))
        .routes(routes!(facts::look))
        .routes(routes!(stops::hold, stops::held))
        .routes(routes!(stops::let_go))
        .routes(routes!(stops::release))
        .routes(routes!(renewals::text))
        .routes(routes!(renewals::renew))
        .routes(routes!(plans::plan))
        .routes(routes!(playbook::list, playbook::import))
        .routes(routes!(playbook::one))
        .routes(routes!(features::ask))
        .routes(routes!(playbook::played))
        .routes(routes!(report::report_of, report::hand_in))
        .routes(routes!(report::custody))
        .routes(routes!(report::pieces))
        .routes(routes!(report::keep))
        .routes(routes!(read::one))
        .routes(routes!(read::text))
        .routes(routes!(acts::ask))
        .routes(routes!(acts::act))
        .routes(routes!(read::effects))
        .routes(routes!(read::verdict))
        .routes(routes!(read::figures_of))
        .routes(routes!(read::alarms))
        .routes(routes!(settings::register_of, settings::put_register))
        .routes(routes!(settings::lists, settings::put_lists))
        .routes(routes!(notices::list, notices::draft))
        .routes(routes!(notices::send))
        .routes(routes!(notices::step))
        .routes(routes!(notices::reply))
        .routes(routes!(complaints::list))
        .routes(routes!(complaints::decide))
        .routes(routes!(complaints::complain))
        .routes(routes!(complaints::asked))
        .routes(routes!(complaints::register))
}

/// The pages of a role.
pub(super) fn pages(role: Role) -> Router<Shared> {
    if role == Role::Office {
        web::routes()
    } else {
        Router::new()
    }
}

fn kept(error: &sakimori_liaison::LiaisonError) -> Problem {
    crate::measure::kept(error)
}

/// Whether a caller may read measures: who may read requests, and who carries measures out.
async fn reads(app: &Shared, caller: &Caller) -> Answer<()> {
    if app.may(caller, Leave::Respond, &Object::any()).await {
        return Ok(());
    }
    app.require(caller, Leave::ReadRequest, &Object::any())
        .await
}

/// Who acts, where that is allowed.
async fn acts_as(app: &Shared, caller: &Caller, leave: Leave) -> Answer<Name> {
    app.require(caller, leave, &Object::any()).await?;
    let id = super::office::caller_id(caller);
    id.parse().map_err(|e| Problem::new(Code::Refused, e))
}

fn id_of(text: &str) -> Answer<AuthorityId> {
    text.parse().map_err(|_| Problem::new(Code::NotFound, ""))
}

async fn held(app: &Shared, text: &str) -> Answer<Held> {
    let found = measure(&*app.store, id_of(text)?).await;
    found.map_err(|e| kept(&e))
}

/// The room of now.
async fn room(app: &Shared) -> Answer<Room> {
    let (host, store) = (app.host.clone(), Arc::clone(&app.store));
    let open = move |app: &crate::app::App| {
        let Part::Office(office) = &app.part else {
            return Err(Problem::new(Code::NotImplemented, ""));
        };
        let folder = app.folder.clone();
        Room::beside(&app.measures, office.node(), &host, store, folder)
    };
    app.blocking(open).await
}

/// Numbers of measures for whoever watches the node.
///
/// # Errors
/// [`Code::StoreUnavailable`].
pub(super) async fn gauges(app: &Shared) -> Answer<Vec<Gauge>> {
    if app.role != Role::Office {
        return Ok(Vec::new());
    }
    let (all, _) = measures(&*app.store).await.map_err(|e| kept(&e))?;
    let now = app.host.seconds();
    let (mut open, mut standing, mut late, mut suspended) = (0_u64, 0_u64, 0_u64, 0_u64);
    for one in &all {
        use sakimori_respond::plan::life::{Stage, Standing};
        let state = one.state();
        open += u64::from(state.stage().is_decided());
        suspended += u64::from(state.stage() == Stage::Suspended);
        standing += state.effects().iter().filter(|one| one.stands()).count() as u64;
        let overdue = |standing: Standing| matches!(standing, Standing::Overdue(_));
        let clocks = state.clocks().values();
        late += clocks.filter(|clock| overdue(clock.standing(now))).count() as u64;
    }
    let [rounds, failed, given, paged] = app.measures.counts();
    let gauge = |name, help, value: u64| Gauge {
        name,
        help,
        value: value as f64,
    };
    Ok(vec![
        gauge(
            "measures_open",
            "Measures that are decided and not over.",
            open,
        ),
        gauge(
            "measures_suspended",
            "Measures that wait for a person.",
            suspended,
        ),
        gauge("measure_effects", "Effects that can be in force.", standing),
        gauge(
            "measure_duties_late",
            "Duties of measures that are late.",
            late,
        ),
        gauge(
            "measure_rounds",
            "Rounds of measures since the start.",
            rounds,
        ),
        gauge(
            "measure_rounds_failed",
            "Rounds of measures that failed.",
            failed,
        ),
        gauge(
            "measure_approvals_brought",
            "Authority folders brought to actuators.",
            given,
        ),
        gauge(
            "measure_pages",
            "People called because of a measure.",
            paged,
        ),
    ])
}
