//! The STIX objects as they come. In: objects without what all of them have. Out: objects in order, relationships behind what they join. Never: one identifier twice.

use crate::misp::id;
use crate::misp::moment::stix_millis;
use sakimori_custody::time::Seconds;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A STIX object as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StixText {
    /// Its identifier.
    pub id: String,
    /// The object.
    pub text: String,
}

/// Something that the mapping does not know and that was kept whole as a custom object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its identifier in MISP.
    pub uuid: String,
    /// Its type or name.
    pub kind: String,
    /// Why.
    pub why: &'static str,
}

/// What became of events or attributes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ToStix {
    /// The objects, in the order of misp-stix.
    pub objects: Vec<StixText>,
    /// What was kept as custom objects, or withdrawn by its maker and so left out.
    pub kept: Vec<Kept>,
}

impl ToStix {
    /// The objects as a bundle (STIX 2.1 section 8).
    pub fn bundle(&self, uuid: &str) -> String {
        let mut out = format!("{{\"type\":\"bundle\",\"id\":\"bundle--{uuid}\",\"objects\":[");
        for (at, object) in self.objects.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(&object.text);
        }
        out.push_str("]}");
        out
    }
}

/// Whose objects are made.
#[derive(Clone, Debug, Default)]
pub(super) struct Owner {
    /// The event.
    pub(super) uuid: String,
    /// The identity that made it.
    pub(super) identity: Option<String>,
    /// The time that stands for a time that is missing.
    pub(super) time: Seconds,
}

/// A relationship that waits for the end of its event.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) id: Option<String>,
    pub(super) source: String,
    pub(super) target: Target,
    pub(super) kind: String,
    pub(super) time: Seconds,
}

/// What a relationship points to.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// An object.
    Id(String),
    /// Whatever was made of this identifier of MISP.
    Uuid(String),
}

/// The objects as they come.
#[derive(Default)]
pub(super) struct Output {
    objects: Vec<Map<String, Value>>,
    known: BTreeSet<String>,
    refs: Vec<String>,
    refs_known: BTreeSet<String>,
    /// What was made of each identifier of MISP, in order.
    of_uuid: BTreeMap<String, Vec<String>>,
    links: Vec<Link>,
    pending_markings: Vec<Map<String, Value>>,
    owner: Owner,
    kept: Vec<Kept>,
}

/// Adds creation and change.
pub(super) fn times(object: &mut Map<String, Value>, time: Seconds) {
    object.insert("created".to_owned(), json!(stix_millis(time)));
    object.insert("modified".to_owned(), json!(stix_millis(time)));
}

impl Output {
    /// Begins the objects of an event.
    pub(super) fn begin(&mut self, owner: Owner) {
        self.owner = owner;
        self.refs.clear();
        self.refs_known.clear();
        self.of_uuid.clear();
    }

    pub(super) const fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The place behind the last object.
    pub(super) fn place(&self) -> usize {
        self.objects.len()
    }

    pub(super) fn refs(&self) -> &[String] {
        &self.refs
    }

    pub(super) fn is_known(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    /// What was made of identifiers of MISP: the domain objects of each.
    pub(super) fn made_of<'u>(&self, uuids: impl Iterator<Item = &'u str>) -> Vec<String> {
        let mut out = Vec::new();
        for uuid in uuids {
            let made = self.of_uuid.get(uuid).into_iter().flatten();
            let domain = made.filter(|id| id::type_part(id) != "relationship");
            out.extend(domain.cloned());
        }
        out
    }

    /// Notes what the mapping does not know.
    pub(super) fn keep(&mut self, uuid: &str, kind: &str, why: &'static str) {
        self.kept.push(Kept {
            uuid: uuid.to_owned(),
            kind: kind.to_owned(),
            why,
        });
    }

    /// Adds an object that belongs to the event.
    pub(super) fn push(&mut self, object: Map<String, Value>) {
        let id = text_of(&object, "id").to_owned();
        if self.push_quietly(object) {
            self.refer(id);
        }
    }

    /// Adds a reference of the event.
    pub(super) fn refer(&mut self, id: String) {
        if self.refs_known.insert(id.clone()) {
            if let Some(uuid) = id::uuid_part(&id) {
                let made = self.of_uuid.entry(uuid.to_owned()).or_default();
                made.push(id.clone());
            }
            self.refs.push(id);
        }
    }

    /// Adds an object without a reference of the event. Whether it was new.
    pub(super) fn push_quietly(&mut self, object: Map<String, Value>) -> bool {
        let at = self.objects.len();
        self.insert(at, object)
    }

    pub(super) fn insert(&mut self, at: usize, mut object: Map<String, Value>) -> bool {
        let id = text_of(&object, "id").to_owned();
        if !self.known.insert(id) {
            return false;
        }
        object.insert("spec_version".to_owned(), json!("2.1"));
        let kind = text_of(&object, "type");
        let dated = object.contains_key("created");
        let plain = [
            "identity",
            "relationship",
            "sighting",
            "opinion",
            "marking-definition",
        ];
        let labels = object.get("labels").and_then(Value::as_array);
        // What a galaxy says was not made by who made the event.
        let galaxy = labels.is_some_and(|labels| {
            let mut texts = labels.iter().filter_map(Value::as_str);
            texts.any(|label| label.starts_with("misp:galaxy-name="))
        });
        let own = (labels.is_some() || !plain.contains(&kind)) && !galaxy;
        if let Some(identity) = self.owner.identity.as_ref().filter(|_| dated && own) {
            object.insert("created_by_ref".to_owned(), json!(identity));
        }
        self.objects.insert(at.min(self.objects.len()), object);
        true
    }

    /// Adds the identity of an organisation.
    pub(super) fn identity(&mut self, id: &str, name: &str, time: Seconds) {
        let mut identity = Map::new();
        identity.insert("type".to_owned(), json!("identity"));
        identity.insert("id".to_owned(), json!(id));
        times(&mut identity, time);
        identity.insert("name".to_owned(), json!(name));
        identity.insert("identity_class".to_owned(), json!("organization"));
        self.push_quietly(identity);
    }

    pub(super) fn link(&mut self, link: Link) {
        self.links.push(link);
    }

    /// A marking that is added at the end, once.
    pub(super) fn mark(&mut self, marking: Map<String, Value>) {
        let id = text_of(&marking, "id");
        let pending = self.pending_markings.iter().any(|m| text_of(m, "id") == id);
        if !pending && !self.known.contains(id) {
            self.pending_markings.push(marking);
        }
    }

    pub(super) fn markings(&mut self) {
        for marking in std::mem::take(&mut self.pending_markings) {
            self.push_quietly(marking);
        }
    }

    /// Adds the relationships that waited; one whose target was never made is left in what was kept.
    pub(super) fn relationships(&mut self) {
        for link in std::mem::take(&mut self.links) {
            let target = match link.target {
                Target::Id(id) => Some(id),
                Target::Uuid(uuid) => self
                    .of_uuid
                    .get(&uuid)
                    .and_then(|made| made.first())
                    .cloned(),
            };
            let Some(target) = target else {
                let uuid = id::uuid_part(&link.source).unwrap_or_default().to_owned();
                self.keep(
                    &uuid,
                    &link.kind,
                    "refers to something that is not in the event",
                );
                continue;
            };
            let id = link.id.unwrap_or_else(|| {
                let name = format!("{} - {} - {target}", link.source, link.kind);
                id::uuid_of(&name)
            });
            let mut relationship = Map::new();
            relationship.insert("type".to_owned(), json!("relationship"));
            relationship.insert("id".to_owned(), json!(format!("relationship--{id}")));
            times(&mut relationship, link.time);
            relationship.insert("relationship_type".to_owned(), json!(link.kind));
            relationship.insert("source_ref".to_owned(), json!(link.source));
            relationship.insert("target_ref".to_owned(), json!(target));
            self.push(relationship);
        }
    }

    pub(super) fn finish(self) -> ToStix {
        let each = self.objects.into_iter().map(|object| StixText {
            id: text_of(&object, "id").to_owned(),
            text: Value::Object(object).to_string(),
        });
        ToStix {
            objects: each.collect(),
            kept: self.kept,
        }
    }
}

/// The text of a member, or an empty one.
pub(super) fn text_of<'o>(object: &'o Map<String, Value>, name: &str) -> &'o str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}
