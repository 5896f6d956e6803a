//! One object as it was sent, with what has to be found about it without reading it again. In: its text. Out: text and index. Never: a change of the text, a judgement
//! whether it is valid.

use crate::json::{JsonError, JsonProblem, Limits, Node, Value, push_step, read};
use std::fmt;

/// Longest id and type in bytes: a type has at most 250, a UUID 36.
const ID_BYTES_MAX: usize = 300;
/// Longest `created` and `modified` in bytes: what a timestamp may have.
const TIME_BYTES_MAX: usize = 66;

/// An object as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    raw: Box<str>,
    index: Index,
}

/// What is found about an object without reading it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// `id`
    pub id: String,
    /// `type`
    pub kind: String,
    /// Version of the specification that it follows.
    pub spec_version: SpecVersion,
    /// `created` as it is written.
    pub created: Option<String>,
    /// `modified` as it is written.
    pub modified: Option<String>,
    /// `revoked`
    pub revoked: bool,
    /// `created_by_ref`
    pub created_by: Option<String>,
    /// `object_marking_refs`
    pub markings: Vec<String>,
    /// `marking_ref` of each of `granular_markings`.
    pub granular_markings: Vec<String>,
    /// Every other object that it points to, with the place of the reference; those of markings and maker too.
    pub references: Vec<Reference>,
    /// `labels`
    pub labels: Vec<String>,
    /// The pattern of an indicator.
    pub pattern: Option<PatternText>,
    /// SHA-256 of what it says: [`Node::digest`].
    pub digest: [u8; 32],
}

/// A reference to another object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// JSON Pointer to it.
    pub pointer: String,
    /// The id of the other object.
    pub id: String,
}

/// The pattern of an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternText {
    /// `pattern`
    pub text: String,
    /// `pattern_type`; `stix` in STIX 2.0, which has no other.
    pub language: String,
}

/// A version of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecVersion {
    /// Before the point.
    pub major: u16,
    /// Behind the point.
    pub minor: u16,
}

impl SpecVersion {
    /// STIX 2.0.
    pub const V20: Self = Self { major: 2, minor: 0 };
    /// STIX 2.1.
    pub const V21: Self = Self { major: 2, minor: 1 };

    /// Reads `2.1`.
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let plain = digits && (part.len() == 1 || !part.starts_with('0'));
            plain.then(|| part.parse().ok()).flatten()
        };
        Some(Self {
            major: number(major)?,
            minor: number(minor)?,
        })
    }
}

impl fmt::Display for SpecVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Why a text is no object that can be kept. Its sender acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// No JSON.
    #[error("it is no JSON")]
    Json(#[source] JsonError),
    /// Another value than an object.
    #[error("it is no JSON object")]
    NotObject,
    /// A property without which it cannot be kept is not there or no text, or too long.
    #[error("`{0}` is missing, no text or too long")]
    Property(&'static str),
    /// A version of STIX that nobody knows.
    #[error("`spec_version` is no version such as 2.1")]
    SpecVersion,
}

impl Object {
    /// Reads an object. Without `spec_version` it is one of STIX 2.0 if it has `created`, which observables of 2.1 have not; `around` is the version of a bundle
    /// that says 2.0.
    ///
    /// # Errors
    /// [`ObjectError`] names the property.
    pub fn read(text: &str, around: Option<SpecVersion>) -> Result<Self, ObjectError> {
        let node = read(text, Limits::OBJECT).map_err(ObjectError::Json)?;
        Self::from_node(text, &node, around)
    }

    /// Takes an object out of the text that a value was read from.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn from_node(
        text: &str,
        node: &Node<'_>,
        around: Option<SpecVersion>,
    ) -> Result<Self, ObjectError> {
        let raw = node.raw(text);
        if raw.len() > Limits::OBJECT.bytes_max {
            let error = JsonError::new(JsonProblem::TooLong, node.span.start);
            return Err(ObjectError::Json(error));
        }
        Ok(Self {
            index: index(node, around)?,
            raw: raw.into(),
        })
    }

    /// The text, byte for byte as it was sent.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// What is found about it.
    pub const fn index(&self) -> &Index {
        &self.index
    }

    /// Both, for who stores them apart.
    pub fn into_parts(self) -> (Box<str>, Index) {
        (self.raw, self.index)
    }
}

impl Index {
    /// The version of the object: `modified`, or `created` where there is none. `None` has none of them: the version is then when a server got it.
    pub fn version(&self) -> Option<&str> {
        self.modified.as_deref().or(self.created.as_deref())
    }

    /// Every marking, of the whole and of parts.
    pub fn all_markings(&self) -> impl Iterator<Item = &str> {
        let all = self.markings.iter().chain(&self.granular_markings);
        all.map(String::as_str)
    }
}

fn index(node: &Node<'_>, around: Option<SpecVersion>) -> Result<Index, ObjectError> {
    if !node.is_object() {
        return Err(ObjectError::NotObject);
    }
    let id = required(node, "id", ID_BYTES_MAX)?;
    let kind = required(node, "type", ID_BYTES_MAX)?;
    let created = optional(node, "created")?;
    let modified = optional(node, "modified")?;
    let spec_version = match node.get("spec_version") {
        Some(said) => said
            .as_str()
            .and_then(SpecVersion::parse)
            .ok_or(ObjectError::SpecVersion)?,
        None if around == Some(SpecVersion::V20) || created.is_some() => SpecVersion::V20,
        None => SpecVersion::V21,
    };
    let mut references = Vec::new();
    collect(node, &mut String::new(), &mut references);
    let granular = node.get("granular_markings").map_or(&[][..], Node::items);
    let pattern = |text: &str| PatternText {
        text: text.to_owned(),
        language: node.text_of("pattern_type").unwrap_or("stix").to_owned(),
    };
    Ok(Index {
        spec_version,
        created,
        modified,
        revoked: node.get("revoked").and_then(Node::as_bool) == Some(true),
        created_by: node.text_of("created_by_ref").map(str::to_owned),
        markings: texts(node, "object_marking_refs"),
        granular_markings: granular
            .iter()
            .filter_map(|marking| marking.text_of("marking_ref"))
            .map(str::to_owned)
            .collect(),
        references,
        labels: texts(node, "labels"),
        pattern: (kind == "indicator")
            .then(|| node.text_of("pattern").map(pattern))
            .flatten(),
        digest: node.digest(),
        id,
        kind,
    })
}

fn required(node: &Node<'_>, name: &'static str, max: usize) -> Result<String, ObjectError> {
    let text = node.text_of(name).filter(|text| text.len() <= max);
    text.map(str::to_owned).ok_or(ObjectError::Property(name))
}

fn optional(node: &Node<'_>, name: &'static str) -> Result<Option<String>, ObjectError> {
    node.get(name)
        .map(|_| required(node, name, TIME_BYTES_MAX))
        .transpose()
}

fn texts(node: &Node<'_>, name: &str) -> Vec<String> {
    let items = node.get(name).map_or(&[][..], Node::items);
    items
        .iter()
        .filter_map(Node::as_str)
        .map(str::to_owned)
        .collect()
}

/// Collects `…_ref` and `…_refs` at any depth. Keys of the objects within an `observed-data` of STIX 2.0 are no ids and are left out.
fn collect(node: &Node<'_>, pointer: &mut String, out: &mut Vec<Reference>) {
    let length = pointer.len();
    match &node.value {
        Value::Object(members) => {
            for member in members {
                push_step(pointer, &member.name);
                if member.name.ends_with("_ref") {
                    found(&member.value, pointer, out);
                } else if member.name.ends_with("_refs") {
                    let inner = pointer.len();
                    for (at, item) in member.value.items().iter().enumerate() {
                        push_step(pointer, &at.to_string());
                        found(item, pointer, out);
                        pointer.truncate(inner);
                    }
                } else {
                    collect(&member.value, pointer, out);
                }
                pointer.truncate(length);
            }
        }
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                push_step(pointer, &at.to_string());
                collect(item, pointer, out);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

fn found(node: &Node<'_>, pointer: &str, out: &mut Vec<Reference>) {
    if let Some(id) = node.as_str().filter(|id| id.contains("--")) {
        out.push(Reference {
            pointer: pointer.to_owned(),
            id: id.to_owned(),
        });
    }
}
