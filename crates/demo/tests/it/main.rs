//! Tests of the demonstration from outside. In: seeds. Out: verdicts. Never: a network.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of the tests may stop the test; the lint knows only the tests themselves"
)]

mod traffic;
