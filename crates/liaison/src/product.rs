//! Products: what the office makes of reports and of open sources and lets go through the release gate. In: indicators and words of an analyst, where they come from, for whom, on
//! which basis. Out: what waits for its log entry, or a refusal that is an entry too; then a copy for each recipient and STIX objects. Never: the operator whose report it was made
//! of, in what is for others; a copy without its entry.
//!
//! 1. [`prepare`] makes the product, takes it along the steps of the law and asks the gate.
//! 2. The caller enters [`Waiting::act`], or [`Refusal::act`](sakimori_release::Refusal::act), into the log.
//! 3. What is recorded is [`given`] to each recipient, and its [`objects`] go into a collection whose readers are all among them.

mod class;
mod copy;
mod known;
mod plain;
mod stix;

pub use class::{LetGo, Waiting};
pub use copy::{Given, WEB, copies, copies_of, given, is_there, published, versions};
pub use known::{Known, Operators, known, names_one};
pub use stix::{Maker, objects, uuid_of};
pub(crate) use stix::{definition, id_of, millis, uuid};

use crate::error::LiaisonError;
use sakimori_custody::class::{
    Class, Integrated, IntegratedControlled, IntegratedProvision, OperatorReport, PublicNotice,
};
use sakimori_custody::ids::Name;
use sakimori_exchange::list::What;
use sakimori_release::gate::Leaves;
use sakimori_release::sheet::Sheet;
use sakimori_release::{
    Classed, FieldKind, Marking, Pending, PseudonymKey, RecipientKind, Refusal, Refused, Request,
    Transform, Work, ask,
};

/// Most indicators of a product: a list that people can look through.
pub const INDICATORS_MAX: usize = 1000;
/// Longest words of a product, in bytes.
pub const WORDS_BYTES_MAX: usize = 16 << 10;

/// Fields of a product. What tells of whom it is stands in fields of its own, so that a step can take it out and the gate can see that it is gone.
const WORDS: &str = "words";
const INDICATORS: &str = "indicators";
const REPORTER: &str = "reporter";
const CASE: &str = "case";
/// A report as it came.
const DOCUMENT: &str = "document";
/// How a weakness is mended or worked around: what a supplier is given goes with it (art. 42(1)).
const FIX: &str = "fix";
/// Most further fields of a product, and most values of one.
const FIELDS_MAX: usize = 50;
/// Longest value of a further field, in bytes.
const VALUE_BYTES_MAX: usize = 16 << 10;

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

/// A further field of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    /// 1 to 64 of `a-z 0-9 . _ -`.
    pub name: String,
    /// What it tells.
    pub kind: FieldKind,
    /// What it says.
    pub values: Vec<String>,
}

/// What an analyst wants to let go.
#[derive(Clone, Debug)]
pub struct Wish {
    /// As what it leaves: [`Class::PublicNotice`], [`Class::IntegratedControlled`], [`Class::Integrated`], or [`Class::OperatorReport`] to ministers.
    pub class: Class,
    /// Where it comes from.
    pub source: Source,
    /// What to look for, as people write it.
    pub indicators: Vec<String>,
    /// What it means and what to do.
    pub words: String,
    /// What else it says.
    pub fields: Vec<Extra>,
    /// Of a report, the document as it came.
    pub document: Option<String>,
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

/// Makes a product, takes it along the steps of the law to its class, and asks the gate for it. Of what a step may not carry on, what tells of an operator or stands in a report is taken
/// out at that step, and the log names it; a secret is not: it makes the product one that is to be controlled.
///
/// # Errors
/// [`Denied`].
pub fn prepare(
    wish: &Wish,
    operators: &dyn Operators,
    key: &PseudonymKey,
) -> Result<Waiting, Denied> {
    let sheet = sheet(wish, operators)?;
    if wish.class == Class::OperatorReport {
        return Ok(Waiting::Report(report(wish, sheet, key)?));
    }
    let integrated = integrated(wish, sheet, key)?;
    if wish.class == Class::Integrated {
        return Ok(Waiting::Integrated(asked(integrated, wish, key)?));
    }
    let parties = removed(wish, &[FieldKind::Party], REPORTER);
    let provision = integrated
        .derive::<IntegratedProvision>(&work(&parties, &wish.request, key))
        .map_err(|stays| stays.why)?;
    let none = work(&[], &wish.request, key);
    match wish.class {
        Class::PublicNotice => {
            let product = provision.derive::<PublicNotice>(&none);
            let product = product.map_err(|stays| stays.why)?;
            Ok(Waiting::Public(asked(product, wish, key)?))
        }
        Class::IntegratedControlled => {
            let product = provision.derive::<IntegratedControlled>(&none);
            let product = product.map_err(|stays| stays.why)?;
            Ok(Waiting::Controlled(asked(product, wish, key)?))
        }
        other => {
            let rule = format!("a product of reports and open sources does not leave as {other}");
            Err(wrong("class", &rule).into())
        }
    }
}

/// Marks a product and asks the gate.
fn asked<C: Leaves>(
    mut product: Classed<C, Sheet>,
    wish: &Wish,
    key: &PseudonymKey,
) -> Result<Pending<C, Sheet>, Denied> {
    product.mark(wish.marking)?;
    ask(&product, &wish.request, key).map_err(|refusal| Denied::Refused(Box::new(refusal)))
}

/// A report as it came, for the ministers that the law names (art. 8), or for who filed it.
fn report(
    wish: &Wish,
    sheet: Sheet,
    key: &PseudonymKey,
) -> Result<Pending<OperatorReport, Sheet>, Denied> {
    let Source::Report { operator, case } = &wish.source else {
        return Err(wrong("from", &"says of which case it is").into());
    };
    let document = wish.document.as_deref();
    let document = document.ok_or_else(|| wrong(DOCUMENT, &"is missing"))?;
    let sheet =
        of_case(sheet, operator, case).with(DOCUMENT, FieldKind::Report, DOCUMENT, [document]);
    let report = Classed::<OperatorReport, _>::reported(operator.clone(), sheet);
    asked(report, wish, key)
}

fn of_case(sheet: Sheet, operator: &Name, case: &Name) -> Sheet {
    sheet
        .with(REPORTER, FieldKind::Party, "operator", [operator.as_str()])
        .with(CASE, FieldKind::Report, "case", [case.as_str()])
}

/// Integrated analysis of a report or of open sources.
fn integrated(
    wish: &Wish,
    sheet: Sheet,
    key: &PseudonymKey,
) -> Result<Classed<Integrated, Sheet>, Denied> {
    match &wish.source {
        Source::Open => Ok(Classed::from_open_sources(sheet)),
        Source::Report { operator, case } => {
            let sheet = of_case(sheet, operator, case);
            let report = Classed::<OperatorReport, _>::reported(operator.clone(), sheet);
            let theirs = removed(wish, &[FieldKind::Report, FieldKind::Personal], CASE);
            let derived = report.derive::<Integrated>(&work(&theirs, &wish.request, key));
            Ok(derived.map_err(|stays| stays.why)?)
        }
    }
}

/// What is taken out at a step: further fields of these kinds, and a field of a product that comes from a report.
fn removed(wish: &Wish, kinds: &[FieldKind], field: &str) -> Vec<Transform> {
    let own = matches!(wish.source, Source::Report { .. }).then(|| field.to_owned());
    let fields = wish
        .fields
        .iter()
        .filter(|field| kinds.contains(&field.kind));
    let names = own
        .into_iter()
        .chain(fields.map(|field| field.name.clone()));
    names.map(Transform::Remove).collect()
}

/// What an analyst wrote, as fields. What is plain names no operator and holds no thing of one.
fn sheet(wish: &Wish, operators: &dyn Operators) -> Result<Sheet, LiaisonError> {
    // Basis and rights stand in the log, which is open.
    for (field, text) in [
        ("basis", &wish.request.basis),
        ("rights", &wish.request.rights),
    ] {
        unnamed(field, text, operators)?;
    }
    let indicators = indicators(&wish.indicators, operators)?;
    words(&wish.words, operators)?;
    let texts: Vec<String> = indicators.iter().map(ToString::to_string).collect();
    let texts = texts.iter().map(String::as_str);
    let mut sheet = Sheet::default()
        .with(WORDS, FieldKind::Plain, "words", [wish.words.as_str()])
        .with(INDICATORS, FieldKind::Plain, "indicator", texts);
    if wish.fields.len() > FIELDS_MAX {
        return Err(wrong("fields", &format!("are more than {FIELDS_MAX}")));
    }
    for (at, field) in wish.fields.iter().enumerate() {
        let place = format!("fields[{at}]");
        extra(&place, field, operators)?;
        if !sheet.values(&field.name).is_empty() {
            return Err(wrong(&place, &"is there twice"));
        }
        let values = field.values.iter().map(String::as_str);
        sheet = sheet.with(&field.name, field.kind, &field.name, values);
    }
    let supplier = |to: &sakimori_release::Recipient| to.kind == RecipientKind::Supplier;
    if wish.request.recipients.iter().any(supplier) && sheet.values(FIX).is_empty() {
        let rule =
            "what a supplier is given says how it is mended or worked around, in a field `fix`";
        return Err(wrong("fields", &rule));
    }
    Ok(sheet)
}

fn unnamed(field: &str, text: &str, operators: &dyn Operators) -> Result<(), LiaisonError> {
    if names_one(text, operators) {
        return Err(wrong(field, &"names an operator"));
    }
    Ok(())
}

fn extra(place: &str, field: &Extra, operators: &dyn Operators) -> Result<(), LiaisonError> {
    let own = [WORDS, INDICATORS, REPORTER, CASE, DOCUMENT];
    let inner = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    let named = (1..=64).contains(&field.name.len()) && field.name.bytes().all(inner);
    if !named || own.contains(&field.name.as_str()) {
        return Err(wrong(
            place,
            &"has a name of 1 to 64 of a-z 0-9 . _ - that is not taken",
        ));
    }
    if matches!(field.kind, FieldKind::Selected) {
        return Err(wrong(
            place,
            &"selected information is in no product of this kind",
        ));
    }
    if field.values.is_empty() || field.values.len() > FIELDS_MAX {
        return Err(wrong(place, &format!("has 1 to {FIELDS_MAX} values")));
    }
    for value in &field.values {
        text(place, value, VALUE_BYTES_MAX)?;
        // What tells of an operator stands in a field that says so, which a step takes out.
        if matches!(field.kind, FieldKind::Plain | FieldKind::Secret) {
            unnamed(place, value, operators)?;
        }
    }
    Ok(())
}

/// Holds a text to what can be shown.
fn text(field: &str, text: &str, most: usize) -> Result<(), LiaisonError> {
    if text.trim().is_empty() || text.len() > most {
        return Err(wrong(
            field,
            &format!("say what it means, in at most {most} bytes"),
        ));
    }
    if text
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(wrong(field, &"has a control character"));
    }
    Ok(())
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
        unnamed(&field(), &what.to_string(), operators)?;
        if !all.contains(&what) {
            all.push(what);
        }
    }
    Ok(all)
}

/// Holds words to what a product may say.
fn words(words: &str, operators: &dyn Operators) -> Result<(), LiaisonError> {
    text(WORDS, words, WORDS_BYTES_MAX)?;
    unnamed(WORDS, words, operators)
}
