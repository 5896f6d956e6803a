//! What the frames of a sealed process must add up to, and the caps. In: frames in their order, the day. Out: nothing, or the name of a fault. Never: trust in what a process
//! that parses hostile bytes says of itself.

use super::Totals;
use sakimori_authority::statement::Caps;
use sakimori_custody::identifier::{Identifier, IdentifierField, RECORD_IDENTIFIERS_MAX};
use sakimori_custody::record::{Direction, MechanicalRecord};
use sakimori_custody::time::Day;
use sakimori_custody::window::{EndFrame, EndStatus, WindowCounters};

/// Packets before the share of selected ones is judged: fewer say nothing.
const FUSE_PACKETS: u64 = 10_000;
/// Most records of one window, which wait in memory for its counters: 200 MB.
pub(super) const WINDOW_RECORDS_MAX: u64 = 1 << 20;

/// No counter and no sum is larger: more than any input holds, whole in every JSON number, and far from where sums overflow.
const COUNT_MAX: u64 = 1 << 53;

/// A frame that no sealed process writes, or numbers that contradict each other.
pub(super) const VIOLATED: &str = "seal-violated";

/// The sums so far.
pub(super) struct Watch {
    caps: Caps,
    directions: Vec<Direction>,
    today: (Day, u64),
    /// Records and their packets since the last window.
    open: (u64, u64),
    /// Fields of which identifiers may come; those since the last window, and those of the last record.
    fields: Vec<IdentifierField>,
    identifiers: (u64, usize),
    events: u64,
    records: u64,
    held: u64,
    end_ms: Option<u64>,
    totals: Totals,
}

impl Watch {
    pub(super) fn new(caps: Caps, directions: &[Direction], fields: Vec<IdentifierField>) -> Self {
        Self {
            caps,
            directions: directions.to_vec(),
            today: (Day(0), 0),
            open: (0, 0),
            fields,
            identifiers: (0, 0),
            events: 0,
            records: 0,
            held: 0,
            end_ms: None,
            totals: Totals::default(),
        }
    }

    /// Sums of the windows that were found good.
    pub(super) const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Begins a day, with the records that earlier runs have put into its bucket.
    pub(super) const fn begin_day(&mut self, day: Day, records: u64) {
        self.today = (day, records);
    }

    /// Checks a record: its direction is one that the authority names, and there is room for it under the caps.
    pub(super) fn record(
        &mut self,
        record: &MechanicalRecord,
        day: Day,
    ) -> Result<(), &'static str> {
        if !self.directions.contains(&record.direction) {
            return Err(VIOLATED);
        }
        self.turn(day);
        self.open.0 += 1;
        self.identifiers.1 = 0;
        self.open.1 = self.open.1.saturating_add(record.packets());
        if self.open.0 > WINDOW_RECORDS_MAX {
            return Err("cap-window-records");
        }
        if self.today.1 + self.open.0 > self.caps.day_records {
            return Err("cap-day-records");
        }
        Ok(())
    }

    /// Checks an identifier: it belongs to the record before it, and is of a field that the schedule names.
    pub(super) fn identifier(&mut self, identifier: &Identifier) -> Result<(), &'static str> {
        self.identifiers.0 += 1;
        self.identifiers.1 += 1;
        let of_last =
            self.open.0 > 0 && identifier.record + 1 == self.records.saturating_add(self.open.0);
        let good = of_last
            && self.identifiers.1 <= RECORD_IDENTIFIERS_MAX
            && self.fields.contains(&identifier.field);
        if good { Ok(()) } else { Err(VIOLATED) }
    }

    /// Counts an event.
    pub(super) const fn event(&mut self) {
        self.events += 1;
    }

    fn turn(&mut self, day: Day) {
        if self.today.0 != day {
            self.today = (day, 0);
        }
    }

    /// Checks a window against its records, what came before it, and the share that may match.
    pub(super) fn window(&mut self, window: &WindowCounters, day: Day) -> Result<(), &'static str> {
        let follows = window.index == self.totals.windows
            && window.held_before == self.held
            && self.end_ms.is_none_or(|end| end == window.start_ms);
        let counted = window.named().all(|(_, count)| count <= COUNT_MAX);
        if !follows
            || !counted
            || self.open != (window.records, window.selected)
            || self.identifiers.0 != window.identifiers
        {
            return Err(VIOLATED);
        }
        let mut totals = self.totals;
        totals.add(window);
        if totals.largest() > COUNT_MAX {
            return Err(VIOLATED);
        }
        self.turn(day);
        self.today.1 += window.records;
        self.records += window.records;
        self.open = (0, 0);
        self.identifiers.0 = 0;
        self.held = window.held_after;
        self.end_ms = Some(window.end_ms);
        let share = u128::from(totals.selected) * 1_000_000;
        let most = u128::from(self.caps.match_ppm) * u128::from(totals.read);
        if totals.read >= FUSE_PACKETS && share > most {
            return Err("cap-match-ppm");
        }
        self.totals = totals;
        Ok(())
    }

    /// Checks the end against all that came: nothing is held, and the sums are the sums. A process that failed knows no sums.
    pub(super) fn end(&self, end: &EndFrame) -> Result<(), &'static str> {
        let sums = (end.packets, end.windows, end.records, end.events);
        let seen = (
            self.totals.read,
            self.totals.windows,
            self.records,
            self.events,
        );
        let good = sums == seen && self.held == 0 && self.open == (0, 0) && end.fault == 0;
        if good || end.status == EndStatus::Fault {
            Ok(())
        } else {
            Err(VIOLATED)
        }
    }
}
