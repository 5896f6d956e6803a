//! News for a running sensor: what changes in its authority folder, and a person's stop. In: the folder's notes, the gate. Out: orders for the supervisor. Never: a note believed that
//! the whole gate has not let pass.

use super::clock::RunClock;
use super::{Process, read_folder};
use crate::files;
use sakimori_authority::Refusal;
use sakimori_authority::gate::Folder;
use sakimori_sensor::supervisor::{Ending, Order, Orders};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The lease, which the office writes last, so that what belongs to it is there.
const LEASE: &str = "lease.note";
/// Notes by which an authority is stopped.
const STOPS: [&str; 4] = [
    "suspension-commission.note",
    "suspension-office.note",
    "suspension-party.note",
    "ruling.note",
];

/// What a look at the folder saw.
#[derive(PartialEq, Eq)]
pub(super) struct Seen {
    lease: Option<Vec<u8>>,
    stops: [Option<Vec<u8>>; STOPS.len()],
}

impl Seen {
    /// A file that cannot be read is none.
    pub(super) fn of(folder: &Path) -> Self {
        let read = |name: &str| files::read(&folder.join(name)).ok().flatten();
        Self {
            lease: read(LEASE),
            stops: STOPS.map(read),
        }
    }
}

/// The authority folder of a run, looked at all the time.
pub(super) struct News<'n, 'p> {
    process: &'n mut Process<'p>,
    clock: &'n RunClock<'p>,
    stop: &'n AtomicBool,
    seen: Seen,
}

impl<'n, 'p> News<'n, 'p> {
    pub(super) const fn new(
        process: &'n mut Process<'p>,
        clock: &'n RunClock<'p>,
        stop: &'n AtomicBool,
        seen: Seen,
    ) -> Self {
        Self {
            process,
            clock,
            stop,
            seen,
        }
    }

    /// Holds the folder to the whole gate once more.
    fn judge(&mut self, stops: bool) -> Option<Order> {
        let folder = read_folder(&self.process.plan.authority).ok()?;
        match self.process.gate(&folder) {
            Ok(admitted) => {
                self.process.state.admit(admitted.state());
                // What cannot be remembered is not acted on: the run ends with the lease that it has.
                self.process.state.save(&self.process.folder).ok()?;
                self.clock.renewed(admitted.lease());
                Some(Order::Renewed(Box::new(admitted)))
            }
            Err(Refusal::Suspended) => Some(self.stopped(&folder, Ending::Suspended)),
            Err(Refusal::Revoked) => Some(self.stopped(&folder, Ending::Revoked)),
            Err(refusal) => {
                // On record as every refusal; where it is not, the run ends with its log.
                let value = self.process.value_behind(refusal, &folder);
                drop(self.process.refuse_by(refusal, value));
                // A lease that is refused prolongs nothing. Whoever writes what nobody can read over a note that stops gains nothing either.
                stops.then_some(Order::End(Ending::Refused))
            }
        }
    }
}

impl News<'_, '_> {
    fn stopped(&mut self, folder: &Folder, ending: Ending) -> Order {
        // The run ends whether or not that can be written down.
        drop(self.process.keep_in_mind(folder));
        Order::End(ending)
    }
}

impl Orders for News<'_, '_> {
    fn look(&mut self) -> Option<Order> {
        if self.stop.load(Ordering::Relaxed) {
            return Some(Order::End(Ending::Stopped));
        }
        // A clock that cannot be right ends the run: set back it would prolong it, set ahead it would sign for a time that has not come.
        if let Some(refusal) = self.clock.refusal() {
            drop(self.process.refuse(refusal));
            return Some(Order::End(Ending::Refused));
        }
        let seen = Seen::of(&self.process.plan.authority);
        if seen == self.seen {
            return None;
        }
        let stops = seen.stops != self.seen.stops;
        self.seen = seen;
        self.judge(stops)
    }
}
