//! Sessions of mail and file transfer as captures: made ones, and those of the test data with other addresses. In: lines. Out: a capture over the border, and the names in it.

use crate::captures::{ABROAD, HEADER};
use sakimori_testkit::capture::packets;
use sakimori_testkit::{data, files_below};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// 2027-04-01T00:00:00Z.
const BEGIN_S: u32 = 1_806_537_600;

/// What a client sent to a port, and the names in it.
pub(crate) struct Session {
    port: u16,
    segments: Vec<Vec<u8>>,
    names: Vec<String>,
}

impl Session {
    fn of(port: u16, segments: &[&str], names: &[&str]) -> Self {
        Self {
            port,
            segments: segments
                .iter()
                .map(|text| text.as_bytes().to_vec())
                .collect(),
            names: names.iter().map(ToString::to_string).collect(),
        }
    }

    /// Made ones: SMTP, IMAP, POP3, FTP.
    pub(crate) fn made() -> Vec<Self> {
        vec![
            Self::of(
                25,
                &[
                    "EHLO mx.relay.invalid\r\n",
                    "MAIL FROM:<Hanako.Sato@sender.invalid> SIZE=9\r\nRCPT TO:<jiro.tanaka@receiver.invalid>\r\n",
                    "RCPT TO:<\"Saburo Ito\"@receiver.invalid>\r\nDATA\r\nSubject: x\r\n\r\nbody\r\n.\r\n",
                ],
                &[
                    "hanako.sato@sender.invalid",
                    "jiro.tanaka@receiver.invalid",
                    "saburo ito@receiver.invalid",
                ],
            ),
            Self::of(
                587,
                &[
                    "EHLO a\r\nAUTH PLAIN AHNoaXJvLmthdG8AcGFzcw==\r\nMAIL FROM:<shiro.kato@sender.invalid>\r\n",
                ],
                &["shiro.kato@sender.invalid", "shiro.kato"],
            ),
            Self::of(
                143,
                &["a1 LOGIN goro.yamada \"hunter2\"\r\n"],
                &["goro.yamada"],
            ),
            Self::of(
                110,
                &["USER rokuro.mori\r\n", "PASS hunter2\r\n"],
                &["rokuro.mori"],
            ),
            Self::of(
                21,
                &["USER nanako.abe\r\nPASS hunter2\r\n"],
                &["nanako.abe"],
            ),
        ]
    }

    /// Those of the test data whose client begins with a command: the client's bytes in the order of their packets.
    pub(crate) fn captured(test: &str) -> Vec<Self> {
        let Some(parse) = data(test, "parse") else {
            return Vec::new();
        };
        let mut sessions = Vec::new();
        for path in files_below(&parse) {
            let mut sides: BTreeMap<_, Vec<Vec<u8>>> = BTreeMap::new();
            for captured in packets(&path).unwrap_or_default() {
                if let Some((ends, port, payload)) = segment(captured.link, &captured.bytes)
                    && !payload.is_empty()
                    && matches!(port, 21 | 25 | 110 | 143 | 587)
                {
                    sides
                        .entry((ends, port))
                        .or_default()
                        .push(payload.to_vec());
                }
            }
            for ((_, port), segments) in sides {
                let names = names(&segments.concat());
                if !names.is_empty() && segments.iter().all(|s| s.len() < 60_000) {
                    sessions.push(Self {
                        port,
                        segments,
                        names,
                    });
                }
            }
        }
        sessions
    }
}

/// Addresses and source port, destination port, and payload of a TCP segment over IPv4 and Ethernet.
fn segment(link: u32, bytes: &[u8]) -> Option<([u8; 10], u16, &[u8])> {
    let ip = bytes
        .get(14..)
        .filter(|_| link == 1 && bytes.get(12..14) == Some(&[8, 0]))?;
    let header = usize::from(ip.first()? & 15) * 4;
    let length = usize::from(u16::from_be_bytes([*ip.get(2)?, *ip.get(3)?]));
    if *ip.get(9)? != 6 {
        return None;
    }
    let tcp = ip.get(header..length.min(ip.len()))?;
    let payload = tcp.get(usize::from(*tcp.get(12)? >> 4) * 4..)?;
    let mut ends = [0; 10];
    ends[..8].copy_from_slice(ip.get(12..20)?);
    ends[8..].copy_from_slice(tcp.get(..2)?);
    Some((
        ends,
        u16::from_be_bytes([*tcp.get(2)?, *tcp.get(3)?]),
        payload,
    ))
}

/// Names behind the words of the commands, before a message begins.
fn names(bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for line in bytes.split(|&b| b == b'\n') {
        let upper = line.to_ascii_uppercase();
        if upper.starts_with(b"DATA") || upper.starts_with(b"BDAT") {
            break;
        }
        for word in [&b"MAIL FROM:"[..], b"RCPT TO:", b"USER "] {
            if let Some(rest) = upper
                .strip_prefix(word)
                .map(|_| line[word.len()..].trim_ascii())
            {
                let end = rest
                    .iter()
                    .position(|b| b" >\r".contains(b))
                    .unwrap_or(rest.len());
                let name = rest[..end].strip_prefix(b"<").unwrap_or(&rest[..end]);
                names.extend(std::str::from_utf8(name).ok().map(str::to_lowercase));
            }
        }
    }
    // Words that documents of every node hold say nothing, nor do short ones.
    names.retain(|name| name.len() >= 8 && name != "anonymous");
    names
}

/// Writes the sessions as connections from home to abroad; returns their names, each once.
pub(crate) fn write(path: &Path, sessions: &[Session]) -> Vec<String> {
    let mut out = HEADER.to_vec();
    let mut at = 0u32;
    for (number, session) in sessions.iter().enumerate() {
        let (home, [a, b, c]) = ([133, 1, (number >> 8) as u8, number as u8], ABROAD);
        let away = [a, b, c, (number % 200) as u8];
        let ports = [20_000 + number as u16, session.port];
        let mut sequence = 1;
        let mut send = |flags: u8, sequence: u32, payload: &[u8]| {
            let mut frame = vec![
                2, 0x5a, 0x4b, 0, 0, 2, 2, 0x5a, 0x4b, 0, 0, 1, 8, 0, 0x45, 0,
            ];
            frame.extend(((40 + payload.len()) as u16).to_be_bytes());
            frame.extend([0, 1, 0x40, 0, 64, 6, 0, 0]);
            frame.extend(home.iter().chain(&away));
            frame.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
            frame.extend(sequence.to_be_bytes());
            frame.extend([0, 0, 0, 0, 0x50, flags, 0x20, 0, 0, 0, 0, 0]);
            frame.extend(payload);
            at += 1;
            let length = (frame.len() as u32).to_le_bytes();
            out.extend((BEGIN_S + at / 1000).to_le_bytes());
            out.extend((at % 1000 * 1000).to_le_bytes());
            out.extend(length);
            out.extend(length);
            out.extend(frame);
        };
        send(2, 0, &[]);
        for segment in &session.segments {
            send(0x18, sequence, segment);
            sequence += segment.len() as u32;
        }
        send(0x11, sequence, &[]);
    }
    fs::write(path, out).unwrap();
    let mut names: Vec<String> = sessions
        .iter()
        .flat_map(|s| s.names.iter().cloned())
        .collect();
    names.sort();
    names.dedup();
    names
}
