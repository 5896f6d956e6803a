//! Guidance, letters and tickets as papers; what an operator's node keeps of guidance and how it answers ([`order`](crate::order) and [`ticket`](crate::ticket) do it for the others). In: what the office's node gives; ticks. Out: copies that stay when
//! the line is down, answers that wait until the office has them. Never: a word that is addressed to another.

use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, all, first, newest};
use crate::report::{Clerk, LIST_MAX, found, refused};
use sakimori_cooperate::guidance::{Guidance, Tick};
use sakimori_cooperate::order::Letter;
use sakimori_cooperate::ticket::Ticket;
use sakimori_store::{StoreError, View};

impl Document for Guidance {
    const KIND: &'static str = "guidance";
}

impl Document for Letter {
    const KIND: &'static str = "letter";
}

impl Document for Ticket {
    const KIND: &'static str = "ticket";
}

/// State of an answer that the office has not got yet.
const WAITS: &str = "answer-waits";

impl Clerk<'_> {
    fn at<'s>(&'s self, state: &'s str, said: &Guidance) -> Standing<'s> {
        let open = said.answers().is_empty();
        Standing {
            state,
            due: open.then(|| said.answer_by().end().0),
            at: self.now.0,
            by: self.by,
        }
    }

    /// Keeps guidance that the office's node gave; what is here already stays. Answers how many are new.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where one is addressed to another, what the store says.
    pub async fn keep_guidance(&self, given: &[Guidance]) -> Result<usize, LiaisonError> {
        let owner = self.operator.as_str();
        let mut new = 0;
        for guidance in given {
            if guidance.to() != self.operator {
                return Err(refused("to", "is another operator"));
            }
            let id = guidance.id().as_str();
            if found(newest::<Guidance>(self.store, owner, id).await)?.is_some() {
                continue;
            }
            let state = if guidance.answers().is_empty() {
                "issued"
            } else {
                "answered"
            };
            let change = first(owner, id, guidance, self.at(state, guidance))?;
            match self.store.apply(&[change]).await {
                Ok(()) => new += 1,
                // Another round kept it at the same moment.
                Err(StoreError::Stale { .. } | StoreError::Exists { .. }) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(new)
    }

    /// Guidance that is here, the oldest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn guidance(&self) -> Result<Vec<Written<Guidance>>, LiaisonError> {
        let view = View::Of(self.operator.as_str());
        Ok(all::<Guidance>(self.store, view, None, LIST_MAX).await?.0)
    }

    /// One guidance.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says.
    pub async fn one_guidance(&self, id: &str) -> Result<Written<Guidance>, LiaisonError> {
        newest(self.store, self.operator.as_str(), id).await
    }

    /// Ticks every line of a guidance; the answer waits until the office has it.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`] where a line is left open, [`LiaisonError::Missing`], what the store says.
    pub async fn answer(
        &self,
        id: &str,
        ticks: &[Tick],
    ) -> Result<Written<Guidance>, LiaisonError> {
        let known = self.one_guidance(id).await?;
        let mut next = known.said.clone();
        if next
            .answers()
            .last()
            .is_some_and(|last| last.ticks == ticks)
        {
            return Ok(known);
        }
        next.answer(ticks, self.now).map_err(LiaisonError::Fields)?;
        let audit = self.audit("guidance-answer", id, "");
        let change = known.next(&next, self.at(WAITS, &next))?;
        self.store.apply(&[change, audit]).await?;
        self.one_guidance(id).await
    }

    /// Answers that the office has not got yet: guidance with its last ticks.
    ///
    /// # Errors
    /// What the store says.
    pub async fn answers_waiting(&self) -> Result<Vec<Written<Guidance>>, LiaisonError> {
        let view = View::Of(self.operator.as_str());
        Ok(all::<Guidance>(self.store, view, Some(WAITS), LIST_MAX)
            .await?
            .0)
    }

    /// The office has the answer.
    ///
    /// # Errors
    /// The store's `Stale` where another answer was given in between: that one waits.
    pub async fn answer_sent(&self, sent: &Written<Guidance>) -> Result<(), LiaisonError> {
        let change = sent.next(&sent.said, self.at("answered", &sent.said))?;
        Ok(self.store.apply(&[change]).await?)
    }
}
