//! Reading a step. In: its JSON, what agents and targets there are. Out: the step, and what is wrong with it. Never: a command that is neither a person's nor an actuator's.

use super::condition::{Condition, is_variable};
use super::form::{self, hold};
use super::read::{Found, id_type};
use super::{Command, Kind, Rule, Step};
use crate::consumer::Sakimori;
use crate::openc2::{self, Action, Language, Profile, Slpf, framed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sakimori_authority::measure::Deed;
use sakimori_exchange::json::Node;
use std::collections::{BTreeMap, BTreeSet};

/// What a step may name.
pub(super) struct Known<'k> {
    /// Agents: their names by their ids.
    pub(super) agents: &'k BTreeMap<String, String>,
    /// Targets: their names by their ids.
    pub(super) targets: &'k BTreeMap<String, String>,
}

/// What a playbook may command: what an actuator of ours can do. All else that the language can say is refused.
const TAKEN: [(Action, &[&str]); 8] = [
    (Action::Deny, &REACHED),
    (Action::Allow, &REACHED),
    (Action::Deny, &ON_HOSTS),
    (Action::Allow, &ON_HOSTS),
    (Action::Contain, &ON_HOSTS),
    (Action::Delete, &["slpf:rule_number"]),
    (Action::Cancel, &["command"]),
    (Action::Query, &["features"]),
];
const ON_HOSTS: [&str; 3] = ["device", "file", "process"];
const REACHED: [&str; 6] = [
    "ipv4_net",
    "ipv6_net",
    "ipv4_connection",
    "ipv6_connection",
    "domain_name",
    "idn_domain_name",
];

fn is_taken(command: &openc2::Command) -> bool {
    let name = command.target.name();
    let mut pairs = TAKEN.iter();
    pairs.any(|(action, targets)| *action == command.action && targets.contains(&name.as_str()))
}

/// Whether a text is a start line of HTTP as an `openc2-http` command has one: the method `POST`, a target, the version.
fn is_start_line(text: &str) -> bool {
    let parts: Vec<&str> = text.split(' ').collect();
    matches!(parts.as_slice(), ["POST", target, version] if !target.is_empty() && version.starts_with("HTTP/"))
}

/// Reads a step; what is wrong is among what was found.
pub(super) fn read(
    found: &mut Found,
    id: &str,
    node: &Node<'_>,
    known: &Known<'_>,
) -> Option<Step> {
    let place = format!("/workflow/{id}");
    Reader {
        found,
        id,
        place,
        node,
    }
    .step(known)
}

struct Reader<'r, 't> {
    found: &'r mut Found,
    id: &'r str,
    place: String,
    node: &'r Node<'t>,
}

impl Reader<'_, '_> {
    fn wrong(&mut self, member: &str, rule: Rule, words: impl Into<String>) {
        let place = if member.is_empty() {
            self.place.clone()
        } else {
            format!("{}/{member}", self.place)
        };
        self.found.add(Some(self.id), place, rule, words);
    }

    fn reference(&mut self, member: &str) -> Option<String> {
        let node = self.node.get(member)?;
        match node.as_str() {
            Some(text) if id_type(text).is_some() => Some(text.to_owned()),
            _ => {
                self.wrong(member, Rule::Schema, "the id of a step is asked for");
                None
            }
        }
    }

    fn required(&mut self, member: &str) -> Option<String> {
        if self.node.get(member).is_none() {
            self.wrong(member, Rule::Schema, "the id of a step is asked for");
        }
        self.reference(member)
    }

    fn number(&mut self, member: &str) -> Option<u64> {
        let node = self.node.get(member)?;
        let number = node.as_number().and_then(|text| text.parse().ok());
        if number.is_none() {
            self.wrong(member, Rule::Schema, "milliseconds are asked for");
        }
        number
    }

    fn step(&mut self, known: &Known<'_>) -> Option<Step> {
        let kind = self.node.text_of("type").unwrap_or_default().to_owned();
        if id_type(self.id) != Some(kind.as_str()) {
            self.wrong(
                "type",
                Rule::Schema,
                "the id of a step begins with its type",
            );
        }
        if let Some(table) = form::of_step(&kind) {
            let tables = [form::STEP, table];
            hold(self.found, Some(self.id), &self.place, self.node, &tables);
        }
        let read = self.kind(&kind, known);
        let [on_completion, on_success, on_failure] =
            ["on_completion", "on_success", "on_failure"].map(|member| self.reference(member));
        let step = Step {
            name: self.node.text_of("name").map(str::to_owned),
            kind: Kind::End,
            on_completion,
            on_success,
            on_failure,
            delay: self.number("delay"),
            timeout: self.number("timeout"),
        };
        self.ways(&kind);
        Some(Step {
            kind: read?,
            ..step
        })
    }

    fn kind(&mut self, kind: &str, known: &Known<'_>) -> Option<Kind> {
        match kind {
            "start" => Some(Kind::Start),
            "end" => Some(Kind::End),
            "action" => self.action(known),
            "parallel" => self.parallel(),
            "if-condition" => {
                self.condition()
                    .zip(self.required("on_true"))
                    .map(|(condition, on_true)| Kind::If {
                        condition,
                        on_true,
                        on_false: self.reference("on_false"),
                    })
            }
            "while-condition" => {
                if self.node.get("timeout").is_none() {
                    self.wrong(
                        "timeout",
                        Rule::Unbounded,
                        "a loop says by when it ends: `timeout` in milliseconds",
                    );
                }
                self.condition()
                    .zip(self.required("on_true"))
                    .map(|(condition, on_true)| Kind::While { condition, on_true })
            }
            "switch-condition" => self.switch(),
            "playbook-action" => {
                self.wrong("type", Rule::NotTaken, "a playbook inside a playbook is not taken: what is approved has to be seen whole");
                None
            }
            _ => {
                self.wrong("type", Rule::Schema, "CACAO has no such step");
                None
            }
        }
    }

    /// Whether the ways on are those that a step of its kind has.
    fn ways(&mut self, kind: &str) {
        let has = |member| self.node.get(member).is_some();
        let (alone, on_success) = (has("on_completion"), has("on_success"));
        let by_outcome = on_success || has("on_failure");
        if alone && by_outcome {
            let words = "`on_completion` stands alone, or `on_success` with `on_failure`";
            self.wrong("on_completion", Rule::Schema, words);
        }
        if kind == "end" {
            if alone || by_outcome {
                self.wrong("", Rule::Schema, "an end leads nowhere");
            }
            return;
        }
        if kind == "start" && by_outcome {
            self.wrong("", Rule::Schema, "a start has `on_completion` alone");
        }
        if !alone && !on_success {
            let words =
                "it leads nowhere and is no end: `on_completion` or `on_success` is asked for";
            self.wrong("", Rule::Open, words);
        }
    }

    fn condition(&mut self) -> Option<Condition> {
        let Some(text) = self.node.text_of("condition") else {
            self.wrong("condition", Rule::Schema, "a condition is asked for");
            return None;
        };
        match Condition::parse(text) {
            Ok(condition) => Some(condition),
            Err(error) => {
                self.wrong("condition", Rule::Condition, error.to_string());
                None
            }
        }
    }

    fn parallel(&mut self) -> Option<Kind> {
        let items = self
            .node
            .get("next_steps")
            .map(Node::items)
            .unwrap_or_default();
        let ids: Vec<String> = items
            .iter()
            .filter_map(Node::as_str)
            .filter(|id| id_type(id).is_some())
            .map(str::to_owned)
            .collect();
        let different: BTreeSet<&String> = ids.iter().collect();
        if ids.len() != items.len() || ids.len() < 2 || different.len() != ids.len() {
            self.wrong(
                "next_steps",
                Rule::Schema,
                "two or more different ids of steps are asked for",
            );
            return None;
        }
        Some(Kind::Parallel(ids))
    }

    fn switch(&mut self) -> Option<Kind> {
        let switch = self.node.text_of("switch").unwrap_or_default();
        let switch = switch.strip_suffix(":value").unwrap_or(switch).to_owned();
        if !is_variable(&switch) {
            self.wrong("switch", Rule::Condition, "a variable is asked for");
        }
        let members = self
            .node
            .get("cases")
            .map(Node::members)
            .unwrap_or_default();
        let mut cases = BTreeMap::new();
        for member in members {
            match member.value.as_str() {
                Some(id) if id_type(id).is_some() => {
                    cases.insert(member.name.to_string(), id.to_owned());
                }
                _ => self.wrong(
                    &format!("cases/{}", member.name),
                    Rule::Schema,
                    "the id of a step is asked for",
                ),
            }
        }
        if cases.is_empty() {
            self.wrong("cases", Rule::Schema, "at least one case is asked for");
            return None;
        }
        is_variable(&switch).then_some(Kind::Switch { switch, cases })
    }

    fn action(&mut self, known: &Known<'_>) -> Option<Kind> {
        let agent = self.node.text_of("agent").map(str::to_owned);
        match &agent {
            None => self.wrong("agent", Rule::Schema, "the id of an agent is asked for"),
            Some(agent) if !known.agents.contains_key(agent) => {
                self.wrong("agent", Rule::Undefined, "there is no such agent");
            }
            Some(_) => {}
        }
        let mut targets = Vec::new();
        for (at, item) in self
            .node
            .get("targets")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .enumerate()
        {
            match item.as_str() {
                Some(target) if known.targets.contains_key(target) => {
                    targets.push(target.to_owned());
                }
                _ => self.wrong(
                    &format!("targets/{at}"),
                    Rule::Undefined,
                    "there is no such target",
                ),
            }
        }
        let items = self
            .node
            .get("commands")
            .map(Node::items)
            .unwrap_or_default();
        if self.node.get("commands").is_none() {
            self.wrong(
                "commands",
                Rule::Schema,
                "at least one command is asked for",
            );
        }
        let mut commands = Vec::new();
        for (at, item) in items.iter().enumerate() {
            commands.extend(self.command(at, item));
        }
        Some(Kind::Action {
            commands,
            agent: agent?,
            targets,
        })
    }

    fn command(&mut self, at: usize, node: &Node<'_>) -> Option<Command> {
        let place = format!("commands/{at}");
        match node.text_of("type") {
            Some("manual") => {
                self.members(&place, node, form::MANUAL);
                let plain = node.text_of("command").map(str::to_owned);
                let coded = || {
                    node.text_of("command_b64")
                        .and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok())
                };
                let words = plain.or_else(coded);
                if words.is_none() {
                    self.wrong(
                        &place,
                        Rule::Schema,
                        "what a person is to do is asked for: `command`, or `command_b64`",
                    );
                }
                words.map(Command::Manual)
            }
            Some("openc2-http") => self.openc2(&place, node),
            Some("openc2") => {
                self.wrong(
                    &format!("{place}/type"),
                    Rule::NotTaken,
                    "`openc2` is a type of older tools; CACAO 2.0 has `openc2-http`",
                );
                None
            }
            Some(other) => {
                self.wrong(
                    &format!("{place}/type"),
                    Rule::NotTaken,
                    format!(
                        "commands of type `{other}` are not taken: `manual` and `openc2-http` are"
                    ),
                );
                None
            }
            None => {
                self.wrong(
                    &format!("{place}/type"),
                    Rule::Schema,
                    "a command has a type",
                );
                None
            }
        }
    }

    fn members(&mut self, place: &str, command: &Node<'_>, table: form::Table) {
        let place = format!("{}/{place}", self.place);
        let tables = [form::COMMAND, table];
        hold(self.found, Some(self.id), &place, command, &tables);
    }

    fn openc2(&mut self, place: &str, node: &Node<'_>) -> Option<Command> {
        self.members(place, node, form::OPENC2);
        if !node.text_of("command").is_some_and(is_start_line) {
            self.wrong(
                &format!("{place}/command"),
                Rule::Schema,
                "an HTTP start line is asked for, such as `POST /.well-known/openc2 HTTP/1.1`",
            );
        }
        let here = format!("{place}/content_b64");
        let Some(content) = node
            .text_of("content_b64")
            .and_then(|text| STANDARD.decode(text).ok())
        else {
            self.wrong(
                &here,
                Rule::Schema,
                "a command of OpenC2 in base64 is asked for",
            );
            return None;
        };
        let own = Sakimori { deeds: Deed::ALL };
        let profiles: [&dyn Profile; 2] = [&own, &Slpf];
        let language = Language {
            profiles: &profiles,
            others: false,
        };
        match framed(&content, &language) {
            Ok(read) if is_taken(&read.message) => Some(Command::OpenC2(Box::new(read.message))),
            Ok(read) => {
                let (action, target) = (read.message.action, read.message.target.name());
                self.wrong(
                    &here,
                    Rule::NotTaken,
                    format!("no actuator of ours does `{action}` with `{target}`"),
                );
                None
            }
            Err(fault) => {
                self.wrong(&here, Rule::Command, fault.to_string());
                None
            }
        }
    }
}
