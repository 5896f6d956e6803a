//! The whole actuator on real systems, over HTTPS with both certificates: how long it takes from the arrival of an approval to the effect and from the owner's stop to the release, as somebody beside it notices, and what it counts. In: namespaces, servers
//! and daemons of each test's own. Out: rows that `cargo xtask bench measures` puts into one table. Never: a system of the machine.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "helpers of the tests may stop the test, which the lint knows only of the tests themselves; what is measured here is time"
)]

mod anew;
mod counters;
#[path = "../bgp/daemons.rs"]
#[expect(dead_code, reason = "the tests of the daemons alone use more of it")]
mod daemons;
mod guarded;
#[path = "../bgp/lab.rs"]
#[expect(dead_code, reason = "the tests of the daemons alone use more of it")]
mod lab;
#[path = "../packet/net.rs"]
#[expect(
    dead_code,
    reason = "the tests of the packet filter alone use more of it"
)]
mod net;
mod owner;
#[path = "../dns/servers.rs"]
#[expect(dead_code, reason = "the tests of the resolvers alone use more of it")]
mod servers;
mod times;
#[path = "../run/world.rs"]
#[expect(dead_code, reason = "the tests of the runner use more of it")]
mod world;
