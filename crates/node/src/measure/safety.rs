//! What the safety engine stops, and facts stop, goes on record. In: a measure that was suspended, why; facts of now. Out: an entry of its approval. Never: the same stop twice, whatever falls between.

use super::acts::Hands;
use super::{Room, Stepped, kept};
use crate::problem::Answer;
use sakimori_control::error::told;
use sakimori_control::office::{self, MeasureDeed};
use sakimori_liaison::measure::{facts_problems, lives};
use sakimori_oversight::book::MeasureAct;
use sakimori_respond::plan::life::{Act, Event, State, Why};

/// Longest words of an entry in characters.
const WORDS_MAX: usize = 4_000;

/// Why a measure is suspended, in the words that a person is called with; behind a fall the kind of reason alone is known.
pub(super) fn why(state: &State, acts: &[Act]) -> String {
    let paged = acts.iter().find_map(|act| match act {
        Act::Page(words) => Some(words.clone()),
        _ => None,
    });
    paged.unwrap_or_else(|| match state.suspended() {
        Some(Why::List) => "a target runs into the protected lists".to_owned(),
        Some(Why::Changed) => "a target is not what it was".to_owned(),
        Some(Why::RollOut) => "an effect was not read back".to_owned(),
        Some(Why::Collateral) => "others are met".to_owned(),
        Some(Why::Complaint) => "a complaint".to_owned(),
        None => "it is taken back".to_owned(),
    })
}

impl Hands {
    /// Writes down that the safety engine stopped the measure, where the last thing on record is not that. It is about all actuators: what was dispatched is taken back from each of them.
    pub(super) fn stopped(&self, words: &str) -> Result<(), String> {
        let last = self.watched.with_book(&self.node, |book, _| {
            let mut own = book
                .measure_acts()
                .iter()
                .filter(|acted| acted.authority == self.authority);
            let last =
                own.rfind(|acted| matches!(acted.act, MeasureAct::Dispatch | MeasureAct::Safety));
            last.map(|last| last.act)
        });
        if last.map_err(|e| told(&e))? == Some(MeasureAct::Safety) {
            return Ok(());
        }
        let deed = MeasureDeed {
            authority: self.authority,
            act: MeasureAct::Safety,
            actuator: None,
            step: 0,
            detail: words.chars().take(WORDS_MAX).collect(),
        };
        let entered = office::record_measure_act(&self.node, &self.host, &deed);
        entered.map(|_| ()).map_err(|e| told(&e))
    }
}

impl Room {
    /// Suspends what takes more by the facts of now than it was approved with.
    ///
    /// # Errors
    /// What the store says; what was suspended before it is.
    pub async fn suspend_by_facts(&self, by: &str) -> Answer<Vec<Stepped>> {
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let mut suspended = Vec::new();
        for one in all.iter().filter(|one| one.state().stage().is_decided()) {
            let state = one.state();
            if state.suspended().is_some() {
                continue;
            }
            let found = facts_problems(&*self.store, state, &self.terms, self.now()).await;
            let found = found.map_err(|e| kept(&e))?;
            if found.is_empty() {
                continue;
            }
            let words: Vec<String> = found.iter().map(ToString::to_string).collect();
            let event = Event::Collateral {
                words: words.join("; "),
            };
            suspended.push(self.step(state.plan().id, &event, by).await?);
        }
        Ok(suspended)
    }
}
