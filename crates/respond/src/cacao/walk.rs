//! Where the steps lead. In: steps. Out: what is named and not there, what nobody comes to, what goes in circles. Never: a walk that does not end.

use super::read::Found;
use super::{Kind, Rule, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Where a step leads: the member that says so, and the step.
fn ways(step: &Step) -> Vec<(String, &str)> {
    let mut out: Vec<(String, &str)> = Vec::new();
    for (member, to) in [
        ("on_completion", &step.on_completion),
        ("on_success", &step.on_success),
        ("on_failure", &step.on_failure),
    ] {
        if let Some(to) = to {
            out.push((member.to_owned(), to));
        }
    }
    match &step.kind {
        Kind::Parallel(next) => out.extend(
            next.iter()
                .enumerate()
                .map(|(at, to)| (format!("next_steps/{at}"), to.as_str())),
        ),
        Kind::If {
            on_true, on_false, ..
        } => {
            out.push(("on_true".to_owned(), on_true));
            out.extend(on_false.as_deref().map(|to| ("on_false".to_owned(), to)));
        }
        Kind::While { on_true, .. } => out.push(("on_true".to_owned(), on_true)),
        Kind::Switch { cases, .. } => out.extend(
            cases
                .iter()
                .map(|(case, to)| (format!("cases/{case}"), to.as_str())),
        ),
        Kind::Start | Kind::End | Kind::Action { .. } => {}
    }
    out
}

pub(super) fn walk(
    found: &mut Found,
    start: &str,
    exception: Option<&str>,
    steps: &BTreeMap<String, Step>,
) {
    for (member, id) in [
        ("workflow_start", Some(start)),
        ("workflow_exception", exception),
    ] {
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
    for (id, step) in steps {
        for (member, to) in ways(step) {
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
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = [Some(start), exception].into_iter().flatten().collect();
    while let Some(id) = open.pop() {
        let Some(step) = steps.get(id) else { continue };
        if reached.insert(id) {
            open.extend(ways(step).into_iter().map(|(_, to)| to));
        }
    }
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

/// Steps from which one comes back to them: what is left when ends, and what leads only to what is gone, are taken away, and then beginnings.
fn circles(steps: &BTreeMap<String, Step>) -> BTreeSet<&str> {
    let mut left: BTreeMap<&str, BTreeSet<&str>> = steps
        .iter()
        .map(|(id, step)| {
            let to = ways(step)
                .into_iter()
                .map(|(_, to)| to)
                .filter(|to| steps.contains_key(*to));
            (id.as_str(), to.collect())
        })
        .collect();
    loop {
        let gone: Vec<&str> = left
            .iter()
            .filter(|(_, to)| to.is_empty())
            .map(|(id, _)| *id)
            .collect();
        let named: BTreeSet<&str> = left.values().flatten().copied().collect();
        let first: Vec<&str> = left
            .keys()
            .copied()
            .filter(|id| !named.contains(id))
            .collect();
        if gone.is_empty() && first.is_empty() {
            return left.into_keys().collect();
        }
        for id in gone.into_iter().chain(first) {
            left.remove(id);
            for to in left.values_mut() {
                to.remove(id);
            }
        }
    }
}
