//! The query program from outside, over the caller's side of its protocol: what it answers, what it refuses, what it cannot reach.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test sets up may stop the test"
)]

mod answers;
mod fixture;
mod hostile;
mod limits;
mod process;
