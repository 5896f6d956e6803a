//! What was observed, as patterns look at it. In: an `observed-data` object and whatever its references lead to. Out: its objects by key, its first and last moment, how
//! often. Never: an object that the caller did not hand in.

use crate::json::{Node, Value};
use crate::stix::Timestamp;
use std::collections::BTreeMap;

/// An `observed-data` object with its observables.
#[derive(Clone, Debug)]
pub struct Observed<'t> {
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) times: u64,
    /// The observables that were seen.
    pub(super) seen: Vec<&'t Node<'t>>,
    /// Observables by what references call them: keys within the object, or ids.
    pub(super) known: BTreeMap<&'t str, &'t Node<'t>>,
}

/// Why an object is no observation. Its maker acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObservationError {
    /// Another type.
    #[error("it is no `observed-data`")]
    Kind,
    /// A property is missing or malformed.
    #[error("`{0}` is missing or malformed")]
    Property(&'static str),
}

impl<'t> Observed<'t> {
    /// Looks at an `observed-data` object: of STIX 2.0 with `objects` in it, or of 2.1 with `object_refs` into `others` (observables by id; those that are
    /// missing are taken as not seen).
    ///
    /// # Errors
    /// [`ObservationError`] names the property.
    pub fn new(
        node: &'t Node<'t>,
        others: &BTreeMap<&'t str, &'t Node<'t>>,
    ) -> Result<Self, ObservationError> {
        if node.text_of("type") != Some("observed-data") {
            return Err(ObservationError::Kind);
        }
        let time = |name| {
            let text = node.text_of(name).and_then(Timestamp::parse_stix);
            text.ok_or(ObservationError::Property(name))
        };
        let times = node.get("number_observed").and_then(Node::as_i64);
        let times = times.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
        let (mut seen, mut known) = (Vec::new(), BTreeMap::new());
        match (node.get("objects"), node.get("object_refs")) {
            (Some(objects), _) if objects.is_object() => {
                for member in objects.members() {
                    seen.push(&member.value);
                    known.insert(member.name.as_ref(), &member.value);
                }
            }
            (None, Some(refs)) if matches!(refs.value, Value::List(_)) => {
                known.clone_from(others);
                let ids = refs.items().iter().filter_map(Node::as_str);
                seen.extend(ids.filter_map(|id| others.get(id).copied()));
            }
            _ => return Err(ObservationError::Property("object_refs")),
        }
        Ok(Self {
            first: time("first_observed")?,
            last: time("last_observed")?,
            times: times.ok_or(ObservationError::Property("number_observed"))?,
            seen,
            known,
        })
    }
}
