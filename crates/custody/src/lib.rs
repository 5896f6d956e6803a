//! Custody: what is held, how far along the chain it has come, and how it is written down.
//!
//! In: fields that the sealed process derived, bodies of acts, shares of keys. Out: the fixed layouts of the
//! mechanical record, the evidence event, the window counters and the log entry, the ids that name them, and
//! the stages ([`Held`]) that keep a value from being looked at before its gate. Never: packet bytes, names, a clock, a
//! disk or a socket.
//!
//! The layouts are those of `docs/reference/formats.md`.

pub mod behaviour;
pub mod class;
pub mod commitment;
pub mod coverage;
pub mod entry;
pub mod epoch;
pub mod evidence;
pub mod fields;
pub mod frame;
mod held;
pub mod identifier;
pub mod ids;
pub mod keys;
pub mod layout;
pub mod record;
pub mod time;
pub mod window;

pub use held::{Acquired, Covered, Held, Recorded, Released, Selected, Stage};
