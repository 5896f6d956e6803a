//! A case on the office's desk. In: an officer's acts. Out: the case with its documents, timeline, clocks, files; lists, what is overdue first. Never: an act that leaves no
//! version; a case that is closed while its full report is missing, unseen: the list says it.

use super::{Alike, Desk, NOTE_CHARS_MAX, Step, TASKS_MAX, Taken, Task, Working, name, words};
use crate::error::LiaisonError;
use crate::paper::{Document, Written, history, newest, read};
use crate::report::{attachments, refused};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::Due;
use sakimori_cooperate::report::{Case, ReportDocument};
use sakimori_cooperate::routing::Route;
use sakimori_custody::ids::Name;
use sakimori_store::{Attachment, View};

/// A case in a list, with its clocks.
pub type Listed = (Written<Working>, Vec<Due>);

/// Something that happened in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When, seconds since 1970.
    pub at: u64,
    /// Who did it.
    pub by: String,
    /// What.
    pub step: Step,
}

/// A case with all that belongs to it.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// Whose.
    pub operator: Name,
    /// The office's paper.
    pub working: Written<Working>,
    /// The case as it was filed.
    pub case: Case,
    /// What was taken, oldest first, with the documents.
    pub taken: Vec<(Written<Taken>, ReportDocument)>,
    /// What happened, oldest first.
    pub timeline: Vec<Happened>,
    /// Its clocks.
    pub clocks: Vec<Due>,
    /// Where it goes, by its newest document.
    pub route: Route,
    /// Cases of the same operator that may be about the same event: duplicates.
    pub alike: Vec<Alike>,
    /// Cases of others that share time and observables.
    pub related: Vec<Alike>,
    /// Files.
    pub files: Vec<Attachment>,
}

impl Desk<'_> {
    /// The office's paper on a case.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says.
    pub async fn working(
        &self,
        operator: &str,
        case: &str,
    ) -> Result<Written<Working>, LiaisonError> {
        let missing = |e| match e {
            LiaisonError::Missing { .. } => LiaisonError::Missing {
                what: format!("case `{case}`"),
            },
            e => e,
        };
        newest(self.store, operator, case).await.map_err(missing)
    }

    /// A case with all that belongs to it, suggestions of others that may be about the same event too.
    ///
    /// # Errors
    /// As [`Desk::working`].
    pub async fn case(&self, operator: &str, case: &str) -> Result<CaseFile, LiaisonError> {
        let mut file = self.own_case(operator, case).await?;
        file.alike = self.alike(&file.working, View::Of(operator)).await?;
        file.related = self.alike(&file.working, View::All).await?;
        Ok(file)
    }

    /// A case as its operator may ask for it as often as it likes: nothing is compared with it.
    ///
    /// # Errors
    /// As [`Desk::working`].
    pub async fn own_case(&self, operator: &str, case: &str) -> Result<CaseFile, LiaisonError> {
        let working = self.working(operator, case).await?;
        let missing = || LiaisonError::Missing {
            what: format!("case `{case}`"),
        };
        let (operator, id) = (name("operator", operator)?, name("case", case)?);
        let before = self.before(&operator, &id).await?;
        let filed = before.case(&operator, &id)?.ok_or_else(missing)?;
        let route = before
            .taken
            .last()
            .map(|(_, newest)| newest.route(self.terms));
        let steps: Vec<Written<Working>> = history(self.store, operator.as_str(), case).await?;
        let happened = |step: Written<Working>| Happened {
            at: step.at,
            by: step.by,
            step: step.said.step,
        };
        let owner = (operator.as_str(), case);
        let clocks = working.said.clocks(owner, self.now, self.terms)?;
        let paper = (Working::KIND, operator.as_str(), case);
        let files = attachments(self.store, paper).await?;
        Ok(CaseFile {
            timeline: steps.into_iter().map(happened).collect(),
            case: filed,
            taken: before.taken,
            route: route.ok_or_else(missing)?,
            working,
            clocks,
            alike: Vec::new(),
            related: Vec::new(),
            files,
            operator,
        })
    }

    /// Cases, the one in which something happened last first: those before a place, at most 100, of one state or of all.
    ///
    /// # Errors
    /// What the store says.
    pub async fn cases(
        &self,
        view: View<'_>,
        state: Option<&str>,
        before: u64,
    ) -> Result<Vec<Listed>, LiaisonError> {
        let kept = self
            .store
            .latest(view, Working::KIND, state, before)
            .await?;
        self.with_clocks(kept)
    }

    /// Cases in which something should have happened by now, on the office's side or the operator's; the longest overdue first, at most 100.
    ///
    /// # Errors
    /// What the store says.
    pub async fn overdue(&self, view: View<'_>) -> Result<Vec<Listed>, LiaisonError> {
        let until = self.now.0.saturating_sub(1);
        let kept = self.store.due(view, Working::KIND, until).await?;
        self.with_clocks(kept)
    }

    pub(super) fn with_clocks(
        &self,
        kept: Vec<sakimori_store::Kept>,
    ) -> Result<Vec<Listed>, LiaisonError> {
        let mut cases = Vec::new();
        for kept in kept {
            let case: Written<Working> = read(kept)?;
            let owner = (case.owner.as_str(), case.id.as_str());
            let clocks = case.said.clocks(owner, self.now, self.terms)?;
            cases.push((case, clocks));
        }
        Ok(cases)
    }

    async fn act(
        &self,
        (operator, case): (&str, &str),
        (word, text): (&str, String),
        closed: Option<bool>,
        change: impl FnOnce(&mut Working) -> Result<(), LiaisonError>,
    ) -> Result<Written<Working>, LiaisonError> {
        let known = self.working(operator, case).await?;
        let mut next = known.said.clone();
        change(&mut next)?;
        next.step = Step {
            word: word.to_owned(),
            text,
        };
        let closed = closed.unwrap_or(known.state == "closed");
        let object = format!("{operator}/{case}");
        let changes = [
            self.step(&known, &next, closed)?,
            self.audit(&format!("report-{word}"), object, ""),
        ];
        self.store.apply(&changes).await?;
        self.working(operator, case).await
    }

    /// The office has seen the case; the first time counts, and a second changes nothing.
    ///
    /// # Errors
    /// As [`Desk::working`]; the store's `Stale` where another officer acted at the same moment.
    pub async fn acknowledge(
        &self,
        operator: &str,
        case: &str,
    ) -> Result<Written<Working>, LiaisonError> {
        let known = self.working(operator, case).await?;
        if known.said.acknowledged_at.is_some() {
            return Ok(known);
        }
        let now = self.now.0;
        let step = ("acknowledged", String::new());
        self.act((operator, case), step, None, |working| {
            working.acknowledged_at = Some(now);
            Ok(())
        })
        .await
    }

    /// An officer's note in the timeline.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where it is empty or too long; as [`Desk::acknowledge`].
    pub async fn note(
        &self,
        (operator, case): (&str, &str),
        text: &str,
    ) -> Result<Written<Working>, LiaisonError> {
        let text = words("text", text, NOTE_CHARS_MAX)?;
        self.act((operator, case), ("note", text), None, |_| Ok(()))
            .await
    }

    /// A task of the office in this case, with a day if it has one; it becomes overdue behind that day.
    ///
    /// # Errors
    /// As [`Desk::note`]; [`LiaisonError::Full`].
    pub async fn task(
        &self,
        (operator, case): (&str, &str),
        text: &str,
        by: Option<Date>,
    ) -> Result<Written<Working>, LiaisonError> {
        let text = words("text", text, 200)?;
        let said = text.clone();
        self.act((operator, case), ("task", said), None, |working| {
            if working.tasks.len() >= TASKS_MAX {
                let most = TASKS_MAX as u64;
                return Err(LiaisonError::Full {
                    what: "tasks of this case",
                    most,
                });
            }
            working.tasks.push(Task {
                text,
                by,
                done_at: None,
            });
            Ok(())
        })
        .await
    }

    /// A task, by its number from 1, is done.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`]; as [`Desk::acknowledge`].
    pub async fn task_done(
        &self,
        (operator, case): (&str, &str),
        number: usize,
    ) -> Result<Written<Working>, LiaisonError> {
        let now = self.now.0;
        let step = ("task-done", number.to_string());
        self.act((operator, case), step, None, |working| {
            let missing = || LiaisonError::Missing {
                what: format!("task {number}"),
            };
            let at = number.checked_sub(1).ok_or_else(missing)?;
            let task = working.tasks.get_mut(at).ok_or_else(missing)?;
            task.done_at.get_or_insert(now);
            Ok(())
        })
        .await
    }

    /// An officer holds another case of the same operator to be about the same event. A remark: both stay what they are.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`] where there is no such case, [`LiaisonError::Refused`] for the case itself; as [`Desk::acknowledge`].
    pub async fn same(
        &self,
        (operator, case): (&str, &str),
        other: &str,
    ) -> Result<Written<Working>, LiaisonError> {
        if other == case {
            return Err(refused("other", "is the case itself"));
        }
        self.working(operator, other).await?;
        let named = format!("{operator}/{other}");
        let said = named.clone();
        self.act((operator, case), ("same", said), None, |working| {
            if !working.same_as.contains(&named) && working.same_as.len() < TASKS_MAX {
                working.same_as.push(named);
            }
            Ok(())
        })
        .await
    }

    /// Closes a case, or opens it again. A document that comes later opens it by itself.
    ///
    /// # Errors
    /// As [`Desk::note`].
    pub async fn close(
        &self,
        case: (&str, &str),
        why: &str,
        closed: bool,
    ) -> Result<Written<Working>, LiaisonError> {
        let why = words("text", why, NOTE_CHARS_MAX)?;
        let word = if closed { "closed" } else { "opened" };
        self.act(case, (word, why), Some(closed), |_| Ok(())).await
    }
}
