//! Access as a node meets it. In: a store of each test's own, software authenticators, providers. Out: verdicts. Never: a shared account.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test sets up may stop the test"
)]

mod authenticator;
mod clearances;
mod data;
mod fake;
mod house;
mod machines;
mod oidc;
mod passkeys;
mod people;
mod sessions;
mod table;
