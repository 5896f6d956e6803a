//! Submissions to the council. In: words of a member or of the office with class, marking and an opinion on handling; who lets it go. Out: a paper that waits, copies that wait for their
//! log entry, a paper that says under which entry it was given. Never: what is no matter for the council, kept; one submission given twice.

use super::{OFFICE, given, refused};
use crate::asset::Act;
use crate::error::LiaisonError;
use crate::paper::{self, Document, Written};
use crate::product::Denied;
use sakimori_custody::class::{
    Class, Integrated, IntegratedControlled, IntegratedProvision, OperatorReport, PublicNotice,
    SelectedParty,
};
use sakimori_custody::ids::Name;
use sakimori_custody::{Held, Recorded, Released, Selected};
use sakimori_release::council::{Council, Opinion, PendingCopies, Submission};
use sakimori_release::gate::{Leaves, Subject, judge};
use sakimori_release::record::Record;
use sakimori_release::sheet::Sheet;
use sakimori_release::{Classed, Marking, Pap, PseudonymKey, Refused, Request, Tlp, Work};
use sakimori_store::{Papers, Store, View};
use serde::{Deserialize, Serialize};

/// Longest words of a submission in bytes.
const WORDS_BYTES_MAX: usize = 64 << 10;
/// Most submissions of one submitter that wait.
const WAITING_MAX: u64 = 100;
/// The field of its words.
const WORDS: &str = "words";
/// State of a submission that nobody let go yet.
const WAITS: &str = "waits";

/// How a submitter wants it handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaidOpinion {
    /// In words.
    pub text: String,
    /// For these members alone, where some are named.
    pub members: Option<Vec<String>>,
    /// With no looser marking than this.
    pub tlp: String,
}

impl SaidOpinion {
    fn opinion(&self) -> Result<Opinion, Denied> {
        let names = self.members.as_ref().map(|members| {
            let each = members.iter().map(|member| super::name(member));
            each.collect::<Result<Vec<Name>, LiaisonError>>()
        });
        let tlp = word("opinion.tlp", &self.tlp, Tlp::from_name)?;
        Ok(Opinion::new(&self.text, names.transpose()?, tlp)?)
    }
}

/// What was submitted. Its owner is the member, or the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmissionPaper {
    /// As what it is submitted: a class of information.
    pub class: String,
    /// What it says.
    pub words: String,
    /// How far it may go.
    pub tlp: String,
    /// What may be done with it.
    pub pap: String,
    /// How the submitter wants it handled.
    pub opinion: Option<SaidOpinion>,
    /// Index of the entry that it was given under.
    pub entry: Option<u64>,
}

impl Document for SubmissionPaper {
    const KIND: &'static str = "council-submission";
}

/// Copies of a submission that may leave once their entry is in the log.
#[derive(Debug)]
#[must_use]
pub enum Waiting {
    /// With secrets.
    Controlled(PendingCopies<IntegratedControlled, Sheet>),
    /// Without.
    Public(PendingCopies<PublicNotice, Sheet>),
}

impl Waiting {
    /// Body and counters of the entry that has to be in the log.
    pub const fn record(&self) -> &Record {
        match self {
            Self::Controlled(copies) => copies.pending().record(),
            Self::Public(copies) => copies.pending().record(),
        }
    }
}

fn word<T>(field: &str, text: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Denied> {
    let found = read(text);
    found.ok_or_else(|| refused(field, format!("`{text}` is no such word")).into())
}

/// Takes a submission, which then waits; `act.owner` is the submitter. `request` is what the gate is asked where its class is none that the council may be given.
///
/// # Errors
/// [`Denied::Refused`]: its class is not for the council, and the entry of that is to be logged. [`Denied::Wrong`]: a field breaks a rule, as many wait as may; what the store says.
pub async fn submit(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    (id, said): (&str, &SubmissionPaper),
    (request, key): (&Request, &PseudonymKey),
) -> Result<(), Denied> {
    if said.words.trim().is_empty() || said.words.len() > WORDS_BYTES_MAX {
        let rule = format!("are 1 to {WORDS_BYTES_MAX} bytes");
        return Err(refused("words", rule).into());
    }
    let opinion = said.opinion.as_ref();
    opinion.map(SaidOpinion::opinion).transpose()?;
    // Whoever it would go to: what cannot be given is not kept.
    product(said, request, key)?;
    let states = store.states(View::Of(act.owner), SubmissionPaper::KIND);
    let states = states.await.map_err(LiaisonError::from)?;
    let waiting = states.iter().filter(|(state, _)| state == WAITS);
    if waiting.map(|(_, count)| count).sum::<u64>() >= WAITING_MAX {
        let what = "submissions that wait";
        let most = WAITING_MAX;
        return Err(LiaisonError::Full { what, most }.into());
    }
    let changes = [
        paper::first(act.owner, id, said, act.standing(WAITS, None))?,
        act.audit("submit-council", id, said.class.clone()),
    ];
    Ok(store.apply(&changes).await.map_err(LiaisonError::from)?)
}

/// A product that the council may be given.
enum Product {
    Controlled(Classed<IntegratedControlled, Sheet>),
    Public(Classed<PublicNotice, Sheet>),
}

/// The product of a submission, along the steps of the law.
fn product(
    said: &SubmissionPaper,
    request: &Request,
    key: &PseudonymKey,
) -> Result<Product, Denied> {
    let sheet = Sheet::default().with(
        WORDS,
        sakimori_release::FieldKind::Plain,
        WORDS,
        [said.words.as_str()],
    );
    let marking = Marking {
        tlp: word("tlp", &said.tlp, Tlp::from_name)?,
        pap: word("pap", &said.pap, Pap::from_name)?,
    };
    let work = Work {
        transforms: &[],
        conditions: &request.conditions,
        key,
        now: request.now,
    };
    let provision = |sheet| -> Result<Classed<IntegratedProvision, Sheet>, Refused> {
        let given: Classed<Integrated, Sheet> = Classed::from_open_sources(sheet);
        given.derive(&work).map_err(|stays| stays.why)
    };
    let class = word("class", &said.class, Class::from_name)?;
    let owner = request.actor.clone();
    let nothing = std::iter::empty::<Held<Released, ()>>;
    Ok(match class {
        Class::IntegratedControlled => {
            let made = provision(sheet)?.derive(&work);
            let mut product = made.map_err(|stays| stays.why)?;
            product.mark(marking)?;
            Product::Controlled(product)
        }
        Class::PublicNotice => {
            let made = provision(sheet)?.derive(&work);
            let mut product = made.map_err(|stays| stays.why)?;
            product.mark(marking)?;
            Product::Public(product)
        }
        Class::Selected => {
            let selected = Classed::<Selected, Sheet>::looked_at(nothing(), |_| sheet);
            return Err(none_of_it(&selected, request, key));
        }
        Class::SelectedParty => {
            let selected = Classed::<SelectedParty, Sheet>::looked_at(owner, nothing(), |_| sheet);
            return Err(none_of_it(&selected, request, key));
        }
        Class::Integrated => {
            let own: Classed<Integrated, Sheet> = Classed::from_open_sources(sheet);
            return Err(none_of_it(&own, request, key));
        }
        Class::OperatorReport => {
            let report = Classed::<OperatorReport, Sheet>::reported(owner, sheet);
            return Err(none_of_it(&report, request, key));
        }
        Class::Acquired | Class::ReleasedSelected | Class::IntegratedProvision => {
            return Err(to_nobody(class, request));
        }
    })
}

/// The gate's own answer on a class that the council may not be given.
fn none_of_it<C: Leaves>(
    product: &Classed<C, Sheet>,
    request: &Request,
    key: &PseudonymKey,
) -> Denied {
    match sakimori_release::ask(product, request, key) {
        Err(refusal) => Denied::Refused(Box::new(refusal)),
        Ok(_) => refused("class", "is none that is submitted to the council").into(),
    }
}

/// What the gate says of a class that goes to nobody, and that it cannot be asked to let go.
fn to_nobody(class: Class, request: &Request) -> Denied {
    let subject = Subject {
        class,
        owner: None,
        marking: Marking::STRICTEST,
    };
    let recipients = request.recipients.iter();
    let mut why = recipients.filter_map(|to| judge(subject, to, &[], request.now).err());
    let rule = why.next().map(|refused| refused.to_string());
    refused("class", rule.unwrap_or_else(|| "goes to nobody".to_owned())).into()
}

/// Asks the gate for copies of a submission that waits.
///
/// # Errors
/// [`Denied::Refused`]: the gate refuses, and its entry is to be logged. [`Denied::Wrong`]: it was given before, or a field breaks a rule.
pub fn ask(
    kept: &Written<SubmissionPaper>,
    council: &Council,
    (request, key): (&Request, &PseudonymKey),
) -> Result<Waiting, Denied> {
    if kept.state != WAITS {
        return Err(refused("submission", "was given before").into());
    }
    let submitter = super::name(&kept.owner)?;
    let opinion = kept.said.opinion.as_ref().map(SaidOpinion::opinion);
    let opinion = opinion.transpose()?;
    let denied = |refusal| Denied::Refused(Box::new(refusal));
    Ok(match product(&kept.said, request, key)? {
        Product::Controlled(product) => {
            let submission = Submission::new(product, submitter, opinion);
            let pending = submission.ask(council, request, key);
            Waiting::Controlled(pending.map_err(denied)?)
        }
        Product::Public(product) => {
            let submission = Submission::new(product, submitter, opinion);
            let pending = submission.ask(council, request, key);
            Waiting::Public(pending.map_err(denied)?)
        }
    })
}

/// Keeps the copies of a submission whose entry is in the log, and that it was given. Gives how many copies there are, and whether an opinion was overridden.
///
/// # Errors
/// As [`super::give`]; stale where somebody else gave it meanwhile.
pub async fn give_submission(
    store: &(impl Store + ?Sized),
    act: Act<'_>,
    (kept, waiting): (&Written<SubmissionPaper>, Waiting),
    (entry, council): (Recorded, &mut Council),
    reason: Option<&str>,
) -> Result<(u64, bool), LiaisonError> {
    let words = |sheet: &Sheet| sheet.values(WORDS).join("\n");
    let mut giving = match waiting {
        Waiting::Controlled(copies) => given(act, &copies.recorded(entry, council), words, reason),
        Waiting::Public(copies) => given(act, &copies.recorded(entry, council), words, reason),
    }?;
    let said = SubmissionPaper {
        entry: Some(entry.index()),
        ..kept.said.clone()
    };
    let office = Act {
        owner: OFFICE,
        ..act
    };
    let standing = office.standing(giving.state, None);
    giving.changes.push(kept.next(&said, standing)?);
    store.apply(&giving.changes).await?;
    Ok((giving.count, giving.state == "overridden"))
}

/// A submission.
///
/// # Errors
/// [`LiaisonError::Missing`]; what the store says.
pub async fn submission(
    store: &(impl Papers + ?Sized),
    submitter: &str,
    id: &str,
) -> Result<Written<SubmissionPaper>, LiaisonError> {
    paper::newest(store, submitter, id).await
}

/// Submissions in a view, those that changed last first, at most 100 `before` a place.
///
/// # Errors
/// What the store says; [`LiaisonError::Unreadable`].
pub async fn submissions(
    store: &(impl Papers + ?Sized),
    view: View<'_>,
    before: u64,
) -> Result<Vec<Written<SubmissionPaper>>, LiaisonError> {
    let kind = SubmissionPaper::KIND;
    let kept = store.latest(view, kind, None, before).await?;
    kept.into_iter().map(paper::read).collect()
}
