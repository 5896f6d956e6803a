//! Support tickets on the office's side. In: what an operator asks, what an officer answers. Out: papers of that operator, with state, clock and metric. Never: a ticket that the
//! office opens; a word that is there twice because a line broke; a word to an operator about another.

use super::lists::{Page, page, urgent};
use super::others::Others;
use super::{Desk, name};
use crate::error::LiaisonError;
use crate::paper::{Document, Written, first, newest};
use crate::product::Known;
use crate::report::{CASES_MAX, found, hash, refused};
use sakimori_cooperate::FieldError;
use sakimori_cooperate::clock::Due;
use sakimori_cooperate::ticket::{Side, Ticket, TicketMetric, TicketState};
use sakimori_custody::ids::Name;
use sakimori_store::View;

/// Most tickets of one operator that are not closed.
const TICKETS_OPEN_MAX: u64 = 100;

/// An id for a ticket of an operator, made of what it says and when: the same words a second time in the same second are the same ticket.
///
/// # Errors
/// None: what is made here is a name.
pub fn ticket_id(subject: &str, text: &str, at: u64) -> Result<Name, LiaisonError> {
    let hashed = hash(format!("{at}\n{subject}\n{text}").as_bytes());
    let short: String = hashed.chars().take(12).collect();
    name("ticket", &format!("t-{short}"))
}

/// A ticket with what an officer looks at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketSheet {
    /// The paper.
    pub paper: Written<Ticket>,
    /// The office's clock.
    pub due: Due,
    /// How long it took.
    pub metric: TicketMetric,
}

/// A word of an operator on its way to the office.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The ticket.
    pub id: &'a Name,
    /// One line; of a ticket that is there already it is not looked at.
    pub subject: &'a str,
    /// What the operator writes.
    pub text: &'a str,
    /// Which of the operator's words on this ticket it is, from 1. By it a word that is sent again is known for the same. Without it, the same text as the operator's last is.
    pub number: Option<u64>,
}

/// Whether a word is there already; an error where its number does not fit.
fn is_there(ticket: &Ticket, asked: &Asked<'_>) -> Result<bool, LiaisonError> {
    let said: Vec<&str> = ticket
        .said_by(Side::Operator)
        .map(|word| word.text.as_str())
        .collect();
    let Some(number) = asked.number else {
        return Ok(said.last() == Some(&asked.text));
    };
    let next = said.len() as u64 + 1;
    if number == next {
        return Ok(false);
    }
    let place = number
        .checked_sub(1)
        .and_then(|at| usize::try_from(at).ok());
    match place.and_then(|at| said.get(at)) {
        Some(known) if *known == asked.text => Ok(true),
        Some(_) => Err(LiaisonError::Conflict {
            what: format!("word {number} of ticket `{}`", asked.id),
        }),
        None => Err(refused(
            "number",
            format!("is not {next}, which comes next"),
        )),
    }
}

impl Desk<'_> {
    /// An operator asks for support, or writes more on a ticket that is there.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Refused`] and [`LiaisonError::Conflict`] where the word's number does not fit, [`LiaisonError::Full`] where too many are open,
    /// what the store says.
    pub async fn ask(
        &self,
        operator: &Name,
        asked: Asked<'_>,
    ) -> Result<Written<Ticket>, LiaisonError> {
        let (owner, id) = (operator.as_str(), asked.id.as_str());
        let known = found(newest::<Ticket>(self.store, owner, id).await)?;
        if let Some(known) = known {
            if is_there(&known.said, &asked)? {
                return Ok(known);
            }
            return self.written(known, Side::Operator, asked.text).await;
        }
        if asked.number.is_some_and(|number| number != 1) {
            return Err(refused("number", "is not 1, and the ticket is not there"));
        }
        let states = self.store.states(View::Of(owner), Ticket::KIND).await?;
        let all: u64 = states.iter().map(|(_, count)| *count).sum();
        let closed = states.iter().filter(|(state, _)| state == "closed");
        let open = all - closed.map(|(_, count)| *count).sum::<u64>();
        if open >= TICKETS_OPEN_MAX || all >= CASES_MAX {
            let most = TICKETS_OPEN_MAX;
            return Err(LiaisonError::Full {
                what: "open tickets",
                most,
            });
        }
        let (subject, text) = (asked.subject, asked.text);
        let made = Ticket::open(asked.id.clone(), operator.clone(), subject, text, self.now);
        let ticket = made.map_err(LiaisonError::Fields)?;
        self.kept(None, (owner, id), &ticket).await
    }

    /// The office answers on a ticket.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], [`LiaisonError::Fields`], [`LiaisonError::Refused`] where it tells of another operator, what the store says.
    pub async fn say(
        &self,
        (operator, id): (&Name, &str),
        text: &str,
        known: &Known,
    ) -> Result<Written<Ticket>, LiaisonError> {
        Others::than(operator, known).check("text", text)?;
        let ticket: Written<Ticket> = newest(self.store, operator.as_str(), id).await?;
        self.written(ticket, Side::Office, text).await
    }

    async fn written(
        &self,
        known: Written<Ticket>,
        side: Side,
        text: &str,
    ) -> Result<Written<Ticket>, LiaisonError> {
        let mut next = known.said.clone();
        let one = |e: FieldError| LiaisonError::Fields(vec![e]);
        next.write(side, text, self.now).map_err(one)?;
        let paper = (known.owner.as_str(), known.id.as_str());
        self.kept(Some(&known), paper, &next).await
    }

    /// Closes a ticket; what the operator writes then opens it again.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says.
    pub async fn close_ticket(
        &self,
        owner: &str,
        id: &str,
    ) -> Result<Written<Ticket>, LiaisonError> {
        let known: Written<Ticket> = newest(self.store, owner, id).await?;
        let mut next = known.said.clone();
        next.close(self.now);
        if next == known.said {
            return Ok(known);
        }
        self.kept(Some(&known), (owner, id), &next).await
    }

    async fn kept(
        &self,
        known: Option<&Written<Ticket>>,
        (owner, id): (&str, &str),
        ticket: &Ticket,
    ) -> Result<Written<Ticket>, LiaisonError> {
        let state = ticket.state();
        let due = if state == TicketState::WaitsForOffice {
            Some(ticket.clock(self.now, self.terms)?.last.end().0)
        } else {
            None
        };
        let change = match known {
            Some(known) => known.next(ticket, self.dated(state.word(), due))?,
            None => first(owner, id, ticket, self.dated(state.word(), due))?,
        };
        let audit = self.audit("ticket", format!("{owner}/{id}"), state.word());
        self.store.apply(&[change, audit]).await?;
        newest(self.store, owner, id).await
    }

    fn ticket_sheet(&self, paper: Written<Ticket>) -> Result<TicketSheet, LiaisonError> {
        let (due, metric) = (paper.said.clock(self.now, self.terms)?, paper.said.metric());
        Ok(TicketSheet { paper, due, metric })
    }

    /// Tickets in a view, those that wait longest for the office first, then the others, the newest first; at most 1000.
    ///
    /// # Errors
    /// What the store says; [`LiaisonError::Calendar`].
    pub async fn tickets(&self, view: View<'_>) -> Result<Vec<TicketSheet>, LiaisonError> {
        let list = urgent::<Ticket>(self.store, view).await?.into_iter();
        list.map(|each| self.ticket_sheet(each)).collect()
    }

    /// One ticket.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`] where the operator has none of this id, what the store says.
    pub async fn ticket(&self, owner: &str, id: &str) -> Result<TicketSheet, LiaisonError> {
        self.ticket_sheet(newest(self.store, owner, id).await?)
    }

    /// Tickets of an operator that changed behind a place, for its node.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tickets_behind(
        &self,
        operator: &Name,
        after: u64,
    ) -> Result<Page<Ticket>, LiaisonError> {
        page(self.store, operator.as_str(), after).await
    }
}
