//! What is in a product, and how it is cut down. In: products that say what their fields are. Out: products with fields removed, counts put together, tags in place of
//! names, each shown to be so. Never: trust that a transform did what it says: the product is asked again.

use crate::limits::{FIELD_BYTES_MAX, PRODUCT_BYTES_MAX, TRANSFORMS_MAX};
use crate::pseudonym::Tagger;
use crate::refused::{Code, Refused, hold};
use sakimori_custody::class::Class;
use sakimori_custody::coded;
use std::fmt;

coded! {
    /// What a field tells.
    FieldKind: u8 {
        /// Nothing of the others.
        Plain = 1 "plain",
        /// Who somebody is, as a tag.
        Pseudonym = 2 "pseudonym",
        /// Which operator or party it happened to.
        Party = 3 "party",
        /// Who a person is (art. 24).
        Personal = 4 "personal",
        /// A secret that has to be controlled.
        Secret = 5 "secret",
        /// Selected information itself.
        Selected = 6 "selected",
        /// What an operator wrote in a report.
        Report = 7 "report",
    }
}

/// What a class may hold; what it holds beside is a violation of the class, at each step and at the gate.
pub const fn may_hold(class: Class) -> &'static [FieldKind] {
    use FieldKind::{Party, Personal, Plain, Pseudonym, Report, Secret, Selected};
    match class {
        // Nothing of it is a product.
        Class::Acquired => &[],
        Class::Selected => &[Plain, Pseudonym, Selected],
        Class::SelectedParty => &[Plain, Pseudonym, Party, Selected],
        Class::ReleasedSelected => &[Plain, Pseudonym],
        Class::Integrated => &[Plain, Pseudonym, Party, Secret],
        Class::IntegratedProvision | Class::IntegratedControlled => &[Plain, Pseudonym, Secret],
        Class::PublicNotice => &[Plain],
        Class::OperatorReport => &[Plain, Pseudonym, Party, Personal, Secret, Report],
    }
}

/// A field of a product: its name and what it tells, never what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// 1 to 64 of `a-z 0-9 . _ -`; one field, or all of that name in a list.
    pub name: String,
    /// What it tells.
    pub kind: FieldKind,
}

/// A product that can be cut down.
pub trait Minimise: Clone {
    /// Every field that is there, with what it tells.
    fn fields(&self) -> Vec<Field>;

    /// Takes a field out.
    fn remove(&mut self, field: &str);

    /// Puts tags in place of what a field holds. The field is [`FieldKind::Pseudonym`] then, and may be tagged again: the values that the tagger is given then are the
    /// tags that are there.
    fn pseudonymise(&mut self, field: &str, tagger: &Tagger<'_>);

    /// Puts together, or takes out, all groups of fewer than `least` cases.
    fn aggregate(&mut self, least: u64);

    /// Cases of the smallest group that it tells of; `None` where it tells of none.
    fn smallest_group(&self) -> Option<u64>;

    /// The bytes as they leave.
    fn bytes(&self) -> Vec<u8>;
}

/// What is done to a product before it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transform {
    /// A field is taken out.
    Remove(String),
    /// Groups of fewer than so many cases are put together or taken out; 2 at least.
    Aggregate(u64),
    /// Tags stand in place of what a field holds.
    Pseudonymise(String),
}

impl fmt::Display for Transform {
    /// As in the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remove(field) => write!(f, "remove {field}"),
            Self::Aggregate(least) => write!(f, "aggregate {least}"),
            Self::Pseudonymise(field) => write!(f, "pseudonymise {field}"),
        }
    }
}

/// Whether a text is the name of a field.
pub(crate) fn is_field(text: &str) -> bool {
    let inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    (1..=FIELD_BYTES_MAX).contains(&text.len()) && text.bytes().all(inner)
}

/// What a product says that a field tells; `None` where it has none of that name. Of several of a name, the kind that tells most counts.
fn kind_of<T: Minimise>(product: &T, name: &str) -> Option<FieldKind> {
    let fields = product.fields();
    let named = fields.iter().filter(|field| field.name == name);
    named.map(|field| field.kind).max()
}

/// Does all transforms in their order.
///
/// # Errors
/// `TRANSFORM_FORM`: one names no field of the product. `NOT_MINIMISED`: the product is not as it has to be behind one.
pub(crate) fn apply<T: Minimise>(
    product: &mut T,
    transforms: &[Transform],
    tagger: &Tagger<'_>,
) -> Result<(), Refused> {
    let few = transforms.len() <= TRANSFORMS_MAX;
    hold(
        few,
        Code::TransformForm,
        format!("{TRANSFORMS_MAX} transforms at most"),
    )?;
    for transform in transforms {
        let done = match transform {
            Transform::Remove(field) | Transform::Pseudonymise(field)
                if !is_field(field) || kind_of(product, field).is_none() =>
            {
                return Err(Refused::new(Code::TransformForm, transform));
            }
            Transform::Remove(field) => {
                product.remove(field);
                kind_of(product, field).is_none()
            }
            Transform::Pseudonymise(field) => {
                // What has a tag already has the one of this audience.
                if kind_of(product, field) != Some(FieldKind::Pseudonym) {
                    product.pseudonymise(field, tagger);
                }
                kind_of(product, field) == Some(FieldKind::Pseudonym)
            }
            Transform::Aggregate(least) => {
                hold(*least >= 2, Code::TransformForm, transform)?;
                product.aggregate(*least);
                product.smallest_group().is_none_or(|cases| cases >= *least)
            }
        };
        hold(done, Code::NotMinimised, transform)?;
    }
    Ok(())
}

/// Puts the audience's tags in place of the house's, so that no two audiences have the same.
pub(crate) fn tag_again<T: Minimise>(product: &mut T, tagger: &Tagger<'_>) {
    let mut tagged: Vec<String> = product
        .fields()
        .into_iter()
        .filter(|field| field.kind == FieldKind::Pseudonym)
        .map(|field| field.name)
        .collect();
    tagged.sort();
    tagged.dedup();
    let again = tagger.again();
    for field in tagged {
        product.pseudonymise(&field, &again);
    }
}

/// Whether a product holds only what its class may.
///
/// # Errors
/// `CLASS_VIOLATION` with the first field that it may not hold, `TRANSFORM_FORM` with one that has no name of a field, `TOO_LARGE`.
pub(crate) fn check<T: Minimise>(product: &T, class: Class) -> Result<(), Refused> {
    for field in product.fields() {
        let Field { name, kind } = &field;
        hold(is_field(name), Code::TransformForm, "a field has no name")?;
        let fits = may_hold(class).contains(kind);
        let what = || format!("field `{name}` ({kind}) in {class}");
        hold(fits, Code::ClassViolation, what())?;
    }
    Ok(())
}

/// The bytes that leave, where they are not too many.
///
/// # Errors
/// `TOO_LARGE`.
pub(crate) fn bytes<T: Minimise>(product: &T) -> Result<Vec<u8>, Refused> {
    let bytes = product.bytes();
    let what = || format!("{} bytes, {PRODUCT_BYTES_MAX} at most", bytes.len());
    hold(bytes.len() <= PRODUCT_BYTES_MAX, Code::TooLarge, what())?;
    Ok(bytes)
}
