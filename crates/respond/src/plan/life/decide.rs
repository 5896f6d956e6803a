//! Proposal and decision. In: what officers and commission do. Out: records. Never: one person in two places that take two.

use super::duty::Duty;
use super::event::{Act, Decision, Event, Refused};
use super::record::{Fact, Found};
use super::state::At;
use super::{Ended, Life, Stage, Turn, rule};
use crate::plan::Weighed;
use crate::plan::dossier::Evidence;
use crate::plan::form::Digest;
use crate::plan::observe::{Observation, differences, fresh_seconds, verify};
use crate::plan::renewal::Renewal;
use crate::plan::urgent::met_before;
use sakimori_custody::ids::{AuthorityId, Name};
use sakimori_custody::time::Seconds;

/// What was found, held against what the signed text says: the commission decides by the text. Where the text says more, its level is the measure's.
fn as_signed(mut found: Found, weighed: &Weighed) -> Result<Found, Refused> {
    if let Some(words) = weighed.falls_short(found.level, (found.low, found.high)) {
        return rule(format!("{words}; it is made and signed anew"));
    }
    found.level = weighed.level;
    Ok(found)
}

/// Most questions of the commission that are open at a time.
const QUESTIONS_MAX: usize = 100;

impl Life {
    pub(super) fn decision(&mut self, event: &Event, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let stage = self.state.stage;
        let before = matches!(stage, Stage::Asked | Stage::Questioned);
        match event {
            Event::Redraft { plan, by } if matches!(stage, Stage::Drafted | Stage::Reviewed) => {
                if plan.id != self.state.plan.id {
                    return rule("another measure has another id");
                }
                let own = [&self.state.drafted_by, &self.state.plan.chain.proposed];
                if !own.contains(&by) {
                    return rule(format!(
                        "`{by}` neither drafted nor proposed it; whoever did writes it anew"
                    ));
                }
                let (plan, by) = (plan.clone(), by.clone());
                self.keep(Fact::Drafted { plan, by }, turn);
            }
            Event::Review { by } if stage == Stage::Drafted => self.review(by, turn)?,
            Event::SendBack { by, words } if matches!(stage, Stage::Drafted | Stage::Reviewed) => {
                if *by == self.state.drafted_by {
                    return rule(format!("`{by}` drafted it; another sends it back"));
                }
                let (by, words) = (by.clone(), words.clone());
                self.keep(Fact::SentBack { by, words }, turn);
            }
            Event::Ask { by, text, weighed } if stage == Stage::Reviewed => {
                let found = as_signed(self.assessed(false, turn)?, weighed)?;
                let (by, text) = (by.clone(), *text);
                self.keep(Fact::Asked { by, text, found }, turn);
            }
            Event::Withdraw { by }
                if matches!(stage, Stage::Drafted | Stage::Reviewed) || before =>
            {
                let chain = &self.state.plan.chain;
                if *by != self.state.drafted_by && *by != chain.superior.by {
                    return rule(format!("`{by}` neither drafted nor ordered it"));
                }
                self.end(Ended::Withdrawn, turn);
            }
            _ => return self.heard(event, turn),
        }
        Ok(())
    }

    /// What the commission does, and officers in its place.
    fn heard(&mut self, event: &Event, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let stage = self.state.stage;
        let before = matches!(stage, Stage::Asked | Stage::Questioned);
        match event {
            Event::Question { id } if before => {
                if self.state.questions.len() >= QUESTIONS_MAX || self.state.questions.contains(id)
                {
                    return rule("the question is known, or too many are open");
                }
                self.keep(Fact::Questioned { id: id.clone() }, turn);
            }
            Event::Answer { id } if stage == Stage::Questioned => {
                if !self.state.questions.contains(id) {
                    return rule("nobody asked that");
                }
                self.keep(Fact::Answered { id: id.clone() }, turn);
            }
            Event::Approve(decision) if before => {
                self.decided(decision, self.state.text, turn)?;
                self.judged(turn)?;
                self.keep(Fact::Approved(decision.clone()), turn);
            }
            Event::Refuse { words } if before => {
                let words = words.clone();
                self.keep(Fact::Refused { words }, turn);
            }
            Event::Refuse { .. } if self.state.urgent_until.is_some() && stage.is_decided() => {
                self.end(Ended::Revoked, turn);
            }
            // What was decided before goes on to its own end.
            Event::Refuse { words } if self.state.renewal.is_some() && stage.is_decided() => {
                let words = words.clone();
                self.keep(Fact::RenewalRefused { words }, turn);
            }
            Event::Invoke {
                officers,
                text,
                authority,
            } if stage == Stage::Reviewed || before => {
                self.invoke(officers, *text, *authority, turn)?;
            }
            Event::Ratify(decision) if self.state.urgent_until.is_some() && stage.is_decided() => {
                self.decided(decision, self.state.text, turn)?;
                self.in_time(turn)?;
                self.keep(Fact::Ratified(decision.clone()), turn);
                self.again(turn);
            }
            Event::AskRenewal {
                by,
                text,
                weighed,
                renewal,
            } if stage == Stage::InForce && self.state.urgent_until.is_none() => {
                self.renewal(by, (*text, weighed), renewal, turn)?;
            }
            // While it is suspended the approval that is suspended stays the one that it rests on: what holds it back is let go there first.
            Event::Renew(decision)
                if self.state.renewal.is_some()
                    && stage.is_decided()
                    && stage != Stage::Suspended =>
            {
                self.renewed(decision, turn)?;
            }
            _ => return Err(self.out_of_sequence(event)),
        }
        Ok(())
    }

    /// What was asked anew is decided: it goes on as the new text says.
    fn renewed(&mut self, decision: &Decision, turn: &mut Turn<'_>) -> Result<(), Refused> {
        self.decided(decision, self.state.renewal(), turn)?;
        self.in_time(turn)?;
        if decision.not_before > turn.now {
            return rule("its first second is not there yet");
        }
        self.judged(turn)?;
        self.keep(Fact::Renewed(decision.clone()), turn);
        if self.state.waits_for_two() {
            let words = format!(
                "it is renewed at level {}, and one alone dispatched it: what is in force ends at its own time, if two people do not dispatch it before",
                self.state.level()
            );
            turn.step.acts.push(Act::Page(words));
        }
        self.again(turn);
        Ok(())
    }

    fn assessed(&self, urgent: bool, turn: &Turn<'_>) -> Result<Found, Refused> {
        let around = turn.around;
        let assessed = self
            .state
            .plan
            .assess(around.terms, around.judgement, urgent, turn.now);
        assessed.map(Found::from).map_err(Refused::Plan)
    }

    fn review(&mut self, by: &Name, turn: &mut Turn<'_>) -> Result<(), Refused> {
        let chain = &self.state.plan.chain;
        if *by == self.state.drafted_by || *by == chain.proposed {
            return rule(format!("`{by}` drafted or proposes it; another reviews"));
        }
        if *by != chain.reviewed {
            return rule(format!(
                "the plan names `{}` as who reviews",
                chain.reviewed
            ));
        }
        let found = self.assessed(false, turn)?;
        self.keep(
            Fact::Reviewed {
                by: by.clone(),
                found,
            },
            turn,
        );
        Ok(())
    }

    /// Whether a decision of the commission is one of this measure.
    fn decided(
        &self,
        decision: &Decision,
        text: Option<Digest>,
        turn: &Turn<'_>,
    ) -> Result<(), Refused> {
        if text != Some(decision.text) {
            return rule("the decision is of another text");
        }
        if decision.votes.is_empty() {
            return rule("nobody voted for it");
        }
        let chain = &self.state.plan.chain;
        let mut theirs = vec![
            &self.state.drafted_by,
            &chain.proposed,
            &chain.reviewed,
            &chain.executor.officer,
            &chain.superior.by,
        ];
        theirs.extend(&self.state.reviewed_by);
        theirs.extend(&self.state.officers);
        if let Some(name) = decision.votes.iter().find(|name| theirs.contains(name)) {
            return rule(format!(
                "`{name}` proposed, reviewed, ordered or carries out; others approve"
            ));
        }
        let length = decision.not_after.0.saturating_sub(decision.not_before.0);
        if decision.not_after <= decision.not_before || length >= turn.around.terms.window.seconds {
            return rule("its window is none, or longer than may be approved");
        }
        if decision.not_after < turn.now {
            return rule("its last second has passed");
        }
        let renewing = self.state.renewing().filter(|one| Some(one.text) == text);
        let plan = renewing.map_or(&self.state.plan, |renewing| &renewing.plan);
        if decision.not_before < plan.not_before || decision.not_after > plan.not_after {
            return rule("its window is wider than the plan asked for");
        }
        Ok(())
    }

    /// Whether what is to go on has not ended: what has ended begins by a new measure.
    fn in_time(&self, turn: &Turn<'_>) -> Result<(), Refused> {
        match self.state.until() {
            Some(until) if turn.now >= until => rule(format!("it was in force until {until}")),
            _ => Ok(()),
        }
    }

    /// Two officers decide. The notice to the commission is the first record of the same transaction.
    fn invoke(
        &mut self,
        officers: &[Name; 2],
        text: Digest,
        authority: AuthorityId,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refused> {
        let terms = turn.around.terms;
        let Some(term) = terms.urgent else {
            return rule("there are no urgent measures");
        };
        if officers[0] == officers[1] {
            return rule("an urgent act takes two officers");
        }
        if self.state.text.is_some_and(|asked| asked != text) {
            return rule("another text is before the commission");
        }
        let found = self.assessed(true, turn)?;
        let before = turn.around.urgent_before;
        if let Some((target, at)) = met_before(&self.state.plan, before, turn.now) {
            return rule(format!(
                "{target} was met by an urgent act at {at}; one is allowed in a calendar month"
            ));
        }
        let owed = Fact::Owed {
            duty: Duty::Commission,
            term: Duty::Commission.term(terms, true),
        };
        self.keep(owed, turn);
        turn.step.acts.push(Act::Notice(Duty::Commission));
        let invoked = Fact::Invoked {
            officers: officers.to_vec(),
            text,
            authority,
            until: turn
                .now
                .plus(term.seconds)
                .min(self.state.plan.not_after.plus(1)),
            found,
        };
        self.keep(invoked, turn);
        Ok(())
    }

    /// A renewal is the same measure against the same targets, held against every rule anew: there is newer evidence, others looked again, and the lists are those of now.
    fn renewal(
        &mut self,
        by: &Name,
        (text, weighed): (Digest, &Weighed),
        renewal: &Renewal,
        turn: &mut Turn<'_>,
    ) -> Result<(), Refused> {
        if self.state.renewals >= self.state.plan.renewals {
            return rule(format!(
                "it may be renewed {} times and was",
                self.state.plan.renewals
            ));
        }
        if renewal.form != crate::plan::renewal::FORM {
            return rule(format!("not `{}`", crate::plan::renewal::FORM));
        }
        let since = self.state.decided.unwrap_or(Seconds(0));
        let fresh = turn.around.terms.fresh.seconds;
        let old =
            |one: &&Evidence| one.taken <= since || turn.now.0.saturating_sub(one.taken.0) > fresh;
        let evidence = &renewal.evidence;
        if evidence.is_empty() {
            return rule("a renewal takes fresh evidence");
        }
        if let Some(one) = evidence.iter().find(old) {
            return rule(format!(
                "`{}` is from {}: not behind the last decision, or older than {fresh} s",
                one.id, one.taken
            ));
        }
        let mut found = Vec::new();
        for (number, one) in evidence.iter().enumerate() {
            one.problems(&format!("/evidence/{number}"), turn.now, &mut found);
        }
        if !found.is_empty() {
            return Err(Refused::Plan(found));
        }
        self.as_approved(&renewal.observations, turn)?;
        let ends = self.state.until().unwrap_or(Seconds(0));
        if renewal.not_before >= ends {
            return rule(format!(
                "it begins behind {ends}, when what is in force ends"
            ));
        }
        if renewal.not_after.plus(1) <= ends {
            return rule(format!("it ends no later than {ends}, as what is in force"));
        }
        let plan = self.state.plan.renewed(renewal);
        let around = turn.around;
        let assessed = plan.assess(around.terms, around.judgement, false, turn.now);
        let found = as_signed(assessed.map_err(Refused::Plan)?.into(), weighed)?;
        let asked = Fact::RenewalAsked {
            by: by.clone(),
            text,
            plan: Box::new(plan),
            found,
        };
        self.keep(asked, turn);
        Ok(())
    }

    /// Whether every target is verified now and is what it was when it was approved; the words name the first difference.
    pub(super) fn as_approved(
        &self,
        observations: &[Observation],
        turn: &Turn<'_>,
    ) -> Result<(), Refused> {
        let fresh = fresh_seconds(turn.around.terms, self.state.urgent_until.is_some());
        let Some(found) = &self.state.found else {
            return rule("it was not held against the rules");
        };
        // What was seen before it was suspended says nothing about what suspended it, whoever brings it again.
        if let Some(at) = self.state.suspended_at
            && let Some(one) = observations.iter().find(|one| one.at < at)
        {
            return rule(format!(
                "{}: the observation of {} is from before it was suspended at {at}",
                one.target, one.at
            ));
        }
        for (target, before) in &found.seen {
            let verified = verify(target, observations, fresh, turn.now)
                .map_err(|error| Refused::Rule(error.to_string()))?;
            if let Some(difference) = differences(target, before, &verified.seen).first() {
                return rule(difference.to_string());
            }
        }
        Ok(())
    }

    /// What is in force is commanded anew, with its new end; while the kill switch holds dispatch, or two people have to dispatch it first, it is not.
    pub(super) fn again(&mut self, turn: &mut Turn<'_>) {
        if self.state.is_held() || turn.load.halted || self.state.waits_for_two() {
            return;
        }
        let end = self.state.until();
        let effects = self.state.effects.iter().enumerate();
        let standing: Vec<usize> = effects
            .filter(|(_, effect)| {
                matches!(effect.at, At::Asked | At::There) && !effect.narrowed && effect.until < end
            })
            .map(|(aim, _)| aim)
            .collect();
        for aim in standing {
            self.begin(aim, turn);
        }
    }
}
