//! What belongs together: the objects of a report, or those of none. In: identifiers in order, all objects. Out: attributes, objects, galaxies, and what is left. Never:
//! one STIX object in two places.

use super::labels;
use super::{Index, Map, Value, attribute, domain, kind, object, others, refs, text};
use crate::misp::event::{Attribute, Event, Galaxy, Object, Organisation, Reference, Report, Seen};
use crate::misp::{id, limits, moment};
use std::collections::{BTreeMap, BTreeSet};

/// What was read of a group.
#[derive(Default)]
pub(super) struct Group<'o> {
    pub(super) attributes: Vec<Attribute>,
    pub(super) objects: Vec<Object>,
    pub(super) galaxies: Vec<Galaxy>,
    pub(super) reports: Vec<Report>,
    pub(super) left: Vec<(String, &'static str)>,
    /// What was seen without somebody who says when.
    alone: Vec<String>,
    /// Objects that others brought with them.
    pub(super) used: BTreeSet<&'o str>,
}

impl Group<'_> {
    fn take(&mut self, read: others::Others) {
        self.attributes.extend(read.attributes);
        self.objects.extend(read.objects);
        self.left.extend(read.told);
    }

    /// Reads what was seen alone; one thing that cannot be read leaves the others as they are.
    fn take_alone(&mut self, index: &Index<'_>) {
        let alone = std::mem::take(&mut self.alone);
        if let Some(read) = others::seen(&alone, None, index) {
            self.take(read);
            return;
        }
        for id in alone {
            match others::seen(std::slice::from_ref(&id), None, index) {
                Some(read) => self.take(read),
                None => left(self, &id, "the mapping does not know what was seen"),
            }
        }
    }
}

/// Where things of an identifier are.
struct Places {
    attributes: BTreeMap<String, usize>,
    objects: BTreeMap<String, usize>,
    galaxies: BTreeMap<String, usize>,
}

impl Places {
    fn of(group: &Group<'_>) -> Self {
        let at = |(at, uuid): (usize, &Option<String>)| uuid.clone().map(|uuid| (uuid, at));
        let attributes = group.attributes.iter().map(|a| &a.uuid).enumerate();
        let objects = group.objects.iter().map(|o| &o.uuid).enumerate();
        let galaxies = group.galaxies.iter().enumerate();
        let clusters = galaxies.flat_map(|(at, g)| g.clusters.iter().map(move |c| (at, &c.uuid)));
        Self {
            attributes: attributes.filter_map(at).collect(),
            objects: objects.filter_map(at).collect(),
            galaxies: clusters.filter_map(at).collect(),
        }
    }
}

/// Reads a group.
pub(super) fn read<'o>(ids: &[&'o str], index: &Index<'o>) -> Group<'o> {
    let mut group = Group::default();
    let here: BTreeSet<&str> = ids.iter().copied().collect();
    for id in ids {
        // What was seen brings its objects and its indicator with it.
        if let Some(found) = index.get(id).filter(|o| kind(o) == "observed-data") {
            let refs = refs(found, "object_refs");
            let known = refs
                .iter()
                .filter_map(|id| index.get_key_value(id.as_str()));
            group.used.extend(known.map(|(id, _)| *id));
        }
    }
    for id in ids {
        let Some(found) = index.get(id).copied() else {
            continue;
        };
        if group.used.contains(id) && kind(found) != "observed-data" {
            continue;
        }
        one(&mut group, found, id, index, &here);
    }
    group.take_alone(index);
    let places = Places::of(&group);
    let links = ids.iter().filter_map(|id| index.get(id).copied());
    for found in links {
        match kind(found) {
            "relationship" => link(&mut group, &places, found),
            "sighting" | "opinion" => sighting(&mut group, &places, found, index),
            _ => {}
        }
    }
    group
}

fn one<'o>(
    group: &mut Group<'o>,
    found: &'o Map<String, Value>,
    id: &'o str,
    index: &Index<'o>,
    here: &BTreeSet<&str>,
) {
    let labels = labels::read(found);
    let uuid = id::uuid_part(id).unwrap_or_default();
    match kind(found) {
        "observed-data" => {
            let indicator_id = format!("indicator--{uuid}");
            let indicator = index.get_key_value(indicator_id.as_str());
            let indicator = indicator.filter(|(id, _)| here.contains(*id));
            let read = if labels.kind.is_some() {
                attribute::of_observed(found, &labels, index).map(|mut attribute| {
                    if let Some((_, indicator)) = indicator {
                        attribute.to_ids = Some(true);
                        let comment = text(indicator, "description");
                        let comment = (!comment.is_empty()).then(|| comment.to_owned());
                        attribute.comment = comment;
                    }
                    group.attributes.push(attribute);
                })
            } else if labels.name.is_some() {
                let with = indicator.map(|(_, indicator)| *indicator);
                let read = object::of_observed(found, &labels, with, index);
                read.map(|object| group.objects.push(object))
            } else {
                let ids = refs(found, "object_refs");
                let read = others::seen(&ids, Some(found), index);
                read.map(|read| group.take(read))
            };
            match read {
                Some(()) => group.used.extend(indicator.map(|(id, _)| *id)),
                None => left(group, id, "the mapping does not know what was seen"),
            }
        }
        "indicator" => {
            let read = if labels.kind.is_some() {
                let read = attribute::of_indicator(found, &labels);
                read.map(|attribute| group.attributes.push(attribute))
            } else if labels.name.is_some() {
                let read = object::of_indicator(found, &labels, index);
                read.map(|object| group.objects.push(object))
            } else {
                others::indicator(found).map(|read| group.take(read))
            };
            if read.is_none() {
                left(group, id, "the mapping does not know its pattern");
            }
        }
        // Of one type for each type of attribute, as misp-stix once wrote them.
        custom if custom == "x-misp-attribute" || custom.starts_with("x-misp-object-") => {
            match attribute::of_custom(found, &labels) {
                Some(attribute) => group.attributes.push(attribute),
                None => left(group, id, "it has no value"),
            }
        }
        "x-misp-object" => match object::of_custom(found, &labels) {
            Some(object) => group.objects.push(object),
            None => left(group, id, "it has no name"),
        },
        "relationship" | "sighting" | "opinion" | "marking-definition" | "report" | "grouping" => {}
        "note" => note(group, found, id, index),
        // What was seen and nobody observed is read together, behind the rest.
        _ if others::is_seen(found) => group.alone.push(id.to_owned()),
        _ => other(group, found, id, index),
    }
}

fn other<'o>(group: &mut Group<'o>, found: &'o Map<String, Value>, id: &'o str, index: &Index<'o>) {
    let labels = labels::read(found);
    if labels.kind.is_some() {
        if let Some(attribute) = attribute::of_domain(found, &labels, index) {
            group.attributes.push(attribute);
            return;
        }
    } else if labels.name.is_some() {
        if let Some(object) = object::of_domain(found, &labels, index) {
            group.objects.push(object);
            return;
        }
    } else if labels.galaxy_type.is_none() {
        let class = text(found, "identity_class");
        // An organisation that made something is in the event; a class is a sector, and a person an object.
        if kind(found) == "identity" && class == "organization" {
            return;
        }
        let read = others::known(found, index).filter(|_| class != "class");
        if let Some(read) = read {
            group.take(read);
            return;
        }
    }
    match domain::galaxy(found, &labels) {
        Some(galaxy) => group.galaxies.push(galaxy),
        None => left(group, id, "the mapping does not know it"),
    }
}

/// A note is a report in prose, an annotation, or somebody's note.
fn note<'o>(group: &mut Group<'o>, found: &'o Map<String, Value>, id: &'o str, index: &Index<'o>) {
    let labels = labels::read(found);
    if labels.name == Some("annotation")
        && let Some(mut object) = object::of_domain(found, &labels, index)
    {
        let mut seen = BTreeSet::new();
        for target in refs(found, "object_refs") {
            let Some(uuid) = id::uuid_part(&target) else {
                continue;
            };
            if seen.insert(uuid.to_owned()) {
                object.references.push(Reference {
                    uuid: None,
                    to: uuid.to_owned(),
                    relation: "annotates".to_owned(),
                    timestamp: object.timestamp,
                });
            }
        }
        group.objects.push(object);
        return;
    }
    let is_report = found
        .get("labels")
        .and_then(Value::as_array)
        .is_some_and(|labels| labels.contains(&Value::from("misp:data-layer=\"Event Report\"")));
    if is_report {
        group.reports.push(Report {
            uuid: id::uuid_part(id).map(str::to_owned),
            name: text(found, "abstract").to_owned(),
            content: text(found, "content").to_owned(),
            timestamp: labels::changed(found),
        });
    } else if !text(found, "content").starts_with("This MISP Event is empty") {
        left(group, id, "a note is kept as it is");
    }
}

fn left(group: &mut Group<'_>, id: &str, why: &'static str) {
    group.left.push((id.to_owned(), why));
}

/// A relationship: a reference between objects, a galaxy of an attribute, or left.
fn link(group: &mut Group<'_>, places: &Places, found: &Map<String, Value>) {
    let (source, target) = (text(found, "source_ref"), text(found, "target_ref"));
    let (Some(from), Some(to)) = (id::uuid_part(source), id::uuid_part(target)) else {
        return;
    };
    if from == to {
        return;
    }
    let object = places.objects.get(from).copied();
    if let Some(object) = object.and_then(|at| group.objects.get_mut(at)) {
        object.references.push(Reference {
            uuid: id::uuid_part(text(found, "id")).map(str::to_owned),
            to: to.to_owned(),
            relation: text(found, "relationship_type").to_owned(),
            timestamp: labels::changed(found),
        });
        return;
    }
    let galaxy = places
        .galaxies
        .get(to)
        .and_then(|at| group.galaxies.get(*at));
    let galaxy = galaxy.cloned();
    let attribute = places.attributes.get(from).copied();
    let attribute = attribute.and_then(|at| group.attributes.get_mut(at));
    match (galaxy, attribute) {
        (Some(galaxy), Some(attribute)) if attribute.galaxies.len() < limits::CLUSTERS_MAX => {
            attribute.galaxies.push(galaxy);
        }
        _ => left(
            group,
            text(found, "id"),
            "MISP has no place for this relationship",
        ),
    }
}

fn sighting(group: &mut Group<'_>, places: &Places, found: &Map<String, Value>, index: &Index<'_>) {
    let target = match kind(found) {
        "sighting" => text(found, "sighting_of_ref").to_owned(),
        _ => refs(found, "object_refs")
            .into_iter()
            .next()
            .unwrap_or_default(),
    };
    let uuid = id::uuid_part(&target);
    let by = refs(found, "where_sighted_refs").into_iter().next();
    let by = by.unwrap_or_else(|| text(found, "x_misp_author_ref").to_owned());
    let by = index
        .get(by.as_str())
        .map(|identity| organisation(identity));
    let seen = Seen {
        uuid: id::uuid_part(text(found, "id")).map(str::to_owned),
        kind: u8::from(kind(found) == "opinion"),
        at: labels::changed(found),
        source: Some(text(found, "description").to_owned()).filter(|text| !text.is_empty()),
        by,
    };
    let at = uuid.and_then(|uuid| places.attributes.get(uuid)).copied();
    let attribute = at.and_then(|at| group.attributes.get_mut(at));
    match attribute {
        Some(attribute) => attribute.sightings.push(seen),
        None => left(group, text(found, "id"), "what it is about is no attribute"),
    }
}

fn organisation(identity: &Map<String, Value>) -> Organisation {
    Organisation {
        uuid: id::uuid_part(text(identity, "id")).map(str::to_owned),
        name: text(identity, "name").to_owned(),
    }
}

/// The event of a report or grouping.
pub(super) fn event(report: &Map<String, Value>, group: Group<'_>, index: &Index<'_>) -> Event {
    let labels = labels::read(report);
    let timestamp = labels::changed(report);
    let published = moment::read(text(report, "published")).map(|(time, _)| time);
    let made_by = index.get(text(report, "created_by_ref"));
    let made_by = made_by.map(|identity| organisation(identity));
    Event {
        uuid: id::uuid_part(text(report, "id")).map(str::to_owned),
        info: text(report, "name").to_owned(),
        date: timestamp.map(|time| time.day().to_string()),
        timestamp,
        published: published.is_some(),
        publish_timestamp: published,
        owned_by: made_by.clone(),
        made_by,
        tags: labels.tags,
        galaxies: group.galaxies,
        attributes: group.attributes,
        objects: group.objects,
        reports: group.reports,
        ..Event::default()
    }
    .made()
}
