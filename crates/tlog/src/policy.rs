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
    /// Where witnesses are reached, as far as the policy says.
    addresses: Vec<(VerifierKey, String)>,
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
    addresses: Vec<(VerifierKey, String)>,
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
        // Not `lines`: it would take the carriage return off, a control character like any other.
        let lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        for (at, line) in lines.enumerate() {
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
            addresses: reading.addresses,
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

    /// Keys of the witnesses, in the order of the policy.
    pub fn witnesses(&self) -> Vec<VerifierKey> {
        self.keys().split_off(self.logs.len())
    }

    /// Where witnesses are reached, as far as the policy says. A witness with two keys stands here twice.
    pub fn addresses(&self) -> &[(VerifierKey, String)] {
        &self.addresses
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
        let full = self.logs.len() + self.items.len() >= POLICY_ITEMS_MAX;
        match *words {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log" | "witness" | "group", ..] if full => Err("is one too many"),
            ["log", key] | ["log", key, _] => {
                let key = self.new_key(key)?;
                self.logs.push(key);
                Ok(())
            }
            ["witness", name, key] => {
                let key = self.new_key(key)?;
                self.define(name, Item::Witness(key))
            }
            ["witness", name, key, address] => {
                let key = self.new_key(key)?;
                self.addresses.push((key.clone(), address.to_owned()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::key::{KeyKind, NoteSigner};
    use crate::merkle::empty_root;
    use crate::note::Note;

    fn signer(name: &str, kind: KeyKind, seed: u16) -> NoteSigner {
        let mut bytes = [7; 32];
        bytes[..2].copy_from_slice(&seed.to_be_bytes());
        NoteSigner::from_seed(name, kind, &bytes).unwrap()
    }

    fn witness(name: &str, seed: u16) -> NoteSigner {
        signer(name, KeyKind::Cosigner, seed)
    }

    fn log() -> NoteSigner {
        signer("log.example", KeyKind::Ed25519, 1000)
    }

    /// Lines for the log and the witnesses a, b, c, d.
    fn preamble() -> String {
        let keys: Vec<String> = ["a", "b", "c", "d"]
            .iter()
            .zip(1..)
            .map(|(name, seed)| format!("witness {name} {}\n", witness(name, seed).verifier()))
            .collect();
        format!("log {}\n{}", log().verifier(), keys.concat())
    }

    /// Whether a checkpoint signed by the log (where `by_log`) and by `witnesses` meets the policy.
    fn meets(policy: &Policy, by_log: bool, witnesses: &[&str]) -> bool {
        let checkpoint = Checkpoint {
            origin: "log.example".into(),
            size: 0,
            root: empty_root(),
            extensions: Vec::new(),
        };
        let mut signers: Vec<NoteSigner> = Vec::new();
        if by_log {
            signers.push(log());
        }
        for (name, seed) in ["a", "b", "c", "d"].iter().zip(1..) {
            if witnesses.contains(name) {
                signers.push(witness(name, seed));
            }
        }
        let signers: Vec<&NoteSigner> = signers.iter().collect();
        let note = Note::sign(&checkpoint.to_string(), &signers, 5).unwrap();
        let note = Note::parse(&[note.to_bytes(), other_signature()].concat()).unwrap();
        policy.met_by(&note.verify(&policy.keys()).unwrap_or_default())
    }

    /// A line by nobody known, so that a note without known signatures has one too.
    fn other_signature() -> Vec<u8> {
        let note = Note::sign("x\n", &[&witness("stranger", 99)], 5).unwrap();
        note.signature_lines().into_bytes()
    }

    #[test]
    fn a_quorum_is_met_by_what_it_asks_for_and_by_nothing_less() {
        let cases: [(&str, &[&str], &[&str]); 6] = [
            ("quorum none", &["", "a", "abcd"], &[]),
            ("quorum b", &["b", "abcd"], &["", "a", "acd"]),
            (
                "group g any a b c\nquorum g",
                &["a", "c", "abc"],
                &["", "d"],
            ),
            (
                "group g all a b\nquorum g",
                &["ab", "abd"],
                &["a", "b", "cd"],
            ),
            (
                "group g 2 a b c\nquorum g",
                &["ab", "bc", "acd"],
                &["a", "ad", ""],
            ),
            (
                "group out any b c d\ngroup whole all a out\nquorum whole",
                &["ab", "ad", "abcd"],
                &["a", "bcd", ""],
            ),
        ];
        for (lines, good, bad) in cases {
            let policy = Policy::parse(&format!("{}{lines}\n", preamble())).unwrap();
            let split = |set: &str| -> Vec<&'static str> {
                let named = |name: &&&str| set.contains(**name);
                ["a", "b", "c", "d"].iter().filter(named).copied().collect()
            };
            for set in good {
                assert!(meets(&policy, true, &split(set)), "{lines}: {set}");
                assert!(
                    !meets(&policy, false, &split(set)),
                    "no log: {lines}: {set}"
                );
            }
            for set in bad {
                assert!(!meets(&policy, true, &split(set)), "{lines}: {set}");
            }
        }
    }

    #[test]
    fn a_policy_that_is_wrong_is_refused_at_its_line() {
        let again = log().verifier().to_string();
        let cases: [(&str, usize); 22] = [
            ("", 7),
            ("quorum", 6),
            ("quorum a b", 6),
            ("quorum e", 6),
            ("quorum a\nquorum a", 7),
            ("quorum none\r", 6),
            ("quorum\u{b}none", 6),
            ("quorum none\u{7f}", 6),
            ("# a comment\u{1}", 6),
            ("group g 0 a\nquorum g", 6),
            ("group g 2 a\nquorum g", 6),
            ("group g 01 a\nquorum g", 6),
            ("group g +1 a\nquorum g", 6),
            ("group g some a\nquorum g", 6),
            ("group g all\nquorum g", 6),
            ("group g all a a\nquorum g", 6),
            ("group g all a\ngroup h all a\nquorum h", 7),
            ("group g all h\ngroup h all a\nquorum g", 6),
            ("group none all a\nquorum none", 6),
            ("group a all b\nquorum a", 6),
            ("Quorum none", 6),
            ("log log.example+00000000+AQ==", 6),
        ];
        for (lines, line) in cases {
            let text = format!("{}{lines}\n", preamble());
            let error = Policy::parse(&text).expect_err(lines);
            assert_eq!(error.line, line, "{lines}: {error}");
        }
        for kind in ["log ", "witness e "] {
            let text = format!("{}{kind}{again}\nquorum none\n", preamble());
            assert_eq!(Policy::parse(&text).unwrap_err().line, 6, "{kind}");
        }
    }

    #[test]
    fn comments_blank_lines_tabs_and_addresses_change_nothing() {
        let plain = Policy::parse(&format!("{}quorum a\n", preamble())).unwrap();
        let dressed: Vec<String> = preamble()
            .lines()
            .map(|line| {
                format!(
                    "\n # why: \u{9632}\u{4eba}\n\t{} https://a.example\n",
                    line.replace(' ', " \t")
                )
            })
            .collect();
        let dressed = Policy::parse(&format!("{}quorum\ta", dressed.concat())).unwrap();
        assert_eq!(dressed.witnesses(), plain.witnesses());
        let reached = dressed.addresses().iter().map(|(key, _)| key.clone());
        assert_eq!(reached.collect::<Vec<_>>(), plain.witnesses());
        assert_eq!(dressed.addresses()[0].1, "https://a.example");
        let bare = Policy {
            addresses: Vec::new(),
            ..dressed
        };
        assert_eq!(bare, plain);
    }

    #[test]
    fn a_policy_holds_its_most_items_and_not_one_more() {
        let with = |count: u16| {
            let keys: Vec<String> = (0..count - 1)
                .map(|i| format!("witness w{i} {}\n", witness("w", i).verifier()))
                .collect();
            Policy::parse(&format!(
                "quorum none\nlog {}\n{}# end\n",
                log().verifier(),
                keys.concat()
            ))
        };
        let most = POLICY_ITEMS_MAX as u16;
        assert_eq!(with(most).unwrap().keys().len(), POLICY_ITEMS_MAX);
        assert_eq!(with(most + 1).unwrap_err().line, POLICY_ITEMS_MAX + 2);
        assert!(Policy::parse(&" ".repeat(POLICY_BYTES_MAX + 1)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_policy_without_a_quorum_line(text in "[ -~\t\r\n]{0,80}") {
            if Policy::parse(&text).is_ok() {
                proptest::prop_assert!(text.contains("quorum"));
            }
        }
    }
}
