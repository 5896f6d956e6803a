//! The release gate. In: a product of a class, who asks, for whom, on which basis, with which conditions, what is taken out first, the time. Out: [`Pending`], whose entry
//! has to be in the log before the product can be taken out; or a [`Refusal`], which has an entry too. Never: a product for somebody whom the matrix refuses, one
//! that is as it was where only the needed part may go, a part of the audience served and a part not.

use crate::classed::Classed;
use crate::condition::{Condition, ConditionKind, Wanted, require};
use crate::content::{Minimise, Transform, apply, bytes, check, tag_again};
use crate::limits::{CONDITIONS_MAX, HISTORY_MAX, TEXT_BYTES_MAX};
use crate::matrix::{Cell, Rule, look_up};
use crate::pseudonym::{PseudonymKey, Tagger};
use crate::recipient::{Recipient, RecipientKind, audience};
use crate::record::{Record, record};
use crate::refused::{Code, Refused, hold};
use crate::tlp::{Marking, Tlp};
use sakimori_custody::class::{
    Class, ClassType, Integrated, IntegratedControlled, OperatorReport, PublicNotice, SelectedParty,
};
use sakimori_custody::entry::Act;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_custody::{Recorded, Selected};
use sha2::{Digest, Sha256};
use std::fmt;

mod sealed {
    pub trait Sealed {}
}

/// A class that somebody may be given. The other three go to nobody, and asking for them does not compile.
///
/// Acquired information has no way out:
/// ```compile_fail,E0277
/// use sakimori_custody::Acquired;
/// use sakimori_release::{Classed, PseudonymKey, Request, ask, sheet::Sheet};
/// fn leak(raw: &Classed<Acquired, Sheet>, request: &Request, key: &PseudonymKey) {
///     let _ = ask(raw, request, key);
/// }
/// ```
/// What was processed and goes into integrated analysis has no way out:
/// ```compile_fail,E0277
/// use sakimori_custody::class::ReleasedSelected;
/// use sakimori_release::{Classed, PseudonymKey, Request, ask, sheet::Sheet};
/// fn leak(processed: &Classed<ReleasedSelected, Sheet>, request: &Request, key: &PseudonymKey) {
///     let _ = ask(processed, request, key);
/// }
/// ```
/// What is not split yet has no way out:
/// ```compile_fail,E0277
/// use sakimori_custody::class::IntegratedProvision;
/// use sakimori_release::{Classed, PseudonymKey, Request, ask, sheet::Sheet};
/// fn leak(ready: &Classed<IntegratedProvision, Sheet>, request: &Request, key: &PseudonymKey) {
///     let _ = ask(ready, request, key);
/// }
/// ```
/// A further class cannot be let out:
/// ```compile_fail,E0117
/// use sakimori_custody::class::ReleasedSelected;
/// impl sakimori_release::gate::Leaves for ReleasedSelected {}
/// ```
pub trait Leaves: ClassType + sealed::Sealed {}

macro_rules! leaves {
    ($($class:ident)+) => {
        $(
            impl sealed::Sealed for $class {}
            impl Leaves for $class {}
        )+
        /// The classes that somebody may be given.
        pub const LEAVING: &[Class] = &[$(Class::$class,)+];
    };
}
leaves! { Selected SelectedParty Integrated IntegratedControlled PublicNotice OperatorReport }

/// What somebody asks the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub actor: Name,
    /// On which legal basis and for which purpose.
    pub basis: String,
    /// How the rights of communication parties were considered (art. 43).
    pub rights: String,
    /// For whom: all of them or nobody.
    pub recipients: Vec<Recipient>,
    /// What the law asks for beside.
    pub conditions: Vec<Condition>,
    /// What is done to the product first.
    pub transforms: Vec<Transform>,
    /// The time.
    pub now: Seconds,
}

/// What the gate looks at for each recipient.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'s> {
    /// The class.
    pub class: Class,
    /// Whose own it is.
    pub owner: Option<&'s Name>,
    /// The marking.
    pub marking: Marking,
}

/// Whether a recipient may be given what is of this class and marking, with these conditions, now. It says nothing about content: what is [`Rule::Minimised`] has to be cut
/// down first. For programs that serve what is already released, object by object.
///
/// # Errors
/// The first that stands against it: `CLASS_VIOLATION`, `NOT_OWN`, a `TLP_`, a `CONDITION_`.
pub fn judge(
    subject: Subject<'_>,
    recipient: &Recipient,
    conditions: &[Condition],
    now: Seconds,
) -> Result<&'static Cell, Refused> {
    let Subject {
        class,
        owner,
        marking,
    } = subject;
    let cell = look_up(class, recipient.kind);
    let pair = || format!("{class} to {recipient}");
    hold(cell.rule != Rule::Refuse, Code::ClassViolation, pair())?;
    let own = owner.is_some_and(|owner| *owner == recipient.name);
    hold(cell.rule != Rule::Own || own, Code::NotOwn, recipient)?;
    marking.fits(class)?;
    marked_for(marking.tlp, recipient)?;
    for kind in cell.rule.conditions() {
        let by = if *kind == ConditionKind::PriorConsent {
            let none = || Refused::new(Code::ConditionMissing, "of several parties");
            Some(owner.ok_or_else(none)?)
        } else {
            None
        };
        let wanted = Wanted {
            recipient: Some(&recipient.name),
            by,
        };
        require(conditions, *kind, wanted, now)?;
    }
    Ok(cell)
}

/// Whether a marking lets a recipient have it.
fn marked_for(tlp: Tlp, recipient: &Recipient) -> Result<(), Refused> {
    let what = || format!("{} to {recipient}", tlp.label());
    let public = recipient.kind == RecipientKind::Public;
    hold(!public || tlp == Tlp::Clear, Code::TlpAudience, what())?;
    let read = !recipient.tlp1_only || tlp.version1().is_some();
    hold(read, Code::TlpVersion, what())
}

/// Asks the gate. The product stays where it is; a copy is cut down and waits for its entry.
///
/// # Errors
/// [`Refusal`]: nothing leaves, and its entry is to be logged.
pub fn ask<C: Leaves, T: Minimise>(
    product: &Classed<C, T>,
    request: &Request,
    key: &PseudonymKey,
) -> Result<Pending<C, T>, Refusal> {
    match pass(product, request, key) {
        Ok((content, hash)) => Ok(Pending {
            product: Classed::new(content, product.about.clone()),
            record: record(&product.about, C::CLASS, request, Ok(hash)),
            recipients: request.recipients.clone(),
            now: request.now,
        }),
        Err(refused) => Err(refusal(product, request, refused)),
    }
}

/// A refusal with its entry.
pub(crate) fn refusal<C: ClassType, T>(
    product: &Classed<C, T>,
    request: &Request,
    refused: Refused,
) -> Refusal {
    Refusal {
        record: record(&product.about, C::CLASS, request, Err(refused.code)),
        refused,
        now: request.now,
    }
}

/// All that is looked at, and the copy that leaves with its SHA-256.
fn pass<C: Leaves, T: Minimise>(
    product: &Classed<C, T>,
    request: &Request,
    key: &PseudonymKey,
) -> Result<(T, [u8; 32]), Refused> {
    form(request)?;
    let about = &product.about;
    let short = about.history.len() <= HISTORY_MAX;
    hold(short, Code::TooLarge, "too many steps and transforms")?;
    let subject = Subject {
        class: C::CLASS,
        owner: about.owner.as_ref(),
        marking: about.marking,
    };
    let mut minimised = false;
    for recipient in &request.recipients {
        let cell = judge(subject, recipient, &request.conditions, request.now)?;
        minimised |= cell.rule == Rule::Minimised;
    }
    let tagger = Tagger::audience(key, &request.recipients);
    let mut content = product.content.clone();
    tag_again(&mut content, &tagger);
    let before = if minimised {
        Some(bytes(&content)?)
    } else {
        None
    };
    apply(&mut content, &request.transforms, &tagger)?;
    check(&content, C::CLASS)?;
    let leaving = bytes(&content)?;
    let cut = before.is_none_or(|before| before != leaving);
    hold(cut, Code::NotMinimised, "nothing was taken out")?;
    Ok((content, Sha256::digest(&leaving).into()))
}

/// Whether a request says what it has to.
fn form(request: &Request) -> Result<(), Refused> {
    audience(&request.recipients)?;
    for (text, what) in [(&request.basis, "basis"), (&request.rights, "rights")] {
        let said = !text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX;
        hold(said, Code::BasisMissing, what)?;
    }
    let few = request.conditions.len() <= CONDITIONS_MAX;
    hold(few, Code::TooLarge, "too many conditions")
}

/// A product that may leave once its entry is in the log.
///
/// What waits for its entry is not looked at:
/// ```compile_fail,E0599
/// use sakimori_custody::class::PublicNotice;
/// use sakimori_release::Pending;
/// fn early(pending: Pending<PublicNotice, String>) -> String {
///     pending.into_content()
/// }
/// ```
/// What waited leaves once:
/// ```compile_fail,E0382
/// use sakimori_custody::{Recorded, class::PublicNotice};
/// use sakimori_release::Pending;
/// fn twice(pending: Pending<PublicNotice, u8>) -> [u8; 2] {
///     [pending.recorded(Recorded::at(1)).into_content(), pending.recorded(Recorded::at(1)).into_content()]
/// }
/// ```
#[must_use]
pub struct Pending<C: ClassType, T> {
    product: Classed<C, T>,
    record: Record,
    recipients: Vec<Recipient>,
    now: Seconds,
}

impl<C: ClassType, T> Pending<C, T> {
    /// Body and counters of the entry that has to be in the log.
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// The act that has to be in the log.
    pub fn act(&self) -> Act {
        self.record.act(self.now)
    }

    /// Lets the product go: its entry is in the log.
    pub fn recorded(self, entry: Recorded) -> Released<C, T> {
        Released {
            content: self.product.content,
            marking: self.product.about.marking,
            recipients: self.recipients,
            entry,
            class: std::marker::PhantomData,
        }
    }
}

impl<C: ClassType, T> fmt::Debug for Pending<C, T> {
    /// The class only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pending<{}>(..)", C::CLASS)
    }
}

/// A product that left, on record.
pub struct Released<C: ClassType, T> {
    content: T,
    marking: Marking,
    recipients: Vec<Recipient>,
    entry: Recorded,
    class: std::marker::PhantomData<fn() -> C>,
}

impl<C: ClassType, T> Released<C, T> {
    /// Its class, to be shown on it.
    pub const fn class(&self) -> Class {
        C::CLASS
    }

    /// Its marking, to be shown on it.
    pub const fn marking(&self) -> Marking {
        self.marking
    }

    /// Who may be given it, and nobody else.
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// Whether it comes with the handling of controlled information.
    pub fn is_controlled(&self) -> bool {
        C::CLASS == Class::IntegratedControlled
    }

    /// The entry that it left under.
    pub const fn entry(&self) -> Recorded {
        self.entry
    }

    /// The product itself.
    pub const fn content(&self) -> &T {
        &self.content
    }

    /// The product itself, out of its class.
    pub fn into_content(self) -> T {
        self.content
    }
}

impl<C: ClassType, T> fmt::Debug for Released<C, T> {
    /// Class and entry only: it may be for few people yet.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Released<{}>(entry {})", C::CLASS, self.entry.index())
    }
}

/// A release that was refused. It goes into the log as well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{refused}")]
pub struct Refusal {
    /// Why.
    pub refused: Refused,
    /// Body and counters of its entry.
    pub record: Record,
    /// The time of the request.
    pub now: Seconds,
}

impl Refusal {
    /// The act that is to be entered.
    pub fn act(&self) -> Act {
        self.record.act(self.now)
    }
}
