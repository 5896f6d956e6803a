//! Events of many measures at a time. In: measures, what happens to each. Out: what came of it. Never: a measure whose beginning waits for the actuator of another, or for the log.
//!
//! All of them are begun, the log is told what people said, and only then what comes of all is heard.

use super::{Room, Stepped, Told, troubled};
use crate::problem::{Answer, Problem};
use sakimori_liaison::measure::Held;
use sakimori_respond::plan::life::Event;

/// Most steps of playbooks behind each other that events of many measures bring on; the next round goes on.
const PLAYS_MAX: usize = 200;

/// What came of the events of many measures.
#[derive(Debug, Default)]
pub(super) struct Begun {
    /// Of those that took it, in their order.
    pub(super) steps: Vec<Stepped>,
    /// Those of which it could not be done.
    pub(super) failed: Vec<(Held, Problem)>,
}

impl Begun {
    /// All of it where a round tries again what failed.
    pub(super) fn with_trouble(self) -> Vec<Stepped> {
        let failed = self.failed.into_iter();
        let failed = failed.map(|(held, problem)| troubled(held, &problem));
        self.steps.into_iter().chain(failed).collect()
    }

    /// Those that took it, or why the last of the others did not.
    pub(super) fn whole(self) -> Answer<Vec<Stepped>> {
        let last = self.failed.into_iter().next_back();
        last.map_or(Ok(self.steps), |(_, problem)| Err(problem))
    }
}

impl Room {
    /// Begins what follows from events, and waits for no actuator.
    pub(super) async fn start_all(&self, events: Vec<(Held, Event)>, by: &str) -> Begun {
        let mut begun = Begun::default();
        let mut owes = false;
        for (held, event) in events {
            let id = held.state().plan().id;
            match Box::pin(self.start_unpaid(id, &event, by)).await {
                Ok((stepped, more)) => {
                    owes |= more;
                    begun.steps.push(stepped);
                }
                Err(problem) => begun.failed.push((held, problem)),
            }
        }
        let paid = if owes { self.pay().await } else { Vec::new() };
        if let Some(last) = begun.steps.last_mut() {
            last.told.extend(paid.into_iter().map(Told::Trouble));
        }
        begun
    }

    /// Takes events and does what follows from them, as [`Room::step`] does of one: where an actuator is away all of them together are waited for no longer than one would be.
    pub(super) async fn step_all(&self, events: Vec<(Held, Event)>, by: &str) -> Begun {
        let mut begun = self.start_all(events, by).await;
        Box::pin(self.hear(&mut begun.steps, by, self.wait)).await;
        for _ in 0..PLAYS_MAX {
            let mut goes_on = false;
            for stepped in &mut begun.steps {
                let id = stepped.held.state().plan().id;
                match Box::pin(self.play_on(id, by, false)).await {
                    Ok(played) => {
                        for more in played {
                            goes_on |= more.refused.is_none();
                            stepped.add(more);
                        }
                    }
                    Err(problem) => stepped.trouble(&problem),
                }
            }
            if !goes_on {
                break;
            }
            Box::pin(self.hear(&mut begun.steps, by, self.wait)).await;
        }
        begun
    }
}
