//! Who lives in the small nation, and what is abroad. In: a seed. Out: hosts, services, the actors of the attack. Never: an address or name of a real party to an attack:
//! names are under `example` (RFC 2606); foreign addresses come from old /8 blocks that their owners use inside, not for services of the internet.

use super::hello::Speaker;
use super::random::Random;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Households.
const HOMES: usize = 210;
/// Machines in offices.
const DESKS: usize = 90;

/// A domestic machine.
#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) v4: Ipv4Addr,
    pub(super) v6: Option<Ipv6Addr>,
    pub(super) speaker: Speaker,
    /// Index of the resolver that it asks.
    pub(super) resolver: usize,
    /// Whether it works in the day and not in the evening.
    pub(super) office: bool,
}

/// A server, at home or abroad.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) v4: Ipv4Addr,
    pub(super) v6: Option<Ipv6Addr>,
}

/// Everybody.
#[derive(Debug)]
pub(super) struct Nation {
    pub(super) hosts: Vec<Host>,
    /// Sites at home and abroad, the popular ones first.
    pub(super) sites: Vec<Service>,
    pub(super) resolvers: Vec<Service>,
    /// Mail exchanges: the first two are domestic.
    pub(super) mail: Vec<Service>,
    pub(super) updates: Vec<Service>,
    pub(super) push: Vec<Service>,
    pub(super) time: Vec<Service>,
    pub(super) attack: Attack,
}

/// The actors of the attack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attack {
    /// Index of the host with the implant.
    pub(super) implanted: usize,
    /// The relay abroad that the implant calls.
    pub(super) relay: Ipv4Addr,
    /// The machine abroad that scans.
    pub(super) scanner: Ipv4Addr,
    /// The first of the scanned addresses.
    pub(super) scanned: Ipv4Addr,
}

/// Countries by address block: JP, US, DE, GB in the map of the sensor.
fn at(block: u8, number: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(block) << 24 | number)
}

/// Sites as name and block: 133 is domestic.
const SITES: &[(&str, u8)] = &[
    ("search.example", 26),
    ("shimbun.example", 133),
    ("video.example", 26),
    ("shopping.example", 133),
    ("social.example", 26),
    ("weather.example", 133),
    ("mail.example", 26),
    ("bank.example", 133),
    ("maps.example", 26),
    ("tetsudo.example", 133),
    ("cloud.example", 11),
    ("recipes.example", 133),
    ("encyclopedia.example", 53),
    ("manga.example", 133),
    ("code.example", 11),
    ("city.example", 133),
    ("films.example", 26),
    ("yakkyoku.example", 133),
    ("games.example", 53),
    ("school.example", 133),
    ("fonts.example", 26),
    ("denki.example", 133),
    ("advertising.example", 11),
    ("gas.example", 133),
    ("football.example", 25),
    ("onsen.example", 133),
    ("travel.example", 25),
    ("radio.example", 133),
    ("papers.example", 53),
    ("library.example", 133),
    ("music.example", 26),
    ("kouen.example", 133),
];

fn services(names: &[(&'static str, u8)], floor: u32, random: &mut Random) -> Vec<Service> {
    let service = |(number, &(name, block)): (usize, &(&'static str, u8))| {
        let low = floor | (number as u32) << 8 | random.between(1, 255) as u32;
        let v6 = (number % 3 == 0).then(|| six(block, u64::from(low)));
        Service {
            name,
            v4: at(block, low),
            v6,
        }
    };
    names.iter().enumerate().map(service).collect()
}

/// An IPv6 address in the same country as an IPv4 block.
fn six(block: u8, low: u64) -> Ipv6Addr {
    let high: u128 = match block {
        133 => 0x2400_2410 << 96,
        53 => 0x2003_0001 << 96,
        25 => 0x2a01_4b00 << 96,
        _ => 0x2608_0100 << 96,
    };
    Ipv6Addr::from(high | u128::from(low))
}

impl Nation {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed, 1, 0);
        let hosts: Vec<Host> = (0..HOMES + DESKS)
            .map(|number| host(number, &mut random))
            .collect();
        let attack = Attack {
            implanted: HOMES + random.between(0, DESKS as u64) as usize,
            relay: at(25, 0x0042_0000 | random.between(0x100, 0xff00) as u32),
            scanner: at(53, 0x0061_0000 | random.between(0x100, 0xff00) as u32),
            scanned: at(133, 0x00c8_1000),
        };
        Self {
            hosts,
            sites: services(SITES, 0x0020_0000, &mut random),
            resolvers: services(
                &[
                    ("dns.carrier.example", 133),
                    ("dns.cable.example", 133),
                    ("dns.example", 26),
                ],
                0x0035_0000,
                &mut random,
            ),
            mail: services(
                &[
                    ("mx.carrier.example", 133),
                    ("mx.office.example", 133),
                    ("mx.mail.example", 26),
                    ("mx.cloud.example", 11),
                    ("mx.papers.example", 53),
                    ("mx.travel.example", 25),
                ],
                0x0045_0000,
                &mut random,
            ),
            updates: services(
                &[
                    ("update.system.example", 26),
                    ("update.browser.example", 11),
                    ("mirror.city.example", 133),
                ],
                0x0055_0000,
                &mut random,
            ),
            push: services(
                &[("push.phone.example", 26), ("chat.example", 53)],
                0x0065_0000,
                &mut random,
            ),
            time: services(
                &[("time.carrier.example", 133), ("time.example", 26)],
                0x0075_0000,
                &mut random,
            ),
            attack,
        }
    }

    /// Ends of a connection, over IPv6 where both have it and the host prefers it.
    pub(super) fn ends(
        &self,
        host: usize,
        service: &Service,
        random: &mut Random,
    ) -> Option<(IpAddr, IpAddr)> {
        let host = self.hosts.get(host)?;
        Some(match (host.v6, service.v6) {
            (Some(from), Some(to)) if random.happens(70) => (from.into(), to.into()),
            _ => (host.v4.into(), service.v4.into()),
        })
    }
}

fn host(number: usize, random: &mut Random) -> Host {
    let office = number >= HOMES;
    let low = number as u32 * 37 % 4096 + 16;
    let v4 = if office {
        at(133, 0x00c8_1000 + number as u32)
    } else {
        at(126, 0x0028_0000 + low)
    };
    let v6 = random.happens(40).then(|| {
        six(
            133,
            1 << 48 | u64::from(low) << 16 | random.between(1, 0xffff),
        )
    });
    let speaker = if random.happens(65) {
        Speaker::Shuffling
    } else {
        Speaker::Steady
    };
    let resolver = match random.between(0, 100) {
        0..=54 => 0,
        55..=84 => 1,
        _ => 2,
    };
    Host {
        v4,
        v6,
        speaker,
        resolver,
        office,
    }
}
