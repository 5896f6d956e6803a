//! A package that came on a stick. In: what an operator handed over. Out: a receipt for each document, or why not. Never: a word on who may file that is older than one that the
//! office has; the loss of a receipt for what broke behind it.
//!
//! A stick may be taken twice, and an old one may come behind a new one. Reports, replies and words on tickets are taken once however often they come. Who may file is not: an old
//! word would let in again whose right was ended since. The office keeps the time of the last word of each operator, over the line or on a stick, and takes a newer one alone.

use super::{Asked, Desk, Way, name};
use crate::error::LiaisonError;
use crate::filer::{FILERS_KEPT_MAX, Word};
use crate::report::{HANDBACK, HANDOVER, Handback, Handover, Refusal, hash, refused};
use sakimori_cooperate::limits::DELEGATIONS_MAX;
use sakimori_cooperate::report::Delegation;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_store::Change;

/// Seconds that an operator's clock may be ahead of the office's: a package from a later day would end the say of all that are made until then.
const AHEAD_MAX: u64 = 86_400;

/// What a package says of who may file.
struct Said<'p> {
    made: Seconds,
    allowed: Option<&'p Word>,
    cases: Vec<(Name, &'p [Delegation])>,
}

impl<'p> Said<'p> {
    /// Reads it as a whole; nothing where nothing is said.
    fn of(package: &'p Handover) -> Result<Option<Self>, LiaisonError> {
        if package.allowed.is_none() && package.filers.is_empty() {
            return Ok(None);
        }
        let made = package.made_at.parse();
        let made = made.map_err(|_| refused("made_at", "is no time"))?;
        let mut cases = Vec::new();
        for named in &package.filers {
            if named.filers.len() > DELEGATIONS_MAX {
                return Err(refused("filers", "are more than 32"));
            }
            cases.push((name("case", &named.case)?, named.filers.as_slice()));
        }
        if let Some(word) = &package.allowed {
            if word.filers.len() > DELEGATIONS_MAX || word.ended.len() > FILERS_KEPT_MAX {
                return Err(refused("filers", "are more than 32"));
            }
            for ended in &word.ended {
                name("ended", ended)?;
            }
        }
        Ok(Some(Self {
            made,
            allowed: package.allowed.as_ref(),
            cases,
        }))
    }
}

/// The setting that holds when an operator last said who may file.
fn key(operator: &Name) -> String {
    format!("report.filers-told.{operator}")
}

impl Desk<'_> {
    /// When an operator last said who may file, as far as the office has it.
    async fn told_at(&self, operator: &Name) -> Result<Option<Seconds>, LiaisonError> {
        let kept = self.store.setting(&key(operator)).await?;
        let time = kept.map(|text| text.parse());
        time.transpose()
            .map_err(|_| refused("report.filers-told", "is no time in the store"))
    }

    /// Keeps when an operator said who may file.
    pub(super) async fn told(&self, operator: &Name, at: Seconds) -> Result<(), LiaisonError> {
        if self.told_at(operator).await?.is_some_and(|kept| kept >= at) {
            return Ok(());
        }
        let set = Change::Set {
            key: key(operator),
            value: at.to_string(),
        };
        Ok(self.store.apply(&[set]).await?)
    }

    /// Why what a package says of who may file is not taken; `Ok(false)` where it is here already.
    async fn is_newer(&self, operator: &Name, made: Seconds) -> Result<bool, LiaisonError> {
        let no = |rule: String| Err(refused("made_at", rule));
        match self.told_at(operator).await? {
            Some(kept) if kept == made => Ok(false),
            Some(kept) if kept > made => no(format!(
                "is {made}; who may file was said later, {kept}, and stays so"
            )),
            _ if made > self.now.plus(AHEAD_MAX) => {
                no(format!("is {made}, ahead of the office's clock"))
            }
            _ => Ok(true),
        }
    }

    /// Takes what a package says of who may file, where nothing newer was said.
    async fn take_said(
        &self,
        operator: &Name,
        said: &Said<'_>,
        back: &mut Handback,
    ) -> Result<(), LiaisonError> {
        let made = said.made.to_string();
        match self.is_newer(operator, said.made).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                back.refused.push(refusal(&made, error)?);
                return Ok(());
            }
        }
        if let Some(allowed) = said.allowed
            && let Err(error) = self.keep_allowed(operator, allowed).await
        {
            back.refused.push(refusal(&made, error)?);
        }
        for (case, filers) in &said.cases {
            if let Err(error) = self.keep_filers(operator, case, filers).await {
                back.refused.push(refusal(case.as_str(), error)?);
            }
        }
        self.told(operator, said.made).await
    }

    /// Takes a package that came on a stick: who may file, where nothing newer was said; document by document a receipt for each, or why not; then replies to letters and words on
    /// tickets.
    ///
    /// # Errors
    /// [`LiaisonError::Refused`] where the package itself is none, or what it says of who may file cannot be read: nothing of it is taken then; what the store says. What a document
    /// breaks stands in the answer.
    pub async fn take_handover(&self, package: &Handover) -> Result<Handback, LiaisonError> {
        if package.format != HANDOVER {
            return Err(refused("format", "is not sakimori/handover/v1"));
        }
        let operator = name("operator", &package.operator)?;
        let said = Said::of(package)?;
        let mut back = Handback {
            format: HANDBACK.to_owned(),
            operator: package.operator.clone(),
            receipts: Vec::new(),
            refused: Vec::new(),
        };
        if let Some(said) = &said {
            self.take_said(&operator, said, &mut back).await?;
        }
        for text in &package.reports {
            match self.take(&operator, text.as_bytes(), Way::Hand, None).await {
                Ok(answered) => back.receipts.push(answered.receipt),
                Err(error) => back.refused.push(refusal(text, error)?),
            }
        }
        for reply in &package.replies {
            let taken = self.replied(&operator, &reply.id, &reply.text).await;
            if let Err(error) = taken {
                back.refused.push(refusal(&reply.text, error)?);
            }
        }
        for word in &package.words {
            let id = match name("words", &word.id) {
                Ok(id) => id,
                Err(error) => {
                    back.refused.push(refusal(&word.text, error)?);
                    continue;
                }
            };
            let asked = Asked {
                id: &id,
                subject: &word.subject,
                text: &word.text,
                number: Some(word.number),
            };
            if let Err(error) = self.ask(&operator, asked).await {
                back.refused.push(refusal(&word.text, error)?);
            }
        }
        Ok(back)
    }
}

/// Why something of a stick was not taken; what the store says ends the whole.
fn refusal(text: &str, error: LiaisonError) -> Result<Refusal, LiaisonError> {
    let errors = match error {
        LiaisonError::Fields(errors) => errors.iter().map(ToString::to_string).collect(),
        e @ LiaisonError::Store(_) => return Err(e),
        e => vec![e.to_string()],
    };
    Ok(Refusal {
        sha256: hash(text.as_bytes()),
        errors,
    })
}
