//! Messages that have to arrive. In: messages, results of attempts, the time, a random number for each delay. Out: what is due. Never: a message that is lost when a process
//! dies, or that goes out under two identifiers: the receiver is told at least once, and knows a repetition by its identifier.

use sakimori_custody::time::Seconds;
use std::collections::{BTreeMap, BTreeSet};

/// Most messages that wait.
pub const MESSAGES_MAX: usize = 100_000;
/// Longest body in bytes.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// How attempts follow each other. The operator sets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Seconds after which an attempt that said nothing is taken for dead.
    pub lease_seconds: u64,
    /// Seconds before the second attempt; each further delay is twice as long.
    pub first_delay_seconds: u64,
    /// Longest delay in seconds.
    pub delay_seconds_max: u64,
    /// Seconds after which a message is given up, and somebody is told.
    pub age_seconds_max: u64,
}

/// Where a message stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutboxState {
    /// It is due at this time.
    Waiting {
        /// From when.
        due: Seconds,
    },
    /// Somebody tries.
    Trying {
        /// Until when they have to say how it went.
        until: Seconds,
    },
    /// It arrived.
    Delivered {
        /// When.
        at: Seconds,
    },
    /// It was given up.
    GivenUp {
        /// When.
        at: Seconds,
        /// What the last attempt said.
        why: String,
    },
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its identifier, the same for every attempt.
    pub id: String,
    /// Where it goes: a mail address or URL that the caller knows.
    pub to: String,
    /// What it says.
    pub body: Vec<u8>,
    /// When it was put in.
    pub made: Seconds,
    /// Attempts so far.
    pub attempts: u32,
    /// Where it stands.
    pub state: OutboxState,
}

/// A message that is due, with the number of the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its identifier.
    pub id: String,
    /// Where it goes.
    pub to: String,
    /// What it says.
    pub body: Vec<u8>,
    /// The attempt, from 1.
    pub attempt: u32,
}

/// How an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Another attempt may help.
    Later(String),
    /// None will: the address is gone, the receiver refuses.
    Never(String),
}

/// Why a message is not put in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The same identifier stands for another message. The caller acts on it.
    #[error("message {id} exists with another address or body")]
    Other {
        /// The identifier.
        id: String,
    },
    /// Too many wait, or it is too long. The administrator acts on it.
    #[error(
        "the outbox holds {MESSAGES_MAX} messages, or the body is longer than {BODY_BYTES_MAX} bytes"
    )]
    Full,
    /// There is no such message.
    #[error("there is no message {id}")]
    Unknown {
        /// The identifier.
        id: String,
    },
}

/// The messages. What it holds is written by the caller after every change and before the act that follows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    messages: BTreeMap<String, Message>,
    /// What is due from when, the oldest first.
    due: BTreeSet<(Seconds, Seconds, String)>,
}

/// From when a message is due, if it is at all.
const fn due_from(message: &Message) -> Option<Seconds> {
    match message.state {
        OutboxState::Waiting { due } => Some(due),
        OutboxState::Trying { until } => Some(until),
        OutboxState::Delivered { .. } | OutboxState::GivenUp { .. } => None,
    }
}

impl Outbox {
    /// The outbox of messages that were written before.
    pub fn restored(messages: impl IntoIterator<Item = Message>) -> Self {
        let mut out = Self::default();
        for message in messages {
            out.insert(message);
        }
        out
    }

    fn insert(&mut self, message: Message) {
        if let Some(from) = due_from(&message) {
            self.due.insert((from, message.made, message.id.clone()));
        }
        self.messages.insert(message.id.clone(), message);
    }

    /// Changes a message and when it is due.
    fn change(&mut self, id: &str, act: impl FnOnce(&mut Message)) -> Result<(), OutboxError> {
        let found = self.messages.get_mut(id);
        let message = found.ok_or_else(|| OutboxError::Unknown { id: id.to_owned() })?;
        if let Some(from) = due_from(message) {
            self.due.remove(&(from, message.made, id.to_owned()));
        }
        act(message);
        if let Some(from) = due_from(message) {
            self.due.insert((from, message.made, id.to_owned()));
        }
        Ok(())
    }

    /// Puts a message in. The same one again changes nothing.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn put(
        &mut self,
        id: &str,
        to: &str,
        body: &[u8],
        now: Seconds,
    ) -> Result<(), OutboxError> {
        if let Some(known) = self.messages.get(id) {
            if known.to == to && known.body == body {
                return Ok(());
            }
            return Err(OutboxError::Other { id: id.to_owned() });
        }
        if self.messages.len() >= MESSAGES_MAX || body.len() > BODY_BYTES_MAX {
            return Err(OutboxError::Full);
        }
        let message = Message {
            id: id.to_owned(),
            to: to.to_owned(),
            body: body.to_vec(),
            made: now,
            attempts: 0,
            state: OutboxState::Waiting { due: now },
        };
        self.insert(message);
        Ok(())
    }

    /// Takes the message that has been due for longest. An attempt that said nothing until its end is taken for dead: the message is due again.
    pub fn take(&mut self, now: Seconds, retry: Retry) -> Option<Due> {
        let (from, _, id) = self.due.first()?.clone();
        if from > now {
            return None;
        }
        self.change(&id, |message| {
            message.attempts = message.attempts.saturating_add(1);
            message.state = OutboxState::Trying {
                until: now.plus(retry.lease_seconds.max(1)),
            };
        })
        .ok()?;
        let message = self.messages.get(&id)?;
        Some(Due {
            id: message.id.clone(),
            to: message.to.clone(),
            body: message.body.clone(),
            attempt: message.attempts,
        })
    }

    /// An attempt arrived, also one that was taken for dead.
    ///
    /// # Errors
    /// [`OutboxError::Unknown`].
    pub fn delivered(&mut self, id: &str, now: Seconds) -> Result<(), OutboxError> {
        self.change(id, |message| {
            if !matches!(message.state, OutboxState::Delivered { .. }) {
                message.state = OutboxState::Delivered { at: now };
            }
        })
    }

    /// An attempt failed. `random` spreads the delays of many messages; a failure of an attempt that is no longer the last one changes nothing.
    ///
    /// # Errors
    /// [`OutboxError::Unknown`].
    pub fn failed(
        &mut self,
        (id, attempt): (&str, u32),
        failure: Failure,
        now: Seconds,
        retry: Retry,
        random: u32,
    ) -> Result<(), OutboxError> {
        self.change(id, |message| {
            let trying = matches!(message.state, OutboxState::Trying { .. });
            if !trying || message.attempts != attempt {
                return;
            }
            let young = now < message.made.plus(retry.age_seconds_max);
            message.state = match failure {
                Failure::Later(_) if young => OutboxState::Waiting {
                    due: now.plus(delay(attempt, retry, random)),
                },
                Failure::Later(why) | Failure::Never(why) => OutboxState::GivenUp { at: now, why },
            };
        })
    }

    /// All messages, for who writes them down or shows them.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// Drops messages that arrived or were given up before a time. Their identifiers may then be used again: the caller keeps them until receivers have forgotten them.
    pub fn forget(&mut self, before: Seconds) -> usize {
        let count = self.messages.len();
        self.messages.retain(|_, message| match &message.state {
            OutboxState::Delivered { at } | OutboxState::GivenUp { at, .. } => *at >= before,
            _ => true,
        });
        count - self.messages.len()
    }
}

/// The delay behind an attempt: doubled each time, and between half and the whole of that.
fn delay(attempt: u32, retry: Retry, random: u32) -> u64 {
    let doubled = retry.first_delay_seconds.max(1).saturating_mul(
        1u64.checked_shl(attempt.saturating_sub(1).min(40))
            .unwrap_or(u64::MAX),
    );
    let whole = doubled.min(retry.delay_seconds_max.max(1));
    let half = whole / 2;
    half + u64::from(random) % (whole - half + 1)
}
