//! Documents that come in. In: bytes that an operator's node, a machine or a stick brings, and whose it is. Out: a paper, a signed receipt, the route. Never: a document that is
//! taken twice; one that breaks a rule of its case; an operator whose junk keeps others out.

use super::alike::window;
use super::{Desk, Step, Taken, Working, observables};
use crate::error::LiaisonError;
use crate::filer::{Word, together};
use crate::paper::{Document, Standing, Written, first, history, newest};
use crate::report::{
    CASES_MAX, FILERS_MAX, Filers, UNSEEN_MAX, WAITING_MAX, case_of, filers, found, hash, refused,
};
use sakimori_cooperate::Receipt;
use sakimori_cooperate::calendar::Date;
use sakimori_cooperate::form::read_report;
use sakimori_cooperate::report::{Case, Delegation, ReportDocument, Stage};
use sakimori_cooperate::routing::Route;
use sakimori_custody::ids::Name;
use sakimori_store::{Change, StoreError, View};
use serde::{Deserialize, Serialize};

/// How often it is tried anew where the same operator brings several at once.
const TRIES_MAX: u32 = 8;
/// Longest idempotency key, bytes.
const KEY_BYTES_MAX: usize = 128;

/// How a document came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// From the operator's node, by its pinned certificate.
    Node,
    /// From a machine of the operator.
    Machine,
    /// On a stick, by hand.
    Hand,
}

/// What is answered to a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The case.
    pub case: Name,
    /// Which version of it.
    pub number: u64,
    /// The signed receipt.
    pub receipt: String,
    /// Where it goes.
    pub route: Route,
    /// Whether it was here before.
    pub repeated: bool,
}

/// Which document a key was used for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keyed {
    case: String,
    sha256: String,
}

impl Document for Keyed {
    const KIND: &'static str = "report-key";
}

/// A case as the office has it.
pub(super) struct Before {
    /// What was taken, oldest first.
    pub(super) taken: Vec<(Written<Taken>, ReportDocument)>,
    /// Who may file beside the operator.
    pub(super) filers: Vec<Delegation>,
}

impl Before {
    pub(super) fn case(&self, operator: &Name, id: &Name) -> Result<Option<Case>, LiaisonError> {
        let versions: Vec<_> = self
            .taken
            .iter()
            .map(|(kept, said)| (kept.at, said.clone()))
            .collect();
        let Some((_, first)) = versions.first() else {
            return Ok(None);
        };
        let recognised = first.recognised_at;
        case_of((operator, id), &versions, &self.filers, recognised).map(Some)
    }
}

impl Desk<'_> {
    pub(super) async fn before(
        &self,
        operator: &Name,
        case: &Name,
    ) -> Result<Before, LiaisonError> {
        let (owner, id) = (operator.as_str(), case.as_str());
        let kept: Vec<Written<Taken>> = history(self.store, owner, id).await?;
        let read = |taken: Written<Taken>| {
            let document = read_report(taken.said.text.as_bytes())?;
            Ok((taken, document))
        };
        let taken: Result<Vec<_>, LiaisonError> = kept.into_iter().map(read).collect();
        let filers = filers(self.store, owner, id).await?;
        let on_case = filers.map_or_else(Vec::new, |kept| kept.said.filers);
        Ok(Before {
            taken: taken?,
            filers: together(self.store, owner, on_case).await?,
        })
    }

    /// Takes a document that somebody brings who is known by other means than the document: a certificate, a token, an officer's hand. It is the operator's own, or one that the
    /// operator's word lets file for it on this day, under its own name. The same bytes again are answered with the receipt that was given for them; a `key` that was used for
    /// other bytes is refused.
    ///
    /// # Errors
    /// [`LiaisonError::Form`], [`LiaisonError::Fields`], [`LiaisonError::Refused`], [`LiaisonError::Full`], [`LiaisonError::Conflict`], what the store says. Nothing is taken
    /// then.
    pub async fn take(
        &self,
        bringer: &Name,
        bytes: &[u8],
        way: Way,
        key: Option<&str>,
    ) -> Result<Answered, LiaisonError> {
        let document = read_report(bytes)?;
        if key.is_some_and(|key| key.is_empty() || key.len() > KEY_BYTES_MAX) {
            return Err(refused("idempotency-key", "has 1 to 128 bytes"));
        }
        let mut key = key.map(str::to_owned);
        if document.operator != *bringer {
            self.lets(bringer, &document).await?;
            // Keys of two callers are not each other's.
            key = key.map(|key| format!("{bringer} {key}"));
        }
        let key = key.as_deref();
        let text =
            String::from_utf8(bytes.to_vec()).map_err(|e| refused("document", e.to_string()))?;
        let mut tries = 0;
        loop {
            let taken = self.taken_once((&document, &text), way, key).await;
            tries += 1;
            match taken {
                Err(LiaisonError::Store(StoreError::Stale { .. } | StoreError::Exists { .. }))
                    if tries < TRIES_MAX => {}
                other => return other,
            }
        }
    }

    /// Whether an operator's word lets somebody else file this. That there is no such operator, no such word or none any more is told in the same words.
    async fn lets(&self, filer: &Name, document: &ReportDocument) -> Result<(), LiaisonError> {
        let before = self.before(&document.operator, &document.case).await;
        let today = Date::of(self.now);
        let rights = before.map_or_else(|_| Vec::new(), |before| before.filers);
        let let_in = |each: &Delegation| each.filer == *filer && today <= each.until;
        if document.filer == *filer && rights.iter().any(let_in) {
            return Ok(());
        }
        Err(refused(
            "operator",
            format!("is not `{filer}`, who brings it"),
        ))
    }

    /// Takes an operator's word on who may file for it on every case, which it says now; no package that was made before has a say any more.
    ///
    /// # Errors
    /// As [`crate::filer::Filers::take`].
    pub async fn take_allowed(&self, operator: &Name, said: &Word) -> Result<(), LiaisonError> {
        self.keep_allowed(operator, said).await?;
        self.told(operator, self.now).await
    }

    pub(super) async fn keep_allowed(
        &self,
        operator: &Name,
        said: &Word,
    ) -> Result<(), LiaisonError> {
        let filers = crate::filer::Filers {
            store: self.store,
            operator,
            now: self.now,
            by: self.by,
            signs: false,
        };
        filers.take(said).await
    }

    async fn taken_once(
        &self,
        (document, text): (&ReportDocument, &str),
        way: Way,
        key: Option<&str>,
    ) -> Result<Answered, LiaisonError> {
        let (operator, id) = (&document.operator, &document.case);
        let owner = operator.as_str();
        let sha256 = hash(text.as_bytes());
        let keyed = self.used(owner, (id, &sha256), key).await?;
        let before = self.before(operator, id).await?;
        let route = document.route(self.terms);
        if let Some((known, _)) = before
            .taken
            .iter()
            .find(|(known, _)| known.said.text == text)
        {
            return Ok(Answered {
                case: id.clone(),
                number: known.version,
                receipt: known.said.receipt.clone(),
                route,
                repeated: true,
            });
        }
        let mut case = if let Some(case) = before.case(operator, id)? {
            case
        } else {
            self.room(owner).await?;
            let recognised = document.recognised_at;
            case_of((operator, id), &[], &before.filers, recognised)?
        };
        let version = case.file(document, self.now, self.terms);
        let number = u64::from(version.map_err(LiaisonError::Fields)?.number);
        let receipt = Receipt::of(text.as_bytes(), id.clone(), operator.clone(), self.now);
        let receipt = receipt
            .sign(self.signer)
            .and_then(|note| String::from_utf8(note).ok());
        let receipt = receipt.ok_or_else(|| refused("receipt", "cannot be signed"))?;
        let taken = Taken {
            text: text.to_owned(),
            receipt: receipt.clone(),
            way,
        };
        let standing = self.plain(document.stage.id());
        let paper = match before.taken.last() {
            Some((last, _)) => last.next(&taken, standing)?,
            None => first(owner, id.as_str(), &taken, standing)?,
        };
        let working = self.worked(&before, &case, document).await?;
        let object = format!("{owner}/{id}.{number}");
        let mut changes = vec![paper, working, self.audit("report-take", object, &sha256)];
        changes.extend(keyed);
        self.store.apply(&changes).await?;
        Ok(Answered {
            case: id.clone(),
            number,
            receipt,
            route,
            repeated: false,
        })
    }

    /// The change by which a key is used for a document; none where there is no key, or it was used for the same.
    async fn used(
        &self,
        owner: &str,
        (case, sha256): (&Name, &str),
        key: Option<&str>,
    ) -> Result<Option<Change>, LiaisonError> {
        let Some(key) = key else { return Ok(None) };
        match found(newest::<Keyed>(self.store, owner, key).await)? {
            Some(used) if used.said.sha256 != sha256 => Err(LiaisonError::Conflict {
                what: "the idempotency key".to_owned(),
            }),
            Some(_) => Ok(None),
            None => {
                let used = Keyed {
                    case: case.to_string(),
                    sha256: sha256.to_owned(),
                };
                first(owner, key, &used, self.plain("used")).map(Some)
            }
        }
    }

    pub(super) fn plain<'s>(&'s self, state: &'s str) -> Standing<'s> {
        Standing {
            state,
            due: None,
            at: self.now.0,
            by: self.by,
        }
    }

    /// Whether an operator may bring one more case.
    async fn room(&self, owner: &str) -> Result<(), LiaisonError> {
        let states = self.store.states(View::Of(owner), Working::KIND).await?;
        let waiting = states.iter().filter(|(state, _)| state == "new");
        let new: u64 = waiting.map(|(_, count)| *count).sum();
        let all: u64 = states.iter().map(|(_, count)| *count).sum();
        if new >= WAITING_MAX {
            let what = "cases that wait for an acknowledgement";
            return Err(LiaisonError::Full {
                what,
                most: WAITING_MAX,
            });
        }
        if all >= CASES_MAX {
            return Err(LiaisonError::Full {
                what: "cases",
                most: CASES_MAX,
            });
        }
        Ok(())
    }

    /// The next version of the working paper, with what a document says.
    async fn worked(
        &self,
        before: &Before,
        case: &Case,
        document: &ReportDocument,
    ) -> Result<Change, LiaisonError> {
        let (owner, id) = (document.operator.as_str(), document.case.as_str());
        let known = if before.taken.is_empty() {
            None
        } else {
            Some(newest::<Working>(self.store, owner, id).await?)
        };
        let full_at = case.filed(Stage::Full).map(|at| at.0);
        let first_at = case.versions().first().map_or(self.now.0, |v| v.filed_at.0);
        let number = case.versions().len() as u64;
        let old = known.as_ref().map(|known| &known.said);
        let unseen = |old: &Working| old.acknowledged_at.is_none() && old.received >= UNSEEN_MAX;
        if old.is_some_and(unseen) {
            return Err(LiaisonError::Full {
                what: "versions of a case that waits for its acknowledgement",
                most: UNSEEN_MAX,
            });
        }
        let next = Working {
            step: Step {
                word: "received".to_owned(),
                text: format!("{number} {}", document.stage.id()),
            },
            form: document.form,
            sector: document
                .value("operator.sector")
                .unwrap_or_default()
                .to_owned(),
            prefecture: document
                .value("operator.prefecture")
                .and_then(|text| text.parse().ok()),
            reached: if full_at.is_some() {
                Stage::Full
            } else {
                Stage::Prompt
            },
            received: number,
            recognised_at: case.recognised_at().0,
            first_at,
            full_at,
            acknowledged_at: old.and_then(|old| old.acknowledged_at),
            window: window(document, self.now),
            observables: observables(document),
            tasks: old.map_or_else(Vec::new, |old| old.tasks.clone()),
            same_as: old.map_or_else(Vec::new, |old| old.same_as.clone()),
        };
        if let Some(known) = &known {
            // What was closed is open again: something new came.
            return self.step(known, &next, false);
        }
        let (state, due) = next.standing((owner, id), false, self.terms)?;
        let standing = Standing {
            due,
            ..self.plain(state)
        };
        first(owner, id, &next, standing)
    }

    /// Takes an operator's word on who may file for it on a case, which it says now. The case may not be here yet; no package that was made before has a say any more.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where there are too many, what the store says.
    pub async fn take_filers(
        &self,
        operator: &Name,
        case: &Name,
        said: &[Delegation],
    ) -> Result<(), LiaisonError> {
        self.keep_filers(operator, case, said).await?;
        self.told(operator, self.now).await
    }

    pub(super) async fn keep_filers(
        &self,
        operator: &Name,
        case: &Name,
        said: &[Delegation],
    ) -> Result<(), LiaisonError> {
        if said.len() > sakimori_cooperate::limits::DELEGATIONS_MAX {
            return Err(refused("filers", "are more than 32"));
        }
        let (owner, id) = (operator.as_str(), case.as_str());
        let known = filers(self.store, owner, id).await?;
        if known
            .as_ref()
            .is_some_and(|known| known.said.filers == said)
        {
            return Ok(());
        }
        let next = Filers {
            filers: said.to_vec(),
        };
        let change = match known {
            Some(known) if known.version < FILERS_MAX => known.next(&next, self.plain("open"))?,
            Some(_) => {
                return Err(LiaisonError::Full {
                    what: "changes of who may file on this case",
                    most: FILERS_MAX,
                });
            }
            None => {
                self.room(owner).await?;
                let states = self.store.states(View::Of(owner), Filers::KIND).await?;
                let all: u64 = states.iter().map(|(_, count)| *count).sum();
                if all >= CASES_MAX {
                    return Err(LiaisonError::Full {
                        what: "cases",
                        most: CASES_MAX,
                    });
                }
                first(owner, id, &next, self.plain("open"))?
            }
        };
        let audit = self.audit("report-filers", format!("{owner}/{id}"), "");
        Ok(self.store.apply(&[change, audit]).await?)
    }
}
