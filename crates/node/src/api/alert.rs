//! Early warning over HTTP: operators register and prove, officers bring feeds and say what they found, operators see and answer their alerts. In: claims, looks, feeds, answers. Out:
//! challenges, alerts, rates; looks, webhooks and mail in rounds. Never: an alert of one operator to another; a secret that is shown twice.

mod claims;
mod guard;
mod look;
mod office;
mod operator;
mod ours;
pub(crate) mod send;
mod settings;
mod warn;
mod ways;
mod web;

pub(crate) use look::resolver_at;
pub use ours::{
    alert_of_us, alert_rates_of_us, alert_ways_of_us, alerts_of_us, answer_alert, claim_for_us,
    look_for_us, tell_us, things_of_us,
};
pub use settings::alert_times;
pub(crate) use settings::resolver_of;
pub(crate) use web::routes as pages;

use crate::app::Shared;
use crate::limits::{OUTBOX_ROUND, ROUND};
use crate::part::Role;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What a node brings to others, again and again, beside all else that it does: a receiver that hangs holds nothing up but other messages, a host that hangs nothing but other looks. The
/// office sends what its early warning has for operators and looks at their claims, an operator's node brings its notices to the office. Never ends by itself.
pub(crate) async fn messages(app: Shared) {
    if app.role != Role::Office {
        let mut tick = tokio::time::interval(ROUND);
        loop {
            tick.tick().await;
            if app.role == Role::Operator {
                super::asset::sent(&app).await;
            }
        }
    }
    let send = async {
        let mut tick = tokio::time::interval(OUTBOX_ROUND);
        loop {
            tick.tick().await;
            send::round(&app).await;
        }
    };
    let look = async {
        let mut tick = tokio::time::interval(OUTBOX_ROUND);
        loop {
            tick.tick().await;
            look::round(&app).await;
        }
    };
    tokio::join!(send, look);
}

/// The routes of a role.
pub(super) fn routes(role: Role) -> OpenApiRouter<Shared> {
    let router = OpenApiRouter::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .routes(routes!(claims::ask, claims::registrations))
            .routes(routes!(claims::look))
            .routes(routes!(claims::look_now))
            .routes(routes!(claims::times))
            .routes(routes!(office::feed))
            .routes(routes!(warn::warn))
            .routes(routes!(office::list))
            .routes(routes!(office::one))
            .routes(routes!(office::answer))
            .routes(routes!(office::rates))
            .routes(routes!(ways::ways, ways::set_ways)),
        Role::Operator => router
            .routes(routes!(operator::list))
            .routes(routes!(operator::one))
            .routes(routes!(operator::answer))
            .routes(routes!(operator::rates))
            .routes(routes!(operator::registrations, operator::ask))
            .routes(routes!(operator::look))
            .routes(routes!(operator::ways, operator::set_ways)),
    }
}
