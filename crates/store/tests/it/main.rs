//! The store, held to one suite on both engines, and to what a crash and an older program do to it. In: temporary files and a private server. Out: verdicts. Never: a
//! database that was there before.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test sets up may stop the test"
)]

mod engines;
mod kill;
mod make;
mod objects;
mod schema;
mod suite;
mod suite_papers;
mod suite_rest;
