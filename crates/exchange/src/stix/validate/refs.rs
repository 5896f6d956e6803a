//! Ids and references. In: a text. Out: findings. Never: a look whether the other object exists: it may come later.

use super::Judge;
use super::rule::Rule;
use crate::json::Node;
use crate::stix::{Id, is_type_name};

/// An id of an object of one of the types; of any where there is no list.
pub(super) fn id(judge: &mut Judge, text: &str, kinds: &[&str]) {
    match parse(judge, text) {
        Some(id) if !kinds.is_empty() && !kinds.contains(&id.kind) => {
            judge.error(
                Rule::Reference,
                format!("refers to no {}", kinds.join(", ")),
            );
        }
        _ => {}
    }
}

/// An id of an object of another type than these.
pub(super) fn id_of_others(judge: &mut Judge, text: &str, kinds: &[&str]) {
    if let Some(id) = parse(judge, text).filter(|id| kinds.contains(&id.kind)) {
        judge.error(Rule::Reference, format!("refers to a {}", id.kind));
    }
}

/// A reference of an observable. Within observed data it is a key, which is judged with the objects beside it.
pub(super) fn reference(judge: &mut Judge, text: &str, kinds: &[&str]) {
    if !judge.within_data {
        id(judge, text, kinds);
    }
}

fn parse<'t>(judge: &mut Judge, text: &'t str) -> Option<Id<'t>> {
    let parsed = Id::parse(text);
    match parsed {
        Ok(id) if judge.is_v20() && id.uuid_version != 4 => {
            judge.error(
                Rule::IdForm,
                "has no UUID of version 4, as STIX 2.0 asks for",
            );
            None
        }
        Ok(id) => Some(id),
        Err(error) => {
            judge.error(Rule::IdForm, error.to_string());
            None
        }
    }
}

/// Types whose identifying properties may all be missing, and these properties: without them the UUID is random (section 2.9).
const MAY_BE_RANDOM: [(&str, &[&str]); 5] = [
    ("artifact", &["hashes", "payload_bin"]),
    ("email-message", &["from_ref", "subject", "body"]),
    (
        "user-account",
        &["account_type", "user_id", "account_login"],
    ),
    ("windows-registry-key", &["key", "values"]),
    ("x509-certificate", &["hashes", "serial_number"]),
];

impl Judge {
    pub(super) fn type_name(&mut self, name: &str) {
        // A hyphen at the end was allowed by the schemas of OASIS and stays so.
        let name = name.strip_suffix('-').unwrap_or(name);
        if !is_type_name(name) || name.contains("--") {
            self.within("type", |judge| {
                judge.error(Rule::TypeName, "is no type name");
            });
        }
        if name == "action" {
            self.within("type", |judge| {
                judge.error(Rule::Reserved, "is a name that is kept for later versions");
            });
        }
    }

    pub(super) fn id(&mut self, node: &Node<'_>, kind: &str) {
        let Some(value) = node.get("id") else {
            // Observables within observed data of STIX 2.0 have none.
            if !(self.within_data && self.is_v20()) {
                self.error(Rule::Required, "has no `id`");
            }
            return;
        };
        self.within("id", |judge| {
            let Some(text) = value.as_str() else {
                judge.error(Rule::PropertyType, "is not a text");
                return;
            };
            let Some(id) = parse(judge, text) else {
                return;
            };
            if id.kind != kind {
                judge.error(Rule::IdType, "does not begin with the object's type");
            }
            if judge.is_v20() {
                return;
            }
            let random = MAY_BE_RANDOM
                .iter()
                .any(|(name, from)| *name == kind && from.iter().all(|p| node.get(p).is_none()));
            let observable = super::kinds::is_observable(kind) && kind != "process";
            if (random || kind == "process") && id.uuid_version != 4 {
                judge.error(
                    Rule::IdUuid,
                    "is made of no property and has no UUID of version 4",
                );
            } else if observable && !random && id.uuid_version != 5 {
                judge.warn(Rule::IdUuid, "has no UUID of version 5");
            } else if !observable && id.uuid_version != 4 {
                judge.warn(Rule::IdUuid, "has no UUID of version 4");
            }
        });
    }
}
