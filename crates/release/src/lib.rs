//! Release: how information leaves the house that holds it. In: a product with its class as its type, whom it is for, what the law asks for beside, what is
//! taken out of it first, the time. Out: the entry that has to be in the log, then the product; or a refusal, which is an entry too. Never: a product without
//! its entry, a recipient that the [`matrix`] refuses, a way back from one class to another, a clock, a disk or a socket.
//!
//! The way of a product: it is taken in as what it is ([`Classed`]), goes from class to class by the steps of the law ([`Classed::derive`]) and leaves through
//! the [`gate`]. The classes and steps are those of [`sakimori_custody::class`]; what does not compile is listed in `docs/reference/classes.md`.
//!
//! The types stop accidents, not malice: who holds the value outside can call it what they like. The log stops malice.

pub mod classed;
pub mod condition;
pub mod content;
pub mod council;
pub mod gate;
mod limits;
pub mod matrix;
pub mod pseudonym;
pub mod recipient;
pub mod record;
pub mod refused;
pub mod rest;
pub mod said;
pub mod sheet;
pub mod tlp;

pub use classed::{Classed, Stays, Work};
pub use condition::{Condition, ConditionKind};
pub use content::{Field, FieldKind, Minimise, Transform};
pub use gate::{Pending, Refusal, Released, Request, ask, judge};
pub use pseudonym::{PseudonymKey, Tagger};
pub use recipient::{Recipient, RecipientKind};
pub use refused::{Code, Refused};
pub use tlp::{Marking, Pap, Tlp};
