//! Names at the owner's resolvers, against Unbound and BIND on loopback. In: servers of each test's own. Out: what they answer. Never: a server of the machine.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of the tests may stop the test; the lint knows only the tests themselves"
)]

mod bounds;
mod hostile;
mod life;
mod lookups;
mod model;
mod servers;
mod stops;
#[path = "../shared/times.rs"]
mod times;
