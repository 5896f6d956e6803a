//! The ledger as others meet it: faults of the disk, crashes, the mirror's protocol, the socket, a stranger's reader.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test sets up may stop the test"
)]

mod faults;
mod feed;
mod http;
mod interop;
mod kill;
mod maker;
mod protocol;
mod service;
mod sim;
mod witness;
