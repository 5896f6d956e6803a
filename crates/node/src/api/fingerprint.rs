//! Fingerprints of floods over HTTP: an operator sends one, the office lets it go through the gate, others fetch it as rules or fill in a report. In: fingerprints, recipients, prefixes to keep
//! free. Out: papers, log entries of the gate, text. Never: a fingerprint that passes to others by itself; a rule that is loaded.

mod office;
mod operator;
mod web;

pub use operator::{FloodOfUs, fingerprints_of_us, send_fingerprint};
pub(crate) use web::routes as pages;

use crate::app::Shared;
use crate::part::Role;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of a role.
pub(super) fn routes(role: Role) -> OpenApiRouter<Shared> {
    let router = OpenApiRouter::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .routes(routes!(office::send, office::sent))
            .routes(routes!(office::release)),
        Role::Operator => router
            .routes(routes!(operator::send, operator::list))
            .routes(routes!(operator::one)),
    }
}
