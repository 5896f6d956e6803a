//! Guidance, letters and tickets on the office's side. In: what an officer writes to one operator; answers. Out: papers of that operator, with their clock. Never: a word to an
//! operator about another.

use super::{Desk, name};
use crate::error::LiaisonError;
use crate::paper::{Standing, Written, all, first, newest};
use crate::report::{CASES_MAX, LIST_MAX, hash, refused};
use sakimori_cooperate::FieldError;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::Due;
use sakimori_cooperate::guidance::{Guidance, Tick};
use sakimori_cooperate::order::{AnswerError, Draft, Letter, LetterState};
use sakimori_cooperate::ticket::{Side, Ticket, TicketState};
use sakimori_custody::ids::Name;
use sakimori_store::{StoreError, View};

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

fn taken(what: &'static str, id: &str) -> impl FnOnce(LiaisonError) -> LiaisonError {
    let what = format!("{what} `{id}`");
    move |e| match e {
        LiaisonError::Store(StoreError::Stale { .. } | StoreError::Exists { .. }) => {
            LiaisonError::Conflict { what }
        }
        e => e,
    }
}

const fn state(letter: LetterState) -> &'static str {
    match letter {
        LetterState::Issued => "issued",
        LetterState::Received => "received",
        LetterState::Replied => "replied",
        LetterState::Settled => "settled",
        LetterState::Revoked => "revoked",
    }
}

impl Desk<'_> {
    fn dated<'s>(&'s self, state: &'s str, due: Option<u64>) -> Standing<'s> {
        Standing {
            due,
            ..self.plain(state)
        }
    }

    /// Writes guidance to one operator, with lines to tick until a day.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Conflict`] where the id is used, what the store says.
    pub async fn advise(
        &self,
        (id, to): (Name, &Name),
        subject: &str,
        lines: &[String],
        answer_by: Date,
    ) -> Result<Written<Guidance>, LiaisonError> {
        if answer_by < Date::of(self.now) {
            return Err(refused("answer_by", "is a day that is over"));
        }
        let made = Guidance::issue(id.clone(), to.clone(), subject, lines, answer_by);
        let said = made.map_err(LiaisonError::Fields)?;
        let (owner, id) = (to.as_str(), id.as_str());
        let due = Some(answer_by.end().0);
        let change = first(owner, id, &said, self.dated("issued", due))?;
        let audit = self.audit("guidance", format!("{owner}/{id}"), subject);
        let done = self.store.apply(&[change, audit]).await;
        done.map_err(|e| taken("guidance", id)(e.into()))?;
        newest(self.store, owner, id).await
    }

    /// Guidance in a view with its clocks, the oldest first, at most 1000.
    ///
    /// # Errors
    /// What the store says.
    pub async fn advice(
        &self,
        view: View<'_>,
    ) -> Result<Vec<(Written<Guidance>, Due)>, LiaisonError> {
        let (list, _) = all::<Guidance>(self.store, view, None, LIST_MAX).await?;
        let with = |each: Written<Guidance>| {
            let due = each.said.clock(self.now);
            (each, due)
        };
        Ok(list.into_iter().map(with).collect())
    }

    /// Takes an operator's ticks; the same ticks as the last ones change nothing.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Missing`] where the operator has no such guidance, what the store says.
    pub async fn answered(
        &self,
        operator: &Name,
        id: &str,
        ticks: &[Tick],
    ) -> Result<Written<Guidance>, LiaisonError> {
        let owner = operator.as_str();
        let known: Written<Guidance> = newest(self.store, owner, id).await?;
        let mut next = known.said.clone();
        if next
            .answers()
            .last()
            .is_some_and(|last| last.ticks == ticks)
        {
            return Ok(known);
        }
        next.answer(ticks, self.now).map_err(LiaisonError::Fields)?;
        let audit = self.audit("guidance-answer", format!("{owner}/{id}"), "");
        let change = known.next(&next, self.plain("answered"))?;
        self.store.apply(&[change, audit]).await?;
        newest(self.store, owner, id).await
    }

    /// Issues an order, a demand or an opinion.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Conflict`], what the store says.
    pub async fn issue(&self, draft: Draft<'_>) -> Result<Written<Letter>, LiaisonError> {
        let letter = Letter::issue(draft).map_err(LiaisonError::Fields)?;
        let (owner, id) = (letter.to().to_string(), letter.id().to_string());
        let due = Some(letter.reply_by().end().0);
        let change = first(&owner, &id, &letter, self.dated("issued", due))?;
        let audit = self.audit("letter", format!("{owner}/{id}"), letter.subject());
        let done = self.store.apply(&[change, audit]).await;
        done.map_err(|e| taken("letter", &id)(e.into()))?;
        newest(self.store, &owner, &id).await
    }

    /// Letters in a view with their clocks, the oldest first, at most 1000.
    ///
    /// # Errors
    /// What the store says.
    pub async fn letters(
        &self,
        view: View<'_>,
    ) -> Result<Vec<(Written<Letter>, Option<Due>)>, LiaisonError> {
        let (list, _) = all::<Letter>(self.store, view, None, LIST_MAX).await?;
        let with = |each: Written<Letter>| {
            let due = each.said.clock(self.now);
            (each, due)
        };
        Ok(list.into_iter().map(with).collect())
    }

    /// Takes the reply to a letter; the same reply again changes nothing.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], [`LiaisonError::Refused`] where the letter takes none any more.
    pub async fn replied(
        &self,
        operator: &Name,
        id: &str,
        text: &str,
    ) -> Result<Written<Letter>, LiaisonError> {
        let now = self.now;
        self.letter_step(operator, id, |letter| {
            if letter.reply().is_some_and(|reply| reply.text == text) {
                return Ok(());
            }
            Ok(letter.answer(text, now)?)
        })
        .await
    }

    /// Settles a letter that was answered, or takes one back that was not.
    ///
    /// # Errors
    /// As [`Desk::replied`].
    pub async fn end_letter(
        &self,
        operator: &Name,
        id: &str,
        settle: bool,
    ) -> Result<Written<Letter>, LiaisonError> {
        let step = |letter: &mut Letter| {
            Ok(if settle {
                letter.settle(self.now)
            } else {
                letter.revoke(self.now)
            }?)
        };
        self.letter_step(operator, id, step).await
    }

    async fn letter_step(
        &self,
        operator: &Name,
        id: &str,
        step: impl FnOnce(&mut Letter) -> Result<(), AnswerError>,
    ) -> Result<Written<Letter>, LiaisonError> {
        let owner = operator.as_str();
        let known: Written<Letter> = newest(self.store, owner, id).await?;
        let mut next = known.said.clone();
        step(&mut next).map_err(|e| refused("letter", e.to_string()))?;
        if next == known.said {
            return Ok(known);
        }
        let word = state(next.state());
        let audit = self.audit("letter", format!("{owner}/{id}"), word);
        let change = known.next(&next, self.plain(word))?;
        self.store.apply(&[change, audit]).await?;
        newest(self.store, owner, id).await
    }

    /// An operator asks for support, or writes more on a ticket that is there.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Full`] where too many are open, what the store says.
    pub async fn ask(
        &self,
        operator: &Name,
        id: &Name,
        (subject, text): (&str, &str),
    ) -> Result<Written<Ticket>, LiaisonError> {
        let (owner, id_text) = (operator.as_str(), id.as_str());
        let known = crate::report::found(newest::<Ticket>(self.store, owner, id_text).await)?;
        if let Some(known) = known {
            let said = known
                .said
                .words()
                .iter()
                .rev()
                .find(|w| w.side == Side::Operator);
            if said.is_some_and(|word| word.text == text) {
                return Ok(known);
            }
            return self.word((owner, id_text), Side::Operator, text).await;
        }
        let states = self
            .store
            .states(View::Of(owner), <Ticket as crate::paper::Document>::KIND);
        let states = states.await?;
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
        let made = Ticket::open(id.clone(), operator.clone(), subject, text, self.now);
        let ticket = made.map_err(LiaisonError::Fields)?;
        self.kept(None, (owner, id_text), &ticket).await
    }

    /// The office writes on a ticket, or an operator on its own.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], [`LiaisonError::Fields`], what the store says.
    pub async fn word(
        &self,
        (owner, id): (&str, &str),
        side: Side,
        text: &str,
    ) -> Result<Written<Ticket>, LiaisonError> {
        let known: Written<Ticket> = newest(self.store, owner, id).await?;
        let mut next = known.said.clone();
        let one = |e: FieldError| LiaisonError::Fields(vec![e]);
        next.write(side, text, self.now).map_err(one)?;
        self.kept(Some(&known), (owner, id), &next).await
    }

    /// Closes a ticket.
    ///
    /// # Errors
    /// As [`Desk::word`].
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
        let (word, due) = match ticket.state() {
            TicketState::WaitsForOffice => {
                let due = ticket.clock(self.now, self.terms)?;
                ("waits-for-office", Some(due.last.end().0))
            }
            TicketState::WaitsForOperator => ("waits-for-operator", None),
            TicketState::Closed => ("closed", None),
        };
        let change = match known {
            Some(known) => known.next(ticket, self.dated(word, due))?,
            None => first(owner, id, ticket, self.dated(word, due))?,
        };
        let audit = self.audit("ticket", format!("{owner}/{id}"), word);
        self.store.apply(&[change, audit]).await?;
        newest(self.store, owner, id).await
    }

    /// Tickets in a view, the oldest first, at most 1000.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tickets(&self, view: View<'_>) -> Result<Vec<Written<Ticket>>, LiaisonError> {
        Ok(all::<Ticket>(self.store, view, None, LIST_MAX).await?.0)
    }
}
