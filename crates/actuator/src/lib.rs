//! The actuator: the owner of a system installs it there, so that effects which the commission approved are put in force on it, read back, and taken back. In: approvals, commands, revocations, the owner's
//! word. Out: effects on this system alone, answers, counters. Never: an effect on a machine of others; an effect that no approval covers now; an end that waits for the platform.
//!
//! The engine of [`sakimori_respond::engine`] decides; what is here does it: a [`substrate::Substrate`] for each kind of system, a journal, and the ways by which commands come.

pub mod bgp;
pub mod dns;
pub mod host;
pub mod packet;
pub mod substrate;
