//! Registers of assets over HTTP: an operator's people keep one and make notices, its node brings them, the office takes them and finds whose products an advisory means. In: lists,
//! answers, filings, advisories. Out: registers with their clocks, notices, questions, counts, names. Never: an operator's name for another than its competent minister; an asset of one operator
//! to another.

pub(crate) mod affected;
pub(crate) mod matches;
pub(crate) mod office;
pub(crate) mod operator;
mod ours;
mod upload;
mod web;

pub use matches::{AskedOfUs, answer_match, matches_of_us};
pub(crate) use operator::sent;
pub(crate) use web::routes as pages;

use crate::app::Shared;
use crate::part::Role;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of a role.
pub(super) fn routes(role: Role) -> OpenApiRouter<Shared> {
    let router = OpenApiRouter::new();
    match role {
        Role::Commission => router,
        Role::Office => router
            .routes(routes!(office::take, office::list))
            .routes(routes!(office::acknowledge))
            .routes(routes!(office::matches))
            .routes(routes!(office::answer))
            .routes(routes!(office::ask))
            .routes(routes!(office::counts))
            .routes(routes!(office::affected)),
        Role::Operator => router
            .routes(routes!(operator::list, operator::import))
            .routes(routes!(operator::outline))
            .routes(routes!(operator::scope))
            .routes(routes!(operator::notices, operator::make))
            .routes(routes!(operator::bring))
            .routes(routes!(matches::list))
            .routes(routes!(matches::answer)),
    }
}

/// Rows.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rows {
    /// The rows.
    #[schema(value_type = Vec<Object>)]
    pub(crate) rows: Vec<Value>,
}
