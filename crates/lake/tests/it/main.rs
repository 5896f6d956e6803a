//! The lake from outside: what goes in comes out, what is void or deleted does not, and whatever a disk or a stranger does to the files
//! is an error and never another answer.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what a test sets up may stop the test; a killed process tells its watcher what it did, a campaign its row"
)]

mod damage;
mod deletion;
mod faults;
mod fixture;
mod identifiers;
mod kill;
mod lookups;
mod power;
mod roundtrip;
mod spool;
