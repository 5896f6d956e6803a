//! What an entry of a release says, for those who hold it against the rules. In: the open body of an entry of type 45, its counters, the minute of its entry. Out: the fields, and the rule that
//! it breaks. Never: more than stands in the entry: whose own a product was, and what it held, are the gate's to know.
//!
//! `docs/reference/formats.md` sections 18 (I13) and 20.

use crate::condition::ConditionKind;
use crate::matrix::{Rule, look_up};
use crate::recipient::RecipientKind;
use crate::record::RELEASED;
use crate::tlp::{Marking, Pap, Tlp};
use sakimori_custody::class::Class;
use sakimori_custody::ids::{Name, unhex};
use sakimori_custody::time::Seconds;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;

/// Longest word for an outcome.
const OUTCOME_BYTES_MAX: usize = 32;

/// The body as JSON has it.
#[derive(Deserialize)]
struct Body {
    actor: String,
    class_from: Vec<String>,
    class_to: String,
    recipients: Vec<String>,
    basis: String,
    rights: String,
    conditions: Vec<String>,
    transforms: Vec<String>,
    tlp: String,
    pap: String,
    product_sha256: String,
    outcome: String,
}

/// A condition as the entry names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidCondition {
    /// What it is.
    pub kind: ConditionKind,
    /// About whom; everybody where there is nobody.
    pub recipient: Option<Name>,
    /// Who said it.
    pub by: Name,
    /// From when.
    pub given: Seconds,
    /// Until when.
    pub until: Seconds,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who asked.
    pub actor: Name,
    /// As what the product was taken in.
    pub class_from: Vec<Class>,
    /// Its class.
    pub class_to: Class,
    /// For whom.
    pub recipients: Vec<(RecipientKind, Name)>,
    /// The legal basis.
    pub basis: String,
    /// What it does to the rights of communication parties.
    pub rights: String,
    /// What the law asks for beside.
    pub conditions: Vec<SaidCondition>,
    /// Steps and transforms.
    pub transforms: Vec<String>,
    /// The marking.
    pub marking: Marking,
    /// SHA-256 of what left; nothing where nothing did.
    pub product: Option<[u8; 32]>,
    /// The code of the refusal; `None` where it was released.
    pub refusal: Option<String>,
}

/// Which part of rule I13 is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It leaves something open, or contradicts its counters.
    Fields,
    /// Class and recipients do not go together, or the product cannot have become of that class.
    Class,
    /// A condition is missing, or does not hold then.
    Condition,
    /// The marking is looser than the class, or than the recipients allow.
    Tlp,
}

/// A body that is none: the field, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SaidError(String);

fn wrong(field: &str, text: &str) -> SaidError {
    let short: String = text.chars().take(80).collect();
    SaidError(format!("`{short}` is no value of `{field}`"))
}

fn each<T>(
    field: &str,
    texts: &[String],
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, SaidError> {
    let one = |text: &String| read(text).ok_or_else(|| wrong(field, text));
    texts.iter().map(one).collect()
}

fn recipient(text: &str) -> Option<(RecipientKind, Name)> {
    let (kind, name) = text.split_once('/')?;
    Some((RecipientKind::from_name(kind)?, name.parse().ok()?))
}

fn condition(text: &str) -> Option<SaidCondition> {
    let mut parts = text.split('/');
    let mut next = || parts.next();
    let (kind, recipient, by) = (next()?, next()?, next()?);
    let (given, until) = (next()?, next()?);
    if next().is_some() {
        return None;
    }
    Some(SaidCondition {
        kind: ConditionKind::from_name(kind)?,
        recipient: match recipient {
            "-" => None,
            name => Some(name.parse().ok()?),
        },
        by: by.parse().ok()?,
        given: given.parse().ok()?,
        until: until.parse().ok()?,
    })
}

fn outcome(text: &str) -> Option<Option<String>> {
    if text == RELEASED {
        return Some(None);
    }
    let word = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    let fits = (1..=OUTCOME_BYTES_MAX).contains(&text.len()) && text.bytes().all(word);
    fits.then(|| Some(text.to_owned()))
}

impl Said {
    /// Reads a body. Keys that the page does not name are passed over.
    ///
    /// # Errors
    /// [`SaidError`] names the field.
    pub fn read(bytes: &[u8]) -> Result<Self, SaidError> {
        let body: Body = serde_json::from_slice(bytes).map_err(|e| SaidError(e.to_string()))?;
        let class = |word: &str| Class::from_name(word);
        let product = match body.product_sha256.as_str() {
            "" => None,
            text => Some(unhex(text).ok_or_else(|| wrong("product_sha256", text))?),
        };
        let actor = body
            .actor
            .parse()
            .map_err(|_| wrong("actor", &body.actor))?;
        let (tlp, pap) = (Tlp::from_name(&body.tlp), Pap::from_name(&body.pap));
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Ok(Self {
            actor,
            class_from: each("class_from", &body.class_from, class)?,
            class_to: class(&body.class_to).ok_or_else(|| wrong("class_to", &body.class_to))?,
            recipients: each("recipients", &body.recipients, recipient)?,
            conditions: each("conditions", &body.conditions, condition)?,
            transforms: each("transforms", &body.transforms, text)?,
            marking: Marking {
                tlp: tlp.ok_or_else(|| wrong("tlp", &body.tlp))?,
                pap: pap.ok_or_else(|| wrong("pap", &body.pap))?,
            },
            product,
            refusal: outcome(&body.outcome).ok_or_else(|| wrong("outcome", &body.outcome))?,
            basis: body.basis,
            rights: body.rights,
        })
    }

    /// Holds it against rule I13. `counters` are those of its envelope, `minute` the first and last second of its minute.
    ///
    /// # Errors
    /// The first part that is broken, and by what.
    pub fn judge(&self, counters: [u64; 2], minute: [Seconds; 2]) -> Result<(), (Broken, String)> {
        let released = self.refusal.is_none();
        let counted = (counters[0] == 0) == released
            && counters[1] == self.recipients.len() as u64
            && self.product.is_some() == released;
        hold(counted, Broken::Fields, "counters, outcome and product")?;
        if !released {
            return Ok(());
        }
        let from: BTreeSet<_> = self.class_from.iter().collect();
        let to: BTreeSet<_> = self.recipients.iter().collect();
        let once = from.len() == self.class_from.len() && to.len() == self.recipients.len();
        hold(once, Broken::Fields, "a class or recipient twice")?;
        let said = !self.basis.trim().is_empty() && !self.rights.trim().is_empty();
        let named = !from.is_empty() && !to.is_empty();
        hold(
            said && named,
            Broken::Fields,
            "basis, rights, classes or recipients",
        )?;
        let to = self.class_to;
        for class in &self.class_from {
            let what = format!("{class} to {to}");
            hold(class.leads_to(to), Broken::Class, what)?;
        }
        for (kind, name) in &self.recipients {
            let refused = look_up(to, *kind).rule == Rule::Refuse;
            hold(!refused, Broken::Class, format!("{to} to {kind}/{name}"))?;
        }
        for (kind, name) in &self.recipients {
            self.conditions(*kind, name, minute)?;
        }
        let (tlp, loosest) = (self.marking.tlp, Tlp::loosest(to));
        let public = self
            .recipients
            .iter()
            .any(|(kind, _)| *kind == RecipientKind::Public);
        let fits = tlp >= loosest && (!public || tlp == Tlp::Clear);
        hold(fits, Broken::Tlp, tlp.label())
    }

    /// Whether all that the pair asks for is named and holds.
    fn conditions(
        &self,
        kind: RecipientKind,
        name: &Name,
        [first, last]: [Seconds; 2],
    ) -> Result<(), (Broken, String)> {
        let rule = look_up(self.class_to, kind).rule;
        let cut = rule != Rule::Minimised || !self.transforms.is_empty();
        hold(
            cut,
            Broken::Condition,
            format!("nothing was taken out for {kind}/{name}"),
        )?;
        for wanted in rule.conditions() {
            let holds = |said: &&SaidCondition| {
                said.kind == *wanted
                    && said.recipient.as_ref().is_none_or(|about| about == name)
                    && said.given <= last
                    && said.until >= first
            };
            let found = self.conditions.iter().any(|said| holds(&said));
            hold(
                found,
                Broken::Condition,
                format!("{wanted} of {kind}/{name}"),
            )?;
        }
        Ok(())
    }
}

fn hold(holds: bool, broken: Broken, what: impl fmt::Display) -> Result<(), (Broken, String)> {
    if holds {
        Ok(())
    } else {
        Err((broken, what.to_string()))
    }
}
