//! Nodes on loopback: TLS and its pins, requests of people and of strangers, a request from its draft to its suspension, pages in a browser. In: two or three nodes in one process.
//! Out: verdicts. Never: an address beyond loopback, a folder that stays.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of the tests may stop the test; the lint knows only the tests themselves"
)]

mod affected;
mod agreements;
mod alert;
mod asset;
mod asset_list;
mod browser;
mod callers;
mod council;
mod documents;
mod due;
mod duties;
mod fingerprint;
mod flood;
mod flow;
mod hostile;
mod junk;
mod letters;
mod look;
mod measure;
mod nation;
mod postgres;
mod products;
mod raw;
mod report;
mod resolver;
mod rows;
mod showing;
mod taxii;
mod transport;
mod uses;
mod warned;
mod warning;
mod weakness;
mod words;
