//! Early warning over HTTP: operators register and prove, officers bring feeds and say what they found, operators see and answer their alerts. In: claims, looks, feeds, answers. Out:
//! challenges, alerts, rates; webhooks and mail in rounds. Never: an alert of one operator to another; a secret that is shown twice.

pub(crate) mod office;
pub(crate) mod operator;
mod send;

use crate::app::Shared;
use crate::limits::{OUTBOX_ROUND, ROUND};
use crate::part::Role;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What a node brings to others, again and again, beside all else that it does: a receiver that hangs holds nothing up but other messages. The office sends what its early warning has for
/// operators, an operator's node brings its notices to the office. Never ends by itself.
pub(crate) async fn messages(app: Shared) {
    let every = if app.role == Role::Office {
        OUTBOX_ROUND
    } else {
        ROUND
    };
    let mut tick = tokio::time::interval(every);
    loop {
        tick.tick().await;
        match app.role {
            Role::Office => send::round(&app).await,
            Role::Operator => super::asset::sent(&app).await,
            Role::Commission => {}
        }
    }
}

/// The routes of a role.
pub(super) fn routes(role: Role) -> OpenApiRouter<Shared> {
    let router = OpenApiRouter::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .routes(routes!(office::ask, office::registrations))
            .routes(routes!(office::look))
            .routes(routes!(office::feed))
            .routes(routes!(office::list))
            .routes(routes!(office::answer))
            .routes(routes!(office::rates))
            .routes(routes!(office::ways, office::set_ways)),
        Role::Operator => router
            .routes(routes!(operator::list))
            .routes(routes!(operator::answer))
            .routes(routes!(operator::registrations, operator::ask)),
    }
}
