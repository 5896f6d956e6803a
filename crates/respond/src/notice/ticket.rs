//! Where a notice stands. In: what happened to it, in order. Out: its state, how long it took until the target was down. Never: a state that follows from nothing; a number that two notices have.

use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;
use std::fmt;
use std::str::FromStr;

/// Most events of a ticket.
pub const EVENTS_MAX: usize = 256;
/// What a number begins with.
const MARK: &str = "SKM";
/// Digits of Crockford's base 32: none is read as another.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Longest number as text.
pub(super) const REFERENCE_BYTES: usize = MARK.len() + 4 * 5;

/// The number of a notice, such as `SKM-7F3K-2M9Q-0AB1-XZ5T`: 80 random bits, so that nobody answers for a notice that was not sent to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference([u8; 10]);

/// A text that is no number of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no number of a notice")]
pub struct ReferenceError;

impl Reference {
    /// Of random bytes, handed in.
    pub const fn new(random: [u8; 10]) -> Self {
        Self(random)
    }

    /// Every number that stands in a text, each once, at most `most`.
    pub fn all_in(text: &str, most: usize) -> Vec<Self> {
        let mut out = Vec::new();
        for (at, _) in text.match_indices("SKM-") {
            let word = text.get(at..at + REFERENCE_BYTES);
            if let Some(found) = word.and_then(|word| word.parse().ok())
                && !out.contains(&found)
                && out.len() < most
            {
                out.push(found);
            }
        }
        out
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bits = self
            .0
            .iter()
            .fold(0u128, |all, byte| (all << 8) | u128::from(*byte));
        bits <<= 48;
        f.write_str(MARK)?;
        for at in 0..16u32 {
            if at % 4 == 0 {
                f.write_str("-")?;
            }
            let digit = (bits >> (123 - 5 * at)) & 31;
            let digit = DIGITS.get(digit as usize).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(digit))?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let rest = text.strip_prefix(MARK).ok_or(ReferenceError)?;
        let mut bits = 0u128;
        let mut count = 0;
        for (at, byte) in rest.bytes().enumerate() {
            if at % 5 == 0 {
                (byte == b'-').then_some(()).ok_or(ReferenceError)?;
                continue;
            }
            let digit = DIGITS.iter().position(|known| *known == byte);
            bits = (bits << 5) | digit.ok_or(ReferenceError)? as u128;
            count += 1;
            if count > 16 {
                return Err(ReferenceError);
            }
        }
        if count != 16 || rest.len() != 20 {
            return Err(ReferenceError);
        }
        let mut out = [0; 10];
        for (byte, from) in out.iter_mut().zip(bits.to_be_bytes().iter().skip(6)) {
            *byte = *from;
        }
        Ok(Self(out))
    }
}

coded! {
    /// Where a notice stands.
    State: u8 {
        /// It is written and not sent.
        Drafted = 1 "drafted",
        /// It was handed to the receiver's mail server.
        Sent = 2 "sent",
        /// It did not arrive.
        Bounced = 3 "bounced",
        /// The receiver says that it has it.
        Acknowledged = 4 "acknowledged",
        /// The receiver says that it does something.
        Acting = 5 "acting",
        /// The target is down.
        Down = 6 "down",
        /// The receiver does nothing.
        Declined = 7 "declined",
        /// Nothing more is waited for.
        Closed = 8 "closed",
    }
}

/// What happened to a notice.
pub type Event = State;

/// Why an event is not taken. Who enters it acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It does not follow.
    #[error("{reference} is {from}: it does not become {to}")]
    Step {
        /// The ticket.
        reference: Reference,
        /// Where it stands.
        from: State,
        /// What was entered.
        to: State,
    },
    /// It is of a time before the last event.
    #[error("{reference}: {new} is before {last}")]
    Backwards {
        /// The ticket.
        reference: Reference,
        /// Time of the last event.
        last: Seconds,
        /// Time of the new one.
        new: Seconds,
    },
    /// Too many.
    #[error("{0} has {EVENTS_MAX} events")]
    TooMany(Reference),
}

/// A notice with all that happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    reference: Reference,
    events: Vec<(Seconds, State)>,
}

impl State {
    /// Whether a notice that stands here can come to another state.
    pub const fn leads_to(self, next: Self) -> bool {
        match self {
            Self::Drafted => matches!(next, Self::Sent | Self::Closed),
            // A receiver that says nothing and acts is seen to have acted.
            Self::Sent => !matches!(next, Self::Drafted | Self::Sent),
            // To another address, or after the mistake was found.
            Self::Bounced => matches!(next, Self::Sent | Self::Closed),
            Self::Acknowledged => {
                matches!(
                    next,
                    Self::Acting | Self::Down | Self::Declined | Self::Closed
                )
            }
            Self::Acting => matches!(next, Self::Down | Self::Declined | Self::Closed),
            // It came back.
            Self::Down => matches!(next, Self::Acting | Self::Closed),
            Self::Declined => matches!(next, Self::Acting | Self::Down | Self::Closed),
            Self::Closed => false,
        }
    }
}

impl Ticket {
    /// A notice that is written.
    pub fn draft(reference: Reference, at: Seconds) -> Self {
        Self {
            reference,
            events: vec![(at, State::Drafted)],
        }
    }

    /// Its number.
    pub const fn reference(&self) -> Reference {
        self.reference
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.events
            .last()
            .map_or(State::Drafted, |(_, state)| *state)
    }

    /// What happened, in order.
    pub fn events(&self) -> &[(Seconds, State)] {
        &self.events
    }

    /// Takes what happened.
    ///
    /// # Errors
    /// [`TicketError`]: the ticket is as before.
    pub fn step(&mut self, at: Seconds, next: Event) -> Result<(), TicketError> {
        let reference = self.reference;
        let from = self.state();
        if !from.leads_to(next) {
            return Err(TicketError::Step {
                reference,
                from,
                to: next,
            });
        }
        if let Some((last, _)) = self.events.last().filter(|(last, _)| *last > at) {
            return Err(TicketError::Backwards {
                reference,
                last: *last,
                new: at,
            });
        }
        if self.events.len() == EVENTS_MAX {
            return Err(TicketError::TooMany(reference));
        }
        self.events.push((at, next));
        Ok(())
    }

    /// When something first happened.
    pub fn first(&self, state: State) -> Option<Seconds> {
        let mut events = self.events.iter();
        events.find(|(_, s)| *s == state).map(|(at, _)| *at)
    }

    /// Seconds from the first sending to the first time that the target was down.
    pub fn time_to_down(&self) -> Option<u64> {
        let (sent, down) = (self.first(State::Sent)?, self.first(State::Down)?);
        Some(down.0 - sent.0)
    }
}

/// How long it took until targets were down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Notices that were sent.
    pub sent: usize,
    /// Of those, none arrived.
    pub bounced: usize,
    /// Of those, the target went down.
    pub down: usize,
    /// Of those, the receiver declined and nothing went down.
    pub declined: usize,
    /// Half took no longer, seconds.
    pub median_seconds: Option<u64>,
    /// Nine of ten took no longer, seconds.
    pub nine_tenths_seconds: Option<u64>,
    /// The longest, seconds.
    pub longest_seconds: Option<u64>,
}

/// Counts tickets. Of those that went down the times are by nearest rank; the others are counted and in no time.
pub fn times(tickets: &[Ticket]) -> Times {
    let sent: Vec<&Ticket> = tickets
        .iter()
        .filter(|t| t.first(State::Sent).is_some())
        .collect();
    let mut took: Vec<u64> = sent.iter().filter_map(|t| t.time_to_down()).collect();
    took.sort_unstable();
    let rank = |tenths: usize| {
        let at = (took.len() * tenths).div_ceil(10);
        took.get(at.checked_sub(1)?).copied()
    };
    let up = |t: &&&Ticket| t.first(State::Down).is_none();
    Times {
        sent: sent.len(),
        bounced: sent.iter().filter(|t| t.state() == State::Bounced).count(),
        down: took.len(),
        declined: sent
            .iter()
            .filter(up)
            .filter(|t| t.first(State::Declined).is_some())
            .count(),
        median_seconds: rank(5),
        nine_tenths_seconds: rank(9),
        longest_seconds: took.last().copied(),
    }
}
