//! Markings, section 7.2. In: an object. Out: findings about its markings, and about itself where it is one. Never: a judgement of who may see it.

use super::Judge;
use super::common::is_language;
use super::form::Form;
use super::rule::Rule;
use crate::json::{Node, Value};

/// The TLP markings of section 7.2.1.4: id, colour, name.
const TLP: [(&str, &str, &str); 4] = [
    (
        "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
        "white",
        "TLP:WHITE",
    ),
    (
        "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
        "green",
        "TLP:GREEN",
    ),
    (
        "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
        "amber",
        "TLP:AMBER",
    ),
    (
        "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
        "red",
        "TLP:RED",
    ),
];

pub(super) fn judge(judge: &mut Judge, node: &Node<'_>) {
    let definition = node.text_of("type") == Some("marking-definition");
    if definition {
        define(judge, node);
        let own = node.text_of("id");
        let marks = node.get("object_marking_refs").map_or(&[][..], Node::items);
        if own.is_some() && marks.iter().any(|mark| mark.as_str() == own) {
            judge.within("object_marking_refs", |judge| {
                judge.error(Rule::MarkingCircle, "marks the marking with itself");
            });
        }
    }
    if let Some(markings) = node.get("granular_markings") {
        judge.within("granular_markings", |judge| {
            judge.each(markings, |judge, marking| {
                granular(judge, node, marking, definition);
            });
        });
    }
}

/// Section 7.2.3: selectors of parts, and a marking or a language.
fn granular(judge: &mut Judge, object: &Node<'_>, marking: &Node<'_>, definition: bool) {
    if !marking.is_object() {
        judge.error(Rule::PropertyType, "is not an object");
        return;
    }
    match marking.get("marking_ref") {
        Some(mark) => {
            judge.within("marking_ref", |judge| {
                judge.form(mark, Form::Id(&["marking-definition"]));
            });
            if definition && mark.as_str().is_some() && mark.as_str() == object.text_of("id") {
                judge.error(Rule::MarkingCircle, "marks the marking with itself");
            }
        }
        None => judge.error(Rule::Required, "has no `marking_ref`"),
    }
    if let Some(lang) = marking.get("lang") {
        judge.within("lang", |judge| {
            let tag = Form::Checked(Rule::Language, is_language, "is no tag of RFC 5646");
            judge.form(lang, tag);
        });
    }
    match marking.get("selectors") {
        Some(selectors) => judge.within("selectors", |judge| {
            judge.each(selectors, |judge, selector| match selector.as_str() {
                Some(text) if selects(object, text) => {}
                _ => judge.error(Rule::Selector, "selects nothing of the object"),
            });
        }),
        None => judge.error(Rule::Required, "has no `selectors`"),
    }
}

/// Whether a selector such as `labels.[1]` leads to a part of the object.
fn selects(object: &Node<'_>, selector: &str) -> bool {
    let mut steps = selector.split('.');
    let Some(first) = steps.next().and_then(|name| object.get(name)) else {
        return false;
    };
    let found = steps.try_fold(first, |node, step| {
        match step
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            Some(index) => match &node.value {
                Value::List(items) => items.get(index.parse::<usize>().ok()?),
                _ => None,
            },
            None => node.get(step),
        }
    });
    found.is_some()
}

/// Section 7.2.1: a statement, one of the four of TLP, or a definition by an extension.
fn define(judge: &mut Judge, node: &Node<'_>) {
    let kind = node.text_of("definition_type");
    let definition = node.get("definition");
    let extended = node.get("extensions").is_some() && !judge.is_v20();
    if !extended && (kind.is_none() || definition.is_none()) {
        judge.error(
            Rule::Marking,
            "has neither an extension nor both of `definition_type` and `definition`",
        );
    }
    if definition.is_some_and(|definition| !definition.is_object()) {
        judge.within("definition", |judge| {
            judge.error(Rule::PropertyType, "is not an object");
        });
    }
    match kind {
        Some("tlp") => tlp(judge, node),
        Some("statement") if definition.is_none_or(|d| d.text_of("statement").is_none()) => {
            judge.within("definition", |judge| {
                judge.error(Rule::Required, "has no `statement`");
            });
        }
        Some("statement") | None => {}
        Some(_) if !judge.is_v20() && !extended => judge.within("definition_type", |judge| {
            judge.warn(Rule::Marking, "is neither `statement` nor `tlp`");
        }),
        Some(_) => {}
    }
}

fn tlp(judge: &mut Judge, node: &Node<'_>) {
    let colour = node.get("definition").and_then(|d| d.text_of("tlp"));
    let known = TLP.iter().find(|(id, ..)| node.text_of("id") == Some(*id));
    let good = known.is_some_and(|(_, known, name)| {
        let named = judge.is_v20() || node.text_of("name") == Some(*name);
        Some(*known) == colour && named
    });
    let own = [
        "type",
        "id",
        "spec_version",
        "name",
        "created",
        "definition",
        "definition_type",
    ];
    let more = node
        .members()
        .iter()
        .any(|member| !own.contains(&member.name.as_ref()));
    if !good || more || node.text_of("created") != Some("2017-01-20T00:00:00.000Z") {
        judge.error(
            Rule::Tlp,
            "is none of the four markings of TLP that the specification gives",
        );
    }
}
