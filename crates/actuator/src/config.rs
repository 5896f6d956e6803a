//! The owner's configuration: a JSON file. In: its bytes. Out: what to run. Never: a member that is not known; a substrate beside a drill.

use crate::drill::DrillConfig;
use crate::host::Settings;
use crate::lists::ListsConfig;
use crate::{bgp, dns, files, packet};
use sakimori_custody::ids::{Name, unhex};
use sakimori_respond::engine::Bounds;
use serde::Deserialize;
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const BYTES_MAX: u64 = 1 << 20;

/// Why there is no configuration. The owner acts on it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The disk.
    #[error("the configuration `{0}` cannot be read")]
    Disk(PathBuf, #[source] io::Error),
    /// Not there.
    #[error("there is no configuration `{0}`")]
    Missing(PathBuf),
    /// Not the JSON.
    #[error("the configuration is not as `docs/reference/actuators.md` says: {0}")]
    Json(#[from] serde_json::Error),
    /// A member that cannot be so.
    #[error("the configuration's `{0}` {1}")]
    Member(&'static str, &'static str),
}

/// Bounds that the owner sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BoundsConfig {
    /// Effects in force at a time.
    pub effects: usize,
    /// Commands a minute.
    pub commands_a_minute: usize,
    /// Longest time of an effect in seconds.
    pub seconds: u64,
}

impl Default for BoundsConfig {
    fn default() -> Self {
        let Bounds {
            effects,
            commands_a_minute,
            seconds,
        } = Bounds::default();
        Self {
            effects,
            commands_a_minute,
            seconds,
        }
    }
}

/// Who may call over HTTPS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Producer {
    /// Its name in messages.
    pub name: String,
    /// SHA-256 of its certificate, in hexadecimal digits.
    pub certificate_sha256: String,
    /// What it may do: `command`, `approve`, `read`, `lists`.
    pub may: Vec<May>,
}

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum May {
    /// Send commands.
    Command,
    /// Bring approvals, leases, suspensions and rulings.
    Approve,
    /// Read receipts.
    Read,
    /// Bring newer protected lists.
    Lists,
}

impl Producer {
    /// The hash.
    pub fn fingerprint(&self) -> Option<[u8; 32]> {
        unhex(&self.certificate_sha256)
    }
}

/// HTTPS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpsConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its certificate, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// Who may call.
    pub producers: Vec<Producer>,
}

/// NATS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatsConfig {
    /// The server, such as `tls://bus.example:4222`.
    pub server: String,
    /// Certificates that its own is under, PEM.
    pub authorities: PathBuf,
    /// Our certificate there, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub key: Option<PathBuf>,
    /// A file with our nkey seed there.
    pub nkey: Option<PathBuf>,
    /// The producer that what comes over NATS counts as, `nats` where nothing is said: only one may publish there.
    pub producer: Option<String>,
}

/// The configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The actuator's name, as measures have it.
    pub name: String,
    /// Where its memory, journal and approvals are kept.
    pub folder: PathBuf,
    /// The key of its receipts: a note signer's text.
    pub key: PathBuf,
    /// The trust root that the owner installed: the signed note.
    pub trust_root: PathBuf,
    /// The socket of the owner's commands; `control.sock` in the folder where nothing is said.
    pub socket: Option<PathBuf>,
    /// Bounds.
    #[serde(default)]
    pub bounds: BoundsConfig,
    /// Seconds between looks at what is in force.
    #[serde(default = "look_seconds")]
    pub look_seconds: u64,
    /// Protected lists.
    #[serde(default)]
    pub lists: ListsConfig,
    /// HTTPS, where it is spoken.
    pub https: Option<HttpsConfig>,
    /// NATS, where it is spoken.
    pub nats: Option<NatsConfig>,
    /// The packet filter.
    pub packet: Option<packet::Config>,
    /// Answers of names.
    pub resolver: Option<dns::Config>,
    /// Routes.
    pub bgp: Option<bgp::Config>,
    /// This host.
    pub host: Option<HostConfig>,
    /// A drill in the place of substrates.
    pub drill: Option<DrillConfig>,
}

/// The host agent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostConfig {
    /// The owner's policy; nothing is done where it is not there.
    pub policy: PathBuf,
    /// The folder of the helper's records, root's alone.
    pub state: PathBuf,
    /// Folders for files that are put away, one on each file system.
    pub stores: Vec<PathBuf>,
    /// How `nft` is called.
    #[serde(default = "nft")]
    pub nft: Vec<String>,
    /// The user of the parser, who owns nothing.
    pub user: u32,
    /// The group of the parser.
    pub group: u32,
}

fn nft() -> Vec<String> {
    vec!["nft".to_owned()]
}

impl HostConfig {
    /// What the helper is told.
    pub fn settings(&self) -> Settings {
        Settings {
            policy: self.policy.clone(),
            state: self.state.clone(),
            stores: self.stores.clone(),
            nft: self.nft.iter().map(OsString::from).collect(),
        }
    }
}

const fn look_seconds() -> u64 {
    5
}

impl Config {
    /// Reads a configuration; its paths are below the folder of its file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let bytes = files::read(path, BYTES_MAX)
            .map_err(|error| ConfigError::Disk(path.to_owned(), error))?
            .ok_or_else(|| ConfigError::Missing(path.to_owned()))?;
        let mut config: Self = serde_json::from_slice(&bytes)?;
        config.judge()?;
        let base = path.parent().unwrap_or_else(|| Path::new("."));
        for one in config.paths() {
            *one = base.join(&*one);
        }
        Ok(config)
    }

    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut all = vec![&mut self.folder, &mut self.key, &mut self.trust_root];
        all.extend(&mut self.socket);
        let ListsConfig { note, file, own } = &mut self.lists;
        all.extend(note.iter_mut().chain(file).chain(own));
        if let Some(https) = &mut self.https {
            all.extend([&mut https.certificate, &mut https.key]);
        }
        if let Some(nats) = &mut self.nats {
            all.push(&mut nats.authorities);
            let optional = [&mut nats.certificate, &mut nats.key, &mut nats.nkey];
            all.extend(optional.into_iter().flatten());
        }
        if let Some(host) = &mut self.host {
            all.extend([&mut host.policy, &mut host.state]);
            all.extend(&mut host.stores);
        }
        if let Some(drill) = &mut self.drill {
            all.push(&mut drill.file);
            all.extend(&mut drill.clock);
            all.extend(&mut drill.leads);
        }
        all
    }

    fn judge(&self) -> Result<(), ConfigError> {
        let wrong = |member, why| Err(ConfigError::Member(member, why));
        if self.name().is_none() {
            return wrong("name", "is no name");
        }
        if self.look_seconds == 0 || self.look_seconds > 300 {
            return wrong("look_seconds", "is 1 to 300");
        }
        let bounds = &self.bounds;
        if bounds.effects == 0 || bounds.commands_a_minute == 0 || bounds.seconds == 0 {
            return wrong("bounds", "allow nothing: take the section out, or stop it");
        }
        if self.lists.note.is_some() != self.lists.file.is_some() {
            return wrong(
                "lists",
                "has a note without a file, or a file without a note",
            );
        }
        let real = self.packet.is_some()
            || self.resolver.is_some()
            || self.bgp.is_some()
            || self.host.is_some();
        if self.drill.is_some() && real {
            return wrong("drill", "stands beside a real system: a drill has none");
        }
        let producers = || self.https.iter().flat_map(|https| &https.producers);
        let brings = producers().any(|one| one.may.contains(&May::Lists));
        if self.drill.is_none() && self.lists.note.is_none() && !brings {
            return wrong(
                "lists",
                "has no bundle, and no producer may bring one; only a drill runs without",
            );
        }
        let over_nats = self.nats.iter().filter_map(|nats| nats.producer.as_ref());
        let names = producers().map(|one| &one.name).chain(over_nats);
        if names
            .into_iter()
            .any(|name| name.chars().any(char::is_control))
        {
            return wrong("https", "has a producer whose name is no line of text");
        }
        for producer in producers() {
            if producer.fingerprint().is_none() {
                return wrong(
                    "https",
                    "has a producer whose certificate_sha256 is no SHA-256",
                );
            }
        }
        if let Some(nats) = &self.nats {
            if nats.certificate.is_some() != nats.key.is_some() {
                return wrong(
                    "nats",
                    "has a certificate without its key, or a key without it",
                );
            }
            if nats.certificate.is_none() && nats.nkey.is_none() {
                return wrong("nats", "names neither a certificate nor an nkey");
            }
            if !nats.server.starts_with("tls://") {
                return wrong("nats", "has a server that is not `tls://…`");
            }
        }
        Ok(())
    }

    /// The actuator's name.
    pub fn name(&self) -> Option<Name> {
        self.name.parse().ok()
    }

    /// The socket of the owner's commands.
    pub fn socket(&self) -> PathBuf {
        let own = || self.folder.join("control.sock");
        self.socket.clone().unwrap_or_else(own)
    }

    /// The engine's bounds.
    pub const fn bounds(&self) -> Bounds {
        Bounds {
            effects: self.bounds.effects,
            commands_a_minute: self.bounds.commands_a_minute,
            seconds: self.bounds.seconds,
        }
    }
}
