//! Reading events. In: text. Out: events, each with its own text as it was received. Never: half an event, a list without a bound.

use super::event::{
    Attribute, Cluster, Distribution, Event, Galaxy, Object, Organisation, Reference, Report, Seen,
};
use super::limits;
use super::tag::Tag;
use crate::json::{self, JsonError, Node, Value};
use sakimori_custody::time::{SECONDS_MAX, Seconds};

/// Why a text is no event. Its sender acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MispError {
    /// No JSON that is accepted.
    #[error("the text cannot be read")]
    Json(#[from] JsonError),
    /// JSON, but something else.
    #[error("the text is no event: {found}")]
    NotEvent {
        /// What it seems to be.
        found: &'static str,
    },
    /// A member is missing.
    #[error("{place}: `{member}` is missing")]
    Missing {
        /// The place as a JSON Pointer.
        place: String,
        /// The member.
        member: &'static str,
    },
    /// A member has a value that it cannot have.
    #[error("{place}: `{member}` is not {wanted}")]
    Wrong {
        /// The place as a JSON Pointer.
        place: String,
        /// The member.
        member: &'static str,
        /// What it has to be.
        wanted: &'static str,
    },
    /// Something stands there too often.
    #[error("{place}: more than {most} {what}")]
    TooMany {
        /// The place as a JSON Pointer.
        place: String,
        /// Of what.
        what: &'static str,
        /// The bound.
        most: usize,
    },
}

/// Reads all events of a text: one, a list, or the answer of a search.
///
/// # Errors
/// [`MispError`] for the first thing that is wrong; nothing is read by halves.
pub fn read(bytes: &[u8]) -> Result<Vec<Event>, MispError> {
    let text = text(bytes)?;
    let root = json::read(text, limits::TEXT)?;
    let (found, place) = events_of(&root)?;
    if found.len() > limits::EVENTS_MAX {
        return Err(too_many(place, "events", limits::EVENTS_MAX));
    }
    let each = found.into_iter().enumerate();
    each.map(|(at, node)| {
        let inner = node.get("Event").unwrap_or(node);
        let place = if place.is_empty() {
            String::new()
        } else {
            format!("{place}/{at}")
        };
        event(text, inner, &place)
    })
    .collect()
}

/// Reads a collection of attributes without an event, as a search for attributes answers.
///
/// # Errors
/// As [`read`].
pub fn read_attributes(bytes: &[u8]) -> Result<Vec<Attribute>, MispError> {
    let root = json::read(text(bytes)?, limits::TEXT)?;
    let inner = root.get("response").unwrap_or(&root);
    let list = inner.get("Attribute").ok_or(MispError::NotEvent {
        found: "there is no list `Attribute`",
    })?;
    attributes(list, "/Attribute")
}

fn text(bytes: &[u8]) -> Result<&str, MispError> {
    std::str::from_utf8(bytes).map_err(|_| match json::read_bytes(bytes, limits::TEXT) {
        Err(error) => MispError::Json(error),
        Ok(_) => MispError::NotEvent { found: "not UTF-8" },
    })
}

/// The nodes that are events, and the place of the list that holds them.
fn events_of<'n, 't>(root: &'n Node<'t>) -> Result<(Vec<&'n Node<'t>>, &'static str), MispError> {
    let is_event = |node: &Node<'_>| {
        node.get("Event").is_some_and(Node::is_object) || node.get("info").is_some()
    };
    if let Some(answer) = root.get("response") {
        if answer.is_object() && is_event(answer) {
            return Ok((vec![answer], "/response"));
        }
        return list_of(answer, "/response", is_event);
    }
    if let Value::List(_) = root.value {
        return list_of(root, "", is_event);
    }
    if is_event(root) {
        return Ok((vec![root], ""));
    }
    Err(MispError::NotEvent {
        found: seems_to_be(root),
    })
}

fn list_of<'n, 't>(
    list: &'n Node<'t>,
    place: &'static str,
    is_event: impl Fn(&Node<'t>) -> bool,
) -> Result<(Vec<&'n Node<'t>>, &'static str), MispError> {
    let items = list.items();
    let all = !items.is_empty()
        && items
            .iter()
            .all(|item| is_event(item) && item.get("org").is_none());
    if all {
        return Ok((items.iter().collect(), place));
    }
    Err(MispError::NotEvent {
        found: seems_to_be(list),
    })
}

/// What a text seems to be that is no event: a sentence for its sender.
fn seems_to_be(node: &Node<'_>) -> &'static str {
    let first = node.items().first();
    let has = |name: &str| node.get(name).is_some();
    if first.is_some_and(|item| item.get("info").is_some()) {
        "an index of events, without what is in them"
    } else if first.is_some_and(|item| item.get("SharingGroup").is_some()) {
        "a list of sharing groups"
    } else if has("objects") && has("type") {
        "a STIX bundle"
    } else if has("requiredOneOf") || has("meta-category") {
        "a template of objects"
    } else if has("GalaxyCluster") {
        "a galaxy"
    } else if has("Object") || has("Attribute") {
        "a part of an event without its title `info`"
    } else if has("type") && has("value") {
        "a sighting or attribute alone"
    } else if node.is_object() && !node.members().is_empty() {
        "an object with other members"
    } else {
        "there is neither `Event` nor `info`"
    }
}

fn event(text: &str, node: &Node<'_>, place: &str) -> Result<Event, MispError> {
    let info = node.get("info").and_then(scalar);
    let event = Event {
        text: node.raw(text).to_owned(),
        uuid: uuid(node, place)?,
        info: info.ok_or_else(|| missing(place, "info"))?,
        date: optional(node, "date"),
        timestamp: seconds(node, "timestamp", place)?,
        published: flag(node, "published").unwrap_or(false),
        publish_timestamp: seconds(node, "publish_timestamp", place)?,
        distribution: distribution(node, place)?,
        sharing_group: optional(node, "sharing_group_id").filter(|id| id != "0"),
        threat_level: small(node, "threat_level_id", place)?,
        analysis: small(node, "analysis", place)?,
        made_by: node.get("Orgc").and_then(organisation),
        owned_by: node.get("Org").and_then(organisation),
        tags: tags(node, place)?,
        galaxies: galaxies(node, place)?,
        attributes: list(node, "Attribute")
            .map(|(list, name)| attributes(list, &format!("{place}/{name}")))
            .transpose()?
            .unwrap_or_default(),
        objects: objects(node, place)?,
        reports: reports(node, place)?,
    };
    if event.attribute_count() > limits::ATTRIBUTES_MAX {
        return Err(too_many(place, "attributes", limits::ATTRIBUTES_MAX));
    }
    Ok(event)
}

fn list<'n, 't>(node: &'n Node<'t>, name: &'static str) -> Option<(&'n Node<'t>, &'static str)> {
    let found = node.get(name)?;
    (!matches!(found.value, Value::Null)).then_some((found, name))
}

fn attributes(list: &Node<'_>, place: &str) -> Result<Vec<Attribute>, MispError> {
    let items = list.items();
    if items.len() > limits::ATTRIBUTES_MAX {
        return Err(too_many(place, "attributes", limits::ATTRIBUTES_MAX));
    }
    let each = items.iter().enumerate();
    each.map(|(at, item)| attribute(item, &format!("{place}/{at}")))
        .collect()
}

fn attribute(node: &Node<'_>, place: &str) -> Result<Attribute, MispError> {
    let kind = optional(node, "type").ok_or_else(|| missing(place, "type"))?;
    let value = node.get("value").and_then(scalar);
    let value = value.ok_or_else(|| missing(place, "value"))?;
    if value.len() > limits::VALUE_BYTES_MAX {
        return Err(wrong(place, "value", "at most a mebibyte long"));
    }
    Ok(Attribute {
        uuid: uuid_if(node),
        kind,
        category: optional(node, "category"),
        value,
        comment: optional(node, "comment").filter(|text| !text.is_empty()),
        to_ids: flag(node, "to_ids"),
        timestamp: seconds(node, "timestamp", place)?,
        relation: optional(node, "object_relation").filter(|text| !text.is_empty()),
        data: optional(node, "data").filter(|text| !text.is_empty()),
        first_seen: optional(node, "first_seen"),
        last_seen: optional(node, "last_seen"),
        distribution: distribution(node, place)?,
        deleted: flag(node, "deleted").unwrap_or(false),
        tags: tags(node, place)?,
        galaxies: galaxies(node, place)?,
        sightings: sightings(node, place)?,
    })
}

fn objects(node: &Node<'_>, place: &str) -> Result<Vec<Object>, MispError> {
    let items = node.get("Object").map_or(&[][..], Node::items);
    if items.len() > limits::OBJECTS_MAX {
        return Err(too_many(place, "objects", limits::OBJECTS_MAX));
    }
    let each = items.iter().enumerate();
    each.map(|(at, item)| object(item, &format!("{place}/Object/{at}")))
        .collect()
}

fn object(node: &Node<'_>, place: &str) -> Result<Object, MispError> {
    let references = node.get("ObjectReference").map_or(&[][..], Node::items);
    Ok(Object {
        uuid: uuid_if(node),
        name: optional(node, "name").ok_or_else(|| missing(place, "name"))?,
        meta_category: optional(node, "meta-category").unwrap_or_default(),
        comment: optional(node, "comment").filter(|text| !text.is_empty()),
        timestamp: seconds(node, "timestamp", place)?,
        first_seen: optional(node, "first_seen"),
        last_seen: optional(node, "last_seen"),
        distribution: distribution(node, place)?,
        deleted: flag(node, "deleted").unwrap_or(false),
        attributes: node
            .get("Attribute")
            .map(|list| attributes(list, &format!("{place}/Attribute")))
            .transpose()?
            .unwrap_or_default(),
        references: references
            .iter()
            .map(|item| {
                let to = optional(item, "referenced_uuid");
                Ok(Reference {
                    uuid: optional(item, "uuid"),
                    to: to.ok_or_else(|| missing(place, "referenced_uuid"))?,
                    relation: optional(item, "relationship_type").unwrap_or_default(),
                    timestamp: seconds(item, "timestamp", place)?,
                })
            })
            .collect::<Result<_, MispError>>()?,
    })
}

fn reports(node: &Node<'_>, place: &str) -> Result<Vec<Report>, MispError> {
    let items = node.get("EventReport").map_or(&[][..], Node::items);
    let each = items.iter().map(|item| {
        Ok(Report {
            uuid: uuid(item, place)?,
            name: optional(item, "name").unwrap_or_default(),
            content: optional(item, "content").unwrap_or_default(),
            timestamp: seconds(item, "timestamp", place)?,
        })
    });
    each.collect()
}

fn tags(node: &Node<'_>, place: &str) -> Result<Vec<Tag>, MispError> {
    let items = node.get("Tag").map_or(&[][..], Node::items);
    if items.len() > limits::TAGS_MAX {
        return Err(too_many(place, "tags", limits::TAGS_MAX));
    }
    let each = items.iter().map(|item| {
        Ok(Tag {
            name: optional(item, "name").ok_or_else(|| missing(place, "Tag/name"))?,
            colour: optional(item, "colour"),
        })
    });
    each.collect()
}

fn galaxies(node: &Node<'_>, place: &str) -> Result<Vec<Galaxy>, MispError> {
    let items = node.get("Galaxy").map_or(&[][..], Node::items);
    let clusters = |item: &Node<'_>| {
        item.get("GalaxyCluster")
            .map_or(0, |list| list.items().len())
    };
    if items.iter().map(clusters).sum::<usize>() > limits::CLUSTERS_MAX {
        return Err(too_many(place, "clusters", limits::CLUSTERS_MAX));
    }
    let each = items.iter().map(|item| galaxy(item, place));
    each.collect()
}

/// Reads a galaxy that stands alone or in an event.
pub(super) fn galaxy(node: &Node<'_>, place: &str) -> Result<Galaxy, MispError> {
    let clusters = node.get("GalaxyCluster").map_or(&[][..], Node::items);
    Ok(Galaxy {
        uuid: optional(node, "uuid"),
        name: optional(node, "name").unwrap_or_default(),
        kind: optional(node, "type").unwrap_or_default(),
        description: optional(node, "description").unwrap_or_default(),
        clusters: clusters
            .iter()
            .map(|item| {
                let meta = item.get("meta").map(super::value::of_node);
                Ok(Cluster {
                    uuid: uuid(item, place)?,
                    kind: optional(item, "type").unwrap_or_default(),
                    value: optional(item, "value").unwrap_or_default(),
                    description: optional(item, "description"),
                    tag_name: optional(item, "tag_name"),
                    meta: match meta {
                        Some(serde_json::Value::Object(map)) => map,
                        _ => serde_json::Map::new(),
                    },
                    timestamp: seconds(item, "timestamp", place).unwrap_or_default(),
                })
            })
            .collect::<Result<_, MispError>>()?,
    })
}

fn sightings(node: &Node<'_>, place: &str) -> Result<Vec<Seen>, MispError> {
    let items = node.get("Sighting").map_or(&[][..], Node::items);
    let each = items.iter().map(|item| {
        Ok(Seen {
            uuid: optional(item, "uuid"),
            kind: small(item, "type", place)?.unwrap_or(0),
            at: seconds(item, "date_sighting", place)?,
            source: optional(item, "source").filter(|text| !text.is_empty()),
            by: item.get("Organisation").and_then(organisation),
        })
    });
    each.collect()
}

fn organisation(node: &Node<'_>) -> Option<Organisation> {
    Some(Organisation {
        uuid: optional(node, "uuid"),
        name: optional(node, "name")?,
    })
}

/// A value as text: MISP writes numbers and truth values as what they are and as texts.
pub(super) fn scalar(node: &Node<'_>) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone().into_owned()),
        Value::Number(text) => Some((*text).to_owned()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        _ => None,
    }
}

pub(super) fn optional(node: &Node<'_>, name: &str) -> Option<String> {
    node.get(name).and_then(scalar)
}

fn flag(node: &Node<'_>, name: &str) -> Option<bool> {
    let found = node.get(name)?;
    found.as_bool().or_else(|| match scalar(found)?.as_str() {
        "1" | "true" | "True" => Some(true),
        "0" | "false" | "False" | "" => Some(false),
        _ => None,
    })
}

fn uuid(node: &Node<'_>, place: &str) -> Result<Option<String>, MispError> {
    match optional(node, "uuid") {
        Some(text) if text.is_empty() => Ok(None),
        Some(text) if super::id::is_uuid(&text) => Ok(Some(text)),
        Some(_) => Err(wrong(place, "uuid", "a UUID")),
        None => Ok(None),
    }
}

/// The identifier of a part; a part whose maker wrote something else there has none, and the text of the event keeps what it was.
fn uuid_if(node: &Node<'_>) -> Option<String> {
    optional(node, "uuid").filter(|text| super::id::is_uuid(text))
}

fn seconds(node: &Node<'_>, name: &'static str, place: &str) -> Result<Option<Seconds>, MispError> {
    let Some(text) = optional(node, name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let whole = text
        .split_once('.')
        .map_or(text.as_str(), |(whole, _)| whole);
    match whole.parse() {
        Ok(value) if value <= SECONDS_MAX => Ok(Some(Seconds(value))),
        // PyMISP writes a text of the date in place of seconds.
        _ => super::moment::read(&text)
            .map(|(time, _)| Some(time))
            .ok_or_else(|| wrong(place, name, "a time in seconds")),
    }
}

fn small(node: &Node<'_>, name: &'static str, place: &str) -> Result<Option<u8>, MispError> {
    optional(node, name)
        .filter(|text| !text.is_empty())
        .map(|text| {
            text.parse()
                .map_err(|_| wrong(place, name, "a small number"))
        })
        .transpose()
}

fn distribution(node: &Node<'_>, place: &str) -> Result<Option<Distribution>, MispError> {
    let Some(text) = optional(node, "distribution").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let code = text.parse().ok().and_then(Distribution::from_code);
    let wanted = "a distribution from 0 to 5";
    code.map(Some)
        .ok_or_else(|| wrong(place, "distribution", wanted))
}

/// A place for a message: the sender's names in it are cut.
fn short(place: &str) -> String {
    // BOUND: 200 characters of a pointer are enough to find the place.
    let short: String = place.chars().take(200).collect();
    if short.is_empty() {
        "/".to_owned()
    } else {
        short
    }
}

pub(super) fn missing(place: &str, member: &'static str) -> MispError {
    let place = short(place);
    MispError::Missing { place, member }
}

pub(super) fn wrong(place: &str, member: &'static str, wanted: &'static str) -> MispError {
    let place = short(place);
    MispError::Wrong {
        place,
        member,
        wanted,
    }
}

pub(super) fn too_many(place: &str, what: &'static str, most: usize) -> MispError {
    let place = short(place);
    MispError::TooMany { place, what, most }
}
