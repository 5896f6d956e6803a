//! Early warning: operators register what they own and prove it, feeds come in, alerts go out and are answered. In: claims with what was found, reports of others as bytes,
//! answers, the time, random bytes. Out: registrations, alerts and messages in the store. Never: an alert to who did not prove control; a feed that is taken twice; a message
//! that is lost, or sent under two names.
//!
//! | module | what it does |
//! |---|---|
//! | `registration` | things that are claimed, and the proof of control |
//! | `intake` | a feed becomes alerts of those whose things it names |
//! | `record` | alerts as they are kept, their answers, the rates of each source |
//! | `outbox` | messages by webhook and mail that wait, are tried and arrive |
//!
//! The rules are those of [`sakimori_exchange::alert`] and [`sakimori_exchange::feed`]. What is kept of them here is read back through the same rules.

mod feed;
mod intake;
mod outbox;
mod record;
mod registration;
mod ways;

pub use feed::{FeedForm, sightings};
pub use intake::{Feed, FeedPaper, Intake, take};
pub use outbox::{Channel, Letter, Message, Sent, Transport, waiting, work};
pub use record::{
    AlertPaper, Shown, answer, answer_of, answer_word, latest, one, rates, source_rates,
};
pub use registration::{
    Claim, Found, Look, REGISTRATIONS_OF_ONE_MAX, RegistrationPaper, ask, method_of, method_word,
    prove, registrations,
};
pub use ways::{Mail, SecretKey, Ways, Webhook, digest, set_ways, ways};

use sakimori_exchange::alert::{Periods, Retry, Windows};

/// How long things hold and how attempts follow each other. None of it is in the law: an administrator sets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Of proofs.
    pub periods: Periods,
    /// Of alerts.
    pub windows: Windows,
    /// Of messages.
    pub retry: Retry,
}

impl Default for Timing {
    /// A challenge is open for a week and a proof holds for a year; the same thing is one alert until it is quiet for a week, and an answer of "false" or "not relevant"
    /// silences it for 30 days; a message is tried for three days, with delays from half a minute to an hour.
    fn default() -> Self {
        const DAY: u64 = 86_400;
        Self {
            periods: Periods {
                challenge_seconds: 7 * DAY,
                proof_seconds: 365 * DAY,
                renewal_seconds: 30 * DAY,
            },
            windows: Windows {
                quiet_seconds: 7 * DAY,
                muted_seconds: 30 * DAY,
            },
            retry: Retry {
                lease_seconds: 60,
                first_delay_seconds: 30,
                delay_seconds_max: 3600,
                age_seconds_max: 3 * DAY,
            },
        }
    }
}
