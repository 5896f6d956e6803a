//! Nodes on loopback: TLS and its pins, requests of people and of strangers, a request from its draft to its suspension, pages in a browser. In: two or three nodes in one process.
//! Out: verdicts. Never: an address beyond loopback, a folder that stays.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of the tests may stop the test; the lint knows only the tests themselves"
)]

mod agreements;
mod alert;
mod asset;
mod browser;
mod council;
mod documents;
mod flow;
mod hostile;
mod junk;
mod nation;
mod postgres;
mod products;
mod raw;
mod report;
mod rows;
mod showing;
mod taxii;
mod transport;
mod uses;
mod weakness;
mod words;
