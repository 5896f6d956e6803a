//! Writing events that were made here. In: an event's fields. Out: its text in the core format, which then is the event's own. Never: an event that was received; its
//! text is what it was.

use super::event::{Attribute, Event, Galaxy, Object, Organisation};
use super::tag::Tag;
use serde_json::{Map, Value, json};

impl Event {
    /// An event that is made here: its text follows from its fields.
    #[must_use]
    pub fn made(mut self) -> Self {
        self.text = Value::Object(event(&self)).to_string();
        self
    }
}

fn put(map: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        map.insert(name.to_owned(), value);
    }
}

fn text(value: Option<&String>) -> Option<Value> {
    value.map(|text| json!(text))
}

fn list<T>(items: &[T], each: impl Fn(&T) -> Value) -> Option<Value> {
    (!items.is_empty()).then(|| Value::Array(items.iter().map(each).collect()))
}

fn event(event: &Event) -> Map<String, Value> {
    let mut out = Map::new();
    put(&mut out, "uuid", text(event.uuid.as_ref()));
    put(&mut out, "info", Some(json!(event.info)));
    put(&mut out, "date", text(event.date.as_ref()));
    let seconds = |time: sakimori_custody::time::Seconds| json!(time.0.to_string());
    put(&mut out, "timestamp", event.timestamp.map(seconds));
    put(&mut out, "published", Some(json!(event.published)));
    put(
        &mut out,
        "publish_timestamp",
        event.publish_timestamp.map(seconds),
    );
    let distribution = event.distribution.map(|d| json!((d as u8).to_string()));
    put(&mut out, "distribution", distribution);
    put(
        &mut out,
        "sharing_group_id",
        text(event.sharing_group.as_ref()),
    );
    put(
        &mut out,
        "threat_level_id",
        event.threat_level.map(|n| json!(n.to_string())),
    );
    put(
        &mut out,
        "analysis",
        event.analysis.map(|n| json!(n.to_string())),
    );
    put(&mut out, "Orgc", event.made_by.as_ref().map(organisation));
    put(&mut out, "Org", event.owned_by.as_ref().map(organisation));
    put(&mut out, "Tag", list(&event.tags, tag));
    put(&mut out, "Galaxy", list(&event.galaxies, galaxy));
    put(&mut out, "Attribute", list(&event.attributes, attribute));
    put(&mut out, "Object", list(&event.objects, object));
    let report = |report: &super::event::Report| {
        let mut out = Map::new();
        put(&mut out, "uuid", text(report.uuid.as_ref()));
        put(&mut out, "name", Some(json!(report.name)));
        put(&mut out, "content", Some(json!(report.content)));
        put(&mut out, "timestamp", report.timestamp.map(seconds));
        Value::Object(out)
    };
    put(&mut out, "EventReport", list(&event.reports, report));
    out
}

fn organisation(of: &Organisation) -> Value {
    let mut out = Map::new();
    put(&mut out, "uuid", text(of.uuid.as_ref()));
    put(&mut out, "name", Some(json!(of.name)));
    Value::Object(out)
}

fn tag(tag: &Tag) -> Value {
    let mut out = Map::new();
    put(&mut out, "name", Some(json!(tag.name)));
    put(&mut out, "colour", text(tag.colour.as_ref()));
    Value::Object(out)
}

fn galaxy(galaxy: &Galaxy) -> Value {
    let mut out = Map::new();
    put(&mut out, "uuid", text(galaxy.uuid.as_ref()));
    put(&mut out, "name", Some(json!(galaxy.name)));
    put(&mut out, "type", Some(json!(galaxy.kind)));
    put(&mut out, "description", Some(json!(galaxy.description)));
    let cluster = |cluster: &super::event::Cluster| {
        let mut out = Map::new();
        put(&mut out, "uuid", text(cluster.uuid.as_ref()));
        put(&mut out, "type", Some(json!(cluster.kind)));
        put(&mut out, "value", Some(json!(cluster.value)));
        put(&mut out, "description", text(cluster.description.as_ref()));
        put(&mut out, "tag_name", text(cluster.tag_name.as_ref()));
        let meta = (!cluster.meta.is_empty()).then(|| json!(cluster.meta));
        put(&mut out, "meta", meta);
        Value::Object(out)
    };
    put(&mut out, "GalaxyCluster", list(&galaxy.clusters, cluster));
    Value::Object(out)
}

fn attribute(attribute: &Attribute) -> Value {
    let mut out = Map::new();
    put(&mut out, "uuid", text(attribute.uuid.as_ref()));
    put(&mut out, "type", Some(json!(attribute.kind)));
    put(&mut out, "category", Some(json!(attribute.category())));
    put(&mut out, "value", Some(json!(attribute.value)));
    put(&mut out, "comment", text(attribute.comment.as_ref()));
    put(&mut out, "to_ids", attribute.to_ids.map(|set| json!(set)));
    let time = attribute.timestamp.map(|time| json!(time.0.to_string()));
    put(&mut out, "timestamp", time);
    put(
        &mut out,
        "object_relation",
        text(attribute.relation.as_ref()),
    );
    put(&mut out, "data", text(attribute.data.as_ref()));
    put(&mut out, "first_seen", text(attribute.first_seen.as_ref()));
    put(&mut out, "last_seen", text(attribute.last_seen.as_ref()));
    put(&mut out, "Tag", list(&attribute.tags, tag));
    put(&mut out, "Galaxy", list(&attribute.galaxies, galaxy));
    Value::Object(out)
}

fn object(object: &Object) -> Value {
    let mut out = Map::new();
    put(&mut out, "uuid", text(object.uuid.as_ref()));
    put(&mut out, "name", Some(json!(object.name)));
    put(&mut out, "meta-category", Some(json!(object.meta_category)));
    put(&mut out, "comment", text(object.comment.as_ref()));
    let time = object.timestamp.map(|time| json!(time.0.to_string()));
    put(&mut out, "timestamp", time);
    put(&mut out, "first_seen", text(object.first_seen.as_ref()));
    put(&mut out, "last_seen", text(object.last_seen.as_ref()));
    put(&mut out, "Attribute", list(&object.attributes, attribute));
    let reference = |reference: &super::event::Reference| {
        let mut out = Map::new();
        put(&mut out, "uuid", text(reference.uuid.as_ref()));
        put(&mut out, "referenced_uuid", Some(json!(reference.to)));
        let kind = Some(json!(reference.relation));
        put(&mut out, "relationship_type", kind);
        Value::Object(out)
    };
    put(
        &mut out,
        "ObjectReference",
        list(&object.references, reference),
    );
    Value::Object(out)
}
