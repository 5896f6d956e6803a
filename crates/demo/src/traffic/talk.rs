//! One conversation as a list of packets to come. In: ends, ports, what is said. Out: packets with the waits between them. Never: a sequence number that does not
//! follow from what was sent.

use super::frame::Headers;
use super::hello::{Speaker, client_hello, server_hello};
use super::random::Random;
use std::net::IpAddr;

pub(super) const FIN: u8 = 1;
pub(super) const SYN: u8 = 2;
pub(super) const RST: u8 = 4;
pub(super) const PSH: u8 = 8;
pub(super) const ACK: u8 = 16;

/// Largest segment, as announced.
const SEGMENT: u32 = 1400;

/// What a packet carries.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    Nothing,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A TLS record with application data, of this length in all.
    Sealed(u16),
    /// Noise of this length.
    Noise(u16),
}

impl Payload {
    const fn len(&self) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::Bytes(bytes) => bytes.len() as u32,
            Self::Sealed(length) | Self::Noise(length) => *length as u32,
        }
    }
}

/// A packet to come.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// After the packet before it, in microseconds.
    pub(super) wait: u64,
    pub(super) out: bool,
    pub(super) flags: u8,
    pub(super) payload: Payload,
}

/// A conversation that goes on.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) ends: (IpAddr, IpAddr),
    pub(super) ports: (u16, u16),
    pub(super) protocol: u8,
    /// When the next packet is due, in microseconds since 1970.
    pub(super) due: u64,
    /// Time to the other side and back, in microseconds.
    round: u64,
    steps: Vec<Step>,
    at: usize,
    sequences: [u32; 2],
    id: u16,
    hops: u8,
}

impl Talk {
    pub(super) fn new(
        protocol: u8,
        ends: (IpAddr, IpAddr),
        ports: (u16, u16),
        due: u64,
        random: &mut Random,
    ) -> Self {
        let counted = protocol == 6;
        Self {
            ends,
            ports,
            protocol,
            due,
            round: random.between(4_000, 40_000) + if random.happens(50) { 90_000 } else { 0 },
            steps: Vec::new(),
            at: 0,
            sequences: if counted {
                [random.next() as u32, random.next() as u32]
            } else {
                [1, 1]
            },
            id: random.next() as u16,
            hops: random.between(44, 62) as u8,
        }
    }

    /// Adds a packet.
    pub(super) fn say(&mut self, wait: u64, out: bool, flags: u8, payload: Payload) -> &mut Self {
        self.steps.push(Step {
            wait,
            out,
            flags,
            payload,
        });
        self
    }

    /// The three packets that begin a TCP connection.
    pub(super) fn open(&mut self) -> &mut Self {
        let round = self.round;
        self.say(0, true, SYN, Payload::Nothing)
            .say(round, false, SYN | ACK, Payload::Nothing)
            .say(300, true, ACK, Payload::Nothing)
    }

    /// A message that the other side acknowledges.
    pub(super) fn message(&mut self, wait: u64, out: bool, payload: Payload) -> &mut Self {
        let round = self.round;
        self.say(wait, out, PSH | ACK, payload).say(
            if out { round } else { 400 },
            !out,
            ACK,
            Payload::Nothing,
        )
    }

    /// So many bytes in full segments, every other one acknowledged; TLS records if `sealed`.
    pub(super) fn bulk(&mut self, out: bool, mut bytes: u32, sealed: bool) -> &mut Self {
        let mut wait = self.round / 2;
        let mut whole = 0;
        while bytes > 0 {
            let piece = bytes.min(SEGMENT).max(if sealed { 24 } else { 1 });
            let payload = if sealed {
                Payload::Sealed(piece as u16)
            } else {
                Payload::Noise(piece as u16)
            };
            bytes = bytes.saturating_sub(piece);
            whole += 1;
            self.say(wait, out, if bytes == 0 { PSH | ACK } else { ACK }, payload);
            if whole % 2 == 0 || bytes == 0 {
                self.say(500, !out, ACK, Payload::Nothing);
            }
            wait = 250;
        }
        self
    }

    /// Hellos and finished messages of TLS.
    pub(super) fn tls(&mut self, speaker: Speaker, name: &str, random: &mut Random) -> &mut Self {
        let client = client_hello(speaker, name, random);
        let server = server_hello(speaker, random);
        // A server always shows the same certificate.
        let certificate = name.bytes().fold(1_800, |sum, byte| sum + u32::from(byte));
        self.message(400, true, Payload::Bytes(client))
            .message(900, false, Payload::Bytes(server))
            .bulk(false, certificate, true)
            .message(600, true, Payload::Sealed(74))
    }

    /// Both sides end the connection.
    pub(super) fn close(&mut self, wait: u64) -> &mut Self {
        let round = self.round;
        self.say(wait, true, FIN | ACK, Payload::Nothing)
            .say(round, false, FIN | ACK, Payload::Nothing)
            .say(300, true, ACK, Payload::Nothing)
    }

    /// Whether a packet is to come.
    pub(super) fn is_over(&self) -> bool {
        self.at >= self.steps.len()
    }

    /// The next packet's headers and payload; moves on to the one behind it.
    pub(super) fn next(&mut self) -> Option<(Headers, Payload)> {
        let step = self.steps.get(self.at)?.clone();
        self.at += 1;
        if let Some(behind) = self.steps.get(self.at) {
            self.due += behind.wait;
        }
        let ports = if step.out {
            self.ports
        } else {
            (self.ports.1, self.ports.0)
        };
        let ends = if step.out {
            self.ends
        } else {
            (self.ends.1, self.ends.0)
        };
        let side = usize::from(!step.out);
        let sequence = self.sequences[side];
        let acknowledged = if step.flags & ACK == 0 {
            0
        } else {
            self.sequences[1 - side]
        };
        let taken = step.payload.len() + u32::from(step.flags & (SYN | FIN) != 0);
        self.sequences[side] = sequence.wrapping_add(taken);
        self.id = self.id.wrapping_add(1);
        // An echo reply bears the number of its request; its flag says which of the two it is.
        let (flags, sequence, ports) = match self.protocol {
            1 => (u8::from(!step.out), u32::from(self.id / 2), self.ports),
            _ => (step.flags, sequence, ports),
        };
        let headers = Headers {
            source: ends.0,
            destination: ends.1,
            ports,
            protocol: self.protocol,
            sequence,
            acknowledged,
            flags,
            hops: if step.out { 64 } else { self.hops },
            id: self.id,
            outward: step.out,
        };
        Some((headers, step.payload))
    }
}
