//! The timer wheel: one slot a second, flows as linked lists in the order in which they were put there. In: places and deadlines. Out: places that are
//! due. Never: a search; a flow that saw packets since is put back when its slot comes.

use super::Flow;
use crate::limits::WHEEL_SLOTS;

/// No flow.
pub(super) const NOWHERE: u32 = u32::MAX;

pub(super) struct Wheel {
    heads: [u32; WHEEL_SLOTS],
    tails: [u32; WHEEL_SLOTS],
    /// Second up to which slots have been emptied; `None` before the first flow.
    now: Option<u64>,
}

impl Wheel {
    pub(super) const fn new() -> Self {
        Self {
            heads: [NOWHERE; WHEEL_SLOTS],
            tails: [NOWHERE; WHEEL_SLOTS],
            now: None,
        }
    }

    /// Puts a flow at the end of its deadline's slot; a deadline past the wheel's reach is met early and judged then.
    pub(super) fn add(&mut self, flows: &mut [Flow], place: u32, deadline: u64) {
        let now = *self.now.get_or_insert(deadline.saturating_sub(1));
        let reach = now + WHEEL_SLOTS as u64 - 1;
        let slot = (deadline.clamp(now + 1, reach) % WHEEL_SLOTS as u64) as usize;
        let tail = self.tails.get(slot).copied().unwrap_or(NOWHERE);
        if let Some(flow) = flows.get_mut(place as usize) {
            flow.slot = slot as u8;
            flow.previous = tail;
            flow.next = NOWHERE;
        }
        match flows.get_mut(tail as usize) {
            Some(before) => before.next = place,
            None => set(&mut self.heads, slot, place),
        }
        set(&mut self.tails, slot, place);
    }

    pub(super) fn remove(&mut self, flows: &mut [Flow], place: u32) {
        let Some(flow) = flows.get(place as usize) else {
            return;
        };
        let (slot, previous, next) = (usize::from(flow.slot), flow.previous, flow.next);
        match flows.get_mut(previous as usize) {
            Some(before) => before.next = next,
            None => set(&mut self.heads, slot, next),
        }
        match flows.get_mut(next as usize) {
            Some(behind) => behind.previous = previous,
            None => set(&mut self.tails, slot, previous),
        }
    }

    /// The first flow of the slots up to `now`, which move on once they are empty.
    pub(super) fn due(&mut self, now: u64) -> Option<u32> {
        let mut at = self.now?;
        // After a long silence every slot is met once, not every second.
        at = at.max(now.saturating_sub(WHEEL_SLOTS as u64));
        while at < now {
            let slot = ((at + 1) % WHEEL_SLOTS as u64) as usize;
            let head = self.heads.get(slot).copied().unwrap_or(NOWHERE);
            if head != NOWHERE {
                self.now = Some(at);
                return Some(head);
            }
            at += 1;
        }
        self.now = Some(at);
        None
    }

    /// The flow that is due first of all.
    pub(super) fn first(&self) -> Option<u32> {
        let now = self.now?;
        (1..=WHEEL_SLOTS as u64)
            .filter_map(|ahead| {
                self.heads
                    .get(((now + ahead) % WHEEL_SLOTS as u64) as usize)
            })
            .find(|&&head| head != NOWHERE)
            .copied()
    }
}

fn set(places: &mut [u32; WHEEL_SLOTS], slot: usize, place: u32) {
    if let Some(entry) = places.get_mut(slot) {
        *entry = place;
    }
}
