//! What the log shows: the book that mirror, writer, inspector and report read. In: entries with their bodies, in order, and the time at which each is judged. Out: a verdict on each,
//! states, figures. Never: a clock, a disk, a word that is not in the log.
//!
//! | module | |
//! |---|---|
//! | [`book`] | one fold over the entries, with every rule of `docs/reference/formats.md` section 18 |
//! | [`refused`] | the codes of what is refused, void or told |
//! | [`projections`] | requests, authorities, urgent acts and inboxes as pages show them |
//! | [`lives`] | lives of measures, and their figures of a year |
//! | [`walk`] | from a record to its acquisition, authority and end |
//! | [`misuse`] | rules over what people did, that open cases |
//! | [`report`] | the yearly report of section 19, as data and as text |

mod body;
pub mod book;
pub mod calendar;
mod cases;
pub mod limits;
pub mod lives;
pub mod misuse;
pub mod projections;
pub mod refused;
pub mod report;
pub mod walk;

pub use book::{Book, Judged, Overdue, Taken};
pub use refused::{Code, Refused, Told};
