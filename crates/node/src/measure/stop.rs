//! The stop of the whole office, carried to every measure. In: who stops, who lets go; measures. Out: measures that are held, also those that are decided later, each on record. Never: a measure that goes on while the office is stopped.

use super::{Room, Stepped, kept};
use crate::problem::Answer;
use sakimori_custody::ids::Name;
use sakimori_liaison::measure::{Held, Stop, lives, set_stop, stop};
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

    /// Releases every measure that a kill switch is about and that is not over. One that cannot be released, or whose actuator is away, keeps no other from it: what failed is told at the end.
    ///
    /// # Errors
    /// What the store says of a measure, when all others are released.
    pub async fn release_all(&self, kill: &Kill, by: &Name) -> Answer<Vec<Stepped>> {
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let met = all.into_iter().filter(|one| {
            let state = one.state();
            state.stage().is_decided() && state.is_met(kill)
        });
        let events = met.map(|one| (one, Event::Kill(kill.clone()))).collect();
        self.step_all(events, by.as_str()).await.whole()
    }

    async fn set(&self, stopped: bool, words: &str, by: &Name) -> Answer<(Stop, Vec<Stepped>)> {
        let set = set_stop(&*self.store, stopped, words, self.now(), by).await;
        let said = set.map_err(|e| kept(&e))?;
        let (events, by) = self.apart().await?;
        Ok((said, self.step_all(events, &by).await.with_trouble()))
    }

    /// Measures that are not over and not where the office stands, each with what brings it there, and by whom. A round brings them there too: what is decided while the office is stopped, and what is left behind a fall.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn apart(&self) -> Answer<(Vec<(Held, Event)>, String)> {
        let said = stop(&*self.store).await.map_err(|e| kept(&e))?;
        let Ok(by) = said.by.parse::<Name>() else {
            return Ok((Vec::new(), said.by));
        };
        let event = if said.stopped {
            Event::Kill(Kill::All)
        } else {
            Event::FreeAll { by }
        };
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let apart = all.into_iter().filter(|one| {
            let state = one.state();
            state.stage().is_decided() && state.is_halted() != said.stopped
        });
        let events = apart.map(|one| (one, event.clone())).collect();
        Ok((events, said.by))
    }
}
