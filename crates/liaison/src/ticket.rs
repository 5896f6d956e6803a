//! Support tickets at an operator's node. In: what its people ask, what the office's node gives. Out: tickets that are opened and written on without a line, words that wait until the
//! office has them. Never: a word that is forgotten, sent twice or out of its turn; a ticket of another.

use crate::desk::{ticket_id, urgent};
use crate::error::LiaisonError;
use crate::order::TRIES_MAX;
use crate::paper::{Document, Standing, Written, all, first, newest, read};
use crate::report::{Clerk, LIST_MAX, found, refused};
use sakimori_cooperate::Terms;
use sakimori_cooperate::clock::{Due, acknowledgement};
use sakimori_cooperate::limits::LINES_MAX;
use sakimori_cooperate::ticket::{Side, Ticket, TicketMetric, TicketState, Word};
use sakimori_custody::time::Seconds;
use sakimori_store::{Kept, StoreError, View};
use serde::{Deserialize, Serialize};

/// Most tickets of which words wait here: more than the office lets an operator have open.
const WAITING_MAX: u64 = 200;

/// A ticket as it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldTicket {
    /// What it is about, one line.
    pub subject: String,
    /// As the office's node gave it last; none where the office does not have it yet.
    pub ticket: Option<Ticket>,
    /// Words that the office has not got yet, in their order.
    pub waiting: Vec<Word>,
}

/// The kind's word is that of the office's tickets: a store is the one side's or the other's.
impl Document for HeldTicket {
    const KIND: &'static str = Ticket::KIND;
}

/// The clock of a ticket, as either side keeps it: the office's; none where the office does not have it yet.
///
/// # Errors
/// [`LiaisonError::Unreadable`], [`LiaisonError::Calendar`].
pub(crate) fn clock_of(
    kept: Kept,
    now: Seconds,
    terms: &Terms,
) -> Result<Option<Due>, LiaisonError> {
    let ticket = match serde_json::from_str::<HeldTicket>(&kept.paper.body) {
        Ok(held) => held.ticket,
        Err(_) => Some(read::<Ticket>(kept)?.said),
    };
    let clock = ticket.map(|ticket| ticket.clock(now, terms));
    Ok(clock.transpose()?)
}

/// A word that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitingWord {
    /// The ticket.
    pub id: String,
    /// Its subject.
    pub subject: String,
    /// The word.
    pub text: String,
    /// Which of the operator's words on the ticket it is, from 1.
    pub number: u64,
}

impl HeldTicket {
    /// All words, those that wait behind the others.
    pub fn words(&self) -> impl Iterator<Item = (&Word, bool)> {
        let known = self.ticket.iter().flat_map(Ticket::words);
        let known = known.map(|word| (word, false));
        known.chain(self.waiting.iter().map(|word| (word, true)))
    }

    /// How many words of the operator the office has.
    fn known(&self) -> usize {
        self.ticket
            .as_ref()
            .map_or(0, |ticket| ticket.said_by(Side::Operator).count())
    }

    /// Where it stands here, a word.
    pub fn state(&self) -> &'static str {
        match &self.ticket {
            Some(ticket) if self.waiting.is_empty() => ticket.state().word(),
            _ => WAITS,
        }
    }

    /// How long it took, as far as the office has it.
    pub fn metric(&self) -> Option<TicketMetric> {
        self.ticket.as_ref().map(Ticket::metric)
    }

    /// What waits, in the order in which it is to be sent.
    pub fn waiting_words(&self, id: &str) -> impl Iterator<Item = WaitingWord> {
        let first = self.known() as u64 + 1;
        (first..)
            .zip(&self.waiting)
            .map(move |(number, word)| WaitingWord {
                id: id.to_owned(),
                subject: self.subject.clone(),
                text: word.text.clone(),
                number,
            })
    }

    /// The next that is to be sent.
    pub fn next_word(&self, id: &str) -> Option<WaitingWord> {
        self.waiting_words(id).next()
    }

    /// The same with the office's newest copy. Words that it has got wait no longer: those of the operator that are new in it, as far as they are ours. What it has lost, by a
    /// backup that was put back, waits again.
    fn with(&self, ticket: &Ticket) -> Self {
        let has = ticket.said_by(Side::Operator).count();
        let before = self
            .ticket
            .iter()
            .flat_map(|old| old.said_by(Side::Operator));
        let lost = before.skip(has).cloned();
        let mut waiting = self.waiting.iter().peekable();
        for word in ticket.said_by(Side::Operator).skip(self.known()) {
            // A machine of the operator may have written too: its words are not ours.
            waiting.next_if(|own| own.text == word.text);
        }
        Self {
            subject: ticket.subject().to_owned(),
            waiting: lost.chain(waiting.cloned()).collect(),
            ticket: Some(ticket.clone()),
        }
    }
}

/// State of a ticket of which a word waits to be sent.
const WAITS: &str = "word-waits";

/// A ticket with what its reader looks at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketLine {
    /// The paper.
    pub paper: Written<HeldTicket>,
    /// The office's clock; none where the office does not have the ticket yet.
    pub due: Option<Due>,
}

impl Clerk<'_> {
    fn ticket_at<'s>(&'s self, held: &HeldTicket) -> Result<Standing<'s>, LiaisonError> {
        let due = match (&held.ticket, held.waiting.first()) {
            (Some(ticket), None) => {
                let due = ticket.clock(self.now, self.terms)?;
                let runs = ticket.state() == TicketState::WaitsForOffice;
                runs.then(|| due.last.end().0)
            }
            // The office's time counts from when it has the word; what waits here stands where it would stand then.
            (_, Some(word)) => {
                let due = acknowledgement(&held.subject, word.at, None, self.now, self.terms)?;
                Some(due.last.end().0)
            }
            (None, None) => None,
        };
        Ok(Standing {
            state: held.state(),
            due,
            at: self.now.0,
            by: self.by,
        })
    }

    /// Opens a ticket, with no line to the office; it waits to be sent. The same words a second time in the same second are the same ticket.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Full`] where too many wait, what the store says.
    pub async fn open_ticket(&self, subject: &str, text: &str) -> Result<TicketLine, LiaisonError> {
        let owner = self.operator.as_str();
        let id = ticket_id(subject, text, self.now.0)?;
        if found(newest::<HeldTicket>(self.store, owner, id.as_str()).await)?.is_some() {
            return self.ticket(id.as_str()).await;
        }
        let states = self.store.states(View::Of(owner), HeldTicket::KIND).await?;
        let waiting = states.iter().filter(|(state, _)| state == WAITS);
        if waiting.map(|(_, count)| *count).sum::<u64>() >= WAITING_MAX {
            let what = "tickets that wait to be sent";
            return Err(LiaisonError::Full {
                what,
                most: WAITING_MAX,
            });
        }
        let made = Ticket::open(id.clone(), self.operator.clone(), subject, text, self.now);
        let made = made.map_err(LiaisonError::Fields)?;
        let said = HeldTicket {
            subject: subject.to_owned(),
            waiting: made.words().to_vec(),
            ticket: None,
        };
        let change = first(owner, id.as_str(), &said, self.ticket_at(&said)?)?;
        let audit = self.audit("ticket", id.as_str(), WAITS);
        self.store.apply(&[change, audit]).await?;
        self.ticket(id.as_str()).await
    }

    /// Writes on a ticket; the word waits until the office has it.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Missing`], what the store says.
    pub async fn write_ticket(&self, id: &str, text: &str) -> Result<TicketLine, LiaisonError> {
        let known = newest::<HeldTicket>(self.store, self.operator.as_str(), id).await?;
        let mut said = known.said.clone();
        // The rules are the ticket's own; what waits is counted with what the office has.
        let name = crate::desk::name("ticket", id)?;
        let operator = self.operator.clone();
        let judged = Ticket::open(name, operator, &said.subject, text, self.now);
        judged.map_err(LiaisonError::Fields)?;
        if said.words().count() >= LINES_MAX {
            return Err(refused(
                "text",
                "is the 201st word of its ticket: open another",
            ));
        }
        said.waiting.push(Word {
            at: self.now,
            side: Side::Operator,
            text: text.to_owned(),
        });
        let audit = self.audit("ticket", id, WAITS);
        let change = known.next(&said, self.ticket_at(&said)?)?;
        self.store.apply(&[change, audit]).await?;
        self.ticket(id).await
    }

    fn ticket_line(&self, paper: Written<HeldTicket>) -> Result<TicketLine, LiaisonError> {
        let due = match &paper.said.ticket {
            Some(ticket) => Some(ticket.clock(self.now, self.terms)?),
            None => None,
        };
        Ok(TicketLine { paper, due })
    }

    /// Tickets that are here: those of which a word waits to be sent and those that wait for the office first, then the others, the newest first; at most 1000.
    ///
    /// # Errors
    /// What the store says; [`LiaisonError::Calendar`].
    pub async fn tickets(&self) -> Result<Vec<TicketLine>, LiaisonError> {
        let list = urgent::<HeldTicket>(self.store, View::Of(self.operator.as_str())).await?;
        list.into_iter()
            .map(|each| self.ticket_line(each))
            .collect()
    }

    /// One ticket.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says; [`LiaisonError::Calendar`].
    pub async fn ticket(&self, id: &str) -> Result<TicketLine, LiaisonError> {
        let paper = newest::<HeldTicket>(self.store, self.operator.as_str(), id).await?;
        self.ticket_line(paper)
    }

    /// Tickets of which a word waits, those that changed first before the others.
    ///
    /// # Errors
    /// What the store says.
    pub async fn words_waiting(&self) -> Result<Vec<Written<HeldTicket>>, LiaisonError> {
        let view = View::Of(self.operator.as_str());
        Ok(all::<HeldTicket>(self.store, view, Some(WAITS), LIST_MAX)
            .await?
            .0)
    }

    /// Keeps tickets as the office's node gives them now. Answers how many words of the office are new here, and how many of the operator's the office has got.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where one is another's, what the store says.
    pub async fn keep_tickets(&self, given: &[Ticket]) -> Result<(usize, usize), LiaisonError> {
        let (mut new, mut taken) = (0, 0);
        for ticket in given {
            if ticket.operator() != self.operator {
                return Err(refused("operator", "is another operator"));
            }
            let mut tries = 0;
            let (said, got) = loop {
                match self.keep_ticket(ticket).await {
                    // Another round kept it, or a person wrote, at the same moment.
                    Err(LiaisonError::Store(
                        StoreError::Stale { .. } | StoreError::Exists { .. },
                    )) if tries < TRIES_MAX => tries += 1,
                    kept => break kept?,
                }
            };
            new += said;
            taken += got;
        }
        Ok((new, taken))
    }

    async fn keep_ticket(&self, ticket: &Ticket) -> Result<(usize, usize), LiaisonError> {
        let (owner, id) = (self.operator.as_str(), ticket.id().as_str());
        let known = found(newest::<HeldTicket>(self.store, owner, id).await)?;
        let before = known.as_ref().map(|known| known.said.clone());
        let before = before.unwrap_or_else(|| HeldTicket {
            subject: ticket.subject().to_owned(),
            ticket: None,
            waiting: Vec::new(),
        });
        if before.ticket.as_ref() == Some(ticket) {
            return Ok((0, 0));
        }
        let said = before.with(ticket);
        let change = match &known {
            Some(known) => known.next(&said, self.ticket_at(&said)?)?,
            None => first(owner, id, &said, self.ticket_at(&said)?)?,
        };
        self.store.apply(&[change]).await?;
        let of_office =
            |held: Option<&Ticket>| held.map_or(0, |ticket| ticket.said_by(Side::Office).count());
        let new = of_office(Some(ticket)).saturating_sub(of_office(before.ticket.as_ref()));
        let taken = before.waiting.len().saturating_sub(said.waiting.len());
        Ok((new, taken))
    }
}
