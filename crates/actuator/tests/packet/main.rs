//! The packet filter with the real nftables, in network namespaces that each test makes and takes away. In: effects, packets. Out: what passes, what is listed. Never: a change in the namespace of whoever runs it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program of tests: what it sets up may stop it, it waits for other processes and tells its figures"
)]

mod bounds;
mod catalogue;
mod drawn;
mod flows;
mod net;
mod owner;
#[path = "../shared/times.rs"]
mod times;
