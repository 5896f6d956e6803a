//! The flow table: both directions of a connection as one entry, bounded, in packet time. In: header fields, hashes, seconds. Out: entries to
//! count in, entries that are due. Never: a clock read, an allocation per packet, an order that depends on the hash seed.

mod wheel;

use crate::pages::large;
use crate::prefetch::near;
use sakimori_custody::record::{Country, Direction};
use sakimori_wire::IpPacket;
use wheel::{NOWHERE, Wheel};

/// State of a TCP connection, as far as time-outs need it.
pub(crate) mod state {
    /// Packets may come.
    pub(crate) const OPEN: u8 = 0;
    /// The source has sent FIN.
    pub(crate) const FIN_OUT: u8 = 1;
    /// The destination has sent FIN.
    pub(crate) const FIN_BACK: u8 = 2;
    /// Closed by both, or reset: ends soon.
    pub(crate) const CLOSING: u8 = 4;
}

/// One flow: two cache lines.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Flow {
    pub(crate) source: [u8; 16],
    pub(crate) destination: [u8; 16],
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) protocol: u8,
    pub(crate) state: u8,
    pub(crate) flags_out: u8,
    pub(crate) flags_back: u8,
    pub(crate) packets_out: u64,
    pub(crate) packets_back: u64,
    pub(crate) bytes_out: u64,
    pub(crate) bytes_back: u64,
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Table time of the last packet, seconds.
    pub(crate) seen: u32,
    hash: u32,
    next: u32,
    previous: u32,
    /// Place of the rarer facts, or `u32::MAX`.
    pub(crate) cold: u32,
    pub(crate) dns_type: u16,
    pub(crate) dns_rcode: u16,
    pub(crate) direction: Direction,
    /// Whether the authority names the direction; else packets are only counted.
    pub(crate) allowed: bool,
    slot: u8,
    pub(crate) application: u8,
    pub(crate) http_method: u8,
    pub(crate) tls_version: u8,
    pub(crate) alpn: u8,
    /// What the search for facts has reached, per side.
    pub(crate) facts: [u8; 2],
    /// Segments with payload that were searched or might have been, per side.
    pub(crate) segments: [u8; 2],
    /// What the search for identifiers has reached.
    pub(crate) talk: u8,
    pub(crate) source_country: Country,
    pub(crate) destination_country: Country,
}

// Two cache lines: what a packet costs is what they cost.
const _: () = assert!(size_of::<Flow>() == 128);

/// No rarer facts.
pub(crate) const NO_COLD: u32 = u32::MAX;

/// Key of a packet: what makes it part of a flow. ICMP has no ports, so type and code are not part of its key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) source: [u8; 16],
    pub(crate) destination: [u8; 16],
    pub(crate) ports: (u16, u16),
    pub(crate) protocol: u8,
}

impl Key {
    pub(crate) const fn of(packet: &IpPacket<'_>) -> Self {
        let ports = match packet.protocol {
            1 | 58 => (0, 0),
            _ => (packet.source_port, packet.destination_port),
        };
        Self {
            source: packet.source,
            destination: packet.destination,
            ports,
            protocol: packet.protocol,
        }
    }

    /// Whether the packet runs from the flow's source, or back; `None` where it is of another flow.
    fn side(&self, flow: &Flow) -> Option<bool> {
        if self.protocol != flow.protocol {
            return None;
        }
        let ports = match self.protocol {
            1 | 58 => (0, 0),
            _ => (flow.source_port, flow.destination_port),
        };
        if self.source == flow.source && self.destination == flow.destination && self.ports == ports
        {
            Some(true)
        } else if self.source == flow.destination
            && self.destination == flow.source
            && self.ports == (ports.1, ports.0)
        {
            Some(false)
        } else {
            None
        }
    }
}

/// The table.
pub(crate) struct FlowTable {
    /// Open addressing: hash in the upper half, place of the flow plus one in the lower; 0 is free.
    slots: Vec<u64>,
    flows: Vec<Flow>,
    free: Vec<u32>,
    wheel: Wheel,
    seed: [u64; 2],
    most: usize,
}

/// The two halves of a product, folded: the mixing step of wyhash.
#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

impl FlowTable {
    /// An empty table of at most `most` flows; `seed` keeps strangers from choosing collisions.
    pub(crate) fn new(most: usize, seed: [u64; 2]) -> Self {
        let mut slots = vec![0; (2 * most).next_power_of_two()];
        large(&mut slots);
        // Only what is used takes memory.
        let mut flows = Vec::with_capacity(most);
        large(&mut flows);
        Self {
            slots,
            flows,
            free: Vec::new(),
            wheel: Wheel::new(),
            seed: [seed[0] | 1, seed[1] | 1],
            most,
        }
    }

    /// Hash of a key, the same for both directions.
    #[inline]
    pub(crate) fn hash(&self, key: &Key) -> u32 {
        let end = |address: &[u8; 16], port: u16| {
            let whole = u128::from_be_bytes(*address);
            let (high, low) = ((whole >> 64) as u64, whole as u64);
            fold(
                high ^ self.seed[0] ^ u64::from(port) << 17,
                low ^ self.seed[1],
            )
        };
        let both = end(&key.source, key.ports.0).wrapping_add(end(&key.destination, key.ports.1));
        fold(
            both ^ u64::from(key.protocol),
            self.seed[0] ^ 0x9e37_79b9_7f4a_7c15,
        ) as u32
    }

    fn mask(&self) -> usize {
        self.slots.len() - 1
    }

    /// Brings the first slot of a hash near.
    #[inline]
    pub(crate) fn prefetch_slot(&self, hash: u32) {
        if let Some(slot) = self.slots.get(hash as usize & self.mask()) {
            near(slot);
        }
    }

    /// Brings the flow that the first slot names near.
    #[inline]
    pub(crate) fn prefetch_flow(&self, hash: u32) {
        let slot = self
            .slots
            .get(hash as usize & self.mask())
            .copied()
            .unwrap_or(0);
        if let Some(flow) = (slot as u32)
            .checked_sub(1)
            .and_then(|at| self.flows.get(at as usize))
        {
            near(flow);
            near(&flow.first);
        }
    }

    /// The flow of a key, and whether the packet runs from its source.
    #[inline]
    pub(crate) fn find(&self, key: &Key, hash: u32) -> Option<(u32, bool)> {
        let mask = self.mask();
        let mut at = hash as usize & mask;
        loop {
            let slot = *self.slots.get(at)?;
            let place = (slot as u32).checked_sub(1)?;
            if (slot >> 32) as u32 == hash
                && let Some(out) = self
                    .flows
                    .get(place as usize)
                    .and_then(|flow| key.side(flow))
            {
                return Some((place, out));
            }
            at = (at + 1) & mask;
        }
    }

    /// Whether one more flow needs another to go first.
    pub(crate) const fn is_full(&self) -> bool {
        self.flows.len() >= self.most && self.free.is_empty()
    }

    /// Flows in the table.
    pub(crate) const fn len(&self) -> usize {
        self.flows.len() - self.free.len()
    }

    /// Adds a flow that [`FlowTable::find`] has not found, due at `deadline` seconds. The table must not be full.
    pub(crate) fn insert(&mut self, mut flow: Flow, hash: u32, deadline: u64) -> u32 {
        flow.hash = hash;
        let place = if let Some(place) = self.free.pop() {
            if let Some(old) = self.flows.get_mut(place as usize) {
                *old = flow;
            }
            place
        } else {
            self.flows.push(flow);
            self.flows.len() as u32 - 1
        };
        let mask = self.mask();
        let mut at = hash as usize & mask;
        while self.slots.get(at).is_some_and(|&slot| slot != 0) {
            at = (at + 1) & mask;
        }
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = u64::from(hash) << 32 | u64::from(place + 1);
        }
        self.wheel.add(&mut self.flows, place, deadline);
        place
    }

    /// The flow at a place.
    #[inline]
    pub(crate) fn get_mut(&mut self, place: u32) -> Option<&mut Flow> {
        self.flows.get_mut(place as usize)
    }

    /// Moves a flow to another deadline.
    pub(crate) fn reschedule(&mut self, place: u32, deadline: u64) {
        self.wheel.remove(&mut self.flows, place);
        self.wheel.add(&mut self.flows, place, deadline);
    }

    /// Takes a flow out.
    pub(crate) fn remove(&mut self, place: u32) -> Option<Flow> {
        self.wheel.remove(&mut self.flows, place);
        let flow = self.flows.get(place as usize)?.clone();
        let mask = self.mask();
        let mut at = flow.hash as usize & mask;
        while self
            .slots
            .get(at)
            .is_some_and(|&slot| slot as u32 != place + 1)
        {
            at = (at + 1) & mask;
        }
        self.close_gap(at);
        self.free.push(place);
        Some(flow)
    }

    /// Frees a slot and moves later ones of its run forward, so that no search ends early (Knuth, TAOCP 6.4, algorithm R).
    fn close_gap(&mut self, mut gap: usize) {
        let mask = self.mask();
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let slot = self.slots.get(at).copied().unwrap_or(0);
            if slot == 0 {
                break;
            }
            let home = (slot >> 32) as usize & mask;
            // The entry may move into the gap unless its home lies behind the gap.
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(gap) & mask {
                if let Some(place) = self.slots.get_mut(gap) {
                    *place = slot;
                }
                gap = at;
            }
        }
        if let Some(place) = self.slots.get_mut(gap) {
            *place = 0;
        }
    }

    /// The next flow whose wheel slot is due at `now` seconds; its true deadline is for the caller to judge, who removes or reschedules it.
    pub(crate) fn due(&mut self, now: u64) -> Option<u32> {
        let place = self.wheel.due(now)?;
        self.prefetch_behind(place);
        Some(place)
    }

    /// Flows that end together lie anywhere in memory: the slot of the next one in the list, and the one behind it, are brought near while this one is
    /// decided.
    fn prefetch_behind(&self, place: u32) {
        let behind = |flow: &Flow| self.flows.get(flow.next as usize);
        let Some(next) = self.flows.get(place as usize).and_then(behind) else {
            return;
        };
        self.prefetch_slot(next.hash);
        if let Some(second) = behind(next) {
            near(second);
            near(&second.first);
        }
    }

    /// The flow that ends next, whatever the time.
    pub(crate) fn next_to_end(&self) -> Option<u32> {
        self.wheel.first()
    }
}

impl Flow {
    /// A flow before its first packet is counted.
    pub(crate) const fn new(
        key: &Key,
        direction: Direction,
        countries: (Country, Country),
    ) -> Self {
        Self {
            source: key.source,
            destination: key.destination,
            source_port: key.ports.0,
            destination_port: key.ports.1,
            protocol: key.protocol,
            state: state::OPEN,
            flags_out: 0,
            flags_back: 0,
            packets_out: 0,
            packets_back: 0,
            bytes_out: 0,
            bytes_back: 0,
            first: 0,
            last: 0,
            seen: 0,
            hash: 0,
            next: NOWHERE,
            previous: NOWHERE,
            cold: NO_COLD,
            dns_type: u16::MAX,
            dns_rcode: u16::MAX,
            direction,
            allowed: true,
            slot: 0,
            application: 0,
            http_method: 0,
            tls_version: 0,
            alpn: 0,
            facts: [0; 2],
            segments: [0; 2],
            talk: 0,
            source_country: countries.0,
            destination_country: countries.1,
        }
    }

    /// Counts a packet.
    #[inline]
    pub(crate) fn count(&mut self, out: bool, bytes: u32, flags: u8, millis: u64, now: u32) {
        if out {
            self.packets_out += 1;
            self.bytes_out += u64::from(bytes);
            self.flags_out |= flags;
        } else {
            self.packets_back += 1;
            self.bytes_back += u64::from(bytes);
            self.flags_back |= flags;
        }
        if self.packets_out + self.packets_back == 1 {
            (self.first, self.last) = (millis, millis);
        } else {
            self.first = self.first.min(millis);
            self.last = self.last.max(millis);
        }
        self.seen = now;
    }
}

#[cfg(test)]
mod tests;
