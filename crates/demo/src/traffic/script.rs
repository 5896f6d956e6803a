//! What a session says, packet by packet. In: the nation, a session. Out: conversations. Never: a conversation that is not of its kind.

use super::day::{Kind, MINUTE, Session};
use super::dns::{self, Answer};
use super::hello::Speaker;
use super::nation::{Nation, Service};
use super::random::Random;
use super::talk::{ACK, PSH, Payload, RST, SYN, Talk};
use std::net::{IpAddr, Ipv4Addr};

/// Makes conversations.
pub(super) struct Script<'n> {
    nation: &'n Nation,
    /// Microseconds since 1970 at which the day begins.
    begin: u64,
    random: Random,
    out: Vec<Talk>,
}

impl<'n> Script<'n> {
    pub(super) const fn new(nation: &'n Nation, begin: u64, random: Random) -> Self {
        Self {
            nation,
            begin,
            random,
            out: Vec::new(),
        }
    }

    /// The conversations of a session.
    pub(super) fn talks(mut self, session: &Session) -> Vec<Talk> {
        let at = self.begin + session.at;
        // Each of them is `None` only for an index beyond the nation, which the plan does not make.
        let _ = match session.kind {
            Kind::Browse => self.browse(session.host, at),
            Kind::Update => self.update(session.host, at),
            Kind::Fetch => self.fetch(session.host, at),
            Kind::Deliver => self.deliver(session.host, at),
            Kind::Push => self.push(session.host, at),
            Kind::Time => self.time(session.host, at),
            Kind::Ping => self.ping(session.host, at),
            Kind::Peer => self.peers(session.host, at),
            Kind::Stray => self.stray(at),
            Kind::Implant => self.implant(at),
            Kind::Probe => {
                self.probe(session.host, at);
                None
            }
        };
        self.out
    }

    fn port(&mut self) -> u16 {
        self.random.between(32_768, 60_999) as u16
    }

    fn talk(&mut self, protocol: u8, ends: (IpAddr, IpAddr), port: u16, at: u64) -> Talk {
        let own = self.port();
        Talk::new(protocol, ends, (own, port), at, &mut self.random)
    }

    /// Asks the host's resolver for a service's address; returns when the answer is there.
    fn look_up(&mut self, host: usize, service: &Service, at: u64) -> Option<u64> {
        let both = self.nation.hosts.get(host)?.v6.is_some();
        let answer = Answer::Address(service.v4.into());
        self.ask(host, service.name, dns::A, answer, at)?;
        if both {
            let answer = service
                .v6
                .map_or(Answer::Nothing, |v6| Answer::Address(v6.into()));
            self.ask(host, service.name, dns::AAAA, answer, at + 120)?;
        }
        Some(at + self.random.between(140_000, 200_000))
    }

    fn ask(&mut self, host: usize, name: &str, kind: u16, answer: Answer, at: u64) -> Option<()> {
        let machine = self.nation.hosts.get(host)?;
        let resolver = self.nation.resolvers.get(machine.resolver)?;
        let ends = (machine.v4.into(), resolver.v4.into());
        let id = self.random.next() as u16;
        let wait = self.random.between(2_000, 130_000);
        let mut talk = self.talk(17, ends, 53, at);
        talk.say(0, true, 0, Payload::Bytes(dns::query(id, name, kind)))
            .say(
                wait,
                false,
                0,
                Payload::Bytes(dns::response(id, name, kind, answer)),
            );
        self.out.push(talk);
        Some(())
    }

    fn browse(&mut self, host: usize, at: u64) -> Option<()> {
        if self.random.happens(3) {
            return self.ask(host, "wpad.home.example", dns::A, Answer::NoName, at);
        }
        let popular = self.random.small(self.nation.sites.len() as u64 - 1);
        let site = self.nation.sites.get(popular as usize)?;
        let speaker = self.nation.hosts.get(host)?.speaker;
        let mut at = self.look_up(host, site, at)?;
        let plain = popular % 16 == 13;
        let connections = if plain { 1 } else { self.random.between(1, 3) };
        for _ in 0..connections {
            let ends = self.nation.ends(host, site, &mut self.random)?;
            if plain {
                self.read_plain(ends, site.name, at);
            } else {
                self.read(ends, site.name, speaker, at);
            }
            at += self.random.between(20_000, 400_000);
        }
        Some(())
    }

    /// Requests and answers over TLS.
    fn read(&mut self, ends: (IpAddr, IpAddr), name: &str, speaker: Speaker, at: u64) {
        let mut talk = self.talk(6, ends, 443, at);
        talk.open().tls(speaker, name, &mut self.random);
        for _ in 0..self.random.between(1, 5) {
            let request = self.random.between(80, 700) as u16;
            let answer = 150 + self.random.small(9_000) as u32;
            let wait = self.random.between(1_000, 3_000_000);
            talk.message(wait, true, Payload::Sealed(request))
                .bulk(false, answer, true);
        }
        if self.random.happens(85) {
            talk.close(self.random.between(200_000, 40_000_000));
        } else {
            talk.say(
                self.random.between(200_000, 5_000_000),
                true,
                RST | ACK,
                Payload::Nothing,
            );
        }
        self.out.push(talk);
    }

    fn read_plain(&mut self, ends: (IpAddr, IpAddr), name: &str, at: u64) {
        let body = self.random.between(200, 9_000) as u32;
        let request = format!(
            "GET /index.html HTTP/1.1\r\nHost: {name}\r\nUser-Agent: Reader/1\r\nAccept: */*\r\n\r\n"
        );
        let answer = format!(
            "HTTP/1.1 200 OK\r\nServer: small\r\nContent-Type: application/octet-stream\r\nContent-Length: {body}\r\n\r\n"
        );
        let mut talk = self.talk(6, ends, 80, at);
        talk.open()
            .message(300, true, Payload::Bytes(request.into_bytes()))
            .say(8_000, false, PSH | ACK, Payload::Bytes(answer.into_bytes()))
            .bulk(false, body, false)
            .close(5_000);
        self.out.push(talk);
    }

    fn update(&mut self, host: usize, at: u64) -> Option<()> {
        let service = self.random.one_of(&self.nation.updates)?;
        let at = self.look_up(host, service, at)?;
        let ends = self.nation.ends(host, service, &mut self.random)?;
        let bytes = if self.random.happens(12) {
            self.random.between(20_000, 80_000) as u32
        } else {
            400
        };
        let mut talk = self.talk(6, ends, 443, at);
        talk.open()
            .tls(Speaker::Library, service.name, &mut self.random)
            .message(2_000, true, Payload::Sealed(310))
            .bulk(false, bytes, true)
            .close(10_000);
        self.out.push(talk);
        Some(())
    }

    /// Mail is fetched from the carrier or the office, at home.
    fn fetch(&mut self, host: usize, at: u64) -> Option<()> {
        let office = self.nation.hosts.get(host)?.office;
        let service = self.nation.mail.get(usize::from(office))?;
        let at = self.look_up(host, service, at)?;
        let ends = self.nation.ends(host, service, &mut self.random)?;
        let mut talk = self.talk(6, ends, 993, at);
        talk.open()
            .tls(Speaker::Mail, service.name, &mut self.random);
        for _ in 0..4 {
            let answer = 60 + self.random.small(3_000) as u32;
            talk.message(20_000, true, Payload::Sealed(60))
                .bulk(false, answer, true);
        }
        talk.close(30_000);
        self.out.push(talk);
        Some(())
    }

    /// One exchange hands a message to another; one of the two is domestic.
    fn deliver(&mut self, other: usize, at: u64) -> Option<()> {
        let exchanges = &self.nation.mail;
        let home = exchanges.get(other % 2)?;
        let there = exchanges.get(2 + other % 4)?;
        let (from, to) = if self.random.happens(50) {
            (home, there)
        } else {
            (there, home)
        };
        let mut talk = self.talk(6, (from.v4.into(), to.v4.into()), 25, at);
        let text = |line: String| Payload::Bytes(line.into_bytes());
        talk.open()
            .message(9_000, false, text(format!("220 {} ESMTP\r\n", to.name)))
            .message(400, true, text(format!("EHLO {}\r\n", from.name)))
            .message(
                400,
                false,
                text(format!(
                    "250-{}\r\n250-8BITMIME\r\n250 STARTTLS\r\n",
                    to.name
                )),
            )
            .message(400, true, text("STARTTLS\r\n".to_owned()))
            .message(400, false, text("220 2.0.0 ready\r\n".to_owned()))
            .tls(Speaker::Mail, to.name, &mut self.random);
        let size = 600 + self.random.small(16_000) as u32;
        talk.message(300, true, Payload::Sealed(120))
            .bulk(true, size, true);
        talk.message(2_000, false, Payload::Sealed(80)).close(2_000);
        self.out.push(talk);
        Some(())
    }

    /// Held open for some hours with a word every four and a half minutes.
    fn push(&mut self, host: usize, at: u64) -> Option<()> {
        let service = self.random.one_of(&self.nation.push)?;
        let at = self.look_up(host, service, at)?;
        let machine = self.nation.hosts.get(host)?;
        let mut talk = self.talk(6, (machine.v4.into(), service.v4.into()), 5228, at);
        talk.open()
            .tls(Speaker::Library, service.name, &mut self.random);
        for _ in 0..self.random.between(30, 120) {
            talk.message(4 * MINUTE + MINUTE / 2, true, Payload::Sealed(53));
            talk.message(20_000, false, Payload::Sealed(53));
        }
        self.out.push(talk);
        Some(())
    }

    fn time(&mut self, host: usize, at: u64) -> Option<()> {
        let service = self.nation.time.get(usize::from(host.is_multiple_of(4)))?;
        let machine = self.nation.hosts.get(host)?;
        let ends = (machine.v4.into(), service.v4.into());
        let mut talk = self.talk(17, ends, 123, at);
        let message = |mode: u8| {
            let mut bytes = vec![0; 48];
            bytes.splice(..1, [0x20 | mode]);
            Payload::Bytes(bytes)
        };
        talk.say(0, true, 0, message(3))
            .say(30_000, false, 0, message(4));
        self.out.push(talk);
        Some(())
    }

    fn ping(&mut self, host: usize, at: u64) -> Option<()> {
        let site = self.random.one_of(&self.nation.sites)?;
        let machine = self.nation.hosts.get(host)?;
        let mut talk = self.talk(1, (machine.v4.into(), site.v4.into()), 0, at);
        for _ in 0..4 {
            talk.say(980_000, true, 0, Payload::Noise(56)).say(
                20_000,
                false,
                0,
                Payload::Noise(56),
            );
        }
        self.out.push(talk);
        Some(())
    }

    /// Peers are everywhere, on ports of their own; half of them are gone.
    fn peers(&mut self, host: usize, at: u64) -> Option<()> {
        let machine = self.nation.hosts.get(host)?;
        let own = 20_000 + host as u16;
        for number in 0..self.random.between(3, 12) {
            let block = *self.random.one_of(&[11u8, 25, 26, 53, 126])?;
            let low = self.random.between(0x0070_0000, 0x0080_0000) as u32;
            let peer = Ipv4Addr::from(u32::from(block) << 24 | low);
            let port = self.random.between(10_000, 60_000) as u16;
            let ends = (machine.v4.into(), peer.into());
            let mut talk = Talk::new(
                17,
                ends,
                (own, port),
                at + number * 40_000,
                &mut self.random,
            );
            talk.say(0, true, 0, Payload::Noise(110));
            if self.random.happens(50) {
                let length = self.random.between(100, 900) as u16;
                talk.say(90_000, false, 0, Payload::Noise(length));
            }
            self.out.push(talk);
        }
        Some(())
    }

    /// What comes to every address of the internet: a SYN here and there, mostly to nobody.
    fn stray(&mut self, at: u64) -> Option<()> {
        let block = *self.random.one_of(&[11u8, 25, 26, 53])?;
        let low = self.random.between(0x0080_0000, 0x0090_0000) as u32;
        let from = Ipv4Addr::from(u32::from(block) << 24 | low);
        let to = Ipv4Addr::from(0x7e28_0000 | self.random.between(0, 0xffff) as u32);
        let port = *self
            .random
            .one_of(&[22u16, 23, 80, 443, 445, 3389, 5555, 8080])?;
        let mut talk = self.talk(6, (from.into(), to.into()), port, at);
        talk.say(0, true, SYN, Payload::Nothing);
        if self.random.happens(25) {
            talk.say(30_000, false, RST | ACK, Payload::Nothing);
        }
        self.out.push(talk);
        Some(())
    }

    /// The implant says that it lives and asks what to do.
    fn implant(&mut self, at: u64) -> Option<()> {
        let attack = self.nation.attack;
        let machine = self.nation.hosts.get(attack.implanted)?;
        let mut talk = self.talk(6, (machine.v4.into(), attack.relay.into()), 443, at);
        talk.open().tls(Speaker::Implant, "", &mut self.random);
        let word = self.random.between(180, 196) as u16;
        talk.message(3_000, true, Payload::Sealed(word))
            .message(40_000, false, Payload::Sealed(96))
            .close(2_000);
        self.out.push(talk);
        Some(())
    }

    /// Most addresses are silent, some refuse, very few answer.
    fn probe(&mut self, number: usize, at: u64) {
        let attack = self.nation.attack;
        let to = Ipv4Addr::from(u32::from(attack.scanned) + number as u32);
        let mut talk = self.talk(
            6,
            (attack.scanner.into(), to.into()),
            super::SCANNED_PORT,
            at,
        );
        talk.say(0, true, SYN, Payload::Nothing);
        match self.random.between(0, 100) {
            0..=1 => {
                talk.say(110_000, false, SYN | ACK, Payload::Nothing).say(
                    100,
                    true,
                    RST,
                    Payload::Nothing,
                );
            }
            2..=17 => {
                talk.say(110_000, false, RST | ACK, Payload::Nothing);
            }
            _ => {}
        }
        self.out.push(talk);
    }
}
