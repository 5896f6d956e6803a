//! Effects that looks do not find where they are to be. In: the newest looks at a measure, its life. Out: a call of a person where several looks in a row miss them; of a roll-out the command whose effect is gone. Never: a call for what ends by its
//! own time about now, or is being put in force or taken back; a second one before a look found it again.

use super::{BY, Room, Stepped, kept, troubled};
use crate::problem::Answer;
use sakimori_custody::time::Seconds;
use sakimori_liaison::measure::{Held, SeenEffect, SeenPaper, lives, newest_seen};
use sakimori_respond::plan::life::{At, Effect, Event, Stage};
use std::collections::BTreeMap;

/// How many looks in a row miss an effect before a person is called.
pub(super) const MISSED_LOOKS: usize = 3;
/// How many seconds before its end an effect is not missed any more: clocks differ.
const ENDING_SECONDS: u64 = 60;
/// Most targets that one call names.
const NAMED_MAX: usize = 5;

/// Whether an effect was read back and is to be in force at a time.
pub(super) fn is_wanted(effect: &Effect, now: Seconds) -> bool {
    let goes_on = |until: Seconds| until > now.plus(ENDING_SECONDS);
    effect.at == At::There && effect.until.is_some_and(goes_on)
}

fn misses(one: &SeenEffect) -> bool {
    one.wanted && one.in_force != Some(true)
}

/// What a person is called for with the last of these looks: effects that it and the looks before it miss, each once, one call for all that one actuator says nothing better of.
pub(super) fn calls(looks: &[SeenPaper]) -> Vec<String> {
    let Some(last) = looks.last() else {
        return Vec::new();
    };
    let of = |look: &SeenPaper, one: &SeenEffect| {
        let mut same = look.effects.iter();
        let same = same.find(|own| {
            (&own.actuator, &own.deed, &own.target) == (&one.actuator, &one.deed, &one.target)
        });
        same.is_some_and(misses)
    };
    let in_a_row = |one: &SeenEffect| looks.iter().rev().take_while(|look| of(look, one)).count();
    let mut by: BTreeMap<(&str, bool), Vec<String>> = BTreeMap::new();
    for one in &last.effects {
        if in_a_row(one) == MISSED_LOOKS {
            let key = (one.actuator.as_str(), one.in_force.is_some());
            let line = format!("{} {}", one.deed, one.target);
            by.entry(key).or_default().push(line);
        }
    }
    let words = |((actuator, is_seen), lines): ((&str, bool), Vec<String>)| {
        let more = lines.len().saturating_sub(NAMED_MAX);
        let mut named = lines
            .iter()
            .take(NAMED_MAX)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        if more > 0 {
            named = format!("{named} and {more} more");
        }
        if is_seen {
            format!("not in force at `{actuator}`, by {MISSED_LOOKS} looks in a row: {named}")
        } else {
            format!(
                "whether it is in force at `{actuator}` cannot be seen, by {MISSED_LOOKS} looks in a row: {named}"
            )
        }
    };
    by.into_iter().map(words).collect()
}

/// The command whose effect a look misses, made after the effect was last commanded. One that cannot be seen is not gone.
fn lost(held: &Held, look: &SeenPaper, now: Seconds) -> Option<String> {
    let state = held.state();
    let mut aims = state.plan().aims.iter().zip(state.effects());
    let (_, effect) = aims.find(|(aim, effect)| {
        let mut seen = look.effects.iter();
        is_wanted(effect, now)
            && effect.sent.0 < look.at
            && seen.any(|one| {
                one.wanted
                    && one.in_force == Some(false)
                    && one.actuator == aim.actuator.as_str()
                    && one.deed == aim.deed.name()
                    && one.target == aim.target
            })
    })?;
    effect.command.as_ref().map(|command| command.id.clone())
}

impl Room {
    /// Stops each roll-out of which the newest look misses an effect: what soaks is looked at, and not only waited for.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn stop_what_is_lost(&self) -> Answer<Vec<Stepped>> {
        let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
        let rolls = |one: &Held| one.state().stage() == Stage::Dispatching;
        let mut stepped = Vec::new();
        for held in all.into_iter().filter(rolls) {
            match Box::pin(self.stop_where_lost(&held)).await {
                Ok(stopped) => stepped.extend(stopped),
                Err(problem) => stepped.push(troubled(held, &problem)),
            }
        }
        Ok(stepped)
    }

    async fn stop_where_lost(&self, held: &Held) -> Answer<Option<Stepped>> {
        let id = held.state().plan().id;
        let look = newest_seen(&*self.store, id).await.map_err(|e| kept(&e))?;
        let Some(command) = look.and_then(|look| lost(held, &look, self.now())) else {
            return Ok(None);
        };
        let event = Event::Lost { command };
        self.start(id, &event, BY).await.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(in_force: &[Option<bool>], wanted: bool) -> SeenPaper {
        let effect = |(at, in_force): (usize, &Option<bool>)| SeenEffect {
            target: format!("198.51.100.{at}/32"),
            actuator: "edge-1".to_owned(),
            in_force: *in_force,
            wanted,
            times: 0,
            deed: "block".to_owned(),
            run: 1,
        };
        SeenPaper {
            at: 100,
            effects: in_force.iter().enumerate().map(effect).collect(),
            readings: Vec::new(),
        }
    }

    #[test]
    fn a_person_is_called_once_where_three_looks_in_a_row_miss_an_effect() {
        let one = |in_force: Option<bool>| look(&[in_force], true);
        let (there, gone, silent) = (one(Some(true)), one(Some(false)), one(None));
        let no: [String; 0] = [];
        assert_eq!(calls(&[]), no);
        assert_eq!(calls(&[gone.clone(), gone.clone()]), no);
        let words = ["not in force at `edge-1`, by 3 looks in a row: block 198.51.100.0/32"];
        let three = [gone.clone(), silent.clone(), gone.clone()];
        assert_eq!(calls(&three), words);
        let four = [std::slice::from_ref(&gone), &three[..]].concat();
        assert_eq!(calls(&four), no, "it was told before");
        let again = [&[there], &three[..]].concat();
        assert_eq!(calls(&again), words, "it was there between");
        let dark = [silent.clone(), silent.clone(), silent];
        assert!(calls(&dark)[0].contains("cannot be seen"));
        // What is not to be there is not missed.
        let unwanted = look(&[Some(false)], false);
        assert_eq!(calls(&[unwanted.clone(), gone.clone(), gone]), no);
        assert_eq!(calls(&[unwanted.clone(), unwanted.clone(), unwanted]), no);
    }

    #[test]
    fn an_actuator_that_is_away_is_one_call_however_much_it_has_in_force() {
        let many = look(&[None; 2000], true);
        let said = calls(&[many.clone(), many.clone(), many]);
        assert_eq!(said.len(), 1);
        assert!(
            said[0].contains("198.51.100.4/32 and 1995 more"),
            "{said:?}"
        );
        assert!(said[0].len() < 400);
    }
}
