//! What MISP sends, as types. In: what [`super::read`] found. Out: events that keep their own text byte for byte. Never: a field that changes what was received;
//! unknown fields stay in the text.
//!
//! The core format: draft-dulaunoy-misp-core-format.

use super::tag::Tag;
use sakimori_custody::time::Seconds;

/// An event. Its text is what was received; the fields are an index over it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Event {
    pub(super) text: String,
    /// Its identifier; an event that was never on a server may have none.
    pub uuid: Option<String>,
    /// Its title.
    pub info: String,
    /// Its date, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// When it last changed.
    pub timestamp: Option<Seconds>,
    /// Whether it is published.
    pub published: bool,
    /// When it was published.
    pub publish_timestamp: Option<Seconds>,
    /// How far its maker lets it go.
    pub distribution: Option<Distribution>,
    /// The sharing group, if [`Distribution::SharingGroup`].
    pub sharing_group: Option<String>,
    /// 1 high, 2 medium, 3 low, 4 undefined.
    pub threat_level: Option<u8>,
    /// 0 initial, 1 ongoing, 2 complete.
    pub analysis: Option<u8>,
    /// The organisation that made it.
    pub made_by: Option<Organisation>,
    /// The organisation that owns this copy.
    pub owned_by: Option<Organisation>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Its galaxies.
    pub galaxies: Vec<Galaxy>,
    /// Its attributes, those of objects not counted.
    pub attributes: Vec<Attribute>,
    /// Its objects.
    pub objects: Vec<Object>,
    /// Its reports in prose.
    pub reports: Vec<Report>,
}

impl Event {
    /// The event's object as it was received, or as it was written for an event that was made here.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Attributes, those of objects counted.
    pub fn attribute_count(&self) -> usize {
        let in_objects: usize = self.objects.iter().map(|o| o.attributes.len()).sum();
        self.attributes.len() + in_objects
    }
}

/// How far the maker lets something go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distribution {
    /// 0: the maker's organisation.
    Organisation,
    /// 1: this community.
    Community,
    /// 2: connected communities.
    Connected,
    /// 3: all communities.
    All,
    /// 4: a sharing group.
    SharingGroup,
    /// 5: as the event.
    Inherit,
}

impl Distribution {
    /// The value for MISP's number.
    pub const fn from_code(code: u64) -> Option<Self> {
        match code {
            0 => Some(Self::Organisation),
            1 => Some(Self::Community),
            2 => Some(Self::Connected),
            3 => Some(Self::All),
            4 => Some(Self::SharingGroup),
            5 => Some(Self::Inherit),
            _ => None,
        }
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Organisation {
    /// Its identifier.
    pub uuid: Option<String>,
    /// Its name.
    pub name: String,
}

/// An attribute: one value and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Attribute {
    /// Its identifier.
    pub uuid: Option<String>,
    /// Its type, such as `ip-dst`.
    pub kind: String,
    /// Its category, such as `Network activity`.
    pub category: Option<String>,
    /// Its value; two values are joined by `|` if the type's name is.
    pub value: String,
    /// What its maker says of it.
    pub comment: Option<String>,
    /// Whether it is meant for detection; the type decides where this is missing.
    pub to_ids: Option<bool>,
    /// When it last changed.
    pub timestamp: Option<Seconds>,
    /// What it is to its object.
    pub relation: Option<String>,
    /// A file in Base64.
    pub data: Option<String>,
    /// When it was first seen, as written.
    pub first_seen: Option<String>,
    /// When it was last seen, as written.
    pub last_seen: Option<String>,
    /// How far it may go.
    pub distribution: Option<Distribution>,
    /// Whether it is withdrawn.
    pub deleted: bool,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Its galaxies.
    pub galaxies: Vec<Galaxy>,
    /// Who saw it.
    pub sightings: Vec<Seen>,
}

impl Attribute {
    /// Whether it is meant for detection: what it says, or what its type stands for.
    pub fn is_for_detection(&self) -> bool {
        self.to_ids
            .unwrap_or_else(|| super::types::for_detection(&self.kind))
    }

    /// Its category, or that of its type.
    pub fn category(&self) -> &str {
        self.category
            .as_deref()
            .unwrap_or_else(|| super::types::category(&self.kind))
    }
}

/// A sighting in an event.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Seen {
    /// Its identifier.
    pub uuid: Option<String>,
    /// 0 seen, 1 a false positive, 2 expired.
    pub kind: u8,
    /// When.
    pub at: Option<Seconds>,
    /// What saw it.
    pub source: Option<String>,
    /// Who saw it.
    pub by: Option<Organisation>,
}

/// An object: attributes that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Object {
    /// Its identifier.
    pub uuid: Option<String>,
    /// Its template's name, such as `domain-ip`.
    pub name: String,
    /// Its template's category.
    pub meta_category: String,
    /// What its maker says of it.
    pub comment: Option<String>,
    /// When it last changed.
    pub timestamp: Option<Seconds>,
    /// When it was first seen, as written.
    pub first_seen: Option<String>,
    /// When it was last seen, as written.
    pub last_seen: Option<String>,
    /// How far it may go.
    pub distribution: Option<Distribution>,
    /// Whether it is withdrawn.
    pub deleted: bool,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// What it refers to.
    pub references: Vec<Reference>,
}

/// A reference of an object to another object or attribute.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reference {
    /// Its identifier.
    pub uuid: Option<String>,
    /// The other's identifier.
    pub to: String,
    /// What they are to each other.
    pub relation: String,
    /// When it last changed.
    pub timestamp: Option<Seconds>,
}

/// A galaxy: a kind of knowledge, with the clusters that are meant.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Galaxy {
    /// Its identifier.
    pub uuid: Option<String>,
    /// Its name.
    pub name: String,
    /// Its type, such as `threat-actor`.
    pub kind: String,
    /// What it is.
    pub description: String,
    /// Its clusters.
    pub clusters: Vec<Cluster>,
}

/// A cluster of a galaxy: one actor, tool, technique.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cluster {
    /// Its identifier.
    pub uuid: Option<String>,
    /// Its type, that of its galaxy.
    pub kind: String,
    /// Its name.
    pub value: String,
    /// What it is.
    pub description: Option<String>,
    /// The tag that stands for it.
    pub tag_name: Option<String>,
    /// What else is known, by name: a value or several, as JSON.
    pub meta: serde_json::Map<String, serde_json::Value>,
    /// When it last changed.
    pub timestamp: Option<Seconds>,
}

/// A report in prose.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Report {
    /// Its identifier.
    pub uuid: Option<String>,
    /// Its title.
    pub name: String,
    /// Its text in Markdown; never rendered here.
    pub content: String,
    /// When it last changed.
    pub timestamp: Option<Seconds>,
}
