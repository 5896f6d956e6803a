//! Early warning: operators register what they own and prove it, feeds come in, alerts go out and are answered. In: claims with what was found, reports of others as bytes,
//! answers, the time, random bytes. Out: registrations, alerts and messages in the store. Never: an alert to who did not prove control; a feed that is taken twice; a message
//! that is lost, or sent under two names.
//!
//! | module | what it does |
//! |---|---|
//! | `registration` | things that are claimed, and the proof of control |
//! | `stand`, `look` | where a registration stands; the office's node looks by itself |
//! | `timing` | how long things hold, as data |
//! | `warn` | what the office found, on its way to the owners of what it names |
//! | `intake` | a feed becomes alerts of those whose things it names |
//! | `record` | alerts as they are kept, their answers, the rates of each source |
//! | `outbox` | messages by webhook and mail that wait, are tried and arrive |
//!
//! The rules are those of [`sakimori_exchange::alert`] and [`sakimori_exchange::feed`]. What is kept of them here is read back through the same rules.

mod contact;
mod feed;
mod intake;
mod look;
mod outbox;
mod record;
mod registration;
mod stand;
mod timing;
mod warn;
mod ways;

pub use feed::{FeedForm, sightings};
pub use intake::{Feed, FeedPaper, Intake, take, take_for, take_warned};
pub use look::{Step, look_now, looked, settle, steps, written_to};
pub(crate) use outbox::message;
pub use outbox::{Channel, Letter, Message, Sent, Transport, waiting, work};
pub use record::{
    AlertPaper, Shown, answer, answer_of, answer_word, latest, one, rates, source_rates,
};
pub use registration::{
    Claim, Found, Look, OPEN_OF_ONE_MAX, REGISTRATIONS_OF_ONE_MAX, RegistrationPaper, ask,
    method_of, method_word, prove, registrations, registrations_in,
};
pub use stand::Tried;
pub use timing::{Looks, Schedule, Term, Timing, TimingError};
pub use warn::{Finding, Others, list, owners};
pub use ways::{Mail, SecretKey, Ways, Webhook, digest, set_ways, ways};
