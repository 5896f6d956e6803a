//! Values that a path leads to. In: an object, the others, a path. Out: values. Never: more of them than the search may take.

use super::ast::{ObjectPath, Step};
use super::matcher::Budget;
use super::observe::Observed;
use crate::json::Node;

/// A value on the way, and whether it is a reference, or a list of references.
#[derive(Clone, Copy)]
struct Place<'t> {
    node: &'t Node<'t>,
    refers: bool,
}

/// The values of `path` in `object`; none where it is of another type. The last key of the path comes with them, which says how a value is encoded.
pub(super) fn values<'t>(
    path: &ObjectPath,
    object: &'t Node<'t>,
    observed: &Observed<'t>,
    budget: &mut Budget,
) -> Vec<&'t Node<'t>> {
    if object.text_of("type") != Some(path.kind.as_str()) {
        return Vec::new();
    }
    let mut places = vec![Place {
        node: object,
        refers: false,
    }];
    for step in &path.steps {
        let mut next = Vec::new();
        for place in places {
            match step {
                Step::Key(key) => {
                    let target = if place.refers {
                        let id = place.node.as_str();
                        id.and_then(|id| observed.known.get(id).copied())
                    } else {
                        Some(place.node)
                    };
                    let value = target.and_then(|target| target.get(key));
                    next.extend(value.map(|node| Place {
                        node,
                        refers: key.ends_with("_ref") || key.ends_with("_refs"),
                    }));
                }
                Step::Index(index) => {
                    let at = usize::try_from(*index).unwrap_or(usize::MAX);
                    let item = place.node.items().get(at);
                    next.extend(item.map(|node| Place { node, ..place }));
                }
                Step::Any => {
                    let items = place.node.items();
                    if !budget.spend(items.len()) {
                        return Vec::new();
                    }
                    next.extend(items.iter().map(|node| Place { node, ..place }));
                }
            }
        }
        places = next;
    }
    places.into_iter().map(|place| place.node).collect()
}

/// The key that a value was found under.
pub(super) fn last_key(path: &ObjectPath) -> &str {
    let key = |step: &Step| matches!(step, Step::Key(_));
    match path.steps.iter().rev().find(|step| key(step)) {
        Some(Step::Key(key)) => key,
        _ => "",
    }
}
