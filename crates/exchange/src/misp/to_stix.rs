//! From MISP to STIX 2.1, object for object as misp-stix does it. In: events or attributes, the time that stands for times that are missing. Out: STIX objects with
//! identifiers that follow from those of MISP, and what was kept as custom objects because the mapping does not know it. Never: an identifier by chance, a value that
//! is left out.

mod attribute;
mod galaxy;
mod marking;
mod object;
mod output;

pub(super) use marking::tag_of;
pub use output::{Kept, StixText, ToStix};

use super::event::{Attribute, Event};
use super::read::{MispError, missing};
use output::{Output, Owner};
use sakimori_custody::time::Seconds;
use serde_json::{Map, Value, json};

/// Turns events into STIX objects. `now` stands for the time of an event that has none.
///
/// # Errors
/// [`MispError::Missing`] for an event without an identifier: its objects could not be found again.
pub fn to_stix(events: &[Event], now: Seconds) -> Result<ToStix, MispError> {
    let mut output = Output::default();
    for (at, event) in events.iter().enumerate() {
        let uuid = event.uuid.as_deref();
        let uuid = uuid.ok_or_else(|| missing(&format!("/{at}"), "uuid"))?;
        one_event(&mut output, event, uuid, now);
    }
    Ok(output.finish())
}

/// Turns attributes without an event into STIX objects.
pub fn attributes_to_stix(attributes: &[Attribute], now: Seconds) -> ToStix {
    let mut output = Output::default();
    output.begin(Owner {
        uuid: String::new(),
        identity: None,
        time: now,
    });
    for (at, each) in attributes.iter().enumerate() {
        attribute::convert(&mut output, each, at);
    }
    output.markings();
    output.relationships();
    output.finish()
}

fn one_event(output: &mut Output, event: &Event, uuid: &str, now: Seconds) {
    let identity = event.made_by.as_ref().and_then(|by| {
        let of = by.uuid.as_deref()?;
        Some((format!("identity--{of}"), by.name.clone()))
    });
    let time = event.timestamp.unwrap_or(now);
    if let Some((id, name)) = &identity {
        output.identity(id, name, time);
    }
    output.begin(Owner {
        uuid: uuid.to_owned(),
        identity: identity.map(|(id, _)| id),
        time,
    });
    let at = output.place();
    for (at, each) in event.attributes.iter().enumerate() {
        attribute::convert(output, each, at);
    }
    object::convert_all(output, &event.objects);
    reports(output, event, uuid);
    let mut report = head(event, uuid, time);
    galaxy::of_event(output, event, &mut report);
    output.relationships();
    output.markings();
    if output.refs().is_empty() {
        empty(output, &report);
    }
    report.insert("object_refs".to_owned(), json!(output.refs()));
    output.insert(at, report);
}

/// The report or grouping that stands for an event.
fn head(event: &Event, uuid: &str, time: Seconds) -> Map<String, Value> {
    let mut report = Map::new();
    let published = event.publish_timestamp.filter(|_| event.published);
    let kind = if published.is_some() {
        "report"
    } else {
        "grouping"
    };
    report.insert("type".to_owned(), json!(kind));
    report.insert("id".to_owned(), json!(format!("{kind}--{uuid}")));
    output::times(&mut report, time);
    report.insert("name".to_owned(), json!(event.info));
    let labels = json!(["Threat-Report", "misp:tool=\"MISP-STIX-Converter\""]);
    report.insert("labels".to_owned(), labels);
    match published {
        Some(published) => {
            report.insert("published".to_owned(), json!(published.to_string()));
        }
        None => {
            report.insert("context".to_owned(), json!("suspicious-activity"));
        }
    }
    report
}

/// Reports in prose become notes about the event.
fn reports(output: &mut Output, event: &Event, uuid: &str) {
    let kind = if event.published && event.publish_timestamp.is_some() {
        "report"
    } else {
        "grouping"
    };
    for report in &event.reports {
        let Some(own) = report.uuid.as_deref() else {
            continue;
        };
        let mut note = Map::new();
        note.insert("type".to_owned(), json!("note"));
        note.insert("id".to_owned(), json!(format!("note--{own}")));
        let time = report.timestamp.unwrap_or(output.owner().time);
        output::times(&mut note, time);
        note.insert("abstract".to_owned(), json!(report.name));
        note.insert("content".to_owned(), json!(report.content));
        let labels = json!(["misp:data-layer=\"Event Report\""]);
        note.insert("labels".to_owned(), labels);
        note.insert("object_refs".to_owned(), json!([format!("{kind}--{uuid}")]));
        output.push(note);
    }
}

/// STIX wants a reference in a report; an empty event gets a note that says so.
fn empty(output: &mut Output, report: &Map<String, Value>) {
    let mut note = Map::new();
    let owner = output.owner().clone();
    note.insert("type".to_owned(), json!("note"));
    note.insert("id".to_owned(), json!(format!("note--{}", owner.uuid)));
    output::times(&mut note, owner.time);
    let words = "This MISP Event is empty and contains no attribute, object, galaxy or tag.";
    note.insert("content".to_owned(), json!(words));
    let id = report.get("id").cloned().unwrap_or_default();
    note.insert("object_refs".to_owned(), json!([id]));
    output.push(note);
}
