//! The yearly figures of the commission. In: the lives of all measures, a span of time. Out: counts, each over the records alone. Never: a target, a name.

use super::Plan;
use super::complaint::Register;
use super::life::{Ended, Life, Stage, State};
use super::terms::Terms;
use sakimori_custody::time::Seconds;
use serde::Serialize;
use std::collections::BTreeMap;

/// The figures of a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Measures that were drafted.
    pub drafted: u64,
    /// Decided for by the commission, or by two officers.
    pub decided: u64,
    /// Refused.
    pub refused: u64,
    /// Taken back by the office before they were decided.
    pub withdrawn: u64,
    /// Decided urgently.
    pub urgent: u64,
    /// Of these, ratified.
    pub ratified: u64,
    /// On the police route.
    pub police: u64,
    /// On the defence route.
    pub defence: u64,
    /// With a target abroad, or nobody knows where.
    pub abroad: u64,
    /// Approved at level 2.
    pub level_2: u64,
    /// Dispatched.
    pub dispatched: u64,
    /// Effects that were approved, by deed.
    pub effects: BTreeMap<String, u64>,
    /// Renewals.
    pub renewals: u64,
    /// Ends by their kind.
    pub ends: BTreeMap<String, u64>,
    /// Not ended at the end of the span.
    pub open: u64,
    /// Suspended at the end of the span.
    pub suspended: u64,
    /// Duties that were late, or are.
    pub late: u64,
    /// Notices that are withheld.
    pub withheld: u64,
    /// Steps that were out of sequence.
    pub out_of_sequence: u64,
    /// Reports that are owed.
    pub reports_owed: u64,
    /// Complaints.
    pub complaints: Register,
}

/// Figures of the measures that were drafted from `from` to `to`, both included, as they stand now.
pub fn figures<'l>(
    lives: impl IntoIterator<Item = &'l Life>,
    terms: &Terms,
    from: Seconds,
    to: Seconds,
    now: Seconds,
) -> Figures {
    let mut figures = Figures::default();
    for state in lives.into_iter().map(Life::state) {
        if (from..=to).contains(&state.drafted()) {
            figures.add(state, terms, now);
        }
    }
    figures
}

impl Figures {
    fn add(&mut self, state: &State, terms: &Terms, now: Seconds) {
        self.drafted += 1;
        self.refused += u64::from(state.stage() == Stage::Refused);
        self.suspended += u64::from(state.stage() == Stage::Suspended);
        let over = matches!(
            state.stage(),
            Stage::Refused | Stage::Ended | Stage::Reported
        );
        self.open += u64::from(!over);
        if let Some(ratified) = state.urgent() {
            self.urgent += 1;
            self.ratified += u64::from(ratified);
        }
        if state.decided_at().is_some() {
            self.decided += 1;
            self.level_2 += u64::from(state.level() > 1);
            self.plan(state.plan(), terms);
        }
        self.dispatched += u64::from(state.dispatched().is_some());
        self.renewals += state.renewals();
        if let Some(end) = state.end() {
            *self.ends.entry(word(end).to_owned()).or_default() += 1;
            self.withdrawn += u64::from(end == Ended::Withdrawn);
        }
        for clock in state.clocks().values() {
            let late = clock.late || clock.done.is_none() && now > clock.due;
            self.late += u64::from(late);
            self.withheld += u64::from(clock.withheld.is_some() && clock.done.is_none());
        }
        let report = state.clocks().get(&super::life::Duty::Report);
        self.reports_owed += u64::from(report.is_some_and(|clock| clock.done.is_none()));
        self.out_of_sequence += state.flags().1;
        let register = &mut self.complaints;
        for upheld in state.complaints().values() {
            register.received += 1;
            match upheld {
                None => register.open += 1,
                Some(true) => register.upheld += 1,
                Some(false) => register.dismissed += 1,
            }
        }
        register.ended += u64::from(state.end() == Some(Ended::Complaint));
    }

    fn plan(&mut self, plan: &Plan, terms: &Terms) {
        if plan.chain.defence.is_some() {
            self.defence += 1;
        } else {
            self.police += 1;
        }
        self.abroad += u64::from(plan.abroad(terms).is_some());
        for aim in &plan.aims {
            *self.effects.entry(aim.deed.name().to_owned()).or_default() += 1;
        }
    }
}

/// The word of an end.
pub const fn word(end: Ended) -> &'static str {
    match end {
        Ended::Window => "window",
        Ended::Success => "success",
        Ended::Stop => "stop",
        Ended::Revoked => "revoked",
        Ended::Killed => "killed",
        Ended::Unratified => "unratified",
        Ended::Complaint => "complaint",
        Ended::Withdrawn => "withdrawn",
    }
}
