//! What the office itself knows of a plan, beside the rules and the lists: the notices that it names, and urgent acts against its targets. In: a plan, the office's notices, the log. Out: every rule that it breaks. Never: a text of another's office
//! taken for a notice of this one.

use super::{Room, kept};
use crate::problem::{Answer, Code, Problem};
use sakimori_liaison::LiaisonError;
use sakimori_liaison::measure::{Held, lives, notice};
use sakimori_respond::notice::{Reference, State};
use sakimori_respond::plan;
use sakimori_respond::plan::Plan;
use sakimori_respond::plan::life::urgent_targets;
use sakimori_respond::plan::urgent::met_before;

/// Tickets that a plan names, each with its place.
fn tickets(plan: &Plan) -> impl Iterator<Item = (String, &str)> {
    let milder = plan.dossier.alternatives.iter().enumerate();
    milder.filter_map(|(number, one)| {
        let ticket = one.tried.as_ref()?.ticket.as_deref()?.trim();
        let place = format!("/dossier/alternatives/{number}/tried/ticket");
        (!ticket.is_empty()).then_some((place, ticket))
    })
}

/// Tickets that have not the form of a number of this office: nobody can look them up here.
pub(super) fn elsewhere(plan: &Plan) -> Vec<String> {
    let other = tickets(plan).filter(|(_, ticket)| ticket.parse::<Reference>().is_err());
    let words = other.map(|(_, ticket)| {
        format!(
            "the ticket `{ticket}` is no number of a notice of this office: nobody looked it up"
        )
    });
    words.collect()
}

/// What a notice that stands there says against a measure; what was closed stands where it stood before.
fn against(states: impl DoubleEndedIterator<Item = State>) -> Option<&'static str> {
    match states.rev().find(|state| *state != State::Closed) {
        Some(State::Down) => Some(
            "is down: it helped, and no measure is needed; where the target came back, that is entered first",
        ),
        Some(State::Drafted) | None => Some("was never sent: nothing was tried by it"),
        _ => None,
    }
}

impl Room {
    /// Every rule that a plan breaks by what the office itself knows; `urgent` asks for what an urgent act takes.
    ///
    /// # Errors
    /// What the store says; of an urgent act, what the log says.
    pub async fn broken(&self, plan: &Plan, urgent: bool) -> Answer<Vec<plan::Problem>> {
        let mut broken = Vec::new();
        for (place, ticket) in tickets(plan) {
            let Ok(reference) = ticket.parse::<Reference>() else {
                continue;
            };
            let words = match notice(&*self.store, reference).await {
                Ok(found) => {
                    let steps = found.said.steps.iter();
                    against(steps.filter_map(|step| State::from_name(&step.state)))
                }
                Err(LiaisonError::Missing { .. }) => Some("is no notice of this office"),
                Err(error) => return Err(kept(&error)),
            };
            broken.extend(words.map(|words| {
                let words = format!("{reference} {words}");
                plan::Problem { place, words }
            }));
        }
        if urgent {
            broken.extend(self.met_this_month(plan).await?);
        }
        Ok(broken)
    }

    /// Targets of a plan that an urgent act of this month was against: the log refuses another one, behind all signatures.
    async fn met_this_month(&self, plan: &Plan) -> Answer<Vec<plan::Problem>> {
        let now = self.now();
        let targets: Vec<String> = plan.aims.iter().map(|aim| aim.target.clone()).collect();
        let by_log = self.in_book(move |book| {
            let met = targets.iter().enumerate();
            let met =
                met.filter_map(|(aim, target)| Some((aim, book.urgent_against(target, now)?.id)));
            met.collect::<Vec<_>>()
        });
        let problem = |aim: usize, by: &str| plan::Problem {
            place: format!("/aims/{aim}/target"),
            words: format!("{by} met it by an urgent act; one is allowed in a calendar month"),
        };
        let by_log = by_log.await?.into_iter();
        let mut met: Vec<plan::Problem> = by_log
            .map(|(aim, id)| problem(aim, &format!("measure {id}")))
            .collect();
        if met.is_empty() {
            // The life of a measure has the second in which the office heard of the act, which can be of another month than its entry.
            let (all, _) = lives(&*self.store).await.map_err(|e| kept(&e))?;
            let others = all.iter().map(Held::state);
            let before = urgent_targets(others.filter(|state| state.plan().id != plan.id));
            if let Some((target, at)) = met_before(plan, &before, now) {
                let words = format!(
                    "{target} was met by an urgent act at {at}; one is allowed in a calendar month"
                );
                met.push(plan::Problem {
                    place: "/aims".to_owned(),
                    words,
                });
            }
        }
        Ok(met)
    }

    /// Refuses a plan that breaks a rule by what the office itself knows.
    ///
    /// # Errors
    /// [`Code::Refused`] names each; as [`Room::broken`].
    pub async fn unbroken(&self, plan: &Plan, urgent: bool) -> Answer<()> {
        let broken = self.broken(plan, urgent).await?;
        if broken.is_empty() {
            return Ok(());
        }
        let words: Vec<String> = broken.iter().map(ToString::to_string).collect();
        Err(Problem::new(Code::Refused, words.join("; ")))
    }
}
