//! Where the steps lead. In: steps. Out: what is named and not there, what nobody comes to, what goes in circles. Never: a walk that does not end.

use super::Rule;
use super::read::Found;
use sakimori_exchange::json::Node;
use std::collections::{BTreeMap, BTreeSet};

/// A step, as far as it leads somewhere.
pub(super) struct Ways {
    /// Whether it says that it is the beginning.
    is_start: bool,
    /// Where it says that it leads, whatever else is wrong with it: the member that says so, and the step.
    to: Vec<(String, String)>,
}

impl Ways {
    pub(super) fn of(step: &Node<'_>) -> Self {
        let mut to = Vec::new();
        let mut named = |member: &str, node: &Node<'_>| {
            to.extend(node.as_str().map(|id| (member.to_owned(), id.to_owned())));
            for (at, item) in node.items().iter().enumerate() {
                let id = item.as_str();
                to.extend(id.map(|id| (format!("{member}/{at}"), id.to_owned())));
            }
        };
        for member in [
            "on_completion",
            "on_success",
            "on_failure",
            "on_true",
            "on_false",
            "next_steps",
        ] {
            if let Some(node) = step.get(member) {
                named(member, node);
            }
        }
        for case in step.get("cases").map(Node::members).unwrap_or_default() {
            named(&format!("cases/{}", case.name), &case.value);
        }
        Self {
            is_start: step.text_of("type") == Some("start"),
            to,
        }
    }
}

pub(super) fn walk(
    found: &mut Found,
    start: Option<&str>,
    exception: Option<&str>,
    steps: &BTreeMap<String, Ways>,
) {
    for (member, id) in [("workflow_start", start), ("workflow_exception", exception)] {
        if let Some(id) = id
            && !steps.contains_key(id)
        {
            found.add(
                Some(id),
                format!("/{member}"),
                Rule::Dangling,
                format!("there is no step {id}"),
            );
        }
    }
    let first = start.and_then(|id| steps.get_key_value(id));
    if let Some((id, _)) = first.filter(|(_, step)| !step.is_start) {
        let words = "a start step is asked for";
        found.add(Some(id), "/workflow_start", Rule::Schema, words);
    }
    for (id, step) in steps {
        for (member, to) in &step.to {
            if !steps.contains_key(to) {
                found.add(
                    Some(id),
                    format!("/workflow/{id}/{member}"),
                    Rule::Dangling,
                    format!("there is no step {to}"),
                );
            }
        }
    }
    // Where no start is named each start is a beginning too: what is wrong behind it is told all the same.
    let named = first.is_some_and(|(_, step)| step.is_start);
    let is_first = |id: &str| first.is_some_and(|(first, _)| first == id);
    let begins = steps
        .iter()
        .filter(|(id, step)| is_first(id) || (step.is_start && !named))
        .map(|(id, _)| id.as_str());
    let reached = reached(steps, begins.chain(exception));
    for id in steps.keys().filter(|id| !reached.contains(id.as_str())) {
        found.add(
            Some(id),
            format!("/workflow/{id}"),
            Rule::Unreached,
            "no step leads here",
        );
    }
    for id in circles(steps) {
        found.add(Some(id), format!("/workflow/{id}"), Rule::Endless, "its steps lead back to it; a loop is a `while-condition` whose branch has an end of its own");
    }
}

/// Steps that one comes to.
fn reached<'s>(
    steps: &'s BTreeMap<String, Ways>,
    from: impl Iterator<Item = &'s str>,
) -> BTreeSet<&'s str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = from.collect();
    while let Some(id) = open.pop() {
        let Some(step) = steps.get(id) else { continue };
        if reached.insert(id) {
            open.extend(step.to.iter().map(|(_, to)| to.as_str()));
        }
    }
    reached
}

/// Steps from which one comes back to them; what only lies between two circles is none of them.
fn circles(steps: &BTreeMap<String, Ways>) -> Vec<&str> {
    let ids: Vec<&str> = steps.keys().map(String::as_str).collect();
    let number = |(_, to): &(String, String)| ids.binary_search(&to.as_str()).ok();
    let next: Vec<BTreeSet<usize>> = steps
        .values()
        .map(|step| step.to.iter().filter_map(number).collect())
        .collect();
    let comes_back = |start: usize| {
        let mut seen = vec![false; next.len()];
        let mut open = vec![start];
        while let Some(to) = open.pop().and_then(|at| next.get(at)) {
            for to in to {
                if let Some(seen) = seen.get_mut(*to).filter(|seen| !**seen) {
                    *seen = true;
                    open.push(*to);
                }
            }
        }
        seen.get(start) == Some(&true)
    };
    let numbered = ids.iter().enumerate();
    let found = numbered.filter(|(number, _)| comes_back(*number));
    found.map(|(_, id)| *id).collect()
}
