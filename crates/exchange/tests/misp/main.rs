//! MISP with the data of others: events, and the mapping to STIX 2.1 against the pairs and the documentation of misp-stix.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "what a test sets up may stop the test"
)]

mod compare;
mod events;
mod hostile;
mod japan;
mod mapping;
mod outside;
mod pairs;
mod whole;
