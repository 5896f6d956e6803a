//! The time of a run: a wall clock that somebody may set, held between what was signed and what has been counted. In: both clocks of the machine, the commission's times. Out: a time that never goes back, and
//! whether it may be believed. Never: a run that a clock revives or prolongs.

use crate::host::Host;
use sakimori_authority::Refusal;
use sakimori_authority::clock::{BoundedClock, Judged};
use sakimori_authority::lease::Lease;
use sakimori_custody::time::{Millis, Seconds};
use sakimori_sensor::supervisor::WallClock;
use std::cell::RefCell;

/// The one cosigner whose times reach a sensor that runs: the commission, by its leases.
const COMMISSION: u32 = 0;

/// Both clocks of a machine, judged together.
pub(super) struct RunClock<'h> {
    host: &'h Host,
    bounded: RefCell<BoundedClock>,
}

impl<'h> RunClock<'h> {
    /// Begins with a lease that the gate has let pass, and the largest time that the sensor knows.
    ///
    /// # Errors
    /// [`Refusal::ClockBehind`], [`Refusal::StaleCheckpoint`]: the clock cannot be right.
    pub(super) fn begin(host: &'h Host, known: Seconds, lease: &Lease) -> Result<Self, Refusal> {
        let bounded = BoundedClock::begin(known, lease.issued, host.seconds(), host.counted_ms())?;
        Ok(Self {
            host,
            bounded: RefCell::new(bounded),
        })
    }

    /// Takes in the time of a renewed lease.
    pub(super) fn renewed(&self, lease: &Lease) {
        let counted = self.host.counted_ms();
        let mut bounded = self.bounded.borrow_mut();
        bounded.witness(COMMISSION, lease.issued, counted);
    }

    /// Why the clock is not believed, where it is not.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.judge().1.refusal()
    }

    fn judge(&self) -> (Millis, Judged) {
        let wall = self.host.now();
        let judged = self
            .bounded
            .borrow_mut()
            .judge(wall.seconds(), self.host.counted_ms());
        (wall, judged)
    }
}

impl WallClock for RunClock<'_> {
    fn now(&self) -> Millis {
        let (wall, judged) = self.judge();
        // Within its second the wall clock is as good as any.
        if judged.time() == wall.seconds() {
            wall
        } else {
            judged.time().millis()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sakimori_custody::ids::AuthorityId;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    const BEGIN: u64 = 1_806_537_600;

    /// A machine whose two clocks are set by hand, seconds.
    fn machine() -> (Arc<AtomicU64>, Arc<AtomicU64>, Host) {
        let (wall, count) = (
            Arc::new(AtomicU64::new(BEGIN)),
            Arc::new(AtomicU64::new(500)),
        );
        let read = |of: &Arc<AtomicU64>| {
            let of = Arc::clone(of);
            Arc::new(move || Millis(of.load(Ordering::Relaxed) * 1000))
        };
        let random = |place: &mut [u8]| {
            place.fill(7);
            Ok(())
        };
        let host = Host::new(read(&wall), Arc::new(random)).counting(read(&count));
        (wall, count, host)
    }

    fn lease(issued: u64) -> Lease {
        Lease {
            id: AuthorityId([1; 16]),
            authority: AuthorityId([2; 16]),
            statement: [3; 32],
            sensor: "s-01".parse().unwrap(),
            issued: Seconds(issued),
            not_after: Seconds(issued + 12 * 3600),
            tree_size: 9,
            root: 1,
        }
    }

    #[test]
    fn a_wall_clock_that_is_set_neither_prolongs_nor_revives_a_run() {
        let hour = 3600;
        // How far the wall clock and the count go on, what that is, and the time that is given out.
        for (what, wall_goes, count_goes, refusal, time) in [
            ("an hour passes", hour, hour, None, hour),
            ("the machine sleeps for an hour", hour, hour, None, hour),
            (
                "the clock steps back ten years",
                -10 * 8766 * hour,
                hour,
                Some(Refusal::ClockBehind),
                hour,
            ),
            (
                "the clock steps ahead ten years",
                10 * 8766 * hour,
                60,
                Some(Refusal::ClockAhead),
                60,
            ),
            (
                "the clock stands still",
                0,
                hour,
                Some(Refusal::ClockBehind),
                hour,
            ),
            (
                "a frozen machine wakes up",
                6 * hour,
                0,
                Some(Refusal::ClockAhead),
                0,
            ),
        ] {
            let (wall, count, host) = machine();
            let clock = RunClock::begin(&host, Seconds(BEGIN), &lease(BEGIN))
                .ok()
                .unwrap();
            assert_eq!(clock.now(), Seconds(BEGIN).millis());
            wall.store(BEGIN.saturating_add_signed(wall_goes), Ordering::Relaxed);
            count.fetch_add(count_goes.cast_unsigned(), Ordering::Relaxed);
            assert_eq!(clock.refusal(), refusal, "{what}");
            let given = clock.now().seconds().0;
            // An ordinary clock drifts by a little.
            let expected = BEGIN + time.cast_unsigned();
            assert!(
                given <= expected && given + 5 >= expected,
                "{what}: {given}"
            );
            // Set right again it goes on from there, and never from before.
            let true_time = BEGIN + count_goes.cast_unsigned();
            wall.store(true_time, Ordering::Relaxed);
            assert!(clock.now().seconds().0 >= given, "{what}");
        }
    }

    #[test]
    fn a_renewal_bears_out_a_clock_that_went_ahead_while_nothing_counted() {
        let (wall, _, host) = machine();
        let clock = RunClock::begin(&host, Seconds(BEGIN), &lease(BEGIN))
            .ok()
            .unwrap();
        wall.store(BEGIN + 7200, Ordering::Relaxed);
        assert_eq!(clock.refusal(), Some(Refusal::ClockAhead));
        clock.renewed(&lease(BEGIN + 7190));
        assert_eq!(clock.refusal(), None);
        assert_eq!(clock.now().seconds(), Seconds(BEGIN + 7200));
    }

    #[test]
    fn a_run_does_not_begin_before_what_the_sensor_knows() {
        let (_, _, host) = machine();
        let refused = |known, issued| RunClock::begin(&host, Seconds(known), &lease(issued)).err();
        assert_eq!(refused(BEGIN + 1, BEGIN), Some(Refusal::ClockBehind));
        assert_eq!(refused(0, BEGIN + 301), Some(Refusal::ClockBehind));
        assert_eq!(
            refused(0, BEGIN - 24 * 3600 - 1),
            Some(Refusal::StaleCheckpoint)
        );
        assert_eq!(refused(0, BEGIN), None);
    }
}
