//! Texts of many objects: bundles (STIX 2.1 section 8) and TAXII envelopes (TAXII 2.1 section 3). In: text. Out: objects, each as it was sent. Never: one bad object that
//! takes the others with it.

use super::object::{Object, ObjectError, SpecVersion};
use crate::json::{JsonError, Limits, Node, Value, quote, read};

/// A bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// `id`, where it is a text.
    pub id: Option<String>,
    /// `spec_version`, which a bundle of STIX 2.0 has.
    pub spec_version: Option<SpecVersion>,
    /// The objects in their order.
    pub objects: Vec<Result<Object, Refused>>,
}

/// An envelope.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// `more`
    pub more: bool,
    /// `next`
    pub next: Option<String>,
    /// The objects in their order.
    pub objects: Vec<Result<Object, Refused>>,
}

/// An object that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its place in the list, from 0.
    pub at: usize,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// Its version, where it has one.
    pub version: Option<String>,
    /// Why.
    pub error: ObjectError,
}

/// Why a text is no bundle or envelope. Its sender acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// No JSON.
    #[error("it is no JSON")]
    Json(#[source] JsonError),
    /// Another value than an object, or a member of another type.
    #[error("it is no {wanted}: `{member}` is missing or of another type")]
    Member {
        /// What was expected.
        wanted: &'static str,
        /// The member.
        member: &'static str,
    },
    /// A bundle where an envelope is expected.
    #[error(
        "it is a bundle; send its list of objects as `{{\"objects\": […]}}`, without `type` and `id`"
    )]
    IsBundle,
}

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// [`ContainerError`] where the whole is none; bad objects are in the list.
    pub fn read(text: &str) -> Result<Self, ContainerError> {
        let node = read(text, Limits::MANY).map_err(ContainerError::Json)?;
        if node.text_of("type") != Some("bundle") {
            return Err(member("bundle", "type"));
        }
        let spec_version = node.text_of("spec_version").and_then(SpecVersion::parse);
        Ok(Self {
            id: node.text_of("id").map(str::to_owned),
            objects: objects(text, &node, "bundle", spec_version)?,
            spec_version,
        })
    }
}

impl Envelope {
    /// Reads an envelope.
    ///
    /// # Errors
    /// [`ContainerError`] where the whole is none; bad objects are in the list. A bundle is told by a reason of its own.
    pub fn read(text: &str) -> Result<Self, ContainerError> {
        let node = read(text, Limits::MANY).map_err(ContainerError::Json)?;
        if !node.is_object() {
            return Err(member("envelope", "objects"));
        }
        if node.text_of("type") == Some("bundle") {
            return Err(ContainerError::IsBundle);
        }
        let more = node.get("more").map_or(Some(false), Node::as_bool);
        let next = node
            .get("next")
            .map(|next| next.as_str().map(str::to_owned));
        Ok(Self {
            more: more.ok_or_else(|| member("envelope", "more"))?,
            next: next
                .map(|next| next.ok_or_else(|| member("envelope", "next")))
                .transpose()?,
            objects: objects(text, &node, "envelope", None)?,
        })
    }
}

const fn member(wanted: &'static str, member: &'static str) -> ContainerError {
    ContainerError::Member { wanted, member }
}

fn objects(
    text: &str,
    node: &Node<'_>,
    wanted: &'static str,
    around: Option<SpecVersion>,
) -> Result<Vec<Result<Object, Refused>>, ContainerError> {
    let list = match node.get("objects") {
        None => return Ok(Vec::new()),
        Some(list) if matches!(list.value, Value::List(_)) => list,
        Some(_) => return Err(member(wanted, "objects")),
    };
    let read = |(at, node): (usize, &Node<'_>)| {
        Object::from_node(text, node, around).map_err(|error| Refused {
            at,
            id: short(node, "id"),
            version: short(node, "modified").or_else(|| short(node, "created")),
            error,
        })
    };
    Ok(list.items().iter().enumerate().map(read).collect())
}

fn short(node: &Node<'_>, name: &str) -> Option<String> {
    // BOUND: what is told about a refused object is no longer than what would have been accepted.
    let text = node.text_of(name).filter(|text| text.len() <= 300);
    text.map(str::to_owned)
}

/// A bundle of STIX 2.1 with the objects as they were sent.
pub fn bundle_text<'o>(id: &str, objects: impl IntoIterator<Item = &'o str>) -> String {
    let mut out = String::from("{\"type\":\"bundle\",\"id\":");
    quote(&mut out, id);
    let mut separator = ",\"objects\":[";
    for raw in objects {
        out.push_str(separator);
        out.push_str(raw);
        separator = ",";
    }
    // A bundle without objects has no list: STIX 2.1 section 2.12 allows no empty one.
    out.push_str(if separator == "," { "]}" } else { "}" });
    out
}
