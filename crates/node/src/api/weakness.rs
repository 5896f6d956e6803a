//! The vulnerability room over HTTPS: reports without sign-in, cases of the office, rooms of makers, what is published. In: forms and JSON of strangers, of makers with a link, of people of
//! the office. Out: pages, JSON, the published tree. Never: a maker's room without its link; a case without leave; a byte of a publication before its hour.
//!
//! | module | what it does |
//! |---|---|
//! | [`house`] | who publishes, the tree in force, when the next one is due |
//! | [`acts`] | what may be done to a case, and who may |
//! | [`rest`] | routes of the interface |
//! | [`counts`] | numbers that a supervisor lets a maker know |
//! | [`coordinators`] | rooms of coordinators, for the interface and as pages |
//! | [`files`] | files that come with a report |
//! | [`operator`] | the form at an operator's node, which hands the report to the office |
//! | [`letters`] | official letters, for the interface and as pages |
//! | [`web`], [`forms`] | routes of pages; what their forms say |
//! | [`tree`] | the published files |

mod acts;
mod coordinators;
mod counts;
mod files;
mod forms;
mod house;
mod letters;
mod operator;
mod rest;
mod tree;
mod web;

pub(crate) use house::{Weaknesses, open, tick};

use crate::app::Shared;
use crate::part::Role;
use crate::problem::{Code, Problem};
use axum::Router;
use sakimori_liaison::LiaisonError;
use sakimori_liaison::weakness::WeaknessError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of the interface, at the office's node.
pub(super) fn interface(role: Role) -> OpenApiRouter<Shared> {
    if role != Role::Office {
        return OpenApiRouter::new();
    }
    OpenApiRouter::new()
        .routes(routes!(rest::report))
        .routes(routes!(rest::followed))
        .routes(routes!(rest::list, rest::open))
        .routes(routes!(rest::case))
        .routes(routes!(rest::document))
        .routes(routes!(rest::event))
        .routes(routes!(rest::triage))
        .routes(routes!(rest::link))
        .routes(routes!(counts::counts))
        .routes(routes!(rest::room))
        .routes(routes!(rest::said))
        .routes(routes!(rest::replied))
        .routes(routes!(coordinators::link))
        .routes(routes!(coordinators::seen))
        .routes(routes!(coordinators::said))
        .routes(routes!(files::sent))
        .routes(routes!(files::download))
        .routes(routes!(letters::letter))
        .routes(routes!(letters::makers))
}

/// The pages and the published tree, at the office's node; at an operator's, the form that hands a report to the office.
pub(super) fn pages(role: Role) -> Router<Shared> {
    match role {
        Role::Operator => operator::routes(),
        Role::Office => web::routes()
            .merge(coordinators::routes())
            .merge(files::routes())
            .merge(letters::routes())
            .merge(tree::routes()),
        Role::Commission => Router::new(),
    }
}

/// What a use case's refusal is to a caller.
fn problem(error: &WeaknessError) -> Problem {
    let text = sakimori_control::error::told(error);
    match error {
        WeaknessError::Liaison(LiaisonError::Missing { .. }) => Problem::new(Code::NotFound, ""),
        WeaknessError::Liaison(LiaisonError::Refused { .. })
        | WeaknessError::Refused(_)
        | WeaknessError::Document(_)
        | WeaknessError::Record(_)
        | WeaknessError::Many { .. } => Problem::new(Code::Refused, text),
        WeaknessError::Field(_) => Problem::new(Code::Incomplete, text),
        WeaknessError::Changed { .. } => Problem::new(Code::Stale, ""),
        WeaknessError::Full { .. } => Problem::new(
            Code::Unavailable,
            "as many reports wait as are kept; come back in some hours, or write to the contact in /.well-known/security.txt",
        ),
        WeaknessError::Liaison(LiaisonError::Full { .. }) => {
            Problem::new(Code::TooManyRequests, text)
        }
        WeaknessError::Liaison(LiaisonError::Store(_)) => {
            Problem::hidden(Code::StoreUnavailable, text)
        }
        _ => Problem::hidden(Code::Fault, text),
    }
}
