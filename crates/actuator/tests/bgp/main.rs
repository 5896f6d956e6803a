//! BGP with real daemons: sessions between network namespaces that the tests make. In: `GoBGP`, `BIRD`, `ExaBGP`. Out: what a router's tables and kernel have, and whether packets pass.
//! Never: an address outside these namespaces.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of the tests may stop the test; the lint knows only the tests themselves"
)]

mod daemons;
mod ends;
mod falls;
mod lab;
mod plan;
mod refusals;
#[path = "../shared/times.rs"]
mod times;
