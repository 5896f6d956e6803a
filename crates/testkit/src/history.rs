//! A small good history of a log: every type of entry once or more, so that a test changes one thing and everything behind it is hashed, signed and chained anew.
//!
//! In: a [`Story`], changed where a test wants it. Out: entries with their bodies. Never: a real key, a clock, a disk; nor the code that judges the history: bodies and notes are
//! written from the page of the formats alone.

mod measures;
mod story;
mod texts;

pub use measures::{MEASURE, URGENT_MEASURE};
pub use texts::{FIRST, SECOND, commitment, hour, leaf_of, path_of};

use crate::folder::signer;
use sakimori_custody::entry::{Act, Author, Chain, Entry, EntryType, Salt, Seal};
use sakimori_custody::ids::{BucketId, StreamId, hex};
use sakimori_custody::keys::BucketKey;
use sakimori_custody::time::Seconds;
use sakimori_tlog::merkle::leaf_hash;
use sakimori_tlog::note::Note;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A counter of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// A number.
    N(u64),
    /// The index of another step's entry.
    Index(String),
}

/// An entry that is to be written.
#[derive(Clone, Debug)]
pub struct Step {
    /// How other steps name it.
    pub name: String,
    /// Type of the entry.
    pub kind: EntryType,
    /// Whose key signs the envelope; empty for nobody's.
    pub by: &'static str,
    /// Which stream.
    pub stream: u8,
    /// Its own time, Unix seconds; floored to a minute as authors do.
    pub time: u64,
    /// The step whose note is the statement that the entry stands under; empty for none.
    pub authority: String,
    /// Counters.
    pub counters: Vec<Count>,
    /// The body. `{leaf:x}` is the leaf hash of step x, `{sha:x}` the SHA-256 of its note's text, `{index:x}` its
    /// index; `{size}` is the size of the log before this entry.
    pub body: String,
    /// Who signs the body, where it is a note.
    pub signers: Vec<&'static str>,
    /// The bucket under whose key the body is sealed; empty where it is open.
    pub sealed: String,
}

impl Step {
    /// Replaces `from`, which has to stand in the body.
    ///
    /// # Panics
    /// Where it does not: the test is then wrong.
    pub fn edit(&mut self, from: &str, to: &str) -> &mut Self {
        assert!(
            self.body.contains(from),
            "`{from}` is not in step `{}`",
            self.name
        );
        self.body = self.body.replacen(from, to, 1);
        self
    }

    /// Sets a counter.
    ///
    /// # Panics
    /// Where there is none at this place.
    pub fn count(&mut self, at: usize, to: u64) -> &mut Self {
        assert!(at < self.counters.len(), "step `{}`", self.name);
        if let Some(counter) = self.counters.get_mut(at) {
            *counter = Count::N(to);
        }
        self
    }
}

/// An entry as it was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Name of its step.
    pub name: String,
    /// Its place in the log.
    pub index: u64,
    /// Envelope, leaf and stored body.
    pub entry: Entry,
}

/// A history to be written.
#[derive(Clone, Debug)]
pub struct Story {
    /// The steps in order.
    pub steps: Vec<Step>,
}

impl Story {
    /// The step of a name.
    ///
    /// # Panics
    /// Where there is none: the test is then wrong.
    #[expect(clippy::expect_used, reason = "the names are fixed by the tests")]
    pub fn step(&mut self, name: &str) -> &mut Step {
        let found = self.steps.iter_mut().find(|step| step.name == name);
        found.expect("a test names a step that there is")
    }

    /// Where a step stands.
    ///
    /// # Panics
    /// Where there is none.
    #[expect(clippy::expect_used, reason = "the names are fixed by the tests")]
    pub fn place(&self, name: &str) -> usize {
        let found = self.steps.iter().position(|step| step.name == name);
        found.expect("a test names a step that there is")
    }

    /// Leaves a step out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        let at = self.place(name);
        self.steps.remove(at);
        self
    }

    /// Changes a step.
    #[must_use]
    pub fn with(mut self, name: &str, change: impl FnOnce(&mut Step)) -> Self {
        change(self.step(name));
        self
    }

    /// Puts a changed copy of a step behind another one, in a stream of its own.
    #[must_use]
    pub fn again(mut self, name: &str, behind: &str, change: impl FnOnce(&mut Step)) -> Self {
        let mut copy = self.step(name).clone();
        copy.name = format!("{name} again");
        copy.stream = copy.stream.wrapping_add(0x80);
        let at = self.place(behind) + 1;
        copy.time = self.steps.get(at - 1).map_or(copy.time, |step| step.time);
        change(&mut copy);
        self.steps.insert(at, copy);
        self
    }

    /// All up to a step, which is the last.
    #[must_use]
    pub fn up_to(mut self, name: &str) -> Self {
        let at = self.place(name);
        self.steps.truncate(at + 1);
        self
    }

    /// The story with one thing changed at one step, for each step and each of a few changes that need no knowledge of what the step says: left out, told twice, a counter more,
    /// another signer, a signature less, no statement, an hour and a minute earlier. Not each of them breaks a rule.
    pub fn twists(&self) -> Vec<(String, Self)> {
        let mut list = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            let mut add = |what: &str, change: &dyn Fn(&mut Step)| {
                let mut story = self.clone();
                if let Some(step) = story.steps.get_mut(at) {
                    change(step);
                }
                list.push((format!("{}: {what}", step.name), story));
            };
            for place in 0..step.counters.len() {
                add(&format!("counter {place}"), &|s| {
                    if let Some(Count::N(n)) = s.counters.get_mut(place) {
                        *n += 1;
                    }
                });
            }
            if !step.by.is_empty() {
                add("another signer", &|s| {
                    s.by = if s.by == "office" {
                        "secretariat"
                    } else {
                        "office"
                    };
                    s.stream = 0x7e;
                });
            }
            if !step.signers.is_empty() {
                add("a signature less", &|s| {
                    s.signers.pop();
                    if s.signers.is_empty() {
                        s.signers.push("audit");
                    }
                });
            }
            if !step.authority.is_empty() {
                add("no statement", &|s| s.authority.clear());
            }
            add("earlier", &|s| s.time -= 3660);
            let name = step.name.clone();
            list.push((format!("{name}: left out"), self.clone().without(&name)));
            let twice = self.clone().again(&name, &name, |_| {});
            list.push((format!("{name}: twice"), twice));
        }
        list
    }

    /// Writes the entries.
    pub fn write(&self) -> Vec<Written> {
        let mut writer = Writer::default();
        for step in &self.steps {
            writer.add(step);
        }
        writer.done
    }
}

#[derive(Default)]
struct Writer {
    chains: BTreeMap<u8, Chain>,
    leaves: BTreeMap<String, String>,
    hashes: BTreeMap<String, [u8; 32]>,
    indices: BTreeMap<String, u64>,
    done: Vec<Written>,
}

impl Writer {
    fn add(&mut self, step: &Step) {
        let index = self.done.len() as u64;
        let text = self.resolved(&step.body);
        let body = if step.signers.is_empty() {
            text.clone().into_bytes()
        } else {
            note(&text, &step.signers)
        };
        self.hashes
            .insert(step.name.clone(), Sha256::digest(&text).into());
        let counters = step.counters.iter().map(|count| match count {
            Count::N(n) => *n,
            Count::Index(name) => self.indices.get(name).copied().unwrap_or(u64::MAX),
        });
        let act = Act {
            kind: step.kind,
            time: Seconds(step.time),
            authority: self
                .hashes
                .get(&step.authority)
                .copied()
                .unwrap_or_default(),
            counters: counters.collect(),
            body,
        };
        let chain = self
            .chains
            .entry(step.stream)
            .or_insert(Chain::new(StreamId([step.stream; 8])));
        let salt = Salt(Sha256::digest(index.to_le_bytes()).into());
        let key = (!step.by.is_empty()).then(|| signer(step.by));
        let author = key.as_ref().map(|key| Author {
            id: key.verifier().id(),
            key: key.ed25519(),
        });
        let entry = match step.sealed.parse::<BucketId>() {
            Ok(bucket) => {
                let seal = Seal {
                    bucket: &bucket,
                    key: &BucketKey::from_bytes([9; 32]),
                    nonce: [index as u8; 24],
                };
                chain.sealed_entry(act, salt, &seal, author.as_ref())
            }
            Err(_) => chain.entry(act, salt, author.as_ref()),
        };
        self.leaves
            .insert(step.name.clone(), hex(&leaf_hash(&entry.leaf)));
        self.indices.insert(step.name.clone(), index);
        self.done.push(Written {
            name: step.name.clone(),
            index,
            entry,
        });
    }

    /// The body with what it names of other steps; a name that is not written yet stands for zeros.
    fn resolved(&self, body: &str) -> String {
        let mut out = body.replace("{size}", &self.done.len().to_string());
        for (name, leaf) in &self.leaves {
            out = out.replace(&format!("{{leaf:{name}}}"), leaf);
        }
        for (name, hash) in &self.hashes {
            out = out.replace(&format!("{{sha:{name}}}"), &hex(hash));
        }
        for (name, index) in &self.indices {
            out = out.replace(&format!("{{index:{name}}}"), &index.to_string());
        }
        out
    }
}

/// A text with signatures, as bytes.
///
/// # Panics
/// For a text that no note can carry.
#[expect(
    clippy::expect_used,
    reason = "a text that no note can carry is a broken test"
)]
pub fn note(text: &str, signers: &[&str]) -> Vec<u8> {
    let mut note = Note::sign(text, &[], 0).expect("the text is one of a note");
    for who in signers {
        note.add(&signer(who), crate::folder::BEGIN);
    }
    note.to_bytes()
}
