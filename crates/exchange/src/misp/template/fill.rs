//! From MISP to STIX. In: templates, parts. Out: STIX objects with their identifiers, and which parts found no place. Never: a number or time that is written otherwise
//! than it was meant; what has no such form goes into a property of its own, as it is.

use super::{Form, PERSON, Part, Slot, address_type, formed, slot};
use crate::misp::{moment, relations};
use serde_json::{Map, Value, json};

/// The objects of one set of templates.
#[derive(Debug, Default)]
pub(in crate::misp) struct Built {
    /// The objects, in the order of the templates.
    pub(in crate::misp) objects: Vec<Map<String, Value>>,
    /// Whether each part has found its place.
    pub(in crate::misp) used: Vec<bool>,
    /// Whether each part's file has.
    kept: Vec<bool>,
}

struct Filling<'a> {
    parts: &'a [Part<'a>],
    used: Vec<bool>,
    kept: Vec<bool>,
    main: String,
    /// Part and identifier of each object that is made for a part.
    made: Vec<(usize, String)>,
}

/// Fills templates: objects for parts get the part's identifier, the others the owner's.
pub(in crate::misp) fn fill(templates: &[Value], parts: &[Part<'_>], owner: &str) -> Built {
    let mut filling = Filling {
        parts,
        used: vec![false; parts.len()],
        kept: parts.iter().map(|part| part.data.is_none()).collect(),
        main: String::new(),
        made: Vec::new(),
    };
    let plan = filling.plan(templates, owner);
    let mut objects = Vec::with_capacity(plan.len());
    for (template, current, id) in plan {
        if let Some(at) = current {
            filling.mark(at);
        }
        let (filled, _) = filling.object(template, current);
        let mut object = filled.unwrap_or_default();
        object.remove("@for");
        object.remove("@unless");
        let kind = id.split_once("--").map_or("", |(kind, _)| kind);
        object.insert("type".to_owned(), json!(kind));
        object.insert("id".to_owned(), json!(id));
        object.insert("spec_version".to_owned(), json!("2.1"));
        objects.push(object);
    }
    Built {
        objects,
        used: filling.used,
        kept: filling.kept,
    }
}

/// Adds what found no place to an object, each name as a property of its own.
pub(in crate::misp) fn rest(built: &mut Built, parts: &[Part<'_>]) {
    let placed = built.used.iter().zip(&built.kept);
    let placed = placed.map(|(used, kept)| *used && *kept);
    let left = parts.iter().zip(placed).filter(|(_, placed)| !placed);
    let mut properties: Vec<(String, Vec<Value>)> = Vec::new();
    for (part, _) in left {
        let name = format!("x_misp_{}", relations::fold(part.name));
        let value = custom(part);
        match properties.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => properties.push((name, vec![value])),
        }
    }
    let Some(object) = built.objects.first_mut() else {
        return;
    };
    for (name, mut values) in properties {
        let value = if values.len() == 1 {
            values.swap_remove(0)
        } else {
            Value::Array(values)
        };
        object.insert(name, value);
    }
}

fn custom(part: &Part<'_>) -> Value {
    if let Some(data) = part.data {
        return json!({"value": part.text, "data": data});
    }
    if part.kind == "datetime" {
        let time = moment::stix_of_misp(part.text);
        return json!(time.as_deref().unwrap_or(part.text));
    }
    match (part.kind, part.text) {
        ("boolean", "True") => json!(true),
        ("boolean", "False") => json!(false),
        (_, text) => json!(text),
    }
}

type Planned<'t> = (&'t Value, Option<usize>, String);

impl Filling<'_> {
    /// Which objects are made: their identifiers are needed before any is filled.
    fn plan<'t>(&mut self, templates: &'t [Value], owner: &str) -> Vec<Planned<'t>> {
        let mut plan = Vec::new();
        for template in templates {
            let kind = template.get("type").and_then(Value::as_str);
            let kind = kind.unwrap_or_default();
            let Some(name) = template.get("@for").and_then(Value::as_str) else {
                let id = format!("{kind}--{owner}");
                self.main.clone_from(&id);
                plan.push((template, None, id));
                continue;
            };
            let unless = template.get("@unless").and_then(Value::as_str);
            if unless.is_some_and(|other| self.parts.iter().any(|part| part.name == other)) {
                continue;
            }
            for (at, part) in self.parts.iter().enumerate() {
                if part.name != name || !wants(template, part) {
                    continue;
                }
                let kind = if kind == "{.:addr}" {
                    address_type(part.text)
                } else {
                    kind
                };
                let id = format!("{kind}--{}", part.uuid);
                self.made.push((at, id.clone()));
                plan.push((template, Some(at), id));
            }
        }
        plan
    }

    fn mark(&mut self, at: usize) {
        if let Some(used) = self.used.get_mut(at) {
            *used = true;
        }
    }

    /// What was taken of a part: its file, or its value. What only follows from a value does not take it.
    fn place(&mut self, at: usize, form: Form) {
        match form {
            Form::Data => {
                if let Some(kept) = self.kept.get_mut(at) {
                    *kept = true;
                }
            }
            Form::Family | Form::Tcp | Form::Addr | Form::Ending => {}
            _ => self.mark(at),
        }
    }

    /// The value, if anything could be filled in or nothing had to be, and whether something was.
    fn value(&mut self, template: &Value, current: Option<usize>) -> (Option<Value>, bool) {
        match template {
            Value::String(text) => self.text(text, current),
            Value::Object(_) => {
                let (object, hit) = self.object(template, current);
                let keep = hit || !has_slot(template);
                (object.filter(|_| keep).map(Value::Object), hit)
            }
            Value::Array(items) => self.list(items, template, current),
            other => (Some(other.clone()), false),
        }
    }

    fn object(
        &mut self,
        template: &Value,
        current: Option<usize>,
    ) -> (Option<Map<String, Value>>, bool) {
        let Value::Object(members) = template else {
            return (None, false);
        };
        let mut out = Map::new();
        let mut any = false;
        for (name, member) in members {
            let (value, hit) = self.value(member, current);
            any |= hit;
            if let Some(value) = value {
                out.insert(name.clone(), value);
            }
        }
        (Some(out), any)
    }

    fn list(
        &mut self,
        items: &[Value],
        template: &Value,
        current: Option<usize>,
    ) -> (Option<Value>, bool) {
        let mut out = Vec::new();
        let mut any = false;
        for item in items {
            if let Some(Slot::Else(other)) = item.as_str().map(slot) {
                if out.is_empty() {
                    out.push(json!(other));
                }
                continue;
            }
            let many = self.many(item);
            if many.is_empty() {
                let (value, hit) = self.value(item, current);
                any |= hit;
                let keep = hit || !has_slot(item);
                out.extend(value.filter(|_| keep));
            }
            any |= !many.is_empty();
            out.extend(many);
        }
        // Protocols that follow from several values stand once.
        if items.iter().any(is_derived) {
            let mut seen = Vec::new();
            out.retain(|value| {
                let new = !seen.contains(value);
                seen.push(value.clone());
                new
            });
        }
        let keep = any || !has_slot(template) || !out.is_empty();
        (keep.then_some(Value::Array(out)), any)
    }

    /// All values of an item that stands for many: a slot, or an object with one.
    fn many(&mut self, item: &Value) -> Vec<Value> {
        match item {
            Value::String(text) => match slot(text) {
                Slot::Reference { names, many: true } => {
                    let wanted = names.split('|');
                    let ids = wanted.flat_map(|name| self.ids(name));
                    ids.map(Value::String).collect()
                }
                Slot::Value {
                    name,
                    many: true,
                    form,
                    ..
                } => self.all(name, form),
                _ => Vec::new(),
            },
            Value::Object(members) => {
                if let Some(each) = self.for_references(item, members) {
                    return each;
                }
                let found = members.iter().find_map(|(key, value)| {
                    let Slot::Value {
                        name,
                        many: true,
                        form,
                        ..
                    } = slot(value.as_str()?)
                    else {
                        return None;
                    };
                    Some((key, name, form))
                });
                let Some((key, name, form)) = found else {
                    return Vec::new();
                };
                let values = self.all(name, form);
                let each = values.into_iter().map(|value| {
                    let mut copy = members.clone();
                    copy.insert(key.clone(), value);
                    Value::Object(copy)
                });
                each.collect()
            }
            _ => Vec::new(),
        }
    }

    /// An object for each object that one of its members refers to.
    fn for_references(&mut self, item: &Value, members: &Map<String, Value>) -> Option<Vec<Value>> {
        let (key, name) = members.iter().find_map(|(key, value)| {
            let Slot::Reference { names, many: true } = slot(value.as_str()?) else {
                return None;
            };
            Some((key, names))
        })?;
        let made: Vec<(usize, String)> = self
            .made
            .iter()
            .filter(|(at, _)| self.parts.get(*at).is_some_and(|part| part.name == name))
            .cloned()
            .collect();
        let each = made.into_iter().map(|(at, id)| {
            let (object, _) = self.object(item, Some(at));
            let mut object = object.unwrap_or_default();
            object.insert(key.clone(), json!(id));
            Value::Object(object)
        });
        Some(each.collect())
    }

    fn all(&mut self, name: &str, form: Form) -> Vec<Value> {
        let mut out = Vec::new();
        for at in 0..self.parts.len() {
            let Some(part) = self.parts.get(at).filter(|part| part.name == name) else {
                continue;
            };
            if let Some(value) = formed(part, form) {
                self.place(at, form);
                out.push(value);
            }
        }
        out
    }

    fn ids(&self, name: &str) -> Vec<String> {
        if name == "main" {
            return vec![self.main.clone()];
        }
        let made = self
            .made
            .iter()
            .filter(|(at, _)| self.parts.get(*at).is_some_and(|part| part.name == name));
        made.map(|(_, id)| id.clone()).collect()
    }

    fn text(&mut self, text: &str, current: Option<usize>) -> (Option<Value>, bool) {
        match slot(text) {
            Slot::Literal => (Some(json!(text)), false),
            Slot::Else(_) => (None, false),
            Slot::Has(names) => {
                let found = self
                    .parts
                    .iter()
                    .any(|part| names.split(',').any(|n| n == part.name));
                (Some(json!(found)), true)
            }
            Slot::Reference { names, .. } => {
                let id = names
                    .split('|')
                    .find_map(|name| self.ids(name).into_iter().next());
                let hit = id.is_some();
                (id.map(Value::String), hit)
            }
            Slot::Contact(names) => {
                let value = self.contact(names);
                let hit = value.is_some();
                (value, hit)
            }
            Slot::Person => {
                let value = self.person();
                let hit = value.is_some();
                (value, hit)
            }
            Slot::Value {
                before,
                name,
                form,
                after,
                ..
            } => {
                let value = if form == Form::Near {
                    self.near(name, current)
                } else {
                    self.one(name, form, current)
                };
                let value = match value {
                    Some(Value::String(inner)) => Some(json!(format!("{before}{inner}{after}"))),
                    other => other,
                };
                let hit = value.is_some();
                (value, hit)
            }
        }
    }

    fn one(&mut self, name: &str, form: Form, current: Option<usize>) -> Option<Value> {
        let fits = |at: &usize| {
            let part = self.parts.get(*at);
            part.is_some_and(|part| formed(part, form).is_some())
        };
        let at = if name == "." {
            current.filter(fits)
        } else {
            let named = |wanted: &str| {
                let mut all = (0..self.parts.len()).filter(fits);
                all.find(|at| self.parts.get(*at).is_some_and(|part| part.name == wanted))
            };
            name.split('|').find_map(named)
        }?;
        let value = formed(self.parts.get(at)?, form)?;
        self.place(at, form);
        Some(value)
    }

    fn contact(&mut self, names: &str) -> Option<Value> {
        let mut lines = Vec::new();
        for name in names.split(',') {
            let values = self.all(name, Form::Text);
            let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            if !texts.is_empty() {
                lines.push(format!("{name}: {}", texts.join("; ")));
            }
        }
        (!lines.is_empty()).then(|| json!(lines.join(" / ")))
    }

    fn person(&mut self) -> Option<Value> {
        if let Some(full) = self.one("full-name", Form::Text, None) {
            return Some(full);
        }
        let names = PERSON.map(|name| self.one(name, Form::Text, None));
        let texts: Vec<&str> = names.iter().flatten().filter_map(Value::as_str).collect();
        (!texts.is_empty()).then(|| json!(texts.join(" ")))
    }

    /// The first unused name that has the words of the address, as misp-stix pairs them.
    fn near(&mut self, name: &str, current: Option<usize>) -> Option<Value> {
        let address = self.parts.get(current?)?.text.to_lowercase();
        let words: Vec<&str> = address.split(['_', '.', '@', '-']).collect();
        let free = |at: &usize| {
            let fits = self.parts.get(*at).is_some_and(|part| part.name == name);
            fits && self.used.get(*at) == Some(&false)
        };
        let free: Vec<usize> = (0..self.parts.len()).filter(free).collect();
        let lower = |at: usize| self.parts.get(at).map(|part| part.text.to_lowercase());
        let whole = free.iter().copied().find(|at| {
            lower(*at).is_some_and(|name| name.split(' ').all(|word| address.contains(word)))
        });
        let found = whole.or_else(|| {
            free.iter().copied().find(|at| {
                lower(*at).is_some_and(|name| {
                    let initials: String =
                        name.split(' ').filter_map(|w| w.chars().next()).collect();
                    words.iter().any(|word| name.contains(word))
                        || (initials.chars().count() > 1 && address.contains(&initials))
                })
            })
        })?;
        let text = self.parts.get(found)?.text;
        self.mark(found);
        Some(json!(text))
    }
}

/// Whether an object for a part can be made of it: one that holds a file needs the file, and a file needs one that holds it. An attribute alone (part `0`) is
/// always made; whether its file is there was asked before.
fn wants(template: &Value, part: &Part<'_>) -> bool {
    let Value::Object(members) = template else {
        return false;
    };
    let holds = members.values().any(|v| v.as_str() == Some("{.:data}"));
    holds == part.data.is_some() || part.name == "0"
}

/// Whether an item of a list only follows from a value.
fn is_derived(item: &Value) -> bool {
    let slot = item.as_str().map(slot);
    matches!(
        slot,
        Some(Slot::Value {
            form: Form::Family | Form::Tcp,
            ..
        })
    )
}

fn has_slot(template: &Value) -> bool {
    match template {
        Value::String(text) => slot(text) != Slot::Literal,
        Value::Array(items) => items.iter().any(has_slot),
        Value::Object(members) => members.values().any(has_slot),
        _ => false,
    }
}
