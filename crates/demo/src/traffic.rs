//! A day of a small nation as a capture. In: a seed. Out: a pcap file, and what was hidden in it. Never: the same seed with other bytes; a clock, a network, a real
//! person's traffic.
//!
//! Some 300 households and desks look at sites at home and abroad, fetch mail, ask for updates and the time, hold connections open for notices and talk to peers. Mail servers
//! hand on messages; strangers knock. Among it, an implant calls a relay abroad all day, and in the evening a machine abroad scans a domestic range.

mod day;
mod dns;
mod frame;
mod hello;
mod nation;
mod random;
mod script;
mod talk;

use frame::PcapWriter;
use nation::Nation;
use random::Random;
use sakimori_custody::evidence::Behaviour;
use script::Script;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::net::IpAddr;
use talk::{Payload, Talk};

/// Begin of the day, seconds since 1970: 2027-04-01, midnight in Japan.
pub const DAY_BEGIN_S: u64 = 1_806_505_200;
/// Port that the scan tries.
const SCANNED_PORT: u16 = 23;
/// Noise of which payloads are cut, in bytes; longer than a packet.
const NOISE_BYTES: usize = 1 << 16;

/// What was hidden in the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// What a detector should call it.
    pub behaviour: Behaviour,
    /// Who does it.
    pub source: IpAddr,
    /// To whom; none for a horizontal scan.
    pub destination: Option<IpAddr>,
    /// On which port.
    pub port: u16,
}

/// What a day holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Packets written.
    pub packets: u64,
    /// Domestic machines.
    pub hosts: usize,
    /// What was hidden.
    pub truth: Vec<Planted>,
}

/// A conversation in the order of its next packet; ties go to the one that began first.
struct Due {
    number: u64,
    talk: Talk,
}

impl Due {
    const fn rank(&self) -> (u64, u64) {
        (self.talk.due, self.number)
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// Writes the day of `seed` as pcap (Ethernet, microseconds), packets in the order of time.
///
/// # Errors
/// Those of `out`: the environment failed; what was written is no whole capture.
///
/// # Cost
/// About 0.38 million packets and 130 MB in 0.15 s; memory for the conversations that are open at once, some MB.
pub fn write_day(seed: u64, out: &mut dyn Write) -> io::Result<Summary> {
    let nation = Nation::new(seed);
    let mut stage = Stage::new(seed, out)?;
    for session in day::plan(&nation, seed) {
        let begin = DAY_BEGIN_S * 1_000_000;
        stage.until(begin + session.at)?;
        stage.sessions += 1;
        let script = Script::new(&nation, begin, Random::new(seed, 4, stage.sessions));
        for talk in script.talks(&session) {
            stage.enter(talk);
        }
    }
    stage.until((DAY_BEGIN_S + 86_400) * 1_000_000)?;
    Ok(Summary {
        packets: stage.out.finish()?,
        hosts: nation.hosts.len(),
        truth: truth(&nation),
    })
}

fn truth(nation: &Nation) -> Vec<Planted> {
    let attack = nation.attack;
    let implanted = nation.hosts.get(attack.implanted);
    let beacon = implanted.map(|host| Planted {
        behaviour: Behaviour::Beacon,
        source: host.v4.into(),
        destination: Some(attack.relay.into()),
        port: 443,
    });
    let scan = Planted {
        behaviour: Behaviour::HorizontalScan,
        source: attack.scanner.into(),
        destination: None,
        port: SCANNED_PORT,
    };
    beacon.into_iter().chain([scan]).collect()
}

/// The conversations that are going on.
struct Stage<'w> {
    out: PcapWriter<'w>,
    open: BinaryHeap<Reverse<Due>>,
    entered: u64,
    sessions: u64,
    noise: Vec<u8>,
    random: Random,
    /// When the routers ask for each other next, in microseconds.
    asking: u64,
}

impl<'w> Stage<'w> {
    fn new(seed: u64, out: &'w mut dyn Write) -> io::Result<Self> {
        let mut random = Random::new(seed, 5, 0);
        Ok(Self {
            out: PcapWriter::new(out)?,
            open: BinaryHeap::new(),
            entered: 0,
            sessions: 0,
            noise: (0..NOISE_BYTES).map(|_| random.next() as u8).collect(),
            random,
            asking: DAY_BEGIN_S * 1_000_000,
        })
    }

    fn enter(&mut self, talk: Talk) {
        self.entered += 1;
        let number = self.entered;
        self.open.push(Reverse(Due { number, talk }));
    }

    /// Writes every packet before `micros`.
    fn until(&mut self, micros: u64) -> io::Result<()> {
        while self
            .open
            .peek()
            .is_some_and(|Reverse(due)| due.talk.due < micros)
        {
            let Some(Reverse(mut due)) = self.open.pop() else {
                break;
            };
            let at = due.talk.due;
            self.ask(at)?;
            if let Some((headers, payload)) = due.talk.next() {
                let bytes = self.payload(payload);
                self.out.ip(at, &headers, &bytes)?;
            }
            if !due.talk.is_over() {
                self.open.push(Reverse(due));
            }
        }
        Ok(())
    }

    fn ask(&mut self, at: u64) -> io::Result<()> {
        while self.asking <= at {
            self.out.arp(self.asking)?;
            self.asking += 5 * day::MINUTE;
        }
        Ok(())
    }

    fn payload(&mut self, payload: Payload) -> Vec<u8> {
        match payload {
            Payload::Nothing => Vec::new(),
            Payload::Bytes(bytes) => bytes,
            Payload::Noise(length) => self.cut(usize::from(length)).to_vec(),
            Payload::Sealed(length) => {
                let inside = length.saturating_sub(5);
                let mut bytes = vec![0x17, 3, 3];
                bytes.extend_from_slice(&inside.to_be_bytes());
                bytes.extend_from_slice(self.cut(usize::from(inside)));
                bytes
            }
        }
    }

    fn cut(&mut self, length: usize) -> &[u8] {
        let at = self
            .random
            .between(0, (NOISE_BYTES - length.min(NOISE_BYTES)) as u64) as usize;
        self.noise.get(at..at + length).unwrap_or_default()
    }
}
