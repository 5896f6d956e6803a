//! Windows and their counters: nothing appears and nothing vanishes. In: packets held, released, windows over. Out: counters that are conserved. Never: a
//! counter that goes down, but for packets held.

use sakimori_custody::window::{WINDOW_MS, WindowCounters};

/// The open window and the sums so far.
pub(super) struct Windows {
    ticks: bool,
    window: Option<WindowCounters>,
    held: u64,
    totals: WindowCounters,
}

impl Windows {
    pub(super) const fn new(ticks: bool) -> Self {
        Self {
            ticks,
            window: None,
            held: 0,
            totals: EMPTY,
        }
    }

    /// Whether a packet of this time is past the open window, or the first of all.
    #[inline]
    pub(super) fn is_over(&self, millis: u64) -> bool {
        match &self.window {
            None => true,
            Some(window) => !self.ticks && millis >= window.start_ms + WINDOW_MS,
        }
    }

    /// The ends of windows to be closed before a packet of this time: that of the open one, and that of the silence behind it.
    pub(super) fn ends(&mut self, millis: u64) -> impl Iterator<Item = u64> + use<> {
        let minute = millis - millis % WINDOW_MS;
        let ends = match self.window {
            None => {
                self.open(minute);
                [None, None]
            }
            Some(_) if self.ticks => [None, None],
            Some(window) => {
                let end = window.start_ms + WINDOW_MS;
                [Some(end), Some(minute).filter(|&minute| minute > end)]
            }
        };
        ends.into_iter().flatten()
    }

    fn open(&mut self, start_ms: u64) {
        self.window = Some(WindowCounters {
            index: self.totals.index,
            start_ms,
            held_before: self.held,
            ..EMPTY
        });
    }

    /// Opens the first window of a live input at a tick; `false` where one is open already.
    pub(super) fn begin_tick(&mut self, now_ms: u64) -> bool {
        let first = self.window.is_none();
        if first {
            self.open(now_ms);
        }
        first
    }

    /// Counters of the open window.
    #[inline]
    pub(super) fn counters(&mut self) -> &mut WindowCounters {
        self.window.get_or_insert(EMPTY)
    }

    /// A packet waits for its flow's record.
    #[inline]
    pub(super) const fn hold(&mut self) {
        self.held += 1;
    }

    /// A record is decided.
    pub(super) fn release(&mut self, packets: u64, selected: bool) {
        self.held -= packets;
        let counters = self.counters();
        counters.flows_closed += 1;
        if selected {
            counters.selected += packets;
            counters.flows_selected += 1;
            counters.records += 1;
        } else {
            counters.not_selected += packets;
        }
    }

    /// Closes the open window and opens the next one behind it.
    pub(super) fn close(&mut self, end_ms: u64) -> WindowCounters {
        let held = self.held;
        let counters = self.counters();
        counters.held_after = held;
        counters.end_ms = end_ms.max(counters.start_ms);
        let window = *counters;
        self.totals.index += 1;
        self.totals.read += window.read;
        self.totals.records += window.records;
        self.totals.events += window.events;
        self.open(window.end_ms);
        window
    }

    /// End of the window that is open when the input ends; `None` where no packet and no tick ever came.
    pub(super) fn last_end(&self) -> Option<u64> {
        self.window.map(|window| window.start_ms + WINDOW_MS)
    }

    /// Records so far, those of the open window included.
    pub(super) fn records(&mut self) -> u64 {
        self.totals.records + self.counters().records
    }

    /// Sums of the windows closed.
    pub(super) const fn totals(&self) -> WindowCounters {
        self.totals
    }
}

const EMPTY: WindowCounters = WindowCounters {
    index: 0,
    start_ms: 0,
    end_ms: 0,
    held_before: 0,
    read: 0,
    selected: 0,
    domestic: 0,
    not_ip: 0,
    direction: 0,
    not_selected: 0,
    shed: 0,
    link: 0,
    truncated: 0,
    malformed: 0,
    record: 0,
    held_after: 0,
    bytes_read: 0,
    flows_opened: 0,
    flows_closed: 0,
    flows_selected: 0,
    records: 0,
    events: 0,
    flows_evicted: 0,
    pairs_evicted: 0,
    flows_open: 0,
    identifiers: 0,
    identifiers_shed: 0,
};
