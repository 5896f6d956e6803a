//! Commands of a measure, and their numbers. In: measure, step, actuator, revision. Out: the same number for the same four, whoever makes it. Never: a random number: a command that is sent again is the same command.

use super::form::{self, Digest};
use sakimori_authority::measure::Deed;
use sakimori_custody::ids::{Name, hex};
use sakimori_custody::time::Seconds;
use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};

/// The namespace of commands: the UUID of version 5 of `urn:sakimori:command` in the namespace of URLs.
const NAMESPACE: [u8; 16] = [
    0x09, 0xe5, 0x2e, 0x90, 0x8a, 0xdd, 0x53, 0xad, 0xa1, 0x81, 0xaa, 0x67, 0x98, 0x8f, 0x1e, 0xc3,
];

/// A command to an actuator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Its number.
    pub id: String,
    /// Which aim of the plan.
    pub aim: usize,
    /// What all revisions of the measure share.
    pub measure: Digest,
    /// By whose actuator.
    #[serde(with = "form::text")]
    pub actuator: Name,
    /// What is done.
    #[serde(with = "form::deed")]
    pub deed: Deed,
    /// With what.
    pub target: String,
    /// When it was made.
    #[serde(with = "form::text")]
    pub created: Seconds,
    /// Later commands of a measure have larger ones.
    pub revision: u64,
    /// The first second in which the effect is not in force any more; nothing for one that takes it back.
    #[serde(with = "form::text_option")]
    pub until: Option<Seconds>,
}

impl Command {
    /// Whether it puts something in force.
    pub const fn begins(&self) -> bool {
        self.until.is_some()
    }
}

/// The number of a command: a UUID of version 5 (RFC 9562 section 5.5) of measure, step, actuator and revision.
pub fn number(measure: Digest, step: &str, actuator: &Name, revision: u64) -> String {
    let name = format!("{}\n{step}\n{actuator}\n{revision}", hex(&measure.0));
    uuid(NAMESPACE, name.as_bytes())
}

/// A UUID of version 5, RFC 9562 section 5.5.
pub fn uuid(namespace: [u8; 16], name: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(namespace);
    hash.update(name);
    let mut bytes: Vec<u8> = hash.finalize().iter().copied().take(16).collect();
    if let Some(byte) = bytes.get_mut(6) {
        *byte = *byte & 0x0f | 0x50;
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = *byte & 0x3f | 0x80;
    }
    let mut out = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push_str(&hex(&[*byte]));
    }
    out
}
