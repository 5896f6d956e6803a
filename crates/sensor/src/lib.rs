//! The sensor: from captured traffic to selected mechanical records, inside a seal.
//!
//! In: captures, an authority folder, a selection pack. Out: records, evidence and counters in fixed layouts, and the log entries of what was done. Never: a packet byte
//! outside the sealed process; inside, nothing that is not selected outlives its flow.

pub mod capture;
pub mod child;
pub mod direction;
mod facts;
mod flow;
pub mod limits;
mod pages;
pub mod pipeline;
mod prefetch;
pub mod seal;
pub mod supervisor;
