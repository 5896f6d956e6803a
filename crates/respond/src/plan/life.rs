//! The states of a measure. In: what happens, what is around it, the time. Out: records that are made durable in one transaction, and acts behind them. Never: a state that the records do not give; an effect before it was reviewed by
//! another and approved, or behind an end; an event that is lost because it came at the wrong time: it is flagged.
//!
//! Drafted → reviewed → asked (→ questioned) → approved, refused, or urgent → dispatching → in force → ending → ended → reported. What is suspended is taken back at once, and goes on by a person's word and a new dispatch.

mod decide;
mod duty;
mod end;
mod event;
mod owe;
mod play;
mod record;
mod roll;
mod state;

pub use duty::{Clock, Duty, STEPS, Standing, To};
pub use event::{Act, Around, Decision, Event, Kill, Load, Refused, Step, urgent_targets};
pub use play::{ANSWERS_MAX, Play, VALUE_BYTES_MAX, VALUES_MAX};
pub use record::{FLAGS_MAX, Fact, Found, Record};
pub use state::{At, Effect, Renewing, State};

use super::Plan;
use super::goal::{Goal, Met, Reading};
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};

/// Where a measure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Written.
    Drafted,
    /// Another found it in order.
    Reviewed,
    /// Before the commission.
    Asked,
    /// Before the commission, which waits for an answer.
    Questioned,
    /// The commission approved it.
    Approved,
    /// The commission refused it.
    Refused,
    /// Two officers decided it before the commission could sit.
    Urgent,
    /// It is put in force, step by step.
    Dispatching,
    /// All of it is in force.
    InForce,
    /// It is taken back until a person lets it go on.
    Suspended,
    /// It is taken back for good.
    Ending,
    /// All of it is taken back.
    Ended,
    /// The report is there.
    Reported,
}

impl Stage {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Reviewed => "reviewed",
            Self::Asked => "asked",
            Self::Questioned => "questioned",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Urgent => "urgent",
            Self::Dispatching => "dispatching",
            Self::InForce => "in-force",
            Self::Suspended => "suspended",
            Self::Ending => "ending",
            Self::Ended => "ended",
            Self::Reported => "reported",
        }
    }

    /// Whether it was decided for and has not ended.
    pub const fn is_decided(self) -> bool {
        matches!(
            self,
            Self::Approved | Self::Urgent | Self::Dispatching | Self::InForce | Self::Suspended
        )
    }
}

/// How a measure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Its last second has passed.
    Window,
    /// What shows that it works is so.
    Success,
    /// What ends it early is so.
    Stop,
    /// The commission revoked it, or refused what was decided urgently.
    Revoked,
    /// The kill switch.
    Killed,
    /// Nobody ratified what was decided urgently.
    Unratified,
    /// A complaint was upheld.
    Complaint,
    /// The office took it back before it was decided.
    Withdrawn,
}

/// Why a measure is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// A target runs into the protected lists.
    List,
    /// A target is not what it was.
    Changed,
    /// The roll-out went wrong: an effect was not read back.
    RollOut,
    /// Others are met.
    Collateral,
    /// A complaint.
    Complaint,
}

/// A measure.
#[derive(Clone, Debug)]
pub struct Life {
    state: State,
}

/// Records that are no measure. The operator looks at the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the first record of a measure is its draft")]
pub struct NoDraft;

/// Records and acts of one event as they come.
struct Turn<'a> {
    around: &'a Around<'a>,
    now: Seconds,
    step: Step,
    /// What is commanded in this turn, beside what was before.
    load: Load,
}

impl Life {
    /// A measure that begins with a draft.
    pub fn draft(plan: Plan, by: Name, now: Seconds) -> (Self, Step) {
        let record = Record {
            at: now,
            fact: Fact::Drafted {
                plan: Box::new(plan.clone()),
                by: by.clone(),
            },
        };
        let life = Self {
            state: State::new(plan, by, now),
        };
        let step = Step {
            keep: vec![record],
            ..Step::default()
        };
        (life, step)
    }

    /// A measure of its records, in their order.
    ///
    /// # Errors
    /// [`NoDraft`].
    pub fn restore<'r>(records: impl IntoIterator<Item = &'r Record>) -> Result<Self, NoDraft> {
        let mut records = records.into_iter();
        let Some(Record {
            at,
            fact: Fact::Drafted { plan, by },
        }) = records.next()
        else {
            return Err(NoDraft);
        };
        let mut state = State::new((**plan).clone(), by.clone(), *at);
        for record in records {
            state.take(record);
        }
        Ok(Self { state })
    }

    /// What the records come to.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Takes an event at a time that the caller's clock judged to be sure: what is past by a clock that jumps ahead is past here. The records are made durable in one transaction and only then the acts are done, in their order. Where the records cannot be made durable, the measure is restored of those that are.
    pub fn take(&mut self, event: &Event, around: &Around<'_>, now: Seconds) -> Step {
        // Time does not go back in a measure, whatever a clock says.
        let now = now.max(self.state.last);
        let mut turn = Turn {
            around,
            now,
            step: Step::default(),
            load: around.load.clone(),
        };
        if let Err(refused) = self.event(event, &mut turn) {
            turn.step = Step::default();
            self.flag(event, refused, &mut turn);
        }
        turn.step
    }

    /// Puts on record that an event was refused by a rule of which only its bringer knows: of a paper that is not here.
    pub fn refuse(
        &mut self,
        event: &Event,
        refused: Refused,
        around: &Around<'_>,
        now: Seconds,
    ) -> Step {
        let mut turn = Turn {
            around,
            now: now.max(self.state.last),
            step: Step::default(),
            load: around.load.clone(),
        };
        self.flag(event, refused, &mut turn);
        turn.step
    }

    /// What was recorded and perhaps not done: to be done again after a start. Each is the same act that it was.
    pub fn pending(&self, now: Seconds) -> Vec<Act> {
        let mut acts = Vec::new();
        for (duty, clock) in self
            .state
            .clocks
            .iter()
            .filter(|(_, clock)| clock.done.is_none())
        {
            if matches!(
                duty,
                Duty::Commission | Duty::Administrator(_) | Duty::Victims | Duty::Others
            ) && clock.withheld.is_none()
            {
                acts.push(Act::Notice(duty.clone()));
            }
            if let (Standing::Overdue(_), Some(to)) = (clock.standing(now), To::step(clock.steps)) {
                acts.push(Act::Escalate(duty.clone(), to));
            }
        }
        match self.state.stage {
            Stage::Suspended | Stage::Ending if self.state.decided.is_some() => {
                acts.push(Act::Suspend);
            }
            _ => {}
        }
        let waits = |effect: &&Effect| matches!(effect.at, At::Asked | At::Taking);
        let commands = self
            .state
            .effects
            .iter()
            .filter(waits)
            .filter_map(|effect| effect.command.clone());
        acts.extend(commands.map(Act::Command));
        acts
    }

    /// The end that readings bring: what shows that it works, over a span in which all of it was in force, or what ends it early. Each is looked at over the newest span that its source tells of.
    pub fn measured(&self, readings: &[Reading], now: Seconds) -> Option<Event> {
        let dossier = &self.state.plan.dossier;
        if !matches!(self.state.stage, Stage::Dispatching | Stage::InForce) {
            return None;
        }
        let met = |goal: &Goal, at: Seconds| goal.met(readings, at) == Met::Yes;
        let stop = dossier.stop.newest(readings, now);
        if stop.is_some_and(|at| met(&dossier.stop, at)) {
            return Some(Event::StopMet);
        }
        let since = self
            .state
            .in_force
            .filter(|_| self.state.stage == Stage::InForce)?;
        let at = dossier.success.newest(readings, now)?;
        let long = since.plus(dossier.success.seconds()) <= at;
        (long && met(&dossier.success, at)).then_some(Event::SuccessMet)
    }

    /// Each event by the part that knows it. An error comes before the first record: nothing has to be taken back.
    fn event(&mut self, event: &Event, turn: &mut Turn<'_>) -> Result<(), Refused> {
        match event {
            Event::Redraft { .. }
            | Event::Review { .. }
            | Event::SendBack { .. }
            | Event::Ask { .. }
            | Event::Question { .. }
            | Event::Answer { .. }
            | Event::Approve(_)
            | Event::Refuse { .. }
            | Event::Withdraw { .. }
            | Event::Invoke { .. }
            | Event::Ratify(_)
            | Event::AskRenewal { .. }
            | Event::Renew(_) => self.decision(event, turn),
            Event::Dispatch { .. }
            | Event::ReadBack { .. }
            | Event::Lost { .. }
            | Event::Released { .. }
            | Event::Observed(_)
            | Event::Narrow { .. }
            | Event::Free { .. }
            | Event::FreeAll { .. } => self.roll(event, turn),
            Event::Collateral { .. }
            | Event::SuccessMet
            | Event::StopMet
            | Event::Revoke
            | Event::Kill(_)
            | Event::ListHit { .. }
            | Event::Resume { .. } => self.stop(event, turn),
            Event::Complaint { .. } | Event::Complained { .. } => self.complain(event, turn),
            Event::Told { .. } | Event::Withhold { .. } | Event::Report { .. } => {
                self.owe(event, turn)
            }
            Event::Come { .. }
            | Event::Called { .. }
            | Event::Played { .. }
            | Event::PlayedOut { .. } => self.play(event, turn),
            Event::Tick => {
                self.tick(turn);
                Ok(())
            }
        }
    }

    fn keep(&mut self, fact: Fact, turn: &mut Turn<'_>) {
        let record = Record { at: turn.now, fact };
        self.state.take(&record);
        turn.step.keep.push(record);
    }

    fn flag(&mut self, event: &Event, refused: Refused, turn: &mut Turn<'_>) {
        if self.state.flags < FLAGS_MAX as u64 {
            let fact = Fact::Flagged {
                event: event.name().to_owned(),
                stage: self.state.stage.name().to_owned(),
                out_of_sequence: matches!(refused, Refused::OutOfSequence { .. }),
                words: refused.to_string(),
            };
            self.keep(fact, turn);
        }
        turn.step.refused = Some(refused);
    }

    const fn out_of_sequence(&self, event: &Event) -> Refused {
        Refused::OutOfSequence {
            event: event.name(),
            stage: self.state.stage,
        }
    }

    fn tick(&mut self, turn: &mut Turn<'_>) {
        self.tick_end(turn);
        self.tick_roll(turn);
        self.tick_owed(turn);
    }
}

/// A rule that is broken.
fn rule<T>(words: impl Into<String>) -> Result<T, Refused> {
    Err(Refused::Rule(words.into()))
}
