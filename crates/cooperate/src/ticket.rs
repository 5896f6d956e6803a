//! Support that an operator asks for. In: what it asks, what is answered. Out: where the ticket stands, how long each side took. Never: a ticket that the office opens:
//! support is asked for; a step that is not kept.

use crate::FieldError;
use crate::calendar::{CalendarError, Deadline, Start, deadline};
use crate::clock::{Due, Times, What, Who};
use crate::limits::LINES_MAX;
use crate::plain::{line, text};
use crate::rules::{Reason, Rule};
use crate::terms::Terms;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// Who wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The operator.
    Operator,
    /// The office.
    Office,
}

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TicketState {
    /// It waits for the office.
    WaitsForOffice,
    /// It waits for the operator.
    WaitsForOperator,
    /// Closed; the operator may write again, which opens it.
    Closed,
}

impl TicketState {
    /// Its word, as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::WaitsForOffice => "waits-for-office",
            Self::WaitsForOperator => "waits-for-operator",
            Self::Closed => "closed",
        }
    }

    /// In English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::WaitsForOffice => "waits for the office",
            Self::WaitsForOperator => "waits for the operator",
            Self::Closed => "closed",
        }
    }

    /// In Japanese.
    pub const fn ja(self) -> &'static str {
        match self {
            Self::WaitsForOffice => "内閣府の回答待ち",
            Self::WaitsForOperator => "事業者の回答待ち",
            Self::Closed => "終了",
        }
    }
}

/// A word of either side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// When.
    #[serde(with = "crate::text")]
    pub at: Seconds,
    /// Who.
    pub side: Side,
    /// What.
    pub text: String,
}

/// A ticket. JSON as a node keeps it; what is read back is the node's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    #[serde(with = "crate::text")]
    id: Name,
    #[serde(with = "crate::text")]
    operator: Name,
    subject: String,
    words: Vec<Word>,
    #[serde(with = "crate::text::option")]
    closed: Option<Seconds>,
}

/// How long it took, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TicketMetric {
    /// From the first word to the office's first.
    pub first_answer_s: Option<u64>,
    /// From the first word to the close.
    pub closed_s: Option<u64>,
    /// Words of both sides.
    pub words: u64,
}

impl Ticket {
    /// An operator opens a ticket with its first word.
    ///
    /// # Errors
    /// Fields that break a rule.
    pub fn open(
        id: Name,
        operator: Name,
        subject: &str,
        words: &str,
        at: Seconds,
    ) -> Result<Self, Vec<FieldError>> {
        let errors = [line("subject", subject), text("text", words)];
        let errors: Vec<FieldError> = errors.into_iter().flatten().collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let first = Word {
            at,
            side: Side::Operator,
            text: words.to_owned(),
        };
        Ok(Self {
            id,
            operator,
            subject: subject.to_owned(),
            words: vec![first],
            closed: None,
        })
    }

    /// Either side writes. What the operator writes opens a closed ticket; the office does not write into one.
    ///
    /// # Errors
    /// A [`FieldError`]; nothing is kept then.
    pub fn write(&mut self, side: Side, words: &str, at: Seconds) -> Result<(), FieldError> {
        if let Some(error) = text("text", words) {
            return Err(error);
        }
        let last = self.words.last().map_or(Seconds(0), |word| word.at);
        let refused = if at < last {
            Some("lies before the word that it follows")
        } else if self.words.len() == LINES_MAX {
            Some("is the 201st of its ticket")
        } else if side == Side::Office && self.closed.is_some() {
            Some("is the office's, and the ticket is closed")
        } else {
            None
        };
        if let Some(what) = refused {
            return Err(FieldError::new("text", Rule::TextBounds, what));
        }
        self.closed = None;
        self.words.push(Word {
            at,
            side,
            text: words.to_owned(),
        });
        Ok(())
    }

    /// Closes it; the first time counts until it is opened again.
    pub fn close(&mut self, at: Seconds) {
        self.closed.get_or_insert(at);
    }

    /// Its id.
    pub const fn id(&self) -> &Name {
        &self.id
    }

    /// Who asks.
    pub const fn operator(&self) -> &Name {
        &self.operator
    }

    /// What it is about, one line.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Where it stands.
    pub fn state(&self) -> TicketState {
        match (self.closed, self.words.last().map(|word| word.side)) {
            (Some(_), _) => TicketState::Closed,
            (None, Some(Side::Office)) => TicketState::WaitsForOperator,
            (None, _) => TicketState::WaitsForOffice,
        }
    }

    /// All words.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// When it was closed; none while it is open.
    pub const fn closed(&self) -> Option<Seconds> {
        self.closed
    }

    /// The words of one side, in their order.
    pub fn said_by(&self, side: Side) -> impl Iterator<Item = &Word> {
        self.words.iter().filter(move |word| word.side == side)
    }

    /// The time of the first word of the operator that nobody answered yet; none where the ticket does not wait for the office.
    fn waits_since(&self) -> Option<Seconds> {
        if self.closed.is_some() {
            return None;
        }
        let open = self.words.iter().rev();
        let open = open.take_while(|word| word.side == Side::Operator);
        open.last().map(|word| word.at)
    }

    /// How long it took.
    pub fn metric(&self) -> TicketMetric {
        let opened = self.words.first().map_or(Seconds(0), |word| word.at);
        let since = |at: Seconds| at.0.saturating_sub(opened.0);
        let answer = self.words.iter().find(|word| word.side == Side::Office);
        TicketMetric {
            first_answer_s: answer.map(|word| since(word.at)),
            closed_s: self.closed.map(since),
            words: self.words.len() as u64,
        }
    }

    /// The office's clock: for its answer to what the operator wrote last and nobody answered; where it owes none, that of its first answer, or of the close where it never
    /// answered.
    ///
    /// # Errors
    /// [`CalendarError`]: the deadline lies outside the years whose holidays are known.
    pub fn clock(&self, now: Seconds, terms: &Terms) -> Result<Due, CalendarError> {
        let opened = self.words.first().map_or(Seconds(0), |word| word.at);
        let (from, done) = if let Some(since) = self.waits_since() {
            (since, None)
        } else {
            let answer = self.said_by(Side::Office).next();
            (opened, answer.map(|word| word.at).or(self.closed))
        };
        let span = terms.acknowledges.value;
        let counted = deadline(Start::At(from), span, terms.counting.verified)?;
        let own = Reason::new(Rule::OfficeAnswers, terms.acknowledges.source.verified);
        let deadline = Deadline {
            reasons: [&[own], counted.reasons.as_slice()].concat(),
            ..counted
        };
        let times = Times {
            deadline: &deadline,
            done,
            now,
            soft: false,
        };
        Ok(Due::new(
            self.id.as_str(),
            (Who::Office, What::Ticket),
            times,
        ))
    }
}
