//! The types of the specification and their properties, as tables. In: a type's name. Out: its table. Never: a rule that needs more than one property, but for
//! "at least one of".

mod domain;
mod extensions;
mod observable;
mod old;

pub(super) use extensions::find as extension;

use super::common::{is_language, is_uri};
use super::form::Form;
use super::rule::Rule;
use crate::json::Node;
use crate::stix::SpecVersion;

/// What kind of thing a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Domain and relationship objects, extension definitions, language content.
    Domain,
    /// Observables.
    Observable,
    /// Marking definitions.
    Marking,
    /// Bundles.
    Bundle,
}

/// A type.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) family: Family,
    /// Its properties beside those of its family.
    pub(super) own: &'static [Property],
    /// Properties of which it has one at least.
    pub(super) any: &'static [&'static str],
}

/// A property.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) required: bool,
}

/// An object within an object.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) own: &'static [Property],
    /// Properties of which it has one at least.
    pub(super) any: &'static [&'static str],
    /// Whether it has no others.
    pub(super) closed: bool,
}

/// A property that has to be there.
const fn must(name: &'static str, form: Form) -> Property {
    Property {
        name,
        form,
        required: true,
    }
}

/// A property that may be there.
const fn may(name: &'static str, form: Form) -> Property {
    Property {
        name,
        form,
        required: false,
    }
}

/// Counts and sizes.
const COUNT: Form = Form::Integer(0, i64::MAX);
/// Any whole number.
const INTEGER: Form = Form::Integer(i64::MIN, i64::MAX);
/// A URL.
const URL: Form = Form::Checked(Rule::Url, is_uri, "is no URI of RFC 3986");
/// A language tag.
const LANGUAGE: Form = Form::Checked(Rule::Language, is_language, "is no tag of RFC 5646");
const KILL_CHAIN: Form = Form::Parts(&Part {
    own: &[
        must("kill_chain_name", Form::Text),
        must("phase_name", Form::Text),
    ],
    any: &[],
    closed: false,
});

const TEXT_OR_INTEGER: Form = Form::DictionaryOf(
    |_, value| value.as_str().is_some() || super::special::is_integer(value),
    "is neither a text nor a whole number",
);

/// Section 2.5.
pub(super) const EXTERNAL: &[Property] = &[
    must("source_name", Form::Text),
    may("description", Form::Text),
    may("url", URL),
    may("hashes", Form::Hashes),
    may("external_id", Form::Text),
];

/// Section 3.2, domain and relationship objects.
const COMMON: &[Property] = &[
    must("spec_version", Form::Text),
    may("id", Form::Any),
    may("created_by_ref", Form::Id(&[])),
    must("created", Form::Milliseconds),
    must("modified", Form::Milliseconds),
    may("revoked", Form::Bool),
    may("labels", Form::Texts),
    may("confidence", Form::Integer(0, 100)),
    may("lang", LANGUAGE),
    may("external_references", Form::External),
    may("object_marking_refs", Form::Ids(&["marking-definition"])),
    may("granular_markings", Form::Granular),
    may("extensions", Form::Extensions),
];

/// Section 3.2, observables.
const OBSERVABLE: &[Property] = &[
    may("spec_version", Form::Text),
    may("id", Form::Any),
    may("object_marking_refs", Form::Ids(&["marking-definition"])),
    may("granular_markings", Form::Granular),
    may("defanged", Form::Bool),
    may("extensions", Form::Extensions),
];

/// Section 3.2, marking definitions.
const MARKING: &[Property] = &[
    must("spec_version", Form::Text),
    may("id", Form::Any),
    may("created_by_ref", Form::Id(&[])),
    must("created", Form::Time),
    may("lang", LANGUAGE),
    may("external_references", Form::External),
    may("object_marking_refs", Form::Ids(&["marking-definition"])),
    may("granular_markings", Form::Granular),
    may("extensions", Form::Extensions),
];

/// STIX 2.0 part 1 section 3.1.
const COMMON_OLD: &[Property] = &[
    may("id", Form::Any),
    may("created_by_ref", Form::Id(&["identity"])),
    must("created", Form::Milliseconds),
    must("modified", Form::Milliseconds),
    may("revoked", Form::Bool),
    may("labels", Form::Texts),
    may("external_references", Form::External),
    may("object_marking_refs", Form::Ids(&["marking-definition"])),
    may("granular_markings", Form::Granular),
];

/// STIX 2.0 part 1 section 4.1.
const MARKING_OLD: &[Property] = &[
    may("id", Form::Any),
    may("created_by_ref", Form::Id(&["identity"])),
    must("created", Form::Time),
    may("external_references", Form::External),
    may("object_marking_refs", Form::Ids(&["marking-definition"])),
    may("granular_markings", Form::Granular),
];

/// STIX 2.0 part 4: observables have a type, and nothing else in common.
const OBSERVABLE_OLD: &[Property] = &[may("extensions", Form::Dictionary)];

/// The properties that every type of a family has.
pub(super) fn common(family: Family, version: SpecVersion) -> &'static [Property] {
    let old = version == SpecVersion::V20;
    match family {
        Family::Domain if old => COMMON_OLD,
        Family::Domain => COMMON,
        Family::Observable if old => OBSERVABLE_OLD,
        Family::Observable => OBSERVABLE,
        Family::Marking if old => MARKING_OLD,
        Family::Marking => MARKING,
        Family::Bundle => &[],
    }
}

/// The table of a type.
pub(super) fn find(name: &str, version: SpecVersion) -> Option<&'static Kind> {
    let lists: [&'static [Kind]; 2] = if version == SpecVersion::V20 {
        [old::KINDS, old::OBSERVABLES]
    } else {
        [domain::KINDS, observable::KINDS]
    };
    lists.into_iter().flatten().find(|kind| kind.name == name)
}

/// Whether a type is an observable of STIX 2.1.
pub(super) fn is_observable(name: &str) -> bool {
    observable::KINDS.iter().any(|kind| kind.name == name)
}

/// A type of one's own without `created` and `modified` is an observable.
pub(super) fn family_of_unknown(node: &Node<'_>) -> Family {
    if node.get("created").is_none() && node.get("modified").is_none() {
        Family::Observable
    } else {
        Family::Domain
    }
}
