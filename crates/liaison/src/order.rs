//! Orders and demands at an operator's node. In: what the office's node gives; what the operator's people answer. Out: copies that stay when the line is down, an answer that waits
//! until the office has it. Never: a letter that is addressed to another; an opinion; an answer that is forgotten or sent twice; what an operator wrote, taken away.

use crate::desk::urgent;
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, all, first, newest, read};
use crate::report::{Clerk, LIST_MAX, found, refused};
use sakimori_cooperate::clock::Due;
use sakimori_cooperate::order::{Consequence, Letter, LetterKind, LetterState, Reply};
use sakimori_custody::time::Seconds;
use sakimori_store::{Kept, StoreError, View};
use serde::{Deserialize, Serialize};

/// A letter as it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// As the office's node gave it last.
    pub letter: Letter,
    /// What the operator's people answered here, sent or not.
    pub answer: Option<Reply>,
}

/// The kind's word is that of the office's letters: a store is the one side's or the other's.
impl Document for Held {
    const KIND: &'static str = Letter::KIND;
}

/// The clock of a letter, as either side keeps it.
///
/// # Errors
/// [`LiaisonError::Unreadable`].
pub(crate) fn clock_of(kept: Kept, now: Seconds) -> Result<Option<Due>, LiaisonError> {
    let held = serde_json::from_str::<Held>(&kept.paper.body);
    Ok(match held {
        Ok(held) => held.letter.clock(now),
        Err(_) => read::<Letter>(kept)?.said.clock(now),
    })
}

impl Held {
    /// Whether an answer is here that the office may still take.
    pub fn waits(&self) -> bool {
        self.answer.is_some() && self.letter.state().is_waiting()
    }

    /// The answer that the office may still take.
    pub fn waiting_reply(&self, id: &str) -> Option<WaitingReply> {
        let answer = self.answer.as_ref().filter(|_| self.waits())?;
        Some(WaitingReply {
            id: id.to_owned(),
            text: answer.text.clone(),
        })
    }

    /// Whether an answer is here that the office did not take: the letter was taken back, or answered with other words.
    pub fn came_too_late(&self) -> bool {
        let taken = self.letter.reply().map(|reply| reply.text.as_str());
        let own = self.answer.as_ref().map(|answer| answer.text.as_str());
        !self.letter.state().is_waiting() && own.is_some() && own != taken
    }

    /// Where it stands here, a word.
    pub fn state(&self) -> &'static str {
        match self.letter.state() {
            _ if self.waits() => WAITS,
            LetterState::Issued => LetterState::Received.word(),
            state => state.word(),
        }
    }
}

/// How often it is tried anew where somebody writes at the same moment.
pub(crate) const TRIES_MAX: u32 = 8;
/// A reply that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitingReply {
    /// The letter.
    pub id: String,
    /// What it says.
    pub text: String,
}

/// State of an answer that the office has not got yet.
const WAITS: &str = "answer-waits";

/// A letter with what its reader looks at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The paper.
    pub paper: Written<Held>,
    /// Its clock; none where it was taken back. It stands still once the office has the answer.
    pub due: Option<Due>,
    /// What follows where nothing comes.
    pub consequence: Consequence,
}

impl Clerk<'_> {
    fn order_at<'s>(&'s self, held: &Held) -> Standing<'s> {
        let letter = &held.letter;
        let waiting = letter.state().is_waiting();
        Standing {
            state: held.state(),
            due: waiting.then(|| letter.reply_by().end().0),
            at: self.now.0,
            by: self.by,
        }
    }

    /// Keeps letters as the office's node gives them now; what the operator answered stays beside them. Answers how many are new here.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where one is addressed to another or is an opinion, what the store says.
    pub async fn keep_letters(&self, given: &[Letter]) -> Result<usize, LiaisonError> {
        let mut new = 0;
        for letter in given {
            if letter.to() != self.operator {
                return Err(refused("to", "is another operator"));
            }
            if letter.kind() == LetterKind::Opinion {
                return Err(refused("kind", "is an opinion, which goes to a minister"));
            }
            let mut tries = 0;
            new += loop {
                match self.keep_letter(letter).await {
                    // Another round kept it, or a person answered, at the same moment.
                    Err(LiaisonError::Store(
                        StoreError::Stale { .. } | StoreError::Exists { .. },
                    )) if tries < TRIES_MAX => tries += 1,
                    kept => break usize::from(kept?),
                }
            };
        }
        Ok(new)
    }

    /// Keeps one letter; answers whether it is new.
    async fn keep_letter(&self, letter: &Letter) -> Result<bool, LiaisonError> {
        let (owner, id) = (self.operator.as_str(), letter.id().as_str());
        let known = found(newest::<Held>(self.store, owner, id).await)?;
        if known
            .as_ref()
            .is_some_and(|known| known.said.letter == *letter)
        {
            return Ok(false);
        }
        let said = Held {
            letter: letter.clone(),
            answer: known.as_ref().and_then(|known| known.said.answer.clone()),
        };
        let change = match &known {
            Some(known) => known.next(&said, self.order_at(&said))?,
            None => first(owner, id, &said, self.order_at(&said))?,
        };
        self.store.apply(&[change]).await?;
        Ok(known.is_none())
    }

    fn line(&self, paper: Written<Held>) -> Line {
        let letter = &paper.said.letter;
        Line {
            due: letter.clock(self.now),
            consequence: letter.kind().consequence(self.terms),
            paper,
        }
    }

    /// Letters that are here, those with the nearest day first, then those that wait for nothing, the newest first; at most 1000.
    ///
    /// # Errors
    /// What the store says.
    pub async fn orders(&self) -> Result<Vec<Line>, LiaisonError> {
        let list = urgent::<Held>(self.store, View::Of(self.operator.as_str())).await?;
        Ok(list.into_iter().map(|each| self.line(each)).collect())
    }

    /// One letter.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says.
    pub async fn order(&self, id: &str) -> Result<Line, LiaisonError> {
        let paper = newest::<Held>(self.store, self.operator.as_str(), id).await?;
        Ok(self.line(paper))
    }

    /// Answers a letter; the answer waits until the office has it, and can be written anew until then. After its day too: it is late then, and the office sees by how much.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`], [`LiaisonError::Refused`] where the letter takes none any more, [`LiaisonError::Missing`], what the store says.
    pub async fn reply(&self, id: &str, text: &str) -> Result<Line, LiaisonError> {
        let known = newest::<Held>(self.store, self.operator.as_str(), id).await?;
        let letter = &known.said.letter;
        let same = |reply: &Reply| reply.text == text;
        if letter.reply().is_some_and(same)
            || known.said.waits() && known.said.answer.as_ref().is_some_and(same)
        {
            return Ok(self.line(known));
        }
        // The letter itself judges the words; the copy that is kept is the office's.
        let mut judged = letter.clone();
        judged
            .answer(text, self.now)
            .map_err(crate::desk::step_error)?;
        let said = Held {
            letter: letter.clone(),
            answer: Some(Reply {
                at: self.now,
                text: text.to_owned(),
            }),
        };
        let audit = self.audit("order-reply", id, "");
        let change = known.next(&said, self.order_at(&said))?;
        self.store.apply(&[change, audit]).await?;
        self.order(id).await
    }

    /// Letters whose answer the office has not got yet.
    ///
    /// # Errors
    /// What the store says.
    pub async fn replies_waiting(&self) -> Result<Vec<Written<Held>>, LiaisonError> {
        let view = View::Of(self.operator.as_str());
        Ok(all::<Held>(self.store, view, Some(WAITS), LIST_MAX)
            .await?
            .0)
    }
}
