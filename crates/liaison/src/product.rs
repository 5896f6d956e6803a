//! Products: what the office makes of reports and of open sources and lets go through the release gate. In: indicators and words of an analyst, where they come from, for whom, on
//! which basis. Out: what waits for its log entry, or a refusal that is an entry too; then a copy for each recipient and STIX objects. Never: the operator whose report it was made
//! of, in a product; a copy without its entry.
//!
//! 1. [`prepare`] makes the product, takes it along the steps of the law and asks the gate.
//! 2. The caller enters [`Pending::act`](sakimori_release::Pending::act), or [`Refusal::act`](sakimori_release::Refusal::act), into the log.
//! 3. What is recorded is [`given`] to each recipient, and its [`objects`] go into a collection whose readers are all among them.

mod known;
mod stix;

pub use known::{Known, Operators, known, names_one};
pub use stix::{Maker, objects, uuid_of};

use crate::error::LiaisonError;
use crate::paper::{Document, Standing, first};
use sakimori_custody::class::{Integrated, IntegratedProvision, OperatorReport, PublicNotice};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_exchange::list::What;
use sakimori_release::sheet::Sheet;
use sakimori_release::{
    Classed, FieldKind, Marking, Pending, PseudonymKey, Refusal, Refused, Released, Request,
    Transform, Work, ask,
};
use sakimori_store::Change;
use serde::{Deserialize, Serialize};

/// Most indicators of a product: a list that people can look through.
pub const INDICATORS_MAX: usize = 1000;
/// Longest words of a product, in bytes.
pub const WORDS_BYTES_MAX: usize = 16 << 10;

/// Fields of a product. What tells of whom it is stands in fields of its own, so that a step can take it out and the gate can see that it is gone.
const WORDS: &str = "words";
const INDICATORS: &str = "indicators";
const REPORTER: &str = "reporter";
const CASE: &str = "case";

/// Where a product comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A case that an operator reported.
    Report {
        /// The operator.
        operator: Name,
        /// Its case.
        case: Name,
    },
    /// What everybody can read, or what others published or gave.
    Open,
}

/// What an analyst wants to let go.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where it comes from.
    pub source: Source,
    /// What to look for, as people write it.
    pub indicators: Vec<String>,
    /// What it means and what to do.
    pub words: String,
    /// Its marking.
    pub marking: Marking,
    /// Who asks, for whom, on which basis, with which conditions, when.
    pub request: Request,
}

/// Why a product was not let go.
#[derive(Debug)]
pub enum Denied {
    /// What was written breaks a rule; nothing was asked of the gate and nothing is logged.
    Wrong(LiaisonError),
    /// The gate refused; its entry is to be logged.
    Refused(Box<Refusal>),
}

impl From<LiaisonError> for Denied {
    fn from(error: LiaisonError) -> Self {
        Self::Wrong(error)
    }
}

impl From<Refused> for Denied {
    fn from(refused: Refused) -> Self {
        wrong("product", &refused).into()
    }
}

fn wrong(field: &str, rule: &dyn std::fmt::Display) -> LiaisonError {
    LiaisonError::Refused {
        field: field.to_owned(),
        rule: rule.to_string(),
    }
}

/// Makes a product of class [`PublicNotice`] and asks the gate for it.
///
/// # Errors
/// [`Denied`].
pub fn prepare(
    wish: &Wish,
    operators: &dyn Operators,
    key: &PseudonymKey,
) -> Result<Pending<PublicNotice, Sheet>, Denied> {
    let indicators = indicators(&wish.indicators, operators)?;
    words(&wish.words, operators)?;
    // Basis and rights stand in the log, which is open.
    for (field, text) in [
        ("basis", &wish.request.basis),
        ("rights", &wish.request.rights),
    ] {
        if names_one(text, operators) {
            return Err(wrong(field, &"names an operator").into());
        }
    }
    let texts: Vec<String> = indicators.iter().map(ToString::to_string).collect();
    let sheet = Sheet::default()
        .with(WORDS, FieldKind::Plain, "words", [wish.words.as_str()])
        .with(
            INDICATORS,
            FieldKind::Plain,
            "indicator",
            texts.iter().map(String::as_str),
        );
    let (case, reporter) = (
        [Transform::Remove(CASE.to_owned())],
        [Transform::Remove(REPORTER.to_owned())],
    );
    let work = |transforms| work(transforms, &wish.request, key);
    let integrated = match &wish.source {
        Source::Open => Classed::from_open_sources(sheet),
        Source::Report { operator, case: id } => {
            let sheet = sheet
                .with(REPORTER, FieldKind::Party, "operator", [operator.as_str()])
                .with(CASE, FieldKind::Report, "case", [id.as_str()]);
            let report: Classed<OperatorReport, Sheet> =
                Classed::<OperatorReport, _>::reported(operator.clone(), sheet);
            report
                .derive::<Integrated>(&work(&case))
                .map_err(|stays| stays.why)?
        }
    };
    let without: &[Transform] = match wish.source {
        Source::Open => &[],
        Source::Report { .. } => &reporter,
    };
    let provision = integrated
        .derive::<IntegratedProvision>(&work(without))
        .map_err(|stays| stays.why)?;
    let mut product: Classed<PublicNotice, Sheet> =
        provision.derive(&work(&[])).map_err(|stays| stays.why)?;
    product.mark(wish.marking)?;
    ask(&product, &wish.request, key).map_err(|refusal| Denied::Refused(Box::new(refusal)))
}

fn work<'w>(transforms: &'w [Transform], request: &'w Request, key: &'w PseudonymKey) -> Work<'w> {
    Work {
        transforms,
        conditions: &request.conditions,
        key,
        now: request.now,
    }
}

/// The indicators, each once, none of them an operator's own.
fn indicators(texts: &[String], operators: &dyn Operators) -> Result<Vec<What>, LiaisonError> {
    if texts.len() > INDICATORS_MAX {
        let rule = format!("{INDICATORS_MAX} at most");
        return Err(wrong(INDICATORS, &rule));
    }
    let mut all = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let field = || format!("{INDICATORS}[{at}]");
        let what = What::read(text).map_err(|rule| wrong(&field(), &rule))?;
        let host = what.host();
        if operators.own(&what) || host.is_some_and(|host| operators.own(&host)) {
            let rule = "is an operator's own: it would tell to whom it happened";
            return Err(wrong(&field(), &rule));
        }
        // The path of a URL, a part of a host.
        if names_one(&what.to_string(), operators) {
            return Err(wrong(&field(), &"names an operator"));
        }
        if !all.contains(&what) {
            all.push(what);
        }
    }
    Ok(all)
}

/// Holds words to what a product may say.
fn words(words: &str, operators: &dyn Operators) -> Result<(), LiaisonError> {
    if words.trim().is_empty() || words.len() > WORDS_BYTES_MAX {
        let rule = format!("say what it means, in at most {WORDS_BYTES_MAX} bytes");
        return Err(wrong(WORDS, &rule));
    }
    if words
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(wrong(WORDS, &"has a control character"));
    }
    if names_one(words, operators) {
        return Err(wrong(WORDS, &"names an operator"));
    }
    Ok(())
}

/// What a recipient is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Its class.
    pub class: String,
    /// Its marking, `TLP:…`.
    pub tlp: String,
    /// What may be done with it, `PAP:…`.
    pub pap: String,
    /// What it means and what to do.
    pub words: String,
    /// What to look for.
    pub indicators: Vec<String>,
    /// The index of the log entry that it left under.
    pub entry: u64,
}

impl Document for Given {
    const KIND: &'static str = "product";
}

/// The changes that give each recipient its copy, with the audit line. A copy's owner is the recipient as the log names it, such as `operator/acme`.
///
/// # Errors
/// [`LiaisonError::Refused`] where a copy has no JSON form.
pub fn given(
    released: &Released<PublicNotice, Sheet>,
    id: &str,
    by: &str,
    now: Seconds,
) -> Result<Vec<Change>, LiaisonError> {
    let (sheet, marking) = (released.content(), released.marking());
    let said = Given {
        class: released.class().name().to_owned(),
        tlp: marking.tlp.label().to_owned(),
        pap: marking.pap.label().to_owned(),
        words: sheet.values(WORDS).first().cloned().unwrap_or_default(),
        indicators: sheet.values(INDICATORS).to_vec(),
        entry: released.entry().index(),
    };
    let standing = Standing {
        state: "given",
        due: None,
        at: now.0,
        by,
    };
    let copies = released.recipients().iter();
    let copies = copies.map(|recipient| first(&recipient.to_string(), id, &said, standing));
    let mut changes = copies.collect::<Result<Vec<Change>, _>>()?;
    changes.push(Change::Audit {
        at: now.0,
        by: by.to_owned(),
        act: "release".to_owned(),
        object: id.to_owned(),
        detail: format!("entry {}", said.entry),
    });
    Ok(changes)
}
