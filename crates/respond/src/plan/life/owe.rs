//! What is owed to others: notices, answers to complaints, the report. In: what was done of it. Out: records, escalations. Never: a duty to the commission that is withheld.

use super::duty::{Duty, To};
use super::event::{Act, Event, Refused};
use super::record::Fact;
use super::{Ended, Life, Stage, Turn, Why, rule};

/// Most complaints about one measure that are on record one by one.
const COMPLAINTS_MAX: usize = 10_000;

impl Life {
    pub(super) fn complain(&mut self, event: &Event, turn: &mut Turn<'_>) -> Result<(), Refused> {
        match event {
            Event::Complaint { reference, ruling } if self.state.first_dispatch.is_some() => {
                if self.state.complaints.contains_key(reference) {
                    return rule("the reference is known");
                }
                if self.state.complaints.len() >= COMPLAINTS_MAX {
                    return rule(format!("there are {COMPLAINTS_MAX} complaints already"));
                }
                let duty = Duty::Complaint(reference.clone());
                let term = duty.term(turn.around.terms, false);
                let complaint = Fact::Complaint {
                    reference: reference.clone(),
                    suspend: ruling.suspend,
                    words: ruling.words.clone(),
                };
                self.keep(complaint, turn);
                self.keep(Fact::Owed { duty, term }, turn);
                if ruling.suspend {
                    self.suspend(Why::Complaint, &ruling.words, turn);
                }
            }
            Event::Complained { reference, upheld } if self.decides(reference, *upheld) => {
                let (reference, upheld) = (reference.clone(), *upheld);
                let duty = Duty::Complaint(reference.clone());
                self.keep(Fact::Complained { reference, upheld }, turn);
                if self.state.clocks.contains_key(&duty) {
                    self.keep(Fact::Told { duty }, turn);
                }
                if upheld && self.state.stage.is_decided() {
                    self.end(Ended::Complaint, turn);
                }
            }
            _ => return Err(self.out_of_sequence(event)),
        }
        Ok(())
    }

    /// Whether a person's word on a complaint is taken: on one that is open, and, where it was upheld, also on one that came when there were too many to have each on record. Otherwise junk in numbers would keep those who are met from being heard.
    fn decides(&self, reference: &str, upheld: bool) -> bool {
        match self.state.complaints.get(reference) {
            Some(decided) => decided.is_none(),
            None => {
                upheld
                    && self.state.complaints.len() >= COMPLAINTS_MAX
                    && self.state.first_dispatch.is_some()
                    && self.state.stage.is_decided()
            }
        }
    }

    pub(super) fn owe(&mut self, event: &Event, turn: &mut Turn<'_>) -> Result<(), Refused> {
        match event {
            Event::Told { duty }
                if self
                    .state
                    .clocks
                    .get(duty)
                    .is_some_and(|clock| clock.done.is_none()) =>
            {
                if matches!(duty, Duty::Report | Duty::Complaint(_)) {
                    return rule(
                        "it is done by what it is: the report, the decision on the complaint",
                    );
                }
                self.keep(Fact::Told { duty: duty.clone() }, turn);
            }
            Event::Withhold {
                duty,
                reason,
                review,
                by,
            } if self
                .state
                .clocks
                .get(duty)
                .is_some_and(|clock| clock.done.is_none()) =>
            {
                if !duty.can_be_withheld() {
                    return rule(format!("the {duty} cannot be withheld"));
                }
                if reason.trim().is_empty() {
                    return rule("no reason is said");
                }
                let most = turn.around.terms.review.seconds;
                if *review <= turn.now || *review > turn.now.plus(most) {
                    return rule(format!("the review is within {most} s"));
                }
                let withheld = Fact::Withheld {
                    duty: duty.clone(),
                    reason: reason.clone(),
                    review: *review,
                    by: by.clone(),
                };
                self.keep(withheld, turn);
            }
            Event::Report { by, sha256 }
                if self.state.stage == Stage::Ended
                    && self.state.clocks.contains_key(&Duty::Report) =>
            {
                self.keep(Fact::Told { duty: Duty::Report }, turn);
                self.keep(
                    Fact::Reported {
                        by: by.clone(),
                        sha256: *sha256,
                    },
                    turn,
                );
            }
            _ => return Err(self.out_of_sequence(event)),
        }
        Ok(())
    }

    /// Late duties go up by themselves.
    pub(super) fn tick_owed(&mut self, turn: &mut Turn<'_>) {
        let each = turn.around.terms.escalation.seconds;
        let late: Vec<(Duty, u8, u8)> = self
            .state
            .clocks
            .iter()
            .map(|(duty, clock)| (duty.clone(), clock.steps, clock.steps_due(turn.now, each)))
            .filter(|(_, taken, due)| taken < due)
            .collect();
        for (duty, taken, steps) in late {
            self.keep(
                Fact::Escalated {
                    duty: duty.clone(),
                    steps,
                },
                turn,
            );
            // Whoever is passed over because nobody looked for a while is told too.
            for to in (taken + 1..=steps).filter_map(To::step) {
                turn.step.acts.push(Act::Escalate(duty.clone(), to));
            }
        }
    }
}
