//! Which bytes of a capture are content (design 6.8): they feed no field of the record and no selector of the pack. In: packets in their order. Out: the
//! places that a twin may change, and how. Never: a place that the documentation of `wire` names as deciding; where that is not certain, the byte counts as deciding.
//!
//! Written from the documentation of `wire::application`, `dns`, `tls` and `http`, not with their code, but for finding the payload and asking whether a parser wants more.

use sakimori_testkit::capture::Captured;
use sakimori_wire::identifiers::Commands;
use sakimori_wire::{Incomplete, IpPacket, LinkType, Packet, application, dns, packet};
use std::collections::HashMap;

/// How a place may change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum May {
    /// Any byte.
    Any,
    /// Any byte but a line end: lines tell where a request's first line and its headers end.
    NoLineEnd,
    /// Any byte but a dot: a label with a dot is no name.
    NoDot,
}

/// First bytes of a payload that the tests of `application` may read.
const PREFIX: usize = application::PREFIX_BYTES;
/// Bytes of a side that may be put together behind a segment that is not complete: four times what the sensor holds, for retransmissions.
const TOGETHER: usize = 64 << 10;

/// What was seen of one side of a connection.
#[derive(Default)]
struct Side {
    /// Bytes that may still be put together with earlier ones.
    together: usize,
    /// A request's head is not complete, and names are asked for.
    head: bool,
    /// Whether it speaks commands with identifiers.
    speaks: Speaks,
}

/// How far the commands of a side were read.
#[derive(Default)]
enum Speaks {
    /// No payload came yet.
    #[default]
    New,
    /// So far: the machine, the next sequence number, what is not used yet.
    Commands(Box<(Option<Commands>, u32, Vec<u8>)>),
    /// Nothing is read of it any more, or never was.
    Nothing,
    /// Segments are missing or out of order: it is not followed, and nothing of it counts as content.
    Lost,
}

impl Speaks {
    /// From where on a payload's bytes are no command's.
    fn follow(&mut self, ip: &IpPacket<'_>) -> usize {
        let (payload, all) = (ip.payload, ip.payload.len());
        let could_begin = Commands::begin(payload).map(|_| ()) != Err(Incomplete::Malformed);
        match self {
            Self::New if could_begin => {
                *self = Self::Commands(Box::new((None, ip.tcp_sequence, Vec::new())));
                self.follow(ip)
            }
            Self::New => {
                *self = Self::Nothing;
                0
            }
            // A flow may have ended in between, and a new one begin with these bytes.
            Self::Nothing if could_begin => {
                *self = Self::Lost;
                all
            }
            Self::Nothing => 0,
            Self::Lost => all,
            Self::Commands(state) => {
                let (commands, next, held) = state.as_mut();
                if *next != ip.tcp_sequence {
                    *self = Self::Lost;
                    return all;
                }
                *next = next.wrapping_add(all as u32);
                held.extend_from_slice(payload);
                if commands.is_none() {
                    match Commands::begin(held) {
                        Ok(begun) => *commands = Some(begun),
                        Err(Incomplete::Truncated) => return all,
                        Err(Incomplete::Malformed) => {
                            *self = Self::Lost;
                            return all;
                        }
                    }
                }
                let Some(commands) = commands else {
                    return all;
                };
                let progress = commands.read(held, &mut |_, _| {});
                let before = held.len() - all;
                held.drain(..progress.used);
                if !progress.ended {
                    return all;
                }
                *self = Self::Nothing;
                progress.used.saturating_sub(before).min(all)
            }
        }
    }
}

/// Finds the content of a capture's packets, one after the other.
pub(crate) struct Mask {
    /// Whether the pack asks for names.
    names: bool,
    /// Whether identifiers are looked for.
    identify: bool,
    sides: HashMap<([u8; 16], [u8; 16], u16, u16), Side>,
}

impl Mask {
    pub(crate) fn new(names: bool, identify: bool) -> Self {
        Self {
            names,
            identify,
            sides: HashMap::new(),
        }
    }

    /// The places of a packet's content, as offsets in the frame.
    pub(crate) fn content(&mut self, captured: &Captured) -> Vec<(usize, May)> {
        let Ok(Packet::Ip(ip)) = packet(LinkType(captured.link), &captured.bytes) else {
            return Vec::new();
        };
        let at = ip
            .payload
            .as_ptr()
            .addr()
            .wrapping_sub(captured.bytes.as_ptr().addr());
        if ip.payload.is_empty() || at + ip.payload.len() > captured.bytes.len() {
            return Vec::new();
        }
        let mut places = match ip.protocol {
            // What cannot be read as a tunnel stays what it is; its bytes decide that.
            4 | 41 | 47 | 143 => Vec::new(),
            17 => datagram(&ip),
            6 => self.segment(&ip),
            _ => any(0, ip.payload.len()),
        };
        for (place, _) in &mut places {
            *place += at;
        }
        places
    }

    fn segment(&mut self, ip: &IpPacket<'_>) -> Vec<(usize, May)> {
        let payload = ip.payload;
        let key = (
            ip.source,
            ip.destination,
            ip.source_port,
            ip.destination_port,
        );
        let side = self.sides.entry(key).or_default();
        let mut read = segment_alone(ip, self.names);
        let bound = side.together > 0 || side.head;
        side.together = side.together.saturating_sub(payload.len());
        if read.more {
            side.together = TOGETHER;
        }
        // A head that goes on is put together for as long as it takes.
        side.head |= self.names && read.more && looks_like_request(payload);
        if bound {
            read.places.clear();
        }
        if self.identify {
            let from = side.speaks.follow(ip);
            read.places.retain(|(at, _)| *at >= from);
        }
        read.places
    }
}

fn any(from: usize, to: usize) -> Vec<(usize, May)> {
    (from..to).map(|at| (at, May::Any)).collect()
}

fn datagram(ip: &IpPacket<'_>) -> Vec<(usize, May)> {
    let payload = ip.payload;
    let port =
        |known: &[u16]| known.contains(&ip.source_port) || known.contains(&ip.destination_port);
    // Teredo, VXLAN with its extension, Geneve, GTP-U: an inner packet is looked for at any depth.
    if port(&[3544, 4789, 4790, 6081, 2152]) {
        return Vec::new();
    }
    if port(&[53, 5353, 5355]) {
        return question(payload);
    }
    any(PREFIX, payload.len())
}

/// A DNS message: the text of the first question's labels, and all that follows the question.
fn question(message: &[u8]) -> Vec<(usize, May)> {
    let mut places = Vec::new();
    if dns::message(message).is_err() {
        // Something in it is impossible; where the reading stopped is not asked.
        return any(12 + 256 + 4, message.len());
    }
    let mut at = 12;
    if message[4..6] != [0, 0] {
        while message[at] != 0 {
            let label = usize::from(message[at]);
            places.extend((at + 1..=at + label).map(|at| (at, May::NoDot)));
            at += label + 1;
        }
        at += 5;
    }
    places.extend(any(at, message.len()));
    places
}

/// What a segment's own bytes say.
struct Alone {
    places: Vec<(usize, May)>,
    /// More bytes may tell more: what follows is put together with it.
    more: bool,
}

fn segment_alone(ip: &IpPacket<'_>, names: bool) -> Alone {
    let payload = ip.payload;
    let on_dns =
        application::is_dns_port(ip.source_port) || application::is_dns_port(ip.destination_port);
    let whole = |places| Alone {
        places,
        more: false,
    };
    if matches!(payload[0], 0x14 | 0x16) {
        return hello(payload);
    }
    if on_dns {
        return match dns::over_tcp(payload) {
            Ok(_) => {
                let length = usize::from(u16::from_be_bytes([payload[0], payload[1]]));
                let mut places = question(&payload[2..2 + length]);
                for (at, _) in &mut places {
                    *at += 2;
                }
                places.retain(|(at, _)| *at >= PREFIX);
                whole(places)
            }
            Err(_) => Alone {
                places: Vec::new(),
                more: true,
            },
        };
    }
    if looks_like_request(payload) {
        return request(payload, names);
    }
    let read = application::over_tcp(ip.source_port, ip.destination_port, payload);
    let more = read.is_err();
    Alone {
        places: if more {
            Vec::new()
        } else {
            any(PREFIX, payload.len())
        },
        more,
    }
}

/// A token of capitals and a space: whether it is a request is told by its first line.
fn looks_like_request(payload: &[u8]) -> bool {
    let token = payload
        .iter()
        .take_while(|b| b.is_ascii_uppercase() || matches!(b, b'-' | b'_'));
    let length = token.count();
    (3..=20).contains(&length) && payload.get(length) == Some(&b' ')
}

/// The target of a request, its headers' values, its body. Line ends, the end of the first line and, where names are asked for, the headers' names decide.
fn request(payload: &[u8], names: bool) -> Alone {
    let mut places = Vec::new();
    let head = payload.len().min(8 << 10);
    let Some(line) = payload[..head].iter().position(|&b| b == b'\n') else {
        let target = payload.iter().position(|&b| b == b' ').unwrap_or(0) + 1;
        let to = head.saturating_sub(12).max(target);
        // Not complete: what follows may bring the line's end, unless it is too long already.
        places.extend((target.max(PREFIX)..to).map(|at| (at, May::NoLineEnd)));
        return Alone {
            places,
            more: payload.len() < 8 << 10,
        };
    };
    let target = payload.iter().position(|&b| b == b' ').unwrap_or(0) + 1;
    let ours = |at: &usize| payload[*at] != b'\n';
    places.extend((target..line.saturating_sub(11).max(target)).map(|at| (at, May::NoLineEnd)));
    if !names {
        places.extend(any(line + 1, payload.len()));
        return Alone {
            places,
            more: false,
        };
    }
    let (mut from, mut ended) = (line + 1, false);
    while let Some(length) = payload[from..head].iter().position(|&b| b == b'\n') {
        let text = &payload[from..from + length];
        if text.is_empty() || text == b"\r" {
            ended = true;
            from += length + 1;
            break;
        }
        // `Host:` is what a line is compared with; the rest of it is content, but for the carriage return.
        let value = (from + 5..(from + length).saturating_sub(1)).filter(ours);
        places.extend(value.map(|at| (at, May::NoLineEnd)));
        from += length + 1;
    }
    if ended {
        places.extend(any(from, payload.len()));
    }
    Alone {
        places,
        more: !ended,
    }
}

/// A client hello at the start of a record: random, session, and the values of extensions that JA4 does not name; without a server name's text and the first protocol's.
fn hello(payload: &[u8]) -> Alone {
    let mut places = Vec::new();
    let handshake = payload.starts_with(&[0x16, 3]) && payload.get(5) == Some(&1);
    let length = payload
        .get(3..5)
        .map_or(0, |two| usize::from(u16::from_be_bytes([two[0], two[1]])));
    let body = payload.get(6..9).map_or(0, |n| {
        usize::from(n[0]) << 16 | usize::from(n[1]) << 8 | usize::from(n[2])
    });
    let complete = length >= 4 && payload.len() >= 5 + length;
    if payload.starts_with(&[0x16, 3]) && complete && !handshake {
        // Another message, the server's: no hello begins here.
        return Alone {
            places: any(PREFIX, payload.len()),
            more: false,
        };
    }
    // One record with the whole message; other forms are left as they are, but for the random bytes.
    let one = complete && length == body + 4;
    if handshake && payload.len() >= 43 {
        places.extend(any(11, 43));
    }
    if handshake && one {
        places = inside(payload, 5 + length).unwrap_or_default();
        places.extend(any(11, 43));
        places.extend(any((5 + length).max(PREFIX), payload.len()));
    }
    Alone { places, more: !one }
}

fn inside(payload: &[u8], end: usize) -> Option<Vec<(usize, May)>> {
    let mut places = Vec::new();
    let byte = |at: usize| {
        payload
            .get(at)
            .map(|&b| usize::from(b))
            .filter(|_| at < end)
    };
    let two = |at: usize| Some(byte(at)? << 8 | byte(at + 1)?);
    let session = byte(43)?;
    places.extend(any(44, 44 + session));
    let mut at = 44 + session;
    at += 2 + two(at)?;
    at += 1 + byte(at)?;
    let extensions = (at + 2 + two(at)?).min(end);
    at += 2;
    while at + 4 <= extensions {
        let (kind, length) = (two(at)?, two(at + 2)?);
        let (from, to) = (at + 4, at + 4 + length);
        if to > extensions {
            return None;
        }
        match kind {
            13 | 16 | 43 => {}
            // List length, type, name length; a name of another type is left alone.
            0 => places.extend(
                (from + 5..to)
                    .filter(|_| payload[from + 2] == 0)
                    .map(|at| (at, May::NoDot)),
            ),
            _ => places.extend(any(from, to)),
        }
        at = to;
    }
    Some(places)
}
