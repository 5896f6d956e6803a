//! Guidance on the office's side. In: what an officer advises one operator, what is known of others, the operator's ticks. Out: papers of that operator, with their clock. Never: a
//! word to an operator about another.

use super::Desk;
use super::letters::taken;
use super::others::Others;
use crate::error::LiaisonError;
use crate::paper::{Standing, Written, all, first, newest};
use crate::product::Known;
use crate::report::{LIST_MAX, refused};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::Due;
use sakimori_cooperate::guidance::{Guidance, Tick};
use sakimori_custody::ids::Name;
use sakimori_store::View;

impl Desk<'_> {
    /// Writes guidance to one operator, with lines to tick until a day.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Refused`] where it tells of another operator, [`LiaisonError::Conflict`] where the id is used, what the store says.
    pub async fn advise(
        &self,
        (id, to): (Name, &Name),
        subject: &str,
        lines: &[String],
        answer_by: Date,
        known: &Known,
    ) -> Result<Written<Guidance>, LiaisonError> {
        if answer_by < Date::of(self.now) {
            return Err(refused("answer_by", "is a day that is over"));
        }
        let made = Guidance::issue(id.clone(), to.clone(), subject, lines, answer_by);
        let said = made.map_err(LiaisonError::Fields)?;
        let others = Others::than(to, known);
        others.check("id", id.as_str())?;
        others.check("subject", subject)?;
        for (at, line) in lines.iter().enumerate() {
            others.check(&format!("lines[{at}]"), line)?;
        }
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

    pub(super) fn dated<'s>(&'s self, state: &'s str, due: Option<u64>) -> Standing<'s> {
        Standing {
            due,
            ..self.plain(state)
        }
    }
}
