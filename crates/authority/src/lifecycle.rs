//! The life of what is asked for: from a draft to its end. In: a case, what happened to it. Out: the case behind it, or why that cannot be. Never: a clock, a log; a case that comes back
//! from its end.
//!
//! The states of Act 42/2025 arts. 17 to 19, 32, 33 as the commission uses them: submitted, questions and answers, decided (approved, refused, approved with conditions), active,
//! suspended, ended. What is decided urgently is active in quarantine until a sitting ratifies it.

use crate::statement::{Basis, Kind, Statement};
use crate::suspension::By;
use sakimori_custody::record::{Direction, coded};

coded! {
    /// What is asked for.
    Subject: u8 {
        /// Acquisition by agreement with an operator (arts. 11, 12).
        Agreement = 1 "agreement",
        /// Out-out measure (art. 17) or its extension (art. 19).
        OutOut = 2 "out-out-measure",
        /// Specific out-in measure (art. 32).
        OutIn = 3 "specific-out-in-measure",
        /// Specific in-out measure (art. 33).
        InOut = 4 "specific-in-out-measure",
        /// Disclosure.
        Disclosure = 5 "disclosure",
        /// Re-identification of one record.
        Reidentification = 6 "reidentification",
        /// A response measure (Police Duties Act art. 6-2, SDF Act art. 81-3).
        Response = 7 "response-measure",
    }
}
coded! {
    /// How a case ended.
    End: u8 {
        /// Taken back before it was decided.
        Withdrawn = 1 "withdrawn",
        /// The commission refused it.
        Refused = 2 "refused",
        /// Its last second is over.
        Expired = 3 "expired",
        /// The commission revoked it.
        Revoked = 4 "revoked",
        /// An urgent act that nobody ratified in time.
        Lapsed = 5 "lapsed",
        /// What it allowed was done, once.
        Used = 6 "used",
        /// A renewal took its place.
        Replaced = 7 "replaced",
    }
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Written, and not sent.
    Draft,
    /// Before the commission, or the party.
    Submitted,
    /// Before the commission, with so many questions that wait for an answer.
    Questioned(u8),
    /// Decided for, and not begun.
    Approved,
    /// Decided by two officers, active in quarantine until it is ratified.
    Urgent,
    /// In force, with a lease.
    Active,
    /// In force and stopped.
    Suspended,
    /// Over.
    Ended(End),
}

impl State {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Questioned(_) => "questioned",
            Self::Approved => "approved",
            Self::Urgent => "urgent",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ended(end) => end.name(),
        }
    }
}

/// What happens to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The office sends it.
    Submit,
    /// The office takes it back.
    Withdraw,
    /// The commission asks.
    Question,
    /// The office answers.
    Answer,
    /// A sitting, or office and party, decide for it.
    Approve {
        /// Whether with conditions that the draft had not.
        conditions: bool,
    },
    /// A sitting decides against it.
    Refuse,
    /// Two officers decide before the commission can sit.
    Invoke,
    /// A sitting ratifies what was decided urgently.
    Ratify,
    /// What was decided urgently was not ratified in time.
    Lapse,
    /// A lease is given.
    Activate,
    /// What it allows once was done.
    Use,
    /// Somebody stops it.
    Suspend(By),
    /// Whoever stopped it lets it go on.
    Resume(By),
    /// Its last second is over.
    Expire,
    /// A sitting revokes it.
    Revoke,
    /// A renewal takes its place.
    Replace,
}

/// What cannot happen to a case where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event:?}` cannot happen to a case of `{subject}` that is {}", state.name())]
pub struct Impossible {
    /// What the case is about.
    pub subject: Subject,
    /// Where it stands.
    pub state: State,
    /// What was said to have happened.
    pub event: Event,
}

/// A case: what is asked for, where it stands, who has stopped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Case {
    subject: Subject,
    /// Where it stands, were it not suspended.
    state: State,
    conditions: bool,
    /// Who has suspended it, by the place in [`By::ALL`].
    stopped: [bool; 3],
}

impl Case {
    /// A new draft.
    pub const fn new(subject: Subject) -> Self {
        Self {
            subject,
            state: State::Draft,
            conditions: false,
            stopped: [false; 3],
        }
    }

    /// What is asked for.
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        let runs = matches!(self.state, State::Approved | State::Urgent | State::Active);
        if runs && self.stopped.contains(&true) {
            State::Suspended
        } else {
            self.state
        }
    }

    /// Whether it was approved with conditions that the draft had not.
    pub const fn has_conditions(&self) -> bool {
        self.conditions
    }

    /// Whether something may be done under it now, as far as the case tells.
    pub fn is_in_force(&self) -> bool {
        matches!(self.state(), State::Urgent | State::Active)
    }

    /// Who has stopped it.
    pub fn stopped_by(&self) -> impl Iterator<Item = By> + '_ {
        By::ALL
            .iter()
            .zip(self.stopped)
            .filter_map(|(by, stopped)| stopped.then_some(*by))
    }

    /// The case behind an event.
    ///
    /// # Errors
    /// [`Impossible`]: the case stays as it is.
    pub fn next(self, event: Event) -> Result<Self, Impossible> {
        let after = match event {
            Event::Suspend(by) => self.stop(by, true),
            Event::Resume(by) => self.stop(by, false),
            _ => self.moved(event).map(|state| Self {
                state,
                conditions: self.conditions || event == Event::Approve { conditions: true },
                ..self
            }),
        };
        after.ok_or_else(|| Impossible {
            subject: self.subject,
            state: self.state(),
            event,
        })
    }

    /// Where an event other than a stop leads.
    const fn moved(self, event: Event) -> Option<State> {
        match event {
            Event::Submit | Event::Withdraw | Event::Question | Event::Answer => self.asked(event),
            Event::Approve { .. } | Event::Refuse | Event::Invoke => self.decided(event),
            Event::Ratify | Event::Lapse | Event::Activate | Event::Use => self.done(event),
            Event::Expire => self.over(End::Expired),
            Event::Revoke => self.over(End::Revoked),
            Event::Replace => self.over(End::Replaced),
            Event::Suspend(_) | Event::Resume(_) => None,
        }
    }

    const fn asked(self, event: Event) -> Option<State> {
        match (self.state, event) {
            (State::Draft, Event::Submit) | (State::Questioned(1), Event::Answer) => {
                Some(State::Submitted)
            }
            (State::Draft | State::Submitted | State::Questioned(_), Event::Withdraw) => {
                Some(State::Ended(End::Withdrawn))
            }
            (State::Submitted, Event::Question) => Some(State::Questioned(1)),
            (State::Questioned(u8::MAX), Event::Question) => None,
            (State::Questioned(open), Event::Question) => Some(State::Questioned(open + 1)),
            (State::Questioned(open), Event::Answer) => Some(State::Questioned(open - 1)),
            _ => None,
        }
    }

    /// The commission may decide while a question is open: it is the commission's question.
    const fn decided(self, event: Event) -> Option<State> {
        match (self.state, event) {
            (State::Submitted | State::Questioned(_), Event::Approve { .. }) => {
                Some(State::Approved)
            }
            (State::Submitted | State::Questioned(_) | State::Urgent, Event::Refuse) => {
                Some(State::Ended(End::Refused))
            }
            // Nothing that was refused is done urgently, and what takes no urgency has no urgent path.
            (State::Draft | State::Submitted | State::Questioned(_), Event::Invoke)
                if self.subject.has_urgent_path() =>
            {
                Some(State::Urgent)
            }
            _ => None,
        }
    }

    const fn done(self, event: Event) -> Option<State> {
        let free = matches!(self.stopped, [false, false, false]);
        match (self.state, event, self.subject) {
            (State::Urgent, Event::Ratify, _) => Some(State::Active),
            (State::Urgent, Event::Lapse, _) => Some(State::Ended(End::Lapsed)),
            (State::Approved | State::Active, Event::Activate, subject)
                if free && subject.is_leased() =>
            {
                Some(State::Active)
            }
            (State::Approved, Event::Use, Subject::Reidentification) if free => {
                Some(State::Ended(End::Used))
            }
            (State::Approved, Event::Use, Subject::Disclosure) if free => Some(State::Approved),
            _ => None,
        }
    }

    const fn over(self, end: End) -> Option<State> {
        match self.state {
            State::Approved | State::Urgent | State::Active => Some(State::Ended(end)),
            _ => None,
        }
    }

    /// A party suspends its agreement and nothing else; whoever has not stopped a case cannot let it go on.
    fn stop(self, by: By, stop: bool) -> Option<Self> {
        let runs = matches!(self.state, State::Approved | State::Urgent | State::Active);
        let party = by == By::Party && self.subject != Subject::Agreement;
        let mut stopped = self.stopped;
        let place = stopped.get_mut(usize::from(by.code()).checked_sub(1)?)?;
        if !runs || party || *place == stop {
            return None;
        }
        *place = stop;
        Some(Self { stopped, ..self })
    }
}

impl Subject {
    /// Whether it can be decided urgently at all; whether it is, the schedule says.
    pub const fn has_urgent_path(self) -> bool {
        matches!(
            self,
            Self::OutOut | Self::OutIn | Self::InOut | Self::Response
        )
    }

    /// Whether it runs under a lease.
    pub const fn is_leased(self) -> bool {
        !matches!(self, Self::Disclosure | Self::Reidentification)
    }
}

impl Statement {
    /// What the statement is about: its kind, and of an acquisition its article, or its first direction where the article is another's.
    pub fn subject(&self) -> Subject {
        match (self.kind, &self.decided) {
            (_, Basis::Agreement { .. }) | (Kind::Agreement, _) => Subject::Agreement,
            (Kind::Measure, _) => Subject::Response,
            (Kind::Reidentification, _) => Subject::Reidentification,
            (Kind::Disclosure, _) => Subject::Disclosure,
            (Kind::Acquisition, _) => match self.basis.as_str() {
                "act42-17" | "act42-19" => Subject::OutOut,
                "act42-32" => Subject::OutIn,
                "act42-33" => Subject::InOut,
                _ => match self.directions.first() {
                    Some(Direction::OutIn) => Subject::OutIn,
                    Some(Direction::InOut) => Subject::InOut,
                    Some(Direction::OutOut) | None => Subject::OutOut,
                },
            },
        }
    }
}

#[cfg(test)]
mod tests;
