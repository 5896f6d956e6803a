//! Complaints of those who are met by a measure. In: what somebody wrote who need not be known. Out: a reference, what the rules say at once, what a person decided. Never: who complained, in the public register; a measure that goes
//! on where the rules suspend it.

use super::observed::{names_now, seen_now};
use super::{Held, MEASURES_MAX, Measures, OFFICE, Turn, lives, measure};
use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, all, first, newest, read};
use crate::report::refused;
use sakimori_custody::ids::AuthorityId;
use sakimori_respond::engine::Deed;
use sakimori_respond::plan::Aim;
use sakimori_respond::plan::collateral::estimate;
use sakimori_respond::plan::complaint::{Complaint, Known, Register, Ruling, reference_of, review};
use sakimori_respond::plan::life::{Ended, Event};
use sakimori_respond::plan::observe::differences;
use sakimori_respond::safety::Target;
use sakimori_store::{NEWEST, Store, View};
use serde::{Deserialize, Serialize};

/// A complaint. States: `open`, `upheld`, `dismissed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComplaintPaper {
    /// As it came.
    pub complaint: Complaint,
    /// The measure that it is about, hex; none where none acts on its target.
    pub measure: Option<String>,
    /// What the rules said.
    pub ruling: Ruling,
    /// Whether a person held the block to be wrong; none before.
    pub upheld: Option<bool>,
    /// What whoever complained is answered.
    pub answer: Option<String>,
}

impl Document for ComplaintPaper {
    const KIND: &'static str = "measure-complaint";
}

/// How a complaint comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Whether nobody knows who complains, and nobody showed that the target is theirs. Such a complaint suspends nothing by itself but what the office itself knows: another target than the one that was approved, more names on it than others were estimated. Otherwise junk would end measures.
    pub stranger: bool,
}

/// What the rules say of a complaint by somebody whom nobody knows.
fn of_stranger(ruling: Ruling, known: &Known<'_>) -> Ruling {
    let (Some(target), true) = (known.target, ruling.suspend) else {
        return ruling;
    };
    let other = match (known.before, known.now) {
        (Some(before), Some(now)) => !differences(target, before, now).is_empty(),
        _ => false,
    };
    let high = known.estimate.and_then(|estimate| estimate.high);
    let more = matches!((known.names, high), (Some(names), Some(high)) if names > high);
    if other || more {
        return ruling;
    }
    Ruling {
        suspend: false,
        words: format!(
            "a person decides, for nobody showed that {target} is theirs: {}",
            ruling.words
        ),
    }
}

impl Measures<'_> {
    /// The measure that acts on a target, in whatever form it is written, and its aim's text: of several the newest that is in force, or the newest that was.
    fn about<'h>(held: &'h [Held], target: &str) -> Option<(&'h Held, &'h str)> {
        let named = Target::parse(target).ok();
        let short = target.trim().to_ascii_lowercase();
        let of = |one: &'h Held| {
            let state = one.state();
            state.dispatched()?;
            let mut aims = state.plan().aims.iter();
            // Who was led to a sinkhole has the reference that its TXT record tells.
            if short == reference_of(state.plan().id) {
                let sinkhole = |aim: &&'h Aim| aim.deed == Deed::Sinkhole;
                let aim = aims.clone().find(sinkhole).or_else(|| aims.next())?;
                return Some((one, aim.target.as_str()));
            }
            let aim = aims.find(|aim| match (&named, Target::parse(&aim.target)) {
                (Some(named), Ok(aim)) => aim.meets(named),
                _ => aim.target.eq_ignore_ascii_case(target.trim()),
            })?;
            Some((one, aim.target.as_str()))
        };
        let in_force = |one: &&Held| one.state().stage().is_decided();
        let mut live = held.iter().rev().filter(in_force);
        live.find_map(of).or_else(|| held.iter().rev().find_map(of))
    }

    /// Takes a complaint in and reviews it by rule; where the rules say so the measure is suspended in the same transaction.
    ///
    /// # Errors
    /// What the store says.
    pub async fn complain(
        &self,
        complaint: Complaint,
        looked: &Looked,
    ) -> Result<(ComplaintPaper, Option<Turn>), LiaisonError> {
        let (held, _) = lives(self.store).await?;
        let about = Self::about(&held, &complaint.target);
        let facts = about.map(|(one, target)| {
            let plan = one.state().plan();
            let facts = plan.facts.iter().find(|facts| facts.target == target);
            estimate(target, facts, &self.terms.collateral, self.now)
        });
        let before = about.and_then(|(one, target)| one.state().found()?.seen.get(target));
        let (mut seen, mut names) = (None, None);
        if let Some((one, target)) = about {
            let of = (one.state(), target);
            seen = seen_now(self.store, of, self.terms, self.now).await?;
            names = names_now(self.store, target, self.terms, self.now).await?;
        }
        let known = Known {
            target: about.map(|(_, target)| target),
            before,
            now: seen.as_ref(),
            estimate: facts.as_ref(),
            names,
            before_it: about.map_or(0, |(one, _)| one.state().complaints().len()),
        };
        let ruling = review(&known);
        let ruling = if looked.stranger {
            of_stranger(ruling, &known)
        } else {
            ruling
        };
        let id = about.map(|(one, _)| one.state().plan().id);
        let paper = ComplaintPaper {
            complaint: complaint.clone(),
            measure: id.map(|id| id.to_string()),
            ruling: ruling.clone(),
            upheld: None,
            answer: None,
        };
        let change = first(OFFICE, &complaint.reference, &paper, self.open())?;
        let Some(id) = id else {
            self.store.apply(&[change]).await?;
            return Ok((paper, None));
        };
        let event = Event::Complaint {
            reference: complaint.reference,
            ruling,
        };
        let turn = self.take_with(id, &event, vec![change.clone()]).await?;
        if turn.refused.is_some() {
            // The measure takes no more of them; what was written is kept all the same.
            self.store.apply(&[change]).await?;
        }
        Ok((paper, Some(turn)))
    }

    /// A person decides a complaint: was the block wrong? An upheld one ends the measure.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where it is decided already, [`LiaisonError::Missing`], what the store says.
    pub async fn decide(
        &self,
        reference: &str,
        upheld: bool,
        answer: &str,
    ) -> Result<(ComplaintPaper, Option<Turn>), LiaisonError> {
        let written = complaint(self.store, reference).await?;
        if written.said.upheld.is_some() {
            return Err(refused("complaint", "it is decided"));
        }
        if answer.trim().is_empty() {
            return Err(refused("answer", "whoever complained is told why"));
        }
        let said = ComplaintPaper {
            upheld: Some(upheld),
            answer: Some(answer.trim().to_owned()),
            ..written.said.clone()
        };
        let standing = Standing {
            state: if upheld { "upheld" } else { "dismissed" },
            ..self.open()
        };
        let change = written.next(&said, standing)?;
        let id: Option<AuthorityId> = said.measure.as_deref().and_then(|id| id.parse().ok());
        let Some(id) = id else {
            self.store.apply(&[change]).await?;
            return Ok((said, None));
        };
        let held = measure(self.store, id).await?;
        let state = held.state();
        if [state.drafted_by(), &state.plan().chain.proposed]
            .iter()
            .any(|name| name.as_str() == self.by)
        {
            let rule = format!("`{}` proposed the measure; another decides", self.by);
            return Err(refused("complaint", rule));
        }
        let event = Event::Complained {
            reference: reference.to_owned(),
            upheld,
        };
        let turn = self.take_with(id, &event, vec![change.clone()]).await?;
        if turn.refused.is_some() {
            self.store.apply(&[change]).await?;
        }
        Ok((said, Some(turn)))
    }

    const fn open(&self) -> Standing<'_> {
        Standing {
            state: "open",
            due: None,
            at: self.now.0,
            by: self.by,
        }
    }
}

/// A complaint by its reference: whoever has it may ask.
///
/// # Errors
/// [`LiaisonError::Missing`], [`LiaisonError::Unreadable`], what the store says.
pub async fn complaint(
    store: &dyn Store,
    reference: &str,
) -> Result<Written<ComplaintPaper>, LiaisonError> {
    newest(store, OFFICE, reference).await
}

/// All complaints, or those of one state.
///
/// # Errors
/// As [`complaint`].
pub async fn complaints(
    store: &dyn Store,
    state: Option<&str>,
) -> Result<(Vec<Written<ComplaintPaper>>, bool), LiaisonError> {
    all(store, View::All, state, MEASURES_MAX).await
}

/// From which end complaints are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Those that wait longest.
    Oldest,
    /// Those that came, or changed, last.
    Newest,
}

/// A page of complaints, and where the next one goes on; none where this is the last. Whichever end is flooded, the other is one page away.
///
/// # Errors
/// As [`complaint`].
pub async fn complaints_page(
    store: &dyn Store,
    state: Option<&str>,
    from: From,
    behind: Option<u64>,
) -> Result<(Vec<Written<ComplaintPaper>>, Option<u64>), LiaisonError> {
    let kind = ComplaintPaper::KIND;
    let some = match from {
        From::Oldest => {
            let after = behind.unwrap_or(0);
            store.papers(View::All, kind, state, after).await?
        }
        From::Newest => {
            let before = behind.unwrap_or(NEWEST);
            store.latest(View::All, kind, state, before).await?
        }
    };
    let next = some.last().map(|last| last.sequence);
    let page: Result<Vec<_>, LiaisonError> = some.into_iter().map(read).collect();
    Ok((page?, next))
}

/// The register that everybody may read: numbers alone, of all complaints however many there are.
///
/// # Errors
/// As [`complaint`].
pub async fn public_register(store: &dyn Store) -> Result<Register, LiaisonError> {
    let mut register = Register::default();
    let mut behind = None;
    loop {
        let (page, next) = complaints_page(store, None, From::Oldest, behind).await?;
        for one in &page {
            register.received += 1;
            match one.said.upheld {
                None => register.open += 1,
                Some(true) => register.upheld += 1,
                Some(false) => register.dismissed += 1,
            }
        }
        if next.is_none() {
            break;
        }
        behind = next;
    }
    let (held, _) = lives(store).await?;
    let ended = held
        .iter()
        .filter(|one| one.state().end() == Some(Ended::Complaint));
    register.ended = ended.count() as u64;
    Ok(register)
}
