//! A coordinator in a case: a body that the law lets the office have do a part of the work (Act 42/2025 art. 72: IPA, JPCERT/CC). In: what it was told and says, links. Out: what it sees. Never:
//! a report's words, the reporter, a maker's words, or that there is another coordinator, in its part; what it says taken for a maker's own word without its name.

use super::event::{Act, Actor, Event};
use super::maker::{Link, Said};
use super::take::{Step, need};
use super::view::Embargo;
use super::{Letter, Room, Stage, plain};
use crate::limits::COORDINATORS_MAX;
use crate::publish::case::MakerState;
use sakimori_custody::time::Seconds;
use serde::Serialize;

/// A coordinator and all that passed between it and the office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coordinator {
    /// What was said to it and by it.
    pub letters: Vec<Letter>,
    /// Links into its room.
    pub links: Vec<Link>,
}

/// A maker as a coordinator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MakerSeen {
    /// Its name.
    pub maker: String,
    /// Where its products stand.
    pub state: MakerState,
    /// Until when its answer is waited for.
    #[serde(with = "crate::text::option")]
    pub answer_by: Option<Seconds>,
}

/// What one coordinator sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoordinatorView {
    /// The case.
    pub case: String,
    /// The coordinator.
    pub coordinator: String,
    /// How far the case has come.
    pub stage: Stage,
    /// What the decision on urgency was.
    pub urgency: Option<String>,
    /// The hour.
    pub embargo: Embargo,
    /// The makers that take part.
    pub makers: Vec<MakerSeen>,
    /// What was said: when, whether by the office, what.
    pub letters: Vec<(String, bool, String)>,
    /// Why nothing more is done.
    pub closed: Option<String>,
}

impl Room {
    /// Takes an event about a coordinator.
    pub(super) fn of_coordinator(&mut self, event: &Event) -> Step {
        need(self.triage.is_some(), "it was not judged yet")?;
        let written = event.act.coordinator().unwrap_or_default();
        let name = plain::line("coordinator", written)?;
        need(
            name == written,
            "the coordinator's name has spaces around it",
        )?;
        let at = event.at;
        if matches!(event.act, Act::CoordinatorAdded { .. }) {
            let new = !self.coordinators.contains_key(&name);
            need(new, "the coordinator is in it already")?;
            let few = self.coordinators.len() < COORDINATORS_MAX;
            need(few, "it has as many coordinators as a case may have")?;
            self.coordinators.insert(name, Coordinator::default());
            return Ok(());
        }
        let coordinator = self.coordinators.get_mut(&name);
        let coordinator = coordinator.ok_or("the coordinator is not in it")?;
        match &event.act {
            Act::CoordinatorTold { text, .. } | Act::CoordinatorSaid { text, .. } => {
                let text = plain::text("text", text)?;
                coordinator.letters.push(Letter {
                    by: event.by.clone(),
                    said: Said { at, text },
                });
            }
            Act::CoordinatorLinkMade { hash, until, .. } => {
                coordinator.links.push(Link::made(hash, (at, *until))?);
            }
            Act::CoordinatorLinksEnded { why, .. } => {
                plain::text("why", why)?;
                coordinator.links.clear();
            }
            _ => return Err("the event is about no coordinator".to_owned()),
        }
        Ok(())
    }

    /// What a coordinator sees; none where it is not in the case.
    pub fn for_coordinator(&self, name: &str, now: Seconds) -> Option<CoordinatorView> {
        let coordinator = self.coordinators.get(name)?;
        let makers = self.makers.iter().map(|(name, maker)| MakerSeen {
            maker: name.clone(),
            state: maker.state(now),
            answer_by: maker.waits_until(),
        });
        let letter = |letter: &Letter| {
            let by_office = matches!(letter.by, Actor::Office(_));
            let said = &letter.said;
            (said.at.to_string(), by_office, said.text.clone())
        };
        Some(CoordinatorView {
            case: self.id.clone(),
            coordinator: name.to_owned(),
            stage: self.stage(now),
            urgency: self
                .triage
                .as_ref()
                .map(|(_, triage)| triage.outcome.clone()),
            embargo: self.embargo(now),
            makers: makers.collect(),
            letters: coordinator.letters.iter().map(letter).collect(),
            closed: self.closed.as_ref().map(|closed| closed.text.clone()),
        })
    }

    /// The coordinator into whose room a link leads.
    pub fn coordinator_of_link(&self, hash: &str, now: Seconds) -> Option<&str> {
        let opens = |coordinator: &Coordinator| {
            let mut links = coordinator.links.iter();
            links.any(|link| link.opens(hash, now))
        };
        let found = self.coordinators.iter().find(|(_, c)| opens(c));
        found.map(|(name, _)| name.as_str())
    }
}
