//! Facts from the first bytes of a flow: application, DNS type and code, HTTP method, TLS version, ALPN and JA4, and what the matcher says to every
//! name. In: payloads of one flow. Out: numbers in the flow, ids of selectors, sealed identifiers where they are asked for. Never: a name or payload kept, but for a hello or request head that is not
//! complete yet; that is erased when it is.

pub(crate) mod identify;

use crate::flow::{Flow, NO_COLD};
use crate::limits::{ASSEMBLY_BYTES_MAX, HELLO_SEGMENTS_MAX, SEARCH_SEGMENTS_MAX, SEGMENT_COST};
use identify::{Identify, Talk, Values};
use sakimori_custody::record::{Alpn, Application, Hits, HttpMethod, TlsVersion};
use sakimori_select::Matcher;
use sakimori_wire::application::{self, Kind};
use sakimori_wire::assembly::Assembler;
use sakimori_wire::limits::NAME_BYTES_MAX;
use sakimori_wire::tls::{self, ClientHello};
use sakimori_wire::{Incomplete, IpPacket, dns, http, ja4};
use std::collections::VecDeque;

/// Nothing more is looked for on this side.
const DONE: u8 = 0x80;
/// A hello was read; the next segment may bring a second one after a retry request (RFC 8446 §4.1.4).
const AFTER_HELLO: u8 = 0x40;
/// The lower bits count segments.
const COUNT: u8 = 0x3f;

/// What few flows have.
#[derive(Default)]
pub(crate) struct Cold {
    pub(crate) hits: Hits,
    pub(crate) ja4: Option<[u8; 36]>,
    pub(crate) assembly: [Option<Box<Assembly>>; 2],
    /// The side whose commands are read for identifiers.
    pub(crate) talk: Option<Box<Talk>>,
    /// Identifiers that wait for the decision.
    pub(crate) values: Option<Box<Values>>,
}

/// Bytes that are being put together.
pub(crate) struct Assembly {
    /// What the clock of [`Facts`] said when it began: no two began at the same.
    begun: u64,
    bytes: Assembler,
}

/// Where an assembly began: its flow's place and side, which may be another's by now.
struct Begun {
    at: u64,
    cold: u32,
    side: usize,
}

/// The rarer facts of all flows, and the scratch of the parsers.
///
/// Assemblies share memory, and what one flow may keep must not depend on what others say. So their lives are measured by a clock that counts the segments that
/// came, whatever is in them: an assembly is given up once [`ASSEMBLY_BYTES_MAX`] came since it began. All that is held came within that span, which bounds it.
pub(crate) struct Facts {
    matcher: Matcher,
    cold: Vec<Cold>,
    free: Vec<u32>,
    /// Bytes of the segments that came, and [`SEGMENT_COST`] for each.
    clock: u64,
    /// Assemblies by age, those that are done included until their time is over.
    begun: VecDeque<Begun>,
    scratch: Vec<u8>,
    /// `None`: no identifier is looked for.
    identify: Option<Identify>,
}

impl Facts {
    pub(crate) const fn new(matcher: Matcher, identify: Option<Identify>) -> Self {
        Self {
            matcher,
            cold: Vec::new(),
            free: Vec::new(),
            clock: 0,
            begun: VecDeque::new(),
            scratch: Vec::new(),
            identify,
        }
    }

    /// The place of a flow's rarer facts, made where there is none.
    fn cold(&mut self, flow: &mut Flow) -> &mut Cold {
        if flow.cold == NO_COLD {
            flow.cold = self.free.pop().unwrap_or_else(|| {
                self.cold.push(Cold::default());
                self.cold.len() as u32 - 1
            });
        }
        let place = flow.cold as usize;
        if place >= self.cold.len() {
            // BOUND: places come from the two lines above, so this only keeps the compiler's proof simple.
            self.cold.resize_with(place + 1, Cold::default);
        }
        &mut self.cold[place]
    }

    /// Takes a closed flow's rarer facts, and erases what was not complete.
    pub(crate) fn take(&mut self, flow: &mut Flow) -> Cold {
        if flow.cold == NO_COLD {
            return Cold::default();
        }
        let mut cold = self
            .cold
            .get_mut(flow.cold as usize)
            .map(std::mem::take)
            .unwrap_or_default();
        self.free.push(flow.cold);
        flow.cold = NO_COLD;
        if let Some(identify) = &mut self.identify {
            identify.leave(&cold);
        }
        for mut assembly in cold.assembly.iter_mut().filter_map(Option::take) {
            assembly.bytes.erase();
        }
        cold
    }

    /// A copy of selectors and fingerprint for a record of a flow that goes on.
    pub(crate) fn peek(&self, flow: &Flow) -> (Hits, Option<[u8; 36]>) {
        self.cold
            .get(flow.cold as usize)
            .map_or((Hits::default(), None), |c| (c.hits, c.ja4))
    }

    /// Takes the identifiers that wait beside a flow that goes on.
    pub(crate) fn take_values(&mut self, flow: &Flow) -> Option<Box<Values>> {
        let values = self.cold.get_mut(flow.cold as usize)?.values.take()?;
        if let Some(identify) = &mut self.identify {
            identify.leave_values();
        }
        Some(values)
    }

    /// Writes the identifiers of a selected record; returns how many.
    pub(crate) fn write_values(&mut self, record: u64, values: &Values, out: &mut Vec<u8>) -> u64 {
        let identify = self.identify.as_mut();
        identify.map_or(0, |identify| identify.write(record, values, out))
    }

    /// Takes the keys of another epoch.
    pub(crate) fn turn(&mut self, with: Identify) {
        match &mut self.identify {
            Some(identify) => identify.turn(with),
            none => *none = Some(with),
        }
    }

    /// How many identifiers were shed since this was asked last.
    pub(crate) fn take_shed(&mut self) -> u64 {
        self.identify.as_mut().map_or(0, Identify::take_shed)
    }

    /// Looks for identifiers in a payload.
    #[cold]
    fn identify(&mut self, flow: &mut Flow, out: bool, packet: &IpPacket<'_>) {
        let Some(mut identify) = self.identify.take() else {
            return;
        };
        if Identify::is_first(flow, out) && identify.first(flow, out, packet.payload) {
            self.cold(flow).talk = Some(Box::new(Talk::begin(packet.tcp_sequence)));
        }
        if let Some(cold) = self.cold.get_mut(flow.cold as usize) {
            identify.segment(flow, out, cold, packet);
        }
        self.identify = Some(identify);
    }

    fn merge(&mut self, flow: &mut Flow, hits: &Hits) {
        if !hits.is_empty() {
            self.cold(flow).hits.merge(hits);
        }
    }

    /// Looks at a new flow's addresses.
    pub(crate) fn opened(&mut self, flow: &mut Flow) {
        let mut hits = Hits::default();
        let ports = (flow.source_port, flow.destination_port);
        self.matcher.addresses(
            &flow.source,
            &flow.destination,
            ports,
            flow.protocol,
            &mut hits,
        );
        self.merge(flow, &hits);
    }

    /// Looks at a payload. `out`: from the flow's source.
    #[inline]
    pub(crate) fn payload(&mut self, flow: &mut Flow, out: bool, packet: &IpPacket<'_>) {
        let side = usize::from(!out);
        if self.identify.is_some() && !packet.payload.is_empty() && Identify::wants(flow, out) {
            self.identify(flow, out, packet);
        }
        if packet.payload.is_empty()
            || flow.protocol == 6 && !self.counts(flow, side, packet.payload.len())
            || flow.facts.get(side).is_none_or(|f| f & DONE != 0)
        {
            return;
        }
        match flow.protocol {
            17 => self.datagram(flow, packet),
            6 => self.segment(flow, side, packet),
            _ => flow.facts = [DONE; 2],
        }
    }

    /// Counts a segment, whatever is in it, and gives up assemblies whose time is over. `false` where its side has brought too many to be searched.
    #[inline]
    fn counts(&mut self, flow: &mut Flow, side: usize, length: usize) -> bool {
        let Some(segments) = flow.segments.get_mut(side) else {
            return false;
        };
        if *segments == SEARCH_SEGMENTS_MAX && !self.matcher.has_names() {
            return false;
        }
        *segments = SEARCH_SEGMENTS_MAX.min(*segments + 1);
        self.clock += length as u64 + SEGMENT_COST;
        while let Some(oldest) = self.begun.front()
            && self.clock - oldest.at > ASSEMBLY_BYTES_MAX
        {
            self.give_up_oldest();
        }
        true
    }

    /// Erases the oldest assembly, where it is not done already.
    #[cold]
    fn give_up_oldest(&mut self) {
        let Some(Begun { at, cold, side }) = self.begun.pop_front() else {
            return;
        };
        let cold = self.cold.get_mut(cold as usize);
        if let Some(place) = cold.and_then(|c| c.assembly.get_mut(side))
            && let Some(mut assembly) = place.take_if(|assembly| assembly.begun == at)
        {
            assembly.bytes.erase();
        }
    }

    fn datagram(&mut self, flow: &mut Flow, packet: &IpPacket<'_>) {
        let (source, destination) = (packet.source_port, packet.destination_port);
        if application::is_dns_port(source) || application::is_dns_port(destination) {
            if let Ok(message) = dns::message(packet.payload) {
                flow.application = Application::Dns.code();
                self.dns(flow, &message);
                return;
            }
            if flow.application != Application::Unknown.code() {
                return;
            }
        }
        flow.application = code(application::over_udp(source, destination, packet.payload));
        flow.facts = [DONE; 2];
    }

    fn dns(&mut self, flow: &mut Flow, message: &dns::Message<'_>) {
        if flow.dns_type == u16::MAX {
            flow.dns_type = message.kind.unwrap_or(u16::MAX);
        }
        if message.is_response && flow.dns_rcode == u16::MAX {
            flow.dns_rcode = message.rcode;
        }
        if self.matcher.has_names() {
            let mut name = [0; NAME_BYTES_MAX];
            if let Some(name) = message.name(&mut name) {
                self.name(flow, name);
            }
        } else if flow.dns_rcode != u16::MAX {
            flow.facts = [DONE; 2];
        }
    }

    /// Shows a name, lower case, to the matcher.
    fn name(&mut self, flow: &mut Flow, name: &[u8]) {
        let mut hits = Hits::default();
        self.matcher.name(name, &mut hits);
        self.merge(flow, &hits);
    }

    /// A name as a client wrote it: any case, perhaps with a final dot.
    fn written_name(&mut self, flow: &mut Flow, name: &[u8]) {
        let mut lower = [0; NAME_BYTES_MAX];
        let name = name.strip_suffix(b".").unwrap_or(name);
        if let Some(place) = lower.get_mut(..name.len()) {
            place.copy_from_slice(name);
            place.make_ascii_lowercase();
            let mut hits = Hits::default();
            self.matcher.name(place, &mut hits);
            self.merge(flow, &hits);
        }
    }

    fn segment(&mut self, flow: &mut Flow, side: usize, packet: &IpPacket<'_>) {
        let waiting = self
            .cold
            .get_mut(flow.cold as usize)
            .and_then(|c| c.assembly.get_mut(side)?.take());
        if let Some(mut assembly) = waiting {
            if assembly.bytes.push(packet.tcp_sequence, packet.payload) {
                if self.read(flow, side, assembly.bytes.bytes(), true) {
                    self.keep(flow, side, assembly);
                    return;
                }
            } else {
                assembly.bytes.erase();
            }
        } else if self.read(flow, side, packet.payload, false) {
            self.begin(flow, side, packet);
        }
        self.step(flow, side);
    }

    /// Begins to put together what is not complete.
    fn begin(&mut self, flow: &mut Flow, side: usize, packet: &IpPacket<'_>) {
        let assembly = Assembly {
            begun: self.clock,
            bytes: Assembler::begin(packet.tcp_sequence, packet.payload),
        };
        self.keep(flow, side, Box::new(assembly));
        self.begun.push_back(Begun {
            at: self.clock,
            cold: flow.cold,
            side,
        });
    }

    fn keep(&mut self, flow: &mut Flow, side: usize, assembly: Box<Assembly>) {
        if let Some(place) = self.cold(flow).assembly.get_mut(side) {
            *place = Some(assembly);
        }
    }

    /// Counts a segment and ends the search where nothing can come any more.
    fn step(&self, flow: &mut Flow, side: usize) {
        let asks_on = self.matcher.has_names()
            && (flow.application == Application::Http.code()
                || flow.application == Application::Dns.code());
        let Some(facts) = flow.facts.get_mut(side) else {
            return;
        };
        let count = (*facts & COUNT) + 1;
        if count >= HELLO_SEGMENTS_MAX && !asks_on {
            *facts = DONE;
        } else {
            *facts = *facts & AFTER_HELLO | count.min(COUNT);
        }
    }

    /// Reads what the bytes begin with: the first payload of a side tells the application; hellos are looked for at the start of the first few
    /// segments, requests and questions of every segment where a selector asks for names. `put_together`: the bytes begin with an earlier segment that
    /// was not enough. Returns whether more bytes are needed to know.
    fn read(&mut self, flow: &mut Flow, side: usize, bytes: &[u8], put_together: bool) -> bool {
        if matches!(bytes.first(), Some(0x16 | 0x14)) {
            return self.read_hello(flow, side, bytes);
        }
        let first = put_together
            || flow
                .facts
                .get(side)
                .is_some_and(|f| f & (COUNT | AFTER_HELLO) == 0);
        let speaks = |application: Application| flow.application == application.code();
        let asks_on =
            self.matcher.has_names() && (speaks(Application::Http) || speaks(Application::Dns));
        if !first && !asks_on {
            return false;
        }
        match application::over_tcp(flow.source_port, flow.destination_port, bytes) {
            Err(_) => first,
            Ok(kind) => {
                if first && flow.application == Application::Unknown.code() {
                    flow.application = code(kind);
                }
                match kind {
                    Kind::Http => return self.read_request(flow, bytes),
                    Kind::Dns => {
                        if let Ok(message) = dns::over_tcp(bytes) {
                            self.dns(flow, &message);
                        }
                    }
                    _ => {}
                }
                false
            }
        }
    }

    fn read_hello(&mut self, flow: &mut Flow, side: usize, bytes: &[u8]) -> bool {
        let mut scratch = std::mem::take(&mut self.scratch);
        let more = match tls::client_hello(bytes, &mut scratch) {
            Ok(found) => {
                self.hello(flow, &found.hello);
                if let Some(facts) = flow.facts.get_mut(side) {
                    // A second hello is looked for in the segments right behind the first one.
                    let first = *facts & AFTER_HELLO == 0;
                    *facts = if first {
                        AFTER_HELLO | (HELLO_SEGMENTS_MAX - 3)
                    } else {
                        DONE
                    };
                }
                false
            }
            Err(Incomplete::Truncated) => true,
            Err(Incomplete::Malformed) => false,
        };
        scratch.fill(0);
        self.scratch = scratch;
        more
    }

    fn hello(&mut self, flow: &mut Flow, hello: &ClientHello<'_>) {
        let first = flow.tls_version == TlsVersion::None.code();
        if first {
            flow.application = Application::Tls.code();
            flow.tls_version = TlsVersion::from_number(hello.version).code();
            flow.alpn = hello.alpn.map_or(Alpn::None, Alpn::from_bytes).code();
        }
        if first || self.matcher.has_ja4() {
            let print = ja4::ja4(hello);
            let mut hits = Hits::default();
            self.matcher.ja4(&print, &mut hits);
            let cold = self.cold(flow);
            cold.hits.merge(&hits);
            // A record carries printable characters only; a hello whose ALPN is none of them gives hex digits.
            if first && print.iter().all(u8::is_ascii_graphic) {
                cold.ja4 = Some(print);
            }
        }
        if let Some(name) = hello.server_name.filter(|_| self.matcher.has_names()) {
            self.written_name(flow, name);
        }
    }

    fn read_request(&mut self, flow: &mut Flow, bytes: &[u8]) -> bool {
        let Ok(request) = http::request(bytes) else {
            return false;
        };
        if flow.http_method == HttpMethod::None.code() {
            flow.http_method = HttpMethod::from_token(request.method).code();
        }
        if !self.matcher.has_names() {
            return false;
        }
        if let Some(host) = request.host {
            self.written_name(flow, host);
        }
        !request.complete
    }

    /// Overwrites every payload byte that is still held.
    pub(crate) fn erase(&mut self) {
        self.scratch.fill(0);
        for cold in &mut self.cold {
            for assembly in cold.assembly.iter_mut().flatten() {
                assembly.bytes.erase();
            }
            (cold.talk, cold.values) = (None, None);
        }
    }
}

const fn code(kind: Kind) -> u8 {
    match kind {
        Kind::Unknown => Application::Unknown,
        Kind::Dns => Application::Dns,
        Kind::Tls => Application::Tls,
        Kind::Http => Application::Http,
        Kind::Other => Application::Other,
    }
    .code()
}
