//! Tests of the release: the table of the law, the gate, the council, the page. In: what the public interface takes. Out: verdicts. Never: an expected value that the
//! code under test gave.

#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "what a test sets up may stop the test, and the table of the law is long"
)]

mod council;
mod drawn;
mod gate;
mod matrix;
mod page;
mod rest;
mod said;
mod steps;
mod toolbox;
