//! The book held against a good history and against histories in which one thing is wrong.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "what a test sets up may stop the test, and tables of cases are long"
)]

mod edges;
mod history;
mod hostile;
mod lives;
mod misuse;
mod page;
mod projections;
mod refusals;
mod report;
mod rows;
mod told;
mod walk;
