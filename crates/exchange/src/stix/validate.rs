//! What the specification says against an object: the rules of STIX 2.1 (OASIS Standard, 10 June 2021), and of 2.0 as far as whoever still sends it needs. In: an object
//! as it was read. Out: findings with a rule, its section and a JSON Pointer. Never: a change of the object, a refusal of what the specification lets be one's own.
//!
//! Errors are what makes an object invalid, warnings what a recommendation asks for: drawn as OASIS's `stix2-validator` 3.2.0 draws the line, but for what [`DIFFERENCES`]
//! lists.

mod common;
mod form;
mod kinds;
mod marking;
mod refs;
mod rule;
mod special;
mod warn;
mod words;

pub use rule::{Rule, Severity};

use super::object::SpecVersion;
use crate::json::{Node, Value, push_step};
use kinds::{Family, Kind};
use std::collections::BTreeMap;
use std::fmt;

/// Most findings about one object: nobody reads more.
const FINDINGS_MAX: usize = 100;

/// What one rule says about one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule, with its section.
    pub rule: Rule,
    /// Whether it makes the object invalid.
    pub severity: Severity,
    /// JSON Pointer to the place.
    pub pointer: String,
    /// What is wrong there, as the end of a sentence about the place.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            severity,
            pointer,
            text,
        } = self;
        write!(
            f,
            "{severity} {} ({}): `{pointer}` {text}",
            rule.id(),
            rule.section()
        )
    }
}

/// Where the line between errors and none is drawn otherwise than `stix2-validator` 3.2.0 draws it, each with the section that says so.
pub const DIFFERENCES: &[&str] = &[
    "2.16: a leap second and a day that no calendar has are errors in every timestamp, also in custom types",
    "2.10: a number beyond 2^53 that is written with a point or a power is no whole number",
    "2.9: the type in an id has to be that of the object, also for custom types",
    "3.1: the whole name of a property has to be lower case, not only its beginning",
    "3.2, 3.7: times are compared as moments and not as texts",
    "2.9: references of observables are ids of the types that section 6 names, but within `objects` of observed data; samples of malware are files and artifacts",
    "3.2: any well-formed language tag of RFC 5646 is accepted, not only those of a list",
    "3.8: names that are kept for later versions are errors in marking definitions too",
    "6.4: a name with an underscore is accepted",
    "6.6: a header field with a list of one text is accepted, as the section asks",
    "6.9: an IPv6 address that is written with IPv4 digits is accepted; one with a zone or blank is not",
    "6.14: an item of `languages` has to be three letters, and need not be in a list",
    "9.2 to 9.5: `REPEATS 0`, `WITHIN 0` and impossible days are errors; hash values within `IN` are judged one by one, parts of them within `LIKE` not",
];

/// Judges an object; a bundle with all that it holds. `around` is the version of the bundle that it came in, if that says 2.0.
///
/// Findings come in the order of the text of the rules, errors and warnings mixed.
pub fn judge(node: &Node<'_>, around: Option<SpecVersion>) -> Vec<Finding> {
    let mut judge = Judge::new(version_of(node, around));
    if node.text_of("type") == Some("bundle") {
        judge.bundle(node);
    } else {
        judge.object(node);
    }
    judge.out
}

/// Whether nothing makes it invalid.
pub fn is_valid(findings: &[Finding]) -> bool {
    findings.iter().all(|one| one.severity != Severity::Error)
}

fn version_of(node: &Node<'_>, around: Option<SpecVersion>) -> SpecVersion {
    match node.text_of("spec_version").and_then(SpecVersion::parse) {
        Some(said) => said,
        None if around == Some(SpecVersion::V20) => SpecVersion::V20,
        None => SpecVersion::V21,
    }
}

/// Findings in the making.
struct Judge {
    version: SpecVersion,
    /// Whether the object is one of those in `objects` of observed data, whose references are keys of each other.
    within_data: bool,
    /// JSON Pointer to the value that is looked at.
    pointer: String,
    out: Vec<Finding>,
}

impl Judge {
    const fn new(version: SpecVersion) -> Self {
        Self {
            version,
            within_data: false,
            pointer: String::new(),
            out: Vec::new(),
        }
    }

    fn tell(&mut self, rule: Rule, severity: Severity, text: impl Into<String>) {
        if self.out.len() < FINDINGS_MAX {
            // BOUND: what is quoted of an object in a finding is cut: a property may have megabytes.
            let text: String = text.into().chars().take(200).collect();
            self.out.push(Finding {
                rule,
                severity,
                pointer: self.pointer.clone(),
                text,
            });
        }
    }

    fn error(&mut self, rule: Rule, text: impl Into<String>) {
        self.tell(rule, Severity::Error, text);
    }

    fn warn(&mut self, rule: Rule, text: impl Into<String>) {
        self.tell(rule, Severity::Warning, text);
    }

    /// Looks at a member or item.
    fn within(&mut self, step: &str, look: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        push_step(&mut self.pointer, step);
        look(self);
        self.pointer.truncate(length);
    }

    fn is_v20(&self) -> bool {
        self.version == SpecVersion::V20
    }

    fn bundle(&mut self, node: &Node<'_>) {
        let around = node.text_of("spec_version").and_then(SpecVersion::parse);
        self.id(node, "bundle");
        match node.get("objects") {
            None => {}
            Some(Node {
                value: Value::List(items),
                ..
            }) if !items.is_empty() => {
                self.within("objects", |judge| judge.objects(items, around));
                self.doubles(items);
            }
            Some(_) => self.within("objects", |judge| {
                judge.error(Rule::EmptyList, "is no list of objects, or an empty one");
            }),
        }
        self.custom_properties(node, &["type", "id", "objects"]);
    }

    fn objects(&mut self, items: &[Node<'_>], around: Option<SpecVersion>) {
        for (at, item) in items.iter().enumerate() {
            // The bound on findings is one for each object.
            let mut inner = Self::new(version_of_member(item, around));
            inner.pointer.clone_from(&self.pointer);
            push_step(&mut inner.pointer, &at.to_string());
            inner.object(item);
            self.out.append(&mut inner.out);
        }
    }

    /// One object of two versions that call themselves the same.
    fn doubles(&mut self, items: &[Node<'_>]) {
        let mut seen = BTreeMap::new();
        for (at, item) in items.iter().enumerate() {
            let key = (item.text_of("id"), item.text_of("modified"));
            if let ((Some(_), Some(_)), Some(_)) = (key, seen.insert(key, at)) {
                self.within("objects", |judge| {
                    judge.within(&at.to_string(), |judge| {
                        judge.warn(
                            Rule::DoubleId,
                            "has the id and `modified` of an earlier one",
                        );
                    });
                });
            }
        }
    }

    fn object(&mut self, node: &Node<'_>) {
        if !node.is_object() {
            self.error(Rule::PropertyType, "is no object");
            return;
        }
        let Some(name) = node.text_of("type").map(str::to_owned) else {
            self.error(Rule::Required, "has no `type`");
            return;
        };
        let said = node.get("spec_version");
        let readable = said.is_none_or(|said| {
            said.as_str()
                .is_some_and(|t| SpecVersion::parse(t).is_some())
        });
        if !readable || (self.version != SpecVersion::V20 && self.version != SpecVersion::V21) {
            self.within("spec_version", |judge| {
                judge.error(Rule::SpecVersion, "is none of 2.0 and 2.1");
            });
            return;
        }
        let kind = kinds::find(&name, self.version);
        self.type_name(&name);
        self.id(node, &name);
        self.names_and_values(node);
        let family = kind.map_or_else(|| kinds::family_of_unknown(node), |kind| kind.family);
        self.properties(node, kinds::common(family, self.version));
        if let Some(kind) = kind {
            self.properties(node, kind.own);
            self.any_of(node, kind.any);
            special::conditions(self, kind, node);
        }
        self.order_of_times(node);
        marking::judge(self, node);
        self.custom(node, kind);
        warn::judge(self, node, kind);
    }

    /// Whether one of the properties is there, where a type has to have one.
    fn any_of(&mut self, node: &Node<'_>, any: &[&str]) {
        if !any.is_empty() && any.iter().all(|name| node.get(name).is_none()) {
            self.error(Rule::OneOf, format!("has none of {}", any.join(", ")));
        }
    }

    /// Custom types and properties: they are kept, and a warning says that an extension would be better.
    fn custom(&mut self, node: &Node<'_>, kind: Option<&Kind>) {
        let Some(kind) = kind else {
            let made = ["new-sdo", "new-sco", "new-sro"];
            if !self.is_v20() && !common::extends(node, &made) {
                self.warn(Rule::CustomType, "is of a type that no extension defines");
            }
            return;
        };
        if kind.family != Family::Bundle && !common::extends(node, &["toplevel-property-extension"])
        {
            let mut known: Vec<&str> = kinds::common(kind.family, self.version)
                .iter()
                .chain(kind.own)
                .map(|property| property.name)
                .collect();
            known.push("type");
            self.custom_properties(node, &known);
        }
    }

    fn custom_properties(&mut self, node: &Node<'_>, known: &[&str]) {
        for member in node.members() {
            if !known.contains(&member.name.as_ref()) {
                self.within(&member.name, |judge| {
                    judge.warn(
                        Rule::CustomProperty,
                        "is a property that no extension defines",
                    );
                });
            }
        }
    }
}

/// The version that an object of a bundle is judged by: a bundle of 2.0 holds objects of 2.0; one of 2.1 may hold them too, and they say no version but have `created`.
fn version_of_member(item: &Node<'_>, around: Option<SpecVersion>) -> SpecVersion {
    if around == Some(SpecVersion::V20) {
        return SpecVersion::V20;
    }
    if item.get("spec_version").is_none() && item.get("created").is_some() {
        return SpecVersion::V20;
    }
    version_of(item, around)
}

#[cfg(test)]
mod tests;
