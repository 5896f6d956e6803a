//! What measures owe, done. In: acts that the log did not take, words of persons, verdicts, calls of persons, as the store has them. Out: entries, each once; persons who are called. Never: an end that waits for it; something that the log does not take
//! and that a fall forgets.
//!
//! What a person said and a verdict are owed in the transaction that keeps them; what an actuator answered as soon as the log did not take it. Whoever pays looks first whether the log has it: a fall may lie between an entry and the store.

use super::acts::is_away;
use super::{BY, Room, Round, Stepped, Told, Watched, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_control::error::told;
use sakimori_control::office::{MeasureDeed, record_measure_act};
use sakimori_control::{Host, Node};
use sakimori_custody::ids::AuthorityId;
use sakimori_liaison::measure::{Held, Owed, OwedPaper, measure, owe, owed, settle, settled_since};
use sakimori_liaison::paper::Written;
use sakimori_oversight::book::{Acted, MeasureAct};
use sakimori_respond::plan::life::Event;
use sakimori_store::Change;
use std::collections::BTreeSet;
use std::sync::Arc;

/// An act that is owed.
pub(super) fn act(deed: &MeasureDeed) -> Owed {
    Owed::Act {
        authority: deed.authority.to_string(),
        act: deed.act.name().to_owned(),
        actuator: deed.actuator.as_ref().map(ToString::to_string),
        step: Some(deed.step),
        detail: deed.detail.clone(),
    }
}

/// What a person said that is about all actuators, as it goes on record: the kill switch, the report behind the end.
fn word_of(event: &Event, by: &str) -> Option<(MeasureAct, String)> {
    match event {
        Event::Kill(kill) if kill.releases() => Some((MeasureAct::Kill, format!("{by}: {kill}"))),
        Event::Kill(kill) => Some((MeasureAct::Hold, format!("{by}: {kill}"))),
        Event::Free { .. } | Event::FreeAll { .. } => {
            Some((MeasureAct::Free, format!("{by}: dispatch goes on")))
        }
        Event::Report { sha256, .. } => Some((MeasureAct::Report, format!("{by}: {sha256}"))),
        _ => None,
    }
}

/// The act of something owed, once its step is known; `None` where no log can take it.
fn deed_of(owed: &Owed, acts: &[Acted]) -> Option<MeasureDeed> {
    let Owed::Act {
        authority,
        act,
        actuator,
        step,
        detail,
    } = owed
    else {
        return None;
    };
    let authority: AuthorityId = authority.parse().ok()?;
    let actuator = match actuator {
        Some(name) => Some(name.parse().ok()?),
        None => None,
    };
    let last = || {
        let mut own = acts.iter().rev();
        let dispatched = own.find(|acted| {
            acted.act == MeasureAct::Dispatch
                && acted.authority == authority
                && acted.actuator == actuator
        });
        dispatched.map(|acted| acted.step)
    };
    Some(MeasureDeed {
        authority,
        act: MeasureAct::from_name(act)?,
        step: step.or_else(last)?,
        actuator,
        detail: detail.clone(),
    })
}

/// The entry that has an act already: behind the time at which it was owed, and not another's.
fn on_record(deed: &MeasureDeed, at: u64, acts: &[Acted], others: &BTreeSet<u64>) -> Option<u64> {
    let mut own = acts.iter().filter(|acted| {
        acted.time.0 >= at
            && acted.authority == deed.authority
            && acted.act == deed.act
            && acted.actuator == deed.actuator
            && acted.step == deed.step
            && acted.detail == deed.detail
            && !others.contains(&acted.index)
    });
    own.next().map(|acted| acted.index)
}

type Waiting = Written<OwedPaper>;

/// Puts on record what waits. Gives what is done, and why the rest is not.
fn enter(
    (watched, node, host): (&Watched, &Node, &Host),
    all: Vec<Waiting>,
    mut others: BTreeSet<u64>,
) -> (Vec<(Waiting, Option<u64>)>, Vec<String>) {
    let read = watched.with_book(node, |book, _| book.measure_acts().to_vec());
    let acts = match read {
        Ok(acts) => acts,
        Err(error) => return (Vec::new(), vec![told(&error)]),
    };
    let (mut done, mut words) = (Vec::new(), Vec::new());
    for one in all {
        let Some(deed) = deed_of(&one.said.owed, &acts) else {
            done.push((one, None));
            continue;
        };
        let known = on_record(&deed, one.at, &acts, &others);
        let entered = known.map_or_else(|| record_measure_act(node, host, &deed), Ok);
        match entered {
            Ok(index) => {
                others.insert(index);
                done.push((one, Some(index)));
            }
            Err(error) => {
                let away = is_away(&error);
                words.push(told(&error));
                if away {
                    break;
                }
                // What the book forbids never gets into it; that is told.
                done.push((one, None));
            }
        }
    }
    (done, words)
}

impl Room {
    /// The change that notes something owed.
    pub(super) fn owing(&self, measure: AuthorityId, owed: Owed) -> Answer<Change> {
        let id = self
            .host
            .bytes()
            .map_err(|e| Problem::hidden(Code::Fault, e))?;
        owe(id, measure, owed, self.now(), BY).map_err(|e| kept(&e))
    }

    /// What an event owes to the log.
    pub(super) async fn word_owed(
        &self,
        id: AuthorityId,
        event: &Event,
        by: &str,
    ) -> Answer<Option<Change>> {
        let Some((act, detail)) = word_of(event, by) else {
            return Ok(None);
        };
        let held = measure(&*self.store, id).await.map_err(|e| kept(&e))?;
        let Some(authority) = held.state().authority() else {
            return Ok(None);
        };
        let owed = Owed::Act {
            authority: authority.to_string(),
            act: act.name().to_owned(),
            actuator: None,
            step: Some(0),
            detail,
        };
        self.owing(id, owed).map(Some)
    }

    /// Notes changes alone.
    pub(super) async fn note(&self, changes: &[Change]) -> Answer<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let noted = self.store.apply(changes).await;
        noted.map_err(|e| kept(&e.into()))
    }

    /// Notes in the store what the log did not take of calls.
    pub(super) async fn note_owed(&self) -> Answer<()> {
        let all = self.calls.take_owed();
        let changes: Answer<Vec<Change>> = all
            .iter()
            .map(|(measure, deed)| self.owing(*measure, act(deed)))
            .collect();
        let noted = match changes {
            Ok(changes) => self.note(&changes).await,
            Err(problem) => Err(problem),
        };
        if noted.is_err() {
            // It is noted with the next.
            for (measure, deed) in all {
                self.calls.owe(measure, deed);
            }
        }
        noted
    }

    /// Puts on record what waits for the log, and gives what could not be done. One pays at a time: who comes while another does leaves it to them.
    pub(super) async fn pay(&self) -> Vec<String> {
        let words = |problem: &Problem| vec![super::trouble(problem)];
        if let Err(problem) = self.note_owed().await {
            return words(&problem);
        }
        let Some(_turn) = self.calls.pays() else {
            return Vec::new();
        };
        match self.paid().await {
            Ok(trouble) => trouble,
            Err(problem) => words(&problem),
        }
    }

    async fn paid(&self) -> Answer<Vec<String>> {
        let (all, mut trouble) = owed(&*self.store).await.map_err(|e| kept(&e))?;
        let is_act = |one: &Waiting| matches!(one.said.owed, Owed::Act { .. });
        let all: Vec<Waiting> = all.into_iter().filter(is_act).collect();
        let Some(oldest) = all.iter().map(|one| one.at).min() else {
            return Ok(trouble);
        };
        let others = settled_since(&*self.store, sakimori_custody::time::Seconds(oldest)).await;
        let others = others.map_err(|e| kept(&e))?;
        let (watched, node, host) = (
            Arc::clone(&self.watched),
            self.node.clone(),
            self.host.clone(),
        );
        let entered =
            tokio::task::spawn_blocking(move || enter((&watched, &node, &host), all, others));
        let (done, words) = entered.await.map_err(|e| Problem::hidden(Code::Fault, e))?;
        trouble.extend(words);
        for (one, entry) in done {
            let done = settle(&*self.store, &one, entry, self.now(), BY).await;
            done.map_err(|e| kept(&e))?;
        }
        Ok(trouble)
    }

    /// Calls of persons that nobody was told yet, behind a fall too, each with its measure.
    pub(super) async fn pages_owed(&self) -> Answer<Vec<Stepped>> {
        let (all, _) = owed(&*self.store).await.map_err(|e| kept(&e))?;
        let mut steps = Vec::new();
        for one in all {
            let Owed::Page { words } = one.said.owed else {
                continue;
            };
            let Ok(id) = one.said.measure.parse() else {
                continue;
            };
            let Ok(held) = measure(&*self.store, id).await else {
                continue;
            };
            steps.push(Stepped {
                held,
                records: Vec::new(),
                refused: None,
                told: vec![Told::Page(words)],
            });
        }
        Ok(steps)
    }

    /// Persons were told what a step says: a call that is owed comes no more.
    ///
    /// # Errors
    /// What the store says.
    pub async fn was_told(&self, stepped: &Stepped) -> Answer<()> {
        let page = |told: &Told| matches!(told, Told::Page(_));
        if !stepped.told.iter().any(page) {
            return Ok(());
        }
        let id = stepped.held.state().plan().id.to_string();
        let (all, _) = owed(&*self.store).await.map_err(|e| kept(&e))?;
        for one in all {
            let Owed::Page { words } = &one.said.owed else {
                continue;
            };
            if one.said.measure == id && stepped.told.contains(&Told::Page(words.clone())) {
                let done = settle(&*self.store, &one, None, self.now(), BY).await;
                done.map_err(|e| kept(&e))?;
            }
        }
        Ok(())
    }

    /// Notes what a person said of a measure, and puts it on record.
    pub(super) async fn record_word(&self, held: &Held, event: &Event, by: &str) -> Vec<Told> {
        let id = held.state().plan().id;
        let noted = match self.word_owed(id, event, by).await {
            Ok(Some(change)) => self.note(&[change]).await,
            Ok(None) => return Vec::new(),
            Err(problem) => Err(problem),
        };
        let mut words = self.pay().await;
        words.extend(noted.err().map(|problem| super::trouble(&problem)));
        words.into_iter().map(Told::Trouble).collect()
    }

    /// Pays at the end of a round.
    pub(super) async fn pay_in(&self, round: &mut Round) {
        round.trouble.extend(self.pay().await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_custody::time::Seconds;

    fn acted(index: u64, time: u64, act: MeasureAct, step: u64, detail: &str) -> Acted {
        Acted {
            index,
            time: Seconds(time),
            act,
            authority: AuthorityId([7; 16]),
            actuator: "edge-1".parse().ok(),
            step,
            detail: detail.to_owned(),
            out_of_order: false,
        }
    }

    #[test]
    fn what_the_log_has_is_not_written_again_and_what_is_another_s_is() {
        let acts = [
            acted(3, 100, MeasureAct::Dispatch, 4, "block"),
            acted(5, 110, MeasureAct::Effect, 4, "verdict none"),
            acted(6, 120, MeasureAct::Effect, 4, "verdict none"),
        ];
        let owed = Owed::Act {
            authority: AuthorityId([7; 16]).to_string(),
            act: "effect".to_owned(),
            actuator: Some("edge-1".to_owned()),
            step: None,
            detail: "verdict none".to_owned(),
        };
        let deed = deed_of(&owed, &acts).unwrap();
        assert_eq!(deed.step, 4, "the step of the last dispatch");
        let found = |at: u64, others: &[u64]| {
            let others = others.iter().copied().collect();
            on_record(&deed, at, &acts, &others)
        };
        assert_eq!(found(110, &[]), Some(5));
        assert_eq!(found(111, &[]), Some(6), "what is older is another");
        assert_eq!(found(110, &[5]), Some(6), "each stands for one");
        assert_eq!(found(110, &[5, 6]), None);
        assert_eq!(deed_of(&owed, &acts[1..]), None, "nothing was dispatched");
    }
}
