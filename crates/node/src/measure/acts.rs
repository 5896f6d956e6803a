//! Acts of measures, begun. In: acts in their order. Out: events that came of them, people to be told. Never: a command that puts something in force before its entry in the log; one that takes something back and waits for the log, or for
//! another actuator.

use super::actuator::{Answered, DryRun, Unsure, Whose, Wire};
use super::bring::Spot;
use super::calls::{Calls, Key, Way};
use super::entries::{self, DETAIL_BYTES_MAX, line};
use super::{Brought, Room, Told, Watched, safety};
use sakimori_authority::measure::Measure;
use sakimori_authority::statement::Statement;
use sakimori_authority::suspension::{By, SuspensionAct};
use sakimori_control::error::told;
use sakimori_control::office::{self, MeasureDeed};
use sakimori_control::{ControlError, Host, Node, files, keys};
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_liaison::measure::{Held, Register, register};
use sakimori_oversight::book::MeasureAct;
use sakimori_respond::plan::command::Command;
use sakimori_respond::plan::life::{Act, Duty, Event};
use sakimori_respond::producer::{Came, message};
use sakimori_tlog::note::Note;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Whether an entry waits for the log: what the book forbids never gets into it.
pub(super) const fn is_away(error: &ControlError) -> bool {
    !matches!(
        error,
        ControlError::Forbidden { .. } | ControlError::Usage(_) | ControlError::Document { .. }
    )
}

/// What calls beside the loop need; all of it is owned, for they run in threads that may wait.
pub(super) struct Hands {
    pub(super) node: Node,
    pub(super) host: Host,
    pub(super) folder: PathBuf,
    pub(super) authority: AuthorityId,
    pub(super) measure: AuthorityId,
    pub(super) register: Arc<Register>,
    pub(super) watched: Arc<Watched>,
}

impl Room {
    /// Begins acts and gives the events that come of them at once; what comes of calls is heard later.
    pub(super) async fn act(
        &self,
        held: &Held,
        acts: Vec<Act>,
        told: &mut Vec<Told>,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        let mut commands: BTreeMap<Key, Vec<Call>> = BTreeMap::new();
        let mut stops = Vec::new();
        let why = safety::why(held.state(), &acts);
        for act in acts {
            match act {
                Act::Command(command) => {
                    let way = if command.begins() { Way::On } else { Way::Back };
                    let of = commands.entry((command.actuator.clone(), way)).or_default();
                    // A command that is sent again is the same message, whatever was renewed meanwhile.
                    let revision = held.state().text_revision(&command.id);
                    of.push(Call { command, revision });
                }
                // What the commission is owed is the log itself, once its mirror has the act: what has not arrived is asked for again, and goes up when it is late.
                Act::Notice(Duty::Commission) => {
                    let duty = Duty::Commission;
                    if self.commission_has(held).await {
                        events.push(Event::Told { duty });
                    }
                }
                Act::Notice(duty) => told.push(Told::Notice(duty)),
                Act::Page(words) => told.push(Told::Page(words)),
                Act::Escalate(duty, to) => told.push(Told::Escalate(duty, to)),
                Act::Suspend => stops.push(SuspensionAct::Suspend),
                Act::Resume => stops.push(SuspensionAct::Resume),
            }
        }
        if commands.is_empty() && stops.is_empty() {
            return events;
        }
        let hands = match self.hands(held).await {
            Ok(hands) => Arc::new(hands),
            Err(words) => {
                told.push(Told::Trouble(words));
                return events;
            }
        };
        for (key, commands) in commands {
            self.calls.put(&hands, key, commands);
        }
        let plan = held.state().plan();
        let actuators: BTreeSet<Name> = plan.aims.iter().map(|aim| aim.actuator.clone()).collect();
        for act in stops {
            hands.stop(
                &self.calls,
                &self.brought,
                (act, why.as_deref()),
                &actuators,
            );
        }
        events
    }

    pub(super) async fn hands(&self, held: &Held) -> Result<Hands, String> {
        let authority = held.state().authority();
        Ok(Hands {
            node: self.node.clone(),
            host: self.host.clone(),
            folder: self.folder.clone(),
            authority: authority.ok_or("nothing approves it")?,
            measure: held.state().plan().id,
            register: Arc::new(register(&*self.store).await.map_err(|e| e.to_string())?),
            watched: Arc::clone(&self.watched),
        })
    }
}

/// A command, and the revision of the text that it was made under.
pub(super) struct Call {
    pub(super) command: Command,
    pub(super) revision: u64,
}

/// Where commands of a batch go.
struct To<'h> {
    calls: &'h Calls,
    actuator: &'h Name,
    wire: Wire,
    whose: Whose,
}

impl Hands {
    pub(super) fn wire(&self, actuator: &Name) -> Result<Wire, String> {
        let entry = self.register.actuator(actuator.as_str());
        let entry = entry.ok_or_else(|| format!("the register has no actuator `{actuator}`"))?;
        Wire::open(&self.folder, &entry.peer)?.over(&self.folder, entry)
    }

    fn tell(&self, calls: &Calls, words: impl Into<String>) {
        calls.tell(self.measure, words.into());
    }

    /// Puts an act on record, or owes it to the log where that is away.
    fn enter(&self, calls: &Calls, deed: MeasureDeed) {
        let Err(error) = office::record_measure_act(&self.node, &self.host, &deed) else {
            return;
        };
        let words = format!("{}; it goes on record later", told(&error));
        if is_away(&error) && calls.owe(self.measure, deed) {
            self.tell(calls, words);
        } else {
            self.tell(calls, told(&error));
        }
    }

    fn entry(&self, act: MeasureAct, actuator: &Name, step: u64, detail: String) -> MeasureDeed {
        MeasureDeed {
            authority: self.authority,
            act,
            actuator: Some(actuator.clone()),
            step,
            detail,
        }
    }

    /// The text that is approved, of the office's own files: what takes back does not wait for the log.
    fn text(&self) -> Result<Measure, String> {
        let bytes = files::read_present(&self.node.statement(self.authority));
        let note = bytes.ok().and_then(|bytes| Note::parse(&bytes).ok());
        let statement = note.and_then(|note| Statement::parse(note.text()).ok());
        let statement =
            statement.ok_or("the statement that approves it is not in the office's folder")?;
        let text = office::measure_note(&self.node, &statement).map_err(|e| told(&e))?;
        let measure = text.and_then(|note| Measure::parse(note.text()).ok());
        measure.ok_or_else(|| "the text of the approval is not in the office's folder".to_owned())
    }

    /// Sends commands to one actuator, one behind the other; whether it answers at all.
    pub(super) fn send(
        &self,
        calls: &Calls,
        (actuator, way): &Key,
        commands: &[Call],
        number: u64,
    ) -> bool {
        let opened = self.text().and_then(|text| {
            let approved = text.actuators.iter().find(|one| one.name == *actuator);
            let key = approved.map(|one| one.key.clone());
            Ok(To {
                calls,
                actuator,
                wire: self.wire(actuator)?,
                whose: Whose {
                    actuator: actuator.clone(),
                    key: key.ok_or_else(|| format!("`{actuator}` is not approved"))?,
                    measure: self.measure,
                },
            })
        });
        let to = match opened {
            Ok(to) => to,
            Err(words) => {
                self.tell(calls, words);
                return true;
            }
        };
        let done = match way {
            Way::Back => self.take_back(&to, commands),
            Way::On => self.begin(&to, commands, number),
        };
        match done {
            Ok(()) => true,
            Err(words) => {
                self.tell(calls, words);
                false
            }
        }
    }

    /// Puts what is to begin on record, each once, and gives the steps. No act without its record: where the log does not take it, nothing is sent.
    fn journal(&self, to: &To<'_>, begins: &[&Command]) -> Result<BTreeMap<String, u64>, String> {
        let mut steps = to.calls.steps_of(begins);
        let new = |steps: &BTreeMap<String, u64>| -> Vec<&Command> {
            let all = begins.iter().copied();
            all.filter(|one| !steps.contains_key(&one.id)).collect()
        };
        if new(&steps).is_empty() {
            return Ok(steps);
        }
        // A process that began behind a fall finds here what the one before it put down.
        if to.calls.reads(self.authority, to.actuator) {
            let acts = office::measure_acts(&self.node, self.authority).map_err(|e| told(&e))?;
            for (id, step) in entries::known(&acts, to.actuator, &new(&steps)) {
                to.calls.keep_step(&id, step);
                steps.insert(id, step);
            }
        }
        let lines = new(&steps).into_iter();
        let lines = lines.map(|one| (one.revision, line(one), one.id.clone()));
        for part in entries::parts(lines.collect(), DETAIL_BYTES_MAX) {
            let deed = self.entry(MeasureAct::Dispatch, to.actuator, part.step, part.detail);
            let entered = office::record_measure_act(&self.node, &self.host, &deed);
            entered.map_err(|e| told(&e))?;
            for id in part.commands {
                to.calls.keep_step(&id, part.step);
                steps.insert(id, part.step);
            }
        }
        Ok(steps)
    }

    /// Brings the approval before anything begins under it; an error is that it does not answer.
    fn approve(&self, to: &To<'_>) -> Result<DryRun, String> {
        let files = super::bring::files_of(&self.node, self.authority, to.actuator);
        let brought = files.map_err(Unsure::Answered);
        let brought =
            brought.and_then(|files| to.wire.approve(&self.authority.to_string(), &files));
        match brought {
            Ok(run) => Ok(run),
            Err(Unsure::Silent(words)) => Err(words),
            Err(Unsure::Answered(words)) => {
                self.tell(to.calls, words);
                Ok(DryRun::default())
            }
        }
    }

    /// Puts in force. An error is that it does not answer.
    fn begin(&self, to: &To<'_>, calls: &[Call], number: u64) -> Result<(), String> {
        let wanted = |one: &&Call| {
            !to.calls
                .is_taken_back(self.measure, one.command.aim, number)
        };
        let calls: Vec<&Call> = calls.iter().filter(wanted).collect();
        let begins: Vec<&Command> = calls.iter().map(|one| &one.command).collect();
        if begins.is_empty() {
            return Ok(());
        }
        let steps = match self.journal(to, &begins) {
            Ok(steps) => steps,
            Err(words) => {
                self.tell(to.calls, words);
                return Ok(());
            }
        };
        let run = self.approve(to)?;
        let mut done: Vec<(u64, String, String)> = Vec::new();
        let mut silent = Ok(());
        for call in calls {
            if !wanted(&call) {
                continue;
            }
            let command = &call.command;
            let (actuator, target) = (to.actuator, &command.target);
            let answered = match run.refuses(command.deed, &command.target) {
                Some(fault) => Ok(Answered {
                    came: Came::Not,
                    words: format!("its dry run says: {fault}"),
                }),
                None => self.one(to, call),
            };
            let answered = match answered {
                Ok(answered) => answered,
                Err(Unsure::Answered(words)) => {
                    self.tell(to.calls, words);
                    continue;
                }
                Err(Unsure::Silent(words)) => {
                    silent = Err(words);
                    break;
                }
            };
            if answered.came == Came::Later {
                continue;
            }
            let well = answered.came == Came::Done;
            let words = answered.words;
            if !well {
                self.tell(to.calls, format!("`{actuator}`, {target}: {words}"));
            }
            let state = if well { "in force" } else { "not in force" };
            let step = steps.get(&command.id).copied().unwrap_or(command.revision);
            let words = format!("{} {target} {state}", command.deed);
            done.push((step, words, command.id.clone()));
            let command = command.id.clone();
            to.calls
                .hear(self.measure, Event::ReadBack { command, well });
        }
        for part in entries::by_step(done, DETAIL_BYTES_MAX) {
            let deed = self.entry(MeasureAct::Effect, to.actuator, part.step, part.detail);
            self.enter(to.calls, deed);
        }
        silent
    }

    /// Takes back, and only then writes that down. An error is that it does not answer.
    fn take_back(&self, to: &To<'_>, calls: &[Call]) -> Result<(), String> {
        let mut done: Vec<(u64, String, String)> = Vec::new();
        let mut silent = Ok(());
        for call in calls {
            let command = &call.command;
            let said = match self.one(to, call) {
                Ok(answered) if answered.came == Came::Later => None,
                Ok(answered) => {
                    let well = matches!(answered.came, Came::Done | Came::Gone);
                    if !well {
                        let words = format!("`{}`: {}", to.actuator, answered.words);
                        self.tell(to.calls, words);
                    }
                    let id = command.id.clone();
                    let event = Event::Released { command: id, well };
                    to.calls.hear(self.measure, event);
                    well.then_some("taken back")
                }
                Err(Unsure::Answered(words)) => {
                    self.tell(to.calls, words);
                    None
                }
                Err(Unsure::Silent(words)) => {
                    silent = Err(words);
                    None
                }
            };
            // Once when it is asked for without an answer, once when it is gone.
            if to.calls.keeps_end(&command.id, said.is_some()) {
                let said = said.unwrap_or("asked back");
                let words = format!("{} {} {said}", command.deed, command.target);
                done.push((command.revision, words, command.id.clone()));
            }
            if silent.is_err() {
                break;
            }
        }
        for part in entries::parts(done, DETAIL_BYTES_MAX) {
            let deed = self.entry(MeasureAct::End, to.actuator, part.step, part.detail);
            self.enter(to.calls, deed);
        }
        silent
    }

    fn one(&self, to: &To<'_>, call: &Call) -> Result<Answered, Unsure> {
        let command = &call.command;
        let message = message(command, self.measure, call.revision);
        let message = message.map_err(|e| Unsure::Answered(e.to_string()))?;
        to.wire.command(&message, command, &to.whose)
    }

    /// The office stops its approval, or lets it go on, and that goes to the actuators, each beside the others.
    fn stop(
        self: &Arc<Self>,
        calls: &Calls,
        brought: &Brought,
        (act, why): (SuspensionAct, Option<&str>),
        actuators: &BTreeSet<Name>,
    ) {
        let what = if act == SuspensionAct::Suspend {
            "suspend"
        } else {
            "resume"
        };
        if !calls.begin(self.measure, what) {
            return;
        }
        let (hands, own, brought) = (Arc::clone(self), calls.clone(), brought.clone());
        let (actuators, why) = (actuators.clone(), why.map(str::to_owned));
        let begun = std::thread::Builder::new()
            .name("measure-stop".to_owned())
            .spawn(move || {
                if let Err(words) = hands.suspension(act) {
                    hands.tell(&own, words);
                }
                let spots = actuators.into_iter().map(|name| (hands.authority, name));
                let spots: Vec<Spot> = spots.collect();
                for words in brought.now(&hands, spots) {
                    hands.tell(&own, words);
                }
                // An end that comes as it was decided is no word of the safety engine.
                if act == SuspensionAct::Suspend
                    && let Some(why) = why
                    && let Err(words) = hands.stopped(&why)
                {
                    hands.tell(&own, words);
                }
                own.over(hands.measure, what);
            });
        if let Err(error) = begun {
            self.tell(calls, error.to_string());
            calls.over(self.measure, what);
        }
    }

    fn suspension(&self, act: SuspensionAct) -> Result<(), String> {
        let suspends = self.watched.with_book(&self.node, |book, _| {
            let authority = book.authority(self.authority)?;
            let stop = authority.stops.get(&By::Office);
            Some(stop.is_some_and(|stop| stop.suspends))
        });
        let suspends = suspends.map_err(|e| told(&e))?;
        let suspends = suspends.ok_or("nothing approves it")?;
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
