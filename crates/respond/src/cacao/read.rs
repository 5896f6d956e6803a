//! Reading a playbook. In: JSON. Out: a playbook, or every problem. Never: the first problem alone: who repairs a playbook wants to see all of them.

use super::condition::is_variable;
use super::form::{self, hold};
use super::step::{self, Known};
use super::walk::{self, Ways};
use super::{Kind, LIMITS, PROBLEMS_MAX, Playbook, Problem, Rule, STEPS_MAX, Step};
use sakimori_exchange::json::{self, Node, Value};
use sakimori_exchange::stix::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Problems as they are found.
#[derive(Default)]
pub(super) struct Found(Vec<Problem>);

impl Found {
    pub(super) fn add(
        &mut self,
        step: Option<&str>,
        place: impl Into<String>,
        rule: Rule,
        words: impl Into<String>,
    ) {
        if self.0.len() < PROBLEMS_MAX {
            self.0.push(Problem {
                step: step.map(str::to_owned),
                place: place.into(),
                rule,
                words: words.into(),
            });
        }
    }
}

/// Whether a text is an identifier: a type, two hyphens, a UUID of version 1 to 5; gives the type.
pub(super) fn id_type(text: &str) -> Option<&str> {
    let (kind, uuid) = text.split_once("--")?;
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = kind.len() >= 3
        && kind.starts_with(|c: char| c.is_ascii_lowercase())
        && kind.chars().all(word)
        && !kind.ends_with('-');
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = uuid.split('-').collect();
    let hex = |(part, length): (&&str, usize)| {
        part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let form = parts.len() == 5 && parts.iter().zip(lengths).all(hex);
    let version = parts
        .get(2)
        .is_some_and(|part| part.starts_with(['1', '2', '3', '4', '5']));
    let variant = parts
        .get(3)
        .is_some_and(|part| part.starts_with(['8', '9', 'a', 'b', 'A', 'B']));
    (good && form && version && variant).then_some(kind)
}

pub(super) fn is_time(text: &str) -> bool {
    Timestamp::parse_stix(text).is_some()
}

/// Reads and checks a playbook.
///
/// # Errors
/// All problems, at most [`PROBLEMS_MAX`].
pub fn check(bytes: &[u8]) -> Result<Playbook, Vec<Problem>> {
    let mut found = Found::default();
    let playbook = playbook(bytes, &mut found);
    match playbook {
        Some(playbook) if found.0.is_empty() => Ok(playbook),
        _ => {
            found.0.sort();
            found.0.dedup();
            Err(found.0)
        }
    }
}

fn playbook(bytes: &[u8], found: &mut Found) -> Option<Playbook> {
    let root = match json::read_bytes(bytes, LIMITS) {
        Ok(root) => root,
        Err(error) => {
            let words = error.problem.to_string();
            found.add(None, error.pointer(), Rule::Json, words);
            return None;
        }
    };
    if !root.is_object() {
        found.add(None, "", Rule::Schema, "a playbook is an object");
        return None;
    }
    let head = head(found, &root);
    let mut variables = Variables::default();
    read_variables(
        found,
        None,
        "/playbook_variables",
        root.get("playbook_variables"),
        &mut variables,
    );
    let agents = definitions(found, &root, "agent_definitions");
    let targets = definitions(found, &root, "target_definitions");
    let known = Known {
        agents: &agents,
        targets: &targets,
    };
    let (steps, ways) = workflow(found, &root, &known, &mut variables);
    walk::walk(
        found,
        root.text_of("workflow_start"),
        root.text_of("workflow_exception"),
        &ways,
    );
    undefined(found, &steps, &variables.values);
    Some(Playbook {
        id: head.id?,
        modified: head.modified?,
        name: head.name?,
        valid_from: head.valid_from,
        valid_until: head.valid_until,
        start: head.start?,
        exception: head.exception,
        steps,
        agents,
        variables: variables.values,
        constants: variables.constants,
        digest: root.digest(),
    })
}

/// What stands in front of the steps.
struct Head {
    id: Option<String>,
    modified: Option<String>,
    name: Option<String>,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
    start: Option<String>,
    exception: Option<String>,
}

pub(super) const TIME: &str = "a time such as 2026-01-01T00:00:00.000Z is asked for";

/// Whether its author holds it for valid, from when on and until when.
fn validity(found: &mut Found, root: &Node<'_>) -> [Option<Timestamp>; 2] {
    match root.get("revoked").map(Node::as_bool) {
        None | Some(Some(false)) => {}
        Some(Some(true)) => {
            let words = "its author has revoked it";
            found.add(None, "/revoked", Rule::NotTaken, words);
        }
        Some(None) => {
            let words = "`true` or `false` is asked for";
            found.add(None, "/revoked", Rule::Schema, words);
        }
    }
    let [valid_from, valid_until] = ["valid_from", "valid_until"].map(|name| {
        let node = root.get(name)?;
        let time = node.as_str().and_then(Timestamp::parse_stix);
        if time.is_none() {
            found.add(None, format!("/{name}"), Rule::Schema, TIME);
        }
        time
    });
    if let (Some(from), Some(until)) = (&valid_from, &valid_until)
        && until <= from
    {
        let words = "a time behind `valid_from` is asked for";
        found.add(None, "/valid_until", Rule::Schema, words);
    }
    [valid_from, valid_until]
}

fn head(found: &mut Found, root: &Node<'_>) -> Head {
    const STEP: &str = "the id of a step is asked for";
    hold(found, None, "", root, &[form::PLAYBOOK]);
    let [valid_from, valid_until] = validity(found, root);
    let mut text = |name: &str, good: &dyn Fn(&str) -> bool, words: &str| -> Option<String> {
        let value = root.text_of(name).filter(|text| good(text));
        if value.is_none() {
            found.add(None, format!("/{name}"), Rule::Schema, words);
        }
        value.map(str::to_owned)
    };
    text(
        "type",
        &|text| text == "playbook",
        "`playbook` is asked for",
    );
    text(
        "spec_version",
        &|text| text == "cacao-2.0",
        "`cacao-2.0` is asked for",
    );
    text(
        "created_by",
        &|text| id_type(text) == Some("identity"),
        "the id of an identity is asked for",
    );
    let created = text("created", &is_time, TIME);
    let modified = text("modified", &is_time, TIME);
    let is_step = |text: &str| id_type(text).is_some();
    let head = Head {
        valid_from,
        valid_until,
        id: text(
            "id",
            &|text| id_type(text) == Some("playbook"),
            "an id of a playbook is asked for",
        ),
        name: text("name", &|text| !text.is_empty(), "a name is asked for"),
        modified,
        start: text("workflow_start", &is_step, STEP),
        exception: root
            .get("workflow_exception")
            .and_then(|_| text("workflow_exception", &is_step, STEP)),
    };
    let moments = [created.as_ref(), head.modified.as_ref()];
    if let [Some(created), Some(modified)] =
        moments.map(|text| text.and_then(|text| Timestamp::parse_stix(text)))
        && modified < created
    {
        let words = "a time not before `created` is asked for";
        found.add(None, "/modified", Rule::Schema, words);
    }
    head
}

/// Variables of the whole and of its steps.
#[derive(Default)]
struct Variables {
    values: BTreeMap<String, Option<String>>,
    /// Names of those that keep their value.
    constants: BTreeSet<String>,
}

fn read_variables(
    found: &mut Found,
    step: Option<&str>,
    place: &str,
    node: Option<&Node<'_>>,
    out: &mut Variables,
) {
    let Some(node) = node else { return };
    if !node.is_object() {
        found.add(
            step,
            place,
            Rule::Schema,
            "an object of variables is asked for",
        );
    }
    for member in node.members() {
        let name = member.name.as_ref();
        let here = format!("{place}/{name}");
        if !is_variable(name) {
            found.add(
                step,
                here,
                Rule::Schema,
                "a variable's name begins and ends with two underlines",
            );
            continue;
        }
        hold(found, step, &here, &member.value, &[form::VARIABLE]);
        if member.value.get("type").is_none() {
            found.add(step, here.clone(), Rule::Schema, "a variable has a type");
        }
        let value = member.value.get("value").map(|node| &node.value);
        if !matches!(
            value,
            None | Some(Value::Text(_) | Value::Null | Value::Object(_))
        ) {
            let words = "a value is a text, an object or null: numbers and truth stand in a text";
            found.add(step, format!("{here}/value"), Rule::Schema, words);
        }
        if member.value.get("constant").and_then(Node::as_bool) == Some(true) {
            out.constants.insert(name.to_owned());
        }
        out.values.insert(
            name.to_owned(),
            member.value.text_of("value").map(str::to_owned),
        );
    }
}

/// Agents or targets: their names by their ids.
fn definitions(found: &mut Found, root: &Node<'_>, name: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let Some(node) = root.get(name) else {
        return out;
    };
    for member in node.members() {
        let id = member.name.as_ref();
        let place = format!("/{name}/{id}");
        // A soarca of SOARCA is a type of its own; whoever is meant, a dispatcher knows it by its id.
        match (id_type(id), member.value.text_of("type")) {
            (Some(kind), Some(said)) if kind == said => {}
            (None, _) => found.add(
                None,
                &place,
                Rule::Schema,
                "an id is its type, two hyphens and a UUID",
            ),
            (Some(_), _) => found.add(
                None,
                &place,
                Rule::Schema,
                "its type is another than its id says",
            ),
        }
        let named = member.value.text_of("name");
        if named.is_none() {
            found.add(None, &place, Rule::Schema, "a name is asked for");
        }
        if let Some((table, without)) = member.value.text_of("type").and_then(form::of_agent) {
            hold(found, None, &place, &member.value, &[form::AGENT, table]);
            if let Some(without) = without.filter(|name| member.value.get(name).is_none()) {
                let words = "its type cannot be without it";
                found.add(None, format!("{place}/{without}"), Rule::Schema, words);
            }
        }
        out.insert(id.to_owned(), named.unwrap_or_default().to_owned());
    }
    out
}

fn workflow(
    found: &mut Found,
    root: &Node<'_>,
    known: &Known<'_>,
    variables: &mut Variables,
) -> (BTreeMap<String, Step>, BTreeMap<String, Ways>) {
    let (mut steps, mut ways) = (BTreeMap::new(), BTreeMap::new());
    let Some(node) = root.get("workflow").filter(|node| node.is_object()) else {
        found.add(
            None,
            "/workflow",
            Rule::Schema,
            "an object of steps by their ids is asked for",
        );
        return (steps, ways);
    };
    if node.members().len() > STEPS_MAX {
        found.add(
            None,
            "/workflow",
            Rule::Schema,
            format!("at most {STEPS_MAX} steps are read"),
        );
        return (steps, ways);
    }
    for member in node.members() {
        let id = member.name.as_ref();
        let place = format!("/workflow/{id}");
        let here = member.value.get("step_variables");
        read_variables(
            found,
            Some(id),
            &format!("{place}/step_variables"),
            here,
            variables,
        );
        ways.insert(id.to_owned(), Ways::of(&member.value));
        let step = step::read(found, id, &member.value, known);
        if let Some(step) = step {
            steps.insert(id.to_owned(), step);
        }
    }
    // By what they say they are: one that has something wrong with it is there all the same.
    for (kinds, what) in [
        (&["start"][..], "a start step"),
        (&["action", "playbook-action"], "an action"),
        (&["end"], "an end step"),
    ] {
        let mut kind = node.members().iter().map(|step| step.value.text_of("type"));
        if !kind.any(|kind| kind.is_some_and(|kind| kinds.contains(&kind))) {
            found.add(
                None,
                "/workflow",
                Rule::Parts,
                format!("{what} is asked for"),
            );
        }
    }
    (steps, ways)
}

/// Variables that are asked for and not there.
fn undefined(
    found: &mut Found,
    steps: &BTreeMap<String, Step>,
    variables: &BTreeMap<String, Option<String>>,
) {
    for (id, step) in steps {
        let asked: Vec<&str> = match &step.kind {
            Kind::If { condition, .. } | Kind::While { condition, .. } => condition.variables(),
            Kind::Switch { switch, .. } => vec![switch],
            _ => Vec::new(),
        };
        for name in asked {
            if !variables.contains_key(name) {
                found.add(
                    Some(id),
                    format!("/workflow/{id}"),
                    Rule::Undefined,
                    format!("there is no variable {name}"),
                );
            }
        }
    }
}
