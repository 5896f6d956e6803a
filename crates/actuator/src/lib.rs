//! The actuator: the owner of a system installs it there, so that effects which the commission approved are put in force on it, read back, and taken back. In: approvals, commands, revocations, the owner's
//! word. Out: effects on this system alone, answers, counters. Never: an effect on a machine of others; an effect that no approval covers now; an end that waits for the platform.
//!
//! The engine of [`sakimori_respond::engine`] decides; what is here does it: a [`substrate::Substrate`] for each kind of system, a journal, and the ways by which commands come.

pub mod approvals;
pub mod bgp;
pub mod bus;
pub mod command;
pub mod config;
pub mod consumer;
pub mod dns;
pub mod drill;
pub mod files;
pub mod host;
pub mod journal;
pub mod led;
pub mod lists;
pub mod local;
pub mod memory;
pub mod packet;
pub mod runner;
pub mod start;
pub mod substrate;
pub mod time;
pub mod tls;
