//! The verifier as strangers meet it: good logs, and every way in which one can be wrong.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::too_many_lines,
    clippy::too_many_arguments,
    clippy::format_push_string,
    reason = "what a test sets up may stop the test, and tables of cases are long"
)]

mod flips;
mod good;
mod histories;
mod hostile;
mod maker;
mod program;
mod stories;
mod tampered;
mod writer;
