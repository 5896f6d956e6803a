//! Early warning: who owns an address, prefix, name or network is told what others saw of it. In: registrations with proof of control, sightings, answers. Out: alerts, their
//! texts, messages to send. Never: an alert to somebody who did not prove control, a message that is lost or sent as two.
//!
//! Act 42/2025 article 42 as the project reads it; the three kinds are those of the early warning of the United Kingdom's NCSC.

mod digest;
mod notice;
mod outbox;
mod proof;
mod rdap;
mod register;
mod webhook;

pub use digest::{LISTED_MAX, Language, digest};
pub use notice::{
    ANSWERS_MAX, Again, Alert, Answer, AnswerRow, Rates, SOURCES_MAX, Windows, rates,
};
pub use outbox::{
    BODY_BYTES_MAX, Due, Failure, MESSAGES_MAX, Message, Outbox, OutboxError, OutboxState, Retry,
};
pub use proof::{Challenge, Evidence, LOOKS_MAX, Method, Periods, Proof, ProofError, ProofState};
pub use rdap::{Person, contact, people};
pub use register::{Match, REGISTRATIONS_MAX, Register, Registration};
pub use webhook::{SECRET_BYTES_MIN, SignedHeaders, WebhookError, sign, verify};

#[cfg(test)]
mod tests;
