//! The authority statement, section 10.2. In: a signed note, the trust root that it names. Out: what is allowed, or why nothing is. Never: a statement that a sitting or both
//! sides of an agreement did not decide for.

use super::grammar::{Broken, Lines, number, sha256};
use super::root::TrustRoot;
use super::sitting::{Sitting, sat};
use super::{is_name, text_hash};
use crate::limits::{CONDITIONS_BYTES_MAX, RETENTION_DAYS_MAX, STATEMENT_BYTES_MAX};
use crate::time::read_time;
use crate::unhex;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::note::Note;

const HEADER: &str = "sakimori/authority/v1";
/// What a statement can allow.
pub(super) const KINDS: [&str; 5] = [
    "acquisition",
    "agreement",
    "measure",
    "reidentification",
    "disclosure",
];

/// Who decided.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Decided {
    Sitting(Sitting),
    Agreement {
        party: Box<VerifierKey>,
        suspend: Box<VerifierKey>,
    },
    Urgent([String; 2]),
}

/// A statement as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) id: [u8; 16],
    pub(crate) kind: String,
    pub(crate) basis: String,
    pub(crate) request: Hash,
    pub(crate) not_before: u64,
    pub(crate) not_after: u64,
    pub(crate) sensors: Vec<String>,
    pub(crate) directions: Vec<String>,
    pub(crate) pack: Hash,
    pub(crate) match_ppm: u64,
    pub(crate) flow_bytes: u64,
    pub(crate) day_records: u64,
    pub(crate) keep_days: u64,
    pub(crate) root: u64,
    decided: Decided,
    /// SHA-256 of its text.
    pub(crate) hash: Hash,
    note: Note,
}

/// Why a statement allows nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StatementError {
    /// Signatures are missing, bad or too many.
    Signature(String),
    /// The sitting did not decide for it, or two officers may not.
    Sitting(String),
}

impl Statement {
    /// Reads a note; whether it was decided is asked by [`Statement::decided`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        let text = note.text().to_owned();
        Self::parse(&text, note).map_err(|broken| broken.to_string())
    }

    fn parse(text: &str, note: Note) -> Result<Self, Broken> {
        let mut lines = Lines::of(text, HEADER, STATEMENT_BYTES_MAX)?;
        let id = lines.parsed("id", unhex)?;
        let kind = lines.parsed("kind", |kind| KINDS.contains(&kind).then_some(kind))?;
        let basis = lines.parsed("basis", |basis| is_name(basis).then_some(basis))?;
        let request = lines.parsed("request", unhex)?;
        let not_before = lines.parsed("not-before", read_time)?;
        let not_after = lines.parsed("not-after", |text| {
            read_time(text).filter(|&end| not_before < end)
        })?;
        let sensors = lines.words("sensors")?;
        if !sensors.iter().all(|sensor| is_name(sensor)) {
            return Err(lines.broken("a sensor has no name"));
        }
        let directions = lines.words("directions")?;
        let known = |word: &&str| ["out-in", "in-out", "out-out"].contains(word);
        if directions.is_empty() || !directions.iter().all(known) {
            return Err(lines.broken("no directions that can be selected"));
        }
        let pack = lines.parsed("selectors", selectors)?;
        let (match_ppm, flow_bytes, day_records) = lines.parsed("caps", caps)?;
        let keep_days = lines.parsed("retention", retention)?;
        lines.parsed("conditions", |text| {
            (text.len() <= CONDITIONS_BYTES_MAX).then_some(())
        })?;
        lines.parsed("replaces", |text| {
            (text == "none" || unhex::<16>(text).is_some()).then_some(())
        })?;
        let root = lines.parsed("root", number)?;
        let decided = decided(kind, &mut lines)?;
        lines.end()?;
        Ok(Self {
            id,
            kind: kind.to_owned(),
            basis: basis.to_owned(),
            request,
            not_before,
            not_after,
            sensors: sensors.into_iter().map(str::to_owned).collect(),
            directions: directions.into_iter().map(str::to_owned).collect(),
            pack,
            match_ppm,
            flow_bytes,
            day_records,
            keep_days,
            root,
            decided,
            hash: text_hash(text),
            note,
        })
    }

    /// Whether sensors may run under it.
    pub(crate) fn lets_sensors_run(&self) -> bool {
        matches!(self.kind.as_str(), "acquisition" | "agreement")
    }

    /// Whether leases are given for it: to sensors, or to the actuators of a measure.
    pub(crate) fn is_leased(&self) -> bool {
        self.lets_sensors_run() || self.kind == "measure"
    }

    /// Whether two officers decided it, without a sitting.
    pub(crate) const fn is_urgent(&self) -> bool {
        matches!(self.decided, Decided::Urgent(_))
    }

    /// Whether it is what a measure of a level takes: at level 2 the votes of everybody who sits.
    pub(crate) fn is_enough(&self, level: u64) -> bool {
        level < 2 || matches!(&self.decided, Decided::Sitting(sitting) if sitting.is_of_all())
    }

    /// The key by which the party of an agreement suspends it.
    pub(crate) const fn suspend_key(&self) -> Option<&VerifierKey> {
        match &self.decided {
            Decided::Agreement { suspend, .. } => Some(suspend),
            _ => None,
        }
    }

    /// Whether the right people signed, and decided for it with so many votes.
    pub(crate) fn decided(&self, root: &TrustRoot, floor: u64) -> Result<(), StatementError> {
        match &self.decided {
            Decided::Sitting(sitting) => sat(&self.note, root, sitting, &[], floor),
            Decided::Agreement { party, .. } => {
                let signed = self.signers(&[root.office.clone(), (**party).clone()])?;
                let apart = party.public() != root.office.public();
                let what = if !signed.contains(&root.office) {
                    "the office has not signed the agreement"
                } else if !signed.contains(party) || !apart {
                    "the party has not signed the agreement"
                } else {
                    return Ok(());
                };
                Err(StatementError::Signature(what.to_owned()))
            }
            Decided::Urgent(ids) => {
                let officer = |id: &String| {
                    let what = || StatementError::Sitting(format!("`{id}` is no officer"));
                    root.officer(id).ok_or_else(what)
                };
                let [one, other] = ids;
                let (one, other) = (officer(one)?, officer(other)?);
                if one.role == other.role {
                    let what = format!("`{}` and `{}` have the same role", one.id, other.id);
                    return Err(StatementError::Sitting(what));
                }
                let signed = self.signers(&[one.key.clone(), other.key.clone()])?;
                match [one, other]
                    .into_iter()
                    .find(|officer| !signed.contains(&officer.key))
                {
                    Some(absent) => Err(StatementError::Signature(format!(
                        "`{}` has not signed",
                        absent.id
                    ))),
                    None => Ok(()),
                }
            }
        }
    }

    fn signers(&self, keys: &[VerifierKey]) -> Result<Vec<VerifierKey>, StatementError> {
        let verified = self.note.verify(keys);
        let verified = verified.map_err(|error| StatementError::Signature(error.to_string()))?;
        Ok(verified.into_iter().map(|v| v.key).collect())
    }
}

/// The last lines, in one of their three forms.
fn decided(kind: &str, lines: &mut Lines<'_>) -> Result<Decided, Broken> {
    if kind == "agreement" {
        let party = Box::new(lines.parsed("party", party)?);
        let suspend =
            Box::new(lines.parsed("suspend-key", |text| text.parse::<VerifierKey>().ok())?);
        return Ok(Decided::Agreement { party, suspend });
    }
    if let Some(text) = lines.optional("urgent") {
        let ids = text
            .split_once(' ')
            .filter(|(one, other)| is_name(one) && is_name(other) && one != other);
        let Some((one, other)) = ids.filter(|_| matches!(kind, "acquisition" | "measure")) else {
            return Err(lines.broken("it names no two officers who could decide this kind"));
        };
        return Ok(Decided::Urgent([one.to_owned(), other.to_owned()]));
    }
    Sitting::read(lines).map(Decided::Sitting)
}

fn selectors(line: &str) -> Option<Hash> {
    let mut words = line.split(' ');
    let pack = sha256(words.next()?)?;
    for name in ["count", "v4", "v6-48", "domains", "ja4", "behaviours"] {
        words.next().filter(|word| *word == name)?;
        number(words.next()?)?;
    }
    words.next().is_none().then_some(pack)
}

fn caps(line: &str) -> Option<(u64, u64, u64)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [
        "match-ppm",
        ppm,
        "flow-bytes",
        bytes,
        "day-records",
        records,
    ] = words.as_slice()
    else {
        return None;
    };
    let (ppm, records) = (number(ppm)?, number(records)?);
    let bounded = (1..=1_000_000).contains(&ppm) && records >= 1;
    bounded.then_some((ppm, number(bytes)?, records))
}

fn retention(line: &str) -> Option<u64> {
    let days = number(line.strip_prefix("bucket 1d keep ")?.strip_suffix('d')?)?;
    (1..=RETENTION_DAYS_MAX).contains(&days).then_some(days)
}

fn party(line: &str) -> Option<VerifierKey> {
    let (name, key) = line.split_once(' ')?;
    is_name(name).then(|| key.parse().ok()).flatten()
}
