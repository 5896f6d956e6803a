//! Made traffic: conversations of every kind whose bytes the sensor looks at, from small numbers that proptest can shrink.

use sakimori_testkit::capture::Captured;

/// A stream of numbers from a seed (`SplitMix64`).
#[derive(Clone)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// A conversation: its kind, the client's last address byte and port, and a seed for the rest.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub(crate) kind: u8,
    pub(crate) host: u8,
    pub(crate) port: u16,
    pub(crate) seed: u64,
}

/// Packets of the conversations, in turns, a few hundred milliseconds apart.
pub(crate) fn packets(talks: &[Talk]) -> Vec<Captured> {
    let mut queues: Vec<_> = talks.iter().map(|talk| frames(talk).into_iter()).collect();
    let (mut out, mut millis) = (Vec::new(), 1_800_000_000_000u64);
    while !queues.is_empty() {
        for queue in &mut queues {
            if let Some(bytes) = queue.next() {
                millis += 1 + bytes.len() as u64;
                out.push(Captured {
                    link: 1,
                    millis,
                    bytes,
                });
            }
        }
        queues.retain(|queue| queue.len() > 0);
    }
    out
}

/// A connection between two hosts of which the client sends these segments and the server those, in turns.
pub(crate) fn exchange(
    hosts: ([u8; 4], [u8; 4]),
    ports: (u16, u16),
    asks: &[Vec<u8>],
    answers: &[Vec<u8>],
) -> Vec<Captured> {
    let ends = Ends {
        client: hosts.0,
        server: hosts.1,
        ports,
    };
    let frames = ends.tcp(asks, answers).into_iter().zip(1_800_000_000_000..);
    let packet = |(bytes, millis)| Captured {
        link: 1,
        millis,
        bytes,
    };
    frames.map(packet).collect()
}

/// One connection to a port, in which the client sends these segments.
pub(crate) fn conversation(port: u16, segments: &[Vec<u8>]) -> Vec<Captured> {
    let ends = Ends {
        client: [133, 11, 0, 7],
        server: [8, 8, 4, 4],
        ports: (4000, port),
    };
    let frames = ends.tcp(segments, &[]).into_iter().zip(1_800_000_000_000..);
    let packet = |(bytes, millis)| Captured {
        link: 1,
        millis,
        bytes,
    };
    frames.map(packet).collect()
}

struct Ends {
    client: [u8; 4],
    server: [u8; 4],
    ports: (u16, u16),
}

fn frames(talk: &Talk) -> Vec<Vec<u8>> {
    let mut numbers = Numbers(talk.seed);
    let server_port = match talk.kind {
        0 | 1 => 53,
        2..=4 => 443,
        5 | 6 => 80,
        7 => [123, 161, 5060, 443, 9999][numbers.below(5)],
        _ => 20 + numbers.below(9000) as u16,
    };
    let ends = Ends {
        client: [133, 11, 0, talk.host],
        server: [8, 8, 4, talk.host / 2],
        ports: (1024 | talk.port, server_port),
    };
    match talk.kind {
        0 => vec![
            ends.udp(true, &question(&mut numbers, false)),
            ends.udp(false, &question(&mut numbers, true)),
        ],
        1 => {
            let message = question(&mut numbers, false);
            let whole = [&(message.len() as u16).to_be_bytes()[..], &message].concat();
            ends.tcp(&[whole], &[numbers_of(&mut numbers)])
        }
        2 => ends.tcp(
            &[hello(&mut numbers)],
            &[answer(&mut numbers), numbers_of(&mut numbers)],
        ),
        3 => {
            let hello = hello(&mut numbers);
            let (one, two) = hello.split_at(numbers.below(hello.len()));
            ends.tcp(
                &[one.to_vec(), two.to_vec(), numbers_of(&mut numbers)],
                &[answer(&mut numbers)],
            )
        }
        4 => {
            let change = [0x14, 3, 3, 0, 1, 1].to_vec();
            let second = [change, hello(&mut numbers)].concat();
            ends.tcp(&[hello(&mut numbers), second], &[answer(&mut numbers)])
        }
        5 => ends.tcp(
            &[request(&mut numbers)],
            &[
                b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
                numbers_of(&mut numbers),
            ],
        ),
        6 => {
            let request = request(&mut numbers);
            let (one, two) = request.split_at(numbers.below(request.len()));
            ends.tcp(&[one.to_vec(), two.to_vec()], &[numbers_of(&mut numbers)])
        }
        7 => vec![
            ends.udp(true, &numbers_of(&mut numbers)),
            ends.udp(false, &numbers_of(&mut numbers)),
        ],
        8 => {
            let mut echo = vec![8, 0, 0, 0];
            echo.extend(numbers_of(&mut numbers));
            vec![ends.ip(true, 1, &echo), ends.ip(true, 50, &echo)]
        }
        _ => ends.tcp(
            &[numbers_of(&mut numbers), numbers_of(&mut numbers)],
            &[numbers_of(&mut numbers)],
        ),
    }
}

impl Ends {
    fn ip(&self, out: bool, protocol: u8, body: &[u8]) -> Vec<u8> {
        let (from, to) = if out {
            (self.client, self.server)
        } else {
            (self.server, self.client)
        };
        let mut frame = vec![2; 12];
        frame.extend_from_slice(&[8, 0, 0x45, 0]);
        frame.extend_from_slice(&((20 + body.len()) as u16).to_be_bytes());
        frame.extend_from_slice(&[0, 0, 0, 0, 64, protocol, 0, 0]);
        frame.extend_from_slice(&from);
        frame.extend_from_slice(&to);
        frame.extend_from_slice(body);
        frame
    }

    fn ports(&self, out: bool) -> Vec<u8> {
        let (from, to) = if out {
            self.ports
        } else {
            (self.ports.1, self.ports.0)
        };
        [from.to_be_bytes(), to.to_be_bytes()].concat()
    }

    fn udp(&self, out: bool, payload: &[u8]) -> Vec<u8> {
        let mut body = self.ports(out);
        body.extend_from_slice(&((8 + payload.len()) as u16).to_be_bytes());
        body.extend_from_slice(&[0, 0]);
        body.extend_from_slice(payload);
        self.ip(out, 17, &body)
    }

    fn segment(&self, out: bool, flags: u8, sequence: u32, payload: &[u8]) -> Vec<u8> {
        let mut body = self.ports(out);
        body.extend_from_slice(&sequence.to_be_bytes());
        body.extend_from_slice(&[0, 0, 0, 0, 0x50, flags, 16, 0, 0, 0, 0, 0]);
        body.extend_from_slice(payload);
        self.ip(out, 6, &body)
    }

    /// A connection: handshake, both sides' segments in turns, end.
    fn tcp(&self, asks: &[Vec<u8>], answers: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut frames = vec![
            self.segment(true, 2, 99, &[]),
            self.segment(false, 18, 999, &[]),
        ];
        let (mut asked, mut answered) = (100, 1000);
        for turn in 0..asks.len().max(answers.len()) {
            if let Some(payload) = asks.get(turn) {
                frames.push(self.segment(true, 24, asked, payload));
                asked += payload.len() as u32;
            }
            if let Some(payload) = answers.get(turn) {
                frames.push(self.segment(false, 24, answered, payload));
                answered += payload.len() as u32;
            }
        }
        frames.push(self.segment(true, 17, asked, &[]));
        frames.push(self.segment(false, 17, answered, &[]));
        frames
    }
}

/// Bytes without sense, sometimes with the beginning of a protocol.
fn numbers_of(numbers: &mut Numbers) -> Vec<u8> {
    let marks: [&[u8]; 9] = [
        b"",
        b"SSH-2.0-x\r\n",
        b"220 hello\r\n",
        b"GET ",
        b"\x16\x03\x01",
        b"POST /",
        b"\x00\x00\x00\x40\xfeSMB",
        b"MAIL FROM:",
        b"H",
    ];
    let mut bytes = marks[numbers.below(marks.len())].to_vec();
    let more = numbers.below(200);
    bytes.extend(numbers.bytes(more));
    if bytes.is_empty() { vec![0] } else { bytes }
}

fn text(numbers: &mut Numbers, most: usize) -> Vec<u8> {
    let length = 1 + numbers.below(most);
    (0..length)
        .map(|_| b'a' + numbers.below(26) as u8)
        .collect()
}

fn question(numbers: &mut Numbers, answer: bool) -> Vec<u8> {
    let mut message = numbers.bytes(2);
    message.extend_from_slice(&[
        if answer { 0x81 } else { 1 },
        if answer { 0x83 } else { 0 },
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
    ]);
    for _ in 0..=numbers.below(4) {
        let label = text(numbers, 30);
        message.push(label.len() as u8);
        message.extend(label);
    }
    message.extend_from_slice(&[0, 0, [1, 28, 16][numbers.below(3)], 0, 1]);
    let more = numbers.below(60);
    message.extend(numbers.bytes(more));
    message
}

fn request(numbers: &mut Numbers) -> Vec<u8> {
    let method = ["GET", "POST", "PROPFIND", "X-Y"][numbers.below(4)];
    let mut bytes = format!("{method} /").into_bytes();
    bytes.extend(text(numbers, 60));
    bytes.extend_from_slice(b" HTTP/1.1\r\n");
    for name in ["Host", "User-Agent", "Cookie", "X"] {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend(text(numbers, 80));
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    let more = numbers.below(100);
    bytes.extend(numbers.bytes(more));
    bytes
}

fn list(kind: u16, value: &[u8]) -> Vec<u8> {
    [
        &kind.to_be_bytes()[..],
        &(value.len() as u16).to_be_bytes(),
        value,
    ]
    .concat()
}

pub(crate) fn hello(numbers: &mut Numbers) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend(numbers.bytes(32));
    let session = numbers.below(33);
    body.push(session as u8);
    body.extend(numbers.bytes(session));
    let ciphers = 2 * (1 + numbers.below(20));
    body.extend_from_slice(&(ciphers as u16).to_be_bytes());
    body.extend(numbers.bytes(ciphers));
    body.extend_from_slice(&[1, 0]);
    let name = text(numbers, 40);
    let entry = [&[0][..], &(name.len() as u16).to_be_bytes(), &name].concat();
    let names = [&(entry.len() as u16).to_be_bytes()[..], &entry].concat();
    let share = numbers.bytes(100);
    let mut extensions = Vec::new();
    for (kind, value) in [
        (0u16, names.as_slice()),
        (13, &[0, 4, 4, 3, 8, 4]),
        (16, &[0, 3, 2, b'h', b'2']),
        (43, &[2, 3, 4]),
        (51, &share),
        (numbers.next() as u16 | 0x100, &[1, 2, 3]),
    ] {
        if numbers.below(8) > 0 {
            extensions.extend(list(kind, value));
        }
    }
    body.extend(list(0, &extensions).split_off(2));
    let mut message = vec![1, 0];
    message.extend_from_slice(&(body.len() as u16).to_be_bytes());
    message.extend(body);
    let mut record = vec![0x16, 3, 1];
    record.extend_from_slice(&(message.len() as u16).to_be_bytes());
    record.extend(message);
    record
}

/// A server's hello, as far as its bytes matter.
fn answer(numbers: &mut Numbers) -> Vec<u8> {
    let body = numbers.bytes(80);
    let mut record = vec![0x16, 3, 3, 0, 84, 2, 0, 0, 80];
    record.extend(body);
    record
}
