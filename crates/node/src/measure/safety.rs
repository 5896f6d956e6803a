//! What the safety engine stops, and facts stop, goes on record. In: a measure that was suspended, why; facts of now. Out: an entry of its approval. Never: the same stop twice, whatever falls between.

use super::acts::Hands;
use super::{Room, Stepped, kept};
use crate::problem::Answer;
use sakimori_control::error::told;
use sakimori_control::office::{self, MeasureDeed};
use sakimori_liaison::measure::{BroughtFacts, brought_facts, facts_hits, lives};
use sakimori_oversight::book::MeasureAct;
use sakimori_respond::plan::Terms;
use sakimori_respond::plan::life::{Act, Event, State, Why};

/// Longest words of an entry in characters.
const WORDS_MAX: usize = 4_000;

/// Why a measure is suspended, in the words that a person is called with; behind a fall the kind of reason alone is known. `None` where safety did not suspend it: it came to its end.
pub(super) fn why(state: &State, acts: &[Act]) -> Option<String> {
    let kind = match state.suspended()? {
        Why::List => "a target runs into the protected lists",
        Why::Changed => "a target is not what it was",
        Why::RollOut => "an effect was not read back",
        Why::Collateral => "others are met",
        Why::Complaint => "a complaint",
    };
    let paged = acts.iter().find_map(|act| match act {
        Act::Page(words) => Some(words.clone()),
        _ => None,
    });
    Some(paged.unwrap_or_else(|| kind.to_owned()))
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
    /// Suspends what takes more by the facts of now than it was approved with; what cannot be done of one measure keeps no other in force, and is told.
    ///
    /// # Errors
    /// What the store says of the facts, or of all measures.
    pub async fn suspend_by_facts(&self, by: &str) -> Answer<Vec<Stepped>> {
        let facts = brought_facts(&*self.store).await.map_err(|e| kept(&e))?;
        if facts.is_empty() {
            return Ok(Vec::new());
        }
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let events = all.into_iter().filter_map(|one| {
            let event = hit(&facts, one.state(), &self.terms)?;
            Some((one, event))
        });
        let events = events.collect();
        // A round hears what comes of it together with all else; at the command line nobody would hear it behind this.
        let begun = if by == super::BY {
            self.start_all(events, by).await
        } else {
            self.step_all(events, by).await
        };
        Ok(begun.with_trouble())
    }
}

/// What facts say against a measure that is decided and not suspended yet.
fn hit(facts: &BroughtFacts, state: &State, terms: &Terms) -> Option<Event> {
    if !state.stage().is_decided() || state.suspended().is_some() {
        return None;
    }
    let found = facts_hits(facts, state, terms);
    let words: Vec<String> = found.iter().map(ToString::to_string).collect();
    (!words.is_empty()).then(|| Event::Collateral {
        words: words.join("; "),
    })
}
