//! What the owner says of the packet filter. In: configuration. Out: the same, checked. Never: a bound wider than the safety engine's.

use super::net::Net;
use sakimori_respond::safety::SIZE_MAX;
use serde::Deserialize;

/// Most exemptions.
pub const EXEMPT_MAX: usize = 256;
/// Most effects at a time that a configuration can allow.
pub const EFFECTS_MAX: usize = 65_536;
/// Longest name of a table.
const TABLE_CHARACTERS_MAX: usize = 31;
/// Most words of the program.
const WORDS_MAX: usize = 16;

/// The owner's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The name of our table, of family `inet`: a small letter, then small letters, digits and `_`, at most 31.
    pub table: String,
    /// The program `nft` with the words before its own: `["/usr/sbin/nft"]`, or `["ip", "netns", "exec", "edge", "nft"]`. A program before `nft` has to become it, not to start it.
    pub program: Vec<String>,
    /// Addresses and prefixes that no effect touches, as those of management: a packet from or to one of them is never dropped by this substrate.
    pub exempt: Vec<String>,
    /// Most addresses of a target, 1 to 256. With 1 each packet is looked up twice, with 256 eighteen times.
    pub addresses_max: u32,
    /// Most effects at a time, 1 to 65,536.
    pub effects_max: usize,
    /// Longest time in milliseconds that `nft` may take for an answer, 100 to 10,000.
    pub answer_ms_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            table: "sakimori".to_owned(),
            program: vec!["/usr/sbin/nft".to_owned()],
            exempt: Vec::new(),
            addresses_max: 256,
            effects_max: 10_000,
            answer_ms_max: 2000,
        }
    }
}

/// What is wrong with a configuration. The owner acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The name of the table.
    #[error(
        "table `{0}`: a small letter, then small letters, digits and `_`, at most {TABLE_CHARACTERS_MAX}"
    )]
    Table(String),
    /// The program.
    #[error("program: 1 to {WORDS_MAX} words, none of them empty")]
    Program,
    /// Too many exemptions.
    #[error("exempt: {0} of at most {EXEMPT_MAX}")]
    Exempt(usize),
    /// An exemption that is no address or prefix.
    #[error("exempt `{text}`: {why}")]
    NoNet {
        /// What stands there.
        text: String,
        /// Why.
        why: String,
    },
    /// A number out of its bounds.
    #[error("{name}: {value} is not within {least} and {most}")]
    Number {
        /// Its name.
        name: &'static str,
        /// What stands there.
        value: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
}

impl Config {
    /// Checks it, and reads the exemptions; of those that lie in others the others alone are left.
    pub(super) fn checked(&self) -> Result<Vec<Net>, ConfigError> {
        let mut letters = self.table.bytes();
        let good = letters
            .next()
            .is_some_and(|first| first.is_ascii_lowercase())
            && letters.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            && self.table.len() <= TABLE_CHARACTERS_MAX;
        if !good {
            return Err(ConfigError::Table(self.table.escape_debug().to_string()));
        }
        let words = self.program.len();
        if words == 0 || words > WORDS_MAX || self.program.iter().any(String::is_empty) {
            return Err(ConfigError::Program);
        }
        if self.exempt.len() > EXEMPT_MAX {
            return Err(ConfigError::Exempt(self.exempt.len()));
        }
        let widest = u64::try_from(SIZE_MAX).unwrap_or(u64::MAX);
        within("addresses_max", u64::from(self.addresses_max), (1, widest))?;
        within(
            "effects_max",
            self.effects_max as u64,
            (1, EFFECTS_MAX as u64),
        )?;
        within("answer_ms_max", self.answer_ms_max, (100, 10_000))?;
        let mut nets = Vec::new();
        for text in &self.exempt {
            let net = Net::parse(text).map_err(|why| ConfigError::NoNet {
                text: text.escape_debug().to_string(),
                why: why.to_string(),
            })?;
            nets.push(net);
        }
        nets.sort();
        nets.dedup();
        let alone = |net: &&Net| {
            let mut others = nets.iter();
            !others.any(|other| other != *net && other.contains(**net))
        };
        Ok(nets.iter().filter(alone).copied().collect())
    }
}

fn within(name: &'static str, value: u64, (least, most): (u64, u64)) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::Number {
        name,
        value,
        least,
        most,
    })
}
