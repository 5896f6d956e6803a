//! Everything that happens inside the seal, as a pure machine. In: batches of captured frames, ticks. Out: frames of the seal's pipe. Never: a clock, a
//! disk, a packet byte in the output.
//!
//! A packet's way: link and IP headers, border (domestic pairs go at once), flow table, facts, behaviours, selection when its flow's record is decided.

mod counting;

use crate::capture::{Capture, Captured};
use crate::direction::{Border, Home, class};
pub use crate::facts::identify::Identify;
use crate::facts::{Cold, Facts};
use crate::flow::{Flow, FlowTable, Key, state};
use crate::limits::{
    ACTIVE_MS, BATCH_PACKETS, CLOSING_SECONDS, FLOWS_MAX, IDLE_SECONDS, UNANSWERED_SECONDS,
};
use counting::Windows;
use sakimori_custody::behaviour::BehaviourSpec;
use sakimori_custody::frame::Frame;
use sakimori_custody::record::{
    Alpn, Application, Direction, End, HttpMethod, MechanicalRecord, TlsVersion,
};
use sakimori_custody::window::{EndFrame, EndStatus};
use sakimori_detect::Behaviours;
use sakimori_select::Matcher;
use sakimori_wire::{Error, IpPacket, Packet, packet};
use std::io::Read;

/// TCP flags.
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// What the pipeline is built from.
pub struct PipelineConfig {
    /// What is domestic.
    pub home: Home,
    /// Directions that the authority names.
    pub directions: Vec<Direction>,
    /// The compiled pack.
    pub matcher: Matcher,
    /// Its behaviours.
    pub behaviours: Vec<BehaviourSpec>,
    /// Seed of the flow table's hash; no output depends on it.
    pub seed: [u64; 2],
    /// Whether windows follow ticks (live and endless input) instead of packet time.
    pub ticks: bool,
    /// Most open flows.
    pub flows_max: usize,
    /// What asks for identifiers; `None`: nothing does.
    pub identify: Option<Identify>,
}

/// The machine.
pub struct Pipeline {
    border: Border,
    directions: Vec<Direction>,
    table: FlowTable,
    facts: Facts,
    behaviours: Behaviours,
    windows: Windows,
    /// Packet time, seconds: never goes back.
    now: u64,
    out: Vec<u8>,
}

/// A packet between the stages of a batch.
#[derive(Clone, Copy)]
enum Work<'a> {
    Ip(IpPacket<'a>, Key, u32),
    NotIp,
    Bad(Error),
}

impl PipelineConfig {
    /// The usual bounds for a home, directions and a pack.
    pub const fn new(
        home: Home,
        directions: Vec<Direction>,
        matcher: Matcher,
        behaviours: Vec<BehaviourSpec>,
        seed: [u64; 2],
    ) -> Self {
        Self {
            home,
            directions,
            matcher,
            behaviours,
            seed,
            ticks: false,
            flows_max: FLOWS_MAX,
            identify: None,
        }
    }
}

impl Pipeline {
    /// Builds the machine; all memory that does not depend on traffic is taken here.
    pub fn new(config: PipelineConfig) -> Self {
        Self {
            border: Border::new(config.home),
            directions: config.directions,
            table: FlowTable::new(config.flows_max, config.seed),
            facts: Facts::new(config.matcher, config.identify),
            behaviours: Behaviours::new(&config.behaviours),
            windows: Windows::new(config.ticks),
            now: 0,
            out: Vec::new(),
        }
    }

    /// Version of the country map.
    pub const fn map_version(&self) -> u64 {
        self.border.map_version()
    }

    /// Takes in a batch.
    ///
    /// # Cost
    /// Three passes over at most 64 packets, so that the memory accesses of one packet overlap with the work on others.
    pub fn push<R: Read>(&mut self, capture: &Capture<R>, batch: &[Captured]) {
        for part in batch.chunks(BATCH_PACKETS) {
            let mut work = [Work::NotIp; BATCH_PACKETS];
            for (place, captured) in work.iter_mut().zip(part) {
                *place = match packet(captured.link, capture.bytes(captured)) {
                    Ok(Packet::Ip(ip)) => {
                        let key = Key::of(&ip);
                        let hash = self.table.hash(&key);
                        self.table.prefetch_slot(hash);
                        Work::Ip(ip, key, hash)
                    }
                    Ok(Packet::NotIp) => Work::NotIp,
                    Err(error) => Work::Bad(error),
                };
            }
            for place in work.iter().take(part.len()) {
                if let Work::Ip(_, _, hash) = place {
                    self.table.prefetch_flow(*hash);
                }
            }
            for (work, captured) in work.iter().zip(part) {
                self.packet(work, captured.millis, capture.bytes(captured).len());
            }
        }
    }

    fn packet(&mut self, work: &Work<'_>, millis: u64, length: usize) {
        self.clock(millis);
        let counters = self.windows.counters();
        counters.read += 1;
        counters.bytes_read += length as u64;
        match work {
            Work::Ip(ip, key, hash) => self.ip(ip, key, *hash, millis),
            Work::NotIp => counters.not_ip += 1,
            Work::Bad(Error::UnknownLink | Error::Link) => counters.link += 1,
            Work::Bad(Error::Truncated) => counters.truncated += 1,
            Work::Bad(Error::Malformed) => counters.malformed += 1,
        }
    }

    /// Moves packet time on, ends what is due, and closes windows that are over.
    #[inline]
    fn clock(&mut self, millis: u64) {
        if self.windows.is_over(millis) {
            self.turn_window(millis);
        }
        let now = millis / 1000;
        if now > self.now {
            self.now = now;
            self.end_due();
        }
    }

    /// Closes the window, and tells a silence as one window of its own.
    fn turn_window(&mut self, millis: u64) {
        for end in self.windows.ends(millis) {
            self.now = self.now.max(end / 1000);
            self.end_due();
            self.close_window(end);
        }
    }

    fn close_window(&mut self, end_ms: u64) {
        let shed = self.facts.take_shed();
        let counters = self.windows.counters();
        counters.identifiers_shed = shed;
        counters.flows_open = self.table.len() as u64;
        counters.pairs_evicted = self.behaviours.take_evicted();
        let window = self.windows.close(end_ms);
        Frame::Window(window).encode(&mut self.out);
    }

    /// Goes on under the keys of another epoch; what waits beside its flow is sealed with them.
    pub fn identify_with(&mut self, identify: Identify) {
        self.facts.turn(identify);
    }

    /// A tick of the supervisor: the window ends here, also when nothing came.
    pub fn tick(&mut self, now_ms: u64) {
        if self.windows.begin_tick(now_ms) {
            return;
        }
        self.close_window(now_ms);
    }

    fn end_due(&mut self) {
        while let Some(place) = self.table.due(self.now) {
            let Some(flow) = self.table.get_mut(place) else {
                return;
            };
            let deadline = deadline(flow);
            if deadline > self.now {
                self.table.reschedule(place, deadline);
            } else {
                let end = match flow.state & state::CLOSING {
                    0 => End::Idle,
                    _ => closed(flow),
                };
                self.end(place, end);
            }
        }
    }

    #[inline]
    fn ip(&mut self, ip: &IpPacket<'_>, key: &Key, hash: u32, millis: u64) {
        let mut found = self.table.find(key, hash);
        if let Some((place, _)) = found
            && self.begins_anew(place, ip)
        {
            let end = self
                .table
                .get_mut(place)
                .map_or(End::Fin, |flow| closed(flow));
            self.end(place, end);
            found = None;
        }
        let (place, out) = match found {
            Some(found) => found,
            None => match self.open(ip, key, hash, millis) {
                Some(opened) => opened,
                None => return,
            },
        };
        self.count(place, out, ip, millis);
    }

    /// Whether a SYN reuses the ports of a connection that is over.
    #[inline]
    fn begins_anew(&mut self, place: u32, ip: &IpPacket<'_>) -> bool {
        ip.protocol == 6
            && ip.tcp_flags & (SYN | ACK) == SYN
            && self
                .table
                .get_mut(place)
                .is_some_and(|flow| flow.state & state::CLOSING != 0)
    }

    /// Decides direction and opens a flow; `None` where the packet is domestic and thereby gone.
    fn open(
        &mut self,
        ip: &IpPacket<'_>,
        key: &Key,
        hash: u32,
        millis: u64,
    ) -> Option<(u32, bool)> {
        let places = (
            self.border.place(&key.source),
            self.border.place(&key.destination),
        );
        // An answer to a SYN that was not seen: the other side began.
        let answered = ip.protocol == 6 && ip.tcp_flags & (SYN | ACK) == SYN | ACK;
        let (key, places, out) = if answered {
            let ports = (key.ports.1, key.ports.0);
            let turned = Key {
                source: key.destination,
                destination: key.source,
                ports,
                ..*key
            };
            (turned, (places.1, places.0), false)
        } else {
            (*key, places, true)
        };
        let Some(direction) = class(places.0, places.1) else {
            self.windows.counters().domestic += 1;
            return None;
        };
        if self.table.is_full()
            && let Some(victim) = self.table.next_to_end()
        {
            self.windows.counters().flows_evicted += 1;
            self.end(victim, End::Evicted);
        }
        let mut flow = Flow::new(&key, direction, (places.0.country, places.1.country));
        (flow.first, flow.last) = (millis, millis);
        if matches!(ip.protocol, 1 | 58) && out {
            (flow.source_port, flow.destination_port) = (ip.source_port, ip.destination_port);
        }
        self.begin(&mut flow);
        let place = self.table.insert(flow, hash, self.now + UNANSWERED_SECONDS);
        Some((place, out))
    }

    /// Looks at a new flow: whether its direction is allowed, and what its addresses select.
    fn begin(&mut self, flow: &mut Flow) {
        flow.allowed = self.directions.contains(&flow.direction);
        if flow.allowed {
            self.windows.counters().flows_opened += 1;
            self.facts.opened(flow);
        }
    }

    #[inline]
    fn count(&mut self, place: u32, out: bool, ip: &IpPacket<'_>, millis: u64) {
        let now = self.now;
        let Some(flow) = self.table.get_mut(place) else {
            return;
        };
        if flow.allowed
            && millis.saturating_sub(flow.first) >= ACTIVE_MS
            && flow.packets_out + flow.packets_back > 0
        {
            let part = self.table.get_mut(place).map(|flow| flow.clone());
            if let Some(part) = part {
                self.decide_part(place, &part);
            }
        }
        let Some(flow) = self.table.get_mut(place) else {
            return;
        };
        flow.count(out, ip.ip_bytes, ip.tcp_flags, millis, now as u32);
        if ip.protocol == 6 {
            let before = flow.state;
            flow.state |= closing(ip.tcp_flags, out);
            let both = state::FIN_OUT | state::FIN_BACK;
            if flow.state & both == both {
                flow.state |= state::CLOSING;
            }
            if (before ^ flow.state) & state::CLOSING != 0 {
                self.table.reschedule(place, now + CLOSING_SECONDS);
            }
        }
        let Some(flow) = self.table.get_mut(place) else {
            return;
        };
        if flow.allowed {
            self.windows.hold();
            self.facts.payload(flow, out, ip);
        } else {
            self.windows.counters().direction += 1;
        }
    }

    /// Writes the record of a flow that goes on, and starts its counters again.
    fn decide_part(&mut self, place: u32, part: &Flow) {
        let (hits, ja4) = self.facts.peek(part);
        let values = self.facts.take_values(part);
        self.decide(
            part,
            &Cold {
                hits,
                ja4,
                values,
                ..Cold::default()
            },
            End::Active,
        );
        if let Some(flow) = self.table.get_mut(place) {
            (
                flow.packets_out,
                flow.packets_back,
                flow.bytes_out,
                flow.bytes_back,
            ) = (0, 0, 0, 0);
            (flow.flags_out, flow.flags_back) = (0, 0);
        }
    }

    /// Ends a flow.
    fn end(&mut self, place: u32, end: End) {
        if let Some(mut flow) = self.table.remove(place)
            && flow.allowed
        {
            let cold = self.facts.take(&mut flow);
            self.decide(&flow, &cold, end);
        }
    }

    /// The selection: behaviours see the record, then it leaves or is gone.
    fn decide(&mut self, flow: &Flow, cold: &Cold, end: End) {
        let mut record = record(flow, cold, end);
        let packets = record.packets();
        let (out, windows) = (&mut self.out, &mut self.windows);
        self.behaviours.observe(&record, &mut |event| {
            windows.counters().events += 1;
            Frame::Evidence(event).encode(out);
        });
        record.selectors.merge(&self.behaviours.matches(&record));
        let selected = !record.selectors.is_empty();
        self.windows.release(packets, selected);
        if selected {
            Frame::Record(record).encode(&mut self.out);
            if let Some(values) = &cold.values {
                // The record that was counted just now.
                let number = self.windows.records() - 1;
                let written = self.facts.write_values(number, values, &mut self.out);
                self.windows.counters().identifiers += written;
            }
        }
    }

    /// Ends everything that is open and says how the input ended.
    pub fn finish(&mut self, status: EndStatus, offset: u64) {
        while let Some(place) = self.table.next_to_end() {
            let closing = self
                .table
                .get_mut(place)
                .filter(|f| f.state & state::CLOSING != 0);
            let end = closing.map_or(End::EndOfInput, |flow| closed(flow));
            self.end(place, end);
        }
        let (out, windows) = (&mut self.out, &mut self.windows);
        self.behaviours.finish(&mut |event| {
            windows.counters().events += 1;
            Frame::Evidence(event).encode(out);
        });
        if let Some(end) = self.windows.last_end() {
            self.close_window(end);
        }
        self.facts.erase();
        let totals = self.windows.totals();
        Frame::End(EndFrame {
            status,
            offset,
            packets: totals.read,
            windows: totals.index,
            records: totals.records,
            events: totals.events,
            fault: 0,
        })
        .encode(&mut self.out);
    }

    /// Bytes for the pipe, to be written and cleared by the caller.
    pub const fn output(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }
}

/// When a flow ends if no packet comes, seconds.
fn deadline(flow: &Flow) -> u64 {
    let idle = if flow.state & state::CLOSING != 0 {
        CLOSING_SECONDS
    } else if flow.packets_back == 0 || flow.packets_out == 0 {
        UNANSWERED_SECONDS
    } else {
        IDLE_SECONDS
    };
    u64::from(flow.seen) + idle
}

/// What TCP flags say of the end of a connection.
const fn closing(flags: u8, out: bool) -> u8 {
    if flags & RST != 0 {
        state::CLOSING
    } else if flags & FIN == 0 {
        0
    } else if out {
        state::FIN_OUT
    } else {
        state::FIN_BACK
    }
}

const fn closed(flow: &Flow) -> End {
    if (flow.flags_out | flow.flags_back) & RST != 0 {
        End::Rst
    } else {
        End::Fin
    }
}

fn record(flow: &Flow, cold: &Cold, end: End) -> MechanicalRecord {
    let some = |number: u16| (number != u16::MAX).then_some(number);
    MechanicalRecord {
        first: flow.first,
        last: flow.last,
        source: flow.source,
        destination: flow.destination,
        packets_out: flow.packets_out,
        packets_back: flow.packets_back,
        bytes_out: flow.bytes_out,
        bytes_back: flow.bytes_back,
        source_port: flow.source_port,
        destination_port: flow.destination_port,
        protocol: flow.protocol,
        direction: flow.direction,
        tcp_flags_out: flow.flags_out,
        tcp_flags_back: flow.flags_back,
        source_country: flow.source_country,
        destination_country: flow.destination_country,
        end,
        application: Application::from_code(flow.application).unwrap_or(Application::Unknown),
        dns_type: some(flow.dns_type),
        dns_rcode: some(flow.dns_rcode),
        http_method: HttpMethod::from_code(flow.http_method).unwrap_or(HttpMethod::Other),
        tls_version: TlsVersion::from_code(flow.tls_version).unwrap_or(TlsVersion::Other),
        alpn: Alpn::from_code(flow.alpn).unwrap_or(Alpn::Other),
        ja4: cold.ja4,
        selectors: cold.hits,
    }
}
