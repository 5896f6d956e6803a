//! What the owner says of its resolvers. In: JSON. Out: what was checked. Never: a default that puts something in force.

use super::policy::Reach;
use sakimori_respond::safety::{Name, Target};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Longest name of the policy zone in characters: a policed name stands before it, and both together have to be a name.
const ZONE_CHARS_MAX: usize = 100;
/// Most addresses of the sinkhole.
const SINKHOLES_MAX: usize = 8;
/// Most names that the owner exempts.
const EXEMPT_MAX: usize = 10_000;
/// Most resolvers of one actuator.
const RESOLVERS_MAX: usize = 32;
/// Most resolvers that are asked where names lead.
const LOOKUP_MAX: usize = 2;
/// Longest words for who complains, in bytes: they and a reference are one string of a TXT record.
const COMPLAINT_BYTES_MAX: usize = 200;
/// Where the measure's reference stands in the words for who complains.
pub const REFERENCE: &str = "{reference}";

/// A policy zone, the server that has it, and the resolvers that follow it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The policy zone. It is this actuator's alone: whatever else stands in it is taken for an orphan.
    pub zone: String,
    /// Where the server is that has the zone and takes updates (RFC 2136).
    pub primary: SocketAddr,
    /// What signs updates and transfers.
    pub key: Key,
    /// A folder of the actuator's own for the mark that it lives by and the mark of what it switched off.
    pub folder: PathBuf,
    /// Addresses of the owner's sinkhole; without any, nothing leads there.
    #[serde(default)]
    pub sinkhole: Vec<IpAddr>,
    /// Names that no measure touches, such as `www.example.jp` or `*.example.jp` with all below it.
    #[serde(default)]
    pub exempt: Vec<String>,
    /// Words for who complains, in a TXT record at names that lead to the sinkhole; `{reference}` in it becomes the measure's reference.
    #[serde(default)]
    pub complaint: Option<String>,
    /// Seconds that others may keep an answer of the zone.
    #[serde(default = "ttl")]
    pub ttl_seconds: u32,
    /// A zone at the same server that nobody follows, in which an effect is tried before. Without it, a try only reads.
    #[serde(default)]
    pub rehearsal: Option<String>,
    /// The resolvers that have to follow before an effect counts as in force.
    pub resolvers: Vec<Resolver>,
    /// Resolvers of the owner's that do not follow the zone, which are asked where a name leads before anything of it begins; those of `resolvers` where there are none.
    #[serde(default)]
    pub lookup: Vec<SocketAddr>,
    /// Longest wait for them in milliseconds.
    #[serde(default = "settle")]
    pub settle_ms_max: u64,
    /// Seconds without a sign of life of the actuator after which the guard takes everything back.
    #[serde(default = "silence")]
    pub silence_seconds_max: u64,
}

const fn ttl() -> u32 {
    5
}

const fn settle() -> u64 {
    10_000
}

const fn silence() -> u64 {
    60
}

/// A key of TSIG (RFC 8945), HMAC-SHA-256.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its name at the server.
    pub name: String,
    /// A file with its secret in base64.
    pub file: PathBuf,
}

/// Which program a resolver is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Unbound (tested: 1.17).
    Unbound,
    /// BIND (tested: 9.18).
    Bind,
}

/// A resolver that follows the zone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolver {
    /// Its name in messages.
    pub name: String,
    /// Which program it is.
    pub kind: Kind,
    /// Where it answers.
    pub address: SocketAddr,
    /// How Unbound is told to switch the zone off at once.
    #[serde(default)]
    pub control: Option<Control>,
    /// The file in which it writes what the zone met (`rpz-log` of Unbound, category `rpz` of BIND).
    #[serde(default)]
    pub log: Option<PathBuf>,
}

/// How Unbound is controlled.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The program `unbound-control`.
    pub program: PathBuf,
    /// The configuration of the server.
    pub config: PathBuf,
}

/// Why a configuration cannot be used. The owner acts on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value that cannot be.
    #[error("`{field}`: {why}")]
    Field {
        /// Where.
        field: &'static str,
        /// Why.
        why: String,
    },
    /// The file of the key.
    #[error(
        "the key's file {path} has no secret of 16 to 128 bytes in base64, or everybody may read it"
    )]
    Key {
        /// Which.
        path: String,
    },
}

fn wrong(field: &'static str, why: impl Into<String>) -> ConfigError {
    let why = why.into();
    ConfigError::Field { field, why }
}

fn zone(field: &'static str, text: &str) -> Result<String, ConfigError> {
    let name = Name::parse(text).map_err(|error| wrong(field, error.to_string()))?;
    if name.as_str().len() > ZONE_CHARS_MAX {
        return Err(wrong(field, format!("longer than {ZONE_CHARS_MAX}")));
    }
    Ok(name.as_str().to_owned())
}

/// What the rest of the module works with.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) config: Config,
    pub(super) exempt: BTreeSet<Reach>,
    pub(super) secret: Vec<u8>,
}

impl Config {
    /// Checks it and reads the key.
    pub(super) fn checked(mut self) -> Result<Checked, ConfigError> {
        self.zone = zone("zone", &self.zone)?;
        if let Some(rehearsal) = &mut self.rehearsal {
            *rehearsal = zone("rehearsal", rehearsal)?;
            if *rehearsal == self.zone {
                return Err(wrong("rehearsal", "the same as the zone in force"));
            }
        }
        let bounds = [
            ("sinkhole", self.sinkhole.len(), SINKHOLES_MAX),
            ("exempt", self.exempt.len(), EXEMPT_MAX),
            ("resolvers", self.resolvers.len(), RESOLVERS_MAX),
            ("lookup", self.lookup.len(), LOOKUP_MAX),
        ];
        for (field, has, most) in bounds {
            if has > most {
                return Err(wrong(field, format!("more than {most}")));
            }
        }
        if self.resolvers.is_empty() {
            return Err(wrong("resolvers", "without one nothing can be read back"));
        }
        for resolver in &self.resolvers {
            if resolver.control.is_some() && resolver.kind != Kind::Unbound {
                return Err(wrong("resolvers", "only Unbound has `control`"));
            }
        }
        if let Some(complaint) = &self.complaint {
            let plain = complaint.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            if !plain || complaint.len() > COMPLAINT_BYTES_MAX {
                return Err(wrong("complaint", "not plain, or too long"));
            }
        }
        let range = [
            ("ttl_seconds", u64::from(self.ttl_seconds), 0..=3_600),
            ("settle_ms_max", self.settle_ms_max, 100..=60_000),
            ("silence_seconds_max", self.silence_seconds_max, 5..=3_600),
        ];
        for (field, value, range) in range {
            if !range.contains(&value) {
                return Err(wrong(field, format!("not in {range:?}")));
            }
        }
        let mut exempt = BTreeSet::new();
        for text in &self.exempt {
            match Target::parse(text) {
                Ok(target @ Target::Name { .. }) => {
                    exempt.insert(Reach::of(&target.to_string()));
                }
                Ok(Target::Net(_)) => return Err(wrong("exempt", format!("{text} is no name"))),
                Err(error) => return Err(wrong("exempt", format!("{text}: {error}"))),
            }
        }
        let secret = secret(&self.key.file).ok_or_else(|| ConfigError::Key {
            path: self.key.file.display().to_string(),
        })?;
        Ok(Checked {
            config: self,
            exempt,
            secret,
        })
    }
}

fn secret(path: &std::path::Path) -> Option<Vec<u8>> {
    use base64::Engine;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
    let mut text = String::new();
    let file = std::fs::File::open(path).ok()?;
    if file.metadata().ok()?.permissions().mode() & 0o007 != 0 {
        return None;
    }
    file.take(1024).read_to_string(&mut text).ok()?;
    let secret = base64::engine::general_purpose::STANDARD
        .decode(text.trim())
        .ok()?;
    (16..=128).contains(&secret.len()).then_some(secret)
}
