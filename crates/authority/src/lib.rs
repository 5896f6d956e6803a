//! Is this act allowed, now, here? Statements of the commission, the trust root behind them, leases, and the gate that a sensor passes.
//!
//! In: signed notes, a log proof, the sensor's memory, a time. Out: [`gate::Admitted`], which nothing else can make, or one [`Refusal`] with its reason. Never: a
//! clock, a disk, a default that allows.
//!
//! Design 2.1 and 6.6; `docs/reference/formats.md` sections 10 to 12.

pub mod clock;
pub mod gate;
mod grammar;
pub mod lease;
pub mod lifecycle;
pub mod limits;
pub mod measure;
mod refusal;
pub mod root;
pub mod ruling;
pub mod schedule;
mod sitting;
pub mod software;
pub mod statement;
pub mod suspension;

pub use grammar::GrammarError;
pub use lease::Lease;
pub use measure::Measure;
pub use refusal::Refusal;
pub use root::TrustRoot;
pub use ruling::Ruling;
pub use schedule::Schedule;
pub use sitting::{Sitting, SittingError, UndecidedError};
pub use software::Software;
pub use statement::Statement;
pub use suspension::Suspension;

use sha2::{Digest, Sha256};

/// SHA-256 of a note's text: how statements, packs and trust roots are named.
pub fn text_hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}
