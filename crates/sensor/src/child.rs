//! The sealed process: configuration in, seal, then captures in and frames out. In: descriptor 2 (configuration, ticks, stop), descriptor 0 (the capture). Out:
//! frames on descriptor 1, an exit code. Never: text of any kind; a panic says a fixed code.

use crate::capture::{Capture, Filled, unpacked};
use crate::direction::Home;
use crate::limits::{PACK_BYTES_MAX, PIPE_BYTES};
use crate::pipeline::{Identify, Pipeline, PipelineConfig};
use crate::seal::{EndTimer, seal};
use rustix::event::{PollFd, PollFlags, poll};
use sakimori_custody::epoch::EpochId;
use sakimori_custody::frame::Frame;
use sakimori_custody::identifier::{IdentifierField, Sealer, WritingKeys};
use sakimori_custody::ids::StreamId;
use sakimori_custody::record::{Country, Direction};
use sakimori_custody::time::Day;
use sakimori_custody::window::{EndFrame, EndStatus};
use sakimori_select::{Matcher, Pack};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::io::{self, Read};
use std::process::ExitCode;
use std::rc::Rc;
use zeroize::{Zeroize, Zeroizing};

/// The argument by which a program is told to become the sealed process.
pub const CHILD_ARGUMENT: &str = "sealed-child";

/// What the supervisor tells the sealed process before it is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChildConfig {
    /// Canonical text of the pack; its note was checked outside.
    pub pack: String,
    /// Home country, two letters.
    pub home_country: String,
    /// Home prefixes.
    pub home_prefixes: Vec<String>,
    /// Directions that the authority names.
    pub directions: Vec<String>,
    /// Seed of the flow table's hash.
    pub seed: [u64; 2],
    /// Whether windows follow ticks.
    pub ticks: bool,
    /// What asks for identifiers; absent where the schedule names no field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identify: Option<ChildIdentify>,
    /// Benchmarks only: nothing is domestic.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nowhere: bool,
}

/// What the sealed process is given to write identifiers: nothing of it opens one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChildIdentify {
    /// Fields that the schedule names.
    pub fields: Vec<String>,
    /// The epoch's name.
    pub epoch: String,
    /// The stream of the run.
    pub stream: String,
    /// Key of the tags.
    pub tag_key: [u8; 32],
    /// Public key to which values are sealed.
    pub recipient: [u8; 32],
    /// Seed of the generator, drawn for this run.
    pub seed: [u8; 32],
}

impl std::fmt::Debug for ChildIdentify {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChildIdentify")
            .field("fields", &self.fields)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

impl ChildIdentify {
    /// Names what a run writes.
    ///
    /// `keys` are those of `epoch`, `stream` that of the run, `seed` 32 random bytes of this run alone.
    pub fn new(
        fields: &[IdentifierField],
        epoch: EpochId,
        stream: StreamId,
        keys: &WritingKeys,
        seed: [u8; 32],
    ) -> Self {
        Self {
            fields: fields.iter().map(ToString::to_string).collect(),
            epoch: epoch.to_string(),
            stream: stream.to_string(),
            tag_key: *keys.tag,
            recipient: keys.recipient,
            seed,
        }
    }

    /// Its fields, where all are known.
    pub fn fields(&self) -> Option<Vec<IdentifierField>> {
        self.fields.iter().map(|name| name.parse().ok()).collect()
    }

    /// The control messages that turn a run over to these keys: words of eight bytes, then the epoch's days.
    pub(crate) fn turn(&self) -> Option<Zeroizing<Vec<u8>>> {
        let epoch: EpochId = self.epoch.parse().ok()?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(TURN_BYTES));
        for part in [&self.tag_key, &self.recipient, &self.seed] {
            for word in part.chunks(8) {
                bytes.push(KEY);
                bytes.extend_from_slice(word);
            }
        }
        bytes.push(EPOCH);
        bytes.extend_from_slice(&epoch.first.0.to_le_bytes());
        bytes.extend_from_slice(&epoch.days.to_le_bytes());
        Some(bytes)
    }

    /// The same run under the keys and the epoch that such messages told; `None` where they tell none.
    fn turned(&self, keys: &[u8], days: u64) -> Option<Self> {
        let (first, days) = (Day(days as u32), (days >> 32) as u32);
        let authority = self.epoch.parse::<EpochId>().ok()?.authority;
        let epoch = EpochId::of(authority, first, days).filter(|epoch| epoch.first == first)?;
        let (tag_key, rest) = keys.split_first_chunk()?;
        let (recipient, rest) = rest.split_first_chunk()?;
        Some(Self {
            fields: self.fields.clone(),
            epoch: epoch.to_string(),
            stream: self.stream.clone(),
            tag_key: *tag_key,
            recipient: *recipient,
            seed: rest.try_into().ok()?,
        })
    }

    fn build(&self) -> Option<Identify> {
        let keys = WritingKeys {
            tag: Zeroizing::new(self.tag_key),
            recipient: self.recipient,
        };
        let sealer = Sealer::new(&keys, &self.epoch, self.stream.parse().ok()?, self.seed)?;
        Some(Identify::new(self.fields()?, sealer))
    }
}

impl Drop for ChildIdentify {
    fn drop(&mut self) {
        self.tag_key.zeroize();
        self.seed.zeroize();
    }
}

/// Exit codes of the sealed process; the frames say the rest.
mod exit {
    pub(super) const CONFIGURATION: u8 = 2;
    pub(super) const PANIC: u8 = 101;
    pub(super) const NOT_SEALED: u8 = 102;
    pub(super) const PIPE: u8 = 103;
}

/// A control message: kind byte and eight bytes of number.
const CONTROL_BYTES: usize = 9;
/// A tick: the window ends at this wall time, ms.
pub(crate) const TICK: u8 = b't';
/// Eight bytes of the keys of the next epoch.
const KEY: u8 = b'k';
/// The keys are told: from now on they hold, for the epoch of this first day and so many days.
const EPOCH: u8 = b'n';
/// All messages of a turn.
const TURN_BYTES: usize = 13 * CONTROL_BYTES;
/// Stop reading and finish.
pub(crate) const STOP: u8 = b's';
/// The process ends by itself when the machine has been up so long, ms: a lease was renewed.
pub(crate) const END: u8 = b'e';

/// Runs the sealed process to its end.
pub fn run() -> ExitCode {
    // A message could carry what was read; the fixed code says enough.
    std::panic::set_hook(Box::new(|_| {}));
    let run = std::panic::catch_unwind(sealed);
    let code = match run {
        Ok(Ok(())) => return ExitCode::SUCCESS,
        Ok(Err(code)) => code,
        Err(_) => {
            let end = EndFrame {
                status: EndStatus::Fault,
                offset: 0,
                packets: 0,
                windows: 0,
                records: 0,
                events: 0,
                fault: 1,
            };
            let mut frame = Vec::new();
            Frame::End(end).encode(&mut frame);
            let _ = write_all(&frame);
            exit::PANIC
        }
    };
    ExitCode::from(code)
}

fn sealed() -> Result<(), u8> {
    let (config, end_ms) = read_config().ok_or(exit::CONFIGURATION)?;
    let timer = EndTimer::new().filter(|timer| timer.end_at(end_ms));
    let timer = timer.ok_or(exit::CONFIGURATION)?;
    let ticks = config.ticks;
    let mut pipeline = build(&config).ok_or(exit::CONFIGURATION)?;
    let mut scratch = Vec::with_capacity(2 * PIPE_BYTES);
    let ready = seal(pipeline.map_version()).map_err(|_| exit::NOT_SEALED)?;
    Frame::Ready(ready).encode(&mut scratch);
    write_all(&scratch)?;
    let control = Rc::new(RefCell::new(Control::new(timer)));
    let input = Input {
        control: Rc::clone(&control),
        live: ticks,
    };
    if ticks {
        read_input(
            &mut pipeline,
            Capture::new(Box::new(input)),
            &control,
            config.identify,
        )
    } else {
        let plain: Box<dyn Read> = unpacked(input).map_err(|_| exit::CONFIGURATION)?;
        read_input(
            &mut pipeline,
            Capture::new(plain),
            &control,
            config.identify,
        )
    }
}

/// The loop around the machine.
fn read_input(
    pipeline: &mut Pipeline,
    mut capture: Capture<Box<dyn Read>>,
    control: &RefCell<Control>,
    mut identify: Option<ChildIdentify>,
) -> Result<(), u8> {
    let mut batch = Vec::new();
    let status = loop {
        let filled = capture.fill(&mut batch);
        if let Some((keys, days)) = control.borrow_mut().turn.take() {
            let turned = identify.take().and_then(|now| now.turned(&keys, days));
            let sealer = turned.as_ref().and_then(ChildIdentify::build);
            pipeline.identify_with(sealer.ok_or(exit::CONFIGURATION)?);
            identify = turned;
        }
        match filled {
            Ok(Filled::More) => pipeline.push(&capture, &batch),
            Ok(Filled::End(status)) => break status,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            // Unpacking or reading failed in the middle of the input.
            Err(_) => break EndStatus::Malformed,
        }
        let ticks = std::mem::take(&mut control.borrow_mut().ticks);
        for tick in &ticks {
            pipeline.tick(*tick);
        }
        // A window that a tick closed is told at once: its receipt shows that an idle sensor is alive.
        if !ticks.is_empty() || pipeline.output().len() >= PIPE_BYTES {
            flush(pipeline)?;
        }
    };
    let stopped = control.borrow().stop;
    let status = if stopped { EndStatus::Stopped } else { status };
    pipeline.finish(status, capture.offset());
    capture.erase();
    flush(pipeline)
}

fn flush(pipeline: &mut Pipeline) -> Result<(), u8> {
    write_all(pipeline.output())?;
    pipeline.output().clear();
    Ok(())
}

fn build(config: &ChildConfig) -> Option<Pipeline> {
    let pack = Pack::parse_source(&config.pack).ok()?;
    let country = config.home_country.as_bytes().try_into().ok()?;
    let mut home = Home::country(Country::new(country)?);
    for prefix in &config.home_prefixes {
        home.prefixes.push(prefix.parse().ok()?);
    }
    #[cfg(feature = "bench")]
    {
        home.nowhere = config.nowhere;
    }
    let directions: Option<Vec<Direction>> = config
        .directions
        .iter()
        .map(|name| Direction::from_name(name))
        .collect();
    let mut parts = PipelineConfig::new(
        home,
        directions?,
        Matcher::new(&pack),
        pack.behaviours(),
        config.seed,
    );
    parts.ticks = config.ticks;
    if let Some(identify) = &config.identify {
        parts.identify = Some(identify.build()?);
    }
    Some(Pipeline::new(parts))
}

/// Reads until when the process may live (eight bytes: ms since the machine was started), then the configuration behind its length (four bytes).
fn read_config() -> Option<(ChildConfig, u64)> {
    let mut end_ms = [0; 8];
    read_exact(&mut end_ms)?;
    let end_ms = u64::from_le_bytes(end_ms);
    let mut number = [0; 4];
    read_exact(&mut number)?;
    let length = u32::from_le_bytes(number) as usize;
    if length > PACK_BYTES_MAX + (1 << 20) {
        return None;
    }
    let mut bytes = vec![0; length];
    read_exact(&mut bytes)?;
    Some((serde_json::from_slice(&bytes).ok()?, end_ms))
}

/// Fills a buffer from the control descriptor.
fn read_exact(mut place: &mut [u8]) -> Option<()> {
    while !place.is_empty() {
        match rustix::io::read(rustix::stdio::stderr(), &mut *place) {
            Ok(0) => return None,
            Ok(count) => place = place.get_mut(count..)?,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    Some(())
}

fn write_all(mut bytes: &[u8]) -> Result<(), u8> {
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(exit::PIPE),
        }
    }
    Ok(())
}

/// What the supervisor said meanwhile.
struct Control {
    timer: EndTimer,
    ticks: Vec<u64>,
    stop: bool,
    closed: bool,
    part: Zeroizing<Vec<u8>>,
    /// Keys of the next epoch as far as they came, then with the epoch's days.
    keys: Zeroizing<Vec<u8>>,
    turn: Option<(Zeroizing<Vec<u8>>, u64)>,
}

impl Control {
    fn new(timer: EndTimer) -> Self {
        Self {
            timer,
            ticks: Vec::new(),
            stop: false,
            closed: false,
            part: Zeroizing::default(),
            keys: Zeroizing::new(Vec::with_capacity(TURN_BYTES)),
            turn: None,
        }
    }

    /// Reads whatever is there; a supervisor that is gone ends the run.
    fn read(&mut self) {
        let mut bytes = [0; 16 * CONTROL_BYTES];
        match rustix::io::read(rustix::stdio::stderr(), &mut bytes) {
            Ok(0) => (self.closed, self.stop) = (true, true),
            Ok(count) => self
                .part
                .extend_from_slice(bytes.get(..count).unwrap_or_default()),
            Err(_) => {}
        }
        while let Some((message, rest)) = self.part.split_first_chunk::<CONTROL_BYTES>() {
            let (&kind, words) = message.split_first().unwrap_or((&STOP, &[]));
            let number = words
                .first_chunk()
                .map_or(0, |eight| u64::from_le_bytes(*eight));
            match kind {
                TICK => self.ticks.push(number),
                END => self.stop |= !self.timer.end_at(number),
                KEY if self.keys.len() < 96 => self.keys.extend_from_slice(words),
                EPOCH => self.turn = Some((std::mem::take(&mut self.keys), number)),
                _ => self.stop = true,
            }
            self.part = Zeroizing::new(rest.to_vec());
        }
    }
}

/// Descriptor 0, with an eye on control.
struct Input {
    control: Rc<RefCell<Control>>,
    live: bool,
}

impl Read for Input {
    /// Reads input. Live: a control message ends the wait with `WouldBlock`. A stop reads as the end of the input.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut control = self.control.borrow_mut();
        let (input, told) = wait()?;
        if told && !control.closed {
            control.read();
        }
        if control.stop {
            return Ok(0);
        }
        if (!control.ticks.is_empty() || control.turn.is_some()) && self.live {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if !input {
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(rustix::io::read(rustix::stdio::stdin(), buffer)?)
    }
}

/// Waits until input or control can be read; says which.
fn wait() -> io::Result<(bool, bool)> {
    let (stdin, stderr) = (rustix::stdio::stdin(), rustix::stdio::stderr());
    let mut fds = [
        PollFd::new(&stdin, PollFlags::IN),
        PollFd::new(&stderr, PollFlags::IN),
    ];
    poll(&mut fds, None)?;
    let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
    Ok((ready(&fds[0]), ready(&fds[1])))
}
