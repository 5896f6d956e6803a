//! What an administrator sets for the early warning, in `alerts.json` of the office's folder. In: the folder. Out: settings, times, the key of webhooks' secrets. Never: a secret in the
//! settings themselves: passwords are files that they name.

use crate::app::App;
use crate::problem::{Answer, Code, Problem};
use sakimori_control::error::told;
use sakimori_control::files;
use sakimori_liaison::alert::{Schedule, SecretKey, Term, Timing};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

/// Settings in the role's folder.
const SETTINGS: &str = "alerts.json";
/// The key that the secrets of webhooks are made of, in the role's folder.
const KEY: &str = "webhook.key";

/// What an administrator sets for messages.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The node is in a network of its own: addresses without TLS and addresses of that network are let through.
    pub(super) closed: bool,
    /// The mail server; without it no mail leaves.
    pub(super) mail: Option<MailServer>,
    /// The resolver that is asked for names of claims; without it no TXT record is looked for.
    pub(super) resolver: Option<SocketAddr>,
    /// The registries that are asked for contacts; without one nobody is written to.
    pub(super) rdap: Registries,
    /// The port of hosts' files, in a closed network alone; 80 without it.
    pub(super) http_port: Option<u16>,
    /// Own times in place of those that the program comes with, by name, each with its source.
    timing: BTreeMap<String, Term>,
}

/// Registries, each as the address before the kind of object (RFC 9082 section 3.1).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Registries {
    /// Of domains.
    pub(super) domain: Option<String>,
    /// Of addresses and prefixes.
    pub(super) ip: Option<String>,
    /// Of AS numbers.
    pub(super) autnum: Option<String>,
}

impl Settings {
    /// The times, each with its source. What was read was checked.
    pub(super) fn schedule(&self) -> Schedule {
        let own = Schedule::built_in().with(self.timing.clone());
        own.unwrap_or_else(|_| Schedule::built_in())
    }

    /// The times.
    pub(super) fn timing(&self) -> Timing {
        self.schedule().timing()
    }
}

/// A mail server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailServer {
    /// Its name.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
    /// `implicit`, `starttls`, or `none`, which a closed network alone may have.
    pub(super) tls: MailTls,
    /// Who the mail is from.
    pub(super) from: String,
    /// Who signs in there, if anybody has to.
    pub(super) user: Option<String>,
    /// A file with that password.
    pub(super) password_file: Option<std::path::PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MailTls {
    Implicit,
    Starttls,
    None,
}

pub(super) fn settings(folder: &Path) -> Answer<Settings> {
    let path = folder.join(SETTINGS);
    let away = |e: String| Problem::hidden(Code::Unavailable, e);
    let Some(bytes) = files::read(&path).map_err(|e| away(told(&e)))? else {
        return Ok(Settings::default());
    };
    let said: Settings =
        serde_json::from_slice(&bytes).map_err(|e| away(format!("{}: {e}", path.display())))?;
    let own = Schedule::built_in().with(said.timing.clone());
    own.map_err(|e| away(format!("{}: {e}", path.display())))?;
    Ok(said)
}

/// The resolver that the office's node asks, where an administrator set one. `folder` is that of the office's role.
pub(crate) fn resolver_of(folder: &Path) -> Answer<Option<SocketAddr>> {
    Ok(settings(folder)?.resolver)
}

/// The times of the early warning at a node of the office, each with its source. `folder` is that of the office's role.
///
/// # Errors
/// [`Code::Unavailable`] where the settings cannot be read, or set a time that is none.
pub fn alert_times(folder: &Path) -> Answer<Schedule> {
    Ok(settings(folder)?.schedule())
}

/// The key of webhook secrets, made where there is none, and whether the network is a closed one.
pub(super) fn secret_key(app: &App) -> Answer<(SecretKey, bool)> {
    let closed = settings(&app.folder)?.closed;
    let path = app.folder.join(KEY);
    let away = |e: String| Problem::hidden(Code::Unavailable, e);
    if let Some(bytes) = files::read(&path).map_err(|e| away(told(&e)))? {
        let key = bytes.try_into().map(SecretKey::new);
        let key = key.map_err(|_| away(format!("{}: has not 32 bytes", path.display())))?;
        return Ok((key, closed));
    }
    let mut key = [0u8; 32];
    let mut source = app.host.source();
    source(&mut key).map_err(|e| away(e.to_string()))?;
    files::write(&path, &key, 0o600).map_err(|e| away(told(&e)))?;
    Ok((SecretKey::new(key), closed))
}
