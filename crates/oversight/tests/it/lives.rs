//! Lives of measures and their figures, of the log alone.

use crate::history::good;
use sakimori_custody::time::{DAY_SECONDS, Seconds};
use sakimori_oversight::calendar::japan;
use sakimori_oversight::projections::AuthorityState;
use sakimori_testkit::history::{Story, hour};

#[test]
fn the_log_alone_shows_what_was_asked_decided_and_done() {
    let book = good(&Story::measured());
    let now = Seconds(hour(5));
    let rows = book.lives(now);
    assert_eq!(rows.len(), 2);
    let [own, urgent] = [&rows[0], &rows[1]];
    assert_eq!(own.state, Some(AuthorityState::InForce));
    let [text] = own.revisions.as_slice() else {
        panic!("one text: {own:?}");
    };
    assert_eq!((text.revision, text.route.as_str()), (1, "police"));
    assert_eq!(text.effects["block"], 1);
    assert_eq!(text.effects["no-answer"], 1);
    assert!(text.request.is_some() && text.authority.is_some() && text.urgent.is_none());
    let acts: Vec<&str> = own.acts.iter().map(|act| act.act.as_str()).collect();
    assert_eq!(acts, ["dispatch", "effect", "hold", "free", "kill", "end"]);
    assert_eq!(own.dispatched, Some(Seconds(hour(3)).to_string()));
    assert_eq!(urgent.revisions[0].urgent, Some("open"));
    assert!(urgent.acts.is_empty() && urgent.report_due.is_none());
    assert_eq!(
        book.life(own.measure.parse().unwrap(), now).as_ref(),
        Some(own)
    );
    assert_eq!(book.life("00".repeat(16).parse().unwrap(), now), None);
}

#[test]
fn a_report_that_does_not_come_is_late_behind_its_last_second() {
    let book = good(&Story::measured());
    // The kill switch released it; the hold before it ended nothing.
    let due = hour(3) + 60 + 30 * DAY_SECONDS;
    for (now, late) in [(due, false), (due + 1, true)] {
        let row = &book.lives(Seconds(now))[0];
        assert_eq!(row.report_due, Some(Seconds(due).to_string()));
        assert_eq!(row.report_late, late, "{now}");
    }
}

#[test]
fn the_figures_of_a_year_are_counted_of_the_log_and_of_that_year_alone() {
    let book = good(&Story::measured());
    let now = Seconds(hour(5));
    let year = japan(Seconds(hour(1))).year;
    let figures = book.measure_figures(year, now);
    let all = [
        figures.proposed,
        figures.decided,
        figures.urgent,
        figures.ratified,
        figures.police,
        figures.defence,
        figures.dispatched,
        figures.kills,
        figures.reported,
        figures.reports_late,
        figures.renewals,
    ];
    assert_eq!(all, [2, 2, 1, 0, 2, 0, 1, 1, 0, 0, 0]);
    assert_eq!(figures.effects["block"], 2);
    let late = book.measure_figures(year, Seconds(hour(3) + 31 * DAY_SECONDS));
    assert_eq!(late.reports_late, 1);
    let other = book.measure_figures(year + 1, now);
    assert_eq!((other.year, other.proposed, other.kills), (year + 1, 0, 0));
}
