//! A product and its class. In: values as they come to the house. Out: the same, further along the steps of the law. Never: a step that the law does not know, a
//! look at the value: it has neither `Deref` nor a `Debug` or `Serialize` of what it holds, and leaves through [`crate::gate`] alone.

use crate::condition::{Condition, ConditionKind, Wanted, require};
use crate::content::{Minimise, Transform, apply, check};
use crate::limits::HISTORY_MAX;
use crate::pseudonym::{PseudonymKey, Tagger};
use crate::refused::{Code, Refused, hold};
use crate::tlp::{Marking, Tlp};
use sakimori_custody::class::{
    Class, ClassType, Derives, Integrated, OperatorReport, SelectedParty, StepNeeds,
};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_custody::{Held, Released, Selected};
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

/// Version of the methods by which a step is made; it goes into the log with the step (art. 29: a method is set by order, after consultation).
pub const METHOD_VERSION: u32 = 1;

/// A product of a class.
///
/// It goes on by the steps of the law, and each step looks whether what may not go on is there:
/// ```
/// use sakimori_release::{Classed, PseudonymKey, Work, sheet::Sheet};
/// use sakimori_custody::{class::*, time::Seconds};
/// let key = PseudonymKey::new([7; 32]);
/// let work = Work { transforms: &[], conditions: &[], key: &key, now: Seconds(1) };
/// let open = Classed::from_open_sources(Sheet::plain("a campaign"));
/// let ready = open.derive::<IntegratedProvision>(&work).map_err(|stays| stays.why)?;
/// let notice: Classed<PublicNotice, Sheet> = ready.derive(&work).map_err(|stays| stays.why)?;
/// assert_eq!(format!("{notice:?}"), "Classed<public-notice>(..)");
/// # Ok::<(), sakimori_release::Refused>(())
/// ```
/// The value of a product is not looked at:
/// ```compile_fail,E0614
/// use sakimori_release::Classed;
/// use sakimori_custody::class::PublicNotice;
/// fn look(notice: Classed<PublicNotice, String>) -> String {
///     *notice
/// }
/// ```
/// Nobody reaches the field that holds it:
/// ```compile_fail,E0616
/// use sakimori_release::Classed;
/// use sakimori_custody::class::PublicNotice;
/// fn look(notice: Classed<PublicNotice, String>) -> String {
///     notice.content
/// }
/// ```
/// A product is not serialised:
/// ```compile_fail,E0277
/// use sakimori_release::Classed;
/// use sakimori_custody::class::PublicNotice;
/// fn write(notice: &Classed<PublicNotice, String>) -> String {
///     serde_json::to_string(notice).unwrap_or_default()
/// }
/// ```
/// A product is not made of parts of another:
/// ```compile_fail,E0451
/// use sakimori_release::Classed;
/// use sakimori_custody::class::PublicNotice;
/// fn make(other: Classed<PublicNotice, u8>) -> Classed<PublicNotice, u8> {
///     Classed { content: 1, ..other }
/// }
/// ```
/// What is still in custody is no product:
/// ```compile_fail,E0271
/// use sakimori_release::Classed;
/// use sakimori_custody::{Held, Selected};
/// fn skip(held: Held<Selected, String>) -> Classed<Selected, String> {
///     Classed::<Selected, String>::looked_at([held], |mut rows| rows.remove(0))
/// }
/// ```
/// What was selected is no public notice, whoever asks for one:
/// ```compile_fail,E0308
/// use sakimori_release::Classed;
/// use sakimori_custody::{Selected, class::PublicNotice};
/// fn publish(notice: Classed<PublicNotice, String>) {}
/// fn leak(rows: Classed<Selected, String>) {
///     publish(rows);
/// }
/// ```
/// What was selected does not become a public notice in one step:
/// ```compile_fail,E0277
/// use sakimori_release::{Classed, Work, sheet::Sheet};
/// use sakimori_custody::{Selected, class::PublicNotice};
/// fn leak(rows: Classed<Selected, Sheet>, work: &Work<'_>) {
///     let _ = rows.derive::<PublicNotice>(work);
/// }
/// ```
/// What an operator reported does not become a public notice in one step:
/// ```compile_fail,E0277
/// use sakimori_release::{Classed, Work, sheet::Sheet};
/// use sakimori_custody::class::{OperatorReport, PublicNotice};
/// fn leak(report: Classed<OperatorReport, Sheet>, work: &Work<'_>) {
///     let _ = report.derive::<PublicNotice>(work);
/// }
/// ```
/// Products of two classes are not put together:
/// ```compile_fail,E0308
/// use sakimori_release::Classed;
/// use sakimori_custody::class::{Integrated, OperatorReport};
/// fn mix(one: Classed<Integrated, u8>, other: Classed<OperatorReport, u8>) -> Classed<Integrated, (u8, u8)> {
///     one.and(other)
/// }
/// ```
/// What went a step on is gone:
/// ```compile_fail,E0382
/// use sakimori_release::{Classed, Work, sheet::Sheet};
/// use sakimori_custody::class::{Integrated, IntegratedProvision};
/// fn twice(one: Classed<Integrated, Sheet>, work: &Work<'_>) {
///     let _ = one.derive::<IntegratedProvision>(work);
///     let _ = one.derive::<IntegratedProvision>(work);
/// }
/// ```
#[must_use]
pub struct Classed<C: ClassType, T> {
    pub(crate) content: T,
    pub(crate) about: About,
    class: PhantomData<fn() -> C>,
}

/// What is said of a product beside its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// The party or reporter whose own it is.
    pub(crate) owner: Option<Name>,
    /// The classes that it was taken in as.
    pub(crate) from: BTreeSet<Class>,
    /// Steps and their transforms, in order.
    pub(crate) history: Vec<String>,
    pub(crate) marking: Marking,
}

impl About {
    fn new(class: Class, owner: Option<Name>) -> Self {
        Self {
            owner,
            from: BTreeSet::from([class]),
            history: Vec::new(),
            marking: Marking::STRICTEST,
        }
    }
}

/// A product that did not go on, and why. It is as it was before the step.
pub struct Stays<C: ClassType, T> {
    /// Why.
    pub why: Refused,
    /// The product.
    pub product: Classed<C, T>,
}

impl<C: ClassType, T> fmt::Debug for Stays<C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} stays: {}", self.product, self.why)
    }
}

/// With what a step is made.
#[derive(Debug)]
pub struct Work<'w> {
    /// What is done first.
    pub transforms: &'w [Transform],
    /// Consents, where the step asks for one.
    pub conditions: &'w [Condition],
    /// The house's key of tags.
    pub key: &'w PseudonymKey,
    /// The time.
    pub now: Seconds,
}

impl<T> Classed<Selected, T> {
    /// A product made of records that were looked at on record.
    pub fn looked_at<R>(
        records: impl IntoIterator<Item = Held<Released, R>>,
        make: impl FnOnce(Vec<R>) -> T,
    ) -> Self {
        Self::new(taken(records, make), About::new(Class::Selected, None))
    }
}

impl<T> Classed<SelectedParty, T> {
    /// A product made of records of one party that were looked at on record.
    pub fn looked_at<R>(
        party: Name,
        records: impl IntoIterator<Item = Held<Released, R>>,
        make: impl FnOnce(Vec<R>) -> T,
    ) -> Self {
        let about = About::new(Class::SelectedParty, Some(party));
        Self::new(taken(records, make), about)
    }
}

fn taken<R, T>(
    records: impl IntoIterator<Item = Held<Released, R>>,
    make: impl FnOnce(Vec<R>) -> T,
) -> T {
    make(records.into_iter().map(Held::into_inner).collect())
}

impl<T> Classed<OperatorReport, T> {
    /// What an operator reported.
    pub fn reported(reporter: Name, content: T) -> Self {
        let about = About::new(Class::OperatorReport, Some(reporter));
        Self::new(content, about)
    }
}

impl<T> Classed<Integrated, T> {
    /// An analysis of what everybody can read, or of what others published or gave.
    pub fn from_open_sources(content: T) -> Self {
        Self::new(content, About::new(Class::Integrated, None))
    }
}

impl<C: ClassType, T> Classed<C, T> {
    pub(crate) const fn new(content: T, about: About) -> Self {
        Self {
            content,
            about,
            class: PhantomData,
        }
    }

    /// Its class.
    pub const fn class(&self) -> Class {
        C::CLASS
    }

    /// Its marking; the strictest until somebody marks it.
    pub const fn marking(&self) -> Marking {
        self.about.marking
    }

    /// The party or reporter whose own it is.
    pub const fn owner(&self) -> Option<&Name> {
        self.about.owner.as_ref()
    }

    /// Marks it.
    ///
    /// # Errors
    /// `TLP_LOOSER`: its class may not carry this; the marking is as it was.
    pub fn mark(&mut self, marking: Marking) -> Result<(), Refused> {
        marking.fits(C::CLASS)?;
        self.about.marking = marking;
        Ok(())
    }

    /// Computes on the value; the result is of the same class, with the same marking.
    pub fn map<U>(self, compute: impl FnOnce(T) -> U) -> Classed<C, U> {
        Classed::new(compute(self.content), self.about)
    }

    /// Puts two products of a class together: the stricter marking, both pasts. What was the own of two is nobody's own.
    pub fn and<U>(self, other: Classed<C, U>) -> Classed<C, (T, U)> {
        let (mut about, beside) = (self.about, other.about);
        if about.owner != beside.owner {
            about.owner = None;
        }
        about.from.extend(beside.from);
        for step in beside.history {
            if !about.history.contains(&step) {
                about.history.push(step);
            }
        }
        about.marking = about.marking.and(beside.marking);
        Classed::new((self.content, other.content), about)
    }
}

impl<C: ClassType, T: Minimise> Classed<C, T> {
    /// Goes a step of the law: does the transforms, with tags of the house, and looks whether anything is left that the next class may not hold. The marking is the
    /// same, or the loosest of the next class where that is stricter.
    ///
    /// # Errors
    /// [`Stays`] gives the product back as it was: `CLASS_VIOLATION` with the field, `NOT_MINIMISED` or `TRANSFORM_FORM` with the transform, a `CONDITION_` where
    /// the party's consent is not there, `TOO_LARGE` where it has too long a past.
    pub fn derive<To: ClassType>(self, work: &Work<'_>) -> Result<Classed<To, T>, Box<Stays<C, T>>>
    where
        C: Derives<To>,
    {
        match self.next::<To>(work) {
            Ok(next) => Ok(next),
            Err(why) => Err(Box::new(Stays { why, product: self })),
        }
    }

    fn next<To: ClassType>(&self, work: &Work<'_>) -> Result<Classed<To, T>, Refused>
    where
        C: Derives<To>,
    {
        if C::NEEDS == StepNeeds::ProcessingAndConsent {
            let party = self.owner();
            let none = || Refused::new(Code::ConditionMissing, "of several parties");
            let wanted = Wanted {
                recipient: None,
                by: Some(party.ok_or_else(none)?),
            };
            require(
                work.conditions,
                ConditionKind::PartyConsent,
                wanted,
                work.now,
            )?;
        }
        let mut content = self.content.clone();
        apply(&mut content, work.transforms, &Tagger::house(work.key))?;
        check(&content, To::CLASS)?;
        let mut about = self.about.clone();
        about.owner = None;
        about.marking.tlp = about.marking.tlp.max(Tlp::loosest(To::CLASS));
        about
            .history
            .push(format!("{} > {} {METHOD_VERSION}", C::CLASS, To::CLASS));
        about
            .history
            .extend(work.transforms.iter().map(ToString::to_string));
        let short = about.history.len() <= HISTORY_MAX;
        hold(short, Code::TooLarge, "too many steps and transforms")?;
        Ok(Classed::new(content, about))
    }
}

impl<C: ClassType, T> fmt::Debug for Classed<C, T> {
    /// The class only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Classed<{}>(..)", C::CLASS)
    }
}
