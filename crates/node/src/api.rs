//! The routes. In: requests. Out: answers, and the `OpenAPI` document that names them. Never: a rule of its own; handlers ask whether the caller may, call one use case, and answer.

pub(crate) mod alert;
pub(crate) mod asset;
mod commission;
mod common;
pub(crate) mod council;
pub(crate) mod due;
pub(crate) mod fingerprint;
mod letter_pages;
mod letter_round;
pub(crate) mod letters;
mod lives;
pub(crate) mod measure;
mod notes;
mod office;
mod products;
pub mod report;
mod requests;
pub(crate) mod shared;
mod showing;
mod sign_in;
pub(crate) mod tickets;
mod uses;
pub(crate) mod weakness;
mod web;
mod words;

use crate::app::Shared;
use crate::part::Role;
use axum::Router;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sakimori node",
        description = "The interface of a node. Every refusal is a problem document with a stable code (docs/reference/problems.md).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/"))
)]
struct Api;

pub(crate) use alert::messages;

/// The routes of a role, with their document.
pub fn routes(role: Role) -> OpenApiRouter<Shared> {
    let router = OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(common::healthz))
        .routes(routes!(common::readyz))
        .routes(routes!(common::metrics))
        .routes(routes!(common::openapi))
        .routes(routes!(sign_in::me))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(sign_in::passkey_start))
        .routes(routes!(sign_in::passkey_finish))
        .routes(routes!(sign_in::enrol_start))
        .routes(routes!(sign_in::enrol_finish))
        .merge(report::routes(role))
        .merge(letters::routes(role))
        .merge(tickets::routes(role))
        .merge(due::routes(role))
        .merge(asset::routes(role))
        .merge(alert::routes(role))
        .merge(fingerprint::routes(role))
        .merge(measure::routes(role))
        .merge(weakness::interface(role));
    match role {
        Role::Office => router
            .routes(routes!(requests::list))
            .routes(routes!(requests::one))
            .routes(routes!(office::submit_request))
            .routes(routes!(office::answer))
            .routes(routes!(office::authorities))
            .routes(routes!(office::pack))
            .routes(routes!(office::append))
            .routes(routes!(office::agreements))
            .routes(routes!(office::drafts))
            .routes(routes!(
                office::put_draft,
                office::draft,
                office::drop_draft
            ))
            .routes(routes!(notes::decision))
            .routes(routes!(notes::ruling))
            .routes(routes!(notes::suspension))
            .routes(routes!(notes::rules))
            .routes(routes!(notes::urgent))
            .routes(routes!(uses::ask))
            .routes(routes!(uses::export))
            .routes(routes!(showing::reidentify))
            .routes(routes!(uses::findings))
            .routes(routes!(words::letters))
            .routes(routes!(products::release, products::list))
            .routes(routes!(products::one))
            .routes(routes!(products::published))
            .routes(routes!(words::reply))
            .merge(council::routes())
            .merge(shared::routes()),
        Role::Commission => of_commission(router),
        Role::Operator => router
            .routes(routes!(commission::operator_agreements))
            .routes(routes!(products::received))
            .routes(routes!(
                council::operator::send,
                council::operator::submissions
            ))
            .routes(routes!(council::operator::received))
            .routes(routes!(council::operator::say))
            .routes(routes!(council::operator::standing))
            .routes(routes!(council::operator::materials))
            .routes(routes!(council::operator::answer))
            .routes(routes!(commission::operator_suspension)),
    }
}

fn of_commission(router: OpenApiRouter<Shared>) -> OpenApiRouter<Shared> {
    lives::routes(router)
        .routes(routes!(requests::list))
        .routes(routes!(requests::one))
        .routes(routes!(commission::ask))
        .routes(routes!(commission::text))
        .routes(routes!(commission::sign))
        .routes(routes!(commission::ruling))
        .routes(routes!(commission::suspension))
        .routes(routes!(words::inspection))
        .routes(routes!(words::letters, words::letter))
        .routes(routes!(words::report))
        .routes(routes!(words::report_sheet))
        .routes(routes!(words::challenge))
        .routes(routes!(words::due))
        .routes(routes!(words::misuse_sheet))
}

/// The document of a role, as it is served and committed.
pub fn document(role: Role) -> String {
    let (_, document) = routes(role).split_for_parts();
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// All routes of a role: interface, pages, and what other nodes call.
pub fn router(app: &Shared) -> Router {
    let (interface, _) = routes(app.role).split_for_parts();
    interface
        .merge(web::routes(app.role))
        .merge(report::web::routes(app.role))
        .merge(letter_pages::routes(app.role))
        .merge(due::pages_of(app.role))
        .merge(asset::pages(app.role))
        .merge(alert::pages(app.role))
        .merge(fingerprint::pages(app.role))
        .merge(measure::pages(app.role))
        .merge(lives::pages(app.role))
        .merge(weakness::pages(app.role))
        .merge(shared::pages(app.role))
        .merge(council::web::routes(app.role))
        .merge(products::web::routes(app.role))
        .with_state(std::sync::Arc::clone(app))
        .merge(commission::node_routes(app))
        .merge(crate::taxii::routes(app))
}
