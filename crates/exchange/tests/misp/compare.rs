//! Comparing STIX objects and attributes by what they say.

use sakimori_exchange::misp::{Attribute, Object, ToStix};
use serde_json::{Map, Value};

/// The value of a file of the test data.
pub(crate) fn json(test: &str, path: &str) -> Option<Value> {
    let path = sakimori_testkit::data(test, path)?;
    let bytes = std::fs::read(path).unwrap();
    Some(serde_json::from_slice(&bytes).unwrap())
}

/// What was written, as values.
pub(crate) fn objects(written: &ToStix) -> Vec<Value> {
    let each = written.objects.iter();
    each.map(|object| serde_json::from_str(&object.text).unwrap())
        .collect()
}

/// What does not count: identifiers of relationships, which are random there, and references to them.
pub(crate) fn plain(object: &Value) -> Value {
    let mut object = object.as_object().unwrap().clone();
    if object.get("type") == Some(&Value::from("relationship")) {
        object.remove("id");
    }
    if let Some(Value::Array(refs)) = object.get_mut("object_refs") {
        for id in refs {
            if id
                .as_str()
                .is_some_and(|id| id.starts_with("relationship--"))
            {
                *id = Value::from("relationship");
            }
        }
    }
    Value::Object(object)
}

/// The first difference between two lists of objects, in words.
pub(crate) fn difference(found: &[Value], expected: &[Value]) -> Option<String> {
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let (Value::Object(found), Value::Object(expected)) = (found, expected) else {
            return Some(format!("object {at} is none"));
        };
        if let Some(words) = members(found, expected) {
            let kind = expected.get("type").and_then(Value::as_str);
            return Some(format!("{}: {words}", kind.unwrap_or_default()));
        }
    }
    (found.len() != expected.len())
        .then(|| format!("{} objects and not {}", found.len(), expected.len()))
}

fn members(found: &Map<String, Value>, expected: &Map<String, Value>) -> Option<String> {
    for name in expected.keys().chain(found.keys()) {
        let (is, wanted) = (found.get(name), expected.get(name));
        if is != wanted {
            let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            return Some(format!("`{name}` is {} and not {}", text(is), text(wanted)));
        }
    }
    None
}

/// What counts of attributes: relation, type, value, file, purpose; sorted.
pub(crate) fn attribute_rows(attributes: &[Attribute]) -> Vec<String> {
    let mut rows: Vec<String> = attributes.iter().map(row).collect();
    rows.sort();
    rows
}

pub(crate) fn row(attribute: &Attribute) -> String {
    format!(
        "{} {} {:?} {:?} {}",
        attribute.relation.as_deref().unwrap_or("-"),
        attribute.kind,
        attribute.value,
        attribute.data,
        attribute.is_for_detection(),
    )
}

/// The same of objects.
pub(crate) fn object_rows(objects: &[Object]) -> Vec<String> {
    let mut rows = Vec::new();
    for object in objects {
        let uuid = object.uuid.as_deref().unwrap_or_default();
        let (name, category) = (&object.name, &object.meta_category);
        rows.push(format!("{name} {category} {uuid}"));
        rows.extend(attribute_rows(&object.attributes));
    }
    rows
}
