//! One urgent act against a target in a calendar month. In: a plan, what urgent acts met before and when, the time. Out: what one of them met already. Never: another month than the one by which the log counts, which is that of UTC.

use super::Plan;
use crate::safety::meet;
use sakimori_custody::time::Seconds;

/// What an urgent act of the month of `now` met and the plan is against too.
pub fn met_before<'b>(
    plan: &Plan,
    before: &'b [(String, Seconds)],
    now: Seconds,
) -> Option<&'b (String, Seconds)> {
    let mut month = before
        .iter()
        .filter(|(_, at)| at.year_month() == now.year_month());
    month.find(|(target, _)| plan.aims.iter().any(|aim| meet(&aim.target, target)))
}
