//! Tests of measures: messages, rules and playbooks of others, and what no measure may touch. In: data of others, and what was drawn. Out: verdicts. Never: an expected value that the code under
//! test gave.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test sets up may stop the test"
)]

mod cacao;
mod consumer;
mod effect;
mod engine;
mod engine_rules;
mod flowspec;
mod list;
mod notice;
mod openc2;
mod plan;
mod producer;
mod report;
mod safety;
