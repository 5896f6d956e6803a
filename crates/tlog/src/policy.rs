//! Witness policies: whose signatures make a checkpoint good. In: a policy file, verified signatures. Out: a verdict. Never: a quorum that was not
//! written down.
//!
//! c2sp.org/tlog-policy.

use crate::checkpoint::decimal;
use crate::key::VerifierKey;
use crate::limits::{POLICY_BYTES_MAX, POLICY_ITEMS_MAX};
use crate::note::Verified;
use std::collections::BTreeMap;

/// A policy as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    items: Vec<Item>,
    quorum: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Witness(VerifierKey),
    Group { needed: usize, members: Vec<usize> },
}

/// A line that is not one of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy {problem}")]
pub struct PolicyError {
    /// Line, from 1; one past the last where something is missing.
    pub line: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

#[derive(Default)]
struct Reading {
    logs: Vec<VerifierKey>,
    items: Vec<Item>,
    names: BTreeMap<String, usize>,
    used: Vec<bool>,
    quorum: Option<Option<usize>>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`PolicyError`] names the line.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let bad = |line, problem| PolicyError { line, problem };
        if text.len() > POLICY_BYTES_MAX {
            return Err(bad(1, "is in a file that is too long"));
        }
        let mut reading = Reading::default();
        let mut count = 0;
        for (at, line) in text.lines().enumerate() {
            count = at + 1;
            if line.bytes().any(|b| (b < 0x20 && b != b'\t') || b == 0x7f) {
                return Err(bad(count, "has control characters"));
            }
            let words: Vec<&str> = line.split([' ', '\t']).filter(|w| !w.is_empty()).collect();
            reading
                .line(&words)
                .map_err(|problem| bad(count, problem))?;
        }
        let quorum = reading
            .quorum
            .ok_or(bad(count + 1, "is missing: there is no quorum"))?;
        Ok(Self {
            logs: reading.logs,
            items: reading.items,
            quorum,
        })
    }

    /// Keys of the logs.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// Keys of logs and witnesses, to verify a checkpoint with.
    pub fn keys(&self) -> Vec<VerifierKey> {
        let witnesses = self.items.iter().filter_map(|item| match item {
            Item::Witness(key) => Some(key.clone()),
            Item::Group { .. } => None,
        });
        self.logs.iter().cloned().chain(witnesses).collect()
    }

    /// Whether these signatures, already verified, are those of a log and of a quorum.
    pub fn met_by(&self, verified: &[Verified]) -> bool {
        let signed = |key: &VerifierKey| verified.iter().any(|v| v.key == *key);
        // Members are defined before their group, so one pass decides all.
        let mut met: Vec<bool> = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let good = match item {
                Item::Witness(key) => signed(key),
                Item::Group { needed, members } => {
                    members
                        .iter()
                        .filter(|&&m| met.get(m) == Some(&true))
                        .count()
                        >= *needed
                }
            };
            met.push(good);
        }
        let quorum = self.quorum.is_none_or(|at| met.get(at) == Some(&true));
        quorum && self.logs.iter().any(signed)
    }
}

impl Reading {
    fn line(&mut self, words: &[&str]) -> Result<(), &'static str> {
        if self.logs.len() + self.items.len() > POLICY_ITEMS_MAX {
            return Err("is one too many");
        }
        match *words {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", key] | ["log", key, _] => {
                let key = self.new_key(key)?;
                self.logs.push(key);
                Ok(())
            }
            ["witness", name, key] | ["witness", name, key, _] => {
                let key = self.new_key(key)?;
                self.define(name, Item::Witness(key))
            }
            ["group", name, needed, ref members @ ..] => self.group(name, needed, members),
            ["quorum", name] => self.quorum_line(name),
            _ => Err("is of no known form"),
        }
    }

    fn new_key(&self, text: &str) -> Result<VerifierKey, &'static str> {
        let key: VerifierKey = text.parse().map_err(|_| "has a malformed key")?;
        let same = |item: &Item| matches!(item, Item::Witness(other) if *other == key);
        if self.logs.contains(&key) || self.items.iter().any(same) {
            return Err("has a key that is already there");
        }
        Ok(key)
    }

    fn define(&mut self, name: &str, item: Item) -> Result<(), &'static str> {
        if name == "none" || self.names.contains_key(name) {
            return Err("defines a name that is taken");
        }
        self.names.insert(name.to_owned(), self.items.len());
        self.items.push(item);
        self.used.push(false);
        Ok(())
    }

    fn member(&mut self, name: &str) -> Result<usize, &'static str> {
        let &at = self
            .names
            .get(name)
            .ok_or("names a member that is not defined above")?;
        match self.used.get_mut(at) {
            Some(used) if !*used => {
                *used = true;
                Ok(at)
            }
            _ => Err("names a member that is already in a group"),
        }
    }

    fn group(&mut self, name: &str, needed: &str, members: &[&str]) -> Result<(), &'static str> {
        let members: Vec<usize> = members
            .iter()
            .map(|m| self.member(m))
            .collect::<Result<_, _>>()?;
        let needed = match needed {
            "all" => members.len(),
            "any" => 1,
            number => decimal(number).ok_or("has no number of members")? as usize,
        };
        if needed == 0 || needed > members.len() {
            return Err("asks for more or fewer members than it has");
        }
        self.define(name, Item::Group { needed, members })
    }

    fn quorum_line(&mut self, name: &str) -> Result<(), &'static str> {
        if self.quorum.is_some() {
            return Err("is a second quorum");
        }
        let quorum = match name {
            "none" => None,
            name => Some(
                *self
                    .names
                    .get(name)
                    .ok_or("names a quorum that is not defined")?,
            ),
        };
        self.quorum = Some(quorum);
        Ok(())
    }
}
