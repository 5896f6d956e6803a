//! Who writes and files at the operator's node. In: answers, documents, a time. Out: saved drafts, filed versions that wait to be sent, clocks. Never: a filing that breaks a
//! rule of the case; a save that another save overwrites unseen; a time of recognition that moves.

use super::bounds::{CASES_MAX, LIST_MAX, SAVES_MAX};
use super::{Draft, Filers, Filing, Sent, case_of, filers, filings, found, hash, refused};
use crate::error::LiaisonError;
use crate::filer::{self, together};
use crate::paper::{Document, Standing, Written, first, newest, read};
use sakimori_cooperate::Terms;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::clock::Due;
use sakimori_cooperate::form::write_report;
use sakimori_cooperate::report::{
    Case, CommonForm, FIELDS, FIELDS_VERSION, FORMAT, ReportDocument, Stage, fields_of,
};
use sakimori_cooperate::routing::{DryRun, dry_run};
use sakimori_cooperate::trigger::{Outcome, Questions, Trigger, judge};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_store::{Change, Store, StoreError, View};
use serde::Serialize;
use std::collections::BTreeMap;

/// Longest draft, bytes of its fields together: what the store takes of a text, with room for the rest.
const DRAFT_BYTES_MAX: usize = 1 << 20;

/// The operator's side at a moment.
#[derive(Clone, Copy)]
pub struct Clerk<'a> {
    /// The operator's store.
    pub store: &'a dyn Store,
    /// The operator.
    pub operator: &'a Name,
    /// The schedule of duties.
    pub terms: &'a Terms,
    /// Now.
    pub now: Seconds,
    /// Who acts, for the record.
    pub by: &'a str,
}

/// What filing would do, and whether it is to be reported at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What the answers to the questions give.
    pub trigger: Trigger,
    /// Where it would go, what would be refused, the clocks.
    pub filing: DryRun,
}

/// A case in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Place of the draft's newest save; a list goes on before it.
    #[serde(skip)]
    pub sequence: u64,
    /// The case.
    pub case: String,
    /// Its form.
    pub form: CommonForm,
    /// The stage that is filed next.
    pub next: Stage,
    /// When it was recognised, UTC.
    pub recognised_at: String,
    /// How many versions were filed.
    pub filed: u64,
    /// How many of them have a receipt.
    pub receipted: u64,
    /// The clocks.
    pub clocks: Vec<Due>,
}

/// What was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Which version of the case.
    pub number: u64,
    /// SHA-256 of its text, hex.
    pub sha256: String,
    /// The case with it.
    pub case: Case,
}

impl Clerk<'_> {
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

    /// How a draft stands: it is due on the last day of the full report, until that is filed, or until the answers say that no report is.
    fn drafted(&self, draft: &Draft, case: &Case) -> Standing<'_> {
        let bound = judge(&draft.trigger, self.terms).outcome != Outcome::Not;
        let open = case.filed(Stage::Full).is_none() && (bound || !case.versions().is_empty());
        // A day that lies outside the years whose holidays are known is told where clocks are shown.
        let deadlines = case.deadlines(self.terms).ok().filter(|_| open);
        Standing {
            due: deadlines.map(|(_, full)| full.last.end().0),
            ..self.standing("open")
        }
    }

    pub(crate) fn audit(&self, act: &str, object: &str, detail: &str) -> Change {
        Change::Audit {
            at: self.now.0,
            by: self.by.to_owned(),
            act: act.to_owned(),
            object: object.to_owned(),
            detail: detail.to_owned(),
        }
    }

    /// Opens a case with an empty draft. The time of recognition is set here and nowhere else; who and where the operator is comes from its newest draft.
    ///
    /// # Errors
    /// [`LiaisonError::Conflict`] where the case exists, [`LiaisonError::Refused`] where the time lies ahead, [`LiaisonError::Full`], what the store says.
    pub async fn open(
        &self,
        case: &Name,
        form: CommonForm,
        recognised_at: Seconds,
    ) -> Result<Written<Draft>, LiaisonError> {
        let latest = self
            .store
            .latest(
                View::Of(self.owner()),
                Draft::KIND,
                None,
                sakimori_store::NEWEST,
            )
            .await?;
        let before = latest.into_iter().next().map(read::<Draft>).transpose()?;
        let known = before.map_or_else(BTreeMap::new, |draft| draft.said.document.fields);
        let outline = known
            .into_iter()
            .filter(|(key, _)| key.starts_with("operator."));
        let document = ReportDocument {
            format: FORMAT.to_owned(),
            fields_version: FIELDS_VERSION,
            case: case.clone(),
            operator: self.operator.clone(),
            filer: self.operator.clone(),
            form,
            stage: Stage::Prompt,
            recognised_at,
            reason: String::new(),
            fields: outline.collect(),
        };
        let draft = Draft {
            trigger: Questions::default(),
            document,
        };
        self.open_with(&draft).await
    }

    async fn open_with(&self, draft: &Draft) -> Result<Written<Draft>, LiaisonError> {
        let case = draft.document.case.as_str();
        if draft.document.recognised_at > self.now {
            return Err(refused(
                "recognised_at",
                "lies ahead of the time of this machine",
            ));
        }
        self.fits(draft)?;
        let states = self
            .store
            .states(View::Of(self.owner()), Draft::KIND)
            .await?;
        let count = states
            .iter()
            .fold(0_u64, |sum, (_, n)| sum.saturating_add(*n));
        if count >= CASES_MAX {
            return Err(LiaisonError::Full {
                what: "cases",
                most: CASES_MAX,
            });
        }
        let document = &draft.document;
        let empty = Case::open(
            document.case.clone(),
            self.operator.clone(),
            document.recognised_at,
        );
        let add = first(self.owner(), case, draft, self.drafted(draft, &empty))?;
        let audit = self.audit("report-open", case, draft.document.form.id());
        match self.store.apply(&[add, audit]).await {
            Ok(()) => self.draft(case).await,
            Err(StoreError::Stale { .. } | StoreError::Exists { .. }) => {
                Err(LiaisonError::Conflict {
                    what: format!("case `{case}`"),
                })
            }
            Err(e) => Err(e.into()),
        }
    }

    /// The working copy of a case.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says.
    pub async fn draft(&self, case: &str) -> Result<Written<Draft>, LiaisonError> {
        let missing = |e| match e {
            LiaisonError::Missing { .. } => LiaisonError::Missing {
                what: format!("case `{case}`"),
            },
            e => e,
        };
        newest(self.store, self.owner(), case)
            .await
            .map_err(missing)
    }

    /// Saves the working copy: `known` is the one that was read. Values may be missing or wrong; what breaks the file itself may not.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`], [`LiaisonError::Full`]; the store's `Stale` where somebody else saved in between.
    pub async fn save(
        &self,
        known: &Written<Draft>,
        mut draft: Draft,
    ) -> Result<Written<Draft>, LiaisonError> {
        let before = &known.said.document;
        if draft.document.case != before.case {
            return Err(refused("case", "is another case"));
        }
        if draft.document.recognised_at != before.recognised_at {
            let rule = "was set when the case was opened and does not change";
            return Err(refused("recognised_at", rule));
        }
        draft
            .document
            .fields
            .retain(|_, value| value.as_deref() != Some(""));
        self.fits(&draft)?;
        if draft == known.said {
            return Ok(known.clone());
        }
        if known.version >= SAVES_MAX {
            return Err(LiaisonError::Full {
                what: "saves of this draft",
                most: SAVES_MAX,
            });
        }
        let case = self.case(known).await?;
        let change = known.next(&draft, self.drafted(&draft, &case))?;
        self.store.apply(&[change]).await?;
        self.draft(&known.id).await
    }

    /// What a draft has to be whatever is written in it.
    fn fits(&self, draft: &Draft) -> Result<(), LiaisonError> {
        let document = &draft.document;
        if document.format != FORMAT {
            return Err(refused("format", "is not sakimori/report/v1"));
        }
        if document.operator != *self.operator {
            let rule = format!("is not `{}`, whose node this is", self.operator);
            return Err(refused("operator", rule));
        }
        let unknown = |key: &&String| !FIELDS.iter().any(|field| field.key == *key);
        if let Some(key) = document.fields.keys().find(unknown) {
            let short: String = key.chars().take(80).collect();
            return Err(refused(&format!("fields.{short}"), "is no field"));
        }
        let lengths = document.fields.iter();
        let lengths = lengths.map(|(key, value)| key.len() + value.as_ref().map_or(0, String::len));
        if lengths.sum::<usize>() + document.reason.len() > DRAFT_BYTES_MAX {
            return Err(refused("fields", "are longer than a report can be"));
        }
        Ok(())
    }

    /// Takes a document that came from elsewhere as the working copy: a new case, or the next save of one that is there.
    ///
    /// # Errors
    /// As [`Clerk::open`] and [`Clerk::save`].
    pub async fn import(&self, document: ReportDocument) -> Result<Written<Draft>, LiaisonError> {
        if let Some(known) = found(self.draft(document.case.as_str()).await)? {
            let trigger = known.said.trigger;
            return self.save(&known, Draft { trigger, document }).await;
        }
        let trigger = Questions::default();
        self.open_with(&Draft { trigger, document }).await
    }

    /// The case as far as it was filed; of one that was only drafted, an open case.
    ///
    /// # Errors
    /// [`LiaisonError::Missing`], what the store says.
    pub async fn case(&self, draft: &Written<Draft>) -> Result<Case, LiaisonError> {
        let id = &draft.said.document.case;
        let kept = filings(self.store, self.operator, id).await?;
        let versions: Vec<_> = kept
            .into_iter()
            .map(|(kept, said)| (kept.at, said))
            .collect();
        let filers = filers(self.store, self.owner(), id.as_str()).await?;
        let filers = filers.map_or_else(Vec::new, |kept| kept.said.filers);
        let filers = together(self.store, self.owner(), filers).await?;
        let recognised = draft.said.document.recognised_at;
        case_of((self.operator, id), &versions, &filers, recognised)
    }

    /// Every filing of a case, oldest first, with its document.
    ///
    /// # Errors
    /// What the store says.
    pub async fn filings(
        &self,
        case: &Name,
    ) -> Result<Vec<(Written<Filing>, ReportDocument)>, LiaisonError> {
        filings(self.store, self.operator, case).await
    }

    /// What filing the working copy would do. Nothing is filed.
    ///
    /// # Errors
    /// [`LiaisonError::Calendar`], what the store says.
    pub async fn check(&self, draft: &Written<Draft>) -> Result<Check, LiaisonError> {
        let case = self.case(draft).await?;
        let document = filed_form(&draft.said.document);
        let mut filing = dry_run(&case, &document, self.now, self.terms)?;
        filing
            .errors
            .extend(self.filers().against(&document.filer).await?);
        Ok(Check {
            trigger: judge(&draft.said.trigger, self.terms),
            filing,
        })
    }

    /// Files the working copy as the next version of its case; it waits to be sent from then on. What the answers say about the trigger stands in nobody's way: who is not
    /// bound to report may.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`] names everything that breaks a rule; nothing is filed then.
    pub async fn file(&self, draft: &Written<Draft>) -> Result<Filed, LiaisonError> {
        let mut case = self.case(draft).await?;
        let document = filed_form(&draft.said.document);
        let against = self.filers().against(&document.filer).await?;
        let taken = case.file(&document, self.now, self.terms);
        let version = match (taken, against) {
            (Ok(version), None) => version,
            (taken, against) => {
                let errors = taken.err().into_iter().flatten().chain(against);
                return Err(LiaisonError::Fields(errors.collect()));
            }
        };
        let number = u64::from(version.number);
        let text = write_report(&document);
        let sha256 = hash(&text);
        let text = String::from_utf8(text).map_err(|e| refused("fields", e.to_string()))?;
        let (owner, id) = (self.owner(), document.case.as_str());
        let filing = Filing { text };
        let standing = self.standing(document.stage.id());
        let filing = match number.checked_sub(1) {
            None | Some(0) => first(owner, id, &filing, standing)?,
            Some(_) => {
                let last: Written<Filing> = newest(self.store, owner, id).await?;
                last.next(&filing, standing)?
            }
        };
        let sent = Sent {
            case: id.to_owned(),
            number,
            sha256: sha256.clone(),
            receipt: None,
        };
        let sent = first(owner, &sent_id(id, number), &sent, self.standing("waiting"))?;
        let mut next = draft.said.clone();
        next.document.stage = if document.stage == Stage::Prompt {
            Stage::Full
        } else if case.filed(Stage::Full).is_some() {
            Stage::Correction
        } else {
            Stage::Full
        };
        next.document.reason.clear();
        let changes = [
            filing,
            sent,
            draft.next(&next, self.drafted(&next, &case))?,
            self.audit("report-file", &sent_id(id, number), &sha256),
        ];
        self.store.apply(&changes).await?;
        Ok(Filed {
            number,
            sha256,
            case,
        })
    }

    /// Lets somebody file on a case until the end of a date, and binds people and machines of this node to the name.
    ///
    /// # Errors
    /// [`LiaisonError::Fields`] where there are too many, [`LiaisonError::Refused`] where somebody is bound to another name, [`LiaisonError::Missing`], what the store says.
    pub async fn delegate(
        &self,
        draft: &Written<Draft>,
        (filer, until): (Name, Date),
        who: &[String],
    ) -> Result<(), LiaisonError> {
        let kept = filers(self.store, self.owner(), &draft.id).await?;
        let before = kept
            .as_ref()
            .map_or_else(Vec::new, |kept| kept.said.filers.clone());
        let document = &draft.said.document;
        let empty = (self.operator, &document.case);
        let mut case = case_of(empty, &[], &before, document.recognised_at)?;
        let said = format!("{filer} until {until}: {}", who.join(" "));
        let bond = self.filers().bind(&filer, who).await?;
        let full = |e| LiaisonError::Fields(vec![e]);
        case.delegate(filer, until).map_err(full)?;
        let next = Filers {
            filers: case.delegations().to_vec(),
        };
        let change = match kept {
            Some(kept) => kept.next(&next, self.standing("open"))?,
            None => first(self.owner(), &draft.id, &next, self.standing("open"))?,
        };
        let mut changes = vec![change, self.audit("report-delegate", &draft.id, &said)];
        changes.extend(bond);
        Ok(self.store.apply(&changes).await?)
    }

    /// Who files for the operator, and who is bound to which name.
    pub const fn filers(&self) -> filer::Filers<'_> {
        filer::Filers {
            store: self.store,
            operator: self.operator,
            now: self.now,
            by: self.by,
            signs: false,
        }
    }

    /// The operator's cases, the one that was written last first: those before a place, at most 100.
    ///
    /// # Errors
    /// [`LiaisonError::Calendar`], what the store says.
    pub async fn list(&self, before: u64) -> Result<Vec<Line>, LiaisonError> {
        let kept = self
            .store
            .latest(View::Of(self.owner()), Draft::KIND, None, before)
            .await?;
        let mut lines = Vec::new();
        for kept in kept.into_iter().take(LIST_MAX) {
            let draft: Written<Draft> = read(kept)?;
            let case = self.case(&draft).await?;
            let filed = case.versions().len() as u64;
            let mut receipted = 0;
            for number in 1..=filed {
                receipted += u64::from(self.receipt(&draft.id, number).await?.is_some());
            }
            let document = &draft.said.document;
            lines.push(Line {
                sequence: draft.sequence,
                case: draft.id.clone(),
                form: document.form,
                next: document.stage,
                recognised_at: document.recognised_at.to_string(),
                filed,
                receipted,
                clocks: case.clocks(self.now, self.terms)?,
            });
        }
        Ok(lines)
    }
}

/// The name of a filing's way to the office.
pub(super) fn sent_id(case: &str, number: u64) -> String {
    format!("{case}.{number}")
}

/// A draft without what belongs to another form: a draft keeps it, in case the form is chosen back.
fn filed_form(document: &ReportDocument) -> ReportDocument {
    let mut document = document.clone();
    let form = document.form;
    document
        .fields
        .retain(|key, _| fields_of(form).any(|field| field.key == key));
    document
}
