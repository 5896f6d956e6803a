//! Acts of measures, done. In: acts in their order. Out: events that came of them, people to be told. Never: a command that puts something in force before its entry in the log; one that takes something back and waits for the log.

use super::actuator::{Answered, Wire};
use super::{Room, Told};
use sakimori_authority::measure::Measure;
use sakimori_authority::statement::Statement;
use sakimori_authority::suspension::{By, SuspensionAct};
use sakimori_control::error::told;
use sakimori_control::office::{self, MeasureDeed};
use sakimori_control::{Host, Node, files, keys};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_liaison::measure::{Held, Register, register};
use sakimori_oversight::book::MeasureAct;
use sakimori_respond::plan::command::Command;
use sakimori_respond::plan::life::{Act, Duty, Event};
use sakimori_respond::producer::{Came, message};
use sakimori_tlog::note::Note;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What one call beside the loop needs; all of it is owned, for it runs in a thread that may wait.
struct Hands {
    node: Node,
    host: Host,
    folder: PathBuf,
    authority: AuthorityId,
    measure: AuthorityId,
    register: Register,
}

impl Room {
    /// Does acts and gives the events that came of them.
    pub(super) async fn act(
        &self,
        held: &Held,
        acts: Vec<Act>,
        told: &mut Vec<Told>,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        let mut commands: BTreeMap<Name, Vec<Command>> = BTreeMap::new();
        for act in acts {
            match act {
                Act::Command(command) => {
                    let of = commands.entry(command.actuator.clone()).or_default();
                    of.push(command);
                }
                // What the commission is owed is the log itself: its mirror has every act.
                Act::Notice(Duty::Commission) => {
                    let duty = Duty::Commission;
                    if held.state().authority().is_some() {
                        events.push(Event::Told { duty });
                    }
                }
                Act::Notice(duty) => told.push(Told::Notice(duty)),
                Act::Page(words) => told.push(Told::Page(words)),
                Act::Escalate(duty, to) => told.push(Told::Escalate(duty, to)),
                Act::Suspend | Act::Resume => {
                    let act = if act == Act::Suspend {
                        SuspensionAct::Suspend
                    } else {
                        SuspensionAct::Resume
                    };
                    self.halt(held, act, told).await;
                }
            }
        }
        for (actuator, commands) in commands {
            self.send(held, actuator, commands, &mut events, told).await;
        }
        events
    }

    /// What a person said that is about all actuators goes on record: the kill switch, the report behind the end. What was taken back is taken back before.
    pub(super) async fn record_word(
        &self,
        held: &Held,
        event: &Event,
        by: &str,
        told_of: &mut Vec<Told>,
    ) {
        let (act, words) = match event {
            Event::Kill(kill) => (MeasureAct::Kill, format!("{by}: {kill:?}")),
            Event::Report { sha256, .. } => (MeasureAct::Report, format!("{by}: {sha256}")),
            _ => return,
        };
        let Ok(hands) = self.hands(held).await else {
            return;
        };
        let deed = MeasureDeed {
            authority: hands.authority,
            act,
            actuator: None,
            step: 0,
            detail: words,
        };
        let entered = tokio::task::spawn_blocking(move || {
            office::record_measure_act(&hands.node, &hands.host, &deed).map_err(|e| told(&e))
        });
        match entered.await {
            Ok(Ok(_)) => {}
            Ok(Err(words)) => told_of.push(Told::Trouble(words)),
            Err(fell) => told_of.push(Told::Trouble(fell.to_string())),
        }
    }

    async fn hands(&self, held: &Held) -> Result<Hands, String> {
        let authority = held.state().authority();
        Ok(Hands {
            node: self.node.clone(),
            host: self.host.clone(),
            folder: self.folder.clone(),
            authority: authority.ok_or("nothing approves it")?,
            measure: held.state().plan().id,
            register: register(&*self.store).await.map_err(|e| e.to_string())?,
        })
    }

    /// The office stops its approval, or lets it go on, and brings that to the actuators.
    async fn halt(&self, held: &Held, act: SuspensionAct, told: &mut Vec<Told>) {
        let hands = match self.hands(held).await {
            Ok(hands) => hands,
            Err(words) => return told.push(Told::Trouble(words)),
        };
        let plan = held.state().plan();
        let actuators: BTreeSet<Name> = plan.aims.iter().map(|aim| aim.actuator.clone()).collect();
        let done = tokio::task::spawn_blocking(move || hands.halt(act, &actuators)).await;
        match done {
            Ok(trouble) => told.extend(trouble.into_iter().map(Told::Trouble)),
            Err(fell) => told.push(Told::Trouble(fell.to_string())),
        }
    }

    async fn send(
        &self,
        held: &Held,
        actuator: Name,
        commands: Vec<Command>,
        events: &mut Vec<Event>,
        told: &mut Vec<Told>,
    ) {
        let hands = match self.hands(held).await {
            Ok(hands) => hands,
            Err(words) => return told.push(Told::Trouble(words)),
        };
        let done = tokio::task::spawn_blocking(move || hands.send(&actuator, &commands)).await;
        match done {
            Ok((came, trouble)) => {
                events.extend(came);
                told.extend(trouble.into_iter().map(Told::Trouble));
            }
            Err(fell) => told.push(Told::Trouble(fell.to_string())),
        }
    }
}

impl Hands {
    fn wire(&self, actuator: &Name) -> Result<Wire, String> {
        let entry = self.register.actuator(actuator.as_str());
        let entry = entry.ok_or_else(|| format!("the register has no actuator `{actuator}`"))?;
        Wire::open(&self.folder, &entry.peer)
    }

    fn approve(&self, wire: &Wire, actuator: &Name) -> Result<(), String> {
        wire.approve(
            &self.authority.to_string(),
            &super::bring::files_of(&self.node, self.authority, actuator)?,
        )
    }

    fn record(
        &self,
        act: MeasureAct,
        actuator: &Name,
        step: u64,
        words: &str,
    ) -> Result<(), String> {
        let deed = MeasureDeed {
            authority: self.authority,
            act,
            actuator: Some(actuator.clone()),
            step,
            detail: words.chars().take(16_000).collect(),
        };
        let entered = office::record_measure_act(&self.node, &self.host, &deed);
        entered.map(|_| ()).map_err(|e| told(&e))
    }

    /// The revision of the text that is approved, of the office's own files: what takes back does not wait for the log.
    fn revision(&self) -> Result<u64, String> {
        let bytes = files::read_present(&self.node.statement(self.authority));
        let note = bytes.ok().and_then(|bytes| Note::parse(&bytes).ok());
        let statement = note.and_then(|note| Statement::parse(note.text()).ok());
        let statement =
            statement.ok_or("the statement that approves it is not in the office's folder")?;
        let text = office::measure_note(&self.node, &statement).map_err(|e| told(&e))?;
        let measure = text.and_then(|note| Measure::parse(note.text()).ok());
        let measure = measure.ok_or("the text of the approval is not in the office's folder")?;
        Ok(measure.revision)
    }

    /// Sends commands to one actuator: what takes back first, and without waiting for the log.
    fn send(&self, actuator: &Name, commands: &[Command]) -> (Vec<Event>, Vec<String>) {
        let (mut events, mut trouble) = (Vec::new(), Vec::new());
        let wire = match self.wire(actuator) {
            Ok(wire) => wire,
            Err(words) => return (events, vec![words]),
        };
        let revision = match self.revision() {
            Ok(revision) => revision,
            Err(words) => return (events, vec![words]),
        };
        let (begins, ends): (Vec<&Command>, Vec<&Command>) =
            commands.iter().partition(|command| command.begins());
        self.take_back(
            (actuator, &wire),
            (&ends, revision),
            &mut events,
            &mut trouble,
        );
        if begins.is_empty() {
            return (events, trouble);
        }
        let step = begins
            .iter()
            .map(|command| command.revision)
            .max()
            .unwrap_or(1);
        // No act without its record: where the log does not take it, nothing is sent.
        if let Err(words) = self.record(MeasureAct::Dispatch, actuator, step, &listed(&begins)) {
            trouble.push(words);
            return (events, trouble);
        }
        if let Err(words) = self.approve(&wire, actuator) {
            trouble.push(words);
        }
        let mut done = Vec::new();
        for command in &begins {
            match self.one(&wire, command, revision) {
                Ok(answered) if answered.came == Came::Later => {}
                Ok(answered) => {
                    let well = answered.came == Came::Done;
                    if !well {
                        trouble.push(format!(
                            "`{actuator}`, {}: {}",
                            command.target, answered.words
                        ));
                    }
                    let state = if well { "in force" } else { "not in force" };
                    done.push(format!("{} {} {state}", command.deed, command.target));
                    events.push(Event::ReadBack {
                        command: command.id.clone(),
                        well,
                    });
                }
                Err(words) => trouble.push(words),
            }
        }
        if !done.is_empty() {
            let recorded = self.record(MeasureAct::Effect, actuator, step, &done.join("; "));
            trouble.extend(recorded.err());
        }
        (events, trouble)
    }

    /// Takes back, and only then writes that down.
    fn take_back(
        &self,
        (actuator, wire): (&Name, &Wire),
        (ends, revision): (&[&Command], u64),
        events: &mut Vec<Event>,
        trouble: &mut Vec<String>,
    ) {
        for command in ends {
            match self.one(wire, command, revision) {
                Ok(answered) => {
                    let well = matches!(answered.came, Came::Done | Came::Gone);
                    if answered.came != Came::Later {
                        events.push(Event::Released {
                            command: command.id.clone(),
                            well,
                        });
                    }
                }
                Err(words) => trouble.push(words),
            }
        }
        if !ends.is_empty() {
            let words = listed(ends);
            let step = ends
                .iter()
                .map(|command| command.revision)
                .max()
                .unwrap_or(1);
            trouble.extend(self.record(MeasureAct::End, actuator, step, &words).err());
        }
    }

    fn one(&self, wire: &Wire, command: &Command, revision: u64) -> Result<Answered, String> {
        let message = message(command, self.measure, revision).map_err(|e| e.to_string())?;
        wire.command(&message, &command.id)
    }

    fn halt(&self, act: SuspensionAct, actuators: &BTreeSet<Name>) -> Vec<String> {
        let mut trouble = Vec::new();
        trouble.extend(self.suspension(act).err());
        for actuator in actuators {
            let brought = self.wire(actuator);
            let brought = brought.and_then(|wire| self.approve(&wire, actuator));
            trouble.extend(brought.err());
        }
        trouble
    }

    fn suspension(&self, act: SuspensionAct) -> Result<(), String> {
        let book = super::book(&self.node).map_err(|e| told(&e))?;
        let authority = book
            .authority(self.authority)
            .ok_or("nothing approves it")?;
        let stop = authority.stops.get(&By::Office);
        let suspends = stop.is_some_and(|stop| stop.suspends);
        // Done before a fall: once is enough.
        if suspends == (act == SuspensionAct::Suspend) {
            return Ok(());
        }
        let words = "the measure is taken back by the office's own rules";
        let text = office::suspension_text(
            &self.node,
            &self.host,
            self.authority,
            By::Office,
            act,
            words,
        );
        let text = text.map_err(|e| told(&e))?.to_string();
        let office_key = keys::read(&self.node.office_key("office")).map_err(|e| told(&e))?;
        let note = Note::sign(&text, &[&office_key], 0).ok_or("the text is none of a note")?;
        let entered = office::enter(&self.node, &self.host, &note.to_bytes());
        entered.map(|_| ()).map_err(|e| told(&e))
    }
}

fn listed(commands: &[&Command]) -> String {
    let lines: Vec<String> = commands
        .iter()
        .map(|command| {
            let until = command
                .until
                .map_or_else(|| "back".to_owned(), |until| until.to_string());
            format!("{} {} {until}", command.deed, command.target)
        })
        .collect();
    lines.join("; ")
}
