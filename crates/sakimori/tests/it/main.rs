//! The program from outside: terminal sessions, refusals, falls, hostile input, captures whose content is known. In: the binary. Out: verdicts. Never: a network beyond loopback,
//! a folder that stays.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of the tests may stop the test; the lint knows only the tests themselves"
)]

mod apart;
mod asset;
mod captures;
mod clock;
mod council;
mod custody;
mod day;
mod denials;
mod duties;
mod exchange;
mod expiry;
mod hostile;
mod identify;
mod insider;
mod kill;
mod labelled;
mod letters;
mod live;
mod mail;
mod measure;
mod nation;
mod node;
mod oversight;
mod poll;
mod program;
mod refusals;
mod repair;
mod report;
mod requests;
mod response;
mod retention;
mod rotation;
mod serve;
mod session;
mod token;
mod urgent;
mod uses;
mod warned;
mod weakness;
mod witness;
mod workshop;
