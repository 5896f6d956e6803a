//! Use cases of cooperation: an operator files and is told, the office takes in, answers and shares, makers are asked, advisories go out.
//!
//! In: what the pure rooms made of a stranger's bytes, who acts, the time. Out: papers in the node's store, each change one transaction with its audit line and its
//! log entry. Never: a socket, a clock, randomness; a paper of one owner shown to another.

pub mod alert;
pub mod asset;
pub mod council;
pub mod desk;
pub mod due;
pub mod error;
pub mod filer;
pub mod fingerprint;
pub mod guidance;
pub mod matching;
pub mod measure;
pub mod notice;
pub mod order;
pub mod paper;
pub mod poll;
pub mod product;
pub mod report;
pub mod share;
pub mod ticket;
pub mod warned;
pub mod weakness;

pub use error::LiaisonError;
