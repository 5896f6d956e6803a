//! How other processes reach the commission. In: signed requests. Out: leases, shares, attestations. Never: a second try of its own; a share kept.

use super::request::{DestroyRequest, LeaseRequest, ShareRequest, Use};
use crate::error::{ControlError, exit};
use crate::files;
use crate::host::Host;
use crate::layout::Node;
use sakimori_custody::ids::{AuthorityId, BucketId, SensorId};
use sakimori_custody::keys::Share;
use sakimori_tlog::key::NoteSigner;
use sakimori_tlog::note::Note;
use std::io;
use std::time::Duration;
use zeroize::Zeroizing;

/// Longest wait for an answer.
const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// Longest answer in bytes: a note.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Why the commission gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It does not answer.
    #[error("the commission at {address} does not answer; `sakimori commission run` starts it")]
    Away {
        /// Where it was asked.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// It refuses.
    #[error("the commission refuses: {0}")]
    Denied(String),
    /// It failed, or its answer is none.
    #[error("the commission failed: {0}")]
    Failed(String),
}

impl CallError {
    /// The exit code of a command that ended with this.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Denied(_) => exit::NO,
            Self::Away { .. } | Self::Failed(_) => exit::ENVIRONMENT,
        }
    }
}

/// Calls the commission's process.
pub struct Caller {
    agent: ureq::Agent,
    address: String,
    host: Host,
}

impl Caller {
    /// Calls a commission at an address such as `http://127.0.0.1:7790`.
    pub fn new(address: &str, host: &Host) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_WAIT))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build();
        Self {
            agent: config.into(),
            address: address.trim_end_matches('/').to_owned(),
            host: host.clone(),
        }
    }

    /// The commission of a node, where it said that it listens.
    ///
    /// # Errors
    /// [`ControlError::Usage`] where it has not run yet.
    pub fn of(node: &Node, host: &Host) -> Result<Self, ControlError> {
        let address = files::read(&node.commission_address())?.ok_or_else(|| {
            let folder = node.folder().display();
            ControlError::Usage(format!(
                "the commission has not run yet; `sakimori commission run --dir {folder}` starts it"
            ))
        })?;
        Ok(Self::new(String::from_utf8_lossy(&address).trim(), host))
    }

    /// Asks for a lease.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn lease(
        &self,
        authority: AuthorityId,
        sensor: &SensorId,
        seconds: u64,
        office: &NoteSigner,
    ) -> Result<Vec<u8>, CallError> {
        let request = LeaseRequest {
            authority,
            sensor: sensor.clone(),
            seconds,
            time: self.host.seconds(),
        };
        self.post("/lease", &request.to_string(), office)
    }

    /// Asks for the commission's half of a bucket key.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn share(
        &self,
        bucket: &BucketId,
        purpose: Use,
        asker: &NoteSigner,
    ) -> Result<Share, CallError> {
        let request = ShareRequest {
            bucket: bucket.clone(),
            purpose,
            time: self.host.seconds(),
        };
        let bytes = Zeroizing::new(self.post("/share", &request.to_string(), asker)?);
        let share = bytes.as_slice().try_into();
        share
            .map(Share::new)
            .map_err(|_| CallError::Failed("its answer is no share".to_owned()))
    }

    /// Asks that the commission's half be destroyed; returns the attestation.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn destroy(&self, bucket: &BucketId, office: &NoteSigner) -> Result<Vec<u8>, CallError> {
        let request = DestroyRequest {
            bucket: bucket.clone(),
            time: self.host.seconds(),
        };
        self.post("/destroy", &request.to_string(), office)
    }

    fn post(&self, path: &str, text: &str, signer: &NoteSigner) -> Result<Vec<u8>, CallError> {
        let note = Note::sign(text, &[signer], self.host.seconds().0);
        let note =
            note.ok_or_else(|| CallError::Failed("the request cannot be signed".to_owned()))?;
        let away = |source| CallError::Away {
            address: self.address.clone(),
            source,
        };
        let request = self.agent.post(format!("{}{path}", self.address));
        let sent = request
            .header("content-type", "text/plain; charset=utf-8")
            .send(note.to_bytes());
        let mut response = sent.map_err(|e| away(e.into_io()))?;
        let body = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_vec();
        let body = body.map_err(|e| away(e.into_io()))?;
        let line = || {
            let text = String::from_utf8_lossy(&body);
            text.lines()
                .next()
                .unwrap_or_default()
                .chars()
                .filter(|c| !c.is_control())
                .take(200)
                .collect::<String>()
        };
        match response.status().as_u16() {
            200 => Ok(body),
            400..=499 => Err(CallError::Denied(line())),
            _ => Err(CallError::Failed(line())),
        }
    }
}
