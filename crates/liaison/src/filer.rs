//! Who files for an operator beside itself: names in documents, bound to people and machines, until a date. In: an operator's word, who files. Out: papers of the operator, whether
//! somebody may file under a name. Never: a name that nobody is bound to; a right behind its last day; somebody bound to a filer's name who files in the operator's own.
//!
//! At the operator's node a filer has people and machines of that node; at the office, which has the operator's word, it is the organisation of the machine that calls.
//! Act 42/2025 art. 5; filing for another is that other's filing.

use crate::error::LiaisonError;
use crate::paper::{Document, Standing, Written, all, first, newest};
use crate::report::{FILERS_MAX, found, refused};
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::limits::DELEGATIONS_MAX;
use sakimori_cooperate::report::Delegation;
use sakimori_cooperate::{FieldError, Rule};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Papers, Store, View};
use serde::{Deserialize, Serialize};

/// Most filers of one operator, those whose right was ended too.
pub const FILERS_KEPT_MAX: usize = 4 * DELEGATIONS_MAX;
/// Most people and machines that are bound to one filer.
pub const BOUND_MAX: usize = 64;
/// Longest id of a person or machine, characters.
const WHO_CHARS_MAX: usize = 128;
/// State of a filer who may file.
const ALLOWED: &str = "allowed";
/// State of one whose right was ended.
const ENDED: &str = "ended";

/// A filer of an operator; the paper's id is its name. States: `allowed`, `ended`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filer {
    /// Ids of people and machines of the operator's node that file under this name; none at the office.
    pub who: Vec<String>,
    /// The last day on which it may file on any case of the operator; none where it may on single cases alone.
    pub until: Option<Date>,
}

impl Document for Filer {
    const KIND: &'static str = "filer";
}

/// An operator's word to the office on who may file for it on every case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// Who may, each with its last day.
    pub filers: Vec<Delegation>,
    /// Names whose right was ended, on single cases too.
    #[serde(default)]
    pub ended: Vec<String>,
}

/// Whose filers, who says so, when.
#[derive(Clone, Copy)]
pub struct Filers<'a> {
    /// The node's store.
    pub store: &'a dyn Store,
    /// The operator.
    pub operator: &'a Name,
    /// Now.
    pub now: Seconds,
    /// Who acts, for the record.
    pub by: &'a str,
    /// Whether who acts may sign for the operator: it then says who may file, also where somebody bound it to a filer's name.
    pub signs: bool,
}

/// A field that breaks the rule of who may file.
pub(crate) fn wrong(what: impl Into<String>) -> FieldError {
    FieldError {
        field: "filer".to_owned(),
        rule: Rule::ReportFiler,
        what: what.into(),
    }
}

impl Filers<'_> {
    fn owner(&self) -> &str {
        self.operator.as_str()
    }

    fn standing<'s>(&'s self, state: &'s str) -> Standing<'s> {
        Standing {
            state,
            due: None,
            at: self.now.0,
            by: self.by,
        }
    }

    /// Every filer, those that changed first before those that changed last, those whose right was ended too.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list(&self) -> Result<Vec<Written<Filer>>, LiaisonError> {
        let view = View::Of(self.owner());
        let (list, _) = all::<Filer>(self.store, view, None, FILERS_KEPT_MAX).await?;
        Ok(list)
    }

    /// The filer's name that a person or machine is bound to, also where the right was ended: the bond stays until the operator takes it away.
    ///
    /// # Errors
    /// What the store says.
    pub async fn bound(&self, who: &str) -> Result<Option<Written<Filer>>, LiaisonError> {
        let list = self.list().await?;
        let is_of = |each: &Written<Filer>| each.said.who.iter().any(|bound| bound == who);
        Ok(list.into_iter().find(is_of))
    }

    /// Whether somebody may say who files: who signs for the operator, the operator's own people and machines, and nobody else who files for it.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`], what the store says.
    async fn own(&self) -> Result<(), LiaisonError> {
        if self.signs {
            return Ok(());
        }
        match self.bound(self.by).await? {
            None => Ok(()),
            Some(filer) => Err(refused(
                "by",
                format!("files as `{}`, and says nothing of who may file", filer.id),
            )),
        }
    }

    /// Lets people and machines file under a name until the end of a day, on every case; a later call for the same name sets both anew.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where a day, a name or somebody's other bond stands against it, [`LiaisonError::Full`], what the store says.
    pub async fn allow(
        &self,
        filer: &Name,
        who: &[String],
        until: Date,
    ) -> Result<(), LiaisonError> {
        if until < Date::of(self.now) {
            return Err(refused("until", "is a day that is over"));
        }
        self.own().await?;
        let said = format!("{filer} until {until}: {}", who.join(" "));
        let next = Filer {
            who: self.sound(filer, who).await?,
            until: Some(until),
        };
        let change = self.change(filer, &next, ALLOWED).await?;
        let audit = self.audit("report-filer-allow", filer, &said);
        Ok(self.store.apply(&[change, audit]).await?)
    }

    /// Binds people and machines to a name beside those who are bound already, without a right of its own: for one that stands on single cases.
    pub(crate) async fn bind(
        &self,
        filer: &Name,
        who: &[String],
    ) -> Result<Option<Change>, LiaisonError> {
        self.own().await?;
        let known = found(newest::<Filer>(self.store, self.owner(), filer.as_str()).await)?;
        let ended = known.as_ref().is_some_and(|known| known.state == ENDED);
        let before = known.map(|known| known.said).unwrap_or_default();
        let fresh = self.sound(filer, who).await?;
        let added = fresh.into_iter().filter(|id| !before.who.contains(id));
        let who: Vec<String> = before.who.iter().cloned().chain(added).collect();
        if who == before.who && !ended {
            return Ok(None);
        }
        if who.len() > BOUND_MAX {
            return Err(refused("who", format!("are more than {BOUND_MAX}")));
        }
        let until = before.until;
        self.change(filer, &Filer { who, until }, ALLOWED)
            .await
            .map(Some)
    }

    /// Ends a filer's right at once, on every case. Who was bound to the name stays bound, so that it files in no other.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`] where there is no such filer, [`LiaisonError::Full`], what the store says.
    pub async fn end(&self, filer: &Name) -> Result<(), LiaisonError> {
        self.own().await?;
        let known: Written<Filer> = newest(self.store, self.owner(), filer.as_str()).await?;
        if known.state == ENDED {
            return Ok(());
        }
        let next = Filer {
            until: None,
            ..known.said.clone()
        };
        let change = self.change(filer, &next, ENDED).await?;
        let audit = self.audit("report-filer-end", filer, "");
        Ok(self.store.apply(&[change, audit]).await?)
    }

    /// Ids of people or machines, in order and each once, none of them bound to another name.
    async fn sound(&self, filer: &Name, who: &[String]) -> Result<Vec<String>, LiaisonError> {
        if filer == self.operator {
            return Err(refused("filer", "is the operator itself"));
        }
        if who.len() > BOUND_MAX {
            return Err(refused("who", format!("are more than {BOUND_MAX}")));
        }
        let mut all: Vec<String> = Vec::new();
        for id in who {
            let bad = id.is_empty()
                || id.chars().count() > WHO_CHARS_MAX
                || id.chars().any(char::is_control)
                || id.trim() != id;
            if bad {
                return Err(refused("who", "is no id of a person or machine"));
            }
            if id == self.by {
                return Err(refused("who", "is who says so"));
            }
            if let Some(other) = self.bound(id).await?
                && other.id != filer.as_str()
            {
                let rule = format!("`{id}` files as `{}` already", other.id);
                return Err(refused("who", rule));
            }
            if !all.contains(id) {
                all.push(id.clone());
            }
        }
        all.sort();
        Ok(all)
    }

    async fn change(
        &self,
        filer: &Name,
        next: &Filer,
        state: &str,
    ) -> Result<Change, LiaisonError> {
        let known = found(newest::<Filer>(self.store, self.owner(), filer.as_str()).await)?;
        let Some(known) = known else {
            let states = self
                .store
                .states(View::Of(self.owner()), Filer::KIND)
                .await?;
            let count: u64 = states.iter().map(|(_, count)| *count).sum();
            if count >= FILERS_KEPT_MAX as u64 {
                return Err(LiaisonError::Full {
                    what: "filers",
                    most: FILERS_KEPT_MAX as u64,
                });
            }
            return first(self.owner(), filer.as_str(), next, self.standing(state));
        };
        if known.version >= FILERS_MAX {
            return Err(LiaisonError::Full {
                what: "changes of this filer",
                most: FILERS_MAX,
            });
        }
        known.next(next, self.standing(state))
    }

    fn audit(&self, act: &str, filer: &Name, detail: &str) -> Change {
        Change::Audit {
            at: self.now.0,
            by: self.by.to_owned(),
            act: act.to_owned(),
            object: format!("{}/{filer}", self.operator),
            detail: detail.to_owned(),
        }
    }

    /// What stands against filing under a name; nothing where who acts may. Whether the name's own day is over is the case's to say.
    ///
    /// # Errors
    /// What the store says.
    pub async fn against(&self, filer: &Name) -> Result<Option<FieldError>, LiaisonError> {
        let bound = self.bound(self.by).await?;
        Ok(match bound {
            None if filer == self.operator => None,
            Some(bound) if bound.id != filer.as_str() => Some(wrong(format!(
                "is not `{}`, under which who files here does",
                bound.id
            ))),
            Some(bound) if bound.state == ENDED => Some(wrong("has no right any more")),
            Some(_) => None,
            None => Some(wrong("is a name to which who files here is not bound")),
        })
    }

    /// At the office: takes an operator's word on who may file for it on every case. What is not named has no such right any more.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where there are too many, [`LiaisonError::Full`], what the store says.
    pub async fn take(&self, said: &Word) -> Result<(), LiaisonError> {
        if said.filers.len() > DELEGATIONS_MAX || said.ended.len() > FILERS_KEPT_MAX {
            return Err(refused("filers", "are more than 32"));
        }
        let known = self.list().await?;
        let mut wanted: Vec<(Name, Option<Date>, &str)> = Vec::new();
        for each in &said.filers {
            wanted.push((each.filer.clone(), Some(each.until), ALLOWED));
        }
        for name in &said.ended {
            let name = crate::desk::name("ended", name)?;
            wanted.push((name, None, ENDED));
        }
        for old in &known {
            if !wanted.iter().any(|(name, ..)| name.as_str() == old.id) {
                wanted.push((crate::desk::name("filer", &old.id)?, None, ALLOWED));
            }
        }
        let mut changes = Vec::new();
        for (name, until, state) in wanted {
            let next = Filer {
                who: Vec::new(),
                until,
            };
            let same = known.iter().any(|known| {
                known.id == name.as_str() && known.said == next && known.state == state
            });
            if !same {
                changes.push(self.change(&name, &next, state).await?);
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        changes.push(self.audit("report-filers", self.operator, ""));
        Ok(self.store.apply(&changes).await?)
    }

    /// The word that the office is told; none where nobody ever was named.
    ///
    /// # Errors
    /// What the store says.
    pub async fn word(&self) -> Result<Option<Word>, LiaisonError> {
        let list = self.list().await?;
        if list.is_empty() {
            return Ok(None);
        }
        let ended = list.iter().filter(|each| each.state == ENDED);
        Ok(Some(Word {
            filers: rights(&list),
            ended: ended.map(|each| each.id.clone()).collect(),
        }))
    }
}

/// The rights that stand, whatever the day is.
fn rights(list: &[Written<Filer>]) -> Vec<Delegation> {
    let right = |each: &Written<Filer>| {
        let until = each.said.until.filter(|_| each.state == ALLOWED)?;
        let filer = each.id.parse().ok()?;
        Some(Delegation { filer, until })
    };
    list.iter()
        .filter_map(right)
        .take(DELEGATIONS_MAX)
        .collect()
}

/// The rights on one case: those that stand on it, less what was ended on all, and those on every case; of two for one filer the longer.
pub(crate) async fn together<S: Papers + ?Sized>(
    store: &S,
    operator: &str,
    on_case: Vec<Delegation>,
) -> Result<Vec<Delegation>, LiaisonError> {
    let view = View::Of(operator);
    let (list, _) = all::<Filer>(store, view, None, FILERS_KEPT_MAX).await?;
    let ended = |filer: &Name| {
        list.iter()
            .any(|each| each.id == filer.as_str() && each.state == ENDED)
    };
    let mut all: Vec<Delegation> = on_case
        .into_iter()
        .filter(|each| !ended(&each.filer))
        .collect();
    for each in rights(&list) {
        match all.iter_mut().find(|known| known.filer == each.filer) {
            Some(known) => known.until = known.until.max(each.until),
            None => all.push(each),
        }
    }
    all.truncate(DELEGATIONS_MAX);
    Ok(all)
}
