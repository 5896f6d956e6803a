use super::*;
use proptest::prelude::*;

/// 2027-04-01T02:00:00Z, an hour behind the cosignature.
const START: u64 = 1_806_544_800;
const HOUR: u64 = 3600;
const YEARS: u64 = 10 * 365 * 24 * HOUR;
/// The authority ends an hour after the start.
const END: Seconds = Seconds(START + HOUR);
const BEGIN: Seconds = Seconds(START - 2 * HOUR);

fn clock() -> BoundedClock {
    let cosigned = Seconds(START - HOUR);
    BoundedClock::begin(cosigned, cosigned, Seconds(START), 0).unwrap()
}

/// What the clock says when `passed` seconds are counted and the wall clock shows `wall`.
fn at(clock: &mut BoundedClock, wall: u64, passed: u64) -> Judged {
    clock.judge(Seconds(wall), passed * 1000)
}

#[test]
fn a_clock_that_goes_right_is_believed() {
    let mut clock = clock();
    for passed in 0..2 * HOUR {
        let judged = at(&mut clock, START + passed, passed);
        assert_eq!(judged, Judged::Sure(Seconds(START + passed)));
        assert_eq!(judged.in_force(BEGIN, END), passed <= HOUR);
    }
}

#[test]
fn ten_years_back_stop_at_once_and_never_revive() {
    let mut clock = clock();
    at(&mut clock, START + HOUR - 10, HOUR - 10);
    for passed in HOUR - 9..3 * HOUR {
        let judged = at(&mut clock, START + passed - YEARS, passed);
        assert!(matches!(judged, Judged::Behind(_)), "{judged:?}");
        assert!(!judged.in_force(BEGIN, END));
        assert_eq!(judged.refusal(), Some(Refusal::ClockBehind));
    }
    // A clock that is right again does not bring back what has ended.
    assert!(!at(&mut clock, START + 3 * HOUR, 3 * HOUR).in_force(BEGIN, END));
}

#[test]
fn ten_years_ahead_stop_at_once_and_leave_no_trace() {
    let mut clock = clock();
    let judged = at(&mut clock, START + YEARS, 60);
    assert!(matches!(judged, Judged::Ahead(_)), "{judged:?}");
    assert!(!judged.in_force(BEGIN, END));
    assert!(judged.time() < Seconds(START + 120));
    // Set right again, the authority that has not ended goes on.
    assert!(at(&mut clock, START + 120, 120).in_force(BEGIN, END));
    assert!(!at(&mut clock, START + HOUR + 1, HOUR + 1).in_force(BEGIN, END));
}

#[test]
fn a_step_of_a_time_server_is_borne_and_a_larger_one_is_not() {
    for (step, believed) in [(STEP_SECONDS_MAX, true), (STEP_SECONDS_MAX + 2, false)] {
        let ahead = at(&mut clock(), START + 60 + step, 60);
        assert_eq!(matches!(ahead, Judged::Sure(_)), believed, "{ahead:?}");
        let mut behind = clock();
        at(&mut behind, START + 60, 60);
        let back = at(&mut behind, START + 60 - step, 60);
        assert_eq!(matches!(back, Judged::Sure(_)), believed, "{back:?}");
        assert!(back.time() >= Seconds(START + 60));
    }
}

#[test]
fn a_frozen_clock_of_either_kind_stops() {
    // The wall clock stands still while time is counted.
    let mut standing = clock();
    let judged = at(&mut standing, START, 2 * HOUR);
    assert!(!judged.in_force(BEGIN, END), "{judged:?}");
    // Nothing is counted while the wall clock goes on.
    let judged = at(&mut clock(), START + HOUR / 2, 0);
    assert!(matches!(judged, Judged::Ahead(_)));
}

#[test]
fn after_a_sleep_a_second_source_is_needed_and_what_ended_meanwhile_stays_ended() {
    // Eight hours in which nothing was counted.
    let (slept, woke) = (8 * HOUR, START + 8 * HOUR);
    let mut clock = clock();
    let doubt = at(&mut clock, woke, 1);
    assert!(matches!(doubt, Judged::Ahead(_)));
    clock.witness(1, Seconds(woke - 30), 2000);
    let sure = at(&mut clock, woke + 2, 2);
    assert_eq!(sure, Judged::Sure(Seconds(woke + 2)));
    assert!(!sure.in_force(BEGIN, END));
    assert!(sure.in_force(BEGIN, Seconds(START + slept + HOUR)));
    // Set back behind that, nothing revives.
    assert!(!at(&mut clock, START, 3).in_force(BEGIN, END));
}

#[test]
fn one_cosigner_alone_moves_nothing_beyond_the_bound_and_two_do() {
    let mut clock = clock();
    let far = Seconds(START + YEARS);
    clock.witness(1, far, 1000);
    clock.witness(1, far, 1000);
    assert!(at(&mut clock, START + 1, 1).in_force(BEGIN, END));
    clock.witness(2, far.plus(7), 1000);
    let judged = at(&mut clock, START + 2, 2);
    assert!(matches!(judged, Judged::Behind(time) if time >= far));
}

#[test]
fn a_start_needs_a_wall_clock_between_what_is_known_and_a_day_behind_it() {
    let begin = |remembered, cosigned, wall| {
        BoundedClock::begin(Seconds(remembered), Seconds(cosigned), Seconds(wall), 0).map(|_| ())
    };
    assert_eq!(begin(START, START, START), Ok(()));
    assert_eq!(begin(START + 1, START, START), Err(Refusal::ClockBehind));
    let skew = START + SKEW_SECONDS_MAX;
    assert_eq!(begin(0, skew, START), Ok(()));
    assert_eq!(begin(0, skew + 1, START), Err(Refusal::ClockBehind));
    let day = START - LEASE_SECONDS_MAX;
    assert_eq!(begin(0, day, START), Ok(()));
    assert_eq!(begin(0, day - 1, START), Err(Refusal::StaleCheckpoint));
}

proptest! {
    /// Whatever somebody sets: the time never goes back, and once the authority has really ended (what is counted is real) it is never in force again.
    #[test]
    fn row_08_no_setting_of_the_clock_revives_what_has_ended(
        readings in prop::collection::vec((0u64..600, -YEARS.cast_signed()..YEARS.cast_signed(), any::<bool>()), 1..200)
    ) {
        let mut clock = clock();
        let (mut passed, mut last) = (0, Seconds(0));
        for (more, set, honest) in readings {
            passed += more;
            let wall = if honest { START + passed } else { (START + passed).saturating_add_signed(set) };
            let judged = at(&mut clock, wall, passed);
            prop_assert!(judged.time() >= last);
            last = judged.time();
            // Drift of an hour, and a step: what the bound allows at most.
            if passed > HOUR + 2 * STEP_SECONDS_MAX {
                prop_assert!(!judged.in_force(BEGIN, END), "{judged:?} after {passed}");
            }
            // A clock that was only set ahead for a while is believed again once it is right.
            if honest {
                prop_assert!(!matches!(judged, Judged::Ahead(_)));
            }
        }
    }

    /// Steps, sleeps and one lying cosigner: an honest reading that the bounds refuse never gives a time ahead of the real one by more than a step.
    #[test]
    fn nothing_that_one_source_says_moves_time_ahead(
        readings in prop::collection::vec((1u64..600, 0u64..YEARS, 0u32..2), 1..100)
    ) {
        let mut clock = clock();
        let mut passed = 0;
        for (more, ahead, who) in readings {
            passed += more;
            let honest = START + passed;
            if who == 0 {
                // The wall clock lies; the cosigner tells the truth.
                clock.witness(1, Seconds(honest), passed * 1000);
                let time = at(&mut clock, honest + ahead, passed).time();
                prop_assert!(time.0 <= honest + SKEW_SECONDS_MAX + STEP_SECONDS_MAX + passed / 1000);
            } else {
                let time = at(&mut clock, honest, passed).time();
                prop_assert!(time.0 <= honest + SKEW_SECONDS_MAX + STEP_SECONDS_MAX + passed / 1000);
            }
        }
    }
}
