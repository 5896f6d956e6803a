//! A node that others call: HTTPS, an `OpenAPI` document, pages, metrics, for office, commission and operator.
//!
//! In: requests of people, machines and other nodes. Out: answers; entries and notes through the use cases of `control`. Never: a rule of authority (those are of the rooms above), an
//! approval (members sign on their own machines), a connection without TLS, a body or a token in a log.
//!
//! | module | what it does |
//! |---|---|
//! | [`server`], [`gate`] | connections with their bounds; what every request passes |
//! | [`problem`], [`metrics`], [`words`] | codes of refusals, counters, the words of pages |
//! | [`part`], [`peer`] | what a role's node consists of; calls to other nodes |
//! | [`docket`], [`desk`] | requests as people read them; the text that is signed |
//! | [`api`], [`pages`] | routes, their document, HTML |
//! | [`taxii`] | collections of STIX objects for the machines of others |

pub mod api;
pub mod app;
pub mod desk;
pub mod docket;
pub mod extract;
pub mod gate;
mod held;
pub mod limits;
pub mod measure;
pub mod metrics;
mod outbox;
pub mod pages;
pub mod part;
pub mod peer;
pub mod problem;
pub mod rate;
pub mod server;
mod start;
pub mod stick;
pub mod taxii;
mod told;
mod warned;
pub mod words;

pub use api::alert::{
    alert_of_us, alert_rates_of_us, alert_times, alert_ways_of_us, alerts_of_us, answer_alert,
    claim_for_us, look_for_us, tell_us, things_of_us,
};
pub use api::asset::{AskedOfUs, answer_match, matches_of_us};
pub use api::council::{council_of_us, products_of_us, tell_council};
pub use api::due::due_sheet;
pub use api::fingerprint::{FloodOfUs, fingerprints_of_us, send_fingerprint};
pub use api::report::{
    Exchanged, Signed, duties, exchange_reports, keep_duties, newest_duties, office_keys,
};
pub use held::held;
pub use part::Role;
pub use start::{Options, Provider, Running, open_access, open_store, start, with_access};
pub use told::{log_to_standard_error, until_told};
