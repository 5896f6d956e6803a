//! Use cases of cooperation over a store that is a file. In: documents, acts, a time. Out: verdicts. Never: a clock, a network.

#![expect(clippy::unwrap_used, reason = "what a test sets up may stop the test")]

mod alert;
mod answers;
mod asset;
mod council;
mod fingerprint;
mod letters;
mod matching;
mod measure;
mod product;
mod report;
mod share;
mod weakness;
