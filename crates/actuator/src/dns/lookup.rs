//! Where names lead now, by the owner's own resolver on loopback or wherever the owner says. In: a name. Out: its other names (CNAME, DNAME) and its addresses. Never: a wait beyond a bound; an answer that is taken for none because it did
//! not come; the sinkhole's own addresses, which our policy answers.
//!
//! Questions go over TCP (RFC 7766): no answer is cut short, and nobody else can answer. Beside the name the resolver is asked for something that it has itself: so a resolver that is gone is told from a name whose own servers are silent. Whoever has
//! the name can make its servers silent; that must not keep a measure from it, so it is stated and goes on.

use super::clock::Clock;
use super::primary::{Trouble, fill};
use crate::led::{Eyes, Led, LedError};
use domain::base::iana::{Class, Rcode};
use domain::base::{Message, MessageBuilder, Name, Rtype};
use domain::rdata::{A, Aaaa, Cname, Dname};
use sakimori_respond::safety::{Name as SafeName, Seen};
use std::collections::BTreeSet;
use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Longest time at one resolver.
const ASK: Duration = Duration::from_secs(2);
/// Most resolvers that are asked one after the other.
const ASKED_MAX: usize = 2;
/// Most records of an answer that are read. It is more than the safety engine bears: a name that leads to more is refused by it.
const RECORDS_MAX: usize = 1_000;
/// Most answers that are read of one resolver; three are asked for.
const ANSWERS_MAX: usize = 16;

/// A look-up at some resolvers.
pub(super) struct Lookup {
    resolvers: Vec<SocketAddr>,
    sinkhole: BTreeSet<IpAddr>,
    clock: Arc<dyn Clock>,
}

/// What one resolver said to one question.
enum Part {
    Said(Seen),
    /// It answers, and the name's own servers do not.
    Silent,
}

impl Lookup {
    pub(super) fn new(
        resolvers: Vec<SocketAddr>,
        sinkhole: BTreeSet<IpAddr>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            resolvers,
            sinkhole,
            clock,
        }
    }

    fn at(&self, resolver: SocketAddr, name: &str) -> Result<Led, Trouble> {
        let told = |error: std::io::Error| format!("{resolver}: {error}");
        let until = self.clock.counted() + ASK;
        let mut stream = TcpStream::connect_timeout(&resolver, ASK).map_err(told)?;
        stream.set_write_timeout(Some(ASK)).map_err(told)?;
        stream.set_nodelay(true).map_err(told)?;
        let mut bytes = Vec::new();
        let mut id = [0; 2];
        getrandom::fill(&mut id).map_err(|error| error.to_string())?;
        let first = u16::from_be_bytes(id);
        // What it has itself is asked for without recursion: whatever it says, it is there.
        let asked = [
            (name, Rtype::A, true),
            (name, Rtype::AAAA, true),
            (".", Rtype::NS, false),
        ];
        for (at, (name, qtype, recurse)) in (0..).zip(asked) {
            bytes.extend(question(first.wrapping_add(at), name, qtype, recurse)?);
        }
        stream.write_all(&bytes).map_err(told)?;
        let mut parts: [Option<Part>; 2] = [None, None];
        let mut heard = false;
        let mut why = "no answer in time".to_owned();
        for _ in 0..ANSWERS_MAX {
            if parts.iter().all(Option::is_some) {
                break;
            }
            let message = match self.receive(&mut stream, until) {
                Ok(message) => message,
                Err(trouble) => {
                    why = trouble;
                    break;
                }
            };
            let at = message.header().id().wrapping_sub(first);
            let qtype = match at {
                0 => Rtype::A,
                1 => Rtype::AAAA,
                2 => {
                    heard |= message.header().qr();
                    continue;
                }
                _ => continue,
            };
            if let Some(part) = read(&message, name, qtype) {
                let part = part.map_err(|why| format!("{resolver}: {why}"))?;
                heard = true;
                if let Some(slot) = parts.get_mut(usize::from(at)) {
                    *slot = Some(part);
                }
            }
        }
        if !heard {
            return Err(format!("{resolver}: {why}"));
        }
        Ok(self.led(resolver, parts))
    }

    /// Puts both answers together.
    fn led(&self, resolver: SocketAddr, parts: [Option<Part>; 2]) -> Led {
        let mut led = Led::default();
        let mut silent = Vec::new();
        for (part, what) in parts.into_iter().zip(["A", "AAAA"]) {
            match part {
                Some(Part::Said(seen)) => {
                    let aliases = seen.aliases.into_iter();
                    let known = led.seen.aliases.clone();
                    led.seen
                        .aliases
                        .extend(aliases.filter(|alias| !known.contains(alias)));
                    let own = |address: &IpAddr| !self.sinkhole.contains(address);
                    led.seen
                        .addresses
                        .extend(seen.addresses.into_iter().filter(own));
                }
                Some(Part::Silent) | None => silent.push(what),
            }
        }
        if !silent.is_empty() {
            let what = silent.join(" and ");
            led.unanswered = Some(format!(
                "{resolver} has no answer for {what}: the name's own servers are silent"
            ));
        }
        led
    }

    fn receive(
        &self,
        stream: &mut TcpStream,
        until: Duration,
    ) -> Result<Message<Vec<u8>>, Trouble> {
        let left = until.saturating_sub(self.clock.counted());
        if left.is_zero() {
            return Err("no answer in time".to_owned());
        }
        let told = |error: std::io::Error| error.to_string();
        stream.set_read_timeout(Some(left)).map_err(told)?;
        let late = || self.clock.counted() > until;
        let mut length = [0; 2];
        fill(stream, &mut length, &late)?;
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
        fill(stream, &mut bytes, &late)?;
        Message::from_octets(bytes).map_err(|error| error.to_string())
    }
}

impl Eyes for Lookup {
    fn led(&self, target: &str) -> Result<Led, LedError> {
        let name = target.strip_prefix("*.").unwrap_or(target);
        let mut troubles = Vec::new();
        let mut silent = None;
        for resolver in self.resolvers.iter().take(ASKED_MAX) {
            match self.at(*resolver, name) {
                Ok(led) if led.unanswered.is_none() => return Ok(led),
                // Another one may know more; of two that do not, the one that saw something counts.
                Ok(led) => {
                    if silent.as_ref().is_none_or(Led::is_nowhere) {
                        silent = Some(led);
                    }
                }
                Err(why) => troubles.push(why),
            }
        }
        silent.ok_or_else(|| LedError {
            target: target.to_owned(),
            why: troubles.join("; "),
        })
    }
}

fn question(id: u16, name: &str, qtype: Rtype, recurse: bool) -> Result<Vec<u8>, Trouble> {
    let told = |error: &dyn std::fmt::Display| format!("question: {error}");
    let owner = Name::<Vec<u8>>::from_str(name).map_err(|error| told(&error))?;
    let mut message = MessageBuilder::new_stream_vec();
    message.header_mut().set_id(id);
    message.header_mut().set_rd(recurse);
    let mut question = message.question();
    question
        .push((owner, qtype, Class::IN))
        .map_err(|error| told(&error))?;
    Ok(question.finish().as_stream_slice().to_vec())
}

/// Reads an answer; nothing where it answers something else, an error where the resolver does not want to be asked.
fn read(message: &Message<Vec<u8>>, name: &str, qtype: Rtype) -> Option<Result<Part, String>> {
    let header = message.header();
    let asked = message.sole_question().ok()?;
    let of = asked.qname().to_string().to_ascii_lowercase();
    if !header.qr() || of.trim_end_matches('.') != name || asked.qtype() != qtype {
        return None;
    }
    match header.rcode() {
        Rcode::NOERROR | Rcode::NXDOMAIN => {}
        Rcode::SERVFAIL => return Some(Ok(Part::Silent)),
        other => return Some(Err(format!("it says {other}"))),
    }
    let mut seen = Seen::default();
    let mut alias = |name: String| {
        // What is no name in the engine's form has addresses in the end, and these are judged.
        if let Ok(name) = SafeName::parse(&name) {
            seen.aliases.push(name);
        }
    };
    let mut addresses = Vec::new();
    for record in message.answer().ok()?.take(RECORDS_MAX) {
        let record = record.ok()?;
        if let Ok(Some(found)) = record.to_record::<Cname<_>>() {
            alias(found.data().cname().to_string());
        } else if let Ok(Some(found)) = record.to_record::<Dname<_>>() {
            alias(found.data().dname().to_string());
        } else if let Ok(Some(found)) = record.to_record::<A>() {
            addresses.push(found.data().addr().into());
        } else if let Ok(Some(found)) = record.to_record::<Aaaa>() {
            addresses.push(found.data().addr().into());
        }
    }
    seen.addresses = addresses;
    Some(Ok(Part::Said(seen)))
}
