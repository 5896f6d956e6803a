//! Commands over NATS, to actuators of which the register says so. In: `bus.json` of the office's folder, a message. Out: the answer's bytes. Never: an approval: those go to the actuator itself; a connection without TLS; a wait without an end.
//!
//! The subjects are those of the actuator: a request on `oc2.cmd.device.NAME`, with the headers of HTTPS. Who answers is believed by the receipt that its key signed, as over HTTPS.

use crate::limits::ACTUATOR_WAIT;
use sakimori_control::error::told;
use sakimori_control::files;
use sakimori_respond::openc2::MEDIA_TYPE;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;

/// Settings in the office's folder.
const SETTINGS: &str = "bus.json";
/// Longest seed in bytes.
const SEED_BYTES_MAX: usize = 4096;

/// The server of the office's commands. Paths that are not absolute are below the office's folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The server, such as `tls://bus.example:4222`.
    server: String,
    /// Certificates that its own is under, PEM.
    authorities: PathBuf,
    /// Our certificate there, PEM.
    certificate: Option<PathBuf>,
    /// Its key, PEM.
    key: Option<PathBuf>,
    /// A file with our nkey seed there.
    nkey: Option<PathBuf>,
}

/// A connection, with the runtime that carries it: calls to actuators are made in threads of their own.
pub(super) struct Bus {
    runtime: Runtime,
    client: async_nats::Client,
    subject: String,
}

fn settings(folder: &Path) -> Result<Settings, String> {
    let path = folder.join(SETTINGS);
    let bytes = files::read(&path).map_err(|e| told(&e))?;
    let bytes = bytes.ok_or_else(|| format!("there is no {}", path.display()))?;
    let mut said: Settings =
        serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", path.display()))?;
    let files = [&mut said.certificate, &mut said.key, &mut said.nkey];
    for path in files.into_iter().flatten() {
        *path = folder.join(&*path);
    }
    said.authorities = folder.join(&said.authorities);
    Ok(said)
}

impl Bus {
    /// The connection of the office for one actuator.
    ///
    /// # Errors
    /// Words for people: the settings, or the server does not answer.
    pub(super) fn open(folder: &Path, actuator: &str) -> Result<Self, String> {
        let said = settings(folder)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| e.to_string())?;
        let mut options = async_nats::ConnectOptions::new()
            .name("sakimori-office")
            .require_tls(true)
            .connection_timeout(ACTUATOR_WAIT)
            .request_timeout(Some(ACTUATOR_WAIT))
            .add_root_certificates(said.authorities.clone());
        if let (Some(certificate), Some(key)) = (&said.certificate, &said.key) {
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        if let Some(path) = &said.nkey {
            let bytes = files::read_present(path).map_err(|e| told(&e))?;
            if bytes.len() > SEED_BYTES_MAX {
                return Err(format!("{} is no seed", path.display()));
            }
            let seed = String::from_utf8(bytes).map_err(|e| e.to_string())?;
            options = options.nkey(seed.trim().to_owned());
        }
        let connect = async {
            let connected = options.connect(said.server.as_str());
            tokio::time::timeout(ACTUATOR_WAIT, connected).await
        };
        let client = match runtime.block_on(connect) {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(format!("{}: {error}", said.server)),
            Err(_) => return Err(format!("{} does not answer", said.server)),
        };
        Ok(Self {
            runtime,
            client,
            subject: format!("oc2.cmd.device.{actuator}"),
        })
    }

    /// Sends a message and waits for its answer.
    ///
    /// # Errors
    /// Words for people: nobody listens there, or answers in time.
    pub(super) fn post(&self, message: &Value, id: &str) -> Result<Vec<u8>, String> {
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("Content-Type", MEDIA_TYPE);
        headers.insert("X-Request-ID", id);
        let payload = message.to_string().into_bytes().into();
        let asked = async {
            let subject = self.subject.clone();
            let request = self.client.request_with_headers(subject, headers, payload);
            tokio::time::timeout(ACTUATOR_WAIT, request).await
        };
        match self.runtime.block_on(asked) {
            Ok(Ok(answer)) => Ok(answer.payload.to_vec()),
            Ok(Err(error)) => Err(format!("{}: {error}", self.subject)),
            Err(_) => Err(format!("{}: no answer", self.subject)),
        }
    }
}
