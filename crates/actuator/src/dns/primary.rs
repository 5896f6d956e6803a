//! The server that has the zone. In: changes, signed (RFC 2136, RFC 8945). Out: the zone as a signed transfer (RFC 5936) shows it. Never: a word of the server that is not signed with the key; more of it than
//! is bounded; a wait beyond the deadline; a change over one that somebody else made in between.

use super::clock::Clock;
use super::view::{Change, GENERATION, Records, Rr, View, in_order, state_name};
use domain::base::iana::{Class, Opcode, Rcode};
use domain::base::message_builder::{AdditionalBuilder, AuthorityBuilder, PushError};
use domain::base::rdata::UnknownRecordData;
use domain::base::{Message, MessageBuilder, Name, Rtype, StreamTarget, ToName, Ttl};
use domain::rdata::tsig::Time48;
use domain::rdata::{A, Aaaa, Cname, Soa, Txt};
use domain::tsig::{Algorithm, ClientSequence, ClientTransaction};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Longest time of one exchange.
const EXCHANGE: Duration = Duration::from_secs(5);
/// Most bytes of a transfer.
const TRANSFER_BYTES_MAX: usize = 32 << 20;
/// Most records of a transfer.
const TRANSFER_RECORDS_MAX: usize = 200_000;
/// Most bytes of one update; a longer change goes in parts. The rest of the 65,535 is for the signature.
const UPDATE_BYTES_MAX: usize = 60_000;
/// Tries at a change that somebody else was faster with.
const TRIES_MAX: usize = 20;

type Owner = Name<Vec<u8>>;
type Builder = AuthorityBuilder<StreamTarget<Vec<u8>>>;

/// Why the server was of no use, in words for whoever runs it.
pub(super) type Trouble = String;

/// How a change came out.
enum Sent {
    Done,
    /// The zone was changed since it was read.
    Overtaken,
}

/// The server, one zone and a key.
pub(super) struct Primary {
    address: SocketAddr,
    zone: Owner,
    ending: String,
    key: Arc<domain::tsig::Key>,
    ttl: Ttl,
    clock: Arc<dyn Clock>,
    /// How the zone was read back after the last change.
    last: RefCell<Option<View>>,
}

/// The domain crate's keys are shared by reference.
struct Shared(Arc<domain::tsig::Key>);

impl AsRef<domain::tsig::Key> for Shared {
    fn as_ref(&self) -> &domain::tsig::Key {
        &self.0
    }
}

fn trouble(what: &str, why: impl std::fmt::Display) -> Trouble {
    format!("{what}: {why}")
}

/// Reads what is there into a buffer, up to a deadline that the read time-outs of the socket keep.
pub(super) fn fill(
    stream: &mut TcpStream,
    buffer: &mut [u8],
    late: &dyn Fn() -> bool,
) -> Result<(), Trouble> {
    let mut at = 0;
    while at < buffer.len() {
        if late() {
            return Err("no answer in time".to_owned());
        }
        match stream.read(buffer.get_mut(at..).unwrap_or_default()) {
            Ok(0) => return Err("it closed the connection".to_owned()),
            Ok(read) => at += read,
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Err("no answer in time".to_owned());
            }
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(())
}

fn id() -> Result<u16, Trouble> {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).map_err(|error| trouble("no random number", error))?;
    Ok(u16::from_be_bytes(bytes))
}

impl Primary {
    pub(super) fn new(
        address: SocketAddr,
        zone: &str,
        key: (&str, &[u8]),
        ttl_seconds: u32,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Trouble> {
        let owner = Owner::from_str(zone).map_err(|error| trouble("zone", error))?;
        let (name, secret) = key;
        let name = domain::tsig::KeyName::from_str(name).map_err(|e| trouble("key", e))?;
        let key = domain::tsig::Key::new(Algorithm::Sha256, secret, name, None, None);
        Ok(Self {
            address,
            zone: owner,
            ending: format!(".{zone}"),
            key: Arc::new(key.map_err(|error| trouble("key", error))?),
            ttl: Ttl::from_secs(ttl_seconds),
            clock,
            last: RefCell::new(None),
        })
    }

    fn now(&self) -> Time48 {
        Time48::from_u64(self.clock.wall().0)
    }

    /// The name in the zone.
    fn owner(&self, name: &str) -> Result<Owner, Trouble> {
        Owner::from_str(&format!("{name}{}", self.ending)).map_err(|error| trouble(name, error))
    }

    /// The name without the zone's own; nothing for the apex.
    fn bare(&self, owner: &impl ToName) -> Result<Option<String>, Trouble> {
        let text = owner.to_vec().to_string().to_ascii_lowercase();
        let text = text.strip_suffix('.').unwrap_or(&text).to_owned();
        if Some(text.as_str()) == self.ending.strip_prefix('.') {
            return Ok(None);
        }
        let bare = text.strip_suffix(&self.ending);
        let bare = bare.ok_or_else(|| format!("{text} does not lie in the zone"))?;
        Ok(Some(bare.to_owned()))
    }

    fn connect(&self) -> Result<TcpStream, Trouble> {
        let told = |error: std::io::Error| trouble(&self.address.to_string(), error);
        let stream = TcpStream::connect_timeout(&self.address, EXCHANGE / 2).map_err(told)?;
        stream.set_read_timeout(Some(EXCHANGE / 2)).map_err(told)?;
        stream.set_write_timeout(Some(EXCHANGE / 2)).map_err(told)?;
        stream.set_nodelay(true).map_err(told)?;
        Ok(stream)
    }

    fn receive(
        &self,
        stream: &mut TcpStream,
        until: Duration,
    ) -> Result<Message<Vec<u8>>, Trouble> {
        let late = || self.clock.counted() > until;
        let told = |error: Trouble| trouble(&self.address.to_string(), error);
        let mut length = [0; 2];
        fill(stream, &mut length, &late).map_err(told)?;
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
        fill(stream, &mut bytes, &late).map_err(told)?;
        Message::from_octets(bytes).map_err(|error| trouble("its answer", error))
    }

    fn signed(
        &self,
        message: &mut AdditionalBuilder<StreamTarget<Vec<u8>>>,
    ) -> Result<ClientTransaction<Shared>, Trouble> {
        let key = Shared(Arc::clone(&self.key));
        ClientTransaction::request(key, message, self.now()).map_err(|e| trouble("signature", e))
    }

    fn question(&self, qtype: Rtype) -> Result<AdditionalBuilder<StreamTarget<Vec<u8>>>, Trouble> {
        let mut message = MessageBuilder::new_stream_vec();
        message.header_mut().set_id(id()?);
        let mut question = message.question();
        question
            .push((&self.zone, qtype, Class::IN))
            .map_err(|error| trouble("question", error))?;
        Ok(question.additional())
    }

    /// The number of the zone's state, as the server counts it.
    pub(super) fn serial(&self) -> Result<u32, Trouble> {
        let mut message = self.question(Rtype::SOA)?;
        let asked = message.header().id();
        let transaction = self.signed(&mut message)?;
        let until = self.clock.counted() + EXCHANGE;
        let mut stream = self.connect()?;
        stream
            .write_all(message.finish().as_stream_slice())
            .map_err(|error| trouble("question", error))?;
        let mut answer = self.receive(&mut stream, until)?;
        let checked = transaction.answer(&mut answer, self.now());
        checked.map_err(|error| trouble("the signature of its answer", error))?;
        self.well(&answer, asked)?;
        for record in answer.answer().map_err(|e| trouble("its answer", e))? {
            let record = record.map_err(|error| trouble("its answer", error))?;
            if let Ok(Some(soa)) = record.to_record::<Soa<_>>() {
                return Ok(soa.data().serial().into_int());
            }
        }
        Err("its answer has no SOA".to_owned())
    }

    fn well(&self, answer: &Message<Vec<u8>>, asked: u16) -> Result<(), Trouble> {
        let header = answer.header();
        if !header.qr() || header.id() != asked {
            return Err("its answer is to another question".to_owned());
        }
        if header.rcode() == Rcode::NOERROR {
            Ok(())
        } else {
            Err(format!("{} says {}", self.address, header.rcode()))
        }
    }

    /// The whole zone.
    pub(super) fn read(&self) -> Result<View, Trouble> {
        let mut message = self.question(Rtype::AXFR)?;
        let asked = message.header().id();
        let key = Shared(Arc::clone(&self.key));
        let mut sequence = ClientSequence::request(key, &mut message, self.now())
            .map_err(|error| trouble("signature", error))?;
        let until = self.clock.counted() + EXCHANGE;
        let mut stream = self.connect()?;
        stream
            .write_all(message.finish().as_stream_slice())
            .map_err(|error| trouble("question", error))?;
        let mut reading = Reading::default();
        while reading.apexes < 2 {
            let mut answer = self.receive(&mut stream, until)?;
            reading.bytes += answer.as_slice().len();
            if reading.bytes > TRANSFER_BYTES_MAX {
                return Err(format!(
                    "the zone is larger than {TRANSFER_BYTES_MAX} bytes"
                ));
            }
            // An error can come unsigned: it is told and nothing else is believed of it.
            if answer.header().rcode() != Rcode::NOERROR {
                return Err(format!("{} says {}", self.address, answer.header().rcode()));
            }
            let checked = sequence.answer(&mut answer, self.now());
            checked.map_err(|error| trouble("the signature of its transfer", error))?;
            self.well(&answer, asked)?;
            self.take(&answer, &mut reading)?;
        }
        let done = sequence.done();
        done.map_err(|error| trouble("the end of its transfer", error))?;
        Ok(reading.view)
    }

    fn take(&self, answer: &Message<Vec<u8>>, reading: &mut Reading) -> Result<(), Trouble> {
        let section = answer.answer().map_err(|e| trouble("its transfer", e))?;
        for record in section {
            let record = record.map_err(|error| trouble("its transfer", error))?;
            reading.records += 1;
            if reading.records > TRANSFER_RECORDS_MAX {
                return Err(format!(
                    "the zone has more than {TRANSFER_RECORDS_MAX} records"
                ));
            }
            if record.class() != Class::IN || reading.apexes > 1 {
                return Err("its transfer is none".to_owned());
            }
            let name = self.bare(&record.owner())?;
            let other = |error: domain::base::wire::ParseError| trouble("its transfer", error);
            let rr = match record.rtype() {
                Rtype::SOA => {
                    let soa = record.to_record::<Soa<_>>().map_err(other)?;
                    if name.is_some() {
                        return Err("its transfer has a SOA within".to_owned());
                    }
                    reading.apexes += 1;
                    reading.view.serial = soa.map_or(0, |soa| soa.data().serial().into_int());
                    continue;
                }
                Rtype::A => {
                    let found = record.to_record::<A>().map_err(other)?;
                    found.map(|found| Rr::A(found.data().addr()))
                }
                Rtype::AAAA => {
                    let found = record.to_record::<Aaaa>().map_err(other)?;
                    found.map(|found| Rr::Aaaa(found.data().addr()))
                }
                Rtype::CNAME => {
                    let found = record.to_record::<Cname<_>>().map_err(other)?;
                    found.map(|found| {
                        let name = found.data().cname().to_vec().to_string();
                        let name = name.to_ascii_lowercase();
                        Rr::Cname(format!("{}.", name.strip_suffix('.').unwrap_or(&name)))
                    })
                }
                Rtype::TXT => {
                    let found = record.to_record::<Txt<_>>().map_err(other)?;
                    found.map(|found| Rr::Txt(found.data().iter().map(<[u8]>::to_vec).collect()))
                }
                _ => None,
            };
            if reading.apexes == 0 {
                return Err("its transfer does not begin with a SOA".to_owned());
            }
            let rr = rr.unwrap_or_else(|| Rr::Other(record.rtype().to_int()));
            if let Some(name) = name {
                reading.view.names.entry(name).or_default().insert(rr);
            }
        }
        Ok(())
    }

    /// The zone as it was read back after the last change, where the server says that nothing changed since; otherwise as it is read now. Only for changes: what is in force is always read.
    fn known(&self) -> Result<View, Trouble> {
        let last = self.last.take();
        match last {
            Some(view) if self.serial()? == view.serial => Ok(view),
            _ => self.read(),
        }
    }

    /// Changes the zone by what a view of it asks for, and reads it back. Gives how it stands afterwards.
    pub(super) fn change(
        &self,
        make: &dyn Fn(&View) -> Result<Change, Trouble>,
    ) -> Result<View, Trouble> {
        for _ in 0..TRIES_MAX {
            let view = self.known()?;
            let change = make(&view)?;
            if change.is_empty() {
                return self.read();
            }
            if let Sent::Overtaken = self.send(&view, &change)? {
                continue;
            }
            let after = self.read()?;
            // Somebody else may have changed it meanwhile; then what was asked for is made anew.
            if after.shows(&change) || make(&after)?.is_empty() {
                self.last.replace(Some(after.clone()));
                return Ok(after);
            }
        }
        Err("the server took the change, and the zone does not show it".to_owned())
    }

    /// Sends a change in as few updates as it fits in.
    fn send(&self, view: &View, change: &Change) -> Result<Sent, Trouble> {
        let mut generation = view.generation();
        let mut old: BTreeSet<String> = view.states().cloned().collect();
        let mut left = in_order(change).peekable();
        while left.peek().is_some() {
            let mut update = self.begin(generation)?;
            // A count that begins anew begins ahead of what resolvers have seen.
            let first = self.clock.wall().0.saturating_mul(1000);
            let next = generation.map_or(first, |generation| generation.saturating_add(1));
            let counted = [Rr::Txt(vec![next.to_string().into_bytes()])].into();
            self.write(&mut update, GENERATION, &counted, Ttl::ZERO)?;
            for name in &old {
                self.write(&mut update, name, &Records::new(), Ttl::ZERO)?;
            }
            self.write(&mut update, &state_name(next), &counted, Ttl::ZERO)?;
            old = [state_name(next)].into();
            let mut any = false;
            while let Some((name, records)) = left.peek() {
                let before = update.clone();
                match self.write(&mut update, name, records, self.ttl) {
                    Ok(()) => {
                        any = true;
                        left.next();
                    }
                    Err(error) if !any => return Err(trouble(name, error)),
                    Err(_) => {
                        update = before;
                        break;
                    }
                }
            }
            if let Sent::Overtaken = self.commit(update)? {
                return Ok(Sent::Overtaken);
            }
            generation = Some(next);
        }
        Ok(Sent::Done)
    }

    /// An update that is only made where the zone is as it was read.
    fn begin(&self, generation: Option<u64>) -> Result<Builder, Trouble> {
        let told = |error: PushError| trouble("update", error);
        let mut message = MessageBuilder::new_stream_vec();
        message.set_push_limit(UPDATE_BYTES_MAX);
        message.header_mut().set_id(id()?);
        message.header_mut().set_opcode(Opcode::UPDATE);
        let mut question = message.question();
        question
            .push((&self.zone, Rtype::SOA, Class::IN))
            .map_err(told)?;
        let mut before = question.answer();
        let owner = self.owner(GENERATION)?;
        if let Some(generation) = generation {
            // RFC 2136 section 2.4.2: the set of records exists with this value.
            let text = generation.to_string();
            let data = Txt::<Vec<u8>>::build_from_slice(text.as_bytes())
                .map_err(|error| trouble("update", error))?;
            before
                .push((owner, Class::IN, Ttl::ZERO, data))
                .map_err(told)?;
        } else {
            // Section 2.4.3: it does not exist.
            let data = nothing(Rtype::TXT)?;
            before
                .push((owner, Class::NONE, Ttl::ZERO, data))
                .map_err(told)?;
        }
        Ok(before.authority())
    }

    /// Everything at a name is deleted (RFC 2136 section 2.5.3), and what shall stand there added.
    fn write(
        &self,
        update: &mut Builder,
        name: &str,
        records: &Records,
        ttl: Ttl,
    ) -> Result<(), Trouble> {
        let told = |error: PushError| trouble(name, error);
        let owner = self.owner(name)?;
        let all = nothing(Rtype::ANY)?;
        update
            .push((&owner, Class::ANY, Ttl::ZERO, all))
            .map_err(told)?;
        for record in records {
            match record {
                Rr::A(address) => update.push((&owner, Class::IN, ttl, A::new(*address))),
                Rr::Aaaa(address) => update.push((&owner, Class::IN, ttl, Aaaa::new(*address))),
                Rr::Cname(target) => {
                    let target = Owner::from_str(target).map_err(|error| trouble(name, error))?;
                    update.push((&owner, Class::IN, ttl, Cname::new(target)))
                }
                Rr::Txt(strings) => {
                    let mut text = domain::rdata::rfc1035::TxtBuilder::<Vec<u8>>::new();
                    for string in strings {
                        let string = domain::base::CharStr::from_slice(string)
                            .map_err(|error| trouble(name, error))?;
                        text.append_charstr(string)
                            .map_err(|error| trouble(name, error))?;
                    }
                    let text = text.finish().map_err(|error| trouble(name, error))?;
                    update.push((&owner, Class::IN, ttl, text))
                }
                Rr::Other(rtype) => return Err(format!("{name}: records of type {rtype}")),
            }
            .map_err(told)?;
        }
        Ok(())
    }

    fn commit(&self, update: Builder) -> Result<Sent, Trouble> {
        let mut message = update.additional();
        message.clear_push_limit();
        let asked = message.header().id();
        let transaction = self.signed(&mut message)?;
        let until = self.clock.counted() + EXCHANGE;
        let mut stream = self.connect()?;
        stream
            .write_all(message.finish().as_stream_slice())
            .map_err(|error| trouble("update", error))?;
        let mut answer = self.receive(&mut stream, until)?;
        let checked = transaction.answer(&mut answer, self.now());
        checked.map_err(|error| {
            let said = answer.header().rcode();
            format!("the signature of its answer ({said}): {error}")
        })?;
        if matches!(
            answer.header().rcode(),
            Rcode::NXRRSET | Rcode::YXRRSET | Rcode::NXDOMAIN
        ) {
            return Ok(Sent::Overtaken);
        }
        self.well(&answer, asked).map(|()| Sent::Done)
    }
}

/// Data of no bytes.
fn nothing(rtype: Rtype) -> Result<UnknownRecordData<&'static [u8]>, Trouble> {
    let empty: &'static [u8] = &[];
    UnknownRecordData::from_octets(rtype, empty).map_err(|error| trouble("update", error))
}

/// A transfer while it comes.
#[derive(Default)]
struct Reading {
    view: View,
    bytes: usize,
    records: usize,
    /// How many times the apex was seen: the second one ends it.
    apexes: usize,
}
