//! The chain of custody: what came in and what was done, one link a line, each bound to the one before. In: items with their bytes, acts. Out: lines, and the hash of the last, which is told to
//! others. Never: a link that is changed, taken out, put in or moved without a mark; of a chain that is cut off at its end the hash of the last link tells it.
//!
//! Bytes: `docs/reference/custody-chain.md`.

use sakimori_custody::ids::{hex, unhex};
use sakimori_custody::record::coded;
use sakimori_custody::time::Seconds;
use sakimori_exchange::json::{self, JsonError, Limits, quote};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What each hash begins with.
pub const CONTEXT: &str = "sakimori/custody-chain/v1";
/// Most links of a chain.
pub const LINKS_MAX: usize = 1_000_000;
/// Longest `who`, `what` in bytes.
pub const TEXT_BYTES_MAX: usize = 1024;
/// What the first link has before it.
pub const START: [u8; 32] = [0; 32];

/// Bounds of a line.
const LINE: Limits = Limits {
    bytes_max: 8192,
    depth_max: 2,
    values_max: 32,
};
/// Members of a line, in their order.
const MEMBERS: [&str; 9] = [
    "n", "time", "kind", "who", "what", "bytes", "sha256", "previous", "hash",
];

coded! {
    /// What a link is about.
    Kind: u8 {
        /// Something that came in: its bytes are kept, and their hash is that of the moment in which they came.
        Item = 1 "item",
        /// Something that was done; the bytes are those of its record.
        Act = 2 "act",
    }
}

/// One link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its place, from 0.
    pub n: u64,
    /// When.
    pub time: Seconds,
    /// What it is about.
    pub kind: Kind,
    /// Who handed it in, or did it.
    pub who: String,
    /// What it is, in words.
    pub what: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Hash of the link before; zeros for the first.
    pub previous: [u8; 32],
    /// Hash of this link.
    pub hash: [u8; 32],
}

/// Why a chain is none. Who holds it acts on it: nothing that stands in it is evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A line that is no link.
    #[error("line {line} of the chain {what}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A line that is no JSON.
    #[error("line {line} of the chain cannot be read")]
    Json {
        /// The line, from 1.
        line: usize,
        /// Why.
        #[source]
        source: JsonError,
    },
    /// Too long.
    #[error("the chain has more than {LINKS_MAX} links")]
    TooMany,
    /// Other than what was told.
    #[error("the chain ends with {found}, {told} was told")]
    End {
        /// The hash that was told.
        told: String,
        /// The hash of the last link.
        found: String,
    },
    /// A link that cannot be added.
    #[error("`{0}` is empty, too long, or has control characters")]
    Text(&'static str),
    /// A link before the last.
    #[error("the link is of {new}, the last is of {last}")]
    Backwards {
        /// Time of the last link.
        last: Seconds,
        /// Time of the new one.
        new: Seconds,
    },
    /// The bytes of an item are not those that came.
    #[error("item {0} has other bytes than came in")]
    Bytes(u64),
}

/// A chain that grows at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    links: Vec<Link>,
}

fn is_text(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= TEXT_BYTES_MAX
        && !text
            .chars()
            .any(|c| c.is_control() || c == '\u{2028}' || c == '\u{2029}')
}

/// The hash of a link: over its fields, each behind a newline, so that no field runs into the next.
fn hash(link: &Link) -> [u8; 32] {
    let text = format!(
        "{CONTEXT}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n",
        link.n,
        link.time,
        link.kind,
        link.who,
        link.what,
        link.bytes,
        hex(&link.sha256),
        hex(&link.previous)
    );
    Sha256::digest(text).into()
}

impl Chain {
    /// The links.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The hash of the last link, to be told to others; zeros for an empty chain.
    pub fn head(&self) -> [u8; 32] {
        self.links.last().map_or(START, |link| link.hash)
    }

    /// Adds what came in or was done. Its bytes are hashed here and not kept.
    ///
    /// # Errors
    /// [`ChainError`]: the chain is as before, and what was to be recorded may not be done.
    pub fn add(
        &mut self,
        time: Seconds,
        kind: Kind,
        who: &str,
        what: &str,
        bytes: &[u8],
    ) -> Result<&Link, ChainError> {
        let told = (bytes.len() as u64, Sha256::digest(bytes).into());
        self.add_told(time, kind, (who, what), told)
    }

    /// Adds what came in by its length and its SHA-256, taken when it came: its bytes may be erased since.
    ///
    /// # Errors
    /// As [`Chain::add`].
    pub fn add_told(
        &mut self,
        time: Seconds,
        kind: Kind,
        (who, what): (&str, &str),
        (bytes, sha256): (u64, [u8; 32]),
    ) -> Result<&Link, ChainError> {
        for (name, text) in [("who", who), ("what", what)] {
            if !is_text(text) {
                return Err(ChainError::Text(name));
            }
        }
        if let Some(last) = self.links.last().filter(|last| last.time > time) {
            return Err(ChainError::Backwards {
                last: last.time,
                new: time,
            });
        }
        if self.links.len() == LINKS_MAX {
            return Err(ChainError::TooMany);
        }
        let mut link = Link {
            n: self.links.len() as u64,
            time,
            kind,
            who: who.to_owned(),
            what: what.to_owned(),
            bytes,
            sha256,
            previous: self.head(),
            hash: START,
        };
        link.hash = hash(&link);
        let at = self.links.len();
        self.links.push(link);
        self.links.get(at).ok_or(ChainError::TooMany)
    }

    /// The chain as lines.
    pub fn write(&self) -> String {
        self.links.iter().map(Link::line).collect()
    }

    /// Whether these are the bytes of an item.
    ///
    /// # Errors
    /// [`ChainError::Bytes`]: they are not, or there is no such link.
    pub fn holds(&self, n: u64, bytes: &[u8]) -> Result<(), ChainError> {
        let link = usize::try_from(n).ok().and_then(|at| self.links.get(at));
        let same = link.is_some_and(|link| {
            link.bytes == bytes.len() as u64
                && link.sha256 == <[u8; 32]>::from(Sha256::digest(bytes))
        });
        same.then_some(()).ok_or(ChainError::Bytes(n))
    }
}

impl Link {
    /// The link as a line of JSON, with its newline.
    pub fn line(&self) -> String {
        let mut out = format!(
            "{{\"n\":{},\"time\":\"{}\",\"kind\":\"{}\",\"who\":",
            self.n, self.time, self.kind
        );
        quote(&mut out, &self.who);
        out.push_str(",\"what\":");
        quote(&mut out, &self.what);
        // A write to a String cannot fail.
        let _ = writeln!(
            out,
            ",\"bytes\":{},\"sha256\":\"{}\",\"previous\":\"{}\",\"hash\":\"{}\"}}",
            self.bytes,
            hex(&self.sha256),
            hex(&self.previous),
            hex(&self.hash)
        );
        out
    }

    fn read(text: &str, line: usize) -> Result<Self, ChainError> {
        let wrong = |what: &'static str| ChainError::Line { line, what };
        let root = json::read(text, LINE).map_err(|source| ChainError::Json { line, source })?;
        let names: Vec<&str> = root.members().iter().map(|m| m.name.as_ref()).collect();
        if names != MEMBERS {
            return Err(wrong("has not the members of a link"));
        }
        let number = |name: &str| {
            let text = root.get(name)?.as_number()?;
            let number: u64 = text.parse().ok()?;
            (number.to_string() == text).then_some(number)
        };
        let digits = |name: &str| root.text_of(name).and_then(unhex::<32>);
        let text = |name: &str| {
            root.text_of(name)
                .filter(|text| is_text(text))
                .map(str::to_owned)
        };
        let link = Self {
            n: number("n").ok_or(wrong("has no `n`"))?,
            time: root
                .text_of("time")
                .and_then(|time| time.parse().ok())
                .ok_or(wrong("has no `time`"))?,
            kind: root
                .text_of("kind")
                .and_then(Kind::from_name)
                .ok_or(wrong("has no `kind`"))?,
            who: text("who").ok_or(wrong("has no `who`"))?,
            what: text("what").ok_or(wrong("has no `what`"))?,
            bytes: number("bytes").ok_or(wrong("has no `bytes`"))?,
            sha256: digits("sha256").ok_or(wrong("has no `sha256`"))?,
            previous: digits("previous").ok_or(wrong("has no `previous`"))?,
            hash: digits("hash").ok_or(wrong("has no `hash`"))?,
        };
        Ok(link)
    }
}

/// Reads a chain and checks every link. `told` is the hash of the last link as others were told: without it a chain that is cut off at its end looks whole.
///
/// # Errors
/// [`ChainError`] names the first line that is wrong.
pub fn verify(text: &str, told: Option<[u8; 32]>) -> Result<Chain, ChainError> {
    let mut chain = Chain::default();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let wrong = |what: &'static str| ChainError::Line { line: at + 1, what };
        if at == LINKS_MAX {
            return Err(ChainError::TooMany);
        }
        let bare = line.strip_suffix('\n').ok_or(wrong("has no end"))?;
        let link = Link::read(bare, at + 1)?;
        if link.n != at as u64 {
            return Err(wrong("is not at its place"));
        }
        if link.previous != chain.head() {
            return Err(wrong("does not follow the one before"));
        }
        if link.hash != hash(&link) {
            return Err(wrong("is not what was hashed"));
        }
        if chain.links.last().is_some_and(|last| last.time > link.time) {
            return Err(wrong("is of a time before the one before"));
        }
        // One form of each link, so that two people look at the same bytes.
        if link.line() != line {
            return Err(wrong("is written otherwise than links are"));
        }
        chain.links.push(link);
    }
    match told {
        Some(told) if told != chain.head() => Err(ChainError::End {
            told: hex(&told),
            found: hex(&chain.head()),
        }),
        _ => Ok(chain),
    }
}
