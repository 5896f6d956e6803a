//! A case: what was filed on one event. In: documents, a time. Out: versions in the order in which they came. Never: an earlier version changed; a filer whose time is
//! over.

use super::{ReportDocument, Stage};
use crate::FieldError;
use crate::calendar::{CalendarError, Date, Deadline, Span, Start, deadline};
use crate::clock::{Due, Times, What, Who};
use crate::limits::{DELEGATIONS_MAX, VERSIONS_MAX};
use crate::rules::{Reason, Rule};
use crate::terms::Terms;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// A filing as it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Counted from 1.
    pub number: u32,
    /// When it came.
    #[serde(with = "crate::text")]
    pub filed_at: Seconds,
    /// What it says.
    pub document: ReportDocument,
}

/// A filer to whom the operator delegated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// Who.
    #[serde(with = "crate::text")]
    pub filer: Name,
    /// The last day on which it may file.
    pub until: Date,
}

/// One event's reports. JSON: `{"id", "operator", "recognised_at", "delegations", "versions"}`; what is read back is held to the same order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "Stored")]
pub struct Case {
    #[serde(with = "crate::text")]
    id: Name,
    #[serde(with = "crate::text")]
    operator: Name,
    #[serde(with = "crate::text")]
    recognised_at: Seconds,
    delegations: Vec<Delegation>,
    versions: Vec<Version>,
}

/// A stored case that no filing could have made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored case {0} is not one that was filed version by version")]
pub struct CaseError(pub String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(with = "crate::text")]
    id: Name,
    #[serde(with = "crate::text")]
    operator: Name,
    #[serde(with = "crate::text")]
    recognised_at: Seconds,
    delegations: Vec<Delegation>,
    versions: Vec<Version>,
}

impl TryFrom<Stored> for Case {
    type Error = CaseError;

    fn try_from(stored: Stored) -> Result<Self, CaseError> {
        let refused = || CaseError(stored.id.to_string());
        let mut case = Self::open(
            stored.id.clone(),
            stored.operator.clone(),
            stored.recognised_at,
        );
        if stored.delegations.len() > DELEGATIONS_MAX {
            return Err(refused());
        }
        case.delegations.clone_from(&stored.delegations);
        for version in &stored.versions {
            let number = case.versions.len() as u32 + 1;
            let sound = version.number == number
                && case
                    .refusals(&version.document, version.filed_at)
                    .is_empty();
            if !sound {
                return Err(refused());
            }
            case.versions.push(version.clone());
        }
        Ok(case)
    }
}

impl Case {
    /// Opens a case. The time of recognition is set here and nowhere else.
    pub const fn open(id: Name, operator: Name, recognised_at: Seconds) -> Self {
        Self {
            id,
            operator,
            recognised_at,
            delegations: Vec::new(),
            versions: Vec::new(),
        }
    }

    /// Its id.
    pub const fn id(&self) -> &Name {
        &self.id
    }

    /// The operator.
    pub const fn operator(&self) -> &Name {
        &self.operator
    }

    /// When the event was recognised.
    pub const fn recognised_at(&self) -> Seconds {
        self.recognised_at
    }

    /// All versions, the first first.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// Who may file beside the operator, and until when.
    pub fn delegations(&self) -> &[Delegation] {
        &self.delegations
    }

    /// Lets somebody file until the end of a date; a later call for the same filer moves the date. That the operator asked is the caller's to know.
    ///
    /// # Errors
    /// A [`FieldError`] where there are too many.
    pub fn delegate(&mut self, filer: Name, until: Date) -> Result<(), FieldError> {
        if let Some(known) = self.delegations.iter_mut().find(|d| d.filer == filer) {
            known.until = until;
            return Ok(());
        }
        if self.delegations.len() == DELEGATIONS_MAX {
            let what = "no more than 32 filers at a time";
            return Err(FieldError::new("filer", Rule::ReportFiler, what));
        }
        self.delegations.push(Delegation { filer, until });
        Ok(())
    }

    /// The stage whose needs count: of a correction, the furthest that was reached.
    pub fn needs(&self, stage: Stage) -> Stage {
        match stage {
            Stage::Correction if self.filed(Stage::Full).is_some() => Stage::Full,
            Stage::Correction => Stage::Prompt,
            stage => stage,
        }
    }

    /// Takes a document as the next version.
    ///
    /// # Errors
    /// Every field that breaks a rule; nothing is taken then.
    pub fn file(
        &mut self,
        document: &ReportDocument,
        now: Seconds,
        terms: &Terms,
    ) -> Result<&Version, Vec<FieldError>> {
        let mut errors = self.refusals(document, now);
        if !self.may_file(&document.filer, Date::of(now)) {
            let what = "is neither the operator nor one to whom it delegated on this day";
            errors.push(FieldError::new("filer", Rule::ReportFiler, what));
        }
        errors.extend(document.errors(self.needs(document.stage), terms));
        if !errors.is_empty() {
            return Err(errors);
        }
        let at = self.versions.len();
        self.versions.push(Version {
            number: at as u32 + 1,
            filed_at: now,
            document: document.clone(),
        });
        self.versions.get(at).ok_or_else(Vec::new)
    }

    /// What does not fit the case, whatever the fields say. Who may file is not among it: a delegation that was shortened later takes no version back.
    fn refusals(&self, document: &ReportDocument, now: Seconds) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut unless = |good: bool, field: &str, rule, what: &str| {
            if !good {
                errors.push(FieldError::new(field, rule, what));
            }
        };
        unless(
            document.case == self.id,
            "case",
            Rule::ReportVersions,
            "is another case",
        );
        unless(
            document.operator == self.operator,
            "operator",
            Rule::ReportFiler,
            "is another operator",
        );
        unless(
            document.recognised_at == self.recognised_at,
            "recognised_at",
            Rule::ReportRecognised,
            "differs from the time that was set when the case was opened",
        );
        unless(
            self.recognised_at <= now,
            "recognised_at",
            Rule::ReportRecognised,
            "lies ahead of the time of filing",
        );
        let last = self.versions.last();
        unless(
            last.is_none_or(|last| last.filed_at <= now),
            "filed_at",
            Rule::ReportVersions,
            "lies before the version that it follows",
        );
        unless(
            self.versions.len() < VERSIONS_MAX,
            "versions",
            Rule::ReportVersions,
            "has reached its bound",
        );
        let (any, full) = (last.is_some(), self.filed(Stage::Full).is_some());
        let (good, what) = match document.stage {
            Stage::Prompt => (!any, "comes behind another filing; correct that one"),
            Stage::Full => (!full, "was filed before; correct it"),
            Stage::Correction => (any, "corrects nothing: nothing was filed"),
        };
        unless(good, "stage", Rule::ReportStage, what);
        errors
    }

    /// Whether somebody may file on a day.
    pub fn may_file(&self, filer: &Name, on: Date) -> bool {
        let delegated = |d: &Delegation| d.filer == *filer && on <= d.until;
        *filer == self.operator || self.delegations.iter().any(delegated)
    }

    /// When a stage was filed.
    pub fn filed(&self, stage: Stage) -> Option<Seconds> {
        let found = self.versions.iter().find(|v| v.document.stage == stage);
        found.map(|version| version.filed_at)
    }

    /// The two clocks: the soft target for the first filing, whatever its stage, and the last day for the full report.
    ///
    /// # Errors
    /// [`CalendarError`]: a deadline lies outside the years whose holidays are known.
    pub fn clocks(&self, now: Seconds, terms: &Terms) -> Result<Vec<Due>, CalendarError> {
        let (prompt, full) = deadlines(self.recognised_at, terms)?;
        let first = self.versions.first().map(|version| version.filed_at);
        let due = |what, deadline: &Deadline, done, soft| {
            let times = Times {
                deadline,
                done,
                now,
                soft,
            };
            Due::new(self.id.as_str(), (Who::Operator, what), times)
        };
        Ok(vec![
            due(What::PromptReport, &prompt, first, true),
            due(What::FullReport, &full, self.filed(Stage::Full), false),
        ])
    }

    /// The last day of the soft target and that of the full report.
    ///
    /// # Errors
    /// As [`Case::clocks`].
    pub fn deadlines(&self, terms: &Terms) -> Result<(Deadline, Deadline), CalendarError> {
        deadlines(self.recognised_at, terms)
    }
}

fn deadlines(recognised_at: Seconds, terms: &Terms) -> Result<(Deadline, Deadline), CalendarError> {
    let timed = |span, reasons: &[Reason]| {
        let counted = deadline(Start::At(recognised_at), span, terms.counting.verified)?;
        Ok(Deadline {
            reasons: [reasons, &counted.reasons].concat(),
            ..counted
        })
    };
    let target = &terms.prompt_target;
    let prompt = timed(
        Span::Days(target.value.to),
        &[
            Rule::ReportPromptly.into(),
            Reason::new(Rule::ReportPromptTarget, target.source.verified),
        ],
    )?;
    let full = timed(
        terms.full.value,
        &[Reason::new(Rule::ReportFull, terms.full.source.verified)],
    )?;
    Ok((prompt, full))
}
