//! Puts the segments of one side of a TCP connection in order, just long enough to read a hello. In: sequence numbers and payloads. Out: the bytes so
//! far without a gap. Never: more than [`GAPS_MAX`] waiting segments or the bytes it may hold, or a byte left behind in freed memory.

use crate::limits::{GAPS_MAX, HELLO_BYTES_MAX};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// Bytes from a known sequence number on. Everything is overwritten with zeros before its memory is given back.
#[derive(Default)]
pub struct Assembler {
    next: u32,
    bytes: Zeroizing<Vec<u8>>,
    waiting: Vec<(u32, Zeroizing<Vec<u8>>)>,
    held: usize,
    most: usize,
}

impl Assembler {
    /// Starts with a first segment.
    pub fn begin(sequence: u32, payload: &[u8]) -> Self {
        let mut new = Self::within(HELLO_BYTES_MAX, sequence);
        new.push(sequence, payload);
        new
    }

    /// Starts with nothing before this sequence number, to hold at most so many bytes.
    pub fn within(most: usize, sequence: u32) -> Self {
        Self {
            next: sequence,
            most,
            ..Self::default()
        }
    }

    /// Sequence number of the next byte.
    pub const fn next(&self) -> u32 {
        self.next
    }

    /// Whether nothing is held, so that the next segment can be read where it is.
    pub const fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Goes on behind a segment that was read where it is.
    pub const fn pass(&mut self, count: usize) {
        self.next = self.next.wrapping_add(count as u32);
    }

    /// Erases bytes at the start that are done with.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.bytes.len());
        let left = self.bytes.len() - count;
        self.bytes.copy_within(count.., 0);
        if let Some(behind) = self.bytes.get_mut(left..) {
            behind.zeroize();
        }
        self.bytes.truncate(left);
        self.held -= count;
    }

    /// Adds a segment, in whatever order it comes. `false` once a bound is reached: give up.
    pub fn push(&mut self, sequence: u32, payload: &[u8]) -> bool {
        let known = usize::try_from(self.offset(sequence)).unwrap_or_default();
        let payload = payload.get(known..).unwrap_or_default();
        let sequence = sequence.wrapping_add(known as u32);
        if payload.is_empty() {
            return true;
        }
        if self.held + payload.len() > self.most {
            return false;
        }
        if self
            .waiting
            .iter()
            .any(|(s, p)| *s == sequence && p.len() >= payload.len())
        {
            return true;
        }
        if !self.append(sequence, payload) {
            if self.waiting.len() == GAPS_MAX {
                return false;
            }
            self.held += payload.len();
            self.waiting
                .push((sequence, Zeroizing::new(payload.to_vec())));
            return true;
        }
        while let Some(at) = self.waiting.iter().position(|(s, _)| self.offset(*s) >= 0) {
            let (sequence, payload) = self.waiting.swap_remove(at);
            self.held -= payload.len();
            self.append(sequence, &payload);
        }
        true
    }

    /// How far behind the next byte a sequence number lies; negative where there is a gap before it.
    const fn offset(&self, sequence: u32) -> i32 {
        self.next.wrapping_sub(sequence).cast_signed()
    }

    /// Appends what is new of a segment that leaves no gap; what was there first stays.
    fn append(&mut self, sequence: u32, payload: &[u8]) -> bool {
        let Ok(known) = usize::try_from(self.offset(sequence)) else {
            return false;
        };
        if let Some(new) = payload.get(known..) {
            self.grow(new.len());
            self.bytes.extend_from_slice(new);
            self.held += new.len();
            self.next = self.next.wrapping_add(new.len() as u32);
        }
        true
    }

    /// Makes room by moving to a larger buffer, so that the old one can be overwritten first.
    fn grow(&mut self, more: usize) {
        let wanted = self.bytes.len() + more;
        if wanted > self.bytes.capacity() {
            let mut larger = Vec::with_capacity(wanted.next_power_of_two());
            larger.extend_from_slice(&self.bytes);
            // The old buffer is zeroed as it is dropped.
            self.bytes = Zeroizing::new(larger);
        }
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Overwrites everything held with zeros and lets go of it; dropping does the same.
    pub fn erase(&mut self) {
        self.bytes.zeroize();
        self.waiting.clear();
        self.held = 0;
    }
}

/// Lengths only: what is held does not get into messages.
impl fmt::Debug for Assembler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembler")
            .field("bytes", &self.bytes.len())
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_in_any_order_give_the_stream_and_a_flood_is_refused() {
        let mut a = Assembler::begin(u32::MAX - 1, b"ab");
        assert!(a.push(4, b"gh"));
        assert!(a.push(2, b"ef"));
        assert!(
            a.push(u32::MAX, b"bcd"),
            "an overlap keeps what was there first"
        );
        assert_eq!(a.bytes(), b"abcdefgh");
        assert!(!a.push(6, &[0; HELLO_BYTES_MAX]));
        assert!((0..GAPS_MAX as u32).all(|i| a.push(100 + 2 * i, b"x")));
        assert!(!a.push(200, b"x"));
    }

    #[test]
    fn what_is_consumed_makes_room_and_the_rest_goes_on() {
        let mut a = Assembler::within(8, 10);
        assert!(a.is_empty() && a.push(10, b"abcdef") && a.push(18, b"i"));
        assert!(!a.push(16, b"gh"), "nine bytes are more than eight");
        a.consume(4);
        assert_eq!((a.bytes(), a.next()), (&b"ef"[..], 16));
        assert!(a.push(16, b"gh"));
        assert_eq!((a.bytes(), a.next()), (&b"efghi"[..], 19));
        a.consume(99);
        assert!(a.is_empty());
        a.pass(2);
        assert!(a.push(21, b"x") && !a.is_empty());
    }
}
