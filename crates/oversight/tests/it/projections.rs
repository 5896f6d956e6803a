//! What pages show.

use crate::history::good;
use sakimori_custody::time::Seconds;
use sakimori_oversight::Book;
use sakimori_oversight::book::Held;
use sakimori_oversight::projections::{AuthorityState, Reader, RequestState, UrgentState};
use sakimori_testkit::folder::Plan;
use sakimori_testkit::history::{FIRST, Story, hour};
use sakimori_tlog::note::Note;

fn at(step: &str) -> Book {
    good(&Story::good().up_to(step))
}

fn state(step: &str, time: u64) -> RequestState {
    at(step).requests(Seconds(time))[0].state
}

#[test]
fn a_request_passes_through_its_states() {
    for (step, time, wanted) in [
        ("request", hour(1), RequestState::Submitted),
        ("question", hour(1), RequestState::Questioned),
        ("answer", hour(2), RequestState::Submitted),
        ("decision", hour(3), RequestState::Approved),
        ("lease", hour(4), RequestState::Active),
        ("lease", hour(16) + 121, RequestState::Approved),
        ("suspended", hour(9), RequestState::Suspended),
        ("resumed", hour(10), RequestState::Active),
        ("resumed", hour(24 * 90), RequestState::Approved),
        ("resumed", hour(24 * 90) + 1, RequestState::Ended),
    ] {
        assert_eq!(state(step, time), wanted, "{step} at {time}");
    }
    let conditions = Story::good().up_to("decision").with("decision", |s| {
        s.edit("conditions: none", "conditions: report each month");
    });
    let row = &good(&conditions).requests(Seconds(hour(3)))[0];
    assert_eq!(row.state, RequestState::ApprovedWithConditions);
    let refused = Story::good().up_to("ratified").with("ratified", |s| {
        s.edit(
            "about: urgent 6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b\noutcome: ratified",
            "about: request {leaf:urgent request}\noutcome: refused",
        );
    });
    // It was granted by the urgent statement before, so that there is nothing left to refuse; without that, there is.
    let refused = refused
        .without("urgent stop")
        .without("urgent receipt")
        .without("urgent start")
        .without("urgent lease")
        .without("urgent");
    let book = good(&refused);
    let row = &book.requests(Seconds(hour(21)))[1];
    assert_eq!(row.state, RequestState::Refused);
    assert_eq!(row.decided_by, Some(refused.place("ratified") as u64));
}

#[test]
fn the_clock_of_a_request_stands_still_while_a_question_is_open() {
    let waited = |step: &str, time: u64| {
        let row = at(step).requests(Seconds(time)).remove(0);
        (row.waited_seconds, row.stopped)
    };
    assert_eq!(waited("request", hour(5)), (4 * 3600, false));
    // Asked in the same minute as it was made, and not answered.
    assert_eq!(waited("question", hour(5)), (0, true));
    // Answered an hour later: the hour does not count.
    assert_eq!(waited("answer", hour(5)), (3 * 3600, false));
    // Decided an hour behind the answer.
    assert_eq!(waited("decision", hour(50)), (3600, false));
    // Two questions at once stop it once.
    let story = Story::good()
        .up_to("answer")
        .again("question", "question", |_| {});
    let row = good(&story).requests(Seconds(hour(5))).remove(0);
    assert_eq!((row.waited_seconds, row.stopped), (0, true));
    assert_eq!(row.thread.len(), 2);
    let row = at("question").requests(Seconds(hour(24 * 7) + 1)).remove(0);
    assert!(row.thread[0].overdue);
}

#[test]
fn what_is_shown_of_a_sensor_is_what_it_acknowledged() {
    let row = |step: &str, time: u64| at(step).authorities(Seconds(time)).remove(0);
    let said = |step: &str, time: u64| {
        let row = row(step, time);
        (row.state, row.sensors[0].state, row.sensors[0].differs)
    };
    assert_eq!(
        said("start", hour(5)),
        (AuthorityState::InForce, None, false)
    );
    assert_eq!(
        said("running", hour(5)),
        (AuthorityState::InForce, Some(Held::Running), false)
    );
    // The lease that it named is over and it has not said that it ended.
    assert_eq!(
        said("running", hour(16) + 1),
        (AuthorityState::InForce, Some(Held::Running), true)
    );
    let suspended = Story::good()
        .again("suspended", "running", |_| {})
        .up_to("suspended again");
    let row = good(&suspended).authorities(Seconds(hour(5))).remove(0);
    assert_eq!(row.state, AuthorityState::Suspended);
    assert_eq!(row.suspended_by, ["commission"]);
    assert_eq!(row.sensors[0].state, Some(Held::Running));
    assert!(row.sensors[0].differs);
    assert_eq!(
        said("ended", hour(6)),
        (AuthorityState::InForce, Some(Held::Ended), false)
    );
}

#[test]
fn a_renewal_is_linked_to_what_it_replaces() {
    let third = "7c".repeat(16);
    let replaces = format!("replaces: {FIRST}");
    let story = Story::good().up_to("kept longer");
    let story = story
        .again("request", "kept longer", |s| {
            s.edit(FIRST, &third);
        })
        .again("decision", "request again", |s| {
            s.edit(FIRST, &third)
                .edit("replaces: none", &replaces)
                .edit("{leaf:request}", "{leaf:request again}");
            s.authority = "decision again".to_owned();
        });
    let book = good(&story);
    assert_eq!(book.void(), []);
    let rows = book.authorities(Seconds(hour(22)));
    assert_eq!(rows[0].renewed_by.as_deref(), Some(third.as_str()));
    assert_eq!(rows[2].replaces.as_deref(), Some(FIRST));
    assert_eq!(rows[0].state, AuthorityState::InForce);
}

#[test]
fn an_urgent_act_counts_down_and_ends() {
    let row = |step: &str, time: u64| at(step).urgents(Seconds(time)).remove(0);
    let open = row("urgent stop", hour(12));
    assert_eq!(
        (open.state, open.left_seconds),
        (UrgentState::Open, 23 * 3600)
    );
    assert_eq!(open.buckets.len(), 1);
    let (last, past) = (
        row("urgent stop", hour(35)),
        row("urgent stop", hour(35) + 1),
    );
    assert_eq!(
        [last.state, past.state],
        [UrgentState::Open, UrgentState::PastDeadline]
    );
    let ratified = row("ratified", hour(21));
    assert_eq!(ratified.state, UrgentState::Ratified);
    assert_eq!(
        ratified.ended_by,
        Some(Story::good().place("ratified") as u64)
    );
}

#[test]
fn each_reader_finds_what_waits_for_it() {
    let inbox = |step: &str, reader: Reader, time: u64| -> Vec<(&'static str, u64)> {
        let list = at(step).inbox(reader, Seconds(time));
        list.into_iter().map(|w| (w.what, w.index)).collect()
    };
    let place = |step: &str| Story::good().place(step) as u64;
    let wait = |step: &str, what, reader, time| {
        assert_eq!(inbox(step, reader, time), [(what, place(step))], "{step}");
    };
    wait("request", "request", Reader::Member, hour(1));
    wait("question", "question", Reader::Officer, hour(1));
    assert_eq!(inbox("question", Reader::Member, hour(1)), []);
    assert_eq!(inbox("answer", Reader::Officer, hour(2)), []);
    assert_eq!(inbox("decision", Reader::Member, hour(3)), []);
    wait("urgent", "urgent", Reader::Member, hour(11));
    let open: Vec<_> = inbox("inspection opened", Reader::Inspector, hour(8));
    assert_eq!(open.first().map(|(what, _)| *what), Some("misuse"));
    assert_eq!(open.len(), 2);
    wait("notice", "notice", Reader::Officer, hour(8));
    wait("challenge", "challenge", Reader::Officer, hour(8));
    let lapse = inbox("urgent stop", Reader::Secretariat, hour(35) + 1);
    assert!(lapse.contains(&("lapse", place("urgent"))), "{lapse:?}");
}

#[test]
fn people_hold_what_was_granted_until_it_ends() {
    let book = at("access of a supervisor");
    let name = |text: &str| text.parse().unwrap();
    let until: Seconds = "2028-03-31T23:59:59Z".parse().unwrap();
    for (time, wanted) in [
        (Seconds(hour(0)), true),
        (until, true),
        (Seconds(until.0 + 1), false),
    ] {
        assert_eq!(book.holds(&name("a.tanaka"), "analyst", time), wanted);
        assert_eq!(book.cleared(&name("a.tanaka"), "selected", time), wanted);
    }
    assert!(!book.holds(&name("a.tanaka"), "analyst", Seconds(hour(0) - 1)));
    assert!(!book.holds(&name("k.sato"), "analyst", until));
    assert!(book.cleared(&name("k.sato"), "selected", until));
    assert!(!book.cleared(&name("k.sato"), "integrated", until));
    let rows = book.people(until);
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[0].person.as_str(), rows[0].roles[0].as_str()),
        ("a.tanaka", "analyst")
    );
    // Ended at once; a later grant counts again.
    let ended = Story::good().up_to("access of a supervisor").again(
        "access",
        "access of a supervisor",
        |s| {
            s.edit("\"granted\"", "\"ended\"");
        },
    );
    let book = good(&ended);
    assert!(!book.holds(&name("a.tanaka"), "analyst", Seconds(hour(0))));
    let again = ended.again("access", "access again", |s| s.name = "third".to_owned());
    let again = again.with("third", |s| s.stream = 0x70);
    assert!(good(&again).holds(&name("a.tanaka"), "analyst", Seconds(hour(0))));
}

#[test]
fn the_case_of_a_request_lives_as_the_log_tells() {
    let case = |story: &Story, request: usize, time: u64| {
        good(story).requests(Seconds(time))[request].case
    };
    let at = |step: &str, time: u64| case(&Story::good().up_to(step), 0, time);
    for (step, time, wanted) in [
        ("request", hour(1), "submitted"),
        ("question", hour(1), "questioned"),
        ("answer", hour(2), "submitted"),
        ("decision", hour(3), "approved"),
        ("lease", hour(4), "active"),
        ("suspended", hour(9), "suspended"),
        ("resumed", hour(10), "active"),
        ("resumed", hour(24 * 90) + 1, "expired"),
    ] {
        assert_eq!(at(step, time), Some(wanted), "{step}");
    }
    let urgent = |step: &str, time: u64| case(&Story::good().up_to(step), 1, time);
    assert_eq!(urgent("urgent stop", hour(12)), Some("urgent"));
    assert_eq!(urgent("ratified", hour(21)), Some("active"));
    let refused = Story::good().up_to("ratified").with("ratified", |s| {
        s.edit("outcome: ratified", "outcome: refused");
    });
    assert_eq!(case(&refused, 1, hour(21)), Some("refused"));
    let revoked = Story::good().up_to("ratified").with("ratified", |s| {
        s.edit(
            "about: urgent 6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b\noutcome: ratified",
            "about: authority 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\noutcome: revoked",
        );
    });
    assert_eq!(case(&revoked, 0, hour(21)), Some("revoked"));
    let demanded = Story::good().up_to("demand").with("demand", |s| {
        s.edit("\"stop\":null", &format!("\"stop\":\"{FIRST}\""));
    });
    assert_eq!(case(&demanded, 0, hour(8)), Some("suspended"));
}

#[test]
fn an_urgent_authority_ends_with_its_period_unless_the_commission_refused_it() {
    let state = |story: &Story, time: u64| {
        let rows = good(story).authorities(Seconds(time));
        let row = rows.into_iter().find(|row| row.urgent);
        row.map(|row| row.state)
    };
    let ratified = Story::good().up_to("ratified");
    let refused = ratified.clone().with("ratified", |s| {
        s.edit("outcome: ratified", "outcome: refused");
    });
    let open = Story::good().up_to("urgent stop");
    let (lives, over) = (Some(AuthorityState::InForce), Some(AuthorityState::Ended));
    for (time, wanted) in [
        (hour(21), lives),
        (hour(35), lives),
        (hour(35) + 1, over),
        // Two minutes behind its deadline an act that nobody answered lets nobody act: it has ended all the same, and nobody revoked it.
        (hour(35) + 121, over),
    ] {
        assert_eq!(state(&open, time), wanted, "open at {time}");
        assert_eq!(state(&ratified, time), wanted, "ratified at {time}");
        let revoked = Some(AuthorityState::Revoked);
        assert_eq!(state(&refused, time), revoked, "refused at {time}");
    }
}

#[test]
fn chair_and_deputy_are_the_ones_of_the_root_at_the_time() {
    let folder = Plan::second_root().build().folder;
    let later = Note::parse(&folder.trust_root).unwrap().text().replace(
        "not-before: 2027-04-01T00:00:00Z",
        "not-before: 2027-04-01T03:01:00Z",
    );
    let later = later
        .replace("m2 deputy", "m2 member")
        .replace("m3 member", "m3 deputy");
    let story = Story::good().again("root", "request", |s| {
        s.body.clone_from(&later);
        s.count(0, 2);
        s.signers = vec!["m1", "m3", "m4"];
    });
    let book = good(&story.up_to("question"));
    let leaders = |time: u64| book.leaders(Seconds(time));
    assert_eq!(leaders(hour(3) + 59), ["m1", "m2"]);
    assert_eq!(leaders(hour(3) + 60), ["m1", "m3"]);
}
