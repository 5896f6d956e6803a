//! pcapng: blocks in sections. In: unread bytes. Out: steps. Never: a block that is kept for anything but its packet or its interface.

use super::{Captured, Step, word};
use crate::limits::{BLOCK_BYTES_MAX, INTERFACES_MAX, PACKET_BYTES_MAX, TIME_MS_MAX};
use sakimori_custody::window::EndStatus;
use sakimori_wire::LinkType;

const SECTION: u32 = 0x0a0d_0d0a;

/// An interface of the section.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: LinkType,
    snap: u32,
    resolution: Resolution,
    /// Seconds to add (`if_tsoffset`).
    offset: u64,
}

/// Units of time stamps (`if_tsresol`): per second, a power of ten or of two.
#[derive(Clone, Copy, Debug)]
enum Resolution {
    Ten(u8),
    Two(u8),
}

/// Byte order and interfaces of the current section.
#[derive(Debug, Default)]
pub(super) struct Pcapng {
    big: bool,
    interfaces: Vec<Interface>,
}

impl Pcapng {
    pub(super) fn step(&mut self, bytes: &[u8]) -> Step {
        if bytes.len() < 12 {
            return Step::Need(12);
        }
        if word(bytes, 0, true) == Some(SECTION) {
            match word(bytes, 8, true) {
                Some(0x1a2b_3c4d) => self.big = true,
                Some(0x4d3c_2b1a) => self.big = false,
                _ => return Step::Bad(EndStatus::Malformed),
            }
            self.interfaces.clear();
        }
        let number = |at| word(bytes, at, self.big).unwrap_or_default();
        let (kind, told) = (number(0), number(4) as usize);
        // Lengths are multiples of four; writers that forget it are forgiven, as Wireshark does.
        let length = told.next_multiple_of(4);
        if told < 12 || length > BLOCK_BYTES_MAX {
            return Step::Bad(EndStatus::Malformed);
        }
        if !matches!(kind, SECTION | 1 | 2 | 3 | 6) {
            return Step::Skip(length);
        }
        let Some(block) = bytes.get(..length) else {
            return Step::Need(length);
        };
        if word(block, length - 4, self.big) != Some(told as u32) {
            return Step::Bad(EndStatus::Malformed);
        }
        let body = block.get(8..length - 4).unwrap_or_default();
        match kind {
            SECTION => Step::Skip(length),
            1 => self
                .interface(body)
                .map_or(Step::Bad(EndStatus::Malformed), |()| Step::Skip(length)),
            _ => self
                .packet(kind, body)
                .map_or(Step::Bad(EndStatus::Malformed), |packet| {
                    Step::Packet(packet, length)
                }),
        }
    }

    /// An interface description: link type, snap length, options.
    fn interface(&mut self, body: &[u8]) -> Option<()> {
        if self.interfaces.len() == INTERFACES_MAX {
            return None;
        }
        let half = |at: usize| {
            let two = *body.get(at..)?.first_chunk()?;
            Some(if self.big {
                u16::from_be_bytes(two)
            } else {
                u16::from_le_bytes(two)
            })
        };
        let mut new = Interface {
            link: LinkType(u32::from(half(0)?)),
            snap: word(body, 4, self.big)?,
            resolution: Resolution::Ten(6),
            offset: 0,
        };
        let mut at = 8;
        while let (Some(code @ 1..), Some(length)) = (half(at), half(at + 2)) {
            let value = body
                .get(at + 4..at + 4 + usize::from(length))
                .unwrap_or_default();
            match (code, value) {
                (9, &[power]) if power & 0x80 != 0 => {
                    new.resolution = Resolution::Two(power & 0x7f);
                }
                (9, &[power]) => new.resolution = Resolution::Ten(power),
                (14, eight) if eight.len() == 8 => {
                    let halves = word(eight, 0, self.big).zip(word(eight, 4, self.big));
                    let (first, second) = halves.unwrap_or_default();
                    let (high, low) = if self.big {
                        (first, second)
                    } else {
                        (second, first)
                    };
                    new.offset = u64::from(high) << 32 | u64::from(low);
                }
                _ => {}
            }
            at += 4 + usize::from(length).next_multiple_of(4);
        }
        self.interfaces.push(new);
        Some(())
    }

    /// An enhanced (6), simple (3) or old (2) packet block.
    fn packet(&self, kind: u32, body: &[u8]) -> Option<Captured> {
        let number = |at| word(body, at, self.big);
        let (interface, at, length, ticks) = if kind == 3 {
            let interface = *self.interfaces.first()?;
            let snap = if interface.snap == 0 {
                u32::MAX
            } else {
                interface.snap
            };
            (interface, 4, number(0)?.min(snap), 0)
        } else {
            let first = number(0)?;
            let id = match (kind, self.big) {
                (6, _) => first,
                (_, true) => first >> 16,
                (_, false) => first & 0xffff,
            };
            let ticks = u64::from(number(4)?) << 32 | u64::from(number(8)?);
            (*self.interfaces.get(id as usize)?, 20, number(12)?, ticks)
        };
        let length = length as usize;
        let fits = length <= PACKET_BYTES_MAX && body.len() >= at + length;
        fits.then(|| Captured {
            at: at + 8,
            length,
            link: interface.link,
            millis: interface.millis(ticks),
        })
    }
}

impl Interface {
    fn millis(&self, ticks: u64) -> u64 {
        let ticks = u128::from(ticks);
        let millis = match self.resolution {
            Resolution::Ten(power) if power <= 3 => ticks * 10u128.pow(u32::from(3 - power)),
            Resolution::Ten(power) => 10u128
                .checked_pow(u32::from(power - 3))
                .map_or(0, |d| ticks / d),
            Resolution::Two(power) => (ticks * 1000).checked_shr(u32::from(power)).unwrap_or(0),
        };
        let whole = millis.saturating_add(u128::from(self.offset) * 1000);
        u64::try_from(whole).unwrap_or(u64::MAX).min(TIME_MS_MAX)
    }
}
