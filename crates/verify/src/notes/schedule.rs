//! The schedule of legal numbers, section 10.9. In: a signed note. Out: each value with its source and whether it was verified. Never: a value that is missing, or one more.

use super::grammar::{Broken, Lines, number, sha256};
use super::root::TrustRoot;
use super::sitting::{Sitting, sat};
use super::statement::StatementError;
use super::{is_name, ruling::SEALED_FIELDS, text_hash};
use crate::limits::{
    MONTHS_MAX, NOTE_TEXT_BYTES_MAX, RETENTION_DAYS_MAX, SOURCE_BYTES_MAX,
    URGENT_ACQUISITION_HOURS_MAX, URGENT_MEASURE_HOURS_MAX,
};
use crate::time::read_time;
use sakimori_tlog::merkle::Hash;
use sakimori_tlog::note::Note;

const HEADER: &str = "sakimori/schedule/v1";

/// What a value looks like.
#[derive(Clone, Copy)]
enum Form {
    /// `N months`.
    Months,
    /// `N days`.
    Days,
    /// A number.
    Number,
    /// A number of millionths.
    Ppm,
    /// A number of days that something is kept.
    Keep,
    /// `yes` or `no`.
    YesNo,
    /// `off`, or `N hours` of at most so many.
    Hours(u64),
    /// Two-letter codes.
    Countries,
    /// Names of fields of the record.
    Fields,
    /// Names, or none.
    Names,
    /// Words of [`SEALED_FIELDS`].
    Sealed,
    /// `HH-HH +HH`.
    Day,
}

/// Every key, in order.
const VALUES: [(&str, Form); 31] = [
    ("period.out-out", Form::Months),
    ("period.out-in", Form::Months),
    ("period.in-out", Form::Months),
    ("period.agreement", Form::Months),
    ("retention.days", Form::Keep),
    ("cap.match-ppm", Form::Ppm),
    ("cap.day-records", Form::Number),
    ("cap.share-ppm", Form::Ppm),
    ("floor.acquisition", Form::Number),
    ("floor.measure", Form::Number),
    ("floor.reidentification", Form::Number),
    ("floor.disclosure", Form::Number),
    ("agreement.sitting", Form::YesNo),
    (
        "urgent.acquisition",
        Form::Hours(URGENT_ACQUISITION_HOURS_MAX),
    ),
    ("urgent.measure", Form::Hours(URGENT_MEASURE_HOURS_MAX)),
    ("urgent.month", Form::Number),
    ("urgent.match-ppm", Form::Ppm),
    ("urgent.day-records", Form::Number),
    ("deadline.question", Form::Days),
    ("deadline.notice", Form::Days),
    ("deadline.demand", Form::Days),
    ("deadline.recommendation", Form::Days),
    ("carrier.tolerance-ppm", Form::Ppm),
    ("home-countries", Form::Countries),
    ("mechanical-fields", Form::Fields),
    ("identify.fields", Form::Sealed),
    ("identify.epoch", Form::Days),
    ("release.recipients", Form::Names),
    ("budget.rows", Form::Number),
    ("budget.exports", Form::Number),
    ("hours", Form::Day),
];

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    key: &'static str,
    pub(crate) text: String,
    pub(crate) verified: bool,
    pub(crate) source: String,
}

/// A schedule as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) version: u64,
    pub(crate) not_before: u64,
    values: Vec<Value>,
    consulted: bool,
    previous: Option<Hash>,
    pub(crate) root: u64,
    sitting: Sitting,
    /// SHA-256 of its text.
    pub(crate) hash: Hash,
    note: Note,
}

impl Schedule {
    /// Reads a note; whether it was decided is asked by [`Schedule::decided`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let note = Note::parse(bytes).map_err(|error| error.to_string())?;
        let text = note.text().to_owned();
        Self::parse(&text, note).map_err(|broken| broken.to_string())
    }

    fn parse(text: &str, note: Note) -> Result<Self, Broken> {
        let mut lines = Lines::of(text, HEADER, NOTE_TEXT_BYTES_MAX)?;
        let version = lines.parsed("version", number)?;
        lines.parsed("jurisdiction", |text| is_country(text).then_some(()))?;
        let not_before = lines.parsed("not-before", read_time)?;
        let mut values = Vec::new();
        for (key, form) in VALUES {
            values.push(lines.parsed("value", |line| value(key, form, line))?);
        }
        let hash = |text: &str| match text {
            "none" => Some(None),
            hash => sha256(hash).map(Some),
        };
        let consulted = lines.parsed("consultation", hash)?.is_some();
        let previous = lines.parsed("previous", hash)?;
        if previous.is_none() != (version == 1) || version == 0 {
            return Err(lines.broken("version 1 alone follows none"));
        }
        let root = lines.parsed("root", number)?;
        let sitting = Sitting::read(&mut lines)?;
        lines.end()?;
        Ok(Self {
            version,
            not_before,
            values,
            consulted,
            previous,
            root,
            sitting,
            hash: text_hash(text),
            note,
        })
    }

    /// Whether office and sitting signed, and the sitting decided for it.
    pub(crate) fn decided(&self, root: &TrustRoot, floor: u64) -> Result<(), StatementError> {
        sat(
            &self.note,
            root,
            &self.sitting,
            std::slice::from_ref(&root.office),
            floor,
        )
    }

    /// Whether it is version 1, or follows the one before it.
    pub(crate) fn follows(&self, old: Option<&Self>) -> bool {
        match old {
            None => self.version == 1 && self.previous.is_none(),
            Some(old) => {
                self.previous == Some(old.hash) && old.version.checked_add(1) == Some(self.version)
            }
        }
    }

    /// A value that it changes without the consultation that this takes.
    pub(crate) fn unconsulted(&self, old: &Self) -> Option<&'static str> {
        let guarded = |key: &str| {
            key == "mechanical-fields"
                || key.starts_with("identify.")
                || key.starts_with("release.")
        };
        let pairs = self.values.iter().zip(&old.values);
        let mut changed = pairs.filter(|(new, old)| guarded(new.key) && new.text != old.text);
        changed
            .next()
            .filter(|_| !self.consulted)
            .map(|(new, _)| new.key)
    }

    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.values.iter().find(|value| value.key == key)
    }
}

impl Value {
    /// Its first word as a number: of `N`, `N days`, `N months`, `N hours`; `None` for `off`.
    pub(crate) fn count(&self) -> Option<u64> {
        number(self.text.split(' ').next()?)
    }

    /// Whether a list has a word.
    pub(crate) fn lists(&self, word: &str) -> bool {
        self.text != "none" && self.text.split(' ').any(|listed| listed == word)
    }
}

fn value(key: &'static str, form: Form, line: &str) -> Option<Value> {
    let rest = line.strip_prefix(key)?.strip_prefix(" = ")?;
    let [text, mark, source] = rest.splitn(3, " | ").collect::<Vec<_>>().try_into().ok()?;
    let verified = match mark {
        "verified" => true,
        "unverified" => false,
        _ => return None,
    };
    let plain = !source.is_empty() && source.trim() == source && source.len() <= SOURCE_BYTES_MAX;
    (fits(form, text) && plain).then(|| Value {
        key,
        text: text.to_owned(),
        verified,
        source: source.to_owned(),
    })
}

fn fits(form: Form, text: &str) -> bool {
    let counted = |unit: &str, most: u64| {
        let count = text.strip_suffix(unit).and_then(number);
        count.is_some_and(|count| (1..=most).contains(&count))
    };
    let words = |good: &dyn Fn(&str) -> bool| {
        let words: Vec<&str> = text.split(' ').collect();
        let once =
            |(at, word): (usize, &&str)| !words.iter().take(at).any(|earlier| earlier == word);
        text != "none" && words.iter().all(|word| good(word)) && words.iter().enumerate().all(once)
    };
    match form {
        Form::Months => counted(" months", MONTHS_MAX),
        Form::Days => counted(" days", RETENTION_DAYS_MAX),
        Form::Number => number(text).is_some(),
        Form::Ppm => number(text).is_some_and(|ppm| ppm <= 1_000_000),
        Form::Keep => counted("", RETENTION_DAYS_MAX),
        Form::YesNo => matches!(text, "yes" | "no"),
        Form::Hours(most) => text == "off" || counted(" hours", most),
        Form::Countries => words(&is_country),
        Form::Fields => words(&is_field),
        Form::Names => text == "none" || words(&is_name),
        Form::Sealed => text == "none" || words(&|word| SEALED_FIELDS.contains(&word)),
        Form::Day => is_day(text),
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// `[a-z0-9_]{1,32}`.
fn is_field(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=32).contains(&text.len()) && text.bytes().all(plain)
}

/// `09-18 +09`.
fn is_day(text: &str) -> bool {
    let two = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().ok()).flatten()
    };
    let Some((hours, offset)) = text.split_once(' ') else {
        return false;
    };
    let hours = hours
        .split_once('-')
        .and_then(|(from, to)| Some((two(from)?, two(to)?)));
    let east = offset
        .strip_prefix('+')
        .and_then(two)
        .is_some_and(|hours| hours <= 14);
    let west = offset
        .strip_prefix('-')
        .and_then(two)
        .is_some_and(|hours| (1..=12).contains(&hours));
    hours.is_some_and(|(from, to)| from < to && to <= 24) && (east || west)
}
