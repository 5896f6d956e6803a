//! Capture files: pcap and pcapng, plain or gzip, from a file or an endless pipe. In: any `Read`. Out: batches of packet references into one
//! buffer. Never: a seek, a memory map, an allocation per packet, a byte kept behind the batch after the next read.
//!
//! Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng; counts agree with `capinfos` of Wireshark.

mod pcap;
mod pcapng;

use crate::limits::{BATCH_PACKETS, BLOCK_BYTES_MAX, READ_BYTES};
use sakimori_custody::window::EndStatus;
use sakimori_wire::LinkType;
use std::io::{self, Read};

/// A captured frame: where it stands in the buffer, and what the capture says of it.
#[derive(Clone, Copy, Debug)]
pub struct Captured {
    at: usize,
    length: usize,
    /// Link type.
    pub link: LinkType,
    /// Milliseconds since 1970 UTC.
    pub millis: u64,
}

/// What a step of a format's reader found at the start of the unread bytes.
enum Step {
    /// A packet; the record is this many bytes long in all.
    Packet(Captured, usize),
    /// Something that is no packet.
    Skip(usize),
    /// This many bytes are needed to go on.
    Need(usize),
    /// The input cannot be read any further.
    Bad(EndStatus),
}

enum Format {
    Unknown,
    Pcap(pcap::Pcap),
    Pcapng(pcapng::Pcapng),
}

/// What [`Capture::fill`] brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// Packets, or nothing yet: call again.
    More,
    /// The input ended.
    End(EndStatus),
}

/// Reads a capture.
pub struct Capture<R> {
    input: R,
    format: Format,
    buffer: Vec<u8>,
    /// First unread byte and end of the bytes read.
    at: usize,
    end: usize,
    /// Bytes to pass over before the next record.
    skip: usize,
    /// Offset in the (unpacked) input of `buffer[at]`.
    offset: u64,
    ended: bool,
}

impl<R: Read> Capture<R> {
    /// Starts before the first byte; the format is told by the first four.
    pub fn new(input: R) -> Self {
        Self {
            input,
            format: Format::Unknown,
            buffer: vec![0; READ_BYTES],
            at: 0,
            end: 0,
            skip: 0,
            offset: 0,
            ended: false,
        }
    }

    /// Fills `batch` with the next packets, at most [`BATCH_PACKETS`]. They stay readable by [`Capture::bytes`] until the next call.
    ///
    /// # Errors
    /// Those of the input; an interrupted read is tried again.
    pub fn fill(&mut self, batch: &mut Vec<Captured>) -> io::Result<Filled> {
        batch.clear();
        loop {
            let need = match self.steps(batch) {
                Ok(need) => need,
                Err(status) => return Ok(Filled::End(status)),
            };
            if !batch.is_empty() {
                return Ok(Filled::More);
            }
            if self.ended {
                let whole = self.end == self.at && self.skip == 0;
                let known = !matches!(self.format, Format::Unknown);
                return Ok(Filled::End(match (known, whole) {
                    (true, true) => EndStatus::Complete,
                    (true, false) => EndStatus::CutShort,
                    (false, _) => EndStatus::NotACapture,
                }));
            }
            if need > BLOCK_BYTES_MAX {
                return Ok(Filled::End(EndStatus::Malformed));
            }
            self.read(need)?;
        }
    }

    /// Takes whole records off the buffer until the batch is full; returns how many bytes the next one needs.
    fn steps(&mut self, batch: &mut Vec<Captured>) -> Result<usize, EndStatus> {
        loop {
            let passed = self.skip.min(self.end - self.at);
            self.advance(passed);
            self.skip -= passed;
            if self.skip > 0 || batch.len() == BATCH_PACKETS {
                return Ok(1);
            }
            let unread = self.buffer.get(self.at..self.end).unwrap_or_default();
            let step = match &mut self.format {
                Format::Pcap(pcap) => pcap.step(unread),
                Format::Pcapng(pcapng) => pcapng.step(unread),
                Format::Unknown => match unread.first_chunk() {
                    None => return Ok(4),
                    Some(magic) => {
                        self.format = Self::format(*magic).ok_or(EndStatus::NotACapture)?;
                        continue;
                    }
                },
            };
            match step {
                Step::Packet(mut packet, length) => {
                    packet.at += self.at;
                    batch.push(packet);
                    self.advance(length);
                }
                Step::Skip(length) => self.skip = length,
                Step::Need(length) => return Ok(length),
                Step::Bad(status) => {
                    // What was read before the damage is handed out first; the damage is met again with the next call.
                    return if batch.is_empty() { Err(status) } else { Ok(1) };
                }
            }
        }
    }

    fn format(magic: [u8; 4]) -> Option<Format> {
        if magic == [0x0a, 0x0d, 0x0d, 0x0a] {
            return Some(Format::Pcapng(pcapng::Pcapng::default()));
        }
        pcap::Pcap::new(magic).map(Format::Pcap)
    }

    fn advance(&mut self, bytes: usize) {
        self.at += bytes;
        self.offset += bytes as u64;
    }

    /// Moves the unread bytes to the front, reads more behind them, and overwrites what is left of those that were used.
    fn read(&mut self, need: usize) -> io::Result<()> {
        let used = self.end;
        self.buffer.copy_within(self.at..self.end, 0);
        self.end -= self.at;
        self.at = 0;
        if used < self.buffer.len() {
            // The input is slower than we are: nothing used stays behind while it is waited for. A full buffer is about to be filled again.
            self.zero(used);
        }
        if need > self.buffer.len() {
            self.buffer.resize(need.next_power_of_two(), 0);
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let read = loop {
            match self.input.read(room) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        match &read {
            Ok(0) => self.ended = true,
            Ok(count) => self.end += count,
            Err(_) => {}
        }
        self.zero(used);
        read.map(|_| ())
    }

    /// Overwrites the bytes from the end of what was read up to `used`.
    fn zero(&mut self, used: usize) {
        self.buffer
            .get_mut(self.end..used)
            .unwrap_or_default()
            .fill(0);
    }

    /// The bytes of a packet of the last batch.
    pub fn bytes(&self, packet: &Captured) -> &[u8] {
        self.buffer
            .get(packet.at..packet.at + packet.length)
            .unwrap_or_default()
    }

    /// Offset in the unpacked input of the first byte that has not been used.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Overwrites the buffer with zeros.
    pub fn erase(&mut self) {
        self.buffer.fill(0);
    }
}

/// The four bytes at `at` as a number in the file's byte order.
fn word(bytes: &[u8], at: usize, big: bool) -> Option<u32> {
    let four = *bytes.get(at..)?.first_chunk()?;
    Some(if big {
        u32::from_be_bytes(four)
    } else {
        u32::from_le_bytes(four)
    })
}

/// Unpacks gzip where the input begins with its magic number, else passes it on.
///
/// # Errors
/// Those of the input.
pub fn unpacked<R: Read + 'static>(mut input: R) -> io::Result<Box<dyn Read>> {
    let mut magic = [0; 2];
    let mut have = 0;
    while have < magic.len() {
        match input.read(magic.get_mut(have..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(count) => have += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let start = io::Cursor::new(magic).take(have as u64);
    if magic == [0x1f, 0x8b] {
        return Ok(Box::new(flate2::read::MultiGzDecoder::new(
            start.chain(input),
        )));
    }
    Ok(Box::new(start.chain(input)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one piece a read, then has nothing for the moment.
    struct Slow(Vec<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, place: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let piece = self.0.remove(0);
            place[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }

    #[test]
    fn nothing_used_stays_behind_while_a_slow_input_is_waited_for() {
        let mut head = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        head.extend([0, 0, 4, 0, 1, 0, 0, 0]);
        let mut packet = vec![1, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 100, 0, 0, 0];
        packet.extend([0xaa; 100]);
        let mut capture = Capture::new(Slow(vec![head, packet]));
        let mut batch = Vec::new();
        assert!(matches!(capture.fill(&mut batch), Ok(Filled::More)));
        assert_eq!(capture.bytes(&batch[0]), [0xaa; 100]);
        let waited = capture.fill(&mut batch).map(|_| ()).unwrap_err();
        assert_eq!(waited.kind(), io::ErrorKind::WouldBlock);
        assert!(!capture.buffer.contains(&0xaa));
    }
}
