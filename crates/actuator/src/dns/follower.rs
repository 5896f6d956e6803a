//! A resolver that follows the zone. In: questions, the words of `unbound-control`. Out: which state of the zone it enforces, whether a name is answered as it should. Never: an answer of somebody else; a wait
//! beyond a bound; a guess: a resolver that does not answer is told so.

use super::clock::Clock;
use super::config::{Control, Resolver};
use super::log::Counter;
use super::primary::Trouble;
use super::view::{GENERATION, state_name};
use domain::base::iana::{Class, Rcode};
use domain::base::{Message, MessageBuilder, Name, Rtype};
use domain::rdata::{A, Aaaa, Txt};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read};
use std::net::{IpAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Questions that wait for their answers at a time.
const WINDOW: usize = 32;
/// Longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(1);
/// Longest wait for all answers of one round.
const ROUND: Duration = Duration::from_secs(5);
/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 4096;
/// Longest time of `unbound-control`.
const CONTROL: Duration = Duration::from_secs(3);
/// Most that is read of what it says.
const CONTROL_BYTES_MAX: u64 = 1 << 20;
/// Between two looks at the same.
const PAUSE: Duration = Duration::from_millis(20);
/// How much later than what was asked for a state may be. Farther ahead it is of another count: the zone was put back to an older one.
const AHEAD_MAX: u64 = 1_000;

/// How long something is waited for: to a moment, and not on where the owner stops everything meanwhile.
#[derive(Clone)]
pub(super) struct Wait {
    end: Duration,
    /// The owner's stop, where it was not set when the wait began: what is asked under a stop is waited for as ever.
    halt: Option<Arc<AtomicBool>>,
}

impl Wait {
    /// To a moment, whatever happens.
    pub(super) const fn firm(end: Duration) -> Self {
        Self { end, halt: None }
    }

    /// To a moment, or the owner's stop.
    pub(super) fn heeding(end: Duration, halt: &Arc<AtomicBool>) -> Self {
        let is_set = halt.load(Ordering::SeqCst);
        let halt = (!is_set).then(|| Arc::clone(halt));
        Self { end, halt }
    }

    fn is_stopped(&self) -> bool {
        let halt = self.halt.as_ref();
        halt.is_some_and(|halt| halt.load(Ordering::SeqCst))
    }

    /// Whether it is over.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        now >= self.end || self.is_stopped()
    }
}

/// What a resolver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) no_such_name: bool,
    pub(super) addresses: BTreeSet<IpAddr>,
    texts: Vec<Vec<u8>>,
}

/// One resolver.
pub(super) struct Follower {
    pub(super) resolver: Resolver,
    pub(super) counter: Option<Counter>,
    zone: String,
    socket: UdpSocket,
    clock: Arc<dyn Clock>,
}

/// What a resolver has of the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// This state of it.
    Generation(u64),
    /// Nothing, or it is switched off.
    Nothing,
}

/// Does something with each resolver at the same time: one that does not answer keeps no other waiting.
pub(super) fn each<T: Send>(followers: &[Follower], act: impl Fn(&Follower) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let act = &act;
        // BOUND: the configuration has at most 32 resolvers.
        let all: Vec<_> = followers
            .iter()
            .map(|one| scope.spawn(move || act(one)))
            .collect();
        all.into_iter().filter_map(|one| one.join().ok()).collect()
    })
}

impl Follower {
    pub(super) fn new(
        resolver: Resolver,
        zone: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Trouble> {
        let told = |error: std::io::Error| format!("{}: {error}", resolver.name);
        let any: IpAddr = if resolver.address.is_ipv4() {
            std::net::Ipv4Addr::UNSPECIFIED.into()
        } else {
            std::net::Ipv6Addr::UNSPECIFIED.into()
        };
        let socket = UdpSocket::bind((any, 0)).map_err(told)?;
        socket.connect(resolver.address).map_err(told)?;
        let own = socket.local_addr().map_err(told)?;
        let counter = resolver.log.as_ref();
        let counter = counter.map(|path| Counter::new(path, resolver.kind, zone, own));
        Ok(Self {
            counter,
            zone: zone.to_owned(),
            socket,
            clock,
            resolver,
        })
    }

    fn trouble(&self, why: impl std::fmt::Display) -> Trouble {
        format!("{}: {why}", self.resolver.name)
    }

    /// Asks many names, some at a time. Nothing where no answer came.
    pub(super) fn ask(
        &self,
        questions: &[(String, Rtype)],
        wait: &Wait,
    ) -> Result<BTreeMap<String, Reply>, Trouble> {
        let mut out = BTreeMap::new();
        let mut waiting: BTreeMap<u16, (String, Rtype, Duration)> = BTreeMap::new();
        let mut left = questions.iter();
        let end = self.clock.counted() + ROUND;
        loop {
            let now = self.clock.counted();
            waiting.retain(|_, (_, _, since)| now < *since + ANSWER);
            while waiting.len() < WINDOW {
                let Some((name, qtype)) = left.next() else {
                    break;
                };
                let id = self.fresh(&waiting)?;
                self.send(id, name, *qtype)?;
                waiting.insert(id, (name.clone(), *qtype, now));
            }
            if waiting.is_empty() || now > end {
                return Ok(out);
            }
            if wait.is_stopped() {
                return Err(self.trouble("the owner stops everything"));
            }
            if let Some((id, reply)) = self.receive(&waiting)?
                && let Some((name, _, _)) = waiting.remove(&id)
            {
                out.insert(name, reply);
            }
        }
    }

    /// A number that nobody can guess and no question has.
    fn fresh<T>(&self, waiting: &BTreeMap<u16, T>) -> Result<u16, Trouble> {
        loop {
            let mut bytes = [0; 2];
            getrandom::fill(&mut bytes).map_err(|error| self.trouble(error))?;
            let id = u16::from_be_bytes(bytes);
            // BOUND: fewer than [`WINDOW`] of 65,536 are taken.
            if !waiting.contains_key(&id) {
                return Ok(id);
            }
        }
    }

    fn send(&self, id: u16, name: &str, qtype: Rtype) -> Result<(), Trouble> {
        let owner = Name::<Vec<u8>>::from_str(name).map_err(|error| self.trouble(error))?;
        let mut message = MessageBuilder::new_vec();
        message.header_mut().set_id(id);
        message.header_mut().set_rd(true);
        let mut question = message.question();
        question
            .push((owner, qtype, Class::IN))
            .map_err(|error| self.trouble(error))?;
        match self.socket.send(&question.finish()) {
            Err(error) if error.kind() != ErrorKind::ConnectionRefused => Err(self.trouble(error)),
            _ => Ok(()),
        }
    }

    fn receive(
        &self,
        waiting: &BTreeMap<u16, (String, Rtype, Duration)>,
    ) -> Result<Option<(u16, Reply)>, Trouble> {
        let mut bytes = [0; ANSWER_BYTES_MAX];
        let told = |error: std::io::Error| self.trouble(error);
        self.socket
            .set_read_timeout(Some(ANSWER / 4))
            .map_err(told)?;
        let length = match self.socket.recv(&mut bytes) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                return Err(self.trouble("nobody answers there"));
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(told(error)),
        };
        let bytes = bytes.get(..length).unwrap_or_default();
        // What cannot be read, or answers nothing that was asked, is as if it had not come.
        Ok(Message::from_octets(bytes).ok().and_then(|message| {
            let id = message.header().id();
            let (name, qtype, _) = waiting.get(&id)?;
            Some((id, read(&message, name, *qtype)?))
        }))
    }

    /// Which state of the zone it has, and whether a state of that number is one that it enforces.
    fn look(&self, generation: u64, wait: &Wait) -> Result<(State, bool), Trouble> {
        let own = state_name(generation);
        let asked = [
            (GENERATION.to_owned(), Rtype::TXT),
            (own.clone(), Rtype::TXT),
        ];
        let answers = self.ask(&asked, wait)?;
        let reply = |name: &str| {
            let reply = answers.get(name);
            reply.ok_or_else(|| self.trouble("it does not answer"))
        };
        let number = reply(GENERATION)?.texts.iter().find_map(|text| {
            let text = std::str::from_utf8(text).ok()?;
            text.parse().ok()
        });
        let state = number.map_or(State::Nothing, State::Generation);
        let wanted = generation.to_string();
        let has = |text: &Vec<u8>| text == wanted.as_bytes();
        Ok((state, reply(&own)?.texts.iter().any(has)))
    }

    /// What it has now.
    pub(super) fn state(&self, wait: &Wait) -> Result<State, Trouble> {
        self.look(0, wait).map(|(state, _)| state)
    }

    /// Tells it to fetch the zone now, where it can be told: the server's own word can come half a second later, or be lost.
    pub(super) fn nudge(&self, wait: &Wait) {
        if self.resolver.control.is_some() {
            // Where it does not work, the wait for the zone shows it.
            self.control(&["auth_zone_transfer", &self.zone], wait).ok();
        }
    }

    /// Waits until it enforces a state of the zone, or a later one; `off` says that nothing at all is as good.
    pub(super) fn follows(&self, generation: u64, off: bool, wait: &Wait) -> Result<(), Trouble> {
        let mut wanted = generation;
        loop {
            let looked = self.look(wanted, wait);
            match looked {
                Ok((_, true)) => return Ok(()),
                Ok((State::Nothing, false)) if off => return Ok(()),
                // The zone was changed again meanwhile: the later state will do.
                Ok((State::Generation(has), false))
                    if has > wanted && has - generation <= AHEAD_MAX =>
                {
                    wanted = has;
                }
                _ => {}
            }
            if wait.is_over(self.clock.counted()) {
                return Err(match looked {
                    Ok((State::Generation(has), _)) if has != wanted => {
                        self.trouble(format!("it has state {has} of the zone, not {wanted}"))
                    }
                    Ok((State::Generation(_), _)) => {
                        self.trouble("it has the zone and does not enforce it yet")
                    }
                    Ok((State::Nothing, _)) => self.trouble("it does not enforce the zone"),
                    Err(why) => why,
                });
            }
            std::thread::park_timeout(PAUSE);
        }
    }

    /// Switches the zone off at once, where the resolver can. Gives whether it can.
    pub(super) fn disable(&self, wait: &Wait) -> Result<bool, Trouble> {
        if self.resolver.control.is_none() {
            return Ok(false);
        }
        self.control(&["rpz_disable", &self.zone], wait)
            .map(|_| true)
    }

    /// Switches it on again, once it has this state of the zone.
    pub(super) fn enable(&self, serial: u32, wait: &Wait) -> Result<(), Trouble> {
        if self.resolver.control.is_none() {
            return Ok(());
        }
        loop {
            let said = self.control(&["list_auth_zones"], wait)?;
            if has_serial(&said, &self.zone, serial) {
                return self.control(&["rpz_enable", &self.zone], wait).map(|_| ());
            }
            if wait.is_over(self.clock.counted()) {
                return Err(self.trouble("it has not fetched the zone"));
            }
            self.nudge(wait);
            std::thread::park_timeout(PAUSE);
        }
    }

    fn control(&self, words: &[&str], wait: &Wait) -> Result<String, Trouble> {
        let control = self.resolver.control.as_ref();
        let control = control.ok_or_else(|| self.trouble("it has no control"))?;
        run(control, words, self.clock.as_ref(), wait).map_err(|why| self.trouble(why))
    }
}

/// Whether Unbound has a state of a zone, or a later one (RFC 1982).
fn has_serial(said: &str, zone: &str, serial: u32) -> bool {
    said.lines().any(|line| {
        let mut words = line.split_whitespace();
        let name = words.next().map(|name| name.trim_end_matches('.'));
        let number = (words.next() == Some("serial"))
            .then(|| words.next())
            .flatten();
        let number = number.and_then(|number| number.parse::<u32>().ok());
        name == Some(zone) && number.is_some_and(|has| has.wrapping_sub(serial) < 1 << 31)
    })
}

/// Runs `unbound-control`, no longer than its bound, and not on where the owner stops everything meanwhile.
fn run(
    control: &Control,
    words: &[&str],
    clock: &dyn Clock,
    stop: &Wait,
) -> Result<String, Trouble> {
    let program = control.program.display();
    let told = |error: std::io::Error| format!("{program}: {error}");
    let mut child = Command::new(&control.program)
        .arg("-c")
        .arg(&control.config)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(told)?;
    let output = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(output) = output {
            output
                .take(CONTROL_BYTES_MAX)
                .read_to_string(&mut text)
                .ok();
        }
        text
    });
    let ended = wait(&mut child, clock, stop).map_err(told)?;
    // The child is gone, so its output has ended.
    let said = reader.join().unwrap_or_default();
    match ended {
        Some(true) => Ok(said),
        Some(false) => Err(format!("{program} {}: {}", words.join(" "), said.trim())),
        None => Err(format!("{program} {}: no answer in time", words.join(" "))),
    }
}

/// Whether a child ended well; nothing where it had to be ended.
fn wait(child: &mut Child, clock: &dyn Clock, stop: &Wait) -> std::io::Result<Option<bool>> {
    let end = clock.counted() + CONTROL;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if clock.counted() > end || stop.is_stopped() {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Reads an answer to a question; nothing where it is none.
fn read(message: &Message<&[u8]>, name: &str, qtype: Rtype) -> Option<Reply> {
    let header = message.header();
    let question = message.sole_question().ok()?;
    let asked = question.qname().to_string().to_ascii_lowercase();
    if !header.qr() || asked.trim_end_matches('.') != name || question.qtype() != qtype {
        return None;
    }
    let mut reply = Reply {
        no_such_name: header.rcode() == Rcode::NXDOMAIN,
        addresses: BTreeSet::new(),
        texts: Vec::new(),
    };
    for record in message.answer().ok()? {
        let record = record.ok()?;
        if let Ok(Some(found)) = record.to_record::<A>() {
            reply.addresses.insert(found.data().addr().into());
        } else if let Ok(Some(found)) = record.to_record::<Aaaa>() {
            reply.addresses.insert(found.data().addr().into());
        } else if let Ok(Some(found)) = record.to_record::<Txt<_>>() {
            reply.texts.push(found.data().text());
        }
    }
    Some(reply)
}

#[cfg(test)]
mod tests {
    use super::has_serial;

    #[test]
    fn a_later_state_counts_and_an_expired_one_does_not() {
        let said = "a.example.\tserial 7\nrpz.test.\tserial 4294967295\nold.test.\texpired\n";
        assert!(has_serial(said, "rpz.test", 4_294_967_290));
        assert!(has_serial(said, "a.example", 4_294_967_295));
        assert!(!has_serial(said, "a.example", 8));
        assert!(!has_serial(said, "old.test", 1));
        assert!(!has_serial(said, "none.test", 1));
    }
}
