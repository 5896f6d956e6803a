//! How other processes reach the commission. In: signed requests. Out: leases, shares, attestations. Never: a second try of its own; a share kept.

use super::request::{DestroyRequest, LeaseRequest, ShareRequest, Use, attested, read_share};
use crate::error::{ControlError, exit};
use crate::files;
use crate::host::Host;
use crate::layout::Node;
use crate::ledger::installed_root;
use crate::tls::{Agents, Peers, plain_agent};
use sakimori_custody::ids::{AuthorityId, BucketId, SensorId};
use sakimori_custody::keys::Share;
use sakimori_tlog::key::{NoteSigner, VerifierKey};
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

/// The agent that reaches a node's commission, and the commission's address: over TLS where it is a peer of the office's folder, else in plain on loopback.
///
/// # Errors
/// [`ControlError::Usage`] where the office knows no commission and none said that it listens; a damaged file.
pub fn commission_of(node: &Node, wait: Duration) -> Result<(ureq::Agent, String), ControlError> {
    let office = node.folder().join("office");
    let known = Peers::read(&office)?.named("commission").cloned();
    if let Some(peer) = known.filter(|peer| !peer.url.is_empty()) {
        let agent = Agents::open(&office)?.agent(&peer, wait)?;
        return Ok((agent, peer.url));
    }
    let address = files::read(&node.commission_address())?.ok_or_else(|| {
        let folder = node.folder().display();
        ControlError::Usage(format!(
            "the commission is no peer of the office and has not run here; `sakimori node join` makes it known, `sakimori commission run --dir {folder}` starts one here"
        ))
    })?;
    let address = String::from_utf8_lossy(&address).trim().to_owned();
    Ok((plain_agent(wait), address))
}

/// Calls the commission's process.
pub struct Caller {
    agent: ureq::Agent,
    address: String,
    /// Key of the commission's share holder, as the trust root has it.
    holder: VerifierKey,
    pub(super) host: Host,
}

impl Caller {
    /// Calls a commission on loopback, at an address such as `http://127.0.0.1:7790`, whose shares `holder` signs.
    pub fn new(address: &str, holder: VerifierKey, host: &Host) -> Self {
        Self::with(plain_agent(ANSWER_WAIT), address, holder, host)
    }

    fn with(agent: ureq::Agent, address: &str, holder: VerifierKey, host: &Host) -> Self {
        Self {
            agent,
            address: address.trim_end_matches('/').to_owned(),
            holder,
            host: host.clone(),
        }
    }

    /// The commission of a node: the office's peer of that name, or the process that said in this folder that it listens on loopback.
    ///
    /// # Errors
    /// [`ControlError::Usage`] where there is neither.
    pub fn of(node: &Node, host: &Host) -> Result<Self, ControlError> {
        Self::trusting(node, installed_root(node)?.commission_holder, host)
    }

    /// As [`Caller::of`], with the share holder's key of a trust root that the caller remembers itself.
    ///
    /// # Errors
    /// As [`Caller::of`].
    pub fn trusting(node: &Node, holder: VerifierKey, host: &Host) -> Result<Self, ControlError> {
        let (agent, address) = commission_of(node, ANSWER_WAIT)?;
        Ok(Self::with(agent, &address, holder, host))
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
            .map(|(_, lease)| lease)
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
        let (asked, answer) = self.post("/share", &request.to_string(), asker)?;
        let answer = Zeroizing::new(answer);
        // Whoever listens at the address may answer; only the holder signs.
        let share = self
            .signed(&answer)
            .and_then(|note| read_share(note.text(), &asked));
        share.ok_or_else(|| {
            CallError::Failed(
                "its answer is no share that the commission's holder signed for this request"
                    .to_owned(),
            )
        })
    }

    /// A note that the commission's share holder signed.
    pub(super) fn signed(&self, bytes: &[u8]) -> Option<Note> {
        let note = Note::parse(bytes).ok()?;
        note.verify(std::slice::from_ref(&self.holder)).ok()?;
        Some(note)
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
        let (_, bytes) = self.post("/destroy", &request.to_string(), office)?;
        let of = self.signed(&bytes).and_then(|note| attested(note.text()));
        if of.as_ref() == Some(bucket) {
            Ok(bytes)
        } else {
            Err(CallError::Failed(
                "its answer is no attestation of this bucket that the commission's holder signed"
                    .to_owned(),
            ))
        }
    }

    /// Sends a signed request; gives it back with the answer.
    pub(super) fn post(
        &self,
        path: &str,
        text: &str,
        signer: &NoteSigner,
    ) -> Result<(Vec<u8>, Vec<u8>), CallError> {
        let note = Note::sign(text, &[signer], self.host.seconds().0);
        let note =
            note.ok_or_else(|| CallError::Failed("the request cannot be signed".to_owned()))?;
        let asked = note.to_bytes();
        let away = |source| CallError::Away {
            address: self.address.clone(),
            source,
        };
        let request = self.agent.post(format!("{}{path}", self.address));
        let sent = request
            .header("content-type", "text/plain; charset=utf-8")
            .send(asked.as_slice());
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
            200 => Ok((asked, body)),
            400..=499 => Err(CallError::Denied(line())),
            _ => Err(CallError::Failed(line())),
        }
    }
}
