//! Identifiers in the commands of mail and file transfer, where the schedule asks for them. In: payloads of one flow. Out: values that wait beside the flow until its record is decided,
//! then tags and sealed blobs. Never: a value that leaves, or that outlives the decision; a password; a byte behind the end that [`sakimori_wire::identifiers`] names.
//!
//! What is kept depends on bytes that feed an identifier alone: the bounds count flows that speak such a protocol, and their identifiers.

use super::Cold;
use crate::flow::Flow;
use crate::limits::{HOLDING_MAX, TALK_BYTES_MAX, TALKS_MAX, VALUES_BYTES_MAX};
use sakimori_custody::frame::Frame;
use sakimori_custody::identifier::{IdentifierField, RECORD_IDENTIFIERS_MAX, Sealer};
use sakimori_wire::assembly::Assembler;
use sakimori_wire::identifiers::{Commands, Field};
use sakimori_wire::{Incomplete, IpPacket};
use zeroize::Zeroizing;

/// Per side of a flow, in [`Flow::talk`]: nothing more is looked for.
const fn done(out: bool) -> u8 {
    if out { 1 } else { 2 }
}

/// A side of a flow that is being read.
const fn talks(out: bool) -> u8 {
    if out { 4 } else { 8 }
}

/// What asks for identifiers.
pub struct Identify {
    fields: Vec<IdentifierField>,
    sealer: Sealer,
    /// Sides that are being read now.
    talking: usize,
    /// Flows beside which values wait.
    holding: usize,
    shed: u64,
}

/// One side of a connection that is being read.
pub(crate) struct Talk {
    commands: Option<Commands>,
    bytes: Assembler,
}

/// Values that wait for the decision about their flow: each a field, a length and so many bytes. Overwritten when they go.
pub(crate) struct Values {
    bytes: Zeroizing<Vec<u8>>,
    count: usize,
}

impl Identify {
    /// Asks for these fields, to be sealed with these keys.
    pub const fn new(fields: Vec<IdentifierField>, sealer: Sealer) -> Self {
        Self {
            fields,
            sealer,
            talking: 0,
            holding: 0,
            shed: 0,
        }
    }

    /// Takes another's keys; what is being read and waits goes on.
    pub(super) fn turn(&mut self, with: Self) {
        self.sealer = with.sealer;
    }

    /// Whether a side may still bring something.
    #[inline]
    pub(super) const fn wants(flow: &Flow, out: bool) -> bool {
        flow.protocol == 6 && flow.talk & done(out) == 0
    }

    /// Whether this is the first payload of a side that could be a client's.
    pub(super) const fn is_first(flow: &Flow, out: bool) -> bool {
        flow.talk & talks(out) == 0
    }

    /// Looks at the first payload of a side; `true` where it is to be read.
    pub(super) fn first(&mut self, flow: &mut Flow, out: bool, payload: &[u8]) -> bool {
        let begins = Commands::begin(payload).map(|_| ());
        if begins == Err(Incomplete::Malformed) {
            flow.talk |= done(out);
            return false;
        }
        if self.talking >= TALKS_MAX {
            self.shed += 1;
            flow.talk |= done(true) | done(false);
            return false;
        }
        self.talking += 1;
        // The other side is the server.
        flow.talk |= talks(out) | done(!out);
        true
    }

    /// Reads a segment of a side that is being read.
    pub(super) fn segment(
        &mut self,
        flow: &mut Flow,
        out: bool,
        cold: &mut Cold,
        packet: &IpPacket<'_>,
    ) {
        let Some(talk) = cold.talk.as_deref_mut() else {
            return;
        };
        let mut told = Told {
            fields: &self.fields,
            values: &mut cold.values,
            holding: &mut self.holding,
            shed: &mut self.shed,
        };
        if !talk.segment(packet.tcp_sequence, packet.payload, &mut told) {
            flow.talk |= done(out);
            cold.talk = None;
            self.talking -= 1;
        }
    }

    /// Counts what leaves with a flow's rarer facts.
    pub(super) fn leave(&mut self, cold: &Cold) {
        self.talking -= usize::from(cold.talk.is_some());
        self.holding -= usize::from(cold.values.is_some());
    }

    /// Counts values that leave alone.
    pub(super) const fn leave_values(&mut self) {
        self.holding -= 1;
    }

    /// How much was shed since this was asked last.
    pub(super) const fn take_shed(&mut self) -> u64 {
        std::mem::replace(&mut self.shed, 0)
    }

    /// Writes the frames of a selected record's identifiers; returns how many.
    pub(super) fn write(&mut self, record: u64, values: &Values, out: &mut Vec<u8>) -> u64 {
        let mut written = 0;
        values.each(|field, value| {
            if let Some(identifier) = self.sealer.seal(record, field, value) {
                Frame::Identifier(identifier).encode(out);
                written += 1;
            }
        });
        written
    }
}

impl Talk {
    pub(super) fn begin(sequence: u32) -> Self {
        Self {
            commands: None,
            bytes: Assembler::within(TALK_BYTES_MAX, sequence),
        }
    }

    /// Reads a segment; `false` where nothing more comes of the side.
    fn segment(&mut self, sequence: u32, payload: &[u8], told: &mut Told<'_>) -> bool {
        let mut rest = (sequence, payload);
        if self.bytes.is_empty() && self.bytes.next() == sequence {
            // Read where it is: only the start of a line that is not complete is copied.
            let Some(used) = self.read(payload, told) else {
                return false;
            };
            self.bytes.pass(used);
            rest = (self.bytes.next(), payload.get(used..).unwrap_or_default());
        }
        let (mut sequence, payload) = rest;
        for part in payload.chunks(PART_BYTES) {
            if !self.bytes.push(sequence, part) {
                return false;
            }
            sequence = sequence.wrapping_add(part.len() as u32);
            let held = std::mem::take(&mut self.bytes);
            let used = self.read(held.bytes(), told);
            self.bytes = held;
            let Some(used) = used else {
                return false;
            };
            self.bytes.consume(used);
        }
        true
    }

    /// Reads what is complete; `None` at the end.
    fn read(&mut self, bytes: &[u8], told: &mut Told<'_>) -> Option<usize> {
        if self.commands.is_none() {
            match Commands::begin(bytes) {
                Ok(commands) => self.commands = Some(commands),
                Err(Incomplete::Truncated) => return Some(0),
                Err(Incomplete::Malformed) => return None,
            }
        }
        let commands = self.commands.as_mut()?;
        let progress = commands.read(bytes, &mut |field, value| told.found(field, value));
        (!progress.ended).then_some(progress.used)
    }
}

/// Bytes of a long segment that are put to what is held at once.
const PART_BYTES: usize = 1 << 10;

/// Where values go.
struct Told<'t> {
    fields: &'t [IdentifierField],
    values: &'t mut Option<Box<Values>>,
    holding: &'t mut usize,
    shed: &'t mut u64,
}

impl Told<'_> {
    fn found(&mut self, field: Field, value: &[u8]) {
        let field = match field {
            Field::SourceMail => IdentifierField::SourceMail,
            Field::DestinationMail => IdentifierField::DestinationMail,
            Field::User => IdentifierField::User,
        };
        if !self.fields.contains(&field) {
            return;
        }
        if self.values.is_none() {
            if *self.holding >= HOLDING_MAX {
                *self.shed += 1;
                return;
            }
            *self.holding += 1;
        }
        let values = self.values.get_or_insert_default();
        if !values.add(field, value) {
            *self.shed += 1;
        }
    }
}

impl Default for Values {
    fn default() -> Self {
        Self {
            // All of it at once: a buffer that grows leaves its old bytes behind.
            bytes: Zeroizing::new(Vec::with_capacity(VALUES_BYTES_MAX)),
            count: 0,
        }
    }
}

impl Values {
    /// Adds a value, once; `false` where there is no room.
    fn add(&mut self, field: IdentifierField, value: &[u8]) -> bool {
        let mut known = false;
        self.each(|f, v| known |= f == field && v == value);
        if known {
            return true;
        }
        let fits = self.count < RECORD_IDENTIFIERS_MAX
            && self.bytes.len() + 3 + value.len() <= VALUES_BYTES_MAX;
        if fits {
            self.count += 1;
            self.bytes.push(field.code());
            // BOUND: a value has at most 320 bytes.
            self.bytes
                .extend_from_slice(&(value.len() as u16).to_le_bytes());
            self.bytes.extend_from_slice(value);
        }
        fits
    }

    fn each(&self, mut told: impl FnMut(IdentifierField, &[u8])) {
        let mut rest = self.bytes.as_slice();
        while let Some(([code, low, high], behind)) = rest.split_first_chunk::<3>() {
            let length = usize::from(u16::from_le_bytes([*low, *high]));
            let Some((value, behind)) = behind.split_at_checked(length) else {
                return;
            };
            rest = behind;
            if let Some(field) = IdentifierField::from_code(*code) {
                told(field, value);
            }
        }
    }
}
