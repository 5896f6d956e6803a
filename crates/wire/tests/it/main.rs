//! What the parsers promise: fields as other tools read them, nothing else read, and no panic on any bytes.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a fixed input that cannot be read may stop the test"
)]

mod build;
mod fingerprints;
mod hostile;
mod identifiers;
mod links;
mod streams;
mod tunnels;
