//! What is left when a measure is over. In: evidence as it came, acts as they were done, verdicts. Out: a chain that nobody changes unseen, and the report in the words of CASE and UCO. Never: an
//! item without its hash at intake; a report that says more than the chain.
//!
//! Bytes: `docs/reference/custody-chain.md`. The chain is checked by [`chain::verify`] and by `tools/chain.py`, which share no code.

pub mod case;
pub mod chain;
pub mod paper;
