//! Labels. In: labels and marks of a STIX object. Out: what misp-stix wrote into them, and the tags. Never: a label that is dropped.

use super::{Map, Value, refs, text};
use crate::misp::moment;
use crate::misp::tag::Tag;
use sakimori_custody::time::Seconds;

/// What labels say.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels<'o> {
    /// The type of an attribute.
    pub(super) kind: Option<&'o str>,
    /// Its category.
    pub(super) category: Option<&'o str>,
    /// The name of an object.
    pub(super) name: Option<&'o str>,
    /// Its category.
    pub(super) meta_category: Option<&'o str>,
    /// The type of a galaxy.
    pub(super) galaxy_type: Option<&'o str>,
    /// Its name.
    pub(super) galaxy_name: Option<&'o str>,
    /// Whether it is meant for detection.
    pub(super) to_ids: Option<bool>,
    /// Labels that are tags.
    pub(super) tags: Vec<Tag>,
}

/// Reads labels and marks.
pub(super) fn read(object: &Map<String, Value>) -> Labels<'_> {
    let mut out = Labels::default();
    let list = object.get("labels").and_then(Value::as_array);
    for label in list.into_iter().flatten().filter_map(Value::as_str) {
        let value = |name: &str| {
            let rest = label.strip_prefix("misp:")?.strip_prefix(name)?;
            rest.strip_prefix("=\"")?.strip_suffix('"')
        };
        if let Some(found) = value("type") {
            out.kind = Some(found);
        } else if let Some(found) = value("category") {
            out.category = Some(found);
        } else if let Some(found) = value("name") {
            out.name = Some(found);
        } else if let Some(found) = value("meta-category") {
            out.meta_category = Some(found);
        } else if let Some(found) = value("galaxy-type") {
            out.galaxy_type = Some(found);
        } else if let Some(found) = value("galaxy-name") {
            out.galaxy_name = Some(found);
        } else if let Some(found) = value("to_ids") {
            out.to_ids = Some(found == "True");
        } else if !is_ours(label) {
            out.tags.push(tag(label));
        }
    }
    for id in refs(object, "object_marking_refs") {
        if let Some(name) = crate::misp::to_stix::tag_of(&id) {
            out.tags.push(tag(name));
        }
    }
    out
}

/// Labels that say who wrote the STIX and not what it is about.
fn is_ours(label: &str) -> bool {
    label == "Threat-Report"
        || label.starts_with("misp:tool=")
        || label.starts_with("misp:data-layer=")
}

fn tag(name: &str) -> Tag {
    Tag {
        name: name.to_owned(),
        colour: None,
    }
}

/// When an object last changed.
pub(super) fn changed(object: &Map<String, Value>) -> Option<Seconds> {
    moment::read(text(object, "modified")).map(|(time, _)| time)
}
