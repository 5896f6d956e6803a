//! Measures that follow a playbook. In: the playbook that the plan names, the measure's records, answers of people. Out: the next effect in the playbook's order, a person who is called, the playbook as people see it. Never: a step before the
//! answers that it waits for; an answer of a person in the place of an actuator's.
//!
//! The playbook is read anew each time, and where it stands is what the records lead to ([`next`]): a node that falls goes on where it was.

use super::{Room, Stepped, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_custody::ids::AuthorityId;
use sakimori_liaison::measure::{Held, lives, measure, playbook};
use sakimori_respond::cacao::{Command, Kind, Next, Playbook, Task, next};
use sakimori_respond::plan::life::{Event, Play, Stage};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most events that a playbook brings on at once; the next round goes on.
const PLAYS_MAX: usize = 200;

/// What a person says of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The step.
    pub step: String,
    /// Whether it was done.
    pub done: bool,
    /// Values of the playbook's variables, by their names with the underlines.
    pub values: BTreeMap<String, String>,
}

/// Whether a playbook is being followed now.
fn plays(held: &Held) -> bool {
    let state = held.state();
    state.stage() == Stage::Dispatching && state.play_began().is_some() && !state.is_played_out()
}

impl Room {
    /// The playbook that a measure follows; none where its plan names none.
    ///
    /// # Errors
    /// It is not kept, or is another than its digest says; what the store says.
    pub async fn playbook_of(&self, held: &Held) -> Answer<Option<Playbook>> {
        let Some(digest) = held.state().plan().playbook else {
            return Ok(None);
        };
        let found = playbook(&*self.store, digest).await;
        found.map(Some).map_err(|e| kept(&e))
    }

    /// Brings a measure on by its playbook until somebody is waited for; where it hears, what comes of the calls is taken in between. Gives the steps that were taken. Without protected lists nothing goes on.
    ///
    /// # Errors
    /// As [`Room::step`].
    pub(super) async fn play_on(
        &self,
        id: AuthorityId,
        by: &str,
        hears: bool,
    ) -> Answer<Vec<Stepped>> {
        let mut held = measure(&*self.store, id).await.map_err(|e| kept(&e))?;
        let mut all = Vec::new();
        if !plays(&held) || self.protected().is_err() {
            return Ok(all);
        }
        let Some(playbook) = self.playbook_of(&held).await? else {
            return Ok(all);
        };
        for _ in 0..PLAYS_MAX {
            let Next::Event(event) = next(&playbook, held.state(), self.now()) else {
                break;
            };
            if by == super::BY && self.waits_for_names(held.state().plan(), &event) {
                break;
            }
            let mut stepped = Box::pin(self.start(id, &event, by)).await?;
            if hears {
                let own = std::slice::from_mut(&mut stepped);
                Box::pin(self.hear(own, by, self.wait)).await;
            }
            held = stepped.held.clone();
            let refused = stepped.refused.is_some();
            all.push(stepped);
            if refused {
                break;
            }
        }
        Ok(all)
    }

    /// The same for every measure that follows one.
    ///
    /// # Errors
    /// As [`Room::step`].
    pub(super) async fn play_all(&self, by: &str) -> Answer<Vec<Stepped>> {
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let mut steps = Vec::new();
        for held in all.iter().filter(|held| plays(held)) {
            steps.extend(self.play_on(held.state().plan().id, by, false).await?);
        }
        Ok(steps)
    }

    /// The event of a person's answer to the task that waits.
    ///
    /// # Errors
    /// [`Code::Refused`]: no person is waited for, or for another step; a variable that the playbook does not have.
    pub async fn answered(&self, held: &Held, said: Said, by: &str) -> Answer<Event> {
        let refuse = |words: String| Problem::new(Code::Refused, words);
        let playbook = self.playbook_of(held).await?;
        let playbook = playbook.ok_or_else(|| refuse("it follows no playbook".to_owned()))?;
        let task = match next(&playbook, held.state(), self.now()) {
            Next::Person(task) if task.step == said.step => task,
            Next::Person(task) => {
                return Err(refuse(format!("the step {} is waited for", task.step)));
            }
            _ => return Err(refuse("no person is waited for".to_owned())),
        };
        let unknown = said
            .values
            .keys()
            .find(|name| !playbook.variables.contains_key(*name));
        if let Some(name) = unknown {
            return Err(refuse(format!("the playbook has no variable `{name}`")));
        }
        let constants = &playbook.constants;
        if let Some(name) = said.values.keys().find(|name| constants.contains(*name)) {
            return Err(refuse(format!(
                "the playbook's `{name}` is a constant: both officers signed its value"
            )));
        }
        Ok(Event::Played {
            at: held.state().played().len(),
            play: Play {
                by: by.to_owned(),
                step: task.step.clone(),
                command: task.command,
                well: said.done,
                values: said.values,
            },
        })
    }

    /// Where a measure stands in its playbook: what was answered, who is waited for. Null where it follows none.
    ///
    /// # Errors
    /// As [`Room::playbook_of`].
    pub async fn played(&self, held: &Held) -> Answer<Value> {
        let Some(playbook) = self.playbook_of(held).await? else {
            return Ok(Value::Null);
        };
        let state = held.state();
        let answered: Vec<Value> = state
            .played()
            .iter()
            .map(|(at, play)| {
                let step = playbook.steps.get(&play.step);
                json!({
                    "at": at.to_string(), "by": play.by, "step": play.step, "name": step.and_then(|step| step.name.clone()),
                    "command": play.command, "well": play.well, "values": play.values,
                })
            })
            .collect();
        let waits = match next(&playbook, state, self.now()) {
            Next::Person(task) => waiting(&playbook, "person", &task),
            Next::Effect { task, aim } => {
                let mut waits = waiting(&playbook, "effect", &task);
                waits["aim"] = json!(aim);
                waits
            }
            Next::Pause(until) => json!({"kind": "pause", "until": until.to_string()}),
            Next::Event(_) => json!({"kind": "round"}),
            Next::Nothing => Value::Null,
        };
        Ok(json!({
            "playbook": state.plan().playbook.map(|digest| digest.to_string()), "name": playbook.name, "over": state.is_played_out(),
            "answered": answered, "waits": waits,
        }))
    }
}

fn waiting(playbook: &Playbook, kind: &str, task: &Task) -> Value {
    let step = playbook.steps.get(&task.step);
    let words = match &task.work {
        Command::Manual(words) => words.clone(),
        Command::OpenC2(command) => format!("{} {}", command.action, command.target.name()),
    };
    let agent = playbook.agents.get(&task.agent);
    json!({
        "kind": kind, "step": task.step, "name": step.and_then(|step| step.name.clone()), "command": task.command, "who": agent, "words": words,
        "variables": playbook.variables.keys().collect::<Vec<_>>(),
    })
}

/// A playbook for programs: what it would have done, step by step.
pub fn playbook_json(digest: &str, playbook: &Playbook) -> Value {
    let mut commands = Vec::new();
    for (id, step) in &playbook.steps {
        let Kind::Action {
            commands: all,
            agent,
            ..
        } = &step.kind
        else {
            continue;
        };
        for command in all {
            let (who, what) = match command {
                Command::Manual(words) => ("a person", words.clone()),
                Command::OpenC2(command) => {
                    let target = command.target.name();
                    ("an actuator", format!("{} {target}", command.action))
                }
            };
            let agent = playbook.agents.get(agent);
            commands.push(
                json!({"step": id, "name": step.name, "who": who, "agent": agent, "what": what}),
            );
        }
    }
    json!({"digest": digest, "id": playbook.id, "modified": playbook.modified, "name": playbook.name, "commands": commands})
}
