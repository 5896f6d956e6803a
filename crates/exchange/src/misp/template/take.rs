//! From STIX to MISP. In: the same templates, STIX objects. Out: the parts that would have made them. Never: a value that no template names and that has no property of
//! its own; the caller keeps such objects whole.

use super::form::{back, may_be};
use super::{Form, Slot, slot};
use crate::misp::{id, limits, moment, relations, value};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// STIX objects by identifier.
pub(in crate::misp) type Objects<'o> = BTreeMap<&'o str, &'o Map<String, Value>>;

/// A value for MISP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::misp) struct Taken {
    /// Which one.
    pub(in crate::misp) name: String,
    /// The value.
    pub(in crate::misp) text: String,
    /// Its file in Base64.
    pub(in crate::misp) data: Option<String>,
    /// The identifier of the object that it was made into.
    pub(in crate::misp) uuid: Option<String>,
}

#[derive(Default)]
struct Piece {
    name: String,
    text: Option<String>,
    left: Option<String>,
    right: Option<String>,
    data: Option<String>,
    uuid: Option<String>,
}

struct Taking<'a> {
    templates: &'a [Value],
    objects: &'a Objects<'a>,
    visited: BTreeSet<&'a str>,
    pieces: Vec<Piece>,
    places: BTreeMap<(usize, String), usize>,
    units: usize,
}

/// Takes the parts out of objects: `ids` are those that belong together.
pub(in crate::misp) fn take<'a>(
    templates: &'a [Value],
    objects: &'a Objects<'a>,
    ids: &'a [String],
    name: &str,
) -> Vec<Taken> {
    let mut taking = Taking {
        templates,
        objects,
        visited: BTreeSet::new(),
        pieces: Vec::new(),
        places: BTreeMap::new(),
        units: 0,
    };
    let main = templates.iter().find(|t| t.get("@for").is_none());
    if let Some(template) = main {
        let found = ids.iter().find_map(|id| {
            let object = objects.get(id.as_str())?;
            fits_type(template, object).then_some((id, *object))
        });
        if let Some((id, object)) = found {
            taking.visited.insert(id.as_str());
            let unit = taking.unit();
            taking.object(template, object, None, unit);
            taking.custom(object, name, unit);
        }
    }
    for id in ids {
        taking.follow(id, None);
    }
    taking.finish()
}

impl<'a> Taking<'a> {
    fn unit(&mut self) -> usize {
        self.units += 1;
        self.units
    }

    fn object(
        &mut self,
        template: &'a Value,
        object: &'a Map<String, Value>,
        current: Option<(&'a str, &'a str)>,
        unit: usize,
    ) {
        let Value::Object(members) = template else {
            return;
        };
        for (name, member) in members {
            if let Some(actual) = object.get(name).filter(|_| name != "@for") {
                self.value(member, actual, current, unit);
            }
        }
    }

    fn value(
        &mut self,
        template: &'a Value,
        actual: &'a Value,
        current: Option<(&'a str, &'a str)>,
        unit: usize,
    ) {
        match (template, actual) {
            (Value::String(text), _) => self.text(text, actual, current, unit),
            (Value::Object(_), Value::Object(object)) => {
                self.object(template, object, current, unit);
            }
            (Value::Array(wanted), Value::Array(found)) => {
                for item in found {
                    if let Some(template) = wanted.iter().find(|t| fits(t, item)) {
                        let apart = many(template) || found.len() > 1;
                        let own = if apart { self.unit() } else { unit };
                        self.value(template, item, current, own);
                    }
                }
            }
            _ => {}
        }
    }

    fn text(
        &mut self,
        template: &'a str,
        actual: &'a Value,
        current: Option<(&'a str, &'a str)>,
        unit: usize,
    ) {
        match slot(template) {
            Slot::Literal | Slot::Has(_) | Slot::Else(_) => {}
            Slot::Reference { names, .. } => {
                if let Some(id) = actual.as_str() {
                    self.follow(id, Some(names));
                }
            }
            Slot::Contact(names) => {
                let Some(text) = actual.as_str() else { return };
                for line in text.split(" / ") {
                    let found = line.split_once(": ");
                    let Some((name, values)) =
                        found.filter(|(name, _)| names.split(',').any(|n| n == *name))
                    else {
                        continue;
                    };
                    for value in values.split("; ") {
                        let own = self.unit();
                        self.piece(name, own).text = Some(value.to_owned());
                    }
                }
            }
            Slot::Person => {
                if let Some(text) = actual.as_str() {
                    self.piece("full-name", unit).text = Some(text.to_owned());
                }
            }
            Slot::Value {
                before,
                name,
                form,
                after,
                ..
            } => {
                let Some(text) = back(actual, form) else {
                    return;
                };
                let inner = text.strip_prefix(before);
                let Some(inner) = inner.and_then(|t| t.strip_suffix(after)) else {
                    return;
                };
                // Of two names the second is for a whole address.
                let name = match name.split_once('|') {
                    Some((_, second)) if inner.contains("://") => second,
                    Some((first, _)) => first,
                    None => name,
                };
                let (name, uuid) = match (name, current) {
                    (".", Some((name, uuid))) => (name, Some(uuid)),
                    (".", None) => return,
                    (name, _) => (name, None),
                };
                let inner = inner.to_owned();
                let piece = self.piece(name, unit);
                if let Some(uuid) = uuid {
                    piece.uuid = Some(uuid.to_owned());
                }
                match form {
                    Form::Data => piece.data = Some(inner),
                    Form::Left => piece.left = Some(inner),
                    Form::Right => piece.right = Some(inner),
                    _ => piece.text = Some(inner),
                }
            }
        }
    }

    fn piece(&mut self, name: &str, unit: usize) -> &mut Piece {
        let behind = self.pieces.len();
        let place = self.places.entry((unit, name.to_owned()));
        let at = *place.or_insert(behind);
        if at == behind {
            self.pieces.push(Piece {
                name: name.to_owned(),
                ..Piece::default()
            });
        }
        // `at` is a place that was just found or made.
        &mut self.pieces[at]
    }

    /// Takes the parts of another object: one that was made for one of the names, or for any.
    fn follow(&mut self, id: &'a str, names: Option<&str>) {
        if self.visited.contains(id) {
            return;
        }
        let Some(object) = self.objects.get(id).copied() else {
            return;
        };
        let template = self.templates.iter().find(|template| {
            let made_for = template.get("@for").and_then(Value::as_str);
            let wanted = made_for.is_some_and(|name| {
                names.is_none_or(|names| names.split('|').any(|wanted| wanted == name))
            });
            wanted && fits_type(template, object)
        });
        let Some(template) = template else {
            return;
        };
        self.visited.insert(id);
        let name = template.get("@for").and_then(Value::as_str);
        let uuid = id::uuid_part(id).unwrap_or_default();
        let unit = self.unit();
        self.object(
            template,
            object,
            Some((name.unwrap_or_default(), uuid)),
            unit,
        );
    }

    /// Properties of their own names.
    fn custom(&mut self, object: &'a Map<String, Value>, name: &str, _unit: usize) {
        for (property, value) in object {
            let Some(folded) = property.strip_prefix("x_misp_") else {
                continue;
            };
            let relation = relations::unfold(name, folded)
                .map_or_else(|| folded.replace('_', "-"), str::to_owned);
            let values = match value {
                Value::Array(items) => items.iter().collect(),
                other => vec![other],
            };
            let is_time = relations::kind_of(name, &relation) == Some("datetime");
            for value in values {
                let unit = self.unit();
                let data = value.get("data").and_then(Value::as_str);
                let inner = value.get("value").unwrap_or(value);
                let Some(mut text) = value::scalar(inner) else {
                    continue;
                };
                if is_time {
                    text = moment::misp_of_stix(&text).unwrap_or(text);
                }
                let piece = self.piece(&relation, unit);
                piece.text = Some(text);
                piece.data = data.map(str::to_owned);
            }
        }
    }

    fn finish(self) -> Vec<Taken> {
        let mut out: Vec<Taken> = Vec::new();
        for piece in self.pieces {
            let joined = match (piece.left, piece.right) {
                (Some(left), Some(right)) => Some(format!("{left}|{right}")),
                (left, right) => left.or(right),
            };
            let text = piece.text.or(joined);
            if text.is_none() && piece.data.is_none() {
                continue;
            }
            out.push(Taken {
                name: piece.name,
                text: text.unwrap_or_default(),
                data: piece.data,
                uuid: piece.uuid,
            });
        }
        merge(out)
    }
}

/// A file that was found apart from its name belongs to the first value of that name; a value that was found twice is one.
fn merge(found: Vec<Taken>) -> Vec<Taken> {
    let mut out: Vec<Taken> = Vec::new();
    let mut whole: BTreeMap<(String, String, Option<String>), usize> = BTreeMap::new();
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for taken in found {
        let key = (taken.name.clone(), taken.text.clone(), taken.uuid.clone());
        let half = first.get(&taken.name).copied().filter(|at| {
            out.get(*at).is_some_and(|known| {
                let apart = known.text.is_empty() || taken.text.is_empty();
                apart && known.data.is_none() != taken.data.is_none()
            })
        });
        let known = whole.get(&key).copied().or(half);
        let Some(known) = known.and_then(|at| out.get_mut(at)) else {
            whole.insert(key, out.len());
            first.entry(taken.name.clone()).or_insert(out.len());
            out.push(taken);
            continue;
        };
        if known.text.is_empty() {
            known.text = taken.text;
        }
        known.data = known.data.take().or(taken.data);
        known.uuid = known.uuid.take().or(taken.uuid);
    }
    out
}

/// Whether templates know every property of objects; what they do not know would be lost.
pub(in crate::misp) fn covers(templates: &[Value], objects: &Objects<'_>, ids: &[String]) -> bool {
    known(templates, objects, ids, |_| false) == Some(true)
}

/// As [`covers`], for objects of which some properties are told elsewhere; `None`: an object is not here, of another type, or has more values than are read.
pub(in crate::misp) fn known(
    templates: &[Value],
    objects: &Objects<'_>,
    ids: &[String],
    elsewhere: impl Fn(&str) -> bool,
) -> Option<bool> {
    let mut weight = 0;
    let mut all = true;
    for id in ids {
        let object = objects.get(id.as_str())?;
        weight += object.values().map(values).sum::<usize>();
        if weight > limits::PARTS_MAX {
            return None;
        }
        let fitting: Vec<&Value> = templates
            .iter()
            .filter(|template| fits_type(template, object))
            .collect();
        if fitting.is_empty() {
            return None;
        }
        all &= fitting
            .into_iter()
            .any(|template| knows(template, object, &elsewhere));
    }
    Some(all)
}

/// Values in a value.
fn values(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(values).sum::<usize>() + 1,
        Value::Object(members) => members.values().map(values).sum::<usize>() + 1,
        _ => 1,
    }
}

/// Properties that every object may have and that have their place beside the template.
const BESIDE: [&str; 11] = [
    "created",
    "created_by_ref",
    "defanged",
    "id",
    "labels",
    "modified",
    "object_marking_refs",
    "pattern_version",
    "spec_version",
    "type",
    "valid_from",
];

fn knows(template: &Value, object: &Map<String, Value>, elsewhere: &impl Fn(&str) -> bool) -> bool {
    object.iter().all(|(name, value)| {
        if BESIDE.contains(&name.as_str()) || name.starts_with("x_misp_") || elsewhere(name) {
            return true;
        }
        match (template.get(name), value) {
            (Some(inner @ Value::Object(_)), Value::Object(object)) => {
                knows(inner, object, elsewhere)
            }
            (found, _) => found.is_some(),
        }
    })
}

fn many(template: &Value) -> bool {
    match template {
        Value::String(text) => matches!(
            slot(text),
            Slot::Value { many: true, .. } | Slot::Reference { many: true, .. }
        ),
        Value::Object(members) => members.values().any(many),
        _ => false,
    }
}

fn fits_type(template: &Value, object: &Map<String, Value>) -> bool {
    let found = object.get("type").and_then(Value::as_str);
    found.is_some_and(|found| is_of_type(template, found))
}

/// Whether a template is one for objects of a type.
pub(in crate::misp) fn is_of_type(template: &Value, found: &str) -> bool {
    match template.get("type").and_then(Value::as_str) {
        Some("{.:addr}") => matches!(found, "ipv4-addr" | "ipv6-addr"),
        wanted => wanted == Some(found),
    }
}

/// Whether the literals of a template stand in a value.
fn fits(template: &Value, actual: &Value) -> bool {
    match (template, actual) {
        (Value::String(text), actual) => match slot(text) {
            Slot::Literal => actual.as_str() == Some(text),
            Slot::Else(_) => false,
            Slot::Value {
                before,
                after,
                form,
                ..
            } => {
                let around = |found: &str| found.starts_with(before) && found.ends_with(after);
                may_be(actual, form) && actual.as_str().is_none_or(around)
            }
            _ => true,
        },
        (Value::Object(members), Value::Object(object)) => {
            members.iter().all(|(name, member)| match object.get(name) {
                Some(found) => fits(member, found),
                None => matches!(member, Value::String(text) if slot(text) != Slot::Literal),
            })
        }
        (Value::Array(_), found) => found.is_array(),
        (other, found) => other == found,
    }
}
