//! Notices: who can put an end to an attack is told, and what became of it is counted. In: what was found, a registry's answer, replies of strangers. Out: reports in X-ARF v4, mail that people
//! read, where a ticket stands. Never: an address that nobody named; a socket; a state that a stranger's mail sets by itself, but that of a mail that did not arrive.

pub mod contact;
pub mod mail;
pub mod reply;
pub mod ticket;
pub mod xarf;

pub use contact::{Abuse, NoContact, abuse};
pub use ticket::{Event, Reference, State, Ticket, TicketError, Times, times};
