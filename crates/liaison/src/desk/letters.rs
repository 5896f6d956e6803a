//! Orders, demands and opinions on the office's side. In: what is asked of an operator, or said to the minister of a sector; receipts, answers. Out: papers of whom they are addressed
//! to, with clock, state and consequence. Never: a word to an operator about another; an opinion among an operator's letters.

use super::lists::{Page, page, urgent};
use super::others::Others;
use super::{Desk, name};
use crate::error::LiaisonError;
use crate::paper::{Document, Written, first, newest};
use crate::product::Known;
use crate::report::refused;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::Due;
use sakimori_cooperate::order::{
    AnswerError, Consequence, Draft, Letter, LetterKind, LetterState, StepError,
};
use sakimori_cooperate::routing::{Minister, route};
use sakimori_custody::ids::Name;
use sakimori_store::{StoreError, View};
use serde::{Deserialize, Serialize};

/// An opinion of the Prime Minister to a minister (Act 42/2025 art. 7), owned by the minister. A kind of its own, so that no list of an operator's papers can hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Opinion(pub Letter);

impl Document for Opinion {
    const KIND: &'static str = "opinion";
}

/// A letter as the office sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet<T> {
    /// The paper.
    pub paper: Written<T>,
    /// Its clock; none where it was taken back.
    pub due: Option<Due>,
    /// What follows where nothing comes.
    pub consequence: Consequence,
}

/// What an opinion says.
#[derive(Clone, Copy, Debug)]
pub struct OpinionSays<'a> {
    /// One line.
    pub subject: &'a str,
    /// What the Prime Minister thinks.
    pub text: &'a str,
    /// By which day an answer is asked for.
    pub reply_by: Date,
}

/// A step of an officer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The matter is settled.
    Settle,
    /// The letter is taken back.
    Revoke,
}

pub(super) fn taken(what: &'static str, id: &str) -> impl FnOnce(LiaisonError) -> LiaisonError {
    let what = format!("{what} `{id}`");
    move |e| match e {
        LiaisonError::Store(StoreError::Stale { .. } | StoreError::Exists { .. }) => {
            LiaisonError::Conflict { what }
        }
        e => e,
    }
}

pub(crate) fn step_error(error: AnswerError) -> LiaisonError {
    match error {
        AnswerError::Field(error) => LiaisonError::Fields(vec![error]),
        AnswerError::Step(StepError(state)) => {
            let rule = format!("is {}, and takes this step no more", state.en());
            refused("letter", rule)
        }
    }
}

/// Takes an answer; the same words again change nothing.
fn answered(letter: &mut Letter, text: &str, desk: &Desk<'_>) -> Result<(), AnswerError> {
    if letter.reply().is_some_and(|reply| reply.text == text) {
        return Ok(());
    }
    letter.answer(text, desk.now)
}

fn ended(letter: &mut Letter, end: End, desk: &Desk<'_>) -> Result<(), AnswerError> {
    Ok(match end {
        End::Settle => letter.settle(desk.now),
        End::Revoke => letter.revoke(desk.now),
    }?)
}

impl Desk<'_> {
    /// Issues an order or a demand to an operator.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Refused`] where it is an opinion, or tells of another operator; [`LiaisonError::Conflict`] where the id is used, what the store
    /// says.
    pub async fn issue(
        &self,
        draft: Draft<'_>,
        known: &Known,
    ) -> Result<Written<Letter>, LiaisonError> {
        if draft.kind == LetterKind::Opinion {
            let rule = "an opinion goes to the competent minister (Act 42/2025 art. 7), not to an operator";
            return Err(refused("kind", rule));
        }
        let letter = Letter::issue(draft).map_err(LiaisonError::Fields)?;
        let others = Others::than(letter.to(), known);
        others.check("id", letter.id().as_str())?;
        others.check("subject", letter.subject())?;
        others.check("text", letter.text())?;
        let (owner, id) = (letter.to().to_string(), letter.id().to_string());
        self.sent((&owner, &id), &letter, letter.kind(), letter.reply_by())
            .await
    }

    async fn sent<T: Document>(
        &self,
        (owner, id): (&str, &str),
        said: &T,
        kind: LetterKind,
        reply_by: Date,
    ) -> Result<Written<T>, LiaisonError> {
        let state = LetterState::Issued.word();
        let change = first(owner, id, said, self.dated(state, Some(reply_by.end().0)))?;
        let audit = self.audit(T::KIND, format!("{owner}/{id}"), kind.word());
        let done = self.store.apply(&[change, audit]).await;
        done.map_err(|e| taken(T::KIND, id)(e.into()))?;
        newest(self.store, owner, id).await
    }

    /// Writes an opinion to the minister whom the schedule names for a sector.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Refused`] where no row of the schedule names the sector, [`LiaisonError::Conflict`] where the id is used, what the store says.
    pub async fn opine(
        &self,
        id: Name,
        sector: &str,
        said: OpinionSays<'_>,
    ) -> Result<Written<Opinion>, LiaisonError> {
        let minister = route(sector, None, self.terms).minister.ok_or_else(|| {
            let rule = "no row of the schedule of duties names its minister";
            refused("sector", rule)
        })?;
        let to = minister.id();
        let letter = Letter::issue(Draft {
            id: id.clone(),
            kind: LetterKind::Opinion,
            to: name("minister", to)?,
            subject: said.subject,
            text: said.text,
            issued: Date::of(self.now),
            reply_by: said.reply_by,
        });
        let opinion = Opinion(letter.map_err(LiaisonError::Fields)?);
        let kind = LetterKind::Opinion;
        self.sent((to, id.as_str()), &opinion, kind, said.reply_by)
            .await
    }

    fn sheet<T>(&self, paper: Written<T>, letter: impl Fn(&T) -> &Letter) -> Sheet<T> {
        let of = letter(&paper.said);
        let (due, consequence) = (of.clock(self.now), of.kind().consequence(self.terms));
        Sheet {
            paper,
            due,
            consequence,
        }
    }

    /// Orders and demands in a view, those with the nearest day first, then those that wait for nothing, the newest first; at most 1000.
    ///
    /// # Errors
    /// What the store says.
    pub async fn letters(&self, view: View<'_>) -> Result<Vec<Sheet<Letter>>, LiaisonError> {
        let list = urgent::<Letter>(self.store, view).await?;
        let list = list.into_iter().filter(|each| for_operators(&each.said));
        Ok(list.map(|each| self.sheet(each, |said| said)).collect())
    }

    /// Opinions, in the same order.
    ///
    /// # Errors
    /// What the store says.
    pub async fn opinions(&self) -> Result<Vec<Sheet<Opinion>>, LiaisonError> {
        let list = urgent::<Opinion>(self.store, View::All).await?.into_iter();
        Ok(list.map(|each| self.sheet(each, |said| &said.0)).collect())
    }

    /// One order or demand.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`] where the operator has none of this id, what the store says.
    pub async fn letter(&self, owner: &str, id: &str) -> Result<Sheet<Letter>, LiaisonError> {
        let paper = self.of_operator(owner, id).await?;
        Ok(self.sheet(paper, |said| said))
    }

    /// One opinion.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says.
    pub async fn opinion(&self, minister: &str, id: &str) -> Result<Sheet<Opinion>, LiaisonError> {
        let paper = newest::<Opinion>(self.store, minister, id).await?;
        Ok(self.sheet(paper, |said| &said.0))
    }

    /// Orders and demands of an operator that changed behind a place, for its node.
    ///
    /// # Errors
    /// What the store says.
    pub async fn letters_behind(
        &self,
        operator: &Name,
        after: u64,
    ) -> Result<Page<Letter>, LiaisonError> {
        let mut page = page::<Letter>(self.store, operator.as_str(), after).await?;
        page.rows.retain(|each| for_operators(&each.said));
        Ok(page)
    }

    async fn of_operator(&self, owner: &str, id: &str) -> Result<Written<Letter>, LiaisonError> {
        let kept: Written<Letter> = newest(self.store, owner, id).await?;
        if for_operators(&kept.said) {
            return Ok(kept);
        }
        Err(LiaisonError::Missing {
            what: format!("letter `{id}`"),
        })
    }

    /// The operator's node has a letter. It says so once, and again where the line broke; what goes on from there stays.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says.
    pub async fn received(
        &self,
        operator: &Name,
        id: &str,
    ) -> Result<Written<Letter>, LiaisonError> {
        let now = self.now;
        self.letter_step(operator, id, |letter| {
            if letter.state() == LetterState::Issued {
                letter.receive(now)?;
            }
            Ok(())
        })
        .await
    }

    /// Takes the operator's reply to a letter; the same reply again changes nothing. A late one is taken, and is late.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], [`LiaisonError::Fields`], [`LiaisonError::Refused`] where the letter takes none any more.
    pub async fn replied(
        &self,
        operator: &Name,
        id: &str,
        text: &str,
    ) -> Result<Written<Letter>, LiaisonError> {
        self.letter_step(operator, id, |letter| answered(letter, text, self))
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
        end: End,
    ) -> Result<Written<Letter>, LiaisonError> {
        self.letter_step(operator, id, |letter| ended(letter, end, self))
            .await
    }

    async fn letter_step(
        &self,
        operator: &Name,
        id: &str,
        step: impl FnOnce(&mut Letter) -> Result<(), AnswerError>,
    ) -> Result<Written<Letter>, LiaisonError> {
        let known = self.of_operator(operator.as_str(), id).await?;
        let mut next = known.said.clone();
        step(&mut next).map_err(step_error)?;
        self.stepped(&known, &next, (next.state(), next.reply_by()))
            .await
    }

    /// Keeps what the minister answered to an opinion, as an officer enters it.
    ///
    /// # Errors
    /// As [`Desk::replied`].
    pub async fn opinion_answered(
        &self,
        minister: Minister,
        id: &str,
        text: &str,
    ) -> Result<Written<Opinion>, LiaisonError> {
        self.opinion_step(minister, id, |letter| answered(letter, text, self))
            .await
    }

    /// Settles an opinion that was answered, or takes one back that was not.
    ///
    /// # Errors
    /// As [`Desk::replied`].
    pub async fn end_opinion(
        &self,
        minister: Minister,
        id: &str,
        end: End,
    ) -> Result<Written<Opinion>, LiaisonError> {
        self.opinion_step(minister, id, |letter| ended(letter, end, self))
            .await
    }

    async fn opinion_step(
        &self,
        minister: Minister,
        id: &str,
        step: impl FnOnce(&mut Letter) -> Result<(), AnswerError>,
    ) -> Result<Written<Opinion>, LiaisonError> {
        let known: Written<Opinion> = newest(self.store, minister.id(), id).await?;
        let mut next = known.said.clone();
        step(&mut next.0).map_err(step_error)?;
        let at = (next.0.state(), next.0.reply_by());
        self.stepped(&known, &next, at).await
    }

    /// Writes the next version of a letter; nothing where nothing changed.
    async fn stepped<T: Document + Clone + PartialEq>(
        &self,
        known: &Written<T>,
        next: &T,
        (state, reply_by): (LetterState, Date),
    ) -> Result<Written<T>, LiaisonError> {
        if *next == known.said {
            return Ok(known.clone());
        }
        let due = state.is_waiting().then(|| reply_by.end().0);
        let (owner, id) = (known.owner.as_str(), known.id.as_str());
        let audit = self.audit(T::KIND, format!("{owner}/{id}"), state.word());
        let change = known.next(next, self.dated(state.word(), due))?;
        self.store.apply(&[change, audit]).await?;
        newest(self.store, owner, id).await
    }
}

/// Whether a letter is one that an operator may have: what a version before kept as an opinion to an operator is not shown to it.
fn for_operators(letter: &Letter) -> bool {
    letter.kind() != LetterKind::Opinion
}
