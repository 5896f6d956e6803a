//! The verifier as strangers meet it: good logs, and every way in which one can be wrong.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test sets up may stop the test"
)]

mod flips;
mod good;
mod hostile;
mod maker;
mod program;
mod tampered;
mod writer;
