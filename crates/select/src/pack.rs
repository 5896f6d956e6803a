//! A pack: selectors with id, date and purpose; its canonical text and hash. In: a source text with comments, or a signed note. Out: the one text that is
//! signed and hashed. Never: a pack whose text differs from its canonical form behind a signature.

use crate::coverage;
use crate::limits::{LINE_BYTES_MAX, SELECTORS_MAX, TEXT_BYTES_MAX};
use crate::selector::{Rule, Selector};
use sakimori_custody::behaviour::BehaviourSpec;
use sakimori_custody::coverage::Coverage;
use sakimori_custody::ids::Name;
use sakimori_custody::time::Seconds;
use sakimori_tlog::key::{NoteSigner, VerifierKey};
use sakimori_tlog::note::{Note, NoteError};
use sha2::{Digest, Sha256};

/// First line of a pack.
const HEADER: &str = "sakimori/pack/v1";

/// A selection pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Name of the pack.
    pub id: Name,
    /// When it was made.
    pub issued: Seconds,
    /// What it is for, one line.
    pub purpose: String,
    selectors: Vec<Selector>,
}

/// Why a text is no pack. Its author acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// A line that is none of a pack's.
    #[error("line {line} {problem}")]
    Line {
        /// Line, from 1.
        line: usize,
        /// What is wrong with it, as the end of a sentence.
        problem: &'static str,
    },
    /// A line that has to be there.
    #[error("there is no `{0}` line")]
    Missing(&'static str),
    /// Too long.
    #[error("the pack is longer than {TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// No signed note, or not signed by the office.
    #[error("the pack is not a note signed by the office")]
    Note(#[source] NoteError),
    /// Signed, but not in its canonical form.
    #[error("the signed text is not in canonical form; compile it again")]
    NotCanonical,
    /// Refused by the lint.
    #[error("the lint refuses the pack: {0}")]
    Lint(String),
}

impl Pack {
    /// Reads a source text: the lines of a pack in any order of selectors, with blank lines and `#` comments; selectors without a number get the next free one.
    ///
    /// # Errors
    /// [`PackError`] names the line.
    pub fn parse_source(text: &str) -> Result<Self, PackError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(PackError::TooLong);
        }
        let mut reading = Reading::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            reading.line(line).map_err(|problem| PackError::Line {
                line: at + 1,
                problem,
            })?;
        }
        reading.finish()
    }

    /// Reads a signed note: only the canonical text is accepted.
    ///
    /// # Errors
    /// [`PackError::Note`] where the office did not sign it, [`PackError::NotCanonical`], or a line that is none.
    pub fn from_note(bytes: &[u8], office: &VerifierKey) -> Result<Self, PackError> {
        let note = Note::parse(bytes).map_err(PackError::Note)?;
        note.verify(std::slice::from_ref(office))
            .map_err(PackError::Note)?;
        let pack = Self::parse_source(note.text())?;
        if pack.canonical_text() == note.text() {
            Ok(pack)
        } else {
            Err(PackError::NotCanonical)
        }
    }

    /// The pack that is used where there is none of one's own: every behaviour, over all border-crossing traffic.
    pub fn default_source() -> &'static str {
        "sakimori/pack/v1\n\
         id: default-1\n\
         issued: 2026-11-24T00:00:00Z\n\
         purpose: signs of attack in border-crossing traffic\n\
         selector: 1 behaviour beacon\n\
         selector: 2 behaviour vertical-scan\n\
         selector: 3 behaviour horizontal-scan\n"
    }

    /// The one text of the pack.
    pub fn canonical_text(&self) -> String {
        use std::fmt::Write;
        let mut text = format!(
            "{HEADER}\nid: {}\nissued: {}\npurpose: {}\n",
            self.id, self.issued, self.purpose
        );
        for selector in &self.selectors {
            let _ = writeln!(text, "selector: {} {}", selector.id, selector.rule);
        }
        text
    }

    /// SHA-256 of the canonical text: what a statement names.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.canonical_text()).into()
    }

    /// The signed note.
    pub fn sign(&self, office: &NoteSigner) -> Option<Note> {
        Note::sign(&self.canonical_text(), &[office], 0)
    }

    /// The selectors, ascending by id.
    pub fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    /// How much the pack covers.
    pub fn coverage(&self) -> Coverage {
        coverage::of(&self.selectors)
    }

    /// The behaviours.
    pub fn behaviours(&self) -> Vec<BehaviourSpec> {
        let spec = |selector: &Selector| match selector.rule {
            Rule::Behaviour(parameters) => Some(BehaviourSpec {
                selector: selector.id,
                parameters,
            }),
            _ => None,
        };
        self.selectors.iter().filter_map(spec).collect()
    }
}

#[derive(Default)]
struct Reading {
    header: bool,
    id: Option<Name>,
    issued: Option<Seconds>,
    purpose: Option<String>,
    selectors: Vec<Selector>,
}

impl Reading {
    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        if line.is_empty() {
            return Ok(());
        }
        if line.len() > LINE_BYTES_MAX || !line.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err("is too long or has characters other than ASCII");
        }
        if !self.header {
            self.header = line == HEADER;
            return if self.header {
                Ok(())
            } else {
                Err("is not the header `sakimori/pack/v1`")
            };
        }
        let (key, value) = line.split_once(": ").ok_or("has no key")?;
        match key {
            "id" => set(
                &mut self.id,
                value.parse().map_err(|_| "has a malformed id")?,
            ),
            "issued" => set(
                &mut self.issued,
                value.parse().map_err(|_| "has a malformed time")?,
            ),
            "purpose" => set(&mut self.purpose, value.trim().to_owned()),
            "selector" => self.selector(value),
            _ => Err("has a key that no pack has"),
        }
    }

    fn selector(&mut self, value: &str) -> Result<(), &'static str> {
        if self.selectors.len() == SELECTORS_MAX {
            return Err("is one selector too many");
        }
        let words: Vec<&str> = value.split_ascii_whitespace().collect();
        let (id, rule) = match words.split_first() {
            Some((first, rest)) if first.bytes().all(|b| b.is_ascii_digit()) => {
                let id: u32 = first.parse().map_err(|_| "has an id that is too large")?;
                (
                    if id == 0 { None } else { Some(id) }.ok_or("has the id 0")?,
                    rest,
                )
            }
            _ => (0, words.as_slice()),
        };
        self.selectors.push(Selector {
            id,
            rule: Rule::parse(rule)?,
        });
        Ok(())
    }

    fn finish(mut self) -> Result<Pack, PackError> {
        let mut next = self.selectors.iter().map(|s| s.id).max().unwrap_or(0);
        for selector in self.selectors.iter_mut().filter(|s| s.id == 0) {
            next = next.saturating_add(1);
            selector.id = next;
        }
        self.selectors.sort_by_key(|s| s.id);
        if self
            .selectors
            .windows(2)
            .any(|pair| pair[0].id == pair[1].id)
        {
            return Err(PackError::Lint("two selectors have the same id".to_owned()));
        }
        if self.selectors.is_empty() {
            return Err(PackError::Missing("selector"));
        }
        Ok(Pack {
            id: self.id.ok_or(PackError::Missing("id"))?,
            issued: self.issued.ok_or(PackError::Missing("issued"))?,
            purpose: self.purpose.ok_or(PackError::Missing("purpose"))?,
            selectors: self.selectors,
        })
    }
}

fn set<T>(place: &mut Option<T>, value: T) -> Result<(), &'static str> {
    if place.replace(value).is_some() {
        Err("repeats a key")
    } else {
        Ok(())
    }
}
