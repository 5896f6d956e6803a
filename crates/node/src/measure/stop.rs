//! The stop of the whole office, carried to every measure. In: who stops, who lets go; measures. Out: measures that are held, also those that are decided later, each on record. Never: a measure that goes on while the office is stopped.

use super::{Room, Stepped, kept};
use crate::problem::Answer;
use sakimori_custody::ids::Name;
use sakimori_liaison::measure::{Stop, lives, set_stop, stop};
use sakimori_respond::plan::life::{Event, Kill};

impl Room {
    /// Stops dispatch at the whole office, until another lets it go. It holds from when this returns; measures learn of it one by one.
    ///
    /// # Errors
    /// [`crate::problem::Code::Refused`]; what the store says.
    pub async fn stop_all(&self, words: &str, by: &Name) -> Answer<(Stop, Vec<Stepped>)> {
        self.set(true, words, by).await
    }

    /// Lets dispatch go on: another than who stopped it, and nobody who carries out.
    ///
    /// # Errors
    /// As [`Room::stop_all`].
    pub async fn let_go(&self, words: &str, by: &Name) -> Answer<(Stop, Vec<Stepped>)> {
        self.set(false, words, by).await
    }

    /// Releases every measure that a kill switch is about and that is not over. One that cannot be released keeps no other from it: what failed is told at the end.
    ///
    /// # Errors
    /// What the store says of a measure, when all others are released.
    pub async fn release_all(&self, kill: &Kill, by: &Name) -> Answer<Vec<Stepped>> {
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let event = Event::Kill(kill.clone());
        let (mut steps, mut outcome) = (Vec::new(), Ok(()));
        for one in &all {
            let state = one.state();
            if state.stage().is_decided() && state.is_met(kill) {
                match Box::pin(self.step(state.plan().id, &event, by.as_str())).await {
                    Ok(stepped) => steps.push(stepped),
                    Err(problem) => outcome = Err(problem),
                }
            }
        }
        outcome.map(|()| steps)
    }

    async fn set(&self, stopped: bool, words: &str, by: &Name) -> Answer<(Stop, Vec<Stepped>)> {
        let set = set_stop(&*self.store, stopped, words, self.now(), by).await;
        let said = set.map_err(|e| kept(&e))?;
        Ok((said, self.aligned().await?))
    }

    /// Brings every measure that is not over to where the office stands. A round does it too: for what is decided while the office is stopped, and behind a fall. One that cannot be brought there keeps no other from it: that is told.
    ///
    /// # Errors
    /// What the store says.
    pub async fn aligned(&self) -> Answer<Vec<Stepped>> {
        let said = stop(&*self.store).await.map_err(|e| kept(&e))?;
        let Ok(by) = said.by.parse::<Name>() else {
            return Ok(Vec::new());
        };
        let event = if said.stopped {
            Event::Kill(Kill::All)
        } else {
            Event::FreeAll { by: by.clone() }
        };
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let mut steps = Vec::new();
        for one in &all {
            let state = one.state();
            if state.stage().is_decided() && state.is_halted() != said.stopped {
                let id = state.plan().id;
                match Box::pin(self.step(id, &event, by.as_str())).await {
                    Ok(stepped) => steps.push(stepped),
                    Err(problem) => steps.push(super::troubled(one.clone(), &problem)),
                }
            }
        }
        Ok(steps)
    }
}
