//! Receipts: what an actuator says is in force, or came of a command, so that it can be proved later. In: fields. Out: the text that its key signs as a note (`docs/reference/openc2.md`). Never: a line in two forms.

use crate::engine::Deed;
use sakimori_custody::ids::{Name, hex, unhex};
use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;
use std::fmt;
use std::iter::{Enumerate, Peekable};

const HEADER: &str = "sakimori/effect/v1";
/// Most effects of one receipt.
pub const EFFECTS_MAX: usize = 20_000;
/// Longest text in bytes.
pub const RECEIPT_BYTES_MAX: usize = 32 << 20;

coded! {
    /// How it stands with an effect.
    Standing: u8 {
        /// In force, read back.
        InForce = 1 "in-force",
        /// Wanted, and not in force at the last look.
        Missing = 2 "missing",
        /// Taken back, read back.
        Ended = 3 "ended",
        /// Not wanted, and still in force at the last look.
        Left = 4 "left",
        /// Refused.
        Refused = 5 "refused",
        /// Wanted or in force when it was last seen, and nobody can see it now.
        Unseen = 6 "unseen",
    }
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What all revisions of its measure share.
    pub measure: [u8; 32],
    /// What is done.
    pub deed: Deed,
    /// How it stands.
    pub standing: Standing,
    /// The first second in which it is not in force any more; 0 for one that has ended.
    pub until: Seconds,
    /// What it met: packets, questions or tries.
    pub times: u64,
    /// Bytes, where they are counted.
    pub bytes: u64,
    /// With what.
    pub target: String,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Whose.
    pub actuator: Name,
    /// When.
    pub time: Seconds,
    /// The run of the actuator; another after each start.
    pub run: u64,
    /// Grows with each receipt of a run.
    pub serial: u64,
    /// Whether the owner has stopped everything.
    pub is_stopped: bool,
    /// Effects of this run that were gone at a look though nobody had taken them back.
    pub gaps: u64,
    /// The command that it answers; empty where it tells of all.
    pub command: String,
    /// Effects.
    pub effects: Vec<Line>,
}

/// A text that is no receipt: the number of the line that is not as it should be. Its reader asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0} of the receipt is not as it should be")]
pub struct ReceiptError(pub usize);

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{HEADER}\nactuator: {}\ntime: {}",
            self.actuator, self.time
        )?;
        writeln!(f, "run: {}\nserial: {}", self.run, self.serial)?;
        writeln!(f, "stopped: {}", if self.is_stopped { "yes" } else { "no" })?;
        // None is not written: receipts of before it was told are read as they were signed.
        if self.gaps > 0 {
            writeln!(f, "gaps: {}", self.gaps)?;
        }
        let command = if self.command.is_empty() {
            "-"
        } else {
            &self.command
        };
        writeln!(f, "command: {command}")?;
        for line in &self.effects {
            writeln!(
                f,
                "effect: {} {} {} {} {} {} {}",
                hex(&line.measure),
                line.deed,
                line.standing,
                line.until.0,
                line.times,
                line.bytes,
                line.target
            )?;
        }
        Ok(())
    }
}

fn effect(line: &str) -> Option<Line> {
    let words: Vec<&str> = line.split(' ').collect();
    let [measure, deed, standing, until, times, bytes, target] = words.as_slice() else {
        return None;
    };
    (!target.is_empty()).then_some(Line {
        measure: unhex(measure)?,
        deed: Deed::from_name(deed)?,
        standing: Standing::from_name(standing)?,
        until: Seconds(until.parse().ok()?),
        times: times.parse().ok()?,
        bytes: bytes.parse().ok()?,
        target: (*target).to_owned(),
    })
}

/// Lines that are still to be read, with their places.
type Lines<'t> = Peekable<Enumerate<std::str::Lines<'t>>>;

/// What the next line says of a key, and which line it is; the header has none.
fn value<'t>(lines: &mut Lines<'t>, key: &str) -> Result<(usize, &'t str), ReceiptError> {
    let (at, line) = lines.next().ok_or(ReceiptError(0))?;
    let rest = if key.is_empty() {
        (line == HEADER).then_some("")
    } else {
        line.strip_prefix(key)
    };
    rest.map(|rest| (at + 1, rest)).ok_or(ReceiptError(at + 1))
}

impl Receipt {
    /// Reads the text of a note whose signature was checked.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        if text.len() > RECEIPT_BYTES_MAX {
            return Err(ReceiptError(0));
        }
        let mut lines = text.lines().enumerate().peekable();
        value(&mut lines, "")?;
        let (at, actuator) = value(&mut lines, "actuator: ")?;
        let actuator = actuator.parse().map_err(|_| ReceiptError(at))?;
        let (at, time) = value(&mut lines, "time: ")?;
        let time = time.parse().map_err(|_| ReceiptError(at))?;
        let (at, run) = value(&mut lines, "run: ")?;
        let run = run.parse().map_err(|_| ReceiptError(at))?;
        let (at, serial) = value(&mut lines, "serial: ")?;
        let serial = serial.parse().map_err(|_| ReceiptError(at))?;
        let (at, stopped) = value(&mut lines, "stopped: ")?;
        let is_stopped = match stopped {
            "yes" => true,
            "no" => false,
            _ => return Err(ReceiptError(at)),
        };
        let gaps = lines.next_if(|(_, line)| line.starts_with("gaps: "));
        let gaps = gaps.map_or(Ok(0), |(at, line)| {
            let count = line.strip_prefix("gaps: ").and_then(|n| n.parse().ok());
            count.ok_or(ReceiptError(at + 1))
        })?;
        let (_, command) = value(&mut lines, "command: ")?;
        let command = if command == "-" { "" } else { command };
        let mut effects = Vec::new();
        for (at, line) in lines {
            let line = line.strip_prefix("effect: ").and_then(effect);
            effects.push(line.ok_or(ReceiptError(at + 1))?);
            if effects.len() > EFFECTS_MAX {
                return Err(ReceiptError(at + 1));
            }
        }
        let receipt = Self {
            actuator,
            time,
            run,
            serial,
            is_stopped,
            gaps,
            command: command.to_owned(),
            effects,
        };
        // One form: what reads back as another text is none.
        if receipt.to_string() == text {
            Ok(receipt)
        } else {
            Err(ReceiptError(0))
        }
    }
}
